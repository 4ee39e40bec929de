"""Published optima and best known values of pick-ups and deliveries, each reached in about a second."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

from castor.tasking.routing import routing, solve

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks" / "published"))

from tasking import cordeau, judge, li_lim  # type: ignore[import-not-found]  # noqa: E402


def _published(name: str) -> list[dict[str, str]]:
    with (ROOT / "tests" / "published" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", _published("li_lim_2001_pdptw.csv"), ids=lambda row: row["instance"])
def test_li_and_lim(shared: Path, row: dict[str, str]) -> None:
    problem = li_lim(shared / "data" / "tasking" / "li_lim_100" / f"{row['instance']}.txt")
    found = solve(routing(**problem), iterations=int(row["iterations"]), seed=1, objective="vehicles")
    distance, vehicles, wrong = judge(problem, [list(r) for r in found.routes], [list(t) for t in found.times])
    assert not wrong
    assert vehicles == found.vehicles == int(row["vehicles"])
    assert distance == pytest.approx(found.cost, abs=1e-6)
    assert distance == pytest.approx(float(row["distance"]), abs=float(row["tolerance"]))


@pytest.mark.parametrize("row", _published("cordeau_2006_darp.csv"), ids=lambda row: row["instance"])
def test_cordeau(shared: Path, row: dict[str, str]) -> None:
    problem = cordeau(shared / "data" / "tasking" / "darp_a" / f"{row['instance']}.txt")
    found = solve(routing(**problem), iterations=int(row["iterations"]), seed=1)
    distance, _, wrong = judge(problem, [list(r) for r in found.routes], [list(t) for t in found.times])
    assert not wrong
    assert distance == pytest.approx(found.cost, abs=1e-6)
    assert distance == pytest.approx(float(row["distance"]), abs=float(row["tolerance"]))
