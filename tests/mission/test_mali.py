"""The reference mission: it reads, every row names its source, and an estimate says how it was made."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from castor.mission import Mission, read
from castor.mission.model import TABLES
from castor.mission.settings import rule_names


@pytest.fixture(scope="module")
def mission(mali: Path) -> Mission:
    return read(mali)


@pytest.mark.parametrize("table", TABLES)
def test_every_row_has_a_source_and_estimates_say_how(mission: Mission, table: str) -> None:
    for row in getattr(mission, table):
        assert row.source, row
        for part in re.split(r"\bestimate\b", row.source)[1:]:
            assert part.lstrip()[0] in ":,", f"{row.source}: an estimate must say how"
            assert len(part.lstrip(":, ").split()) >= 2


def test_every_rule_has_a_source(mission: Mission) -> None:
    rules = {name for name in rule_names() if name.split(".")[0] in ("clock", "flying", "cover")}
    said = msgspec.to_builtins(mission.rules.simulation)
    rules |= {f"simulation.{name}" for name, value in said.items() if value not in (None, "")}
    assert rules <= set(mission.sources)


def test_camps_and_strengths(mission: Mission) -> None:
    strengths = {
        "gao": 5605, "kidal": 3163, "timbuktu": 2370, "tessalit": 1320, "douentza": 1160, "diabaly": 1100,
        "ansongo": 950, "sevare": 950, "bamako": 705, "menaka": 450, "aguelhok": 335, "goundam": 300, "ber": 150,
        "gossi": 150,
    }  # fmt: skip
    assert {name: mission.place[name].people for name in strengths} == strengths
    assert sum(strengths.values()) == 18708
    assert all("nominal" in mission.place[name].note for name in strengths)


def test_names_keep_their_accents(mission: Mission) -> None:
    names = {place.name for place in mission.places}
    assert {"Ménaka", "Mopti-Sévaré", "Léré", "I-n-Déliman", "Évreux-Fauville", "Istres-Le Tubé"} <= names


def test_hospitals(mission: Mission) -> None:
    levels = {place.id: place.medical for place in mission.places if place.medical}
    assert levels == {"gao": "2", "kidal": "2", "bamako": "2", "sevare-hospital": "2", "GOBD": "4"}
    assert mission.place["timbuktu"].medical is None


def test_fleet_by_type(mission: Mission) -> None:
    count = {kind: sum(a.type == kind for a in mission.aircraft) for kind in ("CH-147F", "CH-146", "CC-177", "IAR-330")}
    assert count == {"CH-147F": 3, "CH-146": 5, "CC-177": 4, "IAR-330": 4}
    assert mission.formation["evac"].escorts == 2
    assert (mission.formation["evac"].litters, mission.formation["evac"].seats) == (3, 4)


def test_the_niger_runs_through_its_towns(mali: Path, mission: Mission) -> None:
    features = json.loads((mali / mission.overlay).read_text(encoding="utf-8"))["features"]
    assert all("estimate" in feature["properties"]["source"] for feature in features)
    river = next(f for f in features if f["properties"]["name"] == "Niger")["geometry"]["coordinates"]
    assert len(river) > 60
    for name in ("gao", "bourem", "ansongo"):
        place = mission.place[name]
        assert min(abs(lon - place.lon) + abs(lat - place.lat) for lon, lat in river) < 0.05
