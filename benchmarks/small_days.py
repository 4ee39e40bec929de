"""Small days solved to a proved optimum against brute force; and random missions judged by the independent checker.

    python benchmarks/small_days.py                          # 300 small days, 2,000 random missions
    python benchmarks/small_days.py --days 100 200 --missions 0 0

Days and missions are those of the seeds from the first number to before the second, so that the whole can be run in
parts. Every line says how far it is; the last tell how many days have each rule, and on how many it binds: without it,
more could be carried.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from castor.cover.audit import judge_cover
from castor.flight.check import check
from castor.mission.model import Mission
from castor.tasking import best_floor, exact, plan_tasks

TESTS = Path(__file__).resolve().parents[1] / "tests" / "tasking"
EVERY = 25


def load(name: str) -> Any:
    """A module of the tests: random missions, brute force."""
    spec = importlib.util.spec_from_file_location(f"tasking_{name}", TESTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


worlds, brute = load("worlds"), load("brute")
replace = msgspec.structs.replace


def _flying(**changes: Any) -> Callable[[Mission], Mission]:
    return lambda m: replace(m, rules=replace(m.rules, flying=replace(m.rules.flying, **changes)))


def _requests(**changes: Any) -> Callable[[Mission], Mission]:
    return lambda m: replace(m, requests=tuple(replace(one, **changes) for one in m.requests))


def _types(**changes: Any) -> Callable[[Mission], Mission]:
    return lambda m: replace(m, types=tuple(replace(one, **changes) for one in m.types))


def _alone(m: Mission) -> Mission:
    return replace(m, formations=tuple(replace(one, escorts=0) for one in m.formations))


RULES: dict[str, tuple[Callable[[Mission], bool], Callable[[Mission], Mission]]] = {
    "range and refuelling": (lambda m: True, _types(range_km=1e5, fuel_kg=None, burn_kg_h=None)),
    "escorts": (lambda m: any(f.escorts for f in m.formations), _alone),
    "ride limits": (lambda m: any(r.ride_max_min for r in m.requests), _requests(ride_max_min=None)),
    "goods apart": (lambda m: len({r.goods for r in m.requests} - {""}) > 1, _requests(goods="")),
    "night": (lambda m: not all(t.night for t in m.types), _types(night=True)),
    "crews": (lambda m: True, _flying(duty_h=24.0, flight_h=24.0, crews=4)),
    "heat and mass": (lambda m: any(t.mtow_kg for t in m.types), _types(mtow_kg=None)),
    "pick-up by": (lambda m: any(r.pickup_by for r in m.requests), _requests(pickup_by=None)),
}
"""Rules: whether a day has it, and the day without it."""


def solved(mission: Mission, floor: float) -> float:
    """Worth of the optimum."""
    return exact(mission, worlds.START, worlds.END, floor=floor).plan.objective or 0.0


def binding(mission: Mission, floor: float, best: float, has: Counter[str], binds: Counter[str]) -> None:
    """Count the rules that a day has, and those without which more could be carried."""
    if floor > 0:
        has["floor of cover"] += 1
        binds["floor of cover"] += solved(mission, 0.0) > best + 1e-6
    for name, (there, without) in RULES.items():
        if there(mission):
            has[name] += 1
            freed = without(mission)
            binds[name] += solved(freed, min(floor, best_floor(freed, worlds.START, worlds.END))) > best + 1e-6


def days(first: int, last: int) -> None:
    """Exact against brute force, and whether the search finds as much and its bound holds."""
    equal = between = proved = searched = 0
    wrong, has, binds = [], Counter[str](), Counter[str]()
    began = time.process_time()
    for seed in range(first, last):
        mission = worlds.small(seed)
        floor = best_floor(mission, worlds.START, worlds.END) * (seed % 3) / 2
        plan = exact(mission, worlds.START, worlds.END, floor=floor).plan
        best = brute.Brute(mission, worlds.START, worlds.END, floor).run()
        found, most = plan.objective or 0.0, plan.bound or 0.0
        tasked = plan_tasks(mission, worlds.START, worlds.END, floor=floor, iterations=30, threads=1).plan
        same = abs(found - best) < 1e-6
        good = found <= best + 1e-6 <= most + 2e-6 and (same or most > found + 1e-6)
        good = good and check(mission, plan, judge_cover) == [] and (tasked.bound or 0.0) >= best - 1e-6
        equal, between = equal + (good and same), between + (good and not same)
        proved += most <= found + 1e-6
        searched += abs((tasked.objective or 0.0) - best) < 1e-6
        wrong += [] if good else [seed]
        binding(mission, floor, found, has, binds)
        done = seed + 1 - first
        if done % EVERY == 0 or seed + 1 == last:
            took = time.process_time() - began
            print(f"small days {first} to {seed}: {equal} of {done} equal to brute force, {between} in doubt with "
                  f"brute force between plan and bound, {proved} proved, {searched} found by the search; {took:.0f} s",
                  wrong, flush=True)  # fmt: skip
    for name in ["floor of cover", *RULES] if last > first else ():
        print(f"  {name}: on {has[name]} days, binds on {binds[name]}")


def missions(first: int, last: int) -> None:
    """Plans of random missions, judged."""
    bad, legs = [], Counter[str]()
    began = time.process_time()
    carried = bound = 0.0
    for seed in range(first, last):
        mission = worlds.world(seed)
        floor = best_floor(mission, worlds.START, worlds.END) * (seed % 3) / 2
        plan = plan_tasks(mission, worlds.START, worlds.END, floor=floor, iterations=20, threads=1, seed=seed).plan
        carried, bound = carried + (plan.objective or 0.0), bound + (plan.bound or 0.0)
        bad += [seed] if check(mission, plan, judge_cover) else []
        legs["missions that fly"] += bool(plan.flights)
        legs["with escorts"] += any(" " in leg.tails for leg in plan.flights)
        legs["refuelling away"] += any(
            leg.uplift_kg and mission.tail[leg.tails.split()[0]].base != leg.origin for leg in plan.flights
        )
        legs["with parts of requests"] += any("*" in leg.requests for leg in plan.flights)
        legs["cover as a reason"] += any(left.reason == "cover" for left in plan.unserved)
        done = seed + 1 - first
        if done % (4 * EVERY) == 0 or seed + 1 == last:
            took, gap = time.process_time() - began, 1 - carried / bound if bound else 0.0
            print(f"random missions {first} to {seed}: {done - len(bad)} of {done} accepted; gap of all {gap:.1%}; "
                  f"{took:.0f} s", bad, dict(legs), flush=True)  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, nargs=2, default=(0, 300))
    parser.add_argument("--missions", type=int, nargs=2, default=(0, 2000))
    asked = parser.parse_args()
    days(*asked.days)
    missions(*asked.missions)
