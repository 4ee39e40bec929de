"""Every kind of fault planted in a sound plan is named and sized; a sound plan is passed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from castor.flight.check import SENTENCES, Violation, check
from castor.flight.check.violation import violation
from castor.flight.plan import Flight, Plan, Standby, Unserved
from castor.mission.model import (
    Aircraft,
    AircraftType,
    Airlift,
    Climate,
    Flying,
    Formation,
    Load,
    Mission,
    Place,
    Request,
    Rules,
)

CHINOOK = AircraftType(
    type="CH-147F", name="Chinook", kind="helicopter", cruise_kt=130, range_km=1000, fuel_kg=6260, burn_kg_h=1000,
    payload_kg=7260, seats=33, litters=24, mtow_kg=24494, empty_kg=10578, crew_kg=500, lapse_kg_per_1000ft=600,
    lapse_above_ft=4000,
)  # fmt: skip
GRIFFON = AircraftType(
    type="CH-146", name="Griffon", kind="helicopter", cruise_kt=130, range_km=656, payload_kg=1900, seats=8, night=False
)
HERCULES = AircraftType(
    type="CC-130J", name="Hercules", kind="aeroplane", cruise_kt=300, range_km=5000, payload_kg=19900, seats=92,
    runway_ft=3500, unpaved=False, ground_min=30,
)  # fmt: skip
DAY = dt.date(2018, 9, 3)


def at(text: str, day: int = 3) -> dt.datetime:
    return dt.datetime(2018, 9, day, int(text[:2]), int(text[3:]))


MISSION = Mission(
    name="test", title={"en": "Test"}, start=dt.date(2018, 9, 1), end=dt.date(2018, 9, 30),
    rules=Rules(flying=Flying(reserve=0.1, duty_h=12, flight_h=6, rest_h=8)),
    types=(CHINOOK, GRIFFON, HERCULES),
    places=(
        Place(id="gao", name="Gao", lat=16.27167, lon=-0.04472, fuel=True, runway_ft=8202, elev_ft=836, lit=True),
        Place(id="ansongo", name="Ansongo", lat=15.6597, lon=0.5022),  # 89 km
        Place(id="kidal", name="Kidal", lat=18.44111, lon=1.40778, fuel=True, runway_ft=6234, surface="unpaved"),  # 286
        Place(id="douentza", name="Douentza", lat=15.00155, lon=-2.94978),  # 342 km
        Place(
            id="niamey", name="Niamey", lat=13.4816, lon=2.1694, fuel=True, runway_ft=9843, parking=1, opens_h=5,
            closes_h=20, lit=False,
        ),
        Place(id="gossi", name="Gossi", lat=15.82299, lon=-1.30065, end=dt.date(2018, 8, 31)),
    ),
    aircraft=(
        Aircraft(tail="C1", type="CH-147F", base="gao"),
        Aircraft(tail="C2", type="CH-147F", base="gao", end=dt.date(2018, 9, 2)),
        *(Aircraft(tail=f"G{k}", type="CH-146", base="gao") for k in (1, 2, 3, 4)),
        Aircraft(tail="H1", type="CC-130J", base="gao"),
        Aircraft(tail="H2", type="CC-130J", base="gao"),
    ),
    formations=(Formation(id="lift", name="Lift", lead="CH-147F", escort="CH-146", escorts=2),),
    requests=(
        Request(id="R1", origin="gao", destination="ansongo", earliest=at("07:00"), latest=at("12:00"), pax=20,
                cargo_kg=1000, pickup_by=at("10:00"), ride_max_min=60),
        Request(id="R2", origin="ansongo", destination="gao", earliest=at("07:00"), latest=at("12:00"), pax=10,
                deliver_from=at("08:30")),
    ),
    climate=(Climate(place="gao", month=9, tmin_c=25, tmax_c=38),),
)  # fmt: skip

OUT = Flight(unit="lift", tails="C1 G1 G2", origin="gao", destination="ansongo", off=at("08:00"), on=at("08:25"),
             pax=20, cargo_kg=1000, requests="R1")  # fmt: skip
BACK = Flight(unit="lift", tails="C1 G1 G2", origin="ansongo", destination="gao", off=at("08:40"), on=at("09:05"),
              pax=10, requests="R2")  # fmt: skip
PLAN = Plan(start=at("00:00"), end=at("00:00", 4), flights=(OUT, BACK))


def replace(row: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(row, **changes)


def plan(*flights: Flight, **changes: Any) -> Plan:
    left = {"unserved": tuple(Unserved(request=r, reason="priority") for r in changes.pop("left", ()))}
    return replace(PLAN, flights=flights, **{**left, **changes})


def mission(**changes: Any) -> Mission:
    return replace(MISSION, **changes)


def rules(**changes: Any) -> Mission:
    return mission(rules=Rules(flying=replace(MISSION.rules.flying, **changes)))


def request(**changes: Any) -> Mission:
    return mission(requests=(replace(MISSION.requests[0], **changes), MISSION.requests[1]))


def place(name: str, **changes: Any) -> Mission:
    return mission(places=tuple(replace(p, **changes) if p.id == name else p for p in MISSION.places))


def ferry(tails: str, origin: str, destination: str, off: str, on: str, **more: Any) -> Flight:
    return Flight(unit=tails, tails=tails, origin=origin, destination=destination, off=at(off), on=at(on),
                  task="positioning", **more)  # fmt: skip


def find(found: list[Violation], code: str) -> Violation:
    named = [one for one in found if one.code == code]
    assert named, f"no {code} among {[(one.code, one.what, one.en) for one in found]}"
    return named[0]


def test_a_sound_plan_is_passed() -> None:
    assert check(MISSION, PLAN) == []
    waiting = Standby(unit="lift/2", tails="C1 G1 G2", place="gao", start=at("10:00"), end=at("20:00"))
    assert check(MISSION, replace(PLAN, standby=(waiting,))) == []


def test_standing_by_until_midnight_of_the_last_day_in_theatre_is_no_fault() -> None:
    waiting = Standby(unit="lift/2", tails="C2 G3 G4", place="gao", start=at("10:00", 2), end=at("00:00", 3))
    held = replace(PLAN, start=at("00:00", 2), standby=(waiting,))
    assert check(MISSION, held) == []
    longer = replace(held, standby=(replace(waiting, end=at("00:01", 3)),))
    assert find(check(MISSION, longer), "not_in_theatre").size == 1


BOTH = ("R1", "R2")
HOME = "H1"
FAULTS = [
    ("unknown_place", MISSION, plan(replace(OUT, destination="atlantis"), BACK), None),
    ("unknown_tail", MISSION, plan(replace(OUT, tails="C1 G1 G2 X9"), BACK), None),
    ("unknown_request", MISSION, plan(replace(OUT, requests="R1 R7"), BACK), None),
    ("unknown_unit", MISSION, plan(replace(OUT, unit="lyft"), BACK), None),
    ("no_tail", MISSION, plan(replace(OUT, tails=""), BACK), None),
    ("formation_incomplete", MISSION, plan(replace(OUT, tails="C1 G1"), BACK), 1),
    ("formation_incomplete", MISSION, plan(replace(OUT, tails="G1 C1 G2"), BACK), 1),
    ("not_in_theatre", MISSION, plan(*(replace(leg, tails="C2 G1 G2") for leg in (OUT, BACK))), 1),
    ("outside_plan", MISSION, replace(PLAN, end=at("09:00")), 5),
    ("time_travel", MISSION, plan(replace(OUT, off=at("08:25"), on=at("08:00")), BACK), 25),
    ("too_fast", MISSION, plan(replace(OUT, on=at("08:15")), BACK), 7.2),
    ("two_places", MISSION, plan(OUT, replace(BACK, off=at("08:20"))), 5),
    ("broken_chain", MISSION, plan(replace(OUT, origin="kidal"), BACK), 286),
    ("turnaround", MISSION, plan(OUT, replace(BACK, off=at("08:35"), on=at("09:00"))), 5),
    ("capacity_seats", request(pax=40), plan(replace(OUT, pax=40), BACK), 7),
    ("capacity_litters", request(litters=25), plan(replace(OUT, litters=25), BACK), 1),
    ("payload", request(cargo_kg=9000), plan(replace(OUT, cargo_kg=9000), BACK), 9000 + 2000 - 7260),
    ("payload", mission(types=(replace(CHINOOK, mtow_kg=11600), GRIFFON, HERCULES)), plan(replace(OUT, requests="",
     pax=0, cargo_kg=0.0), replace(BACK, requests="", pax=0), left=BOTH), None),
    ("range", rules(reserve=0.8), PLAN, 89.5 * 2 - 656 * 0.2),
    ("fuel_tank", MISSION, plan(replace(OUT, fuel_kg=7000.0), BACK), 740),
    ("fuel_reserve", MISSION, plan(replace(OUT, fuel_kg=500.0), BACK), 415 + 370 - 500),
    ("fuel_balance", MISSION, plan(replace(OUT, fuel_kg=2000.0), replace(BACK, fuel_kg=2000.0)), 371),
    ("no_fuel", MISSION, plan(OUT, replace(BACK, uplift_kg=300.0, off=at("08:50"), on=at("09:15"))), 300),
    ("runway", mission(), plan(ferry(HOME, "gao", "ansongo", "08:00", "08:30"), left=BOTH), 3500),
    ("surface", mission(), plan(ferry(HOME, "gao", "kidal", "08:00", "08:50"), left=BOTH), None),
    ("night_unlit", place("niamey", opens_h=None), plan(ferry(HOME, "gao", "niamey", "19:00", "20:00"), left=BOTH), 1),
    ("night_type", MISSION, plan(ferry("G3", "gao", "ansongo", "21:00", "21:25"), left=BOTH), 25),
    ("closed_hours", MISSION, plan(ferry(HOME, "gao", "niamey", "19:30", "20:30"), left=BOTH), 30),
    ("closed_dates", MISSION, plan(ferry("G3", "gao", "gossi", "08:00", "08:40"), left=BOTH), 3),
    ("parking", MISSION, plan(ferry("H1", "gao", "niamey", "08:00", "09:00"), ferry("H2", "gao", "niamey", "09:00",
     "10:00"), left=BOTH), 1),
    ("duty", rules(duty_h=1), PLAN, 5),
    ("flight_time", rules(flight_h=0.5), PLAN, 20),
    ("rest", rules(duty_h=5), plan(OUT, BACK, *(ferry("C1", a, b, c, d) for a, b, c, d in ())), None),
    ("overnight", MISSION, plan(OUT, left=("R2",)), None),
    ("never_home", rules(overnight=True), plan(OUT, left=("R2",)), None),
    ("load_unexplained", MISSION, plan(replace(OUT, pax=25), BACK), 5),
    ("load_missing", MISSION, plan(replace(OUT, pax=15), BACK), 5),
    ("never_picked_up", request(origin="kidal"), PLAN, 286),
    ("never_delivered", request(destination="kidal"), PLAN, None),
    ("broken_journey", request(destination="kidal"), plan(OUT, BACK, ferry("G3", "ansongo", "kidal", "10:00", "12:00"),
     ferry("G4", "gossi", "kidal", "12:00", "15:00", requests="R1")), None),
    ("too_early", request(earliest=at("08:00")), PLAN, 15),
    ("late_pickup", request(pickup_by=at("07:40")), PLAN, 5),
    ("late", request(latest=at("08:20")), PLAN, 5),
    ("early_delivery", request(deliver_from=at("08:50")), PLAN, 10),
    ("early_delivery", mission(requests=(MISSION.requests[0], replace(MISSION.requests[1], deliver_from=at("10:00")))),
     plan(OUT, BACK, ferry("G1", "gao", "ansongo", "09:30", "09:55")), 30),
    ("ride", request(ride_max_min=20.0), PLAN, 5),
    ("served_twice", MISSION, plan(OUT, BACK, replace(OUT, off=at("09:30"), on=at("09:55")),
     replace(BACK, off=at("10:15"), on=at("10:40"), requests="", pax=0)), 1),
    ("broken_piece", MISSION, plan(replace(OUT, requests="R1*10", pax=10, cargo_kg=500),
     replace(BACK, requests="", pax=0), replace(OUT, requests="R1*10", pax=10, cargo_kg=500, off=at("09:30"),
     on=at("09:55")), replace(BACK, off=at("10:15"), on=at("10:40"))), 2),
    ("served_and_unserved", MISSION, plan(OUT, BACK, left=("R1",)), 1),
    ("forgotten", MISSION, plan(OUT, replace(BACK, requests="", pax=0)), 1),
    ("short_delivery", request(split=True), plan(replace(OUT, requests="R1*10", pax=10, cargo_kg=500), BACK), 10),
    ("incompatible", mission(requests=(replace(MISSION.requests[0], goods="ammunition"), MISSION.requests[1],
     replace(MISSION.requests[0], id="R3", goods="food", pax=0))), plan(replace(OUT, requests="R1 R3", cargo_kg=2000.0),
     BACK), 1),
]  # fmt: skip


@pytest.mark.parametrize(("code", "world", "faulty", "size"), FAULTS, ids=lambda x: x if isinstance(x, str) else "")
def test_every_planted_fault_is_named_and_sized(code: str, world: Mission, faulty: Plan, size: float | None) -> None:
    if code == "rest":
        later = [ferry("C1", "gao", "ansongo", "15:00", "15:25"), ferry("C1", "ansongo", "gao", "15:40", "16:05")]
        faulty = plan(*(replace(leg, unit="C1", tails="C1") for leg in (OUT, BACK)), *later)
        size = 8 * 60 - (15 * 60 - 9 * 60 - 5)
    found = find(check(world, faulty), code)
    if size is not None:
        assert found.size == pytest.approx(size, rel=0.02)
    assert found.en
    assert found.fr
    assert found.en != found.fr


def test_the_list_of_faults_is_long_and_every_sentence_is_in_both_languages() -> None:
    assert len({code for code, *_ in FAULTS}) >= 40
    for code in SENTENCES:
        one = violation(code, "x", 3.0, where="gao-kidal", detail="y")
        assert one.en
        assert one.fr


def test_cover_is_judged_by_whoever_is_handed_over() -> None:
    def audit(world: Mission, judged: Plan) -> list[Violation]:
        return [violation("cover", "evac", 0.12, when=judged.start)]

    assert [one.code for one in check(MISSION, PLAN, audit)] == ["cover"]
    assert "12.0%" in check(MISSION, PLAN, audit)[0].en


def test_waiting_and_flying_at_once_is_two_places_except_for_a_call_out() -> None:
    waiting = Standby(unit="lift/2", tails="C1 G1 G2", place="gao", start=at("07:00"), end=at("20:00"))
    assert find(check(MISSION, replace(PLAN, standby=(waiting,))), "two_places").size == pytest.approx(25)
    callout = tuple(replace(leg, task="medevac", requests="", pax=0, cargo_kg=0.0) for leg in (OUT, BACK))
    assert check(MISSION, plan(*callout, standby=(waiting,), left=BOTH)) == []
    elsewhere = replace(waiting, place="kidal", start=at("10:00"))
    assert find(check(MISSION, replace(PLAN, standby=(elsewhere,))), "broken_chain").size == pytest.approx(286, abs=1)
    twice = (waiting, replace(waiting, start=at("19:00"), end=at("21:00")))
    assert find(check(MISSION, plan(standby=twice, left=BOTH)), "two_places").size == pytest.approx(60)


def test_a_refuelling_stop_long_enough_fills_the_tanks_and_a_short_one_does_not() -> None:
    def trip(stop: int) -> Plan:
        off = at("08:00") + dt.timedelta(minutes=80 + stop)
        legs = [
            ferry("G3", "gao", "kidal", "08:00", "09:20"),
            replace(ferry("G3", "kidal", "gao", "09:40", "11:00"), off=off, on=off + dt.timedelta(minutes=80)),
        ]
        off = legs[1].on + dt.timedelta(minutes=5)
        legs.append(
            replace(ferry("G3", "gao", "ansongo", "12:00", "12:25"), off=off, on=off + dt.timedelta(minutes=25))
        )
        off = legs[2].on + dt.timedelta(minutes=5)
        legs.append(
            replace(ferry("G3", "ansongo", "gao", "13:00", "13:25"), off=off, on=off + dt.timedelta(minutes=25))
        )
        return plan(*legs, left=BOTH)

    assert check(MISSION, trip(20)) == []
    assert find(check(MISSION, trip(5)), "range").size == pytest.approx(286 * 2 + 89 - 590.4, abs=2)


def test_heat_takes_payload_and_two_crews_take_two_duties() -> None:
    hot = mission(climate=(Climate(place="gao", month=9, tmin_c=40, tmax_c=55),))
    heavy = request(cargo_kg=5200.0)
    loaded = plan(replace(OUT, cargo_kg=5200.0), BACK)
    assert check(heavy, loaded) == []
    assert find(check(replace(heavy, climate=hot.climate, types=(replace(CHINOOK, mtow_kg=20000.0), GRIFFON, HERCULES)),
                      loaded), "payload").size > 0  # fmt: skip
    legs = []
    for start in range(6, 16, 2):
        day = f"{start:02d}:00", f"{start:02d}:25", f"{start:02d}:40", f"{start + 1:02d}:05"
        legs += [ferry("G3", "gao", "ansongo", *day[:2]), ferry("G3", "ansongo", "gao", *day[2:])]
    assert find(check(rules(duty_h=5.2), plan(*legs, left=BOTH)), "duty").size > 0
    assert check(rules(duty_h=5.2, crews=2), plan(*legs, left=BOTH)) == []


def test_loads_of_the_air_bridge_are_followed_too() -> None:
    vehicles = Load(id="L1", name="Vehicles", origin="gao", destination="niamey", available=at("06:00"),
                    due=at("20:00"), kg=20000, pieces=4)  # fmt: skip
    world = mission(lift=(vehicles,))
    shuttle = [
        replace(ferry("H1", "gao", "niamey", "08:00", "09:00"), task="airlift", requests="L1*2", cargo_kg=10000.0),
        replace(ferry("H1", "niamey", "gao", "09:30", "10:30"), task="airlift"),
        replace(ferry("H1", "gao", "niamey", "11:00", "12:00"), task="airlift", requests="L1*2", cargo_kg=10000.0),
    ]
    assert check(world, plan(*shuttle, left=BOTH)) == []
    assert find(check(world, plan(*shuttle[:2], left=BOTH)), "short_delivery").size == 2


@given(st.integers(0, 1), st.integers(-120, 120), st.integers(-60, 60), st.integers(-10, 30), st.integers(-500, 9000))
@settings(max_examples=150, deadline=None)
def test_no_shift_of_a_plan_crashes_the_judge_and_what_it_says_has_a_size(
    which: int, shift: int, stretch: int, pax: int, cargo: int
) -> None:
    legs = [OUT, BACK]
    leg = legs[which]
    off = leg.off + dt.timedelta(minutes=shift)
    legs[which] = replace(leg, off=off, on=leg.on + dt.timedelta(minutes=shift + stretch), pax=max(leg.pax + pax, 0),
                          cargo_kg=max(leg.cargo_kg + cargo, 0.0))  # fmt: skip
    found = check(MISSION, plan(*legs))
    assert all(one.size >= 0 and one.code in SENTENCES for one in found)
    changed = legs[which] != leg
    if not changed:
        assert found == []
    if pax and leg.pax + pax > 0:
        assert any(one.code in ("load_unexplained", "load_missing", "capacity_seats") for one in found)
    if stretch < -4:
        assert any(one.code in ("too_fast", "time_travel") for one in found)


@given(st.integers(1, 12), st.integers(0, 23), st.sampled_from([p.id for p in MISSION.places]))
@settings(max_examples=40, deadline=None)
def test_the_judge_and_the_planners_reckon_with_the_same_air(month: int, hour: int, where: str) -> None:
    from castor.flight.check.facts import Facts
    from castor.flight.performance import density_ft

    climate = tuple(
        Climate(place=p, month=m, tmin_c=10 + m, tmax_c=30 + m) for p in ("gao", "kidal") for m in range(1, 12)
    )
    world = mission(climate=climate)
    moment = dt.datetime(2018, month, 15, hour)
    there = world.place[where]
    assert Facts(world, PLAN).density_ft(there, moment) == pytest.approx(density_ft(world, there, moment), abs=1)


def test_a_plan_typed_by_hand_is_judged_from_the_command_line(tmp_path: Any, mali: Any) -> None:
    from click.testing import CliRunner

    from castor.cli import castor

    head = "unit,tails,from,to,off,on,task\n"
    good = tmp_path / "good.csv"
    good.write_text(head + "CH146-1,CH146-1,gao,ansongo,2018-09-03T08:00,2018-09-03T08:25,positioning\n"
                    "CH146-1,CH146-1,ansongo,gao,2018-09-03T08:40,2018-09-03T09:05,positioning\n")  # fmt: skip
    bad = tmp_path / "bad.csv"
    bad.write_text(good.read_text().replace("T08:25", "T08:15"))
    run = CliRunner().invoke(castor, ["check", str(mali), "--plan", str(good)])
    assert run.exit_code == 0, run.output
    run = CliRunner().invoke(castor, ["check", str(mali), "--plan", str(bad), "--csv"])
    assert run.exit_code == 2
    assert "too_fast" in run.output


BRIDGE_TYPES = tuple(
    replace(kind, hold_m3=100.0, floor_m=12.0) if kind.type == "CC-130J" else kind for kind in MISSION.types
)
CRATES = Load(id="L1", name="Crates", origin="gao", destination="niamey", available=at("06:00"), due=at("20:00"),
              kg=12000, pieces=4, m3=60.0, length_m=3.0)  # fmt: skip
HOP = Flight(unit="H1", tails="H1", origin="gao", destination="niamey", off=at("08:00"), on=at("09:00"), task="airlift",
             cargo_kg=12000.0, requests="L1")  # fmt: skip
BRIDGE_FAULTS = [
    ("volume", {"m3": 90.0}, {}, 10.0),
    ("floor_length", {"length_m": 4.0}, {}, 4.0),
    ("wrong_type", {"only": "CH-147F"}, {}, None),
    ("incompatible", {"hazardous": True, "pax": 8}, {"pax": 8}, None),
    ("too_early", {"available": at("08:00")}, {}, 30.0),
    ("late", {"due": at("08:30")}, {}, 30.0),
    ("broken_piece", {}, {"requests": "L1*2.5", "cargo_kg": 7500.0}, None),
    ("served_twice", {}, {"requests": "L1*6", "cargo_kg": 18000.0}, 0.5),
    ("short_delivery", {}, {"requests": "L1*3", "cargo_kg": 9000.0}, 1.0),
]


@pytest.mark.parametrize(("code", "load", "leg", "size"), BRIDGE_FAULTS, ids=lambda x: x if isinstance(x, str) else "")
def test_every_fault_of_a_bridge_is_named_and_sized(
    code: str, load: dict[str, Any], leg: dict[str, Any], size: float | None
) -> None:
    sound = mission(types=BRIDGE_TYPES, lift=(CRATES,))
    assert check(sound, plan(HOP, left=BOTH)) == []
    found = find(check(replace(sound, lift=(replace(CRATES, **load),)), plan(replace(HOP, **leg), left=BOTH)), code)
    if size is not None:
        assert found.size == pytest.approx(size)


def test_bridge_crews_have_their_own_duty_and_are_fresh_where_crews_wait() -> None:
    legs = [HOP]
    for hour in (10, 12, 14, 16):
        ends = ("niamey", "kidal") if hour % 4 == 2 else ("kidal", "niamey")
        off = at(f"{hour}:00")
        legs.append(replace(HOP, origin=ends[0], destination=ends[1], off=off, on=off + dt.timedelta(hours=1.5),
                            task="positioning", requests="", cargo_kg=0.0))  # fmt: skip
    world = mission(types=tuple(replace(kind, unpaved=True) for kind in BRIDGE_TYPES), lift=(CRATES,))

    def judged(**rules: Any) -> set[str]:
        airlift = Airlift(report_min=60, rest_h=8, **rules)
        tried = replace(world, rules=Rules(flying=MISSION.rules.flying, airlift=airlift))
        return {one.code for one in check(tried, plan(*legs, left=BOTH))}

    assert judged(duty_h=10.5) == set()
    assert judged(duty_h=10) == {"duty"}
    assert judged(duty_h=10, staging="kidal") == set()
    assert judged(duty_h=10, augmented=True, augmented_h=12) == set()


def test_a_part_of_a_load_is_read_from_a_plan_and_a_wrong_part_is_named(tmp_path: Any, mali: Any) -> None:
    from castor.errors import MissionError
    from castor.flight.planfile import read_plan
    from castor.mission.folder import read

    file = tmp_path / "flights.csv"
    row = (
        "unit,tails,from,to,off,on,task,requests\nX,CC177-2018,CYTR,DFFD,2018-06-26T08:00,2018-06-26T18:00,airlift,{}\n"
    )
    file.write_text(row.format("deploy-griffon*2"))
    assert read_plan(file, read(mali)).flights[0].aboard == {"deploy-griffon": 2.0}
    file.write_text(row.format("deploy-griffon*two"))
    with pytest.raises(MissionError, match="a number after the star"):
        read_plan(file, read(mali))
