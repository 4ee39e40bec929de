"""Who may see and who may record: loopback by default, tokens for others, and nothing taken on trust.

Threats answered here: another address without a token; a page elsewhere that posts to localhost (CSRF); a name that
resolves to localhost (DNS rebinding); bodies without end; framing, sniffing and foreign scripts. Transport encryption
is left to a TLS proxy in front (see the guide).
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Role = Literal["read", "record"]
COOKIE = "castor"
MOST_BYTES = 65_536
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src {scripts}; img-src data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; connect-src 'self'"
)


class Access(Struct, frozen=True, kw_only=True):
    """Who may come in. Without tokens only loopback addresses may, and they may record.

    ``hosts`` are the names by which the server may be called (the ``Host`` header without its port).
    """

    hosts: frozenset[str] = frozenset({"localhost", "127.0.0.1", "::1"})
    read_token: str = ""
    record_token: str = ""
    secret: bytes = b""

    @staticmethod
    def on_loopback() -> Access:
        """Access from this machine alone."""
        return Access(secret=secrets.token_bytes(32))

    @staticmethod
    def on_network(hosts: frozenset[str]) -> Access:
        """Access for others: two fresh tokens, one to read and one to record."""
        return Access(
            hosts=hosts | {"localhost", "127.0.0.1", "::1"},
            read_token=secrets.token_urlsafe(24),
            record_token=secrets.token_urlsafe(24),
            secret=secrets.token_bytes(32),
        )

    def role(self, connection: HTTPConnection) -> Role | None:
        """The role of whoever asks: by token if there are tokens, otherwise by being on loopback."""
        if not self.read_token:
            return "record" if connection.client and _loopback(connection.client.host) else None
        given = _token(connection)
        if given and hmac.compare_digest(given.encode(), self.record_token.encode()):
            return "record"
        if given and hmac.compare_digest(given.encode(), self.read_token.encode()):
            return "read"
        return None

    def csrf(self, connection: HTTPConnection) -> str:
        """The token that a form of this visitor must carry."""
        return hmac.new(self.secret, (_token(connection) or "loopback").encode(), hashlib.sha256).hexdigest()


def _token(connection: HTTPConnection) -> str:
    bearer = connection.headers.get("authorization", "")
    if bearer.lower().startswith("bearer "):
        return bearer[7:].strip()
    return connection.query_params.get("token", "") or connection.cookies.get(COOKIE, "")


def _loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _host_name(header: str) -> str:
    return urlsplit(f"//{header}").hostname or ""


class Guard:
    """ASGI middleware that lets a request through only if host, role, origin and size are right.

    ``scripts`` is the Content-Security-Policy source list for the page's own inline scripts (their hashes).
    """

    def __init__(self, app: ASGIApp, access: Access, scripts: str = "'none'") -> None:
        self.app = app
        self.access = access
        self.policy = _POLICY.format(scripts=scripts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(HTTPConnection(scope))
        body = b""
        if refusal is None and scope["method"] == "POST":
            body, refusal = await _body(Headers(scope=scope), receive)
        if refusal is not None:
            await refusal(scope, receive, self._sealed(send))
            return
        scope.setdefault("state", {})["role"] = self.access.role(HTTPConnection(scope))
        await self.app(scope, _replay(body, receive) if scope["method"] == "POST" else receive, self._sealed(send))

    def _refusal(self, connection: HTTPConnection) -> Response | None:
        scope = connection.scope
        host = connection.headers.get("host", "")
        try:
            name = _host_name(host)
        except ValueError:
            name = ""
        if name not in self.access.hosts:
            return PlainTextResponse("This server does not answer to that name.\n", 421)
        role = self.access.role(connection)
        if role is None:
            said = "Open the address with its token, as printed when castor serve started.\n"
            return PlainTextResponse(said if self.access.read_token else "Only from this machine.\n", 403)
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return PlainTextResponse("Only GET and POST.\n", 405)
        if scope["method"] == "POST":
            origin = connection.headers.get("origin", "")
            if origin and urlsplit(origin).netloc != host:
                return PlainTextResponse("Forms are accepted only from castor's own page.\n", 403)
            if connection.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
                return PlainTextResponse("Forms are accepted only from castor's own page.\n", 403)
        return None

    def _sealed(self, send: Send) -> Send:
        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["content-security-policy"] = self.policy
                headers["x-content-type-options"] = "nosniff"
                headers["x-frame-options"] = "DENY"
                headers["referrer-policy"] = "same-origin"
                headers["cache-control"] = "no-store"
            await send(message)

        return sealed


async def _body(headers: Headers, receive: Receive) -> tuple[bytes, Response | None]:
    too_much = PlainTextResponse(f"A form may hold at most {MOST_BYTES} bytes.\n", 413)
    declared = headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > MOST_BYTES:
        return b"", too_much
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_BYTES:
            return b"", too_much
    return body, None


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
