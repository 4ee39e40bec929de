"""One cell: from text to a value of its column's type, and back; with what to say when it cannot be.

The canonical text is UTF-8 with a decimal point, ISO dates (``2018-10-15``), UTC moments (``2018-10-15 06:00``) and
``yes``/``no``. What spreadsheets of other habits write is accepted where it can mean one thing only: decimal commas,
spaces between thousands, day-first dates in a file that is French throughout.
"""

from __future__ import annotations

import datetime as dt
import difflib
import math
import re
import types
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal, Union, get_args, get_origin

from msgspec import Struct

from castor.mission.model import Column

UNITS: Final = {
    "kt": "knots", "km": "kilometres", "kg": "kilograms", "min": "minutes", "ft": "feet", "deg": "degrees",
    "h": "hours", "m": "metres", "m3": "cubic metres", "mm": "millimetres", "kg/h": "kilograms an hour",
    "share": "as a share", "UTC": "",
}  # fmt: skip
"""How a unit is said in a sentence, where that differs from its symbol."""

_YES = {"yes", "y", "true", "1", "oui", "o", "vrai", "x"}
_NO = {"no", "n", "false", "0", "non", "faux"}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?\d*,\d+")
_GROUPS = re.compile(r"[+-]?\d{1,3}([ \u00a0\u202f]\d{3})+([.,]\d+)?")
_WITH_UNIT = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*[^\d\s.,][^\d]*")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_SLASH = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?", re.IGNORECASE)
_LOOKALIKE = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1"})
_ABSENT = {"-", "--", "n/a", "na", "n.a.", "nd", "n.d.", "null", "none", "?", "unknown", "inconnu"}


class _Bad:
    def __repr__(self) -> str:
        return "BAD"


BAD: Final = _Bad()
"""Stands in a column where a cell could not be read."""


class Unreadable(Exception):  # noqa: N818  (never leaves this package)
    """A cell that cannot be read: what was expected and what to do."""

    def __init__(self, expected: str, remedy: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.remedy = remedy


class Style(Struct, frozen=True):
    """The habits of a file: its separator, whether numbers mix points and commas, and the order of dates."""

    separator: str = ","
    mixed: bool = False
    dates: Literal["", "day", "month", "both"] = ""


def base_type(kind: Any) -> tuple[Any, bool]:
    """Split a column's type into the type of a value and whether it may be absent."""
    if get_origin(kind) in (Union, types.UnionType):
        parts = [part for part in get_args(kind) if part is not type(None)]
        return (parts[0] if len(parts) == 1 else str), len(parts) < len(get_args(kind))
    return kind, False


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the known word nearest to this one, or an empty string if none is near.

    Of words equally near, the one that begins alike wins: who errs, errs late.
    """
    by_fold = {name.casefold(): name for name in known}
    folded = word.strip().casefold()
    near = difflib.get_close_matches(folded, by_fold, n=5, cutoff=0.5 if len(folded) <= 3 else 0.6)
    if not near:
        return ""
    best = max(sorted(near), key=lambda name: (_likeness(folded, name), _alike(folded, name)))
    return by_fold[best]


def _likeness(word: str, name: str) -> float:
    return difflib.SequenceMatcher(None, name, word).ratio()


def _alike(word: str, name: str) -> int:
    return next((at for at, (one, other) in enumerate(zip(word, name)) if one != other), min(len(word), len(name)))


def style_of(separator: str, numbers: Iterable[str], dates: Iterable[str]) -> Style:
    """Judge the habits of a file from the texts of its number columns and of its date columns."""
    joined = " ".join(numbers)
    orders = set()
    for text in dates:
        match = _SLASH.match(text)
        if match:
            first, second = int(match[1]), int(match[2])
            orders.add("day" if first > 12 else "month" if second > 12 else "either")
    sure = orders - {"either"}
    order: Literal["", "day", "month", "both"] = ""
    if len(sure) == 2:
        order = "both"
    elif sure:
        order = "day" if "day" in sure else "month"
    elif orders and separator == ";":
        order = "day"
    return Style(separator, "," in joined and "." in joined, order)


def describe(column: Column) -> str:
    """Say in words what a cell of this column may hold: ``a number > 0, in knots``."""
    base, _ = base_type(column.type)
    if get_origin(base) is Literal:
        return "one of " + ", ".join(str(choice) for choice in get_args(base) if choice != "")
    if base is bool:
        return "yes or no"
    if base is dt.datetime:
        return "a UTC date and time such as 2018-10-15 06:00"
    if base is dt.date:
        return "a date such as 2018-10-15"
    if base in (int, float, Decimal):
        words = "a whole number" if base is int else "a number"
        unit = UNITS.get(column.unit, column.unit)
        said = f"{words}{_limits(column)}"
        return said if not unit else f"{said}, {unit if unit.startswith('as ') else 'in ' + unit}"
    most = column.limits.get("max_length")
    return "text" + (f" of at most {most} characters" if most is not None else "")


def _limits(column: Column) -> str:
    low = [(word, column.limits[name]) for name, word in (("ge", ">="), ("gt", ">")) if name in column.limits]
    high = [(word, column.limits[name]) for name, word in (("le", "<="), ("lt", "<")) if name in column.limits]
    if low and high and low[0][0] == ">=" and high[0][0] == "<=":
        return f" from {_plain(low[0][1])} to {_plain(high[0][1])}"
    said = " and ".join(f"{word} {_plain(value)}" for word, value in low + high)
    return f" {said}" if said else ""


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10000 and value == int(value) else format_cell(float(value))


def parser(column: Column, style: Style) -> Callable[[str], Any]:
    """Make the function that reads one non-empty cell of a column; it raises ``Unreadable``."""
    base, _ = base_type(column.type)
    expected = "expected " + describe(column)
    if get_origin(base) is Literal:
        return _choice(get_args(base), expected)
    readers: dict[Any, Callable[[str], Any]] = {
        bool: lambda text: _truth(text, expected),
        dt.datetime: lambda text: _moment(text, expected, style),
        dt.date: lambda text: _date(text, expected, style),
        int: lambda text: _within(_whole(text, expected, style), column, text, expected),
        float: lambda text: _within(float(_number(text, expected, style)), column, text, expected),
        Decimal: lambda text: _within(_exact(text, expected, style), column, text, expected),
    }
    return readers.get(base, lambda text: _text(text, column))


def _text(text: str, column: Column) -> str:
    most = column.limits.get("max_length")
    if most is not None and len(text) > most:
        raise Unreadable(f"expected at most {most} characters, not {len(text)}")
    return text


def _choice(choices: Sequence[str], expected: str) -> Callable[[str], Any]:
    by_fold = {choice.casefold(): choice for choice in choices}

    def read(text: str) -> Any:
        found = by_fold.get(text.casefold())
        if found is None:
            near = did_you_mean(text, [choice for choice in choices if choice])
            raise Unreadable(expected, f"did you mean {near}?" if near else "")
        return found

    return read


def _truth(text: str, expected: str) -> bool:
    word = text.casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise Unreadable(expected)


def _number(text: str, expected: str, style: Style) -> str:
    """Return the number in canonical text, or say why it cannot be read."""
    text = text.replace("\u2212", "-")
    if _NUMBER.fullmatch(text):
        return text
    if _GROUPS.fullmatch(text):
        text = re.sub(r"[ \u00a0\u202f]", "", text)
        if "," not in text:
            return text
    if _COMMA.fullmatch(text):
        if style.mixed:
            raise Unreadable(expected, "the file mixes decimal points and decimal commas: write points")
        if style.separator != ";" and re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", text):
            either = f"{text.replace(',', '.')} or {text.replace(',', '')}"
            raise Unreadable(expected, f"this may mean {either}: write the one you mean")
        return text.replace(",", ".")
    raise Unreadable(expected, _number_hint(text, expected))


def _number_hint(text: str, expected: str) -> str:
    if text.casefold() in _ABSENT:
        return "leave the cell empty if it is not known"
    alike = text.translate(_LOOKALIKE)
    if alike != text and _NUMBER.fullmatch(alike):
        return f"did you mean {alike}?"
    with_unit = _WITH_UNIT.fullmatch(text)
    if with_unit:
        if text.endswith("%") and "as a share" in expected:
            return f"write the share: {float(with_unit[1]) / 100:g}"
        return f"write the number alone: {with_unit[1]}"
    if re.fullmatch(r"[+-]?\d{1,3}([.,]\d{3})+([.,]\d+)?", text):
        return "write it without separators between thousands and with a decimal point"
    return ""


def _exact(text: str, expected: str, style: Style) -> Decimal:
    try:
        return Decimal(_number(text, expected, style))
    except InvalidOperation as error:
        raise Unreadable(expected) from error


def _whole(text: str, expected: str, style: Style) -> int:
    value = _exact(text, expected, style)
    if value != value.to_integral_value():
        raise Unreadable(expected)
    if value.adjusted() > 18:
        raise Unreadable(expected)
    return int(value)


def _within(value: Any, column: Column, text: str, expected: str) -> Any:
    limits = column.limits
    below = ("ge" in limits and value < limits["ge"]) or ("gt" in limits and value <= limits["gt"])
    above = ("le" in limits and value > limits["le"]) or ("lt" in limits and value >= limits["lt"])
    if not math.isfinite(value) or below or above:
        percent = column.unit == "share" and "%" not in text and 1 < value <= 100
        raise Unreadable(expected, f"did you mean {format_cell(float(value) / 100)}?" if percent else "")
    return value


def _date(text: str, expected: str, style: Style) -> dt.date:
    match = _ISO.fullmatch(re.sub(r"[T ]00:00(:00)?$", "", text))
    try:
        if match:
            return dt.date(int(match[1]), int(match[2]), int(match[3]))
        match = _SLASH.fullmatch(text)
        if match:
            return _slashed(match, expected, style)
    except ValueError as error:
        raise Unreadable(expected, "there is no such day") from error
    raise Unreadable(expected, "leave the cell empty if it is not known" if text.casefold() in _ABSENT else "")


def _slashed(match: re.Match[str], expected: str, style: Style) -> dt.date:
    first, second, year = int(match[1]), int(match[2]), int(match[3])
    if style.dates == "both":
        raise Unreadable(expected, "this file has days first and months first: write year-month-day")
    if not style.dates:
        either = f"{year}-{second:02}-{first:02} or {year}-{first:02}-{second:02}"
        raise Unreadable(expected, f"this may mean {either}: write the one you mean")
    day, month = (first, second) if style.dates == "day" else (second, first)
    return dt.date(year, month, day)


def _moment(text: str, expected: str, style: Style) -> dt.datetime:
    day, _, clock = text.replace("T", " ", 1).partition(" ")
    match = _TIME.fullmatch(clock.strip())
    if not clock:
        _date(day, expected, style)
        raise Unreadable(expected, "add the time, UTC")
    if not match:
        raise Unreadable(expected)
    date = _date(day, expected, style)
    try:
        micro = int((match[4] or "0").ljust(6, "0"))
        moment = dt.datetime(date.year, date.month, date.day, int(match[1]), int(match[2]), int(match[3] or 0), micro)
    except ValueError as error:
        raise Unreadable(expected, "there is no such time") from error
    return moment - _offset(match[5])


def _offset(zone: str | None) -> dt.timedelta:
    if not zone or zone.upper() in ("Z", "UTC"):
        return dt.timedelta()
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    return dt.timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)


def read_column(column: Column, texts: Sequence[str], style: Style) -> tuple[list[Any], dict[str, Unreadable]]:
    """Read a whole column.

    Returns the values (``BAD`` where unreadable, the default where empty) and, by the text that stood there, why a
    cell could not be read. A column of plain numbers is read in one pass: a million cells take a fraction of a second.
    """
    base, optional = base_type(column.type)
    if base is float:
        quick = _quick_floats(column, texts, optional)
        if quick is not None:
            return quick, {}
    if base is str and "max_length" not in column.limits and (not column.required or all(texts)):
        told: dict[str, Any] = {text: text or column.default for text in set(texts)}  # equal texts become one
        return [told[text] for text in texts], {}
    if base is str and texts and min(map(len, texts)) and max(map(len, texts)) <= column.limits.get("max_length", 0):
        return list(texts), {}
    read = parser(column, style)
    known: dict[str, Any] = {}
    wrong: dict[str, Unreadable] = {}
    for text in set(texts):
        try:
            known[text] = read(text) if text else _absent(column, optional)
        except Unreadable as reason:
            known[text] = BAD
            wrong[text] = reason
    return [known[text] for text in texts], wrong


def _absent(column: Column, optional: bool) -> Any:
    if not column.required:
        return column.default
    if optional:
        return None
    raise Unreadable(f"a value is required: {describe(column)}")


def _quick_floats(column: Column, texts: Sequence[str], optional: bool) -> list[Any] | None:
    """Read the column if every cell is a plain number within limits or may be empty; otherwise ``None``."""
    if column.required and not optional and not all(texts):
        return None
    joined = "".join(texts)
    if "_" in joined or not joined.isascii():
        return None
    try:
        found = [float(text) for text in texts if text]
    except ValueError:
        return None
    limits = column.limits
    if found:
        low, high = min(found), max(found)
        inside = (
            math.isfinite(sum(found))
            and low >= limits.get("ge", low)
            and high <= limits.get("le", high)
            and ("gt" not in limits or low > limits["gt"])
            and ("lt" not in limits or high < limits["lt"])
        )
        if not inside:
            return None
    if len(found) == len(texts):
        return found
    rest = iter(found)
    default = None if column.required else column.default
    return [next(rest) if text else default for text in texts]


def format_cell(value: Any) -> str:
    """Write a value as the canonical text of a cell; ``None`` is an empty cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        text = repr(value)
        return text[:-2] if text.endswith(".0") else text
    if isinstance(value, dt.datetime):
        text = value.isoformat(sep=" ", timespec="auto")
        return text[:-3] if not value.second and not value.microsecond else text.rstrip("0") if "." in text else text
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)
