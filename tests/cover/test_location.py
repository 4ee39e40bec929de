"""Every covering model against a brute force, at its boundary, and with input that cannot be right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, combinations_with_replacement, product
from typing import Any

import numpy as np
import pytest

from castor.cover import location
from castor.cover.rules import GreatCircle, Pairs, Plane
from castor.errors import Infeasible, MissionError
from castor.flight.performance import formations_at_once


def _case(seed: int, points: int = 60, sites: int = 7) -> tuple[Plane, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    at, to = random.uniform(0, 30, (points, 2)), random.uniform(0, 30, (sites, 2))
    table = np.hypot(at[:, None, 0] - to[None, :, 0], at[:, None, 1] - to[None, :, 1])
    return Plane(at, to), table, random.integers(1, 101, points).astype(float)


def _best(choices: Iterator[tuple[int, ...]], worth: Callable[[list[int]], float]) -> float:
    return max(worth(list(choice)) for choice in choices)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("p", [0, 1, 3, 7])
def test_mclp_is_the_best_of_all_choices(seed: int, p: int) -> None:
    rule, table, weight = _case(seed)
    answer = location.mclp(rule, p, radius=8.0, weights=weight)
    best = _best(combinations(range(7), p), lambda c: float(weight[(table[:, c] <= 8.0).any(axis=1)].sum()))
    assert answer.objective == pytest.approx(best)
    assert answer.bound == pytest.approx(best)
    assert answer.proven
    assert len(answer.sites) == p
    covered = (table[:, list(answer.sites)] <= 8.0).sum(axis=1)
    assert (answer.point_covered == covered).all()
    assert answer.covered == pytest.approx(weight[covered > 0].sum())
    assert answer.points == 60
    assert answer.merged <= 60


@pytest.mark.parametrize("seed", range(4))
def test_lscp_needs_as_few_as_any_choice(seed: int) -> None:
    rule, table, weight = _case(seed)
    radius = float(np.sort(table, axis=1)[:, 1].max())
    answer = location.lscp(rule, radius=radius)
    near = table <= radius
    fewest = next(n for n in range(8) if any(near[:, c].any(axis=1).all() for c in combinations(range(7), n)))
    assert answer.objective == answer.bound == fewest
    assert (answer.point_covered >= 1).all()
    part = location.lscp(rule, radius=8.0, share=0.5, weights=weight)
    half = 0.5 * weight.sum()
    enough = (
        n for n in range(8) if _best(combinations(range(7), n), lambda c: weight @ (table[:, c] <= 8).any(1)) >= half
    )
    assert part.objective == next(enough)
    assert part.covered >= half


@pytest.mark.parametrize("seed", range(3))
def test_mexclp_is_the_best_of_all_choices_by_each_law(seed: int) -> None:
    rule, table, weight = _case(seed)
    each = np.random.default_rng(seed).uniform(0.1, 0.9, 7)
    near = table <= 10.0

    def served(c: list[int], busy: np.ndarray) -> float:
        return float(weight @ (1 - np.where(near[:, c], busy[c], 1.0).prod(axis=1)))

    choices = list(combinations_with_replacement(range(7), 4))
    for busy in (0.3, 0.0, each):
        answer = location.mexclp(rule, 4, radius=10.0, weights=weight, busy=busy)
        full = np.broadcast_to(busy, 7)
        assert answer.objective == pytest.approx(_best(iter(choices), lambda c, full=full: served(c, full)), rel=1e-7)
        assert answer.bound == pytest.approx(answer.objective, rel=1e-6)


def test_mexclp_with_a_fleet_agrees_with_every_way_that_vehicles_can_be_down() -> None:
    rule, table, weight = _case(1)
    up = np.array([0.1, 0.2, 0.3, 0.4])
    answer = location.mexclp(rule, 3, radius=10.0, weights=weight, available=up)
    near = table <= 10.0

    def served(c: list[int]) -> float:
        total = 0.0
        for number, chance in enumerate(up):
            ways = list(combinations(c, number))
            total += chance * sum(weight @ near[:, list(w)].any(axis=1) for w in ways) / len(ways)
        return total

    choices = list(combinations_with_replacement(range(7), 3))
    assert answer.objective == pytest.approx(_best(iter(choices), served))
    stand = np.repeat(np.arange(7), answer.vehicles[0])
    random = np.random.default_rng(5)
    number = random.choice(4, size=4000, p=up)
    met = [weight @ near[:, random.permutation(stand)[:n]].any(axis=1) for n in number]
    assert np.mean(met) == pytest.approx(answer.objective, abs=4 * np.std(met) / np.sqrt(4000))


def test_a_fleet_gives_the_cover_that_simulating_its_serviceability_gives() -> None:
    """Leads and escorts, each up or down by itself: as many formations as they make up, any of those sited."""
    rule, table, weight = _case(4)
    leads, escorts = np.array([0.66, 0.7, 0.8, 0.9]), np.full(7, 0.75)
    chance = formations_at_once([(leads, 1), (escorts, 2)])
    assert chance.size == 4
    answer = location.mexclp(rule, 3, radius=10.0, weights=weight, available=chance)
    stand = np.repeat(np.arange(7), answer.vehicles[0])
    random = np.random.default_rng(11)
    met = np.empty(20_000)
    for trial in range(met.size):
        up = min((random.random(4) < leads).sum(), (random.random(7) < escorts).sum() // 2, 3)
        met[trial] = weight @ (table[:, random.permutation(stand)[:up]] <= 10.0).any(axis=1)
    assert met.mean() == pytest.approx(answer.objective, abs=4 * met.std() / np.sqrt(met.size))


def test_mexclp_agrees_with_a_simulation_of_busy_vehicles() -> None:
    rule, table, weight = _case(2)
    answer = location.mexclp(rule, 5, radius=10.0, weights=weight, busy=0.4)
    stand = np.repeat(np.arange(7), answer.vehicles[0])
    free = np.random.default_rng(7).random((20_000, 5)) >= 0.4
    met = (free[:, None, :] & (table[:, stand] <= 10.0)).any(axis=2) @ weight
    assert met.mean() == pytest.approx(answer.objective, abs=4 * met.std() / np.sqrt(20_000))


@pytest.mark.parametrize("seed", range(3))
def test_dsm_is_the_best_of_all_choices(seed: int) -> None:
    rule, table, weight = _case(seed)
    far = float(np.sort(table, axis=1)[:, 2].max())

    def worth(c: list[int]) -> float:
        near, wide = (table[:, c] <= 10.0).sum(axis=1), (table[:, c] <= far).sum(axis=1)
        fits = (wide >= 1).all() and weight[near >= 1].sum() >= 0.5 * weight.sum()
        return float(weight[near >= 2].sum()) if fits else -1.0

    best = _best(combinations_with_replacement(range(7), 4), worth)
    if best < 0:
        with pytest.raises(Infeasible, match="No siting of 4 vehicles"):
            location.dsm(rule, 4, radius=(10.0, far), share=0.5, weights=weight)
    else:
        answer = location.dsm(rule, 4, radius=(10.0, far), share=0.5, weights=weight)
        assert answer.objective == pytest.approx(best)
        assert answer.bound == pytest.approx(best)


@pytest.mark.parametrize("first", [None, 0.0, 0.3, 0.5, 0.8])
def test_backup_is_the_best_of_all_choices(first: float | None) -> None:
    rule, table, weight = _case(3)
    radius = float(np.sort(table, axis=1)[:, 2].max())

    def worth(c: list[int]) -> float:
        times = (table[:, c] <= radius).sum(axis=1)
        if first is None:
            return float(weight[times >= 2].sum()) if (times >= 1).all() else -1.0
        return float(first * weight[times >= 1].sum() + (1 - first) * weight[times >= 2].sum())

    answer = location.backup(rule, 4, radius=radius, first=first, weights=weight)
    assert answer.objective == pytest.approx(_best(combinations_with_replacement(range(7), 4), worth))
    assert answer.bound == pytest.approx(answer.objective)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("p", [1, 3])
def test_median_and_centre_are_the_best_of_all_choices(seed: int, p: int) -> None:
    rule, table, weight = _case(seed)
    median = location.p_median(rule, p, weights=weight)
    centre = location.p_center(rule, p)
    least = -_best(combinations(range(7), p), lambda c: -float(weight @ table[:, c].min(axis=1)))
    worst = -_best(combinations(range(7), p), lambda c: -float(table[:, c].min(axis=1).max()))
    assert median.objective == pytest.approx(least)
    assert median.bound == pytest.approx(least)
    assert centre.objective == pytest.approx(worst)
    assert centre.bound == pytest.approx(worst)
    held = location.p_median(rule, p, weights=weight, forced=[2], forbidden=[5, 6])
    allowed = [c for c in combinations(range(5), p) if 2 in c]
    assert held.objective == pytest.approx(min(float(weight @ table[:, list(c)].min(axis=1)) for c in allowed))
    middle = location.p_center(rule, p, forced=[2], forbidden=[5, 6])
    assert middle.objective == pytest.approx(min(float(table[:, list(c)].min(axis=1).max()) for c in allowed))


def test_a_point_at_the_radius_is_covered() -> None:
    table = np.array([[5.0, 9.0], [np.nextafter(5.0, 6.0), 9.0], [4.0, 9.0]])
    answer = location.mclp(table, 1, radius=5.0)
    assert answer.objective == 2
    assert list(answer.point_covered) == [1, 0, 1]
    assert location.mclp(Plane([[3.0, 4.0], [3.0, 4.0000001]], [[0.0, 0.0]]), 1, radius=5.0).objective == 1


def test_forced_and_forbidden_sites() -> None:
    rule, table, weight = _case(0)
    answer = location.mclp(rule, 3, radius=8.0, weights=weight, forced=[4], forbidden=[0, 1])
    allowed = [c for c in combinations(range(2, 7), 3) if 4 in c]
    assert answer.objective == max(weight[(table[:, list(c)] <= 8.0).any(axis=1)].sum() for c in allowed)
    with pytest.raises(Infeasible, match="forbidden"):
        location.mclp(rule, 3, radius=8.0, forced=[4], forbidden=[4])
    with pytest.raises(Infeasible, match="2 sites are forced but only 1"):
        location.mclp(rule, 1, radius=8.0, forced=[4, 5])


def test_capacity_limits_the_vehicles_at_a_site() -> None:
    rule, _, weight = _case(0)
    answer = location.mexclp(rule, 6, radius=8.0, weights=weight, busy=0.5, capacity=1)
    assert answer.vehicles.max() == 1
    many = location.mexclp(rule, 6, radius=8.0, weights=weight, busy=0.9, capacity=[6, 0, 0, 0, 0, 0, 0])
    assert many.vehicles[0, 0] == 6
    with pytest.raises(Infeasible, match="room for 3"):
        location.mexclp(rule, 6, radius=8.0, busy=0.5, capacity=[1, 1, 1, 0, 0, 0, 0])


def test_vehicle_types_have_their_own_reach() -> None:
    rule, table, weight = _case(1)
    answer = location.mclp([rule, rule], [1, 2], radius=[12.0, 6.0], weights=weight)

    def worth(long: int, short: tuple[int, ...]) -> float:
        return float(weight[(table[:, long] <= 12.0) | (table[:, list(short)] <= 6.0).any(axis=1)].sum())

    choices = ((a, b) for a, b in product(range(7), combinations(range(7), 2)) if a not in b)
    assert answer.objective == pytest.approx(max(worth(a, b) for a, b in choices))
    assert answer.vehicles.sum(axis=1).tolist() == [1, 2]
    forced = location.mclp(
        [rule, rule], [1, 2], radius=[12.0, 6.0], weights=weight, forced=[(0, 3), 5], forbidden=[(1, 2)]
    )
    assert forced.vehicles[0, 3] == 1
    assert forced.vehicles[:, 5].sum() == 1
    assert forced.vehicles[1, 2] == 0


def test_all_ways_of_giving_the_reach_agree() -> None:
    rule, table, weight = _case(2)
    point, site = np.nonzero(table <= 15.0)
    sparse = Pairs(point, site, table[point, site], table.shape)
    merged = location.merge(rule, 8.0, weight)
    radius = np.full(60, 8.0)
    want = location.mclp(table, 3, radius=8.0, weights=weight).objective
    assert location.mclp(sparse, 3, radius=8.0, weights=weight).objective == want
    assert location.mclp(rule, 3, radius=radius, weights=weight).objective == want
    assert location.mclp(merged, 3).objective == want


def test_infeasible_names_the_points() -> None:
    table = np.array([[1.0, 2.0], [9.0, 9.0], [1.0, 9.0], [9.0, 8.0]])
    with pytest.raises(Infeasible, match=r"2 of 4 points are covered by no site: 1, 3 \(counted from 0\)"):
        location.lscp(table, radius=5.0)
    with pytest.raises(Infeasible, match="1 of 4 point is covered by no site: 1"):
        location.backup(table, 2, radius=8.0)
    with pytest.raises(Infeasible, match="2 of 4 points"):
        location.dsm(table, 2, radius=(2.0, 5.0))
    table[1] = np.inf
    with pytest.raises(Infeasible, match="1 of 4 point"):
        location.p_median(table, 1)
    with pytest.raises(Infeasible, match="No 1 of the allowed sites reach every point"):
        location.p_center(np.array([[1.0, np.inf], [np.inf, 1.0]]), 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weights": [1.0, np.nan, 1.0]}, "nan"),
        ({"weights": [1.0, -2.0, 1.0]}, "-2.0"),
        ({"weights": [1.0, 2.0]}, "one for each of 3"),
        ({"radius": float("nan")}, "radius"),
        ({"radius": -1.0}, "radius"),
        ({"forced": [9]}, "a site from 0 to 1"),
        ({"capacity": -1}, "capacity"),
        ({"capacity": [1, 1, 1]}, "capacity"),
    ],
)
def test_wrong_input_is_refused_with_its_place(change: dict[str, Any], said: str) -> None:
    table = np.array([[1.0, 2.0], [9.0, 9.0], [1.0, 9.0]])
    with pytest.raises(MissionError, match=said):
        location.mclp(table, 1, **{"radius": 5.0, **change})


def test_wrong_tables_are_refused() -> None:
    good = np.ones((3, 2))
    for bad in (np.ones(3), np.empty((0, 2)), np.empty((3, 0)), np.array([[1.0, np.nan]])):
        with pytest.raises(MissionError):
            location.mclp(bad, 1, radius=1.0)
    with pytest.raises(Infeasible, match="3 vehicles are to be sited, but the 2 sites have room for 2"):
        location.mclp(good, 3, radius=1.0)
    with pytest.raises(MissionError, match="a whole number"):
        location.mclp(good, 1.5, radius=1.0)
    with pytest.raises(MissionError, match="a radius"):
        location.mclp(good, 1)
    with pytest.raises(MissionError, match="latitude"):
        location.mclp(GreatCircle([[100.0, 0.0]], [[0.0, 0.0]]), 1, radius=1.0)
    with pytest.raises(MissionError, match="shape"):
        location.mclp(Plane([1.0, 2.0], [[0.0, 0.0]]), 1, radius=1.0)
