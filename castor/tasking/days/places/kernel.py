"""Where a request finds room in a programme, compiled: tests in constant time first, whole tours in order of cost.

For every tour of a unit (and every gap between two) the soonest take-off after each visit, the latest landing before
it and the loads are reckoned once, flown direct. Each pair of places for the pick-up and the delivery is then judged
against them without a look at the rest of the tour. What passes is tried as a whole tour in order of the least it can
cost, until nothing that is left can cost less.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import draw, njit
from castor.tasking.days.away.kernel import AIR, POST, SIZE
from castor.tasking.days.tours.kernel import (
    AFTER,
    BACK,
    LATE,
    OUT,
    PAX_IN,
    PLACE,
    SICK_IN,
    SOON,
    TRIAL,
    begun,
    fly,
    hold,
    limits,
    place_tour,
)
from castor.tasking.packed.kernel import (
    BASE,
    DELIVER_FROM,
    DESTINATION,
    EARLIEST,
    FLIGHT,
    FROZEN,
    GROUND,
    KIND,
    LAST,
    LATEST,
    LITTERS,
    MASS,
    NIGHTS,
    ORIGIN,
    PAX,
    PAYLOAD,
    PICKUP_BY,
    PRICE,
    SEATS,
    SICK,
    TURN,
    UNITS,
    ask,
    ask_of,
    crew,
    fleet,
    kind,
    kind_of,
    leg,
    room,
)  # fmt: skip
from castor.tasking.tour.kernel import NEVER, air_minutes, prepare

SLACK = 1e-6
UNIT, TOUR, GAP, UP, DOWN = range(5)
"""Columns of ``own.rows``: unit, tour, gap (0: a tour of its own before that one), pick-up before visit, delivery."""


@njit(cache=True, nogil=True)
def widen(seq: Any, n: Any, r: Any, i: Any, j: Any, out: Any) -> Any:
    """A tour's visits with request r picked up before visit i and set down before visit j (i <= j <= n)."""
    x = 0
    for v in range(n + 1):
        if v == i:
            out[x] = 2 * r
            x += 1
        if v == j:
            out[x] = 2 * r + 1
            x += 1
        if v < n:
            out[x] = seq[v]
            x += 1
    return x


@njit(cache=True, nogil=True)
def narrow(seq: Any, n: Any, r: Any, out: Any) -> Any:
    """A tour's visits without request r; returns how many are left."""
    x = 0
    for v in range(n):
        if seq[v] >> 1 != r:
            out[x] = seq[v]
            x += 1
    return x


@njit(cache=True, nogil=True)
def fits(num: Any, val: Any, k: Any, r: Any) -> Any:
    """Whether a kind of unit could take request r alone: fields, seats, litters, payload."""
    return (
        room(num, val, k, ask(num, r, ORIGIN)) >= 0
        and room(num, val, k, ask(num, r, DESTINATION)) >= 0
        and ask(num, r, PAX) <= kind(num, k, SEATS)
        and ask(num, r, SICK) <= kind(num, k, LITTERS)
        and ask_of(num, val, r, MASS) <= kind_of(num, val, k, PAYLOAD) + SLACK
    )


@njit(cache=True, nogil=True)
def after_visit(num: Any, k: Any, t: Any, here: Any, visit: Any) -> Any:
    """(soonest take-off after a visit, whether it is in time), for who is ready to leave ``here`` at minute t."""
    r, ground = visit >> 1, kind(num, k, GROUND)
    place = ask(num, r, DESTINATION) if visit & 1 else ask(num, r, ORIGIN)
    landed = t
    if place != here:
        landed = t + leg(num, k, here, place)
        t = landed + ground
    if visit & 1:
        return max(t, ask(num, r, DELIVER_FROM) + ground), place == here or landed <= ask(num, r, LATEST)
    t = max(t, ask(num, r, EARLIEST) + ground)
    return t, t <= ask(num, r, PICKUP_BY) + ground


@njit(cache=True, nogil=True)
def outline(num: Any, val: Any, state: Any, u: Any, q: Any, gap: Any, own: Any) -> Any:
    """Places, soonest take-offs, latest landings and loads along a tour (gap 0: an empty one), flown direct.

    Returns (visits, minutes in the air flown direct).
    """
    k, base, ground = fleet(num, u, KIND), fleet(num, u, BASE), kind(num, fleet(num, u, KIND), GROUND)
    lines, seq = own.lines, state.seq[u, q]
    n = state.tour[SIZE, u, q] if gap else 0
    start, end = limits(num, state, u, q, gap)
    lines[PLACE, 0], lines[PLACE, n + 1], lines[SOON, 0] = base, base, start
    lines[PAX_IN, 0], lines[SICK_IN, 0], own.mass[0], air = 0, 0, 0.0, 0
    for v in range(1, n + 1):
        r, sign = seq[v - 1] >> 1, 1 - 2 * (seq[v - 1] & 1)
        lines[PLACE, v] = ask(num, r, DESTINATION) if seq[v - 1] & 1 else ask(num, r, ORIGIN)
        lines[SOON, v], _ = after_visit(num, k, lines[SOON, v - 1], lines[PLACE, v - 1], seq[v - 1])
        lines[PAX_IN, v] = lines[PAX_IN, v - 1] + sign * ask(num, r, PAX)
        lines[SICK_IN, v] = lines[SICK_IN, v - 1] + sign * ask(num, r, SICK)
        own.mass[v] = own.mass[v - 1] + sign * ask_of(num, val, r, MASS)
        air += leg(num, k, lines[PLACE, v - 1], lines[PLACE, v])
    air += leg(num, k, lines[PLACE, n], base)
    lines[LATE, n + 1] = min(end - fleet(num, u, TURN), fleet(num, u, LAST))
    for v in range(n, 0, -1):
        r = seq[v - 1] >> 1
        after = lines[LATE, v + 1]
        if lines[PLACE, v + 1] != lines[PLACE, v]:
            after -= leg(num, k, lines[PLACE, v], lines[PLACE, v + 1]) + ground
        lines[LATE, v] = min(after, ask(num, r, LATEST) if seq[v - 1] & 1 else ask(num, r, PICKUP_BY))
    return n, air


@njit(cache=True, nogil=True)
def could(num: Any, state: Any, u: Any, q: Any, gap: Any, r: Any) -> Any:
    """Whether unit u could fetch and bring request r between the tours before and after, flown direct."""
    k, base = fleet(num, u, KIND), fleet(num, u, BASE)
    start, end = limits(num, state, u, q, gap)
    t, timely = after_visit(num, k, start, base, 2 * r)
    if not timely:
        return False
    b, ground = ask(num, r, DESTINATION), kind(num, k, GROUND)
    landed = t + leg(num, k, ask(num, r, ORIGIN), b)
    if landed > ask(num, r, LATEST):
        return False
    home = landed if b == base else landed + ground + leg(num, k, b, base)
    return home + fleet(num, u, TURN) <= end and home <= fleet(num, u, LAST)


@njit(cache=True, nogil=True)
def heavy(num: Any, val: Any, k: Any, r: Any, v: Any, own: Any) -> Any:
    """Whether request r is too much beside what is on board after visit v."""
    return (
        own.lines[PAX_IN, v] + ask(num, r, PAX) > kind(num, k, SEATS)
        or own.lines[SICK_IN, v] + ask(num, r, SICK) > kind(num, k, LITTERS)
        or own.mass[v] + ask_of(num, val, r, MASS) > kind_of(num, val, k, PAYLOAD) + SLACK
    )


@njit(cache=True, nogil=True)
def in_time(num: Any, k: Any, r: Any, t: Any, here: Any, j: Any, own: Any) -> Any:
    """Whether request r, set down before visit j by who may leave ``here`` at minute t, and the rest can be in time."""
    b, ahead = ask(num, r, DESTINATION), own.lines[PLACE, j + 1]
    landed = t if b == here else t + leg(num, k, here, b)
    if b != here and landed > ask(num, r, LATEST):
        return False
    if ahead == b:
        return b == here or landed <= own.lines[LATE, j + 1]
    off = landed if b == here else landed + kind(num, k, GROUND)
    off = max(off, ask(num, r, DELIVER_FROM) + kind(num, k, GROUND))
    return off + leg(num, k, b, ahead) <= own.lines[LATE, j + 1]


@njit(cache=True, nogil=True)
def detour(num: Any, k: Any, r: Any, spots: Any, i: Any, j: Any) -> Any:
    """Minutes in the air that a tour gains, flown direct, by picking r up before visit i and setting it down before j.

    ``spots`` are the places of the tour's n visits between two stays at base.
    """
    a, b = ask(num, r, ORIGIN), ask(num, r, DESTINATION)
    before, after = spots[i], spots[i + 1]
    if i == j:
        gain = leg(num, k, before, a) + leg(num, k, a, b) + leg(num, k, b, after)
        return gain - leg(num, k, before, after)
    gain = leg(num, k, before, a) + leg(num, k, a, after) - leg(num, k, before, after)
    before, after = spots[j], spots[j + 1]
    return gain + leg(num, k, before, b) + leg(num, k, b, after) - leg(num, k, before, after)


@njit(cache=True, nogil=True)
def look(num: Any, val: Any, state: Any, r: Any, u: Any, q: Any, gap: Any, total: Any, own: Any) -> Any:
    """Add to ``own.rows`` the places for request r in a tour that may do, and the least that each adds to the cost.

    ``total`` are there already; returns how many there are now.
    """
    k, base = fleet(num, u, KIND), fleet(num, u, BASE)
    n, air = outline(num, val, state, u, q, gap, own)
    lines, seq = own.lines, state.seq[u, q]
    if n + 2 > lines.shape[1] - 2:
        return total
    old, price = state.tour[AIR, u, q] if gap else 0, kind_of(num, val, k, PRICE)
    longest = crew(num, FLIGHT) * (1 + crew(num, NIGHTS))
    a, b = ask(num, r, ORIGIN), ask(num, r, DESTINATION)
    for i in range(begun(num, state, u, q, gap)[1], n + 1):
        if i > 0 and a == base:
            break
        t, timely = after_visit(num, k, lines[SOON, i], lines[PLACE, i], 2 * r)
        if not timely:
            continue
        here = a
        for j in range(i, n + 1):
            if j > i:
                if here == b and lines[PLACE, j] != b:
                    break  # nothing is carried on through its destination
                if lines[PLACE, j] != here and t + leg(num, k, here, lines[PLACE, j]) > lines[LATE, j]:
                    break
                t, timely = after_visit(num, k, t, here, seq[j - 1])
                here = lines[PLACE, j]
                if not timely:
                    break
            laden = heavy(num, val, k, r, j, own)
            if (j == n or b != base) and not (laden and here != b) and in_time(num, k, r, t, here, j, own):
                gain = detour(num, k, r, lines[PLACE], i, j)
                if air + gain <= longest and total < own.rows.shape[0]:
                    own.costs[total] = (air + gain - old) * price
                    row = own.rows[total]
                    row[UNIT], row[TOUR], row[GAP], row[UP], row[DOWN] = u, q, gap, i, j
                    total += 1
            if laden and j < n and lines[PLACE, j + 1] != here:
                break
    return total


@njit(cache=True, nogil=True)
def look_all(num: Any, val: Any, state: Any, r: Any, u: Any, total: Any, own: Any) -> Any:
    """Add the places for request r in every tour of unit u that is not frozen, and in every gap between two."""
    if not fits(num, val, fleet(num, u, KIND), r):
        return total
    for q in range(fleet(num, u, FROZEN), state.tours[u] + 1):
        if q < state.tours[u] and state.tour[POST, u, q] == 0 and could(num, state, u, q, BACK, r):
            total = look(num, val, state, r, u, q, BACK, total, own)
        if state.tours[u] + 1 <= state.seq.shape[1] - 1 and could(num, state, u, q, AFTER, r):
            total = look(num, val, state, r, u, q, AFTER, total, own)
    return total


@njit(cache=True, nogil=True)
def sink(costs: Any, order: Any, at: Any, size: Any) -> Any:
    """Let a row of a heap (dearest first; of equals the last first) sink to its place."""
    while 2 * at + 1 < size:
        child = 2 * at + 1
        for other in range(child + 1, min(child + 2, size)):
            a, b = order[child], order[other]
            if costs[b] > costs[a] or (costs[b] == costs[a] and b > a):
                child = other
        a, b = order[at], order[child]
        if costs[a] > costs[b] or (costs[a] == costs[b] and a > b):
            return
        order[at], order[child] = b, a
        at = child


@njit(cache=True, nogil=True)
def by_cost(costs: Any, order: Any, total: Any) -> Any:
    """Write the numbers of the first ``total`` costs into ``order``, least cost first, of equals the first first."""
    for x in range(total):
        order[x] = x
    for at in range(total // 2 - 1, -1, -1):
        sink(costs, order, at, total)
    for size in range(total - 1, 0, -1):
        order[0], order[size] = order[size], order[0]
        sink(costs, order, AFTER, size)


@njit(cache=True, nogil=True)
def cheapest(num: Any, val: Any, state: Any, r: Any, total: Any, most: Any, held: Any, w: Any, own: Any) -> Any:
    """(row, cost) of the place that costs least of the first ``total`` rows, below ``most``; row -1 if none.

    ``held`` (1, or 0): the units' own tours are in the counts.
    """
    best, found = most, -1
    by_cost(own.costs, own.order, total)
    for x in range(total):
        row = own.rows[own.order[x]]
        if own.costs[own.order[x]] >= best:
            break
        u, q, gap = row[UNIT], row[TOUR], row[GAP]
        k = fleet(num, u, KIND)
        n, old = (state.tour[SIZE, u, q], state.tour[AIR, u, q]) if gap else (0, 0)
        size = widen(state.seq[u, q], n, r, row[UP], row[DOWN], own.lines[TRIAL])
        stops, rides = prepare(num, val, k, fleet(num, u, BASE), own.lines[TRIAL], size, w)
        cost = (air_minutes(num, val, k, stops, w) - old) * kind_of(num, val, k, PRICE)
        if stops == 0 or cost >= best:
            continue
        if held:
            hold(num, val, state, u, q, gap, OUT)
        timed = fly(num, val, state, u, q, gap, stops, rides, limits(num, state, u, q, gap), w, own)
        if held:
            hold(num, val, state, u, q, gap, BACK)
        if timed[0] < NEVER:
            best, found = cost, own.order[x]
    return found, best


def best_place(num: Any, val: Any, state: Any, r: int, u: int, most: float, w: Any, own: Any) -> Any:
    """Where unit u takes request r at least cost below ``most``: (cost, tour, gap, i, j); gap 0 is a tour of its own.

    The unit's counts are taken out already. No later tour of the unit is moved, none that is frozen is touched.
    """
    total = look_all(num, val, state, r, u, 0, own)
    found, cost = cheapest(num, val, state, r, total, most, 0, w, own)
    if found < 0:
        return most, -1, 0, 0, 0
    return cost, *own.rows[found, TOUR:].tolist()


def put(num: Any, val: Any, state: Any, r: int, u: int, place: Any, w: Any, own: Any) -> bool:
    """Give request r to unit u at a ``place`` (tour, gap, i, j) of :func:`best_place`; False (and nothing changed) if
    it cannot be.
    """
    q, gap, i, j = (int(x) for x in place)
    size = widen(state.seq[u, q], state.tour[SIZE, u, q] if gap else 0, r, i, j, own.lines[TRIAL])
    return bool(place_tour(num, val, state, u, q, gap, size, limits(num, state, u, q, gap)[0], w, own))


@njit(cache=True, nogil=True)
def like_another(num: Any, state: Any, u: Any) -> Any:
    """Whether another unit before u stands idle too and is the same in all."""
    if state.tours[u]:
        return False
    for v in range(u):
        if state.tours[v] == 0:
            same = True
            for x in range(FROZEN + 1):
                same = same and fleet(num, u, x) == fleet(num, v, x)
            if same:
                return True
    return False


@njit(cache=True, nogil=True, inline="always")
def insert(num: Any, val: Any, state: Any, r: Any, noise: Any, seed: Any, w: Any, own: Any) -> Any:
    """Give request r to the unit that takes it at least cost, passing over a unit now and then; False if none can."""
    total = AFTER
    for u in range(num[UNITS]):
        if not (like_another(num, state, u) or draw(seed) < noise):
            total = look_all(num, val, state, r, u, total, own)
    found, _ = cheapest(num, val, state, r, total, np.inf, BACK, w, own)
    if found < 0:
        return False
    row = own.rows[found]
    u, q, gap = row[UNIT], row[TOUR], row[GAP]
    size = widen(state.seq[u, q], state.tour[SIZE, u, q] if gap else AFTER, r, row[UP], row[DOWN], own.lines[TRIAL])
    return place_tour(num, val, state, u, q, gap, size, limits(num, state, u, q, gap)[0], w, own)
