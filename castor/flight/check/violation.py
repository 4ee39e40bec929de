"""What a plan breaks: one violation is named, placed, timed, sized, and said in English and French."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct


class Violation(Struct, frozen=True, kw_only=True):
    """One rule that a plan breaks.

    ``what`` is the unit, tail or request concerned, ``where`` the place or leg (``gao-kidal``), ``when`` the moment
    (UTC), ``size`` by how much, in ``unit``; ``en`` and ``fr`` say it.
    """

    code: str
    what: str
    en: str
    fr: str
    where: str = ""
    when: dt.datetime | None = None
    size: float = 1.0
    unit: str = ""

    def __str__(self) -> str:
        when = f"{self.when:%Y-%m-%d %H:%M} " if self.when is not None else ""
        return f"{when}{self.what}: {self.en}"


class Said(NamedTuple):
    """The unit of a violation's size and its sentence in both languages; ``{size}``, ``{where}`` and ``{detail}``."""

    unit: str
    en: str
    fr: str


SENTENCES: Mapping[str, Said] = {
    "unknown_place": Said("", "no place is called {detail}", "aucun lieu ne s'appelle {detail}"),
    "unknown_tail": Said("", "no aircraft has the tail {detail}", "aucun appareil n'a l'immatriculation {detail}"),
    "unknown_request": Said("", "no request or load is called {detail}", "aucune demande ni charge {detail}"),
    "unknown_unit": Said(
        "",
        "no formation or tail is called {detail} (a second formation is written {detail}/2)",
        "aucune formation ni immatriculation ne s'appelle {detail} (une seconde formation s'écrit {detail}/2)",
    ),
    "no_tail": Said("", "no aircraft is named", "aucun appareil n'est nommé"),
    "formation_incomplete": Said(
        "aircraft",
        "{size:.0f} aircraft short of a complete formation: {detail}",
        "il manque {size:.0f} appareils à la formation : {detail}",
    ),
    "not_in_theatre": Said(
        "days",
        "{detail} is not in theatre on that day ({size:.0f} days off)",
        "{detail} n'est pas sur le théâtre ce jour-là (écart de {size:.0f} jours)",
    ),
    "outside_plan": Said(
        "min", "outside the plan's own dates by {size:.0f} min", "hors des dates du plan de {size:.0f} min"
    ),
    "time_travel": Said(
        "min",
        "lands {size:.0f} min before it takes off, or as it does",
        "atterrit {size:.0f} min avant de décoller, ou au même instant",
    ),
    "too_fast": Said(
        "min",
        "{where} takes {size:.1f} min more than planned at cruise speed",
        "{where} demande {size:.1f} min de plus qu'il n'est prévu à la vitesse de croisière",
    ),
    "two_places": Said(
        "min",
        "{detail} is in two places for {size:.0f} min",
        "{detail} est en deux endroits pendant {size:.0f} min",
    ),
    "broken_chain": Said(
        "km",
        "{detail} takes off {size:.0f} km from where it last was ({where})",
        "{detail} décolle à {size:.0f} km de l'endroit où il se trouvait ({where})",
    ),
    "turnaround": Said(
        "min",
        "{size:.0f} min too short on the ground at {where}",
        "escale trop courte de {size:.0f} min à {where}",
    ),
    "capacity_seats": Said("people", "{size:.0f} passengers over the seats", "{size:.0f} passagers de trop"),
    "capacity_litters": Said("people", "{size:.0f} litter patients too many", "{size:.0f} patients couchés de trop"),
    "payload": Said(
        "kg",
        "{size:.0f} kg over the payload for that distance and heat from {where}",
        "{size:.0f} kg de trop pour cette distance et cette chaleur au départ de {where}",
    ),
    "range": Said(
        "km",
        "{size:.0f} km beyond the range between refuellings",
        "{size:.0f} km au-delà de l'autonomie entre deux pleins",
    ),
    "fuel_tank": Said("kg", "{size:.0f} kg more fuel than the tanks hold", "{size:.0f} kg de carburant de trop"),
    "fuel_reserve": Said("kg", "lands {size:.0f} kg below the fuel reserve", "atterrit {size:.0f} kg sous la réserve"),
    "fuel_balance": Said(
        "kg", "{size:.0f} kg of fuel unaccounted for", "{size:.0f} kg de carburant qui ne s'expliquent pas"
    ),
    "no_fuel": Said(
        "kg", "takes {size:.0f} kg of fuel at {where}, which has none", "prend {size:.0f} kg à {where}, sans carburant"
    ),
    "runway": Said(
        "ft", "the runway of {where} is {size:.0f} ft short", "la piste de {where} est courte de {size:.0f} pi"
    ),
    "surface": Said("", "the runway of {where} is unpaved", "la piste de {where} n'est pas revêtue"),
    "night_type": Said(
        "min", "flies {size:.0f} min by night: {detail} may not", "vole {size:.0f} min de nuit : {detail} ne le peut"
    ),
    "night_unlit": Said(
        "", "lands or takes off by night at {where}, which is not lit", "de nuit à {where}, sans balisage"
    ),
    "closed_hours": Said(
        "min", "{where} is closed: {size:.0f} min outside its hours", "{where} est fermé : {size:.0f} min hors horaire"
    ),
    "closed_dates": Said(
        "days",
        "{where} is not in use: {size:.0f} days outside its dates",
        "{where} n'est pas ouvert : écart de {size:.0f} jours",
    ),
    "parking": Said(
        "aircraft",
        "{size:.0f} aircraft more than the parking spots of {where}",
        "{size:.0f} appareils de plus que les postes de {where}",
    ),
    "duty": Said("min", "crew duty exceeded by {size:.0f} min", "service d'équipage dépassé de {size:.0f} min"),
    "flight_time": Said(
        "min", "flight time of a duty exceeded by {size:.0f} min", "temps de vol dépassé de {size:.0f} min"
    ),
    "rest": Said(
        "min", "rest between duties short by {size:.0f} min", "repos entre services trop court de {size:.0f} min"
    ),
    "never_home": Said(
        "min", "is not home when the plan ends: at {where}", "n'est pas rentré à la fin du plan : à {where}"
    ),
    "overnight": Said("min", "away from base over a rest, at {where}", "repos hors base, à {where}"),
    "no_alert_post": Said(
        "",
        "stands by at {where}, neither the base of its aircraft nor an alert post",
        "attend à {where}, ni base de ses appareils ni poste d'alerte",
    ),
    "load_unexplained": Said(
        "", "carries {size:.0f} {detail} that no request accounts for", "emporte {size:.0f} {detail} sans demande"
    ),
    "load_missing": Said(
        "", "carries {size:.0f} {detail} less than its requests ask", "emporte {size:.0f} {detail} de moins que demandé"
    ),
    "never_picked_up": Said(
        "km",
        "is loaded at {where}, {size:.0f} km from where it waits",
        "est chargée à {where}, à {size:.0f} km d'où elle attend",
    ),
    "never_delivered": Said(
        "km",
        "is set down at {where}, {size:.0f} km from where it should be",
        "est déposée à {where}, à {size:.0f} km du but",
    ),
    "broken_journey": Said("min", "its journey has a hole at {where}", "son trajet est rompu à {where}"),
    "too_early": Said("min", "is picked up {size:.0f} min too early", "est prise en charge {size:.0f} min trop tôt"),
    "late_pickup": Said("min", "is picked up {size:.0f} min too late", "est prise en charge {size:.0f} min trop tard"),
    "early_delivery": Said("min", "is delivered {size:.0f} min too early", "est livrée {size:.0f} min trop tôt"),
    "late": Said("min", "is delivered {size:.0f} min too late", "est livrée {size:.0f} min trop tard"),
    "ride": Said("min", "rides {size:.0f} min longer than allowed", "voyage {size:.0f} min de plus que permis"),
    "served_twice": Said("", "is served {size:.0f} times too many", "est servie {size:.0f} fois de trop"),
    "served_and_unserved": Said("", "is both flown and listed as not served", "est à la fois servie et non servie"),
    "forgotten": Said("", "is neither flown nor listed as not served", "n'est ni servie ni déclarée non servie"),
    "short_delivery": Said("", "{size:.0f} {detail} are never delivered", "{size:.0f} {detail} ne sont jamais livrés"),
    "incompatible": Said("", "goods that never share an aircraft: {detail}", "marchandises incompatibles : {detail}"),
    "wrong_type": Said("", "may fly only in {detail}", "ne peut voyager qu'en {detail}"),
    "volume": Said("m3", "{size:.1f} m3 more than the hold", "{size:.1f} m3 de plus que la soute"),
    "floor_length": Said("m", "{size:.1f} m longer than the cargo floor", "{size:.1f} m de plus que le plancher"),
    "broken_piece": Said(
        "", "an indivisible piece is divided: {detail}", "une pièce indivisible est divisée : {detail}"
    ),
    "cover": Said(
        "share",
        "cover falls {size:.1%} below its floor",
        "la couverture tombe de {size:.1%} sous son plancher",
    ),
}
"""Every code that a judge may give."""


def violation(
    code: str, what: str, size: float = 1.0, *, where: str = "", when: dt.datetime | None = None, detail: str = ""
) -> Violation:
    """A violation with its sentence filled in."""
    said = SENTENCES[code]
    words = {"size": size, "where": where, "detail": detail}
    return Violation(
        code=code, what=what, where=where, when=when, size=size, unit=said.unit,
        en=said.en.format(**words), fr=said.fr.format(**words),
    )  # fmt: skip
