"""Dispatch against what is published: the hypercube of Larson and Odoni, and exact policies over the 12 zones.

    python benchmarks/published/dispatch.py ../shared/data
    python benchmarks/published/dispatch.py ../shared/data --zones 34

Prints each value beside the published one, with the time it took (compiled before). The second command also solves 34
zones and four units, 1,500,625 states: the 12 zones with 22 more drawn from them, times scaled by 0.8 to 1.2 (seed 34).
The data are not part of the project.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

from castor.dispatch.hypercube import correction_factors, hypercube, hypercube_approximation  # noqa: E402
from castor.dispatch.policy import Zones, gain_of, optimal, outcome  # noqa: E402
from castor.dispatch.rules import RULES, Setting, closest  # noqa: E402

Floats = np.ndarray[Any, np.dtype[np.float64]]
BOOK_CRITERION = 0.00115
"""The approximation of the book stops at its third round, with a criterion of "0.0011 or greater" (section 5.5.3)."""


def published() -> dict[tuple[str, str], tuple[float, float]]:
    """Value and tolerance by case and measure, from ``tests/published/dispatch.csv``."""
    with (ROOT / "tests" / "published" / "dispatch.csv").open(encoding="utf-8") as file:
        return {
            (row["case"], row["measure"]): (float(row["value"]), float(row["tolerance"]))
            for row in csv.DictReader(file)
        }


def larson_odoni(folder: Path) -> Iterator[tuple[str, float]]:
    """Workloads and correction factors of the three-server example."""
    example = json.loads((folder / "hypercube" / "larson_odoni_3server.json").read_text())
    rates = [group["lambda"] for group in example["atom_groups"]]
    order = [[unit - 1 for unit in group["preference"]] for group in example["atom_groups"]]
    exact = hypercube(rates, order, queue=True)
    near = hypercube_approximation(rates, order, queue=True, tolerance=BOOK_CRITERION)
    for k in range(3):
        yield f"exact workload {k + 1}", float(exact.workload[k])
    for k in range(3):
        yield f"approximate workload {k + 1}", float(near.workload[k])
    for k, factor in enumerate(correction_factors(3, 1.5, queue=True)):
        yield f"Q(3) of {k}", float(factor)


def beta_3_5(x: Floats) -> Floats:
    """Distribution function of Beta(3, 5), as a binomial tail."""
    inside = np.clip(x, 0, 1)
    ways = {3: 35, 4: 35, 5: 21, 6: 7, 7: 1}
    return np.asarray(sum(ways[j] * inside**j * (1 - inside) ** (7 - j) for j in ways))


def tables(folder: Path) -> dict[str, Floats]:
    """Shares of calls (12, 3), minutes to answer (12, 4) and away (12, 4)."""
    return {
        name: np.loadtxt(folder / "dispatch" / f"{name}_12.csv", delimiter=",") for name in ("AR", "RT", "ST")
    }  # fmt: skip


def extended(given: dict[str, Floats], count: int) -> dict[str, Floats]:
    """So many zones: the twelve, and more drawn from them with their times scaled."""
    random = np.random.default_rng(34)
    pick = np.r_[np.arange(12), random.integers(0, 12, count - 12)]
    scale = [np.r_[np.ones(12), random.uniform(0.8, 1.2, count - 12)][:, None] for _ in range(2)]
    share = given["AR"][pick]
    answer = given["RT"][pick] * scale[0]
    return {
        "AR": share * given["AR"].sum() / share.sum(), "RT": answer,
        "ST": np.maximum(given["ST"][pick] * scale[1], answer),
    }  # fmt: skip


def lower(given: dict[str, Floats], between: float) -> Zones:
    """Zones with one call in so many minutes; reward of an urgent call by Beta(3, 5), of others falling in a line."""
    answer, weight = given["RT"], np.array([100.0, 10.0, 1.0]) / 111.0
    reward = np.stack([beta_3_5((150 - answer) / 150), (400 - answer) / 400, (2400 - answer) / 2400], axis=2)
    return Zones.of(given["AR"] / between, given["ST"], reward * weight)


def timed(make: Callable[[], Any]) -> tuple[Any, float, float]:
    """A result, seconds, and seconds of processor."""
    wall, processor = time.perf_counter(), time.process_time()
    found = make()
    return found, time.perf_counter() - wall, time.process_time() - processor


def solve(name: str, given: dict[str, Floats], between: float) -> Iterator[tuple[str, float]]:
    """Gains over the closest unit in percent; a line for each solution with its bounds and time."""
    zones = lower(given, between)
    rule = closest(given["RT"], 3)
    runs: list[tuple[str, Callable[[], Any]]] = [
        ("closest", lambda: gain_of(zones, rule)), ("may refuse", lambda: optimal(zones)),
        ("must send", lambda: optimal(zones, "must")),
    ]  # fmt: skip
    base = 0.0
    for said, run in runs:
        gain, wall, processor = timed(run)
        base = base or gain.mean
        held = zones.states * (8 + (zones.rates.size if said == "closest" else 0)) / 1e6
        print(
            f"  {name} {said:<11} {zones.states:>9,} states  {gain.low:.9f} to {gain.high:.9f} "
            f"{gain.sweeps:3d} rounds {wall:7.2f} s ({processor:.2f} s of processor)  {held:.0f} MB"
        )
        if said != "closest":
            yield f"one call in {between:g} min {said} %", 100 * (gain.mean / base - 1)


def by_rule(given: dict[str, Floats]) -> None:
    """The rules by name on the twelve zones: gain over the closest unit, and what becomes of the calls."""
    zones = lower(given, 30.0)
    setting = Setting(given["RT"], given["RT"] <= 70, zones.rates.sum(axis=1) / zones.rates.sum(), 3)
    base = 0.0
    print("rules, one call in 30 min: gain over the closest unit; calls answered, refused, lost")
    for name, make in RULES.items():
        found = outcome(zones, make(setting))
        base = base or found.gain
        shares = "  ".join(f"{100 * part.sum():5.1f} %" for part in (found.accepted, found.refused, found.lost))
        print(f"  {name:<18} {100 * (found.gain / base - 1):+6.2f} %   {shares}")


def compare(case: str, values: Iterator[tuple[str, float]]) -> bool:
    """Print values beside the published ones; whether all are within tolerance."""
    told, fine = published(), True
    for measure, value in values:
        wanted, tolerance = told[case, measure]
        near = abs(value - wanted) <= tolerance
        fine &= near
        print(f"{case:<14} {measure:<36} {value:10.6f}  published {wanted:g}  {'ok' if near else 'OFF'}")
    return fine


def main() -> int:
    """Read the arguments and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--zones", type=int, default=12)
    asked = parser.parse_args()
    fine = compare("larson_odoni", larson_odoni(asked.folder))
    random = np.random.default_rng(1)
    order = np.array([random.permutation(15) for _ in range(60)])
    hypercube([1.0], [[0, 1]])
    cube, wall, processor = timed(lambda: hypercube(random.uniform(0.05, 0.25, 60), order, 1.0))
    print(
        f"hypercube      15 units, 60 atoms, 32,768 states: lost {cube.lost:.5f} in {wall:.2f} s "
        f"({processor:.2f} s of processor)"
    )
    twelve = tables(asked.folder)
    optimal(lower(extended(twelve, 13), 30.0), tolerance=0.5)
    for between in (30.0, 60.0):
        fine &= compare("twelve_zones", solve("12 zones", twelve, between))
    by_rule(twelve)
    if asked.zones > 12:
        for measure, value in solve(f"{asked.zones} zones", extended(twelve, asked.zones), 30.0):
            print(f"{asked.zones} zones       {measure:<36} {value:10.5f}")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
