"""The flying programme on the living page: planned anew under the controls, beside the plan as it was."""

from __future__ import annotations

import datetime as dt
from html import escape

from msgspec import Struct

from castor.brief.details import detail
from castor.brief.parts import Section, table
from castor.brief.sections.programme import Programme, programme
from castor.brief.words import Both, number, percent, signed, word
from castor.errors import CastorError
from castor.flight.carried import carried
from castor.mission.model import Mission
from castor.tasking import Tasked, plan_tasks
from castor.tasking.changes import Change, changes

ROUNDS = 40
"""Rounds of search of each thread: a second or so for a day, and the same answer to everybody who asks."""


class Flying(Struct, frozen=True, eq=False):
    """A day's programme as the mission says and under the scenario; ``wrong``: why there is none under it."""

    before: Tasked
    after: Tasked | None
    wrong: str = ""


def planned(mission: Mission, day: dt.date) -> Tasked | None:
    """The programme of a day of a mission; nothing on a day without requests or where none can be made."""
    if not any(one.earliest.date() == day for one in mission.requests):
        return None
    start = dt.datetime.combine(day, dt.time())
    try:
        return plan_tasks(mission, start, start + dt.timedelta(days=1), iterations=ROUNDS)
    except CastorError:
        return None


def flown_under(under: Mission, day: dt.date, before: Tasked | None) -> Flying | None:
    """The programme under a scenario, the search started from the one before; nothing where there was none before."""
    if before is None:
        return None
    start = dt.datetime.combine(day, dt.time())
    try:
        after = plan_tasks(under, start, start + dt.timedelta(days=1), iterations=ROUNDS, warm=before.plan)
    except CastorError as error:
        return Flying(before, None, str(error))
    return Flying(before, after)


def section(under: Mission, flying: Flying) -> Section | None:
    """The programme's section under the scenario."""
    done = flying.after
    return programme(under, Programme(done.plan, done.cover)) if done is not None else None


def difference(mission: Mission, flying: Flying) -> str:
    """What the programme carries as it was and now, and every request whose promise changes."""
    if flying.after is None:
        return f"<p role=alert class=wrong>{escape(flying.wrong)}</p>"
    head = [Both("Programme", "Programme"), Both("as the mission says", "selon la mission"), Both("now", "à présent"),
            Both("difference", "écart")]  # fmt: skip
    old, new = _figures(mission, flying.before), _figures(mission, flying.after)
    rows: list[list[object]] = []
    for (name, digits), a, b in zip(_MEASURES, old, new):
        share = name is _COVER
        shown = [percent(v, 1) if share else number(v, digits) for v in (a, b)]
        step = 100 * (b - a) if share else b - a
        rows.append([name, *shown, signed(step, 1 if share else digits)])
    return table(head, rows) + _changes(mission, changes(flying.before.plan, flying.after.plan))


_COVER = Both("least cover", "couverture minimale")
_MEASURES = (
    (Both("requests carried", "demandes servies"), 0),
    (Both("passengers", "passagers"), 0),
    (Both("cargo, kg", "fret, kg"), 0),
    (Both("hours in the air", "heures de vol"), 1),
    (_COVER, 1),
)


def _figures(mission: Mission, done: Tasked) -> list[float]:
    load = carried(mission, done.plan.flights)
    hours = sum(leg.minutes for leg in done.plan.flights) / 60.0
    return [load.requests, load.pax, load.kg, hours, min((share for _, share in done.cover), default=0.0)]


_KINDS = {
    "moved": Both("moved", "déplacée"),
    "dropped": Both("dropped", "abandonnée"),
    "new": Both("new", "nouvelle"),
    "refused": Both("refused", "refusée"),
}


def _changes(mission: Mission, found: list[Change]) -> str:
    rows: list[list[object]] = []
    for one in found:
        if one.kind == "kept":
            continue
        asked = mission.request.get(one.request)
        way = f"{asked.origin} – {asked.destination}" if asked else ""
        times = [f"{promise.off:%H%M}–{promise.on:%H%M}" if promise else "" for promise in (one.before, one.after)]
        rows.append([one.request, way, _KINDS[one.kind], *times, detail(one.reason)])
    if not rows:
        return ""
    head = [
        word("request"),
        word("way"),
        word("change"),
        Both("was", "avant"),
        Both("now", "à présent"),
        word("reason"),
    ]
    return table(head, rows)
