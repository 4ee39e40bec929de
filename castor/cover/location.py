"""The covering models: where to place what must not come late, exactly, for any points and sites.

One calling convention: ``model(reach, p, radius=..., weights=..., forced=..., forbidden=..., capacity=...,
time_limit=...)``. ``reach`` is a table (C, S), a rule on coordinates (:mod:`castor.cover.rules`), a list of those for
several vehicle types, or :class:`~castor.cover.rows.Rows` merged before; ``p`` the number of vehicles, or one number
per type. See :class:`~castor.cover.siting.Options` for the keywords and :class:`~castor.cover.siting.Siting` for the
result.

Points that the same columns cover are one row i with weight w_i, and N_i the columns (site, or type and site) that
cover it (``<=`` the radius). x_j is the number of vehicles at column j; variables of rows are continuous wherever
that is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from castor.cover.center import p_center
from castor.cover.maximal import Maximal
from castor.cover.median import p_median
from castor.cover.program import Answer, Program
from castor.cover.rows import Rows, collapse, merge
from castor.cover.rules import Floats, Reach
from castor.cover.search import table
from castor.cover.siting import Case, Counts, Options, Siting, count_cover
from castor.errors import Infeasible, MissionError, Problem

__all__ = ["Options", "Rows", "Siting", "backup", "dsm", "lscp", "mclp", "merge", "mexclp", "p_center", "p_median"]

Given = Reach | Sequence[Reach] | Rows


def lscp(reach: Given, *, share: float = 1.0, **options: Unpack[Options]) -> Siting:
    """Location set covering: the fewest vehicles that cover every point, or a share of all weight.

    min sum_j x_j  s.t.  sum_{j in N_i} x_j >= 1 for all i (Toregas, Swain, ReVelle and Bergman 1971). With ``share``
    < 1, sum_i w_i z_i >= share x sum_i w_i and z_i <= sum_{j in N_i} x_j instead (Daskin and Owen 1999). Raises
    Infeasible naming the points that no site covers.
    """
    case = Case("lscp", reach, None, options)
    if not 0.0 <= share <= 1.0:
        raise MissionError([Problem("share", "a share from 0 to 1", read=str(share))])
    rows = case.rows
    program = Program(maximise=False)
    _vehicles(program, case, cost=1.0)
    if share == 1.0:
        if case.types == 1:
            rows.require_cover("lscp must cover every point.")
        elif (rows.size == 0).any():
            _require_any(rows)
        program.rows(1, np.inf, rows.start, rows.column, 1.0)
    else:
        z = program.columns(rows.weight.size, 0.0)
        _at_most(program, rows, [z])
        goal = share * rows.weight.sum()
        program.row(goal * (1 - 1e-12), np.inf, z + np.arange(rows.weight.size), rows.weight)
    answer = _solved(program, case, f"No choice of the allowed sites covers {share:.4g} of the weight.")
    vehicles = _read(case, answer)
    return case.result(vehicles, float(vehicles.sum()), float(np.ceil(answer.bound - 1e-6)))


def mclp(reach: Given, p: Any, **options: Unpack[Options]) -> Siting:
    """Maximal covering: the most weight within reach of p vehicles.

    max sum_i w_i z_i  s.t.  z_i <= sum_{j in N_i} x_j, sum_j x_j = p, 0 <= z_i <= 1 (Church and ReVelle 1974); with
    several types a point is covered if any type that reaches it stands there.
    """
    case = Case("mclp", reach, p, options)
    if case.types > 1:
        return _concave(case, np.ones(1))
    rows = _reached(case.rows)
    best = Maximal(case, table(rows.start, rows.column.astype(np.int64), rows.weight, case.sites))
    best.run()
    return case.result(best.vehicles()[None, :], best.value, best.bound)


def mexclp(
    reach: Given,
    p: Any,
    *,
    busy: Any = None,
    available: Any = None,
    **options: Unpack[Options],
) -> Siting:
    """Maximal expected covering: each vehicle may be away when the call comes.

    With one ``busy`` fraction q: max sum_i w_i sum_k (1 - q) q^(k-1) z_ik s.t. sum_k z_ik <= sum_{j in N_i} x_j
    (Daskin 1983). With one per site (S,): a point reached by x_j vehicles of each site j is served with probability 1
    - prod_j q_j^x_j; that function is concave in sum_j -ln(q_j) x_j, and tangents are added until the bound meets it.
    With ``available`` (p + 1,), the distribution of how many of the p vehicles are serviceable (any of them equally
    likely): a point that k of them reach is served with probability sum_a P(a) (1 - C(p - k, a) / C(p, a)), which is
    concave in k. Sites hold up to p vehicles unless ``capacity`` says less.
    """
    case = Case("mexclp", reach, p, options, alone=False)
    assert case.p is not None
    if (busy is None) == (available is None):
        raise MissionError([Problem("busy", "either busy or available, not both", read="both or none")])
    total = int(case.p.sum())
    if available is not None:
        return _concave(case, fleet_gains(_distribution(available, total)))
    fraction = np.asarray(busy, np.float64)
    if fraction.shape not in ((), (case.sites,)) or not ((fraction >= 0) & (fraction <= 1)).all():
        raise MissionError([Problem("busy", "a fraction from 0 to 1, or one for each site", read=str(busy))])
    if fraction.ndim and np.ptp(fraction) > 0:
        return _unequal(case, np.tile(fraction, case.types))
    q = float(fraction.flat[0])
    return _concave(case, np.array([(1 - q) * q**k for k in range(max(1, total))]))


def fleet_gains(available: Floats) -> Floats:
    """Worth (p,) of the k-th vehicle that reaches a point, given the distribution (p + 1,) of how many are serviceable.

    The k-th adds P(served | k) - P(served | k - 1), where P(served | k) = sum_a P(a) (1 - C(p - k, a) / C(p, a)).
    """
    from math import comb

    p = available.size - 1
    served = [sum(available[a] * (1.0 - comb(p - k, a) / comb(p, a)) for a in range(p + 1)) for k in range(p + 1)]
    return np.asarray(np.diff(served), np.float64)


def dsm(reach: Given, p: Any, *, share: float = 0.9, **options: Unpack[Options]) -> Siting:
    """Double standard: all points within the larger radius, a share within the smaller, most weight twice within it.

    ``radius`` = (smaller, larger). max sum_i w_i z2_i s.t. sum_{j in N'_i} x_j >= 1 for all i (larger radius),
    sum_i w_i z1_i >= share x sum_i w_i, z1_i <= sum_{j in N_i} x_j, and z2_i = 1 only where two vehicles reach i
    (Gendreau, Laporte and Semet 1997). Sites hold up to p vehicles unless ``capacity`` says less.
    """
    if not isinstance(reach, Rows):
        radius = options.get("radius")
        if not isinstance(radius, tuple | list) or len(radius) != 2:
            raise MissionError([Problem("radius", "two radii, the smaller first", read=str(radius))])
        types = list(reach) if isinstance(reach, list | tuple) else [reach]
        both = [radius[0]] * len(types) + [radius[1]] * len(types)
        reach = merge(types + types, both, options.get("weights"), threads=options.get("threads"))
    case = _DoubleCase("dsm", reach, p, options, alone=False)
    rows = case.rows
    if (case.far.size == 0).any():
        _require_any(case.far, "The larger radius must reach every point.")
    program = Program(maximise=True)
    _vehicles(program, case)
    weight = case.near.weight
    z1 = program.columns(weight.size, 0.0)
    program.rows(1, np.inf, case.far.start, case.far.column, 1.0)
    _at_most(program, case.near, [z1])
    _twice(program, case, case.near, weight)
    program.row(share * weight.sum() * (1 - 1e-12), np.inf, z1 + np.arange(weight.size), weight)
    why = f"No siting of {p} vehicles reaches every point within the larger radius and {share:.4g} of the weight"
    answer = _solved(program, case, f"{why} within the smaller.")
    vehicles = _read(case, answer)
    twice = case.times_covered(vehicles) >= 2
    return case.result(vehicles, float(rows.weight[twice].sum()), answer.bound)


def backup(reach: Given, p: Any, *, first: float | None = None, **options: Unpack[Options]) -> Siting:
    """Backup covering (BACOP): the most weight covered at least twice.

    Without ``first``, BACOP1: every point is covered once, max sum_i w_i u_i s.t. sum_{j in N_i} x_j - u_i >= 1 (Hogan
    and ReVelle 1986). With ``first`` = theta, BACOP2: max theta sum_i w_i y_i + (1 - theta) sum_i w_i u_i, y_i = 1
    where one vehicle reaches i and u_i = 1 where two do. Sites hold up to p vehicles unless ``capacity`` says less.
    """
    case = Case("backup", reach, p, options, alone=False)
    rows = case.rows
    if first is not None and not 0.0 <= first <= 1.0:
        raise MissionError([Problem("first", "a weight from 0 to 1 on first cover", read=str(first))])
    if first is not None and first >= 0.5:
        return _concave(case, np.array([first, 1.0 - first]))
    program = Program(maximise=True)
    _vehicles(program, case)
    if first is None:
        if (rows.size == 0).any():
            _require_any(rows, "backup must cover every point once.")
        _at_most(program, rows, [program.columns(rows.weight.size, rows.weight)], spare=1.0)
    else:
        _at_most(program, rows, [program.columns(rows.weight.size, first * rows.weight)])
        _twice(program, case, rows, (1.0 - first) * rows.weight)
    answer = _solved(program, case, f"No siting of {p} vehicles covers every point once.")
    vehicles = _read(case, answer)
    times = case.times_covered(vehicles)
    once = 0.0 if first is None else first * float(rows.weight[times >= 1].sum())
    twice = (1.0 if first is None else 1.0 - first) * float(rows.weight[times >= 2].sum())
    return case.result(vehicles, once + twice, answer.bound)


def _twice(program: Program, case: Case, rows: Rows, weight: Floats) -> int:
    """Variables z2 that may be 1 only where two vehicles reach the row.

    z2_i <= sum_{j in N_i} x_j - y_k for all k in N_i, where y_k = 1 where column k is manned. This is exact with
    continuous z2, and tighter than z1_i + z2_i <= sum x_j with z2_i <= z1_i, which lets half a first and half a second
    cover pass for a half.
    """
    number, n = case.low.size, rows.weight.size
    y = program.columns(number, 0.0, integer=True)
    x = np.arange(number)
    both = np.column_stack([x, y + x]).reshape(-1)
    high = np.maximum(1, case.high.reshape(-1)).astype(np.float64)
    program.rows(-np.inf, 0.0, 2 * np.arange(number + 1), both, np.column_stack([np.ones(number), -high]).reshape(-1))
    program.rows(0.0, np.inf, 2 * np.arange(number + 1), both, np.tile([1.0, -1.0], number))
    z2 = program.columns(n, weight, 0.0, (rows.size > 0).astype(np.float64))
    row = np.repeat(np.arange(n), rows.size)
    length = rows.size[row]
    start = np.concatenate(([0], np.cumsum(length + 2)))
    index, value = np.empty(start[-1], np.int64), np.ones(start[-1])
    own = np.zeros(start[-1], bool)
    for back, column in ((1, z2 + row), (2, y + rows.column)):
        index[start[1:] - back], value[start[1:] - back], own[start[1:] - back] = column, -1.0, True
    inside = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    index[~own] = rows.column[np.repeat(rows.start[row], length) + inside]
    program.rows(0.0, np.inf, start, index, value)
    return z2


class _DoubleCase(Case):
    """A case whose rows carry two radii: the first half of the layers is the smaller, the second the larger."""

    def _types(self, reach: Any) -> int:
        columns = self.rows.layers // 2 * self.rows.sites
        self.all_near = _part(self.rows, 0, columns)
        self.near = collapse(self.all_near)
        self.far = collapse(_part(self.rows, columns, 2 * columns))
        return self.rows.layers // 2

    def times_covered(self, vehicles: Counts) -> Counts:
        return count_cover(self.all_near, vehicles.reshape(-1))


def _part(rows: Rows, low: int, high: int) -> Rows:
    """The same rows with the columns from low to below high only, counted from 0."""
    inside = (rows.column >= low) & (rows.column < high)
    start = np.concatenate(([0], np.cumsum(inside)))[rows.start]
    return Rows(
        rows.sites, (high - low) // rows.sites, rows.points, start, rows.column[inside] - np.int32(low), rows.weight,
        rows.count, rows.first, rows.row_of,
    )  # fmt: skip


def _require_any(rows: Rows, need: str = "lscp must cover every point.") -> None:
    """Raise Infeasible naming the points that no column covers."""
    wide = Rows(
        rows.sites * rows.layers,
        1,
        rows.points,
        rows.start,
        rows.column,
        rows.weight,
        rows.count,
        rows.first,
        rows.row_of,
    )
    wide.require_cover(need)


def _distribution(available: Any, total: int) -> Floats:
    given = np.asarray(available, np.float64)
    if given.shape != (total + 1,) or not (given >= 0).all() or abs(given.sum() - 1.0) > 1e-9:
        raise MissionError([Problem("available", f"{total + 1} probabilities that add to 1", read=str(available))])
    return given


def _vehicles(program: Program, case: Case, cost: float = 0.0) -> None:
    """The columns x (types x sites) and the constraints on them alone."""
    program.columns(case.low.size, cost, case.low.reshape(-1), case.high.reshape(-1), integer=True)
    sites = np.arange(case.sites)
    every = sites[None, :] + case.sites * np.arange(case.types)[:, None]
    if case.p is not None and case.p.size == case.types:
        for k in range(case.types):
            program.row(float(case.p[k]), float(case.p[k]), every[k])
    elif case.p is not None:
        program.row(float(case.p[0]), float(case.p[0]), every.reshape(-1))
    if case.types > 1:
        start = np.arange(case.sites + 1) * case.types
        program.rows(0, case.capacity, start, every.T.reshape(-1), 1.0)
        for site in set(case.somewhere):
            program.row(1.0, np.inf, every[:, site])


def _at_most(program: Program, rows: Rows, levels: list[int], spare: float = 0.0) -> None:
    """For each row: the sum of its level variables + ``spare`` <= the vehicles that reach it."""
    n, extra = rows.weight.size, len(levels)
    start = rows.start + extra * np.arange(n + 1)
    index, value = np.empty(start[-1], np.int64), np.ones(start[-1])
    own = np.zeros(start[-1], bool)
    for k, level in enumerate(levels):
        at = start[1:] - 1 - k
        index[at], value[at], own[at] = level + np.arange(n), -1.0, True
    index[~own] = rows.column
    program.rows(spare, np.inf, start, index, value)


def _reached(rows: Rows) -> Rows:
    """The rows that something covers."""
    keep = np.flatnonzero(rows.size > 0)
    if keep.size == rows.weight.size:
        return rows
    start = np.concatenate(([0], np.cumsum(rows.size[keep])))
    return Rows(
        rows.sites, rows.layers, rows.points, start, rows.column, rows.weight[keep], rows.count[keep], rows.first[keep]
    )


def _concave(case: Case, gains: Floats) -> Siting:
    """max sum_i w_i sum_k gains_k z_ik, gains (L,) not increasing, which makes continuous z exact."""
    rows = _reached(case.rows)
    program = Program(maximise=True)
    _vehicles(program, case)
    levels = [program.columns(rows.weight.size, gain * rows.weight) for gain in gains if gain > 0]
    _at_most(program, rows, levels)
    answer = _solved(program, case, f"No siting of {case.p} vehicles meets the limits.")
    vehicles = _read(case, answer)
    worth = np.concatenate(([0.0], np.cumsum(gains)))
    objective = float(case.rows.weight @ worth[np.minimum(case.times_covered(vehicles), gains.size)])
    return case.result(vehicles, objective, answer.bound)


def _unequal(case: Case, busy: Floats) -> Siting:
    """Expected cover with a busy fraction per column, by tangents of 1 - exp(-v), v_i = sum_j -ln(q_j) x_j."""
    rows = _reached(case.rows)
    n = rows.weight.size
    slope = -np.log(np.maximum(busy, 1e-12))
    rate = slope[rows.column]
    at = np.arange(n)
    typical = float(np.median(slope[slope > 0])) if (slope > 0).any() else 0.0
    assert case.p is not None
    points = [np.full(n, k * typical) for k in range(min(int(case.p.sum()), 6) + 1)]
    program = Program(maximise=True)
    _vehicles(program, case)
    theta = program.columns(n, rows.weight)

    def tangent(v: Floats, which: Any) -> None:
        keep = np.repeat(np.isin(at, which), rows.size)
        start = np.concatenate(([0], np.cumsum(rows.size[which] + 1)))
        index, value = np.empty(start[-1], np.int64), np.empty(start[-1])
        own = start[1:] - 1
        mask = np.ones(start[-1], bool)
        mask[own] = False
        index[own], value[own] = theta + which, 1.0
        index[mask] = rows.column[keep]
        value[mask] = -np.repeat(np.exp(-v[which]), rows.size[which]) * rate[keep]
        program.rows(-np.inf, (1 - np.exp(-v) * (1 + v))[which], start, index, value)

    for v in points:
        tangent(v, at)
    best, bound, chosen = -np.inf, np.inf, None
    while True:
        answer = _solved(program, case, f"No siting of {case.p} vehicles meets the limits.")
        vehicles = _read(case, answer)
        x = vehicles.reshape(-1)
        total = np.concatenate(([0.0], np.cumsum(rate * x[rows.column])))
        v = total[rows.start[1:]] - total[rows.start[:-1]]
        objective = float(rows.weight @ (1 - np.exp(-v)))
        if objective > best:
            best, chosen = objective, vehicles
        bound = min(bound, answer.bound)
        assert answer.x is not None
        assert chosen is not None
        over = np.flatnonzero(answer.x[theta : theta + n] > 1 - np.exp(-v) + 1e-10)
        if bound - best <= max(case.gap, 1e-9) * max(1.0, abs(best)) or over.size == 0 or case.left() == 0.0:
            return case.result(chosen, best, max(best, bound))
        tangent(v, over)


def _solved(program: Program, case: Case, why: str) -> Answer:
    answer = program.solve(case.left(), case.gap)
    if answer.infeasible:
        raise Infeasible(why)
    if answer.x is None:
        raise Infeasible(f"{case.model}: no siting was found within {case.time_limit:g} s; allow more time.")
    return answer


def _read(case: Case, answer: Answer) -> Counts:
    assert answer.x is not None
    return np.rint(answer.x[: case.low.size]).astype(np.int64).reshape(case.low.shape)
