"""Why a request is left out: flown alone with all rules, then with one rule after another lifted, the numbers told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from castor.flight.plan import Reason, Unserved
from castor.tasking import fields
from castor.tasking.arrays import NEVER, Problem, State, empty_state
from castor.tasking.days import kernel
from castor.tasking.lower import Lowered
from castor.tasking.packed import pack
from castor.tasking.scratch import scratch

Lift = Callable[[Lowered, Problem], Problem]
ENDLESS = 1e12


def _cover(low: Lowered, problem: Problem) -> Problem:
    return problem._replace(watch=problem.watch._replace(floor=0.0))


def _capacity(low: Lowered, problem: Problem) -> Problem:
    asks = problem.asks
    none = np.zeros_like(asks.pax)
    return problem._replace(asks=asks._replace(pax=none, litters=none, mass=np.zeros_like(asks.mass)))


def _runway(low: Lowered, problem: Problem) -> Problem:
    kinds = problem.kinds
    return problem._replace(kinds=kinds._replace(usable=np.ones_like(kinds.usable)))


def _range(low: Lowered, problem: Problem) -> Problem:
    kinds = problem.kinds
    far = np.full_like(kinds.reach, ENDLESS)
    return problem._replace(
        kinds=kinds._replace(reach=far, tank=far, burn=np.zeros_like(kinds.burn), reserve=np.zeros_like(kinds.reserve))
    )


def _duty(low: Lowered, problem: Problem) -> Problem:
    crew = np.array([problem.fleet.crew[0], NEVER, NEVER, NEVER], np.int64)
    return problem._replace(fleet=problem.fleet._replace(crew=crew))


def _night(low: Lowered, problem: Problem) -> Problem:
    lists = [[fields.windows(unit, place, low.start, low.end, dark=True) for place in low.places] for unit in low.kinds]
    opens, closes, tag, windows = fields.as_arrays(lists)
    return problem._replace(kinds=problem.kinds._replace(opens=opens, closes=closes, tag=tag, windows=windows))


def _window(low: Lowered, problem: Problem) -> Problem:
    asks, fleet, kinds = problem.asks, problem.fleet, problem.kinds
    none, ever = np.zeros_like(asks.earliest), np.full_like(asks.latest, NEVER)
    places = kinds.opens.shape[:2]
    return problem._replace(
        asks=asks._replace(earliest=none, pickup_by=ever, deliver_from=none, latest=ever, ride=ever),
        kinds=kinds._replace(
            opens=np.zeros((*places, 1), np.int64), closes=np.full((*places, 1), NEVER),
            tag=np.full((*places, 1), -1), windows=np.ones(places, np.int64),
        ),
        fleet=fleet._replace(last=fleet.last + low.minutes),
    )  # fmt: skip


LIFTED: dict[Reason, Lift] = {
    "cover": _cover, "capacity": _capacity, "runway": _runway, "range": _range, "duty": _duty, "night": _night,
    "window": _window,
}  # fmt: skip
"""Each reason with what the problem is without the rule it stands for."""


class Alone:
    """Every request flown alone on an empty day, with all rules or with some of them lifted."""

    def __init__(self, low: Lowered) -> None:
        self.low = low
        self.known: dict[tuple[Any, ...], tuple[Any, Any]] = {}
        self.empty = empty_state(low.problem)
        self.w, self.own = scratch(low)
        rows = zip(*(getattr(low.problem.fleet, name).tolist() for name in ("kind", "base", "first", "last")))
        first: dict[tuple[int, ...], int] = {}
        for u, row in enumerate(rows):
            first.setdefault(row, u)
        self.units = list(first.values())

    def tables(self, lifted: Sequence[Reason], beside: bool = False) -> tuple[Any, Any]:
        """The packed problem without some rules; ``beside`` a programme, its first tours stay frozen if they were."""
        key = (beside, *lifted)
        if key not in self.known:
            problem = self.low.problem
            if not beside:
                fleet = problem.fleet
                problem = problem._replace(fleet=fleet._replace(frozen=np.zeros_like(fleet.frozen)))
            for reason in lifted:
                problem = LIFTED[reason](self.low, problem)
            self.known[key] = pack(problem)
        return self.known[key]

    def can(self, r: int, lifted: Sequence[Reason] = (), state: State | None = None) -> tuple[int, Any] | None:
        """The unit that flies part r soonest, and its place, alone or beside a programme; None where none can."""
        best: tuple[int, Any] | None = None
        tables = self.tables(lifted, state is not None)
        # what the programme notes of who may go holds with all rules only
        there = self.empty if state is None else state._replace(barred=state.barred[:0])
        for u in self.units if state is None else range(len(self.low.flyers)):
            found = kernel.best_place(*tables, there, r, u, 1e18, self.w, self.own)
            if found[1] >= 0 and (best is None or found[0] < best[1][0]):
                best = (u, found)
        return best

    def flown(self, r: int, lifted: Sequence[Reason]) -> tuple[int, State] | None:
        """Part r flown alone without some rules: by which unit, and the programme of that one tour."""
        able = self.can(r, lifted)
        if able is None:
            return None
        u, place = able
        state = empty_state(self.low.problem)
        done = kernel.put(*self.tables(lifted), state, r, u, place[1:], self.w, self.own)
        return (u, state) if done else None

    @cached_property
    def servable(self) -> Any:
        """Parts (Q,) that some unit can carry on an empty day with all rules.

        Where units answer on tour, a longer tour may keep the floor that a shorter one breaks: it is not asked of them.
        """
        lifted: tuple[Reason, ...] = ("cover",) if self.low.problem.elsewhere else ()
        return np.array([self.can(r, lifted) is not None for r in range(len(self.low.parts))], np.bool_)

    def reason(self, r: int) -> Reason:
        """The first rule without which a part could be carried alone; of several that stand in its way together, the
        first: of them all, those are put back that it can be carried with.
        """
        for name in LIFTED:
            if self.can(r, (name,)) is not None:
                return name
        kept = list(LIFTED)
        if self.can(r, kept) is None:
            return "unit"
        for name in LIFTED:
            fewer = [other for other in kept if other != name]
            if self.can(r, fewer) is not None:
                kept = fewer
        return kept[0]


def left_out(low: Lowered, carried: set[int], state: State) -> list[Unserved]:
    """What of the requests is not carried, and why."""
    found: dict[int, Unserved] = {}
    missing = [r for r in range(len(low.parts)) if r not in carried]
    if not missing:
        return []
    alone = Alone(low)
    for r in missing:
        number = low.parts[r].request
        if number not in found:
            reason, detail = _why(low, alone, r, state)
            whole = sum(part.share for x, part in enumerate(low.parts) if part.request == number and x not in carried)
            if whole < 1 - 1e-9:
                detail = f"{whole:.0%} of it is left out: {detail}"
            found[number] = Unserved(request=low.requests[number].id, reason=reason, detail=detail)
    return list(found.values())


def _why(low: Lowered, alone: Alone, r: int, state: State) -> tuple[Reason, str]:
    if not low.flyers:
        return "unit", "no unit that carries is in theatre at a base with fuel"
    if not alone.can(r):
        reason = alone.reason(r)
        return reason, _detail(low, alone, r, reason)
    if low.floor > 0 and alone.can(r, ("cover",), state) is not None:
        return "cover", (
            f"beside the other flights there is room for it, but cover would fall below its floor of {low.floor:.1%}"
        )
    flown = alone.flown(r, ())
    when = "" if flown is None else f" by {_when(low, *flown)}"
    return "priority", f"alone it could be carried{when}; what is carried instead is worth more"


def _when(low: Lowered, u: int, state: State) -> str:
    off, on = low.moment(int(state.tour[kernel.LEAVES, u, 0])), low.moment(int(state.tour[kernel.LANDS, u, 0]))
    return f"{low.flyers[u].name}, {off:%H:%M} to {on:%H:%M}"


def _detail(low: Lowered, alone: Alone, r: int, reason: Reason) -> str:
    """The numbers that decide: what it takes beside what there is."""
    asks, kinds = low.problem.asks, low.problem.kinds
    ends = [low.places[int(p[r])] for p in (asks.origin, asks.destination)]
    if reason == "unit":
        return "no unit that carries is in theatre with its escorts when it is asked for"
    flying, flown = low.mission.rules.flying, alone.flown(r, (reason,))
    if reason == "capacity":
        most = max(low.kinds, key=lambda unit: (unit.seats, unit.payload_kg))
        return (
            f"{int(asks.pax[r])} passengers, {int(asks.litters[r])} litters, {float(asks.mass[r]):.0f} kg in all; the "
            f"largest unit, {most.id}, takes {most.seats}, {most.litters} and {most.payload_kg:.0f} kg, less where "
            "heat and distance ask for it"
        )
    if reason == "runway":
        short = [p.id for k, _ in enumerate(low.kinds) for p in ends if not fields.usable(low.kinds[k], p)]
        return f"no unit that can reach it may use {' or '.join(dict.fromkeys(short))}"
    if reason == "range":
        direct = float(kinds.km[asks.origin[r], asks.destination[r]])
        return (
            f"{direct:.0f} km apart; the units fly {', '.join(f'{x:.0f}' for x in kinds.reach)} km between refuellings"
        )
    if flown is None:
        return f"with this rule lifted another still stands against it: {ends[0].id} to {ends[1].id}"
    if reason == "duty":
        u, state = flown
        away = int(state.tour[kernel.LANDS, u, 0] - state.tour[kernel.LEAVES, u, 0]) / 60
        air = int(state.tour[kernel.AIR, u, 0]) / 60
        return (
            f"a tour of {away:.1f} h, {air:.1f} h in the air; crews may be on duty {flying.duty_h:g} h and fly "
            f"{flying.flight_h:g} h"
        )
    if reason == "cover":
        shares = kernel.cover_by_minute(*alone.tables(("cover",)), flown[1])
        return (
            f"with {_when(low, *flown)}, cover falls to {float(shares.min()):.1%}, below its floor of {low.floor:.1%}"
        )
    latest = low.requests[low.parts[r].request].latest
    return f"it could be carried by {_when(low, *flown)} if it were not for this; asked by {latest:%Y-%m-%d %H:%M}"
