"""A programme of the search as sorties: stops with their times, what is on board, how much fuel, which aircraft."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from castor.tasking.arrays import Asks, State
from castor.tasking.days.away.kernel import CHOSEN, LANDS, LEAVES, POST, READY, UNTIL, WAITS
from castor.tasking.days.tours.kernel import begun
from castor.tasking.lower import Lowered, span
from castor.tasking.tour.kernel import AT, FILLS, OFF, ON, prepare, work
from castor.tasking.tour.rests.kernel import BEGUN, keep_begun, timed_again


class Leg(Struct, frozen=True):
    """From one place (by number) to another: minutes off and on, parts on board, whether tanks are filled before.

    ``uplift`` and ``fuel`` are kg of the lead before and at take-off, ``None`` where its type gives no figures.
    """

    origin: int
    destination: int
    off: int
    on: int
    aboard: tuple[int, ...]
    fills: bool
    uplift: float | None = None
    fuel: float | None = None


class Stay(Struct, frozen=True):
    """A wait at an alert post (by number): from one minute to another."""

    station: int
    since: int
    until: int


class Sortie(Struct, frozen=True):
    """One tour of a unit (by number): its legs, when its aircraft are ready again, its aircraft; where it stands by
    away from base, if that is what it is for.
    """

    unit: int
    legs: tuple[Leg, ...]
    ready: int
    visits: tuple[int, ...]
    tails: tuple[str, ...] = ()
    stay: Stay | None = None

    @property
    def off(self) -> int:
        """Minute of the first take-off."""
        return self.legs[0].off

    @property
    def on(self) -> int:
        """Minute of the last landing."""
        return self.legs[-1].on


def sorties(
    low: Lowered, state: State, kept: Sequence[Sortie] = (), resting: Sequence[Sortie] = ()
) -> list[Sortie]:  # fmt: skip
    """Read a programme: sorties by unit and time, with fuel, and with tails where the pools allow.

    ``kept`` are the frozen first tours of units, off the ground already: they stand as they are; so do ``resting``,
    as far as they go: the units' next tours go on from where these rest.
    """
    found: list[Sortie] = list(kept)
    room = work(low.problem.kinds.fuels.size)
    for u in range(len(low.flyers)):
        before = [one for one in kept if one.unit == u]
        tours = range(len(before), int(state.tours[u]))
        own = [_sortie(low, state, u, q, room) for q in tours if not state.tour[POST, u, q]]
        first = next((one for one in resting if one.unit == u), None)
        if first is not None:
            own[0] = _onward(low, own[0], first)
        own = _fuelled(low, u, own, _left(low, u, before if first is None else [first]))
        if first is not None:
            own[0] = msgspec.structs.replace(own[0], legs=(*first.legs, *own[0].legs), tails=first.tails)
        found += own
        found += [_stay(low, state, u, q) for q in tours if state.tour[POST, u, q]]
    return _crewed(low, found)


def _onward(low: Lowered, whole: Sortie, first: Sortie) -> Sortie:
    """A sortie from the rest on at which ``first``, its beginning, ends; tanks are filled there if there is fuel."""
    legs = list(whole.legs[len(first.legs) :])
    legs[0] = msgspec.structs.replace(legs[0], fills=bool(low.problem.kinds.fuel[legs[0].origin]))
    return msgspec.structs.replace(whole, legs=tuple(legs))


def _left(low: Lowered, u: int, before: Sequence[Sortie]) -> float:
    """Kg in the lead's tanks after the sorties that are off the ground; the reserve where nothing is known."""
    kinds, k = low.problem.kinds, int(low.problem.fleet.kind[u])
    last = before[-1].legs[-1] if before else None
    if last is None or last.fuel is None:
        return float(kinds.reserve[k])
    return last.fuel - float(kinds.burn[k, last.origin, last.destination])


def _sortie(low: Lowered, state: State, u: int, q: int, w: Any) -> Sortie:
    asks, fleet = low.problem.asks, low.problem.fleet
    k = int(fleet.kind[u])
    seq, size = state.seq[u, q], int(state.size[u, q])
    count, rides = prepare(*low.tables, k, int(fleet.base[u]), seq, size, w)
    made, _ = begun(low.tables[0], state, u, q, 1)
    if made:
        keep_begun(state.stamp[state.tours.size + BEGUN * u :], made, count, w)
    chosen = int(state.tour[CHOSEN, u, q]) if low.problem.fleet.nights else 0
    timed_again(*low.tables, k, count, rides, int(state.off[u, q]), chosen, w)
    at = _visits_by_stop(asks, [int(v) for v in seq[:size]], [int(p) for p in w.stop[AT, :count]])
    legs: list[Leg] = []
    aboard: list[int] = []
    for s in range(count - 1):
        aboard = [r for r in aboard if 2 * r + 1 not in at[s]] + [v >> 1 for v in at[s] if not v & 1]
        legs.append(
            Leg(int(w.stop[AT, s]), int(w.stop[AT, s + 1]), int(w.stop[OFF, s]), int(w.stop[ON, s + 1]), tuple(aboard),
                bool(w.stop[FILLS, s]) or s == 0)
        )  # fmt: skip
    return Sortie(u, tuple(legs), int(state.ready[u, q]), tuple(int(v) for v in seq[:size]))


def _stay(low: Lowered, state: State, u: int, q: int) -> Sortie:
    """A tour to an alert post; its fuel is not stated: tanks are full at both ends."""
    tour = state.tour[:, u, q]
    stay = Stay(int(tour[POST]) - 1, int(tour[WAITS]), int(tour[UNTIL]))
    station = low.watched.stations[stay.station]
    base, place = (next(n for n, p in enumerate(low.places) if p.id == name) for name in (station.base, station.place))
    legs = (
        Leg(base, place, int(tour[LEAVES]), int(tour[LEAVES]) + station.out, (), True),
        Leg(place, base, stay.until, int(tour[LANDS]), (), True),
    )
    return Sortie(u, legs, int(tour[READY]), (), stay=stay)


def _visits_by_stop(asks: Asks, visits: list[int], places: list[int]) -> dict[int, list[int]]:
    """Which visits are made at which stop: each at the first stop at its place from where the one before was made."""
    found: dict[int, list[int]] = defaultdict(list)
    s = 0
    for v in visits:
        place = int((asks.destination if v & 1 else asks.origin)[v >> 1])
        while places[s] != place:
            s += 1
        found[s].append(v)
    return found


def _fuelled(low: Lowered, u: int, own: list[Sortie], left: float) -> list[Sortie]:
    """Choose how much to take at every filling: as much as load and heat leave room for at base, what is needed
    elsewhere (there too as much as may be if the unit answers calls on tour), never so much that a later load suffers.
    """
    kinds, k = low.problem.kinds, int(low.problem.fleet.kind[u])
    if not kinds.burn[k].any() or not own:
        return own
    legs = [leg for sortie in own for leg in sortie.legs]
    starts = [at for at, leg in enumerate(legs) if leg.fills]
    tanks = [range(a, b) for a, b in zip(starts, [*starts[1:], len(legs)])]
    burn = [float(kinds.burn[k, leg.origin, leg.destination]) for leg in legs]
    need = [sum(burn[at] for at in tank) + float(kinds.reserve[k]) for tank in tanks]
    most = _most(low, k, legs, tanks, burn)
    fuel: dict[int, tuple[float, float]] = {}
    base = int(low.problem.fleet.base[u])
    tank_known = float(kinds.tank[k]) < 1e11
    for number, tank in enumerate(tanks):
        full = tank_known and (legs[tank[0]].origin == base or low.problem.fleet.answers[u] >= 0)
        has = most[number] if full else min(most[number], max(need[number], left + 1.0))
        has = max(has, need[number])
        uplift = has - left
        for at in tank:
            fuel[at] = (uplift, has)
            has, uplift = has - burn[at], 0.0
        left = has
    return _with_fuel(own, fuel)


def _most(low: Lowered, k: int, legs: list[Leg], tanks: list[range], burn: list[float]) -> list[float]:
    """Most fuel at the start of each tank: what the tanks hold, the loads leave room for, and what the next can use."""
    kinds, mass = low.problem.kinds, low.problem.asks.mass
    found = [0.0] * len(tanks)
    later = float("inf")
    for number in reversed(range(len(tanks))):
        spent, most = 0.0, float(kinds.tank[k])
        for at in tanks[number]:
            load = float(sum(mass[r] for r in legs[at].aboard))
            most = min(most, float(kinds.room[k, legs[at].origin]) - load + spent)
            spent += burn[at]
        found[number] = min(most, spent + later - 1.0)
        later = found[number]
    return found


def _with_fuel(own: list[Sortie], fuel: dict[int, tuple[float, float]]) -> list[Sortie]:
    found, at = [], 0
    for sortie in own:
        legs = []
        for leg in sortie.legs:
            uplift, has = fuel[at]
            at += 1
            legs.append(
                Leg(leg.origin, leg.destination, leg.off, leg.on, leg.aboard, leg.fills,
                    round(uplift, 1) if leg.fills else None, round(has, 1))
            )  # fmt: skip
        found.append(Sortie(sortie.unit, tuple(legs), sortie.ready, sortie.visits))
    return found


def _with_tails(one: Sortie, tails: tuple[str, ...]) -> Sortie:
    return Sortie(one.unit, one.legs, one.ready, one.visits, tails, one.stay)


def _crewed(low: Lowered, found: list[Sortie]) -> list[Sortie]:
    """Give every sortie its lead and escorts, in order of take-off: escorts that are back, whoever they flew with.

    A tail that leads another sortie meanwhile does not escort. A sortie for which no escorts are left has no tails.
    """
    leads = [(low.flyers[one.unit].tail, one.off, one.ready) for one in found]
    leads += [(tail, one.off, one.ready) for one in found for tail in one.tails[1:]]
    leads += [(out.tail, out.since, out.until) for out in low.outs]
    busy: dict[str, int] = {}
    made = []
    for one in sorted(found, key=lambda one: (one.off, one.unit)):
        flyer = low.flyers[one.unit]
        tails = list(one.tails) or [flyer.tail, *_escorts(low, one, busy, leads)]
        need = flyer.formation.escorts if flyer.formation is not None else 0
        whole = len(tails) == 1 + need and (bool(one.tails) or busy.get(flyer.tail, 0) <= one.off)
        for tail in tails if whole else ():
            busy[tail] = one.ready
        made.append(_with_tails(one, tuple(tails) if whole else ()))
    return made


def _escorts(low: Lowered, one: Sortie, busy: dict[str, int], leads: Sequence[tuple[str, int, int]]) -> list[str]:
    """The first free escorts of a sortie, no more than it needs."""
    flyer = low.flyers[one.unit]
    if flyer.formation is None or not flyer.formation.escorts:
        return []
    found = []
    for aircraft in low.mission.aircraft:
        if aircraft.type != flyer.formation.escort or aircraft.base != flyer.base or aircraft.tail == flyer.tail:
            continue
        first, last = span(aircraft.start, aircraft.end, (low.start, low.end))
        taken = any(tail == aircraft.tail and a < one.ready and one.off < b for tail, a, b in leads)
        if first <= one.off and one.on <= last and busy.get(aircraft.tail, 0) <= one.off and not taken:
            found.append(aircraft.tail)
    return found[: flyer.formation.escorts]
