"""Gaps to the best known values of covering, median and centre problems, each with its bound.

    python benchmarks/published/cover.py maximo ../shared/data/cover/maximo --time-limit 300
    python benchmarks/published/cover.py pmed ../shared/data/cover/pmed
    python benchmarks/published/cover.py cordeau --points 100000 --time-limit 120
    python benchmarks/published/cover.py graphs
    python benchmarks/published/cover.py clusters

The first two read the files of Maximo, Cordeau and Nascimento 2023 and of Beasley 1985, which are not part of the
project; the third makes sets as Cordeau, Furini and Ljubic 2019 do: customers and 100 sites uniform in a square of side
30, demand from 1 to 100, radii 5.5 to 6.25 with 10, 15 and 20 sites to open (and 3.25 to 4 for harder ones). The last
two make sets like those of OR-Library that are not among the files (graphs of 200 to 900 nodes, 5 to 200 sites to open)
and like the towns of Lorena and Pereira 2002 (324 to 818 clustered points that are sites themselves).
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "cover")]

from test_median import beasley  # noqa: E402
from test_published import EARTH_KM, _graph, _points, _published  # noqa: E402

from castor.cover.location import Siting, lscp, mclp, p_center, p_median  # noqa: E402
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


def graphs(limit: float) -> None:
    """Medians and centres of graphs as Beasley 1985 makes them."""
    for nodes, numbers in ((200, (5, 20, 67)), (400, (5, 40, 133)), (600, (5, 60, 200)), (900, (5, 10, 90))):
        table = beasley(nodes, nodes)
        for p in numbers:
            say(f"{nodes} nodes p={p} median", p_median(table, p, time_limit=limit), None)
            say(f"{nodes} nodes p={p} centre", p_center(table, p, time_limit=limit), None)


def clusters(limit: float) -> None:
    """Clustered points that are sites themselves: the fewest that cover all, and the most that p cover."""
    for number in (324, 500, 818):
        random = np.random.default_rng(number)
        towns = random.uniform(0, 8000, (25, 2))
        at = np.clip(towns[random.integers(0, 25, number)] + random.normal(0, 700, (number, 2)), 0, 8000)
        people = random.integers(1, 300, number).astype(float)
        for radius in (400.0, 800.0, 1200.0, 1600.0):
            say(f"{number} R={radius:g} all", lscp(Plane(at, at), radius=radius, time_limit=limit), None)
            for p in (5, 20, 50):
                answer = mclp(Plane(at, at), p, radius=radius, weights=people, time_limit=limit)
                say(f"{number} R={radius:g} p={p}", answer, None)


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", choices=["maximo", "pmed", "cordeau", "graphs", "clusters"])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--time-limit", type=float, default=300.0)
    parser.add_argument("--points", type=int, default=100_000)
    asked = parser.parse_args()
    if asked.set == "cordeau":
        cordeau(asked.points, asked.time_limit)
    elif asked.set in ("graphs", "clusters"):
        {"graphs": graphs, "clusters": clusters}[asked.set](asked.time_limit)
    elif asked.folder is None:
        parser.error("which folder?")
    else:
        {"maximo": maximo, "pmed": pmed}[asked.set](asked.folder, asked.time_limit)


if __name__ == "__main__":
    main()
