"""``castor unpack``: a workbook back to a mission folder."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("unpack")
@click.argument("workbook", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Write over files that have changed since they were packed.")
def command(workbook: Path, folder: Path, force: bool) -> None:
    """Write the mission in an edited WORKBOOK as FOLDER; every problem is told by sheet and cell.

    With a problem nothing is written. Prints the files written; one that says the same already is left alone.

    \b
    castor unpack mali.xlsx missions/mali
    castor unpack mali.xlsx elsewhere --force
    """
    from castor.mission.workbook import notes, unpack

    packed = unpack(workbook, folder, force=force)
    for note in notes(workbook):
        click.echo(f"warning: {note}", err=True)
    for name in packed.written:
        click.echo(str(folder / name))
    if not packed.written:
        click.echo("Nothing has changed.", err=True)
