"""What the flying programme's section works out: the hardest day of the request set, the other days, a year of days."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import msgspec

from castor.brief.covering import MOST_POINTS
from castor.brief.gather import gathered
from castor.brief.parts import Section
from castor.brief.sections.programme import Programme, asked_alone, programme
from castor.brief.sections.week import Flown, Measure, Total
from castor.brief.words import Both
from castor.errors import CastorError
from castor.flight.carried import carried
from castor.mission.model import Mission
from castor.tasking import Tasked, frontier, plan_tasks
from castor.tasking.year import OPERATION, compare, fly_year, standing_floor

ROUNDS, ASKED = 2_000, 40
"""Rounds of search for a programme, the same on any machine; fewer where more requests than this make a round long."""
_MOST_DAYS = 14
"""Of a longer request set the busiest day's fortnight is shown."""
MOST_ASKED = 400
"""With more requests on its busiest day a mission is not planned for its page: it would take hours."""


def programme_section(mission: Mission) -> Section | None:
    """The programme of the day on which most must be left out, the totals of the others, a year of programmes.

    Cover is held at what one formation standing by at base covers, or at the mission's own floor if that is higher; as
    in the section of the cover, many incidents are gathered into cells. Of more than ``MOST_ASKED`` requests on a day
    it is only said how many there are.
    """
    dates = Counter(one.earliest.date() for one in mission.requests)
    if not dates:
        return None
    busiest = max(sorted(dates), key=lambda date: dates[date])
    if dates[busiest] > MOST_ASKED:
        return asked_alone(mission, dates)
    given, _ = gathered(_helicopters(mission), MOST_POINTS)
    near = [date for date in sorted(dates) if abs((date - busiest).days) < _MOST_DAYS][:_MOST_DAYS]
    try:
        plans = {date: _planned(given, date, dates[date]) for date in near}
        shown = max(near, key=lambda date: (len(plans[date].plan.unserved), dates[date]))
        best = plans[shown]
        days = [_total(given, date, done) for date, done in plans.items()]
        points = frontier(given, *_bounds(shown), iterations=_rounds(dates[shown]))
    except CastorError:
        return None
    line = [(one.floor, one.carried, one.bound, float(one.pax)) for one in sorted(points, key=lambda one: one.floor)]
    return programme(mission, Programme(best.plan, best.cover, line, days, _flown(mission)))


def _helicopters(mission: Mission) -> Mission:
    """The mission with its helicopters alone, where it has any: aeroplanes keep a programme of their own."""
    own = tuple(one for one in mission.aircraft if mission.type[one.type].kind == "helicopter")
    return msgspec.structs.replace(mission, aircraft=own or mission.aircraft)


def _bounds(date: dt.date) -> tuple[dt.datetime, dt.datetime]:
    start = dt.datetime.combine(date, dt.time())
    return start, start + dt.timedelta(days=1)


def _rounds(asked: int) -> int:
    return max(1, ROUNDS * ASKED // max(asked, ASKED))


def _planned(mission: Mission, date: dt.date, asked: int) -> Tasked:
    floor = max(mission.rules.cover.floor, standing_floor(mission, date))
    return plan_tasks(mission, *_bounds(date), floor=floor, iterations=_rounds(asked))


def _total(mission: Mission, date: dt.date, done: Tasked) -> Total:
    load = carried(mission, done.plan.flights)
    asked = sum(one.earliest.date() == date for one in mission.requests)
    hours = sum(one.minutes for one in done.plan.flights) / 60.0
    least = min((share for _, share in done.cover), default=None)
    return Total(date, asked, load.requests, load.pax, load.kg, hours, least)


def _flown(mission: Mission) -> Flown | None:
    """A year of programmes beside what was flown; nothing where the mission records no transport."""
    if not any(one.operation == OPERATION for one in mission.milestones):
        return None
    year = fly_year(mission)
    measures = [
        Measure(Both(row.en, row.fr), row.asked, row.computed, row.flown, Both(row.why_en, row.why_fr),
                Both(row.fitted_en, row.fitted_fr))
        for row in compare(year, mission)
    ]  # fmt: skip
    ready = sum(day.formations > 1 for day in year.days)
    return Flown(year.days[0].date, year.days[-1].date, len(year.days), ready, measures)
