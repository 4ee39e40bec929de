"""The living page as an ASGI application: the brief, its controls, the nine-line, the record."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
import hmac
import html
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlencode

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from castor.brief.covering import covering
from castor.brief.page import render, script, sections
from castor.brief.parts import Section
from castor.brief.words import Both
from castor.brief.write import rooms
from castor.dispatch.nineline import read_nineline
from castor.errors import CastorError, Infeasible, MissionError, Problem
from castor.flight.geodesy import is_night
from castor.ledger import read as read_ledger
from castor.ledger.protect import published
from castor.mission.model import Mission
from castor.web.advice import Advice, advise
from castor.web.flying import flown_under, planned, section
from castor.web.panel import call_section, flown_section, panel
from castor.web.record import record_sortie
from castor.web.scenario import Scenario, read_scenario, save_scenario, saved_folder
from castor.web.security import COOKIE, Access, Guard
from castor.web.world import Work, World, stand, unchanged

Said = dict[str, str]
MOST_RERUNS = 4
"""Scenarios worked out at the same time; more wait their turn."""


def application(folder: Path, access: Access) -> ASGIApp:
    """The application for one mission folder, its page worked out. Raises MissionError where the folder is wrong."""
    app = _Application(World(folder), access)
    app.prepare()
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
        self.reruns = CapacityLimiter(MOST_RERUNS)

    def prepare(self) -> None:
        """Work out the page of the mission as it stands, so that the first visitor does not wait for it."""
        mission = self.world.mission()
        scenario = read_scenario({}, mission)
        with contextlib.suppress(Infeasible):  # the page says why when it is asked for
            self.world.kept(scenario.query(), lambda: self._worked_out(mission, scenario))

    async def page(self, request: Request) -> Response:
        """The page under the scenario in the address; a token in the address moves into a cookie."""
        if "token" in request.query_params:
            rest = [(k, v) for k, v in request.query_params.multi_items() if k != "token"]
            answer = RedirectResponse("/?" + urlencode(rest) if rest else "/", 303)
            answer.set_cookie(COOKIE, request.query_params["token"], httponly=True, samesite="strict")
            return answer
        return await self._run(self._answer, request, {})

    async def call(self, request: Request) -> Response:
        """Answer a nine-line with advice."""
        form = await self._form(request)
        return form if isinstance(form, Response) else await self._run(self._advise, request, form)

    async def flown(self, request: Request) -> Response:
        """Record a sortie that was flown."""
        return await self._recorded(request, self._record)

    async def save(self, request: Request) -> Response:
        """Save the scenario as a mission that extends this one."""
        return await self._recorded(request, self._save)

    async def _run(self, act: Callable[[Request, Said], Response], request: Request, form: Said) -> Response:
        """Run in a thread; those who wait for a rerun never keep those whose page is there from being answered."""
        answer = await run_in_threadpool(self._if_there, act, request, form)
        if answer is None:
            answer = await to_thread.run_sync(act, request, form, limiter=self.reruns)
        return answer

    def _if_there(self, act: Callable[[Request, Said], Response], request: Request, form: Said) -> Response | None:
        try:
            there = self.world.has(self._scenario(request)[1].query())
        except CastorError:
            there = True  # act says what is wrong
        return act(request, form) if there else None

    async def _recorded(self, request: Request, act: Callable[[Request, Said], Response]) -> Response:
        if request.state.role != "record":
            return PlainTextResponse("This visitor may read but not record.\n", 403)
        form = await self._form(request)
        return form if isinstance(form, Response) else await self._run(act, request, form)

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
            _, scenario = self._scenario(request)
            sortie = record_sortie(self.world.folder, self.world.mission(), form)
        except CastorError as error:
            return self._answer(request, {**form, "wrong_flown": str(error)}, 422)
        return RedirectResponse(f"/?{scenario.query()}&{urlencode({'recorded': sortie})}#flown", 303)

    def _save(self, request: Request, form: Said) -> Response:
        try:
            mission, scenario = self._scenario(request)
            folder = save_scenario(self.world.folder, mission, scenario, form.get("name", ""))
        except CastorError as error:
            return self._answer(request, {"wrong_flown": str(error)}, 422)
        return RedirectResponse(f"/?{scenario.query()}&{urlencode({'saved': folder.name})}#flown", 303)

    def _scenario(self, request: Request) -> tuple[Mission, Scenario]:
        mission = self.world.mission()
        return mission, read_scenario(parse_qs(request.url.query, max_num_fields=2000), mission)

    def _answer(self, request: Request, said: Said, status: int = 200, *, advice: Advice | None = None) -> Response:
        try:
            mission, scenario = self._scenario(request)
            key = scenario.query()
            work = self.world.kept(key, lambda: self._worked_out(mission, scenario))
            parts = self.world.told(key, lambda: self._sections(mission, scenario, work))
        except CastorError as error:
            return HTMLResponse(render(self.world.mission(), [_wrong(error)]), 422)
        token = self.access.csrf(request)
        first = [
            panel(mission, scenario, _back(request), work, self.world.trouble),
            call_section(mission, scenario, token, said.get("nineline", ""), advice, said.get("wrong_call", "")),
        ]
        if request.state.role == "record":
            done = self._done(request)
            first.append(flown_section(mission, scenario, token, self.world.sorties(), {**said, **done}))
        return HTMLResponse(render(mission, [*first, *parts]), status)

    def _done(self, request: Request) -> Said:
        """What was just recorded or saved, if it is really there."""
        sortie, name = (request.query_params.get(key, "") for key in ("recorded", "saved"))
        folder = saved_folder(self.world.folder, name)
        found = {"recorded": sortie} if any(one.id == sortie for one in self.world.sorties()) else {}
        return {**found, "saved": name} if folder is not None and folder.is_dir() else found

    def _sections(self, mission: Mission, scenario: Scenario, work: Work) -> tuple[Section, ...]:
        record = published(read_ledger(self.world.folder))
        return tuple(sections(scenario.apply(mission), record, work.cover, work.others))

    def _worked_out(self, mission: Mission, scenario: Scenario) -> Work:
        under = scenario.apply(mission)
        before, after = stand(mission, unchanged(scenario)), stand(under, scenario)
        as_it_was = self.world.programme(scenario.day, lambda: planned(mission, scenario.day))
        flying = flown_under(under, scenario.day, as_it_was)
        own = section(under, flying) if flying is not None else None
        others = [one for one in rooms(mission, lambda _: None) if own is None or one.id != own.id]
        return Work(
            postures=(before.posture, after.posture), cover=covering(under),
            others=tuple(others if own is None else [own, *others]), flying=flying,
        )  # fmt: skip


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
