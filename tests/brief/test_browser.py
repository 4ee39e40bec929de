"""The page in a real browser without a network: languages, keyboard, phone, zoom, print, no script, no errors."""

from __future__ import annotations

import datetime as dt
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from castor.brief.page import render
from castor.brief.sections.programme import Programme, programme
from castor.brief.write import write
from castor.flight.plan import Flight, Plan
from castor.mission.model import Mission

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One browser for all tests, in an empty network namespace where the machine allows one."""
    if CHROMIUM is None:
        pytest.skip("chromium is absent: the tests in a browser are left out")
    sync_api = pytest.importorskip("playwright.sync_api")
    path = Path(CHROMIUM)
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode == 0:
        path = tmp_path_factory.mktemp("browser") / "chromium"
        path.write_text(f'#!/bin/sh\nexec unshare -n {CHROMIUM} "$@"\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(path), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(mali: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of the reference mission as a file address."""
    return write(mali, tmp_path_factory.mktemp("page") / "mali.html").as_uri()


@pytest.fixture
def open_page(chromium: Any, address: str) -> Iterator[Any]:
    """Open the page with a viewport and options; fails on any request, console error or script error."""
    wrong: list[str] = []
    contexts = []

    def opened(width: int = 1200, height: int = 900, ending: str = "", **options: Any) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: wrong.append(r.url) if not r.url.startswith(("file:", "data:")) else None)
        page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(address + ending)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def _seen(page: Any, language: str) -> bool:
    named = "i[lang=fr]" if language == "fr" else "i:not([lang])"
    return bool(page.locator(f"h2 {named}").first.is_visible())


def test_english_first_and_french_at_a_click_and_kept(open_page: Any) -> None:
    page = open_page()
    assert _seen(page, "en")
    assert not _seen(page, "fr")
    page.locator("label[for=lang-fr]").click()
    assert _seen(page, "fr")
    assert not _seen(page, "en")
    assert page.evaluate("document.documentElement.lang") == "fr"
    page.reload()
    assert _seen(page, "fr")
    assert not page.locator("svg text tspan:not([lang])").first.is_visible()


@pytest.mark.parametrize("ending", ["", "#fr"])
def test_every_text_stands_out_from_its_ground(open_page: Any, ending: str) -> None:
    page = open_page(ending=ending)
    page.locator("details").evaluate_all("all => all.forEach(fold => { fold.open = true; })")
    assert page.evaluate((Path(__file__).parent / "contrast.js").read_text()) == []


def test_an_address_may_ask_for_french(open_page: Any) -> None:
    assert _seen(open_page(ending="#fr"), "fr")


def test_it_works_without_a_script(open_page: Any) -> None:
    page = open_page(java_script_enabled=False)
    page.locator("label[for=lang-fr]").click()
    assert page.locator("h2 [lang=fr]").first.is_visible()
    fold = page.locator("details").first
    fold.locator("summary").click()
    assert fold.locator("table, p").first.is_visible()


def test_the_keyboard_reaches_the_language_the_contents_and_the_folds(open_page: Any) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "lang-en"
    page.keyboard.press("ArrowRight")
    assert _seen(page, "fr")
    outline = page.evaluate("getComputedStyle(document.querySelector('label[for=lang-fr]')).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.parentElement.tagName") == "NAV"
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.evaluate("fold => fold.open")


@pytest.mark.parametrize(("width", "ending"), [(360, ""), (360, "#fr"), (640, "")])
def test_no_level_scrolling_on_a_phone_nor_at_double_zoom(open_page: Any, width: int, ending: str) -> None:
    page = open_page(width, 740, ending)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_map_for_a_phone_replaces_the_wide_one(open_page: Any) -> None:
    page = open_page(360, 740)
    for name in ("theatre", "plan"):
        assert page.locator(f"svg.{name}-narrow").is_visible()
        assert not page.locator(f"svg.{name}-wide").is_visible()


@pytest.mark.parametrize("name", ["theatre-wide", "plan-wide"])
def test_no_text_of_the_map_overlaps_another(open_page: Any, name: str) -> None:
    """Labels measured in the browser, with its own fonts: none may cover another."""
    page = open_page()
    boxes = page.evaluate(
        f"[...document.querySelectorAll('svg.{name} text:not(.country):not(.order-n):not(.bar-n):not(.unit text)')]"
        ".map(t => { const b = t.getBBox(); return [b.x, b.y + b.height * .15, b.x + b.width, b.y + b.height * .85]; })"
    )
    assert len(boxes) > 15
    for at, a in enumerate(boxes):
        for b in boxes[at + 1 :]:
            assert a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3], (a, b)


def test_a_citation_leads_to_its_source(open_page: Any) -> None:
    page = open_page()
    link = page.locator('#done a[href^="#s"]').first
    assert len(link.get_attribute("title")) > 10
    link.click()
    assert page.evaluate("document.querySelector('.sources li:target') !== null")


def test_it_prints_on_a4_in_both_languages(open_page: Any, tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is absent: the printed page is not read")
    for ending, word in (("", "What was done"), ("#fr", "Ce qui a été fait")):
        file = tmp_path / "page.pdf"
        open_page(ending=ending).pdf(path=str(file), prefer_css_page_size=True, print_background=True)
        size = subprocess.run(["pdfinfo", str(file)], capture_output=True, text=True, check=True).stdout
        assert "A4" in size
        text = subprocess.run(
            ["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True
        ).stdout
        assert word in text
        assert "Sévaré" in text
        assert "Ménaka" in text


def test_the_replay_moves_the_units_and_stops(chromium: Any, small: Mission, tmp_path: Path) -> None:
    day = dt.datetime(2019, 2, 14)
    leg = Flight(
        unit="lift",
        tails="A1",
        origin="gao",
        destination="menaka",
        off=day.replace(hour=7),
        on=day.replace(hour=9),
        pax=5,
    )
    plan = Plan(start=day, end=day + dt.timedelta(days=1), flights=(leg,))
    file = tmp_path / "plan.html"
    section = programme(small, Programme(plan))
    assert section is not None
    file.write_text(render(small, [section]), encoding="utf-8")
    page = chromium.new_page()
    page.goto(file.as_uri())
    slide, unit = page.locator(".replay input"), page.locator("svg.plan-wide .unit")
    assert page.locator(".replay output").inner_text() == "0700Z"
    begin = unit.get_attribute("transform")
    slide.focus()
    page.keyboard.press("PageUp")
    assert unit.get_attribute("transform") != begin
    page.locator(".replay button").click()
    before = float(slide.input_value())
    page.wait_for_function(f"document.querySelector('.replay input').value > {before + 5}")
    page.locator(".replay button").click()
    held = slide.input_value()
    page.wait_for_timeout(150)
    assert slide.input_value() == held
    page.close()
