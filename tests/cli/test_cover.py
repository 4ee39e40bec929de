"""``castor cover``: every table, its formats, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from castor.cli import main


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["cover", *arguments])
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


@pytest.mark.parametrize(
    "table", ["postures", "points", "radius", "approval", "calendar", "evacuations", "frontier", "surgery"]
)
def test_every_table_in_every_format(table: str, mali: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, str(mali), "--table", table, "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert rows
    code, out, _ = _run(capsys, str(mali), "--table", table, "--json")
    assert code == 0
    assert [list(row) for row in json.loads(out)] == [list(row) for row in rows]
    code, out, _ = _run(capsys, str(mali), "--table", table)
    assert code == 0
    assert len(out.splitlines()) == len(rows) + 1


def test_both_weightings_day_and_night(mali: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys, str(mali), "--aim", "care", "--formations", "2", "--json")
    assert code == 0
    found = {(row["light"], row["best_by"], row["formations"]): row for row in json.loads(out)}
    assert found["day", "people", 1]["posture"] == "gao"
    assert found["day", "incidents", 1]["posture"] == "sevare"
    assert found["night", "people", 1]["people_care"] <= found["day", "people", 1]["people_care"]
    assert "approval 10" in err


def test_a_given_posture_and_another_approval(mali: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, str(mali), "--posture", "gao, menaka", "--night", "--approval", "45", "--json")
    assert code == 0
    (row,) = json.loads(out)
    assert (row["posture"], row["light"], row["people_covered"]) == ("gao > menaka", "night", 0)


def test_shares_within_kilometres_of_the_bases(mali: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys, str(mali), "--table", "radius", "--posture", "gao,timbuktu,kidal,sevare", "--json")
    assert code == 0
    assert "295 km out and back" in err
    found = {(row["places"], row["within_km"]): round(100 * row["people"]) for row in json.loads(out)}
    assert (found["gao", 165], found["gao", 300]) == (36, 56)
    assert (found["gao + timbuktu + kidal + sevare", 165], found["gao + timbuktu + kidal + sevare", 300]) == (81, 96)


def test_refusals(mali: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys, str(mali), "--date", "2019-09-15")
    assert (code, out) == (3, "")
    assert "No formation stands by" in err
    code, out, err = _run(capsys, str(mali), "--posture", "gaoo")
    assert (code, out) == (2, "")
    assert 'read "gaoo"' in err
