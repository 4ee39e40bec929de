"""The row in which every flight is written, planned, simulated or flown; and the plan that holds such rows."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from msgspec import Struct

from castor.mission.model import Moment, col
from castor.shown import Shown

Task = Literal["transport", "medevac", "casevac", "transfer", "positioning", "airlift", "training"]
Status = Literal["planned", "simulated", "flown"]


class Flight(Struct, frozen=True, kw_only=True, rename={"origin": "from", "destination": "to"}):
    """One leg: off the ground at one place, on the ground at another.

    ``tails`` names every aircraft that flies it, separated by spaces, lead first. ``unit`` is the formation or
    single aircraft that they make up and ties the legs of a unit together. ``requests`` lists the movement requests (or
    loads of the air bridge) on board, separated by spaces; a part of one is written ``R7*12``: twelve of its pieces, or
    else passengers, or else litters, or else kilograms. pax, cargo and litters are what is on board during the leg
    (all aircraft together). The second of two formations of one kind is the unit ``evac/2``.
    ``uplift_kg`` is fuel taken before take-off and ``fuel_kg`` what is on board at take-off, both of the lead.
    """

    unit: Annotated[str, col("unit", "unité")]
    tails: Annotated[str, col("tails", "immatriculations")]
    origin: Annotated[str, col("from", "de", hxl="#loc+from", ref="places")]
    destination: Annotated[str, col("to", "à", hxl="#loc+to", ref="places")]
    off: Annotated[Moment, col("off", "décollage", "UTC", "#date+start")]
    on: Annotated[Moment, col("on", "atterrissage", "UTC", "#date+end")]
    task: Annotated[Task, col("task", "mission")] = "transport"
    status: Annotated[Status, col("status", "état")] = "planned"
    pax: Annotated[int, col("passengers", "passagers", ge=0)] = 0
    cargo_kg: Annotated[float, col("cargo", "fret", "kg", ge=0)] = 0.0
    litters: Annotated[int, col("litter patients", "patients couchés", ge=0)] = 0
    requests: Annotated[str, col("requests on board", "demandes à bord")] = ""
    uplift_kg: Annotated[float | None, col("fuel taken before", "carburant pris avant", "kg", ge=0)] = None
    fuel_kg: Annotated[float | None, col("fuel at take-off", "carburant au décollage", "kg", ge=0)] = None
    source: Annotated[str, col("source", "source", hxl="#meta+source")] = ""

    @property
    def aboard(self) -> dict[str, float | None]:
        """What is on board: request or load, and how much of it; ``None`` is all of it."""
        found: dict[str, float | None] = {}
        for word in self.requests.split():
            name, _, part = word.partition("*")
            try:
                found[name] = float(part) if part else None
            except ValueError:
                found[name] = None
        return found

    @property
    def minutes(self) -> float:
        """Block time of the leg, in minutes."""
        return (self.on - self.off) / dt.timedelta(minutes=1)


class Standby(Struct, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """A unit that waits at a place for evacuation, from ``start`` to ``end`` (UTC)."""

    unit: Annotated[str, col("unit", "unité")]
    tails: Annotated[str, col("tails", "immatriculations")]
    place: Annotated[str, col("place", "lieu", ref="places")]
    start: Annotated[Moment, col("from", "de", "UTC")]
    end: Annotated[Moment, col("to", "à", "UTC")]


Reason = Literal["window", "range", "capacity", "duty", "cover", "night", "runway", "priority", "unit"]


class Unserved(Struct, frozen=True, kw_only=True):
    """A request, or what remains of one, that the plan leaves out, and why."""

    request: Annotated[str, col("request", "demande", ref="requests")]
    reason: Annotated[Reason, col("reason", "motif")]
    detail: Annotated[str, col("detail", "précision")] = ""


class Plan(Shown, Struct, frozen=True, kw_only=True):
    """What is decided: flights, the posture through time, what was left out; and how good it is proved to be.

    ``objective`` is what the plan carries (weighted requests), ``bound`` what no plan can exceed, ``gap`` their
    relative difference; all ``None`` for a plan typed by hand.
    """

    start: dt.datetime
    end: dt.datetime
    flights: tuple[Flight, ...] = ()
    standby: tuple[Standby, ...] = ()
    unserved: tuple[Unserved, ...] = ()
    floor: float = 0.0
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    maker: str = "hand"
