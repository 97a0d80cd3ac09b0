"""The operator's IMAP4rev1 service (RFC 3501) over the line server."""
