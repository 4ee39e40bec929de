"""What no plan can beat: a linear relaxation in which units are flows of legs and requests flows of loads upon them.

For every kind of unit at a base: legs flown between places (a circulation), each with its minutes and those on the
ground where it ends, in all no more than the minutes for which so many units may be away (in theatre, with their
escorts, the floor of cover kept); requests carried in part, each as a flow of passengers and one of mass from its
origin to its destination on legs that have the seats and the payload for it. Requests that no unit can carry alone are
out."""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.cover.program import Program
from castor.tasking.days import kernel
from castor.tasking.lower import Lowered

SLOW_S = 20.0
FAR_MIN = 180
"""Minutes granted to a first or last leg that must stop for fuel."""
MOST_COLUMNS = 1_000_000
"""A relaxation of more columns is not solved: the bound is then the worth of all that can be served."""


def bound(low: Lowered, servable: Any, seconds: float = SLOW_S) -> float:
    """The most worth that any plan can carry; ``servable`` (Q,) are the parts that some unit can carry alone."""
    whole = float(low.problem.asks.value[servable].sum())
    if not servable.any() or not low.flyers or _columns(low, servable) > MOST_COLUMNS:
        return whole
    relaxed = _Relaxation(low, servable).solve(seconds)
    return whole if relaxed is None else min(whole, relaxed)


def _columns(low: Lowered, servable: Any) -> int:
    """About how many columns the relaxation would have: legs, and loads from each origin on each leg, of every group of
    units.
    """
    asks, fleet = low.problem.asks, low.problem.fleet
    origins = np.unique(asks.origin[servable]).size
    places = np.union1d(asks.origin[servable], asks.destination[servable]).size
    groups = np.unique(np.stack([fleet.kind, fleet.base]), axis=1).shape[1]
    return int(groups * places**2 * (1 + 2 * origins))


class _Relaxation:
    def __init__(self, low: Lowered, servable: Any) -> None:
        self.low, self.asks, self.kinds = low, low.problem.asks, low.problem.kinds
        self.rows = np.flatnonzero(servable)
        self.program = Program(maximise=True)
        fleet = low.problem.fleet
        groups: dict[tuple[int, int], list[int]] = {}
        for u in range(len(low.flyers)):
            groups.setdefault((int(fleet.kind[u]), int(fleet.base[u])), []).append(u)
        self.groups = groups
        self.shares: dict[int, list[int]] = {int(r): [] for r in self.rows}
        self.pooled: dict[int, tuple[list[int], list[float]]] = {}

    def solve(self, seconds: float) -> float | None:
        """The relaxation's optimum, or None if it was not found in time."""
        spans = [self._group(k, base, units) for (k, base), units in self.groups.items()]
        for columns in self.shares.values():
            if columns:
                self.program.row(-np.inf, 1.0, columns)
        first, last = min(span[0] for span in spans), max(span[1] for span in spans)
        for pool, (columns, values) in self.pooled.items():
            self.program.row(-np.inf, float(self._pool_minutes(pool, first, last)), columns, values)
        answer = self.program.solve(seconds)
        return float(answer.bound) * (1 + 1e-7) + 1e-6 if answer.proven else None

    def _group(self, k: int, base: int, units: list[int]) -> tuple[int, int]:
        """Columns and rows of the units of one kind at one base; returns the first and last minute of use."""
        asks, kinds = self.asks, self.kinds
        able = [int(r) for r in self.rows if kinds.usable[k, asks.origin[r]] and kinds.usable[k, asks.destination[r]]
                and asks.pax[r] <= kinds.seats[k] and asks.litters[r] <= kinds.litters[k]]  # fmt: skip
        places = sorted({base, *(int(p[r]) for r in able for p in (asks.origin, asks.destination))})
        arcs = [(a, b) for a in places for b in places if a != b]
        flown = self.program.columns(len(arcs), 0.0, 0.0, np.inf)
        carried = self.program.columns(len(able), [float(asks.value[r]) for r in able], 0.0, 1.0)
        for at, r in enumerate(able):
            self.shares[r].append(carried + at)
        for p in places:
            out = [flown + at for at, arc in enumerate(arcs) if arc[0] == p]
            back = [flown + at for at, arc in enumerate(arcs) if arc[1] == p]
            self.program.row(0.0, 0.0, [*out, *back], [1.0] * len(out) + [-1.0] * len(back))
        for size, room in self._dimensions(k, arcs):
            self._loads(able, arcs, (flown, carried), size, room)
        span = self._span(k, base, able)
        self._time(k, base, units, (flown, arcs), span)
        return span

    def _dimensions(self, k: int, arcs: list[tuple[int, int]]) -> list[tuple[Any, list[float]]]:
        """Passengers with seats, and mass with payload; a leg may stop for fuel, so only its first part is counted."""
        kinds = self.kinds
        room = []
        for a, b in arcs:
            burn = min(float(kinds.burn[k, a, f]) for f in (b, *(int(f) for f in kinds.fuels if f != a)))
            room.append(max(0.0, min(float(kinds.payload[k]), float(kinds.room[k, a] - kinds.reserve[k]) - burn)))
        return [(self.asks.pax, [float(kinds.seats[k])] * len(arcs)), (self.asks.mass, room)]

    def _loads(
        self, able: list[int], arcs: list[tuple[int, int]], first: tuple[int, int], size: Any, room: list[float]
    ) -> None:
        """Loads from each origin as one flow over the legs."""
        flown, carried = first
        on_arc: list[list[int]] = [[] for _ in arcs]
        for origin in sorted({int(self.asks.origin[r]) for r in able if size[r] > 0}):
            flow = self.program.columns(len(arcs), 0.0, 0.0, np.inf)
            for at in range(len(arcs)):
                on_arc[at].append(flow + at)
            own = [(at, r) for at, r in enumerate(able) if self.asks.origin[r] == origin and size[r] > 0]
            for p in sorted({a for a, _ in arcs}):
                out = [flow + at for at, arc in enumerate(arcs) if arc[0] == p]
                back = [flow + at for at, arc in enumerate(arcs) if arc[1] == p]
                here = [(carried + at, float(size[r])) for at, r in own if origin == p or self.asks.destination[r] == p]
                sign = -1.0 if origin == p else 1.0
                columns = [*out, *back, *(column for column, _ in here)]
                values = [1.0] * len(out) + [-1.0] * len(back) + [sign * amount for _, amount in here]
                self.program.row(0.0, 0.0, columns, values)
        for at, columns in enumerate(on_arc):
            if columns:
                self.program.row(-np.inf, 0.0, [*columns, flown + at], [1.0] * len(columns) + [-room[at]])

    def _span(self, k: int, base: int, able: list[int]) -> tuple[int, int]:
        """First and last minute at which these units can be of use: first leg out to last leg back and turned round.

        Who may stay away overnight may leave the day before, and come home the day after.
        """
        asks, kinds = self.asks, self.kinds
        if self.low.problem.fleet.nights:
            return 0, self.low.minutes
        first, last = self.low.minutes, 0
        for r in able:
            a, b = int(asks.origin[r]), int(asks.destination[r])
            far = [FAR_MIN if kinds.km[x, y] > kinds.reach[k] else 0 for x, y in ((base, a), (b, base))]
            first = min(first, int(asks.earliest[r] - kinds.leg[k, base, a]) - far[0])
            done = int(max(asks.latest[r], asks.deliver_from[r]) + 2 * kinds.ground[k] + kinds.refuel[k])
            last = max(last, done + int(kinds.leg[k, b, base]) + far[1])
        return max(first, 0), min(last, self.low.minutes)

    def _time(self, k: int, base: int, units: list[int], legs: Any, span: tuple[int, int]) -> None:
        """Minutes away, minutes in the air, and no more of either than the duties that begin: at base, or after a rest
        away, which takes its time too.
        """
        kinds, fleet = self.kinds, self.low.problem.fleet
        flown, arcs = legs
        columns = list(range(flown, flown + len(arcs)))
        if not columns:
            return
        turn = int(fleet.turn[units[0]])
        stand = float(min(kinds.ground[k], kinds.refuel[k]))
        air = [float(kinds.leg[k, a, b]) for a, b in arcs]
        away = [took + (turn if b == base else stand) for took, (_, b) in zip(air, arcs)]
        nights = [self.program.columns(1, 0.0, 0.0, np.inf)] if fleet.nights else []
        gone = float(self._away(units, span)) + turn * len(units)
        columns, away = [*columns, *nights], [*away, *(max(0.0, fleet.crew[2] - stand) for _ in nights)]
        self.program.row(-np.inf, gone, columns, away)
        duties = 1 + (span[1] - span[0]) // max(1, int(fleet.crew[2]))
        most = float(len(units) * fleet.crew[0] * fleet.crew[3] * duties)
        self.program.row(-np.inf, most, columns[: len(arcs)], air)
        out = [float(fleet.crew[1]) if a == base else 0.0 for a, _ in arcs]
        short = [took + (0.0 if b == base else stand) - duty for took, (_, b), duty in zip(air, arcs, out)]
        self.program.row(-np.inf, 0.0, columns, [*short, *(-fleet.crew[1] - stand for _ in nights)])
        escorts = int(fleet.escorts[units[0]])
        for pool, need in ((int(fleet.lead[units[0]]), 1), (int(fleet.escort[units[0]]), escorts)):
            if need:
                held = self.pooled.setdefault(pool, ([], []))
                held[0].extend(columns)
                held[1].extend(need * minutes for minutes in away)

    def _away(self, units: list[int], span: tuple[int, int]) -> int:
        """Sum over minutes of how many of these units may be away at once, nobody else flying."""
        problem, total = self.low.problem, 0
        fleet, watch, u = problem.fleet, problem.watch, units[0]
        guarded = watch.floor > 0 and not problem.elsewhere
        known: dict[tuple[Any, ...], int] = {}
        used = np.zeros_like(watch.have)
        for t in range(*span):
            there = sum(int(fleet.first[v] <= t < fleet.last[v]) for v in units)
            key = (int(watch.minute[t]), there, *watch.have[:, t].tolist())
            if key not in known:
                known[key] = self._most(used, t, u, there, guarded)
            total += known[key]
        return total

    def _most(self, used: Any, t: int, u: int, there: int, guarded: bool) -> int:
        fleet, watch = self.low.problem.fleet, self.low.problem.watch
        for many in range(there, 0, -1):
            used[fleet.lead[u], t] += many
            used[fleet.escort[u], t] += many * fleet.escorts[u]
            fits = bool((used[:, t] <= watch.have[:, t]).all())
            kept = not guarded or self._kept(used, t)
            used[:, t] = 0
            if fits and kept:
                return many
        return 0

    def _kept(self, used: Any, t: int) -> bool:
        watch = self.low.problem.watch
        subset = kernel.posts_held(*self.low.tables, used, t, -1, -1, 0)
        return bool(watch.met[watch.minute[t], subset])

    def _pool_minutes(self, pool: int, first: int, last: int) -> int:
        """Sum over minutes of how many airframes of a pool may be away at once."""
        problem = self.low.problem
        watch = problem.watch
        guarded = watch.floor > 0 and not problem.elsewhere
        used, known, total = np.zeros_like(watch.have), {}, 0
        turn = int(problem.fleet.turn.max())
        for t in range(first, last):
            key = (int(watch.minute[t]), *watch.have[:, t].tolist())
            if key not in known:
                many = int(watch.have[pool, t])
                while many:
                    used[pool, t] = many
                    if not guarded or self._kept(used, t):
                        break
                    many -= 1
                used[pool, t] = 0
                known[key] = many
            total += known[key]
        return total + turn * int(watch.have[pool].max() if last > first else 0)
