"""The routes a search has seen: for every set of requests and group of units the cheapest order met."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from castor.kernel import njit
from castor.tasking.search.route.kernel import ALIKE, INNER, Data, Routes

Array = NDArray[Any]


class Pool(NamedTuple):
    """Room for P routes with B stops in all, found by a hash of their requests."""

    tally: Array
    """(2,) routes and stops in use."""
    start: Array
    """(P + 1,) first stop of each route."""
    stop: Array
    """(B,) stops between start and end."""
    cost: Array
    """(P,)"""
    unit: Array
    """(P,) a unit that flew it."""
    name: Array
    """(P,) hash."""
    slot: Array
    """(H,) route in each slot of the hash table, -1 for none; H is a power of two, above P."""
    word: Array
    """(Q + V,) random words, of the requests and of the groups of units."""


@njit(**INNER)
def record(data: Data, routes: Routes, v: int, pool: Pool) -> Any:
    """Put route v in the pool, unless its requests are there at no more cost; a full pool takes no more."""
    n, requests = routes.size[v], data.serve.shape[1]
    if n <= 2:
        return
    name = pool.word[requests + data.kind[v, ALIKE]]
    for x in range(1, n - 1):
        if routes.node[v, x] % 2 == 0:
            name ^= pool.word[routes.node[v, x] // 2]
    mask = np.uint64(pool.slot.size - 1)
    at = name & mask
    while pool.slot[at] >= 0 and pool.name[pool.slot[at]] != name:
        at = (at + np.uint64(1)) & mask
    r = pool.slot[at]
    if r >= 0 and pool.cost[r] <= routes.cost[v] + 1e-9:
        return
    if r < 0:
        r, begin = pool.tally[0], pool.tally[1]
        if r >= pool.cost.size or begin + n - 2 > pool.stop.size:
            return
        pool.slot[at], pool.name[r] = r, name
        pool.start[r], pool.start[r + 1] = begin, begin + n - 2
        pool.tally[0], pool.tally[1] = r + 1, begin + n - 2
    pool.cost[r], pool.unit[r] = routes.cost[v], v
    begin = pool.start[r]
    for x in range(1, n - 1):
        pool.stop[begin + x - 1] = routes.node[v, x]
