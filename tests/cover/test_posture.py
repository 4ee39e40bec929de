"""Ordered postures against brute force; the figures of the reference mission."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from castor.cover.demand import demand, period
from castor.cover.fleet import standby_formation, strength
from castor.cover.posture import approvals, best_order, case, judge, postures, share_within
from castor.errors import Infeasible, MissionError
from castor.mission import read

FOUR = ["gao", "timbuktu", "kidal", "sevare"]


def _expected(order: tuple[int, ...], covers: NDArray, weights: NDArray, chance: NDArray) -> float:
    """Average over how many formations there are, straight from the definition."""
    total = 0.0
    for available, probability in enumerate(chance):
        held = list(order[:available])
        total += probability * float(weights[covers[held].any(axis=0)].sum()) if held else 0.0
    return total


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), sites=st.integers(1, 6), count=st.integers(1, 4), thin=st.floats(0.1, 0.7))
def test_best_order_equals_brute_force(seed: int, sites: int, count: int, thin: float) -> None:
    rng = np.random.default_rng(seed)
    covers = rng.random((sites, 25)) < thin
    weights, chance = rng.random(25), rng.dirichlet(np.ones(count + 2))
    order, value, _ = best_order(covers, weights, chance, count)
    best = max(
        _expected(other, covers, weights, chance)
        for n in range(min(count, sites) + 1)
        for other in itertools.permutations(range(sites), n)
    )
    assert value == pytest.approx(best, abs=1e-9)
    assert _expected(order, covers, weights, chance) == pytest.approx(value, abs=1e-9)
    assert len(order) <= count


def test_best_order_may_forgo_the_widest_single_place() -> None:
    covers = np.array([[1, 1, 1, 1, 0, 0], [1, 1, 0, 0, 1, 0], [0, 0, 1, 1, 0, 1]], bool)
    weights = np.array([2.9, 3.0, 3.0, 2.9, 2.0, 2.0])
    both, _, _ = best_order(covers, weights, np.array([0.0, 0.0, 1.0]), 2)
    one, _, _ = best_order(covers, weights, np.array([0.0, 1.0, 0.0]), 2)
    assert set(both) == {1, 2}
    assert one[0] == 0


def test_one_more_formation_is_never_worse(mali: Path) -> None:
    for night in (False, True):
        judged = case(read(mali), night=night, aim="care")
        sure = msgspec.structs.replace(judged, chance=np.eye(6)[5])
        for found in (judged, sure):
            rows = postures(found, 5)
            for weights in ("people", "incidents"):
                line = [getattr(row, weights).expected for row in rows if row.chosen_by == weights]
                assert all(b >= a - 1e-12 for a, b in itertools.pairwise(line))


def test_better_serviceability_is_never_worse(mali: Path) -> None:
    mission = read(mali)
    found = []
    for share in (0.66, 0.8, 0.9):
        fleet = tuple(msgspec.structs.replace(a, serviceability=share) for a in mission.aircraft)
        judged = case(msgspec.structs.replace(mission, aircraft=fleet))
        found.append(postures(judged, 2)[1].people.expected)
    assert found == sorted(found)


@pytest.mark.parametrize(("share", "one", "two"), [(0.66, 0.914, 0.328), (0.80, 0.985, 0.660), (0.90, 0.9985, 0.893)])
def test_what_the_spares_buy_at_gao(mali: Path, share: float, one: float, two: float) -> None:
    mission = read(mali)
    fleet = tuple(msgspec.structs.replace(a, serviceability=share) for a in mission.aircraft)
    mission = msgspec.structs.replace(mission, aircraft=fleet)
    (found,) = strength(mission, mission.formation["evac"], mission.start)
    assert found.airframes == {"CH-147F": 3, "CH-146": 5}
    assert found.at_least(1) == pytest.approx(one, abs=5.1e-4)
    assert found.at_least(2) == pytest.approx(two, abs=1e-3)  # published from rounded factors


@pytest.mark.parametrize(
    ("places", "near", "far"), [(1, 0.36, 0.56), (2, 0.51, 0.82), (3, 0.70, 0.90), (4, 0.81, 0.96)]
)
def test_share_of_troops_near_the_bases(mali: Path, places: int, near: float, far: float) -> None:
    mission = read(mali)
    for km, share in ((165, near), (300, far)):
        assert share_within(mission, FOUR[:places], km, day=mission.start) == pytest.approx(share, abs=0.0051)


def test_the_two_weightings_rank_the_bases_differently(mali: Path) -> None:
    judged = case(read(mali), aim="care")
    first = {row.chosen_by: row.places[0] for row in postures(judged, 1)}
    assert first == {"people": "gao", "incidents": "sevare"}


def test_a_given_posture_is_judged_in_its_order(mali: Path) -> None:
    judged = case(read(mali))
    one, two = judge(judged, ["gao", "kidal"]), judge(judged, ["kidal", "gao"])
    assert one.people.covered == pytest.approx(two.people.covered)
    assert one.people.expected > two.people.expected
    (best, *_) = [row for row in postures(judged, 2) if row.chosen_by == "people" and row.formations == 2]
    assert best.places == one.places
    assert best.people == one.people


def test_approval_takes_the_cover_away(mali: Path) -> None:
    judged = case(read(mali))
    line = [row.people.covered for _, row in approvals(judged, ["gao"], [0, 10, 20, 45, 240])]
    assert line == sorted(line, reverse=True)
    assert line[1] > 0.3
    assert line[3] == line[4] == 0.0


def test_demand_counts_what_is_missing_and_keeps_the_dates(mali: Path) -> None:
    mission = read(mali)
    found = demand(mission, mission.start)
    assert found.people.sum() == 18708
    assert found.incidents.sum() == 113 + 101
    assert found.missing == 0
    assert demand(mission, dt.date(2019, 8, 1)).people.sum() == 18708 - 150


def test_periods() -> None:
    assert period("2018") == (dt.date(2018, 1, 1), dt.date(2018, 12, 31))
    assert period("2020-02") == (dt.date(2020, 2, 1), dt.date(2020, 2, 29))
    assert period("2018-11-01") == (dt.date(2018, 11, 1), dt.date(2018, 11, 1))


def test_refusals_say_what_to_do(mali: Path) -> None:
    mission = read(mali)
    with pytest.raises(Infeasible, match="No formation stands by for evacuation on 2019-09-15"):
        case(mission, day=dt.date(2019, 9, 15))
    with pytest.raises(MissionError, match="evak"):
        standby_formation(mission, mission.start, "evak")
    with pytest.raises(MissionError, match="gaoo"):
        case(mission, also=["gaoo"])
    with pytest.raises(MissionError, match="whole number"):
        postures(case(mission), 0)
    with pytest.raises(Infeasible, match="menaka: not a candidate"):
        judge(case(mission), ["menaka"])


def test_many_points_merged_say_what_they_say_apart(mali: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    mission = read(mali)
    scattered = tuple(
        msgspec.structs.replace(
            mission.incidents[0], id=f"s{k}", date="2018-09", lat=lat, lon=lon, weight=weight, kind="violence"
        )
        for k, (lat, lon, weight) in enumerate(
            zip(rng.uniform(14, 20, 3000), rng.uniform(-6, 3, 3000), rng.uniform(0, 2, 3000), strict=True)
        )
    )
    wide = msgspec.structs.replace(mission, incidents=scattered)
    apart = case(wide, aim="care")
    monkeypatch.setattr("castor.cover.posture.MANY", 100)
    monkeypatch.setattr("castor.cover.posture.BLOCK", 700)
    merged = case(wide, aim="care")
    assert merged.demand.lat.size < 400 < apart.demand.lat.size
    for one, other in zip(postures(apart, 2), postures(merged, 2), strict=True):
        assert one.places == other.places
        for weights in ("people", "incidents"):
            for what in ("care", "surgery", "covered", "expected"):
                assert getattr(getattr(one, weights), what) == pytest.approx(getattr(getattr(other, weights), what))
    later = [row.incidents.covered for _, row in approvals(merged, ["gao"], [0, 45])]
    assert later == pytest.approx([row.incidents.covered for _, row in approvals(apart, ["gao"], [0, 45])])


@pytest.mark.parametrize("lack", ["fuel", "medical", "incidents", "people", "places"])
def test_missions_that_lack_something_are_judged_as_they_are(mali: Path, lack: str) -> None:
    mission = read(mali)
    if lack == "incidents":
        mission = msgspec.structs.replace(mission, incidents=())
    elif lack == "places":
        mission = msgspec.structs.replace(mission, places=(), incidents=(), aircraft=())
    else:
        bare = tuple(msgspec.structs.replace(place, **{lack: None}) for place in mission.places)
        mission = msgspec.structs.replace(mission, places=bare)
    judged = case(mission)
    found = postures(judged, 2)
    assert len(found) == 4
    if lack in ("fuel", "medical", "places"):
        assert all(row.places == () and row.people.covered == 0 for row in found)
    if lack == "people":
        assert judged.demand.missing == 14
        assert found[0].people.covered == 0
        assert found[2].incidents.covered > 0
    assert len(judged.by_point(["gao"] if lack not in ("fuel", "places") else [])) == judged.demand.lat.size
