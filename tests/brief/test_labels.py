"""Names on the map: none hides another, the important ones come first."""

from __future__ import annotations

from itertools import combinations

from castor.brief import svg
from castor.brief.labels import Label, Placed, place, roomiest
from castor.brief.words import both


def _box(done: Placed) -> tuple[float, float, float, float]:
    wide = svg.width(done.label.said, done.label.size)
    left = {"start": done.x, "end": done.x - wide, "middle": done.x - wide / 2}[done.anchor]
    return left, done.y - done.label.size * 0.85, left + wide, done.y + done.label.size * 0.15


def test_no_label_overlaps_another_or_leaves_the_window() -> None:
    labels = [Label(20.0 + 7 * (i % 9), 20.0 + 6 * (i // 9), both(f"Place {i}"), 11, i, 4) for i in range(60)]
    done = place(labels, [], (200, 120))
    assert 5 < len(done) < 60
    for a, b in combinations(map(_box, done), 2):
        assert a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] - 1e-9 or b[1] >= a[3] - 1e-9
    assert all(box[0] >= 0 and box[2] <= 200 and box[1] >= 0 and box[3] <= 120 for box in map(_box, done))


def test_the_first_rank_gets_its_place() -> None:
    labels = [Label(50, 50, both("late"), 11, 2, 4), Label(50, 50, both("first"), 11, 1, 4)]
    assert place(labels, [], (100, 100))[0].label.said.en == "first"


def test_the_roomiest_spot_lies_inside_and_beside_what_is_taken() -> None:
    square = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]
    spot = roomiest([square], [(0.0, 0.0, 100.0, 50.0)], (30, 10))
    assert spot is not None
    assert spot[1] >= 50
    assert roomiest([square], [], (130, 10)) is None


def test_what_the_map_is_about_may_be_named_from_farther_off() -> None:
    around = [(30.0, 30.0, 70.0, 70.0)]
    assert not place([Label(50, 50, both("Gao"), 11, 1, 4)], around, (200, 200))
    assert len(place([Label(50, 50, both("Gao"), 11, 1, 14, bold=True)], around, (200, 200))) == 1
