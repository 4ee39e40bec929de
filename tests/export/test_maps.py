"""KML by the OGC schemas and fastkml, GeoJSON by RFC 7946: what went in comes out, at the right place and time."""
# ruff: noqa: E501

from __future__ import annotations

import datetime as dt
import io
import itertools
import json
from pathlib import Path
from typing import Any

import fastkml
import fastkml.gx
import fastkml.validator
import msgspec
import numpy as np
import pytest
import shapely
from fastkml.utils import find_all
from lxml import etree

from castor.cover.reach import clock
from castor.errors import MissionError
from castor.export.geojson import geojson
from castor.export.kml import kml
from castor.export.reach import areas
from castor.export.track import track
from castor.flight.geodesy import distance_km
from castor.flight.plan import Flight, Plan
from castor.mission.model import Incident, Mission, Place

MOMENT = dt.datetime(2027, 2, 1, 7)


def placemarks(data: bytes) -> dict[str, Any]:
    document = fastkml.KML.parse(io.BytesIO(data))
    return {mark.name: mark for mark in find_all(document, of_type=fastkml.Placemark)}


def test_kml_is_valid_by_the_schemas(mission: Mission, plan: Plan) -> None:
    data = kml(mission, plan, posture=["port"], reach=areas(mission, ["port"]))
    schema = etree.XMLSchema(etree.parse(str(Path(fastkml.__file__).parent / "schema" / "kml22gx.xsd")))
    schema.assertValid(etree.fromstring(data))


def test_kml_is_read_back(mission: Mission, plan: Plan) -> None:
    marks = placemarks(kml(mission, plan, posture=["port"]))
    leg = marks["H-1 port-north 0700"]
    assert isinstance(leg.geometry, object)
    track_read = leg.kml_geometry
    assert isinstance(track_read, fastkml.gx.Track)
    items = track_read.track_items
    assert [item.when.dt.replace(tzinfo=None) for item in (items[0], items[-1])] == [
        plan.flights[0].off,
        plan.flights[0].on,
    ]
    port, north = mission.place["port"], mission.place["north"]
    assert (items[0].coord.x, items[0].coord.y) == pytest.approx((port.lon, port.lat))
    assert (items[-1].coord.x, items[-1].coord.y) == pytest.approx((north.lon, north.lat))
    assert len(items) == 5
    assert leg.description == "transport, H-1, 8 pax, 300 kg, requests: R1"
    wait = marks["Evacuation standby evac at port"]
    assert wait.begin.dt.replace(tzinfo=None) == dt.datetime(2027, 2, 1)
    assert marks["1. Port Halden"].geometry.coords[0][:2] == pytest.approx((port.lon, port.lat))
    data = {item.name: item.value for item in marks["Port Halden"].extended_data.elements}
    assert (data["medical"], data["people"], data["fuel"]) == ("2", "420", "yes")


def test_kml_in_french(mission: Mission, plan: Plan) -> None:
    text = kml(mission, plan, lang="fr").decode("utf-8")
    assert "<name>Secours aux îles Halden</name>" in text
    assert "Alerte évacuation evac à port" in text
    assert "MEDEVAC, H-2, 2 civières, carburant au décollage: 900.5 kg" in text


def test_kml_survives_any_text(mission: Mission) -> None:
    odd = Place(id="x", name="<b>&\x07 ]]> é", lat=0.0, lon=0.0, note="\x00\x0b")
    other = msgspec.structs.replace(mission, places=(*mission.places, odd))
    assert "<b>&  ]]> é" in placemarks(kml(other))


def test_positions_along_a_leg_are_even_in_time(mission: Mission) -> None:
    leg = Flight(
        unit="u", tails="t", origin="port", destination="south", off=MOMENT, on=MOMENT + dt.timedelta(minutes=35)
    )
    moments, points = track(mission, leg)
    assert moments[0] == leg.off
    assert moments[-1] == leg.on
    lat, lon = np.array(points).T
    steps = distance_km(lat[:-1], lon[:-1], lat[1:], lon[1:])
    assert steps == pytest.approx(np.full(4, steps.mean()), rel=1e-2)
    still = Flight(unit="u", tails="t", origin="port", destination="port", off=MOMENT, on=MOMENT)
    assert len(track(mission, still)[1]) == 2


def test_unknown_places_of_a_plan_are_told(mission: Mission, plan: Plan) -> None:
    lost = msgspec.structs.replace(plan, flights=(msgspec.structs.replace(plan.flights[0], destination="nowhere"),))
    for make in (kml, geojson):
        with pytest.raises(MissionError, match="no such place"):
            make(mission, lost)


def test_the_outline_of_reach_is_where_the_target_is_first_missed(mission: Mission) -> None:
    formation = mission.formation["evac"]
    for area in areas(mission, ["port"]):
        port = mission.place["port"]
        inside = [(a + (port.lat - a) * 0.02, o + (port.lon - o) * 0.02) for a, o in zip(area.lat, area.lon)]
        outside = [(a - (port.lat - a) * 0.02, o - (port.lon - o) * 0.02) for a, o in zip(area.lat, area.lon)]
        for points, expected in ((inside, True), (outside, False)):
            lat, lon = np.array(points).T
            covered = clock(mission, formation, ["port"], (lat, lon), day=mission.start).covered(area.target)[0]
            assert (covered == expected).all(), area.target


def test_reach_by_night_is_shorter_and_an_unknown_place_is_told(mission: Mission) -> None:
    day, night = areas(mission, ["port"]), areas(mission, ["port"], night=True)
    assert np.ptp(night[0].lat) < np.ptp(day[0].lat)
    with pytest.raises(MissionError):
        areas(mission, ["nowhere"])


def check_rfc7946(document: dict[str, Any]) -> None:
    """What the standard asks of every feature: geometry, ring direction and closure, limits of longitude and latitude."""
    assert document["type"] == "FeatureCollection"
    for feature in document["features"]:
        assert feature["type"] == "Feature"
        assert isinstance(feature["properties"], dict)
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.is_valid
        west, south, east, north = shape.bounds
        assert -180 <= west <= east <= 180
        assert -90 <= south <= north <= 90
        if feature["geometry"]["type"] == "Polygon":
            for ring in feature["geometry"]["coordinates"]:
                assert ring[0] == ring[-1]
            assert shape.exterior.is_ccw


def test_geojson(mission: Mission, plan: Plan) -> None:
    document = json.loads(geojson(mission, plan, posture=["port", "north"], reach=areas(mission, ["port"])))
    check_rfc7946(document)
    by_kind: dict[str, list[Any]] = {}
    for feature in document["features"]:
        by_kind.setdefault(feature["properties"]["feature"], []).append(feature)
    assert {kind: len(found) for kind, found in by_kind.items()} == {
        "place": 4, "incident": 6, "posture": 2, "reach": 2, "flight": 3, "standby": 1,
    }  # fmt: skip
    leg = by_kind["flight"][0]
    assert leg["properties"]["off"] == "2027-02-01T07:00:00Z"
    assert len(leg["properties"]["times"]) == len(leg["geometry"]["coordinates"])
    assert by_kind["place"][0]["id"] == "port"
    assert by_kind["place"][0]["properties"]["people"] == 420
    assert by_kind["posture"][1]["properties"] == {"feature": "posture", "rank": 2, "place": "north"}


@pytest.mark.parametrize(("west", "east"), [(178.0, -178.0), (-178.0, 178.0)])
def test_geojson_cuts_lines_at_the_180th_meridian(mission: Mission, west: float, east: float) -> None:
    places = (Place(id="a", name="A", lat=-17.0, lon=west), Place(id="b", name="B", lat=-15.0, lon=east))
    other = msgspec.structs.replace(mission, places=places, incidents=())
    leg = Flight(unit="u", tails="t", origin="a", destination="b", off=MOMENT, on=MOMENT + dt.timedelta(hours=2))
    document = json.loads(geojson(other, Plan(start=leg.off, end=leg.on, flights=(leg,))))
    check_rfc7946(document)
    line = document["features"][-1]["geometry"]
    assert line["type"] == "MultiLineString"
    assert [abs(part[0][0]) for part in line["coordinates"]][1] == 180
    assert all(abs(b[0] - a[0]) < 180 for part in line["coordinates"] for a, b in itertools.pairwise(part))


@pytest.mark.parametrize("west", [179.6, -179.6, 20.0])
def test_geojson_cuts_reach_at_the_180th_meridian(mission: Mission, west: float) -> None:
    whole = areas(mission, ["port"])
    shift = west - mission.place["port"].lon
    for area in whole:
        moved = msgspec.structs.replace(area, lon=(area.lon + shift + 180.0) % 360.0 - 180.0)
        document = json.loads(geojson(msgspec.structs.replace(mission, places=(), incidents=()), reach=[moved]))
        shape = shapely.geometry.shape(document["features"][0]["geometry"])
        assert shape.is_valid
        assert shape.geom_type == ("Polygon" if west == 20.0 else "MultiPolygon")
        assert -180 <= shape.bounds[0] <= shape.bounds[2] <= 180
        plain = shapely.geometry.Polygon(zip(area.lon, area.lat))
        assert shape.area == pytest.approx(plain.area, rel=1e-4), "nothing is lost in the cut"
        for part in getattr(shape, "geoms", [shape]):
            assert part.exterior.is_ccw


def test_exports_of_the_reference_mission(mali: Path) -> None:
    import castor

    mission = castor.read(mali)
    reach = areas(mission, ["gao"])
    check_rfc7946(json.loads(geojson(mission, posture=["gao"], reach=reach)))
    assert len(placemarks(kml(mission, posture=["gao"], reach=reach))) > 40
    assert isinstance(mission.incidents[0], Incident)
