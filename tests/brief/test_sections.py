"""Sections made from a plan, a cover and a record: what they show, and that they are left out without their input."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import msgspec
import pytest

from castor import ledger, mission
from castor.brief import gantt
from castor.brief.charts import Axis, Curve, Frame, axis, columns, curves
from castor.brief.covering import covering
from castor.brief.flying import MOST_ASKED, programme_section
from castor.brief.page import brief
from castor.brief.parts import Markup, Sources, table
from castor.brief.sections.cover import cover
from castor.brief.sections.done import operations
from castor.brief.sections.events import switched
from castor.brief.sections.programme import Programme, nights, programme
from castor.brief.sections.story import story
from castor.brief.sections.week import Flown, Measure, Total
from castor.brief.words import Both, both
from castor.flight.plan import Flight, Plan, Standby, Unserved
from castor.ledger import Ledger
from castor.ledger.protect import public
from castor.mission.model import Mission

DAY = dt.datetime(2019, 2, 14)


def _at(hour: float) -> dt.datetime:
    return DAY + dt.timedelta(hours=hour)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan(
        start=DAY,
        end=_at(24),
        flights=(
            Flight(unit="lift", tails="A1 A2", origin="gao", destination="menaka", off=_at(7), on=_at(8), pax=12),
            Flight(
                unit="lift", tails="A1 A2", origin="menaka", destination="gao", off=_at(9), on=_at(10), cargo_kg=900
            ),
        ),
        standby=(Standby(unit="evac", tails="A3", place="gao", start=DAY, end=_at(24)),),
        unserved=(Unserved(request="r7", reason="cover", detail="would leave 20 % covered"),),
        objective=41.2,
        bound=43.0,
        gap=0.042,
        floor=0.3,
    )


@pytest.fixture(scope="module")
def reference(mali: Path) -> Mission:
    return mission.read(mali)


@pytest.fixture(scope="module")
def record(mali: Path) -> Ledger:
    return ledger.read(mali)


def test_a_programme_shows_flights_load_bound_and_what_was_left_out(small: Mission, plan: Plan) -> None:
    given = Programme(plan, [(DAY, 0.35), (_at(7), 0.31), (_at(10), 0.35)], [(0.0, 50.0, 52.0, 41), (1.0, 8.0, 8.0, 7)])
    section = programme(small, given)
    assert section is not None
    for said in ("2 flights", "12 passengers", "900 kg", "no plan carries more than 43.0", "would leave 20 % covered"):
        assert said in section.body
    assert section.body.count("class=replay-data") == 1
    assert "lift: gao 0700Z – menaka 0800Z, 12 pax" in section.body
    assert programme(small, Programme(Plan(start=DAY, end=_at(1)))) is None


def test_the_price_of_cover_the_days_and_the_year(small: Mission, plan: Plan) -> None:
    line = [(0.1, 50.0, 52.0, 40.0), (0.2, 45.0, 50.0, 25.0), (0.3, 45.0, 50.0, 25.0)]
    days = [Total(DAY.date(), 5, 3, 30.0, 2500.0, 6.25, 0.3), Total(_at(24).date(), 4, 4, 12.0, 0.0, 4.0, 0.25)]
    why = Both("an estimate", "une estimation")
    measures = [
        Measure(Both("passengers", "passagers"), 9000.0, 4100.0, 2800.0, why, Both("", "")),
        Measure(Both("per mission", "par mission"), None, 21.3, 28.0, why, Both("fitted to it", "ajusté")),
    ]
    year = Flown(DAY.date(), _at(48).date(), 351, 229, measures)
    section = programme(small, Programme(plan, [(DAY, 0.35)], line, days, year))
    assert section is not None
    said = re.sub(r"<[^>]+>", "|", section.body)
    for words in ("passengers fall from 40 to 25: 0.8 for each point of cover", "|1.5|", "|0.0|", "|7|", "|10.2|",
                  "25%", "351 days", "229 days", "4,100", "2,800", "21.3", "an estimate; fitted to it"):  # fmt: skip
        assert words in said, words
    assert said.index("in all") > said.index("Every day of the request set")
    flat = programme(small, Programme(plan, (), [(0.0, 5.0, 5.0, 4.0), (0.3, 5.0, 5.0, 4.0)]))
    assert flat is not None
    assert "costs no passenger" in flat.body


def test_more_requests_than_a_page_can_plan_are_told_and_not_planned(reference: Mission) -> None:
    request = reference.requests[0]
    many = [msgspec.structs.replace(request, id=f"many-{n}", pax=3, cargo_kg=10.0) for n in range(MOST_ASKED + 1)]
    section = programme_section(msgspec.structs.replace(reference, requests=tuple(many)))
    assert section is not None
    assert "401 requests (1,203 passengers, 4,010 kg)" in section.body
    assert f"castor task --date {request.earliest.date()}" in section.body


def test_the_night_is_that_of_the_theatre(small: Mission) -> None:
    found = nights(small, (DAY, _at(24)))
    assert any(a < _at(3) < b for a, b in found)
    assert not any(a < _at(12) < b for a, b in found)


def test_the_page_leaves_out_what_is_absent(small: Mission, plan: Plan) -> None:
    bare = brief(Mission(name="x", title={"en": "X"}, start=DAY.date(), end=DAY.date()))
    assert re.findall(r"<section id=(\w+)", bare) == []
    assert "X" in bare
    flown = programme(small, Programme(plan))
    assert flown is not None
    full = brief(small, None, None, [flown])
    assert re.findall(r"<section id=(\w+)", full) == ["theatre", "programme", "fleet", "missing", "sources"]


def test_the_cover_of_the_reference_mission(reference: Mission) -> None:
    given = covering(reference)
    assert given is not None
    assert given.held == ("gao",)
    assert given.radius_km == pytest.approx(290, abs=8)
    assert {ring.minutes for ring in given.rings} == {60.0, 120.0}
    assert all(top.ceiling.bound == pytest.approx(top.ceiling.covered, abs=1e-6) for top in given.tops)
    body = cover(reference, given).body
    for said in ("Aguelhok", "Douentza", "Akabar", "Hombori", "Ménaka", "98.5%", "66.1%", "98,5\u202f%"):
        assert said in body


def test_a_mission_without_a_formation_has_no_cover(small: Mission) -> None:
    assert covering(Mission(name="x", title={"en": "X"}, start=DAY.date(), end=DAY.date())) is None
    assert covering(small) is not None


def test_headline_figures_are_those_of_record_in_the_parties_own_operations(record: Ledger) -> None:
    found = {name.en: {figure.id for figure in figures} for name, figures in operations(record)}
    assert set(found) == {"Op Serval, 2013", "Op Presence, 2018–2019"}
    wanted = {"presence-hours", "presence-evacuations", "presence-missions", "presence-cargo", "presence-passengers"}
    assert wanted <= found["Op Presence, 2018–2019"]
    assert "serval-flights" in found["Op Serval, 2013"]


def test_the_channel_was_off_twice(record: Ledger) -> None:
    found = switched(record, dt.date(2024, 1, 1))
    assert [(start.year, end.year) for _, start, end in found] == [(2012, 2014), (2020, 2024)]


def test_every_number_of_the_account_leads_to_its_figure(record: Ledger) -> None:
    section = story(Ledger(figures=public(record.figures), sources=record.sources, folder=record.folder), Sources())
    assert section is not None
    links = set(re.findall(r'class=fact href="#(figure-\d+)"', section.body))
    assert len(links) > 40
    assert links <= set(re.findall(r"id=(figure-\d+)", section.body))


def test_bars_that_say_nothing_are_one_shape() -> None:
    bars = [gantt.Bar(_at(h), _at(h + 0.5), "pax") for h in range(20)]
    picture = gantt.draw([gantt.Row(both("A"), bars)], (DAY, _at(24)), both("t"))
    assert picture.count("k-pax") == 1


def test_axes_have_round_steps_that_hold_the_values() -> None:
    for low, high in ((0, 136), (0, 0.8), (0, 4021), (3, 3)):
        made = axis(low, high)
        assert made.low <= low
        assert made.high >= high - 1e-9
        assert 2 <= len(made.ticks()) <= 9


def test_names_of_curves_do_not_meet() -> None:
    frame = Frame(Axis(0, 10, 2), Axis(0, 10, 2))
    lines = [Curve(both(f"line {k}"), [(0, k), (10, 10 - k / 3)], "abcd"[k]) for k in range(4)]
    picture = curves(frame, lines, both("t"))
    labels = re.findall(r'<text [^>]*class="name[^>]*>', picture)
    spots = [re.findall(r"\b[xy]=([\d.]+)", label) for label in labels]
    assert len(spots) == 4
    for at, a in enumerate(spots):
        for b in spots[at + 1 :]:
            assert abs(float(a[0]) - float(b[0])) > 35 or abs(float(a[1]) - float(b[1])) > 10


def test_an_absent_year_has_no_column() -> None:
    assert columns(Frame(Axis(0, 3, 1), Axis(0, 10, 5)), [], both("t")).count("col") == 0


def test_a_table_sets_numbers_right_and_escapes_text() -> None:
    made = table(["a", "b"], [["<x>", 4000], [Markup("<b>y</b>"), None]])
    assert "&lt;x&gt;" in made
    assert "<b>y</b>" in made
    assert "<table class=r2>" in made
    assert made.endswith("<b>y</b><td></table></div>")
    assert "<table class=r1>" in table([both("share")], [[Both("35%", "35 %")]])
    assert '<table class="r1 r2">' in table(["a", "b"], [[1, 2]])
