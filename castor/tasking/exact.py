"""Small days to a proved optimum: the search's programme, and every set of requests worth more refuted or flown."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence

from castor.errors import Infeasible
from castor.mission.model import Mission, Request
from castor.tasking.lower import lower
from castor.tasking.proof import MOST, THOROUGH, prove
from castor.tasking.reasons import Alone
from castor.tasking.solve import Search, Tasked, finish

ROUNDS = 200
"""Rounds of the search before a proof."""


def exact(
    mission: Mission,
    start: dt.datetime,
    end: dt.datetime,
    *,
    requests: Sequence[Request] | None = None,
    floor: float | None = None,
) -> Tasked:
    """The plan that carries most, and what no plan can beat: the same, proved, unless some choice of tours stays in
    doubt. For days of up to 15 requests.

    Raises ``Infeasible`` for larger days, and whatever :func:`plan_tasks` raises.
    """
    began = time.monotonic()
    low = lower(mission, start, end, requests=requests, floor=floor)
    if low.problem.fleet.nights:
        raise Infeasible("Nights away from base are allowed: such days are not solved to a proved optimum.")
    if len(low.requests) > MOST:
        raise Infeasible(f"{len(low.requests)} requests: a day is solved to a proved optimum up to {MOST}.")
    servable = Alone(low).servable
    search = Search(low, 1000)
    search.masks[0][:] = ~servable
    search.run(ROUNDS, 0.0, 1.0)
    proved = prove(low, servable, search.best, search.value, THOROUGH)
    if proved is None:
        raise Infeasible("More tours can be flown than are listed: too many for a proved optimum.")
    return finish(low, *proved, time.monotonic() - began, ROUNDS)
