"""One mailbox at its operator: settings found by autoconfiguration, SMTP and IMAP sessions kept while they serve.

Nothing is said of who connects before TLS is agreed and the certificate judged (ECO.1.2.1). A token that was refused is
never shown again: once with a fresh one, then the user is told.
"""

from __future__ import annotations

import contextlib
import imaplib
import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from lxml import etree

from harness.drive.reference.config import Mss
from harness.drive.reference.defects import Defects
from harness.drive.reference.model import Refused
from harness.drive.reference.mss.tls import Revocation, context
from norms.xml import BadXml, parse

PATH = "/mail/config-v1.1.xml"
Token = Callable[[bool], str]  # True: a fresh one, the last was refused


@dataclass(frozen=True, slots=True)
class Servers:
    """Where a mailbox is served: (host, port) for each protocol."""

    smtp: tuple[str, int]
    imap: tuple[str, int]


class Operator:
    """The operator of one mailbox. ``token`` gives a Pro Santé Connect token; None: the certificate tells who we are.

    Methods raise Refused: ``mss.unreachable``, ``mss.tls``, ``mss.revoked``…, ``mss.login``, ``mss.refused``.
    """

    def __init__(
        self, settings: Mss, defects: Defects, revocation: Revocation, address: str, token: Token | None
    ) -> None:
        self.settings, self.defects, self.revocation = settings, defects, revocation
        self.address, self.token = address, token
        self.servers: Servers | None = None
        self._smtp: smtplib.SMTP | None = None
        self._imap: imaplib.IMAP4 | None = None
        self._folder = ""

    @property
    def opened(self) -> bool:
        """Whether a session is open."""
        return self._smtp is not None or self._imap is not None

    def configure(self) -> Servers:
        """The operator's servers, as its autoconfiguration document says (ECO.1.1.9)."""
        if not self.settings.autoconfig or self.defects.on("mss-fixed-servers"):
            return Servers(_place(self.settings.smtp), _place(self.settings.imap))
        trust = ssl.create_default_context(cafile=str(self.settings.ca) if self.settings.ca else None)
        host = f"autoconfig.{self.address.rpartition('@')[2]}"
        try:
            answer = httpx.get(
                f"{self.settings.autoconfig}{PATH}", params={"emailaddress": self.address}, headers={"host": host},
                verify=trust, timeout=self.settings.timeout_s, trust_env=False,
            )  # fmt: skip
            answer.raise_for_status()
            root = parse(answer.content)
            return Servers(_server(root, "outgoingServer", "smtp"), _server(root, "incomingServer", "imap"))
        except (httpx.HTTPError, BadXml, LookupError, ValueError) as error:
            raise Refused("mss.autoconfig", reason=str(error) or type(error).__name__) from None

    # -- sessions ------------------------------------------------------------------------------------------------

    def smtp(self) -> smtplib.SMTP:
        """The session that sends, opened again when the operator closed it (ECO.1.2.7)."""
        if self._smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                if self._smtp.noop()[0] == 250:
                    return self._smtp
            if self.defects.on("mss-never-reopens"):
                raise Refused("mss.unreachable", reason="closed")
            self._smtp = None
        self._smtp = self._open(self._open_smtp)
        return self._smtp

    def imap(self, folder: str = "INBOX") -> imaplib.IMAP4:
        """The session that reads, in a folder."""
        if self._imap is not None:
            try:
                self._imap.noop()
            except (imaplib.IMAP4.error, OSError):
                if self.defects.on("mss-never-reopens"):
                    raise Refused("mss.unreachable", reason="closed") from None
                self._imap, self._folder = None, ""
        if self._imap is None:
            self._imap, self._folder = self._open(self._open_imap), ""
        if self._folder != folder:
            status, said = self._imap.select(_quoted(folder))
            if status != "OK":
                raise Refused("mss.refused", said=_text(said))
            self._folder = folder
        return self._imap

    def close(self) -> None:
        """End both sessions."""
        if self._smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
        if self._imap is not None:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                self._imap.logout()
        self._smtp, self._imap, self._folder = None, None, ""

    # -- what is done with them ----------------------------------------------------------------------------------

    def send(self, recipients: Sequence[str], raw: bytes, *, notify: bool, envid: str) -> dict[str, str]:
        """Submit a message; the recipients refused, with the operator's words. Raises Refused when none was taken."""
        options = ["BODY=8BITMIME"] + (["RET=HDRS", f"ENVID={envid}"] if notify else [])
        asked = ["NOTIFY=SUCCESS,FAILURE"] if notify else []
        try:
            failed = self.smtp().sendmail(self.address, list(recipients), raw, options, asked)
            if self.defects.on("mss-sends-twice"):
                self.smtp().sendmail(self.address, list(recipients), raw, options, asked)
        except smtplib.SMTPRecipientsRefused as refused:
            failed = refused.recipients
            if len(failed) == len(recipients):
                raise Refused("mss.refused", said=_reply(next(iter(failed.values())))) from None
        except smtplib.SMTPResponseException as refused:
            raise Refused("mss.refused", said=_reply((refused.smtp_code, refused.smtp_error))) from None
        except (smtplib.SMTPException, OSError) as lost:
            self._smtp = None
            raise Refused("mss.unreachable", reason=str(lost)) from None
        return {address: _reply(said) for address, said in failed.items()}

    def keep(self, folder: str, raw: bytes, flags: str = "\\Seen") -> str:
        """APPEND a message; the server's words."""
        return self._said(self.imap().append(_quoted(folder), flags, None, raw))

    def special(self, use: str, default: str) -> str:
        """The folder that serves a purpose (RFC 6154), the default one when none says so."""
        status, rows = self.imap().list()
        for row in rows if status == "OK" else ():
            line = row.decode("utf-8", "replace") if isinstance(row, bytes) else ""
            if use.lower() in line.partition(")")[0].lower():
                return line.rpartition('" ')[2].strip('"')
        return default

    def new(self, after: int) -> list[tuple[int, bytes]]:
        """The messages of the inbox above that UID: (UID, bytes)."""
        box = self.imap()
        status, found = box.uid("SEARCH", f"UID {after + 1}:*")
        if status != "OK":
            raise Refused("mss.refused", said=_text(found))
        uids = [int(uid) for uid in (found[0] or b"").split() if int(uid) > after]
        messages = []
        for uid in uids:
            status, rows = box.uid("FETCH", str(uid), "(BODY.PEEK[])")
            body = next((row[1] for row in rows if isinstance(row, tuple)), None)
            if status == "OK" and body is not None:
                messages.append((uid, bytes(body)))
        return messages

    def command(self, name: str, *args: str) -> str:
        """One UID command in the inbox (STORE, MOVE, COPY); the server's words."""
        return self._said(self.imap().uid(name, *args))

    def expunge(self) -> str:
        """Remove what is marked deleted."""
        return self._said(self.imap().expunge())

    def _said(self, answer: tuple[str, Any]) -> str:
        status, rows = answer
        if status != "OK":
            raise Refused("mss.refused", said=_text(rows))
        return f"{status} {_text(rows)}".strip()

    # -- opening -------------------------------------------------------------------------------------------------

    def _open(self, opener: Callable[[Servers, bool], Any]) -> Any:
        self.servers = self.servers or self.configure()
        for fresh in (False, True):
            try:
                return opener(self.servers, fresh and not self.defects.on("mss-repeats-refused-token"))
            except Refused as refused:
                if refused.code != "mss.login" or fresh or self.token is None:
                    raise
            except ssl.SSLError as error:
                raise Refused("mss.tls", reason=error.reason or str(error)) from None
            except (smtplib.SMTPException, imaplib.IMAP4.error, OSError) as error:
                raise Refused("mss.unreachable", reason=str(error)) from None
        raise AssertionError("not reached")

    def _open_smtp(self, servers: Servers, fresh: bool) -> smtplib.SMTP:
        session = smtplib.SMTP(*servers.smtp, timeout=self.settings.timeout_s)
        try:
            session.ehlo()
            if self.defects.on("mss-authenticates-in-clear"):
                self._hurry(session)
            session.starttls(context=context(self.settings, self.defects))
            self._judge(session.sock)
            session.ehlo()
            try:
                if self.token is not None:
                    said = self._bearer(fresh)
                    session.auth("XOAUTH2", lambda challenge=None: "" if challenge else said)
                else:
                    session.user, session.password = self.address, ""
                    if self.defects.on("mss-external"):
                        session.auth("EXTERNAL", lambda challenge=None: self.address)
                    else:
                        session.auth("PLAIN", session.auth_plain)
            except (smtplib.SMTPAuthenticationError, smtplib.SMTPServerDisconnected) as refused:
                raise Refused("mss.login", said=_reply(refused.args)) from None
        except BaseException:
            session.close()
            raise
        return session

    def _open_imap(self, servers: Servers, fresh: bool) -> imaplib.IMAP4:
        session = imaplib.IMAP4(*servers.imap, timeout=self.settings.timeout_s)
        try:
            session.starttls(context(self.settings, self.defects))
            self._judge(session.sock)
            try:
                if self.token is not None:
                    said = self._bearer(fresh).encode()
                    answers = iter((said, b""))
                    session.authenticate("XOAUTH2", lambda _challenge: next(answers, b""))
                else:
                    session.authenticate("PLAIN", lambda _challenge: f"\0{self.address}\0".encode())
            except imaplib.IMAP4.error as refused:
                raise Refused("mss.login", said=str(refused)) from None
        except BaseException:
            session.shutdown()
            raise
        return session

    def _bearer(self, fresh: bool) -> str:
        assert self.token is not None
        end = "" if self.defects.on("mss-bad-xoauth2") else "\x01\x01"
        return f"user={self.address}\x01auth=Bearer {self.token(fresh)}{end}"

    def _judge(self, socket: Any) -> None:
        self.revocation.check(socket.getpeercert(True))

    def _hurry(self, session: smtplib.SMTP) -> None:
        with contextlib.suppress(smtplib.SMTPException):
            session.docmd("AUTH", "XOAUTH2 " + "x" * 8)


def _place(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition("://")[2].rpartition(":")
    return host.strip("[]"), int(port)


def _server(root: etree._Element, tag: str, kind: str) -> tuple[str, int]:
    for node in root.iter(tag):
        if node.get("type") == kind and node.findtext("socketType") == "STARTTLS":
            return (node.findtext("hostname") or "").strip(), int(node.findtext("port") or "")
    raise LookupError(f"no {tag} of type {kind}")


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _reply(said: Any) -> str:
    parts = [part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in said or ()]
    return " ".join(parts)


def _text(rows: Any) -> str:
    return " ".join(row.decode("utf-8", "replace") for row in rows or () if isinstance(row, bytes))
