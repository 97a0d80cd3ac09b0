"""Checks on what a software sends to Pro Santé Connect."""

from __future__ import annotations

import re
import unicodedata

from harness.scenario.checks import Context, Traffic, check
from harness.scenario.select import listed
from harness.scenario.verdict import BenchFault, Failed, Inconclusive, Seen, kept, mended, said
from harness.words import Words, words
from norms.finding import errors

_P = "harness.scenario"
_DOMAINS = ("OIDC", "TLS", "HTTP")

# What names a refusal or a delay gone by, in French or English, the OAuth codes included; without accents.
_DENIED = (
    r"refus|rejet|reject|declin|den(?:y|ie)|cancel|annul|turned down"
    r"|(?:pas|non|not|never|jamais) (?:ete |been )?(?:approuv|approv|autoris|authori|valid|accept|confirm)"
)
_LATE = (
    r"expir|delai|time[ -]?out|timed out|a temps|in time|too late|trop tard|too long|trop long|perime"
    r"|(?:pas|sans|aucune|no|not|without) (?:de )?(?:repon|answer|response|reply)"
)
_REASONS = {"denied": _DENIED, "expired": f"{_DENIED}|{_LATE}"}


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


@check(
    "psc.refusal-told",
    fr="Un message ou une alerte dit que la connexion a été refusée, ou n'a pas été approuvée à temps.",
    en="A message or an alert says that the login was refused, or not approved in time.",
    eye=True,
)
def refusal_told(context: Context, on: list[Traffic], *, reason: str) -> Seen:
    """``reason``: denied or expired. The words that show the number to compare say nothing of the answer."""
    if reason not in _REASONS:
        raise BenchFault(words(_P, "psc.no_reason", reason=reason, known=", ".join(_REASONS)))
    numbers = {number for call in on if (number := str(call.facts.get("binding_message", "")))}
    reply = context.window.reply
    items = [item for item in (reply.shown if reply else ()) if item.get("kind") in ("message", "alert")]
    texts = [str(item.get("text", "")) for item in items]
    seen = Seen(words(_P, f"psc.told_{reason}"), Words.of("; ".join(texts) or "—"))
    after = [text for text in texts if not numbers & set(re.findall(r"\b[0-9]{2}\b", text))]
    if not any(re.search(_REASONS[reason], _bare(text)) for text in after):
        raise Failed(words(_P, "psc.not_told", expected=seen.expected, found=seen.seen), seen)
    return seen


def _bare(text: str) -> str:
    """In lower case, without accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
