"""Every model with every feature that makes sense for it, each against the best of all choices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement
from math import comb
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from castor.cover import location
from castor.cover.points import read_points
from castor.cover.rules import Evacuation, GreatCircle, Minutes, Pairs, Plane
from castor.errors import Infeasible, MissionError

POINTS, SITES, P, RADIUS, FAR = 24, 6, 3, 11.0, 24.0
UP = np.array([0.1, 0.2, 0.3, 0.4])
EACH = np.array([0.1, 0.3, 0.5, 0.2, 0.6, 0.4])
MODELS = ("lscp", "mclp", "mexclp", "mexclp each", "mexclp fleet", "dsm", "backup", "backup two", "median", "center")


def _set(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Points, sites, the table between them, weights."""
    random = np.random.default_rng(seed)
    at, to = random.uniform(0, 30, (POINTS, 2)), random.uniform(5, 25, (SITES, 2))
    table = np.hypot(at[:, None, 0] - to[None, :, 0], at[:, None, 1] - to[None, :, 1])
    return at, to, table, random.integers(1, 101, POINTS).astype(float)


def _served(near: np.ndarray, x: np.ndarray) -> np.ndarray:
    """With each number of the P vehicles up, any of them equally likely: the chance that a point is served."""
    k = (near * x).sum(axis=1)
    whole = int(x.sum())
    return np.array([sum(UP[a] * (1 - comb(whole - int(n), a) / comb(whole, a)) for a in range(whole + 1)) for n in k])


def _worth(model: str, table: np.ndarray, weight: np.ndarray, radius: Any, x: np.ndarray) -> float | None:
    """The plain twin: what a siting x (S,) is worth, more being better; None if it breaks the model's own rules."""
    near, wide = table <= np.reshape(radius, (-1, 1)), table <= FAR
    times = (near * x).sum(axis=1)
    if model == "lscp":
        return -float(x.sum()) if (times > 0).all() else None
    if model == "mclp":
        return float(weight @ (times > 0))
    if model.startswith("mexclp"):
        busy = EACH if model.endswith("each") else np.full(SITES, 0.35)
        if model.endswith("fleet"):
            return float(weight @ _served(near, x))
        return float(weight @ (1 - (np.where(near, busy, 1.0) ** x).prod(axis=1)))
    if model == "dsm":
        fits = ((wide * x).sum(axis=1) > 0).all() and weight @ (times > 0) >= 0.5 * weight.sum()
        return float(weight @ (times > 1)) if fits else None
    if model == "backup":
        return float(weight @ (times > 1)) if (times > 0).all() else None
    if model == "backup two":
        return float(0.7 * weight @ (times > 0) + 0.3 * weight @ (times > 1))
    nearest = table[:, x > 0].min(axis=1) if x.any() else np.full(POINTS, np.inf)
    return -float(nearest.max() if model == "center" else weight @ nearest)


def _call(model: str, reach: Any, radius: Any = RADIUS, p: Any = P, **options: Any) -> location.Siting:
    """The model by its short name, with the keywords that it needs."""
    calls: dict[str, Callable[..., location.Siting]] = {
        "lscp": location.lscp, "mclp": location.mclp, "dsm": location.dsm, "backup": location.backup,
        "median": location.p_median, "center": location.p_center, "mexclp": location.mexclp,
    }  # fmt: skip
    own: dict[str, dict[str, Any]] = {
        "mexclp": {"busy": 0.35}, "mexclp each": {"busy": EACH}, "mexclp fleet": {"available": UP},
        "dsm": {"share": 0.5}, "backup two": {"first": 0.7},
    }  # fmt: skip
    name = model.split()[0]
    if name not in ("median", "center"):
        options["radius"] = (radius, FAR) if name == "dsm" else radius
    if name == "center":
        options.pop("weights", None)
    where = () if name == "lscp" else (p,)
    return calls[name](reach, *where, **options, **own.get(model, {}))


def _choices(model: str, most: np.ndarray) -> Iterator[np.ndarray]:
    """Every siting of P vehicles (any number for lscp) with at most so many at each site."""
    for number in range(SITES + 1) if model == "lscp" else [P]:
        for choice in combinations_with_replacement(range(SITES), number):
            x = np.bincount(np.array(choice, int), minlength=SITES)
            if (x <= most).all():
                yield x


def _best(model: str, table: np.ndarray, weight: np.ndarray, radius: Any, **limits: Any) -> float | None:
    alone = model in ("lscp", "mclp", "median", "center")
    most = np.broadcast_to(limits.get("capacity", 1 if alone else P), SITES).copy()
    if alone and model != "mclp":
        most = np.minimum(most, 1)
    most[list(limits.get("forbidden", ()))] = 0
    worths = [
        _worth(model, table, weight, radius, x)
        for x in _choices(model, most)
        if all(x[j] >= 1 for j in limits.get("forced", ()))
    ]
    return max((w for w in worths if w is not None), default=None)


def _agrees(model: str, answer: location.Siting, best: float) -> None:
    sign = -1.0 if model in ("lscp", "median", "center") else 1.0
    assert sign * answer.objective == pytest.approx(best, rel=1e-7)
    assert answer.bound == pytest.approx(answer.objective, rel=1e-6)
    assert answer.proven


LIMITS: dict[str, dict[str, Any]] = {
    "plain": {},
    "forced": {"forced": [4]},
    "forbidden": {"forbidden": [0, 2]},
    "both": {"forced": [1], "forbidden": [3]},
    "capacity": {"capacity": 1},
    "capacity by site": {"capacity": [2, 0, 1, 1, 2, 1]},
}


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("model", MODELS)
def test_limits_on_sites(model: str, limits: str) -> None:
    given = LIMITS[limits]
    for seed in range(3):
        _, _, table, weight = _set(seed)
        radius = float(np.sort(table, axis=1)[:, 1].max()) if model in ("lscp", "backup") else RADIUS
        best = _best(model, table, weight, radius, **given)
        if best is None:
            with pytest.raises(Infeasible):
                _call(model, table, radius, weights=weight, **given)
        else:
            answer = _call(model, table, radius, weights=weight, **given)
            _agrees(model, answer, best)
            x = answer.vehicles.sum(axis=0)
            assert _worth(model, table, weight, radius, x) == pytest.approx(best)
            assert (x <= np.broadcast_to(given.get("capacity", P), SITES)).all()


@pytest.mark.parametrize("model", MODELS)
def test_every_way_of_giving_the_reach(model: str) -> None:
    """A table, sparse pairs, a matrix of scipy, coordinates in the plane: the same answer."""
    at, to, table, weight = _set(5)
    radius = float(np.sort(table, axis=1)[:, 1].max()) if model in ("lscp", "backup") else RADIUS
    point, site = np.nonzero(table < 40)
    ways: list[Any] = [
        Pairs(point, site, table[point, site], table.shape),
        csr_matrix((table[point, site], (point, site)), table.shape),
        Plane(at, to),
        np.asfortranarray(table),
    ]
    best = _best(model, table, weight, radius)
    assert best is not None
    for way in ways:
        _agrees(model, _call(model, way, radius, weights=weight), best)


@pytest.mark.parametrize("model", [m for m in MODELS if m not in ("median", "center", "dsm")])
def test_a_radius_for_each_point(model: str) -> None:
    _, _, table, weight = _set(6)
    random = np.random.default_rng(1)
    least = np.sort(table, axis=1)[:, 1]
    radius = least + random.uniform(0, 6, POINTS) if model in ("lscp", "backup") else random.uniform(3, 18, POINTS)
    best = _best(model, table, weight, radius)
    assert best is not None
    _agrees(model, _call(model, table, radius, weights=weight), best)


@pytest.mark.parametrize("model", ["mclp", "mexclp", "mexclp each", "median", "center"])
def test_rules_on_the_sphere_and_the_whole_clock(model: str) -> None:
    """Kilometres, minutes of flight, and minutes to surgery give what their tables give."""
    random = np.random.default_rng(3)
    at = np.column_stack([random.uniform(13, 19, POINTS), random.uniform(-6, 3, POINTS)])
    to, surgery = at[:SITES] + 0.3, at[10:12]
    f = np.radians
    half = np.sin(0.5 * f(at[:, None] - to[None])) ** 2
    km = (
        2
        * 6371.0088
        * np.arcsin(np.sqrt(half[..., 0] + np.cos(f(at[:, None, 0])) * np.cos(f(to[None, :, 0])) * half[..., 1]))
    )
    fixed = random.uniform(10, 30, SITES)
    minutes = fixed + 60 * 1.1 * km / (140 * 1.852)
    back = np.sin(0.5 * f(at[:, None] - surgery[None])) ** 2
    home = (
        2
        * 6371.0088
        * np.arcsin(
            np.sqrt(back[..., 0] + np.cos(f(at[:, None, 0])) * np.cos(f(surgery[None, :, 0])) * back[..., 1])
        ).min(axis=1)
    )
    clock = minutes + 10 + 60 * 1.1 * home[:, None] / (140 * 1.852)
    weight = random.integers(1, 50, POINTS).astype(float)
    speed: Any = {"cruise_kt": 140.0, "fixed_min": fixed, "route_factor": 1.1}
    cases: list[tuple[Any, np.ndarray, float]] = [
        (GreatCircle(at, to), km, 300.0),
        (Minutes(at, to, **speed), minutes, 90.0),
        (Evacuation(at, to, surgery, ground_min=10.0, **speed), clock, 160.0),
    ]
    for rule, table, radius in cases:
        best = _best(model, table, weight, radius)
        assert best is not None
        _agrees(model, _call(model, rule, radius, weights=weight), best)


@pytest.mark.parametrize("p", [[1, 2], 3])
@pytest.mark.parametrize(
    "model", ["lscp", "mclp", "mexclp", "mexclp each", "mexclp fleet", "dsm", "backup", "backup two"]
)
def test_two_types_of_vehicle_with_their_own_reach(model: str, p: Any) -> None:
    """Columns are (type, site); a site holds at most one of either where the model sites one, else up to P."""
    _, _, table, weight = _set(7)
    radii = (FAR, 14.0) if model in ("lscp", "backup") else (14.0, 7.0)
    wide = np.column_stack([table * RADIUS / radii[0], table * RADIUS / radii[1]])
    most = 1 if model in ("lscp", "mclp") else P
    best: float | None = None
    for number in range(5) if model == "lscp" else [P]:
        for choice in combinations_with_replacement(range(2 * SITES), number):
            x = np.bincount(np.array(choice, int), minlength=2 * SITES)
            if (x[:SITES] + x[SITES:] > most).any() or (model != "lscp" and p != P and x[:SITES].sum() != p[0]):
                continue
            worth = _typed(model, wide, table, weight, x)
            best = worth if best is None or (worth is not None and worth > best) else best
    reach, radius = [table, table], list(radii)
    if model == "dsm":
        layers = location.merge([table, table, table, table], [*radii, FAR, FAR], weight)
        answer = location.dsm(layers, p, share=0.5)
    else:
        answer = _call(model, reach, radius, p, weights=weight)
    assert best is not None
    _agrees(model, answer, best)


def _typed(model: str, wide: np.ndarray, table: np.ndarray, weight: np.ndarray, x: np.ndarray) -> float | None:
    """The worth of a siting of two types, x (2 S,); ``wide`` (C, 2 S) is scaled so that one radius does for both."""
    near = wide <= RADIUS
    if model == "mexclp each":
        return float(weight @ (1 - (np.where(near, np.tile(EACH, 2), 1.0) ** x).prod(axis=1)))
    if model == "mexclp fleet":
        return float(weight @ _served(near, x))
    if model == "mexclp":
        return float(weight @ (1 - (np.where(near, 0.35, 1.0) ** x).prod(axis=1)))
    if model == "dsm":
        times, far = (near * x).sum(axis=1), (table <= FAR) @ (x[:SITES] + x[SITES:])
        fits = (far > 0).all() and weight @ (times > 0) >= 0.5 * weight.sum()
        return float(weight @ (times > 1)) if fits else None
    return _worth(model, wide, weight, RADIUS, x)


def test_points_of_a_file_and_of_a_raster_are_those_of_arrays(tmp_path: Any) -> None:
    at, to, _, weight = _set(8)
    path = tmp_path / "points.csv"
    path.write_text(
        "lat,lon,weight\n" + "".join(f"{y!r},{x!r},{w!r}\n" for (y, x), w in zip(at.tolist(), weight.tolist()))
    )
    want = location.mclp(Plane(at, to), 2, radius=8.0, weights=weight)
    assert location.mclp(Plane(read_points(path), to), 2, radius=8.0).objective == want.objective
    grid = tmp_path / "people.asc"
    cells = np.random.default_rng(1).integers(0, 9, (6, 5))
    cells[0, 0] = -9999
    head = "ncols 5\nnrows 6\nxllcorner 0\nyllcorner 0\ncellsize 5\nNODATA_value -9999\n"
    grid.write_text(head + "\n".join(" ".join(map(str, row)) for row in cells))
    y, x = np.meshgrid(27.5 - 5.0 * np.arange(6), 2.5 + 5.0 * np.arange(5), indexing="ij")
    kept = cells > 0
    points, people = np.column_stack([y[kept], x[kept]]), cells[kept].astype(float)
    flat = location.mclp(Plane(points, to), 2, radius=8.0, weights=people)
    assert location.mclp(Plane(read_points(grid), to), 2, radius=8.0).objective == flat.objective
    assert flat.total == people.sum()


@pytest.mark.parametrize("model", MODELS)
def test_what_cannot_be_is_refused_by_every_model(model: str) -> None:
    _, _, table, weight = _set(9)
    spoilt = table.copy()
    spoilt[3, 2] = np.nan
    with pytest.raises(MissionError, match=r"\[3, 2\]"):
        _call(model, spoilt, weights=weight)
    for empty in (np.empty((0, 3)), np.empty((3, 0))):
        with pytest.raises(MissionError, match="at least one"):
            _call(model, empty)
    if model != "center":
        for bad, said in ((-weight, "-"), (np.full(POINTS, np.nan), "nan"), (weight[:-1], f"one for each of {POINTS}")):
            with pytest.raises(MissionError, match=said):
                _call(model, table, weights=bad)
    if model != "lscp":
        for many in (SITES + 1, 50):
            alone = model in ("mclp", "median", "center")
            kept = {} if alone else {"capacity": 1}
            if model == "mexclp fleet":
                continue
            with pytest.raises(Infeasible, match=f"{many} vehicles are to be sited"):
                _call(model, table, p=many, **kept)
        for wrong in (-1, 1.5, [1, 2]):
            with pytest.raises(MissionError, match="whole number"):
                _call(model, table, p=wrong)
