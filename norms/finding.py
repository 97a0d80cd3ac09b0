"""Finding: what every rule returns, whichever service or document it looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from norms import rules
from norms.texts import Lang, fill


class Severity(StrEnum):
    """How much a finding weighs; ``error`` fails a check that names it."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Relation(StrEnum):
    """How a rule relates to the official verdict."""

    OFFICIAL = "official"  # the text or the official tool says so
    OBSERVED = "observed"  # seen from real implementers
    PROVISIONAL = "provisional"  # inferred or recalled
    OURS = "ours"  # stricter, by choice


@dataclass(frozen=True, slots=True)
class Where:
    """A place: 1-based line and column when known, a path a person reads, an XPath, a short excerpt."""

    line: int | None = None
    column: int | None = None
    path: str = ""
    xpath: str = ""
    excerpt: str = ""


NOWHERE = Where()
_OR: Mapping[Lang, str] = {"fr": " ou ", "en": " or "}
PATH = " › "  # between a file and what lies inside it, in a path


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation of one rule. Texts are looked up when shown, so a finding costs little to make."""

    rule: str
    severity: Severity
    expected: str = ""
    found: str = ""
    where: Where = NOWHERE
    args: Mapping[str, object] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The norm behind the rule: title, version, section."""
        return rules.rule(self.rule).source

    @property
    def relation(self) -> Relation:
        """How the rule relates to the official verdict."""
        return Relation(rules.rule(self.rule).relation)

    def message(self, lang: Lang) -> str:
        """What was seen, in one sentence."""
        return fill(rules.words(self.rule, lang)["message"], self._words(lang))

    def fix(self, lang: Lang) -> str:
        """What to change; with what it may have been meant to be, when the finding names it (``near``)."""
        row, words = rules.words(self.rule, lang), self._words(lang)
        near = " " + fill(row["near"], words) if "near" in row and self.args.get("near") else ""
        return fill(row["fix"], words) + near

    def _words(self, lang: Lang) -> dict[str, object]:
        """What fills the texts; ``named`` and ``what`` are what is expected, in words of the trade."""
        named, known = rules.named(self.rule, self.expected, lang)
        return {
            "expected": self.expected.replace(" | ", _OR[lang]),
            "found": self.found or "—",
            "path": self.where.path,
            "named": named,
            "what": f" ({named})" if known else "",
            **self.args,
        }

    def inside(self, *outer: str) -> Finding:
        """The same finding about something that lies inside something else: ``outer`` come before its path."""
        w = self.where
        path = PATH.join((*outer, w.path) if w.path else outer)
        return replace(self, where=Where(w.line, w.column, path, w.xpath, w.excerpt))

    def stored(self) -> dict[str, Any]:
        """A JSON-ready form without texts, for the journal; `restored` reads it back."""
        where = {k: v for k in Where.__slots__ if (v := getattr(self.where, k)) not in (None, "")}
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            **({"expected": self.expected} if self.expected else {}),
            **({"found": self.found} if self.found else {}),
            **({"where": where} if where else {}),
            **({"args": {k: str(v) for k, v in self.args.items()}} if self.args else {}),
        }

    def shown(self, lang: Lang) -> dict[str, Any]:
        """The public JSON form of a finding (``segur validate --format json`` and the control API)."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "message": self.message(lang),
            "fix": self.fix(lang),
            "expected": self.expected,
            "found": self.found,
            "line": self.where.line,
            "column": self.where.column,
            "path": self.where.path,
            "xpath": self.where.xpath,
            "excerpt": self.where.excerpt,
            "relation": self.relation.value,
            "source": self.source,
            # What else the texts are filled with, so that a reader can tell the finding in the other language.
            **({"args": {k: str(v) for k, v in self.args.items()}} if self.args else {}),
        }


def find(
    rule: str,
    *,
    expected: object = "",
    found: object = "",
    where: Where = NOWHERE,
    severity: Severity | None = None,
    **args: object,
) -> Finding:
    """Make a finding of a catalogued rule; its severity is the catalogue's unless said otherwise.

    Raises KeyError when the rule is not in the catalogue.
    """
    return Finding(rule, severity or Severity(rules.rule(rule).severity), _short(expected), _short(found), where, args)


def restored(raw: Mapping[str, Any]) -> Finding:
    """The finding that `Finding.stored` wrote."""
    return Finding(
        raw["rule"],
        Severity(raw["severity"]),
        raw.get("expected", ""),
        raw.get("found", ""),
        Where(**raw.get("where", {})),
        raw.get("args", {}),
    )


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """The findings of severity error."""
    return [f for f in findings if f.severity is Severity.ERROR]


def _short(value: object, limit: int = 300) -> str:
    words = str(value)
    return words if len(words) <= limit else words[: limit - 1] + "…"
