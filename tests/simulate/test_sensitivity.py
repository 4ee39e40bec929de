"""Inputs at a low and a high value, paired."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from castor.errors import MissionError
from castor.mission import Mission, read
from castor.simulate import build, compare, simulate
from castor.simulate.sensitivity import Swing, sensitivity, variants

NUMBER = 60


@pytest.fixture(scope="module")
def mission(mali: Path) -> Mission:
    return read(mali)


@pytest.fixture(scope="module")
def swings(mission: Mission) -> dict[str, Swing]:
    return {one.name: one for one in sensitivity(mission, replications=NUMBER)}


def test_every_input_of_the_reference_mission_the_largest_first(swings: dict[str, Swing]) -> None:
    assert set(swings) == {"approval", "notice", "serviceability", "formations", "escorts", "bases"}
    sizes = [one.size for one in swings.values()]
    assert sizes == sorted(sizes, reverse=True)


def test_changes_are_those_of_the_worlds_themselves(mission: Mission, swings: dict[str, Swing]) -> None:
    pair = next(one for one in variants(mission) if one.name == "notice")
    stated = simulate(build(mission), replications=NUMBER)
    for side in ("at_low", "at_high"):
        found = compare(stated, simulate(build(mission, **getattr(pair, side)), replications=NUMBER))
        assert getattr(swings["notice"], side) == found["surgery_min"]


def test_what_is_slower_or_less_is_never_better_on_the_mean(swings: dict[str, Swing]) -> None:
    for name in ("approval", "notice"):
        assert swings[name].at_low.value < 0 < swings[name].at_high.value
    for name in ("serviceability", "formations"):
        assert swings[name].at_high.value < 0 < swings[name].at_low.value


def test_a_mission_without_formations_has_only_what_it_states(mission: Mission) -> None:
    bare = msgspec.structs.replace(mission, formations=())
    assert {one.name for one in variants(bare)} == {"approval", "notice"}


def test_an_unknown_measure_is_refused(mission: Mission) -> None:
    with pytest.raises(MissionError, match="surgery_min"):
        sensitivity(mission, "speed")
