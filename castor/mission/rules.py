"""The rules of a mission: a struct for each table of ``mission.toml``, each field with unit, limits and labels."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Struct

from castor.mission.column import col


class Clock(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The evacuation clock: targets from wounding, and the stages before take-off. Source: UN 10-1-2 guideline."""

    care_min: Annotated[float, col("target to care", "objectif de prise en charge", "min", gt=0, le=1440)] = 60.0
    surgery_min: Annotated[float, col("target to surgery", "objectif de chirurgie", "min", gt=0, le=2880)] = 120.0
    report_min: Annotated[float, col("wounding to report", "de la blessure à l'alerte", "min", ge=0, le=1440)] = 5.0
    approval_min: Annotated[float, col("report to approval", "de l'alerte à l'autorisation", "min", ge=0, le=1440)] = (
        0.0
    )
    notice_day_min: Annotated[float, col("notice to move, day", "préavis de jour", "min", ge=0, le=1440)] = 15.0
    notice_night_min: Annotated[float, col("notice to move, night", "préavis de nuit", "min", ge=0, le=1440)] = 30.0
    scene_min: Annotated[float, col("on the ground at the scene", "au sol sur les lieux", "min", ge=0, le=600)] = 20.0


class Flying(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules of flying: how legs are lengthened, what is kept in reserve, how long crews may work."""

    route_factor: Annotated[float, col("route factor", "facteur de route", "ratio", ge=1, le=3)] = 1.0
    reserve: Annotated[
        float, col("fuel reserve, share of range", "réserve, part de l'autonomie", "share", ge=0, lt=1)
    ] = 0.1
    refuel_min: Annotated[float, col("refuelling stop", "escale d'avitaillement", "min", ge=0, le=600)] = 20.0
    duty_h: Annotated[float, col("crew duty in 24 hours", "service d'équipage sur 24 h", "h", gt=0, le=36)] = 14.0
    flight_h: Annotated[float, col("flight time in a duty", "temps de vol par service", "h", gt=0, le=36)] = 8.0
    rest_h: Annotated[float, col("rest between duties", "repos entre services", "h", ge=0, le=48)] = 10.0
    crews: Annotated[int, col("crews per unit", "équipages par unité", ge=1, le=20)] = 1
    pax_kg: Annotated[float, col("mass of a passenger with kit", "masse d'un passager équipé", "kg", gt=0, le=300)] = (
        100.0
    )
    overnight: Annotated[bool, col("may stay away overnight", "nuit hors base admise")] = False


class Covering(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules of cover: the share that must stay covered while others fly, and by which weights it is judged."""

    floor: Annotated[float, col("floor of cover", "plancher de couverture", "share", ge=0, le=1)] = 0.0
    weights: Annotated[Literal["people", "incidents"], col("weights", "pondération")] = "people"


class Airlift(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules of the air bridge: crews, where fresh crews wait, how well a hold fills, what goes wrong and how often."""

    duty_h: Annotated[float, col("crew duty, basic crew", "service, équipage simple", "h", gt=0, le=36)] = 16.0
    augmented_h: Annotated[float, col("crew duty, augmented crew", "service, équipage renforcé", "h", gt=0, le=36)] = (
        24.0
    )
    augmented: Annotated[bool, col("crews are augmented", "équipages renforcés")] = False
    report_min: Annotated[float, col("report before take-off", "présentation avant décollage", "min", ge=0, le=600)] = (
        90.0
    )
    rest_h: Annotated[float, col("crew rest", "repos d'équipage", "h", ge=0, le=72)] = 12.0
    staging: Annotated[str, col("places where fresh crews wait", "lieux de relève des équipages")] = ""
    home: Annotated[str, col("where the fleet comes from", "d'où vient la flotte")] = ""
    volume_use: Annotated[float, col("usable share of the hold", "part utile de la soute", "share", gt=0, le=1)] = 0.8
    return_home: Annotated[bool, col("aircraft return to base", "retour des appareils à leur base")] = True
    delay_min: Annotated[float, col("mean delay of a departure", "retard moyen au départ", "min", ge=0, le=2880)] = 30.0
    repair_h: Annotated[float, col("mean repair", "réparation moyenne", "h", gt=0, le=1000)] = 24.0
    reassembly_days: Annotated[
        float, col("reassembly of a helicopter", "remontage d'un hélicoptère", "days", ge=0, le=60)
    ] = 5.0
    overlap_days: Annotated[
        float, col("overlap at a relief in place", "recouvrement à la relève", "days", ge=0, le=60)
    ] = 3.0

    @property
    def crew_min(self) -> float:
        """Longest duty of the crews as they are, in minutes."""
        return 60.0 * (self.augmented_h if self.augmented else self.duty_h)


class Simulation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What chance does in a year of operations. Nothing here is assumed: what is absent is off in the simulation.

    Calls arise at ``calls_year`` a year, where ``cover.weights`` say and within ``area_km`` of a base. A spread is the
    95th percentile over the median of a log-normal time; absent, the time is the same always. Transport flights leave
    ``standby`` formations back; what one in flight does when a call finds nobody free is told by ``on_call``.
    """

    calls_year: Annotated[float | None, col("call-outs", "missions d'évacuation", "1/year", ge=0, le=1e6)] = None
    area_km: Annotated[float | None, col("within so far of a base", "à cette distance d'une base", "km", gt=0)] = None
    patients_mean: Annotated[float | None, col("patients per call", "patients par appel", ge=1, le=50)] = None
    patients_most: Annotated[
        int | None, col("most patients in a call", "patients au plus par appel", ge=1, le=1000)
    ] = None
    urgent_share: Annotated[float | None, col("urgent calls", "appels urgents", "share", ge=0, le=1)] = None
    litter_share: Annotated[float | None, col("patients lying down", "patients couchés", "share", ge=0, le=1)] = None
    launch: Annotated[Literal["", "delegated", "centralised"], col("launch authority", "autorité de décollage")] = ""
    central_min: Annotated[
        float | None, col("median approval, centralised", "autorisation médiane, centralisée", "min", ge=0, le=1440)
    ] = None
    approval_spread: Annotated[float | None, col("spread of approval", "étendue de l'autorisation", "ratio", ge=1)] = (
        None
    )
    scene_spread: Annotated[float | None, col("spread of the time at the scene", "étendue du temps sur les lieux",
                                              "ratio", ge=1)] = None  # fmt: skip
    transfers_year: Annotated[
        float | None, col("transfers between hospitals", "transferts entre hôpitaux", "1/year", ge=0, le=1e6)
    ] = None
    transfers_share: Annotated[
        float | None, col("of which by these formations", "dont par ces formations", "share", ge=0, le=1)
    ] = None
    transfers_from: Annotated[str, col("transfers from", "transferts de")] = ""
    transfers_to: Annotated[str, col("transfers to", "transferts vers")] = ""
    stay_days: Annotated[float | None, col("mean stay in a surgical bed", "séjour moyen en lit chirurgical", "days",
                                           gt=0, le=365)] = None  # fmt: skip
    missions_year: Annotated[
        float | None, col("transport missions", "missions de transport", "1/year", ge=0, le=1e6)
    ] = None
    mission_pax: Annotated[float | None, col("passengers per mission", "passagers par mission", ge=0, le=1000)] = None
    mission_kg: Annotated[float | None, col("cargo per mission", "fret par mission", "kg", ge=0, le=1e6)] = None
    mission_wait_h: Annotated[
        float | None, col("a mission is dropped after", "une mission est abandonnée après", "h", ge=0, le=1000)
    ] = None
    mission_day: Annotated[
        bool | None, col("transport and training by day only", "transport et entraînement de jour seulement")
    ] = None
    standby: Annotated[
        int | None, col("formations kept back from transport", "formations réservées à l'évacuation", ge=0, le=50)
    ] = None
    on_call: Annotated[
        Literal["", "finish", "turn back", "give way"],
        col("transport when nobody is free", "transport si nul n'est libre"),
    ] = ""
    training_h: Annotated[
        float | None, col("training per airframe and month", "entraînement par appareil et mois", "h", ge=0, le=200)
    ] = None
    repair_h: Annotated[float | None, col("mean repair", "réparation moyenne", "h", gt=0, le=10000)] = None
    phases: Annotated[bool | None, col("phase inspections", "visites périodiques")] = None
    duty: Annotated[bool | None, col("crews rest by the rules of flying", "repos selon les règles de vol")] = None
    storm_h: Annotated[
        float | None,
        col("mean spell of weather that grounds", "durée moyenne d'un temps interdisant le vol", "h", gt=0, le=240),
    ] = None
    storm_peak_h: Annotated[
        float | None, col("hour when such weather mostly begins", "heure où il débute surtout", "h UTC", ge=0, le=24)
    ] = None


class Rules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All rules of a mission; a table of ``mission.toml`` for each."""

    clock: Clock = Clock()
    flying: Flying = Flying()
    cover: Covering = Covering()
    airlift: Airlift = Airlift()
    simulation: Simulation = Simulation()
