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
from castor.tasking.tour.kernel import AT, LEAST, LOADS, OFF, ON, SINCE, STANDS, air_minutes, prepare, times, work


class Tour(NamedTuple):
    """Visits, first take-off, last landing, minute at which its aircraft are ready again, minutes in the air; and its
    duties, which rests away from base part: take-off, landing, minutes in the air of each.
    """

    visits: tuple[int, ...]
    off: int
    on: int
    ready: int
    air: int
    duties: tuple[tuple[int, int, int], ...]


def read(state: State, u: int, q: int) -> Tour:
    """Tour q of unit u of a programme."""
    off, on, ready, air = state.tour[1:5, u, q].tolist()
    rows = state.tour[11:, u, q].reshape(-1, 3)[: state.tour[9, u, q]].tolist() if state.tour.shape[0] > 9 else []
    begins, ends = [off, *(left for _, left, _ in rows)], [*(landed for landed, _, _ in rows), on]
    flown = [*(minutes for _, _, minutes in rows), air - sum(minutes for _, _, minutes in rows)]
    visits = tuple(state.seq[u, q, : state.tour[0, u, q]].tolist())
    return Tour(visits, off, on, ready, air, tuple(zip(begins, ends, flown)))


class Programme:
    """The tours of every unit of a problem in which nobody answers calls on tour."""

    def __init__(self, low: Lowered, state: State) -> None:
        self.low, self.problem = low, low.problem
        self.tours = [[read(state, u, q) for q in range(state.tours[u])] for u in range(state.tours.size)]
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
        for off, on, air in (one for tour in tours for one in tour.duties):
            fresh, able = [], []
            for c, crew in enumerate(crews):
                if crew is None or off - crew[1] >= rest:
                    fresh.append(c)
                elif on - crew[0] <= duty and crew[2] + air <= flight:
                    able.append((crew[0], c))
            if able:
                began, c = min(able)
                crews[c] = [began, on, (crews[c] or [0, 0, 0])[2] + air]
            elif fresh and on - off <= duty and air <= flight:
                new = [c for c in fresh if crews[c] is None] or fresh
                crews[new[0]] = [off, on, air]
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
        while (duties := self.timed(k, visits, (stops, rides), start)) is not None:
            off, on = duties[0][0], duties[-1][1]
            ready = max(on + int(fleet.turn[u]), int(self.w.stop[SINCE, stops - 1]))
            if on > fleet.last[u] or ready > end:
                return None
            tour = Tour(visits, off, on, ready, air, tuple(duties))
            less = (u, q) if gap else None
            away = range(off, min(ready, minutes))
            if self.crews([*own[:q], tour, *own[q + gap :]]) and all(self.spared(u, t, less) for t in away):
                return tour
            start = off + 1
        return None

    def timed(
        self, k: int, visits: tuple[int, ...], size: tuple[int, int], start: int, rests: frozenset[int] = frozenset()
    ) -> list[tuple[int, int, int]] | None:
        """Duties (take-off, landing, minutes in the air) of a prepared tour that rests at some of its stops, and at as
        many more as it takes; None if it cannot be. A duty that is too long is parted as late as can be.
        """
        stop, (stops, rides), (_, duty, rest, flight) = self.w.stop, size, (int(x) for x in self.problem.fleet.crew)
        idle, legs = self.idle(visits, stops), self.problem.kinds.leg[k]
        for s in range(stops if self.problem.fleet.nights else 0):
            stop[STANDS, s] = max(stop[LEAST, s], rest) if s in rests else stop[LEAST, s]
        if not times(*self.low.tables, k, stops, rides, start, self.w):
            return None
        on, off = stop[ON, :stops].tolist(), stop[OFF, :stops].tolist()
        first, found = 0, []
        for s in range(1, stops):
            waits = s < stops - 1 and off[s] - on[s] >= rest
            if waits and (not self.problem.fleet.nights or not idle[s]):
                return None
            if waits:
                self.hasten(k, (first, s), rides, on, off)
            if waits or s == stops - 1:
                air = sum(int(legs[stop[AT, i], stop[AT, i + 1]]) for i in range(first, s))
                found.append((off[first], on[s], air))
                if on[s] - off[first] > duty or air > flight:
                    more = [x for x in range(s - 1, first, -1) if idle[x] and x not in rests]
                    if len(rests) >= self.problem.fleet.nights:
                        return None
                    for x in more:
                        other = self.timed(k, visits, size, start, rests | {x})
                        if other is not None:
                            return other
                    return None
                first = s
        return found if len(found) <= self.problem.fleet.nights + 1 else None

    def hasten(self, k: int, duty: tuple[int, int], rides: int, on: list[int], off: list[int]) -> None:
        """A duty that ends away lands as soon as can be after it has begun, unless a ride then is too long: minute by
        minute, for who keeps to the hours of every place.
        """
        kinds, stop = self.problem.kinds, self.w.stop
        new_on, new_off = list(on), list(off)
        for i in range(*duty):
            a, b = int(stop[AT, i]), int(stop[AT, i + 1])
            t, took = (off[i] if i == duty[0] else max(new_on[i] + stop[STANDS, i], stop[SINCE, i])), kinds.leg[k, a, b]
            while not any(
                kinds.opens[k, a, x] <= t <= kinds.closes[k, a, x] and kinds.tag[k, a, x] == kinds.tag[k, b, y]
                and kinds.opens[k, b, y] <= t + took <= kinds.closes[k, b, y]
                for x in range(kinds.windows[k, a]) for y in range(kinds.windows[k, b])
            ):  # fmt: skip
                t += 1
            new_off[i], new_on[i + 1] = int(t), int(t + took)
        for x in range(rides):
            up, down, r = (int(n) for n in self.w.ride[x])
            up, down = int(self.w.core[5, up]), int(self.w.core[5, down])
            if max(new_on[down], int(self.problem.asks.deliver_from[r])) - new_off[up] > self.problem.asks.ride[r]:
                return
        on[:], off[:] = new_on, new_off

    def idle(self, visits: tuple[int, ...], stops: int) -> list[bool]:
        """Of each stop of a prepared tour whether nothing stays on board throughout."""
        asks, left, aboard, found = self.problem.asks, list(visits), set[int](), []
        for s in range(stops):
            place, taken = int(self.w.stop[AT, s]), []
            while (
                left
                and self.w.stop[LOADS, s]
                and place == (asks.destination if left[0] & 1 else asks.origin)[left[0] >> 1]
            ):
                v = left.pop(0)
                aboard.discard(v >> 1)
                taken += [] if v & 1 else [v >> 1]
            found.append(not aboard)
            aboard.update(taken)
        return found

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
