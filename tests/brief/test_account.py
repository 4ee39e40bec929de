"""The account on the page: channels, programmes with whom they count, strengths by sex; and the bridge's tables."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

from castor.brief.parts import Sources
from castor.brief.recorded import evidence
from castor.brief.sections.airlift import Flow, Lift, Manning, Onward, Operation, Relief, airlift
from castor.brief.sections.done import done
from castor.brief.sections.money import money
from castor.ledger import Figure, Source, ledger_of, read
from castor.ledger.protect import published


def shown(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_money_by_channel_programmes_and_strengths(mali: Path) -> None:
    section = money(published(read(mali)), Sources())
    assert section is not None
    text = shown(section.body)
    for said in (
        "By channel, as far as the record says", "C$45.6 million", "multilateral and NGOs", "Coup d", "PSOPs", "JUPREC",
        "SeedChange", "not in Mali alone", "NAP", "FIAP", "worldwide, not Mali", "151", "43%", "The same question",
        "yearly mean of the monthly tables", "not all under United Nations command", "Nations Unies",
    ):  # fmt: skip
        assert said in text.replace("\u00a0", " "), said
    assert text.index("about 69") < text.rindex("about 250")


def test_a_share_of_a_hidden_count_is_not_shown() -> None:
    rows = [
        Figure(id="all", kind="result", value=Decimal(100), unit="people", source="x", programme="p", label_en="all"),
        Figure(id="f", kind="result", value=Decimal(3), unit="people", source="x", programme="p", part_of="all"),
    ]
    section = money(published(ledger_of(rows, [Source(id="x", title="A")])), Sources())
    assert section is not None
    assert "(3" not in shown(section.body)
    assert "(5" not in shown(section.body)


def test_what_the_record_says_is_not_markup() -> None:
    figure = Figure(id="a", kind="sortie", value=Decimal(1), unit="flights", source="x", method="<script>",
                    locator="<b>1</b>", derived_from="")  # fmt: skip
    ledger = ledger_of([figure], [Source(id="x", title="A <i>document</i>")])
    html = evidence(ledger, figure, Sources())
    assert "<script>" not in html
    assert "<b>1" not in html
    assert "&lt;i&gt;document" in html
    assert done(ledger, Sources()) is None


def test_helicopters_rotations_and_contributors() -> None:
    moment = dt.datetime(2018, 6, 25, 19, 31)
    flow = Flow((), (), ())
    deploy = Operation("deploy", 5, 100.3, moment, None, (), (), flow, onward=[
        Onward("CH-147F", 3, moment, moment + dt.timedelta(8), moment + dt.timedelta(8.1), "A – B", 116.0)
    ])  # fmt: skip
    days = [dt.date(2018, 1, 1), dt.date(2018, 12, 31), dt.date(2020, 1, 1), dt.date(2020, 12, 31)]
    lift = Lift(
        [deploy],
        strengths=[
            Manning(days[0], days[1], 15209, 13885, 481, [("BFA", 1880, 79), ("XXX", 5, None)]),
            Manning(days[2], days[3], 15209, 14070, 691),
        ],
        watches=[Relief(days[0], days[1], 500, 0, "evac", 0.985, 0.35, 0.3),
                 Relief(days[2], days[3], 170, 80, "", 0.0, 0.0, 0.0)],
    )  # fmt: skip
    section = airlift(lift)
    assert section is not None
    text = shown(section.body)
    for said in ("3 × CH-147F", "1931Z", "A – B", "BFA 1,880 (79), XXX 5", "91.3%", "3.5%", "500", "nobody", "80"):
        assert said in text, said
    assert section.body.count("curve c-a") == 2  # a year is missing between the two: the line is not drawn through it
