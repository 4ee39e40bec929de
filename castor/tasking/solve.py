"""The flying programme planned: the most carried without giving up the cover, with a bound for what no plan can
beat.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from msgspec import Struct

from castor.flight.plan import Plan
from castor.mission.model import Mission, Request
from castor.tasking.arrays import State, empty_state
from castor.tasking.bound import bound
from castor.tasking.days import kernel
from castor.tasking.days.away.kernel import RESTS
from castor.tasking.days.tours.kernel import CHANGES
from castor.tasking.lower import Lowered, lower
from castor.tasking.packed import home_only
from castor.tasking.proof import QUICK, prove
from castor.tasking.reasons import Alone, left_out
from castor.tasking.scratch import scratch
from castor.tasking.sorties import sorties
from castor.tasking.warm import state_of
from castor.tasking.write import plan_of

Progress = Callable[[float, float, float, float], None]
"""Called with the best worth so far, the bound, the gap, and the share of the time that is gone."""
LEAP = 20
"""Rounds of a thread between two reports of progress, where rounds are counted."""
KNOWN = 1 << 15
"""Tours that a thread remembers."""
HOME = 0.4
"""Share of a search in which everybody sleeps at base, where nights away are allowed: tours are shorter, and sooner
tried."""
LOOK_S = 0.25
"""Seconds between two looks at the clock, where they are not."""


class Tasked(Struct, frozen=True, kw_only=True):
    """A flying programme: the plan, cover from each moment on until the next, seconds and rounds of the search."""

    plan: Plan
    cover: tuple[tuple[dt.datetime, float], ...]
    seconds: float
    iterations: int


def plan_tasks(
    mission: Mission,
    start: dt.datetime,
    end: dt.datetime,
    *,
    requests: Sequence[Request] | None = None,
    floor: float | None = None,
    seconds: float = 10.0,
    iterations: int | None = None,
    seed: int = 1,
    threads: int = 2,
    warm: Plan | None = None,
    progress: Progress | None = None,
) -> Tasked:
    """Plan a day or a week: most worth carried first, then least time in the air, cover at or above the floor always.

    ``requests`` replaces the mission's; ``floor`` raises the mission's floor of cover. ``iterations`` rounds of each
    thread instead of ``seconds``: the same for a seed on any machine. ``warm`` is a plan to start from. Days of up to
    15 requests are solved to a proved optimum where that takes little work. Raises
    ``MissionError`` with every problem of what is asked, ``Infeasible`` where the floor cannot be kept.
    """
    began = time.monotonic()
    low = lower(mission, start, end, requests=requests, floor=floor)
    state = None if warm is None else state_of(low, warm)[0]
    return solve(low, state, began=began, seconds=seconds, iterations=iterations, seed=seed, threads=threads,
                 progress=progress)  # fmt: skip


def solve(
    low: Lowered,
    state: State | None,
    *,
    began: float,
    seconds: float = 10.0,
    iterations: int | None = None,
    seed: int = 1,
    threads: int = 2,
    progress: Progress | None = None,
) -> Tasked:
    """Search a lowered problem, from a programme if one is given."""
    searches = [Search(low, seed * 1000 + at, state) for at in range(max(1, threads))]
    alone = Alone(low)
    for one in searches:
        one.masks[0][:] = ~alone.servable
    least = bound(low, alone.servable)
    empty = state is None and least <= 0.0
    done = 0 if empty else run(searches, began, seconds, iterations, least, progress)
    best = max(searches, key=lambda one: (round(one.value, 9), -one.cost))
    state, proved = best.best, prove(low, alone.servable, best.best, best.value, QUICK) if best.value < least else None
    if proved is not None:
        state, least = proved[0], min(least, proved[1])
    return finish(low, state, least, time.monotonic() - began, done)


def finish(low: Lowered, state: State, most: float, seconds: float, rounds: int) -> Tasked:
    """Write a programme as a plan, with the reasons for what is left out and the cover through its time."""
    flown = [one for one in sorties(low, state) if one.tails]
    carried = {v >> 1 for one in flown for v in one.visits}
    objective = float(sum(low.problem.asks.value[r] for r in sorted(carried)))
    plan = plan_of(low, flown, left_out(low, carried, state), objective, max(most, objective))
    return Tasked(plan=plan, cover=cover_of(low, state), seconds=seconds, iterations=rounds)


def cover_of(low: Lowered, state: State) -> tuple[tuple[dt.datetime, float], ...]:
    """Share covered from each moment at which it changes."""
    shares = kernel.cover_by_minute(*low.tables, state)
    if not shares.size:
        return ()
    changes = [0, *(np.flatnonzero(np.abs(np.diff(shares)) > 1e-12) + 1).tolist()]
    return tuple((low.moment(minute), float(shares[minute])) for minute in changes)


def nearness(low: Lowered) -> Any:
    """Requests (Q, Q) in order of how alike they are to each: ends near, times near."""
    asks, km = low.problem.asks, low.problem.kinds.km
    ends = (
        km[np.ix_(asks.origin, asks.origin)] + km[np.ix_(asks.destination, asks.destination)]
        + 0.5 * km[np.ix_(asks.destination, asks.origin)]
    )  # fmt: skip
    middle = (asks.earliest + np.minimum(asks.latest, low.minutes)) / 2.0
    apart = ends + 0.5 * np.abs(middle[:, None] - middle[None, :])
    return np.argsort(apart, axis=1, kind="stable").astype(np.int64)


class Search:
    """One thread's search: where it is, the best it has found, its chance."""

    def __init__(self, low: Lowered, seed: int, start: State | None = None) -> None:
        self.low, self.tables, self.home = low, low.tables, low.tables
        self.here, self.best, self.trial = (empty_state(low.problem, notes=True) for _ in range(3))
        self.seed = np.array([(seed * 0x9E3779B97F4A7C15 + 0x1234567) % (1 << 64) | 1], np.uint64)
        self.near = nearness(low)
        self.w, self.own = scratch(low, KNOWN)
        size = self.here.unit.size
        none = np.zeros((0, 3), np.int64)
        self.masks = (np.zeros(size, np.bool_), np.zeros(size, np.bool_), none, np.zeros(size))
        self.value = self.cost = 0.0
        self.began = False
        mean = float(low.problem.asks.value.mean()) if size else 1.0
        self.heat = (0.3 * mean, 0.003 * mean)
        if low.problem.fleet.nights and (start is None or not start.tour[RESTS].any()):
            self.home = home_only(low.tables)
        if start is not None:
            self.here, self.best, self.trial = (
                one._replace(stamp=start.stamp.copy()) for one in (self.here, self.best, self.trial)
            )
            kernel.copy(start, self.here, 0, low.minutes, 1)
            self.own.lines[CHANGES, 0] = start.stamp.max()
        kernel.keep_notes(*self.tables, self.here)

    def run(self, rounds: int, done: float, after: float) -> None:
        """Search for so many rounds, from one share of the whole search to another."""
        if not self.here.unit.size or not len(self.low.flyers):
            return
        if not self.began:
            kernel.copy(self.here, self.best, 0, self.low.minutes, 1)
        share = 0.0 if self.home is self.tables else min(1.0, max(0.0, (HOME - done) / max(after - done, 1e-12)))
        first, middle = int(rounds * share), done + (after - done) * share
        self._rounds(self.home, first, done, middle)
        self._rounds(self.tables, rounds - first, middle, after)

    def _rounds(self, tables: tuple[Any, Any], rounds: int, done: float, after: float) -> None:
        if not rounds:
            return
        plan = np.array([rounds, *self.heat, done, after, not self.began])
        self.began = True
        states = (self.best, self.here, self.trial)
        self.value, self.cost = kernel.search(*tables, states, self.near, self.masks, plan, self.seed, self.w, self.own)


def run(
    searches: list[Search], began: float, seconds: float, iterations: int | None, most: float,
    progress: Progress | None,
) -> int:  # fmt: skip
    """Let every thread search until its rounds or the seconds are over; returns the rounds of all.

    The first round, which builds a programme and may have to compile the kernels, is run whatever is asked, and is not
    counted in the seconds.
    """
    iterations = None if iterations is None else max(1, iterations)
    rounds, done, leap = 0, 0.0, 1 if iterations is None else LEAP
    with ThreadPoolExecutor(len(searches)) as pool:
        while done < 1.0:
            step = leap if iterations is None else min(leap, iterations - rounds)
            before = time.monotonic()
            after = min(1.0, done + 1e-3) if iterations is None else (rounds + step) / iterations
            for waiting in [pool.submit(one.run, step, done, after) for one in searches]:
                waiting.result()
            rounds += step
            if iterations is None:
                now = time.monotonic()
                began += now - before if rounds == step else 0.0
                leap = max(1, min(1000, int(leap * LOOK_S / max(now - before, 1e-3))))
                after = min(1.0, (now - began) / max(seconds, 1e-9))
            done = after
            value = max(one.value for one in searches)
            if progress is not None:
                progress(value, most, (most - value) / most if most else 0.0, done)
    return rounds * len(searches)
