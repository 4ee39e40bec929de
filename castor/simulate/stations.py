"""A world from rates and minutes alone, without a mission: for queueing models, benchmarks and one's own tables."""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import ArrayLike

from castor.errors import MissionError, Problem
from castor.simulate.columns.kernel import MOST_POSTS
from castor.simulate.lowered import Demand, Fleet, Floats, Ints, Posts, Sky, Work
from castor.simulate.toll import alias_tables
from castor.simulate.world import DAY, DRAIN, Named, Tables, World

FIRST_DAY = dt.datetime(2001, 1, 1)


def stations(
    rates: ArrayLike,
    out: ArrayLike,
    *,
    back: ArrayLike = 0.0,
    scene_min: float = 0.0,
    memoryless: bool = False,
    order: ArrayLike | None = None,
    days: int = 365,
    waits: bool = True,
) -> World:
    """One unit at each of S posts, Z zones, calls answered by the first free unit of the zone's order.

    ``rates`` (Z,) calls a day; ``out`` (S, Z) minutes to a zone and ``back`` (S, Z) from it, none for no time at all;
    ``scene_min`` minutes between them, exponential if ``memoryless``; ``order`` (Z, S) of posts, by ``out`` if absent;
    ``waits`` false: a call that finds nobody free is lost. Raises MissionError for numbers that cannot be.
    """
    told, there = np.atleast_1d(np.asarray(rates, np.float64)), np.atleast_2d(np.asarray(out, np.float64))
    home = np.broadcast_to(np.asarray(back, np.float64), there.shape)
    number = there.shape[0]
    ranks = np.argsort(there, axis=0, kind="stable").T if order is None else np.atleast_2d(np.asarray(order, np.int64))
    _check(told, there, home, (scene_min, ranks, days))
    total = float(told.sum())
    share, other = alias_tables(told / total if total else np.full(told.size, 1.0 / told.size))
    demand = Demand(
        horizon=days * DAY, drain=DRAIN, rate=total / DAY, knots=np.array([0.0, days * DAY]), season=np.ones(1),
        expected=np.array([0.0, total * days]), share=share, other=other, tail=0.0, most=1, urgent=1.0, litter=0.0,
        report=0.0, approval=0.0, approval_sigma=0.0, memoryless=memoryless, scene=scene_min, scene_sigma=0.0,
        transfer_rate=0.0, waits=waits, care=60.0, surgery=120.0,
    )  # fmt: skip
    at = np.arange(number)
    zero, none, never = np.zeros(number), np.zeros(number, np.int64), np.full(number, np.inf)
    fleet = Fleet(
        kind=none, base=at, since=zero, until=never, up=never, repair=zero + 1.0, phase=never, phase_down=zero,
        luck=at.astype(np.uint64), kinds=1, crews=none, duty=0.0, flight=0.0, rest=0.0,
    )  # fmt: skip
    posts = Posts(
        pool=at, base=at, lead=none, escort=none, escorts=none, since=zero, until=never,
        night=np.ones(number, np.bool_),
        seats=none, litters=none + 1, turn=zero, handover=zero, notice_day=zero, notice_night=zero,
        order=np.ascontiguousarray(ranks), out=there[None], inn=home[None], air=(there + home)[None],
        home=np.zeros((1, number)), hospital=np.zeros((number, told.size, 1), np.int64), beds=np.array([-1]), stay=0.0,
        within=np.zeros(told.size, np.int64), worth=np.zeros(1), reserve=np.zeros(3, np.int64),
    )  # fmt: skip
    sky = Sky(
        np.zeros(days + int(DRAIN / DAY) + 3, np.int64), np.empty((0, 0)), np.empty((0, 0)), np.empty((0, 24)), 0.0
    )
    named = Named(
        zones=tuple(f"zone {z}" for z in range(told.size)), zone_at=((0.0, 0.0),) * told.size, hospitals=("hospital",),
        tails=tuple(f"unit {s}" for s in at), bases=tuple(f"post {s}" for s in at), row_unit=("unit",) * number,
        row_place=tuple(f"post {s}" for s in at), months=("all",),
    )  # fmt: skip
    return World(
        "stations", FIRST_DAY, days, Tables(demand, fleet, posts, sky, _no_work()), named, (), number * days * DAY
    )  # fmt: skip


def _no_work() -> Work:
    none, whole = np.empty(0), np.empty(0, np.int64)
    return Work(
        rate=none, luck=np.empty(0, np.uint64), first=np.zeros(1, np.int64), share=none, other=whole, out=none,
        ground=none, back=none, air_out=none, air_back=none, lead=whole, escort=whole, escorts=whole, base=whole,
        pool=whole, turn=none, pax=none, tonnes=none, training=whole, since=none, until=none,
        onward=np.empty(0, np.bool_), planned=none, planned_goal=whole, standby=0, on_call=0, wait=np.inf, day=False,
    )  # fmt: skip


def _check(rates: Floats, out: Floats, back: Floats, rest: tuple[float, Ints, int]) -> None:
    scene, order, days = rest
    problems = []
    if out.shape[1] != rates.size or not 0 < out.shape[0] <= MOST_POSTS:
        problems.append(Problem("out", f"(S, {rates.size}), S from 1 to {MOST_POSTS}", read=str(out.shape)))
    for name, values in (("rates", rates), ("out", out), ("back", back), ("scene_min", np.array(scene))):
        if not (np.isfinite(values).all() and (values >= 0).all()):
            problems.append(Problem(name, "finite numbers from 0 on"))
    if order.shape != out.shape[::-1] or not (np.sort(order, axis=1) == np.arange(out.shape[0])).all():
        problems.append(Problem("order", f"each row the posts 0 to {out.shape[0] - 1} once", read=str(order.shape)))
    if days < 1:
        problems.append(Problem("days", "a whole number from 1 on", read=str(days)))
    if problems:
        raise MissionError(problems)
