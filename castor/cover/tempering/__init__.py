"""Good sitings among thousands of sites: tempering, and the best of what its sitings agree on.

Copies of the siting are annealed side by side, each at a temperature of its own, and change places with the next by
chance (parallel tempering, Swendsen and Wang 1986, Geyer 1991): so they leave arrangements that a single run would keep
to. A step takes one vehicle and draws its place anew (heat bath). After each round every copy is quenched, and what
that ends in is good in different places. The sites that any of them opens are few, and on those alone the model is
solved in a moment, which joins the best parts of all (tour merging, Cook and Seymour 2003). A ladder of temperatures
that gains no more is begun anew from chance, and the best of all ladders are merged.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from castor.cover.rules import Floats
from castor.cover.search import Bools, Ints, Table, collapsed, hint, model, part, ranges
from castor.cover.tempering import kernel

__all__ = ["Tempering", "rows", "worth"]

COPIES, COLD, HOT = 14, 0.003, 0.014
"""Copies of the siting, and the temperatures of the coldest and the hottest, as shares of the weight there is per
vehicle."""
STEPS = 20
"""Steps per vehicle of a copy between two exchanges."""
END, QUENCH, STAGES = 0.002, 200, 20
"""A quench ends at this temperature; its steps per vehicle, and the stages in which it cools."""
FIRST, LONGEST = 50, 800
"""Exchanges of the first round of a ladder; each round has twice those of the one before, up to so many."""
COOLING = 3.0
"""A ladder begins so many times as hot as it is, and cools during its first round."""
STALE = 10
"""Rounds without gain after which a ladder is begun anew."""
SHARE = 0.8
"""Of the time that is left a round takes so much at most: what comes of it is still to be merged."""
SITES, TIMES, ALL = 300, 3, 5
"""Sitings are merged as long as they open no more sites than this, or than so many times the vehicles; those of all
ladders, than so many times."""
NODES, MOMENT = 300, 20.0
"""Nodes and seconds of HiGHS for one merger."""
KEPT = 400
"""So many of the best sitings are merged when a ladder gains no more."""
ROOM = 60_000_000
"""The copies are fewer where all together would hold more numbers than this: vehicles times sites for each."""


class Tempering:
    """The sitings found so far of one table (S sites, of which those with ``low`` 1 are forced) with p vehicles."""

    def __init__(self, whole: Table, low: Ints, p: int, left: Callable[[], float]) -> None:
        self.table, self.low, self.p, self.left = whole, low, p, left
        self.random = np.random.default_rng(1)
        self.ladder: list[kernel.Siting] = []
        """The copies, the coldest first, on ``rows``: the rows that the forced sites leave, by the ``free`` sites."""
        self.state: NDArray[np.int8] = np.zeros(0, np.int8)
        self.ends: list[tuple[float, Bools]] = []
        """What quenches and mergers ended in, the best first."""
        self.best: Bools | None = None
        """The best of this ladder."""
        self.found: list[Bools] = []
        """It, and what the copies were quenched to in the last round."""
        self.rounds = self.still = 0
        """Rounds of this ladder, and how many of the last did not gain."""

    def round(self, best: Bools, state: NDArray[np.int8], workers: int) -> list[Bools]:
        """Some exchanges among the sites of ``state`` (S,) 0, and a quench; beside them what the round before ended in
        is merged, and the best of all before if the ladder gains no more."""
        if not np.array_equal(state, self.state) and not self._climb(state):
            return []
        stale = self.still >= STALE
        with ThreadPoolExecutor(workers + 1 + stale) as pool:
            jobs = [pool.submit(self._merged, self.found, TIMES)] if self.found else []
            if stale:
                jobs.append(pool.submit(self._merged, [best, *(some for _, some in self.ends)], ALL))
            self._exchange(pool, min(FIRST * 2**self.rounds, LONGEST))
            twins = [self._copy(copy.opened, copy.inside.size) for copy in self.ladder]
            tops = [self._whole(some) for some in pool.map(self._quenched, twins, self.heat)]
            merged = [job.result() for job in jobs]
        self.rounds += 1
        self._keep([*merged, *tops])
        came = max([*merged, *tops], key=lambda some: worth(self.table, some))
        before = 0.0 if self.best is None else worth(self.table, best if stale else self.best)
        if worth(self.table, came) > before:
            self.best, self.still = came, 0
            if any(came is some for some in merged):
                self._cold(came)
        else:
            self.still += 1
        self.found = [*([] if self.best is None else [self.best]), *tops]
        if self.still > STALE:
            self.ladder, self.found, self.best, self.state = [], [], None, np.zeros(0, np.int8)
        return [came]

    def _climb(self, state: NDArray[np.int8]) -> bool:
        """Place the copies among the free sites: where they were, or by chance; False if there is no choice, or it is
        too large."""
        t, before = self.table, [self._whole(s.opened) for s in self.ladder]
        forced, self.free = np.flatnonzero(state > 0), np.flatnonzero(state == 0)
        wanted = self.p - forced.size
        copies = min(COPIES, ROOM // max(1, wanted * self.free.size))
        if not 0 < wanted < self.free.size or copies < 2:
            return False
        rest = np.ones(t.weight.size, np.bool_)
        rest[t.row[ranges(t.begin[forced], t.begin[forced + 1] - t.begin[forced])]] = False
        small = collapsed(part(t, np.flatnonzero(rest), self.free))
        self.state, self.rows = state.copy(), rows(small)
        if not before:
            self.rounds = self.still = 0
            before = [np.zeros(t.sites, np.bool_)] * copies
        self.ladder = [self._copy(opened[self.free], wanted) for opened in before]
        self.heat: Floats = small.weight.sum() / wanted * np.geomspace(COLD, HOT, len(before))
        return True

    def _copy(self, opened: Bools, wanted: int) -> kernel.Siting:
        """A siting of so many sites: those that are open, and the others by chance."""
        inside, outside = (self.random.permutation(np.flatnonzero(some)) for some in (opened, ~opened))
        opened = np.zeros(opened.size, np.bool_)
        opened[np.concatenate([inside, outside])[:wanted]] = True
        sites, covered = opened.size, self.rows.weight.size
        inside, times, owner, likely = (np.zeros(n, np.int64) for n in (wanted, covered, covered, sites))
        score, loss, gain, chances = (np.zeros(n) for n in (2, wanted, sites, sites))
        chance, both = self.random.integers(1, 2**63, 1, np.uint64), np.zeros((wanted, sites))
        copy = kernel.Siting(
            opened, opened.copy(), score, chance, inside, times, owner, loss, gain, both, likely, chances
        )  # fmt: skip
        kernel.settle(self.rows, copy)
        return copy

    def _exchange(self, pool: ThreadPoolExecutor, times: int) -> None:
        """Anneal all copies, and let neighbours on the ladder change places, so many times."""
        steps, heat = STEPS * self.ladder[0].inside.size, self.heat
        ends = time.monotonic() + SHARE * self.left()
        for turn in range(times):
            if time.monotonic() > ends:
                break
            hot = heat * max(1.0, COOLING ** (1.0 - turn / (times - 1))) if self.rounds == 0 else heat
            list(pool.map(lambda copy, some: kernel.heat_bath(self.rows, copy, steps, some), self.ladder, hot))
            for k in range(turn % 2, len(self.ladder) - 1, 2):
                colder, hotter = self.ladder[k : k + 2]
                price = (hotter.score[0] - colder.score[0]) * (1.0 / heat[k] - 1.0 / heat[k + 1])
                if price >= 0.0 or self.random.random() < np.exp(price):
                    self.ladder[k : k + 2] = hotter, colder

    def _quenched(self, copy: kernel.Siting, heat: float) -> Bools:
        """The best siting met while a copy cools to the end."""
        steps = QUENCH // STAGES * copy.inside.size
        for some in np.geomspace(heat, self.heat[0] * END / COLD, STAGES):
            if self.left() > 0.0:
                kernel.heat_bath(self.rows, copy, steps, some)
        return copy.top

    def _cold(self, opened: Bools) -> None:
        """Give the coldest copy a siting, unless sites of it are fixed as not worth opening."""
        copy = self.ladder[0]
        if int(opened[self.free].sum()) == copy.inside.size:
            copy.opened[:] = opened[self.free]
            kernel.settle(self.rows, copy)

    def _keep(self, sitings: list[Bools]) -> None:
        kept = [*self.ends, *((worth(self.table, some), some) for some in sitings)]
        self.ends = sorted(kept, key=lambda one: -one[0])[:KEPT]

    def _whole(self, opened: Bools) -> Bools:
        """A siting of the free sites with the forced ones (S,)."""
        some = self.state > 0
        some[self.free[opened]] = True
        return some

    def _merged(self, sitings: list[Bools], times: int) -> Bools:
        """The best siting that HiGHS finds among the sites of the best of some sitings, so many times the vehicles."""
        order = sorted(sitings, key=lambda some: -worth(self.table, some))
        union = order[0]
        for some in order[1:]:
            if int((union | some).sum()) <= max(SITES, times * self.p):
                union = union | some
        columns = np.flatnonzero(union)
        if columns.size == self.p:
            return order[0]
        t = collapsed(part(self.table, np.arange(self.table.weight.size), columns))
        program = model(t, self.low[columns].astype(np.float64), self.p)
        answer = program.solve(min(MOMENT, self.left()), hint=hint(t, order[0][columns]), nodes=NODES)
        if answer.x is None:
            return order[0]
        opened = np.zeros(self.table.sites, np.bool_)
        opened[columns[answer.x[: columns.size] > 0.5]] = True
        return opened


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
