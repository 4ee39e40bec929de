"""One figure: a value with its unit, qualifier, period, place, party, definition and source; and the source itself.

The struct is the description of ``records.csv``: its fields are the columns. A date may be a year, a month or a day
(``2013``, ``2013-04``, ``2013-04-25``); a trailing ``~`` says "about" (ISO 8601-2). Lists in a cell are separated by
semicolons. An absent value is ``None``; it is never zero.
"""

from __future__ import annotations

import calendar as _calendar
import datetime as dt
import re
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Struct

from castor.mission.model import col

Kind = Literal[
    "sortie", "movement", "deployment", "money", "result", "event", "casualty", "rate", "reference", "story"
]  # fmt: skip
Qualifier = Literal["exactly", "about", "more_than", "at_least", "nearly", "less_than", "at_most", "unknown"]
Stage = Literal[
    "", "commitment", "disbursement", "expenditure", "budget", "pledge", "cost", "withheld",
    "baseline", "target", "actual", "authorised", "planned",
]  # fmt: skip
Grade = Literal["official", "press", "research", "weak", "estimate"]
Precision = Literal["", "year", "month", "day"]

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(~?)\Z")
ISO_DATE = r"^(\d{4}(-\d{2}(-\d{2})?)?~?)?$"


def _span(text: str) -> tuple[dt.date, dt.date, Precision, bool]:
    """Return the first and last day of a partial date, its precision, and whether it is only about right."""
    match = _DATE.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a year, month or day such as 2013, 2013-04 or 2013-04-25")
    year, month, day, about = match.groups()
    if day:
        date = dt.date(int(year), int(month), int(day))
        return date, date, "day", bool(about)
    if month:
        last = _calendar.monthrange(int(year), int(month))[1]
        return dt.date(int(year), int(month), 1), dt.date(int(year), int(month), last), "month", bool(about)
    return dt.date(int(year), 1, 1), dt.date(int(year), 12, 31), "year", bool(about)


def several(cell: str) -> tuple[str, ...]:
    """Return the entries of a cell that holds a list separated by semicolons."""
    return tuple(part.strip() for part in cell.split(";") if part.strip())


class _Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Figure(_Row, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """A figure that a source states, or that was derived from others.

    Figures with the same ``topic`` answer the same question: they stand side by side and are never added; the first
    of them in the record is the figure of record. ``part_of`` names the figure that already contains this one.
    ``switch`` says what an event did to ``channel``. A ``protected`` figure concerns a person known by ``pseudonym``.
    """

    id: Annotated[str, col("identifier", "identifiant", hxl="#meta+id", min_length=1, max_length=120)]
    topic: Annotated[str, col("question it answers", "question", max_length=120)] = ""
    kind: Annotated[Kind, col("kind", "nature", hxl="#meta+kind")]
    measure: Annotated[str, col("what is counted", "ce qui est compté", hxl="#indicator")] = ""
    stage: Annotated[Stage, col("stage", "stade")] = ""
    value: Annotated[Decimal | None, col("value", "valeur", hxl="#value")] = None
    unit: Annotated[str, col("unit", "unité", hxl="#meta+unit")] = ""
    qualifier: Annotated[Qualifier, col("qualifier", "réserve", hxl="#meta+qualifier")] = "exactly"
    start: Annotated[str, col("from", "de", hxl="#date+start", pattern=ISO_DATE)] = ""
    end: Annotated[str, col("to", "à", hxl="#date+end", pattern=ISO_DATE)] = ""
    calendar: Annotated[str, col("fiscal year starts", "début de l'exercice", pattern=r"^(\d{2}-\d{2})?$")] = ""
    place: Annotated[str, col("place", "lieu", hxl="#loc")] = ""
    party: Annotated[str, col("party", "partie", hxl="#org")] = ""
    role: Annotated[str, col("role", "rôle")] = ""
    sex: Annotated[Literal["", "f", "m"], col("sex", "sexe")] = ""
    operation: Annotated[str, col("operation", "opération")] = ""
    programme: Annotated[str, col("programme", "programme", hxl="#activity+programme")] = ""
    channel: Annotated[str, col("channel", "canal")] = ""
    switch: Annotated[Literal["", "off", "on"], col("what it did to the channel", "effet sur le canal")] = ""
    sector: Annotated[str, col("sector", "secteur", hxl="#sector")] = ""
    marker: Annotated[str, col("marker", "marqueur")] = ""
    label_en: Annotated[str, col("label, English", "libellé anglais", hxl="#description+label+i_en")] = ""
    label_fr: Annotated[str, col("label, French", "libellé français", hxl="#description+label+i_fr")] = ""
    definition_en: Annotated[str, col("definition, English", "définition anglaise", hxl="#description+i_en")] = ""
    definition_fr: Annotated[str, col("definition, French", "définition française", hxl="#description+i_fr")] = ""
    source: Annotated[str, col("source", "source", hxl="#meta+source")] = ""
    locator: Annotated[str, col("where in the source", "emplacement dans la source")] = ""
    retrieved: Annotated[dt.date | None, col("retrieved", "consulté le", hxl="#date+retrieved")] = None
    part_of: Annotated[str, col("part of", "partie de")] = ""
    derived_from: Annotated[str, col("derived from", "dérivé de")] = ""
    method: Annotated[str, col("method", "méthode")] = ""
    supersedes: Annotated[str, col("supersedes", "remplace")] = ""
    protected: Annotated[bool, col("protected person", "personne protégée")] = False
    pseudonym: Annotated[str, col("pseudonym", "pseudonyme")] = ""

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of the documents that state this figure; empty for a derived figure."""
        return several(self.source)

    @property
    def constituents(self) -> tuple[str, ...]:
        """Ids of the figures this one was derived from."""
        return several(self.derived_from)

    @property
    def places(self) -> tuple[str, ...]:
        """The places this figure covers; several when it cannot be attributed to one of them."""
        return several(self.place)

    @property
    def first_day(self) -> dt.date | None:
        """First day of the period, as far as its precision goes."""
        return _span(self.start)[0] if self.start else None

    @property
    def last_day(self) -> dt.date | None:
        """Last day of the period (included), as far as its precision goes; that of ``from`` when there is no ``to``."""
        text = self.end or self.start
        return _span(text)[1] if text else None

    @property
    def precision(self) -> Precision:
        """How exactly the start of the period is known: ``year``, ``month``, ``day``, or empty without a date."""
        return _span(self.start)[2] if self.start else ""

    @property
    def circa(self) -> bool:
        """Whether the period is only about right."""
        return self.start.endswith("~") or self.end.endswith("~")

    def label(self, lang: str = "en") -> str:
        """Return the label in ``en`` or ``fr``, or the identifier where there is none."""
        return (self.label_fr if lang == "fr" else self.label_en) or self.label_en or self.id

    def definition(self, lang: str = "en") -> str:
        """Return the definition in ``en`` or ``fr``."""
        return (self.definition_fr if lang == "fr" else self.definition_en) or self.definition_en


class Source(_Row, frozen=True):
    """A document: title, publisher, date, address, and how far it is trusted.

    ``grade``: an official publication, the press, research, a weak source (mirror, forum, encyclopaedia), or an
    estimate made here. ``read`` says whether the whole document was read. ``retrieved`` is absent where not known.
    """

    id: Annotated[str, col("identifier", "identifiant", hxl="#meta+id", min_length=1, max_length=60)]
    title: Annotated[str, col("title", "titre", hxl="#meta+title", min_length=1)]
    publisher: Annotated[str, col("publisher or author", "éditeur ou auteur", hxl="#org")] = ""
    date: Annotated[str, col("date", "date", hxl="#date", pattern=ISO_DATE)] = ""
    url: Annotated[str, col("address", "adresse", hxl="#meta+url")] = ""
    grade: Annotated[Grade, col("grade", "qualité")] = "official"
    read: Annotated[Literal["", "part", "whole"], col("read", "lu")] = ""
    retrieved: Annotated[dt.date | None, col("retrieved", "consulté le", hxl="#date+retrieved")] = None
    note: Annotated[str, col("note", "note", hxl="#description")] = ""
