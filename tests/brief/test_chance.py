"""The sections of the air bridge and of the simulated year, from plain values; and what is kept between runs."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import msgspec
import pytest

from castor.brief.kept import kept
from castor.brief.parts import Section
from castor.brief.sections.airlift import Beside, Corner, Flow, Lift, Manning, Operation, Stay, airlift
from castor.brief.sections.year import Contrast, Flown, Gap, Year, year
from castor.brief.words import Both, both
from castor.ledger.figure import Source
from castor.mission import read
from castor.mission.model import Mission, Simulation
from castor.simulate.sensitivity import Swing
from castor.simulate.trials import Value

DAY = dt.datetime(2013, 1, 15)


def _day(count: float) -> dt.datetime:
    return DAY + dt.timedelta(days=count)


def test_the_bridge_shows_flights_tonnes_and_what_was_recorded() -> None:
    stays = [Stay("177702", _day(k), _day(k + 0.2), "loaded", "LFOE-GABS") for k in range(4)]
    flow = Flow(
        [_day(k) for k in range(5)], [0, 30, 60, 90, 120], [0, 0, 0, 0, 120], recorded=[(_day(3), 95.0, "A paper")]
    )
    beside = [Beside(Both("loaded flights", "vols chargés"), 46.0, [(48.0, "x"), (46.0, "y")], both("why"))]
    one = Operation("serval", 4, 23.4, _day(3.2), 0.02, stays, stays, flow, beside, [("a tank", "floor")])
    corners = [Corner(1, 1, _day(9), _day(9), _day(10), _day(12)), Corner(2, None, _day(5), _day(5), _day(6), _day(7))]
    strengths = [
        Manning(DAY.date(), _day(400).date(), 11200, None),
        Manning(_day(401).date(), _day(900).date(), 11240, 11000),
    ]
    section = airlift(Lift([one], corners, strengths))
    assert section is not None
    for said in (
        "4 loaded flights",
        "48; 46",
        "A paper",
        "a tank",
        "No plan closes earlier by more than 2.0%",
        "no limit",
        "11,240",
    ):
        assert said in section.body
    assert airlift(Lift([])) is None


def test_the_year_shows_intervals_and_says_what_was_fitted() -> None:
    summary = {
        "calls": Value(10.9, 10.7, 11.1),
        "surgery_min": Value(151, 148, 154),
        "surgery_share": Value(0.22, 0.21, 0.23),
        "none_free_share": Value(0.021, 0.018, float("nan")),
    }
    gaps = [Gap(both("then"), Value(1.2, 1.1, 1.3), Value(4, 3.9, 4.1))]
    given = Year(
        4000, 396, summary, {"care": [(0.5, 84), (0.9, 140)], "surgery": [(0.5, 148), (0.9, float("inf"))]},
        [Flown("calls", summary["calls"], Both("11", "11"), "another crew", 0.4, both("chance alone"))],
        [(both("evacuation"), 120.0)],
        [Swing("approval", "10", "240", Value(-20, -21, -19), Value(170, 160, 180))],
        [Contrast(both("central"), summary),
         Contrast(both("delegated"), summary, {**summary, "surgery_min": Value(-31.2, -33, -29)})],
        gaps=gaps, off=[both("weather")],
    )  # fmt: skip
    section = year(given)
    assert section is not None
    for said in (
        "4,000 times",
        "10.9 (10.7–11.1)",
        "another crew",
        "chance alone",
        "40%",
        "approval, min",
        "delegated",
        "−31.2 (−33.0 / −29.0)",
        "1.20 (1.10–1.30)",
        "weather",
    ):
        assert said in section.body
    assert year(msgspec.structs.replace(given, replications=0)) is None


def test_a_kept_section_is_made_once_until_the_mission_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made: list[str] = []

    def make(mission: Mission) -> Section | None:
        made.append(mission.name)
        return Section("s", Both("a", "b"), "<p>é") if mission.name != "none" else None

    one = Mission(name="one", title={"en": "One"}, start=DAY.date(), end=DAY.date())
    first = kept("x", one, make)
    assert kept("x", msgspec.structs.replace(one, folder="elsewhere"), make) == first
    assert made == ["one"]
    assert kept("x", msgspec.structs.replace(one, name="none"), make) is None
    assert kept("x", msgspec.structs.replace(one, name="none"), make) is None
    assert made == ["one", "none"]
    next(tmp_path.rglob("x-*.json")).write_text("{", encoding="utf-8")
    kept("x", one, make)
    kept("x", msgspec.structs.replace(one, name="none"), make)
    assert len(made) == 3
    for _ in range(2):
        kept("x", one, make, [Source(id="s", title="t")])
    assert len(made) == 4, "what a section is set beside counts too"


def test_a_figure_of_the_ledger_makes_the_year_anew(
    mali: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from castor.brief import chance, write

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "mali"
    shutil.copytree(mali, folder)
    given, asked = read(folder), []
    monkeypatch.setattr(write, "_year", lambda given: asked.append(len(chance.record(given))))
    alone = msgspec.structs.replace(given, requests=(), lift=())
    for _ in range(2):
        write.rooms(alone, lambda _: None)
    assert len(asked) == 1
    assert asked[0] > 3
    table = folder / "ledger" / "records.csv"
    text = table.read_text(encoding="utf-8")
    assert ",2800," in text
    table.write_text(text.replace(",2800,", ",2801,"), encoding="utf-8")
    write.rooms(alone, lambda _: None)
    assert len(asked) == 2


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(file))
    mission = Mission(name="one", title={"en": "One"}, start=DAY.date(), end=DAY.date())
    section = Section("s", Both("a", "b"), "<p>")
    assert kept("x", mission, lambda _: section) == section


def test_every_process_that_is_off_has_a_word_and_gaps_are_simulated(
    mali: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from castor.brief import chance

    monkeypatch.setattr(chance, "RUNS", 4)
    monkeypatch.setattr(chance, "OTHER_RUNS", 2)
    given = read(mali)
    bare = msgspec.structs.replace(given.rules, simulation=Simulation(calls_year=20.0))
    section = chance.year_section(msgspec.structs.replace(given, rules=bare))
    assert section is not None
    for said in ("phase inspections", "visites périodiques", "weather", "1\xa0September 2019 to 14\xa0October 2019"):
        assert said in section.body
    assert "Who may launch" not in section.body


def test_the_year_of_the_reference_mission_beside_what_was_flown(mali: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from castor.brief import chance

    monkeypatch.setattr(chance, "RUNS", 6)
    monkeypatch.setattr(chance, "OTHER_RUNS", 2)
    section = chance.year_section(read(mali))
    assert section is not None
    body = section.body.replace("\u202f", " ").replace("\xa0", " ")
    for said in (
        "4,000 h", "11 evacuations", "42 people", "100 missions", "2,800 people", "370,000 lb", "Who may launch",
        "Whom to send", "replay-data", "calls_year: about one a month, as the German crews",
    ):  # fmt: skip
        assert said in body, said


def test_where_nobody_reaches_surgery_no_input_swings() -> None:
    nobody = Value(float("nan"), float("nan"), float("nan"))
    section = year(
        Year(10, 365, {"calls": Value(2, 1, 3)}, {}, swings=[Swing("approval", "10", "240", nobody, nobody)])
    )
    assert section is not None
    assert "nan" not in section.body
    assert "class=swing" not in section.body
