"""A mission as a world that the year is flown in: everything lowered to arrays, and what nothing states, named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Struct

from castor.errors import MissionError, Problem
from castor.flight.plan import Plan
from castor.mission.model import Mission
from castor.simulate.columns.kernel import MOST_POSTS
from castor.simulate.lowered import Demand, Fleet, Posts, Sky, Work

DAY = 1440.0
YEAR = 365.25 * DAY
DRAIN = 7 * DAY
"""So long after the last day calls that wait are still answered; then they count as unserved."""
Launch = Literal["delegated", "centralised"]


class Tables(NamedTuple):
    """What the kernel takes."""

    demand: Demand
    fleet: Fleet
    posts: Posts
    sky: Sky
    work: Work


class Named(Struct, frozen=True):
    """What the numbers in the tables stand for, in order; ``zone_at`` (lat, lon) of each zone.

    ``row_unit`` and ``row_place``: the formation of each row of times and where it waits. ``way_unit``, ``way_from``,
    ``way_to``: who flies a way of work between which places.
    """

    zones: tuple[str, ...] = ()
    zone_at: tuple[tuple[float, float], ...] = ()
    hospitals: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    row_unit: tuple[str, ...] = ()
    row_place: tuple[str, ...] = ()
    way_unit: tuple[str, ...] = ()
    way_from: tuple[str, ...] = ()
    way_to: tuple[str, ...] = ()
    months: tuple[str, ...] = ()


class World(Struct, frozen=True, eq=False):
    """A mission lowered: from ``start`` for ``days``, with the processes that are ``off`` because nothing states them.

    ``theatre_min``: airframe minutes in theatre within the days.
    """

    name: str
    start: dt.datetime
    days: int
    tables: Tables
    named: Named
    off: tuple[str, ...]
    theatre_min: float

    @property
    def horizon(self) -> float:
        """Length in minutes."""
        return self.days * DAY


def build(
    mission: Mission,
    *,
    plan: Plan | None = None,
    posture: Sequence[str] | None = None,
    start: dt.date | None = None,
    end: dt.date | None = None,
    rule: str = "closest",
    launch: Launch | None = None,
    waits: bool = True,
    **changes: Any,
) -> World:
    """Lower a mission from its first to its last day (or ``start`` to ``end``, both included; or those of the plan).

    ``posture``: places where formations stand by in order (the plan's, else all at their base). ``plan``: its flights
    take the place of the transport that ``rules.simulation`` would draw. ``rule``: one of ``castor.simulate.RULES``.
    ``launch``: who launches, else as the mission says. ``waits`` false: a call that finds nobody free is lost.
    ``changes``: see ``castor.simulate.changed``. Raises MissionError with every problem.
    """
    from castor.simulate.change import changed
    from castor.simulate.force import Force, lower_force
    from castor.simulate.ground import Ground
    from castor.simulate.sky import lower_sky
    from castor.simulate.toll import lower_demand
    from castor.simulate.work import lower_work

    if changes:
        mission = changed(mission, **changes)
    first = start or (plan.start.date() if plan else mission.start)
    last = end or ((plan.end - dt.timedelta(minutes=1)).date() if plan else mission.end)
    places = _places(posture, plan)
    _check(mission, first, last, places, rule)
    days = (last - first).days + 1
    force = Force.of(mission, first, days, places)
    if len(force.posts) > MOST_POSTS:
        raise MissionError([Problem("simulate", f"at most {MOST_POSTS} formations", read=str(len(force.posts)))])
    ground = Ground.of(mission, force, first)
    off: list[str] = []
    demand = lower_demand(mission, ground, first, days, (launch, waits), off)
    sky, months = lower_sky(mission, force, first, days, off)
    work, ways = lower_work(mission, force, ground, plan, off)
    fleet, posts = lower_force(mission, force, ground, ways, rule, off)
    if not any(name == "transport" for name in off) and not mission.rules.simulation.on_call:
        off.append("transport that breaks off for a call")
    named = Named(
        zones=ground.zones, zone_at=ground.at, hospitals=tuple(h.id for h in ground.hospitals),
        tails=tuple(a.tail for a in force.airframes), bases=force.bases,
        row_unit=tuple(p.unit for p in force.posts) + ways.units,
        row_place=tuple(p.place for p in force.posts) + ways.ends,
        way_unit=ways.units, way_from=ways.starts, way_to=ways.ends, months=months,
    )  # fmt: skip
    tables = Tables(demand, fleet, posts, sky, work)
    moment = dt.datetime.combine(first, dt.time())
    return World(mission.name, moment, days, tables, named, tuple(off), force.theatre_min)


def _places(posture: Sequence[str] | None, plan: Plan | None) -> tuple[str, ...] | None:
    if posture is not None:
        return tuple(posture)
    if plan is None or not plan.standby:
        return None
    moment = min(one.start for one in plan.standby)
    return tuple(one.place for one in plan.standby if one.start == moment)


def _check(mission: Mission, first: dt.date, last: dt.date, places: tuple[str, ...] | None, rule: str) -> None:
    from castor.simulate.force import RULES

    problems = []
    if last < first:
        problems.append(Problem("simulate", f"a day from {first} on", column="end", read=str(last)))
    for place in places or ():
        if place not in mission.place:
            problems.append(Problem("simulate", "a place of the mission", column="posture", read=place))
    if rule not in RULES:
        problems.append(Problem("simulate", "one of " + ", ".join(RULES), column="rule", read=rule))
    said = mission.rules.simulation
    if said.transfers_year and not (said.transfers_from and said.transfers_to):
        remedy = "write transfers_from and transfers_to in [simulation]"
        problems.append(Problem("mission.toml", "transfers need both places", column="simulation", remedy=remedy))
    for kind in mission.types:
        if not kind.cruise_kt > 0:
            problems.append(
                Problem("types.csv", "a number > 0, in knots", column="cruise_kt", read=f"{kind.cruise_kt:g}")
            )
    if problems:
        raise MissionError(problems)


def replaced(world: World, **parts: Any) -> World:
    """The world with other values in its tables: ``demand``, ``fleet``, ``posts``, ``sky``, ``work`` as mappings."""
    tables = world.tables._replace(**{name: getattr(world.tables, name)._replace(**new) for name, new in parts.items()})
    return msgspec.structs.replace(world, tables=tables)
