"""What INSi answers: recovery by card and by traits, unit and mass verification, over the session's world.

An operation reads its body first, so that the journal knows what was asked even when the answer is imposed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mocks.http import Call
from mocks.insi.access import Access
from mocks.insi.state import InsiState
from mocks.insi.wire import Refused, Request, refuse
from mocks.world import Ins, Patient
from norms.finding import Finding, find
from norms.ins import traits
from norms.insi import names
from norms.insi.faults import KNOWN
from norms.insi.request import CardSearch, TraitsSearch, read_card, read_traits
from norms.insi.result import Matricule, Person, Style, result, write_result
from norms.insi.verification import Claim, read_claims, read_ticket, write_mass, write_outcome, write_ticket
from norms.soap.tree import place

Outcome = tuple[str, str]  # CodeCR and LibelleCR


@dataclass
class Operation(ABC):
    """One operation of one call."""

    call: Call
    request: Request
    access: Access
    state: InsiState

    @abstractmethod
    def read(self) -> list[Finding]:
        """Read the body: facts of the exchange, and what is wrong."""

    @abstractmethod
    def answer(self, style: Style) -> str:
        """The XML text of the answer's body; raises Refused. Called once `read` found nothing that is refused."""

    def text(self, word: str) -> str:
        """The value of a text switch."""
        return str(self.call.switch(word))

    def done(self, code: str) -> None:
        """Keep the outcome with the exchange."""
        self.call.exchange.facts["code"] = self.call.exchange.outcome = code

    def recovered(self, found: list[Patient], when_unknown: str, style: Style) -> str:
        """00 with the one person found, 02 when several are, 01 or a fault when none is."""
        known = [patient for patient in found if patient.ins]
        if not known and self.call.switch("unknown") != names.NOT_FOUND:
            raise Refused(KNOWN[when_unknown])
        person = self._person(known[0]) if len(known) == 1 else None
        code = names.FOUND if person else names.SEVERAL if known else names.NOT_FOUND
        if person:
            active = person.active
            self.call.exchange.facts |= {"patient": known[0].id, "ins": active.number + active.key, "oid": active.oid}
        self.done(code)
        return write_result(result(code, person), style)

    def _person(self, patient: Patient) -> Person:
        assert patient.ins is not None  # only patients with an INS are answered
        active = _matricule(patient.ins)
        if self.call.switch("wrong_key"):
            active = replace(active, key=f"{int(active.key or 0) % 97 + 1:02d}")
        return Person(
            active,
            tuple(_matricule(former) for former in patient.history),
            patient.birth_name,
            patient.first_given_name if self.call.switch("prenom") else "",
            patient.given_list,
            patient.sex,
            patient.birth_date,
            patient.birth_place,
        )

    def verdict(self, claim: Claim, ok: Outcome, ko: Outcome) -> Outcome:
        """The outcome of a verification, forced by the world or by comparison."""
        patient = self.call.session.world.by_ins(claim.number)
        if patient is None:
            return ko
        self.call.exchange.facts["patient"] = patient.id
        if patient.verify:
            return ok if patient.verify == "OK" else ko
        return ok if patient.known and _matches(claim, patient) else ko

    def codes(self) -> tuple[Outcome, Outcome]:
        """What a verification answers when OK, and when KO."""
        said = self.text("verify_codes").split()
        ok, ko = said if len(said) == 2 else (names.VERIFIED[0], names.NOT_VERIFIED[0])
        return (ok, names.VERIFIED[1]), (ko, names.NOT_VERIFIED[1])


class ByTraits(Operation):
    """WS_INS2."""

    asked: TraitsSearch

    def read(self) -> list[Finding]:
        self.asked, findings = read_traits(self.request.envelope.body)
        self.call.exchange.facts |= {
            "birth_name": self.asked.birth_name,
            "given_name": self.asked.given_name,
            "sex": self.asked.sex,
            "birth_date": self.asked.birth_date,
            "birth_place": self.asked.birth_place,
        }
        return findings

    def answer(self, style: Style) -> str:
        a = self.asked
        found = self.call.session.world.search(a.birth_name, a.given_name, a.sex, a.birth_date, a.birth_place)
        return self.recovered(found, "insi_102", style)


class ByCard(Operation):
    """WS_INS1."""

    asked: CardSearch

    def read(self) -> list[Finding]:
        self.asked, findings = read_card(self.request.envelope.body)
        facts = {"nir": self.asked.holder, "birth_name": self.asked.birth_name, "birth_date": self.asked.birth_date}
        self.call.exchange.facts |= facts
        return findings + self._coherent()

    def answer(self, style: Style) -> str:
        a = self.asked
        found = [
            patient
            for patient in self.call.session.world.by_nir(a.holder, a.birth_date, a.rank, individual=a.individual)
            if a.birth_name in ("", patient.birth_name)
        ]
        card = found[0].vitale.serial if len(found) == 1 and found[0].vitale else ""
        if card and self.access.card and self.access.card != card:
            self.call.note(find("INSI-SEC-06", expected=card, found=self.access.card))
        return self.recovered(found, "insi_101", style)

    def _coherent(self) -> list[Finding]:
        """What COUVERTURE says against what the request says (provisional, CNDA test 1.03)."""
        cover, a, body = self.request.headers.cover, self.asked, self.request.envelope.body
        if not (cover.insured or cover.beneficiary or cover.birth_date):
            return [find("INSI-COV-01", where=place(self.request.envelope.root, "Header/ContexteBAM/COUVERTURE"))]
        pairs = (
            (cover.insured, a.holder),
            (cover.beneficiary, a.individual),
            (cover.birth_date, a.birth_date),
            (cover.rank, a.rank),
        )
        return [
            find("INSI-COV-02", expected=sent, found=said, where=place(body))
            for said, sent in pairs
            if said and sent and said != sent
        ]


class Verify(Operation):
    """WS_INS3."""

    claims: Sequence[Claim]

    def read(self) -> list[Finding]:
        body = self.request.envelope.body
        self.claims, findings = read_claims(body, self.text("verify_request_ns"))
        if len(self.claims) > 1:
            findings.append(find("INSI-VER-05", expected=1, found=len(self.claims), where=place(body)))
        for claim in self.claims[:1]:
            self.call.exchange.facts |= _claimed(claim)
        return findings

    def answer(self, style: Style) -> str:
        code, label = self.verdict(self.claims[0], *self.codes())
        self.done(label)
        return write_outcome(code, label, self.text("verify_response_ns"))


class Deposit(Operation):
    """WS_INS4."""

    claims: Sequence[Claim]

    def read(self) -> list[Finding]:
        self.claims, findings = read_claims(self.request.envelope.body, self.text("mass_request_ns"))
        self.call.exchange.facts["persons"] = str(len(self.claims))
        return findings

    def answer(self, style: Style) -> str:
        delay = self.call.switch("mass_delay_s")
        number = self.state.deposit(self.claims, self.call.session.clock.now() + float(delay))
        self.call.exchange.facts["ticket"] = number
        self.done("00")
        return write_ticket(number, len(self.claims), self.text("mass_response_ns"))


class Fetch(Operation):
    """WS_INS5."""

    number: str

    def read(self) -> list[Finding]:
        self.number = self.call.exchange.facts["ticket"] = read_ticket(self.request.envelope.body)
        return []

    def answer(self, style: Style) -> str:
        ticket = self.state.ticket(self.number)
        if ticket is None:
            where = place(self.request.envelope.body, "NumeroDemande")
            unknown = find("INSI-VER-03", found=self.number or "—", where=where)
            self.call.note(unknown)
            raise refuse(unknown, self.text("codes"), business=True)
        outcomes = None
        if self.call.session.clock.now() >= ticket.ready:
            ok, ko = self.codes()
            outcomes = [(claim.reference, *self.verdict(claim, ok, ko)) for claim in ticket.claims]
        self.done("01" if outcomes is None else "00")
        return write_mass(self.number, outcomes, self.text("mass_response_ns"))


OPERATIONS: Final[Mapping[str, type[Operation]]] = {
    names.WS_INS1: ByCard,
    names.WS_INS2: ByTraits,
    names.WS_INS3: Verify,
    names.WS_INS4: Deposit,
    names.WS_INS5: Fetch,
}


def _matricule(ins: Ins) -> Matricule:
    return Matricule(ins.value, ins.key, ins.oid, ins.start, ins.end)


def _claimed(claim: Claim) -> dict[str, str]:
    return {
        "ins": claim.number + claim.key,
        "oid": claim.oid,
        "birth_name": claim.traits.birth_name,
        "given_name": claim.traits.given_names or claim.traits.first_given_name,
        "sex": claim.traits.sex,
        "birth_date": claim.traits.birth_date,
        "birth_place": claim.traits.birth_place,
    }


def _matches(claim: Claim, patient: Patient) -> bool:
    """Whether the INS, its OID and the traits submitted are those held; a key not submitted is not compared."""
    ins = patient.ins
    if ins is None or (claim.number, claim.oid) != (ins.value, ins.oid) or claim.key not in ("", ins.key):
        return False
    held = traits.Traits(patient.birth_name, patient.given_list, patient.sex, patient.birth_date, patient.birth_place)
    return traits.verified(claim.traits, held)
