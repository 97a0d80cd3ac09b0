"""One text in both languages: what a verdict, an event or a drive says, whoever will read it and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from norms.texts import Lang, text


@dataclass(frozen=True, slots=True)
class Words:
    """The same text in French and in English."""

    fr: str = ""
    en: str = ""

    def get(self, lang: Lang) -> str:
        """The text in one language."""
        return self.fr if lang == "fr" else self.en

    def __bool__(self) -> bool:
        return bool(self.fr or self.en)

    def stored(self) -> dict[str, str]:
        """JSON form; `Words.of` reads it back."""
        return {"fr": self.fr, "en": self.en}

    @classmethod
    def of(cls, raw: Any) -> Words:
        """Words from ``{"fr": …, "en": …}``, or one text that serves both languages."""
        if isinstance(raw, Mapping):
            return cls(str(raw.get("fr", "")), str(raw.get("en", "")))
        return cls(str(raw or ""), str(raw or ""))


NO_WORDS = Words()


def words(package: str, key: str, /, **args: object) -> Words:
    """A text of a package in both languages; an argument that is `Words` gives each language its own."""
    in_french = {name: value.fr if isinstance(value, Words) else value for name, value in args.items()}
    in_english = {name: value.en if isinstance(value, Words) else value for name, value in args.items()}
    return Words(text(package, key, "fr", **in_french), text(package, key, "en", **in_english))
