"""How commands print a table: aligned for people, CSV or JSON for programs."""

from __future__ import annotations

import csv
import datetime as dt
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def formats(command: Command) -> Command:
    """Give a command the options ``--csv`` and ``--json``, passed as ``as_csv`` and ``as_json``."""
    command = click.option("--json", "as_json", is_flag=True, help="The table as JSON.")(command)
    return click.option("--csv", "as_csv", is_flag=True, help="The table as CSV.")(command)


def show(header: Sequence[str], rows: Sequence[Sequence[Any]], *, as_csv: bool = False, as_json: bool = False) -> None:
    """Print a table on stdout; an absent value is an empty cell, or ``null`` in JSON."""
    if as_json:
        found = [dict(zip(header, row)) for row in rows]
        click.echo(json.dumps(found, ensure_ascii=False, indent=1, default=_plain))
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([_text(value) for value in row] for row in rows)
    else:
        lines = [list(header), *([_text(value) for value in row] for row in rows)]
        numeric = [
            bool(rows) and all(isinstance(row[at], int | float | None) for row in rows) for at in range(len(header))
        ]
        widths = [max(len(line[at]) for line in lines) for at in range(len(header))]
        for line in lines:
            cells = [
                cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(line, widths, numeric)
            ]
            click.echo("  ".join(cells).rstrip())


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _text(value: Any) -> str:
    from castor.mission.cells import format_cell

    return format_cell(value)
