"""The flying problem as arrays, the form in which the kernels read it.

Letters: K kinds of flying unit, P places, W opening windows, Q requests (or parts of one), U units, G pools of
airframes (one type at one base), J posts (where a formation stands by), M minutes of the plan, L classes of minutes, Z
words of covered points. Times are whole minutes from the plan's start.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

NEVER = 1 << 40
"""A minute beyond any plan."""
MOST_STOPS = 64
"""Stops of one tour, fuel stops and both ends included."""
MOST_VISITS = 40
"""Pick-ups and deliveries of one tour."""


class Kinds(NamedTuple):
    """What each kind of unit can do: ``leg`` (K, P, P) minutes, ``km`` (P, P) flown, ``burn`` (K, P, P) kg of the lead.

    ``reach`` (K,) km between refuellings, ``tank`` and ``reserve`` (K,) kg, ``room`` (K, P) kg for fuel and load at
    take-off in the day's heat, ``payload`` ``seats`` ``litters`` ``ground`` ``refuel`` (K,), ``usable`` (K, P),
    ``fuel`` (P,), ``opens`` ``closes`` ``tag`` (K, P, W) when it may take off and land there (a leg must begin and end
    under one tag unless that is -1), ``windows`` (K, P) how many, ``aircraft`` (K,) on the ground at a stop.
    """

    leg: Any
    km: Any
    burn: Any
    reach: Any
    tank: Any
    reserve: Any
    room: Any
    payload: Any
    seats: Any
    litters: Any
    ground: Any
    refuel: Any
    usable: Any
    fuel: Any
    fuels: Any
    opens: Any
    closes: Any
    tag: Any
    windows: Any
    aircraft: Any


class Asks(NamedTuple):
    """What is asked (Q,): places, loads, ``mass`` kg in all, windows, longest ride, class of goods, the request that a
    part belongs to, and what carrying it is worth.
    """

    origin: Any
    destination: Any
    pax: Any
    litters: Any
    kg: Any
    mass: Any
    earliest: Any
    pickup_by: Any
    deliver_from: Any
    latest: Any
    ride: Any
    goods: Any
    parent: Any
    value: Any


class Fleet(NamedTuple):
    """Units (U,): kind, base, first and last minute in theatre, pools of lead and escorts, escorts, turn-round,
    whether it answers on tour, how many of its first tours are not to be touched; and
    ``crew``: crews per unit, minutes of duty, of rest and of flight; ``nights``: rests away from base that a tour may
    hold.
    """

    kind: Any
    base: Any
    first: Any
    last: Any
    lead: Any
    escort: Any
    escorts: Any
    turn: Any
    answers: Any
    frozen: Any
    crew: Any
    nights: Any


class Watch(NamedTuple):
    """What must stay covered: ``have`` (G, M) airframes of each pool, posts (J,) with what each takes of two pools,
    ``minute`` (M,) the class of each minute, ``met`` (L, 2^J) whether the posts of a subset meet the floor by
    themselves.

    In flight: ``mask`` (L, 2^J, Z) points that a subset covers, ``day`` (L,), ``weight`` (D, 64 Z); for answering kind
    n and place p the ways ``way`` rows (point, km needed, most minutes to take-off) from ``first_way[n, p]`` on, by day
    ``(D, N, P + 1)``; ``told`` minutes from call to leaving, ``full`` (N,) km with full tanks.

    Alert posts: ``station`` (S, 4) minutes out, to fill up there, back, and the first unit that may be sent;
    ``station_mask`` (L, S, 3, Z) what is covered on the way out, from there, on the way back.
    """

    have: Any
    lead: Any
    escort: Any
    escorts: Any
    minute: Any
    met: Any
    mask: Any
    day: Any
    weight: Any
    floor: Any
    point: Any
    need: Any
    slack: Any
    first_way: Any
    told: Any
    full: Any
    spots: Any
    station: Any
    station_mask: Any


class Work(NamedTuple):
    """Scratch of one thread for one tour: ``core`` its stops, ``stop`` the same with fuel stops, ``ride`` rides that
    are limited, ``node`` places where it may fill up, ``real`` load and km left by stop,
    ``mate`` where each pick-up is set down, ``known`` where tours met before fill up (``castor.tasking.tour.kernel``);
    ``rest`` its rests away from base (``castor.tasking.tour.rests.kernel``).
    """

    core: Any
    stop: Any
    ride: Any
    node: Any
    real: Any
    mate: Any
    known: Any
    rest: Any


class Own(NamedTuple):
    """Scratch of one thread for one programme: ``legs`` and ``left`` of a trial that answers calls, ``lines`` by visit
    or crew (``castor.tasking.days.tours.kernel``), ``mass`` on board, ``rows`` and ``costs`` of places for a request
    and their ``order``."""

    legs: Any
    left: Any
    lines: Any
    mass: Any
    rows: Any
    costs: Any
    order: Any


class State(NamedTuple):
    """A programme being made: ``seq`` (U, N, V) visits of tours, ``tours`` (U,) how many, ``tour`` (9, U, N) of each
    the number of visits, first take-off, last landing, minute at which its aircraft are ready again, minutes in the
    air and stops; and of one to an alert post its number, counted from 1, and from when until when it waits there.
    Where nights away are allowed, (11 + 3 R, U, N): how many rests it holds away from base, at which of its stops they
    were put in (bits), and of each the landing before it, the take-off after it, minutes in the air since the last.

    ``used`` (G, M) airframes away from each pool, ``parked`` (spots, M) aircraft at places with few spots, ``unit``
    (Q,) who carries a request or -1. Where units answer in flight or spots are few: ``legs`` (U, N, S, 6) off,
    on, destination, minutes to set down, minutes to fill up, and whether there is fuel; ``left`` (U, N, S) km.
    ``stamp`` (U,) numbers the state of each unit. ``barred`` (U, M) notes for the first unit of each class when one
    more may not be away; (0, M) where no notes are kept.

    Behind the U stamps stand, where anybody has begun its first tour that is not frozen and goes on from a rest away,
    ``BEGUN`` numbers for each unit: how many stops and visits are made (and a 0); then of each such stop place,
    take-off (of the last: when it may be), whether tanks were filled. So one array less is handed on.
    """

    seq: Any
    tours: Any
    tour: Any
    used: Any
    parked: Any
    unit: Any
    legs: Any
    left: Any
    stamp: Any
    barred: Any

    @property
    def size(self) -> Any:
        """Visits of each tour (U, N)."""
        return self.tour[0]

    @property
    def off(self) -> Any:
        """First take-off of each tour (U, N)."""
        return self.tour[1]

    @property
    def ready(self) -> Any:
        """Minute from which the aircraft of each tour are ready again (U, N)."""
        return self.tour[3]


class Problem(NamedTuple):
    """All that a search needs to know; ``price`` (K,) what a minute in the air costs, in worth."""

    kinds: Kinds
    asks: Asks
    fleet: Fleet
    watch: Watch
    price: Any

    @property
    def elsewhere(self) -> bool:
        """Whether cover may come from elsewhere than the bases: units answer on tour, or are sent to alert posts."""
        return bool((self.fleet.answers >= 0).any()) or self.watch.station.shape[0] > 0


MOST_TOURS = 64
MOST_NIGHTS = 8
"""Rests away from base that one tour may hold, at most."""


def empty_state(problem: Problem, *, notes: bool = False) -> State:
    """A programme in which nobody flies; ``notes`` gives it room for notes of when one more may be away."""
    units, asks = problem.fleet.kind.size, problem.asks.origin.size
    pools, minutes = problem.watch.have.shape
    tours = min(MOST_TOURS, 4 + 8 * (1 + minutes // 1440))
    flies = bool((problem.fleet.answers >= 0).any())
    spots = max(1, int((problem.watch.spots[:, 0] >= 0).sum()))
    nights = int(problem.fleet.nights)
    rows = 11 + 3 * nights if nights else 9
    legs = (units, tours) if flies or (problem.watch.spots[:, 0] >= 0).any() else (1, 1)
    return State(
        seq=np.zeros((units, tours, MOST_VISITS), np.int64), tours=np.zeros(units, np.int64),
        tour=np.zeros((rows, units, tours), np.int64), used=np.zeros((pools, minutes), np.int64),
        parked=np.zeros((spots, minutes), np.int64), unit=np.full(asks, -1, np.int64),
        legs=np.zeros((*legs, MOST_STOPS, 6), np.int64), left=np.zeros((*legs, MOST_STOPS)),
        stamp=np.zeros(units, np.int64), barred=np.zeros((units if notes else 0, minutes), np.bool_),
    )  # fmt: skip
