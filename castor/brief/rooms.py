"""What the longer rooms work out for the page: each a function from a mission to a section, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from castor.brief.parts import Section
from castor.brief.sections.airlift import Beside, Corner, Flow, Lift, Manning, Operation, Stay, airlift
from castor.brief.words import Both
from castor.errors import CastorError
from castor.mission.model import Mission

if TYPE_CHECKING:
    from castor.airlift.report import Compared

SECONDS, REPLICATIONS = 4.0, 400
"""How long a bridge is improved, and how often it is flown by chance."""
_LARGE = 8
"""An operation of at least so many flights is shown with its corners: other aircraft, other parking."""


def bridge_section(mission: Mission) -> Section | None:
    """The air bridge of each operation in the mission's loads; nothing where there is none that can be planned."""
    names = list(dict.fromkeys(load.operation for load in mission.lift))
    operations: list[Operation] = []
    corners: list[Corner] = []
    for name in names:
        try:
            one = _operation(mission, name)
        except CastorError:
            continue
        operations.append(one)
        if one.flights >= _LARGE and not corners:
            corners = _corners(mission, name)
    return airlift(Lift(operations, corners, _strengths(mission)))


def _operation(mission: Mission, name: str) -> Operation:
    from castor.airlift import report
    from castor.airlift.bridge import build
    from castor.airlift.solve import plan_lift
    from castor.airlift.trials import fly_trials

    lifted = plan_lift(build(mission, name, leave_out=True), seconds=SECONDS)
    trials = fly_trials(lifted, REPLICATIONS)
    curve = report.tonnes(lifted, trials, operation=name)
    flow = Flow(curve.moments, curve.planned, curve.due, curve.low, curve.middle, curve.high, curve.recorded)
    known = any(one.operation == name for one in mission.milestones)
    return Operation(
        name=name,
        flights=len(lifted.chalks),
        hours=lifted.hours,
        closure=lifted.closure,
        gap=lifted.gap_closure,
        stays=[Stay(b.row, b.start, b.end, b.kind, b.label) for b in report.by_aircraft(lifted)],
        spots=[Stay(b.row, b.start, b.end, b.kind, b.label) for b in report.by_spot(lifted)] if known else (),
        flow=flow,
        beside=[_beside(row) for row in report.compare(lifted, name)] if known else (),
        left=[(one.request, one.detail or one.reason) for one in lifted.plan.unserved],
    )


def _beside(row: Compared) -> Beside:
    return Beside(Both(row.en, row.fr), row.computed, row.recorded, Both(row.why_en, row.why_fr))


def _corners(mission: Mission, name: str) -> list[Corner]:
    from castor.airlift.trials import frontier

    found = frontier(mission, name, aircraft=(1, 2), spots=(1, 2), at_once=True, seconds=1.0, replications=100)
    return [Corner(one.aircraft, one.spots, one.closure, one.p10, one.p50, one.p90) for one in found]


def _strengths(mission: Mission) -> list[Manning]:
    from castor.airlift.rotation import strengths

    if not mission.contingents:
        return []
    return [Manning(one.start, one.end, one.authorised, one.deployed) for one in strengths(mission)]
