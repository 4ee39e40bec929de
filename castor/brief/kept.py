"""Sections that take long to work out, kept between runs: the page of an unchanged mission is there at once.

What is kept lies in the user's cache folder (``XDG_CACHE_HOME``, else ``~/.cache``) under a name that follows from
everything the section depends on: the mission's rows and rules, the figures it is set beside, and castor's own code.
Nothing else is stored.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import msgspec

from castor.brief.parts import Section
from castor.mission.model import Mission

_MOST = 60
"""The oldest of more kept sections than this are removed."""


class _Kept(msgspec.Struct):
    section: Section | None


def kept(
    name: str, mission: Mission, make: Callable[[Mission], Section | None], beside: Sequence[msgspec.Struct] = ()
) -> Section | None:
    """The section ``name`` of a mission: from the cache, or made and put there. A cache that fails is done without.

    ``beside``: what the section reads that is not in the mission, such as figures of the ledger.
    """
    path = _folder() / f"{name}-{_key(mission, beside)}.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Kept).section
    except (OSError, msgspec.MsgspecError):
        section = make(mission)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_bytes(msgspec.json.encode(_Kept(section)))
        part.replace(path)
        for old in sorted(path.parent.glob("*.json"), key=lambda file: file.stat().st_mtime)[:-_MOST]:
            old.unlink(missing_ok=True)
    except OSError:
        return section
    return section


def _folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "castor"


def _key(mission: Mission, beside: Sequence[msgspec.Struct]) -> str:
    given = msgspec.json.encode([msgspec.structs.replace(mission, folder=""), *beside], order="deterministic")
    return hashlib.sha256(given + _code()).hexdigest()[:24]


@cache
def _code() -> bytes:
    """What castor's own code is: names, sizes and times of its files."""
    root = Path(__file__).parents[1]
    files = sorted(path for pattern in ("*.py", "*.csv") for path in root.rglob(pattern))
    told = [f"{file.relative_to(root)} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
    return hashlib.sha256("\n".join(told).encode()).digest()
