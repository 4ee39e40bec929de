"""Accounts of figures: by any calendar, nothing twice, bounds kept, everything listed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from castor.errors import LedgerError
from castor.ledger import Figure, ledger_of, read
from castor.ledger.accounts import account_of, joint_qualifier


def money(name: str, value: str | None, **more: Any) -> Figure:
    number = Decimal(value) if value is not None else None
    qualifier = more.pop("qualifier", "exactly" if value is not None else "unknown")
    return Figure(id=name, kind="money", value=number, unit="CAD", source="x", qualifier=qualifier, **more)


def test_a_period_is_divided_by_days_to_the_cent() -> None:
    ledger = ledger_of([money("a", "100.01", start="2021-01-01", end="2021-12-31")])
    account = account_of(ledger, by=["year"], fiscal="04-01")
    assert [(line.keys, line.value) for line in account.lines] == [
        (("2020/21",), Decimal("24.66")),
        (("2021/22",), Decimal("75.35")),
    ]
    inside = account_of(ledger, between=(dt.date(2021, 4, 1), dt.date(2022, 3, 31)))
    assert inside.lines[0].value == Decimal("75.35")
    assert account_of(ledger, between=(dt.date(2022, 1, 1), None)).lines == []


def test_missing_values_are_counted_not_zero() -> None:
    account = account_of(ledger_of([money("a", "5"), money("b", None)]))
    line = account.lines[0]
    assert (line.value, line.entries, line.missing) == (Decimal(5), 2, 1)
    assert line.made_of == [("a", Decimal(5)), ("b", None)]


def test_parts_and_rival_figures_are_not_added() -> None:
    ledger = ledger_of([
        money("whole", "10"), money("part", "4", part_of="whole"), money("deeper", "1", part_of="part"),
        money("one", "7", topic="t"), money("other", "9", topic="t"),
    ])  # fmt: skip
    account = account_of(ledger)
    assert account.lines[0].value == Decimal(17)
    assert {reason: [name for name, *_ in entries] for reason, entries in account.left_out.items()} == {
        "already part of another figure": ["part", "deeper"],
        "another figure answers the same question": ["other"],
    }


def test_a_part_counts_when_its_whole_is_not_asked_for() -> None:
    ledger = ledger_of([money("whole", "10", programme="all"), money("part", "4", part_of="whole", programme="one")])
    assert account_of(ledger, where={"programme": "one"}).lines[0].value == Decimal(4)


def test_units_and_stages_are_never_added_together() -> None:
    ledger = ledger_of([
        money("a", "1", stage="commitment"), money("b", "2", stage="disbursement"),
        Figure(id="c", kind="money", value=Decimal(3), unit="USD", source="x", stage="disbursement"),
    ])  # fmt: skip
    assert {(line.stage, line.unit): line.value for line in account_of(ledger).lines} == {
        ("commitment", "CAD"): 1, ("disbursement", "CAD"): 2, ("disbursement", "USD"): 3,
    }  # fmt: skip


def test_strengths_of_different_times_are_not_added(mali: Path) -> None:
    account = account_of(read(mali), where={"measure": "strength", "stage": "authorised", "role": "military"})
    assert account.by == ("period",)
    assert [line.value for line in account.lines] == [11200, 11240, 13289]
    yearly = account_of(read(mali), by=["year"], where={"measure": "strength", "role": "uniformed", "party": "Canada"})
    assert {line.keys[0]: line.value for line in yearly.lines} == {"2018": 69, "2019": 94, "2020": 14}


def test_totals_of_the_mission(mali: Path) -> None:
    ledger = read(mali)
    aid = account_of(ledger, by=["year"], where={"measure": "assistance"}, fiscal="04-01")
    line = aid.line("2021/22")
    assert line is not None
    assert line.value == Decimal(119_900_000)
    assert all(line.entries == 1 for line in aid.lines)
    psops = account_of(ledger, where={"programme": "psops", "kind": "money"}).lines[0]
    assert (psops.value, psops.qualifier) == (Decimal(58_000_000), "more_than")


def test_bounds_of_sums() -> None:
    assert joint_qualifier(["exactly", "exactly"]) == "exactly"
    assert joint_qualifier(["exactly", "at_least"]) == "at_least"
    assert joint_qualifier(["more_than", "at_least"]) == "more_than"
    assert joint_qualifier(["nearly", "at_most"]) == "less_than"
    assert joint_qualifier(["nearly", "more_than"]) == "about"


def test_unknown_dimension() -> None:
    with pytest.raises(LedgerError, match="a dimension"):
        account_of(ledger_of([money("a", "1")]), by=["colour"])
