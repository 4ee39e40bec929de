"""A table as a CSV file: read into frozen structs with every problem at once, written whole or not at all.

Works for any frozen struct whose fields ``castor.mission.model.columns`` describes. Files from a French or an English
spreadsheet are understood (byte-order mark, semicolons, decimal commas); what could mean two things is refused.
"""

from __future__ import annotations

import csv
import errno
import gc
import io
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar, get_origin

import msgspec

from castor.errors import Problem
from castor.mission.cells import BAD, Style, base_type, describe, did_you_mean, format_cell, read_column, style_of
from castor.mission.model import columns

Row = TypeVar("Row", bound=msgspec.Struct)
_FIELD_LIMIT = 10_000_000


class Table(Generic[Row]):
    """What was read of a table.

    ``rows`` are the rows that could be read and ``rows_at`` the row number of each. ``cells`` holds every column by
    name, ``BAD`` where unreadable, and ``cells_at`` the row numbers of those, so that a check across tables can use
    the key of a row even if another of its cells is wrong. ``problems`` are in the order of the file.
    """

    def __init__(self, cls: type[Row], file: str) -> None:
        self.cls = cls
        self.columns = columns(cls)
        self.file = file
        self.rows: list[Row] = []
        self.rows_at: list[int] = []
        self.cells: dict[str, list[Any]] = {}
        self.cells_at: list[int] = []
        self.problems: list[Problem] = []
        self.cell_name: Callable[[int, str], str] = lambda row, column: ""

    def problem(self, row: int, column: str, read: Any, expected: str, remedy: str = "") -> None:
        """Add a problem found at a cell."""
        self.problems.append(
            Problem(
                file=self.file,
                row=row,
                column=column,
                read=None if read is None else format_cell(read),
                expected=expected,
                remedy=remedy,
                cell=self.cell_name(row, column),
            )
        )

    def sort_problems(self) -> None:
        """Bring the problems into the order of the file: by row, then by column."""
        order = {column.name: index for index, column in enumerate(self.columns)}
        self.problems.sort(key=lambda problem: (problem.row or 0, order.get(problem.column, -1)))


def read_table(cls: type[Row], path: str | os.PathLike[str]) -> tuple[list[Row], list[Problem]]:
    """Read a CSV file into structs; return the rows that could be read and every problem of the file.

    Nothing is raised for bad content or a missing file: the problems say it. A second row of HXL tags is skipped.
    """
    table = load_table(cls, path)
    return table.rows, table.problems


def load_table(cls: type[Row], path: str | os.PathLike[str], file: str = "") -> Table[Row]:
    """Read a CSV file as ``read_table`` does and keep the row numbers; ``file`` is its name in problems."""
    table = Table(cls, file or str(path))
    try:
        data = read_bytes(Path(path))
    except OSError as error:
        table.problems.append(Problem(file=table.file, expected=f"cannot be read: {error.strerror}"))
        return table
    return parse_table(cls, data, table.file)


def read_bytes(path: Path) -> bytes:
    """Read a file; OSError with the reason for anything else, a pipe that would never end too."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError(errno.EINVAL, "not a file")
    return path.read_bytes()


def parse_table(cls: type[Row], data: bytes, file: str) -> Table[Row]:
    """Read the bytes of a CSV file as ``load_table`` does."""
    table = Table(cls, file)
    collecting = gc.isenabled()
    gc.disable()  # the collector would walk millions of cells again and again and find nothing
    try:
        text = decode(data)
        if not text.strip():
            raise _Refused("the file is empty", "the first row must name the columns: " + _header_words(cls))
        separator, text = _separator(cls, text)
        fill_table(table, _split(text, separator), separator=separator)
    except _Refused as refused:
        table.problems.append(msgspec.structs.replace(refused.problem, file=file))
    finally:
        if collecting:
            gc.enable()
    return table


class _Refused(Exception):  # noqa: N818  (never leaves this module)
    def __init__(self, expected: str, remedy: str = "", row: int | None = None, read: str | None = None) -> None:
        super().__init__(expected)
        self.problem = Problem(file="", expected=expected, remedy=remedy, row=row, read=read)


def decode(data: bytes) -> str:
    """Decode a text file as UTF-8 with or without byte-order mark; other encodings and binary files are refused."""
    if data[:4] == b"PK\x03\x04":
        raise _Refused("this is an Excel workbook, not CSV", "open it in Excel and save it as CSV UTF-8")
    if data[:4] == b"\xd0\xcf\x11\xe0":
        raise _Refused("this is an old Excel workbook (.xls), not CSV", "open it in Excel and save it as CSV UTF-8")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _Refused("this is UTF-16 text, not UTF-8", "save it as CSV UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        line = data[data.rfind(b"\n", 0, error.start) + 1 :].split(b"\n", 1)[0].decode("cp1252", "replace")
        at = error.start - data.rfind(b"\n", 0, error.start) - 1
        begin = max(line.rfind(mark, 0, at) for mark in ",;\t") + 1
        word = re.split(r"[,;\t\r]", line[begin:], maxsplit=1)[0].strip(' "')
        raise _Refused("not UTF-8; it looks like Windows-1252", "save it as CSV UTF-8", row, word) from error
    if "\x00" in text:
        raise _Refused("this is not a text file", "save it as CSV UTF-8")
    return text


def _header_words(cls: type[msgspec.Struct]) -> str:
    return ", ".join(column.name for column in columns(cls) if column.required)


def _separator(cls: type[msgspec.Struct], text: str) -> tuple[str, str]:
    """Find the separator by which the header yields the most known columns."""
    if text[:4].lower() == "sep=":
        first, _, rest = text.partition("\n")
        return first.strip("\r")[4:5] or ",", rest
    header = text.lstrip("\r\n").split("\n", 1)[0]
    known = _known_names(cls)
    counts = {mark: sum(_fold(word) in known for word in header.split(mark)) for mark in (",", ";", "\t")}
    best = max(counts, key=lambda mark: counts[mark])
    if counts[best] <= 1 and best == ",":
        best = max(counts, key=header.count) if any(map(header.count, counts)) else ","
    return best, text


def _split(text: str, separator: str) -> list[list[str]]:
    csv.field_size_limit(_FIELD_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines: list[list[str]] = []
    try:
        lines.extend(reader)
    except csv.Error as error:
        if "limit" in str(error):
            raise _Refused(f"a cell of more than {_FIELD_LIMIT:,} characters", row=len(lines) + 1) from error
        remedy = "close the quotation mark of a text, or double one inside a text"
        raise _Refused("quotation marks do not match", remedy, row=len(lines) + 1) from error
    return lines


def _fold(word: str) -> str:
    return re.sub(r"[\s\-]+", "_", word.strip().strip('"').casefold())


def _known_names(cls: type[msgspec.Struct]) -> dict[str, str]:
    """Map each spelling of a header (name, then English and French label) to the column's name."""
    names = {_fold(column.name): column.name for column in columns(cls)}
    for column in columns(cls):
        for label in (column.field, column.en, column.fr):
            names.setdefault(_fold(label), column.name)
    return names


def fill_table(
    table: Table[Any],
    lines: Sequence[Sequence[str]],
    *,
    separator: str = ",",
    numbered: Sequence[int] | None = None,
    style: Style | None = None,
) -> None:
    """Read rows of text, header first, into ``table``; ``numbered`` gives their row numbers (1, 2, 3... if absent)."""
    numbers = list(numbered) if numbered is not None else list(range(1, len(lines) + 1))
    first = next((at for at, line in enumerate(lines) if any(map(str.strip, line))), None)
    if first is None:
        words = _header_words(table.cls)
        table.problems.append(
            Problem(file=table.file, expected="the table is empty", remedy=f"the first row must name: {words}")
        )
        return
    header = _read_header(table, lines[first], numbers[first])
    start = first + 1
    if start < len(lines) and is_tag_row(lines[start]):
        start += 1
    body, at = _body(table, lines[start:], numbers[start:], header)
    texts: list[Sequence[str]] = list(zip(*body)) if body else [() for _ in header]
    named = {name: list(map(str.strip, column)) for name, column in zip(header, texts) if name}
    _check_unnamed(table, [column for name, column in zip(header, texts) if name == ""], numbers[first])
    _read_cells(table, named, at, style, separator)
    _build_rows(table)
    table.sort_problems()


def is_tag_row(line: Sequence[str]) -> bool:
    """Tell whether a row holds HXL tags (``#geo+lat``): every cell does or is empty, and one at least is not."""
    filled = [cell.strip() for cell in line if cell.strip()]
    return bool(filled) and all(re.match("#[A-Za-z]", cell) for cell in filled)


def header_names(cls: type[msgspec.Struct], line: Sequence[str]) -> list[str | None]:
    """Return the column that each cell of a header names; ``None`` for one that names none."""
    known = _known_names(cls)
    return [known.get(_fold(word)) for word in line]


def _read_header(table: Table[Any], line: Sequence[str], row: int) -> list[str | None]:
    """Return the column's name of each header cell; ``None`` if unknown, an empty string if the cell is empty."""
    known = _known_names(table.cls)
    names = [column.name for column in table.columns]
    header: list[str | None] = []
    for word in line:
        name = known.get(_fold(word))
        if not word.strip():
            header.append("")
        elif name is None:
            near = did_you_mean(word, names)
            remedy = f"did you mean {near}?" if near else "the columns are " + ", ".join(names)
            table.problem(row, word.strip(), None, "unknown column", remedy)
            header.append(None)
        elif name in header:
            table.problem(row, name, None, "the column stands here twice", "remove or rename one")
            header.append(None)
        else:
            header.append(name)
    for column in table.columns:
        if column.required and column.name not in header:
            table.problem(row, column.name, None, "this column is missing", f"add it: {column.en}, {describe(column)}")
    return header


def _body(
    table: Table[Any], lines: Sequence[Sequence[str]], numbers: Sequence[int], header: Sequence[str | None]
) -> tuple[list[Sequence[str]], list[int]]:
    """Make every row as wide as the header and leave out blank rows."""
    width = len(header)
    body: list[Sequence[str]] = []
    at: list[int] = []
    for line, row in zip(lines, numbers):
        if len(line) != width:
            if len(line) > width and any(map(str.strip, line[width:])):
                remedy = "put text that holds the separator between quotation marks"
                table.problem(row, "", None, f"{len(line)} cells where the header has {width}", remedy)
                continue
            line = [*line[:width], *[""] * (width - len(line))]
        if not line or (not line[0] and not any(map(str.strip, line))):
            continue
        body.append(line)
        at.append(row)
    return body, at


def _check_unnamed(table: Table[Any], unnamed: Sequence[Sequence[str]], row: int) -> None:
    if any(any(map(str.strip, column)) for column in unnamed):
        table.problem(row, "", None, "a column holds values but has no name", "name it or remove it")


def _read_cells(
    table: Table[Any], named: Mapping[str, list[str]], at: list[int], style: Style | None, separator: str
) -> None:
    described = {column.name: column for column in table.columns}
    table.cells_at = at
    habits = style or judge_style(table.cls, named, separator)
    for name, texts in named.items():
        values, wrong = read_column(described[name], texts, habits)
        table.cells[name] = values
        if wrong:
            for row, text in zip(at, texts):
                if text in wrong:
                    reason = wrong[text]
                    table.problem(row, name, text or None, reason.expected, reason.remedy)


def judge_style(cls: type[msgspec.Struct], named: Mapping[str, Iterable[str]], separator: str) -> Style:
    """Judge a file's habits from its columns of numbers and of dates."""
    import datetime as dt
    from decimal import Decimal

    numbers: list[str] = []
    dates: list[str] = []
    for column in columns(cls):
        base, _ = base_type(column.type)
        if get_origin(base) is None and base in (float, Decimal):
            numbers.extend(named.get(column.name, ()))
        elif get_origin(base) is None and base in (dt.date, dt.datetime):
            dates.extend(named.get(column.name, ()))
    return style_of(separator, numbers, dates)


def _build_rows(table: Table[Any]) -> None:
    """Make the structs of the rows whose cells could all be read."""
    present = [column for column in table.columns if column.name in table.cells]
    if any(column.required and column.name not in table.cells for column in table.columns):
        return
    fields = [column.field for column in present]
    make = table.cls
    spoiled = {problem.row for problem in table.problems}
    filled = zip(*(table.cells[column.name] for column in present))
    if not spoiled and not hasattr(make, "__post_init__"):
        table.rows = list(map(_maker(make, fields), *(table.cells[column.name] for column in present)))
        table.rows_at = list(table.cells_at)
        return
    for row, values in zip(table.cells_at, filled):
        if row in spoiled and any(value is BAD for value in values):
            continue
        try:
            table.rows.append(make(**dict(zip(fields, values))))
        except ValueError as error:
            table.problem(row, "", None, str(error))
            continue
        table.rows_at.append(row)


def _maker(cls: type[Row], fields: Sequence[str]) -> Callable[..., Row]:
    """Return a function of positional values: four times as fast as a dictionary of keywords for each row."""
    names = [f"v{at}" for at in range(len(fields))]
    given = ", ".join(f"{field}={name}" for field, name in zip(fields, names))
    made: Callable[..., Row] = eval(f"lambda {', '.join(names)}: cls({given})", {"cls": cls})
    return made


def write_table(cls: type[Row], rows: Sequence[Row], path: str | os.PathLike[str]) -> None:
    """Write rows as canonical CSV: the file is whole or as it was.

    Columns that are empty throughout are left out unless they are required, so that a table is as narrow as its data.
    """
    write_atomic(path, format_table(cls, rows).encode("utf-8"))


def format_table(cls: type[Row], rows: Sequence[Row], *, tags: bool = False) -> str:
    """Return the canonical CSV text of rows; ``tags`` adds a second row of HXL tags."""
    texts = [(column, [format_cell(getattr(row, column.field)) for row in rows]) for column in columns(cls)]
    kept = [(column, cells) for column, cells in texts if column.required or any(cells)]
    out = _Lines()
    writer = csv.writer(out, lineterminator="\r\n")  # so that a bare carriage return is quoted too
    writer.writerow([column.name for column, _ in kept])
    if tags:
        writer.writerow([column.hxl for column, _ in kept])
    writer.writerows(zip(*(cells for _, cells in kept)))
    return "".join(out)


class _Lines(list[str]):
    def write(self, line: str) -> None:
        """Take a row as the csv module writes it and end it with a plain line feed."""
        self.append(line[:-2] + "\n")


def write_atomic(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file by way of a temporary one beside it, so that it is whole or as it was."""
    target = Path(path)
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
