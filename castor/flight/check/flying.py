"""How it flies: speed, range, fuel, payload, runways, night."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from castor.flight.check.facts import KM_PER_KT_MIN, Facts, minutes
from castor.flight.check.violation import Violation, violation
from castor.flight.geodesy import is_night
from castor.flight.plan import Flight
from castor.mission.model import AircraftType

ROUNDING_MIN = 0.5
"""Plans are written to the minute."""
ROUNDING_KG = 1.0
SAMPLE_MIN = 5.0


def judge_speed(facts: Facts) -> Iterator[Violation]:
    """Legs that land before they take off, or faster than the slowest aircraft flies them."""
    for leg in facts.flights:
        if leg.on <= leg.off:
            yield violation("time_travel", leg.unit, minutes(leg.off, leg.on), when=leg.off)
            continue
        kinds = facts.types(leg)
        if not kinds:
            continue
        slowest = min(kind.cruise_kt for kind in kinds)
        least = facts.flown_km(leg) / (slowest * KM_PER_KT_MIN) + max(kind.leg_min for kind in kinds)
        if least - leg.minutes > ROUNDING_MIN:
            where = f"{leg.origin}-{leg.destination}"
            yield violation("too_fast", leg.unit, least - leg.minutes, where=where, when=leg.off)


def judge_turnarounds(facts: Facts) -> Iterator[Violation]:
    """Stops too short to load or unload, or to take the fuel that is said to be taken."""
    for legs in facts.by_unit.values():
        for before, after in pairwise(legs):
            if before.destination != after.origin or after.off < before.on:
                continue
            loads = before.aboard != after.aboard and after.task not in ("medevac", "casevac", "transfer")
            least = facts.stop_minutes(facts.types(after), bool(after.uplift_kg), loads)
            short = least - minutes(after.off, before.on)
            if short > ROUNDING_MIN:
                yield violation("turnaround", after.unit, short, where=after.origin, when=after.off)


def tanks(facts: Facts, legs: Sequence[Flight]) -> list[list[Flight]]:
    """Legs of one tail, cut where it fills up: first, where fuel is said to be taken, or at fuel with time enough."""
    cut: list[list[Flight]] = []
    for leg in legs:
        before = cut[-1][-1] if cut else None
        if before is None or _fills(facts, before, leg):
            cut.append([])
        cut[-1].append(leg)
    return cut


def _fills(facts: Facts, before: Flight, leg: Flight) -> bool:
    if leg.fuel_kg is not None or leg.uplift_kg is not None:
        return bool(leg.uplift_kg)
    place = facts.place(leg.origin)
    least = facts.stop_minutes(facts.types(leg), refuels=True, loads=False)
    return place is not None and bool(place.fuel) and minutes(leg.off, before.on) >= least - ROUNDING_MIN


def judge_range(facts: Facts) -> Iterator[Violation]:
    """Legs beyond the range, less reserve, of any member between two refuellings; each leg named once, at its worst."""
    worst: dict[int, float] = {}
    for tail, legs in facts.by_tail.items():
        aircraft = facts.mission.tail.get(tail)
        if aircraft is None:
            continue
        most = facts.mission.type[aircraft.type].range_km * (1 - facts.flying.reserve)
        for tank in tanks(facts, legs):
            flown = 0.0
            for leg in tank:
                flown += facts.flown_km(leg)
                if flown > most + 0.05:
                    worst[id(leg)] = max(worst.get(id(leg), 0.0), flown - most)
    for leg in facts.flights:
        if id(leg) in worst:
            where = f"{leg.origin}-{leg.destination}"
            yield violation("range", leg.unit, worst[id(leg)], where=where, when=leg.off)


def _per_km(kind: AircraftType) -> float | None:
    if kind.burn_kg_h is not None:
        return kind.burn_kg_h / (kind.cruise_kt * 1.852)
    return None if kind.fuel_kg is None else kind.fuel_kg / kind.range_km


def _burn(facts: Facts, kind: AircraftType, leg: Flight) -> float:
    rate = _per_km(kind)
    taxi = (kind.burn_kg_h or 0.0) * kind.leg_min / 60
    return 0.0 if rate is None else rate * facts.flown_km(leg) + taxi


def _reserve(facts: Facts, kind: AircraftType) -> float:
    return (_per_km(kind) or 0.0) * kind.range_km * facts.flying.reserve


def judge_fuel(facts: Facts) -> Iterator[Violation]:
    """The fuel a plan states: tanks, uplift where there is none, balance from leg to leg, reserve at landing."""
    for legs in facts.by_unit.values():
        left: float | None = None
        for leg in legs:
            kinds, uplift = facts.types(leg), leg.uplift_kg or 0.0
            place = facts.place(leg.origin)
            if uplift > 0 and place is not None and not place.fuel:
                yield violation("no_fuel", leg.unit, uplift, where=leg.origin, when=leg.off)
            if leg.fuel_kg is None or not kinds:
                left = None
                continue
            lead = kinds[0]
            if lead.fuel_kg is not None and leg.fuel_kg > lead.fuel_kg + ROUNDING_KG:
                yield violation("fuel_tank", leg.unit, leg.fuel_kg - lead.fuel_kg, when=leg.off)
            if left is not None and abs(left + uplift - leg.fuel_kg) > ROUNDING_KG + 0.01 * leg.fuel_kg:
                yield violation("fuel_balance", leg.unit, abs(left + uplift - leg.fuel_kg), when=leg.off)
            left = leg.fuel_kg - _burn(facts, lead, leg)
            low = _reserve(facts, lead) - left
            if low > ROUNDING_KG:
                yield violation("fuel_reserve", leg.unit, low, where=leg.destination, when=leg.on)


def judge_load(facts: Facts) -> Iterator[Violation]:
    """Seats, litters and payload of the lead; payload against the fuel it needs and the heat where it takes off."""
    needed = _fuel_needed(facts)
    for leg in facts.flights:
        kinds = facts.types(leg)
        if not kinds:
            continue
        lead, formation = kinds[0], facts.formation(leg.unit)
        seats = lead.seats if formation is None or formation.seats is None else formation.seats
        litters = lead.litters if formation is None or formation.litters is None else formation.litters
        if leg.pax > seats:
            yield violation("capacity_seats", leg.unit, leg.pax - seats, when=leg.off)
        if leg.litters > litters:
            yield violation("capacity_litters", leg.unit, leg.litters - litters, when=leg.off)
        load = (leg.pax + leg.litters) * facts.flying.pax_kg + leg.cargo_kg
        room = lead.payload_kg
        place = facts.place(leg.origin)
        if lead.empty_kg is not None and lead.mtow_kg is not None and place is not None:
            fuel = leg.fuel_kg if leg.fuel_kg is not None else needed.get(id(leg), 0.0)
            above = max(facts.density_ft(place, leg.off) - (lead.lapse_above_ft or 0.0), 0.0)
            limit = lead.mtow_kg - (lead.lapse_kg_per_1000ft or 0.0) * above / 1000
            room = min(room, limit - lead.empty_kg - (lead.crew_kg or 0.0) - fuel)
        if load - room > ROUNDING_KG:  # where there is no load, fuel alone is too heavy
            yield violation("payload", leg.unit, load - room, where=leg.origin, when=leg.off)


def _fuel_needed(facts: Facts) -> dict[int, float]:
    """Least fuel of the lead at each take-off: for the legs to the next refuelling, and the reserve."""
    need: dict[int, float] = {}
    for tail, legs in facts.by_tail.items():
        aircraft = facts.mission.tail.get(tail)
        if aircraft is None:
            continue
        kind = facts.mission.type[aircraft.type]
        for tank in tanks(facts, legs):
            total = _reserve(facts, kind)
            for leg in reversed(tank):
                total += _burn(facts, kind, leg)
                if leg.tails.split()[0] == tail:
                    need[id(leg)] = total
    return need


def judge_fields(facts: Facts) -> Iterator[Violation]:
    """Runways too short, unknown or unpaved for the aircraft that use them."""
    for leg in facts.flights:
        kinds = facts.types(leg)
        need = max((kind.runway_ft or 0.0 for kind in kinds), default=0.0)
        for name, moment in ((leg.origin, leg.off), (leg.destination, leg.on)):
            place = facts.place(name)
            if place is None:
                continue
            short = need - (place.runway_ft or 0.0)
            if need > 0 and short > 0:
                yield violation("runway", leg.unit, short, where=name, when=moment)
            if place.surface == "unpaved" and any(not kind.unpaved for kind in kinds):
                yield violation("surface", leg.unit, where=name, when=moment)


def judge_night(facts: Facts) -> Iterator[Violation]:
    """Night flying by types that may not, and aeroplanes at fields without lights by night."""
    for leg in facts.flights:
        kinds = facts.types(leg)
        barred = sorted({kind.type for kind in kinds if not kind.night})
        if barred and (dark := _night_minutes(facts, leg)) > 0:
            yield violation("night_type", leg.unit, dark, when=leg.off, detail=", ".join(barred))
        if not any(kind.kind == "aeroplane" for kind in kinds):
            continue
        for name, moment in ((leg.origin, leg.off), (leg.destination, leg.on)):
            place = facts.place(name)
            if place is not None and place.lit is False and bool(is_night(place.lat, place.lon, moment)):
                yield violation("night_unlit", leg.unit, where=name, when=moment)


def _night_minutes(facts: Facts, leg: Flight) -> float:
    """Minutes of a leg between sunset and sunrise along its way."""
    start, end = facts.place(leg.origin), facts.place(leg.destination)
    if start is None or end is None or leg.on <= leg.off:
        return 0.0
    share = np.linspace(0.0, 1.0, 2 + int(leg.minutes / SAMPLE_MIN))
    moments = np.datetime64(leg.off, "ms") + (share * leg.minutes * 60000).astype("timedelta64[ms]")
    lat, lon = start.lat + share * (end.lat - start.lat), start.lon + share * (end.lon - start.lon)
    return float(is_night(lat, lon, moments).mean()) * leg.minutes
