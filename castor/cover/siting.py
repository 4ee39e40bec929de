"""What the covering models share: the case that they are given, its checks, and the result that they return."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, TypedDict

import msgspec
import numpy as np
from numpy.typing import NDArray

from castor.cover.rows import Rows, merge
from castor.cover.rules import Reach
from castor.errors import Infeasible, MissionError, Problem

Counts = NDArray[np.int64]


class Options(TypedDict, total=False):
    """What every model takes by keyword.

    ``radius``: number, or one per point (C,), in the unit of the reach; a list of those for several vehicle types. Left
    out only where the reach is already :class:`~castor.cover.rows.Rows`. ``weights`` (C,): one each if absent.
    ``forced``: sites that must have a vehicle; ``forbidden``: sites that may not; with several types also pairs
    (type, site). ``capacity``: vehicles that a site can hold, one number or one per site (S,). ``time_limit``:
    seconds of wall time; ``gap``: relative gap at which to stop. ``threads``: cores to use.
    """

    radius: Any
    weights: Any
    forced: Iterable[Any]
    forbidden: Iterable[Any]
    capacity: Any
    time_limit: float
    gap: float
    threads: int | None


class Siting(msgspec.Struct, frozen=True, eq=False):
    """The answer of a covering model.

    ``sites``: the sites chosen, in order; ``vehicles`` (K, S): how many of each type stand at each; ``order``: the
    sites in the order in which they are manned, for an ordered posture. ``objective`` and ``bound`` in the model's
    own measure: no siting can be better than ``bound``. ``gap`` = \\|bound - objective\\| / \\|objective\\|;
    ``proven``: the gap asked for was reached. ``times_covered`` (rows,): vehicles that reach each row; ``points`` and
    ``merged``: rows before and after merging; ``total``: all weight; ``covered``: weight of the points that at least
    one vehicle reaches.
    """

    model: str
    sites: tuple[int, ...]
    vehicles: Counts
    objective: float
    bound: float
    proven: bool
    times_covered: Counts
    seconds: float
    points: int
    merged: int
    total: float
    covered: float
    row_of: NDArray[np.int32] | None = None
    order: tuple[int, ...] = ()

    @property
    def gap(self) -> float:
        """Relative distance between objective and bound."""
        difference = abs(self.bound - self.objective)
        if difference == 0.0:
            return 0.0
        return difference / abs(self.objective) if self.objective else float("inf")

    @property
    def point_covered(self) -> Counts:
        """Vehicles that reach each point (C,). Needs the rows of points, which :func:`merge` keeps unless told not
        to."""
        if self.row_of is None:
            raise MissionError([Problem("rows", "rows merged with keep_rows_of_points=True")])
        return self.times_covered[self.row_of]


class Case:
    """The input of one call, checked: rows, vehicles wanted, and the least and most of each type at each site."""

    def __init__(
        self, model: str, reach: Reach | Sequence[Reach] | Rows, p: Any, options: Options, *, alone: bool = True
    ) -> None:
        self.began = time.perf_counter()
        self.model = model
        self.time_limit = float(options.get("time_limit", np.inf))
        self.gap = float(options.get("gap", 0.0))
        self.threads = options.get("threads")
        self.rows = self._merged(reach, options)
        self.types = self._types(reach)
        self.sites = self.rows.sites
        self.p = self._wanted(p)
        shape = (self.types, self.sites)
        self.capacity = self._capacity(options.get("capacity"), alone)
        self.low = np.zeros(shape, np.int64)
        self.high = np.broadcast_to(self.capacity, shape).copy()
        self.somewhere: list[int] = []
        self._force(options.get("forced", ()), options.get("forbidden", ()))
        self._check()

    def _merged(self, reach: Any, options: Options) -> Rows:
        if isinstance(reach, Rows):
            return reach
        if "radius" not in options:
            raise MissionError([Problem("radius", "a radius in the unit of the reach", read="nothing")])
        return merge(reach, options["radius"], options.get("weights"), threads=options.get("threads"))

    def _types(self, reach: Any) -> int:
        return self.rows.layers

    def _wanted(self, p: Any) -> NDArray[np.int64] | None:
        """Vehicles wanted: None (as few as possible), one total (1,) or one per type (K,)."""
        if p is None:
            return None
        wanted = np.atleast_1d(np.asarray(p))
        if wanted.size not in (1, self.types) or not np.all(wanted == np.floor(wanted)) or (wanted < 0).any():
            expected = "a whole number >= 0" + (f", or {self.types} of them" if self.types > 1 else "")
            raise MissionError([Problem("p", expected, read=str(p))])
        return wanted.astype(np.int64)

    def _capacity(self, given: Any, alone: bool) -> NDArray[np.int64]:
        if given is None:
            most = 1 if alone or self.p is None else max(1, int(self.p.sum()))
            return np.full(self.sites, most)
        capacity = np.asarray(given)
        fits = capacity.ndim == 0 or capacity.shape == (self.sites,)
        if not fits or not np.all(capacity == np.floor(capacity)) or (capacity < 0).any():
            expected = f"a whole number >= 0, or one for each of {self.sites} sites"
            raise MissionError([Problem("capacity", expected, read=str(given))])
        return np.broadcast_to(capacity, (self.sites,)).astype(np.int64)

    def _force(self, forced: Iterable[Any], forbidden: Iterable[Any]) -> None:
        problems: list[Problem] = []
        for name, given in (("forced", forced), ("forbidden", forbidden)):
            for entry in given:
                kind, site = entry if isinstance(entry, tuple) else (None, entry)
                if not 0 <= int(site) < self.sites or not 0 <= (kind or 0) < self.types:
                    problems.append(Problem(name, f"a site from 0 to {self.sites - 1}", read=str(entry)))
                elif name == "forbidden":
                    self.high[slice(None) if kind is None else kind, site] = 0
                elif kind is None and self.types > 1:
                    self.somewhere.append(int(site))
                else:
                    self.low[kind or 0, site] = 1
        if problems:
            raise MissionError(problems)

    def _check(self) -> None:
        clash = np.flatnonzero((self.low > self.high).any(axis=0))
        bare = [site for site in self.somewhere if not self.high[:, site].any()]
        if clash.size or bare:
            names = ", ".join(str(s) for s in [*clash, *bare])
            raise Infeasible(f"Forced sites that are forbidden or can hold no vehicle: {names}.")
        if self.p is None:
            return
        must, total = int(self.low.sum()) + len(set(self.somewhere)), int(self.p.sum())
        if must > total:
            raise Infeasible(f"{must} sites are forced but only {total} vehicles are to be sited.")
        room = int(np.minimum(self.high.sum(axis=0), self.capacity).sum())
        if total > room:
            raise Infeasible(f"{total} vehicles are to be sited, but the {self.sites} sites have room for {room}.")
        if self.p.size == self.types:
            for k in range(self.types):
                if self.p[k] > self.high[k].sum():
                    raise Infeasible(
                        f"{self.p[k]} vehicles of type {k}, but its sites have room for {self.high[k].sum()}."
                    )

    def left(self) -> float:
        """Seconds of the time limit that are left."""
        return max(0.0, self.time_limit - (time.perf_counter() - self.began))

    def times_covered(self, vehicles: Counts) -> Counts:
        """Vehicles that reach each row (R,)."""
        return count_cover(self.rows, vehicles.reshape(-1))

    def result(self, vehicles: Counts, objective: float, bound: float, **more: Any) -> Siting:
        """The result of this case."""
        times = self.times_covered(vehicles)
        standing = vehicles.sum(axis=0)
        weight = self.rows.weight
        scale = max(1.0, abs(objective))
        closed = abs(bound - objective) <= max(self.gap, 1e-9) * scale
        return Siting(
            model=self.model, sites=tuple(int(j) for j in np.flatnonzero(standing)), vehicles=vehicles,
            objective=objective, bound=objective if abs(bound - objective) <= 1e-9 * scale else bound, proven=closed,
            times_covered=times, seconds=time.perf_counter() - self.began, points=self.rows.points,
            merged=weight.size, total=float(weight.sum()), covered=float(weight[times > 0].sum()),
            row_of=self.rows.row_of, **more,
        )  # fmt: skip


def count_cover(rows: Rows, number: Counts) -> Counts:
    """Sum of ``number`` (columns,) over the columns of each row (R,)."""
    total = np.concatenate(([0], np.cumsum(number[rows.column])))
    return total[rows.start[1:]] - total[rows.start[:-1]]
