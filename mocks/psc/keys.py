"""The provider's signing keys: made at first use, kept beside the test PKI, never shown."""

from __future__ import annotations

import contextlib
import os
import secrets
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key

from norms.oidc import jws

KIDS = ("segur-psc-1", "segur-psc-2")


class SigningKeys:
    """``current`` signs; ``following`` takes over at a rollover; ``foreign`` is in no key set: for forged tokens."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.secret = secrets.token_bytes(64)  # refresh tokens: read back by nobody else

    @cached_property
    def current(self) -> RSAPrivateKey:
        """The key that signs."""
        return _key(self._folder / "current.key")

    @cached_property
    def following(self) -> RSAPrivateKey:
        """The key that signs after a rollover."""
        return _key(self._folder / "following.key")

    @cached_property
    def foreign(self) -> RSAPrivateKey:
        """Somebody else's key."""
        return _key(self._folder / "foreign.key")

    def signing(self, rolled: bool) -> tuple[RSAPrivateKey, str]:
        """The key that signs and its ``kid``."""
        return (self.following, KIDS[1]) if rolled else (self.current, KIDS[0])

    def published(self, rolled: bool) -> list[dict[str, str]]:
        """The public key set: the signing key first; the old one stays while its tokens may live."""
        keys = [jws.jwk(self.current.public_key(), KIDS[0])]
        return [jws.jwk(self.following.public_key(), KIDS[1]), *keys] if rolled else keys

    def public(self, kid: str) -> dict[str, RSAPublicKey]:
        """The public key of that ``kid``, to read a token of ours back; none when it is not ours."""
        if kid == KIDS[0]:
            return {kid: self.current.public_key()}
        return {kid: self.following.public_key()} if kid == KIDS[1] else {}


def _key(path: Path) -> RSAPrivateKey:
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
        if isinstance(key, RSAPrivateKey):
            return key
    key = generate_private_key(65537, 2048)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.new")
    draft.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    with contextlib.suppress(OSError):
        draft.chmod(0o600)
    draft.replace(path)
    return key
