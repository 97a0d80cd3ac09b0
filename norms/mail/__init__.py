"""MSSanté messages: reading, composing, receipts, and the rules on what a software sends.

Référentiel socle MSSanté n° 2 (v1.0.1), REM Ségur wave 2, CI-SIS; RFC 5322, 2045 to 2047, 2231, 3461 to 3464, 8098.
Pure: bytes and values in, bytes, values and findings out.
"""

from norms.mail.address import Address, is_patient
from norms.mail.compose import Draft, File, compose, reply
from norms.mail.model import Mail, Part
from norms.mail.parse import parse

__all__ = ["Address", "Draft", "File", "Mail", "Part", "compose", "is_patient", "parse", "reply"]
