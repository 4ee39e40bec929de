"""Sums over every sample file, to the cent, against a small reader of its own: expat and fractions."""

from __future__ import annotations

import contextlib
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from castor.ledger.accounts import total
from castor.ledger.iati.amounts import Collection
from castor.ledger.iati.read import read_activities

FILES = (
    "1-many_titles_and_descriptions.xml", "2.01-example-annotated.xml", "big_value.xml", "broken-original.xml",
    "budget-currencies.xml", "default_currency.xml", "dfid-ml.xml", "dportal-frankenstein.xml",
    "mali_dportal_2021.xml", "missing_dates.xml", "multiple_locales_descriptions.xml",
    "okfn-IATIActivities-1.0x.xml", "transaction-currencies.xml",
)  # fmt: skip
LETTERS = {"IF": "1", "C": "2", "D": "3", "E": "4", "IR": "5", "LR": "6", "R": "7", "QP": "8", "QS": "9", "CG": "10"}
Parts = list[tuple[str, Fraction]]
Key = Callable[[ET.Element, ET.Element], Parts]
WHOLE: Parts = [("", Fraction(1))]


def activities(path: Path) -> list[ET.Element]:
    """The activities that are whole; of one that stands twice the newer, or the later of two as old."""
    found: dict[str, ET.Element] = {}
    parser = ET.XMLPullParser(events=("end",))
    with contextlib.suppress(ET.ParseError):
        parser.feed(path.read_bytes().replace(b"iati-activities:generated", b"generated"))
    events = iter(parser.read_events())
    while True:
        try:
            _, element = next(events)
        except (StopIteration, ET.ParseError):
            return list(found.values())
        if element.tag == "iati-activity":
            name = (element.findtext("iati-identifier") or "").strip() or f"nameless {len(found)}"
            updated = element.get("last-updated-datetime") or ""
            if name not in found or updated >= (found[name].get("last-updated-datetime") or ""):
                found.pop(name, None)
                found[name] = element


def shared_out(value: Fraction, weights: list[Fraction]) -> list[Fraction]:
    """Largest remainder over cents (or the value's own last digit), the first of equals first."""
    digits = 2
    while (abs(value) * 10**digits).denominator != 1:
        digits += 1
    units = abs(value) * 10**digits
    exact = [units * weight / sum(weights) for weight in weights]
    given = [int(share) for share in exact]
    for at in sorted(range(len(exact)), key=lambda k: (given[k] - exact[k], k))[: int(units) - sum(given)]:
        given[at] += 1
    return [Fraction(share, 10**digits) * (-1 if value < 0 else 1) for share in given]


def sums(path: Path, key: Key) -> dict[tuple[str, ...], Fraction]:
    """Values by transaction type, currency and key."""
    found: defaultdict[tuple[str, ...], Fraction] = defaultdict(Fraction)
    for activity in activities(path):
        for entry in activity.findall("transaction"):
            kind, value = entry.find("transaction-type"), entry.find("value")
            text = (value.text or "").strip() if value is not None else ""
            if value is None or not text or not text.lstrip("+-").replace(".", "", 1).isdigit():
                continue
            code = (kind.get("code") or (kind.text or "").strip()) if kind is not None else ""
            money = value.get("currency") or activity.get("default-currency") or ""
            parts = key(activity, entry)
            for (name, _), share in zip(parts, shared_out(Fraction(text), [weight for _, weight in parts])):
                found[LETTERS.get(code.upper(), code), money, name] += share
    return {keys: value for keys, value in found.items() if value}


def by_castor(path: Path, dimension: str, fiscal: str = "01-01") -> dict[tuple[str, ...], Fraction]:
    collection = Collection(lambda: read_activities(path, []), levels="all")
    account = total(collection.transactions(), by=["type", *([dimension] if dimension else [])], fiscal=fiscal)
    found = {(line.keys[0], line.unit, *(line.keys[1:] or ("",))): Fraction(line.value) for line in account.lines}
    return {keys: value for keys, value in found.items() if value}


def _whole(activity: ET.Element, entry: ET.Element) -> Parts:
    return WHOLE


def _year(activity: ET.Element, entry: ET.Element) -> Parts:
    date = entry.find("transaction-date")
    iso = (date.get("iso-date") or (date.text or "").strip()) if date is not None else ""
    if not iso[:4].isdigit() or len(iso) < 10:
        return WHOLE
    first = int(iso[:4]) - (iso[5:10] < "04-01")
    return [(f"{first}/{(first + 1) % 100:02d}", Fraction(1))]


def _gender(activity: ET.Element, entry: ET.Element) -> Parts:
    for marker in activity.findall("policy-marker"):
        if marker.get("code") == "1" and marker.get("vocabulary") in (None, "", "1", "DAC"):
            return [(marker.get("significance") or "", Fraction(1))]
    return WHOLE


def _channel(activity: ET.Element, entry: ET.Element) -> Parts:
    found = entry.find("disbursement-channel")
    return [((found.get("code") or (found.text or "").strip()) if found is not None else "", Fraction(1))]


def _stated(element: ET.Element) -> Fraction | None:
    text = (element.get("percentage") or "").strip()
    return Fraction(text) if text else None


def _country(activity: ET.Element, entry: ET.Element) -> Parts:
    """Countries, and regions of the DAC where they take the rest; what is not stated goes to the empty name."""
    own = [*entry.findall("recipient-country"), *entry.findall("recipient-region")]
    holder = entry if own else activity
    countries = [(item.get("code") or "", _stated(item)) for item in holder.findall("recipient-country")]
    regions = [
        ("region:" + code if (code := item.get("code")) else "", _stated(item))
        for item in holder.findall("recipient-region")
        if item.get("vocabulary") in (None, "", "1", "DAC")
    ]  # fmt: skip
    part = sum((share for _, share in countries if share), Fraction(0))
    more = sum((share for _, share in regions if share), Fraction(0))
    rows = countries if countries and (part >= 100 or part + more > Fraction("100.1") or not part + more) else [
        *countries, *regions
    ]  # fmt: skip
    if not rows:
        return WHOLE
    if len(rows) == 1 and rows[0][1] is None:
        return [(rows[0][0], Fraction(1))]
    merged: dict[str, Fraction] = {}
    for name, share in rows:
        if share is not None and share > 0:
            merged[name] = merged.get(name, Fraction(0)) + share
    rest = 100 - sum(merged.values())
    if rest > Fraction("0.1") or not merged:
        merged[""] = rest
    return list(merged.items())


CASES = (
    ("", _whole, "01-01"), ("year", _year, "04-01"), ("gender", _gender, "01-01"), ("channel", _channel, "01-01"),
    ("country", _country, "01-01"),
)  # fmt: skip


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(("dimension", "key", "fiscal"), CASES, ids=["type", "year", "gender", "channel", "country"])
def test_sums_are_exact(shared: Path, name: str, dimension: str, key: Key, fiscal: str) -> None:
    path = shared / "data/iati/samples" / name
    assert by_castor(path, dimension, fiscal) == sums(path, key)


def test_no_sample_is_left_out_and_there_is_something_to_add(shared: Path) -> None:
    folder = shared / "data/iati/samples"
    assert {path.name for path in folder.glob("*.xml")} == set(FILES)
    mali = sums(folder / "mali_dportal_2021.xml", _country)
    assert len({keys[2] for keys in mali}) > 10
    assert sum(value for keys, value in mali.items() if keys[:2] == ("3", "USD")) > Decimal(10**6)
