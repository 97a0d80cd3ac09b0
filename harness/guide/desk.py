"""The desk where a person and a run meet: the current prompt, what was given, the answer, all kept in the run's folder.

The run's thread asks and waits; a front (terminal, console) shows the prompt and answers, from any thread.
``guide.json`` is the state now, ``guide.jsonl`` everything that was done, with its time: leaving and coming back
loses nothing.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

from harness.drive import Left
from harness.guide import keep
from harness.guide.model import Answer, Given, Prompt
from harness.words import Words, words

_P = "harness.guide"
MAX_NOTE = 4000


class Refused(ValueError):
    """What the person did is not possible now; ``message`` says why and what to do."""

    def __init__(self, message: Words) -> None:
        super().__init__(message.en)
        self.message = message


class Front(Protocol):
    """Where the person sits."""

    def serve(self, desk: Desk) -> None:
        """Return once the desk's prompt is answered; raises Left when the person leaves."""


class Desk:
    """One per run. ``clock`` gives seconds since 1970."""

    def __init__(self, run: Path, clock: Callable[[], float] = time.time) -> None:
        self.run, self.clock = run, clock
        self._changed = threading.Condition(threading.RLock())
        self._answer: Answer | None = None
        self._left = False
        self.prompt: Prompt | None = None
        self.seq, self.key, self.began = 0, "", 0.0
        self.answers: dict[str, dict[str, Any]] = {}  # of this step, by prompt
        self.reply: dict[str, Any] | None = None  # what the software itself answered in this step
        self.given = Given()
        self._read()

    # -- the run's side ------------------------------------------------------------------------------------------

    def enter(self, key: str) -> None:
        """A step begins, or goes on where it was left."""
        with self._changed:
            if key != self.key:
                self.key, self.given, self.began = key, Given(), self.clock()
                self.answers, self.reply = {}, None
                self._write()

    def replied(self, reply: dict[str, Any]) -> None:
        """Keep what the software itself answered in this step: it is not asked twice."""
        with self._changed:
            self.reply = reply
            self._write()

    def ask(self, prompt: Prompt, front: Front) -> Answer:
        """The person's answer; the one given before the run was left, when there is one. Raises Left."""
        with self._changed:
            self.enter(prompt.place.key)
            memory = f"{prompt.kind} {prompt.question.fr}"
            if kept := self.answers.get(memory):
                return Answer(**kept)
            self.seq += 1
            self.prompt, self._answer = replace(prompt, seq=self.seq), None
            self._write()
        try:
            front.serve(self)
            with self._changed:
                answer = self._answer
                if answer is None:
                    raise Left
                self.answers[memory] = asdict(answer)
                return answer
        finally:
            with self._changed:
                self.prompt = None
                self._write()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the answer; False when it did not come in time. Raises Left when the person leaves."""
        with self._changed:
            self._changed.wait_for(lambda: self._left or self._answer is not None, seconds)
            if self._left and self._answer is None:
                raise Left
            return self._answer is not None

    @property
    def waiting(self) -> Prompt | None:
        """The prompt that waits for an answer."""
        prompt = self.prompt
        return None if self.answered else prompt

    @property
    def answered(self) -> bool:
        """Whether the current prompt is."""
        return self._answer is not None

    # -- the person's side ---------------------------------------------------------------------------------------

    def mark(self) -> float:
        """« Je viens de valider » : the moment, seconds since 1970."""
        with self._acting():
            moment = self.clock()
            self.given.marks.append(moment)
            self._did("mark")
            return moment

    def click(self, times: int = 1) -> int:
        """Clicks made, counted from the start of the step; a negative number corrects."""
        with self._acting():
            self.given.clicks = max(0, min(self.given.clicks + times, 999))
            self._did("click", times=times)
            return self.given.clicks

    def note(self, text: str) -> None:
        """A remark kept with the step."""
        with self._acting():
            if not text.strip():
                raise Refused(words(_P, "refused.empty"))
            self.given.notes.append(text.strip()[:MAX_NOTE])
            self._did("note", text=text.strip()[:MAX_NOTE])

    def file(self, proof: str, name: str, data: bytes) -> dict[str, Any]:
        """Keep a file under a proof number of this step (empty: none); raises Refused, keep.BadFile."""
        with self._acting() as prompt:
            known = [each.number for each in prompt.place.proofs]
            if proof and proof not in known:
                raise Refused(words(_P, "refused.proof", proof=proof, known=", ".join(known) or "—"))
            kept = keep.keep(self.run, prompt.place, proof, name, data)
            self.given.files.append(kept)
            self._did("file", **kept)
            return kept

    def made(self, name: str, data: bytes) -> dict[str, Any]:
        """The file that the software made in this step: the bench looks into it, and keeps it as evidence."""
        with self._acting() as prompt:
            if not prompt.sheet.wants:
                raise Refused(words(_P, "refused.made"))
            proof = next((each.number for each in prompt.place.proofs), "")
            kept = self.file(proof, name, data)
            self.given.made = kept["path"]
            self._write()
            return kept

    def answer(self, answer: Answer, seq: int = 0) -> None:
        """Answer the current prompt (``seq`` when the front knows which one it shows); raises Refused."""
        with self._acting(seq) as prompt:
            allowed = ("yes", "no", "skip") if prompt.kind == "question" else ("done", "refused", "not_applicable")
            if answer.did not in allowed:
                raise Refused(words(_P, "refused.answer"))
            note = answer.note.strip()[:MAX_NOTE]
            if answer.did in ("not_applicable", "no") and not note:
                raise Refused(words(_P, f"refused.{'reason' if answer.did == 'not_applicable' else 'saw'}"))
            self._did("answer", answer=answer.did, note=note)
            self._answer = Answer(answer.did, note, answer.by, self.clock())
            self._changed.notify_all()

    def leave(self) -> None:
        """Leave the run; it goes on later at this step."""
        with self._changed:
            self._left = True
            self._did("leave")
            self._changed.notify_all()

    # -- state -----------------------------------------------------------------------------------------------------

    def _acting(self, seq: int = 0) -> _Acting:
        return _Acting(self, seq)

    def _did(self, what: str, **facts: Any) -> None:
        row = {"time": self.clock(), "step": self.key, "did": what, **facts}
        with (self.run / "guide.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._write()

    def _write(self) -> None:
        state = {
            "schema": 1,
            "seq": self.seq,
            "key": self.key,
            "began": self.began,
            "given": asdict(self.given),
            "answers": self.answers,
            "reply": self.reply,
            "prompt": self.prompt.stored() if self.prompt else None,
        }
        draft = self.run / "guide.tmp"
        draft.write_text(json.dumps(state, ensure_ascii=False, indent=1), encoding="utf-8")
        draft.replace(self.run / "guide.json")

    def _read(self) -> None:
        """What an earlier sitting left; a file that cannot be read is as none."""
        try:
            state = json.loads((self.run / "guide.json").read_text(encoding="utf-8"))
            given = Given(**state["given"])
            self.seq, self.key, self.began = int(state["seq"]), str(state["key"]), float(state["began"])
            self.answers, self.reply, self.given = dict(state["answers"]), state["reply"], given
        except (OSError, ValueError, KeyError, TypeError):
            return


class _Acting:
    """The desk held while the person does something; there must be a prompt, and it must be the one he sees."""

    def __init__(self, desk: Desk, seq: int) -> None:
        self.desk, self.seq = desk, seq

    def __enter__(self) -> Prompt:
        desk = self.desk
        desk._changed.acquire()
        prompt = desk.prompt
        if prompt is None or desk.answered or (self.seq and self.seq != prompt.seq):
            desk._changed.release()
            raise Refused(words(_P, "refused.late"))
        return prompt

    def __exit__(self, *_: object) -> None:
        self.desk._changed.release()
