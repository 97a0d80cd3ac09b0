"""The extraction of MSSanté mailboxes in free access: one line per mailbox, 31 columns between bars, UTF-8, in a ZIP.

Columns and packaging as observed in 2026 on service.annuaire.sante.fr; like the real one it holds only PER and ORG
mailboxes and no red list. Which structure columns a PER box without structure leaves empty: all of them.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime

from mocks.annuaire.telecom import published
from mocks.world import Mailbox, Organisation, Professional, World
from norms.codes.tables import shipped

NAME = "Extraction_Correspondance_MSSante"
PATH = f"/annuaire-sante-webservices/V300/services/extraction/{NAME}"
COLUMNS = (
    "Type de BAL",
    "Adresse BAL",
    "Type Identifiant PP",
    "Identifiant PP",
    "Identification nationale PP",
    "Type identifiant structure",
    "Identification Structure",
    "Service de rattachement",
    "Civilité d'exercice",
    "Nom d'exercice",
    "Prénom d'exercice",
    "Catégorie profession",
    "Libellé de catégorie profession",
    "Code Profession",
    "Libellé Profession",
    "Code savoir-faire",
    "Libellé savoir-faire",
    "Dématérialisation",
    "Raison Sociale structure BAL",
    "Enseigne commerciale structure BAL",
    "L2COMPLEMENTLOCALISATION",
    "L3COMPLEMENTDISTRIBUTION",
    "L4NUMEROVOIE",
    "L4COMPLEMENTNUMEROVOIE",
    "NL4TYPEVOIE",
    "L4LIBELLEVOIE",
    "L5LIEUDITMENTION",
    "L6LIGNEACHEMINEMENT",
    "Code postal",
    "Département",
    "Pays",
)


def text(world: World) -> str:
    """The whole extraction, its header line first."""
    rows = [COLUMNS, *(_row(world, box) for box in published(world.mailboxes) if box.kind in ("PER", "ORG"))]
    return "".join("|".join(_clean(cell) for cell in row) + "\n" for row in rows)


def archive(world: World, moment: datetime) -> tuple[str, bytes]:
    """The name of the ZIP and its bytes; both names carry the moment of generation."""
    stamp = f"{NAME}_{moment:%Y%m%d%H%M}"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(
            zipfile.ZipInfo(f"{stamp}.txt", moment.timetuple()[:6]), text(world).encode(), zipfile.ZIP_DEFLATED
        )
    return f"{stamp}.zip", packed.getvalue()


def _row(world: World, box: Mailbox) -> tuple[str, ...]:
    who = world.professionals.get(box.professional)
    place = world.organisations.get(box.organisation)
    return (box.kind, box.id, *_person(who, place, box), *_place(place))


def _person(who: Professional | None, place: Organisation | None, box: Mailbox) -> Iterator[str]:
    structure = ("1" if place.finess_geo or place.finess_ej else "3") if place else ""
    number = (place.finess_geo or place.finess_ej or place.siret) if place else ""
    person = ("8", who.rpps, who.national_id) if who else ("", "", "")
    yield from (*person, structure, number, box.service)
    if not who:
        yield from ("",) * 9
    else:
        yield from (who.civility, who.practice_family_name or who.family_name)
        yield who.practice_given_name or who.given_name
        student = who.kind == "CPF"
        yield from ("E", "Etudiant") if student else ("C", "Civil")
        yield from (who.profession, _label("G15", who.profession))
        skill = who.specialty if who.specialty.startswith(("SM", "SC")) else ""
        yield from (skill, _label("J65", skill))
    yield "O"


def _place(place: Organisation | None) -> Iterator[str]:
    if not place:
        yield from ("",) * 13
        return
    number, _, street = place.street.partition(" ")
    if not number.isdigit():
        number, street = "", place.street
    kind, _, label = street.partition(" ")
    yield from (place.name, "", "", "", number, "", kind, label, "", f"{place.postal_code} {place.city}".strip())
    yield from (place.postal_code, _department(place.postal_code), "France")


def _department(postal_code: str) -> str:
    if postal_code.startswith("20"):
        return "2A" if postal_code < "20200" else "2B"
    return postal_code[: 3 if postal_code.startswith(("97", "98")) else 2]


def _label(table: str, code: str) -> str:
    """The label of a code in a table that ships, empty when it is not there."""
    known = shipped(table)
    return next((label for (held, _), label in known.labels.items() if held == code), "") if known and code else ""


def _clean(cell: str) -> str:
    return " ".join(cell.replace("|", " ").split())
