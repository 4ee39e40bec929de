"""The cover that a plan leaves, judged at every change of state against its floor; shares no code with what plans.

Who can answer a call at a moment t, and when it could leave:

* on standby: from where it waits, after report, approval and its notice (by day or by night there), tanks full at
  base; at an alert post with what its flight there left, or full once it has filled up;
* in flight: from where it lands next, once it has set down what it carries (the ground time of its slowest turn, if
  anything is on board) and no sooner than report and approval, which run meanwhile; with the range left at landing, or
  tanks full after refuelling if there is fuel;
* on the ground between two flights, if it does not rest there: the same from the moment it landed.

A unit answers if its formation may stand by for evacuation; a single helicopter with litters does where the mission has
no such formation; whatever has a standby row does. While a unit flies it comes ever nearer to being free, so the
cover is worst at the moment a state begins, and judging the beginnings of all states judges every moment.

A point is covered if some unit's care and surgery both come within the targets of the evacuation clock, at equality
too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from castor.cover.demand import Demand, demand
from castor.flight.check.facts import KM_PER_KT_MIN, MINUTE, Facts, minutes
from castor.flight.check.flying import tanks
from castor.flight.check.violation import Violation, violation
from castor.flight.geodesy import Sun, distance_km, is_night, matrix_km, sun_times
from castor.flight.plan import Flight, Plan, Standby
from castor.mission.model import AircraftType, Mission, Place

__all__ = ["State", "cover_through", "judge_cover"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
SLACK = 1e-9
"""Minutes, kilometres and shares that are equal but for rounding are equal."""


class State(Struct, frozen=True):
    """From ``start`` to ``end`` (UTC) nothing changes but that units in flight come nearer; cover as ``start`` finds
    it.

    ``people`` and ``incidents`` are shares of the day's weights that are covered, ``units`` those that could answer.
    """

    start: dt.datetime
    end: dt.datetime
    people: float
    incidents: float
    units: tuple[str, ...]


class Start(NamedTuple):
    """How a unit could set out: from where, minutes from wounding to take-off, km left in its tanks."""

    place: str
    minutes: float
    left_km: float


def judge_cover(mission: Mission, plan: Plan) -> list[Violation]:
    """Every run of states in which cover lies below the floor, at its worst; a judge for ``castor.flight.check.check``.

    The floor is the plan's or the mission's, whichever is higher; the weights are the mission's.
    """
    floor = max(plan.floor, mission.rules.cover.floor)
    if floor <= 0:
        return []
    found: list[Violation] = []
    worst: tuple[float, dt.datetime] | None = None
    for state in [*cover_through(mission, plan), None]:
        share = 1.0 if state is None else float(getattr(state, mission.rules.cover.weights))
        if state is not None and share < floor - SLACK:
            worst = max(worst or (0.0, state.start), (floor - share, state.start), key=lambda one: one[0])
        elif worst is not None:
            found.append(violation("cover", "cover", worst[0], when=worst[1]))
            worst = None
    return found


def cover_through(mission: Mission, plan: Plan) -> list[State]:
    """Cover through a plan's time, state by state."""
    audit = _Audit(mission, plan)
    moments = sorted(audit.changes())
    states = []
    for moment, after in zip(moments, [*moments[1:], plan.end]):
        starts = audit.starts(moment)
        covered = np.zeros(audit.points(moment).lat.size, np.bool_)
        for row, start in starts:
            covered |= audit.covers(row, start, moment)
        weights = audit.points(moment)
        shares = [float(weights.share(by)[covered].sum()) for by in ("people", "incidents")]
        units = tuple(dict.fromkeys(row.unit for row, _ in starts))
        states.append(State(moment, after, shares[0], shares[1], units))
    return states


class _Audit:
    def __init__(self, mission: Mission, plan: Plan) -> None:
        self.mission, self.plan, self.facts = mission, plan, Facts(mission, plan)
        self.clock, self.flying = mission.rules.clock, mission.rules.flying
        self.demands: dict[dt.date, Demand] = {}
        self.suns: dict[tuple[str, dt.date], Sun] = {}
        self.known: dict[tuple[object, ...], Bools] = {}
        self.ways: dict[tuple[object, ...], _Ways] = {}
        self.legs = {unit: legs for unit, legs in self.facts.by_unit.items() if self._may_answer(unit, legs)}
        self.left = {id(leg): km for legs in self.legs.values() for leg, km in self._left(legs)}

    def _may_answer(self, unit: str, legs: list[Flight]) -> bool:
        if any(wait.unit == unit for wait in self.plan.standby):
            return True
        formation = self.facts.formation(unit)
        if formation is not None:
            return formation.role != "transport"
        if any(one.role != "transport" for one in self.mission.formations):
            return False
        return all(kind.kind == "helicopter" and kind.litters > 0 for kind in self.facts.types(legs[0]))

    def _left(self, legs: list[Flight]) -> Iterator[tuple[Flight, float]]:
        """Km that each leg leaves in the tanks of the member that has least, the reserve apart (great circle)."""
        for tank in tanks(self.facts, legs):
            flown = 0.0
            for leg in tank:
                flown += self.facts.km(leg.origin, leg.destination)
                yield leg, self._reach(self.facts.types(leg)) - flown

    def _reach(self, kinds: list[AircraftType]) -> float:
        least = min((kind.range_km for kind in kinds), default=0.0)
        return least * (1 - self.flying.reserve) / self.flying.route_factor

    def points(self, moment: dt.datetime) -> Demand:
        """The demand of the day."""
        day = moment.date()
        if day not in self.demands:
            self.demands[day] = demand(self.mission, day)
        return self.demands[day]

    def changes(self) -> set[dt.datetime]:
        """Every moment at which a state begins: take-offs, landings, turns done, waits, midnights, sunrise and
        sunset.
        """
        found = {self.plan.start}
        for wait in self.plan.standby:
            found |= {wait.start, wait.end}
        for legs in self.legs.values():
            for leg in legs:
                turns = (self._turn(leg), self._refuel(leg))
                found |= {leg.off, leg.on, *(leg.on + turn * MINUTE for turn in turns)}
        day = self.plan.start.date()
        while day <= self.plan.end.date():
            found.add(dt.datetime.combine(day, dt.time()))
            for name in self._waited_at():
                found |= {
                    moment for sun in self._suns(name, day) for moment in (sun.rise, sun.set) if moment is not None
                }
            day += dt.timedelta(days=1)
        return {moment for moment in found if self.plan.start <= moment < self.plan.end}

    def _waited_at(self) -> set[str]:
        names = {wait.place for wait in self.plan.standby}
        names |= {leg.destination for legs in self.legs.values() for leg in legs}
        return names & self.mission.place.keys()

    def _turn(self, leg: Flight) -> float:
        """Minutes to set down what a leg carries."""
        loaded = leg.pax or leg.cargo_kg or leg.litters
        return max((kind.ground_min for kind in self.facts.types(leg)), default=0.0) if loaded else 0.0

    def _refuel(self, leg: Flight) -> float:
        own = [kind.refuel_min for kind in self.facts.types(leg)]
        took = max((self.flying.refuel_min if one is None else one for one in own), default=self.flying.refuel_min)
        return max(self._turn(leg), took)

    def starts(self, moment: dt.datetime) -> list[tuple[Flight | Standby, Start]]:
        """Who could set out for a call that comes at a moment, and how."""
        found: list[tuple[Flight | Standby, Start]] = []
        for unit in dict.fromkeys([*(wait.unit for wait in self.plan.standby), *self.legs]):
            legs = self.legs.get(unit, [])
            flying = next((leg for leg in legs if leg.off <= moment < leg.on), None)
            wait = next((w for w in self.plan.standby if w.unit == unit and w.start <= moment < w.end), None)
            down = flying or (self._resting_on(legs, moment) if wait is None else None)
            if down is not None:
                found += [(down, start) for start in self._after(down, moment)]
            elif wait is not None and wait.place in self.mission.place:
                night = self._night(wait.place, moment)
                notice = self.clock.notice_night_min if night else self.clock.notice_day_min
                ready = self.clock.report_min + self.clock.approval_min + notice
                found += [(wait, start) for start in self._waits(wait, ready, moment)]
        return [(row, start) for row, start in found if self._may_fly(row, start.place, moment)]

    def _waits(self, wait: Standby, ready: float, moment: dt.datetime) -> list[Start]:
        """How a unit could set out from where it waits: tanks full at base; elsewhere with what its flight there left,
        or full from when it has filled up, if there is fuel.
        """
        full = self._reach(self.facts.types(self._row(wait)))
        there = [leg for leg in self.legs.get(wait.unit, []) if leg.on <= moment]
        last = there[-1] if there else None
        if last is None or last.destination != wait.place or self.facts.home(wait.tails.split()[0]) == wait.place:
            return [Start(wait.place, ready, full)]
        found = [Start(wait.place, ready, self.left[id(last)])]
        if self.mission.place[wait.place].fuel:
            found.append(Start(wait.place, max(ready, minutes(last.on, moment) + self._refuel(last)), full))
        return found

    def _row(self, wait: Standby) -> Flight:
        """A standby's aircraft as a flight that stays where it is, so that both are looked up alike."""
        here, until = wait.place, wait.end
        return Flight(unit=wait.unit, tails=wait.tails, origin=here, destination=here, off=wait.start, on=until)

    def _resting_on(self, legs: list[Flight], moment: dt.datetime) -> Flight | None:
        """The last leg landed, if another follows from there before a rest."""
        before = [leg for leg in legs if leg.on <= moment]
        after = [leg for leg in legs if leg.off > moment]
        if not before or not after:
            return None
        last = max(before, key=lambda leg: leg.on)
        gap = minutes(min(leg.off for leg in after), last.on)
        return last if gap < self.flying.rest_h * 60 else None

    def _after(self, leg: Flight, moment: dt.datetime) -> list[Start]:
        """How a unit could set out from where it lands: with what is left, or tanks full where there is fuel."""
        place = self.mission.place.get(leg.destination)
        if place is None:
            return []
        told = self.clock.report_min + self.clock.approval_min
        kinds = self.facts.types(leg)
        ready = minutes(leg.on, moment)
        found = [Start(place.id, max(told, ready + self._turn(leg)), self.left[id(leg)])]
        if place.fuel:
            found.append(Start(place.id, max(told, ready + self._refuel(leg)), self._reach(kinds)))
        return found

    def _suns(self, name: str, day: dt.date) -> list[Sun]:
        """Sunrise and sunset at a place on a day, the day before and the day after."""
        place = self.mission.place[name]
        for number in (-1, 0, 1):
            near = day + dt.timedelta(days=number)
            if (name, near) not in self.suns:
                self.suns[name, near] = sun_times(place.lat, place.lon, near)
        return [self.suns[name, day + dt.timedelta(days=number)] for number in (-1, 0, 1)]

    def _night(self, name: str, moment: dt.datetime) -> bool:
        """From sunset to sunrise, to the very moments at which states begin."""
        suns = self._suns(name, moment.date())
        if any(sun.rise is None or sun.set is None for sun in suns):
            place = self.mission.place[name]
            return bool(is_night(place.lat, place.lon, moment))
        return not any(sun.rise <= moment < sun.set for sun in suns if sun.rise is not None and sun.set is not None)

    def _may_fly(self, row: Flight | Standby, name: str, moment: dt.datetime) -> bool:
        kinds = self.facts.types(row if isinstance(row, Flight) else self._row(row))
        return bool(kinds) and (all(kind.night for kind in kinds) or not self._night(name, moment))

    def covers(self, row: Flight | Standby, start: Start, moment: dt.datetime) -> Bools:
        """Points (C,) covered by a unit that sets out so."""
        kinds = self.facts.types(row if isinstance(row, Flight) else self._row(row))
        types = tuple(dict.fromkeys(kind.type for kind in kinds))
        key = (types, start, moment.date())
        if key not in self.known:
            ways = self.ways.get((types, moment.date()))
            if ways is None:
                ways = _Ways(self.mission, kinds, self._reach(kinds), self.points(moment), moment.date())
                self.ways[types, moment.date()] = ways
            self.known[key] = ways.covers(start)
        return self.known[key]


class _Ways:
    """Plain flying of one kind of unit on a day: legs, fuel, and the ways on to surgery."""

    def __init__(self, mission: Mission, kinds: list[AircraftType], reach: float, points: Demand, day: dt.date) -> None:
        flying = mission.rules.flying
        self.points = points
        self.seen: dict[str, tuple[Floats, Floats]] = {}
        self.mission, self.clock, self.reach = mission, mission.rules.clock, reach
        self.per_km = flying.route_factor / (min(kind.cruise_kt for kind in kinds) * KM_PER_KT_MIN)
        self.leg_min = max(kind.leg_min for kind in kinds)
        self.refuel_min = max(flying.refuel_min if k.refuel_min is None else k.refuel_min for k in kinds)
        used = [p for p in mission.places if (p.start or day) <= day <= (p.end or day)]
        self.fuel = [p for p in used if p.fuel]
        self.hospitals = [p for p in used if p.medical in ("2", "3", "4")]
        lat, lon = [p.lat for p in used], [p.lon for p in used]
        between = matrix_km(lat, lon, lat, lon)
        self.row = {p.id: at for at, p in enumerate(used)}
        fuel, hospital = [self.row[p.id] for p in self.fuel], [self.row[p.id] for p in self.hospitals]
        self.fuel_km, self.hospital_km = between[:, fuel], between[:, hospital]
        self.spare = self.fuel_km[hospital].min(axis=1, initial=np.inf if fuel else 0.0)
        self.hop = self._hops(self.fuel_km[fuel])
        self.home = dict(zip((p.id for p in self.fuel), self._home(self.hospital_km[fuel])))

    def _leg(self, km: Floats) -> Floats:
        return np.where(km > 0, self.leg_min, 0.0) + km * self.per_km

    def _hops(self, km: Floats) -> Floats:
        """Least minutes (F, F) between fuel places, tanks full at both, by way of others (Floyd 1962)."""
        best = np.where(km <= self.reach + SLACK, self._leg(km) + self.refuel_min, np.inf)
        np.fill_diagonal(best, 0.0)
        for a in range(len(best)):
            best = np.minimum(best, best[:, a : a + 1] + best[a])
        return best

    def _full(self, start: Place, first_km: float) -> Floats:
        """Least minutes (F,) from a place to each fuel place, tanks full there, the first leg at most ``first_km``."""
        if start.id in self.row:
            km = self.fuel_km[self.row[start.id]]
        else:
            km = np.array([float(distance_km(start.lat, start.lon, f.lat, f.lon)) for f in self.fuel])
        first = np.where(km <= first_km + SLACK, self._leg(km) + self.refuel_min, np.inf)
        least: Floats = (first[:, None] + self.hop).min(axis=0, initial=np.inf)
        return least

    def _home(self, km: Floats) -> list[float]:
        """Least minutes from each fuel place, tanks full, to surgery; ``km`` (F, H) to the hospitals."""
        last = np.where(km + self.spare <= self.reach + SLACK, self._leg(km), np.inf).min(axis=1, initial=np.inf)
        home: list[float] = (self.hop + last).min(axis=1, initial=np.inf).tolist()
        return home

    def _out(self, place: Place) -> tuple[Floats, Floats]:
        """Km and minutes (C,) from a place to each point."""
        if place.id not in self.seen:
            km = np.asarray(distance_km(place.lat, place.lon, self.points.lat, self.points.lon), np.float64)
            self.seen[place.id] = (km, np.where(km > 0, self.leg_min, 0.0) + km * self.per_km)
        return self.seen[place.id]

    def covers(self, start: Start) -> Bools:
        """Points (C,) for which one route meets both targets."""
        base = self.mission.place[start.place]
        full = self._full(base, start.left_km)
        outs = [(base, 0.0, start.left_km)]
        outs += [(place, float(took), self.reach) for place, took in zip(self.fuel, full) if np.isfinite(took)]
        met = np.zeros(self.points.lat.size, np.bool_)
        for last, took, tank_km in outs:
            km, flown = self._out(last)
            care = start.minutes + took + flown
            some = np.flatnonzero((km <= tank_km + SLACK) & (care <= self.clock.care_min + SLACK) & ~met)
            surgery = care[some] + self.clock.scene_min + self._inward(some, tank_km - km[some])
            met[some] = surgery <= self.clock.surgery_min + SLACK
        return met

    def _inward(self, some: Ints, left_km: Floats) -> Floats:
        """Least minutes from each of some points to surgery with what range is left there."""
        best = np.full(left_km.size, np.inf)
        if not some.size:
            return best
        for hospital, spare in zip(self.hospitals, self.spare):
            km, flown = self._out(hospital)
            best = np.where(km[some] + spare <= left_km + SLACK, np.minimum(best, flown[some]), best)
        for place in self.fuel:
            km, flown = self._out(place)
            onward = flown[some] + self.refuel_min + self.home[place.id]
            best = np.where(km[some] <= left_km + SLACK, np.minimum(best, onward), best)
        return best
