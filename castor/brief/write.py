"""From a mission folder to the file of its page."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import msgspec

from castor import ledger, mission
from castor.brief.covering import covering
from castor.brief.page import brief
from castor.ledger import Ledger
from castor.ledger.protect import public


def _public(record: Ledger) -> Ledger:
    """The record as it may be shown: protected people reduced, small cells suppressed."""
    return msgspec.structs.replace(record, figures=public(record.figures))


def write(folder: Path, out: Path | None = None) -> Path:
    """Read a folder and write its page, whole or not at all; returns where it is (default ``out/<name>.html``).

    Raises ``MissionError`` or ``LedgerError`` where the folder cannot be read; then nothing is written.
    """
    given = mission.read(folder)
    text = brief(given, _public(ledger.read(folder)), covering(given))
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
