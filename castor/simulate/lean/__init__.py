"""The leaner path: worlds in which nothing but calls and posts happens, flown call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from castor.simulate.packed import alone

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
