"""Reduction by domination, and the search for medians: Lagrangian bound and fast interchange."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]


@njit(cache=True, nogil=True)
def dominated(bits: Array, keep_superset: bool, allowed: Array) -> Any:
    """Which sets may go because another one does as well: bits (n, W) uint64 -> (n,) bool.

    With ``keep_superset`` a set contained in another goes (columns: the other covers more), else a set that contains
    another goes (rows: covering the other covers this). Of equal sets the first stays. Only sets with ``allowed`` may
    push others out.
    """
    n, depth = bits.shape
    gone = np.zeros(n, np.bool_)
    for a in range(n):
        for b in range(n):
            if a == b or gone[b] or not allowed[b]:
                continue
            inside = True
            equal = True
            for w in range(depth):
                small = bits[a, w] if keep_superset else bits[b, w]
                large = bits[b, w] if keep_superset else bits[a, w]
                if small & ~large:
                    inside = False
                    break
                if small != large:
                    equal = False
            if inside and (not equal or b < a or not allowed[a]):
                gone[a] = True
                break
    return gone


@njit(cache=True, nogil=True)
def median_dual(cost: Array, weight: Array, price: Array, p: int, low: Array, high: Array, worth: Array) -> Any:
    """Lagrangian bound of the p-median at ``price`` (C,) per point for being served.

    cost (C, S), weight (C,), low and high (S,) 0 or 1; worth (S,) is filled with sum_i min(0, w_i c_ij - u_i). Returns
    (bound, open (S,) bool): sum_i u_i + the p least worths (forced sites first).
    """
    points, sites = cost.shape
    worth[:] = 0.0
    bound = 0.0
    for i in range(points):
        bound += price[i]
        for j in range(sites):
            c = weight[i] * cost[i, j] - price[i]
            worth[j] += c if c < 0.0 else 0.0
    key = worth.copy()
    for j in range(sites):
        if low[j] == 1:
            key[j] = -np.inf
        elif high[j] == 0:
            key[j] = np.inf
    opened = np.zeros(sites, np.bool_)
    order = np.argsort(key)
    for k in range(p):
        opened[order[k]] = True
        bound += worth[order[k]]
    return bound, opened


@njit(cache=True, nogil=True)
def median_ascent(
    cost: Array, weight: Array, price: Array, p: int, low: Array, high: Array, target: float, steps: int, shrink: int
) -> Any:
    """Subgradient steps towards the best Lagrangian bound (Held, Wolfe and Crowder 1974); returns (bound, best price).

    The step halves after ``shrink`` steps without gain; ``target`` is the value of a known solution.
    """
    points, sites = cost.shape
    worth = np.zeros(sites)
    best, at = -np.inf, price.copy()
    u = price.copy()
    scale, idle = 1.5, 0
    opened = np.zeros(sites, np.bool_)
    slack = np.empty(points)
    move = np.zeros(points)
    for _ in range(steps):
        bound, opened = median_dual(cost, weight, u, p, low, high, worth)
        if bound > best + 1e-9 * abs(best):
            best, idle = bound, 0
            at[:] = u
        else:
            idle += 1
            if idle >= shrink:
                scale, idle = 0.5 * scale, 0
                u[:] = at
                if scale < 1e-4:
                    break
        norm = 0.0
        for i in range(points):
            served = 0
            for j in range(sites):
                if opened[j] and weight[i] * cost[i, j] < u[i]:
                    served += 1
            slack[i] = 1.0 - served
            move[i] = slack[i] + 0.3 * move[i]
            norm += move[i] * move[i]
        if norm == 0.0 or target - best < 1e-9 * max(1.0, abs(target)):
            break
        step = scale * max(target * 1.001 - bound, 1e-6) / norm
        for i in range(points):
            u[i] = max(0.0, u[i] + step * move[i])
    return best, at, opened


@njit(cache=True, nogil=True)
def _two_nearest(cost: Array, opened: Array, first: Array, second: Array) -> Any:
    for i in range(cost.shape[0]):
        a, b = -1, -1
        for j in range(cost.shape[1]):
            if opened[j]:
                if a < 0 or cost[i, j] < cost[i, a]:
                    a, b = j, a
                elif b < 0 or cost[i, j] < cost[i, b]:
                    b = j
        first[i], second[i] = a, b


@njit(cache=True, nogil=True)
def median_interchange(cost: Array, weight: Array, opened: Array, low: Array, high: Array) -> Any:
    """Swap one open for one closed site while that helps, best swap first (Whitaker 1983, Resende and Werneck 2007).

    ``opened`` (S,) bool is changed here; returns the cost reached.
    """
    points, sites = cost.shape
    first = np.empty(points, np.int64)
    second = np.empty(points, np.int64)
    loss = np.empty(sites)
    while True:
        _two_nearest(cost, opened, first, second)
        best, out, into = -1e-9, -1, -1
        base = np.zeros(sites)
        for i in range(points):
            if second[i] >= 0:
                base[first[i]] += weight[i] * (cost[i, second[i]] - cost[i, first[i]])
            else:
                base[first[i]] = np.inf
        for j in range(sites):
            if opened[j] or high[j] == 0:
                continue
            gain = 0.0
            loss[:] = base
            for i in range(points):
                near = cost[i, first[i]]
                if cost[i, j] < near:
                    gain += weight[i] * (near - cost[i, j])
                    if second[i] >= 0:
                        loss[first[i]] -= weight[i] * (cost[i, second[i]] - near)
                elif second[i] >= 0 and cost[i, j] < cost[i, second[i]]:
                    loss[first[i]] += weight[i] * (cost[i, j] - cost[i, second[i]])
            for r in range(sites):
                if opened[r] and low[r] == 0 and loss[r] - gain < best:
                    best, out, into = loss[r] - gain, r, j
        if out < 0:
            break
        opened[out] = False
        opened[into] = True
    total = 0.0
    for i in range(points):
        total += weight[i] * cost[i, first[i]]
    return total
