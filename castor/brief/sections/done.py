"""What was done: the figures of record of each operation and of the assistance, each with its evidence a click away."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from castor.brief.parts import Section, Sources, details, lead
from castor.brief.recorded import cites, day_of, evidence, label, said, when
from castor.brief.words import Both, both, join, number, word
from castor.ledger import Figure, Ledger

FLOWN = ("flights", "missions", "hours", "evacuations", "evacuated", "passengers", "cargo")
STRENGTH = ("aircraft", "strength")
LB = Decimal("0.45359237")


def done(ledger: Ledger, sources: Sources) -> Section | None:
    """The headline figures; nothing for an empty ledger."""
    groups = [(name, figures) for name, figures in operations(ledger) if figures]
    money = assistance(ledger)
    if money:
        groups.append((word("done.assistance"), money))
    if not groups:
        return None
    body = lead(word("done.lead"))
    for name, figures in groups:
        tiles = "".join(_tile(ledger, figure, sources) for figure in figures)
        body += f"<h3>{name.html()}</h3><div class=tiles>{tiles}</div>"
    return Section("done", word("done.title"), body)


def operations(ledger: Ledger) -> list[tuple[Both, list[Figure]]]:
    """Each operation with a start or an end in the record, and its figures of record, at least two of them flown."""
    names = list(dict.fromkeys(f.operation for f in ledger.events() if f.operation))
    found = []
    for name in names:
        figures = [f for f in ledger.figures if f.operation == name and f.kind != "event" and not f.role]
        record = [f for f in ledger.of_record(figures) if not f.sex and f.value is not None and _own(f, name, ledger)]
        flown = _by_measure(record, FLOWN)
        if len(flown) < 2:
            continue
        found.append((_title(name, flown), flown + _by_measure(record, STRENGTH)))
    return found


def _own(figure: Figure, name: str, ledger: Ledger) -> bool:
    """Whether a figure is of the party whose operation it is: that of the event which began it."""
    started = [event for event in ledger.events() if event.operation == name and event.measure in ("start", "mandate")]
    return not started or figure.party == started[0].party


def _by_measure(figures: Sequence[Figure], measures: Sequence[str]) -> list[Figure]:
    chosen = []
    for measure in measures:
        held = [f for f in figures if f.measure == measure and f.stage in ("", "actual")]
        if held:
            chosen.append(held[0])
    return chosen


def _title(name: str, flown: Sequence[Figure]) -> Both:
    plain = " ".join(part.capitalize() for part in name.split("-"))
    days = sorted(day for f in flown for day in (f.first_day, f.last_day) if day)
    if not days:
        return Both(plain, plain)
    first, last = days[0].year, days[-1].year
    return both(f"{plain}, {first}" if first == last else f"{plain}, {first}–{last}")


def assistance(ledger: Ledger) -> list[Figure]:
    """The cumulative assistance, the latest year's, and what was reached of those counted by a programme."""
    record = ledger.of_record(ledger.figures)
    total = [f for f in record if f.measure == "cumulative assistance"]
    yearly = sorted((f for f in record if f.measure == "assistance"), key=day_of)
    reached = [f for f in record if f.kind == "result" and f.stage == "actual" and f.value is not None]
    people = sorted((f for f in reached if f.unit in ("people", "households")), key=lambda f: -(f.value or 0))
    return [*total[:1], *yearly[-1:], *people[:2], *[p for f in people[:3] for p in ledger.parts(f.id)][:1]]


def _tile(ledger: Ledger, figure: Figure, sources: Sources) -> str:
    cited = cites(ledger, figure, sources)
    told = f"<p class=big>{_big(said(figure), cited)}</p>"
    more = _metric(figure)
    also = f"<p class=also>{more.html()}</p>" if more else ""
    name = label(figure)
    return (
        f"<div class=tile>{told}{also}<p class=what>{name.html()}</p><p class=when>{when(figure).html()}</p>"
        f"{details(word('evidence'), evidence(ledger, figure, sources))}</div>"
    )


_QUALIFIERS = (
    ("about ", "environ "), ("more than ", "plus de "), ("at least ", "au moins "), ("nearly ", "près de "),
    ("fewer than ", "moins de "), ("less than ", "moins de "), ("at most ", "au plus "),
)  # fmt: skip


def _big(told: Both, cited: str) -> str:
    """The qualifier in small type before the number, the unit in smaller type below it, with the sources."""
    for en, fr in _QUALIFIERS:
        if told.en.startswith(en) and told.fr.startswith(fr):
            rest = Both(told.en[len(en) :], told.fr[len(fr) :])
            return f"<small>{Both(en.strip(), fr.strip()).html()}</small>{_unit(rest, cited)}"
    return _unit(told, cited)


def _unit(told: Both, cited: str) -> str:
    parts = [re.fullmatch(r"((?:C\$|US\$|€|£)?[\d.,\u202f]+)[ \u00a0](\D+)", text) for text in told]
    if not all(parts):
        return told.html() + cited
    big, small = (Both(*(part[at] for part in parts if part)) for at in (1, 2))
    return f"{big.html()} <span class=unit>{small.html()}{cited}</span>"


def _metric(figure: Figure) -> Both | None:
    """Pounds in kilograms, rounded to what the figure is good for."""
    if figure.unit != "lb" or figure.value is None:
        return None
    kg = float(figure.value * LB)
    digits = max(len(str(int(kg))) - 4, 0)
    return Both("about ", "environ ") + join([number(round(kg, -digits)), "kg"], "\u00a0")
