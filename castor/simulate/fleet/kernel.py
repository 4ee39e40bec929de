"""Airframes, crews and posts at a moment: what can fly, which posts are manned, when that changes next."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from castor.simulate.draws.kernel import PHASE, SERVICE, STORM, mix, stream, uniform
from castor.simulate.lowered import INSPECTIONS, State

HOUR = 60.0
DAY = 1440.0


@njit(cache=True, nogil=True)
def fresh(world: Any, seed: int, replication: int, called: Any, asked: int) -> Any:
    """The state at the start: airframes up or down as in the long run, between two inspections, crews rested."""
    fleet, posts = world[1], world[2]
    number, crews = fleet.kind.size, fleet.crews.sum()
    key = np.empty(number, np.uint64)
    down_from, down_to = np.full(number, np.inf), np.full(number, np.inf)
    fails, flown = np.zeros(number, np.int64), np.zeros(number)
    service, phase = stream(seed, replication, SERVICE), stream(seed, replication, PHASE)
    for a in range(number):
        key[a] = mix(service ^ fleet.luck[a])
        if fleet.phase[a] < np.inf:
            flown[a] = uniform(mix(phase ^ fleet.luck[a]), 0) * fleet.phase[a]
        if fleet.up[a] < np.inf:
            begins = -math.log(uniform(key[a], 1)) * fleet.up[a]
            if uniform(key[a], 0) * (fleet.up[a] + fleet.repair[a]) < fleet.repair[a]:
                begins = 0.0
            down_from[a], fails[a] = begins, 1
            down_to[a] = begins - math.log(uniform(key[a], 2)) * fleet.repair[a]
    crew_base, c = np.empty(crews, np.int64), 0
    for base in range(fleet.crews.size):
        for _ in range(fleet.crews[base]):
            crew_base[c] = base
            c += 1
    beds = 1
    for h in range(posts.beds.size):
        beds = max(beds, posts.beds[h])
    return State(
        key, np.zeros(number), down_from, down_to, fails, flown, np.full(number, -1),
        np.zeros(posts.pool.size), np.zeros(posts.pool.size, np.bool_),
        np.zeros((fleet.crews.size, fleet.kinds), np.int64), np.zeros(fleet.crews.size, np.int64),
        crew_base, np.full(crews, -1e18), np.full(crews, -1e18), np.zeros(crews),
        np.full((posts.beds.size, beds), -1e18), np.zeros(2, np.int64),
        np.empty((3, called[0].size), np.int64), np.zeros((4, 2), np.int64), np.empty(asked, np.int64),
        called[3].copy(), called[4].copy(),
        np.full(number, -1), np.zeros(number, np.bool_), np.zeros(number), np.zeros(number), np.full(number, -1),
        np.zeros(1, np.int64),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def renew(t: float, fleet: Any, s: Any) -> None:
    """Let airframes fail and be repaired up to a moment: the current or next time down of each is then known."""
    for a in range(s.free.size):
        while s.down_to[a] <= t:
            k = s.fails[a]
            s.fails[a] = k + 1
            s.down_from[a] = s.down_to[a] - math.log(uniform(s.key[a], 2 * k + 1)) * fleet.up[a]
            s.down_to[a] = s.down_from[a] - math.log(uniform(s.key[a], 2 * k + 2)) * fleet.repair[a]


@njit(cache=True, nogil=True)
def weather(t: float, sky: Any, seed: int, replication: int, s: Any) -> None:
    """Step the weather, a chain of two states, hour by hour up to a moment."""
    if sky.begin.size == 0:
        return
    key, now = stream(seed, replication, STORM), int(t / HOUR)
    for hour in range(s.storm[1], now + 1):
        change = sky.end if s.storm[0] else sky.begin[sky.month[hour // 24], hour % 24]
        if change > 0.0 and uniform(key, hour) < change:
            s.storm[0] = 1 - s.storm[0]
    s.storm[1] = max(s.storm[1], now + 1)


@njit(cache=True, nogil=True)
def night(t: float, base: int, sky: Any) -> Any:
    """Whether it is night at a base; never where day and night are alike."""
    if sky.rise.size == 0:
        return False
    day = int(t / DAY)
    if sky.rise[base, day] <= t <= sky.set[base, day] or t >= sky.rise[base, day + 1]:
        return False
    return day == 0 or t > sky.set[base, day - 1]


@njit(cache=True, nogil=True, inline="always")
def can_fly(a: int, t: float, fleet: Any, s: Any) -> Any:
    """Whether an airframe is in theatre, on the ground at base, and serviceable."""
    return s.free[a] <= t and fleet.since[a] <= t and t < fleet.until[a] and t < s.down_from[a]


@njit(cache=True, nogil=True)
def rested(c: int, t: float, fleet: Any, s: Any) -> int:
    """2: within its duty; 1: rested; 0: neither. A crew within its duty may begin a task, and finishes it."""
    if s.crew_free[c] > t:
        return 0
    if t - s.crew_free[c] >= fleet.rest:
        return 1
    return 2 if t - s.crew_start[c] < fleet.duty and s.crew_flown[c] < fleet.flight else 0


@njit(cache=True, nogil=True)
def man(t: float, fleet: Any, posts: Any, s: Any, lead: int, escort: int, escorts: int, base: int) -> int:
    """Man the posts in order with what can fly, and return how many; ``-1`` if a task's own need cannot be met first.

    ``lead`` is ``-1`` without such a need. A post whose formation is out is not manned.
    """
    s.have[:] = 0
    for a in range(s.free.size):
        if can_fly(a, t, fleet, s):
            s.have[fleet.base[a], fleet.kind[a]] += 1
    if s.crew_free.size:
        s.ready[:] = 0
        for c in range(s.crew_free.size):
            if rested(c, t, fleet, s):
                s.ready[s.crew_base[c]] += 1
    if lead >= 0:
        s.have[base, lead] -= 1
        if escorts:
            s.have[base, escort] -= escorts
        s.ready[base] -= 1
        short = escorts > 0 and s.have[base, escort] < 0
        if s.have[base, lead] < 0 or short or (fleet.crews[base] and s.ready[base] < 0):
            return -1
    total = 0
    for post in range(posts.pool.size):
        p = posts.pool[post]
        s.manned[post] = False
        if s.post_free[post] > t or t < posts.since[p] or t >= posts.until[p]:
            continue
        b, one, two, number = posts.base[p], posts.lead[p], posts.escort[p], posts.escorts[p]
        if fleet.crews[b] and s.ready[b] <= 0:
            continue
        if number == 0:
            if s.have[b, one] < 1:
                continue
        elif one == two:
            if s.have[b, one] < 1 + number:
                continue
        elif s.have[b, one] < 1 or s.have[b, two] < number:
            continue
        s.have[b, one] -= 1
        if number:
            s.have[b, two] -= number
        s.ready[b] -= 1
        s.manned[post] = True
        total += 1
    return total


@njit(cache=True, nogil=True)
def take(t: float, ready: float, air: float, task: int, need: Any, fleet: Any, s: Any, sums: Any, row: Any) -> None:
    """Send airframes, the first that can fly: ``need`` (base, lead, escort, escorts); they are free at ``ready``.

    One whose flying since its inspection reaches the limit goes into inspection then. ``row`` of the log, if any, gets
    their numbers in its last columns.
    """
    base, lead, escort, escorts = need
    leads, rest, column = 1, escorts, 14
    for a in range(s.free.size):
        if leads + rest == 0:
            return
        if fleet.base[a] != base or not can_fly(a, t, fleet, s):
            continue
        if leads > 0 and fleet.kind[a] == lead:
            leads -= 1
            first = 13
        elif rest > 0 and fleet.kind[a] == escort:
            rest -= 1
            first = column
            column += 1
        else:
            continue
        if row.size:
            row[first] = a
        s.free[a], s.task_of[a] = ready, task
        s.flown[a] += air
        if s.flown[a] >= fleet.phase[a]:
            s.flown[a] = 0.0
            s.free[a] += fleet.phase_down[a]
            sums[INSPECTIONS] += 1


@njit(cache=True, nogil=True)
def crew(t: float, base: int, landed: float, air: float, fleet: Any, s: Any) -> None:
    """Send a crew of the base, one within its duty before a rested one; it is free when it has landed."""
    if fleet.crews[base] == 0:
        return
    best, fit = -1, 0
    for c in range(s.crew_free.size):
        if s.crew_base[c] == base:
            found = rested(c, t, fleet, s)
            if found > fit:
                best, fit = c, found
    if fit == 1:
        s.crew_start[best], s.crew_flown[best] = t, 0.0
    s.crew_free[best] = landed
    s.crew_flown[best] += air


@njit(cache=True, nogil=True)
def change(t: float, world: Any, s: Any) -> Any:
    """The next moment at which something changes that may let what waits go: never before ``t``, infinite if none."""
    _, fleet, posts, sky, _ = world
    soon = np.inf
    for a in range(s.free.size):
        if s.free[a] > t:
            soon = min(soon, s.free[a])
        elif s.down_from[a] <= t:
            soon = min(soon, s.down_to[a])
        if fleet.since[a] > t:
            soon = min(soon, fleet.since[a])
    for post in range(s.post_free.size):
        if s.post_free[post] > t:
            soon = min(soon, s.post_free[post])
    for p in range(posts.base.size):
        if posts.since[p] > t:
            soon = min(soon, posts.since[p])
    for c in range(s.crew_free.size):
        for moment in (s.crew_free[c], s.crew_free[c] + fleet.rest):
            if moment > t:
                soon = min(soon, moment)
    if s.storm[0]:
        soon = min(soon, (int(t / HOUR) + 1) * HOUR)
    if sky.rise.size:
        day = int(t / DAY)
        for base in range(sky.rise.shape[0]):
            for moment in (sky.rise[base, day], sky.set[base, day], sky.rise[base, day + 1]):
                if moment > t:
                    soon = min(soon, moment)
    return soon
