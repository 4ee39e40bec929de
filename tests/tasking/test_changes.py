"""What a new programme changes in what was promised."""

from __future__ import annotations

import datetime as dt

from castor.flight.plan import Flight, Plan, Unserved
from castor.tasking.changes import changes

DAY = dt.datetime(2018, 10, 17)


def leg(origin: str, destination: str, hour: float, requests: str, unit: str = "lift") -> Flight:
    off = DAY + dt.timedelta(hours=hour)
    return Flight(
        unit=unit, tails="A1", origin=origin, destination=destination, off=off, on=off + dt.timedelta(hours=1),
        requests=requests,
    )  # fmt: skip


def plan(*flights: Flight, left: tuple[Unserved, ...] = ()) -> Plan:
    return Plan(start=DAY, end=DAY + dt.timedelta(days=1), flights=flights, unserved=left)


def test_kept_moved_dropped_and_new() -> None:
    before = plan(leg("a", "b", 6, "R1 R2"), leg("b", "c", 8, "R2"), leg("a", "b", 12, "R3"))
    late = Unserved(request="R3", reason="duty", detail="14 h are spent")
    after = plan(leg("a", "b", 6, "R1"), leg("a", "c", 9, "R2"), leg("a", "b", 15, "R4"), left=(late,))
    found = {one.request: one for one in changes(before, after)}
    assert {name: one.kind for name, one in found.items()} == {
        "R1": "kept",
        "R2": "moved",
        "R3": "dropped",
        "R4": "new",
    }
    assert found["R2"].minutes == 180
    assert found["R2"].before is not None
    assert found["R2"].before.on == DAY + dt.timedelta(hours=9)
    assert found["R3"].reason == "14 h are spent"
    assert found["R3"].minutes is None
    assert [one.request for one in changes(before, after)] == ["R1", "R2", "R3", "R4"]


def test_another_unit_at_the_same_time_is_a_move() -> None:
    found = changes(plan(leg("a", "b", 6, "R1")), plan(leg("a", "b", 6, "R1", unit="lift/2")))
    assert [one.kind for one in found] == ["moved"]
    assert found[0].minutes == 0


def test_parts_of_a_request_make_one_promise() -> None:
    both = plan(leg("a", "b", 6, "R1*10"), leg("a", "b", 9, "R1*5"))
    found = changes(both, both)
    assert [(one.request, one.kind) for one in found] == [("R1", "kept")]
    assert found[0].after is not None
    assert found[0].after.on == DAY + dt.timedelta(hours=10)


def test_what_is_asked_late_and_refused_is_told_last() -> None:
    old = Unserved(request="R8", reason="range")
    late = Unserved(request="R9", reason="window", detail="too soon")
    before = plan(leg("a", "b", 6, "R1"), left=(old,))
    found = changes(before, plan(leg("a", "b", 6, "R1"), left=(old, late)))
    assert [(one.request, one.kind, one.reason) for one in found] == [("R1", "kept", ""), ("R9", "refused", "too soon")]
