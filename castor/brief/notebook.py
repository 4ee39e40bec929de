"""Results as a notebook shows them: the page's own sections, each in a frame of its own with the page's style.

The frame keeps the page's style from the notebook's and needs no network; English and French change by its switch.
"""

from __future__ import annotations

import html as markup
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from castor.brief import gantt, recorded
from castor.brief.covering import Cover
from castor.brief.map import Theatre
from castor.brief.page import framed
from castor.brief.parts import Section, Sources, table
from castor.brief.sections.cover import cover
from castor.brief.sections.done import done
from castor.brief.sections.programme import Programme, kind_of, programme
from castor.brief.sections.theatre import theatre
from castor.brief.sections.year import SHARES
from castor.brief.words import Both, both, number, percent, word
from castor.brief.words import table as words
from castor.cover.posture import Posture
from castor.flight.plan import Plan
from castor.ledger import Ledger
from castor.ledger.protect import published
from castor.mission.model import Mission
from castor.shown import Shown

if TYPE_CHECKING:
    from castor.airlift.solve import Lifted
    from castor.airlift.trials import BridgeTrials
    from castor.simulate.trials import Trials

MOST_FIGURES = 100
"""Figures of an account listed in a notebook."""
TALL = 620
"""Height of a frame in pixels; it can be dragged taller."""


class Beside(Shown, Struct, frozen=True):
    """A mission and a result shown on it: legs on the map, cover with the names of places."""

    mission: Mission
    result: object


def show(mission: Mission, result: object) -> Beside:
    """A result with the mission it belongs to, for a notebook: a plan on the map, a cover with all its charts."""
    return Beside(mission, result)


def html(result: object) -> str:
    """What a notebook shows for a result: a frame, or its kind where castor has no picture of it."""
    if isinstance(result, Beside):
        sections: Sequence[Section] = _beside(result.mission, result.result)
    else:
        name = f"{type(result).__module__}.{type(result).__name__}"
        sections = _ALONE[name](result) if name in _ALONE else []
    if not sections:
        return f"<p>{markup.escape(type(result).__name__)}</p>"
    document = markup.escape(framed(sections), quote=True)
    return (
        f'<iframe srcdoc="{document}" title="castor" sandbox="" '
        f'style="width:100%;height:{TALL}px;border:0;resize:vertical"></iframe>'
    )


def _beside(mission: Mission, result: object) -> list[Section]:
    if isinstance(result, Plan):
        found = programme(mission, Programme(result))
        return [found] if found else _plan(result)
    if isinstance(result, Cover):
        drawn = theatre(Theatre(mission, result.held, result.rings, result.radius_km), Sources())
        return [section for section in (drawn, cover(mission, result)) if section]
    if isinstance(result, Posture):
        drawn = theatre(Theatre(mission, result.places), Sources())
        return [section for section in (drawn, *_posture(result)) if section]
    return []


def _mission(mission: Mission) -> list[Section]:
    found = theatre(Theatre(mission), Sources())
    return [found] if found else []


def _plan(plan: Plan) -> list[Section]:
    """A plan by itself: its legs by tail, without a map, and what it leaves out."""
    rows = [
        gantt.Row(both(unit), [gantt.Bar(f.off, f.on, kind_of(f), both(f.destination))
                               for f in plan.flights if f.unit == unit])
        for unit in dict.fromkeys(f.unit for f in plan.flights)
    ]  # fmt: skip
    picture = gantt.draw(rows, (plan.start, plan.end), word("programme.title")) if rows else ""
    heads = [word(key) for key in ("unit", "from", "to", "off", "on", "pax", "cargo", "litters")]
    legs = [
        [f.unit, f.origin, f.destination, f"{f.off:%Y-%m-%d %H%MZ}", f"{f.on:%H%MZ}", f.pax, f.cargo_kg, f.litters]
        for f in plan.flights
    ]
    left = [[one.request, word(f"reason.{one.reason}"), one.detail] for one in plan.unserved]
    more = table([word("request"), word("reason"), word("detail")], left) if left else ""
    return [Section("plan", word("programme.title"), picture + table(heads, legs) + more)]


def _posture(posture: Posture) -> list[Section]:
    heads = [word("weighted.by"), word("care.target"), word("surgery.target"), word("both.targets"), word("expected")]
    rows = []
    for weights in ("people", "incidents"):
        measure = getattr(posture, weights)
        shares = (measure.care, measure.surgery, measure.covered, measure.expected)
        rows.append([word(weights), *[percent(share, 1) for share in shares]])
    title = both(" > ".join(posture.places))
    return [Section("posture", title, table(heads, rows))]


def _lifted(lifted: Lifted) -> list[Section]:
    from castor.brief.rooms import operation
    from castor.brief.sections.airlift import Lift, airlift

    names = list(dict.fromkeys(load.operation for load in lifted.bridge.loads))
    found = airlift(Lift([operation(lifted, names[0])], [], [])) if names else None
    return [found] if found else []


def _bridge_trials(trials: BridgeTrials) -> list[Section]:
    rows = [[percent(share), f"{trials.closes(share):%Y-%m-%d}"] for share in (0.1, 0.25, 0.5, 0.75, 0.9)]
    heads = [Both("share of the trials", "part des essais"), Both("closed by", "pont clos le")]
    said = Both(f"Closure in {trials.closure.size} trials", f"Clôture dans {trials.closure.size} essais")
    return [Section("trials", said, table(heads, rows))]


def _trials(trials: Trials) -> list[Section]:
    rows = []
    for name, value in trials.summary().items():
        if f"measure.{name}" in words() and not math.isnan(value.value):
            shown = percent if name in SHARES else number
            rows.append([word(f"measure.{name}"), *[shown(one, 1) for one in (value.value, value.low, value.high)]])
    heads = [word("what"), word("year.simulated"), Both("from (95%)", "de (95 %)"), Both("to", "à")]
    said = Both(f"{trials.replications} replications", f"{trials.replications} réplications")
    return [Section("trials", said, table(heads, rows))]


def _ledger(record: Ledger) -> list[Section]:
    """The account's tiles, its figures in a table, and its sources; no more than may be published."""
    sources, shown = Sources(), published(record)
    heads = [word("what"), word("when"), word("value")]
    rows = [
        [recorded.label(f), recorded.when(f), recorded.with_cites(shown, f, sources)]
        for f in shown.figures[:MOST_FIGURES]
    ]
    count = len(shown.figures)
    said = Both(f"{count} figures", f"{count} chiffres")
    found = [done(shown, sources), Section("figures", said, table(heads, rows)), sources.section()]
    return [section for section in found if section is not None]


_ALONE: Mapping[str, Callable[[Any], Sequence[Section]]] = {
    "castor.mission.model.Mission": _mission,
    "castor.flight.plan.Plan": _plan,
    "castor.cover.posture.Posture": _posture,
    "castor.airlift.solve.Lifted": _lifted,
    "castor.airlift.trials.BridgeTrials": _bridge_trials,
    "castor.simulate.trials.Trials": _trials,
    "castor.ledger.record.Ledger": _ledger,
}
"""How each result is shown by itself, by its name: rooms that a notebook does not use are not loaded."""
