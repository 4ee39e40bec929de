"""Why a request was left out, in both languages: the sentences in which a programme's plan says it, put into French."""

from __future__ import annotations

import re

from castor.brief.words import NARROW, Both

_WHEN = r"(?P<unit>\S+), (?P<off>\d\d:\d\d) to (?P<on>\d\d:\d\d)"
_SENTENCES = (
    (r"(?P<part>[\d.]+%) of it is left out: (?P<rest>.*)", "{part} n'en sont pas pris : {rest}"),
    (r"no unit that carries is in theatre at a base with fuel",
     "aucune unité de transport n'est en place à une base qui a du carburant"),
    (r"beside the other flights there is room for it, but cover would fall below its floor of (?P<floor>[\d.]+%)",
     "il y aurait de la place à côté des autres vols, mais la couverture tomberait sous son plancher de {floor}"),
    (rf"alone it could be carried by {_WHEN}; what is carried instead is worth more",
     "seule, elle pourrait être prise par {unit}, de {off} à {on}; ce qui est pris à sa place vaut davantage"),
    (r"alone it could be carried; what is carried instead is worth more",
     "seule, elle pourrait être prise; ce qui est pris à sa place vaut davantage"),
    (r"(?P<pax>\d+) passengers, (?P<lying>\d+) litters, (?P<kg>\d+) kg in all; the largest unit, (?P<unit>\S+), takes "
     r"(?P<seats>\d+), (?P<litters>\d+) and (?P<most>\d+) kg, less where heat and distance ask for it",
     "{pax} passagers, {lying} civières, {kg} kg en tout; la plus grande unité, {unit}, en prend {seats}, {litters} et "
     "{most} kg, moins là où la chaleur et la distance l'exigent"),
    (r"no unit that can reach it may use (?P<first>\S+)(?: or (?P<second>\S+))?",
     "aucune unité qui peut y aller n'a le droit d'utiliser {first}{second}"),
    (r"(?P<km>\d+) km apart; the units fly (?P<reach>[\d, ]+) km between refuellings",
     "à {km} km l'un de l'autre; les unités volent {reach} km entre deux avitaillements"),
    (r"with this rule lifted another still stands against it: (?P<first>\S+) to (?P<second>\S+)",
     "sans cette règle, une autre s'y oppose encore : de {first} à {second}"),
    (r"a tour of (?P<away>[\d.]+) h, (?P<air>[\d.]+) h in the air; crews may be on duty (?P<duty>[\d.]+) h and fly "
     r"(?P<fly>[\d.]+) h",
     "une tournée de {away} h, dont {air} h de vol; les équipages ont droit à {duty} h de service et {fly} h de vol"),
    (rf"with {_WHEN}, cover falls to (?P<share>[\d.]+%), below its floor of (?P<floor>[\d.]+%)",
     "avec {unit}, de {off} à {on}, la couverture tombe à {share}, sous son plancher de {floor}"),
    (rf"it could be carried by {_WHEN} if it were not for this; asked by (?P<latest>[\d: -]+)",
     "elle pourrait être prise par {unit}, de {off} à {on}, sans cette règle; demandée pour {latest} au plus tard"),
)  # fmt: skip


def detail(said: str) -> Both:
    """A reason's sentence in both languages; what castor did not write stays as it is."""
    for pattern, french in _SENTENCES:
        found = re.fullmatch(pattern, said)
        if found is not None:
            values = {name: _number(value) for name, value in found.groupdict(default="").items()}
            if "rest" in values:
                values["rest"] = detail(found["rest"]).fr
            if values.get("second") and "{first}{second}" in french:
                values["second"] = f" ou {values['second']}"
            return Both(said, french.format(**values))
    return Both(said, said)


def _number(value: str) -> str:
    """A number with a decimal comma, a percentage with its space."""
    if not re.fullmatch(r"[\d.]+%?", value):
        return value
    return value.replace(".", ",").replace("%", f"{NARROW}%")
