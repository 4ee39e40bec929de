"""The rules of the house: imports go one way, kernels stay in kernel.py, __all__ is what is exported."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

import castor
from castor.kernel import drop_stale

PACKAGE = Path(castor.__file__).parent
LAYER = {
    "errors": 0, "kernel": 0, "shown": 0, "mission": 1, "flight": 2, "cover": 3, "dispatch": 3, "tasking": 4,
    "airlift": 4, "simulate": 5, "ledger": 5, "brief": 6, "export": 6, "web": 7, "cli": 8,
}  # fmt: skip
MODULES = sorted(PACKAGE.rglob("*.py"))


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "castor"


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names if name.name.split(".")[0] == "castor"}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "castor":
            if node.module == "castor":
                found |= {f"castor.{name.name}" for name in node.names}
            else:
                found.add(node.module)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    room = parts[0]
    if room in ("__init__", "__main__"):
        return
    for module in _imports(path):
        other = _room(module)
        if other == room:
            continue
        assert other in LAYER, f"{path.name} imports {module}: no such room"
        assert LAYER[other] < LAYER[room], f"{path.relative_to(PACKAGE)} ({room}) may not import {module}"
        if room == "ledger":
            assert other in ("mission", "errors", "shown"), f"the ledger knows only the mission, not {module}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_numba_lives_in_kernels_only(path: Path) -> None:
    if path.name == "kernel.py":
        return
    text = path.read_text(encoding="utf-8")
    assert "import numba" not in text
    assert "from numba" not in text


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*/kernel.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_kernels_take_names_of_castor_from_kernels_only(path: Path) -> None:
    """What a kernel compiles in must lie in a file whose change is noticed (castor/kernel.py)."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("castor"):
            assert (node.module or "").endswith("kernel"), f"{path.relative_to(PACKAGE)} imports {node.module}"


def test_compiled_functions_older_than_any_kernel_are_dropped(tmp_path: Path) -> None:
    room, cache = tmp_path / "room", tmp_path / "room" / "__pycache__"
    cache.mkdir(parents=True)
    for file, age in ((tmp_path / "kernel.py", 9), (room / "kernel.py", 5), (cache / "a.nbi", 7), (cache / "b.nbc", 3)):
        file.write_text("", encoding="utf-8")
        os.utime(file, (1e9 - age, 1e9 - age))
    assert drop_stale(tmp_path) == 1
    assert [file.name for file in cache.iterdir()] == ["b.nbc"]
    assert drop_stale(tmp_path) == 0


def test_all_is_what_is_exported() -> None:
    for name in castor.__all__:
        assert getattr(castor, name) is not None
    assert sorted(castor.__all__) == sorted(castor._HOME)
    assert dir(castor) == sorted(castor.__all__)


def test_every_module_says_what_it_is() -> None:
    for path in MODULES:
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{path} has no docstring"
