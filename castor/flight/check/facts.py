"""What the judges look up: units, tails and legs, worked out plainly from the mission and the plan alone.

Nothing here is shared with what makes plans, except the measure of distance and the sun.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from functools import cached_property
from typing import NamedTuple

from castor.flight.geodesy import distance_km, is_night
from castor.flight.plan import Flight, Plan
from castor.mission.model import AircraftType, Formation, Load, Mission, Place, Request

KM_PER_KT_MIN = 1.852 / 60.0
MINUTE = dt.timedelta(minutes=1)


def minutes(later: dt.datetime, earlier: dt.datetime) -> float:
    """Minutes from ``earlier`` to ``later``."""
    return (later - earlier) / MINUTE


class Row(NamedTuple):
    """A flight or a standby, as far as they are alike; ``stops`` are the places it uses and when."""

    unit: str
    tails: tuple[str, ...]
    start: dt.datetime
    end: dt.datetime
    stops: tuple[tuple[str, dt.datetime], ...]


class Facts:
    """A mission and a plan, with their rows found by name and in order of time."""

    def __init__(self, mission: Mission, plan: Plan) -> None:
        self.mission, self.plan = mission, plan
        self.flying = mission.rules.flying
        self.flights = sorted(plan.flights, key=lambda flight: (flight.off, flight.on))
        self.demands: dict[str, Request | Load] = {one.id: one for one in mission.lift}
        self.demands.update({one.id: one for one in mission.requests})

    @cached_property
    def rows(self) -> list[Row]:
        """Flights and standbys alike."""
        flights = [
            Row(one.unit, tuple(one.tails.split()), one.off, one.on, ((one.origin, one.off), (one.destination, one.on)))
            for one in self.flights
        ]
        waits = [
            Row(one.unit, tuple(one.tails.split()), one.start, one.end, ((one.place, one.start),))
            for one in self.plan.standby
        ]
        return flights + waits

    @cached_property
    def by_tail(self) -> dict[str, list[Flight]]:
        """Legs of every tail in order of take-off."""
        found: dict[str, list[Flight]] = defaultdict(list)
        for flight in self.flights:
            for tail in flight.tails.split():
                found[tail].append(flight)
        return found

    @cached_property
    def by_unit(self) -> dict[str, list[Flight]]:
        """Legs of every unit in order of take-off."""
        found: dict[str, list[Flight]] = defaultdict(list)
        for flight in self.flights:
            found[flight.unit].append(flight)
        return found

    @cached_property
    def by_request(self) -> dict[str, list[Flight]]:
        """Legs on which each request is on board, in order of take-off."""
        found: dict[str, list[Flight]] = defaultdict(list)
        for flight in self.flights:
            for request in flight.aboard:
                found[request].append(flight)
        return found

    def formation(self, unit: str) -> Formation | None:
        """The formation that a unit's name stands for: ``evac`` or ``evac/2``."""
        return self.mission.formation.get(unit) or self.mission.formation.get(unit.rpartition("/")[0])

    def types(self, row: Flight | Row) -> list[AircraftType]:
        """Types of the known tails of a row, in its order; the first carries the load."""
        tails = row.tails if isinstance(row.tails, tuple) else row.tails.split()
        known = (self.mission.tail.get(tail) for tail in tails)
        return [self.mission.type[aircraft.type] for aircraft in known if aircraft is not None]

    def place(self, name: str) -> Place | None:
        """A place by its id."""
        return self.mission.place.get(name)

    def km(self, start: str, end: str) -> float:
        """Geodesic km between two places; 0 where one is unknown (that is its own violation)."""
        a, b = self.place(start), self.place(end)
        return 0.0 if a is None or b is None else float(distance_km(a.lat, a.lon, b.lat, b.lon))

    def flown_km(self, flight: Flight) -> float:
        """Distance flown on a leg, the route factor applied."""
        return self.km(flight.origin, flight.destination) * self.flying.route_factor

    def home(self, tail: str) -> str:
        """Where an aircraft stands when the plan begins: at its standby if that runs from the start, else at base."""
        for wait in sorted(self.plan.standby, key=lambda wait: wait.start):
            if tail in wait.tails.split() and wait.start <= self.plan.start:
                return wait.place
        aircraft = self.mission.tail.get(tail)
        return aircraft.base if aircraft is not None else ""

    def stop_minutes(self, kinds: list[AircraftType], refuels: bool, loads: bool) -> float:
        """Least time on the ground: what loading takes if the load changes, what refuelling takes if fuel is taken."""
        least = max((kind.ground_min for kind in kinds), default=0.0) if loads else 0.0
        if refuels:
            for kind in kinds:
                own = kind.refuel_min
                least = max(least, self.flying.refuel_min if own is None else own)
        return least

    def temperature_c(self, place: Place, moment: dt.datetime) -> float | None:
        """Mean maximum by day and minimum by night of the month, at the place or at the nearest that has a climate."""
        rows = [row for row in self.mission.climate if row.month == moment.month and row.place in self.mission.place]
        if not rows:
            return None
        nearest = min(rows, key=lambda row: self.km(place.id, row.place))
        return nearest.tmin_c if bool(is_night(place.lat, place.lon, moment)) else nearest.tmax_c

    def density_ft(self, place: Place, moment: dt.datetime) -> float:
        """Density altitude of a place at a moment; its elevation where no climate is given; sea level where neither."""
        elevation = place.elev_ft or 0.0
        temperature = self.temperature_c(place, moment)
        if temperature is None:
            return elevation
        ratio = 1 - 6.8755856e-6 * elevation
        density = ratio**5.2558797 / ((temperature + 273.15) / 288.15)
        return float((1 - density ** (1 / 4.2558797)) / 6.8755856e-6)
