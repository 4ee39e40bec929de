"""Programmes of many units, compiled: ruin and recreate.

What the rest of the room asks of a programme is named here: who may be away, tours, where a request finds room.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import draw, njit
from castor.tasking.days.away.kernel import (
    AIR,
    COUNT,
    LANDS,
    LEAVES,
    NONE,
    POST,
    READY,
    SIZE,
    SLACK,
    bar,
    cover_by_minute,
    keeps_floor,
    posts_held,
)
from castor.tasking.days.places.kernel import best_place, by_cost, insert, narrow, put
from castor.tasking.days.tours.kernel import (
    CHANGES,
    TRIAL,
    begun,
    drop_tour,
    fly_again,
    fly_tour,
    mend,
    place_stay,
    place_tour,
    use,
)
from castor.tasking.packed.kernel import (
    ASKS,
    CLASS,
    DESTINATION,
    DUTY,
    EARLIEST,
    FROZEN,
    KIND,
    LATEST,
    MINUTES,
    ORIGIN,
    PRICE,
    REST,
    STATIONS,
    UNITS,
    VALUE,
    ask,
    ask_of,
    crew,
    fleet,
    kind_of,
    km,
    station,
)  # fmt: skip
from castor.tasking.search.ruin.kernel import accepts
from castor.tasking.tour.kernel import NEVER

__all__ = [
    "AIR", "COUNT", "LANDS", "LEAVES", "READY", "SIZE", "best_place", "copy", "cover_by_minute", "fly_again",
    "fly_tour", "keep_notes", "place_stay", "posts_held", "put", "search", "use",
]  # fmt: skip

CALLED_BACK, SENT = 0.3, 0.5
"""Chances that a round gives up a stay at an alert post, and that it tries one more."""
PASSED_OVER = 0.03
"""Chance that a unit is passed over when a place for a request is sought."""
INSTEAD, WHOLE, CHANGED, FIRST = np.int64(1), np.int64(1), np.int64(0), np.int64(0)
"""A tour instead of another (gap); all units, or those that have changed; the first minute. Typed as any whole number
is."""


@njit(cache=True, nogil=True)
def keep_notes(num: Any, val: Any, state: Any) -> Any:
    """Note anew at which minutes of a programme one more formation may not be away."""
    bar(num, val, state, FIRST, num[MINUTES])


@njit(cache=True, nogil=True, inline="always")
def call_back(num: Any, val: Any, state: Any, seed: Any, own: Any) -> Any:
    """Give up one of the stays at alert posts, drawn by chance, and what relied on it."""
    many = NONE
    for u in range(num[UNITS]):
        for q in range(fleet(num, u, FROZEN), state.tours[u]):
            many += state.tour[POST, u, q] > 0
    left = int(draw(seed) * many)
    for u in range(num[UNITS]):
        for q in range(fleet(num, u, FROZEN), state.tours[u]):
            if state.tour[POST, u, q] > 0:
                left -= 1
                if left < 0:
                    since, until = state.tour[LEAVES, u, q], state.tour[READY, u, q]
                    drop_tour(num, val, state, u, q, own)
                    mend(num, val, state, since, until, own)
                    return


@njit(cache=True, nogil=True, inline="always")
def send(num: Any, val: Any, state: Any, barred: Any, seed: Any, own: Any) -> Any:
    """Send a unit to stand by at an alert post around the time of an absent request, both drawn by chance."""
    r, s = int(draw(seed) * num[ASKS]), NONE + int(draw(seed) * num[STATIONS])
    early, late, chance = draw(seed), draw(seed), draw(seed)
    if state.unit[r] >= 0 or barred[r]:
        return
    waits = ask(num, r, EARLIEST) + int((1.5 * early - 1.0) * 120)
    until = min(ask(num, r, LATEST), num[MINUTES]) + int((1.5 * late - 0.5) * 120)
    out, back = station(num, s, 0) + station(num, s, 1), station(num, s, 2)
    waits = max(waits, out)
    until = min(until, waits - out + crew(num, DUTY) - back, waits + crew(num, REST) - station(num, s, 1) - 1)
    begin = int(chance * num[UNITS])
    for x in range(num[UNITS]):
        u = (begin + x) % num[UNITS]
        if fleet(num, u, CLASS) != station(num, s, 3):
            continue
        q = state.tours[u]
        while q > fleet(num, u, FROZEN) and state.tour[LEAVES, u, q - 1] >= waits - out:
            q -= 1
        if place_stay(num, val, state, u, q, s, waits, until, own):
            return


@njit(cache=True, nogil=True, inline="always")
def take(num: Any, val: Any, state: Any, r: Any, w: Any, own: Any) -> Any:
    """Take request r out; its tour flies as early as it may without it, or is given up if it cannot fly so (if it has
    begun, r stays).
    """
    u = state.unit[r]
    if u < 0:
        return
    state.unit[r] = -1
    for q in range(state.tours[u]):
        n = state.tour[SIZE, u, q]
        left = narrow(state.seq[u, q], n, r, own.lines[TRIAL])
        if left == n:
            continue
        start = state.tour[READY, u, q - 1] if q else FIRST
        if left > 0 and place_tour(num, val, state, u, q, INSTEAD, left, start, w, own):
            return
        if begun(num, state, u, q, INSTEAD)[0]:
            state.unit[r] = u
        else:
            drop_tour(num, val, state, u, q, own)
        return


@njit(cache=True, nogil=True, inline="always")
def take_tour(num: Any, val: Any, state: Any, r: Any, fixed: Any, own: Any) -> Any:
    """Take out the tour that carries request r, as a whole; returns how many requests, 0 if one of them is fixed."""
    u = state.unit[r]
    for q in range(state.tours[u]):
        inside, free = False, True
        for v in range(state.tour[SIZE, u, q]):
            inside = inside or state.seq[u, q, v] >> 1 == r
            free = free and not fixed[state.seq[u, q, v] >> 1]
        if not inside:
            continue
        if not free or begun(num, state, u, q, INSTEAD)[0]:
            return 0
        taken = state.tour[SIZE, u, q] // 2
        drop_tour(num, val, state, u, q, own)
        return taken
    return 0


@njit(cache=True, nogil=True, inline="always")
def worth(num: Any, val: Any, state: Any, promise: Any, bonus: Any) -> Any:
    """(worth carried, cost of flying) of a programme.

    ``promise`` (Q, 3), or (0, 3) for none: unit, first take-off and last landing of the tour that was promised to carry
    each request; one that still does is worth ``bonus`` (Q,) more.
    """
    value, cost = 0.0, 0.0
    for r in range(state.unit.size):
        if state.unit[r] >= 0:
            value += ask_of(num, val, r, VALUE)
    for u in range(num[UNITS]):
        for q in range(state.tours[u]):
            cost += state.tour[AIR, u, q] * kind_of(num, val, fleet(num, u, KIND), PRICE)
            if promise.shape[0] == 0:
                continue
            for v in range(state.tour[SIZE, u, q]):
                r = state.seq[u, q, v] >> 1
                kept = promise[r, 0] == u and promise[r, 1] == state.tour[LEAVES, u, q]
                if state.seq[u, q, v] & 1 == 0 and kept and promise[r, 2] == state.tour[LANDS, u, q]:
                    value += bonus[r]
    return value, cost


@njit(cache=True, nogil=True)
def copy(a: Any, b: Any, since: Any, until: Any, whole: Any) -> Any:
    """Write programme a over programme b: minutes from ``since`` on, and units that differ, or all (``whole`` 1)."""
    for r in range(a.unit.size):
        b.unit[r] = a.unit[r]
    notes = a.barred.shape[0] == b.barred.shape[0]
    for t in range(since, until):
        for g in range(a.used.shape[0]):
            b.used[g, t] = a.used[g, t]
        for g in range(a.parked.shape[0]):
            b.parked[g, t] = a.parked[g, t]
        for u in range(a.barred.shape[0] if notes else 0):
            b.barred[u, t] = a.barred[u, t]
    answers = a.legs.shape[1] == a.seq.shape[1]
    for u in range(a.tours.size):
        if not whole and a.stamp[u] == b.stamp[u]:
            continue
        b.tours[u], b.stamp[u] = a.tours[u], a.stamp[u]
        for q in range(a.tours[u]):
            for y in range(a.tour.shape[0]):
                b.tour[y, u, q] = a.tour[y, u, q]
            for v in range(a.tour[SIZE, u, q]):
                b.seq[u, q, v] = a.seq[u, q, v]
            for i in range(a.tour[COUNT, u, q] if answers else 0):
                b.left[u, q, i] = a.left[u, q, i]
                for y in range(a.legs.shape[3]):
                    b.legs[u, q, i, y] = a.legs[u, q, i, y]


@njit(cache=True, nogil=True, inline="always")
def ruin(num: Any, val: Any, state: Any, near: Any, most: Any, fixed: Any, seed: Any, w: Any, own: Any) -> Any:
    """Take out a request and those nearest to it (``near`` (Q, Q) in order of nearness), or tours as wholes."""
    total = num[ASKS]
    r = int(draw(seed) * total)
    many = 1 + int(draw(seed) * most)
    whole = draw(seed) < 0.3
    taken = 0
    for x in range(total):
        s = near[r, x]
        if state.unit[s] < 0 or fixed[s] or draw(seed) < 0.15:
            continue
        if whole:
            taken += take_tour(num, val, state, s, fixed, own)
        else:
            take(num, val, state, s, w, own)
            taken += 1
        if taken >= many:
            return


@njit(cache=True, nogil=True, inline="always")
def recreate(num: Any, val: Any, state: Any, barred: Any, noise: Any, seed: Any, w: Any, own: Any) -> Any:
    """Give the absent requests to units, one by one, in one of several orders drawn by chance."""
    total = num[ASKS]
    key, turn = np.empty(total), np.empty(total, np.int64)
    order = draw(seed)
    for r in range(total):
        chance = draw(seed)
        if order < 0.3:
            key[r] = -ask_of(num, val, r, VALUE) * (0.7 + 0.6 * chance)
        elif order < 0.55:
            far = km(num, val, ask(num, r, ORIGIN), ask(num, r, DESTINATION))
            key[r] = -ask_of(num, val, r, VALUE) / (1.0 + far) * (0.7 + 0.6 * chance)
        elif order < 0.75:
            key[r] = ask(num, r, LATEST) - ask(num, r, EARLIEST) + 120.0 * chance
        elif order < 0.85:
            key[r] = ask(num, r, EARLIEST) + 120.0 * chance
        else:
            key[r] = chance
    by_cost(key, turn, total)
    for r in turn:
        if state.unit[r] < 0 and not barred[r]:
            insert(num, val, state, r, noise, seed, w, own)


@njit(cache=True, nogil=True)
def search(num: Any, val: Any, states: Any, near: Any, masks: Any, plan: Any, seed: Any, w: Any, own: Any) -> Any:
    """Ruin and recreate with annealing over ``states`` = (best, here, trial), in place.

    ``plan`` = (rounds, heat at the start, at the end, shares of the whole search from which to which this part goes,
    whether it begins with filling up what is given).
    What is given is first filled up with whatever is absent and finds room, if this part is the first.
    ``masks``: requests never to be tried (Q,), requests never to be taken out (Q,), promises and their worth (see
    :func:`worth`). Returns (worth, cost) of the best.
    """
    best, here, trial = states
    barred, fixed, promise, bonus = masks
    changes = own.lines[CHANGES]
    value, cost = worth(num, val, here, promise, bonus)
    top_value, top_cost = worth(num, val, best, promise, bonus)
    most = min(12.0, max(3.0, 0.2 * num[ASKS]))
    rounds, minutes = int(plan[0]), here.used.shape[1]
    copy(here, trial, FIRST, minutes, WHOLE)
    for x in range(-int(plan[5]), rounds):
        done = plan[3] + (plan[4] - plan[3]) * max(x, 0) / rounds
        heat = plan[1] * (plan[2] / plan[1]) ** done
        changes[1], changes[2] = NEVER, 0
        if x >= 0:
            ruin(num, val, trial, near, most, fixed, seed, w, own)
            if num[STATIONS] and draw(seed) < CALLED_BACK:
                call_back(num, val, trial, seed, own)
            if num[STATIONS] and draw(seed) < SENT:
                send(num, val, trial, barred, seed, own)
        recreate(num, val, trial, barred, 0.0 if x < 0 else PASSED_OVER, seed, w, own)
        new_value, new_cost = worth(num, val, trial, promise, bonus)
        taken = x < 0 or accepts(new_cost - new_value, cost - value, heat, seed)
        if taken and keeps_floor(num, val, trial, changes[1], changes[2]):
            copy(trial, here, changes[1], changes[2], CHANGED)
            value, cost = new_value, new_cost
            if value > top_value + SLACK or (value > top_value - SLACK and cost < top_cost - SLACK):
                copy(here, best, FIRST, minutes, WHOLE)
                top_value, top_cost = value, cost
        else:
            copy(here, trial, changes[1], changes[2], CHANGED)
    return top_value, top_cost
