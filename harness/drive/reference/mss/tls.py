"""What the software demands of an operator's TLS before it says who it is (socle MSSanté n° 2, ECO.1.1.x)."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from harness.drive.reference.config import Mss
from harness.drive.reference.defects import Defects
from harness.drive.reference.model import Refused

SUITES = (
    "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-SHA384",
    "ECDHE-RSA-AES128-SHA256", "DHE-RSA-AES256-GCM-SHA384", "DHE-RSA-AES128-GCM-SHA256",
)  # fmt: skip
RANGE = "ELEMENTAIRE ORGANISATIONS"  # gamme Élémentaire, domaine Organisations (ECO.1.1.10)
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME


def context(settings: Mss, defects: Defects) -> ssl.SSLContext:
    """TLS 1.2 with the six suites, 1.3 tolerated; DH of 2048 bits and more; the structure's certificate at hand."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(settings.ca)
    if settings.cert and settings.key:
        made.load_cert_chain(settings.cert, settings.key)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers(":".join(SUITES) + ":@SECLEVEL=2")
    if defects.on("mss-accepts-old-tls"):
        made.minimum_version = ssl.TLSVersion.TLSv1
        made.set_ciphers("ALL:@SECLEVEL=0")
    if defects.on("mss-accepts-weak-suites"):
        made.set_ciphers("ALL:@SECLEVEL=0")
    if defects.on("mss-skips-expiry"):
        made.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
    if defects.on("mss-skips-host-name"):
        made.check_hostname = False
    if defects.on("mss-trusts-anyone"):
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


class Revocation:
    """The revocation lists of IGC-Santé, the last good one of each kept while it lasts (ECO.1.1.6, ECO.1.1.7)."""

    def __init__(self, settings: Mss, defects: Defects, *, clock: Callable[[], float] = time.time) -> None:
        self.defects, self.clock, self._timeout = defects, clock, settings.timeout_s
        known = x509.load_pem_x509_certificates(settings.ca.read_bytes()) if settings.ca else []
        self._issuers = {one.subject: one for one in known}
        self._lists: dict[str, x509.CertificateRevocationList] = {}

    def check(self, der: bytes) -> None:
        """Raises Refused ``mss.authority``, ``mss.revoked``, ``mss.no-crl`` (none can be had and none is kept)."""
        shown = x509.load_der_x509_certificate(der)
        if RANGE not in shown.issuer.rfc4514_string().upper() and not self.defects.on("mss-trusts-anyone"):
            raise Refused("mss.authority", found=shown.issuer.rfc4514_string())
        if self.defects.on("mss-skips-revocation"):
            return
        for url in _points(shown):
            held = self._current(url, shown)
            if held.get_revoked_certificate_by_serial_number(shown.serial_number) is not None:
                raise Refused("mss.revoked")

    def _current(self, url: str, shown: x509.Certificate) -> x509.CertificateRevocationList:
        fresh = self._fetched(url, shown)
        if fresh is not None:
            self._lists[url] = fresh
        if self.defects.on("mss-forgets-crl") and fresh is None:
            self._lists.pop(url, None)
        held = self._lists.get(url)
        if held is None or not self._lasts(held):
            raise Refused("mss.no-crl", url=url)
        return held

    def _fetched(self, url: str, shown: x509.Certificate) -> x509.CertificateRevocationList | None:
        try:
            answer = httpx.get(url, timeout=self._timeout, trust_env=False)
            made = x509.load_der_x509_crl(answer.content) if answer.is_success else None
        except (httpx.HTTPError, ValueError):
            return None
        issuer = self._issuers.get(shown.issuer)
        if made is None or issuer is None or made.issuer != issuer.subject:
            return None
        try:
            good = made.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
        except (InvalidSignature, TypeError, ValueError):
            return None
        return made if good and self._lasts(made) else None

    def _lasts(self, held: x509.CertificateRevocationList) -> bool:
        end = held.next_update_utc
        return end is not None and end > datetime.fromtimestamp(self.clock(), UTC)


def _points(shown: x509.Certificate) -> list[str]:
    try:
        points = shown.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return []
    return [name.value for point in points for name in point.full_name or () if name.value.startswith("http://")]
