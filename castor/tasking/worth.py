"""What carrying a request is worth: its load, weighted by its priority."""

from __future__ import annotations

from castor.mission.model import Flying, Request

STEP = 3.0
"""A load of one priority is worth this many times the same load of the next."""
PLAIN = 3
"""The priority whose passengers count one each."""


def worth(request: Request, flying: Flying) -> float:
    """Worth of a whole request: passengers, litters and cargo in masses of a passenger, times 3 for each step of
    priority above 3 (and a third for each below). A request without a load counts as one passenger.
    """
    return load(request, flying) * STEP ** (PLAIN - request.priority)


def load(request: Request, flying: Flying) -> float:
    """Load of a request in passengers: a litter counts one, and so does cargo of a passenger's mass."""
    return (request.pax + request.litters + request.cargo_kg / flying.pax_kg) or 1.0
