"""Fixtures used by every room's tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public test data beside the checkout; the test skips where it is absent."""
    folder = Path(os.environ.get("CASTOR_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent: the public data that this test needs")
    return folder


@pytest.fixture(scope="session")
def mali() -> Path:
    """The reference mission's folder."""
    return ROOT / "missions" / "mali"
