"""SMTP submission as an MSSanté client speaks it (RFC 5321, 3207, 4954, 3461): commands read strictly, replies."""

from norms.smtp.commands import BadCommand, Mail, Rcpt, mail, rcpt
from norms.smtp.replies import Reply

__all__ = ["BadCommand", "Mail", "Rcpt", "Reply", "mail", "rcpt"]
