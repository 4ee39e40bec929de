"""KML 2.2 for Google Earth and the like: places, flights as timed tracks, standby, posture, reach, incidents.

Tracks are ``gx:Track``: the time slider plays the programme. Valid by the schemas of OGC KML 2.2 and its gx extension.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from lxml import etree

from castor.export.reach import Area
from castor.export.track import check_places, track
from castor.export.words import Language, iso, leg_load, leg_name, wait_name, word
from castor.flight.plan import Flight, Plan
from castor.mission.cells import format_cell
from castor.mission.model import Mission, Place, columns

_KML = "http://www.opengis.net/kml/2.2"
_GX = "http://www.google.com/kml/ext/2.2"
_COLOURS = {
    "transport": "#0072B2", "airlift": "#0072B2", "medevac": "#D55E00", "casevac": "#E69F00", "transfer": "#CC79A7",
    "positioning": "#999999", "training": "#56B4E9", "care": "#009E73", "both": "#D55E00", "place": "#000000",
    "posture": "#D55E00", "incident": "#CC79A7",
}  # fmt: skip
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def kml(
    mission: Mission,
    plan: Plan | None = None,
    *,
    posture: Sequence[str] = (),
    reach: Sequence[Area] = (),
    lang: Language = "en",
) -> bytes:
    """Return a KML document of a mission, with a plan, an ordered posture and outlines of reach if given.

    Raises ``MissionError`` if the plan names a place that the mission has not.
    """
    spaces: dict[Any, str] = {None: _KML, "gx": _GX}
    root: Any = etree.Element(f"{{{_KML}}}kml", nsmap=spaces)
    document = _add(root, "Document")
    _add(document, "name", mission.title.get(lang) or mission.name)
    if mission.summary.get(lang):
        _add(document, "description", mission.summary[lang])
    for name, colour in _COLOURS.items():
        _style(document, name, colour)
    if reach:
        folder = _folder(document, word("reach", lang))
        for area in reach:
            _area(folder, area, lang)
    if plan is not None:
        check_places(mission, plan)
        _plan(document, mission, plan, lang)
    if posture:
        folder = _folder(document, word("posture", lang))
        for rank, name in enumerate(posture, start=1):
            place = mission.place[name]
            _point(folder, f"{rank}. {place.name}", place.lat, place.lon, "posture")
    folder = _folder(document, word("places", lang))
    for place in mission.places:
        _place(folder, place, lang)
    if mission.incidents:
        _incidents(_folder(document, word("incidents", lang), visible=False), mission)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _add(parent: Any, name: str, text: str | None = None) -> Any:
    space, _, local = name.rpartition(":")
    element = etree.SubElement(parent, f"{{{_GX if space == 'gx' else _KML}}}{local}")
    if text is not None:
        element.text = _CONTROL.sub(" ", text)
    return element


def _folder(parent: Any, name: str, *, visible: bool = True) -> Any:
    folder = _add(parent, "Folder")
    _add(folder, "name", name)
    if not visible:
        _add(folder, "visibility", "0")
    return folder


def _style(document: Any, name: str, colour: str) -> None:
    """Add a style; KML writes colours as opacity, blue, green, red."""
    red, green, blue = colour[1:3], colour[3:5], colour[5:7]
    style = _add(document, "Style")
    style.set("id", name)
    icon = _add(style, "IconStyle")
    _add(icon, "color", f"ff{blue}{green}{red}".lower())
    line = _add(style, "LineStyle")
    _add(line, "color", f"ff{blue}{green}{red}".lower())
    _add(line, "width", "3")
    area = _add(style, "PolyStyle")
    _add(area, "color", f"22{blue}{green}{red}".lower())


def _placemark(parent: Any, name: str, style: str, description: str = "", span: tuple[str, str] | None = None) -> Any:
    mark = _add(parent, "Placemark")
    _add(mark, "name", name)
    if parent.findtext(f"{{{_KML}}}visibility") == "0":
        _add(mark, "visibility", "0")
    if description:
        _add(mark, "description", description)
    if span is not None:
        time = _add(mark, "TimeSpan")
        for tag, moment in zip(("begin", "end"), span):
            if moment:
                _add(time, tag, moment)
    _add(mark, "styleUrl", f"#{style}")
    return mark


def _point(parent: Any, name: str, lat: float, lon: float, style: str, **said: Any) -> Any:
    mark = _placemark(parent, name, style, **said)
    _add(_add(mark, "Point"), "coordinates", f"{lon:.6f},{lat:.6f}")
    return mark


def _place(folder: Any, place: Place, lang: Language) -> None:
    """Add a place with everything that its row says, labelled."""
    span = (place.start.isoformat() if place.start else "", place.end.isoformat() if place.end else "")
    mark = _placemark(folder, place.name, "place", span=span if any(span) else None)
    data = _add(mark, "ExtendedData")
    for column in columns(Place):
        value = getattr(place, column.field)
        if column.name in ("name", "lat", "lon") or value in (None, ""):
            continue
        item = _add(data, "Data")
        item.set("name", column.name)
        _add(
            item,
            "displayName",
            (column.fr if lang == "fr" else column.en) + (f" ({column.unit})" if column.unit else ""),
        )
        _add(item, "value", format_cell(value))
    _add(_add(mark, "Point"), "coordinates", f"{place.lon:.6f},{place.lat:.6f}")


def _plan(document: Any, mission: Mission, plan: Plan, lang: Language) -> None:
    folder = _folder(document, word("flights", lang))
    units: dict[str, Any] = {}
    for flight in sorted(plan.flights, key=lambda flight: (flight.unit, flight.off)):
        if flight.unit not in units:
            units[flight.unit] = _folder(folder, flight.unit)
        _flight(units[flight.unit], mission, flight, lang)
    if plan.standby:
        folder = _folder(document, word("standby", lang))
        for wait in plan.standby:
            place = mission.place[wait.place]
            span = (iso(wait.start), iso(wait.end))
            _point(folder, wait_name(wait, lang), place.lat, place.lon, "posture", description=wait.tails, span=span)


def _flight(folder: Any, mission: Mission, flight: Flight, lang: Language) -> None:
    mark = _placemark(folder, leg_name(flight), flight.task, leg_load(flight, lang))
    line = _add(mark, "gx:Track")
    moments, points = track(mission, flight)
    for moment in moments:
        _add(line, "when", iso(moment))
    for lat, lon in points:
        _add(line, "gx:coord", f"{lon:.6f} {lat:.6f} 0")


def _area(folder: Any, area: Area, lang: Language) -> None:
    when = word("night" if area.night else "day", lang)
    name = f"{area.place}: {word(area.target, lang).format(area.minutes, when)}"
    mark = _placemark(folder, name, area.target)
    ring = _add(_add(_add(mark, "Polygon"), "outerBoundaryIs"), "LinearRing")
    points = [*zip(area.lon, area.lat), (area.lon[0], area.lat[0])]
    _add(ring, "coordinates", " ".join(f"{lon:.5f},{lat:.5f}" for lon, lat in points))


def _incidents(folder: Any, mission: Mission) -> None:
    for incident in mission.incidents:
        span = (incident.date, incident.date)
        said = "; ".join(part for part in (incident.kind, format_cell(incident.weight), incident.source) if part)
        _point(folder, incident.place, incident.lat, incident.lon, "incident", description=said, span=span)
