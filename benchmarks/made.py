"""Routes on made problems in the manner of sets that are not given: larger, real times, mixed fleets.

    python benchmarks/made.py                                  every manner, small; 5 s against 20 s
    python benchmarks/made.py --manner windows --requests 100 200 --seconds 10 60 --seeds 1 2

Manners: ``windows`` (Li and Lim: vehicles first; windows around the times of routes that were drawn first, so that as
many vehicles are known to do), ``rides`` (set b of Cordeau: parties of one to six, ride times), ``roads`` (windows with
times that differ each way and that a way round may beat, rounded up to whole minutes), ``ships`` (tramp shipping: ships
of their own speed, cost, start and cargoes; spot cargoes may be left out at a price; Hemmati et al. 2014). Each problem
is searched for the shorter and the longer time: the gap between the two tells how far the shorter is from done. Every
solution is judged by the checker of ``benchmarks/published/tasking.py``.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks" / "published")]

from tasking import judge  # noqa: E402

Random = np.random.Generator


def windows(requests: int, random: Random) -> dict[str, Any]:
    """Pairs of stops of routes drawn first, and windows around the times of these routes."""
    stops, long_day = 2 * requests, random.random() < 0.5
    at = _sites(stops, random)
    way = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    per, stay = (40 if long_day else 10), 10.0
    day, room = (2500.0, 1000.0) if long_day else (600.0, 200.0)
    routes = _sweep(at, per)
    opens, closes = np.zeros(stops + 1), np.full(stops + 1, day)
    pairs, load = [], []
    for route in routes:
        clock, here = 0.0, 0
        for a in route:
            clock += way[here, a] + (stay if here else 0.0)
            width = random.uniform(0.05, 0.3) * day if random.random() < 0.75 else day
            early = max(0.0, clock - random.random() * width)
            opens[a], closes[a] = early, min(day - way[a, 0] - stay, max(clock, early + width))
            here = a
        order = sorted(random.permutation(len(route)).reshape(-1, 2).tolist())
        pairs += [(route[min(x)], route[max(x)]) for x in order]
        load += [float(random.integers(5, 30)) for _ in order]
    day = max(day, float((closes + way[:, 0] + stay).max()))
    p, d = np.array(pairs).T
    window = np.stack((opens, np.maximum(opens, closes)), 1)
    units = len(routes) + 3
    return {
        "pickup": p, "delivery": d, "pickup_window": window[p], "delivery_window": window[d], "time": way,
        "pickup_stay": np.full(requests, stay), "delivery_stay": np.full(requests, stay), "load": np.array(load),
        "unit_start": np.zeros(units, int), "unit_end": np.zeros(units, int), "capacity": np.full(units, room),
        "unit_window": np.tile([0.0, day], (units, 1)), "objective": "vehicles", "known": len(routes),
    }  # fmt: skip


def _sites(stops: int, random: Random) -> np.ndarray:
    """A depot in the middle, and stops at random or in clusters."""
    at = random.random((stops + 1, 2)) * 140.0
    if random.random() < 0.5:
        centre = random.random((max(2, stops // 20), 2)) * 120.0 + 10.0
        at = centre[random.integers(0, len(centre), stops + 1)] + random.normal(0.0, 5.0, (stops + 1, 2))
    at[0] = 70.0
    return np.round(at)


def _sweep(at: np.ndarray, per: int) -> list[list[int]]:
    """Routes of stops next to each other in angle, each nearest first; an even number in each."""
    angle = np.argsort(np.arctan2(at[1:, 1] - at[0, 1], at[1:, 0] - at[0, 0])) + 1
    routes = []
    for begin in range(0, angle.size, per):
        left, here, route = [int(a) for a in angle[begin : begin + per]], 0, []
        while left:
            here = min(left, key=lambda a: float(np.hypot(*(at[a] - at[here]))))
            left.remove(here)
            route.append(here)
        routes.append(route)
    return routes


def rides(requests: int, random: Random) -> dict[str, Any]:
    """Parties of one to six that ride 45 minutes at most; half give the time of arrival, half that of departure.

    As long a day as in the largest of set b, b4-48, and a unit more than there: 12 requests to a unit in 720 minutes.
    """
    at = random.uniform(-10.0, 10.0, (2 * requests + 1, 2))
    at[0] = 0.0
    way = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    load = random.integers(1, 7, requests).astype(float)
    units, day = 1 + requests // 12, 720.0
    window = np.tile([0.0, day], (2 * requests, 1))
    for q in range(requests):
        arrives = q < requests // 2
        begin = random.integers(60, int(day) - 30) if arrives else random.integers(0, int(day) - 60)
        window[2 * q + arrives] = begin, begin + 15
    stops = np.arange(requests)
    return {
        "pickup": 1 + stops, "delivery": 1 + requests + stops, "pickup_window": window[::2],
        "delivery_window": window[1::2], "pickup_stay": load, "delivery_stay": load, "load": load,
        "ride": np.full(requests, 45.0), "time": way, "unit_start": np.zeros(units, int),
        "unit_end": np.zeros(units, int), "capacity": np.full(units, 6.0), "duration": np.full(units, day),
        "unit_window": np.tile([0.0, day], (units, 1)), "objective": "cost",
    }  # fmt: skip


def roads(requests: int, random: Random) -> dict[str, Any]:
    """Windows, with whole minutes that differ each way; some of the ways are jammed, so that a way round is quicker."""
    made = windows(requests, random)
    way = made["time"]
    jam = np.where(random.random(way.shape) < 0.05, random.uniform(1.5, 3.0, way.shape), 1.0)
    quick = np.ceil(way * random.uniform(0.85, 1.0, way.shape))
    quick[random.random(way.shape) < 0.01] += 1.0
    made["time"] = np.where(jam > 1.0, np.ceil(way * jam), quick)
    made["cost"] = way * random.uniform(0.9, 1.2, way.shape)
    made["unit_window"] = made["unit_window"] + np.array([0.0, 200.0])
    late = np.array([0.0, 60.0])
    made |= {name: made[name] + late for name in ("pickup_window", "delivery_window")}
    return made


def ships(requests: int, random: Random) -> dict[str, Any]:
    """Cargoes between ports for ships that start where they are and end anywhere."""
    ports, units = 39, max(3, requests // 4)
    at = random.uniform(0.0, 5000.0, (ports, 2))
    miles = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) * random.uniform(1.0, 1.5, (ports, ports))
    miles = np.triu(miles, 1) + np.triu(miles, 1).T
    speed, burn = random.uniform(10.0, 16.0, units), random.uniform(20.0, 60.0, units)
    size = random.uniform(10_000.0, 60_000.0, units).round(-2)
    pickup = random.integers(0, ports, requests)
    delivery = (pickup + random.integers(1, ports, requests)) % ports
    load = random.uniform(3_000.0, 25_000.0, requests).round(-2)
    opens = random.uniform(0.0, 1200.0, requests)
    direct = miles[pickup, delivery] / 12.0
    first = np.stack((opens, opens + 72.0 + random.uniform(0.0, 240.0, requests)), 1)
    last = np.stack((opens + direct, opens + direct * 2.0 + 480.0), 1)
    time = miles[None] / speed[:, None, None]
    price = direct * burn.mean() * random.uniform(1.5, 4.0, requests)
    return {
        "pickup": pickup, "delivery": delivery, "pickup_window": first, "delivery_window": last,
        "pickup_stay": np.tile(load / 1000.0, (units, 1)), "delivery_stay": np.tile(load / 1000.0, (units, 1)),
        "load": load, "prize": price, "time": time, "cost": time * burn[:, None, None],
        "serve_cost": random.uniform(50.0, 200.0, (units, requests)).round(),
        "unit_start": random.integers(0, ports, units), "unit_end": np.full(units, -1), "capacity": size,
        "unit_window": np.stack((random.uniform(0.0, 300.0, units).round(), np.full(units, 1e5)), 1),
        "profile": np.arange(units), "allowed": random.random((units, requests)) < 0.7, "objective": "cost",
    }  # fmt: skip


MANNERS = {"windows": windows, "rides": rides, "roads": roads, "ships": ships}


def run(problem: dict[str, Any], seconds: float, seed: int) -> tuple[float, int, list[str], float]:
    """Cost, vehicles, what is wrong, and steps a second."""
    from castor.tasking.routing import routing, solve

    given = {name: value for name, value in problem.items() if name not in ("objective", "known")}
    found = solve(routing(**given), seconds=seconds, seed=seed, objective=problem["objective"])
    routes = [[int(a) for a in route] for route in found.routes]
    cost, vehicles, wrong = judge(given, routes, [[float(t) for t in when] for when in found.times])
    return cost, vehicles, wrong, found.iterations / found.seconds


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manner", nargs="+", choices=list(MANNERS), default=list(MANNERS))
    parser.add_argument("--requests", nargs="+", type=int, default=[50])
    parser.add_argument("--seconds", nargs="+", type=float, default=[5.0, 20.0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    asked = parser.parse_args()
    after = ", ".join(f"{seconds:g}" for seconds in asked.seconds)
    print(f"{'manner':<8} {'Q':>4} {'seed':>4} {'known':>5}  units and cost after {after} s")
    for name in asked.manner:
        for requests in asked.requests:
            for seed in asked.seeds:
                problem = MANNERS[name](requests, np.random.default_rng([seed, requests]))
                began, said = time.perf_counter(), []
                for seconds in asked.seconds:
                    cost, vehicles, wrong, speed = run(problem, seconds, seed)
                    said.append(f"{vehicles:>4} {cost:>12.2f} {speed:>8,.0f}/s{' WRONG ' + wrong[0] if wrong else ''}")
                known = problem.get("known", "-")
                took = time.perf_counter() - began
                print(f"{name:<8} {requests:>4} {seed:>4} {known:>5} {'  '.join(said)}  {took:.0f} s", flush=True)


if __name__ == "__main__":
    main()
