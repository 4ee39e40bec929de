"""Compiled loops of dispatch: hypercube balance equations and value iteration over unit states."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange


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
def balance(up: Any, service: Any, chance: Any, tolerance: float, sweeps: int) -> float:
    """Gauss-Seidel on the balance equations of the hypercube, alternating direction, in place on ``chance`` (2**N,).

    Returns the largest relative change of the last sweep. Source: Larson 1974, Computers & Operations Research 1.
    """
    states, servers = up.shape
    change = 1.0
    for sweep in range(sweeps):
        change = 0.0
        for step in range(states):
            state = step if sweep % 2 == 0 else states - 1 - step
            out, flow = 0.0, 0.0
            for server in range(servers):
                bit = 1 << server
                if state & bit:
                    out += service[server]
                    flow += chance[state ^ bit] * up[state ^ bit, server]
                else:
                    out += up[state, server]
                    flow += chance[state | bit] * service[server]
            new = flow / out
            old = chance[state]
            if new > 0.0:
                change = max(change, abs(new - old) / new)
            chance[state] = new
        total = chance.sum()
        for state in range(states):
            chance[state] /= total
        if change < tolerance:
            break
    return change


@njit(cache=True, nogil=True)
def _arrival(state: int, zone: int, value: Any, reward: Any, rates: Any, strides: Any, free: Any, must: bool) -> float:
    """Expected value of one arrival in a zone, over its precedences, when the best unit is sent (or none, if
    allowed).
    """
    total = 0.0
    stay = value[state]
    for grade in range(rates.shape[1]):
        best = -1e300 if must else stay
        for unit in range(strides.size):
            if free[unit]:
                worth = reward[zone, unit, grade] + value[state + (zone + 1) * strides[unit]]
                if worth > best:
                    best = worth
        total += rates[zone, grade] * best
    return total


@njit(cache=True, nogil=True)
def _first(state: int, zone: int, value: Any, reward: Any, rates: Any, strides: Any, free: Any, order: Any) -> float:
    """Expected value of one arrival in a zone when the first free unit of its order of preference is sent."""
    total = 0.0
    for rank in range(strides.size):
        unit = order[zone, rank]
        if unit >= 0 and free[unit]:
            after = value[state + (zone + 1) * strides[unit]]
            for grade in range(rates.shape[1]):
                total += rates[zone, grade] * (reward[zone, unit, grade] + after)
            return total
    for grade in range(rates.shape[1]):
        total += rates[zone, grade] * value[state]
    return total


@njit(cache=True, nogil=True, parallel=True)
def sweep(value: Any, new: Any, reward: Any, rates: Any, service: Any, order: Any, mode: int, uniform: float) -> Any:
    """One step of value iteration over all unit states; returns (least, greatest) gain per unit time.

    A state holds for each of U units 0 (free) or 1 + the zone it serves, in mixed radix Z + 1. ``reward`` (Z, U, K),
    ``rates`` (Z, K), ``service`` (Z, U) completions per unit time, ``order`` (Z, U) for mode 2, ``uniform`` the rate of
    uniformisation. Modes: 0 the best unit or none, 1 the best unit, 2 the first free of ``order``.
    """
    zones, units = service.shape
    strides = np.empty(units, np.int64)
    strides[0] = 1
    for unit in range(1, units):
        strides[unit] = strides[unit - 1] * (zones + 1)
    blocks = 256
    low, high = np.full(blocks, 1e300), np.full(blocks, -1e300)
    size = (value.size + blocks - 1) // blocks
    for block in prange(blocks):
        free = np.empty(units, np.bool_)
        for state in range(block * size, min(value.size, (block + 1) * size)):
            left, total, any_free = uniform, 0.0, False
            for unit in range(units):
                serving = state // strides[unit] % (zones + 1)
                free[unit] = serving == 0
                if serving == 0:
                    any_free = True
                else:
                    rate = service[serving - 1, unit]
                    total += rate * value[state - serving * strides[unit]]
                    left -= rate
            if any_free:
                for zone in range(zones):
                    if mode == 2:
                        total += _first(state, zone, value, reward, rates, strides, free, order)
                    else:
                        total += _arrival(state, zone, value, reward, rates, strides, free, mode == 1)
                    for grade in range(rates.shape[1]):
                        left -= rates[zone, grade]
            new[state] = (total + left * value[state]) / uniform
            gain = (new[state] - value[state]) * uniform
            low[block], high[block] = min(low[block], gain), max(high[block], gain)
    return low.min(), high.max()
