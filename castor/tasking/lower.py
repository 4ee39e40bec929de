"""A mission and its requests, lowered once to the arrays that plans are searched on; every problem at once.

Who flies: a formation that may carry, made up at a base that has its lead and escorts, one unit for each lead airframe;
or a single aircraft of a type that no such formation uses. Times are whole minutes, legs rounded up. A unit's base must
have fuel. Payload is reckoned in the heat of the day.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from msgspec import Struct

from castor.errors import MissionError, Problem
from castor.flight.geodesy import matrix_km
from castor.flight.performance import (
    Unit,
    burn_kg_km,
    density_ft,
    formation_unit,
    leg_fuel_kg,
    leg_minutes,
    reserve_kg,
    takeoff_limit_kg,
    unit_of,
)
from castor.mission.model import Aircraft, Formation, Mission, Place, Request
from castor.tasking import fields
from castor.tasking.arrays import MOST_NIGHTS, NEVER, Asks, Fleet, Kinds
from castor.tasking.arrays import Problem as Arrays
from castor.tasking.packed import pack
from castor.tasking.watch import Watched, watch
from castor.tasking.worth import worth

MINUTE = dt.timedelta(minutes=1)
MOST_PARTS = 12
"""A request that may be split is offered in at most so many parts."""
LONGEST_DAYS = 31


class Part(Struct, frozen=True):
    """A request, or a part of it: ``amount`` of its own measure, ``share`` of the whole; all of it if amount is
    None.
    """

    request: int
    amount: float | None
    share: float


class Flyer(Struct, frozen=True):
    """A unit that carries: its name in plans, the airframe that leads it, what it flies as."""

    name: str
    tail: str
    kind: int
    base: str
    formation: Formation | None


class Out(Struct, frozen=True):
    """An airframe that is not to be had between two minutes of the plan: lost, or away on a call."""

    tail: str
    since: int
    until: int


class Lowered(Struct, frozen=True, eq=False):
    """A mission's flying problem: names beside the arrays. ``pools``: type and base of each pool of airframes."""

    mission: Mission
    start: dt.datetime
    end: dt.datetime
    floor: float
    requests: tuple[Request, ...]
    parts: tuple[Part, ...]
    places: tuple[Place, ...]
    kinds: tuple[Unit, ...]
    flyers: tuple[Flyer, ...]
    pools: tuple[tuple[str, str], ...]
    watched: Watched
    problem: Arrays
    tables: tuple[Any, Any]
    outs: tuple[Out, ...] = ()

    @property
    def minutes(self) -> int:
        """Minutes of the plan."""
        return round((self.end - self.start) / MINUTE)

    def moment(self, minute: float) -> dt.datetime:
        """The moment of a minute of the plan."""
        return self.start + minute * MINUTE


def lower(
    mission: Mission,
    start: dt.datetime,
    end: dt.datetime,
    *,
    requests: Sequence[Request] | None = None,
    floor: float | None = None,
    outs: Sequence[Out] | None = None,
) -> Lowered:
    """Lower a mission between two moments; ``requests`` replaces the mission's, ``floor`` raises its floor of cover.

    Requests are those whose time from earliest pick-up to latest delivery meets the plan's. ``outs`` tells that a plan
    under way is changed, and which airframes are not to be had. Raises ``MissionError``
    with every problem of what was asked, ``Infeasible`` where the floor is above what all formations on standby give.
    """
    asked = mission.requests if requests is None else tuple(requests)
    _check(mission, start, end, asked, floor)
    least = max(mission.rules.cover.floor, floor or 0.0)
    chosen = tuple(one for one in asked if one.latest > start and one.earliest < end)
    flyers, kinds = _flyers(mission, start, end)
    pools = _pools(mission, flyers)
    places = _places(mission, chosen, flyers)
    watched = watch(mission, (start, end), places, pools, [kinds[f.kind] for f in flyers], flyers, least, outs)
    arrays = _kinds(mission, kinds, places, start, end)
    parts = _parts(mission, chosen, kinds)
    asks = _asks(mission, chosen, parts, places, start)
    problem = Arrays(arrays, asks, _fleet(mission, (start, end), flyers, kinds, places, watched), watched.arrays,
                     _price(asks, kinds))  # fmt: skip
    return Lowered(
        mission=mission, start=start, end=end, floor=least, requests=chosen, parts=tuple(parts), places=places,
        kinds=kinds, flyers=flyers, pools=watched.pools, watched=watched, problem=problem,
        tables=pack(problem), outs=tuple(outs or ()),
    )  # fmt: skip


def _check(
    mission: Mission, start: dt.datetime, end: dt.datetime, asked: Sequence[Request], floor: float | None
) -> None:
    found = []
    if end <= start:
        found.append(Problem("plan", f"an end after its start, {start}", column="end", read=str(end)))
    elif end - start > dt.timedelta(days=LONGEST_DAYS):
        found.append(Problem("plan", f"at most {LONGEST_DAYS} days from its start", column="end", read=str(end)))
    if any(one.second or one.microsecond for one in (start, end)):
        found.append(Problem("plan", "whole minutes", column="start and end", read=f"{start} and {end}"))
    if floor is not None and not 0 <= floor <= 1:
        found.append(Problem("plan", "a share from 0 to 1", column="floor", read=str(floor)))
    names: set[str] = set()
    for one in asked:
        if one.id in names:
            found.append(Problem("requests", "every request has its own id", column="id", read=one.id))
        names.add(one.id)
        for column, name in (("from", one.origin), ("to", one.destination)):
            if name not in mission.place:
                found.append(Problem(f"request {one.id}", "a place of places.csv", column=column, read=name))
        if one.origin == one.destination:
            found.append(Problem(f"request {one.id}", "another place than from", column="to", read=one.destination))
        if one.latest < one.earliest or (one.pickup_by is not None and one.pickup_by < one.earliest):
            found.append(Problem(f"request {one.id}", "times in order", column="earliest", read=str(one.earliest)))
    if found:
        raise MissionError(found)


def span(start: dt.date | None, end: dt.date | None, within: tuple[dt.datetime, dt.datetime]) -> tuple[int, int]:
    """First and last minute of a plan on which something with first and last days is there; last < first if never."""
    first, last = 0.0, (within[1] - within[0]) / MINUTE
    if start is not None:
        first = max(first, (dt.datetime.combine(start, dt.time()) - within[0]) / MINUTE)
    if end is not None:
        last = min(last, (dt.datetime.combine(end, dt.time()) + dt.timedelta(days=1) - within[0]) / MINUTE)
    return math.ceil(first), math.floor(last)


def _overlap(start: dt.date | None, end: dt.date | None, within: tuple[dt.datetime, dt.datetime]) -> bool:
    first, last = span(start, end, within)
    return last > first


def _flyers(mission: Mission, start: dt.datetime, end: dt.datetime) -> tuple[tuple[Flyer, ...], tuple[Unit, ...]]:
    """Units that carry, and what they fly as. Of several formations with one lead the one with most seats carries."""
    within, flying = (start, end), mission.rules.flying
    here = [a for a in mission.aircraft if _overlap(a.start, a.end, within) and mission.place[a.base].fuel]
    used = [f for f in mission.formations if _overlap(f.start, f.end, within)]
    bound = {f.lead for f in used} | {f.escort for f in used if f.escorts}
    kinds: dict[str, Unit] = {}
    found: list[Flyer] = []
    for lead in dict.fromkeys(f.lead for f in used if f.role != "medevac"):
        able = [f for f in used if f.lead == lead and f.role != "medevac"]
        formation = max(able, key=lambda f: (formation_unit(mission, f).seats, -f.escorts))
        kinds[formation.id] = formation_unit(mission, formation)
        leads = [a for a in mission.aircraft if a.type == lead]
        for aircraft in here:
            if aircraft.type == lead:
                number = leads.index(aircraft)
                found.append(
                    Flyer(unit_name(formation.id, number), aircraft.tail, list(kinds).index(formation.id),
                          aircraft.base, formation)
                )  # fmt: skip
    for aircraft in here:
        kind = mission.type[aircraft.type]
        if aircraft.type not in bound and (kind.seats or kind.payload_kg or kind.litters):
            kinds.setdefault(f"type {kind.type}", unit_of(kind, flying))
            number = list(kinds).index(f"type {kind.type}")
            found.append(Flyer(aircraft.tail, aircraft.tail, number, aircraft.base, None))
    return tuple(found), tuple(kinds.values())


def unit_name(formation: str, number: int) -> str:
    """The name in plans of a formation's unit led by the lead type's airframe of that number, counted from 0."""
    return formation if number == 0 else f"{formation}/{number + 1}"


def _pools(mission: Mission, flyers: Sequence[Flyer]) -> list[tuple[str, str]]:
    """Pools of airframes that the units draw on, by type and base."""
    found: dict[tuple[str, str], None] = {}
    for flyer in flyers:
        found[mission.tail[flyer.tail].type, flyer.base] = None
        if flyer.formation is not None and flyer.formation.escorts:
            found[flyer.formation.escort, flyer.base] = None
    return list(found)


def _places(mission: Mission, requests: Sequence[Request], flyers: Sequence[Flyer]) -> tuple[Place, ...]:
    """Places that plans can touch: bases, ends of requests, fuel."""
    named = {flyer.base for flyer in flyers} | {name for one in requests for name in (one.origin, one.destination)}
    return tuple(place for place in mission.places if place.id in named or place.fuel)


def _kinds(
    mission: Mission, kinds: Sequence[Unit], places: Sequence[Place], start: dt.datetime, end: dt.datetime
) -> Kinds:
    flying = mission.rules.flying
    lat, lon = [p.lat for p in places], [p.lon for p in places]
    km = matrix_km(lat, lon, lat, lon)
    size = len(places)
    leg, burn = np.zeros((len(kinds), size, size), np.int64), np.zeros((len(kinds), size, size))
    for k, unit in enumerate(kinds):
        leg[k] = np.ceil(leg_minutes(unit, km, flying) - 1e-6).astype(np.int64)
        np.fill_diagonal(leg[k], 0)
        burn[k] = 0.0 if burn_kg_km(unit.lead) is None else leg_fuel_kg(unit.lead, km, flying)
        np.fill_diagonal(burn[k], 0.0)
    burns = [burn_kg_km(unit.lead) is not None for unit in kinds]
    may = np.array([[fields.usable(unit, place) for place in places] for unit in kinds], np.bool_).reshape(-1, size)
    fuel = np.array([bool(place.fuel) for place in places], np.bool_)
    lists = [[fields.windows(unit, place, start, end) for place in places] for unit in kinds]
    opens, closes, tags, many = fields.as_arrays(lists) if kinds else ([], [], [], [])

    def each(values: list[Any], kind: Any = np.float64) -> Any:
        return np.array(values, kind)

    return Kinds(
        leg=leg, km=km * flying.route_factor, burn=burn,
        reach=each([unit.range_km * (1 - flying.reserve) for unit in kinds]),
        tank=each([unit.lead.fuel_kg if unit.lead.fuel_kg and b else 1e12 for unit, b in zip(kinds, burns)]),
        reserve=each([reserve_kg(unit.lead, flying) if b else 0.0 for unit, b in zip(kinds, burns)]),
        room=_room(mission, kinds, places, start, end), payload=each([unit.payload_kg for unit in kinds]),
        seats=each([unit.seats for unit in kinds], np.int64), litters=each([unit.litters for unit in kinds], np.int64),
        ground=each([math.ceil(unit.ground_min) for unit in kinds], np.int64),
        refuel=each([math.ceil(unit.refuel_min) for unit in kinds], np.int64), usable=may, fuel=fuel,
        fuels=np.flatnonzero(fuel).astype(np.int64), opens=opens, closes=closes, tag=tags, windows=many,
        aircraft=each([len(unit.members) for unit in kinds], np.int64),
    )  # fmt: skip


def _room(
    mission: Mission, kinds: Sequence[Unit], places: Sequence[Place], start: dt.datetime, end: dt.datetime
) -> Any:
    """Kg for fuel and load (K, P) at take-off, in the hottest of the plan's months."""
    room = np.full((len(kinds), len(places)), 1e12)
    moments = {}
    day = start
    while day <= end:
        for hour in (0, 12):
            moments[day.year, day.month, hour] = dt.datetime(day.year, day.month, 15, hour)
        day += dt.timedelta(days=1)
    limited = [(k, unit.lead) for k, unit in enumerate(kinds)
               if unit.lead.empty_kg is not None and unit.lead.mtow_kg is not None]  # fmt: skip
    for p, place in enumerate(places if limited else ()):
        density = max(density_ft(mission, place, moment) for moment in moments.values())
        for k, lead in limited:
            room[k, p] = float(takeoff_limit_kg(lead, density)) - (lead.empty_kg or 0.0) - (lead.crew_kg or 0.0)
    return room


def measure(request: Request) -> float:
    """How much there is of a request in its own measure: passengers, else litters, else kilograms."""
    return float(request.pax or request.litters or request.cargo_kg)


def _parts(mission: Mission, requests: Sequence[Request], kinds: Sequence[Unit]) -> list[Part]:
    found = []
    for number, one in enumerate(requests):
        many = _divided(mission, one, kinds) if one.split else 1
        if many == 1:
            found.append(Part(number, None, 1.0))
            continue
        whole = measure(one)
        cuts = [*(float(round(whole * x / many)) for x in range(many)), whole]
        found += [Part(number, b - a, (b - a) / whole) for a, b in pairwise(cuts)]
    return found


def _divided(mission: Mission, one: Request, kinds: Sequence[Unit]) -> int:
    """Into how many parts a request that may be split is offered: each fits the smallest unit, and at least four."""
    kg = (one.pax + one.litters) * mission.rules.flying.pax_kg + one.cargo_kg
    least = 1.0
    for size, rooms in (
        (float(one.pax), [float(unit.seats) for unit in kinds]),
        (float(one.litters), [float(unit.litters) for unit in kinds]),
        (kg, [unit.payload_kg for unit in kinds]),
    ):
        some = [room for room in rooms if room > 0]
        least = max(least, math.ceil(size / min(some)) if some and size else 1.0)
    return int(max(1, min(MOST_PARTS, int(measure(one)), max(least, 4))))


def _asks(
    mission: Mission, requests: Sequence[Request], parts: Sequence[Part], places: Sequence[Place], start: dt.datetime
) -> Asks:
    number = {place.id: at for at, place in enumerate(places)}
    goods = {name: at for at, name in enumerate(dict.fromkeys(one.goods for one in requests if one.goods), start=1)}
    flying = mission.rules.flying
    rows = [requests[part.request] for part in parts]

    def after(moments: list[dt.datetime | None], absent: int, up: bool) -> Any:
        turn = math.ceil if up else math.floor
        return np.array([absent if m is None else turn((m - start) / MINUTE) for m in moments], np.int64)

    def shared(values: list[float]) -> Any:
        return np.array([value * part.share for value, part in zip(values, parts)], float)

    pax, litters = (np.ceil(shared([getattr(one, name) for one in rows]) - 1e-9).astype(np.int64)
                    for name in ("pax", "litters"))  # fmt: skip
    kg = shared([one.cargo_kg for one in rows])
    return Asks(
        origin=np.array([number[one.origin] for one in rows], np.int64),
        destination=np.array([number[one.destination] for one in rows], np.int64),
        pax=pax, litters=litters, kg=kg, mass=(pax + litters) * flying.pax_kg + kg,
        earliest=after([one.earliest for one in rows], 0, True),
        pickup_by=after([one.pickup_by for one in rows], NEVER, False),
        deliver_from=after([one.deliver_from for one in rows], 0, True),
        latest=after([one.latest for one in rows], NEVER, False),
        ride=np.array([NEVER if one.ride_max_min is None else math.floor(one.ride_max_min) for one in rows], np.int64),
        goods=np.array([goods.get(one.goods, 0) for one in rows], np.int64),
        parent=np.array([part.request for part in parts], np.int64),
        value=shared([worth(one, flying) for one in rows]),
    )  # fmt: skip


def _fleet(
    mission: Mission, within: tuple[dt.datetime, dt.datetime], flyers: Sequence[Flyer], kinds: Sequence[Unit],
    places: Sequence[Place], watched: Watched,
) -> Fleet:  # fmt: skip
    number = {place.id: at for at, place in enumerate(places)}
    pool = {key: at for at, key in enumerate(watched.pools)}
    flying = mission.rules.flying
    first, last, lead, escort, escorts = [], [], [], [], []
    for flyer in flyers:
        aircraft: Aircraft = mission.tail[flyer.tail]
        formation = flyer.formation
        spans = [span(aircraft.start, aircraft.end, within)]
        if formation is not None:
            spans.append(span(formation.start, formation.end, within))
        first.append(max(one[0] for one in spans))
        last.append(min(one[1] for one in spans))
        lead.append(pool[aircraft.type, flyer.base])
        escorts.append(formation.escorts if formation is not None and formation.escort else 0)
        escort.append(pool[formation.escort, flyer.base] if formation is not None and escorts[-1] else lead[-1])
    turn = [math.ceil(max(kinds[f.kind].ground_min, kinds[f.kind].refuel_min)) for f in flyers]
    crew = [
        flying.crews,
        math.floor(flying.duty_h * 60),
        math.ceil(flying.rest_h * 60),
        math.floor(flying.flight_h * 60),
    ]
    columns = [[f.kind for f in flyers], [number[f.base] for f in flyers], first, last, lead, escort, escorts, turn]
    rows = [np.array(column, np.int64) for column in columns]
    nights = min(MOST_NIGHTS, round((within[1] - within[0]) / MINUTE) // max(1, crew[2])) if flying.overnight else 0
    return Fleet._make([*rows, watched.answers, np.zeros(len(flyers), np.int64), np.array(crew, np.int64), nights])


def _price(asks: Asks, kinds: Sequence[Unit]) -> Any:
    """Worth that a minute in the air costs the search: an hour costs a tenth of a mean request."""
    mean = float(asks.value.mean()) if asks.value.size else 1.0
    return np.full(len(kinds), 0.1 * mean / 60.0)
