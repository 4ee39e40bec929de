"""A tour that is taken out may have covered for others: the search keeps no programme that breaks the floor."""

from __future__ import annotations

import pytest
import worlds

from castor.cover.audit import judge_cover
from castor.flight.check import check
from castor.tasking import best_floor, plan_tasks


@pytest.mark.parametrize("seed", [1322, 1760, 1787])
def test_who_covered_for_another_is_not_taken_out_alone(seed: int) -> None:
    mission = worlds.world(seed)
    floor = best_floor(mission, worlds.START, worlds.END) * (seed % 3) / 2
    tasked = plan_tasks(mission, worlds.START, worlds.END, floor=floor, iterations=20, threads=1, seed=seed)
    assert tasked.plan.flights
    assert min(share for _, share in tasked.cover) >= floor - 1e-9
    assert check(mission, tasked.plan, judge_cover) == []
