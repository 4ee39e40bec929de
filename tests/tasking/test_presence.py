"""The rules of Operation PRESENCE come out of the floor: one formation always stands by, the others carry."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from castor.cover.audit import judge_cover
from castor.flight.check import check
from castor.mission import read
from castor.mission.model import Mission
from castor.tasking import Away, best_floor, frontier, plan_tasks, prices, replan
from castor.tasking.changes import changes
from castor.tasking.generate import generate

START, END = dt.datetime(2018, 10, 15), dt.datetime(2018, 10, 16)


@pytest.fixture(scope="module")
def gao() -> Mission:
    """Mali with a day's requests and the helicopters at Gao alone."""
    mission = read(Path(__file__).resolve().parents[2] / "missions" / "mali")
    asked = generate(mission, START.date(), seed=1, size=14)
    helicopters = tuple(a for a in mission.aircraft if mission.type[a.type].kind == "helicopter")
    return msgspec.structs.replace(mission, requests=asked, aircraft=helicopters)


def test_at_the_whole_cover_of_the_posture_one_formation_always_stands_by(gao: Mission) -> None:
    most = best_floor(gao, START, END)
    plan = plan_tasks(gao, START, END, floor=most, iterations=5, threads=1).plan
    assert check(gao, plan, judge_cover) == []
    assert plan.flights
    held = START
    for row in sorted(plan.standby, key=lambda row: row.start):
        if row.start <= held:
            held = max(held, row.end)
    assert held == END, "somebody stands by at every minute"
    moments = {leg.off for leg in plan.flights}
    for moment in moments:
        assert len({leg.unit for leg in plan.flights if leg.off <= moment < leg.on}) <= 1


def test_with_a_single_formation_nobody_carries_at_the_whole_cover(gao: Mission) -> None:
    names = {"CH147F-1", "CH146-1", "CH146-2"}
    alone = msgspec.structs.replace(gao, aircraft=tuple(a for a in gao.aircraft if a.tail in names))
    most = best_floor(alone, START, END)
    plan = plan_tasks(alone, START, END, floor=most, iterations=2, threads=1).plan
    assert plan.flights == ()
    assert plan.objective == plan.bound == 0
    assert {one.reason for one in plan.unserved} <= {"cover", "capacity", "window", "range", "duty"}
    assert "cover" in {one.reason for one in plan.unserved}
    assert plan_tasks(alone, START, END, floor=0.0, iterations=2, threads=1).plan.flights


def test_more_is_carried_as_the_floor_falls_and_cover_has_a_price(gao: Mission) -> None:
    points = frontier(gao, START, END, floors=[0.0, 0.1, best_floor(gao, START, END)], iterations=5)
    assert [a.carried >= b.carried for a, b in zip(points, points[1:])] == [True, True]  # noqa: RUF007
    found = prices(points)
    assert found[0] is None
    assert all(price is not None for price in found[1:])


def test_what_is_off_the_ground_stays_and_what_was_promised_is_kept(gao: Mission) -> None:
    plan = plan_tasks(gao, START, END, iterations=10, threads=1).plan
    now = dt.datetime(2018, 10, 15, 9)
    late = msgspec.structs.replace(
        gao.requests[0], id="LATE", earliest=now, latest=END, pickup_by=None, split=False, pax=3
    )
    told = msgspec.structs.replace(gao, requests=(*gao.requests, late))
    after = replan(gao, plan, now, added=(late,), iterations=5, threads=1).plan
    assert check(told, after, judge_cover) == []
    flown = [leg for leg in plan.flights if leg.off < now]
    assert flown
    assert set(flown) <= set(after.flights)
    assert not [one for one in changes(plan, after) if one.kind == "dropped"]


def test_a_lost_aircraft_and_a_call_keep_their_aircraft_from_flying(gao: Mission) -> None:
    plan = plan_tasks(gao, START, END, iterations=5, threads=1).plan
    now = dt.datetime(2018, 10, 15, 5)
    after = replan(gao, plan, now, lost=("CH147F-2",), iterations=5, threads=1).plan
    assert check(gao, after, judge_cover) == []
    assert not [leg for leg in after.flights if leg.off >= now and "CH147F-2" in leg.tails.split()]
    until = dt.datetime(2018, 10, 15, 12)
    called = replan(
        gao, plan, now, away=(Away(tails="CH147F-1 CH146-1 CH146-2", until=until),), iterations=5, threads=1
    )
    rows = [(leg.tails, leg.off, leg.on) for leg in called.plan.flights]
    rows += [(row.tails, row.start, row.end) for row in called.plan.standby]
    for tails, start, end in rows:
        if {"CH147F-1", "CH146-1", "CH146-2"} & set(tails.split()):
            assert end <= now or start >= until
