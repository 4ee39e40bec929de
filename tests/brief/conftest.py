"""A small mission made of structs, with places, aircraft, formations and incidents, for the page's tests."""

from __future__ import annotations

import datetime as dt

import pytest

from castor.mission.model import Aircraft, AircraftType, Formation, Incident, Mission, Place


@pytest.fixture(scope="session")
def small() -> Mission:
    """Three camps on a river, one hospital, an airfield at home, two formations with a gap between them."""
    days = [dt.date(2018, 8, 1), dt.date(2019, 8, 31)]
    return Mission(
        name="small",
        title={"en": "A small mission", "fr": "Une petite mission"},
        summary={"en": "Three camps & a hospital.", "fr": "Trois camps et un hôpital."},
        start=days[0],
        end=days[1],
        places=(
            Place(id="gao", name="Gao", lat=16.27, lon=-0.04, medical="2", people=5605, fuel=True, source="Geo <2018>"),
            Place(id="sevare", name="Mopti-Sévaré", lat=14.53, lon=-4.09, people=950, source="Geo <2018>"),
            Place(id="menaka", name="Ménaka", lat=15.92, lon=2.4, people=450),
            Place(id="bourem", name="Bourem", lat=16.955, lon=-0.35, kind="landing"),
            Place(id="home", name="Trenton", lat=44.1, lon=-77.5, kind="airfield"),
            Place(id="past", name="Closed", lat=16.0, lon=-1.0, end=dt.date(2015, 1, 1)),
        ),
        types=(AircraftType(type="CH", name="Chinook", kind="helicopter", cruise_kt=130, range_km=1000),),
        aircraft=(
            Aircraft(tail="A1", type="CH", base="gao", start=days[0], end=days[1], serviceability=0.8, source="A list"),
            Aircraft(tail="A2", type="CH", base="gao", start=dt.date(2019, 1, 1), end=days[1]),
        ),
        formations=(
            Formation(id="one", name="First", lead="CH", role="medevac", start=days[0], end=dt.date(2018, 12, 31)),
            Formation(id="two", name="Second", lead="CH", role="medevac", start=dt.date(2019, 2, 1), end=days[1]),
        ),
        incidents=(
            Incident(id="i1", date="2018", place="Sévaré", lat=14.5, lon=-4.1, weight=9),
            Incident(id="i2", date="2019-01-20", place="north", lat=17.1, lon=0.2, kind="evacuation", base="gao"),
        ),
    )
