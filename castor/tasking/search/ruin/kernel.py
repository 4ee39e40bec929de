"""Ruin by string removals (Christiaens and Vanden Berghe 2020), order of re-insertion, random stream, acceptance.

Nothing here knows what a route must obey, so that another kernel can use it: it needs its routes as rows of stops
``node`` (V, W) with ``size`` (V,) of them in use (the first and the last are the unit's start and end), the unit
``where`` (Q,) and the position ``spot`` (N,) of each request and stop, the request ``request`` (N,) of each stop (-1
for a stop that belongs to none, such as refuelling), and the stops ``near`` (N, M) each stop, nearest first, itself
among them. A step of a search is then

    count = strings(begin, node, size, where, spot, request, near, average, longest, gone, ruined, state)
    ... take the requests gone[:count] out of their routes, by rules of its own ...
    arrange(gone, count, keys, share, state)
    ... put each back at the cheapest place, passing over a place if draw(state) < blink ...
    ... keep the new routes if accepts(new cost, old cost, heat, state) ...

``state`` is a uint64 array of one word, not zero: the random stream, wholly the caller's.
"""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from castor.kernel import below, draw, njit

Array = NDArray[Any]

SPLIT = 0.5
"""Share of strings from whose middle some stops are kept (alpha of the paper)."""
DEEPER = 0.01
"""Chance that one stop more is kept there (beta of the paper)."""


@njit(cache=True, nogil=True, _nrt=False)
def accepts(new: float, old: float, heat: float, state: Array) -> Any:
    """Simulated annealing: keep the new cost if it is below the old by more than heat x ln(a random number)."""
    return new < old - heat * math.log(1.0 - draw(state))


@njit(cache=True, nogil=True, _nrt=False)
def strings(
    begin: int,
    node: Array,
    size: Array,
    where: Array,
    spot: Array,
    request: Array,
    near: Array,
    average: float,
    longest: float,
    gone: Array,
    ruined: Array,
    state: Array,
) -> Any:
    """Choose the requests to remove: strings of stops on routes close to the stop ``begin``, which need not be on a
    route itself; -1 draws a stop that is.

    ``average`` stops are chosen in the mean, at most ``longest`` in one string, one string to a route. ``gone`` (Q,) is
    filled; ``where`` of each request in it becomes -1. ``ruined`` (V,) bool tells the routes touched (cleared here
    first); taking the stops out of them is the caller's part. Returns how many requests were chosen: 0 if none is
    served.
    """  # fmt: skip
    stops, used = 0, 0
    for v in range(size.size):
        ruined[v] = False
        if size[v] > 2:
            used += 1
            stops += size[v] - 2
    if used == 0:
        return 0
    most = min(longest, stops / used)
    left = int(draw(state) * (4.0 * average / (1.0 + most) - 1.0) + 1.0)
    if begin < 0:
        seed = below(state, where.size)
        while where[seed] < 0:
            seed = (seed + 1) % where.size
        begin = node[where[seed], _stop_of(node, size, where[seed], seed, request, state)]
    count = 0
    for m in range(near.shape[1]):
        stop = near[begin, m]
        q = request[stop]
        if q < 0 or where[q] < 0 or ruined[where[q]]:
            continue
        v = where[q]
        ruined[v] = True
        count = _string(node[v], size[v], spot[stop], most, where, request, gone, count, state)
        left -= 1
        if left <= 0:
            break
    return count


@njit(cache=True, nogil=True, _nrt=False)
def _stop_of(node: Array, size: Array, v: int, q: int, request: Array, state: Array) -> Any:
    """The position on route v of one of the stops of request q, drawn at random."""
    found, seen = 0, 0
    for x in range(1, size[v] - 1):
        if request[node[v, x]] == q:
            seen += 1
            if below(state, seen) == 0:
                found = x
    return found


@njit(cache=True, nogil=True, _nrt=False)
def _string(
    node: Array,
    size: int,
    at: int,
    most: float,
    where: Array,
    request: Array,
    gone: Array,
    count: int,
    state: Array,
) -> Any:
    """Remove the requests with a stop in a string of stops around position ``at``, perhaps split; returns the count."""
    stops = size - 2
    length = int(draw(state) * min(most, stops) + 1.0)
    kept = 0
    if length > 1 and length < stops and draw(state) < SPLIT:
        kept = 1
        while length + kept < stops and draw(state) < DEEPER:
            kept += 1
    span = length + kept
    first = max(1, at - span + 1)
    last = min(at, size - 1 - span)
    first += below(state, last - first + 1)
    hole = first + 1 + below(state, length - 1) if kept > 0 else first + span
    for x in range(first, first + span):
        if hole <= x < hole + kept:
            continue
        q = request[node[x]]
        if q >= 0 and where[q] >= 0:
            where[q] = -1
            gone[count] = q
            count += 1
    return count


@njit(cache=True, nogil=True, _nrt=False)
def arrange(chosen: Array, count: int, keys: Array, share: Array, state: Array) -> Any:
    """Put the first ``count`` requests of ``chosen`` in an order drawn at random from the rows of ``keys`` (M, Q).

    ``share`` (M,): cumulated chances, the last 1; least key first. Row 0 stands for an order at random.
    """
    row, chance = 0, draw(state)
    while chance >= share[row] and row < share.size - 1:
        row += 1
    for a in range(1, count):
        if row == 0:
            b = below(state, a + 1)
            chosen[a], chosen[b] = chosen[b], chosen[a]
            continue
        q = chosen[a]
        key = keys[row, q]
        b = a - 1
        while b >= 0 and keys[row, chosen[b]] > key:
            chosen[b + 1] = chosen[b]
            b -= 1
        chosen[b + 1] = q
    return row
