"""The compiled kernels of a day equal their plain twin: who may be away, crews, where a request finds room, copies."""

from __future__ import annotations

import numpy as np
import pytest
import twin_days as twin
import worlds

from castor.cover.audit import cover_through
from castor.tasking import best_floor
from castor.tasking.arrays import empty_state
from castor.tasking.days import kernel
from castor.tasking.days.places.kernel import by_cost, cheapest, look_all
from castor.tasking.days.tours.kernel import drop_tour
from castor.tasking.lower import MINUTE, Lowered, lower
from castor.tasking.reasons import Alone
from castor.tasking.scratch import scratch
from castor.tasking.solve import Search, finish


def searched(seed: int, rounds: int) -> tuple[Lowered, Search]:
    """A random world with half its posture's cover kept, searched for a few rounds."""
    mission = worlds.world(seed, 9)
    low = lower(mission, worlds.START, worlds.END, floor=best_floor(mission, worlds.START, worlds.END) / 2)
    one = Search(low, seed)
    one.masks[0][:] = ~Alone(low).servable
    one.run(rounds, 0.0, 1.0)
    return low, one


def silent(seed: int) -> bool:
    """Whether nobody answers calls on tour, places have spots enough, and somebody flies: what the twin knows."""
    low = lower(worlds.world(seed, 9), worlds.START, worlds.END)
    spots = (low.problem.watch.spots[:, 0] >= 0).any()
    return bool(low.flyers) and not bool((low.problem.fleet.answers >= 0).any()) and not spots


SILENT = [seed for seed in range(90) if silent(seed)][:8]


@pytest.mark.parametrize("seed", SILENT)
def test_a_programme_is_counted_and_noted_as_by_hand(seed: int) -> None:
    low, one = searched(seed, 12)
    for state in (one.here, one.trial):
        by_hand = twin.Programme(low, state)
        assert all(by_hand.crews(tours) for tours in by_hand.tours)
        firsts = {
            tuple(int(column[u]) for column in (low.problem.fleet.lead, low.problem.fleet.escort,
                                                low.problem.fleet.escorts)): u
            for u in reversed(range(len(low.flyers)))
        }  # fmt: skip
        for minute in range(0, low.minutes, 7):
            assert state.used[:, minute].tolist() == by_hand.away(minute)
            for u in firsts.values():
                assert state.barred[u, minute] == (not by_hand.spared(u, minute))
        for r, u in enumerate(state.unit):
            carriers = [v for v, own in enumerate(by_hand.tours) for tour in own if 2 * r in tour.visits]
            assert carriers == ([int(u)] if u >= 0 else [])


@pytest.mark.parametrize("seed", SILENT)
def test_a_request_finds_room_where_trying_every_place_finds_it(seed: int) -> None:
    low, one = searched(seed, 3)
    state, w, own = one.best, *scratch(low)
    for r in np.flatnonzero(state.unit >= 0)[:2]:  # make some room
        kernel.copy(state, one.trial, 0, low.minutes, 1)
        u = int(state.unit[r])
        q = next(q for q in range(state.tours[u]) if 2 * r in state.seq[u, q, : state.tour[0, u, q]])
        drop_tour(*low.tables, one.trial, u, q, own)
        by_hand = twin.Programme(low, one.trial)
        for absent in np.flatnonzero(one.trial.unit < 0)[:4]:
            total = 0
            for unit in range(len(low.flyers)):
                total = look_all(*low.tables, one.trial, absent, unit, total, own)
            found, cost = cheapest(*low.tables, one.trial, absent, total, np.inf, 1, w, own)
            least = by_hand.least(int(absent))
            assert (cost if found >= 0 else np.inf) == pytest.approx(least)


def test_cover_with_units_in_flight_is_never_more_than_the_judge_finds() -> None:
    both = [s for s in range(40) if any(f.role == "both" for f in worlds.world(s, 9).formations)]
    equal = 0
    for seed in both[:6]:
        low, one = searched(seed, 12)
        assert (low.problem.fleet.answers >= 0).any()
        share, tour = kernel.cover_by_minute(*low.tables, one.best), one.best.tour
        flown = [tour[1:3, u, q].tolist() for u in range(len(low.flyers)) for q in range(one.best.tours[u])]
        for state in cover_through(low.mission, finish(low, one.best, 1.0, 0.0, 0).plan):
            minute = (state.start - low.start) / MINUTE
            if minute == int(minute):
                found = share[int(minute)]
                assert found <= state.people + 1e-9  # it lets those answer too that turn round or wait for escorts
                equal += any(off <= minute < on for off, on in flown) and abs(found - state.people) < 1e-9
    assert equal > 20


def test_an_empty_programme_has_no_notes_unless_they_are_asked_for() -> None:
    low = lower(worlds.world(SILENT[0]), worlds.START, worlds.END)
    assert empty_state(low.problem).barred.shape[0] == 0
    assert empty_state(low.problem, notes=True).barred.shape == (len(low.flyers), low.minutes)


@pytest.mark.parametrize("size", [0, 1, 2, 7, 100])
def test_rows_are_put_in_order_of_cost(size: int) -> None:
    costs = np.random.default_rng(size).integers(0, 9, size).astype(float)
    order = np.zeros(size, np.int64)
    by_cost(costs, order, size)
    assert order.tolist() == sorted(range(size), key=lambda x: (costs[x], x))
