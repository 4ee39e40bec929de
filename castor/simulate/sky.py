"""Day and night, months, and weather that grounds, lowered to arrays."""

from __future__ import annotations

import calendar
import datetime as dt
import math

import numpy as np
from numpy.typing import NDArray

from castor.flight.geodesy import distance_km, sun_elevation_deg, sun_minutes
from castor.mission.model import Climate, Mission
from castor.simulate.force import Force
from castor.simulate.lowered import Sky
from castor.simulate.world import DAY, DRAIN

Floats = NDArray[np.float64]


def lower_sky(mission: Mission, force: Force, start: dt.date, days: int, off: list[str]) -> tuple[Sky, tuple[str, ...]]:
    """Lower the sky; returns it with the names of the months of the run."""
    number = days + int(DRAIN / DAY) + 3
    dates = [start + dt.timedelta(days=k) for k in range(number)]
    months = list(dict.fromkeys((d.year, d.month) for d in dates[:days]))
    index = {name: k for k, name in enumerate(months)}
    month = np.array([index.get((d.year, d.month), len(months) - 1) for d in dates], np.int64)
    rise, down = _sun(mission, force, dates)
    clock, said = mission.rules.clock, mission.rules.simulation
    alike = clock.notice_day_min == clock.notice_night_min and not said.mission_day
    if not force.bases or (alike and all(pool.unit.night for pool in force.pools)):
        off.append("day and night")
        rise, down = np.empty((0, 0)), np.empty((0, 0))
    begin, end = _storms(mission, force, months, off)
    return Sky(month, rise, down, begin, end), tuple(f"{year}-{m:02d}" for year, m in months)


def _sun(mission: Mission, force: Force, dates: list[dt.date]) -> tuple[Floats, Floats]:
    """Sunrise and sunset (B, D) in minutes of the run; a day without night is whole, one without day is none."""
    places = [mission.place[name] for name in force.bases]
    lat, lon = np.array([p.lat for p in places])[:, None], np.array([p.lon for p in places])[:, None]
    days = np.array(dates, "datetime64[D]")[None, :]
    if not places:
        return np.empty((0, 0)), np.empty((0, 0))
    rise, down = sun_minutes(lat, lon, days)
    noon = days + (720 - 4 * lon).astype("timedelta64[m]")
    up = sun_elevation_deg(lat, lon, noon) > 0
    never = np.isnan(rise)
    rise = np.where(never, np.where(up, 0.0, np.inf), rise)
    down = np.where(never, np.where(up, DAY, -np.inf), down)
    midnight = np.arange(len(dates)) * DAY
    return np.ascontiguousarray(rise + midnight), np.ascontiguousarray(down + midnight)


def _storms(mission: Mission, force: Force, months: list[tuple[int, int]], off: list[str]) -> tuple[Floats, float]:
    """Chance that a spell begins in an hour (M, 24), one on each rain day, and that it ends in one."""
    said = mission.rules.simulation
    rows = {row.month: row for row in _climate(mission, force) if row.rain_days is not None}
    if said.storm_h is None or not rows:
        off.append("weather")
        return np.empty((0, 24)), 0.0
    hours = np.arange(24) + 0.5
    profile = np.full(24, 1 / 24)
    if said.storm_peak_h is not None:
        profile = (1 + np.cos(2 * math.pi * (hours - said.storm_peak_h) / 24)) / 24
    begin = np.zeros((len(months), 24))
    for k, (year, month) in enumerate(months):
        if month in rows:
            begin[k] = np.minimum(1.0, (rows[month].rain_days or 0.0) / calendar.monthrange(year, month)[1] * profile)
    return begin, 1.0 - math.exp(-1.0 / said.storm_h)


def _climate(mission: Mission, force: Force) -> list[Climate]:
    """The climate of the place that is nearest to the first base."""
    known = [row for row in mission.climate if row.place in mission.place]
    if not known or not force.bases:
        return []
    base = mission.place[force.bases[0]]

    def far(row: Climate) -> float:
        place = mission.place[row.place]
        return float(distance_km(base.lat, base.lon, place.lat, place.lon))

    nearest = min(known, key=far).place
    return [row for row in known if row.place == nearest]
