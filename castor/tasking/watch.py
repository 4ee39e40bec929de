"""What must stay covered while others fly, lowered: who can stand by where, and what each subset of them covers when.

A post is a formation that may stand by at a base. It is held while its lead and escorts are there and ready; how many
more of the same stand beside it changes nothing for cover. Units whose formation may stand by also answer while they
are on tour: from where they land next, once they have set down what they carry.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from castor.cover.demand import demand
from castor.cover.reach import clock, in_use
from castor.errors import Infeasible
from castor.flight.geodesy import is_night, sun_times
from castor.flight.performance import Unit
from castor.mission.model import Formation, Mission, Place
from castor.tasking.answering import ways
from castor.tasking.arrays import Watch
from castor.tasking.forward import Station, flown, stations

if TYPE_CHECKING:
    from castor.tasking.lower import Flyer, Out

MINUTE = dt.timedelta(minutes=1)
MOST_POSTS = 10
SLACK = 1e-10
Bools = NDArray[np.bool_]
Within = tuple[dt.datetime, dt.datetime]


class Post(Struct, frozen=True):
    """A formation (or a single helicopter's type as one) that may stand by at a base."""

    formation: Formation
    base: str
    single: bool


class Watched(Struct, frozen=True, eq=False):
    """The cover of a plan's time: posts, pools, arrays; ``all_posts`` (M,) the share that all of them together
    cover.
    """

    posts: tuple[Post, ...]
    stations: tuple[Station, ...]
    pools: tuple[tuple[str, str], ...]
    answers: Any
    arrays: Watch
    all_posts: Any


def watch(
    mission: Mission, within: Within, places: Sequence[Place], pools: Sequence[tuple[str, str]],
    units: Sequence[Unit], flyers: Sequence[Flyer], floor: float, outs: Sequence[Out] | None = None,
) -> Watched:  # fmt: skip
    """Lower the cover between two moments; raises ``Infeasible`` where all posts together stay below the floor.

    ``outs`` tells that a plan under way is changed: then nobody is sent to an alert post anew.
    """
    posts = _posts(mission, within)
    away = stations(mission, within, flyers, posts) if floor > 0 and outs is None else ()
    every = dict.fromkeys(pools)
    for post in posts:
        every[post.formation.lead, post.base] = None
        if post.formation.escorts:
            every[post.formation.escort, post.base] = None
    pool = {key: at for at, key in enumerate(every)}
    days = _Days(mission, within)
    masks = _Masks(mission, posts, days)
    minute, states = _classes(mission, [*(post.base for post in posts), *(one.place for one in away)], within)
    met, mask = _tables(masks, days, states, posts, floor)
    answering, answers = _answering(mission, units, flyers)
    known = ways(mission, answering, places, days.points, days.dates)
    full = [unit.reach_km(mission.rules.flying) for unit in answering]
    have = _have(mission, within, list(every), outs or ())
    lead = [pool[post.formation.lead, post.base] for post in posts]
    escorts = [post.formation.escorts for post in posts]
    escort = [pool[p.formation.escort, p.base] if p.formation.escorts else lead[j] for j, p in enumerate(posts)]
    clock_ = mission.rules.clock
    arrays = Watch(
        have=have, lead=np.array(lead, np.int64), escort=np.array(escort, np.int64), escorts=np.array(escorts, int),
        minute=minute, met=met, mask=mask, day=np.array([day for day, _ in states], np.int64), weight=days.weight,
        floor=floor, point=known[0], need=known[1], slack=known[2], first_way=known[3],
        told=clock_.report_min + clock_.approval_min, full=np.array(full, float), spots=_spots(places),
        station=np.array([[one.out, one.refuel, one.back, one.first] for one in away], np.int64).reshape(-1, 4),
        station_mask=_station_masks(mission, away, days, states, len(posts)),
    )  # fmt: skip
    best = _best(arrays)
    if floor > 0 and best.size and best.min() < floor - SLACK:
        if not outs:
            _refuse(mission, within, posts, best, floor)
        arrays = _lowered(arrays, best, floor)
    return Watched(posts, away, tuple(every), answers, arrays, best)


def _posts(mission: Mission, within: Within) -> tuple[Post, ...]:
    """Formations that may stand by, at each base with their lead and enough escorts; single helicopters where none
    is.
    """
    from castor.tasking.lower import span

    here = [a for a in mission.aircraft if _some(span(a.start, a.end, within))]
    standing = [f for f in mission.formations if f.role != "transport"]
    singles = not standing
    if singles:
        bound = {f.lead for f in mission.formations} | {f.escort for f in mission.formations if f.escorts}
        kinds = dict.fromkeys(a.type for a in here if a.type not in bound)
        standing = [
            Formation(id=kind, name=kind, lead=kind) for kind in kinds
            if mission.type[kind].kind == "helicopter" and mission.type[kind].litters
        ]  # fmt: skip
    found = []
    for formation in standing:
        if not _some(span(formation.start, formation.end, within)):
            continue
        for base in dict.fromkeys(a.base for a in here if a.type == formation.lead):
            own = [a.type for a in here if a.base == base]
            more = formation.escorts + (formation.lead == formation.escort)
            if not formation.escorts or own.count(formation.escort) >= more:
                found.append(Post(formation, base, singles))
    return tuple(found[:MOST_POSTS])


def _some(minutes: tuple[int, int]) -> bool:
    return minutes[1] > minutes[0]


class _Days:
    """Points of all the plan's days, those that weigh something, and their weights by day (D, 64 Z)."""

    def __init__(self, mission: Mission, within: Within) -> None:
        last = (within[1] - MINUTE).date()
        self.dates = [within[0].date() + dt.timedelta(days=n) for n in range((last - within[0].date()).days + 1)]
        by = mission.rules.cover.weights
        rows: list[dict[tuple[float, float], float]] = []
        for date in self.dates:
            one = demand(mission, date)
            rows.append({(a, b): w for a, b, w in zip(one.lat.tolist(), one.lon.tolist(), one.share(by).tolist()) if w})
        points = list(dict.fromkeys(at for row in rows for at in row))
        self.points = (np.array([p[0] for p in points]), np.array([p[1] for p in points]))
        self.weight = np.zeros((len(rows), 64 * max(1, math.ceil(len(points) / 64))))
        for day, row in enumerate(rows):
            for at, point in enumerate(points):
                self.weight[day, at] = row.get(point, 0.0)


class _Masks:
    """Points (C,) that a post covers on a day, by day or by night; worked out once for days on which nothing
    differs.
    """

    def __init__(self, mission: Mission, posts: Sequence[Post], days: _Days) -> None:
        self.mission, self.posts, self.days = mission, posts, days
        self.known: dict[tuple[Any, ...], Bools] = {}

    def of(self, j: int, day: int, night: bool) -> Bools:
        """Points covered by post j; none on days on which its formation, or another before it, stands by instead."""
        date, post = self.days.dates[day], self.posts[j]
        none = np.zeros(self.days.points[0].size, np.bool_)
        first = [p for p in self.posts if p.base == post.base and p.formation.lead == post.formation.lead
                 and _on(p.formation, date)]  # fmt: skip
        if not first or first[0] is not post or not in_use(self.mission.place[post.base], date):
            return none
        used = tuple(place.id for place in self.mission.places if in_use(place, date) and (place.fuel or place.medical))
        key = (j, used, night)
        if key not in self.known:
            found = clock(self.mission, post.formation, [post.base], self.days.points, day=date, night=night)
            self.known[key] = found.covered()[0] if none.size else none
        return self.known[key]


def _on(formation: Formation, date: dt.date) -> bool:
    return (formation.start is None or formation.start <= date) and (formation.end is None or date <= formation.end)


State = tuple[int, tuple[tuple[bool, ...], ...]]
"""A day and the nights (one flag a post, then one an alert post) that a minute meets."""


def _classes(mission: Mission, names: Sequence[str], within: Within) -> tuple[Any, list[State]]:
    """Class of each minute (M,), and for each class the day and what is night where: a minute in which the sun rises
    or sets somewhere has both.
    """
    minutes = round((within[1] - within[0]) / MINUTE)
    places = [mission.place[name] for name in names]
    suns = [_suns(place, within) for place in places]
    extra: dict[int, list[float]] = {}
    for rows in suns:
        for one in rows:
            for moment in one:
                if 0 <= moment < minutes and moment != math.floor(moment):
                    extra.setdefault(math.floor(moment), []).append(moment)
    known: dict[State, int] = {}
    found = np.zeros(minutes, np.int64)
    for m in range(minutes):
        day = ((within[0] + m * MINUTE).date() - within[0].date()).days
        moments = [float(m), *extra.get(m, ())]
        nights = {tuple(_night(p, within[0], rows, t) for p, rows in zip(places, suns)) for t in moments}
        state = (day, tuple(sorted(nights)))
        found[m] = known.setdefault(state, len(known))
    return found, list(known)


def _suns(place: Place, within: Within) -> list[tuple[float, float]]:
    """Sunrise and sunset in minutes of the plan, for every day that matters; empty where the sun does not cross."""
    first = within[0].date() - dt.timedelta(days=1)
    found = []
    for day in range((within[1].date() - first).days + 2):
        sun = sun_times(place.lat, place.lon, first + dt.timedelta(days=day))
        if sun.rise is None or sun.set is None:
            return []
        found.append(((sun.rise - within[0]) / MINUTE, (sun.set - within[0]) / MINUTE))
    return found


def _night(place: Place, start: dt.datetime, suns: list[tuple[float, float]], minute: float) -> bool:
    if not suns:
        return bool(is_night(place.lat, place.lon, start + minute * MINUTE))
    return not any(rise <= minute < down for rise, down in suns)


def _tables(
    masks: _Masks, days: _Days, states: Sequence[State], posts: Sequence[Post], floor: float
) -> tuple[Any, Any]:
    """For every class and subset of posts: whether it meets the floor (L, 2^J), and the points it covers (L, 2^J,
    Z).
    """
    met = np.ones((len(states), 1 << len(posts)), np.bool_)
    mask = np.zeros((len(states), 1 << len(posts), days.weight.shape[1] // 64), np.uint64)
    for number, (day, nights) in enumerate(states):
        every = np.ones((1 << len(posts), days.weight.shape[1]), np.bool_)
        for night in nights:
            covers = np.zeros_like(every)
            for j in range(len(posts)):
                covers[1 << j : 2 << j] = covers[: 1 << j]
                covers[1 << j : 2 << j, : days.points[0].size] |= masks.of(j, day, night[j])
            every &= covers
            met[number] &= covers @ days.weight[day] >= floor - SLACK
        mask[number] = _packed(every)
    return met, mask


def _packed(points: Bools) -> Any:
    """Points (..., 64 Z) as bits of words (..., Z)."""
    return np.packbits(points, axis=-1, bitorder="little").view("<u8").astype(np.uint64)


def _station_masks(mission: Mission, away: Sequence[Station], days: _Days, states: Sequence[State], posts: int) -> Any:
    """Points (L, S, 3, Z) that a formation sent to an alert post covers on its way out, while it waits, on its way
    back.
    """
    found = np.zeros((len(states), len(away), 3, days.weight.shape[1] // 64), np.uint64)
    for s, one in enumerate(away):
        masks = _Masks(mission, [Post(one.formation, one.place, False)], days)
        way = [flown(mission, one, days.points, date) for date in days.dates]
        for number, (day, nights) in enumerate(states):
            waits = np.logical_and.reduce([masks.of(0, day, night[posts + s]) for night in nights])
            for phase, covers in enumerate((way[day][0], waits, way[day][1])):
                found[number, s, phase] = _packed(np.pad(covers, (0, days.weight.shape[1] - covers.size)))
    return found


def _answering(mission: Mission, units: Sequence[Unit], flyers: Sequence[Flyer]) -> tuple[list[Unit], Any]:
    """Kinds of unit that answer while on tour, and for each flyer (U,) which of them it is, or -1."""
    stand = any(one.role != "transport" for one in mission.formations)
    found: dict[str, Unit] = {}
    answers = []
    for flyer, unit in zip(flyers, units):
        lead = unit.lead
        if flyer.formation is not None:
            able = flyer.formation.role != "transport"
        else:
            able = not stand and lead.kind == "helicopter" and lead.litters > 0
        if able:
            found.setdefault(unit.id, unit)
            answers.append(list(found).index(unit.id))
        else:
            answers.append(-1)
    return list(found.values()), np.array(answers, np.int64)


def _lowered(arrays: Watch, best: Any, floor: float) -> Watch:
    """Where all posts together stay below the floor, what they give is the floor: no flight may take more away."""
    minute, met, mask, day = arrays.minute.copy(), [*arrays.met], [*arrays.mask], [*arrays.day]
    known: dict[tuple[int, float], int] = {}
    shares = _shares(arrays)
    for m in np.flatnonzero(best < floor - SLACK):
        key = (int(minute[m]), float(best[m]))
        if key not in known:
            known[key] = len(met)
            met.append(shares[key[0]] >= key[1] - SLACK)
            mask.append(arrays.mask[key[0]])
            day.append(arrays.day[key[0]])
        minute[m] = known[key]
    return arrays._replace(minute=minute, met=np.array(met), mask=np.array(mask), day=np.array(day))


def _have(mission: Mission, within: Within, pools: Sequence[tuple[str, str]], outs: Sequence[Out]) -> Any:
    """Airframes to be had of each pool at each minute (G, M)."""
    from castor.tasking.lower import span

    have = np.zeros((len(pools), round((within[1] - within[0]) / MINUTE)), np.int64)
    for g, (kind, base) in enumerate(pools):
        for aircraft in mission.aircraft:
            first, last = span(aircraft.start, aircraft.end, within)
            if aircraft.type == kind and aircraft.base == base and last > first:
                have[g, first:last] += 1
                for out in outs:
                    if out.tail == aircraft.tail:
                        have[g, max(first, out.since) : min(last, out.until)] -= 1
    return have


def _spots(places: Sequence[Place]) -> Any:
    """For each place (P, 2) the number of its row among those with few parking spots, or -1, and its spots."""
    found = np.full((max(1, len(places)), 2), -1, np.int64)
    rows = 0
    for at, place in enumerate(places):
        if place.parking is not None:
            found[at] = rows, place.parking
            rows += 1
    return found


def _best(arrays: Watch) -> Any:
    """Share that all posts cover while nobody flies, at each minute (M,)."""
    share = _shares(arrays)
    return np.array([share[level, _held(arrays, m)] for m, level in enumerate(arrays.minute)])


def _shares(arrays: Watch) -> Any:
    """Share that each subset of the posts covers in each class of minutes (L, 2^J)."""
    words = np.ascontiguousarray(arrays.mask).view(np.uint8)
    bits = np.unpackbits(words, axis=-1, bitorder="little").astype(bool)  # (L, 2^J, 64 Z)
    return np.einsum("lsc,lc->ls", bits, arrays.weight[arrays.day])


def _held(arrays: Watch, m: int) -> int:
    """Subset of the posts that are held at a minute while nobody flies; posts that share airframes come in order."""
    free, subset = arrays.have[:, m].copy(), 0
    for j, (lead, escort, escorts) in enumerate(zip(arrays.lead, arrays.escort, arrays.escorts)):
        free[lead] -= 1
        free[escort] -= escorts
        if free[lead] >= 0 and free[escort] >= 0:
            subset |= 1 << j
        else:
            free[lead] += 1
            free[escort] += escorts
    return subset


def _refuse(mission: Mission, within: Within, posts: Sequence[Post], best: Any, floor: float) -> None:
    at = int(best.argmin())
    when = within[0] + at * MINUTE
    if not posts:
        raise Infeasible(f"No formation stands by between {within[0]} and {within[1]}: no cover can be kept.")
    names = ", ".join(f"{post.formation.id} at {post.base}" for post in posts)
    most = math.floor(float(best[at]) * 1e4) / 1e4  # never more than can be asked for
    raise Infeasible(
        f"A floor of {floor:.2%} cannot be kept. The best that can be had at all times is {most:.2%} of "
        f"{mission.rules.cover.weights}: with every formation standing by ({names}) and nobody flying, at "
        f"{when:%Y-%m-%d %H:%M}."
    )
