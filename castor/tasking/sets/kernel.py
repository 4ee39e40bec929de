"""Which sets of requests can be carried at all, compiled: tours of one unit after another, and units beside each other.

A set counts how many parts it has of each class (L) that is alike; its number is ``sum of count x stride``. Tours that
one unit flies in turn are told by when it is ready and landed at the soonest, and by the duty of its crew: how long
after its beginning it lands at the soonest, when it may begin at the latest, and minutes flown.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import njit
from castor.tasking.tour.kernel import NEVER

MOST = 12
"""Ways to have carried a set that are told apart; what is beyond is taken for better than it is."""
FIRST, LAST, AWAY, SINCE, FLOWN, TURN, GROUP = range(7)
"""Columns of ``tour``: first and last departure, minutes away, minute before which it is not ready again, minutes in
the air, turn-round, number of the group of units."""
READY, CREW = range(2)
LANDED, LONG, BY, USED = range(4)
"""Columns of a way: ready at the soonest; then of each crew landed at the soonest (-NEVER: not on duty yet), minutes
from the duty's begin to landing, latest begin, minutes flown in the duty. The last three: its last tour, the set
carried before that, and which way to have carried it."""
TRACE = 3


@njit(cache=True, nogil=True)
def counts(s: Any, stride: Any, into: Any) -> Any:
    """Write how many parts of each class a set has."""
    for c in range(stride.size - 1):
        into[c] = s % stride[c + 1] // stride[c]


@njit(cache=True, nogil=True)
def step(t: Any, stride: Any, now: Any, most: Any) -> Any:
    """The number of the set that follows set t, of which ``now`` are the counts, among those within ``most``; -1 after
    the last.
    """
    for c in range(most.size):
        if now[c] < most[c]:
            now[c] += 1
            return t + stride[c]
        t -= now[c] * stride[c]
        now[c] = 0
    return -1


@njit(cache=True, nogil=True)
def soonest(tour: Any, minute: Any, free: Any) -> Any:
    """The first departure of a tour at or after a minute at which its airframes may be away all the time, or NEVER.

    ``free`` (2, G, M + 1): first minute at or after each at which one of a group may not be away, and may be.
    """
    off, last = max(minute, tour[FIRST]), free.shape[2] - 1
    while off <= tour[LAST]:
        bad = free[0, tour[GROUP], min(off, last)]
        if bad >= max(off + tour[AWAY] + tour[TURN], tour[SINCE]):
            return off
        off = free[1, tour[GROUP], bad]
    return NEVER


@njit(cache=True, nogil=True)
def follow(way: Any, tour: Any, who: Any, fresh: Any, crew: Any, free: Any, trace: Any, new: Any) -> Any:
    """The way that another becomes by one more tour of crew ``who``, in the same duty or in a new one (``fresh``), into
    ``new``; False if that cannot be. ``crew`` (4,): crews that are told apart (0: whoever flies), minutes of duty, of
    rest, of flight; ``trace`` what is kept of where it comes from.
    """
    minute, at = way[READY], CREW + 4 * who
    if crew[0] and fresh and way[at + LANDED] >= 0:
        minute = max(minute, way[at + LANDED] + crew[2])
    off = soonest(tour, minute, free)
    if off >= NEVER:
        return False
    new[:] = way
    new[new.size - TRACE :] = trace
    new[READY] = max(off + tour[AWAY] + tour[TURN], tour[SINCE])
    if not crew[0]:
        return True
    own = new[at : at + 4]
    own[LANDED], own[LONG], own[BY], own[USED] = off + tour[AWAY], tour[AWAY], tour[LAST], tour[FLOWN]
    if fresh:
        return True
    own[LONG] += way[at + LONG] + tour[TURN]
    own[BY] = min(way[at + BY], tour[LAST] - way[at + LONG] - tour[TURN])
    own[USED] += way[at + USED]
    return own[LONG] <= crew[1] and own[LANDED] - own[BY] <= crew[1] and own[USED] <= crew[3]


@njit(cache=True, nogil=True)
def as_good(a: Any, b: Any) -> Any:
    """Whether a way is as good as another in all."""
    if a[READY] > b[READY]:
        return False
    for x in range(CREW, a.size - TRACE, 4):
        if a[x + LANDED] > b[x + LANDED] or a[x + LONG] > b[x + LONG]:
            return False
        if a[x + BY] < b[x + BY] or a[x + USED] > b[x + USED]:
            return False
    return True


@njit(cache=True, nogil=True)
def keep(ways: Any, many: Any, s: Any, new: Any) -> Any:
    """Keep a way to have carried set s unless another betters it."""
    own = ways[s]
    x = 0
    while x < many[s]:
        if as_good(own[x], new):
            return
        if as_good(new, own[x]):
            many[s] -= 1
            own[x] = own[many[s]]
        else:
            x += 1
    if many[s] < MOST:
        own[many[s]] = new
        many[s] += 1
        return
    last = own[MOST - 1]
    last[READY] = min(last[READY], new[READY])
    for y in range(CREW, new.size - TRACE, 4):
        for z in (LANDED, LONG, USED):
            last[y + z] = min(last[y + z], new[y + z])
        last[y + BY] = max(last[y + BY], new[y + BY])


@njit(cache=True, nogil=True)
def one_after_another(stride: Any, most: Any, tours: Any, begins: Any, crew: Any, free: Any, first: Any) -> Any:
    """Ways to carry each set by tours one after another, from minute ``first`` on (sets, MOST, ...), and how many
    there are (sets,).

    ``tours`` sorted by the set that they carry, of which those of set t are ``begins[t]`` to before ``begins[t + 1]``.
    """
    sets, wide, size = int(stride[-1]), most.size, CREW + 4 * crew[0] + TRACE
    ways, many = np.empty((sets, MOST, size), np.int64), np.zeros(sets, np.int64)
    now, rest, part = np.zeros(wide, np.int64), np.zeros(wide, np.int64), np.zeros(wide, np.int64)
    new, trace = np.zeros(size, np.int64), np.zeros(TRACE, np.int64)
    ways[0, 0], ways[0, 0, READY], many[0] = 0, first, 1
    for c in range(crew[0]):
        ways[0, 0, CREW + 4 * c + LANDED], ways[0, 0, CREW + 4 * c + BY] = -NEVER, NEVER
    for s in range(sets):
        if many[s] == 0:
            continue
        counts(s, stride, now)
        for c in range(wide):
            rest[c] = most[c] - now[c]
        part[:] = 0
        t = step(0, stride, part, rest)
        while t >= 0:
            for x in range(begins[t], begins[t + 1]):
                for y in range(many[s]):
                    way = ways[s, y]
                    trace[0], trace[1], trace[2] = x, s, y
                    for who in range(max(1, crew[0])):
                        if follow(way, tours[x], who, True, crew, free, trace, new):
                            keep(ways, many, s + t, new)
                        more = crew[0] > 0 and way[CREW + 4 * who + LANDED] >= 0
                        if more and follow(way, tours[x], who, False, crew, free, trace, new):
                            keep(ways, many, s + t, new)
            t = step(t, stride, part, rest)
    return ways, many


@njit(cache=True, nogil=True)
def divide(stride: Any, s: Any, one: Any, other: Any) -> Any:
    """A set of some within set s of which the rest is one of others, or -1."""
    most, part = np.zeros(stride.size - 1, np.int64), np.zeros(stride.size - 1, np.int64)
    counts(s, stride, most)
    t = 0
    while t >= 0:
        if one[t] and other[s - t]:
            return t
        t = step(t, stride, part, most)
    return -1


@njit(cache=True, nogil=True)
def beside(stride: Any, one: Any, other: Any) -> Any:
    """Whether each set can be divided into one of some sets (sets,) and one of others."""
    found = np.zeros(one.size, np.bool_)
    for s in range(one.size):
        found[s] = divide(stride, s, one, other) >= 0
    return found
