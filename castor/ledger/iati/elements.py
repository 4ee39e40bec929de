"""Elements of an activity to structs: one small function for each element, found by its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from lxml import etree

from castor.ledger.iati.model import (
    Activity,
    Budget,
    Code,
    Dated,
    Described,
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

Element = Any
"""An lxml element; the handlers below are hot, and lxml's own types say little more."""

LANG = "{http://www.w3.org/XML/1998/namespace}lang"
OWN = "{urn:castor:kept}"
KEPT = f"{OWN}kept"
"""Wraps what is not of the standard when 2.03 is written, so that it is still valid; unwrapped when read."""
_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)\s*\Z")


def number(text: str | None) -> Decimal | None:
    """Return an XML decimal exactly, or ``None`` for anything else: no exponent, no thousands mark, no guess."""
    return Decimal(text.strip()) if text and _NUMBER.match(text) else None


def whole_text(element: Element) -> str:
    """Return the text of an element, without the blanks around it."""
    return (element.text or "").strip()


def written_entities(element: Element) -> None:
    """Put entities that were not resolved back into the text as they were written, ``&name;``."""
    for entity in list(element.iter(etree.Entity)):
        parent, before = entity.getparent(), entity.getprevious()
        said = entity.text + (entity.tail or "")
        if before is None:
            parent.text = (parent.text or "") + said
        else:
            before.tail = (before.tail or "") + said
        entity.tail = None
        parent.remove(entity)


def texts(element: Element) -> Sequence[Text]:
    """Return the narratives of an element; in 1.0x the element's own text is its one narrative."""
    if not len(element):
        said = element.text
        return [Text(said, element.get(LANG, ""))] if said and (said := said.strip()) else ()
    found = []
    for child in element:
        if child.tag == "narrative":
            said = child.text
            if said and (said := said.strip()):
                found.append(Text(said, child.get(LANG, "")))
    if not found:
        said = element.text
        if said and (said := said.strip()):
            return [Text(said, element.get(LANG, ""))]
        return ()
    return found


def node(element: Element) -> Node:
    """Return any element whole."""
    children = [node(child) for child in element if isinstance(child.tag, str)] if len(element) else ()
    attrs = {attribute_name(name): value for name, value in element.items()}
    tag = element.tag
    return Node(tag.removeprefix(OWN) if tag.startswith(OWN) else tag, attrs, whole_text(element), children)


def attribute_name(name: str) -> str:
    """Return an attribute's name; one whose prefix was never declared is written in castor's own namespace."""
    return name.removeprefix(OWN).replace("__", ":", 1) if name.startswith(OWN) else name


def _name(item: Node) -> str:
    return item.tag


def kept(element: Element) -> list[Node]:
    """Return an element that has no field of its own, whole; what castor wrapped when writing is unwrapped.

    Kept elements are in order of their names, so that writing them where they belong and reading again is no change.
    """
    if element.tag == KEPT:
        return [node(child) for child in element if isinstance(child.tag, str)]
    return [node(element)] if isinstance(element.tag, str) else []


def code(element: Element) -> Code:
    """Return a code with its vocabulary, significance and level."""
    get = element.get
    return Code(
        get("code") or get("ref") or "",
        get("vocabulary") or "",
        get("vocabulary-uri") or get("indicator-uri") or "",
        get("significance") or "",
        get("level") or "",
        texts(element),
    )


def share(element: Element) -> Share:
    """Return a country, region or sector with its percentage."""
    get = element.get
    given = get("percentage")
    percentage = number(given) if given else None
    raw = given if given and percentage is None else ""
    said = texts(element)
    return Share(get("code") or "", get("vocabulary") or "", percentage, get("vocabulary-uri") or "", raw or "", said)


def org(element: Element) -> Org:
    """Return an organisation with its references."""
    get = element.get
    return Org(
        get("ref") or "",
        get("type") or "",
        get("role") or "",
        get("activity-id") or get("provider-activity-id") or get("receiver-activity-id") or "",
        get("crs-channel-code") or "",
        get("secondary-reporter") or "",
        texts(element),
    )


def money(element: Element) -> Money:
    """Return an amount with its currency and value date."""
    get = element.get
    said = element.text
    value = number(said)
    raw = (said or "").strip() if value is None else ""
    return Money(value, get("currency") or "", get("value-date") or "", raw)


def day(element: Element) -> str:
    """Return the ISO date of an element, or its text where 1.0x files put the date there."""
    return element.get("iso-date") or (element.text or "").strip()


def _code_or_text(element: Element) -> str:
    return element.get("code") or (element.text or "").strip()


Handler = Callable[[Any, Element], None]


def _sets(name: str, read: Callable[[Element], Any]) -> Handler:
    def handler(item: Any, element: Element) -> None:
        setattr(item, name, read(element))

    return handler


def _adds(name: str, read: Callable[[Element], Any]) -> Handler:
    def handler(item: Any, element: Element) -> None:
        held = getattr(item, name)
        if held:
            held.append(read(element))
        else:
            setattr(item, name, [read(element)])

    return handler


def _fill(item: Any, element: Element, handlers: Mapping[str, Handler | str]) -> Any:
    """Read the children of an element into ``item``; a handler that is a name means "the code goes there"."""
    find = handlers.get
    rest: list[Node] = []
    for child in element:
        handler = find(child.tag)
        if handler is None:
            rest += kept(child)
        elif handler.__class__ is str:
            setattr(item, handler, child.get("code") or (child.text or "").strip())
        else:
            handler(item, child)  # type: ignore[operator]
    if rest:
        rest.sort(key=_name)
        item.other = [*item.other, *rest] if item.other else rest
    return item


def _extends_text(name: str) -> Handler:
    def handler(item: Any, element: Element) -> None:
        held = getattr(item, name)
        setattr(item, name, [*held, *texts(element)] if held else texts(element))

    return handler


_TRANSACTION: dict[str, Handler | str] = {
    "transaction-type": "type",
    "transaction-date": _sets("date", day),
    "value": _sets("money", money),
    "description": _extends_text("description"),
    "provider-org": _sets("provider", org),
    "receiver-org": _sets("receiver", org),
    "disbursement-channel": "channel",
    "sector": _adds("sectors", share),
    "recipient-country": _adds("countries", share),
    "recipient-region": _adds("regions", share),
    "flow-type": "flow",
    "finance-type": "finance",
    "aid-type": _adds("aid", code),
    "tied-status": "tied",
}


def transaction(element: Element) -> Transaction:
    """Return a transaction with all its children."""
    item = Transaction(element.sourceline)
    get = element.get
    ref, humanitarian = get("ref"), get("humanitarian")
    if ref:
        item.ref = ref
    if humanitarian:
        item.humanitarian = humanitarian
    return _fill(item, element, _TRANSACTION)  # type: ignore[no-any-return]


_BUDGET: dict[str, Handler | str] = {
    "period-start": _sets("start", day),
    "period-end": _sets("end", day),
    "value": _sets("money", money),
    "provider-org": _sets("provider", org),
    "receiver-org": _sets("receiver", org),
}


def budget(element: Element) -> Budget:
    """Return a budget or a planned disbursement."""
    item = Budget(element.sourceline, element.get("type") or "", element.get("status") or "")
    return _fill(item, element, _BUDGET)  # type: ignore[no-any-return]


_DOCUMENT: dict[str, Handler | str] = {
    "title": _extends_text("title"),
    "description": _extends_text("description"),
    "category": _adds("categories", _code_or_text),
    "language": _adds("languages", _code_or_text),
    "document-date": _sets("date", day),
}


def document(element: Element) -> Document:
    """Return a document link."""
    return _fill(Document(element.get("url") or "", element.get("format") or ""), element, _DOCUMENT)  # type: ignore[no-any-return]


SRS = "http://www.opengis.net/def/crs/EPSG/0/4326"
"""The one coordinate reference system of the standard; held as empty."""


def _point(item: Location, element: Element) -> None:
    srs = element.get("srsName") or ""
    item.srs = "" if srs == SRS else srs
    position = element.find("pos")
    if position is not None:
        item.point = whole_text(position)


def _coordinates(item: Location, element: Element) -> None:
    latitude, longitude = element.get("latitude"), element.get("longitude")
    if latitude and longitude:
        item.point = f"{latitude} {longitude}"
    if element.get("precision"):
        item.other = [*item.other, *kept(element)]


_LOCATION: dict[str, Handler | str] = {
    "location-reach": "reach",
    "location-id": _adds("ids", code),
    "name": _extends_text("name"),
    "description": _extends_text("description"),
    "activity-description": _extends_text("activity"),
    "administrative": _adds("administrative", code),
    "point": _point,
    "coordinates": _coordinates,
    "exactness": "exactness",
    "location-class": "kind",
    "feature-designation": "feature",
}


def location(element: Element) -> Location:
    """Return a place of the activity, of 1.0x (coordinates, percentage) or 2.0x (point)."""
    item = Location(element.get("ref") or "", percentage=element.get("percentage") or "")
    return _fill(item, element, _LOCATION)  # type: ignore[no-any-return]


def _dimension(element: Element) -> tuple[str, str]:
    return element.get("name") or "", element.get("value") or ""


_OBSERVATION: dict[str, Handler | str] = {
    "location": _adds("locations", lambda element: element.get("ref") or ""),
    "dimension": _adds("dimensions", _dimension),
    "comment": _extends_text("comment"),
    "document-link": _adds("documents", document),
}


def observation(element: Element) -> Observation:
    """Return a baseline, target or actual."""
    get = element.get
    item = Observation(get("value") or "", get("year") or "", get("iso-date") or "")
    return _fill(item, element, _OBSERVATION) if len(element) else item


_PERIOD: dict[str, Handler | str] = {
    "period-start": _sets("start", day),
    "period-end": _sets("end", day),
    "target": _adds("targets", observation),
    "actual": _adds("actuals", observation),
}


def _period(element: Element) -> Period:
    return _fill(Period(), element, _PERIOD)  # type: ignore[no-any-return]


_INDICATOR: dict[str, Handler | str] = {
    "title": _extends_text("title"),
    "description": _extends_text("description"),
    "document-link": _adds("documents", document),
    "reference": _adds("references", code),
    "baseline": _adds("baselines", observation),
    "period": _adds("periods", _period),
}


def _indicator(element: Element) -> Indicator:
    get = element.get
    item = Indicator(get("measure") or "", get("ascending") or "", get("aggregation-status") or "")
    return _fill(item, element, _INDICATOR)  # type: ignore[no-any-return]


_RESULT: dict[str, Handler | str] = {
    "title": _extends_text("title"),
    "description": _extends_text("description"),
    "document-link": _adds("documents", document),
    "reference": _adds("references", code),
    "indicator": _adds("indicators", _indicator),
}


def result(element: Element) -> Result:
    """Return a result with its indicators, periods, values and dimensions."""
    item = Result(element.sourceline, element.get("type") or "", element.get("aggregation-status") or "")
    return _fill(item, element, _RESULT)  # type: ignore[no-any-return]


def _identifier(item: Activity, element: Element) -> None:
    said = whole_text(element)
    if item.id and said != item.id:
        item.other = [*item.other, *kept(element)]
    item.id = item.id or said


def _description(item: Activity, element: Element) -> None:
    said = texts(element)
    if said:
        item.descriptions = [*item.descriptions, Described(element.get("type") or "", said)]


def _dated(element: Element) -> Dated:
    iso = element.get("iso-date")
    said = texts(element)
    if not iso and said:
        return Dated(element.get("type") or "", said[0].text, said[1:])
    return Dated(element.get("type") or "", iso or "", said)


def _related(element: Element) -> Code:
    return Code(element.get("ref") or "", element.get("type") or "")


REPEATING: dict[str, tuple[str, Callable[[Element], Any]]] = {
    "transaction": ("transactions", transaction),
    "budget": ("budgets", budget),
    "planned-disbursement": ("planned", budget),
    "result": ("results", result),
    "location": ("locations", location),
    "document-link": ("documents", document),
}
"""Elements read, and freed, as soon as they end: what makes a file or an activity of any size fit in memory."""

_HEAD: dict[str, Handler | str] = {
    "iati-identifier": _identifier,
    "reporting-org": _sets("reporting", org),
    "title": _extends_text("title"),
    "description": _description,
    "participating-org": _adds("participating", org),
    "activity-status": "status",
    "activity-date": _adds("dates", _dated),
    "activity-scope": "scope",
    "recipient-country": _adds("countries", share),
    "recipient-region": _adds("regions", share),
    "sector": _adds("sectors", share),
    "tag": _adds("tags", code),
    "policy-marker": _adds("markers", code),
    "collaboration-type": "collaboration",
    "default-flow-type": "flow",
    "default-finance-type": "finance",
    "default-aid-type": _adds("aid", code),
    "default-tied-status": "tied",
    "related-activity": _adds("related", _related),
}
_ATTRS = {
    "last-updated-datetime": "updated",
    "default-currency": "currency",
    LANG: "lang",
    "hierarchy": "hierarchy",
    "humanitarian": "humanitarian",
}


def start_activity(element: Element, version: str, file: str) -> Activity:
    """Return an activity with what its start tag says."""
    item = Activity(version=element.get("version") or version, file=file, line=element.sourceline)
    for name, value in element.items():
        if name in _ATTRS:
            setattr(item, _ATTRS[name], value)
        elif name != "version":
            item.attrs[attribute_name(name)] = value
    return item


def fill_head(item: Activity, element: Element) -> Activity:
    """Read everything of an activity that is not read when it repeats."""
    return _fill(item, element, _HEAD)  # type: ignore[no-any-return]
