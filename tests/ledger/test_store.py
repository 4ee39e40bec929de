"""The store of record: append-only, chained, whole after a kill, a full disk and two writers."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from castor.errors import LedgerError
from castor.ledger import Figure, Source, read
from castor.ledger.iati import folder
from castor.ledger.iati.folder import iati_files, load
from castor.ledger.place import ledger_at, store_path
from castor.ledger.store import MIGRATIONS, START, Store, _statements

SOURCE = Source(id="x", title="A document")


def figure(name: str, value: int = 1, **more: str) -> Figure:
    return Figure(id=name, kind="money", value=Decimal(value), unit="CAD", source="x", **more)


def test_what_goes_in_comes_out(tmp_path: Path, mali: Path) -> None:
    ledger = read(mali)
    with Store(tmp_path / "s.sqlite") as store:
        assert store.add(ledger.figures, ledger.sources) == len(ledger.figures) + len(ledger.sources)
        kept = store.ledger()
        assert kept.figures == ledger.figures
        assert kept.source == ledger.source
        assert store.verify() == []
        assert store.add(ledger.figures, ledger.sources) == 0
        assert store.db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert store.db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        store.add([figure("a")], [SOURCE])
        with pytest.raises(LedgerError, match="supersedes = the old id"):
            store.add([figure("a", 2)])
        store.add([figure("b", 2, supersedes="a")])
        ledger = store.ledger()
        assert [item.id for item in ledger.figures] == ["b"]
        assert [item.id for item in ledger.history] == ["a"]
        for sql in ("UPDATE record SET body = x'00'", "DELETE FROM record"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                store.db.execute(sql)


def test_a_bad_figure_stops_all_of_them(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        with pytest.raises(LedgerError, match=r"an id of sources\.csv"):
            store.add([figure("a")], [])
        assert store.head[0] == 0


def _tampered(path: Path, *statements: str) -> None:
    db = sqlite3.connect(path)
    db.execute("DROP TRIGGER record_is_not_changed")
    db.execute("DROP TRIGGER record_is_not_removed")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


@pytest.mark.parametrize(
    ("sql", "row", "said"),
    [
        ("UPDATE record SET body = replace(body, '\"1\"', '\"9\"') WHERE seq = 3", 3, "it was changed"),
        ("UPDATE record SET at = '1999' WHERE seq = 4", 4, "it was changed"),
        ("DELETE FROM record WHERE seq = 3", 3, "where one was removed"),
        ("DELETE FROM record WHERE seq = 6", 6, "as at the last writing"),
        ("UPDATE record SET previous = zeroblob(32) WHERE seq = 4", 4, "chained to the one before"),
    ],
)
def test_verify_names_what_was_touched(tmp_path: Path, sql: str, row: int, said: str) -> None:
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        store.add([figure(name) for name in "abcde"], [SOURCE])
    _tampered(path, sql)
    with Store(path) as store:
        problems = store.verify()
        assert (row, True) in [(problem.row, said in problem.expected) for problem in problems]


def test_a_rewritten_chain_does_not_hold_the_noted_head(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        store.add([figure("a"), figure("b")], [SOURCE])
        _, noted = store.head
        store.add([figure("c")])
        assert store.verify(noted) == []
    _tampered(path, "DELETE FROM record WHERE seq > 1",
              "UPDATE head SET count = 1, hash = (SELECT hash FROM record WHERE seq = 1)")  # fmt: skip
    with Store(path) as store:
        assert store.verify() == []
        assert "noted hash" in store.verify(noted)[0].expected


def test_an_old_store_is_migrated_and_a_newer_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    db = sqlite3.connect(path)
    for statement in _statements(MIGRATIONS[0]):
        db.execute(statement)
    db.execute("PRAGMA user_version = 1")
    db.close()
    with Store(path) as store:
        assert store.head == (0, START.hex())
        store.add([figure("a")], [SOURCE])
        assert store.verify() == []
        store.db.execute("PRAGMA user_version = 99")
    with pytest.raises(LedgerError, match="use a newer castor"):
        Store(path)


def test_no_store_is_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="castor ledger import"):
        Store(tmp_path / "none.sqlite", create=False)
    (tmp_path / "text.sqlite").write_text("this is no database, it is a text of some length, longer than a header")
    with pytest.raises(LedgerError, match="can be opened"):
        Store(tmp_path / "text.sqlite")


def _writer(path: str, name: str, count: int) -> None:
    with Store(path) as store:
        for at in range(count):
            store.add([figure(f"{name}-{at}")])


def test_two_processes_writing_at_once(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        store.add([], [SOURCE])
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    writers = [context.Process(target=_writer, args=(str(path), name, 20)) for name in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    with Store(path) as store:
        assert store.head[0] == 41
        assert store.verify() == []
        assert len(store.ledger().figures) == 40


def test_killed_while_writing_loses_nothing_committed(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        store.add([figure("before")], [SOURCE])
    script = textwrap.dedent(f"""
        from castor.ledger.store import Store
        def rows():
            at = 0
            while True:
                at += 1
                if at == 20000:
                    print("writing", flush=True)
                yield "figure", f"n{{at}}", b"x" * 500
        Store({str(path)!r}).append(rows())
    """)
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=root)
    assert process.stdout is not None
    assert process.stdout.readline() == b"writing\n"
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with Store(path) as store:
        assert store.head[0] == 2
        assert store.verify() == []
        assert [item.id for item in store.ledger().figures] == ["before"]
        store.add([figure("after")])
        assert store.verify() == []


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        store.add([figure("before")], [SOURCE])
        pages = store.db.execute("PRAGMA page_count").fetchone()[0]
        store.db.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(LedgerError, match="full"):
            store.append(("figure", f"n{at}", b"x" * 4000) for at in range(50))
        assert store.verify() == []
        assert store.head[0] == 2
        store.db.execute("PRAGMA max_page_count = 1000000")
        store.add([figure("after")])
        assert [item.id for item in store.ledger().figures] == ["before", "after"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a limit on the size of files")
def test_a_file_that_may_not_grow_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        store.add([figure("before")], [SOURCE])
    script = textwrap.dedent(f"""
        import resource, signal
        from castor.errors import LedgerError
        from castor.ledger.store import Store
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        store = Store({str(path)!r})
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        try:
            store.append(("figure", f"n{{at}}", b"x" * 4000) for at in range(500))
        except LedgerError as error:
            print("refused")
    """)
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=False)
    assert done.stdout == "refused\n", done.stderr
    with Store(path) as store:
        assert store.verify() == []
        assert [item.id for item in store.ledger().figures] == ["before"]


XML = """<iati-activities version="2.03"><iati-activity default-currency="CAD"><iati-identifier>A</iati-identifier>
<transaction><transaction-type code="3"/><transaction-date iso-date="2020-05-01"/>
<value value-date="2020-05-01">5</value></transaction></iati-activity>{}</iati-activities>"""


def test_a_file_is_loaded_once(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(XML.format(""))
    with Store(tmp_path / "s.sqlite") as store:
        first = load(store, [tmp_path / "a.xml"])
        again = load(store, [tmp_path / "a.xml"])
        assert [(item.activities, item.skipped) for item in (*first, *again)] == [(1, False), (0, True)]
        assert [item.id for item in store.activities()] == ["A"]
        assert store.files()[0].records == 1
        assert store.verify() == []


def test_a_broken_file_gives_what_is_whole(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(XML.format("<iati-activity><broken>"))
    with Store(tmp_path / "s.sqlite") as store:
        loaded = load(store, [tmp_path / "a.xml"])[0]
        assert loaded.activities == 1
        assert loaded.problems[0].row == 3


def test_folder_and_store_are_one_ledger(tmp_path: Path) -> None:
    (tmp_path / "records.csv").write_text("id,kind,value,unit,source\na,money,1,CAD,x\n")
    (tmp_path / "sources.csv").write_text("id,title\nx,A document\n")
    with Store(store_path(tmp_path)) as store:
        store.add([figure("a"), figure("b", 2)], [SOURCE])
    assert sorted(ledger_at(tmp_path).figure) == ["a", "b"]
    (tmp_path / "records.csv").write_text("id,kind,value,unit,source\na,money,3,CAD,x\n")
    with pytest.raises(LedgerError, match="as it stands in the store"):
        ledger_at(tmp_path)


def test_activities_survive_json(shared: Path) -> None:
    from castor.ledger.iati.model import Activity
    from castor.ledger.iati.read import read_activities

    for item in read_activities(shared / "data/iati/samples/dportal-frankenstein.xml", []):
        assert msgspec.json.decode(msgspec.json.encode(item), type=Activity) == item


def test_files_loaded_in_parallel_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(5):
        (tmp_path / f"{at}.xml").write_text(XML.format("").replace(">A<", f">A{at}<") if at != 3 else XML.format("<b>"))
    (tmp_path / "5.xml").write_bytes((tmp_path / "0.xml").read_bytes())
    files = iati_files(tmp_path)
    with Store(tmp_path / "one.sqlite") as store:
        one = [(item.file, item.activities, len(item.problems), item.skipped) for item in load(store, files)]
        bodies = list(store.bodies("activity"))
    monkeypatch.setattr(folder, "WORTH", 0)
    with Store(tmp_path / "two.sqlite") as store:
        assert [(item.file, item.activities, len(item.problems), item.skipped) for item in load(store, files)] == one
        assert list(store.bodies("activity")) == bodies
        assert store.verify() == []
    assert [skipped for *_, skipped in one] == [False] * 5 + [True]
