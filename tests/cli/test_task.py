"""``castor task`` from the command line: planned, judged, written, taken by every export, replanned, refused."""

from __future__ import annotations

import csv
import io
import itertools
import json
from pathlib import Path

import pytest

from castor.cli import main

Capture = pytest.CaptureFixture[str]
QUIET = {"181015-04", "181015-07", "181015-08"}
"""Requests of the Monday, one of them early; with so few there is room for another."""


def run(capsys: Capture, *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    said = capsys.readouterr()
    assert isinstance(stopped.value.code, int)
    return stopped.value.code, said.out, said.err


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def planned(mali: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day's plan in a folder, as the command writes it."""
    out = tmp_path_factory.mktemp("plans") / "monday"
    with pytest.raises(SystemExit) as stopped:
        main(["task", str(mali), "--date", "2018-10-15", "--floor", "0.29", "--seconds", "1", "--out", str(out)])
    assert stopped.value.code == 0
    return out


def test_the_plan_it_writes_is_accepted_by_the_judge(mali: Path, planned: Path, capsys: Capture) -> None:
    assert {path.name for path in planned.iterdir()} == {"flights.csv", "standby.csv", "unserved.csv", "plan.toml"}
    code, out, err = run(capsys, "check", mali, "--plan", planned)
    assert (code, out) == (0, ""), out
    assert "0 violations" in err


@pytest.mark.parametrize("ending", ["kml", "geojson", "xlsx", "ics", "html", "csv"])
def test_every_export_takes_it(mali: Path, planned: Path, tmp_path: Path, capsys: Capture, ending: str) -> None:
    out = tmp_path / f"monday.{ending}"
    assert run(capsys, "export", mali, out, "--plan", planned)[0] == 0
    assert out.stat().st_size > 500


def test_the_workbook_comes_back_and_is_judged(mali: Path, planned: Path, tmp_path: Path, capsys: Capture) -> None:
    book = tmp_path / "monday.xlsx"
    run(capsys, "export", mali, book, "--plan", planned)
    assert run(capsys, "check", mali, "--plan", book)[0] == 0


def test_the_programme_as_a_table(mali: Path, planned: Path, capsys: Capture) -> None:
    words = ("task", mali, "--date", "2018-10-15", "--seconds", "0.5", "--warm", planned)
    code, out, err = run(capsys, *words, "--json")
    legs = json.loads(out)
    assert code == 0
    assert {"unit", "tails", "from", "to", "off", "on", "pax", "requests"} <= set(legs[0])
    assert "no plan carries more than" in err
    assert "0 violations" in err
    cover = rows(run(capsys, *words, "--floor", "0.29", "--show", "cover", "--csv")[1])
    assert min(float(row["covered"]) for row in cover) >= 0.29
    standby = rows(run(capsys, *words, "--show", "standby", "--csv")[1])
    assert all(row["place"] for row in standby)


def test_a_test_day_of_ones_own(mali: Path, tmp_path: Path, capsys: Capture) -> None:
    file, out = tmp_path / "requests.csv", tmp_path / "plan"
    words = ("--date", "2018-11-05", "--size", "6", "--seed", "4")
    code, text, _ = run(capsys, "task", mali, *words, "--generate", file, "--csv")
    assert code == 0
    assert len(rows(text)) == len(rows(file.read_text(encoding="utf-8"))) == 6
    assert run(capsys, "task", mali, "--requests", file, "--seconds", "0.5", "--out", out)[0] == 0
    assert (out / "requests.csv").exists()  # the plan's folder says what it answers
    assert run(capsys, "check", mali, "--plan", out)[0] == 0
    left = rows(run(capsys, "task", mali, "--requests", file, "--seconds", "0.5", "--show", "unserved", "--csv")[1])
    assert all(row["reason"] for row in left)


def test_a_floor_nobody_can_hold(mali: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "plan"
    words = ("task", mali, "--date", "2018-10-15", "--floor", "0.99", "--seconds", "0.5", "--out", out)
    code, text, err = run(capsys, *words)
    assert (code, text) == (3, "")
    assert "99" in err
    assert not out.exists()


def test_bad_requests_are_told_with_their_row(mali: Path, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "requests.csv"
    file.write_text(
        "id,from,to,earliest,latest,pax\nR1,gaoo,kidal,2018-10-15 06:00,2018-10-15 09:00,4\n"
        "R2,gao,gao,2018-10-15 06:00,2018-10-15 05:00,4\n", encoding="utf-8",
    )  # fmt: skip
    code, _, err = run(capsys, "task", mali, "--requests", file)
    assert code == 2
    for words in ("row 2", "did you mean gao", "row 3", "the same place as from", "3 problems"):
        assert words in err


def test_the_frontier_falls_as_the_floor_rises(mali: Path, capsys: Capture) -> None:
    code, out, _ = run(capsys, "task", mali, "--date", "2018-10-15", "--show", "frontier", "--seconds", "2", "--csv")
    found = rows(out)
    assert code == 0
    assert len(found) > 3
    for low, high in itertools.pairwise(found):
        assert float(low["floor"]) < float(high["floor"])
        assert float(low["carried"]) >= float(high["carried"]) - 1e-6
        assert float(high["bound"]) >= float(high["carried"]) - 0.01
    assert found[0]["pax_per_point"] == ""


def test_a_lost_aircraft_and_a_late_request(mali: Path, tmp_path: Path, capsys: Capture) -> None:
    """Of a quiet day, which leaves room for the late request whatever its programme."""
    quiet, late, planned, out = (tmp_path / name for name in ("quiet.csv", "late.csv", "monday", "monday-2"))
    head, *asked = (mali / "requests.csv").read_text(encoding="utf-8").splitlines()
    quiet.write_text("\n".join([head, *(row for row in asked if row[:9] in QUIET)]), encoding="utf-8")
    day = ("--requests", quiet, "--floor", "0.2")
    assert run(capsys, "task", mali, *day, "--seconds", "1", "--out", planned)[0] == 0
    late.write_text(
        "id,from,to,earliest,latest,pax,priority\nLATE,gao,ansongo,2018-10-15 10:00,2018-10-15 17:00,1,1\n",
        encoding="utf-8",
    )
    words = ("--replan", planned, "--now", "2018-10-15T09:00", "--lost", "CH146-5", "--seconds", "1")
    code, text, err = run(capsys, "task", mali, *day, *words, "--add", late, "--out", out, "--csv")
    assert code == 0, err
    told = {row["request"]: row for row in rows(text)}
    before = rows((planned / "flights.csv").read_text(encoding="utf-8"))
    gone = {
        name.partition("*")[0] for leg in before if leg["off"] < "2018-10-15 09:00" for name in leg["requests"].split()
    }
    assert gone
    assert all(told[name]["what"] == "kept" for name in gone)
    assert {row["what"] for row in told.values()} <= {"kept", "moved", "dropped", "new"}
    assert told["LATE"]["what"] == "new"
    assert (out / "requests.csv").exists()
    assert run(capsys, "check", mali, "--plan", out)[0] == 0


def test_replanning_needs_a_moment(mali: Path, planned: Path, capsys: Capture) -> None:
    code, _, err = run(capsys, "task", mali, "--replan", planned)
    assert code == 2
    assert "--now" in err
