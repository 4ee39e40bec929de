"""Workbooks, calendars and CSV with HXL, each read back by a reader that is not castor's; and the command."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path

import hxl
import icalendar
import msgspec
import openpyxl
import pytest

import castor
from castor.cli import main
from castor.errors import MissionError
from castor.export.ical import ical
from castor.export.xlsx import account_workbook, plan_workbook, tables_workbook
from castor.flight.check import check
from castor.flight.plan import Plan
from castor.flight.planfile import read_plan, write_plan
from castor.ledger.protect import public
from castor.ledger.record import read as read_ledger
from castor.mission.model import Mission


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    said = capsys.readouterr()
    return int(stop.value.code or 0), said.out, said.err


def test_a_plan_goes_through_a_workbook_unchanged(mission: Mission, plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "plan.xlsx").write_bytes(plan_workbook(mission, plan))
    assert read_plan(tmp_path / "plan.xlsx", mission) == plan


def test_a_plan_edited_in_the_workbook_is_judged(mission: Mission, plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(plan_workbook(mission, plan))
    before = {one.code for one in check(mission, read_plan(path, mission))}
    book = openpyxl.load_workbook(path)
    sheet = book["flights"]
    assert [sheet["A1"].value, sheet["F3"].value] == ["unit", dt.datetime(2027, 2, 1, 7, 40)]
    sheet["F3"] = dt.datetime(2027, 2, 1, 7, 5)
    sheet["I3"] = 80
    book.save(path)
    found = {one.code for one in check(mission, read_plan(path, mission))}
    assert {"too_fast", "capacity_seats"} <= found - before
    sheet["C3"] = "prot"
    sheet["I4"] = "six"
    book["plan"]["B4"] = "half"
    book.save(path)
    with pytest.raises(MissionError) as caught:
        read_plan(path, mission)
    assert [str(problem) for problem in caught.value.problems] == [
        'plan!B4  floor  read "half"  expected a number',
        'flights!C3  from  read "prot"  no such place; did you mean port (Port Halden)?',
        'flights!I4  pax  read "six"  expected a whole number >= 0',
    ]


def test_the_workbook_of_a_plan_has_its_sources(mission: Mission, plan: Plan) -> None:
    book = openpyxl.load_workbook(io.BytesIO(plan_workbook(mission, plan)))
    assert book.sheetnames == ["flights", "standby", "unserved", "plan", "sources", "names"]
    sources = {row[0].value: row[2].value for row in book["sources"].iter_rows(min_row=2)}
    assert sources["UN 10-1-2 guideline"] == "clock.care_min, clock.surgery_min"
    assert "flights H-1" in sources["typed; by hand, with <marks> & a\nline"]


def test_the_workbook_of_an_account(mali: Path) -> None:
    ledger = read_ledger(mali)
    figures = public(ledger.figures)
    book = openpyxl.load_workbook(io.BytesIO(account_workbook("mali", figures, tuple(ledger.sources))))
    assert book.sheetnames == ["figures", "sources"]
    rows = list(book["figures"].iter_rows(min_row=3, values_only=True))
    assert len(rows) == len(figures)
    assert [row[0] for row in rows] == [figure.id for figure in figures]


def test_the_workbook_of_results(mission: Mission) -> None:
    header, rows = ("measure", "mean", "day"), [("flown", 3.5, dt.date(2027, 1, 4)), ("=1+1", None, None)]
    book = openpyxl.load_workbook(io.BytesIO(tables_workbook("t", {"trials": (header, rows)}, mission.sources)))
    found = list(book["trials"].iter_rows(values_only=True))
    assert found == [header, ("flown", 3.5, dt.datetime(2027, 1, 4)), ("=1+1", None, None)]
    assert book["trials"]["A3"].data_type == "s"
    assert book["sources"]["A2"].value == "UN 10-1-2 guideline"


def test_the_calendar(mission: Mission, plan: Plan) -> None:
    data = ical(mission, plan, lang="fr")
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    calendar = icalendar.Calendar.from_ical(data)
    events = calendar.walk("VEVENT")
    assert len(events) == 4
    first, wait = events[0], events[3]
    assert first["DTSTART"].dt == dt.datetime(2027, 2, 1, 7, tzinfo=dt.UTC)
    assert first["DTEND"].dt == dt.datetime(2027, 2, 1, 7, 40, tzinfo=dt.UTC)
    assert first["SUMMARY"] == "H-1 port-north 0700"
    assert first["DESCRIPTION"] == "transport, H-1, 8 pax, 300 kg, demandes: R1"
    assert first["LOCATION"] == "Port Halden - North Camp"
    assert events[2]["STATUS"] == "CONFIRMED"
    assert wait["SUMMARY"] == "Alerte évacuation evac à port"
    assert len({event["UID"] for event in events}) == 4
    assert ical(mission, plan, lang="fr") == data


def test_the_calendar_survives_any_text(mission: Mission, plan: Plan) -> None:
    name = "a;b,c\\d\ne" + "é" * 100
    odd = msgspec.structs.replace(plan, flights=(msgspec.structs.replace(plan.flights[0], unit=name),))
    data = ical(mission, odd)
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert icalendar.Calendar.from_ical(data).walk("VEVENT")[0]["SUMMARY"] == f"{name} port-north 0700"


def test_csv_with_hxl_tags(mission_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "export", mission_folder, "-", "--table", "places", "--hxl")
    assert code == 0
    rows = list(csv.reader(io.StringIO(out)))
    source = hxl.data(
        [[cell for cell, tag in zip(row, rows[1]) if tag] for row in rows], hxl.InputOptions(allow_local=True)
    )
    found = [(row.get("#geo+lat"), row.get("#population")) for row in source]
    assert found == [("-18.02", "420"), ("-16.95", "180"), ("-18.35", "150"), ("-19.21", "60")]


def test_csv_with_tags_is_read_again(
    mission: Mission, mission_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    castor.write(mission, tmp_path / "m")
    for table in ("places", "requests", "incidents"):
        code, _, _ = run(capsys, "export", mission_folder, tmp_path / "m" / f"{table}.csv", "--table", table, "--hxl")
        assert code == 0
    again = castor.read(tmp_path / "m")
    assert (again.places, again.requests, again.incidents) == (mission.places, mission.requests, mission.incidents)


@pytest.mark.parametrize("ending", ["kml", "geojson", "xlsx", "ics", "csv"])
def test_the_command_writes_every_format(
    ending: str, mission_folder: Path, plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_plan(plan, tmp_path / "plan")
    out = tmp_path / f"out.{ending}"
    posture = ["--posture", "port"] if ending in ("kml", "geojson") else []
    code, said, err = run(capsys, "export", mission_folder, out, "--plan", tmp_path / "plan", *posture)
    assert (code, said, err) == (0, f"{out}\n", "")
    assert out.stat().st_size > 100
    if ending == "geojson":
        assert sum(f["properties"]["feature"] == "reach" for f in json.loads(out.read_bytes())["features"]) == 2


def test_the_plan_exported_edited_and_judged_by_the_command(
    mission_folder: Path, plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_plan(plan, tmp_path / "plan")
    out = tmp_path / "monday.xlsx"
    run(capsys, "export", mission_folder, out, "--plan", tmp_path / "plan")
    book = openpyxl.load_workbook(out)
    book["flights"]["I3"] = 80
    book.save(out)
    code, said, _ = run(capsys, "check", mission_folder, "--plan", out, "--json")
    assert code == 2
    assert any(one["code"] == "capacity_seats" for one in json.loads(said))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["x.pdf"], "no format ends in '.pdf'; choose .html, .kml, .geojson, .xlsx, .ics or .csv."),
        (["x.xlsx"], "A workbook of what? Give --plan or --account"),
        (["x.ics"], "A calendar of what? Give --plan."),
        (["x.csv", "--table", "flights"], "No table 'flights'; choose one of places, types"),
    ],
)
def test_the_command_refuses_clearly(
    words: list[str], message: str, mission_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "export", mission_folder, tmp_path / words[0], *words[1:])
    assert (code, out) == (2, "")
    assert message in err
    assert not list(tmp_path.iterdir())


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "export", "--help")
    assert "  castor export missions/mali mali.kml" in out
