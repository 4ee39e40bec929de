"""Any executor gives the same answer: threads, processes, and a local dask cluster of which one worker dies."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from castor.simulate import Trials, World, simulate, stations


@pytest.fixture(scope="module")
def world() -> World:
    return stations([30.0, 10.0], [[10.0, 40.0], [35.0, 5.0]], back=12.0, scene_min=25.0, memoryless=True)


def same(one: Trials, other: Trials) -> None:
    for name in ("sums", "busy", "months", "histogram", "manned"):
        assert (getattr(one, name) == getattr(other, name)).all(), name


def test_threads_and_processes(world: World) -> None:
    alone = simulate(world, replications=30, seed=4, chunk=30)
    with ThreadPoolExecutor(3) as threads:
        same(alone, simulate(world, replications=30, seed=4, executor=threads, chunk=4))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        same(alone, simulate(world, replications=30, seed=4, executor=processes, chunk=7))


def test_precision_stops_at_the_same_place_whatever_the_chunks(world: World) -> None:
    found = [simulate(world, replications=100_000, precision={"surgery_min": 0.1}, chunk=chunk) for chunk in (100, 256)]
    same(*found)
    assert found[0].stopped == "precise"
    assert 0 < found[0].replications < 100_000
    assert found[0].summary()["surgery_min"].half <= 0.1


def test_an_interrupt_keeps_what_is_done(world: World) -> None:
    def stop(done: int, asked: int) -> None:
        if done >= 60:
            raise KeyboardInterrupt

    some = simulate(world, replications=100_000, chunk=20, progress=stop)
    assert (some.stopped, some.replications, some.asked) == ("interrupted", 60, 100_000)
    same(some, simulate(world, replications=60))


@pytest.mark.filterwarnings("ignore")
def test_a_dask_worker_that_dies_loses_nothing(world: World, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    alone = simulate(world, replications=400, seed=9, chunk=400)
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=str(tmp_path)
    ) as cluster, distributed.Client(cluster) as client:  # fmt: skip
        killed = []

        def kill(done: int, asked: int) -> None:
            if not killed and done >= 40:
                worker = next(iter(cluster.workers.values()))
                killed.append(worker.pid)
                os.kill(worker.pid, 9)

        shared = simulate(world, replications=400, seed=9, chunk=10, executor=client.get_executor(), progress=kill)
    assert killed
    assert shared.stopped == ""
    same(alone, shared)
    assert np.isfinite(shared.sums).all()
