"""Figures, sources and accounts as CSV and XLSX: what may be published, with no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct

from castor.ledger.accounts import Account
from castor.ledger.figure import Figure, Source
from castor.ledger.protect import public
from castor.ledger.record import Ledger
from castor.ledger.small import SMALL
from castor.mission.model import columns

_RISKY = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_EXACT = Decimal(10) ** 15
"""Beyond this a spreadsheet's number is no longer exact; such values are written as text."""


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: what starts like one, unless a number, gets a quote."""
    return "'" + text if text.startswith(_RISKY) and not _NUMBER.fullmatch(text) else text


def _cell(value: object) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    if value is True:
        return "true"
    return value.isoformat() if isinstance(value, dt.date) else harmless(str(value))


def _table(cls: type[Struct], rows: Iterable[Struct], tags: bool) -> tuple[list[str], list[list[Any]]]:
    names = columns(cls)
    body: list[list[Any]] = [[column.hxl for column in names]] if tags else []
    body += [[getattr(row, column.field) for column in names] for row in rows]
    return [column.name for column in names], body


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as CSV text with harmless cells."""
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\n")
    table.writerow([harmless(name) for name in header])
    table.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def records_csv(ledger: Ledger, *, small: int = SMALL, tags: bool = False) -> tuple[str, str]:
    """Return the figures that may be published and the sources, each as CSV text; ``tags`` adds a row of HXL tags."""
    figures = _table(Figure, public(ledger.figures, small=small), tags)
    sources = _table(Source, ledger.sources, tags)
    return csv_text(*figures), csv_text(*sources)


def records_xlsx(ledger: Ledger, path: str | Path, *, small: int = SMALL, tags: bool = False) -> None:
    """Write the figures that may be published and the sources as two sheets; ``tags`` adds a row of HXL tags."""
    sheets = {
        "records": _table(Figure, public(ledger.figures, small=small), tags),
        "sources": _table(Source, ledger.sources, tags),
    }
    write_xlsx(path, sheets)


def write_xlsx(path: str | Path, sheets: Mapping[str, tuple[Sequence[str], Sequence[Sequence[Any]]]]) -> None:
    """Write tables as sheets; numbers are numbers while exact, and text is never a formula or a link."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), options)
    bold = book.add_format({"bold": True})
    for name, (header, rows) in sheets.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for at, title in enumerate(header):
            sheet.write_string(0, at, title, bold)
        for number, row in enumerate(rows, 1):
            for at, value in enumerate(row):
                _write(sheet, number, at, value)
        sheet.autofilter(0, 0, max(len(rows), 1), max(len(header) - 1, 0))
    book.close()


def _write(sheet: Any, row: int, column: int, value: object) -> None:
    if isinstance(value, Decimal) and abs(value) < _EXACT and len(value.as_tuple().digits) <= 15:
        sheet.write_number(row, column, float(value))
    elif isinstance(value, int) and not isinstance(value, bool):
        sheet.write_number(row, column, value)
    elif text := _cell(value):
        sheet.write_string(row, column, text)


def account_table(account: Account) -> tuple[list[str], list[list[Any]]]:
    """Return an account as a header and rows: its keys, stage, unit, total, qualifier, entries and missing values."""
    header = [*account.by, "stage", "unit", "total", "qualifier", "entries", "missing"]
    rows = [
        [*line.keys, line.stage, line.unit, line.value, line.qualifier, line.entries, line.missing]
        for line in account.lines
    ]
    return header, rows
