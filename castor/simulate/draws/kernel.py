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

from castor.simulate.packed import (
    APPROVAL,
    APPROVAL_SIGMA,
    AT,
    EXPECTED,
    FIRST,
    HORIZON,
    KNOT,
    L_RATE,
    LAST,
    LEVEL,
    LITTER,
    LYING,
    LYING_LEFT,
    MEMORYLESS,
    MOST,
    ON_SCENE,
    OTHER,
    RATE,
    READY,
    REPORT,
    SCENE_SIGMA,
    SEASON,
    SHARE,
    SITTING,
    SITTING_LEFT,
    TAIL,
    TRANSFER_RATE,
    URGENT,
    W_SINCE,
    W_UNTIL,
    ZONE,
)  # fmt: skip
from castor.simulate.packed import SCENE as SCENE_MIN

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
ONCE, TWICE = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S30, S27, S31, S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
ONE = np.uint64(1)
(CALL, PLACE, BATCH, HASTE, APPROVE, SCENE, TRANSFER, TRANSFER_SCENE, JOB, GOAL, SERVICE, INSPECTION, SKY,
 STAYS) = range(14)  # fmt: skip
"""The purposes of streams."""


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def mix(x: Any) -> Any:
    """The hash of 64 bits."""
    x = (x ^ (x >> S30)) * ONCE
    x = (x ^ (x >> S27)) * TWICE
    return x ^ (x >> S31)


@njit(cache=True, nogil=True, _nrt=False)
def stream(seed: int, replication: int, purpose: int) -> Any:
    """The key of a stream."""
    key = mix(np.uint64(seed) + GOLDEN)
    key = mix(key + np.uint64(replication) * GOLDEN)
    return mix(key + np.uint64(purpose + 1) * GOLDEN)


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def uniform(key: Any, index: int) -> Any:
    """Draw number ``index`` of a stream: uniform, strictly between 0 and 1."""
    bits = mix(key + (np.uint64(index) + ONE) * GOLDEN) >> S11
    return (float(bits) + 0.5) * 1.1102230246251565e-16


@njit(cache=True, nogil=True, _nrt=False)
def _ratio(x: float, factor: float, top: Any, bottom: Any) -> Any:
    above, below = 0.0, 0.0
    for k in range(len(top)):
        above = above * x + top[k]
        below = below * x + bottom[k]
    return above * factor / below


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


@njit(cache=True, nogil=True, _nrt=False)
def normal(u: float) -> Any:
    """Quantile of the standard normal distribution. Source: Wichura 1988, algorithm AS 241 (PPND16)."""
    q = u - 0.5
    if abs(q) <= 0.425:
        return _ratio(0.180625 - q * q, q, _A, _B)
    r = math.sqrt(-math.log(u if q < 0 else 1.0 - u))
    found = _ratio(r - 1.6, 1.0, _C, _D) if r <= 5.0 else _ratio(r - 5.0, 1.0, _E, _F)
    return -found if q < 0 else found


@njit(cache=True, nogil=True, _nrt=False, inline="always")
def alias(u: float, table: Any, low: int, high: int) -> Any:
    """A number from ``low`` to before ``high`` by Walker's alias table, columns share and other, from one draw."""
    x = u * (high - low)
    k = low + int(x)
    return float(k) if x - int(x) < table[k, SHARE] else table[k, OTHER]


@njit(cache=True, nogil=True, _nrt=False)
def moment(target: float, season: Any, rate: float, piece: int) -> Any:
    """When the calls expected since the start reach ``target``, and the piece of the season it falls in."""
    while piece < season.shape[0] - 2 and season[piece + 1, EXPECTED] <= target:
        piece += 1
    here = rate * season[piece, SEASON]
    if here <= 0.0:
        return np.inf, piece
    return season[piece, KNOT] + (target - season[piece, EXPECTED]) / here, piece


@njit(cache=True, nogil=True, _nrt=False)
def batch(u: float, tail: float, most: float) -> Any:
    """Patients of a call: at least n with probability n ** -tail (a discrete Pareto law), cut at ``most``."""
    return min(most, math.floor(u ** (-1.0 / tail)))


@njit(cache=True, nogil=True, _nrt=False)
def spread(u: float, middle: float, sigma: float) -> Any:
    """A log-normal time of this median from one draw; the median itself where sigma is 0."""
    return middle if sigma == 0.0 else middle * math.exp(sigma * normal(u))


@njit(cache=True, nogil=True, _nrt=False)
def on_ground(key: Any, index: int, rule: Any) -> Any:
    """Minutes on the ground at the scene: exponential, log-normal or the same always."""
    if rule[MEMORYLESS] > 0.0:
        return -math.log(uniform(key, index)) * rule[SCENE_MIN]
    if rule[SCENE_SIGMA] == 0.0:
        return rule[SCENE_MIN]
    return spread(uniform(key, index), rule[SCENE_MIN], rule[SCENE_SIGMA])


@njit(cache=True, nogil=True)
def calls(rule: Any, season: Any, zone: Any, seed: int, replication: int) -> Any:
    """The calls of a year (C, 9) in the order in which they may be answered; see the columns in ``packed``.

    Levels: 0 urgent, 1 priority, 2 a transfer, whose zone is the one after the zones of calls.
    """
    expected = season[-1, EXPECTED] + rule[TRANSFER_RATE] * rule[HORIZON]
    most = int(expected + 12.0 * math.sqrt(expected) + 64.0)
    call = np.empty((most, 9))
    when, where = stream(seed, replication, CALL), stream(seed, replication, PLACE)
    size, haste = stream(seed, replication, BATCH), stream(seed, replication, HASTE)
    approval, scene = stream(seed, replication, APPROVE), stream(seed, replication, SCENE)
    number, target, piece = 0, 0.0, 0
    while number < most:
        target -= math.log(uniform(when, number))
        now, piece = moment(target, season, rule[RATE], piece)
        if now >= rule[HORIZON]:
            break
        delay = rule[APPROVAL]
        if rule[APPROVAL_SIGMA] > 0.0:
            delay = spread(uniform(approval, number), delay, rule[APPROVAL_SIGMA])
        patients = 1.0
        if rule[TAIL] > 0.0:
            patients = batch(uniform(size, number), rule[TAIL], rule[MOST])
        urgent = rule[URGENT] >= 1.0 or uniform(haste, number) < rule[URGENT]
        row = call[number]
        row[AT], row[READY] = now, now + rule[REPORT] + delay
        row[ZONE] = alias(uniform(where, number), zone, 0, zone.shape[0])
        row[LYING] = math.ceil(rule[LITTER] * patients)
        row[SITTING] = patients - row[LYING]
        row[LEVEL], row[ON_SCENE] = 0.0 if urgent else 1.0, on_ground(scene, number, rule)
        row[LYING_LEFT], row[SITTING_LEFT] = row[LYING], row[SITTING]
        number += 1
    forward, now = number, 0.0
    when, scene = stream(seed, replication, TRANSFER), stream(seed, replication, TRANSFER_SCENE)
    while rule[TRANSFER_RATE] > 0.0 and number < most:
        now -= math.log(uniform(when, number - forward)) / rule[TRANSFER_RATE]
        if now >= rule[HORIZON]:
            break
        row = call[number]
        row[AT], row[READY], row[ZONE], row[LEVEL] = now, now, zone.shape[0], 2.0
        row[LYING], row[SITTING], row[LYING_LEFT], row[SITTING_LEFT] = 1.0, 0.0, 1.0, 0.0
        row[ON_SCENE] = on_ground(scene, number - forward, rule)
        number += 1
    if rule[APPROVAL_SIGMA] > 0.0 or number > forward:
        return call[:number][np.argsort(call[:number, READY], kind="mergesort")]
    return call[:number]


@njit(cache=True, nogil=True)
def jobs(rule: Any, plan: Any, line: Any, luck: Any, way: Any, seed: int, replication: int) -> Any:
    """The transport and training tasks of a year (J, 2) in order: when each is asked for, and its way."""
    expected = plan.shape[0] + line[:, L_RATE].sum() * rule[HORIZON]
    most = int(expected + 12.0 * math.sqrt(expected) + 64.0)
    job = np.empty((most, 2))
    number = plan.shape[0]
    job[:number] = plan
    for k in range(line.shape[0]):
        when = mix(stream(seed, replication, JOB) + luck[k])
        where = mix(stream(seed, replication, GOAL) + luck[k])
        first, last, index = int(line[k, FIRST]), int(line[k, LAST]), 0
        now, stop = way[first, W_SINCE], min(rule[HORIZON], way[first, W_UNTIL])
        while line[k, L_RATE] > 0.0 and number < most:
            now -= math.log(uniform(when, index)) / line[k, L_RATE]
            if now >= stop:
                break
            job[number, 0] = now
            job[number, 1] = alias(uniform(where, index), way, first, last)
            index += 1
            number += 1
    return job[:number][np.argsort(job[:number, 0], kind="mergesort")]
