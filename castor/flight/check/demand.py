"""What is carried: every request picked up, carried through and set down as asked, once, or listed as left out."""

from __future__ import annotations

from collections.abc import Iterator

from castor.flight.check.facts import MINUTE, Facts, minutes
from castor.flight.check.violation import Violation, violation
from castor.flight.plan import Flight
from castor.mission.model import Load, Request


class _Journey:
    """One trip of a request, or of a part of it: its legs in order, and how much."""

    def __init__(self, leg: Flight, amount: float) -> None:
        self.legs, self.amount, self.hole = [leg], amount, ""

    @property
    def place(self) -> str:
        return self.legs[-1].destination


def measure(request: Request | Load) -> float:
    """How much there is of a request or load, in its own measure: pieces, passengers, litters or kilograms."""
    if isinstance(request, Load):
        return float(request.pieces or request.pax or request.kg)
    return float(request.pax or request.litters or request.cargo_kg)


def journeys(facts: Facts, request: Request | Load) -> list[_Journey]:
    """Trips of a request, from leg to leg where it is set down and taken up again."""
    found: list[_Journey] = []
    for leg in facts.by_request.get(request.id, ()):
        amount = leg.aboard[request.id]
        whole = measure(request) if amount is None else amount
        waiting = [trip for trip in found if trip.place != request.destination and trip.legs[-1].on <= leg.off]
        here = [trip for trip in waiting if trip.place == leg.origin]
        same = [trip for trip in here if trip.legs[-1].unit == leg.unit]
        if same or here:
            (same or here)[-1].legs.append(leg)
        elif waiting and leg.origin != request.origin:
            waiting[-1].hole = f"{waiting[-1].place}-{leg.origin}"
            waiting[-1].legs.append(leg)
        else:
            found.append(_Journey(leg, whole))
    return found


def judge_journeys(facts: Facts) -> Iterator[Violation]:
    """Requests and loads taken up where they are not, set down where they should not be, with a hole on the way."""
    for request in facts.demands.values():
        for trip in journeys(facts, request):
            first, last = trip.legs[0], trip.legs[-1]
            if first.origin != request.origin:
                size = facts.km(first.origin, request.origin)
                yield violation("never_picked_up", request.id, size, where=first.origin, when=first.off)
            if last.destination != request.destination:
                size = facts.km(last.destination, request.destination)
                yield violation("never_delivered", request.id, size, where=last.destination, when=last.on)
            if trip.hole:
                yield violation("broken_journey", request.id, where=trip.hole, when=first.off)


def judge_windows(facts: Facts) -> Iterator[Violation]:
    """Movement requests taken up or set down outside their windows, or on board too long.

    A pick-up starts the ground time before take-off; a delivery starts at landing, or later if the unit waits.
    """
    for request in facts.mission.requests:
        for trip in journeys(facts, request):
            first, last = trip.legs[0], trip.legs[-1]
            ground = facts.stop_minutes(facts.types(first), refuels=False, loads=True)
            start = first.off - ground * MINUTE
            early = minutes(request.earliest, start)
            if early > 0.5:
                yield violation("too_early", request.id, early, where=first.origin, when=first.off)
            if request.pickup_by is not None and (over := minutes(start, request.pickup_by)) > 0.5:
                yield violation("late_pickup", request.id, over, where=first.origin, when=first.off)
            given = last.on if request.deliver_from is None else max(last.on, request.deliver_from)
            if (over := minutes(given, request.latest)) > 0.5:
                yield violation("late", request.id, over, where=last.destination, when=last.on)
            leaves = _next_off(facts, last)
            if leaves is not None and (early := minutes(given, leaves.off)) > 0.5:
                yield violation("early_delivery", request.id, early, where=last.destination, when=last.on)
            if request.ride_max_min is not None and (over := minutes(given, first.off) - request.ride_max_min) > 0.5:
                yield violation("ride", request.id, over, when=first.off)


def _next_off(facts: Facts, leg: Flight) -> Flight | None:
    """The next leg of any member: a formation stays together until what it carries is set down."""
    legs = [*facts.by_unit[leg.unit], *(other for tail in leg.tails.split() for other in facts.by_tail.get(tail, ()))]
    later = [other for other in legs if other.off >= leg.on and other is not leg]
    return min(later, key=lambda other: other.off, default=None)


def judge_served(facts: Facts) -> Iterator[Violation]:
    """Requests served twice, divided, in part only, served and listed as unserved, or forgotten."""
    left = {unserved.request for unserved in facts.plan.unserved}
    subject = _subject(facts)
    for request in facts.demands.values():
        trips = journeys(facts, request)
        whole, carried = measure(request), sum(trip.amount for trip in trips)
        split = request.split if isinstance(request, Request) else request.pieces != 1
        if not trips and request.id not in left and _concerns(facts, request, subject):
            yield violation("forgotten", request.id)
        if not trips:
            continue
        if carried > whole * (1 + 1e-9) + 1e-6:
            yield violation(
                "served_twice", request.id, carried / whole - 1 if whole else 1.0, when=trips[-1].legs[0].off
            )
        elif len(trips) > 1 and not split:
            yield violation("broken_piece", request.id, len(trips), detail=request.id)
        short = whole - carried
        if request.id in left and (short <= whole * 1e-9 + 1e-6 or not split):
            yield violation("served_and_unserved", request.id)
        elif request.id not in left and short > whole * 1e-9 + 1e-6:
            yield violation("short_delivery", request.id, short, detail=_measure_name(request))


def _measure_name(request: Request | Load) -> str:
    if isinstance(request, Load) and request.pieces:
        return "pieces"
    return "pax" if request.pax else "litters" if isinstance(request, Request) and request.litters else "kg"


def _subject(facts: Facts) -> tuple[set[str], bool]:
    """What a plan is about: the operations whose loads it names; and requests, unless it names loads and no request."""
    named = set(facts.by_request) | {left.request for left in facts.plan.unserved}
    operations = {one.operation for one in facts.mission.lift if one.id in named}
    return operations, not operations or any(one.id in named for one in facts.mission.requests)


def _concerns(facts: Facts, request: Request | Load, subject: tuple[set[str], bool]) -> bool:
    """Whether a plan should say something of a request: its time falls inside the plan's, and it is of its kind."""
    operations, tasking = subject
    if isinstance(request, Load):
        if request.operation not in operations:
            return False
        return facts.plan.start <= request.available and request.due <= facts.plan.end
    return tasking and facts.plan.start <= request.earliest and request.latest <= facts.plan.end


def judge_totals(facts: Facts) -> Iterator[Violation]:
    """Legs whose passengers, cargo and litters are not the sum of what their requests ask; goods that do not mix."""
    known = facts.demands
    for leg in facts.flights:
        if leg.status != "planned" or leg.task in ("medevac", "casevac", "transfer", "training"):
            continue
        want = [0.0, 0.0, 0.0]
        for name, amount in leg.aboard.items():
            request = known.get(name)
            if request is None:
                continue
            whole = measure(request)
            share = 1.0 if amount is None or whole == 0 else amount / whole
            kg, litters = (request.kg, 0) if isinstance(request, Load) else (request.cargo_kg, request.litters)
            want = [want[0] + share * request.pax, want[1] + share * kg, want[2] + share * litters]
        for has, asked, word in zip((leg.pax, leg.cargo_kg, leg.litters), want, ("pax", "kg", "litters")):
            if has - asked > 0.5:
                yield violation("load_unexplained", leg.unit, has - asked, when=leg.off, detail=word)
            if asked - has > 0.5:
                yield violation("load_missing", leg.unit, asked - has, when=leg.off, detail=word)
        classes = {r.goods for name in leg.aboard if isinstance(r := known.get(name), Request) and r.goods}
        if len(classes) > 1:
            detail = ", ".join(sorted(classes))
            yield violation("incompatible", leg.unit, len(classes) - 1, when=leg.off, detail=detail)
