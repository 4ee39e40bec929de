"""What cannot go is named with its reason before anything is computed; ways and holds are what they should be."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest

from castor.airlift.bridge import build, measure, piece
from castor.errors import MissionError
from castor.mission.model import Aircraft, AircraftType, Flying, Load, Mission, Place, Rules

LIFTER = AircraftType(
    type="LIFT", name="Lifter", kind="aeroplane", cruise_kt=450, range_km=9000, fuel_kg=108000, burn_kg_h=10000,
    payload_kg=70000, seats=100, mtow_kg=265000, empty_kg=128000, runway_ft=7000, ground_min=120, refuel_min=60,
    leg_min=15, hold_m3=500, floor_m=26.0,
)  # fmt: skip
SMALL = AircraftType(
    type="HERC", name="Hercules", kind="aeroplane", cruise_kt=320, range_km=5000, payload_kg=19000, seats=90,
    runway_ft=3500, ground_min=60, refuel_min=45, hold_m3=150, floor_m=12.0,
)  # fmt: skip


def at(day: int, hour: int = 6) -> dt.datetime:
    return dt.datetime(2013, 1, 1, hour) + dt.timedelta(days=day - 1)


PLACES = (
    Place(id="north", name="North", lat=48.0, lon=2.0, kind="airfield", runway_ft=9000, fuel=True, lit=True),
    Place(
        id="south", name="South", lat=14.0, lon=-4.0, kind="airfield", runway_ft=8000, fuel=True, lit=True, parking=1
    ),
    Place(id="strip", name="Strip", lat=16.0, lon=0.0, kind="airfield", runway_ft=4000, fuel=False, lit=False),
    Place(id="mid", name="Mid", lat=33.0, lon=-5.0, kind="airfield", runway_ft=9000, fuel=True, lit=True),
)
TAILS = (Aircraft(tail="A1", type="LIFT", base="north"), Aircraft(tail="A2", type="LIFT", base="north"))


def load(name: str, **more: Any) -> Load:
    given = {"name": name, "origin": "north", "destination": "south", "available": at(3), "due": at(20), "kg": 30000.0}
    return Load(id=name, **{**given, **more})  # type: ignore[arg-type]


def world(*lift: Load, tails: tuple[Aircraft, ...] = TAILS, **more: Any) -> Mission:
    given: dict[str, Any] = {
        "name": "t", "title": {"en": "t"}, "start": dt.date(2013, 1, 1), "end": dt.date(2013, 2, 28), "places": PLACES,
        "types": (LIFTER, SMALL), "aircraft": tails, "lift": lift, "rules": Rules(flying=Flying(reserve=0.1)),
    }  # fmt: skip
    return Mission(**{**given, **more})


BAD = [
    (load("heavy", kg=80000, pieces=1), "kg", "the most that an aircraft takes"),
    (load("long", pieces=1, length_m=30.0), "length_m", "30.0 m of floor"),
    (load("wide", pieces=1, m3=600.0), "m3", "600.0 m3"),
    (load("short-field", destination="strip"), "to", "runway of strip (4000 ft) is too short: 7000 ft needed"),
    (load("hasty", due=at(3, 9)), "due", "before the first possible arrival 2013-01-03 12:"),
    (load("fussy", only="HERC"), "only", "no aircraft of a type that may carry it"),
    (load("past", available=at(1), due=at(2, 23)), "due", "before the first possible arrival"),
]


@pytest.mark.parametrize(("bad", "column", "said"), BAD, ids=lambda x: x.id if isinstance(x, Load) else "")
def test_a_load_that_cannot_go_is_named_with_the_reason(bad: Load, column: str, said: str) -> None:
    tails = tuple(msgspec.structs.replace(one, start=dt.date(2013, 1, 2)) for one in TAILS)
    if bad.id == "past":
        tails = tuple(msgspec.structs.replace(one, base="mid", start=dt.date(2013, 1, 3)) for one in TAILS)
    with pytest.raises(MissionError) as caught:
        build(world(load("fine"), bad, tails=tails))
    (problem,) = caught.value.problems
    assert (problem.column, problem.row) == (column, 3)
    assert said in problem.expected
    assert problem.remedy
    assert "Nothing was computed" in str(caught.value)


def test_all_that_cannot_go_is_named_at_once_or_left_out() -> None:
    mission = world(*(bad for bad, _, _ in BAD[:5]), load("fine"))
    with pytest.raises(MissionError) as caught:
        build(mission)
    assert len(caught.value.problems) == 5
    bridge = build(mission, leave_out=True)
    assert [one.id for one in bridge.loads] == ["fine"]
    assert {one.request: one.reason for one in bridge.left}["short-field"] == "runway"
    assert len(bridge.left) == 5


def test_ways_trade_time_for_payload_and_keep_fuel_for_the_way_out_of_a_dry_field() -> None:
    thirsty = msgspec.structs.replace(LIFTER, range_km=5200, mtow_kg=230000, runway_ft=3000)
    bridge = build(world(load("a"), load("b", destination="strip"), types=(thirsty, SMALL)))
    ways = bridge.ways["LIFT", "north", "south"]
    assert [len(way.places) for way in ways] == [2, 3]
    assert ways[0].total_min < ways[1].total_min
    assert ways[0].payload_kg < ways[1].payload_kg
    assert ways[1].places == ("north", "mid", "south")
    dry = bridge.best("LIFT", "north", "strip")
    assert dry is not None
    assert dry.places[-2] in ("mid", "south")  # from the north there and back out to fuel is beyond its range
    assert bridge.hours["strip"][0] > 6 * 60
    assert bridge.hours["strip"][1] < 18 * 60


def test_units_of_a_load() -> None:
    assert measure(load("p", pieces=4)) == 4
    assert piece(load("p", pieces=4, m3=40.0, length_m=6.0), 100.0) == (7500.0, 10.0, 6.0, 0.0)
    assert measure(load("b", kg=1234.0)) == 1234
    assert piece(load("x", kg=0.0, pax=50), 100.0) == (100.0, 0.0, 0.0, 1.0)
