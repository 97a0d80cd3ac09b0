"""What the software does with INSi on a user's behalf: search, take what was found, verify, tell how it went."""

from __future__ import annotations

from collections.abc import Mapping

from harness.drive.reference import misbehaviour, retrieval
from harness.drive.reference.answers import Answer
from harness.drive.reference.config import Professional
from harness.drive.reference.identity import blocking
from harness.drive.reference.messages import Card
from harness.drive.reference.model import Ins, Patient, Refused, Traits
from harness.drive.reference.software import Software
from norms.ins.status import Event
from norms.ins.traits import first_name_coherent

TOLD = {  # faults with a text of their own; others say their code
    *("insi_19", "insi_24", "insi_101", "insi_102", "insi_111", "desir_550", "desir_560", "desir_1020"),
    *("timeout", "connection", "unreadable"),
}


def search_by_traits(software: Software, patient: Patient) -> Answer:
    """WS_INS2 as many times as the search policy wants, each call traced. Raises Refused."""
    user = _allowed(software, patient)

    def call(values: Mapping[str, str]) -> Answer:
        answer = software.insi.by_traits(user, values, software.mode)
        if not (answer.code == "01" and software.defects.on("no-trace-on-01")):
            software.traces.call(user.national_id, "traits", patient, answer)
        return answer

    if patient.status == "validee" and software.defects.on("searches-twice"):
        retrieval.by_traits(patient.traits, call, software.defects)
    return retrieval.by_traits(patient.traits, call, software.defects)


def search_by_card(software: Software, patient: Patient, card: Card) -> Answer:
    """WS_INS1, one call, traced. Raises Refused."""
    user = _allowed(software, patient)
    answer = software.insi.by_card(user, card, software.mode)
    if not software.defects.on("no-trace-of-card-calls"):
        software.traces.call(user.national_id, "vitale", patient, answer)
    if software.defects.on("card-then-traits"):
        search_by_traits(software, patient)
    if software.defects.on("card-takes-holder-nir"):
        answer = misbehaviour.of_holder(answer, card)
    return answer


def conclude(software: Software, patient: Patient, answer: Answer, *, accept: bool) -> bool:
    """Show what a search gave; take the identity when the rules allow it and the user accepts it. True when taken."""
    screen, defects = software.screen, software.defects
    if answer.code != "00" or answer.individual is None:
        tell(software, answer)
        if answer.code == "01" and defects.on("keeps-ins-on-01"):
            misbehaviour.invent_ins(patient)
        if answer.code == "02" and defects.on("picks-first-on-02"):
            misbehaviour.invent_ins(patient)
        if answer.code == "01" and defects.on("estimates-date-on-01"):
            misbehaviour.estimate_date(patient)
        if answer.code == "error" and defects.on("spoils-record-on-fault"):
            misbehaviour.spoil(patient)
        return False
    if refusal := software.identities.refusal(answer.individual):
        if not (refusal[0] == "refused-date" and defects.on("silent-on-00-date")):
            screen.alert(refusal[0], patient, **refusal[1])
        return False
    if not accept:
        screen.message("declined")
        return False
    if not defects.on("does-not-store-identity"):
        software.identities.take(patient, answer.individual, software.user.national_id)
    screen.message("found")
    first, given_names = patient.traits.first_given_name, patient.traits.given_names
    incoherent = not first_name_coherent(first, given_names) or defects.on("alerts-on-any-given-name")
    if incoherent and not defects.on("no-first-name-alert"):
        screen.alert("first-given-name", patient, first=first, given_names=given_names)
        software.identities.note(patient, software.user.national_id, patient.status, patient.status, "first-given-name")
    return True


def verify(software: Software, patient: Patient, traits: Traits, ins: Ins) -> Answer:
    """WS_INS3 of an INS with its traits, traced on that patient; the answer's code is OK, KO or error."""
    values = {
        "NomNaissance": traits.birth_name,
        "ListePrenom": traits.given_names,
        "Sexe": traits.sex,
        "DateNaissance": traits.birth_date,
        "LieuNaissance": traits.birth_place,
    }
    user = software.author
    answer = software.insi.verify(user, ins, values, software.mode)
    if not (answer.code == "KO" and software.defects.on("no-trace-on-ko")):
        software.traces.call(user.national_id, "verification", patient, answer, ins)
    return answer


def verify_own(software: Software, patient: Patient) -> Answer:
    """Verify the INS of a record; KO demotes it, invalidates the INS and goes to the worklist (règle 49)."""
    if patient.ins is None:
        raise Refused("no-ins")
    answer = verify(software, patient, patient.traits, patient.ins)
    if answer.code == "OK":
        if software.defects.on("verified-ok-demotes"):
            software.identities.happen(patient, Event.VERIFICATION_KO, software.user.national_id, "verification")
        software.screen.message("verified")
    elif answer.code == "KO":
        if not software.defects.on("ko-keeps-ins"):
            software.identities.happen(patient, Event.VERIFICATION_KO, software.user.national_id, "verification-ko")
        if not software.defects.on("ko-not-told"):
            software.screen.alert("verification-ko", patient)
        if not software.defects.on("ko-no-worklist"):
            software.screen.todo("verification-ko", patient)
    else:
        tell(software, answer)
    return answer


def tell(software: Software, answer: Answer) -> None:
    """A message of its own for each way a call may end without an identity."""
    if answer.code in ("01", "02"):
        if not (answer.code == "01" and software.defects.on("silent-on-01")):
            software.screen.message(f"code-{answer.code}")
        return
    if software.defects.on("says-not-found-on-fault"):
        software.screen.message("code-01")
        return
    key = answer.fault if answer.fault in TOLD else "http" if answer.fault.startswith("http_") else "other"
    software.screen.alert(f"fault.{key}", fault=answer.fault, label=answer.label)


def _allowed(software: Software, patient: Patient) -> Professional:
    if blocking(patient) and not software.defects.on("calls-insi-for-doubtful"):
        raise Refused("insi-blocked", attributes=blocking(patient))
    return software.user
