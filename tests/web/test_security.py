"""The guard: hosts, tokens, roles, origins and sizes, each refused for its own reason."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from castor.web.security import MOST_BYTES, Access, Guard


async def _echo(request: Request) -> Response:
    body = await request.body()
    return PlainTextResponse(f"{request.state.role} {len(body)}")


def _ask(access: Access, method: str = "GET", client: str = "127.0.0.1", **kwargs: object) -> httpx.Response:
    app = Guard(Starlette(routes=[Route("/", _echo, methods=["GET", "POST", "PUT"])]), access)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, client=(client, 5000))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
            return await http.request(method, "/", **kwargs)  # type: ignore[arg-type]

    return asyncio.run(ask())


LOOPBACK = Access.on_loopback()
NETWORK = Access.on_network(frozenset({"ops.example"}))


def test_loopback_may_record() -> None:
    assert _ask(LOOPBACK).text == "record 0"
    assert _ask(LOOPBACK, client="::ffff:127.0.0.1").text == "record 0"


@pytest.mark.parametrize("client", ["10.0.0.7", "192.168.1.4", "2001:db8::1", "nonsense"])
def test_another_address_without_token_is_refused(client: str) -> None:
    assert _ask(LOOPBACK, client=client).status_code == 403
    assert _ask(NETWORK, client=client).status_code == 403


def test_tokens_give_roles() -> None:
    def bearer(token: str) -> dict[str, str]:
        return {"authorization": f"Bearer {token}"}

    assert _ask(NETWORK, client="10.0.0.7", headers=bearer(NETWORK.read_token)).text == "read 0"
    assert _ask(NETWORK, client="10.0.0.7", headers=bearer(NETWORK.record_token)).text == "record 0"
    assert _ask(NETWORK, client="10.0.0.7", headers={"cookie": f"castor={NETWORK.read_token}"}).text == "read 0"
    assert _ask(NETWORK, headers=bearer(NETWORK.read_token + "x")).status_code == 403
    assert _ask(NETWORK, headers=[(b"authorization", "Bearer é".encode())]).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "[::1", "127.0.0.1.nip.example"])
def test_a_name_that_is_not_ours_is_refused(host: str) -> None:
    assert _ask(LOOPBACK, headers={"host": host}).status_code == 421


def test_forms_from_elsewhere_are_refused() -> None:
    assert _ask(LOOPBACK, "POST", headers={"origin": "http://evil.example"}).status_code == 403
    assert _ask(LOOPBACK, "POST", headers={"origin": "null"}).status_code == 403
    assert _ask(LOOPBACK, "POST", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert _ask(LOOPBACK, "POST", headers={"origin": "http://localhost:8000"}, content=b"a=1").text == "record 3"


def test_bodies_have_an_end() -> None:
    assert _ask(LOOPBACK, "POST", content=b"x" * MOST_BYTES).text == f"record {MOST_BYTES}"
    assert _ask(LOOPBACK, "POST", content=b"x" * (MOST_BYTES + 1)).status_code == 413

    async def drip() -> object:
        for _ in range(100):
            yield b"x" * 1000

    assert _ask(LOOPBACK, "POST", content=drip()).status_code == 413


def test_other_methods_are_refused_and_answers_are_sealed() -> None:
    assert _ask(LOOPBACK, "PUT").status_code == 405
    headers = _ask(LOOPBACK).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"


def test_the_csrf_token_belongs_to_its_visitor() -> None:
    def connection(token: str) -> Request:
        headers = [(b"cookie", f"castor={token}".encode())]
        return Request({"type": "http", "headers": headers, "query_string": b"", "method": "GET", "path": "/"})

    one, two = NETWORK.csrf(connection("a")), NETWORK.csrf(connection("b"))
    assert one != two
    assert one == NETWORK.csrf(connection("a"))
