"""A word on stderr when something takes more than two seconds; silent when piped."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def patience(
    said: str = "Working; the first run compiles for this machine, once.", after_s: float = 2.0
) -> Iterator[None]:
    """Say ``said`` on stderr if the block still runs after ``after_s`` seconds and a person is watching."""
    if not sys.stderr.isatty():
        yield
        return
    timer = threading.Timer(after_s, click.echo, args=(said,), kwargs={"err": True})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
