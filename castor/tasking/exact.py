"""Small days to a proved optimum: every set of requests that one tour can carry, and the best choice of tours that can
be flown together.

Every way of dividing the requests among tours and units, and every order of stops of a tour, is covered: by branching
on the request of most worth that is still open (left out, or carried in one of the tours that can hold it), with the
worth still open as the bound, and by dropping, of the tours of one kind with the same requests, all but those that no
other betters. Whether the chosen tours can be flown together, at any times, ``castor.tasking.together`` decides.
Where a tour fills up is the quickest choice alone; if another could carry more, that is in the bound. Parking spots and
what units on tour still answer are judged by the kernels alone, on some of the times at which tours
may leave: a choice that these refuse stays in doubt, and its worth in the bound.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import msgspec
import numpy as np

from castor.errors import Infeasible
from castor.mission.model import Mission, Request
from castor.tasking.arrays import State, empty_state
from castor.tasking.days import kernel
from castor.tasking.lower import Lowered, lower
from castor.tasking.packed import pack
from castor.tasking.reasons import LIFTED, Alone
from castor.tasking.scratch import scratch
from castor.tasking.solve import Tasked, finish
from castor.tasking.together import Column, DoubtError, Placed, Row, Together, may_leave, optimistic
from castor.tasking.tour.kernel import AT, OFF, ON, SINCE, air_minutes, prepare, times

MOST = 15
"""Requests (or parts) up to which a day is small."""
MOST_TOURS = 200_000
SLACK = 1e-9


def exact(
    mission: Mission,
    start: dt.datetime,
    end: dt.datetime,
    *,
    requests: Sequence[Request] | None = None,
    floor: float | None = None,
) -> Tasked:
    """The plan that carries most, and what no plan can beat: the same, proved, unless parking spots or answers from the
    air leave a choice of tours in doubt. For days of up to 15 requests or parts.

    Raises ``Infeasible`` for larger days, and whatever :func:`plan_tasks` raises.
    """
    began = time.monotonic()
    low = lower(mission, start, end, requests=requests, floor=floor)
    if low.watched.stations:
        raise Infeasible("Formations may be sent to alert posts: such days are not solved to a proved optimum.")
    if low.problem.fleet.nights:
        raise Infeasible("Nights away from base are allowed: such days are not solved to a proved optimum.")
    if len(low.parts) > MOST:
        raise Infeasible(f"{len(low.parts)} requests and parts: a day is solved to a proved optimum up to {MOST}.")
    branch = Branch(low)
    best = branch.run()
    most = max(branch.top, branch.doubt, min(_wherever_filled(low), branch.total))
    return finish(low, best, most, time.monotonic() - began, 0)


def _wherever_filled(low: Lowered) -> float:
    """What no programme can beat wherever its tours fill up: a tour is listed with the quickest filling only, and one
    that takes longer may set down sooner. So, where there is fuel away from base, the worth without any need for it.
    """
    away = low.problem.kinds.fuel.copy()
    away[low.problem.fleet.base] = False
    if not away.any():
        return 0.0
    problem = LIFTED["range"](low, low.problem)
    if low.problem.elsewhere:  # a tour that goes out of its way for fuel may cover more
        problem = LIFTED["cover"](low, problem)
    free = msgspec.structs.replace(low, problem=problem, tables=pack(problem), floor=problem.watch.floor)
    try:
        branch = Branch(free)
        branch.run()
    except Infeasible:
        return np.inf
    return max(branch.top, branch.doubt)


def columns(low: Lowered, u: int, servable: Any) -> dict[int, list[Column]]:
    """Tours of a unit's kind by the set of requests (bits) that they carry, undominated: built up request by
    request.
    """
    w, _ = scratch(low)
    k, base = int(low.problem.fleet.kind[u]), int(low.problem.fleet.base[u])
    watch, fleet = low.problem.watch, low.problem.fleet
    every = bool((fleet.answers >= 0).any() and watch.floor > 0) or bool((watch.spots[:, 0] >= 0).any())
    found: dict[int, list[Column]] = {}
    seqs: dict[int, set[tuple[int, ...]]] = {0: {()}}
    total = 0
    for _ in range(len(low.parts)):
        grown: dict[int, set[tuple[int, ...]]] = {}
        for carries, rows in seqs.items():
            for r in range(len(low.parts)):
                if carries >> r & 1 or not servable[r]:
                    continue
                for seq in rows:
                    for i in range(len(seq) + 1):
                        for j in range(i, len(seq) + 1):
                            new = (*seq[:i], 2 * r, *seq[i:j], 2 * r + 1, *seq[j:])
                            grown.setdefault(carries | 1 << r, set()).add(new)
        seqs = {}
        for carries, rows in grown.items():
            able = [column for seq in sorted(rows) if (column := _column(low, k, base, seq, carries, w)) is not None]
            if able:
                seqs[carries] = {column.visits for column in able}
                found[carries] = able if every else _undominated(able)
                total += len(able)
        if not seqs:
            break
        if total > MOST_TOURS:
            raise Infeasible(f"More than {MOST_TOURS:,} tours can be flown: too many for a proved optimum.")
    return found


def _column(low: Lowered, k: int, base: int, seq: tuple[int, ...], carries: int, w: Any) -> Column | None:
    visits = np.array(seq, np.int64)
    stops, rides = prepare(*low.tables, k, base, visits, len(seq), w)
    crew = low.problem.fleet.crew
    if stops == 0:
        return None
    air = int(air_minutes(*low.tables, k, stops, w))
    if air > crew[3]:
        return None
    since = int(w.stop[SINCE, stops - 1])
    places = tuple(int(p) for p in w.stop[AT, :stops])
    every = _spans(low, k, stops, rides, w)
    spans = tuple(span for span in every if span[2] <= crew[1] and span[0] + span[2] <= low.minutes)
    return Column(seq, carries, air, since, places, spans) if spans else None


def _spans(low: Lowered, k: int, stops: int, rides: int, w: Any) -> list[tuple[int, int, int]]:
    """Spans of a tour's departures within which it takes the same time: from the soonest landing on, one, where every
    place it touches opens but once.
    """
    if not times(*low.tables, k, stops, rides, 0, w):
        return []
    off, away = int(w.stop[OFF, 0]), int(w.stop[ON, stops - 1] - w.stop[OFF, 0])
    if int(low.problem.kinds.windows[k, w.stop[AT, :stops]].max()) == 1:
        return [(off, _latest(low, k, stops, rides, off, w), away)]
    found = [(off, off, away)]
    while times(*low.tables, k, stops, rides, off + 1, w):
        off, away = int(w.stop[OFF, 0]), int(w.stop[ON, stops - 1] - w.stop[OFF, 0])
        first, last, before = found[-1]
        if off == last + 1 and away == before:
            found[-1] = (first, off, away)
        else:
            found.append((off, off, away))
    return found


def _latest(low: Lowered, k: int, stops: int, rides: int, first: int, w: Any) -> int:
    """The last minute at which the tour may leave: found by halving, windows being what ends it."""
    a, b = first, low.minutes
    while b - a > 1:
        middle = (a + b) // 2
        if times(*low.tables, k, stops, rides, middle, w):
            a = middle
        else:
            b = middle
    return a


def _undominated(able: list[Column]) -> list[Column]:
    """Tours with the same requests that no other betters: whenever the one may be flown, the other may meanwhile."""
    kept: list[Column] = []
    for one in sorted(able, key=lambda c: (c.spans[0][2], c.air, c.spans, c.visits)):
        if not any(_betters(other, one) for other in kept):
            kept.append(one)
    return kept


def _betters(other: Column, one: Column) -> bool:
    """Whether one tour fits into every time that another takes, with no more in the air and as soon ready again."""
    if other.air > one.air or other.since > one.since:
        return False
    for first, last, away in one.spans:
        left, late = other.leave(first), other.leave(last)
        if left is None or left[1] > first + away or late is None or late[1] > last + away:
            return False
        if len(other.spans) > 1 and first < last:
            return False
    return True


class Branch:
    """Depth first over the requests by worth; a choice of tours is kept only if they can be flown together.

    ``top`` is the worth of the best programme, ``doubt`` the most that a choice in doubt could be worth.
    """

    def __init__(self, low: Lowered) -> None:
        self.low = low
        self.value = low.problem.asks.value
        servable = Alone(low).servable
        self.order = sorted(np.flatnonzero(servable).tolist(), key=lambda r: (-self.value[r], r))
        fleet = low.problem.fleet
        rows = [tuple(int(column[u]) for column in fleet[:8]) for u in range(len(low.flyers))]
        groups: dict[tuple[int, ...], list[int]] = {}
        for u, row in enumerate(rows):
            groups.setdefault(row, []).append(u)
        self.units = list(groups.values())
        self.total = float(self.value.sum())
        self.tours = [self._by_worth(columns(low, units[0], servable)) for units in self.units]
        self.like = _alike(low)
        self.together = Together(low, self.units, optimistic(low))
        self.best, self.top, self.doubt = empty_state(low.problem), 0.0, 0.0
        self.known: dict[frozenset[Row], tuple[Placed, ...] | None] = {frozenset(): ()}
        self.w, self.own = scratch(low)

    def run(self) -> State:
        """The best programme."""
        self._extend(0, 0, (), 0.0, float(self.value[self.order].sum()))
        return self.best

    def _by_worth(self, found: dict[int, list[Column]]) -> list[tuple[float, int, list[Column]]]:
        rows = [(self._worth(carries), carries, tours) for carries, tours in found.items()]
        return sorted(rows, key=lambda row: (-row[0], row[1]))

    def _worth(self, carries: int) -> float:
        return float(sum(self.value[r] for r in range(len(self.low.parts)) if carries >> r & 1))

    def _extend(self, at: int, done: int, chosen: tuple[Row, ...], value: float, open_: float) -> None:
        """Decide on the next open request: carried by each tour that can hold it, or left out."""
        while at < len(self.order) and done >> self.order[at] & 1:
            at += 1
        if at == len(self.order):
            self._fly(chosen, value)
            return
        r = self.order[at]
        for group, tours in enumerate(self.tours):
            for gain, carries, rows in tours:
                if not carries >> r & 1 or carries & done or self._swapped(carries, chosen):
                    continue
                for column in rows:
                    if value + open_ <= self.top + SLACK:
                        return
                    more = (*chosen, (group, column))
                    if self._fits(more, value + open_):
                        self._extend(at + 1, done | carries, more, value + gain, open_ - gain)
        if value + open_ - self.value[r] > self.top + SLACK:
            self._extend(at + 1, done | 1 << r, chosen, value, open_ - float(self.value[r]))

    def _swapped(self, carries: int, chosen: tuple[Row, ...]) -> bool:
        """Whether a tour holds a part of a request while a like part before it is on none: the two are alike."""
        held = carries
        for _, column in chosen:
            held |= column.carries
        return any(carries >> r & 1 and not held >> before & 1 for r, before in self.like)

    def _fits(self, chosen: tuple[Row, ...], most: float) -> bool:
        """Whether tours can be flown together, as far as pools, crews and the floor go; in doubt, ``most`` stays in
        the bound.
        """
        key = frozenset(chosen)
        if key not in self.known:
            try:
                self.known[key] = self.together.find(chosen)
            except DoubtError:
                self.doubt = max(self.doubt, most)
                self.known[key] = None
        return self.known[key] is not None

    def _fly(self, chosen: tuple[Row, ...], value: float) -> None:
        """Make a programme of the tours: at the times found, or else as early as may be in some order."""
        if value <= self.top + SLACK:
            return
        placed = self.known[frozenset(chosen)] or ()
        state = self._at_times(chosen, placed)
        for order in permutations(chosen) if state is None else ():
            state = self._place(empty_state(self.low.problem), order, 0)
            if state is not None:
                break
        if state is None and len(chosen) == 1:
            state = self._at_any_minute(*chosen[0])
        if state is not None:
            self.best, self.top = state, value
        elif self._possible(chosen):
            self.doubt = max(self.doubt, value)

    def _possible(self, chosen: tuple[Row, ...]) -> bool:
        """Whether tours that the kernels refuse might be flown at times that were not tried."""
        if len(chosen) == 1:
            return False
        if not may_leave(self.low, [(self.units[group][0], column) for group, column in chosen]):
            return False
        met = optimistic(self.low, [column for _, column in chosen])
        try:
            return Together(self.low, self.units, met).find(chosen) is not None
        except DoubtError:
            return True

    def _at_any_minute(self, group: int, column: Column) -> State | None:
        """A tour alone, at each minute at which it may leave."""
        state, seq = empty_state(self.low.problem), np.array(column.visits, np.int64)
        for first, last, _ in column.spans if self.low.floor > 0 else ():
            for off in range(first, last + 1):
                u = self.units[group][0]
                if kernel.fly_tour(*self.low.tables, state, u, 0, seq, off, self.w, self.own):
                    return state
        return None

    def _at_times(self, chosen: tuple[Row, ...], placed: tuple[Placed, ...]) -> State | None:
        state = empty_state(self.low.problem)
        for one in sorted(placed, key=lambda one: (one.off, one.unit)):
            seq, q = np.array(chosen[one.row][1].visits, np.int64), int(state.tours[one.unit])
            if not kernel.fly_tour(*self.low.tables, state, one.unit, q, seq, one.off, self.w, self.own):
                return None
        return state

    def _place(self, state: State, order: Sequence[Row], at: int) -> State | None:
        """Give the tours to units one by one, each as early as may be; units of a kind that still stand idle are
        alike.
        """
        if at == len(order):
            return state
        group, column = order[at]
        idle = False
        for u in self.units[group]:
            tours = int(state.tours[u])
            if tours == 0 and idle:
                continue
            idle = idle or tours == 0
            for q in range(tours + 1):
                copy = State(*(part.copy() for part in state))
                seq = np.array(column.visits, np.int64)
                start = int(copy.ready[u, q - 1]) if q else 0
                if kernel.fly_tour(*self.low.tables, copy, u, q, seq, start, self.w, self.own):
                    found = self._place(copy, order, at + 1)
                    if found is not None:
                        return found
        return None


def _alike(low: Lowered) -> list[tuple[int, int]]:
    """Parts of a request with the part of the same load before each."""
    asks, found = low.problem.asks, []
    before: dict[tuple[float, ...], int] = {}
    for r in range(len(low.parts)):
        key = tuple(float(column[r]) for column in (asks.parent, asks.pax, asks.litters, asks.mass))
        if key in before:
            found.append((r, before[key]))
        before[key] = r
    return found
