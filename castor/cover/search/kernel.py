"""Reduction by domination, and the search for a maximal cover: tabu search, Lagrangian bound, branch and bound."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from castor.kernel import njit

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
def contained(start: Array, column: Array, begin: Array, row: Array, allowed: Array) -> Any:
    """Which allowed columns (S,) cover nothing that another allowed one does not: of equal ones the first stays."""
    sites = begin.size - 1
    gone, hits, met = np.zeros(sites, np.bool_), np.zeros(sites, np.int64), np.empty(sites, np.int64)
    for a in range(sites):
        if not allowed[a]:
            continue
        size, number = begin[a + 1] - begin[a], 0
        for k in range(begin[a], begin[a + 1]):
            for m in range(start[row[k]], start[row[k] + 1]):
                b = column[m]
                if hits[b] == 0:
                    met[number] = b
                    number += 1
                hits[b] += 1
        for k in range(number):
            b = met[k]
            equal = begin[b + 1] - begin[b] == size
            if hits[b] == size and a != b and allowed[b] and not gone[b] and (not equal or b < a):
                gone[a] = True
            hits[b] = 0
    return gone


@njit(cache=True, nogil=True)
def choose(worth: Array, free: Array, open_: int, k: int, chosen: Array, state: Array) -> Any:
    """Choose the k free sites of most worth (and all that are in); returns the least chosen and the most left."""
    part = np.empty(open_)
    for b in range(open_):
        part[b] = -worth[free[b]]
    part = np.partition(part, k - 1)
    inner = -part[k - 1]
    outer = -np.min(part[k:])
    for j in range(chosen.size):
        chosen[j] = state[j] == 1
    room = k
    for b in range(open_):
        if worth[free[b]] > inner:
            chosen[free[b]] = True
            room -= 1
    for b in range(open_):
        if room > 0 and worth[free[b]] == inner:
            chosen[free[b]] = True
            room -= 1
    return inner, outer


@njit(cache=True, nogil=True)
def cover_swap(
    start: Array,
    column: Array,
    begin: Array,
    row: Array,
    weight: Array,
    opened: Array,
    low: Array,
    high: Array,
    steps: int,
    tenure: int,
    seed: int,
) -> Any:
    """Tabu search over swaps for maximal covering; ``opened`` (S,) bool becomes the best siting met, its value is
    returned.

    start (R + 1,), column: columns of each row; begin (S + 1,), row: rows of each column; weight (R,). Each step
    makes the best swap whose incoming site has not left, and whose outgoing site has not come, in the last ``tenure``
    steps (drawn at random around it), even if it loses; a swap to a new best is always allowed. One sweep prices all
    swaps: the gain of a site less the loss of another, corrected by the rows that only the one covers and the other
    would keep.
    """  # fmt: skip
    np.random.seed(seed)
    sites, rows = begin.size - 1, weight.size
    count = np.zeros(rows, np.int64)
    owner = np.zeros(rows, np.int64)
    gain = np.zeros(sites)
    value = 0.0
    for j in range(sites):
        if opened[j]:
            for k in range(begin[j], begin[j + 1]):
                count[row[k]] += 1
                owner[row[k]] += j
    for i in range(rows):
        if count[i] == 0:
            for k in range(start[i], start[i + 1]):
                gain[column[k]] += weight[i]
        else:
            value += weight[i]
            if count[i] == 1:
                gain[owner[i]] += weight[i]
    best = value
    top = opened.copy()
    free_at = np.zeros(sites, np.int64)
    shared = np.zeros(sites)
    inside = np.empty(sites, np.int64)
    near = np.empty(sites, np.int64)
    p = 0
    for j in range(sites):
        if opened[j] and low[j] == 0:
            inside[p] = j
            p += 1
    if p == 0:
        return best
    for step in range(steps):
        change, out, into, ties = -np.inf, -1, -1, 0
        cheap, any_cheap = -1, -1
        for a in range(p):
            if any_cheap < 0 or gain[inside[a]] < gain[inside[any_cheap]]:
                any_cheap = a
            if free_at[inside[a]] <= step and (cheap < 0 or gain[inside[a]] < gain[inside[cheap]]):
                cheap = a
        for j in range(sites):
            if opened[j] or high[j] == 0:
                continue
            touched = 0
            for k in range(begin[j], begin[j + 1]):
                i = row[k]
                if count[i] == 1:
                    if shared[owner[i]] == 0.0:
                        near[touched] = owner[i]
                        touched += 1
                    shared[owner[i]] += weight[i]
            for a in range(touched + 2):
                if a < touched:
                    r = near[a]
                    if low[r] == 1:
                        continue
                elif a == touched:
                    r = inside[any_cheap]
                elif cheap >= 0:
                    r = inside[cheap]
                else:
                    continue
                net = gain[j] - gain[r] + shared[r]
                if net < change or ((free_at[j] > step or free_at[r] > step) and value + net <= best + 1e-9):
                    continue
                if net > change:
                    change, out, into, ties = net, r, j, 1
                else:
                    ties += 1
                    if np.random.random() * ties < 1.0:
                        out, into = r, j
            for a in range(touched):
                shared[near[a]] = 0.0
        if into < 0:
            break
        leaving = out
        _cover_add(start, column, begin, row, weight, count, owner, gain, into)
        _cover_drop(start, column, begin, row, weight, count, owner, gain, leaving)
        opened[into], opened[leaving] = True, False
        for a in range(p):
            if inside[a] == leaving:
                inside[a] = into
        free_at[leaving] = step + tenure + np.random.randint(0, tenure + 1)
        free_at[into] = step + tenure // 2 + 1
        value += change
        if value > best + 1e-9:
            best = value
            top[:] = opened
    opened[:] = top
    return best


@njit(cache=True, nogil=True)
def _cover_add(
    start: Array,
    column: Array,
    begin: Array,
    row: Array,
    weight: Array,
    count: Array,
    owner: Array,
    gain: Array,
    j: int,
) -> Any:
    """Open site j: counts, the sum of the open sites of each row, and the gain (open: loss) of each site."""
    gain[j] = 0.0
    for k in range(begin[j], begin[j + 1]):
        i = row[k]
        if count[i] == 0:
            for m in range(start[i], start[i + 1]):
                gain[column[m]] -= weight[i]
            gain[j] += 2.0 * weight[i]
        elif count[i] == 1:
            gain[owner[i]] -= weight[i]
        count[i] += 1
        owner[i] += j
    gain[j] = 0.0
    for k in range(begin[j], begin[j + 1]):
        if count[row[k]] == 1:
            gain[j] += weight[row[k]]


@njit(cache=True, nogil=True)
def _cover_drop(
    start: Array,
    column: Array,
    begin: Array,
    row: Array,
    weight: Array,
    count: Array,
    owner: Array,
    gain: Array,
    j: int,
) -> Any:
    """Close site j; the reverse of :func:`_cover_add`."""
    for k in range(begin[j], begin[j + 1]):
        i = row[k]
        count[i] -= 1
        owner[i] -= j
        if count[i] == 0:
            for m in range(start[i], start[i + 1]):
                if column[m] != j:
                    gain[column[m]] += weight[i]
        elif count[i] == 1:
            gain[owner[i]] += weight[i]
    gain[j] = 0.0
    for k in range(begin[j], begin[j + 1]):
        if count[row[k]] == 0:
            gain[j] += weight[row[k]]


@njit(cache=True, nogil=True)
def cover_node(
    start: Array,
    column: Array,
    begin: Array,
    row: Array,
    weight: Array,
    state: Array,
    p: int,
    price: Array,
    best: float,
    least: float,
    steps: int,
    found: Array,
    share: Array,
) -> Any:
    """Bound one node of the search for a maximal cover by subgradient steps on z_i <= sum_j x_j; fix sites on the way.

    state (S,): 1 in, -1 out, 0 free, changed here by reduced costs against ``best + least`` (what an improvement must
    reach); price (R,) from 0 to w_i, left at the best met; found (S,) bool is filled if a siting better than best is
    met; share (S,): running mean of how often a site was chosen. Returns (bound, best).
    """  # fmt: skip
    sites, rows = begin.size - 1, weight.size
    worth = np.empty(sites)
    chosen = np.zeros(sites, np.bool_)
    count = np.zeros(rows, np.int64)
    covered = np.zeros(rows, np.bool_)
    active = np.empty(rows, np.int64)
    free = np.empty(sites, np.int64)
    at = price.copy()
    move = np.zeros(rows)
    bound, scale, idle = np.inf, 1.0, 0
    dirty = True
    base, live, open_, k = 0.0, 0, 0, 0
    for _ in range(steps):
        if dirty:
            dirty = False
            covered[:] = False
            k = p
            open_ = 0
            for j in range(sites):
                if state[j] == 1:
                    k -= 1
                    for m in range(begin[j], begin[j + 1]):
                        covered[row[m]] = True
                elif state[j] == 0:
                    free[open_] = j
                    open_ += 1
            base, live = 0.0, 0
            for i in range(rows):
                if covered[i]:
                    base += weight[i]
                else:
                    active[live] = i
                    live += 1
            if k < 0 or k > open_:
                return -np.inf, best
            if k == 0 or k == open_:
                for j in range(sites):
                    chosen[j] = state[j] == 1 or (k > 0 and state[j] == 0)
                value = _cover_value(begin, row, weight, chosen)
                if value > best:
                    best = value
                    found[:] = chosen
                return -np.inf, best
        worth[:] = 0.0
        upper = base
        for a in range(live):
            i = active[a]
            upper += weight[i] - price[i]
            if price[i] > 0.0:
                for m in range(start[i], start[i + 1]):
                    worth[column[m]] += price[i]
        inner, outer = choose(worth, free, open_, k, chosen, state)
        for b in range(open_):
            if chosen[free[b]]:
                upper += worth[free[b]]
                for m in range(begin[free[b]], begin[free[b] + 1]):
                    count[row[m]] += 1
                share[free[b]] += 0.1 * (1.0 - share[free[b]])
            else:
                share[free[b]] *= 0.9
        value = base
        for a in range(live):
            if count[active[a]] > 0:
                value += weight[active[a]]
        if value > best:
            best = value
            found[:] = chosen
        if upper < bound - 1e-7 * abs(bound) or bound == np.inf:
            idle = 0
        else:
            idle += 1
        if upper < bound:
            bound = upper
            at[:] = price
        goal = best + least
        if bound < goal:
            return bound, best
        for b in range(open_):
            j = free[b]
            if chosen[j]:
                if upper - worth[j] + outer < goal:
                    state[j] = 1
                    dirty = True
            elif upper - inner + worth[j] < goal:
                state[j] = -1
                dirty = True
        if idle >= 8:
            scale *= 0.6
            idle = 0
            price[:] = at
            move[:] = 0.0
            if scale < 1e-3:
                break
        norm = 0.0
        for a in range(live):
            i = active[a]
            step = count[i] - (1.0 if price[i] < weight[i] else min(1.0, count[i]))
            if price[i] <= 0.0 and step > 0.0:
                step = 0.0
            move[i] = step + 0.4 * move[i]
            norm += move[i] * move[i]
        size = scale * max(upper - best, 0.1 * least) / max(norm, 1e-9)
        for a in range(live):
            i = active[a]
            price[i] = min(weight[i], max(0.0, price[i] - size * move[i]))
        count[:] = 0
        if norm == 0.0:
            break
    price[:] = at
    return bound, best


@njit(cache=True, nogil=True)
def _cover_value(begin: Array, row: Array, weight: Array, chosen: Array) -> Any:
    seen = np.zeros(weight.size, np.bool_)
    value = 0.0
    for j in range(chosen.size):
        if chosen[j]:
            for m in range(begin[j], begin[j + 1]):
                if not seen[row[m]]:
                    seen[row[m]] = True
                    value += weight[row[m]]
    return value


@njit(cache=True, nogil=True)
def cover_search(
    start: Array,
    column: Array,
    begin: Array,
    row: Array,
    weight: Array,
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
    """Depth-first branch and bound for maximal covering on a stack of open nodes; stops after ``nodes`` nodes.

    states (D, S) int8, prices (D, R), bounds (D,): the open nodes, of which the first ``depth`` are in use. Returns
    (depth, best, nodes done): depth 0 means that ``found`` with ``best`` is proven.
    """  # fmt: skip
    sites = begin.size - 1
    share = np.zeros(sites)
    done = 0
    while depth > 0 and done < nodes and depth + 1 < bounds.size:
        done += 1
        top = depth - 1
        if bounds[top] < best + least:
            depth = top
            continue
        share[:] = 0.5
        bound, best = cover_node(
            start, column, begin, row, weight, states[top], p, prices[top], best, least, steps, found, share
        )  # fmt: skip
        bound = min(bound, bounds[top])
        if bound < best + least:
            depth = top
            continue
        pick, near = -1, -1.0
        for j in range(sites):
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
    return depth, best, done
