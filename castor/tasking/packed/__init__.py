"""A problem's tables packed into one array of whole numbers and one of floats: compiled functions pass arrays by value,
and a call that hands on a hundred of them takes longer than what it does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.tasking.arrays import NEVER, Problem

SIZES = 16
"""The first so many whole numbers are sizes, the next so many where each table begins."""
TABLES = 32
CREW, NIGHTS = SIZES + 7, 4
"""Where it is written where the table of crews begins, and what in it says how many rests a tour may take away."""


def pack(problem: Problem) -> tuple[Any, Any]:
    """Pack a problem; :mod:`castor.tasking.packed.kernel` reads it."""
    kinds, asks, fleet, watch = problem.kinds, problem.asks, problem.fleet, problem.watch
    places, wide = kinds.km.shape[0], kinds.opens.shape[2] if np.ndim(kinds.opens) == 3 else 1
    hours = np.full((kinds.leg.shape[0], places, wide, 3), NEVER, np.int64)
    for x, table in enumerate((kinds.opens, kinds.closes, kinds.tag)):
        if kinds.leg.shape[0]:
            held = np.arange(wide)[None, None, :] < kinds.windows[:, :, None]
            hours[..., x] = np.where(held, table, NEVER if x == 0 else -1)
    place = np.stack([kinds.fuel.astype(np.int64), watch.spots[:places, 0], watch.spots[:places, 1]], axis=1)
    whole = [
        kinds.leg,
        np.stack([kinds.seats, kinds.litters, kinds.ground, kinds.refuel, kinds.aircraft], axis=1),
        np.stack([asks.origin, asks.destination, asks.pax, asks.litters, asks.earliest, asks.pickup_by,
                  asks.deliver_from, asks.latest, asks.ride, asks.goods, asks.parent], axis=1),
        hours, kinds.fuels, place,
        np.stack([fleet.kind, fleet.base, fleet.first, fleet.last, fleet.lead, fleet.escort, fleet.escorts, fleet.turn,
                  fleet.answers, fleet.frozen, _classes(problem)], axis=1),
        np.append(fleet.crew, fleet.nights), watch.have, np.stack([watch.lead, watch.escort, watch.escorts], axis=1),
        watch.minute, watch.met, watch.mask.view(np.int64), watch.day, watch.first_way, watch.point, watch.station,
        watch.station_mask.view(np.int64),
    ]  # fmt: skip
    real = [
        kinds.km, kinds.burn, np.where(kinds.usable, kinds.room, -1.0),
        np.stack([kinds.reach, kinds.tank, kinds.reserve, kinds.payload, problem.price], axis=1),
        np.stack([asks.mass, asks.value], axis=1), watch.weight, watch.need, watch.slack,
        np.array([watch.floor, watch.told]), watch.full,
    ]  # fmt: skip
    return _join(whole, real, _sizes(problem, places, wide))


def home_only(tables: tuple[Any, Any]) -> tuple[Any, Any]:
    """A packed problem with every night at base."""
    whole = tables[0].copy()
    whole[whole[CREW] + NIGHTS] = 0
    return whole, tables[1]


def _sizes(problem: Problem, places: int, wide: int) -> list[int]:
    watch = problem.watch
    return [
        places, problem.kinds.leg.shape[0], problem.asks.origin.size, problem.fleet.kind.size, watch.have.shape[0],
        watch.have.shape[1], watch.lead.size, watch.met.shape[1], watch.mask.shape[2], wide, problem.kinds.fuels.size,
        watch.first_way.shape[1], watch.weight.shape[1], int(watch.spots[:, 0].max()) + 1,
        int(bool((problem.fleet.answers >= 0).any())), watch.station.shape[0],
    ]  # fmt: skip


def _classes(problem: Problem) -> Any:
    """For each unit (U,) the first that takes the same of the same pools."""
    fleet = problem.fleet
    rows = list(zip(fleet.lead.tolist(), fleet.escort.tolist(), fleet.escorts.tolist()))
    return np.array([rows.index(row) for row in rows], np.int64)


def _join(whole: list[Any], real: list[Any], sizes: list[int]) -> tuple[Any, Any]:
    head = np.zeros(SIZES + TABLES, np.int64)
    head[: len(sizes)] = sizes
    at = head.size
    for number, table in enumerate(whole):
        head[SIZES + number] = at
        at += table.size
    begin = 0
    for number, table in enumerate(real):
        head[SIZES + len(whole) + number] = begin
        begin += table.size
    ints = np.concatenate([head, *(np.ravel(table).astype(np.int64) for table in whole)])
    return ints, np.concatenate([np.zeros(0), *(np.ravel(table).astype(np.float64) for table in real)])
