"""``castor task``: the flying programme of a day or more, planned, replanned, and the requests to try it on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from castor.cli.patience import counting, watch
from castor.cli.show import formats, show

if TYPE_CHECKING:
    from castor.flight.plan import Plan
    from castor.mission.model import Mission, Request
    from castor.tasking import Tasked

TABLES = ("programme", "unserved", "cover", "standby", "frontier", "changes", "requests", "year")
Table = tuple[Sequence[str], list[Sequence[Any]]]
_MOMENT = click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])


@click.command("task")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="The first day; by default that of the requests.")
@click.option("--days", type=click.IntRange(1, 400), default=1, show_default=True, help="How many days.")
@click.option("--requests", type=click.Path(path_type=Path), help="A CSV of requests instead of the mission's.")
@click.option("--floor", type=click.FloatRange(0, 1), help="Share that stays covered, instead of the mission's.")
@click.option("--show", "table", type=click.Choice(TABLES), help="What to print; the programme by default.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the plan to this folder.")
@click.option("--without", multiple=True, metavar="TAIL", help="This aircraft is not available: repair, other tasks.")
@click.option("--warm", type=click.Path(path_type=Path), help="Start from this plan: yesterday's, or one made by hand.")
@click.option("--replan", type=click.Path(path_type=Path), help="Change this plan as little as possible.")
@click.option("--now", type=_MOMENT, help="Replan: what took off before this moment (UTC) stays.")
@click.option("--lost", multiple=True, metavar="TAIL", help="Replan: this aircraft flies no more.")
@click.option("--add", type=click.Path(path_type=Path), help="Replan: a CSV of late requests.")
@click.option(
    "--away",
    type=(str, _MOMENT, str),
    multiple=True,
    metavar="TAILS UNTIL PLACE",
    help="Replan: called out to a place, back and ready at base from a moment.",
)
@click.option("--generate", type=click.Path(path_type=Path), help="Draw requests by chance and write them here.")
@click.option("--size", type=click.IntRange(1, 1_000_000), help="Generate: so many in all, instead of by the people.")
@click.option("--seconds", type=click.FloatRange(0.1, 36000), default=10.0, show_default=True, help="Time to search.")
@click.option("--seed", type=int, default=1, show_default=True)
@formats
def command(folder: Path, as_csv: bool, as_json: bool, **asked: Any) -> None:
    """Plan the flying programme of the mission in FOLDER: carry the most without giving up the evacuation cover.

    The requests of the day are flown in order of their weight, with every rule kept and cover never below the floor;
    what is left out is listed with the reason (--show unserved). The plan is judged by the independent checker and
    stands beside a bound that no plan can beat. A floor that nobody could hold: exit code 3, with the best there is.

    \b
    castor task missions/mali --date 2018-10-18 --seconds 2
    castor task missions/mali --date 2018-10-18 --floor 0.3 --show unserved
    castor task missions/mali --date 2018-10-18 --show frontier --csv
    castor task missions/mali --date 2018-10-18 --out thursday
    castor task missions/mali --replan thursday --now 2018-10-18T09:00 --lost CH147F-2 --out thursday-2
    castor task missions/mali --date 2018-11-05 --generate requests.csv --size 12
    castor task missions/mali --requests requests.csv --seconds 2
    castor task missions/mali --show year --date 2018-10-01 --days 31
    """
    from castor.mission.folder import read

    mission = read(folder)
    if asked["generate"] is not None:
        header, rows = _generate(mission, asked)
    elif asked["table"] == "year":
        header, rows = _year(mission, asked)
    else:
        header, rows = _plan(mission, asked)
    show(header, rows, as_csv=as_csv, as_json=as_json)


def _generate(mission: Mission, asked: dict[str, Any]) -> Table:
    from castor.mission.model import Request
    from castor.mission.table import write_table
    from castor.tasking.generate import generate

    first = asked["date"].date() if asked["date"] else mission.start
    found = generate(mission, first, asked["days"], seed=asked["seed"], size=asked["size"])
    write_table(Request, found, asked["generate"])
    click.echo(f"{len(found)} requests from {first} for {asked['days']} days: {asked['generate']}", err=True)
    return _requests(found)


def _requests(found: Sequence[Request]) -> Table:
    names = ("earliest", "latest", "pax", "cargo_kg", "litters", "priority", "goods", "requester")
    header = ("request", "from", "to", *names)
    return header, [(r.id, r.origin, r.destination, *(getattr(r, name) for name in names)) for r in found]


def _plan(mission: Mission, asked: dict[str, Any]) -> Table:
    """Plan or replan, judge, write if asked, and make the table asked for."""
    if asked["replan"] is not None:
        return _planned_anew(mission, asked)
    mission = _with_requests(_without(mission, asked["without"]), asked)
    table = asked["table"] or "programme"
    if table == "requests":
        return _requests(mission.requests)
    if table == "frontier":
        return _frontier(mission, *_span(mission, asked), asked)
    if table == "changes":
        raise click.UsageError("--show changes needs a plan to change: --replan.")
    done = _solve(mission, *_span(mission, asked), asked)
    _judge(mission, done)
    if asked["out"] is not None:
        _write(mission, done.plan, asked)
    return _MAKERS[table](done)


def _planned_anew(mission: Mission, asked: dict[str, Any]) -> Table:
    """Change a plan as little as possible; what changes in what was promised is the table by default."""
    import msgspec

    from castor.flight.planfile import answering, read_plan, read_requests
    from castor.tasking import Away, replan

    if asked["now"] is None:
        raise click.UsageError("--replan needs --now: what took off before it stays as it is.")
    mission = answering(mission, asked["replan"])
    before = read_plan(asked["replan"], mission)
    late = read_requests(asked["add"], mission) if asked["add"] is not None else ()
    away = [Away(tails=tails, until=until, place=place) for tails, until, place in asked["away"]]
    with watch(asked["seconds"]) as progress:
        done = replan(
            mission, before, asked["now"], lost=asked["lost"], added=late, away=away, seconds=asked["seconds"],
            seed=asked["seed"], progress=progress,
        )  # fmt: skip
    mission = msgspec.structs.replace(mission, requests=(*mission.requests, *late))
    _judge(mission, done)
    if asked["out"] is not None:
        _write(mission, done.plan, asked)
    table = asked["table"] or "changes"
    if table in ("frontier", "requests"):
        raise click.UsageError(f"--show {table} goes with a day, not with --replan.")
    return _changes(before, done.plan) if table == "changes" else _MAKERS[table](done)


def _without(mission: Mission, tails: Sequence[str]) -> Mission:
    """The mission without some of its aircraft. Raises ``MissionError`` for a tail it does not have."""
    import msgspec

    from castor.errors import MissionError, Problem
    from castor.mission.cells import did_you_mean

    unknown = [tail for tail in tails if tail not in mission.tail]
    if unknown:
        near = {tail: did_you_mean(tail, mission.tail) for tail in unknown}
        raise MissionError(
            Problem("--without", "no such tail", read=t, remedy=f"did you mean {n}?" if n else "")
            for t, n in near.items()
        )
    return msgspec.structs.replace(mission, aircraft=tuple(a for a in mission.aircraft if a.tail not in tails))


def _with_requests(mission: Mission, asked: dict[str, Any]) -> Mission:
    """The mission with the requests of a file instead of its own."""
    import msgspec

    from castor.flight.planfile import read_requests

    if asked["requests"] is None:
        return mission
    return msgspec.structs.replace(mission, requests=read_requests(asked["requests"], mission))


def _span(mission: Mission, asked: dict[str, Any]) -> tuple[dt.datetime, dt.datetime]:
    """From midnight to midnight of the days asked for; without a date, the first day that has a request."""
    if asked["date"]:
        first = asked["date"].date()
    else:
        first = min((one.earliest.date() for one in mission.requests), default=mission.start)
    start = dt.datetime.combine(first, dt.time())
    return start, start + dt.timedelta(days=asked["days"])


def _solve(mission: Mission, start: dt.datetime, end: dt.datetime, asked: dict[str, Any]) -> Tasked:
    from castor.flight.planfile import read_plan
    from castor.tasking import plan_tasks

    warm = read_plan(asked["warm"], mission) if asked["warm"] is not None else None
    with watch(asked["seconds"]) as progress:
        return plan_tasks(
            mission, start, end, floor=asked["floor"], seconds=asked["seconds"], seed=asked["seed"], warm=warm,
            progress=progress,
        )  # fmt: skip


def _judge(mission: Mission, done: Tasked) -> None:
    """Say on stderr what the plan carries, how good it is proved to be, and what the independent judge finds."""
    from castor.cover.audit import judge_cover
    from castor.flight.check import check
    from castor.flight.rests import rests

    plan = done.plan
    kept = min((share for _, share in done.cover), default=None)
    hours = sum(one.minutes for one in plan.flights) / 60
    said = f"{len(plan.flights)} flights, {hours:.1f} h; {len(plan.unserved)} requests left out"
    away = len(rests(mission, plan))
    said += f"; {away} rest{'s' if away > 1 else ''} away from base" if away else ""
    if plan.objective is not None and plan.bound is not None:
        said += f"; carries {plan.objective:g}, no plan carries more than {plan.bound:g} (gap {plan.gap or 0:.1%})"
    said += "" if kept is None else f"; cover at least {kept:.1%}, floor {plan.floor:.0%}"
    found = check(mission, plan, judge_cover)
    click.echo(f"{said}. {len(found)} violations found by the judge.", err=True)
    for one in found:
        click.echo(f"  {one}", err=True)


def _write(mission: Mission, plan: Plan, asked: dict[str, Any]) -> None:
    from castor.flight.planfile import write_plan, write_requests

    write_plan(plan, asked["out"])
    own = any(asked[name] is not None for name in ("requests", "add"))
    if asked["replan"] is not None:
        own = own or (asked["replan"] / "requests.csv").exists()
    write_requests(mission.requests if own else None, asked["out"])


def _programme(done: Tasked) -> Table:
    header = ("unit", "tails", "from", "to", "off", "on", "task", "pax", "cargo_kg", "litters", "requests", "uplift_kg",
              "fuel_kg")  # fmt: skip
    names = ("unit", "tails", "origin", "destination", *header[4:])
    return header, [tuple(getattr(one, name) for name in names) for one in done.plan.flights]


def _unserved(done: Tasked) -> Table:
    return ("request", "reason", "detail"), [(one.request, one.reason, one.detail) for one in done.plan.unserved]


def _cover(done: Tasked) -> Table:
    return ("when", "covered"), [(moment, round(share, 4)) for moment, share in done.cover]


def _standby(done: Tasked) -> Table:
    rows: list[Sequence[Any]] = [(one.unit, one.tails, one.place, one.start, one.end) for one in done.plan.standby]
    return ("unit", "tails", "place", "from", "to"), rows


def _frontier(mission: Mission, start: dt.datetime, end: dt.datetime, asked: dict[str, Any]) -> Table:
    from castor.tasking import frontier, prices

    with watch(asked["seconds"]) as progress:
        found = frontier(mission, start, end, seconds=asked["seconds"], seed=asked["seed"], progress=progress)
    rows: list[Sequence[Any]] = [
        (round(one.floor, 4), round(one.carried, 2), round(one.bound, 2), one.pax, round(one.cargo_kg),
         None if price is None else round(price, 2))
        for one, price in zip(found, prices(found))
    ]  # fmt: skip
    return ("floor", "carried", "bound", "pax", "cargo_kg", "pax_per_point"), rows


def _changes(before: Plan, after: Plan) -> Table:
    from castor.tasking.changes import changes

    rows: list[Sequence[Any]] = []
    for one in changes(before, after):
        was, now = one.before, one.after
        rows.append(
            (one.request, one.kind, was and was.off, was and was.on, now and now.off, now and now.on, one.minutes,
             " ".join(now.units) if now else "", one.reason)
        )  # fmt: skip
    header = ("request", "what", "off_before", "on_before", "off", "on", "minutes", "unit", "reason")
    return header, rows


_MAKERS: dict[str, Callable[[Tasked], Table]] = {
    "programme": _programme, "unserved": _unserved, "cover": _cover, "standby": _standby,
}  # fmt: skip


def _year(mission: Mission, asked: dict[str, Any]) -> Table:
    from castor.tasking.year import compare, fly_year

    start = asked["date"].date() if asked["date"] else None
    end = start + dt.timedelta(days=asked["days"] - 1) if start is not None and asked["days"] > 1 else None
    with counting("days planned") as progress:
        year = fly_year(mission, start, end, seed=asked["seed"], floor=asked["floor"], progress=progress)
    ready = sum(day.formations > 1 for day in year.days)
    click.echo(
        f"{year.days[0].date} to {year.days[-1].date}: {len(year.days)} days, {ready} with a second formation; "
        f"{year.total('asked'):.0f} requests asked, {year.total('carried'):.0f} carried.", err=True,
    )  # fmt: skip
    rows: list[Sequence[Any]] = []
    for one in compare(year, mission):
        why = one.why_en + (f"; {one.fitted_en}" if one.fitted_en else "")
        asked_for = None if one.asked is None else round(one.asked, 1)
        rows.append((one.en, asked_for, round(one.computed, 2), one.flown, why, one.source))
    return ("measure", "asked", "castor", "flown", "why", "source"), rows
