"""The server as a process: fifty users at once, a browser, a kill while it records, an address without a token."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from castor.ledger.record import STORE
from castor.ledger.store import Store
from castor.mission import read
from castor.mission.start import start
from tests.web.process import serving

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(mali: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(mali, tmp_path_factory.mktemp("serve") / "mali"))


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    process, port = serving(folder)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.communicate(timeout=20)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    start(tmp_path_factory.mktemp("small") / "isles")
    return next(tmp_path_factory.getbasetemp().glob("small*/isles"))


def _form_token(text: str) -> str:
    found = re.search(r'name=csrf value="(\w+)"', text)
    assert found
    return found[1]


def test_fifty_users_at_once(server: str, folder: Path) -> None:
    tail = next(a.tail for a in read(folder).aircraft if a.type == "CH-147F")
    token = _form_token(httpx.get(server, timeout=60).text)

    def user(number: int) -> list[int]:
        sortie = {
            "csrf": token, "tail": tail, "from": "gao", "to": "kidal", "off": f"2018-10-17T06:{number:02d}",
            "on": f"2018-10-17T07:{number:02d}", "pax": str(number), "source": f"user {number}",
        }  # fmt: skip
        with httpx.Client(base_url=server, timeout=60) as client:
            answers = [client.get("/"), client.get(f"/?day=2018-10-17&approval_min={10 + number % 3}")]
            answers.append(client.post("/flown", data=sortie, follow_redirects=True))
        return [answer.status_code for answer in answers]

    with ThreadPoolExecutor(50) as users:
        codes = [code for found in users.map(user, range(50)) for code in found]
    assert codes == [200] * 150
    with Store(folder / "ledger" / STORE) as store:
        assert store.verify() == []
        assert sum(figure.measure == "flying hours" for figure in store.ledger()) == 50


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"POST /flown HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\n\r\n",
        b"GET /../../../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"\x00\xff\x00\xff\r\n\r\n",
        b"GET /?" + b"a=1&" * 4000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    ],
)  # fmt: skip
def test_hostile_requests_leave_the_server_standing(server: str, raw: bytes) -> None:
    port = int(server.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        wire.sendall(raw)
        answer = wire.recv(4096)
    assert not answer.startswith(b"HTTP/1.1 2"), answer[:200]
    assert b"root:" not in answer
    assert httpx.get(server, timeout=60).status_code == 200


def test_killed_while_recording_the_ledger_is_whole(mali: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(mali, tmp_path / "mali"))
    tail = next(a.tail for a in read(folder).aircraft if a.type == "CH-147F")
    process, port = serving(folder)
    base = f"http://127.0.0.1:{port}"
    token = _form_token(httpx.get(base, timeout=60).text)
    confirmed = []

    def record(number: int) -> None:
        sortie = {
            "csrf": token, "tail": tail, "from": "gao", "to": "kidal",
            "off": f"2018-10-17T06:{number:02d}", "on": f"2018-10-17T07:{number:02d}", "source": "x",
        }  # fmt: skip
        try:
            if httpx.post(f"{base}/flown", data=sortie, timeout=30).status_code == 303:
                confirmed.append(number)
        except httpx.TransportError:
            pass

    with ThreadPoolExecutor(8) as hands:
        jobs = [hands.submit(record, number) for number in range(60)]
        while len(confirmed) < 5 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        for job in jobs:
            job.result()
    process.communicate()
    with Store(folder / "ledger" / STORE) as store:
        assert store.verify() == []
        assert sum(figure.measure == "flying hours" for figure in store.ledger()) >= len(confirmed) >= 5


@pytest.mark.parametrize("words", [("--host", "0.0.0.0"), ("--name", "ops.example.org")])
def test_others_need_a_token_even_through_a_proxy_on_this_machine(small: Path, words: tuple[str, str]) -> None:
    """A TLS proxy asks from the loopback address: with a name, that address alone opens nothing."""
    process, port = serving(small, *words)
    try:
        assert httpx.get(f"http://127.0.0.1:{port}", timeout=60).status_code == 403
    finally:
        process.terminate()
        said = process.communicate(timeout=20)[1]
    read_url, record_url = re.findall(r"\?token=(\S+)", said)
    assert read_url != record_url


FROM_ELSEWHERE = """
import fcntl, re, socket, struct, subprocess, sys, time, urllib.error, urllib.request

def configure(name, address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        where = struct.pack("16sH2s4s8s", name, socket.AF_INET, b"", socket.inet_aton(address), b"")
        fcntl.ioctl(s, 0x8916, where)
        fcntl.ioctl(s, 0x8914, struct.pack("16sH14s", name, 0x1 | 0x40, b""))

def ask(host, path="/", **headers):
    request = urllib.request.Request(f"http://{host}:8017{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return "no connection"

def serve(*words):
    process = subprocess.Popen([sys.executable, "-m", "castor", "serve", sys.argv[1], *words],
                               stderr=subprocess.PIPE, text=True)
    while ask("127.0.0.1") == "no connection" and process.poll() is None:
        time.sleep(0.2)
    return process

configure(b"lo", "127.0.0.1")
configure(b"lo:1", "10.77.0.5")
process = serve()
print(ask("127.0.0.1"), ask("10.77.0.5"))
process.terminate(); process.communicate()
process = serve("--host", "0.0.0.0", "--name", "10.77.0.5")
lines = [process.stderr.readline() for _ in range(2)]
read, record = (re.search("token=([^ ]+)", line)[1].strip() for line in lines)
print(ask("10.77.0.5"), ask("10.77.0.5", Authorization="Bearer wrong"),
      ask("10.77.0.5", Authorization=f"Bearer {read}"), ask("10.77.0.5", Authorization=f"Bearer {record}"))
process.terminate(); process.communicate()
"""


def test_from_another_address_without_a_token_refused(small: Path) -> None:
    """In a network namespace with an address that is not loopback: refused without a token, let in with one."""
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine allows no network namespace")
    command = ["unshare", "-n", sys.executable, "-c", FROM_ELSEWHERE, str(small)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=300)
    assert done.stdout.splitlines() == ["200 no connection", "403 403 200 200"], done.stderr


@pytest.mark.browser
def test_in_a_browser(server: str) -> None:
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("chromium is absent")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        page = browser.new_page()
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(server)
        page.fill("input[name=approval_min]", "45")
        page.focus("#controls button")
        page.keyboard.press("Enter")
        page.wait_for_url("**approval_min=45**")
        page.fill("textarea[name=nineline]", "1: Akabar\n3: A2\n5: L2")
        page.fill("input[name=moment]", "2018-10-17T10:00")
        page.click("#call button")
        page.wait_for_selector("#call table")
        assert "still covered" in page.inner_text("#call")
        page.click("label[for=lang-fr]")
        assert "Qui envoyer" in page.inner_text("#call")
        assert errors == []
        browser.close()
