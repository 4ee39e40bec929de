"""Everything the ledger knows of one figure, in lines that can be read aloud."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator

from castor.errors import LedgerError, Problem
from castor.ledger.figure import Figure, Source
from castor.ledger.iati.amounts import ActivityAmount, Collection, Levels
from castor.ledger.iati.model import Activity, Text
from castor.ledger.record import Ledger
from castor.ledger.say import say, when

Line = tuple[str, str]
_SHOWN = (
    "kind",
    "measure",
    "stage",
    "place",
    "party",
    "role",
    "sex",
    "operation",
    "programme",
    "channel",
    "sector",
    "marker",
)


def explain_figure(ledger: Ledger, name: str, lang: str = "en") -> list[Line]:
    """Return name and text of everything about a figure: value, definition, sources, conflicts, parts, origin.

    An unknown figure is a ``LedgerError`` that says which one may be meant.
    """
    if name not in ledger.figure:
        near = difflib.get_close_matches(name, ledger.figure, 3)
        remedy = f"did you mean {' or '.join(near)}?" if near else "castor ledger total lists them with --made-of"
        raise LedgerError([Problem(ledger.folder or "ledger", "a figure of the ledger", read=name, remedy=remedy)])
    figure = ledger.figure[name]
    return [*_itself(figure, lang), *_documents(ledger, figure), *_relations(ledger, figure, lang)]


def _itself(figure: Figure, lang: str) -> Iterator[Line]:
    yield "figure", figure.id
    yield "label", figure.label(lang)
    yield "value", say(figure, lang, words=False)
    if when(figure, lang):
        yield "period", when(figure, lang)
    if figure.definition(lang):
        yield "definition", figure.definition(lang)
    if not figure.protected:
        for field in _SHOWN:
            if getattr(figure, field):
                yield field, str(getattr(figure, field))
    else:
        yield "protected", f"a person known here as {figure.pseudonym}"
    if figure.switch:
        yield "switched", f"{figure.channel} {figure.switch}"


def _documents(ledger: Ledger, figure: Figure) -> Iterator[Line]:
    for number, source in enumerate(ledger.documents(figure)):
        yield ("source" if number == 0 else ""), _cited(source)
        if source.url:
            yield "", source.url
    if figure.locator:
        yield "locator", figure.locator
    if figure.retrieved:
        yield "retrieved", figure.retrieved.isoformat()


def _cited(source: Source) -> str:
    said = ", ".join(part for part in (source.publisher, source.title, source.date) if part)
    part = "; read in part" if source.read == "part" else ""
    return f"{said} [{source.grade}{part}]"


def _relations(ledger: Ledger, figure: Figure, lang: str) -> Iterator[Line]:
    def named(other: Figure) -> str:
        return f"{other.id}: {say(other, lang)}, {other.label(lang)}"

    if figure.derived_from or figure.method:
        yield "derived", figure.method
        for name in figure.constituents:
            yield "", named(ledger.figure[name])
    for name in ledger.wholes(figure):
        yield "part of", named(ledger.figure[name])
    for part in ledger.parts(figure.id):
        yield "holds", named(part)
    for old in ledger.history:
        if old.id == figure.supersedes:
            yield "supersedes", named(old)
    for other in ledger.figures:
        if figure.topic and other.topic == figure.topic and other.id != figure.id:
            definition = other.definition(lang)
            yield "beside it", f"{named(other)} ({other.source})" + (f"; {definition}" if definition else "")


def explain_amount(source: Callable[[], Iterable[Activity]], name: str, *, levels: Levels = "all") -> list[Line]:
    """Return everything about a transaction, budget or plan that ``total`` lists as ``activity#number``."""
    collection = Collection(source, levels=levels)
    kinds = (
        (collection.budgets, collection.planned)
        if "#budget-" in name or "#planned-" in name
        else (collection.transactions,)
    )
    for kind in kinds:
        for amount in kind():
            if amount.id == name:
                return list(_amount(amount))
    raise LedgerError(
        [Problem("ledger", "an entry of the ledger", read=name, remedy="see castor ledger total --made-of")]
    )


def _first(texts: Iterable[Text]) -> str:
    return next((text.text for text in texts), "")


def _amount(amount: ActivityAmount) -> Iterator[Line]:
    yield "entry", amount.id
    yield "activity", f"{amount.head.id}  {_first(amount.head.title)}".strip()
    yield "stage", amount.stage
    yield "value", f"{amount.value} {amount.unit}" if amount.value is not None else "not known"
    if amount.days is not None:
        yield "period", " to ".join(dict.fromkeys(day.isoformat() for day in amount.days))
    for dimension in ("country", "sector", "gender", "provider", "receiver", "channel", "humanitarian"):
        cells = [f"{key or 'not stated'} {weight}" for key, weight in amount.cells(dimension)]
        yield dimension, "; ".join(cells) if len(cells) > 1 else (cells[0].rpartition(" ")[0])
    yield "source", f"{amount.head.file}, line {amount.item.line}"
    if amount.head.updated:
        yield "", f"last updated {amount.head.updated}"
