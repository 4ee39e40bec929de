"""``castor cover``: where formations should wait, who is covered day and night, and when nobody was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from castor.cli.patience import patience
from castor.cli.show import formats, show

if TYPE_CHECKING:
    from castor.cover.posture import Case, Posture
    from castor.mission.model import Clock, Mission

TABLES = ("postures", "points", "radius", "approval", "calendar", "evacuations", "frontier", "surgery")
KILOMETRES = (100.0, 165.0, 200.0, 300.0, 400.0)
APPROVALS = (0.0, 10.0, 20.0, 45.0, 240.0)
_MEASURES = ("care", "surgery", "covered", "expected")
_HEADER = ("posture", "ready", *(f"{who}_{what}" for who in ("people", "incidents") for what in _MEASURES))


@click.command("cover")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--table", type=click.Choice(TABLES), default="postures", show_default=True, help="What to print.")
@click.option("--formations", type=click.IntRange(1, 20), help="Best postures of up to so many formations.")
@click.option("--posture", help="Judge this posture instead: places in order, with commas.")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="The day; the mission's first by default.")
@click.option("--night", is_flag=True, help="By night only.")
@click.option("--formation", default="", help="The formation (formations.csv); the likeliest on strength by default.")
@click.option("--aim", type=click.Choice(("both", "care", "surgery")), default="both", help="Targets that must be met.")
@click.option("--approval", type=click.FloatRange(0), help="Minutes from report to approval, instead of the mission's.")
@formats
def command(folder: Path, table: str, as_csv: bool, as_json: bool, **asked: Any) -> None:
    """Say where evacuation formations of the mission in FOLDER should wait, and what they cover.

    A posture is ordered: gao > kidal means the first formation at gao, a second at kidal. Shares are of people and of
    recorded incidents, side by side: within the target to care, to surgery, covered (both), and expected (covered,
    averaged over how many formations can be made up from the airframes).

    \b
    castor cover missions/mali
    castor cover missions/mali --posture gao,kidal --night
    castor cover missions/mali --table calendar --csv
    castor cover missions/mali --aim care --formations 4 --json
    castor cover missions/mali --table surgery
    """
    from castor.mission.folder import read

    mission = read(folder)
    asked["day"] = asked.pop("date").date() if asked["date"] else mission.start
    with patience():
        header, rows = _MAKERS[table](mission, asked)
    show(header, rows, as_csv=as_csv, as_json=as_json)


def _case(mission: Mission, asked: dict[str, Any], night: bool) -> Case:
    from castor.cover.posture import case

    return case(
        mission,
        day=asked["day"],
        night=night,
        formation=asked["formation"],
        rules=_rules(mission, asked),
        also=_places(asked),
        aim=asked["aim"],
    )


def _rules(mission: Mission, asked: dict[str, Any]) -> Clock:
    import msgspec

    rule = mission.rules.clock
    return rule if asked["approval"] is None else msgspec.structs.replace(rule, approval_min=asked["approval"])


def _places(asked: dict[str, Any]) -> list[str]:
    return [part.strip() for part in (asked["posture"] or "").split(",") if part.strip()]


def _lights(asked: dict[str, Any]) -> list[tuple[str, bool]]:
    return [("night", True)] if asked["night"] else [("day", False), ("night", True)]


def _say(case: Case) -> None:
    from castor.flight.performance import formation_unit

    rule = case.rules
    radius = formation_unit(case.mission, case.formation).radius_km(case.mission.rules.flying)
    click.echo(
        f"{case.day}: {case.formation.name}, at most {case.chance.size - 1} can be made up; "
        f"{radius:.0f} km out and back without refuelling; care within "
        f"{rule.care_min:g} min and surgery within {rule.surgery_min:g} min of wounding; report {rule.report_min:g}, "
        f"approval {rule.approval_min:g}, notice {rule.notice_day_min:g} by day, {rule.notice_night_min:g} by night.",
        err=True,
    )
    if case.demand.missing:
        click.echo(f"{case.demand.missing} camps give no people and weigh nothing.", err=True)


def _line(row: Posture) -> list[Any]:
    shares = [round(getattr(part, what), 4) for part in (row.people, row.incidents) for what in _MEASURES]
    return [" > ".join(row.places), round(row.ready, 4), *shares]


def _postures(mission: Mission, asked: dict[str, Any]) -> tuple[Sequence[str], list[list[Any]]]:
    from castor.cover.posture import judge, postures

    rows: list[list[Any]] = []
    for light, night in _lights(asked):
        found = _case(mission, asked, night)
        if not rows:
            _say(found)
        count = asked["formations"] or max(1, min(4, found.chance.size - 1))
        places = _places(asked)
        judged = [judge(found, places)] if places else postures(found, count)
        rows += [[light, row.chosen_by, row.formations, *_line(row)] for row in judged]
    return ("light", "best_by", "formations", *_HEADER), rows


def _points(mission: Mission, asked: dict[str, Any]) -> tuple[Sequence[str], list[list[Any]]]:
    from castor.cover.posture import best_places

    header = (
        "light",
        "point",
        "people",
        "incidents",
        "from",
        "care_min",
        "surgery_min",
        "hospital",
        "stops",
        "covered",
    )
    rows: list[list[Any]] = []
    for light, night in _lights(asked):
        found = _case(mission, asked, night)
        places = _places(asked) or best_places(found, asked["formations"] or max(1, found.chance.size - 1))
        for name, people, incidents, best in found.by_point(places):
            answer = (
                [best.place, round(best.care, 1), round(best.surgery, 1), best.hospital, best.stops, best.covered]
                if best
                else ["", None, None, "", None, False]
            )
            rows.append([light, name, people, incidents, *answer])
    return header, rows


def _radius(mission: Mission, asked: dict[str, Any]) -> tuple[Sequence[str], list[list[Any]]]:
    from castor.cover.posture import best_places, share_within

    found = _case(mission, asked, asked["night"])
    _say(found)
    places = _places(asked) or best_places(found, asked["formations"] or max(1, found.chance.size - 1))
    rows: list[list[Any]] = []
    for count in range(1, len(places) + 1):
        held = places[:count]
        for km in KILOMETRES:
            shares = [
                share_within(mission, held, km, day=found.day, weights=weights) for weights in ("people", "incidents")
            ]
            rows.append([" + ".join(held), km, *(round(share, 4) for share in shares)])
    return ("places", "within_km", "people", "incidents"), rows


def _approval(mission: Mission, asked: dict[str, Any]) -> tuple[Sequence[str], list[list[Any]]]:
    from castor.cover.posture import approvals, best_places

    rows: list[list[Any]] = []
    for light, night in _lights(asked):
        found = _case(mission, asked, night)
        places = _places(asked) or best_places(found, asked["formations"] or max(1, found.chance.size - 1))
        rows += [[light, minutes, *_line(row)] for minutes, row in approvals(found, places, APPROVALS)]
    return ("light", "approval_min", *_HEADER), rows


def _calendar(mission: Mission, asked: dict[str, Any]) -> tuple[Sequence[str], list[list[Any]]]:
    from castor.cover.calendar import calendar

    shares = ("ready", "people_day", "people_night", "incidents_day", "incidents_night")
    rows = [
        [
            span.start,
            span.end,
            span.days,
            " ".join(span.formations) or "nobody",
            " ".join(span.bases),
            " ".join(f"{count} {kind}" for kind, count in span.airframes.items()),
            *(round(getattr(span, share), 4) for share in shares),
        ]
        for span in calendar(mission)
    ]
    return ("from", "to", "days", "formations", "bases", "airframes", *shares), rows


def _evacuations(mission: Mission, asked: dict[str, Any]) -> tuple[Sequence[str], list[list[Any]]]:
    from castor.cover.replay import replay

    rows: list[list[Any]] = []
    for row in replay(mission, night=asked["night"]):
        told = row.incident
        times = [round(value) for value in (row.km, row.scene, row.back, row.care, row.surgery)]
        rows.append(
            [told.date, told.place, row.hospital, row.stops, *times, told.km_told, told.scene_min, told.return_min]
        )
    header = ("date", "place", "hospital", "stops", "km", "call_to_scene", "off_to_hospital", "care_min", "surgery_min")
    return (*header, "told_km", "told_call_to_scene", "told_off_to_hospital"), rows


def _frontier(mission: Mission, asked: dict[str, Any]) -> tuple[Sequence[str], list[list[Any]]]:
    from castor.cover.frontier import ceiling, frontier

    found, most = _case(mission, asked, asked["night"]), asked["formations"] or 3
    _say(found)
    top = {(c.weights, c.bases): c.bound for by in ("people", "incidents") for c in ceiling(found, most, by)}
    rows = [
        [
            step.posture.chosen_by,
            step.fleet.formations,
            " ".join(f"{count} {kind}" for kind, count in step.fleet.airframes.items()),
            step.bases,
            *_line(step.posture),
            round(top.get((step.posture.chosen_by, step.bases), 1.0), 4),
        ]
        for step in frontier(found, most)
    ]
    return ("best_by", "formations", "airframes", "bases", *_HEADER, "ceiling"), rows


def _surgery(mission: Mission, asked: dict[str, Any]) -> tuple[Sequence[str], list[list[Any]]]:
    from castor.cover.frontier import surgical_teams

    found = _case(mission, asked, asked["night"])
    _say(found)
    count = asked["formations"] or max(1, found.chance.size - 1)
    rows = [
        [by, " ".join(team.at) or "none", *_line(team.posture), round(team.surgery_min, 1)]
        for by in ("people", "incidents")
        for team in surgical_teams(found, count, weights=by)
    ]
    return ("best_by", "team_at", *_HEADER, "mean_surgery_min"), rows


_MAKERS: dict[str, Callable[[Mission, dict[str, Any]], tuple[Sequence[str], list[list[Any]]]]] = {
    "postures": _postures,
    "points": _points,
    "radius": _radius,
    "approval": _approval,
    "calendar": _calendar,
    "evacuations": _evacuations,
    "frontier": _frontier,
    "surgery": _surgery,
}
