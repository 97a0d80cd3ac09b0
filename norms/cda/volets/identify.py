"""Which volet a document claims, and what to say when it claims none that we know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from norms.cda.alike import alike
from norms.cda.document import Document, Element, each, first, qname
from norms.cda.volets import sheets
from norms.cda.volets.lines import system
from norms.finding import Finding, find

ARC = "1.2.250.1.213.1.1.1."
HEADER = "1.2.250.1.213.1.1.1.1"
HL7_FRANCE = "2.16.840.1.113883.2.8.2.1"
UNSTRUCTURED = "1.3.6.1.4.1.19376.1.2.20"
PLAIN = frozenset({HEADER, HL7_FRANCE, UNSTRUCTURED})


def claimed(document: Document) -> tuple[sheets.Model, Element] | None:
    """The most specific volet that the document's templateIds name, and that templateId."""
    models = sheets.models()
    found = [
        (models[root], template)
        for template in document.root.iterchildren(qname("templateId"))
        if (root := template.get("root", "")) in models
    ]
    parents = {oid for model, _ in found for oid in model.companions}
    return next(((m, t) for m, t in reversed(found) if m.oid not in parents), None)


def identify(document: Document) -> tuple[str, str, str]:
    """(name, templateId root, version) of the document's volet; empty strings when unknown.

    An unstructured document without a volet is named by its level: ``CDA-N1``.
    """
    if found := claimed(document):
        model, template = found
        extension = template.get("extension", "")
        return model.name, model.oid, model.versions.get(extension, extension)
    if first(document.root, "component/nonXMLBody") is not None:
        return "CDA-N1", UNSTRUCTURED, ""
    return "", "", ""


def check(document: Document) -> Iterable[Finding]:
    """Findings about the document's own templateIds."""
    templates = list(document.root.iterchildren(qname("templateId")))
    roots = [t.get("root", "") for t in templates]
    found = claimed(document)
    if found is None:
        if first(document.root, "component/nonXMLBody") is None:  # else the header stage tells (IHE XDS-SD)
            yield from _unknown(document, templates)
        return
    model, template = found
    extension = template.get("extension", "")
    if extension not in model.versions:
        known = " | ".join(e or "—" for e in model.versions)
        where = document.where(template, "extension" if extension else "")
        yield find("CDA-VOLET-02", expected=known, found=extension or "—", where=where, name=model.name)
    for oid in model.companions:
        if oid not in roots:
            yield find(
                "CDA-VOLET-07", expected=oid, where=document.where(document.root), name=sheets.name(oid) or model.name
            )
    yield from _code(document, model)


def _code(document: Document, model: sheets.Model) -> Iterator[Finding]:
    code = first(document.root, "code")
    if code is not None and model.codes and document.sound(code):
        wanted = [(c, system(s)) for s, c in model.codes]
        if code.get("code") not in [c for c, _ in wanted]:
            yield find(
                "CDA-VOLET-03", expected=" | ".join(c for _, c in model.codes), found=code.get("code", "—"),
                where=document.where(code, "code"), name=model.name,
            )  # fmt: skip
    acts = [
        c for event in each(document.root, "documentationOf/serviceEvent") for c in event.iterchildren(qname("code"))
    ]
    wanted_acts = {code for _, code in model.acts}
    if wanted_acts and acts and document.sound(acts[0]) and not wanted_acts & {act.get("code", "") for act in acts}:
        yield find(
            "CDA-VOLET-04", expected=" | ".join(sorted(wanted_acts)), found=acts[0].get("code", "—"),
            where=document.where(acts[0], "code" if "code" in acts[0].attrib else ""), name=model.name,
        )  # fmt: skip


def _unknown(document: Document, templates: list[Element]) -> Iterator[Finding]:
    """No volet that we know: a mistyped one, one newer than our tables, or none at all."""
    code = first(document.root, "code")
    wanted = code.get("code", "") if code is not None else ""
    by_code = [m.oid for m in sheets.models().values() if wanted and wanted in [c for _, c in m.codes]]
    for template in templates:
        root = template.get("root", "")
        if root in PLAIN:
            continue
        if near := _near(root, by_code or list(sheets.models())):
            yield _mistyped(document, template, near)
            return
    others = [t for t in templates if t.get("root", "") not in PLAIN]
    hints = [f"{sheets.models()[oid].name} ({oid})" for oid in by_code[:3]]
    if others:
        yield find(
            "CDA-VOLET-01", expected=" | ".join(hints) or ARC + "n", found=others[0].get("root", ""),
            where=document.where(others[0], "root"), hint="",
        )  # fmt: skip
    elif document.whole(document.root, "templateId"):
        yield find(
            "CDA-VOLET-06", expected=" | ".join(hints) or ARC + "n", found=len(templates),
            where=document.where(document.root),
        )  # fmt: skip


def _mistyped(document: Document, template: Element, near: str) -> Finding:
    return find(
        "CDA-VOLET-05", expected=near, found=template.get("root", ""), where=document.where(template, "root"),
        name=sheets.name(near) or near,
    )  # fmt: skip


def _near(root: str, among: list[str]) -> str:
    """The OID that this one is a slip of: one arc added, dropped or changed, or digits swapped."""
    found = alike(root, among, cutoff=0.92)
    return found[0] if found and root.count(".") >= 5 else ""
