"""Who may be away at a minute, compiled: pools of airframes, posts held, cover on the ground and in flight."""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import njit
from castor.tasking.packed.kernel import (
    ANSWERS,
    CLASS,
    ESCORT,
    ESCORTS,
    FLIES,
    FLOOR,
    KIND,
    LEAD,
    MINUTES,
    POOLS,
    POSTS,
    REST,
    STATIONS,
    TOLD,
    UNITS,
    WORDS,
    crew,
    day_of,
    first_way,
    fleet,
    full,
    have,
    hours,
    level,
    mask,
    met,
    post,
    rule,
    station_mask,
    way_need,
    way_point,
    way_slack,
    weight,
)  # fmt: skip
from castor.tasking.tour.kernel import window

SLACK = 1e-9
NOBODY, NONE = np.int64(-1), np.int64(0)
"""Constants that are typed as any whole number is: a function is then compiled once for both."""
SIZE, LEAVES, LANDS, READY, AIR, COUNT, POST, WAITS, UNTIL, RESTS, CHOSEN, NIGHT = range(12)
"""Rows of a programme's ``tour``; ``POST`` to ``UNTIL`` of a stay at an alert post, its number counted from 1; from
``RESTS`` on, where nights away are allowed: rests away from base, stops at which they were put in (bits), then of each
landing, take-off and minutes in the air before it."""


@njit(cache=True, nogil=True)
def posts_held(num: Any, val: Any, used: Any, t: Any, lead: Any, escort: Any, escorts: Any) -> Any:
    """Subset of the posts that are held at a minute while one more lead and its escorts are away (lead -1: none
    more).
    """
    subset = 0
    for j in range(num[POSTS]):
        a, b, more = post(num, j, 0), post(num, j, 1), post(num, j, 2)
        free = have(num, a, t) - used[a, t]
        others = have(num, b, t) - used[b, t]
        if lead >= 0:
            free -= (1 if lead == a else 0) + (escorts if escort == a else 0)
            others -= (1 if lead == b else 0) + (escorts if escort == b else 0)
        for i in range(j):
            if subset >> i & 1:
                free -= (1 if post(num, i, 0) == a else 0) + (post(num, i, 2) if post(num, i, 1) == a else 0)
                others -= (1 if post(num, i, 0) == b else 0) + (post(num, i, 2) if post(num, i, 1) == b else 0)
        if a == b:
            held = free >= 1 + more
        else:
            held = free >= 1 and others >= more
        if held:
            subset |= 1 << j
    return subset


@njit(cache=True, nogil=True)
def add_ways(num: Any, val: Any, day: Any, who: Any, place: Any, ready: Any, left: Any, words: Any) -> Any:
    """Mark the points that a unit covers that could leave a place so many minutes after the call with so many km
    left.
    """
    ready = max(ready, rule(num, val, TOLD))
    for x in range(first_way(num, day, who, place), first_way(num, day, who, place + 1)):
        if way_need(num, val, x) <= left + SLACK and ready <= way_slack(num, val, x) + SLACK:
            c = way_point(num, x)
            words[c >> 6] |= np.uint64(1) << np.uint64(c & 63)


@njit(cache=True, nogil=True)
def add_flying(
    num: Any, val: Any, day: Any, who: Any, k: Any, legs: Any, left: Any, count: Any, t: Any, words: Any
) -> Any:
    """Mark what a unit on tour at a minute covers: from where it lands next, or stands, once it has set down; nothing
    while it rests.
    """
    for i in range(count - 1):
        ends = legs[i + 1, 0] if i < count - 2 and legs[i + 1, 0] - legs[i, 1] < crew(num, REST) else legs[i, 1]
        if legs[i, 0] <= t < ends:
            lands, place = legs[i, 1] - t, legs[i, 2]
            if hours(num, k, place, 0, 2) >= 0:  # a kind that may not fly by night
                x = window(num, val, k, place, t)
                if x < 0 or hours(num, k, place, x, 0) > t:
                    return
            add_ways(num, val, day, who, place, lands + legs[i, 3], left[i + 1], words)
            if legs[i, 5]:
                add_ways(num, val, day, who, place, lands + legs[i, 4], full(num, val, who), words)
            return


@njit(cache=True, nogil=True)
def add_stays(num: Any, state: Any, t: Any, words: Any) -> Any:
    """Mark what those cover who are at an alert post at a minute, or on their way there or back; whether any are."""
    some = False
    for v in range(num[UNITS]):
        for q in range(state.tours[v]):
            tour = state.tour[:, v, q]
            if tour[POST] > 0 and tour[LEAVES] <= t < tour[LANDS]:
                some, phase = True, 0 if t < tour[WAITS] else 1 if t < tour[UNTIL] else 2
                for z in range(words.size):
                    words[z] |= np.uint64(station_mask(num, level(num, t), tour[POST] - 1, phase, z))
    return some


@njit(cache=True, nogil=True)
def stay_turns(num: Any, state: Any, t: Any) -> Any:
    """Whether somebody leaves for an alert post, begins or ends to wait there, or is back, at a minute."""
    for v in range(num[UNITS]):
        for q in range(state.tours[v]):
            tour = state.tour[:, v, q]
            if tour[POST] > 0 and (t == tour[LEAVES] or t == tour[WAITS] or t == tour[UNTIL] or t == tour[LANDS]):
                return True
    return False


@njit(cache=True, nogil=True)
def share(num: Any, val: Any, day: Any, words: Any) -> Any:
    """Share of the day's weight that the marked points have."""
    total = 0.0
    for z in range(words.size):
        word = words[z]
        c = z << 6
        while word:
            if word & np.uint64(1):
                total += weight(num, val, day, c)
            word >>= np.uint64(1)
            c += 1
    return total


@njit(cache=True, nogil=True)
def covered(num: Any, val: Any, state: Any, t: Any, subset: Any, u: Any, legs: Any, left: Any, count: Any) -> Any:
    """Share covered at a minute by the posts held, by all who are on tour, and by unit u on the tour given."""
    at = level(num, t)
    day = day_of(num, at)
    words = np.empty(num[WORDS], np.uint64)
    for z in range(words.size):
        words[z] = np.uint64(mask(num, at, subset, z))
    if num[STATIONS]:
        add_stays(num, state, t, words)
    for v in range(num[UNITS]):
        who = fleet(num, v, ANSWERS)
        if who < 0:
            continue
        if v == u:
            if count > 0:
                add_flying(num, val, day, who, fleet(num, v, KIND), legs, left, count, t, words)
            continue
        for q in range(state.tours[v]):
            if state.tour[LEAVES, v, q] <= t < state.tour[LANDS, v, q] and state.tour[POST, v, q] == 0:
                add_flying(
                    num, val, day, who, fleet(num, v, KIND), state.legs[v, q], state.left[v, q],
                    state.tour[COUNT, v, q], t, words,
                )  # fmt: skip
    return share(num, val, day, words)


@njit(cache=True, nogil=True)
def leg_begins(num: Any, legs: Any, count: Any, t: Any) -> Any:
    """Whether a leg of a tour, or a rest after one, begins at a minute."""
    for i in range(count - 1):
        if legs[i, 0] >= t:
            return legs[i, 0] == t or (i > 0 and legs[i - 1, 1] == t and legs[i, 0] - t >= crew(num, REST))
    return False


@njit(cache=True, nogil=True)
def calm(num: Any, val: Any, state: Any, t: Any, u: Any, legs: Any, count: Any) -> Any:
    """Whether nothing has begun since the minute before: those in flight have come nearer, cover is no less.

    Not asked of kinds that may not fly by night: what they cover ends with the day.
    """
    if level(num, t) != level(num, t - 1) or (num[STATIONS] and stay_turns(num, state, t)):
        return False
    for g in range(num[POOLS]):
        if state.used[g, t] != state.used[g, t - 1] or have(num, g, t) != have(num, g, t - 1):
            return False
    for v in range(num[UNITS]):
        if fleet(num, v, ANSWERS) < 0:
            continue
        if hours(num, fleet(num, v, KIND), 0, 0, 2) >= 0:
            return False
        if v == u:
            if leg_begins(num, legs, count, t):
                return False
            continue
        for q in range(state.tours[v]):
            lands = state.tour[LANDS, v, q]
            if lands == t or (
                state.tour[LEAVES, v, q] <= t < lands and leg_begins(num, state.legs[v, q], state.tour[COUNT, v, q], t)
            ):
                return False
    return True


@njit(cache=True, nogil=True)
def spared(num: Any, val: Any, state: Any, t: Any, u: Any) -> Any:
    """Whether one more formation like unit u's may be away at a minute: airframes, and the floor by the posts left."""
    lead, escort, escorts = fleet(num, u, LEAD), fleet(num, u, ESCORT), fleet(num, u, ESCORTS)
    both = 1 + escorts if lead == escort else 1
    if state.used[lead, t] + both > have(num, lead, t):
        return False
    if escorts and state.used[escort, t] + escorts > have(num, escort, t):
        return False
    if not rule(num, val, FLOOR) > 0:
        return True
    subset = posts_held(num, val, state.used, t, lead, escort, escorts)
    return met(num, level(num, t), subset) or (num[STATIONS] and beside_stays(num, val, state, t, subset))


@njit(cache=True, nogil=True)
def beside_stays(num: Any, val: Any, state: Any, t: Any, subset: Any) -> Any:
    """Whether the floor is met at a minute by the posts held and by those who are at alert posts together."""
    words = np.empty(num[WORDS], np.uint64)
    for z in range(words.size):
        words[z] = np.uint64(mask(num, level(num, t), subset, z))
    return (
        add_stays(num, state, t, words)
        and share(num, val, day_of(num, level(num, t)), words) >= rule(num, val, FLOOR) - SLACK
    )


@njit(cache=True, nogil=True)
def sound(num: Any, val: Any, state: Any, t: Any) -> Any:
    """Whether airframes are enough and the floor is met at a minute of a programme."""
    for g in range(num[POOLS]):
        if state.used[g, t] > have(num, g, t):
            return False
    subset = posts_held(num, val, state.used, t, NOBODY, NOBODY, NONE)
    if not rule(num, val, FLOOR) > 0 or met(num, level(num, t), subset):
        return True
    if not num[FLIES]:
        return num[STATIONS] > 0 and beside_stays(num, val, state, t, subset)
    none, left = np.zeros((1, 6), np.int64), np.zeros(1)
    return covered(num, val, state, t, subset, NOBODY, none, left, NONE) >= rule(num, val, FLOOR) - SLACK


@njit(cache=True, nogil=True)
def bar(num: Any, val: Any, state: Any, since: Any, until: Any) -> Any:
    """Note for some minutes at which of them one more formation may not be away; nothing where no notes are kept."""
    if state.barred.shape[0] == 0 or num[FLIES]:
        return
    for t in range(since, min(until, num[MINUTES])):
        same = t > since and level(num, t) == level(num, t - 1) and not (num[STATIONS] and stay_turns(num, state, t))
        for g in range(num[POOLS] if same else 0):
            same = same and state.used[g, t] == state.used[g, t - 1] and have(num, g, t) == have(num, g, t - 1)
        for u in range(num[UNITS]):
            if fleet(num, u, CLASS) == u:
                state.barred[u, t] = state.barred[u, t - 1] if same else not spared(num, val, state, t, u)


@njit(cache=True, nogil=True)
def may_go(num: Any, val: Any, state: Any, t: Any, u: Any) -> Any:
    """:func:`spared`, from the notes where they are kept."""
    if state.barred.shape[0]:
        return not state.barred[fleet(num, u, CLASS), t]
    return spared(num, val, state, t, u)


@njit(cache=True, nogil=True)
def keeps_floor(num: Any, val: Any, state: Any, since: Any, until: Any) -> Any:
    """Whether a programme keeps the floor from one minute to another: a tour taken out may have covered for others."""
    if num[FLIES] == 0 or rule(num, val, FLOOR) <= 0:
        return True
    none, left = np.zeros((1, 6), np.int64), np.zeros(1)
    for t in range(max(since, 0), min(until, num[MINUTES])):
        subset = posts_held(num, val, state.used, t, NOBODY, NOBODY, NONE)
        if met(num, level(num, t), subset):
            continue
        if covered(num, val, state, t, subset, NOBODY, none, left, NONE) < rule(num, val, FLOOR) - SLACK:
            return False
    return True


@njit(cache=True, nogil=True)
def cover_by_minute(num: Any, val: Any, state: Any) -> Any:
    """Share covered at each minute (M,) of a programme."""
    found = np.zeros(num[MINUTES])
    none, left = np.zeros((1, 6), np.int64), np.zeros(1)
    for t in range(found.size):
        subset = posts_held(num, val, state.used, t, NOBODY, NOBODY, NONE)
        found[t] = covered(num, val, state, t, subset, NOBODY, none, left, NONE)
    return found
