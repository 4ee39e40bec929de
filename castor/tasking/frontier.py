"""What can be carried against the floor of cover that is kept: the frontier, and the price of cover along it."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from itertools import pairwise

import msgspec
from msgspec import Struct

from castor.errors import MissionError, Problem
from castor.flight.carried import carried
from castor.flight.plan import Plan
from castor.mission.model import Mission, Request, Rules
from castor.tasking.lower import Lowered, lower
from castor.tasking.solve import Progress, solve
from castor.tasking.warm import state_of

STEPS = 5
"""Floors above 0 of a frontier whose floors are not given: fifths of the most that can be kept."""


class Point(Struct, frozen=True, kw_only=True):
    """The best plan found that keeps a floor of cover: worth carried, what no plan can beat, passengers, cargo."""

    floor: float
    carried: float
    bound: float
    pax: int
    cargo_kg: float
    plan: Plan


def best_floor(mission: Mission, start: dt.datetime, end: dt.datetime) -> float:
    """The highest floor that can be kept at all times between two moments, if nobody flies."""
    shares = lower(mission, start, end, requests=(), floor=0.0).watched.all_posts
    return float(shares.min()) if shares.size else 0.0


def frontier(
    mission: Mission,
    start: dt.datetime,
    end: dt.datetime,
    *,
    floors: Sequence[float] | None = None,
    requests: Sequence[Request] | None = None,
    seconds: float = 30.0,
    iterations: int | None = None,
    seed: int = 1,
    progress: Progress | None = None,
) -> list[Point]:
    """Plan for each floor, from the highest down; ``seconds`` (or ``iterations`` for each floor) are for all together.

    A plan that keeps a floor keeps every lower one, so each floor's plan is where the search for the next begins, and
    what is carried never falls as the floor does. Points come with the lowest floor first. Raises ``Infeasible`` where
    a floor cannot be kept, ``MissionError`` for floors that are no shares.
    """
    free = msgspec.structs.replace(mission, rules=_without_floor(mission))
    most = best_floor(free, start, end)
    wanted = sorted({most * step / STEPS for step in range(STEPS + 1)} if floors is None else set(floors))
    wrong = [floor for floor in wanted if not 0 <= floor <= 1]
    if wrong or not wanted:
        read = ", ".join(map(str, wrong)) or "nothing"
        raise MissionError([Problem("floors", "shares from 0 to 1", column="floor", read=read)])
    found: list[Point] = []
    warm: Plan | None = None
    for number, floor in enumerate(reversed(wanted)):
        low = lower(free, start, end, requests=requests, floor=floor)
        state = None if warm is None else state_of(low, warm)[0]
        tasked = solve(
            low, state, began=time.monotonic(), seconds=seconds / len(wanted), iterations=iterations, seed=seed,
            progress=_part(progress, number, len(wanted)),
        )  # fmt: skip
        plan = tasked.plan
        if found and found[-1].carried > (plan.objective or 0.0):
            plan = msgspec.structs.replace(found[-1].plan, floor=floor, bound=plan.bound)
        found.append(_point(low, floor, plan))
        warm = plan
    return _monotone(found[::-1])


def prices(points: Sequence[Point]) -> list[float | None]:
    """For each point, the passengers given up for each further point (per cent) of cover from the one before; ``None``
    for the first and where the floors are the same.
    """
    found: list[float | None] = [None]
    for before, after in pairwise(points):
        more = (after.floor - before.floor) * 100
        found.append((before.pax - after.pax) / more if more > 0 else None)
    return found[: len(points)]


def _without_floor(mission: Mission) -> Rules:
    cover = msgspec.structs.replace(mission.rules.cover, floor=0.0)
    return msgspec.structs.replace(mission.rules, cover=cover)


def _part(progress: Progress | None, number: int, count: int) -> Progress | None:
    if progress is None:
        return None

    def told(best: float, bound: float, gap: float, share: float) -> None:
        progress(best, bound, gap, (number + share) / count)

    return told


def _point(low: Lowered, floor: float, plan: Plan) -> Point:
    load = carried(msgspec.structs.replace(low.mission, requests=low.requests), plan.flights)
    return Point(
        floor=floor, carried=plan.objective or 0.0, bound=plan.bound or 0.0, pax=round(load.pax), cargo_kg=load.kg,
        plan=plan,
    )  # fmt: skip


def _monotone(points: list[Point]) -> list[Point]:
    """What bounds a lower floor bounds a higher one too."""
    found: list[Point] = []
    for point in points:
        bound = min(point.bound, found[-1].bound) if found else point.bound
        gap = 0.0 if bound <= 0 else max(0.0, (bound - point.carried) / bound)
        plan = msgspec.structs.replace(point.plan, bound=bound, gap=gap)
        found.append(msgspec.structs.replace(point, bound=bound, plan=plan))
    return found
