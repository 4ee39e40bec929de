"""What a new programme changes in what was already promised, request by request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from castor.flight.plan import Flight, Plan

Kind = Literal["kept", "moved", "dropped", "new", "refused"]


class Promise(Struct, frozen=True):
    """When a request leaves its origin and is set down at last, and by which units."""

    off: dt.datetime
    on: dt.datetime
    units: tuple[str, ...]


class Change(Struct, frozen=True):
    """One request before and after: kept as promised, moved (other times or unit), dropped, new, or newly refused."""

    request: str
    kind: Kind
    before: Promise | None
    after: Promise | None
    reason: str = ""

    @property
    def minutes(self) -> float | None:
        """How much later it is picked up than promised; ``None`` unless both plans carry it."""
        if self.before is None or self.after is None:
            return None
        return (self.after.off - self.before.off) / dt.timedelta(minutes=1)


def promises(flights: Iterable[Flight]) -> dict[str, Promise]:
    """The promise that flights make to each request they carry."""
    legs: dict[str, list[Flight]] = {}
    for flight in sorted(flights, key=lambda one: one.off):
        for name in flight.aboard:
            legs.setdefault(name, []).append(flight)
    return {
        name: Promise(own[0].off, own[-1].on, tuple(dict.fromkeys(leg.unit for leg in own)))
        for name, own in legs.items()
    }


def changes(before: Plan, after: Plan) -> list[Change]:
    """Every request of either plan and what became of it, in order of the first pick-up; last what is newly refused."""
    old, new = promises(before.flights), promises(after.flights)
    why = {left.request: left.detail or left.reason for left in after.unserved}
    found = []
    for name in dict.fromkeys([*old, *new]):
        was, now = old.get(name), new.get(name)
        kind: Kind = "new" if was is None else "dropped" if now is None else "kept" if was == now else "moved"
        found.append(Change(name, kind, was, now, why.get(name, "") if now is None else ""))
    known = {*old, *new, *(left.request for left in before.unserved)}
    found += [Change(name, "refused", None, None, reason) for name, reason in why.items() if name not in known]
    return sorted(found, key=lambda one: ((one.before or one.after or _NEVER).off, one.request))


_NEVER = Promise(dt.datetime.max, dt.datetime.max, ())
