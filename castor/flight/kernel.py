"""Compiled loops of the flight room: geodesic distance of many pairs, and the best way there and back with fuel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from castor.kernel import njit, prange

EARTH_KM = 6378.137
FLATTENING = 1 / 298.257223563


@njit(cache=True, nogil=True, inline="always")
def _pair(theta1: float, lam1: float, theta2: float, lam2: float) -> float:
    """Distance in km of two points given by reduced latitude and longitude in radians (Thomas 1970)."""
    half = 0.5 * (theta2 - theta1)
    mean = 0.5 * (theta1 + theta2)
    turn = math.sin(0.5 * (lam2 - lam1))
    sin_m, sin_h = math.sin(mean), math.sin(half)
    sin2_m, sin2_h = sin_m * sin_m, sin_h * sin_h
    cos2_m, cos2_h = 1.0 - sin2_m, 1.0 - sin2_h
    part = sin2_h + (cos2_m - sin2_h) * turn * turn
    if part < 1e-18:
        return 0.0
    rest = 1.0 - part
    if rest < 1e-12:
        return math.pi * EARTH_KM * (1.0 - 0.5 * FLATTENING)
    d = 2.0 * math.asin(math.sqrt(part))
    sin_d, cos_d = 2.0 * math.sqrt(part * rest), 1.0 - 2.0 * part
    u, v = 2.0 * sin2_m * cos2_h / rest, 2.0 * sin2_h * cos2_m / part
    x, y, t = u + v, u - v, d / sin_d
    big_d, e = 4.0 * t * t, 2.0 * cos_d
    a = big_d * e
    n = x * (a + (t - 0.5 * (a - e)) * x) - y * (2.0 * big_d + e * y) + big_d * x * y
    return EARTH_KM * sin_d * (t - FLATTENING * (t * x - y) / 4.0 + FLATTENING * FLATTENING * n / 64.0)


@njit(cache=True, nogil=True)
def reduced(lat: Any) -> Any:
    """Reduced latitude in radians of latitudes in degrees."""
    out = np.empty(lat.size)
    for i in range(lat.size):
        out[i] = math.atan((1.0 - FLATTENING) * math.tan(math.radians(lat[i])))
    return out


@njit(cache=True, nogil=True)
def pairs_km(lat1: Any, lon1: Any, lat2: Any, lon2: Any) -> Any:
    """Distance in km of pairs of points; flat arrays in degrees, all of one size."""
    out = np.empty(lat1.size)
    for i in range(lat1.size):
        theta1 = math.atan((1.0 - FLATTENING) * math.tan(math.radians(lat1[i])))
        theta2 = math.atan((1.0 - FLATTENING) * math.tan(math.radians(lat2[i])))
        out[i] = _pair(theta1, math.radians(lon1[i]), theta2, math.radians(lon2[i]))
    return out


@njit(cache=True, nogil=True, parallel=True)
def all_pairs_km(lat1: Any, lon1: Any, lat2: Any, lon2: Any) -> Any:
    """Distance in km of every point of the first list (P) to every point of the second (C): (P, C)."""
    out = np.empty((lat1.size, lat2.size))
    theta1, theta2 = reduced(lat1), reduced(lat2)
    lam1, lam2 = np.radians(lon1), np.radians(lon2)
    for c in prange(lat2.size):
        for p in range(lat1.size):
            out[p, c] = _pair(theta1[p], lam1[p], theta2[c], lam2[c])
    return out


@njit(cache=True, nogil=True, parallel=True)
def there_and_back(km: Any, between: Any, onward: Any, fuel: Any, numbers: Any) -> Any:
    """Quickest way from each place (P) to each point (C) and on to a destination, refuelling where there is fuel.

    ``km`` (P, C) flown distance place to point; ``between`` (P, P) minutes place to place, refuel stops on the way
    included but not the one at the end; ``onward`` (P,) minutes from a place, tanks full, to the nearest destination
    (0 at a destination); ``fuel`` (P,) whether a place has fuel. ``numbers``: usable range in km, km a minute, fixed
    minutes per leg, minutes of a refuelling stop. Returns (2, P, C): minutes out to the point, minutes from it to the
    destination; infinity where there is no way.
    """
    reach, speed, fixed, stop = numbers
    size, points = km.shape
    out = np.full((2, size, points), np.inf)
    for c in prange(points):
        back = np.full(size, np.inf)
        for a in range(size):
            for b in range(size):
                if km[a, c] + km[b, c] > reach or onward[b] == np.inf:
                    continue
                if onward[b] > 0.0 and not fuel[b]:
                    continue
                minutes = km[b, c] / speed + fixed + (onward[b] + stop if onward[b] > 0.0 else 0.0)
                back[a] = min(back[a], minutes)
        for p in range(size):
            best = np.inf
            for a in range(size):
                if back[a] == np.inf or (a != p and not fuel[a]):
                    continue
                go = km[a, c] / speed + fixed
                if a != p:
                    go += between[p, a] + stop
                if go + back[a] < best:
                    best = go + back[a]
                    out[0, p, c] = go
                    out[1, p, c] = back[a]
    return out
