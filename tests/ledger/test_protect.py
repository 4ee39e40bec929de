"""People known by a pseudonym: nothing that could name them is recorded or published; small cells are hidden."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from castor.ledger import Figure, ledger_of
from castor.ledger.exports import records_csv
from castor.ledger.protect import protection_problems, public


def story(**more: Any) -> Figure:
    given: dict[str, Any] = {"id": "s", "kind": "story", "value": Decimal(14), "unit": "years", "source": "x"}
    given.update(place="ML", protected=True, pseudonym="Awa")
    return Figure(**{**given, **more})


def refused(figure: Figure) -> list[str]:
    return [problem.column for problem in protection_problems("records.csv", 2, figure)]


def test_a_story_under_a_pseudonym_is_accepted() -> None:
    assert refused(story(label_en="age at which Awa was married", label_fr="âge d'Awa à son mariage")) == []
    assert refused(story(start="2016")) == []


@pytest.mark.parametrize(
    ("given", "column"),
    [
        ({"place": "Konna"}, "place"),
        ({"start": "2002-05-01"}, "from"),
        ({"end": "2002-05"}, "to"),
        ({"definition_en": "born in the north"}, "definition_en"),
        ({"definition_fr": "née le premier jour de l'an"}, "definition_fr"),
        ({"label_en": "a girl of the village by the river"}, "label_en"),
        ({"label_fr": "fille de Moussa"}, "label_fr"),
        ({"definition_en": "her story, told by Aminata"}, "definition_en"),
        ({"locator": "call 76 12 34 56 78"}, "locator"),
        ({"locator": "14.5274, -4.0934"}, "locator"),
        ({"locator": "awa@example.org"}, "locator"),
        ({"definition_en": "it happened on 3 May"}, "definition_en"),
        ({"pseudonym": ""}, "pseudonym"),
        ({"party": "Fatoumata Keïta"}, "party"),
    ],
)  # fmt: skip
def test_what_could_name_her_is_refused(given: dict[str, Any], column: str) -> None:
    assert column in refused(story(**given))


def test_the_message_says_what_to_do() -> None:
    problem = protection_problems("records.csv", 7, story(place="Konna"))[0]
    assert str(problem) == (
        'row 7  place  read "Konna"  a country, nothing smaller; leave it out: it could name a protected person'
    )


def test_a_story_must_be_protected() -> None:
    assert refused(story(protected=False)) == ["protected"]


def test_what_is_published_of_a_story() -> None:
    kept = public([story(party="a partner", start="2016", locator="page 3")])[0]
    assert (kept.value, kept.pseudonym) == (Decimal(14), "Awa")
    assert (kept.place, kept.party, kept.start, kept.locator) == ("", "", "", "")
    text = records_csv(ledger_of([story(party="a partner", locator="page 3")]))[0]
    assert "a partner" not in text
    assert "page 3" not in text


def people(name: str, value: int, **more: Any) -> Figure:
    return Figure(id=name, kind="result", value=Decimal(value), unit="people", source="x", **more)


def test_small_cells_are_hidden_and_cannot_be_had_by_subtraction() -> None:
    rows = [
        people("all", 100),
        people("a", 3, part_of="all"),
        people("b", 17, part_of="all"),
        people("c", 80, part_of="all"),
    ]
    shown = {figure.id: (figure.qualifier, figure.value) for figure in public(rows)}
    assert shown["a"] == ("less_than", 5)
    assert shown["b"] == ("less_than", 20)
    assert shown["c"] == ("exactly", 80)
    assert shown["all"] == ("exactly", 100)


def test_a_single_part_that_leaves_a_small_rest_is_hidden() -> None:
    shown = {figure.id: figure.qualifier for figure in public([people("all", 20), people("women", 18, part_of="all")])}
    assert shown == {"all": "exactly", "women": "less_than"}


def test_zero_and_large_cells_stay() -> None:
    assert [figure.value for figure in public([people("none", 0), people("some", 5)])] == [0, 5]
    assert public([people("few", 9)], small=10)[0].qualifier == "less_than"
