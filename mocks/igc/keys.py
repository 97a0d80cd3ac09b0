"""RSA keys by the dozen: each is made in a thread, since OpenSSL frees the interpreter while it looks for primes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from cryptography.hazmat.primitives.asymmetric import rsa

CHEAP, FAITHFUL = 2048, 4096


def generate(wanted: Iterable[tuple[str, int]]) -> dict[str, rsa.RSAPrivateKey]:
    """One key for each (name, bits)."""
    names, sizes = zip(*wanted, strict=True)
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        return dict(zip(names, pool.map(one, sizes), strict=True))


def one(bits: int = CHEAP) -> rsa.RSAPrivateKey:
    """One key."""
    return rsa.generate_private_key(65537, bits)
