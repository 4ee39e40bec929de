"""Requests drawn by chance: the same for a seed, of the means asked for, in daylight, accepted by the reader."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import pytest

from castor.errors import Infeasible
from castor.flight.geodesy import is_night
from castor.mission import Mission, read
from castor.mission.model import Request
from castor.mission.table import load_table, write_table
from castor.tasking.generate import DEFAULT, generate

MONDAY = dt.date(2018, 10, 15)


@pytest.fixture(scope="module")
def mission(mali: Path) -> Mission:
    return read(mali)


@pytest.fixture(scope="module")
def many(mission: Mission) -> tuple[Request, ...]:
    return generate(mission, MONDAY, 2, seed=3, size=12_000)


def test_a_week_is_seven_days_of_the_year_whoever_draws_them(mission: Mission) -> None:
    week = generate(mission, MONDAY, 7, seed=5)
    with ThreadPoolExecutor(4) as pool:
        days = list(pool.map(lambda n: generate(mission, MONDAY + dt.timedelta(days=n), seed=5), range(7)))
    assert week == tuple(request for day in days for request in day)
    assert week == generate(mission, MONDAY, 7, seed=5)
    assert week != generate(mission, MONDAY, 7, seed=6)
    assert len({request.id for request in week}) == len(week)


def test_the_size_asked_for_is_spread_evenly(mission: Mission) -> None:
    found = generate(mission, MONDAY, 7, size=500)
    count = Counter(request.earliest.date() for request in found)
    assert len(found) == 500
    assert set(count.values()) <= {71, 72}


def test_means_are_those_of_a_transport_mission(many: tuple[Request, ...]) -> None:
    missions = len(many) / DEFAULT.per_mission
    assert sum(one.pax for one in many) / missions == pytest.approx(28.0, rel=0.03)
    assert sum(one.cargo_kg for one in many) / missions == pytest.approx(1700.0, rel=0.03)


def test_camps_ask_by_their_people(mission: Mission, many: tuple[Request, ...]) -> None:
    count = Counter(place for one in many for place in (one.origin, one.destination) if place != "gao")
    assert "bamako" not in count  # beyond what a helicopter crew flies out and back
    assert count["kidal"] / count["ansongo"] == pytest.approx(3163 / 950, rel=0.25)


def test_the_mean_number_follows_from_the_people(mission: Mission) -> None:
    found = len(generate(mission, MONDAY, 200, seed=1))
    people = 18708 - 705
    assert found / 200 == pytest.approx(people * DEFAULT.per_1000 / 1000, rel=0.1)


def test_windows_lie_in_daylight_and_hold_the_direct_flight(mission: Mission, many: tuple[Request, ...]) -> None:
    moments = np.array([[one.earliest, one.latest] for one in many], "datetime64[s]")
    for column, of in ((0, "origin"), (1, "destination")):
        places = [mission.place[getattr(one, of)] for one in many]
        assert not np.any(is_night([p.lat for p in places], [p.lon for p in places], moments[:, column]))
    assert all(one.earliest.minute % 15 == 0 for one in many)
    assert all((one.latest - one.earliest) >= dt.timedelta(minutes=60) for one in many)
    assert all(one.pickup_by is None or one.earliest < one.pickup_by < one.latest for one in many)


def test_patients_go_first_and_to_surgery(mission: Mission, many: tuple[Request, ...]) -> None:
    patients = [one for one in many if one.litters]
    assert 0.06 < len(patients) / len(many) < 0.10
    for one in patients:
        assert one.priority == 1
        assert mission.place[one.destination].medical
        assert one.ride_max_min is not None


def test_the_reader_takes_them(mission: Mission, tmp_path: Path) -> None:
    week = list(generate(mission, MONDAY, 7))
    write_table(Request, week, tmp_path / "requests.csv")
    table = load_table(Request, tmp_path / "requests.csv")
    assert not table.problems
    assert table.rows == week


def test_no_helicopter_no_requests(mission: Mission) -> None:
    with pytest.raises(Infeasible, match="no helicopter"):
        generate(msgspec.structs.replace(mission, aircraft=()), MONDAY)
    with pytest.raises(Infeasible, match="no other camp"):
        generate(msgspec.structs.replace(mission, places=(mission.place["gao"],)), MONDAY)
