"""How a listener speaks TLS, and the context made from it, made again when its files change."""

from __future__ import annotations

import logging
import ssl
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cryptography import x509

from mocks.listener.watch import WatchedContext

log = logging.getLogger("segur.listener")


@dataclass(frozen=True)
class TlsProfile:
    """Certificate chain and key shown, client certificates asked for, authorities and revocation lists to judge them.

    ``maximum``, ``ciphers``, ``dh`` (PEM file of a Diffie-Hellman group) and ``curve`` serve scenarios in which the
    service is an old, a narrow or a weak one.
    """

    cert: Path
    key: Path
    client: Literal["none", "optional", "required"] = "none"
    trust: Path | None = None
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    crl: Path | None = None
    maximum: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED
    ciphers: str = ""
    dh: Path | None = None
    curve: str = ""

    def context(self) -> WatchedContext:
        """A server context; raises OSError, ssl.SSLError when a file is absent or not what it should be."""
        context = WatchedContext(ssl.PROTOCOL_TLS_SERVER)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # an old version is asked for on purpose
            context.minimum_version, context.maximum_version = self.minimum, self.maximum
        if self.ciphers:
            context.set_ciphers(self.ciphers)
        if self.dh:
            context.load_dh_params(str(self.dh))
        if self.curve:
            context.set_ecdh_curve(self.curve)
        context.load_cert_chain(self.cert, self.key)
        if self.client != "none":
            context.verify_mode = ssl.CERT_REQUIRED if self.client == "required" else ssl.CERT_OPTIONAL
            if self.trust:
                context.load_verify_locations(self.trust)
            if self.crl:
                context.load_verify_locations(self.crl)
                context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        return context


@dataclass
class Contexts:
    """The context of a profile at each moment: a certificate revoked or renewed counts from the next connection on."""

    profile: TlsProfile
    _stamp: tuple[tuple[int, int], ...] = ()
    _context: WatchedContext | None = field(default=None, repr=False)
    names: tuple[str, ...] = ()  # in the certificate shown

    def current(self) -> WatchedContext:
        """The context for a new connection; the former one while files are being replaced. Raises as `context`."""
        try:
            stamp = tuple(_stamp(path) for path in self._files())
            if self._context is None or stamp != self._stamp:
                self._context, self.names, self._stamp = self.profile.context(), _names(self.profile.cert), stamp
        except (OSError, ValueError):  # ssl.SSLError is an OSError
            if self._context is None:
                raise
            log.warning("certificate files of %s cannot be read; the former ones stay", self.profile.cert)
        return self._context

    def _files(self) -> list[Path]:
        profile = self.profile
        return [path for path in (profile.cert, profile.key, profile.trust, profile.crl) if path]


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def _names(path: Path) -> tuple[str, ...]:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in names if isinstance(name, x509.DNSName | x509.IPAddress))
