"""Breeding of sitings for maximal covering and the merging of what it finds, against plain counting on small cases."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from castor.cover import breeding
from castor.cover.breeding import Breeding, kernel, worth
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


def _siting(t: Table, p: int, seed: int) -> kernel.Siting:
    """The first p sites open."""
    ground = breeding.Ground(breeding.rows(t), np.arange(t.sites), np.zeros(t.sites, np.bool_), p, 1.0)
    siting = breeding._place(ground)
    siting.opened[:p] = True
    siting.chance[0] = seed + 1
    return siting


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
    rows, siting = breeding.rows(t), _siting(t, p, seed)
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


def test_annealing_is_settling_and_then_the_heat_bath_at_each_temperature() -> None:
    t, p, heats = _random_table(3), 4, np.array([40.0, 10.0, 2.0])
    rows, one, two = breeding.rows(t), _siting(t, p, 1), _siting(t, p, 1)
    kernel.anneal(rows, one, _opened(t, (5, 6, 7, 8)), 50, heats)
    two.opened[:] = _opened(t, (5, 6, 7, 8))
    kernel.settle(rows, two)
    for heat in heats:
        kernel.heat_bath(rows, two, 50, heat)
    for some, other in zip(one, two):
        assert some.tolist() == other.tolist()
    assert one.score[1] == _plain(t, tuple(np.flatnonzero(one.top)))


@pytest.mark.parametrize("heat", [20.0, 60.0])
def test_sitings_come_up_as_often_as_boltzmann_says(heat: float) -> None:
    """Each with a chance that grows exponentially with what it covers over the temperature, where all sites are
    close."""
    t, p, visits = _random_table(4, rows=30, sites=7, share=0.75), 3, 40_000
    rows, siting = breeding.rows(t), _siting(t, p, 11)
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


def _plain_away(rows: kernel.Rows, site: int) -> list[float]:
    sites = rows.close.size
    close = [rows.near[rows.ends[j] : rows.close[j]].tolist() for j in range(sites)]
    steps, wave = {site: 0.0}, [site]
    while wave:
        wave = sorted({k for j in wave for k in close[j]} - set(steps))
        steps.update(dict.fromkeys(wave, max(steps.values()) + 1.0))
    far = [steps.get(j, max(steps.values()) + 1.0) for j in range(sites)]
    for _ in range(kernel.SMOOTH):
        far = [(far[j] + sum(far[k] for k in close[j])) / (1 + len(close[j])) for j in range(sites)]
    return far


def test_how_far_sites_are_away_is_counted_in_steps_between_close_ones() -> None:
    """On a line with a gap: the sites beyond it are one step farther than the farthest before it."""
    at = np.concatenate([np.arange(30.0), 60.0 + np.arange(10.0)])
    near = np.abs(at[:, None] - at[None, :]) <= 2.0
    start = np.concatenate(([0], np.cumsum(near.sum(axis=1))))
    line = breeding.rows(table(start, np.nonzero(near)[1], np.ones(40), 40))
    for rows in (line, breeding.rows(_random_table(4, share=0.1))):
        for site in range(rows.close.size):
            assert np.allclose(kernel.away(rows, site), _plain_away(rows, site))
    from_end = kernel.away(line, 0)
    assert (np.diff(from_end[:30]) > 0.0).all()
    assert (from_end[30:] > from_end[:29].max()).all()
    assert np.ptp(from_end[30:]) == 0.0


def test_a_child_is_the_one_parent_on_one_side_of_a_cut_and_the_other_on_the_other() -> None:
    random = np.random.default_rng(5)
    for trial in range(200):
        sites, p = 30, 8
        mother, father = (np.isin(np.arange(sites), random.choice(sites, p, replace=False)) for _ in range(2))
        key = random.integers(0, 12, sites).astype(float)
        least, most = 2, 5
        cuts = [c for c in range(12) if least <= (key[mother] <= c).sum() == (key[father] <= c).sum() <= most]
        children = [np.where(key <= c, father, mother).tolist() for c in cuts] or [mother.tolist()]
        chance = np.array([trial + 1], np.uint64)
        met = [kernel.splice(mother, father, key, least, most, chance).tolist() for _ in range(40)]
        assert all(sum(child) == p for child in met)
        assert {tuple(child) for child in met} == {tuple(child) for child in children}


def test_a_population_keeps_the_best_of_those_much_the_same_and_drops_the_worst() -> None:
    ground = breeding.Ground(breeding.rows(_random_table(1)), np.arange(12), np.zeros(12, np.bool_), 5, 1.0)
    some = breeding._Population(3, ground)

    def enter(value: float, *sites: int) -> list[float]:
        some.enter(value, np.isin(np.arange(12), sites))
        return some.worth.tolist()

    assert enter(5.0, 0, 1, 2, 3, 4) == [5.0]
    assert enter(4.0, 0, 1, 2, 3, 5) == [5.0]  # four of five sites are shared
    assert enter(6.0, 0, 1, 2, 5, 6) == [6.0, 5.0]
    assert enter(2.0, 7, 8, 9, 10, 11) == [6.0, 5.0, 2.0]
    assert enter(1.0, 0, 5, 7, 8, 11) == [6.0, 5.0, 2.0]  # full, and none is worse
    assert enter(3.0, 0, 5, 7, 8, 11) == [6.0, 5.0, 3.0]
    assert enter(7.0, 0, 1, 2, 3, 6) == [7.0, 3.0]  # like both of the better ones
    assert [np.flatnonzero(row).tolist() for row in some.opened] == [[0, 1, 2, 3, 6], [0, 5, 7, 8, 11]]


def _search(t: Table, low: np.ndarray, p: int, left: float = math.inf) -> tuple[Breeding, list[np.ndarray]]:
    """A search, and all that it offers."""
    offers: list[np.ndarray] = []
    return Breeding(t, low, p, lambda: left, lambda some: offers.append(some.copy())), offers


def test_a_merger_is_the_best_of_all_that_was_opened_and_keeps_forced_sites() -> None:
    t = _random_table(5)
    low = np.zeros(t.sites, np.int64)
    low[2] = 1
    search, offers = _search(t, low, 3)
    found, closed = search.merged([_opened(t, (2, 3, 4)), _opened(t, (2, 5, 6)), _opened(t, (2, 7, 8))], 9)
    choices = [(2, *some) for some in combinations(range(3, 9), 2)]
    assert closed
    assert math.isclose(_plain(t, tuple(np.flatnonzero(found))), max(_plain(t, some) for some in choices))
    assert [some.tolist() for some in offers] == [found.tolist()]
    few, _ = search.merged([_opened(t, (2, 3, 4)), _opened(t, (2, 5, 6)), _opened(t, (2, 4, 7))], 4)
    assert not few[[5, 6]].any()


def test_populations_meet_the_optimum_again_and_again_whatever_the_workers() -> None:
    t, p = _random_table(6, sites=14), 4
    top = max(_plain(t, (2, *some)) for some in combinations(sorted({*range(14)} - {2}), p - 1))
    low, state = np.zeros(14, np.int64), np.zeros(14, np.int8)
    low[2] = state[2] = 1
    searches = [_search(t, low, p) for _ in range(2)]
    for _ in range(2):
        for k, (search, _) in enumerate(searches):
            assert search.generation(state, k + 1)
    one, two = (search.ends for search, _ in searches)
    assert [[some.tolist() for some in end] for end in one] == [[some.tolist() for some in end] for end in two]
    assert [worth(t, end[0]) for end in one] == [top] * 2
    for _, offers in searches:
        assert all(some[2] and some.sum() == p for some in offers)
        assert max(worth(t, some) for some in offers) == top


def test_the_ends_of_generations_are_merged_and_join_the_union_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[tuple[float, list[np.ndarray], list[np.ndarray]]] = []

    class Noted(breeding._Nursery):
        def run(self, size: int, warm: float, first: list[np.ndarray]) -> list[np.ndarray]:
            found = super().run(size, warm, first)
            runs.append((warm, first, found))
            return found

    monkeypatch.setattr(breeding, "_Nursery", Noted)
    t, p, state = _random_table(5), 3, np.zeros(12, np.int8)
    search, _ = _search(t, np.zeros(12, np.int64), p)
    search.ends = [[_opened(t, some)] for some in ((0, 1, 2), (3, 4, 5), (6, 7, 8))]
    top = max(_plain(t, some) for some in combinations(range(9), p))
    assert top > max(worth(t, end[0]) for end in search.ends)
    assert search.generation(state, 1)
    assert [warm for warm, _, _ in runs] == [*breeding.WARM, breeding.JOINT]
    assert [first for _, first, _ in runs[:2]] == [[], []]
    union = runs[2][1]
    assert len(union) == len(runs[0][2]) + len(runs[1][2]) + 1
    assert worth(t, union[-1]) == top
    assert search.ends[3] == runs[2][2][: breeding.ENDS]
    for _, first, found in runs:
        values = [worth(t, some) for some in found]
        assert values == sorted(values, reverse=True)
        assert values[0] >= max((worth(t, some) for some in first), default=0.0)
    assert search.generation(state, 1)
    assert len(runs[5][1]) == len(runs[3][2]) + len(runs[4][2])  # the merger was no better


def test_the_next_merger_is_of_more_sites_if_this_one_closed_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    t = _random_table(5)
    search, _ = _search(t, np.zeros(12, np.int64), 3)
    search.ends = [[_opened(t, some)] for some in ((0, 1, 2), (3, 4, 5), (6, 7, 8))]
    wide = search.wide
    search._joined()
    assert search.wide == wide * breeding.WIDER
    monkeypatch.setattr(search, "left", lambda: 0.0)
    monkeypatch.setattr(search, "merged", lambda sitings, most: (sitings[0], False))
    assert search._joined() is None
    assert search.wide == wide * breeding.WIDER * breeding.FEWER


def test_sites_fixed_between_generations_are_not_opened() -> None:
    t, p, state = _random_table(9, sites=20), 5, np.zeros(20, np.int8)
    search, offers = _search(t, np.zeros(20, np.int64), p)
    assert search.generation(state, 1)
    state[[1, 2, 3]], state[4] = -1, 1
    before = len(offers)
    assert search.generation(state, 1)
    for some in search.ends[1]:
        assert some.sum() == p
        assert some[4]
        assert not some[[1, 2, 3]].any()
    choices = [(4, *some) for some in combinations([0, *range(5, 20)], p - 1)]
    assert worth(t, search.ends[1][0]) == max(_plain(t, some) for some in choices)
    assert len(offers) > before
    ground = search._ground(state)
    assert ground is not None
    assert ground.inside(_opened(t, (0, 4, 5, 6, 7))) is not None
    assert ground.inside(_opened(t, (0, 1, 4, 5, 6))) is None


def test_where_there_is_no_choice_or_no_room_nothing_is_bred(monkeypatch: pytest.MonkeyPatch) -> None:
    t, low = _random_table(2), np.zeros(12, np.int64)
    assert not _search(t, low, 3)[0].generation(np.full(12, -1, np.int8), 1)
    dense, forced, state = _random_table(2, share=0.9), np.zeros(12, np.int64), np.zeros(12, np.int8)
    forced[:6] = state[:6] = 1
    assert _plain(dense, tuple(range(6))) == dense.weight.sum()
    assert not _search(dense, forced, 7)[0].generation(state, 1)
    monkeypatch.setattr(breeding, "ROOM", 3 * 12 - 1)
    assert not _search(t, low, 3)[0].generation(np.zeros(12, np.int8), 1)


def test_an_interrupt_ends_what_still_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    t = _random_table(2)
    search, _ = _search(t, np.zeros(12, np.int64), 3)

    class Interrupted(breeding._Nursery):
        def run(self, size: int, warm: float, first: list[np.ndarray]) -> list[np.ndarray]:
            raise KeyboardInterrupt

    monkeypatch.setattr(breeding, "_Nursery", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        search.generation(np.zeros(12, np.int8), 1)
    assert search.left() == 0.0


def test_a_merger_ends_when_the_search_is_of_no_more_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof may close while HiGHS merges; what it had is kept."""
    monkeypatch.setattr(breeding, "LONG", 600.0)
    random = np.random.default_rng(7)
    near = random.random((150, 60)) < 0.1
    start = np.concatenate(([0], np.cumsum(near.sum(axis=1))))
    t = table(start, np.nonzero(near)[1], random.integers(1, 50, 150).astype(float), 60)
    first, whole = _opened(t, tuple(range(8))), np.ones(60, np.bool_)
    for looks, closed in ((10**6, True), (3, False)):
        left = iter([1e3] * looks)
        offers: list[np.ndarray] = []
        search = Breeding(t, np.zeros(60, np.int64), 8, lambda left=left: next(left, 0.0), offers.append)
        found, proven = search.merged([first, whole], 60)
        assert proven == closed
        assert worth(t, found) >= worth(t, first)
        assert found.sum() == 8
        assert len(offers) == 1


def test_without_time_nothing_is_found_and_nothing_breaks() -> None:
    t = _random_table(2)
    search, offers = _search(t, np.zeros(12, np.int64), 3, left=0.0)
    assert search.generation(np.zeros(12, np.int8), 2)
    assert search.ends == offers == []


def test_a_brood_ends_with_the_time_and_what_grew_is_kept() -> None:
    """The time ends after so many looks at it: few children, or none, and nothing breaks."""
    t = _random_table(2)
    for looks in range(12):
        left = iter([1.0] * looks)
        offers: list[np.ndarray] = []
        search = Breeding(t, np.zeros(12, np.int64), 3, lambda left=left: next(left, 0.0), offers.append)
        assert search.generation(np.zeros(12, np.int8), 1)
        assert bool(search.ends) == bool(offers) == (looks > 1)


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
