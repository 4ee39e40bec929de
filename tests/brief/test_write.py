"""The file of the page: where it goes, whole or not at all, small, quickly."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from castor.brief.write import write
from castor.cli import main
from castor.errors import MissionError


def test_the_command_prints_the_path(mali: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(["brief", str(mali)])
    assert stop.value.code == 0
    assert capsys.readouterr().out == "out/mali.html\n"
    text = (tmp_path / "out" / "mali.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert len(text.encode()) < 400_000
    assert list((tmp_path / "out").iterdir()) == [tmp_path / "out" / "mali.html"]


def test_the_second_page_takes_under_three_seconds(mali: Path, tmp_path: Path) -> None:
    write(mali, tmp_path / "first.html")
    begin = time.process_time()
    write(mali, tmp_path / "second.html")
    assert time.process_time() - begin < 3.0
    command = [sys.executable, "-m", "castor", "brief", str(mali), "--out", str(tmp_path / "third.html")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(tmp_path / "third.html")
    assert (tmp_path / "third.html").read_bytes() == (tmp_path / "first.html").read_bytes()


def test_bad_input_writes_nothing(mali: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bad"
    shutil.copytree(mali, folder)
    (folder / "places.csv").write_text("id,name,lat,lon\ngao,Gao,x,0\n", encoding="utf-8")
    out = tmp_path / "out.html"
    out.write_text("before", encoding="utf-8")
    with pytest.raises(MissionError):
        write(folder, out)
    assert out.read_text(encoding="utf-8") == "before"
    assert not list(tmp_path.glob(".out*"))
