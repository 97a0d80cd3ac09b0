"""What an IHE_XDM archive holds (IHE ITI TF-1 §16, TF-2 §3.32): files at its root, and one folder by submission set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from norms.finding import Finding
from norms.xds.model import DocumentEntry, Submission

NAME: Final = "IHE_XDM.zip"  # of the archive as an attached file
ROOT: Final = "IHE_XDM"
METADATA: Final = "METADATA.XML"
INDEX: Final = "INDEX.HTM"
README: Final = "README.TXT"


class BadArchive(ValueError):
    """The bytes are no archive that can be opened safely: ``finding`` (XDM-ZIP-*) says why and where."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.rule)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class File:
    """A file: its path (with ``/``), its bytes."""

    path: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Subset:
    """One submission set: its folder's name, its metadata (None when they cannot be read), its documents.

    A document's path is relative to the folder, as the metadata ``URI`` gives it.
    """

    name: str
    submission: Submission | None
    documents: tuple[File, ...] = ()

    @property
    def folder(self) -> str:
        """Where it stands in the archive."""
        return f"{ROOT}/{self.name}"

    def document(self, uri: str) -> File | None:
        """The document of that URI; case and a leading ``./`` do not matter."""
        wanted = uri.removeprefix("./").upper()
        return next((one for one in self.documents if one.path.upper() == wanted), None)

    def pairs(self) -> list[tuple[DocumentEntry, File]]:
        """The entries whose document is there, with it, in the order of the metadata."""
        entries = self.submission.entries if self.submission else ()
        return [(entry, held) for entry in entries if entry.uri and (held := self.document(entry.uri)) is not None]

    def place(self, name: str) -> str:
        """The path of one of its files in the archive."""
        return f"{self.folder}/{name}"


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive: its submission sets, ``INDEX.HTM`` and ``README.TXT`` (empty when absent), and any other file."""

    subsets: tuple[Subset, ...] = ()
    index: bytes = field(default=b"", repr=False)
    readme: bytes = field(default=b"", repr=False)
    others: tuple[File, ...] = ()

    def pairs(self) -> list[tuple[Subset, DocumentEntry, File]]:
        """Every document with its metadata."""
        return [(subset, entry, held) for subset in self.subsets for entry, held in subset.pairs()]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who made the archive, for the pages that a person may open."""

    organisation: str
    software: str
    version: str = ""
    vendor: str = ""
    contact: str = ""
