"""Pick-up and delivery: routes of units that fetch and bring requests within windows, loads and ride times.

:class:`Routing` describes a problem in arrays, :func:`solve` searches. Letters: Q requests, V units, K profiles (a kind
of unit with its own times and costs), L locations, D dimensions of load. Request q is picked up at stop 2q and
delivered at stop 2q + 1. Times and costs may break symmetry and the triangle inequality.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from castor.errors import MissionError, Problem
from castor.tasking.search.islands import Archipelago, Budget, Island, Progress, warm
from castor.tasking.search.layout import lay_out
from castor.tasking.search.route.kernel import Data

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Objective = Literal["cost", "vehicles", "prize"]


class Routing(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """A problem of pick-ups and deliveries. Make it with :func:`routing`, which fills in what is not said."""

    pickup: Ints
    """(Q,) location."""
    delivery: Ints
    """(Q,) location."""
    pickup_window: Floats
    """(Q, 2) earliest and latest beginning; a unit that comes early waits."""
    delivery_window: Floats
    """(Q, 2)"""
    pickup_stay: Floats
    """(K, Q) time it takes."""
    delivery_stay: Floats
    """(K, Q)"""
    load: Floats
    """(Q, D), at least 0."""
    ride: Floats
    """(Q,) longest time from the end of the pick-up to the beginning of the delivery; infinite for none."""
    prize: Floats
    """(Q,) what is lost when it is left out; infinite if it must be served."""
    time: Floats
    """(K, L, L) time from a to b; infinite where there is no way."""
    cost: Floats
    """(K, L, L) cost from a to b."""
    serve_cost: Floats
    """(K, Q) cost of serving a request, the way apart."""
    unit_start: Ints
    """(V,) location."""
    unit_end: Ints
    """(V,) location; -1 where the unit may end anywhere."""
    unit_window: Floats
    """(V, 2) earliest start and latest end."""
    capacity: Floats
    """(V, D)"""
    profile: Ints
    """(V,)"""
    fixed: Floats
    """(V,) cost of using the unit."""
    duration: Floats
    """(V,) longest time from start to end; infinite for none."""
    allowed: NDArray[np.bool_]
    """(V, Q) whether the unit may serve the request."""


class Routes(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """What a search found."""

    routes: tuple[Ints, ...]
    """For each unit its stops in order: 2q picks request q up, 2q + 1 delivers it. Empty if unused."""
    times: tuple[Floats, ...]
    """For each unit the earliest feasible beginning of each stop; of its start and end too, first and last."""
    served: NDArray[np.bool_]
    """(Q,)"""
    vehicles: int
    cost: float
    """Ways, service and fixed costs; what is left out does not count."""
    lost: float
    """Prizes of the optional requests that are left out."""
    complete: bool
    """Every request that must be served is."""
    iterations: int
    """Steps made, by each thread."""
    seconds: float
    history: tuple[tuple[float, int, int, float], ...]
    """Seconds, steps, units used, and cost with the price of what is left out, whenever the solution became better."""


def routing(**given: Any) -> Routing:
    """A :class:`Routing` from what is given by name; arrays are copied.

    Needed: pickup, delivery, time, unit_start. Left out: no windows, no stay, load of nothing, capacity without limit,
    no ride time, all must be served, cost = time, units end where they start. Tables of one profile may be (L, L),
    stays (Q,) or one number. Raises MissionError with every problem at once.
    """
    problems: list[Problem] = []
    made = _arrays(given, problems)
    if problems:
        raise MissionError(problems)
    problem = Routing(**made)
    problems = _wrong(problem)
    if problems:
        raise MissionError(problems)
    return problem


def _arrays(given: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """The arrays of a problem in their full shapes."""
    known = set(Routing.__struct_fields__)
    problems += [Problem(name, "no such field", read=name) for name in given if name not in known]
    problems += [
        Problem(n, "this must be given") for n in ("pickup", "delivery", "time", "unit_start") if n not in given
    ]
    if problems:
        return {}
    time = np.array(given["time"], np.float64)
    time = time[None] if time.ndim == 2 else time
    q, v, k = len(given["pickup"]), len(given["unit_start"]), len(time)
    load = np.array(given.get("load", np.zeros((q, 0))), np.float64)
    load = load[:, None] if load.ndim == 1 else load
    cost = np.array(given.get("cost", time), np.float64)
    end = given.get("unit_end")
    always = np.array([-np.inf, np.inf])
    shapes: dict[str, tuple[Any, tuple[int, ...], type]] = {
        "pickup": (None, (q,), np.int64), "delivery": (None, (q,), np.int64), "unit_start": (None, (v,), np.int64),
        "unit_end": (given["unit_start"] if end is None else end, (v,), np.int64),
        "pickup_window": (always, (q, 2), np.float64), "delivery_window": (always, (q, 2), np.float64),
        "pickup_stay": (0.0, (k, q), np.float64), "delivery_stay": (0.0, (k, q), np.float64),
        "ride": (np.inf, (q,), np.float64), "prize": (np.inf, (q,), np.float64),
        "serve_cost": (0.0, (k, q), np.float64), "unit_window": (np.array([0.0, np.inf]), (v, 2), np.float64),
        "profile": (0, (v,), np.int64), "fixed": (0.0, (v,), np.float64), "duration": (np.inf, (v,), np.float64),
        "allowed": (True, (v, q), np.bool_),
    }  # fmt: skip
    made: dict[str, Any] = {"time": time, "load": load, "cost": cost[None] if cost.ndim == 2 else cost}
    capacity = np.array(given.get("capacity", np.inf), np.float64)
    if capacity.ndim == 1 and capacity.size == v:
        capacity = capacity[:, None]
    given = given | {"capacity": capacity}
    shapes["capacity"] = (np.inf, (v, load.shape[1]), np.float64)
    for name, (default, shape, kind) in shapes.items():
        value = np.asarray(given.get(name, default) if given.get(name) is not None else default)
        try:
            made[name] = np.array(np.broadcast_to(value, shape), kind)
        except ValueError:
            problems.append(Problem(name, f"the shape {shape}", read=str(value.shape)))
    return made


def _wrong(problem: Routing) -> list[Problem]:
    """Everything that is wrong with a problem."""
    places, profiles = problem.time.shape[1], len(problem.time)
    found = []

    def check(name: str, good: Any, expected: str) -> None:
        if not np.all(good):
            found.append(Problem(name, expected))

    check("time", problem.time.shape == (profiles, places, places), "a square table for each profile")
    check("cost", problem.cost.shape == problem.time.shape, f"the shape of time, {problem.time.shape}")
    check("load", problem.load.shape[0] == problem.pickup.size, "a row for each request")
    for name in ("pickup", "delivery", "unit_start"):
        value = getattr(problem, name)
        check(name, (value >= 0) & (value < places), f"locations from 0 to {places - 1}")
    check(
        "unit_end", (problem.unit_end >= -1) & (problem.unit_end < places), f"locations from 0 to {places - 1}, or -1"
    )
    check("profile", (problem.profile >= 0) & (problem.profile < profiles), f"profiles from 0 to {profiles - 1}")
    for name in ("time", "pickup_stay", "delivery_stay", "load", "ride", "prize", "capacity", "fixed", "duration"):
        check(name, getattr(problem, name) >= 0, "numbers of at least 0")
    for name in ("cost", "serve_cost", "pickup_window", "delivery_window", "unit_window"):
        check(name, ~np.isnan(getattr(problem, name)), "numbers")
    check("unit_start", problem.unit_start.size > 0, "at least one unit")
    check("pickup", problem.pickup.size > 0, "at least one request")
    check("unit_window", np.isfinite(problem.unit_window[:, 0]), "a start for every unit")
    return found


def solve(
    problem: Routing,
    *,
    seed: int,
    seconds: float | None = None,
    iterations: int | None = None,
    threads: int = 1,
    objective: Objective = "cost",
    start: Sequence[Any] | None = None,
    progress: Progress | None = None,
) -> Routes:
    """Search for the best routes until ``seconds`` or ``iterations`` (steps of each thread) are spent.

    ``objective``: ``cost`` (least cost, a prize counting as cost when it is lost), ``vehicles`` (fewest units, then
    cost), ``prize`` (most prize, then cost). Requests that must be served come before either. ``start``: stops of each
    unit to begin from, feasible. ``progress`` is called with the seconds, the best value and the steps so far. The
    answer depends on the problem, seed, iterations and threads alone if ``seconds`` is None. The clock starts when the
    kernels are compiled.
    """
    problems = []
    if seconds is None and iterations is None:
        problems.append(Problem("seconds", "seconds or iterations"))
    if objective == "vehicles" and np.isfinite(problem.prize).any():
        problems.append(Problem("objective", "cost or prize where requests may be left out", read=objective))
    if problems:
        raise MissionError(problems)
    data = lay_out(problem, penalties(problem, objective))
    warm(data)
    budget = Budget(seconds, iterations)
    search = Archipelago(data, budget, seed=seed, threads=threads, progress=progress)
    if start is not None:
        _begin(search, start)
    best = search.run(objective == "vehicles")
    return _routes(problem, data, search, best)


def penalties(problem: Routing, objective: Objective) -> Floats:
    """(Q,) what leaving a request out adds to the cost that is searched: its prize, or more than any routes cost."""
    tables = np.where(np.isfinite(problem.cost), np.abs(problem.cost), 0.0)
    dear = tables.max() * 3.0 + np.abs(problem.serve_cost).max() + np.abs(problem.fixed).max()
    everything = 1.0 + 2.0 * dear * problem.pickup.size
    optional = np.isfinite(problem.prize)
    worth = np.where(optional, problem.prize, 0.0)
    if objective == "prize":
        worth = worth * (everything / _grain(worth[optional]))
    return np.where(optional, worth, everything + worth.sum())


def _grain(prizes: Floats) -> float:
    """The least by which two sums of these prizes differ: exact for whole numbers, else by the numbers themselves."""
    some = np.unique(prizes[prizes > 0])
    if some.size == 0:
        return 1.0
    if np.all(some == np.rint(some)):
        return float(np.gcd.reduce(some.astype(np.int64)))
    return float(np.diff(np.concatenate(([0.0], some))).min())


def _begin(search: Archipelago, start: Sequence[Any]) -> None:
    """Load routes to begin from."""
    state = search.islands[0].state
    node, size = state.now.node.copy(), state.now.size.copy()
    stops = [int(a) for route in start for a in route]
    good = len(start) == size.size and len(set(stops)) == len(stops)
    good &= all(0 <= a < 2 * state.where.size for a in stops)
    for unit, route in enumerate(start if good else ()):
        order = [int(a) for a in route]
        good &= all(a + 1 in order[x:] if a % 2 == 0 else a - 1 in order[:x] for x, a in enumerate(order))
        good &= all(search.data.allowed[unit, a // 2] for a in order)
        node[unit, : len(order) + 2] = [node[unit, 0], *order, node[unit, 0] + 1]
        size[unit] = len(order) + 2
    if not good or not all(island.load(node, size) for island in search.islands):
        raise MissionError([Problem("start", "feasible routes, one for each unit, each request at most once")])


def _routes(problem: Routing, data: Data, search: Archipelago, best: Island) -> Routes:
    """The best solution with its times."""
    state = best.state
    best.load(state.best_node.copy(), state.best_size.copy())
    now, served = state.now, state.where >= 0
    optional = np.isfinite(problem.prize)
    return Routes(
        routes=tuple(now.node[v, 1 : n - 1].astype(np.int64) for v, n in enumerate(now.size)),
        times=tuple(best.times(v) for v in range(now.size.size)),
        served=served,
        vehicles=int((now.size > 2).sum()),
        cost=float(now.cost.sum()),
        lost=float(problem.prize[~served & optional].sum()),
        complete=bool((served | optional).all()),
        iterations=search.budget.done,
        seconds=search.budget.elapsed(),
        history=tuple(search.history),
    )
