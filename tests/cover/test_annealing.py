"""Annealing for maximal covering and the merging of what it finds, against plain counting on small cases."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from castor.cover.annealing import Annealing, kernel, worth
from castor.cover.location import mclp
from castor.cover.rules import Plane
from castor.cover.search import Table, collapsed, part, table, undominated


def _random_table(seed: int, rows: int = 40, sites: int = 12, share: float = 0.2) -> Table:
    random = np.random.default_rng(seed)
    near = random.random((rows, sites)) < share
    start = np.concatenate(([0], np.cumsum(near.sum(axis=1))))
    return table(start, np.nonzero(near)[1], random.integers(1, 50, rows).astype(float), sites)


def _plain(t: Table, sites: tuple[int, ...]) -> float:
    """The weight of the rows of which a column is open, row by row."""
    rows = range(t.weight.size)
    return sum(t.weight[i] for i in rows if set(t.column[t.start[i] : t.start[i + 1]].tolist()) & set(sites))


def _opened(t: Table, sites: tuple[int, ...]) -> np.ndarray:
    opened = np.zeros(t.sites, np.bool_)
    opened[list(sites)] = True
    return opened


def test_neighbours_share_a_row() -> None:
    t = _random_table(1, rows=12)
    ends, near = kernel.neighbours(t.start, t.column, t.begin, t.row)
    rows = [set(t.row[t.begin[j] : t.begin[j + 1]].tolist()) for j in range(t.sites)]
    for j in range(t.sites):
        assert sorted(near[ends[j] : ends[j + 1]]) == [k for k in range(t.sites) if rows[j] & rows[k]]


@pytest.mark.parametrize("seed", range(8))
def test_prices_of_swaps_add_up_to_what_counting_finds_and_the_optimum_is_met(seed: int) -> None:
    t, p = _random_table(seed), 4
    ends, near = kernel.neighbours(t.start, t.column, t.begin, t.row)
    opened, top = _opened(t, (0, 1, 2, 3)), np.zeros(t.sites, np.bool_)
    best, last = kernel.anneal(
        t.start, t.column, t.begin, t.row, t.weight, ends, near, opened, top, -1.0, 20_000, 60.0, 1.0, seed
    )
    assert opened.sum() == top.sum() == p
    assert math.isclose(last, _plain(t, tuple(np.flatnonzero(opened))))
    assert math.isclose(best, _plain(t, tuple(np.flatnonzero(top))))
    assert math.isclose(best, max(_plain(t, some) for some in combinations(range(t.sites), p)))
    assert math.isclose(worth(t, top), best)


def test_rows_made_one_keep_the_worth_of_every_siting() -> None:
    t = part(_random_table(3, rows=60), np.arange(60), np.arange(5))
    small = collapsed(t)
    assert small.weight.size < 32
    for number in range(1, 4):
        for some in combinations(range(5), number):
            assert math.isclose(_plain(small, some), _plain(t, some))


def test_a_merger_is_the_best_of_all_that_was_opened_and_keeps_forced_sites() -> None:
    t = _random_table(5)
    low = np.zeros(t.sites, np.int64)
    low[2] = 1
    search = Annealing(t, low, 3, lambda: 60.0)
    found = search._merged([_opened(t, (2, 3, 4)), _opened(t, (2, 5, 6)), _opened(t, (2, 7, 8))], 3)
    choices = [(2, *some) for some in combinations(range(3, 9), 2)]
    assert math.isclose(_plain(t, tuple(np.flatnonzero(found))), max(_plain(t, some) for some in choices))


def test_many_sites_are_proven_the_same_with_one_thread_and_two() -> None:
    """900 points that are sites themselves: what is left after the first moment is annealed, merged and proven."""
    random = np.random.default_rng(7)
    at, people = random.uniform(0, 100, (900, 2)), random.integers(1, 100, 900).astype(float)
    answers = [mclp(Plane(at, at), 20, radius=11.0, weights=people, forced=[3], threads=k) for k in (1, 2)]
    for answer in answers:
        assert answer.objective == answer.bound == answers[0].objective
        assert 3 in answer.sites
        assert len(answer.sites) == 20


@pytest.mark.parametrize("seed", range(6))
def test_columns_within_others_go_and_the_first_of_equal_ones_stays(seed: int) -> None:
    t = _random_table(seed, rows=10, sites=25)
    allowed = np.random.default_rng(seed).random(25) < 0.8
    rows = [set(t.row[t.begin[j] : t.begin[j + 1]].tolist()) for j in range(25)]
    others = [[k for k in np.flatnonzero(allowed) if k != j] for j in range(25)]
    gone = [any(rows[j] < rows[k] or (rows[j] == rows[k] and k < j) for k in others[j]) for j in range(25)]
    kept = np.zeros(25, np.bool_)
    kept[0] = True
    expected = [j == 0 or bool(allowed[j] and rows[j] and not gone[j]) for j in range(25)]
    assert undominated(t, allowed, kept).tolist() == expected
