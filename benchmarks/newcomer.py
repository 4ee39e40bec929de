"""A newcomer's path, timed: clone, ``make run``, then every step of the tutorial with one table edited.

    python benchmarks/newcomer.py            a fresh clone and a fresh virtual environment in a temporary folder

Asked for: a page of one's own within ten minutes, every step as the tutorial writes it. The kernels are compiled anew,
as on a machine that has never run castor. What the network takes to fetch the wheels is part of ``make run``.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def steps(page: Path) -> Iterator[str]:
    """The commands of the tutorial, in order."""
    for block in re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S):
        yield from (line for line in block.splitlines() if line.strip())


def main() -> None:
    """Run every step and print how long it took."""
    with tempfile.TemporaryDirectory() as place:
        clone, cache = Path(place) / "castor", Path(place) / "cache"
        surroundings = {**os.environ, "XDG_CACHE_HOME": str(cache), "PATH": f"{clone}/.venv/bin:{os.environ['PATH']}"}
        surroundings.pop("PYTHONPATH", None)
        total = 0.0

        def run(words: list[str], folder: Path) -> None:
            nonlocal total
            begun = time.perf_counter()
            done = subprocess.run(words, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)
            took = time.perf_counter() - begun
            total += took
            print(f"{took:7.1f} s  {shlex.join(words)}", flush=True)
            if done.returncode:
                raise SystemExit(done.stdout + done.stderr)

        run(["git", "clone", "--quiet", str(ROOT), str(clone)], Path(place))
        run(["make", "run"], clone)
        for number, step in enumerate(steps(clone / "docs" / "tutorial.md")):
            run(shlex.split(step), clone)
            if number == 0:
                table = clone / "mymission" / "places.csv"
                table.write_text(table.read_text().replace(",1,180,2,", ",1,360,2,"), encoding="utf-8")
                print("           (one table edited: people at North Camp, 180 to 360)")
        page = clone / "out" / "mymission.html"
        print(f"{total:7.1f} s  in all; the page has {page.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
