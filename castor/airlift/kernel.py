"""The bridge flown: aircraft follow their sequences of flights, wait for loads, hours, spots and crews."""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import njit

DAY = 1440.0
CHECKS = 12
"""Times that a take-off is pushed back by hours, spots and rest in turn before the way is given up as blocked."""


@njit(cache=True, nogil=True)
def _opens(moment: float, opens: float, closes: float) -> float:
    """First moment not before the given one at which a place is open; equal hours mean always."""
    if opens == closes:
        return moment
    at = moment % DAY
    inside = opens <= at <= closes if opens < closes else (at >= opens or at <= closes)
    return moment if inside else moment + (opens - at) % DAY


@njit(cache=True, nogil=True)
def _take_off(ready: float, minutes: float, hours: Any, free: float, crew: Any) -> tuple[float, float]:
    """Earliest take-off from ``ready`` on, and the start of the duty in which it is flown.

    ``hours``: opening and closing at both ends; ``free``: when a spot is free at the destination; ``crew``: start of
    the duty (negative: a fresh crew), arrival here, longest duty, rest, report.
    """
    off = ready
    duty = crew[0]
    for _ in range(CHECKS):
        before = off
        off = _opens(off, hours[0], hours[1])
        on = _opens(max(off + minutes, free), hours[2], hours[3])
        off = on - minutes
        if crew[0] < -1e17 or off - crew[4] - crew[1] >= crew[3]:
            duty = off - crew[4]
        elif on - crew[0] > crew[2]:
            off = max(off, crew[1] + crew[3] + crew[4])
            duty = off - crew[4]
        else:
            duty = crew[0]
        if off <= before + 1e-9:
            return off, duty
    return np.inf, duty


@njit(cache=True, nogil=True)
def fly(sequences: Any, chalks: Any, ways: Any, fleet: Any, fields: Any, rules: Any, delays: Any) -> Any:
    """Fly every aircraft's sequence of chalks; return its legs (L, 6) and when each chalk lands (C,).

    sequences (A, K) chalk numbers, -1 at the end. chalks: (way (C, A), origin (C,), available (C,)). ways: (first
    (W + 1,), places (.,), minutes (.,), empty (A, P, P)): leg k of way w runs from places[first[w] + w + k] on;
    ``empty`` is the way number to position, -1 where there is none. fleet: (start, home, ground, refuel), each (A,).
    fields: (spots (P,), opens, closes, fresh crews). rules: (duty, rest, report, return home). delays (C + A,) minutes
    before the first leg of a chalk, then of the way home. A leg is (aircraft, chalk or -1, from, to, off, on). Where a
    spot never comes free the rest is never flown and lands at infinity.
    """
    way_of, origin, available = chalks
    first, places, minutes, empty = ways
    start, home, ground, refuel = fleet
    spots, opens, closes, fresh = fields
    number, depth = sequences.shape
    lands = np.full(origin.size, np.inf)
    legs = np.full((number * (depth + 1) * 8, 6), -1.0)
    count = 0
    here, arrived, duty = home.copy(), start.copy(), np.full(number, -1e18)
    at, phase, step = np.zeros(number, np.int64), np.zeros(number, np.int64), np.zeros(number, np.int64)
    current, loaded = np.full(number, -1), np.zeros(number, np.bool_)
    spot_of = np.full(number, -1)
    most = 1
    for p in range(spots.size):
        most = max(most, spots[p])
    free = np.full((spots.size, most), -np.inf)
    while True:
        best, who, best_duty, best_spot, best_way = np.inf, -1, 0.0, -1, -1
        pending = False
        for a in range(number):
            chalk = sequences[a, at[a]] if at[a] < depth else -1
            if phase[a] == 3 or (chalk < 0 and not rules[3]) or (chalk < 0 and at[a] == 0):
                continue
            if chalk < 0:
                target = home[a]
            else:
                target = origin[chalk]
            if phase[a] == 0 and here[a] == target and step[a] == 0:
                if chalk < 0:
                    phase[a] = 3
                    continue
                phase[a] = 1
            if step[a] > 0:
                way = current[a]
            elif phase[a] == 1:
                way = way_of[chalk, a]
            else:
                way = empty[a, here[a], target]
            pending = True
            if way < 0:
                return legs[:count], np.full(origin.size, np.inf)
            k = first[way] + step[a]
            frm, to = places[k + way], places[k + way + 1]
            ready = arrived[a]
            if step[a] > 0:
                ready += refuel[a]
            elif phase[a] == 1:
                ready = max(ready, available[chalk]) + ground[a] + delays[chalk]
            elif loaded[a]:
                ready += ground[a]
                if chalk < 0:
                    ready += delays[origin.size + a]
            slot, opening = -1, -np.inf
            if spots[to] >= 0 and to != home[a]:
                opening = np.inf
                for s in range(spots[to]):
                    if free[to, s] < opening:
                        opening, slot = free[to, s], s
            if opening == np.inf:
                continue
            crew_start = -1e18 if fresh[frm] or frm == home[a] else duty[a]
            off, began = _take_off(
                ready, minutes[k], (opens[frm], closes[frm], opens[to], closes[to]), opening,
                (crew_start, arrived[a], rules[0], rules[1], rules[2]),
            )  # fmt: skip
            if off < best:
                best, who, best_duty, best_spot, best_way = off, a, began, slot, way
        if who < 0:
            if pending:
                lands[:] = np.inf
            return legs[:count], lands
        chalk = sequences[who, at[who]] if at[who] < depth else -1
        k = first[best_way] + step[who]
        frm, to, on = places[k + best_way], places[k + best_way + 1], best + minutes[k]
        legs[count, 0], legs[count, 1], legs[count, 2], legs[count, 3] = who, chalk if phase[who] == 1 else -1, frm, to
        legs[count, 4], legs[count, 5] = best, on
        count += 1
        if spot_of[who] >= 0:
            free[frm, spot_of[who]] = best
        spot_of[who] = best_spot
        if best_spot >= 0:
            free[to, best_spot] = np.inf
        here[who], arrived[who], duty[who] = to, on, best_duty
        loaded[who] = False
        current[who] = best_way
        step[who] += 1
        if k + 1 == first[best_way + 1]:
            step[who] = 0
            if phase[who] == 1:
                lands[chalk] = on
                at[who] += 1
                phase[who] = 0
                loaded[who] = True
            elif chalk < 0:
                phase[who] = 3
            else:
                phase[who] = 1
