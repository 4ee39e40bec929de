"""Distance, direction, projection and sun: the geometry of a theatre, vectorised.

Distances are geodesic on WGS 84 by the second-order formula of Andoyer, Lambert and Thomas (P. D. Thomas, *Spheroidal
Geodesics, Reference Systems and Local Geometry*, US Naval Oceanographic Office SP-138, 1970), which stays within a
metre or two of the exact geodesic on legs up to 10,000 km; near the antipode it is not to be used. Directions, points
on the way and the projection are on the sphere: they draw maps. The sun follows NOAA's solar calculator (Meeus 1991).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
MEAN_RADIUS_KM = 6371.0088
HORIZON_DEG = 0.833
"""The sun's centre stands this far below the horizon at sunrise: refraction and half its disc."""


_FEW = 20_000
"""Fewer pairs than this are done sooner by one thread than threads are woken."""


def distance_km(lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike) -> Any:
    """Geodesic distance in km; arguments in degrees, broadcast against each other; a float for four numbers."""
    from castor.flight.kernel import pairs_km

    parts = np.broadcast_arrays(*(np.asarray(part, np.float64) for part in (lat1, lon1, lat2, lon2)))
    flat = (np.array(part, order="C").ravel() for part in parts)  # copies: numpy warns of broadcast arrays handed on
    out = pairs_km(*flat).reshape(parts[0].shape)
    return float(out) if out.ndim == 0 else out


def matrix_km(lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike) -> Floats:
    """Geodesic distance in km of every point of the first list (P) to every point of the second (C): (P, C)."""
    from castor.flight.kernel import all_pairs_km

    if np.size(lat1) * np.size(lat2) < _FEW:
        few: Floats = distance_km(
            *(np.atleast_1d(part)[:, None] for part in (lat1, lon1)), *map(np.atleast_1d, (lat2, lon2))
        )
        return few
    flat = (np.atleast_1d(np.ascontiguousarray(part, dtype=np.float64)) for part in (lat1, lon1, lat2, lon2))
    out: Floats = all_pairs_km(*flat)
    return out


def bearing_deg(lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike) -> Any:
    """Initial true course from the first point to the second, degrees clockwise from north, 0 <= course < 360."""
    a, b, turn = np.radians(lat1), np.radians(lat2), np.radians(np.subtract(lon2, lon1))
    east = np.sin(turn) * np.cos(b)
    north = np.cos(a) * np.sin(b) - np.sin(a) * np.cos(b) * np.cos(turn)
    return np.degrees(np.arctan2(east, north)) % 360.0


def intermediate(start: tuple[float, float], end: tuple[float, float], share: ArrayLike) -> tuple[Floats, Floats]:
    """Points at shares (0 to 1) of the great circle from ``start`` to ``end``, each (lat, lon): (lat, lon) arrays."""
    share = np.asarray(share, np.float64)
    a, b = _vector(*start), _vector(*end)
    angle = np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)
    if angle < 1e-12:
        return np.full(share.shape, start[0]), np.full(share.shape, start[1])
    weights = np.sin((1 - share) * angle), np.sin(share * angle)
    x, y, z = (np.multiply.outer(weights[0], a) + np.multiply.outer(weights[1], b)).T / np.sin(angle)
    return np.degrees(np.arctan2(z, np.hypot(x, y))).T, np.degrees(np.arctan2(y, x)).T


def _vector(lat: float, lon: float) -> Floats:
    a, b = np.radians(lat), np.radians(lon)
    return np.array([np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)])


def project(lat: ArrayLike, lon: ArrayLike, lat0: float, lon0: float) -> tuple[Floats, Floats]:
    """Azimuthal equidistant projection about (lat0, lon0): km east and km north; true distance from the centre."""
    a, turn, a0 = np.radians(lat), np.radians(np.subtract(lon, lon0)), np.radians(lat0)
    east = np.cos(a) * np.sin(turn)
    north = np.cos(a0) * np.sin(a) - np.sin(a0) * np.cos(a) * np.cos(turn)
    ahead = np.sin(a0) * np.sin(a) + np.cos(a0) * np.cos(a) * np.cos(turn)
    across = np.hypot(east, north)
    angle = np.arctan2(across, ahead)
    scale = MEAN_RADIUS_KM * np.divide(angle, across, out=np.ones_like(across), where=across > 1e-15)
    return np.asarray(scale * east), np.asarray(scale * north)


def unproject(x: ArrayLike, y: ArrayLike, lat0: float, lon0: float) -> tuple[Floats, Floats]:
    """Latitude and longitude in degrees of km east and north in the projection about (lat0, lon0)."""
    x, y, a0 = np.asarray(x, np.float64), np.asarray(y, np.float64), np.radians(lat0)
    rho = np.hypot(x, y)
    angle = rho / MEAN_RADIUS_KM
    unit = np.divide(np.sin(angle), rho, out=np.zeros_like(rho), where=rho > 0)
    lat = np.arcsin(np.clip(np.cos(angle) * np.sin(a0) + y * unit * np.cos(a0), -1, 1))
    lon = lon0 + np.degrees(np.arctan2(x * unit, np.cos(angle) * np.cos(a0) - y * unit * np.sin(a0)))
    return np.degrees(lat), (lon + 180.0) % 360.0 - 180.0


class Sun(Struct, frozen=True):
    """Sunrise and sunset (UTC) of a day at a place; both ``None`` where the sun does not cross the horizon."""

    rise: dt.datetime | None
    set: dt.datetime | None


def sun_times(lat: float, lon: float, date: dt.date) -> Sun:
    """Sunrise and sunset (UTC) of the solar day whose noon falls on ``date`` at the place's own longitude."""
    rise, down = sun_minutes(lat, lon, np.datetime64(date))
    midnight = dt.datetime.combine(date, dt.time())
    if np.isnan(rise):
        return Sun(None, None)
    return Sun(midnight + dt.timedelta(minutes=float(rise)), midnight + dt.timedelta(minutes=float(down)))


def sun_minutes(lat: ArrayLike, lon: ArrayLike, date: ArrayLike) -> tuple[Any, Any]:
    """Sunrise and sunset in minutes after 00:00 UTC of ``date`` (datetime64), broadcast; may lie outside 0-1440.

    Not a number where the sun stays up or down all day.
    """
    lat, lon = np.asarray(lat, np.float64), np.asarray(lon, np.float64)
    day = np.asarray(date, "datetime64[D]").astype(np.float64)
    found = []
    for sign in (-1.0, 1.0):
        minute = 720.0 - 4.0 * lon + np.zeros(np.broadcast_shapes(lat.shape, lon.shape, day.shape))
        for _ in range(3):  # the declination and equation of time are those of the moment itself
            declination, equation = _sun(day + minute / 1440.0)
            a = np.radians(lat)
            cosine = (-np.sin(np.radians(HORIZON_DEG)) - np.sin(a) * np.sin(declination)) / (
                np.cos(a) * np.cos(declination)
            )
            hour = np.degrees(np.arccos(np.where(np.abs(cosine) <= 1, cosine, np.nan)))
            minute = 720.0 - 4.0 * lon - equation + sign * 4.0 * hour
        found.append(minute)
    return found[0], found[1]


def sun_elevation_deg(lat: ArrayLike, lon: ArrayLike, moment: ArrayLike | dt.datetime) -> Any:
    """Height of the sun's centre above the horizon without refraction, degrees; moments as datetime64 (UTC)."""
    lat, lon = np.asarray(lat, np.float64), np.asarray(lon, np.float64)
    days = np.asarray(moment, "datetime64[ms]").astype(np.float64) / 86_400_000.0
    declination, equation = _sun(days)
    hour = np.radians((days % 1.0) * 360.0 - 180.0 + lon + equation / 4.0)
    a = np.radians(lat)
    return np.degrees(np.arcsin(np.sin(a) * np.sin(declination) + np.cos(a) * np.cos(declination) * np.cos(hour)))


def is_night(lat: ArrayLike, lon: ArrayLike, moment: ArrayLike | dt.datetime) -> Any:
    """Whether it is night, from sunset to sunrise, at each place and moment (datetime or datetime64, UTC)."""
    return sun_elevation_deg(lat, lon, moment) < -HORIZON_DEG


def _sun(days: Floats) -> tuple[Floats, Floats]:
    """Declination in radians and equation of time in minutes, for days since 1970-01-01 00:00 UTC."""
    t = (days - 10957.5) / 36525.0  # Julian centuries since 2000-01-01 12:00
    mean = np.radians((280.46646 + t * (36000.76983 + t * 0.0003032)) % 360.0)
    anomaly = np.radians(357.52911 + t * (35999.05029 - 0.0001537 * t))
    eccentricity = 0.016708634 - t * (0.000042037 + 0.0000001267 * t)
    centre = np.radians(
        np.sin(anomaly) * (1.914602 - t * (0.004817 + 0.000014 * t))
        + np.sin(2 * anomaly) * (0.019993 - 0.000101 * t)
        + np.sin(3 * anomaly) * 0.000289
    )
    node = np.radians(125.04 - 1934.136 * t)
    longitude = mean + centre - np.radians(0.00569 + 0.00478 * np.sin(node))
    tilt = np.radians(23.439291 - 0.0130042 * t + 0.00256 * np.cos(node))
    declination = np.arcsin(np.sin(tilt) * np.sin(longitude))
    y = np.tan(tilt / 2) ** 2
    equation = 4 * np.degrees(
        y * np.sin(2 * mean)
        - 2 * eccentricity * np.sin(anomaly)
        + 4 * eccentricity * y * np.sin(anomaly) * np.cos(2 * mean)
        - 0.5 * y * y * np.sin(4 * mean)
        - 1.25 * eccentricity**2 * np.sin(2 * anomaly)
    )
    return declination, equation
