"""A program handed to HiGHS: stopping it from outside."""

from __future__ import annotations

from itertools import count

import numpy as np

from castor.cover.program import Answer, Program


def _knapsacks(seed: int) -> Program:
    """Several knapsacks over the same 60 things: thousands of nodes to the proof, feasible with nothing."""
    random = np.random.default_rng(seed)
    program = Program(maximise=True)
    program.columns(60, random.integers(50, 100, 60).astype(float), integer=True)
    for _ in range(5):
        size = random.integers(20, 100, 60).astype(float)
        program.row(0.0, float(size.sum() // 3), np.arange(60), size)
    return program


def _solve(after: int) -> tuple[Answer, int]:
    """The answer when HiGHS is told to stop at the question of this number, and how many there were."""
    asked = count(1)
    answer = _knapsacks(1).solve(hint=np.zeros(60), enough=lambda: next(asked) >= after)
    return answer, next(asked) - 1


def test_a_program_stops_when_told_and_its_bound_holds() -> None:
    whole = _knapsacks(1).solve()
    assert whole.proven
    for after in (1, 20):
        answer, asked = _solve(after)
        assert after <= asked < after + 20
        assert not answer.proven
        assert not answer.infeasible
        assert answer.x is not None
        assert answer.objective <= whole.objective + 1e-6 <= answer.bound + 2e-6


def test_a_question_that_is_never_answered_yes_changes_nothing() -> None:
    whole = _knapsacks(1).solve(hint=np.zeros(60))
    answer, asked = _solve(10**9)
    assert asked > 40
    assert answer.proven
    assert whole.proven
    assert (answer.objective, answer.bound) == (whole.objective, whole.bound)
