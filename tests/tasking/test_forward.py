"""Alert posts: a formation sent to stand by away from its base frees others to carry; the judges see to it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest

from castor.cover.audit import cover_through, judge_cover
from castor.flight.check import check
from castor.flight.plan import Plan
from castor.mission.model import Aircraft, AircraftType, Clock, Flying, Formation, Mission, Place, Request, Rules
from castor.tasking import best_floor, plan_tasks, replan

START, END = dt.datetime(2021, 3, 10), dt.datetime(2021, 3, 11)
HOUR = dt.timedelta(hours=1)


def theatre(alert: bool | None = True) -> Mission:
    """Two bases, a town at each, and between them a post from which both towns can be reached; three helicopters.

    Two full loads are asked for at the same time. To keep both towns covered one must wait at each base, or one at the
    post.
    """
    kind = AircraftType(type="H", name="H", kind="helicopter", cruise_kt=140, range_km=900, payload_kg=3000, seats=20,
                        litters=6)  # fmt: skip
    places = (
        Place(id="west", name="West", lat=15.0, lon=0.0, fuel=True, medical="2", people=500.0),
        Place(id="post", name="Post", lat=15.0, lon=0.6, fuel=True, alert=alert),
        Place(id="east", name="East", lat=15.0, lon=1.2, fuel=True, medical="2", people=500.0),
        Place(id="far", name="Far", lat=16.5, lon=0.6),
    )
    pair = {"lead": "H"}
    return Mission(
        name="t", title={"en": "T"}, start=START.date(), end=START.date(),
        rules=Rules(
            flying=Flying(crews=2, duty_h=14),
            clock=Clock(care_min=44, report_min=2, approval_min=3, notice_day_min=10, notice_night_min=10),
        ),
        places=places, types=(kind,),
        aircraft=tuple(Aircraft(tail=tail, type="H", base=base) for tail, base in (("H1", "west"), ("H2", "west"),
                                                                                   ("H3", "east"))),
        formations=(Formation(id="evac", name="evac", role="medevac", **pair),  # type: ignore[arg-type]
                    Formation(id="lift", name="lift", role="transport", **pair)),  # type: ignore[arg-type]
        requests=tuple(Request(id=f"R{n}", origin=a, destination="far", earliest=START + 9 * HOUR,
                               latest=START + 11 * HOUR, pax=20) for n, a in enumerate(("west", "east"))),
    )  # fmt: skip


@pytest.fixture(scope="module")
def sent() -> tuple[Mission, Plan]:
    mission = theatre()
    floor = best_floor(mission, START, END)
    assert floor == pytest.approx(1.0)
    return mission, plan_tasks(mission, START, END, floor=floor, iterations=300, threads=1).plan


def test_with_an_alert_post_between_two_bases_one_more_carries(sent: tuple[Mission, Plan]) -> None:
    mission, plan = sent
    without = plan_tasks(theatre(None), START, END, floor=1.0, iterations=50, threads=1).plan
    assert without.objective == pytest.approx(20)
    assert check(mission, plan, judge_cover) == []
    assert plan.objective == pytest.approx(40)
    assert (plan.bound or 0.0) >= (plan.objective or 0.0)
    waits = [wait for wait in plan.standby if wait.place == "post"]
    assert waits
    for wait in waits:
        legs = [leg for leg in plan.flights if leg.unit == wait.unit]
        assert {leg.task for leg in legs} == {"positioning"}
        assert any(leg.destination == "post" and leg.on <= wait.start for leg in legs)
        assert any(leg.origin == "post" and leg.off == wait.end for leg in legs)
    assert min(state.people for state in cover_through(mission, plan)) >= 1.0 - 1e-9


def _waits(plan: Plan, **changes: Any) -> Plan:
    """The plan with its waits at the alert post changed."""
    rows = [msgspec.structs.replace(w, **changes) if w.place == "post" else w for w in plan.standby]
    return msgspec.structs.replace(plan, standby=tuple(rows))


def test_a_wait_at_a_place_that_is_no_alert_post_is_found(sent: tuple[Mission, Plan]) -> None:
    _, plan = sent
    assert "no_alert_post" in {one.code for one in check(theatre(None), plan, judge_cover)}


def test_a_wait_claimed_while_absent_is_found(sent: tuple[Mission, Plan]) -> None:
    mission, plan = sent
    legs = tuple(leg for leg in plan.flights if "post" not in (leg.origin, leg.destination))
    stayed = msgspec.structs.replace(plan, flights=legs)
    assert "broken_chain" in {one.code for one in check(mission, stayed, judge_cover)}
    early = _waits(plan, start=min(w.start for w in plan.standby if w.place == "post") - HOUR)
    assert "two_places" in {one.code for one in check(mission, early, judge_cover)}


def test_without_who_waits_there_the_floor_is_broken(sent: tuple[Mission, Plan]) -> None:
    mission, plan = sent
    rows = tuple(wait for wait in plan.standby if wait.place != "post")
    legs = tuple(leg for leg in plan.flights if "post" not in (leg.origin, leg.destination))
    gone = msgspec.structs.replace(plan, standby=rows, flights=legs)
    assert "cover" in {one.code for one in check(mission, gone, judge_cover)}


def test_away_from_base_without_fuel_a_wait_has_what_the_flight_left(sent: tuple[Mission, Plan]) -> None:
    mission, plan = sent
    dry = [msgspec.structs.replace(p, fuel=None) if p.id == "post" else p for p in mission.places]
    short = msgspec.structs.replace(mission.types[0], range_km=140.0)
    mission = msgspec.structs.replace(mission, places=tuple(dry), types=(short,))
    found = {one.code for one in check(mission, plan, judge_cover)}
    assert "cover" in found


def test_a_plan_with_a_wait_at_an_alert_post_is_a_start_for_the_next(sent: tuple[Mission, Plan]) -> None:
    mission, plan = sent
    again = plan_tasks(mission, START, END, floor=1.0, iterations=1, threads=1, warm=plan).plan
    assert (again.objective or 0.0) >= (plan.objective or 0.0)
    assert check(mission, again, judge_cover) == []


def test_a_wait_at_an_alert_post_outlives_a_change_of_plan(sent: tuple[Mission, Plan]) -> None:
    mission, plan = sent
    after = replan(mission, plan, START + 6 * HOUR, iterations=2, threads=1).plan
    assert [wait for wait in after.standby if wait.place == "post"] == [w for w in plan.standby if w.place == "post"]
    assert check(mission, after, judge_cover) == []
