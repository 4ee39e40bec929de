"""All tours of one kind of unit from one base, compiled: labels from stop to stop, of which only those are kept that no
other betters.

A label is a tour begun: where it is, what is on board, what is done. When it can take off next (N) hangs together with
when it first took off (S) and with when each limited ride that is on board began (R1, R2, ...): all rules of time are
limits of differences of two of these, or of one and the plan's start (Z). ``span[i, a, b]`` is the most that a may be
later than b, each as tight as the others make it. So one label betters another of the same place and loads if each of
its limits is as loose, it has flown no longer, and its tanks are as full.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import njit
from castor.tasking.packed.kernel import (
    ASKS,
    DELIVER_FROM,
    DESTINATION,
    DUTY,
    EARLIEST,
    FLIGHT,
    GOODS,
    GROUND,
    LATEST,
    LITTERS,
    MASS,
    MINUTES,
    ORIGIN,
    PAX,
    PAYLOAD,
    PICKUP_BY,
    PLACES,
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
    hours,
    kind,
    kind_of,
    km,
    leg,
    room,
    spot,
)  # fmt: skip
from castor.tasking.tour.kernel import NEVER, SLACK, is_part

PLACE, BOARD, DONE, PATH, BEFORE, NEXT, THEN, DEAD, AIR = range(9)
"""Columns of ``row``: place (the base's number and those of all places once more where a tour has ended), requests on
board and done (bits), a number for the stops so far or 0, the label it comes from, the next of the same place and
loads, the next of as many visits, whether another betters it, minutes in the air."""
GONE, ALLOW = range(2)
"""Columns of ``tank``: km since it was filled (of a tour that has ended: minute before which its aircraft are not ready
again), kg that may still be burnt."""
Z, S, N, RIDES = range(4)


@njit(cache=True, nogil=True)
def close(d: Any, size: Any) -> Any:
    """Tighten limits of differences by one another (Floyd and Warshall); False if they contradict each other."""
    for via in range(size):
        for a in range(size):
            first = d[a, via]
            if first >= NEVER:
                continue
            for b in range(size):
                if d[via, b] < NEVER and first + d[via, b] < d[a, b]:
                    d[a, b] = first + d[via, b]
    good = True
    for a in range(size):
        good = good and d[a, a] >= 0
    return good


@njit(cache=True, nogil=True)
def limited(num: Any, bits: Any) -> Any:
    """How many limited rides are among some requests."""
    many = 0
    for r in range(num[ASKS]):
        many += bits >> r & 1 and ask(num, r, RIDE) < NEVER
    return many


@njit(cache=True, nogil=True)
def in_turn(num: Any, have: Any, up: Any, lab: Any) -> Any:
    """Whether of parts that are alike each is loaded only with those before it on the same tour."""
    good = True
    for r in range(num[ASKS]):
        if up >> r & 1 and lab.like[r] >= 0:
            good = good and (have | up) >> lab.like[r] & 1 > 0
    return good


@njit(cache=True, nogil=True)
def fits(num: Any, val: Any, k: Any, board: Any) -> Any:
    """Kg of what is on board, or -1 if the unit cannot carry it at once."""
    pax, sick, mass, goods = 0, 0, 0.0, 0
    for r in range(num[ASKS]):
        if board >> r & 1:
            pax, sick, mass = pax + ask(num, r, PAX), sick + ask(num, r, SICK), mass + ask_of(num, val, r, MASS)
            own = ask(num, r, GOODS)
            if own and goods and own != goods:
                return -1.0
            goods = max(goods, own)
    if pax > kind(num, k, SEATS) or sick > kind(num, k, LITTERS) or mass > kind_of(num, val, k, PAYLOAD) + SLACK:
        return -1.0
    return mass


@njit(cache=True, nogil=True)
def ends_at(num: Any, bits: Any, place: Any, x: Any) -> Any:
    """Of some requests those that begin (x ``ORIGIN``) or end (``DESTINATION``) at a place."""
    found = 0
    for r in range(num[ASKS]):
        if bits >> r & 1 and ask(num, r, x) == place:
            found |= 1 << r
    return found


@njit(cache=True, nogil=True)
def back_again(num: Any, board: Any, place: Any) -> Any:
    """Whether a part of a request on board would be carried back to its origin."""
    back = False
    for r in range(num[ASKS]):
        back = back or (board >> r & 1 > 0 and ask(num, r, ORIGIN) == place and is_part(num, r))
    return back


@njit(cache=True, nogil=True)
def betters(lab: Any, size: Any, a: Any, b: Any) -> Any:
    """Whether label a betters label b, or is as good."""
    if lab.row[a, AIR] > lab.row[b, AIR] or lab.tank[a, GONE] > lab.tank[b, GONE] + SLACK:
        return False
    if lab.tank[a, ALLOW] < lab.tank[b, ALLOW] - SLACK:
        return False
    for x in range(size):
        for y in range(size):
            if lab.span[a, x, y] < lab.span[b, x, y]:
                return False
    return True


@njit(cache=True, nogil=True)
def settle(num: Any, lab: Any, i: Any) -> Any:
    """Keep label i unless another betters it, and strike out those that it betters; whether it is kept."""
    row, table = lab.row, lab.table
    key = np.uint64(14695981039346656037)
    for x in (PLACE, BOARD, DONE, PATH):
        key = (key ^ np.uint64(row[i, x])) * np.uint64(1099511628211)
    at = np.int64((key ^ key >> np.uint64(32)) & np.uint64(table.size - 1))
    while table[at] >= 0:
        j = table[at]
        if (
            row[j, PLACE] == row[i, PLACE] and row[j, BOARD] == row[i, BOARD]
            and row[j, DONE] == row[i, DONE] and row[j, PATH] == row[i, PATH]
        ):  # fmt: skip
            break
        at = (at + 1) & (table.size - 1)
    size = RIDES + limited(num, row[i, BOARD])
    j = table[at]
    while j >= 0:
        if not row[j, DEAD] and betters(lab, size, j, i):
            return False
        j = row[j, NEXT]
    j = table[at]
    while j >= 0:
        if not row[j, DEAD] and betters(lab, size, i, j):
            row[j, DEAD] = 1
        j = row[j, NEXT]
    row[i, NEXT], table[at] = table[at], i
    return True


@njit(cache=True, nogil=True)
def queue_up(num: Any, lab: Any, i: Any) -> Any:
    """Queue label i behind those with as many visits."""
    many = 0
    for r in range(num[ASKS]):
        many += (lab.row[i, BOARD] >> r & 1) + 2 * (lab.row[i, DONE] >> r & 1)
    lab.row[i, THEN] = -1
    if lab.queue[many, 0] < 0:
        lab.queue[many, 0] = i
    else:
        lab.row[lab.queue[many, 1], THEN] = i
    lab.queue[many, 1] = i


@njit(cache=True, nogil=True)
def begin(num: Any, val: Any, k: Any, base: Any, up: Any, i: Any, lab: Any) -> Any:
    """Label i: at the base, with some requests loaded; False if they cannot be picked up together."""
    d, row = lab.span[i], lab.row[i]
    d[:], row[:] = NEVER, 0
    row[PLACE], row[BOARD], row[BEFORE] = base, up, -1
    lab.tank[i, GONE], lab.tank[i, ALLOW] = 0.0, kind_of(num, val, k, TANK) - kind_of(num, val, k, RESERVE)
    d[Z, Z] = d[S, S] = d[N, N] = d[S, N] = d[N, S] = d[Z, N] = 0
    at = RIDES
    for r in range(num[ASKS]):
        if up >> r & 1:
            load_limits(num, k, r, d, N)
            if ask(num, r, RIDE) < NEVER:
                d[at, at] = d[at, N] = d[N, at] = 0
                at += 1
    return close(d, at)


@njit(cache=True, nogil=True)
def load_limits(num: Any, k: Any, r: Any, d: Any, x: Any) -> Any:
    """Limits of a take-off (the x-th of the times in d) where request r is picked up."""
    since = ask(num, r, EARLIEST) + kind(num, k, GROUND)
    if ask(num, r, RIDE) < NEVER:
        since = max(since, ask(num, r, DELIVER_FROM) - ask(num, r, RIDE))
    d[Z, x] = min(d[Z, x], -since)
    if ask(num, r, PICKUP_BY) < NEVER:
        d[x, Z] = min(d[x, Z], ask(num, r, PICKUP_BY) + kind(num, k, GROUND))


@njit(cache=True, nogil=True)
def fly_leg(num: Any, k: Any, i: Any, q: Any, sets: Any, stands: Any, lab: Any) -> Any:
    """Times after a leg of label i to place q, in ``lab.work``, the next take-off last, before it is known in which
    windows it lies; False if they cannot be.

    ``sets``: requests set down and loaded there (bits). ``stands`` minutes on the ground, -1 at the end of a tour.
    """
    d, old = lab.work, lab.span[i]
    down, up = sets
    took = leg(num, k, lab.row[i, PLACE], q)
    size = RIDES + limited(num, lab.row[i, BOARD])
    for a in range(size):
        for b in range(size):
            d[a, b] = old[a, b]
        d[a, size] = d[size, a] = NEVER
    d[size, size] = 0
    d[N, size] = -took - max(stands, 0)
    at = RIDES
    for r in range(num[ASKS]):
        if lab.row[i, BOARD] >> r & 1 == 0:
            continue
        if down >> r & 1:
            d[N, Z] = min(d[N, Z], ask(num, r, LATEST) - took)
            if stands >= 0 and ask(num, r, DELIVER_FROM) > 0:
                d[Z, size] = min(d[Z, size], -ask(num, r, DELIVER_FROM) - kind(num, k, GROUND))
        if ask(num, r, RIDE) < NEVER:
            if down >> r & 1:
                d[N, at] = min(d[N, at], ask(num, r, RIDE) - took)
            at += 1
    for r in range(num[ASKS]):
        if up >> r & 1:
            load_limits(num, k, r, d, size)
    if stands < 0:
        d[size, N] = took
        d[size, S] = min(d[size, S], crew(num, DUTY))
        d[size, Z] = min(d[size, Z], num[MINUTES])
    return close(d, size + 1)


@njit(cache=True, nogil=True)
def in_windows(num: Any, k: Any, p: Any, q: Any, x: Any, y: Any, size: Any, lab: Any) -> Any:
    """The times in ``lab.work`` with a take-off in window x of p and a landing in window y of q, in ``lab.trial``."""
    if hours(num, k, p, x, 2) != hours(num, k, q, y, 2):
        return False
    d, took = lab.trial, leg(num, k, p, q)
    for a in range(size + 1):
        for b in range(size + 1):
            d[a, b] = lab.work[a, b]
    d[N, Z] = min(d[N, Z], hours(num, k, p, x, 1), hours(num, k, q, y, 1) - took)
    d[Z, N] = min(d[Z, N], -hours(num, k, p, x, 0), -hours(num, k, q, y, 0) + took)
    return close(d, size + 1)


@njit(cache=True, nogil=True)
def write_times(num: Any, i: Any, sets: Any, j: Any, lab: Any) -> Any:
    """Limits of label j from ``lab.trial``: those of rides that have ended are dropped, those that begin are added."""
    down, up = sets
    d, new = lab.trial, lab.span[j]
    new[:] = NEVER
    last = RIDES + limited(num, lab.row[i, BOARD])
    source = lab.source
    source[Z], source[S], source[N] = Z, S, last
    at, before = RIDES, RIDES
    for r in range(num[ASKS]):
        if (lab.row[i, BOARD] | up) >> r & 1 and ask(num, r, RIDE) < NEVER:
            if not down >> r & 1:
                source[at] = last if up >> r & 1 else before
                at += 1
            before += 1 - (up >> r & 1)
    for a in range(at):
        for b in range(at):
            new[a, b] = d[source[a], source[b]]


@njit(cache=True, nogil=True)
def hopeful(num: Any, k: Any, base: Any, j: Any, lab: Any) -> Any:
    """Whether what is on board of label j can still be set down in time, and the unit be back within its duty."""
    place, d, least = lab.row[j, PLACE], lab.span[j], lab.least
    now, since = -d[Z, N], -d[S, N]
    if now + least[place, base] > num[MINUTES] or since + least[place, base] > crew(num, DUTY):
        return False
    at = RIDES
    for r in range(num[ASKS]):
        if lab.row[j, BOARD] >> r & 1 == 0:
            continue
        there = ask(num, r, DESTINATION)
        way = least[place, there]
        if now + way > ask(num, r, LATEST):
            return False
        after = least[there, base] + (0 if there == base else kind(num, k, GROUND))
        if now + way + after > num[MINUTES] or since + way + after > crew(num, DUTY):
            return False
        if ask(num, r, RIDE) < NEVER:
            if -d[at, N] + way > ask(num, r, RIDE):
                return False
            at += 1
    return True


@njit(cache=True, nogil=True)
def add(num: Any, val: Any, k: Any, base: Any, i: Any, q: Any, sets: Any, fill: Any, j: Any, lab: Any) -> Any:
    """Add the labels, from j on, that label i becomes by a leg to place q; returns the number after the last.

    ``fill``: 1 if tanks are filled there, -1 at the end of a tour.
    """
    row, tank, p = lab.row, lab.tank, lab.row[i, PLACE]
    down, up = sets
    stands = kind(num, k, GROUND) if down | up else 0
    stands = max(stands, kind(num, k, REFUEL)) if fill > 0 else stands if fill == 0 else -1
    if not fly_leg(num, k, i, q, sets, stands, lab):
        return j
    size = RIDES + limited(num, row[i, BOARD])
    if RIDES + limited(num, (row[i, BOARD] & ~down) | up) > lab.span.shape[1]:
        return row.shape[0]
    for x in range(num[WIDE]):
        for y in range(num[WIDE]):
            if j >= row.shape[0] or not in_windows(num, k, p, q, x, y, size, lab):
                continue
            row[j, PLACE] = q if fill >= 0 else q + num[PLACES]
            row[j, BOARD], row[j, DONE] = (row[i, BOARD] & ~down) | up, row[i, DONE] | down
            row[j, BEFORE], row[j, DEAD] = i, 0
            row[j, AIR], row[j, PATH] = row[i, AIR] + leg(num, k, p, q), row[i, PATH]
            if lab.every[0]:
                key = (np.uint64(row[i, PATH]) ^ np.uint64(2 * q + fill)) * np.uint64(1099511628211)
                row[j, PATH] = np.int64((key ^ np.uint64(up)) * np.uint64(1099511628211))
            write_times(num, i, sets, j, lab)
            if row[j, AIR] + (lab.least[q, base] if fill >= 0 else 0) > crew(num, FLIGHT):
                continue
            if fill < 0:
                lab.span[j, N, Z] = lab.span[j, N, S] = lab.span[j, Z, S] = NEVER  # nobody asks how late it could be
                tank[j, GONE], tank[j, ALLOW] = 0.0, 0.0
                for r in range(num[ASKS]):
                    if down >> r & 1 and ask(num, r, DELIVER_FROM) > 0:
                        tank[j, GONE] = max(tank[j, GONE], ask(num, r, DELIVER_FROM) + kind(num, k, GROUND))
                j += settle(num, lab, j)
                continue
            full = kind_of(num, val, k, TANK) - kind_of(num, val, k, RESERVE)
            tank[j, GONE] = 0.0 if fill else tank[i, GONE] + km(num, val, p, q)
            tank[j, ALLOW] = full if fill else allowed(num, val, k, i, lab) - burn(num, val, k, p, q)
            if hopeful(num, k, base, j, lab) and settle(num, lab, j):
                queue_up(num, lab, j)
                j += 1
    return j


@njit(cache=True, nogil=True)
def allowed(num: Any, val: Any, k: Any, i: Any, lab: Any) -> Any:
    """Kg that label i may burn after taking off with what it has on board."""
    mass = max(fits(num, val, k, lab.row[i, BOARD]), 0.0)
    return min(
        lab.tank[i, ALLOW], room(num, val, k, lab.row[i, PLACE]) - mass - kind_of(num, val, k, RESERVE)
    )  # fmt: skip


@njit(cache=True, nogil=True)
def extend(num: Any, val: Any, k: Any, base: Any, i: Any, j: Any, can: Any, lab: Any) -> Any:
    """Add the labels, from j on, that label i becomes by one leg; returns the number after the last."""
    p, board, gone = lab.row[i, PLACE], lab.row[i, BOARD], lab.tank[i, GONE]
    allow = allowed(num, val, k, i, lab)
    for q in range(num[PLACES]):
        far = gone + km(num, val, p, q) > kind_of(num, val, k, REACH) + SLACK
        if q == p or far or not (room(num, val, k, q) >= 0) or allow - burn(num, val, k, p, q) < -SLACK:
            continue
        if not lab.flies[p, q] or back_again(num, board, q):
            continue
        down = ends_at(num, board, q, DESTINATION)
        if q == base and down == board:
            if board | lab.row[i, DONE]:
                j = add(num, val, k, base, i, q, (down, 0), -1, j, lab)
            if not board and lab.row[i, DONE]:
                j = add(num, val, k, base, i, q, (0, 0), 1, j, lab)
            continue
        if down == 0 and spot(num, q, 0):
            j = add(num, val, k, base, i, q, (0, 0), 1, j, lab)
        if q == base:
            continue
        offers = ends_at(num, can & ~(board | lab.row[i, DONE]), q, ORIGIN)
        up = offers
        while down | offers:
            good = (down | up) > 0 and in_turn(num, board | lab.row[i, DONE], up, lab)
            if good and fits(num, val, k, (board & ~down) | up) >= 0:
                j = add(num, val, k, base, i, q, (down, up), 0, j, lab)
                if spot(num, q, 0):
                    j = add(num, val, k, base, i, q, (down, up), 1, j, lab)
            if up == 0:
                break
            up = (up - 1) & offers
    return j


@njit(cache=True, nogil=True)
def grow(num: Any, val: Any, k: Any, base: Any, can: Any, lab: Any) -> Any:
    """All tours with the requests ``can`` (bits); returns the number of labels, -1 if there is no room for them."""
    j, offers = 0, ends_at(num, can, base, ORIGIN)
    up = offers
    while True:
        if in_turn(num, 0, up, lab) and fits(num, val, k, up) >= 0:
            if RIDES + limited(num, up) > lab.span.shape[1]:
                return -1
            if begin(num, val, k, base, up, j, lab) and settle(num, lab, j):
                queue_up(num, lab, j)
                j += 1
        if up == 0:
            break
        up = (up - 1) & offers
    for many in range(lab.queue.shape[0]):
        i = lab.queue[many, 0]
        while i >= 0:
            if not lab.row[i, DEAD]:
                j = extend(num, val, k, base, i, j, can, lab)
                if j >= lab.row.shape[0]:
                    return -1
            i = lab.row[i, THEN]
    return j
