"""Tempering of a siting for maximal covering, in machine code: any swap is priced by three numbers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from castor.kernel import below, draw, njit

Array = NDArray[Any]
NEAR = 0.7
"""Share of the proposals that move a site to a neighbour."""
HOPELESS = -18.0
"""A swap that loses so many temperatures is taken once in 66 million: it is refused without a draw."""


class Rows(NamedTuple):
    """What is to be covered: R rows with a weight, by S sites."""

    start: Array
    """(R + 1,) int64: where the columns of each row begin."""
    column: Array
    """The sites that cover each row."""
    begin: Array
    """(S + 1,) int64: where the rows of each column begin."""
    row: Array
    """The rows that each site covers."""
    weight: Array
    """(R,) float64."""
    ends: Array
    """(S + 1,) int64: where the neighbours of each site begin, see :func:`neighbours`."""
    near: Array
    """The neighbours of each site, int32."""


class Siting(NamedTuple):
    """A siting of p sites that annealing changes in place."""

    opened: Array
    """(S,) bool."""
    top: Array
    """(S,) bool, the best siting met."""
    score: Array
    """(2,) float64: the weight that the siting covers, and that of the best met."""
    chance: Array
    """(1,) uint64, the stream of chance."""
    inside: Array
    """(p,) int64: the open sites."""
    slot: Array
    """(S,) int64: where a site stands in ``inside``."""
    times: Array
    """(R,) int64: how many open sites cover each row."""
    owner: Array
    """(R,) int64: the sum of their numbers."""
    gain: Array
    """(S,) float64: what a site would add, or what would be lost without it."""
    both: Array
    """(p, S) float64: what an open site covers alone that another would cover too."""


@njit(cache=True, nogil=True)
def neighbours(start: Array, column: Array, begin: Array, row: Array) -> Any:
    """The sites that share a row with each site, itself among them: (S + 1,) where each begins, and their numbers."""
    sites = begin.size - 1
    ends, mark = np.zeros(sites + 1, np.int64), np.full(sites, -1)
    near = np.empty(0, np.int32)
    for fill in range(2):
        mark[:] = -1
        at = 0
        for j in range(sites):
            for k in range(begin[j], begin[j + 1]):
                for m in range(start[row[k]], start[row[k] + 1]):
                    if mark[column[m]] != j:
                        mark[column[m]] = j
                        if fill:
                            near[at] = column[m]
                        at += 1
            ends[j + 1] = at
        if not fill:
            near = np.empty(at, np.int32)
    return ends, near


@njit(cache=True, nogil=True)
def settle(t: Any, s: Any) -> None:
    """Reckon everything of siting ``s`` on rows ``t`` from its open sites; they are the best met."""
    s.slot[:], s.times[:], s.owner[:], s.both[:] = -1, 0, 0, 0.0
    s.gain[:], s.top[:] = 0.0, s.opened
    for i in range(t.weight.size):
        for m in range(t.start[i], t.start[i + 1]):
            s.gain[t.column[m]] += t.weight[i]
    own, value = 0, 0.0
    for j in range(s.opened.size):
        if s.opened[j]:
            s.inside[own], s.slot[j] = j, own
            value += _open(t, s, j)
            own += 1
    s.score[:] = value


@njit(cache=True, nogil=True, _nrt=False)
def metropolis(t: Any, s: Any, proposals: int, heat: float) -> None:
    """Propose random swaps to siting ``s`` on rows ``t``; take those that gain and some that lose, at one temperature
    in units of weight (Metropolis and others 1953).

    Most proposals move a site to a neighbour, the others anywhere: a swap is worth the gain of the one less the loss of
    the other and what both cover that no third does.
    """
    for _ in range(proposals):
        own = below(s.chance, s.inside.size)
        r, where = s.inside[own], draw(s.chance)
        if where < NEAR:
            j = np.int64(t.near[t.ends[r] + int(where / NEAR * (t.ends[r + 1] - t.ends[r]))])
        else:
            j = np.int64((where - NEAR) / (1.0 - NEAR) * s.opened.size)
        net = s.gain[j] - s.gain[r] + s.both[own, j]
        if net < HOPELESS * heat or s.opened[j] or (net < 0.0 and draw(s.chance) >= np.exp(net / heat)):
            continue
        _close(t, s, r)
        s.opened[r], s.opened[j] = False, True
        s.slot[r], s.slot[j] = -1, own
        s.inside[own] = j
        _open(t, s, j)
        s.score[0] += net
        if s.score[0] > s.score[1] + 1e-9 * abs(s.score[1]):
            s.score[1] = s.score[0]
            for i in range(s.top.size):  # a slice would be copied first, for which _nrt is needed
                s.top[i] = s.opened[i]


@njit(cache=True, nogil=True, _nrt=False)
def _open(t: Any, s: Any, j: int) -> Any:
    """Open site j, which has a slot: the number and the sum of the open sites of each row, the gain of each site (of
    an open one: its loss), and what each open site covers alone that another site would; returns what j adds."""
    own, added = s.slot[j], 0.0
    for k in range(t.begin[j], t.begin[j + 1]):
        i = t.row[k]
        if s.times[i] == 0:
            added += t.weight[i]
            for m in range(t.start[i], t.start[i + 1]):
                s.gain[t.column[m]] -= t.weight[i]
                s.both[own, t.column[m]] += t.weight[i]
        elif s.times[i] == 1:
            other = s.slot[s.owner[i]]
            s.gain[s.owner[i]] -= t.weight[i]
            for m in range(t.start[i], t.start[i + 1]):
                s.both[other, t.column[m]] -= t.weight[i]
        s.times[i] += 1
        s.owner[i] += j
    s.gain[j] = added
    return added


@njit(cache=True, nogil=True, _nrt=False)
def _close(t: Any, s: Any, j: int) -> None:
    """Close site j; the reverse of :func:`_open`."""
    own, lost = s.slot[j], 0.0
    for k in range(t.begin[j], t.begin[j + 1]):
        i = t.row[k]
        s.times[i] -= 1
        s.owner[i] -= j
        if s.times[i] == 0:
            lost += t.weight[i]
            for m in range(t.start[i], t.start[i + 1]):
                s.gain[t.column[m]] += t.weight[i]
                s.both[own, t.column[m]] -= t.weight[i]
        elif s.times[i] == 1:
            other = s.slot[s.owner[i]]
            s.gain[s.owner[i]] += t.weight[i]
            for m in range(t.start[i], t.start[i + 1]):
                s.both[other, t.column[m]] += t.weight[i]
    s.gain[j] = lost
