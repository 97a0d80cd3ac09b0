"""The Annuaire Santé: its FHIR API v2 and its extraction of MSSanté mailboxes, made from the session's world."""
