"""What is doubtful in published activities, as a report: nothing is repaired, and the totals say what they assumed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from msgspec import Struct

from castor.ledger.iati.amounts import HUNDRED, Collection, geography, vocabulary
from castor.ledger.iati.elements import number
from castor.ledger.iati.model import Activity, Budget, Observation, Share, Transaction, type_code
from castor.ledger.split import iso_day

TOLERANCE = Decimal("0.01")

RULES = {
    "percentages": "percentages of one vocabulary do not add up to 100",
    "no-percentage": "several codes of one vocabulary, not all with a percentage",
    "bad-percentage": "a percentage that is no number",
    "country-and-region": "countries at 100 % and a region beside them: the money is counted for the countries",
    "both-levels": "given for the activity and for its transactions: the transaction's holds",
    "parent-and-child": "parent and child book money of the same type: the child's is counted",
    "original-and-revised": "original and revised budgets of the same days: the revised is counted",
    "letter-code": "a transaction type of 1.0x in a file of 2.0x",
    "unknown-type": "a transaction type that the standard does not have, or none",
    "currency": "not a currency code of three capital letters: it makes a line of its own",
    "no-currency": "an amount without a currency, its own or the activity's",
    "bad-value": "an amount that is no number: counted as missing",
    "no-value": "no amount: counted as missing",
    "bad-date": "a date that is no date, or none: the amount has no year",
    "end-before-start": "a period that ends before it starts",
    "negative": "a negative amount: a correction, counted as it stands",
    "value-date": "the value date is not the day of the transaction",
    "not-numeric": "a target or actual of a numeric indicator that is no number",
    "no-identifier": "an activity without an identifier",
    "duplicate": "the same activity stands twice: the newest is taken",
    "mutual-parents": "two activities each named as the other's parent",
}
"""Every rule, and what it means for the totals."""


class Finding(Struct, frozen=True):
    """One doubtful thing: where it stands, which rule it breaks, and what was read."""

    rule: str
    file: str
    line: int
    activity: str
    read: str = ""

    @property
    def text(self) -> str:
        """What the rule says."""
        return RULES[self.rule]


def check_activities(activities: Iterable[Activity]) -> Iterator[Finding]:
    """Yield what is doubtful in each activity by itself (parts of a very large one are judged as they come)."""
    for activity in activities:
        if not activity.id and not activity.more:
            yield Finding("no-identifier", activity.file, activity.line, "")
        yield from _splits(activity)
        yield from _levels(activity)
        for item in activity.transactions:
            yield from _transaction(activity, item)
        for budget in (*activity.budgets, *activity.planned):
            yield from _period(activity, budget)
            yield from _money(activity, budget)
        yield from _original_and_revised(activity)
        yield from _results(activity)


def check_collection(collection: Collection) -> Iterator[Finding]:
    """Yield what is doubtful between activities: duplicates, parents and children."""
    for name, taken, left in collection.duplicates:
        yield Finding("duplicate", left, 0, name, f"taken from {taken}")
    for one, other in sorted(collection.mutual):
        yield Finding("mutual-parents", "", 0, one, other)
    for name, types in sorted(collection.twice.items()):
        yield Finding("parent-and-child", "", 0, name, ", ".join(sorted(types)))


def _by_vocabulary(shares: Sequence[Share]) -> dict[str, list[Share]]:
    groups: dict[str, list[Share]] = {}
    for share in shares:
        groups.setdefault(vocabulary(share.vocabulary), []).append(share)
    return groups


def _splits(activity: Activity) -> Iterator[Finding]:
    def found(rule: str, read: str) -> Finding:
        return Finding(rule, activity.file, activity.line, activity.id, read)

    groups = [(f"sector {name}", shares) for name, shares in _by_vocabulary(activity.sectors).items()]
    countries, regions = activity.countries, [share for share in activity.regions if share.vocabulary in ("", "1")]
    if countries or regions:
        groups.append(("country", [*countries, *regions]))
    for name, shares in groups:
        for share in shares:
            if share.raw:
                yield found("bad-percentage", f"{name} {share.code} {share.raw}")
        stated = [share.percentage for share in shares if share.percentage is not None]
        whole = sum(stated, Decimal(0))
        over = name == "country" and countries and regions and whole > HUNDRED + TOLERANCE
        if over and not any(key.startswith("region:") for key, _ in geography(countries, regions)):
            yield found("country-and-region", f"{whole} %")
            continue
        if len(shares) > 1 and len(stated) < len(shares):
            yield found("no-percentage", f"{name}: {len(shares) - len(stated)} of {len(shares)}")
        elif stated and abs(whole - HUNDRED) > TOLERANCE:
            yield found("percentages", f"{name}: {whole} %")


def _levels(activity: Activity) -> Iterator[Finding]:
    for name in ("sectors", "countries", "regions"):
        if getattr(activity, name):
            own = [item for item in activity.transactions if getattr(item, name)]
            if own:
                read = f"{name} of {len(own)} transactions"
                yield Finding("both-levels", activity.file, own[0].line, activity.id, read)


def _transaction(activity: Activity, item: Transaction) -> Iterator[Finding]:
    def found(rule: str, read: str = "") -> Finding:
        return Finding(rule, activity.file, item.line, activity.id, read)

    if type_code(item.type) != item.type and activity.version.startswith("2"):
        yield found("letter-code", item.type)
    if not type_code(item.type).isdigit():
        yield found("unknown-type", item.type)
    if iso_day(item.date) is None:
        yield found("bad-date", item.date)
    if item.money is not None and item.money.date and item.date and item.money.date[:10] != item.date[:10]:
        yield found("value-date", f"{item.money.date} beside {item.date}")
    yield from _money(activity, item)


def _money(activity: Activity, item: Transaction | Budget) -> Iterator[Finding]:
    def found(rule: str, read: str = "") -> Finding:
        return Finding(rule, activity.file, item.line, activity.id, read)

    if item.money is None or (item.money.value is None and not item.money.raw):
        yield found("no-value")
        return
    if item.money.value is None:
        yield found("bad-value", item.money.raw)
    elif item.money.value < 0:
        yield found("negative", str(item.money.value))
    currency = item.money.currency or activity.currency
    if not currency:
        yield found("no-currency")
    elif not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        yield found("currency", currency)


def _period(activity: Activity, item: Budget) -> Iterator[Finding]:
    first, last = iso_day(item.start), iso_day(item.end)
    if first is None or (last is None and item.end):
        yield Finding("bad-date", activity.file, item.line, activity.id, f"{item.start} {item.end}".strip())
    elif last is not None and last < first:
        yield Finding("end-before-start", activity.file, item.line, activity.id, f"{item.start} to {item.end}")


def _original_and_revised(activity: Activity) -> Iterator[Finding]:
    revised = [item for item in activity.budgets if item.type.lower() in ("2", "revised")]
    originals = [item for item in activity.budgets if item not in revised]
    for item in originals:
        if any(item.start <= other.end and other.start <= item.end for other in revised):
            yield Finding("original-and-revised", activity.file, item.line, activity.id, f"{item.start} to {item.end}")


def _results(activity: Activity) -> Iterator[Finding]:
    for result in activity.results:
        for indicator in result.indicators:
            if indicator.measure == "5":
                continue
            values: list[Observation] = [*indicator.baselines]
            for period in indicator.periods:
                values += [*period.targets, *period.actuals]
            for item in values:
                if item.value and number(item.value) is None:
                    yield Finding("not-numeric", activity.file, result.line, activity.id, item.value)
