"""``castor locate``: where to place vehicles so that the most people are within reach, proved."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import click

MODELS = ("mclp", "lscp", "mexclp", "dsm", "backup", "p-median", "p-center")


@click.command("locate")
@click.argument("points", type=click.Path(path_type=Path))
@click.argument("sites", type=click.Path(path_type=Path))
@click.option("--model", type=click.Choice(MODELS), default="mclp", show_default=True, help="The covering model.")
@click.option("-p", "--vehicles", "p", type=int, help="How many vehicles (not for lscp).")
@click.option("--radius-km", type=float, help="Reach in kilometres, great circle.")
@click.option("--minutes", type=float, help="Reach in minutes from the order, with --cruise-kt.")
@click.option("--cruise-kt", type=float, help="Cruising speed in knots; distances become minutes.")
@click.option("--fixed-min", type=float, default=0.0, show_default=True, help="Minutes from the order to take-off.")
@click.option("--second", type=float, help="dsm: the larger radius or minutes.")
@click.option("--share", type=float, help="lscp, dsm: the share of the weight to cover.")
@click.option("--busy", type=float, help="mexclp: the fraction of time that a vehicle is busy.")
@click.option("--force", "forced", multiple=True, help="A site that must have a vehicle (its id; repeatable).")
@click.option("--forbid", "forbidden", multiple=True, help="A site that may have none (its id; repeatable).")
@click.option("--capacity", type=int, help="The most vehicles at one site.")
@click.option(
    "--time-limit", type=float, default=600.0, show_default=True, help="Seconds; the bound is valid if it ends."
)
@click.option("--csv", "as_csv", is_flag=True, help="The table as CSV.")
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON.")
def command(points: Path, sites: Path, **asked: Any) -> None:
    """Place vehicles at SITES (CSV: id, lat, lon) to cover POINTS (CSV: lat, lon, weight; or a raster .asc).

    Prints the sites chosen, the weight that each reaches, the objective and the proven bound.

    \b
    castor locate villages.csv airfields.csv -p 3 --radius-km 200
    castor locate villages.csv airfields.csv -p 3 --minutes 60 --cruise-kt 140 --fixed-min 15 --csv
    castor locate population.asc airfields.csv --model lscp --share 0.9 --radius-km 150 --json
    """
    from castor.cover.points import read_sites

    where, names = read_sites(sites)
    answer = _solve(points, where, names, asked)
    _print(answer, names, asked)


def _solve(points: Path, where: Any, names: list[str], asked: dict[str, Any]) -> Any:
    import numpy as np

    from castor.cover import location
    from castor.cover.points import read_points
    from castor.cover.rules import GreatCircle, Minutes

    model, p = asked["model"], asked["p"]
    if (p is None) != (model == "lscp"):
        raise click.UsageError(
            "lscp finds the number of vehicles itself." if model == "lscp" else "How many vehicles? Give -p."
        )
    source: Any = read_points(points)
    options: dict[str, Any] = {"time_limit": asked["time_limit"]}
    for name in ("forced", "forbidden"):
        options[name] = [_site(given, names) for given in asked[name]]
    if asked["capacity"] is not None:
        options["capacity"] = asked["capacity"]
    if model.startswith("p-"):
        blocks = list(source)
        source = np.concatenate([b[0] for b in blocks])
        options["weights"] = np.concatenate([b[1] for b in blocks])
    else:
        options["radius"] = _radius(asked)
    reach: Any = GreatCircle(source, where)
    if asked["cruise_kt"] is not None:
        reach = Minutes(source, where, asked["cruise_kt"], asked["fixed_min"])
    if asked["share"] is not None and model in ("lscp", "dsm"):
        options["share"] = asked["share"]
    if model == "mexclp":
        options["busy"] = asked["busy"] if asked["busy"] is not None else 0.0
    function = getattr(location, model.replace("-", "_"))
    return function(reach, **options) if model == "lscp" else function(reach, p, **options)


def _radius(asked: dict[str, Any]) -> Any:
    if (asked["radius_km"] is None) == (asked["minutes"] is None):
        raise click.UsageError("Give either --radius-km or --minutes.")
    if (asked["minutes"] is None) != (asked["cruise_kt"] is None):
        raise click.UsageError("--minutes and --cruise-kt go together.")
    radius = asked["radius_km"] if asked["minutes"] is None else asked["minutes"]
    if asked["model"] != "dsm":
        return radius
    if asked["second"] is None:
        raise click.UsageError("dsm needs --second, the larger radius.")
    return (radius, asked["second"])


def _site(given: str, names: list[str]) -> int:
    if given in names:
        return names.index(given)
    from difflib import get_close_matches

    near = get_close_matches(given, names, 1)
    raise click.UsageError(f'No site "{given}".' + (f" Did you mean {near[0]}?" if near else ""))


def _print(answer: Any, names: list[str], asked: dict[str, Any]) -> None:
    table = [{"site": names[j], "vehicles": int(answer.vehicles[:, j].sum())} for j in answer.sites]
    facts = {
        "model": answer.model, "objective": answer.objective, "bound": answer.bound, "gap": answer.gap,
        "proven": answer.proven, "covered": answer.covered, "total": answer.total, "points": answer.points,
        "rows": answer.merged, "seconds": round(answer.seconds, 3),
    }  # fmt: skip
    if asked["as_json"]:
        click.echo(json.dumps({**facts, "sites": table}, indent=2))
        return
    if asked["as_csv"]:
        writer = csv.DictWriter(sys.stdout, ["site", "vehicles"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
        return
    for entry in table:
        click.echo(f"{entry['site']:<24} {entry['vehicles']}")
    share = 100 * answer.covered / answer.total if answer.total else 0.0
    proof = "proven best" if answer.proven else f"gap {100 * answer.gap:.3g} %, bound {answer.bound:,.6g}"
    click.echo(f"{answer.model}: {answer.objective:,.10g} ({proof})")
    click.echo(f"within reach: {answer.covered:,.10g} of {answer.total:,.10g} ({share:.1f} %)")
    click.echo(f"{answer.points:,} points as {answer.merged:,} rows, {answer.seconds:.2f} s", err=True)
