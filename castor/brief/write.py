"""From a mission folder to the file of its page."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from castor import ledger, mission
from castor.brief.covering import covering
from castor.brief.kept import kept
from castor.brief.page import brief
from castor.brief.parts import Section
from castor.brief.rooms import bridge_section
from castor.ledger.protect import published
from castor.mission.model import Mission

Make = Callable[[Mission], Section | None]


def write(folder: Path, out: Path | None = None, talk: Callable[[str], None] = lambda _: None) -> Path:
    """Read a folder and write its page, whole or not at all; returns where it is (default ``out/<name>.html``).

    ``talk`` hears what takes long. Raises ``MissionError`` or ``LedgerError`` where the folder cannot be read; then
    nothing is written.
    """
    given = mission.read(folder)
    record = published(ledger.read(folder))
    text = brief(given, record, covering(given), rooms(given, talk))
    path = out or Path("out") / f"{given.name}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def rooms(given: Mission, talk: Callable[[str], None]) -> list[Section]:
    """The sections that take long, from what is kept or worked out anew."""
    found: list[Section | None] = []
    if given.requests:
        found.append(kept("programme", given, _told("the flying programme", _programme, talk)))
    if given.rules.simulation.calls_year:
        found.append(kept("year", given, _told("a year by chance", _year, talk), _flown(given)))
    if given.lift:
        found.append(kept("airlift", given, _told("the air bridge", bridge_section, talk)))
    return [section for section in found if section is not None]


def _programme(given: Mission) -> Section | None:
    from castor.brief.flying import programme_section

    return programme_section(given)


def _flown(given: Mission) -> list[ledger.Figure]:
    from castor.brief.chance import record

    return record(given)


def _year(given: Mission) -> Section | None:
    from castor.brief.chance import year_section

    return year_section(given)


def _told(said: str, make: Make, talk: Callable[[str], None]) -> Make:
    def slowly(given: Mission) -> Section | None:
        talk(f"Working out {said}; it is kept for the next time ...")
        return make(given)

    return slowly
