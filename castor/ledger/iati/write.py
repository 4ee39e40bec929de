"""Activities as IATI 2.03, in the order of the schema; what the standard does not know is kept.

What stands in the ledger is written as it stands; nothing is made up. An activity that lacks what the schema requires
is written all the same and told as a ``Problem``: the file is then not valid 2.03 until the publisher adds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import msgspec
from lxml import etree

from castor.errors import Problem
from castor.ledger.iati.elements import KEPT, LANG, OWN, SRS
from castor.ledger.iati.model import (
    Activity,
    Budget,
    Code,
    Document,
    Indicator,
    Location,
    Money,
    Node,
    Observation,
    Org,
    Period,
    Result,
    Share,
    Text,
    Transaction,
)
from castor.ledger.iati.spool import Spool, merged

Element = Any
VERSION = "2.03"
ORDER = (
    "iati-identifier", "reporting-org", "title", "description", "participating-org", "other-identifier",
    "activity-status", "activity-date", "contact-info", "activity-scope", "recipient-country", "recipient-region",
    "location", "sector", "tag", "country-budget-items", "humanitarian-scope", "policy-marker", "collaboration-type",
    "default-flow-type", "default-finance-type", "default-aid-type", "default-tied-status", "budget",
    "planned-disbursement", "capital-spend", "transaction", "document-link", "related-activity", "legacy-data",
    "conditions", "result", "crs-add", "fss",
)  # fmt: skip
_PLACE = {name: at for at, name in enumerate(ORDER)}
_WHOLE = {"other-identifier", "contact-info", "country-budget-items", "humanitarian-scope", "capital-spend",
          "legacy-data", "conditions", "crs-add", "fss"}  # fmt: skip
"""Elements of the standard that are kept whole."""


_KNOWN = {
    "country-budget-items": {"vocabulary"}, "budget-item": {"code", "percentage"}, "contact-info": {"type"},
    "humanitarian-scope": {"type", "vocabulary", "vocabulary-uri", "code"}, "capital-spend": {"percentage"},
    "legacy-data": {"name", "value", "iati-equivalent"}, "other-identifier": {"ref", "type"}, "owner-org": {"ref"},
    "conditions": {"attached"}, "condition": {"type"}, "fss": {"extraction-date", "priority", "phaseout-year"},
}  # fmt: skip
"""Attributes the schema allows where publishers are known to add others; those go into castor's own namespace."""
_NEEDED = {
    "other-identifier": {"ref", "type"}, "humanitarian-scope": {"type", "vocabulary", "code"},
    "capital-spend": {"percentage"}, "legacy-data": {"name", "value"}, "conditions": {"attached"},
    "country-budget-items": {"vocabulary"}, "fss": {"extraction-date"},
}  # fmt: skip
"""Attributes without which the schema refuses an element."""


def plain(value: Decimal) -> str:
    """Return a decimal as XML writes it: no exponent."""
    return format(value, "f")


def _child(parent: Element, tag: str, **attrs: str) -> Element:
    made = etree.SubElement(parent, tag)
    for name, value in attrs.items():
        if value:
            made.set(name.replace("_", "-"), value)
    return made


def _narratives(parent: Element, said: Sequence[Text]) -> None:
    for item in said:
        made = etree.SubElement(parent, "narrative")
        if item.lang:
            made.set(LANG, item.lang)
        made.text = item.text


def _worded(parent: Element, tag: str, said: Sequence[Text], **attrs: str) -> None:
    if said:
        _narratives(_child(parent, tag, **attrs), said)


def _coded(parent: Element, tag: str, code: str) -> None:
    if code:
        _child(parent, tag, code=code)


def _code(parent: Element, tag: str, item: Code, uri: str = "vocabulary-uri") -> None:
    made = _child(
        parent, tag, code=item.code, vocabulary=item.vocabulary, significance=item.significance, level=item.level
    )
    if item.uri:
        made.set(uri, item.uri)
    _narratives(made, item.texts)


def _share(parent: Element, tag: str, item: Share) -> None:
    made = _child(parent, tag, code=item.code, vocabulary=item.vocabulary, vocabulary_uri=item.uri)
    if item.percentage is not None or item.raw:
        made.set("percentage", plain(item.percentage) if item.percentage is not None else item.raw)
    _narratives(made, item.texts)


def _org(parent: Element, tag: str, item: Org | None, activity: str = "activity-id") -> None:
    if item is None:
        return
    made = _child(parent, tag, ref=item.ref, type=item.type, role=item.role, crs_channel_code=item.channel)
    if item.secondary:
        made.set("secondary-reporter", item.secondary)
    if item.activity:
        made.set(activity, item.activity)
    _narratives(made, item.texts)


def _dated(parent: Element, tag: str, date: str) -> None:
    if date:
        made = etree.SubElement(parent, tag)
        made.set("iso-date", date)


def _money(parent: Element, item: Money | None) -> None:
    if item is None:
        return
    made = _child(parent, "value", currency=item.currency, value_date=item.date)
    made.text = plain(item.value) if item.value is not None else item.raw


def _attribute(name: str) -> str:
    """Return a name XML can carry: a prefix that was never declared goes into castor's own namespace."""
    return name if name.startswith("{") or ":" not in name else OWN + name.replace(":", "__", 1)


def _node(parent: Element, item: Node, space: str = "") -> None:
    made = etree.SubElement(parent, item.tag if item.tag.startswith("{") else space + item.tag)
    known = _KNOWN.get(item.tag)
    for name, value in item.attrs.items():
        strange = known is not None and name not in known and not name.startswith("{")
        made.set(OWN + name if strange else _attribute(name), value)
    made.text = item.text or None
    for child in item.children:
        _node(made, child, space)


def _kept(parent: Element, items: Sequence[Node]) -> None:
    """Write what has no place in the standard: foreign elements as they are, others wrapped so that 2.03 is valid."""
    inside = [item for item in items if not item.tag.startswith("{")]
    for item in items:
        if item.tag.startswith("{"):
            _node(parent, item)
    if inside:
        holder = etree.SubElement(parent, KEPT, nsmap={"castor": KEPT[1:].partition("}")[0]})
        for item in inside:
            _node(holder, item, OWN)  # in castor's namespace, or the schema would judge it where it does not belong


def _transaction(parent: Element, item: Transaction) -> None:
    made = _child(parent, "transaction", ref=item.ref, humanitarian=item.humanitarian)
    _coded(made, "transaction-type", item.type)
    _dated(made, "transaction-date", item.date)
    _money(made, item.money)
    _worded(made, "description", item.description)
    _org(made, "provider-org", item.provider, "provider-activity-id")
    _org(made, "receiver-org", item.receiver, "receiver-activity-id")
    _coded(made, "disbursement-channel", item.channel)
    for tag, shares in (
        ("sector", item.sectors),
        ("recipient-country", item.countries),
        ("recipient-region", item.regions),
    ):
        for share in shares:
            _share(made, tag, share)
    _coded(made, "flow-type", item.flow)
    _coded(made, "finance-type", item.finance)
    for code in item.aid:
        _code(made, "aid-type", code)
    _coded(made, "tied-status", item.tied)
    _kept(made, item.other)


def _budget(parent: Element, tag: str, item: Budget) -> None:
    made = _child(parent, tag, type=item.type, status=item.status)
    _dated(made, "period-start", item.start)
    _dated(made, "period-end", item.end)
    _money(made, item.money)
    _org(made, "provider-org", item.provider, "provider-activity-id")
    _org(made, "receiver-org", item.receiver, "receiver-activity-id")
    _kept(made, item.other)


def _document(parent: Element, item: Document) -> None:
    made = _child(parent, "document-link", url=item.url, format=item.format)
    _worded(made, "title", item.title)
    _worded(made, "description", item.description)
    for code in item.categories:
        _coded(made, "category", code)
    for code in item.languages:
        _coded(made, "language", code)
    _dated(made, "document-date", item.date)
    _kept(made, item.other)


def _location(parent: Element, item: Location) -> None:
    made = _child(parent, "location", ref=item.ref)
    _coded(made, "location-reach", item.reach)
    for code in item.ids:
        _code(made, "location-id", code)
    _worded(made, "name", item.name)
    _worded(made, "description", item.description)
    _worded(made, "activity-description", item.activity)
    for code in item.administrative:
        _code(made, "administrative", code)
    if item.point:
        point = etree.SubElement(made, "point")
        point.set("srsName", item.srs or SRS)
        etree.SubElement(point, "pos").text = item.point
    _coded(made, "exactness", item.exactness)
    _coded(made, "location-class", item.kind)
    _coded(made, "feature-designation", item.feature)
    other = [*item.other, Node("percentage", text=item.percentage)] if item.percentage else item.other
    _kept(made, other)


def _observation(parent: Element, tag: str, item: Observation) -> None:
    made = _child(parent, tag, value=item.value, year=item.year, iso_date=item.date)
    for ref in item.locations:
        _child(made, "location", ref=ref)
    for name, value in item.dimensions:
        _child(made, "dimension", name=name, value=value)
    if tag == "baseline":
        for document in item.documents:
            _document(made, document)
    _worded(made, "comment", item.comment)
    if tag != "baseline":
        for document in item.documents:
            _document(made, document)
    _kept(made, item.other)


def _period(parent: Element, item: Period) -> None:
    made = etree.SubElement(parent, "period")
    _dated(made, "period-start", item.start)
    _dated(made, "period-end", item.end)
    for target in item.targets:
        _observation(made, "target", target)
    for actual in item.actuals:
        _observation(made, "actual", actual)
    _kept(made, item.other)


def _indicator(parent: Element, item: Indicator) -> None:
    made = _child(parent, "indicator", measure=item.measure, ascending=item.ascending)
    if item.aggregation:
        made.set("aggregation-status", item.aggregation)
    _worded(made, "title", item.title)
    _worded(made, "description", item.description)
    for document in item.documents:
        _document(made, document)
    for code in item.references:
        _code(made, "reference", code, "indicator-uri")
    for baseline in item.baselines:
        _observation(made, "baseline", baseline)
    for period in item.periods:
        _period(made, period)
    _kept(made, item.other)


def _result(parent: Element, item: Result) -> None:
    made = _child(parent, "result", type=item.type, aggregation_status=item.aggregation)
    _worded(made, "title", item.title)
    _worded(made, "description", item.description)
    for document in item.documents:
        _document(made, document)
    for code in item.references:
        _code(made, "reference", code)
    for indicator in item.indicators:
        _indicator(made, indicator)
    _kept(made, item.other)


def _related(parent: Element, tag: str, item: Code) -> None:
    _child(parent, tag, ref=item.code, type=item.vocabulary)


def _each(tag: str, name: str, write: Callable[[Element, str, Any], None]) -> Callable[[Element, Activity], None]:
    def run(made: Element, item: Activity) -> None:
        for one in getattr(item, name):
            write(made, tag, one)

    return run


def _one(tag: str, name: str) -> Callable[[Element, Activity], None]:
    return lambda made, item: _coded(made, tag, getattr(item, name))


def _identifier(made: Element, item: Activity) -> None:
    etree.SubElement(made, "iati-identifier").text = item.id


def _titles(made: Element, item: Activity) -> None:
    _worded(made, "title", item.title)


def _descriptions(made: Element, item: Activity) -> None:
    for one in item.descriptions:
        _worded(made, "description", one.texts, type=one.type)


def _dates(made: Element, item: Activity) -> None:
    for one in item.dates:
        date = _child(made, "activity-date", type=one.type, iso_date=one.date)
        _narratives(date, one.texts)


_WRITERS: dict[str, Callable[[Element, Activity], None]] = {
    "iati-identifier": _identifier,
    "reporting-org": lambda made, item: _org(made, "reporting-org", item.reporting),
    "title": _titles,
    "description": _descriptions,
    "participating-org": _each("participating-org", "participating", _org),
    "activity-status": _one("activity-status", "status"),
    "activity-date": _dates,
    "activity-scope": _one("activity-scope", "scope"),
    "recipient-country": _each("recipient-country", "countries", _share),
    "recipient-region": _each("recipient-region", "regions", _share),
    "location": _each("location", "locations", lambda made, tag, one: _location(made, one)),
    "sector": _each("sector", "sectors", _share),
    "tag": _each("tag", "tags", _code),
    "policy-marker": _each("policy-marker", "markers", _code),
    "collaboration-type": _one("collaboration-type", "collaboration"),
    "default-flow-type": _one("default-flow-type", "flow"),
    "default-finance-type": _one("default-finance-type", "finance"),
    "default-aid-type": _each("default-aid-type", "aid", _code),
    "default-tied-status": _one("default-tied-status", "tied"),
    "budget": _each("budget", "budgets", _budget),
    "planned-disbursement": _each("planned-disbursement", "planned", _budget),
    "transaction": _each("transaction", "transactions", lambda made, tag, one: _transaction(made, one)),
    "document-link": _each("document-link", "documents", lambda made, tag, one: _document(made, one)),
    "related-activity": _each("related-activity", "related", _related),
    "result": _each("result", "results", lambda made, tag, one: _result(made, one)),
}


def _fits(node: Node) -> bool:
    """Whether an element kept whole has the shape of 2.0x; one of 1.0x (text, no type) would not be valid there."""
    if node.tag not in _WHOLE or node.text or not _NEEDED.get(node.tag, set()) <= node.attrs.keys():
        return False
    return node.tag not in ("contact-info", "conditions", "other-identifier") or not any(
        child.text and child.tag not in ("telephone", "email", "website") for child in node.children
    )


def activity_element(item: Activity) -> Element:
    """Return an activity as an element in the order of the schema."""
    made = etree.Element("iati-activity")
    for name, value in (
        ("last-updated-datetime", item.updated),
        (LANG, item.lang),
        ("default-currency", item.currency),
        ("humanitarian", item.humanitarian),
        ("hierarchy", item.hierarchy),
        *item.attrs.items(),
    ):
        if value:
            made.set(_attribute(name), value)
    whole: dict[str, list[Node]] = {}
    rest: list[Node] = []
    unfit = {node.tag for node in item.other if not _fits(node)}
    for node in item.other:
        (rest if node.tag in unfit else whole.setdefault(node.tag, [])).append(node)
    for tag in ORDER:
        if tag in _WRITERS:
            _WRITERS[tag](made, item)
        for node in whole.get(tag, ()):
            _node(made, node)
    _kept(made, rest)
    return made


def missing(item: Activity) -> list[Problem]:
    """Return what the schema requires and the activity does not have."""
    wanted = {
        "iati-identifier": item.id,
        "reporting-org": item.reporting,
        "title": item.title,
        "description": item.descriptions,
        "participating-org": item.participating,
        "activity-status": item.status,
        "activity-date": item.dates,
    }
    return [_lacks(item, name) for name, held in wanted.items() if not held] + _uncoded(item)


def _uncoded(item: Activity) -> list[Problem]:
    own = [share for entry in item.transactions for share in (*entry.sectors, *entry.countries, *entry.regions)]
    if all(share.code for share in (*item.countries, *item.regions, *item.sectors, *own)):
        return []
    return [_lacks(item, "the code of a country, region or sector")]


def _lacks(item: Activity, name: str) -> Problem:
    said, remedy = f"{name}, which 2.03 requires", "the publisher must add it"
    return Problem(item.file or "activity", said, item.line or None, item.id, remedy=remedy)


def write_activities(activities: Iterable[Activity], out: IO[bytes], *, generated: str = "") -> list[Problem]:
    """Write activities as one 2.03 file, in flat memory; returns what keeps it from being valid.

    Parts of a large activity may come one after the other. ``generated`` is the moment of writing, if it is to be
    stated.
    """
    problems: list[Problem] = []
    with etree.xmlfile(out, encoding="utf-8") as file:
        file.write_declaration()
        attrs = {"version": VERSION, **({"generated-datetime": generated} if generated else {})}
        with file.element("iati-activities", attrs):
            coming = iter(activities)
            for item in coming:
                file.write("\n")
                if item.more:
                    problems += _write_large(file, item, coming)
                else:
                    problems += missing(item)
                    file.write(activity_element(item))
            file.write("\n")
    return problems


_SPREAD = {"transaction": "transactions", "budget": "budgets", "planned-disbursement": "planned", "result": "results",
           "location": "locations", "document-link": "documents"}  # fmt: skip
"""Elements that are spread over the parts of a large activity, with their fields."""


def _write_large(file: Any, part: Activity, coming: Iterator[Activity]) -> list[Problem]:
    """Write an activity that comes in parts, of which this is the first."""
    with Spool() as spool:
        uncoded: list[Problem] = []
        while part.more:
            spool.put(part)
            uncoded = uncoded or _uncoded(part)
            part = next(coming)
        spool.put(part)
        head = msgspec.structs.replace(part, **dict.fromkeys(_SPREAD.values(), ()))
        made = activity_element(head)
        with file.element(made.tag, dict(made.attrib), nsmap=made.nsmap):
            for child in merged(made, spool, _SPREAD, lambda tag: _PLACE.get(tag, len(ORDER)), _children):
                file.write(child)
    return missing(head) + (uncoded or _uncoded(part))[: 0 if _uncoded(head) else 1]


def _children(tag: str, part: Activity) -> Iterator[Element]:
    holder = etree.Element("part")
    _WRITERS[tag](holder, part)
    yield from holder


def write_file(activities: Iterable[Activity], path: Path) -> list[Problem]:
    """Write activities, whole or in parts, to a file that is complete or as it was; returns what keeps it from 2.03."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb") as out:
            problems = write_activities(activities, out)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return problems
