"""Searching the Annuaire Santé: the grammar of its FHIR requests, what each criterion means, the rules on a request."""

from norms.annuaire.match import Instants, instants, string_matches, token_matches
from norms.annuaire.search import (
    CRITERIA,
    PARAMETERS,
    RESOURCES,
    REVERSE,
    BadQuery,
    Clause,
    Search,
    criteria,
    parse,
    read,
)

__all__ = [
    "CRITERIA",
    "PARAMETERS",
    "RESOURCES",
    "REVERSE",
    "BadQuery",
    "Clause",
    "Instants",
    "Search",
    "criteria",
    "instants",
    "parse",
    "read",
    "string_matches",
    "token_matches",
]
