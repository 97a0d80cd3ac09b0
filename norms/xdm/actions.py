"""The metadata ``action`` of a sending: nothing (first), ``C`` (the document replaces another), ``D`` (to be deleted).

Provisional: the texts say the values, not how they are written in METADATA.XML. A slot named ``action`` is supposed,
of the submission set or of each entry; any name whose last segment is ``action`` is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from norms.finding import Finding, find
from norms.xds.model import DocumentEntry, Submission, SubmissionSet

REPLACE, DELETE = "C", "D"
_LAST = re.compile(r"[:/#.]")


@dataclass(frozen=True, slots=True)
class Coding:
    """How the action is written: the name of the slot, on the submission set or on each entry."""

    slot: str = "action"
    on_set: bool = True

    def reads(self, name: str) -> bool:
        """Whether a slot of that name says the action."""
        return name == self.slot or _LAST.split(name)[-1].lower() == "action"


CODING = Coding()


def action_of(submission: Submission, entry: DocumentEntry, coding: Coding = CODING) -> str:
    """The action of one document: its own, else its set's; empty for a first sending."""
    return _said(entry, coding) or _said(submission.set, coding)


def _said(thing: DocumentEntry | SubmissionSet, coding: Coding) -> str:
    return next((values[0] for name, values in thing.extra if coding.reads(name) and values), "")


def with_action(submission: Submission, action: str, coding: Coding = CODING) -> Submission:
    """The submission with that action written."""
    slot = ((coding.slot, (action,)),)
    if coding.on_set:
        return replace(submission, set=replace(submission.set, extra=submission.set.extra + slot))
    entries = tuple(replace(entry, extra=entry.extra + slot) for entry in submission.entries)
    return replace(submission, entries=entries)


def check_action(submission: Submission, entry: DocumentEntry, replaces: str | None, coding: Coding) -> list[Finding]:
    """XDM-ACT-01 to -04. ``replaces``: the document that the CDA says it replaces (empty: none; None: it is no CDA)."""
    action = action_of(submission, entry, coding)
    where = entry.where("action")
    if action not in ("", REPLACE, DELETE):
        return [find("XDM-ACT-01", found=action, where=where)]
    found = [find("XDM-ACT-04", expected=coding.slot, found=action, where=where)] if action else []
    if action == REPLACE and replaces == "":
        found.append(find("XDM-ACT-02", where=where, object=entry.id))
    if action == "" and replaces:
        found.append(find("XDM-ACT-03", found=replaces, where=where, object=entry.id))
    return found
