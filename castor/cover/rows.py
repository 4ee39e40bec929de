"""Points that the same sites cover are one row: the cover pass, streaming over points, and what it leaves.

For circles around S sites in the plane there are at most S^2 - S + 2 different rows, whatever the number of points, so
an exact model built on rows stops growing with the number of points (Chen et al. 2023 call it aggregation). One
pass, in blocks, on every core; memory is that of the rows, plus four bytes a point if the rows of points are kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from castor.cover import kernel
from castor.cover.rules import SHOWN, Floats, Places, Reach, Table, finite, lower
from castor.errors import Infeasible, MissionError, Problem

BLOCK = 1 << 16
"""Points handed to a core at a time."""
STRIP = 2048
"""Points marked at a time, so that their coordinates and words stay in the cache."""
LANES = 4
"""Blocks go round these in turn and sums are made lane by lane, so that answers do not depend on the cores."""


class Rows(msgspec.Struct, frozen=True, eq=False):
    """Points merged by the set of columns (site, or layer and site) that cover them.

    ``start`` (R + 1,) and ``column`` (pairs,) hold the columns of each row, layer k of site j being column
    ``k * sites + j``; ``weight`` (R,) the summed weight, ``count`` (R,) the points, ``first`` (R,) the number of the
    first of them. ``row_of`` (C,) is the row of each point, or None where it was not kept. Rows that nothing covers are
    among them, with no columns.
    """

    sites: int
    layers: int
    points: int
    start: NDArray[np.int64]
    column: NDArray[np.int32]
    weight: Floats
    count: NDArray[np.int64]
    first: NDArray[np.int64]
    row_of: NDArray[np.int32] | None = None

    @property
    def size(self) -> NDArray[np.int64]:
        """Columns of each row (R,)."""
        return np.diff(self.start)

    def uncovered(self, layer: int = 0) -> NDArray[np.int64]:
        """Rows that no site of a layer covers."""
        low, high = layer * self.sites, (layer + 1) * self.sites
        inside = (self.column >= low) & (self.column < high)
        at = np.concatenate(([0], np.cumsum(inside)))[self.start]
        return np.flatnonzero(np.diff(at) == 0)

    def require_cover(self, need: str, layer: int = 0) -> None:
        """Raise Infeasible, naming the points, unless every point is covered by at least one site of the layer."""
        bare = self.uncovered(layer)
        if bare.size == 0:
            return
        count = int(self.count[bare].sum())
        if self.row_of is not None:
            first = np.flatnonzero(np.isin(self.row_of, bare))[:SHOWN]
        else:
            first = np.sort(self.first[bare])[:SHOWN]
        names = ", ".join(str(i) for i in first) + (", ..." if count > len(first) else "")
        plural = "s are" if count != 1 else " is"
        raise Infeasible(
            f"{count:,} of {self.points:,} point{plural} covered by no site: {names} (counted from 0). "
            f"{need} Widen the radius, add sites, or use mclp, which leaves out what cannot be reached."
        )


def merge(
    reach: Reach | Sequence[Reach],
    radius: Any,
    weights: Any = None,
    *,
    keep_rows_of_points: bool = True,
    threads: int | None = None,
) -> Rows:
    """Merge points by what covers them, in one streaming pass.

    ``reach``: one reach, or a list of layers (vehicle types, or two radii) over the same points and sites.
    ``radius``: one number or one per point (C,), in the unit of the reach; for layers, a list of those. ``weights``
    (C,): one each if absent; points in blocks bring their own. Raises MissionError with every problem of the input.
    """
    layers = list(reach) if isinstance(reach, list | tuple) else [reach]
    radii = list(radius) if isinstance(reach, list | tuple) else [radius]
    if len(radii) != len(layers):
        raise MissionError([Problem("radius", f"one for each of the {len(layers)} layers", read=f"{len(radii)}")])
    lowered = [lower(layer) for layer in layers]
    sites = {_sites(layer) for layer in lowered}
    counts = {count for layer in lowered if (count := _points(layer)) is not None}
    if len(sites) > 1 or len(counts) > 1:
        raise MissionError([Problem("reach", "the same points and sites in every layer", read=f"{len(layers)} layers")])
    total = counts.pop() if counts else None
    limits = [_limit(r, total) for r in radii]
    job = _Pass(lowered, limits, sites.pop(), keep_rows_of_points)
    workers = threads or os.cpu_count() or 1
    return job.run(_blocks(lowered[0], weights, total), workers)


def collapse(rows: Rows) -> Rows:
    """Rows that have become equal (after columns were struck out) made one; the rows of points are not kept."""
    n, columns = rows.weight.size, rows.sites * rows.layers
    words = np.zeros(((columns + 63) // 64, n), np.uint64)
    ones = np.zeros(rows.column.size)
    kernel.mark_sparse(rows.start, rows.column, ones, np.zeros(n), 0, words)
    lane, row_of = _Lane(words.shape[0]), np.empty(n, np.int32)
    lane.add(words, rows.weight, 0, row_of)
    first = lane.first[: lane.used]
    count = np.zeros(lane.used, np.int64)
    np.add.at(count, row_of, rows.count)
    start, column = kernel.expand(lane.key, lane.used, columns)
    return Rows(rows.sites, rows.layers, rows.points, start, column, lane.total[: lane.used], count, rows.first[first])


def _sites(layer: Places | Table | Floats) -> int:
    if isinstance(layer, Places):
        return int(layer.sites.shape[1])
    return layer.sites if isinstance(layer, Table) else int(layer.shape[1])


def _points(layer: Places | Table | Floats) -> int | None:
    if isinstance(layer, Places):
        return int(layer.points.shape[1]) if isinstance(layer.points, np.ndarray) else None
    return layer.start.size - 1 if isinstance(layer, Table) else int(layer.shape[0])


def _limit(radius: Any, points: int | None) -> Floats:
    limit = finite("radius", radius, infinite=True, least=0.0)
    if limit.ndim and limit.shape != (points,):
        raise MissionError(
            [Problem("radius", f"one number, or one for each of {points} points", read=str(limit.shape))]
        )
    return limit


def _blocks(layer: Places | Table | Floats, weights: Any, total: int | None) -> Iterator[tuple[int, Any, Floats]]:
    """Yield (number of the first point, coordinates (2, n) or None, weights (n,))."""
    if total is None:
        assert isinstance(layer, Places)
        at = 0
        for given, weight in layer.points:
            block = np.ascontiguousarray(np.asarray(given, np.float64).T)
            for a in range(0, block.shape[1], BLOCK):
                yield at + a, block[:, a : a + BLOCK], finite("weights", weight[a : a + BLOCK], least=0.0)
            at += block.shape[1]
        return
    whole = np.ones(total) if weights is None else finite("weights", weights, least=0.0)
    if whole.shape != (total,):
        raise MissionError([Problem("weights", f"one for each of {total} points", read=str(whole.shape))])
    for a in range(0, total, BLOCK):
        yield a, None, whole[a : a + BLOCK]


class _Lane:
    """The rows that one lane has met so far; grows as needed."""

    def __init__(self, depth: int) -> None:
        self.table = np.full(1 << 12, -1, np.int32)
        self.key = np.empty((depth, 1 << 11), np.uint64)
        self.total = np.empty(1 << 11)
        self.count = np.empty(1 << 11, np.int64)
        self.first = np.empty(1 << 11, np.int64)
        self.used = 0

    def add(self, words: NDArray[np.uint64], weight: Floats, at: int, row_of: NDArray[np.int32]) -> None:
        done = 0
        while True:
            part = row_of[done:] if row_of.size else row_of
            self.used, more = kernel.merge(
                words[:, done:], weight[done:], at + done,
                self.table, self.key, self.total, self.count, self.first, self.used, part,
            )  # fmt: skip
            done += more
            if done == words.shape[1]:
                return
            self._grow()

    def _grow(self) -> None:
        room = 4 * self.total.size
        self.key = np.concatenate((self.key, np.empty((self.key.shape[0], room - self.total.size), np.uint64)), axis=1)
        for name in ("total", "count", "first"):
            old = getattr(self, name)
            setattr(self, name, np.concatenate((old, np.empty(room - old.size, old.dtype))))
        self.table = np.full(2 * room, -1, np.int32)
        kernel.rehash(self.key, self.used, self.table)


class _Pass:
    def __init__(self, layers: list[Any], limits: list[Floats], sites: int, keep: bool) -> None:
        self.layers, self.limits, self.sites, self.keep = layers, limits, sites, keep
        self.depth = (len(layers) * sites + 63) // 64
        self.where = [self._where(layer) for layer in layers]
        self.rows_of: list[tuple[int, NDArray[np.int32]]] = []

    def _where(self, layer: Any) -> Floats:
        where = np.empty((3, self.sites))
        if isinstance(layer, Places):
            kernel.to_space(*layer.sites, layer.shape, *where)
        return where

    def run(self, blocks: Iterator[tuple[int, Any, Floats]], workers: int) -> Rows:
        lanes = [_Lane(self.depth) for _ in range(LANES)]
        waiting: list[Future[None] | None] = [None] * LANES
        points = 0
        with ThreadPoolExecutor(min(workers, LANES)) as pool:
            for number, (at, block, weight) in enumerate(blocks):
                lane = number % LANES
                before = waiting[lane]
                if before is not None:
                    before.result()
                row_of = np.empty(weight.size if self.keep else 0, np.int32)
                self.rows_of.append((lane, row_of))
                waiting[lane] = pool.submit(self._block, lanes[lane], at, block, weight, row_of)
                points = at + weight.size
            for last in waiting:
                if last is not None:
                    last.result()
        if points == 0:
            raise MissionError([Problem("points", "at least one", read="nothing")])
        return self._together(lanes, points)

    def _block(self, lane: _Lane, at: int, block: Any, weight: Floats, row_of: NDArray[np.int32]) -> None:
        for a in range(0, weight.size, STRIP):
            n = min(STRIP, weight.size - a)
            words = np.zeros((self.depth, n), np.uint64)
            given = None if block is None else np.ascontiguousarray(block[:, a : a + n])
            for k, layer in enumerate(self.layers):
                radius = self.limits[k]
                radius = np.full(n, float(radius)) if radius.ndim == 0 else radius[at + a : at + a + n]
                self._mark(k, layer, at + a, given, radius, words)
            lane.add(words, weight[a : a + n], at + a, row_of[a : a + n])

    def _mark(self, k: int, layer: Any, at: int, given: Any, radius: Floats, words: NDArray[np.uint64]) -> None:
        n, bit = radius.size, k * self.sites
        if isinstance(layer, Places):
            point = np.ascontiguousarray(layer.points[:, at : at + n]) if given is None else given
            space = np.empty((3, n))
            kernel.to_space(point[0], point[1], layer.shape, *space)
            limit = layer.limits(point, radius)
            kernel.mark(
                point, layer.sites, space, self.where[k], layer.fixed, layer.per_km, limit, layer.shape, layer.earth,
                bit, words,
            )  # fmt: skip
        elif isinstance(layer, Table):
            kernel.mark_sparse(layer.start[at : at + n + 1], layer.column, layer.value, radius, bit, words)
        else:
            kernel.mark_matrix(layer[at : at + n], radius, bit, words)

    def _together(self, lanes: list[_Lane], points: int) -> Rows:
        """Merge the lanes' rows into one set, in the order in which their first points came."""
        whole = _Lane(self.depth)
        maps, count, first = [], [], []
        for lane in lanes:
            row_of = np.empty(lane.used, np.int32)
            whole.add(np.ascontiguousarray(lane.key[:, : lane.used]), lane.total[: lane.used], 0, row_of)
            maps.append(row_of)
            count.append(lane.count[: lane.used])
            first.append(lane.first[: lane.used])
        rows, to = whole.used, np.concatenate(maps)
        counts = np.zeros(rows, np.int64)
        np.add.at(counts, to, np.concatenate(count))
        firsts = np.full(rows, points, np.int64)
        np.minimum.at(firsts, to, np.concatenate(first))
        order = np.argsort(firsts)
        rank = np.empty(rows, np.int32)
        rank[order] = np.arange(rows, dtype=np.int32)
        key = np.ascontiguousarray(whole.key[:, :rows][:, order])
        start, column = kernel.expand(key, rows, len(self.layers) * self.sites)
        row_of_points = None
        if self.keep:
            ranked = [rank[to_whole] for to_whole in maps]
            row_of_points = np.concatenate([ranked[lane][rows_of] for lane, rows_of in self.rows_of])
        return Rows(
            self.sites, len(self.layers), points, start, column, whole.total[:rows][order], counts[order],
            firsts[order], row_of_points,
        )  # fmt: skip
