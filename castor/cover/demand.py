"""The points that cover is judged on, with both weights: people at places in use, and recorded incidents."""

from __future__ import annotations

import calendar
import datetime as dt
from functools import cache

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from castor.cover.reach import in_use
from castor.mission.model import Incident, Mission

__all__ = ["Demand", "demand", "period", "recorded"]

Floats = NDArray[np.float64]


class Demand(Struct, frozen=True, eq=False):
    """C points with their weights; a place and an incident at the same coordinates are one point.

    ``people`` and ``incidents`` (C,) are as given, not shares. ``missing`` counts the places in use, other than landing
    points and airfields, whose people are not known: they weigh nothing.
    """

    names: tuple[str, ...]
    lat: Floats
    lon: Floats
    people: Floats
    incidents: Floats
    missing: int

    def part(self, low: int, high: int) -> Demand:
        """The points from number ``low`` to before ``high``."""
        some = slice(low, high)
        return Demand(
            self.names[some], self.lat[some], self.lon[some], self.people[some], self.incidents[some], self.missing
        )

    def share(self, weights: str) -> Floats:
        """Weights (C,) by ``people`` or ``incidents`` as shares of their sum; zeros if there are none."""
        given = self.people if weights == "people" else self.incidents
        total = float(given.sum())
        return given / total if total else np.zeros_like(given)


def demand(mission: Mission, day: dt.date) -> Demand:
    """Points of a mission on a day: places in use with people, and the violence recorded within the mission's dates.

    Incidents outside the mission's dates are left out unless there are none within them; their weights do not change
    with the day, so that cover through the calendar moves with the fleet and the camps alone.
    """
    people: dict[tuple[float, float], float] = {}
    incidents: dict[tuple[float, float], float] = {}
    names: dict[tuple[float, float], str] = {}
    missing = 0
    for place in mission.places:
        if not in_use(place, day):
            continue
        if place.people:
            at = (place.lat, place.lon)
            people[at] = people.get(at, 0.0) + place.people
            names.setdefault(at, place.id)
        elif place.people is None and place.kind in ("camp", "town"):
            missing += 1
    for incident in recorded(mission):
        at = (incident.lat, incident.lon)
        incidents[at] = incidents.get(at, 0.0) + incident.weight
        names.setdefault(at, incident.place)
    points = list(names)
    return Demand(
        names=tuple(names.values()),
        lat=np.array([at[0] for at in points], float),
        lon=np.array([at[1] for at in points], float),
        people=np.array([people.get(at, 0.0) for at in points], float),
        incidents=np.array([incidents.get(at, 0.0) for at in points], float),
        missing=missing,
    )


def recorded(mission: Mission) -> list[Incident]:
    """The violence that weighs: recorded within the mission's dates, or all of it if none is."""
    violence = [incident for incident in mission.incidents if incident.kind == "violence" and incident.weight > 0]
    within = []
    for incident in violence:
        first, last = period(incident.date)
        if first <= mission.end and last >= mission.start:
            within.append(incident)
    return within or violence


@cache
def period(date: str) -> tuple[dt.date, dt.date]:
    """First and last day of a year, month or day written as ``2018``, ``2018-11`` or ``2018-11-01``."""
    parts = [int(part) for part in date.split("-")]
    if len(parts) == 1:
        return dt.date(parts[0], 1, 1), dt.date(parts[0], 12, 31)
    if len(parts) == 2:
        return dt.date(parts[0], parts[1], 1), dt.date(parts[0], parts[1], calendar.monthrange(*parts)[1])
    day = dt.date(*parts)
    return day, day
