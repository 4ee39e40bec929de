"""A programme changed while it is flown: an aircraft lost, a call come in, a late request; what was promised kept.

What is off the ground stays as it is. For the rest three aims come one after the other: as much as can be of the worth
that was promised is still carried; of that as many requests as can be keep their unit and their tour's times; then as
much else as can be is carried. The weights by which the search ranks programmes are such that nothing of a later aim,
nor time in the air, makes up for one request of an earlier.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from castor.errors import MissionError, Problem
from castor.flight.plan import Flight, Plan, Standby
from castor.mission.model import AircraftType, Flying, Mission, Request
from castor.tasking.arrays import State
from castor.tasking.bound import bound
from castor.tasking.lower import MINUTE, Lowered, Out
from castor.tasking.packed import pack
from castor.tasking.reasons import Alone, left_out
from castor.tasking.solve import Progress, Search, Tasked, cover_of, run
from castor.tasking.sorties import sorties
from castor.tasking.underway import UnderWay, as_sortie, cut_off, programme, under_way
from castor.tasking.write import plan_of

SLACK = 1e-9
ROUNDS = 200
"""Rounds of each thread in which what was promised is brought in again, before anything new is."""


class Away(Struct, frozen=True, kw_only=True):
    """A call that has come in: the aircraft (tails) answer it and are back and ready at their base at ``until``.

    ``place`` is where they went, for whoever reads the plan.
    """

    tails: str
    until: dt.datetime
    place: str = ""


def replan(
    mission: Mission,
    before: Plan,
    now: dt.datetime,
    *,
    lost: Sequence[str] = (),
    added: Sequence[Request] = (),
    away: Sequence[Away] = (),
    requests: Sequence[Request] | None = None,
    seconds: float = 10.0,
    iterations: int | None = None,
    seed: int = 1,
    threads: int = 2,
    progress: Progress | None = None,
) -> Tasked:
    """Plan the rest of a plan's time anew from a moment on, with the fewest changes to what was promised.

    ``lost`` are tails that fly no more, ``away`` those that answer a call, ``added`` requests that came late. Tours off
    the ground stay as they are, to their end; but who is lost or called out flies no farther than the next rest away
    from base, nor do those who fly along: how they come home is not planned. ``seconds`` begin when the problem is laid
    out. Raises ``MissionError`` with every problem.
    """
    began = time.monotonic()
    waits, busy = _at_posts(mission, before)
    called = _outs(mission, before, now, lost, away)
    asked = [*(mission.requests if requests is None else requests), *added]
    minute = math.ceil((now - before.start) / MINUTE)
    way = under_way(mission, before, asked, (called, busy), minute)
    low, promised, rows = way.low, way.promised, way.rows
    ranked, bonus = _ranked(low, promised)
    state, promise = programme(way)
    searches = [Search(ranked, seed * 1000 + at, state) for at in range(max(1, threads))]
    alone, most = _able(way)
    _keep(searches, low, promised, (~alone, rows, promise, bonus))
    told = None if progress is None else _told(progress, low, searches)
    done = run(searches, time.monotonic(), seconds, iterations, most, told)
    best = max(searches, key=lambda one: (round(one.value, 9), -one.cost))
    after = _finish(way, best.best, before, most, (time.monotonic() - began, done))
    plan = msgspec.structs.replace(after.plan, standby=(*after.plan.standby, *waits))
    return msgspec.structs.replace(after, plan=plan)


def _outs(
    mission: Mission, before: Plan, now: dt.datetime, lost: Sequence[str], away: Sequence[Away]
) -> tuple[Out, ...]:
    named = [*lost, *(tail for call in away for tail in call.tails.split())]
    problems = [
        Problem("replan", "a tail of aircraft.csv", column="tail", read=tail)
        for tail in named if tail not in mission.tail
    ]  # fmt: skip
    if not before.start <= now <= before.end:
        read = f"{now}"
        problems.append(Problem("replan", f"a moment from {before.start} to {before.end}", column="now", read=read))
    problems += [
        Problem("replan", f"a moment after {now}", column="until", read=f"{call.until}")
        for call in away if call.until <= now
    ]  # fmt: skip
    if problems:
        raise MissionError(problems)
    since, end = math.ceil((now - before.start) / MINUTE), round((before.end - before.start) / MINUTE)
    found = [Out(tail, since, end) for tail in lost]
    for call in away:
        until = min(end, math.ceil((call.until - before.start) / MINUTE))
        found += [Out(tail, since, until) for tail in call.tails.split()]
    return tuple(found)


def _at_posts(mission: Mission, before: Plan) -> tuple[list[Standby], list[Out]]:
    """Waits at alert posts, which stay as they were planned, and their aircraft, which are out meanwhile."""
    waits, outs = [], []
    for wait in before.standby:
        tails = [mission.tail[tail] for tail in wait.tails.split() if tail in mission.tail]
        legs = [leg for leg in before.flights if leg.unit == wait.unit]
        there = [leg.off for leg in legs if leg.destination == wait.place and leg.on <= wait.start]
        back = [leg.on for leg in legs if leg.origin == wait.place and leg.off >= wait.end]
        if not there or not back or all(one.base == wait.place for one in tails):
            continue
        waits.append(wait)
        turn = max(_turn(mission.type[one.type], mission.rules.flying) for one in tails)
        since, until = (math.floor((moment - before.start) / MINUTE) for moment in (max(there), min(back)))
        outs += [Out(one.tail, since, until + turn) for one in tails]
    return waits, outs


def _turn(kind: AircraftType, flying: Flying) -> int:
    """Minutes in which an aircraft turns round: the longer of its ground time and its refuelling."""
    return math.ceil(max(kind.ground_min, flying.refuel_min if kind.refuel_min is None else kind.refuel_min))


def _able(way: UnderWay) -> tuple[Any, float]:
    """Parts (Q,) that some unit can carry and that are not off the ground, and the most worth of any plan.

    Who goes on from a rest away may reach what nobody could from base: then every part may be carried.
    """
    value = way.low.problem.asks.value
    alone = np.ones(value.size, np.bool_) if way.begun else Alone(way.low).servable
    alone[list(way.rows)] = False
    most = float(value[alone].sum()) if way.begun else bound(way.low, alone)
    return alone, float(value[list(way.rows)].sum()) + most


def _ranked(low: Lowered, promised: Sequence[int]) -> tuple[Lowered, Any]:
    """The problem with what was promised worth so much, and the worth (Q,) of keeping each promise's unit and times,
    that an earlier aim always outweighs all later ones and all flying.
    """
    asks, fleet = low.problem.asks, low.problem.fleet
    value, bonus = asks.value.copy(), np.zeros(asks.value.size)
    if not promised:
        return low, bonus
    flying = float(low.problem.price.max()) * low.minutes * max(1, fleet.kind.size)
    others = float(value.sum() - value[promised].sum())
    bonus[promised] = others + flying + 1.0
    value[promised] *= 1.0 + (float(bonus.sum()) + others + flying) / max(float(value[promised].min()), SLACK)
    packed = pack(low.problem._replace(asks=asks._replace(value=value)))
    return msgspec.structs.replace(low, tables=packed), bonus


def _keep(searches: Sequence[Search], low: Lowered, promised: Sequence[int], masks: tuple[Any, ...]) -> None:
    """Give each search what it may not touch, and let it bring in again what was promised, before anything new."""
    barred, rows, promise, bonus = masks
    fixed = np.zeros(len(low.parts), np.bool_)
    fixed[list(rows)] = True
    new = np.ones(len(low.parts), np.bool_)
    new[list(promised)] = False
    for one in searches:
        one.masks = barred | new, fixed, promise, bonus
        if promised:
            one.run(ROUNDS, 1.0, 1.0)
        one.masks = barred, fixed, promise, bonus


def _told(progress: Progress, low: Lowered, searches: Sequence[Search]) -> Progress:
    """Progress in worth as it is, not as it is ranked."""

    def told(best: float, most: float, gap: float, share: float) -> None:
        value = max(float(low.problem.asks.value[one.best.unit >= 0].sum()) for one in searches)
        progress(value, most, (most - value) / most if most else 0.0, share)

    return told


def _finish(way: UnderWay, state: State, before: Plan, most: float, spent: tuple[float, int]) -> Tasked:
    low, kept, resting = way.low, [as_sortie(way.low, tour) for tour in way.flown], way.resting()
    made = [one for one in sorties(low, state, kept, resting) if one.tails]
    fresh = [one for one in made if not any(one is row or (one.unit, one.off) == (row.unit, row.off) for row in kept)]
    onward = [one for one in fresh if any((one.unit, one.off) == (row.unit, row.off) for row in resting)]
    carried = {v >> 1 for one in fresh for v in one.visits} | set(way.rows)
    objective = float(sum(low.problem.asks.value[r] for r in sorted(carried)))
    flown = {leg for tour in way.off_ground() for leg in tour.legs}
    parts = [cut_off(one, resting) if one in onward else one for one in fresh]
    left = left_out(low, carried, state)
    plan = plan_of(low, parts, left, objective, max(most, objective), standing_beside=[*kept, *onward])
    history = [leg for leg in before.flights if leg in flown or _other(low, leg)]
    flights = sorted([*history, *plan.flights], key=lambda one: (one.off, one.unit))
    plan = msgspec.structs.replace(plan, flights=tuple(flights))
    return Tasked(plan=plan, cover=cover_of(low, state), seconds=spent[0], iterations=spent[1])


def _other(low: Lowered, leg: Flight) -> bool:
    """Whether a leg is none of those that are planned here: a call-out, a unit that carries nothing."""
    return leg.task not in ("transport", "positioning") or leg.unit not in {flyer.name for flyer in low.flyers}
