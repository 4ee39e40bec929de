"""Results as they may be published: small counts of people, disaggregated by what people are, are hidden.

A value counts people where its dimensions do (sex, age, disability, ...) and its indicator counts units. One above zero
and below the threshold loses its value and its comment, and says why; where it is the only one hidden of its division,
the next smallest goes with it, or it could be had by subtraction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import msgspec

from castor.ledger.iati.elements import number
from castor.ledger.iati.model import Activity, Indicator, Observation, Period, Result, Text

_PEOPLE = re.compile(
    r"(?i)\b(sex|gender|age|disab|disability|refugee|displace|ethnic|religio|indigen|marital|sexe|genre|âge|handicap)"
)
_COUNTS = ("", "1")
"""Measures of indicators that are numbers of something; percentages and scales are not counts."""
_SAID = (Text("Not shown: a small number of people", "en"), Text("Non montré : un petit nombre de personnes", "fr"))


def without_small_cells(activities: Iterable[Activity], small: int) -> Iterator[Activity]:
    """Yield the activities with the small counts of people in their results hidden; 0 hides none."""
    for activity in activities:
        if not small or not activity.results:
            yield activity
            continue
        yield msgspec.structs.replace(activity, results=[_result(one, Decimal(small)) for one in activity.results])


def _result(result: Result, small: Decimal) -> Result:
    return msgspec.structs.replace(result, indicators=[_indicator(one, small) for one in result.indicators])


def _indicator(indicator: Indicator, small: Decimal) -> Indicator:
    if indicator.measure not in _COUNTS:
        return indicator
    return msgspec.structs.replace(
        indicator,
        baselines=_shown(indicator.baselines, small),
        periods=[_period(one, small) for one in indicator.periods],
    )


def _period(period: Period, small: Decimal) -> Period:
    return msgspec.structs.replace(period, targets=_shown(period.targets, small), actuals=_shown(period.actuals, small))


def _shown(values: Sequence[Observation], small: Decimal) -> Sequence[Observation]:
    """Return observations with the small cells of people hidden, and one more where one alone would be."""
    divisions: dict[tuple[str, ...], list[int]] = {}
    for at, item in enumerate(values):
        names = tuple(sorted({name.strip().casefold() for name, _ in item.dimensions}))
        if any(_PEOPLE.search(name) for name in names) and number(item.value) is not None:
            divisions.setdefault(names, []).append(at)
    hidden: set[int] = set()
    for members in divisions.values():
        ordered = sorted(members, key=lambda at: number(values[at].value) or Decimal(0))
        own = [at for at in ordered if 0 < (number(values[at].value) or Decimal(0)) < small]
        more = [at for at in ordered if (number(values[at].value) or Decimal(0)) >= small]
        hidden |= {*own, *(more[:1] if len(own) == 1 or _sum(values, own) < small else ())} if own else set()
    return [_without(item) if at in hidden else item for at, item in enumerate(values)] if hidden else values


def _sum(values: Sequence[Observation], places: Iterable[int]) -> Decimal:
    return sum((number(values[at].value) or Decimal(0) for at in places), Decimal(0))


def _without(item: Observation) -> Observation:
    return msgspec.structs.replace(item, value="", comment=_SAID)
