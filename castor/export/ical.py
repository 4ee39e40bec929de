"""iCalendar (RFC 5545) of a flying programme: one event for each leg and each wait, all in UTC."""

from __future__ import annotations

import datetime as dt
import hashlib
import re

from castor.export.words import Language, leg_load, leg_name, wait_name, word
from castor.flight.plan import Flight, Plan, Standby
from castor.mission.model import Mission

_STATUS = {"planned": "TENTATIVE", "simulated": "TENTATIVE", "flown": "CONFIRMED"}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def ical(mission: Mission, plan: Plan, *, lang: Language = "en") -> bytes:
    """Return the calendar of a plan's legs and waits.

    An event keeps its identity as long as unit, tails, leg and take-off stay the same, so that a programme imported
    again replaces itself.
    """
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//castor//castor-air//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
        f"NAME:{_text(mission.title.get(lang) or mission.name)}",
        f"X-WR-CALNAME:{_text(mission.title.get(lang) or mission.name)}",
    ]  # fmt: skip
    for flight in plan.flights:
        lines += _flight(mission, plan, flight, lang)
    for wait in plan.standby:
        lines += _wait(mission, plan, wait, lang)
    lines.append("END:VCALENDAR")
    return "".join(_folded(line) for line in lines).encode("utf-8")


def _flight(mission: Mission, plan: Plan, flight: Flight, lang: Language) -> list[str]:
    key = (flight.unit, flight.tails, flight.origin, flight.destination, _moment(flight.off))
    location = " - ".join(_name(mission, name) for name in (flight.origin, flight.destination))
    said = (leg_name(flight), leg_load(flight, lang), location)
    lines = _event(plan, "flight", key, (flight.off, flight.on), said)
    return [*lines, f"CATEGORIES:{_text(word(flight.task, lang))}", f"STATUS:{_STATUS[flight.status]}", "END:VEVENT"]


def _wait(mission: Mission, plan: Plan, wait: Standby, lang: Language) -> list[str]:
    key = (wait.unit, wait.tails, wait.place, _moment(wait.start))
    said = (wait_name(wait, lang), wait.tails, _name(mission, wait.place))
    lines = _event(plan, "standby", key, (wait.start, wait.end), said)
    return [*lines, f"CATEGORIES:{_text(word('standby', lang))}", "TRANSP:TRANSPARENT", "END:VEVENT"]


def _event(
    plan: Plan, kind: str, key: tuple[str, ...], span: tuple[dt.datetime, dt.datetime], said: tuple[str, str, str]
) -> list[str]:
    name, description, location = said
    identity = hashlib.sha256("\n".join((kind, *key)).encode("utf-8")).hexdigest()[:32]
    return [
        "BEGIN:VEVENT",
        f"UID:{identity}@castor",
        f"DTSTAMP:{_moment(plan.start)}",
        f"DTSTART:{_moment(span[0])}",
        f"DTEND:{_moment(span[1])}",
        f"SUMMARY:{_text(name)}",
        f"DESCRIPTION:{_text(description)}",
        f"LOCATION:{_text(location)}",
    ]


def _name(mission: Mission, place: str) -> str:
    return mission.place[place].name if place in mission.place else place


def _moment(moment: dt.datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%S}Z"


def _text(text: str) -> str:
    plain = _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return plain.replace("\\", "\\\\").replace(";", r"\;").replace(",", r"\,").replace("\n", r"\n")


def _folded(line: str) -> str:
    """Fold a line at 75 octets, never inside a character."""
    parts, room, part = [], 75, ""
    for mark in line:
        size = len(mark.encode("utf-8"))
        if size > room:
            parts.append(part)
            part, room = "", 74
        part += mark
        room -= size
    return "\r\n ".join([*parts, part]) + "\r\n"
