"""The VIHF: the SAML assertion that says to the DMP who acts, for which structure, on which patient, how and why."""

from norms.vihf.check import check_vihf
from norms.vihf.expected import Caller, Expected
from norms.vihf.read import Coded, Vihf, read_cx, read_vihf

__all__ = ["Caller", "Coded", "Expected", "Vihf", "check_vihf", "read_cx", "read_vihf"]
