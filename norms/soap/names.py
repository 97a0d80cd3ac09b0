"""Namespaces of SOAP, WS-Addressing and WS-Security, and names in Clark notation (``{namespace}local``)."""

from __future__ import annotations

from typing import Final

SOAP12: Final = "http://www.w3.org/2003/05/soap-envelope"
SOAP11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
WSA: Final = "http://www.w3.org/2005/08/addressing"
WSSE: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
XML: Final = "http://www.w3.org/XML/1998/namespace"

SECURITY: Final = f"{{{WSSE}}}Security"
ACTION: Final = f"{{{WSA}}}Action"
MESSAGE_ID: Final = f"{{{WSA}}}MessageID"
ADDRESSING: Final = frozenset(
    f"{{{WSA}}}{local}" for local in ("Action", "MessageID", "To", "ReplyTo", "From", "FaultTo", "RelatesTo")
)

MEDIA_TYPE: Final = "application/soap+xml"
CONTENT_TYPE: Final = "application/soap+xml; charset=utf-8"


def local(tag: str) -> str:
    """The local part of a name in Clark notation."""
    return tag.rpartition("}")[2]


def namespace(tag: str) -> str:
    """The namespace of a name in Clark notation, empty when it has none."""
    return tag[1 : tag.index("}")] if tag.startswith("{") else ""
