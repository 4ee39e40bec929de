"""``castor export``: a mission, a plan or an account for Google Earth, QGIS, Excel, calendars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from castor.cli.patience import patience

if TYPE_CHECKING:
    from castor.flight.plan import Plan
    from castor.mission.model import Mission


@click.command("export")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--plan", type=click.Path(path_type=Path), help="A plan: its folder, workbook, or a CSV of flights.")
@click.option("--posture", default="", help="Where formations wait, in order, with commas; the map gets their reach.")
@click.option("--night", is_flag=True, help="The reach by night.")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="The day of the reach, or of the sheet.")
@click.option("--account", is_flag=True, help="xlsx, csv: the ledger's figures, fit to be published.")
@click.option("--table", default="", help="csv: which table (places, flights, figures, ...).")
@click.option("--hxl", is_flag=True, help="csv: a row of HXL tags under the header.")
@click.option(
    "--lang", type=click.Choice(["en", "fr"]), default="en", show_default=True, help="html, kml, ics: language."
)
def command(folder: Path, out: Path, **asked: Any) -> None:
    """Write the mission in FOLDER to OUT; the ending of its name says what: .html, .kml, .geojson, .xlsx, .ics, .csv.

    .kml and .geojson hold places, incidents, and with --plan the timed legs, with --posture the reach. .xlsx holds a
    plan (to edit and judge again) or the account; .ics the flying programme; .html the daily sheet of a plan, to print
    on A4; .csv one table. OUT "-" prints CSV.

    \b
    castor export missions/mali mali.kml --posture gao,kidal
    castor export missions/mali monday.xlsx --plan flights.csv
    castor export missions/mali monday.ics --plan flights.csv --lang fr
    castor export missions/mali monday.html --plan flights.csv --date 2018-10-15
    castor export missions/mali - --table places --hxl
    """
    from castor.flight.planfile import answering
    from castor.mission.folder import read
    from castor.mission.table import write_atomic

    kind = "csv" if str(out) == "-" else out.suffix.lower().lstrip(".")
    if kind not in _MAKERS:
        raise click.UsageError(
            f"{out}: no format ends in {out.suffix!r}; choose .html, .kml, .geojson, .xlsx, .ics or .csv."
        )
    mission = read(folder)
    if asked["plan"] is not None:
        mission = answering(mission, asked["plan"])
    plan = _plan(mission, asked["plan"])
    data = _MAKERS[kind](mission, plan, asked)
    if str(out) == "-":
        click.echo(data.decode("utf-8"), nl=False)
    else:
        write_atomic(out, data)
        click.echo(str(out))


def _plan(mission: Mission, path: Path | None) -> Plan | None:
    from castor.flight.planfile import read_plan

    return read_plan(path, mission) if path is not None else None


def _posture(mission: Mission, asked: dict[str, Any]) -> tuple[Sequence[str], Sequence[Any]]:
    """Return the posture asked for and its outlines of reach."""
    places = [part.strip() for part in asked["posture"].split(",") if part.strip()]
    if not places:
        return (), ()
    from castor.export.reach import areas

    day = asked["date"].date() if asked["date"] else None
    with patience():
        return places, areas(mission, places, day=day, night=asked["night"])


def _kml(mission: Mission, plan: Plan | None, asked: dict[str, Any]) -> bytes:
    from castor.export.kml import kml

    posture, reach = _posture(mission, asked)
    return kml(mission, plan, posture=posture, reach=reach, lang=asked["lang"])


def _geojson(mission: Mission, plan: Plan | None, asked: dict[str, Any]) -> bytes:
    from castor.export.geojson import geojson

    posture, reach = _posture(mission, asked)
    return geojson(mission, plan, posture=posture, reach=reach)


def _xlsx(mission: Mission, plan: Plan | None, asked: dict[str, Any]) -> bytes:
    from castor.export.xlsx import account_workbook, plan_workbook

    if asked["account"]:
        figures, sources = _account(mission)
        return account_workbook(mission.name, figures, sources)
    if plan is None:
        raise click.UsageError("A workbook of what? Give --plan or --account (or use castor pack for the mission).")
    return plan_workbook(mission, plan)


def _html(mission: Mission, plan: Plan | None, asked: dict[str, Any]) -> bytes:
    from castor.brief.sheet import sheet

    if plan is None:
        raise click.UsageError("A daily sheet of what? Give --plan (or use castor brief for the page of the mission).")
    return sheet(mission, plan, asked["date"].date() if asked["date"] else None, lang=asked["lang"]).encode("utf-8")


def _ics(mission: Mission, plan: Plan | None, asked: dict[str, Any]) -> bytes:
    from castor.export.ical import ical

    if plan is None:
        raise click.UsageError("A calendar of what? Give --plan.")
    return ical(mission, plan, lang=asked["lang"])


def _csv(mission: Mission, plan: Plan | None, asked: dict[str, Any]) -> bytes:
    from castor.flight.planfile import TABLES as PLAN
    from castor.ledger.figure import Figure
    from castor.mission.model import TABLES
    from castor.mission.table import format_table

    name = asked["table"] or ("figures" if asked["account"] else "flights" if plan is not None else "places")
    if name in TABLES:
        text = format_table(TABLES[name][0], getattr(mission, name), tags=asked["hxl"])
    elif name in PLAN and plan is not None:
        text = format_table(PLAN[name], getattr(plan, name), tags=asked["hxl"])
    elif name == "figures":
        text = format_table(Figure, _account(mission)[0], tags=asked["hxl"])
    else:
        known = ", ".join([*TABLES, "figures", *(PLAN if plan is not None else ())])
        raise click.UsageError(
            f"No table {name!r}; choose one of {known}" + ("." if plan else " (flights with --plan).")
        )
    return text.encode("utf-8")


def _account(mission: Mission) -> tuple[Sequence[Any], Sequence[Any]]:
    """Return the ledger's figures as they may be published, and its sources."""
    from castor.ledger.protect import public
    from castor.ledger.record import read

    ledger = read(mission.folder)
    return public(ledger.figures), tuple(ledger.sources)


_MAKERS: dict[str, Callable[[Any, Any, dict[str, Any]], bytes]] = {
    "html": _html, "kml": _kml, "geojson": _geojson, "json": _geojson, "xlsx": _xlsx, "ics": _ics, "csv": _csv,
}  # fmt: skip
