"""The page as a text: self-contained, in both languages, readable, small."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from castor.brief.page import brief
from castor.mission.model import Mission


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.languages: dict[str, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(given["id"] or "")
        names = ("src", "xlink:href", "action", "poster", "srcset", "data")
        self.fetched += [given[name] or "" for name in names if given.get(name)]
        if tag != "a" and given.get("href"):
            self.fetched.append(given["href"] or "")
        for name in ("href",):
            if given.get(name):
                self.links.append(given[name] or "")
        language = given.get("lang") or ("en" if tag in ("i", "tspan") else "")
        self.languages[language] = self.languages.get(language, 0) + 1


@pytest.fixture(scope="module")
def page(small: Mission) -> str:
    return brief(small)


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    return reader


def test_the_page_fetches_nothing(page: str) -> None:
    reader = _read(page)
    assert [link for link in reader.fetched if link != "data:," and not link.startswith("#")] == []
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    assert "fetch(" not in page
    assert "XMLHttpRequest" not in page


def test_anchors_are_unique_and_every_link_leads_somewhere(page: str) -> None:
    reader = _read(page)
    assert len(reader.ids) == len(set(reader.ids))
    assert {link[1:] for link in reader.links if link.startswith("#")} <= set(reader.ids)


def test_both_languages_are_there(page: str) -> None:
    languages = _read(page).languages
    assert languages["fr"] > 50
    assert abs(languages["en"] - languages["fr"]) <= 1
    assert "Une petite mission" in page
    assert "Mopti-Sévaré" in page


def test_text_of_the_mission_is_escaped(page: str) -> None:
    assert "Geo &lt;2018&gt;" in page
    assert "Geo <2018>" not in page
    assert "Three camps &amp; a hospital." in page


def test_places_out_of_use_or_at_home_are_not_on_the_map(page: str) -> None:
    picture = page[page.index("<svg") : page.index("</svg>")]
    assert "Closed" not in picture
    assert "Trenton" not in picture
    assert "Gao" in picture


def test_the_gap_between_formations_is_told(page: str) -> None:
    assert "31 days, 1\u00a0January 2019 to 31\u00a0January 2019" in page


def test_the_page_is_small(page: str) -> None:
    assert len(page.encode()) < 400_000


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    """The contrast ratio of two colours (WCAG 2.1)."""
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _long(colour: str) -> str:
    return "#" + "".join(2 * c for c in colour[1:]) if len(colour) == 4 else colour


def test_text_has_contrast() -> None:
    css = files("castor.brief").joinpath("page.css").read_text(encoding="utf-8")
    names = dict(re.findall(r"--(\w+):(#[0-9a-f]{3,6})", css))
    texts = {
        _long(names.get(name, name))
        for name in re.findall(r"[;{]color:(?:var\(--)?(#?\w+)\)?", css)
        if name != "inherit"
    }
    for text in texts:
        for ground in (names["paper"], names["wash"]):
            assert contrast(text, _long(ground)) >= 4.5, (text, ground)
    shapes = dict(re.findall(r"\.((?:lab|country)[\w-]*){[^}]*fill:(#[0-9a-f]{3,6})", css))
    assert shapes
    for name, colour in shapes.items():
        for ground in ("#efede7", "#fbfaf6"):
            assert contrast(_long(colour), ground) >= 4.5, (name, ground)


def test_every_column_of_numbers_is_set_right(page: str) -> None:
    used = {name for names in re.findall(r'<table class="?([r\d ]+)', page) for name in names.split()}
    assert used
    assert [name for name in used if f".{name} tr>:nth-child({name[1:]})" not in page] == []
