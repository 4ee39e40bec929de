"""The flying programme: who flies what when, on the map and by tail, the cover kept meanwhile, what was left out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

from castor.brief import charts, gantt, svg
from castor.brief import map as chart
from castor.brief.basemap import View
from castor.brief.charts import Curve, Frame
from castor.brief.details import detail
from castor.brief.gantt import Bar, Row
from castor.brief.parts import Section, behind, figure, lead, legend, note, swatch, table
from castor.brief.sections.week import Flown, Total, totals, year
from castor.brief.words import Both, both, day, exact, join, number, percent, word
from castor.flight.carried import carried
from castor.flight.geodesy import sun_times
from castor.flight.plan import Flight, Plan
from castor.flight.rests import Rest, rests
from castor.mission.model import Mission

FEW = 160
"""Up to so many bars each has a word of its own when pointed at."""
_REPLAYED, _LISTED = 600, 300


class Programme(msgspec.Struct, frozen=True):
    """A plan and what is known of it. ``cover`` is (moment, share) at each change; ``frontier`` (floor, carried, bound,
    passengers) for each floor of cover tried, the lowest first; ``days`` and ``year`` are totals of other plans."""

    plan: Plan
    cover: Sequence[tuple[dt.datetime, float]] = ()
    frontier: Sequence[tuple[float, float, float, float]] = ()
    days: Sequence[Total] = ()
    year: Flown | None = None


def programme(mission: Mission, given: Programme) -> Section | None:
    """The programme's section; nothing for a plan without flights."""
    plan = given.plan
    if not plan.flights:
        return None
    body = lead(_lead(mission, plan)) + _map(mission, plan) + by_tail(mission, plan)
    body += f"<div class=pair>{_cover(given)}{_frontier(given)}</div>" if given.cover or given.frontier else ""
    body += _unserved(mission, plan) + totals(given.days) + year(given.year)
    return Section("programme", word("programme.title"), body)


def asked_alone(mission: Mission, dates: Mapping[dt.date, int]) -> Section:
    """The section of a mission whose days ask for too much to be planned for a page: what is asked, and how to plan."""
    busiest = max(sorted(dates), key=lambda date: dates[date])
    said = word(
        "programme.large", requests=number(sum(dates.values())), most=number(dates[busiest]), day=day(busiest),
        pax=number(sum(one.pax for one in mission.requests)),
        kg=number(sum(one.cargo_kg for one in mission.requests)), date=both(busiest.isoformat()),
    )  # fmt: skip
    return Section("programme", word("programme.title"), lead(said))


def _lead(mission: Mission, plan: Plan) -> Both:
    load = carried(mission, plan.flights)
    hours = sum(f.minutes for f in plan.flights) / 60
    said = word(
        "programme.lead", day=day(plan.start.date()), flights=number(len(plan.flights)), hours=number(hours, 1),
        requests=number(load.requests), pax=number(load.pax), kg=number(load.kg), left=number(len(plan.unserved)),
    )  # fmt: skip
    if plan.bound is not None and plan.objective is not None:
        said += " " + word(
            "programme.bound",
            bound=number(plan.bound, 1),
            objective=number(plan.objective, 1),
            gap=percent(plan.gap or 0.0, 1),
        )
    return said


def _map(mission: Mission, plan: Plan) -> str:
    posture = list(dict.fromkeys(stand.place for stand in plan.standby))
    pictures = ""
    views = {"plan-wide": chart.frame(mission, *chart.WIDE), "plan-narrow": chart.frame(mission, *chart.NARROW)}
    for prefix, view in views.items():
        units = [svg.tag("g", " ", class_="units")]
        pictures += chart.draw(
            chart.Theatre(mission, posture[:1], plain=True, ground="theatre"),
            view,
            prefix,
            routes(mission, plan, view),
            units,
        )
    return figure(pictures + replay(mission, plan, views), word("programme.map"), key(plan), "theatre")


def routes(mission: Mission, plan: Plan, view: View) -> list[str]:
    """One line for each pair of places flown between, as wide as the flights are many, by what is carried."""
    pairs: dict[tuple[str, str, str], int] = {}
    for f in plan.flights:
        a, b = sorted((f.origin, f.destination))
        pairs[a, b, kind_of(f)] = pairs.get((a, b, kind_of(f)), 0) + 1
    most = max(pairs.values())
    parts = []
    for (a, b, kind), count in sorted(pairs.items()):
        if a in mission.place and b in mission.place:
            p, q = mission.place[a], mission.place[b]
            (x1, y1), (x2, y2) = view.point(p.lat, p.lon), view.point(q.lat, q.lon)
            parts.append(svg.line(x1, y1, x2, y2, class_=f"route r-{kind}", stroke_width=1.2 + 2.6 * count / most))
    return parts


def kind_of(f: Flight) -> str:
    """How a flight is drawn: by what it carries."""
    if f.task in ("medevac", "casevac", "transfer"):
        return "medevac"
    if f.pax:
        return "pax"
    return "cargo" if f.cargo_kg else "empty"


def key(plan: Plan) -> str:
    """What the lines of a map of flights mean."""
    kinds = [kind for kind in ("pax", "cargo", "medevac", "empty") if any(kind_of(f) == kind for f in plan.flights)]
    return legend(
        (swatch(svg.line(0, 8, 22, 8, class_=f"route r-{kind}", stroke_width=2.6)), word(f"carries.{kind}"))
        for kind in kinds
    )


def replay(mission: Mission, plan: Plan, views: Mapping[str, View]) -> str:
    """The bar that replays a plan on the maps of these classes, with the legs: unit, minutes of take-off and landing
    after the start, and the two places.
    """
    if len(plan.flights) > _REPLAYED:
        return ""
    units = list(dict.fromkeys(f.unit for f in plan.flights))
    names = list(
        dict.fromkeys(name for f in plan.flights for name in (f.origin, f.destination) if name in mission.place)
    )
    legs = [
        [
            units.index(f.unit),
            _minute(plan, f.off),
            _minute(plan, f.on),
            names.index(f.origin),
            names.index(f.destination),
        ]
        for f in plan.flights
        if f.origin in names and f.destination in names
    ]
    spots: Mapping[str, list[list[float]]] = {
        prefix: [[round(v, 1) for v in view.point(mission.place[n].lat, mission.place[n].lon)] for n in names]
        for prefix, view in views.items()
    }
    data = {
        "start": plan.start.hour * 60 + plan.start.minute,
        "end": _minute(plan, plan.end),
        "units": units,
        "legs": legs,
        "spots": spots,
    }
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    label = word("replay.time").attribute()
    return (
        f'<div class=replay hidden><button type=button aria-label="{word("replay.play").attribute()}">▶</button>'
        f'<input type=range min=0 step=1 value=0 aria-label="{label}"><output></output></div>'
        f"<script type=application/json class=replay-data>{text}</script>"
    )


def _minute(plan: Plan, moment: dt.datetime) -> int:
    return round((moment - plan.start).total_seconds() / 60)


def by_tail(
    mission: Mission, plan: Plan, span: tuple[dt.datetime, dt.datetime] | None = None, away: Sequence[Rest] = ()
) -> str:
    """A line for each tail with its flights, waits and rests away from base, nights shaded; the key below, the legs
    folded behind. ``away`` are rests that begin or end outside the plan.
    """
    resting = sorted({*away, *rests(mission, plan)}, key=lambda rest: (rest.start, rest.unit))
    rows_of = sorted({(f.unit, f.tails) for f in plan.flights}) + sorted({(s.unit, s.tails) for s in plan.standby})
    rows_of += [(rest.unit, rest.tails) for rest in resting]
    names = list(dict.fromkeys(tail for _, tails in rows_of for tail in tails.split()))
    said = len(plan.flights) <= FEW
    rows = []
    for name in names:
        bars = [Bar(s.start, s.end, "standby") for s in plan.standby if name in s.tails.split()]
        bars += [_rest(rest) for rest in resting if name in rest.tails.split()]
        bars += [_bar(f, said) for f in plan.flights if name in f.tails.split()]
        rows.append(Row(both(name), bars))
    span = span or _span(plan)
    picture = gantt.draw(rows, span, word("programme.tails"), shade=nights(mission, span), prefix="plan")
    keys = [("pax", ""), ("cargo", "hatch"), ("medevac", "dots"), ("empty", "")]
    items = [
        (_sample(kind, pattern), word(f"carries.{kind}"))
        for kind, pattern in keys
        if any(kind_of(f) == kind for f in plan.flights)
    ]
    items += [(_sample("standby", ""), word("legend.posture"))] if plan.standby else []
    items += [(_sample("rest", "lines"), word("legend.rest"))] if resting else []
    items.append((swatch(svg.rect(1, 2, 20, 12, class_="night")), word("night")))
    return figure(picture, word("programme.tails"), legend(items) + _flights(mission, plan))


def _sample(kind: str, pattern: str) -> str:
    over = svg.rect(1, 2, 20, 12, rx=2, fill=f"url(#plan-{pattern})") if pattern else ""
    return swatch(svg.rect(1, 2, 20, 12, rx=2, class_=f"bar k-{kind}") + over)


def _bar(f: Flight, said: bool) -> Bar:
    if not said:
        return Bar(f.off, f.on, kind_of(f))
    told = f"{f.unit}: {f.origin} {f.off:%H%M}Z – {f.destination} {f.on:%H%M}Z"
    load = [number(f.pax) + " pax"] if f.pax else []
    load += [number(f.cargo_kg) + " kg"] if f.cargo_kg else []
    return Bar(f.off, f.on, kind_of(f), title=join([told, *load]))


def _rest(rest: Rest) -> Bar:
    told = f"{rest.unit}: {rest.place} {rest.start:%H%M}Z – {rest.end:%H%M}Z"
    return Bar(rest.start, rest.end, "rest", both(rest.place), word("legend.rest") + " (" + both(told) + ")")


def _span(plan: Plan) -> tuple[dt.datetime, dt.datetime]:
    first = min([f.off for f in plan.flights] + [s.start for s in plan.standby])
    last = max([f.on for f in plan.flights] + [s.end for s in plan.standby])
    return max(min(plan.start, first), first - dt.timedelta(hours=6)), max(
        last, min(plan.end, last + dt.timedelta(hours=6))
    )


def nights(mission: Mission, span: tuple[dt.datetime, dt.datetime]) -> list[tuple[dt.datetime, dt.datetime]]:
    """The nights of a stretch of time at the middle of the theatre, for spans of up to a month."""
    if span[1] - span[0] > dt.timedelta(days=32):
        return []
    view = chart.frame(mission, 100.0, 100.0)
    found = []
    date, before = span[0].date() - dt.timedelta(days=1), None
    while date <= span[1].date() + dt.timedelta(days=1):
        sun = sun_times(view.lat, view.lon, date)
        if before is not None and sun.rise is not None:
            found.append((before, sun.rise))
        before, date = sun.set, date + dt.timedelta(days=1)
    return found


def _flights(mission: Mission, plan: Plan) -> str:
    heads = [
        word(key)
        for key in (
            "unit",
            "tails",
            "from.place",
            "to.place",
            "off",
            "on",
            "task",
            "pax",
            "cargo",
            "litters",
            "requests",
        )
    ]
    legs = sorted(plan.flights, key=lambda f: (f.off, f.unit))[:_LISTED]
    rows = [
        [f.unit, f.tails, f.origin, f.destination, _clock(plan, f.off), _clock(plan, f.on), *_load(f)] for f in legs
    ]
    return behind(heads, rows)


def _load(f: Flight) -> list[object]:
    return [word(f"task.{f.task}"), f.pax, round(f.cargo_kg), f.litters, f.requests]


def _clock(plan: Plan, moment: dt.datetime) -> Both:
    if plan.end - plan.start <= dt.timedelta(hours=36):
        return both(f"{moment:%H%M}Z")
    return both(f"{moment:%m-%d %H%M}Z")


def _cover(given: Programme) -> str:
    if not given.cover:
        return ""
    begin = given.plan.start
    points = []
    for at, (moment, share) in enumerate(given.cover):
        hour = (moment - begin).total_seconds() / 3600 + begin.hour
        points += [(hour, given.cover[at - 1][1])] if at else []
        points.append((hour, share))
    last = max((given.plan.end - begin).total_seconds() / 3600 + begin.hour, points[-1][0])
    points.append((last, points[-1][1]))
    frame = Frame(
        charts.Axis(points[0][0], last, 4.0 if last <= 48 else 24.0, word("hour.utc")),
        charts.Axis(0, 1, 0.25, word("share.covered"), share=True),
    )
    lines = [Curve(word("cover.kept"), points, "a", spots=False)]
    if given.plan.floor:
        lines.append(
            Curve(word("cover.floor"), [(points[0][0], given.plan.floor), (last, given.plan.floor)], "b", spots=False)
        )
    rows = [[f"{moment:%m-%d %H%M}Z", percent(share, 1)] for moment, share in given.cover]
    return figure(
        charts.curves(frame, lines, word("programme.cover")),
        word("programme.cover"),
        behind([word("when"), word("share.covered")], rows),
    )


def _frontier(given: Programme) -> str:
    if len(given.frontier) < 2:
        return ""
    most = max(bound for _, _, bound, _ in given.frontier)
    last = max(0.25, given.frontier[-1][0])
    frame = Frame(
        charts.Axis(0, last * 1.08, 0.1 if last > 0.25 else 0.05, word("cover.floor"), share=True),
        charts.axis(0, most * 1.05, word("carried.weighted")),
    )
    lines = [
        Curve(word("carried"), [(floor, got) for floor, got, _, _ in given.frontier], "a"),
        Curve(word("bound"), [(floor, bound) for floor, _, bound, _ in given.frontier], "e"),
    ]
    prices = [None, *(_price(low, high) for low, high in pairwise(given.frontier))]
    rows = [
        [percent(floor, 1), number(got, 1), number(bound, 1), round(pax), None if price is None else number(price, 1)]
        for (floor, got, bound, pax), price in zip(given.frontier, prices)
    ]
    heads = [word(key) for key in ("cover.floor", "carried", "bound", "pax", "programme.price.point")]
    more = note(_cost(given) + word("programme.frontier.note")) + behind(heads, rows)
    return figure(charts.curves(frame, lines, word("programme.frontier")), word("programme.frontier"), more)


def _price(low: tuple[float, float, float, float], high: tuple[float, float, float, float]) -> float | None:
    """Passengers given up for each further point of cover between two plans."""
    points = 100.0 * (high[0] - low[0])
    return (low[3] - high[3]) / points if points > 0 else None


def _cost(given: Programme) -> Both:
    """What cover costs in all, from the lowest floor to the highest, in words."""
    low, high = given.frontier[0], given.frontier[-1]
    price = _price(low, high)
    if price is None:
        return both("")
    if price <= 0:
        return word("programme.price.none", low=percent(low[0]), high=percent(high[0])) + both(" ")
    return word(
        "programme.price", low=percent(low[0]), high=percent(high[0]), more=number(low[3]), fewer=number(high[3]),
        price=number(price, 1),
    ) + both(" ")  # fmt: skip


def _unserved(mission: Mission, plan: Plan) -> str:
    if not plan.unserved:
        return ""
    rows: list[list[object]] = []
    for left in plan.unserved:
        r = mission.request.get(left.request)
        way = " – ".join(mission.place[end].name for end in (r.origin, r.destination)) if r else ""
        rows.append(
            [
                left.request,
                way,
                r.pax if r else None,
                round(r.cargo_kg) if r else None,
                r.priority if r else None,
                word(f"reason.{left.reason}"),
                detail(left.detail),
            ]
        )
    heads = [word(key) for key in ("request", "way", "pax", "cargo", "priority", "reason", "detail")]
    count = exact(len(plan.unserved))
    return f"<h3>{word('programme.unserved', n=count).html()}</h3>{table(heads, rows)}"
