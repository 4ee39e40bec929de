"""How far a site is from a point: coordinates with a rule, or a table of one's own.

A *reach* is what every covering model takes first: a dense table (C, S) of minutes or kilometres, a sparse one
(:class:`Pairs`), or coordinates with a rule (:class:`GreatCircle`, :class:`Plane`, :class:`Minutes`,
:class:`Evacuation`). A point is covered by a site where its value is ``<=`` the radius, in the rule's own unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec
import numpy as np
from numpy.typing import NDArray

from castor.cover import kernel
from castor.errors import MissionError, Problem

Floats = NDArray[np.float64]
EARTH_KM = 6371.0088
"""Mean radius of the earth, IUGG."""
KM_PER_NM = 1.852
SHOWN = 5
"""So many of the wrong values of one argument are listed one by one."""


@runtime_checkable
class Blocks(Protocol):
    """Points that arrive in blocks: iterating gives (coordinates (n, 2), weights (n,)), and may be done again."""

    def __iter__(self) -> Any: ...


class GreatCircle(msgspec.Struct, frozen=True, eq=False):
    """Kilometres along the great circle, by the haversine formula.

    ``points`` (C, 2) and ``sites`` (S, 2): latitude and longitude in degrees; points may come in :class:`Blocks`.
    """

    points: Any
    sites: Any
    earth_km: float = EARTH_KM


class Plane(msgspec.Struct, frozen=True, eq=False):
    """Straight distance in the plane: ``points`` (C, 2) and ``sites`` (S, 2) as x, y in any one unit."""

    points: Any
    sites: Any


class Minutes(msgspec.Struct, frozen=True, eq=False):
    """Minutes from the order to arrival: ``fixed_min + great circle x route_factor / cruise``.

    ``fixed_min`` is one number or one per site (S,): notice to move, start-up, approval.
    """

    points: Any
    sites: Any
    cruise_kt: float
    fixed_min: Any = 0.0
    route_factor: float = 1.0
    earth_km: float = EARTH_KM


class Evacuation(msgspec.Struct, frozen=True, eq=False):
    """Minutes from wounding to surgery: the whole clock, from coordinates alone.

    ``fixed_min`` (report, approval, notice: one number or one per site) + flight out + ``ground_min`` + flight to the
    nearest of ``surgery`` (H, 2). A point counts as covered only if the flight also arrives within ``care_min``. Refuel
    stops are not in this rule: for those, give the table of minutes that the evacuation clock of a mission computes.
    """

    points: Any
    sites: Any
    surgery: Any
    cruise_kt: float
    fixed_min: Any = 0.0
    ground_min: float = 0.0
    care_min: float = float("inf")
    route_factor: float = 1.0
    earth_km: float = EARTH_KM


class Pairs(msgspec.Struct, frozen=True, eq=False):
    """A sparse table: ``value[k]`` from point ``point[k]`` to site ``site[k]``; a pair that is absent is out of
    reach."""

    point: Any
    site: Any
    value: Any
    shape: tuple[int, int]


Reach = Any
"""A dense table (C, S), or one of the rules above."""


class Places(msgspec.Struct, frozen=True, eq=False):
    """A rule on coordinates as the cover pass wants it: what the six rules have in common, lowered to arrays."""

    points: Any
    sites: Floats
    shape: int
    earth: float
    fixed: Floats
    per_km: float
    surgery: Floats | None = None
    care: float = float("inf")

    def limits(self, block: Floats, radius: Floats) -> Floats:
        """The limit (n,) on ``fixed + per_km x distance`` of a block of points (2, n), given the radius (n,)."""
        if self.surgery is None:
            return radius
        nearest = nearest_distance(block, self.surgery, self.shape, self.earth)
        return np.minimum(self.care, radius - self.per_km * nearest)


class Table(msgspec.Struct, frozen=True, eq=False):
    """A sparse table in rows: start (C + 1,), column and value (pairs,)."""

    start: NDArray[np.int64]
    column: NDArray[np.int64]
    value: Floats
    sites: int


def lower(reach: Reach) -> Places | Table | Floats:
    """Check a reach and turn it into arrays. Raises MissionError with every problem."""
    if isinstance(reach, Pairs):
        return _table(reach)
    if isinstance(reach, GreatCircle | Plane | Minutes | Evacuation):
        return _places(reach)
    if hasattr(reach, "tocsr"):
        rows = reach.tocsr()
        return Table(
            np.asarray(rows.indptr, np.int64), np.asarray(rows.indices, np.int64),
            finite("reach", rows.data, infinite=True), int(rows.shape[1]),
        )  # fmt: skip
    dense = np.asarray(reach, np.float64)
    if dense.ndim != 2:
        raise _error("reach", f"an array of shape {dense.shape}", "a table of points by sites, or a rule")
    _not_empty("reach", dense.shape)
    finite("reach", dense, infinite=True)
    return np.ascontiguousarray(dense)


def _places(reach: GreatCircle | Plane | Minutes | Evacuation) -> Places:
    sphere = not isinstance(reach, Plane)
    sites = coordinates("sites", reach.sites, sphere)
    points = reach.points
    if hasattr(points, "shape") or isinstance(points, Sequence):
        points = coordinates("points", points, sphere)
    fixed, per_km = np.zeros(sites.shape[1]), 1.0
    surgery, care = None, float("inf")
    if isinstance(reach, Minutes | Evacuation):
        if not (np.isfinite(reach.cruise_kt) and reach.cruise_kt > 0):
            raise _error("cruise_kt", str(reach.cruise_kt), "a number > 0, in knots")
        per_km = 60.0 * reach.route_factor / (reach.cruise_kt * KM_PER_NM)
        fixed = fixed + finite("fixed_min", reach.fixed_min)
    if isinstance(reach, Evacuation):
        fixed = fixed + reach.ground_min
        surgery = coordinates("surgery", reach.surgery, sphere)
        care = reach.care_min + reach.ground_min
    earth = 1.0 if isinstance(reach, Plane) else reach.earth_km
    shape = kernel.SPHERE if sphere else kernel.PLANE
    return Places(points, sites, shape, earth, np.ascontiguousarray(fixed), per_km, surgery, care)


def _table(pairs: Pairs) -> Table:
    point = np.asarray(pairs.point, np.int64)
    site = np.asarray(pairs.site, np.int64)
    value = finite("value", pairs.value, infinite=True)
    points, sites = pairs.shape
    _not_empty("pairs", pairs.shape)
    if not point.shape == site.shape == value.shape:
        raise _error("pairs", f"{point.size}, {site.size} and {value.size} entries", "as many of each")
    for name, index, most in (("point", point, points), ("site", site, sites)):
        wrong = np.flatnonzero((index < 0) | (index >= most))
        if wrong.size:
            raise MissionError(
                Problem(name, f"an index from 0 to {most - 1}", cell=f"[{k}]", read=str(index[k]))
                for k in wrong[:SHOWN]
            )
    order = np.argsort(point, kind="stable")
    start = np.zeros(points + 1, np.int64)
    np.cumsum(np.bincount(point, minlength=points), out=start[1:])
    return Table(start, site[order], value[order], sites)


def coordinates(name: str, given: Any, sphere: bool = True) -> Floats:
    """Coordinates (n, 2) as two rows (2, n), checked: finite, latitudes within 90 and longitudes within 360 degrees."""
    array = np.asarray(given, np.float64)
    if array.ndim != 2 or array.shape[1] != 2:
        raise _error(name, f"an array of shape {array.shape}", "one row of two coordinates each, shape (n, 2)")
    _not_empty(name, array.shape)
    wrong = ~np.isfinite(array)
    expected = "finite coordinates"
    if sphere:
        wrong |= np.abs(array) > np.array([90.0, 360.0])
        expected = "latitude from -90 to 90, longitude from -360 to 360, in degrees"
    rows = np.flatnonzero(wrong.any(axis=1))
    if rows.size:
        raise MissionError(
            Problem(name, expected + _more(rows), cell=f"[{i}]", read=f"{array[i, 0]}, {array[i, 1]}")
            for i in rows[:SHOWN]
        )
    return np.ascontiguousarray(array.T)


def finite(name: str, given: Any, *, infinite: bool = False, least: float = -np.inf) -> Floats:
    """Numbers that are not NaN, not infinite (unless allowed) and not below ``least``; every wrong one is told."""
    array = np.asarray(given, np.float64)
    wrong = np.isnan(array) | (array < least)
    if not infinite:
        wrong |= np.isinf(array)
    if wrong.any():
        places = np.argwhere(wrong)
        floor = "" if least == -np.inf else f" >= {least:g}"
        raise MissionError(
            Problem(
                name, f"a number{floor}" + _more(places), cell=str([int(k) for k in at]) if at.size else "",
                read=str(array[tuple(at)]),
            )
            for at in places[:SHOWN]
        )  # fmt: skip
    return array


def nearest_distance(block: Floats, sites: Floats, shape: int, earth: float) -> Floats:
    """Distance (n,) from each point of a block (2, n) to the nearest of the sites (2, H)."""
    out = np.empty(block.shape[1])
    kernel.nearest(np.ascontiguousarray(block), sites, shape, earth, out)
    return out


def _more(wrong: NDArray[Any]) -> str:
    return f" (the first of {len(wrong):,} like this)" if len(wrong) > SHOWN else ""


def _not_empty(name: str, shape: Iterable[int]) -> None:
    if 0 in tuple(shape):
        raise _error(name, "nothing", "at least one")


def _error(name: str, read: str, expected: str) -> MissionError:
    return MissionError([Problem(name, expected, read=read)])
