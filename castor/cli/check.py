"""``castor check``: is everything in a mission folder, and in a plan, right?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from castor.cli.patience import patience
from castor.cli.show import formats, show

if TYPE_CHECKING:
    from castor.mission.model import Mission


@click.command("check")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--plan", type=click.Path(path_type=Path), help="Judge this plan: a folder, or a CSV of flights.")
@formats
def command(folder: Path, plan: Path | None, as_csv: bool, as_json: bool) -> None:
    """Read the mission in FOLDER and report every problem: file, row, column, what was read, what to do.

    Without a problem it prints what each table holds and how many of its rows name no source. Exit code 2 with one.
    With a plan, made by castor or typed by hand, it lists every rule that the plan breaks; exit code 2 with one.

    \b
    castor check missions/mali
    castor check missions/mali --plan flights.csv
    castor check missions/mali --json
    """
    from castor.mission.folder import read

    mission = read(folder)
    if plan is not None:
        _judge(mission, plan, as_csv, as_json)
        return
    show(("table", "rows", "without source"), _contents(mission), as_csv=as_csv, as_json=as_json)
    click.echo(f"{mission.name}: no problem.", err=True)


def _judge(mission: Mission, path: Path, as_csv: bool, as_json: bool) -> None:
    """Print every violation of a plan and leave with code 2 if there is one."""
    from castor.cover.audit import judge_cover
    from castor.flight.check import check
    from castor.flight.planfile import answering, read_plan

    mission = answering(mission, path)
    plan = read_plan(path, mission)
    with patience():
        found = check(mission, plan, judge_cover)
    rows = [(one.when, one.what, one.where, one.code, one.size, one.unit, one.en, one.fr) for one in found]
    header = ("when", "what", "where", "code", "size", "unit", "en", "fr")
    if rows or as_csv or as_json:
        show(header, rows, as_csv=as_csv, as_json=as_json)
    click.echo(
        f"{path}: {len(plan.flights)} flights, {len(found)} violation{'s' if len(found) != 1 else ''}.", err=True
    )
    if found:
        raise SystemExit(2)


def _contents(mission: Mission) -> list[tuple[str, int, int | None]]:
    """Count rows, and rows without a source, of each table; the rules that say something are counted as a table too."""
    import msgspec

    from castor.mission.model import TABLES
    from castor.mission.settings import rule_names

    found: list[tuple[str, int, int | None]] = []
    for name in TABLES:
        rows = getattr(mission, name)
        found.append((name, len(rows), sum(not row.source for row in rows)))
    said = msgspec.to_builtins(mission.rules)
    rules = [name for name in rule_names() if said[name.split(".")[0]][name.split(".")[1]] not in (None, "")]
    return [*found, ("rules", len(rules), sum(rule not in mission.sources for rule in rules))]
