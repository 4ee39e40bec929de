"""The year, event by event: calls and tasks arrive, formations are sent, what cannot go waits for a change.

Everything that changes by itself (failures, weather, rest) is looked up when it matters, so the next event is the
first of three: the next call that may be answered, the next task that is asked for, and, while anything waits, the next
change of what can fly. No heap is needed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from castor.simulate.draws.kernel import STAY, calls, mix, stream, tasks, uniform
from castor.simulate.fleet.kernel import DAY, change, crew, fresh, man, night, renew, take, weather
from castor.simulate.lowered import (
    ANSWERED,
    BINS,
    BUSY,
    CALLS,
    CARE_MET,
    CARE_SUM,
    DROPPED,
    EVACUATION,
    GROUNDED,
    LOOK,
    LOST,
    MISSIONS,
    MOVED,
    NO_ROOM,
    NONE_FREE,
    PASSENGERS,
    PATIENTS,
    SECOND,
    SURGERY_MET,
    SURGERY_SUM,
    TONNES,
    TRAINING,
    TRANSFER_MIN,
    TRANSFER_WAIT,
    TRANSFERS,
    TRANSFERS_DONE,
    TRANSPORT,
    TURNED_BACK,
    UNSERVED,
    WAIT_SUM,
)  # fmt: skip


@njit(cache=True, nogil=True)
def pick(t: float, zone: int, precedence: int, total: int, posts: Any, sky: Any, s: Any) -> Any:
    """The manned post that answers a call, or -1: first in the zone's order, or the one that leaves most covered."""
    if total <= posts.reserve[precedence]:
        return -1
    keeps = posts.worth.size > 1
    free, best, most = 0, -1, -1.0
    if keeps:
        for post in range(s.manned.size):
            free |= int(s.manned[post]) << post
    for k in range(s.manned.size):
        post = posts.order[zone, k]
        if post < 0:
            break
        p = posts.pool[post]
        if not s.manned[post] or (not posts.night[p] and night(t, posts.base[p], sky)):
            continue
        if not keeps:
            return post
        left = posts.worth[free & ~(1 << post)]
        if left > most:
            best, most = post, left
    return best


@njit(cache=True, nogil=True)
def hospital(row: int, zone: int, depart: float, scene: float, number: int, posts: Any, s: Any) -> Any:
    """The first hospital in order that has room on arrival, and whether one had; without room anywhere, the first."""
    for k in range(posts.hospital.shape[2]):
        h = posts.hospital[row, zone, k]
        if h < 0:
            break
        if posts.beds[h] < 0:
            return h, True
        arrival = depart + posts.out[h, row, zone] + scene + posts.inn[h, row, zone]
        room = 0
        for bed in range(posts.beds[h]):
            room += s.bed[h, bed] <= arrival
        if room >= number:
            return h, True
    return posts.hospital[row, zone, 0], False


@njit(cache=True, nogil=True)
def lay(h: int, arrival: float, number: int, key: Any, c: int, posts: Any, s: Any) -> None:
    """Put patients into free beds, each for an exponential stay."""
    for bed in range(posts.beds[h]):
        if number == 0:
            return
        if s.bed[h, bed] <= arrival:
            number -= 1
            s.bed[h, bed] = arrival - np.log(uniform(key, 1000 * c + number)) * posts.stay


@njit(cache=True, nogil=True)
def arrive(c: int, care: float, surgery: float, number: int, called: Any, world: Any, out: Any) -> None:
    """Count patients who reached care and surgery so many minutes after the wounding."""
    demand, _, _, sky, _ = world
    sums, _, months, hist, _, _ = out
    month = sky.month[int(called[0][c] / DAY)]
    sums[MOVED] += number
    sums[CARE_SUM] += care * number
    sums[SURGERY_SUM] += surgery * number
    hist[0, min(int(care), BINS)] += number
    hist[1, min(int(surgery), BINS)] += number
    if care <= demand.care:
        sums[CARE_MET] += number
        months[month, 2] += number
    if surgery <= demand.surgery:
        sums[SURGERY_MET] += number
        months[month, 3] += number


@njit(cache=True, nogil=True)
def send(t: float, depart: float, row: int, post: int, p: int, c: int, called: Any, world: Any, s: Any, out: Any,
         key: Any) -> Any:  # fmt: skip
    """Fly a formation to a call and patients to a hospital; returns the landing at base. ``post`` -1: from a task."""
    _, fleet, posts, sky, _ = world
    sums, busy, months, _, _, log = out
    zone, scene, transfer = called[2][c], called[6][c], called[5][c] == 2
    lying = min(s.lying[c], posts.litters[p])
    sitting = min(s.sitting[c], posts.seats[p] + posts.litters[p] - lying)
    first = s.lying[c] + s.sitting[c] == called[3][c] + called[4][c]
    number = lying + sitting
    h, room = hospital(row, zone, depart, scene, number, posts, s)
    there = depart + posts.out[h, row, zone]
    left = there + scene
    surgery = left + posts.inn[h, row, zone]
    landed = surgery + posts.handover[p] + posts.home[h, row]
    air, craft = posts.air[h, row, zone], 1 + posts.escorts[p]
    s.lying[c] -= lying
    s.sitting[c] -= sitting
    sums[NO_ROOM] += not room
    if posts.beds[h] > 0:
        lay(h, surgery, number, key, c, posts, s)
    if transfer:
        sums[TRANSFERS_DONE] += 1
        sums[TRANSFER_WAIT] += t - called[1][c]
        sums[TRANSFER_MIN] += air * craft
    else:
        arrive(c, there - called[0][c], surgery - called[0][c], number, called, world, out)
        sums[EVACUATION] += air * craft
        months[sky.month[int(t / DAY)], 6] += int(air * craft)
        sums[SECOND] += not first
        if first:
            sums[ANSWERED] += 1
            sums[WAIT_SUM] += t - called[1][c]
    ready = landed + posts.turn[p]
    entry = _entry(log, s, (1.0 if transfer else 0.0, float(row), float(zone), float(h), depart, there, left, surgery,
                            surgery + posts.handover[p], landed, float(lying), float(sitting), float(c)))  # fmt: skip
    if post >= 0:
        sums[BUSY] += (ready - t) * craft
        busy[post] += ready - t
        s.post_free[post] = ready
        take(
            t, ready, air, -1, (posts.base[p], posts.lead[p], posts.escort[p], posts.escorts[p]), fleet, s, sums, entry
        )
        crew(t, posts.base[p], landed, air, fleet, s)
    return landed


@njit(cache=True, nogil=True)
def _entry(log: Any, s: Any, numbers: Any) -> Any:
    """The next row of the log, filled; an empty array where nothing is logged."""
    if s.logged[0] >= log.shape[0]:
        return log[:0].ravel()
    row = log[s.logged[0]]
    row[:] = -1.0
    for k in range(13):
        row[k] = numbers[k]
    s.logged[0] += 1
    return row


@njit(cache=True, nogil=True)
def recall(t: float, c: int, called: Any, world: Any, s: Any, out: Any, key: Any) -> Any:
    """Make the task in flight that can soonest be free turn back, or answer the call itself; whether it does that.

    Not more tasks turn back than calls wait.
    """
    _, _, posts, sky, work = world
    sums, _, months, _, _, log = out
    waiting = s.ends[0, 1] - s.ends[0, 0] + s.ends[1, 1] - s.ends[1, 0]
    best, soon, onward = -1, np.inf, False
    for k in range(s.going.size):
        d = s.going[k]
        if d < 0 or s.back[k] <= t:
            continue
        if s.turned[k]:
            waiting -= 1
        if s.turned[k] or work.pool[d] < 0:
            continue
        there = s.off[k] + work.out[d]
        leaves = there + work.ground[d]
        home = t + (t - s.off[k]) if t < there else t + work.back[d] if t < leaves else s.back[k]
        can = work.on_call == 2 and work.onward[d] and t < leaves
        can = can and posts.hospital[posts.pool.size + d, called[2][c], 0] >= 0
        free = max(t, there if can else home)
        if free < soon and (can or home < s.back[k]):
            best, soon, onward = k, free, can
    if best < 0 or waiting <= 0:
        return False
    d = s.going[best]
    there, craft = s.off[best] + work.out[d], 1 + work.escorts[d]
    sums[TURNED_BACK] += 1
    s.turned[best] = True
    if t < there and not onward and not work.training[d]:
        sums[PASSENGERS] -= work.pax[d]
        sums[TONNES] -= work.tonnes[d]
    if onward:
        depart = max(t, there + work.ground[d]) + work.turn[d]
        landed = send(t, depart, posts.pool.size + d, -1, work.pool[d], c, called, world, s, out, key)
        saved, flown = work.air_back[d], posts.air[posts.hospital[posts.pool.size + d, called[2][c], 0], posts.pool.size
                                                   + d, called[2][c]]  # fmt: skip
    else:
        landed, flown = soon, 0.0
        once = min(t - s.off[best], work.air_out[d])
        saved = work.air_out[d] + work.air_back[d] - 2.0 * once if t < there else 0.0
    shift = landed - s.back[best]
    sums[TRAINING if work.training[d] else TRANSPORT] -= saved * craft
    months[sky.month[int(t / DAY)], 8 if work.training[d] else 7] -= int(saved * craft)
    sums[BUSY] += shift * craft
    for a in range(s.free.size):
        if s.task_of[a] == best:
            s.free[a] += shift
            s.flown[a] = max(0.0, s.flown[a] + flown - saved)
    for n in range(s.crew_free.size):
        if s.crew_base[n] == work.base[d] and s.crew_free[n] == s.back[best]:
            s.crew_free[n] += shift
            s.crew_flown[n] += flown - saved
    s.back[best] = landed
    if s.row[best] >= 0:
        log[s.row[best], 9], log[s.row[best], 12] = landed, 2.0 if onward else 1.0
    return onward


@njit(cache=True, nogil=True)
def serve(t: float, total: int, called: Any, world: Any, s: Any, out: Any, key: Any) -> None:
    """Send formations to waiting calls, by precedence and then in order of their coming."""
    _, fleet, posts, sky, work = world
    for level in range(3):
        at = s.ends[level, 0]
        while at < s.ends[level, 1] and at - s.ends[level, 0] < LOOK:
            c = s.queue[level, at]
            post = pick(t, called[2][c], level, total, posts, sky, s) if total > 0 else -1
            sent = post >= 0
            if sent:
                p = posts.pool[post]
                notice = posts.notice_night[p] if night(t, posts.base[p], sky) else posts.notice_day[p]
                send(t, t + notice, post, post, p, c, called, world, s, out, key)
            elif total == 0:
                if level == 2 or work.on_call == 0:
                    return
                sent = recall(t, c, called, world, s, out, key)
            if not sent:
                at += 1
                continue
            if s.lying[c] + s.sitting[c] == 0:
                for k in range(at, s.ends[level, 0], -1):
                    s.queue[level, k] = s.queue[level, k - 1]
                s.ends[level, 0] += 1
                at += 1
            if s.ends[0, 0] == s.ends[0, 1] and s.ends[1, 0] == s.ends[1, 1] and s.ends[2, 0] == s.ends[2, 1]:
                return
            total = man(t, fleet, posts, s, -1, 0, 0, 0)


@njit(cache=True, nogil=True)
def begin(t: float, d: int, world: Any, s: Any, out: Any) -> bool:
    """Begin a task if its airframes and a crew are there, it is day if it must be, and enough posts stay manned."""
    _, fleet, posts, sky, work = world
    sums, _, months, _, _, log = out
    if t < work.since[d] or t >= work.until[d] or (work.day and night(t, work.base[d], sky)):
        return False
    total = man(t, fleet, posts, s, work.lead[d], work.escort[d], work.escorts[d], work.base[d])
    if total < work.standby:
        return False
    there = t + work.out[d]
    landed = there + work.ground[d] + work.back[d]
    air, craft = work.air_out[d] + work.air_back[d], 1 + work.escorts[d]
    k = 0
    while s.going[k] >= 0 and s.back[k] > t:
        k += 1
    for a in range(s.task_of.size):
        if s.task_of[a] == k:
            s.task_of[a] = -1
    s.going[k], s.off[k], s.back[k], s.turned[k], s.row[k] = d, t, landed, False, -1
    month = sky.month[int(t / DAY)]
    if work.training[d]:
        sums[TRAINING] += air * craft
        months[month, 8] += int(air * craft)
    else:
        sums[MISSIONS] += 1
        sums[PASSENGERS] += work.pax[d]
        sums[TONNES] += work.tonnes[d]
        sums[TRANSPORT] += air * craft
        months[month, 5] += 1
        months[month, 7] += int(air * craft)
    sums[BUSY] += (landed + work.turn[d] - t) * craft
    entry = _entry(log, s, (3.0 if work.training[d] else 2.0, -1.0, float(d), -1.0, t, there, there + work.ground[d],
                            -1.0, -1.0, landed, 0.0, 0.0, 0.0))  # fmt: skip
    if entry.size:
        s.row[k] = s.logged[0] - 1
    need = (work.base[d], work.lead[d], work.escort[d], work.escorts[d])
    take(t, landed + work.turn[d], air, k, need, fleet, s, sums, entry)
    crew(t, work.base[d], landed, air, fleet, s)
    return True


@njit(cache=True, nogil=True)
def work_on(t: float, asked: Any, world: Any, s: Any, out: Any) -> None:
    """Begin waiting tasks in order while no call waits; drop those that have waited too long."""
    work, sums = world[4], out[0]
    calls_wait = s.ends[0, 0] < s.ends[0, 1] or s.ends[1, 0] < s.ends[1, 1] or s.ends[2, 0] < s.ends[2, 1]
    kept = s.ends[3, 0]
    for at in range(s.ends[3, 0], s.ends[3, 1]):
        j = s.waiting[at]
        if t - asked[0][j] > work.wait:
            sums[DROPPED] += not work.training[asked[1][j]]
        elif calls_wait or s.storm[0] or not begin(t, asked[1][j], world, s, out):
            s.waiting[kept] = j
            kept += 1
    s.ends[3, 1] = kept


@njit(cache=True, nogil=True)
def take_call(t: float, c: int, called: Any, world: Any, s: Any, out: Any) -> Any:
    """Count a call that may now be answered, put it in its line, and return how many posts are manned."""
    _, fleet, posts, sky, _ = world
    sums, _, months, _, made, _ = out
    total = man(t, fleet, posts, s, -1, 0, 0, 0)
    level = called[5][c]
    s.queue[level, s.ends[level, 1]] = c
    s.ends[level, 1] += 1
    if level == 2:
        sums[TRANSFERS] += 1
        return total
    month, number = sky.month[int(called[0][c] / DAY)], called[3][c] + called[4][c]
    made[total] += 1
    sums[CALLS] += 1
    sums[PATIENTS] += number
    months[month, 0] += 1
    months[month, 1] += number
    sums[GROUNDED] += s.storm[0]
    if total == 0:
        sums[NONE_FREE] += 1
        months[month, 4] += 1
    return total


@njit(cache=True, nogil=True)
def close(i: int, called: Any, asked: Any, left: int, world: Any, s: Any, out: Any) -> None:
    """Count what was never answered: patients, and tasks that never began."""
    sums, _, _, hist, _, _ = out
    for c in range(i, called[0].size):
        if called[5][c] < 2:
            sums[CALLS] += 1
            sums[PATIENTS] += called[3][c] + called[4][c]
            sums[UNSERVED] += called[3][c] + called[4][c]
            hist[:, BINS] += called[3][c] + called[4][c]
    for level in range(2):
        for at in range(s.ends[level, 0], s.ends[level, 1]):
            c = s.queue[level, at]
            sums[UNSERVED] += s.lying[c] + s.sitting[c]
            hist[:, BINS] += s.lying[c] + s.sitting[c]
    for at in range(s.ends[3, 0], s.ends[3, 1]):
        sums[DROPPED] += not world[4].training[asked[1][s.waiting[at]]]
    for j in range(left, asked[0].size):
        sums[DROPPED] += not world[4].training[asked[1][j]]


@njit(cache=True, nogil=True)
def year(world: Any, seed: int, replication: int, out: Any) -> None:
    """Fly one replication. ``world``: demand, fleet, posts, sky, work. ``out``: sums (V,), busy minutes of posts (S,),
    months (M, .), histograms (2, BINS + 1), posts manned at a call (S + 1,), log (., LOG)."""
    demand, fleet, posts, sky, work = world
    called = calls(demand, seed, replication)
    asked = tasks(work, demand.horizon, seed, replication)
    s = fresh(world, seed, replication, called, asked[0].size)
    key = mix(stream(seed, replication, STAY))
    count, jobs, i, j = called[0].size, asked[0].size, 0, 0
    end, wake = demand.horizon + demand.drain, np.inf
    while True:
        t, what = wake, 0
        if i < count and called[1][i] <= t:
            t, what = called[1][i], 1
        if j < jobs and asked[0][j] < t:
            t, what = asked[0][j], 2
        if t > end:
            break
        renew(t, fleet, s)
        weather(t, sky, seed, replication, s)
        if what == 1:
            total = take_call(t, i, called, world, s, out)
            i += 1
        else:
            total = man(t, fleet, posts, s, -1, 0, 0, 0)
            if what == 2:
                s.waiting[s.ends[3, 1]] = j
                s.ends[3, 1] += 1
                j += 1
        if s.storm[0] == 0:
            serve(t, total, called, world, s, out, key)
        if what == 1 and not demand.waits:
            c, level = i - 1, called[5][i - 1]
            if s.ends[level, 0] < s.ends[level, 1]:
                s.ends[level, 1] -= 1
                out[0][LOST] += 1
                out[0][UNSERVED] += s.lying[c] + s.sitting[c]
                out[3][:, BINS] += s.lying[c] + s.sitting[c]
        if s.ends[3, 0] < s.ends[3, 1]:
            work_on(t, asked, world, s, out)
        waits = s.ends[3, 0] < s.ends[3, 1] or s.ends[0, 0] < s.ends[0, 1] or s.ends[1, 0] < s.ends[1, 1]
        wake = change(t, world, s) if waits or s.ends[2, 0] < s.ends[2, 1] else np.inf
    close(i, called, asked, j, world, s, out)


@njit(cache=True, nogil=True)
def years(
    world: Any, seed: int, first: int, number: int, sums: Any, busy: Any, months: Any, hist: Any, made: Any
) -> None:
    """Fly replications from ``first`` on: sums (R, V), busy (R, S); months (2, M, .): sums and squares."""
    own = np.zeros(months.shape[1:], np.int64)
    nothing = np.empty((0, 0))
    for k in range(number):
        own[:] = 0
        year(world, seed, first + k, (sums[k], busy[k], own, hist, made, nothing))
        months[0] += own
        months[1] += own * own
