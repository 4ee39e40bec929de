"""The narrative's numbers are queries, and all numbers of the article that the mission retells come out of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from castor.errors import LedgerError
from castor.ledger import Ledger, read
from castor.ledger.narrative import narrative, render, text_of


@pytest.fixture(scope="module")
def ledger(mali: Path) -> Ledger:
    return read(mali)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_number_can_be_traced(ledger: Ledger, lang: str) -> None:
    found = narrative(ledger, lang)
    numbers = [span for block in found for span in block.spans if span.figures]
    assert len(numbers) > 60
    for span in numbers:
        for name in span.figures:
            assert ledger.documents(ledger.figure[name])
    plain = "".join(span.text for block in found for span in block.spans if not span.query)
    assert set(re.findall(r"\S*\d\S*", plain)) <= {"CC-177,", "2100,"}


def test_both_languages_tell_the_same(ledger: Ledger) -> None:
    told = [
        {name for block in narrative(ledger, lang) for span in block.spans for name in span.figures}
        for lang in ("en", "fr")
    ]
    assert told[0] == told[1]


def test_queries(ledger: Ledger) -> None:
    def say(text: str, lang: str = "en") -> str:
        return "".join(span.text for span in render(text, ledger, lang))

    assert say("{total hours op-presence}") == "more than 4,000\u00a0h"
    assert say("{total hours op-serval}", "fr") == "530,6\u00a0h"
    assert say("{share ambassadors-women of ambassadors}") == "43.1%"
    assert say("{sum psops-2016 psops-2019}") == "more than C$58 million"
    assert say("{total programme_money psops}") == "more than C$58 million"
    assert say("{presence-rotations:word} CH-146") == "two CH-146"
    assert say("{presence-hours:plain}") == "4,000"
    assert say("{aid-2021:when} {name resolution 2100}") == "2021/22 resolution 2100"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It flew 4,000 hours.", "a number that follows from the ledger"),
        ("{serval-flight}", "did you mean serval-flights"),
        ("{total hours nowhere}", "nothing in the ledger called 'nowhere'"),
        ("{total cargo op-serval kg=1}", "a field of a figure"),
        ("{sum ambassadors ambassadors-women}", "none part of another"),
        ("{sum serval-flights serval-cargo}", "figures that can be added"),
        ("{share serval-flights of serval-cargo}", "two values of one unit"),
        ("{evacuation-08:value}", "no value"),
        ("{total evacuated op-presence stage=x}", "nothing matches"),
        ("{do something}", "a query"),
    ],
)  # fmt: skip
def test_a_number_that_does_not_follow_is_an_error(ledger: Ledger, text: str, said: str) -> None:
    with pytest.raises(LedgerError, match=re.escape(said)):
        render(f"A line.\n{text}", ledger, "en", file="narrative.en.md")


def test_an_error_names_file_and_line(ledger: Ledger) -> None:
    with pytest.raises(LedgerError) as caught:
        render("One.\nTwo {no-such}.\nThree 3.", ledger, file="narrative.en.md")
    assert [(problem.row, problem.read) for problem in caught.value.problems] == [(2, "{no-such}"), (3, "3.")]


_BIOGRAPHY = {"1945", "75"}
"""Numbers of the author's biography (a thesis title, an anniversary): not of the account."""


def _numbers(text: str) -> set[str]:
    text = re.sub(r"\b[A-Z]{1,3}-\d+\b", " ", text).replace("2021/2022", "2021/22")
    return {found.rstrip(".,") for found in re.findall(r"\d[\d,./]*", text)}


def test_every_number_of_the_article_comes_out(ledger: Ledger, shared: Path) -> None:
    article = (shared / "seed" / "canadian-un-missions-in-mali.txt").read_text(encoding="utf-8").replace("\xa0", " ")
    article = article.partition("Sources & Further Readings")[0]
    account = article[article.index("The fate of Mali") :].replace("19th-century", "")
    told = _numbers(text_of(narrative(ledger, "en")))
    assert _numbers(account) - told == set()
    for word in ("two rotations", "eight helicopters", "three years"):
        assert word in account
        assert word in text_of(narrative(ledger, "en"))
    head = article[: article.index("The fate of Mali")]
    assert _numbers(head) - told <= _BIOGRAPHY | {"2021", "1", "7", "2019"}


_CLAIMS = {
    "serval-flights": "48 flights", "serval-cargo-seed": "more than 3.5 million pounds",
    "serval-people": "approximately 40", "authorised-military-2013": "11,200 military personnel",
    "authorised-police-2013": "1,440 police personnel", "presence-per-rotation": "250 peacekeepers",
    "presence-hours": "4,000 hours", "presence-evacuations": "11 aeromedical evacuations",
    "presence-passengers": "2,800 passengers", "presence-cargo": "370,000 pounds of cargo",
    "presence-left-behind": "10 CAF staff officers", "aid-since-2000": "more than $1.8 billion",
    "aid-2021": "$119.9 million in 2021/2022", "psops-2016": "more than $30 million", "psops-2019": "$28 million",
    "ambassadors": "350 peace ambassadors", "ambassadors-women": "151 are women", "fatou-married": "only 14",
    "fiap-gdp": "nearly US$1 trillion", "fiap-hunger": "45 million worldwide", "seedchange-leaders": "50%",
    "seedchange-households": "26,046 small-scale farm households",
    "seedchange-women-groups": "More than 100 women", "seedchange-youth": "nearly 40 youth-run",
}  # fmt: skip


def test_figures_of_the_article_as_castor_prints_them(ledger: Ledger, shared: Path) -> None:
    article = (shared / "seed" / "canadian-un-missions-in-mali.txt").read_text(encoding="utf-8").replace("\xa0", " ")
    for name, claim in _CLAIMS.items():
        assert claim in article
        figure = ledger.figure[name]
        printed = "".join(span.text for span in render(f"{{{name}:plain}}", ledger))
        assert printed.split()[0] in claim.replace("US$", "").replace("$", "").replace("%", "").split(), (
            name,
            printed,
            claim,
        )
        if name != "presence-hours":
            assert (figure.qualifier == "more_than") == ("more than" in claim.lower()), name
