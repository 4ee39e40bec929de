"""Every command and every block of code in README and docs runs as written, in the order of the page.

A block marked ``sh`` holds commands: those of castor are run in a fresh folder with a copy of ``missions/``, ``make``
targets must exist, the rest (git, editors) is for the reader. A block marked ``python`` is executed; blocks of one page
share their names. A command that needs an extra tool or goes on for ever is marked ``text``.
"""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from castor.cli import COMMANDS, main

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.M | re.S)


def _blocks(page: Path) -> Iterator[tuple[str, str]]:
    for found in BLOCK.finditer(page.read_text(encoding="utf-8")):
        yield found[1], found[2]


def _commands(block: str) -> Iterator[list[str]]:
    for line in block.replace("\\\n", " ").splitlines():
        words = shlex.split(line.removeprefix("$ "), comments=True)
        if words:
            yield words


def _run(words: list[str], folder: Path) -> None:
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.M), f"no target {words[1]}"
        return
    if words[0] == "cd":
        raise AssertionError("cd inside a block: write whole paths, so that each command stands alone")
    if words[0] != "castor":
        return
    if ">" in words:
        words = words[: words.index(">")]
    with pytest.raises(SystemExit) as stopped:
        main(words[1:])
    assert stopped.value.code == 0, " ".join(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [block for block in _blocks(page) if block[0] in ("sh", "python")]
    if not blocks:
        return
    shutil.copytree(ROOT / "missions", tmp_path / "missions")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "docs"}
    for language, block in blocks:
        if language == "python":
            exec(compile(block, str(page), "exec"), names)
        else:
            for words in _commands(block):
                _run(words, tmp_path)


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        with pytest.raises(SystemExit):
            main([name, "--help"])
        assert f"castor {name}" in capsys.readouterr().out.replace("Usage: castor " + name, ""), f"{name}: no example"


def test_the_mission_folder_page_is_current() -> None:
    spec = importlib.util.spec_from_file_location("describe_folder", ROOT / "tools" / "describe_folder.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text(encoding="utf-8") == module.page(), "run python tools/describe_folder.py"
