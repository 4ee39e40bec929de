"""Helicopters and surgical teams are the best of all pairs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from castor.cover.surgery import joint_siting
from castor.errors import Infeasible, MissionError


@pytest.mark.parametrize("seed", range(4))
def test_helicopters_and_teams_are_the_best_of_all_choices(seed: int) -> None:
    random = np.random.default_rng(seed)
    out, back = random.uniform(10, 90, (50, 6)), random.uniform(10, 90, (50, 5))
    weight = random.integers(1, 20, 50).astype(float)
    answer = joint_siting(out, back, 2, 2, clock=90.0, care=60.0, weights=weight, forced_surgery=[1])

    def worth(bases: tuple[int, ...], sites: tuple[int, ...]) -> float:
        fits = (out[:, bases][:, :, None] <= 60.0) & (out[:, bases][:, :, None] + back[:, sites][:, None, :] <= 90.0)
        return float(weight[fits.any(axis=(1, 2))].sum())

    teams = [c for c in combinations(range(5), 2) if 1 in c]
    assert answer.objective == pytest.approx(max(worth(b, h) for b in combinations(range(6), 2) for h in teams))
    assert answer.bound == pytest.approx(answer.objective)
    assert answer.gap == 0.0
    assert weight[answer.covered].sum() == answer.objective
    assert worth(answer.bases, answer.surgery) == answer.objective


def test_the_clock_counts_its_last_minute() -> None:
    assert joint_siting([[30.0]], [[60.0]], 1, 1, clock=90.0).objective == 1
    assert joint_siting([[30.0]], [[60.0]], 1, 1, clock=90.0, care=29.0).objective == 0
    assert joint_siting([[30.0]], [[60.001]], 1, 1, clock=90.0).objective == 0


def test_joint_siting_refuses_what_cannot_be() -> None:
    with pytest.raises(MissionError, match="helicopters"):
        joint_siting([[30.0]], [[60.0]], 2, 1, clock=90.0)
    with pytest.raises(MissionError, match="same points"):
        joint_siting([[30.0]], [[60.0], [1.0]], 1, 1, clock=90.0)
    with pytest.raises(Infeasible, match="forced"):
        joint_siting([[30.0, 1.0]], [[60.0]], 1, 1, clock=90.0, forced=[0, 1])
