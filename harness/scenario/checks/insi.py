"""Checks on calls to INSi."""

from __future__ import annotations

from harness.scenario.checks import Context, Traffic, check
from harness.scenario.select import listed
from harness.scenario.verdict import Failed, Inconclusive, Seen, kept, mended, said
from harness.words import Words, words
from norms.finding import errors

_P = "harness.scenario"
_DOMAINS = ("INSI", "SAML", "SOAP", "TLS", "HTTP")


@check(
    "insi.request-valid",
    fr="Chaque appel respecte le contrat du téléservice : aucune règle INSI, SAML, SOAP, TLS ou HTTP en erreur.",
    en="Each call respects the contract of the teleservice: no INSI, SAML, SOAP, TLS or HTTP rule in error.",
)
def request_valid(context: Context, on: list[Traffic]) -> Seen:
    """The rules of the mock's own domains, on the exchanges given or on every INSi call of the step."""
    calls = [entry for entry in on if entry.service == "insi"]
    expected = words(_P, "insi.valid_expected")
    if not calls:
        raise Inconclusive(words(_P, "insi.no_call"), Seen(expected, listed([])))
    for call in calls:
        wrong = [f for f in errors(call.findings) if f.rule.split("-", 1)[0] in _DOMAINS]
        if wrong:
            message = words(_P, "insi.invalid", id=call.id, n=len(wrong), said=said(wrong))
            rules = ", ".join(f.rule for f in wrong)
            raise Failed(message, Seen(expected, Words.of(rules), call.id, kept(wrong)), fix=mended(wrong))
    return Seen(expected, listed(calls), calls[0].id)


@check(
    "insi.ids-fresh",
    fr="Chaque appel porte un MessageID et des identifiants de contexte qui n'ont servi à aucun autre.",
    en="Each call carries a MessageID and context ids that no other call used.",
)
def ids_fresh(context: Context, on: list[Traffic]) -> Seen:
    """MessageID, ContexteBAM/Id and ContexteLPS/Id over every INSi call since the beginning of the variant."""
    calls = [e for window in context.windows.values() for e in window.traffic if e.is_exchange and e.service == "insi"]
    expected = words(_P, "insi.fresh_expected")
    if not calls:
        raise Inconclusive(words(_P, "insi.no_call"), Seen(expected, listed([])))
    used: dict[tuple[str, str], int] = {}
    for call in calls:
        for name, path in (
            ("MessageID", "request//MessageID"),
            ("ContexteBAM/Id", "request//ContexteBAM/Id"),
            ("ContexteLPS/Id", "request//ContexteLPS/Id"),
        ):
            for value in call.at(path):
                if (first := used.setdefault((name, value), call.id)) != call.id:
                    message = words(_P, "insi.reused", name=name, id=call.id, first=first)
                    raise Failed(message, Seen(expected, Words.of(value), call.id))
    return Seen(expected, listed(calls), calls[0].id)
