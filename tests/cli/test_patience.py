"""A word after a while, to people only."""

from __future__ import annotations

import sys
import time

import pytest

from castor.cli.patience import patience


@pytest.mark.parametrize(("watching", "takes", "said"), [(True, 0.3, True), (True, 0.0, False), (False, 0.3, False)])
def test_patience(
    watching: bool, takes: float, said: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: watching, raising=False)
    with patience("still at it", after_s=0.1):
        time.sleep(takes)
    time.sleep(0.15)
    assert ("still at it" in capsys.readouterr().err) == said
