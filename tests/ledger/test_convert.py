"""Conversion keeps rate, date and source, and guesses nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from castor.errors import LedgerError
from castor.ledger import Figure, ledger_of
from castor.ledger.accounts import FigureAmount, total
from castor.ledger.convert import Rate, converted, in_currency, read_rates

RATES = [
    Rate(base="CAD", quote="USD", date="2021-03", rate=Decimal("0.7950"), source="bank"),
    Rate(base="CAD", quote="USD", date="2021-04", rate=Decimal("0.8001"), source="bank"),
    Rate(base="CAD", quote="CAD-2018", date="2021", rate=Decimal("0.93"), source="index"),
]
PAID = Figure(id="a", kind="money", value=Decimal("100.01"), unit="CAD", start="2021-04-15", source="x")


def test_a_conversion_keeps_its_rate() -> None:
    figure = converted(PAID, RATES, "USD")
    assert (figure.value, figure.unit, figure.derived_from) == (Decimal("80.02"), "USD", "a")
    assert figure.method == "100.01 CAD x 0.8001 USD on 2021-04 (bank)"
    assert figure.sources == ("x", "bank")
    assert converted(PAID, RATES, "USD", dt.date(2021, 3, 31)).value == Decimal("79.51")
    assert converted(PAID, RATES, "CAD-2018").value == Decimal("93.01")


def test_no_rate_is_guessed() -> None:
    for day in (dt.date(2021, 2, 1), dt.date(2021, 7, 1)):
        with pytest.raises(LedgerError, match="a rate from CAD to USD"):
            converted(PAID, RATES, "USD", day)
    with pytest.raises(LedgerError, match="a value and a date"):
        converted(Figure(id="b", kind="money", unit="CAD", qualifier="unknown", source="x"), RATES, "USD")


def test_entries_in_one_currency() -> None:
    dollars = Figure(id="b", kind="money", value=Decimal(20), unit="USD", start="2021", source="x")
    entries = [FigureAmount(figure) for figure in ledger_of([PAID, dollars])]
    line = total(in_currency(entries, RATES, "USD"), by=["year"]).line("2021")
    assert line is not None
    assert (line.value, line.unit) == (Decimal("100.02"), "USD")


def test_what_has_no_rate_stays_on_a_line_of_its_own() -> None:
    people = Figure(id="c", kind="result", value=Decimal(3), unit="people", start="2021", source="x")
    lines = total(in_currency([FigureAmount(PAID), FigureAmount(people)], RATES, "USD")).lines
    assert [(line.unit, line.value) for line in lines] == [("USD", Decimal("80.02")), ("people", Decimal(3))]


def test_a_table_of_rates(tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text("from,to,date,rate,source\nCAD,USD,2021-04,0.8001,bank\n")
    assert read_rates(path) == [RATES[1]]
    path.write_text("from,to,date,rate,source\nCAD,USD,2021-04,-1,\n")
    with pytest.raises(LedgerError) as caught:
        read_rates(path)
    assert [problem.column for problem in caught.value.problems] == ["rate", "source"]
