"""What an aircraft or a formation can do: minutes, fuel, payload against range and heat, refuel stops, numbers.

Everything works on arrays. A formation flies at its slowest member's speed, as far as its shortest-legged, stays on the
ground as long as its slowest to turn round, and carries what its lead carries.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from castor.flight.geodesy import distance_km, is_night
from castor.mission.model import AircraftType, Flying, Formation, Mission, Place

Floats = NDArray[np.float64]
KM_PER_NM = 1.852
_ISA_C, _LAPSE_C_FT, _GRAVITY = 15.0, 0.0019812, 4.25588
"""Sea-level temperature, its fall per foot, and g/(R L) - 1 of the standard atmosphere (ICAO Doc 7488)."""


class Unit(Struct, frozen=True, kw_only=True):
    """A single aircraft or a formation as one flying thing: the limits of all its members together.

    ``members`` are the types, lead first, once per aircraft. ``range_km`` is with full fuel and no reserve.
    """

    id: str
    members: tuple[AircraftType, ...]
    cruise_km_min: float
    range_km: float
    ground_min: float
    refuel_min: float
    leg_min: float
    payload_kg: float
    seats: int
    litters: int
    night: bool
    unpaved: bool
    aeroplane: bool
    runway_ft: float
    cost_h: float | None

    @property
    def lead(self) -> AircraftType:
        """The member that carries the load."""
        return self.members[0]

    def reach_km(self, flying: Flying) -> float:
        """Distance between two refuellings, great circle, the reserve kept: range (1 - reserve) / route factor."""
        return self.range_km * (1.0 - flying.reserve) / flying.route_factor

    def radius_km(self, flying: Flying) -> float:
        """Radius of action out and back without refuelling, great circle, the reserve kept."""
        return self.reach_km(flying) / 2.0


def unit_of(kind: AircraftType, flying: Flying) -> Unit:
    """A single aircraft of a type as a unit."""
    return _join(kind.type, (kind,), None, flying)


def formation_unit(mission: Mission, formation: Formation) -> Unit:
    """A formation as a unit: slowest, shortest-legged, the lead's load (in the formation's own fit if it has one)."""
    members = [mission.type[formation.lead]]
    if formation.escorts:
        members += [mission.type[formation.escort]] * formation.escorts
    return _join(formation.id, tuple(members), formation, mission.rules.flying)


def _join(name: str, members: tuple[AircraftType, ...], fit: Formation | None, flying: Flying) -> Unit:
    lead = members[0]
    costs = [kind.cost_h for kind in members]
    return Unit(
        id=name,
        members=members,
        cruise_km_min=min(kind.cruise_kt for kind in members) * KM_PER_NM / 60.0,
        range_km=min(kind.range_km for kind in members),
        ground_min=max(kind.ground_min for kind in members),
        refuel_min=max(flying.refuel_min if kind.refuel_min is None else kind.refuel_min for kind in members),
        leg_min=max(kind.leg_min for kind in members),
        payload_kg=lead.payload_kg,
        seats=lead.seats if fit is None or fit.seats is None else fit.seats,
        litters=lead.litters if fit is None or fit.litters is None else fit.litters,
        night=all(kind.night for kind in members),
        unpaved=all(kind.unpaved for kind in members),
        aeroplane=any(kind.kind == "aeroplane" for kind in members),
        runway_ft=max(kind.runway_ft or 0.0 for kind in members),
        cost_h=None if any(cost is None for cost in costs) else float(sum(cost for cost in costs if cost is not None)),
    )


def leg_minutes(unit: Unit, km: ArrayLike, flying: Flying) -> Any:
    """Minutes of a leg of ``km`` great circle: distance x route factor / cruise + the fixed time of a leg."""
    return np.multiply(km, flying.route_factor / unit.cruise_km_min) + unit.leg_min


def burn_kg_km(kind: AircraftType) -> float | None:
    """Fuel per flown km: burn at cruise, or full fuel over range where no burn is given; ``None`` if neither is."""
    if kind.burn_kg_h is not None:
        return kind.burn_kg_h / (kind.cruise_kt * KM_PER_NM)
    return None if kind.fuel_kg is None else kind.fuel_kg / kind.range_km


def leg_fuel_kg(kind: AircraftType, km: ArrayLike, flying: Flying) -> Any:
    """Fuel burnt on a leg of ``km`` great circle by one aircraft; not a number where the type gives no fuel figures.

    With a burn per hour the fixed minutes of the leg burn too.
    """
    rate = burn_kg_km(kind)
    if rate is None:
        return np.multiply(km, np.nan)
    taxi = 0.0 if kind.burn_kg_h is None else kind.burn_kg_h * kind.leg_min / 60.0
    return np.multiply(km, flying.route_factor * rate) + taxi


def reserve_kg(kind: AircraftType, flying: Flying) -> float:
    """Fuel that must be left at landing: the reserve's share of what the range takes; 0 where fuel is not given."""
    rate = burn_kg_km(kind)
    return 0.0 if rate is None else rate * kind.range_km * flying.reserve


def density_altitude_ft(elev_ft: ArrayLike, temp_c: ArrayLike) -> Any:
    """Density altitude in feet of dry air at an elevation and temperature, standard pressure.

    The altitude at which the standard atmosphere (ICAO Doc 7488) has the same density.
    """
    elev, temp = np.asarray(elev_ft, np.float64), np.asarray(temp_c, np.float64)
    base = _ISA_C + 273.15
    pressure = (1.0 - _LAPSE_C_FT * elev / base) ** (_GRAVITY + 1.0)
    density = pressure * base / (temp + 273.15)
    return (1.0 - density ** (1.0 / _GRAVITY)) * base / _LAPSE_C_FT


def takeoff_limit_kg(kind: AircraftType, density_ft: ArrayLike) -> Any:
    """Take-off mass allowed at a density altitude; infinity where the type gives no maximum take-off mass."""
    if kind.mtow_kg is None:
        return np.full(np.shape(density_ft), np.inf) if np.ndim(density_ft) else math.inf
    if kind.lapse_kg_per_1000ft is None:
        return np.full(np.shape(density_ft), kind.mtow_kg) if np.ndim(density_ft) else kind.mtow_kg
    above = np.maximum(np.asarray(density_ft, np.float64) - (kind.lapse_above_ft or 0.0), 0.0)
    return kind.mtow_kg - kind.lapse_kg_per_1000ft * above / 1000.0


def payload_kg(kind: AircraftType, km: ArrayLike, flying: Flying, density_ft: ArrayLike = 0.0) -> Any:
    """Payload that a type can lift over ``km`` great circle between refuellings, from a field at a density altitude.

    min(maximum payload, take-off limit - empty - crew - fuel for the distance - reserve), never below zero; zero beyond
    the range less reserve or where the fuel does not fit the tanks. Limits that the type does not give do not apply.
    """
    km = np.asarray(km, np.float64)
    fuel = np.nan_to_num(leg_fuel_kg(kind, km, flying)) + reserve_kg(kind, flying)
    room = np.full(np.broadcast_shapes(km.shape, np.shape(density_ft)), kind.payload_kg)
    if kind.empty_kg is not None:
        room = np.minimum(room, takeoff_limit_kg(kind, density_ft) - kind.empty_kg - (kind.crew_kg or 0.0) - fuel)
    far = km * flying.route_factor > kind.range_km * (1.0 - flying.reserve) + 1e-9
    if kind.fuel_kg is not None:
        far |= fuel > kind.fuel_kg + 1e-9
    room = np.where(far, 0.0, np.maximum(room, 0.0))
    return float(room) if room.ndim == 0 else room


def temperature_c(mission: Mission, place: Place, moment: dt.datetime) -> float | None:
    """Temperature to reckon with: the month's mean maximum by day, mean minimum by night; ``None`` without a climate.

    Of the place, or of the nearest place that has a climate.
    """
    rows = [row for row in mission.climate if row.month == moment.month and row.place in mission.place]
    if not rows:
        return None
    where = [mission.place[row.place] for row in rows]
    km = distance_km(place.lat, place.lon, [one.lat for one in where], [one.lon for one in where])
    nearest = rows[int(np.argmin(km))]
    return nearest.tmin_c if is_night(place.lat, place.lon, moment) else nearest.tmax_c


def density_ft(mission: Mission, place: Place, moment: dt.datetime) -> float:
    """Density altitude in feet at a place and moment; its elevation where no climate is given, 0 where neither is."""
    temperature = temperature_c(mission, place, moment)
    elevation = place.elev_ft or 0.0
    return elevation if temperature is None else float(density_altitude_ft(elevation, temperature))


class Network(Struct, frozen=True):
    """Quickest ways of a unit between places (P), tanks full at the start, refuelling on the way where there is fuel.

    ``minutes`` (P, P) includes the stops on the way, not the one at the end, and is infinite where there is no way;
    ``via`` (P, P) is the first stop of the way, or -1 for a direct flight; ``km`` (P, P) great circle.
    """

    unit: Unit
    minutes: Floats
    km: Floats
    via: NDArray[np.intp]
    fuel: NDArray[np.bool_]

    def path(self, start: int, end: int) -> tuple[int, ...]:
        """Places from ``start`` to ``end``, both included; empty where there is no way."""
        if not np.isfinite(self.minutes[start, end]):
            return ()
        out, here = [start], start
        while self.via[here, end] >= 0:
            here = int(self.via[here, end])
            out.append(here)
        return (*out, end) if end != start else (start,)


def network(unit: Unit, km: ArrayLike, fuel: ArrayLike, flying: Flying) -> Network:
    """Quickest feasible ways between all pairs of places, by Dijkstra's closure over the places that have fuel.

    ``km`` (P, P) great circle, ``fuel`` (P,) whether a unit can fill up there. A stop takes the unit's refuelling time.
    """
    km, fuel = np.asarray(km, np.float64), np.asarray(fuel, bool)
    direct = np.where(km <= unit.reach_km(flying) + 1e-9, leg_minutes(unit, km, flying), np.inf)
    np.fill_diagonal(direct, 0.0)
    best, via = direct.copy(), np.full(km.shape, -1, np.intp)
    for stop in np.flatnonzero(fuel):
        through = best[:, stop, None] + unit.refuel_min + best[None, stop, :]
        through[stop, :] = through[:, stop] = np.inf
        shorter = through < best - 1e-9
        best = np.where(shorter, through, best)
        first = np.where(via[:, stop] >= 0, via[:, stop], stop)
        via = np.where(shorter, first[:, None], via)
    return Network(unit, best, km, via, fuel)


def there_and_back(ways: Network, point_km: ArrayLike, onward: ArrayLike, flying: Flying) -> tuple[Floats, Floats]:
    """Minutes from each place (P) out to each point (C), and on in to a destination, refuel stops included: two (P, C).

    ``point_km`` (P, C) great circle; ``onward`` (P,) minutes from a place, tanks full, to the nearest destination, 0 at
    a destination, infinite where there is none (``ways.minutes[:, hospitals].min(axis=1)``). There is no fuel at the
    point: the leg in and the leg out share one tank. Among the ways, the soonest arrival at the destination.
    """
    from castor.flight.kernel import there_and_back as compiled

    unit = ways.unit
    numbers = (unit.range_km * (1.0 - flying.reserve) + 1e-9, unit.cruise_km_min, unit.leg_min, unit.refuel_min)
    km = np.ascontiguousarray(point_km, dtype=np.float64) * flying.route_factor
    out = compiled(km, ways.minutes, np.ascontiguousarray(onward, dtype=np.float64), ways.fuel, numbers)
    return out[0], out[1]


def serviceable(shares: ArrayLike) -> Floats:
    """Probability that exactly 0, 1, ... n airframes are serviceable, each with its own share (n,): (n + 1,)."""
    out = np.ones(1)
    for share in np.atleast_1d(np.asarray(shares, np.float64)):
        out = np.append(out * (1.0 - share), 0.0) + np.append(0.0, out * share)
    return out


def formations_at_once(fleets: Sequence[tuple[ArrayLike, int]]) -> Floats:
    """Probability that exactly 0, 1, ... formations can be made up.

    ``fleets``: for each type in the formation, the serviceabilities of its airframes and how many a formation takes.
    Airframes fail independently; a formation needs its number of every type, so the chance of at least k is the
    product over types of the chance that k times its number are serviceable.
    """
    most = min(np.size(np.atleast_1d(shares)) // need for shares, need in fleets)
    least = np.ones(most + 2)
    least[-1] = 0.0
    for shares, need in fleets:
        tail = serviceable(shares)[::-1].cumsum()[::-1]
        for k in range(1, most + 1):
            least[k] *= tail[k * need]
    return np.asarray(least[:-1] - least[1:])


def formation_chances(mission: Mission, formation: Formation, tails: Sequence[str]) -> Floats:
    """Probability that exactly 0, 1, ... of a formation can be made up from these tails, by their serviceability."""
    need: dict[str, int] = {formation.lead: 1}
    if formation.escorts:
        need[formation.escort] = need.get(formation.escort, 0) + formation.escorts
    fleets = []
    for kind, number in need.items():
        airframes = [mission.tail[tail] for tail in tails if mission.tail[tail].type == kind]
        fleets.append(([airframe.serviceability for airframe in airframes], number))
    return formations_at_once(fleets)
