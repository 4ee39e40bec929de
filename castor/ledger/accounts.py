"""Accounts: totals by any dimensions, each with what it is made of and what is missing.

An ``Amount`` is one entry of the accounts, made from a figure or from an IATI transaction or budget. It answers, for
a dimension, over which keys it divides and with what weights. Units are never mixed and stages never added together:
the unit, and for money the stage, are always part of a line's key.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise, product
from typing import Protocol

from msgspec import Struct, field

from castor.errors import LedgerError, Problem
from castor.ledger.figure import Figure, Qualifier
from castor.ledger.record import Ledger
from castor.ledger.split import EXACT, apportion, fiscal_year, year_days, year_name

Cells = Sequence[tuple[str, Decimal]]
ONE = Decimal(1)
YEAR = "year"
PERIOD = "period"
STOCKS = ("strength", "aircraft")
"""Measures of deployments that are levels at a time: never divided by days, never added over different times."""
FIGURE_DIMENSIONS = (
    "kind", "measure", "place", "party", "role", "sex", "operation", "programme", "channel", "sector", "marker",
    "topic", "source", "precision",
)  # fmt: skip


class Amount(Protocol):
    """One entry of the accounts."""

    @property
    def id(self) -> str: ...
    @property
    def value(self) -> Decimal | None: ...
    @property
    def unit(self) -> str: ...
    @property
    def stage(self) -> str: ...
    @property
    def qualifier(self) -> Qualifier: ...
    @property
    def days(self) -> tuple[dt.date, dt.date] | None: ...
    @property
    def stock(self) -> bool: ...

    def cells(self, dimension: str) -> Cells:
        """Return the keys and weights over which the amount divides; an empty key is what is not stated."""


class FigureAmount(Struct, frozen=True):
    """A figure as an entry of the accounts. A figure over several places is not divided among them."""

    figure: Figure

    @property
    def id(self) -> str:
        """The figure's id."""
        return self.figure.id

    @property
    def value(self) -> Decimal | None:
        """The figure's value."""
        return self.figure.value

    @property
    def unit(self) -> str:
        """The figure's unit or currency."""
        return self.figure.unit

    @property
    def stage(self) -> str:
        """The stage of money or a result."""
        return self.figure.stage

    @property
    def qualifier(self) -> Qualifier:
        """The figure's qualifier."""
        return self.figure.qualifier

    @property
    def days(self) -> tuple[dt.date, dt.date] | None:
        """First and last day of the figure's period."""
        first, last = self.figure.first_day, self.figure.last_day
        return (first, last) if first is not None and last is not None else None

    @property
    def stock(self) -> bool:
        """Whether the figure is a level at a time (people or aircraft in theatre), not something done over a time."""
        return self.figure.kind == "deployment" and self.figure.measure in STOCKS

    def cells(self, dimension: str) -> Cells:
        """Return the field's value as the one key; ``period`` is the period as it stands in the record."""
        if dimension == PERIOD:
            return ((f"{self.figure.start} {self.figure.end}".strip(), ONE),)
        if dimension not in FIGURE_DIMENSIONS:
            raise unknown_dimension(dimension, (YEAR, PERIOD, "stage", "unit", *FIGURE_DIMENSIONS))
        return ((str(getattr(self.figure, dimension)), ONE),)


def unknown_dimension(name: str, known: Iterable[str]) -> LedgerError:
    """Return the error that says which dimensions there are."""
    return LedgerError([Problem("query", "a dimension", read=name, remedy=f"one of {', '.join(known)}")])


class Line(Struct):
    """One line of an account: its keys, the exact total, how many entries and how many without a value.

    ``made_of`` lists each entry's id with the part of it that stands in this line.
    """

    keys: tuple[str, ...]
    unit: str
    stage: str
    value: Decimal = Decimal(0)
    qualifier: Qualifier = "exactly"
    entries: int = 0
    missing: int = 0
    made_of: list[tuple[str, Decimal | None]] = field(default_factory=list)


class Account(Struct):
    """Totals by dimensions; ``left_out`` says, by reason, which entries were not counted and how much they held."""

    by: tuple[str, ...]
    lines: list[Line]
    left_out: dict[str, list[tuple[str, Decimal | None, str]]] = field(default_factory=dict)

    def line(self, *keys: str, unit: str = "", stage: str = "") -> Line | None:
        """Return the line with these keys (and unit and stage where given), or ``None``."""
        for line in self.lines:
            if line.keys == keys and unit in ("", line.unit) and stage in ("", line.stage):
                return line
        return None


_UP = {"more_than", "at_least"}
_DOWN = {"nearly", "less_than", "at_most"}


def joint_qualifier(qualifiers: Iterable[Qualifier]) -> Qualifier:
    """Return how far a sum is known from how far its parts are: bounds of one side stay a bound, mixed ones do not."""
    said = set(qualifiers) - {"exactly"}
    if not said:
        return "exactly"
    if len(said) == 1:
        return said.pop()
    if said <= _UP:
        return "more_than"
    return "less_than" if said <= _DOWN else "about"


def total(
    amounts: Iterable[Amount],
    *,
    by: Sequence[str] = (),
    where: Mapping[str, str] | None = None,
    fiscal: str = "01-01",
    between: tuple[dt.date | None, dt.date | None] = (None, None),
) -> Account:
    """Add amounts up by dimensions; every split adds up to the whole, to the cent.

    ``by`` and ``where`` name dimensions; ``year`` is the fiscal year that starts on ``fiscal`` (``MM-DD``). An amount
    over a period is divided by days; one without a date has an empty year. ``between`` keeps the part of the amounts
    that falls from the first day to the last (both included). Entries without a value are counted as missing.
    """
    wanted = dict(where or {})
    lines: dict[tuple[tuple[str, ...], str, str], Line] = {}
    names = (*by, *(name for name in wanted if name not in by))
    for amount in amounts:
        for keys, value in _parts(amount, names, fiscal, between):
            held = dict(zip(names, keys))
            if any(held[name] != key for name, key in wanted.items()):
                continue
            at = keys[: len(by)]
            line = lines.setdefault((at, amount.unit, amount.stage), Line(at, amount.unit, amount.stage))
            _add(line, amount, value)
    return Account(tuple(by), sorted(lines.values(), key=lambda line: (line.keys, line.stage, line.unit)))


def _add(line: Line, amount: Amount, value: Decimal | None) -> None:
    line.entries += 1
    line.made_of.append((amount.id, value))
    if value is None:
        line.missing += 1
    else:
        line.value = EXACT.add(line.value, value)
        line.qualifier = joint_qualifier((line.qualifier, amount.qualifier))


def _parts(
    amount: Amount, names: Sequence[str], fiscal: str, between: tuple[dt.date | None, dt.date | None]
) -> Iterator[tuple[tuple[str, ...], Decimal | None]]:
    """Yield the keys and value of every part of an amount; one joint split, so that all parts add up to it."""
    windows = _windows(amount, fiscal, between, YEAR in names)
    cells = [
        windows if name == YEAR else [(key, weight, True) for key, weight in _cells(amount, name)] for name in names
    ]
    if YEAR not in names:
        cells.append(windows)
    width = len(names)
    value = amount.value
    if all(len(row) == 1 for row in cells):  # nearly always: nothing to divide
        if all(cell[0][2] for cell in cells):
            yield tuple(cell[0][0] for cell in cells[:width]), value
        return
    rows = list(product(*cells))
    weights = [_product(weight for _, weight, _ in row) for row in rows]
    values: Sequence[Decimal | None] = [None] * len(rows) if value is None else apportion(value, weights)
    for row, weight, part in zip(rows, weights, values):
        if weight and all(inside for _, _, inside in row):
            yield tuple(key for key, _, _ in row[:width]), part


def _cells(amount: Amount, name: str) -> Cells:
    if name == "stage":
        return ((amount.stage, ONE),)
    return ((amount.unit, ONE),) if name == "unit" else amount.cells(name)


def _product(weights: Iterable[Decimal]) -> Decimal:
    whole = ONE
    for weight in weights:
        whole = EXACT.multiply(whole, weight)
    return whole


def _windows(
    amount: Amount, fiscal: str, between: tuple[dt.date | None, dt.date | None], yearly: bool
) -> list[tuple[str, Decimal, bool]]:
    """Return the years (or one empty name) with their days, and whether each lies between the wanted days."""
    since, until = between
    if amount.days is None:
        return [("", ONE, since is None and until is None)]
    first, last = amount.days
    after = last + _DAY
    opens = max(first, min(since or first, after))
    closes = max(opens, min((until or last) + _DAY, after))
    if amount.stock:
        return [(year_name(fiscal_year(first, fiscal), fiscal) if yearly else "", ONE, opens < closes)]
    cuts = (first, opens, closes, after)
    found: list[tuple[str, Decimal, bool]] = []
    for at, (begin, end) in enumerate(pairwise(cuts)):
        inside = at == 1
        if begin >= end:
            continue
        if yearly:
            days = year_days(begin, end - _DAY, fiscal)
            found += [(year_name(year, fiscal), Decimal(count), inside) for year, count in days]
        else:
            found.append(("", Decimal((end - begin).days), inside))
    return found


_DAY = dt.timedelta(days=1)


def figure_amounts(ledger: Ledger, figures: Iterable[Figure] | None = None) -> list[FigureAmount]:
    """Return the figures of record as entries, without events, rates and anything already counted in another."""
    chosen = ledger.figures if figures is None else figures
    counted = [figure for figure in chosen if figure.kind not in ("event", "rate", "reference", "story")]
    return [FigureAmount(figure) for figure in ledger.of_record(counted)]


def account_of(
    ledger: Ledger,
    *,
    by: Sequence[str] = (),
    where: Mapping[str, str] | None = None,
    fiscal: str = "01-01",
    between: tuple[dt.date | None, dt.date | None] = (None, None),
    change: Callable[[Sequence[Amount]], Sequence[Amount]] | None = None,
) -> Account:
    """Add up the figures of a ledger that match ``where``; what was left out and why is in the account.

    A place, party or other list in a cell matches by each of its entries. Figures are filtered first, so that a part
    counts when its whole does not match. Levels (strengths) of different times are never added: where there are some,
    the lines are also by ``period``. ``change`` may put the entries into another currency before they are added.
    """
    wanted = dict(where or {})
    yearly = {name: value for name, value in wanted.items() if name in (YEAR, "precision")}
    rows = ledger.where(**{name: value for name, value in wanted.items() if name not in yearly})
    amounts = figure_amounts(ledger, rows)
    counted = {amount.id for amount in amounts}
    levels = {(amount.figure.start, amount.figure.end) for amount in amounts if amount.stock}
    if len(levels) > 1 and PERIOD not in by:
        by = (*by, PERIOD)
    entries = change(amounts) if change is not None else amounts
    account = total(entries, by=by, where=yearly, fiscal=fiscal, between=between)
    for figure in rows:
        if figure.id not in counted:
            account.left_out.setdefault(_reason(ledger, figure, counted), []).append(
                (figure.id, figure.value, figure.unit)
            )
    return account


def _reason(ledger: Ledger, figure: Figure, counted: set[str]) -> str:
    if figure.kind in ("event", "rate", "reference", "story"):
        return f"{'an' if figure.kind == 'event' else 'a'} {figure.kind} is not added"
    if any(whole in counted for whole in ledger.wholes(figure)):
        return "already part of another figure"
    return "another figure answers the same question"
