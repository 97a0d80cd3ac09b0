"""Checks on what a software sends through its MSSanté operator, and on what it shows of what came back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from harness.scenario.checks import Context, Traffic, check
from harness.scenario.checks.trace import TOLERANCE, gap
from harness.scenario.select import listed
from harness.scenario.verdict import Failed, Inconclusive, Seen, kept, mended, said
from harness.words import Words, words
from norms import xdm
from norms.finding import errors
from norms.mail import mdn
from norms.mail.model import Mail
from norms.mail.parse import parse
from norms.xdm.actions import action_of

_P = "harness.scenario"
_SESSION = ("SASL", "SMTP", "IMAP", "TLS")
_LITERAL = re.compile(rb"\{\d+\+?\}\r\n")
# What a person looks for -> search parameters of the Annuaire Santé that say it.
CRITERIA = {
    "rpps": ("identifier",),
    "name": ("name", "family", "given"),
    "profession": ("qualification-code", "role"),
    "specialty": ("qualification-code", "specialty"),
    "place": ("address", "address-city", "address-postalcode"),
    "organisation": ("name", "identifier"),
}
# Operation of the bench -> action of the software's trace; the verbs that do it on the wire.
_TRACED = {
    "submit": ("mail.send", ("submit",)),
    "receive": ("mail.receive", ("fetch", "uid fetch")),
    "delete": ("mail.delete", ("move", "uid move", "store", "uid store")),
}


def sent(context: Context, on: list[Traffic]) -> Traffic:
    """The last message that the operator accepted, of those given; raises Inconclusive."""
    found = [one for one in on if one.service == "mssante" and one.operation == "submit" and one.outcome == "accepted"]
    if not found:
        raise Inconclusive(words(_P, "mail.none"), Seen(Words.of("submit"), listed([])))
    return found[-1]


def _mail(context: Context, on: list[Traffic]) -> tuple[Traffic, Mail]:
    call = sent(context, on)
    return call, parse(call.body("request"))


def _decide(call: Traffic, key: str, expected: str, found: str, good: bool) -> Seen:
    seen = Seen(Words.of(expected or "—"), Words.of(found or "—"), call.id)
    if not good:
        raise Failed(words(_P, f"mail.{key}", id=call.id, expected=expected or "—", found=found or "—"), seen)
    return seen


@check(
    "mail.valid",
    fr="Le message envoyé respecte ces groupes de règles.",
    en="The message sent respects these groups of rules.",
)
def valid(context: Context, on: list[Traffic], *, rules: Sequence[str]) -> Seen:
    """Errors among the findings of the last message accepted; ``rules``: beginnings of rule ids."""
    call = sent(context, on)
    expected = words(_P, "mail.valid_expected", rules=", ".join(rules))
    wrong = [one for one in errors(call.findings) if one.rule.startswith(tuple(rules))]
    if wrong:
        message = words(_P, "mail.invalid", id=call.id, n=len(wrong), said=said(wrong))
        found = Words.of(", ".join(dict.fromkeys(one.rule for one in wrong)))
        raise Failed(message, Seen(expected, found, call.id, kept(wrong)), fix=mended(wrong))
    return Seen(expected, listed([call]), call.id)


@check(
    "mail.session-valid",
    fr="Les sessions avec l'opérateur respectent leurs règles : aucune règle SASL, SMTP, IMAP ou TLS en erreur.",
    en="The sessions with the operator respect their rules: no SASL, SMTP, IMAP or TLS rule in error.",
)
def session_valid(context: Context, on: list[Traffic]) -> Seen:
    """Every exchange with the operator during the step."""
    calls = [one for one in on if one.service == "mssante"]
    expected = words(_P, "mail.session_expected")
    if not calls:
        raise Inconclusive(words(_P, "mail.no_session"), Seen(expected, listed([])))
    for call in calls:
        wrong = [one for one in errors(call.findings) if one.rule.split("-", 1)[0] in _SESSION]
        if wrong:
            message = words(_P, "mail.session", id=call.id, said=said(wrong))
            found = Words.of(", ".join(one.rule for one in wrong))
            raise Failed(message, Seen(expected, found, call.id, kept(wrong)), fix=mended(wrong))
    return Seen(expected, listed(calls), calls[0].id)


@check(
    "mail.token-once",
    fr="Un jeton que l'opérateur a refusé ne lui est plus présenté.",
    en="A token that the operator refused is not shown to it again.",
)
def token_once(context: Context, on: list[Traffic]) -> Seen:
    """No SASL-TOK-04, which is a warning elsewhere, among the logins of the step."""
    tries = [one for one in on if one.service == "mssante" and one.operation in ("login", "authenticate")]
    if not tries:
        raise Inconclusive(words(_P, "mail.no_session"), Seen(Words.of("login"), listed([])))
    again = [one for one in tries if any(finding.rule == "SASL-TOK-04" for finding in one.findings)]
    last = again[0] if again else tries[-1]
    return _decide(last, "token_again", "0", str(len(again)), not again)


@check(
    "mail.copied",
    fr="Une copie identique du message est déposée dans la boîte.",
    en="An identical copy of the message is put into the mailbox.",
)
def copied(context: Context, on: list[Traffic]) -> Seen:
    """The literal of an APPEND of the step is the message accepted, byte for byte."""
    call = sent(context, on)
    copies = [one for one in on if one.operation == "append"]
    message = call.body("request")
    same = any(message in _LITERAL.split(one.body("request"), maxsplit=1)[-1] for one in copies)
    found = f"{len(copies)} APPEND" + (" ≠" if copies and not same else "")
    return _decide(call, "copied", "APPEND =", found, same)


@check(
    "mail.thread",
    fr="La réponse se rattache au message reçu (In-Reply-To et References).",
    en="The answer is tied to the message received (In-Reply-To and References).",
)
def thread(context: Context, on: list[Traffic], *, message_id: str) -> Seen:
    """``message_id``: of the message answered."""
    call, mail = _mail(context, on)
    found = f"In-Reply-To: {', '.join(mail.in_reply_to) or '—'}; References: {', '.join(mail.references) or '—'}"
    return _decide(call, "thread", message_id, found, message_id in mail.in_reply_to and message_id in mail.references)


@check(
    "mail.ids-fresh",
    fr="Chaque message envoyé a un Message-ID qui n'a jamais servi.",
    en="Each message sent has a Message-ID that was never used.",
)
def ids_fresh(context: Context, on: list[Traffic], *, since: str) -> Seen:
    """Messages accepted since a step."""
    calls = [one for window in context.since(since) for one in window.traffic if one.operation == "submit"]
    last = sent(context, on)
    ids = [one.facts.get("message_id", "") for one in calls]
    return _decide(last, "same_id", str(len(ids)), str(len(set(ids))), len(set(ids)) == len(ids) and all(ids))


@check(
    "mail.automatic",
    fr="Un message automatique le dit, et donne une adresse à qui répondre.",
    en="An automatic message says so, and gives an address to answer to.",
)
def automatic(context: Context, on: list[Traffic]) -> Seen:
    """The word « automatique » in the body; Reply-To, whose address the body names too."""
    call, mail = _mail(context, on)
    text = " ".join(part.text for part in mail.texts)
    replies = [one.key for one in mail.addresses("reply-to")]
    wrong = [] if re.search(r"(?i)automati", text) else ["mention"]
    wrong += [] if replies else ["Reply-To"]
    wrong += [] if any(one in text.lower() for one in replies) or not replies else ["contact"]
    return _decide(call, "automatic", "mention, Reply-To, contact", ", ".join(wrong), not wrong)


@check(
    "mail.header",
    fr="Le message porte cet en-tête avec cette valeur exacte, ou ne le porte pas.",
    en="The message carries this header with this exact value, or does not carry it.",
)
def header(context: Context, on: list[Traffic], *, field: str, value: str = "") -> Seen:
    """Without ``value`` the header must be absent."""
    call, mail = _mail(context, on)
    return _decide(call, "header", f"{field}: {value}", f"{field}: {mail.header(field)}", mail.header(field) == value)


@check("mail.body", fr="Le corps du message dit ceci.", en="The body of the message says this.")
def body(context: Context, on: list[Traffic], *, matches: str) -> Seen:
    """``matches``: a regular expression searched in the text parts."""
    call, mail = _mail(context, on)
    text = " ".join(part.text for part in mail.texts)
    return _decide(call, "body", matches, text[:200], re.search(matches, text) is not None)


@check(
    "mail.action",
    fr="L'archive dit ce que le document devient : C (remplace le précédent) ou D (à supprimer).",
    en="The archive says what becomes of the document: C (replaces the former) or D (to be deleted).",
)
def action(context: Context, on: list[Traffic], *, action: str) -> Seen:
    """``action`` of every document of METADATA.XML, which no XDM-ACT rule contradicts (provisional coding)."""
    call, mail = _mail(context, on)
    opened = [one for part in mail.archives for one in xdm.open_archive(part.content).documents]
    told = [action_of(one.subset.submission, one.entry) if one.subset.submission else "" for one in opened]
    wrong = [one for one in errors(call.findings) if one.rule.startswith("XDM-ACT")]
    good = bool(told) and set(told) == {action} and not wrong
    return _decide(call, "action", action, ", ".join([*(one or "—" for one in told), *(w.rule for w in wrong)]), good)


@check("mail.dsn-asked", fr="Un accusé de réception est demandé.", en="A delivery receipt is asked for.")
def dsn_asked(context: Context, on: list[Traffic]) -> Seen:
    """NOTIFY in the envelope (RFC 3461), else the header Return-Receipt-To that the REM draft names."""
    call = sent(context, on)
    envelope, field = call.facts.get("dsn", ""), call.facts.get("return_receipt_to", "")
    found = "; ".join(filter(None, (envelope, field and f"Return-Receipt-To: {field}")))
    return _decide(call, "dsn", "NOTIFY=SUCCESS", found, "SUCCESS" in envelope.upper() or bool(field))


@check(
    "mail.mdn-about",
    fr="L'accusé de lecture dit de quel message il parle.",
    en="The read receipt says which message it is about.",
)
def mdn_about(context: Context, on: list[Traffic], *, message_id: str) -> Seen:
    """``message_id``: of the message that was read."""
    call, mail = _mail(context, on)
    receipt = mdn.read(mail)
    found = receipt.original_id if receipt else ""
    return _decide(call, "mdn", message_id, found, found == message_id)


@check(
    "mail.receipt-shown",
    fr="Le logiciel montre l'accusé revenu.",
    en="The software shows the receipt that came back.",
    eye=True,
)
def receipt_shown(context: Context, on: list[Traffic], *, kind: str) -> Seen:
    """``result.receipts`` of the step (kind, status, recipient); ``kind``: mdn or dsn."""
    reply = context.window.reply
    rows = reply.result.get("receipts", ()) if reply is not None and reply.ok else ()
    kinds = [str(row.get("kind", "")) for row in rows if isinstance(row, Mapping)]
    seen = Seen(Words.of(kind), Words.of(", ".join(kinds) or "—"))
    if kind not in kinds:
        raise Failed(words(_P, "mail.receipt", expected=kind, found=", ".join(kinds) or "—"), seen)
    return seen


@check(
    "mail.document-state",
    fr="Le logiciel dit ce qu'est devenu le document reçu.",
    en="The software says what became of the document received.",
    eye=True,
)
def document_state(context: Context, on: list[Traffic], *, document: str, state: str) -> Seen:
    """``result.states`` of the step: uniqueId → filed, replaced, deleted."""
    reply = context.window.reply
    states = reply.result.get("states", {}) if reply is not None and reply.ok else {}
    found = str(states.get(document, "—"))
    seen = Seen(Words.of(state), Words.of(found))
    if found != state:
        raise Failed(words(_P, "mail.state", document=document, expected=state, found=found), seen)
    return seen


@check(
    "trace.mail",
    fr="Le journal du logiciel a l'opération de messagerie : auteur, heure, action, demande, réponse du serveur.",
    en="The software's journal has the mail operation: author, time, action, request, answer of the server.",
)
def traced(context: Context, on: list[Traffic], *, operation: str, since: str) -> Seen:
    """``operation``: submit, receive or delete, done in the step ``since``."""
    action, verbs = _TRACED[operation]
    made = [one for one in context.windows[since].traffic if one.service == "mssante" and one.operation in verbs]
    if not made:
        raise Inconclusive(words(_P, "mail.none"), Seen(Words.of(operation), listed([])))
    reply = context.window.reply
    rows: Sequence[Any] = reply.result.get("traces", ()) if reply is not None and reply.ok else ()
    near = [row for row in rows if row.get("action") == action and gap(made[0], row) <= TOLERANCE]
    missing = [name for name in ("user", "time", "action", "request", "answer") if near and not near[0].get(name)]
    found = ", ".join(missing) if near else "—"
    return _decide(made[0], "trace", "user, time, action, request, answer", found, bool(near) and not missing)


@check(
    "trace.no-content",
    fr="Les traces ne contiennent rien du contenu des messages.",
    en="The traces hold nothing of the content of messages.",
)
def no_content(context: Context, on: list[Traffic], *, witness: str) -> Seen:
    """``witness``: the beginning of words that messages of the scenario carry, and nothing else."""
    reply = context.window.reply
    rows: Sequence[Any] = reply.result.get("traces", ()) if reply is not None and reply.ok else ()
    if not rows:
        raise Inconclusive(words(_P, "mail.no_traces"))
    holding = [str(row.get("action", "")) for row in rows if witness in json.dumps(row, ensure_ascii=False)]
    seen = Seen(Words.of("—"), Words.of(", ".join(holding) or "—"))
    if holding:
        raise Failed(words(_P, "mail.trace_content", found=", ".join(holding), witness=witness), seen)
    return seen


@check(
    "annuaire.criterion",
    fr="L'Annuaire Santé est interrogé par ce critère.",
    en="The Annuaire Santé is asked by this criterion.",
)
def criterion(context: Context, on: list[Traffic], *, criterion: str, value: str) -> Seen:
    """A search with a parameter of `CRITERIA` that holds the value."""
    asked = [one for one in on if one.service == "annuaire"]
    if not asked:
        raise Failed(words(_P, "mail.no_search"), Seen(Words.of(criterion), listed([])))
    targets = "; ".join(str(one.raw["target"]) for one in asked)
    good = any(_asks(str(one.raw["target"]), CRITERIA.get(criterion, (criterion,)), value) for one in asked)
    return _decide(asked[0], "criterion", f"{criterion}: {value}", targets[:300], good)


def _asks(target: str, names: Sequence[str], value: str) -> bool:
    """Whether one of these parameters, chained or with a modifier, holds the value."""
    given = parse_qsl(target.partition("?")[2])
    return any(name.split(".")[-1].split(":")[0] in names and value.lower() in said.lower() for name, said in given)
