"""``castor new`` and ``castor check`` as a user types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import castor
from castor.cli import main


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(words)
    said = capsys.readouterr()
    return int(stop.value.code or 0), said.out, said.err


def test_new_passes_check(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "new", "îles d'ici")
    assert code == 0
    assert [Path(line).name for line in out.splitlines()] == [
        "aircraft.csv", "formations.csv", "incidents.csv", "mission.toml", "places.csv", "requests.csv", "types.csv",
    ]  # fmt: skip
    assert err == "Edit the tables, then: castor check îles d'ici\n"
    code, out, err = run(capsys, "check", "îles d'ici")
    assert (code, err) == (0, "îles d'ici: no problem.\n")
    assert [line.split() for line in out.splitlines()[:3]] == [
        ["table", "rows", "without", "source"], ["places", "4", "0"], ["types", "2", "0"],
    ]  # fmt: skip
    mission = castor.read("îles d'ici")
    assert (len(mission.places), len(mission.types), len(mission.aircraft), len(mission.formations)) == (4, 2, 3, 1)
    assert (len(mission.requests), len(mission.incidents)) == (5, 6)


def test_new_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "note.txt").write_text("mine")
    code, out, err = run(capsys, "new", str(tmp_path))
    assert (code, out) == (2, "")
    assert err == (
        f"{tmp_path}\n  there is something here already; choose another name; nothing is overwritten\n"
        "1 problem. Nothing was computed.\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_check_reports_every_problem_and_exits_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "new", str(tmp_path / "m"))
    types = tmp_path / "m" / "types.csv"
    types.write_text(types.read_text().replace("helicopter,130", "helicopter,13O"))
    aircraft = tmp_path / "m" / "aircraft.csv"
    aircraft.write_text(aircraft.read_text().replace("H-2,MH,port", "H-2,MH,prot"))
    code, out, err = run(capsys, "check", str(tmp_path / "m"))
    assert (code, out) == (2, "")
    assert err == (
        f"{types}\n"
        '  row 2  cruise_kt  read "13O"  expected a number > 0 and <= 700, in knots; did you mean 130?\n'
        f"{aircraft}\n"
        '  row 3  base  read "prot"  no such place; did you mean port (Port Halden)?\n'
        "2 problems. Nothing was computed.\n"
    )


def test_check_as_json_and_csv(mali: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "check", str(mali), "--json")
    assert code == 0
    assert json.loads(out)[0]["table"] == "places"
    code, out, _ = run(capsys, "check", str(mali), "--csv")
    assert out.splitlines()[0] == "table,rows,without source"


def test_help_says_how_and_is_light(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("new", "check"):
        _, out, _ = run(capsys, command, "--help")
        assert f"castor {command} " in out.split("Options:")[0].split("\n", 2)[2]
    code = "import sys, castor.mission; print([m for m in ('numpy', 'numba', 'msgspec', 'lxml') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
