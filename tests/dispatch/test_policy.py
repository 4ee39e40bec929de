"""The optimal policy against brute force and linear equations on tiny cases; the rules by name on twelve zones."""

from __future__ import annotations

import itertools
from math import comb
from pathlib import Path

import numpy as np
import pytest

from castor.dispatch.hypercube import hypercube
from castor.dispatch.policy import Zones, best_policy, follow, gain_of, optimal, outcome, zones_hypercube
from castor.dispatch.rules import RULES, Rule, Setting, closest, with_reserve
from castor.errors import CastorError


def _beta_3_5(x: np.ndarray) -> np.ndarray:
    """Distribution function of Beta(3, 5), as a binomial tail."""
    x = np.clip(x, 0, 1)
    return sum(comb(7, j) * x**j * (1 - x) ** (7 - j) for j in range(3, 8))


@pytest.fixture(scope="module")
def tables(shared: Path) -> dict[str, np.ndarray]:
    folder = shared / "data" / "dispatch"
    return {name: np.loadtxt(folder / f"{name}_12.csv", delimiter=",") for name in ("AR", "RT", "ST")}


def _twelve(tables: dict[str, np.ndarray], minutes_between: float) -> Zones:
    answer = tables["RT"]
    weight = np.array([100.0, 10.0, 1.0]) / 111.0
    reward = np.stack([_beta_3_5((150 - answer) / 150), (400 - answer) / 400, (2400 - answer) / 2400], axis=2) * weight
    return Zones.of(tables["AR"] / minutes_between, tables["ST"], reward)


def _gain_by_brute_force(zones: Zones, choice: str) -> float:
    """The slow plain twin: every stationary policy of a tiny case, its chain solved as linear equations."""
    count, units = zones.service_min.shape
    grades = zones.rates.shape[1]
    states = list(itertools.product(range(count + 1), repeat=units))
    number = {state: k for k, state in enumerate(states)}
    decisions = [(s, z, k) for s in states for z in range(count) for k in range(grades)]
    options = [
        ([u for u in range(units) if s[u] == 0] or [-1]) + ([-1] if choice == "refuse" and 0 in s else [])
        for s, _, _ in decisions
    ]
    best = -np.inf
    for chosen in itertools.product(*options):
        generator, income = np.zeros((len(states), len(states))), np.zeros(len(states))
        for (s, z, k), unit in zip(decisions, chosen, strict=True):
            if unit >= 0:
                after = tuple(z + 1 if u == unit else v for u, v in enumerate(s))
                generator[number[s], number[after]] += zones.rates[z, k]
                income[number[s]] += zones.rates[z, k] * zones.reward[z, unit, k]
        for s in states:
            for u in range(units):
                if s[u]:
                    free = tuple(0 if w == u else v for w, v in enumerate(s))
                    generator[number[s], number[free]] += 1 / zones.service_min[s[u] - 1, u]
        generator -= np.diag(generator.sum(1))
        chance = np.linalg.lstsq(
            np.vstack([generator.T, np.ones(len(states))]), np.r_[np.zeros(len(states)), 1.0], rcond=None
        )[0]
        best = max(best, float(chance @ income))
    return best


@pytest.mark.parametrize("choice", ["refuse", "must"])
def test_tiny_cases_equal_every_policy_tried(choice: str) -> None:
    rng = np.random.default_rng(5)
    for _ in range(3):
        zones = Zones.of(rng.uniform(0.02, 0.1, (2, 1)), rng.uniform(10, 60, (2, 2)), rng.uniform(0.1, 1, (2, 2, 1)))
        found = optimal(zones, choice)  # type: ignore[arg-type]
        assert found.mean == pytest.approx(_gain_by_brute_force(zones, choice), rel=2e-6)


def test_an_order_of_preference_is_the_hypercube_when_zones_take_equal_time() -> None:
    rng = np.random.default_rng(7)
    rates, away = rng.uniform(0.005, 0.02, (5, 1)), np.tile(rng.uniform(20, 60, 3), (5, 1))
    reward = rng.uniform(0.2, 1, (5, 3, 1))
    order = np.array([rng.permutation(3) for _ in range(5)])
    zones = Zones.of(rates, away, reward)
    gain, found = gain_of(zones, _of_order(order)), outcome(zones, _of_order(order))
    cube = hypercube(rates[:, 0], order, 1 / away[0])
    expected = (cube.dispatch * reward[:, :, 0]).sum() * rates.sum() * (1 - cube.lost)
    assert gain.mean == pytest.approx(expected, rel=2e-6)
    assert found.gain == pytest.approx(expected, rel=1e-8)
    assert found.workload == pytest.approx(cube.workload, abs=1e-8)
    assert found.dispatch == pytest.approx(cube.dispatch, abs=1e-8)
    assert found.lost.sum() == pytest.approx(cube.lost, abs=1e-8)
    assert zones_hypercube(zones, order).workload == pytest.approx(cube.workload, abs=1e-8)


def test_the_hypercube_of_zones_with_unequal_times_is_near_the_exact_chain() -> None:
    rng = np.random.default_rng(11)
    rates, away = rng.uniform(0.003, 0.01, (5, 1)), rng.uniform(30, 60, (5, 3))
    zones, order = Zones.of(rates, away, np.ones((5, 3, 1))), np.array([rng.permutation(3) for _ in range(5)])
    exact, cube = outcome(zones, _of_order(order)), zones_hypercube(zones, order)
    assert cube.workload == pytest.approx(exact.workload, abs=0.01)
    assert cube.lost == pytest.approx(exact.lost.sum(), abs=0.01)


def _of_order(order: np.ndarray, grades: int = 1) -> Rule:
    return closest(np.argsort(order, axis=1), grades)


def _balance(zones: Zones, sent: np.ndarray) -> np.ndarray:
    """The slow plain twin of the balance equations: the whole generator, solved as linear equations."""
    count, units = zones.service_min.shape
    generator = np.zeros((zones.states, zones.states))
    for state in range(zones.states):
        serving = [state // (count + 1) ** u % (count + 1) for u in range(units)]
        for u, zone in enumerate(serving):
            if zone:
                generator[state, state - zone * (count + 1) ** u] += 1 / zones.service_min[zone - 1, u]
        for z, k in itertools.product(range(count), range(zones.rates.shape[1])):
            u = sent[state, z, k]
            if u >= 0:
                assert serving[u] == 0
                generator[state, state + (z + 1) * (count + 1) ** u] += zones.rates[z, k]
    generator -= np.diag(generator.sum(1))
    system = np.vstack([generator.T, np.ones(zones.states)])
    return np.linalg.lstsq(system, np.r_[np.zeros(zones.states), 1.0], rcond=None)[0]


@pytest.mark.parametrize("choice", ["refuse", "must"])
def test_what_becomes_of_the_calls_equals_the_linear_equations(choice: str) -> None:
    rng = np.random.default_rng(3)
    zones = Zones.of(rng.uniform(0.02, 0.1, (3, 2)), rng.uniform(10, 60, (3, 3)), rng.uniform(0.1, 1, (3, 3, 2)))
    best = optimal(zones, choice, tolerance=1e-10)  # type: ignore[arg-type]
    sent = best_policy(zones, best, choice)  # type: ignore[arg-type]
    found, chance = outcome(zones, sent), _balance(zones, sent)
    total = zones.rates.sum()
    assert found.gain == pytest.approx(best.mean, rel=1e-8)
    goes = np.einsum("s,szk->zk", chance, sent >= 0)
    assert found.accepted == pytest.approx(zones.rates * goes / total, abs=1e-9)
    assert found.accepted + found.refused + found.lost == pytest.approx(zones.rates / total)
    assert (found.refused.sum() > 1e-6) == (choice == "refuse")
    assert gain_of(zones, sent).mean == pytest.approx(best.mean, rel=2e-6)


def test_levels_shared_among_threads_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    zones = Zones.of(rng.uniform(0, 0.05, (6, 2)), rng.uniform(20, 90, (6, 3)), rng.uniform(0, 1, (6, 3, 2)))
    one = optimal(zones)
    monkeypatch.setattr("castor.dispatch.policy.SHARED", 10)
    many = optimal(zones)
    assert (one.low, one.high) == (many.low, many.high)
    assert (one.value == many.value).all()


def test_the_rules_by_name_lie_below_the_optimum_and_a_reserve_earns_most_of_what_refusing_does(
    tables: dict[str, np.ndarray],
) -> None:
    zones = _twelve(tables, 30.0)
    share = zones.rates.sum(1) / zones.rates.sum()
    given = Setting(tables["RT"], tables["RT"] <= 70, share, 3)
    gains = {name: gain_of(zones, make(given), tolerance=1e-5).mean for name, make in RULES.items()}
    best, must = optimal(zones, tolerance=1e-5), optimal(zones, "must", tolerance=1e-5)
    assert all(gain <= best.high for gain in gains.values())
    assert all(gain <= must.high for name, gain in gains.items() if name != "reserve")
    assert 0.5 < (gains["reserve"] / gains["closest"] - 1) / (best.mean / gains["closest"] - 1) < 1


def test_a_rule_written_out_is_the_rule_state_by_state() -> None:
    rng = np.random.default_rng(6)
    zones = Zones.of(rng.uniform(0, 1, (3, 2)), rng.uniform(1, 2, (3, 3)), np.ones((3, 3, 2)))
    rule = with_reserve(closest(rng.uniform(0, 9, (3, 3)), 2), [0, 1])
    sent = follow(zones, rule)
    for state in range(zones.states):
        free = sum(1 << u for u in range(3) if state // 4**u % 4 == 0)
        for z, k in itertools.product(range(3), range(2)):
            assert sent[state, z, k] == rule.choose(z, k, free)


def test_refusing_is_never_worse_and_an_empty_list_earns_nothing() -> None:
    rng = np.random.default_rng(9)
    zones = Zones.of(rng.uniform(0, 0.05, (4, 2)), rng.uniform(20, 90, (4, 2)), rng.uniform(0, 1, (4, 2, 2)))
    assert optimal(zones, "refuse").high >= optimal(zones, "must").low - 1e-9
    assert optimal(zones, "must").high >= gain_of(zones, closest(zones.service_min, 2)).low - 1e-9
    assert gain_of(zones, closest(np.full((4, 2), np.inf), 2)).mean == 0


def test_what_is_refused() -> None:
    with pytest.raises(CastorError, match="not all zero"):
        Zones.of([[0.0]], [[1.0]], [[[1.0]]])
    with pytest.raises(CastorError, match="states"):
        Zones.of(np.ones((60, 1)), np.ones((60, 6)), np.ones((60, 6, 1)))
    with pytest.raises(CastorError, match="above zero"):
        Zones.of([[1.0]], [[0.0]], [[[1.0]]])
    zones = Zones.of([[1.0]], [[1.0]], [[[1.0]]])
    with pytest.raises(CastorError, match="rule does not fit 1 zones, 1 units and 1 precedences"):
        gain_of(zones, closest([[1.0, 2.0]]))
    with pytest.raises(CastorError, match="policy of these zones"):
        gain_of(zones, np.zeros((3, 1, 1), np.int8))
