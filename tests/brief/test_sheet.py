"""The daily sheet: what a planner must find on it, in both languages, on A4, without a network."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from castor.brief.sheet import day_of, days_of, sheet
from castor.cli import main
from castor.flight.check import check
from castor.flight.plan import Flight, Plan, Standby, Unserved
from castor.flight.planfile import answering, write_plan, write_requests
from castor.mission import Mission, read
from castor.mission.model import Request

DAY = dt.datetime(2018, 10, 17)
TEAM, CREW = "CH147F-2 CH146-3 CH146-4", "CH147F-1 CH146-1 CH146-2"


def at(clock: str, days: int = 0) -> dt.datetime:
    return DAY + dt.timedelta(days=days, hours=int(clock[:2]), minutes=int(clock[2:]))


def ask(name: str, origin: str, destination: str, pax: int, **more: object) -> Request:
    given = {"earliest": at("0600"), "latest": at("1700"), "requester": "Engineers", "source": "a form"} | more
    return Request(id=name, origin=origin, destination=destination, pax=pax, **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def mission(mali: Path) -> Mission:
    requests = (
        ask("R1", "gao", "ansongo", 20, cargo_kg=500.0),
        ask("R2", "ansongo", "gao", 5, goods="dangerous"),
        ask("R3", "gao", "kidal", 68),
    )
    return msgspec.structs.replace(read(mali), requests=requests)


@pytest.fixture(scope="module")
def plan() -> Plan:
    legs = (
        Flight(unit="lift", tails=TEAM, origin="gao", destination="ansongo", off=at("0630"), on=at("0653"), pax=20,
               cargo_kg=500.0, requests="R1", fuel_kg=3000.0, uplift_kg=1500.0),
        Flight(unit="lift", tails=TEAM, origin="ansongo", destination="gao", off=at("0720"), on=at("0743"), pax=5,
               requests="R2", fuel_kg=2628.0),
    )  # fmt: skip
    wait = Standby(unit="evac", tails=CREW, place="gao", start=DAY, end=DAY + dt.timedelta(days=1))
    left = Unserved(request="R3", reason="capacity", detail="68 > 33")
    end = DAY + dt.timedelta(days=1)
    return Plan(start=DAY, end=end, flights=legs, standby=(wait,), unserved=(left,), objective=8.0, bound=10.0, gap=0.2)


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<(style|script)[^>]*>.*?</\1>", " ", page, flags=re.S)))


def test_everything_a_planner_needs_is_on_it(mission: Mission, plan: Plan) -> None:
    said = text(sheet(mission, plan))
    for words in ("Wednesday 17", "mercredi 17", "0630", "0653", "0720", "0743", "CH147F-2", "CH146-4", "Ansongo",
                  "R1", "R2", "Engineers", "dangerous", "3,000", "1,500", "68 &gt; 33", "capacity", "capacité",
                  "duty 0630–0743, 1:13 of 14:00; flying 0:46 of 8:00", "0600–1700", "0630–0653", "evac", "2400",
                  "Gao 1,500 kg", "sunrise"):  # fmt: skip
        assert words in said, words
    assert check(mission, plan) == []


def test_boards_and_leaves(mission: Mission, plan: Plan) -> None:
    page = sheet(mission, plan)
    assert page.count("<span class=up>R1</span><span class=down>R1</span>") == 1
    assert page.count("<span class=up>R2</span><span class=down>R2</span>") == 1


def test_what_stays_on_board_is_neither_boarded_again_nor_set_down(mission: Mission, plan: Plan) -> None:
    first, second = plan.flights
    on = msgspec.structs.replace(second, destination="menaka", requests="R3", pax=68)
    start = msgspec.structs.replace(first, requests="R1 R3", pax=88)
    page = sheet(mission, msgspec.structs.replace(plan, flights=(start, on), unserved=()))
    assert page.count("<span class=up>R3</span>") == 1
    assert "<span class=down>R3</span>" not in page  # it never reaches Kidal


def test_a_broken_rule_is_said_at_the_top(mission: Mission, plan: Plan) -> None:
    good = msgspec.structs.replace(
        plan, flights=tuple(msgspec.structs.replace(f, fuel_kg=None, uplift_kg=None) for f in plan.flights)
    )
    assert check(mission, good) == []
    assert "class=broken" not in sheet(mission, good)
    late = msgspec.structs.replace(good.flights[1], on=at("0725"))
    assert "class=broken" in sheet(mission, msgspec.structs.replace(good, flights=(good.flights[0], late)))


def test_a_day_of_a_week(mission: Mission, plan: Plan) -> None:
    later = msgspec.structs.replace(
        plan.flights[0], off=at("0900", 2), on=at("0923", 2), requests="", pax=0, cargo_kg=0.0
    )
    wait = msgspec.structs.replace(plan.standby[0], end=DAY + dt.timedelta(days=3))
    week = msgspec.structs.replace(
        plan, end=DAY + dt.timedelta(days=3), flights=(*plan.flights, later), standby=(wait,)
    )
    assert days_of(week) == [dt.date(2018, 10, 17), dt.date(2018, 10, 19)]
    one = day_of(mission, week, dt.date(2018, 10, 19))
    assert one.flights == (later,)
    assert (one.standby[0].start, one.standby[0].end) == (at("0000", 2), at("0000", 3))
    assert one.unserved == ()
    assert sheet(mission, week).count("<section class=day>") == 2


def test_from_the_command_line(mission: Mission, plan: Plan, mali: Path, tmp_path: Path) -> None:
    write_plan(plan, tmp_path / "wednesday")
    write_requests(mission.requests, tmp_path / "wednesday")
    assert answering(read(mali), tmp_path / "wednesday").requests == mission.requests
    out = tmp_path / "sheet.html"
    with pytest.raises(SystemExit) as stopped:
        main(["export", str(mali), str(out), "--plan", str(tmp_path / "wednesday"), "--lang", "fr"])
    assert stopped.value.code == 0
    page = out.read_text(encoding="utf-8")
    assert "<html lang=fr>" in page
    assert "id=lang-fr class=lang checked" in page
    assert len(page) < 60_000
    with pytest.raises(SystemExit) as stopped:
        main(["export", str(mali), str(out)])
    assert stopped.value.code == 2


@pytest.mark.browser
def test_it_prints_on_one_sheet_of_a4_and_fits_a_phone(mission: Mission, plan: Plan, tmp_path: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None or shutil.which("pdfinfo") is None:
        pytest.skip("chromium or pdfinfo is absent: the printed sheet is not looked at")
    api = pytest.importorskip("playwright.sync_api")
    file, wrong = tmp_path / "sheet.html", list[str]()
    file.write_text(sheet(mission, plan, lang="fr"), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_page(viewport={"width": 360, "height": 740})
        page.on("request", lambda r: wrong.append(r.url) if not r.url.startswith(("file:", "data:")) else None)
        page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.locator("h1 [lang=fr]").first.is_visible()
        page.locator("label[for=lang-en]").click()
        assert page.locator("h1 i:not([lang])").first.is_visible()
        page.pdf(path=str(tmp_path / "sheet.pdf"), prefer_css_page_size=True, print_background=True)
        browser.close()
    assert wrong == []
    told = subprocess.run(["pdfinfo", str(tmp_path / "sheet.pdf")], capture_output=True, text=True, check=True).stdout
    assert "A4" in told
    assert re.search(r"Pages:\s+1\b", told), told


def test_a_night_away_is_on_the_sheet_of_both_days_and_no_fault(mission: Mission) -> None:
    flying = msgspec.structs.replace(mission.rules.flying, overnight=True)
    mission = msgspec.structs.replace(mission, rules=msgspec.structs.replace(mission.rules, flying=flying))
    there = Flight(unit="lift", tails=TEAM, origin="gao", destination="ansongo", off=at("1430"), on=at("1453"), pax=20,
                   cargo_kg=500.0, requests="R1")  # fmt: skip
    back = Flight(unit="lift", tails=TEAM, origin="ansongo", destination="gao", off=at("0720", 1), on=at("0743", 1),
                  task="positioning")  # fmt: skip
    left = tuple(Unserved(request=name, reason="priority") for name in ("R2", "R3"))
    plan = Plan(start=DAY, end=DAY + dt.timedelta(days=2), flights=(there, back), unserved=left)
    assert check(mission, plan) == []
    page = sheet(mission, plan)
    assert "class=broken" not in page
    days = page.split("<section class=day>")[1:]
    for one in days:
        assert one.count('class="bar k-rest"') == 4  # a bar for each tail, and the key
        assert "rest away from base" in one
        assert "repos hors base" in one
    assert "never" not in text(sheet(mission, plan))
    late = msgspec.structs.replace(plan, flights=(there,))
    assert "is not home when the plan ends: at ansongo" in text(sheet(mission, late))
