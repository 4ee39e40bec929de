"""The whole numbers of one replication added to those of all."""

from __future__ import annotations

from typing import Any

from castor.kernel import njit
from castor.simulate.columns.kernel import TALLY


@njit(cache=True, nogil=True, _nrt=False)
def add(own: Any, tally: Any, squares: Any) -> None:
    """Add the whole numbers of a replication to those of all, and set them to 0."""
    for n in range(squares.size):
        squares[n] += own[TALLY + n] * own[TALLY + n]
    for n in range(tally.size):
        tally[n] += own[n]
        own[n] = 0
