"""Submission by SMTP with STARTTLS (RFC 6409, 3207, 4954, 3461), as an MSSanté operator offers it to a software."""

from mocks.mssante.smtp.session import Submission

__all__ = ["Submission"]
