"""Worlds: more is never worse on the mean, extreme inputs answer sensibly, months and percentiles add up."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from castor.errors import MissionError
from castor.mission import Mission, read
from castor.simulate import build, compare, simulate, stations
from castor.simulate.draws.kernel import log, normal, uniforms
from castor.simulate.toll import alias_tables, pareto_tail


@pytest.fixture(scope="module")
def mission(mali: Path) -> Mission:
    return read(mali)


@pytest.mark.parametrize(
    "better",
    [{"formations": 1}, {"notice": 0.5}, {"serviceability": 0.95}, {"approval": 10.0},
     {"base": "timbuktu", "formations": 1}],
)  # fmt: skip
def test_more_is_never_worse_on_the_mean(mission: Mission, better: dict[str, Any]) -> None:
    often = {"calls": 10.0}
    base = simulate(build(mission, **often), replications=200)
    changes = compare(base, simulate(build(mission, **often, **better), replications=200))
    assert changes["surgery_min"].value < 0.0, "and it is not the same world"
    assert changes["care_share"].value >= -1e-3
    assert changes["none_free_share"].value <= 0.0
    assert changes["calls"].value == 0.0
    assert changes["patients"].value == 0.0
    assert changes["surgery_min"].half < 15


def test_keep_cover_asks_for_the_targets_first(mission: Mission) -> None:
    """Where no post meets them the closest goes; where all do, the one that leaves most covered."""
    places = {"posture": ("gao", "timbuktu", "gao"), "formations": 1, "calls": 20.0}
    alike = {}
    for care, surgery in ((1.0, 2.0), (150.0, 240.0)):
        clock = msgspec.structs.replace(mission.rules.clock, care_min=care, surgery_min=surgery)
        under = msgspec.structs.replace(mission, rules=msgspec.structs.replace(mission.rules, clock=clock))
        worlds = [build(under, rule=rule, **places) for rule in ("closest", "keep cover")]
        posts = worlds[1].tables.posts
        assert (posts.within > 0).any() == (care > 1)
        one, other = (simulate(world, replications=30) for world in worlds)
        alike[care] = bool((one.sums == other.sums).all())
    assert alike == {1.0: True, 150.0: False}


def test_delegated_approval_is_sooner(mission: Mission) -> None:
    central = simulate(build(mission, launch="centralised"), replications=200)
    told = compare(central, simulate(build(mission, launch="delegated"), replications=200))
    assert told["care_min"].high < -30


def test_nobody_there(mission: Mission) -> None:
    gap = build(mission, start=dt.date(2019, 9, 1), end=dt.date(2019, 10, 14))
    summary = simulate(gap, replications=50).summary()
    assert summary["none_free_share"].value == 1.0
    assert summary["unserved_share"].value == 1.0
    assert summary["hours"].value == 0.0
    assert math.isnan(summary["care_min"].value)
    assert simulate(gap, replications=50).percentiles("care")[0][1] == math.inf


def test_nothing_asked(mission: Mission) -> None:
    quiet = msgspec.structs.replace(mission.rules, simulation=type(mission.rules.simulation)())
    world = build(msgspec.structs.replace(mission, rules=quiet))
    assert {"calls", "transport", "training", "weather", "serviceability", "transfers"} <= set(world.off)
    summary = simulate(world, replications=5).summary()
    assert summary["calls"].value == 0.0
    assert math.isnan(summary["surgery_share"].value)


def test_a_rate_a_hundred_times_too_high(mission: Mission) -> None:
    summary = simulate(build(mission, calls=1000.0), replications=3).summary()
    assert summary["none_free_share"].value > 0.9
    assert 0 < summary["unserved_share"].value < 1
    assert summary["utilisation"].value <= 1.1


def test_what_cannot_be_is_refused(mission: Mission) -> None:
    slow = tuple(msgspec.structs.replace(k, cruise_kt=0.0) for k in mission.types)
    with pytest.raises(MissionError, match="cruise_kt"):
        build(msgspec.structs.replace(mission, types=slow))
    with pytest.raises(MissionError) as caught:
        build(mission, posture=("gao", "nowhere"), rule="best", start=dt.date(2019, 1, 1), end=dt.date(2018, 1, 1))
    assert len(caught.value.problems) == 3
    with pytest.raises(MissionError) as caught:
        stations([-1.0], [[math.nan]], days=0)
    assert len(caught.value.problems) == 3
    with pytest.raises(MissionError):
        compare(simulate(build(mission), replications=2), simulate(build(mission), replications=2, seed=2))


def test_months_and_percentiles_add_up(mission: Mission) -> None:
    trials = simulate(build(mission), replications=100)
    summary, months = trials.summary(), trials.by_month()
    assert len(months) == 13
    for name in ("calls", "patients", "missions"):
        assert sum(m[name].value for m in months.values()) == pytest.approx(summary[name].value)
    for what, target in (("care", 60.0), ("surgery", 120.0)):
        points = trials.percentiles(what)
        assert [m for _, m in points] == sorted(m for _, m in points)
        within = trials.histogram[("care", "surgery").index(what), : int(target)].sum() / trials.histogram[0].sum()
        assert within == pytest.approx(summary[f"{what}_share"].value, abs=0.005)


def test_the_plan_takes_the_place_of_drawn_transport(mission: Mission) -> None:
    from castor.flight.plan import Flight, Plan

    day = dt.datetime(2018, 9, 3, 8)
    legs = [("gao", "kidal", day, 71, 20), ("kidal", "gao", day + dt.timedelta(hours=2), 71, 5)]
    flights = tuple(
        Flight(unit="lift", tails="CH147F-1 CH146-1 CH146-2", origin=a, destination=b, off=off,
               on=off + dt.timedelta(minutes=m), pax=pax)
        for a, b, off, m, pax in legs
    )  # fmt: skip
    plan = Plan(start=dt.datetime(2018, 9, 3), end=dt.datetime(2018, 9, 10), flights=flights)
    trials = simulate(build(mission, plan=plan, serviceability=1.0), replications=20)
    summary = trials.summary()
    assert trials.days == 7
    assert summary["missions"].value == 1.0
    assert summary["passengers"].value == 25.0
    assert summary["transport_hours"].value == pytest.approx(3 * 142 / 60)


def test_draws_follow_their_laws() -> None:
    from statistics import NormalDist

    for u in (1e-12, 0.01, 0.3, 0.5, 0.77, 0.999999):
        assert normal(u) == pytest.approx(NormalDist().inv_cdf(u), rel=1e-14)
    for u in (2.0**-53, 1e-12, 0.01, 0.5, math.sqrt(0.5), 0.77, 1 - 2.0**-53, 2.0, 1e300):
        assert log(u) == pytest.approx(math.log(u), rel=3e-16)
    drawn = np.empty(10_000)
    uniforms(np.uint64(7), 0, drawn)
    assert 0 < drawn.min() < 5e-4 < 1 - 5e-4 < drawn.max() < 1
    assert np.abs(np.sort(drawn) - (np.arange(10_000) + 0.5) / 10_000).max() < 1.63 / 100, "Kolmogorov-Smirnov, 1 %"
    share = np.array([0.5, 0.2, 0.3])
    keep, other = alias_tables(share)
    found = keep / 3 + np.bincount(other, (1 - keep) / 3, 3)
    assert found == pytest.approx(share)
    tail = pareto_tail(2.5, 25)
    assert (np.arange(1, 26) ** -tail).sum() == pytest.approx(2.5)
    assert pareto_tail(1.0, 25) == 0.0
