"""The best choice among routes that were seen: set partitioning, solved by HiGHS.

Each request is on one chosen route or left out at its price; no group of like units flies more routes than it has
units. The linear relaxation gives a bound, and a route whose reduced cost alone lifts it past what is known cannot be
part of anything better: few are left for the integer programme.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from castor.cover.program import Program
from castor.tasking.search.pool.kernel import Pool
from castor.tasking.search.route.kernel import ALIKE, PENALTY, Data

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Route = tuple[int, NDArray[np.int32]]

COLUMNS = 20_000
"""Routes given to the relaxation, the cheapest for what they carry first."""
KEPT = 4_000
"""Routes given to the integer programme."""
NODES = 200
"""Nodes of its search: the clock may not decide where only iterations are counted."""


class Seen:
    """Routes that were seen: hash of requests and group of units, cost, unit, and stops of each."""

    def __init__(self, name: NDArray[np.uint64], cost: Floats, unit: Ints, stops: list[NDArray[np.int32]]) -> None:
        self.name, self.cost, self.unit, self.stops = name, cost, unit, stops
        self.length = np.array([piece.size // 2 for piece in stops], np.int64)

    def take(self, chosen: Ints) -> Seen:
        """Some of them."""
        return Seen(self.name[chosen], self.cost[chosen], self.unit[chosen], [self.stops[r] for r in chosen])

    def requests(self, routes: Ints) -> tuple[Ints, Ints]:
        """(routes + 1,) where the requests of each route begin, and the requests."""
        parts = [self.stops[r] for r in routes]
        start = np.concatenate(([0], np.cumsum(self.length[routes])))
        flat = np.concatenate(parts) if parts else np.zeros(0, np.int32)
        return start, (flat[flat % 2 == 0] // 2).astype(np.int64)


def gather(pools: Sequence[Pool], older: Seen | None) -> Seen:
    """The routes of several pools and of ``older``, each set of requests once for each group of units, at its least
    cost. The pools are emptied."""
    names, costs, units, stops = [], [], [], []
    for pool in pools:
        n = int(pool.tally[0])
        names.append(pool.name[:n].copy())
        costs.append(pool.cost[:n].copy())
        units.append(pool.unit[:n].copy())
        whole = pool.stop[: pool.tally[1]].copy()
        stops += np.split(whole, pool.start[1:n]) if n else []
        pool.tally[:] = 0
        pool.slot[:] = -1
    if older is not None:
        names.append(older.name)
        costs.append(older.cost)
        units.append(older.unit)
        stops += older.stops
    name, cost = np.concatenate(names), np.concatenate(costs)
    order = np.lexsort((cost, name))
    first = np.ones(order.size, np.bool_)
    first[1:] = name[order][1:] != name[order][:-1]
    return Seen(name, cost, np.concatenate(units), stops).take(np.sort(order[first]))


def pack(data: Data, seen: Seen, most: int, known: float, seconds: float) -> tuple[list[Route] | None, Seen]:
    """Unit and stops of routes, ``most`` at most, that cost less than ``known`` together, None if none were found; and
    the routes that are worth keeping for the next time."""
    if seen.cost.size == 0:
        return None, seen
    seen = seen.take(_promising(data, seen))
    model = _Model(data, seen, np.arange(seen.cost.size), most)
    relaxed = model.program.relaxed(seconds)
    if relaxed is None:
        return None, seen
    reduced, bound = model.reduced(relaxed[1])
    spare = known - bound
    order = np.argsort(reduced, kind="stable")
    store = seen.take(np.sort(order[: COLUMNS // 2]))
    good = np.sort(order[:KEPT][reduced[order[:KEPT]] <= spare])
    if spare <= 1e-7 * abs(known) or good.size == 0:
        return None, store
    answer = _Model(data, seen, good, most).program.solve(seconds, gap=1e-9, nodes=NODES)
    if answer.x is None or answer.objective >= known - 1e-7 * abs(known):
        return None, store
    return _units(data, seen, good[answer.x[: good.size] > 0.5]), store


def _promising(data: Data, seen: Seen) -> Ints:
    """At most COLUMNS routes: those whose cost is least for the requests they hold."""
    if seen.cost.size <= COLUMNS:
        return np.arange(seen.cost.size)
    start, requests = seen.requests(np.arange(seen.cost.size))
    share = seen.cost / seen.length
    least = np.full(data.serve.shape[1], np.inf)
    np.minimum.at(least, requests, np.repeat(share, seen.length))
    worth = np.add.reduceat(least[requests], start[:-1])
    return np.sort(np.argsort(seen.cost / np.maximum(worth, 1e-9), kind="stable")[:COLUMNS])


class _Model:
    def __init__(self, data: Data, seen: Seen, routes: Ints, most: int) -> None:
        self.data, self.cost, self.group = data, seen.cost[routes], data.kind[seen.unit[routes], ALIKE]
        self.start, self.request = seen.requests(routes)
        self.most = most
        n, requests = routes.size, data.serve.shape[1]
        program = self.program = Program(maximise=False)
        program.columns(n, self.cost, integer=True)
        program.columns(requests, data.request[:, PENALTY])
        self.room = np.bincount(data.kind[:, ALIKE])
        by_request = np.argsort(self.request, kind="stable")
        owner = np.repeat(np.arange(n), np.diff(self.start))[by_request]
        ends = np.searchsorted(self.request[by_request], np.arange(requests + 1))
        index = np.insert(owner, ends[1:], n + np.arange(requests))
        program.rows(1.0, 1.0, ends + np.arange(requests + 1), index, 1.0)
        by_group = np.argsort(self.group, kind="stable")
        ends = np.searchsorted(self.group[by_group], np.arange(self.room.size + 1))
        program.rows(0.0, self.room, ends, by_group, 1.0)
        program.row(0.0, most, np.arange(n))

    def reduced(self, dual: Floats) -> tuple[Floats, float]:
        """Reduced cost of each route, and a bound for every choice among them, from any dual values."""
        requests = self.data.serve.shape[1]
        price = dual[:requests]
        rent = np.minimum(0.0, dual[requests : requests + self.room.size])
        toll = min(0.0, float(dual[-1]))
        worth = np.add.reduceat(price[self.request], self.start[:-1])
        reduced = self.cost - worth - rent[self.group] - toll
        bound = price.sum() + (self.room * rent).sum() + self.most * toll
        bound += np.minimum(0.0, reduced).sum() + np.minimum(0.0, self.data.request[:, PENALTY] - price).sum()
        return reduced, float(bound)


def _units(data: Data, seen: Seen, picked: Ints) -> list[Route]:
    """A unit of its group for each chosen route."""
    free = {int(g): list(np.flatnonzero(data.kind[:, ALIKE] == g)) for g in np.unique(data.kind[:, ALIKE])}
    return [(int(free[int(data.kind[seen.unit[r], ALIKE])].pop(0)), seen.stops[r]) for r in picked]
