"""Compiled loops of dispatch: the choice by a rule, the hypercube, value iteration and balance over unit states."""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import njit


@njit(cache=True, nogil=True)
def upward_rates(rates: Any, order: Any, servers: int) -> Any:
    """Rates (2**N, N) at which each state sends its next call to each free server, calls going to the first free.

    ``rates`` (J,) calls per unit time of each atom, ``order`` (J, N) servers in order of preference.
    """
    states = 1 << servers
    up = np.zeros((states, servers))
    for state in range(states - 1):
        for atom in range(rates.size):
            for rank in range(servers):
                server = order[atom, rank]
                if not state >> server & 1:
                    up[state, server] += rates[atom]
                    break
    return up


@njit(cache=True, nogil=True)
def inward_rates(up: Any, service: Any) -> Any:
    """Turn ``up`` (2**N, N) in place into the rates into each state from those that differ from it in one unit.

    Returns the rate (2**N,) at which each state is left.
    """
    states, servers = up.shape
    out = np.zeros(states)
    for server in range(servers):
        bit = 1 << server
        for state in range(states):
            if not state & bit:
                out[state] += up[state, server]
                out[state | bit] += service[server]
                up[state | bit, server] = up[state, server]
                up[state, server] = service[server]
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def balance(into: Any, out: Any, chance: Any, tolerance: float, sweeps: int) -> float:
    """Gauss-Seidel on the balance equations of the hypercube, alternating direction, in place on ``chance`` (2**N,).

    ``into`` (2**N, N) and ``out`` (2**N,) are those of ``inward_rates``. Returns the largest relative change of the
    last sweep. Source: Larson 1974, Computers & Operations Research 1.
    """
    states, servers = into.shape
    change = 1.0
    for sweep in range(sweeps):
        change = 0.0
        for step in range(states):
            state = step if sweep % 2 == 0 else states - 1 - step
            flow = 0.0
            for server in range(servers):
                flow += chance[state ^ (1 << server)] * into[state, server]
            new = flow / out[state]
            if new > 0.0:
                change = max(change, abs(new - chance[state]) / new)
            chance[state] = new
        total = chance.sum()
        for state in range(states):
            chance[state] /= total
        if change < tolerance:
            break
    return change


@njit(cache=True, nogil=True)
def first_free(order: Any, chance: Any) -> Any:
    """Probability (J, N) that each unit is the first free one of each atom's ``order`` (J, N).

    ``chance`` (2**N,) of the states, bit n set when unit n is busy.
    """
    atoms, servers = order.shape
    found = np.zeros((atoms, servers))
    for state in range(chance.size - 1):
        for atom in range(atoms):
            rank = 0
            while state >> order[atom, rank] & 1:
                rank += 1
            found[atom, order[atom, rank]] += chance[state]
    return found


@njit(cache=True, nogil=True)
def choose(zone: int, grade: int, free: int, order: Any, within: Any, worth: Any, reserve: Any) -> int:
    """The unit that a rule sends to a zone, or -1; bit n of ``free`` is set when unit n may go. See ``rules.Rule``."""
    left, count = free, 0
    while left:
        left &= left - 1
        count += 1
    if count <= reserve[grade]:
        return -1
    best, most = -1, -1e300
    for rank in range(order.shape[1]):
        unit = order[zone, rank]
        if unit < 0 or (best >= 0 and rank >= within[zone]):
            return best
        if free >> unit & 1:
            if rank >= within[zone]:
                return int(unit)
            kept = worth[free & ~(1 << unit)]
            if kept > most:
                best, most = int(unit), kept
    return best


@njit(cache=True, nogil=True)
def unit_strides(zones: int, units: int) -> Any:
    """Place value (U,) of each unit in the number of a state: mixed radix Z + 1."""
    strides = np.ones(units, np.int64)
    for unit in range(1, units):
        strides[unit] = strides[unit - 1] * (zones + 1)
    return strides


@njit(cache=True, nogil=True)
def start(first: int, busy: Any, zones: int, strides: Any, digit: Any) -> int:
    """The state number ``first`` of those in which exactly the units ``busy`` are; ``digit`` gets their zones."""
    state = 0
    for at in range(busy.size):
        digit[at] = first % zones
        first //= zones
        state += (digit[at] + 1) * strides[busy[at]]
    return state


@njit(cache=True, nogil=True)
def step(state: int, busy: Any, zones: int, strides: Any, digit: Any) -> int:
    """The next such state."""
    for at in range(busy.size):
        digit[at] += 1
        state += strides[busy[at]]
        if digit[at] < zones:
            break
        digit[at] = 0
        state -= zones * strides[busy[at]]
    return state


@njit(cache=True, nogil=True)
def decide(state: int, zone: int, grade: int, value: Any, reward: Any, strides: Any, free: Any, must: bool) -> int:
    """The free unit (or -1, if a call may be refused) with the best reward and relative value after."""
    best, sent = value[state], -1
    for at in range(free.size):
        worth = reward[zone, free[at], grade] + value[state + (zone + 1) * strides[free[at]]]
        if worth > best or (must and sent < 0):
            best, sent = worth, free[at]
    return sent


@njit(cache=True, nogil=True)
def relax(span: Any, busy: Any, free: Any, zones: Any, value: Any, sent: Any, must: bool, gain: float) -> Any:
    """Fit ``value`` to a gain in the states in which exactly the units ``busy`` are; returns (least, greatest) gain.

    ``span``: the first such state and how many. ``zones`` is (rates (Z, K), service (Z, U) completions per unit time,
    reward (Z, U, K)). Every event leads to a state with one busy unit more or less, so these states do not depend on
    one another. The gains returned are those of the values found; a ``gain`` that is not a number changes nothing.
    ``sent`` (states, Z, K) is the policy, or empty for the best one.
    """
    rates, service, reward = zones
    places, grades = rates.shape
    strides = unit_strides(places, service.shape[1])
    low, high = 1e300, -1e300
    digit = np.empty(busy.size, np.int64)
    state = start(span[0], busy, places, strides, digit)
    for _ in range(span[1]):
        income, out = 0.0, 0.0
        for at in range(busy.size):
            rate = service[digit[at], busy[at]]
            income += rate * value[state - (digit[at] + 1) * strides[busy[at]]]
            out += rate
        for zone in range(places if free.size else 0):
            for grade in range(grades):
                if sent.size:
                    unit = sent[state, zone, grade]
                else:
                    unit = decide(state, zone, grade, value, reward, strides, free, must)
                if unit >= 0:
                    after = value[state + (zone + 1) * strides[unit]]
                    income += rates[zone, grade] * (reward[zone, unit, grade] + after)
                    out += rates[zone, grade]
        found = income - out * value[state]
        low, high = min(low, found), max(high, found)
        if gain == gain and out > 0.0:
            value[state] = (income - gain) / out
        state = step(state, busy, places, strides, digit)
    return low, high


@njit(cache=True, nogil=True)
def write_policy(span: Any, busy: Any, free: Any, zones: Any, value: Any, sent: Any, rule: Any, must: bool) -> float:
    """Fill ``sent`` (states, Z, K) where exactly the units ``busy`` are: by the arrays of a rule, or the best by value.

    ``rule`` is (order, within, worth, reserve); where ``value`` is empty it decides. ``span``, ``zones``: as for
    ``relax``.
    """
    rates, service, reward = zones
    places, grades = rates.shape
    strides = unit_strides(places, service.shape[1])
    mask = 0
    for at in range(free.size):
        mask |= 1 << free[at]
    digit = np.empty(busy.size, np.int64)
    state = start(span[0], busy, places, strides, digit)
    for _ in range(span[1]):
        for zone in range(places):
            for grade in range(grades):
                if value.size:
                    sent[state, zone, grade] = decide(state, zone, grade, value, reward, strides, free, must)
                else:
                    sent[state, zone, grade] = choose(zone, grade, mask, rule[0], rule[1], rule[2], rule[3])
        state = step(state, busy, places, strides, digit)
    return 0.0


@njit(cache=True, nogil=True)
def flow(span: Any, busy: Any, free: Any, zones: Any, chance: Any, sent: Any) -> float:
    """Gauss-Seidel on the balance equations of a policy over the states in which exactly the units ``busy`` are.

    ``chance`` (states,) is changed in place; the rest as for ``relax``; returns the largest change.
    """
    rates, service, _ = zones
    places, grades = rates.shape
    strides = unit_strides(places, service.shape[1])
    most = 0.0
    digit = np.empty(busy.size, np.int64)
    state = start(span[0], busy, places, strides, digit)
    for _ in range(span[1]):
        into, out = 0.0, 0.0
        for at in range(busy.size):
            zone, before = digit[at], state - (digit[at] + 1) * strides[busy[at]]
            out += service[zone, busy[at]]
            for grade in range(grades):
                if sent[before, zone, grade] == busy[at]:
                    into += rates[zone, grade] * chance[before]
        for zone in range(places):
            for at in range(free.size):
                into += service[zone, free[at]] * chance[state + (zone + 1) * strides[free[at]]]
            for grade in range(grades):
                if sent[state, zone, grade] >= 0:
                    out += rates[zone, grade]
        if out > 0.0:
            most = max(most, abs(into / out - chance[state]))
            chance[state] = into / out
        state = step(state, busy, places, strides, digit)
    return most
