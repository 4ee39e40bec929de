"""``castor brief``: the page of a mission."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from castor.cli.patience import patience


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Where to write; default out/NAME.html.")
def command(folder: Path, out: Path | None) -> None:
    """Write the brief of a mission folder: one HTML page that needs no network, in English and French.

    The path of the page is printed.

    \b
    castor brief missions/mali
    castor brief missions/mali --out /tmp/mali.html
    """
    with patience():
        from castor.brief.write import write

        page = write(folder, out, lambda said: click.echo(said, err=True) if sys.stderr.isatty() else None)
    click.echo(str(page))
