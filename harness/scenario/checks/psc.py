"""Checks on what a software sends to Pro Santé Connect."""

from __future__ import annotations

from harness.scenario.checks import Context, Traffic, check
from harness.scenario.select import listed
from harness.scenario.verdict import Failed, Inconclusive, Seen, kept, mended, said
from harness.words import Words, words
from norms.finding import errors

_P = "harness.scenario"
_DOMAINS = ("OIDC", "TLS", "HTTP")


@check(
    "psc.request-valid",
    fr="Chaque demande à Pro Santé Connect respecte ses règles : aucune règle OIDC, TLS ou HTTP en erreur.",
    en="Each request to Pro Santé Connect respects its rules: no OIDC, TLS or HTTP rule in error.",
)
def request_valid(context: Context, on: list[Traffic]) -> Seen:
    """The rules of the mock's own domains, on the exchanges given or on every exchange with PSC of the step."""
    calls = [entry for entry in on if entry.service == "psc"]
    expected = words(_P, "psc.valid_expected")
    if not calls:
        raise Inconclusive(words(_P, "psc.no_call"), Seen(expected, listed([])))
    for call in calls:
        wrong = [f for f in errors(call.findings) if f.rule.split("-", 1)[0] in _DOMAINS]
        if wrong:
            message = words(_P, "psc.invalid", id=call.id, n=len(wrong), said=said(wrong))
            rules = ", ".join(f.rule for f in wrong)
            raise Failed(message, Seen(expected, Words.of(rules), call.id, kept(wrong)), fix=mended(wrong))
    return Seen(expected, listed(calls), calls[0].id)
