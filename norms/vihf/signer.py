"""The signature of a VIHF and its certificate: the structure's seal (ORG SIGN), or the card's signature certificate.

INDIRECTE and INDIRECTE_RENFORCEE must be signed by the structure; DIRECTE may be left unsigned, since the card is the
TLS client (both kinds exist among the official messages).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from norms.finding import Finding, find
from norms.saml.dn import read_dn
from norms.saml.signature import RSA_SHA1, SHA1_DIGEST, SIGNATURE, verify
from norms.saml.trust import Certificate, check_certificate
from norms.soap.tree import place
from norms.vihf import names
from norms.vihf.expected import Expected
from norms.vihf.read import Vihf

_OLD: Final = (RSA_SHA1, SHA1_DIGEST)


def check_signature(vihf: Vihf, expected: Expected) -> list[Finding]:
    """Signature, certificate, and what ties them to the VIHF."""
    here = vihf.assertion.element
    if next(here.iter(SIGNATURE), None) is None:
        rule = "VIHF-SIG-02" if vihf.mode == names.DIRECT else "VIHF-SIG-01"
        return [find(rule, found=vihf.mode or "—", where=place(here, "Signature"))]
    old = next((e.get("Algorithm", "") for e in here.iter() if e.get("Algorithm") in _OLD), "")
    findings = []
    if old:
        rule = "VIHF-SIG-03" if expected.sha1 else "VIHF-SIG-04"
        findings.append(find(rule, expected="rsa-sha256, sha256", found=old, where=place(here, "Signature")))
    signer, refused = verify(here, sha1=True)
    findings += refused
    if signer is not None:
        trust = expected.trust
        findings += check_certificate(signer, trust.store, trust.now, trust.revoked)
        findings += _tied(vihf, signer, expected)
    return findings


def _tied(vihf: Vihf, signer: Certificate, expected: Expected) -> Iterator[Finding]:
    here = vihf.assertion.element
    where = place(here, "Issuer")
    if vihf.assertion.issuer:
        said = read_dn(vihf.assertion.issuer)
        if said is None:
            yield find("VIHF-ISS-03", expected=signer.subject_text, found=vihf.assertion.issuer, where=where)
        elif said != signer.subject:
            yield find("VIHF-ISS-04", expected=signer.subject_text, found=vihf.assertion.issuer, where=where)
    unit, seals = _facts(signer.x509)
    if not seals:
        yield find("VIHF-CRT-01", found=signer.subject_text, where=place(here, "Signature/KeyInfo"))
    if vihf.mode == names.DIRECT:
        if vihf.user and signer.common_name != vihf.user:
            yield find("VIHF-CRT-02", expected=vihf.user, found=signer.common_name, where=place(here, "Signature"))
        return
    if signer.card_type is not None:
        yield find("VIHF-CRT-03", found=signer.common_name, where=place(here, "Signature/KeyInfo"))
        return
    caller = expected.caller
    wanted = {caller.unit} if caller else {vihf.structure, *expected.units}
    if unit not in wanted and any(wanted):  # a connection that names no structure is told of by VIHF-MODE-03
        shown = ", ".join(sorted(filter(None, wanted))) or "—"
        yield find("VIHF-CRT-04", expected=shown, found=unit or "—", where=place(here, "Signature/KeyInfo"))
    if vihf.mode == names.AIR and expected.air_enrolled and signer.common_name not in expected.air_enrolled:
        yield find("VIHF-AIR-05", found=signer.common_name, where=place(here, "Signature/KeyInfo"))


@lru_cache(maxsize=512)
def _facts(certificate: x509.Certificate) -> tuple[str, bool]:
    """The structure in the subject (OU), and whether the key may commit its holder (non repudiation)."""
    units = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    try:
        seals = certificate.extensions.get_extension_for_class(x509.KeyUsage).value.content_commitment
    except x509.ExtensionNotFound:
        seals = False
    return (str(units[-1].value) if units else ""), seals
