"""One replication leg by leg: the simulated year as Flights, for the Gantt, the map, KML and the replay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np

from castor.flight.plan import Flight, Task
from castor.simulate.columns.kernel import LOG, Floats
from castor.simulate.packed import pack, state, totals
from castor.simulate.world import World

MEDEVAC, TRANSFER, TRANSPORT, TRAINING = range(4)
GAVE_WAY = 2
_MOST = 3


def log(world: World, *, seed: int, replication: int = 0) -> Floats:
    """What was sent in a replication (N, LOG), in order of sending; see ``columns.kernel.LOG`` for the columns."""
    from castor.simulate.kernel import years

    expected, work = world.tables.demand.expected[-1], world.tables.work
    size = int(_MOST * (expected + (work.rate.sum() + world.tables.demand.transfer_rate) * world.horizon)) + 1000
    size += work.planned.size
    packed = pack(world.tables)
    while True:
        rows = np.empty((size, LOG))
        found = totals(1, world.tables.posts.pool.size, len(world.named.months), rows)
        sent = years(packed, state(packed), seed, replication, found)
        if sent < size:
            return np.asarray(rows[:sent])
        size *= 2


def trace(world: World, *, seed: int, replication: int = 0) -> tuple[Flight, ...]:
    """The flights of one replication in order of take-off, status ``simulated``: the same that its sums count.

    A casualty's zone is named by its place where there is one. The second formation of a kind is the unit ``evac/2``.
    A transport flight that turned back in the air is one leg from its base to its base. A leg
    has its refuelling stops in it. Minutes are rounded to seconds.
    """
    flights: list[Flight] = []
    for row in log(world, seed=seed, replication=replication):
        flights += _evacuation(world, row) if row[0] <= TRANSFER else _work(world, row)
    source = f"simulated: seed {seed}, replication {replication}"
    return tuple(_sourced(sorted(flights, key=lambda f: (f.off, f.unit)), source))


def _sourced(flights: list[Flight], source: str) -> Iterator[Flight]:
    import msgspec

    for flight in flights:
        yield msgspec.structs.replace(flight, source=source)


def _moment(world: World, minute: float) -> dt.datetime:
    return world.start + dt.timedelta(seconds=round(minute * 60.0))


def _tails(world: World, row: Floats) -> str:
    return " ".join(world.named.tails[int(a)] for a in row[13:] if a >= 0)


def _unit(world: World, row: int) -> str:
    """The formation's name, with its number among the posts of its pool."""
    pool = world.tables.posts.pool
    name = world.named.row_unit[row]
    if row >= pool.size:
        return name
    number = int((pool[:row] == pool[row]).sum())
    return f"{name}/{number + 1}" if number else name


def _evacuation(world: World, row: Floats) -> list[Flight]:
    where, zone, hospital = int(row[1]), int(row[2]), int(row[3])
    depart, there, left, surgery, leaves, landed = row[4:10]
    task: Task = "transfer" if row[0] == TRANSFER else "medevac"
    names = world.named
    post = where < world.tables.posts.pool.size
    way = -1 if post else where - world.tables.posts.pool.size
    base = names.row_place[where] if post else names.way_from[way]
    legs = [
        (names.row_place[where], names.zones[zone], depart, there, 0, 0),
        (names.zones[zone], names.hospitals[hospital], left, surgery, int(row[11]), int(row[10])),
        (names.hospitals[hospital], base, leaves, landed, 0, 0),
    ]
    unit, tails = _unit(world, where), _tails(world, row)
    return [
        Flight(
            unit=unit, tails=tails, origin=start, destination=end, off=_moment(world, off), on=_moment(world, on),
            task=task, status="simulated", pax=sitting, litters=lying,
        )
        for start, end, off, on, sitting, lying in legs
        if on > off
    ]  # fmt: skip


def _work(world: World, row: Floats) -> list[Flight]:
    way, depart, there, leaves, landed, ended = int(row[2]), row[4], row[5], row[6], row[9], int(row[12])
    names, work = world.named, world.tables.work
    base, end, tails = names.way_from[way], names.way_to[way], _tails(world, row)
    pax, kg = round(float(work.pax[way])), float(work.tonnes[way]) * 1000.0
    task: Task = "training" if row[0] == TRAINING else "transport"
    if row[0] == TRAINING or landed < there:
        legs = [(base, base, depart, landed, 0 if row[0] == TRAINING else pax, 0.0 if row[0] == TRAINING else kg)]
    else:
        back = landed - (landed - leaves if not ended else work.back[way])
        legs = [(base, end, depart, there, pax, kg)]
        legs += [] if ended == GAVE_WAY else [(end, base, back, landed, 0, 0.0)]
    return [
        Flight(
            unit=names.way_unit[way], tails=tails, origin=start, destination=to, off=_moment(world, off),
            on=_moment(world, on), task=task, status="simulated", pax=people, cargo_kg=cargo,
        )
        for start, to, off, on, people, cargo in legs
    ]  # fmt: skip
