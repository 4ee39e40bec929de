"""Cover against the number of vehicles, exact at each point, and what each further one is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import msgspec

from castor.cover.location import mclp
from castor.cover.rows import Rows, merge
from castor.cover.rules import Reach
from castor.cover.siting import Options, Siting, count_cover
from castor.errors import MissionError, Problem


class Step(msgspec.Struct, frozen=True, eq=False):
    """One point of the frontier.

    ``vehicles``: how many; ``covered`` and ``share``: the most weight that they can reach, and as a share of all;
    ``worth``: weight that the last of them adds to the best siting of one fewer; ``bound``: no siting reaches more;
    ``gained`` and ``given_up``: sites that enter and leave when the last one is added (the best p + 1 sites need not
    contain the best p); ``siting``: the whole result.
    """

    vehicles: int
    covered: float
    share: float
    worth: float
    bound: float
    gained: tuple[int, ...]
    given_up: tuple[int, ...]
    siting: Siting


def cover_by_number(
    reach: Reach | Sequence[Reach] | Rows, most: int | None = None, **options: Unpack[Options]
) -> list[Step]:
    """The best cover of 0, 1, 2, ... vehicles, each solved to proof by :func:`castor.cover.location.mclp`.

    Ends at ``most`` vehicles, or, without it, where all that can be covered is. Forced sites count: the frontier then
    begins at their number. The points are merged once for all.
    """
    if not isinstance(reach, Rows):
        if "radius" not in options:
            raise MissionError([Problem("radius", "a radius in the unit of the reach", read="nothing")])
        reach = merge(reach, options["radius"], options.get("weights"), threads=options.get("threads"))
    total = float(reach.weight.sum())
    reachable = float(reach.weight[reach.size > 0].sum())
    first = len({site if isinstance(site, int) else site[1] for site in options.get("forced", ())})
    forbidden = {site for site in options.get("forbidden", ()) if isinstance(site, int)}
    room = reach.sites - len(forbidden)
    steps: list[Step] = []
    for vehicles in range(first, (room if most is None else min(most, room)) + 1):
        siting = mclp(reach, vehicles, **options)
        steps.append(_step(vehicles, siting, steps[-1] if steps else None, total))
        if most is None and siting.objective >= reachable * (1 - 1e-12):
            break
    return steps


def worth_of_each(reach: Rows, siting: Siting) -> dict[int, float]:
    """Weight that only this site of a siting reaches: what would be lost if it closed and nothing moved."""
    worth: dict[int, float] = {}
    covering: Any = siting.vehicles.reshape(-1)
    for site in siting.sites:
        without = covering.copy()
        without[site :: reach.sites] = 0
        left = count_cover(reach, without) > 0
        worth[site] = siting.covered - float(reach.weight[left].sum())
    return worth


def _step(vehicles: int, siting: Siting, before: Step | None, total: float) -> Step:
    old = set(before.siting.sites) if before else set()
    new = set(siting.sites)
    return Step(
        vehicles=vehicles,
        covered=siting.objective,
        share=siting.objective / total if total else 0.0,
        worth=siting.objective - before.covered if before else siting.objective,
        bound=siting.bound,
        gained=tuple(sorted(new - old)),
        given_up=tuple(sorted(old - new)),
        siting=siting,
    )
