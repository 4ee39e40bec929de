"""What the controls of the living page change: a scenario, carried whole in the page's address.

Because the address holds every setting, a scenario can be shared, kept as a bookmark and undone with the browser's back
button, and fifty users never disturb one another: the server keeps no state of theirs.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from castor.errors import MissionError, Problem
from castor.mission.model import Clock, Covering, Mission, columns

_CLOCK = ("approval_min", "notice_day_min", "notice_night_min", "scene_min")


class Scenario(Struct, frozen=True, kw_only=True):
    """Settings that differ from the mission; ``None`` and empty mean "as the mission says".

    ``bases`` is the ordered posture to judge (place ids), ``without`` the requests ticked out.
    """

    day: dt.date
    night: bool = False
    approval_min: float | None = None
    notice_day_min: float | None = None
    notice_night_min: float | None = None
    scene_min: float | None = None
    floor: float | None = None
    formations: int = 1
    bases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def query(self) -> str:
        """The scenario as the query of an address; settings that change nothing are left out."""
        pairs: list[tuple[str, str]] = [("day", self.day.isoformat())]
        if self.night:
            pairs.append(("night", "1"))
        for name in (*_CLOCK, "floor"):
            value = getattr(self, name)
            if value is not None:
                pairs.append((name, f"{value:g}"))
        if self.formations != 1:
            pairs.append(("formations", str(self.formations)))
        pairs += [("bases", place) for place in self.bases] + [("without", request) for request in self.without]
        return urlencode(pairs)

    def apply(self, mission: Mission) -> Mission:
        """The mission under this scenario."""
        clock = {name: getattr(self, name) for name in _CLOCK if getattr(self, name) is not None}
        cover = {} if self.floor is None else {"floor": self.floor}
        rules = msgspec.structs.replace(
            mission.rules,
            clock=msgspec.structs.replace(mission.rules.clock, **clock),
            cover=msgspec.structs.replace(mission.rules.cover, **cover),
        )
        requests = tuple(request for request in mission.requests if request.id not in self.without)
        return msgspec.structs.replace(mission, rules=rules, requests=requests)


def read_scenario(query: Mapping[str, Sequence[str]], mission: Mission) -> Scenario:
    """Read a scenario from the fields of a form. Raises ``MissionError`` with every problem."""
    problems: list[Problem] = []
    settings: dict[str, object] = {"day": _day(_last(query, "day"), mission, problems)}
    limits = {column.name: column.limits for cls in (Clock, Covering) for column in columns(cls)}
    for name in (*_CLOCK, "floor"):
        text = _last(query, name)
        if text:
            settings[name] = _number(name, text, limits[name], problems)
    settings["night"] = _last(query, "night") in ("1", "on", "yes")
    formations = _last(query, "formations")
    if formations:
        settings["formations"] = int(_number("formations", formations, {"ge": 1, "le": 20}, problems) or 1)
    settings["bases"] = _known("bases", query, mission.place, problems)
    settings["without"] = _known("without", query, mission.request, problems)
    if problems:
        raise MissionError(problems)
    return msgspec.convert(settings, Scenario)


def saved_folder(folder: Path, name: str) -> Path | None:
    """Where a scenario of that name is saved: beside the mission's folder; ``None`` where it is no name."""
    return folder.resolve().parent / name if re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name) else None


def save_scenario(folder: Path, mission: Mission, scenario: Scenario, name: str) -> Path:
    """Write the scenario beside the mission's folder as a mission that extends it; returns the new folder.

    Raises ``MissionError`` where the name is not one, or is taken: nothing is ever overwritten.
    """
    target = saved_folder(folder, name)
    if target is None:
        expected = "a name of a to z, 0 to 9, - and _, at most 40, that begins with a letter or digit"
        raise MissionError([Problem(file="controls", column="name", read=name, expected=expected)])
    try:
        target.mkdir()
    except FileExistsError:
        raise MissionError(
            [Problem(file="controls", column="name", read=name, expected="a new name", remedy="that one is taken")]
        ) from None
    lines = [f"# Saved from the living page of {mission.name}: what differs from it.", f"name = {json.dumps(name)}"]
    lines.append(f"extends = {json.dumps('../' + folder.resolve().name)}")
    if scenario.without:
        lines += ["", "[without]", f"requests = {json.dumps(list(scenario.without))}"]
    clock = [(n, getattr(scenario, n)) for n in _CLOCK if getattr(scenario, n) is not None]
    if clock:
        lines += ["", "[clock]", *(f"{n} = {value:g}" for n, value in clock)]
    if scenario.floor is not None:
        lines += ["", "[cover]", f"floor = {scenario.floor:g}"]
    changed = [f"clock.{n}" for n, _ in clock] + (["cover.floor"] if scenario.floor is not None else [])
    if changed:
        lines += ["", "[sources]", *(f'"{key}" = "set on the living page"' for key in changed)]
    (target / "mission.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return target


def _last(query: Mapping[str, Sequence[str]], name: str) -> str:
    values = query.get(name) or [""]
    return values[-1].strip()


def _day(text: str, mission: Mission, problems: list[Problem]) -> dt.date:
    if not text:
        return mission.start
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        problems.append(Problem(file="controls", column="day", read=text, expected="a date such as 2018-10-17"))
        return mission.start


def _number(name: str, text: str, limits: Mapping[str, float], problems: list[Problem]) -> float | None:
    low, high = limits.get("ge", limits.get("gt", 0)), limits.get("le", limits.get("lt", 1e9))
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = float("nan")
    if low <= value <= high:
        return value
    problems.append(Problem(file="controls", column=name, read=text, expected=f"a number from {low:g} to {high:g}"))
    return None


def _known(
    name: str, query: Mapping[str, Sequence[str]], known: Mapping[str, object], problems: list[Problem]
) -> tuple[str, ...]:
    chosen = [value for value in query.get(name, ()) if value]
    for value in chosen:
        if value not in known:
            problems.append(Problem(file="controls", column=name, read=value, expected=f"an id among the {len(known)}"))
    return tuple(value for value in dict.fromkeys(chosen) if value in known)
