"""Mission folders: read, written, extended; every problem of every file at once."""

# ruff: noqa: E501  (messages stand whole)
from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import castor
from castor.errors import MissionError
from castor.mission.model import Aircraft, AircraftType, Clock, Formation, Mission, Place, Request, Rules

TOML = 'name = "test"\nstart = 2018-08-01\nend = 2019-08-31\n'
FILES = {
    "mission.toml": TOML,
    "places.csv": "id,name,lat,lon\nGAGO,Gao,16.27,-0.04\nGAKL,Kidal,18.44,1.41\nGATB,Timbuktu,16.73,-3\nGAMK,Ménaka,15.92,2.4\n"
    "GABS,Bamako,12.53,-7.95\n",
    "types.csv": "type,name,kind,cruise_kt,range_km\nCH-147F,Chinook,helicopter,130,1000\nCH-146,Griffon,helicopter,130,656\n",
    "aircraft.csv": "tail,type,base,from,to\n147301,CH-147F,GAGO,2018-08-01,2019-08-31\n",
    "formations.csv": "id,name,lead,escort,escorts\nevac,Evacuation,CH-147F,CH-146,2\n",
    "requests.csv": "id,from,to,earliest,latest,pax\nR1,GAGO,GAKL,2018-10-15 06:00,2018-10-15 12:00,8\n",
    "incidents.csv": "id,date,place,lat,lon\ni1,2018-11,Aguelhok,19.46,0.85\n",
    "lift.csv": "id,name,from,to,available,due,kg\nL1,Vehicles,GABS,GAGO,2018-08-01 00:00,2018-08-20 00:00,20000\n",
    "contingents.csv": "id,name,strength,women,from,to,relieves\nrot1,First rotation,250,30,2018-08-01,2019-02-01,\n"
    "rot2,Second rotation,250,,2019-02-01,2019-08-31,rot1\n",
    "climate.csv": "place,month,tmin_c,tmax_c\nGAGO,1,16.8,30.4\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small mission without a fault."""
    return lay(tmp_path / "m", FILES)


def lay(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def said(folder: Path) -> str:
    with pytest.raises(MissionError) as caught:
        castor.read(folder)
    return str(caught.value).replace(f"{folder}/", "").replace(str(folder), "FOLDER")


def spoil(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")


def test_reads(folder: Path) -> None:
    mission = castor.read(folder)
    assert mission.name == "test"
    assert mission.title == {"en": "test", "fr": "test"}
    assert mission.place["GAMK"].name == "Ménaka"
    assert mission.rules == Rules()
    assert mission.folder == str(folder)


def test_the_reference_mission_round_trips(mali: Path, tmp_path: Path) -> None:
    mission = castor.read(mali)
    castor.write(mission, tmp_path / "copy")
    again = castor.read(tmp_path / "copy")
    assert msgspec.structs.replace(again, folder=mission.folder) == mission
    castor.write(again, tmp_path / "twice")
    for path in (tmp_path / "copy").iterdir():
        assert path.read_bytes() == (tmp_path / "twice" / path.name).read_bytes()


def test_rules_and_their_sources(folder: Path) -> None:
    (folder / "mission.toml").write_text(
        TOML + 'currency = "CAD"\nfiscal_year_start = "04-01"\n[clock]\napproval_min = 45\n[flying]\novernight = true\n'
        '[cover]\nweights = "incidents"\n[sources]\n"clock.approval_min" = "CGAI, Sep 2019"\nflying.overnight = "estimate"\n'
    )
    mission = castor.read(folder)
    assert mission.rules.clock == Clock(approval_min=45.0)
    assert mission.rules.flying.overnight is True
    assert mission.rules.cover.weights == "incidents"
    assert mission.sources == {"clock.approval_min": "CGAI, Sep 2019", "flying.overnight": "estimate"}


CASES = {
    "missing folder": ("", "", "", "FOLDER\n  no such folder\n1 problem. Nothing was computed."),
    "unknown place": ("aircraft.csv", "GAGO", "GAKD", '  row 2  base  read "GAKD"  no such place; did you mean GAKL (Kidal)?'),
    "a place by its name": ("aircraft.csv", "GAGO", "kidal", '  row 2  base  read "kidal"  no such place; did you mean GAKL (Kidal)?'),
    "unknown type": ("aircraft.csv", "CH-147F", "CH-147D", '  row 2  type  read "CH-147D"  no such type; did you mean CH-147F (Chinook)?'),
    "nothing near": (
        "requests.csv", "GAGO", "XXXX", '  row 2  from  read "XXXX"  no such place; known: GAGO, GAKL, GATB, GAMK, GABS',
    ),
    "duplicate id": ("places.csv", "GATB", "GAGO", '  row 4  id  read "GAGO"  stands already in row 2; every row needs its own'),
    "duplicate month": (
        "climate.csv", "30.4\n", "30.4\nGAGO,1,17,31\n",
        '  row 3  place  read "GAGO 1"  stands already in row 2; every row needs its own',
    ),
    "end before start": ("aircraft.csv", "2019-08-31", "2017-08-31", '  row 2  to  read "2017-08-31"  is before from, 2018-08-01'),
    "latest before earliest": (
        "requests.csv", "15 12:00", "14 12:00", '  row 2  latest  read "2018-10-14 12:00"  is before earliest, 2018-10-15 06:00',
    ),
    "nowhere to go": ("requests.csv", "GAKL", "GAGO", '  row 2  to  read "GAGO"  the same place as from'),
    "swapped out of limits": (
        "places.csv", "12.53,-7.95", "-107.95,12.53",
        '  row 6  lat  read "-107.95"  expected a number from -90 to 90, in degrees; are latitude and longitude swapped?',
    ),
    "swapped within limits": (
        "places.csv", "18.44,1.41", "1.41,18.44",
        '  row 3  lat  read "1.41"  far from all other places, but 18.44 1.41 is among them; are latitude and longitude swapped?',
    ),
    "swapped incident": (
        "incidents.csv", "19.46,0.85", "0.85,19.46",
        '  row 2  lat  read "0.85"  far from all other places, but 19.46 0.85 is among them; are latitude and longitude swapped?',
    ),
    "escorts of no type": (
        "formations.csv", "CH-146", "", "  row 2  escort  2 escorts of no type; name the escort's type",
    ),
    "no escorts": ("formations.csv", ",2\n", ",0\n", '  row 2  escorts  an escort type, CH-146, but no escorts; say how many'),
    "a date that is none": (
        "incidents.csv", "2018-11", "Nov 2018",
        '  row 2  date  read "Nov 2018"  expected a year, a month or a day: 2018, 2018-11 or 2018-11-06',
    ),
    "more women than people": (
        "contingents.csv", "250,30", "25,30", '  row 2  women  read "30"  more than the strength, 25',
    ),
    "relieves nobody": ("contingents.csv", ",rot1\n", ",rot9\n", '  row 3  relieves  read "rot9"  no such contingent; did you mean rot1 (First rotation)?'),
    "warm nights": ("climate.csv", "16.8", "36.8", '  row 2  tmax_c  read "30.4"  is below tmin_c'),
    "toml syntax": (
        "mission.toml", '"test"', "test",
        "  row 1  not TOML: Invalid value; text stands between quotation marks, dates without: start = 2018-08-01",
    ),
    "no name": ("mission.toml", 'name = "test"\n', "", "  name  this key is missing; add it: text"),
    "mission ends first": ("mission.toml", "2019-08-31", "2018-07-31", '  row 3  end  read "2018-07-31"  is before start, 2018-08-01'),
    "unknown key": ("mission.toml", "end =", "currancy = \"CAD\"\nend =", "  row 3  currancy  unknown key; did you mean currency?"),
    "unknown rule": (
        "mission.toml", "31\n", "31\n[clock]\naproval_min = 5\n", "  row 5  clock.aproval_min  unknown rule; did you mean approval_min?",
    ),
    "rule beyond its limits": (
        "mission.toml", "31\n", "31\n[flying]\nreserve = 10\n",
        '  row 5  flying.reserve  read "10"  expected a number >= 0 and < 1, as a share; did you mean 0.1?',
    ),
    "rule in quotation marks": (
        "mission.toml", "31\n", '31\n[clock]\ncare_min = "60"\n',
        '  row 5  clock.care_min  read "60"  expected a number > 0 and <= 1440, in minutes; write the number without quotation marks',
    ),
    "rule of another type": (
        "mission.toml", "31\n", '31\n[cover]\nweights = "persons"\n',
        '  row 5  cover.weights  read "persons"  expected one of people, incidents',
    ),
    "source of no rule": (
        "mission.toml", "31\n", '31\n[sources]\n"clock.care" = "x"\n', "  row 5  sources.clock.care  no such rule; did you mean clock.care_min?",
    ),
    "staging nowhere": (
        "mission.toml", "31\n", '31\n[airlift]\nstaging = "GAGO GAKA"\n',
        '  row 5  airlift.staging  read "GAKA"  no such place; did you mean GAKL (Kidal)?',
    ),
    "fiscal year": (
        "mission.toml", "31\n", '31\nfiscal_year_start = "April"\n',
        '  row 4  fiscal_year_start  read "April"  expected month and day such as "04-01"',
    ),
    "no such overlay": (
        "mission.toml", "31\n", '31\noverlay = "rivers.geojson"\n',
        '  row 4  overlay  read "rivers.geojson"  no such file; the path starts at the mission\'s folder',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_fault_has_its_message(case: str, folder: Path) -> None:
    file, old, new, message = CASES[case]
    if not file:
        shutil.rmtree(folder)
        assert said(folder) == message
        return
    spoil(folder, file, old, new)
    assert said(folder) == f"{file}\n{message}\n1 problem. Nothing was computed."


def test_missing_files(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    assert said(folder) == (
        "mission.toml\n  cannot be read: No such file or directory\n"
        "places.csv\n  cannot be read: No such file or directory\n2 problems. Nothing was computed."
    )


def test_a_folder_name_nearly_right(folder: Path) -> None:
    with pytest.raises(MissionError, match=f"did you mean {folder.parent / 'm'}"):
        castor.read(folder.parent / "M")


def test_problems_of_all_files_at_once_and_a_bad_row_is_still_a_place(folder: Path) -> None:
    spoil(folder, "places.csv", "16.27", "north")
    spoil(folder, "types.csv", "130,1000", "13O,1000")
    spoil(folder, "requests.csv", "GAKL", "GAKA")
    assert said(folder) == (
        'places.csv\n  row 2  lat  read "north"  expected a number from -90 to 90, in degrees\n'
        'types.csv\n  row 2  cruise_kt  read "13O"  expected a number > 0 and <= 700, in knots; did you mean 130?\n'
        'requests.csv\n  row 2  to  read "GAKA"  no such place; did you mean GAKL (Kidal)?\n'
        "3 problems. Nothing was computed."
    )


def test_a_far_home_is_no_swap(folder: Path) -> None:
    spoil(folder, "places.csv", "GABS,", "CYTR,Trenton,44.1,-77.5\nLFMI,Istres,43.5,4.9\nGABS,")
    assert len(castor.read(folder).places) == 7


def test_a_thousand_faults_are_shown_in_part(folder: Path) -> None:
    (folder / "incidents.csv").write_text(
        "id,date,place,lat,lon\n" + "".join(f"i{n},2018,x,north,1\n" for n in range(1000))
    )
    lines = said(folder).splitlines()
    assert len(lines) == 53
    assert lines[-2:] == ["  and 950 more", "1,000 problems. Nothing was computed."]


def test_a_stray_table_is_told_on_stderr(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "aircrafts.csv").write_text("x\n")
    (folder / "flights.csv").write_text("x\n")
    castor.read(folder)
    assert capsys.readouterr().err == f"warning: {folder}/aircrafts.csv is not read; did you mean aircraft.csv?\n"


def test_extends(folder: Path) -> None:
    (folder / "rivers.geojson").write_text("{}")
    spoil(folder, "mission.toml", "31\n", '31\noverlay = "rivers.geojson"\n[clock]\ncare_min = 50\nscene_min = 25\n')
    child = lay(
        folder.parent / "child",
        {
            "mission.toml": 'extends = "../m"\nname = "child"\n[clock]\ncare_min = 55\n[without]\nrequests = ["R1"]\n',
            "places.csv": "id,name,lat,lon,people\nGAKL,Kidal,18.44,1.41,900\nGAAO,Ansongo,15.66,0.5,100\n",
            "requests.csv": "id,from,to,earliest,latest\nR2,GAAO,GAGO,2018-10-15 06:00,2018-10-15 12:00\n",
        },
    )
    mission = castor.read(child)
    assert [place.id for place in mission.places] == ["GAGO", "GAKL", "GATB", "GAMK", "GABS", "GAAO"]
    assert mission.place["GAKL"].people == 900
    assert [request.id for request in mission.requests] == ["R2"]
    assert (mission.name, mission.start.year) == ("child", 2018)
    assert (mission.rules.clock.care_min, mission.rules.clock.scene_min) == (55, 25)
    assert mission.overlay == "../m/rivers.geojson"
    assert len(mission.aircraft) == 1
    castor.write(mission, folder.parent / "flat")
    flat = castor.read(folder.parent / "flat")
    assert msgspec.structs.replace(flat, folder=mission.folder, overlay=mission.overlay) == mission


def test_extends_in_a_circle_and_problems_of_the_base(folder: Path) -> None:
    (folder / "mission.toml").write_text('extends = "."\n')
    assert "the mission extends itself" in said(folder)
    child = lay(folder.parent / "child", {"mission.toml": 'extends = "../nowhere"\n'})
    assert "nowhere\n  no such folder" in said(child)


def test_without_must_name_rows_and_leave_no_reference(folder: Path) -> None:
    child = lay(
        folder.parent / "child", {"mission.toml": 'extends = "../m"\n[without]\nrequests = ["R7"]\nplace = ["x"]\n'}
    )
    assert said(child) == (
        "mission.toml\n  row 4  without.place                no such table; did you mean places?\n"
        '  row 3  without.requests  read "R7"  no such row; did you mean R1?\n2 problems. Nothing was computed.'
    )
    (child / "mission.toml").write_text('extends = "../m"\n[without]\nplaces = ["GAKL"]\n')
    assert said(child) == (
        'mission.toml\n  requests.to  read "GAKL"  R1 refers to a row of places that is left out or does not exist\n'
        "1 problem. Nothing was computed."
    )


_ids = st.lists(
    st.text("abcdefgéß-. 0123456789", min_size=1, max_size=8).map(str.strip).filter(bool),
    min_size=2,
    max_size=6,
    unique=True,
)
_note = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20).map(str.strip)


@st.composite
def missions(draw: st.DrawFn) -> Mission:
    names = draw(_ids)
    places = tuple(
        Place(id=name, name=f"P{name}", lat=draw(st.floats(10, 12)), lon=draw(st.floats(10, 12)), note=draw(_note))
        for name in names
    )
    kind = AircraftType(type="T", name="t", kind="helicopter", cruise_kt=draw(st.floats(1, 700)), range_km=500.0)
    dates = sorted(draw(st.lists(st.dates(min_value=dt.date(1900, 1, 1)), min_size=2, max_size=2)))
    moments = sorted(draw(st.lists(st.datetimes(min_value=dt.datetime(1900, 1, 1)), min_size=2, max_size=2)))
    return Mission(
        name=draw(_note.filter(bool)),
        title={"en": draw(_note), "fr": draw(_note)},
        start=dates[0],
        end=dates[1],
        rules=Rules(clock=Clock(care_min=draw(st.floats(0.5, 1440)))),
        sources={"clock.care_min": draw(_note)},
        places=places,
        types=(kind,),
        aircraft=(Aircraft(tail="1", type="T", base=names[0], start=dates[0], serviceability=draw(st.floats(0, 1))),),
        formations=(Formation(id="f", name="F", lead="T"),),
        requests=(Request(id="r", origin=names[0], destination=names[1], earliest=moments[0], latest=moments[1]),),
    )


@settings(deadline=None, max_examples=60)
@given(mission=missions())
def test_missions_round_trip(mission: Mission, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("mission")
    castor.write(mission, folder)
    again = castor.read(folder)
    assert msgspec.structs.replace(again, folder="") == mission
    castor.write(again, folder)
    assert msgspec.structs.replace(castor.read(folder), folder="") == mission
