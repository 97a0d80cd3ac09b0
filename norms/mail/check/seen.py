"""A message as rules see it: what it carries, opened once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from norms import xdm
from norms.finding import Where
from norms.mail import dsn
from norms.mail.address import Address, is_patient
from norms.mail.documents import Described, describe
from norms.mail.facts import Facts
from norms.mail.model import Mail, Part, is_zip_name


@dataclass(frozen=True)
class Seen:
    """A message and what is known around it."""

    mail: Mail
    facts: Facts

    @cached_property
    def archives(self) -> list[tuple[Part, xdm.Opened]]:
        """The ZIP archives, opened: those that hold an XDM, or that nothing tells from one."""
        opened = [(part, xdm.open_archive(part.content)) for part in self.mail.archives]
        return [(part, one) for part, one in opened if _meant(part, one)]

    @cached_property
    def documents(self) -> list[Described]:
        """What the CDA documents of the archives say of themselves."""
        return [describe(held.cda) for _, opened in self.archives for held in opened.cdas if held.cda is not None]

    @cached_property
    def by_software(self) -> bool:
        """Whether a software wrote it: not a patient in Mon espace santé, nor a server that tells of a delivery."""
        notice = self.mail.is_report and self.mail.root.params.get("report-type", "").lower() == dsn.KIND
        return bool(self.facts.mailbox) or not (notice or is_patient(self.mail.sender.address, self.facts.patients))

    @cached_property
    def recipients(self) -> list[Address]:
        """Every recipient, of the envelope when it is known, else of the header."""
        if self.facts.recipients is not None:
            return [Address(one) for one in self.facts.recipients]
        return self.mail.recipients

    @cached_property
    def to_patients(self) -> list[Address]:
        """The recipients that are patients' mailboxes."""
        return [one for one in self.recipients if is_patient(one.address, self.facts.patients)]

    def where(self, part: Part) -> Where:
        """The place of an attached file."""
        return Where(part.line, None, part.filename or f"part[{part.path}]")


def _meant(part: Part, opened: xdm.Opened) -> bool:
    """Whether a ZIP is meant as the archive: an office document is a ZIP too."""
    if opened.archive is None:
        return is_zip_name(part)
    return bool(opened.archive.subsets) or is_named(part)


def is_named(part: Part) -> bool:
    """Whether a part is named as the archive must be, case apart."""
    return part.filename.upper() == xdm.NAME.upper()
