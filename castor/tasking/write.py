"""A programme of the search written as a plan: flights, who stands by, what was left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from castor.flight.plan import Flight, Plan, Unserved
from castor.tasking.lower import Lowered, measure
from castor.tasking.sorties import Leg, Sortie
from castor.tasking.standing import name_of, standing

MAKER = "castor task"


def plan_of(
    low: Lowered, flown: Sequence[Sortie], unserved: Sequence[Unserved], objective: float, bound: float,
    standing_beside: Sequence[Sortie] = (),
) -> Plan:  # fmt: skip
    """The plan of a list of sorties; whoever stands by does so beside further sorties too."""
    flights = [flight for one in flown for flight in _flights(low, one)]
    gap = 0.0 if bound <= 0 else max(0.0, (bound - objective) / bound)
    return Plan(
        start=low.start, end=low.end, flights=tuple(sorted(flights, key=lambda one: (one.off, one.unit))),
        standby=standing(low, [*standing_beside, *flown]), unserved=tuple(unserved),
        floor=low.floor, objective=objective, bound=bound, gap=gap, maker=MAKER,
    )  # fmt: skip


def _flights(low: Lowered, one: Sortie) -> list[Flight]:
    return [_flight(low, leg, name_of(low, one), " ".join(one.tails)) for leg in one.legs]


def _flight(low: Lowered, leg: Leg, unit: str, tails: str) -> Flight:
    shares: dict[int, float] = defaultdict(float)
    amounts: dict[int, float] = defaultdict(float)
    for r in leg.aboard:
        part = low.parts[r]
        shares[part.request] += part.share
        amounts[part.request] += measure(low.requests[part.request]) if part.amount is None else part.amount
    rows = [(low.requests[number], share) for number, share in shares.items()]
    words = [
        low.requests[number].id + ("" if abs(share - 1.0) < 1e-9 else f"*{amounts[number]:.10g}")
        for number, share in shares.items()
    ]
    return Flight(
        unit=unit, tails=tails, origin=low.places[leg.origin].id, destination=low.places[leg.destination].id,
        off=low.moment(leg.off), on=low.moment(leg.on), task="transport" if words else "positioning",
        pax=round(sum(one.pax * share for one, share in rows)),
        cargo_kg=round(sum(one.cargo_kg * share for one, share in rows), 1),
        litters=round(sum(one.litters * share for one, share in rows)), requests=" ".join(words),
        uplift_kg=leg.uplift, fuel_kg=leg.fuel, source=MAKER,
    )  # fmt: skip
