"""The command line: commands parse, call and print; no logic lives here.

Each command is a module of this package, imported only when it runs, so that ``castor --help`` is instant.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from castor.errors import CastorError, Infeasible

COMMANDS = {
    "new": "Start a mission of your own: a small commented folder.",
    "check": "Read a mission folder (and a plan) and report every problem.",
    "cover": "Where evacuation formations should wait, and who is covered when.",
    "task": "The flying programme: carry the most, never give up the cover.",
    "lift": "The air bridge: which loads on which flight when, and how it closes.",
    "simulate": "A year by chance, thousands of times, and what would change it.",
    "locate": "Place vehicles so that the most people are within reach, proved.",
    "ledger": "Keep the account: import, total, explain, export, check, verify.",
    "brief": "Write the page of a mission: map, cover, fleet, record, sources.",
    "pack": "Write a mission folder as one Excel workbook.",
    "unpack": "Write an edited workbook back as a mission folder.",
    "template": "The form of a day's movement requests, and back.",
    "serve": "The living page on localhost, with controls that rerun it.",
    "export": "Write maps, workbooks, calendars and tables for other programs.",
}
"""Name of each command, in the order of the help, with its one-line help. The module has the command's name."""


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"castor.cli.{cmd_name}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="castor-air", prog_name="castor")
def castor() -> None:
    """Plan, fly in simulation, and account for an international mission.

    One folder of plain files goes in; one self-contained page, and tables for Excel, Google Earth and QGIS, come out.

    \b
    castor new mymission        start a mission of your own
    castor check missions/mali  is everything in the folder right?
    castor brief missions/mali  the page
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 a bug, 2 bad input, 3 infeasible."""
    try:
        code = castor.main(args=arguments, prog_name="castor", standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.ClickException as error:
        error.show()
        code = 2
    except click.Abort:
        click.echo("Interrupted.", err=True)
        code = 130
    except CastorError as error:
        click.echo(str(error), err=True)
        code = 3 if isinstance(error, Infeasible) else 2
    sys.exit(code if isinstance(code, int) else 0)
