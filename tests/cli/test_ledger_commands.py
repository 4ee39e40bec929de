"""``castor ledger`` as a user types it; every example of its help is run."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import click
import pytest

from castor.cli import main
from castor.cli.ledger import command


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["ledger", *words])
    said = capsys.readouterr()
    return int(stop.value.code or 0), said.out, said.err


@pytest.fixture
def mission(mali: Path, tmp_path: Path) -> Path:
    shutil.copytree(mali / "ledger", tmp_path / "mali" / "ledger")
    return tmp_path / "mali"


AID = """<iati-activities version="2.03"><iati-activity default-currency="CAD"><iati-identifier>A</iati-identifier>
<recipient-country code="ML" percentage="60"/><recipient-country code="NE" percentage="40"/>
<policy-marker code="1" significance="2"/>
<transaction><transaction-type code="3"/><transaction-date iso-date="2020-03-31"/><value>10.01</value></transaction>
<transaction><transaction-type code="3"/><transaction-date iso-date="2020-04-01"/><value>1,0</value></transaction>
</iati-activity></iati-activities>"""


@pytest.fixture
def aid(tmp_path: Path) -> Path:
    (tmp_path / "aid").mkdir()
    (tmp_path / "aid" / "a.xml").write_text(AID)
    return tmp_path / "aid"


def examples() -> list[str]:
    lines = [line.strip() for sub in command.commands.values() for line in (sub.help or "").splitlines()]
    return [line for line in lines if line.startswith("castor ledger")]


@pytest.mark.parametrize("example", examples())
def test_examples_of_the_help_run(
    example: str, mission: Path, aid: Path, tmp_path: Path, shared: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "missions").mkdir()
    shutil.move(mission, tmp_path / "missions" / "mali")
    shutil.copy(shared / "data/un/minusma_contributions_by_country_sex_year.csv", tmp_path / "contributions.csv")
    run(capsys, "import", "aid/", "--store", "aid.sqlite")
    if "verify" in example:
        _, out, _ = run(capsys, "import", "missions/mali")
    if "3f1c..." in example:
        _, out, _ = run(capsys, "verify", "aid.sqlite")
        example = example.replace("3f1c...", out.split()[-1])
    code, out, err = run(capsys, *example.split()[2:])
    assert code == 0, err
    assert out or "wrote" in err


def test_every_subcommand_has_examples() -> None:
    for name, sub in command.commands.items():
        assert isinstance(sub, click.Command)
        assert f"castor ledger {name}" in (sub.help or "")


def test_total_is_exact_and_says_what_it_left(aid: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by = ("--by", "country", "--by", "year", "--fiscal", "04-01")
    code, out, _ = run(capsys, "total", str(aid), "--of", "transactions", *by, "--json")
    assert code == 0
    assert [(row["country"], row["year"], row["total"], row["missing"]) for row in json.loads(out)] == [
        ("ML", "2019/20", "6.01", 0), ("ML", "2020/21", "0", 1),
        ("NE", "2019/20", "4.00", 0), ("NE", "2020/21", "0", 1),
    ]  # fmt: skip


def test_total_in_another_currency_says_its_rates(
    mission: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rates = tmp_path / "rates.csv"
    rates.write_text("from,to,date,rate,source\nCAD,USD,2022-03,0.79,bank\n")
    where = ("--where", "measure=assistance", "--since", "2021-04-01", "--by", "measure", "--csv")
    words = ("total", str(mission), *where, "--currency", "USD", "--rates", str(rates))
    code, out, err = run(capsys, *words)
    assert code == 2
    assert "a rate from CAD to USD for" in err
    words = ("total", str(mission), "--where", "programme=psops", "--currency", "USD")
    assert run(capsys, *words)[0] == 2
    words = ("total", str(mission), "--where", "source=fournier", "--where", "measure=assistance", "--csv")
    code, out, err = run(capsys, *words, "--currency", "USD", "--rates", str(rates))
    assert code == 0
    assert "disbursement,USD,94721000.00,exactly" in out
    assert "converted at 0.79 USD per CAD on 2022-03 (bank)" in err


def test_total_of_the_record_says_what_it_left_out(mission: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "total", str(mission), "--where", "operation=op-serval", "--by", "measure", "--csv")
    assert code == 0
    assert "flights,,flights,48,exactly,1,0" in out
    assert "another figure answers the same question" in err


def test_explain_names_sources_and_rivals(mission: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "explain", "serval-flights", str(mission))
    assert re.search(r"value +48", out)
    assert "National Defence" in out
    assert "serval-flights-rcafa" in out
    code, _, err = run(capsys, "explain", "serval-flight", str(mission))
    assert code == 2
    assert "did you mean serval-flights" in err


def test_explain_a_transaction(aid: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "explain", "A#1", str(aid))
    assert "10.01 CAD" in out
    assert "ML 60; NE 40" in out
    assert "a.xml, line 4" in out


def test_check_reports_and_changes_nothing(aid: Path, mission: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (aid / "a.xml").read_text()
    code, out, _ = run(capsys, "check", str(aid), "--csv")
    assert code == 0
    assert "bad-value" in out
    assert (aid / "a.xml").read_text() == before
    _, out, _ = run(capsys, "check", str(mission), "--csv")
    assert "conflict,serval-flights,serval-flights-rcafa" in out
    narrative = mission / "ledger" / "narrative.en.md"
    narrative.write_text(narrative.read_text() + "\n\nIt flew 4,100 hours.\n")
    code, _, err = run(capsys, "check", str(mission))
    assert code == 2
    assert '"4,100"' in err


def test_import_verify_and_a_touched_store(mission: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import sqlite3

    code, out, err = run(capsys, "import", str(mission))
    assert code == 0
    head = out.split()[-1]
    assert run(capsys, "verify", str(mission), "--head", head)[0] == 0
    assert run(capsys, "import", str(mission))[1] == out
    db = sqlite3.connect(mission / "ledger" / "store.sqlite")
    db.execute("DROP TRIGGER record_is_not_changed")
    db.execute("UPDATE record SET body = replace(body, '48', '49') WHERE id = 'serval-flights'")
    db.commit()
    db.close()
    code, _, err = run(capsys, "verify", str(mission))
    assert code == 2
    assert "figure serval-flights" in err
    assert "it was changed" in err


def test_bad_words(mission: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for words in (
        ("total", str(mission), "--where", "nothing"),
        ("total", str(mission), "--by", "colour"),
        ("total", str(tmp_path / "nowhere")),
        ("export", str(mission), "--out", "x"),
        ("export", str(mission), "--csv", "--xlsx", "--out", "x"),
        ("import", str(mission), "--table", str(mission / "ledger" / "records.csv")),
        ("verify", str(mission)),
    ):
        code, out, err = run(capsys, *words)
        assert (code, out) == (2, ""), words
        assert "Traceback" not in err
