"""What a VIHF is checked against: trust, environment, and the TLS certificate it came with."""

from __future__ import annotations

from dataclasses import dataclass

from norms.ins.oids import NIA, NIR, NIR_TEST
from norms.saml.ps import Trust
from norms.vihf.names import AIR_LIFE, AIR_VALUES


@dataclass(frozen=True, slots=True)
class Caller:
    """The TLS client certificate: subject's common name, structure of its OU, and whether it is a person's card."""

    common_name: str
    unit: str
    card: bool


@dataclass(frozen=True, slots=True)
class Expected:
    """What holds where the VIHF arrives; ``caller`` None when no connection is known (a file).

    ``patient``: whether the transaction concerns one patient. ``units``: other structures that the certificate's stands
    for (a geographic FINESS for its legal entity's). ``air_enrolled``: common names of the certificates that may sign
    for AIR; empty for all. Times in seconds.
    """

    trust: Trust
    caller: Caller | None = None
    patient: bool = True
    oids: tuple[str, ...] = (NIR_TEST, NIR, NIA)
    sha1: bool = True
    air_life: float = AIR_LIFE
    air_tolerance: float = 5.0
    air_values: tuple[str, ...] = AIR_VALUES
    air_enrolled: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
