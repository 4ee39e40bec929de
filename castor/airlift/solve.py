"""The bridge planned: which loads on which flight when, with a bound for what no plan can beat.

Flights are filled first-fit by time and size, given to aircraft by cheapest insertion, and improved by moving flights
between aircraft and places in their order, and loads between flights, with simulated annealing on the flown result.
Small bridges are solved by trying every order of every filling.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any, Literal

import numpy as np
from msgspec import Struct

from castor.airlift.bound import Bounds, bounds
from castor.airlift.bridge import MINUTE, Bridge
from castor.airlift.packing import Fill, fill, fits, mixes, pack
from castor.airlift.schedule import FAR, Chalk, Floats, Program, carried
from castor.flight.plan import Plan, Unserved
from castor.shown import Shown

Aim = Literal["closure", "cost"]
Order = list[list[int]]
DAY = 1440.0
PATIENCE = (0.0, DAY, 3 * DAY, 10 * DAY, math.inf)
"""Minutes that a flight may wait for a further load, tried in turn."""
SMALL = 5
"""Pieces up to which every filling, sharing and order is tried."""
LATE = 1000.0
"""Weight of a minute late against a minute of closure."""


class Lifted(Shown, Struct, frozen=True, kw_only=True):
    """A planned bridge: the plan, its flights with a load, when it closes, what it takes, and the bounds.

    ``closure`` is the landing of the last load; ``hours`` block hours of all legs. Gaps are relative differences to
    the bounds (that of closure counted from the first load's availability), ``None`` where loads are left out.
    ``proved`` says that every filling and order was tried, each flight taking off as soon as it can.
    """

    plan: Plan
    bridge: Bridge
    chalks: tuple[Chalk, ...]
    tails: tuple[str, ...]
    lands: tuple[dt.datetime, ...]
    sequences: tuple[tuple[int, ...], ...]
    fills: tuple[Fill, ...]
    closure: dt.datetime | None
    hours: float
    cost: float | None
    bound: Bounds
    bound_closure: dt.datetime
    gap_flights: float | None
    gap_hours: float | None
    gap_closure: float | None
    proved: bool


class _State(Struct):
    chalks: list[Chalk]
    order: Order
    lowered: Any
    value: float


def plan_lift(bridge: Bridge, aim: Aim = "closure", *, seconds: float = 10.0, seed: int = 1) -> Lifted:
    """Plan a bridge: all loads by their due dates if that can be, then the earliest closure or the least cost.

    Loads that would be late are left out and listed. ``seconds`` are for the improvement of a first plan;
    deterministic for a seed unless they run out first.
    """
    program = Program(bridge)
    if not bridge.loads:
        return _result(program, _State([], [[] for _ in bridge.tails], program.lower([]), 0.0), aim, False)
    proved = _is_small(program)
    starts = [_construct(program, chalks, aim) for chalks in _fillings(program)]
    if proved:
        starts += [_State(chalks, [], program.lower(chalks), math.inf) for chalks in every_filling(program)]
        state = min((_exhaust(program, one, aim) for one in starts), key=lambda one: one.value)
    else:
        state = min(starts, key=lambda one: one.value)
        state = _improve(program, state, aim, time.monotonic() + seconds, np.random.default_rng(seed))
    return _result(program, _without_late(program, state, aim), aim, proved)


def _is_small(program: Program) -> bool:
    return all(load.pieces for load in program.bridge.loads) and bool(
        int(program.count.sum()) <= SMALL and len(program.types) <= 2
    )


def every_filling(program: Program) -> list[list[Chalk]]:
    """Every way of sharing the pieces among flights that some aircraft can make."""
    found: set[tuple[Chalk, ...]] = {()}
    for at, load in enumerate(program.bridge.loads):
        for _ in range(int(program.count[at])):
            found = {
                more for chalks in found for more in _with_piece(program, chalks, at, (load.origin, load.destination))
            }
    return [list(one) for one in sorted(found, key=str)]


def _with_piece(
    program: Program, chalks: tuple[Chalk, ...], load: int, ends: tuple[str, str]
) -> list[tuple[Chalk, ...]]:
    """One more piece: on any flight between its fields that can take it, or on a new one."""
    found = [tuple(sorted((*chalks, Chalk(*ends, ((load, 1),))), key=str))]
    for place, chalk in enumerate(chalks):
        items = dict(chalk.items)
        if (chalk.origin, chalk.destination) != ends or not mixes(program, items, load):
            continue
        items[load] = items.get(load, 0) + 1
        fuller = Chalk(*ends, tuple(sorted(items.items())))
        if any(program.way(tail, fuller) >= 0 for tail in range(len(program.types))):
            found.append(tuple(sorted((*chalks[:place], fuller, *chalks[place + 1 :]), key=str)))
    return found


def _fillings(program: Program) -> list[list[Chalk]]:
    """Ways of filling flights: by each type, and shared among types, with several patiences."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, load in enumerate(program.bridge.loads):
        groups[load.origin, load.destination].append(at)
    leads = list({tail.type: at for at, tail in enumerate(program.bridge.tails)}.values())
    found: dict[tuple[Chalk, ...], None] = {}
    for patience in PATIENCE:
        for lead in leads:
            chalks: list[Chalk] = []
            for members in groups.values():
                chalks += _fill_group(program, members, [lead, *leads], patience)
            found[tuple(chalks)] = None
        if len(leads) > 1:
            shared: list[Chalk] = []
            for number, members in enumerate(groups.values()):
                turn = leads[number % len(leads) :] + leads[: number % len(leads)]
                shared += _fill_group(program, members, turn, patience)
            found[tuple(shared)] = None
    return [list(one) for one in found]


def _fill_group(program: Program, members: list[int], leads: Sequence[int], patience: float) -> list[Chalk]:
    """Fill with the first type that can take each load."""
    left, chalks = list(members), []
    for lead in leads:
        if not left:
            break
        made = pack(program, left, lead, patience)
        done = carried(program, made)
        chalks += made
        left = [load for load in left if done.get(load, 0) < program.count[load]]
    return chalks


def _value(program: Program, state: _State, aim: Aim, delays: Floats | None = None) -> float:
    """What is minimised: late minutes by weight, then closure or cost, with a touch of the other."""
    legs, lands = program.fly(state.order, state.lowered, delays)
    late = 0.0
    for chalk, on in zip(state.chalks, lands):
        for load, _ in chalk.items:
            late += float(program.weight[load]) * min(max(on - program.due[load], 0.0), FAR)
    for row in legs:
        late += max(0.0, row[5] - program.until[int(row[0])])
    return LATE * late + _soft(program, legs, lands, aim)


def _soft(program: Program, legs: Floats, lands: Floats, aim: Aim) -> float:
    done = lands[np.isfinite(lands)]
    closure = float(done.max()) if done.size else 0.0
    spent = sum((row[5] - row[4]) * ((program.types[int(row[0])].cost_h or 0.0) or 1.0) for row in legs)
    if aim == "closure":
        return closure + 1e-3 * float(sum(row[5] - row[4] for row in legs)) + 1e-4 * float(done.sum())
    return float(spent) / 60.0 + 1e-3 * closure


def _construct(program: Program, chalks: list[Chalk], aim: Aim) -> _State:
    """Give every flight, by due date and availability, to the aircraft that lands it soonest."""
    state = _State(chalks, [[] for _ in program.types], program.lower(chalks), math.inf)
    way, _, available = state.lowered
    due = [min(program.due[load] for load, _ in chalk.items) for chalk in chalks]
    for number in sorted(range(len(chalks)), key=lambda one: (available[one] // DAY, due[one], available[one])):
        best: tuple[float, int] = (math.inf, 0)
        for tail in range(len(program.types)):
            if way[number, tail] < 0:
                continue
            state.order[tail].append(number)
            legs, lands = program.fly(state.order, state.lowered)
            state.order[tail].pop()
            back = max((row[5] for row in legs if row[0] == tail), default=0.0)
            best = min(best, (float(lands[number]) + FAR * (back > program.until[tail]), tail))
        state.order[best[1]].append(number)
    state.value = _value(program, state, aim)
    return state


def _exhaust(program: Program, state: _State, aim: Aim) -> _State:
    """Try every order of the flights and every sharing among the aircraft; keep the best."""
    number, tails = len(state.chalks), len(program.types)
    best = state
    seen: set[tuple[tuple[int, ...], ...]] = set()
    for order in permutations(range(number)):
        for cuts in _cuts(number, tails):
            shared = tuple(order[a:b] for a, b in zip((0, *cuts), (*cuts, number)))
            if shared in seen:
                continue
            seen.add(shared)
            trial = _State(state.chalks, [list(one) for one in shared], state.lowered, 0.0)
            if any(state.lowered[0][chalk, tail] < 0 for tail, one in enumerate(trial.order) for chalk in one):
                continue
            trial.value = _value(program, trial, aim)
            if trial.value < best.value - 1e-9:
                best = trial
    return best


def _cuts(number: int, tails: int) -> list[tuple[int, ...]]:
    if tails == 1:
        return [()]
    return [(first, *rest) for first in range(number + 1) for rest in _cuts_from(first, number, tails - 1)]


def _cuts_from(first: int, number: int, tails: int) -> list[tuple[int, ...]]:
    if tails == 1:
        return [()]
    return [(cut, *rest) for cut in range(first, number + 1) for rest in _cuts_from(cut, number, tails - 1)]


def _improve(program: Program, state: _State, aim: Aim, until: float, rng: np.random.Generator) -> _State:
    """Simulated annealing over orders, sharing and contents."""
    best, here = state, state
    rounds = min(20_000, 400 * len(state.chalks))
    heat = 0.01 * max(abs(_value_soft(program, state, aim)), 1.0)
    moves: tuple[Callable[[Program, _State, np.random.Generator], _State | None], ...] = (
        _relocate,
        _swap,
        _shift,
        _merge,
    )
    for turn in range(rounds):
        if time.monotonic() > until:
            break
        trial = moves[int(rng.choice(4, p=(0.45, 0.25, 0.2, 0.1)))](program, here, rng)
        if trial is None:
            continue
        trial.value = _value(program, trial, aim)
        warm = heat * (1.0 - turn / rounds) ** 2 + 1e-9
        if trial.value <= here.value or rng.random() < math.exp(min(0.0, (here.value - trial.value) / warm)):
            here = trial
            if here.value < best.value:
                best = here
    return best


def _value_soft(program: Program, state: _State, aim: Aim) -> float:
    legs, lands = program.fly(state.order, state.lowered)
    return _soft(program, legs, lands, aim)


def _relocate(program: Program, state: _State, rng: np.random.Generator) -> _State | None:
    """Move a flight to another aircraft or another place in an order."""
    order = [list(one) for one in state.order]
    tails = [tail for tail, one in enumerate(order) if one]
    source = tails[int(rng.integers(len(tails)))]
    chalk = order[source].pop(int(rng.integers(len(order[source]))))
    target = int(rng.integers(len(order)))
    if state.lowered[0][chalk, target] < 0:
        return None
    order[target].insert(int(rng.integers(len(order[target]) + 1)), chalk)
    return _State(state.chalks, order, state.lowered, 0.0)


def _swap(program: Program, state: _State, rng: np.random.Generator) -> _State | None:
    """Exchange two flights."""
    places = [(tail, at) for tail, one in enumerate(state.order) for at in range(len(one))]
    if len(places) < 2:
        return None
    first, second = (places[int(k)] for k in rng.choice(len(places), 2, replace=False))
    order = [list(one) for one in state.order]
    a, b = order[first[0]][first[1]], order[second[0]][second[1]]
    if state.lowered[0][a, second[0]] < 0 or state.lowered[0][b, first[0]] < 0:
        return None
    order[first[0]][first[1]], order[second[0]][second[1]] = b, a
    return _State(state.chalks, order, state.lowered, 0.0)


def _shift(program: Program, state: _State, rng: np.random.Generator) -> _State | None:
    """Move units of a load to another flight between the same fields."""
    source = int(rng.integers(len(state.chalks)))
    mates = [at for at, one in enumerate(state.chalks) if at != source and _same(one, state.chalks[source])]
    if not mates:
        return None
    items = state.chalks[source].items
    load, units = items[int(rng.integers(len(items)))]
    return _pour(program, state, source, mates[int(rng.integers(len(mates)))], [(load, units)])


def _merge(program: Program, state: _State, rng: np.random.Generator) -> _State | None:
    """Empty a flight into others between the same fields."""
    source = int(rng.integers(len(state.chalks)))
    mates = [at for at, one in enumerate(state.chalks) if at != source and _same(one, state.chalks[source])]
    trial: _State | None = state
    for at in rng.permutation(len(mates)):
        if trial is None or len(trial.chalks) < len(state.chalks):
            break
        trial = _pour(program, trial, source, mates[at], list(trial.chalks[source].items)) or trial
    return trial if trial is not state else None


def _same(one: Chalk, other: Chalk) -> bool:
    return one.origin == other.origin and one.destination == other.destination


def _pour(program: Program, state: _State, source: int, target: int, wanted: list[tuple[int, int]]) -> _State | None:
    """Move as many of the wanted units from one flight to another as its aircraft can take; drop an empty flight."""
    tail = next((t for t, one in enumerate(state.order) if target in one), None)
    if tail is None:
        return None
    chalks = list(state.chalks)
    here, there = dict(chalks[source].items), dict(chalks[target].items)
    room = program.room(tail, chalks[target].origin, chalks[target].destination) - program.need(chalks[target].items)
    moved = 0
    for load, units in wanted:
        take = min(units, fits(room, program.unit[load]))
        if take <= 0 or not program.allowed(tail, load) or not mixes(program, there, load):
            continue
        room -= take * program.unit[load]
        there[load] = there.get(load, 0) + take
        here[load] -= take
        moved += take
    if not moved:
        return None
    left = tuple(sorted((load, units) for load, units in here.items() if units > 0))
    chalks[target] = Chalk(chalks[target].origin, chalks[target].destination, tuple(sorted(there.items())))
    order = [list(one) for one in state.order]
    if left:
        chalks[source] = Chalk(chalks[source].origin, chalks[source].destination, left)
        return _State(chalks, order, _relower(program, state, chalks, (source, target)), 0.0)
    chalks.pop(source)
    order = [[one - (one > source) for one in tail_order if one != source] for tail_order in order]
    return _State(chalks, order, _relower(program, state, chalks, (target - (target > source),), gone=source), 0.0)


def _relower(program: Program, state: _State, chalks: list[Chalk], changed: tuple[int, ...], gone: int = -1) -> Any:
    parts = [np.delete(part, gone, 0) if gone >= 0 else part.copy() for part in state.lowered]
    fresh = program.lower([chalks[at] for at in changed])
    for place, at in enumerate(changed):
        for part, new in zip(parts, fresh):
            part[at] = new[place]
    return tuple(parts)


def _without_late(program: Program, state: _State, aim: Aim) -> _State:
    """Leave out what lands late, the least weighty first, until nothing is late."""
    for _ in range(len(state.chalks) + 1):
        legs, lands = program.fly(state.order, state.lowered)
        overstay = {int(row[0]) for row in legs if row[5] > program.until[int(row[0])]}
        late = [
            (at, load)
            for at, chalk in enumerate(state.chalks)
            for load, _ in chalk.items
            if lands[at] > program.due[load]
        ]
        late += [(state.order[tail][-1], -1) for tail in overstay if state.order[tail]]
        if not late:
            break
        at = max(late, key=lambda one: (lands[one[0]] if math.isfinite(lands[one[0]]) else FAR, -one[0]))[0]
        state = _strip(program, state, at, {load for chalk, load in late if chalk == at})
    state.value = _value(program, state, aim)
    return state


def _strip(program: Program, state: _State, at: int, loads: set[int]) -> _State:
    kept = () if -1 in loads else tuple(item for item in state.chalks[at].items if item[0] not in loads)
    chalks = list(state.chalks)
    if kept:
        chalks[at] = Chalk(chalks[at].origin, chalks[at].destination, kept)
        return _State(chalks, state.order, program.lower(chalks), 0.0)
    chalks.pop(at)
    order = [[one - (one > at) for one in sequence if one != at] for sequence in state.order]
    return _State(chalks, order, program.lower(chalks), 0.0)


def _left_out(program: Program, chalks: Sequence[Chalk]) -> tuple[Unserved, ...]:
    done = carried(program, chalks)
    found = list(program.bridge.left)
    for at, load in enumerate(program.bridge.loads):
        short = int(program.count[at]) - done.get(at, 0)
        if short:
            unit = "pieces" if load.pieces else "pax" if load.pax else "kg"
            detail = f"{short} of {program.count[at]} {unit} cannot land by {load.due:%Y-%m-%d %H:%M}"
            found.append(Unserved(request=load.id, reason="window", detail=detail))
    return tuple(found)


def _gap(value: float, bound: float) -> float | None:
    return None if value <= 0 else max(0.0, (value - bound) / value)


def _gaps(
    program: Program, state: _State, least: Bounds, reached: tuple[float, float], whole: bool
) -> tuple[float | None, float | None, float | None]:
    """Gaps of closure, hours and flights to their bounds; none where loads are left out, which the bounds carry."""
    if not whole or not state.chalks:
        return None, None, None
    start = float(program.available.min())
    closure = _gap(reached[0] - start, least.closure - start)
    return closure, _gap(reached[1], least.air_min), _gap(len(state.chalks), least.flights)


def _result(program: Program, state: _State, aim: Aim, proved: bool) -> Lifted:
    bridge = program.bridge
    legs, lands = program.fly(state.order, state.lowered)
    least = bounds(program)
    minutes = float(sum(row[5] - row[4] for row in legs))
    costs = [program.types[int(row[0])].cost_h for row in legs]
    cost = None if any(c is None for c in costs) else sum((r[5] - r[4]) / 60 * (c or 0.0) for r, c in zip(legs, costs))
    last = float(lands.max()) if lands.size else 0.0
    flights, left = program.flights(legs, state.chalks), _left_out(program, state.chalks)
    gaps = _gaps(program, state, least, (last, minutes), whole=len(left) == len(bridge.left))
    tail_of = {chalk: tail for tail, one in enumerate(state.order) for chalk in one}
    end = max([one.on for one in flights] + [load.due for load in bridge.loads], default=bridge.start)
    plan = Plan(
        start=bridge.start, end=dt.datetime.combine(end.date() + dt.timedelta(days=1), dt.time()), flights=flights,
        unserved=left, objective=last if aim == "closure" else minutes / 60,
        bound=least.closure if aim == "closure" else least.air_min / 60, maker="castor lift",
        gap=gaps[0] if aim == "closure" else gaps[1],
    )  # fmt: skip
    return Lifted(
        plan=plan, bridge=bridge, chalks=tuple(state.chalks),
        tails=tuple(bridge.tails[tail_of[at]].tail for at in range(len(state.chalks))),
        lands=tuple(bridge.start + round(on) * MINUTE for on in lands), sequences=tuple(tuple(o) for o in state.order),
        fills=tuple(fill(program, chalk, tail_of[at]) for at, chalk in enumerate(state.chalks)),
        closure=bridge.start + round(last) * MINUTE if state.chalks else None, hours=minutes / 60, cost=cost,
        bound=least, bound_closure=bridge.start + math.ceil(least.closure - 0.01) * MINUTE,
        gap_flights=gaps[2], gap_hours=gaps[1], gap_closure=gaps[0], proved=proved,
    )  # fmt: skip
