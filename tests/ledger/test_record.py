"""The record of the reference mission, and what a record refuses."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from castor.errors import LedgerError
from castor.ledger import Figure, Ledger, ledger_of, read
from castor.ledger.say import say, when


@pytest.fixture(scope="module")
def ledger(mali: Path) -> Ledger:
    return read(mali)


def test_reads_the_mission(ledger: Ledger) -> None:
    assert len(ledger.figures) > 250
    assert ledger.figure["serval-cargo"].value == Decimal(3560920)
    assert ledger.figure["aid-2021"].first_day == dt.date(2021, 4, 1)
    assert ledger.figure["coup-2012"].precision == "day"
    assert all(ledger.documents(figure) or figure.derived_from for figure in ledger)


def test_every_source_is_used_and_known(ledger: Ledger) -> None:
    cited = {name for figure in ledger for name in figure.sources}
    assert cited == set(ledger.source)


def test_every_figure_speaks_both_languages(ledger: Ledger) -> None:
    for figure in ledger:
        assert figure.label_en, figure.id
        assert figure.label_fr, figure.id
        assert bool(figure.definition_en) == bool(figure.definition_fr)


def test_conflicts_stand_side_by_side(ledger: Ledger) -> None:
    topics = {conflict.topic: conflict.figures for conflict in ledger.conflicts()}
    assert [figure.value for figure in topics["serval-flights"]] == [48, 46]
    assert {figure.qualifier for figure in topics["presence-hours"]} == {"more_than", "exactly", "nearly"}
    assert {figure.value for figure in topics["seedchange-reach"]} == {26046, 27000, 31500, 48149}
    assert all(figure.definition_en for figures in topics.values() for figure in figures if figure.value is not None
               and figure.topic not in ("escort-november",))  # fmt: skip


def test_nothing_of_record_is_counted_twice(ledger: Ledger) -> None:
    flights = ledger.of_record(ledger.where(operation="op-serval", measure="flights"))
    assert [figure.id for figure in flights] == ["serval-flights"]
    ambassadors = ledger.of_record(ledger.where(programme="psops", kind="result"))
    assert [figure.id for figure in ambassadors] == ["ambassadors"]
    assert [figure.value for figure in ledger.parts("ambassadors")] == [151]


def test_totals_of_a_ledger(ledger: Ledger) -> None:
    line = ledger.totals(where={"operation": "op-serval", "measure": "hours"}).lines[0]
    assert (line.value, line.made_of) == (Decimal("530.6"), [("serval-hours", Decimal("530.6"))])


def test_events_in_order_with_what_they_switched(ledger: Ledger) -> None:
    events = ledger.events()
    days = [figure.first_day for figure in events]
    assert days == sorted(days)
    assert events[0].start == "1890"
    assert events[-1].start == "2023-12-31"
    switched = [(figure.start, figure.switch) for figure in ledger.events() if figure.channel == "government"]
    assert ("2012-03-24", "off") in switched
    assert ("2014-02", "on") in switched
    assert ("2020-08-18", "off") in switched
    assert ledger.events(since=dt.date(2012, 1, 1), until=dt.date(2012, 12, 31))[0].id in (
        "coup-2012",
        "coup-2012-seed",
    )


def test_unknown_field_is_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="a field of a figure"):
        ledger.where(colour="red")


def _folder(tmp_path: Path, records: str, sources: str = "id,title\nx,A document\n") -> Path:
    (tmp_path / "records.csv").write_text(records, encoding="utf-8")
    (tmp_path / "sources.csv").write_text(sources, encoding="utf-8")
    return tmp_path


def test_all_problems_at_once(tmp_path: Path) -> None:
    records = (
        "id,kind,value,unit,source,part_of,derived_from,method,from,to\na,money,12O,CAD,x,,,,,\nb,monney,1,CAD,x,,,,,\n"
    )
    with pytest.raises(LedgerError) as caught:
        read(_folder(tmp_path, records))
    assert len(caught.value.problems) == 2
    assert "12O" in str(caught.value)
    records = (
        "id,kind,value,unit,source,part_of,derived_from,method,from,to\n"
        "a,money,1,CAD,y,,,,,\n"
        "a,money,1,,x,nowhere,,,,\n"
        "c,money,1,CAD,,,,,,\n"
        "d,money,1,CAD,,d,a,,2014,2013\n"
    )
    with pytest.raises(LedgerError) as caught:
        read(_folder(tmp_path, records))
    columns = sorted(problem.column for problem in caught.value.problems)
    assert columns == ["id", "method", "part_of", "part_of", "source", "source", "to", "unit"]
    assert all(problem.row is not None for problem in caught.value.problems)


def test_a_correction_supersedes_and_stays() -> None:
    first = Figure(id="a", kind="money", value=Decimal(1), unit="CAD", source="x")
    second = msgspec.structs.replace(first, id="b", value=Decimal(2), supersedes="a")
    ledger = ledger_of([first, second])
    assert [figure.id for figure in ledger] == ["b"]
    assert [figure.id for figure in ledger.history] == ["a"]


def test_figures_in_words(ledger: Ledger) -> None:
    said = {name: (say(ledger.figure[name]), say(ledger.figure[name], "fr")) for name in (
        "presence-hours", "aid-since-2000", "seedchange-youth", "evacuation-08", "serval-hours")}  # fmt: skip
    assert said["presence-hours"] == ("more than 4,000\u00a0h", "plus de 4\u202f000\u00a0h")
    assert said["aid-since-2000"] == ("more than C$1.8 billion", "plus de 1,8\u00a0milliard\u00a0$ CA")
    assert said["seedchange-youth"] == ("nearly 40\u00a0groups", "près de 40\u00a0groupes")
    assert said["evacuation-08"] == ("not known", "non connu")
    assert said["serval-hours"][1] == "530,6\u00a0h"
    assert when(ledger.figure["aid-2021"]) == "2021/22"
    assert when(ledger.figure["direct-aid-resumed"], "fr") == "février 2014 au 10 avril 2014"
