"""Random missions: the judges accept every plan and reject every planted fault; small days reach the optimum."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import brute
import msgspec
import numpy as np
import pytest
import worlds

from castor.cover.audit import judge_cover
from castor.errors import Infeasible
from castor.flight.check import check
from castor.flight.plan import Flight, Plan, Unserved
from castor.mission.model import Mission
from castor.tasking import best_floor, exact, frontier, plan_tasks

START, END = worlds.START, worlds.END
IN_DOUBT = (118, 298)
"""Tight days on which brute force carries more, as units that wait on tour cover for each other: the bound says so."""


def floor_of(mission: Mission, seed: int) -> float:
    """No floor, half of the most, or the most that can be kept, in turn."""
    return best_floor(mission, START, END) * (seed % 3) / 2


@pytest.mark.parametrize("seed", range(24))
def test_the_judges_accept_the_plan_of_every_random_mission(seed: int) -> None:
    mission = worlds.world(seed)
    floor = floor_of(mission, seed)
    tasked = plan_tasks(mission, START, END, floor=floor, iterations=20, threads=1, seed=seed)
    assert check(mission, tasked.plan, judge_cover) == []
    assert (tasked.plan.bound or 0.0) >= (tasked.plan.objective or 0.0) - 1e-6
    assert all(share >= floor - 1e-9 for _, share in tasked.cover)


@pytest.mark.parametrize("seed", [3, *(seed for seed in range(40) if seed % 4 != 3 and seed != 13)])
def test_small_days_are_solved_to_the_optimum_of_brute_force(seed: int) -> None:
    mission = worlds.small(seed)
    floor = floor_of(mission, seed)
    found = exact(mission, START, END, floor=floor)
    assert check(mission, found.plan, judge_cover) == []
    best = brute.Brute(mission, START, END, floor).run()
    assert found.plan.objective == pytest.approx(best)
    searched = plan_tasks(mission, START, END, floor=floor, iterations=30, threads=1)
    assert (searched.plan.objective or 0.0) <= best + 1e-6
    assert (searched.plan.bound or 0.0) >= best - 1e-6


@pytest.mark.parametrize("seed", [*range(38), *IN_DOUBT])
def test_tight_days_are_solved_to_the_optimum_of_brute_force(seed: int) -> None:
    mission = worlds.tight(seed)
    floor = floor_of(mission, seed // len(worlds.TIGHT))
    plan = exact(mission, START, END, floor=floor).plan
    assert check(mission, plan, judge_cover) == []
    best = brute.Brute(mission, START, END, floor).run()
    if seed in IN_DOUBT:
        assert (plan.objective or 0.0) < best <= (plan.bound or 0.0) + 1e-6
    else:
        assert plan.objective == pytest.approx(best)


@pytest.mark.parametrize("seed", range(3))
def test_the_frontier_never_rises_with_the_floor(seed: int) -> None:
    mission = worlds.world(seed)
    most = best_floor(mission, START, END)
    points = frontier(mission, START, END, floors=[0.0, most / 2, most], iterations=10)
    assert [point.floor for point in points] == sorted({0.0, most / 2, most})
    for low, high in pairwise(points):
        assert low.carried >= high.carried
        assert low.bound >= high.bound
    for point in points:
        assert check(mission, point.plan, judge_cover) == []


def test_a_floor_that_cannot_be_kept_is_refused_with_the_best() -> None:
    mission = worlds.world(1)
    most = best_floor(mission, START, END)
    with pytest.raises(Infeasible, match=f"at all times is {math.floor(most * 1e4) / 1e4:.2%}"):
        plan_tasks(mission, START, END, floor=min(1.0, most + 0.01))


def _later(leg: Flight, minutes: float) -> Flight:
    return msgspec.structs.replace(
        leg, off=leg.off + dt.timedelta(minutes=minutes), on=leg.on + dt.timedelta(minutes=minutes)
    )


def _first(plan: Plan, **changes: Any) -> Plan:
    """The plan with its first loaded leg changed."""
    at = next(n for n, leg in enumerate(plan.flights) if leg.requests)
    legs = [*plan.flights]
    legs[at] = msgspec.structs.replace(legs[at], **changes)
    return msgspec.structs.replace(plan, flights=tuple(legs))


def _loaded(plan: Plan) -> Flight:
    return next(leg for leg in plan.flights if leg.requests)


FAULTS: dict[str, Callable[[Plan], Plan]] = {
    "unknown_place": lambda p: _first(p, destination="nowhere"),
    "unknown_tail": lambda p: _first(p, tails=_loaded(p).tails + " X"),
    "unknown_request": lambda p: _first(p, requests=_loaded(p).requests + " X"),
    "unknown_unit": lambda p: _first(p, unit="x"),
    "no_tail": lambda p: _first(p, tails=""),
    "formation_incomplete": lambda p: _first(p, tails=_loaded(p).tails.split()[0]),
    "outside_plan": lambda p: msgspec.structs.replace(p, end=p.flights[-1].on - dt.timedelta(minutes=1)),
    "time_travel": lambda p: _first(p, on=_loaded(p).off),
    "too_fast": lambda p: _first(p, on=_loaded(p).off + dt.timedelta(minutes=2)),
    "broken_chain": lambda p: msgspec.structs.replace(p, flights=p.flights[1:]),
    "turnaround": lambda p: msgspec.structs.replace(p, flights=(_later(p.flights[0], 9), *p.flights[1:])),
    "capacity_seats": lambda p: _first(p, pax=99),
    "capacity_litters": lambda p: _first(p, litters=99),
    "payload": lambda p: _first(p, cargo_kg=1e6),
    "load_unexplained": lambda p: _first(p, cargo_kg=_loaded(p).cargo_kg + 50),
    "load_missing": lambda p: _first(p, pax=0, cargo_kg=0.0, litters=0),
    "fuel_tank": lambda p: _first(p, fuel_kg=1e5),
    "fuel_reserve": lambda p: _first(p, fuel_kg=1.0),
    "served_and_unserved": lambda p: msgspec.structs.replace(
        p, unserved=(*p.unserved, Unserved(request=_loaded(p).requests.split()[0], reason="duty"))
    ),
    "late": lambda p: msgspec.structs.replace(p, flights=tuple(_later(leg, 11 * 60) for leg in p.flights)),
    "forgotten": lambda p: msgspec.structs.replace(p, flights=()),
    "cover": lambda p: msgspec.structs.replace(p, standby=()),
}


@pytest.fixture(scope="module")
def sound() -> tuple[Mission, Plan]:
    """A mission of formations with a floor, and its plan."""
    mission = worlds.formations(5)
    floor = best_floor(mission, START, END)
    plan = plan_tasks(mission, START, END, floor=floor, iterations=20, threads=1).plan
    assert check(mission, plan, judge_cover) == []
    assert floor > 0
    return mission, plan


@pytest.mark.parametrize("code", FAULTS)
def test_a_planted_fault_is_found(sound: tuple[Mission, Plan], code: str) -> None:
    mission, plan = sound
    found = {one.code for one in check(mission, FAULTS[code](plan), judge_cover)}
    assert code in found


def test_worlds_meet_every_rule() -> None:
    kinds = {tuple(f.role for f in worlds.world(seed).formations) for seed in range(40)}
    assert {(), ("both",), ("medevac", "transport")} <= kinds
    assert np.mean([any(r.split for r in worlds.world(seed).requests) for seed in range(40)]) > 0.2


def test_a_crew_that_is_needed_late_leaves_no_sooner_than_its_duty_allows() -> None:
    """Leaving as early as may be, the first tour would begin a duty that ends before the last."""
    mission = worlds.small(30)
    found = exact(mission, START, END)
    assert check(mission, found.plan, judge_cover) == []
    assert found.plan.objective == found.plan.bound == 73.5
    legs = found.plan.flights
    assert legs[-1].on - legs[0].off == dt.timedelta(hours=mission.rules.flying.duty_h)


def test_an_optimum_in_doubt_is_not_called_proved() -> None:
    """Two units on tour together might keep a floor that neither keeps alone."""
    mission = worlds.small(8)
    plan = exact(mission, START, END, floor=floor_of(mission, 8)).plan
    assert plan.objective == 0.0
    assert plan.bound == 60.0
