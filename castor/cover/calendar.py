"""Cover through the calendar: who was in theatre when, what they covered from where they stood, and the gaps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from castor.cover.demand import Demand, demand
from castor.cover.fleet import Strength, on_strength, strength
from castor.cover.reach import clock
from castor.mission.model import Aircraft, Formation, Mission, Place

__all__ = ["Span", "calendar", "gaps"]

Floats = NDArray[np.float64]
_DAY = dt.timedelta(days=1)


class Span(Struct, frozen=True, eq=False):
    """Days from ``start`` to ``end`` (both included) without a change of fleet, camps or hospitals.

    ``ready`` is the probability that at least one formation can be made up; the shares are expected cover over how many
    can, each formation standing at its base. A gap has no formation: ``formations`` is empty and every share zero.
    """

    start: dt.date
    end: dt.date
    formations: tuple[str, ...]
    bases: tuple[str, ...]
    airframes: dict[str, int]
    ready: float
    people_day: float
    people_night: float
    incidents_day: float
    incidents_night: float

    @property
    def gap(self) -> bool:
        """Whether nobody stands by for evacuation."""
        return not self.formations

    @property
    def days(self) -> int:
        """Length in days."""
        return (self.end - self.start).days + 1


def calendar(mission: Mission, start: dt.date | None = None, end: dt.date | None = None) -> list[Span]:
    """Spans from ``start`` to ``end``: by default from the first day of any evacuation formation to the last.

    Neighbouring spans that say the same are one.
    """
    flown = [f for f in mission.formations if f.role != "transport"]
    first = start or min((f.start for f in flown if f.start), default=mission.start)
    last = end or max((f.end for f in flown if f.end), default=mission.end)
    spans: list[Span] = []
    for low, high in _cuts(mission, first, last):
        span = _span(mission, low, high)
        if spans and _told(spans[-1]) == _told(span):
            span = _span(mission, spans.pop().start, high)
        spans.append(span)
    return spans


def gaps(spans: Iterable[Span]) -> list[Span]:
    """The spans in which nobody stands by."""
    return [span for span in spans if span.gap]


def _cuts(mission: Mission, first: dt.date, last: dt.date) -> list[tuple[dt.date, dt.date]]:
    dated: list[Place | Aircraft | Formation] = [*mission.places, *mission.aircraft, *mission.formations]
    changes = {first}
    for row in dated:
        changes |= {row.start} if row.start else set()
        changes |= {row.end + _DAY} if row.end else set()
    days = sorted(day for day in changes if first <= day <= last)
    return [(low, high - _DAY) for low, high in zip(days, [*days[1:], last + _DAY], strict=True)]


def _told(span: Span) -> tuple[object, ...]:
    shares = (span.ready, span.people_day, span.people_night, span.incidents_day, span.incidents_night)
    return (span.formations, span.bases, tuple(span.airframes.items()), *(round(share, 12) for share in shares))


def _span(mission: Mission, low: dt.date, high: dt.date) -> Span:
    standing = [(f, s) for f in on_strength(mission, low) for s in strength(mission, f, low) if s.chance.size > 1]
    wanted = demand(mission, low)
    airframes: dict[str, int] = {}
    for _, s in standing:
        for kind, count in s.airframes.items():
            airframes[kind] = max(airframes.get(kind, 0), count)
    reached = {night: _reached(mission, standing, wanted, low, night) for night in (False, True)} if standing else {}
    shares = [
        float(wanted.share(weights) @ reached[night]) if standing else 0.0
        for weights in ("people", "incidents")
        for night in (False, True)
    ]
    return Span(
        low,
        high,
        tuple(dict.fromkeys(f.id for f, _ in standing)),
        tuple(dict.fromkeys(s.base for _, s in standing)),
        airframes,
        1.0 - float(np.prod([1.0 - s.at_least(1) for _, s in standing])) if standing else 0.0,
        *shares,
    )


def _reached(
    mission: Mission, standing: Sequence[tuple[Formation, Strength]], wanted: Demand, day: dt.date, night: bool
) -> Floats:
    """Probability (C,) that a formation which covers the point can be made up; formations taken as independent."""
    missed = np.ones(wanted.lat.size)
    for formation in {f.id: f for f, _ in standing}.values():
        own = [s for f, s in standing if f.id == formation.id]
        places = [s.base for s in own]
        covers = clock(mission, formation, places, (wanted.lat, wanted.lon), day=day, night=night).covered()
        for s, row in zip(own, covers):
            missed *= 1.0 - s.at_least(1) * row
    return 1.0 - missed
