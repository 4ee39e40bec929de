"""The year, event by event: calls and tasks arrive, formations are sent, what cannot go waits for a change.

Everything that changes by itself (failures, weather, rest) is looked up when it matters, so the next event is the
first of three: the next call that may be answered, the next task that is asked for, and, while anything waits, the next
change of what can fly. No heap is needed, and a call that finds no other waiting is answered without a line.

``w`` is the packed world, ``s`` the state, ``out`` what is counted; see ``castor.simulate.packed`` for their columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import njit
from castor.simulate.columns.kernel import (
    AT,
    BINS,
    CALLED,
    CALLS,
    DRAIN,
    DROPPED,
    FAILING,
    GOING,
    GROUNDED,
    HEAD,
    HORIZON,
    IS_TRAINING,
    LEVEL,
    LOGGED,
    LOOK,
    LOST,
    LYING,
    LYING_LEFT,
    MONTHLY,
    NONE_FREE,
    NOTICE_DAY,
    NOTICE_NIGHT,
    OFF,
    ON_CALL,
    P_BASE,
    PATIENTS,
    POOL,
    READY,
    SITTING,
    SITTING_LEFT,
    STORM,
    TAIL_0,
    TALLY,
    TASKED,
    TRANSFERS,
    UNSERVED,
    W_GROUND,
    W_OUT,
    W_POOL,
    W_TURN,
    WAITS,
    WORK_HEAD,
    WORK_TAIL,
    ZONE,
    Out,
)  # fmt: skip
from castor.simulate.counts.kernel import add
from castor.simulate.draws.kernel import STAYS, calls, jobs, stream
from castor.simulate.fleet.kernel import DAY, change, muster, night, prepare, renew, weather
from castor.simulate.sending.kernel import answer, idle, pick, sent
from castor.simulate.tasks.kernel import soonest, turn, work_on

MONTHS = len(MONTHLY)


@njit(cache=True, nogil=True, _nrt=False)
def serve(t: float, manned: tuple[int, int], key: Any, w: Any, s: Any, out: Any) -> None:
    """Send formations to waiting calls, by precedence and then in order of their coming."""
    whole, queue, call, post, pool, rule = s.whole, s.queue, s.call, s.post, w.pool, w.rule
    for level in range(3):
        at = whole[HEAD + level]
        while at < whole[TAIL_0 + level] and at - whole[HEAD + level] < LOOK:
            c = queue[level, at]
            zone = int(call[c, ZONE])
            row = pick(t, zone, level, manned, w, post)
            which, p, k, depart, landed, onward = row, 0, -1, t, t, False
            if which >= 0:
                p = int(post[which, POOL])
                depart += pool[p, NOTICE_NIGHT if night(t, int(pool[p, P_BASE]), w.sun) else NOTICE_DAY]
            elif manned[0] == 0:
                if level == 2 or rule[ON_CALL] == 0.0:
                    return
                k, landed, onward = soonest(t, zone, w, s)
            if onward:
                d = int(s.task[k, GOING])
                depart = max(t, s.task[k, OFF] + w.way[d, W_OUT] + w.way[d, W_GROUND]) + w.way[d, W_TURN]
                row, p = w.post.shape[0] + d, int(w.way[d, W_POOL])
            if row >= 0:
                landed = sent((t, depart), row, (which, p), c, key, w, s, out)
            if k >= 0:
                turn(t, k, landed, zone if onward else -1, w, s, out)
            if row < 0:
                at += 1
                continue
            if call[c, LYING_LEFT] + call[c, SITTING_LEFT] == 0.0:
                for back in range(at, whole[HEAD + level], -1):
                    queue[level, back] = queue[level, back - 1]
                whole[HEAD + level] += 1
                at += 1
            if idle(whole):
                return
            manned = muster(t, w, s)


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def take_call(c: int, total: int, w: Any, s: Any, out: Any) -> None:
    """Count a call that may now be answered, with how many posts are manned."""
    call, sums, tally, whole = s.call, out.sums, out.tally, s.whole
    if call[c, LEVEL] == 2.0:
        sums[TRANSFERS] += 1
        return
    month = TALLY + MONTHS * w.month[int(call[c, AT] / DAY)]
    tally[2 * (BINS + 1) + total] += 1
    sums[CALLS] += 1
    sums[PATIENTS] += call[c, LYING] + call[c, SITTING]
    tally[month] += 1
    tally[month + 1] += int(call[c, LYING] + call[c, SITTING])
    sums[GROUNDED] += whole[STORM]
    if total == 0:
        sums[NONE_FREE] += 1
        tally[month + 4] += 1


@njit(cache=True, nogil=True, _nrt=False)
def fail(call: Any, c: int, sums: Any, tally: Any) -> None:
    """Count the patients left of a call as never served."""
    left = call[c, LYING_LEFT] + call[c, SITTING_LEFT]
    sums[UNSERVED] += left
    tally[BINS] += int(left)
    tally[2 * BINS + 1] += int(left)


@njit(cache=True, nogil=True, _nrt=False)
def close(i: int, j: int, w: Any, s: Any, out: Any) -> None:
    """Count what was never answered from call ``i`` and task ``j`` on: patients, and tasks that never began."""
    for c in range(i, s.whole[CALLED]):
        if s.call[c, LEVEL] < 2.0:
            out.sums[CALLS] += 1
            out.sums[PATIENTS] += s.call[c, LYING] + s.call[c, SITTING]
            fail(s.call, c, out.sums, out.tally)
    for level in range(2):
        for at in range(s.whole[HEAD + level], s.whole[TAIL_0 + level]):
            fail(s.call, s.queue[level, at], out.sums, out.tally)
    for at in range(s.whole[WORK_HEAD], s.whole[WORK_TAIL]):
        out.sums[DROPPED] += w.way[int(s.job[s.waiting[at], 1]), IS_TRAINING] == 0.0
    for later in range(j, s.whole[TASKED]):
        out.sums[DROPPED] += w.way[int(s.job[later, 1]), IS_TRAINING] == 0.0


@njit(cache=True, nogil=True, _nrt=False)
def refill(table: Any, given: Any) -> None:
    """Set a table to what is given."""
    for a in range(table.shape[0]):
        for b in range(table.shape[1]):
            table[a, b] = given[a, b]


@njit(cache=True, nogil=True, _nrt=False)
def begin_year(w: Any, s: Any, seed: int, replication: int) -> None:
    """Set the state to the start of a replication, with its calls and tasks drawn."""
    refill(s.craft, w.craft)
    refill(s.crew, w.crew)
    refill(s.post, w.post)
    refill(s.bed, w.bed)
    s.task[:, GOING] = -1.0
    s.whole[:] = 0
    prepare(s.craft, s.key, w.luck, seed, replication)
    calls(w, s, seed, replication)
    jobs(w, s, seed, replication)


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy", inline="always")
def run(w: Any, seed: int, replication: int, s: Any, out: Any) -> None:
    """Fly one replication from its state at the start."""
    rule, whole, key = w.rule, s.whole, stream(seed, replication, STAYS)
    call, job, post = s.call, s.job, s.post
    number, tasks, failing, storms = whole[CALLED], whole[TASKED], rule[FAILING] > 0.0, w.storm.size > 0
    i, j, queue = np.int64(0), np.int64(0), s.queue
    end, wake, waiting = rule[HORIZON] + rule[DRAIN], np.inf, False
    while True:
        t, what = wake, 0
        if i < number and call[i, READY] <= t:
            t, what = call[i, READY], 1
        if j < tasks and job[j, 0] < t:
            t, what = job[j, 0], 2
        if t > end:
            break
        if failing:
            renew(t, s.craft, s.key)
        if storms:
            weather(t, rule, w.storm, w.month, seed, replication, whole)
        manned, open_call = muster(t, w, s), False
        if what == 1:
            take_call(i, manned[0], w, s, out)
            open_call = True
            if not waiting and whole[STORM] == 0 and manned[0] > 0:
                open_call = not answer(t, i, manned, key, w, s, out)
                if open_call:
                    manned = muster(t, w, s)
            if open_call:
                level = int(call[i, LEVEL])
                queue[level, whole[TAIL_0 + level]] = i
                whole[TAIL_0 + level] += 1
            i += 1
        elif what == 2:
            s.waiting[whole[WORK_TAIL]] = j
            whole[WORK_TAIL] += 1
            j += 1
        if whole[STORM] == 0 and (open_call or waiting):
            serve(t, manned, key, w, s, out)
        if open_call and rule[WAITS] == 0.0:
            level = int(call[i - 1, LEVEL])
            if whole[HEAD + level] < whole[TAIL_0 + level]:
                whole[TAIL_0 + level] -= 1
                out.sums[LOST] += 1
                fail(call, i - 1, out.sums, out.tally)
        if whole[WORK_HEAD] < whole[WORK_TAIL]:
            work_on(t, w, s, out)
        wake, waiting = np.inf, not idle(whole)
        if whole[WORK_HEAD] < whole[WORK_TAIL] or waiting:
            wake = change(t, rule, s.craft, s.crew, post, w.pool, w.sun, whole[STORM])
    close(i, j, w, s, out)


@njit(cache=True, nogil=True, _nrt=False)
def years(w: Any, s: Any, seed: int, first: int, totals: Any) -> Any:
    """Fly replications from ``first`` on, one for each row of the sums; returns how many rows the last one's log has.

    ``s`` is room for the state.
    """
    own = totals.own
    for k in range(totals.sums.shape[0]):
        begin_year(w, s, seed, first + k)
        run(w, seed, first + k, s, Out(totals.sums[k], own, totals.log))
        add(own, totals.tally, totals.squares)
    return s.whole[LOGGED]
