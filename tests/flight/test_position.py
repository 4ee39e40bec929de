"""Positions as they are written: decimal, degrees-minutes-seconds, MGRS (against GEOTRANS)."""

from __future__ import annotations

import math

import mgrs
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from castor.flight.position import parse_position

ORACLE = mgrs.MGRS()


@pytest.mark.parametrize(
    "text",
    [
        "16.2717, -0.0447", "16.2717 -0.0447", "16,2717; -0,0447", "16.2717N 0.0447W", "16.2717N, 0.0447O",
        "16°16'18.12\"N 000°02'40.92\"W", "16 16 18.12 N 0 2 40.92 W",
    ],
)  # fmt: skip
def test_forms_of_one_position(text: str) -> None:
    assert parse_position(text) == pytest.approx((16.2717, -0.0447), abs=1e-6)


@given(st.floats(-79.5, 83.5), st.floats(-179.9, 179.9))
@example(-8.0, 0.0)
def test_mgrs_is_the_oracle_to_a_metre(lat: float, lon: float) -> None:
    assume(abs(lat) > 1e-4)  # the oracle cannot read back the squares that it writes on the equator itself
    text = ORACLE.toMGRS(lat, lon, MGRSPrecision=5)
    got = parse_position(text)
    corner = ORACLE.toLatLon(text)
    assert abs(got[0] - corner[0]) < 2e-5
    assert abs((got[1] - corner[1] + 180) % 360 - 180) < 2e-5 / max(0.05, math.cos(math.radians(lat)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "not a position"), ("95N 0E", "-90..90"), ("16 61 00 N 0 0 0 E", "below 60"),
        ("61QZC1234512345", "zone 61"), ("30QAA", "does not exist"), ("30NZV", "outside band"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace(".", r"\.")):
        parse_position(text)
