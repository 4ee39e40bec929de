"""Good sitings among thousands of sites: tempering, and the best of what its sitings agree on.

Copies of a siting are annealed side by side, each at a temperature of its own, and change places with the next by
chance (parallel tempering, Swendsen and Wang 1986, Geyer 1991): so they leave arrangements that a single run would keep
to. A step takes one vehicle and draws its place anew (heat bath). Whatever comes down this ladder from the hottest to
the coldest is quenched, and good in different places. The sites that any of those open are few, and on them alone the
model is solved in a moment, which joins the best parts of all (tour merging, Cook and Seymour 2003). When a ladder
gains no more, another begins from chance, and the ends of all are merged beside the next. In every other ladder a site
costs the more the more of those before ended with it (guided local search, Voudouris and Tsang 1999): so they do not
all end in an arrangement that has many good neighbours, where a better one has few. What such a ladder ends in is
tempered once more without that cost.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from castor.cover.rules import Floats
from castor.cover.search import Bools, Ints, Table, collapsed, hint, model, part, ranges
from castor.cover.tempering import kernel

__all__ = ["Tempering", "rows", "worth"]

COPIES, HOT, COLD = 4, 0.010, 0.5
"""The copies on a ladder, the temperature of the hottest as a share of the weight there is per vehicle, and that of the
coldest as a share of it."""
LEAST, FEW = 0.031, 0.01
"""The hottest is no hotter than this share of the weight that vehicles of the best siting cover alone, where this share
of the vehicles covers less."""
TEPID = 0.003
"""The hottest is at least so hot."""
STEPS = 5
"""Steps per vehicle of a copy between two exchanges."""
ROUND, PATIENCE = 1000, 3
"""Exchanges of a round, and how many rounds without gain end a ladder."""
LOOK = 50
"""Exchanges between two looks at the clock."""
COOLING, COOL, SKIP = 3.0, 20, 333
"""A ladder begun from chance is so many times as hot at first, and cools in so many steps per vehicle and stage; what
comes down in so many exchanges after that is not looked at."""
QUENCH, STAGES, END = 400, 20, 0.0003
"""Steps per vehicle of a quench, the stages in which it cools, and the temperature at its end."""
AWAY = (0.0, 0.001, 0.002)
"""The ladders between two mergers of ends, run side by side: what a site that all before ended with costs in each, as a
share of the weight there is per vehicle."""
SHARE = 0.8
"""Of the time that is left a round takes so much at most: what comes of it is still to be merged."""
SITES, TIMES, MOMENT = 300, 3, 20.0
"""What one ladder found is merged as long as it opens no more sites than this, or than so many times the vehicles; the
seconds of HiGHS for that."""
WIDE, MORE, FEWER, LONG = 4.5, 1.1, 0.95, 60.0
"""The ends of all ladders are merged as long as they open no more sites than so many times the vehicles. The next
merger has so much more of them if HiGHS came to its end in half of so many seconds, and fewer if it did not in all."""
ENDS = 30
"""So many of the last sitings of a ladder are kept."""
ROOM = 60_000_000
"""Ladders whose copies would hold more numbers than this, vehicles times sites for each copy, are not run side by side,
and one alone not at all."""


class Tempering:
    """The sitings found so far of one table (S sites, of which those with ``low`` 1 are forced) with p vehicles.

    Whatever is found is handed to ``offer``, from any thread. All ends soon after ``left``, the seconds there are yet,
    is not above 0.
    """

    def __init__(
        self, whole: Table, low: Ints, p: int, left: Callable[[], float], offer: Callable[[Bools], None]
    ) -> None:
        self.table, self.low, self.p, self.left, self.offer = whole, low, p, left, offer
        self.ends: list[list[Bools]] = []
        """What each ladder had found when it ended, the best first."""
        self.start: Bools | None = None
        """The siting that the next ladder begins at, if not by chance."""
        self.wide = WIDE
        self.begun = 0
        """Ladders so far."""

    def generation(self, best: Bools, state: NDArray[np.int8], workers: int) -> bool:
        """Some ladders among the sites of ``state`` (S,) 0, and beside them the merger of the ends of those before.
        False if there is no choice, or too large a one, or nothing left to cover."""
        ground = self._ground(best, state)
        if ground is None:
            return False
        free, t = ground.free, self.table
        side = min(workers, ROOM // (COPIES * ground.wanted * free.size))
        ends = np.mean([some[0] for some in self.ends], axis=0) if self.ends else np.zeros(t.sites)
        with ThreadPoolExecutor(side) as pool:
            try:
                merger = pool.submit(self._joined) if len(self.ends) > 1 else None
                jobs = []
                for k, away in enumerate(AWAY):
                    ladder = _Ladder(self, ground, away * ground.each * ends[free], self.begun + k)
                    jobs.append(pool.submit(ladder.run, self.start if k == 0 else None))
                self.start = None if merger is None else merger.result()
                came = [job.result() for job in jobs]
            except BaseException:  # an interrupt too: the pool waits for what still runs
                self.left = lambda: 0.0
                raise
        self.begun += len(AWAY)
        self.ends += [some for some in ([] if self.start is None else [self.start], *came) if some]
        return True

    def _ground(self, best: Bools, state: NDArray[np.int8]) -> _Ground | None:
        t = self.table
        forced, free = np.flatnonzero(state > 0), np.flatnonzero(state == 0)
        wanted = self.p - forced.size
        if not 0 < wanted < free.size or COPIES * wanted * free.size > ROOM:
            return None
        rest = np.ones(t.weight.size, np.bool_)
        rest[t.row[ranges(t.begin[forced], t.begin[forced + 1] - t.begin[forced])]] = False
        small = collapsed(part(t, np.flatnonzero(rest), free))
        each = float(small.weight.sum()) / wanted
        if each <= 0.0:
            return None
        hot = max(TEPID * each, min(HOT * each, LEAST * self._alone(best)))
        return _Ground(rows(small), free, state > 0, wanted, each, hot)

    def _joined(self) -> Bools | None:
        """The merger of the ends of all ladders: the best of each, the second of each, and so on; None if it is no
        better than the best of them."""
        ends = sorted(self.ends, key=lambda some: -worth(self.table, some[0]))
        order = [some[k] for k in range(ENDS) for some in ends if k < len(some)]
        began = time.monotonic()
        found, closed = self.merged(order, int(self.wide * self.p), LONG)
        if not closed:
            self.wide *= FEWER
        elif time.monotonic() - began < 0.5 * LONG:
            self.wide *= MORE
        return found if worth(self.table, found) > worth(self.table, order[0]) else None

    def _alone(self, opened: Bools) -> float:
        """What an open site that is not forced covers alone, where the share ``FEW`` of them covers less."""
        t, sites = self.table, np.flatnonzero(opened)
        each = [t.row[t.begin[j] : t.begin[j + 1]] for j in sites]
        times = np.bincount(np.concatenate(each), minlength=t.weight.size)
        alone = [float(t.weight[some[times[some] == 1]].sum()) for j, some in zip(sites, each) if not self.low[j]]
        return float(np.quantile(alone, FEW)) if alone else 0.0

    def merged(self, sitings: list[Bools], most: int, moment: float) -> tuple[Bools, bool]:
        """The best siting that HiGHS finds in so many seconds among the sites of some sitings, the best of them first,
        which are no more than ``most``; and whether there is none better."""
        union = sitings[0]
        for some in sitings[1:]:
            if int((union | some).sum()) <= most:
                union = union | some
        columns = np.flatnonzero(union)
        if columns.size == self.p:
            return sitings[0], True
        t = collapsed(part(self.table, np.arange(self.table.weight.size), columns))
        program = model(t, self.low[columns].astype(np.float64), self.p)
        start = hint(t, sitings[0][columns])
        answer = program.solve(min(moment, self.left()), hint=start, enough=lambda: self.left() <= 0.0)
        if answer.x is None:
            return sitings[0], False
        opened = np.zeros(self.table.sites, np.bool_)
        opened[columns[answer.x[: columns.size] > 0.5]] = True
        self.offer(opened)
        return opened, answer.proven


class _Ground(NamedTuple):
    """Where ladders stand: the ``rows`` that the forced sites (S,) leave, by the ``free`` ones, of which so many are
    ``wanted``; the weight there is for each, and the temperature of the hottest copy."""

    rows: kernel.Rows
    free: Ints
    forced: Bools
    wanted: int
    each: float
    hot: float


class _Ladder:
    """Copies of a siting at rising temperatures, where each free site costs a ``price`` in units of weight."""

    def __init__(self, search: Tempering, ground: _Ground, price: Floats, number: int) -> None:
        self.search, self.ground, self.price = search, ground, price
        self.random = np.random.default_rng([1, number])
        self.chance = self.random.integers(1, 2**63, 1, np.uint64)
        self.heat: Floats = np.geomspace(COLD * ground.hot, ground.hot, COPIES)
        self.place, self.came = np.arange(COPIES), np.zeros(COPIES, np.bool_)
        """Which copy is at each temperature; which were at the hottest since they were at the coldest."""

    def run(self, start: Bools | None) -> list[Bools]:
        """Rounds, from a siting (S,) or from chance, until some gain nothing, and where sites cost something, from what
        that ends in again without: the best siting, and what the last round found."""
        found = self._rounds([] if start is None else [start])
        if self.price.any() and found:
            self.price = np.zeros(self.price.size)
            found = self._rounds(found)
        return found[:ENDS]

    def _rounds(self, found: list[Bools]) -> list[Bools]:
        search, still = self.search, 0
        if search.left() > 0.0:
            self._begin(found[0] if found else None)
        while still < PATIENCE and search.left() > 0.0:
            before = worth(search.table, found[0]) if found else -np.inf
            came = [*found[:1], *self._round(0 if found else SKIP)]
            found = sorted(came, key=lambda some: -worth(search.table, some))
            merged, _ = search.merged(found, max(SITES, TIMES * search.p), MOMENT)
            if worth(search.table, merged) > worth(search.table, found[0]):
                found.insert(0, merged)
                self._cold(merged)
            still = 0 if worth(search.table, found[0]) > before else still + 1
        return found

    def _begin(self, start: Bools | None) -> None:
        free, wanted = self.ground.free, self.ground.wanted
        opened = np.zeros(free.size, np.bool_) if start is None else start[free]
        self.copies = tuple(self._copy(opened, self.price) for _ in range(COPIES))
        for more in np.geomspace(COOLING, 1.0, STAGES) if start is None else ():
            for copy, heat in zip(self.copies, self.heat):
                if self.search.left() > 0.0:
                    kernel.heat_bath(self.ground.rows, copy, COOL * wanted, more * heat)

    def _copy(self, opened: Bools, price: Floats) -> kernel.Siting:
        """A siting of as many of the free sites as are wanted: those that are open, and others by chance."""
        wanted, sites, covered = self.ground.wanted, opened.size, self.ground.rows.weight.size
        first, others = (self.random.permutation(np.flatnonzero(some)) for some in (opened, ~opened))
        opened = np.zeros(sites, np.bool_)
        opened[np.concatenate([first, others])[:wanted]] = True
        inside, times, owner, likely = (np.zeros(n, np.int64) for n in (wanted, covered, covered, sites))
        score, loss, gain, chances = (np.zeros(n) for n in (2, wanted, sites, sites))
        chance, both = self.random.integers(1, 2**63, 1, np.uint64), np.zeros((wanted, sites))
        copy = kernel.Siting(
            opened, opened.copy(), price, score, chance, inside, times, owner, loss, gain, both, likely, chances
        )  # fmt: skip
        kernel.settle(self.ground.rows, copy)
        return copy

    def _round(self, skip: int) -> list[Bools]:
        """Exchanges, and the quench of each siting that comes down after the first ``skip``; of the coldest at least
        (S,)."""
        ground, found, turns = self.ground, [], 0
        ends = time.monotonic() + SHARE * self.search.left()
        while turns < ROUND and time.monotonic() < ends:
            steps, times = STEPS * ground.wanted, min(LOOK, ROUND - turns)
            some, down = kernel.exchange(
                ground.rows, self.copies, self.place, self.came, steps, self.heat, times, self.chance
            )
            turns += some
            if down and turns > skip:
                found.append(self._quenched())
        return found or [self._quenched()]

    def _quenched(self) -> Bools:
        """The best siting met while the coldest copy cools to the end, where no site costs anything (S,)."""
        ground = self.ground
        copy = self._copy(self.copies[self.place[0]].opened, np.zeros(ground.free.size))
        for heat in np.geomspace(self.heat[0], END * ground.each, STAGES):
            if self.search.left() > 0.0:
                kernel.heat_bath(ground.rows, copy, QUENCH // STAGES * ground.wanted, heat)
        whole = ground.forced.copy()
        whole[ground.free[copy.top]] = True
        self.search.offer(whole)
        return whole

    def _cold(self, opened: Bools) -> None:
        """Give the coldest copy a siting (S,), unless sites of it are no longer free."""
        copy = self.copies[self.place[0]]
        if int(opened[self.ground.free].sum()) == self.ground.wanted:
            copy.opened[:] = opened[self.ground.free]
            self.came[self.place[0]] = False
            kernel.settle(self.ground.rows, copy)


def rows(t: Table) -> kernel.Rows:
    """A table as the kernel takes it: indices without a sign, which need no look at whether they count from the end."""
    near = kernel.neighbours(t.start, t.column, t.begin, t.row)
    column, row = t.column.astype(np.uint32), t.row.astype(np.uint32)
    return kernel.Rows(t.start, column, t.begin, row, t.weight, *near)


def worth(t: Table, opened: Bools) -> float:
    """The weight that the open sites (S,) cover."""
    seen, sites = np.zeros(t.weight.size, np.bool_), np.flatnonzero(opened)
    seen[t.row[ranges(t.begin[sites], t.begin[sites + 1] - t.begin[sites])]] = True
    return float(t.weight[seen].sum())
