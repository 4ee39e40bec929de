"""A year of calls and posts alone: each call takes the first free post of its zone's order, or the first to be free."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from castor.simulate.draws.kernel import CALL, PLACE, SCENE, alias, moment, on_ground, stream, uniform
from castor.simulate.lowered import (
    ANSWERED,
    BINS,
    BUSY,
    CALLS,
    CARE_MET,
    CARE_SUM,
    EVACUATION,
    LOST,
    MONTHLY,
    MOVED,
    NONE_FREE,
    PATIENTS,
    SURGERY_MET,
    SURGERY_SUM,
    TALLY,
    UNSERVED,
    WAIT_SUM,
)  # fmt: skip
from castor.simulate.packed import (
    AIR,
    APPROVAL,
    CARE,
    DRAIN,
    ESCORTS,
    HANDOVER,
    HOME,
    HORIZON,
    INN,
    NOTICE_DAY,
    OUT,
    POOL,
    RATE,
    REPORT,
    SURGERY,
    TURN,
    WAITS,
)  # fmt: skip

DAY = 1440.0
MONTHS = len(MONTHLY)


@njit(cache=True, nogil=True)
def lean_year(w: Any, seed: int, replication: int, sums: Any, tally: Any) -> None:
    """Fly one replication of a lean world, with the counts of the full event loop.

    A call that waits goes to the post that is free first, since calls are answered in their order; so calls can be gone
    through once, without events.
    """
    rule, ways = w.rule, w.ways
    when, where, scenes = (
        stream(seed, replication, CALL),
        stream(seed, replication, PLACE),
        stream(seed, replication, SCENE),
    )
    size, end = w.post.shape[0], rule[HORIZON] + rule[DRAIN]
    free = np.zeros(size)
    target, piece, call, last = 0.0, 0, 0, 0.0
    while True:
        target -= math.log(uniform(when, call))
        at, piece = moment(target, w.season, rule[RATE], piece)
        if at >= rule[HORIZON]:
            break
        zone = int(alias(uniform(where, call), w.zone, 0, w.zone.shape[0]))
        scene = on_ground(scenes, call, rule)
        call += 1
        asked = at + rule[REPORT] + rule[APPROVAL]
        month = TALLY + MONTHS * w.month[int(at / DAY)]
        tally[month] += 1
        idle, soon = 0, np.inf
        for k in range(size):
            idle += free[k] <= asked
            soon = min(soon, free[k])
        t = max(asked, soon, last)
        last = t
        if idle == 0:
            sums[NONE_FREE] += 1
            tally[month + 4] += 1
        tally[2 * (BINS + 1) + idle] += 1
        if t > end or (idle == 0 and rule[WAITS] == 0.0):
            tally[BINS] += 1
            tally[2 * BINS + 1] += 1
            last = asked if rule[WAITS] == 0.0 else t
            continue
        post = 0
        for k in range(size):
            post = w.order[zone, k]
            if free[post] <= t:
                break
        p, h = int(w.post[post, POOL]), w.hospital[post, zone, 0]
        there = t + w.pool[p, NOTICE_DAY] + ways[OUT, h, post, zone]
        surgery = there + scene + ways[INN, h, post, zone]
        landed = surgery + w.pool[p, HANDOVER] + ways[HOME, h, post, zone]
        free[post] = landed + w.pool[p, TURN]
        care, clock, craft = there - at, surgery - at, 1.0 + w.pool[p, ESCORTS]
        sums[CARE_SUM] += care
        sums[SURGERY_SUM] += clock
        sums[ANSWERED] += 1
        sums[WAIT_SUM] += t - asked
        tally[min(int(care), BINS)] += 1
        tally[BINS + 1 + min(int(clock), BINS)] += 1
        if care <= rule[CARE]:
            sums[CARE_MET] += 1
            tally[month + 2] += 1
        if clock <= rule[SURGERY]:
            sums[SURGERY_MET] += 1
            tally[month + 3] += 1
        air = ways[AIR, h, post, zone] * craft
        sums[EVACUATION] += air
        tally[TALLY + MONTHS * w.month[int(t / DAY)] + 6] += int(air)
        sums[BUSY] += (free[post] - t) * craft
        sums[len(sums) - size + post] += free[post] - t
    sums[CALLS], sums[PATIENTS], sums[MOVED] = call, call, sums[ANSWERED]
    sums[UNSERVED] = call - sums[ANSWERED]
    sums[LOST] = 0.0 if rule[WAITS] > 0.0 else sums[UNSERVED]
    for m in range((tally.size - TALLY) // MONTHS):
        tally[TALLY + MONTHS * m + 1] = tally[TALLY + MONTHS * m]


@njit(cache=True, nogil=True)
def lean_years(w: Any, seed: int, first: int, sums: Any, tally: Any, squares: Any) -> None:
    """Fly replications from ``first`` on, into the arrays of the full event loop."""
    own = np.zeros(tally.size, np.int64)
    for k in range(sums.shape[0]):
        own[:] = 0
        lean_year(w, seed, first + k, sums[k], own)
        for n in range(tally.size):
            tally[n] += own[n]
        for n in range(squares.size):
            squares[n] += own[TALLY + n] * own[TALLY + n]
