"""What a world's replications say: sums per replication, histograms, months; means with their confidence intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from castor.errors import MissionError, Problem
from castor.shown import Shown
from castor.simulate.columns.kernel import BINS, MEASURES, MONTHLY

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Z95 = 1.959963984540054
"""Two-sided 95 % quantile of the standard normal distribution."""
SHARES = tuple(k / 100 for k in (5, 10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90, 95))


class Value(Struct, frozen=True):
    """A value with its 95 % confidence interval; the limits are not numbers where one replication tells none."""

    value: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2


class _Ratio(NamedTuple):
    """A measure: a sum of columns over another sum, or over the number of replications; and a factor."""

    above: tuple[str, ...]
    below: tuple[str, ...] = ()
    factor: float = 1.0


SUMMARY: Mapping[str, _Ratio] = {
    "calls": _Ratio(("calls",)),
    "patients": _Ratio(("patients",)),
    "care_min": _Ratio(("care_sum",), ("moved",)),
    "surgery_min": _Ratio(("surgery_sum",), ("moved",)),
    "care_share": _Ratio(("care_met",), ("patients",)),
    "surgery_share": _Ratio(("surgery_met",), ("patients",)),
    "none_free_share": _Ratio(("none_free",), ("calls",)),
    "wait_min": _Ratio(("wait_sum",), ("answered",)),
    "missions": _Ratio(("missions",)),
    "passengers": _Ratio(("passengers",)),
    "tonnes": _Ratio(("tonnes",)),
    "hours": _Ratio(("evacuation_min", "transfer_min", "transport_min", "training_min"), factor=1 / 60),
    "evacuation_hours": _Ratio(("evacuation_min",), factor=1 / 60),
    "transfer_hours": _Ratio(("transfer_min",), factor=1 / 60),
    "transport_hours": _Ratio(("transport_min",), factor=1 / 60),
    "training_hours": _Ratio(("training_min",), factor=1 / 60),
    "utilisation": _Ratio(("busy_min",)),
    "unserved_share": _Ratio(("unserved",), ("patients",)),
    "lost_share": _Ratio(("lost",), ("calls",)),
    "second_trips": _Ratio(("second_trips",)),
    "grounded_share": _Ratio(("grounded",), ("calls",)),
    "transfers": _Ratio(("transfers_done",)),
    "transfer_wait_min": _Ratio(("transfer_wait_sum",), ("transfers_done",)),
    "turned_back": _Ratio(("turned_back",)),
    "dropped": _Ratio(("dropped",)),
    "no_room": _Ratio(("no_room",)),
    "inspections": _Ratio(("inspections",)),
}
"""The measures of a summary. Minutes are means over patients who got there, shares are of all patients or calls."""


class Trials(Shown, Struct, frozen=True, eq=False):
    """Replications (R) of a world.

    ``replication`` (R,) their numbers, ``sums`` (R, V) by the names in ``MEASURES``, ``busy`` (R, S) minutes of each
    post; over all replications ``months`` (2, M, .) sums and sums of squares by the names in ``MONTHLY``, ``histogram``
    (2, minutes + 1) patients by minutes to care and to surgery, the last later or never, ``manned`` (S + 1,) calls by
    how many formations stood by. ``asked`` replications were asked for; ``stopped`` says why there are fewer.
    """

    seed: int
    asked: int
    stopped: str
    days: int
    theatre_min: float
    month_names: tuple[str, ...]
    off: tuple[str, ...]
    replication: Ints
    sums: Floats
    busy: Floats
    months: Ints
    histogram: Ints
    manned: Ints

    @property
    def replications(self) -> int:
        """How many there are."""
        return int(self.sums.shape[0])

    def column(self, *names: str) -> Floats:
        """The sum of columns (R,), by name."""
        return np.asarray(self.sums[:, [MEASURES.index(name) for name in names]].sum(axis=1))

    def summary(self) -> dict[str, Value]:
        """Each measure of a run, averaged over replications, with its confidence interval.

        Shares and minutes are ratios of sums over replications; their intervals follow from the differences
        x - ratio * y of each replication (the delta method).
        """
        return {name: self._value(name) for name in SUMMARY}

    def _value(self, name: str) -> Value:
        value, parts = self.influence(name)
        count = parts.size
        if count < 2 or math.isnan(value):
            return Value(value, math.nan, math.nan)
        half = Z95 * float(parts.std(ddof=1)) / math.sqrt(count)
        return Value(value, value - half, value + half)

    def influence(self, name: str) -> tuple[float, Floats]:
        """A measure, and what each replication (R,) adds to it: values whose mean is the measure."""
        ratio = SUMMARY[name]
        above = self.column(*ratio.above) * ratio.factor
        if name == "utilisation":
            above = above / self.theatre_min if self.theatre_min else np.full(above.size, np.nan)
        if not ratio.below:
            return (float(above.mean()) if above.size else math.nan), above
        below = self.column(*ratio.below)
        mean = float(below.mean()) if below.size else 0.0
        if mean == 0.0:
            return math.nan, np.full(below.size, np.nan)
        value = float(above.mean()) / mean
        return value, value + (above - value * below) / mean

    def percentiles(self, what: str) -> list[tuple[float, float]]:
        """(share, minutes) for ``care`` or ``surgery``: by then that share of all patients was there; else infinite."""
        counts = self.histogram[("care", "surgery").index(what)]
        total = int(counts.sum())
        if not total:
            return []
        reached = np.cumsum(counts)
        found = []
        for share in SHARES:
            k = int(np.searchsorted(reached, share * total))
            before = int(reached[k - 1]) if k else 0
            inside = (share * total - before) / counts[k] if counts[k] else 0.0
            found.append((share, float(k + inside) if k < BINS else math.inf))
        return found

    def by_month(self) -> dict[str, dict[str, Value]]:
        """Each month's measures a replication: month -> name -> value (minutes as hours), with intervals."""
        count = self.replications
        found: dict[str, dict[str, Value]] = {}
        for m, name in enumerate(self.month_names):
            found[name] = {}
            for k, measure in enumerate(MONTHLY):
                scale = 60.0 if measure.endswith("_min") else 1.0
                mean = self.months[0, m, k] / count / scale if count else math.nan
                half = math.nan
                if count > 1:
                    spread = self.months[1, m, k] / scale**2 / count - mean**2
                    half = Z95 * math.sqrt(max(0.0, spread) / (count - 1))
                label = measure.replace("_min", "_hours")
                found[name][label] = Value(mean, mean - half, mean + half)
        return found


def compare(a: Trials, b: Trials) -> dict[str, Value]:
    """What ``b`` does less what ``a`` does, measure by measure, with intervals of the paired differences.

    Both are flown with the same seed, so they meet the same calls and the same weather; replications that only one has
    are left out. Raises MissionError where the seeds differ.
    """
    if a.seed != b.seed:
        raise MissionError([Problem("compare", f"trials of the same seed, {a.seed}", column="seed", read=str(b.seed))])
    _, one, two = np.intersect1d(a.replication, b.replication, return_indices=True)
    found = {}
    for name in SUMMARY:
        value_a, parts_a = a.influence(name)
        value_b, parts_b = b.influence(name)
        change = parts_b[two] - parts_a[one]
        if change.size < 2 or np.isnan(change).any():
            found[name] = Value(value_b - value_a, math.nan, math.nan)
            continue
        mean, half = float(change.mean()), Z95 * float(change.std(ddof=1)) / math.sqrt(change.size)
        found[name] = Value(mean, mean - half, mean + half)
    return found
