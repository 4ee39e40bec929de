"""Room for one thread of the search."""

from __future__ import annotations

import numpy as np

from castor.tasking.arrays import MOST_STOPS, MOST_VISITS, Own, Work
from castor.tasking.lower import Lowered
from castor.tasking.tour.kernel import work

LINES = 10
MOST_PLACES = 4096
"""Places for a request that are weighed against one another; any beyond are passed over."""


def scratch(low: Lowered, known: int = 0) -> tuple[Work, Own]:
    """Room for one thread: for a tour (of the problem as it is, if ``known`` tours are remembered), for a programme."""
    own = Own(
        legs=np.zeros((MOST_STOPS, 6), np.int64), left=np.zeros(MOST_STOPS),
        lines=np.zeros((LINES, MOST_VISITS + 2), np.int64), mass=np.zeros(MOST_VISITS + 2),
        rows=np.zeros((MOST_PLACES, 5), np.int64), costs=np.zeros(MOST_PLACES), order=np.zeros(MOST_PLACES, np.int64),
    )  # fmt: skip
    return work(low.problem.kinds.fuels.size, known), own
