"""A mission of continental size: 500 places, 200 aircraft, 10,000 requests a week, 1,000,000 incident points.

Half of the aircraft stand by, half carry; requests go to one of the dozen nearest places.

Writes the folder into a temporary place, reads and checks it, works out its posture and its page, and prints seconds
and peak memory of each step, each in a process of its own.

    python benchmarks/scale.py [--incidents 1000000]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

MISSION = """name = "continent"
start = 2024-01-01
end = 2024-12-31
currency = "USD"
fiscal_year_start = "01-01"
[title]
en = "A continent"
fr = "Un continent"
"""
STEPS = {
    "read and check": "from castor.mission import read; read(folder)",
    "cover": "from castor.mission import read; from castor.cover.posture import case, postures;"
    "postures(case(read(folder)), 4)",
    "page": "from castor.brief.write import write; from pathlib import Path;"
    "print(write(Path(folder), Path(folder) / 'page.html').stat().st_size, file=sys.stderr)",
}


def write_mission(folder: Path, incidents: int, seed: int = 1) -> None:
    """Write the folder; positions are uniform over a square of 40 degrees, incidents cluster about places."""
    rng = np.random.default_rng(seed)
    (folder / "mission.toml").write_text(MISSION, encoding="utf-8")
    lat, lon = rng.uniform(-15, 20, 500), rng.uniform(0, 40, 500)
    rows = ["id,name,lat,lon,kind,elev_ft,runway_ft,fuel,medical,people"]
    for n in range(500):
        fuel, level = "yes" if n % 3 == 0 else "no", "2" if n % 10 == 0 else "none"
        rows.append(f"p{n},Place {n},{lat[n]:.5f},{lon[n]:.5f},camp,1000,5000,{fuel},{level},{rng.integers(50, 5000)}")
    (folder / "places.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "types.csv").write_text(
        "type,name,kind,cruise_kt,range_km,payload_kg,seats,litters\nH,Helicopter,helicopter,130,900,3000,20,6\n"
        "U,Utility helicopter,helicopter,130,900,3000,20,6\n"
    )
    tails = [f"t{n},{'HU'[n % 2]},p{3 * (n // 2)},0.8" for n in range(200)]
    (folder / "aircraft.csv").write_text("tail,type,base,serviceability\n" + "\n".join(tails) + "\n")
    (folder / "formations.csv").write_text("id,name,lead,role\nevac,Evacuation,H,medevac\n")
    near = np.argsort(np.hypot(lat[:, None] - lat, lon[:, None] - lon), axis=1)
    a, b = rng.integers(0, 500, 10_000), rng.integers(1, 13, 10_000)
    hours = rng.integers(0, 150, 10_000)
    requests = ["id,from,to,earliest,latest,pax,cargo_kg,priority"]
    for n in range(10_000):
        day, hour = 1 + hours[n] // 24, hours[n] % 24
        requests.append(
            f"r{n},p{a[n]},p{near[a[n], b[n]]},2024-01-{day:02d} {hour:02d}:00,2024-01-{day + 1:02d} {hour:02d}:00,"
            f"{rng.integers(1, 20)},{rng.integers(0, 900)},{rng.integers(1, 5)}"
        )
    (folder / "requests.csv").write_text("\n".join(requests) + "\n")
    at = rng.integers(0, 500, incidents)
    ilat = np.clip(lat[at] + rng.normal(0, 1, incidents), -60, 60)
    ilon = lon[at] + rng.normal(0, 1, incidents)
    with (folder / "incidents.csv").open("w", encoding="utf-8") as file:
        file.write("id,date,place,lat,lon,weight\n")
        file.writelines(f"i{n},2023,near,{ilat[n]:.4f},{ilon[n]:.4f},1\n" for n in range(incidents))


def measure(code: str, folder: Path) -> dict[str, float]:
    """Run one step in its own process; seconds of wall and CPU time, peak memory in MB."""
    program = (
        "import json, resource, sys, time; folder = sys.argv[1]; begun = time.perf_counter();"
        f"{code};"
        "used = resource.getrusage(resource.RUSAGE_SELF);"
        "print(json.dumps({'wall_s': round(time.perf_counter() - begun, 2),"
        "'cpu_s': round(used.ru_utime + used.ru_stime, 2), 'peak_MB': used.ru_maxrss // 1024}))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Print a table of the steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=1_000_000)
    count = parser.parse_args().incidents
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "continent"
        folder.mkdir()
        write_mission(folder, count)
        for name, code in STEPS.items():
            print(f"{name:16}", measure(code, folder), flush=True)


if __name__ == "__main__":
    main()
