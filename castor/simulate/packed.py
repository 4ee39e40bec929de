"""A world's tables packed into few arrays for the kernel: a row for each thing, a column for each of its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from castor.simulate.columns.kernel import (
    BLOCK,
    EXPECTED,
    GOING,
    HORIZON,
    L_RATE,
    MEASURES,
    MONTHLY,
    TALLY,
    TRANSFER_RATE,
    State,
    Totals,
)

if TYPE_CHECKING:
    from castor.simulate.world import Tables

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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
    within: Ints
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


def pack(tables: Tables) -> Packed:
    """Pack the tables of a world."""
    demand, fleet, posts, sky, work = tables
    rule = [
        demand.horizon, demand.drain, demand.report, demand.approval, demand.approval_sigma, demand.memoryless,
        demand.scene, demand.scene_sigma, demand.tail, demand.most, demand.urgent, demand.litter, demand.rate,
        demand.transfer_rate, demand.waits, demand.care, demand.surgery, posts.stay, fleet.duty, fleet.flight,
        fleet.rest, sky.end, work.standby, work.on_call, work.wait, work.day, *posts.reserve,
        alone(tables), np.isfinite(fleet.up).any(),
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
        post=_columns(posts.pool, np.zeros(posts.pool.size)),
        pool=_columns(posts.base, posts.lead, posts.escort, posts.escorts, posts.since, posts.until, posts.night,
                      posts.seats, posts.litters, posts.turn, posts.handover, posts.notice_day, posts.notice_night),
        order=np.ascontiguousarray(posts.order), within=posts.within,
        ways=np.ascontiguousarray(np.stack([posts.out, posts.inn, posts.air, home], axis=-1)),
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


def state(packed: Packed) -> State:
    """Room for the state of a replication, which the kernel fills anew for each."""
    rule, number = packed.rule, packed.craft.shape[0]
    calls = _room(packed.season[-1, EXPECTED] + rule[TRANSFER_RATE] * rule[HORIZON])
    jobs = _room(packed.line[:, L_RATE].sum() * rule[HORIZON]) + packed.plan.shape[0]
    task = np.zeros((number + 1, 5))
    task[:, GOING] = -1.0
    return State(
        key=np.zeros(number, np.uint64), craft=packed.craft.copy(), crew=packed.crew.copy(), post=packed.post.copy(),
        bed=packed.bed.copy(), task=task, have=packed.have.copy(), queue=np.zeros((3, calls), np.int64),
        waiting=np.zeros(jobs, np.int64), whole=np.zeros(13, np.int64), call=np.zeros((calls, 9)),
        job=np.zeros((jobs, 2)), spare=np.zeros((max(calls, jobs), 9)),
        sorting=np.zeros((2, max(calls, jobs)), np.int64), draw=np.zeros((3, BLOCK)),
    )  # fmt: skip


def totals(number: int, posts: int, months: int, log: Floats | None = None) -> Totals:
    """Room for what replications come to, all 0; ``log`` (N, LOG) if one is to be kept."""
    counts = TALLY + months * len(MONTHLY)
    return Totals(
        sums=np.zeros((number, len(MEASURES) + posts)), tally=np.zeros(counts, np.int64),
        own=np.zeros(counts, np.int64), squares=np.zeros(months * len(MONTHLY), np.int64),
        log=np.zeros((0, 0)) if log is None else log,
    )  # fmt: skip


def _room(expected: float) -> int:
    """Rows enough for a Poisson number of this mean."""
    return int(expected + 12.0 * np.sqrt(expected) + 64.0)


def alone(tables: Tables) -> bool:
    """Whether every post has airframes of its own that are always there and never fail, and needs no crew.

    Then a post is manned whenever its formation is not out, and airframes need not be reckoned with.
    """
    _, fleet, posts, _, work = tables
    still = np.isinf(fleet.up).all() and np.isinf(fleet.phase).all() and not fleet.crews.any()
    always = (fleet.since == 0).all() and np.isinf(fleet.until).all()
    always = always and (posts.since == 0).all() and np.isinf(posts.until).all()
    if not still or not always or work.rate.size or work.planned.size:
        return False
    need: dict[tuple[int, int], int] = {}
    for p in posts.pool:
        for kind, number in ((posts.lead[p], 1), (posts.escort[p], posts.escorts[p])):
            key = (int(posts.base[p]), int(kind))
            need[key] = need.get(key, 0) + int(number)
    return all(
        int(((fleet.base == base) & (fleet.kind == kind)).sum()) >= number for (base, kind), number in need.items()
    )


def _columns(*numbers: Any) -> Floats:
    """The numbers side by side as a table of columns; one list as one row."""
    if len(numbers) == 1:
        return np.array([numbers[0]], np.float64)
    return np.ascontiguousarray(np.column_stack([np.asarray(n, np.float64) for n in numbers]))
