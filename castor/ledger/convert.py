"""Conversion and deflation, only when asked: a new figure that keeps the rate, its date and its source.

Money stays in its currency everywhere else. A rate is for a day or a month; the one used is the closest before or on
the day of the amount, never one from afterwards, and never more than ``STALE`` days old.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Struct

from castor.errors import LedgerError, Problem
from castor.ledger.accounts import Amount, Cells
from castor.ledger.figure import ISO_DATE, Figure, Qualifier, several
from castor.ledger.split import EXACT
from castor.mission.model import col
from castor.mission.table import read_table

CENT = Decimal("0.01")
STALE = 45
"""Days after which a monthly rate no longer holds."""


class Rate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"base": "from", "quote": "to"}):
    """How many units of ``quote`` one unit of ``base`` is worth on a day or over a month; a row of a table of rates.

    For a deflator, ``base`` and ``quote`` name the money of two years: ``CAD`` to ``CAD-2018``.
    """

    base: Annotated[str, col("from currency", "de la monnaie", min_length=1)]
    quote: Annotated[str, col("to currency", "à la monnaie", min_length=1)]
    date: Annotated[str, col("day or month", "jour ou mois", pattern=ISO_DATE)]
    rate: Annotated[Decimal, col("rate", "taux", gt=0)]
    source: Annotated[str, col("source", "source", min_length=1)]


def read_rates(path: str | Path) -> list[Rate]:
    """Read a table of rates: ``from, to, date, rate, source``; raises ``LedgerError`` with every problem."""
    rows, problems = read_table(Rate, path)
    if problems:
        raise LedgerError(problems)
    return rows


def _day(rate: Rate) -> dt.date:
    parts = [int(part) for part in rate.date.rstrip("~").split("-")]
    return dt.date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)


def rate_on(rates: Sequence[Rate], base: str, quote: str, day: dt.date) -> Rate:
    """Return the rate that holds on a day; ``LedgerError`` when there is none that is recent enough."""
    held = [rate for rate in rates if rate.base == base and rate.quote == quote and _day(rate) <= day]
    best = max(held, key=_day, default=None)
    if best is None or (day - _day(best)).days > (366 if len(best.date.rstrip("~")) == 4 else STALE):
        expected = f"a rate from {base} to {quote} for {day}"
        raise LedgerError([Problem("rates", expected, remedy="add it to the table of rates, with its source")])
    return best


def converted(figure: Figure, rates: Sequence[Rate], currency: str, day: dt.date | None = None) -> Figure:
    """Return a figure in another currency, derived from this one, with rate, date and source in its method.

    The rate is that of ``day``, or of the figure's last day. Rounded half-even to cents, once.
    """
    on = day or figure.last_day
    if figure.value is None or on is None:
        raise LedgerError([Problem("ledger", "a value and a date, to convert", read=figure.id)])
    rate = rate_on(rates, figure.unit, currency, on)
    value = _to_cents(figure.value, rate)
    said = f"{figure.value:f} {figure.unit} x {rate.rate:f} {currency} on {rate.date} ({rate.source})"
    documents = tuple(dict.fromkeys((*figure.sources, *several(rate.source))))
    return msgspec.structs.replace(
        figure, id=f"{figure.id}-{currency.lower()}", value=value, unit=currency, part_of="", topic="",
        derived_from=figure.id, method=said, source=";".join(documents),
    )  # fmt: skip


def _to_cents(value: Decimal, rate: Rate) -> Decimal:
    """Return the exact product rounded half-even to cents, once, however large it is."""
    return EXACT.multiply(value, rate.rate).quantize(CENT, rounding=ROUND_HALF_EVEN, context=Context(prec=1000))


class ConvertedAmount(Struct, frozen=True):
    """An entry of the accounts in another currency; ``rate`` is the one used, by the entry's value date."""

    amount: Amount
    unit: str
    value: Decimal | None
    rate: Rate | None = None

    @property
    def id(self) -> str:
        """The entry's id."""
        return self.amount.id

    @property
    def stage(self) -> str:
        """The entry's stage."""
        return self.amount.stage

    @property
    def qualifier(self) -> Qualifier:
        """How far the entry is known."""
        return self.amount.qualifier

    @property
    def days(self) -> tuple[dt.date, dt.date] | None:
        """The entry's first and last day."""
        return self.amount.days

    @property
    def stock(self) -> bool:
        """Whether the entry is a level."""
        return self.amount.stock

    def cells(self, dimension: str) -> Cells:
        """Return the entry's keys and weights."""
        return self.amount.cells(dimension)


def in_currency(amounts: Iterable[Amount], rates: Sequence[Rate], currency: str) -> list[ConvertedAmount]:
    """Return the entries in one currency, each at the rate of its value date; those without a value stay missing.

    Units of which no rate is given (people, flights, another currency) stay as they are, on lines of their own. Raises
    ``LedgerError`` when the rate of a day is lacking: nothing is guessed.
    """
    found = []
    bases = {rate.base for rate in rates}
    for amount in amounts:
        if amount.unit != currency and amount.unit not in bases:
            found.append(ConvertedAmount(amount, amount.unit, amount.value))
            continue
        day = getattr(amount, "value_date", None) or (amount.days[1] if amount.days else None)
        if amount.unit == currency or amount.value is None:
            found.append(ConvertedAmount(amount, currency, amount.value))
            continue
        if day is None:
            raise LedgerError([Problem("ledger", "a date, to convert", read=amount.id)])
        rate = rate_on(rates, amount.unit, currency, day)
        value = _to_cents(amount.value, rate)
        found.append(ConvertedAmount(amount, currency, value, rate))
    return found
