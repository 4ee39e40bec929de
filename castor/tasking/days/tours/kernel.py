"""Tours of a programme, compiled: crews, pools of airframes, parking, and when a tour can be flown beside all others.

A programme notes at which minutes one more formation may be away (``barred``), where nobody answers calls on tour:
a tour is then looked up against its own minutes, apart from those of the tour that it replaces.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import njit
from castor.tasking.days.away.kernel import (
    AIR,
    CHOSEN,
    COUNT,
    LANDS,
    LEAVES,
    NIGHT,
    NOBODY,
    NONE,
    POST,
    READY,
    RESTS,
    SIZE,
    SLACK,
    UNTIL,
    WAITS,
    bar,
    calm,
    covered,
    may_go,
    posts_held,
    sound,
)
from castor.tasking.packed.kernel import (
    AIRCRAFT,
    ANSWERS,
    BASE,
    CREWS,
    DUTY,
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
    LEAD,
    NIGHTS,
    REFUEL,
    REST,
    SPOTS,
    TURN,
    crew,
    fleet,
    full,
    have,
    kind,
    level,
    met,
    rule,
    spot,
    station,
)  # fmt: skip
from castor.tasking.tour.kernel import AT, NEVER, NOW, OFF, ON, SINCE, air_minutes, prepare, tanks_left
from castor.tasking.tour.rests.kernel import BEGUN, keep_begun, timed

TRIES = 24
OUT, BACK, AFTER = np.int64(-1), np.int64(1), np.int64(0)
"""Out of the counts, back into them; a tour of its own (gap). Typed as any whole number is."""
TRIAL, PLACE, SOON, LATE, PAX_IN, SICK_IN, BEGAN, ENDED, FLOWN, CHANGES = range(10)
"""Rows of ``own.lines``: visits of a trial; of each visit place, soonest take-off after it, latest landing, passengers
and litters on board after it; of each crew when its duty began, when its last tour ended, minutes flown; and (last
stamp, first and last minute of what has changed)."""


@njit(cache=True, nogil=True)
def give(num: Any, off: Any, on: Any, air: Any, own: Any) -> Any:
    """Give what is flown between two minutes to the crew longest on duty that can still fly it, else to a rested one.

    0 if one can, else a minute from which a crew would be rested, -1 if rest alone is not what is missing.
    """
    many, duty, rest, flight = crew(num, CREWS), crew(num, DUTY), crew(num, REST), crew(num, FLIGHT)
    began, ended, flown = own.lines[BEGAN], own.lines[ENDED], own.lines[FLOWN]
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
        return soonest if rested < 0 and soonest < NEVER else -1
    return 0


@njit(cache=True, nogil=True)
def crews_keep(num: Any, state: Any, u: Any, q: Any, gap: Any, trial: Any, nights: Any, own: Any) -> Any:
    """Whether a unit's crews can fly its tours with ``trial`` (off, on, air, rests) in place of tour q (``gap`` 0:
    before it, 1: instead of it): 0 if so, a minute from which a crew would be rested if the trial breaks a rule, -1 if
    another does.

    ``nights`` (3, R) are the trial's rests away from base: landings, take-offs, minutes in the air before. What follows
    one is a duty of its own: the crew that is away has rested, and whoever stayed behind too.
    """
    began, ended, flown = own.lines[BEGAN], own.lines[ENDED], own.lines[FLOWN]
    for c in range(crew(num, CREWS)):
        began[c], ended[c], flown[c] = -1, 0, 0
    for x in range(state.tours[u] + 1 - gap):
        y = x if x < q else x - 1 + gap
        off, on, air, rests = trial
        if x != q:
            off, on, air = state.tour[LEAVES, u, y], state.tour[LANDS, u, y], state.tour[AIR, u, y]
            rests = state.tour[RESTS, u, y] if state.tour.shape[0] > RESTS else AFTER
        for z in range(rests):
            landed, left, before = nights[0, z], nights[1, z], nights[2, z]
            if x != q:
                row = NIGHT + 3 * z
                landed, left, before = state.tour[row, u, y], state.tour[row + 1, u, y], state.tour[row + 2, u, y]
            found = give(num, off, landed, before, own)
            if found != 0:
                return found if x == q else -1
            off, air = left, air - before
        found = give(num, off, on, air, own)
        if found != 0:
            return found if x == q else -1
    return 0


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
    """Write the legs of a timed tour, and what the cover in flight needs of them if the unit answers calls."""
    for i in range(count - 1):
        legs[i, 0], legs[i, 1], legs[i, 2] = w.stop[OFF, i], w.stop[ON, i + 1], w.stop[AT, i + 1]
    if fleet(num, u, ANSWERS) < 0:
        return
    k = fleet(num, u, KIND)
    tanks_left(num, val, k, count, full(num, val, fleet(num, u, ANSWERS)), w)
    core, carried = 0, 0.0
    for i in range(count - 1):
        while w.core[NOW, core] < i and not (w.core[NOW, core + 1] > i):
            core += 1
        carried = w.real[0][core]
        turn = kind(num, k, GROUND) if carried > 0 else 0
        legs[i, 3], legs[i, 4] = turn, max(turn, kind(num, k, REFUEL))
        legs[i, 5] = 1 if spot(num, legs[i, 2], 0) else 0
        left[i + 1] = w.real[1, i + 1]


@njit(cache=True, nogil=True)
def clash_beside(
    num: Any, val: Any, state: Any, u: Any, q: Any, gap: Any, count: Any, ready: Any, w: Any, own: Any
) -> Any:
    """The first minute at which a timed tour may not be away, or -1; where units answer on tour, ``used`` is without u.

    At the minutes of the tour that it replaces it may: the programme is sound with it.
    """
    end, t = min(ready, state.used.shape[1]), w.stop[OFF, 0]
    if not num[FLIES]:
        since, until = (state.tour[LEAVES, u, q], state.tour[READY, u, q]) if gap else (NEVER, NEVER)
        while t < end:
            if since <= t < until:
                t = until
            elif may_go(num, val, state, t, u):
                t += 1
            else:
                return t
        return -1
    lead, escort, escorts = fleet(num, u, LEAD), fleet(num, u, ESCORT), fleet(num, u, ESCORTS)
    both = 1 + escorts if lead == escort else 1
    floor = rule(num, val, FLOOR) > 0
    flies = fleet(num, u, ANSWERS) >= 0
    if floor and flies:
        fill_legs(num, val, u, count, w, own.legs, own.left)
    last, first = w.stop[ON, count - 1], t
    for t in range(first, end):
        if state.used[lead, t] + both > have(num, lead, t):
            return t
        if escorts and state.used[escort, t] + escorts > have(num, escort, t):
            return t
        if floor:
            given = count if flies and t < last else NONE
            if t > first and t != last and calm(num, val, state, t, u, own.legs, given):
                continue
            subset = posts_held(num, val, state.used, t, lead, escort, escorts)
            if met(num, level(num, t), subset):
                continue
            if covered(num, val, state, t, subset, u, own.legs, own.left, given) < rule(num, val, FLOOR) - SLACK:
                return t
    return -1


@njit(cache=True, nogil=True)
def clash_parked(num: Any, val: Any, state: Any, u: Any, count: Any, w: Any) -> Any:
    """The first minute at which a place has no spots for a timed tour, or -1; ``parked`` is without the tour that it
    replaces.
    """
    for i in range(1, count - 1):
        row = spot(num, w.stop[AT, i], 1)
        if row >= 0:
            for t in range(w.stop[ON, i], min(w.stop[OFF, i], state.parked.shape[1])):
                if state.parked[row, t] + kind(num, fleet(num, u, KIND), AIRCRAFT) > spot(num, w.stop[AT, i], 2):
                    return t
    return -1


@njit(cache=True, nogil=True)
def begun(num: Any, state: Any, u: Any, q: Any, gap: Any) -> Any:
    """(stops, visits) of a tour in place of tour q (``gap`` 1) that are made already; (0, 0) of one that is ahead."""
    if gap and state.stamp.size > state.tours.size and q == fleet(num, u, FROZEN):
        at = state.tours.size + BEGUN * u
        return state.stamp[at], state.stamp[at + 1]
    return AFTER, AFTER


@njit(cache=True, nogil=True)
def fly(
    num: Any, val: Any, state: Any, u: Any, q: Any, gap: Any, stops: Any, rides: Any, bounds: Any, w: Any, own: Any
) -> Any:
    """Time a prepared tour as early as everything allows, in ``bounds`` (leaves at or after, ready by): (off, on,
    ready, air, rests away, stops at which these were put in), off NEVER where it cannot be.

    ``q`` and ``gap`` say which of the unit's tours it stands before or for.
    """
    k = fleet(num, u, KIND)
    air = air_minutes(num, val, k, stops, w)
    none = (NEVER, NEVER, NEVER, NEVER, -1, -1)
    if air > crew(num, FLIGHT) * (1 + crew(num, NIGHTS)):
        return none
    start = max(bounds[0], fleet(num, u, FIRST))
    made, _ = begun(num, state, u, q, gap)
    if made:
        start = state.stamp[state.tours.size + BEGUN * u + 4]
        if not keep_begun(state.stamp[state.tours.size + BEGUN * u :], made, stops, w):
            return none
    since, until = (state.tour[LEAVES, u, q], state.tour[READY, u, q]) if gap else (NEVER, NEVER)
    for _ in range(TRIES):
        rests, chosen = timed(num, val, k, stops, rides, start, w)
        if rests < 0:
            return none
        off, on = w.stop[OFF, 0], w.stop[ON, stops - 1]
        ready = max(on + fleet(num, u, TURN), w.stop[SINCE, stops - 1])
        if on > fleet(num, u, LAST) or ready > bounds[1]:
            return none
        rested = crews_keep(num, state, u, q, gap, (off, on, air, rests), w.rest, own)
        if rested < 0:
            return none
        if rested > 0:
            start = max(rested, off + 1)
            continue
        clash = clash_beside(num, val, state, u, q, gap, stops, ready, w, own)
        if clash < 0 and num[SPOTS]:
            clash = clash_parked(num, val, state, u, stops, w)
        if clash < 0:
            return (off, on, ready, air, rests, chosen)
        start = max(off, clash) + 1
        if not num[FLIES]:
            while start < state.used.shape[1] and not (since <= start < until or may_go(num, val, state, start, u)):
                start += 1
    return none


@njit(cache=True, nogil=True)
def park(num: Any, state: Any, u: Any, q: Any, sign: Any) -> Any:
    """Count the aircraft of a tour on the spots of places that have few."""
    legs = state.legs[u, q]
    for i in range(state.tour[COUNT, u, q] - 2 if num[SPOTS] else 0):
        row = spot(num, legs[i, 2], 1)
        if row >= 0:
            for t in range(legs[i, 1], min(legs[i + 1, 0], state.parked.shape[1])):
                state.parked[row, t] += sign * kind(num, fleet(num, u, KIND), AIRCRAFT)


@njit(cache=True, nogil=True)
def count_tour(num: Any, val: Any, state: Any, u: Any, q: Any, sign: Any) -> Any:
    """Put a tour into the counts (sign 1), or take it out (-1)."""
    use(num, val, state, u, q, sign)
    park(num, state, u, q, sign)


@njit(cache=True, nogil=True)
def hold(num: Any, val: Any, state: Any, u: Any, q: Any, gap: Any, sign: Any) -> Any:
    """Take out of the counts (sign -1), or put back (1), what a trial for tour q of unit u must not meet: itself.

    Where units answer on tour that is all of the unit; else the spots alone of the tour that the trial replaces.
    """
    if num[FLIES]:
        for x in range(state.tours[u]):
            count_tour(num, val, state, u, x, sign)
    elif gap:
        park(num, state, u, q, sign)


@njit(cache=True, nogil=True)
def touch(num: Any, val: Any, state: Any, u: Any, since: Any, until: Any, own: Any) -> Any:
    """Number the new state of a unit, which has changed between two minutes, and renew the notes there."""
    changes = own.lines[CHANGES]
    changes[0] += 1
    state.stamp[u] = changes[0]
    changes[1], changes[2] = min(changes[1], since), max(changes[2], min(until, state.used.shape[1]))
    bar(num, val, state, since, until)


@njit(cache=True, nogil=True)
def shift_tours(state: Any, u: Any, q: Any, by: Any) -> Any:
    """Make room for a tour at number q (``by`` 1), or take tour q out of the list (-1)."""
    total = state.tours[u]
    answers = state.legs.shape[1] == state.seq.shape[1]
    for x in range(total - q if by > 0 else total - q - 1):
        a = total - 1 - x if by > 0 else q + 1 + x
        b = a + by
        for v in range(state.tour[SIZE, u, a]):
            state.seq[u, b, v] = state.seq[u, a, v]
        for i in range(state.tour[COUNT, u, a] if answers else 0):
            state.left[u, b, i] = state.left[u, a, i]
            for y in range(state.legs.shape[3]):
                state.legs[u, b, i, y] = state.legs[u, a, i, y]
        for y in range(state.tour.shape[0]):
            state.tour[y, u, b] = state.tour[y, u, a]
    state.tours[u] = total + by


@njit(cache=True, nogil=True)
def limits(num: Any, state: Any, u: Any, q: Any, gap: Any) -> Any:
    """When a tour in place of tour q (``gap`` 1), or before it (0), may leave at the soonest and must be ready."""
    nexts = q + gap
    start = max(state.tour[READY, u, q - 1] if q else 0, fleet(num, u, FIRST))
    if begun(num, state, u, q, gap)[0]:
        start = state.stamp[state.tours.size + BEGUN * u + 4]
    return start, state.tour[LEAVES, u, nexts] if nexts < state.tours[u] else NEVER


@njit(cache=True, nogil=True)
def place_tour(
    num: Any, val: Any, state: Any, u: Any, q: Any, gap: Any, size: Any, start: Any, w: Any, own: Any
) -> Any:
    """Fly the first ``size`` visits of the trial as the unit's tour q (``gap`` 1: instead of it, 0: before it) at or
    after ``start``.

    False, and nothing changed, where it cannot be, or not before the tour that follows.
    """
    seq = own.lines[TRIAL]
    stops, rides = prepare(num, val, fleet(num, u, KIND), fleet(num, u, BASE), seq, size, w)
    if stops == 0 or state.tours[u] + 1 - gap > state.seq.shape[1] - 1:
        return False
    hold(num, val, state, u, q, gap, OUT)
    timed = fly(num, val, state, u, q, gap, stops, rides, (start, limits(num, state, u, q, gap)[1]), w, own)
    hold(num, val, state, u, q, gap, BACK)
    if timed[0] >= NEVER:
        return False
    since, until = timed[0], timed[2]
    if gap:
        since, until = min(since, state.tour[LEAVES, u, q]), max(until, state.tour[READY, u, q])
        count_tour(num, val, state, u, q, OUT)
    else:
        shift_tours(state, u, q, BACK)
    state.tour[SIZE, u, q], state.tour[COUNT, u, q], state.tour[POST, u, q] = size, stops, 0
    tour = state.tour[:, u, q]
    tour[LEAVES], tour[LANDS], tour[READY], tour[AIR] = timed[0], timed[1], timed[2], timed[3]
    if tour.size > RESTS:
        tour[RESTS], tour[CHOSEN] = timed[4], timed[5]
        for z in range(timed[4]):
            for y in range(3):
                tour[NIGHT + 3 * z + y] = w.rest[y, z]
    if state.legs.shape[1] == state.seq.shape[1]:
        fill_legs(num, val, u, stops, w, state.legs[u, q], state.left[u, q])
    count_tour(num, val, state, u, q, BACK)
    for v in range(size):
        state.seq[u, q, v] = seq[v]
        state.unit[seq[v] >> 1] = u
    touch(num, val, state, u, since, until, own)
    return True


def fly_tour(num: Any, val: Any, state: Any, u: int, q: int, seq: Any, start: int, w: Any, own: Any) -> bool:
    """Add a tour of these visits as the unit's tour q, at or after ``start``; whether it can be flown."""
    own.lines[TRIAL, : seq.size] = seq
    return bool(place_tour(num, val, state, u, q, 0, int(seq.size), start, w, own))


def fly_again(num: Any, val: Any, state: Any, u: int, q: int, seq: Any, w: Any, own: Any) -> bool:
    """Fly the unit's tour q with these visits instead of its own, as early as may be; whether it can be."""
    own.lines[TRIAL, : seq.size] = seq
    return bool(place_tour(num, val, state, u, q, 1, int(seq.size), 0, w, own))


@njit(cache=True, nogil=True)
def place_stay(num: Any, val: Any, state: Any, u: Any, q: Any, s: Any, waits: Any, until: Any, own: Any) -> Any:
    """Send a unit to alert post s as its tour q, to wait there between two minutes.

    False, and nothing changed, where its crews, the tours before and after or the floor do not allow it.
    """
    start, end = limits(num, state, u, q, AFTER)
    out, back = station(num, s, 0), station(num, s, 2)
    off, on = waits - station(num, s, 1) - out, until + back
    ready = on + fleet(num, u, TURN)
    if off < start or ready > end or on > fleet(num, u, LAST) or state.tours[u] + 1 > state.seq.shape[1] - 1:
        return False
    if until <= waits or until - off - out >= crew(num, REST) or on - off > crew(num, DUTY):
        return False
    trial = (off, on, out + back, AFTER)
    if out + back > crew(num, FLIGHT) or crews_keep(num, state, u, q, AFTER, trial, own.lines, own) != 0:
        return False
    shift_tours(state, u, q, BACK)
    tour = state.tour[:, u, q]
    tour[SIZE], tour[COUNT], tour[POST], tour[WAITS], tour[UNTIL] = 0, 0, s + 1, waits, until
    tour[LEAVES], tour[LANDS], tour[READY], tour[AIR] = off, on, ready, out + back
    if tour.size > RESTS:
        tour[RESTS] = 0
    count_tour(num, val, state, u, q, BACK)
    if first_unsound(num, val, state, off, ready, own) >= 0:
        count_tour(num, val, state, u, q, OUT)
        shift_tours(state, u, q, OUT)
        return False
    touch(num, val, state, u, off, ready, own)
    return True


@njit(cache=True, nogil=True)
def first_unsound(num: Any, val: Any, state: Any, since: Any, until: Any, own: Any) -> Any:
    """The first minute between two at which a programme has not the airframes or the cover; -1 if there is none."""
    for t in range(since, min(until, state.used.shape[1])):
        if t > since and calm(num, val, state, t, NOBODY, own.legs, NONE):
            continue
        if not sound(num, val, state, t):
            return t
    return -1


@njit(cache=True, nogil=True)
def mend(num: Any, val: Any, state: Any, since: Any, until: Any, own: Any) -> Any:
    """Give up tours between two minutes until the floor is met again without what covered from elsewhere.

    Tours with loads first, then stays; frozen ones never.
    """
    t = first_unsound(num, val, state, since, until, own)
    while t >= 0:
        unit: Any = NOBODY
        tour: Any = NOBODY
        for u in range(state.tours.size):
            for q in range(fleet(num, u, FROZEN), state.tours[u]):
                away = state.tour[LEAVES, u, q] <= t < state.tour[READY, u, q]
                if away and (unit < 0 or state.tour[POST, u, q] == 0):
                    unit, tour = u, q
        if unit < 0:
            since = t + 1
        else:
            since, until = min(since, state.tour[LEAVES, unit, tour]), max(until, state.tour[READY, unit, tour])
            drop_tour(num, val, state, unit, tour, own)
        t = first_unsound(num, val, state, since, until, own)


@njit(cache=True, nogil=True)
def drop_tour(num: Any, val: Any, state: Any, u: Any, q: Any, own: Any) -> Any:
    """Give up a tour; its requests are carried by nobody."""
    since, until = state.tour[LEAVES, u, q], state.tour[READY, u, q]
    for v in range(state.tour[SIZE, u, q]):
        state.unit[state.seq[u, q, v] >> 1] = -1
    count_tour(num, val, state, u, q, OUT)
    shift_tours(state, u, q, OUT)
    touch(num, val, state, u, since, until, own)
