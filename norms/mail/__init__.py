"""MSSanté messages: reading, composing, receipts, and the rules on what a software sends.

Référentiel socle MSSanté n° 2 (v1.0.1), REM Ségur wave 2, CI-SIS; RFC 5322, 2045 to 2047, 2231, 3461 to 3464, 8098.
Pure: bytes and values in, bytes, values and findings out.
"""

from norms.mail.address import Address, is_patient
from norms.mail.check import check, same_message
from norms.mail.compose import Draft, File, compose, reply
from norms.mail.documents import Described, describe, draft
from norms.mail.facts import Facts
from norms.mail.model import Mail, Part
from norms.mail.parse import parse

__all__ = [
    "Address", "Described", "Draft", "Facts", "File", "Mail", "Part", "check", "compose", "describe", "draft",
    "is_patient", "parse", "reply", "same_message",
]  # fmt: skip
