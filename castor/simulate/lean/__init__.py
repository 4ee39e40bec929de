"""The leaner path: worlds in which nothing but calls and posts happens, flown call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from castor.simulate.columns.kernel import (
    AIR,
    ESCORTS,
    HANDOVER,
    HOME,
    INN,
    NOTICE_DAY,
    OUT,
    POOL,
    TURN,
)
from castor.simulate.packed import Packed, alone

if TYPE_CHECKING:
    from castor.simulate.world import World


def is_lean(world: World) -> bool:
    """Whether a world is one of calls and posts alone.

    Every post has airframes of its own that never fail, day and night are alike, there is no weather, no work, no
    crews, no limit on room or on who may be sent; one patient a call, of one precedence, after a constant approval;
    every post reaches every zone; and each pair of post and zone has one hospital.
    """
    demand, fleet, posts, sky, _ = world.tables
    plain = (
        demand.tail == 0.0 and demand.urgent >= 1.0 and demand.approval_sigma == 0.0 and demand.transfer_rate == 0.0
        and sky.rise.size == 0 and sky.begin.size == 0
        and posts.worth.size == 1 and not posts.reserve.any() and bool((posts.beds < 0).all())
    )  # fmt: skip
    if not plain or not posts.pool.size or not fleet.kind.size:
        return False
    reach = (posts.order >= 0).all() and (posts.seats + posts.litters > 0).all()
    return bool(reach and alone(world.tables))


class Lean(NamedTuple):
    """The packed world of the lean path; ``legs`` (Z, S, 8) of each zone and post; first days ``since`` (M + 1,) of the
    months, the last never."""

    packed: Packed
    legs: NDArray[np.float64]
    since: NDArray[np.float64]


def lean_tables(packed: Packed) -> Lean:
    """What is always the same between a post and a zone, side by side."""
    posts, zones = np.arange(packed.post.shape[0]), np.arange(packed.zone.shape[0])
    pool, hospital = packed.pool[packed.post[:, POOL].astype(int)], packed.hospital[:, :, 0].T[: zones.size]
    ways = packed.ways[hospital[:, : posts.size], posts[None, :], zones[:, None]]
    craft = np.broadcast_to(1.0 + pool[:, ESCORTS], ways.shape[:2])
    notice, handover, turn = (np.broadcast_to(pool[:, k], craft.shape) for k in (NOTICE_DAY, HANDOVER, TURN))
    legs = [notice, ways[..., OUT], ways[..., INN], handover, ways[..., HOME], turn, ways[..., AIR] * craft, craft]
    begins = np.searchsorted(packed.month, np.arange(packed.month[-1] + 1)).astype(float)
    return Lean(packed, np.ascontiguousarray(np.stack(legs, axis=-1)), np.append(begins, np.inf))
