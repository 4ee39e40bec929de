"""A plan as files: a folder that castor writes, or one table of flights that a planner types.

``flights.csv`` holds the legs, ``standby.csv`` who waits where, ``unserved.csv`` what was left out and why, and
``plan.toml`` the plan's dates, floor of cover, objective, bound and gap. Only the flights (or the standby) are
required: what is not said is taken from the rows and from the mission. ``requests.csv`` holds the requests that the
plan answers where they are not the mission's own.
"""

from __future__ import annotations

import datetime as dt
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from castor.errors import MissionError, Problem
from castor.flight.plan import Flight, Plan, Standby, Unserved
from castor.mission.cells import did_you_mean, format_cell
from castor.mission.crosscheck import Known, check_references, check_tables, check_words, known_in
from castor.mission.model import Mission, Request
from castor.mission.sheet import read_sheet
from castor.mission.table import Table, format_table, load_table, write_atomic
from castor.mission.xlsx import open_workbook

TABLES: Mapping[str, type[Struct]] = {"flights": Flight, "standby": Standby, "unserved": Unserved}
"""The tables of a plan's folder: file ``<name>.csv`` and struct of a row."""

_NUMBERS = ("floor", "objective", "bound", "gap")
SETTINGS = ("start", "end", *_NUMBERS, "maker")
"""What a plan says of itself besides its tables."""


def read_plan(path: str | os.PathLike[str], mission: Mission | None = None) -> Plan:
    """Read a plan from its folder, from a workbook (.xlsx) with the same tables, or from a CSV of flights.

    With a mission, every place, tail and request must be one of it, and the floor of cover is the mission's if the plan
    does not say one. Whether the plan can be flown is not judged here. Raises ``MissionError`` with every problem.
    """
    place = Path(path)
    if place.suffix.lower() in (".xlsx", ".xlsm"):
        return _read_workbook(place, mission)
    if not place.is_dir():
        return make_plan({"flights": load_table(Flight, place)}, {}, mission, str(place))
    files = {name: place / f"{name}.csv" for name in TABLES}
    tables: dict[str, Table[Any]] = {
        name: load_table(cls, files[name])
        for name, cls in TABLES.items()
        if files[name].exists() or (name == "flights" and not files["standby"].exists())
    }
    said, problems = _read_settings(place / "plan.toml")
    return make_plan(tables, said, mission, str(place), problems)


def read_requests(path: str | os.PathLike[str], mission: Mission) -> tuple[Request, ...]:
    """Read a CSV of movement requests between a mission's places. Raises ``MissionError`` with every problem."""
    table = load_table(Request, path)
    check_tables({"requests": table}, {n: known.names for n, known in known_in(mission).items() if n != "requests"})
    if table.problems:
        raise MissionError(table.problems)
    return tuple(table.rows)


def write_requests(requests: Sequence[Request] | None, folder: str | os.PathLike[str]) -> None:
    """Put the requests that a plan answers into its folder; none where they are the mission's own (``None``)."""
    path = Path(folder) / "requests.csv"
    if requests is None:
        path.unlink(missing_ok=True)
    else:
        write_atomic(path, format_table(Request, requests).encode("utf-8"))


def answering(mission: Mission, plan: str | os.PathLike[str]) -> Mission:
    """The mission with the requests that a plan's folder holds, if it holds any; else the mission as it is."""
    path = Path(plan) / "requests.csv"
    return msgspec.structs.replace(mission, requests=read_requests(path, mission)) if path.exists() else mission


def _read_workbook(path: Path, mission: Mission | None) -> Plan:
    """Read the sheets flights, standby and unserved, and the keys and values of the sheet plan."""
    sheets = open_workbook(path)
    if "flights" not in sheets and "standby" not in sheets:
        raise MissionError([Problem(str(path), "no sheet named flights or standby", remedy="name one so")])
    tables = {name: read_sheet(cls, sheets[name], str(path)) for name, cls in TABLES.items() if name in sheets}
    said: dict[str, Any] = {}
    problems: list[Problem] = []
    if "plan" in sheets:
        for at, (key, value, *_) in enumerate(sheets["plan"].rows[1:], start=2):
            if str(key).strip() and value != "":
                midnight = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
                given = dt.datetime(value.year, value.month, value.day) if midnight else value
                _take(said, problems, str(path), str(key).strip(), given, f"{sheets['plan'].name}!B{at}")
    return make_plan(tables, said, mission, str(path), problems)


def make_plan(
    tables: Mapping[str, Table[Any]],
    said: Mapping[str, Any],
    mission: Mission | None,
    file: str,
    problems: list[Problem] | None = None,
) -> Plan:
    """Make a plan of its tables and of what its ``plan.toml`` says; raises ``MissionError`` with every problem."""
    found = list(problems or ())
    if mission is not None:
        _check(tables, known_in(mission))
    for table in tables.values():
        table.sort_problems()
        found += table.problems
    rows: dict[str, Any] = {name: tuple(table.rows) for name, table in tables.items()}
    values = dict(said)
    if mission is not None:
        values.setdefault("floor", mission.rules.cover.floor)
    _add_dates(values, rows)
    if not found and not ("start" in values and "end" in values):
        found.append(
            Problem(file, "a plan without a flight or a unit on standby", remedy="give plan.toml start and end")
        )
    if found:
        raise MissionError(found)
    return Plan(**values, **rows)


def _add_dates(values: dict[str, Any], rows: Mapping[str, tuple[Any, ...]]) -> None:
    """Take the plan's dates from its rows where they are not said."""
    flights: tuple[Flight, ...] = rows.get("flights", ())
    standby: tuple[Standby, ...] = rows.get("standby", ())
    begins = [flight.off for flight in flights] + [wait.start for wait in standby]
    ends = [flight.on for flight in flights] + [wait.end for wait in standby]
    if begins:
        values.setdefault("start", min(begins))
        values.setdefault("end", max(ends))


def _check(tables: Mapping[str, Table[Any]], known: Mapping[str, Known]) -> None:
    places = {"places": known["places"]}
    asked = Known("requests", {**known["lift"].names, **known["requests"].names})
    for table in tables.values():
        check_references(table, places)
        check_words(table, "tails", known["aircraft"], "tail")
        check_words(table, "requests", asked, "request or load")
        check_words(table, "request", asked, "request or load")


def _read_settings(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    if not path.exists():
        return {}, []
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, [Problem(str(path), f"cannot be read: {error}")]
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in found.items():
        _take(values, problems, str(path), key, value)
    return values, problems


def _take(values: dict[str, Any], problems: list[Problem], file: str, key: str, value: Any, cell: str = "") -> None:
    """Take one key of what a plan says of itself, or tell what is wrong with it."""
    expected = ""
    if key in ("start", "end"):
        expected = "" if isinstance(value, dt.datetime) else "expected a date and time such as 2018-10-15 06:00:00"
        value = value.astimezone(dt.UTC).replace(tzinfo=None) if getattr(value, "tzinfo", None) else value
    elif key in _NUMBERS:
        expected = "" if type(value) in (int, float) else "expected a number"
    elif key == "maker":
        expected = "" if isinstance(value, str) else "expected text between quotation marks"
    else:
        near = did_you_mean(key, SETTINGS)
        remedy = f"did you mean {near}?" if near else ""
        problems.append(Problem(file, "unknown key", column=key, remedy=remedy, cell=cell))
        return
    if expected:
        problems.append(Problem(file, expected, column=key, read=format_cell(value), cell=cell))
    values[key] = float(value) if type(value) is int else value


def write_plan(plan: Plan, folder: str | os.PathLike[str]) -> None:
    """Write a plan as a folder, made if need be; each file whole or as it was; ``read_plan`` returns it."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, cls in TABLES.items():
        write_atomic(target / f"{name}.csv", format_table(cls, getattr(plan, name)).encode("utf-8"))
    write_atomic(target / "plan.toml", format_settings(plan).encode("utf-8"))


def format_settings(plan: Plan) -> str:
    """Return the text of a plan's ``plan.toml``."""
    lines = [f"start = {plan.start.isoformat(sep=' ')}", f"end = {plan.end.isoformat(sep=' ')}"]
    lines += [f"{key} = {value!r}" for key in _NUMBERS if (value := getattr(plan, key)) is not None]
    maker = plan.maker.replace("\\", "\\\\").replace('"', '\\"')
    return "\n".join([*lines, f'maker = "{maker}"']) + "\n"
