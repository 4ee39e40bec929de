"""The cover pass in machine code: which sites reach each point, and points with the same answer become one row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from castor.kernel import njit

Array = NDArray[Any]

SPHERE = 0
PLANE = 1


@njit(cache=True, nogil=True)
def to_space(a: Array, b: Array, shape: int, x: Array, y: Array, z: Array) -> Any:
    """Put points on the unit sphere (a, b = latitude, longitude in degrees) or leave them in the plane (a, b = x, y).

    a, b: (C,); x, y, z: (C,) filled here. On the sphere, distances become chords, which need no trigonometry per pair.
    """
    for i in range(a.shape[0]):
        if shape == SPHERE:
            lat = math.radians(a[i])
            lon = math.radians(b[i])
            c = math.cos(lat)
            x[i] = c * math.cos(lon)
            y[i] = c * math.sin(lon)
            z[i] = math.sin(lat)
        else:
            x[i] = a[i]
            y[i] = b[i]
            z[i] = 0.0


@njit(cache=True, nogil=True)
def distance(a1: float, b1: float, a2: float, b2: float, shape: int, earth: float) -> Any:
    """Great-circle distance by the haversine formula (degrees in, the unit of ``earth`` out), or straight distance."""
    if shape == PLANE:
        return math.sqrt((a1 - a2) * (a1 - a2) + (b1 - b2) * (b1 - b2))
    f1 = math.radians(a1)
    f2 = math.radians(a2)
    u = math.sin(0.5 * (f2 - f1))
    v = math.sin(0.5 * math.radians(b2 - b1))
    h = u * u + math.cos(f1) * math.cos(f2) * v * v
    return 2.0 * earth * math.asin(math.sqrt(min(1.0, h)))


@njit(cache=True, nogil=True)
def square_limit(reach: float, shape: int, earth: float) -> Any:
    """The squared chord (or squared straight distance) that belongs to a distance; -1 when nothing is that near."""
    if not reach >= 0.0:
        return -1.0
    if shape == PLANE:
        return reach * reach
    if reach >= math.pi * earth:
        return 5.0
    half = math.sin(0.5 * reach / earth)
    return 4.0 * half * half


@njit(cache=True, nogil=True)
def mark(
    point: Array,
    site: Array,
    space: Array,
    where: Array,
    fixed: Array,
    per_km: float,
    limit: Array,
    shape: int,
    earth: float,
    first_bit: int,
    words: Array,
) -> Any:
    """Set bit ``first_bit + j`` of a point's words where ``fixed[j] + per_km * distance <= limit[i]``.

    point: (2, C) as given; site: (2, S) as given; space: (3, C) and where: (3, S) from :func:`to_space`; fixed: (S,);
    limit: (C,); words: (W, C) uint64, changed here. Chords decide all pairs but those within rounding of the limit,
    which are judged again by :func:`distance`, so that the answer is exactly ``<=`` of that formula.
    """
    n = point.shape[1]
    x = space[0]
    y = space[1]
    z = space[2]
    same = True
    for i in range(1, n):
        if limit[i] != limit[0]:
            same = False
            break
    t = np.empty(n)
    band = np.empty(n)
    for j in range(site.shape[1]):
        if j == 0 or fixed[j] != fixed[j - 1]:
            for i in range(n):
                if same and i > 0:
                    t[i] = t[0]
                    band[i] = band[0]
                else:
                    t[i] = square_limit((limit[i] - fixed[j]) / per_km, shape, earth)
                    size = abs(t[i])
                    scale = 1.0 if shape == SPHERE else math.sqrt(size)
                    band[i] = 1e-13 * size + 1e-15 * math.sqrt(size) * scale + 1e-31
        bit = first_bit + j
        near = _mark_site(x, y, z, where[0, j], where[1, j], where[2, j], t, band, words[bit >> 6], np.uint64(bit & 63))
        if near:
            _mark_again(point, site[0, j], site[1, j], fixed[j], per_km, limit, shape, earth, t, band, space,
                        where[0, j], where[1, j], where[2, j], words[bit >> 6], np.uint64(bit & 63))  # fmt: skip


@njit(cache=True, nogil=True, inline="always")
def _mark_site(
    x: Array, y: Array, z: Array, sx: float, sy: float, sz: float, t: Array, band: Array, word: Array, bit: int
) -> Any:
    near = 0
    for i in range(x.shape[0]):
        dx = x[i] - sx
        dy = y[i] - sy
        dz = z[i] - sz
        slack = t[i] - (dx * dx + dy * dy + dz * dz)
        word[i] |= np.uint64(slack >= 0.0) << bit
        near += abs(slack) <= band[i]
    return near


@njit(cache=True, nogil=True)
def _mark_again(
    point: Array,
    a: Array,
    b: Array,
    fixed: Array,
    per_km: float,
    limit: Array,
    shape: int,
    earth: float,
    t: Array,
    band: Array,
    space: Array,
    sx: float,
    sy: float,
    sz: float,
    word: Array,
    bit: int,
) -> Any:
    one = np.uint64(1) << bit
    for i in range(point.shape[1]):
        dx = space[0, i] - sx
        dy = space[1, i] - sy
        dz = space[2, i] - sz
        if abs(t[i] - (dx * dx + dy * dy + dz * dz)) <= band[i]:
            if fixed + per_km * distance(point[0, i], point[1, i], a, b, shape, earth) <= limit[i]:
                word[i] |= one
            else:
                word[i] &= ~one


@njit(cache=True, nogil=True)
def mark_matrix(values: Array, limit: Array, first_bit: int, words: Array) -> Any:
    """Set the bits of a dense table of times: values (C, S), limit (C,), words (W, C) uint64, changed here."""
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            if values[i, j] <= limit[i]:
                bit = first_bit + j
                words[bit >> 6, i] |= np.uint64(1) << np.uint64(bit & 63)


@njit(cache=True, nogil=True)
def mark_sparse(start: Array, column: Array, value: Array, limit: Array, first_bit: int, words: Array) -> Any:
    """Set the bits of a sparse table of times, row by row: start (C + 1,), column and value (pairs,), limit (C,)."""
    for i in range(limit.shape[0]):
        for k in range(start[i], start[i + 1]):
            if value[k] <= limit[i]:
                bit = first_bit + column[k]
                words[bit >> 6, i] |= np.uint64(1) << np.uint64(bit & 63)


@njit(cache=True, nogil=True)
def _mix(words: Array, i: Array) -> Any:
    h = np.uint64(0x9E3779B97F4A7C15)
    for w in range(words.shape[0]):
        h ^= words[w, i]
        h *= np.uint64(0xFF51AFD7ED558CCD)
        h ^= h >> np.uint64(32)
    return h


@njit(cache=True, nogil=True)
def merge(
    words: Array,
    weight: Array,
    at: int,
    table: Array,
    key: Array,
    total: Array,
    count: Array,
    first: Array,
    used: int,
    row_of: Array,
) -> Any:
    """Add points to the rows of equal signature; stop when the store is full.

    words: (W, C) signatures; weight: (C,); at: number of the first point; table: (power of two,) int32 row numbers, -1
    free; key: (W, capacity), total, count, first: (capacity,) the rows so far; row_of: (C,) the row of each point, or
    of length 0. Returns (rows now used, points done): the caller makes room and calls again when not all are done.
    """
    mask = np.uint64(table.shape[0] - 1)
    depth = words.shape[0]
    last = -1
    for i in range(words.shape[1]):
        same = last >= 0
        if same:
            for w in range(depth):
                if key[w, last] != words[w, i]:
                    same = False
                    break
        row = last
        if not same:
            slot = _mix(words, i) & mask
            while True:
                row = table[slot]
                if row < 0:
                    break
                same = True
                for w in range(depth):
                    if key[w, row] != words[w, i]:
                        same = False
                        break
                if same:
                    break
                slot = (slot + np.uint64(1)) & mask
            if row < 0:
                if used == total.shape[0] or 2 * (used + 1) > table.shape[0]:
                    return used, i
                row = used
                used += 1
                table[slot] = row
                for w in range(depth):
                    key[w, row] = words[w, i]
                total[row] = 0.0
                count[row] = 0
                first[row] = at + i
        total[row] += weight[i]
        count[row] += 1
        last = row
        if row_of.shape[0] > 0:
            row_of[i] = row
    return used, words.shape[1]


@njit(cache=True, nogil=True)
def rehash(key: Array, used: int, table: Array) -> Any:
    """Fill an empty table (-1) with the rows so far, after it has grown."""
    mask = np.uint64(table.shape[0] - 1)
    for row in range(used):
        slot = _mix(key, row) & mask
        while table[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        table[slot] = row


@njit(cache=True, nogil=True)
def expand(key: Array, used: int, columns: int) -> Any:
    """Signatures to a sparse table: (start (rows + 1,), column (pairs,)) of the set bits of key (W, rows)."""
    start = np.zeros(used + 1, np.int64)
    for row in range(used):
        pairs = 0
        for j in range(columns):
            pairs += (key[j >> 6, row] >> np.uint64(j & 63)) & np.uint64(1)
        start[row + 1] = start[row] + pairs
    column = np.empty(start[used], np.int32)
    for row in range(used):
        k = start[row]
        for w in range(key.shape[0]):
            bits = key[w, row]
            j = w << 6
            while bits != 0:
                if bits & np.uint64(1):
                    column[k] = j
                    k += 1
                bits >>= np.uint64(1)
                j += 1
    return start, column


@njit(cache=True, nogil=True)
def nearest(point: Array, site: Array, shape: int, earth: float, out: Array) -> Any:
    """Distance from each point (2, C) to the nearest of the sites (2, S), into out (C,)."""
    for i in range(point.shape[1]):
        best = math.inf
        for j in range(site.shape[1]):
            d = distance(point[0, i], point[1, i], site[0, j], site[1, j], shape, earth)
            best = min(best, d)
        out[i] = best


@njit(cache=True, nogil=True)
def distances(
    point: Array, site: Array, fixed: Array, per_km: float, tail: Array, shape: int, earth: float, out: Array
) -> Any:
    """The whole table: ``fixed[j] + per_km * distance + tail[i]`` into out (C, S)."""
    for i in range(point.shape[1]):
        for j in range(site.shape[1]):
            d = distance(point[0, i], point[1, i], site[0, j], site[1, j], shape, earth)
            out[i, j] = fixed[j] + per_km * d + tail[i]
