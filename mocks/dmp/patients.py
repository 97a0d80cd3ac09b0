"""What the DMP answers about patients and rights: TD0.2, TD1.3a, TD0.3, TD0.4, TD0.5, TD1.6, and what is no more.

Each operation takes a message and gives the content of the SOAP body; it raises Refused for what a fault answers.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

from mocks.dmp import rights
from mocks.dmp.access import Access, authorise
from mocks.dmp.directory import professional
from mocks.dmp.refusal import DENIED, Refused, refused
from mocks.dmp.state import state_of
from mocks.dmp.wire import Message
from mocks.http import Call
from mocks.world import Patient, Right
from norms.finding import Finding, errors, find
from norms.hl7v3 import answer, custom, names, request
from norms.hl7v3.answer import Context, Subject
from norms.hl7v3.custom import Row
from norms.soap.tree import place

MOST: Final = 50  # patients in one answer
_ROLES: Final = {"ACTIVE": (rights.VALID,), "INTERDITE": (rights.BLOCKED,), "TOUTE": ()}
_CIVILITY: Final = {"M": "M", "F": "Mme"}
_PAST: Final = {names.MODIFY: "TD1.3b", names.CLOSE: "TD1.4", names.REACTIVATE: "TD1.2", names.CREATE_REASON: "TD1.1"}
_BAD: Final = "DMPInvalidData"


def demographics(call: Call, message: Message) -> str:
    """TD0.2 (existence and authorisation) and TD1.3a (administrative data)."""
    query, problems = request.read_query(message.envelope.body)
    transaction = "TD1.3a" if query.wrapper.reason == names.CONSULT else "TD0.2"
    call.exchange.operation = transaction
    access = authorise(call, transaction, message.envelope, query.ins)
    _judge(call, problems)
    context = Context(call.session.clock.now())
    if (imposed := _imposed(call)) is not None:
        return answer.failure("PRPA_IN201308UV02", query.wrapper, *imposed, context)
    patient = access.patient
    if patient is None or patient.dmp.opposed or patient.dmp.status == "absent":
        call.exchange.outcome = "NF"
        return answer.existence(query.wrapper, query.query_id, None, rights.NONE, False, context)
    call.exchange.outcome = patient.dmp.status if patient.dmp.status == "closed" else access.right
    call.exchange.facts["right"] = access.right
    shown = subject(patient, access.oid)
    return answer.existence(query.wrapper, query.query_id, shown, access.right, access.treating, context)


def set_right(call: Call, message: Message) -> str:
    """TD0.3."""
    asked, problems = custom.read_set_right(message.envelope.body)
    call.exchange.operation = "TD0.3"
    word = "declare" if asked.action == custom.ADD else "remove-mt" if asked.treating else "remove"
    call.exchange.facts["right_action"] = f"{asked.action}{'+MT' if asked.treating else ''}"
    try:
        access = authorise(call, f"TD0.3-{word}", message.envelope)
        _judge(call, problems)
        if (imposed := _imposed(call)) is not None:
            return _custom(call, names.SET_RIGHT, status=imposed[0], context=imposed[1])
        context = _change_right(call, access, word, asked.treating)
    except Refused as refusal:
        if not refusal.registry:
            raise
        return _custom(call, names.SET_RIGHT, status=refusal.code, context=refusal.reason)
    return _custom(call, names.SET_RIGHT, context=context)


def _change_right(call: Call, access: Access, word: str, treating: bool) -> str:
    patient = access.patient
    assert patient is not None
    who = access.structure if access.cell.condition == "unit" else access.user
    if word != "declare":
        rights.remove(call, patient, who, treating_only=word == "remove-mt")
        return ""
    if access.right == rights.BLOCKED:
        call.note(blocked := find("VIHF-RIGHT-02", found=who))
        raise refused(blocked, str(call.switch("codes")), registry=DENIED)
    known = access.right == rights.VALID
    rights.declare(call, patient, who, treating=treating and access.doctor)
    return "Autorisation déjà présente, renouvelée" if known else ""


def list_rights(call: Call, message: Message) -> str:
    """TD1.6."""
    mode, problems = custom.read_list_rights(message.envelope.body)
    call.exchange.operation = "TD1.6"
    try:
        access = authorise(call, "TD1.6", message.envelope)
    except Refused as refusal:
        if not refusal.registry:
            raise
        return _custom(call, names.LIST_RIGHTS, status=refusal.code, context=refusal.reason)
    _judge(call, problems)
    assert access.patient is not None
    wanted = _ROLES[mode]
    rows = [_holder(call, right) for right in access.patient.dmp.rights if not wanted or right.status in wanted]
    return _custom(call, names.LIST_RIGHTS, rows)


def _holder(call: Call, right: Right) -> Row:
    person = professional(call.session.world, right.who)
    row: list[tuple[str, str]] = [("nationalId", right.who), ("nationalIdType", names.PROFESSIONALS)]
    if person:
        row += [("firstName", person.given_name), ("lastName", person.family_name)]
        row += [("codeSpeciality", person.specialty)] if person.specialty else []
    mode = "INTERDITE" if right.status == rights.BLOCKED else "ACTIVE"
    return [*row, ("startOfAuthorization", _day(right.since)), ("lastActionDate", _day(right.last)), ("mode", mode)]


def list_patients(call: Call, message: Message) -> str:
    """TD0.4."""
    asked, problems = custom.read_list_patients(message.envelope.body)
    call.exchange.operation = "TD0.4"
    access = authorise(call, "TD0.4", message.envelope)
    _judge(call, problems)
    owner = asked.owner or access.user
    if access.cell.condition == "unit" and not _same_unit(call, owner, access.structure):
        owner = access.structure
    rows = [row for patient in call.session.world.patients.values() if (row := _listed(call, patient, owner, asked))]
    return _custom(call, names.PATIENT_LIST, rows[:MOST])


def _same_unit(call: Call, owner: str, structure: str) -> bool:
    world = call.session.world
    person = professional(world, owner)
    return person is not None and any(
        world.organisations[activity.organisation].struct_id == structure for activity in person.activities
    )


def _listed(call: Call, patient: Patient, owner: str, asked: custom.ListPatients) -> Row | None:
    right = patient.dmp.right(owner)
    if right is None or right.status != rights.VALID or patient.ins is None or patient.dmp.status != "open":
        return None
    declared = _day(right.last or rights.today(call.session))
    added = _last_added(call, patient)
    if (declared if asked.date_type == "LASTAUTORIZATION" else added) < asked.start[:14]:
        return None
    oid = call.session.world.dmp_oid(patient.ins)
    identifier: Row = [("nationalId", patient.ins.full), ("nationalIdType", oid)]
    return [
        ("patientIdentifier", identifier),
        ("lastName", patient.used_name or patient.birth_name),
        ("patronymicalName", patient.birth_name),
        ("firstName", patient.first_given_name),
        ("civility", _CIVILITY.get(patient.sex, "")),
        ("dateOfBirth", patient.birth_date.replace("-", "")),
        ("MT", "true" if patient.dmp.treating == owner else "false"),
        ("message", "false"),
        ("lastAccessDate", declared),
        ("lastUpdateDate", added),
        ("lastAddDate", added),
    ]


def _last_added(call: Call, patient: Patient) -> str:
    record = state_of(call).registry.record(patient.id)
    return max((one.submission_time for one in record.sets.values()), default="")


def search(call: Call, message: Message) -> str:
    """TD0.5: search without INS, for regulation."""
    criteria, problems = request.read_criteria(message.envelope.body)
    call.exchange.operation = "TD0.5"
    authorise(call, "TD0.5", message.envelope)
    _judge(call, problems)
    world = call.session.world
    rows = [
        (subject(patient, world.dmp_oid(patient.ins)), percent, not patient.dmp.emergency)
        for patient in world.patients.values()
        if patient.ins and patient.dmp.status == "open" and not patient.dmp.opposed
        if (percent := _likeness(patient, criteria))
    ]
    rows.sort(key=lambda row: -row[1])
    call.exchange.outcome = f"{len(rows)}"
    return answer.matches(criteria.wrapper, criteria.query_id, rows[:MOST], Context(call.session.clock.now()))


def _likeness(patient: Patient, asked: request.Criteria) -> int:
    """How well a patient answers a search, in percent; 0 when a criterion contradicts."""
    born = patient.birth_date.replace("-", "")
    pairs = (
        (asked.family, _plain(asked.family) in (_plain(patient.birth_name), _plain(patient.used_name))),
        (
            asked.given,
            _plain(asked.given) in [_plain(name) for name in (*patient.given_names, patient.used_given_name)],
        ),
        (asked.sex, asked.sex == patient.sex),
        (asked.birth_date, born.startswith(asked.birth_date[:8])),
        (asked.postal_code, asked.postal_code == patient.postal_code),
    )
    given = [holds for criterion, holds in pairs if criterion]
    return 60 + 8 * len(given) if given and all(given) else 0


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFD", name).encode("ascii", "ignore").decode()
    return " ".join(folded.replace("-", " ").replace("'", " ").upper().split())


def manage(call: Call, message: Message) -> str:
    """TD1.1, TD1.2, TD1.3b, TD1.4: refused, as the DMP has done since Mon espace santé."""
    wrapper, problems = request.read_wrapper(message.envelope.body)
    root = str(message.envelope.body.tag)
    past = _PAST.get(wrapper.reason, "TD1.1" if root == names.CREATE else "TD1.3b")
    call.exchange.operation = past
    access = authorise(call, "TD1.3a", message.envelope)
    call.note(*problems)
    dmp = access.patient.dmp if access.patient else None
    if past in ("TD1.1", "TD1.2"):
        code = "DMPFound" if dmp and dmp.status == "open" and not dmp.opposed else DENIED
    elif dmp is None or dmp.status == "absent" or dmp.opposed:
        code = "XDSUnknownPatientId"
    else:
        code = "DMPClosed" if dmp.status == "closed" else DENIED
    rule = "HL7-OLD-01" if past in ("TD1.1", "TD1.2") else "HL7-OLD-02"
    finding = find(rule, found=past, where=place(message.envelope.body))
    call.note(finding)
    call.exchange.outcome = code
    return answer.refusal(wrapper, code, finding.message("fr"), Context(time.time()))


def certify(call: Call, message: Message) -> str:
    """TD0.0, over since 30/09/2023."""
    call.exchange.operation = "TD0.0"
    finding = find("HL7-OLD-01", found="TD0.0", where=place(message.envelope.body))
    call.note(finding)
    call.exchange.outcome = "retired"
    raise Refused("DMPServiceRetired", finding.message("fr"))


Operation = Callable[[Call, Message], str]
OPERATIONS: Mapping[str, Mapping[str, Operation]] = {  # last word of the address -> root of the body -> operation
    "patients": {names.GET: demographics, names.CREATE: manage, names.REVISE: manage},
    "patientsSpecific": {names.PATIENT_LIST: list_patients},
    "patientsPDQ": {names.FIND: search},
    "habilitations": {names.SET_RIGHT: set_right, names.LIST_RIGHTS: list_rights},
    "patientCertif": {names.CERTIFY: certify},
}


def subject(patient: Patient, oid: str) -> Subject:
    """A patient as the DMP shows one: an INS-C of old (made up), then the INS."""
    assert patient.ins is not None
    dmp = patient.dmp
    former = patient.ins.value.translate(str.maketrans("AB", "12")).zfill(22)
    return Subject(
        ids=((names.INS_C, former), (oid or patient.ins.oid, patient.ins.full)),
        active=dmp.status == "open",
        birth_name=patient.birth_name,
        given=patient.first_given_name,
        used_name=patient.used_name,
        civility=_CIVILITY.get(patient.sex, ""),
        sex=patient.sex,
        birth_date=patient.birth_date,
        phone=patient.phone,
        ens=dmp.ens,
        closed_on=dmp.closed_on,
        motive=dmp.motive,
        reason=dmp.reason,
    )


def _judge(call: Call, problems: list[Finding]) -> None:
    """Note what is wrong in the message; refuse it unless the session is lenient."""
    call.note(*problems)
    wrong = errors(problems)
    if wrong and call.switch("mode") != "lenient":
        raise Refused(_BAD, f"{wrong[0].rule} : {wrong[0].message('fr')}")


def _imposed(call: Call) -> tuple[str, str] | None:
    """The error that the session imposes: code and text."""
    code = str(call.switch("error_code")) or str(call.switch("error"))
    if code in ("", "none"):
        return None
    call.exchange.outcome = code
    return code, f"Erreur imposée par le banc : {code}"


def _custom(call: Call, root: str, rows: list[Row] | None = None, *, status: str = names.OK, context: str = "") -> str:
    call.exchange.outcome = status
    call.exchange.facts["code"] = status
    return custom.answer(root, rows or (), status, context)


def _day(date: str) -> str:
    return f"{date.replace('-', '')}000000" if date else ""
