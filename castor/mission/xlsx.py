"""An Excel workbook as grids of values, with what a grid does not tell: errors, formulas, merged cells, hidden rows."""

from __future__ import annotations

import os
import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from castor.errors import MissionError, Problem

_MOST_BYTES = 1_000_000_000
_MOST_CELLS = 50_000_000
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class Trouble(Struct, frozen=True):
    """A cell that cannot be taken at its word: zero-based row and column, what it shows, what is wrong, what to do."""

    row: int
    column: int
    read: str
    expected: str
    remedy: str


class Sheet(Struct):
    """A sheet: its rows of values from A1 on, troubles by (row, column), hidden rows counted from 1 and columns by
    letter.
    """

    name: str
    rows: list[list[Any]]
    troubles: dict[tuple[int, int], Trouble]
    hidden: list[int | str]
    since_1904: bool = False


def letters(column: int) -> str:
    """Return the letters of a zero-based column: ``A``, ``Z``, ``AA``."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def open_workbook(path: str | os.PathLike[str]) -> dict[str, Sheet]:
    """Read every sheet of an ``.xlsx`` workbook, by name in lower case without surrounding spaces.

    Raises ``MissionError`` if the file is none, is encrypted or is damaged.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    file = str(path)
    _check_container(path, file)
    try:
        book = CalamineWorkbook.from_path(os.fspath(path))
        with zipfile.ZipFile(path) as archive:
            parts, since_1904 = _sheet_parts(archive)
            found = {}
            for name in [name for name in book.sheet_names if name in parts]:
                troubles, hidden, size = _marks(archive, parts[name])
                if size > _MOST_CELLS:
                    raise _refused(
                        file, f"the sheet {name} spans {size:,} cells", "clear what stands far out, and save it"
                    )
                grid = book.get_sheet_by_name(name)
                merged = grid.merged_cell_ranges or []
                for (top, left), (bottom, right) in merged:
                    area = f"{letters(left)}{top + 1}:{letters(right)}{bottom + 1}"
                    troubles[top, left] = Trouble(
                        top, left, area, "these cells are merged", "unmerge them and fill each"
                    )
                rows = grid.to_python(skip_empty_area=False)
                key = name.strip().casefold()
                if key in found:
                    raise _refused(file, f"two sheets are called {key}", "remove or rename one")
                found[key] = Sheet(name, rows, troubles, hidden, since_1904)
    except (CalamineError, zipfile.BadZipFile, KeyError, OSError, ValueError, SyntaxError) as error:
        raise _refused(file, f"a damaged workbook: {error}", "open it in Excel and save it again") from error
    return found


def _refused(file: str, expected: str, remedy: str = "") -> MissionError:
    return MissionError([Problem(file, expected, remedy=remedy)])


def _check_container(path: str | os.PathLike[str], file: str) -> None:
    """Refuse what is no workbook before anything is unpacked."""
    try:
        with Path(path).open("rb") as source:
            start = source.read(8)
    except OSError as error:
        raise _refused(file, f"cannot be read: {error.strerror}") from error
    if not start:
        raise _refused(file, "the file is empty")
    if start[:4] == b"\xd0\xcf\x11\xe0":
        remedy = "save it as .xlsx without a password"
        raise _refused(file, "an old (.xls) or password-protected workbook", remedy)
    if start[:4] != b"PK\x03\x04":
        raise _refused(file, "not an Excel workbook (.xlsx)", "a folder or CSV needs no unpacking")
    try:
        with zipfile.ZipFile(path) as archive:
            total = sum(entry.file_size for entry in archive.infolist())
            if "xl/workbook.xml" not in archive.namelist():
                raise _refused(file, "not an Excel workbook (.xlsx)", "save it as .xlsx")
    except zipfile.BadZipFile as error:
        raise _refused(file, f"a damaged workbook: {error}", "open it in Excel and save it again") from error
    if total > _MOST_BYTES:
        raise _refused(file, f"too large: {total:,} bytes unpacked", f"at most {_MOST_BYTES:,}")


def _parse(archive: zipfile.ZipFile, part: str) -> Iterator[Any]:
    from lxml import etree

    with archive.open(part) as source:
        for _, element in etree.iterparse(source, events=("end",), resolve_entities=False, no_network=True):
            yield element


def _sheet_parts(archive: zipfile.ZipFile) -> tuple[dict[str, str], bool]:
    """Return the part of each sheet by name, and whether dates count from 1904."""
    targets = {}
    for element in _parse(archive, "xl/_rels/workbook.xml.rels"):
        if element.get("Target"):
            target = element.get("Target")
            targets[element.get("Id")] = target[1:] if target.startswith("/") else posixpath.join("xl", target)
    parts, since_1904 = {}, False
    for element in _parse(archive, "xl/workbook.xml"):
        if element.tag == _MAIN + "sheet" and element.get(_RELATION) in targets:
            parts[element.get("name")] = targets[element.get(_RELATION)]
        elif element.tag == _MAIN + "workbookPr":
            since_1904 = element.get("date1904") in ("1", "true")
    return parts, since_1904


def _marks(archive: zipfile.ZipFile, part: str) -> tuple[dict[tuple[int, int], Trouble], list[int | str], int]:
    """Find the cells of a sheet that show an error or hold a formula without a value, what is hidden, and its extent.

    The extent is told before anything of that size is made: one value in the last cell of a sheet spans 17 billion.
    """
    depth = width = 0
    troubles: dict[tuple[int, int], Trouble] = {}
    hidden: list[int | str] = []
    for element in _parse(archive, part):
        if element.tag == _MAIN + "c":
            trouble = _trouble(element)
            if len(element):
                row, column = _position(element.get("r", "A1"))
                depth, width = max(depth, row + 1), max(width, column + 1)
            if trouble is not None:
                troubles[trouble.row, trouble.column] = trouble
        elif element.tag == _MAIN + "col" and element.get("hidden") in ("1", "true"):
            first, last = int(element.get("min")), int(element.get("max"))
            hidden += [letters(at) for at in range(first - 1, min(last, first + 99))]
        elif element.tag == _MAIN + "row":
            if element.get("hidden") in ("1", "true") and element.get("r"):
                hidden.append(int(element.get("r")))
            element.clear()
    return troubles, hidden, depth * width


def _trouble(cell: Any) -> Trouble | None:
    formula, value = cell.find(_MAIN + "f"), cell.findtext(_MAIN + "v")
    if cell.get("t") != "e" and (formula is None or value):
        return None
    row, column = _position(cell.get("r", "A1"))
    if cell.get("t") == "e":
        return Trouble(row, column, value or "#ERROR", "the cell shows an error", "mend the formula or type the value")
    shown = "=" + (formula.text or "")
    remedy = "open the workbook in Excel and save it, or paste the value"
    return Trouble(row, column, shown, "a formula without a value", remedy)


def _position(name: str) -> tuple[int, int]:
    column = 0
    for mark in name.rstrip("0123456789"):
        column = column * 26 + ord(mark) - 64
    return int(name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) - 1, column - 1
