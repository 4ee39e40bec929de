"""``castor simulate``: every table, its formats, what changes change, and what it refuses."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path

import pytest

from castor.cli import main
from castor.cli.simulate import TABLES
from castor.mission import read
from castor.simulate import build, compare, simulate


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


def test_sensitivity_is_of_the_world_asked_for(mali: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Formations are one fewer and one more than asked for; a rule and days count for every variant."""
    arguments = (str(mali), "--table", "sensitivity", "--replications", "12", "--json")
    asked = ("--formations", "1", "--rule", "reserve", "--from", "2018-08-15", "--to", "2018-11-15", "--calls", "5")
    code, out, _ = _run(capsys, *arguments, *asked)
    assert code == 0
    rows = {row["input"]: row for row in json.loads(out)}
    stated = read(mali)
    days = {"rule": "reserve", "start": dt.date(2018, 8, 15), "end": dt.date(2018, 11, 15), "calls": 5.0}
    one, two = (simulate(build(stated, formations=k, **days), replications=12) for k in (1, 2))
    wanted = compare(one, two)["surgery_min"]
    assert rows["formations"]["high_change"] == round(wanted.value, 4) != 0
    assert rows["formations"]["high_change_low"] == round(wanted.low, 4)
    plain = {row["input"]: row for row in json.loads(_run(capsys, *arguments)[1])}
    assert plain["formations"]["high_change"] != rows["formations"]["high_change"]


@pytest.mark.parametrize("table", ["summary", "sensitivity", "compare"])
def test_an_interrupt_before_the_first_result_says_that_nothing_is_kept(
    table: str, mali: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("castor.simulate.run._fly_all", stop)
    code, out, err = _run(capsys, str(mali), "--table", table)
    assert code == 130
    assert out == ""
    assert err == "Interrupted before the first result: nothing is kept, nothing was written.\n"


@pytest.mark.filterwarnings("ignore")
def test_a_live_cluster_gives_the_same_table(
    mali: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    arguments = (str(mali), "--replications", "40", "--csv")
    _, alone, _ = _run(capsys, *arguments)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=str(tmp_path)
    ) as cluster:
        code, out, err = _run(capsys, *arguments, "--cluster", cluster.scheduler_address)
        with distributed.Client(cluster) as client:
            flown = client.run(lambda: "castor.simulate.run" in __import__("sys").modules)
    assert code == 0, err
    assert out == alone
    assert any(flown.values()), "the workers flew them"
