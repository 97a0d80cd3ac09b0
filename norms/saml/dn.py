"""Distinguished names written as text, compared without regard to order, case or spelling of attribute types.

RFC 4514 (``CN=…,OU=…,C=FR``, multi-valued parts with ``+``, escapes, ``#`` hexadecimal values), its reverse, and the
slash form of OpenSSL (``/C=FR/O=…``): software writes them all.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from cryptography import x509

Parts = frozenset[tuple[str, str]]  # (attribute type as dotted OID, value folded)

_TYPES: Final = {
    "CN": "2.5.4.3",
    "SN": "2.5.4.4",
    "SURNAME": "2.5.4.4",
    "SERIALNUMBER": "2.5.4.5",
    "C": "2.5.4.6",
    "L": "2.5.4.7",
    "ST": "2.5.4.8",
    "S": "2.5.4.8",
    "STREET": "2.5.4.9",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "T": "2.5.4.12",
    "TITLE": "2.5.4.12",
    "GN": "2.5.4.42",
    "G": "2.5.4.42",
    "GIVENNAME": "2.5.4.42",
    "PSEUDONYM": "2.5.4.65",
    "UID": "0.9.2342.19200300.100.1.1",
    "DC": "0.9.2342.19200300.100.1.25",
    "E": "1.2.840.113549.1.9.1",
    "EMAIL": "1.2.840.113549.1.9.1",
    "EMAILADDRESS": "1.2.840.113549.1.9.1",
}
_PART = re.compile(
    r'\s*([A-Za-z][\w.-]*|\d+(?:\.\d+)+)\s*=\s*("(?:[^"\\]|\\.)*"|(?:[^,;+"\\/]|\\.|/(?![A-Za-z]+=))*)\s*'
)
_LONGEST: Final = 2000
_ESCAPE = re.compile(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.|$)")  # "$": an escaped space at the end was stripped


def _fold(value: str) -> str:
    return " ".join(value.split()).casefold()


def _unescape(value: str) -> str:
    def plain(match: re.Match[str]) -> str:
        if match[1]:
            return bytes.fromhex(match[1].replace("\\", "")).decode("utf-8", "replace")
        return match[2]

    if value.startswith('"'):
        value = value[1:-1]
    elif value.startswith("#"):  # BER of a short string: tag, length, bytes
        try:
            return bytes.fromhex(value[1:])[2:].decode("utf-8", "replace")
        except ValueError:
            return value
    return _ESCAPE.sub(plain, value)


def read_dn(text: str) -> Parts | None:
    """The parts of a name written as text; None when it is not one, or longer than any real one."""
    return _read(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=512)
def _read(text: str) -> Parts | None:
    parts: set[tuple[str, str]] = set()
    at = 1 if text.startswith("/") else 0
    while at < len(text):
        match = _PART.match(text, at)
        if not match:
            return None
        kind = match[1].upper().removeprefix("OID.")
        oid = _TYPES.get(kind, kind if kind[0].isdigit() else "")
        if not oid:
            return None
        parts.add((oid, _fold(_unescape(match[2].strip()))))
        at = match.end()
        if at < len(text):
            if text[at] not in ",;+/":
                return None
            at += 1
    return frozenset(parts) or None


def name_parts(name: x509.Name) -> Parts:
    """The parts of a certificate's subject or issuer."""
    return frozenset((a.oid.dotted_string, _fold(str(a.value))) for a in name)
