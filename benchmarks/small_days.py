"""Small days solved to a proved optimum against brute force; and random missions judged by the independent checker.

    python benchmarks/small_days.py                          # 300 small days, 2,000 random missions
    python benchmarks/small_days.py --days 100 200 --missions 0 0

    python benchmarks/small_days.py --made small --days 12 52 --missions 0 0
    python benchmarks/small_days.py --days 0 0 --missions 0 0 --larger 0 40   # 12 to 15 requests, no brute force
    python benchmarks/small_days.py --days 0 0 --missions 0 0 --nights 0 300   # two days, nights away allowed

Days and missions are those of the seeds from the first number to before the second, so that the whole can be run in
parts; with ``--file`` a run that was broken off goes on where it stopped. Every line says how far it is; the last tell
how many days have each rule, and on how many it binds: without it more could be carried, or, of what gives leave, less.
Days of which brute force would have to judge too many programmes are given up and never counted as equal.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from castor.cover.audit import judge_cover
from castor.errors import Infeasible
from castor.flight.check import check
from castor.flight.plan import Plan
from castor.flight.rests import rests
from castor.mission.model import Mission
from castor.tasking import best_floor, exact, plan_tasks
from castor.tasking.worth import worth

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "tasking"))

import brute
import days as theatre
import worlds

EVERY = 25
replace = msgspec.structs.replace


def _flying(**changes: Any) -> Callable[[Mission], Mission]:
    return lambda m: replace(m, rules=replace(m.rules, flying=replace(m.rules.flying, **changes)))


def _requests(**changes: Any) -> Callable[[Mission], Mission]:
    return lambda m: replace(m, requests=tuple(replace(one, **changes) for one in m.requests))


def _types(**changes: Any) -> Callable[[Mission], Mission]:
    return lambda m: replace(m, types=tuple(replace(one, **changes) for one in m.types))


def _alone(m: Mission) -> Mission:
    return replace(m, formations=tuple(replace(one, escorts=0) for one in m.formations))


def _away(m: Mission) -> Mission:
    bases = {a.base for a in m.aircraft}
    return replace(m, places=tuple(p if p.id in bases else replace(p, fuel=None) for p in m.places))


def _any_time(m: Mission) -> Mission:
    whole = {"pickup_by": None, "deliver_from": None, "earliest": worlds.START, "latest": worlds.END}
    return _requests(**whole)(m)


RULES: dict[str, tuple[Callable[[Mission], bool], Callable[[Mission], Mission]]] = {
    "range and fuel": (lambda m: True, _types(range_km=1e5, fuel_kg=None, burn_kg_h=None)),
    "refuelling away from base": (lambda m: _away(m) != m, _away),
    "heat and mass": (lambda m: any(t.mtow_kg for t in m.types), _types(mtow_kg=None)),
    "duty and flight time": (lambda m: True, _flying(duty_h=24.0, flight_h=24.0, crews=4)),
    "night": (lambda m: not all(t.night for t in m.types), _types(night=True)),
    "ride limits": (lambda m: any(r.ride_max_min for r in m.requests), _requests(ride_max_min=None)),
    "goods apart": (lambda m: len({r.goods for r in m.requests} - {""}) > 1, _requests(goods="")),
    "windows": (lambda m: True, _any_time),
    "pick-up by": (lambda m: any(r.pickup_by for r in m.requests), _requests(pickup_by=None)),
    "delivery from": (lambda m: any(r.deliver_from for r in m.requests), _requests(deliver_from=None)),
    "parts": (lambda m: any(r.split for r in m.requests), _requests(split=False)),
    "escorts": (lambda m: any(f.escorts for f in m.formations), _alone),
}
"""Rules: whether a day has it, and the day without it."""
LEAVE = ("refuelling away from base", "parts")
"""Rules that give leave: where they bind, less can be carried without them; without the others, more."""
FLOOR = "floor of cover"


def solved(mission: Mission, floor: float) -> float:
    """Worth of the optimum."""
    return exact(mission, worlds.START, worlds.END, floor=floor).plan.objective or 0.0


def binding(mission: Mission, floor: float, best: float) -> dict[str, bool]:
    """The rules that a day has, and whether what can be carried hangs on each."""
    whole = sum(worth(one, mission.rules.flying) for one in mission.requests)
    found = {FLOOR: best < whole - 1e-6 and solved(mission, 0.0) > best + 1e-6} if floor > 0 else {}
    for name, (there, without) in RULES.items():
        if there(mission) and best >= whole - 1e-6 and name not in LEAVE:
            found[name] = False  # all is carried
        elif there(mission):
            freed = without(mission)
            other = solved(freed, min(floor, best_floor(freed, worlds.START, worlds.END)))
            found[name] = other < best - 1e-6 if name in LEAVE else other > best + 1e-6
    return found


def day(seed: int, made: str) -> dict[str, Any]:
    """Exact against brute force on one day, and whether the search finds as much and its bound holds."""
    mission = getattr(worlds, made)(seed)
    level = seed // len(worlds.TIGHT) if made == "tight" else seed
    floor = best_floor(mission, worlds.START, worlds.END) * (level % 3) / 2
    began = time.process_time()
    plan = exact(mission, worlds.START, worlds.END, floor=floor).plan
    took = time.process_time() - began
    found, most = plan.objective or 0.0, plan.bound or 0.0
    tasked = plan_tasks(mission, worlds.START, worlds.END, floor=floor, iterations=30, threads=1).plan
    accepted = not check(mission, plan, judge_cover) and not check(mission, tasked, judge_cover)
    row = {"seed": seed, "found": found, "bound": most, "proved": most <= found + 1e-6, "accepted": accepted,
           "exact_s": took, "binds": binding(mission, floor, found)}  # fmt: skip
    began = time.process_time()
    try:
        best = brute.Brute(mission, worlds.START, worlds.END, floor).run()
    except brute.GivenUpError:
        return {**row, "is": "given up"}
    same = abs(found - best) < 1e-6
    good = accepted and best <= min(most, tasked.bound or 0.0) + 1e-6 and (same or (found < best and not row["proved"]))
    told = ("equal" if same else "in doubt") if good else "wrong"
    searched = abs((tasked.objective or 0.0) - best) < 1e-6
    return {**row, "is": told, "brute": best, "searched": searched, "brute_s": time.process_time() - began}


def days(first: int, last: int, made: str, file: Path | None) -> None:
    """All days of some seeds; those that a file of earlier results holds are not solved again."""
    lines = file.read_text(encoding="utf-8").splitlines() if file is not None and file.exists() else []
    rows = {row["seed"]: row for row in map(json.loads, lines)}
    for seed in range(first, last):
        if seed not in rows:
            rows[seed] = day(seed, made)
            if file is not None:
                with file.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(rows[seed]) + "\n")
        if (seed + 1 - first) % EVERY == 0 or seed + 1 == last:
            tell([rows[n] for n in range(first, seed + 1)], made)
    for name in [FLOOR, *RULES] if last > first else ():
        has = [rows[n]["binds"][name] for n in range(first, last) if name in rows[n]["binds"]]
        print(f"  {name}: on {len(has)} days, binds on {sum(has)}")


def tell(rows: list[dict[str, Any]], made: str) -> None:
    """A line on the days so far."""
    kinds = Counter(row["is"] for row in rows)
    tried = [row for row in rows if row["is"] != "given up"]
    proved = Counter(row["is"] for row in rows if row["proved"])
    print(f"{made} days {rows[0]['seed']} to {rows[-1]['seed']}: {kinds['equal']} of {len(rows)} equal to brute force "
          f"({proved['equal']} of them proved), {kinds['in doubt']} in doubt with more found by brute force, "
          f"{kinds['given up']} given up; {sum(row['searched'] for row in tried)} found by the search; exact "
          f"{sum(row['exact_s'] for row in rows):.0f} s, brute force {sum(row['brute_s'] for row in tried):.0f} s; "
          "wrong",
          [row["seed"] for row in rows if row["is"] == "wrong"], flush=True)  # fmt: skip


def larger(first: int, last: int) -> None:
    """Days of 12 to 15 requests and 2 to 4 formations with their escorts, at floors from none to all of the cover."""
    told: Counter[str] = Counter()
    end = theatre.START + dt.timedelta(days=1)
    for seed in range(first, last):
        mission = theatre.theatre(12 + seed % 4, 2 + seed % 3, 1, seed)
        floor = best_floor(mission, theatre.START, end) * (seed % 5) / 4
        began = time.process_time()
        try:
            plan = exact(mission, theatre.START, end, floor=floor).plan
        except Infeasible:
            told["too many tours"] += 1
            continue
        found, most = plan.objective or 0.0, plan.bound or 0.0
        bad = check(mission, plan, judge_cover)
        told["faults" if bad else "proved" if most <= found + 1e-6 else "in doubt"] += 1
        took = time.process_time() - began
        print(f"day {seed}: {len(mission.requests)} requests, floor {floor:.0%}, {found:.1f} of at most {most:.1f}, "
              f"{took:.1f} s", flush=True)  # fmt: skip
    if last > first:
        print(f"larger days {first} to {last - 1}: {dict(told)}")


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


def _beside_brute_force(seed: int, mission: Mission, floor: float, end: dt.datetime, plan: Plan) -> str:
    """How what a plan carries compares with what brute force finds; told where they differ."""
    try:
        best = brute.Brute(mission, worlds.START, end, floor).run()
    except brute.GivenUpError:
        return "small given up by brute force"
    if abs((plan.objective or 0.0) - best) < 1e-6:
        return "small equal to brute force"
    print(f"  seed {seed}: carries {plan.objective}, brute force {best}, bound {plan.bound}", flush=True)
    return "small other than brute force"


def nights(first: int, last: int) -> None:
    """Missions of two days whose aircraft may stay away overnight: small ones beside brute force, random ones judged,
    each beside the same with every night at home.
    """
    end, found = worlds.START + dt.timedelta(days=2), Counter[str]()
    for seed in range(first, last):
        small, wide = worlds.away(seed), worlds.two_days(seed, duty_h=float(4 + seed % 3))
        for name, mission in (("small", small), ("wide", wide)):
            floor = best_floor(mission, worlds.START, end) * (seed % 3) / 2
            asked: dict[str, Any] = {"floor": floor, "iterations": 30, "threads": 1, "seed": seed}
            plan = plan_tasks(mission, worlds.START, end, **asked).plan
            home = plan_tasks(_flying(overnight=False)(mission), worlds.START, end, **asked).plan
            more = (plan.objective or 0.0) - (home.objective or 0.0)
            found[f"{name} accepted"] += not check(mission, plan, judge_cover)
            found[f"{name} with nights away"] += bool(rests(mission, plan))
            found[f"{name} carrying more than at home"] += more > 1e-6
            found[f"{name} carrying less"] += more < -1e-6
            if name == "small":
                found[_beside_brute_force(seed, mission, floor, end, plan)] += 1
        if (seed + 1 - first) % EVERY == 0 or seed + 1 == last:
            print(f"two days {first} to {seed}:", dict(found), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, nargs=2, default=(0, 300))
    parser.add_argument("--made", choices=("tight", "small"), default="tight", help="which family of days")
    parser.add_argument("--file", type=Path, help="results by day, added to; days in it are not solved again")
    parser.add_argument("--missions", type=int, nargs=2, default=(0, 2000))
    parser.add_argument("--nights", type=int, nargs=2, default=(0, 0), help="of two days, nights away allowed")
    parser.add_argument("--larger", type=int, nargs=2, default=(0, 0), help="days of 12 to 15 requests")
    asked = parser.parse_args()
    larger(*asked.larger)
    days(*asked.days, asked.made, asked.file)
    missions(*asked.missions)
    nights(*asked.nights)
