"""The hypercube against Larson and Odoni's numbers, Erlang's formulas, and the balance equations solved directly."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from castor.dispatch.hypercube import correction_factors, erlang_states, hypercube, hypercube_approximation
from castor.errors import CastorError


@pytest.fixture(scope="module")
def example(shared: Path) -> dict:
    return json.loads((shared / "data" / "hypercube" / "larson_odoni_3server.json").read_text())


def _atoms(example: dict) -> tuple[list[float], list[list[int]]]:
    groups = example["atom_groups"]
    return [g["lambda"] for g in groups], [[n - 1 for n in g["preference"]] for g in groups]


def test_larson_and_odoni_exact_and_approximate(shared: Path, example: dict) -> None:
    rates, order = _atoms(example)
    exact = hypercube(rates, order, queue=True)
    assert exact.workload == pytest.approx(example["published"]["exact_workloads"], abs=5e-5)
    near = hypercube_approximation(rates, order, queue=True)
    assert near.workload == pytest.approx(example["recomputed"]["approx_converged"], abs=1e-5)
    printed = hypercube_approximation(rates, order, queue=True, tolerance=0.00115)
    assert printed.workload == pytest.approx(example["published"]["approx_workloads"], abs=6e-5), (
        "the book's third round"
    )
    assert correction_factors(3, 1.5, queue=True) == pytest.approx(example["published"]["Q(3,1/2,j)"], abs=5e-6)


def test_two_server_loss_quiz(shared: Path, example: dict) -> None:
    told = example["two_server_loss_check"]
    found = hypercube([1, 1], [[0, 1], [1, 0]], told["mu"])
    assert found.chance is not None
    assert found.chance == pytest.approx([2 / 5, 1 / 5, 1 / 5, 1 / 5])
    assert found.workload == pytest.approx([float(Fraction(w)) for w in told["workloads"]])
    assert found.dispatch == pytest.approx(np.array([[3 / 8, 1 / 8], [1 / 8, 3 / 8]]))


@pytest.mark.parametrize("queue", [False, True])
def test_equal_units_are_an_erlang_system(queue: bool) -> None:
    rng = np.random.default_rng(1)
    rates = rng.uniform(0.1, 0.5, 6)
    order = np.array([rng.permutation(4) for _ in rates])
    found = hypercube(rates, order, 0.8, queue=queue)
    states = erlang_states(rates.sum() / 0.8, 4, queue=queue)
    assert found.chance is not None
    counts = np.array([bin(s).count("1") for s in range(16)])
    assert np.bincount(counts, found.chance) == pytest.approx(states, abs=1e-9)
    assert (found.queued if queue else found.lost) == pytest.approx(1 - states[:4].sum())
    assert found.workload.sum() == pytest.approx(rates.sum() / 0.8 * (1 if queue else 1 - found.lost))
    assert found.dispatch.sum() == pytest.approx(1)


def _directly(rates: np.ndarray, order: np.ndarray, service: np.ndarray) -> np.ndarray:
    """The slow plain twin: the loss system's generator, solved as linear equations."""
    n = order.shape[1]
    generator = np.zeros((1 << n, 1 << n))
    for state in range(1 << n):
        for rate, ranks in zip(rates, order, strict=True):
            unit = next((u for u in ranks if not state >> u & 1), None)
            if unit is not None:
                generator[state, state | 1 << unit] += rate
        for unit in range(n):
            if state >> unit & 1:
                generator[state, state ^ 1 << unit] += service[unit]
    generator -= np.diag(generator.sum(1))
    system = np.vstack([generator.T, np.ones(1 << n)])
    return np.linalg.lstsq(system, np.r_[np.zeros(1 << n), 1.0], rcond=None)[0]


def test_unequal_units_equal_the_linear_equations() -> None:
    rng = np.random.default_rng(2)
    rates, service = rng.uniform(0.1, 1, 7), rng.uniform(0.3, 2, 5)
    order = np.array([rng.permutation(5) for _ in rates])
    found = hypercube(rates, order, service)
    chance = _directly(rates, order, service)
    assert found.chance == pytest.approx(chance, abs=1e-9)
    answered = found.dispatch.sum(0) * rates.sum() * (1 - found.lost)
    assert answered == pytest.approx(found.workload * service, abs=1e-9)


def test_erlang_loss_by_its_formula() -> None:
    states = erlang_states(2.0, 3, queue=False)
    terms = [2.0**k / math.factorial(k) for k in range(4)]
    assert states == pytest.approx(np.array(terms) / sum(terms))


def test_what_is_refused() -> None:
    with pytest.raises(CastorError, match="queue only grows"):
        hypercube([3.0], [[0, 1]], 1.0, queue=True)
    with pytest.raises(CastorError, match="units 0 to 1 once"):
        hypercube([3.0], [[0, 0]])
    with pytest.raises(CastorError, match="not all zero"):
        hypercube([0.0], [[0]])
    with pytest.raises(CastorError, match="do not fit"):
        hypercube([1.0, 2.0], [[0]])
    with pytest.raises(CastorError, match="above zero"):
        hypercube([1.0], [[0]], 0.0)
