"""The bridge as given: the loads, the aircraft, the fields they may use, and the ways between them.

A mission is lowered once into plain tables; what cannot go is named here, before anything is computed.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import permutations

import numpy as np
from msgspec import Struct

from castor.errors import MissionError, Problem
from castor.flight.geodesy import matrix_km, sun_minutes
from castor.flight.performance import Unit, density_ft, leg_minutes, payload_kg, unit_of
from castor.flight.plan import Reason, Unserved
from castor.mission.model import Aircraft, AircraftType, Load, Mission, Place

MINUTE = dt.timedelta(minutes=1)
MOST_STOPS = 2
"""Refuelling stops on one way; more than two are never worth it for the ranges of transport aeroplanes."""


class Way(Struct, frozen=True):
    """One way of a type from one field to another: its places, the minutes of its legs, what it can carry on it."""

    places: tuple[str, ...]
    minutes: tuple[int, ...]
    payload_kg: float
    stop_min: float

    @property
    def total_min(self) -> float:
        """Minutes from the first take-off to the last landing."""
        return sum(self.minutes) + self.stop_min * (len(self.minutes) - 1)

    @property
    def air_min(self) -> float:
        """Block minutes."""
        return sum(self.minutes)


class Hold(Struct, frozen=True):
    """What a type can take on a way: mass, volume, floor length, seats; infinite where the type does not say."""

    kg: float
    m3: float
    floor_m: float
    seats: float

    def array(self) -> tuple[float, float, float, float]:
        """The four limits in their order."""
        return self.kg, self.m3, self.floor_m, self.seats


class Bridge(Struct, frozen=True, dict=True):
    """Loads, tails and fields of one air bridge, with the ways between fields for every type."""

    mission: Mission
    loads: tuple[Load, ...]
    tails: tuple[Aircraft, ...]
    fields: tuple[Place, ...]
    left: tuple[Unserved, ...] = ()

    @cached_property
    def types(self) -> dict[str, AircraftType]:
        """Types of the tails, by code."""
        return {tail.type: self.mission.type[tail.type] for tail in self.tails}

    @cached_property
    def units(self) -> dict[str, Unit]:
        """Each type as a flying unit."""
        return {name: unit_of(kind, self.mission.rules.flying) for name, kind in self.types.items()}

    @cached_property
    def start(self) -> dt.datetime:
        """Midnight of the first day that counts: a day before the first load is there."""
        first = min((load.available for load in self.loads), default=dt.datetime.combine(self.mission.start, dt.time()))
        return dt.datetime.combine(first.date() - dt.timedelta(days=2), dt.time())

    @cached_property
    def km(self) -> Mapping[tuple[str, str], float]:
        """Geodesic km between fields."""
        lat, lon = [place.lat for place in self.fields], [place.lon for place in self.fields]
        table = matrix_km(lat, lon, lat, lon)
        names = [place.id for place in self.fields]
        return {(a, b): float(table[i, j]) for i, a in enumerate(names) for j, b in enumerate(names)}

    @cached_property
    def density(self) -> Mapping[str, float]:
        """Density altitude by day at each field, in the worst month between the first load and the last due date."""
        last = max((load.due for load in self.loads), default=self.start)
        days = min((last - self.start).days, 366)
        noons = {
            (self.start + dt.timedelta(days=k)).month: self.start + dt.timedelta(days=k, hours=13)
            for k in range(days + 1)
        }
        return {
            place.id: max(density_ft(self.mission, place, noon) for noon in noons.values()) for place in self.fields
        }

    @cached_property
    def hours(self) -> Mapping[str, tuple[float, float]]:
        """Opening hours of each field in minutes of the day (equal: always open); unlit fields open by daylight."""
        return {place.id: _hours(place, self.start, self.loads) for place in self.fields}

    def suits(self, kind: str, field: str) -> bool:
        """Whether a type may use a field: long enough, of the right surface."""
        place, one = self.mission.place[field], self.types[kind]
        if (one.runway_ft or 0.0) > (place.runway_ft or 0.0):
            return False
        return one.unpaved or place.surface != "unpaved"

    @cached_property
    def ways(self) -> Mapping[tuple[str, str, str], tuple[Way, ...]]:
        """Ways by (type, from, to), quickest first, each carrying more than any quicker one."""
        return {(kind, a, b): _ways(self, kind, a, b) for kind in self.types for a, b in permutations(self.km_names, 2)}

    @cached_property
    def km_names(self) -> tuple[str, ...]:
        """Ids of the fields."""
        return tuple(place.id for place in self.fields)

    def empty(self, kind: str, a: str, b: str) -> Way | None:
        """Quickest way without a load."""
        found = self.ways.get((kind, a, b), ())
        return found[0] if found else None

    def best(self, kind: str, a: str, b: str) -> Way | None:
        """The way with the greatest payload."""
        found = self.ways.get((kind, a, b), ())
        return found[-1] if found and found[-1].payload_kg > 0 else None

    def hold(self, kind: str, way: Way) -> Hold:
        """What a type can take on a way."""
        one = self.types[kind]
        inf = float("inf")
        return Hold(
            way.payload_kg,
            inf if one.hold_m3 is None else one.hold_m3 * self.mission.rules.airlift.volume_use,
            inf if one.floor_m is None else one.floor_m,
            float(one.seats),
        )


def _hours(place: Place, start: dt.datetime, loads: Sequence[Load]) -> tuple[float, float]:
    opens = 0.0 if place.opens_h is None else place.opens_h * 60
    closes = 0.0 if place.closes_h is None else place.closes_h * 60
    if place.lit is not False:
        return opens % 1440, closes % 1440
    last = max((load.due for load in loads), default=start)
    days = np.arange(np.datetime64(start, "D"), np.datetime64(last, "D") + 1)
    rise, down = sun_minutes(place.lat, place.lon, days)
    light = math.ceil(np.max(rise)) + 5.0, math.floor(np.min(down)) - 5.0
    if opens == closes:
        return light
    return max(opens, light[0]), min(closes, light[1])


def _leg(bridge: Bridge, kind: str, path: tuple[str, ...], at: int) -> float:
    """Km between refuellings that the leg must allow for: itself, and on to fuel where the last field has none."""
    km = bridge.km[path[at], path[at + 1]]
    if at == len(path) - 2 and not bridge.mission.place[path[-1]].fuel:
        out = _way_out(bridge, kind, path[-1])
        km += bridge.km[path[-1], out] if out else float("inf")
    return km


def _way_out(bridge: Bridge, kind: str, dry: str) -> str:
    """The nearest field with fuel of one that has none: the only place to which its visitors keep fuel."""
    fuel = [place.id for place in bridge.fields if place.fuel and place.id != dry and bridge.suits(kind, place.id)]
    return min(fuel, key=lambda name: bridge.km[dry, name], default="")


def _ways(bridge: Bridge, kind: str, a: str, b: str) -> tuple[Way, ...]:
    """Ways over at most two stops with fuel; those that are slower and carry no more are dropped."""
    if not (bridge.suits(kind, a) and bridge.suits(kind, b)):
        return ()
    flying, one = bridge.mission.rules.flying, bridge.types[kind]
    unit = bridge.units[kind]
    stops = [p.id for p in bridge.fields if p.fuel and p.id not in (a, b) and bridge.suits(kind, p.id)]
    found: list[Way] = []
    for number in range(MOST_STOPS + 1):
        for middle in permutations(stops, number):
            path = (a, *middle, b)
            if number and bridge.km[a, middle[0]] + bridge.km[middle[-1], b] > 2.0 * bridge.km[a, b]:
                continue
            if not bridge.mission.place[a].fuel and path[1] != _way_out(bridge, kind, a):
                continue
            spans = [_leg(bridge, kind, path, at) for at in range(len(path) - 1)]
            if max(spans) > unit.reach_km(flying):
                continue
            legs = [bridge.km[path[at], path[at + 1]] for at in range(len(spans))]
            minutes = tuple([math.ceil(float(leg_minutes(unit, km, flying)) - 1e-9) for km in legs])
            room = min(float(payload_kg(one, span, flying, bridge.density[start])) for span, start in zip(spans, path))
            found.append(Way(path, minutes, room, unit.refuel_min))
    kept: list[Way] = []
    for way in sorted(found, key=lambda way: (way.total_min, -way.payload_kg)):
        if not kept or way.payload_kg > kept[-1].payload_kg + 1.0:
            kept.append(way)
    return tuple(kept)


def piece(load: Load, pax_kg: float) -> tuple[float, float, float, float]:
    """Mass, volume, floor length and seats of one unit of a load: a piece, a passenger, or a kilogram of bulk."""
    count = measure(load)
    return (
        (load.kg + load.pax * pax_kg) / count,
        (load.m3 or 0.0) / count,
        (load.length_m or 0.0) if load.pieces else 0.0,
        load.pax / count,
    )


def measure(load: Load) -> int:
    """Units of a load: its pieces, or else its passengers, or else its kilograms."""
    return int(load.pieces or load.pax or max(round(load.kg), 1))


def build(mission: Mission, operation: str = "", *, tails: Iterable[str] = (), leave_out: bool = False) -> Bridge:
    """Lower a mission's loads (of one operation, or all) and its aeroplanes (or the given tails) into a bridge.

    Loads that cannot go are named with the reason before anything is computed: ``MissionError`` with all of them, or,
    with ``leave_out``, they are left out and listed.
    """
    loads = tuple(load for load in mission.lift if not operation or load.operation == operation)
    wanted = set(tails)
    fleet = tuple(
        one
        for one in mission.aircraft
        if (one.tail in wanted if wanted else mission.type[one.type].kind == "aeroplane" and _serves(one, loads))
    )
    ends = {name for load in loads for name in (load.origin, load.destination)} | {one.base for one in fleet}
    fields = tuple(p for p in mission.places if p.id in ends or (p.kind == "airfield" and p.fuel))
    bridge = Bridge(mission, loads, fleet, fields)
    problems, reasons = _screen(bridge)
    if problems and not leave_out:
        raise MissionError(problems)
    kept = tuple(load for load in loads if load.id not in reasons)
    left = tuple(Unserved(request=name, reason=reason, detail=text) for name, (reason, text) in reasons.items())
    return Bridge(mission, kept, fleet, fields, left)


def _serves(one: Aircraft, loads: Sequence[Load]) -> bool:
    """Whether an aircraft is there while some load that it may carry waits."""
    return any(
        (not load.only or one.type in load.only.split())
        and (one.start is None or one.start <= load.due.date())
        and (one.end is None or one.end >= load.available.date())
        for load in loads
    )


def _screen(bridge: Bridge) -> tuple[list[Problem], dict[str, tuple[Reason, str]]]:
    problems: list[Problem] = []
    reasons: dict[str, tuple[Reason, str]] = {}
    rows = {load.id: row for row, load in enumerate(bridge.mission.lift, start=2)}
    folder = bridge.mission.folder
    file = f"{folder}/lift.csv" if folder else "lift.csv"
    for load in bridge.loads:
        found = _fault(bridge, load)
        if found is None:
            continue
        column, read, expected, remedy, reason = found
        problems.append(Problem(file, f"{load.id}: {expected}", rows[load.id], column, read, remedy))
        reasons[load.id] = (reason, expected)
    return problems, reasons


_Fault = tuple[str, str, str, str, Reason]


def _fault(bridge: Bridge, load: Load) -> _Fault | None:
    """The first thing that makes a load impossible: column, read, expected, remedy, reason."""
    allowed = [kind for kind in bridge.types if not load.only or kind in load.only.split()]
    if not allowed:
        return "only", load.only, "no aircraft of a type that may carry it is in the mission then", "add one", "unit"
    for column, field in (("from", load.origin), ("to", load.destination)):
        if not any(bridge.suits(kind, field) for kind in allowed):
            need = min(bridge.types[kind].runway_ft or 0.0 for kind in allowed)
            have = bridge.mission.place[field].runway_ft
            known = "unknown" if have is None else f"{have:.0f} ft"
            said = f"the runway of {field} ({known}) is too short: {need:.0f} ft needed"
            return column, field, said, "name another field, or an aircraft that needs less", "runway"
    ways = [(kind, way) for kind in allowed if (way := bridge.best(kind, load.origin, load.destination)) is not None]
    if not ways:
        far = bridge.km[load.origin, load.destination]
        return (
            "to",
            load.destination,
            f"no way of {far:.0f} km within range with a load",
            "add a field with fuel",
            "range",
        )
    return _too_big(bridge, load, ways) or _too_soon(bridge, load, ways)


def _too_big(bridge: Bridge, load: Load, ways: Sequence[tuple[str, Way]]) -> _Fault | None:
    one = piece(load, bridge.mission.rules.flying.pax_kg)
    holds = [bridge.hold(kind, way).array() for kind, way in ways]
    if any(all(need <= have + 1e-9 for need, have in zip(one, hold)) for hold in holds):
        return None
    names = (("kg", "kg"), ("m3", "m3"), ("length_m", "m of floor"), ("pax", "seats"))
    for at, (column, unit) in enumerate(names):
        most = max(hold[at] for hold in holds)
        if one[at] > most:
            said = f"a piece takes {one[at]:.1f} {unit}; the most that an aircraft takes on that way is {most:.1f}"
            return column, f"{one[at]:g}", said, "divide it into more pieces, or name a larger aircraft", "capacity"
    return "kg", f"{load.kg:g}", "a piece fits no single aircraft in mass, volume and length", "divide it", "capacity"


def _too_soon(bridge: Bridge, load: Load, ways: Sequence[tuple[str, Way]]) -> _Fault | None:
    first = earliest(bridge, load, ways)
    if first is None:
        return (
            "available",
            f"{load.available}",
            "no aircraft is in the mission between then and the due date",
            "add one",
            "unit",
        )
    if first <= load.due:
        return None
    said = f"due {load.due:%Y-%m-%d %H:%M}, before the first possible arrival {first:%Y-%m-%d %H:%M}"
    return "due", f"{load.due:%Y-%m-%dT%H:%M}", said, "set a later due date, or make it available earlier", "window"


def earliest(bridge: Bridge, load: Load, ways: Sequence[tuple[str, Way]]) -> dt.datetime | None:
    """First moment at which any part of a load can land at its destination; ``None`` if no aircraft is there."""
    found = []
    for tail in bridge.tails:
        for kind, _ in ways:
            if tail.type != kind:
                continue
            ready = max(bridge.start, dt.datetime.combine(tail.start, dt.time()) if tail.start else bridge.start)
            if tail.base != load.origin:
                empty = bridge.empty(kind, tail.base, load.origin)
                if empty is None:
                    continue
                ready += empty.total_min * MINUTE
            ground = bridge.types[kind].ground_min
            way = bridge.ways[kind, load.origin, load.destination][0]
            lands = max(ready, load.available) + (ground + way.total_min) * MINUTE
            if tail.end is None or lands.date() <= tail.end:
                found.append(lands)
    return min(found, default=None)
