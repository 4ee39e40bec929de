"""Splits add up to the whole, for any weights, days and fiscal years."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castor.errors import LedgerError
from castor.ledger.split import apportion, fiscal_year, iso_day, year_days, year_name

MONEY = st.decimals(min_value=-(10**12), max_value=10**12, places=2, allow_nan=False, allow_infinity=False)
PERCENT = st.decimals(min_value=0, max_value=1000, places=6, allow_nan=False, allow_infinity=False)


@given(MONEY, st.lists(PERCENT, min_size=1, max_size=40))
def test_parts_add_up_to_the_cent(value: Decimal, weights: list[Decimal]) -> None:
    if not any(weights):
        return
    parts = apportion(value, weights)
    assert sum(parts, Decimal(0)) == value
    whole = sum(weights, Decimal(0))
    for part, weight in zip(parts, weights):
        assert abs(part - value * weight / whole) <= Decimal("0.01")
        assert part == part.quantize(Decimal("0.01"))


def test_largest_remainder_by_hand() -> None:
    assert apportion(Decimal("100.00"), [1, 1, 1]) == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]
    assert apportion(Decimal("-0.01"), [1, 1]) == [Decimal("-0.01"), Decimal(0)]
    assert apportion(Decimal("0.12345"), [1, 1]) == [Decimal("0.06173"), Decimal("0.06172")]
    thirds = [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")]
    assert apportion(Decimal(10), thirds) == [Decimal("3.33"), Decimal("3.33"), Decimal("3.34")]


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1]])
def test_impossible_weights_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        apportion(Decimal(1), weights)


@given(
    st.dates(dt.date(1990, 1, 1), dt.date(2040, 1, 1)),
    st.integers(0, 4000),
    st.sampled_from(("01-01", "04-01", "07-01")),
)
def test_days_of_years_add_up(first: dt.date, length: int, start: str) -> None:
    last = first + dt.timedelta(days=length)
    days = year_days(first, last, start)
    assert sum(count for _, count in days) == length + 1
    assert all(count > 0 for _, count in days)
    assert days[0][0] == fiscal_year(first, start)
    assert days[-1][0] == fiscal_year(last, start)


def test_fiscal_years_and_their_edges() -> None:
    assert fiscal_year(dt.date(2022, 3, 31), "04-01") == 2021
    assert fiscal_year(dt.date(2022, 4, 1), "04-01") == 2022
    assert year_name(2021, "04-01") == "2021/22"
    assert year_name(1999, "07-01") == "1999/00"
    assert year_name(2021) == "2021"
    assert year_days(dt.date(2020, 1, 1), dt.date(2020, 12, 31), "04-01") == [(2019, 91), (2020, 275)]
    with pytest.raises(LedgerError, match="04-01"):
        fiscal_year(dt.date(2020, 1, 1), "31-02")


def test_iso_days() -> None:
    assert iso_day("2017-06-30Z") == dt.date(2017, 6, 30)
    assert iso_day("2017-06-30T00:00:00") == dt.date(2017, 6, 30)
    assert iso_day("2017-06") is None
    assert iso_day("") is None


def test_sums_and_splits_of_any_size_are_exact() -> None:
    from castor.ledger import Figure, ledger_of
    from castor.ledger.accounts import account_of
    from castor.ledger.convert import Rate, converted

    huge = Decimal("123456789012345678901234567890123456789.01")
    parts = [Fraction(part) for part in apportion(huge, [1, 1, 1])]
    assert sum(parts) == Fraction(huge)
    assert max(parts) - min(parts) <= Fraction(1, 100)
    rows = [
        Figure(id=f"f{k}", kind="money", value=value, unit="CAD", source="x", start="2020-01-01")
        for k, value in enumerate((huge, Decimal("0.01"), Decimal("-1e-20")))
    ]
    found = account_of(ledger_of(rows)).lines[0].value
    assert Fraction(found) == sum(Fraction(row.value or 0) for row in rows)
    rate = Rate(base="CAD", quote="USD", date="2020-01-01", rate=Decimal("0.5"), source="x")
    assert converted(rows[0], [rate], "USD").value == Decimal("61728394506172839450617283945061728394.50")


@pytest.mark.parametrize("text", ["4-1", "1-1", "04-31", "0401", "02-29"])
def test_a_fiscal_year_starts_on_a_day_written_in_full(text: str) -> None:
    with pytest.raises(LedgerError, match="such as 04-01"):
        fiscal_year(dt.date(2020, 1, 1), text)


@pytest.mark.parametrize("start", ["03-21", "04-06", "07-01", "10-01", "12-31"])
def test_any_day_may_begin_a_fiscal_year(start: str) -> None:
    month, day = (int(part) for part in start.split("-"))
    begins = dt.date(2020, month, day)
    assert (fiscal_year(begins - dt.timedelta(days=1), start), fiscal_year(begins, start)) == (2019, 2020)
    assert year_name(2020, start) == "2020/21"
