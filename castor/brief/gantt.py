"""Bars through time: the fleet in theatre by years, a day's flights by tail, cover by months."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import msgspec

from castor.brief import svg
from castor.brief.words import Both, both, month

WIDTH = 1040.0
_LEFT = 190.0
_ROW = 26.0
_TOP = 30.0
KINDS = {"pax": "", "cargo": "hatch", "medevac": "dots", "gap": "cross", "rest": "lines", "standby": "", "empty": ""}
"""Kinds of bars and the pattern that tells them apart without colour."""


class Bar(msgspec.Struct, frozen=True):
    """A bar from ``start`` to ``end`` (UTC): ``said`` stands in it where it fits, ``title`` shows on hovering."""

    start: dt.datetime
    end: dt.datetime
    kind: str
    said: Both = Both("", "")
    title: Both = Both("", "")


class Row(msgspec.Struct, frozen=True):
    """A line of the chart: its name and its bars; a row without bars is a heading."""

    name: Both
    bars: Sequence[Bar] = ()


def moment(date: dt.date) -> dt.datetime:
    """The first minute of a day."""
    return dt.datetime(date.year, date.month, date.day)


def draw(
    rows: Sequence[Row],
    span: tuple[dt.datetime, dt.datetime],
    title: Both,
    *,
    shade: Sequence[tuple[dt.datetime, dt.datetime]] = (),
    prefix: str = "g",
) -> str:
    """The chart as an SVG. ``shade`` are stretches (nights) drawn grey behind the bars."""
    tall = _TOP + _ROW * len(rows) + 8
    begin, end = span
    seconds = (end - begin).total_seconds() or 1.0

    def at(moment: dt.datetime) -> float:
        inside = min(max((moment - begin).total_seconds(), 0.0), seconds)
        return _LEFT + inside / seconds * (WIDTH - _LEFT - 4)

    parts = [patterns(prefix)]
    parts += [svg.rect(at(a), _TOP, at(b) - at(a), tall - _TOP - 4, class_="night") for a, b in shade if at(b) > at(a)]
    for tick, said in ticks(begin, end):
        x = at(tick)
        parts.append(svg.line(x, _TOP - 4, x, tall - 4, class_="grid"))
        anchor = "start" if x < _LEFT + 8 else "end" if x > WIDTH - 24 else "middle"
        parts.append(svg.text(x, _TOP - 11, said, class_="tick", text_anchor=anchor))
    for index, row in enumerate(rows):
        y = _TOP + index * _ROW
        parts.append(svg.text(0, y + 17, row.name, class_="row" if row.bars else "row row-head"))
        parts.append(svg.line(_LEFT, y + _ROW, WIDTH - 4, y + _ROW, class_="rule"))
        seen = [bar for bar in row.bars if bar.end > begin and bar.start < end]
        plain = [bar for bar in seen if not bar.said.en and not bar.title.en]
        parts += _together([(bar.kind, at(bar.start), at(bar.end)) for bar in plain], y, prefix)
        told = [bar for bar in seen if bar.said.en or bar.title.en]
        parts += [_bar(bar, at(bar.start), at(bar.end), y + 5, prefix) for bar in told]
    return f"<div class=scroll tabindex=0 role=region>{svg.picture(WIDTH, tall, parts, title, class_='gantt')}</div>"


def _bar(bar: Bar, left: float, right: float, y: float, prefix: str) -> str:
    wide = max(right - left, 1.5)
    tip = svg.tag("title", both(bar.title).attribute()) if bar.title.en else ""
    shape = svg.rect(left, y, wide, _ROW - 9, rx=2, class_=f"bar k-{bar.kind}")
    pattern = KINDS.get(bar.kind, "")
    over = svg.rect(left, y, wide, _ROW - 9, rx=2, fill=f"url(#{prefix}-{pattern})") if pattern else ""
    said = ""
    if bar.said.en and svg.width(bar.said, 11) + 6 < wide:
        said = svg.text((left + right) / 2, y + 12.5, bar.said, class_=f"in in-{bar.kind}")
    elif bar.said.en and bar.kind == "gap":
        said = svg.text(left + wide + 4, y + 12.5, bar.said, class_="beside")
    return svg.tag("g", tip + shape + over + said)


def _together(bars: Sequence[tuple[str, float, float]], y: float, prefix: str) -> list[str]:
    """Bars that say nothing, as one path for each kind; standing by is a thin line below."""
    parts = []
    for kind in dict.fromkeys(kind for kind, _, _ in bars):
        top, tall = (y + _ROW - 5, 3.0) if kind == "standby" else (y + 5, _ROW - 9)
        d = "".join(
            f"M{svg.short(left)} {svg.short(top)}h{svg.short(max(right - left, 1.5))}v{svg.short(tall)}"
            f"h{svg.short(-max(right - left, 1.5))}z"
            for own, left, right in bars
            if own == kind
        )
        parts.append(svg.tag("path", d=d, class_=f"bar k-{kind}"))
        if KINDS.get(kind):
            parts.append(svg.tag("path", d=d, fill=f"url(#{prefix}-{KINDS[kind]})"))
    return parts


def patterns(prefix: str) -> str:
    """Hatches that tell kinds apart in print and for colour-blind readers."""
    hatch = svg.tag("path", d="M0 6L6 0M-1 1L1 -1M5 7L7 5", stroke="#fff", stroke_opacity=".55", stroke_width=1.2)
    dots = svg.circle(2, 2, 0.9, fill="#fff", fill_opacity=".8")
    lines = svg.tag("path", d="M1 0V4", stroke="#7a4a6b", stroke_width=0.8, stroke_opacity=".45")
    cross = svg.tag("path", d="M0 0L6 6M0 6L6 0", stroke="#a34700", stroke_width=0.9, stroke_opacity=".6")
    return svg.tag(
        "defs",
        "".join(
            svg.tag("pattern", shape, id=f"{prefix}-{name}", width=size, height=size, patternUnits="userSpaceOnUse")
            for name, shape, size in (("hatch", hatch, 6), ("dots", dots, 5), ("cross", cross, 6), ("lines", lines, 4))
        ),
    )


def ticks(begin: dt.datetime, end: dt.datetime) -> Iterator[tuple[dt.datetime, Both]]:
    """Round moments between two others, with what to write at them: hours, days, months or years."""
    span = end - begin
    if span <= dt.timedelta(days=2.2):
        step = 2 if span <= dt.timedelta(hours=26) else 4
        tick = begin.replace(hour=begin.hour - begin.hour % step, minute=0, second=0, microsecond=0)
        while tick <= end:
            if tick >= begin:
                yield tick, both(f"{tick.hour:02d}Z")
            tick += dt.timedelta(hours=step)
    elif span <= dt.timedelta(days=45):
        step = 1 if span <= dt.timedelta(days=16) else 7
        tick = moment(begin.date())
        while tick <= end:
            if tick >= begin:
                yield tick, both(tick.day) + " " + month(tick.month)
            tick += dt.timedelta(days=step)
    else:
        yield from _months(begin, end)


def _months(begin: dt.datetime, end: dt.datetime) -> Iterator[tuple[dt.datetime, Both]]:
    months = (end.year - begin.year) * 12 + end.month - begin.month
    step = next((s for s in (1, 2, 3, 6, 12, 24, 60, 120) if months / s <= 13), 240)
    year, at = begin.year, 1
    while (tick := dt.datetime(year, at, 1)) <= end:
        if tick >= begin and (step < 12 or year % (step // 12) == 0):
            yield tick, both(year) if step >= 12 or at == 1 else month(at)
        at += step
        year, at = year + (at - 1) // 12, (at - 1) % 12 + 1
