"""The simulator against queueing theory: Erlang loss, M/M/c, the exact hypercube, and the fleet's availability."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from castor.dispatch.hypercube import erlang_states, hypercube
from castor.flight.performance import formation_chances
from castor.mission import read
from castor.simulate import build, simulate, stations
from castor.simulate.trials import Value

HOUR = 60.0


def holds(found: Value, exact: float) -> None:
    """Within one and a half times the 95 % interval, itself narrow: for a fixed seed this either holds or does not."""
    assert found.half <= 0.15 * exact, "an interval that holds everything shows nothing"
    assert abs(found.value - exact) <= 1.5 * found.half + 1e-12, (found, exact)


@pytest.mark.parametrize(("servers", "offered"), [(1, 0.5), (2, 1.5), (4, 2.0), (6, 5.0)])
def test_erlang_loss(servers: int, offered: float) -> None:
    world = stations([24 * offered], np.zeros((servers, 1)), scene_min=HOUR, memoryless=True, days=200, waits=False)
    summary = simulate(world, replications=60, seed=5).summary()
    holds(summary["lost_share"], erlang_states(offered, servers, queue=False)[-1])
    assert summary["lost_share"].value == summary["none_free_share"].value


@pytest.mark.parametrize(("servers", "offered"), [(1, 0.6), (2, 1.2), (4, 3.2)])
def test_waiting_in_m_m_c(servers: int, offered: float) -> None:
    world = stations([24 * offered], np.zeros((servers, 1)), scene_min=HOUR, memoryless=True, days=400)
    summary = simulate(world, replications=60, seed=5).summary()
    free = float(erlang_states(offered, servers, queue=True)[:servers].sum())
    holds(summary["none_free_share"], 1 - free)
    holds(summary["wait_min"], (1 - free) * HOUR / (servers - offered))


@pytest.mark.parametrize("queue", [False, True])
def test_the_exact_hypercube(queue: bool) -> None:
    rates = np.array([9.0, 4.0, 14.0, 6.0])
    order = np.array([[0, 1, 2], [1, 0, 2], [2, 1, 0], [1, 2, 0]])
    exact = hypercube(rates, order, 24.0, queue=queue)
    world = stations(
        rates, np.zeros((3, 4)), order=order, scene_min=HOUR, memoryless=True, days=400, waits=queue
    )  # fmt: skip
    trials = simulate(world, replications=80, seed=2)
    share = trials.busy / world.horizon
    for post in range(3):
        half = 1.96 * share[:, post].std(ddof=1) / math.sqrt(len(share))
        holds(
            Value(share[:, post].mean(), share[:, post].mean() - half, share[:, post].mean() + half),
            exact.workload[post],
        )
    holds(trials.summary()["none_free_share"], exact.lost + exact.queued)


def test_how_many_formations_can_be_made_up(mali: Path) -> None:
    """Calls see time averages, so the formations manned at calls follow the fleet's binomial distribution."""
    import datetime as dt

    import msgspec

    mission = read(mali)
    rare = msgspec.structs.replace(
        mission.rules.simulation, missions_year=None, training_h=None, transfers_year=None, duty=None, phases=None
    )
    mission = msgspec.structs.replace(mission, rules=msgspec.structs.replace(mission.rules, simulation=rare))
    world = build(mission, start=dt.date(2018, 8, 1), end=dt.date(2019, 6, 30))
    trials = simulate(world, replications=4000, seed=3)
    exact = formation_chances(mission, mission.formation["evac"], world.named.tails)
    calls = trials.manned.sum()
    found = trials.manned / calls
    for k in range(3):
        assert found[k] == pytest.approx(exact[k], abs=3 * math.sqrt(exact[k] / calls) + 0.004), k
