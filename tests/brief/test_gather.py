"""A million incidents as few cells: nothing is lost, and the page of a large mission stays small."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from castor.brief.gather import KM_PER_DEGREE, gathered
from castor.mission.model import Incident, Mission


def _many(mission: Mission, count: int) -> Mission:
    rng = np.random.default_rng(4)
    lat, lon, weight = rng.normal(16, 1.5, count), rng.normal(-1, 2, count), rng.integers(1, 9, count)
    day = mission.start.isoformat()
    rows = [
        Incident(id=f"i{n}", date=day, place="", lat=float(a), lon=float(o), weight=float(w))
        for n, (a, o, w) in enumerate(zip(lat, lon, weight))
    ]
    flown = Incident(id="e", date=day, place="x", lat=16.0, lon=0.0, kind="evacuation")
    return msgspec.structs.replace(mission, incidents=(*rows, flown))


def test_few_stay_as_they_are(small: Mission) -> None:
    assert gathered(small, 5000) == (small, 0.0)


@pytest.mark.parametrize("most", [50, 500, 4000])
def test_cells_keep_weight_middle_and_flown_evacuations(small: Mission, most: int) -> None:
    many = _many(small, 20_000)
    few, side_km = gathered(many, most)
    cells = [incident for incident in few.incidents if incident.kind == "violence"]
    points = [incident for incident in many.incidents if incident.kind == "violence"]
    assert 1 < len(cells) <= most
    total = sum(point.weight for point in points)
    assert sum(cell.weight for cell in cells) == pytest.approx(total)
    for name in ("lat", "lon"):
        middle = sum(p.weight * getattr(p, name) for p in points) / total
        assert sum(c.weight * getattr(c, name) for c in cells) / total == pytest.approx(middle)
    assert [incident.id for incident in few.incidents if incident.kind == "evacuation"] == ["e"]
    far = max(
        min(math.hypot(p.lat - c.lat, (p.lon - c.lon) * math.cos(math.radians(p.lat))) for c in cells)
        for p in points[:300]
    )
    assert far * KM_PER_DEGREE <= side_km * math.sqrt(2) * 1.01, "no point is farther from a cell than its diagonal"
    assert gathered(many, most)[0].incidents == few.incidents
