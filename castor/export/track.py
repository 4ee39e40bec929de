"""Where an aircraft is during a leg: points along the great circle, evenly in time."""

from __future__ import annotations

import datetime as dt

import numpy as np

from castor.errors import MissionError, Problem
from castor.flight.geodesy import intermediate
from castor.flight.plan import Flight, Plan
from castor.mission.model import Mission

_EVERY_MIN = 10.0
_MOST = 60


def track(mission: Mission, flight: Flight) -> tuple[list[dt.datetime], list[tuple[float, float]]]:
    """Return moments (UTC) and positions (lat, lon) along a leg: both ends, and about every ten minutes between."""
    start, end = mission.place[flight.origin], mission.place[flight.destination]
    count = int(np.clip(np.ceil(max(flight.minutes, 0.0) / _EVERY_MIN), 1, _MOST)) + 1
    shares = np.linspace(0.0, 1.0, count)
    lat, lon = intermediate((start.lat, start.lon), (end.lat, end.lon), shares)
    moments = [flight.off + (flight.on - flight.off) * float(share) for share in shares]
    return moments, [(float(a), float(b)) for a, b in zip(lat, lon)]


def check_places(mission: Mission, plan: Plan) -> None:
    """Raise ``MissionError`` if the plan names a place that the mission has not."""
    named = [name for flight in plan.flights for name in (flight.origin, flight.destination)]
    named += [wait.place for wait in plan.standby]
    unknown = [name for name in dict.fromkeys(named) if name not in mission.place]
    if unknown:
        raise MissionError([Problem("plan", "no such place in the mission", read=name) for name in unknown])
