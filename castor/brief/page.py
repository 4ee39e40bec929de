"""The page: sections in order, one style sheet, one script, both languages, in one file that asks for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files

from castor.brief.covering import Cover
from castor.brief.map import Theatre
from castor.brief.parts import Section, Sources
from castor.brief.sections.conflicts import conflicts
from castor.brief.sections.cover import cover as evacuation
from castor.brief.sections.done import done
from castor.brief.sections.events import events
from castor.brief.sections.fleet import fleet
from castor.brief.sections.missing import missing
from castor.brief.sections.money import money
from castor.brief.sections.story import story
from castor.brief.sections.theatre import theatre
from castor.brief.words import Both, day, word
from castor.ledger import Ledger
from castor.mission.model import Mission


def brief(
    mission: Mission, ledger: Ledger | None = None, cover: Cover | None = None, others: Sequence[Section] = ()
) -> str:
    """The page of a mission as one HTML text."""
    return render(mission, sections(mission, ledger, cover, others))


def sections(
    mission: Mission, ledger: Ledger | None = None, cover: Cover | None = None, others: Sequence[Section] = ()
) -> list[Section]:
    """The sections of the page in order; one whose input is absent is left out. ``others`` come from longer rooms."""
    sources = Sources()
    record = ledger if ledger is not None and ledger.figures else None
    found = [
        theatre(Theatre(mission, cover.held, cover.rings, cover.radius_km) if cover else Theatre(mission), sources),
        done(record, sources) if record else None,
        evacuation(mission, cover) if cover else None,
        *others,
        fleet(mission, sources),
        events(record, sources) if record else None,
        money(record, sources) if record else None,
        story(record, sources) if record else None,
        conflicts(record, sources) if record else None,
        missing(mission, record, sources),
        sources.section(),
    ]
    return [section for section in found if section is not None]


def render(mission: Mission, sections: Iterable[Section]) -> str:
    """Put sections into the frame of the page: head, language switch, contents, foot."""
    sections = list(sections)
    title = Both(mission.title.get("en", mission.name), mission.title.get("fr", mission.title.get("en", mission.name)))
    contents = "".join(f'<a href="#{section.id}">{section.title.html()}</a>' for section in sections)
    body = "".join(
        f"<section id={section.id}><h2>{section.title.html()}</h2>{section.body}</section>" for section in sections
    )
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width,initial-scale=1"><meta name=color-scheme content=light>'
        f"<title>{title.attribute()}</title><link rel=icon href=data:,><style>{asset('page.css')}</style>"
        "<input type=radio name=lang id=lang-en class=lang checked><input type=radio name=lang id=lang-fr class=lang>"
        f"<div class=page>{_head(mission, title)}"
        f'<nav aria-label="{word("contents").attribute()}">{contents}</nav><main>{body}</main>{_foot()}</div>'
        f"<script>{script()}</script>\n"
    )


def framed(sections: Iterable[Section]) -> str:
    """Sections in a document of their own, with the page's style and language switch: no head, contents or script."""
    body = "".join(f"<section id={s.id}><h2>{s.title.html()}</h2>{s.body}</section>" for s in sections)
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><style>{asset('page.css')}</style>"
        "<input type=radio name=lang id=lang-en class=lang checked><input type=radio name=lang id=lang-fr class=lang>"
        f"<div class=page><div class=top>{_switch()}</div><main>{body}</main></div>"
    )


def _switch() -> str:
    return "<p class=switch><label for=lang-en lang=en>English</label><label for=lang-fr lang=fr>Français</label></p>"


def _head(mission: Mission, title: Both) -> str:
    dates = word("period", start=day(mission.start), end=day(mission.end))
    en = mission.summary.get("en", "")
    summary = Both(en, mission.summary.get("fr", en))
    told = f"<p class=summary>{summary.html()}</p>" if summary.en else ""
    return (
        f"<header><div class=top><p class=kicker>{word('kicker').html()}</p>{_switch()}</div>"
        f"<h1>{title.html()}</h1><p class=dates>{dates.html()}</p>{told}</header>"
    )


def _foot() -> str:
    return f"<footer><p>{word('foot').html()}</p></footer>"


def script() -> str:
    """The page's one script, as it stands in the page (a server that allows it by its hash needs it)."""
    return asset("page.js")


def asset(name: str) -> str:
    """The text of a file of the page: its style or its script."""
    return files("castor.brief").joinpath(name).read_text(encoding="utf-8").strip()
