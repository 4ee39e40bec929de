"""Reading IATI beside a hand-written lxml reader of the same fields: speed per core, two cores, memory, loading.

    python benchmarks/peers/ledger.py ../shared/data/iati/samples

makes a file of 160 MB and one with a single activity of 100 MB from the samples in a temporary folder, measures, and
removes them. Ratios in one run are what counts; times are CPU seconds. Every figure is the best of ``--rounds``.
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from lxml import etree

from castor.ledger.iati.folder import iati_files, load, over_files
from castor.ledger.iati.read import read_activities
from castor.ledger.store import Store

LANG = "{http://www.w3.org/XML/1998/namespace}lang"
OTHER = (
    "contact-info", "other-identifier", "humanitarian-scope", "country-budget-items", "capital-spend", "legacy-data",
    "conditions", "crs-add", "fss",
)  # fmt: skip
Found = dict[str, Any]


# ------------------------------------------------------------------ the peer: lxml by hand, one activity at a time


def texts(element: Any) -> list[tuple[str | None, str | None]]:
    if element is None:
        return []
    found = [(item.get(LANG), item.text) for item in element.findall("narrative")]
    return found or ([(element.get(LANG), element.text)] if element.text and element.text.strip() else [])


def code(element: Any, name: str) -> str | None:
    found = element.find(name)
    return None if found is None else found.get("code")


def date(element: Any, name: str) -> str | None:
    found = element.find(name)
    return None if found is None else found.get("iso-date")


def decimal(text: str | None) -> Decimal | None:
    try:
        return Decimal((text or "").strip())
    except InvalidOperation:
        return None


def money(element: Any) -> Found | None:
    value = element.find("value")
    if value is None:
        return None
    return {"value": decimal(value.text), "currency": value.get("currency"), "date": value.get("value-date")}


def org(element: Any) -> Found | None:
    if element is None:
        return None
    get = element.get
    activity = get("activity-id") or get("provider-activity-id") or get("receiver-activity-id")
    return {"ref": get("ref"), "type": get("type"), "role": get("role"), "activity": activity,
            "channel": get("crs-channel-code"), "texts": texts(element)}  # fmt: skip


def share(element: Any) -> Found:
    get = element.get
    percentage = get("percentage")
    return {"code": get("code"), "vocabulary": get("vocabulary"), "uri": get("vocabulary-uri"),
            "percentage": decimal(percentage) if percentage else None, "texts": texts(element)}  # fmt: skip


def coded(element: Any) -> Found:
    get = element.get
    return {"code": get("code"), "vocabulary": get("vocabulary"), "uri": get("vocabulary-uri"),
            "significance": get("significance"), "texts": texts(element)}  # fmt: skip


def transaction(element: Any) -> Found:
    return {
        "ref": element.get("ref"), "humanitarian": element.get("humanitarian"),
        "type": code(element, "transaction-type"), "date": date(element, "transaction-date"), "money": money(element),
        "description": texts(element.find("description")), "provider": org(element.find("provider-org")),
        "receiver": org(element.find("receiver-org")), "channel": code(element, "disbursement-channel"),
        "sectors": [share(item) for item in element.findall("sector")],
        "countries": [share(item) for item in element.findall("recipient-country")],
        "regions": [share(item) for item in element.findall("recipient-region")],
        "flow": code(element, "flow-type"), "finance": code(element, "finance-type"),
        "aid": [coded(item) for item in element.findall("aid-type")], "tied": code(element, "tied-status"),
    }  # fmt: skip


def budget(element: Any) -> Found:
    return {"type": element.get("type"), "status": element.get("status"), "start": date(element, "period-start"),
            "end": date(element, "period-end"), "money": money(element), "provider": org(element.find("provider-org")),
            "receiver": org(element.find("receiver-org"))}  # fmt: skip


def document(element: Any) -> Found:
    return {"url": element.get("url"), "format": element.get("format"), "title": texts(element.find("title")),
            "description": texts(element.find("description")),
            "categories": [item.get("code") for item in element.findall("category")],
            "languages": [item.get("code") for item in element.findall("language")],
            "date": date(element, "document-date")}  # fmt: skip


def observation(element: Any) -> Found:
    return {"value": element.get("value"), "year": element.get("year"), "date": element.get("iso-date"),
            "locations": [item.get("ref") for item in element.findall("location")],
            "dimensions": [(item.get("name"), item.get("value")) for item in element.findall("dimension")],
            "comment": texts(element.find("comment")),
            "documents": [document(item) for item in element.findall("document-link")]}  # fmt: skip


def period(element: Any) -> Found:
    return {"start": date(element, "period-start"), "end": date(element, "period-end"),
            "targets": [observation(item) for item in element.findall("target")],
            "actuals": [observation(item) for item in element.findall("actual")]}  # fmt: skip


def described(element: Any) -> Found:
    return {"title": texts(element.find("title")), "description": texts(element.find("description")),
            "references": [coded(item) for item in element.findall("reference")],
            "documents": [document(item) for item in element.findall("document-link")]}  # fmt: skip


def indicator(element: Any) -> Found:
    return {"measure": element.get("measure"), "ascending": element.get("ascending"), **described(element),
            "baselines": [observation(item) for item in element.findall("baseline")],
            "periods": [period(item) for item in element.findall("period")]}  # fmt: skip


def result(element: Any) -> Found:
    return {"type": element.get("type"), "aggregation": element.get("aggregation-status"), **described(element),
            "indicators": [indicator(item) for item in element.findall("indicator")]}  # fmt: skip


def location(element: Any) -> Found:
    pos = element.find("point/pos")
    return {"ref": element.get("ref"), "reach": code(element, "location-reach"), "name": texts(element.find("name")),
            "ids": [coded(item) for item in element.findall("location-id")],
            "description": texts(element.find("description")), "activity": texts(element.find("activity-description")),
            "administrative": [coded(item) for item in element.findall("administrative")],
            "point": None if pos is None else pos.text, "exactness": code(element, "exactness"),
            "kind": code(element, "location-class"), "feature": code(element, "feature-designation")}  # fmt: skip


def tree(element: Any) -> tuple[str, dict[str, str], str | None, list[Any]]:
    return element.tag, dict(element.attrib), element.text, [tree(item) for item in element]


def activity(element: Any) -> Found:
    found = {name: code(element, tag) for name, tag in (
        ("status", "activity-status"), ("scope", "activity-scope"), ("collaboration", "collaboration-type"),
        ("flow", "default-flow-type"), ("finance", "default-finance-type"), ("tied", "default-tied-status"),
    )}  # fmt: skip
    get, all_of = element.get, element.findall
    return {
        **found, "id": element.findtext("iati-identifier"), "updated": get("last-updated-datetime"),
        "currency": get("default-currency"), "lang": get(LANG), "hierarchy": get("hierarchy"),
        "humanitarian": get("humanitarian"), "reporting": org(element.find("reporting-org")),
        "title": texts(element.find("title")),
        "descriptions": [(item.get("type"), texts(item)) for item in all_of("description")],
        "participating": [org(item) for item in all_of("participating-org")],
        "dates": [(item.get("type"), item.get("iso-date"), texts(item)) for item in all_of("activity-date")],
        "countries": [share(item) for item in all_of("recipient-country")],
        "regions": [share(item) for item in all_of("recipient-region")],
        "sectors": [share(item) for item in all_of("sector")], "tags": [coded(item) for item in all_of("tag")],
        "markers": [coded(item) for item in all_of("policy-marker")],
        "aid": [coded(item) for item in all_of("default-aid-type")],
        "budgets": [budget(item) for item in all_of("budget")],
        "planned": [budget(item) for item in all_of("planned-disbursement")],
        "transactions": [transaction(item) for item in all_of("transaction")],
        "documents": [document(item) for item in all_of("document-link")],
        "related": [(item.get("ref"), item.get("type")) for item in all_of("related-activity")],
        "results": [result(item) for item in all_of("result")],
        "locations": [location(item) for item in all_of("location")],
        "other": [tree(item) for name in OTHER for item in all_of(name)],
    }  # fmt: skip


def by_hand(path: Path) -> Iterator[Found]:
    for _, element in etree.iterparse(str(path), tag="iati-activity"):
        yield activity(element)
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


# ------------------------------------------------------------------ what is measured


def run_castor(path: Path) -> int:
    return sum(len(part.transactions) for part in read_activities(path, []))


def run_by_hand(path: Path) -> int:
    return sum(len(item["transactions"]) for item in by_hand(path))


def run_parser(path: Path) -> int:
    count = 0
    for _, element in etree.iterparse(str(path), tag="iati-activity"):
        count += 1
        element.clear()
    return count


def cpu(work: Callable[[], object], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def make(sample: Path, folder: Path, size: int) -> tuple[Path, Path]:
    """Make the large file (identifiers numbered) and the file with one large activity."""
    text = sample.read_text(encoding="utf-8")
    first, last = text.index("<iati-activity "), text.rindex("</iati-activities>")
    head, body, tail = text[:first], text[first:last], text[last:]
    large, single = folder / "large.xml", folder / "single.xml"
    with large.open("w", encoding="utf-8") as out:
        out.write(head)
        copy = 0
        while out.tell() < size:
            out.write(body.replace("<iati-identifier>", f"<iati-identifier>{copy}-"))
            copy += 1
        out.write(tail)
    entries = "\n".join(re.findall(r"(?s)<transaction[ >].*?</transaction>", body))
    with single.open("w", encoding="utf-8") as out:
        out.write('<iati-activities version="2.03" xmlns:usg="urn:usg" xmlns:dstore="urn:dstore">')
        out.write('<iati-activity default-currency="USD"><iati-identifier>X</iati-identifier>')
        while out.tell() < 100_000_000:
            out.write(entries)
        out.write("</iati-activity></iati-activities>")
    return large, single


def peak(script: str, *words: str) -> tuple[int, float]:
    """Run Python in a process of its own; return its peak memory in MB and its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    program = f"{script}\nimport resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return int(done.stdout.split()[-1]), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


_READ = """
import sys
from castor.ledger.iati.read import read_activities
for item in read_activities(sys.argv[1], []):
    pass
"""
_LOAD = """
import sys
from pathlib import Path
from castor.ledger.iati.folder import load
from castor.ledger.store import Store
with Store(sys.argv[2]) as store:
    load(store, [Path(sys.argv[1])])
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=160_000_000)
    parser.add_argument("--quick", action="store_true", help="leave out the large files")
    asked = parser.parse_args()
    sample = asked.samples / "mali_dportal_2021.xml"
    with tempfile.TemporaryDirectory(prefix="castor-ledger-") as name:
        folder = Path(name)
        speed(sample, folder, asked.rounds)
        if not asked.quick:
            memory(*make(sample, folder, asked.size), folder)
        two_cores(sample, folder)


def speed(sample: Path, folder: Path, rounds: int) -> None:
    size = sample.stat().st_size / 1e6
    times = {"parser alone": 0.0, "by hand": 0.0, "castor": 0.0}
    works = {"parser alone": run_parser, "by hand": run_by_hand, "castor": run_castor}
    assert run_castor(sample) == run_by_hand(sample)
    for who, work in works.items():
        times[who] = cpu(lambda work=work: work(sample), rounds)  # type: ignore[misc]
        print(f"{who:<14} {size / times[who]:6.1f} MB per CPU second")
    print(f"castor / by hand: {times['by hand'] / times['castor']:.2f} (at least 1.0)")

    def loading() -> None:
        with tempfile.TemporaryDirectory(dir=folder) as place, Store(Path(place) / "s.sqlite") as store:
            load(store, [sample])

    spent = cpu(loading, rounds)
    ratio = times["castor"] / spent
    print(f"{'loading':<14} {size / spent:6.1f} MB per CPU second; loading / castor: {ratio:.2f} (at least 0.5)")


def memory(large: Path, single: Path, folder: Path) -> None:
    for what, script, path in (
        ("160 MB read", _READ, large), ("100 MB activity read", _READ, single), ("160 MB loaded", _LOAD, large),
    ):  # fmt: skip
        top, spent = peak(script, str(path), str(folder / "s.sqlite"))
        size = path.stat().st_size / 1e6
        print(f"{what:<22} {size:5.0f} MB  peak {top} MB (below 200)  {size / spent:.1f} MB per CPU second")


def two_cores(sample: Path, folder: Path) -> None:
    place = folder / "two"
    place.mkdir()
    for at in range(24):
        (place / f"{at}.xml").write_bytes(sample.read_bytes())
    files = iati_files(place)
    spent, worked = {}, {}
    for workers in (1, 2):
        start = time.perf_counter()
        worked[workers] = sum(seconds for _, seconds in over_files(processor_seconds, files, workers=workers))
        spent[workers] = time.perf_counter() - start
    print(f"two cores: {spent[1] / spent[2]:.2f} times one, wall time (nearly 2 on an idle machine); by processor time")
    print(f"  in the workers {2 * worked[1] / worked[2]:.2f} times, which other work on the machine disturbs less")


def processor_seconds(path: Path) -> float:
    """Processor time of one file in the process that reads it, seconds."""
    start = time.process_time()
    run_castor(path)
    return time.process_time() - start


if __name__ == "__main__":
    main()
