"""Crews: duty, flight time, rest, and nights away from base."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from castor.flight.check.facts import Facts, minutes
from castor.flight.check.violation import Violation, violation
from castor.flight.plan import Flight

MOST_STATES = 512
"""Ways of sharing tours among crews that are kept in hand; far more than a unit with a few crews ever has."""


class _Tour(NamedTuple):
    start: dt.datetime
    end: dt.datetime
    flown: float


class _Crew(NamedTuple):
    """The duty a crew is in: when it began, when its last tour ended, minutes flown; ``None`` before its first."""

    start: dt.datetime | None = None
    end: dt.datetime | None = None
    flown: float = 0.0


def judge_crews(facts: Facts) -> Iterator[Violation]:
    """Duty, flight time and rest of every unit's crews, if no way of sharing the tours among them keeps the rules.

    A tour runs from leaving base to coming back, or to a rest away; one crew flies it. Tours of one crew that are
    closer than the rest are one duty.
    """
    for unit, legs in facts.by_unit.items():
        own = [leg for leg in legs if leg.on > leg.off and not on_bridge(facts, leg)]
        states = [tuple(_Crew() for _ in range(facts.flying.crews))]
        for tour in _tours(facts, own):
            states, broken = _assign(facts, states, tour)
            if broken is not None:
                code, size = broken
                yield violation(code, unit, size, when=tour.start)


def on_bridge(facts: Facts, leg: Flight) -> bool:
    """Whether a leg belongs to the air bridge: its aircraft carries a load of it somewhere in the plan."""
    return any(other.task == "airlift" for tail in leg.tails.split() for other in facts.by_tail[tail])


def _tours(facts: Facts, legs: list[Flight]) -> list[_Tour]:
    rest, tours = facts.flying.rest_h * 60, []
    group: list[Flight] = []
    for leg in legs:
        if group and (leg.origin == _base(facts, leg) or minutes(leg.off, group[-1].on) >= rest):
            tours.append(_tour(group))
            group = []
        group.append(leg)
    return [*tours, _tour(group)] if group else tours


def _tour(legs: list[Flight]) -> _Tour:
    return _Tour(legs[0].off, legs[-1].on, sum(leg.minutes for leg in legs))


def _base(facts: Facts, leg: Flight) -> str:
    tails = leg.tails.split()
    return facts.home(tails[0]) if tails else ""


_State = tuple[_Crew, ...]


def _assign(facts: Facts, states: list[_State], tour: _Tour) -> tuple[list[_State], tuple[str, float] | None]:
    """Every way of giving the tour to a crew; if all break a rule, the least broken and what it breaks."""
    good: dict[_State, None] = {}
    bad: tuple[float, str, _State] | None = None
    for state in states:
        for place, crew in enumerate(state):
            code, size, after = _take(facts, crew, tour)
            new = tuple(sorted((*state[:place], after, *state[place + 1 :]), key=str))
            if not code:
                good[new] = None
            elif bad is None or size < bad[0]:
                bad = (size, code, new)
    if good or bad is None:
        return list(good)[:MOST_STATES], None
    return [bad[2]], (bad[1], bad[0])


def _take(facts: Facts, crew: _Crew, tour: _Tour) -> tuple[str, float, _Crew]:
    """The crew after the tour, with the rule it breaks (if any) and by how many minutes."""
    rules = facts.flying
    gap = float("inf") if crew.end is None else minutes(tour.start, crew.end)
    fresh = crew.start is None or gap >= rules.rest_h * 60
    start = tour.start if fresh or crew.start is None else crew.start
    after = _Crew(start, tour.end, tour.flown if fresh else crew.flown + tour.flown)
    duty = minutes(after.end or tour.end, start) - rules.duty_h * 60
    flown = after.flown - rules.flight_h * 60
    worst = max(("duty", duty), ("flight_time", flown), key=lambda one: one[1])
    if worst[1] <= 0.5:
        return "", 0.0, after
    alone = max(minutes(tour.end, tour.start) - rules.duty_h * 60, tour.flown - rules.flight_h * 60)
    short = rules.rest_h * 60 - gap
    if not fresh and alone <= 0.5 and short < worst[1]:
        return "rest", short, _Crew(tour.start, tour.end, tour.flown)
    return worst[0], worst[1], after


def judge_overnight(facts: Facts) -> Iterator[Violation]:
    """Rests taken away from base where the rules say that aircraft come home, and aircraft that never do."""
    for unit, legs in facts.by_unit.items():
        waits = {wait.place for wait in facts.plan.standby if wait.unit == unit}
        for leg, onward in zip(legs, [*legs[1:], None]):
            if on_bridge(facts, leg) or leg.destination in waits or not leg.tails.split():
                continue
            aircraft = facts.mission.tail.get(leg.tails.split()[0])
            if aircraft is None or leg.destination == aircraft.base:
                continue
            gap = minutes(facts.plan.end if onward is None else onward.off, leg.on)
            if facts.flying.overnight:
                if onward is None:
                    yield violation("never_home", unit, max(gap, 0.0), where=leg.destination, when=leg.on)
            elif onward is None or gap >= facts.flying.rest_h * 60:
                yield violation("overnight", unit, max(gap, 0.0), where=leg.destination, when=leg.on)
