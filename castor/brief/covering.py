"""The cover that the page shows: worked out from the mission by the rooms that know how."""

from __future__ import annotations

import datetime as dt

import msgspec
import numpy as np
from numpy.typing import NDArray

from castor.brief.gather import gathered
from castor.brief.map import Ring, theatre_places
from castor.cover.calendar import Span, calendar
from castor.cover.fleet import standby_formation, strength
from castor.cover.frontier import Ceiling, Step, Team, ceiling, frontier, surgical_teams
from castor.cover.posture import Case, PointTimes, Posture, approvals, case, judge
from castor.cover.reach import Aim, clock
from castor.cover.replay import Flown, replay
from castor.errors import Infeasible
from castor.flight.geodesy import MEAN_RADIUS_KM
from castor.flight.performance import formation_unit
from castor.mission.model import Formation, Mission

APPROVALS = (0.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0)
MOST_BASES, MOST_FORMATIONS = 6, 4
MOST_POINTS, MOST_CAMPS, MOST_RINGS = 10_000, 60, 24
WEIGHTS = ("people", "incidents")
_BEARINGS, _STEP_KM = 72, 3.0


class Top(msgspec.Struct, frozen=True):
    """The most that so many bases can cover by one target, if all are always held; proved."""

    aim: str
    ceiling: Ceiling


class Cover(msgspec.Struct, frozen=True, eq=False):
    """Everything that the cover section shows. ``held`` is the posture as the aircraft were based, by day and night."""

    day: dt.date
    formation: Formation
    held: tuple[str, ...]
    by_day: Posture
    by_night: Posture
    radius_km: float
    chance: NDArray[np.float64]
    points: list[tuple[str, float, float, PointTimes | None]]
    tops: list[Top]
    fleets: list[Step]
    approval: list[tuple[float, Posture]]
    alone: list[tuple[str, Posture]]
    teams: dict[str, list[Team]]
    """By each weighting, where a forward surgical team helps most with two formations; the first row is without."""
    spans: list[Span]
    flown: list[Flown]
    rings: list[Ring]
    gathered_km: float = 0.0
    """The side of the cells into which the incidents were gathered first; 0 where each was reckoned by itself."""


def covering(given: Mission) -> Cover | None:
    """Work out the cover of a mission's first day and calendar; nothing where no formation stands by that day.

    More than ``MOST_POINTS`` incidents are gathered into cells first; more than ``MOST_CAMPS`` camps are not each tried
    with a surgical team, and no reach is outlined about more than ``MOST_RINGS`` bases: the map would show nothing.
    """
    mission, side_km = gathered(given, MOST_POINTS)
    try:
        formation = standby_formation(mission, mission.start)
        held = tuple(dict.fromkeys(s.base for s in strength(mission, formation, mission.start)))
        light = case(mission, formation=formation.id, also=held)
    except Infeasible:
        return None
    if not held or not light.clocks.hospitals:
        return None
    dark = case(mission, formation=formation.id, also=held, night=True)
    return Cover(
        day=mission.start,
        formation=formation,
        held=held,
        by_day=judge(light, held),
        by_night=judge(dark, held),
        radius_km=_radius(mission, formation),
        chance=light.chance,
        points=light.by_point(held),
        tops=_tops(light),
        fleets=frontier(light, MOST_FORMATIONS, weights=["people"]),
        approval=approvals(light, held, APPROVALS),
        alone=[
            (place.id, judge(light, [place.id])) for place in theatre_places(mission) if place.id in light.clocks.places
        ],
        teams=_teams(light),
        spans=calendar(mission),
        flown=replay(mission),
        rings=[ring for place in held for ring in _rings(mission, formation, place)] if len(held) <= MOST_RINGS else [],
        gathered_km=side_km,
    )


def _teams(light: Case) -> dict[str, list[Team]]:
    if sum(place.kind == "camp" for place in light.mission.places) > MOST_CAMPS:
        return {}
    return {by: surgical_teams(light, min(2, len(light.clocks.places)), weights=by) for by in WEIGHTS}


def _radius(mission: Mission, formation: Formation) -> float:
    """How far the formation goes out and back on one tank, great circle."""
    return formation_unit(mission, formation).reach_km(mission.rules.flying) / 2


def _tops(light: Case) -> list[Top]:
    aims: tuple[Aim, ...] = ("surgery", "care")
    return [
        Top(aim, found)
        for by in WEIGHTS
        for aim in aims
        for found in ceiling(msgspec.structs.replace(light, aim=aim), MOST_BASES, by)
    ]


def _rings(mission: Mission, formation: Formation, place: str) -> list[Ring]:
    """The outline of what one place reaches within each target, by bearing, as far as it goes without a break."""
    site = mission.place[place]
    rule = mission.rules.clock
    flying_min = max(rule.care_min, rule.surgery_min) - rule.report_min - rule.approval_min - rule.notice_day_min
    speed = formation_unit(mission, formation).cruise_km_min
    km = np.arange(_STEP_KM, max(flying_min * speed, 2 * _STEP_KM), _STEP_KM)
    turn = np.radians(np.arange(_BEARINGS) * 360.0 / _BEARINGS)
    lat, lon = _destination(site.lat, site.lon, turn[:, None], km[None, :])
    clocks = clock(mission, formation, [place], (lat.ravel(), lon.ravel()), day=mission.start)
    rings = []
    for minutes, within in (
        (clocks.targets[0], clocks.care <= clocks.targets[0]),
        (clocks.targets[1], clocks.surgery <= clocks.targets[1]),
    ):
        ok = within[0].reshape(lat.shape)
        far = np.where(ok.all(axis=1), km.size, np.argmin(ok, axis=1))
        if not far.any():
            continue
        edge = np.maximum(far - 1, 0)
        rows = np.arange(_BEARINGS)
        outline = list(zip(lat[rows, edge].tolist(), lon[rows, edge].tolist()))
        rings.append(Ring(place, minutes, outline))
    return rings


def _destination(
    lat: float, lon: float, turn: NDArray[np.float64], km: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points at a bearing and distance, on the sphere."""
    angle, a = km / MEAN_RADIUS_KM, np.radians(lat)
    north = np.arcsin(np.sin(a) * np.cos(angle) + np.cos(a) * np.sin(angle) * np.cos(turn))
    east = np.arctan2(np.sin(turn) * np.sin(angle) * np.cos(a), np.cos(angle) - np.sin(a) * np.sin(north))
    return np.degrees(north), lon + np.degrees(east)
