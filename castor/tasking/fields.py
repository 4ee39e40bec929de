"""When and where each kind of unit may take off and land: dates, opening hours, daylight, runways, as whole minutes."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np

from castor.flight.geodesy import sun_times
from castor.flight.performance import Unit
from castor.mission.model import Place

MINUTE = dt.timedelta(minutes=1)
Interval = tuple[int, int, int]
"""First and last minute, both included, and the tag under which a leg must both begin and end (-1: any)."""


def usable(unit: Unit, place: Place) -> bool:
    """Whether the runway of a place will do for every member of a unit."""
    long = not unit.runway_ft or (place.runway_ft or 0.0) >= unit.runway_ft
    return long and (unit.unpaved or place.surface != "unpaved")


def windows(unit: Unit, place: Place, start: dt.datetime, end: dt.datetime, *, dark: bool = False) -> list[Interval]:
    """When a unit may take off and land at a place between two moments, in minutes from the first.

    Days of use and opening hours; daylight for units that may not fly by night (tagged with the day, so that a leg does
    not begin on one day and end on the next) and for aeroplanes at fields without lights, unless ``dark``.
    """
    found = [(0, math.floor((end - start) / MINUTE), -1)]
    found = _cut(found, _in_use(place, start, end))
    if place.opens_h is not None and place.closes_h is not None and place.opens_h != place.closes_h:
        found = _cut(found, _open(place, start, end))
    if dark:
        return found
    if not unit.night:
        found = _cut(found, _daylight(place, start, end, tagged=True))
    elif unit.aeroplane and place.lit is False:
        found = _cut(found, _daylight(place, start, end, tagged=False))
    return found


def _days(start: dt.datetime, end: dt.datetime) -> list[dt.datetime]:
    """Midnights from the day before the first to the day after the last."""
    first = dt.datetime.combine(start.date() - dt.timedelta(days=1), dt.time())
    return [first + dt.timedelta(days=day) for day in range((end.date() - start.date()).days + 3)]


def _in_use(place: Place, start: dt.datetime, end: dt.datetime) -> list[Interval]:
    first = start if place.start is None else dt.datetime.combine(place.start, dt.time())
    last = end if place.end is None else dt.datetime.combine(place.end, dt.time()) + dt.timedelta(days=1) - MINUTE
    return [(math.ceil((first - start) / MINUTE), math.floor((last - start) / MINUTE), -1)]


def _open(place: Place, start: dt.datetime, end: dt.datetime) -> list[Interval]:
    """Opening hours of every day; hours that run over midnight are one interval."""
    opens, closes = float(place.opens_h or 0.0), float(place.closes_h or 0.0)
    long = (closes - opens) * 60 % 1440 or 1440.0
    found = []
    for midnight in _days(start, end):
        first = (midnight - start) / MINUTE + opens * 60
        found.append((math.ceil(first), math.floor(first + long), -1))
    return found


def _daylight(place: Place, start: dt.datetime, end: dt.datetime, tagged: bool) -> list[Interval]:
    """From sunrise to sunset of every day, a minute kept at both ends; all day where the sun does not set."""
    found = []
    for number, midnight in enumerate(_days(start, end)):
        sun = sun_times(place.lat, place.lon, midnight.date())
        if sun.rise is None or sun.set is None:
            continue
        first, last = math.ceil((sun.rise - start) / MINUTE) + 1, math.floor((sun.set - start) / MINUTE) - 1
        found.append((first, last, number if tagged else -1))
    return found


def _cut(some: list[Interval], others: list[Interval]) -> list[Interval]:
    """What lies in both lists of intervals, with the tag of either."""
    found = []
    for a, b, tag in some:
        for c, d, other in others:
            if max(a, c) <= min(b, d):
                found.append((max(a, c), min(b, d), max(tag, other)))
    return sorted(found)


def as_arrays(lists: list[list[list[Interval]]]) -> tuple[Any, Any, Any, Any]:
    """Opening windows (K, P) as arrays: opens, closes, tags (K, P, W) and how many (K, P)."""
    kinds, places = len(lists), len(lists[0])
    wide = max(1, max(len(one) for row in lists for one in row))
    opens, closes, tags = (np.zeros((kinds, places, wide), np.int64) for _ in range(3))
    many = np.zeros((kinds, places), np.int64)
    for k, row in enumerate(lists):
        for p, one in enumerate(row):
            many[k, p] = len(one)
            for x, (first, last, tag) in enumerate(one):
                opens[k, p, x], closes[k, p, x], tags[k, p, x] = first, last, tag
    return opens, closes, tags, many
