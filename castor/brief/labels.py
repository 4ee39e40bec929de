"""Where the names on a map go: each beside its mark, where it hides nothing, or nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import msgspec
import numpy as np
from numpy.typing import NDArray

from castor.brief import svg
from castor.brief.words import Both

Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom in user units."""
Rings = Sequence[Sequence[tuple[float, float]]]


class Label(msgspec.Struct, frozen=True):
    """A name to be placed by a mark of radius ``clear`` at (``x``, ``y``); the lowest ``rank`` is placed first."""

    x: float
    y: float
    said: Both
    size: float
    rank: float
    clear: float
    style: str = ""
    bold: bool = False


class Placed(msgspec.Struct, frozen=True):
    """A label with its base point and anchor."""

    label: Label
    x: float
    y: float
    anchor: str


# Directions tried in turn: right, left, above, below, and the diagonals; (dx, dy) and the anchor of the text.
_SPOTS = (
    (1.0, 0.0, "start"), (-1.0, 0.0, "end"), (0.7, -0.9, "start"), (0.7, 0.9, "start"), (-0.7, -0.9, "end"),
    (-0.7, 0.9, "end"), (0.0, -1.25, "middle"), (0.0, 1.25, "middle"),
)  # fmt: skip
_FARTHER = (1.0, 1.7, 2.4, 3.2)


def place(labels: Sequence[Label], taken: Sequence[Rectangle], size: tuple[float, float]) -> list[Placed]:
    """Place labels greedily by rank inside a window of ``size``; those without a free spot are left out.

    Bold ones, which name what the map is about, may stand farther off.
    """
    boxes = list(taken)
    placed = []
    for label in sorted(labels, key=lambda label: label.rank):
        for away, (dx, dy, anchor) in product(_FARTHER if label.bold else (1.0,), _SPOTS):
            box, x, y = _spot(label, away * dx, away * dy, anchor)
            if box[0] < 2 or box[1] < 2 or box[2] > size[0] - 2 or box[3] > size[1] - 2:
                continue
            if any(_meet(box, other) for other in boxes):
                continue
            boxes.append(box)
            placed.append(Placed(label, x, y, anchor))
            break
    return placed


def _spot(label: Label, dx: float, dy: float, anchor: str) -> tuple[Rectangle, float, float]:
    wide = svg.width(label.said, label.size, label.bold)
    x = label.x + dx * (label.clear + 3)
    middle = label.y + dy * (label.clear + label.size * 0.5)
    left = x if anchor == "start" else x - wide if anchor == "end" else x - wide / 2
    top = middle - label.size * 0.5
    return (left, top, left + wide, top + label.size), x, middle + label.size * 0.35


def _meet(a: Rectangle, b: Rectangle) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def roomiest(rings: Rings, taken: Sequence[Rectangle], size: tuple[float, float]) -> Rectangle | None:
    """The spot in an area where a label of ``size`` (width, height) is farthest from the edge, clear of what is taken.

    Returns the rectangle of the label, or nothing where it fits nowhere.
    """
    outline = np.array([point for ring in rings for point in ring], float)
    if len(outline) < 3:
        return None
    wide, tall = size
    low, high = outline.min(axis=0), outline.max(axis=0)
    xs, ys = np.meshgrid(np.linspace(low[0], high[0], 34)[1:-1], np.linspace(low[1], high[1], 34)[1:-1])
    centres = np.stack([xs.ravel(), ys.ravel()], axis=1)
    fits = np.ones(len(centres), bool)
    for sx in (-0.5, 0.0, 0.5):
        for sy in (-0.5, 0.5):
            fits &= inside(centres + (sx * wide, sy * tall), rings)
    for left, top, right, bottom in taken:
        fits &= ~(
            (centres[:, 0] - wide / 2 < right)
            & (centres[:, 0] + wide / 2 > left)
            & (centres[:, 1] - tall / 2 < bottom)
            & (centres[:, 1] + tall / 2 > top)
        )
    if not fits.any():
        return None
    free = centres[fits]
    far = np.min(np.hypot(free[:, None, 0] - outline[None, :, 0], free[:, None, 1] - outline[None, :, 1]), axis=1)
    x, y = free[int(np.argmax(far))]
    return float(x - wide / 2), float(y - tall / 2), float(x + wide / 2), float(y + tall / 2)


def inside(points: NDArray[np.float64], rings: Rings) -> NDArray[np.bool_]:
    """Whether points (C x 2) lie in an area of rings, by the even-odd rule."""
    within = np.zeros(len(points), bool)
    for ring in rings:
        x, y = np.array(ring, float).T
        x2, y2 = np.roll(x, -1), np.roll(y, -1)
        crosses = (y[None, :] > points[:, 1:]) != (y2[None, :] > points[:, 1:])
        with np.errstate(divide="ignore", invalid="ignore"):
            at = (x2 - x)[None, :] * (points[:, 1:] - y[None, :]) / (y2 - y)[None, :] + x[None, :]
        within ^= (crosses & (points[:, :1] < at)).sum(axis=1) % 2 == 1
    return within
