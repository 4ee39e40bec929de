"""Maximal covering at any size: bound, search and proof of ``mclp`` with one vehicle type.

Small cases end in a branch and bound of our own on the Lagrangian bound, in milliseconds. What that does not close in a
moment goes to HiGHS, reduced by what the bound has fixed. Thousands of sites are first improved region by region: a few
neighbouring vehicles are taken up and set down again as well as can be (large neighbourhood search, Shaw 1998), and the
linear relaxation gives the bound. Whatever stops first, the bound is valid.
"""

from __future__ import annotations

import threading
import time

import msgspec
import numpy as np
from numpy.typing import NDArray

from castor.cover.program import Program
from castor.cover.rules import Floats
from castor.cover.search import kernel
from castor.cover.siting import Case

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MOMENT = 1.5
"""Seconds of processor time for branch and bound before HiGHS is called."""
IDLE = 1500
"""So many regions without gain end the search by regions."""
SWAPS, SWAPS_WIDE = (100, 10), (1000, 25)
"""Steps of the tabu search at the start, and for how many a site that was moved stays; with many free sites, more."""
WIDE = 400
"""With more free sites than this the search by regions comes before HiGHS."""


class Table(msgspec.Struct, frozen=True, eq=False):
    """Rows and columns both ways: ``start`` (R + 1,), ``column``; ``begin`` (S + 1,), ``row``; ``weight`` (R,)."""

    start: Ints
    column: Ints
    begin: Ints
    row: Ints
    weight: Floats

    @property
    def sites(self) -> int:
        """Number of columns S."""
        return self.begin.size - 1


def table(start: Ints, column: Ints, weight: Floats, sites: int) -> Table:
    """A table from its rows."""
    rows = np.repeat(np.arange(weight.size), np.diff(start))
    order = np.argsort(column, kind="stable")
    begin = np.concatenate(([0], np.cumsum(np.bincount(column, minlength=sites))))
    return Table(start.astype(np.int64), column.astype(np.int64), begin.astype(np.int64), rows[order], weight)


def part(whole: Table, rows: Ints, columns: Ints) -> Table:
    """The table of some rows and columns, both renumbered."""
    number = np.full(whole.sites, -1)
    number[columns] = np.arange(columns.size)
    size = whole.start[rows + 1] - whole.start[rows]
    entries = number[whole.column[ranges(whole.start[rows], size)]]
    keep = entries >= 0
    start = np.concatenate(([0], np.cumsum(keep)))[np.concatenate(([0], np.cumsum(size)))]
    return table(start, entries[keep], whole.weight[rows], columns.size)


def ranges(start: Ints, size: Ints) -> Ints:
    """The numbers start[k], ..., start[k] + size[k] - 1 of every k, one after the other."""
    ends = np.cumsum(size)
    total = int(ends[-1]) if size.size else 0
    return np.asarray(np.arange(total) + np.repeat(start - (ends - size), size), np.int64)


def undominated(whole: Table, allowed: Bools, kept: Bools) -> Bools:
    """The allowed sites (S,) that are not covered by another allowed one; those ``kept`` stay in any case."""
    words = np.zeros((whole.sites, (whole.weight.size + 63) // 64), np.uint64)
    rows = whole.row
    columns = np.repeat(np.arange(whole.sites), np.diff(whole.begin))
    np.bitwise_or.at(words, (columns, rows >> 6), np.uint64(1) << (rows & 63).astype(np.uint64))
    useful = allowed & (np.diff(whole.begin) > 0)
    return np.asarray((useful & ~kernel.dominated(words, True, useful)) | kept)


class Maximal:
    """The state of one solve: the best siting, its value, the bound, and the sites still free."""

    def __init__(self, case: Case, whole: Table) -> None:
        assert case.p is not None
        self.case, self.table = case, whole
        self.p = int(case.p[0])
        self.low = np.minimum(case.low[0], 1)
        self.allowed: Bools = case.high[0] > 0
        self.useful = undominated(whole, self.allowed, self.low > 0)
        self.wanted = min(self.p, int(self.useful.sum()))
        self.high = self.useful.astype(np.int64)
        self.state = np.where(self.useful, self.low, -1).astype(np.int8)
        self.opened: Bools = self.low > 0
        self.value, self.bound = 0.0, float(whole.weight.sum())
        self.now, self.now_value = self.opened, 0.0
        self.lock = threading.Lock()
        self.support = np.zeros(whole.sites, np.bool_)
        self.random = np.random.default_rng(0)

    @property
    def least(self) -> float:
        """The least by which a better siting must be better."""
        if (self.table.weight == np.rint(self.table.weight)).all():
            return 1.0 - 1e-6
        return max(1e-9 * abs(self.value), 1e-12)

    def closed(self) -> bool:
        """Whether the gap asked for is reached."""
        return self.bound < self.value + self.least or self.bound - self.value <= self.case.gap * abs(self.value)

    def run(self, price: Floats | None = None) -> Floats:
        """Solve; returns the prices (R,) of the rows at the root, to start the next case from."""
        self._greedy()
        self._swap(*(SWAPS_WIDE if int(self.useful.sum()) > WIDE else SWAPS))
        price = self._root(price)
        if not self.closed():
            self._branch(price.copy())
        if not self.closed() and self.case.left() > 0.0:
            if int((self.state == 0).sum()) > WIDE:
                self._wide()
            else:
                self._highs(self.case.left())
        if self.bound < self.value + self.least:
            self.bound = self.value
        return price

    def vehicles(self) -> Ints:
        """The siting (S,), with vehicles that add nothing put where there is room."""
        chosen = self.opened.astype(np.int64)
        room = np.minimum(self.case.high[0], self.case.capacity) - chosen
        chosen[np.flatnonzero(room > 0)[: max(0, self.p - int(chosen.sum()))]] += 1
        extra = self.p - int(chosen.sum())
        for site in np.flatnonzero(room > 1):
            more = min(extra, int(room[site]) - 1)
            chosen[site] += more
            extra -= more
        return chosen

    def _greedy(self) -> None:
        t = self.table
        entry = np.repeat(np.arange(t.sites), np.diff(t.begin))
        left = t.weight.copy()
        for j in np.flatnonzero(self.opened):
            left[t.row[t.begin[j] : t.begin[j + 1]]] = 0.0
        for _ in range(self.wanted - int(self.opened.sum())):
            gain = np.bincount(entry, left[t.row], t.sites)
            gain[self.opened | ~self.useful] = -1.0
            best = int(gain.argmax())
            self.opened[best] = True
            left[t.row[t.begin[best] : t.begin[best + 1]]] = 0.0

    def _swap(self, steps: int, tenure: int) -> None:
        t = self.table
        self.value = float(
            kernel.cover_swap(
                t.start, t.column, t.begin, t.row, t.weight, self.opened, self.low, self.high, steps, tenure, 1
            )
        )

    def _root(self, price: Floats | None) -> Floats:
        t = self.table
        price = 0.5 * t.weight if price is None else np.minimum(price, t.weight)
        share = np.full(t.sites, 0.5)
        bound, self.value = kernel.cover_node(
            t.start, t.column, t.begin, t.row, t.weight, self.state, self.wanted, price, self.value, self.least, 300,
            self.opened, share,
        )  # fmt: skip
        self.bound = max(self.value, min(self.bound, float(bound)))
        return price

    def _branch(self, price: Floats) -> None:
        """Branch and bound for a moment; the bound of what stays open is kept if it does not end."""
        t = self.table
        deep = int(max(4, min(2000, 2e7 // max(1, t.weight.size))))
        states = np.zeros((deep, t.sites), np.int8)
        prices, bounds = np.zeros((deep, t.weight.size)), np.full(deep, np.inf)
        states[0], prices[0], bounds[0], depth = self.state, price, self.bound, 1
        ends = time.thread_time() + min(MOMENT, self.case.left())
        while depth > 0 and time.thread_time() < ends and self.case.left() > 0.0 and depth + 1 < deep:
            depth, self.value, _ = kernel.cover_search(
                t.start, t.column, t.begin, t.row, t.weight, self.wanted, states, prices, bounds, depth, self.value,
                self.least, self.opened, 20, 40,
            )  # fmt: skip
        self.bound = min(self.bound, max([self.value, *bounds[:depth]]))

    def _highs(self, seconds: float) -> None:
        """HiGHS on the sites that are not fixed, from the best siting; its bound holds for anything better than
        that."""
        free = np.flatnonzero(self.state >= 0)
        rows = np.arange(self.table.weight.size)
        t = part(self.table, rows, free)
        t = part(t, np.flatnonzero(np.diff(t.start) > 0), np.arange(free.size))
        program = self._program(t, free)
        before = self.value
        answer = program.solve(seconds, self.case.gap, self._hint(t, free) if self._inside(free) else None)
        bound = self.value if answer.infeasible else max(before, answer.bound)
        if answer.x is not None:
            opened = np.zeros(self.table.sites, np.bool_)
            opened[free[answer.x[: free.size] > 0.5]] = True
            self._offer(opened)
        self.bound = max(self.value, min(self.bound, bound))

    def _program(self, t: Table, free: Ints) -> Program:
        program, n = Program(maximise=True), t.weight.size
        program.columns(free.size, 0.0, (self.state[free] > 0).astype(float), 1.0, integer=True)
        z = program.columns(n, t.weight)
        own = t.start[1:] + np.arange(n)
        index, value = np.empty(t.column.size + n, np.int64), np.ones(t.column.size + n)
        mask = np.zeros(index.size, np.bool_)
        mask[own] = True
        index[own], value[own] = z + np.arange(n), -1.0
        index[~mask] = t.column
        program.rows(0.0, np.inf, t.start + np.arange(n + 1), index, value)
        program.row(self.wanted, self.wanted, np.arange(free.size))
        return program

    def _inside(self, free: Ints) -> bool:
        return bool(np.isin(np.flatnonzero(self.opened), free).all() and (self.opened[self.state > 0]).all())

    def _hint(self, t: Table, free: Ints) -> Floats:
        x = self.opened[free].astype(float)
        reached = np.add.reduceat(x[t.column], t.start[:-1]) > 0 if t.column.size else np.zeros(0)
        return np.concatenate([x, reached.astype(float)])

    def _offer(self, opened: Bools) -> None:
        value = self._worth(opened)
        with self.lock:
            if value > self.value:
                self.value, self.opened = value, opened.copy()

    def _worth(self, opened: Bools) -> float:
        t = self.table
        seen = np.zeros(t.weight.size, np.bool_)
        sites = np.flatnonzero(opened)
        seen[t.row[ranges(t.begin[sites], t.begin[sites + 1] - t.begin[sites])]] = True
        return float(t.weight[seen].sum())

    def _wide(self) -> None:
        """Search by regions, while another thread proves; HiGHS and the kernels run without the interpreter's lock."""
        price = self._relaxed(self.case.left())
        if price is not None:
            self._tighten(price)
        left = self.case.left()
        self._regions(time.perf_counter() + min(0.2 * left, 30.0), None)
        if price is not None:
            self._tighten(price)
        if self.closed() or self.case.left() == 0.0:
            return
        proof = threading.Thread(target=self._prove)
        proof.start()
        self._regions(np.inf, proof)
        proof.join()

    def _prove(self) -> None:
        self._highs(self.case.left())

    def _tighten(self, price: Floats) -> None:
        t = self.table
        found = np.zeros(t.sites, np.bool_)
        bound, value = kernel.cover_node(
            t.start, t.column, t.begin, t.row, t.weight, self.state, self.wanted, price, self.value, self.least, 60,
            found, np.full(t.sites, 0.5),
        )  # fmt: skip
        self.bound = max(self.value, min(self.bound, float(bound)))
        if value > self.value:
            self._offer(found)

    def _relaxed(self, seconds: float) -> Floats | None:
        """Prices (R,) of the rows in the linear relaxation, by an interior point; any prices give a valid bound.

        The sites that it uses at all are kept as ``support``, where large regions look for better sitings.
        """
        free = np.flatnonzero(self.state >= 0)
        rows = np.arange(self.table.weight.size)
        found = self._program(part(self.table, rows, free), free).relaxed(seconds)
        if found is None:
            return None
        self.support[free[found[0][: free.size] > 0.01]] = True
        return np.clip(np.abs(found[1][: rows.size]), 0.0, self.table.weight)

    def _regions(self, ends: float, while_alive: threading.Thread | None) -> None:
        """Take up a few neighbouring vehicles (and some that are worth least) and set them down again, better.

        Small regions look among all sites, large ones among those that the linear relaxation uses.
        """
        idle = 0
        if self.value > self.now_value:
            self.now, self.now_value = self.opened.copy(), self.value
        while idle < IDLE or while_alive is not None:
            if while_alive is not None and not while_alive.is_alive():
                break
            if time.perf_counter() > ends or self.case.left() == 0.0 or self.closed():
                break
            if idle >= IDLE:
                time.sleep(0.02)
                continue
            large = self.support.any() and self.random.random() < 0.6
            size = int(self.random.integers(10, 26) if large else self.random.integers(4, 9))
            idle = 0 if self._region(size, bool(large)) else idle + 1
            if idle and idle % 120 == 0:
                self._kick()

    def _kick(self) -> None:
        """Go on from the best siting so far with one region set down at random."""
        self.now = self.opened.copy()
        movable = np.flatnonzero(self.now & (self.low == 0))
        near, ball = self._ball(int(self.random.choice(movable)), min(int(self.random.integers(8, 20)), movable.size))
        pool = np.setdiff1d(ball[self.support[ball] | (self.high[ball] > 0)], np.flatnonzero(self.now))
        self.now[near] = False
        pool = np.concatenate([pool, near])
        chance = np.where(self.support[pool], 5.0, 1.0)
        self.now[self.random.choice(pool, near.size, replace=False, p=chance / chance.sum())] = True
        self.now_value = self._worth(self.now)

    def _region(self, size: int, large: bool = False) -> bool:
        t, opened = self.table, self.now
        count = np.zeros(t.weight.size, np.int64)
        sites = np.flatnonzero(opened)
        np.add.at(count, t.row[ranges(t.begin[sites], t.begin[sites + 1] - t.begin[sites])], 1)
        movable = sites[self.low[sites] == 0]
        if movable.size < 2:
            return False
        near, ball = self._ball(int(self.random.choice(movable)), min(size, movable.size))
        if self.random.random() < 0.7:
            near = np.union1d(near, self._cheap(movable, count))
        entries = ranges(t.begin[near], t.begin[near + 1] - t.begin[near])
        np.subtract.at(count, t.row[entries], 1)
        bare = count == 0
        left = np.where(bare, t.weight, 0.0)
        gain = np.add.reduceat(np.append(left[t.row], 0.0), t.begin[:-1])
        gain[(np.diff(t.begin) == 0) | (self.high == 0)] = 0.0
        gain[opened] = 0.0
        columns = np.union1d(near, np.union1d(ball[gain[ball] > 0.0], np.argsort(-gain)[:12]))
        allowed = self.support if large else self.high > 0
        taken = columns[allowed[columns] | np.isin(columns, near)]
        rows = np.unique(t.row[ranges(t.begin[taken], t.begin[taken + 1] - t.begin[taken])])
        rows = rows[bare[rows]]
        if rows.size == 0:
            return False
        small = part(t, rows, taken)
        return self._reset(small, taken, near)

    def _cheap(self, movable: Ints, count: Ints) -> Ints:
        t = self.table
        alone = np.where(count == 1, t.weight, 0.0)
        loss = np.array([alone[t.row[t.begin[j] : t.begin[j + 1]]].sum() for j in movable])
        return movable[np.argsort(loss * self.random.uniform(0.7, 1.3, loss.size))[: int(self.random.integers(1, 4))]]

    def _ball(self, center: int, size: int) -> tuple[Ints, Ints]:
        """The ``size`` movable vehicles that are nearest by shared rows, and all sites met on the way."""
        t = self.table
        seen, met = np.zeros(t.sites, np.bool_), [np.array([center])]
        seen[center] = True
        near, wave = [center], np.array([center])
        while len(near) < size and wave.size:
            rows = np.unique(t.row[ranges(t.begin[wave], t.begin[wave + 1] - t.begin[wave])])
            wave = np.unique(t.column[ranges(t.start[rows], t.start[rows + 1] - t.start[rows])])
            wave = wave[~seen[wave]]
            seen[wave] = True
            met.append(wave)
            open_ = wave[self.now[wave] & (self.low[wave] == 0)]
            near.extend(int(j) for j in self.random.permutation(open_)[: size - len(near)])
        return np.unique(near), np.concatenate(met)

    def _reset(self, small: Table, columns: Ints, near: Ints) -> bool:
        """Set the vehicles of ``near`` down anew among ``columns``, by branch and bound with few nodes."""
        before = np.isin(columns, near)
        seen = np.zeros(small.weight.size, np.bool_)
        for j in np.flatnonzero(before):
            seen[small.row[small.begin[j] : small.begin[j + 1]]] = True
        value = float(small.weight[seen].sum())
        useful = undominated(small, np.ones(columns.size, np.bool_), before)
        deep = 64
        states = np.zeros((deep, columns.size), np.int8)
        states[0] = np.where(useful, 0, -1)
        prices, bounds = np.zeros((deep, small.weight.size)), np.full(deep, np.inf)
        prices[0] = 0.5 * small.weight
        found = before.copy()
        _, better, _ = kernel.cover_search(
            small.start, small.column, small.begin, small.row, small.weight, int(before.sum()), states, prices, bounds,
            1, value, self.least, found, 60, 40,
        )  # fmt: skip
        if better <= value + 1e-9:
            return False
        self.now = self.now.copy()
        self.now[near] = False
        self.now[columns[found]] = True
        self.now_value = self._worth(self.now)
        self._offer(self.now)
        return True
