"""Who opens a mailbox: a professional by a Pro Santé Connect token (XOAUTH2), a software by its structure's
certificate (PLAIN; EXTERNAL tolerated). Shared by SMTP and IMAP, which only carry the words.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from mocks.grants import Grants, Recent
from mocks.hub import Hub
from mocks.journal.model import Peer
from mocks.lines import Conversation, Gone
from mocks.session import Session
from mocks.world import Mailbox, Organisation
from norms import sasl
from norms.finding import Finding, find
from norms.oidc import jws
from norms.sasl import BadSasl, hidden
from norms.tls.certificate import STRUCTURE

MECHANISMS = ("XOAUTH2", "PLAIN", "EXTERNAL")
Style = Literal["challenge", "reply", "close"]


class Cancelled(Exception):
    """The client gave up the exchange (``*``), or its response is not base64 (`finding`)."""

    def __init__(self, finding: Finding | None = None) -> None:
        super().__init__(finding.rule if finding else "cancelled")
        self.finding = finding


class Talker(Protocol):
    """How a protocol carries challenges and responses."""

    def challenge(self, data: bytes) -> None:
        """Send a challenge (base64 and its marks are the protocol's)."""

    async def response(self) -> bytes:
        """The client's next response, decoded; raises Cancelled."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A mailbox that was opened: which session it belongs to, how, and by whom."""

    session: Session
    mailbox: Mailbox
    how: str  # xoauth2, plain, external
    professional: str = ""  # id in the world
    client_id: str = ""
    token: str = ""  # what may be kept of it
    findings: tuple[Finding, ...] = ()

    def facts(self) -> dict[str, str]:
        """For the journal."""
        said = {"mailbox": self.mailbox.id, "auth": self.how, "professional": self.professional}
        return {k: v for k, v in {**said, "client_id": self.client_id, "token": self.token}.items() if v}


@dataclass(frozen=True, slots=True)
class Denied:
    """A refused login. ``code``: one word, the outcome in the journal; ``temporary``: may be tried again as it is;
    ``close``: the connection ends without another word."""

    session: Session
    code: str
    how: str
    address: str
    findings: tuple[Finding, ...]
    client_id: str = ""
    token: str = ""
    temporary: bool = False
    close: bool = False

    def facts(self) -> dict[str, str]:
        """For the journal."""
        said = {"mailbox": self.address, "auth": self.how, "client_id": self.client_id, "token": self.token}
        return {k: v for k, v in said.items() if v}


@dataclass(slots=True)
class Refusals:
    """The tokens that were refused in a session, by digest: a client should not present one again."""

    tokens: Recent[bool] = field(default_factory=lambda: Recent(1000))


async def authenticate(
    hub: Hub, conversation: Conversation, mechanism: str, initial: bytes | None, talker: Talker
) -> Identity | Denied:
    """Hold the whole exchange of one mechanism; raises Cancelled, mocks.lines.Gone.

    ``mechanism`` in any case, one of `MECHANISMS`; ``initial``: the decoded initial response, None when none came.
    """
    word = mechanism.upper()
    if initial is None:
        talker.challenge(b"")
        initial = await talker.response()
    verdict = judge(hub, conversation, word, initial)
    if isinstance(verdict, Identity) or word != "XOAUTH2" or verdict.temporary:
        return verdict
    style = verdict.session.switches.take("mssante.refusal")
    if style == "reply":
        return verdict
    talker.challenge(sasl.challenge())
    if style == "close":
        return replace(verdict, close=True)
    try:
        said = sasl.messages.shape(answer) if (answer := await talker.response()) else ""
    except Cancelled as odd:
        said = "*" if odd.finding is None else odd.finding.found
    except Gone:  # clients that stop listening at the challenge
        return replace(verdict, close=True)
    notes = (find("SASL-XOA-03", found=said),) if said else ()
    return replace(verdict, findings=(*verdict.findings, *notes))


def judge(hub: Hub, conversation: Conversation, mechanism: str, response: bytes) -> Identity | Denied:
    """Whether this response opens a mailbox, and which."""
    known = {"port": str(conversation.port), "cert": conversation.peer.sha256 if conversation.peer else ""}
    try:
        if mechanism == "XOAUTH2":
            said = sasl.xoauth2(response)
            return _by_token(hub, known, said.user.lower(), said.token)
        if mechanism == "PLAIN":
            plain = sasl.plain(response)
            return _by_certificate(hub, known, conversation.peer, plain.authcid.lower(), plain.authzid.lower())
        return _by_certificate(hub, known, conversation.peer, response.decode("utf-8", "replace").lower())
    except BadSasl as bad:
        return Denied(hub.sessions.bind(known), "malformed", mechanism.lower(), "", (bad.finding,))


def _by_token(hub: Hub, known: dict[str, str], address: str, value: str) -> Identity | Denied:
    client_id = _client(value)
    session = hub.sessions.bind({**known, "client_id": client_id, "mailbox": address})
    kept = hidden(value)
    notes: list[Finding] = []
    refused = session.state("mssante.refusals", Refusals).tokens
    if kept in refused:
        notes.append(find("SASL-TOK-04", found=kept))

    def denied(code: str, finding: Finding, *, temporary: bool = False) -> Denied:
        if not temporary:
            refused[kept] = True
        return Denied(session, code, "xoauth2", address, (*notes, finding), client_id, kept, temporary)

    if ordered := _ordered(session):
        return denied(ordered, find("SASL-SIM-01", found="mssante.login"), temporary=ordered == "unavailable")
    grants = session.state("grants", Grants)
    token, reason = grants.bearer(value, session.clock.now())
    if token is None and reason == "unknown":
        return denied("unknown-token", _unknown(hub, session, value))
    if token is None:
        return denied(reason.replace(" ", "-"), find("SASL-TOK-02", found=reason))
    mailbox, finding = _mailbox(session, address)
    if mailbox is None:
        return denied("unknown-mailbox" if finding.rule == "SASL-BOX-01" else "closed-mailbox", finding)
    professional = token.grant.login.professional
    if mailbox.kind == "APP":
        return denied("not-for-tokens", find("SASL-BOX-04", box=mailbox.id))
    if not mailbox.opened_by(professional):
        found = f"{professional} ({token.grant.login.national_id})"
        return denied("not-owned", find("SASL-BOX-03", found=found, box=mailbox.id))
    return Identity(session, mailbox, "xoauth2", professional, token.grant.client, kept, tuple(notes))


def _by_certificate(
    hub: Hub, known: dict[str, str], peer: Peer | None, address: str, acting_as: str | None = None
) -> Identity | Denied:
    """PLAIN when ``acting_as`` is given (its first string, possibly empty), else EXTERNAL."""
    how = "external" if acting_as is None else "plain"
    session = hub.sessions.bind({**known, "mailbox": address})
    structure = peer.organizational_unit if peer else ""
    if how == "external" and not address:
        address = next((box.id for box in _applications(session, structure)), "")

    def denied(code: str, finding: Finding, *, temporary: bool = False) -> Denied:
        return Denied(session, code, how, address, (finding,), temporary=temporary)

    if ordered := _ordered(session):
        return denied(ordered, find("SASL-SIM-01", found="mssante.login"), temporary=ordered == "unavailable")
    if acting_as and acting_as != address:
        return denied("acting-as", find("SASL-PLAIN-02", expected=address, found=acting_as))
    if peer is None:
        return denied("no-certificate", find("SASL-CERT-01", found=how.upper(), box=address))
    if not STRUCTURE.fullmatch(structure):
        return denied("not-a-structure", find("SASL-CERT-03", found=peer.subject))
    mailbox, finding = _mailbox(session, address)
    if mailbox is None:
        return denied("unknown-mailbox" if finding.rule == "SASL-BOX-01" else "closed-mailbox", finding)
    if mailbox.kind != "APP":
        return denied("not-for-certificates", find("SASL-BOX-05", found=mailbox.kind, box=mailbox.id))
    organisation = session.world.organisations.get(mailbox.organisation)
    if organisation is None or structure not in _numbers(organisation):
        expected = organisation.struct_id if organisation else mailbox.organisation
        return denied("other-structure", find("SASL-CERT-02", expected=expected, found=structure))
    notes = (find("SASL-MECH-02"),) if how == "external" else ()
    return Identity(session, mailbox, how, findings=notes)


def _ordered(session: Session) -> str:
    """The refusal that the session asks for."""
    order = str(session.switches.take("mssante.login"))
    return {"refuse": "refused", "unavailable": "unavailable"}.get(order, "")


def _mailbox(session: Session, address: str) -> tuple[Mailbox | None, Finding]:
    mailbox = session.world.mailboxes.get(address)
    if mailbox is None:
        return None, find("SASL-BOX-01", found=address or "-")
    return (mailbox if mailbox.active else None), find("SASL-BOX-02", found=address)


def _unknown(hub: Hub, session: Session, value: str) -> Finding:
    """Why a token is not one of the session's access tokens."""
    if held := session.state("grants", Grants).find(value):
        return find("SASL-TOK-01", found=f"{held.use}_token")
    for other in hub.sessions:
        if other is not session and other.state("grants", Grants).find(value):
            return find("SASL-TOK-03", found=f"{other.name}, {other.id}")
    return find("SASL-TOK-01", found=hidden(value))


def _client(value: str) -> str:
    """The client that a token names, nothing being verified yet; it only helps to find the session."""
    try:
        claims = jws.read(value).claims
    except jws.BadToken:
        return ""
    found = claims.get("azp") or claims.get("client_id") or ""
    return found if isinstance(found, str) else ""


def _applications(session: Session, structure: str) -> list[Mailbox]:
    """The APP mailboxes of the structure that a certificate names."""
    world = session.world
    owned = {o.id for o in world.organisations.values() if structure and structure in _numbers(o)}
    return [box for box in world.mailboxes.values() if box.kind == "APP" and box.organisation in owned]


def _numbers(organisation: Organisation) -> set[str]:
    """Every national identifier under which a structure's certificate may be issued."""
    finess = (organisation.finess_geo, organisation.finess_ej)
    found = {organisation.struct_id, *(f"1{number}" for number in finess if number)}
    return found | ({f"3{organisation.siret}"} if organisation.siret else set())
