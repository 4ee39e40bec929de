"""A small mission with a plan, for every export."""

# ruff: noqa: E501
from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

import castor
from castor.flight.plan import Flight, Plan, Standby, Unserved
from castor.mission.model import Mission
from castor.mission.start import start

DAY = dt.datetime(2027, 2, 1)


def at(hour: int, minute: int = 0) -> dt.datetime:
    return DAY.replace(hour=hour, minute=minute)


@pytest.fixture(scope="session")
def mission(tmp_path_factory: pytest.TempPathFactory) -> Mission:
    folder = tmp_path_factory.mktemp("export") / "m"
    start(folder)
    return castor.read(folder)


@pytest.fixture(scope="session")
def mission_folder(mission: Mission) -> Path:
    return Path(mission.folder)


@pytest.fixture(scope="session")
def plan() -> Plan:
    flights = (
        Flight(unit="H-1", tails="H-1", origin="port", destination="north", off=at(7), on=at(7, 40), pax=8, cargo_kg=300.0, requests="R1"),
        Flight(unit="H-1", tails="H-1", origin="north", destination="port", off=at(8, 30), on=at(9, 10), pax=6, requests="R2", source="typed; by hand, with <marks> & a\nline"),
        Flight(unit="evac", tails="H-2", origin="port", destination="south", off=at(10), on=at(10, 40), task="medevac", status="flown", litters=2, fuel_kg=900.5),
    )  # fmt: skip
    wait = Standby(unit="evac", tails="H-2", place="port", start=at(0), end=at(23, 59))
    left = Unserved(request="R3", reason="cover", detail="would fall below the floor")
    return Plan(
        start=at(0), end=at(23, 59), flights=flights, standby=(wait,), unserved=(left,), floor=0.5, objective=14.0
    )
