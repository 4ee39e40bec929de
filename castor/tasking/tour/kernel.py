"""One tour of one unit, compiled: from its visits to its stops, where it fills up on the way, and its times.

A tour is a row of visits: ``2 r`` picks request r up, ``2 r + 1`` sets it down. It begins and ends at the base; visits
in a row at one place are one stop. Every pick-up and delivery is within the tour.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import njit
from castor.tasking.packed.kernel import (
    ASKS,
    DELIVER_FROM,
    DESTINATION,
    EARLIEST,
    FUELS,
    GOODS,
    GROUND,
    LATEST,
    LITTERS,
    MASS,
    NIGHTS,
    ORIGIN,
    PARENT,
    PAX,
    PAYLOAD,
    PICKUP_BY,
    REACH,
    REFUEL,
    RESERVE,
    RIDE,
    SEATS,
    SICK,
    TANK,
    WIDE,
    ask,
    ask_of,
    burn,
    crew,
    fuel_place,
    hours,
    kind,
    kind_of,
    km,
    leg,
    room,
    spot,
)  # fmt: skip

NEVER = 1 << 40
SLACK = 1e-6
AT, LOADS, FILLS, STANDS, SINCE, UNTIL, LAND_BY, OFF, ON, IDLE, LEAST = range(11)
"""Rows of ``stop``: place, whether the load changes, whether tanks are filled, minutes on the ground, take-off not
before and not after, landing not after, take-off, landing; where nights away are allowed, whether nothing stays on
board throughout, and the least minutes on the ground, without a rest."""
COST, BEFORE, MARKS = range(3)
PLACE, CHANGE, OFFMIN, OFFMAX, ONMAX, NOW, BARRED = range(7)
"""Rows of ``core``: place, whether the load changes, earliest and latest take-off, latest landing, number among all
stops, places (bits) at which it must not stop with what is on board from there on."""
TRIES = 12
MOST_FILLS = 14
"""Tours with more fuel stops are not remembered."""


@njit(cache=True, nogil=True)
def is_part(num: Any, r: Any) -> Any:
    """Whether a request is offered in parts: its neighbour is another part of the same."""
    own = ask(num, r, PARENT)
    return (r > 0 and ask(num, r - 1, PARENT) == own) or (r < num[ASKS] - 1 and ask(num, r + 1, PARENT) == own)


@njit(cache=True, nogil=True)
def pair_visits(seq: Any, n: Any, mate: Any) -> Any:
    """For each pick-up of a tour the number of the visit that sets it down, 0 for the others."""
    for x in range(n):
        mate[x] = 0
        if seq[x] & 1 == 0:
            for y in range(x + 1, n):
                if seq[y] == seq[x] + 1:
                    mate[x] = y


@njit(cache=True, nogil=True)
def passes_by(num: Any, seq: Any, v: Any, end: Any, place: Any, mate: Any) -> Any:
    """Whether something on board is carried on through its destination, or a part of a request back to its origin."""
    for x in range(v):
        if mate[x] >= end:
            r = seq[x] >> 1
            if ask(num, r, DESTINATION) == place or (ask(num, r, ORIGIN) == place and is_part(num, r)):
                return True
    return False


@njit(cache=True, nogil=True)
def bar_places(num: Any, seq: Any, end: Any, mate: Any) -> Any:
    """Bits of the places at which a tour must not fill up after its first ``end`` visits: see :func:`passes_by`."""
    bits = 0
    for x in range(end):
        if mate[x] >= end:
            r = seq[x] >> 1
            bits |= 1 << (ask(num, r, DESTINATION) & 63)
            if is_part(num, r):
                bits |= 1 << (ask(num, r, ORIGIN) & 63)
    return bits


@njit(cache=True, nogil=True)
def stops(num: Any, val: Any, k: Any, base: Any, seq: Any, n: Any, w: Any) -> Any:
    """Join the visits of a tour into stops; returns how many and how many rides are limited, or (0, 0) if it cannot be.

    Looks at loads, goods, usable fields, and that the base is only at its ends; windows go into the stops' limits.
    """
    core, load = w.core, w.real[0]
    pair_visits(seq, n, w.mate)
    ground = kind(num, k, GROUND)
    pax, litters, mass, goods, aboard = 0, 0, 0.0, 0, 0
    s, rides, v = -1, 0, 0
    while v < n or s < 0 or core[PLACE, s] != base or s == 0:
        if v < n:
            r = seq[v] >> 1
            place = ask(num, r, DESTINATION) if seq[v] & 1 else ask(num, r, ORIGIN)
        else:
            place = base
        if s < 0:
            place = base
        elif place == base and v < n:
            for x in range(v, n):
                if (seq[x] & 1) == 0 or ask(num, seq[x] >> 1, DESTINATION) != base:
                    return 0, 0
        s += 1
        if s >= core.shape[1] - 1 or not (room(num, val, k, place) >= 0):
            return 0, 0
        core[PLACE, s], core[CHANGE, s], core[OFFMIN, s], core[OFFMAX, s], core[ONMAX, s] = place, 0, 0, NEVER, NEVER
        end = v
        while end < n:
            r = seq[end] >> 1
            if (ask(num, r, DESTINATION) if seq[end] & 1 else ask(num, r, ORIGIN)) != place:
                break
            end += 1
        if passes_by(num, seq, v, end, place, w.mate):
            return 0, 0
        core[BARRED, s] = bar_places(num, seq, end, w.mate) if num[FUELS] else 0
        for x in range(v, end):  # set down first
            r = seq[x] >> 1
            if seq[x] & 1:
                pax, litters, mass = (
                    pax - ask(num, r, PAX),
                    litters - ask(num, r, SICK),
                    mass - ask_of(num, val, r, MASS),
                )
                if ask(num, r, GOODS):
                    aboard -= 1
                    goods = goods if aboard else 0
                core[CHANGE, s] = 1
                core[ONMAX, s] = min(core[ONMAX, s], ask(num, r, LATEST))
                if ask(num, r, DELIVER_FROM) > 0:
                    core[OFFMIN, s] = max(core[OFFMIN, s], ask(num, r, DELIVER_FROM) + ground)
                if ask(num, r, RIDE) < NEVER:
                    for y in range(rides):
                        if w.ride[y, 2] == r:
                            w.ride[y, 1] = s
        for x in range(v, end):
            r = seq[x] >> 1
            if seq[x] & 1:
                continue
            pax, litters, mass = pax + ask(num, r, PAX), litters + ask(num, r, SICK), mass + ask_of(num, val, r, MASS)
            if ask(num, r, GOODS):
                if aboard and goods != ask(num, r, GOODS):
                    return 0, 0
                goods, aboard = ask(num, r, GOODS), aboard + 1
            core[CHANGE, s] = 1
            core[OFFMIN, s] = max(core[OFFMIN, s], ask(num, r, EARLIEST) + ground)
            core[OFFMAX, s] = min(core[OFFMAX, s], ask(num, r, PICKUP_BY) + ground)
            if ask(num, r, RIDE) < NEVER:
                core[OFFMIN, s] = max(core[OFFMIN, s], ask(num, r, DELIVER_FROM) - ask(num, r, RIDE))
                w.ride[rides, 0], w.ride[rides, 1], w.ride[rides, 2] = s, -1, r
                rides += 1
        if pax > kind(num, k, SEATS) or litters > kind(num, k, LITTERS) or mass > kind_of(num, val, k, PAYLOAD) + SLACK:
            return 0, 0
        load[s] = mass
        v = end
    return s + 1, rides


@njit(cache=True, nogil=True)
def one_tank(num: Any, val: Any, k: Any, count: Any, w: Any) -> Any:
    """Whether the tour can be flown without filling up: range, tank, and at each take-off the load beside the fuel."""
    place, load = w.core[PLACE], w.real[0]
    gone, allow = 0.0, kind_of(num, val, k, TANK) - kind_of(num, val, k, RESERVE)
    for i in range(count - 1):
        a, b = place[i], place[i + 1]
        gone += km(num, val, a, b)
        allow = min(allow, room(num, val, k, a) - load[i] - kind_of(num, val, k, RESERVE)) - burn(num, val, k, a, b)
        if gone > kind_of(num, val, k, REACH) + SLACK or allow < -SLACK:
            return False
    return True


@njit(cache=True, nogil=True)
def _extend(num: Any, val: Any, k: Any, count: Any, node: Any, w: Any) -> Any:
    """Fly on from a place where it filled up, to every place where it could fill up next; relax their costs."""
    place, load, cost, before = w.core[PLACE], w.real[0], w.node[COST], w.node[BEFORE]
    wide = num[FUELS] + 1
    i, f = node // wide, node % wide - 1
    here = place[i] if f < 0 else fuel_place(num, f)
    spent, gone, allow = cost[node], 0.0, kind_of(num, val, k, TANK) - kind_of(num, val, k, RESERVE)
    for m in range(i, count - 1):
        allow = min(allow, room(num, val, k, here) - load[m] - kind_of(num, val, k, RESERVE))
        ahead = place[m + 1]
        for g in range(num[FUELS]):
            via = fuel_place(num, g)
            if via in (here, ahead) or w.core[BARRED, m] >> (via & 63) & 1 or not (room(num, val, k, via) >= 0):
                continue
            if (
                gone + km(num, val, here, via) > kind_of(num, val, k, REACH) + SLACK
                or allow - burn(num, val, k, here, via) < -SLACK
            ):
                continue
            new, to = spent + leg(num, k, here, via) + kind(num, k, REFUEL), m * wide + g + 1
            if new < cost[to]:
                cost[to], before[to] = new, node
        gone += km(num, val, here, ahead)
        allow -= burn(num, val, k, here, ahead)
        if gone > kind_of(num, val, k, REACH) + SLACK or allow < -SLACK:
            return
        spent += leg(num, k, here, ahead)
        to = (m + 1) * wide
        stands = kind(num, k, GROUND) if w.core[CHANGE, m + 1] else 0
        if m + 1 == count - 1:
            if spent < cost[to]:
                cost[to], before[to] = spent, node
            return
        if spot(num, ahead, 0) and spent + max(stands, kind(num, k, REFUEL)) < cost[to]:
            cost[to], before[to] = spent + max(stands, kind(num, k, REFUEL)), node
        spent += stands
        here = ahead


@njit(cache=True, nogil=True)
def tanking(num: Any, val: Any, k: Any, count: Any, w: Any) -> Any:
    """Where to fill up so that the tour takes least time: stops, and detours between them; False if there is no way.

    A node is a place where tanks are full: ``stop * (fuels + 1)``, or ``+ 1 + f`` for fuel place f on the leg after it.
    """
    wide = num[FUELS] + 1
    cost, done = w.node[COST], w.node[MARKS]
    for node in range(count * wide):
        cost[node], done[node] = NEVER, NEVER
    cost[0] = 0
    for i in range(count - 1):
        for _ in range(3):  # a detour may follow another on the same leg
            for node in range(i * wide, (i + 1) * wide):
                if cost[node] < done[node]:
                    done[node] = cost[node]
                    _extend(num, val, k, count, node, w)
    return w.node[COST, (count - 1) * wide] < NEVER


@njit(cache=True, nogil=True)
def trace(num: Any, count: Any, w: Any) -> Any:
    """List the nodes where tanks are filled, the last first, after :func:`tanking`; returns how many."""
    marks, node = 0, w.node[BEFORE, (count - 1) * (num[FUELS] + 1)]
    while node > 0:
        w.node[MARKS, marks] = node
        marks += 1
        node = w.node[BEFORE, node]
    return marks


@njit(cache=True, nogil=True)
def expand(num: Any, val: Any, k: Any, count: Any, marks: Any, w: Any) -> Any:
    """Write the stops of the whole tour, fuel stops (``marks`` of them) among them; returns how many, 0 if there are
    too many.
    """
    wide = num[FUELS] + 1
    if count + marks >= w.stop.shape[1]:
        return 0
    s = 0
    for i in range(count):
        fills = marks > 0 and w.node[MARKS, marks - 1] == i * wide
        if fills:
            marks -= 1
        w.stop[AT, s], w.stop[LOADS, s], w.stop[FILLS, s] = w.core[PLACE, i], w.core[CHANGE, i] == 1, fills
        w.stop[SINCE, s], w.stop[UNTIL, s], w.stop[LAND_BY, s] = w.core[OFFMIN, i], w.core[OFFMAX, i], w.core[ONMAX, i]
        stands = kind(num, k, GROUND) if w.core[CHANGE, i] else 0
        w.stop[STANDS, s] = max(stands, kind(num, k, REFUEL)) if fills else stands
        w.core[NOW, i] = s
        s += 1
        while marks > 0 and w.node[MARKS, marks - 1] // wide == i:
            w.stop[AT, s] = fuel_place(num, w.node[MARKS, marks - 1] % wide - 1)
            w.stop[LOADS, s], w.stop[FILLS, s] = False, True
            w.stop[SINCE, s], w.stop[UNTIL, s], w.stop[LAND_BY, s] = 0, NEVER, NEVER
            w.stop[STANDS, s] = kind(num, k, REFUEL)
            marks -= 1
            s += 1
    return s


@njit(cache=True, nogil=True)
def window(num: Any, val: Any, k: Any, p: Any, t: Any) -> Any:
    """The number of the first opening window of a place that has not closed at a minute, or -1."""
    for x in range(num[WIDE]):
        if t <= hours(num, k, p, x, 1):
            return x
    return -1


@njit(cache=True, nogil=True)
def window_before(num: Any, val: Any, k: Any, p: Any, t: Any) -> Any:
    """The number of the last opening window of a place that has opened by a minute, or -1."""
    for x in range(num[WIDE] - 1, -1, -1):
        if hours(num, k, p, x, 0) <= t:
            return x
    return -1


@njit(cache=True, nogil=True)
def leave_by(num: Any, val: Any, k: Any, a: Any, b: Any, t: Any) -> Any:
    """The latest take-off from a place for another at or before a minute, both open at its time; -1 if none."""
    took = leg(num, k, a, b)
    for _ in range(64):
        x = window_before(num, val, k, a, t)
        y = window_before(num, val, k, b, t + took)
        if x < 0 or y < 0:
            return -1
        t = min(t, hours(num, k, a, x, 1), hours(num, k, b, y, 1) - took)
        if t < hours(num, k, a, x, 0) or t + took < hours(num, k, b, y, 0):
            continue
        if hours(num, k, a, x, 2) == hours(num, k, b, y, 2):
            return t
        t = (
            hours(num, k, a, x, 0) - 1
            if hours(num, k, a, x, 2) > hours(num, k, b, y, 2)
            else hours(num, k, b, y, 0) - 1 - took
        )
    return -1


@njit(cache=True, nogil=True)
def depart(num: Any, val: Any, k: Any, a: Any, b: Any, t: Any) -> Any:
    """The earliest take-off from a place for another at or after a minute, both open at its time; NEVER if none."""
    took = leg(num, k, a, b)
    for _ in range(64):
        x = window(num, val, k, a, t)
        if x < 0:
            return NEVER
        t = max(t, hours(num, k, a, x, 0))
        y = window(num, val, k, b, t + took)
        if y < 0:
            return NEVER
        if hours(num, k, b, y, 0) > t + took:
            t = hours(num, k, b, y, 0) - took
            continue
        if hours(num, k, a, x, 2) == hours(num, k, b, y, 2):
            return t
        t = (
            hours(num, k, a, x, 1) + 1
            if hours(num, k, a, x, 2) < hours(num, k, b, y, 2)
            else hours(num, k, b, y, 1) + 1 - took
        )
    return NEVER


@njit(cache=True, nogil=True)
def _forward(num: Any, val: Any, k: Any, count: Any, start: Any, w: Any) -> Any:
    """Every take-off as soon as can be; False where a limit is passed."""
    w.stop[ON, 0] = start
    for i in range(count - 1):
        ready = start if i == 0 else w.stop[ON, i] + w.stop[STANDS, i]
        t = depart(num, val, k, w.stop[AT, i], w.stop[AT, i + 1], max(ready, w.stop[SINCE, i]))
        if t > w.stop[UNTIL, i]:
            return False
        w.stop[OFF, i] = t
        w.stop[ON, i + 1] = t + leg(num, k, w.stop[AT, i], w.stop[AT, i + 1])
        if w.stop[ON, i + 1] > w.stop[LAND_BY, i + 1]:
            return False
    return True


@njit(cache=True, nogil=True)
def _given(num: Any, val: Any, w: Any, x: Any) -> Any:
    """Minute at which a limited ride ends: at landing, or when delivery may begin."""
    return max(w.stop[ON, w.core[NOW, w.ride[x, 1]]], ask(num, w.ride[x, 2], DELIVER_FROM))


@njit(cache=True, nogil=True)
def rides_kept(num: Any, val: Any, rides: Any, w: Any) -> Any:
    """Whether no limited ride of a timed tour is too long."""
    for x in range(rides):
        if _given(num, val, w, x) - w.stop[OFF, w.core[NOW, w.ride[x, 0]]] > ask(num, w.ride[x, 2], RIDE):
            return False
    return True


@njit(cache=True, nogil=True)
def _compact(num: Any, val: Any, k: Any, count: Any, w: Any) -> Any:
    """With the end as it is, every take-off as late as can be: less waiting away, a shorter duty."""
    for i in range(count - 2, -1, -1):
        a, b = w.stop[AT, i], w.stop[AT, i + 1]
        took = leg(num, k, a, b)
        lands = (
            w.stop[ON, i + 1]
            if i == count - 2
            else min(w.stop[OFF, i + 1] - w.stop[STANDS, i + 1], w.stop[LAND_BY, i + 1])
        )
        w.stop[OFF, i] = max(w.stop[OFF, i], leave_by(num, val, k, a, b, min(lands - took, w.stop[UNTIL, i])))
        w.stop[ON, i + 1] = w.stop[OFF, i] + took


@njit(cache=True, nogil=True)
def _compact_rides(num: Any, val: Any, k: Any, count: Any, rides: Any, w: Any) -> Any:
    """:func:`_compact` where that would make a ride too long: its delivery lands no later than its pick-up allows."""
    w.node[COST, :count] = w.stop[OFF, :count]
    w.node[BEFORE, :count] = w.stop[ON, :count]
    kept = w.stop[LAND_BY, :count].copy()
    good = False
    for _ in range(TRIES):
        _compact(num, val, k, count, w)
        good = rides_kept(num, val, rides, w)
        if good:
            break
        for x in range(rides):
            s = w.core[NOW, w.ride[x, 1]]
            by = w.stop[OFF, w.core[NOW, w.ride[x, 0]]] + ask(num, w.ride[x, 2], RIDE)
            w.stop[LAND_BY, s] = min(w.stop[LAND_BY, s], by)
        w.stop[OFF, :count] = w.node[COST, :count]
        w.stop[ON, :count] = w.node[BEFORE, :count]
    if not good:
        w.stop[OFF, :count] = w.node[COST, :count]
        w.stop[ON, :count] = w.node[BEFORE, :count]
    w.stop[LAND_BY, :count] = kept


@njit(cache=True, nogil=True)
def times(num: Any, val: Any, k: Any, count: Any, rides: Any, start: Any, w: Any) -> Any:
    """Take-offs and landings of a tour that leaves base at or after ``start``: back as soon as can be, out as late.

    Rides that would be too long wait before the pick-up. Fills ``w.off`` and ``w.on``; False where a window, an opening
    time or a ride cannot be kept.
    """
    if not _forward(num, val, k, count, start, w):
        return False
    _compact(num, val, k, count, w)
    if rides_kept(num, val, rides, w):
        return True
    kept = w.stop[SINCE, :count].copy()
    found = False
    for _ in range(TRIES):
        if not _forward(num, val, k, count, start, w):
            break
        if rides_kept(num, val, rides, w):
            found = True
            break
        for x in range(rides):
            s = w.core[NOW, w.ride[x, 0]]
            w.stop[SINCE, s] = max(w.stop[SINCE, s], _given(num, val, w, x) - ask(num, w.ride[x, 2], RIDE))
    if found:
        _compact_rides(num, val, k, count, rides, w)
    w.stop[SINCE, :count] = kept
    return found


@njit(cache=True, nogil=True)
def key_of(k: Any, base: Any, seq: Any, n: Any) -> Any:
    """A number for a tour of a kind of unit: FNV-1a over its visits."""
    key = (np.uint64(14695981039346656037) ^ np.uint64(k)) * np.uint64(1099511628211)
    key = (key ^ np.uint64(base)) * np.uint64(1099511628211)
    for v in range(n):
        key = (key ^ np.uint64(seq[v])) * np.uint64(1099511628211)
    return np.int64(key ^ key >> np.uint64(32))


@njit(cache=True, nogil=True)
def fillings(num: Any, val: Any, k: Any, count: Any, row: Any, key: Any, w: Any) -> Any:
    """How many fuel stops a tour takes, listed in ``w``, or -1 if there is no way; as it was found before if ``row``
    of what is known has its key, and written there if not (row -1: nothing is kept).
    """
    known = w.known
    if row >= 0 and known[row, 0] == key:
        for x in range(known[row, 1]):
            w.node[MARKS, x] = known[row, 2 + x]
        return known[row, 1]
    marks = trace(num, count, w) if tanking(num, val, k, count, w) else -1
    if row >= 0 and marks <= known.shape[1] - 2:
        known[row, 0], known[row, 1] = key, marks
        for x in range(marks):
            known[row, 2 + x] = w.node[MARKS, x]
    return marks


@njit(cache=True, nogil=True)
def prepare(num: Any, val: Any, k: Any, base: Any, seq: Any, n: Any, w: Any) -> Any:
    """Stops, loads and fuel of a tour: (stops, limited rides), or (0, 0) if it cannot be flown at any time."""
    key, row = 0, -1
    if w.known.shape[0]:
        key = key_of(k, base, seq, n)
        row = key & (w.known.shape[0] - 1)
        if w.known[row, 0] == key and w.known[row, 1] < 0:
            return 0, 0
    count, rides = stops(num, val, k, base, seq, n, w)
    if count == 0:
        return 0, 0
    marks = 0 if one_tank(num, val, k, count, w) else fillings(num, val, k, count, row, key, w)
    if marks < 0:
        return 0, 0
    total = expand(num, val, k, count, marks, w)
    if crew(num, NIGHTS):
        mark_idle(num, seq, n, total, w)
    return total, rides


@njit(cache=True, nogil=True)
def mark_idle(num: Any, seq: Any, n: Any, count: Any, w: Any) -> Any:
    """Note of each stop whether nothing stays on board throughout, and its least minutes on the ground."""
    v, aboard = 0, 0
    for s in range(count):
        taken = 0
        while w.stop[LOADS, s] and v < n:
            r = seq[v] >> 1
            if (ask(num, r, DESTINATION) if seq[v] & 1 else ask(num, r, ORIGIN)) != w.stop[AT, s]:
                break
            if seq[v] & 1:
                aboard -= 1
            else:
                taken += 1
            v += 1
        w.stop[IDLE, s], w.stop[LEAST, s] = aboard == 0, w.stop[STANDS, s]
        aboard += taken


@njit(cache=True, nogil=True)
def tanks_left(num: Any, val: Any, k: Any, count: Any, full: Any, w: Any) -> Any:
    """Km left (great circle and reserve off, ``full`` with full tanks) at the landing of each stop, into
    ``w.km_left``.
    """
    left = full
    factor = full / kind_of(num, val, k, REACH)
    for i in range(count - 1):
        if w.stop[FILLS, i] or i == 0:
            left = full
        left -= km(num, val, w.stop[AT, i], w.stop[AT, i + 1]) * factor
        w.real[1, i + 1] = left
    return left


@njit(cache=True, nogil=True)
def air_minutes(num: Any, val: Any, k: Any, count: Any, w: Any) -> Any:
    """Minutes in the air of a tour whose stops are in ``w``."""
    total = 0
    for i in range(count - 1):
        total += leg(num, k, w.stop[AT, i], w.stop[AT, i + 1])
    return total


def work(places_with_fuel: int, known: int = 0) -> Any:
    """Room for one tour at a time, for one thread, in one problem; ``known`` tours (a power of two) are remembered."""
    from castor.tasking.arrays import MOST_NIGHTS, MOST_STOPS, MOST_VISITS, Work

    nodes = MOST_STOPS * (places_with_fuel + 1)
    return Work(
        core=np.zeros((7, MOST_STOPS), np.int64), stop=np.zeros((11, MOST_STOPS), np.int64),
        ride=np.zeros((MOST_VISITS, 3), np.int64), node=np.zeros((3, nodes), np.int64), real=np.zeros((2, MOST_STOPS)),
        mate=np.zeros(MOST_VISITS + 2, np.int64), known=np.zeros((known, 2 + MOST_FILLS), np.int64),
        rest=np.zeros((3, MOST_NIGHTS + 1), np.int64),
    )  # fmt: skip
