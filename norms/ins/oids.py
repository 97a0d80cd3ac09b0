"""The OIDs that say what a matricule INS is (ANS, référentiel INS; HL7 FR Core)."""

from __future__ import annotations

from typing import Literal

from norms.finding import NOWHERE, Finding, Where, find

NIR = "1.2.250.1.213.1.4.8"
NIA = "1.2.250.1.213.1.4.9"
NIR_TEST = "1.2.250.1.213.1.4.10"
NIR_DEMO = "1.2.250.1.213.1.4.11"

_NATURES: dict[str, Literal["NIR", "NIA"]] = {NIR: "NIR", NIA: "NIA", NIR_TEST: "NIR", NIR_DEMO: "NIR"}
ALL = tuple(_NATURES)


def nature(oid: str) -> Literal["NIR", "NIA", ""]:
    """What a matricule of that OID is, as it must be shown after it (règle 3); empty when the OID is not an INS's."""
    return _NATURES.get(oid, "")


def production(oid: str) -> bool:
    """Whether the OID may be met in production."""
    return oid in (NIR, NIA)


def check(oid: str, where: Where = NOWHERE) -> list[Finding]:
    """A finding when the OID is not one of an INS."""
    return [] if nature(oid) else [find("INS-OID-01", expected=", ".join(ALL), found=oid, where=where)]
