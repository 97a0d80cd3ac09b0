"""Checks on calls to the DMP."""

from __future__ import annotations

from harness.scenario.checks import Context, Traffic, check
from harness.scenario.select import listed
from harness.scenario.verdict import Failed, Inconclusive, Seen, kept, mended, said
from harness.words import Words, words
from norms.finding import errors
from norms.soap.mtom import BadPackage, is_related, split
from norms.xds.names import rim
from norms.xds.read import read_objects
from norms.xml import BadXml, parse

_P = "harness.scenario"
_DOMAINS = ("VIHF", "DMP", "XDS", "HL7", "SAML", "SOAP", "TLS", "HTTP")
_VISIBILITY = frozenset(("MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX"))
_SIGNATURE = "art"  # language of the signature document


def _calls(on: list[Traffic], operation: str = "") -> list[Traffic]:
    calls = [one for one in on if one.service == "dmp" and operation in ("", one.operation)]
    if not calls:
        raise Inconclusive(words(_P, "dmp.no_call"), Seen(Words.of(operation or "dmp"), listed([])))
    return calls


def _root(call: Traffic, side: str):  # type: ignore[no-untyped-def]
    """The XML of one side, taken out of its package."""
    data = call.body("request" if side == "request" else "response")
    kind = next(iter(call.at(f"{side}.header.content-type")), "")
    try:
        return parse(split(kind, data).root.data if is_related(kind) else data)
    except (BadXml, BadPackage):
        raise Inconclusive(words(_P, "dmp.unreadable", id=call.id), Seen(Words.of(side), Words.of(""))) from None


@check(
    "dmp.request-valid",
    fr="Chaque appel respecte les règles du DMP : aucune règle VIHF, DMP, XDS, HL7, SAML, SOAP, TLS ou HTTP en erreur.",
    en="Each call respects the rules of the DMP: no VIHF, DMP, XDS, HL7, SAML, SOAP, TLS or HTTP rule in error.",
)
def request_valid(context: Context, on: list[Traffic]) -> Seen:
    """The rules of the mock's own domains, on the exchanges given or on every DMP call of the step."""
    calls, expected = _calls(on), words(_P, "dmp.valid_expected")
    for call in calls:
        wrong = [f for f in errors(call.findings) if f.rule.split("-", 1)[0] in _DOMAINS]
        if wrong:
            message = words(_P, "dmp.invalid", id=call.id, n=len(wrong), said=said(wrong))
            rules = ", ".join(f.rule for f in wrong)
            raise Failed(message, Seen(expected, Words.of(rules), call.id, kept(wrong)), fix=mended(wrong))
    return Seen(expected, listed(calls), calls[0].id)


@check(
    "dmp.visibility",
    fr="Les codes de visibilité du document déposé sont ceux demandés, et eux seuls.",
    en="The visibility codes of the document deposited are those asked for, and only these.",
)
def visibility(context: Context, on: list[Traffic], *, codes: list[str]) -> Seen:
    """confidentialityCode of every entry but the signature, in each deposit of the step."""
    expected = Words.of(", ".join(sorted(codes)) or "—")
    calls = _calls(on, "TD2.1")
    for call in calls:
        objects = next(iter(_root(call, "request").iter(rim("RegistryObjectList"))), None)
        entries = read_objects(objects)[1] if objects is not None else []
        for entry in entries:
            found = entry.visibility & _VISIBILITY
            if entry.language != _SIGNATURE and found != set(codes):
                shown = ", ".join(sorted(found)) or "—"
                message = words(_P, "dmp.visibility", expected=expected.fr, found=shown)
                raise Failed(message, Seen(expected, Words.of(shown), call.id))
    return Seen(expected, expected, calls[0].id)


@check(
    "dmp.all-shown",
    fr="Le logiciel montre autant de documents que le DMP en a rendu.",
    en="The software shows as many documents as the DMP gave.",
)
def all_shown(context: Context, on: list[Traffic]) -> Seen:
    """Entries of the answer to TD3.1 against the list of the action's answer."""
    call = _calls(on, "TD3.1")[-1]
    given = len(list(_root(call, "response").iter(rim("ExtrinsicObject"))))
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
    call = _calls(on, "TD3.1")[-1]
    sent = {slot.get("name", "") for slot in _root(call, "request").iter(rim("Slot"))}
    missing = [name for name in names if name not in sent]
    seen = Seen(Words.of(", ".join(names)), Words.of(", ".join(sorted(sent))), call.id)
    if missing:
        raise Failed(words(_P, "dmp.criteria", missing=", ".join(missing)), seen)
    return seen
