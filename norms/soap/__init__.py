"""SOAP 1.2 messages: reading, addressing headers, media type, faults."""

from norms.soap.addressing import Addressing, action_mismatch, read_addressing
from norms.soap.envelope import BadEnvelope, Envelope, not_understood, read
from norms.soap.fault import Fault, envelope, escape, is_fault, read_fault, upgrade_header
from norms.soap.media import check_charset, check_content_type, read_content_type

__all__ = [
    "Addressing",
    "BadEnvelope",
    "Envelope",
    "Fault",
    "action_mismatch",
    "check_charset",
    "check_content_type",
    "envelope",
    "escape",
    "is_fault",
    "not_understood",
    "read",
    "read_addressing",
    "read_content_type",
    "read_fault",
    "upgrade_header",
]
