"""Reading IATI: every version, wrappers and encodings, broken and malicious files; against an independent reader."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import resource
import xml.etree.ElementTree as ET
import zipfile
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

from castor.errors import Problem
from castor.ledger.accounts import total
from castor.ledger.iati import read as reader
from castor.ledger.iati.amounts import Collection
from castor.ledger.iati.folder import iati_files, over_files, read_folder
from castor.ledger.iati.model import Activity, joined
from castor.ledger.iati.read import read_activities, read_stream

ONE = '<iati-activity default-currency="CAD"><iati-identifier>{}</iati-identifier></iati-activity>'


def parse(data: bytes) -> tuple[list[Activity], list[Problem]]:
    problems: list[Problem] = []
    return list(read_stream(io.BytesIO(data), "x.xml", problems)), problems


@pytest.fixture(scope="module")
def samples(shared: Path) -> Path:
    return shared / "data" / "iati" / "samples"


# ---------------------------------------------------------------------- an independent reader, with ElementTree


def _independent(
    folder: Path, key: Callable[[ET.Element, ET.Element], list[tuple[str, Decimal]]]
) -> dict[tuple[str, ...], Decimal]:
    """Sum values by (transaction type, currency, key), with nothing of castor's."""
    sums: defaultdict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for path in sorted(folder.glob("*.xml")):
        text = path.read_bytes().replace(b"iati-activities:generated", b"generated")
        for activity in ET.fromstring(text).iter("iati-activity"):
            for entry in activity.findall("transaction"):
                kind, value = entry.find("transaction-type"), entry.find("value")
                if value is None or not (value.text or "").strip():
                    continue
                code = (kind.get("code") or (kind.text or "").strip()) if kind is not None else ""
                money = value.get("currency") or activity.get("default-currency") or ""
                for name, part in key(activity, entry):
                    sums[(LETTERS.get(code, code), money, name)] += Decimal((value.text or "").strip()) * part
    return {keys: value for keys, value in sums.items() if value}


LETTERS = {"C": "2", "D": "3", "E": "4", "IF": "1"}


def _ours(folder: Path, dimension: str, fiscal: str = "01-01") -> dict[tuple[str, ...], Decimal]:
    collection = Collection(lambda: read_folder(folder, []), levels="all")
    by = ["type", dimension] if dimension else ["type"]
    account = total(collection.transactions(), by=by, fiscal=fiscal)
    found = {
        (LETTERS.get(line.keys[0], line.keys[0]), line.unit, *(line.keys[1:] or ("",))): line.value
        for line in account.lines
    }
    return {keys: value for keys, value in found.items() if value}


@pytest.fixture(scope="module")
def unique(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples without the three files that repeat each other's identifiers or declare what is not there."""
    folder = tmp_path_factory.mktemp("samples")
    for path in samples.glob("*.xml"):
        if path.name not in (
            "budget-currencies.xml",
            "broken-original.xml",
            "dportal-frankenstein.xml",
            "1-many_titles_and_descriptions.xml",
        ):
            (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_sums_by_type_and_currency(unique: Path) -> None:
    independent = _independent(unique, lambda activity, entry: [("", Decimal(1))])
    assert _ours(unique, "") == independent
    assert len(independent) > 20


def test_sums_by_april_to_march_year(unique: Path) -> None:
    def year(activity: ET.Element, entry: ET.Element) -> list[tuple[str, Decimal]]:
        date = entry.find("transaction-date")
        iso = (date.get("iso-date") or "") if date is not None else ""
        if not iso:
            return [("", Decimal(1))]
        first = int(iso[:4]) - (iso[5:10] < "04-01")
        return [(f"{first}/{(first + 1) % 100:02d}", Decimal(1))]

    assert _ours(unique, "year", "04-01") == _independent(unique, year)


def test_sums_by_gender_significance(unique: Path) -> None:
    def gender(activity: ET.Element, entry: ET.Element) -> list[tuple[str, Decimal]]:
        for marker in activity.findall("policy-marker"):
            if marker.get("code") == "1" and marker.get("vocabulary") in (None, "", "1", "DAC"):
                return [(marker.get("significance") or "", Decimal(1))]
        return [("", Decimal(1))]

    assert _ours(unique, "gender") == _independent(unique, gender)


def test_sums_by_channel(unique: Path) -> None:
    def channel(activity: ET.Element, entry: ET.Element) -> list[tuple[str, Decimal]]:
        found = entry.find("disbursement-channel")
        return [((found.get("code") or (found.text or "").strip()) if found is not None else "", Decimal(1))]

    assert _ours(unique, "channel") == _independent(unique, channel)


def test_sums_by_country_share(unique: Path) -> None:
    """Mali's share: value times percentage; each split is rounded to cents, so half a cent each may differ."""
    split = defaultdict(int)

    def country(activity: ET.Element, entry: ET.Element) -> list[tuple[str, Decimal]]:
        own = [item.get("code") for item in entry.findall("recipient-country")]
        if own or entry.find("recipient-region") is not None:
            return [("ML", Decimal(1))] if own == ["ML"] else []
        shares = [(item.get("code"), item.get("percentage")) for item in activity.findall("recipient-country")]
        if len(shares) == 1 and shares[0][1] is None:
            return [("ML", Decimal(1))] if shares[0][0] == "ML" else []
        split["ML"] += 1
        return [("ML", Decimal(part) / 100) for name, part in shares if name == "ML" and part]

    ours = {keys: value for keys, value in _ours(unique, "country").items() if keys[2] == "ML"}
    theirs = _independent(unique, country)
    assert len(theirs) > 8
    assert set(ours) == set(theirs)
    for keys, value in theirs.items():
        assert abs(ours[keys] - value) <= Decimal("0.005") * split["ML"], keys


# ------------------------------------------------------------------------------- shapes


def test_all_samples_are_read(samples: Path) -> None:
    problems: list[Problem] = []
    found = [joined([item]) for item in read_folder(samples, problems)]
    assert len(found) == 1119
    assert sum(len(item.transactions) for item in found) == 3927
    assert [problem.row for problem in problems] == [1, 2299]


def test_the_text_of_1_0x(samples: Path) -> None:
    first = next(iter(read_activities(samples / "okfn-IATIActivities-1.0x.xml", [])))
    assert first.version == "1.01"
    assert first.title[0].text == "for general support of the Basic Education Coalition"
    assert first.reporting is not None
    assert first.reporting.texts[0].text == "The William and Flora Hewlett Foundation"
    assert [item.date for item in first.dates] == ["2007-06-11", "2008-06-11"]
    assert first.transactions[0].other[0].tag == "activity-type"


def test_every_element_has_its_field(samples: Path) -> None:
    first = next(iter(read_activities(samples / "dportal-frankenstein.xml", [])))
    lists = ("title", "descriptions", "participating", "dates", "countries", "regions", "locations", "sectors", "tags",
             "markers", "aid", "budgets", "planned", "transactions", "documents", "related", "results",
             "other")  # fmt: skip
    assert all(getattr(first, name) for name in lists)
    assert {node.tag for node in first.other} >= {"contact-info", "crs-add", "fss", "conditions", "legacy-data"}
    entry = first.transactions[0]
    assert entry.provider is not None
    assert entry.sectors
    assert entry.aid
    period = first.results[0].indicators[0].periods[0]
    assert period.actuals[0].dimensions
    assert period.actuals[0].locations


def test_wrappers_and_encodings() -> None:
    inside = '<iati-activities version="2.03">' + ONE.format("Mopti é") + "</iati-activities>"
    for data in (
        b"\xef\xbb\xbf" + inside.encode(),
        inside.encode("utf-16"),
        ('<?xml version="1.0" encoding="UTF-16"?>' + inside).encode("utf-16"),
        b'<?xml version="1.0" encoding="iso-8859-1"?>' + inside.encode("latin-1"),
        f'<result xmlns:s="http://soap"><s:body>{inside}</s:body></result>'.encode(),
        ONE.format("Mopti é").encode(),
        inside.replace("<iati-identifier>", "<!-- c --><?pi x?><iati-identifier>").encode(),
    ):
        found, problems = parse(data)
        assert [item.id for item in found] == ["Mopti é"], data[:60]
        assert problems == []


def test_a_namespace_over_everything_is_told_and_read_through() -> None:
    text = (
        '<iati-activities version="2.03" xmlns="http://wrong" xmlns:f="http://foreign"><iati-activity>'
        "<iati-identifier>A</iati-identifier><title><narrative>T</narrative></title>"
        '<transaction><transaction-type code="3"/><value currency="CAD" value-date="2020-01-01">5</value><f:own/>'
        "</transaction><f:transaction>no</f:transaction></iati-activity></iati-activities>"
    )
    found, problems = parse(text.encode())
    assert [problem.read for problem in problems] == ["{http://wrong}"]
    (item,) = found
    assert (item.id, item.title[0].text, len(item.transactions)) == ("A", "T", 1)
    money = item.transactions[0].money
    assert money is not None
    assert money.value == 5
    assert [node.tag for node in item.transactions[0].other] == ["{http://foreign}own"]
    assert [node.tag for node in item.other] == ["{http://foreign}transaction"]
    bare = text.replace(' xmlns="http://wrong"', "")
    again, none = parse(bare.encode())
    assert (again, none) == (found, [])
    one = "<transaction><value>1</value></transaction>"
    many = text.replace("</transaction><f:", f"</transaction>{one * 2500}<f:")
    assert [part.id for part in parse(many.encode())[0]] == ["A", "A"]


@pytest.mark.parametrize(
    "text", ["<html><body>Not found</body></html>", "<iati-organisations version='2.03'/>", "<transaction/>"]
)
def test_a_file_that_holds_no_activities_is_told(text: str) -> None:
    found, problems = parse(text.encode())
    assert found == []
    assert len(problems) == 1
    assert "IATI activities" in str(problems[0])
    assert parse(b"<iati-activities version='2.03'/>") == ([], [])


def test_packed_files(tmp_path: Path) -> None:
    data = ("<iati-activities>" + ONE.format("A") + "</iati-activities>").encode()
    (tmp_path / "a.xml").write_bytes(data)
    (tmp_path / "b.xml.gz").write_bytes(gzip.compress(data))
    (tmp_path / "c.xml.xz").write_bytes(lzma.compress(data))
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("inside/1.xml", data)
        archive.writestr("inside/2.xml", data)
        archive.writestr("note.txt", "no")
    (tmp_path / "e.xml.gz").write_bytes(gzip.compress(data)[:-9])
    problems: list[Problem] = []
    found = list(read_folder(tmp_path, problems))
    assert [Path(item.file).name for item in found][:5] == ["a.xml", "b.xml.gz", "c.xml.xz", "1.xml", "2.xml"]
    assert [Path(problem.file).name for problem in problems] == ["e.xml.gz"]


def test_broken_xml_is_reported_with_its_line_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(
        "<iati-activities>\n" + ONE.format("A") + "\n<iati-activity><oops>\n</iati-activity>\n"
    )
    (tmp_path / "b.xml").write_text("<iati-activities>" + ONE.format("B") + "</iati-activities>")
    (tmp_path / "c.xml").write_text("")
    (tmp_path / "d.xml").write_text("no markup at all")
    problems: list[Problem] = []
    assert [item.id for item in read_folder(tmp_path, problems)] == ["A", "B"]
    assert [(Path(problem.file).name, problem.row) for problem in problems] == [
        ("a.xml", 4),
        ("c.xml", 1),
        ("d.xml", 1),
    ]


def test_a_prefix_that_was_never_declared() -> None:
    found, problems = parse(("<iati-activities>" + ONE.format("A").replace("<iati-activity ", '<iati-activity x:y="1" ')
                             + ONE.format("B") + "</iati-activities>").encode())  # fmt: skip
    assert [item.id for item in found] == ["A", "B"]
    assert len(problems) == 1


def _count(path: Path) -> int:
    return len(list(read_activities(path, [])))


def test_a_folder_in_parallel(tmp_path: Path) -> None:
    for at in range(4):
        (tmp_path / f"{at}.xml").write_text("<iati-activities>" + ONE.format("A") * (at + 1) + "</iati-activities>")
    files = iati_files(tmp_path)
    with ThreadPoolExecutor(2) as pool:
        assert [count for _, count in over_files(_count, files, executor=pool)] == [1, 2, 3, 4]
    assert [count for _, count in over_files(_count, files, workers=1)] == [1, 2, 3, 4]
    sizes = [path.stat().st_size for path in files]
    assert [size for _, size in over_files(os.path.getsize, files, workers=2)] == sizes


# ------------------------------------------------------------------------------- malice


def test_billion_laughs_is_harmless() -> None:
    names = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 12))
    data = f'<!DOCTYPE x [<!ENTITY l0 "lol">{names}]><iati-activities>{ONE.format("A&l11;")}</iati-activities>'
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found, problems = parse(data.encode())
    assert [item.id for item in found] in ([], ["A&l11;"])
    assert problems
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_billion_laughs_in_an_attribute_is_refused() -> None:
    names = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 12))
    data = (
        f'<!DOCTYPE x [<!ENTITY l0 "lol">{names}]><iati-activities version="&l11;">{ONE.format("A")}</iati-activities>'
    )
    found, problems = parse(data.encode())
    assert found == []
    assert "amplification" in str(problems[0]) or "entit" in str(problems[0]).lower()


def test_external_entities_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("the secret")
    for system in (f"file://{tmp_path}/secret.txt", "http://127.0.0.1:9/x"):
        data = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{system}">]><iati-activities>{ONE.format("A&e;")}</iati-activities>'
        found, problems = parse(data.encode())
        assert [item.id for item in found] == ["A&e;"]
        assert "entities" in str(problems[0])
    doctype = f'<!DOCTYPE iati-activities SYSTEM "file://{tmp_path}/secret.txt">'
    data = f"{doctype}<iati-activities>{ONE.format('A')}</iati-activities>"
    assert [item.id for item in parse(data.encode())[0]] == ["A"]


class _Endless(io.RawIOBase):
    """A text node of a gigabyte that is never on disk."""

    def __init__(self, head: bytes, fill: bytes, size: int) -> None:
        self.head, self.fill, self.left = head, fill, size
        self.given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self.head:
            head, self.head = self.head, b""
            return head
        piece = (self.fill * (size // len(self.fill) + 1))[: min(size, self.left)]
        self.left -= len(piece)
        self.given += len(piece)
        return piece


def test_a_text_of_a_gigabyte_is_refused_early() -> None:
    source = _Endless(b"<iati-activities><iati-activity><title>", b"x", 1_000_000_000)
    problems: list[Problem] = []
    assert list(read_stream(source, "x.xml", problems)) == []
    assert problems
    assert source.given < 80_000_000


def test_a_gigabyte_without_anything_of_iati_is_refused() -> None:
    source = _Endless(b"<iati-activities><iati-activity>", b"<title>x</title>", 1_000_000_000)
    problems: list[Problem] = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert list(read_stream(source, "x.xml", problems)) == []
    assert "64 MB" in str(problems[0])
    del before


def test_deep_nesting_is_refused() -> None:
    found, problems = parse(b"<iati-activities><iati-activity>" + b"<a>" * 100_000)
    assert found == []
    assert "depth" in str(problems[0]).lower()


def test_a_packed_bomb_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LARGEST", 5_000_000)
    body = ("<iati-activities>" + ONE.format("A") * 200_000 + "</iati-activities>").encode()
    (tmp_path / "a.xml.gz").write_bytes(gzip.compress(body))
    problems: list[Problem] = []
    assert len(list(read_activities(tmp_path / "a.xml.gz", problems))) < 100_000
    assert "GB of XML" in str(problems[0])


@pytest.mark.parametrize("name", ["utf-32", "cp037", "utf-7"])
def test_odd_encodings_are_read_or_refused(name: str) -> None:
    text = f'<?xml version="1.0" encoding="{name}"?><iati-activities>{ONE.format("A")}</iati-activities>'
    found, problems = parse(text.encode(name))
    assert [item.id for item in found] == ["A"] or problems
