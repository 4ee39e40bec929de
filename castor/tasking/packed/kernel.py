"""Reading a packed problem: ``num`` its whole numbers, ``val`` its floats, in the order of
``castor.tasking.packed.pack``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from castor.kernel import njit


def _numbers(count: int) -> tuple[Any, ...]:
    """Numbers from 0, typed as any whole number is: a function is then compiled once, not once for each constant."""
    return tuple(np.int64(x) for x in range(count))


(
    PLACES, KINDS, ASKS, UNITS, POOLS, MINUTES, POSTS, SUBSETS, WORDS, WIDE, FUELS, ANSWERING, POINTS, SPOTS, FLIES,
    STATIONS,
) = _numbers(16)  # fmt: skip
SEATS, LITTERS, GROUND, REFUEL, AIRCRAFT = _numbers(5)
ORIGIN, DESTINATION, PAX, SICK, EARLIEST, PICKUP_BY, DELIVER_FROM, LATEST, RIDE, GOODS, PARENT = _numbers(11)
KIND, BASE, FIRST, LAST, LEAD, ESCORT, ESCORTS, TURN, ANSWERS, FROZEN, CLASS = _numbers(11)
CREWS, DUTY, REST, FLIGHT, NIGHTS = _numbers(5)
REACH, TANK, RESERVE, PAYLOAD, PRICE = _numbers(5)
MASS, VALUE = _numbers(2)
FLOOR, TOLD = _numbers(2)


@njit(cache=True, nogil=True)
def leg(num: Any, k: Any, a: Any, b: Any) -> Any:
    """Minutes of a leg."""
    return num[num[16] + (k * num[PLACES] + a) * num[PLACES] + b]


@njit(cache=True, nogil=True)
def kind(num: Any, k: Any, x: Any) -> Any:
    """A whole number of a kind of unit."""
    return num[num[17] + 5 * k + x]


@njit(cache=True, nogil=True)
def ask(num: Any, r: Any, x: Any) -> Any:
    """A whole number of a request."""
    return num[num[18] + 11 * r + x]


@njit(cache=True, nogil=True)
def hours(num: Any, k: Any, p: Any, x: Any, y: Any) -> Any:
    """Opening (y 0), closing (1) and tag (2) of window x of a place for a kind."""
    return num[num[19] + ((k * num[PLACES] + p) * num[WIDE] + x) * 3 + y]


@njit(cache=True, nogil=True)
def fuel_place(num: Any, g: Any) -> Any:
    """The g-th place with fuel."""
    return num[num[20] + g]


@njit(cache=True, nogil=True)
def spot(num: Any, p: Any, x: Any) -> Any:
    """Whether a place has fuel (x 0), its row among those with few spots or -1 (1), its spots (2)."""
    return num[num[21] + 3 * p + x]


@njit(cache=True, nogil=True)
def fleet(num: Any, u: Any, x: Any) -> Any:
    """A whole number of a unit."""
    return num[num[22] + 11 * u + x]


@njit(cache=True, nogil=True)
def crew(num: Any, x: Any) -> Any:
    """Crews per unit, minutes of duty, of rest, of flight, rests away from base that a tour may hold."""
    return num[num[23] + x]


@njit(cache=True, nogil=True)
def have(num: Any, g: Any, t: Any) -> Any:
    """Airframes of a pool in theatre at a minute."""
    return num[num[24] + g * num[MINUTES] + t]


@njit(cache=True, nogil=True)
def post(num: Any, j: Any, x: Any) -> Any:
    """A post's pool of leads (x 0), of escorts (1), how many escorts (2)."""
    return num[num[25] + 3 * j + x]


@njit(cache=True, nogil=True)
def level(num: Any, t: Any) -> Any:
    """Class of a minute."""
    return num[num[26] + t]


@njit(cache=True, nogil=True)
def met(num: Any, c: Any, subset: Any) -> Any:
    """Whether a subset of the posts meets the floor by itself."""
    return num[num[27] + c * num[SUBSETS] + subset]


@njit(cache=True, nogil=True)
def mask(num: Any, c: Any, subset: Any, z: Any) -> Any:
    """A word of the points that a subset of the posts covers."""
    return num[num[28] + (c * num[SUBSETS] + subset) * num[WORDS] + z]


@njit(cache=True, nogil=True)
def day_of(num: Any, c: Any) -> Any:
    """Day of a class of minutes."""
    return num[num[29] + c]


@njit(cache=True, nogil=True)
def first_way(num: Any, d: Any, n: Any, p: Any) -> Any:
    """Where the ways of a day, an answering kind and a place begin."""
    return num[num[30] + (d * num[ANSWERING] + n) * (num[PLACES] + 1) + p]


@njit(cache=True, nogil=True)
def way_point(num: Any, x: Any) -> Any:
    """The point that a way leads to."""
    return num[num[31] + x]


@njit(cache=True, nogil=True)
def station(num: Any, s: Any, x: Any) -> Any:
    """Minutes out to an alert post (x 0), to fill up there (1), back (2), the class of units that may be sent (3)."""
    return num[num[32] + 4 * s + x]


@njit(cache=True, nogil=True)
def station_mask(num: Any, c: Any, s: Any, phase: Any, z: Any) -> Any:
    """A word of the points covered from an alert post: on the way out (phase 0), while waiting (1), on the way back."""
    return num[num[33] + ((c * num[STATIONS] + s) * 3 + phase) * num[WORDS] + z]


@njit(cache=True, nogil=True)
def km(num: Any, val: Any, a: Any, b: Any) -> Any:
    """Km flown from place to place."""
    return val[num[34] + a * num[PLACES] + b]


@njit(cache=True, nogil=True)
def burn(num: Any, val: Any, k: Any, a: Any, b: Any) -> Any:
    """Kg that the lead burns on a leg."""
    return val[num[35] + (k * num[PLACES] + a) * num[PLACES] + b]


@njit(cache=True, nogil=True)
def room(num: Any, val: Any, k: Any, p: Any) -> Any:
    """Kg for fuel and load at take-off from a place; negative where the kind cannot use it."""
    return val[num[36] + k * num[PLACES] + p]


@njit(cache=True, nogil=True)
def kind_of(num: Any, val: Any, k: Any, x: Any) -> Any:
    """A float of a kind of unit."""
    return val[num[37] + 5 * k + x]


@njit(cache=True, nogil=True)
def ask_of(num: Any, val: Any, r: Any, x: Any) -> Any:
    """Mass or worth of a request."""
    return val[num[38] + 2 * r + x]


@njit(cache=True, nogil=True)
def weight(num: Any, val: Any, d: Any, c: Any) -> Any:
    """Weight of a point on a day."""
    return val[num[39] + d * num[POINTS] + c]


@njit(cache=True, nogil=True)
def way_need(num: Any, val: Any, x: Any) -> Any:
    """Km that a way needs."""
    return val[num[40] + x]


@njit(cache=True, nogil=True)
def way_slack(num: Any, val: Any, x: Any) -> Any:
    """Most minutes from wounding to take-off on a way."""
    return val[num[41] + x]


@njit(cache=True, nogil=True)
def rule(num: Any, val: Any, x: Any) -> Any:
    """The floor of cover, or the minutes from wounding to approval."""
    return val[num[42] + x]


@njit(cache=True, nogil=True)
def full(num: Any, val: Any, n: Any) -> Any:
    """Km of an answering kind with full tanks, great circle."""
    return val[num[43] + n]
