"""The store of record: one SQLite file, append-only, in which every record is chained to the one before it.

A record is a figure, a source, an IATI activity (or a part of one) or the note of an imported file, as JSON. Nothing
is overwritten: a correction is a new record that supersedes. Writers wait for each other; what was committed survives
a killed process; what was not leaves no trace. ``verify`` finds every record that was changed, removed or slipped in.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from castor.errors import LedgerError, Problem
from castor.ledger.figure import Figure, Source
from castor.ledger.iati.model import Activity
from castor.ledger.record import Ledger, check_record, ledger_of

WAIT = 60.0
"""Seconds that a writer waits for another to finish."""
START = b"\0" * 32

MIGRATIONS = (
    """
    CREATE TABLE record (
        seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, at TEXT NOT NULL, body BLOB NOT NULL,
        previous BLOB NOT NULL, hash BLOB NOT NULL
    );
    CREATE TRIGGER record_is_not_changed BEFORE UPDATE ON record
        BEGIN SELECT RAISE(ABORT, 'the record is append-only: add a correction that supersedes'); END;
    CREATE TRIGGER record_is_not_removed BEFORE DELETE ON record
        BEGIN SELECT RAISE(ABORT, 'the record is append-only: add a correction that supersedes'); END;
    """,
    """
    CREATE INDEX record_by_id ON record (kind, id);
    CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL, hash BLOB NOT NULL);
    INSERT INTO head SELECT 1, coalesce(max(seq), 0),
        coalesce((SELECT hash FROM record ORDER BY seq DESC LIMIT 1), zeroblob(32)) FROM record;
    """,
)
"""SQL that takes a store from each version to the next; the version is SQLite's ``user_version``."""

Row = tuple[str, str, bytes]
"""Kind, id and body of a record to append."""
Kept = TypeVar("Kept", bound=Struct)


class Imported(Struct, frozen=True):
    """The note of an imported file: name, SHA-256 and size in bytes, and how many records it gave."""

    file: str
    sha256: str
    size: int
    records: int = 0


class Store:
    """An open store; use it as a context manager. Writing waits for other writers; reading never does."""

    def __init__(self, path: str | Path, *, create: bool = True) -> None:
        self.path = Path(path)
        if not create and not self.path.exists():
            raise _wrong(self.path, "a store", "make one with castor ledger import FOLDER")
        try:
            self.db = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)
            self._prepare()
        except sqlite3.Error as error:
            raise _wrong(self.path, f"a store that can be opened: {error}") from error

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store."""
        self.db.close()

    def _prepare(self) -> None:
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.execute("PRAGMA foreign_keys = ON")
        if self._version() == len(MIGRATIONS):
            return
        with self._writing():
            version = self._version()
            if version > len(MIGRATIONS):
                raise _wrong(
                    self.path, f"a store of version {len(MIGRATIONS)} or less", "use a newer castor", str(version)
                )
            for at, script in enumerate(MIGRATIONS[version:], version + 1):
                for statement in _statements(script):
                    self.db.execute(statement)
                self.db.execute(f"PRAGMA user_version = {at}")

    def _version(self) -> int:
        return int(self.db.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise

    def append(self, rows: Iterable[Row]) -> int:
        """Append records in one transaction, all or none; returns how many.

        Raises ``LedgerError`` when the disk is full, the store is locked for too long, or it cannot be written.
        """
        try:
            with self._writing():
                return self._append(rows)
        except sqlite3.Error as error:
            raise _wrong(self.path, f"a store that can be written: {error}", "nothing of this was recorded") from error

    def _append(self, rows: Iterable[Row]) -> int:
        start, previous = self.db.execute("SELECT count, hash FROM head").fetchone()
        at = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        seq = start

        def chained() -> Iterator[tuple[int, str, str, str, bytes, bytes, bytes]]:
            nonlocal seq, previous
            for kind, name, body in rows:
                seq += 1
                digest = _digest(previous, seq, kind, name, at, body)
                yield seq, kind, name, at, body, previous, digest
                previous = digest

        self.db.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?)", chained())
        self.db.execute("UPDATE head SET count = ?, hash = ?", (seq, previous))
        return int(seq - start)

    @property
    def head(self) -> tuple[int, str]:
        """How many records there are, and the hash of the last: note it elsewhere to prove nothing was cut off."""
        count, digest = self.db.execute("SELECT count, hash FROM head").fetchone()
        return int(count), bytes(digest).hex()

    def verify(self, head: str = "") -> list[Problem]:
        """Check every record against the chain; returns what was touched, empty when the store is whole.

        ``head`` is a hash noted earlier: it must still stand in the chain.
        """
        problems: list[Problem] = []
        expected, previous, noted = 1, START, not head

        def touched(seq: int, read: str, said: str) -> None:
            problems.append(Problem(str(self.path), said, seq, "record", read, "restore it from a copy"))

        for seq, kind, name, at, body, before, digest in self.db.execute("SELECT * FROM record ORDER BY seq"):
            if seq != expected:
                touched(expected, f"records {expected} to {seq - 1}", "a record where one was removed")
            before, body, digest = _bytes(before), _bytes(body), _bytes(digest)
            if before != previous and seq == expected:
                touched(seq, f"{kind} {name}", "a record chained to the one before it")
            if _digest(before, seq, kind, name, at, body) != digest:
                touched(seq, f"{kind} {name}", "a record as it was written: it was changed")
            noted = noted or digest.hex() == head
            expected, previous = seq + 1, digest
        count, last = self.head
        if count != expected - 1 or last != previous.hex():
            touched(count, f"{expected - 1} records", f"{count} records, as at the last writing")
        if not noted:
            touched(count, head, "the noted hash in the chain")
        return problems

    def bodies(self, kind: str) -> Iterator[bytes]:
        """Yield the bodies of all records of a kind in the order of writing."""
        for (body,) in self.db.execute("SELECT body FROM record WHERE kind = ? ORDER BY seq", (kind,)):
            yield bytes(body)

    def _kept(self, kind: str, cls: type[Kept]) -> Iterator[Kept]:
        decoder = msgspec.json.Decoder(cls)
        for body in self.bodies(kind):
            yield decoder.decode(body)

    def activities(self) -> Iterator[Activity]:
        """Yield every IATI activity, or its parts, in the order of writing."""
        return self._kept("activity", Activity)

    def files(self) -> list[Imported]:
        """Return the notes of the files that were imported."""
        return list(self._kept("file", Imported))

    def ledger(self) -> Ledger:
        """Return the figures and sources as a ledger."""
        sources = {source.id: source for source in self._kept("source", Source)}
        return ledger_of(self._kept("figure", Figure), sources.values(), folder=str(self.path))

    def add(self, figures: Iterable[Figure] = (), sources: Iterable[Source] = ()) -> int:
        """Append figures and sources that are not there yet; returns how many were.

        A figure under an id that the store holds with other content is refused: write it under a new id that
        ``supersedes`` the old one. Raises ``LedgerError`` with everything wrong; nothing is written then.
        """
        new_figures, new_sources = list(figures), list(sources)
        try:
            with self._writing():
                return self._append(self._checked(new_figures, new_sources))
        except sqlite3.Error as error:
            raise _wrong(self.path, f"a store that can be written: {error}", "nothing of this was recorded") from error

    def _checked(self, figures: list[Figure], sources: list[Source]) -> list[Row]:
        held = {figure.id: figure for figure in self._kept("figure", Figure)}
        documents = {source.id: source for source in self._kept("source", Source)}
        changed = [figure for figure in figures if figure.id in held and held[figure.id] != figure]
        problems = [
            Problem(str(self.path), "the figure as it was recorded", None, "id", figure.id,
                    "give the correction an id of its own and supersedes = the old id")
            for figure in changed
        ]  # fmt: skip
        fresh = [figure for figure in figures if figure.id not in held]
        known = {**documents, **{source.id: source for source in sources}}
        problems += check_record([*held.values(), *fresh], known.values(), str(self.path))
        if problems:
            raise LedgerError(problems)
        encode = msgspec.json.encode
        rows = [("source", item.id, encode(item)) for item in sources if documents.get(item.id) != item]
        return rows + [("figure", item.id, encode(item)) for item in fresh]


def _statements(script: str) -> Iterator[str]:
    held = ""
    for line in script.splitlines(keepends=True):
        held += line
        if held.strip() and sqlite3.complete_statement(held):
            yield held
            held = ""


def _bytes(value: object) -> bytes:
    """Return what a tampered column holds as bytes, whatever type was put there."""
    return value if isinstance(value, bytes) else str(value).encode()


def _digest(previous: bytes, seq: int, kind: str, name: str, at: str, body: bytes) -> bytes:
    head = f"{seq}\0{kind}\0{name}\0{at}\0".encode()
    return hashlib.sha256(previous + head + body).digest()


def _wrong(path: Path, expected: str, remedy: str = "", read: str | None = None) -> LedgerError:
    return LedgerError([Problem(str(path), expected, read=read, remedy=remedy)])


def encoded(activities: Iterable[Activity]) -> Iterator[Row]:
    """Return activities as records to append."""
    encoder = msgspec.json.Encoder()
    for activity in activities:
        yield "activity", activity.id, encoder.encode(activity)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def note(path: Path, digest: str, records: int) -> Row:
    """Return the note of an imported file as a record to append."""
    made: Any = Imported(str(path), digest, path.stat().st_size, records)
    return "file", str(path), msgspec.json.encode(made)
