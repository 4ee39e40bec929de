"""Folders that no spreadsheet makes: links in circles, pipes, folders in place of files, cells without end."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import castor
from castor.cli import main
from castor.errors import MissionError
from castor.mission import folder as folders
from castor.mission import table as tables


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What ``castor new`` makes: whole tables that refer to one another."""
    with pytest.raises(SystemExit):
        main(["new", str(tmp_path / "m")])
    return tmp_path / "m"


def said(folder: Path) -> str:
    with pytest.raises(MissionError) as caught:
        castor.read(folder)
    return str(caught.value).replace(f"{folder}/", "").replace(str(folder), "FOLDER")


def _append(path: Path, data: bytes) -> None:
    path.write_bytes(path.read_bytes().rstrip() + b"\n" + data)


def _over(path: Path, make: Callable[[Path], object]) -> None:
    path.unlink()
    make(path)


PLACES = {
    "a folder in place of a file": (lambda p: _over(p, Path.mkdir), "  cannot be read: Is a directory"),
    "a link in a circle": (
        lambda p: _over(p, lambda q: q.symlink_to(q.name)), "  cannot be read: Too many levels of symbolic links",
    ),
    "a link to nothing": (
        lambda p: _over(p, lambda q: q.symlink_to("gone")), "  cannot be read: No such file or directory",
    ),
    "a pipe that never ends": (lambda p: _over(p, os.mkfifo), "  cannot be read: not a file"),
    "a null byte": (lambda p: _append(p, b"a\x00b,c,1,2\n"), "  this is not a text file; save it as CSV UTF-8"),
    "a cell without end": (
        lambda p: _append(p, b"x," + b"y" * 10_000_001 + b",1,2\n"),
        "  row 6  a cell of more than 10,000,000 characters",
    ),
    "a column twice": (
        lambda p: p.write_text(p.read_text().replace("id,name,", "id,id,", 1)),
        "  row 1  id    the column stands here twice; remove or rename one\n"
        "  row 1  name  this column is missing; add it: name, text",
    ),
    "no key": (
        lambda p: p.write_text(p.read_text().replace("id,", "idd,", 1)),
        "  row 1  idd  unknown column; did you mean id?\n"
        "  row 1  id   this column is missing; add it: identifier, text of at most 60 characters",
    ),
    "a workbook by another name": (
        lambda p: p.write_bytes(b"PK\x03\x04 and the rest"),
        "  this is an Excel workbook, not CSV; open it in Excel and save it as CSV UTF-8",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PLACES)
def test_what_cannot_be_read_is_told_once_and_no_reference_to_it_is_blamed(case: str, folder: Path) -> None:
    spoil, message = PLACES[case]
    spoil(folder / "places.csv")
    number = len(message.splitlines())
    assert said(folder) == (
        f"places.csv\n{message}\n{number} problem{'s' if number > 1 else ''}. Nothing was computed."
    )


def test_an_optional_table_that_leads_nowhere_is_not_taken_for_absent(folder: Path) -> None:
    (folder / "lift.csv").symlink_to("gone")
    assert said(folder).startswith("lift.csv\n  cannot be read: No such file or directory\n")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda p: p.symlink_to(p.name)])
def test_a_mission_file_that_is_no_file(make: Callable[[Path], object], folder: Path) -> None:
    _over(folder / "mission.toml", make)
    assert said(folder).startswith("mission.toml\n  cannot be read: ")


def test_no_right_to_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The administrator may read anything, so the refusal is put in the place of the system's."""

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(tables, "read_bytes", refuse)
    assert said(folder).startswith("places.csv\n  cannot be read: Permission denied\n")


def test_what_is_no_folder(folder: Path) -> None:
    (folder / "f").write_text("x")
    assert (
        said(folder / "f")
        == "FOLDER\n  a file, not a folder; name the folder that holds mission.toml\n1 problem. Nothing was computed."
    )
    (folder / "f.xlsx").write_text("x")
    assert "a file, not a folder; castor unpack makes a folder of a workbook" in said(folder / "f.xlsx")
    (folder / "loop").symlink_to("loop")
    assert "a link that leads to no folder" in said(folder / "loop")


def test_an_empty_folder(tmp_path: Path) -> None:
    assert said(tmp_path) == (
        "mission.toml\n  cannot be read: No such file or directory\n"
        "places.csv\n  cannot be read: No such file or directory\n2 problems. Nothing was computed."
    )


def test_two_missions_that_extend_each_other(folder: Path) -> None:
    for name, other in (("one", "two"), ("two", "one")):
        (folder.parent / name).mkdir()
        (folder.parent / name / "mission.toml").write_text(f'extends = "../{other}"\n')
    assert "extends  the mission extends itself" in said(folder.parent / "one")
    (folder / "mission.toml").write_text('extends = "places.csv"\n')
    assert "a file, not a folder" in said(folder)


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n\r\n", "mixed"])
def test_any_line_ends_and_trailing_separators(ends: str, folder: Path) -> None:
    want = castor.read(folder)
    for path in folder.glob("*.csv"):
        lines = [line + ",,," for line in path.read_text().splitlines()]
        text = "".join(line + ["\n", "\r\n", "\r"][n % 3] for n, line in enumerate(lines))
        path.write_bytes((text if ends == "mixed" else ends.join(lines)).encode())
    assert castor.read(folder) == want


@pytest.mark.parametrize("seed", range(12))
def test_a_folder_damaged_at_random_is_read_or_refused_and_never_a_bug(seed: int, folder: Path) -> None:
    """Bytes struck out, doubled, swapped or replaced in every file: castor says what is wrong and leaves with 2."""
    chance = random.Random(seed)
    for path in folder.iterdir():
        data = bytearray(path.read_bytes())
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(data))
            data[at : at + chance.randint(0, 3)] = chance.choice(
                [b"", b'"', b",", b";", b"\n", b"\xe9", b"-9e99", b"\x1f"]
            )
        path.write_bytes(bytes(data))
    mission, problems = folders.read_with_problems(folder)
    assert (mission is None) == bool(problems)
    assert all(problem.expected for problem in problems)


def test_the_command_line_leaves_with_2_and_no_traceback(folder: Path) -> None:
    (folder / "loop").symlink_to("loop")
    done = subprocess.run(
        [sys.executable, "-m", "castor", "check", str(folder / "loop")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert folders.read_with_problems(folder / "loop")[0] is None
