"""Made problems of every manner, judged by the checker of the benchmarks, which must see what is spoilt."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from castor.tasking.routing import routing, solve

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from made import MANNERS, judge  # type: ignore[import-not-found]


@pytest.mark.parametrize("manner", list(MANNERS))
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_routes_are_good_and_spoilt_ones_are_not(manner: str, seed: int) -> None:
    problem = MANNERS[manner](24, np.random.default_rng(seed))
    objective = problem.pop("objective")
    problem.pop("known", None)
    found = solve(routing(**problem), iterations=1000, seed=seed, objective=objective)
    routes, times = [[int(a) for a in r] for r in found.routes], [[float(t) for t in w] for w in found.times]
    cost, vehicles, wrong = judge(problem, routes, times)
    assert wrong == []
    assert found.complete
    assert vehicles == found.vehicles
    assert cost == pytest.approx(found.cost + found.lost)
    unit = max(range(len(routes)), key=lambda v: len(routes[v]))
    for spoilt in (routes[unit][::-1], [*routes[unit][:1], *routes[unit]]):
        assert judge(problem, [*routes[:unit], spoilt, *routes[unit + 1 :]], times)[2]
    hasty = [t - 30.0 for t in times[unit]]
    assert judge(problem, routes, [*times[:unit], hasty, *times[unit + 1 :]])[2]
    if manner != "ships":
        assert judge(problem, [*routes[:unit], [], *routes[unit + 1 :]], times)[2]
