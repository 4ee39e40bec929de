"""What must agree within a mission: references, keys, dates, positions. What does not is a problem with its row."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

from castor.errors import Problem
from castor.mission.cells import BAD, did_you_mean, format_cell
from castor.mission.model import TABLES, Mission
from castor.mission.table import Table

KEYS: Mapping[str, tuple[str, ...]] = {name: (key,) if key else ("place", "month") for name, (_, key) in TABLES.items()}
"""The columns whose values, together, tell the rows of a table apart."""

_ORDERED: Mapping[str, Sequence[tuple[str, str]]] = {
    "places": [("from", "to")],
    "aircraft": [("from", "to")],
    "formations": [("from", "to")],
    "contingents": [("from", "to")],
    "requests": [("earliest", "latest"), ("earliest", "pickup_by"), ("deliver_from", "latest")],
    "lift": [("available", "due")],
    "climate": [("tmin_c", "tmax_c")],
}
_WORDS = {
    "places": "place", "types": "type", "aircraft": "tail", "formations": "formation", "requests": "request",
    "contingents": "contingent",
}  # fmt: skip
_SHOWN = 8


class Known:
    """The keys that references may name, with the name that goes with each, for one table.

    ``whole`` tells that the keys could be read; where they could not, no reference is called wrong.
    """

    def __init__(self, table: str, names: Mapping[str, str], *, whole: bool = True) -> None:
        self.table = table
        self.names = names
        self.whole = whole
        self._remedies: dict[str, str] = {}

    def remedy(self, word: str) -> str:
        """Say which key may have been meant."""
        if word not in self._remedies:
            self._remedies[word] = self._find(word)
        return self._remedies[word]

    def _find(self, word: str) -> str:
        by_name = {name: key for key, name in self.names.items() if name}
        near = did_you_mean(word, self.names)
        near_name = did_you_mean(word, by_name) if not near else ""
        near = near or by_name.get(near_name, "")
        if near:
            name = self.names[near]
            return f"did you mean {near} ({name})?" if name and name != near else f"did you mean {near}?"
        if not self.names:
            return f"add it to {self.table}.csv"
        shown = list(self.names)[:_SHOWN]
        more = f" and {len(self.names) - _SHOWN} more" if len(self.names) > _SHOWN else ""
        return f"known: {', '.join(shown)}{more}"


def known_in(mission: Mission) -> dict[str, Known]:
    """Collect the keys of a mission that was read."""
    return {
        name: Known(name, {getattr(row, KEYS[name][0]): getattr(row, "name", "") for row in getattr(mission, name)})
        for name in (*_WORDS, "lift")
    }


def known_of(tables: Mapping[str, Table[Any]], inherited: Mapping[str, Mapping[str, str]]) -> dict[str, Known]:
    """Collect the keys of every table, from cells read (rows with another bad cell included) and from the base."""
    found = {}
    for name in _WORDS:
        names = dict(inherited.get(name, {}))
        table = tables.get(name)
        if table is not None:
            key = KEYS[name][0]
            keys = table.cells.get(key, [])
            labels = table.cells.get("name", [""] * len(keys))
            names |= {k: v if isinstance(v, str) else "" for k, v in zip(keys, labels) if isinstance(k, str)}
        found[name] = Known(name, names, whole=table is None or not table.problems or KEYS[name][0] in table.cells)
    return found


def check_tables(tables: Mapping[str, Table[Any]], inherited: Mapping[str, Mapping[str, str]]) -> None:
    """Add to each table's problems what does not agree; ``inherited`` has keys and names of the base."""
    known = known_of(tables, inherited)
    for name, table in tables.items():
        check_unique(table, KEYS[name])
        check_references(table, known)
        for first, second in _ORDERED.get(name, ()):
            _check_order(table, first, second)
    _check_positions(tables)
    for name, check in _RULES.items():
        if name in tables:
            check(tables[name], known)
    for table in tables.values():
        table.sort_problems()


def check_unique(table: Table[Any], key: Sequence[str]) -> None:
    """Report every row whose key stood in an earlier row."""
    if any(column not in table.cells for column in key):
        return
    cells = [table.cells[column] for column in key]
    if len(set(cells[0] if len(key) == 1 else zip(*cells))) == len(table.cells_at):
        return
    first: dict[tuple[Any, ...], int] = {}
    for row, values in zip(table.cells_at, zip(*cells)):
        if BAD in values:
            continue
        if values in first:
            said = " ".join(map(format_cell, values))
            table.problem(row, key[0], said, f"stands already in row {first[values]}", "every row needs its own")
        else:
            first[values] = row


def check_references(table: Table[Any], known: Mapping[str, Known]) -> None:
    """Report every reference to a place, type, tail, formation or request that does not exist."""
    for column in table.columns:
        if column.ref not in known or column.name not in table.cells:
            continue
        values = table.cells[column.name]
        target = known[column.ref]
        if not target.whole:
            continue
        strange = {value for value in set(values) if isinstance(value, str) and value and value not in target.names}
        if strange:
            for row, value in zip(table.cells_at, values):
                if value in strange:
                    table.problem(row, column.name, value, f"no such {_WORDS[column.ref]}", target.remedy(value))


def check_words(table: Table[Any], column: str, target: Known, what: str) -> None:
    """Report every word of a column of words separated by spaces that is no key of ``target``.

    A word may end with a part (``L12*3``: three pieces of L12) if the key before it is known and the part is a number.
    """
    for row, words in zip(table.cells_at, table.cells.get(column, ()) if target.whole else ()):
        for word in words.split() if isinstance(words, str) else ():
            if word in target.names:
                continue
            name, star, part = word.partition("*")
            if name not in target.names:
                table.problem(row, column, word, f"no such {what}", target.remedy(name))
            elif not star or not re.fullmatch(r"\d+(\.\d+)?", part):
                table.problem(row, column, word, f"a part of a {what} is a number after the star", f"{name}*2")


def _check_order(table: Table[Any], first: str, second: str) -> None:
    if first not in table.cells or second not in table.cells:
        return
    for row, low, high in zip(table.cells_at, table.cells[first], table.cells[second]):
        if low is not None and high is not None and low is not BAD and high is not BAD and high < low:
            table.problem(
                row, second, high, f"is before {first}, {format_cell(low)}" if first != "tmin_c" else "is below tmin_c"
            )


def _check_positions(tables: Mapping[str, Table[Any]]) -> None:
    """Find positions whose latitude and longitude stand in each other's column.

    Out of limits: a latitude beyond 90 whose longitude would do as one. Within limits: a point far from the middle of
    the mission's places whose mirror image falls among them.
    """
    places = tables.get("places")
    middle = _middle(places) if places is not None else None
    for name in ("places", "incidents"):
        table = tables.get(name)
        if table is None or "lat" not in table.cells or "lon" not in table.cells:
            continue
        _mend_limits(table)
        if middle is not None:
            _check_mirror(table, *middle)


def _middle(places: Table[Any]) -> tuple[float, float, float] | None:
    """Return the median position of the places and the median distance from it in degrees, or ``None`` for under 4."""
    points = [(lat, lon) for lat, lon in _positions(places) if lat is not None]
    if len(points) < 4:
        return None
    lat, lon = median(point[0] for point in points), median(point[1] for point in points)
    return lat, lon, median(max(abs(a - lat), abs(b - lon)) for a, b in points)


def _positions(table: Table[Any]) -> list[tuple[Any, Any]]:
    pairs = zip(table.cells.get("lat", ()), table.cells.get("lon", ()))
    return [(None, None) if lat is BAD or lon is BAD else (lat, lon) for lat, lon in pairs]


def _check_mirror(table: Table[Any], lat: float, lon: float, spread: float) -> None:
    far, near = max(6.0, 3 * spread), max(2.0, 2 * spread)
    for row, (a, b) in zip(table.cells_at, _positions(table)):
        if a is None or (abs(a - lat) <= far and abs(b - lon) <= far):
            continue
        away, mirrored = max(abs(a - lat), abs(b - lon)), max(abs(b - lat), abs(a - lon))
        if mirrored <= near and away > 4 * mirrored:
            remedy = "are latitude and longitude swapped?"
            table.problem(row, "lat", a, f"far from all other places, but {b:g} {a:g} is among them", remedy)


def _mend_limits(table: Table[Any]) -> None:
    lon_at = dict(zip(table.cells_at, table.cells["lon"]))
    for index, problem in enumerate(table.problems):
        lon = lon_at.get(problem.row or 0, BAD)
        if (
            problem.column != "lat"
            or problem.remedy
            or lon is BAD
            or abs(lon) > 90
            or "from -90" not in problem.expected
        ):
            continue
        if re.fullmatch(r"[+-]?\d+([.,]\d+)?", problem.read or ""):
            swapped = "are latitude and longitude swapped?"
            table.problems[index] = Problem(
                problem.file, problem.expected, problem.row, "lat", problem.read, swapped, problem.cell
            )


def _check_requests(table: Table[Any], known: Mapping[str, Known]) -> None:
    for row, origin, destination in zip(table.cells_at, *(table.cells.get(name, ()) for name in ("from", "to"))):
        if origin == destination and isinstance(origin, str):
            table.problem(row, "to", destination, "the same place as from")


def _check_formations(table: Table[Any], known: Mapping[str, Known]) -> None:
    count = len(table.cells_at)
    escorts = table.cells.get("escorts", [0] * count)
    types = table.cells.get("escort", [""] * count)
    for row, number, kind in zip(table.cells_at, escorts, types):
        if number is not BAD and number > 0 and kind == "":
            table.problem(row, "escort", None, f"{number} escorts of no type", "name the escort's type")
        elif number == 0 and kind not in ("", BAD):
            table.problem(row, "escorts", None, f"an escort type, {kind}, but no escorts", "say how many")


def _check_types(table: Table[Any], known: Mapping[str, Known]) -> None:
    if "empty_kg" in table.cells and "mtow_kg" in table.cells:
        for row, empty, most in zip(table.cells_at, table.cells["empty_kg"], table.cells["mtow_kg"]):
            if isinstance(empty, float) and isinstance(most, float) and empty >= most:
                table.problem(row, "empty_kg", empty, f"not below mtow_kg, {format_cell(most)}")


def _check_incidents(table: Table[Any], known: Mapping[str, Known]) -> None:
    dates = table.cells.get("date", [])
    wrong = {text for text in set(dates) if isinstance(text, str) and not _is_partial_date(text)}
    if wrong:
        for row, text in zip(table.cells_at, dates):
            if text in wrong:
                table.problem(row, "date", text, "expected a year, a month or a day: 2018, 2018-11 or 2018-11-06")


def _is_partial_date(text: str) -> bool:
    if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", text):
        return False
    try:
        dt.date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        return False
    return True


def _check_lift(table: Table[Any], known: Mapping[str, Known]) -> None:
    _check_requests(table, known)
    check_words(table, "only", known["types"], "type")


def _check_contingents(table: Table[Any], known: Mapping[str, Known]) -> None:
    check_words(table, "relieves", known["contingents"], "contingent")
    for row, women, people in zip(table.cells_at, *(table.cells.get(name, ()) for name in ("women", "strength"))):
        if isinstance(women, int) and isinstance(people, int) and women > people:
            table.problem(row, "women", women, f"more than the strength, {people}")


_RULES: Mapping[str, Callable[[Table[Any], Mapping[str, Known]], None]] = {
    "requests": _check_requests,
    "formations": _check_formations,
    "types": _check_types,
    "incidents": _check_incidents,
    "lift": _check_lift,
    "contingents": _check_contingents,
}
