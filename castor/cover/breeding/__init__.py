"""Good sitings among thousands of sites: populations whose members are cut, spliced and annealed.

A siting is good in some places and poor in others, and it takes many moves at once to put a poor place right. A child
has the vehicles of one siting on one side of a cut, those of another on the other side (cut and splice, Deaven and Ho
1995), and is annealed from a temperature at which the seam heals and the rest keeps its arrangement. The cut needs no
map: it follows how many steps sites are away from each other where those that share much of what they cover are one
step apart. A child takes the place of those that are much the same, or else of the worst, if it is better; so a
population stays diverse (Goldberg and Richardson 1987). The first sitings are annealed from chance. When children no
longer get better, another population begins, and the two together are bred once more. Beside the next two, the sites of
what was found, which are few, are handed to HiGHS, which joins the best parts of all (tour merging, Cook and Seymour
2003).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from castor.cover.breeding import kernel
from castor.cover.rules import Floats
from castor.cover.search import Bools, Ints, Table, collapsed, hint, model, part, ranges

__all__ = ["Breeding", "rows", "worth"]

FIRST, LATER = 25, 50
"""The members of the populations of the first generation, and of those after it."""
FOUNDERS = 0.5
"""The share of the members that are annealed from chance; the others are the first children."""
ALIKE = 0.8
"""Two sitings are much the same if they share so many of their sites."""
BROOD = 16
"""Children that are bred at once, from the same members."""
PATIENCE = 30
"""So many children per member without one better than all end a population."""
MARKS = 24
"""Cuts follow how far sites are away from one of so many, or how much farther from one than from another."""
SIDE = (0.1, 0.6)
"""A child has this share of its sites from the second parent, at least and at most."""
WARM, JOINT = (0.0033, 0.005), 0.004
"""The temperatures from which the children of the populations of a generation are annealed, and those of their union,
as a share of the weight there is per vehicle: one is right for one table, another for the next."""
STEPS, STAGES, END = 100, 20, 0.0003
"""Steps per vehicle for a child, the stages in which it cools, and the temperature at its end."""
CHANCE, MORE = 4.0, 5
"""A founder begins so many times as warm as a child, and takes so many times as many steps."""
WIDE, WIDER, FEWER, LONG = 4.5, 1.1, 0.95, 10.0
"""What generations ended with is merged as long as it opens no more sites than so many times the vehicles. The next
merger has so much more of them if HiGHS came to its end in half of so many seconds, and fewer if it did not in all."""
ENDS = 30
"""So many of the best members of a generation are kept."""
ROOM = 60_000_000
"""Children that would take more numbers than this, vehicles times sites for each, are not bred side by side, and a
single one not at all."""


class Breeding:
    """The sitings found so far of one table (S sites, of which those with ``low`` 1 are forced) with p vehicles.

    Whatever is found is handed to ``offer``, from any thread. All ends soon after ``left``, the seconds there are yet,
    is not above 0.
    """

    def __init__(
        self, whole: Table, low: Ints, p: int, left: Callable[[], float], offer: Callable[[Bools], None]
    ) -> None:
        self.table, self.low, self.p, self.left, self.offer = whole, low, p, left, offer
        self.ends: list[list[Bools]] = []
        """What each generation ended with, the best first."""
        self.wide = WIDE
        self.begun = 0
        """Generations so far."""

    def generation(self, state: NDArray[np.int8], workers: int) -> bool:
        """Populations among the sites of ``state`` (S,) 0, and then their union; beside them the merger of what the
        generations before ended with. False if there is no choice, or too large a one, or nothing left to cover."""
        ground = self._ground(state)
        if ground is None:
            return False
        side = min(workers, ROOM // (ground.wanted * ground.free.size))
        random, size = np.random.default_rng([1, self.begun]), LATER if self.begun else FIRST
        with ThreadPoolExecutor(side) as pool:
            try:
                merger = pool.submit(self._joined) if self.ends else None
                nursery, found = _Nursery(self, ground, random, pool, side), []
                for warm in WARM:
                    found += nursery.run(size, warm, [])
                joined = None if merger is None else merger.result()
                if joined is not None:
                    found.append(joined)
                found = nursery.run(size, JOINT, found)
            except BaseException:  # an interrupt too: the pool waits for what still runs
                self.left = lambda: 0.0
                raise
        self.begun += 1
        if found:
            self.ends.append(found[:ENDS])
        return True

    def _ground(self, state: NDArray[np.int8]) -> Ground | None:
        t = self.table
        forced, free = np.flatnonzero(state > 0), np.flatnonzero(state == 0)
        wanted = self.p - forced.size
        if not 0 < wanted < free.size or wanted * free.size > ROOM:
            return None
        rest = np.ones(t.weight.size, np.bool_)
        rest[t.row[ranges(t.begin[forced], t.begin[forced + 1] - t.begin[forced])]] = False
        small = collapsed(part(t, np.flatnonzero(rest), free))
        each = float(small.weight.sum()) / wanted
        if each <= 0.0:
            return None
        return Ground(rows(small), free, state > 0, wanted, each)

    def _joined(self) -> Bools | None:
        """The merger of what generations ended with: the best of each, the second of each, and so on; None if it is no
        better than the best of them."""
        ends = sorted(self.ends, key=lambda some: -worth(self.table, some[0]))
        order = [some[k] for k in range(ENDS) for some in ends if k < len(some)]
        began = time.monotonic()
        found, closed = self.merged(order, int(self.wide * self.p))
        if not closed:
            self.wide *= FEWER
        elif time.monotonic() - began < 0.5 * LONG:
            self.wide *= WIDER
        return found if worth(self.table, found) > worth(self.table, order[0]) else None

    def merged(self, sitings: list[Bools], most: int) -> tuple[Bools, bool]:
        """The best siting that HiGHS finds among the sites of some sitings, the best of them first, which are no more
        than ``most``; and whether there is none better."""
        union = sitings[0]
        for some in sitings[1:]:
            if int((union | some).sum()) <= most:
                union = union | some
        columns = np.flatnonzero(union)
        if columns.size == self.p:
            return sitings[0], True
        t = collapsed(part(self.table, np.arange(self.table.weight.size), columns))
        program = model(t, self.low[columns].astype(np.float64), self.p)
        start = hint(t, sitings[0][columns])
        answer = program.solve(min(LONG, self.left()), hint=start, enough=lambda: self.left() <= 0.0)
        if answer.x is None:
            return sitings[0], False
        opened = np.zeros(self.table.sites, np.bool_)
        opened[columns[answer.x[: columns.size] > 0.5]] = True
        self.offer(opened)
        return opened, answer.proven


class Ground(NamedTuple):
    """Where sitings are bred: the ``rows`` that the forced sites (S,) leave, by the ``free`` ones, of which so many are
    ``wanted``; the weight there is for each."""

    rows: kernel.Rows
    free: Ints
    forced: Bools
    wanted: int
    each: float

    def inside(self, whole: Bools) -> Bools | None:
        """Which of the free sites a siting (S,) opens; None if it opens another that is not forced."""
        opened = whole[self.free]
        return opened if int(opened.sum()) == self.wanted else None

    def whole(self, opened: Bools) -> Bools:
        """The siting (S,) that opens some free sites."""
        whole = self.forced.copy()
        whole[self.free[opened]] = True
        return whole


class _Nursery:
    """Where the populations of a generation are bred, ``side`` children at a time on a pool of threads."""

    def __init__(
        self, search: Breeding, ground: Ground, random: np.random.Generator, pool: ThreadPoolExecutor, side: int
    ) -> None:
        self.search, self.ground, self.random, self.pool = search, ground, random, pool
        self.places = [_place(ground) for _ in range(side)]
        """Where each thread anneals."""
        marks = random.integers(ground.free.size, size=MARKS)
        self.marks: list[Floats] = [kernel.away(ground.rows, int(site)) for site in marks]
        self.best = -np.inf

    def run(self, size: int, warm: float, first: list[Bools]) -> list[Bools]:
        """A population of some sitings (S,), or of founders, bred until no child is better than all for a while: its
        members (S,), the best first."""
        ground, search = self.ground, self.search
        some = _Population(size, ground)
        for whole in first:
            opened = ground.inside(whole)
            if opened is not None:
                some.enter(worth(search.table, whole) - worth(search.table, ground.forced), opened)
        founded, still = 0, 0
        heats = ground.each * np.geomspace(CHANCE * warm, END, STAGES)
        while not first and founded < FOUNDERS * size and search.left() > 0.0:
            self._brood(some, self._founder, MORE, heats)
            founded += BROOD
        heats = ground.each * np.geomspace(warm, END, STAGES)
        while some.worth.size > 1 and still < PATIENCE * size and search.left() > 0.0:
            before = some.worth[0]
            self._brood(some, lambda: self._child(some), 1, heats)
            still = 0 if some.worth[0] > before else still + BROOD
        return [ground.whole(opened) for opened in some.opened]

    def _founder(self) -> Bools:
        """Some sites by chance (S,)."""
        opened = np.zeros(self.ground.free.size, np.bool_)
        opened[self.random.permutation(opened.size)[: self.ground.wanted]] = True
        return opened

    def _child(self, some: _Population) -> Bools:
        """Part of one member and part of another, cut along how far sites are away (S,)."""
        mother, father = self.random.choice(some.worth.size, 2, replace=False)
        near, far = self.random.integers(MARKS, size=2)
        key = self.marks[near] if near == far else self.marks[near] - self.marks[far]
        least, most = (int(share * self.ground.wanted) for share in SIDE)
        chance = self.random.integers(1, 2**63, 1, np.uint64)
        child: Bools = kernel.splice(some.opened[mother], some.opened[father], key, max(1, least), most, chance)
        return child

    def _brood(self, some: _Population, child: Callable[[], Bools], more: int, heats: Floats) -> None:
        """Anneal children side by side while there is time, and let them in one by one, the same whatever the
        threads."""
        chances = self.random.integers(1, 2**63, BROOD, np.uint64)
        children = [child() for _ in chances]
        grown: list[tuple[float, Bools] | None] = [None] * BROOD
        steps = more * STEPS // STAGES * self.ground.wanted

        def grow(thread: int) -> None:
            place = self.places[thread]
            for k in range(thread, BROOD, len(self.places)):
                if self.search.left() <= 0.0:
                    return
                place.chance[:] = chances[k]
                kernel.anneal(self.ground.rows, place, children[k], steps, heats)
                grown[k] = float(place.score[1]), place.top.copy()

        list(self.pool.map(grow, range(len(self.places))))
        for came in grown:
            if came is not None:
                some.enter(*came)
        if some.worth.size and some.worth[0] > self.best:
            self.best = float(some.worth[0])
            self.search.offer(self.ground.whole(some.opened[0]))


class _Population:
    """Sitings of the free sites (members, S), the best first, and their worth (members,); no more than ``size``."""

    def __init__(self, size: int, ground: Ground) -> None:
        self.size, self.alike = size, ALIKE * ground.wanted
        self.opened = np.zeros((0, ground.free.size), np.bool_)
        self.worth: Floats = np.zeros(0)

    def enter(self, value: float, opened: Bools) -> None:
        """Let a siting in for those that are much the same if it is better than they are, else for the worst."""
        alike = self.opened[:, opened].sum(axis=1) >= self.alike
        if alike.any():
            if value <= self.worth[alike].max():
                return
            keep = ~alike
        else:
            keep = np.ones(self.worth.size, np.bool_)
            if keep.size >= self.size:
                if value <= self.worth[-1]:
                    return
                keep[-1] = False
        members, values = self.opened[keep], self.worth[keep]
        at = int(np.searchsorted(-values, -value, "right"))
        self.opened, self.worth = np.insert(members, at, opened, axis=0), np.insert(values, at, value)


def _place(ground: Ground) -> kernel.Siting:
    """Room for a siting of as many of the free sites as are wanted."""
    wanted, sites, covered = ground.wanted, ground.free.size, ground.rows.weight.size
    inside, times, owner, likely = (np.zeros(n, np.int64) for n in (wanted, covered, covered, sites))
    score, loss, gain, chances = (np.zeros(n) for n in (2, wanted, sites, sites))
    opened, chance, both = np.zeros(sites, np.bool_), np.ones(1, np.uint64), np.zeros((wanted, sites))
    return kernel.Siting(
        opened, opened.copy(), score, chance, inside, times, owner, loss, gain, both, likely, chances
    )  # fmt: skip


def rows(t: Table) -> kernel.Rows:
    """A table as the kernel takes it: indices without a sign, which need no look at whether they count from the end."""
    near = kernel.neighbours(t.start, t.column, t.begin, t.row)
    column, row = t.column.astype(np.uint32), t.row.astype(np.uint32)
    return kernel.Rows(t.start, column, t.begin, row, t.weight, *near)


def worth(t: Table, opened: Bools) -> float:
    """The weight that the open sites (S,) cover."""
    seen, sites = np.zeros(t.weight.size, np.bool_), np.flatnonzero(opened)
    seen[t.row[ranges(t.begin[sites], t.begin[sites + 1] - t.begin[sites])]] = True
    return float(t.weight[seen].sum())
