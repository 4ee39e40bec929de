"""Money and results as recorded: assistance by fiscal year, programmes with their results, strength by sex."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from castor.brief import charts
from castor.brief.parts import Markup, Section, Sources, behind, figure, lead, note, table
from castor.brief.recorded import cites, day_of, definition, label, said, when, with_cites
from castor.brief.sections.events import channel, switched
from castor.brief.words import Both, both, number, percent, word
from castor.ledger import Figure, Ledger


def money(ledger: Ledger, sources: Sources) -> Section | None:
    """Assistance and programmes; nothing where the record holds no money and no results."""
    parts = _assistance(ledger, sources) + _channels(ledger, sources) + _programmes(ledger, sources)
    parts += _strength(ledger, sources)
    return Section("money", word("money.title"), lead(word("money.lead")) + parts) if parts else None


def _assistance(ledger: Ledger, sources: Sources) -> str:
    yearly = [f for f in ledger.of_record(ledger.figures) if f.measure == "assistance" and f.value is not None]
    yearly = sorted((f for f in yearly if f.first_day), key=day_of)
    if len(yearly) < 3:
        return ""
    first, last = day_of(yearly[0]).year, day_of(yearly[-1]).year
    columns = [
        charts.Column(
            day_of(f).year, float(f.value or 0) / 1e6, _millions(f), f.qualifier != "exactly", when(f) + ": " + said(f)
        )
        for f in yearly
    ]
    top = max(column.value for column in columns)
    unit = word("money.millions", currency=yearly[0].unit)
    frame = charts.Frame(_Years(first - 0.6, last + 0.6, 1.0), charts.axis(0, top * 1.08, unit), 1040, 330)
    shade = [(_year(a), _year(b)) for _, a, b in switched(ledger, dt.date(last + 1, 6, 30))]
    picture = charts.columns(frame, columns, word("money.assistance"), shade=shade)
    absent = last - first + 1 - len({day_of(f).year for f in yearly})
    remark = word("money.note", n=number(absent))
    rows = [[when(f), with_cites(ledger, f, sources), label(f)] for f in yearly]
    return figure(
        f"<div class=scroll tabindex=0 role=region>{picture}</div>",
        word("money.assistance"),
        note(remark) + behind([word("when"), word("amount"), word("what")], rows),
    )


class _Years(charts.Axis, frozen=True):
    """A scale of fiscal years, named by the year in which they start."""

    def ticks(self) -> list[float]:
        return [float(year) for year in range(round(self.low + 0.6), round(self.high - 0.6) + 1)]

    def write(self, value: float) -> Both:
        year = int(value)
        return both(f"{year % 100:02d}/{(year + 1) % 100:02d}")


def _year(day: dt.date) -> float:
    """A day on the scale of fiscal years that start in April: the middle of a year's column is its first of October."""
    return day.year + (day.timetuple().tm_yday - 274) / 365


def _millions(f: Figure) -> Both:
    value = float(f.value or 0) / 1e6
    sign = {"about": "≈", "more_than": ">", "at_least": "≥", "nearly": "≈", "less_than": "<", "at_most": "≤"}
    return both(sign.get(f.qualifier, "")) + number(value, 0 if value == round(value) else 1)


def _channels(ledger: Ledger, sources: Sources) -> str:
    """What the record says of channels: amounts through each, and the events that switched one off or on."""
    paid = [f for f in ledger.figures if f.kind == "money" and f.channel]
    if not paid:
        return ""
    turned = [f for f in ledger.figures if f.kind == "event" and f.switch and f.first_day]
    rows: list[list[object]] = []
    for f in sorted((*paid, *_first_of_topic(turned)), key=day_of):
        told = word(f"switch.{f.switch}", channel=channel(f.channel)) if f.switch else _stage(f)
        amount = with_cites(ledger, f, sources) if f.kind == "money" else Markup(cites(ledger, f, sources))
        rows.append([when(f), channel(f.channel), amount, label(f).capital(), told])
    heads = [word("when"), word("channel"), word("amount"), word("what"), word("stage")]
    title = f"<h3>{word('money.channels').html()}</h3>{note(word('money.channels.note'))}"
    return title + f"<div class=scroll tabindex=0 role=region>{table(heads, rows)}</div>"


def _first_of_topic(figures: Sequence[Figure]) -> list[Figure]:
    """The figure of record of each question."""
    found: dict[str, Figure] = {}
    for f in figures:
        found.setdefault(f.topic or f.id, f)
    return list(found.values())


def _programmes(ledger: Ledger, sources: Sources) -> str:
    names = list(dict.fromkeys(f.programme for f in ledger.figures if f.programme))
    rows: list[list[object]] = []
    for name in names:
        held = [f for f in ledger.figures if f.programme == name and _tells(f)]
        for at, f in enumerate(_nested(held)):
            head = Markup(f"<b>{_name(name, held).html()}</b>") if at == 0 else Markup("&nbsp;")
            rows.append([head, _what(f, held), with_cites(ledger, f, sources), _stage(f), when(f)])
    if not rows:
        return ""
    heads = [word("programme"), word("what"), word("amount"), word("stage"), word("when")]
    title = f"<h3>{word('money.programmes').html()}</h3>"
    return title + f"<div class=programmes>{table(heads, rows)}</div>" + note(word("money.attribution"))


def _tells(f: Figure) -> bool:
    """Whether a figure belongs among a programme's: money, results, what it refers to, and the time it runs."""
    return f.kind in ("money", "result", "reference") or (f.kind == "event" and f.measure == "period")


def _nested(figures: Sequence[Figure]) -> list[Figure]:
    """Parts right after their whole."""
    ids = {f.id for f in figures}
    out: list[Figure] = []
    for f in figures:
        if f.part_of not in ids:
            out.append(f)
            out += [part for part in figures if part.part_of == f.id]
    return out


def _name(name: str, held: Sequence[Figure]) -> Both:
    """A programme's name as its labels spell it, or its identifier with a capital."""
    key, _, rest = name.partition("-")
    spelt = re.search(rf"\b{re.escape(key)}\b", " ".join(f.label_en for f in held), re.IGNORECASE)
    said = spelt[0] if spelt else key.upper() if len(key) < 5 else key
    return both(f"{said[:1].upper()}{said[1:]} {rest}".strip())


def _what(f: Figure, held: Sequence[Figure]) -> Markup:
    whole = next((g for g in held if g.id == f.part_of), None)
    share = ""
    if whole is not None and whole.value and f.value is not None and whole.unit == f.unit and _open(f, whole):
        share = f" <span class=why>({percent(float(f.value / whole.value)).html()})</span>"
    meaning = definition(f)
    more = f"<br><span class=why>{meaning.html()}</span>" if meaning.en else ""
    kind = " class=part" if whole is not None else ""
    return Markup(f"<span{kind}>{label(f).html()}{share}{more}</span>")


def _open(*figures: Figure) -> bool:
    """Whether none of the values is a bound below which a small count was hidden."""
    return all(f.qualifier != "less_than" for f in figures)


def _stage(f: Figure) -> Both | None:
    return word(f"stage.{f.stage}") if f.stage else None


def _strength(ledger: Ledger, sources: Sources) -> str:
    whole = [f for f in ledger.figures if f.kind == "deployment" and f.measure == "strength" and f.value is not None]
    pairs = [
        (f, part)
        for f in whole
        for part in ledger.parts(f.id)
        if part.sex == "f" and part.value is not None and _open(f, part)
    ]
    authorised = [f for f in whole if f.stage == "authorised" and not f.part_of]
    if not pairs and not authorised:
        return ""
    body = f"<h3>{word('money.strength').html()}</h3><div class=pair>"
    if authorised:
        rows = [[when(f), label(f).capital(), with_cites(ledger, f, sources)] for f in authorised]
        actual = [f for f in whole if f.stage == "actual" and f.operation == authorised[0].operation]
        rows += [
            [when(f), label(f).capital(), with_cites(ledger, f, sources)]
            for f in actual
            if f.party == authorised[0].party and not f.sex and f.id not in {pair[0].id for pair in pairs}
        ]
        body += table([word("when"), word("what"), word("people")], rows)
    if pairs:
        lines: list[list[object]] = []
        for f, part in pairs:
            share = percent(float((part.value or 0) / (f.value or 1)), 1)
            cited = Markup(said(part).html() + cites(ledger, part, sources))
            lines.append([when(f), _party(f.party), said(f), cited, share])
        body += table([word("when"), word("party"), word("deployed"), word("women"), word("share")], lines)
    return body + "</div>" + _otherwise(ledger, [pair[0] for pair in pairs], sources)


def _party(name: str) -> Both:
    return word("party.un") if name == "United Nations" else both(name)


def _otherwise(ledger: Ledger, counted: Sequence[Figure], sources: Sources) -> str:
    """Strengths that answer a question which others answer otherwise: all of them, with what each one counts."""
    topics = dict.fromkeys(f.topic for f in counted if f.topic)
    rows = [
        [label(f).capital(), with_cites(ledger, f, sources), when(f), definition(f)]
        for topic in topics
        for f in ledger.figures
        if f.topic == topic
    ]
    if not rows:
        return ""
    heads = [word("what"), word("people"), word("when"), word("definition")]
    title = f"<h4>{word('money.otherwise').html()}</h4>"
    return title + f"<div class=scroll tabindex=0 role=region>{table(heads, rows)}</div>"
