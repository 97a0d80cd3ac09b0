"""Findings about a mailbox opened by IMAP4rev1 (RFC 3501) and about what is filed in it."""
