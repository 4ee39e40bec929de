"""Where formations wait: the best ordered posture, its cover by people and by incidents, and what approval costs.

A posture is an *ordered* list of places: the first formation that can be made up stands at the first, only a second one
stands at the second, and so on. With q_k the probability that at least k formations can be made up and f(S) the share
of the weight that a set of places covers, the expected cover of s_1, ..., s_n is sum_k q_k (f(s_1..s_k) -
f(s_1..s_k-1)).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from castor.cover.demand import Demand, demand
from castor.cover.fleet import Strength, standby_formation, strength
from castor.cover.merging import Merged
from castor.cover.reach import Aim, Clocks, clock, in_use
from castor.errors import Infeasible, MissionError, Problem
from castor.flight.geodesy import matrix_km
from castor.mission.model import Clock, Formation, Mission
from castor.shown import Shown

__all__ = [
    "Case",
    "Measure",
    "PointTimes",
    "Posture",
    "approvals",
    "best_order",
    "best_places",
    "case",
    "judge",
    "postures",
    "share_within",
    "sites",
]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_TIE = 1e-12
MANY = 20_000
"""More points than this are merged where the same places cover them."""
BLOCK = 16_384


class Measure(Struct, frozen=True):
    """Shares of one weighting when all places of a posture are held: within the care target, within the surgery target,
    ``covered`` (within those aimed at, usually both); and ``expected``, that share averaged over how many formations
    can be made up.
    """

    care: float
    surgery: float
    covered: float
    expected: float


class Posture(Shown, Struct, frozen=True):
    """An ordered posture and its cover by both weightings. ``chosen_by`` says which weights it is best for (or
    ``given``).

    ``formations`` is how many were asked for; ``places`` is shorter where another formation would cover nothing more.
    ``ready`` is the probability that all of its formations can be made up.
    """

    chosen_by: str
    formations: int
    places: tuple[str, ...]
    ready: float
    people: Measure
    incidents: Measure


class PointTimes(Struct, frozen=True):
    """The quickest answer of a posture to one point: from where, minutes from wounding, hospital, refuelling stops."""

    place: str
    care: float
    surgery: float
    hospital: str
    stops: int
    covered: bool


class Case(Struct, frozen=True, eq=False):
    """What postures of one formation are judged on: the day's demand, the clock of each candidate place, the
    strength.
    """

    mission: Mission
    day: dt.date
    night: bool
    formation: Formation
    demand: Demand
    clocks: Clocks
    chance: Floats
    rules: Clock
    aim: Aim = "both"
    whole: Demand | None = None
    """The demand before points that the same places cover were merged; None where they were not."""

    def at(self, rules: Clock) -> Case:
        """The same case under another clock (approval, notice, targets)."""
        wanted, found = _clocks(self, self.clocks.places, self.whole or self.demand, rules)
        return msgspec.structs.replace(self, demand=wanted, clocks=found, rules=rules)

    def rows(self, places: Sequence[str]) -> list[int]:
        """Numbers of places among the candidates. Raises Infeasible where one is not a candidate."""
        missing = [place for place in places if place not in self.clocks.places]
        if missing:
            known = ", ".join(self.clocks.places)
            raise Infeasible(f"{', '.join(missing)}: not a candidate; candidates are {known}.")
        return [self.clocks.places.index(place) for place in places]

    def by_point(self, places: Sequence[str]) -> list[tuple[str, float, float, PointTimes | None]]:
        """For each point: name, people, incidents, and the quickest answer of the places; None where none can answer.

        A place that covers the point comes before one that does not, then the earlier surgery, then the earlier care.
        """
        rows, clocks, d = self.rows(places), self.clocks, self.demand
        covers = clocks.covered(self.aim)
        found: list[tuple[str, float, float, PointTimes | None]] = []
        for c, name in enumerate(d.names):
            if not rows:
                found.append((name, float(d.people[c]), float(d.incidents[c]), None))
                continue
            p = min(rows, key=lambda p: (not covers[p, c], clocks.surgery[p, c], clocks.care[p, c]))
            answer = None
            if np.isfinite(clocks.surgery[p, c]):
                answer = PointTimes(
                    clocks.places[p],
                    float(clocks.care[p, c]),
                    float(clocks.surgery[p, c]),
                    clocks.hospitals[clocks.hospital[p, c]],
                    int(clocks.stops[p, c]),
                    bool(covers[p, c]),
                )
            found.append((name, float(d.people[c]), float(d.incidents[c]), answer))
        return found


def sites(mission: Mission, day: dt.date) -> tuple[str, ...]:
    """Places where a formation may wait: those in use on a day that have fuel."""
    return tuple(place.id for place in mission.places if place.fuel and in_use(place, day))


def case(
    mission: Mission,
    *,
    day: dt.date | None = None,
    night: bool = False,
    formation: str = "",
    rules: Clock | None = None,
    also: Sequence[str] = (),
    aim: Aim = "both",
) -> Case:
    """Lower a mission to the arrays that postures are judged on.

    ``day`` is the mission's first by default, ``also`` names further candidate places, ``aim`` the targets that a point
    must meet to count as covered. Raises Infeasible where no formation stands by that day, MissionError for unknown
    names.
    """
    when = mission.start if day is None else day
    chosen = standby_formation(mission, when, formation)
    unknown = [name for name in also if name not in mission.place]
    if unknown:
        known = ", ".join(sites(mission, when))
        raise MissionError(
            [Problem("posture", f"a place of places.csv, such as {known}", read=name) for name in unknown]
        )
    wanted = demand(mission, when)
    candidates = tuple(dict.fromkeys([*sites(mission, when), *also]))
    told = mission.rules.clock if rules is None else rules
    chance = _together(strength(mission, chosen, when))
    empty = Clocks.empty(candidates)
    made = Case(mission, when, night, chosen, wanted, empty, chance, told, aim, wanted)
    return made.at(told)


def _clocks(case: Case, places: Sequence[str], wanted: Demand, rules: Clock) -> tuple[Demand, Clocks]:
    """Clock of the candidates for every point; many points are merged, block by block, by what covers them."""

    def of(some: Demand) -> Clocks:
        at = (some.lat, some.lon)
        return clock(case.mission, case.formation, places, at, day=case.day, night=case.night, rules=rules)

    if wanted.lat.size <= MANY:
        return wanted, of(wanted)
    merged = Merged()
    for low in range(0, wanted.lat.size, BLOCK):
        part = wanted.part(low, low + BLOCK)
        merged.add(part, of(part))
    return merged.result(wanted.missing)


def _together(found: Sequence[Strength]) -> Floats:
    """Distribution of the formations of all bases together (they are made up base by base)."""
    chance = np.ones(1)
    for part in found:
        chance = np.convolve(chance, part.chance)
    return chance


def best_order(covers: Bools, weights: Floats, chance: Floats, count: int) -> tuple[tuple[int, ...], float, int]:
    """The ordered choice of at most ``count`` sites with the most expected cover, by exact search.

    ``covers`` (S, C), ``weights`` (C,), ``chance`` (F + 1,) the distribution of how many formations there are. Depth
    first, best gain first; a branch is cut where its value plus the largest gains of today, one per place still to
    fill, cannot beat the best found: gains only shrink as places are added, so nothing better is cut. Returns the
    sites, their expected cover and the branches looked at.
    """
    kept, row_weight = _merge(covers, weights)
    at_least = np.array([chance[k:].sum() for k in range(1, count + 1)])
    search = _Search(kept, row_weight, at_least)
    search.extend((), 0.0, np.zeros(row_weight.size, np.bool_))
    return search.best, search.value, search.looked


class _Search:
    def __init__(self, covers: Bools, weights: Floats, at_least: Floats) -> None:
        self.covers, self.weights, self.at_least = covers, weights, at_least
        self.best: tuple[int, ...] = ()
        self.value = 0.0
        self.looked = 0

    def extend(self, chosen: tuple[int, ...], value: float, have: Bools) -> None:
        self.looked += 1
        if value > self.value + _TIE:
            self.best, self.value = chosen, value
        left = self.at_least[len(chosen) :]
        gains = (self.covers & ~have) @ self.weights
        order = np.argsort(-gains, kind="stable")
        top = gains[order[: left.size]]
        if not left.size or value + float(left[: top.size] @ top) <= self.value + _TIE:
            return
        later = float(left[1 : top.size] @ top[: top.size - 1]) if top.size > 1 else 0.0
        for site in order:
            gain = float(left[0] * gains[site])
            if value + gain + later <= self.value + _TIE:
                break
            self.extend((*chosen, int(site)), value + gain, have | self.covers[site])


def _merge(covers: Bools, weights: Floats) -> tuple[Bools, Floats]:
    """Points that the same sites cover are one row; points that nothing covers are dropped."""
    columns, which = np.unique(covers, axis=1, return_inverse=True)
    total = np.bincount(which.ravel(), weights, columns.shape[1]).astype(np.float64)
    some = columns.any(axis=0)
    return columns[:, some], total[some]


def postures(case: Case, count: int) -> list[Posture]:
    """The best ordered posture of one, two, ... ``count`` formations, by people and by incidents, each judged by
    both.
    """
    if count < 1:
        raise MissionError([Problem("formations", "a whole number from 1", read=str(count))])
    return [
        judge(case, best_places(case, n, weights), chosen_by=weights, formations=n)
        for weights in ("people", "incidents")
        for n in range(1, count + 1)
    ]


def best_places(case: Case, count: int, weights: str = "people") -> tuple[str, ...]:
    """Places of the best ordered posture of ``count`` formations by one weighting."""
    order, _, _ = best_order(case.clocks.covered(case.aim), case.demand.share(weights), case.chance, count)
    return tuple(case.clocks.places[s] for s in order)


def judge(case: Case, places: Sequence[str], *, chosen_by: str = "given", formations: int | None = None) -> Posture:
    """Cover of an ordered posture. Raises Infeasible where a place is not among the case's candidates."""
    rows = case.rows(places)
    return Posture(
        chosen_by=chosen_by,
        formations=len(places) if formations is None else formations,
        places=tuple(places),
        ready=float(case.chance[len(places) :].sum()),
        people=_measure(case, rows, case.demand.share("people")),
        incidents=_measure(case, rows, case.demand.share("incidents")),
    )


def _measure(case: Case, rows: list[int], share: Floats) -> Measure:
    clocks = case.clocks
    covers = clocks.covered(case.aim)[rows]
    care, surgery = clocks.care[rows] <= clocks.targets[0], clocks.surgery[rows] <= clocks.targets[1]
    steps = [0.0] + [float(share @ covers[: k + 1].any(axis=0)) for k in range(len(rows))]
    expected = sum(
        float(case.chance[k:].sum()) * (after - before) for k, (before, after) in enumerate(pairwise(steps), start=1)
    )
    return Measure(
        care=float(share @ care.any(axis=0)),
        surgery=float(share @ surgery.any(axis=0)),
        covered=steps[-1],
        expected=expected,
    )


def approvals(case: Case, places: Sequence[str], minutes: Sequence[float]) -> list[tuple[float, Posture]]:
    """Cover of a posture for several approval delays, in minutes."""
    rules = [msgspec.structs.replace(case.rules, approval_min=float(m)) for m in minutes]
    return [(rule.approval_min, judge(case.at(rule), places)) for rule in rules]


def share_within(mission: Mission, places: Sequence[str], km: float, *, day: dt.date, weights: str = "people") -> float:
    """Share of the people (or incidents) within so many kilometres, great circle, of any of the places; ``<=``."""
    wanted = demand(mission, day)
    lat, lon = [mission.place[p].lat for p in places], [mission.place[p].lon for p in places]
    near = matrix_km(lat, lon, wanted.lat, wanted.lon) <= km
    return float(wanted.share(weights) @ near.any(axis=0))
