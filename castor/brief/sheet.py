"""The daily sheet: a day's flying programme as planners print and pin it up, on A4, in both languages.

By unit with its tails: legs with ETD and ETA, what is on board, what boards and leaves, fuel, crew duty against its
limit; who stands by for evacuation and what remains covered; the manifest by request; what was refused and why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from html import escape
from typing import Literal, NamedTuple

import msgspec

from castor.brief.details import detail
from castor.brief.page import asset, script
from castor.brief.parts import Markup, table
from castor.brief.sections.programme import by_tail
from castor.brief.words import Both, both, day, exact, join, number, percent, word
from castor.cover.audit import State, cover_through
from castor.flight.carried import carried
from castor.flight.check import Violation, check
from castor.flight.geodesy import is_night, sun_times
from castor.flight.plan import Flight, Plan, Unserved
from castor.flight.rests import Rest, rests
from castor.mission.model import Mission, Request

MINUTE = dt.timedelta(minutes=1)


class _Whole(NamedTuple):
    """What is found of the whole plan, of which a sheet shows a day: states of cover, rules broken, rests away."""

    states: Sequence[State]
    broken: Sequence[Violation]
    away: Sequence[Rest]


def sheet(mission: Mission, plan: Plan, date: dt.date | None = None, *, lang: Literal["en", "fr"] = "en") -> str:
    """The sheet of a day of a plan, or of each of its days that has a flight or a unit on standby, as one HTML page.

    It opens in ``lang``; the other language is a click away.
    """
    days = [date] if date is not None else days_of(plan)
    states = cover_through(mission, plan) if plan.standby or plan.flights else []
    whole = _Whole(states, check(mission, plan), rests(mission, plan))
    body = "".join(_day(mission, day_of(mission, plan, one), one, whole) for one in days)
    title = word("sheet.title") + " " + join([f"{one:%Y-%m-%d}" for one in days[:1]])
    radios = "".join(
        f"<input type=radio name=lang id=lang-{one} class=lang{' checked' if one == lang else ''}>"
        for one in ("en", "fr")
    )
    return (
        f"<!doctype html><html lang={lang}><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width,initial-scale=1"><meta name=color-scheme content=light>'
        f"<title>{title.attribute()}</title><link rel=icon href=data:,>"
        f"<style>{asset('page.css')}{asset('sheet.css')}</style>"
        f'{radios}<div class="page sheet">{_switch()}<main>{body}</main></div><script>{script()}</script>\n'
    )


def days_of(plan: Plan) -> list[dt.date]:
    """The days on which a plan flies; where it never does, the days on which somebody stands by."""
    flown = {flight.off.date() for flight in plan.flights}
    return sorted(flown or {wait.start.date() for wait in plan.standby} or {plan.start.date()})


def day_of(mission: Mission, plan: Plan, date: dt.date) -> Plan:
    """A plan's day: legs that take off on it, waits cut at midnight, what of that day's requests was left out."""
    start = dt.datetime.combine(date, dt.time())
    end = start + dt.timedelta(days=1)
    waits = [
        msgspec.structs.replace(wait, start=max(wait.start, start), end=min(wait.end, end))
        for wait in plan.standby
        if wait.start < end and wait.end > start
    ]
    return msgspec.structs.replace(
        plan,
        start=max(plan.start, start),
        end=min(max(plan.end, start), end),
        flights=tuple(one for one in plan.flights if start <= one.off < end),
        standby=tuple(waits),
        unserved=tuple(one for one in plan.unserved if _asks(mission, one, start, end)),
    )


def _asks(mission: Mission, left: Unserved, start: dt.datetime, end: dt.datetime) -> bool:
    request = mission.request.get(left.request)
    return request is None or (request.earliest < end and request.latest > start)


def _switch() -> str:
    return (
        "<div class=top><span></span><p class=switch><label for=lang-en lang=en>English</label>"
        "<label for=lang-fr lang=fr>Français</label></p></div>"
    )


def _day(mission: Mission, plan: Plan, date: dt.date, whole: _Whole) -> str:
    title = Both(mission.title.get("en", mission.name), mission.title.get("fr", mission.title.get("en", mission.name)))
    name = Both(date.strftime("%A"), _JOURS[date.weekday()])
    body = f"<h1>{word('sheet.title').html()}</h1>"
    said = [f"<b>{(name + ' ' + day(date)).html()}</b>", title.html(), _sun(mission, plan, date)]
    body += f"<p class=sub>{' · '.join(one for one in said if one)}</p>"
    today = [one for one in whole.states if one.start < plan.end and one.end > plan.start]
    away = [one for one in whole.away if one.start < plan.end and one.end > plan.start]
    body += _facts(mission, plan, today) + _broken(plan, whole.broken)
    if plan.flights or plan.standby:
        body += by_tail(mission, plan, _span(plan), away)
    units = dict.fromkeys(leg.unit for leg in plan.flights)
    body += "".join(_unit(mission, [leg for leg in plan.flights if leg.unit == unit]) for unit in units)
    body += _standby(mission, plan, today) + _manifest(mission, plan) + _unserved(mission, plan) + _fuel(mission, plan)
    return f"<section class=day>{body}{_sign(plan)}</section>"


_JOURS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def _span(plan: Plan) -> tuple[dt.datetime, dt.datetime]:
    """The whole day, longer where a leg lands after midnight."""
    start = dt.datetime.combine(plan.start.date(), dt.time())
    return start, max([start + dt.timedelta(days=1), *(leg.on for leg in plan.flights)])


def _sun(mission: Mission, plan: Plan, date: dt.date) -> str:
    """Sunrise and sunset where most flying starts."""
    starts = [leg.origin for leg in plan.flights] + [wait.place for wait in plan.standby]
    known = [name for name in starts if name in mission.place]
    if not known:
        return ""
    place = mission.place[max(sorted(set(known)), key=known.count)]
    sun = sun_times(place.lat, place.lon, date)
    if sun.rise is None or sun.set is None:
        return ""
    return word("sheet.sun", place=_name(mission, place.id), rise=_z(sun.rise), set=_z(sun.set)).html()


def _z(moment: dt.datetime) -> str:
    """To the nearest minute: 0651."""
    return f"{moment + dt.timedelta(seconds=30):%H%M}"


def _facts(mission: Mission, plan: Plan, states: Sequence[State]) -> str:
    load = carried(mission, plan.flights)
    weights = mission.rules.cover.weights
    least = min((float(getattr(one, weights)) for one in states), default=None)
    told = [
        (word("sheet.flights"), exact(len(plan.flights))),
        (word("sheet.hours"), number(sum(leg.minutes for leg in plan.flights) / 60, 1)),
        (word("sheet.requests"), both(f"{load.requests}/{load.requests + len(plan.unserved)}")),
        (word("pax").capital(), number(load.pax)),
        (word("sheet.tonnes"), number(load.kg / 1000, 1)),
        (word("sheet.least"), both("–") if least is None else percent(least)),
    ]
    items = "".join(f"<div><dt>{name.html()}<dd>{value.html()}</div>" for name, value in told)
    return f"<dl class=facts>{items}</dl>"


def _broken(plan: Plan, broken: Sequence[Violation]) -> str:
    """A warning where the independent judge finds a rule of flying broken on the plan's day, or at no one time."""
    found = [one for one in broken if one.when is None or plan.start <= one.when < plan.end]
    if not found:
        return ""
    more = " …" if len(found) > 4 else ""
    told = "; ".join(f"{one.what} {one.en}" for one in found[:4]) + more
    dit = "; ".join(f"{one.what} {one.fr}" for one in found[:4]) + more
    said = word("sheet.broken", n=exact(len(found)), what=Both(told, dit))
    return f"<p class=broken>{said.html()}</p>"


def _unit(mission: Mission, legs: list[Flight]) -> str:
    """A unit's block: who it is, its crews' duties, and its legs."""
    tails = legs[0].tails.split()
    names = " + ".join(
        f"<b>{escape(tail)}</b>" + (f" ({escape(mission.tail[tail].type)})" if tail in mission.tail else "")
        for tail in tails
    )
    formation = mission.formation.get(legs[0].unit.partition("/")[0])
    said = f" <span class=sub>{escape(formation.name)}</span>" if formation is not None else ""
    title = f"<h2>{escape(legs[0].unit)}{said}</h2>"
    duty = "".join(f"<span>{tour.html()}</span>" for tour in _duties(mission, legs))
    return f"<div class=block>{title}<p class=unitline><span>{names}</span>{duty}</p>{_legs(mission, legs)}</div>"


def _duties(mission: Mission, legs: list[Flight]) -> list[Both]:
    """What each tour from base, or after a rest away, asks of a crew, against the limits."""
    rules, tours = mission.rules.flying, list[list[Flight]]()
    aircraft = mission.tail.get(legs[0].tails.split()[0]) if legs[0].tails else None
    rest = dt.timedelta(hours=rules.rest_h)
    for leg in legs:
        home = aircraft is not None and leg.origin == aircraft.base
        if not tours or home or leg.off - tours[-1][-1].on >= rest:
            tours.append([])
        tours[-1].append(leg)
    found = []
    for at, own in enumerate(tours, start=1):
        flown = sum(leg.minutes for leg in own)
        length = (own[-1].on - own[0].off) / MINUTE
        found.append(
            word(
                "sheet.duty", n=exact(at), start=_z(own[0].off), end=_z(own[-1].on), duty=_hm(length),
                most=_hm(60 * rules.duty_h), flown=_hm(flown), limit=_hm(60 * rules.flight_h),
            )
        )  # fmt: skip
    return found


def _hm(minutes: float) -> str:
    whole = round(minutes)
    return f"{whole // 60}:{whole % 60:02d}"


def _legs(mission: Mission, legs: Sequence[Flight]) -> str:
    heads = [
        word(key)
        for key in ("from.place", "sheet.etd", "to.place", "sheet.eta", "sheet.time", "pax", "sheet.kg", "litters",
                    "sheet.uplift", "sheet.fuel", "sheet.aboard")
    ]  # fmt: skip
    rows: list[list[object]] = []
    before: set[str] = set()
    for leg, after in zip(legs, [*legs[1:], None]):
        now = set(leg.aboard)
        then = set(after.aboard) if after is not None else set[str]()
        rows.append(
            [
                _name(mission, leg.origin),
                _clock(mission, leg.origin, leg.off),
                _name(mission, leg.destination),
                _clock(mission, leg.destination, leg.on),
                _hm(leg.minutes),
                leg.pax or None,
                round(leg.cargo_kg) or None,
                leg.litters or None,
                None if leg.uplift_kg is None else round(leg.uplift_kg),
                None if leg.fuel_kg is None else round(leg.fuel_kg),
                _moves(mission, leg, now - before, now - then),
            ]
        )
        before = then & now
    return _lean(heads, rows)


def _moves(mission: Mission, leg: Flight, boards: Iterable[str], leaves: Iterable[str]) -> Markup:
    """What boards before take-off and what is set down after landing."""
    up = [name for name in sorted(boards) if name not in mission.request or mission.request[name].origin == leg.origin]
    down = [
        name
        for name in sorted(leaves)
        if name not in mission.request or mission.request[name].destination == leg.destination
    ]
    said = [f"<span class=up>{escape(name)}</span>" for name in up]
    said += [f"<span class=down>{escape(name)}</span>" for name in down]
    return Markup("".join(said) or (word(f"task.{leg.task}").html() if leg.task != "transport" else ""))


def _clock(mission: Mission, name: str, moment: dt.datetime) -> Markup:
    """A time of day, marked N by night."""
    place = mission.place.get(name)
    night = place is not None and bool(is_night(place.lat, place.lon, moment))
    return Markup(f"<span class=clock>{_z(moment)}</span>" + ("<span class=dark>N</span>" if night else ""))


def _name(mission: Mission, name: str) -> str:
    """A place's name without what stands in brackets after it."""
    return mission.place[name].name.partition(" (")[0] if name in mission.place else name


def _lean(heads: list[Both], rows: list[list[object]]) -> str:
    """A table without the columns of which no row says anything."""
    kept = [at for at in range(len(heads)) if any(row[at] not in (None, "") for row in rows)]
    return table([heads[at] for at in kept], [[row[at] for at in kept] for row in rows])


def _standby(mission: Mission, plan: Plan, states: Sequence[State]) -> str:
    """Who waits where, and what remains covered."""
    heads = [word(key) for key in ("unit", "tails", "place", "from.time", "to.time")]
    rows = [
        [wait.unit, wait.tails, _name(mission, wait.place), _z(wait.start), _until(wait.end, plan)]
        for wait in sorted(plan.standby, key=lambda one: (one.start, one.unit))
    ]
    body = f"<h3>{word('sheet.waits').html()}</h3>"
    body += table(heads, rows) if rows else f"<p class=small>{word('sheet.nobody').html()}</p>"
    return (
        f"<div class=block><h2>{word('sheet.standby').html()}</h2>"
        f"<div class=pair><div>{body}</div><div>{_remains(mission, plan, states)}</div></div></div>"
    )


def _remains(mission: Mission, plan: Plan, states: Sequence[State]) -> str:
    """State by state who could answer a call and what share they cover; like states that follow are one."""
    weights = mission.rules.cover.weights
    merged: list[tuple[dt.datetime, dt.datetime, tuple[str, ...], float]] = []
    for one in states:
        share = float(getattr(one, weights))
        start, end = max(one.start, plan.start), min(one.end, plan.end)
        same = merged and merged[-1][2] == one.units and abs(merged[-1][3] - share) < 5e-4
        if same:
            merged[-1] = (merged[-1][0], end, one.units, share)
        else:
            merged.append((start, end, one.units, share))
    heads = [word(key) for key in ("from.time", "to.time", "sheet.answer", "share.covered")]
    lines = [
        [_z(start), _until(end, plan), ", ".join(units) or word("nobody"), percent(share, 1)]
        for start, end, units, share in merged
    ]
    said = word("sheet.floor", floor=percent(plan.floor))
    return f"<h3>{word('sheet.cover').html()}</h3>{table(heads, lines)}<p class=small>{said.html()}</p>"


def _until(moment: dt.datetime, plan: Plan) -> str:
    midnight = moment > plan.start and moment.time() == dt.time() and moment.date() > plan.start.date()
    return "2400" if midnight else _z(moment)


def _manifest(mission: Mission, plan: Plan) -> str:
    """Every request on board: who, what, from where to where, asked when, flown when and by whom."""
    own: dict[str, list[Flight]] = {}
    for leg in plan.flights:
        for name in leg.aboard:
            own.setdefault(name, []).append(leg)
    if not own:
        return ""
    heads = [
        word(key)
        for key in ("request", "priority", "sheet.asked", "way", "pax", "sheet.kg", "litters", "sheet.window",
                    "sheet.flown", "unit", "sheet.check")
    ]  # fmt: skip
    rows: list[list[object]] = []
    for name, legs in sorted(own.items(), key=lambda item: (item[1][0].off, item[0])):
        r = mission.request.get(name)
        told = _asked(mission, r) if r is not None else [None, None, None, None, None, None, None]
        flown = Markup(f"<span class=clock>{_z(legs[0].off)}–{_z(legs[-1].on)}</span>")
        rows.append([name, *told, flown, " ".join(dict.fromkeys(leg.unit for leg in legs)), Markup("☐")])
    return f"<h2>{word('sheet.manifest').html()}</h2>{_lean(heads, rows)}"


def _asked(mission: Mission, r: Request) -> list[object]:
    way = f"{_name(mission, r.origin)} – {_name(mission, r.destination)}"
    what = Markup(escape(r.requester) + (f" · <b>{escape(r.goods)}</b>" if r.goods else ""))
    return [
        Markup(f"<span class=prio>{r.priority}</span>"),
        what,
        way,
        r.pax or None,
        round(r.cargo_kg) or None,
        r.litters or None,
        f"{_z(r.earliest)}–{_z(r.latest)}",
    ]


def _unserved(mission: Mission, plan: Plan) -> str:
    if not plan.unserved:
        return ""
    heads = [
        word(key)
        for key in ("request", "priority", "sheet.asked", "way", "pax", "sheet.kg", "litters", "sheet.window",
                    "reason", "detail")
    ]  # fmt: skip
    rows: list[list[object]] = []
    for left in plan.unserved:
        r = mission.request.get(left.request)
        told = _asked(mission, r) if r is not None else [None] * 7
        rows.append([left.request, *told, word(f"reason.{left.reason}"), detail(left.detail)])
    return f"<h2>{word('sheet.unserved').html()}</h2>{_lean(heads, rows)}"


def _fuel(mission: Mission, plan: Plan) -> str:
    """Fuel to have ready, by place: of the leads, as the legs say."""
    taken: dict[str, float] = {}
    for leg in plan.flights:
        if leg.uplift_kg:
            taken[leg.origin] = taken.get(leg.origin, 0.0) + leg.uplift_kg
    if not taken:
        return ""
    told = join([f"{_name(mission, name)} " + number(kg) + " kg" for name, kg in sorted(taken.items())], " · ")
    return f"<p class=small><b>{word('sheet.ready').html()}</b> {told.html()}</p>"


def _sign(plan: Plan) -> str:
    boxes = "".join(f"<div>{word(key).html()}</div>" for key in ("sheet.prepared", "sheet.approved", "sheet.issued"))
    good = ""
    if plan.bound is not None and plan.objective is not None:
        good = word(
            "programme.bound",
            bound=number(plan.bound, 1), objective=number(plan.objective, 1), gap=percent(plan.gap or 0.0, 1),
        ).html()  # fmt: skip
    return f"<p class=small>{word('sheet.utc').html()} {good}</p><div class=sign>{boxes}</div>"
