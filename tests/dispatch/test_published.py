"""Dispatch against the values in ``tests/published/dispatch.csv``, by the benchmark that prints them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "published_dispatch", ROOT / "benchmarks" / "published" / "dispatch.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_larson_and_odoni(shared: Path, bench: ModuleType) -> None:
    values = list(bench.larson_odoni(shared / "data"))
    assert len(values) == 9
    assert bench.compare("larson_odoni", iter(values))


def test_twelve_zones_optimum_over_closest_with_closed_bounds(shared: Path, bench: ModuleType) -> None:
    given = bench.tables(shared / "data")
    for between in (30.0, 60.0):
        values = list(bench.solve("12 zones", given, between))
        assert len(values) == 2
        assert bench.compare("twelve_zones", iter(values))


def test_more_zones_are_drawn_from_the_twelve(shared: Path, bench: ModuleType) -> None:
    given = bench.extended(bench.tables(shared / "data"), 34)
    assert {name: table.shape for name, table in given.items()} == {"AR": (34, 3), "RT": (34, 4), "ST": (34, 4)}
    assert (given["ST"] >= given["RT"]).all()
    assert bench.lower(given, 30.0).states == 35**4
