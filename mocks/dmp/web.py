"""Contextual web access of the DMP, the pages that a software opens in a browser: TD0.9 (card) and TD0.10 (PSC).

Addresses of PDT-INF-527: ``/AccesDirect/{page}[/{INS}]``. Who reads is the card of the TLS connection, else who is
logged in at Pro Santé Connect in this session (as the single sign-on of a browser would have it).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from mocks.dmp import rights
from mocks.dmp.access import caller_of, masked_to, patient_of
from mocks.dmp.directory import organisation, professional
from mocks.dmp.matrix import MATRIX
from mocks.dmp.state import state_of
from mocks.grants import Grants
from mocks.http import Answer, Call, Handler
from mocks.world import Patient, Professional
from norms.finding import find
from norms.texts import LANGS, Lang, text
from norms.vihf.names import NORMAL
from norms.xds.codes import is_signature
from norms.xds.datatypes import read_dtm
from norms.xds.model import DocumentEntry
from norms.xds.names import APPROVED
from norms.xds.update import VISIBILITY_CODES

PACKAGE: Final = "mocks.dmp"
_PARIS: Final = ZoneInfo("Europe/Paris")
ROOT: Final = "/AccesDirect"
GENERAL: Final = ("TableauDeBord", "Parametrages")
OF_PATIENT: Final = (
    "TableauDeBord",
    "DossierPatient",
    "GestionDMPPatient",
    "Documents",
    "ParcoursDeSoins",
    "HistoriqueAcces",
    "VolontesEtDroits",
    "CarnetVaccination",
)
_VACCINATION: Final = ("87273-9", "11369-6")
_INS: Final = re.compile(r"\w{13}(\w\w)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: a professional of the world, by card or by Pro Santé Connect."""

    person: Professional
    transaction: str

    @property
    def actor(self) -> str:
        """Its column in the matrix."""
        kind = "PS" if self.person.profession.isdigit() else "OTHER"
        return f"{'DIRECT' if self.transaction == 'TD0.9' else 'AIR'}_{kind}"


async def show(call: Call) -> Answer:
    """A page of the contextual access."""
    call.exchange.operation = "TD0.9"
    name, _, ins = unquote(call.path).removeprefix(f"{ROOT}/").partition("/")
    reader = _reader(call)
    if reader is None:
        return _page(call, "identify", 401)
    call.exchange.operation = reader.transaction
    call.exchange.facts |= {"name_id": reader.person.national_id, "page": name, "ins": ins}
    if NORMAL not in MATRIX["TD0.9"][reader.actor].purposes:
        return _page(call, "denied", 403, reader)
    if name not in (OF_PATIENT if ins else GENERAL):
        allowed = ", ".join(dict.fromkeys((*GENERAL, *OF_PATIENT)))
        call.note(find("VIHF-WEB-01", expected=allowed, found=f"{ROOT}/{name}"))
        return _page(call, "unknown", 404, reader)
    if not ins:
        return _page(call, "home", 200, reader, patients=_patients(call, reader))
    return _record(call, reader, name, ins)


def _record(call: Call, reader: Reader, name: str, ins: str) -> Answer:
    patient = patient_of(call.session.world, ins, "") if _INS.fullmatch(ins) else None
    if not _INS.fullmatch(ins) or (len(ins) == 15 and patient and patient.ins and patient.ins.full != ins):
        call.note(find("VIHF-INS-05", expected="INS", found=ins))
    if patient is None or patient.dmp.opposed or patient.dmp.status == "absent":
        return _page(call, "absent", 404, reader)
    call.exchange.facts["patient"] = patient.id
    who, day = reader.person.national_id, rights.today(call.session)
    right = rights.status(patient.dmp, who, "", day, int(call.switch("right_months")))
    if patient.dmp.status == "closed":
        return _page(call, "closed", 403, reader, patient=patient)
    if right == rights.BLOCKED:
        call.note(find("VIHF-RIGHT-02", found=who))
        return _page(call, "blocked", 403, reader)
    if right != rights.VALID:
        if call.method != "POST" or not _own_form(call):
            return _page(call, "confirm", 200, reader, patient=patient)
        patient = rights.declare(call, patient, who, treating=False)
        call.exchange.facts["right_action"] = "AJOUT"
    return _page(
        call, "record", 200, reader, patient=patient, name=name, documents=_documents(call, reader, patient, name)
    )


def _reader(call: Call) -> Reader | None:
    world = call.session.world
    if call.peer is not None and (caller := caller_of(call.peer)).card:
        person = professional(world, caller.common_name)
        return Reader(person, "TD0.9") if person else None
    now = call.session.clock.now()
    logins = call.session.state("grants", Grants).logins.values()
    alive = sorted((login for login in logins if login.alive(now)), key=lambda login: login.seen)
    person = professional(world, alive[-1].national_id) if alive else None
    return Reader(person, "TD0.10") if person else None


def _own_form(call: Call) -> bool:
    """The form of our own page: another site cannot make the browser declare a right."""
    origin = call.header("origin")
    said = parse_qs(call.body[:1000].decode("latin-1")).get("autoriser") == ["oui"]
    return said and (not origin or urlsplit(origin).netloc == call.header("host"))


def _patients(call: Call, reader: Reader) -> list[Patient]:
    who = reader.person.national_id
    held = ((patient, patient.dmp.right(who)) for patient in call.session.world.patients.values() if patient.ins)
    return [
        patient for patient, right in held if right and right.status == rights.VALID and patient.dmp.status == "open"
    ]


def _documents(call: Call, reader: Reader, patient: Patient, name: str) -> list[DocumentEntry]:
    record = state_of(call).registry.record(patient.id)
    entries = [record.entries[id] for id in record.current.values()]
    who = reader.person.national_id
    seen = [
        entry
        for entry in entries
        if entry.status == APPROVED
        and not is_signature(entry)
        and not masked_to(entry, who, patient.dmp.treating == who)
    ]
    if name == "CarnetVaccination":
        seen = [entry for entry in seen if entry.type_code and entry.type_code.code in _VACCINATION]
    return sorted(seen, key=lambda entry: entry.creation_time, reverse=True)


def _page(call: Call, kind: str, status: int, reader: Reader | None = None, **values: object) -> Answer:
    lang = _language(call)
    call.exchange.outcome = kind
    html = (
        _templates()
        .get_template("page.html")
        .render(
            t=lambda key, **args: text(PACKAGE, f"web.{key}", lang, **args),
            day=lambda written: _day(written, lang),
            who=lambda identifier: _who(call, identifier),
            lang=lang,
            kind=kind,
            reader=reader.person if reader else None,
            psc=reader is not None and reader.transaction == "TD0.10",
            root=ROOT,
            pages=OF_PATIENT,
            hidden=VISIBILITY_CODES,
            **{"patient": None, "patients": (), "documents": (), "name": "", **values},
        )
    )
    headers = [
        (
            "content-security-policy",
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
        ),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),  # with no-referrer a browser sends Origin: null with our own forms
        ("cache-control", "no-store"),
        ("content-language", lang),
    ]
    return Answer(status, html.encode(), "text/html; charset=utf-8", headers)


def _day(written: str, lang: Lang) -> str:
    """A day as people read it: of a birth (AAAA-MM-JJ, 00 for what is not known), or of an instant (DTM in UTC)."""
    instant = read_dtm(written) if len(written) >= 12 else None
    day = instant.astimezone(_PARIS).date().isoformat() if instant else written
    if len(day) == 8 and day.isdigit():
        day = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    return "/".join(reversed(day.split("-"))) if lang == "fr" else day


def _who(call: Call, identifier: str) -> str:
    """A professional's or a structure's name and identifier, or the identifier alone."""
    world = call.session.world
    if person := professional(world, identifier):
        return f"{person.family_name} {person.given_name}, {identifier}"
    place = organisation(world, identifier)
    return f"{place.name}, {identifier}" if place else identifier


def _language(call: Call) -> Lang:
    wished = parse_qs(call.query).get("lang", [""])[0]
    if wished in LANGS:
        return "en" if wished == "en" else "fr"
    return "fr" if (call.header("accept-language") or "fr").lower().startswith("fr") else "en"


async def style(call: Call) -> Answer:
    """The style sheet."""
    call.exchange.operation = "page"
    data = files(PACKAGE).joinpath("static", "dmp.css").read_bytes()
    return Answer(200, data, "text/css; charset=utf-8", [("x-content-type-options", "nosniff")])


@cache
def _templates() -> Environment:
    return Environment(loader=PackageLoader(PACKAGE, "templates"), autoescape=True, undefined=StrictUndefined)


WEB_ROUTES: dict[tuple[str, str], Handler] = {
    ("GET", f"{ROOT}/*"): show,
    ("POST", f"{ROOT}/*"): show,
    ("GET", "/static/dmp.css"): style,
}
