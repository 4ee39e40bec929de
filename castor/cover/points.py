"""Points and sites from files: CSV in any order of columns, and rasters of weights (ESRI ASCII grids), in blocks."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec
import numpy as np

from castor.cover.rules import Floats
from castor.errors import MissionError, Problem

READ = 1 << 16
"""Rows of a CSV in one block."""
LATITUDE = ("lat", "latitude", "y")
LONGITUDE = ("lon", "lng", "long", "longitude", "x")
WEIGHT = ("weight", "people", "population", "demand")
NAME = ("id", "name", "site", "place")
TOLD = 20
"""So many wrong cells are listed before reading stops."""


class Csv(msgspec.Struct, frozen=True):
    """Points of a CSV, read in blocks as often as asked: columns lat and lon (or x and y), and weight if there is
    one."""

    path: Path

    def __iter__(self) -> Iterator[tuple[Floats, Floats]]:
        for coordinates, weights, _ in _csv(self.path, names=False):
            yield coordinates, weights


class Grid(msgspec.Struct, frozen=True):
    """Cell centres of an ESRI ASCII grid (.asc), row by row; cells without data or of weight 0 are left out.

    Coordinates are given as (y, x), that is latitude and longitude for a grid in degrees.
    """

    path: Path

    def __iter__(self) -> Iterator[tuple[Floats, Floats]]:
        with self.path.open(encoding="ascii", errors="replace") as file:
            head = _grid_head(self.path, file)
            columns, rows, size = int(head["ncols"]), int(head["nrows"]), head["cellsize"]
            shift = 0.0 if "xllcenter" in head else 0.5 * size
            west = head.get("xllcenter", head.get("xllcorner", 0.0)) + shift
            south = head.get("yllcenter", head.get("yllcorner", 0.0)) + shift
            x = west + size * np.arange(columns)
            for number in range(rows):
                weight = _grid_row(self.path, file, number + len(head) + 1, columns)
                keep = (weight != head.get("nodata_value", -9999.0)) & (weight != 0.0)
                y = np.full(int(keep.sum()), south + size * (rows - 1 - number))
                yield np.column_stack([y, x[keep]]), weight[keep]


def read_points(path: str | Path) -> Csv | Grid:
    """Points of a file in blocks, to be given as ``points`` of a rule: a raster if it ends in .asc, else a CSV."""
    path = Path(path)
    if not path.is_file():
        raise MissionError([Problem(str(path), "a CSV of points, or a raster .asc", read="no such file")])
    return Grid(path) if path.suffix.lower() == ".asc" else Csv(path)


def read_sites(path: str | Path) -> tuple[Floats, list[str]]:
    """Sites of a CSV: coordinates (S, 2) and names, the row number where there is no column id or name."""
    path = Path(path)
    if not path.is_file():
        raise MissionError([Problem(str(path), "a CSV of sites", read="no such file")])
    blocks = list(_csv(path, names=True))
    if not blocks:
        raise MissionError([Problem(str(path), "at least one site", read="no rows")])
    return np.concatenate([b[0] for b in blocks]), [name for b in blocks for name in b[2]]


def _csv(path: Path, *, names: bool) -> Iterator[tuple[Floats, Floats, list[str]]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        header = [cell.strip().lower() for cell in next(reader, [])]
        lat, lon = _column(path, header, LATITUDE), _column(path, header, LONGITUDE)
        weight = next((header.index(n) for n in WEIGHT if n in header), None)
        name = next((header.index(n) for n in NAME if n in header), None) if names else None
        numbers: list[tuple[float, float, float]] = []
        labels: list[str] = []
        problems: list[Problem] = []
        for row in reader:
            if not any(row):
                continue
            before = len(problems)
            y = _number(path, reader.line_num, "lat", row, lat, problems, 0.0)
            x = _number(path, reader.line_num, "lon", row, lon, problems, 0.0)
            w = 1.0 if weight is None else _number(path, reader.line_num, header[weight], row, weight, problems, 0.0)
            if w < 0.0 and len(problems) == before:
                problems.append(Problem(str(path), "a number >= 0", reader.line_num, "weight", row[weight or 0]))
            if len(problems) >= TOLD:
                break
            numbers.append((y, x, w))
            if names:
                labels.append(row[name].strip() if name is not None and name < len(row) else str(reader.line_num))
            if len(numbers) == READ and not problems:
                yield _block(numbers, labels)
                numbers, labels = [], []
        if problems:
            raise MissionError(problems)
        if numbers:
            yield _block(numbers, labels)


def _block(numbers: list[tuple[float, float, float]], labels: list[str]) -> tuple[Floats, Floats, list[str]]:
    array = np.array(numbers)
    return array[:, :2].copy(), array[:, 2].copy(), labels


def _column(path: Path, header: list[str], choices: tuple[str, ...]) -> int:
    for name in choices:
        if name in header:
            return header.index(name)
    read = ", ".join(header)
    raise MissionError(
        [Problem(str(path), f"a column {choices[0]}", 1, read=read, remedy=f"or {', '.join(choices[1:])}")]
    )


def _number(
    path: Path, line: int, name: str, row: list[str], at: int, problems: list[Problem], otherwise: float
) -> float:
    cell = row[at].strip() if at < len(row) else ""
    try:
        value = float(cell)
    except ValueError:
        value = float("nan")
    if np.isfinite(value):
        return value
    problems.append(Problem(str(path), "a number", line, name, cell))
    return otherwise


def _grid_head(path: Path, file: IO[str]) -> dict[str, float]:
    head: dict[str, float] = {}
    while True:
        at = file.tell()
        parts = file.readline().split()
        if len(parts) != 2 or not parts[0][0].isalpha():
            file.seek(at)
            break
        try:
            head[parts[0].lower()] = float(parts[1])
        except ValueError:
            raise MissionError([Problem(str(path), "a number", len(head) + 1, parts[0], parts[1])]) from None
    missing = [key for key in ("ncols", "nrows", "cellsize") if key not in head]
    if missing:
        raise MissionError([Problem(str(path), "ncols, nrows and cellsize", read=f"no {', '.join(missing)}")])
    return head


def _grid_row(path: Path, file: IO[str], line: int, columns: int) -> Floats:
    parts = file.readline().split()
    try:
        values = np.array(parts, np.float64)
    except ValueError:
        values = np.empty(0)
    if values.size != columns:
        raise MissionError([Problem(str(path), f"{columns} numbers", line, read=" ".join(parts))])
    return values
