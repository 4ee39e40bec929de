"""Evacuation cover: the clock, who is reached, and what formations, approval or a surgical team would change."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence

from castor.brief import charts, svg
from castor.brief.charts import Curve, Frame
from castor.brief.covering import Cover
from castor.brief.parts import Section, behind, figure, lead, note, table
from castor.brief.sections.fleet import made_of
from castor.brief.words import Both, both, day, join, minutes, number, partial, percent, word
from castor.cover.frontier import Team
from castor.cover.posture import Measure, PointTimes, Posture
from castor.cover.replay import Flown
from castor.mission.model import Clock, Flying, Mission

_WIDE = 1040.0
MOST_POINTS_SHOWN, MOST_PLACES_SHOWN = 40, 30
Point = tuple[str, float, float, PointTimes]


def cover(mission: Mission, given: Cover) -> Section:
    """The cover section."""
    body = lead(_lead(mission, given))
    if given.gathered_km:
        body += note(word("cover.gathered", km=number(given.gathered_km)))
    body += _clock(mission, given)
    body += f"<div class=pair>{_points(mission, given)}{_tops(mission, given)}</div>"
    body += f"<div class=pair>{_fleets(mission, given)}{_approval(mission, given)}</div>"
    body += (
        _postures(mission, given)
        + _alone(mission, given)
        + _teams(mission, given)
        + _calendar(given)
        + _flown(mission, given)
    )
    return Section("cover", word("cover.title"), body)


def _place(mission: Mission, name: str) -> str:
    return mission.place[name].name if name in mission.place else name


def _lead(mission: Mission, given: Cover) -> Both:
    standing = join([_place(mission, name) for name in given.held])
    light, dark = given.by_day, given.by_night
    return word(
        "cover.lead", formation=made_of(given.formation), place=standing, people=percent(light.people.covered),
        incidents=percent(light.incidents.covered), people_night=percent(dark.people.covered),
        incidents_night=percent(dark.incidents.covered), ready=percent(float(given.chance[1:].sum()), 1),
        radius=number(given.radius_km),
    )  # fmt: skip


def _clock(mission: Mission, given: Cover) -> str:
    """The stages from wounding to surgery as a bar by day and by night, against the two targets."""
    rule = mission.rules.clock
    high = max(rule.surgery_min, rule.care_min) * 1.04
    left, y = 70.0, 34.0

    def at(value: float) -> float:
        return left + value / high * (_WIDE - left - 10)

    parts = []
    for name, notice in ((word("by.day"), rule.notice_day_min), (word("by.night"), rule.notice_night_min)):
        parts.append(svg.text(0, y + 18, name, class_="row"))
        parts += _stages(mission, notice, at, y)
        y += 40
    for target, key in ((rule.care_min, "cover.care"), (rule.surgery_min, "cover.surgery")):
        parts.append(svg.line(at(target), 20, at(target), y - 6, class_="mark"))
        parts.append(
            svg.text(
                at(target),
                13,
                word(key, minutes=minutes(target)),
                class_="mark-n",
                text_anchor="middle" if target < high * 0.8 else "end",
            )
        )
    picture = svg.picture(_WIDE, y, parts, word("cover.clock"), class_="gantt clock")
    return figure(f"<div class=scroll tabindex=0 role=region>{picture}</div>", word("cover.clock"), _rules(mission))


def _stages(mission: Mission, notice: float, at: Callable[[float], float], y: float) -> list[str]:
    rule = mission.rules.clock
    before = rule.report_min + rule.approval_min + notice
    out = max(rule.care_min - before, 0.0)
    back = max(rule.surgery_min - before - out - rule.scene_min, 0.0)
    parts, now = [], 0.0
    for key, length, kind in (
        ("stage.report", rule.report_min, "wait"), ("stage.approval", rule.approval_min, "approve"),
        ("stage.notice", notice, "wait"), ("stage.out", out, "fly"), ("stage.scene", rule.scene_min, "wait"),
        ("stage.in", back, "fly"),
    ):  # fmt: skip
        if length <= 0:
            continue
        x1, x2 = at(now), at(now + length)
        parts.append(svg.rect(x1, y, x2 - x1 - 1.5, 28, class_=f"st-{kind}"))
        said = word(key) + f" {length:g}"
        if svg.width(said, 11.5) + 6 > x2 - x1:
            said = both(f"{length:g}")
        parts.append(svg.text((x1 + x2) / 2, y + 18, said, class_=f"st-n st-n-{kind}"))
        now += length
    return parts


def _rules(mission: Mission) -> str:
    rule, flying = mission.rules.clock, mission.rules.flying
    timed = ("care_min", "surgery_min", "report_min", "approval_min", "notice_day_min", "notice_night_min", "scene_min")
    told: list[tuple[str, Clock | Flying, str, str]] = [("clock", rule, name, "min") for name in timed]
    told += [
        ("flying", flying, "route_factor", ""),
        ("flying", flying, "reserve", ""),
        ("flying", flying, "refuel_min", "min"),
    ]
    rows = [
        [word(f"rule.{name}"), getattr(group, name), unit, mission.sources.get(f"{kind}.{name}", "")]
        for kind, group, name, unit in told
    ]
    return behind([word("rule"), word("value"), word("unit"), word("source")], rows)


def _points(mission: Mission, given: Cover) -> str:
    """For each camp, minutes to care and to surgery as two marks on a line."""
    reached = [(name, people, incidents, answer) for name, people, incidents, answer in given.points if answer]
    rows = reached if len(reached) <= MOST_POINTS_SHOWN else _heaviest(reached)
    rows.sort(key=lambda row: row[3].surgery)
    rule = mission.rules.clock
    high = min(max((row[3].surgery for row in rows), default=120.0), 360.0)
    scale = charts.axis(0, max(high, rule.surgery_min * 1.2), ticks=6)
    left, width, tall = 118.0, 500.0, 46.0 + 21 * len(rows)

    def at(value: float) -> float:
        return left + min(value, scale.high) / scale.high * (width - left - 14)

    parts = []
    for tick in scale.ticks():
        parts.append(svg.line(at(tick), 24, at(tick), tall - 22, class_="grid"))
        parts.append(svg.text(at(tick), tall - 7, number(tick), class_="tick", text_anchor="middle"))
    for target in (rule.care_min, rule.surgery_min):
        parts.append(svg.line(at(target), 18, at(target), tall - 22, class_="mark"))
        parts.append(svg.text(at(target), 13, number(target), class_="mark-n", text_anchor="middle"))
    for at_row, (name, _, _, answer) in enumerate(rows):
        y = 36 + 21 * at_row
        parts.append(svg.text(left - 8, y + 4, _place(mission, name).split(" (")[0], class_="tick", text_anchor="end"))
        if answer:
            parts.append(svg.line(at(answer.care), y, at(answer.surgery), y, class_="link"))
            parts.append(charts.spot("a", at(answer.care), y))
            parts.append(charts.spot("b", at(answer.surgery), y))
    heads = [word("place"), word("people"), word("incidents"), word("from.place"), word("care"), word("surgery"),
             word("hospital"), word("stops")]  # fmt: skip
    body = [
        [_place(mission, name), people, incidents, _place(mission, a.place), _whole(a.care), _whole(a.surgery),
         _place(mission, a.hospital), a.stops]
        for name, people, incidents, a in rows if a
    ]  # fmt: skip
    caption = word("cover.points", place=join([_place(mission, name) for name in given.held]))
    said = note(word("cover.points.note"))
    if len(rows) < len(reached):
        said += note(word("cover.points.some", shown=number(len(rows)), all=number(len(reached))))
    return figure(svg.picture(width, tall, parts, caption, class_="chart"), caption, said + behind(heads, body))


def _heaviest(points: Sequence[Point]) -> list[Point]:
    """The points with the largest share of people or of incidents, as many as a chart can show."""
    people, incidents = sum(point[1] for point in points) or 1.0, sum(point[2] for point in points) or 1.0
    return sorted(points, key=lambda point: -max(point[1] / people, point[2] / incidents))[:MOST_POINTS_SHOWN]


def _tops(mission: Mission, given: Cover) -> str:
    most = max((top.ceiling.bases for top in given.tops), default=1)
    frame = Frame(
        charts.Axis(0, most, 1, word("bases.held")), charts.Axis(0, 1, 0.25, word("share.covered"), share=True)
    )
    lines = []
    pairs = (("people", "surgery"), ("people", "care"), ("incidents", "surgery"), ("incidents", "care"))
    for kind, (weights, aim) in zip("abcd", pairs):
        held = [top.ceiling for top in given.tops if top.aim == aim and top.ceiling.weights == weights]
        points = [(float(found.bases), found.covered) for found in held]
        lines.append(Curve(word(f"frontier.{weights}.{aim}"), [(0.0, 0.0), *points], kind))
    rows = [
        [word(top.ceiling.weights), word(top.aim), top.ceiling.bases, _names(mission, top.ceiling.places),
         percent(top.ceiling.covered, 1), percent(top.ceiling.bound, 1)]
        for top in given.tops
    ]  # fmt: skip
    heads = [word(key) for key in ("weighted.by", "target", "bases.held", "places", "share.covered", "bound")]
    caption = word("cover.tops")
    return figure(charts.curves(frame, lines, caption), caption, note(word("cover.tops.note")) + behind(heads, rows))


def _names(mission: Mission, places: Sequence[str]) -> Both:
    return join([_place(mission, name) for name in places])


def _fleets(mission: Mission, given: Cover) -> str:
    """Expected cover by how many formations there are airframes for, without and with a spare of each type."""
    whole = [step for step in given.fleets if step.bases == step.fleet.formations]
    most = max(step.fleet.formations for step in whole)
    frame = Frame(charts.Axis(0, most, 1, word("formations")), charts.Axis(0, 1, 0.25, word("expected"), share=True))
    lines = [
        Curve(
            word(f"spares.{spares}"),
            [(0.0, 0.0)]
            + [(float(s.fleet.formations), s.posture.people.expected) for s in whole if s.fleet.spares == spares],
            kind,
        )
        for spares, kind in ((1, "a"), (0, "b"))
    ]
    rows = [
        [s.fleet.formations, s.fleet.spares, join([f"{count} {kind}" for kind, count in s.fleet.airframes.items()]),
         _names(mission, s.posture.places), percent(s.posture.ready, 1), percent(s.posture.people.expected, 1),
         percent(s.posture.incidents.expected, 1)]
        for s in given.fleets
    ]  # fmt: skip
    heads = [
        word("formations"),
        word("spares"),
        word("airframes"),
        word("places"),
        word("ready"),
        word("people"),
        word("incidents"),
    ]
    caption = word("cover.fleets")
    return figure(charts.curves(frame, lines, caption), caption, note(word("cover.fleets.note")) + behind(heads, rows))


def _approval(mission: Mission, given: Cover) -> str:
    frame = Frame(
        charts.Axis(0, given.approval[-1][0], 20, word("approval.axis")),
        charts.Axis(0, 1, 0.25, word("share.covered"), share=True), 500, 300,
    )  # fmt: skip
    lines = [
        Curve(word("frontier.people.surgery"), [(m, p.people.surgery) for m, p in given.approval], "a"),
        Curve(word("frontier.people.care"), [(m, p.people.care) for m, p in given.approval], "b"),
        Curve(word("frontier.incidents.surgery"), [(m, p.incidents.surgery) for m, p in given.approval], "c"),
    ]
    rule = mission.rules.clock.approval_min
    caption = word("cover.approval")
    picture = charts.curves(frame, lines, caption, [(rule, word("approval.now", minutes=minutes(rule)))])
    rows = [
        [
            round(m),
            percent(p.people.care, 1),
            percent(p.people.surgery, 1),
            percent(p.incidents.care, 1),
            percent(p.incidents.surgery, 1),
        ]
        for m, p in given.approval
    ]
    heads = [word("approval.axis"), *_shares()]
    return figure(picture, caption, note(word("cover.approval.note")) + behind(heads, rows))


def _shares() -> list[Both]:
    return [
        word("people") + ", " + word("care"), word("people") + ", " + word("surgery"),
        word("incidents") + ", " + word("care"), word("incidents") + ", " + word("surgery"),
    ]  # fmt: skip


def _alone(mission: Mission, given: Cover) -> str:
    """What each place is worth when the only formation stands there, by both weights."""
    order = sorted(given.alone, key=lambda pair: -pair[1].people.surgery - pair[1].incidents.surgery)
    blocks = ""
    for by, kind in (("people", "a"), ("incidents", "b")):
        name = word(f"by.{by}")
        best = order if len(order) <= MOST_PLACES_SHOWN else sorted(order, key=lambda pair: -_worth(pair[1], by))
        worth = [(both(_place(mission, place)), _worth(posture, by)) for place, posture in best[:MOST_PLACES_SHOWN]]
        made = charts.bars([(said, share, percent(share)) for said, share in worth], kind=kind)
        blocks += f"<div><h4>{name.html()}</h4>{made}</div>"
    return figure(f"<div class=pair>{blocks}</div>", word("cover.alone"), note(word("cover.alone.note")))


def _worth(posture: Posture, by: str) -> float:
    measure: Measure = getattr(posture, by)
    return measure.surgery


def _postures(mission: Mission, given: Cover) -> str:
    rows: list[list[object]] = []
    for name, posture in ((word("by.day"), given.by_day), (word("by.night"), given.by_night)):
        for weights in ("people", "incidents"):
            m = getattr(posture, weights)
            shares = [percent(value, 1) for value in (m.care, m.surgery, m.covered, m.expected)]
            rows.append([Both(*(text.replace(" ", "\u00a0") for text in name.capital())), word(weights), *shares])
    heads = [
        word("light"),
        word("weighted.by"),
        word("care.target"),
        word("surgery.target"),
        word("both.targets"),
        word("expected"),
    ]
    made = table([word("formations"), word("made.up")], _chances(given))
    caption = word("cover.held", place=join([_place(mission, name) for name in given.held]))
    return f"<h3>{caption.html()}</h3><div class=pair>{table(heads, rows)}{made}</div>" + note(word("cover.held.note"))


def _chances(given: Cover) -> list[list[object]]:
    """How often at least so many formations can be made up; of very many, the numbers between sure and never."""
    least = [float(given.chance[at:].sum()) for at in range(1, len(given.chance))]
    shown: Sequence[int] = range(1, len(least) + 1)
    if len(least) > MOST_PLACES_SHOWN:
        open_ = [at for at in shown if 0.0005 < least[at - 1] < 0.9995]
        shown = open_[:: max(1, len(open_) // 12)]
    return [[at, percent(least[at - 1], 1)] for at in shown]


def _teams(mission: Mission, given: Cover) -> str:
    """Where a forward surgical team would help most, by each weighting."""
    body = ""
    if not given.teams:
        return ""
    for by, found in given.teams.items():
        if len(found) < 2:
            return ""
        rows = [_team(mission, team) for team in found[:5]]
        heads = [word(key) for key in ("teams.where", "formations.at", "people", "incidents", "teams.minutes")]
        title = word(f"by.{by}")
        body += f"<div><h4>{title.html()}</h4>{table(heads, rows)}</div>"
    return f"<h3>{word('cover.teams').html()}</h3>{note(word('cover.teams.note'))}<div class=pair>{body}</div>"


def _team(mission: Mission, team: Team) -> list[object]:
    measures = (team.posture.people.covered, team.posture.incidents.covered)
    where = _names(mission, team.at) if team.at else word("teams.now")
    return [
        where,
        _names(mission, team.posture.places),
        *[percent(value, 1) for value in measures],
        _whole(team.surgery_min),
    ]


def _whole(value: float) -> int | None:
    """Rounded; absent where nothing gets there."""
    return round(value) if math.isfinite(value) else None


def _calendar(given: Cover) -> str:
    if len(given.spans) < 2:
        return ""
    first, last = given.spans[0].start, given.spans[-1].end
    high = charts.axis(
        0, max(max(s.people_day, s.incidents_day) for s in given.spans) * 1.1, word("expected"), share=True
    )
    frame = Frame(_Calendar(_year(first), _year(last) + 0.02, 1.0), high, _WIDE, 250)
    lines = []
    for kind, field, key in (
        ("a", "people_day", "people.day"),
        ("d", "people_night", "people.night"),
        ("b", "incidents_day", "incidents.day"),
    ):
        points = [
            pair
            for s in given.spans
            for pair in ((_year(s.start), getattr(s, field)), (_year(s.end + dt.timedelta(1)), getattr(s, field)))
        ]
        lines.append(Curve(word(key), points, kind, spots=False))
    shade = [(_year(s.start), _year(s.end + dt.timedelta(1))) for s in given.spans if s.gap]
    picture = charts.curves(frame, lines, word("cover.calendar"), shade=shade)
    rows = [
        [day(s.start), day(s.end), s.days, join(s.formations) if s.formations else word("nobody"),
         percent(s.ready, 1), percent(s.people_day, 1), percent(s.people_night, 1), percent(s.incidents_day, 1),
         percent(s.incidents_night, 1)]
        for s in given.spans
    ]  # fmt: skip
    heads = [word("from"), word("to"), word("days"), word("formation"), word("ready"), word("people.day"),
             word("people.night"), word("incidents.day"), word("incidents.night")]  # fmt: skip
    return figure(
        f"<div class=scroll tabindex=0 role=region>{picture}</div>", word("cover.calendar"),
        note(word("cover.calendar.note")) + behind(heads, rows),
    )  # fmt: skip


class _Calendar(charts.Axis, frozen=True):
    """A scale of years."""

    def ticks(self) -> list[float]:
        return [float(year) for year in range(int(self.low) + 1, int(self.high) + 1)]

    def write(self, value: float) -> Both:
        return both(int(value))


def _year(date: dt.date) -> float:
    return date.year + (date.timetuple().tm_yday - 1) / 365.25


def _flown(mission: Mission, given: Cover) -> str:
    if not given.flown:
        return ""
    keys = ("when", "place", "km", "km.told", "scene", "scene.told", "back", "back.told", "care", "surgery", "hospital",
            "stops", "met")  # fmt: skip
    rows = [_replayed(mission, f) for f in given.flown]
    heads = [word(key) for key in keys]
    return f"<h3>{word('cover.flown').html()}</h3>{note(word('cover.flown.note'))}{table(heads, rows)}"


def _replayed(mission: Mission, f: Flown) -> list[object]:
    told = f.incident
    met = (
        "both" if f.met_care and f.met_surgery else "care" if f.met_care else "surgery" if f.met_surgery else "neither"
    )
    return [
        partial(told.date), told.place, _whole(f.km), told.km_told, _whole(f.scene), told.scene_min, _whole(f.back),
        told.return_min, _whole(f.care), _whole(f.surgery), f.hospital and _place(mission, f.hospital), f.stops,
        word(f"met.{met}"),
    ]  # fmt: skip
