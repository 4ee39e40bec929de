"""The year, event by event: calls and tasks arrive, formations are sent, what cannot go waits for a change.

Everything that changes by itself (failures, weather, rest) is looked up when it matters, so the next event is the
first of three: the next call that may be answered, the next task that is asked for, and, while anything waits, the next
change of what can fly. No heap is needed.

``w`` is the packed world, ``s`` the state, ``out`` what is counted; see ``castor.simulate.packed`` for their columns.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from castor.kernel import njit
from castor.simulate.columns.kernel import (
    AIR,
    AIR_BACK,
    AIR_OUT,
    ALONE,
    ANSWERED,
    AT,
    BACK,
    BINS,
    BUSY,
    BY_DAY,
    C_BASE,
    C_FLOWN,
    C_FREE,
    CALLED,
    CALLS,
    CARE,
    CARE_MET,
    CARE_SUM,
    DRAIN,
    DROPPED,
    ESCORT,
    ESCORTS,
    EVACUATION,
    FAILING,
    FLOWN,
    FREE,
    GOING,
    GROUNDED,
    HANDOVER,
    HEAD,
    HOME,
    HORIZON,
    INN,
    IS_TRAINING,
    LEAD,
    LEVEL,
    LITTERS,
    LOGGED,
    LOOK,
    LOST,
    LYING,
    LYING_LEFT,
    MISSIONS,
    MONTHLY,
    MOVED,
    NIGHT,
    NO_ROOM,
    NONE_FREE,
    NOTICE_DAY,
    NOTICE_NIGHT,
    OFF,
    ON_CALL,
    ON_SCENE,
    ONWARD,
    OUT,
    P_BASE,
    P_FREE,
    PASSENGERS,
    PATIENTS,
    PAX,
    POOL,
    READY,
    RESERVE,
    ROW,
    SEATS,
    SECOND,
    SITTING,
    SITTING_LEFT,
    STANDBY,
    STAY,
    STORM,
    SURGERY,
    SURGERY_MET,
    SURGERY_SUM,
    TAIL_0,
    TALLY,
    TASK,
    TASKED,
    TONNES,
    TONNES_SUM,
    TRAINING,
    TRANSFER_MIN,
    TRANSFER_WAIT,
    TRANSFERS,
    TRANSFERS_DONE,
    TRANSPORT,
    TURN,
    TURNED,
    TURNED_BACK,
    UNSERVED,
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
    WAIT_SUM,
    WAITS,
    WORK_HEAD,
    WORK_TAIL,
    ZONE,
    Out,
)  # fmt: skip
from castor.simulate.counts.kernel import add
from castor.simulate.draws.kernel import STAYS, calls, jobs, stream, uniform
from castor.simulate.fleet.kernel import (
    DAY,
    change,
    count,
    man,
    muster,
    night,
    prepare,
    renew,
    send_crew,
    spare,
    take,
    weather,
)  # fmt: skip

MONTHS = len(MONTHLY)


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def pick(t: float, zone: int, level: int, manned: tuple[int, int], w: Any, post: Any) -> Any:
    """The manned post that answers a call, or -1: first in the zone's order, or the one that leaves most covered."""
    rule, worth, order, pool, sun = w.rule, w.worth, w.order, w.pool, w.sun
    total, free = manned
    if total == 0 or total <= rule[RESERVE + level]:
        return -1
    keeps = worth.size > 1
    best, most = -1, -1.0
    for k in range(post.shape[0]):
        which = order[zone, k]
        if which < 0:
            break
        if free >> which & 1 == 0:
            continue
        p = int(post[which, POOL])
        if pool[p, NIGHT] == 0.0 and night(t, int(pool[p, P_BASE]), sun):
            continue
        if not keeps:
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
            row[b] = arrival - math.log(uniform(key, first + left)) * stay


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
def enter(log: Any, whole: Any) -> Any:
    """The number of the next row of the log, made blank; the last one again where the log is full."""
    line = min(whole[LOGGED], log.shape[0] - 1)
    whole[LOGGED] += 1
    for k in range(log.shape[1]):
        log[line, k] = -1.0
    return line


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


@njit(cache=True, nogil=True, _nrt=False, inline="always")
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
                landed = send((t, depart), row, (which, p), c, key, w, s, out)
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
def idle(whole: Any) -> Any:
    """Whether no call waits."""
    return (
        whole[HEAD] == whole[TAIL_0] and whole[HEAD + 1] == whole[TAIL_0 + 1] and whole[HEAD + 2] == whole[TAIL_0 + 2]
    )


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


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def take_call(c: int, total: int, w: Any, s: Any, out: Any) -> None:
    """Count a call that may now be answered, with how many posts are manned, and put it in its line."""
    call, sums, tally, whole, queue = s.call, out.sums, out.tally, s.whole, s.queue
    level = int(call[c, LEVEL])
    queue[level, whole[TAIL_0 + level]] = c
    whole[TAIL_0 + level] += 1
    if level == 2:
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


@njit(cache=True, nogil=True, _nrt=False, inline="always")
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


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def run(w: Any, seed: int, replication: int, s: Any, out: Any) -> None:
    """Fly one replication from its state at the start."""
    rule, whole, key = w.rule, s.whole, stream(seed, replication, STAYS)
    call, job, post = s.call, s.job, s.post
    number, tasks, failing, storms = whole[CALLED], whole[TASKED], rule[FAILING] > 0.0, w.storm.size > 0
    i, j, end, wake = 0, 0, rule[HORIZON] + rule[DRAIN], np.inf
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
        manned = muster(t, w, s)
        if what == 1:
            take_call(i, manned[0], w, s, out)
            i += 1
        elif what == 2:
            s.waiting[whole[WORK_TAIL]] = j
            whole[WORK_TAIL] += 1
            j += 1
        if whole[STORM] == 0:
            serve(t, manned, key, w, s, out)
        if what == 1 and rule[WAITS] == 0.0:
            level = int(call[i - 1, LEVEL])
            if whole[HEAD + level] < whole[TAIL_0 + level]:
                whole[TAIL_0 + level] -= 1
                out.sums[LOST] += 1
                fail(call, i - 1, out.sums, out.tally)
        if whole[WORK_HEAD] < whole[WORK_TAIL]:
            work_on(t, w, s, out)
        wake = np.inf
        if whole[WORK_HEAD] < whole[WORK_TAIL] or not idle(whole):
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
