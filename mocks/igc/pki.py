"""The test PKI of a home folder: `init` makes or refreshes it, `Pki` reads it, issues and revokes.

Folder: ``ca.pem``, ``ca.p7b``, ``truststore.p12`` (all the test authorities), ``authorities/``, ``crl/``,
``credentials/<name>/{cert.pem,chain.pem,key.pem,bundle.p12,password.txt}``, ``state.json``. Every PKCS#12 file has the
password `PASSWORD`. Nothing here protects anything: the keys are for tests and the authorities are trusted by no one.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from mocks.addresses import BASE_PORT, address
from mocks.igc.credential import Credential, Order, read_credential, read_credentials
from mocks.igc.errors import PkiError
from mocks.igc.holder import Holder
from mocks.igc.profiles import plans, profiles
from mocks.igc.state import FILE, State, iso, moment, read_state, serial_hex

PASSWORD = "segur"  # noqa: S105 - public on purpose
LOCAL = ("localhost", "127.0.0.1", "::1")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)


class Pki:
    """One PKI folder. Raises FileNotFoundError when there is none, PkiError when its state is not readable."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._file = self.folder / FILE  # looked at for each signed request: the path is made once
        self._stamp = 0
        self._state = read_state(self.folder)
        self.state()

    @property
    def ca(self) -> Path:
        """Every test authority, PEM: what a client or a server must trust."""
        return self.folder / "ca.pem"

    @property
    def truststore(self) -> Path:
        """The same as PKCS#12 that Java, .NET and Windows take; password `PASSWORD`."""
        return self.folder / "truststore.p12"

    @property
    def crl(self) -> Path:
        """Every revocation list, PEM."""
        return self.folder / "crl" / "all.pem"

    def state(self) -> State:
        """What the PKI remembers, read again when another process changed it."""
        stamp = self._file.stat().st_mtime_ns
        if stamp != self._stamp:
            self._state, self._stamp = read_state(self.folder), stamp
        return self._state

    def credential(self, name: str) -> Credential:
        """The credential of that name; raises PkiError listing the known ones."""
        try:
            return read_credential(self.folder / "credentials" / name)
        except (OSError, ValueError, KeyError, TypeError):
            raise PkiError("credential", found=name, known=", ".join(self.credentials())) from None

    def credentials(self) -> dict[str, Credential]:
        """Every credential by name."""
        return {found.name: found for found in read_credentials(self.folder / "credentials")}

    def revoked(self, serial: str) -> bool:
        """Whether the certificate of that serial (hexadecimal) is revoked."""
        return serial_hex(serial) in self.state().revoked

    def revoke(self, serial: str, reason: str = "keyCompromise") -> None:
        """Revoke a certificate that this PKI issued; the revocation lists follow. Raises PkiError when it did not."""
        from mocks.igc import files, make

        wanted = serial_hex(serial)
        with files.locked(_lock(self.folder)):
            state = self.state()
            if wanted not in state.issued:
                raise PkiError("serial", found=serial)
            now = make.clock()
            state.revoked.setdefault(wanted, {"at": iso(now), "reason": reason})
            make.revocation_lists(self.folder, state, make.signers(self.folder), now)
            files.write_json(self.folder / FILE, state.stored())

    def issue(
        self, profile: str, holder: Holder, *, name: str = "", names: Sequence[str] = (), overwrite: bool = False
    ) -> Credential:
        """Make a certificate for the user's own software; ``names`` are host names or addresses it must carry.

        Without a ``name`` it is called after its common name, with a number when that is held.
        Raises PkiError: unknown profile, name unfit or already held, subject too long.
        """
        from mocks.igc import files, keys, make

        name = name or self._free(_slug(holder.common_name))
        if profile not in profiles():
            raise PkiError("profile", found=profile, known=", ".join(profiles()))
        if not _NAME.fullmatch(name):
            raise PkiError("name", found=name)
        if not holder.common_name:
            raise PkiError("subject", error="CN")
        row = profiles()[profile]
        order = Order(name, profile, row.issuer, holder.stored(), tuple(names), ours=False)
        with files.locked(_lock(self.folder)):
            files.mend(self.folder / "credentials")
            if name in plans() or (not overwrite and (self.folder / "credentials" / name).exists()):
                raise PkiError("taken", found=name)
            state = self.state()
            signers = make.signers(self.folder)
            try:
                made = make.credential(self.folder, state, order, keys.one(), signers, make.clock())
            except (ValueError, UnicodeError) as error:  # what X.509 cannot hold: a name too long, a bad host
                raise PkiError("subject", error=error) from None
            files.write_json(self.folder / FILE, state.stored())
        return made

    def _free(self, name: str) -> str:
        """The name, or with a number after it when it is held."""
        numbers = (f"{name}-{number}" for number in itertools.count(2))
        taken = plans().keys() | self.credentials().keys()
        return next(word for word in itertools.chain([name], numbers) if word not in taken)


def init(
    folder: Path,
    *,
    faithful: bool = False,
    hosts: Iterable[str] = (),
    igc_url: str = "",
    force: bool = False,
    now: datetime | None = None,
) -> Pki:
    """Make the PKI of that folder, or refresh it: what nears its end is made again with the same key.

    ``hosts``: names that the server certificates must carry besides the loopback. ``igc_url``: address of the igc
    listener, written into certificates when they are made; when it has moved, the servers' are made again, so that who
    meets the bench finds its revocation lists (those of softwares stay as they are). ``faithful``: authorities of
    4096 bits, as the real ones. ``force``: a new hierarchy, whatever was there. A crash at any point leaves the old
    PKI or the new one.
    """
    folder = Path(folder)
    wanted = tuple(dict.fromkeys([*LOCAL, *hosts]))
    igc_url = igc_url.rstrip("/")
    if not force and (ready := _ready(folder, wanted, igc_url, now)):
        return ready
    from mocks.igc import files, make

    now = now or make.clock()
    with files.locked(_lock(folder)):
        files.mend(folder.parent)
        files.mend(folder / "credentials")
        if not force and (ready := _ready(folder, wanted, igc_url, now)):
            return ready  # another process made it meanwhile
        if force or not (folder / FILE).exists() or moment(read_state(folder).expires) - now < timedelta(days=366):
            url = igc_url or address("igc").url("127.0.0.1", BASE_PORT)
            with files.whole_folder(folder) as fresh:
                make.build(fresh, faithful, url, wanted, now)
        else:
            _refresh(folder, wanted, igc_url, now)
    return Pki(folder)


def _ready(folder: Path, hosts: Sequence[str], igc_url: str, now: datetime | None) -> Pki | None:
    """The PKI when nothing needs to be made; the usual case, and it must cost nothing."""
    try:
        pki = Pki(folder)
    except FileNotFoundError:
        return None
    from datetime import UTC

    now = now or datetime.now(UTC)
    state, held = pki.state(), pki.credentials()
    fresh = (
        plans().keys() <= held.keys()
        and set(hosts) <= set(state.hosts)
        and igc_url in ("", state.igc_url)
        and not any(found.due(now) for found in held.values())
        and moment(state.crl_until) - now > timedelta(days=45)
        and moment(state.expires) - now > timedelta(days=366)
        and not any((folder / "credentials").glob(".*-????????.*"))
    )
    return pki if fresh else None


def _refresh(folder: Path, hosts: Sequence[str], igc_url: str, now: datetime) -> None:
    """Make again, with the same keys, what is due, and the servers when their names or the igc listener changed."""
    from mocks.igc import files, keys, make
    from mocks.world import World

    pki = Pki(folder)
    state, held = pki.state(), pki.credentials()
    more, moved = not set(hosts) <= set(state.hosts), igc_url not in ("", state.igc_url)
    state.igc_url = igc_url or state.igc_url
    state.hosts = list(dict.fromkeys([*state.hosts, *hosts]))
    signers, world = make.signers(folder), World.load()
    orders = {name: make.planned(plan, state.hosts, world) for name, plan in plans().items()}
    for name in [*orders, *(name for name in held if name not in orders)]:
        before = held.get(name)
        order = orders.get(name) or replace(held[name].order)
        server = order.ours and profiles()[order.profile].san == "dns"
        if before is None or before.due(now) or (more and order.names and order.ours) or (moved and server):
            key = files.read_key(before.key) if before else keys.one()
            make.credential(folder, state, order, key, signers, now)
    make.revocation_lists(folder, state, signers, now)
    files.write_json(folder / FILE, state.stored())


def _lock(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _slug(words: str) -> str:
    import unicodedata

    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "logiciel"
