"""GeoJSON (RFC 7946) for QGIS and the web: places, legs with their times, standby, posture, reach, incidents.

Every feature says what it is in ``feature`` and carries the columns of its row under their own names.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from castor.export.reach import Area
from castor.export.track import check_places, track
from castor.export.words import iso
from castor.flight.plan import Plan
from castor.mission.model import Mission, columns

_DIGITS = 6


def geojson(
    mission: Mission, plan: Plan | None = None, *, posture: Sequence[str] = (), reach: Sequence[Area] = ()
) -> bytes:
    """Return a feature collection of a mission, with a plan, an ordered posture and outlines of reach if given.

    Raises ``MissionError`` if the plan names a place that the mission has not.
    """
    features = [_feature("place", _at(place.lat, place.lon), _row(place), place.id) for place in mission.places]
    features += [
        _feature("incident", _at(one.lat, one.lon), _row(one), f"incident {one.id}") for one in mission.incidents
    ]
    for rank, name in enumerate(posture, start=1):
        place = mission.place[name]
        features.append(_feature("posture", _at(place.lat, place.lon), {"rank": rank, "place": name}))
    features += [_reach(area) for area in reach]
    if plan is not None:
        check_places(mission, plan)
        for flight in plan.flights:
            moments, points = track(mission, flight)
            said = {**_row(flight), "times": [iso(moment) for moment in moments]}
            features.append(_feature("flight", _line(points), said))
        for wait in plan.standby:
            place = mission.place[wait.place]
            features.append(_feature("standby", _at(place.lat, place.lon), _row(wait)))
    document = {"type": "FeatureCollection", "name": mission.name, "features": features}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def _feature(what: str, geometry: Mapping[str, Any], said: Mapping[str, Any], key: str = "") -> dict[str, Any]:
    feature: dict[str, Any] = {"type": "Feature", "geometry": geometry, "properties": {"feature": what, **said}}
    return {**feature, "id": key} if key else feature


def _row(row: Struct) -> dict[str, Any]:
    """Return the columns of a row that hold something, by their names in the file."""
    found = {}
    for column in columns(type(row)):
        value = getattr(row, column.field)
        if value in (None, "") or column.name in ("lat", "lon"):
            continue
        if isinstance(value, dt.datetime):
            value = iso(value)
        found[column.name] = value.isoformat() if isinstance(value, dt.date) else value
    return found


def _at(lat: float, lon: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [round(lon, _DIGITS), round(lat, _DIGITS)]}


def _line(points: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Make a line; one that crosses the 180th meridian is cut there, as the standard asks."""
    parts: list[list[list[float]]] = [[]]
    for at, (lat, lon) in enumerate(points):
        if at and abs(lon - points[at - 1][1]) > 180:
            before_lat, before_lon = points[at - 1]
            side = 180.0 if before_lon > 0 else -180.0
            across = lon + 2 * side
            share = (side - before_lon) / (across - before_lon) if across != before_lon else 0.5
            cut = round(before_lat + share * (lat - before_lat), _DIGITS)
            parts[-1].append([side, cut])
            parts.append([[-side, cut]])
        parts[-1].append([round(lon, _DIGITS), round(lat, _DIGITS)])
    if len(parts) == 1:
        return {"type": "LineString", "coordinates": parts[0]}
    return {"type": "MultiLineString", "coordinates": parts}


def _reach(area: Area) -> dict[str, Any]:
    said = {"place": area.place, "target": area.target, "minutes": area.minutes, "night": area.night}
    lon = np.unwrap(area.lon, period=360.0)
    ring = [(float(o), float(a)) for o, a in zip(lon, area.lat)]
    for side in (180.0, -180.0):
        if (lon > side).any() and (lon < side).any():
            parts = [_side(ring, side, east=east) for east in (False, True)]
            return _feature("reach", {"type": "MultiPolygon", "coordinates": [[_closed(part)] for part in parts]}, said)
    return _feature("reach", {"type": "Polygon", "coordinates": [_closed(ring)]}, said)


def _closed(ring: Sequence[tuple[float, float]]) -> list[list[float]]:
    """A ring as the standard wants it: longitudes within 180 degrees, the first point again at the end."""
    middle = sum(lon for lon, _ in ring) / len(ring)
    turn = 360.0 * round(middle / 360.0)
    points = [[round(lon - turn, _DIGITS), round(lat, _DIGITS)] for lon, lat in ring]
    return [*points, points[0]]


def _side(ring: Sequence[tuple[float, float]], side: float, *, east: bool) -> list[tuple[float, float]]:
    """The part of a ring on one side of a meridian, cut along it (Sutherland and Hodgman 1974)."""
    kept: list[tuple[float, float]] = []
    for (lon, lat), (before, then) in zip(ring, [ring[-1], *ring[:-1]]):
        if (lon > side) != (before > side):
            kept.append((side, then + (side - before) / (lon - before) * (lat - then)))
        if (lon > side) == east:
            kept.append((lon, lat))
    return kept
