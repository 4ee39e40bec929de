"""Streams keyed by (seed, replication, purpose, index); and the calls and tasks of a year drawn from them.

A draw is a hash, not the next state of a generator: it depends on what it is for, never on the order in which it is
asked for. The hash is the finaliser of SplitMix64 over a Weyl sequence (Steele, Lea and Flood, OOPSLA 2014; the
finaliser is David Stafford's variant 13), which passes the usual batteries as a generator.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S30, S27, S31, S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
ONE = np.uint64(1)
CALL, ZONE, BATCH, URGENT, APPROVAL, SCENE, TRANSFER, TRANSFER_SCENE, TASK, GOAL, SERVICE, PHASE, STORM, STAY = range(
    14
)
"""The purposes of streams."""


@njit(cache=True, nogil=True, inline="always")
def mix(x: Any) -> Any:
    """The hash of 64 bits."""
    x = (x ^ (x >> S30)) * FIRST
    x = (x ^ (x >> S27)) * SECOND
    return x ^ (x >> S31)


@njit(cache=True, nogil=True)
def stream(seed: int, replication: int, purpose: int) -> Any:
    """The key of a stream."""
    key = mix(np.uint64(seed) + GOLDEN)
    key = mix(key + np.uint64(replication) * GOLDEN)
    return mix(key + np.uint64(purpose + 1) * GOLDEN)


@njit(cache=True, nogil=True, inline="always")
def uniform(key: Any, index: int) -> float:
    """Draw number ``index`` of a stream: uniform, strictly between 0 and 1."""
    bits = mix(key + (np.uint64(index) + ONE) * GOLDEN) >> S11
    return (float(bits) + 0.5) * 1.1102230246251565e-16


@njit(cache=True, nogil=True)
def _ratio(x: float, top: Any, bottom: Any) -> Any:
    above, below = 0.0, 0.0
    for k in range(len(top)):
        above = above * x + top[k]
        below = below * x + bottom[k]
    return above / below


_A = (
    2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
    1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0,
)  # fmt: skip
_B = (
    5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
    5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0,
)  # fmt: skip
_C = (
    7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
    3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0,
)  # fmt: skip
_D = (
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
    6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0,
)  # fmt: skip
_E = (
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
    2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0,
)  # fmt: skip
_F = (
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
    1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0,
)  # fmt: skip


@njit(cache=True, nogil=True)
def normal(u: float) -> Any:
    """Quantile of the standard normal distribution. Source: Wichura 1988, algorithm AS 241 (PPND16)."""
    q = u - 0.5
    if abs(q) <= 0.425:
        return q * _ratio(0.180625 - q * q, _A, _B)
    r = math.sqrt(-math.log(u if q < 0 else 1.0 - u))
    found = _ratio(r - 1.6, _C, _D) if r <= 5.0 else _ratio(r - 5.0, _E, _F)
    return -found if q < 0 else found


@njit(cache=True, nogil=True, inline="always")
def alias(u: float, share: Any, other: Any, low: int, high: int) -> Any:
    """A number from ``low`` to before ``high`` by Walker's alias tables, from one uniform draw."""
    x = u * (high - low)
    k = low + int(x)
    return k if x - int(x) < share[k] else other[k]


@njit(cache=True, nogil=True)
def moment(target: float, demand: Any, piece: int) -> tuple[float, int]:
    """When the calls expected since the start reach ``target``, and the piece of the season it falls in."""
    while piece < demand.season.size - 1 and demand.expected[piece + 1] <= target:
        piece += 1
    rate = demand.rate * demand.season[piece]
    if rate <= 0.0:
        return np.inf, piece
    return demand.knots[piece] + (target - demand.expected[piece]) / rate, piece


@njit(cache=True, nogil=True)
def batch(u: float, tail: float, most: int) -> int:
    """Patients of a call: at least n with probability n ** -tail (a discrete Pareto law), cut at ``most``."""
    if tail <= 0.0:
        return 1
    size = u ** (-1.0 / tail)
    return most if size >= most else int(size)


@njit(cache=True, nogil=True)
def spread(u: float, middle: float, sigma: float) -> Any:
    """A log-normal time of this median from one draw; the median itself where sigma is 0."""
    return middle if sigma == 0.0 else middle * math.exp(sigma * normal(u))


@njit(cache=True, nogil=True)
def on_ground(key: Any, index: int, demand: Any) -> Any:
    """Minutes on the ground at the scene: exponential, log-normal or the same always."""
    if demand.memoryless:
        return -math.log(uniform(key, index)) * demand.scene
    if demand.scene_sigma == 0.0:
        return float(demand.scene)
    return spread(uniform(key, index), demand.scene, demand.scene_sigma)


@njit(cache=True, nogil=True)
def calls(demand: Any, seed: int, replication: int) -> Any:
    """The calls of a year in the order in which they may be answered.

    Returns wounded, ready (C,) minutes, zone, lying, sitting, precedence (C,): 0 urgent, 1 priority, 2 a transfer; and
    minutes on the ground (C,).
    """
    expected = demand.expected[-1] + demand.transfer_rate * demand.horizon
    most = int(expected + 12.0 * math.sqrt(expected) + 64.0)
    at, ready, scene = np.empty(most), np.empty(most), np.empty(most)
    whole = np.empty((4, most), np.int64)
    keys = np.empty(8, np.uint64)
    for purpose in range(8):
        keys[purpose] = stream(seed, replication, purpose)
    number, target, piece = 0, 0.0, 0
    constant = demand.approval_sigma == 0.0
    while number < most:
        target -= math.log(uniform(keys[CALL], number))
        now, piece = moment(target, demand, piece)
        if now >= demand.horizon:
            break
        at[number] = now
        delay = demand.approval
        if not constant:
            delay = spread(uniform(keys[APPROVAL], number), demand.approval, demand.approval_sigma)
        ready[number] = now + demand.report + delay
        whole[0, number] = alias(uniform(keys[ZONE], number), demand.share, demand.other, 0, demand.share.size)
        size = batch(uniform(keys[BATCH], number), demand.tail, demand.most) if demand.tail > 0.0 else 1
        lying = math.ceil(demand.litter * size)
        whole[1, number], whole[2, number] = lying, size - lying
        urgent = demand.urgent >= 1.0 or uniform(keys[URGENT], number) < demand.urgent
        whole[3, number] = 0 if urgent else 1
        scene[number] = on_ground(keys[SCENE], number, demand)
        number += 1
    forward, now = number, 0.0
    while demand.transfer_rate > 0.0 and number < most:
        now -= math.log(uniform(keys[TRANSFER], number - forward)) / demand.transfer_rate
        if now >= demand.horizon:
            break
        at[number], ready[number] = now, now
        whole[0, number], whole[1, number], whole[2, number], whole[3, number] = demand.share.size, 1, 0, 2
        scene[number] = on_ground(keys[TRANSFER_SCENE], number - forward, demand)
        number += 1
    at, ready, scene, whole = at[:number], ready[:number], scene[:number], whole[:, :number]
    if not constant or number > forward:
        order = np.argsort(ready, kind="mergesort")
        at, ready, scene, whole = at[order], ready[order], scene[order], whole[:, order]
    return at, ready, whole[0], whole[1], whole[2], whole[3], scene


@njit(cache=True, nogil=True)
def tasks(work: Any, horizon: float, seed: int, replication: int) -> Any:
    """The transport and training tasks of a year in order: when each is asked for (J,), and its way (J,)."""
    expected = work.planned.size + work.rate.sum() * horizon
    most = int(expected + 12.0 * math.sqrt(expected) + 64.0)
    at, goal = np.empty(most), np.empty(most, np.int64)
    number = work.planned.size
    at[:number], goal[:number] = work.planned, work.planned_goal
    for line in range(work.rate.size):
        when = mix(stream(seed, replication, TASK) + work.luck[line])
        where = mix(stream(seed, replication, GOAL) + work.luck[line])
        now, index = work.since[work.first[line]], 0
        stop = min(horizon, work.until[work.first[line]])
        while work.rate[line] > 0.0 and number < most:
            now -= math.log(uniform(when, index)) / work.rate[line]
            if now >= stop:
                break
            at[number] = now
            goal[number] = alias(
                uniform(where, index), work.share, work.other, work.first[line], work.first[line + 1]
            )  # fmt: skip
            index += 1
            number += 1
    order = np.argsort(at[:number], kind="mergesort")
    return at[:number][order], goal[:number][order]
