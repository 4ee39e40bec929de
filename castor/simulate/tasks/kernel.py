"""Transport and training tasks: begun when enough stands by, turned back or diverted when a call finds nobody."""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import njit
from castor.simulate.columns.kernel import (
    AIR,
    AIR_BACK,
    AIR_OUT,
    BACK,
    BUSY,
    BY_DAY,
    C_BASE,
    C_FLOWN,
    C_FREE,
    DROPPED,
    FLOWN,
    FREE,
    GOING,
    HEAD,
    IS_TRAINING,
    LOGGED,
    MISSIONS,
    MONTHLY,
    OFF,
    ON_CALL,
    ONWARD,
    PASSENGERS,
    PAX,
    ROW,
    STANDBY,
    STORM,
    TAIL_0,
    TALLY,
    TASK,
    TONNES,
    TONNES_SUM,
    TRAINING,
    TRANSPORT,
    TURNED,
    TURNED_BACK,
    W_BACK,
    W_BASE,
    W_ESCORT,
    W_ESCORTS,
    W_GROUND,
    W_LEAD,
    W_OUT,
    W_POOL,
    W_SINCE,
    W_TURN,
    W_UNTIL,
    WAIT,
    WORK_HEAD,
    WORK_TAIL,
)  # fmt: skip
from castor.simulate.fleet.kernel import DAY, count, man, night, send_crew, spare, take
from castor.simulate.sending.kernel import enter, idle

MONTHS = len(MONTHLY)


@njit(cache=True, nogil=True, _nrt=False)
def soonest(t: float, zone: int, w: Any, s: Any) -> Any:
    """The task in flight that can soonest be free for a call, when, and whether straight from where it lands next.

    None (-1) if as many tasks have turned back as calls wait.
    """
    waiting = s.whole[TAIL_0] - s.whole[HEAD] + s.whole[TAIL_0 + 1] - s.whole[HEAD + 1]
    best, soon, onward = -1, np.inf, False
    for k in range(s.task.shape[0]):
        task = s.task[k]
        if task[GOING] < 0.0 or task[BACK] <= t:
            continue
        way = w.way[int(task[GOING])]
        if task[TURNED] > 0.0:
            waiting -= 1
        if task[TURNED] > 0.0 or way[W_POOL] < 0.0:
            continue
        there = task[OFF] + way[W_OUT]
        leaves = there + way[W_GROUND]
        home = t + (t - task[OFF]) if t < there else t + way[W_BACK] if t < leaves else task[BACK]
        can = w.rule[ON_CALL] == 2.0 and way[ONWARD] > 0.0 and t < leaves
        can = can and w.hospital[w.post.shape[0] + int(task[GOING]), zone, 0] >= 0
        free = max(t, there if can else home)
        if free < soon and (can or home < task[BACK]):
            best, soon, onward = k, free, can
    if waiting <= 0:
        return -1, t, False
    return best, soon, onward


@njit(cache=True, nogil=True, _nrt=False)
def turn(t: float, k: int, landed: float, answers: int, w: Any, s: Any, out: Any) -> None:
    """Make a task turn back; or, where it ``answers`` a call in a zone (else -1), end with that; it lands then."""
    task, d = s.task[k], int(s.task[k, GOING])
    way, sums, flown, saved, onward = w.way[d], out.sums, 0.0, 0.0, answers >= 0
    there, craft, training = task[OFF] + way[W_OUT], 1.0 + way[W_ESCORTS], way[IS_TRAINING] > 0.0
    sums[TURNED_BACK] += 1
    task[TURNED] = 1.0
    if t < there and not onward and not training:
        sums[PASSENGERS] -= way[PAX]
        sums[TONNES_SUM] -= way[TONNES]
    if onward:
        row = w.post.shape[0] + d
        saved, flown = way[AIR_BACK], w.ways[w.hospital[row, answers, 0], row, answers, AIR]
        if out.log.shape[0]:
            line, own = min(s.whole[LOGGED], out.log.shape[0]) - 1, int(task[ROW])
            for column in range(13, out.log.shape[1]):
                out.log[line, column] = out.log[own, column]
    elif t < there:
        saved = way[AIR_OUT] + way[AIR_BACK] - 2.0 * min(t - task[OFF], way[AIR_OUT])
    shift = landed - task[BACK]
    sums[TRAINING if training else TRANSPORT] -= saved * craft
    out.tally[TALLY + MONTHS * w.month[int(t / DAY)] + (8 if training else 7)] -= int(saved * craft)
    sums[BUSY] += shift * craft
    for a in range(s.craft.shape[0]):
        if s.craft[a, TASK] == k:
            s.craft[a, FREE] += shift
            s.craft[a, FLOWN] = max(0.0, s.craft[a, FLOWN] + flown - saved)
    for n in range(s.crew.shape[0]):
        if s.crew[n, C_BASE] == way[W_BASE] and s.crew[n, C_FREE] == task[BACK]:
            s.crew[n, C_FREE] += shift
            s.crew[n, C_FLOWN] += flown - saved
    task[BACK] = landed
    if out.log.shape[0]:
        out.log[int(task[ROW]), 9], out.log[int(task[ROW]), 12] = landed, 2.0 if onward else 1.0


@njit(cache=True, nogil=True, _nrt=False)
def begin(t: float, d: int, w: Any, s: Any, out: Any) -> Any:
    """Begin a task if its airframes and a crew are there, it is day if it must be, and enough posts stay manned."""
    way, sums = w.way[d], out.sums
    base = int(way[W_BASE])
    if t < way[W_SINCE] or t >= way[W_UNTIL] or (w.rule[BY_DAY] > 0.0 and night(t, base, w.sun)):
        return False
    count(t, w.rule, s.craft, s.crew, s.have)
    need = (base, int(way[W_LEAD]), int(way[W_ESCORT]), int(way[W_ESCORTS]))
    if not spare(s.have, need[0], need[1], need[2], need[3]):
        return False
    if man(t, s.post, w.pool, s.have)[0] < w.rule[STANDBY]:
        return False
    there = t + way[W_OUT]
    landed = there + way[W_GROUND] + way[W_BACK]
    air, craft = way[AIR_OUT] + way[AIR_BACK], 1.0 + way[W_ESCORTS]
    k = 0
    while s.task[k, GOING] >= 0.0 and s.task[k, BACK] > t:
        k += 1
    for a in range(s.craft.shape[0]):
        if s.craft[a, TASK] == k:
            s.craft[a, TASK] = -1.0
    task = s.task[k]
    task[GOING], task[OFF], task[BACK], task[TURNED], task[ROW] = d, t, landed, 0.0, -1.0
    month = TALLY + MONTHS * w.month[int(t / DAY)]
    if way[IS_TRAINING] > 0.0:
        sums[TRAINING] += air * craft
        out.tally[month + 8] += int(air * craft)
    else:
        sums[MISSIONS] += 1
        sums[PASSENGERS] += way[PAX]
        sums[TONNES_SUM] += way[TONNES]
        sums[TRANSPORT] += air * craft
        out.tally[month + 5] += 1
        out.tally[month + 7] += int(air * craft)
    sums[BUSY] += (landed + way[W_TURN] - t) * craft
    line, log = -1, out.log
    if log.shape[0]:
        line = enter(log, s.whole)
        task[ROW] = line
        log[line, 0], log[line, 2], log[line, 4], log[line, 5] = 3.0 if way[IS_TRAINING] > 0.0 else 2.0, d, t, there
        log[line, 6], log[line, 9], log[line, 12] = there + way[W_GROUND], landed, 0.0
    take(t, landed + way[W_TURN], air, k, need, s.craft, sums, log, line)
    send_crew(t, base, landed, air, w.rule, s.crew)
    return True


@njit(cache=True, nogil=True, _nrt=False)
def work_on(t: float, w: Any, s: Any, out: Any) -> None:
    """Begin waiting tasks in order while no call waits; drop those that have waited too long."""
    whole = s.whole
    kept = whole[WORK_HEAD]
    for at in range(whole[WORK_HEAD], whole[WORK_TAIL]):
        j = s.waiting[at]
        d = int(s.job[j, 1])
        if t - s.job[j, 0] > w.rule[WAIT]:
            out.sums[DROPPED] += w.way[d, IS_TRAINING] == 0.0
        elif whole[STORM] or not idle(whole) or not begin(t, d, w, s, out):
            s.waiting[kept] = j
            kept += 1
    whole[WORK_TAIL] = kept
