"""A word after a while, to people only."""

from __future__ import annotations

import sys
import time

import pytest

from castor.cli.patience import counting, patience


@pytest.mark.parametrize(("watching", "takes", "said"), [(True, 0.3, True), (True, 0.0, False), (False, 0.3, False)])
def test_patience(
    watching: bool, takes: float, said: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: watching, raising=False)
    with patience("still at it", after_s=0.1):
        time.sleep(takes)
    time.sleep(0.15)
    assert ("still at it" in capsys.readouterr().err) == said


@pytest.mark.parametrize(("watching", "after_s"), [(True, 0.0), (True, 60.0), (False, 0.0)])
def test_counting_shows_a_bar_to_people_after_a_while(
    watching: bool, after_s: float, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: watching, raising=False)
    with counting("years", after_s=after_s) as progress:
        if progress is not None:
            progress(2500, 10_000)
    said = capsys.readouterr().err
    assert ("█████░░░" in said) == (watching and after_s == 0.0)
    assert ("2,500 of 10,000 years" in said) == (watching and after_s == 0.0)
