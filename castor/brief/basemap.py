"""Land, boundaries and water under the map: the world at 1:50 million, or a mission's own GeoJSON.

The projection is azimuthal equidistant about the theatre's centre: distances and bearings from the centre are true
(Snyder 1987, Map Projections: A Working Manual, section 25). The map's sphere has the Earth's mean radius.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from castor.brief import svg
from castor.brief.words import Both
from castor.errors import MissionError, Problem

Floats = NDArray[np.float64]
Pixel = tuple[float, float]
Box = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""
_RADIUS_KM = 6371.0088


class View(msgspec.Struct, frozen=True):
    """A window on the Earth: the centre, the scale, and the size in user units."""

    lat: float
    lon: float
    km: float
    """Kilometres in one user unit."""
    width: float
    height: float

    def project(self, lat: Any, lon: Any) -> tuple[Floats, Floats]:
        """Positions in user units, y downwards."""
        north, east = np.radians(np.asarray(lat, float)), np.radians(np.asarray(lon, float) - self.lon)
        north0 = math.radians(self.lat)
        cosine = math.sin(north0) * np.sin(north) + math.cos(north0) * np.cos(north) * np.cos(east)
        angle = np.arccos(np.clip(cosine, -1.0, 1.0))
        sine = np.sin(angle)
        stretch = np.where(sine > 1e-9, angle / np.where(sine > 1e-9, sine, 1.0), 1.0) * _RADIUS_KM / self.km
        x = stretch * np.cos(north) * np.sin(east)
        y = stretch * (math.cos(north0) * np.sin(north) - math.sin(north0) * np.cos(north) * np.cos(east))
        return self.width / 2 + x, self.height / 2 - y

    def point(self, lat: float, lon: float) -> Pixel:
        """One position in user units."""
        x, y = self.project(lat, lon)
        return float(x), float(y)

    def inverse(self, x: Any, y: Any) -> tuple[Floats, Floats]:
        """Latitude and longitude of positions in user units."""
        right, up = np.asarray(x, float) - self.width / 2, self.height / 2 - np.asarray(y, float)
        away = np.hypot(right, up)
        angle = away * self.km / _RADIUS_KM
        north0 = math.radians(self.lat)
        safe = np.where(away > 0, away, 1.0)
        sine = np.cos(angle) * math.sin(north0) + np.where(away > 0, up * np.sin(angle) * math.cos(north0) / safe, 0.0)
        lat = np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0)))
        below = away * math.cos(north0) * np.cos(angle) - up * math.sin(north0) * np.sin(angle)
        return lat, self.lon + np.degrees(np.arctan2(right * np.sin(angle), below))

    def box(self) -> Box:
        """West, south, east, north of what the window shows; longitudes are counted on from the centre's."""
        xs, ys = np.meshgrid(np.linspace(0, self.width, 25), np.linspace(0, self.height, 25))
        lat, lon = self.inverse(xs, ys)
        return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())

    def holds(self, x: float, y: float, margin: float = 0.0) -> bool:
        """Whether a position lies in the window, ``margin`` user units from its edge."""
        return margin <= x <= self.width - margin and margin <= y <= self.height - margin


class World(msgspec.Struct, frozen=True):
    """The basemap unpacked: lines in degrees, their kinds, and the countries that they bound."""

    lon: list[Floats]
    lat: list[Floats]
    boxes: Floats
    kinds: str
    countries: list[tuple[Both, list[list[list[int]]]]]


class Layers(msgspec.Struct, frozen=True):
    """What a window shows: path data for each layer, and each country's name with its visible polygons."""

    land: list[tuple[Both, list[list[Pixel]]]]
    coast: list[list[Pixel]]
    border: list[list[Pixel]]
    disputed: list[list[Pixel]]
    river: list[list[Pixel]]
    lake: list[list[Pixel]]


@cache
def world() -> World:
    """Unpack ``basemap.json``; its format is told in ``tools/make_basemap.py``."""
    raw = json.loads(files("castor.brief").joinpath("basemap.json").read_text(encoding="utf-8"))
    steps = _unfold(raw["points"]).reshape(-1, 2).cumsum(axis=0) * raw["step"]
    cuts = np.cumsum(raw["lengths"])[:-1]
    lon, lat = np.split(steps[:, 0], cuts), np.split(steps[:, 1], cuts)
    starts = np.concatenate([[0], cuts])
    boxes = np.stack(
        [
            np.minimum.reduceat(steps[:, 0], starts),
            np.minimum.reduceat(steps[:, 1], starts),
            np.maximum.reduceat(steps[:, 0], starts),
            np.maximum.reduceat(steps[:, 1], starts),
        ],
        axis=1,
    )
    countries = [(Both(en, fr), polygons) for en, fr, polygons in raw["countries"]]
    return World(lon, lat, boxes, raw["kinds"], countries)


def _unfold(text: str) -> NDArray[np.int64]:
    codes = np.frombuffer(text.replace("!", "\\").encode("ascii"), np.uint8).astype(np.int64) - 63
    last = (codes & 32) == 0
    starts = np.concatenate([[0], np.flatnonzero(last)[:-1] + 1])
    place = np.arange(len(codes)) - np.repeat(starts, np.diff(np.append(starts, len(codes))))
    folded = np.add.reduceat((codes & 31) << (5 * place), starts)
    return np.where(folded & 1, ~(folded >> 1), folded >> 1)


@lru_cache(maxsize=4)
def layers(view: View) -> Layers:
    """The castor basemap in a window."""
    earth = world()
    box = view.box()
    seen = _overlaps(earth.boxes, box)
    lines: dict[str, list[list[Pixel]]] = {kind: [] for kind in "cbdrl"}
    for index in np.flatnonzero(seen):
        kind = earth.kinds[index]
        if kind == "l":
            ring = clip_ring(_pixels(view, earth.lat[index], earth.lon[index]), view)
            lines[kind] += [thin(ring)] if len(ring) > 2 else []
        else:
            lat, lon = earth.lat[index], earth.lon[index]
            drawn = _pixels(view, lat, lon)
            # The seams of the flat world map (the 180th meridian, the pole) are no coasts.
            real = ~((np.abs(lon[:-1]) > 179.95) & (np.abs(lon[1:]) > 179.95)) & (lat[:-1] > -89.9)
            lines[kind] += [thin(part) for part in clip_line(drawn, view, real)]
    return Layers(_lands(earth, view, box), lines["c"], lines["b"], lines["d"], lines["r"], lines["l"])


def _lands(earth: World, view: View, box: Box) -> list[tuple[Both, list[list[Pixel]]]]:
    found = []
    for name, polygons in earth.countries:
        pieces: list[list[Pixel]] = []
        for polygon in polygons:
            for ring in polygon:
                numbers = [number if number >= 0 else ~number for number in ring]
                ends = earth.boxes[numbers]
                whole = np.array([[ends[:, 0].min(), ends[:, 1].min(), ends[:, 2].max(), ends[:, 3].max()]])
                if not _overlaps(whole, box)[0]:
                    continue
                lat = np.concatenate([earth.lat[n] if n >= 0 else earth.lat[~n][::-1] for n in ring])
                lon = np.concatenate([earth.lon[n] if n >= 0 else earth.lon[~n][::-1] for n in ring])
                piece = clip_ring(_pixels(view, lat, lon), view)
                if len(piece) > 2:
                    pieces.append(thin(piece))
        if pieces:
            found.append((name, pieces))
    return found


def _overlaps(boxes: Floats, box: Box) -> NDArray[np.bool_]:
    west, south, east, north = box
    tall = (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    wide = np.zeros(len(boxes), bool)
    for turn in (-360.0, 0.0, 360.0):
        wide |= (boxes[:, 0] + turn <= east) & (boxes[:, 2] + turn >= west)
    return tall & wide


def _pixels(view: View, lat: Floats, lon: Floats) -> Floats:
    return np.stack(view.project(lat, lon), axis=1)


def clip_line(
    pixels: Floats, view: View, real: NDArray[np.bool_] | None = None, margin: float = 3.0
) -> list[list[Pixel]]:
    """The parts of a line inside the window and a margin (Liang and Barsky 1984, segment by segment)."""
    low, high = np.array([-margin, -margin]), np.array([view.width + margin, view.height + margin])
    a, b = pixels[:-1], pixels[1:]
    touches = np.all((np.maximum(a, b) >= low) & (np.minimum(a, b) <= high), axis=1)
    touches &= np.hypot(*(b - a).T) < 4 * (view.width + view.height)
    if real is not None:
        touches &= real
    parts: list[list[Pixel]] = []
    for index in np.flatnonzero(touches):
        cut = _segment(a[index], b[index], low, high)
        if cut is None:
            continue
        if parts and parts[-1][-1] == cut[0]:
            parts[-1].append(cut[1])
        else:
            parts.append([cut[0], cut[1]])
    return parts


def _segment(a: Floats, b: Floats, low: Floats, high: Floats) -> tuple[Pixel, Pixel] | None:
    enter, leave = 0.0, 1.0
    for axis in (0, 1):
        step = b[axis] - a[axis]
        if step == 0:
            if not low[axis] <= a[axis] <= high[axis]:
                return None
            continue
        first, last = sorted(((low[axis] - a[axis]) / step, (high[axis] - a[axis]) / step))
        enter, leave = max(enter, first), min(leave, last)
    if enter > leave:
        return None
    start = a if enter == 0.0 else a + enter * (b - a)
    end = b if leave == 1.0 else a + leave * (b - a)
    return (float(start[0]), float(start[1])), (float(end[0]), float(end[1]))


def clip_ring(pixels: Floats, view: View, margin: float = 6.0) -> list[Pixel]:
    """A ring cut to the window and a margin (Sutherland and Hodgman 1974)."""
    ring: list[Pixel] = [(float(x), float(y)) for x, y in pixels]
    for axis, limit, sign in (
        (0, -margin, 1), (0, view.width + margin, -1), (1, -margin, 1), (1, view.height + margin, -1)
    ):  # fmt: skip
        out: list[Pixel] = []
        for at, here in enumerate(ring):
            before = ring[at - 1]
            inside, was = sign * (here[axis] - limit) >= 0, sign * (before[axis] - limit) >= 0
            if inside != was:
                share = (limit - before[axis]) / (here[axis] - before[axis])
                out.append((before[0] + share * (here[0] - before[0]), before[1] + share * (here[1] - before[1])))
            if inside:
                out.append(here)
        ring = out
        if not ring:
            break
    return ring


def thin(pairs: Sequence[Pixel], least: float = 1.0) -> list[Pixel]:
    """Drop the points that lie within ``least`` of the line through those kept (Douglas and Peucker 1973)."""
    points = np.array(pairs)
    keep = np.zeros(len(points), bool)
    keep[[0, -1]] = True
    stretches = [(0, len(points) - 1)]
    while stretches:
        first, last = stretches.pop()
        between = points[first + 1 : last] - points[first]
        if not len(between):
            continue
        along = points[last] - points[first]
        length = float(np.hypot(*along))
        away = np.abs(between @ (along[1], -along[0])) / length if length else np.hypot(*between.T)
        farthest = int(away.argmax())
        if away[farthest] > least:
            middle = first + 1 + farthest
            keep[middle] = True
            stretches += [(first, middle), (middle, last)]
    return [pair for pair, kept in zip(pairs, keep) if kept]


def path(lines: Iterable[Sequence[Pixel]], close: bool = False) -> str:
    """Path data of many lines, in whole units."""
    return "".join(svg.points(part, close, 0) for part in lines if len(part) > 1)


class Own(msgspec.Struct, frozen=True):
    """A mission's own layer: areas and lines, each with its properties."""

    areas: list[tuple[dict[str, Any], list[list[Pixel]]]]
    lines: list[tuple[dict[str, Any], list[list[Pixel]]]]


_GEOJSON = {"FeatureCollection", "Feature", "GeometryCollection", "Point", "MultiPoint", "LineString",
            "MultiLineString", "Polygon", "MultiPolygon"}  # fmt: skip


def geojson(file: Path, view: View) -> Own:
    """Read a GeoJSON (RFC 7946) of polygons and lines and cut it to the window.

    Raises ``MissionError`` where the file is absent or is not GeoJSON.
    """
    try:
        raw = json.loads(file.read_text(encoding="utf-8-sig"))
        features = raw["features"] if raw["type"] == "FeatureCollection" else [raw]
        if raw["type"] not in _GEOJSON:
            raise ValueError(f"no such type: {raw['type']}")
        own = Own([], [])
        for feature in features:
            geometry = feature.get("geometry", feature) or {}
            _take(own, feature.get("properties") or {}, geometry, view)
    except FileNotFoundError:
        raise MissionError(
            [Problem(str(file), "a GeoJSON file; there is none", remedy="correct mission.toml")]
        ) from None
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise MissionError([Problem(str(file), f"GeoJSON (RFC 7946): {error}")]) from error
    return own


TWIN_KM = 25.0
"""A river of an overlay this near to one of the basemap is the same river, and is drawn once."""


def without_twins(own: Own, view: View) -> Own:
    """Leave out the stretches of an overlay's rivers and lakes that the basemap already shows."""
    known = [np.array(part) for part in layers(view).river]
    if not known:
        return own
    near = np.concatenate([_dense(part) for part in known])
    lines = []
    for properties, parts in own.lines:
        if properties.get("kind") != "river":
            lines.append((properties, parts))
            continue
        kept: list[list[Pixel]] = []
        for part in parts:
            away = np.array([np.hypot(*(near - point).T).min() for point in part]) * view.km
            runs = np.split(np.arange(len(part)), np.flatnonzero(np.diff(away > TWIN_KM)) + 1)
            kept += [[part[at] for at in run] for run in runs if away[run[0]] > TWIN_KM and len(run) > 1]
        lines.append((properties, kept))
    return Own(own.areas, lines)


def _dense(part: Floats) -> Floats:
    """Points along a line, two user units apart at most."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(part, axis=0).T))])
    at = np.linspace(0.0, along[-1], max(int(along[-1] / 2), 2))
    return np.stack([np.interp(at, along, part[:, 0]), np.interp(at, along, part[:, 1])], axis=1)


def _take(own: Own, properties: dict[str, Any], geometry: dict[str, Any], view: View) -> None:
    kind, given = geometry.get("type", ""), geometry.get("coordinates", [])
    if kind in ("Polygon", "MultiPolygon"):
        polygons = [given] if kind == "Polygon" else given
        rings = [clip_ring(_lonlat(view, ring), view) for polygon in polygons for ring in polygon]
        own.areas.append((properties, [thin(ring) for ring in rings if len(ring) > 2]))
    elif kind in ("LineString", "MultiLineString"):
        parts = [given] if kind == "LineString" else given
        cut = [thin(piece) for part in parts for piece in clip_line(_lonlat(view, part), view)]
        own.lines.append((properties, cut))


def _lonlat(view: View, pairs: Sequence[Sequence[float]]) -> Floats:
    lon, lat = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return _pixels(view, np.asarray(lat, float), np.asarray(lon, float))
