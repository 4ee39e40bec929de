"""Keep what was not edited: a file changed in a workbook is written with every other line as it was."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from castor.mission.cells import format_cell
from castor.mission.model import columns
from castor.mission.settings import Settings, parse_settings, toml_value
from castor.mission.table import Table, format_table


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same as far as a workbook holds them: 15 digits, milliseconds, trimmed text."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or math.isclose(one, other, rel_tol=1e-14)
    if isinstance(one, dt.datetime) and isinstance(other, dt.datetime):
        return abs(one - other) <= dt.timedelta(milliseconds=1)
    if isinstance(one, str) and isinstance(other, str):
        return _plain(one) == _plain(other)
    return bool(one == other)


def _plain(text: str) -> str:
    return text.replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n").strip()


def same_rows(one: msgspec.Struct, other: msgspec.Struct) -> bool:
    """Tell whether two rows of a table are the same as far as a workbook can hold them."""
    return all(same(getattr(one, name), getattr(other, name)) for name in one.__struct_fields__)


def keep_table(rows: Sequence[Any], original: bytes, was: Table[Any], key: Sequence[str]) -> bytes:
    """Return the CSV of ``rows``: the original bytes where nothing changed, else with every unchanged row as it stood.

    ``was`` is the original as read. A file that is not comma-separated, or lacks a column that is now needed, is
    written anew in canonical form.
    """
    if len(rows) == len(was.rows) and all(map(same_rows, rows, was.rows)):
        return original
    text = original.decode("utf-8-sig")
    lines = list(_records(text))
    header = next((line for line in lines if line.strip()), "")
    names = [name.strip() for name in next(csv.reader([header]), [])]
    known = {column.name: column for column in columns(was.cls)}
    if not names or any(name not in known for name in names):
        return format_table(was.cls, rows).encode("utf-8")
    stood = {_key(row, key): (row, at) for row, at in zip(was.rows, was.rows_at)}
    first = min(was.rows_at, default=len(lines) + 1) - 1
    out = [_ended(line, text) for line in lines[:first]]
    for row in rows:
        old = stood.get(_key(row, key))
        if old is not None and same_rows(row, old[0]):
            out.append(_ended(lines[old[1] - 1], text))
        elif any(getattr(row, c.field) not in (None, "", c.default) for c in known.values() if c.name not in names):
            return format_table(was.cls, rows).encode("utf-8")
        else:
            out.append(_line([format_cell(getattr(row, known[name].field)) for name in names]))
    return (original[:3] if original.startswith(b"\xef\xbb\xbf") else b"") + "".join(out).encode("utf-8")


def _key(row: Any, key: Sequence[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in key)


def _records(text: str) -> Iterator[str]:
    """Cut a CSV text into its records, line ends included; a quoted line feed does not end a record."""
    taken: list[str] = []

    def feed() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    for _ in csv.reader(feed()):
        yield "".join(taken)
        taken.clear()


def _ended(line: str, text: str) -> str:
    return line if line.endswith(("\n", "\r")) else line + ("\r\n" if "\r\n" in text else "\n")


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def flat(settings: Settings) -> dict[str, Any]:
    """Return what a ``mission.toml`` says, by dotted key; text that is empty in a workbook says nothing."""
    found: dict[str, Any] = {}
    for key, value in settings.values.items():
        if isinstance(value, Mapping):
            found |= {f"{key}.{name}": words for name, words in value.items()}
        else:
            found[key] = value
    if settings.extends:
        found["extends"] = settings.extends
    for section, rules in settings.rules.items():
        found |= {f"{section}.{name}": value for name, value in rules.items()}
    found |= {f"sources.{name}": source for name, source in settings.sources.items()}
    found |= {f"without.{table}": keys for table, keys in settings.without.items()}
    return {key: value for key, value in found.items() if not isinstance(value, str) or _plain(value)}


def keep_settings(now: Settings, original: bytes, was: Settings) -> bytes | None:
    """Return the ``mission.toml`` with only the changed keys changed, comments kept; ``None`` if that fails."""
    new, old = flat(now), flat(was)
    if new.keys() == old.keys() and all(same(new[key], old[key]) for key in new):
        return original
    editor = _Editor(original.decode("utf-8-sig").replace("\r\n", "\n"))
    for key in old.keys() - new.keys():
        editor.drop(key)
    for key, value in new.items():
        if key not in old or not same(value, old[key]):
            editor.put(key, value)
    text = editor.settings.text
    return text.encode("utf-8") if _says(text, new) else None


def _says(text: str, wanted: Mapping[str, Any]) -> bool:
    """Tell whether a ``mission.toml`` says what is wanted and nothing else."""
    settings = parse_settings(text, "")
    found = flat(settings)
    return settings.whole and found.keys() == wanted.keys() and all(same(found[key], wanted[key]) for key in found)


class _Editor:
    """Changes single keys of the text of a ``mission.toml``."""

    def __init__(self, text: str) -> None:
        self.settings = Settings("")
        self.settings.text = text

    def drop(self, key: str) -> None:
        """Remove the line of a key."""
        at = self.settings.line_of(key)
        if at is not None:
            lines = self.settings.text.split("\n")
            del lines[at - 1]
            self.settings.text = "\n".join(lines)

    def put(self, key: str, value: Any) -> None:
        """Change the value of a key, its comment kept, or add the key at the end of its section."""
        lines = self.settings.text.split("\n")
        at = self.settings.line_of(key)
        if at is not None:
            lines[at - 1] = _VALUE.sub(lambda found: f"{found[1]}{toml_value(value)}{found[3]}", lines[at - 1], count=1)
        else:
            section, name = Settings.split(key)
            written = f"{toml_value(name) if '.' in name else name} = {toml_value(value)}"
            _insert(lines, section, written)
        self.settings.text = "\n".join(lines)


_VALUE = re.compile(r"""^(\s*[^=]+=\s*)("(?:[^"\\]|\\.)*"|'[^']*'|\[[^\]]*\]|[^#"'\[]*?)(\s*(?:#.*)?)$""")


def _insert(lines: list[str], section: str, written: str) -> None:
    """Add a line at the end of its section, or a new section at the end of the file."""
    here, last, present = "", 0, not section
    for index, line in enumerate(lines):
        header = re.match(r"\s*\[\s*([^\]]+?)\s*\]", line)
        if header:
            here = header[1]
            present = present or here == section
        if here == section and line.split("#")[0].strip():
            last = index + 1
    if present:
        lines.insert(last, written)
        return
    while lines and not lines[-1]:
        lines.pop()
    lines += ["", f"[{section}]", written, ""]
