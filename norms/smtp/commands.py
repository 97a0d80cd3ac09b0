"""The two commands with a grammar of their own: MAIL FROM and RCPT TO with their parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from norms.finding import Finding, find
from norms.smtp.replies import Reply

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*|\[[!-Z^-~]+\]"
_MAILBOX = rf"(?:{_ATOM}(?:\.{_ATOM})*|{_QUOTED})@(?:{_DOMAIN})"
_ROUTE = rf"(?:@(?:{_DOMAIN})(?:,@(?:{_DOMAIN}))*:)?"
_PATH = re.compile(rf"<{_ROUTE}({_MAILBOX})>", re.ASCII)
_DOTS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*", re.ASCII)
_ESCAPED = re.compile(r"\\(.)")
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?", re.ASCII)
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_NOTIFY = {"SUCCESS", "FAILURE", "DELAY"}
ADDRESS, LOCAL = 254, 64  # characters (RFC 5321 §4.5.3.1)


class BadCommand(ValueError):
    """A command that is refused: the reply and the finding."""

    def __init__(self, reply: Reply, finding: Finding) -> None:
        super().__init__(reply.words)
        self.reply, self.finding = reply, finding


@dataclass(frozen=True, slots=True)
class Mail:
    """MAIL FROM: the reverse path (empty: the null one), the declared size, and what DSN asks of the whole message."""

    address: str
    size: int = 0
    body: str = ""  # 7BIT, 8BITMIME
    ret: str = ""  # FULL, HDRS
    envid: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Rcpt:
    """RCPT TO: the address and what DSN asks for it."""

    address: str
    notify: frozenset[str] = frozenset()  # empty: nothing was said, failures are told (RFC 3461 §4.1)
    orcpt: str = ""
    findings: tuple[Finding, ...] = field(default=(), compare=False)

    @property
    def key(self) -> str:
        """The address as mailboxes are known."""
        return self.address.lower()

    @property
    def wants_success(self) -> bool:
        """A delivery is to be told."""
        return "SUCCESS" in self.notify

    @property
    def wants_failure(self) -> bool:
        """A failure is to be told."""
        return not self.notify or "FAILURE" in self.notify


def mail(argument: str) -> Mail:
    """What follows ``MAIL``; raises BadCommand."""
    address, said, notes = _path("FROM", argument, null=True)
    known = _known(said, {"SIZE", "BODY", "RET", "ENVID", "AUTH"})
    size = known.get("SIZE", "0")
    if not (size.isascii() and size.isdigit()) or len(size) > 20:
        raise _bad_value("SIZE", size)
    body = known.get("BODY", "").upper()
    if body not in ("", "7BIT", "8BITMIME"):
        raise _bad_value("BODY", body)
    ret = known.get("RET", "").upper()
    if ret not in ("", "FULL", "HDRS"):
        raise _bad_value("RET", ret)
    return Mail(address, int(size), body, ret, _xtext("ENVID", known.get("ENVID", "")), notes)


def rcpt(argument: str) -> Rcpt:
    """What follows ``RCPT``; raises BadCommand."""
    address, said, notes = _path("TO", argument, null=False)
    known = _known(said, {"NOTIFY", "ORCPT"})
    notify = frozenset(known["NOTIFY"].upper().split(",")) if "NOTIFY" in known else frozenset()
    if notify - _NOTIFY and notify != {"NEVER"}:
        raise _bad_value("NOTIFY", known["NOTIFY"])
    orcpt = known.get("ORCPT", "")
    kind, semicolon, original = orcpt.partition(";")
    if orcpt and not (kind and semicolon):
        raise _bad_value("ORCPT", orcpt)
    return Rcpt(address, notify, f"{kind};{_xtext('ORCPT', original)}" if orcpt else "", notes)


def xtext(value: str) -> str:
    """Text as a DSN parameter carries it (RFC 3461 §4)."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in value)


def _path(word: str, argument: str, *, null: bool) -> tuple[str, str, tuple[Finding, ...]]:
    """The address, the parameters after it, and what is tolerated yet wrong."""
    name, colon, rest = argument.partition(":")
    expected = f"{word}:<adresse>"
    if name.upper() != word or not colon:
        raise _syntax(expected, argument)
    notes: tuple[Finding, ...] = ()
    if rest.startswith((" ", "\t")):
        notes, rest = (find("SMTP-CMD-06", expected=expected, found=argument),), rest.lstrip(" \t")
    if null and re.match(r"<>(?: |$)", rest):
        return "", rest[2:], notes
    match = _PATH.match(rest)
    if match is None or rest[match.end() :][:1] not in ("", " "):
        raise _syntax(expected, argument)
    address = match[1]
    if len(address) > ADDRESS or len(address.rpartition("@")[0]) > LOCAL:
        raise _syntax(expected, argument)
    return _plain(address), rest[match.end() :], notes


def _plain(address: str) -> str:
    """The mailbox written the one way that others share: without quotes that nothing needs (RFC 5321 §4.1.2)."""
    local, _, domain = address.rpartition("@")
    bare = _ESCAPED.sub(r"\1", local[1:-1]) if local.startswith('"') else ""
    return f"{bare}@{domain}" if _DOTS.fullmatch(bare) else address


def _known(said: str, allowed: set[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for word in said.split():
        match = _PARAMETER.fullmatch(word)
        name = match[1].upper() if match else word
        if match is None or name not in allowed:
            expected = ", ".join(sorted(allowed))
            raise BadCommand(
                Reply(555, "5.5.4", "Parameter not recognized"), find("SMTP-CMD-05", expected=expected, found=word)
            )
        if name in found or (match[2] is None):
            raise _bad_value(name, word)
        found[name] = match[2]
    return found


def _xtext(name: str, value: str) -> str:
    if re.search(r"\+(?![0-9A-F]{2})", value):
        raise _bad_value(name, value)
    return _XTEXT.sub(lambda m: chr(int(m[1], 16)), value)


def _syntax(expected: str, found: str) -> BadCommand:
    return BadCommand(
        Reply(501, "5.5.4", "Syntax error in parameters"), find("SMTP-CMD-02", expected=expected, found=found)
    )


def _bad_value(name: str, value: str) -> BadCommand:
    return BadCommand(
        Reply(501, "5.5.4", f"Bad value of {name}"), find("SMTP-CMD-07", expected=name, found=value or "-")
    )
