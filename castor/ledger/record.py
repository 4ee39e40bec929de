"""The record: figures and sources read from a folder, looked up, compared and written back.

``read(folder)`` takes a mission folder (with a ``ledger`` folder inside) or the ledger folder itself.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from castor.errors import LedgerError, Problem
from castor.ledger.figure import Figure, Source
from castor.ledger.protect import protection_problems
from castor.mission.table import load_table
from castor.shown import Shown

if TYPE_CHECKING:
    from castor.ledger.accounts import Account


class Conflict(Struct, frozen=True):
    """Figures that answer the same question; the first is the figure of record."""

    topic: str
    figures: tuple[Figure, ...]

    @property
    def disagree(self) -> bool:
        """Whether value, qualifier, unit or period differ, not only the source."""
        said = {(f.value, f.qualifier, f.unit, f.start, f.end, f.label_en) for f in self.figures}
        return len(said) > 1


class Ledger(Shown, Struct, frozen=True, kw_only=True, dict=True):
    """Figures and sources in the order of the record. A superseded figure stays in ``history``, not in ``figures``."""

    figures: tuple[Figure, ...] = ()
    sources: tuple[Source, ...] = ()
    history: tuple[Figure, ...] = ()
    folder: str = ""

    @cached_property
    def figure(self) -> Mapping[str, Figure]:
        """Current figures by id."""
        return {figure.id: figure for figure in self.figures}

    @cached_property
    def source(self) -> Mapping[str, Source]:
        """Sources by id."""
        return {source.id: source for source in self.sources}

    def __iter__(self) -> Iterator[Figure]:
        return iter(self.figures)

    def documents(self, figure: Figure) -> tuple[Source, ...]:
        """Return the documents that state a figure, or those behind the figures it was derived from."""
        own = [self.source[name] for name in figure.sources if name in self.source]
        behind = [doc for name in figure.constituents for doc in self.documents(self.figure[name])]
        return tuple({doc.id: doc for doc in own + behind}.values())

    def where(self, **want: str) -> tuple[Figure, ...]:
        """Return the figures whose fields hold these values; a cell with a list holds each of its entries.

        ``ledger.where(operation="op-presence", measure="hours")``. An unknown field is a ``LedgerError``.
        """
        fields = Figure.__struct_fields__
        unknown = [name for name in want if name not in fields]
        if unknown:
            raise LedgerError(
                Problem("query", "a field of a figure", column=name, remedy=f"one of {', '.join(fields)}")
                for name in unknown
            )
        wanted = want.items()
        return tuple(figure for figure in self.figures if all(_holds(figure, name, value) for name, value in wanted))

    def conflicts(self) -> tuple[Conflict, ...]:
        """Return the questions to which the record holds more than one answer that differ, in order of the record."""
        groups: defaultdict[str, list[Figure]] = defaultdict(list)
        for figure in self.figures:
            if figure.topic:
                groups[figure.topic].append(figure)
        found = (Conflict(topic, tuple(figures)) for topic, figures in groups.items() if len(figures) > 1)
        return tuple(conflict for conflict in found if conflict.disagree)

    def of_record(self, figures: Iterable[Figure]) -> tuple[Figure, ...]:
        """Return the figures without those that answer a question already answered, nor those contained in another.

        Two figures of one topic answer the same question when their periods touch; the first holds. A figure contained
        in one that is not among ``figures`` stays. Nothing left here is counted twice.
        """
        given = list(figures)
        ids = {figure.id for figure in given}
        chosen: list[Figure] = []
        answered: defaultdict[str, list[Figure]] = defaultdict(list)
        for figure in given:
            if any(whole in ids for whole in self.wholes(figure)):
                continue
            if figure.topic and any(_touch(figure, other) for other in answered[figure.topic]):
                continue
            answered[figure.topic].append(figure)
            chosen.append(figure)
        return tuple(chosen)

    def wholes(self, figure: Figure) -> tuple[str, ...]:
        """Return the ids of the figures that contain this one, the nearest first."""
        chain: list[str] = []
        while figure.part_of and figure.part_of not in chain:
            chain.append(figure.part_of)
            figure = self.figure[figure.part_of]
        return tuple(chain)

    def parts(self, name: str) -> tuple[Figure, ...]:
        """Return the figures that are part of the one named."""
        return tuple(figure for figure in self.figures if figure.part_of == name)

    def totals(self, **asked: Any) -> Account:
        """Add figures up; ``by``, ``where``, ``fiscal`` and ``between`` as in ``castor.ledger.accounts.account_of``."""
        from castor.ledger.accounts import account_of

        return account_of(self, **asked)

    def events(self, *, since: dt.date | None = None, until: dt.date | None = None) -> tuple[Figure, ...]:
        """Return the events in order of date, from ``since`` to ``until`` (both included)."""
        found = [figure for figure in self.figures if figure.kind == "event" and figure.first_day is not None]
        days = ((_day(figure, "first_day"), figure) for figure in found)
        first, last = since or dt.date.min, until or dt.date.max
        kept = [(day, figure) for day, figure in days if day <= last and _day(figure, "last_day") >= first]
        return tuple(figure for _, figure in sorted(kept, key=lambda pair: pair[0]))


def _day(figure: Figure, name: str) -> dt.date:
    day = getattr(figure, name)
    return day if isinstance(day, dt.date) else dt.date.min


def _touch(one: Figure, other: Figure) -> bool:
    """Whether two periods share a day; a figure without a date touches every other."""
    if one.first_day is None or other.first_day is None:
        return True
    return one.first_day <= _day(other, "last_day") and other.first_day <= _day(one, "last_day")


def _holds(figure: Figure, name: str, value: str) -> bool:
    held = getattr(figure, name)
    return str(held) == value or (isinstance(held, str) and value in (part.strip() for part in held.split(";")))


def ledger_folder(folder: str | Path) -> Path:
    """Return the ledger folder of a mission folder, or the folder itself when it holds ``records.csv``."""
    path = Path(folder)
    return path / "ledger" if (path / "ledger").is_dir() else path


STORE = "store.sqlite"
"""Name of the store of record in a ledger folder."""


def read(folder: str | Path) -> Ledger:
    """Read the ledger of a mission or ledger folder: ``records.csv``, ``sources.csv`` and the store, where there are.

    Raises ``LedgerError`` with every problem: unreadable cells, duplicate ids, unknown sources, parts, constituents
    or superseded figures, circles of parts, anything that could name a protected person, and a figure that stands
    otherwise in the store.
    """
    place = ledger_folder(folder)
    written = _read_tables(place) if (place / "records.csv").exists() else Ledger(folder=str(place))
    if not (place / STORE).exists():
        return written
    from castor.ledger.place import with_store  # the store costs an import that most folders do without

    return with_store(written, place / STORE)


def _read_tables(place: Path) -> Ledger:
    figures = load_table(Figure, place / "records.csv")
    sources = load_table(Source, place / "sources.csv")
    problems = [*figures.problems, *sources.problems]
    if not problems:
        problems = check_record(figures.rows, sources.rows, str(place / "records.csv"), figures.rows_at)
    if problems:
        raise LedgerError(problems)
    return ledger_of(figures.rows, sources.rows, folder=str(place))


def ledger_of(figures: Iterable[Figure], sources: Iterable[Source] = (), *, folder: str = "") -> Ledger:
    """Return a ledger of these figures, with the superseded ones set aside into ``history``."""
    everything = tuple(figures)
    gone = {figure.supersedes for figure in everything if figure.supersedes}
    return Ledger(
        figures=tuple(figure for figure in everything if figure.id not in gone),
        history=tuple(figure for figure in everything if figure.id in gone),
        sources=tuple(sources),
        folder=folder,
    )


def check_record(
    figures: Iterable[Figure], sources: Iterable[Source], file: str, rows_at: Iterable[int] | None = None
) -> list[Problem]:
    """Return everything wrong between the rows of a record; ``rows_at`` are their row numbers (from 2 if absent)."""
    rows = list(zip(count(2) if rows_at is None else rows_at, figures))
    ids = {figure.id for _, figure in rows}
    documents = {source.id for source in sources}
    problems: list[Problem] = []
    seen: set[str] = set()
    for row, figure in rows:
        if figure.id in seen:
            problems.append(Problem(file, "an id that occurs once", row, "id", figure.id, "rename one of the two"))
        seen.add(figure.id)
        problems += _reference_problems(file, row, figure, ids, documents)
        problems += _sense_problems(file, row, figure)
        problems += protection_problems(file, row, figure)
    return problems + _circles(file, rows)


def _reference_problems(file: str, row: int, figure: Figure, ids: set[str], documents: set[str]) -> list[Problem]:
    wanted: list[tuple[str, tuple[str, ...], set[str], str]] = [
        ("source", figure.sources, documents, "an id of sources.csv"),
        ("part_of", (figure.part_of,) if figure.part_of else (), ids, "an id of this table"),
        ("derived_from", figure.constituents, ids, "ids of this table"),
        ("supersedes", (figure.supersedes,) if figure.supersedes else (), ids, "an id of this table"),
    ]
    return [
        Problem(file, expected, row, column, name, "add it, or correct the spelling")
        for column, names, known, expected in wanted
        for name in names
        if name not in known
    ]


def _sense_problems(file: str, row: int, figure: Figure) -> list[Problem]:
    problems = []

    def wrong(column: str, read: str, expected: str, remedy: str = "") -> None:
        problems.append(Problem(file, expected, row, column, read, remedy))

    if not figure.source and not figure.derived_from:
        wrong("source", "", "a source, or the figures it was derived from", "no figure stands without one")
    if figure.derived_from and not figure.method:
        wrong("method", "", "how it was derived", "write the arithmetic, such as 530.6 / 46")
    if figure.value is None and figure.kind != "event" and figure.qualifier != "unknown":
        wrong("value", "", 'a number, or the qualifier "unknown"')
    if figure.value is not None and not figure.unit:
        wrong("unit", "", "a unit", "people, flights, lb, CAD ...")
    try:
        if figure.start and figure.end and _day(figure, "first_day") > _day(figure, "last_day"):
            wrong("to", figure.end, f"a date not before {figure.start}")
    except ValueError as error:
        wrong("from", f"{figure.start} {figure.end}".strip(), "a year, month or day that exists", str(error))
    return problems


def _circles(file: str, rows: list[tuple[int, Figure]]) -> list[Problem]:
    table = {figure.id: figure for _, figure in rows}
    links: tuple[tuple[str, Callable[[Figure], tuple[str, ...]]], ...] = (
        ("part_of", lambda figure: (figure.part_of,) if figure.part_of else ()),
        ("derived_from", lambda figure: figure.constituents),
    )
    return [
        Problem(file, "no figure that contains itself", row, column, figure.id, "break the circle")
        for column, follow in links
        for row, figure in rows
        if _reaches(figure, table, follow)
    ]


def _reaches(figure: Figure, table: Mapping[str, Figure], follow: Callable[[Figure], tuple[str, ...]]) -> bool:
    waiting, seen = list(follow(figure)), set[str]()
    while waiting:
        name = waiting.pop()
        if name == figure.id:
            return True
        if name in table and name not in seen:
            seen.add(name)
            waiting += follow(table[name])
    return False
