"""The software's MSSanté side: its operator, what it sends, what it receives and files, the Annuaire."""
