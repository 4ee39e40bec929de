"""An IATI activity as the ledger holds it. Codes, dates and languages stand as published; values are exact decimals.

Elements that accounts need have fields of their own; every other element, known to the standard or not, is kept as a
``Node``. A value that is no number is kept in ``raw`` beside ``value = None``. Empty text means absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct, field


class Text(Struct, frozen=True, omit_defaults=True, gc=False):
    """A narrative in one language; ``lang`` as published, empty when the activity's own language holds."""

    text: str
    lang: str = ""


class Node(Struct, omit_defaults=True, gc=False):
    """Any other element, whole: its name (``{namespace}local``), attributes, text and children."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: Sequence[Node] = ()


class Code(Struct, omit_defaults=True, gc=False):
    """A code with its vocabulary: policy marker, tag, reference, aid type, administrative division."""

    code: str = ""
    vocabulary: str = ""
    uri: str = ""
    significance: str = ""
    level: str = ""
    texts: Sequence[Text] = ()


class Share(Struct, omit_defaults=True, gc=False):
    """A country, region or sector with the percentage it takes; ``raw`` is a percentage that is no number."""

    code: str = ""
    vocabulary: str = ""
    percentage: Decimal | None = None
    uri: str = ""
    raw: str = ""
    texts: Sequence[Text] = ()


class Org(Struct, omit_defaults=True, gc=False):
    """An organisation in a role: reporting, participating, provider, receiver, owner."""

    ref: str = ""
    type: str = ""
    role: str = ""
    activity: str = ""
    channel: str = ""
    secondary: str = ""
    texts: Sequence[Text] = ()


class Dated(Struct, omit_defaults=True, gc=False):
    """An activity date: its type (planned or actual, start or end), the ISO date, and any text."""

    type: str = ""
    date: str = ""
    texts: Sequence[Text] = ()


class Money(Struct, omit_defaults=True, gc=False):
    """An amount with its own currency (empty: the activity's) and value date; ``raw`` is one that is no number."""

    value: Decimal | None = None
    currency: str = ""
    date: str = ""
    raw: str = ""


class Transaction(Struct, omit_defaults=True, gc=False):
    """One transaction with all its children. ``line`` is where it starts in its file."""

    line: int = 0
    type: str = ""
    date: str = ""
    money: Money | None = None
    ref: str = ""
    humanitarian: str = ""
    description: Sequence[Text] = ()
    provider: Org | None = None
    receiver: Org | None = None
    channel: str = ""
    sectors: Sequence[Share] = ()
    countries: Sequence[Share] = ()
    regions: Sequence[Share] = ()
    flow: str = ""
    finance: str = ""
    aid: Sequence[Code] = ()
    tied: str = ""
    other: Sequence[Node] = ()


class Budget(Struct, omit_defaults=True, gc=False):
    """A budget (``type`` 1 original, 2 revised) or, with organisations, a planned disbursement."""

    line: int = 0
    type: str = ""
    status: str = ""
    start: str = ""
    end: str = ""
    money: Money | None = None
    provider: Org | None = None
    receiver: Org | None = None
    other: Sequence[Node] = ()


class Document(Struct, omit_defaults=True, gc=False):
    """A document link."""

    url: str = ""
    format: str = ""
    title: Sequence[Text] = ()
    description: Sequence[Text] = ()
    categories: Sequence[str] = ()
    languages: Sequence[str] = ()
    date: str = ""
    other: Sequence[Node] = ()


class Location(Struct, omit_defaults=True, gc=False):
    """A place of the activity; ``point`` is the text of its position (latitude, then longitude)."""

    ref: str = ""
    reach: str = ""
    ids: Sequence[Code] = ()
    name: Sequence[Text] = ()
    description: Sequence[Text] = ()
    activity: Sequence[Text] = ()
    administrative: Sequence[Code] = ()
    srs: str = ""
    point: str = ""
    exactness: str = ""
    kind: str = ""
    feature: str = ""
    percentage: str = ""
    other: Sequence[Node] = ()


class Observation(Struct, omit_defaults=True, gc=False):
    """A baseline, target or actual: the value as published, with its dimensions and locations.

    ``number`` gives the value as a decimal, or ``None`` for a qualitative one.
    """

    value: str = ""
    year: str = ""
    date: str = ""
    locations: Sequence[str] = ()
    dimensions: Sequence[tuple[str, str]] = ()
    comment: Sequence[Text] = ()
    documents: Sequence[Document] = ()
    other: Sequence[Node] = ()


class Period(Struct, omit_defaults=True, gc=False):
    """A period of an indicator with its targets and actuals."""

    start: str = ""
    end: str = ""
    targets: Sequence[Observation] = ()
    actuals: Sequence[Observation] = ()
    other: Sequence[Node] = ()


class Indicator(Struct, omit_defaults=True, gc=False):
    """An indicator: measure 1 unit, 2 percentage, 3 nominal, 4 ordinal, 5 qualitative."""

    measure: str = ""
    ascending: str = ""
    aggregation: str = ""
    title: Sequence[Text] = ()
    description: Sequence[Text] = ()
    documents: Sequence[Document] = ()
    references: Sequence[Code] = ()
    baselines: Sequence[Observation] = ()
    periods: Sequence[Period] = ()
    other: Sequence[Node] = ()


class Result(Struct, omit_defaults=True, gc=False):
    """A result with its indicators."""

    line: int = 0
    type: str = ""
    aggregation: str = ""
    title: Sequence[Text] = ()
    description: Sequence[Text] = ()
    documents: Sequence[Document] = ()
    references: Sequence[Code] = ()
    indicators: Sequence[Indicator] = ()
    other: Sequence[Node] = ()


class Described(Struct, omit_defaults=True, gc=False):
    """A description of a type (1 general, 2 objectives, 3 target groups, 4 other)."""

    type: str = ""
    texts: Sequence[Text] = ()


class Activity(Struct, omit_defaults=True, gc=False):
    """An activity, or a part of one: a very large activity comes in parts, all but the last with ``more`` set.

    Every part carries ``id``, ``version``, ``currency``, ``file`` and ``updated``; the last one carries the rest.
    """

    id: str = ""
    version: str = ""
    file: str = ""
    line: int = 0
    part: int = 0
    more: bool = False
    updated: str = ""
    currency: str = ""
    lang: str = ""
    hierarchy: str = ""
    humanitarian: str = ""
    attrs: dict[str, str] = field(default_factory=dict)
    reporting: Org | None = None
    title: Sequence[Text] = ()
    descriptions: Sequence[Described] = ()
    participating: Sequence[Org] = ()
    status: str = ""
    dates: Sequence[Dated] = ()
    scope: str = ""
    countries: Sequence[Share] = ()
    regions: Sequence[Share] = ()
    locations: Sequence[Location] = ()
    sectors: Sequence[Share] = ()
    tags: Sequence[Code] = ()
    markers: Sequence[Code] = ()
    collaboration: str = ""
    flow: str = ""
    finance: str = ""
    aid: Sequence[Code] = ()
    tied: str = ""
    budgets: Sequence[Budget] = ()
    planned: Sequence[Budget] = ()
    transactions: Sequence[Transaction] = ()
    documents: Sequence[Document] = ()
    related: Sequence[Code] = ()
    results: Sequence[Result] = ()
    other: Sequence[Node] = ()


REPEATED = ("transactions", "budgets", "planned", "results", "locations", "documents")
"""Fields that may be spread over the parts of an activity."""


def joined(parts: list[Activity]) -> Activity:
    """Return the parts of an activity as one; the last part carries the head."""
    whole = parts[-1]
    for name in REPEATED:
        setattr(whole, name, [item for part in parts for item in getattr(part, name)])
    whole.part = 0
    return whole


_WORDS = {
    "": "",
    "D": "3",
    "C": "2",
    "E": "4",
    "IF": "1",
    "IR": "5",
    "LR": "6",
    "R": "7",
    "QP": "8",
    "QS": "9",
    "CG": "10",
}
TYPES = {
    "1": "incoming funds", "2": "commitment", "3": "disbursement", "4": "expenditure", "5": "interest payment",
    "6": "loan repayment", "7": "reimbursement", "8": "purchase of equity", "9": "sale of equity",
    "10": "credit guarantee", "11": "incoming commitment", "12": "outgoing pledge", "13": "incoming pledge",
}  # fmt: skip


def type_code(code: str) -> str:
    """Return a transaction type as its number: the letters of 1.0x (``D``) have numbers since 2.01 (``3``)."""
    return _WORDS.get(code.upper(), code)


def type_name(code: str) -> str:
    """Return what a transaction type is called, or the code itself when the standard does not know it."""
    return TYPES.get(type_code(code), code or "not stated")
