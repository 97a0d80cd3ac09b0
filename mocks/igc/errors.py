"""The one error of the test PKI: what is wrong and what to do, in the user's language."""

from __future__ import annotations

from norms.texts import Lang, text


class PkiError(ValueError):
    """Something asked of the PKI cannot be done; ``key`` names the text in `mocks/igc/texts`."""

    def __init__(self, key: str, **args: object) -> None:
        self.key, self.args_ = key, args
        super().__init__(self.shown("en"))

    def shown(self, lang: Lang) -> str:
        """What is wrong and how to mend it."""
        return text("mocks.igc", f"error.{self.key}", lang, **self.args_)
