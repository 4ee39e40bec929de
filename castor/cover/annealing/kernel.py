"""Annealing of a siting for maximal covering, in machine code: any swap is priced by three numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from castor.kernel import below, draw, njit

Array = NDArray[Any]
MIX = np.uint64(0x9E3779B97F4A7C16)
NEAR = 0.7
"""Share of the proposals that move a site to a neighbour."""
HOPELESS = -18.0
"""A swap that loses so many temperatures is taken once in 66 million: it is refused without a draw."""


@njit(cache=True, nogil=True)
def neighbours(start: Array, column: Array, begin: Array, row: Array) -> Any:
    """The sites that share a row with each site, itself among them: (S + 1,) where each begins, and their numbers."""
    sites = begin.size - 1
    ends, mark = np.zeros(sites + 1, np.int64), np.full(sites, -1)
    near = np.empty(0, np.int32)
    for fill in range(2):
        mark[:] = -1
        at = 0
        for j in range(sites):
            for k in range(begin[j], begin[j + 1]):
                for m in range(start[row[k]], start[row[k] + 1]):
                    if mark[column[m]] != j:
                        mark[column[m]] = j
                        if fill:
                            near[at] = column[m]
                        at += 1
            ends[j + 1] = at
        if not fill:
            near = np.empty(at, np.int32)
    return ends, near


@njit(cache=True, nogil=True)
def anneal(
    start: Array,
    column: Array,
    begin: Array,
    row: Array,
    weight: Array,
    ends: Array,
    near: Array,
    opened: Array,
    top: Array,
    best: float,
    proposals: int,
    hot: float,
    cold: float,
    seed: int,
) -> Any:
    """Propose random swaps, and take those that gain and some that lose (Kirkpatrick, Gelatt and Vecchi 1983).

    start (R + 1,), column: columns of each row; begin (S + 1,), row: rows of each column; weight (R,); ends, near as
    :func:`neighbours` gives them. The temperature falls from ``hot`` to ``cold``, in units of weight. ``opened`` (S,)
    bool is left as the last siting; ``top`` (S,) bool as the best met, if better than ``best``. Returns (best, value of
    the last). Most proposals move a site to a neighbour, the others anywhere: a swap is worth the gain of the one less
    the loss of the other and what both cover that no third does, ``both`` (p, S).
    """
    sites, chance = begin.size - 1, np.array([np.uint64(seed) * MIX + np.uint64(1)], np.uint64)
    slot, inside = np.full(sites, -1), np.flatnonzero(opened)
    count, owner = np.zeros(weight.size, np.int64), np.zeros(weight.size, np.int64)
    gain, both = np.zeros(sites), np.zeros((inside.size, sites))
    for i in range(weight.size):
        for m in range(start[i], start[i + 1]):
            gain[column[m]] += weight[i]
    value = 0.0
    for s in range(inside.size):
        slot[inside[s]] = s
        value += _open(start, column, begin, row, weight, count, owner, gain, both, slot, inside[s])
    heat, ratio = hot, (cold / hot) ** (1000.0 / max(1000, proposals))
    for step in range(proposals):
        if step % 1000 == 999:
            heat *= ratio
        s = below(chance, inside.size)
        r, where = inside[s], draw(chance)
        if where < NEAR:
            j = np.int64(near[ends[r] + int(where / NEAR * (ends[r + 1] - ends[r]))])
        else:
            j = np.int64((where - NEAR) / (1.0 - NEAR) * sites)
        net = gain[j] - gain[r] + both[s, j]
        if net < HOPELESS * heat or opened[j] or (net < 0.0 and draw(chance) >= np.exp(net / heat)):
            continue
        _close(start, column, begin, row, weight, count, owner, gain, both, slot, r)
        opened[r], opened[j] = False, True
        slot[r], slot[j] = -1, s
        inside[s] = j
        _open(start, column, begin, row, weight, count, owner, gain, both, slot, j)
        value += net
        if value > best + 1e-9 * abs(best):
            best = value
            top[:] = opened
    return best, value


@njit(cache=True, nogil=True, _nrt=False)
def _open(
    start: Array,
    column: Array,
    begin: Array,
    row: Array,
    weight: Array,
    count: Array,
    owner: Array,
    gain: Array,
    both: Array,
    slot: Array,
    j: int,
) -> Any:
    """Open site j, which has a slot: the number and the sum of the open sites of each row, the gain of each site (of
    an open one: its loss), and what each open site covers alone that another site would; returns what j adds."""
    own, added = slot[j], 0.0
    for k in range(begin[j], begin[j + 1]):
        i = row[k]
        if count[i] == 0:
            added += weight[i]
            for m in range(start[i], start[i + 1]):
                gain[column[m]] -= weight[i]
                both[own, column[m]] += weight[i]
        elif count[i] == 1:
            other = slot[owner[i]]
            gain[owner[i]] -= weight[i]
            for m in range(start[i], start[i + 1]):
                both[other, column[m]] -= weight[i]
        count[i] += 1
        owner[i] += j
    gain[j] = added
    return added


@njit(cache=True, nogil=True, _nrt=False)
def _close(
    start: Array,
    column: Array,
    begin: Array,
    row: Array,
    weight: Array,
    count: Array,
    owner: Array,
    gain: Array,
    both: Array,
    slot: Array,
    j: int,
) -> Any:
    """Close site j; the reverse of :func:`_open`."""
    own, lost = slot[j], 0.0
    for k in range(begin[j], begin[j + 1]):
        i = row[k]
        count[i] -= 1
        owner[i] -= j
        if count[i] == 0:
            lost += weight[i]
            for m in range(start[i], start[i + 1]):
                gain[column[m]] += weight[i]
                both[own, column[m]] -= weight[i]
        elif count[i] == 1:
            other = slot[owner[i]]
            gain[owner[i]] += weight[i]
            for m in range(start[i], start[i + 1]):
                both[other, column[m]] += weight[i]
    gain[j] = lost
