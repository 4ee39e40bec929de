"""How a problem of pick-ups and deliveries is laid out for the kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from castor.tasking.search.kernel import Guide, State
from castor.tasking.search.pool.kernel import Pool
from castor.tasking.search.route.kernel import (
    ABOARD,
    ALIKE,
    COST,
    COST_TO,
    EXACT,
    LOAD,
    PROFILE,
    TIME,
    Data,
    Routes,
    Work,
    quickest_direct,
)

if TYPE_CHECKING:
    from castor.tasking.routing import Routing

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ORDERS = (4, 4, 2, 1, 2, 2, 2)
"""Weights of the orders of re-insertion: random, heaviest, farthest, nearest, narrowest window, first, last."""
WAIT, LATE = 0.2, 1.0
"""Weight of a minute of waiting and of lateness between two stops, against a minute of the way."""
LEAST = 3.0
"""The least price of leaving out what must be served, in mean ways between two stops."""
POOL = 100_000
"""Routes that are remembered."""


def lay_out(problem: Routing, penalty: Floats) -> Data:
    """The arrays of a problem; ``penalty`` (Q,) is what leaving a request out costs."""
    requests = problem.pickup.size
    time, cost = _with_anywhere(problem.time), _with_anywhere(problem.cost)
    anywhere = time.shape[1] - 1
    profiles = len(time)
    end = np.where(problem.unit_end < 0, anywhere, problem.unit_end)
    place = np.concatenate((_pairs(problem.pickup, problem.delivery), _pairs(problem.unit_start, end)))
    window = np.concatenate(
        (
            np.stack((problem.pickup_window, problem.delivery_window), 1).reshape(-1, 2),
            np.repeat(problem.unit_window, 2, axis=0),
        )
    )
    stay = np.zeros((profiles, place.size))
    stay[:, 0 : 2 * requests : 2] = problem.pickup_stay
    stay[:, 1 : 2 * requests : 2] = problem.delivery_stay
    triangle = bool(quickest_direct(time))
    opens, closes = window[:, 0].copy(), window[:, 1].copy()
    _narrow(opens, closes, stay, time, place, problem.ride, triangle)
    fits = (problem.load[None] <= problem.capacity[:, None] + EXACT).all(axis=2)
    way = np.stack((time, cost, time.transpose(0, 2, 1), cost.transpose(0, 2, 1)))
    profile = problem.profile.astype(np.int64)
    required = np.isinf(problem.prize)
    data = Data(
        place=place.astype(np.int64), window=np.stack((opens, closes), 1), stay=stay, way=np.ascontiguousarray(way),
        serve=problem.serve_cost, request=np.column_stack((penalty, problem.ride, problem.load)),
        unit=np.column_stack((problem.fixed, problem.duration, problem.capacity)),
        kind=np.stack((profile, np.zeros_like(profile)), 1), allowed=np.ascontiguousarray(problem.allowed & fits),
        triangle=triangle, timed=bool(np.isfinite(problem.ride).any() or np.isfinite(problem.duration).any()),
        must=float(penalty[required][0]) if required.any() else np.inf,
    )  # fmt: skip
    data.kind[:, ALIKE] = _alike(data, problem)
    return data


def _pairs(a: Ints, b: Ints) -> Ints:
    return np.stack((a, b), 1).reshape(-1)


def _with_anywhere(table: Floats) -> Floats:
    """One location more, to which nothing is any way: where a route ends that may end anywhere."""
    wide = np.zeros((len(table), table.shape[1] + 1, table.shape[2] + 1))
    wide[:, :-1, :-1] = table
    wide[:, -1, :-1] = np.inf
    return wide


def _narrow(
    opens: Floats, closes: Floats, stay: Floats, time: Floats, place: Ints, ride: Floats, triangle: bool
) -> None:
    """Windows of pairs tightened by each other: a ride time binds both ends, the direct way too if none is quicker."""
    p = np.arange(0, 2 * ride.size, 2)
    longest, shortest = stay[:, p].max(axis=0), stay[:, p].min(axis=0)
    opens[p] = np.maximum(opens[p], opens[p + 1] - ride - longest)
    closes[p + 1] = np.minimum(closes[p + 1], closes[p] + ride + longest)
    if triangle:
        way = shortest + time[:, place[p], place[p + 1]].min(axis=0)
        opens[p + 1] = np.maximum(opens[p + 1], opens[p] + way)
        closes[p] = np.minimum(closes[p], closes[p + 1] - way)


def _alike(data: Data, problem: Routing) -> Ints:
    """Number the groups of units that differ in nothing."""
    table = np.column_stack(
        (problem.unit_start, problem.unit_end, problem.unit_window, data.kind[:, PROFILE], data.unit, data.allowed)
    )
    return np.unique(table, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def make_guide(data: Data, settings: Any) -> Guide:
    """Which stops are near which, and in which orders requests go back."""
    requests, stops = data.serve.shape[1], data.place.size
    near = (data.way[COST] + data.way[COST_TO]).mean(axis=0)
    places = data.place[: 2 * requests]
    table = _closeness(data)
    np.fill_diagonal(table, -np.inf)
    order = np.argsort(table, axis=1, kind="stable").astype(np.int32)
    request = np.full(stops, -1, np.int64)
    request[: 2 * requests] = np.arange(2 * requests) // 2
    p = np.arange(0, 2 * requests, 2)
    load = data.request[:, LOAD:]
    heavy = (load / np.maximum(load.max(axis=0, initial=0.0), 1e-9)).sum(axis=1)
    starts = data.place[2 * requests :: 2]
    far = near[starts][:, places[p]].min(axis=0) + near[places[p], places[p + 1]]
    width = np.diff(data.window[: 2 * requests], axis=1).reshape(-1, 2).min(axis=1)
    keys = np.stack((np.zeros(requests), -heavy, -far, far, width, data.window[p, 0], -data.window[p + 1, 1]))
    return Guide(
        near=order, request=request, keys=np.nan_to_num(keys), share=np.cumsum(ORDERS) / sum(ORDERS),
        least=LEAST * mean_way(data), **settings,
    )  # fmt: skip


def mixed(data: Data) -> bool:
    """Whether some units differ: in place, time, kind, room, or in whom they may serve."""
    return bool((data.kind[:, ALIKE] != data.kind[0, ALIKE]).any())


def mean_way(data: Data) -> float:
    """Mean cost of the way between two stops of requests."""
    places = data.place[: 2 * data.serve.shape[1]]
    cost = data.way[COST][:, places[:, None], places]
    return max(1e-9, float(np.abs(cost[np.isfinite(cost)]).mean()))


def _closeness(data: Data) -> Floats:
    """(2Q, 2Q) what is lost by one stop behind another, the better way round: cost of the way, waiting, lateness.

    The measure of Vidal, Crainic, Gendreau and Prins 2013, times valued at what the way costs in the mean.
    """
    stops = 2 * data.serve.shape[1]
    places = data.place[:stops]
    grid = np.ix_(places, places)
    cost, time = data.way[COST].mean(axis=0)[grid], data.way[TIME].mean(axis=0)[grid]
    good = np.isfinite(cost) & np.isfinite(time)
    price = abs(cost[good].sum()) / max(time[good].sum(), 1e-9)
    opens, closes = data.window[:stops, 0], data.window[:stops, 1]
    leave = data.stay[:, :stops].mean(axis=0)[:, None] + time
    with np.errstate(invalid="ignore"):
        wait = np.nan_to_num(np.maximum(0.0, opens[None] - closes[:, None] - leave))
        late = np.nan_to_num(np.maximum(0.0, opens[:, None] + leave - closes[None]))
    lost = np.where(good, cost + price * (WAIT * wait + LATE * late), np.inf)
    return np.asarray(np.minimum(lost, lost.T))


def _routes(units: int, width: int, dimensions: int) -> Routes:
    return Routes(
        size=np.full(units, 2, np.int64), stamp=np.zeros(units, np.int64), cost=np.zeros(units),
        node=np.zeros((units, width), np.int32), mark=np.zeros((units, width, ABOARD + dimensions)),
    )  # fmt: skip


def make_state(data: Data, word: int) -> tuple[State, Work, Pool]:
    """An empty solution, room to reckon, and an empty pool; ``word`` starts the random stream."""
    units, requests = data.allowed.shape
    width, stops, dimensions = 2 * requests + 2, data.place.size, data.request.shape[1] - LOAD
    now = _routes(units, width, dimensions)
    now.node[:, 0] = 2 * requests + 2 * np.arange(units)
    now.node[:, 1] = now.node[:, 0] + 1
    state = State(
        now=now, kept=_routes(units, width, dimensions), best_node=now.node.copy(), best_size=now.size.copy(),
        where=np.full(requests, -1, np.int64), spot=np.zeros(stops, np.int64),
        memo=np.full((requests, units, 3), -1, np.int64), value=np.zeros((requests, units)),
        missed=np.zeros(requests, np.int64), gone=np.zeros(requests, np.int64), flag=np.full((units, 2), -1, np.int64),
        word=np.array([word | 1], np.uint64), counter=np.zeros(2, np.int64), energy=np.full(2, np.inf),
        price=np.zeros(1), ruined=np.zeros(units, np.bool_),
    )  # fmt: skip
    work = Work(order=np.zeros(width + 2, np.int64), spot=np.zeros(stops, np.int64), sum=np.zeros((5, width + 2)))
    return state, work, _pool(requests, units)


def _pool(requests: int, units: int) -> Pool:
    words = np.random.default_rng(requests).integers(1, 2**63, requests + units, dtype=np.uint64)
    return Pool(
        tally=np.zeros(2, np.int64), start=np.zeros(POOL + 1, np.int64), stop=np.zeros(POOL * 24, np.int32),
        cost=np.zeros(POOL), unit=np.zeros(POOL, np.int64), name=np.zeros(POOL, np.uint64),
        slot=np.full(1 << 18, -1, np.int64), word=words,
    )  # fmt: skip
