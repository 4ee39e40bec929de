"""People protected by a pseudonym: what may not be recorded, what may not be published, and small cells.

A story told under another name keeps its figures and loses everything that could name the person. The words refused
here are cues, in English and French; they cannot prove a text safe, so a protected record also may not hold a place
smaller than a country, a date closer than a year, or a word with a capital that is neither the pseudonym, a country,
nor a common word at the beginning of a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from castor.errors import Problem
from castor.ledger.figure import Figure
from castor.ledger.small import SMALL, hidden_cells, suppressed

if TYPE_CHECKING:
    from castor.ledger.record import Ledger

_MONTH = (
    r"(?:jan(?:uary|vier)?|feb(?:ruary)?|f[ée]v(?:rier)?|mar(?:ch|s)|apr(?:il)?|avril|ma[iy]|june?|juin|july?|juillet"
    r"|aug(?:ust)?|ao[uû]t|sept?(?:ember|embre)?|oct(?:ober|obre)?|nov(?:ember|embre)?|d[ée]c(?:ember|embre)?)"
)
_CUES = re.compile(
    r"(?i)(\bborn\b|\bnée?s?\b|\bbirth(day|date|place)?\b|\bnaissance\b|\banniversaire\b"
    r"|\bvillages?\b|\bhamlets?\b|\bhameaux?\b|\btown of\b|\bville de\b|\bcommune (of|de)\b"
    r"|\bneighbou?rhood of\b|\bquartier\b|\b(real|full|last|family|first|true) name\b|\b(vrai )?nom de famille\b"
    r"|\bvrai (pré)?nom\b|\bprénom\b"
    r"|\b(daughter|son|wife|husband|mother|father|sister|brother|niece|nephew) of\b"
    r"|(?-i:\b(fille|fils|épouse|époux|mère|père|sœur|frère|nièce|neveu) (de |d['’])[A-ZÀ-Ý])"
    r"|\bpassports?\b|\bpasseports?\b|\bNINA\b|\bphone\b|\btéléphone\b)"
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+|\+?\d(?:[ .-]?\d){7,}|-?\d{1,2}\.\d{3,}\s*[,;]\s*-?\d{1,3}\.\d{3,}")
_DAY = re.compile(
    r"\b\d{4}-\d{2}(-\d{2})?\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b"
    rf"|(?i:\b\d{{1,2}}(?:er|st|nd|rd|th)? (?:de |of )?{_MONTH}\b|\b{_MONTH}\.? (?:\d{{1,2}}|\d{{4}})\b)"
)
_WORD = re.compile(r"\b[A-ZÀ-Ý][\w'’-]*")
_BEGINS = re.compile(r"(?:^|[.!?:;(\"«»“]\s?)\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z|world\Z|Mali\Z")
_COMMON = re.compile(
    r"(?:an?|the|aged?|at|in|on|of|for|from|to|with|without|by|as|after|before|when|while|under|until|since|because|she|he"
    r"|her|his|its?|they|their|this|that|these|those|there|one|two|three|not?|years?|wom[ae]n|girls?|m[ae]n|child(?:ren)?"
    r"|person|people|number|name|story|account|survivor|victim|mother|daughter|told|forced|married"
    r"|la|les?|l|une?|des?|du|d|à|aux?|en|dans|sur|sous|sans|avec|par|pour|après|avant|quand|lorsque|pendant|depuis|elles?"
    r"|ils?|son|sa|ses|ce|cet|cette|ces|c|âgée?|âge|ans|années?|femmes?|filles?|hommes?|enfants?|personnes?|nombre|nom"
    r"|récit|histoire|témoignage|survivante?|victime)(?:['’-]|\Z)"
)
"""Words that may begin a sentence with a capital; any other could be a name."""
_TEXTS = ("id", "topic", "measure", "label_en", "label_fr", "definition_en", "definition_fr", "locator", "method",
          "party", "role", "operation", "programme", "channel", "sector", "marker")  # fmt: skip


def protection_problems(file: str, row: int, figure: Figure) -> list[Problem]:
    """Return what in a protected figure could name the person; nothing for a figure that is not protected."""
    if not figure.protected:
        if figure.pseudonym or figure.kind == "story":
            return [Problem(file, "true for a story about a person", row, "protected", "", "set protected to true")]
        return []
    problems = []

    def refuse(column: str, read: str, expected: str) -> None:
        problems.append(Problem(file, expected, row, column, read, "leave it out: it could name a protected person"))

    if not figure.pseudonym:
        problems.append(Problem(file, "a name that is not the person's", row, "pseudonym", "", "choose one"))
    for place in figure.places:
        if not _COUNTRY.match(place):
            refuse("place", place, "a country, nothing smaller")
    for column, text in (("from", figure.start), ("to", figure.end)):
        if len(text.rstrip("~")) > 4:
            refuse(column, text, "a year, nothing closer")
    for column in _TEXTS:
        text = getattr(figure, column)
        for pattern, expected in (
            (_CUES, "no birth, family or home"),
            (_ADDRESS, "no address or number"),
            (_DAY, "no date"),
        ):
            match = pattern.search(text)
            if match is not None:
                refuse(column, match.group(), expected)
        problems += _names(file, row, column, text, figure)
    return problems


def _names(file: str, row: int, column: str, text: str, figure: Figure) -> list[Problem]:
    known = {*re.split(r"\W+", figure.pseudonym), "Mali", "Canada", "Malian", "Malienne"}
    own = {part for name in (figure.programme, figure.operation) for part in re.split(r"\W+", name.casefold())}

    def acronym(word: str) -> bool:
        return sum(letter.isupper() for letter in word) > 1 and word.casefold() in own

    found = [
        match.group()
        for match in _WORD.finditer(text)
        if match.group() not in known and not acronym(match.group())
        and not (_BEGINS.search(text[: match.start()]) and _COMMON.match(match.group().casefold()))
    ]  # fmt: skip
    remedy = "leave it out: it could name a protected person (a common word may begin in lower case)"
    return [Problem(file, "no proper name but the pseudonym", row, column, name, remedy) for name in found]


def published(ledger: Ledger, *, small: int = SMALL) -> Ledger:
    """Return a ledger as it may be shown: protected people reduced, small cells of people suppressed."""
    return msgspec.structs.replace(
        ledger, figures=public(ledger.figures, small=small), history=public(ledger.history, small=small)
    )


def public(figures: Iterable[Figure], *, small: int = SMALL) -> tuple[Figure, ...]:
    """Return the figures as they may be published: protected ones reduced, small cells of people suppressed.

    A protected figure keeps its label, value, pseudonym, definition and source, and loses place, party, dates,
    locator and links. What is suppressed, and how, is said in ``castor.ledger.small``.
    """
    rows = [_reduced(figure) if figure.protected else figure for figure in figures]
    hidden = hidden_cells(rows, small)
    return tuple(suppressed(figure, hidden[figure.id]) if figure.id in hidden else figure for figure in rows)


def _reduced(figure: Figure) -> Figure:
    return msgspec.structs.replace(
        figure, place="", party="", role="", start="", end="", locator="", topic="", part_of="", derived_from="",
        method="", retrieved=None,
    )  # fmt: skip
