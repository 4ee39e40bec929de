"""Workbooks: back byte for byte where nothing was edited; edited, only that changes; spoiled, every cell is named."""
# ruff: noqa: E501  (messages stand whole)

from __future__ import annotations

import datetime as dt
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment

import castor
from castor.errors import MissionError
from castor.mission.model import TABLES, Clock, Mission, Place, Request, Rules
from castor.mission.start import start
from castor.mission.workbook import notes, pack, unpack
from castor.mission.xlsx import letters


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    start(tmp_path / "m")
    return tmp_path / "m"


@pytest.fixture
def book(folder: Path, tmp_path: Path) -> Path:
    pack(folder, tmp_path / "m.xlsx")
    return tmp_path / "m.xlsx"


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def edit(book: Path, change: Callable[[Any], Any]) -> None:
    """Edit a workbook as a spreadsheet program would: load, change, save."""
    opened = openpyxl.load_workbook(book)
    change(opened)
    opened.save(book)


def said(book: Path) -> list[str]:
    target = book.parent / "out"
    with pytest.raises(MissionError) as caught:
        unpack(book, target)
    assert not target.exists(), "nothing is written"
    return str(caught.value).replace(f"{book.parent}/", "").splitlines()


def set_cells(sheet: str, **cells: Any) -> Callable[[Any], None]:
    def change(opened: Any) -> None:
        for name, value in cells.items():
            opened[sheet][name] = value

    return change


def test_nothing_edited_comes_back_byte_for_byte(folder: Path, book: Path, tmp_path: Path) -> None:
    unpack(book, tmp_path / "out")
    assert files(tmp_path / "out") == files(folder)


def test_saved_by_another_program_it_still_comes_back_byte_for_byte(folder: Path, book: Path, tmp_path: Path) -> None:
    edit(book, lambda opened: None)
    unpack(book, tmp_path / "out")
    assert files(tmp_path / "out") == files(folder)


def test_the_reference_mission_comes_back_byte_for_byte(mali: Path, tmp_path: Path) -> None:
    pack(mali, tmp_path / "mali.xlsx")
    unpack(tmp_path / "mali.xlsx", tmp_path / "out")
    assert files(tmp_path / "out") == files(mali)
    pack(tmp_path / "out", tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == (tmp_path / "mali.xlsx").read_bytes()


def test_odd_spellings_come_back_as_they_were(folder: Path, tmp_path: Path) -> None:
    (folder / "places.csv").write_bytes(
        '\ufeffid;name;lat;lon;people;note\r\n\r\nport;Port;-18,020;-16,41;1 234;"two\r\nlines"\r\nnorth; North ;-16,95;-15,88;;\r\n'
        "west;West;-18,35;-17,72;;\r\nsouth;South;-19,21;-16,02;;".encode()
    )
    (folder / "types.csv").write_text(
        (folder / "types.csv").read_text().replace("620", "620.1234567890123").replace(",yes,yes,", ",YES,oui,")
    )
    pack(folder, tmp_path / "m.xlsx")
    unpack(tmp_path / "m.xlsx", tmp_path / "out")
    assert files(tmp_path / "out") == files(folder)


def test_one_edit_changes_one_line(folder: Path, book: Path, tmp_path: Path) -> None:
    edit(book, set_cells("places", D3=-16.5))
    unpack(book, tmp_path / "out")
    before, after = files(folder), files(tmp_path / "out")
    assert [name for name in before if before[name] != after[name]] == ["places.csv"]
    old, new = before["places.csv"].decode().splitlines(), after["places.csv"].decode().splitlines()
    assert [at for at, (a, b) in enumerate(zip(old, new)) if a != b] == [1]
    assert new[1].startswith("port,Port Halden,-18.02,-16.5,airfield")


def test_rows_added_removed_and_moved(folder: Path, book: Path, tmp_path: Path) -> None:
    def change(opened: Any) -> None:
        sheet = opened["requests"]
        sheet.delete_rows(4)
        sheet.append(["R9", "west", "north", dt.datetime(2027, 2, 1, 6), dt.datetime(2027, 2, 1, 9, 30)])

    edit(book, change)
    unpack(book, tmp_path / "out")
    old = (folder / "requests.csv").read_text().splitlines()
    new = (tmp_path / "out" / "requests.csv").read_text().splitlines()
    assert new == [*old[:2], *old[3:], "R9,west,north,2027-02-01 06:00,2027-02-01 09:30,0,0,0,3,,"]


def test_a_column_and_a_table_that_were_not_there(folder: Path, book: Path, tmp_path: Path) -> None:
    def change(opened: Any) -> None:
        opened["places"]["P3"] = 6.5
        opened["climate"].append(["port", 1, 20, 27.5])

    edit(book, change)
    unpack(book, tmp_path / "out")
    mission = castor.read(tmp_path / "out")
    assert mission.place["port"].opens_h == 6.5
    assert mission.climate[0].tmax_c == 27.5


def test_rules_edited_keep_the_comments(folder: Path, book: Path, tmp_path: Path) -> None:
    def change(opened: Any) -> None:
        sheet = opened["mission"]
        row = {cell.value: cell.row for cell in sheet["A"]}
        sheet.cell(row["clock.approval_min"], 2).value = 45
        sheet.cell(row["flying.overnight"], 2).value = "yes"
        sheet.cell(row["flying.reserve"], 5).value = "estimate: usual"
        sheet.cell(row["title.fr"], 2).value = 'Secours "aux" îles'
        sheet.cell(row["end"], 2).value = dt.date(2027, 7, 4)
        sheet.cell(row["clock.scene_min"], 2).value = None

    edit(book, change)
    unpack(book, tmp_path / "out")
    old = (folder / "mission.toml").read_text().splitlines()
    new = (tmp_path / "out" / "mission.toml").read_text().splitlines()
    assert "approval_min = 45       # from the call to the order to launch" in new
    assert "end = 2027-07-04" in new
    assert sum(line.startswith("#") for line in old) == sum(line.startswith("#") for line in new)
    mission = castor.read(tmp_path / "out")
    assert mission.rules.clock.approval_min == 45
    assert mission.rules.flying.overnight is True
    assert mission.sources["flying.reserve"] == "estimate: usual"
    assert mission.title["fr"] == 'Secours "aux" îles'
    assert not any("scene_min" in line for line in new)


def test_what_excel_does_to_cells_is_read_right(book: Path, tmp_path: Path) -> None:
    def change(opened: Any) -> None:
        places, requests = opened["places"], opened["requests"]
        places["C3"], places["D3"] = "-18,02", " -16,41 "
        places["B4"] = "  North Camp  "
        places["N3"] = 420.0
        requests["D3"] = 46419.291666666664
        requests["D3"].number_format = "General"
        opened["aircraft"]["A3"] = 147301
        opened["aircraft"]["D3"] = 46391
        opened["aircraft"]["D3"].number_format = "General"
        opened["types"]["Q3"] = True
        places["G5"] = "\u221225"
        places.row_dimensions[5].hidden = True
        places.column_dimensions["C"].hidden = True
        opened.create_sheet("my notes")["A1"] = "x"
        opened.create_sheet("aircrafts")

    edit(book, change)
    unpack(book, tmp_path / "out")
    mission = castor.read(tmp_path / "out")
    assert (mission.place["port"].lat, mission.place["port"].lon) == (-18.02, -16.41)
    assert mission.place["north"].name == "North Camp"
    assert mission.place["west"].elev_ft == -25
    assert mission.requests[0].earliest == dt.datetime(2027, 2, 1, 7)
    assert mission.aircraft[0].tail == "147301"
    assert mission.aircraft[0].start == dt.date(2027, 1, 4)
    assert len(mission.places) == 4
    assert notes(book) == [
        "places: hidden columns are read like the others: C, D",
        "places: hidden rows are read like the others: 5",
        "my notes: this sheet is not read",
        "aircrafts: this sheet is not read; did you mean aircraft?",
    ]


def delete_sheet(name: str) -> Callable[[Any], None]:
    return lambda opened: opened.remove(opened[name])


def rename_sheet(opened: Any) -> None:
    opened["places"].title = "plases"


def merge(opened: Any) -> None:
    opened["places"].merge_cells("M4:M5")


def error_value(opened: Any) -> None:
    opened["places"]["C3"] = "#REF!"
    opened["places"]["C3"].data_type = "e"


def setting(key: str, value: Any) -> Callable[[Any], None]:
    def change(opened: Any) -> None:
        for row in opened["mission"].iter_rows():
            if row[0].value == key:
                row[1].value = value

    return change


def unknown_setting(opened: Any) -> None:
    opened["mission"].append(["clock.aproval_min", 5])


SPOILED: dict[str, tuple[Callable[[Any], Any], list[str]]] = {
    "a word in a number": (set_cells("types", D3="13O"), ['types!D3  cruise_kt  read "13O"  expected a number > 0 and <= 700, in knots; did you mean 130?']),
    "beyond limits": (set_cells("places", C3=-180.2), ['places!C3  lat  read "-180.2"  expected a number from -90 to 90, in degrees; are latitude and longitude swapped?']),
    "negative": (set_cells("places", M3=-1), ['places!M3  beds  read "-1"  expected a whole number from 0 to 10,000']),
    "a fraction of a bed": (set_cells("places", M3=1.5), ['places!M3  beds  read "1.5"  expected a whole number from 0 to 10,000']),
    "thousands or decimals": (set_cells("places", N3="1,234"), ['places!N3  people  read "1,234"  expected a number from 0 to 1,000,000,000, in people; this may mean 1.234 or 1234: write the one you mean']),
    "unknown place": (set_cells("aircraft", C3="prot"), ['aircraft!C3  base  read "prot"  no such place; did you mean port (Port Halden)?']),
    "unknown type": (set_cells("aircraft", B3="MX"), ['aircraft!B3  type  read "MX"  no such type; did you mean MH (Medium helicopter)?']),
    "duplicate": (set_cells("aircraft", A4="H-1"), ['aircraft!A4  tail  read "H-1"  stands already in row 3; every row needs its own']),
    "end before start": (set_cells("aircraft", E3=dt.date(2026, 1, 1)), ['aircraft!E3  to  read "2026-01-01"  is before from, 2027-01-04']),
    "a required cell emptied": (set_cells("places", B3=None), ["places!B3  name  a value is required: text"]),
    "a choice that is none": (set_cells("places", E3="airfeild"), ['places!E3  kind  read "airfeild"  expected one of camp, airfield, hospital, landing, town; did you mean airfield?']),
    "neither yes nor no": (set_cells("places", J3="perhaps"), ['places!J3  lit  read "perhaps"  expected yes or no']),
    "Excel made a date": (set_cells("types", E3=dt.date(2027, 5, 1)), ['types!E3  range_km  read "2027-05-01"  expected a number > 0 and <= 30,000, in kilometres; Excel made a date of it: format the cell as a number and type it again']),
    "a year for a date": (set_cells("aircraft", D3=2018), ['aircraft!D3  from  read "1905-07-10"  expected a date such as 2018-10-15; Excel took the number 2018 for a day count: write it all']),
    "a time without a date": (set_cells("requests", D3=dt.time(7, 0)), ['requests!D3  earliest  read "07:00:00"  expected a UTC date and time such as 2018-10-15 06:00']),
    "a date in words": (set_cells("requests", D3="1 Feb 2027 07:00"), ['requests!D3  earliest  read "1 Feb 2027 07:00"  expected a UTC date and time such as 2018-10-15 06:00']),
    "an ambiguous date": (set_cells("aircraft", D3="05/04/2027"), ['aircraft!D3  from  read "05/04/2027"  expected a date such as 2018-10-15; this may mean 2027-04-05 or 2027-05-04: write the one you mean']),
    "a formula without a value": (set_cells("places", N3="=SUM(N4:N6)"), ['places!N3  people  read "=SUM(N4:N6)"  a formula without a value; open the workbook in Excel and save it, or paste the value']),
    "an error": (error_value, ['places!C3  lat  read "#REF!"  the cell shows an error; mend the formula or type the value']),
    "merged cells": (merge, ['places!M4  beds  read "M4:M5"  these cells are merged; unmerge them and fill each']),
    "a header renamed": (set_cells("places", C1="latitud"), ["places!C1  latitud  unknown column; did you mean lat?", "places!A1  lat      this column is missing; add it: latitude, a number from -90 to 90, in degrees"]),
    "a header twice": (set_cells("places", D1="lat"), ["places!C1  lat  the column stands here twice; remove or rename one", "places!A1  lon  this column is missing; add it: longitude, a number from -180 to 180, in degrees"]),
    "a column without a name": (set_cells("requests", Z3="x"), ["requests!Z3  a value in a column without a name; name the column or clear it"]),
    "a sheet deleted": (delete_sheet("types"), ["the sheet types is missing; pack the folder again"]),
    "a sheet renamed": (rename_sheet, ["the sheet places is missing; rename the sheet plases to places"]),
    "no mission sheet": (delete_sheet("mission"), ["the sheet mission is missing; it holds name, dates and rules"]),
    "a rule in words": (setting("clock.care_min", "an hour"), ['mission!<clock.care_min>  clock.care_min  read "an hour"  expected a number > 0 and <= 1440, in minutes']),
    "a rule beyond limits": (setting("flying.reserve", 10), ['mission!<flying.reserve>  flying.reserve  read "10"  expected a number >= 0 and < 1, as a share; did you mean 0.1?']),
    "a rule that is none": (unknown_setting, ["mission!<clock.aproval_min>  clock.aproval_min  unknown rule; did you mean approval_min?"]),
    "a date that is none": (setting("end", "end of June"), ['mission!<end>  end  read "end of June"  expected a date such as 2018-10-15']),
    "a truth for a number": (set_cells("places", M3=True), ['places!M3  beds  read "yes"  expected a whole number from 0 to 10,000']),
    "more than anything": (set_cells("places", N3=1e308), ['places!N3  people  read "1e+308"  expected a number from 0 to 1,000,000,000, in people']),
    "without end, in words": (set_cells("places", N3="inf"), ['places!N3  people  read "inf"  expected a number from 0 to 1,000,000,000, in people']),
    "per cent in words": (set_cells("aircraft", F3="80%"), ['aircraft!F3  serviceability  read "80%"  expected a number from 0 to 1, as a share; write the share: 0.8']),
    "an id that became a date": (set_cells("requests", A3=dt.date(2027, 2, 1)), ['requests!A3  id  read "2027-02-01"  expected text of at most 60 characters; Excel made a date of it: format the cell as text and type it again']),
    "two sheets of one name": (lambda opened: setattr(opened.copy_worksheet(opened["places"]), "title", "Places "), ["two sheets are called places; remove or rename one"]),
    "the mission ends first": (setting("end", dt.date(2026, 6, 27)), ['mission!<end>  end  read "2026-06-27"  is before start, 2027-01-04']),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILED)
def test_each_way_of_spoiling_names_sheet_and_cell(case: str, book: Path) -> None:
    change, told = SPOILED[case]
    edit(book, change)
    opened = openpyxl.load_workbook(book)
    rows = {row[0].value: row[0].row for row in opened["mission"].iter_rows()} if "mission" in opened else {}
    expected = [re.sub("<(.+?)>", lambda key: f"B{rows[key[1]]}", line) for line in told]
    count = f"{len(expected)} problem{'s' if len(expected) > 1 else ''}. Nothing was computed."
    assert said(book) == ["m.xlsx", *(f"  {line}" for line in expected), count]


@pytest.mark.parametrize("value", ["INF", "NaN", "1e999"])
def test_a_number_without_end_in_the_file_itself(value: str, book: Path) -> None:
    """No spreadsheet writes it; a damaged or hostile file may."""
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    spoiled = re.sub(
        rb'(<c r="N3"[^>]*>)<v>[^<]*</v>', rb"\1<v>" + value.encode() + b"</v>", parts["xl/worksheets/sheet2.xml"]
    )
    with zipfile.ZipFile(book, "w") as archive:
        for name, data in {**parts, "xl/worksheets/sheet2.xml": spoiled}.items():
            archive.writestr(name, data)
    assert said(book)[1].startswith("  places!N3  people  read ")


def test_a_rule_that_stands_twice(book: Path) -> None:
    edit(book, lambda opened: opened["mission"].append(["name", "other"]))
    row = openpyxl.load_workbook(book)["mission"].max_row
    assert said(book)[1] == f'  mission!A{row}  read "name"  the key stands already in row 2; remove one'


def test_problems_of_all_sheets_at_once(book: Path) -> None:
    edit(book, set_cells("places", C3="x"))
    edit(book, set_cells("types", D3="y"))
    assert [line.split()[0] for line in said(book)[1:-1]] == ["places!C3", "types!D3"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"id,name\n", "not an Excel workbook (.xlsx); a folder or CSV needs no unpacking"),
        (b"PK\x03\x04 broken", "a damaged workbook: File is not a zip file; open it in Excel and save it again"),
        (
            b"\xd0\xcf\x11\xe0" + bytes(600),
            "an old (.xls) or password-protected workbook; save it as .xlsx without a password",
        ),
    ],
)
def test_files_that_are_no_workbook(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "m.xlsx"
    path.write_bytes(data)
    assert said(path) == ["m.xlsx", f"  {message}", "1 problem. Nothing was computed."]


def test_a_sheet_that_spans_everything_is_refused_before_it_is_read(book: Path) -> None:
    edit(book, set_cells("places", XFD1048576="x"))
    assert said(book)[1] == "  the sheet places spans 17,179,869,184 cells; clear what stands far out, and save it"


def test_a_zip_that_is_no_workbook(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.xlsx", "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert said(tmp_path / "m.xlsx")[1] == "  not an Excel workbook (.xlsx); save it as .xlsx"
    with pytest.raises(MissionError, match="cannot be read: No such file"):
        unpack(tmp_path / "none.xlsx", tmp_path / "out")


@pytest.mark.parametrize("name", ["../evil.csv", "/etc/evil", "a/../../evil", "c:evil", "..\\evil", ".git/config"])
def test_a_hidden_path_never_leaves_the_folder(name: str, book: Path) -> None:
    edit(book, set_cells("_castor", A2=name))
    assert said(book)[1] == f'  _castor  read "{name}"  a hidden file whose path leaves the folder'


def test_a_hidden_file_that_was_tampered_with(book: Path) -> None:
    edit(book, set_cells("_castor", E2="AAAA"))
    assert "a hidden file is damaged" in said(book)[1]


def test_without_the_hidden_sheet_the_folder_is_made_anew(folder: Path, book: Path, tmp_path: Path) -> None:
    edit(book, delete_sheet("_castor"))
    unpack(book, tmp_path / "out")
    one, other = castor.read(folder), castor.read(tmp_path / "out")
    assert one.places == other.places
    assert one.requests == other.requests
    assert one.rules == other.rules
    assert one.sources == other.sources


def test_a_folder_that_has_changed_since_is_not_written_over(folder: Path, book: Path) -> None:
    edit(book, set_cells("places", N3=500))
    (folder / "places.csv").write_text((folder / "places.csv").read_text().replace("Port Halden", "Port Haldane"))
    before = files(folder)
    with pytest.raises(MissionError, match="has changed since it was packed; unpack into another folder"):
        unpack(book, folder)
    assert files(folder) == before
    assert unpack(book, folder, force=True).written == ("places.csv",)
    assert castor.read(folder).place["port"].people == 500


def test_unpacking_over_its_own_folder_writes_what_changed(folder: Path, book: Path) -> None:
    edit(book, set_cells("places", N3=500))
    packed = unpack(book, folder)
    assert packed.written == ("places.csv",)
    assert "mission.toml" in packed.left


def test_a_mission_that_extends_another(folder: Path, tmp_path: Path) -> None:
    child = tmp_path / "child"
    child.mkdir()
    (child / "mission.toml").write_text(
        'extends = "../m"  # the base\nname = "child"\n[without]\nrequests = ["R1", "R2"]\n'
    )
    (child / "aircraft.csv").write_text("tail,type,base\nH-3,MH,west\n")
    pack(child, tmp_path / "c.xlsx")
    unpack(tmp_path / "c.xlsx", tmp_path / "other")
    assert files(tmp_path / "other") == files(child)
    edit(tmp_path / "c.xlsx", set_cells("aircraft", C3="north"))
    unpack(tmp_path / "c.xlsx", child)
    assert castor.read(child).tail["H-3"].base == "north"
    edit(tmp_path / "c.xlsx", set_cells("aircraft", C3="nroth"))
    with pytest.raises(MissionError, match="aircraft!C3"):
        unpack(tmp_path / "c.xlsx", child)


def test_the_workbook_helps_the_planner(book: Path) -> None:
    opened = openpyxl.load_workbook(book)
    assert opened.sheetnames == ["mission", *TABLES, "sources", "_castor"]
    places, requests = opened["places"], opened["requests"]
    assert opened["_castor"].sheet_state == "veryHidden"
    assert places.freeze_panes == "B3"
    assert places["C2"].value == "#geo+lat"
    assert isinstance(places["C1"].comment, Comment)
    assert "latitude" in places["C1"].comment.text
    assert places.page_setup.paperSize == 9
    assert places.print_title_rows == "$1:$2"
    rules = {str(rule.sqref).split(":")[0]: rule for rule in requests.data_validations.dataValidation}
    assert rules["B3"].formula1 == "'places'!$A$3:$A$507"
    assert (rules["K3"].type, rules["K3"].formula1, rules["K3"].formula2) == ("whole", "1", "9")
    assert opened["sources"]["A2"].value == "invented"


def test_a_bad_folder_is_not_packed(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "places.csv", folder / "types.csv")
    with pytest.raises(MissionError):
        pack(folder, tmp_path / "m.xlsx")
    assert not (tmp_path / "m.xlsx").exists()


def test_large_files_stay_behind_and_are_named(folder: Path, tmp_path: Path) -> None:
    (folder / "ledger").mkdir()
    (folder / "ledger" / "big.xml").write_bytes(bytes(8_000_001))
    (folder / "ledger" / "small.csv").write_text("x\n")
    packed = pack(folder, tmp_path / "m.xlsx")
    assert packed.left == ("ledger/big.xml",)
    unpack(tmp_path / "m.xlsx", tmp_path / "out")
    assert (tmp_path / "out" / "ledger" / "small.csv").read_text() == "x\n"


def test_letters_of_columns() -> None:
    assert [letters(index) for index in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


_note = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=30).map(str.strip)
_moment = st.datetimes(dt.datetime(1880, 1, 1), dt.datetime(2200, 1, 1))


@st.composite
def missions(draw: st.DrawFn) -> Mission:
    """Missions with odd text, numbers of 17 digits, days before 1900 and moments to the microsecond."""
    places = tuple(
        Place(id=f"p{n}", name=f"P{n}", lat=draw(st.floats(10, 12)), lon=draw(st.floats(10, 12)), note=draw(_note),
              people=draw(st.none() | st.floats(0, 1e9)), start=draw(st.none() | st.dates(dt.date(1000, 1, 1), dt.date(2000, 1, 1))))
        for n in range(draw(st.integers(2, 4)))
    )  # fmt: skip
    requests = []
    for n in range(draw(st.integers(0, 3))):
        first, last = sorted(draw(st.lists(_moment, min_size=2, max_size=2)))
        requests.append(
            Request(id=f"r{n}", origin="p0", destination="p1", earliest=first, latest=last, note=draw(_note))
        )
    title = {"en": draw(_note.filter(bool)), "fr": draw(_note.filter(bool))}
    return Mission(
        name="m", title=title, start=dt.date(2018, 1, 1), end=dt.date(2019, 1, 1), places=places,
        requests=tuple(requests), rules=Rules(clock=Clock(care_min=draw(st.floats(0.5, 1440)))),
        sources={"clock.care_min": draw(_note.filter(bool))},
    )  # fmt: skip


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(mission=missions())
def test_whatever_a_mission_says_it_comes_back_byte_for_byte(
    mission: Mission, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("book")
    castor.write(mission, root / "m")
    pack(root / "m", root / "m.xlsx")
    unpack(root / "m.xlsx", root / "out")
    assert files(root / "out") == files(root / "m")


def test_text_that_a_workbook_reads_as_a_line_end_alone_stays_as_it_was(tmp_path: Path) -> None:
    castor.write(
        Mission(name="m", title={"en": "a", "fr": "_x000D_"}, start=dt.date(2018, 1, 1), end=dt.date(2019, 1, 1)),
        tmp_path / "m",
    )
    pack(tmp_path / "m", tmp_path / "m.xlsx")
    unpack(tmp_path / "m.xlsx", tmp_path / "out")
    assert files(tmp_path / "out") == files(tmp_path / "m")


@pytest.mark.parametrize("day", [dt.date(1899, 12, 31), dt.date(1905, 7, 10), dt.date(1906, 1, 1)])
def test_a_date_of_long_ago_is_not_taken_for_a_year_typed_alone(tmp_path: Path, day: dt.date) -> None:
    place = Place(id="a", name="A", lat=1.0, lon=2.0, kind="camp", start=day)
    mission = Mission(name="m", title={"en": "a", "fr": "b"}, start=day, end=dt.date(2019, 1, 1), places=(place,))
    castor.write(mission, tmp_path / "m")
    pack(tmp_path / "m", tmp_path / "m.xlsx")
    unpack(tmp_path / "m.xlsx", tmp_path / "out")
    assert files(tmp_path / "out") == files(tmp_path / "m")
