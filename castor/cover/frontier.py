"""What more would buy: cover against formations, spares and bases, and where a forward surgical team helps most.

``frontier`` asks what a fleet of so many formations, with or without a spare of each type, covers from so many bases,
each time with the best ordered posture. ``ceiling`` is the most that so many bases can cover when all are always held:
the maximal covering model of :mod:`castor.cover.location`, proved. ``surgical_teams`` adds a surgical facility at each
camp in turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from castor.cover.location import mclp
from castor.cover.posture import Case, Posture, best_places, case, judge
from castor.cover.reach import in_use
from castor.errors import MissionError, Problem
from castor.flight.performance import formations_at_once
from castor.mission.model import Mission

__all__ = ["Ceiling", "Fleet", "Step", "Team", "ceiling", "fleet_chance", "frontier", "surgical_teams"]

Floats = NDArray[np.float64]


class Fleet(Struct, frozen=True):
    """So many whole formations, and so many spare airframes of each type."""

    formations: int
    spares: int
    airframes: dict[str, int]


class Step(Struct, frozen=True):
    """A fleet on at most ``bases`` bases: its best posture, judged by both weightings."""

    fleet: Fleet
    bases: int
    posture: Posture


class Ceiling(Struct, frozen=True):
    """The most weight that ``bases`` bases can cover if all are always held; ``bound`` is proved, ``gap`` 0 at the
    optimum.
    """

    bases: int
    weights: str
    places: tuple[str, ...]
    covered: float
    bound: float


class Team(Struct, frozen=True):
    """Forward surgical teams at ``at`` (none: as it is) with the best posture then, and what it covers more than
    without.

    ``surgery_min`` is the mean time to surgery over the points that can be answered, by the weights asked for.
    """

    at: tuple[str, ...]
    posture: Posture
    more_people: float
    more_incidents: float
    surgery_min: float


def fleet_chance(case: Case, formations: int, spares: int) -> tuple[Fleet, Floats]:
    """Airframes of a fleet and the distribution of how many formations they make, at the fleet's mean
    serviceability.
    """
    lead, escort, number = case.formation.lead, case.formation.escort, case.formation.escorts
    need = {lead: 1}
    if escort and number:
        need[escort] = need.get(escort, 0) + number
    airframes = {kind: formations * count + spares for kind, count in need.items()}
    share = {kind: _serviceability(case.mission, kind) for kind in need}
    chance = formations_at_once([([share[kind]] * airframes[kind], count) for kind, count in need.items()])
    return Fleet(formations, spares, airframes), chance[: formations + 1] if spares == 0 else _capped(
        chance, formations
    )


def _capped(chance: Floats, most: int) -> Floats:
    """Crews and kit are for ``most`` formations: what spares would make up beyond them counts as ``most``."""
    return np.append(chance[:most], chance[most:].sum())


def _serviceability(mission: Mission, kind: str) -> float:
    shares = [aircraft.serviceability for aircraft in mission.aircraft if aircraft.type == kind]
    return float(np.mean(shares)) if shares else 1.0


def frontier(case: Case, most: int, *, spares: Sequence[int] = (0, 1), weights: Iterable[str] = ()) -> list[Step]:
    """Best posture of fleets of 1 to ``most`` formations, each number of spares, on 1 to as many bases, by each
    weighting.
    """
    if most < 1:
        raise MissionError([Problem("formations", "a whole number from 1", read=str(most))])
    found = []
    for by in weights or ("people", "incidents"):
        for formations in range(1, most + 1):
            for spare in spares:
                fleet, chance = fleet_chance(case, formations, spare)
                manned = msgspec.structs.replace(case, chance=chance)
                for bases in range(1, formations + 1):
                    places = best_places(manned, bases, by)
                    found.append(Step(fleet, bases, judge(manned, places, chosen_by=by, formations=formations)))
    return found


def ceiling(case: Case, most: int, weights: str = "people") -> list[Ceiling]:
    """The most that 1 to ``most`` bases can cover, all always held, each proved by the maximal covering model."""
    covers = case.clocks.covered(case.aim)
    table = np.where(covers.T, 0.0, np.inf)
    share = case.demand.share(weights)
    found = []
    for bases in range(1, min(most, len(case.clocks.places)) + 1):
        best = mclp(table, bases, radius=0.0, weights=share)
        places = tuple(case.clocks.places[s] for s in best.sites if covers[s].any())
        found.append(Ceiling(bases, weights, places, float(best.objective), float(best.bound)))
    return found


def surgical_teams(judged: Case, formations: int, *, teams: int = 1, weights: str = "people") -> list[Team]:
    """Where ``teams`` forward surgical teams help most: every choice of camps in use that have no surgery, best first.

    Each choice is judged with the best ordered posture for it; the first row of the result is the case as it is,
    without a team. A team is a surgical facility (level 2) and nothing else: it brings no fuel.
    """
    plain = judge(judged, best_places(judged, formations, weights), chosen_by=weights, formations=formations)
    mission = judged.mission
    camps = [
        place.id
        for place in mission.places
        if place.kind == "camp" and place.medical not in ("2", "3", "4") and in_use(place, judged.day)
    ]
    found = [_with_teams(judged, at, formations, weights, plain) for at in combinations(camps, teams)]
    key = "more_people" if weights == "people" else "more_incidents"
    found.sort(key=lambda team: (-round(float(getattr(team, key)), 9), team.surgery_min))
    return [Team((), plain, 0.0, 0.0, _mean_surgery(judged, plain, weights)), *found]


def _mean_surgery(judged: Case, posture: Posture, weights: str) -> float:
    if not posture.places:
        return float("inf")
    soonest = judged.clocks.surgery[judged.rows(posture.places)].min(axis=0)
    share = np.where(np.isfinite(soonest), judged.demand.share(weights), 0.0)
    total = float(share.sum())
    return float(share @ np.where(share > 0, soonest, 0.0)) / total if total else float("inf")


def _with_teams(judged: Case, at: tuple[str, ...], formations: int, weights: str, plain: Posture) -> Team:
    places = tuple(
        msgspec.structs.replace(place, medical="2") if place.id in at else place for place in judged.mission.places
    )
    helped = case(
        msgspec.structs.replace(judged.mission, places=places),
        day=judged.day,
        night=judged.night,
        formation=judged.formation.id,
        rules=judged.rules,
        also=judged.clocks.places,
        aim=judged.aim,
    )
    helped = msgspec.structs.replace(helped, chance=judged.chance)
    posture = judge(helped, best_places(helped, formations, weights), chosen_by=weights, formations=formations)
    return Team(
        at,
        posture,
        posture.people.expected - plain.people.expected,
        posture.incidents.expected - plain.incidents.expected,
        _mean_surgery(helped, posture, weights),
    )
