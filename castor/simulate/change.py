"""A mission with one thing otherwise: what a lost airframe, a slower approval or a second base would change."""

from __future__ import annotations

import msgspec

from castor.errors import MissionError, Problem
from castor.mission.model import Aircraft, Mission


def changed(
    mission: Mission,
    *,
    approval: float | None = None,
    notice: float | None = None,
    serviceability: float | None = None,
    formations: int = 0,
    base: str = "",
    escorts: int | None = None,
    calls: float | None = None,
    without: tuple[str, ...] = (),
) -> Mission:
    """The mission with other inputs.

    ``approval``: minutes of the median approval, whoever gives it; ``notice``: a factor on the notice to move by day
    and night; ``serviceability``: of every airframe; ``formations``: so many more (or fewer) of each evacuation
    formation, with their airframes; ``base``: a place to which those are sent; ``escorts`` of each formation that has
    any; ``calls``: a factor on the calls; ``without``: tails left out. Raises MissionError.
    """
    problems = []
    if base and base not in mission.place:
        problems.append(Problem("simulate", "a place of the mission", column="base", read=base))
    problems += [
        Problem("simulate", "a tail of aircraft.csv", column="without", read=t)
        for t in without
        if t not in mission.tail
    ]
    if serviceability is not None and not 0 <= serviceability <= 1:
        problems.append(Problem("simulate", "a share from 0 to 1", column="serviceability", read=f"{serviceability:g}"))
    for name, value in (("approval", approval), ("notice", notice), ("calls", calls)):
        if value is not None and not value >= 0:
            problems.append(Problem("simulate", "a number from 0 on", column=name, read=f"{value:g}"))
    if escorts is not None and escorts < 0:
        problems.append(Problem("simulate", "a number from 0 on", column="escorts", read=str(escorts)))
    if problems:
        raise MissionError(problems)
    mission = _rules(mission, approval, notice, calls)
    replace = msgspec.structs.replace
    if escorts is not None:
        fits = tuple(replace(f, escorts=escorts if f.escort else 0) for f in mission.formations)
        mission = replace(mission, formations=fits)
    fleet = [a for a in mission.aircraft if a.tail not in without]
    fleet = _more(mission, fleet, formations, base)
    if serviceability is not None:
        fleet = [replace(a, serviceability=serviceability) for a in fleet]
    return replace(mission, aircraft=tuple(fleet))


def _rules(mission: Mission, approval: float | None, notice: float | None, calls: float | None) -> Mission:
    replace, rules = msgspec.structs.replace, mission.rules
    clock, said = rules.clock, rules.simulation
    if approval is not None:
        clock = replace(clock, approval_min=approval)
        said = replace(said, central_min=approval if said.central_min is not None else None)
    if notice is not None:
        by_day, by_night = clock.notice_day_min * notice, clock.notice_night_min * notice
        clock = replace(clock, notice_day_min=by_day, notice_night_min=by_night)
    if calls is not None and said.calls_year is not None:
        said = replace(said, calls_year=said.calls_year * calls)
    return replace(mission, rules=replace(rules, clock=clock, simulation=said))


def _more(mission: Mission, fleet: list[Aircraft], number: int, base: str) -> list[Aircraft]:
    """Airframes for so many more formations, copies of the first of each type; or the last of each type less."""
    replace = msgspec.structs.replace
    need: dict[str, int] = {}
    for f in mission.formations:
        if f.role != "transport":
            need[f.lead] = max(need.get(f.lead, 0), 1)
            if f.escorts:
                need[f.escort] = max(need.get(f.escort, 0), f.escorts + (f.escort == f.lead))
    for kind, each in need.items():
        mine = [a for a in fleet if a.type == kind]
        if number < 0:
            gone = {a.tail for a in mine[number * each :]}
            fleet = [a for a in fleet if a.tail not in gone]
        elif mine:
            longest = max(mine, key=lambda a: _span(mission, a))
            fleet += [replace(longest, tail=f"{kind}+{k + 1}", base=base or longest.base) for k in range(number * each)]
    return fleet


def _span(mission: Mission, aircraft: Aircraft) -> int:
    start, end = max(mission.start, aircraft.start or mission.start), min(mission.end, aircraft.end or mission.end)
    return (end - start).days
