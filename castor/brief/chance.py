"""What the section of the simulated year works out: the year, beside what was flown, and what would change it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from castor import ledger
from castor.brief.parts import Section
from castor.brief.recorded import said
from castor.brief.sections.done import operations
from castor.brief.sections.traced import traced
from castor.brief.sections.year import Contrast, Flown, Gap, Year, year
from castor.brief.words import Both, day, number, word
from castor.cover.calendar import calendar, gaps
from castor.ledger import Figure
from castor.ledger.protect import public
from castor.mission.model import Mission
from castor.simulate import RULES, Trials, build, compare, simulate
from castor.simulate.sensitivity import sensitivity
from castor.simulate.trace import trace

RUNS, OTHER_RUNS = 1000, 300
"""How often the year is flown as the mission states it, and in each variant."""
_DAYS_OFF = 45
"""A figure of record is of these days if it begins and ends so near to them."""
_INPUTS = {
    "calls": "calls_year", "patients": "patients_mean", "missions": "missions_year", "passengers": "mission_pax",
    "tonnes": "mission_kg", "hours": "training_h",
}  # fmt: skip
_RECORDED = {
    "evacuations": "calls", "evacuated": "patients", "missions": "missions", "passengers": "passengers",
    "cargo": "tonnes", "hours": "hours",
}  # fmt: skip
_TONNES = {"kg": Decimal("0.001"), "lb": Decimal("0.00045359237"), "t": Decimal(1)}
_SHARES = (5, 10, 25, 50, 75, 90, 95)
_HOURS = ("evacuation", "transfer", "transport", "training")


def year_section(mission: Mission) -> Section | None:
    """The mission's days flown by chance; nothing where no formation stands by in them."""
    world = build(mission)
    trials = simulate(world, replications=RUNS)
    summary = trials.summary()
    return year(Year(
        replications=trials.replications,
        days=trials.days,
        summary=summary,
        percentiles={what: _reached(trials, what) for what in ("care", "surgery")},
        flown=list(_flown(mission, trials)),
        hours=[(word(f"year.hours.{name}"), summary[f"{name}_hours"].value) for name in _HOURS],
        swings=sensitivity(mission, replications=OTHER_RUNS),
        launch=_launch(mission),
        rules=_rules(mission),
        gaps=list(_gaps(mission)),
        off=[_off(name) for name in trials.off],
        others=OTHER_RUNS,
        traced=traced(mission, trace(world, seed=trials.seed)),
    ))  # fmt: skip


def _off(name: str) -> Both:
    """A process that is off, in words."""
    key = name.replace(" ", "_")
    return word(f"off.{key}")


def _reached(trials: Trials, what: str) -> list[tuple[float, float]]:
    return [(share, minutes) for share, minutes in trials.percentiles(what) if round(100 * share) in _SHARES]


def _flown(mission: Mission, trials: Trials) -> Iterator[Flown]:
    """Each measure that the record has a figure for, over these days, beside the simulated one."""
    for figure in record(mission):
        measure = _RECORDED[figure.measure]
        told = float(figure.value or 0) * (float(_TONNES[figure.unit]) if measure == "tonnes" else 1.0)
        _, each = trials.influence(measure)
        rule = _INPUTS[measure]
        yield Flown(
            measure=measure,
            simulated=trials.summary()[measure],
            flown=said(figure),
            fitted=f"{rule}: {mission.sources.get(f'simulation.{rule}', '')}",
            more=float((each >= told - 1e-9).mean()),
            why=_why(measure, trials, each),
        )


def _why(measure: str, trials: Trials, each: Any) -> Both:
    low, high = np.quantile(each, (0.05, 0.95))
    summary = trials.summary()
    return word(
        f"year.why.{measure}", low=number(low), high=number(high), dropped=number(summary["dropped"].value, 1),
        missions=number(summary["missions"].value),
    )  # fmt: skip


def record(mission: Mission) -> list[Figure]:
    """The figures of record of the operation whose days are the mission's."""
    if not (Path(mission.folder) / "ledger").is_dir():
        return []
    whole = ledger.read(Path(mission.folder))
    known = ledger.Ledger(figures=public(whole.figures), sources=whole.sources)
    for _, figures in operations(known):
        near = [f for f in figures if f.measure in _RECORDED and f.value is not None and _same_days(mission, f)]
        near = [f for f in near if f.measure != "cargo" or f.unit in _TONNES]
        if near:
            order = list(_RECORDED)
            return sorted(near, key=lambda f: order.index(f.measure))
    return []


def _same_days(mission: Mission, figure: Figure) -> bool:
    first, last = figure.first_day, figure.last_day
    limit = dt.timedelta(days=_DAYS_OFF)
    return bool(first and last and abs(first - mission.start) <= limit and abs(last - mission.end) <= limit)


def _launch(mission: Mission) -> list[Contrast]:
    if mission.rules.simulation.central_min is None:
        return []
    return _contrasts(("centralised", "delegated"), "launch", lambda name: {"launch": name}, mission)


def _rules(mission: Mission) -> list[Contrast]:
    return _contrasts(tuple(RULES), "rules", lambda name: {"rule": name}, mission)


def _contrasts(
    names: tuple[str, ...], kind: str, told: Callable[[str], Mapping[str, Any]], mission: Mission
) -> list[Contrast]:
    """The year in variants, each with its paired change from the first."""
    found: list[Contrast] = []
    first: Trials | None = None
    for name in names:
        trials = simulate(build(mission, **told(name)), replications=OTHER_RUNS)
        change = None if first is None else compare(first, trials)
        first = first or trials
        found.append(Contrast(word(f"year.{kind}.{name.replace(' ', '_')}"), trials.summary(), change))
    return found


def _gaps(mission: Mission) -> Iterator[Gap]:
    """The calls and patients of each time between two evacuation formations."""
    for span in gaps(calendar(mission)):
        summary = simulate(build(mission, start=span.start, end=span.end), replications=OTHER_RUNS).summary()
        when = word("period", start=day(span.start), end=day(span.end))
        yield Gap(when, summary["calls"], summary["patients"])
