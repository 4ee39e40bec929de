"""A year by chance: what would happen, beside what was flown, and which input matters most."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from castor.brief import charts, svg
from castor.brief.charts import Curve, Frame
from castor.brief.parts import Section, behind, figure, lead, note, table
from castor.brief.words import Both, both, join, number, percent, word

SHARES = ("care_share", "surgery_share", "none_free_share", "utilisation")
_TOLD = ("calls", "patients", "care_min", "surgery_min", "care_share", "surgery_share", "none_free_share", "wait_min",
         "missions", "passengers", "tonnes", "hours", "evacuation_hours", "transport_hours", "training_hours",
         "utilisation")  # fmt: skip


class Value(msgspec.Struct, frozen=True):
    """A simulated value with its 95 % confidence interval."""

    value: float
    low: float
    high: float


class Flown(msgspec.Struct, frozen=True):
    """A measure simulated and as flown (in words, with its qualifier); ``fitted``: what an input behind it was fitted
    to."""

    measure: str
    simulated: Value
    flown: Both
    fitted: str = ""


class Swing(msgspec.Struct, frozen=True):
    """An input at a low and a high value, and the measure's change from the base at each."""

    name: str
    low: str
    high: str
    at_low: float
    at_high: float


class Gap(msgspec.Struct, frozen=True):
    """A time with nobody standing by: the calls and patients it would have brought on average."""

    when: Both
    calls: Value
    patients: Value


class Year(msgspec.Struct, frozen=True):
    """What the page shows of a simulation. ``percentiles``: for care and surgery, (share, minutes); ``off``: processes
    that nothing states."""

    replications: int
    days: int
    summary: Mapping[str, Value]
    percentiles: Mapping[str, Sequence[tuple[float, float]]]
    flown: Sequence[Flown] = ()
    hours: Mapping[str, float] = {}
    swings: Sequence[Swing] = ()
    gaps: Sequence[Gap] = ()
    off: Sequence[str] = ()


def year(given: Year) -> Section | None:
    """The section of the simulated year; nothing without a replication."""
    if not given.replications or not given.summary:
        return None
    body = lead(_lead(given)) + _beside(given)
    body += f"<div class=pair>{_percentiles(given)}{_tornado(given)}</div>" + _gaps(given) + _summary(given)
    if given.off:
        body += note(word("year.off") + " " + join(given.off))
    return Section("year", word("year.title"), body)


def _say(measure: str, value: float) -> Both:
    if math.isnan(value):
        return both("–")
    if measure in SHARES:
        return percent(value, 1)
    size = abs(value)
    return number(value, 0 if size >= 100 else 1 if size >= 10 else 2)


def _span(measure: str, value: Value) -> Both:
    said = _say(measure, value.value)
    if math.isnan(value.low):
        return said
    return said + " (" + _say(measure, value.low) + "–" + _say(measure, value.high) + ")"


def _lead(given: Year) -> Both:
    wanted = {"minutes": "surgery_min", "share": "surgery_share", "none": "none_free_share"}
    size = {"n": number(given.replications), "days": number(given.days)}
    if not all(name in given.summary for name in wanted.values()):
        return word("year.lead.short", **size)
    told = {key: _say(name, given.summary[name].value) for key, name in wanted.items()}
    return word("year.lead", **size, **told)


def _beside(given: Year) -> str:
    if not given.flown:
        return ""
    rows = [[word(f"measure.{f.measure}"), _span(f.measure, f.simulated), f.flown, f.fitted] for f in given.flown]
    heads = [word("what"), word("year.simulated"), word("year.flown"), word("year.fitted")]
    body = table(heads, rows)
    if given.hours:
        told = [(both(name), max(hours, 0.0), number(hours)) for name, hours in given.hours.items()]
        body = (
            f"<div class=pair><div>{body}</div><div><h4>{word('year.hours').html()}</h4>{charts.bars(told)}</div></div>"
        )
    return f"<h3>{word('year.beside').html()}</h3>{note(word('year.beside.note'))}{body}"


def _percentiles(given: Year) -> str:
    known = {what: [(m, s) for s, m in points if math.isfinite(m)] for what, points in given.percentiles.items()}
    known = {what: points for what, points in known.items() if len(points) > 1}
    if not known:
        return ""
    most = max(m for points in known.values() for m, _ in points)
    frame = Frame(
        charts.axis(0, most * 1.05, word("year.minutes"), ticks=6), charts.Axis(0, 1, 0.25, word("share"), share=True)
    )
    lines = [Curve(word(what), points, "a" if what == "surgery" else "b") for what, points in known.items()]
    rows = [[word(what), percent(s), number(m)] for what, points in known.items() for m, s in points]
    caption = word("year.percentiles")
    return figure(
        charts.curves(frame, lines, caption), caption, behind([word("what"), word("share"), word("year.minutes")], rows)
    )


def _tornado(given: Year) -> str:
    if not given.swings:
        return ""
    width, left, row = 500.0, 128.0, 30.0
    tall = 34 + row * len(given.swings) + 24
    most = max(max(abs(s.at_low), abs(s.at_high)) for s in given.swings) or 1.0
    scale = charts.axis(0, most, ticks=2)
    middle, half = (left + width - 50) / 2 + 8, (width - left) / 2 - 48

    def at(value: float) -> float:
        return middle + value / scale.high * half

    parts = [svg.line(middle, 22, middle, tall - 22, class_="grid")]
    for tick in scale.ticks():
        for value in {tick, -tick}:
            parts.append(svg.text(at(value), tall - 6, number(value), class_="tick", text_anchor="middle"))
    for index, s in enumerate(given.swings):
        y = 28 + row * index
        parts.append(svg.text(0, y + 14, word(f"input.{s.name.replace(' ', '_')}"), class_="tick"))
        for value, said, kind in ((s.at_low, s.low, "a"), (s.at_high, s.high, "b")):
            x = at(value)
            parts.append(svg.rect(min(x, middle), y, abs(x - middle), 18, class_=f"swing w-{kind}"))
            ahead = value > 0 or (value == 0 and kind == "b")
            parts.append(
                svg.text(x + (4 if ahead else -4), y + 13, said, class_="mark-n", text_anchor=None if ahead else "end")
            )
    rows = [
        [word(f"input.{s.name.replace(' ', '_')}"), s.low, round(s.at_low, 1), s.high, round(s.at_high, 1)]
        for s in given.swings
    ]
    heads = [word("input"), word("low"), word("change"), word("high"), word("change")]
    caption = word("year.tornado")
    return figure(
        svg.picture(width, tall, parts, caption, class_="chart"),
        caption,
        note(word("year.tornado.note")) + behind(heads, rows),
    )


def _gaps(given: Year) -> str:
    if not given.gaps:
        return ""
    rows = [[gap.when, _span("calls", gap.calls), _span("patients", gap.patients)] for gap in given.gaps]
    heads = [word("when"), word("measure.calls"), word("measure.patients")]
    return f"<h3>{word('year.gaps').html()}</h3>{note(word('year.gaps.note'))}{table(heads, rows)}"


def _summary(given: Year) -> str:
    rows = [[word(f"measure.{name}"), _span(name, given.summary[name])] for name in _TOLD if name in given.summary]
    return behind([word("what"), word("year.simulated")], rows)
