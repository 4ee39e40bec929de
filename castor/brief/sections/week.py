"""The programmes of all days of a request set in totals, and of a whole year beside what was flown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from castor.brief.parts import Markup, note, table
from castor.brief.words import Both, both, day, exact, number, percent, word


class Total(msgspec.Struct, frozen=True):
    """A day's programme: requests asked and carried, passengers, kilograms, hours in the air, least cover."""

    date: dt.date
    asked: int
    carried: int
    pax: float
    kg: float
    hours: float
    cover: float | None


class Measure(msgspec.Struct, frozen=True):
    """A measure of a year: asked for, carried by the programmes, flown; why they differ, what was fitted to which."""

    what: Both
    asked: float | None
    computed: float
    flown: float | None
    why: Both
    fitted: Both


class Flown(msgspec.Struct, frozen=True):
    """A year of programmes: its first and last day, the days on which a second formation could be made up."""

    start: dt.date
    end: dt.date
    days: int
    ready: int
    measures: Sequence[Measure]


def totals(days: Sequence[Total]) -> str:
    """The days of the request set in a table, with their sum; nothing for a single day."""
    if len(days) < 2:
        return ""
    heads = [word(key) for key in ("day", "programme.asked", "programme.carried", "pax", "tonnes", "programme.hours",
                                   "programme.least")]  # fmt: skip
    rows: list[list[object]] = [
        [day(one.date), one.asked, one.carried, round(one.pax), number(one.kg / 1000, 1), number(one.hours, 1),
         None if one.cover is None else percent(one.cover)]
        for one in days
    ]  # fmt: skip
    least = [one.cover for one in days if one.cover is not None]
    rows.append(
        [word("programme.all"), sum(one.asked for one in days), sum(one.carried for one in days),
         round(sum(one.pax for one in days)), number(sum(one.kg for one in days) / 1000, 1),
         number(sum(one.hours for one in days), 1), percent(min(least)) if least else None]
    )  # fmt: skip
    return f"<h3>{word('programme.week').html()}</h3>{table(heads, rows)}{note(word('programme.week.note'))}"


def year(given: Flown | None) -> str:
    """The year's programmes beside what was flown; nothing where there is no year."""
    if given is None:
        return ""
    said = word(
        "programme.year.lead",
        start=day(given.start), end=day(given.end), days=exact(given.days), ready=exact(given.ready),
    )  # fmt: skip
    heads = [word(key) for key in ("what", "programme.asked.for", "lift.computed", "year.flown", "lift.why")]
    rows: list[list[object]] = []
    for one in given.measures:
        why = one.why + (Both("; ", " ; ") + one.fitted if one.fitted.en else "")
        told = Markup(f"<span class=why>{why.html()}</span>")
        rows.append([one.what, _plain(one.asked), _plain(one.computed), _plain(one.flown), told])
    title = word("programme.year").html()
    return f"<h3>{title}</h3><p>{said.html()}</p>{table(heads, rows)}{note(word('programme.year.note'))}"


def _plain(value: float | None) -> Both:
    if value is None:
        return both("")
    return number(value, 1 if abs(value) < 100 and value != round(value) else 0)
