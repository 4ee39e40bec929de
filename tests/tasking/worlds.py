"""Random missions for the tests of the flying programme: small theatres in which every rule can bind."""

from __future__ import annotations

import datetime as dt

import msgspec
import numpy as np

from castor.mission.model import (
    Aircraft,
    AircraftType,
    Climate,
    Clock,
    Flying,
    Formation,
    Mission,
    Place,
    Request,
    Rules,
)

START = dt.datetime(2021, 3, 10)
END = dt.datetime(2021, 3, 11)
MINUTE = dt.timedelta(minutes=1)


def world(seed: int, requests: int | None = None) -> Mission:
    """A mission of one day: 4 to 7 places, one to three units (formations or single aircraft), up to 10 requests."""
    rng = np.random.default_rng(seed)
    places = _places(rng)
    types, aircraft, formations = _fleet(rng, [place.id for place in places if place.fuel])
    flying = Flying(
        reserve=0.1, refuel_min=20, duty_h=float(rng.choice([6, 9, 14])), flight_h=float(rng.choice([4, 8])),
        rest_h=10, crews=int(rng.integers(1, 3)), route_factor=float(rng.choice([1.0, 1.1])),
    )  # fmt: skip
    climate = (Climate(place="p0", month=3, tmin_c=30, tmax_c=30),) if rng.random() < 0.5 else ()
    many = int(rng.integers(1, 11)) if requests is None else requests
    return Mission(
        name="world", title={"en": "World"}, start=START.date(), end=START.date(),
        rules=Rules(flying=flying, clock=Clock(report_min=5, approval_min=5, notice_day_min=10, notice_night_min=20)),
        places=places, types=types, aircraft=aircraft, formations=formations, climate=climate,
        requests=tuple(_request(rng, places, f"R{n}") for n in range(many)),
    )  # fmt: skip


def small(seed: int) -> Mission:
    """A mission of two or three requests, none of which may be split."""
    mission = world(seed, 2 + (seed % 4 == 3))
    requests = tuple(msgspec.structs.replace(one, split=False) for one in mission.requests)
    return msgspec.structs.replace(mission, requests=requests)


TIGHT = ("range", "heat", "crew", "night", "ride", "goods", "parts", "escorts", "wait", "pick-up")
"""What a tight day is short of, by seed in turn; the floor of cover and the width of windows vary on all."""

TOGETHER = ("ride", "goods", "parts", "pick-up")
"""Where requests must share a tour to be carried: from the base, at about the same time."""


def tight(seed: int) -> Mission:
    """A mission of two or three requests (a part that can be carried alone counts as one), four places and one or two
    units, short of one thing (``TIGHT``): small enough for brute force, tight enough for every rule to bind.
    """
    rng, short = np.random.default_rng([seed, 4]), TIGHT[seed % len(TIGHT)]
    places = tuple(_tight_place(rng, n, short) for n in range(4))
    formed = short == "escorts" or bool(rng.random() < 0.5)
    heavy, light = _tight_types(rng, short)
    aircraft, formations = _tight_fleet(rng, formed, short)
    flying = Flying(
        reserve=0.1, refuel_min=20, rest_h=10, crews=1, duty_h=float(rng.choice([1, 2, 3]) if short == "crew" else 12),
        flight_h=float(rng.choice([0.8, 1.5]) if short == "crew" else 8),
    )  # fmt: skip
    hot = 40.0 if short == "heat" else 30.0
    many = 3 if rng.random() < (0.2 if short == "parts" else 0.7) else 2
    return Mission(
        name="tight", title={"en": "Tight"}, start=START.date(), end=START.date(),
        rules=Rules(flying=flying, clock=Clock(report_min=5, approval_min=5, notice_day_min=10, notice_night_min=20)),
        places=places, types=(heavy, light), aircraft=aircraft, formations=formations,
        climate=(Climate(place="p0", month=3, tmin_c=hot, tmax_c=hot),),
        requests=_tight_requests(rng, places, short, many),
    )  # fmt: skip


def away(seed: int) -> Mission:
    """A mission of two days, two or three requests and short duties, whose aircraft may stay away overnight."""
    rng = np.random.default_rng([seed, 7])
    places = tuple(_tight_place(rng, n, "range" if seed % 2 else "wait") for n in range(4))
    heavy, light = _tight_types(rng, "night" if seed % 5 == 4 else "wait")
    aircraft, formations = _tight_fleet(rng, bool(rng.random() < 0.4), "wait")
    flying = Flying(
        reserve=0.1, refuel_min=20, rest_h=float(rng.choice([8, 10])), crews=int(rng.integers(1, 3)), overnight=True,
        duty_h=float(rng.choice([2, 3, 4])), flight_h=float(rng.choice([1, 1.5, 2])),
    )  # fmt: skip
    found = []
    for n in range(2 + int(rng.random() < 0.4)):
        a, b = (int(x) for x in rng.choice(4, 2, replace=False))
        earliest = START + (1440 * int(rng.integers(2)) + int(rng.integers(5 * 60, 15 * 60))) * MINUTE
        latest = min(earliest + int(rng.integers(90, 900)) * MINUTE, END + 22 * 60 * MINUTE)
        found.append(
            Request(id=f"R{n}", origin=f"p{a}", destination=f"p{b}", earliest=earliest, latest=latest,
                    pax=int(rng.integers(2, 8)), cargo_kg=float(rng.integers(0, 6) * 50),
                    priority=int(rng.integers(2, 5)))
        )  # fmt: skip
    return Mission(
        name="away", title={"en": "Away"}, start=START.date(), end=END.date(),
        rules=Rules(flying=flying, clock=Clock(report_min=5, approval_min=5, notice_day_min=10, notice_night_min=20)),
        places=places, types=(heavy, light), aircraft=aircraft, formations=formations, requests=tuple(found),
    )  # fmt: skip


def two_days(seed: int, **flying: float) -> Mission:
    """A random mission of two days: its requests on either, its crews away overnight if they like."""
    mission, rng = world(seed, 9), np.random.default_rng(seed)
    moments = ("earliest", "latest", "pickup_by", "deliver_from")
    requests = []
    for one in mission.requests:
        by = dt.timedelta(days=int(rng.integers(2)))
        changed = {name: getattr(one, name) + by for name in moments if getattr(one, name) is not None}
        requests.append(msgspec.structs.replace(one, **changed))
    own = msgspec.structs.replace(mission.rules.flying, overnight=True, **flying)
    rules = msgspec.structs.replace(mission.rules, flying=own)
    return msgspec.structs.replace(mission, end=END.date(), rules=rules, requests=tuple(requests))


def _tight_place(rng: np.random.Generator, n: int, short: str) -> Place:
    size = 2.2 if short == "range" else 1.6
    fuel = n == 0 or (n == 1 and (short == "range" or rng.random() < 0.3))
    return Place(
        id=f"p{n}", name=f"Place {n}", lat=float(15 + size * rng.random()), lon=float(size * rng.random()),
        fuel=True if fuel else None, medical="2" if n == 0 else None, people=float(rng.integers(50, 900)),
        elev_ft=float(rng.integers(0, 3000)) + (2000.0 if short == "heat" else 0.0), opens_h=4.0, closes_h=21.0,
    )  # fmt: skip


def _tight_types(rng: np.random.Generator, short: str) -> tuple[AircraftType, AircraftType]:
    reach = float(rng.integers(200, 330)) if short == "range" else 700.0
    heavy = AircraftType(
        type="H", name="Heavy", kind="helicopter", cruise_kt=130, range_km=reach, fuel_kg=3.75 * reach,
        burn_kg_h=900, payload_kg=2500, seats=12, litters=6, empty_kg=6500, crew_kg=400, lapse_kg_per_1000ft=150,
        lapse_above_ft=3000, mtow_kg=float(rng.integers(8300, 9000)) if short == "heat" else 12000.0,
        night=short != "night" or bool(rng.random() < 0.3),
    )  # fmt: skip
    light = AircraftType(
        type="L", name="Light", kind="helicopter", cruise_kt=140, range_km=0.9 * reach, payload_kg=1200,
        seats=3 if short == "parts" else 8, litters=2 * int(rng.random() < 0.4), night=short != "night",
    )  # fmt: skip
    return heavy, light


def _tight_fleet(
    rng: np.random.Generator, formed: bool, short: str
) -> tuple[tuple[Aircraft, ...], tuple[Formation, ...]]:
    """One heavy or one or two light aircraft; or formations of a heavy lead with a light escort."""
    alone = short in TOGETHER
    leads = (2 if alone else int(rng.integers(1, 3))) if formed else int(short == "heat")
    lights = (2 if formed else 1) if alone else int(rng.integers(1, 3)) if formed or leads == 0 else 0
    aircraft = [Aircraft(tail=f"H{n}", type="H", base="p0") for n in range(leads)]
    aircraft += [Aircraft(tail=f"L{n}", type="L", base="p0") for n in range(lights)]
    if not formed:
        return tuple(aircraft), ()
    seats = 3 if short == "parts" else None
    roles = (("evac", "medevac"), ("lift", "transport")) if alone or rng.random() < 0.6 else (("team", "both"),)
    return tuple(aircraft), tuple(
        Formation(id=name, name=name, role=role, lead="H", escort="L", escorts=1, seats=seats)  # type: ignore[arg-type]
        for name, role in roles
    )


def _tight_requests(rng: np.random.Generator, places: tuple[Place, ...], short: str, many: int) -> tuple[Request, ...]:
    """Requests at about the same time, with windows about as wide as one tour takes."""
    begin = int(rng.integers(15 * 60, 17 * 60)) if short == "night" else int(rng.integers(6 * 60, 10 * 60))
    same = short in ("goods", "parts") and bool(rng.random() < 0.7)
    there = int(rng.integers(1, 4))
    found = []
    for n in range(many):
        a, b = (0, there) if same else (int(x) for x in rng.choice(4, 2, replace=False))
        a = 0 if b and (short in TOGETHER or rng.random() < 0.5) else a
        a, b = (0, b or a or there) if short == "ride" else (a, b)
        earliest = START + (begin + int(rng.integers(0, 15 if short in TOGETHER else 45))) * MINUTE
        wide = int(rng.integers(50, 100) if short in TOGETHER else rng.integers(80, 200))
        direct = 0.45 * float(np.hypot(places[a].lat - places[b].lat, places[a].lon - places[b].lon)) * 60
        one = Request(
            id=f"R{n}", origin=f"p{a}", destination=f"p{b}", earliest=earliest, latest=earliest + wide * MINUTE,
            pax=2 if short == "parts" else int(rng.integers(2, 8)), split=short == "parts" and n == 0,
            priority=int(rng.integers(2, 5)),
            cargo_kg=0.0 if short in ("parts", "heat") else float(rng.integers(0, 6) * 50),
            pickup_by=earliest + wide // 6 * MINUTE if short == "pick-up" else None,
            deliver_from=earliest + wide * 4 // 5 * MINUTE if short == "wait" else None,
            ride_max_min=direct + float(rng.integers(2, 20)) if short == "ride" else None,
            goods=("fuel", "food")[n % 2] if short == "goods" else "",
        )  # fmt: skip
        found.append(one)
    return tuple(found)


def formations(seed: int) -> Mission:
    """The next mission, from a seed on, in which lead and escorts stand by and others of the same airframes carry, and
    two formations can be made up.
    """
    while True:
        mission = world(seed, 6)
        leads = sum(a.type == "H" for a in mission.aircraft)
        escorts = sum(a.type == "L" for a in mission.aircraft)
        night = all(kind.night for kind in mission.types)
        if night and len(mission.formations) == 2 and leads >= 2 and escorts >= 2 * mission.formations[0].escorts:
            people = msgspec.structs.replace(mission.places[0], people=500.0)
            return msgspec.structs.replace(mission, places=(people, *mission.places[1:]))
        seed += 1


def _places(rng: np.random.Generator) -> tuple[Place, ...]:
    count = int(rng.integers(4, 8))
    lat, lon = 15 + 2.4 * rng.random(count), 2.4 * rng.random(count)
    found = []
    for n in range(count):
        base = n < 2
        found.append(
            Place(
                id=f"p{n}", name=f"Place {n}", lat=float(lat[n]), lon=float(lon[n]),
                fuel=True if base or rng.random() < 0.3 else None, medical="2" if n == 0 else None,
                people=float(rng.integers(0, 900)), elev_ft=float(rng.integers(0, 3000)),
                runway_ft=8000.0 if base else None, parking=int(rng.integers(1, 4)) if rng.random() < 0.15 else None,
                opens_h=5.0 if rng.random() < 0.1 else None, closes_h=19.0,
            )
        )  # fmt: skip
    return tuple(found)


def _fleet(
    rng: np.random.Generator, bases: list[str]
) -> tuple[tuple[AircraftType, ...], tuple[Aircraft, ...], tuple[Formation, ...]]:
    heavy = AircraftType(
        type="H", name="Heavy", kind="helicopter", cruise_kt=130, range_km=float(rng.integers(450, 900)), fuel_kg=3000,
        burn_kg_h=900, payload_kg=3000, seats=12, litters=6, mtow_kg=12000, empty_kg=6500, crew_kg=400,
        lapse_kg_per_1000ft=150, lapse_above_ft=3000,
    )  # fmt: skip
    light = AircraftType(
        type="L", name="Light", kind="helicopter", cruise_kt=140, range_km=float(rng.integers(400, 700)), seats=6,
        payload_kg=900, litters=2, night=bool(rng.random() < 0.7),
    )  # fmt: skip
    shape = int(rng.integers(0, 4))
    formations: tuple[Formation, ...] = ()
    if shape < 2:
        pair = {"lead": "H", "escort": "L", "escorts": int(rng.integers(1, 3))}
        roles = (("evac", "medevac"), ("lift", "transport")) if shape == 0 else (("team", "both"),)
        formations = tuple(Formation(id=name, name=name, role=role, **pair) for name, role in roles)  # type: ignore[arg-type]
    base = bases[0]
    leads = int(rng.integers(1, 4)) if formations else int(rng.integers(0, 3))
    lights = int(rng.integers(1, 5))
    aircraft = [Aircraft(tail=f"H{n}", type="H", base=base) for n in range(leads)]
    aircraft += [Aircraft(tail=f"L{n}", type="L", base=base if formations else bases[-1]) for n in range(lights)]
    return (heavy, light), tuple(aircraft), formations


def _request(rng: np.random.Generator, places: tuple[Place, ...], name: str) -> Request:
    a, b = rng.choice(len(places), 2, replace=False)
    if rng.random() < 0.4:
        a = 0 if b else a
    begin = START + int(rng.integers(5 * 60, 13 * 60)) * MINUTE
    wide = int(rng.integers(150, 600))
    pax = int(rng.integers(1, 10)) if rng.random() < 0.8 else 0
    split = bool(rng.random() < 0.15)
    return Request(
        id=name, origin=places[a].id, destination=places[b].id, earliest=begin, latest=begin + wide * MINUTE, pax=pax,
        pickup_by=begin + wide // 2 * MINUTE if rng.random() < 0.3 else None,
        deliver_from=begin + wide // 3 * MINUTE if rng.random() < 0.2 else None,
        cargo_kg=float(rng.integers(0, 12) * 50) if pax else float(rng.integers(1, 20) * 100),
        litters=int(rng.integers(1, 3)) if rng.random() < 0.1 and not split else 0,
        priority=int(rng.integers(1, 5)), ride_max_min=float(rng.integers(60, 200)) if rng.random() < 0.2 else None,
        goods=str(rng.choice(["", "", "fuel", "food"])), split=split,
    )  # fmt: skip
