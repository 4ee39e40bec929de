"""Small days solved to a proved optimum against brute force; and random missions judged by the independent checker.

python benchmarks/small_days.py                 # 300 small days, 2,000 random missions
python benchmarks/small_days.py --days 30 --missions 200
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from pathlib import Path
from typing import Any

from castor.cover.audit import judge_cover
from castor.flight.check import check
from castor.tasking import best_floor, exact, plan_tasks

TESTS = Path(__file__).resolve().parents[1] / "tests" / "tasking"


def load(name: str) -> Any:
    """A module of the tests: random missions, brute force."""
    spec = importlib.util.spec_from_file_location(f"tasking_{name}", TESTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def days(count: int) -> None:
    """Exact against brute force, and whether the search finds as much and its bound holds."""
    worlds, brute = load("worlds"), load("brute")
    equal = searched = 0
    wrong = []
    began = time.monotonic()
    for seed in range(count):
        mission = worlds.small(seed)
        floor = best_floor(mission, worlds.START, worlds.END) * (seed % 3) / 2
        found = exact(mission, worlds.START, worlds.END, floor=floor)
        best = brute.Brute(mission, worlds.START, worlds.END, floor).run()
        good = abs((found.plan.objective or 0.0) - best) < 1e-6 and check(mission, found.plan, judge_cover) == []
        plan = plan_tasks(mission, worlds.START, worlds.END, floor=floor, iterations=30, threads=1).plan
        good = good and (plan.bound or 0.0) >= best - 1e-6
        equal += good
        searched += abs((plan.objective or 0.0) - best) < 1e-6
        if not good:
            wrong.append(seed)
    took = time.monotonic() - began
    print(f"small days: {equal} of {count} equal to brute force; the search found {searched}; {took:.0f} s", wrong)


def missions(count: int) -> None:
    """Plans of random missions, judged."""
    worlds = load("worlds")
    bad = []
    began = time.monotonic()
    carried = bound = 0.0
    for seed in range(count):
        mission = worlds.world(seed)
        floor = best_floor(mission, worlds.START, worlds.END) * (seed % 3) / 2
        plan = plan_tasks(mission, worlds.START, worlds.END, floor=floor, iterations=20, threads=1, seed=seed).plan
        carried, bound = carried + (plan.objective or 0.0), bound + (plan.bound or 0.0)
        if check(mission, plan, judge_cover):
            bad.append(seed)
    took = time.monotonic() - began
    gap = 1 - carried / bound if bound else 0.0
    print(f"random missions: {count - len(bad)} of {count} accepted; gap of all {gap:.1%}; {took:.0f} s", bad)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=300)
    parser.add_argument("--missions", type=int, default=2000)
    asked = parser.parse_args()
    days(asked.days)
    missions(asked.missions)
