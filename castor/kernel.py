"""numba as every kernel takes it: what lies compiled on disk is dropped where any kernel is newer.

numba's cache on disk looks at the file of the function itself alone: one that calls another kernel, or takes a constant
from it, would go on with the old. So kernels take names of castor from kernels only, and all of them import numba here.

A kernel that makes no array is compiled with ``_nrt=False``: it then counts no references to those it is given, which
takes half of the time where tuples of arrays are handed on.

One stream of chance serves every search; its state is a uint64 array of one word, not zero, wholly the caller's.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit, prange

__all__ = ["below", "draw", "drop_stale", "njit", "prange"]


@njit(cache=True, nogil=True, _nrt=False)
def draw(state: Any) -> Any:
    """A number in [0, 1) from the stream (xorshift64*, Vigna 2016)."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * 1.1102230246251565e-16


@njit(cache=True, nogil=True, _nrt=False)
def below(state: Any, n: int) -> Any:
    """A whole number from 0 to n - 1."""
    return int(draw(state) * n)


def drop_stale(package: Path) -> int:
    """Remove the compiled functions below a folder that are older than its newest ``kernel.py``; return how many."""
    compiled: list[os.DirEntry[str]] = []
    newest, folders = 0.0, [str(package)]
    while folders:
        for entry in os.scandir(folders.pop()):
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif entry.name == "kernel.py":
                newest = max(newest, entry.stat().st_mtime)
            elif entry.name.endswith((".nbi", ".nbc")):
                compiled.append(entry)
    dropped = 0
    for entry in compiled:
        with suppress(OSError):  # another process may have dropped it, or the folder is not ours
            if entry.stat().st_mtime < newest:
                os.unlink(entry.path)
                dropped += 1
    return dropped


drop_stale(Path(__file__).parent)
