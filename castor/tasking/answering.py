"""What a unit on tour covers: for every place it may set out from, the ways to every point and on to surgery.

A way needs so many km in the tanks at the start, and meets both targets if the unit leaves no later than so many
minutes after the wounding. Of the ways to a point only those are kept that no other betters in both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from castor.cover.reach import Network, in_use, network
from castor.flight.geodesy import matrix_km
from castor.flight.performance import Unit
from castor.mission.model import Mission, Place

Floats = NDArray[np.float64]
Ways = list[tuple[int, float, float]]
SLACK = 1e-9


def ways(
    mission: Mission, units: Sequence[Unit], places: Sequence[Place], points: tuple[Floats, Floats],
    dates: Sequence[dt.date],
) -> tuple[Any, Any, Any, Any]:  # fmt: skip
    """Ways of each kind (N) from each place (P) to each point (C) on each day (D): point, km needed, most minutes, and
    where those of a day, kind and place begin (D, N, P + 1) in the three lists.
    """
    first = np.zeros((len(dates), max(1, len(units)), len(places) + 1), np.int64)
    flat: Ways = []
    known: dict[tuple[Any, ...], Any] = {}
    for day, date in enumerate(dates):
        used = tuple(place.id for place in mission.places if in_use(place, date))
        for n, unit in enumerate(units):
            if (n, used) not in known:
                known[n, used] = _kind(mission, unit, places, points, date, flat)
            first[day, n] = known[n, used]
    rows = flat or [(0, 0.0, -1.0)]
    columns = [np.array([row[x] for row in rows]) for x in range(3)]
    return columns[0].astype(np.int64), columns[1], columns[2], first


def _kind(
    mission: Mission, unit: Unit, places: Sequence[Place], points: tuple[Floats, Floats], date: dt.date, flat: Ways
) -> list[int]:
    net = network(mission, unit, date)
    flown = _Flown(mission, unit, net, points)
    begins = [len(flat)]
    for place in places:
        if in_use(place, date):
            flat += flown.from_place(place)
        begins.append(len(flat))
    return begins


class _Flown:
    """Ways in from every point (the km they need there and the minutes they take), and out by every place with fuel."""

    def __init__(self, mission: Mission, unit: Unit, net: Network, points: tuple[Floats, Floats]) -> None:
        flying, self.clock = mission.rules.flying, mission.rules.clock
        self.net, self.points = net, points
        self.reach = unit.reach_km(flying) + SLACK
        self.per_km, self.leg_min = flying.route_factor / unit.cruise_km_min, unit.leg_min
        self.refuel = unit.refuel_min
        self.fuel_km = self._km(net.fuel)
        hospital_km = self._km(net.hospitals)
        home = net.home_min.min(axis=1) if net.hospitals else np.full(len(net.fuel), np.inf)
        need = [hospital_km + net.spare_km[:, None], self.fuel_km]
        took = [self._minutes(hospital_km), self._minutes(self.fuel_km) + self.refuel + home[:, None]]
        self.need, self.took = np.concatenate(need), np.concatenate(took)

    def _km(self, places: Sequence[Place]) -> Floats:
        return matrix_km([p.lat for p in places], [p.lon for p in places], *self.points)

    def _minutes(self, km: Floats) -> Floats:
        return np.where(km > 0, self.leg_min, 0.0) + km * self.per_km

    def from_place(self, place: Place) -> Ways:
        """Ways from a place: straight out, or over places with fuel."""
        found: Ways = []
        straight = self._km([place])[0]
        flown = self._minutes(straight)
        for o in range(self.need.shape[0]):
            found += self._rows(straight + self.need[o], flown, self.took[o], 0.0)
        if self.net.fuel:
            lat, lon = [f.lat for f in self.net.fuel], [f.lon for f in self.net.fuel]
            lead = matrix_km([place.lat], [place.lon], lat, lon)[0]
            for a in np.flatnonzero(lead <= self.reach):
                first = float(self._minutes(lead[a : a + 1])[0]) + self.refuel
                for b in range(len(self.net.fuel)):
                    before = first + float(self.net.hop_min[a, b])
                    if before < self.clock.care_min:
                        found += self._over(b, float(lead[a]), before)
        return _undominated(found)

    def _over(self, b: int, lead_km: float, before: float) -> Ways:
        """Ways whose last place with fuel before the point is b, reached so many minutes after setting out."""
        km = self.fuel_km[b]
        flown = self._minutes(km)
        found: Ways = []
        for o in range(self.need.shape[0]):
            can = km + self.need[o] <= self.reach
            found += self._rows(np.where(can, lead_km, np.inf), flown, self.took[o], before)
        return found

    def _rows(self, need: Floats, flown: Floats, took: Floats, before: float) -> Ways:
        care = self.clock.care_min - before - flown
        slack = np.minimum(care, self.clock.surgery_min - before - flown - self.clock.scene_min - took)
        good = np.flatnonzero((need <= self.reach) & (slack >= 0))
        return [(int(c), float(need[c]), float(slack[c])) for c in good]


def _undominated(found: Ways) -> Ways:
    """For each point, the ways that no other betters both in km needed and in minutes to spare."""
    kept: Ways = []
    for way in sorted(found, key=lambda one: (one[0], one[1], -one[2])):
        if not kept or kept[-1][0] != way[0] or way[2] > kept[-1][2]:
            kept.append(way)
    return kept
