"""Programmes of many units, compiled: crews, pools of airframes, parking and cover at every minute; insertion of a
request where it costs least; ruin and recreate.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import njit
from castor.tasking.packed.kernel import (
    AIRCRAFT,
    ANSWERS,
    ASKS,
    BASE,
    CREWS,
    DESTINATION,
    DUTY,
    EARLIEST,
    ESCORT,
    ESCORTS,
    FIRST,
    FLIES,
    FLIGHT,
    FLOOR,
    FROZEN,
    GROUND,
    KIND,
    LAST,
    LATEST,
    LEAD,
    LITTERS,
    MINUTES,
    ORIGIN,
    PAX,
    PICKUP_BY,
    POSTS,
    PRICE,
    REFUEL,
    REST,
    SEATS,
    SICK,
    SPOTS,
    TOLD,
    TURN,
    UNITS,
    VALUE,
    WORDS,
    ask,
    ask_of,
    crew,
    day_of,
    first_way,
    fleet,
    full,
    have,
    hours,
    kind,
    kind_of,
    km,
    leg,
    level,
    mask,
    met,
    post,
    room,
    rule,
    spot,
    way_need,
    way_point,
    way_slack,
    weight,
)  # fmt: skip
from castor.tasking.search.ruin.kernel import accepts, draw
from castor.tasking.tour.kernel import AT, NOW, OFF, ON, SINCE, air_minutes, prepare, tanks_left, times, window

NEVER = 1 << 40
SLACK = 1e-9
TRIES = 24
OUT, BACK, NOBODY, NONE, ONE = np.int64(-1), np.int64(1), np.int64(-1), np.int64(0), np.int64(1)
"""Constants that are typed as any whole number is: a function is then compiled once for both."""
MOST_CREWS = 20
SIZE, LEAVES, LANDS, READY, AIR, COUNT = range(6)
"""Rows of a programme's ``tour``."""


@njit(cache=True, nogil=True)
def crews_keep(num: Any, state: Any, u: Any, q: Any, gap: Any, trial: Any) -> Any:
    """Whether a unit's crews can fly its tours with ``trial`` (off, on, air) in place of tour q (``gap`` 0: before it,
    1: instead of it): 0 if so, a minute from which a crew would be rested if the trial breaks a rule, -1 if another
    does.

    Each tour goes to the crew longest on duty that can still fly it, else to a rested one.
    """
    many, duty, rest, flight = crew(num, CREWS), crew(num, DUTY), crew(num, REST), crew(num, FLIGHT)
    began, ended, flown = np.full(MOST_CREWS, -1), np.zeros(MOST_CREWS, np.int64), np.zeros(MOST_CREWS, np.int64)
    total = state.tours[u] + 1 - gap
    for x in range(total):
        if x == q:
            off, on, air = trial[0], trial[1], trial[2]
        else:
            y = x if x < q else x - 1 + gap
            off, on, air = state.tour[LEAVES, u, y], state.tour[LANDS, u, y], state.tour[AIR, u, y]
        chosen, rested, soonest = -1, -1, NEVER
        for c in range(many):
            if began[c] < 0 or off - ended[c] >= rest:
                if rested < 0 or (began[rested] >= 0 and began[c] < 0):
                    rested = c
            elif on - began[c] <= duty and flown[c] + air <= flight:
                if chosen < 0 or began[c] < began[chosen]:
                    chosen = c
            else:
                soonest = min(soonest, ended[c] + rest)
        if chosen >= 0:
            ended[chosen], flown[chosen] = on, flown[chosen] + air
        elif rested >= 0 and on - off <= duty and air <= flight:
            began[rested], ended[rested], flown[rested] = off, on, air
        else:
            return soonest if x == q and rested < 0 and soonest < NEVER else -1
    return 0


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
    """Mark what a unit on tour at a minute covers: from where it lands next, or stands, once it has set down."""
    for i in range(count - 1):
        ends = legs[i + 1, 0] if i < count - 2 else legs[i, 1]
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
    for v in range(num[UNITS]):
        who = fleet(num, v, ANSWERS)
        if who < 0:
            continue
        if v == u:
            if count > 0:
                add_flying(num, val, day, who, fleet(num, v, KIND), legs, left, count, t, words)
            continue
        for q in range(state.tours[v]):
            if state.tour[LEAVES, v, q] <= t < state.tour[LANDS, v, q]:
                add_flying(
                    num, val, day, who, fleet(num, v, KIND), state.legs[v, q], state.left[v, q],
                    state.tour[COUNT, v, q], t, words,
                )  # fmt: skip
    return share(num, val, day, words)


@njit(cache=True, nogil=True)
def use(num: Any, val: Any, state: Any, u: Any, q: Any, sign: Any) -> Any:
    """Count a tour's airframes as away (sign 1) or as back (-1)."""
    until = min(state.tour[READY, u, q], state.used.shape[1])
    for t in range(state.tour[LEAVES, u, q], until):
        state.used[fleet(num, u, LEAD), t] += sign
    if fleet(num, u, ESCORTS):
        for t in range(state.tour[LEAVES, u, q], until):
            state.used[fleet(num, u, ESCORT), t] += sign * fleet(num, u, ESCORTS)


@njit(cache=True, nogil=True)
def fill_legs(num: Any, val: Any, u: Any, count: Any, w: Any, legs: Any, left: Any) -> Any:
    """Write the legs of a timed tour as the cover in flight needs them."""
    k = fleet(num, u, KIND)
    tanks_left(num, val, k, count, full(num, val, fleet(num, u, ANSWERS)), w)
    core, carried = 0, 0.0
    for i in range(count - 1):
        while w.core[NOW, core] < i and not (w.core[NOW, core + 1] > i):
            core += 1
        carried = w.real[0][core]
        ahead = w.stop[AT, i + 1]
        turn = kind(num, k, GROUND) if carried > 0 else 0
        legs[i, 0], legs[i, 1], legs[i, 2], legs[i, 3] = w.stop[OFF, i], w.stop[ON, i + 1], ahead, turn
        legs[i, 4], legs[i, 5] = max(turn, kind(num, k, REFUEL)), 1 if spot(num, ahead, 0) else 0
        left[i + 1] = w.real[1, i + 1]


@njit(cache=True, nogil=True)
def conflict(num: Any, val: Any, state: Any, u: Any, count: Any, ready: Any, w: Any, legs: Any, left: Any) -> Any:
    """The first minute from which a timed tour cannot be (pools, cover, parking), or -1; ``used`` is without unit u."""
    lead, escort, escorts = fleet(num, u, LEAD), fleet(num, u, ESCORT), fleet(num, u, ESCORTS)
    both = 1 + escorts if lead == escort else 1
    floor = rule(num, val, FLOOR) > 0
    flies = fleet(num, u, ANSWERS) >= 0
    anyone = num[FLIES] > 0
    if floor and flies:
        fill_legs(num, val, u, count, w, legs, left)
    last, before = w.stop[ON, count - 1], -1
    for t in range(w.stop[OFF, 0], min(ready, state.used.shape[1])):
        if state.used[lead, t] + both > have(num, lead, t):
            return t
        if escorts and state.used[escort, t] + escorts > have(num, escort, t):
            return t
        if floor:
            subset = posts_held(num, val, state.used, t, lead, escort, escorts)
            if not met(num, level(num, t), subset):
                if not anyone:
                    return t
                given = count if flies and t < last else NONE
                if covered(num, val, state, t, subset, u, legs, left, given) < rule(num, val, FLOOR) - SLACK:
                    return t
    for i in range(1, count - 1):
        row = spot(num, w.stop[AT, i], 1)
        if row >= 0:
            for t in range(w.stop[ON, i], w.stop[OFF, i]):
                if state.parked[row, t] + kind(num, fleet(num, u, KIND), AIRCRAFT) > spot(num, w.stop[AT, i], 2):
                    return t
    return before


@njit(cache=True, nogil=True)
def fly(
    num: Any, val: Any, state: Any, u: Any, q: Any, gap: Any, stops: Any, rides: Any, start: Any, w: Any, own: Any
) -> Any:
    """Time a prepared tour as early as everything allows: (off, on, ready, air), off NEVER where it cannot be.

    ``q`` and ``gap`` say which of the unit's tours it stands before or for; ``used`` and ``parked`` are without unit u.
    """
    k = fleet(num, u, KIND)
    air = air_minutes(num, val, k, stops, w)
    none = (NEVER, NEVER, NEVER, NEVER)
    if air > crew(num, FLIGHT):
        return none
    start = max(start, fleet(num, u, FIRST))
    for _ in range(TRIES):
        if not times(num, val, k, stops, rides, start, w):
            return none
        off, on = w.stop[OFF, 0], w.stop[ON, stops - 1]
        ready = max(on + fleet(num, u, TURN), w.stop[SINCE, stops - 1])
        if on > fleet(num, u, LAST) or on - off > crew(num, DUTY):
            return none
        for i in range(1, stops - 1):
            if w.stop[OFF, i] - w.stop[ON, i] >= crew(num, REST):
                return none
        rested = crews_keep(num, state, u, q, gap, (off, on, air))
        if rested < 0:
            return none
        if rested > 0:
            start = max(rested, off + 1)
            continue
        clash = conflict(num, val, state, u, stops, ready, w, own[0], own[1])
        if clash < 0:
            return (off, on, ready, air)
        start = max(off, clash) + 1
        if clash >= off:
            lead, escort, escorts = fleet(num, u, LEAD), fleet(num, u, ESCORT), fleet(num, u, ESCORTS)
            were = state.used[lead, clash], state.used[escort, clash]
            while start < state.used.shape[1] and (
                state.used[lead, start] >= were[0] and (not escorts or state.used[escort, start] >= were[1])
                and level(num, start) == level(num, clash)
                and fleet(num, u, ANSWERS) < 0 and num[FLIES] == 0
            ):  # fmt: skip
                start += 1
    return none


@njit(cache=True, nogil=True)
def park(num: Any, val: Any, state: Any, u: Any, stops: Any, w: Any, sign: Any) -> Any:
    """Count the aircraft of a timed tour on the spots of places that have few."""
    for i in range(1, stops - 1):
        row = spot(num, w.stop[AT, i], 1)
        if row >= 0:
            for t in range(w.stop[ON, i], w.stop[OFF, i]):
                state.parked[row, t] += sign * kind(num, fleet(num, u, KIND), AIRCRAFT)


@njit(cache=True, nogil=True)
def again(num: Any, val: Any, state: Any, u: Any, q: Any, w: Any) -> Any:
    """Make a tour of the programme in ``w`` once more, at its own time; returns its stops and limited rides."""
    stops, rides = prepare(
        num, val, fleet(num, u, KIND), fleet(num, u, BASE), state.seq[u, q], state.tour[SIZE, u, q], w
    )
    times(num, val, fleet(num, u, KIND), stops, rides, state.tour[LEAVES, u, q], w)
    return stops, rides


@njit(cache=True, nogil=True)
def lift(num: Any, val: Any, state: Any, u: Any, w: Any, sign: Any) -> Any:
    """Take a unit's tours out of the counts (sign -1), or put them back (1)."""
    parks = num[SPOTS] > 0
    for q in range(state.tours[u]):
        use(num, val, state, u, q, sign)
        if parks:
            stops, _ = again(num, val, state, u, q, w)
            park(num, val, state, u, stops, w, sign)


@njit(cache=True, nogil=True)
def set_tour(num: Any, val: Any, state: Any, u: Any, q: Any, timed: Any, stops: Any, w: Any) -> Any:
    """Write the times of a tour (and its legs, if the unit answers in flight)."""
    state.tour[LEAVES, u, q], state.tour[LANDS, u, q], state.tour[READY, u, q], state.tour[AIR, u, q] = timed
    state.tour[COUNT, u, q] = stops
    if fleet(num, u, ANSWERS) >= 0:
        fill_legs(num, val, u, stops, w, state.legs[u, q], state.left[u, q])


@njit(cache=True, nogil=True)
def open_tour(state: Any, u: Any, q: Any) -> Any:
    """Make room for a tour at number q."""
    for x in range(state.tours[u], q, -1):
        _move(state, u, x - 1, x)
    state.tours[u] += 1
    state.tour[SIZE, u, q] = 0


@njit(cache=True, nogil=True)
def close_tour(state: Any, u: Any, q: Any) -> Any:
    """Take tour q out of the list."""
    for x in range(q, state.tours[u] - 1):
        _move(state, u, x + 1, x)
    state.tours[u] -= 1


@njit(cache=True, nogil=True)
def _move(state: Any, u: Any, a: Any, b: Any) -> Any:
    state.seq[u, b, : state.tour[SIZE, u, a]] = state.seq[u, a, : state.tour[SIZE, u, a]]
    state.tour[:, u, b] = state.tour[:, u, a]
    if state.legs.shape[0] == state.tours.size and state.legs.shape[1] == state.seq.shape[1]:
        state.legs[u, b] = state.legs[u, a]
        state.left[u, b] = state.left[u, a]


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
def narrow(seq: Any, n: Any, r: Any) -> Any:
    """Take request r out of a tour's visits in place; returns how many are left."""
    x = 0
    for v in range(n):
        if seq[v] >> 1 != r:
            seq[x] = seq[v]
            x += 1
    return x


@njit(cache=True, nogil=True)
def could(num: Any, val: Any, state: Any, u: Any, r: Any, start: Any, end: Any) -> Any:
    """Whether unit u could fetch and bring request r in a tour that leaves from ``start`` on and is over by ``end``.

    Necessary, not sufficient: the ways are flown direct.
    """
    k, base = fleet(num, u, KIND), fleet(num, u, BASE)
    a, b, ground = ask(num, r, ORIGIN), ask(num, r, DESTINATION), kind(num, k, GROUND)
    there = start + leg(num, k, base, a) + (ground if a != base else 0)
    off = max(there, ask(num, r, EARLIEST) + ground)
    if off > ask(num, r, PICKUP_BY) + ground or off + leg(num, k, a, b) > ask(num, r, LATEST):
        return False
    back = off + leg(num, k, a, b) + (ground + leg(num, k, b, base) if b != base else 0)
    return back + fleet(num, u, TURN) <= end


@njit(cache=True, nogil=True)
def detour(num: Any, u: Any, r: Any, spots: Any, n: Any, i: Any, j: Any) -> Any:
    """Minutes in the air that a tour gains, flown direct, by picking r up before visit i and setting it down before j.

    ``spots`` are the places of the tour's n visits between two stays at base.
    """
    k = fleet(num, u, KIND)
    a, b = ask(num, r, ORIGIN), ask(num, r, DESTINATION)
    before, after = spots[i], spots[i + 1]
    if i == j:
        gain = leg(num, k, before, a) + leg(num, k, a, b) + leg(num, k, b, after)
        return gain - leg(num, k, before, after)
    gain = leg(num, k, before, a) + leg(num, k, a, after) - leg(num, k, before, after)
    before, after = spots[j], spots[j + 1]
    return gain + leg(num, k, before, b) + leg(num, k, b, after) - leg(num, k, before, after)


@njit(cache=True, nogil=True)
def best_place(num: Any, val: Any, state: Any, r: Any, u: Any, most: Any, w: Any, own: Any) -> Any:
    """Where unit u takes request r at least cost below ``most``: (cost, tour, gap, i, j); gap 0 is a tour of its own.

    The unit's counts are taken out already. No later tour of the unit is moved, none that is frozen is touched.
    """
    k, base = fleet(num, u, KIND), fleet(num, u, BASE)
    found = (most, -1, 0, 0, 0)
    a, b = ask(num, r, ORIGIN), ask(num, r, DESTINATION)
    if room(num, val, k, a) < 0 or room(num, val, k, b) < 0:
        return found
    if ask(num, r, PAX) > kind(num, k, SEATS) or ask(num, r, SICK) > kind(num, k, LITTERS):
        return found
    price, trial, spots = kind_of(num, val, k, PRICE), own[2], own[3]
    for either in range(2):
        gap = 1 - either
        for q in range(fleet(num, u, FROZEN), state.tours[u] + 1 - gap):
            n = state.tour[SIZE, u, q] if gap else 0
            if n + 2 > trial.size or state.tours[u] + 1 - gap > state.seq.shape[1] - 1:
                continue
            start = max(state.tour[READY, u, q - 1] if q else 0, fleet(num, u, FIRST))
            nexts = q + gap
            end = state.tour[LEAVES, u, nexts] if nexts < state.tours[u] else NEVER
            if not could(num, val, state, u, r, start, end):
                continue
            old = state.tour[AIR, u, q] if gap else 0
            spots[0], spots[n + 1] = base, base
            for v in range(n):
                s = state.seq[u, q, v] >> 1
                spots[v + 1] = ask(num, s, DESTINATION) if state.seq[u, q, v] & 1 else ask(num, s, ORIGIN)
            for i in range(n + 1):
                if i > 0 and a == base:
                    break
                for j in range(i, n + 1):
                    if (j < n and b == base) or detour(num, u, r, spots, n, i, j) * price >= found[0]:
                        continue
                    size = widen(state.seq[u, q], n, r, i, j, trial)
                    stops, rides = prepare(num, val, k, base, trial, size, w)
                    if stops == 0:
                        continue
                    cost = (air_minutes(num, val, k, stops, w) - old) * price
                    if cost >= found[0]:
                        continue
                    timed = fly(num, val, state, u, q, gap, stops, rides, start, w, own)
                    if timed[0] < NEVER and timed[2] <= end:
                        found = (cost, q, gap, i, j)
    return found


@njit(cache=True, nogil=True)
def place_tour(
    num: Any, val: Any, state: Any, u: Any, q: Any, gap: Any, seq: Any, size: Any, start: Any, w: Any, own: Any
) -> Any:
    """Fly the visits ``seq`` as the unit's tour q (``gap`` 1: instead of it, 0: before it) at or after ``start``.

    False, and nothing changed, where it cannot be, or not before the tour that follows. The unit's counts are out.
    """
    stops, rides = prepare(num, val, fleet(num, u, KIND), fleet(num, u, BASE), seq, size, w)
    if stops == 0 or state.tours[u] + 1 - gap > state.seq.shape[1] - 1:
        return False
    timed = fly(num, val, state, u, q, gap, stops, rides, start, w, own)
    nexts = q + gap
    if timed[0] >= NEVER or (nexts < state.tours[u] and timed[2] > state.tour[LEAVES, u, nexts]):
        return False
    if not gap:
        open_tour(state, u, q)
    state.seq[u, q, :size] = seq[:size]
    state.tour[SIZE, u, q] = size
    set_tour(num, val, state, u, q, timed, stops, w)
    for v in range(size):
        state.unit[seq[v] >> 1] = u
    return True


@njit(cache=True, nogil=True)
def fly_tour(num: Any, val: Any, state: Any, u: Any, q: Any, seq: Any, start: Any, w: Any, own: Any) -> Any:
    """Add a tour of these visits as the unit's tour q, at or after ``start``; whether it can be flown."""
    lift(num, val, state, u, w, OUT)
    done = place_tour(num, val, state, u, q, NONE, seq, np.int64(seq.size), start, w, own)
    touch(state, u, own)
    lift(num, val, state, u, w, BACK)
    return done


@njit(cache=True, nogil=True)
def touch(state: Any, u: Any, own: Any) -> Any:
    """Number the new state of a unit, and of the world."""
    own[4][0] += 1
    state.stamp[u] = own[4][0]
    state.stamp[state.tours.size] = own[4][0]


@njit(cache=True, nogil=True)
def put(num: Any, val: Any, state: Any, r: Any, u: Any, q: Any, gap: Any, i: Any, j: Any, w: Any, own: Any) -> Any:
    """Give request r to unit u where :func:`best_place` found room; False (and nothing changed) if it cannot be."""
    n = state.tour[SIZE, u, q] if gap else 0
    size = widen(state.seq[u, q], n, r, i, j, own[2])
    start = state.tour[READY, u, q - 1] if q else 0
    lift(num, val, state, u, w, OUT)
    done = place_tour(num, val, state, u, q, gap, own[2], size, start, w, own)
    if done:
        touch(state, u, own)
    lift(num, val, state, u, w, BACK)
    return done


@njit(cache=True, nogil=True)
def take(num: Any, val: Any, state: Any, r: Any, w: Any, own: Any) -> Any:
    """Take request r out; its tour flies as early as it may without it, or is given up if it cannot fly so."""
    u = state.unit[r]
    if u < 0:
        return
    lift(num, val, state, u, w, OUT)
    state.unit[r] = -1
    for q in range(state.tours[u]):
        n = state.tour[SIZE, u, q]
        left = narrow(state.seq[u, q], n, r)
        if left == n:
            continue
        state.tour[SIZE, u, q] = left
        start = state.tour[READY, u, q - 1] if q else 0
        own[2][:left] = state.seq[u, q, :left]
        if left == 0 or not place_tour(num, val, state, u, q, ONE, own[2], left, start, w, own):
            for v in range(left):
                state.unit[state.seq[u, q, v] >> 1] = -1
            close_tour(state, u, q)
        break
    touch(state, u, own)
    lift(num, val, state, u, w, BACK)


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


@njit(cache=True, nogil=True)
def insert(num: Any, val: Any, state: Any, r: Any, noise: Any, seed: Any, memo: Any, w: Any, own: Any) -> Any:
    """Give request r to the unit that takes it at least cost, passing over a unit now and then; False if none can.

    ``memo`` = (cost (Q, U), where (Q, U, 6): tour, gap, i, j, state of the unit and of the world when it was reckoned).
    What was found is tried again while the unit is as it was; that none was found holds while the world is as it was.
    """
    cost, where = memo
    world = num[UNITS]
    for _ in range(3):
        best = 1e18
        unit: Any = NOBODY
        for u in range(num[UNITS]):
            if like_another(num, state, u) or draw(seed) < noise:
                continue
            known = where[r, u, 4] == state.stamp[u] and (where[r, u, 0] >= 0 or where[r, u, 5] == state.stamp[world])
            if not known:
                lift(num, val, state, u, w, OUT)
                found = best_place(num, val, state, r, u, 1e18, w, own)
                lift(num, val, state, u, w, BACK)
                cost[r, u], where[r, u, 0], where[r, u, 1] = found[0], found[1], found[2]
                where[r, u, 2], where[r, u, 3] = found[3], found[4]
                where[r, u, 4], where[r, u, 5] = state.stamp[u], state.stamp[world]
            if where[r, u, 0] >= 0 and cost[r, u] < best:
                best, unit = cost[r, u], u
        if unit < 0:
            return False
        at = where[r, unit]
        if put(num, val, state, r, unit, at[0], at[1], at[2], at[3], w, own):
            return True
        where[r, unit, 4] = -1
    return False


@njit(cache=True, nogil=True)
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
def copy(a: Any, b: Any) -> Any:
    """Write programme a over programme b."""
    b.tours[:], b.unit[:], b.used[:], b.parked[:] = a.tours, a.unit, a.used, a.parked
    for u in range(a.tours.size):
        for q in range(a.tours[u]):
            b.seq[u, q, : a.tour[SIZE, u, q]] = a.seq[u, q, : a.tour[SIZE, u, q]]
            if a.legs.shape[0] == a.tours.size and a.legs.shape[1] == a.seq.shape[1]:
                b.legs[u, q, : a.tour[COUNT, u, q]] = a.legs[u, q, : a.tour[COUNT, u, q]]
                b.left[u, q, : a.tour[COUNT, u, q]] = a.left[u, q, : a.tour[COUNT, u, q]]
    b.tour[:] = a.tour
    b.stamp[:] = a.stamp


@njit(cache=True, nogil=True)
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
            taken += take_tour(num, val, state, s, fixed, w, own)
        else:
            take(num, val, state, s, w, own)
            taken += 1
        if taken >= many:
            return


@njit(cache=True, nogil=True)
def take_tour(num: Any, val: Any, state: Any, r: Any, fixed: Any, w: Any, own: Any) -> Any:
    """Take out the tour that carries request r, as a whole; returns how many requests, 0 if one of them is fixed."""
    u = state.unit[r]
    for q in range(state.tours[u]):
        inside, free = False, True
        for v in range(state.tour[SIZE, u, q]):
            inside = inside or state.seq[u, q, v] >> 1 == r
            free = free and not fixed[state.seq[u, q, v] >> 1]
        if not inside:
            continue
        if not free:
            return 0
        lift(num, val, state, u, w, OUT)
        taken = state.tour[SIZE, u, q] // 2
        for v in range(state.tour[SIZE, u, q]):
            state.unit[state.seq[u, q, v] >> 1] = -1
        close_tour(state, u, q)
        touch(state, u, own)
        lift(num, val, state, u, w, BACK)
        return taken
    return 0


@njit(cache=True, nogil=True)
def recreate(num: Any, val: Any, state: Any, barred: Any, noise: Any, seed: Any, memo: Any, w: Any, own: Any) -> Any:
    """Give the absent requests to units, one by one, in one of several orders drawn by chance."""
    total = num[ASKS]
    key = np.empty(total)
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
    for r in np.argsort(key):
        if state.unit[r] < 0 and not barred[r]:
            insert(num, val, state, r, noise, seed, memo, w, own)


@njit(cache=True, nogil=True)
def search(
    num: Any, val: Any, states: Any, near: Any, masks: Any, plan: Any, seed: Any, memo: Any, w: Any, own: Any
) -> Any:
    """Ruin and recreate with annealing over ``states`` = (best, here, trial), in place.

    ``plan`` = (rounds, heat at the start, at the end, shares of the whole search from which to which this part goes).
    ``masks``: requests never to be tried (Q,), requests never to be taken out (Q,), promises and their worth (see
    :func:`worth`). Returns (worth, cost) of the best.
    """
    best, here, trial = states
    barred, fixed, promise, bonus = masks
    value, cost = worth(num, val, here, promise, bonus)
    top_value, top_cost = worth(num, val, best, promise, bonus)
    most = min(12.0, max(3.0, 0.2 * num[ASKS]))
    rounds = int(plan[0])
    for x in range(rounds):
        done = plan[3] + (plan[4] - plan[3]) * x / rounds
        heat = plan[1] * (plan[2] / plan[1]) ** done
        copy(here, trial)
        ruin(num, val, trial, near, most, fixed, seed, w, own)
        recreate(num, val, trial, barred, 0.03, seed, memo, w, own)
        new_value, new_cost = worth(num, val, trial, promise, bonus)
        if accepts(new_cost - new_value, cost - value, heat, seed):
            copy(trial, here)
            value, cost = new_value, new_cost
            if value > top_value + SLACK or (value > top_value - SLACK and cost < top_cost - SLACK):
                copy(here, best)
                top_value, top_cost = value, cost
    return top_value, top_cost


@njit(cache=True, nogil=True)
def cover_by_minute(num: Any, val: Any, state: Any) -> Any:
    """Share covered at each minute (M,) of a programme."""
    found = np.zeros(num[MINUTES])
    none, left = np.zeros((1, 6), np.int64), np.zeros(1)
    for t in range(found.size):
        subset = posts_held(num, val, state.used, t, NOBODY, NOBODY, NONE)
        found[t] = covered(num, val, state, t, subset, NOBODY, none, left, NONE)
    return found
