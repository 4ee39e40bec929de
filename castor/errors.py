"""The exceptions of castor and the problems they carry.

``CastorError`` is the root; every error that a user can cause or must act on is below it. Exit codes of the
command line: 0 done, 1 a bug, 2 bad input (``MissionError``, ``LedgerError``), 3 ``Infeasible``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong with the input, said so that the user can mend it.

    ``file`` is the path as the user knows it (``workbook.xlsx`` for a workbook), ``row`` the line of the file
    or row of the sheet counted from 1 (the header is row 1), ``column`` the column's name, ``cell`` the cell of a
    sheet (``places!C7``), ``read`` what stood there, ``expected`` what should stand there, ``remedy`` what to do.
    """

    file: str
    expected: str
    row: int | None = None
    column: str = ""
    read: str | None = None
    remedy: str = ""
    cell: str = ""

    def __str__(self) -> str:
        where, column, read, said = self.parts()
        return "  ".join([part for part in (where, column, read) if part] + [said])

    def parts(self) -> tuple[str, str, str, str]:
        """Return where it is, the column, what was read, and what is said of it; what is unknown is empty."""
        where = self.cell or (f"row {self.row}" if self.row is not None else "")
        read = f'read "{_shorten(self.read)}"' if self.read is not None else ""
        return where, self.column, read, "; ".join(part for part in (self.expected, self.remedy) if part)


def _shorten(text: str, most: int = 60) -> str:
    text = text.replace("\n", "\\n").replace("\t", "\\t")
    return text if len(text) <= most else text[: most - 1] + "…"


class CastorError(Exception):
    """Anything that castor refuses, with the reason in its message."""


class ProblemsError(CastorError):
    """An error that carries a list of problems; its text groups them by file, in columns, the first 50 of each."""

    closing = "Nothing was computed."
    shown = 50

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = tuple(problems)
        super().__init__(self._text())

    def _text(self) -> str:
        by_file: dict[str, list[Problem]] = {}
        for problem in self.problems:
            by_file.setdefault(problem.file, []).append(problem)
        lines: list[str] = []
        for file, found in by_file.items():
            lines += [file, *_aligned(found[: self.shown])]
            if len(found) > self.shown:
                lines.append(f"  and {len(found) - self.shown:,} more")
        count = len(self.problems)
        lines.append(f"{count:,} problem{'s' if count != 1 else ''}. {self.closing}")
        return "\n".join(lines)


def _aligned(problems: Sequence[Problem]) -> list[str]:
    """Write problems in columns of where, column and read, each as wide as its widest; empty columns are left out."""
    rows = [problem.parts() for problem in problems]
    widths = [max(len(row[at]) for row in rows) for at in range(3)]
    return ["  " + "  ".join([*(row[at].ljust(widths[at]) for at in range(3) if widths[at]), row[3]]) for row in rows]


class MissionError(ProblemsError):
    """The mission folder, plan or workbook cannot be read as it stands."""


class LedgerError(ProblemsError):
    """A ledger record, an import or a query cannot be accepted as it stands."""

    closing = "Nothing was recorded."


class Infeasible(CastorError):  # noqa: N818  (the field's word, not "InfeasibleError")
    """No plan can meet the constraints; the message names those that clash and the best that can be had."""
