"""castor against SimPy and Ciw on the reference model: simulated years a second per core, the same statistics, one run.

    python benchmarks/peers/simulate.py             both peers, some seconds each
    python benchmarks/peers/simulate.py --seconds 20
    python benchmarks/peers/simulate.py --mali      castor alone on the full model of the reference mission, two threads

The model: 6 helicopters at 3 bases, 30 zones, 8 calls a day (2,920 a year), the closest helicopter that is free, first
come first served when none is, great-circle flight out and to the hospital at its base and an exponential time on the
ground, one year from an empty start. SimPy is written three times: as its
documentation writes queues (processes and a store of free units); tuned by hand (a plain set of units, one timeout per
service, draws in bulk); and without processes at all (callbacks on events), which is SimPy's event list alone. Ciw has
one node per base and routes each call to the nearest base with a free server, else to the one with the shortest line.
Every run is a process of its own, so that peak memory is its own; compilation and imports are not timed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

UNITS, BASES, ZONES, CALLS_DAY, DAYS = 6, 3, 30, 8.0, 365
CRUISE_KM_MIN, SCENE_MIN, EARTH_KM = 4.0, 45.0, 6371.0088
YEAR_MIN = DAYS * 1440.0


def minutes() -> np.ndarray:
    """Flight minutes (UNITS, ZONES), great circle."""
    random = np.random.default_rng(7)
    base = np.radians(np.column_stack([random.uniform(13, 19, BASES), random.uniform(-5, 2, BASES)]))
    zone = np.radians(np.column_stack([random.uniform(13, 19, ZONES), random.uniform(-5, 2, ZONES)]))
    a, b = np.repeat(base, UNITS // BASES, axis=0)[:, None], zone[None]
    h = np.sin((a[..., 0] - b[..., 0]) / 2) ** 2
    h = h + np.cos(a[..., 0]) * np.cos(b[..., 0]) * np.sin((a[..., 1] - b[..., 1]) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(h)) / CRUISE_KM_MIN)


def castor(seconds: float, full: bool) -> Iterator[tuple[float, float]]:
    """The event kernel (full) or the lean path; yields mean minutes to arrival and share that found nobody free."""
    from castor.simulate import stations
    from castor.simulate.columns.kernel import CALLS, CARE_SUM, NONE_FREE
    from castor.simulate.kernel import years
    from castor.simulate.lean import lean_tables
    from castor.simulate.lean.kernel import lean_years
    from castor.simulate.packed import pack, state, totals

    fly = minutes()
    world = stations(
        np.full(ZONES, CALLS_DAY / ZONES), fly, back=fly, scene_min=SCENE_MIN, memoryless=True, days=DAYS
    )  # fmt: skip
    packed, at = pack(world.tables), 0
    room, lean = state(packed), lean_tables(packed)
    while True:
        found = totals(50, UNITS, 1)
        if full:
            years(packed, room, 1, at, found)
        else:
            lean_years(lean, room, 1, at, found)
        at += 50
        for row in found.sums:
            yield row[CARE_SUM] / row[CALLS], row[NONE_FREE] / row[CALLS]


def simpy_textbook(seconds: float) -> Iterator[tuple[float, float]]:
    """SimPy as its documentation writes it: a process per call, units in a filtered store."""
    import random

    import simpy

    fly = minutes().tolist()
    order = np.argsort(np.array(fly), axis=0, kind="stable").T.tolist()

    def call(env: simpy.Environment, free: simpy.FilterStore, zone: int, draw: random.Random, told: list) -> Iterator:  # type: ignore[type-arg]
        began = env.now
        told[1] += not free.items
        if free.items:
            best = next(unit for unit in order[zone] if unit in free.items)
            unit = yield free.get(lambda item: item == best)
        else:
            unit = yield free.get()
        yield env.timeout(fly[unit][zone])
        told[0] += env.now - began
        told[2] += 1
        yield env.timeout(draw.expovariate(1 / SCENE_MIN))
        yield env.timeout(fly[unit][zone])
        yield free.put(unit)

    def source(env: simpy.Environment, free: simpy.FilterStore, draw: random.Random, told: list) -> Iterator:  # type: ignore[type-arg]
        while True:
            yield env.timeout(draw.expovariate(CALLS_DAY / 1440))
            env.process(call(env, free, draw.randrange(ZONES), draw, told))

    at = 0
    while True:
        env, draw, told = simpy.Environment(), random.Random(at), [0.0, 0, 0]
        free = simpy.FilterStore(env)
        free.items = list(range(UNITS))
        env.process(source(env, free, draw, told))
        env.run(until=YEAR_MIN)
        at += 1
        yield told[0] / told[2], told[1] / told[2]


def simpy_tuned(seconds: float) -> Iterator[tuple[float, float]]:
    """SimPy tuned by hand: a process per call, a plain set of free units, one timeout per service, draws in bulk."""
    import simpy

    fly = minutes().tolist()
    order = np.argsort(np.array(fly), axis=0, kind="stable").T.tolist()

    def call(env, free, line, told, number, draws) -> Iterator:  # type: ignore[no-untyped-def,type-arg]
        gaps, zones, scenes = draws
        zone = zones[number]
        if free:
            unit = next(unit for unit in order[zone] if unit in free)
            free.remove(unit)
        else:
            told[1] += 1
            event = env.event()
            line.append(event)
            unit = yield event
        way = fly[unit][zone]
        told[0] += env.now + way - gaps[number]
        yield env.timeout(2 * way + scenes[number])
        if line:
            line.popleft().succeed(unit)
        else:
            free.add(unit)

    def source(env, free, line, told, draws) -> Iterator:  # type: ignore[no-untyped-def,type-arg]
        for number, gap in enumerate(draws[0]):
            yield env.timeout(gap - env.now)
            env.process(call(env, free, line, told, number, draws))

    at = 0
    while True:
        random = np.random.default_rng(at)
        gaps = np.cumsum(random.exponential(1440 / CALLS_DAY, 4000)).tolist()
        draws = gaps, random.integers(0, ZONES, 4000).tolist(), random.exponential(SCENE_MIN, 4000).tolist()
        env, told = simpy.Environment(), [0.0, 0]
        env.process(source(env, set(range(UNITS)), deque(), told, draws))
        env.run(until=YEAR_MIN)
        calls = sum(gap < YEAR_MIN for gap in gaps)
        at += 1
        yield told[0] / calls, told[1] / calls


def simpy_callbacks(seconds: float) -> Iterator[tuple[float, float]]:
    """SimPy without processes: callbacks on its events, one event per service, draws in bulk."""
    import simpy

    fly = minutes().tolist()
    order = np.argsort(np.array(fly), axis=0, kind="stable").T.tolist()
    at = 0
    while True:
        random = np.random.default_rng(at)
        gaps = np.cumsum(random.exponential(1440 / CALLS_DAY, 4000)).tolist()
        zones, scenes = random.integers(0, ZONES, 4000).tolist(), random.exponential(SCENE_MIN, 4000).tolist()
        env, free, line, told = simpy.Environment(), set(range(UNITS)), deque(), [0.0, 0]  # type: ignore[var-annotated]

        def timer(delay: float, then: Callable[[simpy.Event], None], value: object, env=env) -> None:  # type: ignore[no-untyped-def]
            event = simpy.Timeout(env, delay, value)
            event.callbacks.append(then)

        def serve(unit: int, number: int, env=env, told=told, zones=zones, scenes=scenes, gaps=gaps) -> None:  # type: ignore[no-untyped-def]
            way = fly[unit][zones[number]]
            told[0] += env.now + way - gaps[number]
            timer(2 * way + scenes[number], done, unit)

        def done(event: simpy.Event, free=free, line=line) -> None:  # type: ignore[no-untyped-def]
            if line:
                serve(event.value, line.popleft())
            else:
                free.add(event.value)

        def arrive(event: simpy.Event, env=env, free=free, line=line, told=told, gaps=gaps, zones=zones) -> None:  # type: ignore[no-untyped-def]
            number = event.value
            timer(gaps[number + 1] - env.now, arrive, number + 1)
            if not free:
                told[1] += 1
                line.append(number)
                return
            unit = next(unit for unit in order[zones[number]] if unit in free)
            free.remove(unit)
            serve(unit, number)

        timer(gaps[0], arrive, 0)
        env.run(until=YEAR_MIN)
        calls = sum(gap < YEAR_MIN for gap in gaps)
        at += 1
        yield told[0] / calls, told[1] / calls


def ciw_model(seconds: float) -> Iterator[tuple[float, float]]:
    """Ciw: a node per base with two servers, a class per zone, routed to the nearest base with a free server."""
    import ciw

    fly = minutes()[:: UNITS // BASES]
    near = np.argsort(fly, axis=0, kind="stable").T

    class Closest(ciw.routing.NodeRouting):  # type: ignore[misc]
        def next_node(self, ind):  # type: ignore[no-untyped-def]
            zone = int(ind.customer_class.split()[1])
            nodes = [self.simulation.nodes[int(b) + 2] for b in near[zone]]
            for node in nodes:
                if node.number_of_individuals < UNITS // BASES:
                    return node
            return min(nodes, key=lambda node: node.number_of_individuals)

    class Service(ciw.dists.Distribution):  # type: ignore[misc]
        def __init__(self, way: float) -> None:
            self.way = way

        def sample(self, t=None, ind=None):  # type: ignore[no-untyped-def]
            return 2 * self.way + ciw.random.expovariate(1 / SCENE_MIN)

    names = [f"zone {z}" for z in range(ZONES)]
    rate = CALLS_DAY / ZONES / 1440
    network = ciw.create_network(
        arrival_distributions={n: [ciw.dists.Exponential(rate)] + [None] * BASES for n in names},
        service_distributions={
            n: [ciw.dists.Deterministic(0.0)] + [Service(fly[b, z]) for b in range(BASES)] for z, n in enumerate(names)
        },
        number_of_servers=[math.inf] + [UNITS // BASES] * BASES,
        routing={n: ciw.routing.NetworkRouting([Closest()] + [ciw.routing.Leave()] * BASES) for n in names},
    )
    at = 0
    while True:
        ciw.seed(at)
        run = ciw.Simulation(network)
        run.simulate_until_max_time(YEAR_MIN)
        told = [r for r in run.get_all_records() if r.node > 1]
        care = [r.waiting_time + fly[r.node - 2, int(r.customer_class.split()[1])] for r in told]
        at += 1
        yield float(np.mean(care)), float(np.mean([r.waiting_time > 0 for r in told]))


RUN = {
    "castor lean": lambda seconds: castor(seconds, False), "castor full": lambda seconds: castor(seconds, True),
    "simpy callbacks": simpy_callbacks,
    "simpy tuned": simpy_tuned, "simpy textbook": simpy_textbook, "ciw": ciw_model,
}  # fmt: skip


def one(who: str, seconds: float) -> None:
    """Run one of them for so many seconds of one core and print what came out as JSON."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    years = RUN[who](seconds)
    next(years)
    if who.startswith("castor"):
        for _ in range(49):
            next(years)
    found, began = [], time.thread_time()
    while time.thread_time() - began < seconds or len(found) < 3 or (who.startswith("castor") and len(found) % 50):
        found.append(next(years))
    took = time.thread_time() - began
    mean, half = np.mean(found, axis=0), 1.96 * np.std(found, axis=0, ddof=1) / math.sqrt(len(found))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"years": len(found) / took, "n": len(found), "mean": mean.tolist(), "half": half.tolist(),
                      "memory": memory}))  # fmt: skip


def mali() -> None:
    """The full model of the reference mission on two threads: years a second, and the memory of it."""
    root = Path(__file__).parents[2]
    sys.path.insert(0, str(root))
    from castor.mission import read
    from castor.simulate import build, simulate

    world = build(read(root / "missions" / "mali"))
    simulate(world, replications=20)
    began, busy, number = time.perf_counter(), time.process_time(), 5000
    simulate(world, replications=number)
    took, cores = time.perf_counter() - began, time.process_time() - busy
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    rates = f"{number / took:,.0f} years/s on {os.cpu_count()} threads, {number / cores:,.0f} a second of processor"
    print(f"Mali, all processes: {rates}, {memory} MB; off: {', '.join(world.off)}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--one", nargs=2)
    parser.add_argument("--mali", action="store_true")
    parser.add_argument("--seconds", type=float, default=5.0)
    asked = parser.parse_args()
    if asked.one:
        one(asked.one[0], float(asked.one[1]))
        return
    if asked.mali:
        mali()
        return
    print(f"{'who':>15} {'years/s':>9} {'min to arrival':>20} {'nobody free':>22} {'MB':>5} {'full over it':>13}")
    first: dict[str, float] = {}
    for who in ("castor full", "castor lean", "simpy callbacks", "simpy tuned", "simpy textbook", "ciw"):
        command = [sys.executable, __file__, "--one", who, str(asked.seconds)]
        run = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
        if run.returncode:
            print(f"{who:>15} failed: {run.stderr[-400:]}")
            continue
        told = json.loads(run.stdout.splitlines()[-1])
        first = first or told
        apart = [abs(a - b) <= math.hypot(g, h) for a, b, g, h in
                 zip(told["mean"], first["mean"], told["half"], first["half"])]  # fmt: skip
        says = [f"{m:.4f} +- {h:.4f} {'' if same else '!'}" for m, h, same in zip(told["mean"], told["half"], apart)]
        ratio = float(first["years"]) / told["years"]  # type: ignore[arg-type]
        print(f"{who:>15} {told['years']:>9,.1f} {says[0]:>20} {says[1]:>22} {told['memory']:>5} {ratio:>13,.1f}",
              flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
