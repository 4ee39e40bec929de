"""A year of calls and posts alone: each call takes the first free post of its zone's order, or the first to be free."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from castor.simulate.draws.kernel import CALL, SCENE, ZONE, alias, moment, on_ground, stream, uniform
from castor.simulate.lowered import (
    ANSWERED,
    BINS,
    BUSY,
    CALLS,
    CARE_MET,
    CARE_SUM,
    EVACUATION,
    LOST,
    MOVED,
    NONE_FREE,
    PATIENTS,
    SURGERY_MET,
    SURGERY_SUM,
    UNSERVED,
    WAIT_SUM,
)  # fmt: skip

DAY = 1440.0


@njit(cache=True, nogil=True)
def lean_year(world: Any, seed: int, replication: int, out: Any) -> None:
    """Fly one replication of a lean world; ``out`` as for the full event loop, without the log.

    A call that waits goes to the post that is free first, since calls are answered in their order; so calls can be gone
    through once, without events.
    """
    demand, _, posts, sky, _ = world
    sums, busy, months, hist, made = out
    calls_key, zones_key = stream(seed, replication, CALL), stream(seed, replication, ZONE)
    scene_key = stream(seed, replication, SCENE)
    free = np.zeros(posts.pool.size)
    target, piece, call, tail, size = 0.0, 0, 0, 0.0, posts.pool.size
    end = demand.horizon + demand.drain
    while True:
        target -= math.log(uniform(calls_key, call))
        at, piece = moment(target, demand, piece)
        if at >= demand.horizon:
            break
        zone = alias(uniform(zones_key, call), demand.share, demand.other, 0, demand.share.size)
        scene = on_ground(scene_key, call, demand)
        call += 1
        asked = at + demand.report + demand.approval
        month = sky.month[int(at / DAY)]
        sums[CALLS] += 1
        sums[PATIENTS] += 1
        months[month, 0] += 1
        months[month, 1] += 1
        idle, soon = 0, np.inf
        for k in range(size):
            idle += free[k] <= asked
            soon = min(soon, free[k])
        made[idle] += 1
        t = max(asked, soon, tail)
        tail = t
        if idle == 0:
            sums[NONE_FREE] += 1
            months[month, 4] += 1
        if t > end or (idle == 0 and not demand.waits):
            sums[LOST] += not demand.waits
            sums[UNSERVED] += 1
            hist[:, BINS] += 1
            if not demand.waits:
                tail = asked
            continue
        post = -1
        for k in range(size):
            post = posts.order[zone, k]
            if free[post] <= t:
                break
        p, h = posts.pool[post], posts.hospital[post, zone, 0]
        there = t + posts.notice_day[p] + posts.out[h, post, zone]
        surgery = there + scene + posts.inn[h, post, zone]
        landed = surgery + posts.handover[p] + posts.home[h, post]
        free[post] = landed + posts.turn[p]
        care, clock, craft = there - at, surgery - at, 1 + posts.escorts[p]
        sums[MOVED] += 1
        sums[CARE_SUM] += care
        sums[SURGERY_SUM] += clock
        sums[ANSWERED] += 1
        sums[WAIT_SUM] += t - asked
        hist[0, min(int(care), BINS)] += 1
        hist[1, min(int(clock), BINS)] += 1
        if care <= demand.care:
            sums[CARE_MET] += 1
            months[month, 2] += 1
        if clock <= demand.surgery:
            sums[SURGERY_MET] += 1
            months[month, 3] += 1
        air = posts.air[h, post, zone] * craft
        sums[EVACUATION] += air
        months[sky.month[int(t / DAY)], 6] += int(air)
        sums[BUSY] += (free[post] - t) * craft
        busy[post] += free[post] - t


@njit(cache=True, nogil=True)
def lean_years(
    world: Any, seed: int, first: int, number: int, sums: Any, busy: Any, months: Any, hist: Any, made: Any
) -> None:
    """Fly replications ``first`` to ``first + number`` of a lean world, into the arrays of the full event loop."""
    own = np.zeros(months.shape[1:], np.int64)
    for k in range(number):
        own[:] = 0
        lean_year(world, seed, first + k, (sums[k], busy[k], own, hist, made))
        months[0] += own
        months[1] += own * own
