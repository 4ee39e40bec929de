"""castor plans, flies in simulation, and accounts for an international mission.

The public names are loaded when first used, so importing ``castor`` costs nothing. Results show themselves in a
notebook with the pictures of the page.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from castor.airlift.lift import lift as lift
    from castor.airlift.trials import fly_trials as fly_trials
    from castor.brief.covering import covering as covering
    from castor.brief.notebook import show as show
    from castor.brief.write import write as page
    from castor.cover.audit import judge_cover as judge_cover
    from castor.cover.posture import case as case
    from castor.cover.posture import judge as judge
    from castor.cover.posture import postures as postures
    from castor.errors import CastorError as CastorError
    from castor.errors import Infeasible as Infeasible
    from castor.errors import LedgerError as LedgerError
    from castor.errors import MissionError as MissionError
    from castor.errors import Problem as Problem
    from castor.flight.check import check as check
    from castor.flight.plan import Flight as Flight
    from castor.flight.plan import Plan as Plan
    from castor.flight.planfile import read_plan as read_plan
    from castor.flight.planfile import write_plan as write_plan
    from castor.ledger.record import read as account
    from castor.mission.folder import read as read
    from castor.mission.folder import write as write
    from castor.mission.model import Mission as Mission
    from castor.simulate.run import simulate as trials
    from castor.tasking import plan_tasks as tasks

_HOME = {
    "CastorError": "castor.errors",
    "Flight": "castor.flight.plan",
    "Infeasible": "castor.errors",
    "LedgerError": "castor.errors",
    "Mission": "castor.mission.model",
    "MissionError": "castor.errors",
    "Plan": "castor.flight.plan",
    "Problem": "castor.errors",
    "account": "castor.ledger.record:read",
    "case": "castor.cover.posture",
    "check": "castor.flight.check",
    "covering": "castor.brief.covering",
    "fly_trials": "castor.airlift.trials",
    "judge": "castor.cover.posture",
    "judge_cover": "castor.cover.audit",
    "lift": "castor.airlift.lift",
    "page": "castor.brief.write:write",
    "postures": "castor.cover.posture",
    "read": "castor.mission.folder",
    "read_plan": "castor.flight.planfile",
    "show": "castor.brief.notebook",
    "tasks": "castor.tasking:plan_tasks",
    "trials": "castor.simulate.run:simulate",
    "write": "castor.mission.folder",
    "write_plan": "castor.flight.planfile",
}
"""Where each public name lives; after a colon, what it is called there. A verb that is also a room has another name."""

__all__ = [
    "CastorError", "Flight", "Infeasible", "LedgerError", "Mission", "MissionError", "Plan", "Problem", "account",
    "case", "check", "covering", "fly_trials", "judge", "judge_cover", "lift", "page", "postures", "read", "read_plan",
    "show", "tasks", "trials", "write", "write_plan",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'castor' has no attribute {name!r}")
    home, _, there = _HOME[name].partition(":")
    return getattr(importlib.import_module(home), there or name)


def __dir__() -> list[str]:
    return sorted(__all__)
