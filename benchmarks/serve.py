"""Fifty people on the living page at once: errors, and how long pages take.

    python benchmarks/serve.py                        50 users for 30 seconds, each reading for two seconds in between
    python benchmarks/serve.py --users 50 --think 0   each asks again as soon as it is answered

Starts ``castor serve`` on a copy of the reference mission and asks it from another process on loopback. Of ten requests
a user opens the page six times, a scenario of a dozen that others look at too twice, sends a nine-line once and records
a sortie once. Asked for: no error, and 95 of 100 pages within a second.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import httpx
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SCENARIOS = [f"/?day=2018-10-17&approval_min={minutes}" for minutes in range(5, 65, 5)]
CALL = "1: Akabar\n3: A2 C1\n5: L2 A1\n6: X"
Times = dict[str, list[float]]


async def user(number: int, base: str, until: float, think: float, times: Times, errors: list[str]) -> None:
    """One person: opens, looks, thinks, looks again, until the time is over."""
    dice, count = random.Random(number), 0
    async with httpx.AsyncClient(base_url=base, timeout=60, follow_redirects=True) as http:
        page = await http.get("/")
        token = (re.search(r'name=csrf value="(\w+)"', page.text) or [""])[1]
        tails = re.findall(r"<option value=\"(\S+?)\"", page.text.split("name=tail")[1].split("</select>")[0])
        await asyncio.sleep(think * dice.random())
        while time.perf_counter() < until:
            kind = dice.choices(("page", "scenario", "call", "record"), (6, 2, 1, 1))[0]
            count += 1
            begun = time.perf_counter()
            if kind == "call":
                form = {"csrf": token, "nineline": CALL, "moment": "2018-10-17T10:00"}
                answer = await http.post("/call?day=2018-10-17", data=form)
            elif kind == "record":
                form = {
                    "csrf": token, "tail": tails[0], "from": "gao", "to": "kidal", "source": f"user {number}",
                    "off": f"2018-{8 + number % 4:02d}-{1 + count % 28:02d}T{number % 22:02d}:{number:02d}",
                    "on": f"2018-{8 + number % 4:02d}-{1 + count % 28:02d}T{number % 22 + 1:02d}:{number:02d}",
                }  # fmt: skip
                answer = await http.post("/flown", data=form)
            else:
                answer = await http.get("/" if kind == "page" else dice.choice(SCENARIOS))
            times[kind].append(time.perf_counter() - begun)
            if answer.status_code != 200:
                told = re.search(r"role=alert[^>]*>([^<]+)", answer.text)
                errors.append(f"{kind}: {answer.status_code} {told[1] if told else answer.text[:80]}")
            await asyncio.sleep(think * (0.5 + dice.random()))


async def crowd(base: str, users: int, seconds: float, think: float) -> tuple[Times, list[str]]:
    """All of them at once; what each kind of request took, and what went wrong."""
    times: Times = defaultdict(list)
    errors: list[str] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(*[user(n, base, until, think, times, errors) for n in range(users)])
    return times, errors


def main() -> None:
    """Start the server, let the crowd in, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--think", type=float, default=2.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = shutil.copytree(ROOT / "missions" / "mali", Path(place) / "mali")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen([sys.executable, "-m", "castor", "serve", str(folder), "--port", str(port)], cwd=ROOT)
        base = f"http://127.0.0.1:{port}"
        try:
            while True:
                try:
                    httpx.get(base, timeout=60)
                    break
                except httpx.ConnectError:
                    time.sleep(0.2)
            for address in SCENARIOS:  # worked out once; the crowd shares them
                begun = time.perf_counter()
                httpx.get(base + address, timeout=120)
            print(f"a scenario worked out for the first time: {time.perf_counter() - begun:.2f} s")
            times, errors = asyncio.run(crowd(base, asked.users, asked.seconds, asked.think))
        finally:
            server.terminate()
            server.wait()
    print(f"{'':10} {'count':>6} {'median s':>9} {'p95 s':>9} {'longest':>9}")
    for kind, took in sorted(times.items()):
        middle, high = np.quantile(took, [0.5, 0.95])
        print(f"{kind:10} {len(took):6d} {middle:9.3f} {high:9.3f} {max(took):9.3f}")
    pages = times["page"] + times["scenario"]
    print(f"pages: p95 {np.quantile(pages, 0.95):.3f} s; {len(errors)} errors")
    for error in dict.fromkeys(errors):
        print(error)


if __name__ == "__main__":
    main()
