"""A very large activity written in flat memory: its parts wait on disk until the head, which comes last, is known."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import IO, Any

import msgspec

from castor.ledger.iati.model import REPEATED, Activity

Element = Any


class Spool:
    """Files, one for each element that repeats, of parts of one activity; use it as a context manager."""

    def __init__(self) -> None:
        self.files: dict[str, IO[bytes]] = {}
        self.stack = ExitStack()
        self.encoder = msgspec.json.Encoder()

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()

    def put(self, part: Activity) -> None:
        """Set aside what repeats in a part."""
        for name in REPEATED:
            if getattr(part, name):
                if name not in self.files:
                    self.files[name] = self.stack.enter_context(tempfile.TemporaryFile(prefix="castor-"))  # noqa: SIM115
                only = Activity(**{name: getattr(part, name)})
                self.files[name].write(self.encoder.encode(only) + b"\n")

    def parts(self, name: str) -> Iterator[Activity]:
        """Yield what was set aside of one kind, in order."""
        file = self.files.get(name)
        if file is None:
            return
        file.seek(0)
        decoder = msgspec.json.Decoder(Activity)
        for line in file:
            yield decoder.decode(line)


def merged(
    head: Element, spool: Spool, tags: Mapping[str, str], place: Callable[[str], int],
    children: Callable[[str, Activity], Iterator[Element]],
) -> Iterator[Element]:  # fmt: skip
    """Yield the head's children with those set aside among them, in the order of the schema.

    ``tags`` gives the field of every tag that repeats, ``place`` a tag's place in the order, ``children`` the elements
    of a part.
    """
    waiting = sorted(tags, key=place)

    def until(limit: float) -> Iterator[Element]:
        while waiting and place(waiting[0]) < limit:
            tag = waiting.pop(0)
            for part in spool.parts(tags[tag]):
                yield from children(tag, part)

    for child in head:
        yield from until(place(child.tag))
        yield child
    yield from until(float("inf"))
