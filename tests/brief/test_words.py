"""Words, numbers and dates as each language writes them."""

from __future__ import annotations

import csv
import datetime as dt
import re
from importlib.resources import files
from pathlib import Path

import pytest

import castor.brief
from castor.brief.words import Both, day, exact, number, partial, percent, signed, word
from castor.mission.model import TABLES

ROWS = list(csv.reader(files("castor.brief").joinpath("words.csv").read_text(encoding="utf-8").splitlines()))


def test_every_word_is_there_in_both_languages_and_the_keys_are_sorted() -> None:
    assert ROWS[0] == ["key", "en", "fr"]
    keys = [row[0] for row in ROWS[1:]]
    assert keys == sorted(set(keys))
    for key, en, fr in ROWS[1:]:
        assert en.strip(), key
        assert fr.strip(), key
        assert sorted(re.findall(r"{\w+}", en)) == sorted(re.findall(r"{\w+}", fr)), key


def test_every_word_that_the_page_asks_for_exists_and_every_word_is_asked_for() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in Path(castor.brief.__file__).parent.rglob("*.py"))
    keys = {row[0] for row in ROWS[1:]}
    asked = set(re.findall(r"""word\(\s*["']([\w.-]+)["']""", text))
    assert asked - keys == set()
    families = tuple(found + "." for found in re.findall(r"""word\(\s*f["']([\w.-]+)\.{""", text))
    said = set(re.findall(r"""["']([\w.-]+)["']""", text))
    assert {key for key in keys - said if not key.startswith(families)} == set()


@pytest.mark.parametrize(
    ("value", "digits", "en", "fr"),
    [
        (4000, 0, "4,000", "4\u202f000"),
        (-0.04, 1, "0.0", "0,0"),
        (1234567.891, 2, "1,234,567.89", "1\u202f234\u202f567,89"),
        (-5, 0, "\u22125", "\u22125"),
    ],
)
def test_numbers(value: float, digits: int, en: str, fr: str) -> None:
    assert number(value, digits) == Both(en, fr)


def test_percent_dates_and_exact_decimals() -> None:
    assert percent(0.46) == Both("46%", "46\u202f%")
    assert day(dt.date(2018, 8, 1)) == Both("1\u00a0August 2018", "1er\u00a0août 2018")
    assert partial("2018-11") == Both("November 2018", "novembre 2018")
    assert partial("1890") == Both("1890", "1890")
    assert exact(3560920) == Both("3,560,920", "3\u202f560\u202f920")


def test_texts_are_escaped_and_tagged() -> None:
    assert Both("a & b", "a & b").html() == "a &amp; b"
    assert Both("yes", "oui").html() == "<i>yes</i><i lang=fr>oui</i>"
    assert (Both("a", "b") + 1) == Both("a1", "b1")
    assert word("period", start="x", end=Both("y", "z")) == Both("x to y", "Du x au z")


def test_every_table_of_a_mission_has_its_name_in_both_languages() -> None:
    for name in TABLES:
        said = word(f"table.{name}")
        assert said.en
        assert said.fr


def test_differences_carry_their_sign_in_both_languages() -> None:
    assert signed(3.25, 1) == ("+3.2", "+3,2")
    assert signed(-35, 1) == ("\u221235.0", "\u221235,0")
    assert signed(-0.04, 1) == ("0.0", "0,0")


def test_french_punctuation_is_bound_to_its_word() -> None:
    html = Both("What: “x”", "Quoi : « x »").html()
    assert "Quoi\u00a0: «\u00a0x\u00a0»" in html
