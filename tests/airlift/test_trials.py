"""The bridge under chance: no chance is the plan, more aircraft and spots help, the executor changes nothing."""

from __future__ import annotations

import importlib.util
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import pytest

from castor.airlift.bridge import MINUTE, build
from castor.airlift.solve import plan_lift
from castor.airlift.trials import fly_trials, frontier, vary
from castor.mission.folder import read
from castor.mission.model import Airlift, Flying, Mission, Rules

_spec = importlib.util.spec_from_file_location("bridge_cases", Path(__file__).with_name("test_bridge.py"))
assert _spec is not None
assert _spec.loader is not None
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)
load, at = cases.load, cases.at


def mission(number: int = 6, *, serviceability: float = 0.9, delay: float = 30.0) -> Mission:
    rules = Rules(
        flying=Flying(reserve=0.1),
        airlift=Airlift(staging="north south", delay_min=delay, repair_h=24, return_home=True),
    )
    tails = tuple(msgspec.structs.replace(one, serviceability=serviceability) for one in cases.TAILS[:1])
    lift = [load(f"L{k}", kg=60000.0, pieces=1, due=at(60), operation="x") for k in range(number)]
    world: Mission = cases.world(*lift, tails=tails, rules=rules)
    return world


def test_without_chance_the_trials_are_the_plan() -> None:
    lifted = plan_lift(build(mission(serviceability=1.0, delay=0.0)), seconds=1)
    trials = fly_trials(lifted, 5)
    planned = [(on - lifted.bridge.start) / MINUTE for on in lifted.lands]
    np.testing.assert_allclose(trials.lands, np.tile(planned, (5, 1)))
    assert trials.closes(0.5) == lifted.closure
    assert trials.failures.sum() == 0
    assert trials.by(trials.closes(0.5)) == 1.0


def test_failures_come_as_often_as_they_should_and_cost_what_they_should() -> None:
    lifted = plan_lift(build(mission()), seconds=1)
    trials = fly_trials(lifted, 2000)
    assert trials.failures.mean() == pytest.approx(6 * 0.1, abs=0.06)
    assert trials.repair_min.mean() == pytest.approx(6 * 0.1 * 24 * 60, rel=0.1)
    assert lifted.closure is not None
    assert trials.closes(0.5) > lifted.closure
    assert trials.closes(0.1) < trials.closes(0.9)
    assert 0 < trials.lost.mean() < 6


def test_the_answer_depends_on_the_seed_and_not_on_the_executor() -> None:
    lifted = plan_lift(build(mission()), seconds=1)
    first = fly_trials(lifted, 150)
    with ThreadPoolExecutor(1) as one:
        np.testing.assert_array_equal(fly_trials(lifted, 150, executor=one).lands, first.lands)
    np.testing.assert_array_equal(fly_trials(lifted, 40).lands, first.lands[:40])
    assert not np.array_equal(fly_trials(lifted, 150, seed=2).lands, first.lands)


def test_processes_and_a_cluster_give_the_same_trials() -> None:
    lifted = plan_lift(build(mission()), seconds=1)
    first = fly_trials(lifted, 150)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("forkserver")) as processes:
        np.testing.assert_array_equal(fly_trials(lifted, 150, executor=processes).lands, first.lands)
    distributed = pytest.importorskip("distributed")
    with distributed.Client(processes=False, n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        again = fly_trials(lifted, 150, executor=client.get_executor())
    np.testing.assert_array_equal(again.lands, first.lands)
    np.testing.assert_array_equal(again.repair_min, first.repair_min)


def test_another_aircraft_or_spot_is_never_worse() -> None:
    corners = frontier(mission(), "x", aircraft=(1, 2), spots=(1, None), at_once=True, seconds=1.0, replications=100)
    closure = {(one.aircraft, one.spots): one.closure for one in corners}
    assert all(one is not None for one in closure.values())
    assert closure[2, None] < closure[1, None]  # type: ignore[operator]
    assert closure[2, None] <= closure[2, 1]  # type: ignore[operator]
    assert closure[2, 1] <= closure[1, 1]  # type: ignore[operator]
    assert all(one.bound <= one.closure for one in corners if one.closure is not None)


def test_serval_closes_around_the_recorded_day(mali: Path) -> None:
    reference = read(mali)
    lifted = plan_lift(build(reference, "serval"), seconds=2)
    trials = fly_trials(lifted, 200)
    assert lifted.closure is not None
    assert trials.closes(0.1).date().isoformat() >= "2013-03-28"
    assert trials.closes(0.5).date().isoformat() <= "2013-04-06"  # recorded: 31 March and 3 April
    sooner = plan_lift(build(vary(reference, "serval", 1, None, True)), seconds=2)
    assert sooner.closure is not None
    assert sooner.closure < lifted.closure
