"""The judge of cover: against the evacuation clock, against sampling every minute, and on planted faults."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from castor.cover.audit import Start, State, _Audit, _Ways, cover_through, judge_cover
from castor.cover.demand import demand
from castor.cover.reach import clock
from castor.flight.check import check
from castor.flight.plan import Flight, Plan, Standby
from castor.mission import Mission, read
from castor.mission.model import Aircraft, AircraftType, Clock, Covering, Flying, Formation, Place, Rules

DAY = dt.date(2018, 8, 2)
MINUTE = dt.timedelta(minutes=1)


def _at(hour: float) -> dt.datetime:
    return dt.datetime.combine(DAY, dt.time()) + dt.timedelta(hours=hour)


def _tiny(seed: int, range_km: float = 500.0) -> Mission:
    rng = np.random.default_rng(seed)
    kind = AircraftType(
        type="H", name="H", kind="helicopter", cruise_kt=130, range_km=range_km, litters=3, seats=9, leg_min=2
    )
    places = tuple(
        Place(
            id=f"p{k}",
            name=f"p{k}",
            lat=14 + 4 * rng.random(),
            lon=-3 + 5 * rng.random(),
            people=float(rng.integers(1, 900)),
            fuel=bool(rng.random() < 0.6) or None,
            medical="2" if k < 2 else None,
        )
        for k in range(6)
    )
    return Mission(
        name="tiny",
        title={"en": "tiny"},
        start=DAY,
        end=DAY,
        rules=Rules(clock=Clock(approval_min=5, surgery_min=180, care_min=90), flying=Flying(route_factor=1.05)),
        places=places,
        types=(kind,),
        aircraft=tuple(Aircraft(tail=f"t{k}", type="H", base="p0") for k in range(3)),
        formations=(Formation(id="f", name="f", lead="H"),),
    )


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), range_km=st.floats(150, 900))
def test_two_clocks_that_share_no_code_agree(seed: int, range_km: float) -> None:
    mission = _tiny(seed, range_km)
    wanted = demand(mission, DAY)
    rule = mission.rules.clock
    reach = range_km * (1 - mission.rules.flying.reserve) / mission.rules.flying.route_factor
    ways = _Ways(mission, [mission.types[0]], reach, wanted, DAY)
    names = [place.id for place in mission.places]
    found = clock(mission, mission.formation["f"], names, (wanted.lat, wanted.lon), day=DAY).covered()
    start = rule.report_min + rule.approval_min + rule.notice_day_min
    for row, name in enumerate(names):
        assert ways.covers(Start(name, start, reach)).tolist() == found[row].tolist()


def _plan(mission: Mission, seed: int) -> Plan:
    """A few flights of one unit between two waits, another that waits all day."""
    rng = np.random.default_rng(seed)
    now, here, flights = 9.0, "p0", []
    for _ in range(4):
        there = f"p{rng.integers(0, 6)}"
        if there == here:
            continue
        off, on = now, now + 0.3 + rng.random()
        flights.append(
            Flight(
                unit="f",
                tails="t0",
                origin=here,
                destination=there,
                off=_at(off),
                on=_at(on),
                pax=int(rng.integers(0, 3)),
            )
        )
        here, now = there, on + rng.random()
    end = flights[-1].on
    waits = (
        Standby(unit="f", tails="t0", place="p0", start=_at(0), end=flights[0].off),
        Standby(unit="f", tails="t0", place=here, start=end, end=_at(24)),
        Standby(unit="f/2", tails="t1", place="p2", start=_at(0), end=_at(13.21)),
    )
    return Plan(start=_at(0), end=_at(24), flights=tuple(flights), standby=waits)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_minute_is_worse_than_the_beginning_of_its_state(seed: int) -> None:
    mission = _tiny(seed)
    plan = _plan(mission, seed)
    states = cover_through(mission, plan)
    assert states[0].start == plan.start
    assert states[-1].end == plan.end
    audit = _Audit(mission, plan)
    weights = demand(mission, DAY).share("people")
    for state in states:
        for moment in (state.start, state.start + (state.end - state.start) * 0.37, state.end - MINUTE / 10):
            if not state.start <= moment < state.end:
                continue
            covered = np.zeros(weights.size, bool)
            for row, start in audit.starts(moment):
                covered |= audit.covers(row, start, moment)
            assert weights @ covered >= state.people - 1e-12


def _mali(mali: Path, floor: float, weights: str = "people") -> Mission:
    mission = read(mali)
    rules = msgspec.structs.replace(mission.rules, cover=Covering(floor=floor, weights=weights))
    return msgspec.structs.replace(mission, rules=rules)


TAILS, SECOND = "CH147F-1 CH146-1 CH146-2", "CH147F-2 CH146-3 CH146-4"


def _wait(unit: str, tails: str, start: float, end: float, place: str = "gao") -> Standby:
    return Standby(unit=unit, tails=tails, place=place, start=_at(start), end=_at(end))


def _leg(unit: str, tails: str, leg: str, off: float, on: float, **more: object) -> Flight:
    origin, destination = leg.split()
    row = Flight(unit=unit, tails=tails, origin=origin, destination=destination, off=_at(off), on=_at(on))
    return msgspec.structs.replace(row, **more)


def test_a_formation_always_waiting_keeps_the_floor(mali: Path) -> None:
    mission = _mali(mali, 0.29)
    plan = Plan(start=_at(0), end=_at(24), standby=(_wait("evac", TAILS, 0, 24),))
    assert judge_cover(mission, plan) == []
    states = cover_through(mission, plan)
    assert {round(state.people, 3) for state in states} == {0.35, 0.3}  # by day and by night
    assert all(state.units == ("evac",) for state in states)


def test_a_gap_between_two_waits_is_found_and_sized(mali: Path) -> None:
    mission = _mali(mali, 0.25)
    plan = Plan(start=_at(0), end=_at(24), standby=(_wait("evac", TAILS, 0, 10), _wait("evac", TAILS, 11, 24)))
    (found,) = check(mission, msgspec.structs.replace(plan, flights=()), judge_cover)
    assert (found.code, found.when, found.size) == ("cover", _at(10), pytest.approx(0.25))


def test_cover_is_worst_at_take_off_and_comes_back_at_landing(mali: Path) -> None:
    mission = _mali(mali, 0.34)
    plan = Plan(
        start=_at(8),
        end=_at(16),
        flights=(_leg("evac", TAILS, "gao menaka", 9, 10.2), _leg("evac", TAILS, "menaka gao", 10.5, 11.7)),
        standby=(_wait("evac", TAILS, 8, 9), _wait("evac", TAILS, 11.7, 16)),
    )
    (found,) = judge_cover(mission, plan)
    assert found.when == _at(9)
    assert found.size == pytest.approx(0.34)  # 72 minutes in the air: nobody can be reached within the hour
    second = msgspec.structs.replace(plan, standby=(*plan.standby, _wait("evac/2", SECOND, 8, 16)))
    assert judge_cover(mission, second) == []


def test_transport_formations_do_not_answer_and_tanks_run_low(mali: Path) -> None:
    mission = _mali(mali, 0.1)
    lift = Plan(
        start=_at(8),
        end=_at(10),
        flights=(_leg("lift", TAILS, "gao ansongo", 8, 8.4), _leg("lift", TAILS, "ansongo gao", 8.7, 9.1)),
    )
    assert judge_cover(mission, lift)
    evac = msgspec.structs.replace(lift, flights=tuple(msgspec.structs.replace(f, unit="evac") for f in lift.flights))
    states = {state.start: state for state in cover_through(mission, evac)}
    assert states[_at(8.4)].people > 0  # on the ground at Ansongo, crew on board, enough left to reach Gao
    assert states[_at(9.1)].people == 0  # landed, no flight and no wait follows


def test_the_floor_is_kept_at_equality_and_by_the_stated_weights(mali: Path) -> None:
    mission = _mali(mali, 0.0)
    plan = Plan(start=_at(8), end=_at(16), standby=(_wait("evac", TAILS, 8, 16),))
    (state, *_) = cover_through(mission, plan)
    assert isinstance(state, State)
    for weights in ("people", "incidents"):
        share = getattr(state, weights)
        assert judge_cover(_mali(mali, share, weights), plan) == []
        (found,) = judge_cover(_mali(mali, share + 0.01, weights), plan)
        assert found.size == pytest.approx(0.01)
    assert judge_cover(mission, msgspec.structs.replace(plan, floor=state.people + 0.02))


def test_castor_check_names_the_gap_in_a_plan_typed_by_hand(
    mali: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from castor.cli import main
    from castor.mission import write

    folder = tmp_path / "mali"
    write(_mali(mali, 0.3), folder)
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "flights.csv").write_text(
        "unit,tails,from,to,off,on,task\n"
        f"evac,{TAILS},gao,menaka,2018-08-02T09:00,2018-08-02T10:10,training\n"
        f"evac,{TAILS},menaka,gao,2018-08-02T10:30,2018-08-02T11:40,training\n"
    )
    with pytest.raises(SystemExit) as stop:
        main(["check", str(folder), "--plan", str(tmp_path / "plan"), "--csv"])
    assert stop.value.code == 2
    assert "cover falls 30.0% below its floor" in capsys.readouterr().out
