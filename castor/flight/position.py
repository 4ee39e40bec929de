"""Positions as they are written on a radio pad: decimal degrees, degrees-minutes-seconds, or an MGRS grid reference.

MGRS and UTM follow NGA.STND.0037; the transverse Mercator series is Krüger's to sixth order in the third flattening
(Karney 2011, J. Geodesy 85), good to far better than a metre inside a zone.
"""

from __future__ import annotations

import math
import re

_A = 6378137.0
_F = 1 / 298.257223563
_N = _F / (2 - _F)
_K0 = 0.9996
_RECTIFYING = _A / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64 + _N**6 / 256)
_BETA = (
    _N / 2 - 2 / 3 * _N**2 + 37 / 96 * _N**3 - _N**4 / 360,
    _N**2 / 48 + _N**3 / 15 - 437 / 1440 * _N**4,
    17 / 480 * _N**3 - 37 / 840 * _N**4,
    4397 / 161280 * _N**4,
)
_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_ROWS = "ABCDEFGHJKLMNPQRSTUV"
_COLUMNS = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")
_MGRS = re.compile(r"^(\d{1,2})([C-HJ-NP-X])([A-HJ-NP-Z])([A-HJ-NP-V])((?:\d\d){0,5})$")
_NUMBER = r"(\d+(?:[.,]\d+)?)"
_DMS = re.compile(
    rf"^([NS])?\s*([+-])?{_NUMBER}\s*[°d:\s]?\s*(?:{_NUMBER}\s*['′m:\s]?\s*)?(?:{_NUMBER}\s*[\"″s]?\s*)?([NSEWO])?$",
    re.I,
)


def parse_position(text: str) -> tuple[float, float]:
    """Read a position and return (latitude, longitude) in degrees, WGS 84.

    Accepts ``16.2717, -0.0447``, ``16.2717N 0.0447W``, ``16°16'18"N 000°02'41"W`` (``O`` for *ouest* too) and MGRS
    such as ``30QZC 15 99`` or ``30QZC1573299487``; an MGRS reference stands for the middle of its square.

    Raises ``ValueError`` with what was expected.
    """
    compact = re.sub(r"\s+", "", text).upper()
    grid = _MGRS.match(compact)
    if grid:
        return _from_mgrs(int(grid[1]), grid[2], grid[3], grid[4], grid[5])
    parts = _split_pair(text.strip())
    if parts is None:
        raise ValueError(f'"{text}" is not a position: expected "16.2717, -0.0447", "16°16\'18"N 0°02\'41"W" or MGRS')
    lat, lon = _angle(parts[0], "NS"), _angle(parts[1], "EWO")
    if not -90 <= lat <= 90 or not -180 <= lon <= 180:
        raise ValueError(f'"{text}": latitude must lie in -90..90 and longitude in -180..180')
    return lat, lon


def _split_pair(text: str) -> tuple[str, str] | None:
    hemisphere = re.match(r"^(.*?[NS])[\s,;]*(.*[EWO])$", text, re.I | re.S)
    if hemisphere and hemisphere[1].strip() and hemisphere[2].strip():
        return hemisphere[1].strip(), hemisphere[2].strip()
    for separator in (";", ", ", ",", None):
        parts = [part.strip() for part in text.split(separator) if part.strip()]
        if len(parts) == 2:
            return parts[0], parts[1]
    return None


def _angle(text: str, letters: str) -> float:
    found = _DMS.match(text.strip())
    if not found or (found[6] and found[6].upper() not in letters) or (found[1] and "N" not in letters):
        raise ValueError(f'"{text}" is not an angle with one of {", ".join(letters)}')
    degrees, minutes, seconds = (float((found[k] or "0").replace(",", ".")) for k in (3, 4, 5))
    if minutes >= 60 or seconds >= 60:
        raise ValueError(f'"{text}": minutes and seconds must be below 60')
    value = degrees + minutes / 60 + seconds / 3600
    negative = found[2] == "-" or (found[6] or found[1] or "").upper() in ("S", "W", "O")
    return -value if negative else value


def _from_mgrs(zone: int, band: str, column: str, row: str, digits: str) -> tuple[float, float]:
    if not 1 <= zone <= 60:
        raise ValueError(f"MGRS zone {zone}: expected 1 to 60")
    columns = _COLUMNS[(zone - 1) % 3]
    if column not in columns:
        raise ValueError(
            f"MGRS square {column}{row} does not exist in zone {zone}: the first letter is one of {columns}"
        )
    size = 10 ** (5 - len(digits) // 2)
    half = len(digits) // 2
    easting = (columns.index(column) + 1) * 100_000 + (int(digits[:half]) * size if half else 0) + size / 2
    offset = 0 if zone % 2 else 5
    northing = ((_ROWS.index(row) - offset) % 20) * 100_000 + (int(digits[half:]) * size if half else 0) + size / 2
    south = band < "N"
    floor = _band_northing(band)
    while northing + size / 2 < floor:
        northing += 2_000_000
    lat, lon = _from_utm(zone, easting, northing, south)
    low = -80 + 8 * _BANDS.index(band)
    high = low + (12 if band == "X" else 8)
    if not low - 0.95 <= lat <= high + 0.95:
        raise ValueError(
            f"MGRS square {zone}{band} {column}{row} does not exist: the row letter lies outside band {band}"
        )
    return lat, lon


def _band_northing(band: str) -> float:
    lat = math.radians(-80 + 8 * _BANDS.index(band))
    arc = _RECTIFYING * _K0 * _rectifying_latitude(lat)
    if band < "N":
        return arc + 9_900_000  # a parallel bends away from the equator by up to 1 km towards the edges of its zone
    return max(arc - 100_000, 0.0)


def _rectifying_latitude(lat: float) -> float:
    n = _N
    return lat + sum(
        c * math.sin(2 * (k + 1) * lat)
        for k, c in enumerate((-3 / 2 * n + 9 / 16 * n**3, 15 / 16 * n**2, -35 / 48 * n**3))
    )


def _from_utm(zone: int, easting: float, northing: float, south: bool) -> tuple[float, float]:
    xi = (northing - (10_000_000 if south else 0)) / (_K0 * _RECTIFYING)
    eta = (easting - 500_000) / (_K0 * _RECTIFYING)
    xi_p = xi - sum(b * math.sin(2 * (j + 1) * xi) * math.cosh(2 * (j + 1) * eta) for j, b in enumerate(_BETA))
    eta_p = eta - sum(b * math.cos(2 * (j + 1) * xi) * math.sinh(2 * (j + 1) * eta) for j, b in enumerate(_BETA))
    tau_p = math.sin(xi_p) / math.hypot(math.sinh(eta_p), math.cos(xi_p))
    e = math.sqrt(_F * (2 - _F))
    tau = tau_p
    for _ in range(6):
        sigma = math.sinh(e * math.atanh(e * tau / math.hypot(1, tau)))
        f = tau * math.hypot(1, sigma) - sigma * math.hypot(1, tau) - tau_p
        slope = (math.hypot(1, sigma) * math.hypot(1, tau) - sigma * tau) * (1 - e * e) * math.hypot(1, tau)
        tau -= f / (slope / (1 + (1 - e * e) * tau * tau))
    lon = zone * 6 - 183 + math.degrees(math.atan2(math.sinh(eta_p), math.cos(xi_p)))
    return math.degrees(math.atan(tau)), lon
