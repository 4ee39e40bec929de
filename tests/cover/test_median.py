"""The search for medians: its kernels against plain twins, and graphs like those of OR-Library closed with proof."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from castor.cover import median
from castor.cover.location import p_center, p_median
from castor.cover.medians import kernel
from castor.cover.program import Program


def beasley(nodes: int, seed: int) -> np.ndarray:
    """A graph as Beasley 1985 makes them: nodes squared over 50 edges of length 1 to 100, all shortest paths."""
    random = np.random.default_rng(seed)
    table = np.full((nodes, nodes), np.inf)
    np.fill_diagonal(table, 0.0)
    tour = random.permutation(nodes)
    pairs = np.vstack([np.column_stack([tour[:-1], tour[1:]]), random.integers(0, nodes, (nodes * nodes // 50, 2))])
    for a, b in pairs[pairs[:, 0] != pairs[:, 1]]:
        table[a, b] = table[b, a] = random.integers(1, 101)
    for k in range(nodes):
        np.minimum(table, table[:, k : k + 1] + table[k : k + 1], out=table)
    return table


def _lagrangian(cost: np.ndarray, price: np.ndarray, p: int, state: np.ndarray) -> float:
    """The plain twin of the bound: prices, and the p least sums of what is cheaper than its price."""
    worth = [sum(min(0.0, c - u) for c, u in zip(cost[:, j], price)) for j in range(cost.shape[1])]
    inside = [j for j in range(cost.shape[1]) if state[j] == 1]
    free = sorted(worth[j] for j in range(cost.shape[1]) if state[j] == 0)
    return sum(price) + sum(worth[j] for j in inside) + sum(free[: p - len(inside)])


@pytest.mark.parametrize("seed", range(5))
def test_the_bound_is_that_of_its_twin_and_strikes_out_no_better_siting(seed: int) -> None:
    random = np.random.default_rng(seed)
    cost = random.integers(0, 50, (20, 9)).astype(float)
    worths = {c: float(cost[:, list(c)].min(axis=1).sum()) for c in combinations(range(9), 3)}
    best = min(worths.values())
    state, price, found = np.zeros(9, np.int8), cost.min(axis=1) + 5.0, np.zeros(9, np.bool_)
    bound, value = kernel.median_node(cost, state, 3, price, best + 8.0, 0.999, 60, 10, found, np.full(9, 0.5))
    if value < best + 8.0:
        assert value == cost[:, found].min(axis=1).sum() >= best
    better = [c for c, worth in worths.items() if worth < value]
    for c in better:
        assert all(state[j] != -1 for j in c)
        assert all(j in c for j in np.flatnonzero(state == 1))
    if bound <= value - 0.999:
        once, _ = kernel.median_node(cost, state.copy(), 3, price.copy(), value, 0.999, 1, 10, found, np.full(9, 0.5))
        assert once == pytest.approx(_lagrangian(cost, price, 3, state))
        assert bound <= best + 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_interchange_ends_where_no_swap_of_its_twin_helps(seed: int) -> None:
    random = np.random.default_rng(seed)
    cost = random.uniform(0, 50, (25, 10))
    state = np.zeros(10, np.int8)
    opened = np.arange(10) < 4
    state[0], state[9] = 1, -1
    value = kernel.median_interchange(cost, opened, state)
    assert value == pytest.approx(cost[:, opened].min(axis=1).sum())
    assert opened[0]
    assert not opened[9]
    for out in np.flatnonzero(opened)[1:]:
        for into in np.flatnonzero(~opened)[:-1]:
            other = opened.copy()
            other[out], other[into] = False, True
            assert cost[:, other].min(axis=1).sum() >= value - 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_the_search_finds_the_best_of_all_choices(seed: int) -> None:
    cost = np.random.default_rng(seed).integers(0, 50, (20, 9)).astype(float)
    states, prices, bounds = np.zeros((11, 9), np.int8), np.zeros((11, 20)), np.full(11, -np.inf)
    prices[0] = cost.mean(axis=1)
    found = np.zeros(9, np.bool_)
    depth, best = kernel.median_search(cost, 3, states, prices, bounds, 1, 1e9, 0.999, found, 10_000, 20)
    assert depth == 0
    assert best == min(cost[:, list(c)].min(axis=1).sum() for c in combinations(range(9), 3))
    assert best == cost[:, found].min(axis=1).sum()


def test_what_is_left_to_highs_is_the_whole_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no time for the search, HiGHS gets what the bound has left, and agrees."""
    table = beasley(60, 1)
    want = p_median(table, 4)
    called = []
    solve = Program.solve
    monkeypatch.setattr(median, "MOMENT", 0.0)
    monkeypatch.setattr(median, "ROOT", (1,))
    monkeypatch.setattr(Program, "solve", lambda *given: called.append(1) or solve(*given))
    again = p_median(table, 4)
    assert called
    assert (again.objective, again.bound, again.proven) == (want.objective, want.bound, True)


@pytest.mark.parametrize(("nodes", "p"), [(200, 5), (200, 10), (400, 5), (400, 80), (400, 133)])
def test_graphs_of_four_hundred_nodes_close(nodes: int, p: int) -> None:
    table = beasley(nodes, nodes)
    medians, centre = p_median(table, p, time_limit=60.0), p_center(table, p, time_limit=60.0)
    for answer in (medians, centre):
        assert answer.proven
        assert answer.objective == answer.bound
    assert medians.objective == table[:, list(medians.sites)].min(axis=1).sum()
    assert centre.objective == table[:, list(centre.sites)].min(axis=1).max()


def test_directions_weights_and_missing_pairs() -> None:
    """From a to b is not from b to a; a pair that is absent cannot be used; forced and forbidden sites hold."""
    random = np.random.default_rng(4)
    cost = random.uniform(0, 50, (30, 9))
    cost[random.random(cost.shape) < 0.2] = np.inf
    weight = random.uniform(0, 5, 30)
    weight[3] = 0.0
    answer = p_median(cost, 3, weights=weight, forced=[2], forbidden=[5])
    choices = [[2, a, b] for a, b in combinations([0, 1, 3, 4, 6, 7, 8], 2)]
    with np.errstate(invalid="ignore"):
        worth = [float(np.where(weight > 0, weight * cost[:, c].min(axis=1), 0.0).sum()) for c in choices]
        reach = [bool(np.isfinite(cost[:, c].min(axis=1)).all()) for c in choices]
    assert answer.objective == pytest.approx(min(w for w, all_ in zip(worth, reach) if all_))
    assert answer.bound == pytest.approx(answer.objective)
