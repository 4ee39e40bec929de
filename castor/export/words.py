"""The few words that exports say in English and French, and how a leg and a wait are told in one line."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from castor.flight.plan import Flight, Standby

Language = Literal["en", "fr"]

WORDS = {
    "places": ("Places", "Lieux"),
    "flights": ("Flights", "Vols"),
    "standby": ("Evacuation standby", "Alerte évacuation"),
    "posture": ("Posture", "Posture"),
    "reach": ("Reach", "Portée"),
    "incidents": ("Incidents", "Incidents"),
    "unserved": ("Not served", "Non servies"),
    "care": ("care within {:g} min by {}", "prise en charge en {:g} min {}"),
    "both": ("care and surgery within {:g} min by {}", "prise en charge et chirurgie en {:g} min {}"),
    "day": ("day", "de jour"),
    "night": ("night", "de nuit"),
    "pax": ("pax", "pax"),
    "litters": ("litters", "civières"),
    "requests": ("requests", "demandes"),
    "fuel": ("fuel at take-off", "carburant au décollage"),
    "programme": ("Flying programme", "Programme de vol"),
    "transport": ("transport", "transport"),
    "medevac": ("MEDEVAC", "MEDEVAC"),
    "casevac": ("CASEVAC", "CASEVAC"),
    "transfer": ("transfer of patients", "transfert de patients"),
    "positioning": ("positioning", "mise en place"),
    "airlift": ("airlift", "pont aérien"),
    "training": ("training", "entraînement"),
}


def word(key: str, lang: Language) -> str:
    """Return a word in the language asked for."""
    return WORDS[key][lang == "fr"]


def leg_name(flight: Flight) -> str:
    """Name a leg as it stands on a programme: ``evac gao-kidal 0600``."""
    return f"{flight.unit} {flight.origin}-{flight.destination} {flight.off:%H%M}"


def leg_load(flight: Flight, lang: Language) -> str:
    """Tell task, tails and load of a leg in one line."""
    parts = [word(flight.task, lang), flight.tails]
    if flight.pax:
        parts.append(f"{flight.pax} {word('pax', lang)}")
    if flight.cargo_kg:
        parts.append(f"{flight.cargo_kg:g} kg")
    if flight.litters:
        parts.append(f"{flight.litters} {word('litters', lang)}")
    if flight.requests:
        parts.append(f"{word('requests', lang)}: {flight.requests}")
    if flight.fuel_kg is not None:
        parts.append(f"{word('fuel', lang)}: {flight.fuel_kg:g} kg")
    return ", ".join(parts)


def wait_name(wait: Standby, lang: Language) -> str:
    """Name a wait: ``Evacuation standby evac at gao``."""
    return f"{word('standby', lang)} {wait.unit} {'à' if lang == 'fr' else 'at'} {wait.place}"


def iso(moment: dt.datetime) -> str:
    """Write a UTC moment as ISO 8601 with its zone."""
    return moment.replace(microsecond=0).isoformat() + "Z"
