"""The form of movement requests: written, filled in, read back, added to the mission."""
# ruff: noqa: E501

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import castor
from castor.cli import main
from castor.errors import MissionError
from castor.mission.form import add_requests, read_form, write_form
from castor.mission.model import Mission
from castor.mission.start import start

DAY = dt.date(2027, 2, 8)


@pytest.fixture
def mission(tmp_path: Path) -> Mission:
    start(tmp_path / "m")
    return castor.read(tmp_path / "m")


@pytest.fixture
def form(mission: Mission, tmp_path: Path) -> Path:
    path = tmp_path / "form.xlsx"
    write_form(mission, DAY, path)
    book = openpyxl.load_workbook(path)
    sheet = book["flight request"]
    sheet["E3"], sheet["E4"], sheet["E6"], sheet["E11"] = "Engineer Coy", "Lt A.", 2, "Bridge repair"
    for name, value in {
        "C14": dt.time(7, 0),
        "D14": "port",
        "E14": "north",
        "F14": dt.time(12, 30),
        "G14": 6,
        "H14": 2,
        "J14": 300,
        "K14": 1.5,
        "N14": "two crates",
    }.items():
        sheet[name] = value
    for name, value in {"C15": "0800", "D15": "north", "E15": "port", "F15": "14:15Z", "I15": 1, "M15": "yes"}.items():
        sheet[name] = value
    book.save(path)
    return path


def edit(path: Path, change: Callable[[Any], None]) -> None:
    book = openpyxl.load_workbook(path)
    change(book["flight request"])
    book.save(path)


def test_a_form_that_was_filled_in(mission: Mission, form: Path) -> None:
    first, second = read_form(mission, form)
    assert (first.id, second.id) == ("engineer-coy-2027-02-08-1", "engineer-coy-2027-02-08-2")
    assert (first.origin, first.destination, first.pax, first.cargo_kg) == ("port", "north", 8, 300)
    assert (first.earliest, first.latest) == (dt.datetime(2027, 2, 8, 7), dt.datetime(2027, 2, 8, 12, 30))
    assert (first.priority, first.requester, first.note) == (
        2,
        "Engineer Coy, Lt A.",
        "Bridge repair; 1.5 m3; two crates",
    )
    assert (second.earliest, second.latest) == (dt.datetime(2027, 2, 8, 8), dt.datetime(2027, 2, 8, 14, 15))
    assert (second.litters, second.split, second.pax) == (1, True, 0)


def test_an_empty_form_has_no_requests(mission: Mission, tmp_path: Path) -> None:
    write_form(mission, DAY, tmp_path / "f.xlsx")
    assert read_form(mission, tmp_path / "f.xlsx") == []


SPOILED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown place": ({"D14": "prot"}, 'flight request!D14  from  read "prot"  no such place; did you mean port (Port Halden)?'),
    "no destination": ({"E14": None}, "flight request!E14  to  a value is required: text"),
    "no time": ({"C14": None}, "flight request!C14  earliest  expected a time of day, UTC, such as 07:00"),
    "no such time": ({"F14": "2575"}, 'flight request!F14  latest  read "2575"  expected a time of day, UTC, such as 07:00'),
    "arrives first": ({"F14": "0600"}, 'flight request!F14  latest  read "2027-02-08 06:00"  is not after the ETD, 2027-02-08 07:00'),
    "nowhere": ({"E14": "port"}, 'flight request!E14  to  read "port"  the same place as from'),
    "pax in words": ({"G14": "six"}, 'flight request!G14  pax  read "six"  expected a whole number from 0 to 100,000'),
    "no date": ({"B14": "Monday"}, 'flight request!B14  earliest  read "Monday"  expected a date such as 2018-10-15'),
    "priority": ({"E6": "high"}, 'flight request!E6  priority  read "high"  expected a whole number from 1 to 9'),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILED)
def test_each_way_of_spoiling_names_the_cell(case: str, mission: Mission, form: Path) -> None:
    cells, message = SPOILED[case]
    edit(form, lambda sheet: [sheet.__setitem__(name, value) for name, value in cells.items()])
    with pytest.raises(MissionError) as caught:
        read_form(mission, form)
    assert message in [str(problem) for problem in caught.value.problems]


def test_what_is_no_form_is_refused(mission: Mission, form: Path) -> None:
    edit(form, lambda sheet: sheet.insert_rows(3))
    with pytest.raises(MissionError, match="the header of the lines is not where it was"):
        read_form(mission, form)
    edit(form, lambda sheet: setattr(sheet, "title", "other"))
    with pytest.raises(MissionError, match="not a form of castor template"):
        read_form(mission, form)


def test_added_to_the_mission_every_other_line_stays(mission: Mission, form: Path) -> None:
    path = Path(mission.folder) / "requests.csv"
    before = path.read_text().splitlines()
    add_requests(mission, read_form(mission, form))
    once = castor.read(mission.folder)
    assert len(once.requests) == 7
    assert once.requests[5].pax == 8
    add_requests(once, read_form(once, form))
    assert castor.read(mission.folder).requests == once.requests
    (Path(mission.folder) / "requests.csv").unlink()
    add_requests(mission, read_form(mission, form))
    assert len(castor.read(mission.folder).requests) == 2
    assert len(before) == 6


def test_the_command(mission: Mission, form: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, expected in (
        (["new.xlsx", "--date", "2027-02-08"], "new.xlsx"),
        ([str(form), "--read", "--csv"], "engineer-coy-2027-02-08-2,north,port,2027-02-08 08:00"),
        ([str(form), "--add"], "engineer-coy-2027-02-08-1"),
    ):
        target = words[0] if words[0] != "new.xlsx" else str(tmp_path / "new.xlsx")
        with pytest.raises(SystemExit) as stop:
            main(["template", mission.folder, target, *words[1:]])
        assert not stop.value.code
        assert expected in capsys.readouterr().out
    assert len(castor.read(mission.folder).requests) == 7
    with pytest.raises(SystemExit):
        main(["template", "--help"])
    assert "  castor template missions/mali monday.xlsx --date 2018-10-15" in capsys.readouterr().out
