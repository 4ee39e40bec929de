"""The evacuations that were flown, put through the clock: what castor makes of each beside what the sources say."""

from __future__ import annotations

import datetime as dt

from msgspec import Struct

from castor.cover.demand import period
from castor.cover.fleet import on_strength, strength
from castor.cover.reach import clock
from castor.flight.geodesy import distance_km
from castor.mission.model import Formation, Incident, Mission

__all__ = ["Flown", "replay"]


class Flown(Struct, frozen=True):
    """One located evacuation. Minutes: castor's by the mission's rules, and as told (absent where no source says).

    ``care`` and ``surgery`` run from the wounding, ``launch`` and ``scene`` from the call, ``back`` from take-off to
    hospital. ``km`` is the great circle from the base; ``stops`` refuelling stops.
    """

    incident: Incident
    formation: str
    base: str
    km: float
    hospital: str
    stops: int
    launch: float
    scene: float
    back: float
    care: float
    surgery: float
    met_care: bool
    met_surgery: bool

    @property
    def differences(self) -> dict[str, float]:
        """castor's minutes (or km) less what the sources tell, for each figure that they tell."""
        told = {
            "launch_min": (self.launch, self.incident.launch_min),
            "scene_min": (self.scene, self.incident.scene_min),
            "return_min": (self.back, self.incident.return_min),
            "km_told": (self.km, self.incident.km_told),
        }
        return {name: ours - theirs for name, (ours, theirs) in told.items() if theirs is not None}


def replay(mission: Mission, *, night: bool = False) -> list[Flown]:
    """Put every located evacuation through the clock, with the formation on strength that day from the base told."""
    found = []
    for incident in mission.incidents:
        if incident.kind != "evacuation":
            continue
        day = period(incident.date)[0]
        flown = _formation(mission, incident, day)
        if flown is not None:
            found.append(_replay(mission, incident, flown, day, night))
    return found


def _formation(mission: Mission, incident: Incident, day: dt.date) -> tuple[Formation, str] | None:
    """The formation that flew it and from where: at the base told if there is one, else at its first base."""
    for formation in on_strength(mission, day):
        bases = [s.base for s in strength(mission, formation, day)]
        if incident.base in bases or (bases and not incident.base):
            return formation, incident.base or bases[0]
    return None


def _replay(mission: Mission, incident: Incident, flown: tuple[Formation, str], day: dt.date, night: bool) -> Flown:
    formation, base = flown
    found = clock(mission, formation, [base], ([incident.lat], [incident.lon]), day=day, night=night)
    care, surgery = float(found.care[0, 0]), float(found.surgery[0, 0])
    rule = mission.rules.clock
    at = mission.place[base]
    number = int(found.hospital[0, 0])
    return Flown(
        incident=incident,
        formation=formation.id,
        base=base,
        km=float(distance_km(at.lat, at.lon, incident.lat, incident.lon)),
        hospital=found.hospitals[number] if number >= 0 else "",
        stops=int(found.stops[0, 0]),
        launch=found.start_min - rule.report_min,
        scene=care - rule.report_min,
        back=surgery - found.start_min,
        care=care,
        surgery=surgery,
        met_care=care <= found.targets[0],
        met_surgery=surgery <= found.targets[1],
    )
