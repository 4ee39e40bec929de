"""What no plan can beat: the fewest flights and hours, and the earliest closure, by relaxation.

Flights of each type between each pair of fields are whole numbers that must hold the loads in every dimension and the
pieces by size; aircraft flow from base through them. Time windows, opening hours, crews, spots in their detail and the
order of flights are left out, so the value is a bound for every plan.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import numpy as np
from msgspec import Struct

from castor.airlift.schedule import Program
from castor.cover.program import new_solver

SECONDS = 2.0
"""Time given to the integer programme; its dual bound counts, whether it is solved or not."""


MOMENTS = 6
"""Moments from which on the loads are bounded by themselves."""


class Bounds(Struct, frozen=True):
    """Fewest flights with a load, least block minutes, least cost (where every type has one), earliest closure."""

    flights: int
    air_min: float
    cost: float | None
    closure: float


def bounds(program: Program) -> Bounds:
    """Bounds of a bridge. The closure bound is in minutes from the bridge's start."""
    if not program.bridge.loads:
        return Bounds(0, 0.0, 0.0, 0.0)
    flights = math.ceil(_solve(program, "flights") - 1e-6)
    air = _solve(program, "air")
    costs = [kind.cost_h for kind in program.types]
    cost = None if any(one is None for one in costs) else _solve(program, "cost")
    return Bounds(flights, air, cost, max(_closures(program), _first_landings(program)))


def _first_landings(program: Program) -> float:
    """No load lands before it is available, loaded and flown there by the quickest way; the last to land closes."""
    from castor.airlift.bridge import earliest

    bridge, latest = program.bridge, 0.0
    for load in bridge.loads:
        ways = [
            (kind, way)
            for kind in bridge.types
            if (not load.only or kind in load.only.split())
            and (way := bridge.best(kind, load.origin, load.destination)) is not None
        ]
        first = earliest(bridge, load, ways)
        if first is not None:
            latest = max(latest, (first - bridge.start).total_seconds() / 60.0)
    return latest


class _Model:
    """Whole flights by type and pair of fields, positioning flows, and the covering of loads."""

    def __init__(self, program: Program, since: float) -> None:
        self.program, self.bridge = program, program.bridge
        self.highs = new_solver()
        self.highs.setOptionValue("time_limit", SECONDS)
        self.tails = {
            kind: [a for a, one in enumerate(self.bridge.tails) if one.type == kind] for kind in self.bridge.types
        }
        self.pairs: dict[tuple[str, str], list[int]] = defaultdict(list)
        for at, load in enumerate(self.bridge.loads):
            if program.available[at] < since:
                continue
            self.pairs[load.origin, load.destination].append(at)
        self.loaded: dict[tuple[str, str, str], Any] = {}
        self.moved: dict[tuple[str, str, str], Any] = {}

    def build(self, home: bool) -> None:
        """Add the variables, the covering of every pair's loads, and the flow of aircraft."""
        for a, b in self.pairs:
            for kind in self.bridge.types:
                if self.bridge.best(kind, a, b) is not None:
                    self.loaded[kind, a, b] = self.highs.addIntegral(0)
            self._cover(a, b)
        for kind in self.bridge.types:
            self._flow(kind, home)

    def _cover(self, a: str, b: str) -> None:
        members = self.pairs[a, b]
        kinds = [kind for kind in self.bridge.types if (kind, a, b) in self.loaded]
        room = {kind: self.program.room(self.tails[kind][0], a, b) for kind in kinds}
        self._hold(a, b, members, room)
        self._by_size(a, b, members, room)
        for only in {self.bridge.loads[load].only for load in members} - {""}:
            own = [load for load in members if self.bridge.loads[load].only == only]
            named = {kind: room[kind] for kind in kinds if kind in only.split()}
            self._hold(a, b, own, named)
            self._by_size(a, b, own, named)

    def _hold(self, a: str, b: str, members: list[int], room: dict[str, Any]) -> None:
        """All the loads, in every limit that all the types have."""
        total = sum(self.program.count[load] * self.program.unit[load] for load in members)
        for at in range(4):
            if total[at] > 0 and all(np.isfinite(have[at]) for have in room.values()):
                held = sum(float(have[at]) * self.loaded[kind, a, b] for kind, have in room.items())
                self.highs.addConstr(held >= float(total[at]))

    def _by_size(self, a: str, b: str, members: list[int], room: dict[str, Any]) -> None:
        """Pieces of a size or more: each flight takes a whole number of them."""
        usable = list(room)
        for at in range(4):
            sizes = sorted({float(self.program.unit[load][at]) for load in members if self.bridge.loads[load].pieces})
            for size in sizes:
                if size <= 0 or any(room[kind][at] > 12.999 * size for kind in usable):
                    continue
                most = {kind: math.floor((room[kind][at] + 1e-6) / size) for kind in usable}
                pieces = sum(
                    int(self.program.count[load])
                    for load in members
                    if self.bridge.loads[load].pieces and self.program.unit[load][at] >= size - 1e-9
                )
                self.highs.addConstr(sum(most[k] * self.loaded[k, a, b] for k in usable) >= pieces)

    def _flow(self, kind: str, home: bool) -> None:
        bases = {self.bridge.tails[a].base for a in self.tails[kind]}
        ends = {name for k, a, b in self.loaded if k == kind for name in (a, b)} | bases
        for a in ends:
            for b in ends:
                if a != b and self.bridge.empty(kind, a, b) is not None:
                    self.moved[kind, a, b] = self.highs.addIntegral(0)
        for place in ends:
            own = sum(1 for a in self.tails[kind] if self.bridge.tails[a].base == place)
            arcs = [*self.loaded.items(), *self.moved.items()]
            out = [x for (k, a, b), x in arcs if k == kind and a == place]
            into = [x for (k, a, b), x in arcs if k == kind and b == place]
            if not out and not into:
                continue
            net = _sum([(1.0, x) for x in out] + [(-1.0, x) for x in into])
            self.highs.addConstr(net <= (0 if home else own))
        used = [x for (k, a, b), x in self.loaded.items() if k == kind]
        arcs = [*self.loaded.items(), *self.moved.items()]
        leave = [x for (k, a, _), x in arcs if k == kind and a in bases]
        for one in used:
            flag = self.highs.addBinary()
            self.highs.addConstr(one <= 10_000 * flag)
            self.highs.addConstr(_sum([(1.0, x) for x in leave]) - flag >= 0)

    def minutes(self, kind: str, loaded: bool, ground: bool) -> list[tuple[float, Any]]:
        """Block minutes of the flights of a type, each with its number; with ``ground``, the time that they take.

        Loading takes the ground time, and so does unloading before an aircraft leaves empty from where it is not based.
        """
        table = self.loaded if loaded else self.moved
        bases = {self.bridge.tails[tail].base for tail in self.tails[kind]}
        found = []
        for (k, a, b), x in table.items():
            if k != kind:
                continue
            way = self.bridge.ways[k, a, b][0]
            stop = self.bridge.types[kind].ground_min if loaded or a not in bases else 0.0
            found.append((way.total_min + stop if ground else way.air_min, x))
        return found

    def least(self, objective: Any) -> float:
        """The proven lower bound of an objective."""
        self.highs.minimize(objective)
        return float(self.highs.getInfo().mip_dual_bound)


def _sum(terms: list[tuple[float, Any]]) -> Any:
    """A fresh expression each time: HiGHS adds to its expressions in place."""
    return sum(minutes * flights for minutes, flights in terms)


def _solve(program: Program, what: str) -> float:
    model = _Model(program, 0.0)
    model.build(home=program.rules.return_home)
    if what == "flights":
        return model.least(_sum([(1.0, x) for x in model.loaded.values()]))
    terms: list[tuple[float, Any]] = []
    for kind, one in model.bridge.types.items():
        factor = 1.0 if what == "air" else (one.cost_h or 0.0) / 60.0
        for loaded in (True, False):
            terms += [(factor * one, x) for one, x in model.minutes(kind, loaded, ground=False)]
    return model.least(_sum(terms))


def _closures(program: Program) -> float:
    """The latest of the closures that the loads available from each of several moments on demand by themselves."""
    moments = np.unique(program.available)
    if moments.size > MOMENTS:
        moments = moments[np.linspace(0, moments.size - 1, MOMENTS).astype(int)]
    return max(_closure(program, float(moment)) for moment in moments)


def _closure(program: Program, since: float) -> float:
    """Earliest closure of the loads available from a moment on.

    The work of every type fits the time its aircraft have from then (what they position before the first load aside),
    and the landings fit the spots.
    """
    model, bridge = _Model(program, since), program.bridge
    model.build(home=False)
    last = model.highs.addVariable(0, 1e9)
    for kind, tails in model.tails.items():
        work = model.minutes(kind, loaded=True, ground=True) + model.minutes(kind, loaded=False, ground=True)
        if not model.minutes(kind, loaded=True, ground=True):
            continue
        given = sum(float(program.fleet[0][tail]) for tail in tails)
        model.highs.addConstr(_sum(work) - len(tails) * last <= -given)
        origins = {a for k, a, _ in model.loaded if k == kind}
        before = sum(_furthest(model, kind, tail, origins) for tail in tails)
        model.highs.addConstr(_sum(work) - len(tails) * last <= before - len(tails) * since)
    for place in bridge.fields:
        if place.parking is None or any(tail.base == place.id for tail in bridge.tails):
            continue
        stops = [(bridge.types[k].ground_min, x) for (k, a, b), x in model.loaded.items() if b == place.id]
        if stops:
            slack = place.parking * max(kind.ground_min for kind in bridge.types.values())
            model.highs.addConstr(_sum(stops) - place.parking * last <= slack - place.parking * since)
    return model.least(last + 0.0)


def _furthest(model: _Model, kind: str, tail: int, origins: set[str]) -> float:
    """Longest positioning of a tail before its first load, whose time may lie before the load is there."""
    ways = [model.bridge.empty(kind, model.bridge.tails[tail].base, origin) for origin in origins]
    return max((way.total_min for way in ways if way is not None), default=0.0)
