"""The theatre: the map, its legend, and the table of places behind it."""

from __future__ import annotations

import msgspec

from castor.brief import map as chart
from castor.brief import svg
from castor.brief.gather import gathered
from castor.brief.parts import Markup, Section, Sources, behind, figure, lead, legend, note, swatch
from castor.brief.words import Both, join, minutes, number, word
from castor.mission.model import Mission, Place, columns

MOST_MARKS = 1500
"""More incidents than this are gathered into cells before they are drawn."""


def theatre(asked: chart.Theatre, sources: Sources) -> Section | None:
    """The map section; nothing for a mission without places."""
    mission, side_km = gathered(asked.mission, MOST_MARKS)
    given = msgspec.structs.replace(asked, mission=mission)
    if not mission.places:
        return None
    again = msgspec.structs.replace(given, ground="theatre")
    pictures = chart.draw(given, chart.frame(mission, *chart.WIDE), "theatre-wide")
    pictures += chart.draw(again, chart.frame(mission, *chart.NARROW), "theatre-narrow")
    body = lead(_lead(given)) + figure(pictures, None, _legend(given, side_km) + note(_credit(mission)), "theatre")
    return Section("theatre", word("theatre.title"), body + _places(mission, sources))


def _lead(given: chart.Theatre) -> Both:
    mission = given.mission
    shown = chart.theatre_places(mission)
    camps = sum(place.kind == "camp" for place in shown)
    hospitals = sum(chart.shown_kind(place) == "hospital" for place in shown)
    said = word("theatre.lead", camps=camps, hospitals=hospitals)
    standing = [mission.place[name].name for name in given.posture if name in mission.place]
    return said + " " + word("theatre.posture", places=join(standing)) if standing else said


def _legend(given: chart.Theatre, side_km: float) -> str:
    mission = given.mission
    kinds = {chart.shown_kind(place) for place in chart.theatre_places(mission)}
    items = []
    if given.posture:
        items.append((swatch(svg.circle(11, 8, 6.8, class_="standby")), word("legend.posture")))
    for kind in ("hospital", "camp", "airfield", "landing", "town"):
        if kind in kinds:
            items.append((swatch(chart.mark(kind, 11, 8)), word(f"legend.{kind}")))
    for at, target in enumerate(sorted({ring.minutes for ring in given.rings})):
        kind = "reach reach-in" if at == 0 else "reach"
        label = word("legend.care" if at == 0 else "legend.surgery", minutes=minutes(target))
        items.append((swatch(svg.circle(11, 8, 7, class_=kind)), label))
    if given.range_km and len(given.posture) <= chart.MANY:
        said = word("legend.range", km=number(given.range_km))
        items.append((swatch(svg.line(0, 8, 22, 8, class_="range")), said))
    if any(incident.kind == "violence" for incident in mission.incidents):
        said = word("legend.gathered", km=number(side_km)) if side_km else word("legend.incident")
        items.append((swatch(svg.circle(11, 8, 7, class_="incident")), said))
    if any(incident.kind == "evacuation" for incident in mission.incidents):
        items.append((swatch(chart.mark("evacuation", 11, 8)), word("legend.evacuation")))
    items.append((swatch(svg.line(0, 8, 22, 8, class_="border")), word("legend.border")))
    items.append((swatch(svg.line(0, 8, 22, 8, class_="disputed")), word("legend.disputed")))
    return legend(items)


def _credit(mission: Mission) -> Both:
    view = chart.frame(mission, *chart.WIDE)
    north, east = _degrees(view.lat, "N", "S"), _degrees(view.lon, "E", "W")
    ground = word("map.own") if mission.basemap else word("map.credit")
    return word("map.projection", lat=north, lon=east) + " " + ground + " " + word("map.disclaimer")


def _degrees(value: float, plus: str, minus: str) -> Both:
    letter = plus if value >= 0 else minus
    text = f"{abs(value):.1f}°"
    return Both(text + letter, text.replace(".", ",") + letter.replace("W", "O"))


def _position(value: float, plus: str, minus: str) -> str:
    """Degrees and minutes as pilots write them, the same in both languages."""
    whole, minute = divmod(round(abs(value) * 60), 60)
    return f"{whole}°{minute:02}′{plus if value >= 0 else minus}"


def _places(mission: Mission, sources: Sources) -> str:
    names = ("name", "kind", "lat", "lon", "elev_ft", "runway_ft", "surface", "lit", "fuel", "medical", "people")
    found = {column.name: column for column in columns(Place)}
    heads: list[object] = []
    for name in names:
        column = found[name]
        unit = f" ({column.unit})" if column.unit not in ("", "people", "deg") else ""
        heads.append(Both(column.en, column.fr) + unit)
    rows: list[list[object]] = []
    for place in mission.places:
        values: list[object] = [getattr(place, found[name].field) for name in names]
        values[1] = word(f"kind.{place.kind}")
        values[2], values[3] = _position(place.lat, "N", "S"), _position(place.lon, "E", "W")
        values[6] = word(f"surface.{place.surface}") if place.surface else None
        rows.append([*values, Markup(sources.cite(place.source))])
    return behind([*heads, word("source")], rows)
