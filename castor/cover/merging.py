"""Points that the same places cover are one: the clock of millions of points in the memory of the rows that remain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from castor.cover.demand import Demand
from castor.cover.reach import Clocks

__all__ = ["Merged"]


class Merged:
    """Points merged by which places meet each target for them, one block after another.

    A merged point stands where its first one does and is named after it; its weights are added, and its minutes are the
    latest of its points, so nothing is said to be sooner than it is. Shares of cover are those of all the points.
    """

    def __init__(self) -> None:
        self.row: dict[bytes, int] = {}
        self.first: list[tuple[str, float, float]] = []
        self.weight: list[list[float]] = []
        self.care: list[NDArray[np.float64]] = []
        self.surgery: list[NDArray[np.float64]] = []
        self.whole: list[NDArray[np.int64]] = []
        self.like: Clocks | None = None

    def add(self, points: Demand, found: Clocks) -> None:
        """Merge a block of points (C) with their clock (P, C)."""
        self.like = found
        marks = np.concatenate([found.covered("care"), found.covered("surgery"), found.covered()])
        packed = np.ascontiguousarray(np.packbits(marks, axis=0).T)
        keys, first, which = np.unique(packed, axis=0, return_index=True, return_inverse=True)
        which = which.ravel()
        order = np.argsort(which, kind="stable")
        begins = np.searchsorted(which[order], np.arange(len(keys)))
        care = np.maximum.reduceat(found.care[:, order], begins, axis=1)
        surgery = np.maximum.reduceat(found.surgery[:, order], begins, axis=1)
        weights = [np.bincount(which, some, len(keys)) for some in (points.people, points.incidents)]
        count = np.bincount(which, minlength=len(keys))
        whole = np.stack([found.hospital, found.stops, found.stops_out])
        for k, key in enumerate(keys):
            at = self.row.setdefault(key.tobytes(), len(self.first))
            if at == len(self.first):
                c = int(first[k])
                self.first.append((points.names[c], float(points.lat[c]), float(points.lon[c])))
                self.weight.append([0.0, 0.0, 0.0])
                self.care.append(care[:, k])
                self.surgery.append(surgery[:, k])
                self.whole.append(whole[:, :, c])
            self.care[at] = np.maximum(self.care[at], care[:, k])
            self.surgery[at] = np.maximum(self.surgery[at], surgery[:, k])
            for part, more in enumerate((weights[0][k], weights[1][k], count[k])):
                self.weight[at][part] += float(more)

    def result(self, missing: int) -> tuple[Demand, Clocks]:
        """The merged points and their clock. Needs at least one block."""
        if self.like is None:
            raise ValueError("nothing was merged")
        weight, like = np.array(self.weight), self.like
        names = tuple(
            name if number == 1 else f"{name} and {number - 1:.0f} more"
            for (name, _, _), number in zip(self.first, weight[:, 2].tolist(), strict=True)
        )
        lat, lon = np.array([at[1] for at in self.first]), np.array([at[2] for at in self.first])
        whole = np.stack(self.whole, axis=2)
        clocks = Clocks(
            like.places, like.hospitals, np.stack(self.care, axis=1), np.stack(self.surgery, axis=1),
            whole[0], whole[1], whole[2],
            like.start_min, like.targets,
        )  # fmt: skip
        return Demand(names, lat, lon, weight[:, 0], weight[:, 1], missing), clocks
