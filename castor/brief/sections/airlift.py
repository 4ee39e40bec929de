"""The air bridge: flights by aircraft, tonnes against what was due and recorded, and what explains the difference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from castor.brief import charts, gantt
from castor.brief.charts import Curve, Frame
from castor.brief.gantt import Bar, Row
from castor.brief.parts import Section, behind, figure, lead, legend, note, swatch, table
from castor.brief.svg import rect
from castor.brief.words import Both, both, day, join, month, number, percent, word


class Stay(msgspec.Struct, frozen=True):
    """A bar of the bridge: the aircraft or parking spot, from when to when, loaded, positioning or on the ground."""

    row: str
    start: dt.datetime
    end: dt.datetime
    kind: str
    told: str


class Flow(msgspec.Struct, frozen=True):
    """Cumulative tonnes by moment: planned, due, simulated (10, 50, 90 %); and recorded (moment, tonnes, source)."""

    moments: Sequence[dt.datetime]
    planned: Sequence[float]
    due: Sequence[float]
    low: Sequence[float] = ()
    middle: Sequence[float] = ()
    high: Sequence[float] = ()
    recorded: Sequence[tuple[dt.datetime, float, str]] = ()


class Beside(msgspec.Struct, frozen=True):
    """A measure as castor computes it beside what the sources record, and why they differ."""

    what: Both
    computed: object
    recorded: Sequence[tuple[object, str]]
    why: Both


class Onward(msgspec.Struct, frozen=True):
    """Helicopters set down at a staging field: how many of what, landed, reassembled, arrived over which places."""

    what: str
    count: int
    landed: dt.datetime
    ready: dt.datetime
    arrives: dt.datetime
    over: str
    minutes: float


class Operation(msgspec.Struct, frozen=True):
    """One planned bridge. ``gap`` is the relative difference of its closure to what no plan can beat."""

    name: str
    flights: int
    hours: float
    closure: dt.datetime | None
    gap: float | None
    stays: Sequence[Stay]
    spots: Sequence[Stay]
    flow: Flow
    beside: Sequence[Beside] = ()
    left: Sequence[tuple[str, str]] = ()
    onward: Sequence[Onward] = ()


class Corner(msgspec.Struct, frozen=True):
    """So many aircraft and parking spots (none: no limit), and when the bridge closes: planned, and in 10, 50, 90 %."""

    aircraft: int
    spots: int | None
    closure: dt.datetime | None
    p10: dt.datetime
    p50: dt.datetime
    p90: dt.datetime


class Manning(msgspec.Struct, frozen=True):
    """Authorised and deployed strength from a day to a day; of the deployed the women, and who sent how many."""

    start: dt.date
    end: dt.date
    authorised: int | None
    deployed: int | None
    women: int | None = None
    contributors: Sequence[tuple[str, int, int | None]] = ()
    """Country, people, and the women among them where known; the largest first."""


class Relief(msgspec.Struct, frozen=True):
    """Strength of the rotations and the evacuation cover from a day to a day."""

    start: dt.date
    end: dt.date
    deployed: int
    lacking: int
    formations: str
    ready: float
    people_day: float
    people_night: float


class Lift(msgspec.Struct, frozen=True):
    """What the page shows of the air bridge and the rotations."""

    operations: Sequence[Operation]
    corners: Sequence[Corner] = ()
    strengths: Sequence[Manning] = ()
    watches: Sequence[Relief] = ()


def airlift(given: Lift) -> Section | None:
    """The air bridge's section; nothing where nothing was lifted."""
    if not given.operations:
        return None
    body = lead(word("lift.lead"))
    for at, one in enumerate(given.operations):
        body += _operation(one, f"lift{at}")
    body += _corners(given.corners) + _watches(given.watches) + _strengths(given.strengths)
    return Section("airlift", word("lift.title"), body)


def _operation(one: Operation, prefix: str) -> str:
    name = one.name.capitalize()
    closed = day(one.closure.date()) if one.closure else word("nobody")
    told = word("lift.told", flights=number(one.flights), hours=number(one.hours, 1), closure=closed)
    if one.gap is not None:
        shown = round(one.gap, 3)
        told += " " + (word("lift.gap", gap=percent(shown, 1)) if shown else word("lift.proved"))
    body = f"<h3>{both(name).html()}</h3><p>{told.html()}</p>"
    if one.stays:
        body += figure(_gantt(one.stays, prefix), word("lift.flights"), _key(one, prefix) + _list(one.stays))
    if one.spots:
        body += figure(_gantt(one.spots, f"{prefix}s"), word("lift.spots"))
    halves = (_flow(one.flow) if one.beside or one.flow.recorded else "") + _beside(one.beside)
    body += f"<div class=pair>{halves}</div>" if halves else ""
    body += _onward(one.onward)
    if one.left:
        rows = [[load, why] for load, why in one.left]
        body += f"<h4>{word('lift.left').html()}</h4>{table([word('what'), word('reason')], rows)}"
    return body


def _onward(ferries: Sequence[Onward]) -> str:
    if not ferries:
        return ""
    rows = [
        [f"{f.count} × {f.what}", _moment(f.landed), day(f.ready.date()), _moment(f.arrives), f.over,
         number(f.minutes / 60, 1)]
        for f in ferries
    ]  # fmt: skip
    heads = [word(key) for key in ("what", "lift.landed", "lift.ready", "lift.arrives", "way", "lift.hours")]
    title = f"<figcaption>{word('lift.onward').html()}</figcaption>"
    return f"<figure>{title}<div class=scroll tabindex=0 role=region>{table(heads, rows)}</div></figure>"


def _moment(moment: dt.datetime) -> Both:
    return day(moment.date()) + f" {moment:%H%M}Z"


_KIND = {"loaded": "cargo", "positioning": "empty", "ground": "pax"}


def _gantt(stays: Sequence[Stay], prefix: str) -> str:
    said = len(stays) <= 12
    rows = []
    for name in dict.fromkeys(stay.row for stay in stays):
        own = [stay for stay in stays if stay.row == name]
        bars = [Bar(s.start, s.end, _KIND.get(s.kind, "pax"), title=_tip(s) if said else Both("", "")) for s in own]
        rows.append(Row(both(name), bars))
    span = (min(stay.start for stay in stays), max(stay.end for stay in stays))
    return gantt.draw(rows, span, word("lift.flights"), prefix=prefix)


def _tip(stay: Stay) -> Both:
    return both(f"{stay.told}: {stay.start:%m-%d %H%M}Z – {stay.end:%m-%d %H%M}Z")


def _key(one: Operation, prefix: str) -> str:
    kinds = {stay.kind for stay in one.stays}
    items = []
    for kind, key in (("loaded", "carries.loaded"), ("positioning", "task.positioning")):
        if kind in kinds:
            over = rect(1, 2, 20, 12, rx=2, fill=f"url(#{prefix}-hatch)") if kind == "loaded" else ""
            items.append((swatch(rect(1, 2, 20, 12, rx=2, class_=f"bar k-{_KIND[kind]}") + over), word(key)))
    return legend(items)


def _list(stays: Sequence[Stay]) -> str:
    rows = [[s.row, s.told, f"{s.start:%Y-%m-%d %H%M}Z", f"{s.end:%Y-%m-%d %H%M}Z"] for s in stays]
    return behind([word("tail"), word("way"), word("off"), word("on")], rows)


class _Days(charts.Axis, frozen=True):
    """A scale of days since a first one, named by date."""

    first: dt.date = dt.date(2000, 1, 1)

    def write(self, value: float) -> Both:
        """The day and short month."""
        date = self.first + dt.timedelta(days=round(value))
        return both(f"{date.day}\u00a0") + month(date.month)


def _flow(flow: Flow) -> str:
    if len(flow.moments) < 2:
        return ""
    begin = flow.moments[0]
    days = [(moment - begin).total_seconds() / 86400 for moment in flow.moments]
    last = max([days[-1], *[(m - begin).total_seconds() / 86400 for m, _, _ in flow.recorded]])
    most = max([*flow.planned, *flow.due, *flow.high, *[value for _, value, _ in flow.recorded], 1.0])
    step = next(s for s in (1, 2, 5, 7, 14, 30, 60, 90, 180, 365, 3650) if last / s <= 6 or s == 3650)
    frame = Frame(
        _Days(0.0, last, float(step), first=begin.date()), charts.axis(0, most * 1.05, word("tonnes")), 500, 320
    )
    band = list(zip(days, flow.low, flow.high)) if flow.low else ()
    lines = [Curve(word("lift.planned"), list(zip(days, flow.planned)), "a", spots=False, band=band)]
    lines.append(Curve(word("lift.due"), list(zip(days, flow.due)), "e", spots=False))
    if flow.recorded:
        flown = sorted(((moment - begin).total_seconds() / 86400, value) for moment, value, _ in flow.recorded)
        grown = [point for at, point in enumerate(flown) if all(point[1] >= before for _, before in flown[:at])]
        lines.append(Curve(word("lift.recorded"), grown, "b"))
        lines += [Curve(Both("", ""), [point], "b") for point in flown if point not in grown]  # another's smaller count
    heads = [word("when"), word("lift.planned"), word("lift.due")]
    rows: list[list[object]] = [
        [f"{moment:%Y-%m-%d}", round(a, 1), round(b, 1)] for moment, a, b in zip(flow.moments, flow.planned, flow.due)
    ]
    told = [[f"{moment:%Y-%m-%d}", round(value, 1), source] for moment, value, source in flow.recorded]
    more = behind(heads, rows[:: max(len(rows) // 30, 1)])
    more += behind([word("when"), word("lift.recorded"), word("source")], told) if told else ""
    return figure(charts.curves(frame, lines, word("lift.tonnes")), word("lift.tonnes"), note(word("lift.band")) + more)


def _beside(rows: Sequence[Beside]) -> str:
    if not rows:
        return ""
    made = [
        [row.what, _plain(row.computed), join([_plain(value) for value, _ in row.recorded], "; "), row.why]
        for row in rows
    ]
    heads = [word("what"), word("lift.computed"), word("lift.recorded"), word("lift.why")]
    wide = f"<div class=scroll tabindex=0 role=region>{table(heads, made)}</div>"
    return f"<figure><figcaption>{word('lift.beside').html()}</figcaption>{wide}</figure>"


def _plain(value: object) -> Both:
    return number(value, 0 if value == round(value) else 1) if isinstance(value, float) else both(value)


def _corners(corners: Sequence[Corner]) -> str:
    if len(corners) < 2:
        return ""
    rows = [
        [one.aircraft, one.spots if one.spots is not None else word("no.limit"), _date(one.closure), _date(one.p10),
         _date(one.p50), _date(one.p90)]
        for one in corners
    ]  # fmt: skip
    heads = [word(key) for key in ("aircraft", "lift.spots.n", "lift.closure", "p10", "p50", "p90")]
    wide = f"<div class=scroll tabindex=0 role=region>{table(heads, rows)}</div>"
    return f"<h3>{word('lift.corners').html()}</h3>{note(word('lift.corners.note'))}{wide}"


def _date(moment: dt.datetime | None) -> Both | None:
    return _moment(moment) if moment else None


def _strengths(strengths: Sequence[Manning]) -> str:
    known = [s for s in strengths if s.authorised is not None or s.deployed is not None]
    if len(known) < 2:
        return ""
    most = max(max(s.authorised or 0, s.deployed or 0) for s in known)
    frame = Frame(
        _Years(_year(known[0].start), _year(known[-1].end), 1.0), charts.axis(0, most * 1.05, word("people")), 1040, 280
    )
    lines = []
    for key, kind, field in (("lift.authorised", "e", "authorised"), ("deployed", "a", "deployed")):
        stretches = _stretches(known, field)
        lines += [
            Curve(word(key) if at == len(stretches) - 1 else Both("", ""), points, kind, spots=False)
            for at, points in enumerate(stretches)
        ]
    picture = charts.curves(frame, lines, word("lift.strength"))
    rows = [
        [day(s.start), day(s.end), s.authorised, s.deployed, _part(s.deployed, s.authorised), s.women,
         _part(s.women, s.deployed), _sent(s)]
        for s in known
    ]  # fmt: skip
    keys = ("from", "to", "lift.authorised", "deployed", "share", "women", "share", "lift.contributors")
    shown = [row for row, s in zip(rows, known) if s.deployed is not None]
    heads = [word(key) for key in keys]
    wide = f"<div class=scroll tabindex=0 role=region>{table(heads, shown)}</div>" if shown else ""
    return figure(
        f"<div class=scroll tabindex=0 role=region>{picture}</div>", word("lift.strength"), wide + behind(heads, rows)
    )


def _stretches(known: Sequence[Manning], field: str) -> list[list[tuple[float, float]]]:
    """The level lines of a strength; a new one begins after a time for which it is not known."""
    found: list[list[tuple[float, float]]] = []
    before: dt.date | None = None
    for s in known:
        value = getattr(s, field)
        if value is None:
            continue
        if before is None or s.start > before + dt.timedelta(days=1):
            found.append([])
        found[-1] += [(_year(s.start), float(value)), (_year(s.end), float(value))]
        before = s.end
    return found


def _part(part: int | None, whole: int | None) -> Both | None:
    return percent(part / whole, 1) if part is not None and whole else None


def _sent(s: Manning) -> Both:
    of = [f" ({women})" if women is not None else "" for _, _, women in s.contributors]
    said = [f"{name} {people:,}{women}" for (name, people, _), women in zip(s.contributors, of)]
    return Both(", ".join(said), ", ".join(text.replace(",", "\u202f") for text in said))


def _watches(watches: Sequence[Relief]) -> str:
    if not watches:
        return ""
    rows = [
        [day(w.start), day(w.end), w.deployed, w.lacking or None, percent(w.ready), percent(w.people_day),
         percent(w.people_night)]
        if w.formations
        else [day(w.start), day(w.end), w.deployed, w.lacking or None, word("nobody"), None, None]
        for w in watches
    ]  # fmt: skip
    keys = ("from", "to", "deployed", "lift.lacking", "lift.one", "people.day", "people.night")
    title = f"<h3>{word('lift.watch').html()}</h3>{note(word('lift.watch.note'))}"
    return title + f"<div class=scroll tabindex=0 role=region>{table([word(key) for key in keys], rows)}</div>"


class _Years(charts.Axis, frozen=True):
    """A scale of years."""

    def ticks(self) -> list[float]:
        """The first of January of each year."""
        return [float(year) for year in range(int(self.low) + 1, int(self.high) + 1)]

    def write(self, value: float) -> Both:
        """The year."""
        return both(int(value))


def _year(date: dt.date) -> float:
    return date.year + (date.timetuple().tm_yday - 1) / 365.25
