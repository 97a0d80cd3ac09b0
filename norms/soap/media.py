"""The media type of a SOAP 1.2 message over HTTP: ``application/soap+xml`` (RFC 3902), ``charset`` and ``action``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from norms.finding import Finding, find
from norms.soap.names import MEDIA_TYPE

_PARAMETER = re.compile(r';\s*([\w.-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))')


@dataclass(frozen=True, slots=True)
class Media:
    """A Content-Type as read: type and parameters in lower case, values as sent."""

    type: str
    charset: str = ""
    action: str = ""


def read_content_type(header: str) -> Media:
    """A Content-Type header; unreadable parameters are left out."""
    return _read(header[:1000])


def parameters(header: str) -> tuple[str, dict[str, str]]:
    """A media type in lower case and its parameters, names in lower case; unreadable ones are left out."""
    kind, _, rest = header[:4000].partition(";")
    pairs = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(";" + rest)}
    return kind.strip().lower(), pairs


@lru_cache(maxsize=256)
def _read(header: str) -> Media:
    kind, pairs = parameters(header)
    return Media(kind, pairs.get("charset", ""), pairs.get("action", ""))


def check_content_type(header: str) -> list[Finding]:
    """SOAP-CT-01 (another media type: HTTP 415) and SOAP-CT-02 (a charset other than UTF-8)."""
    media = read_content_type(header)
    if media.type != MEDIA_TYPE:
        return [find("SOAP-CT-01", expected=MEDIA_TYPE, found=header or "—")]
    return check_charset(media.charset)


def check_charset(charset: str) -> list[Finding]:
    """SOAP-CT-02: a charset announced that is not UTF-8."""
    if not charset or charset.lower() in ("utf-8", "utf8"):
        return []
    return [find("SOAP-CT-02", expected="utf-8", found=charset)]
