"""The flying programme by brute force, for days of two or three requests; shares no code with what it tests.

Every choice of the next tour is tried (requests, unit, order of stops, where to fill up, where to rest if nights away
are allowed), at every departure that can matter, if the judges of ``castor.flight.check`` and ``castor.cover.audit``
accept it beside the tours chosen before.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from itertools import combinations, pairwise, product

import msgspec

from castor.cover.audit import judge_cover
from castor.flight.check import check
from castor.flight.geodesy import distance_km, sun_times
from castor.flight.plan import Flight, Plan, Standby, Unserved
from castor.mission.model import AircraftType, Formation, Mission, Place, Request

MINUTE = dt.timedelta(minutes=1)
KM_PER_KT_MIN = 1.852 / 60
MOST_DETOURS = 2
MOST_PARTS = 4
MOST_JUDGED = 20_000
"""Programmes judged before a day is given up."""
ALWAYS = ("capacity_seats", "capacity_litters", "payload", "range", "incompatible", "runway", "flight_time")
"""What a tour breaks whenever it leaves."""
ANYHOW = ("capacity_seats", "capacity_litters", "incompatible")
"""What it breaks wherever it fills up too."""


class GivenUpError(Exception):
    """Raised where a day has more programmes than brute force can judge."""


class Unit:
    """What flies: its name, its lead, its members."""

    def __init__(self, mission: Mission, name: str, tail: str, formation: Formation | None) -> None:
        self.name, self.tail, self.formation = name, tail, formation
        lead = mission.type[mission.tail[tail].type]
        more = [mission.type[formation.escort]] * formation.escorts if formation and formation.escorts else []
        self.kinds: list[AircraftType] = [lead, *more]
        self.base = mission.tail[tail].base
        self.ground = max(kind.ground_min for kind in self.kinds)
        self.refuel = max(mission.rules.flying.refuel_min if k.refuel_min is None else k.refuel_min for k in self.kinds)


class Brute:
    """All programmes of a small day."""

    def __init__(self, mission: Mission, start: dt.datetime, end: dt.datetime, floor: float) -> None:
        self.mission, self.start, self.end, self.floor = mission, start, end, floor
        self.units = self._units()
        self.items = tuple(part for request in mission.requests for part in parts(request))
        self.best = 0.0
        self.judged = 0
        self.hopeless = self.useless = False
        self.distances: dict[tuple[object, object], float] = {}
        self.fixed = self._fixed()
        self.ways: dict[tuple[object, ...], list[list[dict[str, object]]]] = {}

    def _units(self) -> list[Unit]:
        found, mission = [], self.mission
        bound = {f.lead for f in mission.formations} | {f.escort for f in mission.formations if f.escorts}
        for formation in mission.formations:
            if formation.role != "medevac":
                leads = [a for a in mission.aircraft if a.type == formation.lead]
                for number, a in enumerate(leads):
                    name = formation.id if number == 0 else f"{formation.id}/{number + 1}"
                    found.append(Unit(mission, name, a.tail, formation))
        found += [Unit(mission, a.tail, a.tail, None) for a in mission.aircraft if a.type not in bound]
        return found

    def worth(self, request: Request) -> float:
        """Load in passengers, times 3 for each step of priority above the third."""
        load = request.pax + request.litters + request.cargo_kg / self.mission.rules.flying.pax_kg
        return float((load or 1.0) * 3.0 ** (3 - request.priority))

    def run(self) -> float:
        """The most worth of any programme."""
        self._extend((), self.items, 0.0)
        return self.best

    def _extend(
        self, tours: tuple[tuple[Unit, tuple[Flight, ...]], ...], left: tuple[Request, ...], value: float
    ) -> None:
        self.best = max(self.best, value)
        for size in range(len(left), 0, -1):
            for some in combinations(left, size):
                rest = tuple(r for r in left if r not in some)
                if any(alike(r, other) and r.id < other.id for r in rest for other in some):
                    continue
                if value + sum(map(self.worth, left)) <= self.best + 1e-9:
                    return
                tried: set[tuple[str, str, int]] = set()
                for unit in self.units:
                    idle = not any(other.name == unit.name for other, _ in tours)
                    like = (unit.kinds[0].type, unit.base, unit.formation.id if unit.formation else "")
                    if idle and (*like, 1) in tried:
                        continue
                    tried |= {(*like, 1)} if idle else set()
                    for flown in self._tours(unit, some, tours, rest):
                        self._extend((*tours, (unit, flown)), rest, value + sum(map(self.worth, some)))

    def _tours(
        self, unit: Unit, some: tuple[Request, ...], tours: tuple[tuple[Unit, tuple[Flight, ...]], ...],
        rest: tuple[Request, ...],
    ) -> Iterator[tuple[Flight, ...]]:  # fmt: skip
        """For every order of stops and choice of fillings, the tours that the judges accept beside others: as early as
        may be, and later.
        """
        seen: set[tuple[object, ...]] = set()
        for visits in self._orders(some):
            for stops in self._sound(unit, visits, some):
                for flown in self._timed(unit, stops, tours, rest):
                    key = (flown[0].off, flown[-1].on)
                    if key not in seen:
                        seen.add(key)
                        yield flown

    def _sound(
        self, unit: Unit, visits: list[tuple[Request, bool]], some: tuple[Request, ...]
    ) -> list[list[dict[str, object]]]:
        """Of the ways to fill up, those with fewest fillings that the judges accept on an empty day without a floor."""
        like = (unit.kinds[0].type, unit.base, unit.formation.id if unit.formation else "")
        key = (like, tuple((r.id, up) for r, up in visits))
        if key not in self.ways:
            rest = tuple(r for r in self.items if r not in some)
            floor, self.floor, found, self.useless = self.floor, 0.0, [], False
            bare = self._bare(unit, visits)
            if bare is not None and self._times(unit, bare, 0, False) is not None:  # filling up never makes it sooner
                for count in range(len(bare) + MOST_DETOURS):
                    ways = self._fillings(unit, bare, count)
                    for one in (rested for way in ways for rested in self._rests(unit, way)):
                        if next(self._timed(unit, one, (), rest), None):
                            found.append(one)
                        if self.useless:
                            break
                    if found or self.useless:
                        break
            self.floor = floor
            self.ways[key] = found
        return self.ways[key]

    def _orders(self, some: tuple[Request, ...]) -> Iterator[list[tuple[Request, bool]]]:
        def grow(done: list[tuple[Request, bool]]) -> Iterator[list[tuple[Request, bool]]]:
            if len(done) == 2 * len(some):
                yield done
                return
            for r in some:
                if (r, True) not in done:
                    if any(alike(r, other) and other.id < r.id and (other, True) not in done for other in some):
                        continue
                    yield from grow([*done, (r, True)])
                elif (r, False) not in done:
                    yield from grow([*done, (r, False)])

        yield from grow([])

    def _bare(self, unit: Unit, visits: list[tuple[Request, bool]]) -> list[dict[str, object]] | None:
        """Stops of the visits without any filling up; None where the base is not at the ends alone."""
        stops: list[dict[str, object]] = [{"place": unit.base, "visits": [], "fill": False}]
        for r, up in visits:
            place = r.origin if up else r.destination
            if stops[-1]["place"] != place:
                stops.append({"place": place, "visits": [], "fill": False})
            stops[-1]["visits"].append((r, up))  # type: ignore[attr-defined]
        if stops[-1]["place"] != unit.base or len(stops) == 1:
            stops.append({"place": unit.base, "visits": [], "fill": False})
        return None if any(stop["place"] == unit.base for stop in stops[1:-1]) else stops

    def _fillings(
        self, unit: Unit, bare: list[dict[str, object]], count: int
    ) -> Iterator[list[dict[str, object]]]:  # fmt: skip
        """The stops with every choice of so many fillings, at stops or on detours, that range allows."""
        fuel = [place.id for place in self.mission.places if place.fuel]
        most = min(kind.range_km for kind in unit.kinds) * (1 - self.mission.rules.flying.reserve)

        def grow(done: list[dict[str, object]], at: int, gone: float, left: int, detours: int) -> Iterator[
            list[dict[str, object]]
        ]:  # fmt: skip
            here = done[-1]["place"]
            if at == len(bare):
                if left == 0:
                    yield done
                return
            ahead = bare[at]
            for f in fuel if left and detours else ():
                if f not in (here, ahead["place"]) and gone + self._km(here, f) <= most + 1e-6:
                    via: dict[str, object] = {"place": f, "visits": [], "fill": True}
                    yield from grow([*done, via], at, 0.0, left - 1, detours - 1)
            gone += self._km(here, ahead["place"])
            if gone > most + 1e-6:
                return
            yield from grow([*done, {**ahead, "fill": False}], at + 1, gone, left, detours)
            if left and at < len(bare) - 1 and ahead["place"] in fuel:
                yield from grow([*done, {**ahead, "fill": True}], at + 1, 0.0, left - 1, detours)

        yield from grow([bare[0]], 1, 0.0, count, MOST_DETOURS)

    def _rests(self, unit: Unit, stops: list[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
        """The stops with every choice of rests at some of them, fewest first, if nights away are allowed: until rested,
        or until it dawns.
        """
        inner = range(1, len(stops) - 1) if self.mission.rules.flying.overnight else range(0)
        for count in range(len(inner) + 1):
            for some in combinations(inner, count):
                for ends in product(*(self._dawns(unit, stops[n]["place"]) for n in some)):
                    until = dict(zip(some, ends))
                    yield [{**stop, "rest": n in some, "until": until.get(n, 0)} for n, stop in enumerate(stops)]

    def _dawns(self, unit: Unit, name: object) -> list[int]:
        """0, and the first minutes by day at a place for a unit that may not fly by night."""
        place, found = self.mission.place[str(name)], [0]
        if all(kind.night for kind in unit.kinds):
            return found
        for day in range((self.end - self.start).days):
            sun = sun_times(place.lat, place.lon, self.start.date() + dt.timedelta(days=day))
            if sun.rise is not None:
                found.append(math.ceil((sun.rise - self.start) / MINUTE) + 1)
        return found

    def _km(self, a: object, b: object) -> float:
        if (a, b) not in self.distances:
            x, y = self.mission.place[str(a)], self.mission.place[str(b)]
            km = float(distance_km(x.lat, x.lon, y.lat, y.lon)) * self.mission.rules.flying.route_factor
            self.distances[a, b] = km
        return self.distances[a, b]

    def _minutes(self, unit: Unit, a: object, b: object) -> int:
        slow = min(kind.cruise_kt for kind in unit.kinds) * KM_PER_KT_MIN
        return math.ceil(self._km(a, b) / slow + max(kind.leg_min for kind in unit.kinds) - 1e-6)

    def _timed(
        self, unit: Unit, stops: list[dict[str, object]], tours: tuple[tuple[Unit, tuple[Flight, ...]], ...],
        rest: tuple[Request, ...],
    ) -> Iterator[tuple[Flight, ...]]:  # fmt: skip
        self.hopeless = self.useless = False
        seen: list[list[tuple[float, float]]] = []
        for begin in self._begins(tours):
            for late in (True, False):
                timed = self._times(unit, stops, begin, late)
                if timed is None:
                    return  # who is late from here on is later still from any later minute
                if timed in seen:
                    continue
                seen.append(timed)
                flown = self._flights(unit, stops, timed)
                if self.hopeless:
                    return
                if not self._against_rule(unit, flown) and self._accepted((*tours, (unit, flown)), rest):
                    yield flown

    def _against_rule(self, unit: Unit, flown: tuple[Flight, ...]) -> bool:
        """Where nights away are allowed, whether anything stays on board over one, or a tour calls at its base on the
        way, where another crew could go on.
        """
        flying = self.mission.rules.flying
        rest, between = dt.timedelta(hours=flying.rest_h), list(pairwise(flown))
        over = any(b.off - a.on >= rest and set(a.aboard) & set(b.aboard) for a, b in between)
        return flying.overnight and (over or any(a.destination == unit.base for a, _ in between))

    def _begins(self, tours: tuple[tuple[Unit, tuple[Flight, ...]], ...]) -> list[int]:
        """Minutes from which a tour may be tried: the plan's start, dawn, dusk, opening times; when others leave, land,
        are ready or their crews rested; when a crew must begin that is to land last with another tour.
        """
        found, flying = set(self.fixed), self.mission.rules.flying
        for other, flown in tours:
            on = round((flown[-1].on - self.start) / MINUTE)
            found |= {on, math.ceil((self._ready(other, flown[-1]) - self.start) / MINUTE)}
            found |= {on - math.floor(flying.duty_h * 60), on + math.ceil(flying.rest_h * 60)}
            for leg in flown:
                found |= {round((leg.off - self.start) / MINUTE), round((leg.on - self.start) / MINUTE)}
        return sorted(minute for minute in found if minute >= 0)

    def _fixed(self) -> set[int]:
        """The plan's start, sunrise and sunset everywhere, opening times."""
        found = {0}
        days = range((self.end - self.start).days)
        for place, day in ((place, day) for place in self.mission.places for day in days):
            sun = sun_times(place.lat, place.lon, self.start.date() + dt.timedelta(days=day))
            for moment in (sun.rise, sun.set):
                if moment is not None:
                    found |= {math.ceil((moment - self.start) / MINUTE) + n for n in (0, 1, 2)}
            if place.opens_h is not None:
                found.add(math.ceil(place.opens_h * 60) + 1440 * day)
        return found

    def _times(
        self, unit: Unit, stops: list[dict[str, object]], begin: int, late: bool
    ) -> list[tuple[float, float]] | None:
        """(on, off) of each stop: as early as can be from ``begin``; then, if ``late``, waiting as late as can be."""
        legs = [self._minutes(unit, a["place"], b["place"]) for a, b in pairwise(stops)]
        since, until, by, stand = [], [], [], []
        for stop in stops:
            rows: list[tuple[Request, bool]] = stop["visits"]  # type: ignore[assignment]
            lows, highs, ends = [float(stop.get("until", 0))], [math.inf], [math.inf]  # type: ignore[arg-type]
            for r, up in rows:
                if up:
                    lows.append(self._at(r.earliest) + unit.ground)
                    highs.append(self._at(r.pickup_by) + unit.ground if r.pickup_by else math.inf)
                    if r.deliver_from and r.ride_max_min:
                        lows.append(self._at(r.deliver_from) - math.floor(r.ride_max_min))
                else:
                    ends.append(self._at(r.latest))
                    lows.append(self._at(r.deliver_from) + unit.ground if r.deliver_from else 0.0)
            since.append(max(lows))
            until.append(min(highs))
            by.append(min(ends))
            rests = self.mission.rules.flying.rest_h * 60 if stop.get("rest") else 0.0
            stand.append(max(unit.ground if rows else 0.0, unit.refuel if stop["fill"] else 0.0, rests))
        on, off = [float(begin)], []
        for n, took in enumerate(legs):
            off.append(max(on[n] + (stand[n] if n else 0.0), since[n]))
            on.append(off[n] + took)
            if off[n] > until[n] or on[-1] > by[n + 1]:
                return None
        if late:
            for n in range(len(legs) - 1, -1, -1):
                lands = on[n + 1] if n == len(legs) - 1 else min(off[n + 1] - stand[n + 1], by[n + 1])
                off[n] = max(off[n], min(lands - legs[n], until[n]))
                on[n + 1] = off[n] + legs[n]
            first = 0
            for last in (n for n, stop in enumerate(stops) if stop.get("rest")):
                for n in range(first, last):  # a duty that ends away lands as soon as it can
                    off[n] = off[n] if n == first else max(on[n] + stand[n], since[n])
                    on[n + 1] = off[n] + legs[n]
                first = last
        return list(zip(on, [*off, on[-1]]))

    def _at(self, moment: dt.datetime) -> int:
        return round((moment - self.start) / MINUTE)

    def _flights(
        self, unit: Unit, stops: list[dict[str, object]], timed: list[tuple[float, float]]
    ) -> tuple[Flight, ...]:
        aboard: list[Request] = []
        found = []
        for n, (a, b) in enumerate(pairwise(stops)):
            rows: list[tuple[Request, bool]] = a["visits"]  # type: ignore[assignment]
            aboard = [r for r in aboard if (r, False) not in rows] + [r for r, up in rows if up]
            found.append(
                Flight(
                    unit=unit.name, tails=unit.tail, origin=str(a["place"]), destination=str(b["place"]),
                    off=self.start + timed[n][1] * MINUTE, on=self.start + timed[n + 1][0] * MINUTE,
                    task="transport" if aboard else "positioning", pax=sum(r.pax for r in aboard),
                    cargo_kg=sum(r.cargo_kg for r in aboard), litters=sum(r.litters for r in aboard),
                    requests=" ".join(self._names(aboard)),
                )
            )  # fmt: skip
        return tuple(found)

    def _names(self, aboard: list[Request]) -> Iterator[str]:
        """Requests on board, and how much of those of which only some parts are."""
        for name in dict.fromkeys(map(whole, aboard)):
            many, request = sum(whole(r) == name for r in aboard), self.mission.request[name]
            yield name if len(parts(request)) == many else f"{name}*{many}"

    def _accepted(self, tours: tuple[tuple[Unit, tuple[Flight, ...]], ...], rest: tuple[Request, ...]) -> bool:
        plan = self.plan(tours, rest)
        if plan is None:
            return False
        self.judged += 1
        if self.judged > MOST_JUDGED:
            raise GivenUpError
        if not all(self._by_day(unit, leg) for unit, flown in tours for leg in flown):
            return False
        found = check(self.mission, plan)
        self.hopeless = any(one.code in ALWAYS for one in found)
        self.useless = any(one.code in ANYHOW for one in found)
        return found == [] and (self.floor == 0 or not judge_cover(self.mission, plan))

    def plan(self, tours: tuple[tuple[Unit, tuple[Flight, ...]], ...], rest: tuple[Request, ...]) -> Plan | None:
        """The tours with escorts and standby; None where escorts are short or a unit turns round too soon."""
        busy: dict[str, list[tuple[dt.datetime, dt.datetime]]] = {}
        flights: list[Flight] = []
        for unit, flown in sorted(tours, key=lambda one: one[1][0].off):
            span = (flown[0].off, self._ready(unit, flown[-1]))
            need = unit.formation.escorts if unit.formation else 0
            tails = [unit.tail]
            for a in self.mission.aircraft if unit.formation and need else ():
                like = unit.formation is not None and a.type == unit.formation.escort and a.base == unit.base
                if like and len(tails) <= need and self._free(busy, a.tail, span):
                    tails.append(a.tail)
            if len(tails) <= need or not self._free(busy, unit.tail, span):
                return None
            for tail in tails:
                busy.setdefault(tail, []).append(span)
            flights += [_with(leg, " ".join(tails)) for leg in flown]
        return Plan(
            start=self.start, end=self.end, flights=tuple(flights), standby=tuple(self._standby(busy)),
            unserved=tuple(Unserved(request=name, reason="priority") for name in dict.fromkeys(map(whole, rest))),
            floor=self.floor,
        )  # fmt: skip

    def _by_day(self, unit: Unit, leg: Flight) -> bool:
        """Whether a leg keeps a whole minute from sunrise and sunset, as is planned, where a member may not fly by
        night.
        """
        if all(kind.night for kind in unit.kinds):
            return True
        for moment, name in ((leg.off, leg.origin), (leg.on, leg.destination)):
            place = self.mission.place[name]
            sun = sun_times(place.lat, place.lon, moment.date())
            if sun.rise is None or sun.set is None:
                continue
            rise, dark = ((t - self.start) / MINUTE for t in (sun.rise, sun.set))
            if not math.ceil(rise) + 1 <= (moment - self.start) / MINUTE <= math.floor(dark) - 1:
                return False
        return True

    def _ready(self, unit: Unit, last: Flight) -> dt.datetime:
        """When the members of a unit are free again: turned round, and all that they carried is set down."""
        given = [r.deliver_from for r in self.items if r.deliver_from and whole(r) in last.aboard]
        turned = last.on + math.ceil(max(unit.ground, unit.refuel)) * MINUTE
        return max([turned, *(moment + unit.ground * MINUTE for moment in given)])

    @staticmethod
    def _free(
        busy: dict[str, list[tuple[dt.datetime, dt.datetime]]], tail: str, span: tuple[dt.datetime, dt.datetime]
    ) -> bool:
        return not any(a < span[1] and span[0] < b for a, b in busy.get(tail, ()))

    def _standby(self, busy: dict[str, list[tuple[dt.datetime, dt.datetime]]]) -> Iterator[Standby]:
        """Between any two changes, whatever formations the free airframes make up."""
        moments = sorted({self.start, self.end, *(t for spans in busy.values() for span in spans for t in span)})
        moments = [t for t in moments if self.start <= t <= self.end]
        for a, b in pairwise(moments):
            free = [x for x in self.mission.aircraft if self._free(busy, x.tail, (a, b))]
            for formation in self._standing():
                leads = [x for x in self.mission.aircraft if x.type == formation.lead]
                for lead in leads:
                    if lead not in free:
                        continue
                    escorts = [x for x in free if x.type == formation.escort and x.base == lead.base and x is not lead]
                    if len(escorts) < formation.escorts:
                        continue
                    team = [lead, *escorts[: formation.escorts]]
                    free = [x for x in free if x not in team]
                    n = leads.index(lead)
                    name = lead.tail if formation.id == lead.type else formation.id + (f"/{n + 1}" if n else "")
                    yield Standby(unit=name, tails=" ".join(x.tail for x in team), place=lead.base, start=a, end=b)

    def _standing(self) -> list[Formation]:
        found = [f for f in self.mission.formations if f.role != "transport"]
        if found:
            return found
        bound = {f.lead for f in self.mission.formations} | {f.escort for f in self.mission.formations}
        return [
            Formation(id=kind.type, name=kind.name, lead=kind.type) for kind in self.mission.types
            if kind.litters and kind.kind == "helicopter" and kind.type not in bound
        ]  # fmt: skip


def _with(leg: Flight, tails: str) -> Flight:
    return Flight(**{name: getattr(leg, name) for name in leg.__struct_fields__ if name != "tails"}, tails=tails)


def parts(request: Request) -> tuple[Request, ...]:
    """A request, or the single passengers of one that may be split."""
    if not request.split:
        return (request,)
    if request.litters or request.cargo_kg or not 1 < request.pax <= MOST_PARTS:
        raise ValueError(f"{request.id} cannot be split into 2 to {MOST_PARTS} single passengers")
    return tuple(msgspec.structs.replace(request, id=f"{request.id}#{n}", pax=1) for n in range(request.pax))


def whole(part: Request) -> str:
    """The id of the request that a part is of."""
    return part.id.partition("#")[0]


def alike(one: Request, other: Request) -> bool:
    """Whether two are parts of the same request."""
    return one.id != other.id and whole(one) == whole(other)


def place_of(mission: Mission, name: str) -> Place:
    """A place by its id."""
    return mission.place[name]
