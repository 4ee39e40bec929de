"""Airframes, crews and posts at a moment: what can fly, which posts are manned, when that changes next."""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import njit
from castor.simulate.columns.kernel import (
    ALONE,
    BASE,
    C_BASE,
    C_FLOWN,
    C_FREE,
    C_START,
    DOWN_FROM,
    DOWN_TO,
    DUTY,
    ESCORT,
    ESCORTS,
    FAILS,
    FLIGHT,
    FLOWN,
    FREE,
    HOUR,
    INSPECTIONS,
    KIND,
    LEAD,
    P_BASE,
    P_FREE,
    P_SINCE,
    P_UNTIL,
    PHASE,
    PHASE_DOWN,
    POOL,
    REPAIR,
    REST,
    SINCE,
    STORM,
    STORM_END,
    TASK,
    UNTIL,
    UP,
)  # fmt: skip
from castor.simulate.draws.kernel import INSPECTION, SERVICE, SKY, exponential, mix, stream, uniform

HOUR_MIN = 60.0
DAY = 1440.0


@njit(cache=True, nogil=True, _nrt=False)
def prepare(craft: Any, key: Any, luck: Any, seed: int, replication: int) -> None:
    """Airframes at the start, up or down as in the long run, between two inspections; the keys of their luck."""
    service, inspection = stream(seed, replication, SERVICE), stream(seed, replication, INSPECTION)
    for a in range(craft.shape[0]):
        key[a] = mix(service ^ luck[a])
        if craft[a, PHASE] < np.inf:
            craft[a, FLOWN] = uniform(mix(inspection ^ luck[a]), 0) * craft[a, PHASE]
        if craft[a, UP] < np.inf:
            begins = exponential(key[a], 1) * craft[a, UP]
            if uniform(key[a], 0) * (craft[a, UP] + craft[a, REPAIR]) < craft[a, REPAIR]:
                begins = 0.0
            craft[a, DOWN_FROM], craft[a, FAILS] = begins, 1.0
            craft[a, DOWN_TO] = begins + exponential(key[a], 2) * craft[a, REPAIR]


@njit(cache=True, nogil=True, _nrt=False)
def renew(t: float, craft: Any, key: Any) -> None:
    """Let airframes fail and be repaired up to a moment: the current or next time down of each is then known."""
    for a in range(craft.shape[0]):
        while craft[a, DOWN_TO] <= t:
            k = int(craft[a, FAILS])
            craft[a, FAILS] += 1.0
            craft[a, DOWN_FROM] = craft[a, DOWN_TO] + exponential(key[a], 2 * k + 1) * craft[a, UP]
            craft[a, DOWN_TO] = craft[a, DOWN_FROM] + exponential(key[a], 2 * k + 2) * craft[a, REPAIR]


@njit(cache=True, nogil=True, _nrt=False)
def weather(t: float, rule: Any, storm: Any, month: Any, seed: int, replication: int, whole: Any) -> None:
    """Step the weather, a chain of two states, hour by hour up to a moment."""
    key, now = stream(seed, replication, SKY), int(t / HOUR_MIN)
    for hour in range(whole[HOUR], now + 1):
        change = rule[STORM_END] if whole[STORM] else storm[month[hour // 24], hour % 24]
        if change > 0.0 and uniform(key, hour) < change:
            whole[STORM] = 1 - whole[STORM]
    whole[HOUR] = max(whole[HOUR], now + 1)


@njit(cache=True, nogil=True, _nrt=False)
def night(t: float, base: int, sun: Any) -> Any:
    """Whether it is night at a base; never where day and night are alike."""
    if sun.shape[1] == 0:
        return False
    day = int(t / DAY)
    if sun[0, base, day] <= t <= sun[1, base, day] or t >= sun[0, base, day + 1]:
        return False
    return day == 0 or t > sun[1, base, day - 1]


@njit(cache=True, nogil=True, _nrt=False)
def can_fly(craft: Any, a: int, t: float) -> Any:
    """Whether an airframe is in theatre, on the ground at base, and serviceable."""
    return craft[a, FREE] <= t and craft[a, SINCE] <= t and t < craft[a, UNTIL] and t < craft[a, DOWN_FROM]


@njit(cache=True, nogil=True, _nrt=False)
def rested(crew: Any, c: int, t: float, rule: Any) -> Any:
    """2: within its duty; 1: rested; 0: neither. A crew within its duty may begin a task, and finishes it."""
    if crew[c, C_FREE] > t:
        return 0
    if t - crew[c, C_FREE] >= rule[REST]:
        return 1
    return 2 if t - crew[c, C_START] < rule[DUTY] and crew[c, C_FLOWN] < rule[FLIGHT] else 0


@njit(cache=True, nogil=True, _nrt=False)
def count(t: float, rule: Any, craft: Any, crew: Any, have: Any) -> None:
    """Count by base what can fly of each type (B, K), and in the last column but one the crews that are ready."""
    for base in range(have.shape[0]):
        for kind in range(have.shape[1] - 1):
            have[base, kind] = 0
    for a in range(craft.shape[0]):
        if can_fly(craft, a, t):
            have[int(craft[a, BASE]), int(craft[a, KIND])] += 1
    for c in range(crew.shape[0]):
        if rested(crew, c, t, rule):
            have[int(crew[c, C_BASE]), -2] += 1


@njit(cache=True, nogil=True, _nrt=False)
def spare(have: Any, base: int, lead: int, escort: int, escorts: int) -> Any:
    """Take a formation and a crew out of the counts, if they are there; the last column tells if crews are reckoned."""
    if have[base, -1] and have[base, -2] < 1:
        return False
    if escorts and (have[base, escort] < escorts + (escort == lead) or have[base, lead] < 1):
        return False
    if have[base, lead] < 1:
        return False
    have[base, lead] -= 1
    if escorts:
        have[base, escort] -= escorts
    have[base, -2] -= 1
    return True


@njit(cache=True, nogil=True, _nrt=False)
def man(t: float, post: Any, pool: Any, have: Any) -> Any:
    """Man the posts in order from the counts; returns how many, and which as the bits of a number.

    A post whose formation is out is not manned.
    """
    total, which = 0, 0
    for k in range(post.shape[0]):
        p = int(post[k, POOL])
        manned = post[k, P_FREE] <= t and pool[p, P_SINCE] <= t and t < pool[p, P_UNTIL]
        if manned:
            base, lead = int(pool[p, P_BASE]), int(pool[p, LEAD])
            manned = spare(have, base, lead, int(pool[p, ESCORT]), int(pool[p, ESCORTS]))
        which |= int(manned) << k
        total += manned
    return total, which


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def muster(t: float, w: Any, s: Any) -> Any:
    """How many posts are manned at a moment, and which as the bits of a number."""
    if w.rule[ALONE] == 0.0:
        count(t, w.rule, s.craft, s.crew, s.have)
        return man(t, s.post, w.pool, s.have)
    total, which = 0, 0
    for k in range(s.post.shape[0]):
        back = int(s.post[k, P_FREE] <= t)
        which |= back << k
        total += back
    return total, which


@njit(cache=True, nogil=True, _nrt=False)
def take(t: float, ready: float, air: float, task: int, need: Any, craft: Any, sums: Any, log: Any, line: int) -> None:
    """Send airframes, the first that can fly: ``need`` (base, lead, escort, escorts); they are free at ``ready``.

    One whose flying since its inspection reaches the limit goes into inspection then. Row ``line`` of the log, if any,
    gets their numbers in its last columns.
    """
    base, lead, escort, escorts = need
    leads, rest, column = 1, escorts, 14
    for a in range(craft.shape[0]):
        if leads + rest == 0:
            return
        if craft[a, BASE] != base or not can_fly(craft, a, t):
            continue
        if leads > 0 and craft[a, KIND] == lead:
            leads, first = 0, 13
        elif rest > 0 and craft[a, KIND] == escort:
            rest, first = rest - 1, column
            column += 1
        else:
            continue
        if line >= 0:
            log[line, first] = a
        craft[a, FREE], craft[a, TASK] = ready, task
        craft[a, FLOWN] += air
        if craft[a, FLOWN] >= craft[a, PHASE]:
            craft[a, FLOWN] = 0.0
            craft[a, FREE] += craft[a, PHASE_DOWN]
            sums[INSPECTIONS] += 1


@njit(cache=True, nogil=True, _nrt=False)
def send_crew(t: float, base: int, landed: float, air: float, rule: Any, crew: Any) -> None:
    """Send a crew of the base, one within its duty before a rested one; it is free when it has landed."""
    best, fit = -1, 0
    for c in range(crew.shape[0]):
        if crew[c, C_BASE] == base:
            found = rested(crew, c, t, rule)
            if found > fit:
                best, fit = c, found
    if best < 0:
        return
    if fit == 1:
        crew[best, C_START], crew[best, C_FLOWN] = t, 0.0
    crew[best, C_FREE] = landed
    crew[best, C_FLOWN] += air


@njit(cache=True, nogil=True, _nrt=False)
def change(t: float, rule: Any, craft: Any, crew: Any, post: Any, pool: Any, sun: Any, storm: int) -> Any:
    """The next moment after ``t`` at which something changes that may let what waits go; infinite if nothing will."""
    soon = np.inf
    for a in range(craft.shape[0]):
        if craft[a, FREE] > t:
            soon = min(soon, craft[a, FREE])
        elif craft[a, DOWN_FROM] <= t:
            soon = min(soon, craft[a, DOWN_TO])
        if craft[a, SINCE] > t:
            soon = min(soon, craft[a, SINCE])
    for k in range(post.shape[0]):
        if post[k, P_FREE] > t:
            soon = min(soon, post[k, P_FREE])
    for p in range(pool.shape[0]):
        if pool[p, P_SINCE] > t:
            soon = min(soon, pool[p, P_SINCE])
    for c in range(crew.shape[0]):
        rested_at = crew[c, C_FREE] + rule[REST]
        if crew[c, C_FREE] > t:
            soon = min(soon, crew[c, C_FREE])
        elif rested_at > t:
            soon = min(soon, rested_at)
    if storm:
        soon = min(soon, (int(t / HOUR_MIN) + 1) * HOUR_MIN)
    day = int(t / DAY)
    for base in range(sun.shape[1]):
        for edge in range(2):
            for later in range(2):
                if sun[edge, base, day + later] > t:
                    soon = min(soon, sun[edge, base, day + later])
    return soon
