"""A person at a desk, as functions: a place, prompts, and a front that answers each prompt."""

from __future__ import annotations

from collections.abc import Callable

from harness.drive import Left
from harness.guide.desk import Desk
from harness.guide.model import Answer, Place, Prompt, Proof, Sheet
from harness.words import Words

PLACE = Place("T.INS.01", Words.of("essai"), step="s", number=1, total=1, proofs=(Proof("INS/va1.52.01.01"),))
STEP = Prompt("step", PLACE, Sheet((Words.of("faire"),)))
QUESTION = Prompt("question", PLACE, question=Words.of("Vu ?"))


class Script:
    """A front that answers each prompt by a function of it."""

    def __init__(self, *answers: Callable[[Desk, Prompt], None]) -> None:
        self.answers, self.prompts = list(answers), list[Prompt]()

    def serve(self, desk: Desk) -> None:
        assert desk.prompt
        self.prompts.append(desk.prompt)
        if not self.answers:
            raise Left
        self.answers.pop(0)(desk, desk.prompt)


def says(did: str, note: str = "", by: str = "") -> Callable[[Desk, Prompt], None]:
    """Answers so."""
    return lambda desk, prompt: desk.answer(Answer(did, note, by))  # type: ignore[arg-type]
