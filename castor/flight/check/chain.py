"""Who flies: do the names exist, is the formation whole, is every aircraft where it must be, and is there room."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from castor.flight.check.facts import Facts, minutes
from castor.flight.check.violation import Violation, violation
from castor.flight.plan import Flight
from castor.mission.model import Place


def judge_names(facts: Facts) -> Iterator[Violation]:
    """Places, tails, units and requests that do not exist."""
    mission = facts.mission
    for row in facts.rows:
        for name, moment in row.stops:
            if name not in mission.place:
                yield violation("unknown_place", row.unit, where=name, when=moment, detail=name)
        for tail in row.tails:
            if tail not in mission.tail:
                yield violation("unknown_tail", row.unit, when=row.start, detail=tail)
        if not row.tails:
            yield violation("no_tail", row.unit, when=row.start)
        if facts.formation(row.unit) is None and row.unit not in mission.tail:
            yield violation("unknown_unit", row.unit, when=row.start, detail=row.unit)
    named = set(facts.by_request) | {left.request for left in facts.plan.unserved}
    for name in sorted(named - set(facts.demands)):
        yield violation("unknown_request", name, detail=name)


def judge_formations(facts: Facts) -> Iterator[Violation]:
    """Formations without their lead or an escort; single aircraft that fly under another's name."""
    for row in facts.rows:
        formation = facts.formation(row.unit)
        kinds = [kind.type for kind in facts.types(row)]
        if formation is None:
            if row.unit in facts.mission.tail and row.unit not in row.tails:
                yield violation("formation_incomplete", row.unit, when=row.start, detail=f"{row.unit} itself")
            continue
        need = Counter({formation.lead: 1})
        if formation.escort:
            need[formation.escort] += formation.escorts
        short = need - Counter(kinds)
        if short:
            detail = ", ".join(f"{number} {kind}" for kind, number in sorted(short.items()))
            yield violation("formation_incomplete", row.unit, sum(short.values()), when=row.start, detail=detail)
        elif kinds[0] != formation.lead:
            yield violation("formation_incomplete", row.unit, when=row.start, detail=f"{formation.lead} does not lead")


def judge_dates(facts: Facts) -> Iterator[Violation]:
    """Aircraft flown or held outside their days in theatre, places used outside theirs, rows outside the plan.

    A row that ends at midnight ends with the day before.
    """
    for row in facts.rows:
        last = max(row.start, row.end - dt.datetime.resolution)
        for tail in row.tails:
            aircraft = facts.mission.tail.get(tail)
            if aircraft is not None and (days := _days_off(aircraft.start, aircraft.end, row.start, last)):
                yield violation("not_in_theatre", row.unit, days, when=row.start, detail=tail)
        for name, moment in row.stops:
            place = facts.place(name)
            if place is not None and (days := _days_off(place.start, place.end, moment, moment)):
                yield violation("closed_dates", row.unit, days, where=name, when=moment)
        out = max(minutes(facts.plan.start, row.start), minutes(row.end, facts.plan.end))
        if out > 0:
            yield violation("outside_plan", row.unit, out, when=row.start)


def _days_off(first: dt.date | None, last: dt.date | None, start: dt.datetime, end: dt.datetime) -> int:
    early = (first - start.date()).days if first is not None else 0
    late = (end.date() - last).days if last is not None else 0
    return max(early, late, 0)


def judge_chains(facts: Facts) -> Iterator[Violation]:
    """Aircraft in two places at once, or taking off from where they are not."""
    for tail, legs in facts.by_tail.items():
        here, free = facts.home(tail), None
        for leg in legs:
            if free is not None and leg.off < free:
                yield violation("two_places", leg.unit, minutes(free, leg.off), when=leg.off, detail=tail)
            elif here and leg.origin != here:
                where = f"{here}-{leg.origin}"
                size = facts.km(here, leg.origin)
                yield violation("broken_chain", leg.unit, size, where=where, when=leg.off, detail=tail)
            here, free = leg.destination, max(leg.on, free) if free is not None else leg.on


def judge_standby(facts: Facts) -> Iterator[Violation]:
    """Waiting while flying (a call-out is what waiting is for), waiting twice, waiting where the aircraft is not, and
    waiting away from base where the mission has no alert post.
    """
    for wait in facts.plan.standby:
        place, homes = facts.place(wait.place), {facts.home(tail) for tail in wait.tails.split()}
        if place is not None and not place.alert and homes - {"", place.id}:
            yield violation("no_alert_post", wait.unit, where=wait.place, when=wait.start)
    for tail in sorted({tail for wait in facts.plan.standby for tail in wait.tails.split()}):
        yield from _standby_clashes(facts, tail, facts.by_tail.get(tail, []))


def _standby_clashes(facts: Facts, tail: str, legs: list[Flight]) -> Iterator[Violation]:
    waits = sorted((wait for wait in facts.plan.standby if tail in wait.tails.split()), key=lambda wait: wait.start)
    for before, after in pairwise(waits):
        if after.start < before.end:
            size = minutes(min(before.end, after.end), after.start)
            yield violation("two_places", after.unit, size, where=after.place, when=after.start, detail=tail)
    for wait in waits:
        for leg in legs:
            shared = minutes(min(leg.on, wait.end), max(leg.off, wait.start))
            if shared > 0 and leg.task not in ("medevac", "casevac"):
                yield violation("two_places", leg.unit, shared, where=wait.place, when=leg.off, detail=tail)
        here = facts.home(tail)
        for leg in legs:
            if leg.on <= wait.start:
                here = leg.destination
        if here and here != wait.place:
            where, size = f"{here}-{wait.place}", facts.km(here, wait.place)
            yield violation("broken_chain", wait.unit, size, where=where, when=wait.start, detail=tail)


def judge_hours(facts: Facts) -> Iterator[Violation]:
    """Landings and take-offs outside a place's opening hours."""
    for leg in facts.flights:
        for name, moment in ((leg.origin, leg.off), (leg.destination, leg.on)):
            place = facts.place(name)
            if place is not None and (out := _outside(place, moment)) > 0:
                yield violation("closed_hours", leg.unit, out, where=name, when=moment)


def _outside(place: Place, moment: dt.datetime) -> float:
    """Minutes to the nearer edge of the opening hours (they may run over midnight); 0 inside them."""
    if place.opens_h is None or place.closes_h is None or place.opens_h == place.closes_h:
        return 0.0
    at = moment.hour * 60 + moment.minute + moment.second / 60
    after, before = (at - place.closes_h * 60) % 1440, (place.opens_h * 60 - at) % 1440
    open_for = (place.closes_h - place.opens_h) * 60 % 1440 or 1440.0
    inside = (at - place.opens_h * 60) % 1440 <= open_for
    return 0.0 if inside else min(after, before)


def judge_parking(facts: Facts) -> Iterator[Violation]:
    """More aircraft on the ground at once than a place has spots; those at their own base are not counted."""
    moves: dict[str, list[tuple[dt.datetime, int, str]]] = {}
    for tail, legs in facts.by_tail.items():
        aircraft = facts.mission.tail.get(tail)
        for leg, onward in zip(legs, [*legs[1:], None]):
            place = facts.place(leg.destination)
            if place is None or place.parking is None or (aircraft is not None and aircraft.base == place.id):
                continue
            leaves = onward.off if onward is not None else facts.plan.end
            if leaves > leg.on:
                moves.setdefault(place.id, []).extend([(leg.on, 1, leg.unit), (leaves, -1, leg.unit)])
    for name, changes in moves.items():
        spots, there, worst = facts.mission.place[name].parking or 0, 0, 0
        for moment, change, unit in sorted(changes):
            there += change
            if there - spots > worst:
                worst = there - spots
                yield violation("parking", unit, worst, where=name, when=moment)
