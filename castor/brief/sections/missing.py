"""What is missing: figures known to be unknown, empty cells that totals must count, and estimates by table."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from castor.brief.parts import Section, Sources, lead, table
from castor.brief.recorded import cites, label, when
from castor.brief.words import Both, join, number, word
from castor.ledger import Ledger
from castor.mission.model import TABLES, Mission, columns


def missing(mission: Mission, ledger: Ledger | None, sources: Sources) -> Section | None:
    """The gaps of the record and of the mission's tables; nothing where there is none."""
    parts = ""
    unknown = [f for f in ledger.figures if f.value is None and f.kind != "event"] if ledger else []
    if ledger and unknown:
        items = "".join(
            f"<li>{label(f).html()}{cites(ledger, f, sources)} <span class=why>{when(f).html()}</span>" for f in unknown
        )
        parts += f"<h3>{word('missing.figures').html()}</h3><ul class=plain>{items}</ul>"
    rows = [row for name in TABLES for row in [_table(mission, name)] if row is not None]
    if rows:
        heads = [word("table"), word("rows"), word("without.source"), word("estimates"), word("missing.cells")]
        parts += f"<h3>{word('missing.tables').html()}</h3>" + table(heads, rows)
    return Section("missing", word("missing.title"), lead(word("missing.lead")) + parts) if parts else None


_LOOKED_AT = {
    "places": ("elev_ft", "runway_ft", "fuel", "medical", "people"),
    "types": ("fuel_kg", "burn_kg_h", "mtow_kg", "empty_kg", "runway_ft"),
    "incidents": ("patients", "launch_min", "scene_min", "return_min", "km_told"),
    "lift": ("m3", "length_m"),
}


def _table(mission: Mission, name: str) -> list[object] | None:
    rows: Sequence[msgspec.Struct] = getattr(mission, name)
    if not rows:
        return None
    labels = {column.field: Both(column.en, column.fr) for column in columns(TABLES[name][0])}
    kept = [row for row in rows if name != "incidents" or getattr(row, "kind", "") == "evacuation"]
    empty = []
    for field in _LOOKED_AT.get(name, ()):
        count = sum(getattr(row, field) is None for row in kept)
        if count:
            empty.append(labels[field] + "\u00a0" + number(count))
    bare = sum(not getattr(row, "source", "x") for row in rows)
    guessed = sum("estimate" in getattr(row, "source", "") for row in rows)
    return [word(f"table.{name}"), len(rows), bare, guessed, join(empty) if empty else None]
