"""Which input matters most: each at a low and a high value, all else equal, under the same casualties and weather."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from typing import Any, NamedTuple

from msgspec import Struct

from castor.cover.posture import best_places, case
from castor.errors import Infeasible, MissionError, Problem
from castor.mission.model import Mission
from castor.simulate.run import simulate
from castor.simulate.trials import SUMMARY, Value, compare
from castor.simulate.world import build

STEP = 0.1
"""Serviceability is taken so far down and up."""
MOST = 4
"""So many formations are sent to the other place; those that cannot be made up are not there."""


class Swing(Struct, frozen=True):
    """An input at a low and a high value, in words, and the measure's paired change from the mission as it stands."""

    name: str
    low: str
    high: str
    at_low: Value
    at_high: Value

    @property
    def size(self) -> float:
        """The larger of the two changes, whatever its sign."""
        return max(abs(self.at_low.value), abs(self.at_high.value))


class Pair(NamedTuple):
    """The two variants of an input: words, and what ``build`` is told."""

    name: str
    low: str
    high: str
    at_low: Mapping[str, Any]
    at_high: Mapping[str, Any]


def sensitivity(
    mission: Mission,
    measure: str = "surgery_min",
    *,
    replications: int = 1000,
    seed: int = 1,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
    **stated: Any,
) -> tuple[Swing, ...]:
    """How far each input of ``variants`` moves a measure (a name of the summary), the largest first.

    ``progress`` is told (variants done, of how many). ``stated``: what ``build`` is told of every world, such as a
    plan, a posture, a rule; formations are then more or fewer than so many, notice longer or shorter than so. An
    interrupt is passed on: no input is known before its variants are flown. Raises MissionError for a measure that is
    none.
    """
    if measure not in SUMMARY:
        raise MissionError([Problem("sensitivity", "one of " + ", ".join(SUMMARY), column="measure", read=measure)])
    pairs = list(variants(mission))
    flown = 0

    def fly(told: Mapping[str, Any]) -> Any:
        nonlocal flown
        found = simulate(build(mission, **_over(stated, told)), replications=replications, seed=seed, executor=executor)
        if found.stopped:
            raise KeyboardInterrupt
        flown += 1
        if progress is not None:
            progress(flown, 2 * len(pairs) + 1)
        return found

    base = fly({})
    swings = [
        Swing(
            pair.name, pair.low, pair.high, compare(base, fly(pair.at_low))[measure],
            compare(base, fly(pair.at_high))[measure],
        )
        for pair in pairs
    ]  # fmt: skip
    return tuple(sorted(swings, key=lambda swing: -swing.size))


def _over(stated: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """What is stated of every world, and a variant's value over it; counts and factors go on from those stated."""
    found = {**stated, **told}
    if "formations" in told:
        found["formations"] = stated.get("formations", 0) + told["formations"]
    if "notice" in told:
        found["notice"] = stated.get("notice", 1.0) * told["notice"]
    return found


def variants(mission: Mission) -> Iterator[Pair]:
    """The inputs and their values.

    Approval: the delegated median, and the 95th percentile of what the mission states; notice halved and doubled;
    serviceability a tenth down and up; a formation fewer and more; an escort fewer and more; and, where the mission has
    more places that a formation may wait at, all at the best other place, or the second there.
    """
    clock, said, fleet = mission.rules.clock, mission.rules.simulation, mission.aircraft
    median = said.central_min if said.launch == "centralised" and said.central_min is not None else clock.approval_min
    low, high = min(clock.approval_min, median), median * (said.approval_spread or 2.0)
    if high > low:
        yield Pair("approval", f"{low:.0f}", f"{high:.0f}", {"approval": low}, {"approval": high})
    notice = clock.notice_day_min
    if notice > 0:
        yield Pair("notice", f"{notice / 2:g}", f"{notice * 2:g}", {"notice": 0.5}, {"notice": 2.0})
    formations = [f for f in mission.formations if f.role != "transport" and _within(mission, f)]
    if said.repair_h is not None and fleet and formations:
        mine = [a.serviceability for a in fleet if a.type in {f.lead for f in formations}]
        mean = sum(mine) / len(mine) if mine else 1.0
        less, more = max(0.0, mean - STEP), min(1.0, mean + STEP)
        yield Pair("serviceability", f"{less:.2f}", f"{more:.2f}", {"serviceability": less}, {"serviceability": more})
    if not formations:
        return
    yield Pair("formations", "−1", "+1", {"formations": -1}, {"formations": 1})
    escorts = max(f.escorts for f in formations)
    if escorts:
        yield Pair("escorts", str(escorts - 1), str(escorts + 1), {"escorts": escorts - 1}, {"escorts": escorts + 1})
    yield from _bases(mission)


def _within(mission: Mission, formation: Any) -> bool:
    ends = formation.end is None or formation.end >= mission.start
    return ends and (formation.start is None or formation.start <= mission.end)


def _bases(mission: Mission) -> Iterator[Pair]:
    """The second formation at the place that adds most, and all of them there."""
    try:
        lowered = case(mission)
    except Infeasible:
        return
    home = next(a.base for a in mission.aircraft if a.type == lowered.formation.lead)
    second = best_places(lowered, 2, mission.rules.cover.weights)
    other = next((place for place in reversed(second) if place != home), None)
    if other is not None:
        at_low, at_high = {"posture": (other,) * MOST}, {"posture": (home, other)}
        yield Pair("bases", other, f"{home} + {other}", at_low, at_high)
