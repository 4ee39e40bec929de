"""One run replayed: the weeks chosen, the map, the legs."""

from __future__ import annotations

import datetime as dt
import json
import re

from castor.brief.sections.traced import SPAN, traced
from castor.flight.plan import Flight, Task
from castor.mission.model import Mission, Place

START = dt.datetime(2019, 1, 1)
PLACES = (
    Place(id="a", name="Alpha", lat=16.0, lon=0.0, kind="camp"),
    Place(id="b", name="Bravo", lat=17.0, lon=1.0, kind="camp"),
)
MISSION = Mission(name="m", title={"en": "m"}, start=START.date(), end=START.date(), places=PLACES)


def _leg(day: float, task: Task = "medevac", origin: str = "a", destination: str = "b", pax: int = 0) -> Flight:
    off = START + dt.timedelta(days=day)
    return Flight(
        unit="evac", tails="T1", origin=origin, destination=destination, off=off, on=off + dt.timedelta(hours=1),
        task=task, status="simulated", pax=pax,
    )  # fmt: skip


def test_the_weeks_with_most_patients_are_replayed() -> None:
    flights = [
        _leg(3, pax=1),
        _leg(50.25, pax=5),
        _leg(60, "transport", pax=9),
        _leg(61, "training", "a", "a"),
        _leg(90),
    ]
    body = traced(MISSION, flights)
    found = re.search(r"replay-data>(.*?)</script>", body)
    assert found is not None
    data = json.loads(found[1])
    assert data["legs"] == [[0, 360, 420, 0, 1], [0, 10 * 1440, 10 * 1440 + 60, 0, 1]]
    assert data["end"] == SPAN // dt.timedelta(minutes=1)
    assert len(data["spots"]["year-map"]) == 2
    assert "Alpha" in body
    assert "02-20 0600Z" in body
    assert "theatre-ground" in body


def test_a_run_without_evacuations_or_known_places_shows_nothing() -> None:
    assert traced(MISSION, [_leg(1, "transport")]) == ""
    assert traced(MISSION, [_leg(1, origin="nowhere")]) == ""
