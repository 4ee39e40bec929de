"""``castor new``: a small commented mission to start from."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("new")
@click.argument("name", type=click.Path(path_type=Path))
def command(name: Path) -> None:
    """Start a mission of your own: write a small commented folder NAME that passes `castor check`.

    Nothing is overwritten: the folder must not be there yet, or be empty.

    \b
    castor new mymission
    castor check mymission
    """
    from castor.mission.start import start

    for path in start(name):
        click.echo(str(path))
    click.echo(f"Edit the tables, then: castor check {name}", err=True)
