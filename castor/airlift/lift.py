"""An air bridge planned in one call."""

from __future__ import annotations

from castor.airlift.bridge import build
from castor.airlift.solve import Aim, Lifted, plan_lift
from castor.mission.model import Mission


def lift(
    mission: Mission, operation: str = "", *, aim: Aim = "closure", leave_out: bool = False, seconds: float = 10.0
) -> Lifted:
    """Plan the bridge of an operation of ``lift.csv`` (of all its loads where none is named).

    ``leave_out`` plans the rest where some loads cannot go; otherwise MissionError names them all.
    """
    return plan_lift(build(mission, operation, leave_out=leave_out), aim, seconds=seconds)
