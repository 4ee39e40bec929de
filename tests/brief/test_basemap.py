"""The basemap: size, projection, clipping, disputed boundaries, a mission's own layer."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from castor.brief.basemap import View, clip_line, clip_ring, geojson, layers, thin, world
from castor.errors import MissionError

VIEW = View(lat=16.4, lon=-1.5, km=2.0, width=1000, height=700)


def test_the_file_is_small_and_whole() -> None:
    raw = files("castor.brief").joinpath("basemap.json").read_text(encoding="utf-8")
    assert len(raw.encode()) < 300_000
    earth = world()
    assert len(earth.lon) == len(earth.kinds)
    assert len(earth.countries) > 230
    assert all(np.abs(lon).max() <= 180.01 for lon in earth.lon)


@pytest.mark.parametrize(("lat", "lon"), [(16.4, -1.5), (20.2, 1.0), (12.5, -8.0), (44.1, -77.5)])
def test_projection_keeps_distance_from_the_centre_and_comes_back(lat: float, lon: float) -> None:
    x, y = VIEW.point(lat, lon)
    away = np.hypot(x - 500, y - 350) * VIEW.km
    a, b, c = np.radians([VIEW.lat, lat, lon - VIEW.lon])
    great = 6371.0088 * np.arccos(np.clip(np.sin(a) * np.sin(b) + np.cos(a) * np.cos(b) * np.cos(c), -1, 1))
    assert away == pytest.approx(great, abs=1e-3)
    back = VIEW.inverse(x, y)
    assert (float(back[0]), float(back[1])) == pytest.approx((lat, lon), abs=1e-6)


def _names(lat: float, lon: float, km: float = 2.0) -> list[str]:
    return [name.en for name, _ in layers(View(lat=lat, lon=lon, km=km, width=800, height=600)).land]


def test_any_region_of_the_world_is_there() -> None:
    assert {"Mali", "Niger", "Algeria", "Burkina Faso"} <= set(_names(16.4, -1.5))
    assert "Fiji" in _names(-17.5, 179.0)
    assert "Canada" in _names(60, -100)
    assert "Antarctica" in _names(-80, 0)
    assert {"Chile", "Argentina"} <= set(_names(-50, -70))


def test_disputed_boundaries_are_told_apart() -> None:
    assert layers(View(lat=27, lon=-10, km=1.5, width=800, height=600)).disputed
    assert layers(View(lat=35, lon=76, km=1.0, width=800, height=600)).disputed
    assert not layers(VIEW).disputed


def test_the_niger_is_drawn() -> None:
    gao = np.array(VIEW.point(16.27, -0.06))
    river = np.concatenate([np.array(part) for part in layers(VIEW).river])
    assert np.hypot(*(river - gao).T).min() * VIEW.km < 15


def test_clipping_keeps_to_the_window() -> None:
    across = np.array([[-500.0, 350.0], [1500.0, 350.0]])
    assert clip_line(across, VIEW) == [[(-3.0, 350.0), (1003.0, 350.0)]]
    assert clip_line(across + (0, 1000), VIEW) == []
    ring = clip_ring(np.array([[-500.0, -500.0], [1500.0, -500.0], [1500.0, 1500.0], [-500.0, 1500.0]]), VIEW)
    assert np.array(ring).min() == -6.0
    assert np.array(ring).max() == pytest.approx(1006.0)


def test_a_missions_own_layer(tmp_path: Path) -> None:
    square = [[[-2, 15], [0, 15], [0, 17], [-2, 17], [-2, 15]]]
    features = [
        {
            "type": "Feature",
            "properties": {"kind": "disputed"},
            "geometry": {"type": "LineString", "coordinates": square[0]},
        },
        {"type": "Feature", "properties": None, "geometry": {"type": "Polygon", "coordinates": square}},
        {"type": "Feature", "properties": {}, "geometry": None},
    ]
    file = tmp_path / "own.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    own = geojson(file, VIEW)
    assert len(own.areas) == 1
    assert own.lines[0][0]["kind"] == "disputed"
    file.write_text('{"type": "FeatureCollection"}', encoding="utf-8")
    with pytest.raises(MissionError, match="GeoJSON"):
        geojson(file, VIEW)
    with pytest.raises(MissionError, match="there is none"):
        geojson(tmp_path / "absent.geojson", VIEW)


def test_thinning_keeps_the_ends_and_every_corner_that_can_be_seen() -> None:
    wave = [(float(x), 0.4 * (x % 2)) for x in range(11)]
    assert thin(wave) == [wave[0], wave[-1]]
    corner = [(0.0, 0.0), (5.0, 0.1), (10.0, 0.0), (10.0, 8.0)]
    assert thin(corner) == [corner[0], corner[2], corner[3]]
    ring = [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 0.0)]
    assert thin(ring) == ring
