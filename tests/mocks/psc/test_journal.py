"""What the journal makes of a login: tokens decoded when read, nothing usable left when exported."""

from __future__ import annotations

from mocks.journal import Exchange
from mocks.journal.decode import layers
from mocks.journal.redact import redact
from norms.oidc import discovery
from tests.psc_kit import CLIENT, SECRET, Provider


def whole_login(psc: Provider) -> tuple[list[str], list[Exchange]]:
    """Every secret that went over the wire during one login, and what the journal kept of it."""
    back = psc.choose(psc.authorize())
    code = back.back["code"]
    form = {"client_id": CLIENT, "client_secret": SECRET}
    tokens = psc.token(
        auth=None, grant_type="authorization_code", code=code, redirect_uri="http://localhost:8080/callback", **form
    ).json
    psc.userinfo(tokens)
    psc.introspect(tokens["access_token"])
    again = psc.refresh(tokens).json
    psc.call("psc", "POST", discovery.REVOCATION, form={"token": again["access_token"]}, auth=(CLIENT, SECRET))
    psc.logout(id_token_hint=again["id_token"])
    names = ("access_token", "refresh_token", "id_token")
    signatures = [held[name].rpartition(".")[2] for held in (tokens, again) for name in names]
    return [SECRET, code, *signatures], psc.hub.journal.list()


def test_nothing_that_opens_a_session_leaves_the_journal(psc: Provider) -> None:
    secrets, kept = whole_login(psc)
    raw = "".join(repr(exchange) for exchange in kept)
    assert all(secret in raw for secret in secrets), "the journal itself keeps everything"
    shown = "".join(repr(redact(exchange)) for exchange in kept)
    assert not [secret[:12] for secret in secrets if secret in shown]


def test_tokens_are_decoded_when_read(psc: Provider) -> None:
    _, kept = whole_login(psc)
    answer = next(exchange for exchange in kept if exchange.operation == "token:authorization_code")

    def tokens(found: object) -> list[str]:
        inner = [words for layer in getattr(found, "inner", ()) for words in tokens(layer)]
        return [*([found.text] if getattr(found, "kind", "") == "jwt" else []), *inner]  # type: ignore[attr-defined]

    decoded = [words for layer in layers(answer) for words in tokens(layer)]
    assert len(decoded) == 3
    assert all("899700900014" in words for words in decoded)
