"""The living page: controls, advice, the record and saved scenarios, through the application itself."""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from pathlib import Path

import httpx
import pytest

from castor.ledger.figure import Figure, Source
from castor.ledger.record import STORE, Ledger
from castor.ledger.store import Store
from castor.mission import read
from castor.mission.start import start
from castor.web.app import application
from castor.web.security import Access

CALL = "1: Akabar\n2: 42.5\n3: A2 C1\n4: A\n5: L2 A1\n6: X\n7: C\n8: A3\n9: flat"


class Page:
    """A visitor's client: keeps the form token of the last page."""

    def __init__(self, folder: Path, access: Access) -> None:
        self.app = application(folder, access)
        self.token = ""
        self.headers: dict[str, str] = {}

    def ask(self, method: str, path: str, data: dict[str, str] | None = None, follow: bool = False) -> httpx.Response:
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost", headers=self.headers
            ) as http:
                return await http.request(method, path, data=data, follow_redirects=follow)

        answer = asyncio.run(go())
        found = re.search(r'name=csrf value="(\w+)"', answer.text)
        self.token = found[1] if found else self.token
        return answer

    def post(self, path: str, **fields: str) -> httpx.Response:
        return self.ask("POST", path, {"csrf": self.token, **fields}, follow=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small mission to start from, to be written into."""
    (tmp_path / "home").mkdir()
    start(tmp_path / "home" / "isles")
    return tmp_path / "home" / "isles"


@pytest.fixture
def desk(folder: Path) -> Page:
    """The living page of the small mission."""
    found = Page(folder, Access.on_loopback())
    assert found.ask("GET", "/").status_code == 200
    return found


@pytest.fixture(scope="module")
def page(mali: Path, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The living page of the reference mission, to be read only."""
    return Page(Path(shutil.copytree(mali, tmp_path_factory.mktemp("app") / "mali")), Access.on_loopback())


def test_the_page_has_its_controls_and_the_brief(page: Page) -> None:
    text = page.ask("GET", "/").text
    for said in ("What if", "Et si", "Nine-line request", "id=theatre", "Run again", "Recalculer"):
        assert said in text
    assert "http://" not in re.sub(r"http://www\.w3\.org\S*", "", text.split("id=sources")[0])


def test_a_scenario_shows_its_difference_and_can_be_undone(page: Page) -> None:
    slow = page.ask("GET", "/?day=2018-10-17&approval_min=45").text
    shares = re.findall(r"\u2212(\d+\.\d)<", slow)
    assert any(float(share) > 0 for share in shares), "a slower approval covers fewer"
    again = page.ask("GET", "/?day=2018-10-17&approval_min=20&back=day%3D2018-10-17%26approval_min%3D45").text
    assert 'href="/?day=2018-10-17&amp;approval_min=45#controls"' in again


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("approval_min=soon", "a number from 0"), ("approval_min=-4", "a number from 0"), ("day=tomorrow", "a date"),
        ("bases=atlantis", "an id among"), ("floor=2", "a number from 0 to 1"), ("formations=99", "a number from 1"),
        ("day=1999-01-01", "No formation"), ("approval_min=nan", "a number from 0"),
    ],
)  # fmt: skip
def test_bad_settings_are_named(page: Page, query: str, said: str) -> None:
    answer = page.ask("GET", f"/?{query}")
    assert answer.status_code == 422
    assert said.lower() in answer.text.lower()


def test_a_nine_line_gives_advice(page: Page) -> None:
    answer = page.post("/call?day=2018-10-17&bases=gao&bases=kidal", nineline=CALL, moment="2018-10-17T10:00")
    assert answer.status_code == 200
    assert "armed escort required" in answer.text
    assert "people still covered" in answer.text
    assert "Gao" in answer.text.split("id=call")[1]


def test_a_wrong_nine_line_is_answered_by_line(page: Page) -> None:
    answer = page.post("/call", nineline="1: <script>alert(1)</script>\n3: Q", moment="2018-10-17T10:00")
    assert answer.status_code == 422
    assert "row 1" in answer.text
    assert "row 3" in answer.text
    assert "<script>alert" not in answer.text


SORTIE = {
    "tail": "H-1", "from": "port", "to": "north", "off": "2027-02-01T06:30", "on": "2027-02-01T07:45", "pax": "12",
    "cargo_kg": "400", "litters": "0", "source": "Ops desk",
}  # fmt: skip


def test_a_sortie_is_recorded_and_the_chain_is_whole(desk: Page, folder: Path) -> None:
    answer = desk.post("/flown?approval_min=45", **SORTIE)
    assert answer.history[0].status_code == 303, "reloading the page records nothing twice"
    assert answer.url.params["approval_min"] == "45"
    section = answer.text.split("id=flown")[1].split("</section>")[0]
    assert "Recorded in the ledger." in section
    assert "<strong>H-1 port 2027-02-01T06:30Z north 2027-02-01T07:45Z</strong>" in section
    assert "Recorded in the ledger." not in desk.ask("GET", "/?recorded=flown-20270101T0000-H-1").text
    with Store(folder / "ledger" / STORE) as store:
        assert store.verify() == []
        figures = {figure.measure: figure for figure in store.ledger()}
    assert str(figures["flying hours"].value) == "1.25"
    assert figures["passengers"].value == 12
    assert "Ops desk" in figures["cargo"].locator


def test_a_wrong_sortie_names_every_field_and_records_nothing(desk: Page, folder: Path) -> None:
    wrong = {**SORTIE, "tail": "X", "to": "nowhere", "off": "yesterday", "pax": "-3", "cargo_kg": "1e99", "source": ""}
    answer = desk.post("/flown", **wrong)
    assert answer.status_code == 422
    for column in ("tail", "to", "off", "pax", "cargo_kg", "source"):
        assert f"{column}  read" in answer.text or column in answer.text.split("role=alert")[1]
    assert not (folder / "ledger" / STORE).exists()
    assert 'name=source value=""' in answer.text
    assert 'name=off value="yesterday"' in answer.text, "what was typed is still there"


def test_the_account_on_the_page_follows_the_store(desk: Page, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("castor.web.world.LAG_S", 0.0)
    (folder / "ledger").mkdir()
    with Store(folder / "ledger" / STORE) as store:
        figure = Figure(id="e", kind="event", start="2027-02-01", label_en="The port was opened", source="log")
        store.add([figure], [Source(id="log", title="The log of visits")])
    for _ in range(100):  # the page is renewed behind the visitor's back
        if "The port was opened" in desk.ask("GET", "/").text:
            break
        time.sleep(0.1)
    assert "The port was opened" in desk.ask("GET", "/").text


def test_the_living_page_shows_no_more_than_may_be_published(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ledger").mkdir()
    (folder / "ledger" / "sources.csv").write_text("id,title\ndoc,Interviews\n")
    (folder / "ledger" / "records.csv").write_text(
        "id,kind,measure,value,unit,source,locator,protected,pseudonym\n"
        "a,result,trained,3,women,doc,,no,\nb,story,lives,1,people,doc,page nine,yes,Nightjar\n"
    )
    shown: list[Ledger] = []
    monkeypatch.setattr("castor.web.app.sections", lambda mission, record, *rest: shown.append(record) or [])
    assert Page(folder, Access.on_loopback()).ask("GET", "/").status_code == 200
    assert [(f.qualifier, f.locator) for f in shown[0].figures] == [("less_than", ""), ("less_than", "")]


def test_forms_need_their_token_and_readers_cannot_record(folder: Path) -> None:
    access = Access.on_network(frozenset({"localhost"}))
    reader = Page(folder, access)
    reader.headers = {"authorization": f"Bearer {access.read_token}"}
    assert "id=flown" not in reader.ask("GET", "/").text
    assert reader.post("/flown", **SORTIE).status_code == 403
    assert reader.post("/save", name="mine").status_code == 403
    reader.token = "0" * 64
    assert reader.post("/call", nineline=CALL).status_code == 403


def test_a_token_in_the_address_moves_into_a_cookie(folder: Path) -> None:
    access = Access.on_network(frozenset({"localhost"}))
    answer = Page(folder, access).ask("GET", f"/?token={access.read_token}&day=2018-10-17")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?day=2018-10-17"
    assert "httponly" in answer.headers["set-cookie"].lower()


def test_a_scenario_is_saved_as_a_mission_that_extends_the_base(desk: Page, folder: Path) -> None:
    answer = desk.post("/save?day=2027-02-01&approval_min=45&floor=0.25", name="slow")
    assert "castor brief slow" in answer.text
    saved = read(folder.parent / "slow")
    assert saved.rules.clock.approval_min == 45
    assert saved.rules.cover.floor == 0.25
    assert len(saved.places) == len(read(folder).places)
    assert desk.post("/save?approval_min=30", name="slow").status_code == 422
    assert read(folder.parent / "slow").rules.clock.approval_min == 45


@pytest.mark.parametrize("name", ["../evil", "a/b", "", ".", "..", "A" * 50, "x\0y", "é"])
def test_no_name_leads_out_of_the_folder(desk: Page, folder: Path, name: str) -> None:
    before = sorted(folder.parent.parent.rglob("*"))
    assert desk.post("/save?approval_min=45", name=name).status_code == 422
    assert sorted(folder.parent.parent.rglob("*")) == before


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/mission.toml", "/static/x"])
def test_there_are_no_other_paths(page: Page, path: str) -> None:
    assert page.ask("GET", path).status_code == 404


def test_an_edited_folder_is_read_again_and_trouble_is_shown(desk: Page, folder: Path) -> None:
    rules = folder / "mission.toml"
    good = rules.read_text(encoding="utf-8")
    rules.write_text(good.replace("approval_min = 10", 'approval_min = "soon"'), encoding="utf-8")
    text = desk.ask("GET", "/").text
    assert "approval_min" in text.split("role=status")[1][:2000]
    rules.write_text(good, encoding="utf-8")
    assert "role=status" not in desk.ask("GET", "/").text
