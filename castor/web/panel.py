"""The controls of the living page and what they answer, as sections of the page in both languages."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files

from castor.brief.parts import Markup, Section, table
from castor.brief.words import Both, exact, percent, signed
from castor.cover.posture import Measure, Posture
from castor.mission.model import Clock, Covering, Mission, columns
from castor.web.advice import Advice, Option
from castor.web.flying import difference
from castor.web.record import Sortie
from castor.web.scenario import Scenario
from castor.web.world import Work

MOST_SHOWN = 10

_EXAMPLE = "1: {place}\n2: 42.50 MEDIC 1\n3: A1 C1\n4: A\n5: L1 A1\n6: N\n7: C\n8: A2\n9: flat"


def panel(mission: Mission, scenario: Scenario, back: str, work: Work, message: str = "") -> Section:
    """The controls, and cover and the day's programme as the mission says beside those under the scenario."""
    said = f"<p role=status class=said>{escape(message)}</p>" if message else ""
    style = files("castor.web").joinpath("panel.css").read_text(encoding="utf-8")
    body = f"<style>{style}</style>" + said + _controls(mission, scenario, back) + _difference(mission, *work.postures)
    body += difference(mission, work.flying) if work.flying is not None else ""
    return Section("controls", Both("What if", "Et si"), body)


def _controls(mission: Mission, scenario: Scenario, back: str) -> str:
    labels = {column.name: Both(column.en, column.fr) for cls in (Clock, Covering) for column in columns(cls)}
    rules = mission.rules
    fields = [
        _input("day", Both("Day", "Jour"), "date", scenario.day.isoformat()),
        _tick("night", Both("Night", "Nuit"), scenario.night),
    ]
    for name in ("approval_min", "notice_day_min", "notice_night_min", "scene_min"):
        said = labels[name].capital() + ", min"
        fields.append(_input(name, said, "number", getattr(scenario, name), f"{getattr(rules.clock, name):g}"))
    fields.append(_input("floor", labels["floor"].capital(), "number", scenario.floor, f"{rules.cover.floor:g}"))
    fields.append(_input("formations", Both("Formations", "Formations"), "number", scenario.formations))
    bases = [(place.id, place.name) for place in mission.places if place.fuel]
    fields.append(
        _choices("bases", Both("Bases (none: the best)", "Bases (aucune : la meilleure)"), bases, scenario.bases)
    )
    day = [r for r in mission.requests if r.earliest.date() <= scenario.day <= r.latest.date()]
    if day:
        named = [(r.id, f"{r.id}: {r.origin} - {r.destination}") for r in day]
        fields.append(_choices("without", Both("Requests left out", "Demandes écartées"), named, scenario.without))
    undo = f'<a href="/?{escape(back)}#controls">{Both("Undo", "Annuler").html()}</a>' if back else ""
    return (
        f'<form method=get action="/#controls" class=controls>{_hidden("back", scenario.query())}{"".join(fields)}'
        f"<button>{Both('Run again', 'Recalculer').html()}</button>{undo}"
        f'<a href="/#controls">{Both("As the mission says", "Selon la mission").html()}</a></form>'
    )


def _hidden(name: str, value: str) -> str:
    return f'<input type=hidden name={name} value="{escape(value)}">'


def _input(name: str, said: Both, kind: str, value: object = None, placeholder: str = "", more: str = "") -> str:
    shown = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    step = " step=any" if kind == "number" else ""
    return (
        f'<label>{said.html()}<input type={kind}{step} name={name} value="{escape(shown)}" '
        f'placeholder="{escape(placeholder)}"{more}></label>'
    )


def _tick(name: str, said: Both, on: bool) -> str:
    return f"<label class=tick><input type=checkbox name={name} value=1{' checked' if on else ''}>{said.html()}</label>"


def _choices(name: str, said: Both, options: Iterable[tuple[str, str]], chosen: Sequence[str]) -> str:
    rows = "".join(
        f'<option value="{escape(key)}"{" selected" if key in chosen else ""}>{escape(text)}' for key, text in options
    )
    return f"<label>{said.html()}<select name={name} multiple size=4>{rows}</select></label>"


def _difference(mission: Mission, before: Posture, after: Posture) -> str:
    head = [Both("Cover", "Couverture"), Both("as the mission says", "selon la mission"), Both("now", "à présent"),
            Both("difference, points", "écart, points")]  # fmt: skip
    names = [", ".join(mission.place[place].name for place in posture.places) for posture in (before, after)]
    rows: list[list[object]] = [[Both("posture", "posture"), *names, ""]]
    words = (
        ("care", Both("care in time", "soins à temps")),
        ("surgery", Both("surgery in time", "chirurgie à temps")),
        ("expected", Both("both, expected", "les deux, espérance")),
    )
    for weights, whom in (
        ("people", Both("people: ", "effectif : ")),
        ("incidents", Both("incidents: ", "incidents : ")),
    ):
        one: Measure = getattr(before, weights)
        two: Measure = getattr(after, weights)
        for name, said in words:
            old, new = getattr(one, name), getattr(two, name)
            rows.append([whom + said, percent(old, 1), percent(new, 1), signed(100 * (new - old), 1)])
    return table(head, rows)


def call_section(
    mission: Mission, scenario: Scenario, csrf: str, text: str = "", advice: Advice | None = None, wrong: str = ""
) -> Section:
    """The nine-line form, the advice it was answered with, or what was wrong with it."""
    example = _EXAMPLE.format(place=mission.places[0].name if mission.places else "16.27N 0.04W")
    form = (
        f'<form method=post action="/call?{escape(scenario.query())}#call" class=controls>{_hidden("csrf", csrf)}'
        f"<label class=wide>{Both('Nine-line request', 'Demande en neuf lignes').html()}<textarea name=nineline rows=9 "
        f'cols=40 spellcheck=false placeholder="{escape(example)}">{escape(text)}</textarea></label>'
        + _input("moment", Both("When (UTC; empty: now)", "Quand (UTC; vide : maintenant)"), "datetime-local")
        + f"<button>{Both('Whom to send?', 'Qui envoyer?').html()}</button></form>"
    )
    answer = f"<p role=alert class=wrong>{escape(wrong)}</p>" if wrong else _advice(mission, advice) if advice else ""
    return Section("call", Both("A call", "Un appel"), answer + form)


def _advice(mission: Mission, advice: Advice) -> str:
    call = advice.call
    said = Both(
        f"{call.total} patients ({call.litter} lying) at {call.lat:.4f}, {call.lon:.4f}; "
        f"{advice.moment:%Y-%m-%d %H:%M}Z, {'night' if advice.night else 'day'}. ",
        f"{call.total} patients (dont {call.litter} couchés) à {call.lat:.4f}, {call.lon:.4f}; "
        f"{advice.moment:%Y-%m-%d %H:%M}Z, {'nuit' if advice.night else 'jour'}. ",
    )
    escort = Both("Line 6: armed escort required.", "Ligne 6 : escorte armée requise.")
    head = [
        Both("from", "de"), Both("minutes to care", "minutes aux soins"), Both("to surgery", "à la chirurgie"),
        Both("hospital", "hôpital"), Both("refuelling stops", "avitaillements"), Both("trips", "vols"),
        Both("people still covered", "effectif encore couvert"),
        Both("incidents still covered", "incidents encore couverts"),
    ]  # fmt: skip
    rows = [
        [
            Markup(f"<strong>{escape(mission.place[option.place].name)}</strong>") if option is advice.best
            else mission.place[option.place].name,
            *_clock(mission, option), option.stops, option.trips,
            percent(option.left_people, 1), percent(option.left_incidents, 1),
        ]
        for option in advice.options
    ]  # fmt: skip
    warning = f"<p><strong>{escort.html()}</strong></p>" if call.escort_required else ""
    return f"<p role=status class=said>{(said + advice.reason).html()}</p>{warning}{table(head, rows)}"


def _clock(mission: Mission, option: Option) -> list[object]:
    if not math.isfinite(option.surgery_min):
        out = Both("out of reach", "hors de portée")
        return [out, out, ""]
    marks = [(option.care_min, option.within_care), (option.surgery_min, option.within_surgery)]
    hospital = mission.place[option.hospital].name if option.hospital else ""
    return [*(f"{minutes:.0f} {'✓' if within else '✗'}" for minutes, within in marks), hospital]


def flown_section(
    mission: Mission, scenario: Scenario, csrf: str, sorties: Sequence[Sortie], said: Mapping[str, str]
) -> Section:
    """The form that records a sortie flown, what was recorded, and the form that saves the scenario as a mission.

    ``said`` holds the fields as they were sent if they were refused (``wrong_flown`` says why), and the names of what
    was just ``recorded`` or ``saved``.
    """
    here = [a.tail for a in mission.aircraft if _between(a.start, scenario.day, a.end)]
    places = [(place.id, place.name) for place in mission.places]
    fields = [
        _one("tail", Both("Tail", "Immatriculation"), [(tail, tail) for tail in here], said),
        _one("from", Both("From", "De"), places, said),
        _one("to", Both("To", "À"), places, said),
        _input("off", Both("Off (UTC)", "Décollage (UTC)"), "datetime-local", said.get("off"), more=" required"),
        _input("on", Both("On (UTC)", "Atterrissage (UTC)"), "datetime-local", said.get("on"), more=" required"),
        *[
            _input(name, words, "number", said.get(name, 0), more=" min=0")
            for name, words in (
                ("pax", Both("Passengers", "Passagers")), ("cargo_kg", Both("Cargo, kg", "Fret, kg")),
                ("litters", Both("Litters", "Civières")),
            )
        ],
        _input("source", Both("Reported by", "Rapporté par"), "text", said.get("source"),
               more=" required maxlength=200"),
    ]  # fmt: skip
    error = f"<p role=alert class=wrong>{escape(said['wrong_flown'])}</p>" if "wrong_flown" in said else ""
    record = (
        f'<form method=post action="/flown?{escape(scenario.query())}#flown" class=controls>{_hidden("csrf", csrf)}'
        f"{''.join(fields)}<button>{Both('Record the sortie', 'Enregistrer la sortie').html()}</button></form>"
    )
    name = "pattern='[a-z0-9][a-z0-9_\\-]{0,39}' maxlength=40 required"
    save = (
        f'<form method=post action="/save?{escape(scenario.query())}#flown" class=controls>{_hidden("csrf", csrf)}'
        + _input("name", Both("Save this scenario as", "Enregistrer ce scénario sous"), "text", more=f" {name}")
        + f"<button>{Both('Save', 'Enregistrer').html()}</button></form>"
    )
    body = _done(said) + error + record + _sorties(sorties, said.get("recorded", "")) + "<hr>" + save
    return Section("flown", Both("Record and save", "Consigner et enregistrer"), body)


def _one(name: str, words: Both, options: Iterable[tuple[str, str]], said: Mapping[str, str]) -> str:
    rows = "".join(
        f'<option value="{escape(key)}"{" selected" if said.get(name) == key else ""}>{escape(shown)}'
        for key, shown in options
    )
    return f"<label>{words.html()}<select name={name} required>{rows}</select></label>"


def _done(said: Mapping[str, str]) -> str:
    """Say what was just recorded or saved."""
    lines = []
    if "recorded" in said:
        lines.append(Both("Recorded in the ledger.", "Consigné dans le registre."))
    if "saved" in said:
        name = said["saved"]
        lines.append(Both(f"Saved as {name}: castor brief {name}", f"Enregistré sous {name} : castor brief {name}"))
    return "".join(f"<p role=status class=said>{line.html()}</p>" for line in lines)


def _sorties(sorties: Sequence[Sortie], newest: str) -> str:
    """The last sorties recorded, newest first."""
    if not sorties:
        return ""
    heads = [
        Both("sortie", "sortie"), Both("hours", "heures"), Both("passengers", "passagers"),
        Both("cargo, kg", "fret, kg"), Both("litters", "civières"), Both("reported by", "rapporté par"),
    ]  # fmt: skip
    rows = [
        [
            Markup(f"<strong>{escape(one.flight)}</strong>") if one.id == newest else one.flight,
            exact(one.hours),
            *[exact(one.carried.get(measure, 0)) for measure in ("passengers", "cargo", "litter patients")],
            one.reporter,
        ]
        for one in reversed(sorties[-MOST_SHOWN:])
    ]
    caption = Both(
        f"Recorded from this page: {len(sorties)}, the last {min(len(sorties), MOST_SHOWN)} shown",
        f"Consignées depuis cette page : {len(sorties)}, les {min(len(sorties), MOST_SHOWN)} dernières affichées",
    )
    return table(heads, rows, caption)


def _between(start: dt.date | None, day: dt.date, end: dt.date | None) -> bool:
    return (start is None or start <= day) and (end is None or day <= end)
