"""Checks on what a software sends to Pro Santé Connect."""

from __future__ import annotations

import re

from harness.scenario.checks import Context, Traffic, check
from harness.scenario.select import listed
from harness.scenario.verdict import BenchFault, Failed, Inconclusive, Seen, kept, mended, said
from harness.words import Words, words
from norms.finding import errors
from norms.letters import bare

_P = "harness.scenario"
_DOMAINS = ("OIDC", "TLS", "HTTP")

# What names each situation, in French or English, the OAuth codes included; in lower case, without accents.
_NOT = r"(?:\b(?:pas|non|plus|jamais|not|never|no longer|cannot)|n't) "
_DENIED = (
    r"refus|rejet|reject|declin|den(?:y|ie)|cancel|annul|turned down"
    r"|(?:pas|non|not|never|jamais) (?:ete |been )?(?:approuv|approv|autoris|authori|valid|accept|confirm)"
)
_LATE = (
    r"expir|delai|time[ -]?out|timed out|a temps|in time|too late|trop tard|too long|trop long|perime"
    r"|(?:pas|sans|aucune|no|not|without) (?:de )?(?:repon|answer|response|reply)"
)
_FAILED = (
    r"echec|echou|fail|impossible|unable|could(?: not|n't)|cannot|can't|unsuccessful|interromp|interrupt|abandon|abort"
    r"|injoignable|indisponible|inaccessible|unavailable|unreachable|server_error|invalid_|unauthorized|timed? ?out"
    rf"|{_NOT}(?:\w+ ){{0,2}}(?:pu\b|about|reuss|succe|complet|possib|etabli|ouvert|open|connect|identif|authenti"
    r"|repond|answer|respond|joign|reach|disponib|availab|logged|signed|log in|sign in)"
    r"|(?:repond|abouti|reussi|fonctionn|connect)\w* (?:pas|plus)\b|(?:aucune|no) session"
    r"|(?:erreur|probleme|incident|error|problem)\b.*(?:connexion|connect|authenti|identif|log ?in|sign|jeton|token)"
    r"|(?:connexion|connect|authenti|identif|login|sign-?in).*\b(?:erreur|error)\b"
)
_OVER = (
    r"expir|perime|deconnect|disconnect|reconnect|inactiv|timed? ?out|log(?:ged)?[ -]?out|sign(?:ed)?[ -]?out"
    r"|(?:session|connexion|connection|login)\b.*\b(?:termin|over\b|ended|clos|ferme|fini|lost|perdue|interromp|coupee)"
    r"|(?:fin|end) (?:de |of )?(?:la |the |votre |your )?session|invalid_grant|login_required|session_expired"
    rf"|{_NOT}(?:\w+ ){{0,2}}(?:valid|activ|ouvert|open|connect|logged|signed|authenti|identif)|(?:aucune|no) session"
    r"|(?:connect|identifi|authentifi)\w*(?:[ -]vous)? (?:de|a) nouveau|re-?(?:authenti|identifi|login)"
    r"|(?:log|sign|authenticate)(?: in)? again"
)
_CLOSED = (
    r"interdit|forbidden|prohibit|invalid_scope|insufficient_scope|unauthori[sz]ed|privileg|habilit|reserve|restrict"
    r"|impossible|(?:pouvez|permet|autoris)\w* (?:pas|plus)\b"
    r"|\b(?:droit|right|permission|autorisation|authori[sz]ation)s?\b"
    rf"|{_NOT}(?:\w+ ){{0,2}}(?:acces|ouvert|open|permis|permit|allow|disponib|availab|entitle|autoris|authori|possib"
    r"|utilis|use\b)"
    r"|(?:fonction|function|feature|acces)\w*\b.*(?:indisponib|inaccessib|unavailab|desactiv|disabled|ferme|clos)"
)
_REASONS = {
    "denied": _DENIED,
    "expired": f"{_DENIED}|{_LATE}",
    "failed": f"{_DENIED}|{_FAILED}",
    "over": _OVER,
    "closed": f"{_DENIED}|{_CLOSED}",
}


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
    fr="Un message ou une alerte nomme le refus : de la connexion, de la session, ou de la fonction demandée.",
    en="A message or an alert names the refusal: of the login, of the session, or of the function asked for.",
    eye=True,
)
def refusal_told(context: Context, on: list[Traffic], *, reason: str) -> Seen:
    """``reason``: denied, expired (CIBA), failed (any login), over (the session) or closed (a function).

    The words that show the number to compare say nothing of the answer.
    """
    if reason not in _REASONS:
        raise BenchFault(words(_P, "psc.no_reason", reason=reason, known=", ".join(_REASONS)))
    numbers = {number for call in on if (number := str(call.facts.get("binding_message", "")))}
    reply = context.window.reply
    items = [item for item in (reply.shown if reply else ()) if item.get("kind") in ("message", "alert")]
    texts = [str(item.get("text", "")) for item in items]
    seen = Seen(words(_P, f"psc.told_{reason}"), Words.of("; ".join(texts) or "—"))
    after = [text for text in texts if not numbers & set(re.findall(r"\b[0-9]{2}\b", text))]
    if not any(re.search(_REASONS[reason], _line(text)) for text in after):
        raise Failed(words(_P, "psc.not_told", expected=seen.expected, found=seen.seen), seen)
    return seen


def _line(text: str) -> str:
    """In lower case, without accents, apostrophes straight, on one line."""
    return " ".join(bare(text).replace("’", "'").split())
