"""Exact splits: an amount over shares, over days, over fiscal years; the parts always add up to the whole.

Largest remainder: every part is rounded down to the last unit of money, and the units left go to the parts that lost
most, the first of equals first (Hamilton's method). Nothing passes through a binary fraction.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext
from fractions import Fraction

from castor.errors import LedgerError, Problem

EXACT = Context(prec=1000, traps=[Inexact, InvalidOperation])
"""Arithmetic in which a sum of money of any size is exact or an error, never rounded in silence."""
CENT = 2
"""Decimal places of the smallest part of money."""


def apportion(value: Decimal, weights: Sequence[Decimal | int], places: int = CENT) -> list[Decimal]:
    """Split a value over weights so that the parts add up to it exactly.

    Parts are multiples of ``10**-places``, or of the value's own last digit when that is finer. Weights may add up to
    anything above zero; none may be negative (``ValueError``).
    """
    if not weights or any(weight < 0 for weight in weights) or not any(weights):
        raise ValueError("a split needs weights that are not negative and not all zero")
    exponent = value.as_tuple().exponent
    places = max(places, -exponent) if isinstance(exponent, int) else places
    with localcontext(EXACT):
        units = int(abs(value).scaleb(places))
    exact = [Fraction(weight) for weight in weights]
    whole = sum(exact)
    wanted = [units * weight / whole for weight in exact]
    floors = [share.numerator // share.denominator for share in wanted]
    order = sorted(range(len(wanted)), key=lambda at: (floors[at] - wanted[at], at))
    for at in order[: units - sum(floors)]:
        floors[at] += 1
    sign = -1 if value < 0 else 1
    with localcontext(EXACT):
        return [Decimal(sign * count).scaleb(-places) for count in floors]


def fiscal_start(text: str) -> tuple[int, int]:
    """Return month and day of the first day of a fiscal year written ``MM-DD``; ``LedgerError`` if it is no day."""
    try:
        month, day = (int(part) for part in text.split("-"))
        dt.date(2001, month, day)
        if text != f"{month:02d}-{day:02d}":
            raise ValueError(text)
    except ValueError:
        problem = Problem("query", "the first day of a fiscal year, such as 04-01", column="fiscal year", read=text)
        raise LedgerError([problem]) from None
    return month, day


def fiscal_year(date: dt.date, start: str = "01-01") -> int:
    """Return the calendar year in which the fiscal year of a date began; ``start`` is its first day, ``MM-DD``."""
    month, day = fiscal_start(start)
    return date.year if (date.month, date.day) >= (month, day) else date.year - 1


def year_name(year: int, start: str = "01-01") -> str:
    """Return the name of a fiscal year: ``2021``, or ``2021/22`` when it does not start on 1 January."""
    return str(year) if start == "01-01" else f"{year}/{(year + 1) % 100:02d}"


def year_days(first: dt.date, last: dt.date, start: str = "01-01") -> list[tuple[int, int]]:
    """Return how many days of a period (both ends included) fall in each fiscal year."""
    month, day = fiscal_start(start)
    found = []
    for year in range(fiscal_year(first, start), fiscal_year(last, start) + 1):
        begins = max(first, dt.date(year, month, day))
        ends = min(last, dt.date(year + 1, month, day) - dt.timedelta(days=1))
        found.append((year, (ends - begins).days + 1))
    return found


def iso_day(text: str) -> dt.date | None:
    """Return the day an ISO date or datetime names, or ``None``; ``Z`` and times of day are allowed behind it."""
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        return None


def month_end(year: int, month: int) -> dt.date:
    """Return the last day of a month."""
    return dt.date(year, month, calendar.monthrange(year, month)[1])
