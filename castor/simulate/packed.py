"""A world's tables packed into few arrays for the kernel: a row for each thing, a column for each of its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from castor.simulate.world import Tables

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

(HORIZON, DRAIN, REPORT, APPROVAL, APPROVAL_SIGMA, MEMORYLESS, SCENE, SCENE_SIGMA, TAIL, MOST, URGENT, LITTER, RATE,
 TRANSFER_RATE, WAITS, CARE, SURGERY, STAY, DUTY, FLIGHT, REST, STORM_END, STANDBY, ON_CALL, WAIT, BY_DAY, RESERVE,
 RESERVE_1, RESERVE_2) = range(29)  # fmt: skip
"""Columns of ``rule``."""
KNOT, SEASON, EXPECTED = range(3)
SHARE, OTHER = range(2)
KIND, BASE, SINCE, UNTIL, UP, REPAIR, PHASE, PHASE_DOWN, FREE, DOWN_FROM, DOWN_TO, FAILS, FLOWN, TASK = range(14)
"""Columns of ``craft``; from FREE on they change."""
C_BASE, C_FREE, C_START, C_FLOWN = range(4)
POOL, P_FREE, MANNED = range(3)
(P_BASE, LEAD, ESCORT, ESCORTS, P_SINCE, P_UNTIL, NIGHT, SEATS, LITTERS, TURN, HANDOVER, NOTICE_DAY,
 NOTICE_NIGHT) = range(13)  # fmt: skip
OUT, INN, AIR, HOME = range(4)
"""First index of ``ways``: minutes to the zone, on to the hospital, airborne in all, from the hospital to base."""
(W_SHARE, W_OTHER, W_OUT, W_GROUND, W_BACK, AIR_OUT, AIR_BACK, W_LEAD, W_ESCORT, W_ESCORTS, W_BASE, W_POOL, W_TURN, PAX,
 TONNES, IS_TRAINING, W_SINCE, W_UNTIL, ONWARD) = range(19)  # fmt: skip
L_RATE, FIRST, LAST = range(3)
AT, READY, ZONE, LYING, SITTING, LEVEL, ON_SCENE, LYING_LEFT, SITTING_LEFT = range(9)
"""Columns of the calls of a year."""
GOING, TURNED, OFF, BACK, ROW = range(5)
"""Columns of the tasks under way."""
HEAD, TAIL_0, WORK_HEAD, WORK_TAIL, STORM, HOUR, LOGGED = 0, 3, 6, 7, 8, 9, 10
"""Places in the whole numbers of the state: heads and tails of the three lines of calls, of the tasks, the weather."""


class Packed(NamedTuple):
    """The arrays: M months, Z zones, A airframes, C crews, S posts, P pools, H hospitals, R rows, D ways, W lines."""

    rule: Floats
    season: Floats
    zone: Floats
    craft: Floats
    luck: NDArray[np.uint64]
    crew: Floats
    post: Floats
    pool: Floats
    order: Ints
    ways: Floats
    hospital: Ints
    bed: Floats
    worth: Floats
    month: Ints
    sun: Floats
    storm: Floats
    way: Floats
    line: Floats
    line_luck: NDArray[np.uint64]
    plan: Floats
    have: Ints


class State(NamedTuple):
    """What changes in a replication."""

    key: NDArray[np.uint64]
    craft: Floats
    crew: Floats
    post: Floats
    bed: Floats
    task: Floats
    have: Ints
    queue: Ints
    waiting: Ints
    whole: Ints
    call: Floats
    job: Floats


class Out(NamedTuple):
    """What is counted: sums (V,) then busy minutes of the posts; whole numbers; the log, empty if none is kept."""

    sums: Floats
    tally: Ints
    log: Floats


def pack(tables: Tables) -> Packed:
    """Pack the tables of a world."""
    demand, fleet, posts, sky, work = tables
    rule = [
        demand.horizon, demand.drain, demand.report, demand.approval, demand.approval_sigma, demand.memoryless,
        demand.scene, demand.scene_sigma, demand.tail, demand.most, demand.urgent, demand.litter, demand.rate,
        demand.transfer_rate, demand.waits, demand.care, demand.surgery, posts.stay, fleet.duty, fleet.flight,
        fleet.rest, sky.end, work.standby, work.on_call, work.wait, work.day, *posts.reserve,
    ]  # fmt: skip
    number, crews = fleet.kind.size, np.repeat(np.arange(fleet.crews.size), fleet.crews)
    still = np.zeros(number)
    never = np.full(crews.size, -1e18)
    most = max(1, int(posts.beds.max(initial=1)))
    bed = np.hstack([posts.beds[:, None].astype(float), np.full((posts.beds.size, most), -1e18)])
    home = np.broadcast_to(posts.home[:, :, None], posts.out.shape)
    sun = np.stack([sky.rise, sky.set]) if sky.rise.size else np.empty((2, 0, 0))
    ways = work.out.size
    share, other = np.ones(ways), np.arange(ways).astype(float)
    share[: work.share.size], other[: work.other.size] = work.share, work.other
    return Packed(
        rule=_columns(rule)[0],
        season=_columns(demand.knots, np.append(demand.season, 0.0), demand.expected),
        zone=_columns(demand.share, demand.other),
        craft=_columns(fleet.kind, fleet.base, fleet.since, fleet.until, fleet.up, fleet.repair, fleet.phase,
                       fleet.phase_down, still, still + np.inf, still + np.inf, still, still, still - 1),
        luck=fleet.luck,
        crew=_columns(crews, never, never, np.zeros(crews.size)),
        post=_columns(posts.pool, np.zeros(posts.pool.size), np.zeros(posts.pool.size)),
        pool=_columns(posts.base, posts.lead, posts.escort, posts.escorts, posts.since, posts.until, posts.night,
                      posts.seats, posts.litters, posts.turn, posts.handover, posts.notice_day, posts.notice_night),
        order=np.ascontiguousarray(posts.order),
        ways=np.ascontiguousarray(np.stack([posts.out, posts.inn, posts.air, home])),
        hospital=np.ascontiguousarray(posts.hospital.astype(np.int64)), bed=bed, worth=posts.worth, month=sky.month,
        sun=sun, storm=sky.begin,
        way=_columns(share, other, work.out, work.ground, work.back, work.air_out, work.air_back, work.lead,
                     work.escort, work.escorts, work.base, work.pool, work.turn, work.pax, work.tonnes, work.training,
                     work.since,
                     work.until, work.onward),
        line=_columns(work.rate, work.first[:-1], work.first[1:]), line_luck=work.luck,
        plan=_columns(work.planned, work.planned_goal),
        have=np.column_stack([np.zeros((fleet.crews.size, fleet.kinds + 1), np.int64), fleet.crews]),
    )  # fmt: skip


def _columns(*numbers: Any) -> Floats:
    """The numbers side by side as a table of columns; one list as one row."""
    if len(numbers) == 1:
        return np.array([numbers[0]], np.float64)
    return np.ascontiguousarray(np.column_stack([np.asarray(n, np.float64) for n in numbers]))
