"""Centres: the p sites with the least worst distance to the points."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from castor.cover.median import TableCase
from castor.cover.program import Program
from castor.cover.search import Table, kernel, table
from castor.cover.siting import Counts, Options, Siting
from castor.errors import Infeasible, MissionError, Problem

Bools = NDArray[np.bool_]
STEPS = 400
"""Swaps of the tabu search, and subgradient steps of the bound, at one radius."""
NODES = 500
"""Nodes of branch and bound at one radius before HiGHS is called."""


def p_center(reach: Any, p: Any, **options: Unpack[Options]) -> Siting:
    """The p-centre: p sites so that the farthest point is as near as can be; points of weight 0 do not count.

    The optimum is one of the distances. By bisection over them: is there a set cover of p sites at this radius
    (Minieka 1970, Daskin 1995)? Reduction by domination, a tabu search and the Lagrangian bound say so at most radii
    in a moment; only those between are left to branch and bound and to HiGHS. Every radius refused gives a valid
    bound, every radius granted a solution. Raises Infeasible where no p sites reach every point.
    """
    case = TableCase("p_center", reach, p, options)
    assert case.p is not None
    case.rows.require_cover("p_center must reach every point.")
    search = _Search(case)
    for effort in (0, 1, 2):
        search.narrow(effort)
    if search.best is None:
        raise Infeasible(f"No {search.p} of the allowed sites reach every point, or none were found in time.")
    vehicles = _exactly(search.best, search.p, case.low[0], case.high[0])
    objective = float(search.cost[:, vehicles > 0].min(axis=1).max())
    bound = objective if search.refused + 1 == search.granted else float(search.radii[search.refused + 1])
    return case.result(vehicles[None, :], objective, min(objective, bound))


class _Search:
    """The radii between the largest refused and the least granted, and the best siting so far."""

    def __init__(self, case: TableCase) -> None:
        assert case.p is not None
        self.case, self.p = case, int(case.p[0])
        self.cost = case.cost[case.rows.weight > 0]
        if self.cost.size == 0:
            raise MissionError([Problem("weights", "at least one > 0", read="zeros")])
        allowed = self.cost[:, case.high[0] > 0]
        self.radii = np.unique(allowed[np.isfinite(allowed)])
        self.refused, self.granted = -1, self.radii.size
        self.best: Bools | None = None

    def narrow(self, effort: int) -> None:
        """Bisect from both ends with an effort from 0 to 2; radii on which it cannot decide stay between."""
        low, high = self.refused, self.granted
        while high - low > 1 and self.case.left() > 0.0:
            middle = (low + high) // 2
            if self._try(middle, effort):
                high = self.granted
            else:
                low = middle
        low, high = self.refused, self.granted
        while effort < 2 and high - low > 1 and self.case.left() > 0.0:
            middle = (low + high) // 2
            if self._try(middle, effort) is False:
                low = self.refused
            else:
                high = middle

    def _try(self, at: int, effort: int) -> bool | None:
        """Whether p sites cover every point at this radius; None if the effort does not tell."""
        if at >= self.granted or at <= self.refused:
            return at >= self.granted
        opened = self._cover(self.cost <= self.radii[at], effort)
        if opened is False:
            self.refused = at
            return False
        if opened is None:
            return None
        worst = self.cost[:, opened].min(axis=1).max()
        self.best, self.granted = opened, int(np.searchsorted(self.radii, worst))
        return True

    def _cover(self, near: Bools, effort: int) -> Any:
        """At most p sites (S,) that cover every row of ``near`` (C, S), False if there are none, None if not known."""
        low, high = self.case.low[0], self.case.high[0]
        allowed, forced = np.flatnonzero(high > 0), np.flatnonzero(low > 0)
        left = near[~near[:, forced].any(axis=1)][:, allowed]
        if not left.any(axis=1).all():
            return False
        rows, columns = _reduce(left)
        left, allowed, room = left[np.ix_(rows, columns)], allowed[columns], self.p - forced.size
        chosen = low > 0
        if len(left) == 0:
            return chosen
        if room <= 0:
            return False
        found = _greedy(left)
        answer = found if found.sum() <= room else self._search(left, room, effort)
        if answer is None or answer is False:
            return answer
        chosen[allowed[answer]] = True
        return chosen

    def _search(self, left: Bools, room: int, effort: int) -> Any:
        """The same on what is left, by growing effort: tabu search and bound, branch and bound, HiGHS."""
        rows, sites = left.shape
        if room >= sites:
            return np.ones(sites, np.bool_)
        start = np.concatenate(([0], np.cumsum(left.sum(axis=1))))
        t = table(start, np.nonzero(left)[1], np.ones(rows), sites)
        found, ones = _greedy(left, room), np.ones(sites, np.int64)
        value = kernel.cover_swap(
            t.start, t.column, t.begin, t.row, t.weight, found, 0 * ones, ones, STEPS if effort == 0 else 0, 10, 1
        )
        if value >= rows:
            return found
        ended = _branch(t, room, 0 if effort == 0 else NODES)
        if ended is not None or effort < 2:
            return ended
        program = Program(maximise=False)
        program.columns(sites, 1.0, integer=True)
        program.rows(1.0, np.inf, t.start, t.column, 1.0)
        program.row(0.0, room, np.arange(sites))
        answer = program.solve(self.case.left(), gap=0.9999)
        if answer.x is None:
            return False if answer.infeasible else None
        return answer.x > 0.5


def _branch(t: Table, room: int, nodes: int) -> Any:
    """Is there a siting of ``room`` sites that covers every row? The sites (S,), False, or None if it does not end."""
    rows, deep = t.weight.size, t.sites + 2
    states, prices, bounds = np.zeros((deep, t.sites), np.int8), np.full((deep, rows), 0.5), np.full(deep, np.inf)
    found, share, least = np.zeros(t.sites, np.bool_), np.full(t.sites, 0.5), 1.0 - 1e-6
    bound, best = kernel.cover_node(
        t.start, t.column, t.begin, t.row, t.weight, states[0], room, prices[0], rows - 1.0, least, STEPS, found, share
    )
    depth, bounds[0] = int(bound >= rows - 1.0 + least), bound
    if depth and best < rows and nodes:
        depth, best, _ = kernel.cover_search(
            t.start, t.column, t.begin, t.row, t.weight, room, states, prices, bounds, depth, best, least, found,
            nodes, 20,
        )  # fmt: skip
    if best >= rows:
        return found
    return None if depth else False


def _reduce(near: Bools) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns that stay when dominated rows and columns are struck out, in turn, until nothing changes."""
    rows, columns = np.arange(near.shape[0]), np.arange(near.shape[1])
    while True:
        part = near[np.ix_(rows, columns)]
        drop = kernel.dominated(_words(part.T), True, np.ones(columns.size, np.bool_))
        columns = columns[~drop]
        part = near[np.ix_(rows, columns)]
        gone = kernel.dominated(_words(part), False, np.ones(rows.size, np.bool_))
        rows = rows[~gone]
        if not drop.any() and not gone.any():
            return rows, columns


def _words(near: Bools) -> NDArray[np.uint64]:
    """Rows of booleans (n, m) packed in words (n, ceil(m / 64))."""
    n, m = near.shape
    padded = np.zeros((n, max(1, -(-m // 64)) * 64), np.bool_)
    padded[:, :m] = near
    return np.ascontiguousarray(np.packbits(padded, axis=1)).view(np.uint64)


def _greedy(near: Bools, most: int | None = None) -> Bools:
    """A set cover by taking the site that covers most of what is left; with ``most``, exactly so many sites."""
    left, chosen = near, np.zeros(near.shape[1], np.bool_)
    while len(left) and (most is None or chosen.sum() < most):
        j = int(left.sum(axis=0).argmax())
        chosen[j] = True
        left = left[~left[:, j]]
    if most is not None:
        chosen[np.flatnonzero(~chosen)[: most - int(chosen.sum())]] = True
    return chosen


def _exactly(opened: Bools, p: int, low: Counts, high: Counts) -> Counts:
    """Open further allowed sites until there are p; more sites are never worse."""
    chosen = opened.astype(np.int64)
    spare = np.flatnonzero((chosen == 0) & (high > 0))
    chosen[spare[: p - int(chosen.sum())]] = 1
    return chosen
