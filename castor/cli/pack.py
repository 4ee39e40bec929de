"""``castor pack``: a mission folder as one Excel workbook."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("pack")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("workbook", type=click.Path(path_type=Path))
def command(folder: Path, workbook: Path) -> None:
    """Write the mission in FOLDER as one Excel WORKBOOK, with drop-downs, limits and comments in both languages.

    One sheet for each table and one for the rules. `castor unpack` makes the folder again: what was not edited comes
    back byte for byte.

    \b
    castor pack missions/mali mali.xlsx
    castor unpack mali.xlsx mali-edited
    """
    from castor.mission.workbook import MOST_BESIDE, pack

    packed = pack(folder, workbook)
    for name in packed.left:
        click.echo(f"warning: {name} stays behind: a workbook carries {MOST_BESIDE:,} bytes of other files", err=True)
    click.echo(str(workbook))
