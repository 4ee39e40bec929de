"""``castor simulate``: a year of operations, thousands of times, and what another input would change."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from castor.cli.show import formats, show

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from castor.mission.model import Mission
    from castor.simulate import Trials, Value, World

TABLES = ("summary", "months", "percentiles", "compare", "launch", "rules", "sensitivity", "trace")
Table = tuple[Sequence[str], list[Sequence[Any]]]
_CHANGES = ("approval", "notice", "serviceability", "formations", "base", "escorts", "calls")


@click.command("simulate")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--table", type=click.Choice(TABLES), default="summary", show_default=True, help="What to print.")
@click.option("--replications", type=click.IntRange(1, 100_000_000), default=1000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--precision", type=(str, float), multiple=True, help="Stop when a measure is known to plus or minus.")
@click.option("--plan", type=click.Path(path_type=Path), help="Fly this plan's transport instead of drawn missions.")
@click.option("--posture", default="", help="Where formations wait, in order, with commas; all at base by default.")
@click.option("--from", "start", type=click.DateTime(["%Y-%m-%d"]), help="First day; the mission's by default.")
@click.option("--to", "end", type=click.DateTime(["%Y-%m-%d"]), help="Last day; the mission's by default.")
@click.option("--rule", default="closest", show_default=True, help="Dispatch rule by name (table rules lists them).")
@click.option("--launch", type=click.Choice(("delegated", "centralised")), help="Who launches; as the mission says.")
@click.option("--lost", is_flag=True, help="A call that finds nobody free is lost instead of waiting.")
@click.option("--approval", type=click.FloatRange(0), help="Change: median minutes of approval.")
@click.option("--notice", type=click.FloatRange(0), help="Change: a factor on the notice to move.")
@click.option("--serviceability", type=click.FloatRange(0, 1), help="Change: share of time an airframe can fly.")
@click.option("--formations", type=int, help="Change: so many evacuation formations more (or fewer).")
@click.option("--base", help="Change: the formations more stand at this place.")
@click.option("--escorts", type=click.IntRange(0), help="Change: escorts of each formation.")
@click.option("--calls", type=click.FloatRange(0), help="Change: a factor on the calls.")
@click.option("--without", multiple=True, help="Change: this tail is not there (may be repeated).")
@click.option(
    "--measure", default="surgery_min", show_default=True, help="What the inputs are judged by (sensitivity)."
)
@click.option("--replication", type=click.IntRange(0), default=0, show_default=True, help="Which one (trace).")
@click.option("--out", type=click.Path(path_type=Path), help="Write the traced flights to this CSV, for castor export.")
@click.option("--cluster", default="", metavar="ADDRESS", help="Fly on a dask cluster, such as tcp://host:8786.")
@formats
def command(folder: Path, table: str, as_csv: bool, as_json: bool, **asked: Any) -> None:
    """Fly the mission in FOLDER by chance, many times: minutes to surgery, who finds nobody free, hours, passengers.

    Every value has its 95 % confidence interval. Variants meet the same casualties and the same weather, so table
    compare (what the changes change), launch, rules and sensitivity tell small differences. What the mission does not
    state in [simulation] is off, and is named. Ctrl-C keeps what is done.

    \b
    castor simulate missions/mali
    castor simulate missions/mali --table months --csv
    castor simulate missions/mali --table compare --approval 10
    castor simulate missions/mali --table launch --replications 200
    castor simulate missions/mali --table trace --out year.csv
    """
    from castor.mission.folder import read

    try:
        with _executor(asked["cluster"]) as executor:
            header, rows = _MAKERS[table](read(folder), asked, executor)
    except KeyboardInterrupt:
        click.echo("Interrupted before the first result: nothing is kept, nothing was written.", err=True)
        raise click.exceptions.Exit(130) from None
    show(header, rows, as_csv=as_csv, as_json=as_json)


@contextmanager
def _executor(address: str) -> Iterator[Executor | None]:
    """The executor of a dask cluster, or None for threads."""
    if not address:
        yield None
        return
    from castor.errors import CastorError

    try:
        from distributed import Client
    except ImportError as error:
        raise CastorError("--cluster needs dask: pip install castor-air[cluster]") from error
    try:
        client = Client(address, timeout=20)
    except (OSError, ValueError) as error:
        raise CastorError(f"No dask scheduler answers at {address}: {error}") from error
    with client:
        yield client.get_executor(retries=3)


def _stated(mission: Mission, asked: dict[str, Any]) -> dict[str, Any]:
    """What is asked of a world, as ``castor.simulate.build`` takes it."""
    from castor.flight.planfile import read_plan

    plan = read_plan(asked["plan"], mission) if asked["plan"] is not None else None
    places = [part.strip() for part in asked["posture"].split(",") if part.strip()]
    changes = {name: asked[name] for name in _CHANGES if asked[name] is not None}
    if asked["without"]:
        changes["without"] = tuple(asked["without"])
    return {
        "plan": plan, "posture": places or None, "start": asked["start"] and asked["start"].date(),
        "end": asked["end"] and asked["end"].date(), "rule": asked["rule"], "launch": asked["launch"],
        "waits": not asked["lost"], **changes,
    }  # fmt: skip


def _world(mission: Mission, asked: dict[str, Any], **other: Any) -> World:
    """The world asked for; ``other`` replaces what was asked."""
    from castor.simulate import build

    return build(mission, **{**_stated(mission, asked), **other})


def _fly(world: World, asked: dict[str, Any], executor: Executor | None) -> Trials:
    """Fly a world with a bar on stderr; what stopped it and what is off is told there too."""
    from castor.cli.patience import counting
    from castor.simulate import simulate

    with counting("years") as progress:
        trials = simulate(
            world, replications=asked["replications"], seed=asked["seed"], executor=executor,
            precision=dict(asked["precision"]) or None, progress=progress,
        )  # fmt: skip
    if trials.stopped and not trials.replications:
        raise KeyboardInterrupt
    if trials.stopped:
        click.echo(
            f"{trials.stopped.capitalize()}: {trials.replications:,} of {trials.asked:,} replications.", err=True
        )
    if trials.off:
        click.echo(f"Off, because nothing states it: {', '.join(trials.off)}.", err=True)
    return trials


def _summary(mission: Mission, asked: dict[str, Any], executor: Executor | None) -> Table:
    trials = _fly(_world(mission, asked), asked, executor)
    if not trials.replications:
        return ("measure", "value", "low", "high"), []
    rows: list[Sequence[Any]] = [(name, *_numbers(value)) for name, value in trials.summary().items()]
    return ("measure", "value", "low", "high"), rows


def _months(mission: Mission, asked: dict[str, Any], executor: Executor | None) -> Table:
    trials = _fly(_world(mission, asked), asked, executor)
    found = trials.by_month()
    names = list(next(iter(found.values()), {}))
    rows: list[Sequence[Any]] = [
        (month, *(_numbers(values[name])[0] for name in names)) for month, values in found.items()
    ]
    return ("month", *names), rows


def _percentiles(mission: Mission, asked: dict[str, Any], executor: Executor | None) -> Table:
    trials = _fly(_world(mission, asked), asked, executor)
    care, surgery = dict(trials.percentiles("care")), dict(trials.percentiles("surgery"))
    rows: list[Sequence[Any]] = [(share, _plain(care[share]), _plain(surgery[share])) for share in care]
    return ("share", "care_min", "surgery_min"), rows


def _compare(mission: Mission, asked: dict[str, Any], executor: Executor | None) -> Table:
    from castor.simulate import compare

    as_stated = dict.fromkeys(asked) | {"posture": "", "rule": "closest", "lost": False, "without": ()}
    days = {name: asked[name] for name in ("start", "end")}
    worlds = {"stated": _world(mission, as_stated | days), "changed": _world(mission, asked)}
    return _against({name: _fly(world, asked, executor) for name, world in worlds.items()}, compare)


def _against(flown: dict[str, Trials], compare: Callable[[Trials, Trials], dict[str, Value]]) -> Table:
    """Each measure of the first trials, and how the others differ, with intervals of the paired differences."""
    (first, base), *rest = flown.items()
    others = [(name, compare(base, trials)) for name, trials in rest]
    rows: list[Sequence[Any]] = []
    for measure, value in base.summary().items():
        differences = [number for _, found in others for number in _numbers(found[measure])]
        rows.append((measure, _numbers(value)[0], *differences))
    return ("measure", first, *(f"{name}{part}" for name, _ in others for part in ("_less", "_low", "_high"))), rows


def _launch(mission: Mission, asked: dict[str, Any], executor: Executor | None) -> Table:
    from castor.simulate import compare

    names = ("centralised", "delegated")
    return _against({n: _fly(_world(mission, asked, launch=n), asked, executor) for n in names}, compare)


def _rules(mission: Mission, asked: dict[str, Any], executor: Executor | None) -> Table:
    from castor.simulate import RULES, compare

    flown = {n.replace(" ", "_"): _fly(_world(mission, asked, rule=n), asked, executor) for n in RULES}
    return _against(flown, compare)


def _sensitivity(mission: Mission, asked: dict[str, Any], executor: Executor | None) -> Table:
    from castor.cli.patience import counting
    from castor.simulate.sensitivity import sensitivity

    with counting("variants") as progress:
        found = sensitivity(
            mission, asked["measure"], replications=asked["replications"], seed=asked["seed"], executor=executor,
            progress=progress, **_stated(mission, asked),
        )  # fmt: skip
    rows: list[Sequence[Any]] = [
        (one.name, one.low, *_numbers(one.at_low), one.high, *_numbers(one.at_high)) for one in found
    ]
    names = ("change", "change_low", "change_high")
    return ("input", "low", *(f"low_{n}" for n in names), "high", *(f"high_{n}" for n in names)), rows


def _trace(mission: Mission, asked: dict[str, Any], executor: Executor | None) -> Table:
    from castor.flight.plan import Flight
    from castor.mission.table import format_table, write_atomic
    from castor.simulate.trace import trace

    flights = trace(_world(mission, asked), seed=asked["seed"], replication=asked["replication"])
    if asked["out"] is not None:
        write_atomic(asked["out"], format_table(Flight, flights).encode("utf-8"))
        click.echo(str(asked["out"]), err=True)
    header = ("unit", "tails", "from", "to", "off", "on", "task", "pax", "cargo_kg", "litters")
    rows: list[Sequence[Any]] = [
        (f.unit, f.tails, f.origin, f.destination, f.off, f.on, f.task, f.pax, f.cargo_kg, f.litters) for f in flights
    ]
    return header, rows


def _numbers(value: Value) -> tuple[float | None, float | None, float | None]:
    return _plain(value.value), _plain(value.low), _plain(value.high)


def _plain(value: float) -> float | None:
    """A number rounded to four digits after the point, nothing where there is none (never reached, not known)."""
    return round(value, 4) if math.isfinite(value) else None


_MAKERS: dict[str, Callable[[Mission, dict[str, Any], Executor | None], Table]] = {
    "summary": _summary, "months": _months, "percentiles": _percentiles, "compare": _compare, "launch": _launch,
    "rules": _rules, "sensitivity": _sensitivity, "trace": _trace,
}  # fmt: skip
