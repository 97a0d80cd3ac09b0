"""The catalogue of rules: stable ids, severity, relation to the official verdict, source, texts.

Each domain (the first word of a rule id) has a home package holding ``rules.toml``::

    ["INS-KEY-01"]
    severity = "error"        # error | warning | info
    relation = "official"     # official | observed | provisional | ours
    source = "Norm, version, section"
    strict = true             # an information that strict validation makes an error; may be left out

and the rule's two sentences in ``texts/fr.toml`` and ``texts/en.toml``::

    ["INS-KEY-01"]
    message = "La clé {found} n'est pas celle du matricule (attendu {expected})."
    fix = "Recalculer la clé : 97 − (matricule mod 97)."
    near = "Peut-être {near}."   # added to the fix of a finding that has ``near``; may be left out

A ``[meanings]`` table may say what elements are, in words of the trade (``{what}``, ``{named}``).
Ids are locked in ``norms/rules.lock``: one is never reused or removed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from norms.texts import Lang, table

HOMES: Mapping[str, str] = {
    "INS": "norms.ins",
    "INSI": "norms.insi",
    "SOAP": "norms.soap",
    "SAML": "norms.saml",
    "TLS": "norms.tls",
    "HTTP": "norms.http",
    "OIDC": "norms.oidc",
    "CDA": "norms.cda",
    "XDS": "norms.xds",
    "DMP": "norms.dmp",
    "VIHF": "norms.vihf",
    "HL7": "norms.hl7v3",
    "IMAP": "norms.imap",
    "ANN": "norms.annuaire",
    "SASL": "norms.sasl",
    "SMTP": "norms.smtp",
    "MAIL": "norms.mail",
    "XDM": "norms.xdm",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the catalogue (texts apart)."""

    id: str
    severity: str
    relation: str
    source: str
    strict: bool = False


@cache
def _domain(domain: str) -> Mapping[str, Rule]:
    package = HOMES.get(domain)
    if package is None:
        raise KeyError(f"no rule domain {domain!r}; known: {', '.join(HOMES)}")
    raw = tomllib.loads(files(package).joinpath("rules.toml").read_text(encoding="utf-8"))
    return {key: Rule(id=key, **row) for key, row in raw.items()}


def rule(rule_id: str) -> Rule:
    """The rule of that id; raises KeyError when there is none."""
    try:
        return _domain(rule_id.split("-", 1)[0])[rule_id]
    except KeyError as error:
        raise KeyError(f"no rule {rule_id!r}: {error}") from None


def words(rule_id: str, lang: Lang) -> Mapping[str, str]:
    """The rule's ``message`` and ``fix`` in one language."""
    row: Mapping[str, str] = table(HOMES[rule_id.split("-", 1)[0]], lang)[rule_id]
    return row


def named(rule_id: str, expected: str, lang: Lang) -> tuple[str, bool]:
    """What is expected (names of elements, a comma apart) in words of the trade, and whether every name has some."""
    told: Mapping[str, str] = table(HOMES[rule_id.split("-", 1)[0]], lang).get("meanings", {})
    names = expected.split(", ") if told and expected else []
    return ", ".join(told.get(name, name) for name in names), bool(names) and all(name in told for name in names)


def catalogue() -> Iterator[Rule]:
    """Every rule, domain by domain."""
    for domain in HOMES:
        yield from _domain(domain).values()
