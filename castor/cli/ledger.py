"""``castor ledger``: import, total, explain, export, check and verify what is known to have happened."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from castor.cli.show import formats, show

if TYPE_CHECKING:
    from castor.errors import Problem
    from castor.ledger import Figure, Ledger
    from castor.ledger.accounts import Account, Amount
    from castor.ledger.iati.amounts import LeftOut
    from castor.ledger.iati.model import Activity

_PATH = click.Path(path_type=Path)
_SMALL = click.option(
    "--small", type=click.IntRange(0), default=5, show_default=True, help="Hide counts of people below this; 0: none."
)


@click.group("ledger")
def command() -> None:
    """Keep the account of a mission: every figure with its unit, period, definition and source.

    \b
    castor ledger total missions/mali --where operation=op-presence --by measure
    castor ledger explain serval-flights missions/mali
    """


@command.command("import")
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.option("--store", type=_PATH, help="The store to write; store.sqlite in the ledger folder by default.")
@click.option("--table", type=click.Path(path_type=Path, exists=True), multiple=True, help="Another table to import.")
@click.option("--source", default="", help="The id of the document that the tables are (sources.csv).")
@click.option("--mapping", type=click.Path(path_type=Path, exists=True), help="How an unknown table becomes figures.")
def import_(folder: Path, store: Path | None, table: tuple[Path, ...], source: str, mapping: Path | None) -> None:
    """Import FOLDER into its store of record: records.csv, sources.csv and every IATI file, gzip, xz or zip too.

    A file that was imported before is passed over; nothing is overwritten. Tables that castor knows by their columns:
    UN troop and police contributions, ACLED, UCDP GED, OECD CRS, Canada's project data, HXL-tagged CSV and XLSX.

    \b
    castor ledger import missions/mali
    castor ledger import aid/ --store aid.sqlite
    castor ledger import missions/mali --table contributions.csv --source un-contributions
    """
    from castor.ledger.iati.folder import iati_files, load
    from castor.ledger.imports import import_table, read_mapping
    from castor.ledger.place import store_path
    from castor.ledger.record import read
    from castor.ledger.store import Store

    written = read(folder) if folder.is_dir() else None
    chosen = read_mapping(mapping) if mapping is not None else None
    if table and not source:
        raise click.UsageError("--table needs --source: no figure stands without the document it comes from")
    figures = [figure for path in table for figure in import_table(path, source, chosen)]
    with Store(store or store_path(folder if folder.is_dir() else folder.parent)) as kept:
        added = 0
        if written is not None:
            added = kept.add([*written.history, *written.figures], written.sources)
        added += kept.add(figures) if figures else 0
        click.echo(f"{added} figures and sources recorded", err=True)
        for loaded in load(kept, iati_files(folder), _progress):
            _tell(loaded.problems)
        count, head = kept.head
    click.echo(f"{count} records; head {head}")


def _progress(loaded: Any) -> None:
    if sys.stderr.isatty() or loaded.problems:
        said = "already recorded" if loaded.skipped else f"{loaded.activities} activities"
        click.echo(f"{loaded.file}: {said}", err=True)


def _tell(problems: Iterable[Problem]) -> None:
    for problem in problems:
        click.echo(f"{problem.file}  {problem}", err=True)


@command.command("total")
@click.argument("path", type=_PATH)
@click.option("--by", multiple=True, help="A dimension to total by: year, country, party, operation, gender ...")
@click.option("--where", multiple=True, metavar="NAME=VALUE", help="Count only what has this value.")
@click.option("--fiscal", default="01-01", show_default=True, metavar="MM-DD", help="First day of the fiscal year.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Count only from this day.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Count only to this day (included).")
@click.option("--of", type=click.Choice(("figures", "transactions", "budgets", "planned")), default="figures",
              help="What to add up: figures of the record, or what IATI files hold.")  # fmt: skip
@click.option("--levels", type=click.Choice(("children", "parents", "all")), default="children", show_default=True,
              help="Whose money counts where parent and child activities book the same type.")  # fmt: skip
@click.option("--currency", default="", help="Convert to this currency, at the rate of each entry's value date.")
@click.option("--rates", type=click.Path(path_type=Path, exists=True), help="Rates: from, to, date, rate, source.")
@click.option("--made-of", is_flag=True, help="List what each total is made of.")
@_SMALL
@formats
def total_(path: Path, as_csv: bool, as_json: bool, made_of: bool, **asked: Any) -> None:
    """Add up the ledger at PATH: a mission folder, a store, an IATI file or a folder of them.

    Units and stages are never added together. Nothing is counted twice; what was left out, and why, is said on
    stderr. Dimensions of figures: year and any field of records.csv. Of IATI money: year, country, sector (sector:2
    for another vocabulary), gender, marker:N, channel, provider, receiver, reporting, humanitarian, aid, flow, ...

    \b
    castor ledger total missions/mali --where measure=assistance --by year --fiscal 04-01
    castor ledger total missions/mali --where operation=op-serval --by measure --made-of
    castor ledger total aid/ --of transactions --by country --by year --fiscal 04-01 --csv
    castor ledger total aid/ --of transactions --where country=ML --by gender --json
    """
    account = _account(path, asked)
    from castor.ledger.exports import account_table

    if made_of:
        header = [*account.by, "stage", "unit", "entry", "amount"]
        made = [(line, name, part) for line in account.lines for name, part in line.made_of]
        rows = [[*line.keys, line.stage, line.unit, name, part] for line, name, part in made]
        show(header, rows, as_csv=as_csv, as_json=as_json)
    else:
        show(*account_table(account), as_csv=as_csv, as_json=as_json)
    for reason, entries in account.left_out.items():
        click.echo(f"left out: {len(entries)} entries: {reason}", err=True)


def _account(path: Path, asked: dict[str, Any]) -> Account:
    from castor.ledger.accounts import account_of, total
    from castor.ledger.iati.amounts import Collection
    from castor.ledger.place import activities_at, ledger_at
    from castor.ledger.protect import published

    where = dict(_pair(text) for text in asked["where"])
    span = (_date(asked["since"]), _date(asked["until"]))
    by, fiscal = asked["by"], asked["fiscal"]
    change = _conversion(asked["currency"], asked["rates"])
    if asked["of"] == "figures":
        ledger = published(ledger_at(path), small=asked["small"])
        return account_of(ledger, by=by, where=where, fiscal=fiscal, between=span, change=change)
    problems: list[Problem] = []
    collection = Collection(_counted(activities_at(path, problems)), levels=asked["levels"])
    left: list[LeftOut] = []
    amounts = getattr(collection, asked["of"])(left)
    if change is not None:
        amounts = change(list(amounts))
    found = total(amounts, by=by, where=where, fiscal=fiscal, between=span)
    _tell(problems)
    for item in left:
        found.left_out.setdefault(item.reason, []).append((item.amount.id, item.amount.value, item.amount.unit))
    for name, taken, _ in collection.duplicates:
        found.left_out.setdefault("the same activity, older", []).append((name, None, taken))
    return found


def _conversion(currency: str, table: Path | None) -> Callable[[Sequence[Amount]], Sequence[Amount]] | None:
    """Return what converts entries, and says at which rates; ``None`` when no conversion is asked for."""
    from castor.ledger.convert import in_currency, read_rates

    if not currency and table is None:
        return None
    if not currency or table is None:
        raise click.UsageError("a conversion needs both --currency and --rates")
    rates = read_rates(table)

    def change(amounts: Sequence[Amount]) -> Sequence[Amount]:
        found = in_currency(amounts, rates, currency)
        for rate in dict.fromkeys(item.rate for item in found if item.rate is not None):
            click.echo(
                f"converted at {rate.rate:f} {rate.quote} per {rate.base} on {rate.date} ({rate.source})", err=True
            )
        return found

    return change


def _counted(source: Callable[[], Iterable[Activity]]) -> Callable[[], Iterable[Activity]]:
    """Return the source with a count on stderr while people wait; silent when piped."""
    if not sys.stderr.isatty():
        return source

    def again() -> Iterable[Activity]:
        started = last = time.monotonic()
        for number, item in enumerate(source(), 1):
            now = time.monotonic()
            if now - started > 2 and now - last > 0.5:
                click.echo(f"\r{number:,} activities, {now - started:.0f} s", nl=False, err=True)
                last = now
            yield item
        if last > started:
            click.echo("\r" + " " * 40 + "\r", nl=False, err=True)

    return again


def _pair(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE, such as operation=op-serval", param_hint="--where")
    return name, value


def _date(moment: dt.datetime | None) -> dt.date | None:
    return moment.date() if moment is not None else None


@command.command("explain")
@click.argument("figure")
@click.argument("path", type=_PATH, default=".")
@click.option("--lang", type=click.Choice(("en", "fr")), default="en", show_default=True)
@_SMALL
def explain(figure: str, path: Path, lang: str, small: int) -> None:
    """Say everything about a FIGURE of the ledger at PATH: value, definition, sources, what disagrees, its parts.

    FIGURE is an id of records.csv; an IATI transaction is activity#number, as total --made-of lists it.

    \b
    castor ledger explain serval-flights missions/mali
    castor ledger explain presence-hours missions/mali --lang fr
    """
    from castor.ledger.explain import explain_amount, explain_figure
    from castor.ledger.place import activities_at, ledger_at
    from castor.ledger.protect import published

    ledger = published(ledger_at(path), small=small)
    if figure in ledger.figure or "#" not in figure:
        lines = explain_figure(ledger, figure, lang)
    else:
        lines = explain_amount(activities_at(path, []), figure)
    for name, said in lines:
        click.echo(f"{name:<14}{said}" if name else f"{'':<14}{said}")


@command.command("export")
@click.argument("path", type=_PATH)
@click.option("--csv", "as_csv", is_flag=True, help="records.csv and sources.csv into the folder OUT.")
@click.option("--xlsx", "as_xlsx", is_flag=True, help="A workbook OUT.")
@click.option("--iati", "as_iati", is_flag=True, help="The activities as one IATI 2.03 file OUT.")
@click.option("--out", type=_PATH, required=True, help="The file or folder to write.")
@click.option("--hxl", is_flag=True, help="With a second row of HXL tags.")
@_SMALL
def export(path: Path, as_csv: bool, as_xlsx: bool, as_iati: bool, out: Path, **asked: Any) -> None:
    """Write what may be published of the ledger at PATH: protected people reduced, small cells hidden, no formulas.

    \b
    castor ledger export missions/mali --csv --out public/
    castor ledger export missions/mali --xlsx --out record.xlsx
    castor ledger export aid.sqlite --iati --out aid.xml
    """
    from castor.ledger.exports import records_csv, records_xlsx
    from castor.ledger.place import ledger_at

    if [as_csv, as_xlsx, as_iati].count(True) != 1:
        raise click.UsageError("choose one of --csv, --xlsx and --iati")
    if as_iati:
        _export_iati(path, out, asked["small"])
    elif as_xlsx:
        records_xlsx(ledger_at(path), out, small=asked["small"], tags=asked["hxl"])
    else:
        figures, sources = records_csv(ledger_at(path), small=asked["small"], tags=asked["hxl"])
        out.mkdir(parents=True, exist_ok=True)
        (out / "records.csv").write_text(figures, encoding="utf-8")
        (out / "sources.csv").write_text(sources, encoding="utf-8")
    click.echo(f"wrote {out}", err=True)


def _export_iati(path: Path, out: Path, small: int) -> None:
    from castor.ledger.iati.amounts import Collection
    from castor.ledger.iati.public import without_small_cells
    from castor.ledger.iati.write import write_file
    from castor.ledger.place import activities_at

    problems: list[Problem] = []
    collection = Collection(activities_at(path, problems))
    lacking = write_file(without_small_cells(collection.activities(), small), out)
    _tell([*problems, *lacking])


@command.command("check")
@click.argument("path", type=_PATH)
@formats
def check(path: Path, as_csv: bool, as_json: bool) -> None:
    """Report what is doubtful in the ledger at PATH: conflicts between figures, and the findings on IATI files.

    Nothing is changed. A record that cannot be read at all ends with every problem and exit code 2.

    \b
    castor ledger check missions/mali
    castor ledger check aid/ --csv
    """
    from castor.ledger.iati.amounts import Collection
    from castor.ledger.iati.check import check_activities, check_collection
    from castor.ledger.place import activities_at, ledger_at
    from castor.ledger.protect import published

    problems: list[Problem] = []
    ledger = published(ledger_at(path))
    source = activities_at(path, problems)
    rows: list[list[Any]] = [
        ["conflict", figure.topic, figure.id, 0, _said(figure)] for c in ledger.conflicts() for figure in c.figures
    ]
    rows += [[item.rule, item.file, item.activity, item.line, item.read] for item in check_activities(source())]
    broken = [["xml", problem.file, "", problem.row, problem.expected] for problem in problems]
    rows += [
        [item.rule, item.file, item.activity, item.line, item.read] for item in check_collection(Collection(source))
    ]
    show(("rule", "where", "what", "line", "read"), [*broken, *rows], as_csv=as_csv, as_json=as_json)
    _narratives(ledger)


def _said(figure: Figure) -> str:
    from castor.ledger.say import say

    definition = figure.definition_en
    return f"{say(figure)} ({figure.source})" + (f": {definition}" if definition else "")


def _narratives(ledger: Ledger) -> None:
    from castor.ledger.narrative import narrative

    for lang in ("en", "fr"):
        narrative(ledger, lang)


@command.command("verify")
@click.argument("path", type=_PATH)
@click.option("--head", default="", help="A head noted earlier, which must still stand in the chain.")
def verify(path: Path, head: str) -> None:
    """Prove that no record of the store at PATH was changed, removed or slipped in; name what was.

    \b
    castor ledger verify missions/mali
    castor ledger verify aid.sqlite --head 3f1c...
    """
    from castor.errors import LedgerError
    from castor.ledger.place import store_path
    from castor.ledger.store import Store

    with Store(store_path(path), create=False) as store:
        problems = store.verify(head)
        count, last = store.head
    if problems:
        raise LedgerError(problems)
    click.echo(f"{count} records, none touched; head {last}")
