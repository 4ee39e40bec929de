"""Who stands by: every complete formation that is on the ground at its base and ready, handed over as others leave."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from castor.flight.plan import Standby
from castor.mission.model import Aircraft
from castor.tasking.lower import Lowered, span, unit_name
from castor.tasking.sorties import Sortie, Stay
from castor.tasking.watch import Post

Team = tuple[str, ...]


def standing(low: Lowered, flown: Sequence[Sortie]) -> tuple[Standby, ...]:
    """Standby rows of a programme: at each change of who is there, formations keep their aircraft where they can."""
    away: dict[str, list[tuple[int, int]]] = {}
    for one in flown:
        for tail in one.tails:
            away.setdefault(tail, []).append((one.off, one.ready))
    for out in low.outs:
        away.setdefault(out.tail, []).append((out.since, out.until))
    moments = _moments(low, flown)
    held: dict[tuple[int, Team], int] = {}
    rows: list[Standby] = []
    for at, until in zip(moments, [*moments[1:], low.minutes]):
        now = _teams(low, away, (at, until), list(held))
        for key in [key for key in held if key not in now]:
            rows.append(_row(low, key, held.pop(key), at))
        for key in now:
            held.setdefault(key, at)
    rows += [_row(low, key, since, low.minutes) for key, since in held.items()]
    rows += [_away(low, one, one.stay) for one in flown if one.stay is not None]
    return tuple(sorted(rows, key=lambda row: (row.start, row.unit, row.place)))


def _away(low: Lowered, one: Sortie, stay: Stay) -> Standby:
    """A wait at an alert post."""
    return Standby(
        unit=name_of(low, one), tails=" ".join(one.tails), place=low.watched.stations[stay.station].place,
        start=low.moment(stay.since), end=low.moment(stay.until),
    )  # fmt: skip


def name_of(low: Lowered, one: Sortie) -> str:
    """What a sortie's unit is called in plans: what it flies as, or the formation that stands by."""
    if one.stay is None:
        return low.flyers[one.unit].name
    formation = low.watched.stations[one.stay.station].formation
    leads = [aircraft.tail for aircraft in low.mission.aircraft if aircraft.type == formation.lead]
    return unit_name(formation.id, leads.index(one.tails[0]))


def _moments(low: Lowered, flown: Sequence[Sortie]) -> list[int]:
    """Minutes at which who is on the ground may change."""
    found = {0}
    for one in flown:
        found |= {one.off, one.ready}
    found |= {minute for out in low.outs for minute in (out.since, out.until)}
    within = (low.start, low.end)
    for tail in low.mission.aircraft:
        found |= set(span(tail.start, tail.end, within))
    for formation in low.mission.formations:
        found |= set(span(formation.start, formation.end, within))
    return sorted(minute for minute in found if 0 <= minute < low.minutes)


def _teams(
    low: Lowered, away: dict[str, list[tuple[int, int]]], during: tuple[int, int], before: list[tuple[int, Team]]
) -> list[tuple[int, Team]]:
    """Complete formations at each post (by number) between two minutes; those that stood before come first."""
    within = (low.start, low.end)
    free = [
        aircraft for aircraft in low.mission.aircraft
        if _there(span(aircraft.start, aircraft.end, within), during)
        and not any(off < during[1] and during[0] < ready for off, ready in away.get(aircraft.tail, ()))
    ]  # fmt: skip
    names = {aircraft.tail for aircraft in free}
    found = []
    for number, post in enumerate(low.watched.posts):
        if not _first_on(low, post, during):
            continue
        for post_number, team in before:
            if post_number == number and set(team) <= names:
                found.append((number, team))
                names -= set(team)
        while team := _team(post, [aircraft for aircraft in free if aircraft.tail in names]):
            found.append((number, team))
            names -= set(team)
    return found


def _first_on(low: Lowered, post: Post, during: tuple[int, int]) -> bool:
    """Whether a post's formation is the one that stands by with that lead at that base then."""
    within = (low.start, low.end)
    for other in low.watched.posts:
        same = other.base == post.base and other.formation.lead == post.formation.lead
        if same and _there(span(other.formation.start, other.formation.end, within), during):
            return other is post
    return False


def _there(present: tuple[int, int], during: tuple[int, int]) -> bool:
    return present[0] <= during[0] and during[1] <= present[1]


def _team(post: Post, free: Sequence[Aircraft]) -> Team:
    """A lead and its escorts from the free airframes of a base, or nobody."""
    own = [aircraft for aircraft in free if aircraft.base == post.base]
    lead = next((aircraft.tail for aircraft in own if aircraft.type == post.formation.lead), None)
    if lead is None:
        return ()
    if not post.formation.escorts:
        return (lead,)
    escorts = [aircraft.tail for aircraft in own if aircraft.type == post.formation.escort and aircraft.tail != lead]
    many = post.formation.escorts
    return (lead, *escorts[:many]) if len(escorts) >= many else ()


def _row(low: Lowered, key: tuple[int, Team], since: int, until: int) -> Standby:
    number, team = key
    post = low.watched.posts[number]
    leads = [aircraft.tail for aircraft in low.mission.aircraft if aircraft.type == post.formation.lead]
    name = team[0] if post.single else unit_name(post.formation.id, leads.index(team[0]))
    start, end = (low.start + dt.timedelta(minutes=minute) for minute in (since, until))
    return Standby(unit=name, tails=" ".join(team), place=post.base, start=start, end=end)
