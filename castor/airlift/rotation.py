"""Rotations: contingents out and back with an overlap; authorised against deployed strength through the calendar."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise

from msgspec import Struct

from castor.cover.calendar import calendar
from castor.mission.model import Contingent, Load, Mission

DAY = dt.timedelta(days=1)
PARTS = {"uniformed": ("military", "police", "uniformed")}
"""Components whose authorised strengths make up that of another."""


class Strength(Struct, frozen=True):
    """Strength from a day to a day, both included: authorised, deployed, and of the deployed the women that are known.

    ``authorised`` and ``deployed`` are ``None`` where no row says; ``unsexed`` is the part of the deployed strength
    whose rows do not say how many are women. ``countries`` and ``women_of`` are by contributor.
    """

    start: dt.date
    end: dt.date
    role: str
    authorised: int | None
    deployed: int | None
    women: int
    unsexed: int
    countries: Mapping[str, int]
    women_of: Mapping[str, int]

    @property
    def filled(self) -> float | None:
        """Deployed over authorised."""
        return None if self.deployed is None or not self.authorised else self.deployed / self.authorised


def strengths(mission: Mission, role: str = "military", country: str = "") -> list[Strength]:
    """Authorised and deployed strength of a component, from change to change.

    With a country only its own contingents count as deployed. Without one, where a mission lists totals for all
    contributors (rows without a country), only those count: the contingents listed beside them are not all there were.
    """
    within = PARTS.get(role, (role,))
    rows = [one for one in mission.contingents if one.role == role or (one.kind == "authorised" and one.role in within)]
    first, last = _span(mission, rows)
    marks = {first, last + DAY}
    for one in rows:
        marks |= {one.start} if one.start else set()
        marks |= {one.end + DAY} if one.end else set()
    days = sorted(marks)
    return [_strength(rows, role, country, a, b - DAY) for a, b in pairwise(days)]


def _span(mission: Mission, rows: Iterable[Contingent]) -> tuple[dt.date, dt.date]:
    starts = [one.start for one in rows if one.start is not None]
    ends = [one.end for one in rows if one.end is not None]
    return min([*starts, mission.start]), max([*ends, mission.end])


def _strength(rows: list[Contingent], role: str, country: str, start: dt.date, end: dt.date) -> Strength:
    there = [one for one in rows if _present(one, start)]
    authorised = [one.strength for one in there if one.kind == "authorised"]
    deployed = [one for one in there if one.kind == "deployed"]
    totals = any(one.kind == "deployed" and not one.country for one in rows)
    counted = [one for one in deployed if one.country == country or (not country and not totals)]
    by_country: Counter[str] = Counter()
    women: Counter[str] = Counter()
    for one in deployed:
        if one.country:
            by_country[one.country] += one.strength
            women[one.country] += one.women or 0
    known = {one.country for one in deployed} - {one.country for one in deployed if one.women is None}
    unsexed = sum(one.strength for one in counted if one.women is None)
    return Strength(
        start, end, role, sum(authorised) if authorised else None,
        sum(one.strength for one in counted) if counted else None,
        sum(one.women or 0 for one in counted), unsexed, dict(by_country),
        {name: women[name] for name in by_country if name in known},
    )  # fmt: skip


def _present(one: Contingent, day: dt.date) -> bool:
    return (one.start is None or one.start <= day) and (one.end is None or day <= one.end)


def shortfalls(mission: Mission, least: int, role: str = "military", country: str = "") -> list[Strength]:
    """Times, within those of the country's first and last contingent, at which deployed strength is below ``least``."""
    found = strengths(mission, role, country)
    there = [k for k, one in enumerate(found) if one.deployed is not None]
    return [one for one in found[there[0] : there[-1] + 1] if (one.deployed or 0) < least] if there else []


class Watch(Struct, frozen=True):
    """A time without a change of people, fleet or camps: who was there, and what they covered.

    ``lacking`` is what the strength falls short of the least one stated; ``ready`` the probability that a formation can
    be made up, and the shares of the people to be covered that one then reaches in time, by day and by night.
    """

    start: dt.date
    end: dt.date
    deployed: int
    lacking: int
    formations: tuple[str, ...]
    ready: float
    people_day: float
    people_night: float


def watch(mission: Mission, country: str = "", least: int | None = None) -> list[Watch]:
    """Strength of a country's contingents and the evacuation cover at every date from the first of them to the last.

    With ``least`` only the times with a strength below it, or without any cover.
    """
    found = [one for one in strengths(mission, country=country) if one.deployed is not None]
    if not found:
        return []
    spans = calendar(mission, found[0].start, found[-1].end)
    rows = [
        Watch(
            max(one.start, span.start), min(one.end, span.end), one.deployed or 0,
            max((least or 0) - (one.deployed or 0), 0), span.formations, span.ready, span.people_day, span.people_night,
        )
        for one in found
        for span in spans
        if max(one.start, span.start) <= min(one.end, span.end)
    ]  # fmt: skip
    return rows if least is None else [row for row in rows if row.lacking or not row.formations]


def rotation_loads(mission: Mission, days: int = 10, country: str = "") -> tuple[Load, ...]:
    """Passengers out and back for every deployed contingent that says where it comes from and is stationed.

    Out: ready ``days`` before and due as the contingent begins; one that relieves another is due the overlap
    (``rules.airlift``) before the other leaves. Back: ready as it ends, due ``days`` later.
    """
    known = {one.id: one for one in mission.contingents}
    overlap = dt.timedelta(days=mission.rules.airlift.overlap_days)
    loads: list[Load] = []
    for one in mission.contingents:
        if one.kind != "deployed" or not (one.origin and one.place) or (country and one.country != country):
            continue
        before = known.get(one.relieves)
        if one.start is not None:
            due = _midnight(one.start)
            if before is not None and before.end is not None:
                due = _midnight(before.end + DAY) - overlap
            loads.append(_people(one, "out", (one.origin, one.place), due - days * DAY, due))
        if one.end is not None:
            ready = _midnight(one.end)
            loads.append(_people(one, "back", (one.place, one.origin), ready, ready + days * DAY))
    return tuple(loads)


def _people(one: Contingent, way: str, ends: tuple[str, str], ready: dt.datetime, due: dt.datetime) -> Load:
    return Load(
        id=f"{one.id}-{way}", name=one.name, origin=ends[0], destination=ends[1], available=ready, due=due,
        pax=one.strength, operation="rotations", source=one.source, priority=2,
    )  # fmt: skip


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())
