"""Airframes, formations and where they stand by, lowered to arrays."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from castor.dispatch import rules as dispatch
from castor.flight.geodesy import distance_km
from castor.flight.performance import Unit, formation_unit
from castor.mission.model import Aircraft, Formation, Mission
from castor.simulate.lowered import Fleet, Posts
from castor.simulate.world import DAY

if TYPE_CHECKING:
    from castor.simulate.ground import Ground
    from castor.simulate.work import Ways

GRADES = 3
"""Precedences: urgent, priority, and transfers."""
RULES = tuple(dispatch.RULES)
"""The dispatch rules of ``castor.dispatch.rules`` by name."""
ROOM = 1_000_000
"""Seats and litters of a formation that states none."""


class Pool(NamedTuple):
    """A kind of formation at a base: what it needs, and the minutes in which it is there."""

    formation: Formation
    unit: Unit
    base: str
    since: float
    until: float


class Post(NamedTuple):
    """Where the next formation of a pool stands by."""

    pool: int
    unit: str
    place: str


class Force(NamedTuple):
    """The airframes of the days, the bases, the types, the pools of formations that answer calls, and their posts."""

    airframes: tuple[Aircraft, ...]
    bases: tuple[str, ...]
    kinds: tuple[str, ...]
    pools: tuple[Pool, ...]
    posts: tuple[Post, ...]
    start: dt.date
    days: int

    @staticmethod
    def of(mission: Mission, start: dt.date, days: int, places: tuple[str, ...] | None) -> Force:
        """Who is there: the airframes of every formation of the days at some base, and the posts in order."""
        end = start + dt.timedelta(days=days - 1)
        formations = [f for f in mission.formations if _overlaps(f, start, end)]
        wanted = {kind for f in formations for kind in _needs(f)}
        airframes = tuple(a for a in mission.aircraft if a.type in wanted and _overlaps(a, start, end))
        pools = tuple(
            Pool(f, formation_unit(mission, f), base, *window(f, start, days))
            for f in formations
            if f.role != "transport"
            for base in dict.fromkeys(a.base for a in airframes if a.type == f.lead)
            if makes(f, base, airframes)
        )
        kinds = tuple(dict.fromkeys(a.type for a in airframes))
        bases = tuple(dict.fromkeys(a.base for a in airframes))
        return Force(airframes, bases, kinds, pools, _posts(mission, pools, airframes, places), start, days)

    @property
    def theatre_min(self) -> float:
        """Airframe minutes in theatre."""
        spans = (window(a, self.start, self.days) for a in self.airframes)
        return sum(max(0.0, min(until, self.days * DAY) - since) for since, until in spans)


def window(row: Aircraft | Formation, start: dt.date, days: int) -> tuple[float, float]:
    """First and last minute of a row with days, within the days of the run; its last day is in it."""
    since = 0.0 if row.start is None else max(0.0, (row.start - start).days * DAY)
    until = days * DAY if row.end is None else min(days * DAY, ((row.end - start).days + 1) * DAY)
    return since, until if until < days * DAY else np.inf


def _overlaps(row: Aircraft | Formation, start: dt.date, end: dt.date) -> bool:
    return (row.start is None or row.start <= end) and (row.end is None or row.end >= start)


def _needs(formation: Formation) -> dict[str, int]:
    need = {formation.lead: 1}
    if formation.escorts:
        need[formation.escort] = need.get(formation.escort, 0) + formation.escorts
    return need


def makes(formation: Formation, base: str, airframes: Sequence[Aircraft]) -> int:
    """How many of a formation the airframes of a base make if all of them can fly."""
    have = [sum(a.base == base and a.type == kind for a in airframes) // n for kind, n in _needs(formation).items()]
    return min(have)


def _posts(
    mission: Mission, pools: tuple[Pool, ...], airframes: tuple[Aircraft, ...], places: tuple[str, ...] | None
) -> tuple[Post, ...]:
    room = [makes(pool.formation, pool.base, airframes) for pool in pools]
    if places is None:
        return tuple(
            Post(p, pool.formation.id, pool.base) for p, pool in enumerate(pools) for _ in range(room[p])
        )  # fmt: skip
    found = []
    for place in places:
        at = mission.place[place]
        free = [pool for p, pool in enumerate(pools) if room[p]]
        if not free:
            break
        bases = {pool.base: mission.place[pool.base] for pool in free}
        near = min(bases, key=lambda base: float(distance_km(at.lat, at.lon, bases[base].lat, bases[base].lon)))
        for p, pool in enumerate(pools):
            if pool.base == near and room[p]:
                room[p] -= 1
                found.append(Post(p, pool.formation.id, place))
    return tuple(found)


def lower_force(
    mission: Mission, force: Force, ground: Ground, ways: Ways, rule: str, off: list[str]
) -> tuple[Fleet, Posts]:
    """Lower airframes and posts; what nothing states is added to ``off``."""
    return _fleet(mission, force, off), _lower_posts(mission, force, ground, ways, rule, off)


def _fleet(mission: Mission, force: Force, off: list[str]) -> Fleet:
    said, flying = mission.rules.simulation, mission.rules.flying
    share = np.array([a.serviceability for a in force.airframes])
    fails = said.repair_h is not None and bool((share < 1).any())
    if not fails:
        off.append("serviceability")
    repair = (said.repair_h or 1.0) * 60.0
    with np.errstate(divide="ignore"):
        up = np.where(share < 1, repair * share / (1.0 - share), np.inf) if fails else np.full(share.size, np.inf)
    kinds = [mission.type[a.type] for a in force.airframes]
    phased = [bool(said.phases and k.phase_h and k.phase_days) for k in kinds]
    if not any(phased):
        off.append("phase inspections")
    if not said.duty:
        off.append("crew duty and rest")
    spans = [window(a, force.start, force.days) for a in force.airframes]
    crews = [flying.crews * max(1, sum(force.pools[p.pool].base == base for p in force.posts)) for base in force.bases]
    return Fleet(
        kind=np.array([force.kinds.index(a.type) for a in force.airframes], np.int64),
        base=np.array([force.bases.index(a.base) for a in force.airframes], np.int64),
        since=np.array([span[0] for span in spans]),
        until=np.array([span[1] for span in spans]),
        up=up,
        repair=np.full(share.size, repair),
        phase=np.array([(k.phase_h or 0.0) * 60.0 if on else np.inf for k, on in zip(kinds, phased)]),
        phase_down=np.array([(k.phase_days or 0.0) * DAY for k in kinds]),
        luck=np.array([zlib.crc32(a.tail.encode()) for a in force.airframes], np.uint64),
        kinds=max(1, len(force.kinds)),
        crews=np.array(crews if said.duty else [0] * len(force.bases), np.int64),
        duty=flying.duty_h * 60.0,
        flight=flying.flight_h * 60.0,
        rest=flying.rest_h * 60.0,
    )


def _room(unit: Unit) -> tuple[int, int]:
    """Seats and litters of a formation; one that states neither is not limited, one without litters lays on seats."""
    if unit.seats + unit.litters == 0:
        return 0, ROOM
    return (unit.seats, unit.litters) if unit.litters else (0, unit.seats)


def _lower_posts(mission: Mission, force: Force, ground: Ground, ways: Ways, rule: str, off: list[str]) -> Posts:
    said, clock = mission.rules.simulation, mission.rules.clock
    pools = force.pools
    rows = [(post.pool, post.place) for post in force.posts]
    rows += [(way.pool if way.onward else -1, way.end) for way in ways.ways]
    out, inn, air, home = ground.times(mission, force, rows)
    total = out + inn
    number = len(force.posts)
    soonest = total.argsort(axis=0, kind="stable") if total.shape[0] else np.empty((0, *total.shape[1:]), np.int64)
    least = np.take_along_axis(total, soonest, axis=0)
    hospital = np.moveaxis(np.where(np.isfinite(least), soonest, -1), 0, 2)
    beds = [-1 if h.beds is None or said.stay_days is None else h.beds for h in ground.hospitals]
    if not any(b >= 0 for b in beds):
        off.append("room in hospitals")
    if not any(pool.formation.escorts for pool in pools):
        off.append("escorts")
    fits = [_room(pool.unit) for pool in pools]
    index = {name: k for k, name in enumerate(force.kinds)}
    reach = np.full((number, total.shape[2]), np.inf)
    if total.shape[0]:
        reach = np.take_along_axis(out, soonest, axis=0)[0, :number]
    sent = _rule(mission, rule, ground, reach, (out[:, :number], total[:, :number]))
    return Posts(
        pool=np.array([post.pool for post in force.posts], np.int64),
        base=np.array([force.bases.index(pool.base) for pool in pools], np.int64),
        lead=np.array([index[pool.formation.lead] for pool in pools], np.int64),
        escort=np.array([index[pool.formation.escort] if pool.formation.escorts else 0 for pool in pools], np.int64),
        escorts=np.array([pool.formation.escorts for pool in pools], np.int64),
        since=np.array([pool.since for pool in pools]),
        until=np.array([pool.until for pool in pools]),
        night=np.array([pool.unit.night for pool in pools], np.bool_),
        seats=np.array([fit[0] for fit in fits], np.int64),
        litters=np.array([fit[1] for fit in fits], np.int64),
        turn=np.array([pool.unit.refuel_min for pool in pools]),
        handover=np.array([pool.unit.ground_min for pool in pools]),
        notice_day=np.full(len(pools), clock.notice_day_min),
        notice_night=np.full(len(pools), clock.notice_night_min),
        order=sent.order,
        out=out,
        inn=inn,
        air=air,
        home=home,
        hospital=np.ascontiguousarray(hospital) if hospital.shape[2] else np.full((*hospital.shape[:2], 1), -1),
        beds=np.array(beds, np.int64),
        stay=(said.stay_days or 0.0) * DAY,
        within=sent.within,
        worth=sent.worth,
        reserve=sent.reserve,
    )


def _rule(mission: Mission, rule: str, ground: Ground, reach: Any, ways: tuple[Any, Any]) -> dispatch.Rule:
    """A rule over the posts: ``reach`` (S, Z) minutes out, ``ways`` minutes (H, S, Z) out and to the hospital.

    A post is adequate for a zone that it reaches within both targets, approval as stated and by day.
    """
    posts, zones = reach.shape
    if not posts or not zones:
        nothing = np.zeros((zones, posts), np.int64)
        return dispatch.Rule(nothing, nothing.sum(axis=1), np.zeros(1), np.zeros(GRADES, np.int64))
    clock = mission.rules.clock
    wait = clock.report_min + clock.approval_min + clock.notice_day_min
    out, total = ways
    meets = (out + wait <= clock.care_min) & (total + wait + clock.scene_min <= clock.surgery_min)
    share = np.zeros(zones)
    share[: ground.share.size] = ground.share
    return dispatch.RULES[rule](dispatch.Setting(reach.T, meets.any(axis=0).T, share, GRADES))
