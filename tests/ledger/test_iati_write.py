"""Writing 2.03: valid against the schema, and equal to what was read."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest
from lxml import etree

from castor.ledger.iati.model import Activity, joined
from castor.ledger.iati.read import read_activities, read_stream
from castor.ledger.iati.write import write_activities, write_file

SAMPLES = (
    "1-many_titles_and_descriptions.xml", "2.01-example-annotated.xml", "big_value.xml", "broken-original.xml",
    "budget-currencies.xml", "default_currency.xml", "dfid-ml.xml", "dportal-frankenstein.xml",
    "mali_dportal_2021.xml",
    "missing_dates.xml", "multiple_locales_descriptions.xml", "okfn-IATIActivities-1.0x.xml",
    "transaction-currencies.xml",
)  # fmt: skip


LINED = ("transactions", "budgets", "planned", "results")


def bare(item: Activity) -> Activity:
    """The activity without where it stood: file, lines and version of the standard."""
    change = msgspec.structs.replace
    return change(
        item, file="", line=0, version="", part=0,
        **{name: [change(one, line=0) for one in getattr(item, name)] for name in LINED},
    )  # fmt: skip


@pytest.fixture(scope="module")
def schema(shared: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(shared / "data/iati/xsd-2.03/iati-activities-schema.xsd")))


def written(items: list[Activity]) -> bytes:
    out = io.BytesIO()
    write_activities(items, out)
    return out.getvalue()


@pytest.mark.parametrize("name", SAMPLES)
def test_read_write_read_is_equal(shared: Path, name: str) -> None:
    first = list(read_activities(shared / "data/iati/samples" / name, []))
    again = list(read_stream(io.BytesIO(written(first)), "x.xml", []))
    assert [bare(item) for item in again] == [bare(item) for item in first]
    assert written(again) == written(first)


@pytest.mark.parametrize(
    "name",
    ["2.01-example-annotated.xml", "big_value.xml", "dportal-frankenstein.xml", "missing_dates.xml",
     "multiple_locales_descriptions.xml"],
)  # fmt: skip
def test_what_can_be_valid_is(shared: Path, schema: etree.XMLSchema, name: str) -> None:
    items = list(read_activities(shared / "data/iati/samples" / name, []))
    schema.assertValid(etree.fromstring(written(items)))


def test_activities_that_lack_nothing_are_valid(shared: Path, schema: etree.XMLSchema) -> None:
    """Of the real files, every activity is valid alone unless the writer said what it lacks."""
    counted = 0
    for name in ("mali_dportal_2021.xml", "dfid-ml.xml"):
        for item in read_activities(shared / "data/iati/samples" / name, []):
            out = io.BytesIO()
            lacking = write_activities([item], out)
            if not lacking:
                counted += 1
                valid = schema.validate(etree.fromstring(out.getvalue()))
                assert valid, (item.id, schema.error_log.last_error)
    assert counted > 130


def test_the_unknown_is_kept_and_valid(schema: etree.XMLSchema) -> None:
    text = """<iati-activities version="2.03" xmlns:f="http://foreign"><iati-activity f:note="n" default-currency="CAD">
      <iati-identifier>A</iati-identifier><reporting-org ref="r" type="10"><narrative>R</narrative></reporting-org>
      <title><narrative>T</narrative></title><description><narrative>D</narrative></description>
      <participating-org role="1"/><activity-status code="2"/><activity-date type="1" iso-date="2020-01-01"/>
      <strange a="1"><within>x</within></strange><transaction-type code="9"/>
      <transaction><transaction-type code="3"/><transaction-date iso-date="2020-01-01"/>
      <value value-date="2020-01-01">1.10</value><f:own>y</f:own><odd/></transaction>
      <f:more><f:deep b="2">z</f:deep></f:more></iati-activity></iati-activities>"""
    first = list(read_stream(io.BytesIO(text.encode()), "x.xml", []))
    assert {node.tag for node in first[0].other} == {"strange", "transaction-type", "{http://foreign}more"}
    assert {node.tag for node in first[0].transactions[0].other} == {"odd", "{http://foreign}own"}
    data = written(first)
    schema.assertValid(etree.fromstring(data))
    again = list(read_stream(io.BytesIO(data), "x.xml", []))
    assert sorted(n.tag for n in again[0].other) == sorted(n.tag for n in first[0].other)
    assert written(list(read_stream(io.BytesIO(written(again)), "x.xml", []))) == written(again)


def test_what_is_lacking_is_said() -> None:
    item = next(
        iter(read_stream(io.BytesIO(b"<iati-activity><iati-identifier>A</iati-identifier></iati-activity>"), "x", []))
    )
    problems = write_activities([item], io.BytesIO())
    assert [problem.expected.partition(",")[0] for problem in problems] == [
        "reporting-org", "title", "description", "participating-org", "activity-status", "activity-date",
    ]  # fmt: skip


def test_a_large_activity_is_written_as_if_it_had_come_whole(tmp_path: Path, schema: etree.XMLSchema) -> None:
    money = '<value value-date="2020-01-01">{}</value>'
    day = '<transaction-date iso-date="2020-01-01"/>'
    kind = '<transaction-type code="3"/>'
    entries = "".join(f"<transaction>{kind}{day}{money.format(k)}</transaction>" for k in range(4100))
    budget = '<budget><period-start iso-date="2020-01-01"/><period-end iso-date="2020-12-31"/>'
    budget += money.format(7) + "</budget>"
    text = f"""<iati-activities version="2.03" xmlns:f="http://foreign"><iati-activity f:n="1" default-currency="CAD">
      <iati-identifier>A</iati-identifier><reporting-org ref="r" type="10"><narrative>R</narrative></reporting-org>
      <title><narrative>T</narrative></title><description><narrative>D</narrative></description>
      <participating-org role="1"/><activity-status code="2"/><activity-date type="1" iso-date="2020-01-01"/>
      {entries}{budget}<document-link format="text/html" url="http://x"><title><narrative>L</narrative></title>
      <category code="A01"/></document-link><related-activity ref="B" type="1"/><f:more/><strange/></iati-activity>
      </iati-activities>"""
    parts = list(read_stream(io.BytesIO(text.encode()), "x.xml", []))
    assert len(parts) == 3
    data = written(parts)
    schema.assertValid(etree.fromstring(data))
    again = joined(list(read_stream(io.BytesIO(data), "x.xml", [])))
    whole = joined(list(read_stream(io.BytesIO(text.encode()), "x.xml", [])))
    assert [bare(again)] == [bare(whole)]
    one, other = (etree.tostring(etree.fromstring(text), method="c14n") for text in (data, written([whole])))
    assert one == other
    assert write_activities(parts, io.BytesIO()) == []
    uncoded = text.replace("<budget>", "<sector/><budget>")
    problems = write_activities(read_stream(io.BytesIO(uncoded.encode()), "x", []), io.BytesIO())
    assert ["code of a" in problem.expected for problem in problems] == [True]


def test_a_large_activity_is_written_as_one(tmp_path: Path) -> None:
    one = '<transaction><transaction-type code="3"/><value>1</value></transaction>'
    inside = f"<iati-activity><iati-identifier>A</iati-identifier>{one * 5000}</iati-activity>"
    text = f"<iati-activities>{inside}</iati-activities>"
    parts = list(read_stream(io.BytesIO(text.encode()), "x", []))
    assert len(parts) == 3
    write_file(parts, tmp_path / "o.xml")
    again = joined(list(read_activities(tmp_path / "o.xml", [])))
    assert len(again.transactions) == 5000
    assert [path.name for path in tmp_path.iterdir()] == ["o.xml"]
