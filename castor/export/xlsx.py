"""Excel workbooks of a plan, of trials and of an account; each with a sheet of sources.

The workbook of a plan can be edited by hand and read back: ``castor check --plan plan.xlsx`` judges it.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from typing import Any

from castor.flight.plan import Flight, Plan, Standby, Unserved
from castor.flight.planfile import SETTINGS
from castor.ledger.figure import Figure, Source
from castor.mission.crosscheck import known_in
from castor.mission.model import Mission
from castor.mission.sheet import Writer
from castor.mission.workbook import write_sources
from castor.mission.xlsx import letters

_ALIVE = dt.datetime(2000, 1, 1)


def _book(title: str) -> tuple[Any, io.BytesIO, Writer]:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_urls": False})
    book.set_properties({"title": title, "created": _ALIVE})
    return book, out, Writer(book)


def plan_workbook(mission: Mission, plan: Plan) -> bytes:
    """Return a plan as a workbook: its tables, what it says of itself, sources, and names to choose from."""
    book, out, writer = _book(f"{mission.name}: plan")
    known = known_in(mission)
    refs = {
        name: f"='names'!${letters(at)}$2:${letters(at)}${max(len(keys.names), 1) + 1}"
        for at, (name, keys) in enumerate(known.items())
    }
    writer.table("flights", Flight, plan.flights, refs)
    writer.table("standby", Standby, plan.standby, refs)
    writer.table("unserved", Unserved, plan.unserved, refs)
    rows = [(key, getattr(plan, key)) for key in SETTINGS]
    _rows(writer, "plan", ("key", "value"), rows)
    behind = {"flights": plan.flights, "places": mission.places, "types": mission.types, "aircraft": mission.aircraft}
    write_sources(writer, behind, mission.sources)
    sheet = book.add_worksheet("names")
    for at, (name, keys) in enumerate(known.items()):
        sheet.write_column(0, at, [name, *keys.names])
    book.close()
    return out.getvalue()


def account_workbook(name: str, figures: Sequence[Figure], sources: Sequence[Source]) -> bytes:
    """Return an account as a workbook: every figure with its source, and the documents."""
    book, out, writer = _book(name)
    writer.table("figures", Figure, figures)
    writer.table("sources", Source, sources)
    book.close()
    return out.getvalue()


def tables_workbook(
    name: str, tables: Mapping[str, tuple[Sequence[str], Sequence[Sequence[Any]]]], sources: Mapping[str, str]
) -> bytes:
    """Return tables of results (trials, cover) as a workbook: header and rows by sheet, and the inputs' sources."""
    book, out, writer = _book(name)
    for title, (header, rows) in tables.items():
        _rows(writer, title, header, rows)
    write_sources(writer, {}, sources)
    book.close()
    return out.getvalue()


def _rows(writer: Writer, name: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    sheet = writer.book.add_worksheet(name)
    writer.page(sheet, name)
    for at, title in enumerate(header):
        sheet.write_string(0, at, title, writer.head)
        sheet.set_column(at, at, max(12, len(title) + 2))
    for row, values in enumerate(rows, start=1):
        for at, value in enumerate(values):
            writer.cell(sheet, row, at, value)
    sheet.freeze_panes(1, 0)
