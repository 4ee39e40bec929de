"""Searching and proving a maximal cover: rows and columns both ways, parts of them, and the model itself."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from castor.cover.program import Program
from castor.cover.rules import Floats
from castor.cover.search import kernel

__all__ = ["Bools", "Ints", "Table", "collapsed", "hint", "model", "part", "ranges", "table", "undominated"]

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Table(msgspec.Struct, frozen=True, eq=False):
    """Rows and columns both ways: ``start`` (R + 1,), ``column``; ``begin`` (S + 1,), ``row``; ``weight`` (R,)."""

    start: Ints
    column: Ints
    begin: Ints
    row: Ints
    weight: Floats

    @property
    def sites(self) -> int:
        """Number of columns S."""
        return self.begin.size - 1


def table(start: Ints, column: Ints, weight: Floats, sites: int) -> Table:
    """A table from its rows."""
    rows = np.repeat(np.arange(weight.size), np.diff(start))
    order = np.argsort(column, kind="stable")
    begin = np.concatenate(([0], np.cumsum(np.bincount(column, minlength=sites))))
    return Table(start.astype(np.int64), column.astype(np.int64), begin.astype(np.int64), rows[order], weight)


def part(whole: Table, rows: Ints, columns: Ints) -> Table:
    """The table of some rows and columns, both renumbered."""
    number = np.full(whole.sites, -1)
    number[columns] = np.arange(columns.size)
    size = whole.start[rows + 1] - whole.start[rows]
    entries = number[whole.column[ranges(whole.start[rows], size)]]
    keep = entries >= 0
    start = np.concatenate(([0], np.cumsum(keep)))[np.concatenate(([0], np.cumsum(size)))]
    return table(start, entries[keep], whole.weight[rows], columns.size)


def ranges(start: Ints, size: Ints) -> Ints:
    """The numbers start[k], ..., start[k] + size[k] - 1 of every k, one after the other."""
    ends = np.cumsum(size)
    total = int(ends[-1]) if size.size else 0
    return np.asarray(np.arange(total) + np.repeat(start - (ends - size), size), np.int64)


def undominated(whole: Table, allowed: Bools, kept: Bools) -> Bools:
    """The allowed sites (S,) that are not covered by another allowed one; those ``kept`` stay in any case."""
    useful = allowed & (np.diff(whole.begin) > 0)
    gone = kernel.contained(whole.start, whole.column, whole.begin, whole.row, useful)
    return np.asarray((useful & ~gone) | kept)


def collapsed(whole: Table) -> Table:
    """The same table with rows of the same columns made one, and rows of none left out."""
    which: dict[bytes, int] = {}
    spans = zip(whole.start[:-1].tolist(), whole.start[1:].tolist())
    to = np.array([which.setdefault(whole.column[a:b].tobytes(), len(which)) for a, b in spans], np.int64)
    rows = np.unique(to, return_index=True)[1]
    joint: Floats = np.bincount(to, whole.weight, rows.size).astype(np.float64)
    filled = np.diff(whole.start)[rows] > 0
    small = part(whole, rows[filled], np.arange(whole.sites))
    return Table(small.start, small.column, small.begin, small.row, joint[filled])


def model(t: Table, low: Floats, p: int) -> Program:
    """max sum_i w_i z_i, z_i <= sum_j x_j over the columns of row i, sum_j x_j = p, low (S,) <= x <= 1 integer."""
    program, n = Program(maximise=True), t.weight.size
    program.columns(t.sites, 0.0, low, 1.0, integer=True)
    z = program.columns(n, t.weight)
    own = t.start[1:] + np.arange(n)
    index, value = np.empty(t.column.size + n, np.int64), np.ones(t.column.size + n)
    mask = np.zeros(index.size, np.bool_)
    mask[own] = True
    index[own], value[own] = z + np.arange(n), -1.0
    index[~mask] = t.column
    program.rows(0.0, np.inf, t.start + np.arange(n + 1), index, value)
    program.row(p, p, np.arange(t.sites))
    return program


def hint(t: Table, opened: Bools) -> Floats:
    """The columns of :func:`model` at a siting (S,) of a table without empty rows."""
    reached = np.add.reduceat(opened[t.column].astype(float), t.start[:-1]) > 0 if t.column.size else np.zeros(0)
    return np.concatenate([opened.astype(float), reached.astype(float)])
