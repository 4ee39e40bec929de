"""Replanning ranks its aims: what was promised, then its units and times, then what is new; against brute force."""

from __future__ import annotations

import datetime as dt
import importlib
import time
from collections.abc import Sequence
from typing import Any

import brute
import msgspec
import pytest
import worlds

from castor.flight.check import check
from castor.flight.plan import Flight, Plan
from castor.mission.model import Mission, Request
from castor.tasking import Away, exact, replan

START, END, MINUTE = worlds.START, worlds.END, worlds.MINUTE
Rank = tuple[float, int, float]
Kept = dict[str, tuple[str, dt.datetime, dt.datetime]]


def tours(flights: Sequence[Flight], base: dict[str, str]) -> list[list[Flight]]:
    """Legs of each unit, cut where it leaves its base."""
    found: list[list[Flight]] = []
    for leg in sorted(flights, key=lambda leg: (leg.unit, leg.off)):
        if not found or found[-1][-1].unit != leg.unit or leg.origin == base[leg.unit]:
            found.append([])
        found[-1].append(leg)
    return found


def kept(flights: Sequence[Flight], base: dict[str, str]) -> Kept:
    """Unit and times of the tour that carries each request."""
    return {
        name: (tour[0].unit, tour[0].off, tour[-1].on)
        for tour in tours(flights, base)
        for leg in tour
        for name in leg.aboard
    }


class Best(brute.Brute):  # type: ignore[misc, name-defined]
    """The highest rank of all programmes of a small day, whatever was promised."""

    def __init__(self, mission: Mission, promised: Kept) -> None:
        super().__init__(mission, START, END, 0.0)
        self.promised, self.rank = promised, (0.0, 0, 0.0)
        self.fixed |= {round((off - START) / MINUTE) for _, off, _ in promised.values()}
        self.base = {a.tail: a.base for a in mission.aircraft}

    def ranked(self, flights: Sequence[Flight]) -> Rank:
        """Worth of what was promised, how much of it keeps unit and times, worth of the rest."""
        now, worth = kept(flights, self.base), {one.id: self.worth(one) for one in self.mission.requests}
        old = [name for name in now if name in self.promised]
        same = sum(now[name] == self.promised[name] for name in old)
        return (
            round(sum(worth[name] for name in old), 6), same,
            round(sum(worth[name] for name in now if name not in self.promised), 6),
        )  # fmt: skip

    def _extend(self, flown: Any, left: tuple[Request, ...], value: float) -> None:
        self.rank = max(self.rank, self.ranked([leg for _, legs in flown for leg in legs]))
        for size in range(len(left), 0, -1):
            for some in brute.combinations(left, size):
                rest = tuple(r for r in left if r not in some)
                for unit in self.units:
                    for legs in self._tours(unit, some, flown, rest):
                        self._extend((*flown, (unit, legs)), rest, value)


def singles(seed: int) -> Mission:
    """The next small day, from a seed on, of two or more single aircraft, on which something is carried."""
    while True:
        mission = worlds.small(seed)
        if not mission.formations and len(mission.aircraft) > 1 and exact(mission, START, END).plan.flights:
            return mission
        seed += 1


@pytest.mark.parametrize("seed", [0, 20])
@pytest.mark.parametrize("what", ["lost", "call", "late"])
def test_the_aims_come_one_after_the_other(seed: int, what: str) -> None:
    mission = singles(seed)
    late = ()
    if what == "late":
        late, mission = mission.requests[-1:], msgspec.structs.replace(mission, requests=mission.requests[:-1])
    before = exact(mission, START, END).plan
    told = msgspec.structs.replace(mission, requests=(*mission.requests, *late))
    tail = before.flights[0].tails if before.flights else mission.aircraft[0].tail
    call = (Away(tails=tail, until=END - MINUTE),) if what == "call" else ()
    lost = (tail,) if what == "lost" else ()
    after = replan(mission, before, START, lost=lost, away=call, added=late, iterations=150, threads=1).plan
    assert check(told, after) == []
    base = {a.tail: a.base for a in mission.aircraft}
    judge = Best(told, kept(before.flights, base))
    judge.units = [unit for unit in judge.units if what == "late" or unit.tail != tail]
    judge.run()
    assert judge.ranked(after.flights) == judge.rank
    assert (after.bound or 0.0) >= judge.rank[0] + judge.rank[2] - 1e-6


def test_seconds_are_those_of_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that takes long to lay out the problem there are as many left."""
    mission, module = singles(40), importlib.import_module("castor.tasking.replan")
    lay_out = module.under_way

    def slow(*words: Any) -> Any:
        time.sleep(0.4)
        return lay_out(*words)

    monkeypatch.setattr(module, "under_way", slow)
    before = exact(mission, START, END, floor=0.0).plan
    assert replan(mission, before, START, seconds=0.3, threads=1).iterations > 1


def test_nothing_new_is_worth_a_promise() -> None:
    """A late request of far more worth takes no aircraft from what was promised: alone it would have been first."""
    mission = singles(0)
    asked = msgspec.structs.replace(mission.requests[0], priority=4)
    one = msgspec.structs.replace(mission, aircraft=mission.aircraft[:1], requests=(asked,))
    before: Plan = exact(one, START, END).plan
    if not before.flights:
        one = msgspec.structs.replace(one, aircraft=mission.aircraft[1:2])
        before = exact(one, START, END).plan
    assert before.flights
    rival = msgspec.structs.replace(one.requests[0], id="LATE", priority=1, goods="")
    alone = exact(msgspec.structs.replace(one, requests=(rival,)), START, END).plan
    after = replan(one, before, START, added=(rival,), iterations=100, threads=1).plan
    assert one.requests[0].id in kept(after.flights, {a.tail: a.base for a in one.aircraft})
    assert (alone.objective or 0.0) > 20 * (before.objective or 0.0)
