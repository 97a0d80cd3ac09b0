"""Who calls the DMP and what the matrix lets it do: the VIHF, the certificate, the patient, the right of access.

A call is looked at in this order: VIHF (signature first), matrix, INS of the body against the VIHF's, state of the DMP,
then for a consultation the authorisation.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509

from mocks.anchor import anchor_of
from mocks.dmp import rights
from mocks.dmp.directory import check_directory, units_of
from mocks.dmp.matrix import MATRIX, Cell, allowed_to
from mocks.dmp.refusal import CLOSED, EXPIRED, UNKNOWN, refused
from mocks.dmp.token import check_token
from mocks.http import Call
from mocks.journal import Peer
from mocks.world import Patient, World
from norms.finding import Finding, errors, find
from norms.ins.oids import NIA, NIR, NIR_TEST
from norms.saml import ASSERTION, Trust
from norms.saml.trust import BadCertificate, certificate
from norms.soap import Envelope
from norms.soap.names import SECURITY
from norms.soap.tree import elements, place
from norms.vihf import Caller, Expected, Vihf, check_vihf, names, read_cx, read_vihf
from norms.xds.model import DocumentEntry

WITHOUT_PATIENT = ("TD0.4", "TD0.5")
FEED = ("TD2.1", "TD2.2", "TD3.1b", "TD3.3c")  # what needs an open DMP, no authorisation
CONSULT = ("TD1.6", "TD3.1", "TD3.2", "TD3.3a-mask", "TD3.3a-unmask", "TD3.3b", "TD3.3d")
OIDS = {"both": (NIR_TEST, NIR, NIA), "test": (NIR_TEST, NIA), "production": (NIR, NIA)}
_REMEMBERED = 10_000
Refuse = Callable[..., None]
_MASKED, _PATIENTS_OWN = "MASQUE_PS", "90"


class Seen:
    """The VIHFs already used in a session; the oldest are forgotten."""

    def __init__(self) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()

    def before(self, identifier: str) -> bool:
        """Whether this one came before; it is remembered."""
        if identifier in self._ids:
            return True
        self._ids[identifier] = None
        if len(self._ids) > _REMEMBERED:
            self._ids.popitem(last=False)
        return False


@dataclass(frozen=True, slots=True)
class Access:
    """An accepted call: who acts, on whom, and what the matrix says. ``patient`` None when the world holds none."""

    vihf: Vihf
    transaction: str
    actor: str
    cell: Cell
    patient: Patient | None
    right: str  # NON_EXISTE, VALIDE, EXPIRE, INTERDIT
    oid: str

    @property
    def user(self) -> str:
        """National identifier of who acts."""
        return self.vihf.user

    @property
    def structure(self) -> str:
        """National identifier of the structure."""
        return self.vihf.structure

    @property
    def mode(self) -> str:
        """DIRECTE, INDIRECTE, INDIRECTE_RENFORCEE."""
        return self.vihf.mode

    @property
    def purpose(self) -> str:
        """normal, centre_15, bris_de_glace."""
        return self.vihf.access

    @property
    def ins(self) -> str:
        """The patient's INS as the VIHF has it, 15 characters; empty when it has none."""
        return self.vihf.ins[0]

    @property
    def cx(self) -> str:
        """The patient's identifier as XDS writes it."""
        return f"{self.ins}^^^&{self.vihf.ins[1]}&ISO^NH"

    @property
    def doctor(self) -> bool:
        """Whether the user is a doctor."""
        return bool(self.vihf.roles) and self.vihf.roles[0].pair == ("10", names.PROFESSION)

    @property
    def treating(self) -> bool:
        """Whether the user is the patient's treating doctor; nobody is in INDIRECTE, where the structure acts."""
        if self.patient is None or self.mode == names.INDIRECT:
            return False
        return bool(self.user) and self.patient.dmp.treating == self.user

    def wrote(self, entry: DocumentEntry) -> bool:
        """Whether the user is an author of the document."""
        return _wrote(entry, self.user)

    def of_unit(self, entry: DocumentEntry) -> bool:
        """Whether an author of the document worked for the user's structure."""
        return any(
            self.structure in institution.split("^")[9:10]
            for author in entry.authors
            for institution in author.institutions
        )

    def sees(self, entry: DocumentEntry) -> bool:
        """Whether the document is not masked to this user: own documents, all for the treating doctor; in the other
        access modes a masked one is seen when the patient allows these modes."""
        if _MASKED not in entry.visibility or not masked_to(entry, self.user, self.treating):
            return True
        return self.purpose != names.NORMAL and self.patient is not None and _open_to(self.patient, self.purpose)

    def may(self, entry: DocumentEntry) -> bool:
        """Whether the condition of the matrix cell holds for this document."""
        condition, own = self.cell.condition, self.wrote(entry)
        if entry.class_code and entry.class_code.code == _PATIENTS_OWN and self.transaction in ("TD3.3c", "TD3.3d"):
            return self.treating
        return {
            "": True,
            "own": own,
            "unit": self.of_unit(entry),
            "own|mt": own or self.treating,
            "seen": self.sees(entry),
            "shelf": self.treating or (own if self.purpose == names.NORMAL else self.doctor),
            "air-shelf": own or self.doctor,
            "mt": self.treating,
        }.get(condition, False)


def masked_to(entry: DocumentEntry, user: str, treating: bool) -> bool:
    """Whether a document is masked to a professional: neither its author nor the treating doctor."""
    return _MASKED in entry.visibility and not treating and not _wrote(entry, user)


def _wrote(entry: DocumentEntry, user: str) -> bool:
    return any(person.split("^")[0] == user for author in entry.authors for person in author.persons)


def authorise(call: Call, transaction: str, envelope: Envelope, patient: str = "") -> Access:
    """The access that a call has; its findings are noted on the call.

    ``transaction``: a row of the matrix. ``patient``: the patient that the body names, as CX or as 15 characters; empty
    when it names none. Raises Refused.
    """
    vihf, problems = _vihf(call, transaction, envelope)
    call.note(*problems)
    codes = str(call.switch("codes"))
    lenient = call.switch("mode") == "lenient"
    wrong = errors(problems)
    if vihf is None or (wrong and not lenient):
        raise refused(wrong[0], codes)
    return permit(call, transaction, vihf, patient, codes)


def permit(call: Call, transaction: str, vihf: Vihf, patient: str, codes: str) -> Access:
    """What the matrix, the state of the DMP and the authorisation say of an accepted VIHF. Raises Refused."""
    world, (ins, oid) = call.session.world, vihf.ins
    actor = actor_of(vihf)
    cell = MATRIX[transaction].get(actor, Cell(frozenset()))
    call.exchange.facts["actor"] = actor
    held = patient_of(world, ins, oid)
    if held:
        call.exchange.facts["patient"] = held.id
    months = int(call.switch("right_months"))
    right = rights.status(held.dmp, vihf.user, vihf.structure, rights.today(call.session), months) if held else "—"
    access = Access(vihf, transaction, actor, cell, held, right, oid)

    def refuse(finding: Finding, registry: str = "") -> None:
        call.note(finding)
        raise refused(finding, codes, registry=registry)

    if access.purpose not in cell.purposes:
        expected = ", ".join(allowed_to(transaction))
        refuse(_denied(access, expected, actor))
    asked = read_cx(patient)[0] or patient
    if asked and ins and asked[:13] != ins[:13]:
        refuse(find("VIHF-INS-06", expected=asked, found=ins, where=vihf.where(names.RESOURCE)))
    if transaction in (*FEED, *CONSULT, "TD0.3-declare", "TD0.3-remove", "TD0.3-remove-mt"):
        _open(access, refuse)
    if transaction in CONSULT:
        _consult(access, refuse)
    elif cell.condition == "mt" and not access.treating:
        refuse(_denied(access, "MT", vihf.user))
    return access


def _denied(access: Access, expected: str, found: str) -> Finding:
    return find(
        "VIHF-RIGHT-01",
        expected=expected,
        found=found,
        where=access.vihf.where(names.MODE),
        transaction=access.transaction,
        access=access.purpose or "—",
    )


def _open(access: Access, refuse: Refuse) -> None:
    dmp = access.patient.dmp if access.patient else None
    if dmp is None or dmp.opposed or dmp.status == "absent":
        refuse(find("VIHF-RIGHT-05", found="absent"), UNKNOWN)
    elif dmp.status == "closed":
        refuse(find("VIHF-RIGHT-05", found="closed"), CLOSED)


def _consult(access: Access, refuse: Refuse) -> None:
    assert access.patient is not None
    if access.right == rights.BLOCKED:
        refuse(find("VIHF-RIGHT-02", found=access.user), "DMPAccessDeniedByRightsService")
    if access.purpose == names.NORMAL:
        if access.right != rights.VALID:
            refuse(find("VIHF-RIGHT-03", found=access.right, transaction=access.transaction), EXPIRED)
    elif not _open_to(access.patient, access.purpose):
        refuse(find("VIHF-RIGHT-04", found=access.purpose), "DMPAccessDeniedByRightsService")


def _open_to(patient: Patient, purpose: str) -> bool:
    return patient.dmp.emergency if purpose == names.REGULATION else patient.dmp.break_glass


def actor_of(vihf: Vihf) -> str:
    """The column of the matrix that the user belongs to."""
    if vihf.mode == names.INDIRECT:
        return "INDIRECT"
    person = bool(vihf.roles) and vihf.roles[0].system != names.NOT_PROFESSIONAL
    if vihf.mode == names.AIR:
        return "AIR_PS" if person else "AIR_OTHER"
    if any(role.code in names.OCCUPATIONAL and role.system == names.SKILL for role in vihf.roles[1:]):
        return "OCCUPATIONAL"
    return "DIRECT_PS" if person else "DIRECT_OTHER"


def patient_of(world: World, ins: str, oid: str) -> Patient | None:
    """The patient of that INS (former ones included); none when the OID is of the other nature than the INS's."""
    held = world.by_ins(ins[:13], history=True) if ins else None
    if held is None or held.ins is None:
        return None
    every = (held.ins, *held.history)
    known = {o for i in every if i.value == ins[:13] for o in (i.oid, world.dmp_oid(i))}
    return held if oid in known or not oid else None


def _vihf(call: Call, transaction: str, envelope: Envelope) -> tuple[Vihf | None, list[Finding]]:
    """The VIHF of the message and everything wrong with it."""
    held = [e for one in envelope.blocks.get(SECURITY, ()) for e in elements(one) if e.tag == ASSERTION]
    if not held:
        return None, [find("VIHF-SEC-01", where=place(envelope.root, "Header/Security"))]
    vihf, problems = read_vihf(held[0])
    if len(held) > 1 or envelope.count(SECURITY) > 1:
        problems.append(find("VIHF-SEC-02", found=len(held), where=place(held[0]), blocks=envelope.count(SECURITY)))
    if call.peer is None:
        problems.append(find("VIHF-TLS-01"))
    expected = _expected(call, transaction)
    problems += check_vihf(vihf, expected)
    if vihf.secret:
        call.exchange.facts["connection"] = "secret"
    call.exchange.facts |= {
        "auth": vihf.mode,
        "name_id": vihf.user,
        "structure": vihf.structure,
        "access": vihf.access,
        "ins": vihf.ins[0],
        "oid": vihf.ins[1],
        "vihf": vihf.assertion.id,
        "vihf_version": vihf.text(names.VERSION),
        "transaction": transaction,
    }
    used = call.session.state("dmp_vihf", Seen).before(vihf.assertion.id)
    if used and vihf.mode == names.AIR:
        problems.append(find("VIHF-AIR-06", found=vihf.assertion.id, where=place(held[0])))
    problems += check_directory(call, vihf, actor_of(vihf))
    problems += check_token(call, vihf)
    return vihf, problems


def _expected(call: Call, transaction: str) -> Expected:
    now, tolerance = time.time(), float(call.switch("clock_tolerance_s"))
    trust = Trust(anchor_of(call.hub.pki).store(), now, float(call.switch("vihf_life_s")), tolerance, call.hub.revoked)
    caller = caller_of(call.peer) if call.peer else None
    accepted = tuple(re.split(r"[\s,;]+", str(call.switch("air_values")).strip()))
    return Expected(
        trust=trust,
        caller=caller,
        patient=transaction not in WITHOUT_PATIENT,
        oids=OIDS[str(call.switch("ins_oids"))],
        sha1=call.switch("sha1") == "accept",
        air_life=float(call.switch("air_life_s")),
        air_tolerance=float(call.switch("air_tolerance_s")),
        air_values=accepted,
        air_enrolled=frozenset(filter(None, re.split(r"[,;]\s*", str(call.switch("air_enrolled"))))),
        units=units_of(call.session.world, caller.unit) if caller and call.switch("finess") else frozenset(),
    )


def caller_of(peer: Peer) -> Caller:
    """What the TLS certificate says; a card when it has the card's extension, or names no structure."""
    return Caller(peer.common_name, peer.organizational_unit, _is_card(peer.pem, peer.organizational_unit))


@lru_cache(maxsize=256)
def _is_card(pem: str, unit: str) -> bool:
    try:
        return certificate(x509.load_pem_x509_certificate(pem.encode())).card_type is not None
    except (ValueError, BadCertificate):
        return not unit
