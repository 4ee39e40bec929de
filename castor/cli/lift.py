"""``castor lift``: the air bridge planned, judged, flown by chance, and set beside what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from castor.cli.show import formats, show

if TYPE_CHECKING:
    from castor.airlift.solve import Lifted
    from castor.mission.model import Mission

TABLES = ("summary", "flights", "loads", "unserved", "tonnes", "compare", "spots", "onward", "frontier", "strength",
          "watch")  # fmt: skip
Table = tuple[Sequence[str], list[Sequence[Any]]]


@click.command("lift")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--operation", default="", help="Only the loads of this operation (lift.csv); all by default.")
@click.option("--rotations", is_flag=True, help="Lift the contingents of contingents.csv instead of lift.csv.")
@click.option("--table", type=click.Choice(TABLES), default="summary", show_default=True, help="What to print.")
@click.option("--aim", type=click.Choice(("closure", "cost")), default="closure", show_default=True)
@click.option("--at-once", is_flag=True, help="Every load is ready on the first day (frontier).")
@click.option("--leave-out", is_flag=True, help="Leave out and list what cannot go, instead of stopping.")
@click.option("--onward", default="gao", show_default=True, help="Where helicopters fly on to (table onward).")
@click.option("--least", type=click.IntRange(0), help="Only the times with a strength below this (strength, watch).")
@click.option("--country", default="", help="Only the contingents of this country (strength, watch).")
@click.option(
    "--seconds", type=click.FloatRange(0.1, 3600), default=5.0, show_default=True, help="Time to improve a plan."
)
@click.option("--replications", type=click.IntRange(1, 100_000), default=400, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--write", type=click.Path(path_type=Path), help="Write the plan to this folder.")
@formats
def command(folder: Path, table: str, as_csv: bool, as_json: bool, **asked: Any) -> None:
    """Plan the air bridge of the mission in FOLDER: which loads on which flight when.

    What cannot go is named first, with the reason. The plan is judged by the independent checker, then flown many times
    with the aircraft's serviceability and delays. A gap is to a bound that no plan can beat.

    \b
    castor lift missions/mali --operation serval
    castor lift missions/mali --operation serval --table compare
    castor lift missions/mali --operation serval --table frontier --at-once
    castor lift missions/mali --operation deploy --table onward
    castor lift missions/mali --table strength --csv
    castor lift missions/mali --table watch --country CAN --least 250
    """
    from castor.mission.folder import read

    mission = read(folder)
    if asked["rotations"]:
        mission = _rotations(mission)
    if table in _WITHOUT_PLAN:
        header, rows = _WITHOUT_PLAN[table](mission, asked)
    else:
        lifted = _plan(mission, asked)
        header, rows = _MAKERS[table](lifted, asked)
    show(header, rows, as_csv=as_csv, as_json=as_json)


def _rotations(mission: Mission) -> Mission:
    import msgspec

    from castor.airlift.rotation import rotation_loads

    return msgspec.structs.replace(mission, lift=rotation_loads(mission))


def _plan(mission: Mission, asked: dict[str, Any]) -> Lifted:
    """Plan, judge, and write if asked; what the judge finds is told on stderr."""
    from castor.airlift.bridge import build
    from castor.airlift.solve import plan_lift
    from castor.flight.check import check

    bridge = build(mission, asked["operation"], leave_out=asked["leave_out"])
    lifted = plan_lift(bridge, asked["aim"], seconds=asked["seconds"], seed=asked["seed"])
    found = check(mission, lifted.plan)
    click.echo(f"{len(lifted.plan.flights)} flights planned, {len(found)} violations found by the judge.", err=True)
    for one in found:
        click.echo(f"  {one}", err=True)
    if asked["write"] is not None:
        from castor.flight.planfile import write_plan

        write_plan(lifted.plan, asked["write"])
    return lifted


def _summary(lifted: Lifted, asked: dict[str, Any]) -> Table:
    from castor.airlift.trials import fly_trials

    trials = fly_trials(lifted, asked["replications"], seed=asked["seed"])
    share = [max(one.share.values()) for one in lifted.fills]
    rows: list[Sequence[Any]] = [
        ("loaded flights", len(lifted.chalks), lifted.bound.flights, lifted.gap_flights),
        ("block hours", round(lifted.hours, 1), round(lifted.bound.air_min / 60, 1), lifted.gap_hours),
        ("closure", lifted.closure, lifted.bound_closure, lifted.gap_closure),
        ("closure, 1 in 10 sooner", trials.closes(0.1) if lifted.chalks else None, None, None),
        ("closure, 1 in 2 sooner", trials.closes(0.5) if lifted.chalks else None, None, None),
        ("closure, 9 in 10 sooner", trials.closes(0.9) if lifted.chalks else None, None, None),
        ("flights lost to repairs", round(float(trials.lost.mean()), 1), None, None),
        ("cost", None if lifted.cost is None else round(lifted.cost), lifted.bound.cost, None),
        ("mean fill of the fullest limit", round(sum(share) / len(share), 3) if share else None, None, None),
        ("loads left out", len(lifted.plan.unserved), None, None),
    ]
    return ("measure", "plan", "bound", "gap"), rows


def _flights(lifted: Lifted, asked: dict[str, Any]) -> Table:
    header = ("unit", "from", "to", "off", "on", "task", "pax", "cargo_kg", "loads")
    rows: list[Sequence[Any]] = [
        (one.unit, one.origin, one.destination, one.off, one.on, one.task, one.pax, one.cargo_kg, one.requests)
        for one in lifted.plan.flights
    ]
    return header, rows


def _loads(lifted: Lifted, asked: dict[str, Any]) -> Table:
    loads = lifted.bridge.loads
    rows: list[Sequence[Any]] = []
    for chalk, tail, on, fill in zip(lifted.chalks, lifted.tails, lifted.lands, lifted.fills):
        what = " ".join(f"{loads[load].id}*{units}" for load, units in chalk.items)
        share = [round(value, 3) for value in fill.share.values()]
        rows.append((on, tail, chalk.origin, chalk.destination, what, round(fill.kg), *share, fill.binds))
    header = ("lands", "tail", "from", "to", "loads", "kg", "mass", "volume", "floor", "seats", "binds")
    return header, sorted(rows, key=lambda row: row[0])


def _unserved(lifted: Lifted, asked: dict[str, Any]) -> Table:
    return ("load", "reason", "detail"), [(one.request, one.reason, one.detail) for one in lifted.plan.unserved]


def _tonnes(lifted: Lifted, asked: dict[str, Any]) -> Table:
    from castor.airlift.report import tonnes
    from castor.airlift.trials import fly_trials

    trials = fly_trials(lifted, asked["replications"], seed=asked["seed"])
    one = tonnes(lifted, trials, operation=asked["operation"])
    rows: list[Sequence[Any]] = list(zip(one.moments, one.planned, one.due, one.low, one.middle, one.high, strict=True))
    return ("day", "planned_t", "due_t", "simulated_10", "simulated_50", "simulated_90"), rows


def _compare(lifted: Lifted, asked: dict[str, Any]) -> Table:
    from castor.airlift.report import compare

    rows: list[Sequence[Any]] = []
    for one in compare(lifted, asked["operation"]):
        for value, source in one.recorded or (("", ""),):
            rows.append((one.en, one.computed, value, source, one.why_en))
    return ("measure", "castor", "recorded", "source", "why"), rows


def _spots(lifted: Lifted, asked: dict[str, Any]) -> Table:
    from castor.airlift.report import by_spot

    return ("spot", "from", "to", "tail"), [(bar.row, bar.start, bar.end, bar.label) for bar in by_spot(lifted)]


def _onward(lifted: Lifted, asked: dict[str, Any]) -> Table:
    from castor.airlift.report import deployment

    rows: list[Sequence[Any]] = [
        (one.load, one.count, one.landed, one.ready, one.arrives, " ".join(one.path), round(one.minutes))
        for one in deployment(lifted, asked["onward"])
    ]
    return ("load", "count", "landed", "reassembled", "arrives", "over", "minutes"), rows


def _frontier(mission: Mission, asked: dict[str, Any]) -> Table:
    from castor.airlift.trials import frontier

    found = frontier(
        mission, asked["operation"], at_once=asked["at_once"], seconds=asked["seconds"] / 4,
        replications=asked["replications"], seed=asked["seed"],
    )  # fmt: skip
    rows: list[Sequence[Any]] = [
        (one.aircraft, one.spots, one.flights, round(one.hours, 1), one.closure, one.bound, one.p10, one.p50, one.p90,
         round(one.lost, 1))
        for one in found
    ]  # fmt: skip
    return ("aircraft", "spots", "flights", "hours", "closure", "bound", "p10", "p50", "p90", "flights_lost"), rows


def _strength(mission: Mission, asked: dict[str, Any]) -> Table:
    from castor.airlift.rotation import shortfalls, strengths

    rows: list[Sequence[Any]] = []
    for role in ("military", "police", "civilian", "uniformed"):
        if not any(one.role == role for one in mission.contingents):
            continue
        least, country = asked["least"], asked["country"]
        found = strengths(mission, role, country) if least is None else shortfalls(mission, least, role, country)
        for one in found:
            shares = " ".join(
                f"{name} {number}" + (f"/{one.women_of[name]}" if name in one.women_of else "")
                for name, number in sorted(one.countries.items(), key=lambda item: (-item[1], item[0]))
            )
            filled = None if one.filled is None else round(one.filled, 4)
            rows.append(
                (role, one.start, one.end, one.authorised, one.deployed, filled, one.women, one.unsexed, shares)
            )
    header = ("component", "from", "to", "authorised", "deployed", "share", "women", "sex_unknown", "countries")
    return header, rows


def _watch(mission: Mission, asked: dict[str, Any]) -> Table:
    from castor.airlift.rotation import watch

    rows: list[Sequence[Any]] = [
        (one.start, one.end, one.deployed, one.lacking, " ".join(one.formations), round(one.ready, 3),
         round(one.people_day, 3), round(one.people_night, 3))
        for one in watch(mission, asked["country"], asked["least"])
    ]  # fmt: skip
    return ("from", "to", "deployed", "lacking", "formations", "one_ready", "covered_day", "covered_night"), rows


_MAKERS: dict[str, Callable[[Lifted, dict[str, Any]], Table]] = {
    "summary": _summary, "flights": _flights, "loads": _loads, "unserved": _unserved, "tonnes": _tonnes,
    "compare": _compare, "spots": _spots, "onward": _onward,
}  # fmt: skip
_WITHOUT_PLAN: dict[str, Callable[[Mission, dict[str, Any]], Table]] = {
    "frontier": _frontier, "strength": _strength, "watch": _watch,
}  # fmt: skip
