"""The INSi client: one method per operation, one call on the wire each, nothing hidden and nothing retried.

Three ways to authenticate: ``tlsm`` (mutual TLS with the organisation's certificate, no assertion), ``ps`` (server TLS
and an assertion signed by the card), ``psc`` (unsigned assertion of a user logged in with Pro Santé Connect, which a
session opened that way uses instead of the card; the carriage of the token is provisional: ``Authorization: Bearer``).
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.x509.oid import NameOID
from lxml import etree

from harness.drive.reference import answers, messages, misbehaviour
from harness.drive.reference.answers import Answer
from harness.drive.reference.assertion import SignatureCard, connected, vitale
from harness.drive.reference.config import NAME, VERSION, Insi, Professional
from harness.drive.reference.defects import Defects
from harness.drive.reference.messages import Card, Element, Ids, Sender, Verification
from harness.drive.reference.model import Ins
from norms.insi import names

SLOW = 1.4  # seconds
CONTENT_TYPE = "application/soap+xml; charset=utf-8"


class InsiClient:
    """Calls INSi for one user at a time. Raises ValueError at start when a certificate or key cannot be used."""

    def __init__(self, settings: Insi, defects: Defects, transport: httpx.BaseTransport | None = None) -> None:
        self.settings, self.defects = settings, defects
        self.sender = Sender(settings.idam, settings.instance, NAME, VERSION)
        self.verification = Verification()
        files = settings.sign_cert, settings.sign_key
        self.card = SignatureCard(files[0], files[1]) if settings.mode == "ps" and files[0] and files[1] else None
        self._asked: dict[bytes, Ids] = {}  # what only defects remember: the first message of each body
        self.spare: tuple[Path | None, Path | None] = None, None  # another certificate and key of the organisation
        self.psc_token: Callable[[], str] = lambda: settings.psc_token
        self._http = self._opened(settings, transport)

    @staticmethod
    def _opened(settings: Insi, transport: httpx.BaseTransport | None = None) -> httpx.Client:
        return httpx.Client(
            verify=_trust(settings),
            transport=transport,
            timeout=settings.timeout_s,
            proxy=settings.proxy or None,
            trust_env=False,  # a proxy of the environment is for other addresses
        )

    @cached_property
    def _stranger(self) -> httpx.Client:
        """What only a defect uses: connections under another certificate of the organisation."""
        cert, key = self.spare
        return self._opened(replace(self.settings, cert=cert, key=key))

    def forget(self) -> None:
        """As a software just installed: nothing asked before."""
        self._asked.clear()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
        if "_stranger" in vars(self):
            self._stranger.close()

    def by_traits(self, user: Professional, values: Mapping[str, str], mode: str = "") -> Answer:
        """WS_INS2: ``values`` by element name (NomNaissance, Prenom, Sexe, DateNaissance, LieuNaissance)."""
        return self._call(names.ACTION_TRAITS, messages.by_traits(values), user, mode)

    def by_card(self, user: Professional, card: Card, mode: str = "") -> Answer:
        """WS_INS1."""
        return self._call(names.ACTION_CARD, messages.by_card(card, self.defects), user, mode, card)

    def verify(self, user: Professional, ins: Ins, traits: Mapping[str, str], mode: str = "") -> Answer:
        """WS_INS3 of an INS with its traits, by element name; the answer's code is OK, KO or error."""
        body = messages.verification(self.verification, ins.value, ins.key, ins.oid, traits)
        answer = self._call(self.verification.action, body, user, mode)
        return replace(answer, code={"00": "OK", "01": "KO"}.get(answer.code, answer.code))

    def _call(self, action: str, body: Element, user: Professional, mode: str, card: Card | None = None) -> Answer:
        if self.defects.on("never-calls-insi"):
            return answers.error("connection")
        connected_by_psc = mode == "psc" and self.settings.mode != "tlsm" and not self.defects.on("ignores-psc-session")
        auth = "psc" if connected_by_psc else self.settings.mode
        if auth == "psc" and self.defects.on("assertion-of-another"):
            user = misbehaviour.colleague(user)
        http = self._http
        if auth == "tlsm" and self.defects.on("another-client-certificate"):
            http = self._stranger
        ids = self._ids(body)
        content = messages.envelope(
            action,
            ids,
            self.sender,
            self._issuer(auth, user),
            body,
            assertions=self._assertions(auth, user, card),
            card=card,
        )
        headers = {"Content-Type": f'{CONTENT_TYPE}; action="{action}"'}
        if auth == "psc" and (token := self.psc_token()):
            headers["Authorization"] = f"Bearer {token}"
        return replace(self._post(http, content, headers), message_id=ids.message)

    def _post(self, http: httpx.Client, content: bytes, headers: dict[str, str]) -> Answer:
        began = time.monotonic()
        try:
            response = http.post(self.settings.url, content=content, headers=headers)
        except httpx.TimeoutException:
            return answers.error("timeout")
        except httpx.HTTPError as failure:
            return answers.error("connection", str(failure))
        if time.monotonic() - began > SLOW and self.defects.on("takes-slowness-for-01"):
            return Answer("01")
        return answers.read(response.status_code, response.content, self.defects)

    def _ids(self, body: Element) -> Ids:
        ids = Ids()
        before = self._asked.setdefault(etree.tostring(body), ids) if self.defects.names else ids
        if self.defects.on("reuses-message-id"):
            ids = replace(ids, message=before.message)
        if self.defects.on("reuses-context-ids"):
            ids = replace(ids, bam=before.bam, lps=before.lps)
        return ids

    def _issuer(self, auth: str, user: Professional) -> str:
        """``Emetteur``: the unit (OU) of the software certificate, else the NameID of the assertion."""
        if self.defects.on("wrong-emetteur"):
            return NAME
        if auth == "tlsm" and self.settings.cert:
            return _unit(self.settings.cert.read_bytes())
        return self.card.name_id if auth == "ps" and self.card else user.national_id

    def _assertions(self, auth: str, user: Professional, card: Card | None) -> tuple[Element, ...]:
        if auth == "tlsm":
            return (connected(user),) if self.defects.on("assertion-beside-certificate") else ()
        own = self.card.assertion(user) if auth == "ps" and self.card else connected(user)
        return (own, vitale(card)) if card and card.serial else (own,)


def _trust(settings: Insi) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(settings.ca) if settings.ca else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.mode == "tlsm" and settings.cert and settings.key:
        context.load_cert_chain(settings.cert, settings.key)
    return context


def _unit(pem: bytes) -> str:
    subject = x509.load_pem_x509_certificate(pem).subject
    units: list[Any] = subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    return str(units[0].value) if units else str(subject.rfc4514_string())
