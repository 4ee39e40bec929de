"""Results in a notebook: each shows itself with the pictures of the page, in a frame of its own."""

from __future__ import annotations

import datetime as dt
import html
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

import castor
from castor.brief.notebook import show
from castor.flight.plan import Flight, Plan
from castor.ledger.figure import Figure, Source
from castor.ledger.record import ledger_of
from castor.mission.model import Mission

DAY = dt.datetime(2018, 10, 17)


def _inside(shown: object) -> str:
    """The document inside the frame that a notebook is given."""
    text = shown._repr_html_()  # type: ignore[attr-defined]
    assert text.startswith('<iframe srcdoc="')
    assert 'sandbox=""' in text
    document = html.unescape(text.split('srcdoc="')[1].split('" title')[0])
    assert document.startswith("<!doctype html>")
    assert "http://" not in document.replace("http://www.w3.org", "")
    return document


@pytest.fixture
def plan() -> Plan:
    leg = Flight(unit="lift", tails="A1", origin="gao", destination="menaka", off=DAY.replace(hour=7),
                 on=DAY.replace(hour=9), pax=5)  # fmt: skip
    return Plan(start=DAY, end=DAY + dt.timedelta(days=1), flights=(leg,))


def test_a_mission_is_its_map(small: Mission) -> None:
    document = _inside(small)
    assert "<svg" in document
    assert "Mopti-Sévaré" in document
    assert "for=lang-fr" in document


def test_a_plan_is_its_chart_and_legs_and_on_a_mission_its_map(small: Mission, plan: Plan) -> None:
    alone = _inside(plan)
    assert "<svg" in alone
    assert "2018-10-17 0700Z" in alone
    beside = _inside(show(small, plan))
    assert "map-wide" in beside
    assert "Ménaka" in beside


def test_postures_and_cover(small: Mission) -> None:
    posture = castor.postures(castor.case(small), 1)[0]
    assert "gao" in _inside(posture)
    assert "standby" in _inside(show(small, posture))
    cover = castor.covering(small)
    assert cover is not None
    assert "Evacuation cover" in _inside(show(small, cover))


def test_an_account_is_its_tiles_and_no_more_than_may_be_published() -> None:
    shown = {"unit": "h", "operation": "op-presence", "qualifier": "more_than", "label_en": "Operation PRESENCE"}
    flown = Figure(id="h", kind="sortie", measure="hours", value=Decimal(4000), source="s", **shown)  # type: ignore[arg-type]
    hidden = {"unit": "people", "locator": "a clinic", "protected": True, "pseudonym": "Nightjar"}
    secret = Figure(id="p", kind="story", value=Decimal(1), source="s", **hidden)  # type: ignore[arg-type]
    document = _inside(ledger_of([flown, secret], [Source(id="s", title="A report")]))
    assert "4,000" in document
    assert "a clinic" not in document


def test_trials_are_a_table(small: Mission) -> None:
    assert "20 replications" in _inside(castor.trials(small, replications=20, seed=1))


def test_a_bridge_is_its_chart(mali: Path) -> None:
    mission = castor.read(mali)
    short = msgspec.structs.replace(mission, lift=tuple(load for load in mission.lift if load.operation == "deploy"))
    lifted = castor.lift(short, "deploy", seconds=0.5)
    assert "<svg" in _inside(lifted)
    assert "50 trials" in _inside(castor.fly_trials(lifted, 50))


def test_importing_castor_loads_nothing_and_a_result_knows_the_page_by_name_only() -> None:
    program = (
        "import sys, castor; assert not {'numpy', 'numba', 'castor.brief'} & set(sys.modules);"
        "castor.read; assert 'castor.brief' not in sys.modules and 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
