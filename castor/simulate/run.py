"""Flying the replications: in chunks, on any executor, until done, precise enough, or interrupted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from castor.errors import MissionError, Problem
from castor.mission.model import Mission
from castor.simulate.columns.kernel import BINS, MEASURES, MONTHLY, TALLY
from castor.simulate.packed import pack, state, totals
from castor.simulate.trials import SUMMARY, Trials
from castor.simulate.world import World, build

FIRST_LOOK = 256
"""Precision is looked at after so many replications, then each time their number has doubled."""
Progress = Callable[[int, int], None]


class Part(NamedTuple):
    """What one chunk of replications comes to: sums and busy minutes of posts (R, V + S), whole numbers, squares."""

    first: int
    sums: NDArray[np.float64]
    tally: NDArray[np.int64]
    squares: NDArray[np.int64]


def fly(world: World, seed: int, first: int, number: int) -> Part:
    """Fly replications ``first`` to before ``first + number`` of a world, on one thread."""
    from castor.simulate.kernel import years
    from castor.simulate.lean import is_lean, lean_tables
    from castor.simulate.lean.kernel import lean_years

    packed = pack(world.tables)
    found = totals(number, world.tables.posts.pool.size, len(world.named.months))
    if is_lean(world):
        lean_years(lean_tables(packed), state(packed), seed, first, found)
    else:
        years(packed, state(packed), seed, first, found)
    return Part(first, found.sums, found.tally, found.squares)


def simulate(
    given: World | Mission,
    *,
    replications: int = 1000,
    seed: int = 1,
    executor: Executor | None = None,
    precision: Mapping[str, float] | None = None,
    progress: Progress | None = None,
    chunk: int | None = None,
) -> Trials:
    """Fly a world (or a mission as it stands) many times.

    The answer does not depend on ``executor`` (anything of the kind of ``concurrent.futures``; threads by default) or
    ``chunk`` (replications per task). ``precision``: half widths of confidence intervals by measure, such as
    ``{"surgery_min": 0.5}``; flying stops when all are reached. ``progress`` is told (done, asked). An interrupt from
    the keyboard stops flying and keeps what is done; ``Trials.stopped`` says so. Raises MissionError for wrong
    arguments."""
    world = build(given) if isinstance(given, Mission) else given
    _check(replications, seed, precision, chunk)
    collected = _Collected(world, seed, replications)
    workers = os.cpu_count() or 1
    size = chunk or max(1, min(1000, -(-replications // (8 * workers))))
    own = ThreadPoolExecutor(workers) if executor is None else None
    pool = executor if executor is not None else own
    assert pool is not None
    try:
        for low, high in _rounds(replications, precision):
            for part in _fly_all(pool, world, seed, (low, high, size)):
                collected.add(part)
                if progress is not None:
                    progress(collected.done, replications)
            if precision is not None and high < replications and _precise(collected.trials(""), precision):
                return collected.trials("precise")
    except KeyboardInterrupt:
        return collected.trials("interrupted")
    finally:
        if own is not None:
            own.shutdown(wait=True, cancel_futures=True)
    return collected.trials("")


def _check(replications: int, seed: int, precision: Mapping[str, float] | None, chunk: int | None) -> None:
    problems = []
    if replications < 1:
        problems.append(Problem("simulate", "a number from 1 on", column="replications", read=str(replications)))
    if not 0 <= seed < 2**63:
        problems.append(Problem("simulate", "a whole number from 0 to 2**63 - 1", column="seed", read=str(seed)))
    if chunk is not None and chunk < 1:
        problems.append(Problem("simulate", "a number from 1 on", column="chunk", read=str(chunk)))
    for name, half in (precision or {}).items():
        if name not in SUMMARY:
            problems.append(Problem("simulate", "one of " + ", ".join(SUMMARY), column="precision", read=name))
        elif not half > 0:
            problems.append(Problem("simulate", "a half width > 0", column=f"precision of {name}", read=f"{half:g}"))
    if problems:
        raise MissionError(problems)


def _rounds(replications: int, precision: Mapping[str, float] | None) -> Iterator[tuple[int, int]]:
    """Ranges of replications after each of which precision is looked at: the same whatever the chunks."""
    low, high = 0, replications if precision is None else min(replications, FIRST_LOOK)
    while low < replications:
        yield low, high
        low, high = high, min(replications, 2 * high)


def _precise(trials: Trials, precision: Mapping[str, float]) -> bool:
    found = trials.summary()
    return all(found[name].half <= half for name, half in precision.items())


def _fly_all(pool: Executor, world: World, seed: int, span: tuple[int, int, int]) -> Iterator[Part]:
    """Fly the chunks of a range and yield each as it is done, in order; a few more than the workers are under way."""
    low, high, size = span
    starts = iter(range(low, high, size))
    ahead: list[Future[Part]] = []
    most = 4 * (os.cpu_count() or 1) + 16
    try:
        while True:
            for first in starts:
                ahead.append(pool.submit(fly, world, seed, first, min(size, high - first)))
                if len(ahead) >= most:
                    break
            if not ahead:
                return
            yield ahead.pop(0).result()
    finally:
        for future in ahead:
            future.cancel()


class _Collected:
    """The parts put together."""

    def __init__(self, world: World, seed: int, replications: int) -> None:
        months = len(world.named.months) * len(MONTHLY)
        self.world, self.seed, self.asked, self.done = world, seed, replications, 0
        self.sums: Any = np.zeros((replications, len(MEASURES) + world.tables.posts.pool.size))
        self.tally: Any = np.zeros(TALLY + months, np.int64)
        self.squares: Any = np.zeros(months, np.int64)

    def add(self, part: Part) -> None:
        """Take a part in; parts come in order."""
        self.sums[part.first : part.first + part.sums.shape[0]] = part.sums
        self.tally += part.tally
        self.squares += part.squares
        self.done = part.first + part.sums.shape[0]

    def trials(self, stopped: str) -> Trials:
        """What there is so far."""
        posts, shape = self.world.tables.posts.pool.size, (len(self.world.named.months), len(MONTHLY))
        return Trials(
            seed=self.seed, asked=self.asked, stopped=stopped, days=self.world.days, theatre_min=self.world.theatre_min,
            month_names=self.world.named.months, off=self.world.off, replication=np.arange(self.done),
            sums=self.sums[: self.done, : len(MEASURES)], busy=self.sums[: self.done, len(MEASURES) :],
            months=np.stack([self.tally[TALLY:].reshape(shape), self.squares.reshape(shape)]),
            histogram=self.tally[: 2 * (BINS + 1)].reshape(2, BINS + 1).copy(),
            manned=self.tally[2 * (BINS + 1) : 2 * (BINS + 1) + posts + 1].copy(),
        )  # fmt: skip
