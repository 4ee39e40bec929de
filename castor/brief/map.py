"""The map of the theatre: places, posture, reach, incidents and flights over the basemap."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from castor.brief import basemap, svg
from castor.brief.basemap import Pixel, View
from castor.brief.labels import Label, Rectangle, inside, place, roomiest
from castor.brief.words import Both, both, number, word
from castor.mission.model import Mission, Place

WIDE, NARROW = (1040.0, 690.0), (360.0, 470.0)
"""Sizes of the theatre's map in user units, for a desk and for a telephone."""
MANY = 24
"""A posture of more places than this is drawn small, without its order and without the range about each."""
FAR = 4.0
"""A place farther from the middle of the camps than this many times their median distance is outside the theatre."""


class Ring(msgspec.Struct, frozen=True):
    """How far the posture reaches from one place: the outline (latitude, longitude) for a target in minutes."""

    place: str
    minutes: float
    outline: Sequence[tuple[float, float]]


class Theatre(msgspec.Struct, frozen=True):
    """What the map shows besides the basemap. ``posture`` is place ids, first formation first; ``range_km`` how far it
    goes out and back without refuelling."""

    mission: Mission
    posture: Sequence[str] = ()
    rings: Sequence[Ring] = ()
    range_km: float = 0.0
    plain: bool = False
    """Leave out incidents and evacuations, where the map is about flights."""
    ground: str = ""
    """The name of a map on the page whose ground this one shows again."""


def in_use(mission: Mission) -> list[Place]:
    """The places in use on some day of the mission."""
    return [
        p
        for p in mission.places
        if (p.start is None or p.start <= mission.end) and (p.end is None or p.end >= mission.start)
    ]


def theatre_places(mission: Mission) -> list[Place]:
    """The places of the theatre: camps, and whatever lies among them; not the airfields at home."""
    used = in_use(mission)
    core = [p for p in used if p.kind == "camp"] or used
    if not core:
        return []
    lat0, lon0 = float(np.median([p.lat for p in core])), float(np.median([p.lon for p in core]))
    view = View(lat=lat0, lon=lon0, km=1.0, width=0.0, height=0.0)
    away = {p.id: math.hypot(*view.point(p.lat, p.lon)) for p in used}
    limit = max(FAR * float(np.median([away[p.id] for p in core])), 150.0)
    return [p for p in used if away[p.id] <= limit]


def frame(mission: Mission, width: float, height: float) -> View:
    """The window that holds the theatre's camps and incidents with room around them."""
    near = theatre_places(mission)
    core = [p for p in near if p.kind in ("camp", "hospital")] or near
    marks = [(p.lat, p.lon) for p in core] or [(0.0, 0.0)]
    lat = (min(m[0] for m in marks) + max(m[0] for m in marks)) / 2
    lon = (min(m[1] for m in marks) + max(m[1] for m in marks)) / 2
    flat = View(lat=lat, lon=lon, km=1.0, width=0.0, height=0.0)
    xs, ys = flat.project([m[0] for m in marks], [m[1] for m in marks])
    pad = 0.16
    km = max(float(np.ptp(xs)) / (width * (1 - 2 * pad)), float(np.ptp(ys)) / (height * (1 - 2 * pad)), 100 / width)
    middle_lat, middle_lon = flat.inverse(float(xs.max() + xs.min()) / 2, float(ys.max() + ys.min()) / 2)
    return View(lat=float(middle_lat), lon=float(middle_lon), km=km, width=width, height=height)


def sheet(mission: Mission) -> View:
    """The window in which the ground is drawn, once for every map: whole units are half a unit of the wide map."""
    wide, narrow = (frame(mission, *size) for size in (WIDE, NARROW))
    width, height = (max(getattr(one, side) * one.km for one in (wide, narrow)) for side in ("width", "height"))
    km = wide.km / 2
    return View(lat=wide.lat, lon=wide.lon, km=km, width=width / km, height=height / km)


def draw(theatre: Theatre, view: View, prefix: str, over: Sequence[str] = (), top: Sequence[str] = ()) -> str:
    """The whole map as an SVG; ``prefix`` keeps ids apart, ``over`` are shapes below the marks, ``top`` above."""
    taken: list[Rectangle] = []
    marks = _marks(theatre, view, taken)
    labels = place(_labels(theatre, view), [*taken, *_corners(view)], (view.width, view.height))
    for done in labels:
        taken.append(_box(done.x, done.y, done.anchor, done.label))
    names = [] if theatre.mission.basemap else _countries(view, [*taken, *_corners(view), *_edges(view)])
    parts = [
        svg.tag("clipPath", svg.rect(0, 0, view.width, view.height), id=f"{prefix}-clip"),
        svg.group(
            [
                svg.rect(0, 0, view.width, view.height, class_="sea"),
                placed(theatre, view, prefix),
                *_range(theatre, view),
                *_rings(theatre, view),
                *_incidents(theatre, view),
                *names,
                *over,
                *marks,
                *[_text(done.label, done.x, done.y, done.anchor) for done in labels],
                *top,
            ],
            clip_path=f"url(#{prefix}-clip)",
        ),
        _scale(view),
    ]
    title = word("map.title") + ": " + Both(theatre.mission.title.get("en", ""), theatre.mission.title.get("fr", ""))
    return svg.picture(view.width, view.height, parts, title, class_=f"map map-{prefix.rpartition('-')[2]} {prefix}")


def placed(theatre: Theatre, view: View, prefix: str) -> str:
    """The ground moved and scaled into a window: drawn here, or taken from the map that drew it."""
    whole = sheet(theatre.mission)
    scale = whole.km / view.km
    x, y = (view.width - whole.width * scale) / 2, (view.height - whole.height * scale) / 2
    move = f"translate({svg.short(x)} {svg.short(y)}) scale({scale:.5g})"
    if theatre.ground:
        return svg.tag("use", href=f"#{theatre.ground}-ground", transform=move)
    shapes = [*_ground(theatre.mission, whole), *_graticule(whole)]
    return svg.tag("g", svg.tag("g", "".join(shapes), id=f"{prefix.partition('-')[0]}-ground"), transform=move)


def _ground(mission: Mission, whole: View) -> list[str]:
    folder = Path(mission.folder)
    if mission.basemap:
        own = basemap.geojson(folder / mission.basemap, whole)
        parts = [svg.tag("path", d=basemap.path(rings, True), class_="land") for _, rings in own.areas]
        parts += [svg.tag("path", d=basemap.path(cut), class_=_line_class(said)) for said, cut in own.lines]
    else:
        parts = _world(whole)
    if mission.overlay:
        over = basemap.geojson(folder / mission.overlay, whole)
        over = over if mission.basemap else basemap.without_twins(over, whole)
        parts += [svg.tag("path", d=basemap.path(rings, True), class_=_area_class(said)) for said, rings in over.areas]
        parts += [svg.tag("path", d=basemap.path(cut), class_=_line_class(said)) for said, cut in over.lines]
    return parts


_LINES = {"river": "river", "border": "border", "boundary": "border", "disputed": "disputed", "road": "road"}


def _line_class(properties: Mapping[str, Any]) -> str:
    return _LINES.get(str(properties.get("kind", "")), "border")


def _area_class(properties: Mapping[str, Any]) -> str:
    return "lake" if properties.get("kind") in ("lake", "water", "river") else "area"


def _world(whole: View) -> list[str]:
    layers = basemap.layers(whole)
    home = _home(layers.land, whole)
    others = [ring for name, rings in layers.land if name != home for ring in rings]
    parts = [svg.tag("path", d=basemap.path(others, True), class_="land")]
    parts += [
        svg.tag("path", d=basemap.path(rings, True), class_="home") for name, rings in layers.land if name == home
    ]
    for kind, lines, close in (
        ("lake", layers.lake, True), ("river", layers.river, False), ("coast", layers.coast, False),
        ("border", layers.border, False), ("disputed", layers.disputed, False),
    ):  # fmt: skip
        if lines:
            parts.append(svg.tag("path", d=basemap.path(lines, close), class_=kind))
    return parts


def _countries(view: View, taken: list[Rectangle]) -> list[str]:
    """Names of countries where they have room in a window."""
    names = []
    for name, rings in basemap.layers(view).land:
        said = Both(name.en.upper(), name.fr.upper())
        size = 11.0 if view.width > 500 else 9.0
        wide = svg.width(said, size) + 0.24 * size * max(len(said.en), len(said.fr))
        spot = roomiest(rings, taken, (wide + 8, size + 10)) if name.en else None
        if spot:
            taken.append(spot)
            x, y = (spot[0] + spot[2]) / 2, (spot[1] + spot[3]) / 2 + size * 0.35
            names.append(svg.text(x, y, said, class_="country", font_size=size))
    return names


def _home(lands: Sequence[tuple[Both, list[list[Pixel]]]], view: View) -> Both | None:
    middle = np.array([[view.width / 2, view.height / 2]])
    for name, rings in lands:
        if inside(middle, rings)[0]:
            return name
    return None


def _graticule(view: View) -> list[str]:
    west, south, east, north = view.box()
    step = next(s for s in (1, 2, 5, 10, 20, 30) if (north - south) / s <= 6 or s == 30)
    parts, lines = [], []
    for lat in range(math.ceil(south / step) * step, math.floor(north) + 1, step):
        lons = np.linspace(west, east, 41)
        x, y = view.project(np.full(41, float(lat)), lons)
        lines += basemap.clip_line(np.stack([x, y], axis=1), view)
    for lon in range(math.ceil(west / step) * step, math.floor(east) + 1, step):
        lats = np.linspace(max(south, -89.0), min(north, 89.0), 41)
        x, y = view.project(lats, np.full(41, float(lon)))
        lines += basemap.clip_line(np.stack([x, y], axis=1), view)
    parts.append(svg.tag("path", d=basemap.path([basemap.thin(part) for part in lines]), class_="graticule"))
    return parts


def _rings(theatre: Theatre, view: View) -> list[str]:
    parts = []
    for ring in sorted(theatre.rings, key=lambda ring: -ring.minutes):
        lat, lon = [p[0] for p in ring.outline], [p[1] for p in ring.outline]
        drawn = basemap.clip_ring(np.stack(view.project(lat, lon), axis=1), view)
        if len(drawn) > 2:
            inner = ring.minutes == min(r.minutes for r in theatre.rings)
            parts.append(svg.tag("path", d=svg.points(drawn, True), class_="reach reach-in" if inner else "reach"))
    return parts


def _range(theatre: Theatre, view: View) -> list[str]:
    """The circle of out and back on one tank about each place of the posture."""
    turn = np.linspace(0.0, 2 * math.pi, 73)
    parts = []
    for name in theatre.posture if theatre.range_km and len(theatre.posture) <= MANY else ():
        site = theatre.mission.place[name]
        about = View(lat=site.lat, lon=site.lon, km=1.0, width=0.0, height=0.0)
        lat, lon = about.inverse(theatre.range_km * np.sin(turn), theatre.range_km * np.cos(turn))
        for part in basemap.clip_line(np.stack(view.project(lat, lon), axis=1), view):
            parts.append(svg.tag("path", d=svg.points(part), class_="range"))
    return parts


def _incidents(theatre: Theatre, view: View) -> list[str]:
    total: dict[tuple[float, float], float] = {}
    for incident in theatre.mission.incidents:
        if incident.kind == "violence":
            where = (incident.lat, incident.lon)
            total[where] = total.get(where, 0.0) + incident.weight
    if not total or theatre.plain:
        return []
    most = max(total.values())
    parts = []
    for (lat, lon), weight in sorted(total.items(), key=lambda item: -item[1]):
        x, y = view.point(lat, lon)
        if view.holds(x, y, -20) and weight > 0:
            parts.append(svg.circle(x, y, radius(weight, most, view, len(total)), class_="incident"))
    return parts


def radius(weight: float, most: float, view: View, count: int = 1) -> float:
    """The radius of an incident's circle: its area is in proportion to its weight; smaller where there are many."""
    largest = (26.0 if view.width > 500 else 15.0) * min(1.0, math.sqrt(150 / count))
    return max(math.sqrt(weight / most) * largest, 1.6 if count <= 150 else 0.8)


def shown_kind(place: Place) -> str:
    """How a place is drawn: hospital (surgery: level 2 and above), camp, airfield, landing or town."""
    if place.medical in ("2", "3", "4"):
        return "hospital"
    return place.kind if place.kind != "hospital" else "camp"


def at(x: float, y: float) -> str:
    """A point of path data."""
    return f"{svg.short(x)} {svg.short(y)}"


def mark(kind: str, x: float, y: float, size: float = 1.0) -> str:
    """The mark of a kind of place, by shape as well as colour."""
    if kind == "hospital":
        h, arm = 6.0 * size, 3.6 * size
        cross = f"M{at(x, y - arm)}v{svg.short(2 * arm)}M{at(x - arm, y)}h{svg.short(2 * arm)}"
        return svg.rect(x - h, y - h, 2 * h, 2 * h, rx=1.2, class_="hospital") + svg.tag(
            "path", d=cross, class_="cross"
        )
    if kind == "camp":
        return svg.circle(x, y, 4.2 * size, class_="camp")
    if kind == "airfield":
        dash = f"M{at(x - 7 * size, y + 2.6 * size)}L{at(x + 7 * size, y - 2.6 * size)}"
        return svg.tag("path", d=dash, class_="strip") + svg.circle(x, y, 3.4 * size, class_="field")
    if kind == "landing":
        return svg.circle(x, y, 2.4 * size, class_="landing")
    if kind == "evacuation":
        r = 5.2 * size
        d = f"M{at(x, y - r)}L{at(x + r, y)}L{at(x, y + r)}L{at(x - r, y)}z"
        return svg.tag("path", d=d, class_="evacuation")
    return svg.circle(x, y, 1.9 * size, class_="town")


_ORDER = ("town", "landing", "airfield", "camp", "hospital")


def _marks(theatre: Theatre, view: View, taken: list[Rectangle]) -> list[str]:
    parts = []
    small = 1.0 if view.width > 500 else 0.85
    for incident in theatre.mission.incidents:
        if incident.kind == "evacuation" and not theatre.plain:
            x, y = view.point(incident.lat, incident.lon)
            if view.holds(x, y):
                parts.append(mark("evacuation", x, y, small))
                taken.append((x - 5, y - 5, x + 5, y + 5))
    near = sorted(in_use(theatre.mission), key=lambda p: _ORDER.index(shown_kind(p)))
    for site in near:
        x, y = view.point(site.lat, site.lon)
        if not view.holds(x, y):
            continue
        kind = shown_kind(site)
        if view.width <= 500 and kind in ("town", "landing"):
            continue
        parts.append(mark(kind, x, y, small))
        clear = _clear(site, theatre) * small
        taken.append((x - clear, y - clear, x + clear, y + clear))
    parts += _posture(theatre, view, small)
    return parts


def _posture(theatre: Theatre, view: View, small: float) -> list[str]:
    parts = []
    for number_in_order, name in enumerate(theatre.posture, 1):
        site = theatre.mission.place.get(name)
        if site is None:
            continue
        x, y = view.point(site.lat, site.lon)
        many = len(theatre.posture) > MANY
        parts.append(svg.circle(x, y, (6.5 if many else 11.5) * small, class_="standby"))
        if 1 < len(theatre.posture) <= MANY:
            parts.append(svg.circle(x + 10 * small, y - 10 * small, 6.5, class_="order"))
            parts.append(svg.text(x + 10 * small, y - 10 * small + 3.2, number_in_order, class_="order-n"))
    return parts


def _clear(site: Place, theatre: Theatre) -> float:
    if site.id in theatre.posture:
        return 13.0 if len(theatre.posture) <= MANY else 8.0
    return {"hospital": 7.0, "camp": 5.0, "airfield": 6.0, "landing": 3.0, "town": 2.5}[shown_kind(site)]


def _labels(theatre: Theatre, view: View) -> list[Label]:
    wide = view.width > 500
    out = []
    for site in in_use(theatre.mission):
        x, y = view.point(site.lat, site.lon)
        kind = shown_kind(site)
        if not view.holds(x, y) or (not wide and kind in ("town", "landing", "airfield")):
            continue
        base = site.id in theatre.posture and len(theatre.posture) <= MANY
        rank = {"hospital": 1e4, "camp": 2e4, "airfield": 4e4, "landing": 6e4, "town": 5e4}[kind] - (site.people or 0.0)
        rank = -1e6 + rank if base else rank
        major = base or kind in ("hospital", "camp")
        size = (13.0 if base else 12.0 if major else 10.0) * (1.0 if wide else 0.9)
        style = "lab-base" if base else "lab-camp" if major else "lab-town"
        name = site.name if wide else site.name.partition(" (")[0]
        out.append(Label(x, y, both(name), size, rank, _clear(site, theatre), style, base))
    return out


def _box(x: float, y: float, anchor: str, label: Label) -> Rectangle:
    wide = svg.width(label.said, label.size, label.bold)
    left = x if anchor == "start" else x - wide if anchor == "end" else x - wide / 2
    return left, y - label.size * 0.85, left + wide, y + label.size * 0.15


def _text(label: Label, x: float, y: float, anchor: str) -> str:
    where = None if anchor == "start" else anchor
    return svg.text(x, y, label.said, class_=label.style, font_size=label.size, text_anchor=where)


def _edges(view: View) -> list[Rectangle]:
    w, h = view.width, view.height
    return [(-99.0, -99.0, w + 99, 2.0), (-99.0, h - 2, w + 99, h + 99), (-99.0, 0.0, 2.0, h), (w - 2, 0.0, w + 99, h)]


def _corners(view: View) -> list[Rectangle]:
    return [(0.0, view.height - 34, _bar(view)[1] + 46, view.height)]


def _bar(view: View) -> tuple[float, float]:
    most = view.width * 0.22 * view.km
    step = 10 ** math.floor(math.log10(most))
    km = max(m * step for m in (1, 2, 5) if m * step <= most)
    return km, km / view.km


def _scale(view: View) -> str:
    km, long = _bar(view)
    x, y = 16.0, view.height - 14
    half = svg.rect(x, y - 4, long / 2, 4, class_="bar-a") + svg.rect(x + long / 2, y - 4, long / 2, 4, class_="bar-b")
    marks = svg.text(x, y - 8, "0", class_="bar-n") + svg.text(
        x + long, y - 8, number(km) + " km", class_="bar-n", text_anchor="middle"
    )
    back = svg.rect(x - 8, y - 22, long + 40, 30, class_="bar-back")
    return svg.group([back, half, marks])
