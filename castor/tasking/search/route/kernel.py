"""One route of pick-ups and deliveries: times, loads and cost, and the best pair of places in it for a request.

Stops: request q is picked up at stop 2q and delivered at stop 2q + 1; unit v starts at stop 2Q + 2v and ends at stop
2Q + 2v + 1. A pair of places is judged in constant amortised time from what is kept at every stop. Ride times and
duties bind stops that are far apart: what passes the quick test is then settled exactly, as the least solution of a
system of difference constraints. Where the times obey the triangle inequality (``triangle``) a stop more never makes a
route quicker, which sharpens the quick tests; nothing else relies on it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from castor.kernel import njit

Array = NDArray[Any]

INNER = {"cache": True, "nogil": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
"""Options of kernels that only kernels call: without a door to Python they compile in three quarters of the time."""
EXACT = 1e-9
"""Tolerance of every limit: what rounding may cost, and no more."""

TIME, COST, TIME_TO, COST_TO = 0, 1, 2, 3
"""Tables of ``Data.way``: from a to b, and the same to b from a."""
PENALTY, RIDE, LOAD = 0, 1, 2
"""Columns of ``Data.request``: cost of leaving it out, longest ride, load (from there on)."""
FIXED, DURATION, ROOM = 0, 1, 2
"""Columns of ``Data.unit``: cost of using it, longest time from start to end, capacity (from there on)."""
PROFILE, ALIKE = 0, 1
"""Columns of ``Data.kind``: the unit's profile, and the number of the group of units that do not differ."""
LEAVE, LATE, FLOOR, CEILING, LEG, FARE, SLACK, ABOARD = 0, 1, 2, 3, 4, 5, 6, 7
"""Columns of ``Routes.mark``, of every stop: earliest departure; latest beginning from which the rest can still be
done; times before and after which it cannot begin whatever is added to the route; time (the stay included) and cost to
the next stop; how much longer the way there may be for the sake of ride times and duty; what is on board after it (from
there on). An empty route has the fare -fixed, so that whatever fills it pays."""
HOUR, LIMIT, STEP, DETOUR, LEAST = 0, 1, 2, 3, 4
"""Rows of ``Work.sum``, by position: beginning, its limit, time to the next stop; cost of the delivery behind the
position, and the least of them from there on."""


class Data(NamedTuple):
    """A problem: N stops, L locations, Q requests, V units of K profiles, D dimensions of load."""

    place: Array
    """(N,) location of each stop."""
    window: Array
    """(N, 2) earliest and latest beginning, of a unit's start and end too."""
    stay: Array
    """(K, N) time a stop takes."""
    way: Array
    """(4, K, L, L)"""
    serve: Array
    """(K, Q) cost of serving a request, the way to it apart."""
    request: Array
    """(Q, 2 + D)"""
    unit: Array
    """(V, 2 + D)"""
    kind: Array
    """(V, 2) whole numbers."""
    allowed: Array
    """(V, Q) bool."""
    triangle: bool
    """No way round is quicker, in any profile."""
    timed: bool
    """Some ride or duration is limited."""
    must: float
    """Penalty of the requests that must be served, above all others."""


class Routes(NamedTuple):
    """V routes of up to W stops, start and end included."""

    size: Array
    """(V,) stops in use."""
    stamp: Array
    """(V,) number of this state of the route; 0 when empty."""
    cost: Array
    """(V,)"""
    node: Array
    """(V, W) stops."""
    mark: Array
    """(V, W, 7 + D)"""


class Work(NamedTuple):
    """Room for what is reckoned and thrown away."""

    order: Array
    """(W,) stops."""
    spot: Array
    """(N,) their positions."""
    sum: Array
    """(5, W)"""


@njit(cache=True, nogil=True, _nrt=False)
def quickest_direct(time: Array) -> Any:
    """Whether no way round by a third location is quicker in any of the tables (K, L, L), rounding apart."""
    profiles, places = time.shape[0], time.shape[1]
    for k in range(profiles):
        for a in range(places):
            for b in range(places):
                first = time[k, a, b]
                for c in range(places):
                    if first + time[k, b, c] < time[k, a, c] - EXACT:
                        return False
    return True


@njit(cache=True, nogil=True, _nrt=False)
def refresh(data: Data, routes: Routes, v: int, work: Work) -> Any:
    """Reckon everything kept of route v from its stops; returns whether it is feasible."""
    k, n, requests = data.kind[v, PROFILE], routes.size[v], data.serve.shape[1]
    node, mark = routes.node[v], routes.mark[v]
    good = True
    total = data.unit[v, FIXED]
    clock = 0.0
    for c in range(ABOARD, mark.shape[1]):
        mark[0, c] = 0.0
    for x in range(n):
        a = node[x]
        if x > 0:
            before, here = data.place[node[x - 1]], data.place[a]
            clock = mark[x - 1, LEAVE] + data.way[TIME, k, before, here]
            mark[x - 1, FARE] = data.way[COST, k, before, here]
            mark[x - 1, LEG] = data.stay[k, node[x - 1]] + data.way[TIME, k, before, here]
            total += mark[x - 1, FARE]
            sign = 0.0 if a >= 2 * requests else (1.0 if a % 2 == 0 else -1.0)
            for c in range(data.request.shape[1] - LOAD):
                more = 0.0 if sign == 0.0 else sign * data.request[a // 2, LOAD + c]
                mark[x, ABOARD + c] = mark[x - 1, ABOARD + c] + more
                good &= mark[x, ABOARD + c] <= data.unit[v, ROOM + c] + EXACT
            if sign > 0.0:
                total += data.serve[k, a // 2]
        if x == 0 or clock < data.window[a, 0]:
            clock = data.window[a, 0]
        good &= clock <= data.window[a, 1] + EXACT
        mark[x, LEAVE] = clock + data.stay[k, a]
        mark[x, FLOOR], mark[x, CEILING] = data.window[a, 0], data.window[a, 1]
    for x in range(n - 1, -1, -1):
        mark[x, LATE] = mark[x, CEILING]
        if x < n - 1:
            mark[x, LATE] = min(mark[x, LATE], mark[x + 1, LATE] - mark[x, LEG])
        if data.triangle:
            mark[x, CEILING] = mark[x, LATE]
    if n == 2:
        mark[0, FARE], total = -data.unit[v, FIXED], 0.0
    routes.cost[v] = total
    if data.timed:
        good &= _bind(data, routes, v, work)
    return good


@njit(**INNER)
def _bind(data: Data, routes: Routes, v: int, work: Work) -> Any:
    """Earliest and latest times under ride times and duty, and the slack of every gap; whether there are any."""
    k, n, requests = data.kind[v, PROFILE], routes.size[v], data.serve.shape[1]
    node, mark, hour = routes.node[v], routes.mark[v], work.sum[HOUR]
    whole = 0.0
    for x in range(n):
        a = node[x]
        work.order[x], work.spot[a] = a, x
        hour[x], work.sum[LIMIT, x], work.sum[STEP, x] = data.window[a, 0], data.window[a, 1], mark[x, LEG]
        if x < n - 1:
            whole += mark[x, LEG]
    good = settle(data, v, n, 1, work)
    for x in range(n):
        mark[x, SLACK] = data.unit[v, DURATION] - whole
    for x in range(1, n - 1):
        a = node[x]
        if a % 2 == 0 and a < 2 * requests and data.request[a // 2, RIDE] < np.inf:
            y = work.spot[a + 1]
            spare = data.request[a // 2, RIDE] + data.stay[k, a]
            for z in range(x, y):
                spare -= mark[z, LEG]
            for z in range(x, y):
                mark[z, SLACK] = min(mark[z, SLACK], spare)
    if data.triangle:
        for x in range(n):
            mark[x, FLOOR] = hour[x]
            mark[x, LEAVE] = hour[x] + data.stay[k, node[x]]
            hour[x] = data.window[node[x], 1]
        good &= _settle_late(data, v, n, work)
        for x in range(n):
            mark[x, LATE] = mark[x, CEILING] = hour[x]
    return good


@njit(**INNER)
def settle(data: Data, v: int, n: int, first: int, work: Work) -> Any:
    """Raise the hours of the order to the least that keep sequence, ride times and duty; False if one passes its limit.

    Sweeps forward along the route; a delivery too long after its pick-up raises the pick-up, and the next sweep starts
    there. Hours before ``first`` must be consistent on entry. More sweeps than stops mean a cycle that never ends.
    """
    k, stops = data.kind[v, PROFILE], 2 * data.serve.shape[1]
    order, hour, limit, step = work.order, work.sum[HOUR], work.sum[LIMIT], work.sum[STEP]
    for _ in range(n + 1):
        again = n
        for x in range(first, n):
            hour[x] = max(hour[x], hour[x - 1] + step[x - 1])
            if hour[x] > limit[x] + EXACT:
                return False
            b = order[x]
            if b < stops:
                if b % 2 == 0:
                    continue
                a = work.spot[b - 1]
                need = hour[x] - data.request[b // 2, RIDE] - data.stay[k, b - 1]
            elif x == n - 1:
                a = 0
                need = hour[x] - data.unit[v, DURATION]
            else:
                continue
            if need > hour[a] + EXACT:
                if need > limit[a] + EXACT:
                    return False
                hour[a] = need
                again = min(again, a + 1)
        if again == n:
            return True
        first = again
    return False


@njit(**INNER)
def _settle_late(data: Data, v: int, n: int, work: Work) -> Any:
    """Lower the hours of the order to the greatest that keep sequence, ride times and duty; False without end."""
    k, stops = data.kind[v, PROFILE], 2 * data.serve.shape[1]
    hour, step = work.sum[HOUR], work.sum[STEP]
    for _ in range(n + 1):
        again = False
        for x in range(n - 1, -1, -1):
            if x < n - 1:
                hour[x] = min(hour[x], hour[x + 1] - step[x])
            a = work.order[x]
            if x == 0:
                b = n - 1
                most = hour[x] + data.unit[v, DURATION]
            elif a < stops and a % 2 == 0:
                b = work.spot[a + 1]
                most = hour[x] + data.stay[k, a] + data.request[a // 2, RIDE]
            else:
                continue
            if most < hour[b] - EXACT:
                hour[b] = most
                again = True
        if not again:
            return True
    return False


@njit(cache=True, nogil=True, _nrt=False)
def fits(data: Data, routes: Routes, v: int, q: int, i: int, j: int, work: Work) -> Any:
    """Whether route v keeps its times exactly with q picked up behind position i and delivered behind position j.

    With i = -1 and j = -1 the route as it is: its least hours are left in ``work``.
    """
    k, n = data.kind[v, PROFILE], routes.size[v]
    order, hour, limit = work.order, work.sum[HOUR], work.sum[LIMIT]
    x = 0
    for y in range(n):
        order[x] = routes.node[v, y]
        hour[x], limit[x] = routes.mark[v, y, FLOOR], routes.mark[v, y, CEILING]
        x += 1
        for end in range(2):
            if y == (i if end == 0 else j):
                order[x] = 2 * q + end
                hour[x], limit[x] = data.window[2 * q + end, 0], data.window[2 * q + end, 1]
                x += 1
    for y in range(x):
        a = order[y]
        work.spot[a] = y
        if y < x - 1:
            work.sum[STEP, y] = data.stay[k, a] + data.way[TIME, k, data.place[a], data.place[order[y + 1]]]
    return settle(data, v, x, i + 1 if data.triangle and i >= 0 else 1, work)


@njit(**INNER)
def _room(data: Data, mark: Array, x: int, q: int, v: int) -> Any:
    """Whether q may be on board as the unit leaves position x."""
    for c in range(data.request.shape[1] - LOAD):
        if mark[x, ABOARD + c] + data.request[q, LOAD + c] > data.unit[v, ROOM + c] + EXACT:
            return False
    return True


@njit(**INNER)
def _deliveries(data: Data, routes: Routes, q: int, v: int, work: Work) -> Any:
    """Fill the detour for the delivery of q behind every stop of v (infinite where it cannot be), and its least from
    there on."""
    k, n, d = data.kind[v, PROFILE], routes.size[v], 2 * q + 1
    node, mark, at = routes.node[v], routes.mark[v], data.place[d]
    time_in, time_out = data.way[TIME_TO, k, at], data.way[TIME, k, at]
    cost_in, cost_out = data.way[COST_TO, k, at], data.way[COST, k, at]
    first, last, stay = data.window[d, 0], data.window[d, 1] + EXACT, data.stay[k, d]
    detour, lowest = work.sum[DETOUR], work.sum[LEAST]
    least = np.inf
    for j in range(n - 2, -1, -1):
        here, then = data.place[node[j]], data.place[node[j + 1]]
        extra = cost_in[here] + cost_out[then] - mark[j, FARE]
        if data.triangle:
            begun = mark[j, LEAVE] + time_in[here]
            if begun > last or max(first, begun) + stay + time_out[then] > mark[j + 1, LATE] + EXACT:
                extra = np.inf
        detour[j] = extra
        least = min(least, extra)
        lowest[j] = least


@njit(cache=True, nogil=True, _nrt=False)
def scan(data: Data, routes: Routes, q: int, v: int, best: float, skip_i: int, skip_j: int, work: Work) -> Any:
    """The cheapest pair of places for q on route v that costs less than ``best``, the pair (skip_i, skip_j) left out.

    Returns (cost, i, j): picked up behind position i, delivered behind position j of the route as it is; (best, -1, -1)
    if there is none.
    """
    k, n, p, d = data.kind[v, PROFILE], routes.size[v], 2 * q, 2 * q + 1
    node, mark, place, stay = routes.node[v], routes.mark[v], data.place, data.stay[k]
    time_in, time_out = data.way[TIME_TO, k, place[p]], data.way[TIME, k, place[p]]
    cost_in, cost_out = data.way[COST_TO, k, place[p]], data.way[COST, k, place[p]]
    last_p, last_d = data.window[p, 1] + EXACT, data.window[d, 1] + EXACT
    direct, longest = stay[p] + time_out[place[d]], data.request[q, RIDE] + stay[p] + EXACT
    straight = cost_out[place[d]]
    to_d, from_d, fare_from_d = data.way[TIME_TO, k, place[d]], data.way[TIME, k, place[d]], data.way[COST, k, place[d]]
    tight, timed = data.triangle and data.timed, data.timed
    detour, least = work.sum[DETOUR], work.sum[LEAST]
    found_i, found_j = -1, -1
    if data.triangle and direct > longest:
        return best, -1, -1
    _deliveries(data, routes, q, v, work)
    for i in range(n - 1):
        here, then = place[node[i]], place[node[i + 1]]
        begun = max(data.window[p, 0], mark[i, LEAVE] + time_in[here])
        if begun > last_p:
            if data.triangle:
                break
            continue
        base = cost_in[here] - mark[i, FARE] + data.serve[k, q]
        total = base + straight + fare_from_d[then]
        apart = base + cost_out[then] + (least[i + 1] if i < n - 2 else np.inf)
        if (total >= best and apart >= best) or not _room(data, mark, i, q, v):
            continue
        coming = stay[node[i]] + time_in[here] - mark[i, LEG]
        if total < best and direct <= longest and not (i == skip_i and i == skip_j):
            done = max(data.window[d, 0], begun + direct)
            away = stay[d] + from_d[then]
            if (
                done <= last_d
                and done - longest <= last_p
                and done + away <= mark[i + 1, LATE] + EXACT
                and (not tight or coming + direct + away <= mark[i, SLACK] + EXACT)
                and (not timed or fits(data, routes, v, q, i, i, work))
            ):
                best, found_i, found_j = total, i, i
        way = stay[p] + time_out[then]
        if apart >= best or begun + way > mark[i + 1, CEILING] + EXACT:
            continue
        if tight and coming + way > mark[i, SLACK] + EXACT:
            continue
        base += cost_out[then]
        by = min(last_d, longest + (min(last_p, mark[i + 1, LATE] - way + EXACT) if data.triangle else last_p))
        clock = max(mark[i + 1, FLOOR], begun + way)
        for j in range(i + 1, n - 1):
            if base + least[j] >= best or way + stay[node[j]] > longest or not _room(data, mark, j, q, v):
                break
            total = base + detour[j]
            if total < best and not (i == skip_i and j == skip_j):
                here, then = place[node[j]], place[node[j + 1]]
                coming, away = stay[node[j]] + to_d[here], stay[d] + from_d[then]
                done = max(data.window[d, 0], clock + coming)
                if (
                    done <= by
                    and way + coming <= longest
                    and done + away <= mark[j + 1, LATE] + EXACT
                    and (not tight or coming + away - mark[j, LEG] <= mark[j, SLACK] + EXACT)
                    and (not timed or fits(data, routes, v, q, i, j, work))
                ):
                    best, found_i, found_j = total, i, j
            way += mark[j, LEG]
            clock = max(mark[j + 1, FLOOR], clock + mark[j, LEG])
            if clock > mark[j + 1, CEILING] + EXACT:
                break
    return best, found_i, found_j
