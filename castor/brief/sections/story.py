"""The account in prose: every number in it follows from the record and leads to the figures behind it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from castor.brief.parts import Markup, Section, Sources, details, lead, table
from castor.brief.recorded import label, said, when, with_cites
from castor.brief.words import word
from castor.ledger import Ledger
from castor.ledger.narrative import Block, Span, narrative


def story(ledger: Ledger, sources: Sources) -> Section | None:
    """The narrative in both languages; nothing where the folder has none."""
    told = {language: narrative(ledger, language) for language in ("en", "fr")}
    if not told["en"] and not told["fr"]:
        return None
    other = {"en": "fr", "fr": "en"}
    used: dict[str, int] = {}
    body = ""
    for language, blocks in told.items():
        said = _blocks(blocks or told[other[language]], used)
        body += f"<div class=story lang={language}>{said}</div>"
    rows = [
        [Markup(f"<span id=figure-{at}>{at}</span>"), label(ledger.figure[name]), _stated(ledger, name, sources)]
        for name, at in used.items()
    ]
    heads = [word("number"), word("what"), word("value")]
    shown = details(word("story.figures"), table(heads, rows))
    return Section("story", word("story.title"), lead(word("story.lead")) + body + shown)


def _stated(ledger: Ledger, name: str, sources: Sources) -> Markup:
    """The figure in words with its sources, and when, unless that is what it says."""
    figure = ledger.figure[name]
    date = when(figure)
    more = "" if date == said(figure) or not date.en else f"; {date.html()}"
    return Markup(with_cites(ledger, figure, sources) + more)


def _blocks(blocks: Sequence[Block], used: dict[str, int]) -> str:
    out = ""
    for block in blocks:
        said = "".join(_span(span, used) for span in block.spans)
        if block.level == 1:
            continue
        out += f"<h3>{said}</h3>" if block.level > 0 else f"<p>• {said}</p>" if block.level < 0 else f"<p>{said}</p>"
    return out


def _span(span: Span, used: dict[str, int]) -> str:
    text = escape(span.text).replace("&#x27;", "’")
    if not span.figures:
        return text
    numbers = [used.setdefault(name, len(used) + 1) for name in span.figures]
    return f'<a class=fact href="#figure-{numbers[0]}">{text}</a>'
