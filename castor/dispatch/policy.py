"""Whom to send, exactly: the best policy over every state of every unit, and what a rule gains against it.

A Markov decision process in continuous time: calls arrive by zone and precedence, the state is which zone each unit is
serving, the decision (which free unit, or none) falls at the arrival, a call that nobody answers is lost. The gain is
the reward per unit time in the long run. Model: Robbins, Jenkins, Bastian and Lunday, Omega 91 (2020) 102020; solved
here by value iteration, Gauss-Seidel by the number of busy units (every event makes one busy or free), with the bounds
of Odoni 1969, Operations Research 17, which hold for any values and close on the gain.

A call is accepted (a unit goes), refused (a unit is free, none is sent) or lost (all are busy): nearly all that is
gained over the closest unit is gained by refusing, so ``Outcome`` tells the three apart.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import combinations, pairwise
from typing import Any, Literal

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from castor.dispatch.hypercube import Hypercube, hypercube
from castor.dispatch.rules import Rule
from castor.errors import CastorError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Policy = NDArray[np.int8]
"""(states, Z, K): the unit sent to each call in each state, or -1."""
Choice = Literal["refuse", "must"]
MOST_STATES = 60_000_000
SHARED = 20_000
"""Levels of more states are shared among threads."""
MOST_CELLS = 2_000_000_000
"""A policy of more cells (bytes) than this is not written out."""


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

    @property
    def states(self) -> int:
        """Number of states: each of U units free or serving one of Z zones."""
        return int((len(self.service_min) + 1) ** self.service_min.shape[1])


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


class Outcome(Struct, frozen=True, eq=False):
    """What becomes of the calls of each zone and precedence under a policy, as shares of all calls (Z, K).

    ``accepted``, ``refused`` while a unit is free, ``lost`` with all busy; ``dispatch`` (Z, U) share of the accepted
    calls by who goes; ``workload`` (U,) share of time busy; ``gain`` reward per minute.
    """

    accepted: Floats
    refused: Floats
    lost: Floats
    dispatch: Floats
    workload: Floats
    gain: float


def optimal(zones: Zones, choice: Choice = "refuse", *, tolerance: float = 1e-6, rounds: int = 2000) -> Gain:
    """The best gain when a call may be refused while a unit is free (``refuse``), or must be served (``must``).

    Iterates until the bounds are within ``tolerance`` of each other, relatively. Raises CastorError if they do not
    close.
    """
    empty = np.empty((0, *zones.rates.shape), np.int8)
    return _iterate(zones, empty, choice == "must", tolerance, rounds)


def gain_of(zones: Zones, policy: Rule | Policy, *, tolerance: float = 1e-6, rounds: int = 2000) -> Gain:
    """The gain of a rule, or of a policy written out. Errors as for ``optimal``."""
    return _iterate(zones, _written(zones, policy), True, tolerance, rounds)


def follow(zones: Zones, rule: Rule) -> Policy:
    """A rule written out: the unit that it sends in each state (states, Z, K).

    Raises CastorError where the rule does not fit the zones.
    """
    shape, grades = zones.service_min.shape, zones.rates.shape[1]
    fits = rule.order.shape == shape and rule.within.shape == shape[:1] and rule.reserve.shape == (grades,)
    fits = fits and rule.order.min() >= -1 and rule.order.max() < shape[1]
    fits = fits and (rule.worth.size == 1 << shape[1] or not rule.within.any())
    if not fits:
        raise CastorError(f"The rule does not fit {shape[0]} zones, {shape[1]} units and {grades} precedences.")
    return _write(zones, np.empty(0), rule, True)


def best_policy(zones: Zones, gain: Gain, choice: Choice = "refuse") -> Policy:
    """The policy (states, Z, K) that is best by the values of ``optimal``."""
    nothing = np.zeros((1, 1), np.int64)
    return _write(zones, gain.value, Rule(nothing, nothing[0], np.zeros(1), nothing[0]), choice == "must")


def outcome(zones: Zones, policy: Rule | Policy, *, tolerance: float = 1e-12, rounds: int = 2000) -> Outcome:
    """What becomes of the calls in the long run, from the balance equations of a rule or policy.

    Raises CastorError if these do not settle.
    """
    from castor.dispatch.kernel import flow

    sent = _written(zones, policy)
    chance = np.full(zones.states, 1.0 / zones.states)
    levels = _levels(zones)
    with _sweeping(zones) as sweep:
        for _ in range(rounds):
            change = max(sweep(flow, (*levels, *reversed(levels)), chance, sent))
            chance /= chance.sum()
            if change <= tolerance * chance.max():
                return _outcome(zones, sent, chance)
    raise CastorError(f"The balance equations did not settle in {rounds} rounds: last change {change:.1e}.")


def zones_hypercube(zones: Zones, order: ArrayLike, *, queue: bool = False, tolerance: float = 1e-9) -> Hypercube:
    """The hypercube of the same zones under a fixed order of preference (Z, U).

    The hypercube knows one rate of service for each unit: the mean over the calls that it answers, found by repeating
    (mean service calibration, Larson and Odoni 1981, section 5.4). Exact where a unit is as long away for every zone.
    """
    rates, mean = zones.rates.sum(axis=1), zones.service_min.mean(axis=0)
    for _ in range(200):
        found = hypercube(rates, order, 1.0 / mean, queue=queue)
        answered = found.dispatch.sum(axis=0)
        told = np.where(
            answered > 0, (found.dispatch * zones.service_min).sum(axis=0) / np.maximum(answered, 1e-300), mean
        )
        if np.abs(told - mean).max() <= tolerance * mean.max():
            return found
        mean = told
    raise CastorError("The mean times of service did not settle.")


def _outcome(zones: Zones, sent: Policy, chance: Floats) -> Outcome:
    rates, units = zones.rates, zones.service_min.shape[1]
    total = rates.sum()
    base = len(rates) + 1
    serving = np.arange(zones.states)[:, None] // base ** np.arange(units) % base
    full = float(chance[(serving > 0).all(axis=1)].sum())
    goes = np.stack([np.einsum("s,szk->zk", chance, sent == unit) for unit in range(units)], axis=1)
    accepted = goes.sum(axis=1)
    by_unit = np.einsum("zk,zuk->zu", rates, goes)
    return Outcome(
        accepted=rates * accepted / total,
        refused=rates * np.maximum(0.0, 1.0 - accepted - full) / total,
        lost=rates * full / total,
        dispatch=by_unit / max(by_unit.sum(), 1e-300),
        workload=chance @ (serving > 0),
        gain=float(np.einsum("zk,zuk,zuk->", rates, goes, zones.reward)),
    )


def _iterate(zones: Zones, sent: Policy, must: bool, tolerance: float, rounds: int) -> Gain:
    """Judge all states, then fit their values to the middle of the bounds, from all busy to all free and back.

    The bounds of any values hold, so the best so far are kept. States fitted last have exactly the gain they were
    fitted to, so one bound moves to the middle in each round once the values have settled: the bounds must close.
    """
    from castor.dispatch.kernel import relax

    value, levels, low, high = np.zeros(zones.states), _levels(zones), -np.inf, np.inf
    with _sweeping(zones) as sweep:
        for done in range(1, rounds + 1):
            found = sweep(relax, levels, value, sent, must, np.nan)
            low, high = max(low, min(pair[0] for pair in found)), min(high, max(pair[1] for pair in found))
            if high - low <= tolerance * max(abs(high), 1e-300):
                return Gain(low=low, high=high, sweeps=done, value=value - value[0])
            sweep(relax, (*reversed(levels[:-1]), *levels[1:]), value, sent, must, (low + high) / 2)
    raise CastorError(f"The bounds did not close in {rounds} rounds: {low:.6g} to {high:.6g}.")


def _written(zones: Zones, policy: Rule | Policy) -> Policy:
    if isinstance(policy, Rule):
        return follow(zones, policy)
    shape = (zones.states, *zones.rates.shape)
    if policy.shape != shape:
        raise CastorError(f"A policy of these zones is {shape}: {policy.shape} is given.")
    return policy


def _write(zones: Zones, value: Floats, rule: Rule, must: bool) -> Policy:
    from castor.dispatch.kernel import write_policy

    cells = zones.states * zones.rates.size
    if cells > MOST_CELLS:
        raise CastorError(f"The policy has {cells:,} cells: at most {MOST_CELLS:,} are written out.")
    sent = np.empty((zones.states, *zones.rates.shape), np.int8)
    with _sweeping(zones) as sweep:
        sweep(write_policy, _levels(zones), value, sent, tuple(rule), must)
    return sent


Level = tuple[Ints, Ints]
Sweep = Callable[..., list[Any]]


@contextmanager
def _sweeping(zones: Zones) -> Iterator[Sweep]:
    """A function that calls a kernel for each level in turn; the states of a large level are shared among threads."""
    given = (zones.rates, 1.0 / zones.service_min, zones.reward)
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:

        def sweep(kernel: Callable[..., Any], levels: Iterable[Level], *rest: Any) -> list[Any]:
            found = []
            for busy, free in levels:
                count = len(zones.rates) ** busy.size
                parts = min(4 * workers, -(-count // SHARED))
                edges = [count * part // parts for part in range(parts + 1)]
                spans = [(low, high - low) for low, high in pairwise(edges)]
                if parts == 1:
                    found.append(kernel(spans[0], busy, free, given, *rest))
                else:
                    found += [one.result() for one in
                              [pool.submit(kernel, span, busy, free, given, *rest) for span in spans]]  # fmt: skip
            return found

        yield sweep


def _levels(zones: Zones) -> list[Level]:
    """Sets of busy units with those free, the fewest busy first."""
    units = range(zones.service_min.shape[1])
    sets = [some for count in range(len(units) + 1) for some in combinations(units, count)]
    return [(np.array(some, np.int64), np.array([u for u in units if u not in some], np.int64)) for some in sets]
