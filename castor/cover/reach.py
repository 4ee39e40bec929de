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
        for low in range(0, lat.size, _BLOCK):
            block = slice(low, low + _BLOCK)
            _fill(found, block, _Case(flown, net, bases, told.scene_min), (lat[block], lon[block]))
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
    via = hop[:, :, None] + direct[None, :, :]
    best = via.argmin(axis=1) if fuel else np.zeros((0, len(hospitals)), np.int64)
    home_min = np.take_along_axis(via, best[:, None, :], 1)[:, 0, :] if fuel else np.zeros((0, len(hospitals)))
    home_stops = np.take_along_axis(stops, best, 1) if fuel else best
    return Network(fuel, hospitals, hop, stops, home_min, home_stops, spare)


class _Flown(NamedTuple):
    """A unit over the ground, along the great circle: route factor and reserve are taken off."""

    min_per_km: float
    reach_km: float
    leg_min: float
    refuel_min: float

    @staticmethod
    def of(unit: Unit, flying: Flying) -> _Flown:
        """Lower a unit; the reach has the tolerance that the rest of the house has, a micrometre."""
        slow = flying.route_factor / unit.cruise_km_min
        return _Flown(slow, unit.reach_km(flying) + 1e-9, unit.leg_min, unit.refuel_min)


class _Case(NamedTuple):
    flown: _Flown
    net: Network
    bases: list[Place]
    scene_min: float


class _Inward(NamedTuple):
    """Ways from the points (C) to surgery: km needed and minutes of each option (O, C), its facility and stops (O,)."""

    need_km: Floats
    minutes: Floats
    hospital: Ints
    stops: Ints

    def best(self, left_km: Floats) -> tuple[Floats, Ints, Ints]:
        """Quickest option for what range is left (K, C) on take-off from each point: minutes, facility, stops."""
        shape = left_km.shape
        minutes = np.full(shape, np.inf)
        hospital, stops = np.full(shape, -1), np.zeros(shape, np.int64)
        for need_km, took, where, number in zip(*self, strict=True):
            take = (need_km <= left_km) & (took < minutes)
            minutes = np.where(take, took, minutes)
            hospital, stops = np.where(take, where, hospital), np.where(take, number, stops)
        return minutes, hospital, stops


def _fill(found: Clocks, block: slice, case: _Case, points: tuple[Floats, Floats]) -> None:
    """The clock of every place (P) for one block of points (C): straight out, or last by each fuel place in turn."""
    flown, net = case.flown, case.net
    inward = _inward(case, points)
    base_km, fuel_km = _to_points(case.bases, points), _to_points(net.fuel, points)
    home = inward.best(flown.reach_km - fuel_km)
    chosen = _Route.none(base_km.shape)
    chosen = chosen.or_better(_legs(flown, base_km), 0, inward.best(flown.reach_km - base_km), found, case.scene_min)
    lead_in = _legs(flown, _between(case.bases, net.fuel)) + flown.refuel_min
    for g in range(len(net.fuel)):
        via = lead_in + net.hop_min[:, g]
        first = via.argmin(axis=1)
        out = via.min(axis=1)[:, None] + _legs(flown, fuel_km[g])
        stops = 1 + net.hop_stops[first, g][:, None]
        chosen = chosen.or_better(out, stops, (home[0][g], home[1][g], home[2][g]), found, case.scene_min)
    found.care[:, block], found.surgery[:, block], _ = chosen[:3]
    found.hospital[:, block], found.stops[:, block], found.stops_out[:, block] = chosen[3:]


class _Route(NamedTuple):
    """The route chosen so far from each place to each point (P, C)."""

    care: Floats
    surgery: Floats
    met: NDArray[np.bool_]
    hospital: Ints
    stops: Ints
    stops_out: Ints

    @staticmethod
    def none(shape: tuple[int, ...]) -> _Route:
        """No route yet to any of the points."""
        never, no = np.full(shape, np.inf), np.zeros(shape, np.int64)
        return _Route(never, never, np.zeros(shape, np.bool_), no - 1, no, no)

    def or_better(
        self, out: Floats, stops_out: Ints | int, inward: tuple[Floats, Ints, Ints], found: Clocks, scene_min: float
    ) -> _Route:
        """This route, or another where that one meets both targets first, or else reaches surgery first."""
        surgery = found.start_min + out + scene_min + inward[0]
        care = np.where(np.isfinite(surgery), found.start_min + out, np.inf)
        met = (care <= found.targets[0] + SLACK) & (surgery <= found.targets[1] + SLACK)
        sooner = (surgery < self.surgery - SLACK) | ((surgery <= self.surgery + SLACK) & (care < self.care - SLACK))
        take = np.where(met == self.met, sooner, met)
        other = (care, surgery, met, inward[1], inward[2] + stops_out, stops_out)
        return _Route(*(np.where(take, new, old) for new, old in zip(other, self, strict=True)))


def _inward(case: _Case, points: tuple[Floats, Floats]) -> _Inward:
    """Options: straight to each facility (H), or first to each fuel place and on (G)."""
    flown, net = case.flown, case.net
    straight_km = _to_points(net.hospitals, points)
    fuel_km = _to_points(net.fuel, points)
    onward = net.home_min.argmin(axis=1)
    rows = np.arange(len(net.fuel))
    via = _minutes(flown, fuel_km) + (flown.refuel_min + net.home_min[rows, onward])[:, None]
    return _Inward(
        np.concatenate([straight_km + net.spare_km[:, None], fuel_km]),
        np.concatenate([_minutes(flown, straight_km), via]),
        np.concatenate([np.arange(len(net.hospitals)), onward]),
        np.concatenate([np.zeros(len(net.hospitals), np.int64), 1 + net.home_stops[rows, onward]]),
    )


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
