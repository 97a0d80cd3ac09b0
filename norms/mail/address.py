"""Addresses of header fields (RFC 5322 §3.4) and message identifiers (§3.6.4). Reading never raises."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from norms.mail.words import decode, encode, plain, strict

_ATOMS: Final = re.compile(r"[!#$%&'*+/=?^`{|}~0-9A-Za-z_ -]+")
_SPECIALS: Final = re.compile(r'[()<>\[\]:;@\\,."]|=\?')
_ID: Final = re.compile(r"<([^<>\s]+)>")
_SOUND_ID: Final = re.compile(r"[!-;=?A-Z^-~\[\]]+@[!-;=?A-Z^-~\[\]]+")
_TOKENS: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|<[^>]*>?|[,;:()]|\\.|[^",;:()<\\]+', re.S)
PATIENTS: Final = "patient.mssante.fr"


@dataclass(frozen=True, slots=True)
class Address:
    """An address and its display name (decoded), each possibly empty."""

    address: str
    name: str = ""

    @property
    def local(self) -> str:
        """What stands before the ``@``."""
        return self.address.rpartition("@")[0]

    @property
    def domain(self) -> str:
        """What stands after the ``@``, in lower case."""
        return self.address.rpartition("@")[2].lower()

    @property
    def key(self) -> str:
        """What two writings of one address share."""
        return self.address.strip().lower()

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


def is_patient(address: str, domain: str = PATIENTS) -> bool:
    """Whether this is the address of a patient's mailbox (Mon espace santé)."""
    return address.strip().lower().endswith("@" + domain)


def read_addresses(text: str) -> list[Address]:
    """The addresses of a field's value: display names, comments, groups and encoded words understood."""
    found: list[Address] = []
    name: list[str] = []
    angle, depth = "", 0

    def close() -> None:
        nonlocal angle
        words = " ".join("".join(name).split())
        if angle:
            found.append(Address(angle, decode(words)[0]))
        elif words:
            found.append(Address(words.replace(" ", "")))
        name.clear()
        angle = ""

    for token in _TOKENS.findall(text[:100_000]):
        if token == "(":  # noqa: S105  # a comment opens
            depth += 1
        elif token == ")":  # noqa: S105
            depth = max(0, depth - 1)
        elif depth:
            continue
        elif token in (",", ";"):
            close()
        elif token == ":" and not angle:  # noqa: S105  # the name of a group
            name.clear()
        elif token.startswith("<"):
            angle = "".join(token.strip("<>").split())
        elif token.startswith('"'):
            name.append(re.sub(r"\\(.)", r"\1", token[1:].removesuffix('"')))
        else:
            name.append(token)
    close()
    return found


def write_address(address: Address) -> str:
    """An address for a header field; raises BadText when the address itself may not stand in one."""
    bare = strict(address.address)
    name = " ".join(plain(address.name).split())
    if not name:
        return bare
    if not name.isascii() or "=?" in name:
        return f"{encode(name, whole=_SPECIALS.search(name) is not None)} <{bare}>"
    if _ATOMS.fullmatch(name):
        return f"{name} <{bare}>"
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{bare}>'


def read_ids(text: str) -> list[str]:
    """The message identifiers of a field's value, without their angle brackets."""
    return _ID.findall(text[:100_000])


def sound_id(text: str) -> bool:
    """Whether an identifier (without its brackets) has the form ``left@right``."""
    return _SOUND_ID.fullmatch(text) is not None and text.count("@") == 1


def write_ids(ids: tuple[str, ...] | list[str]) -> str:
    """Identifiers for a header field; raises BadText."""
    return " ".join(f"<{strict(one)}>" for one in ids)
