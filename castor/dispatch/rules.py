"""Whom to send, by the rules that are published: each by its name, its paper, and the arrays that state it.

A rule is a value (``Rule``) that the exact policy, the hypercube and the simulator all take, so that they can be set
beside one another. The choice itself is one function, ``castor.dispatch.kernel.choose``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from castor.errors import CastorError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_KEPT = 16
"""At most so many units: the cover left is held for each of the sets that may stay."""


class Rule(NamedTuple):
    """A dispatch rule over N units, Z zones and K precedences.

    ``order`` (Z, N): units in order of preference, -1 after the last that may go. Among the first ``within`` (Z,) of
    them the one goes that leaves most ``worth`` (2**N, by the set of units left), ties to the order; if none of those
    is free, the next in the order. A call of precedence k is not answered while at most ``reserve[k]`` (K,) units are
    free. A call to which no unit is sent is refused, or waits, as the model says.
    """

    order: Ints
    within: Ints
    worth: Floats
    reserve: Ints

    def choose(self, zone: int, grade: int, free: int) -> int:
        """The unit sent, or -1; bit n of ``free`` is set when unit n may go."""
        from castor.dispatch.kernel import choose

        return int(choose(zone, grade, free, *self))


def closest(minutes: ArrayLike, grades: int = 1) -> Rule:
    """The closest available unit: least ``minutes`` (Z, N) first, infinite where it cannot go, ties to the first unit.

    The rule in use nearly everywhere. G. M. Carter, J. M. Chaiken, E. Ignall, Response areas for two emergency units,
    Operations Research 20 (1972) 571-594, show that it is not always best.
    """
    told = _minutes(minutes)
    return _first(_ranked(told), grades)


def closest_adequate(minutes: ArrayLike, adequate: ArrayLike, grades: int = 1) -> Rule:
    """The closest available unit of those that are ``adequate`` (Z, N) for the zone; if none is, the closest.

    Adequate is what the user says: it meets the targets, it has the escort that the threat asks for. S. K. Keneally,
    M. J. Robbins, B. J. Lunday, A Markov decision process model for the optimal dispatch of military medical evacuation
    assets, Health Care Management Science 19 (2016) 111-129.
    """
    told = _minutes(minutes)
    return _first(_ranked(told, _same(adequate, told)), grades)


def keep_cover(minutes: ArrayLike, adequate: ArrayLike, worth: ArrayLike, grades: int = 1) -> Rule:
    """Of the units that are ``adequate`` (Z, N) the one whose leaving keeps most ``worth`` (2**N,); else the closest.

    ``worth`` is what each set of units covers (bit n for unit n; see ``cover_left``). T. Andersson, P. Värbrand,
    Decision support tools for ambulance dispatch and relocation, Journal of the Operational Research Society 58 (2007)
    195-201: of the units that arrive within a limit, the one that lowers the preparedness least.
    """
    told = _minutes(minutes)
    fit = _same(adequate, told) & np.isfinite(told)
    kept = np.asarray(worth, np.float64)
    if told.shape[1] > MOST_KEPT or kept.shape != (1 << told.shape[1],) or not np.isfinite(kept).all():
        raise CastorError(f"worth must be finite, one value for each set of at most {MOST_KEPT} units: {kept.shape}.")
    return _first(_ranked(told, fit), grades)._replace(within=fit.sum(axis=1).astype(np.int64), worth=kept)


def ranking(minutes: ArrayLike, adequate: ArrayLike, left: ArrayLike) -> tuple[int, ...]:
    """The units of one zone in the order in which ``keep_cover`` would send them, each while all others stay.

    ``minutes`` (N,) to answer, infinite where a unit cannot go; ``adequate`` (N,); ``left`` (N,) what the others cover.
    First the adequate ones by what they leave, then by minutes; then the rest by minutes; then those that cannot go.
    """
    told, fit, kept = np.asarray(minutes, np.float64), np.asarray(adequate, np.bool_), np.asarray(left, np.float64)
    if not told.shape == fit.shape == kept.shape or told.ndim != 1:
        raise CastorError(f"minutes, adequate and left (N,) do not fit: {told.shape}, {fit.shape}, {kept.shape}.")
    fit = fit & np.isfinite(told)
    first, second = np.where(fit, -kept, told), np.where(fit, told, -kept)
    return tuple(int(unit) for unit in np.lexsort((second, first, ~fit)))


def with_reserve(rule: Rule, reserve: ArrayLike) -> Rule:
    """A rule by precedence: a call of precedence k goes unanswered while at most ``reserve[k]`` (K,) units are free.

    The last units wait for the most urgent calls. C. Schaack, R. C. Larson, An N-server cutoff priority queue,
    Operations Research 34 (1986) 257-266.
    """
    kept = np.asarray(reserve, np.int64)
    if kept.ndim != 1 or kept.size == 0 or kept.min() < 0:
        raise CastorError("reserve (K,) must be whole numbers of units, none below zero.")
    return rule._replace(reserve=kept)


def cover_left(covers: ArrayLike, share: ArrayLike) -> Floats:
    """What each set of units covers (2**N,): the ``share`` (Z,) of the zones that one of them ``covers`` (Z, N)."""
    reach, weight = np.asarray(covers, np.bool_), np.asarray(share, np.float64)
    if reach.ndim != 2 or weight.shape != (len(reach),) or reach.shape[1] > MOST_KEPT:
        raise CastorError(f"covers (Z, N of at most {MOST_KEPT}) and share (Z,) do not fit: {reach.shape}.")
    held = np.arange(1 << reach.shape[1])[:, None] >> np.arange(reach.shape[1]) & 1
    return np.asarray((reach.astype(np.int64) @ held.T > 0).T @ weight, np.float64)


class Setting(NamedTuple):
    """What a rule may look at: ``minutes`` (Z, N) to answer, ``adequate`` (Z, N), ``share`` (Z,) of the calls, and the
    number of precedences, the first the most urgent."""

    minutes: Floats
    adequate: NDArray[np.bool_]
    share: Floats
    grades: int = 1


def _closest(given: Setting) -> Rule:
    return closest(given.minutes, given.grades)


def _adequate(given: Setting) -> Rule:
    return closest_adequate(given.minutes, given.adequate, given.grades)


def _keep_cover(given: Setting) -> Rule:
    if given.minutes.shape[1] > MOST_KEPT:
        raise CastorError(f"keep cover takes at most {MOST_KEPT} units: {given.minutes.shape[1]} are given.")
    worth = cover_left(given.adequate, given.share)
    return keep_cover(given.minutes, given.adequate, worth, given.grades)


def _reserve(given: Setting) -> Rule:
    return with_reserve(_closest(given), np.minimum(np.arange(max(1, given.grades)), 1))


RULES: Mapping[str, Callable[[Setting], Rule]] = {
    "closest": _closest, "closest adequate": _adequate, "keep cover": _keep_cover, "reserve": _reserve,
}  # fmt: skip
"""The rules by name. ``reserve`` keeps the last unit for the most urgent precedence and is else the closest."""


def _minutes(minutes: ArrayLike) -> Floats:
    told = np.asarray(minutes, np.float64)
    if told.ndim != 2 or 0 in told.shape or np.isnan(told).any() or (told < 0).any():
        raise CastorError("minutes (Z, N) must be at least 0, infinite where a unit cannot go.")
    return told


def _same(adequate: ArrayLike, told: Floats) -> NDArray[np.bool_]:
    fit = np.asarray(adequate, np.bool_)
    if fit.shape != told.shape:
        raise CastorError(f"adequate {fit.shape} must have the shape of minutes {told.shape}.")
    return fit


def _ranked(told: Floats, first: NDArray[np.bool_] | None = None) -> Ints:
    """(Z, N): units by minutes, those of ``first`` before the rest, -1 for those that cannot go."""
    rank = np.argsort(told, axis=1, kind="stable")
    if first is not None:
        later = ~np.take_along_axis(first, rank, axis=1)
        rank = np.take_along_axis(rank, np.argsort(later, axis=1, kind="stable"), axis=1)
    goes = np.isfinite(np.take_along_axis(told, rank, axis=1))
    last = np.argsort(~goes, axis=1, kind="stable")
    return np.take_along_axis(np.where(goes, rank, -1), last, axis=1).astype(np.int64)


def _first(order: Ints, grades: int) -> Rule:
    """The first free unit of an order goes, whatever the precedence."""
    nothing = np.zeros(max(1, grades), np.int64)
    return Rule(np.ascontiguousarray(order), np.zeros(len(order), np.int64), np.zeros(1), nothing)
