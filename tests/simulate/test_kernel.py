"""The event kernel equals its slow plain twin, sending by sending, with every process on; so does the lean path."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from castor.mission import Mission, read
from castor.simulate import World, build, stations
from castor.simulate.columns.kernel import MEASURES, MONTHLY, TALLY
from castor.simulate.kernel import years
from castor.simulate.lean import is_lean, lean_tables
from castor.simulate.lean.kernel import lean_years
from castor.simulate.packed import pack, state, totals
from castor.simulate.run import fly
from castor.simulate.trace import log, trace
from tests.simulate.twin import Twin


@pytest.fixture(scope="module")
def mission(mali: Path) -> Mission:
    return read(mali)


def busy(mission: Mission, days: int = 45, **said: Any) -> World:
    """A short, crowded time in the rainy season, with hospitals that fill up."""
    replace = msgspec.structs.replace
    rules = replace(mission.rules, simulation=replace(
        mission.rules.simulation, calls_year=900, missions_year=1200, standby=0, stay_days=3.0, storm_h=6.0,
        transfers_share=1.0, training_h=12.0, **said,
    ))  # fmt: skip
    places = tuple(replace(p, beds=9 if p.medical == "2" else p.beds) for p in mission.places)
    crowded = replace(mission, rules=rules, places=places)
    return build(crowded, start=dt.date(2018, 8, 1), end=dt.date(2018, 8, 1) + dt.timedelta(days=days - 1))


def same(world: World, seed: int, replication: int) -> dict[str, float]:
    twin = Twin(world, seed, replication).run()
    rows = log(world, seed=seed, replication=replication)
    assert len(rows) == len(twin.log)
    for row, plain in zip(rows, twin.log, strict=True):
        assert row[: len(plain)].tolist() == pytest.approx(plain, rel=0, abs=1e-9)
    sums = dict(zip(MEASURES, fly(world, seed, replication, 1).sums[0], strict=False))
    assert sums == pytest.approx({name: twin.sums.get(name, 0.0) for name in MEASURES}, rel=1e-12, abs=1e-7)
    return sums


@pytest.mark.parametrize("on_call", ["finish", "turn back", "give way"])
def test_it_equals_its_twin_with_everything_on(mission: Mission, on_call: str) -> None:
    world = busy(mission, on_call=on_call)
    assert set(world.off) <= {"season of calls", "transport that breaks off for a call"}
    sums = same(world, 3, 0)
    for name in ("second_trips", "no_room", "grounded", "none_free", "transfers_done", "inspections", "dropped"):
        assert sums[name] > 0, name
    assert (sums["turned_back"] > 0) == (on_call != "finish")


@pytest.mark.parametrize("rule", ["keep cover", "reserve"])
def test_it_equals_its_twin_under_other_rules(mission: Mission, rule: str) -> None:
    clock = msgspec.structs.replace(mission.rules.clock, care_min=130.0, surgery_min=200.0)
    mission = msgspec.structs.replace(mission, rules=msgspec.structs.replace(mission.rules, clock=clock))
    world = build(mission, posture=("gao", "timbuktu"), rule=rule, calls=40.0, formations=1, waits=rule != "reserve")
    within = world.tables.posts.within
    assert set(within.tolist()) >= {0, 1, 2} if rule == "keep cover" else not within.any()
    same(world, 11, 2)


def test_it_equals_its_twin_on_the_mission_itself(mission: Mission) -> None:
    same(build(mission), 1, 5)


def grid() -> World:
    """Six units at three bases, thirty zones, eight calls a day."""
    rng = np.random.default_rng(1)
    bases, zones = rng.uniform(0, 300, (3, 2)), rng.uniform(0, 300, (30, 2))
    km = np.linalg.norm(np.repeat(bases, 2, axis=0)[:, None] - zones[None], axis=2)
    return stations(np.full(30, 8 / 30), km / 4, back=km / 4, scene_min=120.0, memoryless=True, days=100)


def test_a_world_without_a_mission_equals_its_twin() -> None:
    same(grid(), 1, 0)


@pytest.mark.parametrize("waits", [True, False])
def test_the_lean_path_equals_the_event_loop(waits: bool) -> None:
    world = grid()
    heavy = world.tables.demand._replace(rate=10 * world.tables.demand.rate, waits=waits)
    heavy = heavy._replace(expected=10 * heavy.expected)
    sky = world.tables.sky._replace(month=np.minimum(np.arange(world.tables.sky.month.size) // 30, 3))
    world = msgspec.structs.replace(world, tables=world.tables._replace(demand=heavy, sky=sky))
    assert is_lean(world)
    found = []
    packed = pack(world.tables)
    for kernel, tables in ((years, packed), (lean_years, lean_tables(packed))):
        told = totals(5, 6, 4)
        kernel(tables, state(packed), 7, 0, told)
        found.append((told.sums, told.tally, told.squares))
    for one, other in zip(*found, strict=True):
        assert (one == other).all()
    assert (found[0][0][:, MEASURES.index("none_free")] > 0).all()
    months = found[0][1][TALLY:].reshape(4, -1)
    assert (months[:, [MONTHLY.index(name) for name in ("calls", "none_free", "evacuation_min")]] > 0).all()


def test_a_trace_counts_what_the_sums_count(mission: Mission) -> None:
    world = build(mission)
    flights = trace(world, seed=1)
    sums = dict(zip(MEASURES, fly(world, 1, 0, 1).sums[0], strict=False))
    rows = log(world, seed=1)
    assert rows[rows[:, 0] == 0, 10:12].sum() == sums["moved"]
    assert sum(f.litters + f.pax for f in flights if f.task == "medevac") == sums["moved"]
    assert sum(f.pax for f in flights if f.task == "transport") == sums["passengers"]
    assert all(f.status == "simulated" and f.on > f.off for f in flights)
    tails: dict[str, dt.datetime] = {}
    for flight in flights:
        for tail in flight.tails.split():
            assert tails.get(tail, flight.off) <= flight.off, "an airframe is in one place at a time"
            tails[tail] = flight.on
