"""The one error of the world: says which file, which place, what is wrong and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from norms.texts import Lang, text


class Hint:
    """A near miss, said in the language asked for when the error is shown."""

    def __init__(self, wanted: str, known: Iterable[str]) -> None:
        self.near = next(iter(get_close_matches(wanted, list(known), 1, 0.6)), "")

    def shown(self, lang: Lang) -> str:
        """`; did you mean …?` or nothing."""
        return text("mocks.world", "hint", lang, near=self.near) if self.near else ""


class WorldError(ValueError):
    """Something in a world file or in a change is wrong.

    `key` names a text of ``mocks/world/texts``, which `words` fill. Line and column are 1-based, 0 without a file.
    """

    def __init__(
        self, key: str, words: Mapping[str, object] | None = None, *, file: str = "", line: int = 0, column: int = 0
    ) -> None:
        self.key, self.words, self.file, self.line, self.column = key, dict(words or {}), file, line, column
        super().__init__(self.shown("en"))

    @property
    def message(self) -> str:
        """What is wrong, in English, without the place."""
        return self._said("en")

    def shown(self, lang: Lang) -> str:
        """Place and message in one language: ``file:line:column: message``."""
        place = f"{self.file}:{self.line}:{self.column}: " if self.line else f"{self.file}: " if self.file else ""
        return place + self._said(lang)

    def _said(self, lang: Lang) -> str:
        words = {name: word.shown(lang) if isinstance(word, Hint) else word for name, word in self.words.items()}
        return text("mocks.world", self.key, lang, **words)
