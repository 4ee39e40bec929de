"""Medians and centres: the p sites with the least mean, or the least worst, distance to the points."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from castor.cover import kernel
from castor.cover.medians import kernel as medians
from castor.cover.program import Program
from castor.cover.rows import Rows
from castor.cover.rules import Floats, Places, Reach, Table, finite, lower
from castor.cover.search import kernel as search
from castor.cover.siting import Case, Counts, Options, Siting
from castor.errors import Infeasible, MissionError, Problem

Bools = NDArray[np.bool_]


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


class _TableCase(Case):
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


def p_center(reach: Reach, p: Any, **options: Unpack[Options]) -> Siting:
    """The p-centre: p sites so that the farthest point is as near as can be; points of weight 0 do not count.

    The optimum is one of the distances. By bisection over them: is there a set cover of p sites at this radius
    (Minieka 1970, Daskin 1995)? Every radius refused gives a valid bound, every radius granted a solution. Raises
    Infeasible where no p sites reach every point.
    """
    case = _TableCase("p_center", reach, p, options)
    assert case.p is not None
    case.rows.require_cover("p_center must reach every point.")
    wanted = int(case.p[0])
    cost = case.cost[case.rows.weight > 0]
    if cost.size == 0:
        raise MissionError([Problem("weights", "at least one > 0", read="zeros")])
    low, high = case.low[0], case.high[0]
    radii = np.unique(cost[:, high > 0][np.isfinite(cost[:, high > 0])])
    first, last = 0, radii.size
    best: Bools | None = None
    refused, stop = -1, False
    while first < last and not stop:
        middle = (first + last) // 2
        opened = _cover_within(cost <= radii[middle], wanted, low, high, case)
        if opened is not None:
            best = opened
            worst = cost[:, opened].min(axis=1).max()
            last = int(np.searchsorted(radii, worst))
        elif case.left() > 0.0:
            first, refused = middle + 1, middle
        else:
            stop = True
    if best is None:
        raise Infeasible(f"No {wanted} of the allowed sites reach every point, or none were found in time.")
    vehicles = _exactly(best, wanted, low, high)
    objective = float(cost[:, vehicles > 0].min(axis=1).max())
    bound = objective if first >= last else float(radii[refused + 1])
    return case.result(vehicles[None, :], objective, min(objective, bound))


def _cover_within(near: Bools, p: int, low: Counts, high: Counts, case: Case) -> Bools | None:
    """At most p sites (S,) that cover every row of ``near`` (C, S), or None."""
    allowed = np.flatnonzero(high > 0)
    chosen = np.zeros(near.shape[1], np.bool_)
    forced = np.flatnonzero(low > 0)
    chosen[forced] = True
    left = near[~near[:, forced].any(axis=1)][:, allowed]
    if not left.any(axis=1).all():
        return None
    rows, columns = _reduce(left)
    left, allowed = left[np.ix_(rows, columns)], allowed[columns]
    room = p - forced.size
    if len(left) == 0:
        return chosen
    if room <= 0:
        return None
    greedy = _greedy(left)
    if greedy.sum() > room:
        program = Program(maximise=False)
        program.columns(allowed.size, 1.0, integer=True)
        start = np.concatenate(([0], np.cumsum(left.sum(axis=1))))
        program.rows(1.0, np.inf, start, np.nonzero(left)[1], 1.0)
        program.row(0.0, room, np.arange(allowed.size))
        answer = program.solve(case.left(), gap=0.9999)
        if answer.x is None:
            return None
        greedy = answer.x > 0.5
    chosen[allowed[greedy]] = True
    return chosen


def _reduce(near: Bools) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns that stay when dominated rows and columns are struck out, in turn, until nothing changes."""
    rows, columns = np.arange(near.shape[0]), np.arange(near.shape[1])
    while True:
        part = near[np.ix_(rows, columns)]
        drop = search.dominated(_words(part.T), True, np.ones(columns.size, np.bool_))
        columns = columns[~drop]
        part = near[np.ix_(rows, columns)]
        gone = search.dominated(_words(part), False, np.ones(rows.size, np.bool_))
        rows = rows[~gone]
        if not drop.any() and not gone.any():
            return rows, columns


def _words(table: Bools) -> NDArray[np.uint64]:
    """Rows of booleans (n, m) packed in words (n, ceil(m / 64))."""
    n, m = table.shape
    padded = np.zeros((n, max(1, -(-m // 64)) * 64), np.bool_)
    padded[:, :m] = table
    return np.ascontiguousarray(np.packbits(padded, axis=1)).view(np.uint64)


def _greedy(near: Bools) -> Bools:
    """A set cover by taking the site that covers most of what is left."""
    left, chosen = near.copy(), np.zeros(near.shape[1], np.bool_)
    while len(left):
        j = int(left.sum(axis=0).argmax())
        chosen[j] = True
        left = left[~left[:, j]]
    return chosen


def _exactly(opened: Bools, p: int, low: Counts, high: Counts) -> Counts:
    """Open further allowed sites until there are p; more sites are never worse."""
    chosen = opened.astype(np.int64)
    spare = np.flatnonzero((chosen == 0) & (high > 0))
    chosen[spare[: p - int(chosen.sum())]] = 1
    return chosen


def p_median(reach: Reach, p: Any, **options: Unpack[Options]) -> Siting:
    """The p-median: p sites so that the weighted distance from the points to their nearest site is least.

    min sum_i w_i sum_j d_ij y_ij, y_ij <= x_j, sum_j y_ij = 1, sum_j x_j = p (Hakimi 1964, ReVelle and Swain 1970).
    Solved by the Lagrangian bound on sum_j y_ij = 1 (Cornuejols, Fisher and Nemhauser 1977), fast interchange, sites
    fixed by their reduced cost, and what is then left by HiGHS in the radius formulation of Elloumi (2010).
    """
    case = _TableCase("p_median", reach, p, options)
    assert case.p is not None
    case.rows.require_cover("p_median must reach every point.")
    search_for = _Median(case)
    if int(case.p[0]) == 0:
        raise Infeasible("p_median needs at least one site.")
    objective, bound, opened = search_for.run()
    return case.result(opened.astype(np.int64)[None, :], objective, min(objective, bound))


class _Median:
    def __init__(self, case: _TableCase) -> None:
        self.case = case
        assert case.p is not None
        self.p = int(case.p[0])
        self.weight = case.rows.weight
        finite_cost = case.cost[np.isfinite(case.cost)]
        self.far = 1.0 + 10.0 * float(finite_cost.max())
        self.cost = np.where(np.isfinite(case.cost), case.cost, self.far)
        self.low, self.high = case.low[0].copy(), case.high[0].copy()
        whole = np.all(self.cost == np.rint(self.cost)) and np.all(self.weight == np.rint(self.weight))
        self.grain = 1.0 if whole else 0.0

    def run(self) -> tuple[float, float, Bools]:
        opened = self._start()
        best = float(medians.median_interchange(self.cost, self.weight, opened, self.low, self.high))
        price = self.weight * np.partition(self.cost, min(1, self.cost.shape[1] - 1), axis=1)[:, :2].max(axis=1)
        bound = -np.inf
        for steps in (200, 400, 400, 800, 800):
            found, price, guess = medians.median_ascent(
                self.cost, self.weight, price, self.p, self.low, self.high, best, steps, 25
            )
            bound = max(bound, float(found))
            value = float(medians.median_interchange(self.cost, self.weight, guess, self.low, self.high))
            if value < best - 1e-9 * abs(best):
                best, opened = value, guess
            self._fix(price, best)
            if self._closed(best, bound) or self.case.left() == 0.0:
                break
        if self._closed(best, bound):
            return self._judged(best, best, opened)
        return self._finish(best, self._up(bound), opened)

    def _start(self) -> Bools:
        opened: Bools = np.asarray(self.low > 0)
        nearest = self.cost[:, opened].min(axis=1) if opened.any() else np.full(len(self.cost), self.far)
        for _ in range(self.p - int(opened.sum())):
            total = (self.weight[:, None] * np.minimum(self.cost, nearest[:, None])).sum(axis=0)
            total[(self.high == 0) | opened] = np.inf
            j = int(total.argmin())
            opened[j] = True
            nearest = np.minimum(nearest, self.cost[:, j])
        return opened

    def _up(self, bound: float) -> float:
        return float(np.ceil(bound - 1e-6)) if self.grain else bound

    def _closed(self, best: float, bound: float) -> bool:
        return best - self._up(bound) <= max(self.case.gap, 1e-9) * max(1.0, abs(best))

    def _fix(self, price: Floats, best: float) -> None:
        """Close or open for good the sites whose reduced cost alone would lift the bound to the best known value."""
        worth = np.zeros(self.cost.shape[1])
        bound, opened = medians.median_dual(self.cost, self.weight, price, self.p, self.low, self.high, worth)
        if opened.all() or not (opened & (self.low == 0)).any():
            return
        limit = best - self.grain + 1e-6 if self.grain else best
        last = worth[opened & (self.low == 0)].max()
        shut = ~opened & (bound - last + worth > limit)
        free = ~opened & (self.high > 0)
        self.high[shut] = 0
        if free.any():
            keep = opened & (bound - worth + worth[free].min() > limit)
            self.low[keep] = 1

    def _finish(self, best: float, bound: float, opened: Bools) -> tuple[float, float, Bools]:
        """What the bound left open, in the radius formulation: z_ik = no open site among the k nearest distances of
        i."""
        sites = np.flatnonzero(self.high > 0)
        forced = np.flatnonzero(self.low > 0)
        program = Program(maximise=False)
        program.columns(sites.size, 0.0, self.low[sites], 1.0, integer=True)
        program.row(self.p, self.p, np.arange(sites.size))
        constant = self._radii(program, sites, forced)
        answer = program.solve(self.case.left(), self.case.gap)
        if answer.infeasible:
            return self._judged(best, best, opened)
        if answer.x is not None and answer.objective + constant < best - 1e-9 * abs(best):
            best = answer.objective + constant
            opened = np.zeros(self.cost.shape[1], np.bool_)
            opened[sites[answer.x[: sites.size] > 0.5]] = True
        return self._judged(best, max(bound, min(best, self._up(answer.bound + constant))), opened)

    def _radii(self, program: Program, sites: NDArray[np.int64], forced: NDArray[np.int64]) -> float:
        constant = 0.0
        reach = self.cost[:, forced].min(axis=1) if forced.size else np.full(len(self.cost), np.inf)
        most = sites.size - self.p + 1
        for i in range(len(self.cost)):
            own = self.cost[i, sites]
            radii, group = np.unique(own, return_inverse=True)
            ordered = np.sort(own)
            end = min(reach[i], ordered[most - 1])
            constant += self.weight[i] * radii[0]
            before = -1
            for k in range(int(np.searchsorted(radii, end))):
                z = program.columns(1, self.weight[i] * (radii[k + 1] - radii[k]))
                members = np.flatnonzero(group == k)
                if before < 0:
                    program.row(1.0, np.inf, np.append(members, z))
                else:
                    program.row(
                        0.0, np.inf, np.append(members, [z, before]), np.append(np.ones(members.size + 1), -1.0)
                    )
                before = z
        return constant

    def _judged(self, best: float, bound: float, opened: Bools) -> tuple[float, float, Bools]:
        if not np.isfinite(self.case.cost[:, opened].min(axis=1)).all():
            raise Infeasible(f"No {self.p} of the allowed sites reach every point.")
        return best, bound, opened
