"""``castor template``: the form of a day's movement requests, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from castor.cli.show import formats, show

if TYPE_CHECKING:
    import datetime as dt


@click.command("template")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("form", type=click.Path(path_type=Path))
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="The day; the mission's first by default.")
@click.option("--read", "back", is_flag=True, help="Read a form that was filled in and print its requests.")
@click.option("--add", is_flag=True, help="Read it and add its requests to requests.csv.")
@formats
def command(folder: Path, form: Path, date: dt.datetime | None, as_csv: bool, as_json: bool, **asked: bool) -> None:
    """Write FORM, a workbook for the movement requests of a day, in the layout of a United Nations flight request.

    Units fill it in and send it back; --read prints what they ask, --add puts it into the mission in FOLDER.

    \b
    castor template missions/mali monday.xlsx --date 2018-10-15
    castor template missions/mali monday-filled.xlsx --read --csv
    castor template missions/mali monday-filled.xlsx --add
    """
    from castor.mission.folder import read
    from castor.mission.form import add_requests, read_form, write_form
    from castor.mission.model import Request, columns

    mission = read(folder)
    if not (asked["back"] or asked["add"]):
        write_form(mission, date.date() if date else mission.start, form)
        click.echo(str(form))
        return
    requests = read_form(mission, form)
    header = [column.name for column in columns(Request)]
    rows = [[getattr(request, column.field) for column in columns(Request)] for request in requests]
    show(header, rows, as_csv=as_csv, as_json=as_json)
    if asked["add"]:
        click.echo(f"{len(requests)} requests added to {add_requests(mission, requests)}", err=True)
