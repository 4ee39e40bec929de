"""Movement requests drawn by chance for any mission, size and stretch of days: a test day for a planner's own mission.

Who asks follows from the people at each camp, how much from ``Rates``, when from the daylight. What is drawn for a day
depends on the seed, the mission and the day alone, so that a week is seven of the year's days, whoever draws them.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from castor.errors import Infeasible
from castor.flight.geodesy import distance_km, sun_times
from castor.flight.performance import Unit, formation_unit, unit_of
from castor.mission.model import Mission, Place, Request

Kind = Literal["pax", "cargo", "litters"]
MINUTE = dt.timedelta(minutes=1)
QUARTER = 15
"""Times asked for are whole quarters of an hour."""
_PURPOSE = 0x7461736B
"""Keeps these streams apart from others of the same seed."""
_SURGERY = ("2", "3", "4")


class Rates(Struct, frozen=True, kw_only=True):
    """How many requests there are and how large.

    ``per_1000`` requests a day for each 1,000 people at the camps: a battalion of 650 that asks once a week (estimate).
    Means over all requests: a transport mission that serves ``per_mission`` of them carries ``pax`` passengers and
    ``kg`` of cargo (Mali 2018-19: about 2,800 passengers and 168 t in about 100 missions, out and back).
    ``shares`` of passengers, of cargo alone, of patients moved between facilities (estimate). ``far`` is the share of
    the distance that a crew's flight time allows out and back within which camps ask for helicopters (estimate).
    """

    per_1000: float = 1000.0 / (650.0 * 7.0)
    pax: float = 28.0
    kg: float = 1700.0
    per_mission: float = 2.0
    shares: tuple[float, float, float] = (0.60, 0.32, 0.08)
    far: float = 0.7


DEFAULT = Rates()
_BAGGAGE_SHARE = 0.3
"""Part of all cargo that goes with passengers; the rest goes alone (estimate)."""
_PATIENTS, _CARERS = 1.5, 1.0
"""Mean patients and carers of a transfer (estimate)."""
_OUT, _BACK = 0.45, 0.85
"""Of passengers and cargo, 45 % go out from the base, 40 % come in, 15 % go between camps (estimate)."""


def generate(
    mission: Mission,
    start: dt.date,
    days: int = 1,
    *,
    seed: int = 1,
    size: int | None = None,
    rates: Rates = DEFAULT,
) -> tuple[Request, ...]:
    """Draw the movement requests of ``days`` days from ``start``: Poisson by camp, or ``size`` in all, spread evenly.

    Every window lies in the daylight of its day, and is long enough for the direct flight. Raises ``Infeasible`` where
    no helicopter is on strength or fewer than two places are in use.
    """
    found: list[Request] = []
    for at in range(days):
        share = None if size is None else size * (at + 1) // days - size * at // days
        found += _day(mission, start + dt.timedelta(days=at), seed, share, rates)
    return tuple(found)


class _World(Struct, frozen=True):
    """The day's camps: base first, people as weights, minutes and km from each to each by the carrier's speed."""

    day: dt.date
    camps: tuple[Place, ...]
    weight: NDArray[np.float64]
    km: NDArray[np.float64]
    km_min: float
    carrier: Unit
    pax_kg: float
    how: str


def _day(mission: Mission, day: dt.date, seed: int, size: int | None, rates: Rates) -> list[Request]:
    world = _world(mission, day, seed, rates)
    key = np.array([np.uint64(seed & 0xFFFFFFFFFFFFFFFF), np.uint64(_PURPOSE << 32 | day.toordinal())], np.uint64)
    rng = np.random.Generator(np.random.Philox(key=key))
    people = float(sum(place.people or 0.0 for place in world.camps))
    number = int(rng.poisson(rates.per_1000 * people / 1000.0)) if size is None else size
    width = len(str(max(number, 10)))
    return [_request(world, rng, rates, f"{day:%y%m%d}-{at + 1:0{width}d}") for at in range(number)]


def _world(mission: Mission, day: dt.date, seed: int, rates: Rates) -> _World:
    here = [a for a in mission.aircraft if _in_use(a.start, a.end, day) and mission.type[a.type].kind == "helicopter"]
    if not here:
        raise Infeasible(f"No requests can be drawn for {day}: no helicopter is on strength (aircraft.csv).")
    lifts = [
        formation_unit(mission, f)
        for f in mission.formations
        if f.role != "medevac" and _in_use(f.start, f.end, day) and any(a.type == f.lead for a in here)
    ]
    units = lifts or [unit_of(mission.type[a.type], mission.rules.flying) for a in here]
    carrier = max(units, key=lambda unit: (unit.seats, unit.payload_kg))
    bases = [a.base for a in here]
    base = mission.place[max(sorted(set(bases)), key=bases.count)]
    speed = carrier.cruise_km_min / mission.rules.flying.route_factor
    most = rates.far * speed * mission.rules.flying.flight_h * 60 / 2
    used = [p for p in mission.places if p.id != base.id and p.people and _in_use(p.start, p.end, day)]
    near = [p for p in used if distance_km(base.lat, base.lon, p.lat, p.lon) <= most]
    camps = (base, *near)
    if len(camps) < 2:
        raise Infeasible(f"No requests can be drawn for {day}: no other camp with people is in use (places.csv).")
    lat, lon = np.array([p.lat for p in camps]), np.array([p.lon for p in camps])
    km = np.asarray(distance_km(lat[:, None], lon[:, None], lat[None, :], lon[None, :]))
    weight = np.array([p.people or 0.0 for p in camps])
    how = (
        f"estimate: drawn by castor task --generate, seed {seed}, from the people at the camps; mean of "
        f"{rates.pax:g} passengers and {rates.kg / 1000:g} t for a transport mission of {rates.per_mission:g} requests"
    )
    return _World(day, camps, weight, km, speed, carrier, mission.rules.flying.pax_kg, how)


def _in_use(start: dt.date | None, end: dt.date | None, day: dt.date) -> bool:
    return (start is None or start <= day) and (end is None or day <= end)


def _request(world: _World, rng: np.random.Generator, rates: Rates, name: str) -> Request:
    kinds: tuple[Kind, ...] = ("pax", "cargo", "litters")
    kind = kinds[int(np.searchsorted(np.cumsum(rates.shares) / sum(rates.shares), rng.random(), side="right"))]
    a, b = _way(world, rng, kind)
    pax, kg, litters = _load(rng, rates, kind)
    earliest, pickup_by, latest, ride = _window(world, rng, kind, a, b)
    goods = str(rng.choice(["", "dangerous", "food"], p=[0.7, 0.15, 0.15])) if kind == "cargo" else ""
    priority = 1 if kind == "litters" else int(rng.choice([2, 3, 4, 5], p=[0.1, 0.4, 0.35, 0.15]))
    asks = world.camps[b if kind == "cargo" and a == 0 else a]
    heavy = pax > world.carrier.seats or pax * world.pax_kg + kg > world.carrier.payload_kg
    return Request(
        id=name,
        origin=world.camps[a].id,
        destination=world.camps[b].id,
        earliest=earliest,
        pickup_by=pickup_by,
        latest=latest,
        pax=pax,
        cargo_kg=kg,
        litters=litters,
        priority=priority,
        ride_max_min=ride,
        split=heavy or (kind == "cargo" and bool(rng.random() < 0.4)),
        goods=goods,
        requester=asks.name,
        programme={"pax": "rotation", "cargo": "supply", "litters": "patients"}[kind],
        source=world.how,
    )


def _way(world: _World, rng: np.random.Generator, kind: Kind) -> tuple[int, int]:
    """Two different camps, by index: patients to the nearest surgery elsewhere, others out, back or across."""
    others = world.weight[1:] / world.weight[1:].sum()
    camp = 1 + int(rng.choice(others.size, p=others))
    if kind == "litters":
        hospitals = [at for at, place in enumerate(world.camps) if place.medical in _SURGERY and at != camp]
        return camp, min(hospitals, key=lambda at: world.km[camp, at], default=0)
    turn = rng.random()
    if turn < _OUT or others.size < 2:
        return 0, camp
    if turn < _BACK:
        return camp, 0
    near = np.where(np.arange(world.weight.size) == camp, 0.0, world.weight / np.maximum(world.km[camp], 50.0))
    near[0] = 0.0
    return camp, int(rng.choice(near.size, p=near / near.sum()))


def _load(rng: np.random.Generator, rates: Rates, kind: Kind) -> tuple[int, float, int]:
    """Passengers, kilograms, litters; their means over all kinds are those of the rates over ``per_mission``."""
    share = np.array(rates.shares) / sum(rates.shares)
    pax, kg = rates.pax / rates.per_mission, rates.kg / rates.per_mission
    if kind == "litters":
        return int(rng.poisson(_CARERS)), 0.0, 1 + int(rng.poisson(_PATIENTS - 1.0))
    if kind == "pax":
        mean = (pax - share[2] * _CARERS) / share[0]
        spread = rng.gamma(2.0, max(mean - 1.0, 0.0) / 2.0)
        return 1 + int(rng.poisson(spread)), _tens(rng, kg * _BAGGAGE_SHARE / share[0]), 0
    return 0, max(_tens(rng, kg * (1.0 - _BAGGAGE_SHARE) / share[1]), 10.0), 0


def _tens(rng: np.random.Generator, mean: float) -> float:
    """Cargo of a mean mass, as wide as an Erlang of shape 2, in whole tens of kilograms."""
    return 10.0 * math.floor(rng.gamma(2.0, mean / 2.0) / 10.0 + 0.5)


def _window(
    world: _World, rng: np.random.Generator, kind: Kind, a: int, b: int
) -> tuple[dt.datetime, dt.datetime | None, dt.datetime, float | None]:
    """Earliest and latest pick-up, latest delivery and longest ride, in the daylight at both places.

    Half of the passengers and cargo may go at any time of the day; a third have the morning or the afternoon; the rest
    a pick-up within two hours. Patients are in a hurry: two hours beyond the direct flight.
    """
    first, last = _daylight(world, a, b)
    least = world.km[a, b] / world.km_min + 2.0 * world.carrier.ground_min
    room = max((last - first) / MINUTE - least - 120.0, 0.0)
    begin = first + QUARTER * MINUTE * int(rng.random() * room / QUARTER)
    turn = rng.random()
    if kind == "litters":
        return begin, None, min(begin + _quarters(least + 120.0), last), float(math.ceil(least + 60.0))
    if turn < 0.5:
        return first, None, last, None
    if turn < 0.83:
        half = first + (last - first) / 2
        early = bool(rng.random() < 0.6)
        until = max(_quarter(half), first + _quarters(least + 120.0))
        since = min(_quarter(half), last - _quarters(least + 120.0))
        return (first, None, min(until, last), None) if early else (max(since, first), None, last, None)
    return begin, begin + 120 * MINUTE, min(begin + _quarters(2.0 * least + 240.0), last), None


def _quarters(minutes: float) -> dt.timedelta:
    return QUARTER * math.ceil(minutes / QUARTER) * MINUTE


def _quarter(moment: dt.datetime) -> dt.datetime:
    return moment.replace(minute=moment.minute - moment.minute % QUARTER, second=0, microsecond=0)


def _daylight(world: _World, a: int, b: int) -> tuple[dt.datetime, dt.datetime]:
    """From half an hour after sunrise to half an hour before sunset at both places; 06:00 to 18:00 without a sun."""
    rises, sets = [], []
    midnight = dt.datetime.combine(world.day, dt.time())
    for place in (world.camps[a], world.camps[b]):
        sun = sun_times(place.lat, place.lon, world.day)
        rises.append(midnight + 360 * MINUTE if sun.rise is None else sun.rise)
        sets.append(midnight + 1080 * MINUTE if sun.set is None else sun.set)
    first = _quarter(max(rises) + (30 + QUARTER) * MINUTE)
    last = _quarter(min(sets) - 30 * MINUTE)
    return (first, last) if last > first else (midnight + 360 * MINUTE, midnight + 1080 * MINUTE)
