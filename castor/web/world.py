"""The mission folder as the server sees it: read again when a file changes, with the work of each scenario kept."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from castor.brief.covering import Cover
from castor.brief.parts import Section
from castor.cover.posture import Case, Posture, case, judge, postures
from castor.errors import MissionError
from castor.ledger.record import STORE, ledger_folder
from castor.mission import read
from castor.mission.model import Mission
from castor.tasking import Tasked
from castor.web.flying import Flying
from castor.web.record import Sortie, recorded
from castor.web.scenario import Scenario

State = tuple[tuple[int, int], ...]
"""Times and sizes of the store's files."""
MOST_WORKS = 64
LAG_S = 20.0
"""How far the account on the page may lag behind a record that is being written; the list of sorties never does."""


class Work(Struct, frozen=True, eq=False):
    """A scenario worked out: the posture as the mission says and as it is now, its cover, the day's programme as it was
    and as it is now, sections of longer rooms."""

    postures: tuple[Posture, Posture]
    cover: Cover | None
    others: tuple[Section, ...]
    flying: Flying | None = None


class Told(Struct, frozen=True, eq=False):
    """The page's sections under a scenario: of which state of the store, when made, and themselves."""

    store: State
    made_s: float
    sections: tuple[Section, ...]


class World:
    """One mission folder and the work already done on it.

    Thread-safe. While the folder has problems the last good mission stays in use, and ``trouble`` holds the message.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trouble = ""
        self._lock = threading.Lock()
        self._planning = threading.Lock()
        self._busy: dict[str, threading.Lock] = {}
        self._works: OrderedDict[str, Work] = OrderedDict()
        self._told: dict[str, Told] = {}
        self._programmes: dict[dt.date, Tasked | None] = {}
        self._sorties: tuple[object, tuple[Sortie, ...]] = ((), ())
        self._stamp = self._now()
        self._mission = read(folder)

    def _now(self) -> tuple[tuple[str, int], ...]:
        files = sorted(path for path in self.folder.rglob("*") if path.is_file() and path.suffix in _READ)
        return tuple((str(path), found[0]) for path in files if (found := _stamp(path)) is not None)

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
                self._told.clear()
                self._programmes.clear()
            return self._mission

    def programme(self, day: dt.date, make: Callable[[], Tasked | None]) -> Tasked | None:
        """The programme of a day as the mission says, made once for all scenarios of the day."""
        with self._planning:
            if day not in self._programmes:
                self._programmes[day] = make()
            return self._programmes[day]

    def has(self, key: str) -> bool:
        """Whether the work of a key is there already."""
        return key in self._works

    def told(self, key: str, make: Callable[[], tuple[Section, ...]]) -> tuple[Section, ...]:
        """The page's sections; where the store has changed and they are older than ``LAG_S``, they are made anew behind
        the visitor's back, so that nobody waits for what another recorded.
        """
        with self._lock:
            held = self._told.get(key)
            busy = self._busy.setdefault(f"told {key}", threading.Lock())
        store = self._store()
        if held is None:
            with busy:
                return self._told[key].sections if key in self._told else self._tell(key, store, make)
        if held.store != store and time.monotonic() - held.made_s >= LAG_S and busy.acquire(blocking=False):
            threading.Thread(target=self._renew, args=(busy, key, store, make), daemon=True).start()
        return held.sections

    def _renew(self, busy: threading.Lock, key: str, store: State, make: Callable[[], tuple[Section, ...]]) -> None:
        try:
            self._tell(key, store, make)
        finally:
            busy.release()

    def _tell(self, key: str, store: State, make: Callable[[], tuple[Section, ...]]) -> tuple[Section, ...]:
        made = Told(store, time.monotonic(), make())
        with self._lock:
            self._told[key] = made
        return made.sections

    def sorties(self) -> tuple[Sortie, ...]:
        """The sorties recorded from the page, read again when the store has changed."""
        state = self._store()
        if state != self._sorties[0]:
            self._sorties = (state, recorded(ledger_folder(self.folder) / STORE))
        return self._sorties[1]

    def _store(self) -> State:
        path = ledger_folder(self.folder) / STORE
        files = [path, path.with_name(f"{STORE}-wal")]
        return tuple(found for file in files if (found := _stamp(file)) is not None)

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
                    gone, _ = self._works.popitem(last=False)
                    self._told.pop(gone, None)
            return made


_READ = (".csv", ".toml", ".geojson", ".md", ".xml")


def _stamp(path: Path) -> tuple[int, int] | None:
    """Time of change and size of a file; ``None`` where it has just gone, as the store's log does."""
    try:
        told = path.stat()
    except FileNotFoundError:
        return None
    return told.st_mtime_ns, told.st_size


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
