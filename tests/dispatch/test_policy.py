"""The optimal policy against brute force on tiny cases and against published gains on twelve zones."""

from __future__ import annotations

import itertools
from math import comb
from pathlib import Path

import numpy as np
import pytest

from castor.dispatch.hypercube import hypercube
from castor.dispatch.policy import Zones, closest, gain_of_order, optimal
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


@pytest.mark.parametrize(("minutes_between", "refuse", "must"), [(30.0, 14.5, 0.59), (60.0, 1.7, 0.18)])
def test_twelve_zones(tables: dict[str, np.ndarray], minutes_between: float, refuse: float, must: float) -> None:
    zones = _twelve(tables, minutes_between)
    base = gain_of_order(zones, closest(tables["RT"]))
    best, sent = optimal(zones, "refuse", tolerance=1e-5), optimal(zones, "must", tolerance=1e-5)
    for gain in (base, best, sent):
        assert 0 <= gain.high - gain.low <= 1e-5 * gain.high
    assert 100 * (best.mean / base.mean - 1) == pytest.approx(refuse, abs=0.06)
    assert 100 * (sent.mean / base.mean - 1) == pytest.approx(must, abs=0.006)


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
    gain = gain_of_order(Zones.of(rates, away, reward), order)
    cube = hypercube(rates[:, 0], order, 1 / away[0])
    expected = (cube.dispatch * reward[:, :, 0]).sum() * rates.sum() * (1 - cube.lost)
    assert gain.mean == pytest.approx(expected, rel=2e-6)


def test_refusing_is_never_worse_and_an_empty_list_earns_nothing() -> None:
    rng = np.random.default_rng(9)
    zones = Zones.of(rng.uniform(0, 0.05, (4, 2)), rng.uniform(20, 90, (4, 2)), rng.uniform(0, 1, (4, 2, 2)))
    assert optimal(zones, "refuse").high >= optimal(zones, "must").low - 1e-9
    assert optimal(zones, "must").high >= gain_of_order(zones, closest(zones.service_min)).low - 1e-9
    assert gain_of_order(zones, np.full((4, 2), -1)).mean == 0


def test_what_is_refused() -> None:
    with pytest.raises(CastorError, match="not all zero"):
        Zones.of([[0.0]], [[1.0]], [[[1.0]]])
    with pytest.raises(CastorError, match="states"):
        Zones.of(np.ones((60, 1)), np.ones((60, 6)), np.ones((60, 6, 1)))
    with pytest.raises(CastorError, match="above zero"):
        Zones.of([[1.0]], [[0.0]], [[[1.0]]])
