"""HTTP of the provider: parameters in, JSON, redirects and OAuth errors out."""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit, urlunsplit

from mocks.http import Answer, Call
from mocks.world import Client
from norms.finding import Finding, find
from norms.oidc.requests import ascii_only

FORM = "application/x-www-form-urlencoded"
NO_STORE = [("cache-control", "no-store"), ("pragma", "no-cache")]


class Refused(Exception):
    """An OAuth error to answer; ``status`` as RFC 6749 §5.2 has it."""

    def __init__(self, error: str, description: str = "", *findings: Finding, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.description, self.findings, self.status = error, description, findings, status


def refused(error: str, finding: Finding, *, status: int = 400) -> Refused:
    """An OAuth error described by a finding."""
    return Refused(error, ascii_only(finding.message("en")), finding, status=status)


def params(call: Call) -> tuple[dict[str, str], list[str]]:
    """The parameters of a request, from the form body or the query, and the names that came more than once.

    An empty parameter counts as absent (RFC 6749 §3.1). Raises ValueError when there are too many.
    """
    source = call.query if call.method == "GET" else call.body.decode("utf-8", "replace")
    pairs = parse_qsl(source, max_num_fields=200)
    repeated = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    return dict(pairs), repeated


def form(call: Call) -> dict[str, str]:
    """The parameters of a POSTed form; raises Refused on another content type or a parameter given twice."""
    kind = call.header("content-type").split(";")[0].strip().lower()
    if kind != FORM:
        raise refused("invalid_request", find("OIDC-TOKEN-01", expected=FORM, found=kind))
    try:
        given, repeated = params(call)
    except ValueError as error:
        raise Refused("invalid_request", ascii_only(str(error))) from None
    if repeated:
        raise refused("invalid_request", find("OIDC-AUTHZ-10", found=repeated[0]))
    if leaked := [name for name, _ in parse_qsl(call.query) if "token" in name or "secret" in name]:
        call.note(find("OIDC-TOKEN-10", found=", ".join(leaked)))
    return given


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A client and how it proved who it is."""

    client: Client
    method: str  # client_secret_basic, client_secret_post, tls_client_auth


def client_of(call: Call, given: Mapping[str, str]) -> Authenticated:
    """Authenticate the calling client (RFC 6749 §2.3, RFC 8705 §2.1); binds the session by its id. Raises Refused."""
    header = call.header("authorization")
    name, secret = _basic(header) if header else (given.get("client_id", ""), given.get("client_secret", ""))
    call.rebind(client_id=name)
    call.exchange.facts["client_id"] = name
    client = call.session.world.clients.get(name)
    if client is None:
        raise _unauthenticated(name, "unknown client", header)
    if "client_assertion" in given:
        raise _unauthenticated(name, "private_key_jwt is announced and not served", header)
    registered = bool(call.peer and client.certificate in (call.peer.subject, call.peer.common_name))
    if secret:
        if secret != client.secret:
            raise _unauthenticated(name, "wrong secret", header)
        if not registered:
            call.note(find("OIDC-TOKEN-09"))
        method = "client_secret_basic" if header else "client_secret_post"
    elif registered and client.certificate:
        method = "tls_client_auth"
    else:
        reason = "another certificate than the registered one" if call.peer else "neither secret nor certificate"
        raise _unauthenticated(name, reason, header)
    call.exchange.facts["client_auth"] = method
    return Authenticated(client, method)


def _unauthenticated(name: str, reason: str, header: str) -> Refused:
    note = find("OIDC-TOKEN-02", found=name or "—", reason=reason)
    return Refused("invalid_client", reason, note, status=401 if header else 400)


def _basic(header: str) -> tuple[str, str]:
    """Name and secret of a Basic header, each form-encoded first (RFC 6749 §2.3.1); empty when it is not readable."""
    scheme, _, value = header.partition(" ")
    try:
        name, _, secret = base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (unquote_plus(name), unquote_plus(secret)) if scheme.lower() == "basic" else ("", "")


def bearer(call: Call) -> str:
    """The access token of the Authorization header or, on POST, of the form (RFC 6750 §2); raises Refused."""
    scheme, _, value = call.header("authorization").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    if call.method == "POST" and call.header("content-type").startswith(FORM):
        value = form(call).get("access_token", "")
        if value:
            return value
    raise refused("invalid_token", find("OIDC-BEARER-01"), status=401)


def json_answer(value: Any, status: int = 200) -> Answer:
    """A JSON answer that no cache keeps."""
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), "application/json", list(NO_STORE))


def refusal(call: Call, refused: Refused) -> Answer:
    """The JSON error of a refused request, its findings noted."""
    call.note(*refused.findings)
    call.exchange.outcome = refused.error
    answer = json_answer({"error": refused.error, "error_description": refused.description}, refused.status)
    if refused.status == 401:
        scheme = "Bearer" if refused.error == "invalid_token" else "Basic"
        answer.headers.append(("www-authenticate", f'{scheme} realm="esante-wallet", error="{refused.error}"'))
    return answer


def redirect(uri: str, values: Mapping[str, str], *headers: tuple[str, str]) -> Answer:
    """A 302 to a client's address, values added to its query; empty ones are left out."""
    parts = urlsplit(uri)
    query = "&".join(filter(None, (parts.query, urlencode({k: v for k, v in values.items() if v}))))
    location = urlunsplit(parts._replace(query=query))
    return Answer(302, b"", headers=[("location", location), *NO_STORE, *headers])
