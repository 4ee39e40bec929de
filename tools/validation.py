"""Write docs/validation.md: every published number that castor is held against, castor's own, and how to rerun it.

    python tools/validation.py                                write the page from what is recorded
    python tools/validation.py run beasley ../shared/data     run a benchmark (a set, or all) and record what it finds

Published numbers are those of ``tests/published``; what castor found is recorded in ``docs/validation.csv`` by the
second command, which reads the lines that the benchmark prints.
"""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = ROOT / "tests" / "published"
RECORD = ROOT / "docs" / "validation.csv"
PAGE = ROOT / "docs" / "validation.md"
FIELDS = ("file", "case", "measure", "found", "bound", "said", "seconds")
_COVER = (
    r"^(?P<case>\S+) +(?P<measure>p=\d+|median|centre) +(?P<found>[\d,]+) +(?P<bound>[\d,]+|-?inf) +[+-][\d.]+ % +"
    r"(?P<seconds>[\d.]+) s +(?P<said>.*)$"
)
_ROUTES = (
    r"^(?P<case>\S+) +\d+ +[\d.]+ +(?P<vehicles>\d+) +(?P<found>[\d.]+) +-?[\d.]+ +[\d,]+ +(?P<seconds>[\d.]+)"
    r" *(?P<wrong>.*)$"
)


class Set(NamedTuple):
    """Published numbers of one file: where from, what of, the command that finds castor's and the lines it prints."""

    name: str
    file: str
    title: str
    command: str
    line: str
    pairs: tuple[tuple[str, str], ...]
    """Column of the file that holds a published value, and the measure that it is; ``{p}`` is filled from the row."""
    note: str = ""


SETS = (
    Set(
        "beasley", "beasley_1985_pmed.csv", "p-medians and p-centres of OR-Library",
        "python benchmarks/published/cover.py pmed {data}/cover/pmed --time-limit 60", _COVER,
        (("p_median", "median"), ("p_center", "centre")),
    ),
    Set(
        "maximo", "maximo_2023_mclp.csv", "Maximal covering of real points",
        "python benchmarks/published/cover.py maximo {data}/cover/maximo --time-limit 300", _COVER,
        (("best", "p={p}"),),
        "The best of the paper is proven where the table says so; castor states its own bound for every row.",
    ),
    Set(
        "dispatch", "dispatch.csv", "Hypercube, and the exact dispatch of twelve zones",
        "python benchmarks/published/dispatch.py {data}",
        r"^(?P<case>larson_odoni|twelve_zones) +(?P<measure>.+?) +(?P<found>-?[\d.]+)  published \S+ +"
        r"(?P<said>ok|OFF)$",
        (("value", "{measure}"),),
    ),
    Set(
        "li_lim", "li_lim_2001_pdptw.csv", "Pick-ups and deliveries with windows",
        "python benchmarks/published/tasking.py li_lim {data}/tasking --seconds 10", _ROUTES,
        (("distance", "distance"),),
        "The benchmark runs all 56 instances; the rows here are those that the tests hold.",
    ),
    Set(
        "cordeau", "cordeau_2006_darp.csv", "Dial-a-ride with ride times",
        "python benchmarks/published/tasking.py darp {data}/tasking --seconds 30", _ROUTES, (("distance", "distance"),),
    ),
)  # fmt: skip

HEAD = """# Validation

*Made by `tools/validation.py`; do not edit by hand.*

Every published number that castor is held against, beside its own, with its bound or proof and how to run it again.
The published numbers and their tolerances are files of `tests/published`, each row with its citation; the tests hold a
part of them on every run, the benchmarks hold all. A dash is a number that has not been recorded on this page yet,
never one left out. The instances themselves are public and not part of castor: `../shared/data` stands for where you
keep them.

```text
python tools/validation.py run beasley ../shared/data     # run one set again (or: all) and renew this page
```
"""


def published(file: str) -> list[dict[str, str]]:
    """Rows of a file of published numbers."""
    with (PUBLISHED / file).open(encoding="utf-8") as source:
        return list(csv.DictReader(source))


def recorded() -> dict[tuple[str, str, str], dict[str, str]]:
    """What castor found, by file, case and measure."""
    if not RECORD.exists():
        return {}
    with RECORD.open(encoding="utf-8") as source:
        return {(row["file"], row["case"], row["measure"]): row for row in csv.DictReader(source)}


def wanted(one: Set) -> Iterator[tuple[dict[str, str], str, str, str]]:
    """For each published number of a set: its row, case, measure and value."""
    for row in published(one.file):
        for column, measure in one.pairs:
            yield row, row.get("instance") or row["case"], measure.format(**row), row[column]


def page() -> str:
    """The page."""
    known = recorded()
    parts = [HEAD]
    for one in SETS:
        parts.append(_section(one, known))
    for file in sorted(path.name for path in PUBLISHED.glob("*.csv")):
        if file not in {one.file for one in SETS}:
            parts.append(_plain(file))
    parts.append(_BESIDE)
    return "\n".join(parts)


def _section(one: Set, known: dict[tuple[str, str, str], dict[str, str]]) -> str:
    lines = [f"## {one.title}", ""]
    lines += [f"Source: {said}." for said in dict.fromkeys(row["source"] for row in published(one.file))][:3]
    if one.note:
        lines.append(one.note)
    lines += ["", "```text", one.command.format(data="../shared/data"), "```", ""]
    lines += [
        "| case | measure | published | tolerance | castor | bound | | seconds |",
        "|---|---|--:|--:|--:|--:|---|--:|",
    ]
    for row, case, measure, value in wanted(one):
        found = known.get((one.file, case, measure), {})
        proven = " (proven)" if row.get("proven") == "true" else ""
        cells = [case, measure, value + proven, row["tolerance"]]
        cells += [found.get(name) or "–" for name in ("found", "bound")] + [found.get("said", "")]
        lines.append("| " + " | ".join([*cells, found.get("seconds", "")]) + " |")
    return "\n".join([*lines, ""])


def _plain(file: str) -> str:
    """A file of published numbers that the tests alone hold: its rows as they are."""
    rows = published(file)
    names = [name for name in rows[0] if name != "source"]
    title = file.removesuffix(".csv").replace("_", " ")
    lines = [f"## {title}", "", *[f"Source: {said}." for said in dict.fromkeys(row["source"] for row in rows)][:5]]
    lines += ["", f"Held by the tests that read `tests/published/{file}`.", ""]
    lines += ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(row[name] for name in names) + " |" for row in rows]
    return "\n".join([*lines, ""])


_BESIDE = """## Side by side with other programs

Ratios measured in one run on one machine; each command prints both sides.

| against | command |
|---|---|
| PySAL spopt: maximal covering, build and solve | `python benchmarks/peers/cover.py --points 100000 --radius 100` |
| readers of IATI files: lxml, pandas, xml.etree | `python benchmarks/peers/ledger.py` |
| PyVRP, OR-Tools, VROOM: pick-ups and deliveries | `python benchmarks/peers/tasking.py ../shared/data/tasking` |
| the same on made routes: larger, mixed, one-way | `python benchmarks/peers/tasking.py --made ships:100:1` |
| castor on larger, mixed and one-way made routes | `python benchmarks/made.py` |
| castor itself at continental size | `python benchmarks/scale.py` |
| fifty users of the living page | `python benchmarks/serve.py` |

## The reference case

What castor computes beside what the sources record (flights and days of the 2013 air bridge, evacuations flown in
2018-19, flying hours) stands on the page of the reference mission itself, each with its source: `castor brief
missions/mali`.
"""


def run(one: Set, data: str, more: list[str]) -> None:
    """Run the benchmark of a set, with ``more`` words to its command, and record what it finds."""
    known = recorded()
    asked = {(case, measure) for _, case, measure, _ in wanted(one)}
    words = [*one.command.format(data=data).split(), *more]
    process = subprocess.Popen([sys.executable, *words[1:]], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout
    for line in process.stdout:
        print(line, end="", flush=True)
        match = re.match(one.line, line.rstrip())
        if match is None:
            continue
        found = match.groupdict()
        measure = found.get("measure") or "distance"
        if (found["case"], measure) in asked:
            said = found.get("said", "")
            if "vehicles" in found:
                said = f"{found['vehicles']} vehicles" + (
                    f"; WRONG: {found['wrong']}" if found["wrong"] else ", judged"
                )
            row = {**dict.fromkeys(FIELDS, ""), **{k: v for k, v in found.items() if k in FIELDS and v}}
            row |= {
                "file": one.file,
                "measure": measure,
                "said": said,
                "bound": (found.get("bound") or "").replace(",", ""),
            }
            row["found"] = row["found"].replace(",", "")
            known[one.file, found["case"], measure] = row
    if process.wait():
        raise SystemExit(f"{one.command}: failed")
    _write(known)


def _write(known: dict[tuple[str, str, str], dict[str, str]]) -> None:
    order = [(one.file, case, measure) for one in SETS for _, case, measure, _ in wanted(one)]
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(known[key] for key in order if key in known)
    RECORD.write_text(out.getvalue(), encoding="utf-8")


def main() -> None:
    """Run what is asked and write the page."""
    if sys.argv[1:2] == ["run"]:
        name, data = sys.argv[2:4]
        for one in SETS:
            if name in (one.name, "all"):
                run(one, data, sys.argv[4:])
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE.relative_to(ROOT))


if __name__ == "__main__":
    main()
