"""Everything that is wrong with a VIHF (guide SEL-MP-037, TD0.1): assertion, window, attributes, signature."""

from __future__ import annotations

from collections.abc import Iterator

from norms.finding import Finding, Severity, find
from norms.instant import read_utc, write_utc
from norms.saml.ps import SUBJECT_NAME
from norms.soap.tree import place
from norms.vihf import names
from norms.vihf.attributes import check_attributes
from norms.vihf.expected import Expected
from norms.vihf.identity import check_identity
from norms.vihf.read import Vihf, audience
from norms.vihf.roles import check_roles
from norms.vihf.signer import check_signature


def check_vihf(vihf: Vihf, expected: Expected) -> list[Finding]:
    """The findings (VIHF-*, SAML-SIG-*, SAML-CRT-*) in the order in which the service looks: signature first."""
    return [
        *check_signature(vihf, expected),
        *_form(vihf),
        *_window(vihf, expected),
        *check_attributes(vihf),
        *check_roles(vihf),
        *check_identity(vihf, expected),
        *_context(vihf, expected),
    ]


def _form(vihf: Vihf) -> Iterator[Finding]:
    said = vihf.assertion
    here = said.element
    if not said.id:
        yield find("VIHF-XML-01", found="ID", where=place(here))
    if said.version != "2.0":
        yield find("VIHF-XML-02", expected="2.0", found=said.version or "—", where=place(here))
    if not said.issuer:
        yield find("VIHF-ISS-01", where=place(here, "Issuer"))
    if said.issuer_format != SUBJECT_NAME:
        yield find("VIHF-ISS-02", expected=SUBJECT_NAME, found=said.issuer_format or "—", where=place(here, "Issuer"))
    if (restricted := audience(vihf)) is not None:
        yield find("VIHF-AUD-01", where=place(restricted))


def _window(vihf: Vihf, expected: Expected) -> Iterator[Finding]:
    said, trust, here = vihf.assertion, expected.trust, vihf.assertion.element
    issued = read_utc(said.issue_instant)
    air = vihf.mode == names.AIR
    life = expected.air_life if air else trust.life
    tolerance = expected.air_tolerance if air else trust.tolerance
    if issued is None:
        yield find("VIHF-TIME-01", found=said.issue_instant or "—", where=place(here))
    elif trust.now - issued > life:
        age, late = f"{trust.now - issued:.0f}", trust.now - issued > life + tolerance
        yield find(
            "VIHF-AIR-01" if air else "VIHF-TIME-02", expected=f"{life:.0f}", found=age, where=place(here),
            severity=None if late else Severity.WARNING,  # taken for a difference of clocks
        )  # fmt: skip
    elif issued - trust.now > tolerance:
        yield find("VIHF-TIME-03", expected=write_utc(trust.now), found=said.issue_instant, where=place(here))
    authenticated = read_utc(vihf.authn_instant)
    if authenticated is None:
        found = vihf.authn_instant or "—"
        yield find("VIHF-TIME-04", found=found, where=place(here, "AuthnStatement/@AuthnInstant"))
    elif issued is not None and authenticated - issued > tolerance:
        where = place(here, "AuthnStatement/@AuthnInstant")
        yield find("VIHF-TIME-05", expected=said.issue_instant, found=vihf.authn_instant, where=where)
    if vihf.conditions is not None:
        yield from _conditions(vihf, tolerance, trust.now)


def _conditions(vihf: Vihf, tolerance: float, now: float) -> Iterator[Finding]:
    conditions = vihf.conditions
    assert conditions is not None
    for name, late in (("NotBefore", False), ("NotOnOrAfter", True)):
        written = conditions.get(name)
        if written is None:
            continue
        bound = read_utc(written)
        if bound is None:
            yield find("VIHF-TIME-01", found=written or "—", where=place(conditions, f"@{name}"))
        elif (over := now - bound if late else bound - now) > (0 if late else tolerance):
            yield find(
                "VIHF-TIME-06", expected=write_utc(now), found=f"{name} {written}", where=place(conditions),
                severity=None if over > tolerance else Severity.WARNING,
            )  # fmt: skip


def _context(vihf: Vihf, expected: Expected) -> Iterator[Finding]:
    here = vihf.assertion.element
    if not vihf.class_ref:
        yield find("VIHF-CTX-01", where=place(here, "AuthnStatement/AuthnContext/AuthnContextClassRef"))
    else:
        allowed = names.COHERENT.get(vihf.mode)
        if not vihf.class_ref.startswith(names.CLASSES):
            yield find("VIHF-CTX-02", expected=f"{names.CLASSES}…", found=vihf.class_ref, where=place(here))
        elif allowed and vihf.class_ref.removeprefix(names.CLASSES) not in allowed:
            yield find("VIHF-CTX-03", expected=", ".join(allowed), found=vihf.class_ref, where=place(here))
    where = place(here, "AuthnStatement/AuthnContext/AuthnContextDecl")
    if vihf.mode == names.AIR:
        if not vihf.declaration:
            yield find("VIHF-AIR-02", expected=", ".join(expected.air_values), where=where)
        elif vihf.declaration not in expected.air_values:
            yield find("VIHF-AIR-03", expected=", ".join(expected.air_values), found=vihf.declaration, where=where)
    elif vihf.declaration:
        yield find("VIHF-AIR-04", expected=names.AIR, found=vihf.mode or "—", where=where)
