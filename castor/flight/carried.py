"""What a plan's flights carry, each request counted once however many legs it takes."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from castor.flight.plan import Flight
from castor.mission.model import Mission


class Carried(Struct, frozen=True):
    """Requests with some load on board, and their passengers, kilograms and litters; parts count as parts."""

    requests: int = 0
    pax: float = 0.0
    kg: float = 0.0
    litters: float = 0.0


def carried(mission: Mission, flights: Sequence[Flight]) -> Carried:
    """Add up what is set down at its destination; requests that the mission does not know are left out.

    Where it knows none of them, what the legs say counts.
    """
    names: set[str] = set()
    pax = kg = litters = 0.0
    for leg in flights:
        for name, amount in leg.aboard.items():
            request = mission.request.get(name)
            if request is None or request.destination != leg.destination:
                continue
            whole = float(request.pax or request.litters or request.cargo_kg)
            share = 1.0 if amount is None or not whole else amount / whole
            names.add(name)
            pax, kg = pax + share * request.pax, kg + share * request.cargo_kg
            litters += share * request.litters
    if names:
        return Carried(len(names), pax, kg, litters)
    aboard = {name for leg in flights for name in leg.aboard}
    loads = [(float(leg.pax), leg.cargo_kg, float(leg.litters)) for leg in flights]
    return Carried(len(aboard), *(sum(column) for column in zip(*loads))) if loads else Carried()
