"""Annealing and crossing of sitings for maximal covering, in machine code: any swap is priced by three numbers, and
every place for a vehicle is looked at before one is drawn."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from castor.kernel import below, draw, njit

Array = NDArray[Any]
CLOSE = 0.3
"""Neighbours are close if they share so much of the rows of whichever covers more."""
FAR = 0.02
"""Share of the steps that look everywhere, not at the close neighbours of a site alone."""
HOPELESS = -18.0
"""A swap that loses so many temperatures would be taken once in 66 million: it is left out."""
BLOCK = 64
"""Sites that are looked through at once."""
SMOOTH = 2
"""So often the steps that sites are away from one are averaged over each site and those close to it."""


class Rows(NamedTuple):
    """What is to be covered: R rows with a weight, by S sites."""

    start: Array
    """(R + 1,) int64: where the columns of each row begin."""
    column: Array
    """The sites that cover each row."""
    begin: Array
    """(S + 1,) int64: where the rows of each column begin."""
    row: Array
    """The rows that each site covers, in order."""
    weight: Array
    """(R,) float64."""
    ends: Array
    """(S + 1,) int64: where the neighbours of each site begin, see :func:`neighbours`."""
    close: Array
    """(S,) int64: where those end that are close to it."""
    near: Array
    """The neighbours of each site."""


class Siting(NamedTuple):
    """A siting of p sites that the heat bath changes in place."""

    opened: Array
    """(S,) bool."""
    top: Array
    """(S,) bool, the best siting met."""
    score: Array
    """(2,) float64: the weight that the siting covers, and that of the best met."""
    chance: Array
    """(1,) uint64, the stream of chance."""
    inside: Array
    """(p,) int64: the open sites, one in each slot."""
    times: Array
    """(R,) int64: how many open sites cover each row."""
    owner: Array
    """(R,) int64: the sum of their slots."""
    loss: Array
    """(p,) float64: what the site in a slot covers alone."""
    gain: Array
    """(S,) float64: what a site would add; minus infinity if it is open."""
    both: Array
    """(p, S) float64: what the site in a slot covers alone that another would cover too."""
    likely: Array
    """(S,) int64, room for the sites that a step may choose from."""
    chances: Array
    """(S,) float64, and for the sums of their weights."""


@njit(cache=True, nogil=True)
def neighbours(start: Array, column: Array, begin: Array, row: Array) -> Any:
    """The other sites that share a row with each site: (S + 1,) where each begins, (S,) where those end that are close,
    which come first, and their numbers."""
    sites = begin.size - 1
    ends, close, shared = np.zeros(sites + 1, np.int64), np.zeros(sites, np.int64), np.zeros(sites, np.int64)
    near, met = np.empty(0, np.uint32), np.empty(sites, np.int64)
    for fill in range(2):
        for j in range(sites):
            found = 0
            for k in range(begin[j], begin[j + 1]):
                for m in range(start[row[k]], start[row[k] + 1]):
                    if shared[column[m]] == 0 and column[m] != j:
                        met[found] = column[m]
                        found += 1
                    shared[column[m]] += 1
            if fill:
                at = ends[j]
                for far in range(2):
                    for k in range(found):
                        most = max(begin[j + 1] - begin[j], begin[met[k] + 1] - begin[met[k]])
                        if (shared[met[k]] < CLOSE * most) == far:
                            near[at] = met[k]
                            at += 1
                    if not far:
                        close[j] = at
            ends[j + 1] = ends[j] + found
            shared[met[:found]], shared[j] = 0, 0
        if not fill:
            near = np.empty(ends[sites], np.uint32)
    return ends, close, near


@njit(cache=True, nogil=True)
def settle(t: Any, s: Any) -> None:
    """Reckon everything of siting ``s`` on rows ``t`` from its open sites; they are the best met."""
    s.times[:], s.owner[:], s.loss[:], s.both[:] = 0, 0, 0.0, 0.0
    s.gain[:], s.top[:] = 0.0, s.opened
    s.inside[:] = np.flatnonzero(s.opened)
    for own in range(s.inside.size):
        for k in range(t.begin[s.inside[own]], t.begin[s.inside[own] + 1]):
            s.times[t.row[k]] += 1
            s.owner[t.row[k]] += own
    value = 0.0
    for i in range(t.weight.size):
        value += t.weight[i] if s.times[i] else 0.0
        if s.times[i] == 0:
            for m in range(t.start[i], t.start[i + 1]):
                s.gain[t.column[m]] += t.weight[i]
        elif s.times[i] == 1:
            s.loss[s.owner[i]] += t.weight[i]
            for m in range(t.start[i], t.start[i + 1]):
                s.both[s.owner[i], t.column[m]] += t.weight[i]
    s.gain[s.inside] = -np.inf
    s.score[:] = value


@njit(cache=True, nogil=True, _nrt=False)
def heat_bath(t: Any, s: Any, steps: int, heat: float) -> None:
    """Choose anew so often where one open site of siting ``s`` stands, on rows ``t``, at a temperature in units of
    weight: each place with a chance that falls exponentially with what the swap loses (heat bath, Creutz 1980).

    Most steps look at the site's close neighbours, the others everywhere. A swap is worth the gain of the one less the
    loss of the other and what both cover that no third does; few are worth a chance, and only those are drawn among.
    """
    for _ in range(steps):
        own = below(s.chance, s.inside.size)
        r, least, found = s.inside[own], s.loss[own] + HOPELESS * heat, 0
        everywhere = draw(s.chance) < FAR
        for m in range(t.ends[r], t.ends[r + 1] if everywhere else t.close[r]):
            j = np.int64(t.near[m])
            if s.gain[j] + s.both[own, j] > least:
                s.likely[found] = j
                found += 1
        if everywhere:
            found = _far(s, least, found)
        if found:
            _choose(t, s, own, found, heat)


@njit(cache=True, nogil=True)
def anneal(t: Any, s: Any, opened: Array, steps: int, heats: Array) -> None:
    """Let siting ``s`` begin with the sites ``opened`` (S,) bool, and cool through ``heats``, so many steps at each."""
    s.opened[:] = opened
    settle(t, s)
    for heat in heats:
        heat_bath(t, s, steps, heat)


@njit(cache=True, nogil=True)
def away(t: Any, site: int) -> Array:
    """How far each site is from one (S,) float64, in steps from close neighbour to close neighbour, made smooth; where
    none lead there, one more than the most."""
    sites = t.close.size
    steps, reached, found = np.full(sites, -1.0), np.empty(sites, np.int64), 1
    reached[0], steps[site], k = site, 0.0, 0
    while k < found:
        for m in range(t.ends[reached[k]], t.close[reached[k]]):
            if steps[t.near[m]] < 0.0:
                steps[t.near[m]] = steps[reached[k]] + 1.0
                reached[found] = t.near[m]
                found += 1
        k += 1
    steps[steps < 0.0] = steps.max() + 1.0
    for _ in range(SMOOTH):
        before = steps.copy()
        for j in range(sites):
            for m in range(t.ends[j], t.close[j]):
                steps[j] += before[t.near[m]]
            steps[j] /= 1 + t.close[j] - t.ends[j]
    return steps


@njit(cache=True, nogil=True)
def splice(mother: Array, father: Array, key: Array, least: int, most: int, chance: Array) -> Any:
    """Cut and splice (Deaven and Ho 1995): the sites of one siting where ``key`` (S,) is above a threshold, and those
    of the other where it is not, such that there are as many as in each.

    All (S,) bool. The threshold is drawn among those that leave ``least`` to ``most`` sites of either below it; without
    one the child is the mother.
    """
    hers, his = np.sort(key[mother]), np.sort(key[father])
    limits, found, i, j = np.empty(hers.size), 0, 0, 0
    while i < hers.size and j < hers.size and i <= most:
        limit = min(hers[i], his[j])
        while i < hers.size and hers[i] <= limit:
            i += 1
        while j < hers.size and his[j] <= limit:
            j += 1
        if i == j and least <= i <= most:
            limits[found] = limit
            found += 1
    if found == 0:
        return mother.copy()
    return np.where(key <= limits[below(chance, found)], father, mother)


@njit(cache=True, nogil=True, _nrt=False)
def _far(s: Any, least: float, found: int) -> Any:
    """Add to the likely places those that are no neighbours; returns how many there are."""
    near, sites = found, s.gain.size
    for a in range(0, sites, BLOCK):
        b, some = min(a + BLOCK, sites), 0
        for j in range(a, b):
            some += s.gain[j] > least
        if some:
            for j in range(a, b):
                if s.gain[j] > least:
                    k = 0
                    while k < near and s.likely[k] != j:
                        k += 1
                    if k == near:
                        s.likely[found] = j
                        found += 1
    return found


@njit(cache=True, nogil=True, _nrt=False)
def _choose(t: Any, s: Any, own: int, found: int, heat: float) -> None:
    """Draw among the likely places of the site in a slot, where it is among them."""
    r, most = s.inside[own], 0.0
    for k in range(found):
        net = s.gain[s.likely[k]] + s.both[own, s.likely[k]] - s.loss[own]
        s.chances[k], most = net, max(most, net)
    stay = np.exp(-most / heat)
    total = stay
    for k in range(found):
        total += np.exp((s.chances[k] - most) / heat)
        s.chances[k] = total
    where = draw(s.chance) * total
    if where < stay:
        return
    k = 0
    while k < found - 1 and s.chances[k] <= where:
        k += 1
    j = s.likely[k]
    s.score[0] += s.gain[j] + s.both[own, j] - s.loss[own]
    _swap(t, s, own, j)
    s.opened[r], s.opened[j] = False, True
    if s.score[0] > s.score[1] + 1e-9 * abs(s.score[1]):
        s.score[1] = s.score[0]
        for i in range(s.top.size):  # a slice would be copied first, for which _nrt is needed
            s.top[i] = s.opened[i]


@njit(cache=True, nogil=True, _nrt=False)
def _swap(t: Any, s: Any, own: int, j: int) -> None:
    """Let site j take a slot; only rows that it or the site before covers, but not both, change."""
    r, added = s.inside[own], 0.0
    k, m = t.begin[r], t.begin[j]
    while k < t.begin[r + 1] or m < t.begin[j + 1]:
        old = t.row[k] if k < t.begin[r + 1] else t.weight.size
        new = t.row[m] if m < t.begin[j + 1] else t.weight.size
        k += old <= new
        m += new <= old
        if old < new:
            s.times[old] -= 1
            s.owner[old] -= own
            if s.times[old] == 0:
                s.loss[own] -= t.weight[old]
                added += t.weight[old]
                for c in range(t.start[old], t.start[old + 1]):
                    s.gain[t.column[c]] += t.weight[old]
                    s.both[own, t.column[c]] -= t.weight[old]
            elif s.times[old] == 1:
                other = s.owner[old]
                s.loss[other] += t.weight[old]
                for c in range(t.start[old], t.start[old + 1]):
                    s.both[other, t.column[c]] += t.weight[old]
        elif new < old:
            if s.times[new] == 0:
                s.loss[own] += t.weight[new]
                for c in range(t.start[new], t.start[new + 1]):
                    s.gain[t.column[c]] -= t.weight[new]
                    s.both[own, t.column[c]] += t.weight[new]
            elif s.times[new] == 1:
                other = s.owner[new]
                s.loss[other] -= t.weight[new]
                for c in range(t.start[new], t.start[new + 1]):
                    s.both[other, t.column[c]] -= t.weight[new]
            s.times[new] += 1
            s.owner[new] += own
    s.gain[r], s.gain[j] = added, -np.inf
    s.inside[own] = j
