"""Whom to send, exactly: the best policy over every state of every unit, and what a rule gains against it.

A Markov decision process in continuous time: calls arrive by zone and precedence, the state is which zone each unit is
serving, the decision (which free unit, or none) falls at the arrival, a call that nobody answers is lost. The gain is
the reward per unit time in the long run. Model: Robbins, Jenkins, Bastian and Lunday, Omega 91 (2020) 102020; solved
here by value iteration with uniformisation, whose span bounds (Odoni 1969, Operations Research 17) close on the gain.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from castor.errors import CastorError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Choice = Literal["refuse", "must"]
MOST_STATES = 60_000_000
_MODE = {"refuse": 0, "must": 1, "order": 2}


class Zones(Struct, frozen=True, eq=False):
    """Calls and units by zone: ``rates`` (Z, K) calls per minute by precedence, ``service_min`` (Z, U) mean minutes a
    unit is away, ``reward`` (Z, U, K) for a unit that answers.
    """

    rates: Floats
    service_min: Floats
    reward: Floats

    @staticmethod
    def of(rates: ArrayLike, service_min: ArrayLike, reward: ArrayLike) -> Zones:
        """Check shapes and values. Raises CastorError naming what does not fit."""
        told, away, worth = (np.asarray(x, np.float64) for x in (rates, service_min, reward))
        if told.ndim != 2 or away.ndim != 2 or worth.shape != (*away.shape, told.shape[1]) or len(told) != len(away):
            raise CastorError(
                f"rates (Z, K), service_min (Z, U), reward (Z, U, K): {told.shape} {away.shape} {worth.shape}"
            )
        if not (np.isfinite(told).all() and (told >= 0).all() and told.sum() > 0):
            raise CastorError("rates must be finite, not negative, and not all zero.")
        if not (np.isfinite(away).all() and (away > 0).all() and np.isfinite(worth).all()):
            raise CastorError("service minutes must be above zero, rewards finite.")
        if (len(away) + 1) ** away.shape[1] > MOST_STATES:
            raise CastorError(
                f"{(len(away) + 1) ** away.shape[1]:,} states: at most {MOST_STATES:,} are solved exactly."
            )
        return Zones(rates=told, service_min=away, reward=worth)


class Gain(Struct, frozen=True, eq=False):
    """Reward per minute in the long run, proved to lie between ``low`` and ``high``; ``value`` (states,) relative
    values.
    """

    low: float
    high: float
    sweeps: int
    value: Floats

    @property
    def mean(self) -> float:
        """The middle of the bounds."""
        return (self.low + self.high) / 2


def optimal(zones: Zones, choice: Choice = "refuse", *, tolerance: float = 1e-6, sweeps: int = 20_000) -> Gain:
    """The best gain when a call may be refused while a unit is free (``refuse``), or must be served (``must``).

    Iterates until the bounds are within ``tolerance`` of each other, relatively. Raises CastorError if they do not
    close.
    """
    return _iterate(zones, np.zeros(zones.service_min.shape, np.int64), _MODE[choice], tolerance, sweeps)


def gain_of_order(zones: Zones, order: ArrayLike, *, tolerance: float = 1e-6, sweeps: int = 20_000) -> Gain:
    """The gain of a fixed order of preference (Z, U): the first free unit goes; -1 ends the list, so that a call is
    refused.
    """
    ranks = np.asarray(order, np.int64)
    if ranks.shape != zones.service_min.shape or ranks.min() < -1 or ranks.max() >= ranks.shape[1]:
        raise CastorError(f"order must be (Z, U) = {zones.service_min.shape} units from 0, or -1.")
    return _iterate(zones, ranks, _MODE["order"], tolerance, sweeps)


def closest(minutes: ArrayLike) -> Ints:
    """Order of preference of the rule "closest available": least minutes (Z, U) to answer first, ties to the first
    unit.
    """
    return np.argsort(np.asarray(minutes, np.float64), axis=1, kind="stable").astype(np.int64)


def _iterate(zones: Zones, order: Ints, mode: int, tolerance: float, sweeps: int) -> Gain:
    from castor.dispatch.kernel import sweep

    service = 1.0 / zones.service_min
    uniform = float(zones.rates.sum() + service.max(axis=0).sum())
    value = np.zeros((len(service) + 1) ** service.shape[1])
    new = np.empty_like(value)
    for done in range(1, sweeps + 1):
        low, high = sweep(value, new, zones.reward, zones.rates, service, order, mode, uniform)
        new -= new[0]
        value, new = new, value
        if high - low <= tolerance * max(abs(high), 1e-300):
            return Gain(low=low, high=high, sweeps=done, value=value)
    raise CastorError(f"The bounds did not close in {sweeps} sweeps: {low:.6g} to {high:.6g}.")
