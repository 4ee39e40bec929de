"""A sortie flown, from the form of the living page into the ledger's store of record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

from msgspec import Struct

from castor.errors import LedgerError, Problem
from castor.ledger.figure import Figure, Source
from castor.ledger.record import STORE
from castor.ledger.store import Store
from castor.mission.model import Mission

SOURCE = "living-page"
_HOURS = "flying hours"
_CARRIED = (
    ("pax", "passengers", "people", 2000),
    ("litters", "litter patients", "people", 500),
    ("cargo_kg", "cargo", "kg", 400_000),
)


class Sortie(Struct, frozen=True):
    """A sortie that the store holds: its id, the flight as reported, by whom, hours, and what it carried."""

    id: str
    flight: str
    reporter: str
    hours: Decimal
    carried: Mapping[str, Decimal]


def recorded(store: Path) -> tuple[Sortie, ...]:
    """The sorties that a store of record holds, in the order they were recorded; none where there is no store."""
    if not store.exists():
        return ()
    with Store(store, create=False) as opened:
        figures = [figure for figure in opened.ledger() if figure.kind == "sortie" and figure.source == SOURCE]
    amounts: dict[str, dict[str, Decimal]] = {}
    for figure in figures:
        if figure.value is not None:
            amounts.setdefault(figure.id.rpartition("-")[0], {})[figure.measure] = figure.value
    found = []
    for figure in figures:
        name = figure.id.rpartition("-")[0]
        if figure.measure == _HOURS and figure.value is not None:
            flight, _, reporter = figure.locator.partition("; by ")
            carried = {measure: value for measure, value in amounts[name].items() if measure != _HOURS}
            found.append(Sortie(name, flight, reporter, figure.value, carried))
    return tuple(found)


def record_sortie(folder: Path, mission: Mission, form: Mapping[str, str]) -> str:
    """Record one sortie: flying hours and what was carried, in one transaction; returns its id.

    Raises LedgerError with every problem; nothing is recorded then.
    """
    problems: list[Problem] = []
    tail = _one_of("tail", form, mission.tail, problems)
    origin, destination = (_one_of(name, form, mission.place, problems) for name in ("from", "to"))
    off, on = (_moment(name, form, problems) for name in ("off", "on"))
    carried = {name: _amount(name, form, most, problems) for name, _, _, most in _CARRIED}
    reporter = form.get("source", "").strip()
    if not 0 < len(reporter) <= 200:
        problems.append(Problem("form", "who reported it, at most 200 characters", column="source", read=reporter))
    if not problems:
        problems += _sense(mission, tail, (off, on))
    if problems:
        raise LedgerError(problems)
    sortie = f"flown-{off:%Y%m%dT%H%M}-{tail}"
    said = (origin, destination, tail, reporter)
    figures = [_figure(sortie, "hours", _HOURS, "h", _hours(on - off), (off, on), said)]
    for name, measure, unit, _ in _CARRIED:
        if carried[name]:
            figures.append(_figure(sortie, name, measure, unit, carried[name], (off, on), said))
    source = Source(id=SOURCE, title="Sorties recorded on the living page", publisher=mission.name)
    store = folder / "ledger" / STORE
    store.parent.mkdir(exist_ok=True)
    with Store(store) as opened:
        opened.add(figures, [source])
    return sortie


def _hours(span: dt.timedelta) -> Decimal:
    return (Decimal(int(span.total_seconds())) / 3600).quantize(Decimal("0.01"))


def _figure(
    sortie: str, name: str, measure: str, unit: str, value: Decimal, span: tuple[dt.datetime, dt.datetime],
    said: tuple[str, str, str, str],
) -> Figure:  # fmt: skip
    origin, destination, tail, reporter = said
    return Figure(
        id=f"{sortie}-{name}",
        kind="sortie",
        measure=measure,
        stage="actual",
        value=value,
        unit=unit,
        start=span[0].date().isoformat(),
        end=span[1].date().isoformat(),
        place=f"{origin};{destination}",
        label_en=f"{measure}, {tail}, {origin} to {destination}",
        source=SOURCE,
        locator=f"{tail} {origin} {span[0]:%Y-%m-%dT%H:%MZ} {destination} {span[1]:%Y-%m-%dT%H:%MZ}; by {reporter}",
    )


def _one_of(name: str, form: Mapping[str, str], known: Mapping[str, object], problems: list[Problem]) -> str:
    read = form.get(name, "")
    if read not in known:
        problems.append(Problem("form", f"one of the {len(known)} of the mission", column=name, read=read))
    return read


def _moment(name: str, form: Mapping[str, str], problems: list[Problem]) -> dt.datetime:
    read = form.get(name, "")
    try:
        found = dt.datetime.fromisoformat(read)
        if found.tzinfo is None and 1990 <= found.year <= 2100:
            return found
    except ValueError:
        pass
    problems.append(Problem("form", "a date and time in UTC such as 2018-10-17T06:30", column=name, read=read))
    return dt.datetime(2000, 1, 1)


def _amount(name: str, form: Mapping[str, str], most: int, problems: list[Problem]) -> Decimal:
    read = form.get(name, "").strip() or "0"
    try:
        found = Decimal(read.replace(",", "."))
        if found.is_finite() and 0 <= found <= most and (name == "cargo_kg" or found == found.to_integral_value()):
            return found
    except InvalidOperation:
        pass
    problems.append(Problem("form", f"a number from 0 to {most:,}", column=name, read=read))
    return Decimal(0)


def _sense(mission: Mission, tail: str, span: tuple[dt.datetime, dt.datetime]) -> list[Problem]:
    """What no single field shows: order of times, a flight longer than a day, an aircraft not in theatre."""
    off, on = span
    aircraft = mission.tail[tail]
    problems = []
    if on <= off:
        problems.append(Problem("form", "a landing after the take-off", column="on", read=f"{on:%Y-%m-%d %H:%M}"))
    elif on - off > dt.timedelta(hours=24):
        problems.append(Problem("form", "a sortie of at most 24 hours", column="on", read=str(on - off)))
    day = off.date()
    if (aircraft.start and day < aircraft.start) or (aircraft.end and day > aircraft.end):
        theatre = f"a day when {tail} is in theatre ({aircraft.start or '...'} to {aircraft.end or '...'})"
        problems.append(Problem("form", theatre, column="off", read=day.isoformat()))
    return problems
