"""What the kernels of the simulation share: the columns of their tables, what they count, their state.

They are in a file of this name because a compiled kernel is used again only as long as the file it stands in, and the
kernel files that it takes names from, are as they were.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MEASURES = (
    "calls", "patients", "moved", "care_sum", "surgery_sum", "care_met", "surgery_met", "none_free", "wait_sum",
    "answered", "unserved", "lost", "transfers", "transfers_done", "transfer_wait_sum", "missions", "turned_back",
    "dropped", "passengers", "tonnes", "evacuation_min", "transfer_min", "transport_min", "training_min", "busy_min",
    "second_trips", "no_room", "inspections", "grounded",
)  # fmt: skip
"""What is summed in each replication, in the order of the columns of ``Trials.sums``."""
(CALLS, PATIENTS, MOVED, CARE_SUM, SURGERY_SUM, CARE_MET, SURGERY_MET, NONE_FREE, WAIT_SUM, ANSWERED, UNSERVED, LOST,
 TRANSFERS, TRANSFERS_DONE, TRANSFER_WAIT, MISSIONS, TURNED_BACK, DROPPED, PASSENGERS, TONNES_SUM, EVACUATION,
 TRANSFER_MIN, TRANSPORT, TRAINING, BUSY, SECOND, NO_ROOM, INSPECTIONS, GROUNDED) = range(len(MEASURES))  # fmt: skip
MONTHLY = ("calls", "patients", "care_met", "surgery_met", "none_free", "missions", "evacuation_min", "transport_min",
           "training_min")  # fmt: skip
"""What is summed by month, as whole numbers, so that sums do not depend on how replications are grouped."""
BINS = 1440
"""Histogram of minutes to care and to surgery: a bin a minute, and one for later or never."""
TALLY = 2 * (BINS + 1) + 65
"""Where the months begin among the whole numbers that are counted: after two histograms and posts manned at a call."""
MOST_POSTS = 64
LOG = 28
"""Columns of the log: task, post, way or zone, hospital, six times, lying, sitting, call, how it ended, airframes."""
BLOCK = 64
"""Draws made at once."""
LOOK = 64
"""So many waiting calls are looked at for one that a free formation can answer."""

(HORIZON, DRAIN, REPORT, APPROVAL, APPROVAL_SIGMA, MEMORYLESS, SCENE, SCENE_SIGMA, TAIL, MOST, URGENT, LITTER, RATE,
 TRANSFER_RATE, WAITS, CARE, SURGERY, STAY, DUTY, FLIGHT, REST, STORM_END, STANDBY, ON_CALL, WAIT, BY_DAY, RESERVE,
 RESERVE_1, RESERVE_2, ALONE, FAILING) = range(31)  # fmt: skip
"""Columns of ``rule``; ALONE if posts never lack airframes of their own, FAILING if any airframe ever fails."""
KNOT, SEASON, EXPECTED = range(3)
SHARE, OTHER = range(2)
KIND, BASE, SINCE, UNTIL, UP, REPAIR, PHASE, PHASE_DOWN, FREE, DOWN_FROM, DOWN_TO, FAILS, FLOWN, TASK = range(14)
"""Columns of ``craft``; from FREE on they change."""
C_BASE, C_FREE, C_START, C_FLOWN = range(4)
POOL, P_FREE = range(2)
(P_BASE, LEAD, ESCORT, ESCORTS, P_SINCE, P_UNTIL, NIGHT, SEATS, LITTERS, TURN, HANDOVER, NOTICE_DAY,
 NOTICE_NIGHT) = range(13)  # fmt: skip
OUT, INN, AIR, HOME = range(4)
"""Last index of ``ways``: minutes to the zone, on to the hospital, airborne in all, from the hospital to base."""
(W_SHARE, W_OTHER, W_OUT, W_GROUND, W_BACK, AIR_OUT, AIR_BACK, W_LEAD, W_ESCORT, W_ESCORTS, W_BASE, W_POOL, W_TURN, PAX,
 TONNES, IS_TRAINING, W_SINCE, W_UNTIL, ONWARD) = range(19)  # fmt: skip
L_RATE, FIRST, LAST = range(3)
AT, READY, ZONE, LYING, SITTING, LEVEL, ON_SCENE, LYING_LEFT, SITTING_LEFT = range(9)
"""Columns of the calls of a year."""
GOING, TURNED, OFF, BACK, ROW = range(5)
"""Columns of the tasks under way."""
HEAD, TAIL_0, WORK_HEAD, WORK_TAIL, STORM, HOUR, LOGGED, CALLED, TASKED = 0, 3, 6, 7, 8, 9, 10, 11, 12
"""Places in the whole numbers of the state: heads and tails of the three lines of calls, of the tasks, the weather;
how many calls and tasks the year has."""


class State(NamedTuple):
    """What changes in a replication; ``calls`` (C, 9) and ``jobs`` (J, 2) have room for more than a year will have.

    ``spare`` and ``sorting`` are room to sort them in, ``draw`` (3, BLOCK) for draws made at once.
    """

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
    spare: Floats
    sorting: Ints
    draw: Floats


class Out(NamedTuple):
    """What is counted: sums (V,) then busy minutes of the posts; whole numbers; the log, empty if none is kept."""

    sums: Floats
    tally: Ints
    log: Floats


class Totals(NamedTuple):
    """What replications come to: sums (R, V + S) of each, whole numbers of all and room for those of one, the sums of
    the squares of the months' numbers, the log of the last."""

    sums: Floats
    tally: Ints
    own: Ints
    squares: Ints
    log: Floats
