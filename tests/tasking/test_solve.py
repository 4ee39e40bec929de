"""Plans of the flying programme pass the independent judges, and are the same for a seed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from castor.cover.audit import judge_cover
from castor.errors import Infeasible
from castor.flight.check import check
from castor.mission import read
from castor.tasking import best_floor, bound, plan_tasks
from castor.tasking.generate import generate

START, END = dt.datetime(2018, 10, 15), dt.datetime(2018, 10, 16)


@pytest.mark.parametrize("floor", [0.0, 0.29])
def test_a_day_in_mali_passes_the_judges(mali: Path, floor: float) -> None:
    mission = read(mali)
    asked = generate(mission, START.date(), seed=3, size=12)
    mission = msgspec.structs.replace(mission, requests=asked)
    tasked = plan_tasks(mission, START, END, floor=floor, iterations=2, threads=1)
    assert check(mission, tasked.plan, judge_cover) == []
    assert tasked.plan.objective
    assert min(share for _, share in tasked.cover) >= floor - 1e-9
    again = plan_tasks(mission, START, END, floor=floor, iterations=2, threads=1)
    assert again.plan == tasked.plan


def test_a_floor_above_the_posture_is_refused_with_the_best_that_can_be_had(mali: Path) -> None:
    with pytest.raises(Infeasible, match=r"best that can be had at all times is 29\.96%"):
        plan_tasks(read(mali), START, END, floor=0.5)


def test_the_first_round_is_run_whatever_is_asked(mali: Path) -> None:
    none, one = (plan_tasks(read(mali), START, END, iterations=k, threads=1) for k in (0, 1))
    assert none.iterations == one.iterations == 1
    assert none.plan == one.plan


def test_without_a_unit_that_carries_every_request_is_left_out_with_that_reason(mali: Path) -> None:
    mission = read(mali)
    own = tuple(one for one in mission.aircraft if one.type in {"CH-147F", "CH-146"})
    standing = tuple(one for one in mission.formations if one.id == "evac")
    mission = msgspec.structs.replace(mission, aircraft=own, formations=standing)
    tasked = plan_tasks(mission, START, END, iterations=1, threads=1)
    assert not tasked.plan.flights
    assert {one.reason for one in tasked.plan.unserved} == {"unit"}
    assert tasked.plan.bound == 0.0


def test_what_only_the_floor_forbids_beside_the_programme_is_left_out_for_cover(mali: Path) -> None:
    mission = read(mali)
    helicopters = tuple(one for one in mission.aircraft if mission.type[one.type].kind == "helicopter")
    mission = msgspec.structs.replace(mission, aircraft=helicopters)
    day = dt.datetime(2018, 10, 21)
    bounds = day, day + dt.timedelta(days=1)
    held = plan_tasks(mission, *bounds, floor=best_floor(mission, *bounds), iterations=50, threads=1).plan
    assert held.unserved
    assert {one.reason for one in held.unserved} == {"cover"}
    free = plan_tasks(mission, *bounds, floor=0.0, iterations=50, threads=1).plan
    assert (free.objective or 0.0) > (held.objective or 0.0)
    assert "cover" not in {one.reason for one in free.unserved}


def test_too_large_a_relaxation_is_not_solved_and_all_that_can_be_served_is_the_bound(
    mali: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission = read(mali)
    begin = dt.datetime(2018, 10, 18)
    close = plan_tasks(mission, begin, begin + dt.timedelta(days=1), iterations=1).plan.bound
    monkeypatch.setattr(bound, "MOST_COLUMNS", 10)
    wide = plan_tasks(mission, begin, begin + dt.timedelta(days=1), iterations=1).plan.bound
    assert close is not None
    assert wide is not None
    assert close <= wide
