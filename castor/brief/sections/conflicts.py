"""Where sources disagree: every answer side by side, with its definition and its source; the first is of record."""

from __future__ import annotations

from castor.brief.parts import Section, Sources, lead
from castor.brief.recorded import cites, definition, label, said, when
from castor.brief.words import Both, number, word
from castor.ledger import Figure, Ledger
from castor.ledger.record import Conflict


def conflicts(ledger: Ledger, sources: Sources) -> Section | None:
    """The questions with more than one answer; nothing where all agree."""
    found = ledger.conflicts()
    if not found:
        return None
    body = lead(word("conflicts.lead", n=number(len(found))))
    blocks = "".join(_block(ledger, conflict, sources) for conflict in found)
    return Section("conflicts", word("conflicts.title"), f"{body}<div class=conflicts>{blocks}</div>")


def _block(ledger: Ledger, conflict: Conflict, sources: Sources) -> str:
    rows = "".join(_answer(ledger, figure, sources, at == 0) for at, figure in enumerate(conflict.figures))
    return f"<div class=conflict><h3>{label(conflict.figures[0]).capital().html()}</h3><ul>{rows}</ul></div>"


def _answer(ledger: Ledger, figure: Figure, sources: Sources, of_record: bool) -> str:
    value = said(figure) if figure.value is not None or figure.kind == "event" else label(figure)
    more = [part for part in (definition(figure), _period(figure)) if part.en]
    told = "; ".join(part.html() for part in more)
    mark = f" <span class=record>{word('of.record').html()}</span>" if of_record else ""
    why = f"<br><span class=why>{told}</span>" if told else ""
    return f"<li><b>{value.html()}</b>{cites(ledger, figure, sources)}{mark}{why}"


def _period(figure: Figure) -> Both:
    return Both("", "") if figure.kind == "event" else when(figure)
