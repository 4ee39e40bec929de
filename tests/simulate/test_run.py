"""Flying replications: the same answer however they are shared out, precision, interruption, bad input."""

from __future__ import annotations

from pathlib import Path

import pytest

from castor.errors import MissionError
from castor.mission import read
from castor.simulate import World, build, simulate


@pytest.fixture(scope="module")
def world(mali: Path) -> World:
    return build(read(mali))


def test_any_chunk_gives_the_same_answer(world: World) -> None:
    whole, parts = simulate(world, replications=40, chunk=40), simulate(world, replications=40, chunk=7)
    assert (whole.sums == parts.sums).all()
    assert (whole.months == parts.months).all()
    assert (whole.histogram == parts.histogram).all()
    assert whole.summary()["calls"].value > 0


def test_bad_arguments_are_all_told(world: World) -> None:
    with pytest.raises(MissionError) as caught:
        simulate(world, replications=0, seed=-1, chunk=0, precision={"speed": 1.0, "calls": 0.0})
    assert len(caught.value.problems) == 5
