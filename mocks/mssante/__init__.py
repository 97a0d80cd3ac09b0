"""An MSSanté operator: submission by SMTP, mailboxes by IMAP, the patients' side, and what ends up in the mailboxes."""
