"""Published optima and best known values of covering, median and centre problems."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from castor.cover.location import mclp, p_center, p_median
from castor.cover.rules import GreatCircle, Plane

PUBLISHED = Path(__file__).resolve().parents[1] / "published"
EARTH_KM = 6378.1
"""The radius of the earth that Maximo et al. use."""


def _published(name: str) -> list[dict[str, str]]:
    with (PUBLISHED / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _graph(path: Path) -> tuple[np.ndarray, int]:
    """A pmed file: all distances by Floyd and Warshall, and p. Of an edge that comes twice the last length counts."""
    numbers = np.array(path.read_text().split(), int)
    nodes, edges, p = numbers[:3]
    table = np.full((nodes, nodes), np.inf)
    np.fill_diagonal(table, 0.0)
    for a, b, length in numbers[3 : 3 + 3 * edges].reshape(-1, 3):
        table[a - 1, b - 1] = table[b - 1, a - 1] = length
    for k in range(nodes):
        np.minimum(table, table[:, k : k + 1] + table[k : k + 1], out=table)
    return table, int(p)


def _points(path: Path) -> tuple[np.ndarray, np.ndarray]:
    text = path.read_text().split()
    first, second = text.index("NODE_COORD_SECTION") + 1, text.index("DEMAND_SECTION")
    points = np.array(text[first:second], float).reshape(-1, 2)
    return points, np.array(text[second + 1 : second + 1 + len(points)], float)


@pytest.mark.parametrize("name", ["pmed1", "pmed2", "pmed3", "pmed7"])
def test_or_library_medians_are_proven(shared: Path, name: str) -> None:
    table, p = _graph(shared / "data" / "cover" / "pmed" / f"{name}.txt")
    best = next(int(row["p_median"]) for row in _published("beasley_1985_pmed.csv") if row["instance"] == name)
    answer = p_median(table, p)
    assert answer.objective == best
    assert answer.bound == best


@pytest.mark.parametrize("name", ["pmed1", "pmed2", "pmed3", "pmed6", "pmed7", "pmed11"])
def test_or_library_centres_are_proven(shared: Path, name: str) -> None:
    table, p = _graph(shared / "data" / "cover" / "pmed" / f"{name}.txt")
    best = next(int(row["p_center"]) for row in _published("beasley_1985_pmed.csv") if row["instance"] == name)
    answer = p_center(table, p)
    assert answer.objective == best
    assert answer.bound == best


def test_new_york_in_a_moment_is_near_the_best_known_and_its_bound_holds(shared: Path) -> None:
    points, weight = _points(shared / "data" / "cover" / "maximo" / "NewYork.txt")
    rows = _published("maximo_2023_mclp.csv")
    best = next(int(row["best"]) for row in rows if row["instance"] == "NewYork" and row["p"] == "50")
    answer = mclp(GreatCircle(points, points, EARTH_KM), 50, radius=0.4, weights=weight, time_limit=10.0)
    assert 0.95 * best <= answer.objective
    assert best <= answer.bound <= 1.03 * best


def test_euclidean_sets_with_a_radius_close() -> None:
    """Sets as Cordeau, Furini and Ljubic 2019 make them: a square of side 30, 100 sites, demand from 1 to 100."""
    random = np.random.default_rng(1)
    sites, points = random.uniform(0, 30, (100, 2)), random.uniform(0, 30, (100_000, 2))
    demand = random.integers(1, 101, 100_000).astype(float)
    answer = mclp(Plane(points, sites), 10, radius=4.0, weights=demand, time_limit=120.0)
    assert answer.merged <= 100 * 100 - 100 + 2
    assert answer.objective <= answer.bound
    assert answer.gap < 0.02
