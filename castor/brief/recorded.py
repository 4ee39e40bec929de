"""Figures of the ledger as the page shows them: in words in both languages, with qualifier, definition and source."""

from __future__ import annotations

import datetime as dt
from html import escape

from castor.brief.parts import Markup, Sources
from castor.brief.words import Both, join, word
from castor.ledger import Figure, Ledger, Source
from castor.ledger import say as words


def said(figure: Figure) -> Both:
    """The value with its qualifier and unit: *over 4,000 h*."""
    return Both(words.say(figure, "en"), words.say(figure, "fr"))


def label(figure: Figure) -> Both:
    """What the figure counts."""
    return Both(figure.label("en"), figure.label("fr"))


def definition(figure: Figure) -> Both:
    """What the figure means, where the record says so."""
    return Both(figure.definition("en"), figure.definition("fr"))


def when(figure: Figure) -> Both:
    """The figure's period."""
    return Both(words.when(figure, "en"), words.when(figure, "fr"))


def document(source: Source) -> str:
    """A source as it is listed."""
    by = source.publisher if source.publisher and source.publisher not in source.title else ""
    year = source.date[:4] if source.date and source.date[:4] not in source.title else ""
    return ", ".join(part for part in (source.title, by, year) if part)


def cites(ledger: Ledger, figure: Figure, sources: Sources) -> str:
    """Links to every document that states a figure; for a derived one those behind it, marked as derived."""
    links = "".join(sources.cite(document(doc), doc.url) for doc in ledger.documents(figure))
    return f" <span class=derived>{word('derived').html()}</span>{links}" if figure.derived_from else links


def with_cites(ledger: Ledger, figure: Figure, sources: Sources) -> Markup:
    """The figure in words, followed by links to its sources."""
    return Markup(said(figure).html() + cites(ledger, figure, sources))


def evidence(ledger: Ledger, figure: Figure, sources: Sources) -> str:
    """What stands behind a figure, to unfold: definition, method, documents, and what others say."""
    meaning = definition(figure)
    parts = [f"<p>{meaning.capital().html()}</p>"] if meaning.en else []
    if figure.method:
        parts.append(f"<p>{word('method').html()}: {escape(figure.method)}</p>")
    for doc in ledger.documents(figure):
        where = f", {escape(figure.locator)}" if figure.locator else ""
        cited = escape(document(doc)) + sources.cite(document(doc), doc.url)
        parts.append(f"<p>{word('source').capital().html()}: {cited}{where} ({grade(doc).html()})</p>")
    others = [f for f in ledger.figures if f.topic and f.topic == figure.topic and f.id != figure.id]
    if others:
        parts.append(f"<p>{word('others.say').html()} {join([_other(ledger, f) for f in others], '; ').html()}.</p>")
    return "".join(parts)


def _other(ledger: Ledger, figure: Figure) -> Both:
    docs = join([doc.publisher or doc.title for doc in ledger.documents(figure)])
    meaning = definition(figure)
    told = said(figure) + (Both(f", {meaning.en}", f", {meaning.fr}") if meaning.en else "")
    return told + " (" + docs + ")"


def grade(source: Source) -> Both:
    """How far a source is trusted."""
    return word(f"grade.{source.grade}")


def day_of(figure: Figure) -> dt.date:
    """The first day of a figure's period; the beginning of time where it has none."""
    return figure.first_day or dt.date.min
