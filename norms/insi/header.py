"""The SOAP headers of an INSi request: MessageID, ContexteBAM 01_02, ContexteLPS 01_00.

Header blocks come in any order. Identifiers and instants are checked against the wall clock that the caller gives;
whether they were used before is the service's affair, since it takes memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from norms.finding import Finding, find
from norms.insi.names import BAM, BAM_VERSION, CONTEXT_BAM, CONTEXT_LPS, LPS, LPS_VERSION
from norms.insi.shape import Shape
from norms.instant import read_utc, write_utc
from norms.soap.envelope import Envelope
from norms.soap.names import MESSAGE_ID
from norms.soap.tree import place, value

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SOFTWARE_NAME: Final = re.compile(r"urn:lps:[^\s:][^:]*(?::[^\s:]+)?")
_NIR: Final = re.compile(r"\d{6}[AB0-9]\d{6}", re.ASCII)

_BAM: Final = Shape(BAM, "Id!", "Temps!", "Emetteur", "DateRef", "COUVERTURE!")
_COVER: Final = Shape(BAM, "GrandRegime", "Organisme", "CodeCentre", "ASSURE", "BENEFICIAIRE")
_INSURED: Final = Shape(BAM, "Id")
_INSURED_ID: Final = Shape(BAM, "Num", "Cle")
_BENEFICIARY: Final = Shape(BAM, "Nir", "DateNai", "Rang", "Porteur")
_BENEFICIARY_NIR: Final = Shape(BAM, "Num", "Cle", "DateCertification")
_LPS: Final = Shape(LPS, "Id!", "Temps!", "Emetteur", "LPS!")
_SOFTWARE: Final = Shape(LPS, "IDAM!", "Version!", "Instance!", "Nom!")


@dataclass(frozen=True, slots=True)
class Cover:
    """COUVERTURE as sent with a Vitale card; all empty when there is none."""

    insured: str = ""  # number of the opening-right holder
    beneficiary: str = ""  # NIR of the beneficiary
    birth_date: str = ""
    rank: str = ""


@dataclass(frozen=True, slots=True)
class Headers:
    """What the headers say; empty where absent."""

    message_id: str = ""
    bam_id: str = ""
    lps_id: str = ""
    sender: str = ""  # Emetteur
    idam: str = ""  # authorisation number of the software
    version: str = ""
    instance: str = ""
    software: str = ""  # Nom, urn:lps:…
    cover: Cover = Cover()


def read_headers(
    envelope: Envelope, message_id: str, now: float, tolerance: float = 300.0
) -> tuple[Headers, list[Finding]]:
    """The headers of a request and what is wrong with them (INSI-MID-*, INSI-CTX-*, INSI-LPS-*, INSI-XSD-*).

    ``message_id`` is the WS-Addressing one as read; ``now`` in seconds since 1970, ``tolerance`` in seconds.
    """
    findings = _message_id(envelope, message_id)
    bam = _context(envelope, CONTEXT_BAM, BAM_VERSION, "CTXBAM", findings)
    lps = _context(envelope, CONTEXT_LPS, LPS_VERSION, "CTXLPS", findings)
    in_bam = _BAM.read(bam, findings) if bam is not None else {}
    in_lps = _LPS.read(lps, findings) if lps is not None else {}
    for fields in (in_bam, in_lps):
        _identified(fields, now, tolerance, findings)
    sender, again = _text(in_bam, "Emetteur"), _text(in_lps, "Emetteur")
    if bam is not None and lps is not None:
        if sender != again:
            where = place(in_lps.get("Emetteur", lps))
            findings.append(find("INSI-CTX-08", expected=sender or "—", found=again or "—", where=where))
        elif not sender:
            findings.append(find("INSI-CTX-10", where=place(bam, "Emetteur")))
    software = _software(in_lps["LPS"], findings) if "LPS" in in_lps else {}
    return (
        Headers(
            message_id,
            _text(in_bam, "Id"),
            _text(in_lps, "Id"),
            sender or again,
            _text(software, "IDAM"),
            _text(software, "Version"),
            _text(software, "Instance"),
            _text(software, "Nom"),
            _cover(in_bam["COUVERTURE"], findings) if "COUVERTURE" in in_bam else Cover(),
        ),
        findings,
    )


def _text(fields: dict[str, etree._Element], name: str) -> str:
    element = fields.get(name)
    return value(element) if element is not None else ""


def _message_id(envelope: Envelope, message_id: str) -> list[Finding]:
    if message_id.startswith("uuid:") and _UUID.fullmatch(message_id, 5):
        return []
    block = envelope.header(MESSAGE_ID)
    if not message_id or block is None:
        return [find("INSI-MID-01", where=place(envelope.root, "Header/MessageID"))]
    if message_id.startswith("urn:uuid:") and _UUID.fullmatch(message_id, 9):
        return [find("INSI-MID-03", expected=message_id[4:], found=message_id, where=place(block))]
    return [find("INSI-MID-02", expected="uuid:<UUID>", found=message_id, where=place(block))]


def _context(envelope: Envelope, tag: str, version: str, nature: str, findings: list[Finding]) -> etree._Element | None:
    name = "ContexteBAM" if tag == CONTEXT_BAM else "ContexteLPS"
    block = envelope.header(tag)
    if block is None:
        findings.append(find("INSI-CTX-01", expected=tag, where=place(envelope.root, f"Header/{name}"), name=name))
        return None
    if envelope.count(tag) > 1:
        findings.append(find("INSI-CTX-11", found=name, where=place(block)))
    if (found := block.get("Version", "")) != version:
        findings.append(find("INSI-CTX-02", expected=version, found=found or "—", where=place(block), name=name))
    if (found := block.get("Nature", nature)) != nature:
        findings.append(find("INSI-CTX-12", expected=nature, found=found, where=place(block), name=name))
    return block


def _identified(fields: dict[str, etree._Element], now: float, tolerance: float, findings: list[Finding]) -> None:
    if (identifier := fields.get("Id")) is not None and not _UUID.fullmatch(value(identifier)):
        findings.append(find("INSI-CTX-05", found=value(identifier) or "—", where=place(identifier)))
    if (moment := fields.get("Temps")) is None:
        return
    at = read_utc(value(moment))
    if at is None:
        findings.append(find("INSI-CTX-06", found=value(moment) or "—", where=place(moment)))
    elif abs(at - now) > tolerance:
        off = f"{at - now:+.0f}"
        findings.append(
            find("INSI-CTX-07", expected=write_utc(now), found=value(moment), where=place(moment), seconds=off)
        )


def _software(block: etree._Element, findings: list[Finding]) -> dict[str, etree._Element]:
    fields = _SOFTWARE.read(block, findings)
    if (idam := fields.get("IDAM")) is not None:
        kind = idam.get("R", "")
        if not value(idam):
            findings.append(find("INSI-LPS-02", where=place(idam)))
        if kind == "04":
            findings.append(find("INSI-LPS-04", expected="4", found=kind, where=place(idam)))
        elif kind != "4":
            findings.append(find("INSI-LPS-03", expected="4", found=kind or "—", where=place(idam)))
    if (version := fields.get("Version")) is not None and not value(version):
        findings.append(find("INSI-LPS-05", where=place(version)))
    if (instance := fields.get("Instance")) is not None and not _UUID.fullmatch(value(instance)):
        findings.append(find("INSI-LPS-06", found=value(instance) or "—", where=place(instance)))
    if (name := fields.get("Nom")) is not None and not _SOFTWARE_NAME.fullmatch(value(name)):
        findings.append(
            find("INSI-LPS-07", expected="urn:lps:<nom>:<version>", found=value(name) or "—", where=place(name))
        )
    return fields


def _cover(block: etree._Element, findings: list[Finding]) -> Cover:
    if not len(block):
        return Cover()
    fields = _COVER.read(block, findings)
    insured = _INSURED.read(fields["ASSURE"], findings) if "ASSURE" in fields else {}
    number = _INSURED_ID.read(insured["Id"], findings) if "Id" in insured else {}
    person = _BENEFICIARY.read(fields["BENEFICIAIRE"], findings) if "BENEFICIAIRE" in fields else {}
    nir = _BENEFICIARY_NIR.read(person["Nir"], findings) if "Nir" in person else {}
    if "Num" in nir and not _NIR.fullmatch(value(nir["Num"])):
        findings.append(find("INSI-CTX-13", found=value(nir["Num"]) or "—", where=place(nir["Num"])))
    return Cover(_text(number, "Num"), _text(nir, "Num"), _text(person, "DateNai"), _text(person, "Rang"))
