"""What the longer rooms work out for the page: each a function from a mission to a section, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from castor.brief.parts import Section
from castor.brief.sections.airlift import Beside, Corner, Flow, Lift, Manning, Onward, Operation, Relief, Stay, airlift
from castor.brief.words import Both
from castor.errors import CastorError
from castor.mission.model import Mission

if TYPE_CHECKING:
    from castor.airlift.report import Compared
    from castor.airlift.solve import Lifted

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
    return airlift(Lift(operations, corners, _strengths(mission), _watches(mission)))


def _operation(mission: Mission, name: str) -> Operation:
    from castor.airlift.bridge import build
    from castor.airlift.solve import plan_lift

    return operation(plan_lift(build(mission, name, leave_out=True), seconds=SECONDS), name)


def operation(lifted: Lifted, name: str) -> Operation:
    """A planned bridge as the page shows it, flown by chance too."""
    from castor.airlift import report
    from castor.airlift.trials import fly_trials

    mission = lifted.bridge.mission
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
        onward=_onward(lifted),
    )


def _onward(lifted: Lifted) -> list[Onward]:
    """Helicopters that the operation sets down away from the base of their kind, flown on to it."""
    from castor.airlift.report import deployment

    mission = lifted.bridge.mission
    goals = {load.destination for load in lifted.bridge.loads}
    bases = {one.base for one in mission.aircraft if mission.type[one.type].kind == "helicopter"} - goals
    found = [one for base in sorted(bases) for one in deployment(lifted, base, _of(mission, base))]
    names = {load.id: load.name.split(",")[0] for load in lifted.bridge.loads}
    return [
        Onward(
            names[one.load], one.count, one.landed, one.ready, one.arrives,
            " – ".join(mission.place[name].name for name in one.path), one.minutes,
        )
        for one in found
    ]  # fmt: skip


def _of(mission: Mission, base: str) -> frozenset[str]:
    return frozenset(one.type for one in mission.aircraft if one.base == base)


def _beside(row: Compared) -> Beside:
    return Beside(Both(row.en, row.fr), row.computed, row.recorded, Both(row.why_en, row.why_fr))


def _corners(mission: Mission, name: str) -> list[Corner]:
    from castor.airlift.trials import frontier

    found = frontier(mission, name, aircraft=(1, 2, 4, 8), spots=(1, 2), at_once=True, seconds=1.0, replications=100)
    return [Corner(one.aircraft, one.spots, one.closure, one.p10, one.p50, one.p90) for one in found]


def _strengths(mission: Mission) -> list[Manning]:
    from castor.airlift.rotation import strengths

    if not mission.contingents:
        return []
    role = "uniformed" if any(one.role == "uniformed" for one in mission.contingents) else "military"
    return [
        Manning(
            one.start, one.end, one.authorised, one.deployed,
            one.women if one.deployed is not None and not one.unsexed else None,
            [(name, people, one.women_of.get(name)) for name, people in _largest(one.countries)],
        )
        for one in strengths(mission, role)
    ]  # fmt: skip


def _largest(countries: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(countries.items(), key=lambda item: (-item[1], item[0]))[:6]


def _watches(mission: Mission) -> list[Relief]:
    """The rotations of the country that has contingents with a way out and back, beside the cover."""
    from castor.airlift.rotation import watch

    own = [one for one in mission.contingents if one.kind == "deployed" and one.origin and one.country]
    if not own:
        return []
    country, least = own[0].country, max(one.strength for one in own)
    return [
        Relief(row.start, row.end, row.deployed, max(least - row.deployed, 0), " ".join(row.formations), row.ready,
               row.people_day, row.people_night)
        for row in watch(mission, country)
    ]  # fmt: skip
