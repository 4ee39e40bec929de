"""The air bridge: crews by its own rules, loads available and due, what fits the hold, what must not fly together."""

from __future__ import annotations

from collections.abc import Iterator

from castor.flight.check.crew import on_bridge
from castor.flight.check.demand import journeys, measure
from castor.flight.check.facts import MINUTE, Facts, minutes
from castor.flight.check.violation import Violation, violation
from castor.mission.model import Load


def judge_bridge_crews(facts: Facts) -> Iterator[Violation]:
    """Duty and rest of the crews of the air bridge: a crew is fresh at base, where crews wait, and after a rest.

    A duty runs from the report before its first take-off to its last landing.
    """
    rules = facts.mission.rules.airlift
    fresh = set(rules.staging.split())
    for tail, legs in facts.by_tail.items():
        if not legs or not on_bridge(facts, legs[0]):
            continue
        home, began, before = facts.home(tail), None, None
        for leg in legs:
            report = leg.off - rules.report_min * MINUTE
            rested = before is None or minutes(report, before.on) >= rules.rest_h * 60 - 0.5
            if began is None or rested or leg.origin == home or leg.origin in fresh:
                began = report
            over = minutes(leg.on, began) - rules.crew_min
            if over > 0.5:
                yield violation("duty", tail, over, where=f"{leg.origin}-{leg.destination}", when=leg.off)
            before = leg


def judge_loads(facts: Facts) -> Iterator[Violation]:
    """Loads taken up before they are available or set down after they are due."""
    for load in facts.mission.lift:
        for trip in journeys(facts, load):
            first, last = trip.legs[0], trip.legs[-1]
            ground = facts.stop_minutes(facts.types(first), refuels=False, loads=True)
            early = minutes(load.available, first.off - ground * MINUTE)
            if early > 0.5:
                yield violation("too_early", load.id, early, where=first.origin, when=first.off)
            if (over := minutes(last.on, load.due)) > 0.5:
                yield violation("late", load.id, over, where=last.destination, when=last.on)
            if load.pieces and abs(trip.amount - round(trip.amount)) > 1e-6:
                yield violation("broken_piece", load.id, where=first.origin, when=first.off, detail=load.id)


def judge_holds(facts: Facts) -> Iterator[Violation]:
    """Holds filled over their volume or floor; loads in a type they may not fly in; hazardous loads with passengers."""
    use = facts.mission.rules.airlift.volume_use
    for leg in facts.flights:
        aboard = [
            (one, amount) for name, amount in leg.aboard.items() if isinstance(one := facts.demands.get(name), Load)
        ]
        kinds = facts.types(leg)
        if not aboard or not kinds:
            continue
        lead, (m3, floor) = kinds[0], _space(aboard)
        if lead.hold_m3 is not None and m3 - lead.hold_m3 * use > 0.01:
            yield violation("volume", leg.unit, m3 - lead.hold_m3 * use, when=leg.off)
        if lead.floor_m is not None and floor - lead.floor_m > 0.01:
            yield violation("floor_length", leg.unit, floor - lead.floor_m, when=leg.off)
        for load, _ in aboard:
            if load.only and lead.type not in load.only.split():
                yield violation("wrong_type", load.id, when=leg.off, detail=load.only)
        if any(load.hazardous for load, _ in aboard) and leg.pax:
            names = ", ".join(load.id for load, _ in aboard if load.hazardous)
            yield violation("incompatible", leg.unit, when=leg.off, detail=names)


def _space(aboard: list[tuple[Load, float | None]]) -> tuple[float, float]:
    """Volume and floor length of what is on board."""
    m3 = floor = 0.0
    for load, amount in aboard:
        whole = measure(load)
        part = whole if amount is None else amount
        m3 += (load.m3 or 0.0) * part / whole if whole else 0.0
        floor += (load.length_m or 0.0) * part if load.pieces else 0.0
    return m3, floor
