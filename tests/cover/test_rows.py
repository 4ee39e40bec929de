"""The cover pass against a plain twin, at the boundary, for many sites and for any number of cores."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from castor.cover.rows import merge
from castor.cover.rules import EARTH_KM, Evacuation, GreatCircle, Minutes, Plane
from castor.errors import MissionError


def haversine(a: np.ndarray, b: np.ndarray) -> float:
    """The plain twin: kilometres between two (lat, lon) in degrees."""
    f1, f2 = math.radians(a[0]), math.radians(b[0])
    u, v = math.sin(0.5 * (f2 - f1)), math.sin(0.5 * math.radians(b[1] - a[1]))
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, u * u + math.cos(f1) * math.cos(f2) * v * v)))


def _columns(rows, point: int) -> list[int]:
    row = rows.row_of[point]
    return rows.column[rows.start[row] : rows.start[row + 1]].tolist()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 7, 64, 65, 130]), st.floats(1.0, 15_000.0))
def test_every_point_has_the_sites_of_its_twin(seed: int, sites: int, radius: float) -> None:
    random = np.random.default_rng(seed)
    points = np.column_stack([random.uniform(-90, 90, 30), random.uniform(-180, 180, 30)])
    to = np.column_stack([random.uniform(-90, 90, sites), random.uniform(-180, 180, sites)])
    rows = merge(GreatCircle(points, to), radius)
    for i in range(30):
        assert _columns(rows, i) == [j for j in range(sites) if haversine(points[i], to[j]) <= radius]


@pytest.mark.parametrize("scale", [0.05, 1.0, 400.0, 9000.0])
def test_the_boundary_is_exactly_that_of_the_haversine(scale: float) -> None:
    random = np.random.default_rng(3)
    to = np.array([[14.0, -3.0]])
    points = to + random.uniform(-1, 1, (400, 2)) * scale / 222.0
    points = np.clip(points, -89, 89)
    exact = np.array([haversine(p, to[0]) for p in points])
    for radius, covered in ((exact, True), (np.nextafter(exact, 0.0), False)):
        rows = merge(GreatCircle(points, to), radius)
        assert (rows.size[rows.row_of] == 1).all() == covered
        assert (rows.size[rows.row_of] == 0).all() != covered


def test_grid_points_at_the_radius_are_covered_in_the_plane() -> None:
    side = np.arange(-20.0, 21.0)
    points = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    rows = merge(Plane(points, [[0.0, 0.0], [3.0, 4.0]]), 5.0)
    for i, (x, y) in enumerate(points):
        want = [j for j, d in enumerate((x * x + y * y, (x - 3) ** 2 + (y - 4) ** 2)) if d <= 25.0]
        assert _columns(rows, i) == want


def test_rows_add_up_and_do_not_depend_on_the_cores() -> None:
    random = np.random.default_rng(0)
    points, to = random.uniform(0, 30, (300_000, 2)), random.uniform(0, 30, (20, 2))
    weight = random.uniform(0, 1, 300_000)
    one, two = (merge(Plane(points, to), 5.0, weight, threads=n) for n in (1, 2))
    assert (one.weight == two.weight).all()
    assert (one.column == two.column).all()
    assert (one.row_of == two.row_of).all()
    assert one.count.sum() == 300_000
    assert one.weight.sum() == pytest.approx(weight.sum())
    assert np.bincount(one.row_of, weight) == pytest.approx(one.weight)
    assert (np.diff(one.first) > 0).all()
    assert (one.row_of[one.first] == np.arange(one.weight.size)).all()
    assert one.weight.size <= 20 * 20 - 20 + 2


def test_a_thousand_sites() -> None:
    random = np.random.default_rng(0)
    points, to = random.uniform(0, 30, (2000, 2)), random.uniform(0, 30, (1000, 2))
    rows = merge(Plane(points, to), 2.0)
    near = np.hypot(points[:, None, 0] - to[None, :, 0], points[:, None, 1] - to[None, :, 1]) <= 2.0
    assert [_columns(rows, i) for i in range(2000)] == [np.flatnonzero(n).tolist() for n in near]


def test_minutes_are_fixed_time_and_flight() -> None:
    points, to = np.array([[16.0, 0.0], [17.0, 0.0], [18.0, 0.0]]), np.array([[16.0, 0.0], [16.5, 0.0]])
    fixed = np.array([15.0, 30.0])
    rule = Minutes(points, to, cruise_kt=120.0, fixed_min=fixed, route_factor=1.1)
    limit = np.array([20.0, 45.0, 80.0])
    rows = merge(rule, limit)
    for i in range(3):
        minutes = [fixed[j] + 60 * 1.1 * haversine(points[i], to[j]) / (120.0 * 1.852) for j in range(2)]
        assert _columns(rows, i) == [j for j in range(2) if minutes[j] <= limit[i]]


def test_the_whole_clock_ends_at_the_nearest_surgery() -> None:
    random = np.random.default_rng(2)
    points = np.column_stack([random.uniform(13, 19, 50), random.uniform(-6, 3, 50)])
    to, surgery = points[:4] + 0.3, points[10:12]
    rule = Evacuation(points, to, surgery, cruise_kt=140.0, fixed_min=20.0, ground_min=10.0, care_min=75.0)
    rows = merge(rule, 150.0)
    pace = 60 / (140.0 * 1.852)
    for i in range(50):
        out = [20.0 + pace * haversine(points[i], to[j]) for j in range(4)]
        back = 10.0 + pace * min(haversine(points[i], h) for h in surgery)
        assert _columns(rows, i) == [j for j in range(4) if out[j] <= 75.0 and out[j] + back <= 150.0]


def test_points_in_blocks_are_the_same_as_points_at_once() -> None:
    random = np.random.default_rng(4)
    points, to = random.uniform(0, 30, (150_000, 2)), random.uniform(0, 30, (9, 2))
    weight = random.uniform(0, 1, 150_000)

    class Stream:
        def __iter__(self):
            for a in range(0, 150_000, 40_000):
                yield points[a : a + 40_000], weight[a : a + 40_000]

    whole, parts = merge(Plane(points, to), 7.0, weight), merge(Plane(Stream(), to), 7.0)
    assert (whole.row_of == parts.row_of).all()
    assert parts.weight == pytest.approx(whole.weight)
    assert parts.points == 150_000


def test_an_empty_stream_is_refused() -> None:
    with pytest.raises(MissionError, match="at least one"):
        merge(Plane(iter(()), [[0.0, 0.0]]), 1.0)
