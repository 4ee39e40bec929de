"""The page of published numbers is in step with the files behind it, and says nothing better than what is proven."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("validation", ROOT / "tools" / "validation.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current(tool: ModuleType) -> None:
    assert tool.PAGE.read_text(encoding="utf-8") == tool.page(), "run python tools/validation.py"


def test_every_published_number_stands_on_it_with_its_citation(tool: ModuleType) -> None:
    text = tool.PAGE.read_text(encoding="utf-8")
    for path in (ROOT / "tests" / "published").glob("*.csv"):
        for row in tool.published(path.name):
            value = next(row[name] for name in ("value", "best", "distance", "p_median") if row.get(name))
            assert value in text, f"{path.name}: {row}"


def test_every_command_names_a_benchmark_that_is_there(tool: ModuleType) -> None:
    commands = re.findall(r"python (benchmarks/\S+\.py)", tool.page())
    assert len(commands) >= 8
    for name in commands:
        assert (ROOT / name).is_file(), name


def test_what_is_recorded_agrees_with_what_is_published(tool: ModuleType) -> None:
    """A proven value equals the published optimum; a bound is never on the wrong side of a published value."""
    known = tool.recorded()
    assert known
    for one in tool.SETS:
        for row, case, measure, value in tool.wanted(one):
            found = known.get((one.file, case, measure))
            if found is None:
                continue
            got, best, slack = float(found["found"]), float(value), float(row["tolerance"])
            if found["said"] == "proven" or found["said"] == "ok":
                assert abs(got - best) <= slack or (row.get("proven") == "false"), (case, measure)
            if one.name == "maximo":
                assert best <= float(found["bound"]) + slack, (case, measure)
            assert "WRONG" not in found["said"], (case, measure)
            assert found["said"] != "OFF", (case, measure)
