"""A formation sent to a call: which one, to which hospital, what is counted of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import njit
from castor.simulate.columns.kernel import (
    AIR,
    ALONE,
    ANSWERED,
    AT,
    BINS,
    BUSY,
    CARE,
    CARE_MET,
    CARE_SUM,
    ESCORT,
    ESCORTS,
    EVACUATION,
    HANDOVER,
    HEAD,
    HOME,
    INN,
    LEAD,
    LEVEL,
    LITTERS,
    LOGGED,
    LYING,
    LYING_LEFT,
    MONTHLY,
    MOVED,
    NIGHT,
    NO_ROOM,
    NOTICE_DAY,
    NOTICE_NIGHT,
    ON_SCENE,
    OUT,
    P_BASE,
    P_FREE,
    POOL,
    READY,
    RESERVE,
    SEATS,
    SECOND,
    SITTING,
    SITTING_LEFT,
    STAY,
    SURGERY,
    SURGERY_MET,
    SURGERY_SUM,
    TAIL_0,
    TALLY,
    TRANSFER_MIN,
    TRANSFER_WAIT,
    TRANSFERS_DONE,
    TURN,
    WAIT_SUM,
    ZONE,
)  # fmt: skip
from castor.simulate.draws.kernel import exponential
from castor.simulate.fleet.kernel import DAY, night, send_crew, take

MONTHS = len(MONTHLY)


@njit(cache=True, nogil=True, _nrt=False)
def idle(whole: Any) -> Any:
    """Whether no call waits."""
    return (
        whole[HEAD] == whole[TAIL_0] and whole[HEAD + 1] == whole[TAIL_0 + 1] and whole[HEAD + 2] == whole[TAIL_0 + 2]
    )


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def pick(t: float, zone: int, level: int, manned: tuple[int, int], w: Any, post: Any) -> Any:
    """The manned post that answers a call, or -1: the first in the zone's order; but among the first ``within`` of
    them, those that meet the targets, the one that leaves most covered (``castor.dispatch.rules.Rule``).
    """
    rule, worth, order, pool, sun = w.rule, w.worth, w.order, w.pool, w.sun
    total, free = manned
    if total == 0 or total <= rule[RESERVE + level]:
        return -1
    adequate, best, most = w.within[zone], -1, -1.0
    for k in range(post.shape[0]):
        which = order[zone, k]
        if which < 0 or (best >= 0 and k >= adequate):
            break
        if free >> which & 1 == 0:
            continue
        p = int(post[which, POOL])
        if pool[p, NIGHT] == 0.0 and night(t, int(pool[p, P_BASE]), sun):
            continue
        if k >= adequate:
            return which
        left = worth[free & ~(1 << which)]
        if left > most:
            best, most = which, left
    return best


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def hospital(row: int, zone: int, ready: float, number: float, w: Any, bed: Any) -> Any:
    """The first hospital in order that has room on arrival, and whether one had; without room anywhere, the first.

    ``ready`` is when the way out begins plus the time at the scene.
    """
    near, ways = w.hospital, w.ways
    for k in range(near.shape[2]):
        h = near[row, zone, k]
        if h < 0:
            break
        if bed[h, 0] < 0.0:
            return h, True
        arrival, room = ready + ways[h, row, zone, OUT] + ways[h, row, zone, INN], 0
        for b in range(1, int(bed[h, 0]) + 1):
            room += bed[h, b] <= arrival
        if room >= number:
            return h, True
    return near[row, zone, 0], False


@njit(cache=True, nogil=True, _nrt=False)
def lay(row: Any, arrival: float, number: float, first: int, key: Any, stay: float) -> None:
    """Put patients into free beds of a hospital, each for an exponential stay drawn from number ``first`` on."""
    left = int(number)
    for b in range(1, int(row[0]) + 1):
        if left == 0:
            return
        if row[b] <= arrival:
            left -= 1
            row[b] = arrival + exponential(key, first + left) * stay


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def arrive(month: int, care: float, surgery: float, number: float, rule: Any, sums: Any, tally: Any) -> None:
    """Count patients who reached care and surgery so many minutes after the wounding."""
    sums[MOVED] += number
    sums[CARE_SUM] += care * number
    sums[SURGERY_SUM] += surgery * number
    tally[min(int(care), BINS)] += int(number)
    tally[BINS + 1 + min(int(surgery), BINS)] += int(number)
    soon, safe = number * (care <= rule[CARE]), number * (surgery <= rule[SURGERY])
    sums[CARE_MET] += soon
    sums[SURGERY_MET] += safe
    tally[TALLY + MONTHS * month + 2] += int(soon)
    tally[TALLY + MONTHS * month + 3] += int(safe)


@njit(cache=True, nogil=True, _nrt=False)
def enter(log: Any, whole: Any) -> Any:
    """The number of the next row of the log, made blank; the last one again where the log is full."""
    line = min(whole[LOGGED], log.shape[0] - 1)
    whole[LOGGED] += 1
    for k in range(log.shape[1]):
        log[line, k] = -1.0
    return line


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def send(when: tuple[float, float], row: int, who: tuple[int, int], c: int, key: Any, w: Any, s: Any, out: Any) -> Any:
    """Fly a formation to a call and patients to a hospital; returns the landing at base.

    ``when`` it is sent and leaves; ``who``: post (-1: a formation from a task) and pool.
    """
    (t, depart), (post, p) = when, who
    call, pool, sums, ways, rule, months = s.call, w.pool, out.sums, w.ways, w.rule, w.month
    bed, tally, log, craft, crew, stand, whole = s.bed, out.tally, out.log, s.craft, s.crew, s.post, s.whole
    zone = int(call[c, ZONE])
    lying = min(call[c, LYING_LEFT], pool[p, LITTERS])
    sitting = min(call[c, SITTING_LEFT], pool[p, SEATS] + pool[p, LITTERS] - lying)
    first = call[c, LYING_LEFT] + call[c, SITTING_LEFT] == call[c, LYING] + call[c, SITTING]
    call[c, LYING_LEFT] -= lying
    call[c, SITTING_LEFT] -= sitting
    h, room = hospital(row, zone, depart + call[c, ON_SCENE], lying + sitting, w, bed)
    there = depart + ways[h, row, zone, OUT]
    surgery = there + call[c, ON_SCENE] + ways[h, row, zone, INN]
    landed = surgery + pool[p, HANDOVER] + ways[h, row, zone, HOME]
    air, number = ways[h, row, zone, AIR], 1.0 + pool[p, ESCORTS]
    if not room:
        sums[NO_ROOM] += 1
    if bed[h, 0] > 0.0:
        lay(
            bed[h],
            surgery,
            lying + sitting,
            1000 * c + int(call[c, LYING_LEFT] + call[c, SITTING_LEFT]),
            key,
            rule[STAY],
        )
    if call[c, LEVEL] == 2.0:
        sums[TRANSFERS_DONE] += 1
        sums[TRANSFER_WAIT] += t - call[c, READY]
        sums[TRANSFER_MIN] += air * number
    else:
        month = months[int(call[c, AT] / DAY)]
        arrive(month, there - call[c, AT], surgery - call[c, AT], lying + sitting, rule, sums, tally)
        sums[EVACUATION] += air * number
        tally[TALLY + MONTHS * months[int(t / DAY)] + 6] += int(air * number)
        if first:
            sums[ANSWERED] += 1
            sums[WAIT_SUM] += t - call[c, READY]
        else:
            sums[SECOND] += 1
    line = -1
    if log.shape[0]:
        line = enter(log, whole)
        log[line, 0], log[line, 1], log[line, 2] = 1.0 if call[c, LEVEL] == 2.0 else 0.0, row, zone
        log[line, 3], log[line, 4], log[line, 5], log[line, 6] = h, depart, there, there + call[c, ON_SCENE]
        log[line, 7], log[line, 8], log[line, 9] = surgery, surgery + pool[p, HANDOVER], landed
        log[line, 10], log[line, 11], log[line, 12] = lying, sitting, c
    if post >= 0:
        ready = landed + pool[p, TURN]
        sums[BUSY] += (ready - t) * number
        sums[-stand.shape[0] + post] += ready - t
        stand[post, P_FREE] = ready
        if rule[ALONE] == 0.0 or line >= 0:
            need = (int(pool[p, P_BASE]), int(pool[p, LEAD]), int(pool[p, ESCORT]), int(pool[p, ESCORTS]))
            take(t, ready, air, np.int64(-1), need, craft, sums, log, line)
            send_crew(t, need[0], landed, air, rule, crew)
    return landed


@njit(cache=True, nogil=True, _nrt=False)
def sent(when: tuple[float, float], row: int, who: tuple[int, int], c: int, key: Any, w: Any, s: Any, out: Any) -> Any:
    """``send``, compiled by itself."""
    return send(when, row, who, c, key, w, s, out)


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def answer(t: float, c: int, manned: tuple[int, int], key: Any, w: Any, s: Any, out: Any) -> Any:
    """Send a formation to a call while no other waits; whether nobody is left of it."""
    call, pool = s.call, w.pool
    zone = int(call[c, ZONE])
    row = pick(t, zone, int(call[c, LEVEL]), manned, w, s.post)
    if row < 0:
        return False
    p = int(s.post[row, POOL])
    notice = pool[p, NOTICE_NIGHT if night(t, int(pool[p, P_BASE]), w.sun) else NOTICE_DAY]
    send((t, t + notice), row, (row, p), c, key, w, s, out)
    return call[c, LYING_LEFT] + call[c, SITTING_LEFT] == 0.0
