"""castor against PyVRP, OR-Tools and VROOM on pick-ups and deliveries: the same seconds, one thread, in one run.

    python benchmarks/peers/tasking.py ../shared/data/tasking                      twelve of Li and Lim, both objectives
    python benchmarks/peers/tasking.py ../shared/data/tasking --seconds 2 --only lc103 lr104
    python benchmarks/peers/tasking.py ../shared/data/tasking --set darp           ride times: castor and OR-Tools
    python benchmarks/peers/tasking.py --made windows:200:1 roads:100:1 rides:96:1 ships:100:1

Each run is a process of its own with one thread, so that its processor seconds and its peak memory are its own; castor
is warm (compiled code in the cache). VROOM stops by itself. Who cannot say a problem is left out of it. Problems made
by ``benchmarks/made.py`` (manner:requests:seed) have no best known value: gaps are to the best plan of the run. Every
plan is judged by the checker of ``benchmarks/published/tasking.py``: castor's on its own times, the others' on times
reckoned in ``benchmarks/peers/routers.py``.
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
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks"), str(ROOT / "benchmarks" / "published")]

from made import MANNERS  # noqa: E402
from routers import can, castor, earliest, ortools, pyvrp, vroom  # noqa: E402
from tasking import NAMED, best_known, cordeau, instances, judge, li_lim  # noqa: E402

SOLVERS: dict[str, Any] = {"castor": castor, "PyVRP": pyvrp, "OR-Tools": ortools, "VROOM": vroom}


def load(case: str) -> dict[str, Any]:
    """The fields of a problem from its file, or made: manner:requests:seed."""
    if ":" in case:
        manner, requests, seed = case.split(":")
        return dict(MANNERS[manner](int(requests), np.random.default_rng([int(seed), int(requests)])))
    return cordeau(Path(case)) if Path(case).stem.startswith(("a", "b")) else li_lim(Path(case))


def one(who: str, case: str, seconds: float, vehicles: bool) -> None:
    """Run and print one result as JSON; nothing where the peer cannot say the problem."""
    from castor.tasking.routing import routing

    problem = {name: value for name, value in load(case).items() if name not in ("objective", "known")}
    made = routing(**problem)
    if not can(who, made):
        print("null")
        return
    began = time.perf_counter()
    routes, when = SOLVERS[who](made, seconds, vehicles)
    wall = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    distance, count, wrong = judge(problem, routes, when or earliest(made, routes))
    print(json.dumps({
        "distance": distance, "vehicles": count, "wrong": wrong[:2], "wall": wall,
        "cpu": used.ru_utime + used.ru_stime, "memory_mb": used.ru_maxrss // 1024,
    }))  # fmt: skip


def alone(who: str, case: str, seconds: float, vehicles: bool) -> dict[str, Any] | None:
    """One run in a process of its own; None where the peer cannot say the problem."""
    command = [sys.executable, __file__, "--one", who, case, str(seconds), str(int(vehicles))]
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
    found = json.loads(run.stdout.splitlines()[-1])
    return None if found is None else dict(found)


def table(cases: list[str], who: list[str], seconds: float, vehicles: bool, known: dict[str, Any]) -> None:
    """One objective: a line for each run, and the means at the end."""
    print(f"\n{'vehicles, then cost' if vehicles else 'cost only'}, {seconds:g} s on one thread")
    print(f"{'instance':<14} {'who':<9} {'units':>5} {'cost':>13} {'gap %':>8} {'CPU s':>6} {'MB':>5}")
    runs: dict[str, list[tuple[int, float, bool, float, float]]] = {name: [] for name in who}
    for case in cases:
        label = case if ":" in case else Path(case).stem
        said = {name: found for name in who if (found := alone(name, case, seconds, vehicles)) is not None}
        good = [(f["vehicles"] if vehicles else 0, f["distance"]) for f in said.values() if not f["wrong"]]
        least, best = known.get(label, min(good, default=(0, math.nan)))
        for name, found in said.items():
            gap = 100.0 * (found["distance"] - best) / best
            more = found["vehicles"] - least
            runs[name].append((more, gap, not found["wrong"], found["cpu"], found["memory_mb"]))
            wrong = "; ".join(str(w) for w in found["wrong"])
            figures = f"{found['vehicles']:>5} {found['distance']:>13.4f} {gap:>8.3f} {found['cpu']:>6.1f}"
            print(f"{label:<14} {name:<9} {figures} {found['memory_mb']:>5}  {wrong}", flush=True)
    _means({name: rows for name, rows in runs.items() if rows}, vehicles)


def _means(runs: dict[str, list[tuple[int, float, bool, float, float]]], vehicles: bool) -> None:
    """The lines at the end."""
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
    parser.add_argument("--made", nargs="+", help="manner:requests:seed", default=[])
    parser.add_argument("--set", choices=["li_lim", "darp"], default="li_lim")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--only", nargs="+", help="beginnings of names")
    parser.add_argument("--who", nargs="+", default=list(SOLVERS))
    parser.add_argument("--objective", choices=["vehicles", "cost"], nargs="+", default=["vehicles", "cost"])
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(asked.one[0], asked.one[1], float(asked.one[2]), asked.one[3] == "1")
        return
    for vehicles in (True, False):
        cases = [case for case in asked.made if (load(case)["objective"] == "vehicles") == vehicles]
        if cases:
            table(cases, asked.who, asked.seconds, vehicles, {})
    if asked.made:
        return
    if asked.folder is None:
        parser.error("which folder?")
    darp = asked.set == "darp"
    paths = instances(asked.folder, asked.set)
    only = tuple(asked.only or (["a2", "a3", "a4"] if darp else NAMED))
    names = [str(path) for path in paths if path.stem.startswith(only)]
    for objective in ["cost"] if darp else asked.objective:
        table(names, asked.who, asked.seconds, objective == "vehicles", best_known(asked.folder))


if __name__ == "__main__":
    main()
