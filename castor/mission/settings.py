"""``mission.toml``: name, dates, rules and their sources, read with every problem at once, and written."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec
from msgspec import Struct

from castor.errors import Problem
from castor.mission.cells import Style, Unreadable, base_type, did_you_mean, format_cell, parser
from castor.mission.model import TABLES, Column, Mission, Rules, columns
from castor.mission.table import read_bytes

SECTIONS: Mapping[str, type[Struct]] = {field.name: field.type for field in msgspec.structs.fields(Rules)}
"""The tables of rules: ``clock``, ``flying``, ``cover``, ``airlift``, ``simulation``."""

_TEXTS = ("name", "currency", "fiscal_year_start", "basemap", "overlay", "extends")
_WORDS = ("title", "summary")
_KNOWN = (*_TEXTS, "start", "end", *_WORDS, *SECTIONS, "sources", "without")


class Settings:
    """What a ``mission.toml`` says: values by field of ``Mission``, rules by section, ``extends``, ``without``.

    ``whole`` tells that the file is there and is TOML.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.values: dict[str, Any] = {}
        self.rules: dict[str, dict[str, Any]] = {}
        self.sources: dict[str, str] = {}
        self.extends = ""
        self.without: dict[str, list[str]] = {}
        self.problems: list[Problem] = []
        self.text = ""
        self.whole = False
        self.cell_of: Callable[[str], str] = lambda key: ""

    def problem(self, key: str, read: Any, expected: str, remedy: str = "") -> None:
        """Add a problem found at a key (``clock.care_min``)."""
        said = None if read is None else format_cell(read)
        row, cell = self.line_of(key), self.cell_of(key)
        self.problems.append(Problem(self.file, expected, row=row, column=key, read=said, remedy=remedy, cell=cell))

    @staticmethod
    def split(key: str) -> tuple[str, str]:
        """Split a dotted key into its section, empty for the top of the file, and its name there."""
        section, _, name = key.partition(".")
        return (section, name) if name and section in (*_WORDS, *SECTIONS, "sources", "without") else ("", key)

    def line_of(self, key: str) -> int | None:
        """Return the line on which a key stands, counted from 1; ``None`` if it stands on none."""
        section, name = self.split(key)
        here = ""
        for number, line in enumerate(self.text.splitlines(), start=1):
            header = re.match(r"\s*\[\s*([^\]]+?)\s*\]", line)
            if header:
                here = header[1].strip("\"'")
                if not section and here == name:
                    return number
            elif here == section and re.match(rf"""\s*["']?{re.escape(name)}["']?\s*=""", line):
                return number
        return None


def read_settings(path: Path, file: str = "") -> Settings:
    """Read a ``mission.toml``; nothing is raised, the problems say what is wrong."""
    settings = Settings(file or str(path))
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = error.object.count(b"\n", 0, error.start) + 1
        settings.problems.append(Problem(settings.file, "not UTF-8", row=row, remedy="save it as UTF-8 text"))
        return settings
    except OSError as error:
        settings.problems.append(Problem(settings.file, f"cannot be read: {error.strerror}"))
        return settings
    return parse_settings(text, settings.file)


def parse_settings(text: str, file: str) -> Settings:
    """Read the text of a ``mission.toml`` as ``read_settings`` does."""
    settings = Settings(file)
    settings.text = text.replace("\r\n", "\n")
    try:
        found = tomllib.loads(settings.text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"\(at line (\d+)", str(error))
        said = re.sub(r"\s*\(at [^)]*\)", "", str(error))
        remedy = "text stands between quotation marks, dates without: start = 2018-08-01"
        settings.problems.append(Problem(file, f"not TOML: {said}", row=int(at[1]) if at else None, remedy=remedy))
        return settings
    settings.whole = True
    fill_settings(settings, found)
    return settings


def fill_settings(settings: Settings, found: Mapping[str, Any]) -> None:
    """Take the keys of a ``mission.toml`` into ``settings``, each checked."""
    for key, value in found.items():
        if key in SECTIONS:
            _read_rules(settings, key, value)
        elif key in _WORDS:
            _read_words(settings, key, value)
        elif key in ("start", "end"):
            _read_date(settings, key, value)
        elif key == "sources":
            _read_sources(settings, value)
        elif key == "without":
            _read_without(settings, value)
        elif key not in _TEXTS:
            near = did_you_mean(key, _KNOWN)
            settings.problem(
                key, None, "unknown key", f"did you mean {near}?" if near else "known: " + ", ".join(_KNOWN)
            )
        elif not isinstance(value, str):
            settings.problem(key, value, "expected text between quotation marks")
        else:
            _read_text(settings, key, value)


def _read_text(settings: Settings, key: str, value: str) -> None:
    if key == "currency" and not re.fullmatch("[A-Z]{3}", value):
        settings.problem(key, value, "expected a currency code of three capitals such as USD")
    elif key == "fiscal_year_start" and not _is_month_day(value):
        settings.problem(key, value, 'expected month and day such as "04-01"')
    elif key == "name" and not value.strip():
        settings.problem(key, value, "a value is required: text")
    elif key == "extends":
        settings.extends = value
    else:
        settings.values[key] = value


def _is_month_day(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d\d-\d\d", text)) and dt.date.fromisoformat(f"2001-{text}") is not None
    except ValueError:
        return False


def _read_date(settings: Settings, key: str, value: Any) -> None:
    if isinstance(value, dt.datetime):
        value = value.date() if value.time() == dt.time() else value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            value = dt.date.fromisoformat(value)
        except ValueError:
            settings.problem(key, value, "expected a date such as 2018-10-15", "there is no such day")
            return
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        settings.problem(key, value, "expected a date such as 2018-10-15")
        return
    settings.values[key] = value


def _read_words(settings: Settings, key: str, value: Any) -> None:
    if isinstance(value, str):
        value = {"en": value, "fr": value}
    if not isinstance(value, dict):
        settings.problem(key, value, 'expected text by language: en = "...", fr = "..."')
        return
    for language, words in value.items():
        if language not in ("en", "fr"):
            settings.problem(f"{key}.{language}", None, "unknown language", "the languages are en and fr")
        elif not isinstance(words, str):
            settings.problem(f"{key}.{language}", words, "expected text between quotation marks")
    settings.values[key] = {name: words for name, words in value.items() if isinstance(words, str)}


def _read_rules(settings: Settings, section: str, value: Any) -> None:
    if not isinstance(value, dict):
        settings.problem(section, value, f"expected a table [{section}]")
        return
    known = {column.name: column for column in columns(SECTIONS[section])}
    rules: dict[str, Any] = {}
    for name, given in value.items():
        key = f"{section}.{name}"
        if name not in known:
            near = did_you_mean(name, known)
            settings.problem(
                key, None, "unknown rule", f"did you mean {near}?" if near else "known: " + ", ".join(known)
            )
            continue
        try:
            rules[name] = _rule(known[name], given)
        except Unreadable as reason:
            settings.problem(key, given, reason.expected, reason.remedy)
    settings.rules[section] = rules


def _rule(column: Column, given: Any) -> Any:
    base, _ = base_type(column.type)
    read = parser(column, Style())
    if base is str:
        if not isinstance(given, str):
            raise Unreadable("expected text between quotation marks")
        return read(given) if given else ""
    if base is bool or get_origin(base) is not None:
        wanted = bool if base is bool else str
        if not isinstance(given, wanted):
            choices = "true or false" if base is bool else "one of " + ", ".join(f'"{word}"' for word in get_args(base))
            raise Unreadable(f"expected {choices}")
        return given if base is bool else read(str(given))
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise Unreadable(_said(read), "write the number without quotation marks" if isinstance(given, str) else "")
    return read(format_cell(float(given)))


def _said(read: Any) -> str:
    try:
        read("?")
    except Unreadable as reason:
        return reason.expected
    return "expected a number"


def rule_names() -> list[str]:
    """List every rule as ``section.name``."""
    return [f"{section}.{column.name}" for section, cls in SECTIONS.items() for column in columns(cls)]


def _read_sources(settings: Settings, value: Any) -> None:
    if not isinstance(value, dict):
        settings.problem("sources", value, "expected a table [sources]")
        return
    known = rule_names()
    for name, source in _flat(value).items():
        key = f"sources.{name}"
        if name not in known:
            near = did_you_mean(name, known)
            settings.problem(
                key, None, "no such rule", f"did you mean {near}?" if near else 'write "clock.care_min" = "..."'
            )
        elif not isinstance(source, str):
            settings.problem(key, source, "expected text between quotation marks")
        else:
            settings.sources[name] = source


def _flat(value: Mapping[str, Any]) -> dict[str, Any]:
    """Join ``{clock: {care_min: x}}`` (an unquoted dotted key) to ``clock.care_min``."""
    found: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, dict):
            found |= {f"{name}.{key}": source for key, source in inner.items()}
        else:
            found[name] = inner
    return found


def _read_without(settings: Settings, value: Any) -> None:
    """Read ``[without]``: keys of rows of the extended mission that this one leaves out, by table."""
    if not isinstance(value, dict):
        settings.problem("without", value, "expected a table [without]")
        return
    for table, keys in value.items():
        if table not in TABLES:
            near = did_you_mean(table, TABLES)
            settings.problem(f"without.{table}", None, "no such table", f"did you mean {near}?" if near else "")
        elif not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            settings.problem(f"without.{table}", None, 'expected a list of identifiers: ["a", "b"]')
        else:
            settings.without[table] = keys


def format_settings(mission: Mission, *, extends: str = "", without: Mapping[str, list[str]] | None = None) -> str:
    """Return the canonical text of a mission's ``mission.toml``; every rule that has a value is written out."""
    lines = [f"name = {_quote(mission.name)}", f"start = {mission.start}", f"end = {mission.end}"]
    lines += [f"currency = {_quote(mission.currency)}", f"fiscal_year_start = {_quote(mission.fiscal_year_start)}"]
    paths = {"basemap": mission.basemap, "overlay": mission.overlay, "extends": extends}
    lines += [f"{key} = {_quote(path)}" for key, path in paths.items() if path]
    words = {"title": mission.title, "summary": mission.summary}
    for key, texts in words.items():
        if texts:
            lines += ["", f"[{key}]", *(f"{language} = {_quote(text)}" for language, text in texts.items())]
    for section, cls in SECTIONS.items():
        rules = getattr(mission.rules, section)
        said = {column.name: getattr(rules, column.field) for column in columns(cls)}
        told = [f"{name} = {toml_value(value)}" for name, value in said.items() if value is not None]
        lines += ["", f"[{section}]", *told]
    if mission.sources:
        lines += ["", "[sources]", *(f"{_quote(key)} = {_quote(text)}" for key, text in mission.sources.items())]
    if without:
        lines += ["", "[without]"]
        lines += [f"{table} = {toml_value(keys)}" for table, keys in without.items() if keys]
    return "\n".join(lines) + "\n"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_value(value: Any) -> str:
    """Write a value of a ``mission.toml``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(toml_value, value))}]"
    return _quote(value) if isinstance(value, str) else format_cell(value)
