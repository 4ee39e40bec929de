"""The search for a p-median in machine code: Lagrangian bound and fast interchange."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from castor.cover.search.kernel import choose
from castor.kernel import njit

Array = NDArray[Any]


@njit(cache=True, nogil=True)
def median_node(
    cost: Array,
    state: Array,
    p: int,
    price: Array,
    best: float,
    least: float,
    steps: int,
    shrink: int,
    found: Array,
    share: Array,
) -> Any:
    """Bound one node of the search for a p-median by subgradient steps on sum_j y_ij = 1; fix sites on the way.

    cost (C, S): weight times distance; state (S,): 1 in, -1 out, 0 free, changed here by reduced costs against
    ``best - least`` (what an improvement must reach); price (C,) of being served, left at the best met; found (S,)
    bool is filled if a siting better than best is met; share (S,): running mean of how often a site was chosen; the
    step is cut after ``shrink`` steps without gain (Held, Wolfe and Crowder 1974). Returns (bound, best).
    """
    points, sites = cost.shape
    worth, chosen, free = np.empty(sites), np.zeros(sites, np.bool_), np.empty(sites, np.int64)
    at, move, served = price.copy(), np.zeros(points), np.empty(points)
    bound, scale, idle = -np.inf, 1.5, 0
    for _ in range(steps):
        open_, k = 0, p
        for j in range(sites):
            if state[j] == 1:
                k -= 1
            elif state[j] == 0:
                free[open_] = j
                open_ += 1
        if k < 0 or k > open_:
            return np.inf, best
        if k == 0 or k == open_:
            for j in range(sites):
                chosen[j] = state[j] == 1 or (k > 0 and state[j] == 0)
            value = _median_value(cost, chosen)
            if value < best:
                best = value
                found[:] = chosen
            return np.inf, best
        worth[:] = 0.0
        lower = 0.0
        for i in range(points):
            u = price[i]
            lower += u
            for j in range(sites):
                worth[j] += min(cost[i, j] - u, 0.0)
        inner, outer = choose(-worth, free, open_, k, chosen, state)
        for j in range(sites):
            if chosen[j]:
                lower += worth[j]
            if state[j] == 0:
                share[j] += 0.1 * (chosen[j] - share[j])
        if lower > bound:
            value = _median_value(cost, chosen)
            if value < best:
                best = value
                found[:] = chosen
        goal = best - least
        if lower > goal:
            return lower, best
        for b in range(open_):
            j = free[b]
            if chosen[j]:
                if lower - worth[j] - outer > goal:
                    state[j] = 1
            elif lower + inner + worth[j] > goal:
                state[j] = -1
        if lower > bound + 1e-7 * abs(bound) or bound == -np.inf:
            idle = 0
        else:
            idle += 1
        if lower > bound:
            bound = lower
            at[:] = price
        if idle >= shrink:
            scale *= 0.5
            idle = 0
            price[:] = at
            move[:] = 0.0
            if scale < 1e-4:
                break
        norm = 0.0
        for i in range(points):
            served[i] = 0.0
            for j in range(sites):
                if chosen[j] and cost[i, j] < price[i]:
                    served[i] += 1.0
            move[i] = 1.0 - served[i] + 0.3 * move[i]
            norm += move[i] * move[i]
        if norm == 0.0:
            break
        size = scale * max(1.001 * best - lower, 1e-9) / norm
        for i in range(points):
            price[i] = max(0.0, price[i] + size * move[i])
    price[:] = at
    return bound, best


@njit(cache=True, nogil=True)
def _median_value(cost: Array, chosen: Array) -> Any:
    sites: Array = np.flatnonzero(chosen)
    value = 0.0
    for i in range(cost.shape[0]):
        near = np.inf
        for j in sites:
            near = min(near, cost[i, j])
        value += near
    return value


@njit(cache=True, nogil=True)
def median_search(
    cost: Array,
    p: int,
    states: Array,
    prices: Array,
    bounds: Array,
    depth: int,
    best: float,
    least: float,
    found: Array,
    nodes: int,
    steps: int,
) -> Any:
    """Depth-first branch and bound for the p-median on a stack of open nodes; stops after ``nodes`` nodes.

    states (D, S) int8, prices (D, C), bounds (D,): the open nodes, of which the first ``depth`` are in use; a site is
    fixed at every level, so D = free sites + 2 is enough. Returns (depth, best): depth 0 means that nothing better than
    ``best - least`` exists.
    """
    share = np.zeros(cost.shape[1])
    done = 0
    while depth > 0 and done < nodes:
        done += 1
        top = depth - 1
        if bounds[top] > best - least:
            depth = top
            continue
        share[:] = 0.5
        bound, best = median_node(cost, states[top], p, prices[top], best, least, steps, 5, found, share)
        bound = max(bound, bounds[top])
        if bound > best - least:
            depth = top
            continue
        pick, near = -1, -1.0
        for j in range(share.size):
            if states[top, j] == 0:
                closeness = 1.0 - abs(share[j] - 0.5) * 2.0
                if closeness > near:
                    pick, near = j, closeness
        states[top + 1] = states[top]
        prices[top + 1] = prices[top]
        bounds[top] = bound
        bounds[top + 1] = bound
        first = 1 if share[pick] >= 0.5 else -1
        states[top, pick] = -first
        states[top + 1, pick] = first
        depth += 1
    return depth, best


@njit(cache=True, nogil=True)
def _two_nearest(cost: Array, opened: Array, first: Array, second: Array) -> Any:
    sites: Array = np.flatnonzero(opened)
    for i in range(cost.shape[0]):
        a, b = -1, -1
        for j in sites:
            if a < 0 or cost[i, j] < cost[i, a]:
                a, b = j, a
            elif b < 0 or cost[i, j] < cost[i, b]:
                b = j
        first[i], second[i] = a, b


@njit(cache=True, nogil=True)
def median_interchange(cost: Array, opened: Array, state: Array) -> Any:
    """Swap one open for one closed site while that helps, best swap first (Whitaker 1983, Resende and Werneck 2007).

    cost (C, S): weight times distance; ``opened`` (S,) bool is changed here; only sites of state (S,) 0 move. Returns
    the cost reached.
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
                base[first[i]] += cost[i, second[i]] - cost[i, first[i]]
            else:
                base[first[i]] = np.inf
        inside: Array = np.flatnonzero(opened & (state == 0))
        for j in range(sites):
            if opened[j] or state[j] != 0:
                continue
            gain = 0.0
            loss[:] = base
            for i in range(points):
                near = cost[i, first[i]]
                if cost[i, j] < near:
                    gain += near - cost[i, j]
                    if second[i] >= 0:
                        loss[first[i]] -= cost[i, second[i]] - near
                elif second[i] >= 0 and cost[i, j] < cost[i, second[i]]:
                    loss[first[i]] += cost[i, j] - cost[i, second[i]]
            for r in inside:
                if loss[r] - gain < best:
                    best, out, into = loss[r] - gain, r, j
        if out < 0:
            break
        opened[out] = False
        opened[into] = True
    total = 0.0
    for i in range(points):
        total += cost[i, first[i]]
    return total
