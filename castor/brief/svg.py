"""A small writer of SVG: shapes as strings, numbers short, texts in both languages, widths of texts measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from castor.brief.words import both

# Advance widths of Helvetica and its metric equals (Arial, Liberation Sans), in thousandths of the size.
_BY_WIDTH = {
    191: "'", 222: "ijl", 260: "|", 278: " !,./:;I[\\]ft", 333: "()-`r", 334: "{}", 355: '"', 389: "*", 469: "^",
    500: "Jckvxyzs", 556: "#$0123456789?L_abdeghnopqu", 584: "+<=>~", 611: "FTZ", 667: "&ABEKPSVXY", 722: "CDHNRUw",
    778: "GOQ", 833: "Mm", 889: "%", 944: "W", 1015: "@",
}  # fmt: skip
_WIDTHS = {letter: width for width, letters in _BY_WIDTH.items() for letter in letters}
_BARE = re.compile(r"[\w.#()%-]+")
_SAFETY = 1.06


def width(text: object, size: float, bold: bool = False) -> float:
    """The width of a text in user units: the wider of its two languages, with a margin for other fonts."""
    pair = both(text)
    thousandths = max(sum(_WIDTHS.get(letter, 556) for letter in said) for said in pair)
    return thousandths / 1000 * size * _SAFETY * (1.07 if bold else 1.0)


def short(value: float) -> str:
    """A coordinate with one decimal at most, as short as it can be written."""
    text = f"{value:.1f}"
    if text.endswith(".0"):
        text = text[:-2]
    return "0" if text == "-0" else text


def attributes(given: dict[str, object]) -> str:
    """Attributes as HTML, quoted only where they must be; ``class_`` is ``class``, an underscore a hyphen; ``None`` and
    empty are left out.
    """
    out = []
    for name, value in given.items():
        if value is None or value == "":
            continue
        text = short(value) if isinstance(value, float | int) else both(value).attribute()
        said = text if _BARE.fullmatch(text) else f'"{text}"'
        out.append(f" {name.rstrip('_').replace('_', '-')}={said}")
    return "".join(out)


def tag(name: str, content: str = "", /, **given: object) -> str:
    """An element with its content, unescaped."""
    told = attributes(given)
    if content:
        return f"<{name}{told}>{content}</{name}>"
    return f"<{name}{told}/>" if told.endswith('"') else f"<{name}{told} />"


def group(content: Iterable[str], **given: object) -> str:
    """A ``g`` around shapes; nothing where there are none."""
    inside = "".join(content)
    return tag("g", inside, **given) if inside else ""


def line(x1: float, y1: float, x2: float, y2: float, **given: object) -> str:
    """A straight line."""
    return tag("path", d=f"M{short(x1)} {short(y1)}L{short(x2)} {short(y2)}", **given)


def rect(x: float, y: float, w: float, h: float, **given: object) -> str:
    """A rectangle; never narrower than nothing."""
    return tag("rect", x=x, y=y, width=max(w, 0.0), height=max(h, 0.0), **given)


def circle(x: float, y: float, r: float, **given: object) -> str:
    """A circle."""
    return tag("circle", cx=x, cy=y, r=r, **given)


def text(x: float, y: float, said: object, **given: object) -> str:
    """A text in both languages with its start (or middle, or end: ``text_anchor``) at a point of its base line."""
    return tag("text", both(said).svg(), x=x, y=y, **given)


def points(pairs: Sequence[tuple[float, float]], close: bool = False, digits: int = 1) -> str:
    """Path data through points, written with relative steps of a tenth (of one with no ``digits``)."""
    if not pairs:
        return ""
    x, y = round(pairs[0][0], digits), round(pairs[0][1], digits)
    out = [f"M{short(x)} {short(y)}"]
    for index, (px, py) in enumerate(pairs[1:]):
        dx, dy = round(px - x, digits), round(py - y, digits)
        if dx == 0 and dy == 0 and index < len(pairs) - 2:
            continue
        second = short(dy)
        out.append(f"l{_trim(short(dx))}{'' if second.startswith('-') else ' '}{_trim(second)}")
        x, y = x + dx, y + dy
    return "".join(out) + ("z" if close else "")


def _trim(number: str) -> str:
    return number.replace("0.", ".", 1) if number.startswith(("0.", "-0.")) else number


def picture(w: float, h: float, content: Iterable[str], title: object, **given: object) -> str:
    """A whole SVG that scales to its place, with its name for those who cannot see it."""
    name = both(title).attribute()
    box = f"0 0 {short(w)} {short(h)}"
    return f'<svg viewBox="{box}" role="img" aria-label="{name}"{attributes(given)}>{"".join(content)}</svg>'
