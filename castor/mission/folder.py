"""A mission folder: read into a ``Mission`` with every problem of every file at once, and written.

``mission.toml`` and ``places.csv`` are required, every other table is optional. A mission may extend another
(``extends = "../base"``): rows with the same key replace the base's, other rows are added, rules are overridden, and
``[without]`` leaves rows of the base out.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from castor.errors import MissionError, Problem
from castor.mission.cells import did_you_mean
from castor.mission.crosscheck import KEYS, Known, check_tables, known_in, known_of
from castor.mission.model import TABLES, Mission, Rules, columns
from castor.mission.settings import SECTIONS, Settings, format_settings, read_settings
from castor.mission.table import Table, format_table, load_table, write_atomic

_BESIDE = {"flights", "standby", "unserved"}
"""Tables of a plan, which may stand beside a mission's."""


def read(folder: str | os.PathLike[str]) -> Mission:
    """Read a mission folder.

    Raises ``MissionError`` with every problem of every file. A stray ``.csv`` beside the tables is told on stderr.
    """
    mission, problems = read_with_problems(folder)
    for stray in strays(Path(folder)):
        print(f"warning: {stray}", file=sys.stderr)
    if mission is None or problems:
        raise MissionError(problems)
    return mission


def read_with_problems(folder: str | os.PathLike[str]) -> tuple[Mission | None, list[Problem]]:
    """Read a mission folder; return the mission, or ``None``, and every problem."""
    return _read(Path(folder), ())


def _read(folder: Path, above: tuple[Path, ...]) -> tuple[Mission | None, list[Problem]]:
    if not folder.is_dir():
        return None, [_no_folder(folder)]
    if folder.resolve() in above:
        return None, [Problem(str(folder / "mission.toml"), "the mission extends itself", column="extends")]
    settings = read_settings(folder / "mission.toml")
    base: Mission | None = None
    base_problems: list[Problem] = []
    if settings.extends:
        base, base_problems = _read(_base_folder(folder, settings.extends), (*above, folder.resolve()))
    tables = read_tables(folder, required=not settings.extends)
    return assemble(folder, settings, tables, base, base_problems)


def read_tables(folder: Path, *, required: bool = True) -> dict[str, Table[Any]]:
    """Read every table of a folder that exists; ``places`` must, unless the mission extends another."""
    tables: dict[str, Table[Any]] = {}
    for name, (cls, _) in TABLES.items():
        path = folder / f"{name}.csv"
        if os.path.lexists(path) or (name == "places" and required):
            tables[name] = load_table(cls, path)
    return tables


def read_base(folder: Path, extends: str) -> tuple[Mission | None, list[Problem]]:
    """Read the mission that one in ``folder`` extends; no mission and no problem if it extends none."""
    return _read(_base_folder(folder, extends), (folder.resolve(),)) if extends else (None, [])


def _base_folder(folder: Path, extends: str) -> Path:
    return Path(os.path.normpath(folder / extends))


def assemble(
    folder: Path,
    settings: Settings,
    tables: Mapping[str, Table[Any]],
    base: Mission | None,
    base_problems: Sequence[Problem],
    beside: Collection[str] = (),
) -> tuple[Mission | None, list[Problem]]:
    """Check what was read, merge it with the base, and make the mission if nothing is wrong.

    ``beside`` names files that will stand in the folder but do not yet.
    """
    if not (settings.extends and base is None):
        inherited = _names(base) if base is not None else {}
        check_tables(tables, inherited)
        _check_settings(folder, settings, base, beside, known_of(tables, inherited)["places"])
    problems = [*base_problems, *settings.problems]
    for table in tables.values():
        problems += table.problems
    if problems:
        return None, problems
    return _make(folder, settings, tables, base)


def _make(
    folder: Path, settings: Settings, tables: Mapping[str, Table[Any]], base: Mission | None
) -> tuple[Mission | None, list[Problem]]:
    """Make the mission of parts without a problem; over a base, look for references to rows that are left out."""
    values: dict[str, Any] = dict(settings.values)
    rows: dict[str, Any] = {name: tuple(table.rows) for name, table in tables.items()}
    if base is not None:
        values = _over_base(folder, settings, base) | values
        rows = {name: _merge(name, getattr(base, name), rows.get(name, ()), settings.without) for name in TABLES}
    values.setdefault("title", {"en": values["name"], "fr": values["name"]})
    inherited = base.rules if base is not None else Rules()
    values["rules"] = Rules(
        **{name: msgspec.structs.replace(getattr(inherited, name), **settings.rules.get(name, {})) for name in SECTIONS}
    )
    values["sources"] = {**(base.sources if base is not None else {}), **settings.sources}
    mission = Mission(**values, **rows, folder=str(folder))
    dangling = check_mission(mission, settings.file) if base is not None else []
    return (None if dangling else mission), dangling


def _over_base(folder: Path, settings: Settings, base: Mission) -> dict[str, Any]:
    """Return what the base says of itself, its paths made relative to the folder that extends it."""
    kept: dict[str, Any] = {
        name: getattr(base, name)
        for name in ("name", "title", "start", "end", "summary", "currency", "fiscal_year_start")
    }
    for name in ("basemap", "overlay"):
        path = getattr(base, name)
        kept[name] = os.path.relpath(Path(base.folder) / path, folder).replace(os.sep, "/") if path else ""
    return kept


def _names(mission: Mission) -> dict[str, Mapping[str, str]]:
    """Return for each table of a mission its keys, each with its name."""
    return {name: known.names for name, known in known_in(mission).items()}


def _key(name: str, row: msgspec.Struct) -> tuple[Any, ...]:
    return tuple(getattr(row, column) for column in KEYS[name])


def _merge(name: str, base: tuple[Any, ...], own: tuple[Any, ...], without: Mapping[str, list[str]]) -> tuple[Any, ...]:
    """Put a mission's own rows over those of its base: same key replaced in place, others added at the end."""
    left_out = set(without.get(name, ()))
    merged = {_key(name, row): row for row in base if _key(name, row)[0] not in left_out}
    merged |= {_key(name, row): row for row in own}
    return tuple(merged.values())


def check_mission(mission: Mission, file: str) -> list[Problem]:
    """Report references of a mission that lead nowhere, for one made of parts or in memory."""
    known = _names(mission)
    problems = []
    for name, (cls, _) in TABLES.items():
        for column in columns(cls):
            if column.ref not in known:
                continue
            for row in getattr(mission, name):
                value = getattr(row, column.field)
                if value and value not in known[column.ref]:
                    where = f"{name}.{column.name}"
                    key = " ".join(map(str, _key(name, row)))
                    said = f"{key} refers to a row of {column.ref} that is left out or does not exist"
                    problems.append(Problem(file, said, column=where, read=value))
    return problems


def _check_rule_places(settings: Settings, places: Known) -> None:
    """Report places that rules name and that do not exist."""
    named = (
        ("airlift", "staging"), ("airlift", "home"), ("simulation", "transfers_from"), ("simulation", "transfers_to"),
    )  # fmt: skip
    for section, name in named:
        for word in str(settings.rules.get(section, {}).get(name, "")).split():
            if places.whole and word not in places.names:
                settings.problem(f"{section}.{name}", word, "no such place", places.remedy(word))


def _check_settings(
    folder: Path, settings: Settings, base: Mission | None, beside: Collection[str], places: Known
) -> None:
    if not settings.whole:
        return
    for key, what in (("name", "text"), ("start", "a date such as 2018-08-01"), ("end", "a date such as 2019-08-31")):
        told = key in settings.values or any(problem.column == key for problem in settings.problems)
        if base is None and not told:
            settings.problem(key, None, "this key is missing", f"add it: {what}")
    start = settings.values.get("start", base.start if base is not None else None)
    end = settings.values.get("end", base.end if base is not None else None)
    if start is not None and end is not None and end < start:
        settings.problem("end", end, f"is before start, {start}")
    for key in ("basemap", "overlay"):
        path = settings.values.get(key)
        if path and path not in beside and not (folder / path).is_file():
            settings.problem(key, path, "no such file", "the path starts at the mission's folder")
    _check_rule_places(settings, places)
    for table, keys in settings.without.items():
        if base is None:
            settings.problem(f"without.{table}", None, "only a mission that extends another can leave rows out")
            continue
        present = {str(_key(table, row)[0]) for row in getattr(base, table)}
        for key in keys:
            if key not in present:
                near = did_you_mean(key, present)
                settings.problem(f"without.{table}", key, "no such row", f"did you mean {near}?" if near else "")


def strays(folder: Path) -> list[str]:
    """Name the ``.csv`` files of a folder that no table reads, each with the name that may have been meant."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        if path.stem not in TABLES and path.stem not in _BESIDE:
            near = did_you_mean(path.stem, TABLES)
            found.append(
                f"{path} is not read" + (f"; did you mean {near}.csv?" if near else ": no table has this name")
            )
    return found


def _no_folder(folder: Path) -> Problem:
    if folder.is_file():
        remedy = "castor unpack makes a folder of a workbook" if folder.suffix == ".xlsx" else ""
        return Problem(str(folder), "a file, not a folder", remedy=remedy or "name the folder that holds mission.toml")
    if folder.is_symlink():
        return Problem(str(folder), "a link that leads to no folder")
    return Problem(str(folder), "no such folder", remedy=_near_folder(folder))


def _near_folder(folder: Path) -> str:
    try:
        beside = [path.name for path in folder.absolute().parent.iterdir() if path.is_dir()]
    except OSError:
        return ""
    near = did_you_mean(folder.name, beside)
    return f"did you mean {folder.parent / near}?" if near else ""


def write(mission: Mission, folder: str | os.PathLike[str]) -> None:
    """Write a mission as a folder of canonical files, made if need be; each file is whole or as it was.

    What the mission took from one that it extends is written out, so the folder stands by itself. The basemap and
    overlay are copied. A table without rows is written only over a file that has some.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    names = {}
    for key in ("basemap", "overlay"):
        path = getattr(mission, key)
        if path and mission.folder:
            origin = Path(mission.folder) / path
            names[key] = origin.name
            if origin.is_file() and origin.resolve() != (target / origin.name).resolve():
                shutil.copyfile(origin, target / origin.name)
    write_atomic(target / "mission.toml", format_settings(msgspec.structs.replace(mission, **names)).encode("utf-8"))
    for name, (cls, _) in TABLES.items():
        rows = getattr(mission, name)
        path = target / f"{name}.csv"
        if rows or path.exists() or name == "places":
            write_atomic(path, format_table(cls, rows).encode("utf-8"))
