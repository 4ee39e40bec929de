"""Words in both languages: the table ``words.csv``, numbers, dates and units as each language writes them."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

NARROW = "\u202f"
"""The narrow no-break space that groups digits in French."""
HARD = "\u00a0"


class Both(NamedTuple):
    """The same text in English and in French, unescaped."""

    en: str
    fr: str

    def __add__(self, other: object) -> Both:
        more = both(other)
        return Both(self.en + more.en, self.fr + more.fr)

    def __radd__(self, other: object) -> Both:
        more = both(other)
        return Both(more.en + self.en, more.fr + self.fr)

    def html(self) -> str:
        """Both languages as HTML; one plain text where they are the same.

        English is the language of the page until it is switched, so it is not named: a twentieth of the page.
        """
        if self.en == self.fr:
            return _escaped(self.en)
        return f"<i>{_escaped(self.en)}</i><i lang=fr>{_escaped(_bound(self.fr))}</i>"

    def svg(self) -> str:
        """Both languages as ``tspan`` elements of an SVG text."""
        if self.en == self.fr:
            return _escaped(self.en)
        return f"<tspan>{_escaped(self.en)}</tspan><tspan lang=fr>{_escaped(_bound(self.fr))}</tspan>"

    def attribute(self) -> str:
        """Both languages in one attribute value, English first."""
        text = self.en if self.en == self.fr else f"{self.en} / {self.fr}"
        return html.escape(text, quote=True)

    def capital(self) -> Both:
        """With a capital first letter."""
        return Both(self.en[:1].upper() + self.en[1:], self.fr[:1].upper() + self.fr[1:])


def _bound(text: str) -> str:
    """French with its colon, guillemets and percent sign bound to their word: no line begins with them."""
    return (
        text.replace(" :", f"{HARD}:").replace("« ", f"«{HARD}").replace(" »", f"{HARD}»").replace(" %", f"{NARROW}%")
    )


def _escaped(text: str) -> str:
    """Safe in HTML, with typographic apostrophes."""
    return html.escape(text, quote=False).replace("'", "’")


def both(text: object) -> Both:
    """A text that is the same in both languages, or the pair itself."""
    return text if isinstance(text, Both) else Both(str(text), str(text))


@cache
def table() -> dict[str, Both]:
    """The words of ``words.csv`` by key."""
    text = files("castor.brief").joinpath("words.csv").read_text(encoding="utf-8")
    return {row["key"]: Both(row["en"], row["fr"]) for row in csv.DictReader(io.StringIO(text))}


def word(key: str, /, **values: object) -> Both:
    """A text of ``words.csv``; ``{name}`` in it is filled from ``values`` (numbers and texts in both languages)."""
    en, fr = table()[key]
    if not values:
        return Both(en, fr)
    pairs = {name: both(value) for name, value in values.items()}
    return Both(
        en.format(**{name: pair.en for name, pair in pairs.items()}),
        fr.format(**{name: pair.fr for name, pair in pairs.items()}),
    )


def join(parts: Iterable[object], separator: str = ", ", most: int = 12) -> Both:
    """Texts in a row with a separator; of more than ``most`` the first, and how many more there are."""
    pairs = [both(part) for part in parts]
    if len(pairs) > most:
        pairs = [*pairs[: most - 2], word("and.more", count=number(len(pairs) - most + 2))]
    return Both(separator.join(pair.en for pair in pairs), separator.join(pair.fr for pair in pairs))


def number(value: float, digits: int = 0) -> Both:
    """4,000.5 in English; 4 000,5 in French, with narrow no-break spaces."""
    text = f"{value:,.{digits}f}".replace("-", "\u2212")
    if float(text.replace(",", "").replace("\u2212", "-")) == 0:
        text = text.replace("\u2212", "")
    return Both(text, text.replace(",", NARROW).replace(".", ","))


def exact(value: object) -> Both:
    """An exact decimal with the digits it has, grouped."""
    text = f"{value:,}" if not isinstance(value, str) else value
    return Both(text, text.replace(",", NARROW).replace(".", ","))


def signed(value: float, digits: int = 0) -> Both:
    """A difference with its sign; none where it rounds to nothing."""
    figure = number(abs(value), digits)
    if float(figure.en.replace(",", "")) == 0:
        return figure
    return ("+" if value > 0 else "\u2212") + figure


def percent(share: float, digits: int = 0) -> Both:
    """A share as a percentage: 46% in English, 46 % in French."""
    figure = number(100 * share, digits)
    return Both(f"{figure.en}%", f"{figure.fr}{NARROW}%")


def minutes(value: float) -> Both:
    """Minutes as ``95 min``."""
    return number(value) + f"{HARD}min"


_MONTHS = Both(
    "January February March April May June July August September October November December",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
)
_SHORT = Both(
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", "janv févr mars avr mai juin juil août sept oct nov déc"
)


def day(date: dt.date) -> Both:
    """A day in words: 1 August 2018, 1er août 2018."""
    en, fr = _MONTHS.en.split()[date.month - 1], _MONTHS.fr.split()[date.month - 1]
    first = "1er" if date.day == 1 else str(date.day)
    return Both(f"{date.day}{HARD}{en} {date.year}", f"{first}{HARD}{fr} {date.year}")


def month(number_of_month: int) -> Both:
    """The short name of a month, 1 to 12."""
    return Both(_SHORT.en.split()[number_of_month - 1], _SHORT.fr.split()[number_of_month - 1])


def partial(text: str) -> Both:
    """A date known to the year, the month or the day (``2018``, ``2018-11``, ``2018-11-01``) in words."""
    parts = text.split("-")
    if len(parts) == 3:
        return day(dt.date(int(parts[0]), int(parts[1]), int(parts[2][:2])))
    if len(parts) == 2:
        at = int(parts[1]) - 1
        return Both(f"{_MONTHS.en.split()[at]} {parts[0]}", f"{_MONTHS.fr.split()[at]} {parts[0]}")
    return both(text)
