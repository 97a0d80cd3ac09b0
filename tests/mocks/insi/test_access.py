"""Who may call: software certificates, signed assertions of cards, Pro Santé Connect, Vitale assertions."""

from __future__ import annotations

import copy
import re
import time

import pytest
from lxml import etree

from tests import insi_kit as kit
from tests.insi_bench import Bench, Reply, peer

AUTH = "siram_100/desir_xx"


class TestSoftwareCertificate:
    """The mutual TLS listener."""

    @pytest.mark.parametrize("name", ["INSI-AUTO", "INSI-MANU"])
    def test_right_names(self, insi: Bench, name: str) -> None:
        reply = insi.call(kit.message(kit.traits()), client=peer(name))
        assert (reply.result.code, reply.exchange.facts["auth"]) == ("00", "tlsm")

    @pytest.mark.parametrize("name", ["insi-auto", "INSI_AUTO", "INSI-AUTO ", "CLINIQUE DES ESSAIS", ""])
    def test_wrong_names(self, insi: Bench, name: str) -> None:
        reply = insi.call(kit.message(kit.traits()), client=peer(name))
        assert reply.exchange.outcome == "siram_100/desir_560"
        assert (reply.error.code, reply.error.message_id) == ("desir_560", reply.exchange.facts["message_id"])
        assert reply.rules == ["INSI-TLS-01"]
        insi.switch(mode="lenient")
        assert insi.call(kit.message(kit.traits()), client=peer(name)).error.code == "desir_560"

    def test_no_certificate(self, insi: Bench) -> None:
        assert insi.call(kit.message(kit.traits()), client=None).error.code == "desir_560"

    def test_sender_is_the_structure_of_the_certificate(self, insi: Bench) -> None:
        reply = insi.call(kit.message(kit.traits()), client=peer(unit="318751275100020"))
        assert reply.rules == ["INSI-CTX-09"]
        assert reply.exchange.findings[0].expected == "318751275100020"

    def test_an_assertion_is_not_needed(self, insi: Bench) -> None:
        body = kit.message(kit.traits(), security=kit.sign(kit.assertion()))
        reply = insi.call(body)
        assert (reply.result.code, reply.rules) == ("00", ["INSI-SEC-02"])


class TestCardAssertion:
    """The server TLS listener."""

    def test_signed(self, insi: Bench) -> None:
        reply = insi.signed(kit.sign(kit.assertion()))
        assert (reply.result.code, reply.rules) == ("00", [])
        assert reply.exchange.facts["auth"] == "ps"
        assert reply.exchange.facts["name_id"] == kit.card().cn

    def test_card_of_an_employee(self, insi: Bench) -> None:
        held = kit.card("3999000013/0000042", card_type=2)
        signed = kit.sign(kit.assertion(held, qualifier="CPE"), held)
        assert insi.signed(signed, header=kit.contexts(held.cn)).rules == []

    def test_none(self, insi: Bench) -> None:
        for mode in ("strict", "lenient"):
            insi.switch(mode=mode)
            reply = insi.signed(None)
            assert (reply.rules[0], reply.exchange.outcome) == ("INSI-SEC-01", AUTH)

    def test_sender_is_the_professional(self, insi: Bench) -> None:
        reply = insi.signed(kit.sign(kit.assertion()), header=kit.contexts())
        assert (reply.rules, reply.status) == (["INSI-CTX-09"], 500)

    def refused(self, reply: Reply, *rules: str) -> None:
        assert reply.rules == list(rules)
        assert (reply.status, reply.exchange.outcome) == (500, AUTH)
        assert reply.error.message_id
        assert reply.fault.code == "Sender"

    def test_unsigned(self, insi: Bench) -> None:
        self.refused(insi.signed(kit.assertion()), "SAML-SIG-01")

    def test_changed_after_signing(self, insi: Bench) -> None:
        signed = kit.sign(kit.assertion())
        signed.find(f".//{{{kit.SAML}}}NameID").text = "899700000025"
        reply = insi.signed(signed, header=kit.contexts("899700000025"))
        self.refused(reply, "SAML-SIG-06", "SAML-CRT-06")

    def test_two_assertions(self, insi: Bench) -> None:
        two = [kit.sign(kit.assertion()), kit.sign(kit.assertion())]
        self.refused(insi.signed(two), "INSI-SEC-03")

    def test_two_security_headers(self, insi: Bench) -> None:
        extra = f'<w:Security xmlns:w="{kit.WSSE}"/>'
        self.refused(insi.signed(kit.sign(kit.assertion()), extra=extra), "INSI-SEC-07")

    def test_wrapping(self, insi: Bench) -> None:
        signed = kit.sign(kit.assertion())
        forged = kit.assertion(name_id="899700000099")
        forged.insert(1, copy.deepcopy(signed[1]))
        hidden = etree.tostring(signed, encoding="unicode")
        reply = insi.signed(forged, header=kit.contexts("899700000099"), extra=f"<x>{hidden}</x>")
        assert reply.exchange.outcome == AUTH
        assert reply.rules[0] == "SAML-SIG-04"

    def test_another_authority(self, insi: Bench) -> None:
        other = kit.card(issuer=kit.authority("SOMEBODY ELSE'S CA"))
        self.refused(insi.signed(kit.sign(kit.assertion(other), other)), "SAML-CRT-02")

    def test_an_authority_of_the_same_name(self, insi: Bench) -> None:
        """Same subject as ours, another key."""
        ours = kit.intermediate()
        twin = kit.Held(kit.authority("HARNESS TEST AC FORT PERSONNES").cert, kit.key("twin"))
        assert twin.cert.subject == ours.cert.subject
        other = kit.card(issuer=twin)
        self.refused(insi.signed(kit.sign(kit.assertion(other), other)), "SAML-CRT-02")

    def test_a_card_is_no_authority(self, insi: Bench) -> None:
        child = kit.card(cn="899700000033", issuer=kit.card())
        insi.folder.joinpath("ca.pem").write_bytes(kit.bundle() + kit.card().pem)
        reply = insi.signed(kit.sign(kit.assertion(child), child), header=kit.contexts(child.cn))
        self.refused(reply, "SAML-CRT-02")

    @pytest.mark.parametrize(("start", "end", "rule"), [(-300, -1, "SAML-CRT-03"), (1, 100, "SAML-CRT-04")])
    def test_validity(self, insi: Bench, start: int, end: int, rule: str) -> None:
        held = kit.card(start=start, end=end)
        self.refused(insi.signed(kit.sign(kit.assertion(held), held)), rule)

    def test_revoked(self) -> None:
        serials: set[str] = set()
        insi = Bench(revoked=lambda serial: serial in serials)
        signed = kit.sign(kit.assertion())
        assert insi.signed(signed).rules == []
        serials.add(f"{kit.card().cert.serial_number:x}")
        self.refused(insi.signed(signed), "SAML-CRT-05")

    def test_trust_follows_the_file(self, insi: Bench) -> None:
        path = insi.folder / "ca.pem"
        signed = kit.sign(kit.assertion())
        path.unlink()
        self.refused(insi.signed(signed), "SAML-CRT-02")
        path.write_bytes(b"no certificate here")
        self.refused(insi.signed(signed), "SAML-CRT-02")
        path.write_bytes(kit.bundle())
        assert insi.signed(signed).rules == []

    @pytest.mark.parametrize(("age", "rule"), [(3000, ""), (3700, ""), (4000, "SAML-TIME-01"), (-3600, "SAML-TIME-02")])
    def test_life(self, insi: Bench, age: int, rule: str) -> None:
        reply = insi.signed(kit.sign(kit.assertion(issued=time.time() - age)))
        assert reply.rules == ([rule] if rule else [])

    def test_life_is_a_switch(self, insi: Bench) -> None:
        insi.switch(assertion_life_s=10, clock_tolerance_s=5)
        signed = kit.sign(kit.assertion(issued=time.time() - 20))
        self.refused(insi.signed(signed), "SAML-TIME-01")

    def test_oddities_that_pass(self, insi: Bench) -> None:
        """IssuerFormat of the C# kit, attributes in another case: warnings."""
        odd = kit.assertion(
            format_name="IssuerFormat", attributes={"SecteurActivite": "SA07", "identifiantFacturation": "1"}
        )
        reply = insi.signed(kit.sign(odd))
        assert (reply.result.code, sorted(reply.rules)) == ("00", ["SAML-ATT-01", "SAML-ISS-03"])

    def test_missing_and_unknown_attributes(self, insi: Bench) -> None:
        for attributes, rules in (
            ({"secteurActivite": "libéral", "autre": "x"}, ["SAML-ATT-02", "SAML-ATT-04"]),
            ({"identifiantFacturation": "991234567"}, ["SAML-ATT-03"]),
            ({"secteurActivite": "SA01"}, []),  # who does not bill has no billing identifier
        ):
            reply = insi.signed(kit.sign(kit.assertion(attributes=attributes)))
            assert (reply.status, reply.rules) == (200, rules)

    @pytest.mark.parametrize(
        ("changes", "rules"),
        [
            ({"issuer": "CN=SOMEONE ELSE,C=FR"}, ["SAML-CRT-07"]),
            ({"issuer": "someone"}, ["SAML-ISS-04"]),
            ({"issuer": ""}, ["SAML-ISS-01"]),
            ({"qualifier": "XXX"}, ["SAML-NID-02", "SAML-CRT-10"]),
            ({"issued": "21/11/2026"}, ["SAML-TIME-03"]),
        ],
    )
    def test_what_it_says(self, insi: Bench, changes: dict[str, str], rules: list[str]) -> None:
        self.refused(insi.signed(kit.sign(kit.assertion(**changes))), *rules)  # type: ignore[arg-type]

    def test_no_subject(self, insi: Bench) -> None:
        unsigned = kit.assertion()
        unsigned.remove(unsigned.find(f"{{{kit.SAML}}}Subject"))
        assert {"SAML-NID-01", "SAML-CRT-06"} <= set(insi.signed(kit.sign(unsigned)).rules)

    def test_card_type_is_a_warning(self, insi: Bench) -> None:
        reply = insi.signed(kit.sign(kit.assertion(qualifier="CPE")))
        assert (reply.status, reply.rules) == (200, ["SAML-CRT-10"])

    def test_lenient_takes_a_bad_assertion_but_not_its_absence(self, insi: Bench) -> None:
        insi.switch(mode="lenient")
        reply = insi.signed(kit.assertion())
        assert (reply.result.code, reply.rules) == ("00", ["SAML-SIG-01"])
        assert insi.signed(None).status == 500


class TestProSanteConnect:
    """Unsigned assertion, NameQualifier PSC."""

    def made(self) -> etree._Element:
        attributes = {"codeSpecialiteAMO": "01", "identifiantFacturation": "991234567"}
        return kit.assertion(qualifier="PSC", attributes=attributes)

    def test_accepted(self, insi: Bench) -> None:
        reply = insi.signed(self.made())
        assert (reply.result.code, reply.rules, reply.exchange.facts["auth"]) == ("00", [], "psc")

    def test_signed_is_noted(self, insi: Bench) -> None:
        assert insi.signed(kit.sign(self.made())).rules == ["SAML-PSC-01"]

    def test_closed(self, insi: Bench) -> None:
        insi.switch(psc=False)
        reply = insi.signed(self.made())
        assert (reply.rules, reply.exchange.outcome) == (["INSI-SEC-05"], AUTH)


class TestVitale:
    """WS_INS1 takes a second assertion, of the card."""

    def card(self, serial: str = "9900000000000001", **kwargs: object) -> etree._Element:
        return kit.assertion(qualifier="VITALE", name_id=serial, attributes={}, **kwargs)  # type: ignore[arg-type]

    def ask(self, insi: Bench, *assertions: etree._Element) -> Reply:
        cover = (
            "<b:COUVERTURE><b:ASSURE><b:Id><b:Num>2850555039910</b:Num></b:Id></b:ASSURE>"
            "<b:BENEFICIAIRE><b:DateNai>1985-05-12</b:DateNai></b:BENEFICIAIRE></b:COUVERTURE>"
        )
        body = kit.message(
            kit.vitale("2850555039910", "1985-05-12"),
            kit.CARD_ACTION,
            security=list(assertions),
            header=kit.contexts(kit.card().cn, cover=cover),
        )
        return insi.call(body, listener="insi_ps")

    def test_both(self, insi: Bench) -> None:
        ps = kit.sign(kit.assertion())
        for reply in (self.ask(insi, ps, self.card()), self.ask(insi, self.card(), ps)):
            assert (reply.result.code, reply.rules) == ("00", [])

    def test_signed_card(self, insi: Bench) -> None:
        assert self.ask(insi, kit.sign(kit.assertion()), kit.sign(self.card())).rules == []
        broken = kit.sign(self.card())
        broken.find(f".//{{{kit.SAML}}}NameID").text = "9900000000000002"
        assert "SAML-SIG-06" in self.ask(insi, kit.sign(kit.assertion()), broken).rules

    def test_missing_is_a_warning(self, insi: Bench) -> None:
        reply = self.ask(insi, kit.sign(kit.assertion()))
        assert (reply.result.code, reply.rules) == ("00", ["INSI-SEC-04"])

    def test_obsolete(self, insi: Bench) -> None:
        reply = self.ask(insi, kit.sign(kit.assertion()), self.card(issued=time.time() - 1800))
        assert (reply.rules, reply.status) == (["SAML-TIME-01"], 500)

    def test_another_card(self, insi: Bench) -> None:
        reply = self.ask(insi, kit.sign(kit.assertion()), self.card("9900000000000777"))
        assert (reply.result.code, reply.rules) == ("00", ["INSI-SEC-06"])

    def test_not_for_traits(self, insi: Bench) -> None:
        reply = insi.signed([kit.sign(kit.assertion()), self.card()])
        assert (reply.rules, reply.exchange.outcome) == (["INSI-SEC-03"], AUTH)

    def test_two_of_them(self, insi: Bench) -> None:
        assert self.ask(insi, kit.sign(kit.assertion()), self.card(), self.card()).rules == ["INSI-SEC-03"]


def test_what_a_fault_echoes_is_escaped(insi: Bench) -> None:
    """A fault echoes the MessageID as text, whatever it holds."""
    body = kit.message(kit.traits(), message_id="uuid:&lt;x&gt;&quot;&amp;")
    reply = insi.call(body, client=peer("WRONG"))
    assert reply.error.message_id == 'uuid:<x>"&'
    assert not re.search(rb"<x>", reply.body)
