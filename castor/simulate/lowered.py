"""A world as arrays, as the event kernel takes it.

Letters: Z zones, S posts where a formation may stand by, P pools (a kind of formation at a base), A airframes, B bases,
K types, H hospitals, W lines of work, D ways that work is flown on, M months, R rows of times (the posts, then the ways
from whose far end a formation may answer). Times are minutes from the start, lengths minutes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Demand(NamedTuple):
    """Calls: rate per minute with a season (M,) between ``knots`` (M + 1,) and the calls ``expected`` (M + 1,) by
    each; zones by Walker's alias tables (Z,); patients, delays; targets of the clock."""

    horizon: float
    drain: float
    rate: float
    knots: Floats
    season: Floats
    expected: Floats
    share: Floats
    other: Ints
    tail: float
    most: int
    urgent: float
    litter: float
    report: float
    approval: float
    approval_sigma: float
    memoryless: bool
    scene: float
    scene_sigma: float
    transfer_rate: float
    waits: bool
    care: float
    surgery: float


class Fleet(NamedTuple):
    """Airframes (A,): type, base, days in theatre, mean minutes up and in repair, flying between inspections and their
    length, and the key of each one's luck. Crews by base (B,), 0 where they are not reckoned with."""

    kind: Ints
    base: Ints
    since: Floats
    until: Floats
    up: Floats
    repair: Floats
    phase: Floats
    phase_down: Floats
    luck: NDArray[np.uint64]
    kinds: int
    crews: Ints
    duty: float
    flight: float
    rest: float


class Posts(NamedTuple):
    """Posts (S,) with their pool; pools (P,): base, types, limits, minutes; ways between rows, zones and hospitals.

    ``order`` (Z, S) posts as the rule prefers them, -1 where there is no way; among the first ``within`` (Z,) the rule
    chooses by ``worth``. ``out``, ``inn``, ``air`` (H, R, Z): minutes
    to the zone, on to the hospital, airborne in all and back; ``home`` (H, R); ``hospital`` (R, Z, H) in order.
    ``worth`` (2**S,): what a set of posts covers, for the rule that keeps most; ``reserve`` (3,) by precedence.
    """

    pool: Ints
    base: Ints
    lead: Ints
    escort: Ints
    escorts: Ints
    since: Floats
    until: Floats
    night: NDArray[np.bool_]
    seats: Ints
    litters: Ints
    turn: Floats
    handover: Floats
    notice_day: Floats
    notice_night: Floats
    order: Ints
    out: Floats
    inn: Floats
    air: Floats
    home: Floats
    hospital: Ints
    beds: Ints
    stay: float
    within: Ints
    worth: Floats
    reserve: Ints


class Sky(NamedTuple):
    """Month of the run of each day (D,); sunrise and sunset (B, D), none where day and night are alike; chance that
    grounding weather begins in an hour, by month and hour (M, 24), and that it ends."""

    month: Ints
    rise: Floats
    set: Floats
    begin: Floats
    end: float


class Work(NamedTuple):
    """Lines of work (W,) with their rate and luck, and ways (D,): line w has ways ``first[w]`` to ``first[w + 1]``.

    ``out``, ``ground``, ``back`` minutes, ``air_out`` and ``air_back`` of them airborne; types needed, base, pool that
    could answer a call with them (or -1), load, 1 for training, days; whether a formation may answer from the far end.
    ``planned`` (J,): tasks of a plan. ``on_call`` 0 finish, 1 turn back, 2 give way.
    """

    rate: Floats
    luck: NDArray[np.uint64]
    first: Ints
    share: Floats
    other: Ints
    out: Floats
    ground: Floats
    back: Floats
    air_out: Floats
    air_back: Floats
    lead: Ints
    escort: Ints
    escorts: Ints
    base: Ints
    pool: Ints
    turn: Floats
    pax: Floats
    tonnes: Floats
    training: Ints
    since: Floats
    until: Floats
    onward: NDArray[np.bool_]
    planned: Floats
    planned_goal: Ints
    standby: int
    on_call: int
    wait: float
    day: bool
