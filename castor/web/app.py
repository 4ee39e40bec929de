"""The living page as an ASGI application: the brief, its controls, the nine-line, the record."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import html
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from castor.brief.page import render, script, sections
from castor.brief.parts import Section
from castor.brief.words import Both
from castor.dispatch.nineline import read_nineline
from castor.errors import CastorError, Infeasible, MissionError, Problem
from castor.flight.geodesy import is_night
from castor.ledger import read as read_ledger
from castor.ledger.protect import published
from castor.mission.model import Mission
from castor.web.advice import Advice, advise
from castor.web.panel import call_section, flown_section, panel
from castor.web.record import record_sortie
from castor.web.scenario import Scenario, read_scenario, save_scenario
from castor.web.security import COOKIE, Access, Guard
from castor.web.world import Work, World, stand, unchanged

Said = dict[str, str]


def application(folder: Path, access: Access) -> ASGIApp:
    """The application for one mission folder. Raises MissionError where the folder cannot be read."""
    app = _Application(World(folder), access)
    routes = [
        Route("/", app.page, methods=["GET"]),
        Route("/call", app.call, methods=["POST"]),
        Route("/flown", app.flown, methods=["POST"]),
        Route("/save", app.save, methods=["POST"]),
    ]
    digest = base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()
    return Guard(Starlette(routes=routes), access, scripts=f"'sha256-{digest}'")


class _Application:
    def __init__(self, world: World, access: Access) -> None:
        self.world = world
        self.access = access

    async def page(self, request: Request) -> Response:
        """The page under the scenario in the address; a token in the address moves into a cookie."""
        if "token" in request.query_params:
            rest = [(k, v) for k, v in request.query_params.multi_items() if k != "token"]
            answer = RedirectResponse("/?" + urlencode(rest) if rest else "/", 303)
            answer.set_cookie(COOKIE, request.query_params["token"], httponly=True, samesite="strict")
            return answer
        return await run_in_threadpool(self._answer, request, {})

    async def call(self, request: Request) -> Response:
        """Answer a nine-line with advice."""
        form = await self._form(request)
        return form if isinstance(form, Response) else await run_in_threadpool(self._advise, request, form)

    async def flown(self, request: Request) -> Response:
        """Record a sortie that was flown."""
        return await self._recorded(request, self._record)

    async def save(self, request: Request) -> Response:
        """Save the scenario as a mission that extends this one."""
        return await self._recorded(request, self._save)

    async def _recorded(self, request: Request, act: Callable[[Request, Said], Response]) -> Response:
        if request.state.role != "record":
            return PlainTextResponse("This visitor may read but not record.\n", 403)
        form = await self._form(request)
        return form if isinstance(form, Response) else await run_in_threadpool(act, request, form)

    async def _form(self, request: Request) -> Said | Response:
        try:
            fields = parse_qs((await request.body()).decode("utf-8"), keep_blank_values=True, max_num_fields=50)
        except ValueError:
            return PlainTextResponse("The form could not be read.\n", 400)
        form = {name: values[-1] for name, values in fields.items()}
        if not hmac.compare_digest(form.get("csrf", "").encode(), self.access.csrf(request).encode()):
            return PlainTextResponse("The form is out of date: open the page again.\n", 403)
        return form

    def _advise(self, request: Request, form: Said) -> Response:
        try:
            mission, scenario = self._scenario(request)
            under = scenario.apply(mission)
            call = read_nineline(form.get("nineline", ""), under)
            moment = _moment(form.get("moment", ""), scenario)
            lit = not bool(is_night(call.lat, call.lon, moment))
            now = Scenario(day=moment.date(), night=not lit, bases=scenario.bases, formations=scenario.formations)
            standing = stand(under, now)
            advice = advise(standing.case, standing.posture.places, call, moment)
        except CastorError as error:
            return self._answer(request, {"nineline": form.get("nineline", ""), "wrong_call": str(error)}, 422)
        return self._answer(request, {"nineline": form["nineline"]}, advice=advice)

    def _record(self, request: Request, form: Said) -> Response:
        try:
            said = record_sortie(self.world.folder, self.world.mission(), form)
        except CastorError as error:
            return self._answer(request, {"wrong_flown": str(error)}, 422)
        return self._answer(request, {"saved": said})

    def _save(self, request: Request, form: Said) -> Response:
        try:
            mission, scenario = self._scenario(request)
            folder = save_scenario(self.world.folder, mission, scenario, form.get("name", ""))
        except CastorError as error:
            return self._answer(request, {"wrong_flown": str(error)}, 422)
        return self._answer(request, {"saved": f"Saved as {folder.name}: castor brief {folder.name}"})

    def _scenario(self, request: Request) -> tuple[Mission, Scenario]:
        mission = self.world.mission()
        return mission, read_scenario(parse_qs(request.url.query, max_num_fields=2000), mission)

    def _answer(self, request: Request, said: Said, status: int = 200, *, advice: Advice | None = None) -> Response:
        try:
            mission, scenario = self._scenario(request)
            work = self.world.kept(scenario.query(), lambda: self._worked_out(mission, scenario))
        except CastorError as error:
            return HTMLResponse(render(self.world.mission(), [_wrong(error)]), 422)
        token = self.access.csrf(request)
        first = [
            panel(mission, scenario, _back(request), work.postures, self.world.trouble),
            call_section(mission, scenario, token, said.get("nineline", ""), advice, said.get("wrong_call", "")),
        ]
        if request.state.role == "record":
            first.append(flown_section(mission, scenario, token, said.get("saved", ""), said.get("wrong_flown", "")))
        return HTMLResponse(render(mission, [*first, *work.sections]), status)

    def _worked_out(self, mission: Mission, scenario: Scenario) -> Work:
        under = scenario.apply(mission)
        before, after = stand(mission, unchanged(scenario)), stand(under, scenario)
        ledger = published(read_ledger(self.world.folder))
        return Work(postures=(before.posture, after.posture), sections=tuple(sections(under, ledger)))


def _back(request: Request) -> str:
    values = parse_qs(request.url.query).get("back", [""])
    pairs = parse_qsl(values[-1])
    return urlencode(pairs)


def _wrong(error: CastorError) -> Section:
    title = Both("No plan", "Aucun plan") if isinstance(error, Infeasible) else Both("Not accepted", "Refusé")
    back = Both("Back to the mission as it stands", "Revenir à la mission").html()
    return Section("wrong", title, f"<pre role=alert>{html.escape(str(error))}</pre><p><a href=/>{back}</a>")


def _moment(text: str, scenario: Scenario) -> dt.datetime:
    if not text:
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None, second=0, microsecond=0)
        return dt.datetime.combine(scenario.day, now.time())
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?", text):
        raise MissionError([Problem("call", "a date and time such as 2018-10-17T06:30", column="moment", read=text)])
    return dt.datetime.fromisoformat(text)
