"""Gaps to the best known values of covering, median and centre problems, each with its bound.

    python benchmarks/published/cover.py maximo ../shared/data/cover/maximo --time-limit 300
    python benchmarks/published/cover.py pmed ../shared/data/cover/pmed
    python benchmarks/published/cover.py cordeau --points 100000 --time-limit 120

The first two read the files of Maximo, Cordeau and Nascimento 2023 and of Beasley 1985, which are not part of the
project; the third makes sets as Cordeau, Furini and Ljubic 2019 do: customers and 100 sites uniform in a square of side
30, demand from 1 to 100, radii 5.5 to 6.25 with 10, 15 and 20 sites to open (and 3.25 to 4 for harder ones).
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "cover")]

from test_published import EARTH_KM, _graph, _points, _published  # noqa: E402

from castor.cover.location import Siting, mclp, p_center, p_median  # noqa: E402
from castor.cover.rules import GreatCircle, Plane  # noqa: E402


def say(name: str, answer: Siting, best: float | None) -> None:
    """One line of the table."""
    against = "" if best is None else f"{100 * (answer.objective - best) / best:+9.4f} %"
    proof = "proven" if answer.proven else f"gap {100 * answer.gap:.3f} %"
    figures = f"{answer.objective:>14,.0f} {answer.bound:>14,.0f} {against:>12} {answer.seconds:>8.1f} s"
    print(f"{name:<24} {figures}  {proof}", flush=True)


def maximo(folder: Path, limit: float) -> None:
    """Real points that are sites themselves."""
    with (folder / "best_known.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            path = folder / f"{row['instance']}.txt"
            if path.is_file():
                points, weight = _points(path)
                rule, radius = GreatCircle(points, points, EARTH_KM), float(row["radius_m"]) / 1000
                answer = mclp(rule, int(row["p"]), radius=radius, weights=weight, time_limit=limit)
                say(f"{row['instance']} p={row['p']}", answer, float(row["best"]))


def pmed(folder: Path, limit: float) -> None:
    """OR-Library graphs, median and centre."""
    for row in _published("beasley_1985_pmed.csv"):
        path = folder / f"{row['instance']}.txt"
        if path.is_file():
            table, p = _graph(path)
            say(f"{row['instance']} median", p_median(table, p, time_limit=limit), float(row["p_median"]))
            say(f"{row['instance']} centre", p_center(table, p, time_limit=limit), float(row["p_center"]))


def cordeau(points: int, limit: float) -> None:
    """Euclidean sets with a radius."""
    random = np.random.default_rng(1)
    sites, at = random.uniform(0, 30, (100, 2)), random.uniform(0, 30, (points, 2))
    demand = random.integers(1, 101, points).astype(float)
    for radius in (3.25, 4.0, 5.5, 6.25):
        for p in (10, 15, 20):
            answer = mclp(Plane(at, sites), p, radius=radius, weights=demand, time_limit=limit)
            say(f"R={radius} p={p} C={points}", answer, None)


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", choices=["maximo", "pmed", "cordeau"])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--time-limit", type=float, default=300.0)
    parser.add_argument("--points", type=int, default=100_000)
    asked = parser.parse_args()
    if asked.set == "cordeau":
        cordeau(asked.points, asked.time_limit)
    elif asked.folder is None:
        parser.error("which folder?")
    else:
        {"maximo": maximo, "pmed": pmed}[asked.set](asked.folder, asked.time_limit)


if __name__ == "__main__":
    main()
