"""Loads carried: each request once, however many legs it takes, parts as parts."""

from __future__ import annotations

import datetime as dt

import pytest

from castor.flight.carried import carried
from castor.flight.plan import Flight
from castor.mission import Mission
from castor.mission.model import Request

DAY = dt.datetime(2018, 10, 17)


def leg(origin: str, destination: str, hour: int, requests: str) -> Flight:
    off = DAY + dt.timedelta(hours=hour)
    return Flight(
        unit="u", tails="A", origin=origin, destination=destination, off=off, on=off, requests=requests, pax=99
    )


def test_each_request_counts_once_and_parts_as_parts() -> None:
    base = Request(id="R1", origin="a", destination="c", earliest=DAY, latest=DAY, pax=10, cargo_kg=200.0, litters=2)
    heavy = Request(id="R2", origin="a", destination="b", earliest=DAY, latest=DAY, cargo_kg=3000.0, split=True)
    mission = Mission(name="m", title={}, start=DAY.date(), end=DAY.date(), requests=(base, heavy))
    flights = [leg("a", "b", 6, "R1 R2*1000"), leg("b", "c", 7, "R1"), leg("a", "b", 9, "R2*500 X1")]
    load = carried(mission, flights)
    assert (load.requests, load.pax, load.litters) == (2, 10, 2)
    assert load.kg == pytest.approx(200 + 1500)
