"""The fleet calendar: which aircraft and formations were there when, and the days without evacuation."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence

from castor.brief import gantt
from castor.brief.gantt import Bar, Row, moment
from castor.brief.parts import Markup, Section, Sources, behind, figure, lead, legend, swatch
from castor.brief.svg import rect
from castor.brief.words import Both, both, day, exact, join, word
from castor.mission.model import Aircraft, Formation, Mission

_DAY = dt.timedelta(days=1)


def fleet(mission: Mission, sources: Sources) -> Section | None:
    """The calendar of aircraft and formations; nothing for a mission without dated aircraft."""
    dated = [a for a in mission.aircraft if a.start is not None or a.end is not None]
    if not dated:
        return None
    span = _span(mission)
    gaps = evacuation_gaps(mission)
    rows = [Row(word("fleet.aircraft"))]
    rows += [Row(both(mission.type[t].name if t in mission.type else t), bars) for t, bars in _by_type(mission, span)]
    rows += [Row(word("fleet.formations"))] if mission.formations else []
    rows += [_formation(formation, span) for formation in mission.formations]
    if gaps:
        rows.append(Row(word("fleet.uncovered"), [_gap(*gap) for gap in gaps]))
    picture = gantt.draw(rows, span, word("fleet.title"), prefix="fleet")
    shown = legend(_legend(mission, bool(gaps)))
    body = lead(_lead(gaps)) + figure(picture, None, shown + _table(mission, sources))
    return Section("fleet", word("fleet.title"), body)


def evacuation_gaps(mission: Mission) -> list[tuple[dt.date, dt.date]]:
    """The stretches (first and last day) between evacuation formations when there was none."""
    stays = sorted((f.start, f.end) for f in mission.formations if f.role != "transport" and f.start and f.end)
    gaps: list[tuple[dt.date, dt.date]] = []
    until: dt.date | None = None
    for start, end in stays:
        if until is not None and start > until + _DAY:
            gaps.append((until + _DAY, start - _DAY))
        until = end if until is None else max(until, end)
    return gaps


def _lead(gaps: Sequence[tuple[dt.date, dt.date]]) -> Both:
    if not gaps:
        return word("fleet.lead")
    told = [
        word("fleet.gap", start=day(start), end=day(end), days=exact((end - start).days + 1)) for start, end in gaps
    ]
    return word("fleet.lead") + " " + word("fleet.gaps", gaps=join(told, "; "))


def _span(mission: Mission) -> tuple[dt.datetime, dt.datetime]:
    stays = [(a.start, a.end) for a in mission.aircraft] + [(f.start, f.end) for f in mission.formations]
    starts = [start for start, _ in stays if start] + [mission.start]
    ends = [end for _, end in stays if end] + [mission.end]
    return moment(min(starts)), moment(max(ends) + _DAY)


def _by_type(mission: Mission, span: tuple[dt.datetime, dt.datetime]) -> list[tuple[str, list[Bar]]]:
    rows: dict[str, list[Aircraft]] = {}
    for aircraft in mission.aircraft:
        rows.setdefault(aircraft.type, []).append(aircraft)
    return [(kind, _counts(stays, span)) for kind, stays in rows.items()]


def _counts(group: Sequence[Aircraft], span: tuple[dt.datetime, dt.datetime]) -> list[Bar]:
    stays = [(moment(a.start) if a.start else span[0], moment(a.end + _DAY) if a.end else span[1]) for a in group]
    edges = sorted({edge for stay in stays for edge in stay})
    bars = []
    for start, end in itertools.pairwise(edges):
        count = sum(a <= start and b >= end for a, b in stays)
        if count:
            told = word("fleet.count", n=count, start=day(start.date()), end=day((end - _DAY).date()))
            bars.append(Bar(start, end, "pax", both(count), told))
    return bars


def made_of(formation: Formation) -> str:
    """What flies in a formation: *CH-147F + 2 CH-146*."""
    return f"{formation.lead} + {formation.escorts} {formation.escort}" if formation.escorts else formation.lead


def _formation(formation: Formation, span: tuple[dt.datetime, dt.datetime]) -> Row:
    start = moment(formation.start) if formation.start else span[0]
    end = moment(formation.end + _DAY) if formation.end else span[1]
    made = made_of(formation)
    kind = "cargo" if formation.role == "transport" else "medevac"
    told = word("fleet.stay", name=formation.name, start=day(start.date()), end=day((end - _DAY).date()))
    return Row(both(made), [Bar(start, end, kind, title=told)])


def _gap(start: dt.date, end: dt.date) -> Bar:
    days = exact((end - start).days + 1)
    told = word("fleet.gap", start=day(start), end=day(end), days=days)
    return Bar(moment(start), moment(end + _DAY), "gap", days, told)


def _legend(mission: Mission, gaps: bool) -> list[tuple[str, Both]]:
    items = [(_sample("pax", ""), word("fleet.legend.count"))]
    roles = {formation.role for formation in mission.formations}
    if roles & {"medevac", "both"}:
        items.append((_sample("medevac", "dots"), word("fleet.legend.medevac")))
    if "transport" in roles:
        items.append((_sample("cargo", "hatch"), word("fleet.legend.transport")))
    if gaps:
        items.append((_sample("gap", "cross"), word("fleet.legend.gap")))
    return items


def _sample(kind: str, pattern: str) -> str:
    over = rect(1, 2, 20, 12, rx=2, fill=f"url(#fleet-{pattern})") if pattern else ""
    return swatch(rect(1, 2, 20, 12, rx=2, class_=f"bar k-{kind}") + over)


def _table(mission: Mission, sources: Sources) -> str:
    heads = [word("tail"), word("type"), word("base"), word("from"), word("to"), word("serviceability"), word("source")]
    alike: dict[tuple[str, str, dt.date | None, dt.date | None, float, str], list[str]] = {}
    for a in mission.aircraft:
        alike.setdefault((a.type, a.base, a.start, a.end, a.serviceability, a.source), []).append(a.tail)
    rows = [
        [
            join(tails),
            kind,
            mission.place[base].name if base in mission.place else base,
            day(start) if start else None,
            day(end) if end else None,
            serviceability,
            Markup(sources.cite(source)),
        ]
        for (kind, base, start, end, serviceability, source), tails in alike.items()
    ]
    return behind(heads, rows)
