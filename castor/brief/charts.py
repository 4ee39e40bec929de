"""Charts: columns by year, curves, bars. Each is an SVG that scales, read without colour, with its table beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from castor.brief import svg
from castor.brief.words import Both, both, number, percent

LEFT, RIGHT, TOP, BOTTOM = 52.0, 20.0, 28.0, 36.0
UNNAMED = Both("", "")


class Axis(msgspec.Struct, frozen=True):
    """A scale: ``low`` to ``high`` with a tick every ``step``; ``share`` writes percentages."""

    low: float
    high: float
    step: float
    said: Both = Both("", "")
    share: bool = False

    def ticks(self) -> list[float]:
        """The round values from low to high."""
        count = math.floor((self.high - self.low) / self.step + 1e-9)
        return [self.low + index * self.step for index in range(count + 1)]

    def write(self, value: float) -> Both:
        """A tick in words."""
        if self.share:
            return percent(value)
        return number(value, 0 if self.step >= 1 else 1 if self.step >= 0.1 else 2)


def axis(low: float, high: float, said: Both = UNNAMED, *, ticks: int = 5, share: bool = False) -> Axis:
    """A scale with round steps that holds ``low`` and ``high``."""
    high = high if high > low else low + 1.0
    raw = (high - low) / ticks
    size = 10 ** math.floor(math.log10(raw))
    step = next(m * size for m in (1, 2, 2.5, 5, 10) if m * size >= raw * 0.999)
    first = math.floor(low / step + 1e-9) * step
    return Axis(first, math.ceil(high / step - 1e-9) * step, step, said, share)


class Curve(msgspec.Struct, frozen=True):
    """A line: its name, its points, and how it is drawn (``a`` to ``e``, each with its own colour, dash and mark)."""

    name: Both
    points: Sequence[tuple[float, float]]
    kind: str = "a"
    spots: bool = True
    band: Sequence[tuple[float, float, float]] = ()
    """Points of a band about the line: x, low, high."""


class Frame(msgspec.Struct, frozen=True):
    """The plot area of a chart and its two scales."""

    x: Axis
    y: Axis
    width: float = 500.0
    height: float = 300.0

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A point in user units."""
        across = (x - self.x.low) / (self.x.high - self.x.low) * (self.width - LEFT - RIGHT)
        up = (y - self.y.low) / (self.y.high - self.y.low) * (self.height - TOP - BOTTOM)
        return LEFT + across, self.height - BOTTOM - up

    def grid(self) -> list[str]:
        """Grid lines, ticks and the names of the scales."""
        parts = []
        for value in self.y.ticks():
            _, y = self.at(self.x.low, value)
            parts.append(svg.line(LEFT, y, self.width - RIGHT, y, class_="grid"))
            parts.append(svg.text(LEFT - 6, y + 4, self.y.write(value), class_="tick", text_anchor="end"))
        for value in self.x.ticks():
            x, _ = self.at(value, self.y.low)
            parts.append(
                svg.text(x, self.height - BOTTOM + 17, self.x.write(value), class_="tick", text_anchor="middle")
            )
        parts.append(svg.text(self.width - RIGHT, self.height - 3, self.x.said, class_="axis", text_anchor="end"))
        parts.append(svg.text(0, 10, self.y.said, class_="axis"))
        return parts


def curves(
    frame: Frame,
    lines: Sequence[Curve],
    title: Both,
    marks: Sequence[tuple[float, Both]] = (),
    shade: Sequence[tuple[float, float]] = (),
) -> str:
    """Lines over a grid, each named at its end; ``marks`` are upright lines with a word, ``shade`` grey stretches."""
    parts = [_shaded(frame, low, high) for low, high in shade] + frame.grid()
    for x, said in marks:
        at, low = frame.at(x, frame.y.low)
        parts.append(svg.line(at, TOP, at, low, class_="mark"))
        right = at + svg.width(said, 11) + 6 > frame.width - RIGHT
        parts.append(
            svg.text(at + (-4 if right else 4), TOP + 9, said, class_="mark-n", text_anchor="end" if right else None)
        )
    for line in lines:
        if line.band:
            upper = [frame.at(x, high) for x, _, high in line.band]
            lower = [frame.at(x, low) for x, low, _ in reversed(line.band)]
            parts.append(svg.tag("path", d=svg.points([*upper, *lower], True), class_=f"band c-{line.kind}"))
        parts.append(
            svg.tag("path", d=svg.points([frame.at(x, y) for x, y in line.points]), class_=f"curve c-{line.kind}")
        )
        if line.spots and len(line.points) <= 24:
            parts += [spot(line.kind, *frame.at(x, y)) for x, y in line.points]
    parts += _names(frame, lines)
    return svg.picture(
        frame.width, frame.height, parts, title, class_="chart chart-wide" if frame.width > 700 else "chart"
    )


def _shaded(frame: Frame, low: float, high: float) -> str:
    (x1, _), (x2, _) = frame.at(max(low, frame.x.low), 0), frame.at(min(high, frame.x.high), 0)
    return svg.rect(x1, TOP, x2 - x1, frame.height - TOP - BOTTOM, class_="off")


def spot(kind: str, x: float, y: float) -> str:
    """The mark of a kind of line: circle, square or triangle."""
    shape = "abcde".find(kind) % 3
    if shape == 0:
        return svg.circle(x, y, 3.6, class_=f"spot s-{kind}")
    if shape == 1:
        return svg.rect(x - 3.4, y - 3.4, 6.8, 6.8, class_=f"spot s-{kind}")
    d = f"M{svg.short(x)} {svg.short(y - 4.4)}L{svg.short(x + 4)} {svg.short(y + 3)}H{svg.short(x - 4)}z"
    return svg.tag("path", d=d, class_=f"spot s-{kind}")


def _names(frame: Frame, lines: Sequence[Curve]) -> list[str]:
    """Each line's name above or below it, far from other lines and names, rather to the right."""
    drawn = [(line, [frame.at(x, y) for x, y in line.points]) for line in lines if line.points and line.name.en]
    parts: list[str] = []
    taken: list[tuple[float, float, float]] = []
    for line, own in drawn:
        half = svg.width(line.name, 12, True) / 2
        others = [path for other, path in drawn if other is not line]
        best, found = -1e9, (0.0, 0.0)
        for share in range(0, 101, 4):
            x = LEFT + 4 + half + share / 100 * (frame.width - LEFT - RIGHT - 2 * half - 4)
            under = _heights(own, x, half)
            if not under:
                continue
            near = [h for path in others for h in _heights(path, x, half)]
            near += [h for tx, ty, wide in taken if abs(tx - x) < half + wide for h in (ty, ty - 11)]
            for base, dislike in ((min(under) - 6, 0.0), (max(under) + 15, 3.0)):
                if base < TOP + 8 or base > frame.height - BOTTOM - 3:
                    continue
                free = min([max(h - base, base - 11 - h) for h in near] + [24.0])
                score = free - 0.6 * (max(under) - min(under)) + 0.02 * share - dislike
                if score > best:
                    best, found = score, (x, base)
        if found[0]:
            taken.append((*found, half))
            parts.append(svg.text(*found, line.name, class_=f"name n-{line.kind}", text_anchor="middle"))
    return parts


def _heights(path: Sequence[tuple[float, float]], x: float, half: float) -> list[float]:
    """The heights of a drawn line over a stretch, at seven places."""
    found = []
    for at in (x + half * step / 3 for step in range(-3, 4)):
        for (x1, y1), (x2, y2) in pairwise(path):
            if x1 <= at <= x2:
                found.append(y1 if x1 == x2 else y1 + (at - x1) / (x2 - x1) * (y2 - y1))
    return found


class Column(msgspec.Struct, frozen=True):
    """A column over a place on the scale: its height, what is written above it, how exact it is."""

    x: float
    value: float
    said: Both
    about: bool = False
    title: Both = Both("", "")


def columns(
    frame: Frame, bars: Sequence[Column], title: Both, *, shade: Sequence[tuple[float, float]] = (), wide: float = 0.7
) -> str:
    """Columns; one that is only about right is hatched. ``shade`` are stretches of the scale drawn grey."""
    hatch = svg.tag("path", d="M0 5L5 0M-1 1L1 -1M4 6L6 4", stroke="#fff", stroke_width=1.3)
    parts = [svg.tag("defs", svg.tag("pattern", hatch, id="about", width=5, height=5, patternUnits="userSpaceOnUse"))]
    parts += [_shaded(frame, low, high) for low, high in shade]
    parts += frame.grid()
    for bar in bars:
        (x1, base), (x2, top) = frame.at(bar.x - wide / 2, frame.y.low), frame.at(bar.x + wide / 2, bar.value)
        shape = svg.rect(x1, top, x2 - x1, base - top, class_="col")
        if bar.about:
            shape += svg.rect(x1, top, x2 - x1, base - top, fill="url(#about)")
        tip = svg.tag("title", both(bar.title).attribute()) if bar.title.en else ""
        parts.append(svg.tag("g", tip + shape + svg.text((x1 + x2) / 2, top - 5, bar.said, class_="over")))
    return svg.picture(frame.width, frame.height, parts, title, class_="chart chart-wide")


def bars(rows: Sequence[tuple[Both, float, Both]], most: float | None = None, kind: str = "a") -> str:
    """Level bars as a table of HTML: a name, a bar as long as its value, the value in words."""
    top = most or max((abs(value) for _, value, _ in rows), default=1.0) or 1.0
    lines = "".join(
        f"<tr><th scope=row>{name.html()}<td><b class='len f-{kind}' style='width:{100 * abs(value) / top:.1f}%'></b>"
        f"<td class=n>{said.html()}"
        for name, value, said in rows
    )
    return f"<table class=bars><tbody>{lines}</table>"
