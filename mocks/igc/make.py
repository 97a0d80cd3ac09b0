"""Making a PKI on disk: hierarchy, credentials, revocation lists. Imported only when something is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from mocks.igc import files, forge, holder, keys
from mocks.igc.credential import FILE, Credential, Order
from mocks.igc.forge import Issuer, days
from mocks.igc.profiles import AuthorityPlan, CredentialPlan, authorities, plans, profiles, years
from mocks.igc.state import FILE as STATE_FILE
from mocks.igc.state import State, iso, moment, serial_hex
from mocks.world import World
from norms.tls.names import dn

CRL_DAYS = 90
SHARED_KEY = "negative"  # the credentials made to be refused share one key: nothing depends on it


def build(folder: Path, faithful: bool, igc_url: str, hosts: Sequence[str], now: datetime) -> None:
    """Fill an empty folder with a whole PKI."""
    now = now.replace(microsecond=0)
    size = keys.FAITHFUL if faithful else keys.CHEAP
    wanted = [(id, size) for id in authorities()] + [(name, keys.CHEAP) for name in _key_names()]
    pairs = keys.generate(wanted)
    past, future = years()
    start, end = now - days(365 * past), now + days(365 * future)
    made: dict[str, Issuer] = {}
    (folder / "authorities").mkdir()
    for id, plan in authorities().items():
        made[id] = forge.authority(plan, pairs[id], made.get(plan.parent), igc_url, start, end)
        files.write(folder / "authorities" / f"{id}.pem", files.pem(made[id].certificate))
        files.write(folder / "authorities" / f"{plan.file}.cer", made[id].certificate.public_bytes(Encoding.DER))
        files.write_key(folder / "authorities" / f"{id}.key.pem", pairs[id])
    files.write_trust(folder, [issuer.certificate for issuer in made.values() if issuer.plan.trusted])
    state = State(faithful, igc_url, list(hosts), iso(now), iso(end))
    world = World.load()
    for name, wished in plans().items():
        order = planned(wished, hosts, world)
        key = pairs[SHARED_KEY if wished.negative else name]
        credential(folder, state, order, key, made, now)
    revocation_lists(folder, state, made, now)
    files.write(folder / ".gitignore", "*\n")
    files.write_json(folder / STATE_FILE, state.stored())


def planned(plan: CredentialPlan, hosts: Sequence[str], world: World) -> Order:
    """The order of a credential of `certs/credentials.toml`."""
    profile = profiles()[plan.profile]
    return Order(
        plan.name,
        plan.profile,
        plan.issuer or profile.issuer,
        holder.planned(plan, profile, world).stored(),
        tuple(hosts) if profile.san == "dns" and not plan.only_own_name else (),
        plan.extended,
        plan.fault,
        plan.negative,
    )


def credential(
    folder: Path, state: State, order: Order, key: RSAPrivateKey, signers: Mapping[str, Issuer], now: datetime
) -> Credential:
    """Make one credential's folder, in place of a former one; noted in the state, which the caller writes."""
    profile = profiles()[order.profile]
    issuer = signers[order.issuer]
    start, end = _validity(order.fault, profile.days, now)
    certificate = forge.leaf(
        profile,
        holder.restored(order.holder),
        key,
        issuer,
        state.igc_url,
        start,
        end,
        names=order.names,
        extended=order.extended,
    )
    serial = serial_hex(certificate.serial_number)
    state.issued[serial] = order.issuer
    if order.fault == "revoked":
        state.revoked[serial] = {"at": iso(now), "reason": "keyCompromise"}
    target = folder / "credentials" / order.name
    made = Credential(
        target,
        order,
        dn(certificate.subject),
        serial,
        certificate.fingerprint(hashes.SHA256()).hex(),
        iso(start),
        iso(end),
    )
    with files.whole_folder(target) as fresh:
        files.write_credential(fresh, order.name, key, certificate, list(_above(issuer.plan, signers)))
        files.write_json(fresh / FILE, made.stored())
    return made


def revocation_lists(folder: Path, state: State, signers: Mapping[str, Issuer], now: datetime) -> None:
    """Write the revocation list of every authority, and all of them as one PEM file; the caller writes the state."""
    state.crl_number += 1
    until = now + days(CRL_DAYS)
    state.crl_until = iso(until)
    (folder / "crl").mkdir(exist_ok=True)
    together = b""
    for id, issuer in signers.items():
        rows = [
            forge.Revoked(int(serial, 16), moment(row["at"]), row["reason"])
            for serial, row in state.revoked.items()
            if state.issued.get(serial) == id
        ]
        made = forge.revocation_list(issuer, rows, state.crl_number, now - days(1), until)
        files.write(folder / "crl" / f"{issuer.plan.file}.crl", made.public_bytes(Encoding.DER))
        together += made.public_bytes(Encoding.PEM)
    files.write(folder / "crl" / "all.pem", together)


def signers(folder: Path) -> dict[str, Issuer]:
    """The authorities of a PKI, with their keys."""
    place = folder / "authorities"
    return {
        id: Issuer(plan, files.read_certificate(place / f"{id}.pem"), files.read_key(place / f"{id}.key.pem"))
        for id, plan in authorities().items()
    }


def clock() -> datetime:
    """Now, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def _key_names() -> Iterable[str]:
    return [*(plan.name for plan in plans().values() if not plan.negative), SHARED_KEY]


def _validity(fault: str, length: int, now: datetime) -> tuple[datetime, datetime]:
    if fault == "expired":
        return now - days(length), now - days(1)
    if fault == "not-yet-valid":
        return now + days(365), now + days(365 + length)
    return now - days(1), now + days(length - 1)


def _above(plan: AuthorityPlan, signers: Mapping[str, Issuer]) -> Iterable[x509.Certificate]:
    while True:
        yield signers[plan.id].certificate
        if not plan.parent:
            return
        plan = authorities()[plan.parent]
