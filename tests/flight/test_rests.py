"""Rests away from base are found in a plan: long enough, away, not on standby, not of the air bridge."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from castor.flight.plan import Flight, Plan, Standby
from castor.flight.rests import Rest, rests
from castor.mission import Mission, read

DAY, HOUR = dt.datetime(2018, 10, 17), dt.timedelta(hours=1)
OUT = Flight(unit="lift", tails="CH147F-2", origin="gao", destination="kidal", off=DAY + 6 * HOUR, on=DAY + 8 * HOUR)
BACK = Flight(unit="lift", tails="CH147F-2", origin="kidal", destination="gao", off=DAY + 20 * HOUR, on=DAY + 22 * HOUR)
AGAIN = msgspec.structs.replace(OUT, off=DAY + 34 * HOUR, on=DAY + 36 * HOUR)


@pytest.fixture(scope="module")
def mission(mali: Path) -> Mission:
    return read(mali)


def found(mission: Mission, *flights: Flight, standby: tuple[Standby, ...] = ()) -> tuple[Rest, ...]:
    return rests(mission, Plan(start=DAY, end=DAY + 48 * HOUR, flights=flights, standby=standby))


def test_a_rest_lasts_from_landing_to_take_off_and_never_at_base(mission: Mission) -> None:
    assert found(mission, OUT, BACK, AGAIN) == (Rest("lift", "CH147F-2", "kidal", OUT.on, BACK.off),)


def test_a_shorter_wait_is_no_rest(mission: Mission) -> None:
    least = mission.rules.flying.rest_h * HOUR
    just = msgspec.structs.replace(BACK, off=OUT.on + least)
    assert len(found(mission, OUT, just)) == 1
    assert found(mission, OUT, msgspec.structs.replace(just, off=just.off - dt.timedelta(minutes=1))) == ()


def test_waiting_for_calls_is_no_rest_and_the_air_bridge_has_its_own(mission: Mission) -> None:
    wait = Standby(unit="lift", tails="CH147F-2", place="kidal", start=OUT.on, end=BACK.off)
    assert found(mission, OUT, BACK, standby=(wait,)) == ()
    assert found(mission, msgspec.structs.replace(OUT, task="airlift"), BACK) == ()
