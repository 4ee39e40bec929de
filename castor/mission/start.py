"""A mission to start from: a small commented folder that castor finds nothing wrong with."""

from __future__ import annotations

import json
import os
from importlib.resources import files
from pathlib import Path

from castor.errors import MissionError, Problem
from castor.mission.table import write_atomic


def start(folder: str | os.PathLike[str]) -> list[Path]:
    """Write the template mission into a folder that is not there or empty, under the folder's name.

    Returns the files written. Raises ``MissionError`` if the folder holds anything.
    """
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        remedy = "choose another name; nothing is overwritten"
        raise MissionError([Problem(str(target), "there is something here already", remedy=remedy)])
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for entry in sorted(files("castor.mission").joinpath("template").iterdir(), key=lambda entry: entry.name):
        text = entry.read_text(encoding="utf-8")
        if entry.name == "mission.toml":
            text = text.replace('"NAME"', json.dumps(target.resolve().name, ensure_ascii=False)).replace(
                "FOLDER", str(target)
            )
        write_atomic(target / entry.name, text.encode("utf-8"))
        written.append(target / entry.name)
    return written
