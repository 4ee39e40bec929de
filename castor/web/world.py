"""The mission folder as the server sees it: read again when a file changes, with the work of each scenario kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from castor.brief.parts import Section
from castor.cover.posture import Case, Posture, case, judge, postures
from castor.errors import MissionError
from castor.mission import read
from castor.mission.model import Mission
from castor.web.scenario import Scenario

MOST_WORKS = 64


class Work(Struct, frozen=True, eq=False):
    """A scenario worked out for the page: the posture as the mission says and as it is now, and the page's sections."""

    postures: tuple[Posture, Posture]
    sections: tuple[Section, ...]


class World:
    """One mission folder and the work already done on it.

    Thread-safe. While the folder has problems the last good mission stays in use, and ``trouble`` holds the message.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trouble = ""
        self._lock = threading.Lock()
        self._busy: dict[str, threading.Lock] = {}
        self._works: OrderedDict[str, Work] = OrderedDict()
        self._stamp = self._now()
        self._mission = read(folder)

    def _now(self) -> tuple[tuple[str, int], ...]:
        files = sorted(path for path in self.folder.rglob("*") if path.is_file() and path.suffix in _READ)
        return tuple((str(path), path.stat().st_mtime_ns) for path in files)

    def mission(self) -> Mission:
        """The mission as its files are now."""
        with self._lock:
            stamp = self._now()
            if stamp != self._stamp:
                self._stamp = stamp
                try:
                    self._mission, self.trouble = read(self.folder), ""
                except MissionError as error:
                    self.trouble = str(error)
                self._works.clear()
            return self._mission

    def kept(self, key: str, make: Callable[[], Work]) -> Work:
        """What ``make`` returns, made once per key however many ask at the same time."""
        with self._lock:
            if key in self._works:
                self._works.move_to_end(key)
                return self._works[key]
            busy = self._busy.setdefault(key, threading.Lock())
        with busy:
            with self._lock:
                if key in self._works:
                    return self._works[key]
            made = make()
            with self._lock:
                self._works[key] = made
                self._busy.pop(key, None)
                while len(self._works) > MOST_WORKS:
                    self._works.popitem(last=False)
            return made


_READ = (".csv", ".toml", ".geojson", ".md", ".xml")


class Standing(Struct, frozen=True, eq=False):
    """A scenario worked out: the case its posture is judged on, and the posture."""

    case: Case
    posture: Posture


def stand(mission: Mission, scenario: Scenario) -> Standing:
    """Work out a scenario's posture: the bases it names, or the best by the mission's weights.

    Raises Infeasible where no formation stands by that day.
    """
    lowered = case(mission, day=scenario.day, night=scenario.night, also=scenario.bases)
    if scenario.bases:
        return Standing(case=lowered, posture=judge(lowered, scenario.bases))
    weights = mission.rules.cover.weights
    best = [p for p in postures(lowered, scenario.formations) if p.chosen_by == weights]
    return Standing(case=lowered, posture=best[-1])


def unchanged(scenario: Scenario) -> Scenario:
    """The same day and light as the mission says: its own rules, one formation, the best base."""
    return Scenario(day=scenario.day, night=scenario.night)
