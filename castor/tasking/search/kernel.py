"""Ruin and recreate with simulated annealing over routes of pick-ups and deliveries.

One step removes strings of stops (see :mod:`castor.tasking.search.ruin.kernel`), puts the requests back one by one at
their cheapest place (see :mod:`castor.tasking.search.route.kernel`), passing over a place now and then, and keeps or
restores. What a request costs on a route is remembered with the state of the route, and most routes are untouched by
most steps: it is not reckoned twice. Source: Christiaens and Vanden Berghe, Slack induction by string removals for
vehicle routing problems, Transportation Science 54 (2020) 417-433.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

from castor.kernel import below, draw, njit
from castor.tasking.search.pool.kernel import Pool, record
from castor.tasking.search.route.kernel import ALIKE, INNER, PENALTY, Data, Routes, Work, refresh, scan
from castor.tasking.search.ruin.kernel import accepts, arrange, strings

Array = NDArray[Any]

STAMP, FIRST, SECOND = 0, 1, 2
"""Columns of ``State.memo``: the state of the route for which the rest and ``value`` hold, and the two places; FIRST is
-1 where there are none below ``value``."""
DIRTY, SEEN = 0, 1
"""Columns of ``State.flag``: the route was touched in this step; the look in which an empty route of this group was
looked at."""
NUMBER, LOOK = 0, 1
"""``State.counter``: the last state of a route that was numbered, the last look for a place."""
NOW, BEST = 0, 1
"""``State.energy``: cost with penalties."""


class Guide(NamedTuple):
    """How a search moves: what ruin and re-insertion are led by."""

    near: Array
    """(N, M) the stops near each stop, nearest first."""
    request: Array
    """(N,) request of each stop, or -1."""
    keys: Array
    """(O, Q) orders of re-insertion."""
    share: Array
    """(O,) cumulated chances of the orders."""
    average: float
    """Stops removed by a step, in the mean."""
    longest: float
    """Stops in a string, at most."""
    blink: float
    """Chance to pass over a place."""
    many: int
    """Requests left out that a step tries again, at most."""
    rise: float
    """By which share the price of leaving out what must be served rises with every step that does so, and falls with
    every other."""
    least: float
    """The least price."""
    swap: float
    """Chance that two units exchange tails of their routes instead of losing strings."""
    heed: float
    """Chance that a step removes strings close to a request that is left out, if there is one."""
    keep: float
    """A solution within this share of the best gives its routes to the pool."""


class State(NamedTuple):
    """A search under way: its solution, the best one, and what it remembers."""

    now: Routes
    kept: Routes
    """The routes touched by a step, as they were before it."""
    best_node: Array
    """(V, W)"""
    best_size: Array
    """(V,)"""
    where: Array
    """(Q,) unit of each request, -1 for none."""
    spot: Array
    """(N,) position of each stop on its route."""
    memo: Array
    """(Q, V, 3)"""
    value: Array
    """(Q, V) cost of the best places."""
    missed: Array
    """(Q,) how often each request was left over at the end of a step (absence counters)."""
    gone: Array
    """(Q,) requests to put back in a step."""
    flag: Array
    """(V, 2)"""
    word: Array
    """(1,) the random stream."""
    counter: Array
    """(2,)"""
    energy: Array
    """(2,)"""
    ruined: Array
    """(V,) bool: routes touched by the removal of a step."""
    price: Array
    """(1,) what leaving out a request that must be served counts for now."""


@njit(**INNER)
def energy(data: Data, state: State) -> Any:
    """Cost of the present solution with the penalties of what it leaves out."""
    total = 0.0
    for v in range(state.now.size.size):
        total += state.now.cost[v]
    for q in range(state.where.size):
        if state.where[q] < 0:
            total += data.request[q, PENALTY]
    return total


@njit(**INNER)
def _copy(a: Routes, b: Routes, v: int) -> Any:
    """Copy route v of a to b."""
    n = a.size[v]
    b.size[v], b.stamp[v], b.cost[v] = n, a.stamp[v], a.cost[v]
    for x in range(n):
        b.node[v, x] = a.node[v, x]
        for c in range(a.mark.shape[2]):
            b.mark[v, x, c] = a.mark[v, x, c]


@njit(**INNER)
def _touch(state: State, v: int) -> Any:
    """Keep route v as it was before this step."""
    if state.flag[v, DIRTY] == 0:
        state.flag[v, DIRTY] = 1
        _copy(state.now, state.kept, v)


@njit(**INNER)
def _reckon(data: Data, state: State, v: int, work: Work) -> Any:
    """Reckon route v afresh after a change of its stops, and number its new state (every empty state is the same).

    Returns the change of cost and whether the route is feasible.
    """
    now = state.now
    before = now.cost[v]
    good = refresh(data, now, v, work)
    now.stamp[v] = 0
    if now.size[v] > 2:
        state.counter[NUMBER] += 1
        now.stamp[v] = state.counter[NUMBER]
    for x in range(1, now.size[v] - 1):
        state.spot[now.node[v, x]] = x
    return now.cost[v] - before, good


@njit(**INNER)
def _restore(state: State) -> Any:
    """Undo a step."""
    now, kept = state.now, state.kept
    for back in range(2):
        for v in range(now.size.size):
            if state.flag[v, DIRTY] == 1:
                if back == 1:
                    _copy(kept, now, v)
                for x in range(1, now.size[v] - 1):
                    state.where[now.node[v, x] // 2] = v if back == 1 else -1
                    state.spot[now.node[v, x]] = x


@njit(**INNER)
def _remove(data: Data, state: State, first: int, count: int, ruined: Array, work: Work) -> Any:
    """Take the requests from ``first`` to ``count`` in ``gone``, whose ``where`` is -1 already, out of their routes.

    A route may be late all the same, where the times break the triangle inequality or after an exchange of tails: then
    it loses a request drawn at random, until it is not. Returns the change of energy and the new count.
    """
    now, change = state.now, 0.0
    for v in range(now.size.size):
        if not ruined[v]:
            continue
        _touch(state, v)
        good = False
        while not good:
            to = 1
            for x in range(1, now.size[v]):
                a = now.node[v, x]
                if x == now.size[v] - 1 or state.where[a // 2] >= 0:
                    now.node[v, to] = a
                    to += 1
            now.size[v] = to
            more, good = _reckon(data, state, v, work)
            change += more
            good |= to == 2
            if not good:
                q = now.node[v, 1 + below(state.word, to - 2)] // 2
                state.where[q] = -1
                state.gone[count] = q
                count += 1
    for m in range(first, count):
        change += data.request[state.gone[m], PENALTY]
    return change, count


@njit(**INNER)
def _cut(node: Array, size: int, word: Array) -> Any:
    """A position drawn at random behind which a route has nothing on board, the start among them, the end not."""
    found, seen, aboard = 0, 1, 0
    for x in range(1, size - 2):
        aboard += 1 if node[x] % 2 == 0 else -1
        if aboard == 0:
            seen += 1
            if below(word, seen) == 0:
                found = x
    return found


@njit(**INNER)
def _exchange(data: Data, state: State, first: int, ruined: Array, work: Work) -> Any:
    """Two units exchange what they do from some moment on when nothing is on board, or all they do.

    Requests that the other unit may not serve go into ``gone`` behind the ``first``; returns the new count. Reckoning
    the two ``ruined`` routes is left to the removal.
    """
    now, count = state.now, first
    for v in range(now.size.size):
        ruined[v] = False
    v, w = below(state.word, now.size.size), below(state.word, now.size.size)
    if v == w or (now.size[v] == 2 and now.size[w] == 2):
        return count
    _touch(state, v)
    _touch(state, w)
    ruined[v] = ruined[w] = True
    i, j = _cut(now.node[v], now.size[v], state.word), _cut(now.node[w], now.size[w], state.word)
    n, m = now.size[v] - 2 - i, now.size[w] - 2 - j
    end_v, end_w = now.node[v, now.size[v] - 1], now.node[w, now.size[w] - 1]
    for x in range(n):
        work.order[x] = now.node[v, i + 1 + x]
    for x in range(m):
        now.node[v, i + 1 + x] = now.node[w, j + 1 + x]
    for x in range(n):
        now.node[w, j + 1 + x] = work.order[x]
    now.node[v, i + 1 + m], now.size[v] = end_v, i + m + 2
    now.node[w, j + 1 + n], now.size[w] = end_w, j + n + 2
    for u in (v, w):
        for x in range(1, now.size[u] - 1):
            q = now.node[u, x] // 2
            if now.node[u, x] % 2 == 0:
                state.where[q] = u
                if not data.allowed[u, q]:
                    state.where[q] = -1
                    state.gone[count] = q
                    count += 1
    return count


@njit(**INNER)
def _insert(data: Data, state: State, q: int, v: int, i: int, j: int, work: Work) -> Any:
    """Put q on route v, picked up behind position i and delivered behind position j; the change of energy."""
    now = state.now
    _touch(state, v)
    n, node = now.size[v], now.node[v]
    for x in range(n - 1, i, -1):
        node[x + 2 if x > j else x + 1] = node[x]
    node[i + 1], node[j + 2] = 2 * q, 2 * q + 1
    now.size[v] = n + 2
    state.where[q] = v
    return _reckon(data, state, v, work)[0] - data.request[q, PENALTY]


@njit(**INNER)
def _cheapest(data: Data, state: State, q: int, used: int, most: int, blink: float, work: Work) -> Any:
    """Unit and places for q, a pair of places passed over with chance ``blink``; (-1, 0, 0) if there are none.

    Of the empty units in a group one is looked at, and only while fewer than ``most`` are used. What is remembered of a
    route that has not changed since is taken from memory, in a first look; a second one scans the other routes, for
    places that cost less than what the first has found.
    """
    best, unit, first, second = data.request[q, PENALTY], -1, 0, 0
    now = state.now
    for look in range(2):
        state.counter[LOOK] += 1
        for v in range(now.size.size):
            if not data.allowed[v, q]:
                continue
            if now.size[v] == 2:
                if used >= most or state.flag[data.kind[v, ALIKE], SEEN] == state.counter[LOOK]:
                    continue
                state.flag[data.kind[v, ALIKE], SEEN] = state.counter[LOOK]
            memo = state.memo[q, v]
            value, i, j = state.value[q, v], memo[FIRST], memo[SECOND]
            known = memo[STAMP] == now.stamp[v] and (i >= 0 or value >= best)
            if known != (look == 0):
                continue
            skip_i, skip_j = -1, -1
            for again in range(2):
                if not known:
                    value, i, j = scan(data, now, q, v, best, skip_i, skip_j, work)
                    if again == 0:
                        memo[STAMP], memo[FIRST], memo[SECOND], state.value[q, v] = now.stamp[v], i, j, value
                if again == 1 or i < 0 or value >= best or draw(state.word) >= blink:
                    break
                skip_i, skip_j, known = i, j, False
            if i >= 0 and value < best:
                best, unit, first, second = value, v, i, j
    return unit, first, second


@njit(**INNER)
def _recreate(data: Data, state: State, guide: Guide, count: int, most: int, work: Work) -> Any:
    """Put back the first ``count`` requests of ``gone`` where it pays; the change of energy."""
    change, used = 0.0, 0
    for v in range(state.now.size.size):
        used += state.now.size[v] > 2
    arrange(state.gone, count, guide.keys, guide.share, state.word)
    for m in range(count):
        q = state.gone[m]
        v, i, j = _cheapest(data, state, q, used, most, guide.blink, work)
        if v >= 0:
            used += state.now.size[v] == 2
            change += _insert(data, state, q, v, i, j, work)
    return change


@njit(**INNER)
def _left_out(where: Array, gone: Array, many: int, word: Array) -> Any:
    """Fill ``gone`` with requests that are out, drawn at random if there are more than ``many``; how many."""
    n = 0
    for q in range(where.size):
        if where[q] < 0:
            gone[n] = q
            n += 1
    if n <= many:
        return n
    for m in range(many):
        a = m + below(word, n - m)
        gone[m], gone[a] = gone[a], gone[m]
    return many


@njit(**INNER)
def _absence(where: Array, missed: Array) -> Any:
    """How many requests are left over, and how often they were before."""
    left, weight = 0, 0
    for q in range(where.size):
        if where[q] < 0:
            left += 1
            weight += missed[q]
    return left, weight


@njit(**INNER)
def _missing(data: Data, state: State) -> Any:
    """How many requests that must be served are left out."""
    left = 0
    for q in range(state.where.size):
        left += state.where[q] < 0 and data.request[q, PENALTY] >= data.must
    return left


@njit(cache=True, nogil=True, _nrt=False)
def anneal(
    data: Data,
    state: State,
    guide: Guide,
    pool: Pool,
    work: Work,
    most: int,
    steps: int,
    hot: float,
    cold: float,
    fleet: bool,
) -> Any:
    """Make ``steps`` steps while the heat falls from ``hot`` to ``cold``; returns the steps made.

    At most ``most`` units are used. With ``fleet`` the aim is to place every request: what counts is first how often
    the requests left over were left over before (the sum of absence counters), and the search stops when none is.
    Without it a request that must be served may be left out on the way, at a price that moves with how often that is.
    """  # fmt: skip
    now, heat = state.now, hot
    cooling = (cold / hot) ** (1.0 / max(1, steps))
    ruined = state.ruined
    missing, missed = _absence(state.where, state.missed)
    if not fleet:
        missing = _missing(data, state)
    for step in range(steps):
        heat *= cooling
        for v in range(now.size.size):
            state.flag[v, DIRTY] = 0
        first = _left_out(state.where, state.gone, guide.many, state.word)
        if guide.swap > 0.0 and draw(state.word) < guide.swap:
            count = _exchange(data, state, first, ruined, work)
        else:
            begin = -1
            if first > 0 and draw(state.word) < guide.heed:
                begin = 2 * state.gone[below(state.word, first)] + below(state.word, 2)
            count = first + strings(
                begin, now.node, now.size, state.where, state.spot, guide.request, guide.near, guide.average,
                guide.longest, state.gone[first:], ruined, state.word,
            )  # fmt: skip
        change, count = _remove(data, state, first, count, ruined, work)
        new = state.energy[NOW] + change + _recreate(data, state, guide, count, most, work)
        if fleet:
            left, weight = _absence(state.where, state.missed)
            good = left < missing or weight < missed
            good |= weight == missed and accepts(new, state.energy[NOW], heat, state.word)
            for q in range(state.where.size):
                state.missed[q] += state.where[q] < 0
        else:
            left, old = _missing(data, state), state.energy[NOW]
            if left != missing:
                old += (left - missing) * (data.must - state.price[0])
            good = accepts(new, old, heat, state.word)
            missing = left if good else missing
            price = state.price[0] * (1.0 + guide.rise if missing > 0 else 1.0 - guide.rise)
            state.price[0] = min(data.must, max(guide.least, price))
        if not good:
            _restore(state)
        else:
            state.energy[NOW] = new
        if fleet:
            missing, missed = _absence(state.where, state.missed)
            if missing == 0:
                return step + 1
        if not good:
            continue
        if not fleet and new < state.energy[BEST] - 1e-9 * abs(new):
            keep_best(data, state)
        if new <= state.energy[BEST] + guide.keep * abs(state.energy[BEST]):
            for v in range(ruined.size):
                if state.flag[v, DIRTY] == 1:
                    record(data, now, v, pool)
    return steps


@njit(cache=True, nogil=True, _nrt=False)
def keep_best(data: Data, state: State) -> Any:
    """The present solution becomes the best; its energy is summed afresh, so that rounding does not add up."""
    state.energy[NOW] = state.energy[BEST] = energy(data, state)
    for v in range(state.now.size.size):
        state.best_size[v] = state.now.size[v]
        for x in range(state.now.size[v]):
            state.best_node[v, x] = state.now.node[v, x]
