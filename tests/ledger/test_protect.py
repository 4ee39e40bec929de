"""People known by a pseudonym: nothing that could name them is recorded or published; small cells are hidden."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from castor.cli import castor
from castor.ledger import Figure, Source, ledger_of
from castor.ledger.exports import records_csv
from castor.ledger.protect import protection_problems, public, published


def story(**more: Any) -> Figure:
    given: dict[str, Any] = {"id": "s", "kind": "story", "value": Decimal(14), "unit": "years", "source": "x"}
    given.update(place="ML", protected=True, pseudonym="Awa")
    return Figure(**{**given, **more})


def refused(figure: Figure) -> list[str]:
    return [problem.column for problem in protection_problems("records.csv", 2, figure)]


def test_a_story_under_a_pseudonym_is_accepted() -> None:
    assert refused(story(label_en="age at which Awa was married", label_fr="âge d'Awa à son mariage")) == []
    assert refused(story(start="2016")) == []
    assert refused(story(definition_en="A woman's own account. She is known here as Awa", programme="juprec")) == []
    assert refused(story(definition_en="an account told to JUPREC", programme="juprec")) == []
    assert refused(story(definition_fr="L’histoire d'une femme; elle ne le voulait pas", label_fr="Âge d'Awa")) == []


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
        ({"definition_en": "Aminata told it to the project"}, "definition_en"),
        ({"definition_fr": "Elle le raconte. Moussa était là"}, "definition_fr"),
        ({"label_en": "the account of AMINATA"}, "label_en"),
        ({"definition_en": "born 2002"}, "definition_en"),
        ({"definition_en": "in may 2002"}, "definition_en"),
        ({"definition_fr": "en août 2002"}, "definition_fr"),
        ({"definition_en": "it was on the 3rd of May"}, "definition_en"),
        ({"definition_en": "on 03-05-2002"}, "definition_en"),
        ({"measure": "birthday"}, "measure"),
        ({"programme": "shelter of Konna"}, "programme"),
        ({"label_en": "the record of JUPREC"}, "label_en"),
        ({"id": "story-Aminata"}, "id"),
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


def test_the_complement_in_the_same_division_is_hidden_not_the_smallest_of_another() -> None:
    rows = [
        people("all", 100),
        people("men", 3, part_of="all", sex="m"),
        people("women", 97, part_of="all", sex="f"),
        people("north", 50, part_of="all", place="N"),
        people("south", 50, part_of="all", place="S"),
    ]
    assert {figure.id for figure in public(rows) if figure.qualifier == "less_than"} == {"men", "women"}


def test_a_whole_is_hidden_where_its_parts_would_tell_it() -> None:
    rows = [
        people("region", 40), people("town", 3, part_of="region"), people("rest", 37, part_of="region"),
        people("rest-f", 17, part_of="rest", sex="f"), people("rest-m", 20, part_of="rest", sex="m"),
    ]  # fmt: skip
    hidden = {figure.id for figure in public(rows) if figure.qualifier == "less_than"}
    assert hidden >= {"town", "rest"}
    assert hidden & {"rest-f", "rest-m"}


def test_two_small_cells_whose_sum_is_small_take_a_third_with_them() -> None:
    rows = [people("all", 33), *(people(name, n, part_of="all") for name, n in (("a", 1), ("b", 2), ("c", 30)))]
    assert {figure.id for figure in public(rows) if figure.qualifier == "less_than"} == {"a", "b", "c"}


def test_bounds_do_not_tell_two_cells_of_four() -> None:
    rows = [people("all", 38), *(people(name, n, part_of="all") for name, n in (("a", 4), ("b", 4), ("c", 30)))]
    assert {figure.id for figure in public(rows) if figure.qualifier == "less_than"} == {"a", "b", "c"}


def test_what_was_derived_from_a_hidden_count_is_hidden_too() -> None:
    rows = [
        people("all", 100), people("men", 3, part_of="all", label_en="3 men of 100", definition_en="3.5 is not 3"),
        Figure(id="share", kind="rate", value=Decimal(3), unit="%", derived_from="men;all", method="3 / 100"),
        Figure(id="twice", kind="rate", value=Decimal(6), unit="%", derived_from="share", method="2 x 3"),
    ]  # fmt: skip
    shown = {figure.id: figure for figure in public(rows)}
    assert (shown["men"].label_en, shown["men"].definition_en) == ("… men of 100", "3.5 is not …")
    for name in ("share", "twice"):
        assert (shown[name].value, shown[name].qualifier, shown[name].method) == (
            None, "unknown", "not shown: small numbers of people",
        )  # fmt: skip


def _attack(rows: Sequence[Figure], small: int) -> list[tuple[float, float]]:
    """What a reader who knows the bounds and that divisions add up can say of each small count: its least and most."""
    import highspy

    shown = {figure.id: figure for figure in public(rows, small=small)}
    true = {figure.id: figure for figure in rows}
    names = list(true)

    def solver() -> tuple[Any, dict[str, Any]]:
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)
        held = {}
        for name in names:
            value, how = float(shown[name].value or 0), shown[name].qualifier
            low, high = (value, value) if how == "exactly" else (1.0 if value == small else small, value - 1)
            held[name] = highs.addVariable(low, high)
        for division in itertools.groupby(names[1:], key=lambda name: true[name].sex != ""):
            members = list(division[1])
            if sum(int(true[name].value or 0) for name in members) == true["all"].value:
                highs.addConstr(sum(held[name] for name in members) == held["all"])
        return highs, held

    found = []
    for name in names:
        if not 0 < int(true[name].value or 0) < small:
            continue
        ends = []
        for sign in (1.0, -1.0):
            highs, held = solver()
            highs.minimize(sign * held[name])
            assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
            ends.append(sign * float(highs.getInfo().objective_function_value))
        found.append((ends[0], ends[1]))
    return found


@given(st.lists(st.integers(0, 30), min_size=2, max_size=2), st.lists(st.integers(1, 9), min_size=2, max_size=4))
@settings(max_examples=60, deadline=None)
def test_no_small_count_can_be_worked_out(sexes: list[int], places: list[int]) -> None:
    whole = sum(sexes)
    rest = whole - sum(places)
    cells = [*places, rest] if rest >= 0 else places
    rows = [people("all", whole)]
    rows += [people(f"s{k}", n, part_of="all", sex="fm"[k]) for k, n in enumerate(sexes)]
    rows += [people(f"p{k}", n, part_of="all", place=f"P{k}") for k, n in enumerate(cells)] if rest >= 0 else []
    if whole == 0 or (sorted(sexes)[0] == 0 and whole < 5):
        return
    for low, high in _attack(rows, 5):
        assert high - low >= 1.0


# ------------------------------------------------------------------------------- every route out


SECRETS = ("a partner of hers", "page 3 of the file", "2016", "BF")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A ledger folder with a protected story and a small count, and a second figure for each kind of route."""
    from castor.ledger.exports import csv_text
    from castor.mission.model import columns

    figures = [
        story(id="her-story", label_en="age of Awa", party="a partner of hers", start="2016", place="BF",
              locator="page 3 of the file"),
        people("reached", 100, measure="reached"), people("men", 3, part_of="reached", measure="reached", sex="m"),
        people("women", 97, part_of="reached", measure="reached", sex="f"),
    ]  # fmt: skip
    names = columns(Figure)
    rows = [[getattr(figure, column.field) for column in names] for figure in figures]
    (tmp_path / "records.csv").write_text(csv_text([column.name for column in names], rows))
    (tmp_path / "sources.csv").write_text("id,title\nx,A document\n")
    (tmp_path / "narrative.en.md").write_text("Men: {men}. She was {her-story:value}. Reached: {total reached sex=m}.")
    return tmp_path


def ran(*words: str) -> str:
    done = CliRunner().invoke(castor, ["ledger", *words])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize(
    "words",
    [("total", "."), ("total", ".", "--json"), ("total", ".", "--csv"), ("total", ".", "--by", "sex", "--made-of"),
     ("total", ".", "--where", "sex=m", "--by", "place"), ("explain", "her-story", "."), ("explain", "men", "."),
     ("explain", "reached", "."), ("check", "."), ("check", ".", "--json")],
    ids=" ".join,
)  # fmt: skip
def test_nothing_protected_is_printed(folder: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    text = ran(*words)
    assert not any(secret in text for secret in SECRETS), text
    assert not any(cell in ("3", "97") for cell in text.replace(",", " ").replace('"', " ").split()), text


def test_a_small_count_is_shown_to_who_asks_for_it(folder: Path) -> None:
    assert "fewer than 5\u00a0people" in ran("explain", "men", str(folder))
    assert "3\u00a0people" in ran("explain", "men", str(folder), "--small", "0")
    assert "98" not in ran("total", str(folder), "--where", "sex=m", "--csv")


def test_nothing_protected_is_exported(folder: Path, tmp_path: Path) -> None:
    ran("export", str(folder), "--csv", "--out", str(tmp_path / "out"))
    ran("export", str(folder), "--xlsx", "--out", str(tmp_path / "out.xlsx"))
    ran("import", str(folder), "--store", str(tmp_path / "s.sqlite"))
    ran("export", str(tmp_path / "s.sqlite"), "--csv", "--out", str(tmp_path / "again"))
    texts = [(tmp_path / place / "records.csv").read_text() for place in ("out", "again")]
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    texts.append("\n".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row))
    for text in texts:
        assert not any(secret in text for secret in SECRETS)
        assert "97" not in text


def test_the_narrative_tells_no_small_count(folder: Path) -> None:
    from castor.ledger import read
    from castor.ledger.narrative import narrative, text_of

    told = text_of(narrative(published(read(folder))))
    assert told == "Men: fewer than 5\u00a0people. She was 14. Reached: fewer than 5\u00a0people."


def test_small_counts_of_people_leave_the_results_of_activities(tmp_path: Path) -> None:
    from castor.ledger.iati.public import without_small_cells
    from castor.ledger.iati.read import read_stream
    from castor.ledger.iati.write import write_activities

    def actual(value: str, *dimensions: str) -> str:
        inside = "".join(f'<dimension name="{name}" value="x"/>' for name in dimensions)
        return f'<actual value="{value}">{inside}<comment><narrative>{value} in all</narrative></comment></actual>'

    text = (
        '<iati-activities version="2.03"><iati-activity><iati-identifier>A</iati-identifier><result type="1"><indicator'
        ' measure="1"><period><period-start iso-date="2020-01-01"/><period-end iso-date="2020-12-31"/>'
        + actual("20") + actual("3", "sex") + actual("17", "Sex") + actual("3", "sector") + actual("4", "sex", "age")
        + actual("60", "age", "sex") + actual("90", "sex", "age") + "</period></indicator></result></iati-activity>"
        "</iati-activities>"
    )  # fmt: skip
    found = list(read_stream(io.BytesIO(text.encode()), "x", []))
    actuals = next(without_small_cells(found, 5)).results[0].indicators[0].periods[0].actuals
    assert [item.value for item in actuals] == ["20", "", "", "3", "", "", "90"]
    out = io.BytesIO()
    write_activities(without_small_cells(found, 5), out)
    assert b"17 in all" not in out.getvalue()
    assert list(without_small_cells(found, 0)) == found
    assert msgspec.to_builtins(found[0].results[0].indicators[0].periods[0].actuals[1])["value"] == "3"


def test_a_source_is_kept() -> None:
    ledger = published(ledger_of([story()], [Source(id="x", title="A document")]))
    assert ledger.documents(ledger.figures[0])[0].title == "A document"
