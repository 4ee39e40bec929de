"""Tempering for maximal covering and the merging of what it finds, against plain counting on small cases."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

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


def _siting(t: Table, p: int, seed: int, price: float = 0.0) -> kernel.Siting:
    """The first p sites open; site j costs j times the price."""
    inside, times, owner, likely = (np.zeros(n, np.int64) for n in (p, t.weight.size, t.weight.size, t.sites))
    score, loss, gain, chances = (np.zeros(n) for n in (2, p, t.sites, t.sites))
    opened, chance, both = _opened(t, tuple(range(p))), np.array([seed + 1], np.uint64), np.zeros((p, t.sites))
    costs = price * np.arange(t.sites)
    return kernel.Siting(
        opened, opened.copy(), costs, score, chance, inside, times, owner, loss, gain, both, likely, chances
    )  # fmt: skip


def _net(t: Table, sites: tuple[int, ...], price: float) -> float:
    return _plain(t, sites) - price * sum(sites)


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


@pytest.mark.parametrize("price", [0.0, 2.5])
@pytest.mark.parametrize("seed", range(8))
def test_prices_of_swaps_add_up_to_what_counting_finds_and_the_optimum_is_met(seed: int, price: float) -> None:
    t, p = _random_table(seed), 4
    rows, siting = tempering.rows(t), _siting(t, p, seed, price)
    kernel.settle(rows, siting)
    assert siting.score.tolist() == [_net(t, (0, 1, 2, 3), price)] * 2
    for heat in np.geomspace(60.0, 1.0, 20):
        kernel.heat_bath(rows, siting, 1000, heat)
    assert siting.opened.sum() == siting.top.sum() == p
    value, best = siting.score
    assert math.isclose(value, _net(t, tuple(np.flatnonzero(siting.opened)), price))
    assert math.isclose(best, _net(t, tuple(np.flatnonzero(siting.top)), price))
    assert math.isclose(best, max(_net(t, some, price) for some in combinations(range(t.sites), p)))
    assert math.isclose(worth(t, siting.top), _plain(t, tuple(np.flatnonzero(siting.top))))
    again = _siting(t, p, seed, price)
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


def test_copies_of_a_ladder_come_up_as_often_as_boltzmann_says_at_each_temperature() -> None:
    t, p, visits = _random_table(4, rows=30, sites=7, share=0.75), 3, 40_000
    rows, heat = tempering.rows(t), np.array([20.0, 35.0, 60.0])
    copies = tuple(_siting(t, p, seed) for seed in range(3))
    place, came, chance = np.arange(3), np.zeros(3, np.bool_), np.array([5], np.uint64)
    for copy in copies:
        kernel.settle(rows, copy)
    often = [dict.fromkeys(combinations(range(7), p), 0) for _ in heat]
    for _ in range(visits):
        kernel.exchange(rows, copies, place, came, 10, heat, 2, chance)
        for k in range(3):
            often[k][tuple(np.flatnonzero(copies[place[k]].opened).tolist())] += 1
    for k in range(3):
        weight = np.exp(np.array([_plain(t, some) for some in often[k]]) / heat[k])
        share = weight / weight.sum()
        apart = np.array(list(often[k].values())) - visits * share
        assert (np.abs(apart) < 6.0 * np.sqrt(visits * share * (1.0 - share)) + 1.0).all()


def test_an_exchange_ends_when_a_copy_comes_from_the_hottest_to_the_coldest() -> None:
    t, p = _random_table(6, sites=14), 4
    rows, heat = tempering.rows(t), np.array([20.0, 30.0, 45.0])
    copies = tuple(_siting(t, p, seed) for seed in range(3))
    place, came, chance = np.arange(3), np.zeros(3, np.bool_), np.array([5], np.uint64)
    for copy in copies:
        kernel.settle(rows, copy)
    hot, arrivals = {2}, 0
    for _ in range(2000):
        turns, down = kernel.exchange(rows, copies, place, came, 10, heat, 1, chance)
        assert turns == 1
        assert sorted(place) == [0, 1, 2]
        hot.add(int(place[2]))
        assert down == (int(place[0]) in hot)
        hot.discard(int(place[0]))
        assert set(np.flatnonzero(came)) == hot
        arrivals += down
    assert arrivals > 100
    turns, down = kernel.exchange(rows, copies, place, came, 10, heat, 10_000, chance)
    assert down
    assert 0 < turns < 10_000


def _search(t: Table, low: np.ndarray, p: int, left: float = math.inf) -> tuple[Tempering, list[np.ndarray]]:
    """A search, and all that it offers."""
    offers: list[np.ndarray] = []
    return Tempering(t, low, p, lambda: left, lambda some: offers.append(some.copy())), offers


def test_a_merger_is_the_best_of_all_that_was_opened_and_keeps_forced_sites() -> None:
    t = _random_table(5)
    low = np.zeros(t.sites, np.int64)
    low[2] = 1
    search, offers = _search(t, low, 3)
    found, closed = search.merged([_opened(t, (2, 3, 4)), _opened(t, (2, 5, 6)), _opened(t, (2, 7, 8))], 9, 60.0)
    choices = [(2, *some) for some in combinations(range(3, 9), 2)]
    assert closed
    assert math.isclose(_plain(t, tuple(np.flatnonzero(found))), max(_plain(t, some) for some in choices))
    assert [some.tolist() for some in offers] == [found.tolist()]
    few, _ = search.merged([_opened(t, (2, 3, 4)), _opened(t, (2, 5, 6)), _opened(t, (2, 4, 7))], 4, 60.0)
    assert not few[[5, 6]].any()


def test_ladders_meet_the_optimum_again_and_again_whatever_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one worker and two they are the same; in every other ladder the sites that those before ended with cost
    something."""
    prices: list[np.ndarray] = []

    class Noted(tempering._Ladder):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            prices.append(self.price.copy())

    monkeypatch.setattr(tempering, "ROUND", 50)
    monkeypatch.setattr(tempering, "_Ladder", Noted)
    t, p = _random_table(6, sites=14), 4
    top = max(_plain(t, (2, *some)) for some in combinations(sorted({*range(14)} - {2}), p - 1))
    low, state = np.zeros(14, np.int64), np.zeros(14, np.int8)
    low[2] = state[2] = 1
    searches = [_search(t, low, p) for _ in range(2)]
    for _ in range(2):
        for k, (search, _) in enumerate(searches):
            assert search.generation(_opened(t, (2, 0, 1, 3)), state, k + 1)
    one, two = (search.ends for search, _ in searches)
    assert [[some.tolist() for some in end] for end in one] == [[some.tolist() for some in end] for end in two]
    assert [worth(t, end[0]) for end in one] == [top] * 2 * len(tempering.AWAY)
    for _, offers in searches:
        assert all(some[2] and some.sum() == p for some in offers)
        assert max(worth(t, some) for some in offers) == top
    each = (worth(t, np.ones(14, np.bool_)) - _plain(t, (2,))) / (p - 1)
    shares = np.delete(np.mean([end[0] for end in one[: len(tempering.AWAY)]], axis=0), 2)
    later = prices[2 * len(tempering.AWAY) : 3 * len(tempering.AWAY)]
    assert not np.any(prices[: 2 * len(tempering.AWAY)])
    for k, price in enumerate(later):
        assert np.allclose(price, tempering.AWAY[k] * each * shares)


def test_the_ends_of_ladders_are_merged_and_the_next_ladder_begins_at_what_is_better(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    starts: list[np.ndarray | None] = []

    class Noted(tempering._Ladder):
        def run(self, start: np.ndarray | None) -> list[np.ndarray]:
            starts.append(start)
            return super().run(start)

    monkeypatch.setattr(tempering, "ROUND", 5)
    monkeypatch.setattr(tempering, "_Ladder", Noted)
    t, p, state = _random_table(5), 3, np.zeros(12, np.int8)
    search, offers = _search(t, np.zeros(12, np.int64), p)
    search.ends = [[_opened(t, some)] for some in ((0, 1, 2), (3, 4, 5), (6, 7, 8))]
    top = max(_plain(t, some) for some in combinations(range(9), p))
    assert top > max(worth(t, end[0]) for end in search.ends)
    assert search.generation(offers[0] if offers else search.ends[0][0], state, 1)
    assert search.start is not None
    assert worth(t, search.start) == top
    assert any(end == [search.start] for end in search.ends[3:4])
    merged = search.start
    assert search.generation(merged, state, 1)
    assert [start is merged for start in starts] == [False] * len(tempering.AWAY) + [True] + [False] * (
        len(tempering.AWAY) - 1
    )
    assert search.start is None


def test_the_next_merger_is_of_more_sites_if_this_one_closed_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    t = _random_table(5)
    search, _ = _search(t, np.zeros(12, np.int64), 3)
    search.ends = [[_opened(t, some)] for some in ((0, 1, 2), (3, 4, 5), (6, 7, 8))]
    wide = search.wide
    search._joined()
    assert search.wide == wide * tempering.MORE
    monkeypatch.setattr(search, "left", lambda: 0.0)
    monkeypatch.setattr(search, "merged", lambda sitings, most, moment: (sitings[0], False))
    assert search._joined() is None
    assert search.wide == wide * tempering.MORE * tempering.FEWER


def test_the_hottest_copy_is_no_hotter_than_what_vehicles_cover_alone_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    t, p = _random_table(6, sites=14), 4
    low = np.zeros(14, np.int64)
    low[3] = 1
    search, _ = _search(t, low, p)
    some = (0, 3, 5, 9)
    alone = [_plain(t, some) - _plain(t, tuple(j for j in some if j != one)) for one in some if one != 3]
    least, second, _ = sorted(alone)
    monkeypatch.setattr(tempering, "FEW", 0.25)
    assert math.isclose(search._alone(_opened(t, some)), 0.5 * (least + second))
    assert search._alone(low > 0) == 0.0
    ground = search._ground(_opened(t, some), low.astype(np.int8))
    assert ground is not None
    each = (worth(t, np.ones(14, np.bool_)) - _plain(t, (3,))) / (p - 1)
    hot = max(tempering.TEPID * each, min(tempering.HOT * each, tempering.LEAST * 0.5 * (least + second)))
    assert math.isclose(ground.each, each)
    assert math.isclose(ground.hot, hot)
    assert hot < tempering.HOT * each
    heat = tempering._Ladder(search, ground, np.zeros(13), 0).heat
    assert np.allclose(heat[[0, -1]], [tempering.COLD * hot, hot])
    assert heat.size == tempering.COPIES


def test_sites_fixed_between_generations_are_not_opened_by_any_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempering, "ROUND", 20)
    monkeypatch.setattr(tempering, "AWAY", (0.0,))
    t, p, state = _random_table(9, sites=20), 5, np.zeros(20, np.int8)
    search, offers = _search(t, np.zeros(20, np.int64), p)
    assert search.generation(_opened(t, tuple(range(5))), state, 1)
    state[[1, 2, 3]], state[4] = -1, 1
    ground = search._ground(offers[-1], state)
    assert ground is not None
    ladder = tempering._Ladder(search, ground, np.zeros(ground.free.size), 3)
    found = ladder.run(offers[0])
    for some in found:
        assert some.sum() == p
        assert worth(t, some) == _plain(t, tuple(np.flatnonzero(some)))
    for copy in ladder.copies:
        opened = ground.forced.copy()
        opened[ground.free[copy.opened]] = True
        assert opened.sum() == p
        assert opened[4]
        assert not opened[[1, 2, 3]].any()
        assert math.isclose(copy.score[0] + _plain(t, (4,)), _plain(t, tuple(np.flatnonzero(opened))))


def test_where_there_is_no_choice_or_no_room_no_ladder_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    t, low = _random_table(2), np.zeros(12, np.int64)
    some = _opened(t, (0, 1, 2))
    assert not _search(t, low, 3)[0].generation(some, np.full(12, -1, np.int8), 1)
    dense, forced, state = _random_table(2, share=0.9), np.zeros(12, np.int64), np.zeros(12, np.int8)
    forced[:6] = state[:6] = 1
    assert _plain(dense, tuple(range(6))) == dense.weight.sum()
    assert not _search(dense, forced, 7)[0].generation(_opened(dense, tuple(range(7))), state, 1)
    monkeypatch.setattr(tempering, "ROOM", tempering.COPIES * 3 * 12 - 1)
    assert not _search(t, low, 3)[0].generation(some, np.zeros(12, np.int8), 1)


def test_an_interrupt_ends_what_still_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    t = _random_table(2)
    search, _ = _search(t, np.zeros(12, np.int64), 3)

    class Interrupted(tempering._Ladder):
        def run(self, start: np.ndarray | None) -> list[np.ndarray]:
            raise KeyboardInterrupt

    monkeypatch.setattr(tempering, "_Ladder", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        search.generation(_opened(t, (0, 1, 2)), np.zeros(12, np.int8), 1)
    assert search.left() == 0.0


def test_a_merger_ends_when_the_search_is_of_no_more_use() -> None:
    """The proof may close while HiGHS merges; what it had is kept."""
    random = np.random.default_rng(7)
    near = random.random((300, 120)) < 0.06
    start = np.concatenate(([0], np.cumsum(near.sum(axis=1))))
    t = table(start, np.nonzero(near)[1], random.integers(1, 50, 300).astype(float), 120)
    first, whole = _opened(t, tuple(range(12))), np.ones(120, np.bool_)
    for looks, closed in ((10**6, True), (3, False)):
        left = iter([60.0] * looks)
        offers: list[np.ndarray] = []
        search = Tempering(t, np.zeros(120, np.int64), 12, lambda left=left: next(left, 0.0), offers.append)
        found, proven = search.merged([first, whole], 120, 60.0)
        assert proven == closed
        assert worth(t, found) >= worth(t, first)
        assert found.sum() == 12
        assert len(offers) == 1


def test_without_time_nothing_is_found_and_nothing_breaks() -> None:
    t = _random_table(2)
    search, offers = _search(t, np.zeros(12, np.int64), 3, left=0.0)
    assert search.generation(_opened(t, (0, 1, 2)), np.zeros(12, np.int8), 2)
    assert search.ends == offers == []


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
