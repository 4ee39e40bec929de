"""The living page in a real browser: both languages, keyboard alone, no script, a telephone, double zoom, contrast."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from castor.mission.start import start
from tests.web.process import serving

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CALL = "1: 16.4S 16.2W\n3: A2\n5: L2"

CONTRAST = (ROOT / "tests" / "brief" / "contrast.js").read_text()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """castor serve on the small mission."""
    folder = tmp_path_factory.mktemp("living") / "isles"
    start(folder)
    process, port = serving(folder)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.communicate(timeout=20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for the module."""
    if CHROMIUM is None:
        pytest.skip("chromium is absent: the tests in a browser are left out")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Any, server: str) -> Iterator[Callable[..., Any]]:
    """Open the living page; fails on any request elsewhere, console error or script error."""
    wrong: list[str] = []
    contexts = []

    def opened(width: int = 1200, height: int = 900, path: str = "/", **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: wrong.append(r.url) if not r.url.startswith((server, "data:")) else None)
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" and "422" not in m.text else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(server + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def test_both_languages_and_the_choice_outlives_a_rerun(visit: Any) -> None:
    page = visit()
    assert page.locator("#controls h2").inner_text() == "What if"
    page.locator("label[for=lang-fr]").click()
    assert page.locator("#controls h2").inner_text() == "Et si"
    page.fill("input[name=approval_min]", "40")
    page.locator("#controls button").click()
    page.wait_for_url("**approval_min=40**")
    assert page.locator("#controls h2").inner_text() == "Et si"
    assert "Annuler" in page.locator("#controls").inner_text()


def test_the_keyboard_alone_reruns_undoes_asks_and_records(visit: Any) -> None:
    page = visit(path="/?day=2027-02-01")
    page.locator("input[name=approval_min]").focus()
    page.keyboard.type("40")
    page.keyboard.press("Enter")
    page.wait_for_url("**approval_min=40**")
    page.locator("#controls a", has_text="Undo").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "approval_min" not in address)
    page.locator("textarea").focus()
    page.keyboard.insert_text(CALL)
    page.keyboard.press("Tab")
    page.locator("input[name=moment]").fill("2027-02-01T10:00")
    page.locator("#call button").focus()
    page.keyboard.press("Space")
    page.wait_for_selector("#call table")
    assert "still covered" in page.locator("#call").inner_text()
    for name, value in (("off", "2027-02-01T06:30"), ("on", "2027-02-01T07:30"), ("source", "Ops desk")):
        page.locator(f"#flown [name={name}]").fill(value)
    page.keyboard.press("Enter")
    page.wait_for_selector("#flown table")
    assert "Recorded in the ledger." in page.locator("#flown").inner_text()


def test_everything_that_takes_the_focus_shows_it_and_has_a_name(visit: Any) -> None:
    page = visit()
    fields = page.locator("#controls, #call, #flown").locator("input:not([type=hidden]), select, textarea, button, a")
    count = fields.count()
    assert count > 15
    for at in range(count):
        field = fields.nth(at)
        field.focus()
        said = field.evaluate("e => (e.labels && e.labels.length ? e.labels[0].innerText : e.innerText).trim()")
        assert said, field.evaluate("e => e.outerHTML")
        outline = field.evaluate("e => getComputedStyle(e).outlineStyle")
        assert outline != "none", field.evaluate("e => e.outerHTML")


def test_without_a_script_the_controls_work(visit: Any) -> None:
    page = visit(java_script_enabled=False)
    page.locator("label[for=lang-fr]").click()
    assert page.locator("#controls h2 [lang=fr]").is_visible()
    page.locator("input[name=approval_min]").fill("40")
    page.locator("#controls button").click()
    page.wait_for_url("**approval_min=40**")
    page.locator("textarea").fill(CALL)
    page.locator("#call button").click()
    page.wait_for_selector("#call table")  # is_visible would not wait for the answer to be there


@pytest.mark.parametrize(("width", "height"), [(360, 740), (600, 450)])
def test_a_telephone_and_double_zoom_scroll_one_way_only(visit: Any, width: int, height: int) -> None:
    """A window of 1200 x 900 at 200 % has 600 x 450 pixels of its own."""
    page = visit(width, height, "/?day=2027-02-01")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for box in page.locator("#controls input, #controls select, #call textarea, #flown select").all():
        place = box.bounding_box()
        assert place is None or place["x"] + place["width"] <= width


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_text_stands_out_from_its_ground(visit: Any, language: str) -> None:
    """WCAG 2.2 AA: 4.5 to 1, and 3 to 1 for large letters; refused forms too."""
    page = visit(path=f"/?day=2027-02-01#{language}")
    page.locator(f"label[for=lang-{language}]").click()
    page.locator("details").evaluate_all("all => all.forEach(fold => { fold.open = true; })")
    assert page.evaluate(CONTRAST) == []
    page.locator("textarea").fill("1: nowhere")
    page.locator("#call button").click()
    page.wait_for_selector("#call [role=alert]")
    assert page.evaluate(CONTRAST) == []
    page.add_style_tag(content=".lead { color: #999 !important }")
    assert len(page.evaluate(CONTRAST)) > 0, "a text that does not stand out is found"


def test_print_leaves_the_controls_out(visit: Any) -> None:
    page = visit()
    page.emulate_media(media="print")
    assert not page.locator("#controls form").is_visible()
    assert page.locator("#theatre svg").first.is_visible()
