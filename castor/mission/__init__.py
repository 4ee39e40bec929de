"""The world as given: places, aircraft, formations, demand and rules, read from a folder of plain files."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from castor.mission.folder import read as read
    from castor.mission.folder import write as write
    from castor.mission.model import Mission as Mission

_HOME = {"Mission": "castor.mission.model", "read": "castor.mission.folder", "write": "castor.mission.folder"}

__all__ = ["Mission", "read", "write"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'castor.mission' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
