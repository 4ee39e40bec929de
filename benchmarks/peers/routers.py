"""What castor, PyVRP, OR-Tools and VROOM make of a problem of pick-ups and deliveries, each in its own words.

Each takes the filled-in problem (:class:`castor.tasking.routing.Routing`), the seconds, and whether vehicles count
first, and gives the stops of each unit (2q picks up, 2q + 1 delivers). Whole numbers are asked for by all three peers:
a unit of theirs is 1 / 10,000 of a unit of the problem, times rounded up. ``earliest`` reckons times for their routes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from castor.tasking.routing import Routing

SCALE = 10_000
FIXED = 10_000
"""Cost of a vehicle, in units of the problem, where vehicles count first: more than any of the routes."""
FOREVER = 10**12
"""Where a limit or a way is infinite, in whole units."""
Plan = list[list[int]]


def can(who: str, made: Routing) -> bool:
    """Whether a peer can say the problem: ride times only OR-Tools can, prizes and fleets that differ not VROOM."""
    rides = bool(np.isfinite(made.ride).any())
    mixed = bool(np.isfinite(made.prize).any() or len(made.time) > 1 or not made.allowed.all())
    return not (rides and who in ("PyVRP", "VROOM")) and not (mixed and who == "VROOM")


def castor(made: Routing, seconds: float, vehicles: bool) -> tuple[Plan, list[list[float]]]:
    """castor, with its own times."""
    from castor.tasking.routing import solve

    solve(made, iterations=1, seed=1)
    found = solve(made, seconds=seconds, seed=1, objective="vehicles" if vehicles else "cost")
    return [[int(a) for a in route] for route in found.routes], [[float(t) for t in when] for when in found.times]


def _up(value: Any) -> np.ndarray:
    """Whole units, rounded up."""
    return np.ceil(np.minimum(np.asarray(value, float) * SCALE, FOREVER)).astype(np.int64)


def _near(value: Any) -> np.ndarray:
    """Whole units, rounded to the nearest."""
    return np.rint(np.minimum(np.asarray(value, float) * SCALE, FOREVER)).astype(np.int64)


def _span(window: np.ndarray) -> tuple[int, int]:
    low, high = max(0.0, float(window[0])), min(float(window[1]), FOREVER / SCALE)
    return math.ceil(low * SCALE), math.floor(high * SCALE)


class _Stops:
    """Stops 2q and 2q + 1 of every request, then the places where units start, then those where they end.

    Times and costs (K, N, N) between them in whole units; the cost of service goes with the way to the pick-up.
    """

    def __init__(self, made: Routing) -> None:
        requests, profiles = made.pickup.size, len(made.time)
        starts, self.start = np.unique(made.unit_start, return_inverse=True)
        ends, self.end = np.unique(made.unit_end, return_inverse=True)
        self.start = self.start + 2 * requests
        self.end = self.end + 2 * requests + starts.size
        pairs = np.stack((made.pickup, made.delivery), 1).reshape(-1)
        place = np.concatenate((pairs, starts, np.maximum(ends, 0)))
        anywhere = np.flatnonzero(ends < 0) + 2 * requests + starts.size
        self.count = place.size
        time, cost = made.time[:, place][:, :, place], made.cost[:, place][:, :, place]
        time[:, :, anywhere] = cost[:, :, anywhere] = 0.0
        cost[:, :, 0 : 2 * requests : 2] += made.serve_cost[:, None, :]
        self.time, self.cost = _up(time), _near(cost)
        self.stay = np.zeros((profiles, self.count), np.int64)
        self.stay[:, : 2 * requests] = _up(np.stack((made.pickup_stay, made.delivery_stay), 2)).reshape(profiles, -1)
        windows = np.stack((made.pickup_window, made.delivery_window), 1).reshape(-1, 2)
        self.window = [_span(w) for w in windows]


def pyvrp(made: Routing, seconds: float, vehicles: bool) -> tuple[Plan, None]:
    """PyVRP with shipments; a unit that may not serve a request has no way to it."""
    from pyvrp import Model
    from pyvrp.stop import MaxRuntime

    model, stops, requests = Model(), _Stops(made), made.pickup.size
    places = [model.add_location(0, 0) for _ in range(stops.count)]
    depots = {int(n): model.add_depot(places[int(n)]) for n in np.unique((stops.start, stops.end))}
    table = np.column_stack((
        stops.start, stops.end, made.unit_window, made.profile, made.fixed, made.duration, made.capacity, made.allowed,
    ))  # fmt: skip
    _, first, group = np.unique(table, axis=0, return_index=True, return_inverse=True)
    kinds, kind_of = np.unique(np.column_stack((made.profile, made.allowed)), axis=0, return_inverse=True)
    profiles = [model.add_profile() for _ in kinds]
    for v, count in zip(first, np.bincount(group.reshape(-1))):
        early, late = _span(made.unit_window[v])
        longest = {"shift_duration": int(_near(made.duration[v]))} if np.isfinite(made.duration[v]) else {}
        model.add_vehicle_type(
            int(count), [int(c) for c in made.capacity[v]], depots[int(stops.start[v])], depots[int(stops.end[v])],
            fixed_cost=FIXED * SCALE if vehicles else int(_near(made.fixed[v])), tw_early=early, tw_late=late,
            profile=profiles[int(kind_of.reshape(-1)[v])], **longest,
        )  # fmt: skip
    for q in range(requests):
        here, there, must = stops.window[2 * q], stops.window[2 * q + 1], bool(np.isinf(made.prize[q]))
        model.add_shipment(
            places[2 * q], places[2 * q + 1], *here, int(stops.stay[0, 2 * q]), *there, int(stops.stay[0, 2 * q + 1]),
            [int(w) for w in made.load[q]], prize=0 if must else int(_near(made.prize[q])), required=must,
        )  # fmt: skip
    for profile, row in zip(profiles, kinds):
        time, cost = stops.time[int(row[0])].copy(), stops.cost[int(row[0])].copy()
        closed = 2 * np.flatnonzero(row[1:] == 0)
        time[:, closed] = cost[:, closed] = FOREVER
        for a in range(stops.count):
            for b in range(stops.count):
                if a != b:
                    model.add_edge(places[a], places[b], int(cost[a, b]), int(time[a, b]), profile)
    found = model.solve(MaxRuntime(seconds), seed=1, display=False).best
    routes: Plan = [[] for _ in made.unit_start]
    free = {g: list(np.flatnonzero(group.reshape(-1) == g)) for g in range(len(first))}
    for route in found.routes():
        visits = [visit for visit in route.schedule() if not visit.is_depot()]
        unit = int(free[route.vehicle_type()].pop(0))
        routes[unit] = [2 * visit.idx + (1 if visit.is_delivery() else 0) for visit in visits]
    return routes, None


def ortools(made: Routing, seconds: float, vehicles: bool) -> tuple[Plan, None]:
    """OR-Tools routing: parallel cheapest insertion, guided local search; what its insertion cannot place at first may
    be left out for a high price, without which it finds no plan at all where rides are limited."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    stops, units = _Stops(made), made.unit_start.size
    manager = pywrapcp.RoutingIndexManager(stops.count, units, stops.start.tolist(), stops.end.tolist())
    model = pywrapcp.RoutingModel(manager)
    times = [model.RegisterTransitMatrix((s[:, None] + t).tolist()) for s, t in zip(stops.stay, stops.time)]
    costs = [model.RegisterTransitMatrix(c.tolist()) for c in stops.cost]
    latest = [_span(w)[1] for w in made.unit_window]
    model.AddDimensionWithVehicleTransits([times[k] for k in made.profile], max(latest), max(latest), False, "time")
    for d in range(made.load.shape[1]):
        more = np.zeros(stops.count, int)
        more[: 2 * len(made.load)] = np.outer(made.load[:, d], [1, -1]).reshape(-1)
        by = model.RegisterUnaryTransitVector(more.tolist())
        room = [int(min(c, FOREVER)) for c in made.capacity[:, d]]
        model.AddDimensionWithVehicleCapacity(by, 0, room, True, f"load {d}")
    _ask_of_requests(made, stops, manager, model)
    clock = model.GetDimensionOrDie("time")
    for v in range(units):
        model.SetArcCostEvaluatorOfVehicle(costs[made.profile[v]], v)
        model.SetFixedCostOfVehicle(FIXED * SCALE if vehicles else int(_near(made.fixed[v])), v)
        for end in (model.Start(v), model.End(v)):
            clock.CumulVar(end).SetRange(*_span(made.unit_window[v]))
        if np.isfinite(made.duration[v]):
            clock.SetSpanUpperBoundForVehicle(int(_near(made.duration[v])), v)
    ask = pywrapcp.DefaultRoutingSearchParameters()
    ask.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    ask.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    ask.time_limit.FromMilliseconds(int(1000 * seconds))
    found = model.SolveWithParameters(ask)
    routes: Plan = []
    for v in range(units):
        stops_of, at = [], model.Start(v)
        while found and not model.IsEnd(at := found.Value(model.NextVar(at))):
            stops_of.append(manager.IndexToNode(at))
        routes.append(stops_of)
    return routes, None


def _ask_of_requests(made: Routing, stops: _Stops, manager: Any, model: Any) -> None:
    """Windows, rides, prizes, and who may serve whom, for OR-Tools."""
    clock, solver = model.GetDimensionOrDie("time"), model.solver()
    last = max(_span(w)[1] for w in made.unit_window)
    for q in range(made.pickup.size):
        a, b = manager.NodeToIndex(2 * q), manager.NodeToIndex(2 * q + 1)
        model.AddPickupAndDelivery(a, b)
        must = bool(np.isinf(made.prize[q]))
        model.AddDisjunction([a], 10 * FIXED * SCALE if must else int(_near(made.prize[q])))
        model.AddDisjunction([b], 10 * FIXED * SCALE if must else 0)
        solver.Add(model.VehicleVar(a) == model.VehicleVar(b))
        solver.Add(clock.CumulVar(a) <= clock.CumulVar(b))
        if np.isfinite(made.ride[q]):
            longest = int(_near(made.ride[q])) + int(stops.stay[0, 2 * q])
            solver.Add(clock.CumulVar(b) - clock.CumulVar(a) <= longest)
        for at, stop in ((a, 2 * q), (b, 2 * q + 1)):
            low, high = stops.window[stop]
            clock.CumulVar(at).SetRange(low, min(high, last))
            if not made.allowed[:, q].all():
                model.VehicleVar(at).SetValues([-1, *np.flatnonzero(made.allowed[:, q]).tolist()])


def vroom(made: Routing, seconds: float, vehicles: bool) -> tuple[Plan, None]:
    """VROOM at its highest level of exploration; it stops by itself, at the latest after ``seconds``."""
    from datetime import timedelta

    import vroom as peer

    stops = _Stops(made)
    model = peer.Input()
    model.set_durations_matrix("car", stops.time[0].astype(np.uint32))
    model.set_costs_matrix("car", stops.cost[0].astype(np.uint32))
    for v in range(made.unit_start.size):
        fee = peer.VehicleCosts(fixed=FIXED * SCALE if vehicles else int(_near(made.fixed[v])), per_hour=3600)
        model.add_vehicle(peer.Vehicle(
            v, int(stops.start[v]), int(stops.end[v]), capacity=[int(c) for c in made.capacity[v]],
            time_window=peer.TimeWindow(*_span(made.unit_window[v])), costs=fee,
        ))  # fmt: skip
    for q in range(made.pickup.size):
        ends = [
            peer.ShipmentStep(
                q, a, default_service=int(stops.stay[0, a]), time_windows=[peer.TimeWindow(*stops.window[a])]
            )
            for a in (2 * q, 2 * q + 1)
        ]
        model.add_job(peer.Shipment(ends[0], ends[1], amount=[int(w) for w in made.load[q]]))
    found = model.solve(exploration_level=5, nb_threads=1, timeout=timedelta(seconds=seconds))
    routes: Plan = [[] for _ in made.unit_start]
    for step in found.routes.sort_values(["vehicle_id", "arrival"], kind="stable").itertuples():
        if step.type in ("pickup", "delivery"):
            routes[int(step.vehicle_id)].append(2 * int(step.id) + (step.type == "delivery"))
    return routes, None


def earliest(made: Routing, routes: Plan) -> list[list[float]]:
    """The earliest times of routes, ride times raised where they must be; plain and slow."""
    out = []
    for unit, route in enumerate(routes):
        k, end = int(made.profile[unit]), int(made.unit_end[unit])
        place = [int(made.unit_start[unit])] + [int((made.pickup, made.delivery)[a % 2][a // 2]) for a in route]
        stay = [0.0] + [float((made.pickup_stay, made.delivery_stay)[a % 2][k, a // 2]) for a in route]
        opens = [float((made.pickup_window, made.delivery_window)[a % 2][a // 2, 0]) for a in route]
        step = [stay[x] + float(made.time[k, place[x], place[x + 1]]) for x in range(len(route))]
        step.append(stay[-1] + (0.0 if end < 0 else float(made.time[k, place[-1], end])))
        when = [float(made.unit_window[unit, 0]), *opens, 0.0]
        for _ in range(4 * len(route) + 4):
            before = list(when)
            for x in range(1, len(when)):
                when[x] = max(when[x], when[x - 1] + step[x - 1])
            for x, a in enumerate(route):
                if a % 2 == 1 and a - 1 in route:
                    up = route.index(a - 1) + 1
                    when[up] = max(when[up], when[x + 1] - made.ride[a // 2] - stay[up])
            when[0] = max(when[0], when[-1] - made.duration[unit])
            if when == before:
                break
        out.append(when)
    return out
