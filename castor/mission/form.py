"""The movement requests of a day as a form to print, fill in and send back, and its reader.

The order of the boxes follows the special flight request of United Nations missions (aviation standard operating
procedures): who asks, how to reach them, why; then the itinerary with date, ETD, from, to, ETA, passengers by kind,
cargo by weight and volume; then who vets and approves.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from castor.errors import MissionError, Problem
from castor.mission.cells import format_cell
from castor.mission.crosscheck import KEYS, check_references, check_unique, known_in
from castor.mission.model import Mission, Request, columns
from castor.mission.sheet import Writer, cell_text
from castor.mission.table import Table, fill_table, format_table, parse_table, write_atomic
from castor.mission.verbatim import keep_table
from castor.mission.xlsx import Sheet, letters, open_workbook

LINES = 20
_SHEET = "flight request"
_TITLE = "MOVEMENT AND FLIGHT REQUEST / DEMANDE DE MOUVEMENT ET DE VOL"
_BOXES = (
    "1. Requesting unit / Unité demandeuse",
    "2. Name of requester / Nom du demandeur",
    "3. Date of request / Date de la demande",
    "4. Priority, 1 to 9 / Priorité, de 1 à 9",
    "5. Telephone, call sign / Téléphone, indicatif",
    "6. E-mail / Courriel",
    "7. Contact at pick-up / Contact au départ",
    "8. Programme",
    "9. Purpose / Objet",
)
_TABLE_ROW = 3 + len(_BOXES)
_HEADS = (
    ("No.", ""), ("Date", ""), ("ETD (UTC) earliest / au plus tôt", "earliest"), ("From / De", "from"),
    ("To / À", "to"),
    ("ETA (UTC) latest / au plus tard", "latest"), ("UN pax / Pax ONU", "pax"), ("Other pax / Autres pax", "pax"),
    ("Litters / Civières", "litters"), ("Cargo kg / Fret kg", "cargo_kg"), ("Cargo m3 / Fret m3", "note"),
    ("Class of goods / Classe", "goods"), ("May be split / Fractionnable", "split"), ("Remarks / Remarques", "note"),
)  # fmt: skip
_SIGNED = (
    "Vetting official / Vérification",
    "Movement control / Contrôle des mouvements",
    "Aviation / Opérations aériennes",
)
_COLUMNS = (
    "id", "from", "to", "earliest", "latest", "pax", "cargo_kg", "litters", "priority", "split", "goods", "requester",
    "programme", "source", "note",
)  # fmt: skip


def write_form(mission: Mission, day: dt.date, path: str | os.PathLike[str]) -> None:
    """Write the empty form of a day, with the mission's places to choose from."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_urls": False})
    book.set_properties({"title": _TITLE, "created": dt.datetime(2000, 1, 1)})
    writer = Writer(book)
    sheet = book.add_worksheet(_SHEET)
    writer.page(sheet, mission.title.get("en", mission.name), rows=1)
    sheet.write_string(0, 0, _TITLE, writer.bold)
    sheet.write_string(1, 0, f"{mission.name}   {day.isoformat()}")
    boxed = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
    for row, label in enumerate(_BOXES, start=2):
        sheet.merge_range(row, 0, row, 3, label, boxed)
        sheet.merge_range(row, 4, row, 13, "", boxed)
    priority = {"validate": "list", "source": [str(value) for value in range(1, 10)]}
    sheet.data_validation(2 + 3, 4, 2 + 3, 4, priority)
    _write_lines(book, sheet, writer, day, len(mission.places))
    for row, label in enumerate(_SIGNED, start=_TABLE_ROW + LINES + 2):
        sheet.merge_range(row, 0, row, 3, label, boxed)
        sheet.merge_range(row, 4, row, 8, "Name, date / Nom, date", boxed)
        sheet.merge_range(row, 9, row, 13, "Signature", boxed)
        sheet.set_row(row, 30)
    names = book.add_worksheet("places")
    for row, place in enumerate(mission.places):
        names.write_string(row, 0, place.id)
        names.write_string(row, 1, place.name)
    book.close()
    write_atomic(path, out.getvalue())


def _write_lines(book: Any, sheet: Any, writer: Writer, day: dt.date, places: int) -> None:
    """Write the itinerary: its header, numbered lines with the day filled in, and what each column admits."""
    boxed = book.add_format({"border": 1})
    head = book.add_format(
        {"bold": True, "bg_color": "#1F3A4D", "font_color": "#FFFFFF", "text_wrap": True, "border": 1}
    )
    dated = book.add_format({"border": 1, "num_format": "yyyy-mm-dd"})
    timed = book.add_format({"border": 1, "num_format": "hh:mm"})
    for at, (label, _) in enumerate(_HEADS):
        sheet.write_string(_TABLE_ROW, at, label, head)
        sheet.set_column(at, at, 30 if at == len(_HEADS) - 1 else 12)
    first, last = _TABLE_ROW + 1, _TABLE_ROW + LINES
    for row in range(first, last + 1):
        for at in range(len(_HEADS)):
            sheet.write_blank(row, at, None, timed if at in (2, 5) else boxed)
        sheet.write_number(row, 0, row - first + 1, boxed)
        sheet.write_datetime(row, 1, dt.datetime(day.year, day.month, day.day), dated)
    listed = {"validate": "list", "source": f"='places'!$A$1:$A${max(places, 1)}"}
    for at in (3, 4):
        sheet.data_validation(first, at, last, at, listed)
    for at in (2, 5):
        sheet.data_validation(first, at, last, at, {"validate": "time", "criteria": ">=", "value": dt.time(0, 0)})
    for at in (6, 7, 8):
        sheet.data_validation(first, at, last, at, {"validate": "integer", "criteria": ">=", "value": 0})
    for at in (9, 10):
        sheet.data_validation(first, at, last, at, {"validate": "decimal", "criteria": ">=", "value": 0})
    sheet.data_validation(first, 12, last, 12, {"validate": "list", "source": ["yes", "no"]})


def read_form(mission: Mission, path: str | os.PathLike[str]) -> list[Request]:
    """Read the requests of a form that was filled in; a line without a place is left out.

    Raises ``MissionError`` with every problem by sheet and cell.
    """
    file = str(path)
    sheet = open_workbook(path).get(_SHEET)
    if sheet is None or len(sheet.rows) <= _TABLE_ROW or not sheet.rows[0] or sheet.rows[0][0] != _TITLE:
        raise MissionError(
            [Problem(file, "not a form of castor template", remedy="write one and copy the lines into it")]
        )
    labels = [str(value) for value in sheet.rows[_TABLE_ROW][: len(_HEADS)]]
    if labels != [label for label, _ in _HEADS]:
        cell = f"{sheet.name}!A{_TABLE_ROW + 1}"
        raise MissionError([Problem(file, "the header of the lines is not where it was", cell=cell)])
    table = Table(Request, file)
    table.cell_name = lambda row, column: _cell_name(sheet, row, column)
    boxes = {at: _text(sheet, row, 4) for at, row in enumerate(range(2, 2 + len(_BOXES)), start=1)}
    lines: list[list[str]] = [list(_COLUMNS)]
    numbers = [_TABLE_ROW + 1]
    for row in range(_TABLE_ROW + 1, min(_TABLE_ROW + 1 + LINES, len(sheet.rows))):
        if _text(sheet, row, 3) or _text(sheet, row, 4):
            lines.append(_line(table, sheet, row, boxes))
            numbers.append(row + 1)
    told = list(table.problems)
    spoiled = {(problem.row, problem.column) for problem in told}
    fill_table(table, lines, numbered=numbers)
    known = known_in(mission)
    check_references(table, known)
    check_unique(table, KEYS["requests"])
    table.problems = [p for p in table.problems if p in told or (p.row, p.column) not in spoiled]
    _check_windows(table)
    if table.problems:
        table.sort_problems()
        raise MissionError(table.problems)
    return table.rows


def _check_windows(table: Table[Request]) -> None:
    for row, request in zip(table.rows_at, table.rows):
        if request.latest <= request.earliest:
            table.problem(row, "latest", request.latest, f"is not after the ETD, {format_cell(request.earliest)}")
        if request.origin == request.destination:
            table.problem(row, "to", request.destination, "the same place as from")


def _cell_name(sheet: Sheet, row: int, column: str) -> str:
    at = next((at for at, (_, name) in enumerate(_HEADS) if name == column), None)
    if column == "priority":
        return f"{sheet.name}!E{2 + 4}"
    return f"{sheet.name}!{letters(at if at is not None else 0)}{row}"


def _value(sheet: Sheet, row: int, at: int) -> Any:
    return sheet.rows[row][at] if row < len(sheet.rows) and at < len(sheet.rows[row]) else ""


def _text(sheet: Sheet, row: int, at: int) -> str:
    value = _value(sheet, row, at)
    return value.isoformat() if isinstance(value, dt.time) else cell_text(value, None).strip()


def _line(table: Table[Request], sheet: Sheet, row: int, boxes: Mapping[int, str]) -> list[str]:
    """Return a line of the form as a row of requests."""
    for at, (_, name) in enumerate(_HEADS):
        trouble = sheet.troubles.get((row, at))
        if trouble is not None:
            table.problem(row + 1, name, trouble.read, trouble.expected, trouble.remedy)
    volume, remarks = _text(sheet, row, 10), _text(sheet, row, 13)
    day = _day(table, sheet, row)
    unit = re.sub(r"[^\w]+", "-", boxes[1].casefold()).strip("-") or "form"
    said = {
        "id": f"{unit}-{day}-{_text(sheet, row, 0) or row}"[:60],
        "from": _text(sheet, row, 3),
        "to": _text(sheet, row, 4),
        "earliest": _moment(table, sheet, row, 2, day),
        "latest": _moment(table, sheet, row, 5, day),
        "pax": _sum(sheet, row, (6, 7)),
        "cargo_kg": _text(sheet, row, 9),
        "litters": _text(sheet, row, 8),
        "priority": boxes[4],
        "split": _text(sheet, row, 12),
        "goods": _text(sheet, row, 11),
        "requester": ", ".join(part for part in (boxes[1], boxes[2]) if part),
        "programme": boxes[8],
        "source": f"form of {boxes[1] or 'a unit'}" + (f", {boxes[3]}" if boxes[3] else ""),
        "note": "; ".join(part for part in (boxes[9], f"{volume} m3" if volume else "", remarks) if part),
    }
    return [said[name] for name in _COLUMNS]


def _sum(sheet: Sheet, row: int, columns_at: tuple[int, ...]) -> str:
    """Add up cells that hold whole numbers; anything else is handed on for the reader to refuse."""
    texts = [text for at in columns_at if (text := _text(sheet, row, at))]
    if all(text.isdecimal() for text in texts):
        return str(sum(map(int, texts))) if texts else ""
    return next(text for text in texts if not text.isdecimal())


def _day(table: Table[Request], sheet: Sheet, row: int) -> str:
    value = _value(sheet, row, 1)
    text = format_cell(value.date() if isinstance(value, dt.datetime) else value) if value != "" else ""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        cell = f"{sheet.name}!B{row + 1}"
        expected = "expected a date such as 2018-10-15"
        table.problems.append(Problem(table.file, expected, row + 1, "earliest", text or None, "", cell))
    return text


def _moment(table: Table[Request], sheet: Sheet, row: int, at: int, day: str) -> str:
    """Join the line's day and a time of day, written 07:00, 0700 or as a time of Excel."""
    value = _value(sheet, row, at)
    name = _HEADS[at][1]
    if isinstance(value, dt.datetime):
        return format_cell(value.replace(microsecond=0))
    if isinstance(value, dt.time):
        return f"{day} {value:%H:%M}"
    text = cell_text(value, None).strip() if not isinstance(value, dt.timedelta) else str(value)
    military = re.fullmatch(r"(\d{1,2}):?(\d{2})\s*[zZ]?", text.zfill(4) if text.isdecimal() else text)
    if military and int(military[1]) < 24 and int(military[2]) < 60:
        return f"{day} {int(military[1]):02}:{military[2]}"
    table.problem(row + 1, name, text or None, "expected a time of day, UTC, such as 07:00")
    return ""


def add_requests(mission: Mission, requests: list[Request]) -> Path:
    """Add requests to the mission's ``requests.csv``, every other line as it stood; the same id replaces."""
    path = Path(mission.folder) / "requests.csv"
    if not path.exists():
        write_atomic(path, format_table(Request, requests).encode("utf-8"))
        return path
    original = path.read_bytes()
    was = parse_table(Request, original, str(path))
    merged = {row.id: row for row in was.rows} | {row.id: row for row in requests}
    known = {column.name: column.field for column in columns(Request)}
    write_atomic(path, keep_table(list(merged.values()), original, was, [known[key] for key in KEYS["requests"]]))
    return path
