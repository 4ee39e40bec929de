"""A word on stderr when something takes more than two seconds; silent when piped."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
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


@contextmanager
def watch(seconds: float, after_s: float = 2.0) -> Iterator[Callable[[float, float, float, float], None] | None]:
    """Give a search of ``seconds`` a line on stderr to tell of itself: best so far, gap to the bound, time left.

    What is yielded is called with the best value, the bound, the gap and the share of the time gone, as often as the
    search likes; ``None`` when nobody is watching. The first line comes after ``after_s`` seconds.
    """
    if not sys.stderr.isatty():
        yield None
        return
    begin, shown = time.monotonic(), [0.0]

    def tell(best: float, bound: float, gap: float, gone: float) -> None:
        now = time.monotonic()
        if now - begin < after_s or now - shown[0] < 0.2:
            return
        shown[0] = now
        left = seconds * max(1.0 - gone, 0.0)
        click.echo(
            f"\r\x1b[Kbest {best:.6g}, at most {bound:.6g} (gap {gap:.1%}), {left:.0f} s left", nl=False, err=True
        )

    try:
        with patience(after_s=after_s):
            yield tell
    finally:
        if shown[0]:
            click.echo("\r\x1b[K", nl=False, err=True)


@contextmanager
def counting(what: str, after_s: float = 2.0) -> Iterator[Callable[[int, int], None] | None]:
    """Give work of many like steps a bar on stderr: how many of how many are done, and the time left.

    ``None`` when nobody is watching; the first line comes after ``after_s`` seconds.
    """
    if not sys.stderr.isatty():
        yield None
        return
    begin, shown = time.monotonic(), [0.0]

    def tell(done: int, of: int) -> None:
        now = time.monotonic()
        if now - begin < after_s or now - shown[0] < 0.2:
            return
        shown[0] = now
        left, filled = (now - begin) / max(done, 1) * (of - done), 20 * done // max(of, 1)
        bar = "█" * filled + "░" * (20 - filled)
        click.echo(f"\r\x1b[K{bar} {done:,} of {of:,} {what}, {left:.0f} s left", nl=False, err=True)

    try:
        yield tell
    finally:
        if shown[0]:
            click.echo("\r\x1b[K", nl=False, err=True)
