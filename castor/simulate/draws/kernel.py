"""Streams keyed by (seed, replication, purpose, index); and the calls and tasks of a year drawn from them.

A draw is a hash, not the next state of a generator: it depends on what it is for, never on the order in which it is
asked for. The hash is the finaliser of SplitMix64 over a Weyl sequence (Steele, Lea and Flood, OOPSLA 2014; the
finaliser is David Stafford's variant 13), which passes the usual batteries as a generator.

So draws can be made many at once, and nothing in them branches: the compiler makes one instruction of several. For that
the logarithm is our own; it is also the same on every machine, which that of a system's library is not.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from castor.kernel import njit
from castor.simulate.columns.kernel import (
    APPROVAL,
    APPROVAL_SIGMA,
    AT,
    BLOCK,
    CALLED,
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
    TASKED,
    TRANSFER_RATE,
    URGENT,
    W_SINCE,
    W_UNTIL,
    ZONE,
)  # fmt: skip
from castor.simulate.columns.kernel import SCENE as SCENE_MIN

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
ONCE, TWICE = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S30, S27, S31, S12, S52 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12), np.uint64(52)
ONE = np.uint64(1)
FRACTION, UNIT = np.uint64(0x000FFFFFFFFFFFFF), np.uint64(0x3FF0000000000000)
"""Bits of a number that are its fraction; and the bits of 1.0."""
(CALL, PLACE, BATCH, HASTE, APPROVE, SCENE, TRANSFER, TRANSFER_SCENE, JOB, GOAL, SERVICE, INSPECTION, SKY,
 STAYS) = np.arange(14, dtype=np.uint64)  # fmt: skip
"""The purposes of streams; of numpy's type, so that one compiled function serves them all."""


@njit(cache=True, nogil=True, _nrt=False)
def mix(x: Any) -> Any:
    """The hash of 64 bits."""
    x = (x ^ (x >> S30)) * ONCE
    x = (x ^ (x >> S27)) * TWICE
    return x ^ (x >> S31)


@njit(cache=True, nogil=True, _nrt=False)
def stream(seed: int, replication: int, purpose: Any) -> Any:
    """The key of a stream."""
    key = mix(np.uint64(seed) + GOLDEN)
    key = mix(key + np.uint64(replication) * GOLDEN)
    return mix(key + (purpose + ONE) * GOLDEN)


@intrinsic
def as_float(_: Any, bits: Any) -> Any:
    """The number that has these bits."""

    def read(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.bitcast(given[0], context.get_value_type(types.float64))

    return types.float64(types.uint64), read


@intrinsic
def as_bits(_: Any, number: Any) -> Any:
    """The bits of a number."""

    def read(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.bitcast(given[0], context.get_value_type(types.uint64))

    return types.uint64(types.float64), read


@njit(cache=True, nogil=True, _nrt=False)
def uniform(key: Any, index: int) -> Any:
    """Draw number ``index`` of a stream: an odd multiple of 2 ** -53, so strictly between 0 and 1."""
    return as_float((mix(key + (np.uint64(index) + ONE) * GOLDEN) >> S12) | UNIT) - 0.9999999999999999


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def log(x: float) -> Any:
    """Natural logarithm of a number above 0 that is not subnormal, to within one unit of its last place.

    x = 2**k m with m from sqrt(1/2) to sqrt(2), and log m by s = f / (2 + f), f = m - 1. Source: K. C. Ng, ``e_log.c``
    of fdlibm, Sun Microsystems 1993.
    """
    bits = as_bits(x) + np.uint64(0x00095F6200000000)
    power = as_float((bits >> S52) | np.uint64(0x4330000000000000)) - 4503599627371519.0
    f = as_float((bits & FRACTION) + np.uint64(0x3FE6A09E00000000)) - 1.0
    half, s = 0.5 * f * f, f / (2.0 + f)
    z = s * s
    w = z * z
    odd = 2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)
    even = 3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01)
    rest = z * (6.666666666666735130e-01 + w * odd) + w * even
    return s * (half + rest) + power * 1.90821492927058770002e-10 - half + f + power * 6.93147180369123816490e-01


@njit(cache=True, nogil=True, _nrt=False)
def exponential(key: Any, index: int) -> Any:
    """Draw number ``index`` of a stream as an exponential time of mean 1."""
    return -log(uniform(key, index))


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def uniforms(key: Any, first: int, out: Any) -> None:
    """Draws from number ``first`` on, as many as there is room for."""
    for k in range(out.shape[0]):
        out[k] = uniform(key, first + k)


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def exponentials(key: Any, first: int, out: Any) -> None:
    """Draws from number ``first`` on as exponential times of mean 1, as many as there is room for."""
    for k in range(out.shape[0]):
        out[k] = exponential(key, first + k)


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


@njit(cache=True, nogil=True, _nrt=False)
def alias(u: float, table: Any, low: int, high: int) -> Any:
    """A number from ``low`` to before ``high`` by Walker's alias table, columns share and other, from one draw."""
    x = u * (high - low)
    k = low + int(x)
    other = table[k, OTHER]
    return float(k) if x - int(x) < table[k, SHARE] else other


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


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def on_ground(key: Any, first: int, rule: Any, out: Any) -> None:
    """Minutes on the ground at the scene from draw ``first`` on: exponential, log-normal or the same always."""
    middle, sigma = rule[SCENE_MIN], rule[SCENE_SIGMA]
    if rule[MEMORYLESS] > 0.0:
        for k in range(out.shape[0]):
            out[k] = exponential(key, first + k) * middle
    else:
        for k in range(out.shape[0]):
            out[k] = spread(uniform(key, first + k), middle, sigma)


@njit(cache=True, nogil=True, _nrt=False)
def arrange(table: Any, number: int, column: int, spare: Any, index: Any) -> None:
    """Put the first ``number`` rows in the order of a column, those alike as they stood: a merge sort."""
    old, new, width = 0, 1, 1
    for k in range(number):
        index[0, k] = k
    while width < number:
        for low in range(0, number, 2 * width):
            middle, high = min(low + width, number), min(low + 2 * width, number)
            i, j = low, middle
            for k in range(low, high):
                a, b = index[old, min(i, middle - 1)], index[old, min(j, high - 1)]
                left = i < middle and (j >= high or table[a, column] <= table[b, column])
                index[new, k] = a if left else b
                i, j = i + left, j + (not left)
        old, new, width = new, old, 2 * width
    for k in range(number):
        for c in range(table.shape[1]):
            spare[k, c] = table[index[old, k], c]
    for k in range(number):
        for c in range(table.shape[1]):
            table[k, c] = spare[k, c]


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def calls(w: Any, s: Any, seed: int, replication: int) -> None:
    """Draw the calls of a year into the state in the order in which they may be answered.

    Levels: 0 urgent, 1 priority, 2 a transfer, whose zone is the one after the zones of calls.
    """
    rule, season, zone, call, gap, place, scene = w.rule, w.season, w.zone, s.call, s.draw[0], s.draw[1], s.draw[2]
    when, where = stream(seed, replication, CALL), stream(seed, replication, PLACE)
    size, haste = stream(seed, replication, BATCH), stream(seed, replication, HASTE)
    approval, scenes = stream(seed, replication, APPROVE), stream(seed, replication, SCENE)
    horizon, rate, sigma, litter, urgent = rule[HORIZON], rule[RATE], rule[APPROVAL_SIGMA], rule[LITTER], rule[URGENT]
    delay, reported, tail = rule[APPROVAL], rule[REPORT], rule[TAIL]
    number: Any = np.int64(0)
    piece, k, target, most, patients, level = number, BLOCK, 0.0, call.shape[0], 1.0, 0.0
    while number < most:
        if k == BLOCK:
            exponentials(when, number, gap)
            uniforms(where, number, place)
            on_ground(scenes, number, rule, scene)
            k = 0
        target += gap[k]
        now, piece = moment(target, season, rate, piece)
        if now >= horizon:
            break
        if sigma > 0.0:
            delay = spread(uniform(approval, number), rule[APPROVAL], sigma)
        if tail > 0.0:
            patients = batch(uniform(size, number), tail, rule[MOST])
        if urgent < 1.0:
            level = 0.0 if uniform(haste, number) < urgent else 1.0
        lying = math.ceil(litter * patients)
        call[number, AT], call[number, READY] = now, now + reported + delay
        call[number, ZONE] = alias(place[k], zone, 0, zone.shape[0])
        call[number, LYING], call[number, SITTING], call[number, LEVEL] = lying, patients - lying, level
        call[number, ON_SCENE] = scene[k]
        call[number, LYING_LEFT], call[number, SITTING_LEFT] = lying, patients - lying
        number += 1
        k += 1
    forward, now, rate = number, 0.0, rule[TRANSFER_RATE]
    when, scenes = stream(seed, replication, TRANSFER), stream(seed, replication, TRANSFER_SCENE)
    while rate > 0.0 and number < most:
        if (number - forward) % BLOCK == 0:
            exponentials(when, number - forward, gap)
            on_ground(scenes, number - forward, rule, scene)
        k = (number - forward) % BLOCK
        now += gap[k] / rate
        if now >= horizon:
            break
        call[number, AT], call[number, READY], call[number, ZONE], call[number, LEVEL] = now, now, zone.shape[0], 2.0
        call[number, LYING], call[number, SITTING] = 1.0, 0.0
        call[number, LYING_LEFT], call[number, SITTING_LEFT] = 1.0, 0.0
        call[number, ON_SCENE] = scene[k]
        number += 1
    if sigma > 0.0 or number > forward:
        arrange(call, number, np.int64(READY), s.spare, s.sorting)
    s.whole[CALLED] = number


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def jobs(w: Any, s: Any, seed: int, replication: int) -> None:
    """Draw the transport and training tasks of a year in order: when each is asked for, and its way."""
    rule, line, way, job = w.rule, w.line, w.way, s.job
    number, most = w.plan.shape[0], job.shape[0]
    for k in range(number):
        job[k, 0], job[k, 1] = w.plan[k, 0], w.plan[k, 1]
    for k in range(line.shape[0]):
        when = mix(stream(seed, replication, JOB) + w.line_luck[k])
        where = mix(stream(seed, replication, GOAL) + w.line_luck[k])
        first, last, index = int(line[k, FIRST]), int(line[k, LAST]), 0
        now, stop = way[first, W_SINCE], min(rule[HORIZON], way[first, W_UNTIL])
        while line[k, L_RATE] > 0.0 and number < most:
            now += exponential(when, index) / line[k, L_RATE]
            if now >= stop:
                break
            job[number, 0] = now
            job[number, 1] = alias(uniform(where, index), way, first, last)
            index += 1
            number += 1
    if number > 1:
        arrange(job, number, np.int64(0), s.spare, s.sorting)
    s.whole[TASKED] = number
