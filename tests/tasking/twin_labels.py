"""Plain twins of the kernels of small days: every tour stop by stop, and every order and time of a unit's tours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise, permutations, product
from typing import Any

from castor.tasking.lower import Lowered
from castor.tasking.together import Column, Placed, shared

FAR = 1 << 40
SLACK = 1e-6
Stop = tuple[int, tuple[int, ...], tuple[int, ...], bool]
"""Place, requests set down and loaded there, whether tanks are filled."""


def tours(low: Lowered, u: int, servable: Any) -> dict[int, set[tuple[int, ...]]]:
    """By requests carried (bits) the tours that no other betters: first and last departure, minutes away, minutes in
    the air, minute before which it is not ready. For days on which places open once.
    """
    plain = _Plain(low, u, [r for r in range(len(low.parts)) if servable[r]])
    found: dict[int, set[tuple[int, ...]]] = {}
    for stops in plain.grow(()):
        timed = plain.timed(stops)
        if timed is not None:
            carries = sum(1 << r for _, down, _, _ in stops for r in down)
            found.setdefault(carries, set()).add(timed)
    return {key: {one for one in rows if not any(_betters(other, one) for other in rows)}
            for key, rows in found.items()}  # fmt: skip


def _betters(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Whether a fits into each time of b: (first, last, away, air, since)."""
    if a == b or a[3] > b[3] or a[4] > b[4] or a[1] < b[1] or a[2] > b[2]:
        return False
    return a[0] + a[2] <= b[0] + b[2]


class _Plain:
    def __init__(self, low: Lowered, u: int, able: list[int]) -> None:
        self.low, self.asks, self.kinds, self.able = low, low.problem.asks, low.problem.kinds, able
        self.k, self.base = int(low.problem.fleet.kind[u]), int(low.problem.fleet.base[u])
        self.crew = low.problem.fleet.crew

    def grow(self, stops: tuple[Stop, ...]) -> Iterator[tuple[Stop, ...]]:
        """Every tour that goes on from some stops; each begins at the base, and ends there."""
        kinds, k = self.kinds, self.k
        if not stops:
            own = [r for r in self.able if self.asks.origin[r] == self.base]
            for up in _some(own):
                yield from self.grow(((self.base, (), up, False),))
            return
        board = self._board(stops)
        begun = {r for _, _, up, _ in stops for r in up}
        if self._load(board) is None or not self._fuelled(stops) or (len(stops) > 1 and self.timed(stops) is None):
            return
        if len(stops) > 1 and stops[-1][0] == self.base and not stops[-1][3]:
            if not board:
                yield stops
            return
        for q in range(len(self.low.places)):
            down = tuple(r for r in board if self.asks.destination[r] == q)
            if q == stops[-1][0] or not kinds.usable[k, q]:
                continue
            if q == self.base:
                if len(down) == len(board) and begun:
                    yield from self.grow((*stops, (q, down, (), False)))
                if not down and begun and self._detours(stops) < 2:
                    yield from self.grow((*stops, (q, (), (), True)))
                continue
            own = [r for r in self.able if r not in begun and self.asks.origin[r] == q]
            for up in _some(own):
                for fill in (False, True) if kinds.fuel[q] else (False,):
                    again = not (down or up) and (not fill or self._detours(stops) > 1)
                    if not again:
                        yield from self.grow((*stops, (q, down, up, fill)))

    def _detours(self, stops: tuple[Stop, ...]) -> int:
        many = 0
        for _, down, up, _ in reversed(stops[1:]):
            if down or up:
                break
            many += 1
        return many

    def _board(self, stops: tuple[Stop, ...]) -> tuple[int, ...]:
        done = {r for _, down, _, _ in stops for r in down}
        return tuple(r for _, _, up, _ in stops for r in up if r not in done)

    def _load(self, board: Sequence[int]) -> float | None:
        asks, kinds, k = self.asks, self.kinds, self.k
        goods = {int(asks.goods[r]) for r in board} - {0}
        pax, litters = sum(int(asks.pax[r]) for r in board), sum(int(asks.litters[r]) for r in board)
        mass = sum(float(asks.mass[r]) for r in board)
        if pax > kinds.seats[k] or litters > kinds.litters[k] or mass > kinds.payload[k] + SLACK or len(goods) > 1:
            return None
        return mass

    def _fuelled(self, stops: tuple[Stop, ...]) -> bool:
        kinds, k = self.kinds, self.k
        gone, allow = 0.0, float(kinds.tank[k] - kinds.reserve[k])
        for n in range(len(stops) - 1):
            a, b = stops[n][0], stops[n + 1][0]
            mass = self._load(self._board(stops[: n + 1])) or 0.0
            if stops[n][3]:
                gone, allow = 0.0, float(kinds.tank[k] - kinds.reserve[k])
            allow = min(allow, float(kinds.room[k, a] - kinds.reserve[k]) - mass) - float(kinds.burn[k, a, b])
            gone += float(kinds.km[a, b])
            if gone > kinds.reach[k] + SLACK or allow < -SLACK:
                return False
        return True

    def timed(self, stops: tuple[Stop, ...]) -> tuple[int, ...] | None:
        """First and last departure, minutes away, in the air, not ready before; of a tour begun, as far as it goes."""
        asks, kinds, k = self.asks, self.kinds, self.k
        ground, many = int(kinds.ground[k]), len(stops)
        rows: list[tuple[int, int, int]] = []  # x[b] - x[a] <= limit, with the plan's start last
        zero, off = many, {r: n for n, (_, _, up, _) in enumerate(stops) for r in up}
        since = air = 0
        for n, (p, down, up, fill) in enumerate(stops):
            opens, closes = int(kinds.opens[k, p, 0]), int(kinds.closes[k, p, 0])
            last = n == many - 1
            leg = int(kinds.leg[k, stops[n - 1][0], p]) if n else 0
            air += leg
            if n:
                stands = 0 if last else max(ground if down or up else 0, int(kinds.refuel[k]) if fill else 0)
                rows += [(n, n - 1, -leg - stands), (zero, n - 1, closes - leg), (n - 1, zero, leg - opens)]
                rows += [(zero, n - 1, int(asks.latest[r]) - leg) for r in down]
                rows += [(off[r], n - 1, int(asks.ride[r]) - leg) for r in down]
            if last and n:
                rows.append((n - 1, n, leg))
                since = max((int(asks.deliver_from[r]) + ground for r in down if asks.deliver_from[r] > 0), default=0)
                rows += [(0, n, int(self.crew[1])), (zero, n, self.low.minutes)]
                continue
            rows += [(zero, n, closes), (n, zero, -opens)]
            rows += [(n, zero, -int(asks.deliver_from[r]) - ground) for r in down if asks.deliver_from[r] > 0]
            rows += [(n, zero, -int(asks.earliest[r]) - ground) for r in up]
            rows += [(n, zero, int(asks.ride[r] - asks.deliver_from[r])) for r in up if asks.ride[r] < FAR]
            rows += [(zero, n, int(asks.pickup_by[r]) + ground) for r in up]
        rows.append((0, zero, 0))
        from_zero, from_last = _least(rows, many + 1, zero), _least(rows, many + 1, many - 1)
        to_zero = None if from_last is None else from_last[zero]
        if from_zero is None or from_last is None or to_zero is None or air > self.crew[3]:
            return None
        away, soonest, latest = -from_last[0], -to_zero, from_zero[0]
        return soonest - away, latest, away, air, since


def _least(rows: Sequence[tuple[int, int, int]], many: int, source: int) -> list[int] | None:
    """Least limits of every time less that of the source (Bellman and Ford); None if they contradict each other."""
    best = [FAR] * many
    best[source] = 0
    for _ in range(many + 1):
        changed = False
        for a, b, limit in rows:  # x[b] <= x[a] + limit
            if best[a] < FAR and best[a] + limit < best[b]:
                best[b], changed = best[a] + limit, True
        if not changed:
            return best
    return None


def _some(rows: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for many in range(len(rows) + 1):
        yield from combinations(rows, many)


def carried(columns: Sequence[Column], turn: int, crew: tuple[int, ...], closed: set[int], first: int) -> set[int]:
    """Requests (bits) that one unit can carry by tours one after another, never away in some minutes: every order and
    every departure is tried.
    """
    found = {0}
    for many in range(1, len(columns) + 1):
        for some in permutations(columns, many):
            if sum(one.carries.bit_count() for one in some) != _bits(some).bit_count() or _bits(some) in found:
                continue
            spans = [range(max(first, one.spans[0][0]), one.spans[0][1] + 1) for one in some]
            for offs in product(*spans):
                lands = [off + one.spans[0][2] for off, one in zip(offs, some)]
                placed = [Placed(n, 0, offs[n], on, max(on + turn, some[n].since), some[n].air)
                          for n, on in enumerate(lands)]  # fmt: skip
                clear = all(a.ready <= b.off for a, b in pairwise(placed))
                clear = clear and not any(t in closed for one in placed for t in range(one.off, one.ready))
                if clear and (crew[0] == 0 or shared(placed, crew)):
                    found.add(_bits(some))
                    break
    return found


def _bits(some: Sequence[Column]) -> int:
    bits = 0
    for one in some:
        bits |= one.carries
    return bits
