"""How many formations can be made up: from the airframes in theatre, their spares and their serviceability."""

from __future__ import annotations

import datetime as dt

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from castor.errors import Infeasible, MissionError, Problem
from castor.flight.performance import formation_chances
from castor.mission.model import Aircraft, Formation, Mission

__all__ = ["Strength", "in_theatre", "on_strength", "standby_formation", "strength"]

Floats = NDArray[np.float64]


class Strength(Struct, frozen=True, eq=False):
    """The airframes of one formation at one base on a day, and how many formations they make.

    ``chance`` (F + 1,): probability that exactly 0, 1, ... formations can be made up.
    """

    formation: str
    base: str
    airframes: dict[str, int]
    chance: Floats

    def at_least(self, count: int) -> float:
        """Probability that at least so many formations can be made up."""
        return float(self.chance[count:].sum()) if count > 0 else 1.0


def in_theatre(aircraft: Aircraft, day: dt.date) -> bool:
    """Whether an airframe is in theatre on a day; its first and last days are."""
    return (aircraft.start is None or aircraft.start <= day) and (aircraft.end is None or day <= aircraft.end)


def on_strength(mission: Mission, day: dt.date) -> tuple[Formation, ...]:
    """Formations that may stand by for evacuation on a day."""
    return tuple(
        f
        for f in mission.formations
        if f.role != "transport" and (f.start is None or f.start <= day) and (f.end is None or day <= f.end)
    )


def standby_formation(mission: Mission, day: dt.date, name: str = "") -> Formation:
    """The formation to plan for: the named one, else the one on strength that can most often be made up.

    Raises MissionError for an unknown name, Infeasible where none is on strength that day.
    """
    if name:
        if name not in mission.formation:
            known = ", ".join(mission.formation) or "none is defined"
            raise MissionError([Problem("formations.csv", f"one of {known}", column="id", read=name)])
        return mission.formation[name]
    able = [
        (max((s.at_least(1) for s in strength(mission, f, day)), default=0.0), f) for f in on_strength(mission, day)
    ]
    if not able:
        raise Infeasible(f"No formation stands by for evacuation on {day}: see formations.csv, columns from and to.")
    return max(able, key=lambda pair: pair[0])[1]


def strength(mission: Mission, formation: Formation, day: dt.date) -> tuple[Strength, ...]:
    """What makes up a formation on a day, for each base that has a lead airframe, in the order of the file."""
    kinds = [formation.lead, *([formation.escort] if formation.escorts and formation.escort else [])]
    present = [a for a in mission.aircraft if a.type in kinds and in_theatre(a, day)]
    bases = dict.fromkeys(a.base for a in present if a.type == formation.lead)
    return tuple(_strength(mission, formation, base, [a for a in present if a.base == base]) for base in bases)


def _strength(mission: Mission, formation: Formation, base: str, present: list[Aircraft]) -> Strength:
    kinds = dict.fromkeys(aircraft.type for aircraft in present)
    return Strength(
        formation=formation.id,
        base=base,
        airframes={kind: sum(a.type == kind for a in present) for kind in kinds},
        chance=formation_chances(mission, formation, [a.tail for a in present]),
    )
