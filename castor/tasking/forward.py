"""Alert posts: where a formation may be sent to stand by away from its base, and what it covers from there.

A stay is a tour without loads: out, tanks filled up, waiting with its notice, back. While it flies a formation covers
what it could reach from where it lands next, reckoned from take-off (as it comes nearer it covers more). It is sent
only where that takes no further rule: to posts with fuel, open at all hours, without a limit of spots, within range, by
formations that may fly by night and are made up as one that carries.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

from castor.flight.geodesy import distance_km
from castor.flight.performance import formation_unit, leg_minutes
from castor.mission.model import Formation, Mission, Place
from castor.tasking import fields
from castor.tasking.answering import ways

if TYPE_CHECKING:
    from castor.tasking.lower import Flyer
    from castor.tasking.watch import Post

SLACK = 1e-9
Within = tuple[dt.datetime, dt.datetime]


class Station(Struct, frozen=True):
    """A formation of a base that may stand by at an alert post: minutes out, to fill up there, and back; km apart; the
    first unit made up like it.
    """

    formation: Formation
    base: str
    place: str
    out: int
    refuel: int
    back: int
    km: float
    first: int


def stations(mission: Mission, within: Within, flyers: Sequence[Flyer], posts: Sequence[Post]) -> tuple[Station, ...]:
    """Where formations may be sent to stand by."""
    found = []
    made: dict[tuple[str, str, str, int], int] = {}
    for u, flyer in enumerate(flyers):
        if flyer.formation is not None:
            made.setdefault(_made(flyer.base, flyer.formation), u)
    for post in posts:
        formation = post.formation
        first = None if post.single else made.get(_made(post.base, formation))
        if first is None or not _throughout(formation.start, formation.end, within):
            continue
        for place in mission.places:
            if _open(mission, within, formation, mission.place[post.base], place):
                found.append(_station(mission, post, place, first))
    return tuple(found)


def _made(base: str, formation: Formation) -> tuple[str, str, str, int]:
    """What makes up a formation, and where."""
    return base, formation.lead, formation.escort if formation.escorts else "", formation.escorts


def _throughout(start: dt.date | None, end: dt.date | None, within: Within) -> bool:
    return (start is None or start <= within[0].date()) and (end is None or end >= within[1].date())


def _open(mission: Mission, within: Within, formation: Formation, base: Place, place: Place) -> bool:
    """Whether a formation may be sent to stand by at a place, and no rule asks for more than the way there and back."""
    unit = formation_unit(mission, formation)
    free = place.alert and place.fuel and place.opens_h is None and place.parking is None and place.id != base.id
    able = unit.night and not unit.aeroplane and fields.usable(unit, place)
    if not free or not able or not _throughout(place.start, place.end, within):
        return False
    return float(distance_km(base.lat, base.lon, place.lat, place.lon)) <= unit.reach_km(mission.rules.flying)


def _station(mission: Mission, post: Post, place: Place, first: int) -> Station:
    unit, base = formation_unit(mission, post.formation), mission.place[post.base]
    km = float(distance_km(base.lat, base.lon, place.lat, place.lon))
    leg = math.ceil(float(leg_minutes(unit, np.array(km), mission.rules.flying)) - 1e-6)
    return Station(post.formation, base.id, place.id, leg, math.ceil(unit.refuel_min), leg, km, first)


def flown(mission: Mission, row: Station, points: Any, date: dt.date) -> tuple[Any, Any]:
    """Points (C,) covered by a formation on its way out to a post, and on its way back, from take-off on."""
    unit, clock = formation_unit(mission, row.formation), mission.rules.clock
    reach, told = unit.reach_km(mission.rules.flying), clock.report_min + clock.approval_min
    found = []
    for name, took in ((row.place, row.out), (row.base, row.back)):
        point, need, slack, _ = ways(mission, [unit], [mission.place[name]], points, [date])
        straight = (need <= reach - row.km + SLACK) & (slack >= max(told, took) - SLACK)
        filled = (need <= reach + SLACK) & (slack >= max(told, took + row.refuel) - SLACK)
        covers = np.zeros(points[0].size, np.bool_)
        covers[point[straight | filled]] = True
        found.append(covers)
    return found[0], found[1]
