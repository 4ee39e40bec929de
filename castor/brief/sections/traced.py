"""One replication of the simulated year, replayed: who flew where when, in the weeks with most evacuations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from castor.brief import map as chart
from castor.brief import svg
from castor.brief.parts import behind, figure
from castor.brief.sections.programme import key, replay, routes
from castor.brief.words import day, number, word
from castor.flight.plan import Flight, Plan
from castor.mission.model import Mission

SPAN = dt.timedelta(days=21)
_EVACUATION = ("medevac", "casevac")


def traced(mission: Mission, flights: Sequence[Flight]) -> str:
    """The weeks with most evacuation legs as a map with its replay, and their evacuations as a table.

    The ground is that of the page's first map. Nothing where there are no flights between places of the mission.
    """
    shown = _weeks([f for f in flights if f.origin in mission.place and f.destination in mission.place])
    if not shown:
        return ""
    start = dt.datetime.combine(min(f.off for f in shown).date(), dt.time())
    plan = Plan(start=start, end=max(start + SPAN, max(f.on for f in shown)), flights=tuple(shown))
    view = chart.frame(mission, *chart.WIDE)
    places = list(dict.fromkeys(name for f in shown for name in (f.origin, f.destination)))
    marks = []
    for name in places:
        place = mission.place[name]
        x, y = view.point(place.lat, place.lon)
        marks += [svg.circle(x, y, 4, class_="post"), svg.text(x + 8, y + 5, place.name)]
    ground = chart.placed(chart.Theatre(mission, ground="theatre"), view, "year")
    title = word("year.replay", start=day(plan.start.date()), end=day((plan.end - dt.timedelta(minutes=1)).date()))
    parts = [
        svg.rect(0, 0, view.width, view.height, class_="sea"), ground, *routes(mission, plan, view), *marks,
        svg.tag("g", " ", class_="units"),
    ]  # fmt: skip
    picture = svg.picture(view.width, view.height, parts, title, class_="map year-map")
    more = replay(mission, plan, {"year-map": view})
    return figure(picture + more, title, key(plan) + _legs(plan), "theatre")


def _weeks(flights: Sequence[Flight]) -> list[Flight]:
    """The flights of the three weeks that hold most patients, training left out."""
    flown = sorted((f for f in flights if f.origin != f.destination), key=lambda f: f.off)
    best: list[Flight] = []
    most = -1
    for first in flown:
        if first.task not in _EVACUATION:
            continue
        start = dt.datetime.combine(first.off.date(), dt.time()) - dt.timedelta(days=1)
        held = [f for f in flown if start <= f.off < start + SPAN]
        patients = sum(f.pax + f.litters for f in held if f.task in _EVACUATION)
        if patients > most:
            best, most = held, patients
    return best


def _legs(plan: Plan) -> str:
    heads = [word(name) for name in ("unit", "from.place", "to.place", "off", "on", "litters", "pax")]
    rows = [
        [
            f.unit,
            f.origin,
            f.destination,
            f"{f.off:%m-%d %H%M}Z",
            f"{f.on:%m-%d %H%M}Z",
            number(f.litters),
            number(f.pax),
        ]
        for f in plan.flights
        if f.task in _EVACUATION
    ]
    return behind(heads, rows)
