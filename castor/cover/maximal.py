"""Maximal covering at any size: bound, search and proof of ``mclp`` with one vehicle type.

Small cases end in a branch and bound of our own on the Lagrangian bound, in milliseconds. What that does not close in a
moment goes to HiGHS, reduced by what the bound has fixed. Where thousands of sites are left, breeding and the merging
of what it finds come first (:mod:`castor.cover.breeding`), and the linear relaxation gives the bound. Whatever stops
first, the bound is valid.
"""

from __future__ import annotations

import math
import os
import threading
import time

import numpy as np

from castor.cover.breeding import Breeding, worth
from castor.cover.rules import Floats
from castor.cover.search import Bools, Ints, Table, collapsed, hint, kernel, model, part, undominated
from castor.cover.siting import Case

MOMENT = 1.5
"""Seconds of processor time for branch and bound before HiGHS is called."""
IDLE, STILL = 6, 1
"""So many generations of sitings without gain end the search, or begin the proof beside it where there is hope."""
HOPE = 0.1
"""There is hope of a proof if the bound has fixed more than this share of the sites; without it the search goes on for
all the time that is given."""
SWAPS, SWAPS_WIDE = (100, 10), (1000, 25)
"""Steps of the tabu search at the start, and for how many a site that was moved stays; with many free sites, more."""
WIDE = 400
"""With more free sites than this breeding comes before HiGHS."""


class Maximal:
    """The state of one solve: the best siting, its value, the bound, and the sites still free."""

    def __init__(self, case: Case, whole: Table) -> None:
        assert case.p is not None
        self.case, self.table = case, whole
        self.p = int(case.p[0])
        self.low = np.minimum(case.low[0], 1)
        self.allowed: Bools = case.high[0] > 0
        self.useful = undominated(whole, self.allowed, self.low > 0)
        self.wanted = min(self.p, int(self.useful.sum()))
        self.high = self.useful.astype(np.int64)
        self.state = np.where(self.useful, self.low, -1).astype(np.int8)
        self.opened: Bools = self.low > 0
        self.value, self.bound = 0.0, float(whole.weight.sum())
        self.lock = threading.Lock()
        self.threads = case.threads or os.cpu_count() or 1

    @property
    def least(self) -> float:
        """The least by which a better siting must be better."""
        if (self.table.weight == np.rint(self.table.weight)).all():
            return 1.0 - 1e-6
        return max(1e-9 * abs(self.value), 1e-12)

    def closed(self) -> bool:
        """Whether the gap asked for is reached."""
        return self.bound < self.value + self.least or self.bound - self.value <= self.case.gap * abs(self.value)

    def run(self, price: Floats | None = None) -> Floats:
        """Solve; returns the prices (R,) of the rows at the root, to start the next case from."""
        self._greedy()
        self._swap(*(SWAPS_WIDE if int(self.useful.sum()) > WIDE else SWAPS))
        price = self._root(price)
        if not self.closed():
            self._branch(price.copy())
        if not self.closed() and self.case.left() > 0.0:
            if int((self.state == 0).sum()) > WIDE:
                self._wide()
            else:
                self._highs(self.case.left())
        if self.bound < self.value + self.least:
            self.bound = self.value
        return price

    def vehicles(self) -> Ints:
        """The siting (S,), with vehicles that add nothing put where there is room."""
        chosen = self.opened.astype(np.int64)
        room = np.minimum(self.case.high[0], self.case.capacity) - chosen
        chosen[np.flatnonzero(room > 0)[: max(0, self.p - int(chosen.sum()))]] += 1
        extra = self.p - int(chosen.sum())
        for site in np.flatnonzero(room > 1):
            more = min(extra, int(room[site]) - 1)
            chosen[site] += more
            extra -= more
        return chosen

    def _greedy(self) -> None:
        t = self.table
        entry = np.repeat(np.arange(t.sites), np.diff(t.begin))
        left = t.weight.copy()
        for j in np.flatnonzero(self.opened):
            left[t.row[t.begin[j] : t.begin[j + 1]]] = 0.0
        for _ in range(self.wanted - int(self.opened.sum())):
            gain = np.bincount(entry, left[t.row], t.sites)
            gain[self.opened | ~self.useful] = -1.0
            best = int(gain.argmax())
            self.opened[best] = True
            left[t.row[t.begin[best] : t.begin[best + 1]]] = 0.0

    def _swap(self, steps: int, tenure: int) -> None:
        t = self.table
        self.value = float(
            kernel.cover_swap(
                t.start, t.column, t.begin, t.row, t.weight, self.opened, self.low, self.high, steps, tenure, 1
            )
        )

    def _root(self, price: Floats | None) -> Floats:
        t = self.table
        price = 0.5 * t.weight if price is None else np.minimum(price, t.weight)
        share = np.full(t.sites, 0.5)
        bound, self.value = kernel.cover_node(
            t.start, t.column, t.begin, t.row, t.weight, self.state, self.wanted, price, self.value, self.least, 300,
            self.opened, share,
        )  # fmt: skip
        self.bound = max(self.value, min(self.bound, float(bound)))
        return price

    def _branch(self, price: Floats) -> None:
        """Branch and bound for a moment; the bound of what stays open is kept if it does not end."""
        t = self.table
        deep = int(max(4, min(2000, 2e7 // max(1, t.weight.size))))
        states = np.zeros((deep, t.sites), np.int8)
        prices, bounds = np.zeros((deep, t.weight.size)), np.full(deep, np.inf)
        states[0], prices[0], bounds[0], depth = self.state, price, self.bound, 1
        ends = time.thread_time() + min(MOMENT, self.case.left())
        while depth > 0 and time.thread_time() < ends and self.case.left() > 0.0 and depth + 1 < deep:
            depth, self.value, _ = kernel.cover_search(
                t.start, t.column, t.begin, t.row, t.weight, self.wanted, states, prices, bounds, depth, self.value,
                self.least, self.opened, 20, 40,
            )  # fmt: skip
        self.bound = min(self.bound, max([self.value, *bounds[:depth]]))

    def _highs(self, seconds: float) -> None:
        """HiGHS on the sites that are not fixed, from the best siting; its bound holds for anything better than
        that."""
        free = np.flatnonzero(self.state >= 0)
        t = collapsed(part(self.table, np.arange(self.table.weight.size), free))
        program = model(t, (self.state[free] > 0).astype(float), self.wanted)
        before, opened = self.value, self.opened
        inside = (self.state[opened] >= 0).all() and opened[self.state > 0].all()
        start = hint(t, opened[free]) if inside else None
        answer = program.solve(seconds, self.case.gap, start, enough=self.closed)
        bound = self.value if answer.infeasible else max(before, answer.bound)
        if answer.x is not None:
            opened = np.zeros(self.table.sites, np.bool_)
            opened[free[answer.x[: free.size] > 0.5]] = True
            self._offer(opened)
        self.bound = max(self.value, min(self.bound, bound))

    def _wide(self) -> None:
        """Breed and merge, and beside that, or at the end, prove: HiGHS and the kernels run without the interpreter's
        lock."""
        price = self._relaxed(self.case.left())
        if price is not None:
            self._tighten(price)
        search = Breeding(self.table, self.low, self.wanted, self._yet, self._offer)
        proof, idle = threading.Thread(target=self._prove), 0
        while not self.closed() and self.case.left() > 0.0:
            started = proof.ident is not None
            hope = float((self.state[self.useful] != 0).mean()) > HOPE
            if (started and not proof.is_alive()) or (idle >= IDLE and (hope or math.isinf(self.case.time_limit))):
                break
            before = self.value
            if not search.generation(self.state, max(1, self.threads - started)):
                break
            idle = 0 if self.value > before else idle + 1
            if not started and self.value > before and price is not None:
                self._tighten(price)
            if not started and idle >= STILL and hope:
                proof.start()
        if proof.ident is not None:
            proof.join()
        elif not self.closed() and self.case.left() > 0.0:
            self._prove()

    def _yet(self) -> float:
        """Seconds that are left for a search that is still of use."""
        return 0.0 if self.closed() else self.case.left()

    def _prove(self) -> None:
        self._highs(self.case.left())

    def _offer(self, opened: Bools) -> None:
        value = worth(self.table, opened)
        with self.lock:
            if value > self.value:
                self.value, self.opened = value, opened.copy()

    def _tighten(self, price: Floats) -> None:
        t = self.table
        found = np.zeros(t.sites, np.bool_)
        bound, value = kernel.cover_node(
            t.start, t.column, t.begin, t.row, t.weight, self.state, self.wanted, price, self.value, self.least, 60,
            found, np.full(t.sites, 0.5),
        )  # fmt: skip
        self.bound = max(self.value, min(self.bound, float(bound)))
        if value > self.value:
            self._offer(found)

    def _relaxed(self, seconds: float) -> Floats | None:
        """Prices (R,) of the rows in the linear relaxation, by an interior point; any prices give a valid bound."""
        free = np.flatnonzero(self.state >= 0)
        rows = np.arange(self.table.weight.size)
        t = part(self.table, rows, free)
        found = model(t, (self.state[free] > 0).astype(float), self.wanted).relaxed(seconds)
        return None if found is None else np.clip(np.abs(found[1][: rows.size]), 0.0, self.table.weight)
