"""Where a ledger is: a mission folder, a ledger folder, a store, or IATI files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from castor.errors import LedgerError, Problem
from castor.ledger.iati.folder import iati_files, read_folder
from castor.ledger.iati.model import Activity
from castor.ledger.record import STORE, Ledger, ledger_folder, ledger_of, read
from castor.ledger.store import Store


def store_path(path: str | Path) -> Path:
    """Return where the store of a mission or ledger folder is, or the store given."""
    path = Path(path)
    return path if path.suffix in (".sqlite", ".db") else ledger_folder(path) / STORE


def ledger_at(path: str | Path) -> Ledger:
    """Return the figures of a folder (its CSV files and its store) or of a store; none for IATI files alone."""
    path = Path(path)
    if not path.exists():
        raise LedgerError([Problem(str(path), "a mission folder, a ledger folder, a store or an IATI file")])
    if path.is_dir():
        return read(path)
    written = Ledger(folder=str(path))
    return with_store(written, path) if path == store_path(path) else written


def with_store(written: Ledger, place: Path) -> Ledger:
    """Return a ledger with the figures of a store beside it; one that differs between the two is refused."""
    with Store(place, create=False) as store:
        kept = store.ledger()
    known = {figure.id: figure for figure in (*written.figures, *written.history)}
    problems = [
        Problem(written.folder, "the figure as it stands in the store", None, "id", figure.id,
                "give the correction an id of its own and supersedes = the old id")
        for figure in (*kept.figures, *kept.history)
        if figure.id in known and known[figure.id] != figure
    ]  # fmt: skip
    if problems:
        raise LedgerError(problems)
    more = [figure for figure in (*kept.history, *kept.figures) if figure.id not in known]
    sources = {source.id: source for source in (*kept.sources, *written.sources)}
    joined = ledger_of([*written.history, *written.figures, *more], sources.values())
    return msgspec.structs.replace(joined, folder=written.folder)


def activities_at(path: str | Path, problems: list[Problem]) -> Callable[[], Iterable[Activity]]:
    """Return what yields the activities of a path, as often as it is called.

    A store gives its own; a folder with a store those of the store, another those of its IATI files. ``problems``
    holds those of the last reading.
    """
    path = Path(path)
    place = store_path(path)
    if place.exists() and (path.is_dir() or path == place):
        return lambda: _stored(place)
    if path.is_dir() and not iati_files(path):
        return lambda: ()

    def again() -> Iterable[Activity]:
        problems.clear()
        return read_folder(path, problems)

    return again


def _stored(place: Path) -> Iterable[Activity]:
    with Store(place, create=False) as store:
        if any(True for _ in store.files()):
            yield from store.activities()
