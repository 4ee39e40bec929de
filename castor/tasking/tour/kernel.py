"""One tour of one unit, compiled: from its visits to its stops, where it fills up on the way, and its times.

A tour is a row of visits: ``2 r`` picks request r up, ``2 r + 1`` sets it down. It begins and ends at the base; visits
in a row at one place are one stop. Every pick-up and delivery is within the tour.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

NEVER = 1 << 40
SLACK = 1e-6
PLACE, CHANGE, OFFMIN, OFFMAX, ONMAX, NOW = 0, 1, 2, 3, 4, 5
"""Rows of ``core``: place, whether the load changes, earliest and latest take-off, latest landing, number among all
stops."""
TRIES = 12


@njit(cache=True, nogil=True)
def stops(kinds: Any, asks: Any, k: Any, base: Any, seq: Any, n: Any, w: Any) -> Any:
    """Join the visits of a tour into stops; returns how many and how many rides are limited, or (0, 0) if it cannot be.

    Looks at loads, goods, usable fields, and that the base is only at its ends; windows go into the stops' limits.
    """
    core, load = w.core, w.core_load
    ground = kinds.ground[k]
    pax, litters, mass, goods, aboard = 0, 0, 0.0, 0, 0
    s, rides, v = -1, 0, 0
    while v < n or s < 0 or core[PLACE, s] != base or s == 0:
        if v < n:
            r = seq[v] >> 1
            place = asks.destination[r] if seq[v] & 1 else asks.origin[r]
        else:
            place = base
        if s < 0:
            place = base
        elif place == base and v < n:
            for x in range(v, n):
                if (seq[x] & 1) == 0 or asks.destination[seq[x] >> 1] != base:
                    return 0, 0
        s += 1
        if s >= core.shape[1] - 1 or not kinds.usable[k, place]:
            return 0, 0
        core[PLACE, s], core[CHANGE, s], core[OFFMIN, s], core[OFFMAX, s], core[ONMAX, s] = place, 0, 0, NEVER, NEVER
        end = v
        while end < n:
            r = seq[end] >> 1
            if (asks.destination[r] if seq[end] & 1 else asks.origin[r]) != place:
                break
            end += 1
        for x in range(v, end):  # set down first
            r = seq[x] >> 1
            if seq[x] & 1:
                pax, litters, mass = pax - asks.pax[r], litters - asks.litters[r], mass - asks.mass[r]
                if asks.goods[r]:
                    aboard -= 1
                    goods = goods if aboard else 0
                core[CHANGE, s] = 1
                core[ONMAX, s] = min(core[ONMAX, s], asks.latest[r])
                if asks.deliver_from[r] > 0:
                    core[OFFMIN, s] = max(core[OFFMIN, s], asks.deliver_from[r] + ground)
                if asks.ride[r] < NEVER:
                    for y in range(rides):
                        if w.ride[y, 2] == r:
                            w.ride[y, 1] = s
        for x in range(v, end):
            r = seq[x] >> 1
            if seq[x] & 1:
                continue
            pax, litters, mass = pax + asks.pax[r], litters + asks.litters[r], mass + asks.mass[r]
            if asks.goods[r]:
                if aboard and goods != asks.goods[r]:
                    return 0, 0
                goods, aboard = asks.goods[r], aboard + 1
            core[CHANGE, s] = 1
            core[OFFMIN, s] = max(core[OFFMIN, s], asks.earliest[r] + ground)
            core[OFFMAX, s] = min(core[OFFMAX, s], asks.pickup_by[r] + ground)
            if asks.ride[r] < NEVER:
                core[OFFMIN, s] = max(core[OFFMIN, s], asks.deliver_from[r] - asks.ride[r])
                w.ride[rides, 0], w.ride[rides, 1], w.ride[rides, 2] = s, -1, r
                rides += 1
        if pax > kinds.seats[k] or litters > kinds.litters[k] or mass > kinds.payload[k] + SLACK:
            return 0, 0
        load[s] = mass
        v = end
    return s + 1, rides


@njit(cache=True, nogil=True)
def one_tank(kinds: Any, k: Any, count: Any, w: Any) -> Any:
    """Whether the tour can be flown without filling up: range, tank, and at each take-off the load beside the fuel."""
    place, load = w.core[PLACE], w.core_load
    km, allow = 0.0, kinds.tank[k] - kinds.reserve[k]
    for i in range(count - 1):
        a, b = place[i], place[i + 1]
        km += kinds.km[a, b]
        allow = min(allow, kinds.room[k, a] - load[i] - kinds.reserve[k]) - kinds.burn[k, a, b]
        if km > kinds.reach[k] + SLACK or allow < -SLACK:
            return False
    return True


@njit(cache=True, nogil=True)
def _extend(kinds: Any, k: Any, count: Any, node: Any, w: Any) -> Any:
    """Fly on from a place where it filled up, to every place where it could fill up next; relax their costs."""
    place, load, cost, before = w.core[PLACE], w.core_load, w.cost, w.before
    wide = kinds.fuels.size + 1
    i, f = node // wide, node % wide - 1
    here = place[i] if f < 0 else kinds.fuels[f]
    spent, km, allow = cost[node], 0.0, kinds.tank[k] - kinds.reserve[k]
    for m in range(i, count - 1):
        allow = min(allow, kinds.room[k, here] - load[m] - kinds.reserve[k])
        ahead = place[m + 1]
        for g in range(kinds.fuels.size):
            via = kinds.fuels[g]
            if via == here or via == ahead or not kinds.usable[k, via]:
                continue
            if km + kinds.km[here, via] > kinds.reach[k] + SLACK or allow - kinds.burn[k, here, via] < -SLACK:
                continue
            new, to = spent + kinds.leg[k, here, via] + kinds.refuel[k], m * wide + g + 1
            if new < cost[to]:
                cost[to], before[to] = new, node
        km += kinds.km[here, ahead]
        allow -= kinds.burn[k, here, ahead]
        if km > kinds.reach[k] + SLACK or allow < -SLACK:
            return
        spent += kinds.leg[k, here, ahead]
        to = (m + 1) * wide
        stands = kinds.ground[k] if w.core[CHANGE, m + 1] else 0
        if m + 1 == count - 1:
            if spent < cost[to]:
                cost[to], before[to] = spent, node
            return
        if kinds.fuel[ahead] and spent + max(stands, kinds.refuel[k]) < cost[to]:
            cost[to], before[to] = spent + max(stands, kinds.refuel[k]), node
        spent += stands
        here = ahead


@njit(cache=True, nogil=True)
def tanking(kinds: Any, k: Any, count: Any, w: Any) -> Any:
    """Where to fill up so that the tour takes least time: stops, and detours between them; False if there is no way.

    A node is a place where tanks are full: ``stop * (fuels + 1)``, or ``+ 1 + f`` for fuel place f on the leg after it.
    """
    wide = kinds.fuels.size + 1
    w.cost[: count * wide] = NEVER
    w.cost[0] = 0
    for i in range(count - 1):
        for again in range(3):  # a detour may follow another on the same leg
            for f in range(wide):
                if w.cost[i * wide + f] < NEVER and (again == 0 or f > 0):
                    _extend(kinds, k, count, i * wide + f, w)
    return w.cost[(count - 1) * wide] < NEVER


@njit(cache=True, nogil=True)
def expand(kinds: Any, k: Any, count: Any, tanked: Any, w: Any) -> Any:
    """Write the stops of the whole tour, fuel stops among them; returns how many, 0 if there are too many."""
    wide = kinds.fuels.size + 1
    marks = 0
    if tanked:
        node = w.before[(count - 1) * wide]
        while node > 0:
            w.back[marks] = node
            marks += 1
            node = w.before[node]
    s = 0
    for i in range(count):
        fills = marks > 0 and w.back[marks - 1] == i * wide
        if fills:
            marks -= 1
        if s >= w.place.size - 1:
            return 0
        w.place[s], w.change[s], w.fill[s] = w.core[PLACE, i], w.core[CHANGE, i] == 1, fills
        w.offmin[s], w.offmax[s], w.onmax[s] = w.core[OFFMIN, i], w.core[OFFMAX, i], w.core[ONMAX, i]
        stands = kinds.ground[k] if w.core[CHANGE, i] else 0
        w.ground[s] = max(stands, kinds.refuel[k]) if fills else stands
        w.core[NOW, i] = s
        s += 1
        while marks > 0 and w.back[marks - 1] // wide == i:
            if s >= w.place.size - 1:
                return 0
            w.place[s], w.change[s], w.fill[s] = kinds.fuels[w.back[marks - 1] % wide - 1], False, True
            w.offmin[s], w.offmax[s], w.onmax[s], w.ground[s] = 0, NEVER, NEVER, kinds.refuel[k]
            marks -= 1
            s += 1
    return s


@njit(cache=True, nogil=True)
def window(kinds: Any, k: Any, p: Any, t: Any) -> Any:
    """The number of the first opening window of a place that has not closed at a minute, or -1."""
    for x in range(kinds.windows[k, p]):
        if t <= kinds.closes[k, p, x]:
            return x
    return -1


@njit(cache=True, nogil=True)
def depart(kinds: Any, k: Any, a: Any, b: Any, t: Any) -> Any:
    """The earliest take-off from a place for another at or after a minute, both open at its time; NEVER if none."""
    took = kinds.leg[k, a, b]
    for _ in range(64):
        x = window(kinds, k, a, t)
        if x < 0:
            return NEVER
        t = max(t, kinds.opens[k, a, x])
        y = window(kinds, k, b, t + took)
        if y < 0:
            return NEVER
        if kinds.opens[k, b, y] > t + took:
            t = kinds.opens[k, b, y] - took
            continue
        if kinds.tag[k, a, x] == kinds.tag[k, b, y]:
            return t
        t = kinds.closes[k, a, x] + 1 if kinds.tag[k, a, x] < kinds.tag[k, b, y] else kinds.closes[k, b, y] + 1 - took
    return NEVER


@njit(cache=True, nogil=True)
def _forward(kinds: Any, k: Any, count: Any, start: Any, w: Any) -> Any:
    """Every take-off as soon as can be; False where a limit is passed."""
    w.on[0] = start
    for i in range(count - 1):
        ready = start if i == 0 else w.on[i] + w.ground[i]
        t = depart(kinds, k, w.place[i], w.place[i + 1], max(ready, w.offmin[i]))
        if t > w.offmax[i]:
            return False
        w.off[i] = t
        w.on[i + 1] = t + kinds.leg[k, w.place[i], w.place[i + 1]]
        if w.on[i + 1] > w.onmax[i + 1]:
            return False
    return True


@njit(cache=True, nogil=True)
def _given(asks: Any, w: Any, x: Any) -> Any:
    """Minute at which a limited ride ends: at landing, or when delivery may begin."""
    return max(w.on[w.core[NOW, w.ride[x, 1]]], asks.deliver_from[w.ride[x, 2]])


@njit(cache=True, nogil=True)
def _rides_kept(asks: Any, rides: Any, w: Any) -> Any:
    for x in range(rides):
        if _given(asks, w, x) - w.off[w.core[NOW, w.ride[x, 0]]] > asks.ride[w.ride[x, 2]]:
            return False
    return True


@njit(cache=True, nogil=True)
def _compact(kinds: Any, k: Any, count: Any, w: Any) -> Any:
    """With the end as it is, every take-off as late as can be: less waiting away, a shorter duty."""
    for i in range(count - 2, -1, -1):
        a, b = w.place[i], w.place[i + 1]
        took = kinds.leg[k, a, b]
        lands = w.on[i + 1] if i == count - 2 else min(w.off[i + 1] - w.ground[i + 1], w.onmax[i + 1])
        y, x = window(kinds, k, b, w.on[i + 1]), window(kinds, k, a, w.off[i])
        lands = min(lands, kinds.closes[k, b, y])
        w.off[i] = max(w.off[i], min(lands - took, w.offmax[i], kinds.closes[k, a, x]))
        w.on[i + 1] = w.off[i] + took


@njit(cache=True, nogil=True)
def times(kinds: Any, asks: Any, k: Any, count: Any, rides: Any, start: Any, w: Any) -> Any:
    """Take-offs and landings of a tour that leaves base at or after ``start``: back as soon as can be, out as late.

    Rides that would be too long wait before the pick-up. Fills ``w.off`` and ``w.on``; False where a window, an opening
    time or a ride cannot be kept.
    """
    if not _forward(kinds, k, count, start, w):
        return False
    _compact(kinds, k, count, w)
    if _rides_kept(asks, rides, w):
        return True
    kept = w.offmin[:count].copy()
    found = False
    for _ in range(TRIES):
        if not _forward(kinds, k, count, start, w):
            break
        if _rides_kept(asks, rides, w):
            found = True
            break
        for x in range(rides):
            s = w.core[NOW, w.ride[x, 0]]
            w.offmin[s] = max(w.offmin[s], _given(asks, w, x) - asks.ride[w.ride[x, 2]])
    if found and w.off[0] < NEVER:
        w.cost[:count] = w.off[:count]
        w.before[:count] = w.on[:count]
        _compact(kinds, k, count, w)
        if not _rides_kept(asks, rides, w):
            w.off[:count] = w.cost[:count]
            w.on[:count] = w.before[:count]
    w.offmin[:count] = kept
    return found


@njit(cache=True, nogil=True)
def prepare(kinds: Any, asks: Any, k: Any, base: Any, seq: Any, n: Any, w: Any) -> Any:
    """Stops, loads and fuel of a tour: (stops, limited rides), or (0, 0) if it cannot be flown at any time."""
    count, rides = stops(kinds, asks, k, base, seq, n, w)
    if count == 0:
        return 0, 0
    tanked = not one_tank(kinds, k, count, w)
    if tanked and not tanking(kinds, k, count, w):
        return 0, 0
    return expand(kinds, k, count, tanked, w), rides


@njit(cache=True, nogil=True)
def tanks_left(kinds: Any, k: Any, count: Any, full: Any, w: Any) -> Any:
    """Km left (great circle and reserve off, ``full`` with full tanks) at the landing of each stop, into ``w.km_left``."""
    left = full
    factor = full / kinds.reach[k]
    for i in range(count - 1):
        if w.fill[i] or i == 0:
            left = full
        left -= kinds.km[w.place[i], w.place[i + 1]] * factor
        w.km_left[i + 1] = left
    return left


@njit(cache=True, nogil=True)
def air_minutes(kinds: Any, k: Any, count: Any, w: Any) -> Any:
    """Minutes in the air of a tour whose stops are in ``w``."""
    total = 0
    for i in range(count - 1):
        total += kinds.leg[k, w.place[i], w.place[i + 1]]
    return total


def work(places_with_fuel: int) -> Any:
    """Room for one tour at a time, for one thread."""
    from castor.tasking.arrays import MOST_STOPS, MOST_VISITS, Work

    nodes = MOST_STOPS * (places_with_fuel + 1)
    ints = [np.zeros(MOST_STOPS, np.int64) for _ in range(6)]
    flags = [np.zeros(MOST_STOPS, np.bool_) for _ in range(2)]
    return Work(
        core=np.zeros((6, MOST_STOPS), np.int64), core_load=np.zeros(MOST_STOPS), place=np.zeros(MOST_STOPS, np.int64),
        change=flags[0], fill=flags[1], ground=ints[0], offmin=ints[1], offmax=ints[2], onmax=ints[3], off=ints[4],
        on=ints[5], ride=np.zeros((MOST_VISITS, 3), np.int64), cost=np.zeros(nodes, np.int64),
        before=np.zeros(nodes, np.int64), back=np.zeros(nodes, np.int64), km_left=np.zeros(MOST_STOPS),
    )  # fmt: skip
