"""Charts, curves, comparisons, strengths and rotations, and the command that prints them."""

from __future__ import annotations

import datetime as dt
import json
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from castor.airlift.bridge import build
from castor.airlift.report import by_aircraft, by_spot, compare, deployment, tonnes
from castor.airlift.rotation import rotation_loads, shortfalls, strengths, watch
from castor.airlift.solve import Lifted, plan_lift
from castor.airlift.trials import fly_trials
from castor.cli import castor
from castor.flight.check import check
from castor.mission.folder import read
from castor.mission.model import Contingent, Mission


@pytest.fixture(scope="module")
def reference(mali: Path) -> Mission:
    return read(mali)


@pytest.fixture(scope="module")
def serval(reference: Mission) -> Lifted:
    return plan_lift(build(reference, "serval"), seconds=2)


def test_gantt_by_aircraft_and_by_spot(serval: Lifted) -> None:
    bars = by_aircraft(serval)
    assert len(bars) == len(serval.plan.flights)
    assert {bar.kind for bar in bars} == {"loaded", "positioning"}
    for row in {bar.row for bar in bars}:
        own = [bar for bar in bars if bar.row == row]
        assert all(a.end <= b.start for a, b in pairwise(own))
    spots = by_spot(serval)
    assert {bar.row for bar in spots} == {"Bamako-Sénou 1"}
    assert len(spots) == 48
    assert all(a.end <= b.start for a, b in pairwise(spots))


def test_tonnes_grow_to_the_total_inside_their_band(serval: Lifted) -> None:
    curve = tonnes(serval, fly_trials(serval, 60), operation="serval")
    assert curve.planned[-1] == pytest.approx(1618.6, abs=0.5)
    assert list(curve.planned) == sorted(curve.planned)
    assert all(low <= mid <= high for low, mid, high in zip(curve.low, curve.middle, curve.high))
    assert all(due <= plan + 1e-6 for due, plan in zip(curve.due, curve.planned))
    assert [round(mass, 1) for _, mass, _ in curve.recorded] == [351.7, 1618.6, 1500.0]


def test_serval_beside_its_records(serval: Lifted) -> None:
    rows = {one.measure: one for one in compare(serval, "serval")}
    assert rows["flights"].computed == 48
    assert {value for value, _ in rows["flights"].recorded} == {48.0, 46.0}
    assert rows["hours"].computed == pytest.approx(530.6, rel=0.02)
    assert [value for value, _ in rows["hours"].recorded] == [530.6]
    assert rows["tonnes_per_flight"].computed == pytest.approx(33.7, abs=0.1)
    assert "floor" in rows["tonnes_per_flight"].why_en
    assert "plancher 48" in rows["tonnes_per_flight"].why_fr
    assert "28,8 h" in rows["hours"].why_fr
    assert "2013-03-31" in {value for value, _ in rows["closure"].recorded}
    assert all(one.en and one.fr for one in rows.values())


def test_the_helicopters_fly_on_from_the_staging_field(reference: Mission) -> None:
    lifted = plan_lift(build(reference, "deploy"), seconds=1)
    ferries = deployment(lifted, "gao")
    assert sum(one.count for one in ferries) == 8
    assert all(one.path == ("DFFD", "gao") for one in ferries)
    assert ferries[0].arrives.date() <= dt.date(2018, 7, 15) <= dt.date(2018, 8, 1)  # recorded: first on 15 July
    assert ferries[-1].arrives.date() < dt.date(2018, 8, 1)  # ready on 1 August


def test_authorised_against_deployed(reference: Mission) -> None:
    found = strengths(reference)
    assert found[0].authorised == 11200
    march = next(one for one in found if one.start <= dt.date(2018, 3, 15) <= one.end)
    assert (march.authorised, march.deployed) == (13289, 11795)
    assert march.filled == pytest.approx(0.888, abs=5e-4)
    assert march.unsexed == 11795
    assert {one.authorised for one in strengths(reference, "police")} >= {1440, 1920}
    canada = strengths(reference, country="CAN")
    assert max(one.deployed or 0 for one in canada) == 500  # the overlap of the two rotations
    low = shortfalls(reference, 200, country="CAN")
    assert [(one.start, one.deployed) for one in low] == [(dt.date(2019, 7, 16), 170), (dt.date(2019, 8, 1), 170)]
    assert all(a.end + dt.timedelta(days=1) == b.start for a, b in pairwise(found))


def test_uniformed_strength_by_contributor_and_sex(reference: Mission) -> None:
    found = strengths(reference, "uniformed")
    summers = [dt.date(year, 7, 1) for year in (2018, 2019, 2020)]
    of = {day.year: next(one for one in found if one.start <= day <= one.end) for day in summers}
    assert [(one.authorised, one.deployed, one.women, one.unsexed) for one in of.values()] == [
        (15209, 13885, 481, 0), (15209, 14390, 630, 0), (15209, 14070, 691, 0),
    ]  # fmt: skip
    assert (of[2019].countries["BFA"], of[2019].women_of["BFA"]) == (1701, 69)
    assert (of[2019].countries["CAN"], of[2019].women_of["CAN"]) == (94, 15)
    assert sum(of[2019].countries.values()) < 14390  # the largest contributors, not all
    first = next(one for one in found if one.start <= dt.date(2014, 1, 1) <= one.end)
    assert (first.authorised, first.deployed) == (11200 + 1440, None)


def test_contributors_agree_with_the_published_table(reference: Mission, shared: Path) -> None:
    import csv

    names = {"BFA": "Burkina Faso", "BGD": "Bangladesh", "TCD": "Chad", "SEN": "Senegal", "TGO": "Togo", "EGY": "Egypt",
             "CAN": "Canada"}  # fmt: skip
    with (shared / "data/un/minusma_contributions_by_country_sex_year.csv").open() as file:
        table = {(row["Country"], row["Year"]): row for row in csv.DictReader(file)}
    rows = [one for one in reference.contingents if one.role == "uniformed" and one.country]
    assert len(rows) == 18
    for one in rows:
        assert one.start is not None
        row = table[names[one.country], str(one.start.year)]
        assert (one.strength, one.women) == (int(row["Total"]), int(row["Female"]))


def test_strength_and_cover_at_every_date(reference: Mission) -> None:
    rows = watch(reference, "CAN")
    assert (rows[0].start, rows[-1].end) == (dt.date(2018, 7, 15), dt.date(2019, 8, 31))
    assert all(a.end + dt.timedelta(days=1) == b.start for a, b in pairwise(rows))
    overlap = [one for one in rows if one.deployed == 500]
    assert [(one.start, one.end) for one in overlap] == [(dt.date(2019, 1, 29), dt.date(2019, 1, 31))]
    assert all(0 < one.people_night <= one.people_day <= one.ready <= 1 for one in rows if one.formations)
    low = watch(reference, "CAN", 250)
    assert {one.lacking for one in low if one.lacking} == {80}
    assert min(one.start for one in low if one.lacking) == dt.date(2019, 7, 16)
    assert watch(reference, "FRA") == []


def test_without_totals_the_contingents_are_added(reference: Mission) -> None:
    own = [
        Contingent(id="a", name="A", country="TGO", strength=100, women=9, start=dt.date(2018, 8, 1)),
        Contingent(id="b", name="B", country="BFA", strength=50, start=dt.date(2018, 9, 1)),
    ]
    found = strengths(msgspec.structs.replace(reference, contingents=tuple(own)))[-1]
    assert (found.deployed, found.women, found.unsexed) == (150, 9, 50)
    assert found.countries == {"TGO": 100, "BFA": 50}
    assert found.filled is None


def test_two_rotations_relieve_each_other_in_place(reference: Mission) -> None:
    loads = {one.id: one for one in rotation_loads(reference)}
    assert loads["can-roto0-out"].pax == 250
    assert loads["can-roto1-out"].due == dt.datetime(2019, 1, 29)  # three days before the first has left
    mission = msgspec.structs.replace(reference, lift=tuple(loads.values()))
    lifted = plan_lift(build(mission), seconds=1)
    assert check(mission, lifted.plan) == []
    assert lifted.plan.unserved == ()


@pytest.mark.parametrize("table", ["summary", "flights", "loads", "unserved", "tonnes", "compare", "spots", "onward"])
def test_the_command_prints_every_table(mali: Path, table: str) -> None:
    args = ["lift", str(mali), "--operation", "deploy", "--table", table, "--seconds", "0.5", "--replications", "20"]
    run = CliRunner().invoke(castor, [*args, "--json"])
    assert run.exit_code == 0, run.output
    rows = json.loads(run.stdout)
    assert rows or table == "unserved"
    assert "0 violations" in run.stderr


def test_the_command_without_a_plan_and_with_bad_input(mali: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke(
        castor, ["lift", str(mali), "--table", "strength", "--csv", "--least", "200", "--country", "CAN"]
    )
    assert run.exit_code == 0
    assert "170" in run.output
    from castor.errors import MissionError
    from castor.mission.folder import write

    bad = msgspec.structs.replace(read(mali).lift[0], kg=99000.0, pieces=1)
    write(msgspec.structs.replace(read(mali), lift=(bad,)), tmp_path / "bad")
    run = CliRunner().invoke(castor, ["lift", str(tmp_path / "bad")])
    assert isinstance(run.exception, MissionError)
    assert "the most that an aircraft takes" in str(run.exception)
