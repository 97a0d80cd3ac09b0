"""PDF/A-1 pages for bodies and copies, and plain text bodies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from norms.cda.build import Patient, Professional
from norms.cda.build.pdf import Line, pdf

Body = Sequence[str | tuple[str, ...]]  # lines; a tuple is a row of columns


def lines(title: str, patient: Patient, author: Professional, time: datetime, body: Body) -> list[Line]:
    """A one-page letter: who, whom, when, then the body; a line that begins with ``#`` is a heading."""
    born = "/".join(reversed(patient.birth_date.split("-")))
    used = f" (nom utilisé : {patient.used_name})" if patient.used_name else ""
    place = author.organisation
    courtesy = "Dr" if author.suffix == "DR" else author.prefix.capitalize()
    out = [
        Line((place.name if place else "",), "small"),
        Line((title,), "title"),
        Line(("Patient", f"{patient.birth_name}{used} {' '.join(patient.given_names)}, {patient.sex}, {born}")),
        Line(
            (
                "Matricule INS",
                patient.ids[0].extension if patient.ids[0].root.startswith("1.2.250.1.213.1.4") else "non qualifié",
            )
        ),
        Line(("Auteur", f"{courtesy} {author.given} {author.family}, {author.code.display if author.code else ''}")),
        Line(("Date", f"{time:%d/%m/%Y %H:%M}")),
    ]
    for line in body:
        if isinstance(line, tuple):
            out.append(Line(line))
        else:
            out.append(Line((line.lstrip("# "),), "heading" if line.startswith("#") else "text"))
    out.append(Line(("Document d'essai : patient, professionnels et structures n'existent pas.",), "small"))
    return out


def page(title: str, patient: Patient, author: Professional, time: datetime, body: Body) -> bytes:
    """The letter as a PDF/A-1b file."""
    signed = f"{author.given} {author.family}"
    return pdf(title, lines(title, patient, author, time, body), created=time, author=signed)


def text(title: str, patient: Patient, author: Professional, time: datetime, body: Body) -> bytes:
    """The letter as plain text, UTF-8."""
    rows = [" : ".join(line.cells) for line in lines(title, patient, author, time, body)]
    return "\n".join(rows).encode() + b"\n"
