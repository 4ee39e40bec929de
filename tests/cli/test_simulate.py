"""``castor simulate``: every table, its formats, what changes change, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from castor.cli import main
from castor.cli.simulate import TABLES


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["simulate", *arguments])
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


@pytest.mark.parametrize("table", TABLES)
def test_every_table_in_every_format(table: str, mali: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, str(mali), "--table", table, "--replications", "3", "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert rows
    code, out, _ = _run(capsys, str(mali), "--table", table, "--replications", "3", "--json")
    assert code == 0
    assert [list(row) for row in json.loads(out)] == [list(row) for row in rows]


def test_a_run_is_the_same_for_its_seed_and_says_what_is_off(mali: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, one, err = _run(capsys, str(mali), "--replications", "5", "--csv")
    assert code == 0
    assert "Off, because nothing states it: " in err
    assert one == _run(capsys, str(mali), "--replications", "5", "--csv")[1]
    assert one != _run(capsys, str(mali), "--replications", "5", "--seed", "2", "--csv")[1]


def test_a_change_is_told_with_its_paired_interval(mali: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--table", "compare", "--replications", "20", "--json")
    code, out, _ = _run(capsys, str(mali), *arguments, "--approval", "5")
    rows = {row["measure"]: row for row in json.loads(out)}
    assert code == 0
    assert rows["calls"]["changed_less"] == 0
    assert rows["surgery_min"]["changed_high"] < 0
    _, out, _ = _run(capsys, str(mali), *arguments)
    assert {row["changed_less"] for row in json.loads(out)} == {0}


def test_precision_stops_sooner_and_says_so(mali: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = _run(capsys, str(mali), "--replications", "100000", "--precision", "calls", "5")
    assert code == 0
    assert "Precise: 256 of 100,000 replications." in err


def test_every_problem_is_told_at_once(mali: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys, str(mali), "--rule", "nearest", "--posture", "gao,atlantis")
    assert code == 2
    assert not out
    assert "nearest" in err
    assert "atlantis" in err
    code, _, err = _run(capsys, str(mali), "--table", "sensitivity", "--measure", "speed")
    assert code == 2
    assert "surgery_min" in err


def test_a_cluster_that_is_not_there_is_told(mali: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("distributed")
    code, _, err = _run(capsys, str(mali), "--cluster", "no address")
    assert code == 2
    assert "dask" in err


def test_without_dask_the_extra_is_named(
    mali: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    code, _, err = _run(capsys, str(mali), "--cluster", "tcp://localhost:1")
    assert code == 2
    assert "pip install castor-air[cluster]" in err


def test_a_traced_run_goes_out_as_map_calendar_and_workbook(
    mali: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flights = tmp_path / "run.csv"
    code, out, _ = _run(capsys, str(mali), "--table", "trace", "--replication", "2", "--out", str(flights), "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert {row["task"] for row in rows} >= {"medevac", "transport", "training"}
    assert len(rows) == len(list(csv.DictReader(io.StringIO(flights.read_text(encoding="utf-8")))))
    for name in ("run.kml", "run.ics", "run.xlsx"):
        with pytest.raises(SystemExit) as stop:
            main(["export", str(mali), str(tmp_path / name), "--plan", str(flights)])
        assert stop.value.code == 0
        assert (tmp_path / name).stat().st_size > 5000
