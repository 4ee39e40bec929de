"""Formations, payload, refuel stops and numbers, against hand calculation and slow twins."""

from __future__ import annotations

import heapq
import itertools
from math import comb, inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from castor.flight import kernel
from castor.flight.geodesy import matrix_km
from castor.flight.performance import (
    Unit,
    density_altitude_ft,
    formation_chances,
    formation_unit,
    formations_at_once,
    leg_fuel_kg,
    leg_minutes,
    network,
    payload_kg,
    serviceable,
    takeoff_limit_kg,
    there_and_back,
    unit_of,
)
from castor.mission.model import Aircraft, AircraftType, Flying, Formation, Mission, Rules

CHINOOK = AircraftType(
    type="CH-147F", name="Chinook", kind="helicopter", cruise_kt=130, range_km=1000, fuel_kg=6260, burn_kg_h=1000,
    payload_kg=7260, seats=33, litters=24, mtow_kg=24494, empty_kg=10578, crew_kg=500,
    lapse_kg_per_1000ft=600, lapse_above_ft=7300, refuel_min=20,
)  # fmt: skip
GRIFFON = AircraftType(
    type="CH-146", name="Griffon", kind="helicopter", cruise_kt=120, range_km=656, payload_kg=1900, seats=8,
    refuel_min=15, night=False,
)  # fmt: skip
EVAC = Formation(id="evac", name="1+2", lead="CH-147F", escort="CH-146", escorts=2, seats=4, litters=3)


def _mission(flying: Flying, serviceability: float = 0.8) -> Mission:
    import datetime as dt

    tails = [("C", "CH-147F", 3), ("G", "CH-146", 5)]
    return Mission(
        name="m", title={"en": "m"}, start=dt.date(2018, 8, 1), end=dt.date(2019, 8, 31), rules=Rules(flying=flying),
        types=(CHINOOK, GRIFFON), formations=(EVAC,),
        aircraft=tuple(
            Aircraft(tail=f"{letter}{k}", type=kind, base="gao", serviceability=serviceability)
            for letter, kind, number in tails for k in range(number)
        ),
    )  # fmt: skip


def _unit(flying: Flying) -> Unit:
    return formation_unit(_mission(flying), EVAC)


def test_a_formation_is_as_slow_short_legged_and_day_bound_as_its_members_and_carries_its_leads_load() -> None:
    unit = _unit(Flying())
    assert unit.cruise_km_min == pytest.approx(120 * 1.852 / 60)
    assert unit.range_km == 656
    assert unit.refuel_min == 20
    assert not unit.night
    assert (unit.payload_kg, unit.seats, unit.litters) == (7260, 4, 3)
    assert unit.lead is CHINOOK
    assert unit_of(CHINOOK, Flying()).seats == 33


def test_escorted_formation_reaches_about_290_km_and_back() -> None:
    assert _unit(Flying(reserve=0.1)).radius_km(Flying(reserve=0.1)) == pytest.approx(295.2)
    longer = Flying(reserve=0.1, route_factor=1.1)
    assert _unit(longer).radius_km(longer) == pytest.approx(268.4, abs=0.1)


def test_radius_on_the_reference_mission(mali) -> None:  # type: ignore[no-untyped-def]
    model = pytest.importorskip("castor.mission")
    if not hasattr(model, "read"):
        pytest.skip("the folder reader is not there yet")
    mission = model.read(mali)
    unit = formation_unit(mission, mission.formation["evac"])
    assert 285 <= unit.radius_km(mission.rules.flying) <= 300


@pytest.mark.parametrize(("share", "one", "two"), [(0.66, 0.914, 0.328), (0.80, 0.985, 0.660), (0.90, 0.9985, 0.893)])
def test_how_many_formations_can_be_made_up(share: float, one: float, two: float) -> None:
    chances = formations_at_once([([share] * 3, 1), ([share] * 5, 2)])
    assert chances[1:].sum() == pytest.approx(one, abs=5e-4)
    assert chances[2] == pytest.approx(two, abs=7e-4)
    assert chances.sum() == pytest.approx(1)
    mission = _mission(Flying(), share)
    np.testing.assert_allclose(formation_chances(mission, EVAC, sorted(mission.tail)), chances)


@given(
    st.lists(st.tuples(st.lists(st.floats(0, 1), min_size=1, max_size=5), st.integers(1, 3)), min_size=1, max_size=2)
)
@settings(max_examples=60, deadline=None)
def test_formations_by_enumeration_of_every_state(fleets: list[tuple[list[float], int]]) -> None:
    chances = np.zeros(20)
    shares = [share for fleet, _ in fleets for share in fleet]
    for state in itertools.product([0, 1], repeat=len(shares)):
        p = float(np.prod([share if up else 1 - share for share, up in zip(shares, state)]))
        left, made = list(state), 20
        for fleet, need in fleets:
            made, left = min(made, sum(left[: len(fleet)]) // need), left[len(fleet) :]
        chances[made] += p
    found = formations_at_once(fleets)
    np.testing.assert_allclose(found, chances[: found.size], atol=1e-12)
    assert chances[found.size :].sum() == 0


def test_serviceable_is_the_binomial() -> None:
    np.testing.assert_allclose(serviceable([0.8] * 4), [comb(4, k) * 0.8**k * 0.2 ** (4 - k) for k in range(5)])


def test_density_altitude() -> None:
    assert density_altitude_ft(0, 15) == pytest.approx(0, abs=1)
    assert density_altitude_ft(5000, 15 - 5 * 1.9812) == pytest.approx(5000, abs=1)
    assert density_altitude_ft(4000, 35) == pytest.approx(7122, abs=1)  # the rule of 118.8 ft per degree says 7,317
    assert np.all(np.diff(density_altitude_ft(836, np.arange(0, 50))) > 0)


def test_takeoff_limit_falls_only_above_the_stated_altitude() -> None:
    assert takeoff_limit_kg(CHINOOK, 7300) == 24494
    np.testing.assert_allclose(takeoff_limit_kg(CHINOOK, [5000, 8300]), [24494, 23894])
    assert takeoff_limit_kg(GRIFFON, 9000) == inf


def test_payload_against_range_and_heat() -> None:
    flying = Flying(reserve=0.1)
    km = np.linspace(0, 1000, 50)
    room = payload_kg(CHINOOK, km, flying)
    assert np.all(np.diff(room) <= 1e-9)
    assert room[0] == 7260
    assert payload_kg(CHINOOK, 900.0, flying) > 0
    assert payload_kg(CHINOOK, 900.1, flying) == 0
    fuel = 600 * 1000 / (130 * 1.852) + 0.1 * 1000 * 1000 / (130 * 1.852)
    assert payload_kg(CHINOOK, 600.0, flying, 13300.0) == pytest.approx(24494 - 600 * 6 - 10578 - 500 - fuel)
    assert payload_kg(GRIFFON, 500.0, flying) == 1900  # no masses given: that limit is not applied


def test_leg_minutes_and_fuel() -> None:
    flying = Flying(route_factor=1.2)
    unit = _unit(flying)
    assert leg_minutes(unit, 120 * 1.852, flying) == pytest.approx(72)
    assert leg_minutes(unit, [0.0, 222.24], flying).shape == (2,)
    assert leg_fuel_kg(CHINOOK, 130 * 1.852, flying) == pytest.approx(1200)
    assert np.isnan(leg_fuel_kg(GRIFFON, 100, flying))


def _slow_way(km: np.ndarray, fuel: np.ndarray, unit: Unit, flying: Flying, start: int) -> np.ndarray:
    """Dijkstra from one place, by the book."""
    best = np.full(len(km), inf)
    best[start] = 0
    heap = [(0.0, start)]
    while heap:
        minutes, here = heapq.heappop(heap)
        if minutes > best[here] or (here != start and not fuel[here]):
            continue
        for there in range(len(km)):
            if there == here or km[here, there] > unit.reach_km(flying):
                continue
            at = minutes + (unit.refuel_min if here != start else 0) + float(leg_minutes(unit, km[here, there], flying))
            if at < best[there] - 1e-9:
                best[there] = at
                heapq.heappush(heap, (at, there))
    return best


@given(st.integers(0, 10_000), st.floats(0.2, 0.9))
@settings(max_examples=40, deadline=None)
def test_ways_with_refuelling_against_dijkstra(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    lat, lon = rng.uniform(10, 22, 9), rng.uniform(-8, 6, 9)
    km, fuel, flying = matrix_km(lat, lon, lat, lon), rng.random(9) < share, Flying(reserve=0.1)
    unit = _unit(flying)
    ways = network(unit, km, fuel, flying)
    for start in range(9):
        np.testing.assert_allclose(ways.minutes[start], _slow_way(km, fuel, unit, flying, start))
        for end in range(9):
            path = ways.path(start, end)
            if start == end or not path:
                continue
            legs = list(itertools.pairwise(path))
            assert all(km[a, b] <= unit.reach_km(flying) + 1e-9 for a, b in legs)
            assert all(fuel[stop] for stop in path[1:-1])
            total = sum(float(leg_minutes(unit, km[a, b], flying)) for a, b in legs) + 20 * (len(path) - 2)
            assert total == pytest.approx(ways.minutes[start, end])


def _slow_there_and_back(ways, km, onward, reach, speed, stop):  # type: ignore[no-untyped-def]
    size, points = km.shape
    out = np.full((2, size, points), inf)
    for p, c in itertools.product(range(size), range(points)):
        best = inf
        for a, b in itertools.product(range(size), repeat=2):
            if (a != p and not ways.fuel[a]) or (onward[b] > 0 and not ways.fuel[b]) or km[a, c] + km[b, c] > reach:
                continue
            go = km[a, c] / speed + (ways.minutes[p, a] + stop if a != p else 0)
            back = km[b, c] / speed + (onward[b] + stop if onward[b] > 0 else 0)
            if go + back < best:
                best, out[0, p, c], out[1, p, c] = go + back, go, back
    return out


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_there_and_back_against_its_plain_twin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lat, lon = rng.uniform(10, 22, 6), rng.uniform(-8, 6, 6)
    c_lat, c_lon = rng.uniform(10, 22, 15), rng.uniform(-8, 6, 15)
    flying = Flying(reserve=0.1)
    unit = _unit(flying)
    ways = network(unit, matrix_km(lat, lon, lat, lon), rng.random(6) < 0.6, flying)
    onward = ways.minutes[:, [0, 3]].min(axis=1)
    km = matrix_km(lat, lon, c_lat, c_lon)
    out, back = there_and_back(ways, km, onward, flying)
    slow = _slow_there_and_back(ways, km, onward, unit.range_km * 0.9, unit.cruise_km_min, unit.refuel_min)
    np.testing.assert_allclose(out + back, slow[0] + slow[1])
    np.testing.assert_allclose(out, slow[0])


def test_the_compiled_pairs_agree_with_their_plain_twin() -> None:
    rng = np.random.default_rng(5)
    args = rng.uniform(-50, 50, (4, 20))
    plain = [kernel.pairs_km.py_func(*(part[k : k + 1] for part in args))[0] for k in range(20)]
    np.testing.assert_allclose(kernel.pairs_km(*args), plain)
