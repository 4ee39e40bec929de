"""The search for a p-median in machine code: Lagrangian bound and fast interchange."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from castor.cover.search.kernel import choose

Array = NDArray[Any]


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
    state = np.zeros(sites, np.int8)
    free = np.empty(sites, np.int64)
    open_, k = 0, p
    for j in range(sites):
        if low[j] == 1:
            state[j] = 1
            k -= 1
            bound += worth[j]
        elif high[j] == 0:
            state[j] = -1
        else:
            free[open_] = j
            open_ += 1
    opened = np.zeros(sites, np.bool_)
    if 0 < k < open_:
        choose(-worth, free, open_, k, opened, state)
    else:
        for j in range(sites):
            opened[j] = state[j] == 1 or (k > 0 and state[j] == 0)
    for j in range(sites):
        if opened[j] and low[j] == 0:
            bound += worth[j]
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
        if best == -np.inf or bound > best + 1e-9 * abs(best):
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
