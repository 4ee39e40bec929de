"""The nine-line: read as it is written, and every mistake named by its line."""

from __future__ import annotations

import datetime as dt

import pytest

from castor.dispatch.nineline import read_nineline
from castor.errors import MissionError
from castor.mission.model import Mission, Place

MISSION = Mission(
    name="m", title={"en": "m", "fr": "m"}, start=dt.date(2018, 1, 1), end=dt.date(2019, 1, 1),
    places=(Place(id="akabar", name="Akabar", lat=15.37, lon=2.04),),
)  # fmt: skip


def test_a_whole_request() -> None:
    call = read_nineline(
        "1: 15.3687N 2.0402E\n2: 42.50 MEDIC 1\n3: A2 C1\n4: A\n5: L2 A1\n6: X\n7: C\n8: 3A\n9: flat, dusty\n"
    )
    assert (call.lat, call.lon) == pytest.approx((15.3687, 2.0402))
    assert call.patients == {"A": 2, "C": 1}
    assert (call.total, call.litter, call.ambulatory) == (3, 2, 1)
    assert call.escort_required
    assert call.status == {"A": 3}


def test_a_place_by_name_and_lines_without_numbers() -> None:
    call = read_nineline("akabar\n42.5\nB 1\nA\nL 1", MISSION)
    assert call.place == "akabar"
    assert call.patients == {"B": 1}
    assert not call.escort_required


def test_every_problem_at_once() -> None:
    with pytest.raises(MissionError) as caught:
        read_nineline("1: nowhere\n3: Z9\n5: two litters\n6: maybe", MISSION)
    assert [problem.row for problem in caught.value.problems] == [1, 3, 5, 6]
    assert "A urgent" in str(caught.value)


def test_lines_three_and_five_must_agree() -> None:
    with pytest.raises(MissionError, match="line 3 counts 2 patients, line 5 counts 3"):
        read_nineline("1: 16N 0E\n3: A2\n5: L3")
