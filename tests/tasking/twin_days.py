"""Plain twin of the kernels of a day: a programme is a list of tours, everything about it is counted out.

A place for a request is sought by trying every one, minute after minute, with nothing known beforehand. Stops, fuel and
times of a single tour are taken from ``castor.tasking.tour.kernel``, which has its own twin.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from castor.tasking.arrays import State
from castor.tasking.lower import Lowered
from castor.tasking.tour.kernel import OFF, ON, SINCE, air_minutes, prepare, times, work


class Tour(NamedTuple):
    """Visits, first take-off, last landing, minute at which its aircraft are ready again, minutes in the air."""

    visits: tuple[int, ...]
    off: int
    on: int
    ready: int
    air: int


class Programme:
    """The tours of every unit of a problem in which nobody answers calls on tour."""

    def __init__(self, low: Lowered, state: State) -> None:
        self.low, self.problem = low, low.problem
        self.tours = [
            [Tour(tuple(state.seq[u, q, : state.tour[0, u, q]].tolist()), *state.tour[1:5, u, q].tolist())
             for q in range(state.tours[u])]
            for u in range(state.tours.size)
        ]  # fmt: skip
        self.w = work(self.problem.kinds.fuels.size)

    def away(self, minute: int, less: tuple[int, int] | None = None) -> list[int]:
        """Airframes of each pool that are away at a minute, one tour left out."""
        fleet = self.problem.fleet
        gone = [0] * self.problem.watch.have.shape[0]
        for u, tours in enumerate(self.tours):
            for q, tour in enumerate(tours):
                if tour.off <= minute < tour.ready and (u, q) != less:
                    gone[fleet.lead[u]] += 1
                    gone[fleet.escort[u]] += int(fleet.escorts[u])
        return gone

    def share(self, minute: int, gone: list[int]) -> float:
        """Share covered by the posts that can be held beside those who are away, made up one after another."""
        watch = self.problem.watch
        free = [int(there) - less for there, less in zip(watch.have[:, minute], gone)]
        held = 0
        for j in range(watch.lead.size):
            lead, escort, many = int(watch.lead[j]), int(watch.escort[j]), int(watch.escorts[j])
            left = list(free)
            left[lead] -= 1
            left[escort] -= many
            if left[lead] >= 0 and left[escort] >= 0:
                free, held = left, held | 1 << j
        level = int(watch.minute[minute])
        weight = watch.weight[watch.day[level]]
        points = [c for c in range(weight.size) if int(watch.mask[level, held, c // 64]) >> c % 64 & 1]
        return math.fsum(weight[c] for c in points)

    def spared(self, u: int, minute: int, less: tuple[int, int] | None = None) -> bool:
        """Whether one more formation like unit u's may be away."""
        fleet, watch = self.problem.fleet, self.problem.watch
        gone = self.away(minute, less)
        gone[fleet.lead[u]] += 1
        gone[fleet.escort[u]] += int(fleet.escorts[u])
        if any(gone[g] > watch.have[g, minute] for g in {int(fleet.lead[u]), int(fleet.escort[u])}):
            return False
        return watch.floor <= 0 or self.share(minute, gone) >= watch.floor - 1e-9

    def crews(self, tours: list[Tour]) -> bool:
        """Whether a unit's crews can fly tours in their order, each by the crew longest on duty that still can."""
        many, duty, rest, flight = (int(x) for x in self.problem.fleet.crew)
        crews: list[list[int] | None] = [None] * many  # duty begun, last tour ended, minutes flown
        for tour in tours:
            fresh, able = [], []
            for c, crew in enumerate(crews):
                if crew is None or tour.off - crew[1] >= rest:
                    fresh.append(c)
                elif tour.on - crew[0] <= duty and crew[2] + tour.air <= flight:
                    able.append((crew[0], c))
            if able:
                began, c = min(able)
                crews[c] = [began, tour.on, (crews[c] or [0, 0, 0])[2] + tour.air]
            elif fresh and tour.on - tour.off <= duty and tour.air <= flight:
                new = [c for c in fresh if crews[c] is None] or fresh
                crews[new[0]] = [tour.off, tour.on, tour.air]
            else:
                return False
        return True

    def flown(self, u: int, q: int, gap: int, visits: tuple[int, ...]) -> Tour | None:
        """A tour flown as early as may be in place of tour q (gap 1) or before it (0); None if it cannot be."""
        fleet, minutes = self.problem.fleet, self.low.minutes
        k = int(fleet.kind[u])
        stops, rides = prepare(*self.low.tables, k, int(fleet.base[u]), np.array(visits, np.int64), len(visits), self.w)
        if stops == 0:
            return None
        own = self.tours[u]
        start = max(own[q - 1].ready if q else 0, int(fleet.first[u]))
        end = own[q + gap].off if q + gap < len(own) else 1 << 40
        air = air_minutes(*self.low.tables, k, stops, self.w)
        while times(*self.low.tables, k, stops, rides, start, self.w):
            off, on = int(self.w.stop[OFF, 0]), int(self.w.stop[ON, stops - 1])
            ready = max(on + int(fleet.turn[u]), int(self.w.stop[SINCE, stops - 1]))
            waits = [int(self.w.stop[OFF, i] - self.w.stop[ON, i]) for i in range(1, stops - 1)]
            if on > fleet.last[u] or ready > end or max(waits) >= fleet.crew[2] or on - off > fleet.crew[1]:
                return None
            tour = Tour(visits, off, on, ready, air)
            less = (u, q) if gap else None
            away = range(off, min(ready, minutes))
            if self.crews([*own[:q], tour, *own[q + gap :]]) and all(self.spared(u, t, less) for t in away):
                return tour
            start = off + 1
        return None

    def least(self, r: int) -> float:
        """Least cost of flying at which some unit takes request r as well; infinite if none can."""
        best = math.inf
        for u, own in enumerate(self.tours):
            price = float(self.problem.price[self.problem.fleet.kind[u]])
            for q in range(len(own) + 1):
                for gap in range(2 if q < len(own) else 1):
                    visits, air = (own[q].visits, own[q].air) if gap else ((), 0)
                    for i in range(len(visits) + 1):
                        for j in range(i, len(visits) + 1):
                            more = (*visits[:i], 2 * r, *visits[i:j], 2 * r + 1, *visits[j:])
                            tour = self.flown(u, q, gap, more)
                            if tour is not None:
                                best = min(best, (tour.air - air) * price)
        return best
