"""A plan read back into a programme: to start from, or to keep what is off the ground."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from msgspec import Struct

from castor.flight.plan import Flight, Plan, Standby
from castor.tasking.arrays import State, empty_state
from castor.tasking.days import kernel
from castor.tasking.lower import MINUTE, Lowered, measure
from castor.tasking.scratch import scratch


class Tour(Struct, frozen=True):
    """The legs of one tour of a unit (by number) in a plan, with the visits that they make; ``made`` are those made by
    the landing of each leg, what is set down there included.
    """

    unit: int
    legs: tuple[Flight, ...]
    visits: tuple[int, ...]
    made: tuple[int, ...]

    def minutes(self, low: Lowered) -> tuple[int, int]:
        """Minutes of the first take-off and of the last landing."""
        first, last = ((moment - low.start) / MINUTE for moment in (self.legs[0].off, self.legs[-1].on))
        return math.floor(first), math.ceil(last)

    def nights(self, low: Lowered) -> list[tuple[int, int, int]]:
        """Rests of the tour away from base: landing before, take-off after, minutes in the air since the one before."""
        found, air, rest = [], 0.0, int(low.problem.fleet.crew[2]) * MINUTE
        for leg, onward in pairwise(self.legs):
            air += leg.minutes
            if onward.off - leg.on >= rest:
                on, off = (round((moment - low.start) / MINUTE) for moment in (leg.on, onward.off))
                found.append((on, off, round(air)))
                air = 0.0
        return found[: int(low.problem.fleet.nights)]

    def until_rest(self, low: Lowered, minute: int) -> Tour | None:
        """The tour as far as the rest away from base after which it next takes off at or after a minute; None if there
        is none.
        """
        rest, moment = int(low.problem.fleet.crew[2]) * MINUTE, low.moment(minute)
        for at, (leg, onward) in enumerate(pairwise(self.legs)):
            if low.problem.fleet.nights and onward.off >= moment and onward.off - leg.on >= rest:
                legs, visits = self.legs[: at + 1], self.visits[: self.made[at]]
                return Tour(self.unit, legs, visits, self.made[: at + 1])
        return None


def tours_of(low: Lowered, flights: Sequence[Flight]) -> list[Tour]:
    """Tours of the units that a lowered problem knows, in order of take-off; what it does not know is left out."""
    number = {flyer.name: at for at, flyer in enumerate(low.flyers)}
    legs: dict[int, list[list[Flight]]] = defaultdict(list)
    for leg in sorted(flights, key=lambda one: one.off):
        if leg.unit not in number or leg.task not in ("transport", "positioning"):
            continue
        own = legs[number[leg.unit]]
        if not own or leg.origin == low.flyers[number[leg.unit]].base:
            own.append([])
        own[-1].append(leg)
    free: dict[int, list[int]] = defaultdict(list)
    for r, part in enumerate(low.parts):
        free[part.request].append(r)
    found = [(unit, tour) for unit, own in legs.items() for tour in own]
    found.sort(key=lambda one: (one[1][0].off, one[0]))
    return [Tour(unit, tuple(tour), *_visits(low, tour, free)) for unit, tour in found]


def _visits(
    low: Lowered, legs: Sequence[Flight], free: dict[int, list[int]]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What is set down and taken up at each stop, and how much of that by the landing of each leg; parts of a request
    are chosen so that their amounts fit.
    """
    number = {one.id: at for at, one in enumerate(low.requests)}
    aboard: dict[str, list[int]] = {}
    found: list[int] = []
    made: list[int] = []
    for leg in [*legs, None]:
        now = {} if leg is None else leg.aboard
        for name in [name for name in aboard if name not in now]:
            found += [2 * r + 1 for r in aboard.pop(name)]
        made.append(len(found))
        for name, amount in now.items():
            if name not in aboard and name in number:
                aboard[name] = _take(low, free[number[name]], amount)
                found += [2 * r for r in aboard[name]]
    return tuple(found), tuple(made[1:])


def _take(low: Lowered, free: list[int], amount: float | None) -> list[int]:
    """Parts of a request that make up an amount, taken out of those that are free; none if they do not."""
    sizes = [part.amount or measure(low.requests[part.request]) for part in (low.parts[r] for r in free)]
    chosen = list(free) if amount is None else _adding_up(free, sizes, amount)
    for r in chosen:
        free.remove(r)
    return chosen


def _adding_up(free: Sequence[int], sizes: Sequence[float], amount: float) -> list[int]:
    """The first choice of parts whose sizes add up to an amount, or none."""
    if abs(amount) <= 1e-6:
        return []
    for at, size in enumerate(sizes):
        if size <= amount + 1e-6:
            more = _adding_up(free[at + 1 :], sizes[at + 1 :], amount - size)
            if more or abs(amount - size) <= 1e-6:
                return [free[at], *more]
    return []


def state_of(low: Lowered, plan: Plan) -> tuple[State, list[Tour]]:
    """A plan as a programme, each tour as early as it may from its own take-off on; and the tours that can be flown."""
    state = empty_state(low.problem)
    w, own = scratch(low)
    kept = []
    for wait in sorted(plan.standby, key=lambda one: one.start):
        _stay(low, state, wait, own)
    for tour in tours_of(low, plan.flights):
        if tour.visits and add(low, state, tour, w, own):
            kept.append(tour)
    return state, kept


def _number(state: State, u: int, minute: int) -> int:
    """How many of a unit's tours leave before a minute."""
    return int((state.tour[kernel.LEAVES, u, : state.tours[u]] < minute).sum())


def _stay(low: Lowered, state: State, wait: Standby, own: Any) -> None:
    """Add a wait at an alert post to a programme, if it can be kept; waits at base need no telling."""
    since, until = (int((moment - low.start) / MINUTE) for moment in (wait.start, wait.end))
    lead = wait.tails.split()[0]
    for s, one in enumerate(low.watched.stations):
        named = wait.place == one.place and wait.unit.partition("/")[0] == one.formation.id
        for u, flyer in enumerate(low.flyers):
            if named and flyer.tail == lead and flyer.base == one.base:
                q = _number(state, u, since - one.refuel - one.out)
                kernel.place_stay(*low.tables, state, u, q, s, since, until, own)
                return


def add(low: Lowered, state: State, tour: Tour, w: object, own: object) -> bool:
    """Add a tour to a programme after the unit's others; False where it cannot be flown."""
    seq = np.array(tour.visits, np.int64)
    if seq.size > state.seq.shape[2] or (state.unit[seq >> 1] >= 0).any():
        return False
    q = _number(state, tour.unit, tour.minutes(low)[0])
    start = max(tour.minutes(low)[0], int(state.ready[tour.unit, q - 1]) if q else 0)
    return bool(kernel.fly_tour(*low.tables, state, tour.unit, q, seq, start, w, own))
