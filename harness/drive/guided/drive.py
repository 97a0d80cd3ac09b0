"""`GuidedDrive`: another drive, and a person for what it does not offer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

from harness.drive import Attestation, Drive, LeftOut, NotOffered, Reply, Request, Software
from harness.guide import keep
from harness.guide.desk import Desk, Front
from harness.guide.gestures import Speaker
from harness.guide.model import Answer, Place, Prompt, Sheet, Value
from harness.words import Words

KIND = "guided"


class Person(Protocol):
    """Someone who guides the software of one run."""

    def sit(self, desk: Desk, client: Any, session: str) -> Front:
        """Where he sits, for the run of that desk, on that session of the bench (`BenchClient`)."""


class Unattended(Drive):
    """A software that no program drives: every action is a person's."""

    kind = KIND

    def open(self) -> Software:
        """Nothing to reach."""
        return Software()

    def act(self, request: Request) -> Reply:
        """Never offered."""
        raise NotOffered(request.action)

    def close(self) -> None:
        """Nothing stays open."""


class GuidedDrive(Drive):
    """Acts through ``inner``, and through the person at ``front`` for what it does not offer."""

    by_person = True

    def __init__(
        self,
        inner: Drive,
        desk: Desk,
        front: Front,
        speaker: Speaker,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.inner, self.desk, self.front, self.speaker, self.clock = inner, desk, front, speaker, clock
        self.kind = inner.kind
        self._place: Place | None = None

    def open(self) -> Software:
        """Reach the inner drive; the person is always there."""
        return self.inner.open()

    def act(self, request: Request) -> Reply:
        """By the inner drive, else by the person. Raises what the inner drive raises, LeftOut, Left."""
        self._at(request.place)
        kept = self.desk.reply if request.place and request.place.step else None
        if kept:
            reply = Reply.of(kept)  # the run was left after it
        else:
            try:
                reply = self.inner.act(request)
            except NotOffered:
                if request.place is None or (request.action == "reset" and self.inner.kind != KIND):
                    raise
                return self._by_person(request, request.place)
            if request.place and request.place.step:
                self.desk.replied(reply.stored())
        if reply.ok:
            self.speaker.learn(request.action, request.body, reply.result)
        return reply

    def tell(self, request: Request) -> None:
        """Show a step that asks nothing of the software; raises LeftOut when it is not applicable."""
        self._at(request.place)
        if request.place:
            answer = self._ask(
                Prompt("step", request.place, Sheet((*self.speaker.arrivals(request.place), request.place.text)))
            )
            if answer.did == "not_applicable":
                raise LeftOut("", answer.note)

    def attest(self, question: Words, title: str, compare: Sequence[tuple[Words, Words]] = ()) -> Attestation | None:
        """Ask the person; None when he cannot say."""
        if self._place is None:
            return None
        rows = tuple(Value(label, value) for label, value in compare)
        answer = self._ask(Prompt("question", self._place, question=question, compare=rows))
        if answer.did == "skip":
            return None
        files = tuple(file["path"] for file in self.desk.given.files)
        return Attestation(answer.did == "yes", answer.note, files, answer.by, answer.at)

    def given(self) -> dict[str, Any]:
        """Marks, clicks, notes and files of the step that ends."""
        here = self._place is not None and self._place.key == self.desk.key
        return asdict(self.desk.given) if here and self.desk.given else {}

    def close(self) -> None:
        """Leave the inner drive."""
        self.inner.close()

    # -- the person ------------------------------------------------------------------------------------------------

    def _at(self, place: Place | None) -> None:
        if place is not None:
            self._place = place
            self.desk.enter(place.key)

    def _by_person(self, request: Request, place: Place) -> Reply:
        if request.action == "reset":
            answer = self._ask(Prompt("start", place, self.speaker.start(place.services)))
            if answer.did == "not_applicable":
                raise LeftOut(request.action, answer.note)
            return Reply(True, by_person=True)
        sheet = self.speaker.sheet(request.action, request.body)
        sheet = replace(sheet, gestures=(*self.speaker.arrivals(place), *sheet.gestures))
        answer = self._ask(Prompt("step", place, sheet))
        given = self.desk.given
        if answer.did == "not_applicable":
            raise LeftOut(request.action, answer.note)
        marks = tuple(given.marks)
        if answer.did == "refused":
            return Reply(False, error={"code": "by-person", "message": answer.note}, by_person=True, marks=marks)
        if given.made:
            path = self.desk.run / given.made
            result = keep.result(request.action, path.name, path.read_bytes())
        else:
            result = self.speaker.result(request.action, request.body, place)
        return Reply(True, result, by_person=True, marks=marks)

    def _ask(self, prompt: Prompt) -> Answer:
        with self._waiting():
            return self.desk.ask(prompt, self.front)

    @contextmanager
    def _waiting(self) -> Any:
        began = self.clock()
        try:
            yield
        finally:
            self.waited += self.clock() - began


def guided(
    inner: Drive,
    person: Person,
    run: Path,
    client: Any,
    session: str,
    people: Iterable[Mapping[str, Any]] = (),
    endpoints: Mapping[str, str] | None = None,
) -> GuidedDrive:
    """That drive with a person beside it, for the run kept in that folder."""
    desk = Desk(run)
    speaker = Speaker(run, {str(row["id"]): row for row in people}, endpoints or {})
    return GuidedDrive(inner, desk, person.sit(desk, client, session), speaker)
