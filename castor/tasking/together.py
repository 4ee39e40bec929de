"""Whether some tours can be flown together, and when: every order, and every departure that can matter.

A tour of given visits takes the same time whenever it leaves within one of its spans. So if some tours can be flown
together at all, they can be when no tour (and no set of tours together) could leave a minute sooner within its span.
What holds a tour back then is one of few things: its span, the place's sun or airframes changing, another tour that is
ready again, a crew that is rested, or, for the first tour of a crew's duty, the end of its last. Those are the
departures that are tried, each beside the tours placed before it, in every order. It is found first, as a rule, where
every tour leaves as early as it may; and nothing else need be looked at where crews' duty cannot bind and every tour
has one span.

Parking spots and what units on tour still answer are not looked at: with these, tours may also wait elsewhere or later.
What cannot be flown together here cannot be with them; what can is flown by the kernels, or is in doubt.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import Any

import numpy as np
from msgspec import Struct

from castor.errors import CastorError
from castor.tasking.arrays import NEVER
from castor.tasking.days import kernel
from castor.tasking.lower import Lowered

SLACK = 1e-9
MOST_TRIALS = 20_000
"""Placements tried for one set of tours before it is left in doubt."""


class DoubtError(CastorError):
    """Raised where so many placements of some tours were tried that whether they fit together stays open."""


class Column(Struct, frozen=True):
    """A tour that can be flown: its visits, the requests it carries (bits), minutes in the air, the minute before which
    its aircraft are not ready again, the places of its stops, and the spans of its departure: first and last minute,
    and minutes away.
    """

    visits: tuple[int, ...]
    carries: int
    air: int
    since: int
    places: tuple[int, ...]
    spans: tuple[tuple[int, int, int], ...]

    def leave(self, minute: int) -> tuple[int, int] | None:
        """The first departure at or after a minute, and the landing; None if there is none."""
        for first, last, away in self.spans:
            if minute <= last:
                off = max(first, minute)
                return off, off + away
        return None


class Placed(Struct, frozen=True):
    """A tour (by its number in a list) flown by a unit: take-off, landing, the minute its aircraft are ready, minutes
    in the air.
    """

    row: int
    unit: int
    off: int
    on: int
    ready: int
    air: int


Row = tuple[int, Column]
"""A group of units that are alike, by number, and a tour."""


class Together:
    """The times of one plan: what may be away when, if those on tour cover no more than some points (L, Z) by class of
    minutes, and anybody may be sent to alert posts for whom there are airframes.
    """

    def __init__(self, low: Lowered, groups: Sequence[Sequence[int]], points: Any) -> None:
        self.low, self.groups = low, groups
        watch, fleet = low.problem.watch, low.problem.fleet
        state = np.vstack([watch.minute, watch.have])
        self.events = [0, *(np.flatnonzero((np.diff(state, axis=1) != 0).any(axis=0)) + 1).tolist()]
        self.takes = list(zip(fleet.lead.tolist(), fleet.escort.tolist(), fleet.escorts.tolist()))
        self.crew = tuple(int(x) for x in fleet.crew)
        self.mask = watch.mask | points[:, None]
        self.met = watch.met | np.array([_shares(low, level, rows) >= watch.floor - SLACK
                                         for level, rows in enumerate(self.mask)])  # fmt: skip
        self.known: dict[tuple[Any, ...], bool] = {}
        self.used = np.zeros_like(watch.have)
        self.trials = 0

    def find(self, rows: Sequence[Row]) -> tuple[Placed, ...] | None:
        """When and by whom the tours are flown, or None: they cannot be. Raises ``DoubtError`` after many trials."""
        self.trials = 0
        found = self._extend(rows, (), set(), whole=False)
        if found is None and self._more(rows):
            found = self._extend(rows, (), set(), whole=True)
        return found

    def _more(self, rows: Sequence[Row]) -> bool:
        """Whether leaving as early as may be, in some order, can fail where later departures do not."""
        if any(len(column.spans) > 1 for _, column in rows):
            return True
        for group in {group for group, _ in rows}:
            own = [column.spans[0] for at, column in rows if at == group]
            if len(own) > 1 and max(b + away for _, b, away in own) - min(a for a, _, _ in own) > self.crew[1]:
                return True
        return False

    def _extend(
        self, rows: Sequence[Row], placed: tuple[Placed, ...], seen: set[frozenset[Placed]], *, whole: bool
    ) -> tuple[Placed, ...] | None:
        if len(placed) == len(rows):
            return placed
        here = frozenset(placed)
        if here in seen:
            return None
        seen.add(here)
        for row in range(len(rows)):
            if any(one.row == row for one in placed):
                continue
            for one in self._places(rows[row], row, placed, whole=whole):
                found = self._extend(rows, (*placed, one), seen, whole=whole)
                if found is not None:
                    return found
        return None

    def _places(self, tour: Row, row: int, placed: tuple[Placed, ...], *, whole: bool) -> Iterator[Placed]:
        """Where a tour may go beside others: by each unit (of those that stand idle, one), at each departure."""
        group, column = tour
        idle = False
        for unit in self.groups[group]:
            own = [one for one in placed if one.unit == unit]
            if not own and idle:
                continue
            idle = idle or not own
            tried: set[int] = set()
            for minute in self._minutes(column, placed, whole=whole):
                one = self._soonest(column, row, unit, minute, placed)
                if one is not None and one.off not in tried:
                    tried.add(one.off)
                    yield one

    def _minutes(self, column: Column, placed: tuple[Placed, ...], *, whole: bool) -> list[int]:
        """Departures to be tried: as early as may be, and all that another tour or a change can make the earliest."""
        first, last = column.spans[0][0], column.spans[-1][1]
        if not whole:
            return [first]
        found = {first, *(a for a, _, _ in column.spans), *self.events}
        for one in placed:
            found |= {one.ready, one.on + self.crew[2], one.on - self.crew[1]}
        return sorted(minute for minute in found if first <= minute <= last)

    def _soonest(
        self, column: Column, row: int, unit: int, minute: int, placed: tuple[Placed, ...]
    ) -> Placed | None:  # fmt: skip
        """The tour as early as it may be flown from a minute on beside others, or None."""
        fleet = self.low.problem.fleet
        minute = max(minute, int(fleet.first[unit]))
        own = [one for one in placed if one.unit == unit]
        while minute >= 0:
            self.trials += 1
            if self.trials > MOST_TRIALS:
                raise DoubtError
            left = column.leave(minute)
            if left is None or left[1] > fleet.last[unit]:
                return None
            ready = max(left[1] + int(fleet.turn[unit]), column.since)
            one = Placed(row, unit, left[0], left[1], ready, column.air)
            later = self._crewed(one, own)
            if later is None:
                later = self._clash(one, placed)
            if later is None:
                return one
            minute = later
        return None

    def _crewed(self, one: Placed, own: list[Placed]) -> int | None:
        """None if a unit and its crews can fly a tour beside the unit's others; else a minute from which to try again,
        or -1.
        """
        for other in own:
            if one.off < other.ready and other.off < one.ready:
                return other.ready
        if shared(sorted([one, *own], key=lambda tour: tour.off), self.crew):
            return None
        changes = [t for o in own for t in (o.ready, o.on + self.crew[2], o.on - self.crew[1]) if t > one.off]
        return min(changes, default=-1)

    def _clash(self, one: Placed, placed: tuple[Placed, ...]) -> int | None:
        """The end of the first stretch of minutes in which airframes or cover do not allow a tour; None if all do."""
        minutes = self.low.minutes
        beside = [other for other in placed if other.off < one.ready and one.off < other.ready]
        changes = {one.off, *(t for other in beside for t in (other.off, other.ready))}
        changes |= set(self.events[bisect_right(self.events, one.off) :])
        order = sorted(t for t in changes if t >= one.off)
        for at, t in enumerate(order):
            if t >= min(one.ready, minutes):
                break
            if not self._allowed(t, [one, *(other for other in beside if other.off <= t < other.ready)]):
                return order[at + 1] if at + 1 < len(order) else -1
        return None

    def _allowed(self, t: int, away: Sequence[Placed]) -> bool:
        return self.allows(bisect_right(self.events, t) - 1, [one.unit for one in away])

    def allows(self, stretch: int, units: Sequence[int]) -> bool:
        """Whether units may be away at once in a stretch of minutes between two changes (by number)."""
        watch = self.low.problem.watch
        key = (stretch, *sorted(self.takes[unit] for unit in units))
        if key not in self.known:
            self._take(stretch, units, 1)
            self.known[key] = self._kept(stretch, ())
            stations = range(watch.station.shape[0] if watch.floor > 0 else 0)
            for many in stations if not self.known[key] else ():
                self.known[key] |= any(self._kept(stretch, sent) for sent in combinations(stations, many + 1))
            self._take(stretch, units, -1)
        return self.known[key]

    def _take(self, stretch: int, units: Sequence[int], sign: int) -> None:
        """Count the airframes of units as away (sign 1), or as back (-1), in a stretch of minutes."""
        for unit in units:
            lead, escort, escorts = self.takes[unit]
            self.used[lead, self.events[stretch]] += sign
            self.used[escort, self.events[stretch]] += sign * escorts

    def _kept(self, stretch: int, sent: Sequence[int]) -> bool:
        """Whether there are the airframes that are away in a stretch of minutes, and the floor is kept, with some
        sent to alert posts (by number).
        """
        watch, at = self.low.problem.watch, self.events[stretch]
        units, level = [int(watch.station[s, 3]) for s in sent], watch.minute[at]
        self._take(stretch, units, 1)
        good = bool((self.used[:, at] <= watch.have[:, at]).all())
        if good and watch.floor > 0:
            subset = kernel.posts_held(*self.low.tables, self.used, at, -1, -1, 0)
            good = bool(self.met[level, subset])
            if not good and sent:
                covered = np.bitwise_or.reduce(watch.station_mask[level, list(sent)], axis=(0, 1))
                share = _shares(self.low, level, (self.mask[level, subset] | covered)[None])
                good = bool(share[0] >= watch.floor - SLACK)
        self._take(stretch, units, -1)
        return good


def _shares(low: Lowered, level: int, rows: Any) -> Any:
    """Share of the weight of a class of minutes that points in words (S, Z) have (S,)."""
    watch = low.problem.watch
    bits = np.unpackbits(np.ascontiguousarray(rows).view(np.uint8), axis=-1, bitorder="little").astype(bool)
    return bits @ watch.weight[watch.day[level]]


def shared(tours: Sequence[Placed], crew: tuple[int, ...]) -> bool:
    """Whether a unit's crews can share its tours (in order of take-off) within duty, flight time and rest: every way is
    tried. ``crew`` = crews, and minutes of duty, rest and flight time.
    """
    many, duty, rest, flight = crew
    states: set[tuple[tuple[int, int, int], ...]] = {((-NEVER, -NEVER, 0),) * many}
    for tour in tours:
        after = set()
        for state in states:
            for at, (began, ended, flown) in enumerate(state):
                fresh = tour.off - ended >= rest
                began, flown = (tour.off, tour.air) if fresh else (began, flown + tour.air)
                if tour.on - began <= duty and flown <= flight:
                    after.add(tuple(sorted((*state[:at], (began, tour.on, flown), *state[at + 1 :]))))
        states = after
    return bool(states)


def may_leave(low: Lowered, rows: Sequence[tuple[int, Column]]) -> bool:
    """Whether any of some tours (each with a unit that flies it) can be the first to leave, alone or along with others:
    then the posts still held, and those who have just left, must keep the floor.
    """
    words = [_just_left(low, unit, *column.places[:2]) for unit, column in rows]
    for many in range(1, len(rows) + 1):
        for some in combinations(range(len(rows)), many):
            spans = [rows[x][1].spans for x in some]
            free = [all(any(a <= t <= b for a, b, _ in own) for own in spans) for t in range(low.minutes)]
            units = [rows[x][0] for x in some]
            for t in _different(low, np.flatnonzero(free)):
                if _kept(low, units, [words[x] for x in some], t):
                    return True
    return False


def _different(low: Lowered, minutes: Any) -> list[int]:
    """Of some minutes, one of each kind: of day and night, and of what airframes there are."""
    watch = low.problem.watch
    if not minutes.size:
        return []
    kinds = np.vstack([watch.minute[minutes], watch.have[:, minutes]])
    return [int(t) for t in minutes[np.unique(kinds, axis=1, return_index=True)[1]]]


def lone_legs(low: Lowered, unit: int) -> Any:
    """Legs (P, P) on which a unit may take off while nobody else is away: the floor is kept by the posts still held and
    by what it answers from where it lands next.
    """
    places = len(low.places)
    minutes = _different(low, np.arange(low.minutes))
    found = np.ones((places, places), np.bool_)
    for a in range(places if low.problem.watch.floor > 0 else 0):
        for b in range(places):
            words = _just_left(low, unit, a, b)
            found[a, b] = any(_kept(low, [unit], [words], t) for t in minutes)
    return found


def _just_left(low: Lowered, unit: int, base: int, place: int) -> list[Any]:
    """Points (64 Z,) by day that a unit covers at most when it has just left one place for another."""
    watch, kinds, fleet = low.problem.watch, low.problem.kinds, low.problem.fleet
    n, k = int(fleet.answers[unit]), int(fleet.kind[unit])
    found = [np.zeros(watch.weight.shape[1], np.bool_) for _ in range(watch.weight.shape[0])]
    if n < 0:
        return found
    took, full = int(kinds.leg[k, base, place]), float(watch.full[n])
    left = full * (1 - float(kinds.km[base, place]) / float(kinds.reach[k]))
    ways = [(max(took, watch.told), left)]
    if kinds.fuel[place]:
        ways.append((max(took + int(kinds.refuel[k]), watch.told), full))
    for day, points in enumerate(found):
        rows = slice(watch.first_way[day, n, place], watch.first_way[day, n, place + 1])
        for ready, km in ways:
            good = (watch.need[rows] <= km + SLACK) & (ready <= watch.slack[rows] + SLACK)
            points[watch.point[rows][good]] = True
    return found


def _kept(low: Lowered, units: Sequence[int], words: Sequence[list[Any]], t: int) -> bool:
    """Whether the floor is kept at a minute at which units are away that cover such points by day."""
    watch, fleet = low.problem.watch, low.problem.fleet
    used, level = np.zeros_like(watch.have), watch.minute[t]
    for u in units:
        used[fleet.lead[u], t] += 1
        used[fleet.escort[u], t] += fleet.escorts[u]
    if (used[:, t] > watch.have[:, t]).any():
        return False
    subset = kernel.posts_held(*low.tables, used, t, -1, -1, 0)
    day = watch.day[level]
    points = np.unpackbits(watch.mask[level, subset].view(np.uint8), bitorder="little").astype(bool)
    for one in words:
        points |= one[day]
    for sent in watch.station_mask[level].reshape(-1, watch.mask.shape[2]):
        points |= np.unpackbits(sent.view(np.uint8), bitorder="little").astype(bool)
    return bool(watch.met[level, subset] or points @ watch.weight[day] >= watch.floor - SLACK)


def optimistic(low: Lowered, columns: Sequence[Column] | None = None) -> Any:
    """Points (L, Z) that those on tour cover at most, by class of minutes: all that they can from any stop of these
    tours (from anywhere, where none are given), with full tanks and nothing to set down.
    """
    watch, fleet = low.problem.watch, low.problem.fleet
    words = np.zeros((watch.day.size, watch.mask.shape[2]), np.uint64)
    kinds = {int(n) for n in fleet.answers if n >= 0} if watch.floor > 0 else set()
    places = range(len(low.places)) if columns is None else sorted({p for one in columns for p in one.places})
    for level, day in enumerate(watch.day):
        for n, place in product(sorted(kinds), places):
            for x in range(watch.first_way[day, n, place], watch.first_way[day, n, place + 1]):
                if watch.need[x] <= watch.full[n] + SLACK and watch.told <= watch.slack[x] + SLACK:
                    c = int(watch.point[x])
                    words[level, c >> 6] |= np.uint64(1) << np.uint64(c & 63)
    return words
