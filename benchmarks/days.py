"""A day of 100 requests and 10 units, a week of 500 requests and 20 units: planned, judged, and the gap to the bound.

    python benchmarks/days.py

The asked-for limits are 10 seconds for the day and two minutes for the week, compilation apart. Units are formations of
a lead and an escort at three bases, all of which may also stand by; half of the posture's cover is kept.
"""

from __future__ import annotations

import argparse
import datetime as dt
import time

import msgspec
import numpy as np

from castor.cover.audit import judge_cover
from castor.flight.check import check
from castor.mission.model import Aircraft, AircraftType, Flying, Formation, Mission, Place, Request, Rules
from castor.tasking import best_floor, plan_tasks

START = dt.datetime(2021, 3, 8)
MINUTE = dt.timedelta(minutes=1)
HEAVY = AircraftType(
    type="H", name="Heavy", kind="helicopter", cruise_kt=135, range_km=800, fuel_kg=4000, burn_kg_h=1000,
    payload_kg=5000, seats=24, litters=12,
    mtow_kg=18000, empty_kg=9500, crew_kg=400, lapse_kg_per_1000ft=300, lapse_above_ft=4000,
)  # fmt: skip
LIGHT = AircraftType(type="L", name="Light", kind="helicopter", cruise_kt=140, range_km=700, payload_kg=900, seats=6)


def theatre(requests: int, units: int, days: int, seed: int = 1) -> Mission:
    """Three bases and 17 camps in a square of some 400 km; requests within single days."""
    rng = np.random.default_rng(seed)
    places = tuple(
        Place(id=f"P{n}", name=f"P{n}", lat=float(14 + 3.6 * rng.random()), lon=float(3.6 * rng.random()),
              fuel=True if n < 3 or n % 4 == 0 else None, medical="2" if n < 2 else None,
              people=float(rng.integers(50, 900)), elev_ft=float(rng.integers(0, 2500)))
        for n in range(20)
    )  # fmt: skip
    aircraft = [Aircraft(tail=f"H{n}", type="H", base=f"P{n % 3}") for n in range(units)]
    aircraft += [Aircraft(tail=f"L{n}", type="L", base=f"P{n % 3}") for n in range(units)]
    pair = {"lead": "H", "escort": "L", "escorts": 1}
    formations = (
        Formation(id="evac", name="evac", role="medevac", **pair),  # type: ignore[arg-type]
        Formation(id="lift", name="lift", role="transport", **pair),  # type: ignore[arg-type]
    )
    asked = tuple(_request(rng, n, days) for n in range(requests))
    return Mission(
        name="theatre", title={"en": "Theatre"}, start=START.date(), end=START.date() + dt.timedelta(days=days - 1),
        rules=Rules(flying=Flying(crews=2)), places=places, types=(HEAVY, LIGHT), aircraft=tuple(aircraft),
        formations=formations, requests=asked,
    )  # fmt: skip


def _request(rng: np.random.Generator, number: int, days: int) -> Request:
    a, b = (int(x) for x in rng.choice(20, 2, replace=False))
    if rng.random() < 0.5:
        a = int(rng.integers(3)) if b > 2 else a
    begin = START + (1440 * int(rng.integers(days)) + int(rng.integers(5 * 60, 12 * 60))) * MINUTE
    return Request(
        id=f"R{number}", origin=f"P{a}", destination=f"P{b}", earliest=begin,
        latest=begin + int(rng.integers(180, 480)) * MINUTE, pax=int(rng.integers(1, 14)),
        cargo_kg=float(rng.integers(0, 12) * 100), priority=int(rng.integers(1, 5)),
    )  # fmt: skip


def run(requests: int, units: int, days: int, seconds: float) -> None:
    """Plan, judge, print."""
    mission = theatre(requests, units, days)
    end = START + dt.timedelta(days=days)
    floor = best_floor(mission, START, end) / 2
    began = time.monotonic()
    tasked = plan_tasks(mission, START, end, floor=floor, seconds=seconds)
    took, plan = time.monotonic() - began, tasked.plan
    faults = len(check(mission, plan, judge_cover))
    left = len({one.request for one in plan.unserved})
    print(
        f"{requests} requests, {units} units, {days} days: {took:.1f} s, {tasked.iterations} rounds, worth "
        f"{plan.objective:.0f} of at most {plan.bound:.0f} (gap {plan.gap:.1%}), {requests - left} carried, "
        f"{len(plan.flights)} legs, floor {floor:.0%}, {faults} faults"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--day", type=float, default=8.0, help="seconds of search for the day")
    parser.add_argument("--week", type=float, default=90.0, help="seconds of search for the week")
    asked = parser.parse_args()
    small = theatre(5, 2, 1)
    plan_tasks(small, START, START + dt.timedelta(days=1), iterations=1)  # compiles
    run(100, 10, 1, asked.day)
    run(500, 20, 7, asked.week)
    print(msgspec.json.encode({"day_s": asked.day, "week_s": asked.week}).decode())
