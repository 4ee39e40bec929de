"""People protected by a pseudonym: what may not be recorded, what may not be published, and small cells.

A story told under another name keeps its figures and loses everything that could name the person. The words refused
here are cues, in English and French; they cannot prove a text safe, so a protected record also may not hold a place
smaller than a country, a date closer than a year, or a proper name that the record does not otherwise use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from castor.errors import Problem
from castor.ledger.figure import Figure

SMALL = 5
"""Counts of people below this are not published (the usual threshold of statistical offices)."""

PEOPLE_UNITS = frozenset({"people", "person", "women", "men", "girls", "boys", "children"})

_CUES = re.compile(
    r"(?i)(\bborn (in|on|at)\b|\bn[ée]e? (à|le|en|au)\b|\bdate (of|de) (birth|naissance)\b"
    r"|\bvillage\b|\bhamlet\b|\bhameau\b"
    r"|\bneighbou?rhood of\b|\bquartier\b|\b(real|full|last|family) name\b|\b(vrai|nom de famille|prénom) ?(nom)?\b"
    r"|\b(daughter|son|wife|husband|mother|father) of\b|\b(fille|fils|épouse|époux|mère|père) de [A-ZÀ-Ý]"
    r"|\bpassport\b|\bpasseport\b|\bNINA\b|\bphone\b|\btéléphone\b)"
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+|\+?\d(?:[ .-]?\d){7,}|-?\d{1,2}\.\d{3,}\s*[,;]\s*-?\d{1,3}\.\d{3,}")
_DAY = re.compile(
    r"\b\d{4}-\d{2}(-\d{2})?\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b"
    r"|\b\d{1,2}(er)? (?i:jan|f[ée]v|feb|mar|a[pv]r|mai|may|ju[ni]|juil|ao[uû]|aug|sep|oct|nov|d[ée]c)"
)
_NAME = re.compile(r"(?<![.!?:;(\"«»“] )(?<!^)\b[A-ZÀ-Ý][\wà-ÿ'’-]*[a-zà-ÿ]\b")
_COUNTRY = re.compile(r"[A-Z]{2}\Z|world\Z|Mali\Z")
_TEXTS = ("label_en", "label_fr", "definition_en", "definition_fr", "locator", "method", "party", "role", "topic")


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
    found = [match.group() for match in _NAME.finditer(text) if match.group() not in known]
    return [
        Problem(
            file,
            "no proper name but the pseudonym",
            row,
            column,
            name,
            "leave it out: it could name a protected person",
        )
        for name in found
    ]


def public(figures: Iterable[Figure], *, small: int = SMALL) -> tuple[Figure, ...]:
    """Return the figures as they may be published: protected ones reduced, small cells of people suppressed.

    A protected figure keeps its label, value, pseudonym, definition and source, and loses place, party, dates,
    locator and links. A count of people in a result that is above zero and below ``small`` loses its value
    (``qualifier`` becomes ``less_than`` and ``value`` the threshold); so does the next smallest part of the same
    whole, or the suppressed one could be had by subtraction.
    """
    rows = [_reduced(figure) if figure.protected else figure for figure in figures]
    hidden = _small_cells(rows, small)
    return tuple(_suppressed(figure, hidden[figure.id]) if figure.id in hidden else figure for figure in rows)


def _reduced(figure: Figure) -> Figure:
    return msgspec.structs.replace(
        figure,
        place="",
        party="",
        role="",
        start="",
        end="",
        locator="",
        topic="",
        part_of="",
        derived_from="",
        method="",
    )


def _counts_people(figure: Figure) -> bool:
    return figure.kind in ("result", "story") and figure.unit in PEOPLE_UNITS and figure.value is not None


def _small_cells(rows: Sequence[Figure], small: int) -> dict[str, Decimal]:
    threshold = Decimal(small)
    counted = [figure for figure in rows if _counts_people(figure)]
    hidden = {f.id: threshold for f in counted if f.value is not None and 0 < f.value < threshold}
    wholes: dict[str, list[Figure]] = {}
    for figure in counted:
        if figure.part_of:
            wholes.setdefault(figure.part_of, []).append(figure)
    published = {figure.id: figure for figure in counted}
    for whole, parts in wholes.items():
        concealed = [part for part in parts if part.id in hidden]
        shown = sorted((part for part in parts if part.id not in hidden), key=lambda part: part.value or Decimal(0))
        if len(concealed) == 1 and shown and whole in published:
            value = shown[0].value or Decimal(0)
            hidden[shown[0].id] = value.to_integral_value() // 10 * 10 + 10
        elif not concealed and len(parts) == 1 and whole in published:
            rest = (published[whole].value or Decimal(0)) - (parts[0].value or Decimal(0))
            if 0 < rest < threshold:
                hidden[parts[0].id] = (published[whole].value or Decimal(0)) + 1
    return hidden


def _suppressed(figure: Figure, below: Decimal) -> Figure:
    return msgspec.structs.replace(figure, value=below, qualifier="less_than")
