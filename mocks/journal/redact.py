"""Secrets masked in an exchange that leaves the journal: credentials, tokens, signature values, private keys.

Masked: Authorization and cookies, fields of forms, JSON and XML that name a secret (password, client_secret,
access_token, auth_req_id…), authorization codes, XML signature values, private keys in PEM, what follows AUTH and LOGIN
on a mail connection. A JSON Web Token keeps header and claims and loses its signature; an encrypted one keeps its
header; the exchanges of one login share their thread. Identities and certificates stay: the bench's world is synthetic,
and evidence needs them.
"""

from __future__ import annotations

import re
from dataclasses import replace

from mocks.journal import masks
from mocks.journal.masks import MARK
from mocks.journal.model import Exchange, Headers
from norms.finding import Finding

_CREDENTIALS = ("authorization", "proxy-authorization")
_SECRET_HEADER = re.compile(r"token|secret|passw|api-?key|credential|signature", re.IGNORECASE)
_PAIR = re.compile(r"=[^;]*")
_HTTP = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"}


def redact(exchange: Exchange) -> Exchange:
    """The same exchange with its secrets masked (`MARK`); the one given is left as it is."""
    mail = exchange.method not in _HTTP

    def words(given: str) -> str:
        return masks.text(masks.lines(given) if mail else given)

    path, asked, query = exchange.target.partition("?")
    return replace(
        exchange,
        target=words(path + asked + masks.query(query)),
        request_headers=headers(exchange.request_headers),
        request_body=masks.data(exchange.request_body, form=_is_form(exchange.request_headers), mail=mail),
        response_headers=headers(exchange.response_headers),
        response_body=masks.data(exchange.response_body, form=_is_form(exchange.response_headers), mail=mail),
        findings=[_finding(found) for found in exchange.findings],
        facts={
            name: masks.value(v) if v and masks.FIELD.fullmatch(name) else words(v)
            for name, v in exchange.facts.items()
        },
    )


def headers(given: Headers) -> Headers:
    """Header lines with credentials and cookies masked; schemes and names of cookies stay."""
    return [(name, _header(name.lower(), value)) for name, value in given]


def _header(name: str, value: str) -> str:
    if name in _CREDENTIALS:
        scheme, space, secret = value.strip().partition(" ")
        return f"{scheme} {masks.value(secret.strip())}" if space else masks.value(value)
    if name == "cookie":
        return _PAIR.sub(f"={MARK}", value) if "=" in value else MARK
    if name == "set-cookie":
        return _PAIR.sub(f"={MARK}", value, count=1) if "=" in value else MARK
    if _SECRET_HEADER.search(name):
        return masks.value(value)
    place, asked, query = value.partition("?")  # Location, Referer
    return masks.text(place + asked + masks.query(query))


def _is_form(given: Headers) -> bool:
    return any(k.lower() == "content-type" and "x-www-form-urlencoded" in v.lower() for k, v in given)


def _finding(found: Finding) -> Finding:
    return replace(
        found,
        expected=masks.text(found.expected),
        found=masks.text(found.found),
        where=replace(found.where, excerpt=masks.text(found.where.excerpt)),
        args={name: masks.text(str(value)) for name, value in found.args.items()},
    )
