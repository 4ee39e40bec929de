"""What goes on one aircraft: mass, volume, floor length and seats; pieces are never divided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import Struct

from castor.airlift.schedule import Chalk, Floats, Program

LIMITS = ("mass", "volume", "floor", "seats")


class Parcel(Struct):
    """Units of loads being put together for one flight, with what room is left."""

    room: Floats
    items: dict[int, int]
    available: float = 0.0
    due: float = float("inf")


def fits(room: Floats, unit: Floats) -> int:
    """How many units of a load still fit."""
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(unit > 0, (room + 1e-6) / np.where(unit > 0, unit, 1.0), np.inf)
    most = float(each.min())
    return int(min(most, 1e9)) if most >= 0 else 0


def mixes(program: Program, items: Iterable[int], load: int) -> bool:
    """Whether a load may fly with others: hazardous loads never fly with passengers."""
    loads = program.bridge.loads
    together = [loads[other] for other in items] + [loads[load]]
    return not (any(one.hazardous for one in together) and any(one.pax for one in together))


def pack(program: Program, members: Sequence[int], tail: int, patience: float) -> list[Chalk]:
    """Fill flights of one tail's type with loads that share both ends, first-fit from the first to be available.

    A flight waits for no load longer than ``patience`` minutes, and takes none that would make another late.
    """
    first = program.bridge.loads[members[0]]
    room = program.room(tail, first.origin, first.destination)
    left = {load: int(program.count[load]) for load in members if program.allowed(tail, load)}
    size = {load: float(np.max(np.where(room > 0, program.unit[load] / np.maximum(room, 1e-9), 0.0))) for load in left}
    way = program.bridge.best(program.bridge.tails[tail].type, first.origin, first.destination)
    takes = float(program.fleet[2][tail]) + (way.total_min if way is not None else 0.0)
    found: list[Chalk] = []
    while left:
        head = min(left, key=lambda load: (program.available[load], program.due[load], -size[load]))
        limit = program.available[head] + patience
        queue = sorted((one for one in left if program.available[one] <= limit), key=lambda one: -size[one])
        parcel = Parcel(room.copy(), {})
        for load in (head, *queue):
            _put(program, parcel, left, load, takes)
        if not parcel.items:
            del left[head]
            continue
        left = {load: units for load, units in left.items() if units > 0}
        found.append(Chalk(first.origin, first.destination, tuple(sorted(parcel.items.items()))))
    return found


def _put(program: Program, parcel: Parcel, left: dict[int, int], load: int, takes: float) -> None:
    units = min(left.get(load, 0), fits(parcel.room, program.unit[load]))
    available = max(parcel.available, program.available[load])
    due = min(parcel.due, program.due[load])
    if units <= 0 or not mixes(program, parcel.items, load) or (parcel.items and available + takes > due):
        return
    parcel.room -= units * program.unit[load]
    parcel.items[load] = parcel.items.get(load, 0) + units
    parcel.available, parcel.due = available, due
    left[load] -= units


class Fill(Struct, frozen=True):
    """How full a flight is, by limit (shares of the hold), and what stops it from being fuller."""

    share: dict[str, float]
    kg: float
    binds: str


def fill(program: Program, chalk: Chalk, tail: int) -> Fill:
    """Load factor of a chalk on a tail and the limit that binds: one that is full, or a piece that no longer fits.

    ``binds`` is a limit, ``pieces`` (room is left, but not for one more of what waits) or ``loads`` (nothing waits).
    """
    room, need = program.room(tail, chalk.origin, chalk.destination), program.need(chalk.items)
    share = {name: float(n / r) if np.isfinite(r) and r > 0 else 0.0 for name, n, r in zip(LIMITS, need, room)}
    fullest = max(share, key=lambda name: share[name])
    if share[fullest] >= 0.9:
        return Fill(share, float(need[0]), fullest)
    own = {load for load, _ in chalk.items}
    whole = all(units == program.count[load] for load, units in chalk.items)
    return Fill(share, float(need[0]), "loads" if whole and own else "pieces")
