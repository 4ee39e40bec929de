"""The independent judge: names and sizes every rule that a plan breaks, whoever or whatever made the plan.

It shares no code with what makes plans, except the measure of distance and the sun. Cover is judged beside it: this
room knows nothing of cover, so whoever asks hands over further judges (``castor.cover.audit`` is one).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from castor.flight.check import bridge, chain, crew, demand, flying
from castor.flight.check.facts import Facts
from castor.flight.check.violation import SENTENCES, Violation, violation
from castor.flight.plan import Plan
from castor.mission.model import Mission

Judge = Callable[[Mission, Plan], Iterable[Violation]]

_JUDGES = (
    chain.judge_names, chain.judge_formations, chain.judge_dates, chain.judge_chains, chain.judge_standby,
    chain.judge_hours,
    chain.judge_parking, flying.judge_speed, flying.judge_turnarounds, flying.judge_range, flying.judge_fuel,
    flying.judge_load, flying.judge_fields, flying.judge_night, crew.judge_crews, crew.judge_overnight,
    demand.judge_journeys, demand.judge_windows, demand.judge_served, demand.judge_totals, bridge.judge_bridge_crews,
    bridge.judge_loads, bridge.judge_holds,
)  # fmt: skip


def check(mission: Mission, plan: Plan, *judges: Judge) -> list[Violation]:
    """List every rule that the plan breaks, in order of time; ``judges`` are asked too. Empty: it breaks none."""
    facts = Facts(mission, plan)
    found = [one for judge in _JUDGES for one in judge(facts)]
    found += [one for judge in judges for one in judge(mission, plan)]
    unique = {(one.code, one.what, one.where, one.when, one.en): one for one in found}
    return sorted(unique.values(), key=lambda one: (one.when or dt.datetime.min, one.code, one.what))


__all__ = ["SENTENCES", "Judge", "Violation", "check", "violation"]
