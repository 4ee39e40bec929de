"""A figure in words, in English and French: number, unit, qualifier and period as a reader expects them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from castor.ledger.figure import Figure, Qualifier

THIN = "\u202f"
"""Narrow no-break space: French groups digits with it."""
SPACE = "\u00a0"

_QUALIFIER = {
    "en": {
        "exactly": "", "about": "about ", "more_than": "more than ", "at_least": "at least ", "nearly": "nearly ",
        "less_than": "fewer than ", "at_most": "at most ", "unknown": "",
    },
    "fr": {
        "exactly": "", "about": "environ ", "more_than": "plus de ", "at_least": "au moins ", "nearly": "près de ",
        "less_than": "moins de ", "at_most": "au plus ", "unknown": "",
    },
}  # fmt: skip
_UNIT = {
    "aircraft": ("aircraft", "aéronefs"),
    "attacks": ("attacks", "attaques"),
    "evacuations": ("evacuations", "évacuations"),
    "flights": ("flights", "vols"),
    "groups": ("groups", "groupes"),
    "households": ("households", "ménages"),
    "missions": ("missions", "missions"),
    "people": ("people", "personnes"),
    "rotations": ("rotations", "rotations"),
    "years": ("years", "ans"),
    "lb": ("lb", "lb"),
}
_MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December"),
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
           "décembre"),
}  # fmt: skip
_SCALES = (
    (Decimal(10) ** 12, ("trillion", "billion"), ("trillion", "billions")),
    (Decimal(10) ** 9, ("billion", "milliard"), ("billion", "milliards")),
    (Decimal(10) ** 6, ("million", "million"), ("million", "millions")),
)
_MONEY = {"CAD": ("C$", "$ CA"), "USD": ("US$", "$ US"), "EUR": ("€", "€"), "GBP": ("£", "£")}


def number(value: Decimal, lang: str = "en", *, words: bool = True) -> str:
    """Return a number as it is read: ``3,560,920``, ``1.8 billion``; ``3 560 920``, ``1,8 milliard``.

    A round number from a million up is said in words when that loses nothing and ``words`` is true.
    """
    at = 1 if lang == "fr" else 0
    if words:
        for scale, one, many in _SCALES:
            short = value / scale
            if abs(value) >= scale and short == short.quantize(Decimal("0.01")):
                name = (many if abs(short) >= 2 else one)[at]
                return f"{_digits(short.normalize(), lang)}{SPACE if lang == 'fr' else ' '}{name}"
    return _digits(value, lang)


def _digits(value: Decimal, lang: str) -> str:
    text = f"{value:,f}"
    if lang == "fr":
        return text.replace(",", THIN).replace(".", ",").replace("-", "\u2212")
    return text.replace("-", "\u2212")


def quantity(value: Decimal, unit: str, lang: str = "en", *, words: bool = True) -> str:
    """Return a value with its unit: ``C$119.9 million``, ``93 %``, ``530.6 h``; French: ``119,9 millions $ CA``."""
    said = number(value, lang, words=words)
    if unit in _MONEY and lang == "en":
        return _MONEY[unit][0] + said if value >= 0 else "\u2212" + _MONEY[unit][0] + said[1:]
    if unit in _MONEY:
        return f"{said}{SPACE}{_MONEY[unit][1]}"
    if unit == "%" and lang == "en":
        return f"{said}%"
    names = _UNIT.get(unit)
    name = names[1 if lang == "fr" else 0] if names else unit
    of = "de " if lang == "fr" and words and said.endswith(("illion", "illions", "illiard", "illiards")) else ""
    return f"{said}{SPACE}{of}{name}" if name else said


def say(figure: Figure, lang: str = "en", *, unit: bool = True, words: bool = True) -> str:
    """Return the figure's qualifier, value and unit in words; an absent value is said to be not known.

    ``more than 4,000 h``, ``plus de 4 000 h``; an event is said by its date.
    """
    if figure.kind == "event" and figure.value is None:
        return when(figure, lang)
    if figure.value is None:
        return "non connu" if lang == "fr" else "not known"
    return qualified(figure.value, figure.unit if unit else "", figure.qualifier, lang, words=words)


def qualified(value: Decimal, unit: str, qualifier: Qualifier, lang: str = "en", *, words: bool = True) -> str:
    """Return a value with its unit and qualifier in words: ``more than 4,000 h``."""
    said = _QUALIFIER["fr" if lang == "fr" else "en"][qualifier]
    if qualifier == "less_than" and unit not in _UNIT and lang == "en":
        said = "less than "
    return said + quantity(value, unit, lang, words=words)


def day(date: dt.date, precision: str, lang: str = "en") -> str:
    """Return a date as exactly as it is known: ``25 April 2013``, ``juillet 2014``, ``1968``."""
    month = _MONTHS["fr" if lang == "fr" else "en"][date.month - 1]
    if precision == "day":
        return f"{'1er' if lang == 'fr' and date.day == 1 else date.day} {month} {date.year}"
    return f"{month} {date.year}" if precision == "month" else str(date.year)


def when(figure: Figure, lang: str = "en") -> str:
    """Return the period of a figure in words; a fiscal year is said as one: ``2021/22`` (French: ``2021-2022``)."""
    first, last = figure.first_day, figure.last_day
    if first is None:
        until = day(last, "day", lang) if last is not None else ""
        return until and f"{'au' if lang == 'fr' else 'to'} {until}"
    about = ("vers " if lang == "fr" else "about ") if figure.circa else ""
    if figure.calendar and last is not None and last.year == first.year + 1 and figure.start.rstrip("~")[4:]:
        return about + (f"{first.year}-{last.year}" if lang == "fr" else f"{first.year}/{last.year % 100:02d}")
    if not figure.end or figure.end == figure.start:
        return about + day(first, figure.precision, lang)
    end = figure.end.rstrip("~")
    precision = {4: "year", 7: "month"}.get(len(end), "day")
    joint = " au " if lang == "fr" and precision == "day" else " à " if lang == "fr" else " to "
    return about + day(first, figure.precision, lang) + joint + (day(last, precision, lang) if last else "")
