"""Good sitings among thousands of sites: tempering, and the best of what its sitings agree on.

Copies of the siting are annealed side by side, each at a temperature of its own, and change places with the next by
chance (parallel tempering, Swendsen and Wang 1986, Geyer 1991): so they leave arrangements that a single run would keep
to. A step takes one vehicle and draws its place anew (heat bath). After each round every copy is quenched, and what
that ends in is good in different places. The sites that any of them opens are few, and on those alone the model is
solved in a moment, which joins the best parts of all (tour merging, Cook and Seymour 2003). A ladder of temperatures
that gains no more is begun anew from chance, and the ends of all are merged beside the next. In each a site costs
the more the more of those before ended with it (guided local search, Voudouris and Tsang 1999), little or much by
chance: so they do not end alike, in an arrangement that has many good neighbours, where a better one has few.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from castor.cover.rules import Floats
from castor.cover.search import Bools, Ints, Table, collapsed, hint, model, part, ranges
from castor.cover.tempering import kernel

__all__ = ["Tempering", "rows", "worth"]

COLD, HOT, RATIO = 0.003, 0.014, 1.125
"""The temperatures of the coldest and the hottest copy, as shares of the weight there is per vehicle, and how much
hotter one copy is than the next."""
LEAST = 0.057
"""The hottest is no hotter than this share of the least that a vehicle covers alone, but twice the coldest at least."""
STEPS = 20
"""Steps per vehicle of a copy between two exchanges."""
END, QUENCH, STAGES = 0.002, 200, 20
"""A quench ends at this temperature; its steps per vehicle, and the stages in which it cools."""
FIRST, LONGEST = 50, 800
"""Exchanges of the first round of a ladder; each round has twice those of the one before, up to so many."""
COOLING = 3.0
"""A ladder begun from chance is so many times as hot at first, and cools during its first round."""
AWAY = 0.001
"""What a site that all ladders ended with costs in the next, on average, as a share of the weight there is per
vehicle."""
SHARE = 0.8
"""Of the time that is left a round takes so much at most: what comes of it is still to be merged."""
SITES, TIMES = 300, 3
"""Sitings of one ladder are merged as long as they open no more sites than this, or than so many times the vehicles."""
NODES, MOMENT = 300, 20.0
"""Nodes and seconds of HiGHS for one merger."""
WIDE, MORE, FEWER, LONG = 5.0, 1.1, 0.95, 60.0
"""The ends of all ladders are merged as long as they open no more sites than so many times the vehicles, of which the
next merger has so much more if HiGHS came to its end within so many seconds, else fewer."""
AWAIT = 1600
"""A merger of ends is awaited when a ladder ends after so many exchanges."""
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
        self.price: Floats = np.zeros(whole.sites)
        """What each site costs on this ladder (S,)."""
        self.found: list[Bools] = []
        """The best of this ladder, and what the copies were quenched to in the last round, the best first."""
        self.rounds = 0
        self.ends: list[list[Bools]] = []
        """What each ladder had found when it ended."""
        self.start: Bools | None = None
        """The siting that the next ladder begins at, if not by chance."""
        self.wide = WIDE
        self.beside = ThreadPoolExecutor(1)
        self.merger: Future[Bools] | None = None
        """The merger of the ends, which runs beside the next ladders."""
        self.turns = 0
        """Exchanges since it began."""

    def round(self, best: Bools, state: NDArray[np.int8], workers: int) -> list[Bools]:
        """Some exchanges among the sites of ``state`` (S,) 0, and a quench; beside them what the round before ended in
        is merged. A ladder ends with the first round that gains nothing. Empty if there is no choice, or too large a
        one."""
        if not np.array_equal(state, self.state) and not self._climb(best, state):
            return []
        with ThreadPoolExecutor(workers + 1) as pool:
            most = max(SITES, TIMES * self.p)
            job = pool.submit(self._merged, self.found, most, MOMENT, NODES) if self.found else None
            times = min(FIRST * 2**self.rounds, LONGEST)
            self._exchange(pool, times)
            twins = [self._copy(copy.opened, copy.inside.size) for copy in self.ladder]
            tops = [self._whole(some) for some in pool.map(self._quenched, twins, self.heat)]
            merged = [job.result()[0]] if job else []
        self.rounds += 1
        self.turns += times
        came, before = self._sorted([*merged, *tops]), self.found[:1]
        gained = not before or worth(self.table, came[0]) > worth(self.table, before[0])
        if gained and any(came[0] is some for some in merged):
            self._cold(came[0])
        self.found = self._sorted([*before, *([came[0]] if gained else []), *tops])
        return [came[0]] if gained else [came[0], *self._end()]

    def last(self) -> list[Bools]:
        """What the merger that still runs finds, when it has."""
        merger, self.merger = self.merger, None
        return [] if merger is None else [merger.result()]

    def _end(self) -> list[Bools]:
        """Leave this ladder; when it is time, what the merger before found, and the next: of the ends of all."""
        self.ends.append(self.found)
        self.ladder, self.found, self.state, self.start = [], [], np.zeros(0, np.int8), None
        if self.merger is not None and self.turns < AWAIT:
            return []
        merged = self.last()
        for some in merged:
            if worth(self.table, some) > max(worth(self.table, end[0]) for end in self.ends):
                self.start = some
                self.ends.append([some])
        ends = sorted(self.ends, key=lambda some: -worth(self.table, some[0]))
        deep = max(len(some) for some in ends)
        order = [some[k] for k in range(deep) for some in ends if k < len(some)]
        self.merger, self.turns = self.beside.submit(self._joined, order), 0
        return merged

    def _joined(self, sitings: list[Bools]) -> Bools:
        found, closed = self._merged(sitings, int(self.wide * self.p), LONG)
        self.wide *= MORE if closed else FEWER
        return found

    def _climb(self, best: Bools, state: NDArray[np.int8]) -> bool:
        """Place the copies among the free sites: where they were, or anew; False if there is no choice, or it is too
        large."""
        t, before = self.table, [self._whole(s.opened) for s in self.ladder]
        forced, self.free = np.flatnonzero(state > 0), np.flatnonzero(state == 0)
        wanted = self.p - forced.size
        room = ROOM // max(1, wanted * self.free.size)
        if not 0 < wanted < self.free.size or room < 2:
            return False
        rest = np.ones(t.weight.size, np.bool_)
        rest[t.row[ranges(t.begin[forced], t.begin[forced + 1] - t.begin[forced])]] = False
        small = collapsed(part(t, np.flatnonzero(rest), self.free))
        self.state, self.rows, each = state.copy(), rows(small), small.weight.sum() / wanted
        if not before:
            self.hot = max(2.0 * COLD, min(HOT, LEAST * self._least(best) / each))
            copies = min(room, 1 + round(np.log(self.hot / COLD) / np.log(RATIO)))
            chance, begun = np.zeros(t.sites, np.bool_), self.start is not None
            before = [chance if self.start is None else self.start] * copies
            self.rounds, self.price = int(begun), np.zeros(t.sites)
            if self.ends and not begun:
                self.price = self.random.exponential(AWAY) * each * np.mean([some[0] for some in self.ends], axis=0)
        self.heat: Floats = each * np.geomspace(COLD, self.hot, len(before))
        self.ladder = [self._copy(opened[self.free], wanted, self.price[self.free]) for opened in before]
        return True

    def _least(self, opened: Bools) -> float:
        """The least weight that one of the open sites covers alone, those that are forced aside."""
        t, sites = self.table, np.flatnonzero(opened)
        each = [t.row[t.begin[j] : t.begin[j + 1]] for j in sites]
        times = np.bincount(np.concatenate(each), minlength=t.weight.size)
        alone = (float(t.weight[some[times[some] == 1]].sum()) for j, some in zip(sites, each) if not self.low[j])
        return min(alone, default=0.0)

    def _copy(self, opened: Bools, wanted: int, price: Floats | None = None) -> kernel.Siting:
        """A siting of so many sites: those that are open, and the others by chance."""
        inside, outside = (self.random.permutation(np.flatnonzero(some)) for some in (opened, ~opened))
        opened = np.zeros(opened.size, np.bool_)
        opened[np.concatenate([inside, outside])[:wanted]] = True
        sites, covered = opened.size, self.rows.weight.size
        inside, times, owner, likely = (np.zeros(n, np.int64) for n in (wanted, covered, covered, sites))
        score, loss, gain, chances = (np.zeros(n) for n in (2, wanted, sites, sites))
        price = np.zeros(sites) if price is None else price
        chance, both = self.random.integers(1, 2**63, 1, np.uint64), np.zeros((wanted, sites))
        copy = kernel.Siting(
            opened, opened.copy(), price, score, chance, inside, times, owner, loss, gain, both, likely, chances
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

    def _sorted(self, sitings: list[Bools]) -> list[Bools]:
        return sorted(sitings, key=lambda some: -worth(self.table, some))

    def _whole(self, opened: Bools) -> Bools:
        """A siting of the free sites with the forced ones (S,)."""
        some = self.state > 0
        some[self.free[opened]] = True
        return some

    def _merged(self, sitings: list[Bools], most: int, moment: float, nodes: int | None = None) -> tuple[Bools, bool]:
        """The best siting that HiGHS finds among the sites of some sitings, the best of them first, which are no more
        than ``most``; and whether there is none better."""
        union = sitings[0]
        for some in sitings[1:]:
            if int((union | some).sum()) <= most:
                union = union | some
        columns = np.flatnonzero(union)
        if columns.size == self.p:
            return sitings[0], True
        t = collapsed(part(self.table, np.arange(self.table.weight.size), columns))
        program = model(t, self.low[columns].astype(np.float64), self.p)
        answer = program.solve(min(moment, self.left()), hint=hint(t, sitings[0][columns]), nodes=nodes)
        if answer.x is None:
            return sitings[0], False
        opened = np.zeros(self.table.sites, np.bool_)
        opened[columns[answer.x[: columns.size] > 0.5]] = True
        return opened, answer.proven


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
