"""The nine-line evacuation request as it comes over the radio, read into a call.

Lines and codes follow the NATO nine-line format (ATP-3.7.2 / STANAG 2087; the same lines stand in the UN casualty
evacuation request). Text may be one line per item (``1: 30QZC1599``) or the items one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from castor.errors import MissionError, Problem
from castor.flight.position import parse_position
from castor.mission.model import Mission

PRECEDENCE: Mapping[str, str] = {
    "A": "urgent", "B": "urgent surgical", "C": "priority", "D": "routine", "E": "convenience",
}  # fmt: skip
EQUIPMENT: Mapping[str, str] = {"A": "none", "B": "hoist", "C": "extraction equipment", "D": "ventilator"}
SECURITY: Mapping[str, str] = {
    "N": "no enemy troops", "P": "possible enemy troops, approach with caution", "E": "enemy troops, caution",
    "X": "enemy troops, armed escort required",
}  # fmt: skip
MARKING: Mapping[str, str] = {"A": "panels", "B": "pyrotechnic", "C": "smoke", "D": "none", "E": "other"}
STATUS: Mapping[str, str] = {
    "A": "own military", "B": "own civilian", "C": "other military", "D": "other civilian", "E": "detained",
}  # fmt: skip


class Call(Struct, frozen=True, kw_only=True):
    """A casualty call: where, how many by precedence and by posture, what is needed, how safe the site is.

    ``patients`` maps a precedence letter (A to E) to a number, ``litter`` and ``ambulatory`` add up to the same total.
    """

    lat: float
    lon: float
    place: str = ""
    contact: str = ""
    patients: Mapping[str, int] = {}
    equipment: str = "A"
    litter: int = 0
    ambulatory: int = 0
    security: str = ""
    marking: str = ""
    status: Mapping[str, int] = {}
    terrain: str = ""

    @property
    def total(self) -> int:
        """Patients in all."""
        return sum(self.patients.values())

    @property
    def escort_required(self) -> bool:
        """Whether line 6 asks for an armed escort."""
        return self.security == "X"


def read_nineline(text: str, mission: Mission | None = None) -> Call:
    """Read a nine-line. Lines 1, 3 and 5 must be there; the others may be missing.

    Line 1 is a position (see ``parse_position``) or, with a mission, the id or name of one of its places. Raises
    ``MissionError`` with every problem, by line.
    """
    lines = _lines(text)
    problems: list[Problem] = []
    lat, lon, place = _location(lines.get(1), mission, problems)
    patients = _counts(lines.get(3), 3, PRECEDENCE, problems, required=True)
    kinds = _counts(lines.get(5), 5, {"L": "litter", "A": "ambulatory"}, problems, required=True)
    security = _code(lines.get(6), 6, SECURITY, problems)
    marking = _code(lines.get(7), 7, MARKING, problems)
    equipment = _code(lines.get(4), 4, EQUIPMENT, problems)
    status = _counts(lines.get(8), 8, STATUS, problems, required=False)
    if not problems and sum(patients.values()) != sum(kinds.values()):
        counted = f"line 3 counts {sum(patients.values())} patients, line 5 counts {sum(kinds.values())}"
        problems.append(Problem(file="nine-line", row=5, read=lines[5], expected=counted, remedy="they must be equal"))
    if problems:
        raise MissionError(problems)
    return Call(
        lat=lat, lon=lon, place=place, contact=lines.get(2, ""), patients=patients, equipment=equipment or "A",
        litter=kinds.get("L", 0), ambulatory=kinds.get("A", 0), security=security, marking=marking, status=status,
        terrain=lines.get(9, ""),
    )  # fmt: skip


def _lines(text: str) -> dict[int, str]:
    found: dict[int, str] = {}
    pattern = re.compile(r"^\s*(?:line|ligne)?\s*([1-9])\s*[:.)\-]\s*(.*)$", re.I)
    rows = [row for row in text.replace("\r", "\n").split("\n") if row.strip()]
    numbered = [pattern.match(row) for row in rows]
    if any(numbered):
        for match in numbered:
            if match:
                found[int(match[1])] = match[2].strip()
    else:
        found = {number: row.strip() for number, row in enumerate(rows[:9], start=1)}
    return {number: value for number, value in found.items() if value}


def _location(text: str | None, mission: Mission | None, problems: list[Problem]) -> tuple[float, float, str]:
    if text is None:
        problems.append(Problem(file="nine-line", row=1, expected="the pick-up site", remedy="give a grid or a place"))
        return 0.0, 0.0, ""
    for place in mission.places if mission else ():
        if text.casefold() in (place.id.casefold(), place.name.casefold()):
            return place.lat, place.lon, place.id
    try:
        return *parse_position(text), ""
    except ValueError as error:
        known = " or the name of a place" if mission else ""
        problems.append(Problem(file="nine-line", row=1, read=text, expected=f"a position{known}", remedy=str(error)))
        return 0.0, 0.0, ""


def _counts(
    text: str | None, row: int, codes: Mapping[str, str], problems: list[Problem], *, required: bool
) -> dict[str, int]:
    expected = "numbers by letter: " + ", ".join(f"{letter} {word}" for letter, word in codes.items())
    example = "for example " + " ".join(f"{letter}2" for letter in list(codes)[:2])
    if text is None:
        if required:
            problems.append(Problem(file="nine-line", row=row, expected=expected, remedy=example))
        return {}
    compact = re.sub(r"[\s,;+x×=]", "", text.upper())
    tokens = re.findall(r"([A-Z])(\d{1,4})|(\d{1,4})([A-Z])", compact)
    pairs = [(a or d, int(b or c)) for a, b, c, d in tokens]
    length = sum(len(a + b + c + d) for a, b, c, d in tokens)
    if not pairs or length != len(compact) or any(letter not in codes for letter, _ in pairs):
        problems.append(Problem(file="nine-line", row=row, read=text, expected=expected, remedy=example))
        return {}
    counts: dict[str, int] = {}
    for letter, number in pairs:
        counts[letter] = counts.get(letter, 0) + number
    return {letter: number for letter, number in counts.items() if number}


def _code(text: str | None, row: int, codes: Mapping[str, str], problems: list[Problem]) -> str:
    if text is None:
        return ""
    letter = text.strip().upper()[:1]
    if letter in codes and (len(text.strip()) == 1 or not text.strip()[1].isalpha()):
        return letter
    expected = "one of " + ", ".join(f"{code} {word}" for code, word in codes.items())
    problems.append(Problem(file="nine-line", row=row, read=text, expected=expected))
    return ""
