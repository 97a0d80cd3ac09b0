"""Writing SOAP 1.2 envelopes and faults, and reading a fault back (Part 1, §5.4).

Writing is by text, with every value escaped: an answer is a few hundred bytes and is written on each call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from norms.soap.names import SOAP12, XML
from norms.soap.tree import value

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = re.compile('[&<>"\r]|[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')


def escape(text: str) -> str:
    """Text fit for an element or an attribute in double quotes; characters that XML cannot hold are dropped."""
    if not _SPECIAL.search(text):
        return text
    text = _ILLEGAL.sub("", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("\r", "&#13;")


def envelope(body: str | bytes, header: str = "", prefix: str = "soap") -> bytes:
    """A SOAP 1.2 message around XML already written, as text or in UTF-8."""
    head = f"<{prefix}:Header>{header}</{prefix}:Header>" if header else ""
    begin = f'<?xml version="1.0" encoding="UTF-8"?><{prefix}:Envelope xmlns:{prefix}="{SOAP12}">{head}<{prefix}:Body>'
    inside = body if isinstance(body, bytes) else body.encode()
    return b"".join((begin.encode(), inside, f"</{prefix}:Body></{prefix}:Envelope>".encode()))


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault. ``code`` and ``subcode`` are local names in the SOAP namespace; ``detail`` is XML text."""

    code: str  # Sender | Receiver | VersionMismatch | MustUnderstand | DataEncodingUnknown
    reason: str
    subcode: str = ""
    lang: str = "fr"
    detail: str = ""

    def written(self, prefix: str = "soap") -> str:
        """The ``Fault`` element, for a body whose envelope binds ``prefix`` to the SOAP namespace."""
        p = prefix
        subcode = f"<{p}:Subcode><{p}:Value>{p}:{self.subcode}</{p}:Value></{p}:Subcode>" if self.subcode else ""
        detail = f"<{p}:Detail>{self.detail}</{p}:Detail>" if self.detail else ""
        return (
            f"<{p}:Fault><{p}:Code><{p}:Value>{p}:{self.code}</{p}:Value>{subcode}</{p}:Code>"
            f'<{p}:Reason><{p}:Text xml:lang="{self.lang}">{escape(self.reason)}</{p}:Text></{p}:Reason>'
            f"{detail}</{p}:Fault>"
        )


def upgrade_header(prefix: str = "soap") -> str:
    """The header that goes with a VersionMismatch fault (§5.4.7): this service speaks SOAP 1.2."""
    p = prefix
    return f'<{p}:Upgrade><{p}:SupportedEnvelope qname="{p}:Envelope"/></{p}:Upgrade>'


def is_fault(body: etree._Element) -> bool:
    """Whether the element of a body is a SOAP 1.2 fault."""
    return bool(body.tag == f"{{{SOAP12}}}Fault")


def read_fault(fault: etree._Element) -> Fault:
    """The fault in a ``Fault`` element, whatever its prefixes; missing parts are empty.

    QNames lose their prefix; ``detail`` is the XML of the first element of ``Detail``.
    """
    s = f"{{{SOAP12}}}"
    text = fault.find(f"{s}Reason/{s}Text")
    detail = fault.find(f"{s}Detail")
    first = next(iter(detail.iterchildren(etree.Element)), None) if detail is not None else None
    return Fault(
        code=_local_value(fault.find(f"{s}Code/{s}Value")),
        subcode=_local_value(fault.find(f"{s}Code/{s}Subcode/{s}Value")),
        reason=value(text) if text is not None else "",
        lang=text.get(f"{{{XML}}}lang", "") if text is not None else "",
        detail=etree.tostring(first, encoding="unicode", with_tail=False) if first is not None else "",
    )


def _local_value(element: etree._Element | None) -> str:
    return value(element).rpartition(":")[2] if element is not None else ""
