"""SAML 2.0 assertions and their XML signature, as the AMO teleservices use them."""

from norms.saml.assertion import ASSERTION, SAML, Assertion, read_assertion
from norms.saml.ps import CARDS, PSC, VITALE, Trust, check_card, check_psc, check_vitale
from norms.saml.signature import verify
from norms.saml.trust import BadCertificate, Certificate, TrustStore, certificate, check_certificate

__all__ = [
    "ASSERTION",
    "CARDS",
    "PSC",
    "SAML",
    "VITALE",
    "Assertion",
    "BadCertificate",
    "Certificate",
    "Trust",
    "TrustStore",
    "certificate",
    "check_card",
    "check_certificate",
    "check_psc",
    "check_vitale",
    "read_assertion",
    "verify",
]
