"""Good sitings among thousands of sites: annealing from many starts, and the best of what the runs agree on.

Runs end in different sitings that are good in different places. The sites that any of them opened are few, and on those
alone the model is solved in a moment, which joins the best parts of all (tour merging, Cook and Seymour 2003). What
comes of each round is merged once more with the best so far and with what came of the rounds before. One slow run ends
better than many quick ones of the same total length, so each round is several times as long as the one before, as far
as the time allows.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from castor.cover.annealing import kernel
from castor.cover.search import Bools, Ints, Table, collapsed, hint, model, part, ranges

__together_ = ["Annealing", "worth"]

RUNS = 4
"""Runs of annealing of each round."""
STAGES = 20
"""A run stops to look at the clock so often; the best siting of the later half counts."""
HOT, COLD = 0.025, 0.002
"""Temperature at the start and the end, as a share of the weight there is per vehicle."""
EFFORT, MORE, MOST_EFFORT = 5, 4, 1280
"""Proposals of a run per site and vehicle in the first round, so many times as many each round, and at most."""
SHARE = 0.8
"""Of the time that is left a round takes so much at most: what comes of it is still to be merged."""
SITES, TIMES = 300, 3
"""Sitings are merged as long as they open no more sites than this, or than so many times the vehicles."""
NODES, MOMENT = 300, 20.0
"""Nodes and seconds of HiGHS for one merger."""
KEPT = 8
"""So many mergers are kept to be merged again."""
TOO_MANY = 50_000_000
"""Vehicles times sites for which the arrays of one run are too large."""


class Annealing:
    """The sitings found so far of one table (S sites, of which those with ``low`` 1 are forced) with p vehicles."""

    def __init__(self, whole: Table, low: Ints, p: int, left: Callable[[], float]) -> None:
        self.table, self.low, self.p, self.left = whole, low, p, left
        self.runs: list[Bools] = []
        self.kept: list[Bools] = []
        self.number = 0
        self.pace = 0.0
        """Proposals a second of one worker."""

    def round(self, best: Bools, state: NDArray[np.int8], workers: int) -> list[Bools]:
        """One round of runs among the sites of ``state`` (S,) 0, beside the mergers of the round before."""
        t = self.table
        forced, free = np.flatnonzero(state > 0), np.flatnonzero(state == 0)
        rest = np.ones(t.weight.size, np.bool_)
        rest[t.row[ranges(t.begin[forced], t.begin[forced + 1] - t.begin[forced])]] = False
        small = collapsed(part(t, np.flatnonzero(rest), free))
        wanted = self.p - forced.size
        if not 0 < wanted < free.size or wanted * free.size > TOO_MANY:
            self.number += 1
            return []
        proposals = min(MOST_EFFORT, EFFORT * MORE ** min(self.number, 8)) * wanted * free.size
        turns = math.ceil(RUNS / workers)
        if self.pace > 0.0 and math.isfinite(self.left()):
            proposals = min(proposals, int(SHARE * self.left() * self.pace / turns))
        near = kernel.neighbours(small.start, small.column, small.begin, small.row)
        seeds = range(self.number * RUNS, (self.number + 1) * RUNS)
        began = time.monotonic()
        with ThreadPoolExecutor(workers) as pool:
            joined = pool.submit(self._mergers, best, self.runs)
            found = list(pool.map(lambda seed: self._run(small, near, best[free], wanted, proposals, seed), seeds))
        self.pace = proposals * turns / max(time.monotonic() - began, 1e-3)
        self.runs = []
        for some in found:
            opened = state > 0
            opened[free[some]] = True
            self.runs.append(opened)
        self.number += 1
        return [*joined.result(), *self.runs]

    def _run(self, t: Table, near: tuple[Ints, Ints], start: Bools, wanted: int, proposals: int, seed: int) -> Bools:
        random = np.random.default_rng(seed)
        inside, outside = random.permutation(np.flatnonzero(start)), random.permutation(np.flatnonzero(~start))
        opened = np.zeros(t.sites, np.bool_)
        opened[np.concatenate([inside, outside])[:wanted]] = True
        top, share = opened.copy(), float(t.weight.sum()) / wanted
        heat = share * HOT * (COLD / HOT) ** (np.arange(STAGES + 1) / STAGES)
        best = -1.0
        for stage in range(STAGES):
            if self.left() == 0.0:
                break
            best = best if stage > STAGES // 2 else -1.0
            best, _ = kernel.anneal(
                t.start, t.column, t.begin, t.row, t.weight, *near, opened, top, best, proposals // STAGES,
                heat[stage], heat[stage + 1], seed * STAGES + stage,
            )  # fmt: skip
        return top

    def _mergers(self, best: Bools, runs: list[Bools]) -> list[Bools]:
        """The merger of some runs, and that of the mergers so far with the best siting."""
        if len(runs) < 2:
            return []
        first = self._merged(runs)
        again = self._merged([best, first, *self.kept])
        self.kept = [first, *self.kept][:KEPT]
        return [first, again]

    def _merged(self, sitings: list[Bools]) -> Bools:
        """The best siting that HiGHS finds among the sites of the best of some sitings."""
        order = sorted(sitings, key=lambda some: -worth(self.table, some))
        union = order[0]
        for some in order[1:]:
            if int((union | some).sum()) <= max(SITES, TIMES * self.p):
                union = union | some
        columns = np.flatnonzero(union)
        if columns.size == self.p:
            return order[0]
        t = collapsed(part(self.table, np.arange(self.table.weight.size), columns))
        program = model(t, self.low[columns].astype(np.float64), self.p)
        answer = program.solve(min(MOMENT, self.left()), hint=hint(t, order[0][columns]), nodes=NODES)
        if answer.x is None:
            return order[0]
        opened = np.zeros(self.table.sites, np.bool_)
        opened[columns[answer.x[: columns.size] > 0.5]] = True
        return opened


def worth(t: Table, opened: Bools) -> float:
    """The weight that the open sites (S,) cover."""
    seen, sites = np.zeros(t.weight.size, np.bool_), np.flatnonzero(opened)
    seen[t.row[ranges(t.begin[sites], t.begin[sites + 1] - t.begin[sites])]] = True
    return float(t.weight[seen].sum())
