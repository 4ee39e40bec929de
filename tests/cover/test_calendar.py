"""The calendar of cover and its gaps; the evacuations flown, put through the clock."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import msgspec
import pytest

from castor.cover.calendar import calendar, gaps
from castor.cover.replay import replay
from castor.mission import read


def test_calendar_has_the_two_handover_gaps(mali: Path) -> None:
    spans = calendar(read(mali))
    found = [(span.start, span.end) for span in gaps(spans)]
    assert (dt.date(2018, 7, 1), dt.date(2018, 7, 31)) in found
    assert (dt.date(2019, 9, 1), dt.date(2019, 10, 14)) in found
    for before, after in itertools.pairwise(spans):
        assert after.start == before.end + dt.timedelta(1)
    assert spans[0].start == dt.date(2014, 10, 1)
    assert spans[-1].end == dt.date(2023, 6, 30)


def test_drawdown_shows(mali: Path) -> None:
    spans = {span.start: span for span in calendar(read(mali))}
    before, after = spans[dt.date(2018, 8, 1)], spans[dt.date(2019, 7, 16)]
    assert before.ready == pytest.approx(0.985, abs=0.001)
    assert before.airframes == {"CH-147F": 3, "CH-146": 5}
    assert after.airframes == {"CH-147F": 2, "CH-146": 4}
    assert after.ready < before.ready
    assert before.people_night <= before.people_day


def test_two_formations_in_theatre_count_together(mali: Path) -> None:
    mission = read(mali)
    early = tuple(
        msgspec.structs.replace(row, start=dt.date(2019, 8, 1)) if row.id == "ro-evac" else row
        for row in mission.formations
    )
    fleet = tuple(
        msgspec.structs.replace(row, start=dt.date(2019, 8, 1)) if row.tail.startswith("RO-") else row
        for row in mission.aircraft
    )
    overlap = msgspec.structs.replace(mission, formations=early, aircraft=fleet)
    alone = calendar(mission, dt.date(2019, 8, 1), dt.date(2019, 8, 31))[0]
    both = calendar(overlap, dt.date(2019, 8, 1), dt.date(2019, 8, 31))[0]
    assert both.formations == ("evac", "ro-evac")
    assert both.ready == pytest.approx(1 - (1 - alone.ready) * (1 - 0.9728))
    assert both.people_day > alone.people_day


# (km, castor's minutes: call to scene, take-off to hospital, wounding to care, to surgery; refuelling stops)
FLOWN = {
    "e2018-11-01": (100, 55, 75, 60, 110, 0),
    "e2019-01-20": (367, 121, 148, 126, 183, 0),
    "e2019-01-25": (342, 115, 259, 120, 294, 1),
    "e2019-03-10": (245, 91, 147, 96, 182, 0),
    "e2019-04-23": (209, 82, 129, 87, 164, 0),
    "e2019-08-16": (200, 80, 125, 85, 160, 0),
}


@pytest.mark.parametrize("name", FLOWN)
def test_located_evacuations_through_the_clock(mali: Path, name: str) -> None:
    flown = {row.incident.id: row for row in replay(read(mali))}
    assert set(flown) == set(FLOWN)
    row, (km, scene, back, care, surgery, stops) = flown[name], FLOWN[name]
    assert row.km == pytest.approx(km, abs=2)
    assert (row.scene, row.back, row.care, row.surgery) == pytest.approx((scene, back, care, surgery), abs=1)
    assert row.stops == stops
    assert not row.met_surgery or name == "e2018-11-01"


def test_what_the_sources_say_beside_it(mali: Path) -> None:
    flown = {row.incident.id: row for row in replay(read(mali))}
    assert flown["e2019-08-16"].differences["return_min"] == pytest.approx(5, abs=1)  # about two hours in all
    assert flown["e2018-11-01"].differences["scene_min"] == pytest.approx(25, abs=1)  # approval and notice ran together
    assert flown["e2018-11-01"].differences["km_told"] == pytest.approx(0, abs=1)
    assert -80 < flown["e2019-01-25"].differences["km_told"] < 0  # press distances are longer than the great circle
