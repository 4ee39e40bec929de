"""Rests of a tour away from base, compiled: where nights away are allowed, a tour may be several duties.

A crew rests where it waits at a stop for at least its rest with nothing on board. Windows may make it wait so long;
where a duty is too long without it, a rest is put in: at the last stop of that duty at which the whole can be flown, or
before.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import njit
from castor.tasking.packed.kernel import DUTY, FLIGHT, NIGHTS, REST, crew, leg
from castor.tasking.tour.kernel import (
    AT,
    FILLS,
    IDLE,
    LAND_BY,
    LEAST,
    NEVER,
    OFF,
    ON,
    SINCE,
    STANDS,
    UNTIL,
    depart,
    rides_kept,
    times,
)

BEGUN = 195
"""Numbers that tell what a unit has made of a tour: three, and three for each of at most 64 stops."""
TRIALS = 48
"""Choices of rests that are tried for one tour."""
LANDED, LEFT, FLOWN = range(3)
"""Rows of ``rest``: landing before and take-off after a rest, minutes in the air of the duty before it."""


@njit(cache=True, nogil=True)
def timed(num: Any, val: Any, k: Any, count: Any, rides: Any, start: Any, w: Any) -> Any:
    """Time a prepared tour that leaves at or after ``start`` within its duties: (rests away from base, listed in
    ``w.rest``, and the stops at which they were put in, as bits), or (-1, 0) if it cannot be.
    """
    if crew(num, NIGHTS):
        return rest_somewhere(num, val, k, count, rides, start, w)
    if not times(num, val, k, count, rides, start, w) or w.stop[ON, count - 1] - w.stop[OFF, 0] > crew(num, DUTY):
        return -1, 0
    for i in range(1, count - 1):
        if w.stop[OFF, i] - w.stop[ON, i] >= crew(num, REST):
            return -1, 0
    return 0, 0


@njit(cache=True, nogil=True)
def rest_at(num: Any, count: Any, bits: Any, w: Any) -> Any:
    """Let a tour stand for a rest at some stops (bits), and no longer than it must at the others."""
    for s in range(count):
        rests = bits >> s & 1
        w.stop[STANDS, s] = max(w.stop[LEAST, s], crew(num, REST)) if rests else w.stop[LEAST, s]


@njit(cache=True, nogil=True)
def times_by_duty(num: Any, val: Any, k: Any, count: Any, rides: Any, start: Any, w: Any) -> Any:
    """:func:`times`, and every duty that ends with a rest lands as soon as can be after it has begun.

    Waiting in a duty that ends away only makes it longer; after it there is time.
    """
    if not times(num, val, k, count, rides, start, w):
        return False
    first = 0
    for s in range(1, count - 1):
        if w.stop[OFF, s] - w.stop[ON, s] >= crew(num, REST) and w.stop[IDLE, s]:
            off, on = w.stop[OFF, :count].copy(), w.stop[ON, :count].copy()
            for i in range(first, s):
                a, b = w.stop[AT, i], w.stop[AT, i + 1]
                ready = w.stop[OFF, i] if i == first else w.stop[ON, i] + w.stop[STANDS, i]
                w.stop[OFF, i] = depart(num, val, k, a, b, max(ready, w.stop[SINCE, i]))
                w.stop[ON, i + 1] = w.stop[OFF, i] + leg(num, k, a, b)
            if not rides_kept(num, val, rides, w):
                w.stop[OFF, :count], w.stop[ON, :count] = off, on
            first = s
    return True


@njit(cache=True, nogil=True)
def duties(num: Any, k: Any, count: Any, w: Any) -> Any:
    """(rests of a timed tour, listed in ``w.rest``, 0, 0), or, if a duty breaks a rule, (-1, the stop at which it
    begins, the stop at which it ends); (-1, 0, 0) where another rest does not mend it.
    """
    first, air, rests = 0, 0, 0
    for i in range(1, count):
        air += leg(num, k, w.stop[AT, i - 1], w.stop[AT, i])
        away = i < count - 1 and w.stop[OFF, i] - w.stop[ON, i] >= crew(num, REST)
        if away and (not w.stop[IDLE, i] or rests == crew(num, NIGHTS)):
            return -1, 0, 0
        long = w.stop[ON, i] - w.stop[OFF, first] > crew(num, DUTY) or air > crew(num, FLIGHT)
        if (away or i == count - 1) and long:
            return -1, first, i
        if away:
            w.rest[LANDED, rests], w.rest[LEFT, rests], w.rest[FLOWN, rests] = w.stop[ON, i], w.stop[OFF, i], air
            first, air, rests = i, 0, rests + 1
    return rests, 0, 0


@njit(cache=True, nogil=True)
def rest_somewhere(num: Any, val: Any, k: Any, count: Any, rides: Any, start: Any, w: Any) -> Any:
    """:func:`timed` where nights away are allowed: depth first over the stops at which a rest may be put in, the last
    of the first duty that is too long first.
    """
    at, since = np.zeros(crew(num, NIGHTS) + 1, np.int64), np.zeros(crew(num, NIGHTS) + 1, np.int64)
    depth, bits = 0, 0
    for _ in range(TRIALS):
        rest_at(num, count, bits, w)
        first, s = 0, 0
        if times_by_duty(num, val, k, count, rides, start, w):
            rests, first, s = duties(num, k, count, w)
            if rests >= 0:
                return rests, bits
            s = s - 1 if depth < crew(num, NIGHTS) else first
        while True:
            while s > first and (not w.stop[IDLE, s] or bits >> s & 1):
                s -= 1
            if s > first:
                break
            if depth == 0:
                return -1, 0
            depth -= 1
            s, first = at[depth], since[depth]
            bits ^= 1 << s
            s -= 1
        at[depth], since[depth] = s, first
        bits |= 1 << s
        depth += 1
    return -1, 0


@njit(cache=True, nogil=True)
def timed_again(num: Any, val: Any, k: Any, count: Any, rides: Any, start: Any, bits: Any, w: Any) -> Any:
    """The times of a prepared tour that leaves at ``start`` and rests as was found before."""
    if crew(num, NIGHTS):
        rest_at(num, count, bits, w)
        return times_by_duty(num, val, k, count, rides, start, w)
    return times(num, val, k, count, rides, start, w)


@njit(cache=True, nogil=True)
def keep_begun(begun: Any, many: Any, stops: Any, w: Any) -> Any:
    """Hold a prepared tour to the first ``many`` stops that are made of it (``begun`` as behind a programme's stamps):
    take-offs as they were, from the last no sooner than may be; False if it does not go that way, or fills up where it
    did not.
    """
    for i in range(many):
        last = i == many - 1
        if i >= stops - 1 or w.stop[AT, i] != begun[3 * i + 3]:
            return False
        if i > 0 and not last and w.stop[FILLS, i] > begun[3 * i + 5]:
            return False
        w.stop[LAND_BY, i] = NEVER
        w.stop[SINCE, i] = max(w.stop[SINCE, i], begun[3 * i + 4]) if last else begun[3 * i + 4]
        if not last:
            w.stop[UNTIL, i] = begun[3 * i + 4]
    return True
