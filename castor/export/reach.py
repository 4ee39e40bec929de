"""How far a waiting formation reaches: the outline around each place of a posture of the points it covers in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from castor.cover.fleet import standby_formation
from castor.cover.reach import Aim, clock
from castor.flight.geodesy import unproject
from castor.flight.performance import formation_unit
from castor.mission.model import Mission, Place

_BEARINGS = 72
_STEPS = 48
_HALVINGS = 6

Floats = NDArray[np.float64]


class Area(Struct, frozen=True, eq=False):
    """An outline around a place: ``lat`` and ``lon`` (72,) counter-clockwise, and the target met within."""

    place: str
    target: Aim
    minutes: float
    night: bool
    lat: Floats
    lon: Floats


def areas(
    mission: Mission, places: Sequence[str], *, day: dt.date | None = None, night: bool = False, formation: str = ""
) -> list[Area]:
    """Outline what a formation at each place covers: within the target to care, and within both targets.

    Along each of 72 bearings the outline stands where the target is first missed on the way out, to within 200 m or so;
    a patch that is covered again farther out (a hospital beyond) lies outside it. Raises ``Infeasible`` where no
    formation stands by that day and ``MissionError`` for an unknown place.
    """
    when = mission.start if day is None else day
    chosen = standby_formation(mission, when, formation)
    unit = formation_unit(mission, chosen)
    rules = mission.rules.clock
    targets: tuple[tuple[Aim, float], ...] = (("care", rules.care_min), ("both", rules.surgery_min))
    found = []
    for name in places:
        for aim, minutes in targets:

            def covered(lat: Floats, lon: Floats, name: str = name, aim: Aim = aim) -> NDArray[np.bool_]:
                clocks = clock(mission, chosen, [name], (lat, lon), day=when, night=night)
                return np.asarray(clocks.covered(aim)[0])

            if name in mission.place:
                radius = _outline(mission.place[name], unit.cruise_km_min * minutes, covered)
                if radius.any():
                    found.append(Area(name, aim, minutes, night, *_points(mission.place[name], radius)))
            else:
                covered(np.zeros(1), np.zeros(1))  # says in the usual way that there is no such place
    return found


def _outline(place: Place, most: float, covered: Callable[[Floats, Floats], NDArray[np.bool_]]) -> Floats:
    """Return km to where the target is first missed along each bearing (72,), at most ``most``; 0 if missed at once."""
    steps = np.linspace(0.0, most, _STEPS + 1)
    lat, lon = _points(place, np.repeat(steps[:, None], _BEARINGS, axis=1))
    inside = covered(lat.ravel(), lon.ravel()).reshape(_STEPS + 1, _BEARINGS)
    missed = np.where(inside.all(axis=0), _STEPS + 1, inside.argmin(axis=0))
    low, high = steps[np.maximum(missed - 1, 0)], steps[np.minimum(missed, _STEPS)]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        good = covered(*_points(place, middle))
        low, high = np.where(good, middle, low), np.where(good, high, middle)
    return np.where(missed == 0, 0.0, low)


def _points(place: Place, km: Floats) -> tuple[Floats, Floats]:
    """Return the points at distances (..., 72) from a place along the bearings, counter-clockwise from the east."""
    turn = np.arange(_BEARINGS) * (2 * np.pi / _BEARINGS)
    return unproject(km * np.cos(turn), km * np.sin(turn), place.lat, place.lon)
