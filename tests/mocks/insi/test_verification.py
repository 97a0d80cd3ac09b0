"""WS_INS3 and the mass verification, provisional: what is compared, what can be changed."""

from __future__ import annotations

import pytest
from lxml import etree

from norms.insi import names
from norms.insi.verification import read_mass, read_outcome, read_ticket
from tests import insi_kit as kit
from tests.insi_bench import Bench, Reply

LEONIE = {
    "number": "2850555039910",
    "key": "10",
    "oid": "1.2.250.1.213.1.4.8",
    "NomNaissance": "PINSON",
    "ListePrenom": "LEONIE MARGUERITE",
    "Sexe": "F",
    "DateNaissance": "1985-05-12",
    "LieuNaissance": "55039",
}
ORDER = ("NomNaissance", "Prenom", "ListePrenom", "Sexe", "DateNaissance", "LieuNaissance")


def person(reference: str = "", **changes: str | None) -> str:
    said = {**LEONIE, **changes}
    traits = "".join(f"<{name}>{said[name]}</{name}>" for name in ORDER if said.get(name) is not None)
    key = f"<Cle>{said['key']}</Cle>" if said["key"] else ""
    attribute = f' Reference="{reference}"' if reference else ""
    return (
        f"<IndividuVerifie{attribute}><INSFourni><IdIndividu><NumIdentifiant>{said['number']}</NumIdentifiant>{key}"
        f"</IdIndividu><OID>{said['oid']}</OID></INSFourni>"
        f"<TraitsIdentiteIndividu>{traits}</TraitsIdentiteIndividu></IndividuVerifie>"
    )


def root(inner: str, ns: str = names.VERIFY_REQUEST, name: str = "REQUETE") -> str:
    return f'<{name} xmlns="{ns}">{inner}</{name}>'


def verify(
    insi: Bench, action: str = names.ACTION_VERIFY, ns: str = names.VERIFY_REQUEST, **changes: str | None
) -> Reply:
    return insi.call(kit.message(root(person(**changes), ns), action))


def outcome(reply: Reply) -> tuple[str, str]:
    return read_outcome(reply.inside)


def test_ok(insi: Bench) -> None:
    reply = verify(insi)
    assert (outcome(reply), reply.rules) == (("00", "OK"), [])
    assert reply.inside.tag == f"{{{names.VERIFY_RESPONSE}}}RESULTAT"
    assert len(reply.inside) == 1  # no trait is returned
    facts = reply.exchange.facts
    assert (reply.exchange.operation, reply.exchange.outcome, facts["code"]) == ("WS_INS3", "OK", "OK")
    assert (facts["ins"], facts["patient"]) == ("285055503991010", "pinson-leonie")


@pytest.mark.parametrize(
    "changes",
    [
        {"ListePrenom": None, "Prenom": "LEONIE"},
        {"ListePrenom": None, "Prenom": "MARGUERITE"},
        {"LieuNaissance": None},
        {"key": ""},
    ],
)
def test_ok_with_less(insi: Bench, changes: dict[str, str | None]) -> None:
    assert outcome(verify(insi, **changes)) == ("00", "OK")


@pytest.mark.parametrize(
    "changes",
    [
        {"NomNaissance": "MESANGE"},
        {"ListePrenom": "LEA"},
        {"Sexe": "M"},
        {"DateNaissance": "1985-05-13"},
        {"LieuNaissance": "63220"},
        {"oid": "1.2.250.1.213.1.4.10"},
        {"number": "2850555039999", "key": ""},
    ],
)
def test_ko(insi: Bench, changes: dict[str, str | None]) -> None:
    reply = verify(insi, **changes)
    assert (outcome(reply), reply.exchange.outcome) == (("01", "KO"), "KO")


def test_a_former_matricule_is_ko(insi: Bench) -> None:
    old = {"number": "8630199128938", "key": "39", "oid": "1.2.250.1.213.1.4.9"}
    said = {"NomNaissance": "BUSE", "ListePrenom": "ODILE", "DateNaissance": "1963-01-19", "LieuNaissance": "55039"}
    assert outcome(verify(insi, **said, **old)) == ("01", "KO")
    assert outcome(verify(insi, **said, number="2630155039937", key="27")) == ("00", "OK")


def test_forced_by_the_world(insi: Bench) -> None:
    insi.session.world.patch("patients", "pinson-leonie", {"verify": "KO"})
    assert outcome(verify(insi)) == ("01", "KO")
    insi.session.world.patch("patients", "pinson-leonie", {"verify": "OK"})
    assert outcome(verify(insi, NomNaissance="AUTRE")) == ("00", "OK")


def test_everything_inferred_can_be_changed(insi: Bench) -> None:
    insi.switch(
        verify_action="urn:autre:verifier",
        verify_request_ns="urn:demande",
        verify_response_ns="urn:reponse",
        verify_codes="10 20",
    )
    reply = verify(insi, "urn:autre:verifier", "urn:demande")
    assert (outcome(reply), reply.rules, reply.inside.tag) == (("10", "OK"), [], "{urn:reponse}RESULTAT")
    assert outcome(verify(insi, "urn:autre:verifier", "urn:demande", Sexe="M")) == ("20", "KO")
    assert verify(insi).rules == ["INSI-ACT-01"]


def test_the_person_may_be_the_root(insi: Bench) -> None:
    body = person().replace("<IndividuVerifie>", f'<IndividuVerifie xmlns="{names.VERIFY_REQUEST}">')
    assert outcome(insi.call(kit.message(body, names.ACTION_VERIFY))) == ("00", "OK")


@pytest.mark.parametrize(
    ("inner", "rule"),
    [
        ("", "INSI-VER-02"),
        (person() + person(), "INSI-VER-05"),
        (person(key="11"), "INSI-REQ-11"),
        (person(number="285"), "INSI-REQ-10"),
        (person(DateNaissance="12/05/1985"), "INSI-REQ-05"),
        (person(ListePrenom=None), "INSI-REQ-03"),
        (person(NomNaissance="Pinson"), "INS-LEX-01"),
        (person(NomNaissance=None), "INSI-XSD-03"),
    ],
)
def test_bad_requests(insi: Bench, inner: str, rule: str) -> None:
    reply = insi.call(kit.message(root(inner), names.ACTION_VERIFY))
    assert rule in reply.rules
    assert reply.exchange.outcome == "siram_10/insi_xx"


def test_another_namespace(insi: Bench) -> None:
    reply = verify(insi, ns="urn:other")
    assert reply.rules == ["INSI-VER-01"]
    insi.switch(mode="lenient")
    assert outcome(verify(insi, ns="urn:other")) == ("00", "OK")


class TestMass:
    """Deposit, then result."""

    def deposit(self, insi: Bench) -> Reply:
        people = person("a") + person("b", Sexe="M") + person("c", number="2630155039937", key="27")
        return insi.call(kit.message(root(people, names.MASS_REQUEST), names.ACTION_DEPOSIT))

    def fetch(self, insi: Bench, number: str) -> Reply:
        body = root(f"<NumeroDemande>{number}</NumeroDemande>", names.MASS_REQUEST)
        return insi.call(kit.message(body, names.ACTION_FETCH))

    def test_ticket_then_result(self, insi: Bench) -> None:
        given = self.deposit(insi)
        assert (given.exchange.operation, given.exchange.facts["persons"]) == ("WS_INS4", "3")
        reply = self.fetch(insi, read_ticket(given.inside))
        assert reply.exchange.operation == "WS_INS5"
        assert read_mass(reply.inside) == {"a": ("00", "OK"), "b": ("01", "KO"), "c": ("01", "KO")}

    def test_not_ready_before_its_time(self, insi: Bench) -> None:
        insi.switch(mass_delay_s=3600)
        number = read_ticket(self.deposit(insi).inside)
        reply = self.fetch(insi, number)
        assert (reply.exchange.outcome, read_mass(reply.inside)) == ("01", {})
        insi.session.clock.offset = 3601.0
        assert len(read_mass(self.fetch(insi, number).inside)) == 3

    def test_unknown_number(self, insi: Bench) -> None:
        reply = self.fetch(insi, "0")
        assert (reply.rules, reply.exchange.outcome) == (["INSI-VER-03"], "siram_10/insi_xx")

    def test_of_another_session(self, insi: Bench) -> None:
        number = read_ticket(self.deposit(insi).inside)
        insi.sessions.open("mine", {"instance": [kit.INSTANCE]})
        assert self.fetch(insi, number).rules == ["INSI-VER-03"]

    def test_bounded(self, insi: Bench) -> None:
        from mocks.insi.state import TICKETS

        first = read_ticket(self.deposit(insi).inside)
        for _ in range(TICKETS):
            self.deposit(insi)
        assert self.fetch(insi, first).rules == ["INSI-VER-03"]

    def test_too_many(self, insi: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("norms.insi.verification.MOST", 2)
        assert self.deposit(insi).rules == ["INSI-VER-04"]


def test_answers_are_well_formed_whatever_the_namespace(insi: Bench) -> None:
    insi.switch(verify_response_ns="urn:a&b")
    assert etree.QName(verify(insi).inside).namespace == "urn:a&b"
