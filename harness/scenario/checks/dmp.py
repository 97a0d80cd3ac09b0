"""Checks on calls to the DMP, and on what is read there. What is deposited: `dmp_deposit`."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from lxml import etree

from harness.scenario.checks import Context, Traffic, check
from harness.scenario.select import listed
from harness.scenario.traffic import Side
from harness.scenario.verdict import Failed, Inconclusive, Seen, kept, mended, said
from harness.words import Words, words
from norms.finding import errors
from norms.soap import BadEnvelope, read
from norms.soap.mtom import BadPackage, Part, is_related, split
from norms.xds.names import rim
from norms.xds.retrieve import read_retrieve, read_retrieved
from norms.xml import BadXml, parse

_P = "harness.scenario"
_DOMAINS = ("VIHF", "DMP", "XDS", "HL7", "SAML", "SOAP", "TLS", "HTTP")


def calls(on: list[Traffic], operation: str = "") -> list[Traffic]:
    """The DMP's exchanges, of one operation or all; raises Inconclusive when there is none."""
    found = [one for one in on if one.service == "dmp" and operation in ("", one.operation)]
    if not found:
        raise Inconclusive(words(_P, "dmp.no_call"), Seen(Words.of(operation or "dmp"), listed([])))
    return found


def package(call: Traffic, side: Side) -> tuple[bytes, Mapping[str, Part]]:
    """The XML of one side, taken out of its package, and the parts that came with it; raises Inconclusive."""
    data = call.body(side)
    kind = next(iter(call.at(f"{side}.header.content-type")), "")
    if not is_related(kind):
        return data, {}
    try:
        held = split(kind, data)
    except BadPackage:
        raise _unreadable(call, side) from None
    return bytes(held.root.data), held.parts


def xml(call: Traffic, side: Side) -> etree._Element:
    """The XML of one side, parsed; raises Inconclusive."""
    try:
        return parse(package(call, side)[0])
    except BadXml:
        raise _unreadable(call, side) from None


def _unreadable(call: Traffic, side: Side) -> Inconclusive:
    return Inconclusive(words(_P, "dmp.unreadable", id=call.id), Seen(Words.of(side), Words.of("")))


@check(
    "dmp.request-valid",
    fr="Chaque appel respecte les règles du DMP : aucune règle VIHF, DMP, XDS, HL7, SAML, SOAP, TLS ou HTTP en erreur.",
    en="Each call respects the rules of the DMP: no VIHF, DMP, XDS, HL7, SAML, SOAP, TLS or HTTP rule in error.",
)
def request_valid(context: Context, on: list[Traffic]) -> Seen:
    """The rules of the mock's own domains, on the exchanges given or on every DMP call of the step."""
    made, expected = calls(on), words(_P, "dmp.valid_expected")
    for call in made:
        wrong = [f for f in errors(call.findings) if f.rule.split("-", 1)[0] in _DOMAINS]
        if wrong:
            message = words(_P, "dmp.invalid", id=call.id, n=len(wrong), said=said(wrong))
            rules = ", ".join(f.rule for f in wrong)
            raise Failed(message, Seen(expected, Words.of(rules), call.id, kept(wrong)), fix=mended(wrong))
    return Seen(expected, listed(made), made[0].id)


@check(
    "dmp.all-shown",
    fr="Le logiciel montre autant de documents que le DMP en a rendu.",
    en="The software shows as many documents as the DMP gave.",
    eye=True,
)
def all_shown(context: Context, on: list[Traffic]) -> Seen:
    """Entries of the answer to TD3.1 against the list of the action's answer."""
    call = calls(on, "TD3.1")[-1]
    given = len(list(xml(call, "response").iter(rim("ExtrinsicObject"))))
    reply = context.window.reply
    shown = len(reply.result.get("documents", ())) if reply is not None and reply.ok else 0
    seen = Seen(Words.of(str(given)), Words.of(str(shown)), call.id)
    if shown != given:
        raise Failed(words(_P, "dmp.not_all", expected=given, found=shown), seen)
    return seen


@check(
    "dmp.criteria",
    fr="La recherche porte les critères attendus.",
    en="The search carries the criteria expected.",
)
def criteria(context: Context, on: list[Traffic], *, names: list[str]) -> Seen:
    """Names of the slots of the stored query."""
    call = calls(on, "TD3.1")[-1]
    sent = {slot.get("name", "") for slot in xml(call, "request").iter(rim("Slot"))}
    missing = [name for name in names if name not in sent]
    seen = Seen(Words.of(", ".join(names)), Words.of(", ".join(sorted(sent))), call.id)
    if missing:
        raise Failed(words(_P, "dmp.criteria", missing=", ".join(missing)), seen)
    return seen


@check(
    "dmp.asked-only",
    fr="Le logiciel ne demande au DMP que les documents choisis.",
    en="The software asks the DMP for the documents chosen and no other.",
)
def asked_only(context: Context, on: list[Traffic], *, documents: list[str]) -> Seen:
    """uniqueIds of the TD3.2 of the step, all calls together; ``documents`` the uniqueIds chosen."""
    made = calls(on, "TD3.2")
    asked = [one.unique_id for call in made for one in read_retrieve(_body(call, "request"))[0]]
    seen = Seen(Words.of(", ".join(sorted(documents))), Words.of(", ".join(sorted(asked)) or "—"), made[0].id)
    if sorted(asked) != sorted(documents):
        raise Failed(words(_P, "dmp.asked_other", expected=len(documents), found=len(asked)), seen)
    return seen


@check(
    "dmp.content-intact",
    fr="Le logiciel rend les documents tels que le DMP les a donnés, octet pour octet.",
    en="The software gives the documents as the DMP gave them, byte for byte.",
    eye=True,
)
def content_intact(context: Context, on: list[Traffic]) -> Seen:
    """``result.documents`` (unique_id, content_base64) of the step against the parts of its TD3.2."""
    given: dict[str, bytes] = {}
    made = calls(on, "TD3.2")
    for call in made:
        parts = package(call, "response")[1]
        given |= {one.unique_id: bytes(one.part.data) for one in read_retrieved(_body(call, "response"), parts)}
    reply = context.window.reply
    rows = reply.result.get("documents", ()) if reply is not None and reply.ok else ()
    shown = {row.get("unique_id"): _bytes(row.get("content_base64", "")) for row in rows}
    wrong = sorted(id for id in given.keys() | shown.keys() if given.get(id) != shown.get(id))
    seen = Seen(Words.of(str(len(given))), Words.of(str(len(given) - len(wrong))), made[0].id)
    if wrong or not given:
        raise Failed(words(_P, "dmp.altered", ids=", ".join(map(str, wrong)) or "—"), seen)
    return seen


@check(
    "dmp.not-blocking",
    fr="Le logiciel travaille pendant que le DMP tarde à répondre.",
    en="The software works while the DMP is slow to answer.",
)
def not_blocking(context: Context, on: list[Traffic], *, since: str = "") -> Seen:
    """Another exchange begins before the end of a call to the DMP that an earlier gesture (step ``since``) caused."""
    on = on if not since else [one for window in context.since(since) for one in window.traffic if one.is_exchange]
    slow = calls(on)
    expected = words(_P, "dmp.overlap_expected")
    other = [one for one in on if one.service != "dmp"]
    if not other:
        raise Inconclusive(words(_P, "dmp.nothing_else"), Seen(expected, listed(slow)))
    for call in slow:
        for one in other:
            if one.started < call.ended:
                return Seen(expected, listed([call, one]), one.id)
    raise Failed(words(_P, "dmp.blocked"), Seen(expected, listed(on), slow[0].id))


def _body(call: Traffic, side: Side) -> etree._Element:
    """What the envelope of one side holds; raises Inconclusive."""
    try:
        return read(package(call, side)[0]).body
    except BadEnvelope:
        raise _unreadable(call, side) from None


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except ValueError:
        return b""
