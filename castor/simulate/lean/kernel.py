"""A year of calls and posts alone: each call takes the first free post of its zone's order, or the first to be free."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from castor.kernel import njit
from castor.simulate.columns.kernel import (
    AIR,
    ANSWERED,
    APPROVAL,
    BINS,
    BUSY,
    CALLS,
    CARE,
    CARE_MET,
    CARE_SUM,
    DRAIN,
    ESCORTS,
    EVACUATION,
    HANDOVER,
    HOME,
    HORIZON,
    INN,
    LOST,
    MEMORYLESS,
    MONTHLY,
    MOVED,
    NONE_FREE,
    NOTICE_DAY,
    OUT,
    P_FREE,
    PATIENTS,
    POOL,
    RATE,
    REPORT,
    SCENE_SIGMA,
    SURGERY,
    SURGERY_MET,
    SURGERY_SUM,
    TALLY,
    TURN,
    UNSERVED,
    WAIT_SUM,
    WAITS,
)  # fmt: skip
from castor.simulate.columns.kernel import SCENE as SCENE_MIN
from castor.simulate.counts.kernel import add
from castor.simulate.draws.kernel import CALL, PLACE, SCENE, alias, moment, on_ground, stream, uniform

DAY = 1440.0
MONTHS = len(MONTHLY)


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def lean_year(w: Any, free: Any, seed: int, replication: int, sums: Any, tally: Any) -> None:
    """Fly one replication of a lean world, with the counts of the full event loop; ``free`` is room for the posts.

    A call that waits goes to the post that is free first, since calls are answered in their order; so calls can be gone
    through once, without events.
    """
    rule, ways, season, zones, pool, days = w.rule, w.ways, w.season, w.zone, w.pool, w.month
    when, where = stream(seed, replication, CALL), stream(seed, replication, PLACE)
    scenes, size, end = stream(seed, replication, SCENE), w.post.shape[0], rule[HORIZON] + rule[DRAIN]
    rate, horizon, delay, waits = rule[RATE], rule[HORIZON], rule[REPORT] + rule[APPROVAL], rule[WAITS] > 0.0
    memoryless, middle, sigma = rule[MEMORYLESS] > 0.0, rule[SCENE_MIN], rule[SCENE_SIGMA]
    in_care, in_surgery = rule[CARE], rule[SURGERY]
    target, piece, call, last = 0.0, 0, 0, 0.0
    care_sum, surgery_sum, wait_sum, evacuation, busy = 0.0, 0.0, 0.0, 0.0, 0.0
    answered, none_free, on_time, safe = 0, 0, 0, 0
    free[:, P_FREE] = 0.0
    while True:
        target -= math.log(uniform(when, call))
        at, piece = moment(target, season, rate, piece)
        if at >= horizon:
            break
        zone = int(alias(uniform(where, call), zones, 0, zones.shape[0]))
        scene = on_ground(scenes, call, memoryless, middle, sigma)
        call += 1
        asked = at + delay
        month = TALLY + MONTHS * days[int(at / DAY)]
        tally[month] += 1
        idle, soon = 0, np.inf
        for k in range(size):
            back = free[k, P_FREE]
            idle += back <= asked
            soon = back if back < soon else soon
        t = max(asked, soon, last)
        last = t
        tally[2 * (BINS + 1) + idle] += 1
        if idle == 0:
            none_free += 1
            tally[month + 4] += 1
        if t > end or (idle == 0 and not waits):
            tally[BINS] += 1
            tally[2 * BINS + 1] += 1
            last = t if waits else asked
            continue
        post = 0
        for k in range(size):
            post = w.order[zone, k]
            if free[post, P_FREE] <= t:
                break
        p, h = int(free[post, POOL]), w.hospital[post, zone, 0]
        there = t + pool[p, NOTICE_DAY] + ways[h, post, zone, OUT]
        surgery = there + scene + ways[h, post, zone, INN]
        landed = surgery + pool[p, HANDOVER] + ways[h, post, zone, HOME]
        ready = landed + pool[p, TURN]
        free[post, P_FREE] = ready
        care, clock, craft = there - at, surgery - at, 1.0 + pool[p, ESCORTS]
        care_sum += care
        surgery_sum += clock
        answered += 1
        wait_sum += t - asked
        tally[min(int(care), BINS)] += 1
        tally[BINS + 1 + min(int(clock), BINS)] += 1
        soon_there, soon_safe = int(care <= in_care), int(clock <= in_surgery)
        on_time += soon_there
        safe += soon_safe
        tally[month + 2] += soon_there
        tally[month + 3] += soon_safe
        air = ways[h, post, zone, AIR] * craft
        evacuation += air
        tally[TALLY + MONTHS * days[int(t / DAY)] + 6] += int(air)
        busy += (ready - t) * craft
        sums[len(sums) - size + post] += ready - t
    sums[CALLS], sums[PATIENTS], sums[MOVED], sums[ANSWERED] = call, call, answered, answered
    sums[CARE_SUM], sums[SURGERY_SUM], sums[CARE_MET], sums[SURGERY_MET] = care_sum, surgery_sum, on_time, safe
    sums[NONE_FREE], sums[WAIT_SUM], sums[EVACUATION], sums[BUSY] = none_free, wait_sum, evacuation, busy
    sums[UNSERVED] = call - answered
    sums[LOST] = 0.0 if waits else sums[UNSERVED]
    for m in range((tally.size - TALLY) // MONTHS):
        tally[TALLY + MONTHS * m + 1] = tally[TALLY + MONTHS * m]


@njit(cache=True, nogil=True, _nrt=False)
def lean_years(w: Any, s: Any, seed: int, first: int, totals: Any) -> None:
    """Fly replications from ``first`` on, with the arguments of the full event loop."""
    for k in range(totals.sums.shape[0]):
        lean_year(w, s.post, seed, first + k, totals.sums[k], totals.own)
        add(totals.own, totals.tally, totals.squares)
