"""Other tables in: recognised by their columns or tags, exact, every bad cell named."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from castor.errors import LedgerError
from castor.ledger import ledger_of
from castor.ledger.accounts import account_of
from castor.ledger.exports import write_xlsx
from castor.ledger.imports import exact, import_table, iso, read_mapping, recognise, rows_of


def table(tmp_path: Path, text: str, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_un_contributions(shared: Path) -> None:
    figures = import_table(shared / "data/un/minusma_contributions_by_country_sex_year.csv", "un")
    assert len(figures) == 3 * 1596
    ledger = ledger_of(figures)
    totals = account_of(ledger, by=["year"], where={"operation": "MINUSMA"})
    assert {line.keys[0]: line.value for line in totals.lines}["2019"] == 14390
    women = account_of(ledger, by=["year"], where={"sex": "f"})
    assert {line.keys[0]: line.value for line in women.lines}["2019"] == 630
    canada = account_of(ledger, by=["year"], where={"party": "Canada"})
    assert {line.keys[0]: line.value for line in canada.lines}["2018"] == 69
    assert all(figure.source == "un" and figure.locator.startswith("row ") for figure in figures)


def test_un_contributions_by_month(tmp_path: Path) -> None:
    text = "Date,Contributing Country,Mission,Personnel Type,Female,Male,Total\n"
    path = table(tmp_path, text + "Dec-2018,Canada,MINUSMA,Troops,10,120,130\n")
    assert [(figure.start, figure.role, figure.sex, figure.value) for figure in import_table(path, "un")] == [
        ("2018-12", "Troops", "", 130), ("2018-12", "Troops", "f", 10), ("2018-12", "Troops", "m", 120),
    ]  # fmt: skip


def test_conflict_events(shared: Path, tmp_path: Path) -> None:
    figures = import_table(shared / "data/events/ucdp_ged201_mali_bbox.csv", "ged")
    killed = account_of(ledger_of(figures), by=["year"], where={"measure": "killed"})
    rows = rows_of(shared / "data/events/ucdp_ged201_mali_bbox.csv")[1]
    assert {line.keys[0]: line.value for line in killed.lines}["2018"] == sum(
        int(row[4]) for row in rows if row[0] == "2018"
    )
    acled = table(tmp_path, "event_id_cnty,event_date,event_type,actor1,location,latitude,longitude,fatalities\n"
                            "MLI1,01 November 2018,Explosions,X,Gao,16.27,-0.04,3\n")  # fmt: skip
    event = import_table(acled, "acled")[0]
    assert (event.id, event.start, event.place, event.value, event.locator) == (
        "acled-MLI1", "2018-11-01", "Gao", 3, "16.27 -0.04",
    )  # fmt: skip


def test_crs_rows_are_already_divided(tmp_path: Path) -> None:
    text = (
        "Year,DonorName,RecipientName,CrsID,PurposeCode,USD_Commitment,USD_Disbursement,Gender,ChannelName\n"
        "2018,Canada,Mali,2018000001,12220,1.234567,0.5,1,UNICEF\n2018,Canada,Mali,2018000001,12240,,0.25,2,UNICEF\n"
    )
    ledger = ledger_of(import_table(table(tmp_path, text), "crs"))
    account = account_of(ledger, by=["marker"], where={"stage": "disbursement"})
    assert {line.keys[0]: line.value for line in account.lines} == {"1": 500_000, "2": 250_000}
    commitment = account_of(ledger, where={"stage": "commitment"}).lines[0]
    assert (commitment.value, commitment.missing) == (Decimal("1234567.000000"), 1)


def test_canadas_project_data(tmp_path: Path) -> None:
    text = (
        "Fiscal Year,Project Number,Project Title,Country Name,Sector Code,Amount Spent,Gender Equality\n"
        '2018-2019,D001,A project,Mali,12220,"1,250.50",2\n2018-2019,D001,A project,Mali,11220,100,2\n'
    )
    figures = import_table(table(tmp_path, text), "gac")
    assert (figures[0].start, figures[0].end, figures[0].calendar) == ("2018-04-01", "2019-03-31", "04-01")
    account = account_of(ledger_of(figures), by=["year"], fiscal="04-01")
    assert [(line.keys, line.value) for line in account.lines] == [(("2018/19",), Decimal("1350.50"))]


def test_canadas_historical_data_by_its_own_columns(tmp_path: Path) -> None:
    """The columns of the historical project data set: one row for each project, organisation, country and sector."""
    text = (
        "Fiscal year,Project Number,Status,Gender equality (marker),Organisation Name,Organisation Class,"
        "Country/Region ID,Country/Region Name,Country/Region percent,Sector ID,Sector Name,Sector percent,"
        "Amount Spent\n"
        "2012/2013,S1,Closed,2,UNICEF,Multilateral,ML,Mali,60.0,12220,Basic health,50.0,300.015\n"
        "2012/2013,S1,Closed,2,UNICEF,Multilateral,NE,Niger,40.0,12220,Basic health,50.0,200.01\n"
    )
    ledger = ledger_of(import_table(table(tmp_path, text), "gac"))
    mali = account_of(ledger, by=["channel", "sector", "marker"], where={"place": "Mali"})
    assert [(line.keys, line.value) for line in mali.lines] == [(("Multilateral", "12220", "2"), Decimal("300.015"))]
    assert account_of(ledger, by=["year"], fiscal="04-01").line("2012/13").value == Decimal("500.025")  # type: ignore[union-attr]


def test_bars_and_utf_16_of_the_creditor_reporting_system(tmp_path: Path) -> None:
    text = "Year|DonorName|RecipientName|CrsID|PurposeCode|USD_Commitment|USD_Disbursement\n"
    text += "2012|Canada|Mali|1|12220||1.5\n"
    (tmp_path / "crs.txt").write_bytes(text.encode("utf-16"))
    figures = import_table(tmp_path / "crs.txt", "crs")
    assert [(figure.stage, figure.value) for figure in figures] == [("commitment", None), ("disbursement", 1_500_000)]


def test_the_full_columns_of_ged_and_acled(tmp_path: Path) -> None:
    ged = table(tmp_path, "id,relid,year,active_year,type_of_violence,dyad_name,side_a,side_b,where_coordinates,adm_1,"
                "latitude,longitude,country,date_start,date_end,deaths_a,deaths_b,deaths_civilians,deaths_unknown,best,"
                "high,low\n7,MLI-1,2018,1,1,A - B,A,B,Gao town,Gao,16.27,-0.04,Mali,2018-01-02 00:00:00.000,"
                "2018-01-03 00:00:00.000,1,2,3,0,6,8,6\n")  # fmt: skip
    killed, civilians = import_table(ged, "ged")
    assert (killed.value, killed.start, killed.end, killed.place) == (6, "2018-01-02", "2018-01-03", "Gao town")
    assert (civilians.value, civilians.part_of) == (3, killed.id)
    text = (
        "event_id_cnty,event_date,year,time_precision,disorder_type,event_type,sub_event_type,actor1,country,admin1,"
        "location,latitude,longitude,geo_precision,source,notes,fatalities\n"
        "MLI9,02 January 2018,2018,1,Political violence,Battles,Armed clash,A,Mali,Gao,Gao,16.27,-0.04,1,AFP,=1+1,4\n"
    )
    acled = table(tmp_path, text)
    event = import_table(acled, "acled")[0]
    assert (event.value, event.start, event.measure) == (4, "2018-01-02", "killed, Battles")


def test_hxl_csv_and_xlsx(shared: Path, tmp_path: Path) -> None:
    path = shared / "data/hxl/transactions_sample.csv"
    figures = import_table(path, "hxl")
    header, rows = rows_of(path)
    assert len(figures) == 2 * (len(rows) - 1)
    net = sum(Decimal(row[10]) for row in rows[1:])
    assert sum(f.value or 0 for f in figures if f.measure.startswith("Net money")) == net
    assert figures[0].start == rows[1][0]
    write_xlsx(tmp_path / "t.xlsx", {"t": (header, rows)})
    assert [figure.value for figure in import_table(tmp_path / "t.xlsx", "hxl")] == [figure.value for figure in figures]


def test_a_mapping_for_anything_else(tmp_path: Path) -> None:
    path = table(tmp_path, "When;What;How much\n2019-05;fuel;1.5\n2019-06;fuel;\n")
    mapping = table(tmp_path, 'scale = "1000"\n[[figure]]\nid = "m-{row}"\nkind = "money"\nunit = "XOF"\n'
                              'from = "{When}"\nmeasure = "{What}"\nvalue = "{How much}"\n', "m.toml")  # fmt: skip
    figures = import_table(path, "x", read_mapping(mapping))
    assert [(figure.id, figure.value, figure.qualifier) for figure in figures] == [
        ("m-2", Decimal("1500.0"), "exactly"), ("m-3", None, "unknown"),
    ]  # fmt: skip
    for text in (
        "[[figure]]\nkind = 'money'\n",
        "figure = 3\n",
        "[[figure]]\nkind='money'\nvalue='{a}'\ncolour='red'\n",
        "x =",
    ):
        with pytest.raises(LedgerError):
            read_mapping(table(tmp_path, text, "bad.toml"))


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    text = "Fiscal Year,Project Number,Amount Spent\n2018-2019,D1,12O\nlast year,D2,5\n2018-2019,D3,1.234.567\n"
    with pytest.raises(LedgerError) as caught:
        import_table(table(tmp_path, text), "x")
    assert [(problem.row, problem.read) for problem in caught.value.problems] == [
        (2, "12O"),
        (3, "5"),
        (4, "1.234.567"),
    ]
    with pytest.raises(LedgerError, match="a table that castor knows"):
        import_table(table(tmp_path, "a,b\n1,2\n"), "x")
    with pytest.raises(LedgerError, match="the file is empty"):
        import_table(table(tmp_path, "\n"), "x")
    (tmp_path / "l.csv").write_bytes("Année,b\nété,2\n".encode("latin-1"))
    with pytest.raises(LedgerError, match="UTF-8"):
        import_table(tmp_path / "l.csv", "x")
    assert recognise(["a"], []) is None


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("huge.csv", b"Fiscal Year,Project Number,Amount Spent\n2018,D1," + b"1" * 200_000, "a table in CSV"),
        ("quote.csv", b'Fiscal Year,Project Number,Amount Spent\n2018,"D1,5\n', "quotation mark"),
        ("nul.csv", b"Fiscal Year,Project Number,Amount Spent\n2018,D1,1\x002\n", "plain number"),
        ("cut.csv", b"\xff\xfe\x00", "UTF-8"),
        ("cut.xlsx", b"PK\x03\x04 no archive at all", "a workbook that can be opened"),
        ("year.csv", b"Fiscal Year,Project Number,Amount Spent\n0000,D1,5\n", "year"),
        ("month.csv", b"best,latitude,longitude,adm_1,date_start\n5,1,1,x,2018-13-45\n", "a date that exists"),
    ],
    ids=lambda one: one if isinstance(one, str) and "." in one else "",
)  # fmt: skip
def test_hostile_tables_are_refused(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(LedgerError, match=said):
        import_table(tmp_path / name, "x")


def test_a_formula_in_a_table_leaves_as_text(tmp_path: Path) -> None:
    from castor.ledger import Source
    from castor.ledger.exports import records_csv

    path = table(tmp_path, "Fiscal Year,Project Number,Project Title,Amount Spent\n2018,D1,\"=cmd|' /C calc'!A0\",5\n")
    figures = import_table(path, "x")
    assert figures[0].label_en == "=cmd|' /C calc'!A0"
    text = records_csv(ledger_of(figures, [Source(id="x", title="A")]))[0]
    assert "'=cmd|" in text
    assert ",=cmd" not in text


def test_numbers_and_dates() -> None:
    assert exact("1,234,567.80") == Decimal("1234567.80")
    assert exact("1e3") == 1000
    for text in ("1,23", "12,34,567", "abc", "1 000"):
        with pytest.raises(ValueError, match="plain number"):
            exact(text)
    assert [iso(text) for text in ("2018", "2018-11-01 00:00:00", "1-Nov-2018", "November 2018")] == [
        "2018", "2018-11-01", "2018-11-01", "2018-11",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="a date"):
        iso("01/02/2018")
