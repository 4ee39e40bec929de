"""Good sitings among thousands of sites: annealing from many starts, and the best of what the runs agree on.

Runs end in different sitings that are good in different places. The sites that any of them opened are few, and on those
alone the model is solved in a moment, which joins the best parts of all (tour merging, Cook and Seymour 2003). What
comes of some slow runs is heated again, not so hot that it is lost, and merged with what comes of that, until this
gains no more. Such chains end in sitings that differ as a whole: another is begun, slower than the one before, and its
end merged with those of all.
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

__all__ = ["Annealing", "worth"]

RUNS = 4
"""Runs of annealing of each round."""
STAGES = 20
"""A run stops to look at the clock so often; the best siting of the later half counts."""
HOT, WARM, COLD = 0.025, (0.007, 0.009), 0.002
"""Temperature at the start of a chain, when it is heated again (by turns), and at the end of a run, as shares of the
weight there is per vehicle."""
EFFORT, MORE, FULL, AGAIN = 5, 4, 80, 64
"""Proposals of a run per site and vehicle in the first chain, so many times as many each chain up to full effort, an
eighth of that more each chain thereafter; and of one that is heated again."""
SHARE = 0.8
"""Of the time that is left a round takes so much at most: what comes of it is still to be merged."""
SITES, TIMES, ALL = 300, 3, 5
"""Sitings are merged as long as they open no more sites than this, or than so many times the vehicles; those of all
chains, than so many times."""
NODES, MOMENT = 300, 20.0
"""Nodes and seconds of HiGHS for one merger."""
KEPT = 400
"""So many of the best sitings that any run ended in are merged at the end of a chain."""
TOO_MANY = 50_000_000
"""Vehicles times sites for which the arrays of one run are too large."""


class Annealing:
    """The sitings found so far of one table (S sites, of which those with ``low`` 1 are forced) with p vehicles."""

    def __init__(self, whole: Table, low: Ints, p: int, left: Callable[[], float]) -> None:
        self.table, self.low, self.p, self.left = whole, low, p, left
        self.chain: Bools | None = None
        self.ends: list[Bools] = []
        """What every run ended in, the best first."""
        self.still = self.begun = self.number = 0
        """Rounds of the chain without gain, chains, rounds."""
        self.pace = {True: 0.0, False: 0.0}
        """Proposals a second of one worker in a round that begins a chain, and in others."""

    def round(self, best: Bools, state: NDArray[np.int8], workers: int) -> list[Bools]:
        """Some runs among the sites of ``state`` (S,) 0, merged: they begin a chain, beside the merger of all
        before, or heat it again.
        """
        t, chain = self.table, self.chain
        forced, free = np.flatnonzero(state > 0), np.flatnonzero(state == 0)
        rest = np.ones(t.weight.size, np.bool_)
        rest[t.row[ranges(t.begin[forced], t.begin[forced + 1] - t.begin[forced])]] = False
        small = collapsed(part(t, np.flatnonzero(rest), free))
        wanted = self.p - forced.size
        self.number += 1
        if not 0 < wanted < free.size or wanted * free.size > TOO_MANY:
            return []
        begins = chain is None
        effort = min(EFFORT * MORE ** min(self.begun, 8), FULL + FULL * max(0, self.begun - 2) // 8)
        proposals = wanted * free.size * (effort if begins else AGAIN)
        turns = math.ceil(RUNS / workers)
        if self.pace[begins] > 0.0 and math.isfinite(self.left()):
            proposals = min(proposals, int(SHARE * self.left() * self.pace[begins] / turns))
        near = kernel.neighbours(small.start, small.column, small.begin, small.row)
        plan = proposals, HOT if begins else WARM[self.still % len(WARM)]
        start = (best if chain is None else chain)[free]
        seeds = range(self.number * RUNS, (self.number + 1) * RUNS)
        began = time.monotonic()
        with ThreadPoolExecutor(workers + 1) as pool:
            joined = pool.submit(self._merged, [best, *self.ends], ALL) if begins and self.ends else None
            found = list(pool.map(lambda seed: self._run(small, near, start, wanted, plan, seed), seeds))
            self.pace[begins] = proposals * turns / max(time.monotonic() - began, 1e-3)
        runs = [state > 0 for _ in found]
        for opened, some in zip(runs, found):
            opened[free[some]] = True
        self._link(runs)
        if joined is None:
            return [self.ends[0]]
        crossed = joined.result()
        if worth(t, crossed) > max(worth(t, best), worth(t, self.ends[0])):
            self.chain = crossed
        return [self.ends[0], crossed]

    def _link(self, runs: list[Bools]) -> None:
        """Merge some runs with the chain, which they begin or lengthen; one that gains no more is at its end."""
        before, merged = self.chain, self._merged(runs if self.chain is None else [self.chain, *runs], TIMES)
        self.ends = sorted([*self.ends, *runs, merged], key=lambda some: -worth(self.table, some))[:KEPT]
        if before is None:
            self.begun += 1
        self.still = 0 if before is None or worth(self.table, merged) > worth(self.table, before) else self.still + 1
        self.chain = merged if self.still < len(WARM) else None

    def _run(
        self, t: Table, near: tuple[Ints, Ints], start: Bools, wanted: int, plan: tuple[int, float], seed: int
    ) -> Bools:
        random = np.random.default_rng(seed)
        inside, outside = random.permutation(np.flatnonzero(start)), random.permutation(np.flatnonzero(~start))
        opened = np.zeros(t.sites, np.bool_)
        opened[np.concatenate([inside, outside])[:wanted]] = True
        top, share = opened.copy(), float(t.weight.sum()) / wanted
        (proposals, hot), best = plan, -1.0
        heat = share * hot * (COLD / hot) ** (np.arange(STAGES + 1) / STAGES)
        for stage in range(STAGES):
            if self.left() == 0.0:
                break
            best = best if stage > STAGES // 2 else -1.0
            best, _ = kernel.anneal(
                t.start, t.column, t.begin, t.row, t.weight, *near, opened, top, best, proposals // STAGES,
                heat[stage], heat[stage + 1], seed * STAGES + stage,
            )  # fmt: skip
        return top

    def _merged(self, sitings: list[Bools], times: int) -> Bools:
        """The best siting that HiGHS finds among the sites of the best of some sitings, so many times the vehicles."""
        order = sorted(sitings, key=lambda some: -worth(self.table, some))
        union = order[0]
        for some in order[1:]:
            if int((union | some).sum()) <= max(SITES, times * self.p):
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
