"""The rules by name against a slow plain reading of what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from castor.dispatch.rules import (
    RULES,
    Rule,
    Setting,
    closest,
    closest_adequate,
    cover_left,
    keep_cover,
    ranking,
    with_reserve,
)
from castor.errors import CastorError

UNITS = 4


def _plain(rule: Rule, zone: int, grade: int, free: set[int]) -> int:
    """The slow plain twin of the choice."""
    if len(free) <= rule.reserve[grade]:
        return -1
    order = [int(unit) for unit in rule.order[zone] if unit >= 0]
    first = [unit for unit in order[: rule.within[zone]] if unit in free]
    if first:
        return max(first, key=lambda unit: (rule.worth[sum(1 << u for u in free - {unit})], -order.index(unit)))
    return next((unit for unit in order[rule.within[zone] :] if unit in free), -1)


@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(RULES)))
def test_every_rule_in_every_state_equals_its_plain_reading(seed: int, name: str) -> None:
    rng = np.random.default_rng(seed)
    minutes = np.where(rng.random((3, UNITS)) < 0.2, np.inf, rng.integers(10, 16, (3, UNITS)).astype(float))
    rule = RULES[name](Setting(minutes, minutes <= 13, rng.dirichlet(np.ones(3)), 3))
    for mask in range(1 << UNITS):
        free = {u for u in range(UNITS) if mask >> u & 1}
        for zone in range(3):
            for grade in range(3):
                sent = rule.choose(zone, grade, mask)
                assert sent == _plain(rule, zone, grade, free)
                assert sent == -1 or (sent in free and np.isfinite(minutes[zone, sent]))


@given(st.integers(0, 2**32 - 1))
def test_the_ranking_begins_with_whom_keep_cover_sends(seed: int) -> None:
    rng = np.random.default_rng(seed)
    minutes = np.where(rng.random((2, UNITS)) < 0.2, np.inf, rng.integers(10, 16, (2, UNITS)).astype(float))
    covers = rng.random((2, UNITS)) < 0.5
    worth, fit, full = cover_left(covers, rng.dirichlet(np.ones(2))), minutes <= 13, (1 << UNITS) - 1
    rule = keep_cover(minutes, fit, worth)
    for zone in range(2):
        left = np.array([worth[full & ~(1 << unit)] for unit in range(UNITS)])
        found = ranking(minutes[zone], fit[zone], left)
        assert sorted(found) == list(range(UNITS))
        sent = rule.choose(zone, 0, full)
        if sent < 0:
            assert np.isinf(minutes[zone]).all()
        elif fit[zone].any():
            assert found[0] == sent
        else:
            assert minutes[zone, found[0]] == minutes[zone, sent]
        able = [unit for unit in found if np.isfinite(minutes[zone, unit])]
        assert list(found[: len(able)]) == able
        rest = [minutes[zone, unit] for unit in able if not fit[zone, unit]]
        assert rest == sorted(rest)


MINUTES = np.array([[30.0, 20.0, 10.0], [10.0, 10.0, np.inf]])


def test_closest_goes_by_minutes_and_ties_to_the_first() -> None:
    rule = closest(MINUTES)
    assert rule.order.tolist() == [[2, 1, 0], [0, 1, -1]]
    assert rule.choose(0, 0, 0b011) == 1
    assert rule.choose(1, 0, 0b100) == -1


def test_closest_adequate_passes_over_what_is_near_but_unfit() -> None:
    rule = closest_adequate(MINUTES, [[True, False, False], [False, True, True]])
    assert rule.choose(0, 0, 0b111) == 0
    assert rule.choose(0, 0, 0b110) == 2
    assert rule.choose(1, 0, 0b111) == 1


def test_keep_cover_sends_who_is_missed_least_within_the_limit() -> None:
    worth = cover_left([[True, True, False], [False, True, False]], [0.4, 0.6])
    assert worth.tolist() == pytest.approx([0, 0.4, 1, 1, 0, 0.4, 1, 1])
    rule = keep_cover(MINUTES, [[True, True, False], [True, True, False]], worth)
    assert rule.choose(0, 0, 0b111) == 0
    assert rule.choose(0, 0, 0b110) == 1
    assert rule.choose(0, 0, 0b100) == 2


def test_a_reserve_waits_for_the_urgent() -> None:
    rule = with_reserve(closest(MINUTES, 2), [0, 1])
    assert rule.choose(0, 0, 0b100) == 2
    assert rule.choose(0, 1, 0b100) == -1
    assert rule.choose(0, 1, 0b110) == 2


def test_what_is_refused() -> None:
    with pytest.raises(CastorError, match="at least 0"):
        closest([[-1.0]])
    with pytest.raises(CastorError, match="shape of minutes"):
        closest_adequate(MINUTES, [[True]])
    with pytest.raises(CastorError, match="worth must be finite"):
        keep_cover(MINUTES, MINUTES < 15, [0.0])
    with pytest.raises(CastorError, match="none below zero"):
        with_reserve(closest(MINUTES), [-1])
    with pytest.raises(CastorError, match="do not fit"):
        ranking([1.0], [True, False], [1.0])
    with pytest.raises(CastorError, match="do not fit"):
        cover_left([[True]], [0.5, 0.5])
