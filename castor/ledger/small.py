"""Small cells: counts of people that are too small to publish, and what would give them away.

A count of people above zero and below the threshold is hidden (primary). So is whatever would let it be worked out
(secondary): of the equations *whole = parts + rest* that a reader knows, none may determine a hidden count, nor give
the sum of hidden counts when that is itself below the threshold. The bounds that are published with hidden counts are
part of what the reader knows. A figure derived from a hidden one loses its value.

Cell suppression as in Hundepool et al., *Statistical Disclosure Control* (2012), chapter 4, for sums of one level at a
time; the audit goes round until nothing more gives way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec
from msgspec import Struct

from castor.ledger.figure import Figure

SMALL = 5
"""Counts of people below this are not published (the usual threshold of statistical offices)."""

PEOPLE_UNITS = frozenset({
    "people", "person", "persons", "women", "men", "girls", "boys", "children", "survivors", "victims", "patients",
    "beneficiaries", "participants", "households", "families", "farmers",
})  # fmt: skip
_SPLITS = ("sex", "role", "place", "party", "operation", "programme", "channel", "sector", "marker", "start", "measure")
"""Fields in which the parts of one division of a whole differ from it; parts of different divisions are not one sum."""
FAR = Decimal(10) ** 12
Hidden = dict[str, Decimal | None]
"""By id, the bound below which a hidden count is published; ``None`` where nothing of the value may be."""


class _Cell(Struct, frozen=True):
    """One term of an equation: its id (empty for the rest, which nobody publishes) and its true value."""

    id: str
    value: Decimal


class _Equation(Struct, frozen=True):
    """A whole and the parts that add up to it, the unpublished rest among them."""

    whole: _Cell
    parts: tuple[_Cell, ...]


def counts_people(figure: Figure) -> bool:
    """Whether a figure is a count of people in a result or a story; contingents and casualties are public records."""
    return figure.kind in ("result", "story") and figure.unit in PEOPLE_UNITS and figure.value is not None


def hidden_cells(rows: Sequence[Figure], small: int) -> Hidden:
    """Return which figures must be hidden, and how."""
    threshold = Decimal(small)
    counted = [figure for figure in rows if counts_people(figure)]
    hidden: Hidden = {f.id: threshold for f in counted if f.value is not None and 0 < f.value < threshold}
    equations = list(_equations(counted))
    audit = True
    while audit:
        audit = False
        for equation in equations:
            more = _gives_away(equation, hidden, threshold)
            if more is not None:
                hidden[more.id] = more.value.to_integral_value() // 10 * 10 + 10
                audit = True
    _derived(rows, hidden)
    return hidden


def _derived(rows: Sequence[Figure], hidden: Hidden) -> None:
    """Hide what was derived from hidden figures, and what was derived from that."""
    found = True
    while found:
        found = False
        for figure in rows:
            if figure.id not in hidden and any(name in hidden for name in figure.constituents):
                hidden[figure.id] = None
                found = True


def _equations(counted: Sequence[Figure]) -> Iterator[_Equation]:
    """Yield, for every whole, the divisions a reader can see: each part and the rest, and each division by a field."""
    table = {figure.id: figure for figure in counted}
    parts: dict[str, list[Figure]] = {}
    for figure in counted:
        if figure.part_of in table:
            parts.setdefault(figure.part_of, []).append(figure)
    for name, members in parts.items():
        whole = table[name]
        divisions: dict[tuple[str, ...], list[Figure]] = {(member.id,): [member] for member in members}
        for member in members:
            divisions.setdefault(_division(whole, member), []).append(member)
        divisions[("all",)] = members
        for division in divisions.values():
            cells = tuple(_cell(member) for member in division)
            rest = (whole.value or Decimal(0)) - sum((cell.value for cell in cells), Decimal(0))
            if rest >= 0:
                yield _Equation(_cell(whole), (*cells, _Cell("", rest)) if rest else cells)


def _cell(figure: Figure) -> _Cell:
    return _Cell(figure.id, figure.value or Decimal(0))


def _division(whole: Figure, part: Figure) -> tuple[str, ...]:
    return ("by", *(name for name in _SPLITS if getattr(part, name) not in ("", getattr(whole, name))))


def _gives_away(equation: _Equation, hidden: Hidden, threshold: Decimal) -> _Cell | None:
    """Return the next cell to hide in an equation, or ``None`` where it gives nothing away."""
    unseen = [cell for cell in equation.parts if not cell.id or cell.id in hidden]
    whole_seen = equation.whole.id not in hidden
    known = sum((cell.value for cell in unseen), Decimal(0))
    safe = not whole_seen or not 0 < known < threshold
    primary = any(cell.id and cell.value < threshold for cell in unseen) or not whole_seen
    if safe and not (primary and _determined(equation, unseen, hidden, threshold)):
        return None
    shown = [cell for cell in equation.parts if cell.id and cell.id not in hidden and cell.value > 0]
    if shown:
        return min(shown, key=lambda cell: cell.value)
    return equation.whole if whole_seen and equation.whole.value >= threshold else None


def _determined(equation: _Equation, unseen: Sequence[_Cell], hidden: Hidden, threshold: Decimal) -> bool:
    """Whether the equation and the published bounds leave one value only for something hidden."""
    spans = [_span(cell, hidden, threshold) for cell in unseen]
    seen = sum((cell.value for cell in equation.parts), Decimal(0)) - sum((c.value for c in unseen), Decimal(0))
    low, high = _span(equation.whole, hidden, threshold) if equation.whole.id in hidden else (equation.whole.value,) * 2
    floor, top = sum((a for a, _ in spans), Decimal(0)), sum((b for _, b in spans), Decimal(0))
    if equation.whole.id in hidden and max(low, seen + floor) == min(high, seen + top):
        return True
    return any(
        max(a, low - seen - (top - b)) == min(b, high - seen - (floor - a)) for (a, b), cell in zip(spans, unseen)
        if cell.id
    )  # fmt: skip


def _span(cell: _Cell, hidden: Hidden, threshold: Decimal) -> tuple[Decimal, Decimal]:
    """What a reader knows of a cell that is not shown: from one to below the threshold, or from there to its bound."""
    bound = hidden.get(cell.id)
    if not cell.id or bound is None:
        return Decimal(0), FAR
    return (Decimal(1), bound - 1) if bound == threshold else (threshold, bound - 1)


def suppressed(figure: Figure, below: Decimal | None) -> Figure:
    """Return a figure without its value, in words and method too: at most below what it lies, or nothing at all."""
    texts = {name: _without(getattr(figure, name), figure.value)
             for name in ("label_en", "label_fr", "definition_en", "definition_fr", "locator")}  # fmt: skip
    said = "not shown: small numbers of people" if figure.method else ""
    kept = msgspec.structs.replace(figure, **texts, method=said)
    if below is None:
        return msgspec.structs.replace(kept, value=None, qualifier="unknown")
    return msgspec.structs.replace(kept, value=below, qualifier="less_than")


def _without(text: str, value: Decimal | None) -> str:
    """Return a text without the number it must not tell."""
    return text if value is None else re.sub(rf"(?<![\d.,]){re.escape(format(value, 'f'))}(?![\d]|[.,]\d)", "…", text)
