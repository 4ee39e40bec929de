"""A plan under way at a moment: what is off the ground, what is ahead, and who goes on from a rest away from base.

Tours off the ground stay as they are, to their end; but a tour that rests away goes on from there as it may: what it
has made stays, what follows is planned anew. It can where there is fuel, or fuel is not reckoned, and if it goes as a
unit of its kind would; otherwise it stays as it is. Who is lost or called out goes no farther than its next rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from castor.flight.plan import Plan
from castor.mission.model import Mission, Request
from castor.tasking.arrays import MOST_STOPS, NEVER, State, empty_state
from castor.tasking.days import kernel
from castor.tasking.days.away.kernel import NIGHT, RESTS
from castor.tasking.lower import MINUTE, Lowered, Out, lower
from castor.tasking.packed import pack
from castor.tasking.scratch import scratch
from castor.tasking.sorties import Leg, Sortie
from castor.tasking.tour.rests.kernel import BEGUN
from castor.tasking.warm import Tour, add, tours_of


class UnderWay(Struct, frozen=True):
    """The problem from a moment on; tours that stay to their end; tours that go on from a rest away, each whole and as
    far as it is made; tours ahead.
    """

    low: Lowered
    flown: tuple[Tour, ...]
    begun: tuple[tuple[Tour, Tour], ...]
    ahead: tuple[Tour, ...]
    tours: tuple[Tour, ...]

    def off_ground(self) -> list[Tour]:
        """What stays of all tours."""
        return [*self.flown, *(first for _, first in self.begun)]

    @property
    def rows(self) -> list[int]:
        """Parts that are carried by what stays."""
        return [r for tour in self.off_ground() for r in carried(tour)]

    @property
    def promised(self) -> list[int]:
        """Parts that were promised and are not off the ground."""
        return sorted({r for tour in self.tours for r in carried(tour)} - set(self.rows))

    def resting(self) -> list[Sortie]:
        """What is made of the tours that go on, as sorties."""
        return [as_sortie(self.low, first) for _, first in self.begun]


def carried(tour: Tour) -> list[int]:
    """Parts that a tour carries."""
    return sorted({v >> 1 for v in tour.visits})


def under_way(
    mission: Mission, before: Plan, asked: Sequence[Request], outs: tuple[Sequence[Out], Sequence[Out]], minute: int
) -> UnderWay:
    """A plan at a minute; ``outs`` are those lost or called out, and those at alert posts."""
    low = lower(mission, before.start, before.end, requests=asked, floor=before.floor, outs=[*outs[0], *outs[1]])
    tours = tours_of(low, before.flights)
    gone = [tour for tour in tours if tour.minutes(low)[0] < minute]
    called = {out.tail for out in outs[0]}
    flown, more = _broken_off(low, gone, minute, called)
    if more:
        stay = {out.tail for out in more}
        rest = [out for out in low.outs if out.tail not in stay]
        low = lower(mission, before.start, before.end, requests=asked, floor=before.floor, outs=[*rest, *more])
    begun = [(tour, first) for tour in flown if (first := _may_go_on(low, tour, minute, called)) is not None]
    while True:
        fixed = [tour for tour in flown if not any(tour is whole for whole, _ in begun)]
        now = _from(low, minute, fixed)
        able = _started(now, fixed, begun)[1]
        if len(able) == len(begun):
            ahead = tuple(tour for tour in tours if tour not in gone)
            return UnderWay(now, tuple(fixed), tuple(begun), ahead, tuple(tours))
        begun = able


def _may_go_on(low: Lowered, tour: Tour, minute: int, called: set[str]) -> Tour | None:
    """A tour as far as the rest away from which it may go on otherwise, or None."""
    first = None if called.intersection(tour.legs[0].tails.split()) else tour.until_rest(low, minute)
    if first is None:
        return None
    place = _place(low, first.legs[-1].destination)
    fuelled = low.problem.kinds.fuel[place] or not low.problem.kinds.burn[low.problem.fleet.kind[tour.unit]].any()
    return first if fuelled and len(first.legs) < MOST_STOPS - 2 else None


def _broken_off(
    low: Lowered, gone: Sequence[Tour], minute: int, called: set[str]
) -> tuple[list[Tour], list[Out]]:  # fmt: skip
    """Tours off the ground, those of who is lost or called out as far as their next rest away from base; and who is
    out with them.
    """
    flown, more = [], []
    for tour in gone:
        tails = tour.legs[0].tails.split()
        short = tour.until_rest(low, minute) if called.intersection(tails) else None
        flown.append(short or tour)
        if short is not None:
            ready = short.minutes(low)[1] + int(low.problem.fleet.turn[tour.unit])
            more += [Out(tail, ready, low.minutes) for tail in tails]
    return flown, more


def _from(low: Lowered, minute: int, flown: Sequence[Tour]) -> Lowered:
    """The problem from a minute on: nobody leaves before it, or while out."""
    fleet = low.problem.fleet
    first = np.maximum(fleet.first, minute)
    for u, flyer in enumerate(low.flyers):
        for out in low.outs:
            if out.tail == flyer.tail:
                first[u] = max(first[u], out.until if out.until < low.minutes else NEVER)
    frozen = np.array([sum(tour.unit == u for tour in flown) for u in range(len(low.flyers))], np.int64)
    problem = low.problem._replace(fleet=fleet._replace(first=first, frozen=frozen))
    return msgspec.structs.replace(low, problem=problem, tables=pack(problem))


def _started(
    low: Lowered, flown: Sequence[Tour], begun: Sequence[tuple[Tour, Tour]]
) -> tuple[State, list[tuple[Tour, Tour]]]:  # fmt: skip
    """What is off the ground at its own times, and of the tours that go on those that a programme can go on with."""
    state = empty_state(low.problem)
    able: list[tuple[Tour, Tour]] = []
    for tour in flown:
        _add_as_is(low, state, tour)
    if not begun:
        return state, able
    made = np.zeros((len(low.flyers), BEGUN), np.int64)
    state = state._replace(stamp=np.concatenate([state.stamp, np.ravel(made)]))
    made = state.stamp[len(low.flyers) :].reshape(-1, BEGUN)
    w, own = scratch(low)
    for whole, first in begun:
        u, q = whole.unit, int(state.tours[whole.unit])
        _add_as_is(low, state, whole)
        rows = _made(low, first)
        made[u, : 3 * len(rows) + 3] = [len(rows), len(first.visits), 0, *np.ravel(rows)]
        if kernel.fly_again(*low.tables, state, u, q, np.array(whole.visits, np.int64), w, own):
            able.append((whole, first))
    return state, able


def _made(low: Lowered, first: Tour) -> list[tuple[int, int, int]]:
    """Stops of a tour as far as its rest: place, take-off, whether tanks were filled; of the last when it is rested."""
    kinds, k = low.problem.kinds, int(low.problem.fleet.kind[first.unit])
    found, landed = [], None
    for leg in first.legs:
        place, off = _place(low, leg.origin), math.floor((leg.off - low.start) / MINUTE)
        waited = landed is not None and off - landed >= kinds.refuel[k] and bool(kinds.fuel[place])
        filled = waited if leg.uplift_kg is None and leg.fuel_kg is None else bool(leg.uplift_kg)
        found.append((place, off, int(filled)))
        landed = math.ceil((leg.on - low.start) / MINUTE)
    rested = first.minutes(low)[1] + int(low.problem.fleet.crew[2])
    return [*found, (_place(low, first.legs[-1].destination), rested, 0)]


def _place(low: Lowered, name: str) -> int:
    return next((at for at, place in enumerate(low.places) if place.id == name), -1)


def _add_as_is(low: Lowered, state: State, tour: Tour) -> None:
    """Add a tour off the ground to a programme, at its own times."""
    u, q, fleet = tour.unit, int(state.tours[tour.unit]), low.problem.fleet
    first, last = tour.minutes(low)
    size = min(len(tour.visits), state.seq.shape[2])
    state.seq[u, q, :size] = tour.visits[:size]
    air = round(sum(leg.minutes for leg in tour.legs))
    state.tour[:6, u, q] = (size, first, last, last + int(fleet.turn[u]), air, 2)
    if fleet.nights:
        nights = tour.nights(low)
        state.tour[RESTS, u, q] = len(nights)
        state.tour[NIGHT : NIGHT + 3 * len(nights), u, q] = np.ravel(nights)
    state.tours[u] += 1
    state.unit[carried(tour)] = u
    kernel.use(*low.tables, state, u, q, 1)


def programme(way: UnderWay) -> tuple[State, Any]:
    """What is off the ground, then what was promised where it can still be; and the promises (Q, 3)."""
    low = way.low
    state, _ = _started(low, way.flown, way.begun)
    w, own = scratch(low)
    promise = np.full((len(low.parts), 3), -1, np.int64)
    for tour in [*(whole for whole, _ in way.begun), *way.ahead]:
        for r in carried(tour):
            promise[r] = tour.unit, *tour.minutes(low)
        if tour.visits and tour in way.ahead:
            add(low, state, tour, w, own)
    return state, promise


def cut_off(one: Sortie, resting: Sequence[Sortie]) -> Sortie:
    """What follows of a sortie after the rest at which its beginning ends."""
    first = next(row for row in resting if (row.unit, row.off) == (one.unit, one.off))
    return msgspec.structs.replace(one, legs=one.legs[len(first.legs) :])


def as_sortie(low: Lowered, tour: Tour) -> Sortie:
    """A tour off the ground as a sortie that keeps its aircraft."""
    number = {place.id: at for at, place in enumerate(low.places)}
    base = int(low.problem.fleet.base[tour.unit])
    last = tour.minutes(low)[1]
    legs = tuple(
        Leg(number.get(leg.origin, base), number.get(leg.destination, base), math.floor((leg.off - low.start) / MINUTE),
            math.ceil((leg.on - low.start) / MINUTE), (), bool(leg.uplift_kg), leg.uplift_kg, leg.fuel_kg)
        for leg in tour.legs
    )  # fmt: skip
    ready = last + int(low.problem.fleet.turn[tour.unit])
    return Sortie(tour.unit, legs, ready, tour.visits, tuple(tour.legs[0].tails.split()))
