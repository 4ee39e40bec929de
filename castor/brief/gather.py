"""Many incidents as few: a million points gathered into cells, so that the page can reckon with them and draw them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from castor.cover.demand import recorded
from castor.mission.model import Incident, Mission

KM_PER_DEGREE = 111.195
"""A degree of latitude on the sphere."""
_SIDES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


def gathered(mission: Mission, most: int) -> tuple[Mission, float]:
    """The mission with its recorded violence in at most about ``most`` points, and the side of their cells in km.

    Each cell becomes one incident at the weighted middle of its own, with the sum of their weights; evacuations stay
    as they are. The smallest cells that do are taken: 0.02 to 5 degrees of latitude high and as wide. A mission with
    no more than ``most`` incidents comes back itself, with a side of 0.
    """
    if len(mission.incidents) <= most:
        return mission, 0.0
    kept = recorded(mission)
    if len(kept) <= most:
        return mission, 0.0
    lat, lon, weight = (np.array([getattr(i, name) for i in kept], float) for name in ("lat", "lon", "weight"))
    for side in _SIDES:
        row = np.floor(lat / side).astype(np.int64)
        wide = side / np.maximum(np.cos(np.radians((row + 0.5) * side)), 0.02)
        cells, which = np.unique(row * 1_000_000 + np.floor(lon / wide).astype(np.int64), return_inverse=True)
        if cells.size <= most:
            break
    total = np.bincount(which, weight)
    middle = (np.bincount(which, weight * lat) / total, np.bincount(which, weight * lon) / total)
    rows = _rows(mission, (*middle, total))
    flown = [incident for incident in mission.incidents if incident.kind == "evacuation"]
    return msgspec.structs.replace(mission, incidents=(*flown, *rows)), side * KM_PER_DEGREE


def _rows(mission: Mission, columns: Sequence[np.ndarray]) -> list[Incident]:
    day = mission.start.isoformat()
    return [
        Incident(id=f"cell-{n}", date=day, place="", lat=float(lat), lon=float(lon), weight=float(weight))
        for n, (lat, lon, weight) in enumerate(zip(*columns))
    ]
