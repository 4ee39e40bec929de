"""All tours that a kind of unit can fly with some requests, undominated, by label setting (see ``kernel``)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from castor.tasking.arrays import NEVER
from castor.tasking.labels import kernel
from castor.tasking.lower import Lowered
from castor.tasking.together import Column

MOST_LABELS = 400_000
"""Labels of one kind of unit; more are not made."""
MOST_RIDES = 5
"""Limited rides on board at once; where more can be, tours are not listed."""


class Labels(NamedTuple):
    """Room for labels (I): ``row`` (I, 9), ``tank`` (I, 2), ``span`` (I, T, T), the ``table`` in which they are found,
    ``queue`` (2 Q + 1, 2) first and last by number of visits; ``work`` and ``trial`` times being reckoned, ``source``
    of each; ``least`` (P, P) minutes between places; ``like`` (Q,) the part before each that is alike, or -1; ``flies``
    (P, P) legs that may be flown; ``every`` (1,) whether tours with other stops are told apart.
    """

    row: Any
    tank: Any
    span: Any
    table: Any
    queue: Any
    work: Any
    trial: Any
    source: Any
    least: Any
    like: Any
    flies: Any
    every: Any


def columns(
    low: Lowered, u: int, servable: Any, flies: Any, *, every: bool = False, most: int = MOST_LABELS
) -> list[Column] | None:
    """Tours of a unit's kind that no other betters (``every``: none with the same stops), or None: there are too many.
    ``flies`` (P, P) are the legs that it may fly.

    Of parts that are alike, tours hold the first. One betters another with the same requests if it fits into each of
    its times, flies no longer, and is as soon ready.
    """
    k, base = int(low.problem.fleet.kind[u]), int(low.problem.fleet.base[u])
    asks, kinds = low.problem.asks, low.problem.kinds
    able = servable & kinds.usable[k, asks.origin] & kinds.usable[k, asks.destination]
    rides = min(MOST_RIDES, int((asks.ride[able] < NEVER).sum()))
    can = sum(1 << int(r) for r in np.flatnonzero(able))
    size = kernel.RIDES + 1 + rides
    lab = Labels(
        row=np.empty((most, 9), np.int64), tank=np.empty((most, 2)), span=np.empty((most, size, size), np.int64),
        table=np.full(1 << (2 * most).bit_length(), -1, np.int64),
        queue=np.full((2 * len(low.parts) + 1, 2), -1, np.int64), work=np.empty((size + 1, size + 1), np.int64),
        trial=np.empty((size + 1, size + 1), np.int64), source=np.zeros(size + 1, np.int64), least=_least(kinds.leg[k]),
        like=alike(low), flies=flies, every=np.array([every]),
    )  # fmt: skip
    many = kernel.grow(*low.tables, k, base, can, lab)
    if many < 0:
        return None
    ends = np.flatnonzero((lab.row[:many, kernel.PLACE] >= len(low.places)) & (lab.row[:many, kernel.DEAD] == 0))
    return [_column(low, lab, int(i)) for i in ends]


def alike(low: Lowered) -> Any:
    """For each part (Q,) the part of the same request and load before it, or -1: any of them stands for the others."""
    asks, found = low.problem.asks, np.full(len(low.parts), -1, np.int64)
    before: dict[tuple[float, ...], int] = {}
    for r in range(len(low.parts)):
        key = tuple(float(column[r]) for column in (asks.parent, asks.pax, asks.litters, asks.mass))
        found[r] = before.get(key, -1)
        before[key] = r
    return found


def _least(leg: Any) -> Any:
    """Least minutes in the air between any two places (P, P), others on the way allowed."""
    least = leg.copy()
    for via in range(leg.shape[0]):
        least = np.minimum(least, least[:, via, None] + least[None, via, :])
    return least


def _column(low: Lowered, lab: Labels, i: int) -> Column:
    """The tour that ends with a label."""
    span, row, places = lab.span[i], lab.row[i], [int(lab.row[i, kernel.PLACE]) - len(low.places)]
    away, last = -int(span[kernel.S, kernel.N]), int(span[kernel.S, kernel.Z])
    first = -int(span[kernel.Z, kernel.N]) - away
    visits: list[int] = []
    at, before = i, int(row[kernel.BEFORE])
    while at >= 0:
        was = 0 if before < 0 else int(lab.row[before, kernel.BOARD])
        now = int(lab.row[at, kernel.BOARD])
        down, up = was & int(lab.row[at, kernel.DONE]), now & ~was
        own = [2 * r + 1 for r in range(len(low.parts)) if down >> r & 1]
        visits = own + [2 * r for r in range(len(low.parts)) if up >> r & 1] + visits
        if before >= 0:
            places.append(int(lab.row[before, kernel.PLACE]))
        at, before = before, -1 if before < 0 else int(lab.row[before, kernel.BEFORE])
    return Column(
        tuple(visits), int(row[kernel.DONE]), int(row[kernel.AIR]), int(lab.tank[i, kernel.GONE]),
        tuple(reversed(places)), ((first, last, away),),
    )  # fmt: skip
