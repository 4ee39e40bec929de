"""Gaps to the best known routes of pick-ups and deliveries: Li and Lim (windows), Cordeau (ride times).

    python benchmarks/published/tasking.py li_lim ../shared/data/tasking --seconds 10
    python benchmarks/published/tasking.py li_lim ../shared/data/tasking --seconds 30 --objective cost
    python benchmarks/published/tasking.py darp ../shared/data/tasking --seconds 30 --only a2 a3 a4

The files of Li and Lim 2001 and of Cordeau 2006, and the best values known, are not part of the project. Every
solution is judged by the checker in this file: plain, in double precision, sharing no code with the search. The best
known values are of the objective "vehicles, then distance" for Li and Lim; with ``--objective cost`` the gap is to the
distance that goes with the fewest vehicles, and a solution with more vehicles may be below it.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

NAMED = ["lc103", "lc109", "lr104", "lr112", "lrc103", "lrc107", "lc203", "lc204", "lr203", "lr210", "lrc202", "lrc206"]
"""The sample of twelve that other solvers were measured on."""
EXACT = 1e-9


def li_lim(path: Path) -> dict[str, Any]:
    """A file of Li and Lim: the fields of a problem, and nothing else."""
    rows = [line.split() for line in path.read_text().split("\n") if line.strip()]
    vehicles, capacity = int(rows[0][0]), float(rows[0][1])
    table = np.array(rows[1:], float)
    at, demand, window, stay = table[:, 1:3], table[:, 3], table[:, 4:6], table[:, 6]
    pickup = np.flatnonzero(demand > 0)
    delivery = table[pickup, 8].astype(int)
    return _fields(at, pickup, delivery, window, stay, demand, vehicles, capacity, 0, 0)


def cordeau(path: Path) -> dict[str, Any]:
    """A file of Cordeau: ride times and a longest route; the load of a user is one."""
    rows = [line.split() for line in path.read_text().split("\n") if line.strip()]
    vehicles, requests, longest, capacity, ride = (float(n) for n in rows[0])
    table = np.array(rows[1:], float)
    at, stay, load, window = table[:, 1:3], table[:, 3], table[:, 4], table[:, 5:7]
    pickup = np.arange(1, int(requests) + 1)
    made = _fields(
        at, pickup, pickup + int(requests), window, stay, load, int(vehicles), capacity, 0, len(table) - 1
    )  # fmt: skip
    n = int(vehicles)
    return made | {"ride": np.full(pickup.size, ride), "duration": np.full(n, longest)}


def _fields(
    at: np.ndarray, pickup: np.ndarray, delivery: np.ndarray, window: np.ndarray, stay: np.ndarray, load: np.ndarray,
    vehicles: int, capacity: float, first: int, last: int,
) -> dict[str, Any]:  # fmt: skip
    way = np.hypot(at[:, None, 0] - at[None, :, 0], at[:, None, 1] - at[None, :, 1])
    unit_window = np.tile(
        [window[first, 0], window[last, 1] if last < len(window) else window[first, 1]], (vehicles, 1)
    )
    return {
        "pickup": pickup, "delivery": delivery, "pickup_window": window[pickup], "delivery_window": window[delivery],
        "pickup_stay": stay[pickup], "delivery_stay": stay[delivery], "load": load[pickup], "time": way,
        "unit_start": np.full(vehicles, first), "unit_end": np.full(vehicles, last % len(at)),
        "unit_window": unit_window, "capacity": np.full(vehicles, capacity),
    }  # fmt: skip


def judge(problem: dict[str, Any], routes: list[list[int]], given: list[list[float]]) -> tuple[float, int, list[str]]:
    """Cost (what is left out included), vehicles, and what is wrong, of routes of stops (2q picks up, 2q + 1 delivers)
    at the times given, start and end included."""
    wrong: list[str] = []
    seen: set[int] = set()
    total, used = 0.0, 0
    for unit, (route, when) in enumerate(zip(routes, given)):
        if route:
            used += 1
            total += _route(problem, unit, route, when, wrong)
            wrong += [f"stop {stop} twice" for stop in seen.intersection(route)]
            seen.update(route)
    prize = problem.get("prize", np.full(len(problem["pickup"]), math.inf))
    left = [q for q in range(len(problem["pickup"])) if 2 * q not in seen]
    wrong += [f"request {q} is left out" for q in left if prize[q] == math.inf]
    return total + sum(float(prize[q]) for q in left if prize[q] < math.inf), used, wrong


def _route(problem: dict[str, Any], unit: int, route: list[int], when: list[float], wrong: list[str]) -> float:
    """Cost of one route; what is wrong with it goes into ``wrong``."""
    kind = problem["profile"][unit] if "profile" in problem else 0
    way, fare = np.asarray(problem["time"]), np.asarray(problem.get("cost", problem["time"]))
    way, fare = way[kind] if way.ndim == 3 else way, fare[kind] if fare.ndim == 3 else fare
    capacity = np.atleast_1d(problem["capacity"][unit])
    ride = problem.get("ride", np.full(len(problem["pickup"]), math.inf))
    begun: dict[int, float] = {}
    open_end = problem.get("unit_end", problem["unit_start"])[unit] < 0
    span = problem["unit_window"][unit]
    place, window, stay, load = [problem["unit_start"][unit]], [span], [0.0], np.zeros(capacity.size)
    total = float(problem["fixed"][unit]) if "fixed" in problem else 0.0
    for stop, moment in zip(route, when[1:]):
        q, end = stop // 2, "pickup" if stop % 2 == 0 else "delivery"
        place.append(problem[end][q])
        window.append(problem[f"{end}_window"][q])
        stays = np.asarray(problem[f"{end}_stay"])
        stay.append(float(stays[kind, q] if stays.ndim == 2 else stays[q]))
        load = load + np.atleast_1d(problem["load"][q]) * (1 if end == "pickup" else -1)
        if (load > capacity + EXACT).any():
            wrong.append(f"unit {unit} carries {load}")
        if end == "pickup":
            begun[q] = moment + stay[-1]
            total += float(problem["serve_cost"][kind, q]) if "serve_cost" in problem else 0.0
        elif q not in begun:
            wrong.append(f"request {q} delivered by unit {unit} before it is picked up")
        elif moment - begun[q] > ride[q] + EXACT:
            wrong.append(f"request {q} rides {moment - begun[q]}")
        if "allowed" in problem and not problem["allowed"][unit, q]:
            wrong.append(f"unit {unit} may not serve request {q}")
    if (abs(load) > EXACT).any():
        wrong.append(f"unit {unit} ends with {load} on board")
    if not open_end:
        place.append(problem.get("unit_end", problem["unit_start"])[unit])
        window.append(span)
        stay.append(0.0)
    for x, (limits, moment) in enumerate(zip(window, when)):
        if not limits[0] - EXACT <= moment <= limits[1] + EXACT:
            wrong.append(f"unit {unit} at {moment} in {limits}")
        if x > 0:
            total += fare[place[x - 1], place[x]]
            if moment < when[x - 1] + stay[x - 1] + way[place[x - 1], place[x]] - EXACT:
                wrong.append(f"unit {unit} is at its stop {x} too early")
    if "duration" in problem and when[-1] - when[0] > problem["duration"][unit] + EXACT:
        wrong.append(f"unit {unit} is out for {when[-1] - when[0]}")
    return total


def best_known(folder: Path) -> dict[str, tuple[int, float]]:
    """Vehicles and cost of each instance; nothing where the folder has no table of them."""
    if not (folder / "best_known.csv").is_file():
        return {}
    with (folder / "best_known.csv").open(encoding="utf-8") as file:
        return {row["instance"]: (int(row["vehicles"]), float(row["cost"])) for row in csv.DictReader(file)}


def instances(folder: Path, which: str) -> list[Path]:
    """The files of a set: of its folders (li_lim_100, darp_b), or those that lie in the folder itself."""
    return sorted(folder.glob(f"{which}_*/*.txt")) or sorted(folder.glob("*.txt"))


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", choices=["li_lim", "darp"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--objective", choices=["vehicles", "cost"])
    parser.add_argument("--only", nargs="+", help="beginnings of names; 'named' for the sample of twelve")
    asked = parser.parse_args()

    from castor.tasking.routing import routing, solve

    read = li_lim if asked.set == "li_lim" else cordeau
    objective = asked.objective or ("vehicles" if asked.set == "li_lim" else "cost")
    known = best_known(asked.folder)
    only = tuple(name for word in asked.only or [""] for name in (NAMED if word == "named" else [word]))
    extra, gaps, hit, bad = 0, [], 0, 0
    print(
        f"{'instance':<10} {'best':>4} {'cost':>11} {'found':>5} {'cost':>11} {'gap %':>8} {'steps/s':>8} {'CPU s':>6}"
    )
    for path in instances(asked.folder, asked.set):
        if not path.stem.startswith(only):
            continue
        problem = read(path)
        began = time.process_time()
        found = solve(
            routing(**problem), seconds=asked.seconds, seed=asked.seed, threads=asked.threads, objective=objective
        )
        took = time.process_time() - began
        routes = [[int(a) for a in route] for route in found.routes]
        cost, vehicles, wrong = judge(problem, routes, [[float(t) for t in when] for when in found.times])
        least, best = known.get(path.stem, (vehicles, math.nan))
        gap = 100.0 * (cost - best) / best
        more = vehicles - least if objective == "vehicles" else 0
        extra += max(0, more)
        if more == 0 and path.stem in known:
            gaps.append(gap)
        hit += more < 0 or (more == 0 and gap < 5e-4)
        bad += bool(wrong)
        speed = found.iterations / found.seconds
        figures = f"{least:>4} {best:>11.4f} {vehicles:>5} {cost:>11.4f} {gap:>8.3f} {speed:>8,.0f} {took:>6.1f}"
        print(f"{path.stem:<10} {figures}  {'; '.join(wrong[:3])}", flush=True)
    mean = np.mean(gaps) if gaps else math.nan
    print(f"extra vehicles {extra}; mean gap where equal {mean:.4f} %; best known met {hit}; infeasible {bad}")


if __name__ == "__main__":
    main()
