"""A narrative: Markdown whose numbers are queries to the ledger, so that none can drift from it.

What stands between braces is a query:

* ``{serval-flights}`` the figure in words; ``{serval-flights:value}`` its number alone; ``:plain`` without "more than";
  ``:word`` spelt out (two); ``:when`` its period; ``:year`` and ``:end`` the first and the last year;
* ``{total hours op-presence}`` the total of a measure over what matches each word (an operation, programme, party,
  place, stage, sex, role or year, or ``field=value``);
* ``{share A of B}`` the part that A is of B, in per cent; ``{sum A B C}`` figures added;
* ``{name resolution 2100}`` a name that holds digits.

A digit anywhere else is an error, except in a designation such as CC-177; so is a query that the ledger cannot answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct

from castor.errors import LedgerError, Problem
from castor.ledger.accounts import account_of, figure_amounts, total
from castor.ledger.figure import Figure, Qualifier
from castor.ledger.record import Ledger, ledger_folder
from castor.ledger.say import number, qualified, say, when


class Span(Struct, frozen=True):
    """A run of text; with ``figures`` it is a number, and they are the ids of the figures it follows from."""

    text: str
    figures: tuple[str, ...] = ()
    query: str = ""


class Block(Struct, frozen=True):
    """A heading (``level`` 1 to 6), a paragraph (0) or an item of a list (``-1``)."""

    level: int
    spans: tuple[Span, ...]


_QUERY = re.compile(r"\{([^{}\n]*)\}")
_DESIGNATION = re.compile(r"\b[A-ZÉ]{1,4}-?\d{1,4}[A-Z]*\b")
_FIELDS = ("operation", "programme", "party", "place", "channel", "stage", "sex", "role", "unit", "kind", "measure")
_WORDS = {
    "en": ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    "fr": ("aucun", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze"),
}


def render(text: str, ledger: Ledger, lang: str = "en", *, file: str = "narrative") -> list[Span]:
    """Return the text as spans; every number carries the figures it follows from.

    Raises ``LedgerError`` with every query that the ledger cannot answer and every number that is not a query.
    """
    spans: list[Span] = []
    problems: list[Problem] = []
    at = 0
    for match in _QUERY.finditer(text):
        _plain(text[at : match.start()], text, at, file, spans, problems)
        try:
            spans.append(_answer(match.group(1).strip(), ledger, lang))
        except LedgerError as error:
            row = text.count("\n", 0, match.start()) + 1
            problems += [Problem(file, p.expected, row, p.column, match.group(), p.remedy) for p in error.problems]
        at = match.end()
    _plain(text[at:], text, at, file, spans, problems)
    if problems:
        raise LedgerError(problems)
    return spans


def _plain(piece: str, text: str, at: int, file: str, spans: list[Span], problems: list[Problem]) -> None:
    bare = _DESIGNATION.sub(lambda match: "x" * len(match.group()), piece)
    for match in re.finditer(r"\d[\d.,\u202f\u00a0]*", bare):
        row = text.count("\n", 0, at + match.start()) + 1
        remedy = "write the query it follows from, {figure-id}, or {name ...} if it is part of a name"
        problems.append(Problem(file, "a number that follows from the ledger", row, "", match.group(), remedy))
    if piece:
        spans.append(Span(piece))


def blocks(text: str, ledger: Ledger, lang: str = "en", *, file: str = "narrative") -> list[Block]:
    """Return the narrative as headings, paragraphs and list items of spans, for the page."""
    found: list[Block] = []
    parts = re.split(r"\n[ \t]*\n|\n(?=[#*-])", text.strip())
    pieces = [(re.match(r"(#{1,6})[ ]+|([-*])[ ]+", part), part) for part in parts if part.strip()]
    problems: list[Problem] = []
    row = 1
    for match, part in pieces:
        row = text.count("\n", 0, max(text.find(part), 0)) + 1
        level = 0 if match is None else len(match.group(1) or "") or -1
        body = part[match.end() :] if match is not None else part
        try:
            spans = render(" ".join(line.strip() for line in body.splitlines()), ledger, lang, file=file)
        except LedgerError as error:
            problems += [Problem(p.file, p.expected, row, p.column, p.read, p.remedy) for p in error.problems]
            continue
        found.append(Block(level, tuple(spans)))
    if problems:
        raise LedgerError(problems)
    return found


def narrative(ledger: Ledger, lang: str = "en") -> list[Block]:
    """Return the narrative of the ledger's folder, ``narrative.en.md`` or ``narrative.fr.md``; empty without one."""
    path = ledger_folder(ledger.folder) / f"narrative.{lang}.md"
    if not path.exists():
        return []
    return blocks(path.read_text(encoding="utf-8-sig"), ledger, lang, file=str(path))


def _wrong(expected: str, remedy: str = "") -> LedgerError:
    return LedgerError([Problem("narrative", expected, remedy=remedy)])


def _answer(query: str, ledger: Ledger, lang: str) -> Span:
    verb, _, rest = query.partition(" ")
    words = rest.split()
    if verb == "name" and rest:
        return Span(rest.strip())
    if verb == "total" and words:
        return _total(words, query, ledger, lang)
    if verb == "share" and len(words) == 3 and words[1] == "of":
        return _share(_find(words[0], ledger), _find(words[2], ledger), query, lang)
    if verb == "sum" and words:
        return _sum([_find(word, ledger) for word in words], query, ledger, lang)
    if not rest:
        name, _, form = query.partition(":")
        return _figure(_find(name, ledger), form, query, lang)
    raise _wrong("a query", "{figure-id}, {total measure ...}, {share a of b}, {sum a b} or {name ...}")


def _find(name: str, ledger: Ledger) -> Figure:
    if name in ledger.figure:
        return ledger.figure[name]
    import difflib

    near = difflib.get_close_matches(name, ledger.figure, 1)
    raise _wrong(f"no figure {name!r} in the ledger", f"did you mean {near[0]}?" if near else "see castor ledger total")


def _figure(figure: Figure, form: str, query: str, lang: str) -> Span:
    said = ""
    if form == "":
        said = say(figure, lang)
    elif form == "when":
        said = when(figure, lang)
    elif form in ("year", "end"):
        day = figure.first_day if form == "year" else figure.last_day
        said = str(day.year) if day is not None else ""
    elif figure.value is not None and form in ("value", "plain", "word"):
        whole = figure.value == figure.value.to_integral_value() and 0 <= figure.value < len(_WORDS["en"])
        if form == "word" and whole:
            said = _WORDS["fr" if lang == "fr" else "en"][int(figure.value)]
        elif form != "word":
            said = number(figure.value, lang) if form == "plain" else say(figure, lang, unit=False)
    if not said:
        raise _wrong(f"no {form or 'value'} of {figure.id}", "one of value, plain, word, when, year, end")
    return Span(said, (figure.id,), query)


def _matches(word: str, ledger: Ledger) -> tuple[str, str]:
    name, mark, value = word.partition("=")
    if mark:
        return name, value.replace("_", " ")
    for name in _FIELDS:
        if ledger.where(**{name: word.replace("_", " ")}):
            return name, word.replace("_", " ")
    if re.fullmatch(r"\d{4}(/\d{2})?", word):
        return "year", word
    raise _wrong(f"nothing in the ledger called {word!r}", f"a word of {', '.join(_FIELDS)}, or field=value")


def _total(words: Sequence[str], query: str, ledger: Ledger, lang: str) -> Span:
    where = dict([("measure", words[0].replace("_", " ")), *(_matches(word, ledger) for word in words[1:])])
    account = account_of(ledger, where=where, fiscal="04-01" if "/" in where.get("year", "") else "01-01")
    if not account.lines:
        raise _wrong("figures that match the query", "nothing matches; try fewer words")
    if len(account.lines) > 1:
        kinds = "; ".join(f"{line.stage} {line.unit}".strip() for line in account.lines)
        raise _wrong("figures of one unit and stage", f"they are in {kinds}: add unit=... or stage=...")
    line = account.lines[0]
    if line.missing:
        raise _wrong(f"a value for every figure: {line.missing} have none", "narrow the query")
    return Span(qualified(line.value, line.unit, line.qualifier, lang), tuple(name for name, _ in line.made_of), query)


def _sum(figures: Sequence[Figure], query: str, ledger: Ledger, lang: str) -> Span:
    account = total(figure_amounts(ledger, figures))
    if len(account.lines) != 1 or account.lines[0].missing or account.lines[0].entries != len(figures):
        raise _wrong("figures that can be added", "one unit and stage, none part of another, each with a value")
    line = account.lines[0]
    return Span(qualified(line.value, line.unit, line.qualifier, lang), tuple(name for name, _ in line.made_of), query)


def _share(part: Figure, whole: Figure, query: str, lang: str) -> Span:
    if part.value is None or not whole.value or part.unit != whole.unit:
        raise _wrong("two values of one unit", f"{part.id} and {whole.id}")
    ratio = (part.value * 100 / whole.value).quantize(Decimal("0.1"))
    bounded = part.qualifier == "less_than" or whole.qualifier == "less_than"
    how: Qualifier = "exactly" if not bounded else "less_than" if whole.qualifier == "exactly" else "about"
    return Span(qualified(ratio, "%", how, lang), (part.id, whole.id), query)


def text_of(found: Iterable[Block]) -> str:
    """Return the rendered text of blocks, one line each."""
    return "\n".join("".join(span.text for span in block.spans) for block in found)
