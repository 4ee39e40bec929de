"""Rests that units take away from their base in the course of a plan."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

from msgspec import Struct

from castor.flight.plan import Flight, Plan
from castor.mission.model import Mission


class Rest(Struct, frozen=True):
    """A unit with its aircraft at rest at a place, from the landing before to the take-off after (UTC)."""

    unit: str
    tails: str
    place: str
    start: dt.datetime
    end: dt.datetime


def rests(mission: Mission, plan: Plan) -> tuple[Rest, ...]:
    """Waits of a crew's rest or longer between two legs of a unit, away from its base and not on standby, by time.

    Legs of the air bridge are left out: it has rules of rest of its own.
    """
    least, found = dt.timedelta(hours=mission.rules.flying.rest_h), []
    legs: dict[str, list[Flight]] = {}
    for leg in sorted(plan.flights, key=lambda leg: leg.off):
        legs.setdefault(leg.unit, []).append(leg)
    waits = {(wait.unit, wait.place) for wait in plan.standby}
    for unit, own in legs.items():
        for leg, onward in pairwise(own):
            lead = mission.tail.get(leg.tails.partition(" ")[0])
            away = lead is not None and leg.destination != lead.base and onward.origin == leg.destination
            bridge = "airlift" in (leg.task, onward.task)
            if away and not bridge and onward.off - leg.on >= least and (unit, leg.destination) not in waits:
                found.append(Rest(unit, leg.tails, leg.destination, leg.on, onward.off))
    return tuple(sorted(found, key=lambda rest: (rest.start, rest.unit)))
