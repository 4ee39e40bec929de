"""Rows of the ledger's own tables to and from CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from castor.errors import Problem
from castor.mission.model import columns

Row = TypeVar("Row", bound=Struct)


def read_rows(cls: type[Row], path: Path) -> tuple[tuple[Row, ...], list[Problem]]:
    """Read a CSV into structs; returns the rows that could be read and every problem."""
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        return (), [Problem(file, "a file that can be read", remedy=error.strerror or "")]
    except UnicodeDecodeError:
        return (), [Problem(file, "text in UTF-8", remedy='save it as "CSV UTF-8"')]
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(table, [])
    known = {column.name: column for column in columns(cls)}
    problems = [
        Problem(file, "a known column", 1, name, remedy=f"one of {', '.join(known)}")
        for name in header
        if name not in known
    ]
    problems += [
        Problem(file, "a column of this table", 1, column.name, remedy="add it")
        for column in known.values()
        if column.required and column.name not in header
    ]
    if problems:
        return (), problems
    rows: list[Row] = []
    for number, cells in enumerate(table, 2):
        given = {name: cell.strip() for name, cell in zip(header, cells) if cell.strip()}
        if not given:
            continue
        try:
            rows.append(msgspec.convert(given, cls, strict=False))
        except msgspec.ValidationError as error:
            problems.append(_row_problem(file, number, given, error))
    return tuple(rows), problems


def _row_problem(file: str, number: int, given: dict[str, str], error: msgspec.ValidationError) -> Problem:
    said, _, path = str(error).partition(" - at `$")
    column = path.strip("`.")
    return Problem(file, said, number, column, given.get(column))


def cell(value: object) -> str:
    """Return a field as it stands in a CSV cell; absent is empty."""
    if value is None or value is False:
        return ""
    if value is True:
        return "true"
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def write_rows(cls: type[Struct], rows: Iterable[Struct]) -> str:
    """Return the rows as CSV text with every column of the table, in file order."""
    names = columns(cls)
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\n")
    table.writerow([column.name for column in names])
    table.writerows([cell(getattr(row, column.field)) for column in names] for row in rows)
    return out.getvalue()
