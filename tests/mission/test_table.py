"""Tables: what spreadsheets write is read right or refused clearly, and what is written is read back the same."""

# ruff: noqa: E501  (messages stand whole)
from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from castor.errors import MissionError
from castor.mission.cells import base_type
from castor.mission.model import TABLES, AircraftType, Incident, Place, Request, col, columns
from castor.mission.table import format_table, parse_table, read_table, write_table

HEAD = "id,name,lat,lon\n"


def said(cls: type[Any], data: str | bytes) -> list[str]:
    """Return the lines of the report on a file with these contents."""
    table = parse_table(cls, data if isinstance(data, bytes) else data.encode(), "t.csv")
    return str(MissionError(table.problems)).splitlines()[1:-1] if table.problems else []


def rows(cls: type[Any], data: str | bytes) -> list[Any]:
    table = parse_table(cls, data if isinstance(data, bytes) else data.encode(), "t.csv")
    assert not table.problems, table.problems
    return table.rows


def test_the_report_of_the_design() -> None:
    text = "type,name,kind,cruise_kt,range_km\nCH,Chinook,helicopter,13O,1000\nG,Griffon,helicoptre,130,656\n"
    assert said(AircraftType, text) == [
        '  row 2  cruise_kt  read "13O"         expected a number > 0 and <= 700, in knots; did you mean 130?',
        '  row 3  kind       read "helicoptre"  expected one of helicopter, aeroplane; did you mean helicopter?',
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "  the file is empty; the first row must name the columns: id, name, lat, lon"),
        (b"\n \n", "  the file is empty; the first row must name the columns: id, name, lat, lon"),
        (b",,,\n", "  the table is empty; the first row must name: id, name, lat, lon"),
        (b"PK\x03\x04rest", "  this is an Excel workbook, not CSV; open it in Excel and save it as CSV UTF-8"),
        (
            b"\xd0\xcf\x11\xe0rest",
            "  this is an old Excel workbook (.xls), not CSV; open it in Excel and save it as CSV UTF-8",
        ),
        ((HEAD + "a,b,1,2\n").encode("utf-16"), "  this is UTF-16 text, not UTF-8; save it as CSV UTF-8"),
        ((HEAD + "a,\x00b,1,2\n").encode(), "  this is not a text file; save it as CSV UTF-8"),
        (
            (HEAD + "gao,Gao,1,2\nsev,Sévaré,1,2\n").encode("cp1252"),
            '  row 3  read "Sévaré"  not UTF-8; it looks like Windows-1252; save it as CSV UTF-8',
        ),
        (
            HEAD + 'a,"Gao,1,2\n',
            "  row 2  quotation marks do not match; close the quotation mark of a text, or double one inside a text",
        ),
        (
            "id,name,lat\na,b,1\n",
            "  row 1  lon  this column is missing; add it: longitude, a number from -180 to 180, in degrees",
        ),
        (
            "id,name,lat,lon,peeple\na,b,1,2,3\n",
            "  row 1  peeple  unknown column; did you mean people?",
        ),
        ("id,name,lat,lon,name\na,b,1,2,c\n", "  row 1  name  the column stands here twice; remove or rename one"),
        ("id,name,lat,lon,\na,b,1,2,c\n", "  row 1  a column holds values but has no name; name it or remove it"),
        (
            HEAD + "a,b,1,2,3\n",
            "  row 2  5 cells where the header has 4; put text that holds the separator between quotation marks",
        ),
        (HEAD + "a,,1,2\n", "  row 2  name  a value is required: text"),
        (HEAD + "a,b,,2\n", "  row 2  lat  a value is required: a number from -90 to 90, in degrees"),
        (HEAD + "a,b,north,2\n", '  row 2  lat  read "north"  expected a number from -90 to 90, in degrees'),
        (HEAD + "a,b,nan,2\n", '  row 2  lat  read "nan"  expected a number from -90 to 90, in degrees'),
        (HEAD + "a,b,1_0,2\n", '  row 2  lat  read "1_0"  expected a number from -90 to 90, in degrees'),
        (HEAD + "a,b,91,2\n", '  row 2  lat  read "91"  expected a number from -90 to 90, in degrees'),
        (
            HEAD + "a,b,n/a,2\n",
            '  row 2  lat  read "n/a"  expected a number from -90 to 90, in degrees; leave the cell empty if it is not known',
        ),
        (
            HEAD + "a,b,12°,2\n",
            '  row 2  lat  read "12°"  expected a number from -90 to 90, in degrees; write the number alone: 12',
        ),
        (
            "id,name,lat,lon,people\na,b,1,2,-3\n",
            '  row 2  people  read "-3"  expected a number from 0 to 1,000,000,000, in people',
        ),
        (
            'id,name,lat,lon,people\na,b,1,2,"1,234"\n',
            '  row 2  people  read "1,234"  expected a number from 0 to 1,000,000,000, in people; '
            "this may mean 1.234 or 1234: write the one you mean",
        ),
        (
            "id;name;lat;lon\na;b;1,5;2.5\n",
            '  row 2  lat  read "1,5"  expected a number from -90 to 90, in degrees; '
            "the file mixes decimal points and decimal commas: write points",
        ),
        (
            'id,name,lat,lon,people\na,b,1,2,"1,234.5"\n',
            '  row 2  people  read "1,234.5"  expected a number from 0 to 1,000,000,000, in people; '
            "write it without separators between thousands and with a decimal point",
        ),
        (HEAD[:-1] + ",beds\na,b,1,2,1.5\n", '  row 2  beds  read "1.5"  expected a whole number from 0 to 10,000'),
        (HEAD[:-1] + ",lit\na,b,1,2,perhaps\n", '  row 2  lit  read "perhaps"  expected yes or no'),
        (
            HEAD[:-1] + ",from\na,b,1,2,2018-02-30\n",
            '  row 2  from  read "2018-02-30"  expected a date such as 2018-10-15; there is no such day',
        ),
        (
            HEAD[:-1] + ",from\na,b,1,2,05/10/2018\n",
            '  row 2  from  read "05/10/2018"  expected a date such as 2018-10-15; '
            "this may mean 2018-10-05 or 2018-05-10: write the one you mean",
        ),
    ],
    ids=lambda value: value[-40:] if isinstance(value, str) and value.startswith("  ") else "",
)
def test_each_spoiled_file_has_its_message(data: str | bytes, message: str) -> None:
    assert said(Place, data) == [message]


def test_share_in_percent_is_refused_with_the_share() -> None:
    text = "tail,type,base,serviceability\n1,a,b,80\n"
    assert said(TABLES["aircraft"][0], text) == [
        '  row 2  serviceability  read "80"  expected a number from 0 to 1, as a share; did you mean 0.8?'
    ]


def test_dates_of_both_orders_are_refused() -> None:
    text = "id,name,lat,lon,from,to\na,b,1,2,25/12/2018,12/25/2018\n"
    remedy = "this file has days first and months first: write year-month-day"
    assert said(Place, text) == [
        f'  row 2  from  read "25/12/2018"  expected a date such as 2018-10-15; {remedy}',
        f'  row 2  to    read "12/25/2018"  expected a date such as 2018-10-15; {remedy}',
    ]


def test_every_problem_is_told_at_once_in_the_order_of_the_file() -> None:
    text = HEAD + "a,,x,2\nb,B,1,181\n"
    assert said(Place, text) == [
        "  row 2  name              a value is required: text",
        '  row 2  lat   read "x"    expected a number from -90 to 90, in degrees',
        '  row 3  lon   read "181"  expected a number from -180 to 180, in degrees',
    ]


def test_french_excel() -> None:
    text = "\ufeffid;name;lat;lon;people;lit;from\r\nsev;Sévaré;14,527;-4,093;1 234;oui;05/10/2018\r\n"
    (place,) = rows(Place, text)
    assert (place.name, place.lat, place.lon, place.people) == ("Sévaré", 14.527, -4.093, 1234.0)
    assert (place.lit, place.start) == (True, dt.date(2018, 10, 5))


def test_french_thousands_are_spaces_even_narrow_ones() -> None:
    text = "id;name;lat;lon;people\na;A;1;2;1\u202f234,5\nb;B;1;2;12\u00a0345\n"
    assert [place.people for place in rows(Place, text)] == [1234.5, 12345.0]


def test_a_quoted_decimal_comma_is_read_where_it_means_one_thing() -> None:
    assert rows(Place, 'id,name,lat,lon\na,A,"1,5",2\n')[0].lat == 1.5
    assert rows(Place, 'id,name,lat,lon\na,A,"0,125",2\n')[0].lat == 0.125


def test_american_dates_are_read_where_one_tells_the_order() -> None:
    text = "id,name,lat,lon,from,to\na,A,1,2,10/05/2018,12/25/2018\n"
    assert rows(Place, text)[0].start == dt.date(2018, 10, 5)


def test_header_spaces_case_labels_and_order() -> None:
    text = " Latitude ,ID,LON ,nom, Runway-ft\n1,a,2,A,3000\n"
    (place,) = rows(Place, text)
    assert (place.lat, place.id, place.lon, place.name, place.runway_ft) == (1.0, "a", 2.0, "A", 3000.0)


def test_tag_row_sep_line_blank_rows_short_rows_and_trailing_commas() -> None:
    text = "sep=,\n" + HEAD[:-1] + ",note,\n#meta+id,,#geo+lat,#geo+lon,,\n\n,,,,,\na , A,1,2\nb,B,3,4,x,,,\n"
    assert [(place.id, place.name, place.note) for place in rows(Place, text)] == [("a", "A", ""), ("b", "B", "x")]


def test_row_numbers_are_those_of_the_spreadsheet() -> None:
    text = HEAD + '\na,"two\nlines",1,2\n,,,\nb,B,x,2\n'
    assert said(Place, text) == ['  row 5  lat  read "x"  expected a number from -90 to 90, in degrees']


def test_absent_is_not_zero() -> None:
    (place,) = rows(Place, HEAD[:-1] + ",people,beds,kind\na,A,1,2,,0,\n")
    assert place.people is None
    assert place.beds == 0
    assert place.kind == "camp"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2018-10-15 06:00", dt.datetime(2018, 10, 15, 6)),
        ("2018-10-15T06:00Z", dt.datetime(2018, 10, 15, 6)),
        ("2018-10-15 6:05:30", dt.datetime(2018, 10, 15, 6, 5, 30)),
        ("2018-10-15T06:00:00.25", dt.datetime(2018, 10, 15, 6, 0, 0, 250000)),
        ("2018-10-15 08:00+02:00", dt.datetime(2018, 10, 15, 6)),
        ("2018-10-15 01:30 -0430", dt.datetime(2018, 10, 15, 6)),
        ("25/10/2018 06:00", dt.datetime(2018, 10, 25, 6)),
    ],
)
def test_moments(text: str, moment: dt.datetime) -> None:
    data = f"id,from,to,earliest,latest\nr,a,b,{text},2018-10-30 06:00\n"
    assert rows(Request, data)[0].earliest == moment


@pytest.mark.parametrize(
    ("text", "remedy"),
    [("2018-10-15", "; add the time, UTC"), ("2018-10-15 24:00", "; there is no such time"), ("soon", "")],
)
def test_moments_refused(text: str, remedy: str) -> None:
    data = f"id,from,to,earliest,latest\nr,a,b,{text},2018-10-30 06:00\n"
    expected = f'  row 2  earliest  read "{text}"  expected a UTC date and time such as 2018-10-15 06:00{remedy}'
    assert said(Request, data) == [expected]


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    found, problems = read_table(Place, tmp_path / "places.csv")
    assert found == []
    assert [str(problem) for problem in problems] == ["cannot be read: No such file or directory"]


class Sample(Struct, frozen=True, kw_only=True):
    """One column of every type."""

    key: Annotated[str, col("key", "clé")]
    text: Annotated[str, col("text", "texte")] = ""
    share: Annotated[float | None, col("share", "part", ge=-1e300, le=1e300)] = None
    count: Annotated[int | None, col("count", "nombre")] = None
    money: Annotated[Decimal | None, col("money", "argent")] = None
    day: Annotated[dt.date | None, col("day", "jour")] = None
    moment: Annotated[dt.datetime | None, col("moment", "moment")] = None
    sure: Annotated[bool | None, col("sure", "sûr")] = None
    kind: Annotated[Literal["", "one", "two"], col("kind", "nature")] = ""


_text = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=30).map(str.strip)
_exact = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**14), max_value=10**14)


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    return Sample(
        key=draw(_text.filter(lambda text: bool(text) and not text.startswith("#"))),
        text=draw(_text),
        share=draw(st.none() | st.floats(-1e300, 1e300)),
        count=draw(st.none() | st.integers(-(10**17), 10**17)),
        money=draw(st.none() | _exact),
        day=draw(st.none() | st.dates(dt.date(1000, 1, 1))),
        moment=draw(st.none() | st.datetimes(dt.datetime(1000, 1, 1))),
        sure=draw(st.sampled_from([None, True, False])),
        kind=draw(st.sampled_from(["", "one", "two"])),
    )


@settings(deadline=None, max_examples=200)
@given(st.lists(samples(), max_size=6))
def test_what_is_written_is_read_back(found: list[Sample]) -> None:
    text = format_table(Sample, found)
    assert rows(Sample, text) == found
    assert format_table(Sample, rows(Sample, text)) == text


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_whatever_raise(data: bytes) -> None:
    parse_table(Place, data, "t.csv")
    parse_table(Place, HEAD.encode() + data, "t.csv")


def test_writing_is_atomic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "places.csv"
    write_table(Place, [Place(id="a", name="A", lat=1.0, lon=2.5)], path)
    assert path.read_text() == "id,name,lat,lon,kind\na,A,1,2.5,camp\n"

    def fail(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr("castor.mission.table.os.replace", fail)
    with pytest.raises(OSError, match="no space"):
        write_table(Place, [], path)
    assert path.read_text() == "id,name,lat,lon,kind\na,A,1,2.5,camp\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["places.csv"]


def test_every_column_of_the_model_is_of_a_type_that_tables_know() -> None:
    for cls, _ in TABLES.values():
        for column in columns(cls):
            base, _ = base_type(column.type)
            assert base in (str, int, float, bool, dt.date, dt.datetime) or getattr(base, "__args__", None)


def test_two_hundred_thousand_rows_in_two_seconds(tmp_path: Path) -> None:
    path = tmp_path / "incidents.csv"
    lines = [
        f"i{n},2018-11,near Gao,{10 + n % 9973 / 1000},{-5 + n % 9967 / 1000},violence,{n % 7},count\n"
        for n in range(200_000)
    ]
    path.write_text("id,date,place,lat,lon,kind,weight,source\n" + "".join(lines))
    begun = time.process_time()
    found, problems = read_table(Incident, path)
    taken = time.process_time() - begun
    assert len(found) == 200_000
    assert not problems
    assert taken < 4, f"{taken:.2f} s of processor time; 2 s on an idle machine"
