"""Every sentence in which the programme says why a request is left out has its French."""

from __future__ import annotations

import datetime as dt
import inspect
from pathlib import Path

import msgspec
import pytest

from castor.brief.details import detail
from castor.mission import read
from castor.tasking import plan_tasks, reasons

SAID = [
    ("25% of it is left out: no unit that carries is in theatre at a base with fuel", "n'en sont pas pris : auc"),
    ("no unit that can reach it may use gao or kidal", "d'utiliser gao ou kidal"),
    ("no unit that can reach it may use gao", "d'utiliser gao"),
    ("with lift, 08:00 to 09:30, cover falls to 21.5%, below its floor of 30.0%", "la couverture tombe à 21,5"),
    ("1198 km apart; the units fly 590, 900 km between refuellings", "à 1198 km"),
    ("a tour of 15.2 h, 9.1 h in the air; crews may be on duty 14 h and fly 8 h", "15,2 h, dont 9,1 h de vol"),
    ("alone it could be carried by lift/2, 08:00 to 09:30; what is carried instead is worth more", "par lift/2"),
    ("alone it could be carried; what is carried instead is worth more", "vaut davantage"),
    ("it could be carried by lift, 18:00 to 19:30 if it were not for this; asked by 2018-10-15 17:00", "au plus tard"),
    ("with this rule lifted another still stands against it: gao to kidal", "de gao à kidal"),
    ("40 passengers, 0 litters, 4160 kg in all; the largest unit, lift, takes 33, 24 and 7260 kg, less where heat and "
     "distance ask for it", "40 passagers"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "part"), SAID)
def test_a_sentence_in_french(said: str, part: str) -> None:
    found = detail(said)
    assert found.en == said
    assert part in found.fr
    assert found.fr != said


def test_what_a_planner_wrote_stays() -> None:
    assert detail("sandstorm at Kidal") == ("sandstorm at Kidal", "sandstorm at Kidal")


def test_what_the_programme_says_is_known(mali: Path) -> None:
    """Plans of a week that leaves much out: no sentence without its French."""
    mission, start = read(mali), dt.datetime(2018, 10, 15)
    own = tuple(one for one in mission.aircraft if mission.type[one.type].kind == "helicopter")
    small = msgspec.structs.replace(mission, aircraft=own)
    found = plan_tasks(small, start, start + dt.timedelta(days=7), floor=0.29, iterations=2)
    assert found.plan.unserved
    for left in found.plan.unserved:
        assert left.detail == "" or detail(left.detail).fr != left.detail, left


def test_every_sentence_of_the_code_is_among_those_tried() -> None:
    """The first words of each sentence of ``castor.tasking.reasons`` begin one of the sentences above."""
    text = inspect.getsource(reasons)
    for words in ("of it is left out", "no unit that carries", "there is room for it", "alone it could be",
                  "in all; the", "no unit that can reach", "km apart", "with this rule lifted", "a tour of",
                  "cover falls to", "it could be carried by"):  # fmt: skip
        assert words in text, f"{words!r} is no longer said: castor.brief.details can forget it"
