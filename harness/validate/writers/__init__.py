"""Results in the forms that people and programs read: each module has ``write(results, lang) -> str``."""
