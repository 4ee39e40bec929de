"""Medians: the p sites with the least mean distance to the points."""

from __future__ import annotations

import time
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from castor.cover import kernel
from castor.cover.medians import kernel as medians
from castor.cover.program import Program
from castor.cover.rows import Rows
from castor.cover.rules import Floats, Places, Reach, Table, finite, lower
from castor.cover.siting import Case, Counts, Options, Siting
from castor.errors import Infeasible, MissionError, Problem

Bools = NDArray[np.bool_]
ROOT = (150, 150, 200, 300)
"""Subgradient steps at the root; sites that are fixed out leave the table after each round."""
STEPS = 30
"""Subgradient steps at a node of the search."""
BATCH = 50
"""Nodes between two looks at the clock."""
MOMENT = 2.0
"""Seconds for branch and bound before HiGHS is called, and at most for kicks."""
MOST = 20_000_000
"""HiGHS is not asked where its matrix could have more entries than this."""
KICKS = 60
"""So many times the best siting is disturbed and improved again."""


def table(reach: Reach) -> Floats:
    """The whole table (C, S) of a reach, in its own unit; infinite where a sparse table has no pair."""
    low = lower(reach)
    if isinstance(low, Places):
        if not isinstance(low.points, np.ndarray):
            raise MissionError([Problem("points", "an array: medians and centres need the whole table", read="blocks")])
        out = np.empty((low.points.shape[1], low.sites.shape[1]))
        tail = -low.limits(low.points, np.zeros(low.points.shape[1]))
        kernel.distances(low.points, low.sites, low.fixed, low.per_km, tail, low.shape, low.earth, out)
        return out
    if isinstance(low, Table):
        out = np.full((low.start.size - 1, low.sites), np.inf)
        rows = np.repeat(np.arange(low.start.size - 1), np.diff(low.start))
        np.minimum.at(out, (rows, low.column), low.value)
        return out
    return low


class TableCase(Case):
    """A case that keeps the table itself; points with the same distances are merged."""

    def _merged(self, reach: Any, options: Options) -> Rows:
        if isinstance(reach, Rows | list | tuple):
            raise MissionError([Problem("reach", "one table or one rule", read=type(reach).__name__)])
        if options.get("radius") is not None:
            raise MissionError([Problem("radius", "no radius: this model minimises the distance itself")])
        whole = table(reach)
        weights = options.get("weights")
        weight = np.ones(len(whole)) if weights is None else finite("weights", weights, least=0.0)
        if weight.shape != (len(whole),):
            raise MissionError([Problem("weights", f"one for each of {len(whole)} points", read=str(weight.shape))])
        _, first, to = np.unique(whole, axis=0, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rank = np.argsort(order).astype(np.int32)
        row_of = rank[to.reshape(-1)]
        n = first.size
        merged = np.bincount(row_of, weight, n).astype(np.float64)
        self.cost = whole[first[order]]
        reached = np.isfinite(self.cost)
        start = np.concatenate(([0], np.cumsum(reached.sum(axis=1))))
        column = np.nonzero(reached)[1].astype(np.int32)
        return Rows(
            whole.shape[1], 1, len(whole), start, column, merged,
            np.bincount(row_of, minlength=n), first[order], row_of,
        )  # fmt: skip

    def _capacity(self, given: Any, alone: bool) -> NDArray[np.int64]:
        return np.minimum(super()._capacity(given, alone), 1)

    def times_covered(self, vehicles: Counts) -> Counts:
        return np.asarray((np.isfinite(self.cost) * vehicles.reshape(-1)).sum(axis=1), np.int64)


def p_median(reach: Reach, p: Any, **options: Unpack[Options]) -> Siting:
    """The p-median: p sites so that the weighted distance from the points to their nearest site is least.

    min sum_i w_i sum_j d_ij y_ij, y_ij <= x_j, sum_j y_ij = 1, sum_j x_j = p (Hakimi 1964, ReVelle and Swain 1970).
    Solved by the Lagrangian bound on sum_j y_ij = 1 (Cornuejols, Fisher and Nemhauser 1977) with sites fixed by their
    reduced cost, fast interchange, branch and bound on the sites then left (Christofides and Beasley 1982), and what a
    moment of that does not close by HiGHS in the radius formulation of Elloumi (2010).
    """
    case = TableCase("p_median", reach, p, options)
    assert case.p is not None
    case.rows.require_cover("p_median must reach every point.")
    if int(case.p[0]) == 0:
        raise Infeasible("p_median needs at least one site.")
    objective, bound, opened = _Median(case).run()
    return case.result(opened.astype(np.int64)[None, :], objective, min(objective, bound))


class _Median:
    """The state of one solve: the columns still in play, the best siting, its value and the bound."""

    def __init__(self, case: TableCase) -> None:
        self.case = case
        assert case.p is not None
        self.p = int(case.p[0])
        self.columns = np.flatnonzero(case.high[0] > 0)
        self.state = case.low[0][self.columns].astype(np.int8)
        reached = np.isfinite(case.cost)
        far = 1.0 + 10.0 * float(case.cost[reached].max())
        self.charge = case.rows.weight[:, None] * np.where(reached, case.cost, far)[:, self.columns]
        self.whole = bool(np.all(self.charge == np.rint(self.charge)))
        self.best, self.bound = np.inf, 0.0
        self.opened: Bools = np.zeros(case.sites, np.bool_)

    @property
    def least(self) -> float:
        """The least by which a better siting must be better."""
        return max(0.999 if self.whole else 0.0, max(self.case.gap, 5e-10) * max(1.0, abs(self.best)))

    def run(self) -> tuple[float, float, Bools]:
        """Solve; returns the value, the bound, and which sites (S,) are open."""
        self._start()
        price = np.partition(self.charge, min(1, self.state.size - 1), axis=1)[:, :2].max(axis=1)
        for steps in ROOT:
            self._node(price, steps)
            if self._closed() or self.case.left() == 0.0:
                break
        if not self._closed() and self.case.left() > 0.0:
            self._kick()
            self._node(price, ROOT[0])
        if not self._closed() and self.case.left() > 0.0:
            small = _entries(self.charge[:, self.state == 0], *self._rest()) <= MOST
            self._branch(price, MOMENT if small else np.inf)
        if not self._closed() and self.case.left() > 0.0:
            self._highs()
        if not np.isfinite(self.case.cost[:, self.opened].min(axis=1)).all():
            raise Infeasible(f"No {self.p} of the allowed sites reach every point.")
        return self.best, float(np.ceil(self.bound - 1e-4)) if self.whole else self.bound, self.opened

    def _start(self) -> None:
        """Open sites one by one, each where it saves most, and improve them by swaps."""
        opened: Bools = self.state > 0
        nearest = self.charge[:, opened].min(axis=1) if opened.any() else self.charge.max(axis=1)
        for _ in range(self.p - int(opened.sum())):
            total = np.minimum(self.charge, nearest[:, None]).sum(axis=0)
            total[opened] = np.inf
            j = int(total.argmin())
            opened[j] = True
            nearest = np.minimum(nearest, self.charge[:, j])
        self._offer(opened)

    def _offer(self, found: Bools) -> float:
        """Improve a siting (columns,) by swaps, here, and keep it if it is the best so far; returns its value."""
        value = float(medians.median_interchange(self.charge, found, self.state))
        if value < self.best - 1e-12 * abs(value):
            self.best, self.opened = value, np.zeros(self.case.sites, np.bool_)
            self.opened[self.columns[found]] = True
        return value

    def _node(self, price: Floats, steps: int) -> None:
        """Bound the root, try the sites that the bound prefers, and strike out those that it has closed for good."""
        share, found = np.full(self.columns.size, 0.5), np.zeros(self.columns.size, np.bool_)
        bound, value = medians.median_node(
            self.charge, self.state, self.p, price, self.best, self.least, steps, 20, found, share
        )
        if value < self.best:
            self._offer(found)
        likely = np.zeros(share.size, np.bool_)
        likely[np.argsort(-np.where(self.state == 0, share, 9.0 * self.state), kind="stable")[: self.p]] = True
        self._offer(likely)
        self._raise(bound)
        keep = self.state >= 0
        if not self._closed() and not keep.all():
            self.columns, self.state = self.columns[keep], self.state[keep]
            self.charge = np.ascontiguousarray(self.charge[:, keep])

    def _raise(self, bound: float) -> None:
        """Keep a bound; one nearer than an improvement must be says only that there is no such improvement."""
        self.bound = max(self.bound, min(float(bound), self.best - self.least))

    def _closed(self) -> bool:
        return self.bound >= self.best - self.least

    def _kick(self) -> None:
        """Move a few sites of the best siting at random and improve it again (iterated local search)."""
        random = np.random.default_rng(0)
        ends = time.perf_counter() + min(MOMENT, self.case.left())
        now = self.opened[self.columns]
        if now.sum() < self.p:  # a site of the best siting has been closed: nothing better uses it
            return
        for _ in range(KICKS):
            found = now.copy()
            inside, outside = np.flatnonzero(found & (self.state == 0)), np.flatnonzero(~found & (self.state == 0))
            few = min(int(random.integers(2, 6)), inside.size, outside.size)
            found[random.choice(inside, few, replace=False)] = False
            found[random.choice(outside, few, replace=False)] = True
            before = self.best
            if self._offer(found) <= before:
                now = found
            if time.perf_counter() > ends:
                break

    def _rest(self) -> tuple[Floats, int]:
        """For each point the cost of its nearest site that is in, and how many free sites are still to be opened."""
        forced = self.state > 0
        nearest = self.charge[:, forced].min(axis=1) if forced.any() else np.full(len(self.charge), np.inf)
        return nearest, self.p - int(forced.sum())

    def _branch(self, price: Floats, seconds: float) -> None:
        """Branch and bound on the sites in play for so long; open nodes give the bound if it does not end."""
        deep = int((self.state == 0).sum()) + 2
        states, prices = np.zeros((deep, self.state.size), np.int8), np.zeros((deep, price.size))
        bounds, depth = np.full(deep, -np.inf), 1
        states[0], prices[0], bounds[0] = self.state, price, self.bound
        found = np.zeros(self.state.size, np.bool_)
        ends = time.thread_time() + seconds
        while depth > 0 and self.case.left() > 0.0 and time.thread_time() < ends:
            depth, value = medians.median_search(
                self.charge, self.p, states, prices, bounds, depth, self.best, self.least, found, BATCH, STEPS
            )
            if value < self.best:
                self._offer(found.copy())
        self._raise(float(bounds[:depth].min()) if depth else np.inf)

    def _highs(self) -> None:
        """HiGHS on the sites in play, from the best siting: z_m = 1 where no site of the set m is open.

        The cost of point i is its least distance plus, over its distances in order, the step to the next where none
        of the sites so far is open (Elloumi 2010); points with the same set share its z.
        """
        free, forced = np.flatnonzero(self.state == 0), np.flatnonzero(self.state > 0)
        nearest, wanted = self._rest()
        constant, steps = _sets(self.charge[:, free], nearest, wanted)
        program = Program(maximise=False)
        program.columns(free.size, 0.0, integer=True)
        program.row(wanted, wanted, np.arange(free.size))
        z = program.columns(len(steps), np.array(list(steps.values())))
        sets = [np.frombuffer(key, np.int32) for key in steps]
        start = np.cumsum([0] + [members.size + 1 for members in sets])
        program.rows(1.0, np.inf, start, np.concatenate([np.append(m, z + k) for k, m in enumerate(sets)]), 1.0)
        opened = self.opened[self.columns[free]]
        hint = np.concatenate([opened, [not opened[members].any() for members in sets]]).astype(np.float64)
        inside = opened.sum() == wanted and self.opened[self.columns[forced]].all()
        answer = program.solve(self.case.left(), self.case.gap, hint if inside else None)
        if answer.x is not None and answer.objective + constant < self.best - 1e-9 * abs(self.best):
            found = self.state > 0
            found[free[answer.x[: free.size] > 0.5]] = True
            self._offer(found)
        self._raise(np.inf if answer.infeasible else answer.bound + constant)


def _entries(charge: Floats, end: Floats, wanted: int) -> int:
    """At most so many entries are in the sets of :func:`_sets`."""
    own = np.sort(charge, axis=1)
    size = (own < np.minimum(end, own[:, -max(1, wanted)])[:, None]).sum(axis=1)
    return int((size * (size + 1) // 2).sum())


def _sets(charge: Floats, end: Floats, wanted: int) -> tuple[float, dict[bytes, float]]:
    """The least cost, and the step of cost for each set of sites of which none is open; charge (C, S), end (C,).

    A set is the sites within one of the distances of a point, in order, as the bytes of int32. Steps end at ``end`` or
    where fewer than ``wanted`` sites are farther.
    """
    constant, steps = 0.0, dict[bytes, float]()
    orders = np.argsort(charge, axis=1, kind="stable")
    for i, order in enumerate(orders):
        own = charge[i, order]
        last = min(end[i], own[charge.shape[1] - wanted])
        size = np.append(np.flatnonzero(own[1:] > own[:-1]) + 1, own.size)
        size = size[own[size - 1] < last]
        levels = np.append(own[size - 1], last)
        constant += levels[0]
        for number, step in zip(size, np.diff(levels)):
            key = np.sort(order[:number]).astype(np.int32).tobytes()
            steps[key] = steps.get(key, 0.0) + float(step)
    return constant, steps
