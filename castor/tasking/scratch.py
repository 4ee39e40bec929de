"""Room for one thread of the search."""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.tasking.arrays import MOST_STOPS, MOST_VISITS
from castor.tasking.lower import Lowered
from castor.tasking.tour.kernel import work


def scratch(low: Lowered) -> tuple[Any, Any]:
    """Room for one thread: a tour's stops; and the legs, tanks, visits, places of a trial, and the last stamp given."""
    own = (
        np.zeros((MOST_STOPS, 6), np.int64), np.zeros(MOST_STOPS), np.zeros(MOST_VISITS, np.int64),
        np.zeros(MOST_VISITS + 2, np.int64), np.zeros(1, np.int64),
    )  # fmt: skip
    return work(low.problem.kinds.fuels.size), own
