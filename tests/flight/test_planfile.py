"""Plans as files: written and read back the same; typed by hand, every problem told."""

# ruff: noqa: E501
from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import castor
from castor.errors import MissionError
from castor.flight.plan import Flight, Plan, Standby, Unserved
from castor.flight.planfile import read_plan, write_plan
from castor.mission.model import Mission
from castor.mission.start import start

HEAD = "unit,tails,from,to,off,on,pax,requests\n"


@pytest.fixture(scope="module")
def mission(tmp_path_factory: pytest.TempPathFactory) -> Mission:
    folder = tmp_path_factory.mktemp("plans") / "m"
    start(folder)
    return castor.read(folder)


def said(path: Path, mission: Mission) -> list[str]:
    with pytest.raises(MissionError) as caught:
        read_plan(path, mission)
    return [line.replace(f"{path.parent}/", "") for line in str(caught.value).splitlines()]


def test_a_table_of_flights_typed_by_hand(tmp_path: Path, mission: Mission) -> None:
    path = tmp_path / "monday.csv"
    path.write_text(HEAD + "H-1,H-1,port,north,2027-02-01 07:00,2027-02-01 07:35,8,R1\n")
    plan = read_plan(path, mission)
    assert plan.start == dt.datetime(2027, 2, 1, 7)
    assert plan.end == dt.datetime(2027, 2, 1, 7, 35)
    assert plan.floor == mission.rules.cover.floor
    assert plan.maker == "hand"
    assert plan.flights[0].minutes == 35
    assert plan.flights[0].task == "transport"


def test_every_problem_of_a_typed_plan(tmp_path: Path, mission: Mission) -> None:
    path = tmp_path / "monday.csv"
    path.write_text(
        HEAD
        + "evac,H-1 H-9,port,nroth,2027-02-01 07:00,2027-02-01 07:35,8,R1 R11\n"
        + "A-1,A-1,prot,west,2027-02-01,2027-02-01 07:35,-1,\n"
    )
    assert said(path, mission) == [
        "monday.csv",
        '  row 2  tails     read "H-9"         no such tail; did you mean H-1?',
        '  row 2  to        read "nroth"       no such place; did you mean north (North Camp)?',
        '  row 2  requests  read "R11"         no such request or load; did you mean R1?',
        '  row 3  from      read "prot"        no such place; did you mean port (Port Halden)?',
        '  row 3  off       read "2027-02-01"  expected a UTC date and time such as 2018-10-15 06:00; add the time, UTC',
        '  row 3  pax       read "-1"          expected a whole number >= 0',
        "6 problems. Nothing was computed.",
    ]


def test_missing_and_empty_plans(tmp_path: Path, mission: Mission) -> None:
    assert said(tmp_path / "none.csv", mission)[:2] == ["none.csv", "  cannot be read: No such file or directory"]
    (tmp_path / "p").mkdir()
    assert said(tmp_path / "p", mission)[1] == "  cannot be read: No such file or directory"
    (tmp_path / "p" / "flights.csv").write_text(HEAD)
    assert (
        said(tmp_path / "p", mission)[1]
        == "  a plan without a flight or a unit on standby; give plan.toml start and end"
    )
    (tmp_path / "p" / "plan.toml").write_text('strat = 1\nstart = 2027-02-01\nfloor = "x"\n')
    assert said(tmp_path / "p", mission)[1:4] == [
        "  strat                     unknown key; did you mean start?",
        '  start  read "2027-02-01"  expected a date and time such as 2018-10-15 06:00:00',
        '  floor  read "x"           expected a number',
    ]


_moment = st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2100, 1, 1))
_word = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs")), min_size=1, max_size=8).filter(
    lambda t: t[0] != "#"
)
_amount = st.floats(0, 1e6)
_flight = st.builds(
    Flight, unit=_word, tails=_word, origin=_word, destination=_word, off=_moment, on=_moment, pax=st.integers(0, 500),
    cargo_kg=_amount, fuel_kg=st.none() | _amount, requests=_word,
)  # fmt: skip
_standby = st.builds(Standby, unit=_word, tails=_word, place=_word, start=_moment, end=_moment)
_unserved = st.builds(Unserved, request=_word, reason=st.sampled_from(["window", "cover"]), detail=_word)
_plan = st.builds(
    Plan, start=_moment, end=_moment, flights=st.lists(_flight, max_size=4).map(tuple),
    standby=st.lists(_standby, max_size=2).map(tuple), unserved=st.lists(_unserved, max_size=2).map(tuple),
    floor=st.floats(0, 1), objective=st.none() | _amount, bound=st.none() | _amount, maker=_word,
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(plan=_plan)
def test_what_is_written_is_read_back(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("plan")
    write_plan(plan, folder)
    assert read_plan(folder) == plan
