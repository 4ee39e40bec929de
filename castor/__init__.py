"""castor plans, flies in simulation, and accounts for an international mission.

The public names are loaded when first used, so importing ``castor`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from castor.errors import CastorError as CastorError
    from castor.errors import Infeasible as Infeasible
    from castor.errors import LedgerError as LedgerError
    from castor.errors import MissionError as MissionError
    from castor.errors import Problem as Problem
    from castor.mission.folder import read as read
    from castor.mission.folder import write as write
    from castor.mission.model import Mission as Mission

_HOME = {
    "CastorError": "castor.errors",
    "Infeasible": "castor.errors",
    "LedgerError": "castor.errors",
    "Mission": "castor.mission.model",
    "MissionError": "castor.errors",
    "Problem": "castor.errors",
    "read": "castor.mission.folder",
    "write": "castor.mission.folder",
}

__all__ = ["CastorError", "Infeasible", "LedgerError", "Mission", "MissionError", "Problem", "read", "write"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'castor' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
