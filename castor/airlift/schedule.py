"""A bridge as arrays, chalks in order for every aircraft, and the flights that follow from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from castor.airlift.bridge import MINUTE, Bridge, Way, measure, piece
from castor.flight.plan import Flight
from castor.mission.model import AircraftType

Floats = NDArray[np.float64]
FAR = 1e7
"""Minutes that stand for never."""


class Chalk(Struct, frozen=True):
    """What one aircraft carries from one field to another: units of each load, by its place in the list of loads."""

    origin: str
    destination: str
    items: tuple[tuple[int, int], ...]


class Program:
    """The tables that the kernel flies: ways, fields, fleet, rules; and the sizes of every load's unit."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge, self.rules = bridge, bridge.mission.rules.airlift
        self.names = {name: at for at, name in enumerate(bridge.km_names)}
        pax_kg = bridge.mission.rules.flying.pax_kg
        self.unit = np.array([piece(load, pax_kg) for load in bridge.loads]).reshape(-1, 4)
        self.count = np.array([measure(load) for load in bridge.loads], np.int64)
        self.available = np.array([_minute(bridge, load.available) for load in bridge.loads])
        self.due = np.array([_minute(bridge, load.due) for load in bridge.loads])
        self.weight = np.array([2.0 ** (3 - load.priority) for load in bridge.loads])
        self.types: list[AircraftType] = [bridge.types[tail.type] for tail in bridge.tails]
        self._fields()
        self._fleet()
        self._number_ways()

    def _fields(self) -> None:
        places, staging = self.bridge.fields, self.rules.staging.split()
        spots = np.array([-1 if place.parking is None else place.parking for place in places], np.int64)
        hours = np.array([self.bridge.hours[place.id] for place in places], np.float64).reshape(-1, 2)
        fresh = np.array([place.id in staging for place in places], np.bool_)
        self.fields = spots, hours[:, 0].copy(), hours[:, 1].copy(), fresh

    def _fleet(self) -> None:
        tails, flying = self.bridge.tails, self.bridge.mission.rules.flying
        start = [0.0 if t.start is None else max(0.0, _minute(self.bridge, _midnight(t.start))) for t in tails]
        end = [FAR if t.end is None else _minute(self.bridge, _midnight(t.end)) + 1440.0 for t in tails]
        home = np.array([self.names[t.base] for t in tails], np.int64)
        ground = np.ceil([kind.ground_min for kind in self.types])
        refuel = np.ceil([flying.refuel_min if k.refuel_min is None else k.refuel_min for k in self.types])
        self.fleet, self.until = (np.array(start), home, ground, refuel), np.array(end)
        rules = self.rules
        self.limits = np.array(
            [rules.crew_min, rules.rest_h * 60.0, rules.report_min, float(rules.return_home)], np.float64
        )

    def _number_ways(self) -> None:
        self.ways: list[Way] = []
        first: list[int] = [0]
        places: list[int] = []
        minutes: list[int] = []
        self.way_numbers: dict[tuple[str, str, str], list[int]] = {}
        for key, ways in self.bridge.ways.items():
            for way in ways:
                self.way_numbers.setdefault(key, []).append(len(self.ways))
                self.ways.append(way)
                places += [self.names[name] for name in way.places]
                minutes += way.minutes
                first.append(len(minutes))
        size = len(self.names)
        empty = np.full((len(self.types), size, size), -1, np.int64)
        for (kind, a, b), numbers in self.way_numbers.items():
            for at, tail in enumerate(self.bridge.tails):
                if tail.type == kind:
                    empty[at, self.names[a], self.names[b]] = numbers[0]
        self.table = np.array(first), np.array(places, np.int64), np.array(minutes, np.float64), empty

    def room(self, tail: int, origin: str, destination: str) -> Floats:
        """The four limits of a tail between two fields, by the way that carries most; zeros where there is no way."""
        kind = self.bridge.tails[tail].type
        way = self.bridge.best(kind, origin, destination)
        return np.zeros(4) if way is None else np.array(self.bridge.hold(kind, way).array())

    def need(self, items: Sequence[tuple[int, int]]) -> Floats:
        """Mass, volume, floor length and seats of units of loads."""
        total = np.zeros(4)
        for load, units in items:
            total += units * self.unit[load]
        return total

    def allowed(self, tail: int, load: int) -> bool:
        """Whether a tail's type may carry a load."""
        only = self.bridge.loads[load].only.split()
        return not only or self.bridge.tails[tail].type in only

    def way(self, tail: int, chalk: Chalk) -> int:
        """Number of the quickest way on which a tail can carry a chalk; -1 where it cannot."""
        kind, need = self.bridge.tails[tail].type, self.need(chalk.items)
        if not all(self.allowed(tail, load) for load, _ in chalk.items):
            return -1
        for number in self.way_numbers.get((kind, chalk.origin, chalk.destination), ()):
            room = self.bridge.hold(kind, self.ways[number]).array()
            if all(want <= have + 1e-6 for want, have in zip(need, room)):
                return number
        return -1

    def lower(self, chalks: Sequence[Chalk]) -> tuple[Any, Any, Any]:
        """Ways (C, A), origins (C,) and availability (C,) of chalks."""
        tails = range(len(self.types))
        way = np.array([[self.way(tail, chalk) for tail in tails] for chalk in chalks], np.int64)
        origin = np.array([self.names[chalk.origin] for chalk in chalks], np.int64)
        available = np.array([max(self.available[load] for load, _ in chalk.items) for chalk in chalks])
        return way.reshape(len(chalks), len(self.types)), origin, available

    def fly(
        self, sequences: Sequence[Sequence[int]], lowered: tuple[Any, Any, Any], delays: Floats | None = None
    ) -> Any:
        """Legs (L, 6) and landing of every chalk (C,) in minutes from the bridge's start."""
        from castor.airlift.kernel import fly

        depth = max((len(one) for one in sequences), default=0)
        order = np.full((len(self.types), depth + 1), -1, np.int64)
        for at, one in enumerate(sequences):
            order[at, : len(one)] = one
        if delays is None:
            delays = np.zeros(lowered[1].size + len(self.types))
        return fly(order, lowered, self.table, self.fleet, self.fields, self.limits, delays)

    def flights(self, legs: Floats, chalks: Sequence[Chalk]) -> tuple[Flight, ...]:
        """The legs as rows; every time is a whole minute because legs, stops and delays are."""
        found = []
        for row in legs:
            tail, number, a, b = (int(value) for value in row[:4])
            chalk = chalks[number] if number >= 0 else None
            off, on = round(row[4]), round(row[5])
            found.append(_flight(self, tail, (a, b), (off, on), chalk))
        return tuple(sorted(found, key=lambda one: (one.off, one.unit)))


def _flight(program: Program, tail: int, ends: tuple[int, int], times: tuple[int, int], chalk: Chalk | None) -> Flight:
    bridge, names = program.bridge, program.bridge.km_names
    items = chalk.items if chalk is not None else ()
    words, pax, kg = [], 0.0, 0.0
    for load, units in items:
        one, share = bridge.loads[load], units / int(program.count[load])
        words.append(one.id if units == program.count[load] else f"{one.id}*{units}")
        pax, kg = pax + share * one.pax, kg + share * one.kg
    return Flight(
        unit=bridge.tails[tail].tail, tails=bridge.tails[tail].tail, origin=names[ends[0]], destination=names[ends[1]],
        off=bridge.start + times[0] * MINUTE, on=bridge.start + times[1] * MINUTE,
        task="airlift" if chalk is not None else "positioning", pax=round(pax), cargo_kg=round(kg, 3),
        requests=" ".join(words),
    )  # fmt: skip


def _minute(bridge: Bridge, moment: dt.datetime) -> float:
    return (moment - bridge.start) / MINUTE


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())


def carried(program: Program, chalks: Sequence[Chalk]) -> Mapping[int, int]:
    """Units of each load that chalks carry."""
    total: dict[int, int] = {}
    for chalk in chalks:
        for load, units in chalk.items:
            total[load] = total.get(load, 0) + units
    return total
