"""Write docs/mission-folder.md from the structs of castor.mission.model, so that the page can never be out of date."""

from __future__ import annotations

import sys
import types
import typing
from pathlib import Path
from typing import Any

import msgspec

from castor.mission.model import TABLES, Column, Rules, columns

PAGE = Path(__file__).resolve().parents[1] / "docs" / "mission-folder.md"
HEAD = """# The mission folder

*Made from the code by `tools/describe_folder.py`; do not edit by hand.*

A mission is a folder: `mission.toml` and one CSV file per table. Only `mission.toml` and `places.csv` must be
there. CSV is UTF-8 with commas and decimal points; what a French Excel saves (semicolons, decimal commas, a
byte-order mark) is read too. A second row of HXL tags is allowed. An empty cell is absent, never zero. `source`
says where a row came from; an estimate says how it was made.

`mission.toml` holds `name`, `start`, `end`, `currency`, `fiscal_year_start` (month-day), `basemap` and
`overlay` (GeoJSON files in the folder), `extends = "../base"` (the tables of another mission, of which rows
with the same key are replaced and others added), the tables `[title]` and `[summary]` by language, `[sources]`
(where each rule came from), and the rules below.
"""


def _kind(kind: Any) -> str:
    arguments = [a for a in typing.get_args(kind) if a is not type(None)]
    if typing.get_origin(kind) is typing.Literal:
        return " / ".join(f"`{a}`" for a in arguments if a != "")
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return _kind(arguments[0])
    names = {
        "str": "text",
        "int": "whole number",
        "float": "number",
        "bool": "yes / no",
        "date": "date",
        "datetime": "date and time",
    }
    return names.get(getattr(kind, "__name__", ""), str(kind))


def _limits(column: Column) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    return ", ".join(f"{signs[name]} {value:g}" for name, value in column.limits.items() if name in signs)


def _table(cls: type[msgspec.Struct]) -> list[str]:
    rows = ["| column | what | quoi | value | unit | limits | HXL |", "|---|---|---|---|---|---|---|"]
    for column in columns(cls):
        value = f"one of `{column.ref}`" if column.ref else _kind(column.type)
        name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
        rows.append(
            f"| {name} | {column.en} | {column.fr} | {value} | {column.unit} | {_limits(column)} | {column.hxl} |"
        )
    return rows


def page() -> str:
    """The text of the page."""
    lines = [HEAD, "Columns in **bold** must be filled.\n"]
    for name, (cls, key) in TABLES.items():
        unique = f" `{key}` is unique." if key else ""
        lines += [f"## {name}.csv\n", " ".join((cls.__doc__ or "").split()) + unique + "\n", *_table(cls), ""]
    lines.append("# Rules in mission.toml\n")
    for field in msgspec.structs.fields(Rules):
        lines += [
            f"## [{field.encode_name}]\n",
            " ".join((field.type.__doc__ or "").split()) + "\n",
            *_table(field.type),
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
