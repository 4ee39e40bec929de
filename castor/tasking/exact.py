"""Small days to a proved optimum: every set of requests that one tour can carry, and the best choice and order of
tours.

The plans among which the optimum is proved are those in which each tour leaves as early as it may, beside the tours
chosen before it, in some order of the tours. Every way of dividing the requests among tours and units, every order of
stops of a tour and every order of the tours is covered: by branching on the request of most worth that is still open
(left out, or carried in one of the tours that can hold it), with the worth still open as the bound, and by dropping, of
the tours of one kind with the same requests, all but those that no other betters (all are kept where units answer calls
on tour: then the way counts).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
from msgspec import Struct

from castor.errors import Infeasible
from castor.mission.model import Mission, Request
from castor.tasking.arrays import State, empty_state
from castor.tasking.days import kernel
from castor.tasking.lower import Lowered, lower
from castor.tasking.reasons import Alone
from castor.tasking.scratch import scratch
from castor.tasking.solve import Tasked, finish
from castor.tasking.tour.kernel import OFF, ON, air_minutes, prepare, times

MOST = 15
"""Requests (or parts) up to which a day is small."""
MOST_TOURS = 200_000


class Column(Struct, frozen=True):
    """A tour that can be flown: its visits, the requests it carries (bits), soonest landing, minutes away and in the
    air, and the latest take-off.
    """

    visits: tuple[int, ...]
    carries: int
    lands: int
    away: int
    air: int
    until: int


def exact(
    mission: Mission,
    start: dt.datetime,
    end: dt.datetime,
    *,
    requests: Sequence[Request] | None = None,
    floor: float | None = None,
) -> Tasked:
    """The most worth that any plan can carry, proved, and the plan; for days of up to 15 requests or parts.

    Raises ``Infeasible`` for larger days, and whatever :func:`plan_tasks` raises.
    """
    began = time.monotonic()
    low = lower(mission, start, end, requests=requests, floor=floor)
    if len(low.parts) > MOST:
        raise Infeasible(f"{len(low.parts)} requests and parts: a day is solved to a proved optimum up to {MOST}.")
    best = Branch(low).run()
    value = float(sum(low.problem.asks.value[best.unit >= 0]))
    return finish(low, best, value, time.monotonic() - began, 0)


def columns(low: Lowered, u: int, servable: Any) -> dict[int, list[Column]]:
    """Tours of a unit's kind by the set of requests (bits) that they carry, undominated: built up request by
    request.
    """
    w, _ = scratch(low)
    k, base = int(low.problem.fleet.kind[u]), int(low.problem.fleet.base[u])
    answers = bool((low.problem.fleet.answers >= 0).any())
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
                found[carries] = able if answers else _undominated(able)
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
    if air > crew[3] or not times(*low.tables, k, stops, rides, 0, w):
        return None
    off, on = int(w.stop[OFF, 0]), int(w.stop[ON, stops - 1])
    if on > low.minutes:
        return None
    return Column(seq, carries, on, on - off, air, _latest(low, k, stops, rides, off, w))


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
    """Tours with the same requests that no other betters in landing, minutes away, in the air and latest take-off."""
    kept: list[Column] = []
    for one in sorted(able, key=lambda c: (c.away, c.lands, c.air, -c.until, c.visits)):
        if not any(o.lands <= one.lands and o.air <= one.air and o.until >= one.until for o in kept):
            kept.append(one)
    return kept


class Branch:
    """Depth first over the requests by worth; a choice of tours is kept only if they can be flown together."""

    def __init__(self, low: Lowered) -> None:
        self.low = low
        self.value = low.problem.asks.value
        self.servable = Alone(low).servable
        self.order = sorted(np.flatnonzero(self.servable).tolist(), key=lambda r: (-self.value[r], r))
        fleet = low.problem.fleet
        rows = [tuple(int(column[u]) for column in fleet[:8]) for u in range(len(low.flyers))]
        self.groups: dict[tuple[int, ...], list[int]] = {}
        for u, row in enumerate(rows):
            self.groups.setdefault(row, []).append(u)
        self.columns = [columns(low, units[0], self.servable) for units in self.groups.values()]
        self.units = list(self.groups.values())
        self.best, self.top = empty_state(low.problem), 0.0
        self.known: dict[frozenset[tuple[int, Column]], State | None] = {frozenset(): self.best}
        self.w, self.own = scratch(low)

    def run(self) -> State:
        """The best programme."""
        self._extend(0, 0, frozenset(), 0.0, float(self.value[self.order].sum()))
        return self.best

    def _extend(self, at: int, done: int, chosen: frozenset[tuple[int, Column]], value: float, open_: float) -> None:
        """Decide on the next open request: carried by each tour that can hold it, or left out."""
        if value + open_ <= self.top + 1e-9:
            return
        while at < len(self.order) and done >> self.order[at] & 1:
            at += 1
        if at == len(self.order):
            state = self._flown(chosen)
            if state is not None and value > self.top + 1e-9:
                self.best, self.top = state, value
            return
        r = self.order[at]
        for group, by_set in enumerate(self.columns):
            for carries, rows in sorted(by_set.items(), key=lambda one: -self._worth(one[0])):
                if not carries >> r & 1 or carries & done:
                    continue
                gain = self._worth(carries)
                if value + open_ <= self.top + 1e-9:
                    return
                for column in rows:
                    more = chosen | {(group, column)}
                    if self._flies_alone_or_together(more):
                        self._extend(at + 1, done | carries, more, value + gain, open_ - gain)
        self._extend(at + 1, done | 1 << r, chosen, value, open_ - float(self.value[r]))

    def _worth(self, carries: int) -> float:
        return float(sum(self.value[r] for r in range(len(self.low.parts)) if carries >> r & 1))

    def _flies_alone_or_together(self, chosen: frozenset[tuple[int, Column]]) -> bool:
        """Whether a choice need be looked at further: where no unit answers in flight, more tours never make it
        easier.
        """
        return bool((self.low.problem.fleet.answers >= 0).any()) or self._flown(chosen) is not None

    def _flown(self, chosen: frozenset[tuple[int, Column]]) -> State | None:
        """The tours flown together, in some order and by some units of their kinds; None if they cannot be."""
        if chosen not in self.known:
            self.known[chosen] = self._any_order(sorted(chosen, key=lambda one: (one[1].lands, one[0], one[1].visits)))
        return self.known[chosen]

    def _any_order(self, rows: list[tuple[int, Column]]) -> State | None:
        tried: set[tuple[tuple[int, Column], ...]] = set()
        for order in permutations(rows):
            if order in tried:
                continue
            tried.add(order)
            state = self._place(empty_state(self.low.problem), order, 0)
            if state is not None:
                return state
        return None

    def _place(self, state: State, order: Sequence[tuple[int, Column]], at: int) -> State | None:
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
