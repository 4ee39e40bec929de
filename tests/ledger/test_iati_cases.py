"""The hard cases of published activities, one test each: nothing is counted twice, nothing is lost in silence."""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castor.ledger.accounts import Account, total
from castor.ledger.iati.amounts import Collection, LeftOut, weights
from castor.ledger.iati.check import RULES, Finding, check_activities, check_collection
from castor.ledger.iati.model import Activity, Share, type_code
from castor.ledger.iati.read import read_stream


def parse(*bodies: str, attrs: str = 'default-currency="CAD"', version: str = "2.03") -> list[Activity]:
    inside = "".join(f"<iati-activity {attrs}>{body}</iati-activity>" for body in bodies)
    problems: list[Any] = []
    text = f'<iati-activities version="{version}">{inside}</iati-activities>'
    found = list(read_stream(io.BytesIO(text.encode()), "x.xml", problems))
    assert problems == []
    return found


def paid(value: str, date: str = "2020-05-01", more: str = "", kind: str = "3") -> str:
    return (
        f'<transaction><transaction-type code="{kind}"/><transaction-date iso-date="{date}"/>'
        f'<value value-date="{date}">{value}</value>{more}</transaction>'
    )


def account(
    found: Sequence[Activity], *by: str, of: str = "transactions", levels: Any = "children", **more: Any
) -> Account:
    left: list[LeftOut] = []
    collection = Collection(lambda: found, levels=levels)
    made = total(getattr(collection, of)(left), by=by, **more)
    for item in left:
        made.left_out.setdefault(item.reason, []).append((item.amount.id, item.amount.value, ""))
    return made


def sums(made: Account) -> dict[tuple[str, ...], Decimal]:
    return {line.keys: line.value for line in made.lines}


def rules(found: Sequence[Activity]) -> list[str]:
    return [item.rule for item in check_activities(found) if item.rule != "no-identifier"]


def test_several_sector_vocabularies_do_not_double_the_money() -> None:
    found = parse(
        "<iati-identifier>A</iati-identifier>"
        '<sector code="11220" percentage="60"/><sector code="12220" vocabulary="1" percentage="40"/>'
        '<sector code="112" vocabulary="2" percentage="100"/><sector code="x" vocabulary="99" percentage="100"/>'
        + paid("100")
    )
    assert sums(account(found, "sector")) == {("11220",): 60, ("12220",): 40}
    assert sums(account(found, "sector:2")) == {("112",): 100}
    assert sums(account(found, "sector:99")) == {("x",): 100}
    assert rules(found) == []


def test_value_date_is_not_the_date_of_the_transaction() -> None:
    found = parse(paid("10", "2020-03-31").replace('value-date="2020-03-31"', 'value-date="2020-04-15"'))
    assert sums(account(found, "year", fiscal="04-01")) == {("2019/20",): 10}
    entry = next(Collection(lambda: found).transactions())
    assert str(entry.value_date) == "2020-04-15"
    assert "value-date" in rules(found)


BUDGET = '<budget type="{}"><period-start iso-date="{}"/><period-end iso-date="{}"/>'
BUDGET += '<value value-date="2020-01-01">{}</value></budget>'


def test_original_and_revised_budgets_are_not_both_counted() -> None:
    found = parse(
        BUDGET.format("1", "2020-01-01", "2020-12-31", "100")
        + BUDGET.format("2", "2020-01-01", "2020-12-31", "115")
        + BUDGET.format("1", "2021-01-01", "2021-12-31", "50")
    )
    made = account(found, "year", of="budgets")
    assert sums(made) == {("2020",): 115, ("2021",): 50}
    assert list(made.left_out) == ["a revised budget covers the same days"]
    assert "original-and-revised" in rules(found)


def test_a_budget_is_divided_over_fiscal_years_by_days() -> None:
    found = parse(BUDGET.format("1", "2020-01-01", "2020-12-31", "366.01"))
    assert sums(account(found, "year", of="budgets", fiscal="04-01")) == {("2019/20",): Decimal("91.00"),
                                                                          ("2020/21",): Decimal("275.01")}  # fmt: skip


def test_letter_codes_in_a_2_0x_file() -> None:
    found = parse(paid("5", kind="D") + paid("7", kind="3"))
    assert [(line.stage, line.value) for line in account(found).lines] == [("disbursement", 12)]
    assert rules(found) == ["letter-code"]
    assert type_code("qs") == "9"


def test_negative_values_are_corrections() -> None:
    found = parse(paid("100") + paid("-30.5"))
    assert account(found).lines[0].value == Decimal("69.5")
    assert rules(found) == ["negative"]


def test_a_region_at_100_beside_countries_at_100_says_it_again() -> None:
    found = parse(
        '<recipient-country code="ML" percentage="70"/><recipient-country code="NE" percentage="30"/>'
        '<recipient-region code="1030" percentage="100"/>' + paid("10")
    )
    assert sums(account(found, "country")) == {("ML",): 7, ("NE",): 3}
    assert rules(found) == ["country-and-region"]


def test_a_region_that_takes_the_rest_takes_it() -> None:
    found = parse(
        '<recipient-country code="ML" percentage="70"/><recipient-region code="1030" percentage="30"/>' + paid("10")
    )
    assert sums(account(found, "country")) == {("ML",): 7, ("region:1030",): 3}


def test_countries_at_both_levels() -> None:
    own = '<recipient-country code="BF"/>'
    found = parse('<recipient-country code="ML" percentage="100"/>' + paid("10") + paid("4", more=own))
    assert sums(account(found, "country")) == {("ML",): 10, ("BF",): 4}
    assert "both-levels" in rules(found)


PARENT = '<iati-identifier>P</iati-identifier><related-activity ref="C" type="2"/>'
CHILD = '<iati-identifier>C</iati-identifier><related-activity ref="P" type="1"/>'


def test_parent_and_child_booking_the_same_type() -> None:
    found = parse(PARENT + paid("100") + paid("100", kind="2"), CHILD + paid("90"))
    made = account(found)
    assert [(line.stage, line.value) for line in made.lines] == [("commitment", 100), ("disbursement", 90)]
    assert made.left_out == {"the children book this type too": [("P#1", Decimal(100), "")]}
    assert account(found, levels="all").line(stage="disbursement").value == 190  # type: ignore[union-attr]
    assert account(found, levels="parents").line(stage="disbursement").value == 100  # type: ignore[union-attr]
    assert [item.rule for item in check_collection(Collection(lambda: found))] == ["parent-and-child"]


def test_three_levels_count_the_lowest() -> None:
    middle = CHILD + '<related-activity ref="G" type="2"/>'
    found = parse(PARENT + paid("100"), middle + paid("90"), "<iati-identifier>G</iati-identifier>" + paid("80"))
    assert account(found).lines[0].value == 80


def test_two_activities_each_the_others_parent() -> None:
    one = '<iati-identifier>P</iati-identifier><related-activity ref="C" type="1"/>'
    found = parse(one + paid("1"), CHILD + paid("2"))
    assert account(found).lines[0].value == 3
    assert [item.rule for item in check_collection(Collection(lambda: found))] == ["mutual-parents"]


def test_no_default_currency() -> None:
    found = parse(paid("5"), attrs="")
    assert account(found).lines[0].unit == ""
    assert rules(found) == ["no-currency"]
    own = parse(paid("5").replace("<value ", '<value currency="EUR" '))
    assert account(own).lines[0].unit == "EUR"


def test_a_currency_that_is_no_code_stands_by_itself_and_is_said() -> None:
    found = parse(paid("5") + paid("3").replace("<value ", '<value currency="cad" '))
    assert {line.unit: line.value for line in account(found).lines} == {"CAD": 5, "cad": 3}
    assert rules(found) == ["currency"]


def test_several_sectors_of_one_transaction() -> None:
    two = '<sector code="11220"/><sector code="112" vocabulary="2"/>'
    assert sums(account(parse('<sector code="1" percentage="100"/>' + paid("9", more=two)), "sector")) == {
        ("11220",): 9
    }
    same = '<sector code="11220"/><sector code="12220"/>'
    assert sums(account(parse(paid("9", more=same)), "sector")) == {("",): 9}


def test_percentages_that_fall_short_leave_a_rest_that_is_said() -> None:
    found = parse(
        '<recipient-country code="ML" percentage="30"/><recipient-country code="NE" percentage="20"/>' + paid("10")
    )
    assert sums(account(found, "country")) == {("ML",): 3, ("NE",): 2, ("",): 5}
    assert rules(found) == ["percentages"]


def test_percentages_above_100_add_up_to_the_money() -> None:
    found = parse(
        '<recipient-country code="ML" percentage="100"/><recipient-country code="NE" percentage="100"/>' + paid("10")
    )
    assert sums(account(found, "country")) == {("ML",): 5, ("NE",): 5}


def test_codes_without_percentages_cannot_be_divided() -> None:
    found = parse('<recipient-country code="ML"/><recipient-country code="NE"/>' + paid("10"))
    assert sums(account(found, "country")) == {("",): 10}
    assert rules(found) == ["no-percentage"]


PERCENT = st.decimals(min_value=0, max_value=300, places=3, allow_nan=False, allow_infinity=False)


@given(st.decimals(-(10**9), 10**9, places=2, allow_nan=False, allow_infinity=False), st.lists(PERCENT, max_size=12))
def test_any_percentages_add_up_to_the_whole(value: Decimal, percentages: list[Decimal]) -> None:
    shares = "".join(f'<recipient-country code="C{at}" percentage="{p}"/>' for at, p in enumerate(percentages))
    found = parse(shares + paid(str(value)))
    assert sum(sums(account(found, "country")).values(), Decimal(0)) == value


def test_thirds_rounded_by_the_publisher() -> None:
    thirds = [Share(name, percentage=Decimal("33.33")) for name in "abc"]
    assert [name for name, _ in weights(thirds)] == ["a", "b", "c"]


def test_the_newest_of_a_duplicate_is_taken() -> None:
    old = parse(
        "<iati-identifier>A</iati-identifier>" + paid("1"),
        attrs='default-currency="CAD" last-updated-datetime="2020-01-01"',
    )
    new = parse(
        "<iati-identifier>A</iati-identifier>" + paid("2"),
        attrs='default-currency="CAD" last-updated-datetime="2021-01-01"',
    )
    for order in ([*old, *new], [*new, *old]):
        collection = Collection(lambda order=order: order)  # type: ignore[misc]
        assert total(collection.transactions()).lines[0].value == 2
        assert len(collection.duplicates) == 1
        assert [item.rule for item in check_collection(collection)] == ["duplicate"]


def test_values_that_are_no_numbers_are_missing() -> None:
    found = parse(paid("1,000") + paid("1e3") + paid("NaN") + paid("") + paid(" 5.50 ") + paid("+2") + paid(".5"))
    line = account(found).lines[0]
    assert (line.value, line.entries, line.missing) == (Decimal("8.00"), 7, 4)
    assert found[0].transactions[0].money.raw == "1,000"
    assert rules(found) == ["bad-value", "bad-value", "bad-value", "no-value"]


def test_qualitative_and_unreadable_results() -> None:
    text = (
        '<result type="1"><title><narrative>R</narrative></title>'
        '<indicator measure="{}"><title><narrative>I</narrative></title>'
        '<period><period-start iso-date="2020-01-01"/><period-end iso-date="2020-12-31"/><target value="5"/>'
        '<actual value="many"><dimension name="sex" value="female"/><dimension name="age" value="adult"/></actual>'
        "</period></indicator></result>"
    )
    found = parse(text.format("1"))
    assert rules(found) == ["not-numeric"]
    assert rules(parse(text.format("5"))) == []
    actual = found[0].results[0].indicators[0].periods[0].actuals[0]
    assert (actual.value, actual.dimensions) == ("many", [("sex", "female"), ("age", "adult")])


def test_titles_in_several_languages() -> None:
    found = parse(
        '<title><narrative xml:lang="EN">A</narrative><narrative xml:lang="en">B</narrative>'
        "<narrative>C</narrative></title>"
    )
    assert [(text.lang, text.text) for text in found[0].title] == [("EN", "A"), ("en", "B"), ("", "C")]


def test_dates_that_are_no_dates_have_no_year() -> None:
    found = parse(paid("3", "2020-13-01") + paid("4", ""))
    assert sums(account(found, "year")) == {("",): 7}
    assert rules(found).count("bad-date") == 2


def test_gender_marker_and_humanitarian_flag() -> None:
    head = '<policy-marker code="1" significance="2"/><policy-marker code="2" vocabulary="1" significance="1"/>'
    humanitarian = paid("4").replace("<transaction>", '<transaction humanitarian="1">')
    found = parse(head + paid("10") + humanitarian)
    assert sums(account(found, "gender")) == {("2",): 14}
    assert sums(account(found, "marker:2")) == {("1",): 14}
    assert sums(account(found, "humanitarian")) == {("",): 10, ("1",): 4}
    said = parse(paid("4").replace("<transaction>", '<transaction humanitarian="true">'))
    assert sums(account([*found, *said], "humanitarian")) == {("",): 10, ("1",): 8}


def test_every_rule_has_a_meaning() -> None:
    assert all(Finding(rule, "", 0, "").text for rule in RULES)


@pytest.mark.parametrize("size", [3, 5000])
def test_parts_of_a_large_activity_are_counted_as_one(size: int) -> None:
    head = '<iati-identifier>A</iati-identifier><recipient-country code="ML" percentage="100"/>'
    found = parse(head + paid("1") * size)
    assert len(found) == (1 if size == 3 else 3)
    assert sums(account(found, "country")) == {("ML",): size}
    assert [entry.id for entry in Collection(lambda: found).transactions()][-1] == f"A#{size}"
