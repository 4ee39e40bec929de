"""Searches side by side: each anneals on its own, and after every round they share their routes and the best solution.

A round cools from hot to cold. Between rounds the routes seen are put together anew (:mod:`castor.tasking.packing`).
With a number of iterations everything depends on the seed, the iterations and the threads alone; with a number of
seconds the clock decides where a round ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from castor.tasking.packing import Seen, gather, pack
from castor.tasking.search.kernel import NOW, NUMBER, anneal, keep_best
from castor.tasking.search.layout import make_guide, make_state, mean_way, mixed
from castor.tasking.search.route.kernel import HOUR, PENALTY, Data, fits, refresh

Nodes = NDArray[np.int32]
Sizes = NDArray[np.int64]
Progress = Callable[[float, float, int], None]

SETTINGS = {
    "average": 10.0, "longest": 10.0, "blink": 0.01, "many": 20, "keep": 0.02, "rise": 0.01, "heed": 0.5, "swap": 0.0,
}  # fmt: skip
MIXED = {"blink": 0.1, "swap": 0.2}
"""What differs where units do: who serves whom is rugged ground."""
ROUNDS = ((0.45, 1.0, 0.015), (0.85, 1.0, 0.015), (0.93, 0.15, 0.015), (1.0, 0.15, 0.015))
"""Where rounds end, as shares of what is left after the fleet is settled, and their first and last heat, in mean ways
between two stops."""
MIXED_ROUNDS = ((0.85, 2.0, 0.1), (1.0, 0.15, 0.015))
"""The same where units differ: a second hot round finds nothing there, one of twice the length does."""
FLEET_HEAT = (0.04, 0.015)
"""First and last heat of a chunk of the search for a smaller fleet."""
FLEET, FLEET_MOST = 0.15, 0.6
"""Share of the budget after which the fleet is settled; where it shrank late, as long again, up to a most."""
TRIES = 400
"""Steps for each request that one unit less is tried at least, up to the same most."""
FIRST = 200
"""Steps of the first chunk; later ones take about CHUNK seconds, or STEPS steps where steps are counted."""
CHUNK, STEPS = 0.1, 2_000
MIX = 0.1
"""Share of the budget that putting routes together may take each time, in seconds at most MIX_S."""
MIX_S = 5.0


class Island:
    """One search: its solution, memory and random stream."""

    def __init__(self, data: Data, seed: int, number: int) -> None:
        self.data = data
        word = np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0]
        self.state, self.work, self.pool = make_state(data, int(word))
        self.guide = make_guide(data, SETTINGS | (MIXED if mixed(data) else {}))
        self.load(self.state.now.node.copy(), self.state.now.size.copy())

    def load(self, node: Nodes, size: Sizes) -> bool:
        """Take these routes as the present solution; whether they are feasible."""
        state, good = self.state, True
        state.where[:] = -1
        for v, n in enumerate(size):
            state.now.size[v], state.now.node[v, :n] = n, node[v, :n]
            stops = node[v, 1 : n - 1]
            state.where[stops // 2], state.spot[stops] = v, np.arange(1, n - 1)
            good &= bool(refresh(self.data, state.now, v, self.work))
            state.counter[NUMBER] += 1
            state.now.stamp[v] = state.counter[NUMBER] if n > 2 else 0
        left = self.data.request[state.where < 0, PENALTY].sum()
        state.energy[NOW] = state.now.cost.sum() + left
        return good

    def anneal(self, most: int, steps: int, heat: tuple[float, float], fleet: bool) -> int:
        """Make steps of the search; see the kernel."""
        return int(
            anneal(self.data, self.state, self.guide, self.pool, self.work, most, steps, heat[0], heat[1], fleet)
        )

    def best(self) -> float:
        """Energy of the best solution."""
        return float(self.state.energy[1])

    def used(self) -> int:
        """Units that the best solution uses."""
        return int((self.state.best_size > 2).sum())

    def keep(self) -> None:
        """The present solution is the best from now on."""
        keep_best(self.data, self.state)

    def times(self, v: int) -> NDArray[np.float64]:
        """Least beginnings of the stops of route v as it is, start and end included."""
        fits(self.data, self.state.now, v, 0, -1, -1, self.work)
        return self.work.sum[HOUR, : self.state.now.size[v]].copy()

    def disband(self) -> None:
        """Empty the route whose requests were left over least often."""
        node, size = self.state.best_node.copy(), self.state.best_size.copy()
        used = np.flatnonzero(size > 2)
        missed = [self.state.missed[node[v, 1 : size[v] - 1] // 2].sum() for v in used]
        unit = used[int(np.argmin(missed))]
        node[unit, 1], size[unit] = node[unit, 0] + 1, 2
        self.load(node, size)


class Budget:
    """What may be spent: seconds or steps of each search, as a share from 0 to 1."""

    def __init__(self, seconds: float | None, iterations: int | None) -> None:
        self.seconds, self.iterations = seconds, iterations
        self.began, self.done, self.chunk = time.perf_counter(), 0, FIRST

    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self.began

    def spent(self) -> float:
        """The share spent; 1 when all is."""
        shares = [0.0]
        if self.iterations is not None:
            shares.append(self.done / max(1, self.iterations))
        if self.seconds is not None:
            shares.append(self.elapsed() / max(1e-9, self.seconds))
        return min(1.0, max(shares))

    def took(self, steps: int, seconds: float) -> None:
        """Count a chunk, and set the length of the next."""
        self.done += steps
        if self.seconds is None:
            self.chunk = STEPS
        elif seconds > 0:
            self.chunk = int(min(4 * self.chunk, max(1, steps * min(CHUNK, self.seconds / 50) / seconds)))
        if self.iterations is not None:
            self.chunk = max(1, min(self.chunk, self.iterations - self.done))


class Archipelago:
    """The searches of a run, and what they found together."""

    def __init__(self, data: Data, budget: Budget, *, seed: int, threads: int, progress: Progress | None) -> None:
        self.data, self.budget, self.progress = data, budget, progress
        self.islands = [Island(data, seed, number) for number in range(threads)]
        self.workers = ThreadPoolExecutor(threads) if threads > 1 else None
        self.history: list[tuple[float, int, int, float]] = []
        self.most = int(data.kind.shape[0])
        self.seen: Seen | None = None
        self.leg = mean_way(data)
        """The unit of heat."""

    def run(self, vehicles: bool) -> Island:
        """Settle the fleet if ``vehicles`` count first, then anneal and pack in rounds; the island with the best."""
        self._first()
        if vehicles:
            self._fleet()
        began = self.budget.spent()
        for end, hot, cold in MIXED_ROUNDS if mixed(self.data) else ROUNDS:
            self._round(began + (1.0 - began) * end, hot, cold)
        if self.workers is not None:
            self.workers.shutdown()
        return min(self.islands, key=Island.best)

    def _all(self, act: Callable[[Island], int]) -> list[int]:
        if self.workers is None:
            return [act(island) for island in self.islands]
        return list(self.workers.map(act, self.islands))

    def _steps(self, heat: tuple[float, float], fleet: bool) -> list[int]:
        began = time.perf_counter()
        steps = self._all(lambda island: island.anneal(self.most, self.budget.chunk, heat, fleet))
        self.budget.took(max(steps), time.perf_counter() - began)
        return steps

    def _first(self) -> None:
        """Place what can be placed."""
        for island in self.islands:
            island.keep()
        self._steps((1e-9, 1e-9), False)
        self._say()

    def _fleet(self) -> None:
        """Place every request, then with one unit less after another, until the share of the budget for it is spent
        without success."""
        self._share()
        most, placed = self.most, False
        until = FLEET
        while most > 0 and self._within(most, until):
            placed = True
            until = max(FLEET, min(FLEET_MOST, 2.0 * self.budget.spent()))
            most = min(self.islands, key=Island.best).used() - 1
            for island in self.islands:
                island.disband()
        self.most = most + 1 if placed else self.most
        self._share()

    def _within(self, most: int, until: float) -> bool:
        """Whether some island places every request on ``most`` units; it is the best then."""
        self.most = most
        heat = (FLEET_HEAT[0] * self.leg, FLEET_HEAT[1] * self.leg)
        tries = self.budget.done + TRIES * self.data.serve.shape[1]
        while True:
            for island in self.islands:
                if not (island.state.where < 0).any():
                    island.keep()
                    self._share_from(island)
                    self._say(True)
                    return True
            if self.budget.spent() >= (FLEET_MOST if self.budget.done < tries else until):
                return False
            self._steps(heat, True)

    def _round(self, end: float, hot: float, cold: float) -> None:
        """Cool once from hot to cold, then pack and share."""
        begin = self.budget.spent()
        length = max(1e-9, end - begin)
        while (spent := self.budget.spent()) < end:
            done_before = self.budget.done
            at = max(0.0, spent - begin) / length
            step = self._share_of_chunk() / length
            heat = [hot * self.leg * (cold / hot) ** min(1.0, x) for x in (at, at + step)]
            self._steps((heat[0], heat[1]), False)
            self._say()
            if self.budget.done == done_before:
                break
        self._pack()
        self._share()

    def _share_of_chunk(self) -> float:
        budget = self.budget
        if budget.seconds is not None:
            return CHUNK / budget.seconds
        assert budget.iterations is not None
        return budget.chunk / max(1, budget.iterations)

    def _pack(self) -> None:
        """Put the routes seen together anew, unless none is new since the last time."""
        best = min(self.islands, key=Island.best)
        counted = self.budget.seconds is None
        seconds = np.inf if counted else min(MIX_S, MIX * self.budget.seconds)  # type: ignore[operator]
        seen = gather([island.pool for island in self.islands], self.seen)
        if self.seen is not None and seen.cost.size == self.seen.cost.size and seen.cost.sum() == self.seen.cost.sum():
            return
        found, self.seen = pack(self.data, seen, self.most, best.best(), seconds)
        if found is None:
            return
        node, size = best.state.now.node.copy(), np.full_like(best.state.now.size, 2)
        node[:, 1] = node[:, 0] + 1
        for unit, stops in found:
            node[unit, 1 : stops.size + 1] = stops
            node[unit, stops.size + 1] = node[unit, 0] + 1
            size[unit] = stops.size + 2
        if best.load(node, size) and best.state.energy[0] < best.best():
            best.keep()
            self._say()

    def _share(self) -> None:
        self._share_from(min(self.islands, key=Island.best))

    def _share_from(self, best: Island) -> None:
        """Every island goes on from the best solution."""
        node, size = best.state.best_node.copy(), best.state.best_size.copy()
        for island in self.islands:
            island.load(node, size)
            island.keep()

    def _say(self, fewer: bool = False) -> None:
        """Tell how far it is; what is better, or has ``fewer`` units, goes into the history."""
        best = min(self.islands, key=Island.best)
        if fewer or not self.history or best.best() < self.history[-1][3]:
            self.history.append((self.budget.elapsed(), self.budget.done, best.used(), best.best()))
        if self.progress is not None:
            self.progress(self.budget.elapsed(), best.best(), self.budget.done)


def warm(data: Data) -> None:
    """Compile or load the kernels, so that the clock measures the search."""
    island = Island(data, 0, 0)
    island.anneal(0, 0, (1.0, 1.0), False)
    island.keep()
