"""What a document is made of: plain values, no XML. Times are ``datetime`` with an offset, dates are AAAA-MM-JJ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from norms.cda.build.narrative import Block
    from norms.cda.document import Element

PROFESSIONALS = "1.2.250.1.71.4.2.1"  # national identifier of a professional
STRUCTURES = "1.2.250.1.71.4.2.2"  # national identifier of a structure


@dataclass(frozen=True, slots=True)
class Code:
    """A coded value. ``system`` is an OID; ``original`` the narrative anchor (``#id``) that words it; ``qualifiers``
    (name, value) pairs, the value None when the coded element itself is it."""

    code: str
    system: str
    display: str = ""
    original: str = ""
    translations: tuple[Code, ...] = ()
    qualifiers: tuple[tuple[Code, Code | None], ...] = ()

    def at(self, anchor: str) -> Code:
        """The same code, worded at an anchor of the narrative."""
        return replace(self, original=f"#{anchor}")


@dataclass(frozen=True, slots=True)
class Ident:
    """An identifier: OID (or UUID) and extension."""

    root: str
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address as the norm's address lines."""

    street: str = ""
    postal_code: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A structure; ``setting`` its practice setting (JDV_J04)."""

    id: Ident
    name: str
    address: Address = Address()
    phone: str = ""
    setting: Code | None = None


@dataclass(frozen=True, slots=True)
class Professional:
    """A person who acts: author, signer, performer, correspondent. ``code`` is of JDV_J01."""

    id: Ident
    family: str
    given: str
    prefix: str = ""
    suffix: str = ""
    code: Code | None = None
    organisation: Organisation | None = None
    phone: str = ""
    mail: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """A device or software that authors a document."""

    id: Ident
    model: str
    software: str
    organisation: Organisation | None = None


@dataclass(frozen=True, slots=True)
class Relative:
    """A person close to the patient: informant, contact, guardian. ``relation`` is of JDV_J11, ``role`` ECON, NOK…"""

    family: str
    given: str
    relation: Code | None = None
    role: str = "ECON"
    phone: str = ""
    address: Address = Address()


@dataclass(frozen=True, slots=True)
class Patient:
    """The person concerned; ``ids`` begins with the matricule INS when there is one. ``twin_order`` 1, 2… for a
    multiple birth."""

    ids: tuple[Ident, ...]
    birth_name: str
    given_names: tuple[str, ...]
    sex: str  # F, M, U
    birth_date: str
    birth_place: str = ""  # COG
    birth_city: str = ""
    used_name: str = ""
    used_given_name: str = ""
    address: Address | None = None
    phone: str = ""
    mail: str = ""
    guardian: Relative | None = None
    twin_order: int = 0


@dataclass(frozen=True, slots=True)
class Act:
    """A documented act (``serviceEvent``). The first one of a document has a performer. ``extra`` holds elements of
    the French extensions that follow the effective time."""

    code: Code | None
    low: datetime
    high: datetime | None = None
    performer: Professional | Patient | None = None
    performer_time: datetime | None = None
    extra: tuple[Element, ...] = ()
    id: Ident | None = None
    place: Organisation | None = None


@dataclass(frozen=True, slots=True)
class Encounter:
    """The care episode; ``facility`` is the sector SAxx of JDV_J02, ``code`` of JDV_J142."""

    code: Code
    low: datetime
    facility: Code
    high: datetime | None = None
    responsible: Professional | None = None
    place: Organisation | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """A ``participant``: ``type`` INF, REF, REFB…, ``function`` of JDV_J47."""

    type: str
    person: Professional
    since: datetime | None = None
    function: Code | None = None
    until: datetime | None = None
    templates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """A prescription or an imaging order that the document answers (``inFulfillmentOf``)."""

    id: Ident
    accession: Ident | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A section: its French or IHE template (companions follow from the volet tables), title, narrative, entries
    (a statement, or an ``entry`` of one's own), sub-sections. ``code`` is needed where the template leaves it free."""

    template: str
    title: str
    blocks: Sequence[Block] = ()
    entries: Sequence[Element] = ()
    parts: Sequence[Section] = ()
    code: Code | None = None
    id: Ident | None = None
    author: tuple[Professional | Device, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Level1:
    """An unstructured body: the bytes of a PDF/A-1 or a plain text."""

    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """Everything before the body. ``template`` the volet's OID (empty: a level-1 document), ``version`` its
    extension."""

    template: str
    version: str
    id: Ident
    set_id: Ident
    code: Code
    title: str
    time: datetime
    patient: Patient
    authors: tuple[tuple[Professional | Device | Patient, datetime], ...]
    custodian: Organisation
    signer: Professional | Patient
    acts: tuple[Act, ...]
    encounter: Encounter
    version_number: int = 1
    replaces: Ident | None = None
    signed: datetime | None = None
    confidentiality: str = "N"
    informants: tuple[Relative, ...] = ()
    recipients: tuple[Professional, ...] = ()
    authenticators: tuple[tuple[Professional, datetime], ...] = ()
    parties: tuple[Party, ...] = ()
    orders: tuple[Order, ...] = ()
    templates: tuple[Ident, ...] = ()  # further templateIds of the document
    author_function: Code | None = field(default=None)
