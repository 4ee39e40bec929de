"""The hypercube queueing model: how busy each unit is, who answers whom, exactly and by Larson's approximation.

Exact: R. C. Larson, A hypercube queuing model for facility location and redistricting in urban emergency services,
Computers & Operations Research 1 (1974) 67-95. Approximation: R. C. Larson, Approximating the performance of urban
emergency service systems, Operations Research 23 (1975) 845-868. Notation as in Larson & Odoni, Urban Operations
Research (1981), chapter 5.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from castor.errors import CastorError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_SERVERS = 20


class Hypercube(Struct, frozen=True, eq=False):
    """What the model says of N units and J atoms.

    ``workload`` (N,): share of time busy. ``dispatch`` (J, N): share of all dispatches that send unit n to atom j
    (calls that are lost or queued are told apart). ``lost`` / ``queued``: share of calls that find all busy.
    ``chance`` (2**N,): probability of each state, bit n set when unit n is busy, with an empty queue; absent (None)
    for the approximation.
    """

    workload: Floats
    dispatch: Floats
    lost: float
    queued: float
    chance: Floats | None


def hypercube(
    rates: ArrayLike, order: ArrayLike, service: ArrayLike = 1.0, *, queue: bool = False, tolerance: float = 1e-12
) -> Hypercube:
    """Solve the hypercube exactly.

    ``rates`` (J,) calls per unit time by atom; ``order`` (J, N) units in order of preference, from 0; ``service``
    completions per unit time, one number or (N,). With ``queue`` calls that find all busy wait in one line, first
    come first served, without limit; otherwise they are lost. Raises CastorError for input of the wrong form or a
    queue without a steady state.
    """
    from castor.dispatch.kernel import balance, inward_rates, upward_rates

    told, ranks, speed = _checked(rates, order, service, queue)
    servers = speed.size
    if servers > MOST_SERVERS:
        raise CastorError(
            f"{servers} units: the exact model holds at most {MOST_SERVERS}; use hypercube_approximation."
        )
    up = upward_rates(told, ranks, servers)
    chance = np.full(1 << servers, 1.0 / (1 << servers))
    out = inward_rates(up, speed)
    change = balance(up, out, chance, tolerance, 20_000)
    if change > max(tolerance, 1e-9):
        raise CastorError(f"The balance equations did not settle: last relative change {change:.1e}.")
    full = chance[-1]
    if queue:
        ratio = told.sum() / speed.sum()
        tail = full * ratio / (1 - ratio)
        chance = chance / (1 + tail)
        waiting = tail / (1 + tail)
    else:
        waiting = 0.0
    states = np.arange(1 << servers)
    busy = (states[:, None] >> np.arange(servers)) & 1
    workload = chance @ busy + waiting
    saturated = float(chance[-1] + waiting)
    return Hypercube(
        workload=workload,
        dispatch=_dispatches(told, ranks, speed, chance, saturated if queue else 0.0),
        lost=0.0 if queue else saturated,
        queued=saturated if queue else 0.0,
        chance=chance,
    )


def _dispatches(rates: Floats, order: Ints, service: Floats, chance: Floats, queued: float) -> Floats:
    """(J, N): immediate dispatches from the states, and from the queue to whoever is free first."""
    from castor.dispatch.kernel import first_free

    found = rates[:, None] * first_free(order, chance)
    if queued:
        found += np.outer(rates, service / service.sum()) * queued
    return np.asarray(found / found.sum(), np.float64)


def hypercube_approximation(
    rates: ArrayLike, order: ArrayLike, service: float = 1.0, *, queue: bool = False, tolerance: float = 1e-10
) -> Hypercube:
    """Larson's approximation: N equations instead of 2**N, one service rate for all units.

    Parameters and result as for ``hypercube``; ``chance`` is None.
    """
    told, ranks, speed = _checked(rates, order, service, queue)
    servers, offered = speed.size, told.sum() / speed[0]
    states = erlang_states(offered, servers, queue=queue)
    full = float(1 - states[:servers].sum())
    mean = offered / servers if queue else offered * (1 - full) / servers
    factor = correction_factors(servers, offered, queue=queue)
    from_queue = full * offered / servers if queue else 0.0
    workload = np.full(servers, mean)
    for _ in range(10_000):
        asked = (told / speed[0]) @ _asked(ranks, workload, factor)
        new = (asked + from_queue) / (1 + asked)
        new *= mean * servers / new.sum()
        done = np.abs(new - workload).max() < tolerance
        workload = new
        if done:
            break
    share = _asked(ranks, workload, factor) * (1 - workload)
    found = told[:, None] * share / share.sum(1, keepdims=True) * (1 - full)
    if queue:
        found = found + told[:, None] * full / servers
    return Hypercube(
        workload=workload,
        dispatch=found / found.sum(),
        lost=0.0 if queue else full,
        queued=full if queue else 0.0,
        chance=None,
    )


def _asked(order: Ints, workload: Floats, factor: Floats) -> Floats:
    """(J, N): probability that all units preferred to n are busy, given that n is free, times the correction."""
    rows = np.arange(order.shape[0])
    share = np.zeros(order.shape)
    busy = np.ones(order.shape[0])
    for rank in range(order.shape[1]):
        unit = order[:, rank]
        share[rows, unit] = factor[rank] * busy
        busy = busy * workload[unit]
    return share


def correction_factors(servers: int, offered: float, *, queue: bool) -> Floats:
    """Larson's Q(N, r, j) for j = 0 .. N - 1: how far busy units are from independent in an M/M/N system.

    The probability that j units drawn at random are busy and one more is free, over r**j (1 - r), with r the workload.
    """
    states = erlang_states(offered, servers, queue=queue)
    full = float(1 - states[:servers].sum())
    mean = offered / servers if queue else offered * (1 - full) / servers
    k = np.arange(servers)
    found = np.empty(servers)
    drawn = np.ones(servers)
    for j in range(servers):
        found[j] = (states[:servers] * drawn * (servers - k) / (servers - j)).sum() / (mean**j * (1 - mean))
        drawn = drawn * np.maximum(k - j, 0) / (servers - j)
    return found


def erlang_states(offered: float, servers: int, *, queue: bool) -> Floats:
    """Probability (N + 1,) of 0 .. N busy units in M/M/N; with a queue the last counts an empty queue only."""
    terms = np.ones(servers + 1)
    for k in range(1, servers + 1):
        terms[k] = terms[k - 1] * offered / k
    ratio = offered / servers
    tail = terms[-1] * ratio / (1 - ratio) if queue else 0.0
    return np.asarray(terms / (terms.sum() + tail), np.float64)


def _checked(rates: ArrayLike, order: ArrayLike, service: ArrayLike, queue: bool) -> tuple[Floats, Ints, Floats]:
    told, ranks = np.atleast_1d(np.asarray(rates, np.float64)), np.atleast_2d(np.asarray(order, np.int64))
    if told.ndim != 1 or ranks.ndim != 2 or ranks.shape[0] != told.size:
        raise CastorError(f"rates (J,) and order (J, N) do not fit: {told.shape} and {ranks.shape}.")
    servers = ranks.shape[1]
    speed = np.broadcast_to(np.asarray(service, np.float64), (servers,)).copy()
    if not (np.isfinite(told).all() and (told >= 0).all() and told.sum() > 0):
        raise CastorError("rates must be finite, not negative, and not all zero.")
    if not (np.isfinite(speed).all() and (speed > 0).all()):
        raise CastorError("service rates must be finite and above zero.")
    if not (np.sort(ranks, axis=1) == np.arange(servers)).all():
        raise CastorError(f"each row of order must name the units 0 to {servers - 1} once.")
    if queue and told.sum() >= speed.sum():
        raise CastorError(
            f"{told.sum():g} calls against {speed.sum():g} completions per unit time: the queue only grows."
        )
    return told, ranks, speed
