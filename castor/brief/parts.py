"""The parts that every section is made of: tables, folded details, figures with a caption, and the list of sources."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

import msgspec

from castor.brief.words import Both, both, exact, number, word


class Section(msgspec.Struct, frozen=True):
    """A section of the page: its anchor, its title and its HTML."""

    id: str
    title: Both
    body: str


class Sources:
    """The sources that the page cites, numbered in the order in which they are first cited."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}

    def cite(self, source: str, url: str = "") -> str:
        """A link to a source in the list at the end; nothing for an empty source."""
        said = " ".join(source.split())
        if not said:
            return ""
        at = self._numbers.setdefault((said, url), len(self._numbers) + 1)
        return f"<a href=#s{at}>{at}</a>"

    def section(self) -> Section | None:
        """The list of all sources cited; nothing when there are none."""
        if not self._numbers:
            return None
        items = "".join(f"<li id=s{at}>{link(said, url)}" for (said, url), at in self._numbers.items())
        return Section("sources", word("sources.title"), lead(word("sources.lead")) + f"<ol class=sources>{items}</ol>")


def link(said: str, url: str) -> str:
    """A text that leads to an address on the network if the reader follows it; nothing is fetched before."""
    text = html.escape(said)
    return f'<a href="{html.escape(url, quote=True)}" rel=noreferrer>{text}</a>' if url.startswith("http") else text


def lead(said: Both) -> str:
    """The sentence under a section's title that says what to see."""
    return f"<p class=lead>{said.html()}</p>"


def note(said: Both) -> str:
    """A remark in small type."""
    return f"<p class=note>{said.html()}</p>"


def cell(value: object) -> str:
    """A value of a table: both languages, a number grouped, nothing as nothing (the page draws a dash); escaped."""
    if isinstance(value, Markup):
        return value
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return word("yes" if value else "no").html()
    if isinstance(value, int):
        return exact(value).html()
    if isinstance(value, float):
        digits = 0 if value == round(value) else 1 if abs(value) >= 10 else 2
        return number(value, digits).html()
    return both(value).html()


class Markup(str):
    """HTML that is already safe."""


def table(headers: Sequence[object], rows: Iterable[Sequence[object]], caption: Both | None = None) -> str:
    """A table; columns of numbers are set right. It scrolls within itself where the page is narrow."""
    body = [list(row) for row in rows]
    numeric = [
        any(_is_number(row[at]) for row in body) and all(row[at] in (None, "") or _is_number(row[at]) for row in body)
        for at in range(len(headers))
    ]
    right = " ".join(f"r{at}" for at, is_number in enumerate(numeric, 1) if is_number)
    kind = f' class="{right}"' if " " in right else f" class={right}" if right else ""
    head = "".join(f"<th>{cell(h)}" for h in headers)
    lines = "".join("<tr>" + "".join(f"<td>{cell(v)}" for v in row) for row in body)
    said = f"<caption>{caption.html()}</caption>" if caption else ""
    return f"<div class=scroll tabindex=0 role=region><table{kind}>{said}<thead><tr>{head}<tbody>{lines}</table></div>"


def _is_number(value: object) -> bool:
    if isinstance(value, Both):
        return re.fullmatch(r"[\d.,%\s\u2212+]+", value.en) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def details(summary: Both, content: str) -> str:
    """Content folded away behind its summary."""
    return f"<details><summary>{summary.html()}</summary>{content}</details>"


def behind(headers: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """The table behind a chart, folded."""
    return details(word("table.behind"), table(headers, rows))


def figure(picture: str, caption: Both | None = None, more: str = "", kind: str = "") -> str:
    """A chart with its title above and its table or legend below."""
    said = f"<figcaption>{caption.html()}</figcaption>" if caption else ""
    return (
        f'<figure class="{kind}">{said}{picture}{more}</figure>' if kind else f"<figure>{said}{picture}{more}</figure>"
    )


def legend(items: Iterable[tuple[str, Both]]) -> str:
    """A legend: a small picture and its name, in a row that wraps."""
    return "<ul class=legend>" + "".join(f"<li>{mark}<span>{said.html()}</span>" for mark, said in items) + "</ul>"


def swatch(content: str, w: float = 22, h: float = 16) -> str:
    """A small picture for a legend, centred about (w/2, h/2)."""
    return f'<svg viewBox="0 0 {w:g} {h:g}" width={w:g} height={h:g} aria-hidden=true class=map>{content}</svg>'
