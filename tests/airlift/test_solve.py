"""Small bridges against brute force and a plain integer programme; every plan judged; the reference mission."""

from __future__ import annotations

import datetime as dt
import importlib.util
import itertools
import math
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from castor.airlift.bound import bounds
from castor.airlift.bridge import Bridge, build
from castor.airlift.packing import fill
from castor.airlift.schedule import Chalk, Program
from castor.airlift.solve import plan_lift
from castor.flight.check import check
from castor.mission.folder import read
from castor.mission.model import Aircraft, Airlift, Flying, Load, Mission, Place, Rules

_spec = importlib.util.spec_from_file_location("bridge_cases", Path(__file__).with_name("test_bridge.py"))
assert _spec is not None
assert _spec.loader is not None
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)
load, world, at = cases.load, cases.world, cases.at
CHEAP = Rules(flying=Flying(reserve=0.1), airlift=Airlift(staging="north south", return_home=True))


def small(seed: int) -> Mission:
    """Two to four pieces, one or two aircraft, one spot at the far end."""
    rng = np.random.default_rng(seed)
    lift = []
    for number in range(int(rng.integers(2, 4))):
        day = int(rng.integers(3, 6))
        lift.append(load(
            f"L{number}", kg=float(rng.integers(10, 40) * 1000) , pieces=int(rng.integers(1, 3)) if number == 0 else 1,
            available=at(day), due=at(day + int(rng.integers(2, 9))), length_m=float(rng.integers(4, 14)),
            origin="north" if rng.random() < 0.8 else "mid",
        ))  # fmt: skip
    return world(*lift, tails=cases.TAILS[: int(rng.integers(1, 3))], rules=CHEAP)


def plain_schedule(bridge: Bridge, order: tuple[tuple[Chalk, ...], ...]) -> dict[tuple[int, int], float]:
    """Fly sequences minute by minute: soonest take-off first, spots first come, at open fields, by crews that may."""
    program = Program(bridge)
    limited = {place.id: place.parking for place in bridge.fields if place.parking is not None}
    queue = []
    for tail, chalks in enumerate(order):
        kind, here, fresh, legs = bridge.tails[tail].type, bridge.tails[tail].base, True, []
        ground = bridge.types[kind].ground_min
        for number, chalk in enumerate(chalks):
            avail = max(program.available[item] for item, _ in chalk.items)
            if here != chalk.origin:
                way = bridge.empty(kind, here, chalk.origin)
                legs += [(here, way.places, way.minutes, 0.0 if fresh else ground, -1.0, None)]
                fresh = True
            way = program.ways[program.way(tail, chalk)]
            legs += [(chalk.origin, way.places, way.minutes, ground, avail, (tail, number))]
            here, fresh = chalk.destination, False
        home = bridge.tails[tail].base
        if chalks and here != home and program.rules.return_home:
            way = bridge.empty(kind, here, home)
            legs += [(here, way.places, way.minutes, ground, -1.0, None)]
        queue.append([
            (a, b, m, first if k == 0 else bridge.types[kind].refuel_min, av if k == 0 else -1.0,
             done if k == len(minutes) - 1 else None)
            for _, places, minutes, first, av, done in legs
            for k, (a, b, m) in enumerate(zip(places, places[1:], minutes))
        ])  # fmt: skip
    clock = [float(program.fleet[0][tail]) for tail in range(len(order))]
    free = {name: [-1e9] * (number or 0) for name, number in limited.items()}
    held: list[Any] = [None] * len(order)
    duty = [0.0] * len(order)
    lands = {}
    while any(queue):
        best = None
        for tail, legs in enumerate(queue):
            if not legs:
                continue
            _, b, m, ground, avail, _ = legs[0]
            off = max(clock[tail], avail) + ground
            if b in free and b != bridge.tails[tail].base:
                if not free[b]:
                    continue
                off = max(off, min(free[b]) - m)
            off, began = first_minute(bridge, tail, legs[0][:3], off, (clock[tail], duty[tail]))
            if best is None or off < best[0]:
                best = (off, tail, began)
        if best is None or best[0] == float("inf"):
            return {(a, n): float("inf") for a, chalks in enumerate(order) for n in range(len(chalks))}
        off, tail, duty[tail] = best
        _, b, m, _, _, done = queue[tail].pop(0)
        if held[tail]:
            free[held[tail]].append(off)
        held[tail] = None
        if b in free and b != bridge.tails[tail].base:
            free[b].remove(min(free[b]))
            held[tail] = b
        clock[tail] = off + m
        if done is not None:
            lands[done] = clock[tail]
    return lands


def first_minute(bridge: Bridge, tail: int, leg: Any, off: float, crew: tuple[float, float]) -> tuple[float, float]:
    """First minute from which a leg may be flown, and when the duty of its crew began."""
    rules = bridge.mission.rules.airlift
    (a, b, m), (arrived, began) = leg, crew

    def is_open(field: str, moment: float) -> bool:
        opens, closes = bridge.hours[field]
        at = moment % 1440
        return opens == closes or (opens <= at <= closes if opens < closes else at >= opens or at <= closes)

    for _ in range(4 * 1440):
        relieved = a == bridge.tails[tail].base or a in rules.staging.split()
        if is_open(a, off) and is_open(b, off + m):
            if relieved or off - rules.report_min - arrived >= rules.rest_h * 60:
                return off, off - rules.report_min
            if off + m - began <= rules.crew_min:
                return off, began
        off += 1
    return float("inf"), began


def brute(bridge: Bridge) -> tuple[float, float]:
    """Least weighted lateness, then least closure, over every partition, sharing and order of the pieces."""
    program = Program(bridge)
    pieces = [k for k, one in enumerate(bridge.loads) for _ in range(int(one.pieces or 1))]
    best = (np.inf, np.inf)
    for labels in itertools.product(range(len(pieces)), repeat=len(pieces)):
        if any(label > max(labels[:k], default=-1) + 1 for k, label in enumerate(labels)):
            continue
        groups: dict[int, dict[int, int]] = {}
        for piece, label in zip(pieces, labels):
            groups.setdefault(label, {})[piece] = groups.get(label, {}).get(piece, 0) + 1
        if any(
            len({(bridge.loads[k].origin, bridge.loads[k].destination) for k in one}) > 1 for one in groups.values()
        ):
            continue
        chalks = [
            Chalk(bridge.loads[min(one)].origin, bridge.loads[min(one)].destination, tuple(sorted(one.items())))
            for one in groups.values()
        ]
        if any(program.way(0, chalk) < 0 for chalk in chalks):
            continue
        for order in itertools.permutations(chalks):
            for cut in range(len(order) + 1) if len(bridge.tails) == 2 else (len(order),):
                shared = (order[:cut], order[cut:])[: len(bridge.tails)]
                lands = plain_schedule(bridge, shared)
                late = sum(
                    float(program.weight[k]) * max(0.0, lands[tail, n] - program.due[k])
                    for tail, one in enumerate(shared) for n, chalk in enumerate(one) for k, _ in chalk.items
                )  # fmt: skip
                best = min(best, (late, max(lands.values())))
    return best


@pytest.mark.parametrize("seed", range(12))
def test_small_bridges_equal_brute_force(seed: int) -> None:
    mission = small(seed)
    bridge = build(mission)
    late, closure = brute(bridge)
    found = plan_lift(bridge, seconds=5)
    assert found.proved
    assert found.bound_closure <= bridge.start + dt.timedelta(minutes=closure)
    if late == 0:
        assert found.plan.unserved == ()
        assert found.closure == bridge.start + dt.timedelta(minutes=closure)
    assert check(mission, found.plan) == []


@pytest.mark.parametrize("seed", range(8))
def test_any_sequences_fly_as_their_plain_twin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lift = [
        load(f"L{k}", pieces=1, available=at(int(rng.integers(3, 8))), origin=str(rng.choice(["north", "mid"])))
        for k in range(6)
    ]
    bridge = build(world(*lift, rules=CHEAP))
    program = Program(bridge)
    chalks = [Chalk(one.origin, one.destination, ((k, 1),)) for k, one in enumerate(bridge.loads)]
    order = rng.permutation(6).tolist()
    sequences = [order[:3], order[3:]]
    _, lands = program.fly(sequences, program.lower(chalks))
    plain = plain_schedule(bridge, tuple(tuple(chalks[k] for k in one) for one in sequences))
    for tail, one in enumerate(sequences):
        np.testing.assert_allclose([lands[k] for k in one], [plain[tail, n] for n in range(len(one))])


@pytest.mark.parametrize("seed", range(16))
def test_hours_spots_and_crews_as_their_plain_twin(seed: int) -> None:
    rng = np.random.default_rng(500 + seed)
    where = ["north", "mid", "south"]
    lift = []
    for k in range(7):
        a, b = (str(name) for name in rng.choice(where, 2, replace=False))
        lift.append(load(f"L{k}", pieces=1, available=at(int(rng.integers(3, 6))), due=at(50), origin=a, destination=b))
    hours = [(float(rng.integers(0, 24)), float(rng.integers(0, 24))) for _ in range(2)]
    places = (
        cases.PLACES[0],
        msgspec.structs.replace(cases.PLACES[1], parking=int(rng.integers(1, 3)), opens_h=hours[0][0],
                                closes_h=hours[0][1]),
        cases.PLACES[2], msgspec.structs.replace(cases.PLACES[3], opens_h=hours[1][0], closes_h=hours[1][1]),
    )  # fmt: skip
    crews = Airlift(
        duty_h=float(rng.integers(9, 13)), augmented_h=float(rng.integers(14, 20)), augmented=bool(seed % 2),
        rest_h=float(rng.integers(8, 14)), report_min=60, staging=str(rng.choice(["", "south", "mid south"])),
        return_home=bool(seed % 3),
    )  # fmt: skip
    rules = Rules(flying=Flying(reserve=0.1), airlift=crews)
    tails = (*cases.TAILS, Aircraft(tail="A3", type="LIFT", base="mid"))
    bridge = build(world(*lift, tails=tails, places=places, rules=rules), leave_out=True)
    program = Program(bridge)
    chalks = [Chalk(one.origin, one.destination, ((k, 1),)) for k, one in enumerate(bridge.loads)]
    order = rng.permutation(len(chalks)).tolist()
    sequences = [order[:3], order[3:5], order[5:]]
    _, lands = program.fly(sequences, program.lower(chalks))
    plain = plain_schedule(bridge, tuple(tuple(chalks[k] for k in one) for one in sequences))
    for tail, one in enumerate(sequences):
        np.testing.assert_allclose([lands[k] for k in one], [plain[tail, n] for n in range(len(one))])


def plain_packing(bridge: Bridge) -> int:
    """Fewest flights, by an integer programme of its own: piece i on flight j."""
    import highspy

    from castor.cover.program import new_solver

    program, solver = Program(bridge), new_solver()
    pieces = [k for k, one in enumerate(bridge.loads) for _ in range(int(one.pieces or 1))]
    room = program.room(0, bridge.loads[0].origin, bridge.loads[0].destination)
    used = [solver.addBinary() for _ in pieces]
    put = [[solver.addBinary() for _ in pieces] for _ in pieces]
    for row in put:
        solver.addConstr(sum(row) == 1)
    for flight, flag in enumerate(used):
        for limit in range(4):
            if np.isfinite(room[limit]):
                held = sum(float(program.unit[k][limit]) * put[i][flight] for i, k in enumerate(pieces))
                solver.addConstr(held <= float(room[limit]) * flag)
    solver.minimize(sum(used))
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return round(solver.getInfo().objective_function_value)


@pytest.mark.parametrize("seed", range(6))
def test_the_number_of_flights_equals_a_plain_integer_programme(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    lift = [
        load(
            f"L{k}",
            kg=float(rng.integers(8, 45) * 1000),
            pieces=1,
            length_m=float(rng.integers(3, 16)),
            due=at(50),
            m3=float(rng.integers(20, 250)) if seed % 2 else None,
        )
        for k in range(9)
    ]
    bridge = build(world(*lift, rules=CHEAP))
    fewest = plain_packing(bridge)
    found = plan_lift(bridge, "cost", seconds=6)
    assert found.bound.flights <= fewest
    assert len(found.chalks) == fewest


@given(st.integers(0, 10_000))
@settings(max_examples=8, deadline=None)
def test_every_plan_passes_the_judge_and_no_value_beats_its_bound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lift = []
    for number in range(int(rng.integers(4, 12))):
        day = int(rng.integers(3, 12))
        kind = rng.integers(3)
        what: dict[str, Any] = {"kg": float(rng.integers(5, 60) * 1000)}
        if kind == 0:
            what |= {"pieces": int(rng.integers(2, 6)), "kg": float(rng.integers(20, 90) * 1000), "length_m": 5.0}
        elif kind == 1:
            what = {"kg": 0.0, "pax": int(rng.integers(20, 200))}
        else:
            what |= {"m3": float(rng.integers(20, 700)), "hazardous": bool(rng.random() < 0.5)}
        places = ["north", "mid", "south", "strip"]
        a, b = rng.choice(4, 2, replace=False)
        lift.append(load(f"L{number}", **what, origin=places[a], destination=places[b], available=at(day),
                         due=at(day + int(rng.integers(1, 15))), priority=int(rng.integers(1, 5))))  # fmt: skip
    tails = (*cases.TAILS, Aircraft(tail="H1", type="HERC", base="mid"))
    rules = Rules(flying=Flying(reserve=0.1), airlift=Airlift(duty_h=14, rest_h=10, staging="north"))
    mission = world(*lift, tails=tails, rules=rules, places=(
        *cases.PLACES[:3], msgspec.structs.replace(cases.PLACES[3], opens_h=6.0, closes_h=22.0, parking=2),
    ))  # fmt: skip
    found = plan_lift(build(mission, leave_out=True), seconds=1.0, seed=seed)
    assert check(mission, found.plan) == []
    if found.chalks and not found.plan.unserved:
        assert found.closure is not None
        assert found.bound_closure <= found.closure
        assert found.bound.flights <= len(found.chalks)
        assert found.bound.air_min <= found.hours * 60 + 1e-6


def test_five_hundred_loads_six_aircraft_eight_fields() -> None:
    rng = np.random.default_rng(7)
    places = tuple(
        Place(id=f"F{k}", name="F", lat=float(rng.uniform(10, 45)), lon=float(rng.uniform(-15, 10)), kind="airfield",
              runway_ft=9000, fuel=True, lit=True, parking=None if k < 2 else 2)
        for k in range(8)
    )  # fmt: skip
    lift = []
    for number in range(500):
        a, b = rng.choice(8, 2, replace=False)
        day = int(rng.integers(3, 30))
        lift.append(load(f"L{number}", kg=float(rng.integers(1, 20) * 1000), pieces=int(rng.integers(1, 3)),
                         length_m=float(rng.integers(2, 8)), origin=f"F{a}", destination=f"F{b}", available=at(day),
                         due=at(day + 60)))  # fmt: skip
    tails = tuple(Aircraft(tail=f"T{k}", type="LIFT" if k < 4 else "HERC", base=f"F{k % 2}") for k in range(6))
    mission = world(*lift, tails=tails, places=places, rules=CHEAP)
    start = time.process_time()
    found = plan_lift(build(mission), seconds=4)
    assert time.process_time() - start < 30
    assert found.gap_closure is not None
    assert found.plan.unserved == ()
    assert check(mission, found.plan) == []


@pytest.fixture(scope="module")
def reference(mali: Path) -> Mission:
    return read(mali)


def test_serval_as_recorded(reference: Mission) -> None:
    found = plan_lift(build(reference, "serval"), seconds=4)
    assert len(found.chalks) == 48 == found.bound.flights
    assert sum(one.cargo_kg for one in found.plan.flights) == pytest.approx(1_618_600, rel=1e-3)
    assert found.hours == pytest.approx(500.8, abs=15)  # 530.6 recorded, with positioning from Canada
    assert found.closure is not None
    assert dt.datetime(2013, 3, 24) < found.closure <= dt.datetime(2013, 3, 31, 23, 59)
    assert check(reference, found.plan) == []


def test_the_eight_helicopters(reference: Mission) -> None:
    found = plan_lift(build(reference, "deploy"), seconds=2)
    assert len(found.chalks) == 5 == found.bound.flights
    assert sorted(one.items for one in found.chalks) == [((0, 1),)] * 3 + [((1, 2),), ((1, 3),)]
    assert check(reference, found.plan) == []
    assert {one.binds for one in found.fills} <= {"floor", "pieces", "loads"}


@pytest.mark.parametrize("operation", ["redeploy", "rotation", "successor"])
def test_the_other_operations_pass_the_judge(reference: Mission, operation: str) -> None:
    found = plan_lift(build(reference, operation), seconds=2)
    assert found.plan.unserved == ()
    assert check(reference, found.plan) == []


def test_load_factor_names_what_binds() -> None:
    bridge = build(
        world(load("a", pieces=2, kg=20000, length_m=12.5), load("b", kg=69000.0), load("c", kg=0.0, pax=30))
    )
    program = Program(bridge)
    assert fill(program, Chalk("north", "south", ((0, 2),)), 0).binds == "floor"
    assert fill(program, Chalk("north", "south", ((1, 69000),)), 0).binds == "mass"
    assert fill(program, Chalk("north", "south", ((2, 30),)), 0).binds == "loads"
    assert fill(program, Chalk("north", "south", ((0, 1),)), 0).binds == "pieces"


def test_passengers_fill_seats_and_bulk_fills_volume_or_mass() -> None:
    people = plan_lift(build(world(load("p", kg=0.0, pax=250))), seconds=1)
    assert len(people.chalks) == 3 == people.bound.flights  # 100 seats
    assert sorted(units for one in people.chalks for _, units in one.items) == [50, 100, 100]
    assert sorted(one.binds for one in people.fills) == ["pieces", "seats", "seats"]
    light = plan_lift(build(world(load("v", kg=90_000.0, m3=1000.0))), seconds=1)
    assert len(light.chalks) == 3 == light.bound.flights  # 500 m3, of which four fifths can be used
    assert "volume" in {one.binds for one in light.fills}
    heavy = plan_lift(build(world(load("m", kg=140_000.0, m3=100.0))), seconds=1)
    assert len(heavy.chalks) == math.ceil(140_000 / heavy.bridge.best("LIFT", "north", "south").payload_kg)  # type: ignore[union-attr]
    assert "mass" in {one.binds for one in heavy.fills}


def test_bounds_of_nothing() -> None:
    assert bounds(Program(build(world()))).flights == 0
    assert plan_lift(build(world())).closure is None


def test_same_seed_same_plan() -> None:
    lift = [load(f"L{k}", kg=20000.0 + 1000 * k, pieces=1, due=at(40)) for k in range(8)]
    first, second = (plan_lift(build(world(*lift)), seconds=60, seed=3).plan for _ in range(2))
    assert first == second


def test_one_more_aircraft_is_never_worse() -> None:
    lift = [Load(id=f"L{k}", name="x", origin="north", destination="south", available=at(3), due=at(40), kg=60000,
                 pieces=1) for k in range(4)]  # fmt: skip
    closures = [plan_lift(build(world(*lift, tails=cases.TAILS[:n])), seconds=4).closure for n in (1, 2)]
    assert closures[0] is not None
    assert closures[1] is not None
    assert closures[1] <= closures[0]
