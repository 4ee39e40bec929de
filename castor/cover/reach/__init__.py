"""The evacuation clock: minutes from wounding to care and to surgery, for every place that may wait and every point.

For a point c, a place p where a formation waits and a surgical facility h, the clock is

    report + approval + notice (day or night) + out(p, c) + on the ground + in(c, h)

with refuelling stops on the way out and in wherever the formation's range asks for them (UN 10-1-2 guideline; the clock
starts at the wounding). Care begins on arrival at c, surgery on arrival at h. A target is met at equality.

The formation leaves p with full tanks and must not land at h with less than what takes it to the nearest fuel. Of the
routes it could fly it takes one that meets both targets if there is one, else the one that reaches surgery first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from castor.errors import MissionError, Problem
from castor.flight.geodesy import matrix_km
from castor.flight.performance import Unit, formation_unit
from castor.mission.model import Clock, Flying, Formation, Mission, Place

__all__ = ["Aim", "Clocks", "Network", "clock", "in_use", "network"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SURGICAL = ("2", "3", "4")
Aim = Literal["both", "care", "surgery"]
"""Which targets a point must meet to be covered."""
SLACK = 1e-9
"""Minutes that are equal but for rounding are equal."""
_BLOCK = 8192


class Network(Struct, frozen=True, eq=False):
    """Where fuel and surgery are on a date: G places with fuel, H surgical facilities, and flying between them.

    ``hop_min`` (G, G): least minutes from one fuel place, tanks full, to another, tanks full again; ``hop_stops`` (G,
    G) its stops. ``home_min`` (G, H), ``home_stops``: from a fuel place, tanks full, to a facility. ``spare_km`` (H,):
    what must be left on landing there.
    """

    fuel: tuple[Place, ...]
    hospitals: tuple[Place, ...]
    hop_min: Floats
    hop_stops: Ints
    home_min: Floats
    home_stops: Ints
    spare_km: Floats


class Clocks(Struct, frozen=True, eq=False):
    """The clock of every place and point, in minutes from wounding; infinite where no route exists.

    ``care`` and ``surgery`` (P, C); ``hospital`` (P, C) the number of the facility in ``hospitals`` or -1; ``stops``
    (P, C) refuelling stops of the whole way, of which ``stops_out`` before the point; ``start_min`` minutes from
    wounding to take-off.
    """

    places: tuple[str, ...]
    hospitals: tuple[str, ...]
    care: Floats
    surgery: Floats
    hospital: Ints
    stops: Ints
    stops_out: Ints
    start_min: float
    targets: tuple[float, float]

    @staticmethod
    def empty(places: Sequence[str]) -> Clocks:
        """Clocks of places for no points at all."""
        none, no = np.zeros((len(places), 0)), np.zeros((len(places), 0), np.int64)
        return Clocks(tuple(places), (), none, none, no, no, no, 0.0, (0.0, 0.0))

    def covered(self, aim: Aim = "both") -> NDArray[np.bool_]:
        """(P, C): the targets aimed at are met, at equality too."""
        care, surgery = self.care <= self.targets[0] + SLACK, self.surgery <= self.targets[1] + SLACK
        return care if aim == "care" else surgery if aim == "surgery" else care & surgery


def in_use(place: Place, day: dt.date) -> bool:
    """Whether a place is in use on a day; its first and last days are."""
    return (place.start is None or place.start <= day) and (place.end is None or day <= place.end)


def clock(
    mission: Mission,
    formation: Formation,
    places: Sequence[str],
    points: tuple[ArrayLike, ArrayLike],
    *,
    day: dt.date,
    night: bool = False,
    rules: Clock | None = None,
) -> Clocks:
    """The evacuation clock of each place (P) for each point (C), given as latitudes and longitudes in degrees.

    ``rules`` replaces the mission's clock (another approval delay, other targets). Surgical facilities and fuel are
    those in use on ``day``. Raises MissionError for an unknown place.
    """
    unknown = [name for name in places if name not in mission.place]
    if unknown:
        raise MissionError(
            [Problem("places.csv", "a place of the mission", column="id", read=name) for name in unknown]
        )
    told = mission.rules.clock if rules is None else rules
    lat, lon = np.atleast_1d(np.asarray(points[0], float)), np.atleast_1d(np.asarray(points[1], float))
    unit = formation_unit(mission, formation)
    flown = _Flown.of(unit, mission.rules.flying)
    net = network(mission, unit, day)
    start = told.report_min + told.approval_min + (told.notice_night_min if night else told.notice_day_min)
    shape = (len(places), lat.size)
    found = Clocks(
        places=tuple(places),
        hospitals=tuple(place.id for place in net.hospitals),
        care=np.full(shape, np.inf),
        surgery=np.full(shape, np.inf),
        hospital=np.full(shape, -1),
        stops=np.zeros(shape, np.int64),
        stops_out=np.zeros(shape, np.int64),
        start_min=start,
        targets=(told.care_min, told.surgery_min),
    )
    if net.hospitals and not (night and not unit.night):
        bases = [mission.place[name] for name in places]
        case = _Case(flown, net, bases, _lead(flown, net, bases), told.scene_min)
        for low in range(0, lat.size, _BLOCK):
            block = slice(low, low + _BLOCK)
            _fill(found, block, case, (lat[block], lon[block]))
    return found


def network(mission: Mission, unit: Unit, day: dt.date) -> Network:
    """Fuel and surgery in use on a day, and the quickest refuelled ways between them for a flying unit."""
    flown = _Flown.of(unit, mission.rules.flying)
    fuel = tuple(p for p in mission.places if p.fuel and in_use(p, day))
    hospitals = tuple(p for p in mission.places if p.medical in SURGICAL and in_use(p, day))
    hop = _legs(flown, _between(fuel, fuel)) + flown.refuel_min
    np.fill_diagonal(hop, 0.0)
    stops = np.where(np.isfinite(hop), 1, 0) - np.eye(len(fuel), dtype=np.int64)
    for g in range(len(fuel)):
        through = hop[:, g, None] + hop[None, g, :]
        better = through < hop
        stops = np.where(better, stops[:, g, None] + stops[None, g, :], stops)
        hop = np.minimum(hop, through)
    home_km = _between(fuel, hospitals)
    spare = home_km.min(axis=0) if fuel else np.full(len(hospitals), 0.0)
    spare = np.where(np.isfinite(spare), spare, 0.0)
    direct = np.where(home_km + spare <= flown.reach_km, _minutes(flown, home_km), np.inf)
    home_min, home_stops = np.full(home_km.shape, np.inf), np.zeros(home_km.shape, np.int64)
    for g in range(len(fuel)):
        through = hop[:, g, None] + direct[None, g, :]
        better = through < home_min
        home_stops = np.where(better, stops[:, g, None], home_stops)
        home_min = np.where(better, through, home_min)
    return Network(fuel, hospitals, hop, stops, home_min, home_stops, spare)


class _Flown(NamedTuple):
    """A unit over the ground, along the great circle: route factor and reserve are taken off."""

    reach_km: float
    min_per_km: float
    leg_min: float
    refuel_min: float

    @staticmethod
    def of(unit: Unit, flying: Flying) -> _Flown:
        """Lower a unit; the reach has the tolerance that the rest of the house has, a micrometre."""
        slow = flying.route_factor / unit.cruise_km_min
        return _Flown(unit.reach_km(flying) + 1e-9, slow, unit.leg_min, unit.refuel_min)


def _fill(found: Clocks, block: slice, case: _Case, points: tuple[Floats, Floats]) -> None:
    from castor.cover.reach.kernel import clocks

    net, flown = case.net, case.flown
    onward = net.home_min.argmin(axis=1)
    rows = np.arange(len(net.fuel))
    home = (net.spare_km, net.home_min[rows, onward], onward, net.home_stops[rows, onward])
    numbers = np.array([*flown, found.start_min, case.scene_min, *found.targets])
    every = {place.id: place for place in (*case.bases, *net.fuel, *net.hospitals)}  # most are several at once
    row = {name: number for number, name in enumerate(every)}
    km = _to_points(list(every.values()), points)
    parts = [km[[row[place.id] for place in some]] for some in (case.bases, net.fuel, net.hospitals)]
    minutes, whole = clocks(*parts, case.lead, home, numbers)
    found.care[:, block], found.surgery[:, block] = minutes
    found.hospital[:, block], found.stops[:, block], found.stops_out[:, block] = whole


class _Case(NamedTuple):
    flown: _Flown
    net: Network
    bases: list[Place]
    lead: tuple[Floats, Ints]
    scene_min: float


def _lead(flown: _Flown, net: Network, bases: Sequence[Place]) -> tuple[Floats, Ints]:
    """Least minutes (P, G) from each place to each fuel place, tanks full there, and the stops made on the way."""
    first = _legs(flown, _between(bases, net.fuel)) + flown.refuel_min
    minutes, stops = np.full(first.shape, np.inf), np.zeros(first.shape, np.int64)
    for g in range(len(net.fuel)):
        via = first + net.hop_min[:, g]
        best = via.argmin(axis=1)
        minutes[:, g] = via[np.arange(len(bases)), best]
        stops[:, g] = net.hop_stops[best, g]
    return minutes, stops


def _minutes(flown: _Flown, km: Floats) -> Floats:
    return np.where(km > 0, flown.leg_min, 0.0) + km * flown.min_per_km


def _legs(flown: _Flown, km: Floats) -> Floats:
    """Minutes of a leg, infinite beyond the range."""
    return np.where(km <= flown.reach_km, _minutes(flown, km), np.inf)


def _between(a: Sequence[Place], b: Sequence[Place]) -> Floats:
    points = np.array([p.lat for p in b], float), np.array([p.lon for p in b], float)
    return _to_points(a, points)


def _to_points(places: Sequence[Place], points: tuple[Floats, Floats]) -> Floats:
    lat, lon = np.array([p.lat for p in places], float), np.array([p.lon for p in places], float)
    return matrix_km(lat, lon, *points)
