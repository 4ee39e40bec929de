"""What more would buy, and where a surgical team helps most, on the reference mission and against brute force."""

from __future__ import annotations

import itertools
from pathlib import Path

import msgspec
import numpy as np
import pytest

from castor.cover.frontier import ceiling, fleet_chance, frontier, surgical_teams
from castor.cover.posture import case, judge
from castor.errors import MissionError
from castor.mission import read


def test_fleets_have_their_airframes_and_chances(mali: Path) -> None:
    judged = case(read(mali))
    fleet, chance = fleet_chance(judged, 2, 1)
    assert fleet.airframes == {"CH-147F": 3, "CH-146": 5}
    assert chance == pytest.approx(judged.chance)
    fleet, chance = fleet_chance(judged, 1, 0)
    assert chance == pytest.approx([1 - 0.8**3, 0.8**3])
    fleet, chance = fleet_chance(judged, 1, 2)  # enough airframes for two, crews and kit for one
    assert chance.size == 2
    assert chance.sum() == pytest.approx(1)


def test_more_formations_spares_and_bases_are_never_worse(mali: Path) -> None:
    steps = frontier(case(read(mali), aim="care"), 3)
    for by in ("people", "incidents"):
        value = {
            (s.fleet.formations, s.fleet.spares, s.bases): getattr(s.posture, by).expected
            for s in steps
            if s.posture.chosen_by == by
        }
        for (n, spare, bases), expected in value.items():
            for more in ((n + 1, spare, bases), (n, spare + 1, bases), (n, spare, bases + 1)):
                assert value.get(more, 1.0) >= expected - 1e-12


@pytest.mark.parametrize("aim", ["both", "care"])
@pytest.mark.parametrize("weights", ["people", "incidents"])
def test_the_ceiling_is_the_best_of_every_choice_and_bounds_the_postures(mali: Path, aim: str, weights: str) -> None:
    judged = case(read(mali), aim=aim)  # type: ignore[arg-type]
    covers, share = judged.clocks.covered(judged.aim), judged.demand.share(weights)
    for top in ceiling(judged, 3, weights):
        best = max(
            float(share @ covers[list(some)].any(axis=0))
            for some in itertools.combinations(range(len(covers)), top.bases)
        )
        assert top.covered == pytest.approx(best)
        assert top.bound == pytest.approx(best)
    tops = {top.bases: top.bound for top in ceiling(judged, 3, weights)}
    for step in frontier(judged, 3, weights=[weights]):
        assert getattr(step.posture, weights).expected <= tops[step.bases] + 1e-9


def test_a_surgical_team_in_the_centre_serves_where_the_violence_is(mali: Path) -> None:
    judged = case(read(mali))
    none, best, *others = surgical_teams(judged, 2, weights="incidents")
    assert none.at == ()
    assert best.posture.places[0] == "sevare"
    assert none.posture.incidents.covered == pytest.approx(0.117, abs=0.001)
    assert best.posture.incidents.covered == pytest.approx(0.444, abs=0.001)
    assert best.more_people < 0  # and it costs cover of the troops
    assert all(best.more_incidents >= other.more_incidents - 1e-9 for other in others)


def test_a_team_never_hurts_by_its_own_weights_and_two_are_no_worse_than_one(mali: Path) -> None:
    judged = msgspec.structs.replace(case(read(mali)), chance=np.eye(4)[3])
    one = surgical_teams(judged, 3, weights="people")
    two = surgical_teams(judged, 3, weights="people", teams=2)
    assert all(team.more_people >= -1e-12 for team in one)
    assert two[1].more_people >= one[1].more_people - 1e-12
    assert one[1].at == ("timbuktu",)


def test_no_formations_is_refused(mali: Path) -> None:
    with pytest.raises(MissionError, match="whole number"):
        frontier(case(read(mali)), 0)


def test_a_team_brings_no_fuel_but_its_hospital_is_used(mali: Path) -> None:
    judged = case(read(mali))
    best = surgical_teams(judged, 1, weights="incidents")[1]
    mission = judged.mission
    places = tuple(msgspec.structs.replace(p, medical="2") if p.id in best.at else p for p in mission.places)
    again = judge(case(msgspec.structs.replace(mission, places=places)), best.posture.places)
    assert again.incidents.covered == pytest.approx(best.posture.incidents.covered)
