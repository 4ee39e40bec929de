"""The compiled tour equals a plain reckoning: stops, the quickest choice of where to fill up, times."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import brute
import msgspec
import numpy as np
import pytest
import worlds

from castor.mission.model import Mission, Request
from castor.tasking.lower import lower
from castor.tasking.tour.kernel import OFF, ON, STANDS, prepare, times, work

Visits = list[tuple[Request, bool]]


def plain(seed: int) -> Mission:
    """A world whose aircraft have no limits of mass and whose requests are light: what is left is time and range."""
    mission = worlds.small(seed)
    types = tuple(msgspec.structs.replace(kind, mtow_kg=None, fuel_kg=None, burn_kg_h=None) for kind in mission.types)
    requests = tuple(msgspec.structs.replace(one, pax=1, cargo_kg=0.0, litters=0, goods="") for one in mission.requests)
    places = tuple(msgspec.structs.replace(place, opens_h=None, runway_ft=None) for place in mission.places)
    types = tuple(msgspec.structs.replace(kind, night=True) for kind in types)
    return msgspec.structs.replace(mission, types=types, requests=requests, places=places)


def carried_past(visits: Visits, stops: list[dict[str, Any]]) -> bool:
    """Whether somebody is carried on through where they want to go."""
    aboard: list[Request] = []
    for stop in stops:
        rows: Visits = stop["visits"]
        aboard = [r for r in aboard if (r, False) not in rows]
        if any(r.destination == stop["place"] for r in aboard):
            return True
        aboard += [r for r, up in rows if up]
    return False


def took(twin: Any, unit: Any, stops: list[dict[str, Any]]) -> float:
    """Minutes of legs and stops, waiting apart."""
    legs = sum(twin._minutes(unit, a["place"], b["place"]) for a, b in pairwise(stops))
    stand = [max(unit.ground if s["visits"] else 0.0, unit.refuel if s["fill"] else 0.0) for s in stops[1:-1]]
    return float(legs + sum(stand))


@pytest.mark.parametrize("seed", range(20))
def test_a_tour_is_flown_as_by_hand(seed: int) -> None:
    mission = plain(seed)
    low = lower(mission, worlds.START, worlds.END)
    twin = brute.Brute(mission, worlds.START, worlds.END, 0.0)
    w = work(low.problem.kinds.fuels.size)
    unit = twin.units[0]
    u = next(at for at, flyer in enumerate(low.flyers) if flyer.name == unit.name)
    k, base = int(low.problem.fleet.kind[u]), int(low.problem.fleet.base[u])
    number = {one.id: at for at, one in enumerate(mission.requests)}
    for visits in twin._orders(mission.requests[:2]):
        seq = np.array([2 * number[r.id] + (not up) for r, up in visits], np.int64)
        stops, rides = prepare(*low.tables, k, base, seq, seq.size, w)
        bare = twin._bare(unit, visits) or []
        every = [way for count in range(len(bare) + 2) for way in twin._fillings(unit, bare, count)] if bare else []
        ways = [way for way in every if not carried_past(visits, way)]
        if not ways:
            assert stops == 0
            continue
        least = min(took(twin, unit, way) for way in ways)
        assert stops > 0
        places = [low.places[int(p)].id for p in w.stop[0, :stops]]
        legs = sum(twin._minutes(unit, a, b) for a, b in pairwise(places))
        assert legs + int(w.stop[STANDS, 1 : stops - 1].sum()) == least
        same = [way for way in ways if [stop["place"] for stop in way] == places and took(twin, unit, way) == least]
        flown = times(*low.tables, k, stops, rides, 0, w)
        timed = [one for way in same if (one := twin._times(unit, way, 0, True)) is not None]
        if not any(r.ride_max_min for r, _ in visits):
            assert flown == bool(timed)
        if flown and timed and not any(r.ride_max_min for r, _ in visits):
            assert (int(w.stop[OFF, 0]), int(w.stop[ON, stops - 1])) in {
                (round(one[0][1]), round(one[-1][0])) for one in timed
            }
