"""Where calls arise and what flying to them and on to a hospital takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from castor.cover.demand import demand
from castor.cover.reach import SURGICAL, clock, in_use
from castor.flight.geodesy import matrix_km
from castor.flight.performance import Network, Unit, network
from castor.mission.model import Clock, Mission, Place
from castor.simulate.force import Force

Floats = NDArray[np.float64]
BESIDE_KM = 2.0
"""So near a surgical facility a casualty is carried to it over the ground."""
_STILL = Clock(report_min=0, approval_min=0, notice_day_min=0, notice_night_min=0, scene_min=0)


class Ground(NamedTuple):
    """Zones (Z,) with their share of the calls, and one more, where transfers are fetched; hospitals (H,).

    ``goal`` is the hospital that transfers go to, or -1.
    """

    zones: tuple[str, ...]
    at: tuple[tuple[float, float], ...]
    share: Floats
    hospitals: tuple[Place, ...]
    goal: int
    day: dt.date

    @staticmethod
    def of(mission: Mission, force: Force, day: dt.date) -> Ground:
        """Points with weight within ``area_km`` of a base, as they are on the first day.

        A casualty beside a surgical facility needs no evacuation: such points have no calls.
        """
        said, weights = mission.rules.simulation, mission.rules.cover.weights
        found = demand(mission, day)
        share = found.share(weights)
        if said.area_km is not None:
            bases = _bases(mission)
            lat, lon = np.array([b.lat for b in bases]), np.array([b.lon for b in bases])
            near = matrix_km(lat, lon, found.lat, found.lon).min(axis=0, initial=np.inf) <= said.area_km
            share = np.where(near, share, 0.0)
        hospitals = tuple(p for p in mission.places if p.medical in SURGICAL and in_use(p, day))
        share = np.where(_beside(hospitals, found.lat, found.lon), 0.0, share)
        kept = np.flatnonzero(share > 0)
        zones = [found.names[k] for k in kept]
        at = [(float(found.lat[k]), float(found.lon[k])) for k in kept]
        ids = [h.id for h in hospitals]
        goal = -1
        if said.transfers_year:
            origin = mission.place[said.transfers_from]
            zones.append(origin.id)
            at.append((origin.lat, origin.lon))
            goal = ids.index(said.transfers_to) if said.transfers_to in ids else -1
        total = share.sum()
        return Ground(tuple(zones), tuple(at), share[kept] / total if total else share[kept], hospitals, goal, day)

    def times(
        self, mission: Mission, force: Force, rows: Sequence[tuple[int, str]]
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """Out, in and airborne minutes (H, R, Z) and home minutes (H, R) for each (pool, place) that may be left from.

        Infinite where there is no way, or no way home; pool -1 has none.
        """
        shape = (len(self.hospitals), len(rows), len(self.at))
        out, inn, air = np.full(shape, np.inf), np.full(shape, np.inf), np.full(shape, np.inf)
        home = np.full(shape[:2], np.inf)
        lat, lon = np.array([a[0] for a in self.at]), np.array([a[1] for a in self.at])
        for p, pool in enumerate(force.pools):
            mine = [r for r, row in enumerate(rows) if row[0] == p]
            ways = between(mission, pool.unit, self.day) if mine else None
            if ways is None or not lat.size:
                continue
            places = [rows[r][1] for r in mine]
            for h, one in enumerate(self.hospitals):
                found = clock(_only(mission, one), pool.formation, places, (lat, lon), day=self.day, rules=_STILL)
                back, flown = [], []
                for r in mine:
                    to = rows[r][1] if r < len(force.posts) else pool.base
                    minutes, stops = way(mission, ways, one.id, to)
                    back.append(minutes)
                    flown.append(minutes - stops * pool.unit.refuel_min)
                some = np.isfinite(found.surgery) & np.isfinite(back)[:, None]
                some[:, self.share.size :] &= h == self.goal
                out[h, mine] = np.where(some, found.care, np.inf)
                care, surgery = np.where(some, found.care, 0.0), np.where(some, found.surgery, 0.0)
                inn[h, mine] = np.where(some, surgery - care, np.inf)
                stopped = found.stops * pool.unit.refuel_min
                air[h, mine] = np.where(some, surgery - stopped + np.array(flown)[:, None], np.inf)
                home[h, mine] = back
        return out, inn, air, home


def _beside(hospitals: tuple[Place, ...], lat: Floats, lon: Floats) -> NDArray[np.bool_]:
    """Whether points (C,) are within ``BESIDE_KM`` of a surgical facility."""
    if not hospitals:
        return np.zeros(lat.size, np.bool_)
    km = matrix_km(np.array([h.lat for h in hospitals]), np.array([h.lon for h in hospitals]), lat, lon)
    return np.asarray(km.min(axis=0) <= BESIDE_KM)


def _only(mission: Mission, hospital: Place) -> Mission:
    """The mission with one surgical facility."""
    places = tuple(
        p if p.id == hospital.id else msgspec.structs.replace(p, medical=None) for p in mission.places
    )  # fmt: skip
    return msgspec.structs.replace(mission, places=places)


def _bases(mission: Mission) -> list[Place]:
    leads = {f.lead for f in mission.formations if f.role != "transport"}
    return [mission.place[name] for name in dict.fromkeys(a.base for a in mission.aircraft if a.type in leads)]


def between(mission: Mission, unit: Unit, day: dt.date) -> Network:
    """Quickest ways of a unit between all places of the mission, with the fuel of a day."""
    lat, lon = np.array([p.lat for p in mission.places]), np.array([p.lon for p in mission.places])
    fuel = [bool(p.fuel) and in_use(p, day) for p in mission.places]
    return network(unit, matrix_km(lat, lon, lat, lon), fuel, mission.rules.flying)


def way(mission: Mission, ways: Network, start: str, end: str) -> tuple[float, int]:
    """Minutes of the way from one place to another, and the stops on it."""
    ids = [p.id for p in mission.places]
    a, b = ids.index(start), ids.index(end)
    return float(ways.minutes[a, b]), max(0, len(ways.path(a, b)) - 2)
