"""Where would a forward surgical team help most? Helicopters and surgical teams sited together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from castor.cover.program import Program
from castor.cover.rules import Floats, finite
from castor.errors import Infeasible, MissionError, Problem

Ints = NDArray[np.int64]


class Joint(msgspec.Struct, frozen=True, eq=False):
    """Bases and surgical sites chosen together.

    ``bases`` and ``surgery``: indices chosen; ``objective``: weight of the points whose casualty is reached by
    ``care`` and on the table by ``clock``; ``bound``: no choice does better; ``covered`` (C,): which points;
    ``rows``: different points after merging.
    """

    bases: tuple[int, ...]
    surgery: tuple[int, ...]
    objective: float
    bound: float
    total: float
    covered: NDArray[np.bool_]
    rows: int

    @property
    def gap(self) -> float:
        """Relative distance between objective and bound."""
        return (self.bound - self.objective) / self.objective if self.objective else float(self.bound > 0)


def joint_siting(
    out: Any,
    back: Any,
    helicopters: int,
    teams: int,
    *,
    clock: float,
    care: float = np.inf,
    weights: Any = None,
    forced: Iterable[int] = (),
    forced_surgery: Iterable[int] = (),
    time_limit: float = np.inf,
) -> Joint:
    """Site helicopters and surgical teams together, exactly.

    ``out`` (C, B): minutes from wounding to arrival at the point, per base; ``back`` (C, H): minutes from then to
    surgery, per surgical site (ground time included); infinite where it cannot be flown. A point is covered if a
    manned base b and a staffed site h have out_cb <= ``care`` and out_cb + back_ch <= ``clock``. ``forced`` and
    ``forced_surgery`` are those that stand already; they count in ``helicopters`` and ``teams``.

    max sum_c w_c z_c  s.t.  z_c <= sum_h v_ch, v_ch <= y_h, v_ch <= sum_{b in B_ch} x_b, sum x = helicopters, sum y =
    teams, with B_ch = {b: out_cb <= min(care, clock - back_ch)}; z and v continuous, exact since x and y are binary.
    Points with the same sets B_ch for all h are one row; sites h whose set is contained in that of a forced one drop
    out. The two-level form follows Branas, MacKenzie and ReVelle 2000 (ambulances and trauma centres).
    """
    times, home = finite("out", out, infinite=True), finite("back", back, infinite=True)
    weight = np.ones(len(times)) if weights is None else finite("weights", weights, least=0.0)
    _check(times, home, weight, helicopters, teams)
    must, stand = sorted(set(forced)), sorted(set(forced_surgery))
    if len(must) > helicopters or len(stand) > teams:
        raise Infeasible(f"{len(must)} bases and {len(stand)} surgical sites are forced: more than are to be sited.")
    limit = np.minimum(care, clock - home)
    sets = times[:, None, :] <= limit[:, :, None]
    packed = np.packbits(sets.reshape(len(times), -1), axis=1)
    _, first, row_of = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    row_of = row_of.reshape(-1)
    merged = np.bincount(row_of, weight, first.size)
    kept = np.flatnonzero(sets[first].any(axis=(1, 2)))
    program, bases, sites = Program(maximise=True), times.shape[1], home.shape[1]
    x = program.columns(bases, 0.0, np.isin(np.arange(bases), must).astype(float), 1.0, integer=True)
    y = program.columns(sites, 0.0, np.isin(np.arange(sites), stand).astype(float), 1.0, integer=True)
    program.row(helicopters, helicopters, x + np.arange(bases))
    program.row(teams, teams, y + np.arange(sites))
    for row in kept:
        _point(program, sets[first[row]], float(merged[row]), y)
    answer = program.solve(time_limit)
    if answer.x is None:
        raise Infeasible(f"No siting was found within {time_limit:g} s.")
    chosen, staffed = np.flatnonzero(answer.x[:bases] > 0.5), np.flatnonzero(answer.x[y : y + sites] > 0.5)
    covered = np.asarray(sets[:, staffed][:, :, chosen].any(axis=(1, 2)), np.bool_)
    value = float(weight[covered].sum())
    bound = value if answer.proven or abs(answer.bound - value) < 1e-9 * max(1.0, value) else max(value, answer.bound)
    return Joint(
        tuple(int(b) for b in chosen),
        tuple(int(h) for h in staffed),
        value,
        bound,
        float(weight.sum()),
        covered,
        kept.size,
    )  # fmt: skip


def _point(program: Program, reach: NDArray[np.bool_], weight: float, y: int) -> None:
    """z <= sum_h v_h, v_h <= y_h, v_h <= sum of the bases that reach this point in time for site h; reach (H, B)."""
    z = program.columns(1, weight)
    links: list[int] = []
    for site in np.flatnonzero(reach.any(axis=1)):
        v = program.columns(1, 0.0)
        links.append(v)
        program.row(0.0, np.inf, [y + site, v], [1.0, -1.0])
        bases = np.flatnonzero(reach[site])
        program.row(0.0, np.inf, np.append(bases, v), np.append(np.ones(bases.size), -1.0))
    program.row(0.0, np.inf, [*links, z], np.append(np.ones(len(links)), -1.0))


def _check(out: Floats, back: Floats, weight: Floats, helicopters: int, teams: int) -> None:
    problems = []
    if out.ndim != 2 or back.ndim != 2 or 0 in out.shape or 0 in back.shape or len(out) != len(back):
        read = f"{out.shape} and {back.shape}"
        raise MissionError([Problem("out, back", "tables (C, B) and (C, H) over the same points", read=read)])
    if weight.shape != (len(out),):
        problems.append(Problem("weights", f"one for each of {len(out)} points", read=str(weight.shape)))
    for name, wanted, most in (("helicopters", helicopters, out.shape[1]), ("teams", teams, back.shape[1])):
        if not 0 <= wanted <= most:
            problems.append(Problem(name, f"a number from 0 to {most}", read=str(wanted)))
    if problems:
        raise MissionError(problems)
