"""The leaner path: worlds in which nothing but calls and posts happens, flown call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from castor.simulate.world import World


def is_lean(world: World) -> bool:
    """Whether a world is one of calls and posts alone.

    Every post has airframes of its own that never fail, day and night are alike, there is no weather, no work, no
    crews, no limit on room or on who may be sent; one patient a call, of one precedence, after a constant approval;
    every post reaches every zone; and each pair of post and zone has one hospital.
    """
    demand, fleet, posts, sky, work = world.tables
    plain = (
        demand.tail == 0.0 and demand.urgent >= 1.0 and demand.approval_sigma == 0.0 and demand.transfer_rate == 0.0
        and sky.rise.size == 0 and sky.begin.size == 0 and work.rate.size == 0 and work.planned.size == 0
        and posts.worth.size == 1 and not posts.reserve.any() and not fleet.crews.any()
        and bool(np.isinf(fleet.up).all() and np.isinf(fleet.phase).all()) and bool((posts.beds < 0).all())
    )  # fmt: skip
    if not plain or not posts.pool.size or not fleet.kind.size:
        return False
    always = (fleet.since == 0).all() and np.isinf(fleet.until).all() and (posts.since == 0).all()
    always = always and np.isinf(posts.until).all() and (posts.order >= 0).all()
    return bool(always and _own_airframes(world) and (posts.seats + posts.litters > 0).all())


def _own_airframes(world: World) -> bool:
    """Whether the airframes of each base and type are enough for all its posts at once."""
    _, fleet, posts, _, _ = world.tables
    need: dict[tuple[int, int], int] = {}
    for p in posts.pool:
        for kind, number in ((posts.lead[p], 1), (posts.escort[p], posts.escorts[p])):
            key = (int(posts.base[p]), int(kind))
            need[key] = need.get(key, 0) + int(number)
    return all(
        int(((fleet.base == base) & (fleet.kind == kind)).sum()) >= number for (base, kind), number in need.items()
    )
