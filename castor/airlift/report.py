"""What the page shows of an air bridge, as plain values: Gantt charts, tonnes against due, comparisons."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
from msgspec import Struct

from castor.airlift.bridge import MINUTE
from castor.airlift.schedule import Program
from castor.airlift.solve import Lifted
from castor.airlift.trials import BridgeTrials
from castor.flight.geodesy import distance_km
from castor.flight.performance import leg_minutes, network, unit_of
from castor.mission.model import Milestone, Mission

Kind = Literal["loaded", "positioning", "ground"]
LB = 0.45359237


class Bar(Struct, frozen=True):
    """One bar of a Gantt chart: on which row, from when to when (UTC), what, and the aircraft or load it is about."""

    row: str
    start: dt.datetime
    end: dt.datetime
    kind: Kind
    label: str
    tonnes: float = 0.0


class Curve(Struct, frozen=True):
    """Cumulative tonnes landed: moments, and for each the planned, the due, and the simulated 10, 50 and 90 per cent.

    ``recorded`` holds what was flown as recorded: (moment, tonnes, source).
    """

    moments: tuple[dt.datetime, ...]
    planned: tuple[float, ...]
    due: tuple[float, ...]
    low: tuple[float, ...]
    middle: tuple[float, ...]
    high: tuple[float, ...]
    recorded: tuple[tuple[dt.datetime, float, str], ...]


class Compared(Struct, frozen=True):
    """One measure of a bridge beside its records: what castor computes, what sources say, why they differ."""

    measure: str
    en: str
    fr: str
    computed: float | str
    recorded: tuple[tuple[float | str, str], ...]
    why_en: str = ""
    why_fr: str = ""


def by_aircraft(lifted: Lifted) -> list[Bar]:
    """Flights by aircraft."""
    return [
        Bar(
            flight.unit, flight.off, flight.on, "loaded" if flight.task == "airlift" else "positioning",
            f"{flight.origin}-{flight.destination}", flight.cargo_kg / 1000.0,
        )
        for flight in lifted.plan.flights
    ]  # fmt: skip


def by_spot(lifted: Lifted) -> list[Bar]:
    """Time on the ground away from base by parking spot: the first that is free is taken."""
    places, bases = lifted.bridge.mission.place, {one.tail: one.base for one in lifted.bridge.tails}
    legs = defaultdict(list)
    for flight in lifted.plan.flights:
        legs[flight.unit].append(flight)
    stays = sorted(
        (leg.on, after.off, leg.destination, unit)
        for unit, own in legs.items()
        for leg, after in pairwise(own)
        if leg.destination != bases[unit]
    )
    free: dict[str, list[dt.datetime]] = defaultdict(list)
    bars = []
    for start, end, place, unit in stays:
        spots = free[place]
        spot = next((k for k, moment in enumerate(spots) if moment <= start), len(spots))
        spots[spot : spot + 1] = [end]
        bars.append(Bar(f"{places[place].name} {spot + 1}", start, end, "ground", unit))
    return sorted(bars, key=lambda bar: (bar.row, bar.start))


def tonnes(lifted: Lifted, trials: BridgeTrials | None = None, *, operation: str = "") -> Curve:
    """Cumulative tonnes by day: planned, due, simulated with its band, flown as recorded."""
    program, bridge = Program(lifted.bridge), lifted.bridge
    mass = np.array([_cargo(program, chalk.items) for chalk in lifted.chalks]) / 1000.0
    lands = np.array([(on - bridge.start) / MINUTE for on in lifted.lands])
    due = np.array([load.kg for load in bridge.loads]) / 1000.0
    last = max(float(lands.max(initial=0.0)), float(program.due.max(initial=0.0)))
    if trials is not None and trials.closure.size:
        last = max(last, float(np.quantile(trials.closure, 0.9)))
    days = np.arange(0.0, last + 1440.0, 1440.0)
    planned = np.array([mass[lands <= day].sum() for day in days])
    owed = np.array([due[program.due <= day].sum() for day in days])
    bands = np.zeros((3, days.size))
    if trials is not None:
        flown = np.array([(trials.lands <= day) @ mass for day in days])
        bands = np.quantile(flown, (0.1, 0.5, 0.9), axis=1) if flown.size else bands
    marks = [one for one in bridge.mission.milestones if one.operation == operation and one.kg is not None]
    moments = tuple(bridge.start + float(day) * MINUTE for day in days)
    recorded = tuple((_evening(one.date), (one.kg or 0.0) / 1000.0, one.source) for one in marks)
    return Curve(moments, _row(planned), _row(owed), _row(bands[0]), _row(bands[1]), _row(bands[2]), recorded)


def _row(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float, ...]:
    return tuple(round(float(value), 3) for value in values)


def _cargo(program: Program, items: Sequence[tuple[int, int]]) -> float:
    return sum(units / int(program.count[load]) * program.bridge.loads[load].kg for load, units in items)


def _evening(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(23, 59))


def compare(lifted: Lifted, operation: str) -> list[Compared]:
    """The plan beside what was recorded of its operation: flights, hours, tonnes, load per flight, closure.

    Positioning that the plan does not hold, of every aircraft used from ``rules.airlift.home`` to its base and back, is
    added to the hours and said.
    """
    marks = [one for one in lifted.bridge.mission.milestones if one.operation == operation]
    kg = sum(
        flight.cargo_kg for flight in lifted.plan.flights if _delivers(lifted, flight.destination, flight.requests)
    )
    flights, extra = len(lifted.chalks), _ferry(lifted)
    said = [
        ("flights", "loaded flights", "vols chargés", float(flights), "flights"),
        ("hours", "flying hours", "heures de vol", round(lifted.hours + extra, 1), "hours"),
        ("tonnes", "tonnes", "tonnes", round(kg / 1000.0, 1), "kg"),
    ]
    final = max((one.date for one in marks), default=None)
    rows = [
        Compared(name, en, fr, value, _recorded(marks, field), *_why(name, lifted, extra))
        for name, en, fr, value, field in said
    ]
    closure = f"{lifted.closure:%Y-%m-%d}" if lifted.closure is not None else ""
    ends = tuple((f"{one.date}", one.source) for one in marks if final is not None and (final - one.date).days < 14)
    rows.append(Compared("closure", "closed on", "fin le", closure, ends, *_why("closure", lifted, extra)))
    rows.append(_per_flight(lifted, marks, kg))
    return rows


def _delivers(lifted: Lifted, destination: str, requests: str) -> bool:
    names = {word.partition("*")[0] for word in requests.split()}
    return any(load.id in names and load.destination == destination for load in lifted.bridge.loads)


def _recorded(marks: Sequence[Milestone], field: str) -> tuple[tuple[float | str, str], ...]:
    if not marks:
        return ()
    last = max(one.date for one in marks)
    found = []
    for one in marks:
        value = getattr(one, field)
        if value is not None and (last - one.date).days < 14:
            found.append((round(value / 1000.0, 1) if field == "kg" else float(value), one.source))
    return tuple(found)


def _ferry(lifted: Lifted) -> float:
    """Block hours of the aircraft used between where the fleet comes from and their bases, there and back."""
    mission = lifted.bridge.mission
    home = mission.place.get(mission.rules.airlift.home)
    if home is None:
        return 0.0
    minutes = 0.0
    for tail in lifted.bridge.tails:
        if tail.tail in lifted.tails and tail.base != home.id:
            base, unit = mission.place[tail.base], unit_of(mission.type[tail.type], mission.rules.flying)
            km = float(distance_km(home.lat, home.lon, base.lat, base.lon))
            minutes += 2.0 * float(leg_minutes(unit, km, mission.rules.flying))
    return minutes / 60.0


def _why(name: str, lifted: Lifted, extra: float) -> tuple[str, str]:
    one = lifted.hours / max(len(lifted.chalks), 1)
    texts = {
        "flights": (
            f"the loads as given need at least {lifted.bound.flights} flights",
            f"les charges données demandent au moins {lifted.bound.flights} vols",
        ),
        "hours": (
            f"{one:.1f} h a round trip, direct; {extra:.1f} h of positioning to and from base are added; "
            "stops for loads on the way and training are not in it",
            f"{_comma(one)} h par rotation, sans escale; {_comma(extra)} h de mise en place sont ajoutées; "
            "les escales de chargement et l'entraînement n'y sont pas",
        ),
        "tonnes": (
            "the sum of the loads as given; a source that counts fewer flights counts less",
            "la somme des charges données; une source qui compte moins de vols compte moins",
        ),
        "closure": (
            "the last loads are taken to have come when the records spread them; one aircraft could have closed sooner",
            "les dernières charges viennent comme les sources les étalent; un appareil pouvait finir plus tôt",
        ),
    }
    return texts.get(name, ("", ""))


_BINDS = {"mass": "masse", "volume": "volume", "floor": "plancher", "seats": "places", "pieces": "pièces",
          "loads": "charges"}  # fmt: skip


def _comma(value: float) -> str:
    """A number as French writes it."""
    return f"{value:.1f}".replace(".", ",")


def _per_flight(lifted: Lifted, marks: Sequence[Milestone], kg: float) -> Compared:
    best = [
        lifted.bridge.best(k, load.origin, load.destination)
        for k in lifted.bridge.types
        for load in lifted.bridge.loads
    ]
    most = max((way.payload_kg for way in best if way is not None), default=0.0) / 1000.0
    binds: dict[str, int] = defaultdict(int)
    for one in lifted.fills:
        binds[one.binds] += 1
    ordered = sorted(binds.items(), key=lambda item: -item[1])
    reasons = ", ".join(f"{name} {number}" for name, number in ordered)
    raisons = ", ".join(f"{_BINDS[name]} {number}" for name, number in ordered)
    found = tuple(
        (round(one.kg / one.flights / 1000.0, 1), one.source) for one in marks if one.kg is not None and one.flights
    )
    mean = round(kg / 1000.0 / max(len(lifted.chalks), 1), 1)
    return Compared(
        "tonnes_per_flight", "tonnes per flight", "tonnes par vol", mean, found,
        f"{most:.1f} t could be lifted that far; what filled the flights: {reasons}",
        f"{_comma(most)} t pouvaient être enlevées aussi loin; ce qui remplit les vols : {raisons}",
    )  # fmt: skip


class Ferry(Struct, frozen=True):
    """Helicopters set down at a staging field: when reassembled, and flown on when, over which places, in what time."""

    load: str
    count: int
    landed: dt.datetime
    ready: dt.datetime
    arrives: dt.datetime
    path: tuple[str, ...]
    minutes: float


def deployment(lifted: Lifted, onward: str, kinds: Collection[str] | None = None) -> list[Ferry]:
    """Helicopters lifted to a staging field, reassembled there and flown on to their base by themselves.

    A load is a type of helicopter when its name begins with the type's code; reassembly takes ``rules.airlift`` days
    from landing; they fly on by the quickest way with fuel. With ``kinds`` only helicopters of these types.
    """
    mission = lifted.bridge.mission
    names = [place.id for place in mission.places if place.fuel or place.id == onward]
    km = _table(mission, names)
    found = []
    for chalk, landed in zip(lifted.chalks, lifted.lands):
        for load, units in chalk.items:
            row = lifted.bridge.loads[load]
            kind = next((one for code, one in mission.type.items() if row.name.split(",")[0].strip() == code), None)
            if kind is None or kind.kind != "helicopter" or row.destination not in names or onward not in names:
                continue
            if row.destination == onward or (kinds is not None and kind.type not in kinds):
                continue
            unit = unit_of(kind, mission.rules.flying)
            ways = network(unit, km, [bool(mission.place[name].fuel) for name in names], mission.rules.flying)
            a, b = names.index(row.destination), names.index(onward)
            ready = landed + dt.timedelta(days=mission.rules.airlift.reassembly_days)
            minutes = float(np.ceil(ways.minutes[a, b]))
            if not np.isfinite(minutes):
                continue
            path = tuple(names[at] for at in ways.path(a, b))
            found.append(Ferry(row.id, units, landed, ready, ready + minutes * MINUTE, path, minutes))
    return sorted(found, key=lambda one: one.arrives)


def _table(mission: Mission, names: Sequence[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    from castor.flight.geodesy import matrix_km

    lat, lon = [mission.place[name].lat for name in names], [mission.place[name].lon for name in names]
    return matrix_km(lat, lon, lat, lon)
