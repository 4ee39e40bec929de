"""Sets of requests, of which those that cannot be carried are ruled out at once, whatever the tours.

A set can be carried only if it can be divided among the units, each flying tour after tour; and if it can be divided
among as many as may be away at once, whoever they are. Both are found for all sets together (``kernel``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from msgspec import Struct

from castor.tasking.arrays import NEVER
from castor.tasking.labels import alike
from castor.tasking.lower import Lowered
from castor.tasking.sets import kernel
from castor.tasking.together import Column, Row, Together

MOST_PAIRS = 1 << 25
"""Pairs of a set and one within it; on days with more, sets are not listed."""
MOST_CREWS = 2
"""Crews of a unit that are told apart."""
BITS, FIELD = 5, 15
"""Of a packed set: four for the count of each class, and one to spare."""


Turn = tuple[Any, Any, list[Row]]
"""Ways to carry each set by tours in turn, how many there are, and the tours by number."""
Families = list[tuple[Turn, Any, Any]]
"""Of each unit or slot what it can carry in turn, which sets these are, and which those before it can carry."""


class Sets(Struct, frozen=True, eq=False):
    """Sets of the requests that can be carried: ``classes`` of parts that are alike, those of most worth first, and the
    ``stride`` (L + 1,) of each. ``value`` (sets,) is what each is worth; ``guard`` the spare bits of a packed set.
    """

    classes: tuple[tuple[int, ...], ...]
    stride: Any
    value: Any
    guard: int

    @property
    def most(self) -> Any:
        """Parts of each class (L,)."""
        return np.array([len(one) for one in self.classes], np.int64)

    def packed(self, number: int) -> int:
        """A set as bits, so that :meth:`within` can tell whether one is within another."""
        found = 0
        for at, (a, b) in enumerate(pairwise(self.stride.tolist())):
            found |= number % b // a << BITS * at
        return found

    def unpacked(self, packed: int) -> int:
        """The number of a packed set."""
        return sum((packed >> BITS * at & FIELD) * stride for at, stride in enumerate(self.stride.tolist()[:-1]))

    def within(self, part: int, whole: int) -> bool:
        """Whether a packed set is within another."""
        return ((whole | self.guard) - part) & self.guard == self.guard

    def number(self, carries: int) -> int:
        """The number of the set of some requests (bits)."""
        return sum(
            stride * sum(carries >> r & 1 for r in one) for one, stride in zip(self.classes, self.stride.tolist())
        )


def sets(low: Lowered, servable: Any) -> Sets | None:
    """All sets of the requests that can be carried; None where there are too many."""
    like, value = alike(low), low.problem.asks.value
    classes: dict[int, list[int]] = {}
    head: dict[int, int] = {}
    for r in np.flatnonzero(servable).tolist():
        head[r] = head.get(int(like[r]), r)
        classes.setdefault(head[r], []).append(r)
    order = sorted(classes.values(), key=lambda one: (-value[one[0]], one[0]))
    if sum(np.log2((len(one) + 1) * (len(one) + 2) / 2) for one in order) > np.log2(MOST_PAIRS):
        return None
    stride = np.cumprod([1, *(len(one) + 1 for one in order)]).astype(np.int64)
    worth = np.zeros(1)
    for one in order:
        worth = np.add.outer(value[one[0]] * np.arange(len(one) + 1), worth).ravel()
    guard = sum(1 << BITS * at + BITS - 1 for at in range(len(order)))
    return Sets(tuple(tuple(one) for one in order), stride, worth, guard)


class Carried:
    """Which sets may be carried: by each unit's tours in turn, beside each other; by no more units than may be away at
    once. What is ruled out by either cannot be. Tours (of each group of units) as ``labels.columns`` lists them.
    """

    def __init__(
        self, low: Lowered, every: Sets, groups: Sequence[Sequence[int]], tours: Sequence[Sequence[Column]],
        together: Together,
    ) -> None:  # fmt: skip
        self.low, self.every, self.groups, self.tours = low, every, groups, tours
        self.free = _free(low, groups, together)
        self.at_once = at_once(groups, together)
        self.slots = max((sum(many) for many in self.at_once), default=0)
        self.rows = [_rows(low, group[0], at, own) for at, (group, own) in enumerate(zip(groups, tours))]
        self.numbers = [np.array([every.number(one.carries) for one in own], np.int64) for own in tours]
        self.units: Families = []
        self.at_most: Families = []
        self.may = self._by_units()
        self.may &= self._by_slots()

    def _by_units(self) -> Any:
        """Sets that can be divided among the units (sets,)."""
        fleet, found = self.low.problem.fleet, self._none()
        crew = np.array(fleet.crew, np.int64)
        crew[0] = crew[0] if crew[0] <= MOST_CREWS else 0
        for at, group in enumerate(self.groups):
            turn = self._in_turn([at], crew, int(fleet.first[group[0]]))
            found = self._beside(turn, len(group), found, self.units)
        return found

    def _by_slots(self) -> Any:
        """Sets that can be divided among as many units as may be away at once, all and of each group (sets,)."""
        crew = np.array([0, *self.low.problem.fleet.crew[1:]], np.int64)
        found = np.ones(self.every.value.size, np.bool_)
        units = [max(many[at] for many in self.at_once) for at in range(len(self.groups))]
        if any(most < len(group) for most, group in zip(units, self.groups)):
            beside, self.at_most = self._none(), []
            for at, most in enumerate(units):
                beside = self._beside(self._in_turn([at], crew, 0), most, beside, self.at_most)
            found &= beside
        if len(self.groups) > 1 and self.slots < sum(units):
            self.at_most = []
            turn = self._in_turn(range(len(self.groups)), crew, 0)
            found &= self._beside(turn, self.slots, self._none(), self.at_most)
        return found

    def _none(self) -> Any:
        return np.arange(self.every.value.size) == 0

    def _beside(self, turn: Turn, many: int, found: Any, families: Families) -> Any:
        """Sets that can be divided into some that are ``found`` and so many that can be flown in turn; how is kept."""
        alone = turn[1] > 0
        for _ in range(many):
            more = kernel.beside(self.every.stride, alone, found)
            if (more == found).all():
                break
            families.append((turn, alone, found))
            found = more
        return found

    def _in_turn(self, groups: Sequence[int], crew: Any, first: int) -> Turn:
        """Ways to fly tours of some groups in turn to each set, how many, and the tours."""
        rows = np.concatenate([self.rows[at] for at in groups])
        numbers = np.concatenate([self.numbers[at] for at in groups])
        order = np.argsort(numbers, kind="stable")
        names: list[Row] = [(at, one) for at in groups for one in self.tours[at]]
        begins = np.searchsorted(numbers[order], np.arange(self.every.value.size + 1)).astype(np.int64)
        stride, most = self.every.stride, self.every.most
        ways, many = kernel.one_after_another(stride, most, rows[order], begins, crew, self.free, first)
        return ways, many, [names[x] for x in order.tolist()]

    def traces(self, number: int) -> Iterator[tuple[Row, ...]]:
        """Tours that carry a set: each unit's in turn; and those of as many as may be away at once."""
        for families in (self.units, self.at_most):
            if families:
                yield tuple(self._trace(number, families))

    def _trace(self, number: int, families: Families) -> Iterator[Row]:
        for (ways, _, tours), alone, before in reversed(families):
            part = int(kernel.divide(self.every.stride, number, alone, before))
            if part < 0:
                continue
            number -= part
            way = ways[part, 0]
            while part:
                tour, part, which = (int(x) for x in way[-kernel.TRACE :])
                yield tours[tour]
                way = ways[part, which]


def _rows(low: Lowered, u: int, group: int, tours: Sequence[Column]) -> Any:
    """Tours as the kernel reads them (tours, 7)."""
    fleet = low.problem.fleet
    turn, since, until = int(fleet.turn[u]), int(fleet.first[u]), int(fleet.last[u])
    rows = [
        (max(first, since), min(last, until - away), away, one.since, one.air, turn, group)
        for one in tours for first, last, away in one.spans
    ]  # fmt: skip
    return np.array(rows, np.int64).reshape(-1, 7)


def _free(low: Lowered, groups: Sequence[Sequence[int]], together: Together) -> Any:
    """For each group of units the first minute at or after each at which one, alone, may not be away, and may be
    (2, G, M + 1).
    """
    minutes = low.minutes
    found = np.full((2, len(groups), minutes + 1), NEVER, np.int64)
    for at, group in enumerate(groups):
        may = [together.allows(x, (group[0],)) for x in range(len(together.events))]
        ends = [*together.events[1:], minutes]
        found[1, at, minutes] = minutes
        for x in range(len(may) - 1, -1, -1):
            for t in range(ends[x] - 1, together.events[x] - 1, -1):
                found[0, at, t] = found[0, at, t + 1] if may[x] else t
                found[1, at, t] = t if may[x] else found[1, at, t + 1]
    return found


def at_once(groups: Sequence[Sequence[int]], together: Together) -> list[tuple[int, ...]]:
    """How many of each group may be away at once, all that cannot be more at some time."""
    found: set[tuple[int, ...]] = set()
    for stretch in range(len(together.events)):
        found |= set(_grown(groups, together, stretch))
    return sorted(found)


def _grown(groups: Sequence[Sequence[int]], together: Together, stretch: int) -> Iterator[tuple[int, ...]]:
    """What may be away at once in one stretch of minutes: one more after another."""
    todo, seen = [tuple(0 for _ in groups)], {tuple(0 for _ in groups)}
    while todo:
        many = todo.pop()
        yield many
        for at, group in enumerate(groups):
            more = (*many[:at], many[at] + 1, *many[at + 1 :])
            units = [u for one, own in zip(more, groups) for u in own[:one]]
            if more[at] <= len(group) and more not in seen and together.allows(stretch, units):
                seen.add(more)
                todo.append(more)
