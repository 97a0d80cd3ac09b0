"""PDF/A-1 pages for bodies and copies, and plain text bodies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from norms.cda.build import Patient, Professional
from norms.cda.build.pdf import Line, pdf

Body = Sequence[str | tuple[str, ...]]  # lines; a tuple is a row of columns


def lines(title: str, patient: Patient, author: Professional | Patient, time: datetime, body: Body) -> list[Line]:
    """A one-page letter: who, whom, when, then the body; a line that begins with ``#`` is a heading."""
    born = "/".join(reversed(patient.birth_date.split("-")))
    used = f" (nom utilisé : {patient.used_name})" if patient.used_name else ""
    place = author.organisation if isinstance(author, Professional) else None
    out = [
        *([Line((place.name,), "small")] if place else []),
        Line((title,), "title"),
        Line(("Patient", f"{patient.birth_name}{used} {' '.join(patient.given_names)}, {patient.sex}, {born}")),
        Line(
            (
                "Matricule INS",
                patient.ids[0].extension if patient.ids[0].root.startswith("1.2.250.1.213.1.4") else "non qualifié",
            )
        ),
        Line(("Auteur", _who(author))),
        Line(("Date", f"{time:%d/%m/%Y %H:%M}")),
    ]
    for line in body:
        if isinstance(line, tuple):
            out.append(Line(line))
        else:
            out.append(Line((line.lstrip("# "),), "heading" if line.startswith("#") else "text"))
    out.append(Line(("Document d'essai : patient, professionnels et structures n'existent pas.",), "small"))
    return out


def _name(author: Professional | Patient) -> str:
    if isinstance(author, Patient):
        return f"{author.used_given_name or author.given_names[0]} {author.used_name or author.birth_name}"
    return f"{author.given} {author.family}"


def _who(author: Professional | Patient) -> str:
    """Courtesy, name and profession; of a patient, that they are."""
    if isinstance(author, Patient):
        return f"{_name(author)}, patient"
    courtesy = "Dr" if author.suffix == "DR" else author.prefix.capitalize()
    return f"{courtesy} {_name(author)}, {author.code.display if author.code else ''}"


def page(title: str, patient: Patient, author: Professional | Patient, time: datetime, body: Body) -> bytes:
    """The letter as a PDF/A-1b file."""
    return pdf(title, lines(title, patient, author, time, body), created=time, author=_name(author))


def text(title: str, patient: Patient, author: Professional | Patient, time: datetime, body: Body) -> bytes:
    """The letter as plain text, UTF-8."""
    rows = [" : ".join(line.cells) for line in lines(title, patient, author, time, body)]
    return "\n".join(rows).encode() + b"\n"
