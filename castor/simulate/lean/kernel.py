"""A year of calls and posts alone: each call takes the first free post of its zone's order, or the first to be free."""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import njit
from castor.simulate.columns.kernel import (
    ANSWERED,
    APPROVAL,
    BINS,
    BLOCK,
    BUSY,
    CALLS,
    CARE,
    CARE_MET,
    CARE_SUM,
    DRAIN,
    EVACUATION,
    HORIZON,
    LOST,
    MONTHLY,
    MOVED,
    NONE_FREE,
    P_FREE,
    PATIENTS,
    RATE,
    REPORT,
    SURGERY,
    SURGERY_MET,
    SURGERY_SUM,
    TALLY,
    UNSERVED,
    WAIT_SUM,
    WAITS,
)  # fmt: skip
from castor.simulate.counts.kernel import add
from castor.simulate.draws.kernel import CALL, PLACE, SCENE, alias, exponentials, moment, on_ground, stream, uniforms

DAY = 1440.0
MONTHS = len(MONTHLY)
L_NOTICE, L_OUT, L_INN, L_HANDOVER, L_HOME, L_TURN, L_AIR, L_CRAFT = range(8)
"""Last index of the legs of the lean path: minutes in the order they are flown, minutes airborne, airframes."""


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy", inline="always")
def month_of(day: float, month: int, since: Any) -> Any:
    """The month that a day is in, not before ``month``; ``since`` (M + 1,) first days of the months."""
    while day >= since[month + 1]:
        month += 1
    return month


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy", inline="always")
def lean_year(w: Any, legs: Any, since: Any, s: Any, who: tuple[int, int], sums: Any, tally: Any) -> None:
    """Fly one replication of a lean world, with the counts of the full event loop; ``who``: seed and replication.

    A call that waits goes to the post that is free first, since calls are answered in their order; so calls can be gone
    through once, without events. ``legs`` (Z, S, 8) and ``since`` (M + 1,): see ``castor.simulate.lean.lean_tables``.
    """
    rule, season, zones, order, free = w.rule, w.season, w.zone, w.order, s.post
    when, where, scenes = stream(who[0], who[1], CALL), stream(who[0], who[1], PLACE), stream(who[0], who[1], SCENE)
    rate, horizon, delay, waits = rule[RATE], rule[HORIZON], rule[REPORT] + rule[APPROVAL], rule[WAITS] > 0.0
    gap, place, on_scene, k = s.draw[0], s.draw[1], s.draw[2], BLOCK
    in_care, in_surgery, end, size = rule[CARE], rule[SURGERY], rule[HORIZON] + rule[DRAIN], free.shape[0]
    target, piece, call, last, asked_in, flown_in = 0.0, 0, 0, 0.0, 0, 0
    care_sum, surgery_sum, wait_sum, evacuation, busy = 0.0, 0.0, 0.0, 0.0, 0.0
    answered, none_free, on_time, safe, month = 0, 0, 0, 0, TALLY
    free[:, P_FREE] = 0.0
    while True:
        if k == BLOCK:
            exponentials(when, call, gap)
            uniforms(where, call, place)
            on_ground(scenes, call, rule, on_scene)
            k = 0
        target += gap[k]
        at, piece = moment(target, season, rate, piece)
        if at >= horizon:
            break
        zone = int(alias(place[k], zones, 0, zones.shape[0]))
        scene = on_scene[k]
        call += 1
        k += 1
        asked = at + delay
        asked_in = month_of(at / DAY, asked_in, since)
        month = TALLY + MONTHS * asked_in
        tally[month] += 1
        idle, which, soon = 0, 0, np.inf
        for n in range(size):
            back = free[n, P_FREE]
            idle += back <= asked
            which |= int(back <= asked) << n
            soon = back if back < soon else soon
        t = max(asked, soon, last)
        tally[2 * (BINS + 1) + idle] += 1
        if idle == 0:
            none_free += 1
            tally[month + 4] += 1
            for n in range(size):
                which |= int(free[n, P_FREE] <= t) << n
        if t > end or (idle == 0 and not waits):
            tally[BINS] += 1
            tally[2 * BINS + 1] += 1
            last = t if waits else asked
            continue
        last = t
        post = 0
        for n in range(size - 1, -1, -1):
            one = order[zone, n]
            post = one if which >> one & 1 else post
        leg = legs[zone, post]
        there = t + leg[L_NOTICE] + leg[L_OUT]
        surgery = there + scene + leg[L_INN]
        ready = surgery + leg[L_HANDOVER] + leg[L_HOME] + leg[L_TURN]
        free[post, P_FREE] = ready
        care, clock = there - at, surgery - at
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
        evacuation += leg[L_AIR]
        flown_in = month_of(t / DAY, flown_in, since)
        tally[TALLY + MONTHS * flown_in + 6] += int(leg[L_AIR])
        busy += (ready - t) * leg[L_CRAFT]
        sums[len(sums) - size + post] += ready - t
    sums[CALLS], sums[PATIENTS], sums[MOVED], sums[ANSWERED] = call, call, answered, answered
    sums[CARE_SUM], sums[SURGERY_SUM], sums[CARE_MET], sums[SURGERY_MET] = care_sum, surgery_sum, on_time, safe
    sums[NONE_FREE], sums[WAIT_SUM], sums[EVACUATION], sums[BUSY] = none_free, wait_sum, evacuation, busy
    sums[UNSERVED] = call - answered
    sums[LOST] = 0.0 if waits else sums[UNSERVED]
    for m in range((tally.size - TALLY) // MONTHS):
        tally[TALLY + MONTHS * m + 1] = tally[TALLY + MONTHS * m]


@njit(cache=True, nogil=True, _nrt=False)
def lean_years(tables: Any, s: Any, seed: int, first: int, totals: Any) -> None:
    """Fly replications from ``first`` on, with the arguments of the full event loop but for its tables."""
    w, legs, since = tables
    for k in range(totals.sums.shape[0]):
        lean_year(w, legs, since, s, (seed, first + k), totals.sums[k], totals.own)
        add(totals.own, totals.tally, totals.squares)
