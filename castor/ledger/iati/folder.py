"""A folder of IATI files: read in parallel processes, one file each, and loaded into the store."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from castor.errors import Problem
from castor.ledger.iati.model import Activity
from castor.ledger.iati.read import read_activities
from castor.ledger.store import Row, Store, encoded, note, sha256

Answer = TypeVar("Answer")
SUFFIXES = (".xml", ".xml.gz", ".xml.xz", ".xml.zip", ".zip")

SMALL = 20_000_000
"""Bytes up to which a file is read in another process and handed over whole; larger ones stream into the store."""
WORTH = 8_000_000
"""Bytes in all from which other processes are worth starting."""


def iati_files(path: str | Path) -> list[Path]:
    """Return the IATI files of a folder and the folders below it in order of name, or the one file given."""
    path = Path(path)
    if path.is_file():
        return [path]
    return sorted(item for item in path.rglob("*") if item.is_file() and item.name.lower().endswith(SUFFIXES))


def read_folder(path: str | Path, problems: list[Problem]) -> Iterator[Activity]:
    """Yield the activities of a file or of all files of a folder, one after the other."""
    for file in iati_files(path):
        yield from read_activities(file, problems)


def over_files(
    work: Callable[[Path], Answer],
    files: Sequence[Path],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
) -> Iterator[tuple[Path, Answer]]:
    """Apply ``work`` to every file in parallel processes; answers come in the order of the files.

    ``executor`` is anything with the interface of ``concurrent.futures.Executor``; without one, as many processes as
    there are cores. The largest files are started first, so that no core waits long for the last.
    """
    if len(files) < 2 or workers == 1:
        for file in files:
            yield file, work(file)
        return
    if executor is not None:
        yield from zip(files, executor.map(work, files))
        return
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        order = sorted(files, key=lambda file: -file.stat().st_size)
        waiting = {file: pool.submit(work, file) for file in order}
        for file in files:
            yield file, waiting[file].result()


class Loaded(Struct):
    """What loading a file gave."""

    file: Path
    activities: int
    problems: list[Problem]
    skipped: bool = False


def load(store: Store, files: Sequence[Path], said: Callable[[Loaded], None] | None = None) -> list[Loaded]:
    """Load IATI files into the store, each whole or not at all; a file whose content is there already is skipped.

    A file with broken XML gives the activities before the break, and a problem.
    """
    known = {item.sha256 for item in store.files()}
    digests = {file: sha256(file) for file in files}
    fresh = {digests[file]: file for file in reversed(files) if digests[file] not in known}
    small = [file for file in fresh.values() if file.stat().st_size <= SMALL]
    parallel = len(small) > 1 and sum(file.stat().st_size for file in small) > WORTH
    ready = over_files(encode, small) if parallel else iter(())
    waiting: dict[Path, Encoded] = {}
    found = []
    for file in files:
        digest = digests[file]
        loaded = Loaded(file, 0, [], skipped=fresh.get(digest) != file)
        if not loaded.skipped:
            while parallel and file in small and file not in waiting:
                done, rows = next(ready)
                waiting[done] = rows
            store.append(_records(file, digest, loaded, waiting.pop(file, None)))
        found.append(loaded)
        if said is not None:
            said(loaded)
    return found


Encoded = tuple[list[Row], list[Problem]]


def encode(file: Path) -> Encoded:
    """Return a file's activities as records, and its problems: what a process hands over."""
    problems: list[Problem] = []
    return list(encoded(read_activities(file, problems))), problems


def _records(file: Path, digest: str, loaded: Loaded, ready: Encoded | None) -> Iterator[Row]:
    if ready is not None:
        loaded.problems.extend(ready[1])
    for row in ready[0] if ready is not None else encoded(read_activities(file, loaded.problems)):
        loaded.activities += 1
        yield row
    yield note(file, digest, loaded.activities)
