"""CIBA in poll mode: the request, the professional's approval as the e-CPS would give it, the polls."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from mocks.grants import Grant, Login
from mocks.http import Answer, Call
from mocks.psc.issue import Issuer
from mocks.psc.people import by_national_id
from mocks.psc.state import CIBA_LIFE, Ciba, PscState, fresh
from mocks.psc.wire import Refused, client_of, form, json_answer, refusal, refused
from mocks.world import Client
from norms.finding import find
from norms.oidc import requests


async def request(call: Call) -> Answer:
    """``POST …/ext/ciba/auth``: an ``auth_req_id``, or the error of OpenID CIBA Core §13."""
    call.exchange.operation = "ciba"
    try:
        given = form(call)
        kept = begin(call, client_of(call, given).client, given)
    except Refused as refusal_:
        return refusal(call, refusal_)
    call.exchange.outcome = "pending"
    return json_answer({"auth_req_id": kept.id, "expires_in": CIBA_LIFE, "interval": int(kept.interval)})


def begin(call: Call, client: Client, given: Mapping[str, str]) -> Ciba:
    """Keep a checked request until the professional answers. Raises Refused."""
    if not client.ciba:
        raise refused("unauthorized_client", find("OIDC-CIBA-07", found=client.id))
    checked = requests.ciba(given)
    call.note(*checked.findings)
    if checked.error and call.switch("strict"):
        raise Refused(checked.error, checked.reason)
    hint = given.get("login_hint", "")
    who = by_national_id(call.session.world, hint)
    if who is None:
        raise refused("unknown_user_id", find("OIDC-CIBA-06", found=hint))
    kept = Ciba(
        fresh(),
        client.id,
        who.id,
        who.national_id,
        given.get("channel", "MOBILE"),
        given.get("binding_message", ""),
        given.get("scope", ""),
        float(call.switch("ciba_interval_s")),
        call.session.clock.now() + CIBA_LIFE,
    )
    call.session.state("psc", PscState).ciba[kept.id] = kept
    call.exchange.thread = kept.thread
    call.exchange.facts |= {"national_id": who.national_id, "binding_message": kept.binding_message}
    return kept


def redeem(call: Call, issuer: Issuer, client: Client, given: Mapping[str, str]) -> Grant:
    """The grant of an approved request; raises Refused (authorization_pending, slow_down, access_denied…)."""
    asked = given.get("auth_req_id", "")
    kept = call.session.state("psc", PscState).ciba.get(asked)
    if kept is None or kept.client != client.id:
        raise refused("invalid_grant", find("OIDC-CIBA-08", found=asked[:8]))
    call.exchange.thread = kept.thread
    now = issuer.now
    since, kept.last_poll = now - kept.last_poll, now
    kept.polls += 1
    if kept.state == "over":
        raise refused("invalid_grant", find("OIDC-CIBA-05", found=call.exchange.thread))
    if kept.polls > 1 and since < kept.interval:
        note = find("OIDC-CIBA-04", expected=f"{kept.interval:.0f}", found=f"{since:.1f}")
        kept.interval += 5
        raise refused("slow_down", note)
    if call.switch("ciba_slow_down"):
        kept.interval += 5
        raise Refused("slow_down", "the provider is busy")
    scripted(call, kept)
    if now >= kept.expires and kept.state == "pending":
        kept.state = "over"
        raise Refused("expired_token", "the request expired")
    if kept.state == "pending":
        raise Refused("authorization_pending", "the professional has not answered yet")
    return settled(issuer, kept)


def settled(issuer: Issuer, kept: Ciba) -> Grant:
    """What an answered request gives, once: a new login, or Refused."""
    answer, kept.state = kept.state, "over"
    if answer == "denied":
        raise Refused("access_denied", "the professional refused")
    login = Login(str(uuid.uuid4()), kept.professional, kept.national_id, kept.channel, issuer.now, issuer.now)
    login.clients.add(kept.client)
    issuer.grants.logins[login.sid] = login
    return Grant(kept.thread, kept.client, login, kept.scope, "", str(issuer.call.switch("acr")))


def scripted(call: Call, kept: Ciba) -> None:
    """What the switch decides in the professional's place."""
    script = call.switch("ciba")
    if kept.state != "pending" or script == "user":
        return
    if script == "expire":
        kept.expires = 0.0
    elif kept.polls > int(call.switch("ciba_polls")):
        kept.state = "approved" if script == "approve" else "denied"
