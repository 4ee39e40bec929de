"""A mixed-integer program, collected as arrays and solved by HiGHS, with a bound that is valid whenever it stops."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def new_solver() -> Any:
    """A silent HiGHS. Its first instance in a process writes a banner to standard output, where only data belongs."""
    import highspy

    _take_banner()
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    return solver


@cache
def _take_banner() -> None:
    import highspy

    try:
        kept = os.dup(1)
    except OSError:
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        highspy.Highs()
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


class Answer(msgspec.Struct, frozen=True, eq=False):
    """What HiGHS found: ``x`` (columns,) or None, objective, valid bound, and whether it proved that none exists."""

    x: Floats | None
    objective: float
    bound: float
    infeasible: bool
    proven: bool


class Program:
    """Columns and rows as they are added; ``solve`` hands them to HiGHS in one piece."""

    def __init__(self, *, maximise: bool) -> None:
        self.maximise = maximise
        self._columns: list[tuple[Floats, Floats, Floats, NDArray[np.bool_]]] = []
        self._rows: list[tuple[Floats, Floats, NDArray[np.int64], NDArray[np.int64], Floats]] = []
        self.width = 0
        self.height = 0

    def columns(self, number: int, cost: Any, low: Any = 0.0, high: Any = 1.0, *, integer: bool = False) -> int:
        """Add columns; cost and limits are one number or one each. Returns the index of the first."""
        full = [np.broadcast_to(np.asarray(v, np.float64), (number,)) for v in (cost, low, high)]
        self._columns.append((full[0], full[1], full[2], np.full(number, integer)))
        at = self.width
        self.width += number
        return at

    def rows(self, low: Any, high: Any, start: Any, index: Any, value: Any) -> None:
        """Add rows ``low <= sum(value x columns) <= high`` in sparse form: start (rows + 1,), index and value
        (pairs,)."""
        start = np.asarray(start, np.int64)
        n = start.size - 1
        lows, highs = (np.broadcast_to(np.asarray(v, np.float64), (n,)) for v in (low, high))
        index = np.asarray(index, np.int64)
        self._rows.append((lows, highs, start, index, np.broadcast_to(np.asarray(value, np.float64), index.shape)))
        self.height += n

    def row(self, low: float, high: float, index: Any, value: Any = 1.0) -> None:
        """Add one row."""
        index = np.asarray(index, np.int64)
        self.rows(low, high, [0, index.size], index, value)

    def solve(
        self,
        time_limit: float = np.inf,
        gap: float = 0.0,
        hint: Floats | None = None,
        nodes: int | None = None,
        enough: Callable[[], bool] | None = None,
    ) -> Answer:
        """Solve to a relative gap within a time in seconds, from a feasible ``hint`` if there is one.

        ``nodes`` limits the branching instead of the clock, so that the answer does not depend on the machine.
        ``enough`` is asked several times a second whether to stop as if the time were over. From a ``hint`` HiGHS
        solves no smaller programs on the side to find a first one: their presolve (1.16) was met in a loop without end
        that does not look at the clock.
        """
        import highspy

        solver = new_solver()
        solver.setOptionValue("mip_rel_gap", gap)
        solver.setOptionValue("mip_abs_gap", 1e-6)
        if np.isfinite(time_limit):
            solver.setOptionValue("time_limit", max(0.01, time_limit))
        if nodes is not None:
            solver.setOptionValue("mip_max_nodes", nodes)
        solver.passModel(self._model(highspy))
        if hint is not None:
            for name in ("rens", "rins", "root_reduced_cost"):
                solver.setOptionValue(f"mip_heuristic_run_{name}", False)
            solution = highspy.HighsSolution()
            solution.col_value = list(hint)
            solver.setSolution(solution)
        if enough is not None:

            def look(event: Any) -> None:
                if enough():
                    event.interrupt()

            solver.cbMipInterrupt += look
        solver.run()
        return self._answer(highspy, solver)

    def relaxed(self, time_limit: float = np.inf) -> tuple[Floats, Floats] | None:
        """Columns and dual values (rows,) of the linear relaxation, by an interior point; None if out of time."""
        import highspy

        solver = new_solver()
        solver.setOptionValue("solver", "ipm")
        solver.setOptionValue("run_crossover", "off")
        if np.isfinite(time_limit):
            solver.setOptionValue("time_limit", max(0.01, time_limit))
        model = self._model(highspy)
        model.integrality_ = []
        solver.passModel(model)
        solver.run()
        found = solver.getSolution()
        columns, dual = np.asarray(found.col_value), np.asarray(found.row_dual)
        good = dual.size == self.height and np.isfinite(dual).all() and np.isfinite(columns).all()
        return (columns, dual) if good else None

    def _model(self, highspy: Any) -> Any:
        cost, low, high, integer = (np.concatenate(part) for part in zip(*self._columns))
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = self.width, self.height
        model.sense_ = highspy.ObjSense.kMaximize if self.maximise else highspy.ObjSense.kMinimize
        model.col_cost_, model.col_lower_, model.col_upper_ = cost, low, high
        kind = {True: highspy.HighsVarType.kInteger, False: highspy.HighsVarType.kContinuous}
        if integer.any():
            model.integrality_ = [kind[bool(v)] for v in integer]
        lows, highs, starts, indices, values = zip(*self._rows)
        model.row_lower_, model.row_upper_ = np.concatenate(lows), np.concatenate(highs)
        ends = np.cumsum([0] + [int(s[-1]) for s in starts])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.concatenate([s[:-1] + e for s, e in zip(starts, ends)] + [ends[-1:]])
        model.a_matrix_.index_ = np.concatenate(indices)
        model.a_matrix_.value_ = np.concatenate(values)
        return model

    def _answer(self, highspy: Any, solver: Any) -> Answer:
        status = solver.getModelStatus()
        info = solver.getInfo()
        found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        worst = np.inf if self.maximise else -np.inf
        proven = status == highspy.HighsModelStatus.kOptimal
        mixed = any(part[3].any() for part in self._columns)
        bound = info.mip_dual_bound if mixed else (info.objective_function_value if proven else worst)
        return Answer(
            x=np.asarray(solver.getSolution().col_value) if found else None,
            objective=info.objective_function_value if found else -worst,
            bound=bound if np.isfinite(bound) else worst,
            infeasible=status == highspy.HighsModelStatus.kInfeasible,
            proven=proven,
        )
