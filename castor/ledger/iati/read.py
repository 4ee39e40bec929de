"""IATI files of any version and size, in one streaming pass and flat memory.

Entities, document types and the network stay off; libxml2's own limits (depth, length of a text, amplification) stay
on; and no stretch of ``STRETCH`` bytes may pass without an element that can be freed. Broken XML is reported with its
line; what was whole before it has been read.
"""

from __future__ import annotations

import codecs
import gzip
import lzma
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, cast

from lxml import etree

from castor.errors import Problem
from castor.ledger.iati.elements import REPEATING, fill_head, start_activity, written_entities
from castor.ledger.iati.model import Activity

STRETCH = 64_000_000
"""Bytes that may pass without an element of IATI that can be read and freed."""
LARGEST = 16_000_000_000
"""Bytes, unpacked, of the largest file that is read."""
PART = 2_000
"""Repeated elements after which an activity is handed over in parts."""

Problems = list[Problem]


class _TooMuchError(Exception):
    pass


class _Metered:
    """A file that counts what is read and stops at the limits."""

    def __init__(self, raw: IO[bytes]) -> None:
        self.raw = raw
        self.count = 0
        self.mark = 0

    def read(self, size: int = -1) -> bytes:
        data = self.raw.read(size)
        self.count += len(data)
        if self.count - self.mark > STRETCH:
            raise _TooMuchError(f"an IATI element within {STRETCH // 1_000_000} MB")
        if self.count > LARGEST:
            raise _TooMuchError(f"at most {LARGEST // 1_000_000_000} GB of XML")
        return data


def members(path: Path) -> list[str]:
    """Return the XML files inside a zip archive, or one empty name for any other file."""
    if not zipfile.is_zipfile(path):
        return [""]
    with zipfile.ZipFile(path) as archive:
        return [name for name in archive.namelist() if name.lower().endswith(".xml")]


def _open(path: Path, member: str, stack: ExitStack) -> IO[bytes]:
    raw = stack.enter_context(path.open("rb"))
    if member:
        archive = stack.enter_context(zipfile.ZipFile(raw))
        return stack.enter_context(archive.open(member))
    magic = raw.read(6)
    raw.seek(0)
    if magic[:2] == b"\x1f\x8b":
        return cast(IO[bytes], stack.enter_context(gzip.open(raw)))
    if magic == b"\xfd7zXZ\x00":
        return stack.enter_context(lzma.open(raw))
    return raw


def read_activities(path: str | Path, problems: Problems) -> Iterator[Activity]:
    """Read one file (XML, or gzip, xz or zip of XML) and yield its activities; large ones come in parts.

    Nothing is raised for a bad file: what is wrong is added to ``problems`` with the file and line.
    """
    path = Path(path)
    try:
        names = members(path)
    except OSError as error:
        problems.append(Problem(str(path), f"cannot be read: {error.strerror or error}"))
        return
    for member in names:
        file = f"{path}/{member}" if member else str(path)
        with ExitStack() as stack:
            try:
                source = _open(path, member, stack)
                yield from read_stream(source, file, problems)
            except (OSError, EOFError, lzma.LZMAError, zipfile.BadZipFile, RuntimeError) as error:
                problems.append(Problem(file, f"cannot be read: {error}", remedy="is the file complete?"))
            except ValueError as error:
                problems.append(Problem(file, f"cannot be unpacked: {error}"))


def read_stream(source: IO[bytes], file: str, problems: Problems) -> Iterator[Activity]:
    """Read one XML stream and yield its activities; what is wrong is added to ``problems``."""
    seen = 0
    again: int | None = None
    start = source.tell() if source.seekable() else None
    try:
        for item in _stream(_Metered(source), file, problems, recover=False):
            seen += 1
            yield item
    except etree.XMLSyntaxError as error:
        line = max(error.position[0] if error.position else error.lineno or 0, 1)
        remedy = "mend the file; what stands before this line was read"
        problems.append(Problem(file, f"XML that can be read: {_said(error)}", line, remedy=remedy))
        if getattr(error, "code", 0) == etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE and start is not None:
            again = seen
    except _TooMuchError as error:
        problems.append(Problem(file, str(error), remedy="the rest of the file was not read"))
    except (ValueError, LookupError, UnicodeError) as error:
        problems.append(Problem(file, f"XML that can be read: {error}"))
    if again is not None and start is not None:
        source.seek(start)
        yield from _tolerant(source, file, again, problems)


def _tolerant(source: IO[bytes], file: str, skip: int, problems: Problems) -> Iterator[Activity]:
    """Read on where only a namespace prefix was not declared: the names stand as written."""
    try:
        for at, item in enumerate(_stream(_Metered(source), file, [], recover=True)):
            if at >= skip:
                yield item
    except (etree.XMLSyntaxError, _TooMuchError) as error:
        problems.append(Problem(file, f"XML that can be read: {_said(error)}"))


def _said(error: Exception) -> str:
    text = str(error)
    return text.partition(", line ")[0] if isinstance(error, etree.XMLSyntaxError) else text


def _stream(source: _Metered, file: str, problems: Problems, *, recover: bool) -> Iterator[Activity]:
    tags = [f"{{*}}{name}" for name in ("iati-activity", *REPEATING)]
    data, encoding = _as_utf8(source)
    context: Any = etree.iterparse(
        data,
        encoding=encoding,
        events=("end",),
        tag=tags,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
        huge_tree=False,
    )
    builder = _Builder(file, problems)
    for _, element in context:
        source.mark = source.count
        done = builder.take(element)
        if done is not None:
            yield done
        if recover and _fatal(context.error_log):
            return
    if not builder.checked and context.root.tag.rpartition("}")[2] != "iati-activities":
        remedy = "nothing was read from it; is it another kind of file?"
        problems.append(Problem(file, "IATI activities", 1, read=context.root.tag, remedy=remedy))


def _fatal(log: Any) -> bool:
    return any(entry.level == etree.ErrorLevels.FATAL for entry in log)


def _as_utf8(source: _Metered) -> tuple[Any, str | None]:
    """Return the source, or its text in UTF-8 when it is UTF-16 (whose declaration then no longer holds)."""
    head = source.read(4)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _Recoded(head, source), "utf-8"
    return _Joined(head, source), None


class _Joined:
    def __init__(self, head: bytes, source: _Metered) -> None:
        self.head = head
        self.source = source

    def read(self, size: int = -1) -> bytes:
        if self.head:
            head, self.head = self.head, b""
            return head + self.source.read(max(size - len(head), 0) if size > 0 else size)
        return self.source.read(size)


class _Recoded:
    def __init__(self, head: bytes, source: _Metered) -> None:
        self.source = source
        self.decoder = codecs.getincrementaldecoder("utf-16")()
        self.head = head

    def read(self, size: int = -1) -> bytes:
        head, self.head = self.head, b""
        data = head + self.source.read(size)
        return self.decoder.decode(data, not data).encode("utf-8")


def _strip(element: Any, space: str) -> None:
    """Take a namespace off everything inside an element."""
    for one in element.iterdescendants(f"{space}*"):
        one.tag = one.tag[len(space) :]


class _Builder:
    """Collects what ends into the activity it belongs to, and frees it."""

    def __init__(self, file: str, problems: Problems) -> None:
        self.file = file
        self.problems = problems
        self.item: Activity | None = None
        self.owner: Any = None
        self.spent: Any = None
        self.held = 0
        self.parts = 0
        self.version = ""
        self.space = ""
        self.checked = False
        self.entities = False

    def take(self, element: Any) -> Activity | None:
        """Take an element that ended; return an activity, or a part of one, when there is one to hand over."""
        if self.spent is not None:
            parent = self.spent.getparent()
            if parent is not None:
                parent.remove(self.spent)
            self.spent = None
        space, mark, tag = element.tag.rpartition("}")
        space += mark
        if tag == "iati-activity":
            return self._finish(element, space)
        parent = element.getparent()
        if parent is None or parent.tag != f"{space}iati-activity":
            return None
        if parent is not self.owner or self.item is None:
            self._begin(parent)
        if space:
            _strip(element, space)
        name, read = REPEATING[tag]
        if self.entities:
            written_entities(element)
        held = getattr(self.item, name)
        if held:
            held.append(read(element))
        else:
            setattr(self.item, name, [read(element)])
        element.clear()
        self.spent = element
        self.held += 1
        return self._hand_over(parent) if self.held >= PART else None

    def _begin(self, element: Any) -> Activity:
        if not self.checked:
            self._check_document(element)
        self.owner = element
        self.held = 0
        self.item = start_activity(element, self.version, self.file)
        return self.item

    def _hand_over(self, element: Any) -> Activity:
        part = self.item if self.item is not None else self._begin(element)
        name = element.find(f"{self.space}iati-identifier")
        part.id = (name.text or "").strip() if name is not None else ""
        part.more = True
        part.part = self.parts
        self.parts += 1
        self._begin(element)
        return part

    def _finish(self, element: Any, space: str) -> Activity:
        item = self.item if element is self.owner and self.item is not None else self._begin(element)
        item.part = self.parts
        if self.entities:
            written_entities(element)
        if space:
            _strip(element, space)
        fill_head(item, element)
        element.clear()
        self.spent = element if element.getparent() is not None else None
        self.item, self.owner, self.parts, self.held = None, None, 0, 0
        return item

    def _check_document(self, element: Any) -> None:
        self.checked = True
        self.space = element.tag[: -len("iati-activity")]
        if self.space:
            remedy = "it is read as if it had none"
            self.problems.append(Problem(self.file, "IATI, which has no namespace", 1, read=self.space, remedy=remedy))
        root = element.getroottree()
        top = root.getroot()
        holder = element.getparent()
        self.version = (holder.get("version") if holder is not None else None) or top.get("version") or ""
        internal = root.docinfo.internalDTD
        if internal is not None and next(internal.iterentities(), None) is not None:
            self.entities = True
            self.problems.append(
                Problem(self.file, "a file without entities of its own", 1, read="<!ENTITY",
                        remedy="entities are not resolved: they stand in the text as written, &name;")
            )  # fmt: skip
