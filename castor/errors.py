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
        where = self.cell or (f"row {self.row}" if self.row is not None else "")
        read = f'read "{_shorten(self.read)}"' if self.read is not None else ""
        parts = [part for part in (where, self.column, read) if part]
        said = "; ".join(part for part in (self.expected, self.remedy) if part)
        return "  ".join([*parts, said])


def _shorten(text: str, most: int = 60) -> str:
    text = text.replace("\n", "\\n").replace("\t", "\\t")
    return text if len(text) <= most else text[: most - 1] + "…"


class CastorError(Exception):
    """Anything that castor refuses, with the reason in its message."""


class ProblemsError(CastorError):
    """An error that carries a list of problems; its text groups them by file."""

    closing = "Nothing was computed."

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = tuple(problems)
        super().__init__(self._text())

    def _text(self) -> str:
        files = list(dict.fromkeys(problem.file for problem in self.problems))
        lines: list[str] = []
        for file in files:
            lines.append(file)
            lines += [f"  {problem}" for problem in self.problems if problem.file == file]
        count = len(self.problems)
        lines.append(f"{count} problem{'s' if count != 1 else ''}. {self.closing}")
        return "\n".join(lines)


class MissionError(ProblemsError):
    """The mission folder, plan or workbook cannot be read as it stands."""


class LedgerError(ProblemsError):
    """A ledger record, an import or a query cannot be accepted as it stands."""

    closing = "Nothing was recorded."


class Infeasible(CastorError):  # noqa: N818  (the field's word, not "InfeasibleError")
    """No plan can meet the constraints; the message names those that clash and the best that can be had."""
