"""castor against PyVRP, OR-Tools and VROOM on pick-ups and deliveries: the same seconds, one thread, in one run.

    python benchmarks/peers/tasking.py ../shared/data/tasking                      twelve of Li and Lim, both objectives
    python benchmarks/peers/tasking.py ../shared/data/tasking --seconds 2 --only lc103 lr104
    python benchmarks/peers/tasking.py ../shared/data/tasking --set darp           ride times: castor and OR-Tools

Each run is a process of its own with one thread, so that its processor seconds and its peak memory are its own; castor
is warm (compiled code in the cache). VROOM stops by itself. Whole numbers are asked for by all three: a unit of theirs
is 1 / 10,000 of a unit of the file, times rounded up. Every plan is judged by the checker of
``benchmarks/published/tasking.py``: castor's on its own times, the others' on times reckoned here.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks" / "published")]

from tasking import NAMED, best_known, cordeau, instances, judge, li_lim  # noqa: E402

SCALE = 10_000
FIXED = 10_000
"""Cost of a vehicle, in units of the file, where vehicles count first: more than any of the routes."""
Plan = list[list[int]]


def castor(problem: dict[str, Any], seconds: float, vehicles: bool) -> tuple[Plan, list[list[float]] | None]:
    """castor, with its own times."""
    from castor.tasking.routing import routing, solve

    made = routing(**problem)
    solve(made, iterations=1, seed=1)
    found = solve(made, seconds=seconds, seed=1, objective="vehicles" if vehicles else "cost")
    return [[int(a) for a in route] for route in found.routes], [[float(t) for t in when] for when in found.times]


def _whole(problem: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Times rounded up and costs rounded, in whole units."""
    way = np.asarray(problem["time"])
    return np.ceil(way * SCALE).astype(int), np.rint(way * SCALE).astype(int)


def _window(window: np.ndarray) -> tuple[int, int]:
    return math.ceil(window[0] * SCALE), math.floor(window[1] * SCALE)


def pyvrp(problem: dict[str, Any], seconds: float, vehicles: bool) -> tuple[Plan, None]:
    """PyVRP with shipments."""
    from pyvrp import Model
    from pyvrp.stop import MaxRuntime

    model = Model()
    times, costs = _whole(problem)
    places = [model.add_location(0, 0) for _ in times]
    first, last = _window(problem["unit_window"][0])
    depot = model.add_depot(places[problem["unit_start"][0]], tw_early=first, tw_late=last)
    units = len(problem["unit_start"])
    model.add_vehicle_type(
        units, [int(problem["capacity"][0])], depot, depot, fixed_cost=FIXED * SCALE if vehicles else 0,
        tw_early=first, tw_late=last,
    )  # fmt: skip
    for q, (a, b) in enumerate(zip(problem["pickup"], problem["delivery"])):
        here, there = _window(problem["pickup_window"][q]), _window(problem["delivery_window"][q])
        model.add_shipment(
            places[a], places[b], here[0], here[1], int(problem["pickup_stay"][q] * SCALE), there[0], there[1],
            int(problem["delivery_stay"][q] * SCALE), [int(problem["load"][q])],
        )  # fmt: skip
    for a in range(len(places)):
        for b in range(len(places)):
            if a != b:
                model.add_edge(places[a], places[b], int(costs[a, b]), int(times[a, b]))
    found = model.solve(MaxRuntime(seconds), seed=1, display=False).best
    routes: Plan = []
    for route in found.routes():
        stops = []
        for visit in route.schedule():
            if not visit.is_depot():
                stops.append(2 * visit.idx + (1 if visit.is_delivery() else 0))
        routes.append(stops)
    return routes + [[]] * (units - len(routes)), None


def ortools(problem: dict[str, Any], seconds: float, vehicles: bool) -> tuple[Plan, None]:
    """OR-Tools routing: parallel cheapest insertion, guided local search; what its insertion cannot place at first may
    be left out for a high price, without which it finds no plan at all where rides are limited."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    times, costs = _whole(problem)
    requests, units = len(problem["pickup"]), len(problem["unit_start"])
    place = [int(p) for pair in zip(problem["pickup"], problem["delivery"]) for p in pair]
    place += [int(problem["unit_start"][0]), int(problem["unit_end"][0])]
    stay = [int(s * SCALE) for pair in zip(problem["pickup_stay"], problem["delivery_stay"]) for s in pair] + [0, 0]
    load = [int(sign * w) for w in problem["load"] for sign in (1, -1)] + [0, 0]
    manager = pywrapcp.RoutingIndexManager(len(place), units, [2 * requests] * units, [2 * requests + 1] * units)
    model = pywrapcp.RoutingModel(manager)
    way = (np.array(stay)[:, None] + times[np.ix_(place, place)]).tolist()
    fare = costs[np.ix_(place, place)].tolist()
    node = manager.IndexToNode
    time_index = model.RegisterTransitCallback(lambda a, b: way[node(a)][node(b)])
    cost_index = model.RegisterTransitCallback(lambda a, b: fare[node(a)][node(b)])
    load_index = model.RegisterUnaryTransitCallback(lambda a: load[node(a)])
    model.SetArcCostEvaluatorOfAllVehicles(cost_index)
    if vehicles:
        model.SetFixedCostOfAllVehicles(FIXED * SCALE)
    first, last = _window(problem["unit_window"][0])
    model.AddDimension(time_index, last, last, False, "time")
    model.AddDimension(load_index, 0, int(problem["capacity"][0]), True, "load")
    clock = model.GetDimensionOrDie("time")
    for q in range(requests):
        a, b = manager.NodeToIndex(2 * q), manager.NodeToIndex(2 * q + 1)
        model.AddPickupAndDelivery(a, b)
        model.AddDisjunction([a], 10 * FIXED * SCALE)
        model.AddDisjunction([b], 10 * FIXED * SCALE)
        model.solver().Add(model.VehicleVar(a) == model.VehicleVar(b))
        model.solver().Add(clock.CumulVar(a) <= clock.CumulVar(b))
        if "ride" in problem:
            longest = int(problem["ride"][q] * SCALE) + stay[2 * q]
            model.solver().Add(clock.CumulVar(b) - clock.CumulVar(a) <= longest)
        for at, end in ((a, "pickup_window"), (b, "delivery_window")):
            low, high = _window(problem[end][q])
            clock.CumulVar(at).SetRange(low, min(high, last))
    for v in range(units):
        clock.CumulVar(model.Start(v)).SetRange(first, last)
        if "duration" in problem:
            clock.SetSpanUpperBoundForVehicle(int(problem["duration"][v] * SCALE), v)
    ask = pywrapcp.DefaultRoutingSearchParameters()
    ask.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    ask.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    ask.time_limit.FromMilliseconds(int(1000 * seconds))
    found = model.SolveWithParameters(ask)
    routes: Plan = []
    for v in range(units):
        stops, at = [], model.Start(v)
        while found and not model.IsEnd(at := found.Value(model.NextVar(at))):
            stops.append(node(at))
        routes.append(stops)
    return routes, None


def vroom(problem: dict[str, Any], seconds: float, vehicles: bool) -> tuple[Plan, None]:
    """VROOM at its highest level of exploration; it stops by itself, at the latest after ``seconds``."""
    from datetime import timedelta

    import vroom as peer

    times, costs = _whole(problem)
    model = peer.Input()
    model.set_durations_matrix("car", times.astype(np.uint32))
    model.set_costs_matrix("car", costs.astype(np.uint32))
    units = len(problem["unit_start"])
    depot = int(problem["unit_start"][0])
    span = peer.TimeWindow(*_window(problem["unit_window"][0]))
    fee = peer.VehicleCosts(fixed=FIXED * SCALE if vehicles else 0, per_hour=3600)
    for v in range(units):
        model.add_vehicle(
            peer.Vehicle(v, depot, depot, capacity=[int(problem["capacity"][0])], time_window=span, costs=fee)
        )
    for q, (a, b) in enumerate(zip(problem["pickup"], problem["delivery"])):
        ends = [
            peer.ShipmentStep(
                q, int(at), default_service=int(problem[f"{end}_stay"][q] * SCALE),
                time_windows=[peer.TimeWindow(*_window(problem[f"{end}_window"][q]))],
            )
            for at, end in ((a, "pickup"), (b, "delivery"))
        ]  # fmt: skip
        model.add_job(peer.Shipment(ends[0], ends[1], amount=[int(problem["load"][q])]))
    found = model.solve(exploration_level=5, nb_threads=1, timeout=timedelta(seconds=seconds))
    routes: Plan = [[] for _ in range(units)]
    for step in found.routes.sort_values(["vehicle_id", "arrival"], kind="stable").itertuples():
        if step.type in ("pickup", "delivery"):
            routes[int(step.vehicle_id)].append(2 * int(step.id) + (step.type == "delivery"))
    return routes, None


def earliest(problem: dict[str, Any], routes: Plan) -> list[list[float]]:
    """The earliest times of routes, ride times raised where they must be; plain and slow."""
    out = []
    for unit, route in enumerate(routes):
        place = [problem["unit_start"][unit]] + [problem[("pickup", "delivery")[a % 2]][a // 2] for a in route]
        place.append(problem["unit_end"][unit])
        stay = [0.0] + [problem[("pickup_stay", "delivery_stay")[a % 2]][a // 2] for a in route] + [0.0]
        opens = [problem[("pickup_window", "delivery_window")[a % 2]][a // 2][0] for a in route]
        when = [problem["unit_window"][unit][0], *opens, 0.0]
        for _ in range(4 * len(route) + 4):
            before = list(when)
            for x in range(1, len(when)):
                when[x] = max(when[x], when[x - 1] + stay[x - 1] + problem["time"][place[x - 1], place[x]])
            for x, a in enumerate(route):
                if a % 2 == 1 and a - 1 in route:
                    up = route.index(a - 1) + 1
                    longest = problem["ride"][a // 2] if "ride" in problem else math.inf
                    when[up] = max(when[up], when[x + 1] - longest - stay[up])
            if "duration" in problem:
                when[0] = max(when[0], when[-1] - problem["duration"][unit])
            if when == before:
                break
        out.append(when)
    return out


def one(who: str, path: Path, seconds: float, vehicles: bool) -> None:
    """Run and print one result as JSON."""
    problem = cordeau(path) if path.stem.startswith("a") else li_lim(path)
    solver = {"castor": castor, "PyVRP": pyvrp, "OR-Tools": ortools, "VROOM": vroom}[who]
    began = time.perf_counter()
    routes, when = solver(problem, seconds, vehicles)
    wall = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    distance, count, wrong = judge(problem, routes, when or earliest(problem, routes))
    print(json.dumps({
        "distance": distance, "vehicles": count, "wrong": wrong[:2], "wall": wall,
        "cpu": used.ru_utime + used.ru_stime, "memory_mb": used.ru_maxrss // 1024,
    }))  # fmt: skip


def alone(who: str, path: Path, seconds: float, vehicles: bool) -> dict[str, Any]:
    """One run in a process of its own."""
    command = [sys.executable, __file__, "--one", who, str(path), str(seconds), str(int(vehicles))]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        return {
            "distance": math.inf,
            "vehicles": 0,
            "wrong": [run.stderr[-200:]],
            "wall": 0.0,
            "cpu": 0.0,
            "memory_mb": 0,
        }
    return dict(json.loads(run.stdout.splitlines()[-1]))


def table(names: list[Path], who: list[str], seconds: float, vehicles: bool, known: dict[str, Any]) -> None:
    """One objective: a line for each run, and the means at the end."""
    print(f"\n{'vehicles, then distance' if vehicles else 'distance only'}, {seconds:g} s on one thread")
    print(f"{'instance':<9} {'who':<9} {'units':>5} {'distance':>11} {'gap %':>8} {'CPU s':>6} {'MB':>5}")
    runs: dict[str, list[tuple[int, float, bool, float, float]]] = {name: [] for name in who}
    for path in names:
        least, best = known.get(path.stem, (0, math.nan))
        for name in who:
            found = alone(name, path, seconds, vehicles)
            gap = 100.0 * (found["distance"] - best) / best
            more = found["vehicles"] - least
            runs[name].append((more, gap, not found["wrong"], found["cpu"], found["memory_mb"]))
            said = "; ".join(str(w) for w in found["wrong"])
            figures = f"{found['vehicles']:>5} {found['distance']:>11.4f} {gap:>8.3f} {found['cpu']:>6.1f}"
            print(f"{path.stem:<9} {name:<9} {figures} {found['memory_mb']:>5}  {said}", flush=True)
    head = f"{'feasible':>8} {'extra units':>11} {'mean gap %':>10} {'met':>4} {'CPU s':>6} {'MB':>5}"
    print(f"\n{'who':<9} {head} {'gap / castor':>12}")
    mine = None
    for name, rows in runs.items():
        good = [row for row in rows if row[2]]
        equal = [row[1] for row in good if row[0] == 0 or not vehicles]
        gap = float(np.mean(equal)) if equal else math.nan
        mine = gap if mine is None else mine
        met = sum(row[1] < 5e-4 and (row[0] <= 0 or not vehicles) for row in good)
        extra = sum(max(0, row[0]) for row in good) if vehicles else 0
        cpu, memory = float(np.mean([row[3] for row in rows])), max(row[4] for row in rows)
        times = f"{gap / mine:>12.1f}" if mine > 5e-4 else f"{'-':>12}"
        print(f"{name:<9} {len(good):>8} {extra:>11} {gap:>10.4f} {met:>4} {cpu:>6.1f} {memory:>5} {times}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--set", choices=["li_lim", "darp"], default="li_lim")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--only", nargs="+", help="beginnings of names")
    parser.add_argument("--who", nargs="+", default=["castor", "PyVRP", "OR-Tools", "VROOM"])
    parser.add_argument("--objective", choices=["vehicles", "cost"], nargs="+", default=["vehicles", "cost"])
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(asked.one[0], Path(asked.one[1]), float(asked.one[2]), asked.one[3] == "1")
        return
    if asked.folder is None:
        parser.error("which folder?")
    darp = asked.set == "darp"
    paths = instances(asked.folder, asked.set)
    only = tuple(asked.only or (["a2", "a3", "a4"] if darp else NAMED))
    names = [path for path in paths if path.stem.startswith(only)]
    who = [name for name in asked.who if not darp or name in ("castor", "OR-Tools")]
    for objective in ["cost"] if darp else asked.objective:
        table(names, who, asked.seconds, objective == "vehicles", best_known(asked.folder))


if __name__ == "__main__":
    main()
