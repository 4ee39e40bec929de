"""A mission folder as one Excel workbook, and back.

One sheet for ``mission.toml`` and one for each table, with drop-downs, limits, comments in both languages and a row of
HXL tags; a sheet of sources. The files as they were travel along in a hidden sheet, so that whatever was not edited
comes back byte for byte: comments, order, spelling of numbers, and the files that castor does not read itself.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import io
import os
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from msgspec import Struct

from castor.errors import MissionError, Problem
from castor.mission.cells import Style, Unreadable, base_type, describe, did_you_mean, format_cell, parser
from castor.mission.crosscheck import KEYS, known_in
from castor.mission.folder import assemble, read_base, read_tables, read_with_problems
from castor.mission.model import TABLES, Column, Mission, columns
from castor.mission.settings import SECTIONS, Settings, fill_settings, format_settings, parse_settings, read_settings
from castor.mission.sheet import Writer, cell_text, read_sheet
from castor.mission.table import Table, format_table, parse_table, write_atomic
from castor.mission.verbatim import flat, keep_settings, keep_table
from castor.mission.xlsx import Sheet, letters, open_workbook

MOST_BESIDE = 8_000_000
"""Bytes of other files (overlay, ledger) that a workbook may carry; larger ones stay behind and are named."""

_HIDDEN = "_castor"
_PART = 32_000
_TOP = ("name", "start", "end", "currency", "fiscal_year_start", "basemap", "overlay", "extends")
_WORDS = ("title.en", "title.fr", "summary.en", "summary.fr")
_SAID = {
    "name": ("name", "nom"), "start": ("first day", "premier jour"), "end": ("last day", "dernier jour"),
    "currency": ("currency", "monnaie"), "fiscal_year_start": ("fiscal year starts", "début de l'exercice"),
    "basemap": ("file of the base map", "fichier du fond de carte"),
    "overlay": ("file drawn over it", "fichier superposé"),
    "extends": ("mission that this one extends", "mission que celle-ci étend"),
    "title": ("title", "titre"), "summary": ("summary", "résumé"),
    "without": ("left out of the extended mission", "retranché de la mission étendue"),
}  # fmt: skip


class Packed(Struct, frozen=True):
    """What was written, and what was not: files left out of a workbook, or left as they were in a folder."""

    written: tuple[str, ...]
    left: tuple[str, ...] = ()


def pack(folder: str | os.PathLike[str], path: str | os.PathLike[str]) -> Packed:
    """Write a mission folder as a workbook; raises ``MissionError`` if anything is wrong with the folder."""
    import xlsxwriter

    root = Path(folder)
    mission, problems = read_with_problems(root)
    if mission is None or problems:
        raise MissionError(problems)
    settings = read_settings(root / "mission.toml")
    tables = read_tables(root, required=False)
    _check_lengths(tables)
    files, left = _files(root)
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_urls": False})
    book.set_properties({"title": mission.title.get("en", mission.name), "created": dt.datetime(2000, 1, 1)})
    writer = Writer(book)
    _write_settings(writer, settings, mission)
    refs = _write_lists(mission, settings, tables)
    for name, (cls, _) in TABLES.items():
        writer.table(name, cls, tables[name].rows if name in tables else [], refs)
    write_sources(writer, {name: table.rows for name, table in tables.items()}, settings.sources)
    if settings.extends:
        _write_base(writer, mission)
    _write_files(book, files)
    book.close()
    write_atomic(path, out.getvalue())
    return Packed(tuple(files), left)


def _check_lengths(tables: Mapping[str, Table[Any]]) -> None:
    """Refuse text longer than a cell of Excel holds."""
    for table in tables.values():
        for name, cells in table.cells.items():
            for row, value in zip(table.cells_at, cells):
                if isinstance(value, str) and len(value) > 32_767:
                    table.problem(
                        row, name, value, "longer than the 32,767 characters of a cell of Excel", "shorten it"
                    )
    problems = [problem for table in tables.values() for problem in table.problems]
    if problems:
        raise MissionError(problems)


def _files(root: Path) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Return the files of a folder by path, own tables first; files over the limit are only named."""
    own = {"mission.toml", *(f"{name}.csv" for name in TABLES)}
    found: dict[str, bytes] = {}
    left = []
    room = MOST_BESIDE
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if not path.is_file() or path.is_symlink() or any(part.startswith(".") for part in PurePosixPath(name).parts):
            continue
        size = path.stat().st_size
        if name in own or size <= room:
            found[name] = path.read_bytes()
            room -= 0 if name in own else size
        else:
            left.append(name)
    return found, tuple(left)


def _write_lists(mission: Mission, settings: Settings, tables: Mapping[str, Table[Any]]) -> dict[str, str]:
    """Return for each table that columns refer to the range of its keys: its own sheet's, or the base's list."""
    refs = {}
    for index, (name, known) in enumerate(known_in(mission).items()):
        if settings.extends:
            last, column = max(len(known.names), 1), letters(index)
            refs[name] = f"='base'!${column}$2:${column}${last + 1}"
        else:
            rows = len(tables[name].rows) if name in tables else 0
            refs[name] = f"='{name}'!$A$3:$A${rows + 503}"
    return refs


def _write_base(writer: Writer, mission: Mission) -> None:
    """List the keys that references may name when the mission extends another."""
    sheet = writer.book.add_worksheet("base")
    for index, (name, known) in enumerate(known_in(mission).items()):
        sheet.write_string(0, index, name, writer.head)
        for row, key in enumerate(known.names, start=1):
            sheet.write_string(row, index, key)


def _lines(settings: Settings) -> Iterator[tuple[str, Any, str, str, str, str, str]]:
    """Yield the rows of the sheet ``mission``: key, value, unit, usual value, source, what it is in two languages."""
    said = flat(settings)
    for key in (*_TOP, *_WORDS):
        en, fr = _SAID[key.split(".")[0]]
        yield key, said.get(key), "", "", "", en, fr
    for section, cls in SECTIONS.items():
        for column in columns(cls):
            key = f"{section}.{column.name}"
            usual = format_cell(column.default)
            yield key, said.get(key), column.unit, usual, settings.sources.get(key, ""), column.en, column.fr
    for table, keys in settings.without.items():
        yield f"without.{table}", " ".join(keys), "", "", "", *_SAID["without"]


def _write_settings(writer: Writer, settings: Settings, mission: Mission) -> None:
    sheet = writer.book.add_worksheet("mission")
    writer.page(sheet, mission.name)
    for index, name in enumerate(("key", "value", "unit", "usual", "source", "English", "français")):
        sheet.write_string(0, index, name, writer.head)
    rules = {f"{section}.{c.name}": c for section, cls in SECTIONS.items() for c in columns(cls)}
    for row, (key, value, *rest) in enumerate(_lines(settings), start=1):
        sheet.write_string(row, 0, key)
        writer.cell(sheet, row, 1, value)
        for index, text in enumerate(rest, start=2):
            if text:
                sheet.write_string(row, index, text, writer.wrap if index == 4 else None)
        if key in rules:
            _validate(sheet, row, rules[key])
    for index, width in enumerate((24, 40, 8, 10, 60, 32, 32)):
        sheet.set_column(index, index, width)
    sheet.freeze_panes(1, 1)


def _validate(sheet: Any, row: int, column: Column) -> None:
    from castor.mission.sheet import admits

    rule = admits(column, {})
    if rule:
        sheet.data_validation(row, 1, row, 1, rule)


def write_sources(writer: Writer, tables: Mapping[str, Sequence[Any]], rules: Mapping[str, str]) -> None:
    """Add the sheet ``sources``: every source once, and the rows that name it. It is for reading only."""
    where: dict[str, list[str]] = {}
    for name, rows in tables.items():
        for row in rows:
            source = getattr(row, "source", "")
            if source:
                key = next(iter(getattr(row, field) for field in row.__struct_fields__))
                where.setdefault(source, []).append(f"{name} {format_cell(key)}")
    for rule, source in rules.items():
        where.setdefault(source, []).append(rule)
    sheet = writer.book.add_worksheet("sources")
    writer.page(sheet, "sources")
    for index, name in enumerate(("source", "count", "stands behind / appuie")):
        sheet.write_string(0, index, name, writer.head)
    for at, (source, places) in enumerate(where.items(), start=1):
        sheet.write_string(at, 0, source[:32_000], writer.wrap)
        sheet.write_number(at, 1, len(places))
        shown = ", ".join(places[:20]) + (f" (+{len(places) - 20})" if len(places) > 20 else "")
        sheet.write_string(at, 2, shown[:32_000], writer.wrap)
    sheet.set_column(0, 0, 80)
    sheet.set_column(2, 2, 60)
    sheet.freeze_panes(1, 0)


def _write_files(book: Any, files: Mapping[str, bytes]) -> None:
    """Store files, compressed, in a sheet that Excel does not offer to show."""
    sheet = book.add_worksheet(_HIDDEN)
    sheet.very_hidden()
    sheet.write_row(0, 0, ["path", "sha256", "bytes", "part", "content"])
    row = 1
    for name, data in files.items():
        text = base64.b64encode(zlib.compress(data, 9)).decode("ascii")
        for part, begin in enumerate(range(0, max(len(text), 1), _PART)):
            sheet.write_string(row, 0, name)
            sheet.write_string(row, 1, hashlib.sha256(data).hexdigest())
            sheet.write_number(row, 2, len(data))
            sheet.write_number(row, 3, part)
            sheet.write_string(row, 4, text[begin : begin + _PART])
            row += 1


def unpack(path: str | os.PathLike[str], folder: str | os.PathLike[str], *, force: bool = False) -> Packed:
    """Write the mission in a workbook as a folder.

    What was not edited in the workbook comes out byte for byte as it was packed. In a folder that is there already, a
    file that has changed since it was packed stops everything unless ``force``. Raises ``MissionError`` with every
    problem, each by sheet and cell; then nothing is written.
    """
    target, file = Path(folder), str(path)
    sheets = open_workbook(path)
    originals, problems = _read_files(sheets, file)
    settings = _read_settings_sheet(sheets, file)
    tables = _read_tables(sheets, file, originals, problems)
    if problems:  # without a whole set of sheets, what refers to what would only be noise
        raise MissionError([*problems, *settings.problems, *(p for table in tables.values() for p in table.problems)])
    base, base_problems = read_base(target, settings.extends)
    _, problems = assemble(target, settings, tables, base, base_problems, beside=set(originals))
    if problems:
        raise MissionError(problems)
    files = _outcome(settings, tables, originals, target)
    if not force:
        _check_target(target, files, originals)
    return _write_out(target, files)


def notes(path: str | os.PathLike[str]) -> list[str]:
    """Tell what in a workbook is read although it may surprise, or not read: what is hidden, sheets of no table."""
    said = []
    for name, sheet in open_workbook(path).items():
        if sheet.hidden and name in TABLES:
            for what, kind in (("columns", str), ("rows", int)):
                hidden = [str(one) for one in sheet.hidden if isinstance(one, kind)]
                shown = ", ".join(hidden[:10]) + (" ..." if len(hidden) > 10 else "")
                if hidden:
                    said.append(f"{sheet.name}: hidden {what} are read like the others: {shown}")
        if name not in {*TABLES, "mission", "sources", "base", _HIDDEN}:
            near = did_you_mean(name, TABLES)
            said.append(f"{sheet.name}: this sheet is not read" + (f"; did you mean {near}?" if near else ""))
    return said


def _read_files(sheets: Mapping[str, Sheet], file: str) -> tuple[dict[str, bytes], list[Problem]]:
    """Read the files that the workbook carries; a path that would lead out of the folder is a problem."""
    if _HIDDEN not in sheets:
        return {}, []
    parts: dict[str, list[str]] = {}
    sums: dict[str, tuple[str, int]] = {}
    for row in sheets[_HIDDEN].rows[1:]:
        if len(row) >= 5 and row[0]:
            parts.setdefault(str(row[0]), []).append(str(row[4]))
            sums[str(row[0])] = (str(row[1]), int(row[2] or 0))
    found: dict[str, bytes] = {}
    problems = []
    for name, texts in parts.items():
        if not _is_safe(name):
            problems.append(Problem(file, "a hidden file whose path leaves the folder", read=name, cell=_HIDDEN))
            continue
        data = _inflate("".join(texts), sums[name][1])
        if data is None or hashlib.sha256(data).hexdigest() != sums[name][0]:
            remedy = "pack the folder again, or delete the hidden sheet to do without"
            problems.append(Problem(file, "a hidden file is damaged", read=name, cell=_HIDDEN, remedy=remedy))
            continue
        found[name] = data
    return found, problems


def _is_safe(name: str) -> bool:
    path = PurePosixPath(name)
    plain = not path.is_absolute() and ".." not in path.parts and not re.search(r'[\\:*?"<>|\x00-\x1f]', name)
    return plain and bool(path.parts) and not any(part.startswith(".") for part in path.parts)


def _inflate(text: str, size: int) -> bytes | None:
    """Unpack a stored file, never to more than it says it is."""
    try:
        engine = zlib.decompressobj()
        data = engine.decompress(base64.b64decode(text, validate=True), size + 1)
    except (zlib.error, binascii.Error, ValueError):
        return None
    return data if len(data) == size else None


def _read_settings_sheet(sheets: Mapping[str, Sheet], file: str) -> Settings:
    """Read the sheet ``mission`` as a ``mission.toml`` is read."""
    settings = Settings(file)
    sheet = sheets.get("mission")
    if sheet is None:
        settings.problems.append(Problem(file, "the sheet mission is missing", remedy="it holds name, dates and rules"))
        return settings
    rows: dict[str, int] = {}
    for at, row in enumerate(sheet.rows):
        key = str(row[0]).strip() if row else ""
        if key in rows:
            said = f"the key stands already in row {rows[key] + 1}"
            settings.problems.append(Problem(file, said, read=key, cell=f"{sheet.name}!A{at + 1}", remedy="remove one"))
        elif key:
            rows[key] = at
    settings.cell_of = lambda key: _settings_cell(sheet, rows, key)
    found: dict[str, Any] = {}
    for key, at in rows.items():
        if at > 0:
            _read_setting(settings, sheet, key, at, found)
    settings.whole = True
    fill_settings(settings, found)
    return settings


def _settings_cell(sheet: Sheet, rows: Mapping[str, int], key: str) -> str:
    if key.startswith("sources.") and key[8:] in rows:
        return f"{sheet.name}!E{rows[key[8:]] + 1}"
    if key in rows:
        return f"{sheet.name}!B{rows[key] + 1}"
    return sheet.name


def _read_setting(settings: Settings, sheet: Sheet, key: str, at: int, found: dict[str, Any]) -> None:
    """Take one row of the sheet ``mission`` into ``found``, laid out as the tables of a ``mission.toml``."""
    row = sheet.rows[at]
    section, name = Settings.split(key)
    trouble = sheet.troubles.get((at, 1))
    if trouble is not None:
        settings.problem(key, trouble.read, trouble.expected, trouble.remedy)
        return
    value = row[1] if len(row) > 1 else ""
    source = str(row[4]).strip() if len(row) > 4 else ""
    if source and section in SECTIONS:
        found.setdefault("sources", {})[key] = source
    if isinstance(value, str):
        value = value.strip()
    if value == "":
        return
    column = next((c for c in columns(SECTIONS[section]) if c.name == name), None) if section in SECTIONS else None
    try:
        value = _setting(value, column, key, section)
    except Unreadable as reason:
        settings.problem(key, value if not isinstance(value, dt.time) else str(value), reason.expected, reason.remedy)
        return
    target = found.setdefault(section, {}) if section else found
    target[name] = value


def _setting(value: Any, column: Column | None, key: str, section: str) -> Any:
    if section == "without":
        return cell_text(value, None).replace(",", " ").split()
    if column is None:
        return value if key in ("start", "end") and isinstance(value, dt.date) else cell_text(value, None)
    read = parser(column, Style())(cell_text(value, column))
    base, _ = base_type(column.type)
    if base in (int, float) and not isinstance(read, int | float):
        raise Unreadable(f"expected {describe(column)}")
    return read


def _read_tables(
    sheets: Mapping[str, Sheet], file: str, originals: Mapping[str, bytes], problems: list[Problem]
) -> dict[str, Table[Any]]:
    """Read the sheet of every table; one without a row counts only if the folder had the table or must have it."""
    tables: dict[str, Table[Any]] = {}
    for name, (cls, _) in TABLES.items():
        sheet = sheets.get(name)
        needed = f"{name}.csv" in originals or (name == "places" and not originals)
        if sheet is None:
            if needed:
                near = did_you_mean(name, [other for other in sheets if other not in TABLES])
                remedy = f"rename the sheet {near} to {name}" if near else "pack the folder again"
                problems.append(Problem(file, f"the sheet {name} is missing", remedy=remedy))
            continue
        table = read_sheet(cls, sheet, file)
        if table.cells_at or table.problems or needed:
            tables[name] = table
    return tables


def _outcome(
    settings: Settings, tables: Mapping[str, Table[Any]], originals: Mapping[str, bytes], target: Path
) -> dict[str, bytes]:
    """Return the bytes of every file of the folder, unchanged parts as they were."""
    files = dict(originals)
    files["mission.toml"] = _settings_bytes(settings, originals.get("mission.toml"), target)
    for name, table in tables.items():
        original = originals.get(f"{name}.csv")
        if original is None:
            files[f"{name}.csv"] = format_table(table.cls, table.rows).encode("utf-8")
        else:
            was = parse_table(table.cls, original, f"{name}.csv")
            fields = {column.name: column.field for column in table.columns}
            files[f"{name}.csv"] = keep_table(table.rows, original, was, [fields[key] for key in KEYS[name]])
    return files


def _settings_bytes(settings: Settings, original: bytes | None, target: Path) -> bytes:
    if original is not None:
        kept = keep_settings(settings, original, parse_settings(original.decode("utf-8-sig"), "mission.toml"))
        if kept is not None:
            return kept
    base, _ = read_base(target, settings.extends)
    bare = {"places": Table(TABLES["places"][0], "")}
    mission, problems = assemble(target, settings, bare, base, [], beside={settings.values.get(k, "") for k in _TOP})
    if mission is None:
        raise MissionError(problems)
    return format_settings(mission, extends=settings.extends, without=settings.without).encode("utf-8")


def _check_target(target: Path, files: Mapping[str, bytes], originals: Mapping[str, bytes]) -> None:
    """Refuse to write over a file that has changed since it was packed, or that the workbook never saw."""
    problems = []
    for name, data in files.items():
        path = target / name
        if not path.exists():
            continue
        there = path.read_bytes()
        if there not in (data, originals.get(name)):
            remedy = "unpack into another folder, or say --force to write over it"
            problems.append(Problem(str(path), "has changed since it was packed", remedy=remedy))
    if problems:
        raise MissionError(problems)


def _write_out(target: Path, files: Mapping[str, bytes]) -> Packed:
    written, left = [], []
    target.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = target / name
        if path.exists() and path.read_bytes() == data:
            left.append(name)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, data)
        written.append(name)
    return Packed(tuple(written), tuple(left))
