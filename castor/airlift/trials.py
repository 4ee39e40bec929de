"""What chance does to a bridge: aircraft that are not serviceable, departures that are late, and what follows.

The planned sequences are flown again and again under the same rules. Draws are keyed by (seed, replication, purpose),
so two plans of the same loads meet the same luck flight by flight, and the answer does not depend on the executor.
"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from castor.airlift.bridge import MINUTE, build
from castor.airlift.schedule import FAR, Program
from castor.airlift.solve import Lifted, plan_lift
from castor.mission.model import Aircraft, Mission
from castor.shown import Shown

Floats = NDArray[np.float64]
BRIDGE = 0x6C696674
"""The purpose of these streams."""
CHUNK = 64
Sequences = tuple[tuple[int, ...], ...]
"""Numbers of the chalks that every aircraft flies, in order."""
Flown = tuple[Floats, float, float]
"""Landings (C,), minutes of repair, failures of one replication."""


class BridgeTrials(Shown, Struct, frozen=True):
    """Replications (R) of a bridge: landing of every flight (R, C) and closure (R,) in minutes from the bridge's start.

    ``repair_min`` (R,) is aircraft time lost to repairs, ``failures`` (R,) the departures that found the aircraft not
    serviceable, ``lost`` (R,) the flights that could have been flown in that time.
    """

    start: dt.datetime
    lands: Floats
    closure: Floats
    repair_min: Floats
    failures: Floats
    lost: Floats

    def closes(self, share: float) -> dt.datetime:
        """The moment by which the bridge has closed in this share of the replications."""
        return self.start + round(float(np.quantile(self.closure, share))) * MINUTE

    def by(self, moment: dt.datetime) -> float:
        """Share of the replications in which the bridge has closed by a moment."""
        return float(np.mean(self.closure <= (moment - self.start) / MINUTE))


def fly_trials(
    lifted: Lifted, replications: int = 1000, *, seed: int = 1, executor: Executor | None = None
) -> BridgeTrials:
    """Fly a planned bridge many times: (R, C) landings, closures, what was lost to repairs.

    At every loading an aircraft is unserviceable with one less its serviceability, and then waits for a repair of
    exponential length; every departure is late by an exponential delay (``rules.airlift``).
    """
    program = Program(lifted.bridge)
    lowered = program.lower(lifted.chalks)
    tail_of = np.array(
        [{t.tail: k for k, t in enumerate(lifted.bridge.tails)}[name] for name in lifted.tails], np.int64
    )
    chunks = [range(at, min(at + CHUNK, replications)) for at in range(0, replications, CHUNK)]
    fly = partial(_replicate_all, program, lifted.sequences, lowered, tail_of, seed)
    if executor is None:
        with ThreadPoolExecutor() as threads:
            found = [row for rows in threads.map(fly, chunks) for row in rows]
    else:
        found = [row for rows in executor.map(fly, chunks) for row in rows]
    lands = np.array([row[0] for row in found]).reshape(replications, len(lifted.chalks))
    repair = np.array([row[1] for row in found])
    closure = lands.max(axis=1) if lands.shape[1] else np.zeros(replications)
    cycle = lifted.hours * 60.0 / max(len(lifted.chalks), 1) + float(
        program.fleet[2].mean() if len(program.types) else 0
    )
    return BridgeTrials(
        lifted.bridge.start, lands, closure, repair, np.array([row[2] for row in found]), repair / max(cycle, 1.0)
    )


def _replicate_all(
    program: Program, sequences: Sequences, lowered: Any, tail_of: NDArray[np.int64], seed: int, numbers: range
) -> list[Flown]:
    """Fly replications: what an executor's worker is given, so everything in it can be sent to another process."""
    return [_replicate(program, sequences, lowered, tail_of, (seed, number)) for number in numbers]


def _replicate(
    program: Program, sequences: Sequences, lowered: Any, tail_of: NDArray[np.int64], key: tuple[int, int]
) -> Flown:
    rules, tails = program.rules, program.bridge.tails
    rng = np.random.Generator(np.random.Philox(key=np.array([key[0] ^ (BRIDGE << 32), key[1]], np.uint64)))
    number = tail_of.size + len(tails)
    luck, repair, late = (
        rng.random(number),
        rng.exponential(rules.repair_h * 60.0, number),
        rng.exponential(1.0, number),
    )
    share = np.array([tails[tail].serviceability for tail in tail_of] + [1.0] * len(tails))
    down = luck >= share
    delays = late * rules.delay_min + np.where(down, repair, 0.0)
    _, lands = program.fly(sequences, lowered, delays)
    return np.minimum(lands, FAR), float(repair[down].sum()), float(down.sum())


class Corner(Struct, frozen=True):
    """One point of the frontier: so many aircraft and parking spots, the plan's closure and its spread."""

    aircraft: int
    spots: int | None
    closure: dt.datetime | None
    bound: dt.datetime
    hours: float
    flights: int
    p10: dt.datetime
    p50: dt.datetime
    p90: dt.datetime
    lost: float


def frontier(
    mission: Mission, operation: str, *, aircraft: tuple[int, ...] = (1, 2, 3),
    spots: tuple[int | None, ...] = (1, 2, None),
    at_once: bool = False, seconds: float = 2.0, replications: int = 400, seed: int = 1,
) -> list[Corner]:  # fmt: skip
    """What another aircraft or another parking spot buys: the bridge planned and flown for each number of both.

    The aircraft are copies of the operation's first; spots are at every field that loads go to (``None``: unlimited).
    ``at_once``: every load is ready from the first day: what the bridge can do rather than what it was asked.
    """
    found = []
    for number in aircraft:
        for places in spots:
            lifted = plan_lift(build(vary(mission, operation, number, places, at_once)), seconds=seconds, seed=seed)
            trials = fly_trials(lifted, replications, seed=seed)
            found.append(
                Corner(
                    number,
                    places,
                    lifted.closure,
                    lifted.bound_closure,
                    lifted.hours,
                    len(lifted.chalks),
                    trials.closes(0.1),
                    trials.closes(0.5),
                    trials.closes(0.9),
                    float(trials.lost.mean()),
                )
            )
    return found


def vary(mission: Mission, operation: str, aircraft: int, spots: int | None, at_once: bool) -> Mission:
    """The mission with so many copies of the operation's first aircraft, and spots at its fields of destination."""
    bridge = build(mission, operation, leave_out=True)
    first = bridge.tails[0]
    start = min((one.start for one in bridge.tails if one.start is not None), default=None)
    ends = [one.end for one in bridge.tails]
    end = None if any(one is None for one in ends) else max(one for one in ends if one is not None)
    fleet = tuple(
        msgspec.structs.replace(first, tail=f"{first.type}-{k}", start=start, end=end) for k in range(1, aircraft + 1)
    )
    ready = min(load.available for load in bridge.loads)
    loads = tuple(
        msgspec.structs.replace(load, available=ready if at_once else load.available) for load in bridge.loads
    )
    goals = {load.destination for load in loads}
    places = tuple(
        msgspec.structs.replace(place, parking=spots) if place.id in goals else place for place in mission.places
    )
    return msgspec.structs.replace(mission, aircraft=_others(mission, fleet), lift=loads, places=places)


def _others(mission: Mission, fleet: tuple[Aircraft, ...]) -> tuple[Aircraft, ...]:
    """The given aeroplanes, and every aircraft that is none."""
    return (*fleet, *(one for one in mission.aircraft if mission.type[one.type].kind != "aeroplane"))
