"""What the synthetic world holds. Values are immutable; a change makes a new value (see `mocks.world.store`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ins:
    """A matricule INS: 13 characters, key of 2 digits, OID of its nature; validity dates AAAA-MM-JJ or empty."""

    value: str
    key: str
    oid: str
    start: str = ""
    end: str = ""

    @property
    def full(self) -> str:
        """The 15 characters, matricule and key."""
        return self.value + self.key


@dataclass(frozen=True, slots=True)
class Vitale:
    """What a Vitale card says of its beneficiary; `nir` is the opening-right holder's (13 characters)."""

    serial: str
    nir: str
    key: str
    rank: int = 1  # rang gémellaire
    individual_nir: str = ""  # empty when the card does not carry it


@dataclass(frozen=True, slots=True)
class Right:
    """The access right of a professional (national id) or of a structure (struct_id) to one patient's DMP.

    `status`: VALIDE, EXPIRE (also six months after `last`), INTERDIT (blocked by the patient). `since`: first declared,
    `last`: last declared or used; AAAA-MM-JJ, or empty (then it does not expire by itself).
    """

    who: str
    status: str = "VALIDE"
    since: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class Dmp:
    """What the DMP knows of a patient besides documents. `status`: open, absent, closed.

    `opposed`: the patient refuses to have a DMP, which shows as absent. `ens`: attached to Mon espace santé.
    `emergency`, `break_glass`: access allowed in centre 15 and bris de glace mode. `treating`: id of the treating
    doctor. `closed_on` AAAA-MM-JJ, `motive` and `reason` say when and why a closed one was closed.
    """

    status: str = "open"
    opposed: bool = False
    ens: bool = True
    emergency: bool = True
    break_glass: bool = True
    treating: str = ""
    rights: tuple[Right, ...] = ()
    closed_on: str = ""
    motive: str = ""
    reason: str = ""

    def right(self, who: str) -> Right | None:
        """The right of that professional or structure."""
        return next((right for right in self.rights if right.who == who), None)


@dataclass(frozen=True, slots=True)
class Patient:
    """A person. Dates are AAAA-MM-JJ and may hold 00; names are as INSi gives them; `sex` is M, F or empty.

    `known` False: INSi does not know this person. `verify` OK or KO forces the outcome of a verification; empty, it is
    decided by comparison. `mes`: messaging of Mon espace santé (open, closed, not-activated, absent); without an INS
    it has no address.
    """

    id: str
    birth_name: str = ""
    given_names: tuple[str, ...] = ()
    sex: str = ""
    birth_date: str = ""
    birth_place: str = ""
    ins: Ins | None = None
    history: tuple[Ins, ...] = ()
    used_name: str = ""
    used_given_name: str = ""
    known: bool = True
    verify: str = ""
    ipp: str = ""
    vitale: Vitale | None = None
    street: str = ""
    postal_code: str = ""
    city: str = ""
    phone: str = ""
    dmp: Dmp = Dmp()
    mes: str = "open"
    tags: tuple[str, ...] = ()
    note_fr: str = ""
    note_en: str = ""

    @property
    def first_given_name(self) -> str:
        """The first birth given name, empty when there is none."""
        return self.given_names[0] if self.given_names else ""

    @property
    def given_list(self) -> str:
        """The list of birth given names, separated by spaces."""
        return " ".join(self.given_names)


@dataclass(frozen=True, slots=True)
class Activity:
    """Work in an organisation (its id): `role` TRE_R21 or R85, `genre` TRE_R22, `sector` SAxx.

    `profession` and `specialty` are those of this activity when they are not the professional's own.
    """

    organisation: str
    role: str = ""
    genre: str = ""
    sector: str = ""
    profession: str = ""
    specialty: str = ""


@dataclass(frozen=True, slots=True)
class Professional:
    """Someone who holds a card or an e-CPS. `profession` TRE_G15 (or the non-professional's role), `kind` CPS, CPE…"""

    id: str
    family_name: str = ""
    given_name: str = ""
    civility: str = ""
    practice_family_name: str = ""  # nom d'exercice, when it is not the civil one
    practice_given_name: str = ""
    rpps: str = ""
    adeli: str = ""
    national_id: str = ""  # "8" + RPPS, "0" + ADELI…
    profession: str = ""
    specialty: str = ""  # SMxx, SCDxx…
    sector: str = ""  # SAxx of the main activity
    kind: str = "CPS"
    card_serial: str = ""
    activities: tuple[Activity, ...] = ()
    mail: str = ""
    apicrypt: str = ""  # an address outside MSSanté that the Annuaire publishes too
    phone: str = ""
    tags: tuple[str, ...] = ()
    note_fr: str = ""
    note_en: str = ""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A structure. `struct_id` is its national identifier: "1" + FINESS or "3" + SIRET."""

    id: str
    name: str = ""
    finess_ej: str = ""
    finess_geo: str = ""
    siret: str = ""
    struct_id: str = ""
    type_code: str = ""
    sector: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    phone: str = ""
    mail: str = ""
    contact_mail: str = ""  # an ordinary address outside MSSanté that the Annuaire publishes too
    tags: tuple[str, ...] = ()
    note_fr: str = ""
    note_en: str = ""

    @property
    def address(self) -> str:
        """The postal address on one line."""
        return ", ".join(part for part in (self.street, f"{self.postal_code} {self.city}".strip()) if part)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A MSSanté mailbox; its id is the address in lower case. `kind` TRE_R257: PER, ORG, APP, CAB.

    PER and CAB belong to a `professional` (with an `organisation`: that activity only), ORG and APP to an
    `organisation`. `members`: professionals who may open it besides its owner. A red-list box is not published.
    Sizes in megabytes: `quota_mb` of the whole box, `max_mb` of one message.
    """

    id: str
    kind: str = "PER"
    professional: str = ""
    organisation: str = ""
    members: tuple[str, ...] = ()
    label: str = ""
    service: str = ""
    responsible: str = ""
    phone: str = ""
    red_list: bool = False
    active: bool = True
    quota_mb: int = 500
    max_mb: int = 10
    tags: tuple[str, ...] = ()
    note_fr: str = ""
    note_en: str = ""

    def opened_by(self, professional: str) -> bool:
        """Whether that professional may open it: the owner of a PER or CAB box, a member."""
        return professional != "" and professional in (self.professional, *self.members)


@dataclass(frozen=True, slots=True)
class Client:
    """A software registered at Pro Santé Connect; its id is the ``client_id``.

    `certificate`: subject (RFC 4514) or common name of its TLS client certificate. `ciba`: may start a login from a
    device of its own. `api_scopes`: what it may ask of the API Pro Santé Connectée. `api_key`: its ESANTE-API-KEY.
    """

    id: str
    secret: str = ""
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""
    certificate: str = ""
    ciba: bool = False
    api_scopes: tuple[str, ...] = ()
    api_key: str = ""
    tags: tuple[str, ...] = ()
    note_fr: str = ""
    note_en: str = ""
