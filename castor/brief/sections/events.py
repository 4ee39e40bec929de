"""Events on a time line: operations, mandates, coups and what they switched; the full list below."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from castor.brief import svg
from castor.brief.parts import Section, Sources, figure, lead
from castor.brief.recorded import cites, day_of, label, when
from castor.brief.words import Both, both, number, word
from castor.ledger import Figure, Ledger

_WIDTH, _LEFT, _LANE = 1040.0, 150.0, 30.0


def events(ledger: Ledger, sources: Sources) -> Section | None:
    """The time line and the list of events; nothing where the record has none."""
    found = [event for event in ledger.events() if _first(ledger, event)]
    if not found:
        return None
    body = lead(word("events.lead", n=number(len(found)))) + _line(ledger, found)
    items = "".join(_item(ledger, event, sources) for event in found)
    return Section("events", word("events.title"), f"{body}<dl class=events>{items}</dl>")


def _item(ledger: Ledger, event: Figure, sources: Sources) -> str:
    told = label(event).html() + _switch(event) + cites(ledger, event, sources)
    return f"<div><dt>{when(event).html()}</dt><dd>{told}</dd></div>"


def _first(ledger: Ledger, event: Figure) -> bool:
    """Whether an event is the one of record for its question, or answers none; the others stand under conflicts."""
    return not event.topic or next(f for f in ledger.figures if f.topic == event.topic).id == event.id


def _switch(event: Figure) -> str:
    if not event.switch:
        return ""
    said = word(f"switch.{event.switch}", channel=channel(event.channel))
    return f" <span class='switch-{event.switch}'>{said.html()}</span>"


def channel(name: str) -> Both:
    """A channel of assistance in both languages."""
    key = _CHANNELS.get(name)
    return word(key) if key else both(name)


_CHANNELS = {
    "government": "channel.government", "multilateral": "channel.multilateral",
    "multilateral and NGO": "channel.multilateral.ngo",
}  # fmt: skip


def switched(ledger: Ledger, until: dt.date) -> list[tuple[str, dt.date, dt.date]]:
    """When each channel was off: channel, first and last day (``until`` where it never came back)."""
    off: dict[str, dt.date] = {}
    stretches = []
    for event in ledger.events():
        if event.switch == "off":
            off.setdefault(event.channel, day_of(event))
        elif event.switch == "on" and event.channel in off:
            stretches.append((event.channel, off.pop(event.channel), day_of(event)))
    return stretches + [(name, start, until) for name, start in off.items()]


def _line(ledger: Ledger, found: Sequence[Figure]) -> str:
    recent = (
        [event for event in found if day_of(event).year >= found[-1].first_day.year - 14] if found[-1].first_day else []
    )
    if len(recent) < 3:
        return ""
    begin = dt.date(day_of(recent[0]).year, 1, 1)
    end = dt.date(max((event.last_day or day_of(event)).year for event in recent) + 1, 1, 1)

    def at(day: dt.date) -> float:
        return _LEFT + (min(max(day, begin), end) - begin).days / (end - begin).days * (_WIDTH - _LEFT - 6)

    lanes = _lanes(recent)
    tall = 34 + _LANE * len(lanes) + 6
    parts = []
    for year in range(begin.year, end.year + 1):
        x = at(dt.date(year, 1, 1))
        parts.append(svg.line(x, 24, x, tall - 4, class_="grid"))
        if year < end.year:
            parts.append(svg.text((x + at(dt.date(year + 1, 1, 1))) / 2, 15, year, class_="tick", text_anchor="middle"))
    for name, start, stop in switched(ledger, end):
        wide = at(stop) - at(start)
        tip = svg.tag("title", word("switch.off", channel=channel(name)).attribute())
        parts.append(svg.tag("g", tip + svg.rect(at(start), 24, wide, tall - 28, class_="off")))
    for index, (lane, members) in enumerate(lanes):
        y = 34 + index * _LANE
        parts.append(svg.text(0, y + 15, lane, class_="row"))
        parts.append(svg.line(_LEFT, y + _LANE - 3, _WIDTH - 6, y + _LANE - 3, class_="rule"))
        parts += _lane(members, at, y + 10)
    picture = svg.picture(_WIDTH, tall, parts, word("events.title"), class_="gantt events-line")
    key = f"<p class=note><span class=off-key></span>{word('events.off').html()}</p>" if switched(ledger, end) else ""
    return figure(f"<div class=scroll tabindex=0 role=region>{picture}</div>", None, key)


def _lanes(recent: Sequence[Figure]) -> list[tuple[Both, list[Figure]]]:
    lanes: dict[str, list[Figure]] = {}
    for event in recent:
        key = (
            "coup"
            if event.measure == "coup" or event.switch
            else event.operation or (event.programme and "programme") or "other"
        )
        lanes.setdefault(key, []).append(event)
    order = sorted(lanes, key=lambda key: (key != "coup", key in ("programme", "other"), day_of(lanes[key][0])))
    fixed = {"coup": word("lane.coup"), "programme": word("lane.programme"), "other": word("lane.other")}
    return [(fixed.get(key) or both(" ".join(p.capitalize() for p in key.split("-"))), lanes[key]) for key in order]


def _lane(members: Sequence[Figure], at: Callable[[dt.date], float], y: float) -> list[str]:
    parts = []
    days = [day_of(event) for event in members if event.measure in ("start", "end", "mandate", "gap")]
    if len(days) > 1:
        parts.append(svg.rect(at(min(days)), y - 3, at(max(days)) - at(min(days)), 6, rx=3, class_="stay"))
    for event in sorted(members, key=lambda event: event.measure == "coup"):
        x = at(day_of(event))
        told = when(event) + ": " + label(event)
        kind = "coup" if event.measure == "coup" else "gap" if event.measure == "gap" else "event"
        parts.append(svg.tag("g", svg.tag("title", told.attribute()) + _dot(kind, x, y)))
    return parts


def _dot(kind: str, x: float, y: float) -> str:
    if kind == "coup":
        return svg.tag(
            "path", d=f"M{svg.short(x - 6)} {svg.short(y + 5)}h12L{svg.short(x)} {svg.short(y - 6)}z", class_="coup"
        )
    return svg.circle(x, y, 4.4, class_=f"dot dot-{kind}")
