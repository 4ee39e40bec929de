"""Other tables to figures: a mapping says which column feeds which field; the known tables are mappings too.

A mapping gives, for each field of a figure, a text with columns in braces: ``{Year}``; ``{Year|Fiscal Year}`` takes the
first column that the table has; text outside braces stands as it is. ``{row}`` is the row number. One row may give
several figures. Values are exact decimals, multiplied by ``scale`` exactly; an empty cell is absent, not zero.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from castor.errors import LedgerError, Problem
from castor.ledger.figure import Figure

_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?\Z")
_COLUMN = re.compile(r"\{([^{}]+)\}")

MOST_TEXT = 100_000
"""Characters in one cell of an imported table."""


class TableMapping(Struct, frozen=True):
    """How a table becomes figures. ``needs`` are columns by which the table is known; each may name alternatives.

    ``outputs`` are the figures of one row, each a text per field. ``fiscal`` reads the ``year`` column as a fiscal
    year that starts on that day. A row whose ``unless`` column is empty is passed over.
    """

    name: str
    needs: tuple[str, ...]
    outputs: tuple[Mapping[str, str], ...]
    scale: Decimal = Decimal(1)
    fiscal: str = ""


_UN = {
    "kind": "deployment", "measure": "strength", "stage": "actual", "unit": "people",
    "role": "{Personnel Type|Type|Role}", "from": "{Month|Date|Last Reporting Date|Year}",
    "party": "{Country|Contributing Country|Contributor}",
    "operation": "{Mission|Mission Acronym}",
}  # fmt: skip
_UN_ID = "{Mission|Mission Acronym}-{Country|Contributing Country|Contributor}-{Month|Date|Last Reporting Date|Year}"
_UN_ID += "-{Personnel Type|Type|Role}"
_UN_PART = {"part_of": f"un-{_UN_ID}"}

KNOWN = (
    TableMapping(
        "un-contributions",
        ("Country|Contributing Country|Contributor", "Mission|Mission Acronym", "Female|Female Personnel",
         "Male|Male Personnel", "Year|Month|Date|Last Reporting Date"),
        (
            {**_UN, "id": f"un-{_UN_ID}", "value": "{Total|Total Personnel}"},
            {**_UN, **_UN_PART, "id": f"un-{_UN_ID}-f", "value": "{Female|Female Personnel}", "sex": "f"},
            {**_UN, **_UN_PART, "id": f"un-{_UN_ID}-m", "value": "{Male|Male Personnel}", "sex": "m"},
        ),
    ),
    TableMapping(
        "acled",
        ("event_date", "event_type", "fatalities", "latitude", "longitude"),
        (
            {
                "id": "acled-{event_id_cnty|data_id|row}", "kind": "casualty", "measure": "killed, {event_type}",
                "value": "{fatalities}", "unit": "people", "from": "{event_date}", "place": "{location}",
                "party": "{actor1}", "locator": "{latitude} {longitude}",
            },
        ),
    ),
    TableMapping(
        "ucdp-ged",
        ("best|best_est", "latitude", "longitude", "where_coordinates|adm_1"),
        (
            {
                "id": "ged-{id|relid|row}", "kind": "casualty", "measure": "killed", "value": "{best|best_est}",
                "unit": "people", "from": "{date_start|year}", "to": "{date_end}", "place": "{where_coordinates|adm_1}",
                "party": "{dyad_name}", "locator": "{latitude} {longitude}",
            },
            {
                "id": "ged-{id|relid|row}-civilians", "kind": "casualty", "measure": "civilians killed",
                "value": "{deaths_civilians}", "unit": "people", "from": "{date_start|year}", "to": "{date_end}",
                "place": "{where_coordinates|adm_1}", "role": "civilians", "part_of": "ged-{id|relid|row}",
            },
        ),
    ),
    TableMapping(
        "oecd-crs",
        ("CrsID|CRSid|crs_id", "DonorName|donor_name", "RecipientName|recipient_name", "Year|year",
         "USD_Disbursement|usd_disbursement|USD_Commitment|usd_commitment"),
        tuple(
            {
                "id": f"crs-{{Year|year}}-{{CrsID|CRSid|crs_id}}-{{row}}-{stage}", "kind": "money", "stage": stage,
                "measure": "official assistance", "value": f"{{USD_{stage.capitalize()}|usd_{stage}}}", "unit": "USD",
                "from": "{Year|year}", "place": "{RecipientName|recipient_name}", "party": "{DonorName|donor_name}",
                "sector": "{PurposeCode|purpose_code|SectorCode|sector_code}", "marker": "{Gender|gender}",
                "channel": "{ChannelName|channel_name|ChannelCode|channel_code}",
                "programme": "{ProjectNumber|project_number|ProjectTitle|project_title}",
            }
            for stage in ("commitment", "disbursement")
        ),
        scale=Decimal(1_000_000),
    ),
    TableMapping(
        "canada-projects",
        ("Fiscal Year|FiscalYear", "Project Number|ProjectNumber",
         "Amount Spent|AmountSpent|Disbursement|Total Disbursement"),
        (
            {
                "id": "canada-{Fiscal Year|FiscalYear}-{Project Number|ProjectNumber}-{row}",
                "kind": "money", "stage": "disbursement", "measure": "assistance",
                "value": "{Amount Spent|AmountSpent|Disbursement|Total Disbursement}", "unit": "CAD",
                "year": "{Fiscal Year|FiscalYear}", "party": "Canada",
                "place": "{Country/Region Name|Country Name|Country/Region|Country|Recipient Country}",
                "sector": "{Sector ID|Sector Code|Sector Name|Sector}",
                "channel": "{Channel of Delivery|Channel|Executing Agency Partner|Organisation Class|Organisation Type"
                           "|Bilateral/Multilateral|Aid Type}",
                "marker": "{Gender Equality (marker)|Gender Equality|Gender Equality Marker}",
                "role": "{Organisation Name|Executing Agency Partner}",
                "programme": "{Project Number|ProjectNumber}",
                "label_en": "{Project Title|Title}",
            },
        ),
        fiscal="04-01",
    ),
)  # fmt: skip
"""Tables that are recognised by their columns, most particular first."""

HXL = (
    ("#value", "value"), ("#population", "value"), ("#affected", "value"), ("#indicator+num", "value"),
    ("#date+start", "from"), ("#date+end", "to"), ("#date", "from"), ("#country+code", "place"), ("#country", "place"),
    ("#adm1", "place"), ("#loc", "place"), ("#org+name", "party"), ("#org", "party"), ("#sector", "sector"),
    ("#activity+code", "programme"), ("#activity", "programme"), ("#x_transaction_type", "measure"),
    ("#indicator+name", "measure"), ("#currency", "unit"), ("#meta+source", "locator"),
)  # fmt: skip
"""Which field an HXL tag feeds, most particular first; a tag with more attributes matches as well."""


def rows_of(path: str | Path) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows of a CSV or XLSX file as text; a French spreadsheet's semicolons too."""
    path = Path(path)
    data = path.read_bytes()
    if data[:2] == b"PK":
        lines = _sheet(path)
    else:
        try:
            text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        except UnicodeDecodeError as error:
            problem = Problem(str(path), "text in UTF-8", remedy='save it as "CSV UTF-8"')
            raise LedgerError([problem]) from error
        first = text.partition("\n")[0]
        delimiter = max(",;\t|", key=first.count)
        try:
            lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
        except csv.Error as error:
            problem = Problem(str(path), f"a table in CSV: {error}", remedy="is a quotation mark missing?")
            raise LedgerError([problem]) from error
        _cells_end(path, lines)
    lines = [[cell.strip() for cell in line] for line in lines if any(cell.strip() for cell in line)]
    if not lines:
        raise LedgerError([Problem(str(path), "a table with a header", remedy="the file is empty")])
    return lines[0], lines[1:]


def _cells_end(path: Path, lines: list[list[str]]) -> None:
    """Refuse a cell that no table has: the csv module's own limit is one for the whole process, and not ours."""
    for row, line in enumerate(lines, 1):
        if line and max(map(len, line)) > MOST_TEXT:
            expected = f"a table in CSV: a cell of more than {MOST_TEXT:,} characters"
            raise LedgerError([Problem(str(path), expected, row=row, remedy="is a quotation mark missing?")])


def _sheet(path: Path) -> list[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    except (CalamineError, OSError) as error:
        raise LedgerError([Problem(str(path), f"a workbook that can be opened: {error}")]) from error
    return [[_cell(value) for value in line] for line in sheet.to_python(skip_empty_area=False)]


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value.date()) if hasattr(value, "date") and callable(value.date) else str(value)


def hxl_mapping(header: Sequence[str], tags: Sequence[str]) -> TableMapping:
    """Return the mapping of a table whose second row is HXL tags; every column of values gives one figure a row."""
    fields: dict[str, str] = {"kind": "result", "measure": "", "unit": "", "id": ""}
    values: list[str] = []
    for name, tag in zip(header, tags):
        field = next((to for wanted, to in HXL if _has_tag(tag, wanted)), "")
        if field == "value":
            values.append(name)
        elif field and not fields.get(field):
            fields[field] = f"{{{name}}}"
    money = any(_has_tag(tag, "#value") for tag in tags)
    outputs = []
    for name in values:
        measure = f"{name}, {fields['measure']}" if fields["measure"] else name
        output = {**fields, "id": f"hxl-{{row}}-{name}", "measure": measure, "value": f"{{{name}}}"}
        output["kind"] = "money" if money else "result"
        output["unit"] = fields["unit"] or ("not stated" if money else "people")
        outputs.append(output)
    return TableMapping("hxl", (), tuple(outputs))


def _has_tag(tag: str, wanted: str) -> bool:
    parts, need = tag.lower().replace(" ", "").split("+"), wanted.split("+")
    return parts[0] == need[0] and set(need[1:]) <= set(parts[1:])


def read_mapping(path: str | Path) -> TableMapping:
    """Read a mapping from a TOML file: ``scale``, ``fiscal`` and one or more ``[[figure]]`` tables of field = text."""
    path = Path(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        outputs = tuple({str(k): str(v) for k, v in item.items()} for item in data.get("figure", []))
        scale = Decimal(str(data.get("scale", 1)))
    except (tomllib.TOMLDecodeError, ArithmeticError, AttributeError, TypeError) as error:
        raise LedgerError([Problem(str(path), f"a mapping in TOML: {error}")]) from error
    names = {field.encode_name for field in msgspec.structs.fields(Figure)} | {"year"}
    problems = [
        Problem(str(path), "a field of a figure", column=name, remedy=f"one of {', '.join(sorted(names))}")
        for output in outputs
        for name in output
        if name not in names
    ]
    if not outputs or any("value" not in output or "kind" not in output for output in outputs):
        problems.append(Problem(str(path), "at least one [[figure]], each with kind and value"))
    if problems:
        raise LedgerError(problems)
    return TableMapping(path.stem, (), outputs, scale, str(data.get("fiscal", "")))


def recognise(header: Sequence[str], rows: Sequence[Sequence[str]]) -> TableMapping | None:
    """Return the mapping of a known table, by its HXL tags or its columns, or ``None``."""
    if rows and any(cell.startswith("#") for cell in rows[0]) and all(not c or c.startswith("#") for c in rows[0]):
        return hxl_mapping(header, rows[0])
    held = {name.casefold() for name in header}
    for mapping in KNOWN:
        if all(any(name.casefold() in held for name in need.split("|")) for need in mapping.needs):
            return mapping
    return None


def import_table(path: str | Path, source: str, mapping: TableMapping | None = None) -> list[Figure]:
    """Return the figures of a table; ``source`` is the id of the document it is.

    Without a mapping the table must be a known one. Raises ``LedgerError`` with every cell that cannot be read.
    """
    header, rows = rows_of(path)
    chosen = mapping or recognise(header, rows)
    if chosen is None:
        remedy = 'write a mapping file: [[figure]] kind = ..., value = "{Column}"'
        raise LedgerError(
            [Problem(str(path), "a table that castor knows", 1, read=", ".join(header)[:60], remedy=remedy)]
        )
    tagged = bool(rows) and any(cell.startswith("#") for cell in rows[0]) and chosen.name == "hxl"
    problems: list[Problem] = []
    numbered = list(enumerate(rows, 2))[1 if tagged else 0 :]
    found = list(_figures(str(path), header, numbered, source, chosen, problems))
    if problems:
        raise LedgerError(problems)
    return found


def _figures(
    file: str, header: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]], source: str, mapping: TableMapping,
    problems: list[Problem],
) -> Iterator[Figure]:  # fmt: skip
    folded = {name.casefold(): at for at, name in reversed(list(enumerate(header)))}
    for number, cells in rows:
        for output in mapping.outputs:
            given = {name: _filled(text, cells, folded, number) for name, text in output.items()}
            if not given.get("value"):
                if _columns_of(output["value"], folded):
                    given["qualifier"] = "unknown"
                else:
                    continue
            given["source"] = source
            given.setdefault("locator", f"row {number}")
            try:
                yield _figure(given, mapping)
            except ValueError as error:
                problems.append(Problem(file, str(error), number, output["value"].strip("{}"), given.get("value")))


def _columns_of(text: str, folded: Mapping[str, int]) -> bool:
    return any(name.casefold() in folded for match in _COLUMN.findall(text) for name in match.split("|"))


def _filled(text: str, cells: Sequence[str], folded: Mapping[str, int], number: int) -> str:
    def fill(match: re.Match[str]) -> str:
        for name in match.group(1).split("|"):
            if name == "row":
                return str(number)
            at = folded.get(name.casefold())
            if at is not None and at < len(cells) and cells[at]:
                return cells[at]
        return ""

    return _COLUMN.sub(fill, text).strip(" ,")


def _figure(given: dict[str, str], mapping: TableMapping) -> Figure:
    fields: dict[str, Any] = {name: text for name, text in given.items() if text}
    value = fields.pop("value", None)
    if value is not None:
        fields["value"] = exact(value) * mapping.scale
    if "year" in fields:
        _fiscal(fields, mapping.fiscal or "01-01")
    for name in ("from", "to"):
        if name in fields:
            fields[name] = iso(fields[name])
    identifier = re.sub(r"[^\w.:/-]+", "-", fields.get("id", "")).strip("-")
    fields["id"] = re.sub(r"-{2,}", "-", identifier)[:120]
    if "part_of" in fields:
        fields["part_of"] = re.sub(r"-{2,}", "-", re.sub(r"[^\w.:/-]+", "-", fields["part_of"]).strip("-"))[:120]
    return msgspec.convert(fields, Figure)


def exact(text: str) -> Decimal:
    """Return the exact decimal that a cell holds; thousands may be marked by commas in threes; else ``ValueError``."""
    if _THOUSANDS.match(text):
        text = text.replace(",", "")
    if not _PLAIN.match(text):
        raise ValueError("a plain number such as 1234.56")
    return Decimal(text)


_MONTHS = {
    name: at
    for at, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}


def iso(text: str) -> str:
    """Return a date as ISO 8601; ``2018``, ``2018-11``, ``2018-11-01``, ``01 November 2018``, ``Nov-2018`` are read."""
    text = text.strip()
    if re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", text):
        return _real(text)
    if re.match(r"\d{4}-\d{2}-\d{2}[ T]", text):
        return _real(text[:10])
    match = re.fullmatch(r"(?:(\d{1,2})[ -])?([A-Za-z]{3,9})[ -](\d{4})", text)
    if match and match.group(2)[:3].lower() in _MONTHS:
        day, month, year = match.group(1), _MONTHS[match.group(2)[:3].lower()], match.group(3)
        return _real(f"{year}-{month:02d}" + (f"-{int(day):02d}" if day else ""))
    raise ValueError(f"a date such as 2018-11-01, not {text!r}")


def _real(text: str) -> str:
    """Return a year, month or day that exists; ``ValueError`` for any other."""
    if not 1 <= int(text[:4]) <= 9998:
        raise ValueError(f"a year from 1 to 9998, not {text!r}")
    try:
        dt.date(*(int(part) for part in f"{text}-01-01".split("-")[:3]))
    except ValueError:
        raise ValueError(f"a date that exists, not {text!r}") from None
    return text


def _fiscal(fields: dict[str, Any], start: str) -> None:
    match = re.match(r"(\d{4})", fields.pop("year"))
    if match is None:
        raise ValueError("a fiscal year such as 2018-2019")
    year = int(match.group(1))
    if start == "01-01":
        fields["from"] = str(year)
        return
    month, day = (int(part) for part in start.split("-"))
    fields["from"] = dt.date(year, month, day).isoformat()
    fields["to"] = (dt.date(year + 1, month, day) - dt.timedelta(days=1)).isoformat()
    fields["calendar"] = start
