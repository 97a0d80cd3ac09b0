"""The page: who, when, what kind of document; then each section, its text and beside it its coded entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files

from harness.render.entries import entries, time
from harness.render.html import Child, Node, h
from harness.render.html import page as whole
from harness.render.narrative import Media, embedded, narrative, pictures
from norms.cda.document import Document, Element, each, first, qname, words
from norms.cda.preflight import read
from norms.cda.volets import identify, sheets
from norms.codes import Tables
from norms.texts import Lang, text


@cache
def _style() -> str:
    return files("harness.render").joinpath("style.css").read_text(encoding="utf-8")


class NotADocument(ValueError):
    """The bytes hold no CDA document; the message says why, in the language asked."""


def render(data: bytes, lang: Lang = "fr") -> str:
    """The page of one document, whatever wraps it; raises NotADocument."""
    document, findings = read(data, tables=Tables(), today=None)
    if document is None:
        raise NotADocument(" ".join(f.message(lang) for f in findings) or "—")

    def say(key: str) -> str:
        return text("harness.render", key, lang)

    title = words(first(document.root, "title")) or say("untitled")
    media = pictures(document, say)
    body: list[Child] = [h("h1", title), _header(document, say, lang), *_body(document, media, say)]
    return whole(title, _style(), body, lang)


def _header(document: Document, say: Callable[[str], str], lang: Lang) -> Node:
    rows = [(label, value) for label, value in _facts(document, lang) if value]
    return h("dl", ([h("dt", say(label)), h("dd", value)] for label, value in rows), class_="head")


def _facts(document: Document, lang: Lang) -> Iterator[tuple[str, str]]:
    root = document.root
    role = first(root, "recordTarget/patientRole")
    if role is not None:
        yield "patient", _patient(role)
        yield "born", _birth(role, lang)
        for id in each(role, "id"):
            kind = "ins" if id.get("root", "").startswith("1.2.250.1.213.1.4.") else "local_id"
            yield kind, f"{id.get('extension', '')} ({id.get('root', '')})"
    for who in each(root, "author"):
        when = first(who, "time")
        said = time(when.get("value", ""), lang) if when is not None else ""
        yield "author", f"{_person(first(who, 'assignedAuthor'))} – {said}"
    yield "signer", _person(first(root, "legalAuthenticator/assignedEntity"))
    yield "custodian", words(first(root, "custodian/assignedCustodian/representedCustodianOrganization/name"))
    code = first(root, "code")
    if code is not None:
        yield "type", f"{code.get('displayName', '')} ({code.get('code', '')})"
    name, oid, version = identify(document)
    model = sheets.models().get(oid)
    title = f" – {model.fr if lang == 'fr' else model.en}" if model else ""
    yield "model", f"{name} {version}{title}"
    stamp = first(root, "effectiveTime")
    yield "date", time(stamp.get("value", ""), lang) if stamp is not None else ""
    number = first(root, "versionNumber")
    before = first(root, "relatedDocument/parentDocument/id")
    replaced = f" ← {before.get('root', '')}" if before is not None else ""
    yield "version", (number.get("value", "") if number is not None else "") + replaced
    level = first(root, "confidentialityCode")
    secret = (level.get("displayName") or level.get("code")) if level is not None else None
    yield "confidentiality", secret or ""
    for act in each(root, "documentationOf/serviceEvent/code"):
        yield "act", f"{act.get('displayName', '')} ({act.get('code', '')})"


def _patient(role: Element) -> str:
    name = first(role, "patient/name")
    if name is None:
        return ""
    family = {e.get("qualifier", ""): words(e) for e in name.iterchildren(qname("family"))}
    given = {e.get("qualifier", ""): words(e) for e in name.iterchildren(qname("given"))}
    birth = f"{family.get('BR') or family.get('', '')} {given.get('') or given.get('BR', '')}"
    used = " ".join(part for part in (family.get("CL", ""), given.get("CL", "")) if part)
    gender = first(role, "patient/administrativeGenderCode")
    return birth + (f" ({used})" if used else "") + (f" – {gender.get('code', '')}" if gender is not None else "")


def _birth(role: Element, lang: Lang) -> str:
    born = first(role, "patient/birthTime")
    county = words(first(role, "patient/birthplace/place/addr/county"))
    city = words(first(role, "patient/birthplace/place/addr/city"))
    place = f" – {city} {county}".rstrip() if city or county else ""
    return (time(born.get("value", ""), lang) if born is not None else "") + place


def _person(entity: Element | None) -> str:
    if entity is None:
        return ""
    name = first(entity, "assignedPerson/name")
    if name is None:
        device = first(entity, "assignedAuthoringDevice")
        return words(device)
    title = "suffix" if first(name, "suffix") is not None else "prefix"  # DR before MME, and either before the name
    said = " ".join(words(e) for tag in (title, "given", "family") for e in each(name, tag))
    code = first(entity, "code")
    role = f", {code.get('displayName', '')}" if code is not None and code.get("displayName") else ""
    place = words(first(entity, "representedOrganization/name"))
    return said + role + (f", {place}" if place else "")


def _body(document: Document, media: Media, say: Callable[[str], str]) -> Iterator[Child]:
    content = first(document.root, "component/nonXMLBody/text")
    if content is not None:
        yield embedded(content.text or "", content.get("mediaType", ""), say)
    for section in each(document.root, "component/structuredBody/component/section"):
        yield from _section(document, section, media, 2)


def _section(document: Document, section: Element, media: Media, level: int) -> Iterator[Child]:
    code = first(section, "code")
    mark = h("code", f" {code.get('code', '')}") if code is not None and code.get("code") else None
    yield h(f"h{min(level, 3)}", words(first(section, "title")), mark)
    told = first(section, "text")
    blocks = entries(document, section)
    left = narrative(told, media) if told is not None else h("div")
    yield h("div", left, h("div", blocks) if blocks else None, class_="section" if blocks else None)
    for part in each(section, "component/section"):
        yield from _section(document, part, media, level + 1)
