"""Transport and training: what is flown beside evacuation, from a plan or from rates, lowered to arrays."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from castor.cover.reach import in_use
from castor.flight.performance import Unit, formation_unit, unit_of
from castor.flight.plan import Flight, Plan
from castor.mission.model import Formation, Mission
from castor.simulate.force import Force, makes, window
from castor.simulate.ground import Ground, between, way
from castor.simulate.lowered import Floats, Ints, Work
from castor.simulate.toll import alias_tables
from castor.simulate.world import DAY, YEAR

SORTIE_MIN = 90.0
"""Length of a training sortie."""
ON_CALL = {"": 0, "finish": 0, "turn back": 1, "give way": 2}


class Way(NamedTuple):
    """One way that work is flown on: who, from where to where, minutes out, on the ground, back; load."""

    unit: str
    lead: str
    escort: str
    escorts: int
    base: str
    end: str
    pool: int
    onward: bool
    minutes: tuple[float, float, float]
    air: tuple[float, float]
    turn: float
    pax: float = 0.0
    tonnes: float = 0.0
    training: bool = False
    window: tuple[float, float] = (0.0, np.inf)
    weight: float = 1.0


class Ways(NamedTuple):
    """All ways of work, and their names in order."""

    ways: tuple[Way, ...]

    @property
    def units(self) -> tuple[str, ...]:
        """Who flies each."""
        return tuple(one.unit for one in self.ways)

    @property
    def starts(self) -> tuple[str, ...]:
        """From where."""
        return tuple(one.base for one in self.ways)

    @property
    def ends(self) -> tuple[str, ...]:
        """To where."""
        return tuple(one.end for one in self.ways)


def lower_work(mission: Mission, force: Force, ground: Ground, plan: Plan | None, off: list[str]) -> tuple[Work, Ways]:
    """Lower transport (of the plan, else as drawn) and training; what is absent goes to ``off``."""
    lines = [] if plan is not None else _transport(mission, force, ground)
    planned = _planned(mission, force, ground, plan) if plan is not None else []
    if not lines and not planned:
        off.append("transport")
    training = _training(mission, force)
    if not training:
        off.append("training")
    whole = [*lines, *training]
    ways = [way for _, some in whole for way in some] + [way for _, way in planned]
    first = np.cumsum([0] + [len(some) for _, some in whole]).astype(np.int64)
    tables = [alias_tables(np.array([w.weight for w in some])) for _, some in whole]
    share = np.concatenate([table[0] for table in tables]) if tables else np.empty(0)
    other = np.concatenate([t[1] + at for t, at in zip(tables, first)]) if tables else np.empty(0, np.int64)
    names = [f"{some[0].unit} {some[0].base}" for _, some in whole]
    rates = Lines(
        np.array([rate for rate, _ in whole], float), np.array([zlib.crc32(n.encode()) for n in names], np.uint64),
        first, share, other.astype(np.int64), np.array([at for at, _ in planned], float),
    )  # fmt: skip
    return _lower(mission, force, ways, rates), Ways(tuple(ways))


class Lines(NamedTuple):
    """Lines of work: rate, luck, first way, alias tables; and when the tasks of a plan begin."""

    rate: Floats
    luck: NDArray[np.uint64]
    first: Ints
    share: Floats
    other: Ints
    planned: Floats


def _lower(mission: Mission, force: Force, ways: list[Way], lines: Lines) -> Work:
    said = mission.rules.simulation
    kind = {name: k for k, name in enumerate(force.kinds)}
    base = {name: k for k, name in enumerate(force.bases)}

    def whole(values: Iterable[int]) -> Ints:
        return np.array(list(values), np.int64)

    def real(values: Iterable[float]) -> Floats:
        return np.array(list(values), np.float64)

    return Work(
        rate=lines.rate, luck=lines.luck, first=lines.first, share=lines.share, other=lines.other,
        out=real(w.minutes[0] for w in ways), ground=real(w.minutes[1] for w in ways),
        back=real(w.minutes[2] for w in ways), air_out=real(w.air[0] for w in ways),
        air_back=real(w.air[1] for w in ways), lead=whole(kind[w.lead] for w in ways),
        escort=whole(kind[w.escort] if w.escorts else 0 for w in ways), escorts=whole(w.escorts for w in ways),
        base=whole(base[w.base] for w in ways), pool=whole(w.pool for w in ways), turn=real(w.turn for w in ways),
        pax=real(w.pax for w in ways), tonnes=real(w.tonnes for w in ways), training=whole(w.training for w in ways),
        since=real(w.window[0] for w in ways), until=real(w.window[1] for w in ways),
        onward=np.array([w.onward for w in ways], np.bool_), planned=lines.planned,
        planned_goal=np.arange(lines.planned.size, dtype=np.int64) + lines.first[-1],
        standby=said.standby or 0, on_call=ON_CALL[said.on_call],
        wait=np.inf if said.mission_wait_h is None else said.mission_wait_h * 60.0, day=bool(said.mission_day),
    )  # fmt: skip


def _pool(force: Force, base: str, lead: str, escort: str, escorts: int) -> int:
    """The pool that could answer a call with these airframes, or -1."""
    for p, pool in enumerate(force.pools):
        f = pool.formation
        enough = not f.escorts or (f.escort == escort and f.escorts <= escorts)
        if pool.base == base and f.lead == lead and enough:
            return p
    return -1


def _transport(mission: Mission, force: Force, ground: Ground) -> list[tuple[float, list[Way]]]:
    """Lines of transport: each transport formation at its base, to the camps that it reaches, by their people."""
    said = mission.rules.simulation
    if not said.missions_year:
        return []
    lines = []
    for formation in mission.formations:
        if formation.role == "medevac":
            continue
        for base in force.bases:
            since, until = window(formation, force.start, force.days)
            if until <= since or not makes(formation, base, force.airframes):
                continue
            ways = _to_camps(mission, force, ground, formation, base)
            if ways:
                lines.append(ways)
    return [(said.missions_year / YEAR / len(lines), ways) for ways in lines]


def _to_camps(mission: Mission, force: Force, ground: Ground, formation: Formation, base: str) -> list[Way]:
    said, unit = mission.rules.simulation, formation_unit(mission, formation)
    ways = between(mission, unit, ground.day)
    camps = [p for p in mission.places if p.people and p.id != base and in_use(p, ground.day)]
    found = []
    pool = _pool(force, base, formation.lead, formation.escort, formation.escorts)
    for camp in camps:
        (out, stops), (back, more) = way(mission, ways, base, camp.id), way(mission, ways, camp.id, base)
        there = 1 if not camp.fuel and not _on_one_tank(mission, unit, base, camp.id) else 0
        if not np.isfinite(out + back) or there:
            continue
        turn = unit.refuel_min if camp.fuel else 0.0
        found.append(Way(
            formation.id, formation.lead, formation.escort, formation.escorts, base, camp.id, pool, bool(camp.fuel),
            (out, unit.ground_min + turn, back), (out - stops * unit.refuel_min, back - more * unit.refuel_min),
            unit.refuel_min, said.mission_pax or 0.0, (said.mission_kg or 0.0) / 1000.0,
            window=window(formation, force.start, force.days), weight=float(camp.people or 0.0),
        ))  # fmt: skip
    total = sum(w.weight for w in found)
    return [w._replace(weight=w.weight / total) for w in found]


def _on_one_tank(mission: Mission, unit: Unit, base: str, camp: str) -> bool:
    """Whether a unit gets from its base to a camp without fuel and back."""
    from castor.flight.geodesy import distance_km

    a, b = mission.place[base], mission.place[camp]
    return bool(2 * distance_km(a.lat, a.lon, b.lat, b.lon) <= unit.reach_km(mission.rules.flying) + 1e-9)


def _training(mission: Mission, force: Force) -> list[tuple[float, list[Way]]]:
    """Lines of training: single airframes of each type at a base, in sorties of an hour and a half about the base."""
    said = mission.rules.simulation
    if not said.training_h:
        return []
    lines = []
    for base in force.bases:
        for kind in force.kinds:
            mine = [a for a in force.airframes if a.base == base and a.type == kind]
            if not mine:
                continue
            unit = unit_of(mission.type[kind], mission.rules.flying)
            spans = [window(a, force.start, force.days) for a in mine]
            since = min(span[0] for span in spans)
            until = min(max(span[1] for span in spans), force.days * DAY)
            present = sum(min(span[1], force.days * DAY) - span[0] for span in spans) / (until - since)
            half = SORTIE_MIN / 2
            way = Way(
                kind, kind, "", 0, base, base, _pool(force, base, kind, "", 0), False, (half, 0.0, half), (half, half),
                unit.refuel_min, training=True, window=(since, until),
            )  # fmt: skip
            lines.append((present * said.training_h * 60.0 / SORTIE_MIN / (YEAR / 12), [way]))
    return lines


def _planned(mission: Mission, force: Force, ground: Ground, plan: Plan | None) -> list[tuple[float, Way]]:
    """The tasks of a plan: the flights of a unit from leaving its base to coming back, with the minute they begin."""
    found = []
    for chain in _chains(mission, plan.flights if plan is not None else ()):
        tails = [mission.tail[name] for name in chain[0].tails.split() if name in mission.tail]
        if not tails or tails[0].base not in force.bases or any(t.type not in force.kinds for t in tails):
            continue
        lead, escorts = tails[0].type, tails[1:]
        begin = dt.datetime.combine(force.start, dt.time())
        at = (chain[0].off - begin) / dt.timedelta(minutes=1)
        if not 0 <= at < force.days * DAY:
            continue
        out, whole = chain[0].minutes, (chain[-1].on - chain[0].off) / dt.timedelta(minutes=1)
        back = chain[-1].minutes if len(chain) > 1 else 0.0
        flown = sum(leg.minutes for leg in chain)
        pax, kg = _load(mission, chain)
        escort = escorts[0].type if escorts else ""
        unit = unit_of(mission.type[lead], mission.rules.flying)
        found.append((at, Way(
            chain[0].unit, lead, escort, len(escorts), tails[0].base, chain[0].destination,
            _pool(force, tails[0].base, lead, escort, len(escorts)), bool(mission.place[chain[0].destination].fuel),
            (out, whole - out - back, back), (out, flown - out), unit.refuel_min,
            pax, kg / 1000.0,
        )))  # fmt: skip
    return sorted(found, key=lambda pair: pair[0])


def _load(mission: Mission, chain: list[Flight]) -> tuple[float, float]:
    """Passengers and kilograms that a task carries: of each request on board once; without requests, of each leg."""
    aboard: dict[str, float | None] = {}
    for leg in chain:
        aboard |= {name: part for name, part in leg.aboard.items() if name in mission.request}
    if not aboard:
        return float(sum(leg.pax for leg in chain)), sum(leg.cargo_kg for leg in chain)
    pax, kg = 0.0, 0.0
    for name, part in aboard.items():
        request = mission.request[name]
        if part is None or not (request.pax or request.cargo_kg):
            share = 1.0
        else:
            share = part / (request.pax or request.cargo_kg)
        pax, kg = pax + share * request.pax, kg + share * request.cargo_kg
    return pax, kg


def _chains(mission: Mission, flights: Iterable[Flight]) -> list[list[Flight]]:
    """Flights of each unit cut into tasks: from leaving the lead's base until it is back there."""
    by_unit: dict[str, list[Flight]] = {}
    for flight in sorted(flights, key=lambda f: f.off):
        by_unit.setdefault(flight.unit, []).append(flight)
    chains = []
    for legs in by_unit.values():
        chain: list[Flight] = []
        for leg in legs:
            chain.append(leg)
            lead = mission.tail.get(leg.tails.split()[0]) if leg.tails else None
            if lead is None or leg.destination == lead.base:
                chains.append(chain)
                chain = []
        if chain:
            chains.append(chain)
    return chains
