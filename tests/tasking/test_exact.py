"""Days of up to 15 requests: tours and sets of requests against plain twins; larger small days are proved."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import test_forward
import twin_labels
import worlds

from castor.cover.audit import judge_cover
from castor.flight.check import check
from castor.tasking import best_floor, exact, plan_tasks
from castor.tasking.labels import columns
from castor.tasking.lower import Lowered, lower
from castor.tasking.reasons import Alone
from castor.tasking.sets import kernel
from castor.tasking.together import Column

START, END = worlds.START, worlds.END
MOST = 5
"""Requests times places with fuel of the days that the plain twin is asked for."""


def lowered(seed: int, made: str, floor: float = 0.0) -> Lowered:
    return lower(getattr(worlds, made)(seed), START, END, floor=floor)


@pytest.mark.parametrize("made", ["small", "tight"])
@pytest.mark.parametrize("seed", range(30))
def test_tours_are_those_of_the_plain_twin(made: str, seed: int) -> None:
    low = lowered(seed, made)
    if not low.flyers or len(low.parts) * int(low.problem.kinds.fuel.sum()) > MOST:
        return
    servable = Alone(low).servable
    flies = np.ones((len(low.places), len(low.places)), np.bool_)
    kinds = low.problem.fleet.kind.tolist()
    for u in {kinds.index(k) for k in kinds}:
        if low.problem.kinds.windows[kinds[u]].max() > 1 or any(part.amount for part in low.parts):
            continue
        found: dict[int, set[tuple[int, ...]]] = {}
        for one in columns(low, u, servable, flies) or []:
            first, last, away = one.spans[0]
            found.setdefault(one.carries, set()).add((first, last, away, one.air, one.since))
        assert found == twin_labels.tours(low, u, servable)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("crews", [0, 1, 2])
def test_sets_that_one_unit_carries_are_those_of_the_plain_twin(seed: int, crews: int) -> None:
    rng = np.random.default_rng([seed, 7])
    tours = []
    for carries in (1, 2, 4, 5):
        first, away = int(rng.integers(0, 12)), int(rng.integers(2, 7))
        since = int(rng.integers(0, 20)) if rng.random() < 0.3 else 0
        span = (first, first + int(rng.integers(0, 8)), away)
        tours.append(Column((), carries, int(rng.integers(1, away + 1)), since, (), (span,)))
    crew = (crews, int(rng.integers(6, 15)), int(rng.integers(3, 9)), int(rng.integers(5, 12)))
    turn, closed, first = int(rng.integers(0, 3)), {int(rng.integers(0, 25))} if rng.random() < 0.5 else set(), 1
    free = np.full((2, 1, 41), 1 << 40, np.int64)
    for t in range(40, -1, -1):
        free[0, 0, t] = t if t in closed else free[0, 0, t + 1] if t < 40 else 1 << 40
        free[1, 0, t] = t if t not in closed else free[1, 0, t + 1]
    rows = np.array([(max(first, *one.spans[0][:1]), one.spans[0][1], one.spans[0][2], one.since, one.air, turn, 0)
                     for one in tours], np.int64)  # fmt: skip
    begins = np.searchsorted(np.array([one.carries for one in tours]), np.arange(9)).astype(np.int64)
    stride, most = np.array([1, 2, 4, 8], np.int64), np.ones(3, np.int64)
    _, many = kernel.one_after_another(stride, most, rows, begins, np.array(crew, np.int64), free, first)
    able = [one for one in tours if crews == 0 or (one.spans[0][2] <= crew[1] and one.air <= crew[3])]
    if len(able) < len(tours):
        return
    plain = twin_labels.carried(tours, turn, crew, closed, first)
    found = set(np.flatnonzero(many > 0).tolist())
    assert found == plain if crews < 2 and not (crews and closed) else found >= plain


def test_sets_are_divided_as_the_definition_has_it() -> None:
    rng = np.random.default_rng(3)
    stride = np.array([1, 3, 6, 24], np.int64)  # at most 2, 1 and 3 of three classes
    one, other = rng.random(24) < 0.3, rng.random(24) < 0.3
    split = {(a % 3 + b % 3 + 3 * (a // 3 % 2 + b // 3 % 2) + 6 * (a // 6 + b // 6))
             for a in np.flatnonzero(one).tolist() for b in np.flatnonzero(other).tolist()
             if a % 3 + b % 3 <= 2 and a // 3 % 2 + b // 3 % 2 <= 1 and a // 6 + b // 6 <= 3}  # fmt: skip
    assert set(np.flatnonzero(kernel.beside(stride, one, other)).tolist()) == split


@pytest.mark.parametrize("seed", [0, 2, 4, 5, 6, 12, 24])
def test_days_of_twelve_requests_are_proved(seed: int) -> None:
    mission = worlds.world(seed, 12)
    floor = best_floor(mission, START, END) * (seed % 3) / 2
    plan = exact(mission, START, END, floor=floor).plan
    assert check(mission, plan, judge_cover) == []
    assert plan.bound == pytest.approx(plan.objective)
    searched = plan_tasks(mission, START, END, floor=floor, iterations=30, threads=1).plan
    assert (searched.objective or 0.0) <= (plan.objective or 0.0) + 1e-6 <= (searched.bound or 0.0) + 2e-6


def test_days_with_alert_posts_are_proved() -> None:
    mission = test_forward.theatre()
    third = msgspec.structs.replace(mission.requests[0], id="R2")
    mission = msgspec.structs.replace(mission, requests=(*mission.requests, third))
    plan = exact(mission, START, END, floor=1.0).plan
    assert any(wait.place == "post" for wait in plan.standby)
    assert check(mission, plan, judge_cover) == []
    assert plan.objective == plan.bound == pytest.approx(40.0)  # one of three must wait at the post
    assert exact(mission, START, END, floor=0.0).plan.objective == pytest.approx(60.0)


@pytest.mark.parametrize("seed", [2, 3, 4, 5, 8, 15])
def test_the_bound_of_a_plan_is_proved_where_that_takes_little_work(seed: int) -> None:
    mission = worlds.world(seed, 5)
    floor = best_floor(mission, START, END) * (seed % 3) / 2
    found, plan = (make(mission, START, END, floor=floor, **rounds).plan
                   for make, rounds in ((exact, {}), (plan_tasks, {"iterations": 30})))  # fmt: skip
    assert check(mission, plan, judge_cover) == []
    assert (plan.objective or 0.0) <= (found.bound or 0.0) + 1e-6
    assert (found.objective or 0.0) - 1e-6 <= (plan.bound or 0.0)
    assert plan.bound == pytest.approx(plan.objective) or found.bound != pytest.approx(found.objective)
