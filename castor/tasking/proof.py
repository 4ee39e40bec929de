"""Small days to a proved optimum: every set of requests worth more than the best programme is refuted, or flown.

Sets that cannot be carried whatever the tours are ruled out at once (``castor.tasking.sets``). The others are taken by
worth: every way of dividing one among tours that can be flown (``castor.tasking.labels``: of tours with the same
requests, those that no other betters) is tried, and whether tours can be flown together, at any times, ``Together``
decides. What it allows is flown by the kernels. Parking spots and what units on tour still answer are judged by these
alone, on some of the times at which tours may leave, as is any but the quickest choice of where to fill up: a choice of
tours that they refuse stays in doubt, and its worth in the bound.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, permutations
from typing import Any

import numpy as np
from msgspec import Struct

from castor.tasking import labels
from castor.tasking.arrays import State, empty_state
from castor.tasking.days import kernel
from castor.tasking.lower import Lowered
from castor.tasking.scratch import scratch
from castor.tasking.sets import BITS, FIELD, Carried, Sets, at_once, sets
from castor.tasking.together import Column, DoubtError, Placed, Row, Together, lone_legs, may_leave, optimistic
from castor.tasking.tour.kernel import AT, prepare

MOST = 15
"""Requests up to which a day is small."""
MOST_ORDERS = 24
"""Orders in which tours are given to units."""
SLACK = 1e-9
Tour = tuple[int, Row]
"""The packed set that a tour carries, and the tour."""


class Work(Struct, frozen=True):
    """Most work on a proof: labels of a kind of unit; tours times sets of requests; choices of tours judged, in all and
    for each set; choices flown by the kernels.
    """

    labels: int
    pairs: int
    choices: int
    each: int
    flown: int


THOROUGH = Work(400_000, 1_000_000_000, 5_000, 1_000, 500)
QUICK = Work(100_000, 40_000_000, 1_000, 200, 50)


class _SpentError(Exception):
    """Raised where a proof takes more work than it may."""


def prove(low: Lowered, servable: Any, state: State, value: float, work: Work) -> tuple[State, float] | None:
    """The best programme of a small day, ``state`` (worth ``value``) or a better one, and what no programme can beat.

    None where the day is too large to list its tours or the sets of its requests.
    """
    if value >= float(low.problem.asks.value[servable].sum()) - SLACK:
        return state, value
    small = len(low.requests) <= MOST and low.flyers and not low.problem.fleet.nights
    every = sets(low, servable) if small else None
    if every is None:
        return None
    proof = _Proof(low, every, _groups(low), work)
    return proof.run(state, value) if proof.listed else None


def _groups(low: Lowered) -> list[list[int]]:
    """Units that are alike."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for u in range(len(low.flyers)):
        groups.setdefault(tuple(int(column[u]) for column in low.problem.fleet[:8]), []).append(u)
    return list(groups.values())


class _Proof:
    """Sets by worth, each refuted or flown; one that is neither stays in doubt."""

    def __init__(self, low: Lowered, every: Sets, groups: list[list[int]], work: Work) -> None:
        self.low, self.every, self.groups, self.work = low, every, groups, work
        self.together = Together(low, groups, optimistic(low))
        self.slots = max(sum(many) for many in at_once(groups, self.together))
        watch, fleet = low.problem.watch, low.problem.fleet
        self.path = bool((fleet.answers >= 0).any() and watch.floor > 0) or bool((watch.spots[:, 0] >= 0).any())
        self.choices = self.flown = self.spent = 0
        self.w, self.own = scratch(low)
        self.others: list[Tour] | None = None
        found = self._listed(every=False)
        self.listed = found is not None and sum(map(len, found)) * every.value.size <= work.pairs
        if found is not None and self.listed:
            self.tours = self._by_set(found)
            self.carried = Carried(low, every, groups, found, self.together)
            self.may = self.carried.may

    def _listed(self, *, every: bool) -> list[list[Column]] | None:
        """Tours of each group, or None where there are too many. If no more than one may be away, each flies alone."""
        servable = np.zeros(len(self.low.parts), np.bool_)
        servable[[r for one in self.every.classes for r in one]] = True
        found = []
        for units in self.groups:
            flies = lone_legs(self.low, units[0]) if self.slots == 1 else np.ones((len(self.low.places),) * 2, np.bool_)
            own = labels.columns(self.low, units[0], servable, flies, every=every, most=self.work.labels)
            if own is None:
                return None
            found.append(own)
        return found

    def run(self, state: State, value: float) -> tuple[State, float]:
        """The best programme and what no programme can beat."""
        worth, doubt = self.every.value, value
        order = np.flatnonzero(self.may & (worth > value + SLACK))
        for number in order[np.argsort(-worth[order], kind="stable")].tolist():
            self.spent += self.choices
            self.choices = 0
            if self.spent > self.work.choices or self.flown > self.work.flown:
                return state, max(doubt, float(worth[number]))
            try:
                found, refuted = self._carry(self.every.packed(number))
            except _SpentError:
                found, refuted = None, False
            if found is not None:
                return found, max(doubt, float(worth[number]))
            if not refuted:
                doubt = max(doubt, float(worth[number]))
        return state, doubt

    def _by_set(self, tours: list[list[Column]]) -> list[Tour]:
        """Tours with the packed set that each carries, largest first."""
        rows = [(self.every.packed(self.every.number(one.carries)), (group, one))
                for group, own in enumerate(tours) for one in own]  # fmt: skip
        rows.sort(key=lambda row: (-row[1][1].carries.bit_count(), row[0], row[1][0], row[1][1].spans))
        return [(packed, row) for packed, row in rows]

    def _carry(self, whole: int) -> tuple[State | None, bool]:
        """A programme that carries a set, or None; and whether it is refuted that there is one."""
        for likely in self.carried.traces(self.every.unpacked(whole)):
            state = self._fly(likely) if self._together(likely) else None
            if state is not None:
                return state, False
        refuted = True
        for chosen in self._choices(self.tours, whole):
            state = None if chosen is None else self._fly(chosen)
            if state is not None:
                return state, False
            refuted = False
            if self.path:
                break
        return (None, refuted) if refuted or not self.path else self._by_path(whole)

    def _by_path(self, whole: int) -> tuple[State | None, bool]:
        """The same, where it matters which way tours take: of all tours, not only of those that no other betters."""
        if self.others is None:
            found = self._listed(every=True)
            self.others = [] if found is None else self._by_set(found)
        refuted = bool(self.others)
        for chosen in self._choices(self.others or self.tours, whole):
            state = None if chosen is None else self._fly(chosen)
            if state is not None:
                return state, False
            refuted = refuted and chosen is not None and not self._possible(chosen)
        return None, refuted

    def _choices(self, tours: list[Tour], whole: int) -> Iterator[tuple[Row, ...] | None]:
        """Tours that together carry a set and can be flown together, as far as pools, crews and the floor go; None
        stands for some for which that stays open.
        """
        yield from self._extend(tours, whole, (), set())

    def _extend(
        self, tours: list[Tour], rest: int, chosen: tuple[Row, ...], seen: set[frozenset[tuple[Row, int]]]
    ) -> Iterator[tuple[Row, ...] | None]:
        """Choose a tour with the request of most worth that is in none yet."""
        if rest == 0:
            yield chosen
            return
        tours = [tour for tour in tours if self.every.within(tour[0], rest)]
        at = ((rest & -rest).bit_length() - 1) // BITS * BITS
        for packed, row in tours:
            left = rest - packed
            if not packed >> at & FIELD or not self.may[self.every.unpacked(left)]:
                continue
            more = (*chosen, row)
            key = frozenset(Counter(more).items())
            if key in seen:
                continue
            seen.add(key)
            can = self._together(more)
            if can:
                yield from self._extend(tours, left, more, seen)
            elif can is None:
                yield None

    def _together(self, chosen: tuple[Row, ...]) -> bool | None:
        """Whether tours can be flown together, as far as pools, crews and the floor go; None if that stays open."""
        self.choices += 1
        if self.choices > self.work.each:
            raise _SpentError
        try:
            return self.together.find(chosen) is not None
        except DoubtError:
            return None

    def _fly(self, chosen: tuple[Row, ...]) -> State | None:
        """Make a programme of tours: at the times found, or else as early as may be in some order."""
        self.flown += 1
        if self.flown > self.work.flown:
            raise _SpentError
        visits = self._named(chosen)
        state = self._at_times(chosen, visits)
        for order in islice(permutations(range(len(chosen))), MOST_ORDERS) if state is None else ():
            rows = [(chosen[x][0], visits[x]) for x in order]
            state = self._place(empty_state(self.low.problem), rows, 0)
            if state is not None:
                return state
        return self._at_any_minute(*chosen[0], visits[0]) if state is None and len(chosen) == 1 else state

    def _named(self, chosen: tuple[Row, ...]) -> list[Any]:
        """Visits of tours, of which each takes the first parts of those that are alike, each part on one tour."""
        used, found = dict.fromkeys(range(len(self.every.classes)), 0), []
        for _, column in chosen:
            names: dict[int, int] = {}
            for at, one in enumerate(self.every.classes):
                own = [r for r in one if column.carries >> r & 1]
                names |= {r: one[used[at] + x] for x, r in enumerate(own)}
                used[at] += len(own)
            found.append(np.array([2 * names[v >> 1] + (v & 1) for v in column.visits], np.int64))
        return found

    def _possible(self, chosen: tuple[Row, ...]) -> bool:
        """Whether tours that the kernels refuse might be flown at times, or filling up at places, that were not
        tried.
        """
        if self.low.watched.stations:
            return True
        alone = [self._alone(row, seq) for row, seq in zip(chosen, self._named(chosen))]
        if False in alone and (len(chosen) == 1 or self.slots == 1):
            return False
        if not may_leave(self.low, [(self.groups[group][0], one) for group, one in chosen]):
            return False
        points = optimistic(self.low, [column for _, column in chosen])
        try:
            return Together(self.low, self.groups, points).find(chosen) is not None
        except DoubtError:
            return True

    def _alone(self, row: Row, seq: Any) -> bool | None:
        """Whether a tour can be flown by itself; None where the kernels would fill up elsewhere."""
        group, column = row
        fleet = self.low.problem.fleet
        u = self.groups[group][0]
        k, base = int(fleet.kind[u]), int(fleet.base[u])
        many, _ = prepare(*self.low.tables, k, base, seq, seq.size, self.w)
        if tuple(self.w.stop[AT, :many].tolist()) != column.places:
            return None
        return self._at_any_minute(group, column, seq) is not None

    def _at_any_minute(self, group: int, column: Column, seq: Any) -> State | None:
        """A tour alone, at each minute at which it may leave."""
        state = empty_state(self.low.problem)
        for first, last, _ in column.spans if self.low.floor > 0 else ():
            for off in range(first, last + 1):
                u = self.groups[group][0]
                if kernel.fly_tour(*self.low.tables, state, u, 0, seq, off, self.w, self.own):
                    return state
        return None

    def _at_times(self, chosen: tuple[Row, ...], visits: list[Any]) -> State | None:
        state = empty_state(self.low.problem)
        placed: tuple[Placed, ...] = self.together.find(chosen) or ()
        for one in sorted(placed, key=lambda one: (one.off, one.unit)):
            q = int(state.tours[one.unit])
            if not kernel.fly_tour(*self.low.tables, state, one.unit, q, visits[one.row], one.off, self.w, self.own):
                return None
        return state

    def _place(self, state: State, order: Sequence[tuple[int, Any]], at: int) -> State | None:
        """Give the tours (group, visits) to units one by one, each as early as may be; units of a kind that still stand
        idle are alike.
        """
        if at == len(order):
            return state
        group, seq = order[at]
        idle = False
        for u in self.groups[group]:
            tours = int(state.tours[u])
            if tours == 0 and idle:
                continue
            idle = idle or tours == 0
            for q in range(tours + 1):
                copy = State(*(part.copy() for part in state))
                start = int(copy.ready[u, q - 1]) if q else 0
                if kernel.fly_tour(*self.low.tables, copy, u, q, seq, start, self.w, self.own):
                    found = self._place(copy, order, at + 1)
                    if found is not None:
                        return found
        return None
