"""castor against PySAL spopt on maximal covering: the same optimum, build + solve, peak memory, in one run.

    python benchmarks/peers/cover.py                     1k and 10k points x 20 and 50 sites, spopt with CBC and HiGHS
    python benchmarks/peers/cover.py --points 100000     the size at which spopt takes over an hour with 50 sites
    python benchmarks/peers/cover.py --points 100000 --radius 100       sites that overlap less: a minute with CBC
    python benchmarks/peers/cover.py --alone             castor alone, 1 million x 50 and 10 million x 100

Points and sites are uniform in a square of ten degrees, people per point from 1 to 100, great circle. spopt
gets its table of distances for nothing: only its model and its solver are timed. Every run is a process of its
own, so that peak memory is its own; castor's is warm (compiled code in the cache), the first call of a process is shown
beside it.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np


def instance(points: int, sites: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates (C, 2) and (S, 2) in degrees, and weights (C,)."""
    random = np.random.default_rng(points + sites)
    corner, size = np.array([10.0, -5.0]), 10.0
    at = corner + size * random.random((points, 2))
    return at, corner + size * random.random((sites, 2)), random.integers(1, 101, points).astype(float)


def castor(points: int, sites: int, p: int, radius: float) -> dict[str, object]:
    """castor: everything from coordinates to proof."""
    from castor.cover.location import mclp
    from castor.cover.rules import GreatCircle

    at, to, weight = instance(points, sites)
    began = time.perf_counter()
    mclp(GreatCircle(at[:1000], to), p, radius=radius, weights=weight[:1000])
    first = time.perf_counter() - began
    took = []
    for _ in range(3):
        began = time.perf_counter()
        answer = mclp(GreatCircle(at, to), p, radius=radius, weights=weight)
        took.append(time.perf_counter() - began)
    return {
        "seconds": min(took), "first_call": first, "objective": answer.objective, "proven": answer.proven,
        "rows": answer.merged,
    }  # fmt: skip


def spopt(points: int, sites: int, p: int, radius: float, solver: str) -> dict[str, object]:
    """spopt, the way of its own examples: MCLP.from_cost_matrix and solve."""
    import pulp
    from spopt.locate import MCLP

    from castor.cover.median import table
    from castor.cover.rules import GreatCircle

    at, to, weight = instance(points, sites)
    cost = table(GreatCircle(at, to))
    engine = pulp.PULP_CBC_CMD(msg=False) if solver == "cbc" else pulp.HiGHS(msg=False)
    began = time.perf_counter()
    model = MCLP.from_cost_matrix(cost, weight, radius, p_facilities=p).solve(engine, results=False)
    return {"seconds": time.perf_counter() - began, "objective": model.problem.objective.value()}


def alone(who: str, points: int, sites: int, p: int, radius: float) -> dict[str, object]:
    """One run in a process of its own."""
    command = [sys.executable, __file__, "--one", who, str(points), str(sites), str(p), str(radius)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    if run.returncode:
        return {"seconds": float("nan"), "objective": float("nan"), "memory_mb": 0, "said": run.stderr[-300:]}
    return dict(json.loads(run.stdout.splitlines()[-1]))


def one(who: str, points: int, sites: int, p: int, radius: float) -> None:
    """Run and print one result as JSON."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    found = castor(points, sites, p, radius) if who == "castor" else spopt(points, sites, p, radius, who)
    found["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(found))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--one", nargs=5)
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--points", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--sites", type=int, nargs="+", default=[20, 50])
    parser.add_argument("--radius", type=float, default=200.0, help="km")
    parser.add_argument("--solvers", nargs="*", default=["cbc", "highs"])
    asked = parser.parse_args()
    if asked.one:
        one(asked.one[0], *(int(n) for n in asked.one[1:4]), float(asked.one[4]))
        return
    sizes = [(1_000_000, 50), (10_000_000, 100)] if asked.alone else [(c, s) for c in asked.points for s in asked.sites]
    print(f"{'points':>10} {'sites':>5} {'who':>8} {'seconds':>9} {'MB':>6} {'objective':>14} {'ratio':>8}")
    for points, sites in sizes:
        mine = alone("castor", points, sites, 6, asked.radius)
        print(f"{points:>10} {sites:>5} {'castor':>8} {mine['seconds']:>9.4f} {mine['memory_mb']:>6} "
              f"{mine['objective']:>14,.0f} {'':>8}  rows {mine.get('rows')}, proven {mine.get('proven')}, "
              f"first call {mine.get('first_call', 0):.2f} s {mine.get('said', '')}", flush=True)  # fmt: skip
        for solver in [] if asked.alone else asked.solvers:
            other = alone(solver, points, sites, 6, asked.radius)
            same = "same" if abs(float(other["objective"]) - float(mine["objective"])) < 0.5 else "DIFFERENT"  # type: ignore[arg-type]
            ratio = float(other["seconds"]) / float(mine["seconds"])  # type: ignore[arg-type]
            print(
                f"{points:>10} {sites:>5} {solver:>8} {other['seconds']:>9.2f} {other['memory_mb']:>6} "
                f"{other['objective']:>14,.0f} {ratio:>8,.0f} {same} {other.get('said', '')}",
                flush=True,
            )


if __name__ == "__main__":
    main()
