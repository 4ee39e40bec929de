"""Tempering for maximal covering and the merging of what it finds, against plain counting on small cases."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from castor.cover import tempering
from castor.cover.location import mclp
from castor.cover.rules import Plane
from castor.cover.search import Table, collapsed, part, table, undominated
from castor.cover.tempering import Tempering, kernel, worth


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


def _siting(t: Table, p: int, seed: int) -> kernel.Siting:
    """The first p sites open."""
    inside, times, owner, likely = (np.zeros(n, np.int64) for n in (p, t.weight.size, t.weight.size, t.sites))
    score, loss, gain, chances = (np.zeros(n) for n in (2, p, t.sites, t.sites))
    opened, chance, both = _opened(t, tuple(range(p))), np.array([seed + 1], np.uint64), np.zeros((p, t.sites))
    return kernel.Siting(
        opened, opened.copy(), score, chance, inside, times, owner, loss, gain, both, likely, chances
    )  # fmt: skip


def test_neighbours_share_a_row_and_the_close_ones_come_first() -> None:
    t = _random_table(1, rows=12, share=0.3)
    ends, close, near = kernel.neighbours(t.start, t.column, t.begin, t.row)
    rows = [set(t.row[t.begin[j] : t.begin[j + 1]].tolist()) for j in range(t.sites)]
    shares = np.array([[len(a & b) / max(1, len(a), len(b)) for b in rows] for a in rows])
    np.fill_diagonal(shares, 0.0)
    assert ((shares > 0.0) & (shares < kernel.CLOSE)).any()
    for j in range(t.sites):
        assert sorted(near[ends[j] : close[j]]) == np.flatnonzero(shares[j] >= kernel.CLOSE).tolist()
        assert sorted(near[ends[j] : ends[j + 1]]) == np.flatnonzero(shares[j] > 0.0).tolist()


@pytest.mark.parametrize("seed", range(8))
def test_prices_of_swaps_add_up_to_what_counting_finds_and_the_optimum_is_met(seed: int) -> None:
    t, p = _random_table(seed), 4
    rows, siting = tempering.rows(t), _siting(t, p, seed)
    kernel.settle(rows, siting)
    assert siting.score.tolist() == [_plain(t, (0, 1, 2, 3))] * 2
    for heat in np.geomspace(60.0, 1.0, 20):
        kernel.heat_bath(rows, siting, 1000, heat)
    assert siting.opened.sum() == siting.top.sum() == p
    value, best = siting.score
    assert math.isclose(value, _plain(t, tuple(np.flatnonzero(siting.opened))))
    assert math.isclose(best, _plain(t, tuple(np.flatnonzero(siting.top))))
    assert math.isclose(best, max(_plain(t, some) for some in combinations(range(t.sites), p)))
    assert math.isclose(worth(t, siting.top), best)
    again = _siting(t, p, seed)
    again.opened[:] = siting.opened
    kernel.settle(rows, again)
    order = np.argsort(siting.inside)
    assert siting.inside[order].tolist() == again.inside.tolist()
    for kept, anew in ((siting.gain, again.gain), (siting.times, again.times), (siting.loss[order], again.loss)):
        assert np.allclose(kept, anew)
    assert np.allclose(siting.both[order], again.both)
    alone = siting.times == 1
    assert siting.inside[siting.owner[alone]].tolist() == again.inside[again.owner[alone]].tolist()


@pytest.mark.parametrize("heat", [20.0, 60.0])
def test_sitings_come_up_as_often_as_boltzmann_says(heat: float) -> None:
    """Each with a chance that grows exponentially with what it covers over the temperature, where all sites are
    close."""
    t, p, visits = _random_table(4, rows=30, sites=7, share=0.75), 3, 40_000
    rows, siting = tempering.rows(t), _siting(t, p, 11)
    assert (rows.close - rows.ends[:-1] == 6).all()
    kernel.settle(rows, siting)
    often = dict.fromkeys(combinations(range(7), p), 0)
    for _ in range(visits):
        kernel.heat_bath(rows, siting, 20, heat)
        often[tuple(np.flatnonzero(siting.opened).tolist())] += 1
    weight = np.exp(np.array([_plain(t, some) for some in often]) / heat)
    share = weight / weight.sum()
    apart = np.array(list(often.values())) - visits * share
    assert (np.abs(apart) < 5.0 * np.sqrt(visits * share * (1.0 - share)) + 1.0).all()


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
    search = Tempering(t, low, 3, lambda: 60.0)
    found = search._merged([_opened(t, (2, 3, 4)), _opened(t, (2, 5, 6)), _opened(t, (2, 7, 8))], 3)
    choices = [(2, *some) for some in combinations(range(3, 9), 2)]
    assert math.isclose(_plain(t, tuple(np.flatnonzero(found))), max(_plain(t, some) for some in choices))


def test_ladders_meet_the_optimum_again_and_again_whatever_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds with one worker and two are the same; a ladder that gains no more is begun anew."""
    monkeypatch.setattr(tempering, "LONGEST", 50)
    t, p = _random_table(6, sites=14), 4
    top = max(_plain(t, (2, *some)) for some in combinations(sorted({*range(14)} - {2}), p - 1))
    low, state = np.zeros(14, np.int64), np.zeros(14, np.int8)
    low[2] = state[2] = 1
    searches = [Tempering(t, low, p, lambda: math.inf) for _ in range(2)]
    best, begun = _opened(t, (2, 0, 1, 3)), 0
    for _ in range(3 * (tempering.STALE + 2)):
        one, two = (search.round(best, state, k + 1) for k, search in enumerate(searches))
        assert [some.tolist() for some in one] == [some.tolist() for some in two]
        assert all(some[2] and some.sum() == p for some in one)
        best = max([best, *one], key=lambda some: worth(t, some))
        begun += not searches[0].ladder
    assert math.isclose(worth(t, best), top)
    assert begun == 3


def test_sites_fixed_between_rounds_are_not_opened_by_any_copy() -> None:
    t, p = _random_table(9, sites=20), 5
    state = np.zeros(20, np.int8)
    search = Tempering(t, np.zeros(20, np.int64), p, lambda: math.inf)
    search.round(_opened(t, tuple(range(5))), state, 1)
    state[[1, 2, 3]], state[4] = -1, 1
    for _ in range(3):
        assert search.round(search.ends[0][1], state, 1)
        for copy in search.ladder:
            opened = search._whole(copy.opened)
            assert opened.sum() == p
            assert opened[4]
            assert not opened[[1, 2, 3]].any()
            assert math.isclose(copy.score[0] + _plain(t, (4,)), _plain(t, tuple(np.flatnonzero(opened))))


def test_where_there_is_no_choice_or_no_room_no_round_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    t = _random_table(2)
    some = _opened(t, (0, 1, 2))
    assert Tempering(t, np.zeros(12, np.int64), 3, lambda: 1.0).round(some, np.full(12, -1, np.int8), 1) == []
    monkeypatch.setattr(tempering, "ROOM", 3 * 12)
    assert Tempering(t, np.zeros(12, np.int64), 3, lambda: 1.0).round(some, np.zeros(12, np.int8), 1) == []


def test_many_sites_are_proven_the_same_with_one_thread_and_two() -> None:
    """900 points that are sites themselves: what is left after the first moment is tempered, merged and proven."""
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
