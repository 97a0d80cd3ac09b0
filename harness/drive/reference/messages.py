"""Writing the SOAP 1.2 messages of INSi: WS_INS1 (card), WS_INS2 (traits), WS_INS3 (verification).

The contract is that of ``DESIR_ICIR_EXP_1.5.0`` (GIE SESAM-Vitale): contexts BAM 01_02 and LPS 01_00, fresh ids at each
call, children of the body in the order of the schema. The names of the verification message are not published: they
come from `Verification` and are provisional.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lxml import etree
from lxml.builder import ElementMaker

from harness.drive.reference.defects import Defects
from norms.insi import names
from norms.insi.names import BAM, BAM_VERSION, LPS, LPS_VERSION

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
TRAITS_ORDER = ("NomNaissance", "Prenom", "Sexe", "DateNaissance", "LieuNaissance")

Element = etree._Element


@dataclass(frozen=True, slots=True)
class Verification:
    """Names of the unit verification (WS_INS3): inferred from the recovery operations, hence configurable."""

    action: str = names.ACTION_VERIFY
    namespace: str = names.VERIFY_REQUEST
    root: str = "IndividuVerifie"


@dataclass(frozen=True, slots=True)
class Sender:
    """What the LPS context says of the software: authorisation number, version, installation, name."""

    idam: str
    instance: str
    name: str
    version: str


def _uuid() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Ids:
    """The identifiers of one message, new ones at each call: MessageID and the Id of both contexts."""

    message: str = field(default_factory=lambda: f"uuid:{_uuid()}")
    bam: str = field(default_factory=_uuid)
    lps: str = field(default_factory=_uuid)


@dataclass(frozen=True, slots=True)
class Card:
    """A Vitale card as a reader gives it: opening right holder's NIR, the beneficiary's when on the card, rank."""

    holder_nir: str
    holder_key: str = ""
    individual_nir: str = ""
    individual_key: str = ""
    birth_name: str = ""
    birth_date: str = ""
    rank: str = ""
    serial: str = ""


def by_traits(values: Mapping[str, str]) -> Element:
    """Body of WS_INS2; ``values`` by element name, empty ones left out."""
    make = ElementMaker(namespace=names.TRAITS, nsmap={None: names.TRAITS})
    body: Element = make.RECSANSVITALE(*(make(name, values[name]) for name in TRAITS_ORDER if values.get(name)))
    return body


def by_card(card: Card, defects: Defects) -> Element:
    """Body of WS_INS1: 13-character numbers without key; the beneficiary's own only when the card holds it."""
    make = ElementMaker(namespace=names.CARD, nsmap={None: names.CARD})
    rank = "" if defects.on("card-without-rank") else card.rank
    body: Element = make.RECVITALE()
    if card.individual_nir:
        body.append(make.MatriculeIndividu(make.NumIdentifiant(card.individual_nir)))
    body.append(make.MatriculeOD(make.NumIdentifiant(card.holder_nir)))
    for name, value in (
        ("NomNaissance", card.birth_name),
        ("DateNaissance", card.birth_date),
        ("RangNaissance", rank),
    ):
        if value:
            body.append(make(name, value))
    return body


def verification(words: Verification, number: str, key: str, oid: str, traits: Mapping[str, str]) -> Element:
    """Body of WS_INS3 (provisional): the INS to verify and the traits it goes with."""
    make = ElementMaker(namespace=words.namespace, nsmap={None: words.namespace})
    order = ("NomNaissance", "Prenom", "ListePrenom", "Sexe", "DateNaissance", "LieuNaissance")
    body: Element = make(
        words.root,
        make.INSFourni(make.IdIndividu(make.NumIdentifiant(number), make.Cle(key)), make.OID(oid)),
        make.TraitsIdentiteIndividu(*(make(name, traits[name]) for name in order if traits.get(name))),
    )
    return body


def envelope(
    action: str,
    ids: Ids,
    sender: Sender,
    issuer: str,
    body: Element,
    *,
    assertions: tuple[Element, ...] = (),
    card: Card | None = None,
    now: datetime | None = None,
) -> bytes:
    """The whole message. ``issuer`` is ``Emetteur`` (same in both contexts); no Security header without assertions."""
    instant = stamp(now or datetime.now(UTC))
    soap = ElementMaker(namespace=SOAP, nsmap={"s": SOAP})
    wsa = ElementMaker(namespace=WSA, nsmap={"a": WSA})
    bam = ElementMaker(namespace=BAM, nsmap={"b": BAM})
    lps = ElementMaker(namespace=LPS, nsmap={"l": LPS})
    header = soap.Header(wsa.Action(action), wsa.MessageID(ids.message))
    if assertions:
        security = ElementMaker(namespace=WSSE, nsmap={"w": WSSE})
        header.append(security.Security(*assertions))
    header.append(
        bam.ContexteBAM(
            bam.Id(ids.bam),
            bam.Temps(instant),
            bam.Emetteur(issuer),
            _cover(bam, card),
            Version=BAM_VERSION,
            Nature="CTXBAM",
        )
    )
    header.append(
        lps.ContexteLPS(
            lps.Id(ids.lps),
            lps.Temps(instant),
            lps.Emetteur(issuer),
            lps.LPS(
                lps.IDAM(sender.idam, R="4"),
                lps.Version(sender.version),
                lps.Instance(sender.instance),
                lps.Nom(f"urn:lps:{sender.name}:{sender.version}"),
            ),
            Version=LPS_VERSION,
            Nature="CTXLPS",
        )
    )
    return etree.tostring(soap.Envelope(header, soap.Body(body)), xml_declaration=True, encoding="UTF-8")


def _cover(bam: ElementMaker, card: Card | None) -> Element:
    cover: Element = bam.COUVERTURE()
    if card is None:
        return cover  # required, empty when no card was read
    holder = [bam.Num(card.holder_nir), *([bam.Cle(card.holder_key)] if card.holder_key else [])]
    cover.append(bam.ASSURE(bam.Id(*holder)))
    person = bam.BENEFICIAIRE()
    if card.individual_nir:
        person.append(
            bam.Nir(bam.Num(card.individual_nir), *([bam.Cle(card.individual_key)] if card.individual_key else []))
        )
    if card.birth_date:
        person.append(bam.DateNai(card.birth_date))
    if card.rank:
        person.append(bam.Rang(card.rank))
    cover.append(person)
    return cover


def stamp(moment: datetime) -> str:
    """UTC with milliseconds and Z, as both contexts and the assertion want it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
