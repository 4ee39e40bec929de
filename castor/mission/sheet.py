"""A table of structs as a sheet of a workbook: drop-downs, limits and comments out; every problem's cell back."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec

from castor.errors import Problem
from castor.mission.cells import Unreadable, base_type, describe, format_cell
from castor.mission.model import TABLES, Column, columns
from castor.mission.table import Table, fill_table, header_names, judge_style
from castor.mission.xlsx import Sheet, letters

Row = TypeVar("Row", bound=msgspec.Struct)
_FIRST_DATE = dt.date(1906, 1, 1)
_ROOM = 500
KEY_NAMES = {key for _, key in TABLES.values() if key}
"""Columns that name a row: never a date, though Excel makes one of 2-1."""
_DAYS = {False: dt.datetime(1899, 12, 30), True: dt.datetime(1904, 1, 1)}


def read_sheet(cls: type[Row], sheet: Sheet, file: str) -> Table[Row]:
    """Read a sheet into structs; each problem names its cell (``places!C7``)."""
    table = Table(cls, file)
    first = next((at for at, row in enumerate(sheet.rows) if any(value != "" for value in row)), 0)
    names = header_names(cls, [str(value) for value in sheet.rows[first]]) if sheet.rows else []
    table.cell_name = lambda row, column: _cell_name(sheet, first, names, row, column)
    described = {column.name: column for column in columns(cls)}
    texts: list[list[str]] = []
    typed: dict[str, list[str]] = {}
    for at, row in enumerate(sheet.rows):
        line = []
        for index, value in enumerate(row):
            name = names[index] if index < len(names) else None
            column = described.get(name or "") if at > first else None
            nameless = at > first and sheet.rows[first][index] == ""
            line.append(_read_cell(table, sheet, at, index, value, column, nameless=nameless))
            if column is not None and isinstance(value, str):
                typed.setdefault(column.name, []).append(value.strip())
        texts.append(line)
    spoiled = {(problem.row, problem.column) for problem in table.problems}
    fill_table(table, texts, style=judge_style(cls, typed, ","))
    # a cell refused above was read as empty: what is then said of an empty cell is no news
    seen = [problem for problem in table.problems if problem.expected.startswith("a value is required")]
    table.problems = [p for p in table.problems if p not in seen or (p.row, p.column) not in spoiled]
    bad_rows = {problem.row for problem in table.problems}
    kept = [(row, at) for row, at in zip(table.rows, table.rows_at) if at not in bad_rows]
    table.rows, table.rows_at = [row for row, _ in kept], [at for _, at in kept]
    return table


def _cell_name(sheet: Sheet, first: int, names: Sequence[str | None], row: int, column: str) -> str:
    if column in names:
        return f"{sheet.name}!{letters(names.index(column))}{row}"
    header = [str(value).strip() for value in sheet.rows[first]] if sheet.rows else []
    if column and column in header:
        return f"{sheet.name}!{letters(header.index(column))}{row}"
    return f"{sheet.name}!A{row}"


def _read_cell(
    table: Table[Any], sheet: Sheet, row: int, index: int, value: Any, column: Column | None, *, nameless: bool
) -> str:
    """Return a cell as text that the reader of tables understands; what Excel made unreadable is a problem."""
    trouble = sheet.troubles.get((row, index))
    name = column.name if column is not None else ""
    if nameless and value != "":
        cell = f"{sheet.name}!{letters(index)}{row + 1}"
        remedy = "name the column or clear it"
        table.problems.append(
            Problem(table.file, "a value in a column without a name", row + 1, "", None, remedy, cell)
        )
        return ""
    if trouble is not None:
        cell = f"{sheet.name}!{letters(index)}{row + 1}"
        said = Problem(table.file, trouble.expected, row + 1, name, trouble.read, trouble.remedy, cell)
        table.problems.append(said)
        return ""
    try:
        return cell_text(value, column, since_1904=sheet.since_1904)
    except Unreadable as reason:
        cell = f"{sheet.name}!{letters(index)}{row + 1}"
        shown = format_cell(value) if not isinstance(value, dt.time) else value.isoformat()
        table.problems.append(Problem(table.file, reason.expected, row + 1, name, shown, reason.remedy, cell))
        return ""


def cell_text(value: Any, column: Column | None, *, since_1904: bool = False) -> str:
    """Write a value of a sheet as canonical text for its column.

    Numbers stand for dates in a column of dates (Excel counts days); dates in a column of numbers are refused, since
    Excel makes them of 1.5 or 3-4 unasked.
    """
    base = base_type(column.type)[0] if column is not None else str
    if isinstance(value, str):
        return value.replace("_x000D_", "").replace("\r\n", "\n")
    if isinstance(value, bool):
        return format_cell(value)
    if isinstance(value, dt.timedelta | dt.time):
        raise Unreadable(f"expected {describe(column)}" if column is not None else "a time without a date")
    if isinstance(value, dt.date):
        return _date_text(value, base, column)
    if base in (dt.date, dt.datetime) and isinstance(value, int | float):
        if since_1904 or not 20_000 <= value <= 80_000:
            raise Unreadable(f"expected {describe(column) if column is not None else 'a date'}")
        return _date_text(_DAYS[since_1904] + dt.timedelta(days=value), base, column)
    if isinstance(value, float) and not math.isfinite(value):
        raise Unreadable(f"expected {describe(column)}" if column is not None else "expected a number")
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return format_cell(value)


def _date_text(value: dt.date, base: Any, column: Column | None) -> str:
    if base in (int, float, Decimal, bool) and column is not None:
        remedy = "Excel made a date of it: format the cell as a number and type it again"
        raise Unreadable(f"expected {describe(column)}", remedy)
    if column is not None and base is str and (column.ref or column.name in KEY_NAMES):
        raise Unreadable(
            f"expected {describe(column)}", "Excel made a date of it: format the cell as text and type it again"
        )
    moment = value if isinstance(value, dt.datetime) else dt.datetime(value.year, value.month, value.day)
    moment = _rounded(moment)
    if column is not None and moment.year == 1905:
        year = (moment - _DAYS[False]).days
        raise Unreadable(f"expected {describe(column)}", f"Excel took the number {year} for a day count: write it all")
    if base is dt.datetime:
        return format_cell(moment)
    if base is dt.date and moment.time() != dt.time():
        raise Unreadable("expected a date such as 2018-10-15", "remove the time")
    return format_cell(moment.date() if moment.time() == dt.time() else moment)


def _rounded(moment: dt.datetime) -> dt.datetime:
    """Round to the millisecond: a day's fraction in a workbook is no finer."""
    down = moment.replace(microsecond=0)
    return down + dt.timedelta(milliseconds=round((moment - down) / dt.timedelta(milliseconds=1)))


class Writer:
    """Writes tables of structs into a workbook of xlsxwriter, all in one look."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.head = book.add_format({"bold": True, "bg_color": "#1F3A4D", "font_color": "#FFFFFF", "valign": "top"})
        self.tag = book.add_format({"italic": True, "font_color": "#7A7A7A", "font_size": 8})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self.bold = book.add_format({"bold": True, "font_size": 14})
        shown = {dt.date: "yyyy-mm-dd", dt.datetime: "yyyy-mm-dd hh:mm", str: "@", int: "0"}
        self.kinds = {kind: book.add_format({"num_format": number}) for kind, number in shown.items()}

    def format_of(self, column: Column) -> Any:
        """Return the number format of a column, or ``None`` for the usual one."""
        base, _ = base_type(column.type)
        return self.kinds.get(str if get_origin(base) is Literal else base)

    def page(self, sheet: Any, name: str, *, rows: int = 1) -> None:
        """Make a sheet printable: A4 across, one page wide, the header on each page, the page's number at its foot."""
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0, rows - 1)
        sheet.set_header(f"&L{name}")
        sheet.set_footer("&R&P / &N")
        sheet.hide_gridlines(0)

    def table(
        self,
        name: str,
        cls: type[msgspec.Struct],
        rows: Sequence[msgspec.Struct],
        refs: Mapping[str, str] | None = None,
    ) -> Any:
        """Add a sheet: header with comments, a row of HXL tags, the rows, and what each column admits below.

        ``refs`` gives for each table that columns may refer to the range of its keys (``=places!$A$3:$A$99``).
        """
        sheet = self.book.add_worksheet(name)
        self.page(sheet, name, rows=2)
        last = len(rows) + _ROOM
        for index, column in enumerate(columns(cls)):
            cells = [getattr(row, column.field) for row in rows]
            sheet.write_string(0, index, column.name, self.head)
            sheet.write_comment(0, index, comment(column), {"x_scale": 1.6, "font_size": 9})
            sheet.write_string(1, index, column.hxl, self.tag)
            for at, value in enumerate(cells, start=2):
                self.cell(sheet, at, index, value, self.format_of(column))
            widest = max([len(column.name) + 2, *(min(len(format_cell(value)), 40) for value in cells)])
            sheet.set_column(index, index, widest + 1, self.format_of(column))
            rule = admits(column, refs or {})
            if rule:
                sheet.data_validation(2, index, last, index, rule)
        sheet.freeze_panes(2, 1)
        if rows:
            sheet.autofilter(0, 0, len(rows) + 1, len(columns(cls)) - 1)
        return sheet

    def cell(self, sheet: Any, row: int, column: int, value: Any, shape: Any = None) -> None:
        """Write one value as what it is; text is never taken for a formula, a link or a number."""
        if value is None or value == "":
            return
        if isinstance(value, bool):
            sheet.write_string(row, column, format_cell(value), shape)
        elif isinstance(value, dt.datetime) and value.date() >= _FIRST_DATE and not value.microsecond:
            sheet.write_datetime(row, column, value, shape or self.kinds[dt.datetime])
        elif isinstance(value, dt.date) and not isinstance(value, dt.datetime) and value >= _FIRST_DATE:
            sheet.write_datetime(row, column, value, shape or self.kinds[dt.date])
        elif isinstance(value, int | float) and abs(value) < 1e15:
            sheet.write_number(row, column, value, shape)
        else:
            sheet.write_string(row, column, format_cell(value), shape)


def comment(column: Column) -> str:
    """Say in both languages what a column holds, and what it admits."""
    unit = f" ({column.unit})" if column.unit else ""
    need = "required / obligatoire" if column.required else "may be empty / peut être vide"
    return f"{column.en}{unit}\n{column.fr}{unit}\n{describe(column)}\n{need}"


def admits(column: Column, refs: Mapping[str, str]) -> dict[str, Any]:
    """Return the data validation of a column for xlsxwriter; an empty one if any text will do."""
    base, _ = base_type(column.type)
    said = {"error_title": column.name[:32], "error_message": describe(column)[:250]}
    if column.ref in refs:
        told = {"error_type": "warning", "error_message": f"not in the sheet {column.ref} / absent de {column.ref}"}
        return {"validate": "list", "source": refs[column.ref], **said, **told}
    if get_origin(base) is Literal:
        return {"validate": "list", "source": [choice for choice in get_args(base) if choice], **said}
    if base is bool:
        return {"validate": "list", "source": ["yes", "no"], **said}
    if base in (dt.date, dt.datetime):
        return {"validate": "date", "criteria": ">=", "value": _FIRST_DATE, **said}
    if base in (int, float, Decimal):
        return {"validate": "integer" if base is int else "decimal", **_range(column), **said}
    if base is str and "max_length" in column.limits:
        return {"validate": "length", "criteria": "<=", "value": column.limits["max_length"], **said}
    return {}


def _range(column: Column) -> dict[str, Any]:
    limits = column.limits
    low = limits.get("ge", limits.get("gt"))
    high = limits.get("le", limits.get("lt"))
    if low is not None and high is not None and "gt" not in limits and "lt" not in limits:
        return {"criteria": "between", "minimum": low, "maximum": high}
    if low is not None:
        return {"criteria": ">" if "gt" in limits else ">=", "value": low}
    if high is not None:
        return {"criteria": "<" if "lt" in limits else "<=", "value": high}
    return {"criteria": "between", "minimum": -1e15, "maximum": 1e15}
