"""Activities as entries of the accounts, with nothing counted twice.

Cases met in published data, and the rule for each:

* several sector vocabularies, each of 100 %: one vocabulary is taken (``1``, the DAC's five digits, unless asked);
* countries at 100 % beside a region at 100 %: the region says the same again and is left aside;
* countries at both levels: a transaction's own country holds, the activity's for the others;
* original and revised budgets: an original is left out where a revised one covers its days;
* a parent and its child both booking money of one type: the child's is counted, and what was left out is said;
* the same activity in several files: the newest is taken.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal, localcontext
from typing import Literal

import msgspec
from msgspec import Struct

from castor.ledger.accounts import ONE, Cells, unknown_dimension
from castor.ledger.figure import Qualifier
from castor.ledger.iati.model import Activity, Budget, Org, Share, Transaction, type_code, type_name
from castor.ledger.split import EXACT, iso_day

HUNDRED = Decimal(100)
SLACK = Decimal("0.1")
"""Percentages that add up to within this of 100 (three times 33.3) were rounded by the publisher: they are weights."""

_VOCABULARY = {"": "1", "DAC": "1", "DAC-5": "1", "DAC-3": "2", "COFOG": "3", "NACE": "4", "NTEE": "5", "RO": "99"}


def vocabulary(name: str) -> str:
    """Return a sector vocabulary's number: absent means 1, and the words of 1.0x have numbers since 2.01."""
    return _VOCABULARY.get(name, name)


def weights(shares: Sequence[Share]) -> Cells:
    """Return codes and weights of a split; what is not stated, or cannot be divided, goes to the empty code.

    One code without a percentage takes all. Percentages within ``SLACK`` of 100 are weights; less leaves a rest;
    more is scaled to the whole. Several codes without percentages cannot be divided: all goes to the empty code.
    """
    if not shares:
        return (("", ONE),)
    if len(shares) == 1 and shares[0].percentage is None and not shares[0].raw:
        return ((shares[0].code, ONE),)
    stated = [
        (share.code, share.percentage) for share in shares if share.percentage is not None and share.percentage > 0
    ]
    merged: dict[str, Decimal] = {}
    with localcontext(EXACT):
        for name, percentage in stated:
            merged[name] = merged.get(name, Decimal(0)) + percentage
        rest = HUNDRED - sum(merged.values(), Decimal(0))
        if rest > SLACK or not merged:
            merged[""] = merged.get("", Decimal(0)) + rest
    return tuple(merged.items())


def geography(countries: Sequence[Share], regions: Sequence[Share]) -> Cells:
    """Return countries, and regions as ``region:code``, with their weights; never both for the same money."""
    main = [share for share in regions if share.vocabulary in ("", "1", "DAC")]
    if not countries:
        return tuple((f"region:{name}" if name else "", weight) for name, weight in weights(main))
    stated = sum((share.percentage or Decimal(0) for share in countries), Decimal(0))
    if not main or stated >= HUNDRED or all(share.percentage is None for share in (*countries, *main)):
        return weights(countries)
    both = stated + sum((share.percentage or Decimal(0) for share in main), Decimal(0))
    if both > HUNDRED + SLACK:
        return weights(countries)
    return weights([*countries, *(msgspec.structs.replace(share, code=f"region:{share.code}") for share in main)])


class ActivityAmount(Struct, frozen=True):
    """A transaction, budget or planned disbursement as an entry of the accounts."""

    head: Activity
    id: str
    item: Transaction | Budget
    stage: str
    sectors_of: str = "1"

    @property
    def value(self) -> Decimal | None:
        """The amount, or ``None`` where it is absent or no number."""
        return self.item.money.value if self.item.money is not None else None

    @property
    def unit(self) -> str:
        """The currency: its own, else the activity's; empty when neither is stated."""
        own = self.item.money.currency if self.item.money is not None else ""
        return own or self.head.currency

    @property
    def qualifier(self) -> Qualifier:
        """Published money is exact."""
        return "exactly"

    @property
    def stock(self) -> bool:
        """Money is never a level."""
        return False

    @property
    def value_date(self) -> dt.date | None:
        """The day whose exchange rate holds: the value date, else the day or start of the entry."""
        text = self.item.money.date if self.item.money is not None else ""
        return iso_day(text) if text else (self.days[0] if self.days else None)

    @property
    def days(self) -> tuple[dt.date, dt.date] | None:
        """The day of a transaction, or the days of a budget; ``None`` where not stated."""
        if isinstance(self.item, Transaction):
            day = iso_day(self.item.date)
            return (day, day) if day is not None else None
        first, last = iso_day(self.item.start), iso_day(self.item.end or self.item.start)
        return (first, last) if first is not None and last is not None and first <= last else None

    def cells(self, dimension: str) -> Cells:
        """Return keys and weights along a dimension; ``marker:N`` and ``sector:N`` name a code or vocabulary."""
        name, _, detail = dimension.partition(":")
        if name == "marker" or name == "gender":
            return ((significance(self.head, detail or "1"), ONE),)
        if name == "sector":
            return self._sectors(vocabulary(detail) if detail else self.sectors_of)
        if name not in DIMENSIONS:
            raise unknown_dimension(dimension, ("year", "stage", "unit", "gender", "marker:N", "sector:N", *DIMENSIONS))
        return DIMENSIONS[name](self)

    def _sectors(self, wanted: str) -> Cells:
        own = [share for share in _own(self.item, "sectors") if vocabulary(share.vocabulary) == wanted]
        return weights(own or [share for share in self.head.sectors if vocabulary(share.vocabulary) == wanted])


def _own(item: Transaction | Budget, name: str) -> Sequence[Share]:
    return getattr(item, name) if isinstance(item, Transaction) else ()


def significance(head: Activity, marker: str) -> str:
    """Return the significance of a policy marker of the DAC (1 is gender equality); empty when not stated."""
    for item in head.markers:
        if item.code == marker and item.vocabulary in ("", "1", "DAC"):
            return item.significance
    return ""


def _geography(amount: ActivityAmount) -> Cells:
    countries, regions = _own(amount.item, "countries"), _own(amount.item, "regions")
    if countries or regions:
        return geography(countries, regions)
    return geography(amount.head.countries, amount.head.regions)


def _name(org: Org | None) -> str:
    if org is None:
        return ""
    return org.ref or (org.texts[0].text if org.texts else "")


def _one(read: Callable[[ActivityAmount], str]) -> Callable[[ActivityAmount], Cells]:
    return lambda amount: ((read(amount), ONE),)


def _of_item(name: str, fallback: str = "") -> Callable[[ActivityAmount], Cells]:
    def read(amount: ActivityAmount) -> str:
        own = getattr(amount.item, name, "")
        return str(own or (getattr(amount.head, fallback) if fallback else ""))

    return _one(read)


def _crs_channel(amount: ActivityAmount) -> str:
    for org in amount.head.participating:
        if org.channel and org.role.lower() in ("4", "implementing"):
            return org.channel
    return next((org.channel for org in amount.head.participating if org.channel), "")


def _receiver_type(amount: ActivityAmount) -> str:
    return amount.item.receiver.type if amount.item.receiver is not None else ""


def _aid(amount: ActivityAmount) -> str:
    own = amount.item.aid if isinstance(amount.item, Transaction) else ()
    return next((item.code for item in (*own, *amount.head.aid) if item.vocabulary in ("", "1")), "")


def _humanitarian(amount: ActivityAmount) -> str:
    """The flag as ``1`` or ``0``: XML writes a truth either way."""
    said = str(getattr(amount.item, "humanitarian", "") or amount.head.humanitarian).strip()
    return {"true": "1", "false": "0"}.get(said, said)


DIMENSIONS: dict[str, Callable[[ActivityAmount], Cells]] = {
    "country": _geography,
    "type": _one(lambda amount: type_code(amount.item.type)),
    "channel": _of_item("channel"),
    "crs_channel": _one(_crs_channel),
    "receiver_type": _one(_receiver_type),
    "provider": _one(lambda amount: _name(amount.item.provider)),
    "receiver": _one(lambda amount: _name(amount.item.receiver)),
    "reporting": _one(lambda amount: _name(amount.head.reporting)),
    "activity": _one(lambda amount: amount.head.id),
    "hierarchy": _one(lambda amount: amount.head.hierarchy or "1"),
    "humanitarian": _one(_humanitarian),
    "flow": _of_item("flow", "flow"),
    "finance": _of_item("finance", "finance"),
    "tied": _of_item("tied", "tied"),
    "aid": _one(_aid),
    "status": _of_item("status", "status"),
    "file": _one(lambda amount: amount.head.file),
}
"""Dimensions of published money beside year, stage (the type's name) and unit (the currency)."""

Levels = Literal["children", "parents", "all"]


class LeftOut(Struct):
    """An entry that was not counted, and why."""

    reason: str
    amount: ActivityAmount


class Collection:
    """Activities read twice: once to see what is newest, related and divided, then to count.

    ``source`` yields the same activities each time it is called (files, or the store).
    """

    def __init__(self, source: Callable[[], Iterable[Activity]], *, levels: Levels = "children") -> None:
        self.source = source
        self.levels = levels
        self.heads: dict[str, Activity] = {}
        self.duplicates: list[tuple[str, str, str]] = []
        """Identifier, file taken, file left, of every activity that stands in more than one place."""
        self.mutual: set[tuple[str, str]] = set()
        self._chosen: dict[str, tuple[str, int, str]] = {}
        self._booked: dict[str, set[str]] = {}
        self._parents: dict[str, set[str]] = {}
        self._levels: dict[str, str] = {}
        self._scan()
        self.twice = self._both_levels()
        """Transaction types, by activity, that are booked at both levels and left out here."""
        self._left = self.twice if levels != "all" else {}

    def _scan(self) -> None:
        for number, activity in _numbered(self.source()):
            key = _key(number, activity)
            if not activity.more:
                self._choose(key, activity, number)
            self._note(key, activity)

    def _choose(self, key: str, activity: Activity, number: int) -> None:
        new = (activity.updated, number, activity.file)
        old = self._chosen.get(key)
        if old is not None:
            taken, left = (new, old) if new[:2] >= old[:2] else (old, new)
            self.duplicates.append((key, taken[2], left[2]))
            self._chosen[key] = taken
        else:
            taken = self._chosen[key] = new
        if taken is new and activity.part:
            self.heads[key] = msgspec.structs.replace(activity, transactions=(), budgets=(), planned=(), results=())

    def _note(self, key: str, activity: Activity) -> None:
        if activity.transactions:
            self._booked.setdefault(key, set()).update(type_code(item.type) for item in activity.transactions)
        if activity.related:
            self._levels[key] = activity.hierarchy
        for other in activity.related:
            if other.vocabulary == "1" and other.code and other.code != key:
                self._parents.setdefault(key, set()).add(other.code)
            elif other.vocabulary == "2" and other.code and other.code != key:
                self._parents.setdefault(other.code, set()).add(key)

    def _above(self, parent: str, child: str) -> bool:
        """Whether the hierarchy stated by the two tells which is the parent when each names the other so."""
        upper, lower = self._levels.get(parent, ""), self._levels.get(child, "")
        return upper.isdigit() and lower.isdigit() and int(upper) < int(lower)

    def _both_levels(self) -> dict[str, set[str]]:
        """Return, by activity, the transaction types that its children (or parents) book too."""
        left: dict[str, set[str]] = {}
        for child, parents in self._parents.items():
            for parent in parents:
                if child in self._parents.get(parent, ()) and not self._above(parent, child):
                    self.mutual.add((min(child, parent), max(child, parent)))
                    continue
                both = self._booked.get(child, set()) & self._booked.get(parent, set())
                if both:
                    left.setdefault(parent if self.levels == "children" else child, set()).update(both)
        return left

    def activities(self) -> Iterator[Activity]:
        """Yield every activity that counts (or its parts), duplicates left out."""
        return (activity for _, activity in self._counted())

    def _counted(self) -> Iterator[tuple[str, Activity]]:
        for number, activity in _numbered(self.source()):
            key = _key(number, activity)
            if self._chosen.get(key, ("", number, ""))[1] == number:
                yield key, activity

    def transactions(self, left: list[LeftOut] | None = None) -> Iterator[ActivityAmount]:
        """Yield every transaction that counts; those left out at the other level are added to ``left``."""
        counts: dict[str, int] = {}
        for key, activity in self._counted():
            head = self.heads.get(key, activity)
            twice = self._left.get(key, ())
            start = counts.get(key, 0)
            for at, item in enumerate(activity.transactions, start + 1):
                amount = ActivityAmount(head, f"{key}#{at}", item, type_name(item.type))
                if type_code(item.type) in twice:
                    if left is not None:
                        left.append(LeftOut(f"the {self.levels} book this type too", amount))
                    continue
                yield amount
            if activity.more:
                counts[key] = start + len(activity.transactions)

    def budgets(self, left: list[LeftOut] | None = None) -> Iterator[ActivityAmount]:
        """Yield the budgets that count: the revised, and the originals whose days no revised one covers."""
        for key, head, items in self._gathered("budgets"):
            revised = [item for item in items if _revised(item)]
            for at, item in enumerate(items, 1):
                amount = ActivityAmount(head, f"{key}#budget-{at}", item, "budget")
                if not _revised(item) and any(_overlap(item, other) for other in revised):
                    if left is not None:
                        left.append(LeftOut("a revised budget covers the same days", amount))
                    continue
                yield amount

    def planned(self, left: list[LeftOut] | None = None) -> Iterator[ActivityAmount]:
        """Yield the planned disbursements that count, revised ones first as for budgets."""
        for key, head, items in self._gathered("planned"):
            revised = [item for item in items if _revised(item)]
            for at, item in enumerate(items, 1):
                amount = ActivityAmount(head, f"{key}#planned-{at}", item, "planned disbursement")
                if not _revised(item) and any(_overlap(item, other) for other in revised):
                    if left is not None:
                        left.append(LeftOut("a revised plan covers the same days", amount))
                    continue
                yield amount

    def _gathered(self, name: str) -> Iterator[tuple[str, Activity, list[Budget]]]:
        waiting: dict[str, list[Budget]] = {}
        for key, activity in self._counted():
            if activity.more:
                waiting.setdefault(key, []).extend(getattr(activity, name))
                continue
            items = [*waiting.pop(key, []), *getattr(activity, name)]
            if items:
                yield key, self.heads.get(key, activity), items


def _numbered(activities: Iterable[Activity]) -> Iterator[tuple[int, Activity]]:
    """Number activities so that all parts of one share a number."""
    number = 0
    for activity in activities:
        yield number, activity
        if not activity.more:
            number += 1


def _key(number: int, activity: Activity) -> str:
    """Return by what an activity is known: its identifier, or its place when it has none (it is then no duplicate)."""
    return activity.id or f"{activity.file}:{activity.line}:{number}"


def _revised(item: Budget) -> bool:
    """Whether a budget is a revised one; 1.0x files also write the word."""
    return item.type.lower() in ("2", "revised")


def _overlap(one: Budget, other: Budget) -> bool:
    dates = [iso_day(one.start), iso_day(one.end), iso_day(other.start), iso_day(other.end)]
    if any(date is None for date in dates):
        return (one.start, one.end) == (other.start, other.end)
    first, last, begins, ends = (date or dt.date.min for date in dates)
    return first <= ends and begins <= last
