"""The nouns of a mission as frozen structs; every field says its unit, limits, label and HXL tag.

The structs are the single description of a mission folder: the reader, the writer, the workbook, the documentation
and the page's tables are all made from them. ``columns(cls)`` lists the columns of a table in file order.

Units inside: minutes, kilometres, kilograms, UTC (datetimes are naive and mean UTC); any other unit is in the name.
An absent value is ``None``; it is never zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from msgspec import Struct

from castor.mission.column import Column as Column
from castor.mission.column import col as col
from castor.mission.column import columns as columns
from castor.mission.rules import Airlift as Airlift
from castor.mission.rules import Clock as Clock
from castor.mission.rules import Covering as Covering
from castor.mission.rules import Flying as Flying
from castor.mission.rules import Rules as Rules
from castor.mission.rules import Simulation as Simulation
from castor.shown import Shown

Date = dt.date
Moment = dt.datetime
Level = Literal["none", "1", "2", "3", "4"]
"""United Nations level of a medical facility; surgery starts at level 2."""


_ID = col("identifier", "identifiant", hxl="#meta+id", min_length=1, max_length=60)
_SOURCE = col("source", "source", hxl="#meta+source")
_NOTE = col("note", "note", hxl="#description")
_START = col("from date", "date de début", hxl="#date+start")
_END = col("to date", "date de fin", hxl="#date+end")
_PLACE = {"ref": "places"}


class _Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Place(_Table, frozen=True, rename={"start": "from", "end": "to"}):
    """A camp, airfield, hospital, landing point or town. ``start`` and ``end`` are the first and last day of use."""

    id: Annotated[str, _ID]
    name: Annotated[str, col("name", "nom", hxl="#loc+name", min_length=1)]
    lat: Annotated[float, col("latitude", "latitude", "deg", "#geo+lat", ge=-90, le=90)]
    lon: Annotated[float, col("longitude", "longitude", "deg", "#geo+lon", ge=-180, le=180)]
    kind: Annotated[
        Literal["camp", "airfield", "hospital", "landing", "town"], col("kind", "nature", hxl="#loc+type")
    ] = "camp"
    icao: Annotated[str, col("ICAO code", "indicateur OACI", hxl="#loc+code+icao")] = ""
    elev_ft: Annotated[float | None, col("elevation", "altitude", "ft", "#geo+elevation", ge=-1500, le=20000)] = None
    runway_ft: Annotated[float | None, col("longest runway", "plus longue piste", "ft", ge=0, le=20000)] = None
    surface: Annotated[Literal["", "paved", "unpaved"], col("runway surface", "revêtement de piste")] = ""
    lit: Annotated[bool | None, col("lit for night landing", "balisage de nuit")] = None
    fuel: Annotated[bool | None, col("fuel available", "carburant disponible")] = None
    medical: Annotated[Level | None, col("medical level", "niveau médical", hxl="#service+health")] = None
    beds: Annotated[int | None, col("surgical beds", "lits chirurgicaux", ge=0, le=10000)] = None
    people: Annotated[float | None, col("people", "effectif", "people", "#population", ge=0, le=1e9)] = None
    parking: Annotated[int | None, col("parking spots (MOG)", "postes de stationnement (MOG)", ge=0, le=1000)] = None
    opens_h: Annotated[float | None, col("opens (UTC hour)", "ouverture (heure UTC)", "h", ge=0, le=24)] = None
    closes_h: Annotated[float | None, col("closes (UTC hour)", "fermeture (heure UTC)", "h", ge=0, le=24)] = None
    start: Annotated[Date | None, _START] = None
    end: Annotated[Date | None, _END] = None
    source: Annotated[str, _SOURCE] = ""
    note: Annotated[str, _NOTE] = ""
    alert: Annotated[bool | None, col("alert post, units may wait there", "poste d'alerte, attente admise")] = None


class AircraftType(_Table, frozen=True):
    """The performance of a type. Where an optional figure is absent, the limit it stands for is not applied."""

    type: Annotated[str, _ID]
    name: Annotated[str, col("name", "nom", min_length=1)]
    kind: Annotated[Literal["helicopter", "aeroplane"], col("kind", "nature")]
    cruise_kt: Annotated[float, col("cruise speed", "vitesse de croisière", "kt", gt=0, le=700)]
    range_km: Annotated[float, col("range with full fuel", "autonomie plein complet", "km", gt=0, le=30000)]
    fuel_kg: Annotated[float | None, col("usable fuel", "carburant utilisable", "kg", gt=0, le=300000)] = None
    burn_kg_h: Annotated[float | None, col("fuel burn", "consommation", "kg/h", gt=0, le=50000)] = None
    payload_kg: Annotated[float, col("maximum payload", "charge utile maximale", "kg", ge=0, le=400000)] = 0.0
    seats: Annotated[int, col("seats", "sièges", ge=0, le=1000)] = 0
    litters: Annotated[int, col("litters", "civières", ge=0, le=500)] = 0
    mtow_kg: Annotated[float | None, col("maximum take-off mass", "masse maximale au décollage", "kg", gt=0)] = None
    empty_kg: Annotated[float | None, col("empty mass", "masse à vide", "kg", gt=0)] = None
    crew_kg: Annotated[float | None, col("crew and kit", "équipage et équipement", "kg", ge=0)] = None
    lapse_kg_per_1000ft: Annotated[
        float | None,
        col("take-off mass lost per 1,000 ft", "masse perdue par 1 000 pi", "kg/1000 ft", ge=0),
    ] = None
    lapse_above_ft: Annotated[
        float | None,
        col("density altitude where the loss starts", "altitude-densité de début de perte", "ft", ge=-5000),
    ] = None
    runway_ft: Annotated[float | None, col("runway needed", "piste nécessaire", "ft", ge=0, le=20000)] = None
    unpaved: Annotated[bool, col("may use unpaved runways", "pistes non revêtues admises")] = True
    night: Annotated[bool, col("may fly at night", "vol de nuit admis")] = True
    ground_min: Annotated[float, col("ground time per stop", "durée d'escale", "min", ge=0, le=1440)] = 15.0
    refuel_min: Annotated[float | None, col("refuelling time", "durée d'avitaillement", "min", ge=0, le=600)] = None
    leg_min: Annotated[
        float, col("fixed time per leg (taxi, climb)", "temps fixe par étape (roulage, montée)", "min", ge=0, le=120)
    ] = 0.0
    hold_m3: Annotated[float | None, col("hold volume", "volume de soute", "m3", gt=0)] = None
    floor_m: Annotated[float | None, col("cargo floor length", "longueur de plancher", "m", gt=0)] = None
    phase_h: Annotated[float | None, col("phase inspection every", "visite périodique toutes les", "h", gt=0)] = None
    phase_days: Annotated[float | None, col("phase inspection takes", "durée de visite", "days", gt=0)] = None
    cost_h: Annotated[float | None, col("cost per flying hour", "coût de l'heure de vol", "currency/h", ge=0)] = None
    source: Annotated[str, _SOURCE] = ""
    note: Annotated[str, _NOTE] = ""


class Aircraft(_Table, frozen=True, rename={"start": "from", "end": "to"}):
    """One airframe in theatre, by tail number, with its first and last day there."""

    tail: Annotated[str, _ID]
    type: Annotated[str, col("type", "type", ref="types")]
    base: Annotated[str, col("base", "base", hxl="#loc+base", **_PLACE)]
    start: Annotated[Date | None, _START] = None
    end: Annotated[Date | None, _END] = None
    serviceability: Annotated[float, col("serviceability", "disponibilité technique", "share", ge=0, le=1)] = 1.0
    source: Annotated[str, _SOURCE] = ""
    note: Annotated[str, _NOTE] = ""


class Formation(_Table, frozen=True, rename={"start": "from", "end": "to"}):
    """Aircraft that fly together: one lead, which carries the load, and its escorts.

    ``seats`` and ``litters`` are the lead's in this fit (absent: the type's). Whether it stands by for evacuation,
    carries transport, or both is said by ``role``. How many of a formation can be made up follows from the airframes.
    """

    id: Annotated[str, _ID]
    name: Annotated[str, col("name", "nom", min_length=1)]
    lead: Annotated[str, col("lead type", "type de tête", ref="types")]
    escort: Annotated[str, col("escort type", "type d'escorte", ref="types")] = ""
    escorts: Annotated[int, col("escorts", "escortes", ge=0, le=12)] = 0
    role: Annotated[Literal["medevac", "transport", "both"], col("role", "rôle")] = "both"
    seats: Annotated[int | None, col("seats in this fit", "sièges dans cette version", ge=0, le=1000)] = None
    litters: Annotated[int | None, col("litters in this fit", "civières dans cette version", ge=0, le=500)] = None
    start: Annotated[Date | None, _START] = None
    end: Annotated[Date | None, _END] = None
    source: Annotated[str, _SOURCE] = ""
    note: Annotated[str, _NOTE] = ""


class Request(_Table, frozen=True, rename={"origin": "from", "destination": "to"}):
    """A movement request: what to carry from where to where and when.

    Pick-up may start between ``earliest`` and ``pickup_by``, delivery between ``deliver_from`` and ``latest`` (UTC).
    ``priority`` 1 is the highest. ``goods`` names a class of load; loads of different non-empty classes never share
    an aircraft. ``split`` allows several flights.
    """

    id: Annotated[str, _ID]
    origin: Annotated[str, col("from", "de", hxl="#loc+from", **_PLACE)]
    destination: Annotated[str, col("to", "à", hxl="#loc+to", **_PLACE)]
    earliest: Annotated[Moment, col("earliest pick-up", "prise en charge au plus tôt", "UTC", "#date+start")]
    latest: Annotated[Moment, col("latest delivery", "livraison au plus tard", "UTC", "#date+end")]
    pickup_by: Annotated[Moment | None, col("latest pick-up", "prise en charge au plus tard", "UTC")] = None
    deliver_from: Annotated[Moment | None, col("earliest delivery", "livraison au plus tôt", "UTC")] = None
    pax: Annotated[int, col("passengers", "passagers", hxl="#population+pax", ge=0, le=100000)] = 0
    cargo_kg: Annotated[float, col("cargo", "fret", "kg", "#capacity+kg", ge=0, le=1e8)] = 0.0
    litters: Annotated[int, col("litter patients", "patients couchés", ge=0, le=10000)] = 0
    priority: Annotated[int, col("priority", "priorité", hxl="#severity", ge=1, le=9)] = 3
    ride_max_min: Annotated[float | None, col("longest ride", "trajet le plus long", "min", gt=0)] = None
    split: Annotated[bool, col("may be split", "fractionnable")] = False
    goods: Annotated[str, col("class of goods", "classe de marchandise")] = ""
    requester: Annotated[str, col("requester", "demandeur", hxl="#org")] = ""
    programme: Annotated[str, col("programme", "programme", hxl="#activity+programme")] = ""
    source: Annotated[str, _SOURCE] = ""
    note: Annotated[str, _NOTE] = ""


class Incident(_Table, frozen=True):
    """Where casualties may arise or arose. ``date`` may be a year, a month or a day (``2018``, ``2018-11``).

    ``kind`` violence: a recorded or counted event of ``weight``. ``kind`` evacuation: one that was flown, with what
    the sources say of it: who flew from ``base``, patients, minutes from call to arrival and to return.
    """

    id: Annotated[str, _ID]
    date: Annotated[str, col("date", "date", hxl="#date", max_length=10)]
    place: Annotated[str, col("place", "lieu", hxl="#loc+name")]
    lat: Annotated[float, col("latitude", "latitude", "deg", "#geo+lat", ge=-90, le=90)]
    lon: Annotated[float, col("longitude", "longitude", "deg", "#geo+lon", ge=-180, le=180)]
    kind: Annotated[Literal["violence", "evacuation"], col("kind", "nature")] = "violence"
    weight: Annotated[float, col("weight", "poids", "events", "#affected", ge=0, le=1e9)] = 1.0
    base: Annotated[str, col("flown from", "au départ de", **_PLACE)] = ""
    patients: Annotated[int | None, col("patients", "patients", "people", "#affected+injured", ge=0)] = None
    launch_min: Annotated[
        float | None, col("call to airborne, as told", "appel-décollage, selon la source", "min", ge=0)
    ] = None
    scene_min: Annotated[float | None, col("call to scene, as told", "appel-arrivée, selon la source", "min", ge=0)] = (
        None
    )
    return_min: Annotated[
        float | None, col("take-off to hospital, as told", "décollage-hôpital, selon la source", "min", ge=0)
    ] = None
    km_told: Annotated[float | None, col("distance, as told", "distance, selon la source", "km", ge=0)] = None
    source: Annotated[str, _SOURCE] = ""
    note: Annotated[str, _NOTE] = ""


class Load(_Table, frozen=True, rename={"origin": "from", "destination": "to"}):
    """A load for the air bridge: so many identical pieces of a mass, volume and length, or a number of passengers.

    A load of one piece is never divided; ``bulk`` cargo (``pieces`` absent) may be divided at will.
    """

    id: Annotated[str, _ID]
    name: Annotated[str, col("what", "quoi", min_length=1)]
    origin: Annotated[str, col("from", "de", hxl="#loc+from", **_PLACE)]
    destination: Annotated[str, col("to", "à", hxl="#loc+to", **_PLACE)]
    available: Annotated[Moment, col("available from", "disponible à partir de", "UTC", "#date+start")]
    due: Annotated[Moment, col("due", "échéance", "UTC", "#date+end")]
    kg: Annotated[float, col("mass in all", "masse totale", "kg", "#capacity+kg", ge=0, le=1e9)] = 0.0
    pieces: Annotated[int | None, col("indivisible pieces", "pièces indivisibles", ge=1, le=1000000)] = None
    m3: Annotated[float | None, col("volume in all", "volume total", "m3", ge=0, le=1e7)] = None
    length_m: Annotated[float | None, col("floor length per piece", "longueur au plancher par pièce", "m", ge=0)] = None
    pax: Annotated[int, col("passengers", "passagers", ge=0, le=100000)] = 0
    only: Annotated[str, col("only in these types", "seulement dans ces types")] = ""
    hazardous: Annotated[bool, col("hazardous", "dangereux")] = False
    priority: Annotated[int, col("priority", "priorité", ge=1, le=9)] = 3
    operation: Annotated[str, col("operation", "opération")] = ""
    source: Annotated[str, _SOURCE] = ""
    note: Annotated[str, _NOTE] = ""


class Contingent(_Table, frozen=True, rename={"start": "from", "end": "to"}):
    """People in the mission over a time: a rotation or contingent deployed, or a strength that is authorised.

    ``strength`` is of the whole row; ``women`` of it, absent where it is not known. ``origin`` is where a deployed
    contingent comes from and goes back to, ``relieves`` the contingent that it relieves in place. ``uniformed`` is
    military and police together, where a source does not tell them apart.
    """

    id: Annotated[str, _ID]
    name: Annotated[str, col("name", "nom", min_length=1)]
    kind: Annotated[Literal["deployed", "authorised"], col("kind", "nature")] = "deployed"
    role: Annotated[
        Literal["military", "police", "civilian", "uniformed"], col("component", "composante", hxl="#population+group")
    ] = "military"
    country: Annotated[str, col("contributor (ISO 3166 code)", "contributeur (code ISO 3166)", hxl="#country+code")] = (
        ""
    )
    strength: Annotated[int, col("strength", "effectif", "people", "#population", ge=0, le=1000000)] = 0
    women: Annotated[int | None, col("of whom women", "dont femmes", "people", "#population+f", ge=0)] = None
    start: Annotated[Date | None, _START] = None
    end: Annotated[Date | None, _END] = None
    origin: Annotated[str, col("comes from", "vient de", **_PLACE)] = ""
    place: Annotated[str, col("stationed at", "stationné à", **_PLACE)] = ""
    relieves: Annotated[str, col("relieves", "relève")] = ""
    source: Annotated[str, _SOURCE] = ""
    note: Annotated[str, _NOTE] = ""


class Milestone(_Table, frozen=True):
    """What an operation had done by a day, as recorded: flights, mass, passengers and hours since its beginning.

    Of an air bridge, or of the operation ``transport``: then flights are transport missions.
    """

    id: Annotated[str, _ID]
    operation: Annotated[str, col("operation", "opération", min_length=1)]
    date: Annotated[Date, col("by the end of", "à la fin du", hxl="#date")]
    flights: Annotated[int | None, col("flights", "vols", "flights", ge=0)] = None
    kg: Annotated[float | None, col("mass", "masse", "kg", "#capacity+kg", ge=0)] = None
    pax: Annotated[int | None, col("passengers", "passagers", "people", "#population+pax", ge=0)] = None
    hours: Annotated[float | None, col("flying hours", "heures de vol", "h", ge=0)] = None
    source: Annotated[str, _SOURCE] = ""
    note: Annotated[str, _NOTE] = ""


class Climate(_Table, frozen=True):
    """The mean climate of a place in a month."""

    place: Annotated[str, col("place", "lieu", **_PLACE)]
    month: Annotated[int, col("month", "mois", ge=1, le=12)]
    tmin_c: Annotated[float, col("mean daily minimum", "minimum quotidien moyen", "°C", ge=-60, le=60)]
    tmax_c: Annotated[float, col("mean daily maximum", "maximum quotidien moyen", "°C", ge=-60, le=60)]
    rain_mm: Annotated[float | None, col("rain", "pluie", "mm", ge=0, le=5000)] = None
    rain_days: Annotated[float | None, col("rain days", "jours de pluie", "days", ge=0, le=31)] = None
    source: Annotated[str, _SOURCE] = ""


class Mission(Shown, Struct, frozen=True, kw_only=True, dict=True):
    """The world as given, read from a folder by ``castor.mission.read`` and never changed."""

    name: str
    title: Mapping[str, str]
    """Title by language code, ``{"en": ..., "fr": ...}``."""
    start: Date
    end: Date
    summary: Mapping[str, str] = {}
    currency: str = "USD"
    fiscal_year_start: str = "01-01"
    """First day of the fiscal year as month-day."""
    rules: Rules = Rules()
    sources: Mapping[str, str] = {}
    """For each rule (``clock.approval_min``) where its value came from."""
    basemap: str = ""
    """Path in the folder of a GeoJSON that replaces castor's own basemap."""
    overlay: str = ""
    """Path in the folder of a GeoJSON drawn over the basemap (rivers, cleared boundaries)."""
    places: tuple[Place, ...] = ()
    types: tuple[AircraftType, ...] = ()
    aircraft: tuple[Aircraft, ...] = ()
    formations: tuple[Formation, ...] = ()
    requests: tuple[Request, ...] = ()
    incidents: tuple[Incident, ...] = ()
    lift: tuple[Load, ...] = ()
    contingents: tuple[Contingent, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    climate: tuple[Climate, ...] = ()
    folder: str = ""
    """Where it was read from; empty for a mission made in memory."""

    @cached_property
    def place(self) -> Mapping[str, Place]:
        """Places by id."""
        return {place.id: place for place in self.places}

    @cached_property
    def type(self) -> Mapping[str, AircraftType]:
        """Aircraft types by type code."""
        return {kind.type: kind for kind in self.types}

    @cached_property
    def tail(self) -> Mapping[str, Aircraft]:
        """Aircraft by tail number."""
        return {aircraft.tail: aircraft for aircraft in self.aircraft}

    @cached_property
    def formation(self) -> Mapping[str, Formation]:
        """Formations by id."""
        return {formation.id: formation for formation in self.formations}

    @cached_property
    def request(self) -> Mapping[str, Request]:
        """Movement requests by id."""
        return {request.id: request for request in self.requests}


TABLES: Mapping[str, tuple[type[Struct], str]] = {
    "places": (Place, "id"),
    "types": (AircraftType, "type"),
    "aircraft": (Aircraft, "tail"),
    "formations": (Formation, "id"),
    "requests": (Request, "id"),
    "incidents": (Incident, "id"),
    "lift": (Load, "id"),
    "contingents": (Contingent, "id"),
    "milestones": (Milestone, "id"),
    "climate": (Climate, ""),
}
"""The tables of a mission folder: file ``<name>.csv``, struct of a row, and the key that must be unique."""
