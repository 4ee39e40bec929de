"""A year of flying programmes, a day at a time, from requests drawn by chance, beside what was flown.

Every day airframes are serviceable or not by chance, requests come from the people at the camps, and the programme is
planned with one formation's cover kept. Nothing here is fitted to the totals it is compared with, but the size of a
request, which the comparison says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial

import msgspec
import numpy as np
from msgspec import Struct

from castor.cover.audit import cover_through
from castor.errors import Infeasible
from castor.flight.carried import carried
from castor.flight.plan import Flight, Plan, Standby
from castor.mission.model import Formation, Milestone, Mission
from castor.tasking.generate import DEFAULT, Rates, generate
from castor.tasking.solve import plan_tasks

OPERATION = "transport"
"""The operation of ``milestones.csv`` that a year is compared with."""
ROUNDS = 60
"""Rounds of search for a day: a handful of requests needs no more."""
_PURPOSE = 0x79656172


class Day(Struct, frozen=True):
    """A day's programme in figures. ``formations`` could be made up; ``hours`` are airframe hours; ``missions`` sorties
    from base and back with a load."""

    date: dt.date
    formations: int
    asked: int
    asked_pax: int
    asked_kg: float
    carried: int
    pax: float
    kg: float
    hours: float
    missions: int


class Year(Struct, frozen=True):
    """The days, and the seed and rates they were drawn with."""

    days: tuple[Day, ...]
    seed: int
    rates: Rates

    def total(self, name: str) -> float:
        """The sum of a field of the days."""
        return float(sum(getattr(day, name) for day in self.days))


def fly_year(
    mission: Mission,
    start: dt.date | None = None,
    end: dt.date | None = None,
    *,
    seed: int = 1,
    rates: Rates = DEFAULT,
    floor: float | None = None,
    iterations: int = ROUNDS,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Year:
    """Plan every day from ``start`` to ``end`` (default: the mission's days on which a formation carries transport).

    ``floor`` None: what one formation standing by at its base covers through the day, where the mission states no floor
    of its own. The same for a seed, whatever the executor. ``progress`` hears how many days of how many are done.
    """
    first, last = _dates(mission, start, end)
    dates = [first + dt.timedelta(days=at) for at in range((last - first).days + 1)]
    work = partial(_day, mission, seed, rates, floor, iterations)
    pool = executor or ThreadPoolExecutor(2)
    try:
        days = []
        for day in pool.map(work, dates):
            days.append(day)
            if progress is not None:
                progress(len(days), len(dates))
    finally:
        if executor is None:
            pool.shutdown(cancel_futures=True)
    return Year(tuple(days), seed, rates)


def _dates(mission: Mission, start: dt.date | None, end: dt.date | None) -> tuple[dt.date, dt.date]:
    lifts = [one for one in mission.formations if one.role != "medevac" and _meets(one, mission.start, mission.end)]
    begins = [max(one.start or mission.start, mission.start) for one in lifts]
    ends = [min(one.end or mission.end, mission.end) for one in lifts]
    first, last = start or min(begins, default=mission.start), end or max(ends, default=mission.end)
    if last < first:
        raise Infeasible(f"No year can be flown: it would end on {last}, before it starts on {first}.")
    return first, last


def _meets(one: Formation, start: dt.date, end: dt.date) -> bool:
    return (one.start is None or one.start <= end) and (one.end is None or one.end >= start)


def _day(mission: Mission, seed: int, rates: Rates, floor: float | None, iterations: int, date: dt.date) -> Day:
    """Draw a day's airframes and requests, plan it, count what it carries; nothing flies where cover cannot hold."""
    asked = generate(mission, date, seed=seed, rates=rates)
    key = np.array([np.uint64(seed & 0xFFFFFFFFFFFFFFFF), np.uint64(_PURPOSE << 32 | date.toordinal())], np.uint64)
    chance = np.random.Generator(np.random.Philox(key=key)).random(len(mission.aircraft))
    fit = tuple(
        one
        for one, draw in zip(mission.aircraft, chance)
        if draw < one.serviceability and mission.type[one.type].kind == "helicopter"
    )
    here = msgspec.structs.replace(mission, aircraft=fit, requests=asked)
    begin = dt.datetime.combine(date, dt.time())
    finish = begin + dt.timedelta(days=1)
    least = floor if floor is not None else mission.rules.cover.floor or standing_floor(here, date)
    flights: Sequence[Flight] = ()
    try:
        flights = plan_tasks(here, begin, finish, floor=least, iterations=iterations, seed=seed, threads=1).plan.flights
    except Infeasible:
        flights = ()
    load = carried(here, flights)
    return Day(
        date=date,
        formations=_most(here, date),
        asked=len(asked),
        asked_pax=sum(one.pax for one in asked),
        asked_kg=sum(one.cargo_kg for one in asked),
        carried=load.requests,
        pax=load.pax,
        kg=load.kg,
        hours=sum(leg.minutes * len(leg.tails.split()) for leg in flights) / 60.0,
        missions=missions(here, flights),
    )


def standing_floor(mission: Mission, date: dt.date) -> float:
    """The least share covered through a day by one evacuation formation that stands by at its base; 0 without one."""
    kinds = [one for one in mission.formations if one.role != "transport" and _meets(one, date, date)]
    best = 0.0
    for kind in kinds:
        tails = _team(mission, kind, date)
        if not tails:
            continue
        begin = dt.datetime.combine(date, dt.time())
        end = begin + dt.timedelta(days=1)
        wait = Standby(unit=kind.id, tails=" ".join(tails), place=mission.tail[tails[0]].base, start=begin, end=end)
        states = cover_through(mission, Plan(start=begin, end=end, standby=(wait,)))
        best = max(best, min(float(getattr(one, mission.rules.cover.weights)) for one in states))
    return best


def _team(mission: Mission, kind: Formation, date: dt.date) -> list[str]:
    """The first tails on strength that make up a formation, lead first; empty where it cannot be made up."""
    here = [a for a in mission.aircraft if (a.start or date) <= date <= (a.end or date)]
    leads = [a.tail for a in here if a.type == kind.lead][:1]
    escorts = [a.tail for a in here if a.type == kind.escort and a.tail not in leads][: kind.escorts]
    return leads + escorts if leads and len(escorts) == kind.escorts else []


def _most(mission: Mission, date: dt.date) -> int:
    """How many formations can be made up from the airframes, by the formation of which most can."""
    here = [a.type for a in mission.aircraft if (a.start or date) <= date <= (a.end or date)]
    most = 0
    for kind in mission.formations:
        if _meets(kind, date, date):
            need = {kind.lead: 1}
            if kind.escorts:
                need[kind.escort] = need.get(kind.escort, 0) + kind.escorts
            most = max(most, min(here.count(name) // number for name, number in need.items()))
    return most


def missions(mission: Mission, flights: Sequence[Flight]) -> int:
    """Sorties from base and back that carry something."""
    loaded: dict[str, list[bool]] = {}
    for leg in sorted(flights, key=lambda one: one.off):
        lead = mission.tail.get(leg.tails.split()[0]) if leg.tails else None
        tours = loaded.setdefault(leg.unit, [])
        if not tours or (lead is not None and leg.origin == lead.base):
            tours.append(False)
        tours[-1] = tours[-1] or bool(leg.requests)
    return sum(sum(tours) for tours in loaded.values())


class Compared(Struct, frozen=True):
    """A measure of the year beside what was flown; ``fitted``: the recorded figure an input behind it was fitted to."""

    name: str
    en: str
    fr: str
    asked: float | None
    computed: float
    flown: float | None
    source: str
    fitted_en: str
    fitted_fr: str
    why_en: str
    why_fr: str


def compare(year: Year, mission: Mission) -> list[Compared]:
    """Missions, hours, passengers and tonnes of the year beside the last milestone of the mission's transport."""
    mark = _mark(mission)
    sorties = year.total("missions")
    each = (year.total("pax") / sorties, year.total("kg") / 1000.0 / sorties) if sorties else (0.0, 0.0)
    pax, kg = mark.pax if mark else None, mark.kg if mark else None
    flown = mark.flights if mark else None
    mean = (pax / flown if pax and flown else None, kg / 1000.0 / flown if kg and flown else None)
    values = {
        "missions": (None, sorties, flown),
        "hours": (None, year.total("hours"), mark.hours if mark else None),
        "pax": (year.total("asked_pax"), year.total("pax"), pax),
        "tonnes": (year.total("asked_kg") / 1000.0, year.total("kg") / 1000.0, None if kg is None else kg / 1000.0),
        "pax_mission": (None, each[0], mean[0]),
        "tonnes_mission": (None, each[1], mean[1]),
    }
    source = mark.source if mark else ""
    rows = []
    for name, (asked, computed, recorded) in values.items():
        en, fr = _NAMES[name]
        fitted, why = _FITTED.get(name, ("", "")), _WHY[name]
        rows.append(Compared(name, en, fr, asked, computed, recorded, source, *fitted, *why))
    return rows


def _mark(mission: Mission) -> Milestone | None:
    own = [one for one in mission.milestones if one.operation == OPERATION]
    return max(own, key=lambda one: one.date) if own else None


_NAMES = {
    "missions": ("transport missions", "missions de transport"),
    "hours": ("airframe hours", "heures d'appareil"),
    "pax": ("passengers", "passagers"),
    "tonnes": ("tonnes", "tonnes"),
    "pax_mission": ("passengers per mission", "passagers par mission"),
    "tonnes_mission": ("tonnes per mission", "tonnes par mission"),
}
_SIZE = (
    "the size of a request is fitted to it: 28 passengers and 1.7 t for a mission of two requests",
    "la taille d'une demande y est ajustée : 28 passagers et 1,7 t par mission de deux demandes",
)
_FITTED = {"pax_mission": _SIZE, "tonnes_mission": _SIZE}
_WHY = {
    "missions": (
        "the requests are an estimate (a battalion asks once a week); how many came to the formation was not recorded",
        "les demandes sont une estimation (un bataillon demande une fois par semaine); leur nombre n'est pas connu",
    ),
    "hours": (
        "more missions, escorts counted; evacuation, training, tests and ferry are in the hours flown, not in these",
        "plus de missions, escortes comprises; évacuation, entraînement et essais ne comptent que dans le réalisé",
    ),
    "pax": (
        "follows the number of missions; what contracted aircraft carried of the demand was not recorded",
        "suit le nombre de missions; la part des appareils sous contrat n'est pas connue",
    ),
    "tonnes": ("follows the number of missions, as passengers do", "suit le nombre de missions, comme les passagers"),
    "pax_mission": (
        "the programme joins requests on the way, as long as seats last",
        "le programme réunit des demandes en route, tant qu'il y a des sièges",
    ),
    "tonnes_mission": (
        "the programme joins requests on the way, as long as payload lasts",
        "le programme réunit des demandes en route, tant que la charge le permet",
    ),
}
