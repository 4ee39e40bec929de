"""Cover by number is the best of every number of vehicles, and worth adds up."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from castor.cover.location import merge
from castor.cover.marginal import cover_by_number, worth_of_each
from castor.cover.rules import Plane


def test_every_step_is_exact_and_worth_adds_up() -> None:
    random = np.random.default_rng(3)
    points, sites = random.uniform(0, 30, (80, 2)), random.uniform(0, 30, (8, 2))
    weight = random.integers(1, 50, 80).astype(float)
    near = np.hypot(points[:, None, 0] - sites[:, 0], points[:, None, 1] - sites[:, 1]) <= 8.0
    rows = merge(Plane(points, sites), 8.0, weight)
    steps = cover_by_number(rows)
    for step in steps:
        best = max(weight[near[:, list(c)].any(axis=1)].sum() for c in combinations(range(8), step.vehicles))
        assert step.covered == pytest.approx(best)
        assert step.bound == pytest.approx(best)
        assert len(step.siting.sites) == step.vehicles
    assert steps[0].vehicles == 0
    assert steps[-1].covered == pytest.approx(weight[near.any(axis=1)].sum())
    assert sum(step.worth for step in steps) == pytest.approx(steps[-1].covered)
    assert [step.vehicles for step in cover_by_number(Plane(points, sites), 2, radius=8.0, weights=weight)] == [0, 1, 2]
    alone = worth_of_each(rows, steps[3].siting)
    for site in steps[3].siting.sites:
        rest = [j for j in steps[3].siting.sites if j != site]
        assert alone[site] == pytest.approx(steps[3].covered - weight[near[:, rest].any(axis=1)].sum())
