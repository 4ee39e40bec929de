"""``castor pack`` and ``castor unpack`` as a user types them."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from castor.cli import main
from castor.mission.start import start


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    said = capsys.readouterr()
    return int(stop.value.code or 0), said.out, said.err


def test_there_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, book = tmp_path / "m", tmp_path / "m.xlsx"
    start(folder)
    assert run(capsys, "pack", folder, book) == (0, f"{book}\n", "")
    assert run(capsys, "unpack", book, folder) == (0, "", "Nothing has changed.\n")
    opened = openpyxl.load_workbook(book)
    opened["places"]["N3"] = 500
    opened.create_sheet("plases")
    opened.save(book)
    code, out, err = run(capsys, "unpack", book, folder)
    assert (code, out) == (0, f"{folder / 'places.csv'}\n")
    assert err == "warning: plases: this sheet is not read; did you mean places?\n"


def test_a_spoiled_workbook_exits_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.xlsx").write_bytes(b"no")
    code, out, err = run(capsys, "unpack", tmp_path / "m.xlsx", tmp_path / "m")
    assert (code, out) == (2, "")
    assert "not an Excel workbook (.xlsx)" in err
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("command", ["pack", "unpack"])
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, command, "--help")
    assert f"  castor {command} " in out
