"""Calls: how many, when in the year, where, how many patients, and the delays before a formation may go."""

from __future__ import annotations

import calendar
import datetime as dt
import math

import numpy as np
from numpy.typing import NDArray

from castor.mission.model import Mission
from castor.simulate.ground import Ground
from castor.simulate.lowered import Demand
from castor.simulate.world import DAY, DRAIN, YEAR

Floats = NDArray[np.float64]
NINETY_FIFTH = 1.6448536269514722
"""The 95th percentile of the standard normal distribution."""


def lower_demand(
    mission: Mission, ground: Ground, start: dt.date, days: int, how: tuple[str | None, bool], off: list[str]
) -> Demand:
    """Lower the calls and transfers; ``how``: launch authority, whether calls wait. What is absent goes to ``off``."""
    said, clock = mission.rules.simulation, mission.rules.clock
    launch, waits = how
    _name_absent(mission, off)
    central = (launch or said.launch) == "centralised" and said.central_min is not None
    knots, season = _season(mission, start, days, off)
    rate = (said.calls_year or 0.0) / YEAR if ground.share.size else 0.0
    share, other = alias_tables(ground.share)
    mean, most = said.patients_mean or 1.0, said.patients_most or 1
    transfers = (said.transfers_year or 0.0) * (1.0 if said.transfers_share is None else said.transfers_share)
    return Demand(
        horizon=days * DAY,
        drain=DRAIN,
        rate=rate,
        knots=knots,
        season=season,
        expected=np.concatenate([[0.0], np.cumsum(rate * season * np.diff(knots))]),
        share=share,
        other=other,
        tail=pareto_tail(mean, most),
        most=most,
        urgent=1.0 if said.urgent_share is None else said.urgent_share,
        litter=said.litter_share or 0.0,
        report=clock.report_min,
        approval=float(said.central_min or 0.0) if central else clock.approval_min,
        approval_sigma=_sigma(said.approval_spread),
        memoryless=False,
        scene=clock.scene_min,
        scene_sigma=_sigma(said.scene_spread),
        transfer_rate=transfers / YEAR if ground.goal >= 0 else 0.0,
        waits=waits,
        care=clock.care_min,
        surgery=clock.surgery_min,
    )


def _sigma(spread: float | None) -> float:
    return 0.0 if spread is None else math.log(spread) / NINETY_FIFTH


def _name_absent(mission: Mission, off: list[str]) -> None:
    said = mission.rules.simulation
    absent = {
        "calls": not said.calls_year, "several patients in a call": said.patients_mean is None,
        "precedence": said.urgent_share is None, "patients lying down": said.litter_share is None,
        "spread of approval": said.approval_spread is None, "spread at the scene": said.scene_spread is None,
        "transfers": not said.transfers_year,
    }  # fmt: skip
    off += [name for name, missing in absent.items() if missing]


def _season(mission: Mission, start: dt.date, days: int, off: list[str]) -> tuple[Floats, Floats]:
    """Month boundaries in minutes and the relative rate in each, from incidents dated to the month, of mean 1."""
    weight = np.zeros(13)
    for incident in mission.incidents:
        if incident.kind == "violence" and len(incident.date) >= 7:
            weight[int(incident.date[5:7])] += incident.weight
    knots, months = [0.0], []
    day = start
    end = start + dt.timedelta(days=days)
    while day < end:
        months.append(day.month)
        day += dt.timedelta(days=calendar.monthrange(day.year, day.month)[1] - day.day + 1)
        knots.append((min(day, end) - start).days * DAY)
    if not weight.any():
        off.append("season of calls")
        weight[:] = 1.0
    length = np.diff(knots)
    rate = np.array([weight[m] / calendar.monthrange(2001, m)[1] for m in months])
    if not (rate * length).sum():
        return np.array(knots), np.zeros(len(months))
    return np.array(knots), rate * length.sum() / (rate * length).sum()


def alias_tables(share: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Walker's alias tables of a distribution (n,): keep k with ``share[k]``, else take ``other[k]`` (Vose 1991)."""
    n = share.size
    scaled, other = share * n, np.arange(n)
    small, large = [k for k in range(n) if scaled[k] < 1.0], [k for k in range(n) if scaled[k] >= 1.0]
    while small and large:
        low, high = small.pop(), large[-1]
        other[low] = high
        scaled[high] -= 1.0 - scaled[low]
        if scaled[high] < 1.0:
            small.append(large.pop())
    for k in small + large:
        scaled[k] = 1.0
    return scaled, other


def pareto_tail(mean: float, most: int) -> float:
    """The exponent a of P(n or more) = n ** -a, n up to ``most``, that has this mean; 0 for one patient always.

    The mean is the sum of n ** -a over n = 1 .. most, which falls as a grows: found by bisection.
    """
    if mean <= 1.0 or most <= 1:
        return 0.0
    sizes = np.arange(1, most + 1, dtype=float)
    low, high = 1e-9, 60.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if (sizes**-middle).sum() > mean else (low, middle)
    return (low + high) / 2
