"""Tables out: nothing a spreadsheet would run, nothing protected, and the record reads back."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import hxl
import openpyxl
import pytest

from castor.ledger import Figure, Source, ledger_of, read
from castor.ledger.accounts import account_of
from castor.ledger.exports import account_table, csv_text, harmless, records_csv, records_xlsx

ATTACK = "=cmd|' /C calc'!A0"


@pytest.mark.parametrize("text", [ATTACK, "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"])
def test_formulas_are_neutralised(text: str) -> None:
    assert harmless(text) == "'" + text
    assert next(iter(csv.reader(io.StringIO(csv_text([text], []), newline=""))))[0].startswith("'")


def test_numbers_stay_numbers() -> None:
    assert csv_text(["v"], [[Decimal("-1.50")], [None], ["plain"]]) == 'v\n-1.50\n""\nplain\n'


def test_an_attack_in_the_record_is_harmless(tmp_path: Path) -> None:
    ledger = ledger_of(
        [Figure(id="a", kind="money", value=Decimal("-5.10"), unit="CAD", source="x", label_en=ATTACK)],
        [Source(id="x", title=ATTACK)],
    )
    for text in records_csv(ledger):
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert "'" + ATTACK in cells
        assert not any(cell.startswith("=") for cell in cells)
    records_xlsx(ledger, tmp_path / "r.xlsx")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    assert any(cell.value == -5.1 and cell.data_type == "n" for cell in cells)


def test_the_record_reads_back(mali: Path, tmp_path: Path) -> None:
    ledger = read(mali)
    figures, sources = records_csv(ledger)
    (tmp_path / "records.csv").write_text(figures, encoding="utf-8")
    (tmp_path / "sources.csv").write_text(sources, encoding="utf-8")
    again = read(tmp_path)
    assert [figure for figure in again if not figure.protected] == [figure for figure in ledger if not figure.protected]
    assert again.sources == ledger.sources


def test_a_row_of_hxl_tags_reads_back_and_is_known(mali: Path, tmp_path: Path) -> None:
    ledger = read(mali)
    figures, sources = records_csv(ledger, tags=True)
    assert figures.splitlines()[1].startswith("#meta+id,")
    (tmp_path / "records.csv").write_text(figures, encoding="utf-8")
    (tmp_path / "sources.csv").write_text(sources, encoding="utf-8")
    assert len(read(tmp_path).figures) == len(ledger.figures)
    hxl.data(hxl.make_input(str(tmp_path / "records.csv"), hxl.InputOptions(allow_local=True))).columns  # noqa: B018


def test_nothing_protected_leaves(mali: Path, tmp_path: Path) -> None:
    text = records_csv(read(mali))[0]
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["protected"]]
    assert len(rows) == 2
    for row in rows:
        assert not any(row[name] for name in ("place", "party", "from", "to", "locator", "part_of", "derived_from"))


def test_an_account_as_a_table() -> None:
    ledger = ledger_of([Figure(id="a", kind="money", value=Decimal(5), unit="CAD", source="x", party="P")])
    header, rows = account_table(account_of(ledger, by=["party"]))
    assert header == ["party", "stage", "unit", "total", "qualifier", "entries", "missing"]
    assert rows == [["P", "", "CAD", Decimal(5), "exactly", 1, 0]]
