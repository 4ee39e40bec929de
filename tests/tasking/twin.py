"""Plain twins of the routing kernels: a route judged stop by stop, places for a request, and the best of all routes.

Times are found by raising the earliest ones round after round until nothing changes, as the definition has it;
everything else is counted out.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from castor.tasking.routing import Routing

EXACT = 1e-9


def stop(problem: Routing, a: int) -> tuple[int, Any, int]:
    """Location, window and request of a stop."""
    q = a // 2
    if a % 2 == 0:
        return int(problem.pickup[q]), problem.pickup_window[q], q
    return int(problem.delivery[q]), problem.delivery_window[q], q


def times(problem: Routing, unit: int, route: list[int]) -> list[float] | None:
    """Least beginnings of start, stops and end; None if the route cannot be done."""
    k = int(problem.profile[unit])
    load = np.zeros(problem.load.shape[1])
    for a in route:
        if not problem.allowed[unit, a // 2]:
            return None
        load = load + problem.load[a // 2] * (1 if a % 2 == 0 else -1)
        if (load > problem.capacity[unit] + EXACT).any():
            return None
    first, last = problem.unit_window[unit]
    place = [int(problem.unit_start[unit])] + [stop(problem, a)[0] for a in route]
    low = [first] + [stop(problem, a)[1][0] for a in route] + [first]
    high = [last] + [stop(problem, a)[1][1] for a in route] + [last]
    stay = [0.0] + [float((problem.pickup_stay, problem.delivery_stay)[a % 2][k, a // 2]) for a in route]
    step = [stay[x] + problem.time[k, place[x], place[x + 1]] for x in range(len(route))]
    home = int(problem.unit_end[unit])
    step.append(stay[-1] + (0.0 if home < 0 else problem.time[k, place[-1], home]))
    binds = [(0, len(route) + 1, problem.duration[unit])]
    for x, a in enumerate(route):
        if a % 2 == 0:
            binds.append((x + 1, route.index(a + 1) + 1, stay[x + 1] + problem.ride[a // 2]))
    when = [float(t) for t in low]
    for _ in range(len(when) * len(when) + 2):
        before = list(when)
        for x in range(1, len(when)):
            when[x] = max(when[x], when[x - 1] + step[x - 1])
        for a, b, most in binds:
            when[a] = max(when[a], when[b] - most)
        if any(w > h + EXACT for w, h in zip(when, high)):
            return None
        if max(w - b for w, b in zip(when, before)) <= EXACT:
            return when
    return None


def cost(problem: Routing, unit: int, route: list[int]) -> float:
    """Cost of a route, 0 if it is empty."""
    if not route:
        return 0.0
    k = int(problem.profile[unit])
    place = [int(problem.unit_start[unit])] + [stop(problem, a)[0] for a in route]
    if problem.unit_end[unit] >= 0:
        place.append(int(problem.unit_end[unit]))
    total = float(problem.fixed[unit]) + sum(problem.cost[k, a, b] for a, b in itertools.pairwise(place))
    return float(total + sum(problem.serve_cost[k, a // 2] for a in route if a % 2 == 0))


def places(problem: Routing, unit: int, route: list[int], q: int) -> list[tuple[float, int, int]]:
    """Every feasible pair of places for q with what it adds to the cost, cheapest first."""
    found = []
    for i in range(len(route) + 1):
        for j in range(i, len(route) + 1):
            longer = [*route[:i], 2 * q, *route[i:j], 2 * q + 1, *route[j:]]
            if times(problem, unit, longer) is not None:
                found.append((cost(problem, unit, longer) - cost(problem, unit, route), i, j))
    return sorted(found)


def best(problem: Routing, objective: str) -> tuple[float, ...] | None:
    """The best value of an objective over all routes, lexicographic; None if what must be served cannot be."""
    requests, units = problem.pickup.size, problem.unit_start.size
    least: dict[tuple[int, tuple[int, ...]], float] = {}
    for unit in range(units):
        for count in range(requests + 1):
            for chosen in itertools.combinations(range(requests), count):
                least[unit, chosen] = _least(problem, unit, chosen)
    found = None
    for owner in itertools.product(range(-1, units), repeat=requests):
        lost = [float(problem.prize[q]) for q in range(requests) if owner[q] < 0]
        if math.inf in lost:
            continue
        groups = [tuple(q for q in range(requests) if owner[q] == unit) for unit in range(units)]
        total = sum(least[unit, group] for unit, group in enumerate(groups))
        if total == math.inf:
            continue
        used = sum(bool(group) for group in groups)
        value: tuple[float, ...] = {
            "cost": (total + sum(lost),), "vehicles": (used, total), "prize": (sum(lost), total)
        }[objective]  # fmt: skip
        found = value if found is None else min(found, value)
    return found


def _least(problem: Routing, unit: int, chosen: tuple[int, ...]) -> float:
    """Least cost of a route with these requests."""
    if not chosen:
        return 0.0
    stops = [a for q in chosen for a in (2 * q, 2 * q + 1)]
    least = math.inf
    for order in itertools.permutations(stops):
        if all(order.index(2 * q) < order.index(2 * q + 1) for q in chosen):
            value = cost(problem, unit, list(order))
            if value < least and times(problem, unit, list(order)) is not None:
                least = value
    return least
