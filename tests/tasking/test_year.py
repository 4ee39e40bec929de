"""A year of programmes: the same whoever works, cover kept as one formation keeps it, counts that add up."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from castor.cover.audit import cover_through
from castor.errors import Infeasible
from castor.flight.plan import Flight, Plan, Standby
from castor.mission import Mission, read
from castor.tasking.generate import generate
from castor.tasking.year import Year, compare, fly_year, missions, standing_floor

MONDAY = dt.date(2018, 10, 15)
FRIDAY = dt.date(2018, 10, 19)


@pytest.fixture(scope="module")
def mission(mali: Path) -> Mission:
    return read(mali)


@pytest.fixture(scope="module")
def week(mission: Mission) -> Year:
    return fly_year(mission, MONDAY, FRIDAY, seed=2, iterations=4)


def test_the_same_whoever_works(mission: Mission, week: Year) -> None:
    with ThreadPoolExecutor(1) as pool:
        alone = fly_year(mission, MONDAY, FRIDAY, seed=2, iterations=4, executor=pool)
    assert alone == week


def test_days_add_up(mission: Mission, week: Year) -> None:
    assert [day.date for day in week.days] == [MONDAY + dt.timedelta(days=n) for n in range(5)]
    assert week.total("asked") == len(generate(mission, MONDAY, 5, seed=2))
    for day in week.days:
        assert 0 <= day.carried <= day.asked
        assert day.pax <= day.asked_pax + 1e-6
        assert day.kg <= day.asked_kg + 1e-6
        assert (day.hours > 0) == (day.missions > 0)
        assert day.formations > 1 or day.missions == 0  # the only formation stands by


def test_the_floor_is_what_one_formation_covers(mission: Mission) -> None:
    begin = dt.datetime(2018, 10, 15)
    end = begin + dt.timedelta(days=1)
    wait = Standby(unit="evac", tails="CH147F-1 CH146-1 CH146-2", place="gao", start=begin, end=end)
    least = min(state.people for state in cover_through(mission, Plan(start=begin, end=end, standby=(wait,))))
    assert 0 < standing_floor(mission, MONDAY) == pytest.approx(least)
    assert standing_floor(msgspec.structs.replace(mission, aircraft=()), MONDAY) == 0


def test_missions_are_sorties_with_a_load(mission: Mission) -> None:
    off = dt.datetime(2018, 10, 15, 6)

    def leg(origin: str, destination: str, hours: int, requests: str) -> Flight:
        at = off + dt.timedelta(hours=hours)
        return Flight(unit="lift", tails="CH147F-1", origin=origin, destination=destination, off=at, on=at,
                      requests=requests)  # fmt: skip

    flights = [leg("gao", "kidal", 0, ""), leg("kidal", "gao", 2, "R1"), leg("gao", "ansongo", 4, ""),
               leg("ansongo", "gao", 5, ""), leg("gao", "menaka", 6, "R2")]  # fmt: skip
    assert missions(mission, flights) == 2


def test_beside_what_was_flown(mission: Mission, week: Year) -> None:
    rows = {row.name: row for row in compare(week, mission)}
    assert rows["pax"].flown == 2800
    assert rows["hours"].flown == 4000
    assert rows["missions"].flown == 100
    assert rows["tonnes"].flown == pytest.approx(167.8, abs=0.1)
    assert rows["pax_mission"].flown == 28
    assert {name for name, row in rows.items() if row.fitted_en} == {"pax_mission", "tonnes_mission"}
    assert all(row.why_en and row.why_fr for row in rows.values())
    bare = compare(week, msgspec.structs.replace(mission, milestones=()))
    assert all(row.flown is None for row in bare)


def test_an_end_before_the_start_is_refused(mission: Mission) -> None:
    with pytest.raises(Infeasible, match="before it starts"):
        fly_year(mission, FRIDAY, MONDAY)
