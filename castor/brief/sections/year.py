"""A year by chance: what would happen, beside what was flown, and which input matters most."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from castor.brief import charts, svg
from castor.brief.charts import Curve, Frame
from castor.brief.parts import Section, behind, figure, lead, note, table
from castor.brief.words import Both, both, join, number, percent, word
from castor.simulate.sensitivity import Swing
from castor.simulate.trials import Value

SHARES = ("care_share", "surgery_share", "none_free_share", "utilisation")
_TOLD = ("calls", "patients", "care_min", "surgery_min", "care_share", "surgery_share", "none_free_share", "wait_min",
         "missions", "passengers", "tonnes", "hours", "evacuation_hours", "transport_hours", "training_hours",
         "utilisation", "transfer_hours")  # fmt: skip


class Flown(msgspec.Struct, frozen=True):
    """A measure simulated and as flown (in words, with its qualifier); ``more``: share of the replications that come to
    as much or more; ``why`` they differ; ``fitted``: where the input behind it is from.
    """

    measure: str
    simulated: Value
    flown: Both
    fitted: str = ""
    more: float | None = None
    why: Both = both("")


class Contrast(msgspec.Struct, frozen=True):
    """A variant flown under the same casualties and weather: its summary, and its paired change from the first."""

    name: Both
    summary: Mapping[str, Value]
    change: Mapping[str, Value] | None = None


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
    hours: Sequence[tuple[Both, float]] = ()
    swings: Sequence[Swing] = ()
    launch: Sequence[Contrast] = ()
    rules: Sequence[Contrast] = ()
    gaps: Sequence[Gap] = ()
    off: Sequence[Both] = ()
    others: int = 0
    """Replications behind the variants: the first of those above."""
    traced: str = ""
    """The picture of one replication, see ``traced``."""


def year(given: Year) -> Section | None:
    """The section of the simulated year; nothing without a replication."""
    if not given.replications or not given.summary:
        return None
    body = lead(_lead(given)) + _beside(given)
    body += f"<div class=pair>{_percentiles(given)}{_tornado(given)}</div>"
    body += _contrasts("launch", given, given.launch) + _contrasts("rules", given, given.rules) + _gaps(given)
    body += given.traced
    body += _summary(given)
    if given.off:
        body += note(word("year.off") + " " + join(given.off, most=40))
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
    rows = [
        [word(f"measure.{f.measure}"), _span(f.measure, f.simulated), f.flown,
         None if f.more is None else percent(f.more), f.why, f.fitted]
        for f in given.flown
    ]  # fmt: skip
    heads = [word("what"), *(word(f"year.{name}") for name in ("simulated", "flown", "more", "why", "fitted"))]
    body = table(heads, rows)
    if given.hours:
        told = [(name, max(hours, 0.0), number(hours)) for name, hours in given.hours]
        body += f"<h4>{word('year.hours').html()}</h4>{charts.bars(told)}"
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
    shares = sorted({s for points in known.values() for _, s in points})
    at = {what: {s: m for m, s in points} for what, points in known.items()}
    rows = [[percent(s), *(number(of[s]) if s in of else None for of in at.values())] for s in shares]
    caption = word("year.percentiles")
    heads = [word("share"), *(word(what) for what in at)]
    return figure(charts.curves(frame, lines, caption), caption, behind(heads, rows))


def _tornado(given: Year) -> str:
    swings = [s for s in given.swings if math.isfinite(s.at_low.value + s.at_high.value)]
    if not swings:  # where nobody reaches surgery there is no mean to change
        return ""
    width, left, row = 500.0, 128.0, 30.0
    tall = 34 + row * len(swings) + 24
    most = max(s.size for s in swings) or 1.0
    scale = charts.axis(0, most, ticks=2)
    middle, half = (left + width - 50) / 2 + 8, (width - left) / 2 - 48

    def at(value: float) -> float:
        return middle + value / scale.high * half

    parts = [svg.line(middle, 22, middle, tall - 22, class_="grid")]
    for tick in scale.ticks():
        for value in {tick, -tick}:
            parts.append(svg.text(at(value), tall - 6, number(value), class_="tick", text_anchor="middle"))
    for index, s in enumerate(swings):
        y = 28 + row * index
        parts.append(svg.text(0, y + 14, word(f"input.{s.name.replace(' ', '_')}"), class_="tick"))
        same = s.at_low.value * s.at_high.value > 0
        for value, said, kind in ((s.at_low.value, s.low, "a"), (s.at_high.value, s.high, "b")):
            x, tall_bar = at(value), 11 if same else 18
            y = 28 + row * index + (12 if same and kind == "b" else 0)
            parts.append(svg.rect(min(x, middle), y, abs(x - middle), tall_bar, class_=f"swing w-{kind}"))
            ahead = value > 0 or (value == 0 and kind == "b")
            parts.append(
                svg.text(
                    x + (4 if ahead else -4),
                    y + tall_bar - 2 - 3 * (not same),
                    said,
                    class_="mark-n",
                    text_anchor=None if ahead else "end",
                )
            )
    rows = [
        [
            word(f"input.{s.name.replace(' ', '_')}"),
            s.low,
            _change("surgery_min", s.at_low),
            s.high,
            _change("surgery_min", s.at_high),
        ]
        for s in swings
    ]
    heads = [word("input"), word("low"), word("change"), word("high"), word("change")]
    caption = word("year.tornado")
    return figure(
        svg.picture(width, tall, parts, caption, class_="chart"),
        caption,
        note(word("year.tornado.note", n=number(given.others))) + behind(heads, rows),
    )


def _contrasts(name: str, given: Year, variants: Sequence[Contrast]) -> str:
    """Variants in a table, each with its paired changes from the first."""
    if len(variants) < 2:
        return ""
    measures = ("surgery_min", "surgery_share", "none_free_share")
    rows = [
        [one.name, *(_say(m, one.summary[m].value) for m in measures),
         *(None if one.change is None else _change(m, one.change[m]) for m in measures[:2])]
        for one in variants
    ]  # fmt: skip
    heads = [word(f"year.{name}.one"), *(word(f"measure.{m}") for m in measures)]
    heads += [word("year.less", what=word(f"measure.{m}")) for m in measures[:2]]
    told = note(word(f"year.{name}.note", n=number(given.others)))
    return f"<h3>{word(f'year.{name}').html()}</h3>{told}{table(heads, rows)}"


def _change(measure: str, value: Value) -> Both:
    """A change with its sign and interval."""
    if math.isnan(value.value):
        return both("–")
    scale, digits = (100.0, 1) if measure in SHARES else (1.0, 1)
    sign = "+" if value.value > 0 else ""
    said = both(sign) + number(value.value * scale, digits)
    if math.isnan(value.low) or value.low == value.high:
        return said
    return said + " (" + number(value.low * scale, digits) + " / " + number(value.high * scale, digits) + ")"


def _gaps(given: Year) -> str:
    if not given.gaps:
        return ""
    rows = [[gap.when, _span("calls", gap.calls), _span("patients", gap.patients)] for gap in given.gaps]
    heads = [word("when"), word("measure.calls"), word("measure.patients")]
    told = note(word("year.gaps.note", n=number(given.others)))
    return f"<h3>{word('year.gaps').html()}</h3>{told}{table(heads, rows)}"


def _summary(given: Year) -> str:
    told = [name for name in _TOLD if name in given.summary and name not in {f.measure for f in given.flown}]
    rows = [[word(f"measure.{name}"), _span(name, given.summary[name])] for name in told]
    return behind([word("what"), word("year.simulated")], rows)
