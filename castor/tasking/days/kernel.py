"""Programmes of many units, compiled: crews, pools of airframes, parking and cover at every minute; insertion of a
request where it costs least; ruin and recreate.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from castor.tasking.tour.kernel import air_minutes, prepare, tanks_left, times

NEVER = 1 << 40
SLACK = 1e-9
TRIES = 24
CREWS = 8


@njit(cache=True, nogil=True)
def crews_keep(fleet: Any, state: Any, u: Any, q: Any, gap: Any, trial: Any) -> Any:
    """Whether a unit's crews can fly its tours with ``trial`` (off, on, air) in place of tour q (``gap`` 0: before it,
    1: instead of it): 0 if so, a minute from which a crew would be rested if the trial breaks a rule, -1 if another does.

    Each tour goes to the crew longest on duty that can still fly it, else to a rested one.
    """
    many, duty, rest, flight = fleet.crew[0], fleet.crew[1], fleet.crew[2], fleet.crew[3]
    began, ended, flown = np.full(CREWS, -1), np.zeros(CREWS, np.int64), np.zeros(CREWS, np.int64)
    total = state.tours[u] + 1 - gap
    for x in range(total):
        if x == q:
            off, on, air = trial[0], trial[1], trial[2]
        else:
            y = x if x < q else x - 1 + gap
            off, on, air = state.off[u, y], state.on[u, y], state.air[u, y]
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
def posts_held(watch: Any, used: Any, t: Any, lead: Any, escort: Any, escorts: Any) -> Any:
    """Subset of the posts that are held at a minute while one more lead and its escorts are away (lead -1: none more)."""
    subset = 0
    for j in range(watch.lead.size):
        a, b, more = watch.lead[j], watch.escort[j], watch.escorts[j]
        free = watch.have[a, t] - used[a, t]
        others = watch.have[b, t] - used[b, t]
        if lead >= 0:
            free -= (1 if lead == a else 0) + (escorts if escort == a else 0)
            others -= (1 if lead == b else 0) + (escorts if escort == b else 0)
        for i in range(j):
            if subset >> i & 1:
                free -= (1 if watch.lead[i] == a else 0) + (watch.escorts[i] if watch.escort[i] == a else 0)
                others -= (1 if watch.lead[i] == b else 0) + (watch.escorts[i] if watch.escort[i] == b else 0)
        if a == b:
            held = free >= 1 + more
        else:
            held = free >= 1 and others >= more
        if held:
            subset |= 1 << j
    return subset


@njit(cache=True, nogil=True)
def add_ways(watch: Any, day: Any, who: Any, place: Any, ready: Any, left: Any, words: Any) -> Any:
    """Mark the points that a unit covers that could leave a place so many minutes after the call with so many km left."""
    ready = max(ready, watch.told)
    for x in range(watch.first_way[day, who, place], watch.first_way[day, who, place + 1]):
        if watch.need[x] <= left + SLACK and ready <= watch.slack[x] + SLACK:
            c = watch.point[x]
            words[c >> 6] |= np.uint64(1) << np.uint64(c & 63)


@njit(cache=True, nogil=True)
def add_flying(watch: Any, day: Any, who: Any, legs: Any, left: Any, count: Any, t: Any, words: Any) -> Any:
    """Mark what a unit on tour at a minute covers: from where it lands next, or stands, once it has set down."""
    for i in range(count - 1):
        ends = legs[i + 1, 0] if i < count - 2 else legs[i, 1]
        if legs[i, 0] <= t < ends:
            lands, place = legs[i, 1] - t, legs[i, 2]
            add_ways(watch, day, who, place, lands + legs[i, 3], left[i + 1], words)
            if legs[i, 5]:
                add_ways(watch, day, who, place, lands + legs[i, 4], watch.full[who], words)
            return


@njit(cache=True, nogil=True)
def share(watch: Any, day: Any, words: Any) -> Any:
    """Share of the day's weight that the marked points have."""
    total = 0.0
    for z in range(words.size):
        word = words[z]
        c = z << 6
        while word:
            if word & np.uint64(1):
                total += watch.weight[day, c]
            word >>= np.uint64(1)
            c += 1
    return total


@njit(cache=True, nogil=True)
def covered(problem: Any, state: Any, t: Any, subset: Any, u: Any, legs: Any, left: Any, count: Any) -> Any:
    """Share covered at a minute by the posts held, by all who are on tour, and by unit u on the tour given."""
    watch, fleet = problem.watch, problem.fleet
    level = watch.minute[t]
    day = watch.day[level]
    words = watch.mask[level, subset].copy()
    for v in range(fleet.kind.size):
        who = fleet.answers[v]
        if who < 0:
            continue
        if v == u:
            if count > 0:
                add_flying(watch, day, who, legs, left, count, t, words)
            continue
        for q in range(state.tours[v]):
            if state.off[v, q] <= t < state.on[v, q]:
                add_flying(watch, day, who, state.legs[v, q], state.left[v, q], state.count[v, q], t, words)
    return share(watch, day, words)


@njit(cache=True, nogil=True)
def use(problem: Any, state: Any, u: Any, q: Any, sign: Any) -> Any:
    """Count a tour's airframes as away (sign 1) or as back (-1)."""
    fleet = problem.fleet
    until = min(state.ready[u, q], state.used.shape[1])
    for t in range(state.off[u, q], until):
        state.used[fleet.lead[u], t] += sign
    if fleet.escorts[u]:
        for t in range(state.off[u, q], until):
            state.used[fleet.escort[u], t] += sign * fleet.escorts[u]


@njit(cache=True, nogil=True)
def fill_legs(problem: Any, u: Any, count: Any, w: Any, legs: Any, left: Any) -> Any:
    """Write the legs of a timed tour as the cover in flight needs them."""
    kinds, k = problem.kinds, problem.fleet.kind[u]
    tanks_left(kinds, k, count, problem.watch.full[problem.fleet.answers[u]], w)
    core, carried = 0, 0.0
    for i in range(count - 1):
        while w.core[5, core] < i and not (w.core[5, core + 1] > i):
            core += 1
        carried = w.core_load[core]
        ahead = w.place[i + 1]
        turn = kinds.ground[k] if carried > 0 else 0
        legs[i, 0], legs[i, 1], legs[i, 2], legs[i, 3] = w.off[i], w.on[i + 1], ahead, turn
        legs[i, 4], legs[i, 5] = max(turn, kinds.refuel[k]), 1 if kinds.fuel[ahead] else 0
        left[i + 1] = w.km_left[i + 1]


@njit(cache=True, nogil=True)
def conflict(problem: Any, state: Any, u: Any, count: Any, ready: Any, w: Any, legs: Any, left: Any) -> Any:
    """The first minute from which a timed tour cannot be (pools, cover, parking), or -1; ``used`` is without unit u."""
    fleet, watch = problem.fleet, problem.watch
    lead, escort, escorts = fleet.lead[u], fleet.escort[u], fleet.escorts[u]
    both = 1 + escorts if lead == escort else 1
    floor = watch.floor > 0
    flies = fleet.answers[u] >= 0
    anyone = state.legs.shape[0] > 1 or flies
    if floor and flies:
        fill_legs(problem, u, count, w, legs, left)
    last, before = w.on[count - 1], -1
    for t in range(w.off[0], min(ready, state.used.shape[1])):
        if state.used[lead, t] + both > watch.have[lead, t]:
            return t
        if escorts and state.used[escort, t] + escorts > watch.have[escort, t]:
            return t
        if floor:
            subset = posts_held(watch, state.used, t, lead, escort, escorts)
            if not watch.met[watch.minute[t], subset]:
                if not anyone:
                    return t
                given = count if flies and t < last else 0
                if covered(problem, state, t, subset, u, legs, left, given) < watch.floor - SLACK:
                    return t
    for i in range(1, count - 1):
        row = watch.spots[w.place[i], 0]
        if row >= 0:
            for t in range(w.on[i], w.off[i]):
                if state.parked[row, t] + problem.kinds.aircraft[fleet.kind[u]] > watch.spots[w.place[i], 1]:
                    return t
    return before


@njit(cache=True, nogil=True)
def fly(problem: Any, state: Any, u: Any, q: Any, gap: Any, stops: Any, rides: Any, start: Any, w: Any, own: Any) -> Any:
    """Time a prepared tour as early as everything allows: (off, on, ready, air), off NEVER where it cannot be.

    ``q`` and ``gap`` say which of the unit's tours it stands before or for; ``used`` and ``parked`` are without unit u.
    """
    fleet, kinds = problem.fleet, problem.kinds
    k = fleet.kind[u]
    air = air_minutes(kinds, k, stops, w)
    none = (NEVER, NEVER, NEVER, NEVER)
    if air > fleet.crew[3]:
        return none
    start = max(start, fleet.first[u])
    for _ in range(TRIES):
        if not times(kinds, problem.asks, k, stops, rides, start, w):
            return none
        off, on = w.off[0], w.on[stops - 1]
        ready = max(on + fleet.turn[u], w.offmin[stops - 1])
        if on > fleet.last[u] or on - off > fleet.crew[1]:
            return none
        for i in range(1, stops - 1):
            if w.off[i] - w.on[i] >= fleet.crew[2]:
                return none
        rested = crews_keep(fleet, state, u, q, gap, (off, on, air))
        if rested < 0:
            return none
        if rested > 0:
            start = max(rested, off + 1)
            continue
        clash = conflict(problem, state, u, stops, ready, w, own[0], own[1])
        if clash < 0:
            return (off, on, ready, air)
        start = max(off, clash) + 1
        if clash >= off:
            lead, escort, escorts = fleet.lead[u], fleet.escort[u], fleet.escorts[u]
            level = state.used[lead, clash], state.used[escort, clash]
            while start < state.used.shape[1] and (
                state.used[lead, start] >= level[0] and (not escorts or state.used[escort, start] >= level[1])
                and problem.watch.minute[start] == problem.watch.minute[clash]
                and fleet.answers[u] < 0 and state.legs.shape[0] == 1
            ):  # fmt: skip
                start += 1
    return none


@njit(cache=True, nogil=True)
def park(problem: Any, state: Any, u: Any, stops: Any, w: Any, sign: Any) -> Any:
    """Count the aircraft of a timed tour on the spots of places that have few."""
    for i in range(1, stops - 1):
        row = problem.watch.spots[w.place[i], 0]
        if row >= 0:
            for t in range(w.on[i], w.off[i]):
                state.parked[row, t] += sign * problem.kinds.aircraft[problem.fleet.kind[u]]


@njit(cache=True, nogil=True)
def again(problem: Any, state: Any, u: Any, q: Any, w: Any) -> Any:
    """Make a tour of the programme in ``w`` once more, at its own time; returns its stops and limited rides."""
    fleet = problem.fleet
    stops, rides = prepare(
        problem.kinds, problem.asks, fleet.kind[u], fleet.base[u], state.seq[u, q], state.size[u, q], w
    )
    times(problem.kinds, problem.asks, fleet.kind[u], stops, rides, state.off[u, q], w)
    return stops, rides


@njit(cache=True, nogil=True)
def lift(problem: Any, state: Any, u: Any, w: Any, sign: Any) -> Any:
    """Take a unit's tours out of the counts (sign -1), or put them back (1)."""
    parks = problem.watch.spots[:, 0].max() >= 0
    for q in range(state.tours[u]):
        use(problem, state, u, q, sign)
        if parks:
            stops, _ = again(problem, state, u, q, w)
            park(problem, state, u, stops, w, sign)


@njit(cache=True, nogil=True)
def set_tour(problem: Any, state: Any, u: Any, q: Any, timed: Any, stops: Any, w: Any) -> Any:
    """Write the times of a tour (and its legs, if the unit answers in flight)."""
    state.off[u, q], state.on[u, q], state.ready[u, q], state.air[u, q] = timed
    state.count[u, q] = stops
    if problem.fleet.answers[u] >= 0:
        fill_legs(problem, u, stops, w, state.legs[u, q], state.left[u, q])


@njit(cache=True, nogil=True)
def open_tour(state: Any, u: Any, q: Any) -> Any:
    """Make room for a tour at number q."""
    for x in range(state.tours[u], q, -1):
        _move(state, u, x - 1, x)
    state.tours[u] += 1
    state.size[u, q] = 0


@njit(cache=True, nogil=True)
def close_tour(state: Any, u: Any, q: Any) -> Any:
    """Take tour q out of the list."""
    for x in range(q, state.tours[u] - 1):
        _move(state, u, x + 1, x)
    state.tours[u] -= 1


@njit(cache=True, nogil=True)
def _move(state: Any, u: Any, a: Any, b: Any) -> Any:
    state.seq[u, b, : state.size[u, a]] = state.seq[u, a, : state.size[u, a]]
    for rows in (state.size, state.off, state.on, state.ready, state.air, state.count):
        rows[u, b] = rows[u, a]
    if u < state.legs.shape[0] and state.legs.shape[1] == state.seq.shape[1]:
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
def best_place(problem: Any, state: Any, r: Any, u: Any, most: Any, noise: Any, seed: Any, w: Any, own: Any) -> Any:
    """Where unit u takes request r at least cost below ``most``: (cost, tour, gap, i, j); gap 0 is a tour of its own.

    The unit's counts are taken out already. No later tour of the unit is moved.
    """
    fleet, kinds, asks = problem.fleet, problem.kinds, problem.asks
    k, base = fleet.kind[u], fleet.base[u]
    found = (most, -1, 0, 0, 0)
    if not (kinds.usable[k, asks.origin[r]] and kinds.usable[k, asks.destination[r]]):
        return found
    trial = own[2]
    for gap in (1, 0):
        for q in range(state.tours[u] + 1 - gap):
            n = state.size[u, q] if gap else 0
            if n + 2 > trial.size or state.tours[u] + 1 - gap > state.seq.shape[1] - 1:
                continue
            start = state.ready[u, q - 1] if q else 0
            nexts = q + gap
            end = state.off[u, nexts] if nexts < state.tours[u] else NEVER
            if start > asks.latest[r] or end < asks.earliest[r]:
                continue
            old = state.air[u, q] if gap else 0
            for i in range(n + 1):
                if i > 0 and asks.origin[r] == base:
                    break
                for j in range(i, n + 1):
                    if j < n and asks.destination[r] == base:
                        continue
                    if noise > 0 and next_random(seed) < noise:
                        continue
                    size = widen(state.seq[u, q], n, r, i, j, trial)
                    stops, rides = prepare(kinds, asks, k, base, trial, size, w)
                    if stops == 0:
                        continue
                    cost = (air_minutes(kinds, k, stops, w) - old) * problem.price[k]
                    if cost >= found[0]:
                        continue
                    timed = fly(problem, state, u, q, gap, stops, rides, start, w, own)
                    if timed[0] < NEVER and timed[2] <= end:
                        found = (cost, q, gap, i, j)
    return found


@njit(cache=True, nogil=True)
def next_random(seed: Any) -> Any:
    """A number in [0, 1) by xorshift64*; ``seed`` (1,) moves on."""
    x = seed[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    seed[0] = x
    return np.float64((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@njit(cache=True, nogil=True)
def put(problem: Any, state: Any, r: Any, u: Any, where: Any, w: Any, own: Any) -> Any:
    """Give request r to unit u where :func:`best_place` found room; False (and nothing changed) if it cannot be."""
    fleet = problem.fleet
    _, q, gap, i, j = where
    n = state.size[u, q] if gap else 0
    trial = own[2]
    size = widen(state.seq[u, q], n, r, i, j, trial)
    lift(problem, state, u, w, -1)
    stops, rides = prepare(problem.kinds, problem.asks, fleet.kind[u], fleet.base[u], trial, size, w)
    start = state.ready[u, q - 1] if q else 0
    timed = fly(problem, state, u, q, gap, stops, rides, start, w, own)
    if timed[0] < NEVER:
        if not gap:
            open_tour(state, u, q)
        state.seq[u, q, :size] = trial[:size]
        state.size[u, q] = size
        set_tour(problem, state, u, q, timed, stops, w)
        state.unit[r] = u
    lift(problem, state, u, w, 1)
    return timed[0] < NEVER


@njit(cache=True, nogil=True)
def take(problem: Any, state: Any, r: Any, w: Any, own: Any) -> Any:
    """Take request r out; its tour flies as early as it may without it, or is given up if it cannot fly so."""
    fleet, u = problem.fleet, state.unit[r]
    if u < 0:
        return
    lift(problem, state, u, w, -1)
    state.unit[r] = -1
    for q in range(state.tours[u]):
        n = state.size[u, q]
        left = narrow(state.seq[u, q], n, r)
        if left == n:
            continue
        state.size[u, q] = left
        if left:
            stops, rides = prepare(
                problem.kinds, problem.asks, fleet.kind[u], fleet.base[u], state.seq[u, q], left, w
            )
            start = state.ready[u, q - 1] if q else 0
            timed = (NEVER, NEVER, NEVER, NEVER)
            if stops:
                timed = fly(problem, state, u, q, 1, stops, rides, start, w, own)
            later = state.off[u, q + 1] if q + 1 < state.tours[u] else NEVER
            if timed[0] < NEVER and timed[2] <= later:
                set_tour(problem, state, u, q, timed, stops, w)
                break
            for v in range(left):
                state.unit[state.seq[u, q, v] >> 1] = -1
        close_tour(state, u, q)
        break
    lift(problem, state, u, w, 1)


@njit(cache=True, nogil=True)
def insert(problem: Any, state: Any, r: Any, noise: Any, seed: Any, w: Any, own: Any) -> Any:
    """Give request r to the unit that takes it at least cost; False if none can."""
    best, unit = (1e18, -1, 0, 0, 0), -1
    for u in range(problem.fleet.kind.size):
        lift(problem, state, u, w, -1)
        found = best_place(problem, state, r, u, best[0], noise, seed, w, own)
        lift(problem, state, u, w, 1)
        if found[1] >= 0 and found[0] < best[0]:
            best, unit = found, u
    return unit >= 0 and put(problem, state, r, unit, best, w, own)


@njit(cache=True, nogil=True)
def worth(problem: Any, state: Any) -> Any:
    """(worth carried, cost of flying) of a programme."""
    value, cost = 0.0, 0.0
    for r in range(state.unit.size):
        if state.unit[r] >= 0:
            value += problem.asks.value[r]
    for u in range(problem.fleet.kind.size):
        for q in range(state.tours[u]):
            cost += state.air[u, q] * problem.price[problem.fleet.kind[u]]
    return value, cost


@njit(cache=True, nogil=True)
def copy(a: Any, b: Any) -> Any:
    """Write programme a over programme b."""
    b.tours[:], b.unit[:], b.used[:], b.parked[:] = a.tours, a.unit, a.used, a.parked
    for u in range(a.tours.size):
        for q in range(a.tours[u]):
            b.seq[u, q, : a.size[u, q]] = a.seq[u, q, : a.size[u, q]]
            if u < a.legs.shape[0] and a.legs.shape[1] == a.seq.shape[1]:
                b.legs[u, q, : a.count[u, q]] = a.legs[u, q, : a.count[u, q]]
                b.left[u, q, : a.count[u, q]] = a.left[u, q, : a.count[u, q]]
    b.size[:], b.off[:], b.on[:], b.ready[:] = a.size, a.off, a.on, a.ready
    b.air[:], b.count[:] = a.air, a.count


@njit(cache=True, nogil=True)
def ruin(problem: Any, state: Any, near: Any, most: Any, fixed: Any, seed: Any, w: Any, own: Any) -> Any:
    """Take out a request and those nearest to it (``near`` (Q, Q) in order of nearness), or tours as wholes."""
    total = state.unit.size
    r = int(next_random(seed) * total)
    many = 1 + int(next_random(seed) * most)
    whole = next_random(seed) < 0.3
    taken = 0
    for x in range(total):
        s = near[r, x]
        if state.unit[s] < 0 or fixed[s] or next_random(seed) < 0.15:
            continue
        if whole:
            taken += _take_tour(problem, state, s, fixed, w, own)
        else:
            take(problem, state, s, w, own)
            taken += 1
        if taken >= many:
            return


@njit(cache=True, nogil=True)
def _take_tour(problem: Any, state: Any, r: Any, fixed: Any, w: Any, own: Any) -> Any:
    u = state.unit[r]
    for q in range(state.tours[u]):
        inside = False
        for v in range(state.size[u, q]):
            inside = inside or state.seq[u, q, v] >> 1 == r
        if inside:
            members = state.seq[u, q, : state.size[u, q]].copy()
            taken = 0
            for v in members:
                if v & 1 == 0 and not fixed[v >> 1] and state.unit[v >> 1] >= 0:
                    take(problem, state, v >> 1, w, own)
                    taken += 1
            return taken
    return 0


@njit(cache=True, nogil=True)
def recreate(problem: Any, state: Any, barred: Any, noise: Any, seed: Any, w: Any, own: Any) -> Any:
    """Give the absent requests to units, one by one, in one of several orders drawn by chance."""
    asks = problem.asks
    total = state.unit.size
    key = np.empty(total)
    order = next_random(seed)
    for r in range(total):
        chance = next_random(seed)
        if order < 0.3:
            key[r] = -asks.value[r] * (0.7 + 0.6 * chance)
        elif order < 0.55:
            far = problem.kinds.km[asks.origin[r], asks.destination[r]]
            key[r] = -asks.value[r] / (1.0 + far) * (0.7 + 0.6 * chance)
        elif order < 0.75:
            key[r] = asks.latest[r] - asks.earliest[r] + 120.0 * chance
        elif order < 0.85:
            key[r] = asks.earliest[r] + 120.0 * chance
        else:
            key[r] = chance
    for r in np.argsort(key):
        if state.unit[r] < 0 and not barred[r]:
            insert(problem, state, r, noise, seed, w, own)


@njit(cache=True, nogil=True)
def search(problem: Any, best: Any, here: Any, trial: Any, near: Any, masks: Any, plan: Any, seed: Any, w: Any, own: Any) -> Any:
    """Ruin and recreate with annealing for ``plan`` = (first round, rounds, heat at the start, at the end, shares).

    ``masks``: requests never to be tried (Q,), requests never to be taken out (Q,). Heat falls from the share of
    progress ``plan[4]`` to ``plan[5]``. Returns (worth, cost) of the best.
    """
    barred, fixed = masks
    value, cost = worth(problem, here)
    top_value, top_cost = worth(problem, best)
    most = min(12.0, max(3.0, 0.2 * state_size(here)))
    rounds = int(plan[1])
    for x in range(rounds):
        done = plan[4] + (plan[5] - plan[4]) * x / rounds
        heat = plan[2] * (plan[3] / plan[2]) ** done
        copy(here, trial)
        ruin(problem, trial, near, most, fixed, seed, w, own)
        recreate(problem, trial, barred, 0.02, seed, w, own)
        new_value, new_cost = worth(problem, trial)
        gain = new_value - new_cost - value + cost
        if gain >= 0 or next_random(seed) < np.exp(gain / heat):
            copy(trial, here)
            value, cost = new_value, new_cost
            if value > top_value + SLACK or (value > top_value - SLACK and cost < top_cost - SLACK):
                copy(here, best)
                top_value, top_cost = value, cost
    return top_value, top_cost


@njit(cache=True, nogil=True)
def state_size(state: Any) -> Any:
    """Requests of a programme."""
    return state.unit.size
