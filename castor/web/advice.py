"""Whom to send: each formation on standby for a call, with its clock and the cover that stays behind.

The advice ranks what can go; the decision stays with whoever holds launch authority. The clock is the mission's own
(see ``castor.cover.reach``); what remains is the share of people and of incidents that the others still cover.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

from msgspec import Struct

from castor.brief.words import Both
from castor.cover.posture import Case, judge
from castor.cover.reach import clock
from castor.dispatch.nineline import Call
from castor.dispatch.rules import ranking
from castor.mission.model import Formation


class Option(Struct, frozen=True, kw_only=True):
    """One formation that could go: the clock from wounding, trips, and what is still covered while it is away.

    ``care_min`` and ``surgery_min`` are infinite where it cannot reach; ``trips`` is how often it must fly for all
    patients.
    """

    place: str
    hospital: str
    care_min: float
    surgery_min: float
    stops: int
    trips: int
    within_care: bool
    within_surgery: bool
    left_people: float
    left_incidents: float

    @property
    def reaches(self) -> bool:
        """Whether there is a route at all."""
        return math.isfinite(self.surgery_min)


class Advice(Struct, frozen=True, kw_only=True):
    """Options in the order advised, best first; ``reason`` says why the first is first, or why nobody can go."""

    call: Call
    moment: dt.datetime
    night: bool
    options: tuple[Option, ...]
    reason: Both

    @property
    def best(self) -> Option | None:
        """The option advised, or None where nobody reaches the patients."""
        return self.options[0] if self.options and self.options[0].reaches else None


def advise(case: Case, posture: Sequence[str], call: Call, moment: dt.datetime) -> Advice:
    """Rank the formations of a posture (one per place named) for a call, as ``castor.dispatch.rules.ranking`` does.

    First those that meet both targets, among them the one that leaves most people covered, then the soonest; where
    none meets them, the soonest to surgery. This is "keep the best remaining cover, subject to the clock".
    """
    clocks = clock(
        case.mission, case.formation, list(dict.fromkeys(posture)), ([call.lat], [call.lon]),
        day=moment.date(), night=case.night, rules=case.rules,
    )  # fmt: skip
    options = []
    for row, place in enumerate(clocks.places):
        others = list(posture)
        others.remove(place)
        left = judge(case, others) if others else None
        hospital = int(clocks.hospital[row, 0])
        care, surgery = float(clocks.care[row, 0]), float(clocks.surgery[row, 0])
        options.append(
            Option(
                place=place,
                hospital=clocks.hospitals[hospital] if hospital >= 0 else "",
                care_min=care,
                surgery_min=surgery,
                stops=int(clocks.stops[row, 0]),
                trips=_trips(case.formation, case, call),
                within_care=care <= clocks.targets[0],
                within_surgery=surgery <= clocks.targets[1],
                left_people=left.people.covered if left else 0.0,
                left_incidents=left.incidents.covered if left else 0.0,
            )
        )
    options.sort(key=lambda option: option.place)
    best = ranking(
        [option.surgery_min for option in options],
        [option.within_care and option.within_surgery for option in options],
        [option.left_people for option in options],
    )
    ranked = tuple(options[k] for k in best)
    return Advice(call=call, moment=moment, night=case.night, options=ranked, reason=_reason(ranked))


def _trips(formation: Formation, case: Case, call: Call) -> int:
    kind = case.mission.type[formation.lead]
    litters = kind.litters if formation.litters is None else formation.litters
    seats = kind.seats if formation.seats is None else formation.seats
    if litters + seats == 0:
        return 0
    lying = math.ceil(call.litter / litters) if litters else (0 if call.litter == 0 else 10**6)
    return max(1, lying, math.ceil((call.litter + call.ambulatory) / (litters + seats)))


def _reason(options: Sequence[Option]) -> Both:
    if not options:
        return Both("No formation is on standby.", "Aucune formation n'est en alerte.")
    first = options[0]
    if not first.reaches:
        return Both(
            "No formation on standby reaches the patients and a surgical hospital within its fuel.",
            "Aucune formation en alerte n'atteint les patients puis un hôpital chirurgical avec son carburant.",
        )
    if first.within_care and first.within_surgery:
        if len(options) == 1:
            return Both("Meets both targets.", "Les deux délais sont tenus.")
        return Both(
            "Meets both targets and leaves the most people covered.",
            "Les deux délais sont tenus et la couverture restante est la meilleure.",
        )
    missed = [
        said
        for said, met in (
            (Both("care", "soins"), first.within_care),
            (Both("surgery", "chirurgie"), first.within_surgery),
        )
        if not met
    ]
    return Both(
        f"Soonest to surgery; missed: the target to {' and to '.join(said.en for said in missed)}.",
        f"La plus rapide jusqu'à la chirurgie; délai dépassé : {' et '.join(said.fr for said in missed)}.",
    )
