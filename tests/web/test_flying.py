"""The programme under the controls: a floor, requests ticked out, and the difference to the plan as it was."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from castor.cover.audit import judge_cover
from castor.flight.check import check
from castor.mission import Mission, read
from castor.web.flying import Flying, difference, flown_under, planned, section
from castor.web.scenario import Scenario

DAY = dt.date(2018, 10, 15)


@pytest.fixture(scope="module")
def mission(mali: Path) -> Mission:
    return read(mali)


@pytest.fixture(scope="module")
def usual(mission: Mission) -> Flying:
    """The day as the mission says, planned under a scenario that changes nothing."""
    found = flown_under(mission, DAY, planned(mission, DAY))
    assert found is not None
    return found


def under(mission: Mission, usual: Flying, scenario: Scenario) -> tuple[Mission, Flying]:
    changed = scenario.apply(mission)
    found = flown_under(changed, DAY, usual.before)
    assert found is not None
    return changed, found


def test_nothing_changed_nothing_lost(mission: Mission, usual: Flying) -> None:
    assert usual.after is not None
    assert usual.before.plan.objective is not None
    assert usual.after.plan.objective is not None
    assert usual.after.plan.objective >= usual.before.plan.objective - 1e-9
    assert check(mission, usual.after.plan, judge_cover) == []


def test_a_request_ticked_out_is_not_flown_and_is_said(mission: Mission, usual: Flying) -> None:
    assert usual.before is not None
    gone = next(iter(usual.before.plan.flights[-1].aboard), "181015-06")
    changed, found = under(mission, usual, Scenario(day=DAY, without=(gone,)))
    assert found.after is not None
    assert all(gone not in leg.aboard for leg in found.after.plan.flights)
    assert "dropped" in difference(mission, found)
    assert section(changed, found) is not None


def test_a_floor_is_held_and_one_too_high_is_refused_in_words(mission: Mission, usual: Flying) -> None:
    changed, found = under(mission, usual, Scenario(day=DAY, floor=0.29))
    assert found.after is not None
    assert min(share for _, share in found.after.cover) >= 0.29
    assert check(changed, found.after.plan, judge_cover) == []
    assert "least cover" in difference(mission, found)
    changed, found = under(mission, usual, Scenario(day=DAY, floor=0.99))
    assert found.after is None
    assert "role=alert" in difference(mission, found)
    assert "99" in difference(mission, found)
    assert section(changed, found) is None


def test_a_day_without_requests_has_no_programme(mission: Mission) -> None:
    assert planned(mission, dt.date(2018, 12, 24)) is None
