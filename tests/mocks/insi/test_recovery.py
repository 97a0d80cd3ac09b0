"""The answers of WS_INS1 and WS_INS2: every identity of the CNDA tests, then ours."""

from __future__ import annotations

import pytest

from norms.insi.result import Matricule
from tests import insi_kit as kit
from tests.insi_bench import Bench

# insi.md §3: traits sent, answer documented.
CNDA = [
    ("nominal", ("ADRUN", "ZOE", "F", "1975-12-31"), "00", "275126322074974"),
    ("male", ("ADRDEUX", "LAURENT", "M", "1981-01-01"), "00", "181016322075140"),
    ("2A", ("ADRTROIS", "DOMINIQUE", "F", "1997-02-26"), "00", "297022A02077878"),
    ("2.03/1", ("D'ARTAGNAN DE L'HERAULT", "PIERRE-ALAIN", "M", "2001-06-17", "63220"), "00", "101066322075460"),
    ("2.03/2", ("ADRTROIS", "TOUSSAINT", "M", "1960-01-01", "2B020"), "00", "160012B02077713"),
    ("2.04", ("ECETINSI", "PIERRE-ALAIN", "M", "2009-07-14"), "00", "109076322083489"),
    ("2.05", ("PROVISOIRE", "MATRICULE", "M", "2009-07-01"), "00", "109076322088835"),
    ("2.06/1", ("DE VINCI", "LEONARDO", "M", "2014-02-01"), "02", ""),
    ("2.06/2", ("DE VINCI", "LEONARDO", "M", "2014-02-01", "63220"), "00", None),
    ("2.07/1 OLA", ("TCHITCHI", "OLA", "F", "1936-06-21"), "01", ""),
    ("2.07/1 CATARINA", ("TCHITCHI", "CATARINA", "F", "1936-06-21"), "00", "236066322083656"),
    ("2.07/2 PIERRE", ("HOUILLES", "PIERRE", "M", "1993-01-27"), "01", ""),
    ("2.07/2 PAUL", ("HOUILLES", "PAUL", "M", "1993-01-27"), "01", ""),
    ("2.07/2 JACQUES", ("HOUILLES", "JACQUES", "M", "1993-01-27"), "01", ""),
    ("2.07/2 all", ("HOUILLES", "PIERRE PAUL JACQUES", "M", "1993-01-27"), "01", ""),
    ("2.08/1", ("CORSE", "ANTHONY", "M", "1980-03-02"), "00", "180032B02040123"),
    ("2.08/2", ("HERMANN", "GATIEN", "M", "1981-03-24"), "00", "181036322045660"),
    ("NESSI", ("NESSI", "MICHELANGELO ANTHONY", "M", "2010-08-07"), "00", "110086322083060"),
    ("NESSI RUTH", ("NESSI", "RUTH", "F", "1977-07-14"), "00", None),
    ("PATB", ("PATB-QUATRE", "LAURENCE", "F", "1907-05-25"), "00", None),
]


@pytest.mark.parametrize(("traits", "code", "ins"), [row[1:] for row in CNDA], ids=[row[0] for row in CNDA])
def test_cnda_identities(insi: Bench, traits: tuple[str, ...], code: str, ins: str | None) -> None:
    reply = insi.traits(*traits)
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/soap+xml; charset=utf-8"
    answer = reply.result
    assert (answer.code, answer.person is not None) == (code, code == "00")
    facts = reply.exchange.facts
    assert (reply.exchange.operation, reply.exchange.outcome, facts["code"]) == ("WS_INS2", code, code)
    if ins:
        assert answer.person is not None
        assert answer.person.active.number + answer.person.active.key == ins == facts["ins"]
    assert reply.rules == []


def test_labels_have_no_accent(insi: Bench) -> None:
    assert insi.traits().result.label == "OK"
    assert insi.traits("INCONNU").result.label == "Aucune identite trouvee"
    assert insi.traits("DE VINCI", "LEONARDO", "M", "2014-02-01").result.label == "Plusieurs identites trouvees"


def test_history_list_and_nia(insi: Bench) -> None:
    person = insi.traits("ECETINSI", "PIERRE-ALAIN", "M", "2009-07-14").result.person
    assert person is not None
    assert person.history == (Matricule("2090763220834", "39", "1.2.250.1.213.1.4.8", "2019-03-01", "2019-02-28"),)
    assert (person.given_names, person.given_name) == ("PIERRE-ALAIN MURIEL FLORIANT", "")
    waiting = insi.traits("PROVISOIRE", "MATRICULE", "M", "2009-07-01").result.person
    assert waiting is not None
    assert waiting.active.oid == "1.2.250.1.213.1.4.9"
    twice = insi.traits("HERMANN", "GATIEN", "M", "1981-03-24").result.person
    assert twice is not None
    assert [old.number for old in twice.history] == ["1810363220456", "2810363220456"]


def test_unknown_person_as_qualification_answers(insi: Bench) -> None:
    insi.switch(unknown="insi_102")
    reply = insi.traits("D'AEION", "COEUR", "M", "1987-01-01")
    assert reply.status == 500
    assert (reply.fault.code, reply.fault.subcode) == ("Receiver", "siram_40")
    assert (reply.error.code, reply.error.severity, reply.error.message_id) == ("insi_102", "fatale", "")
    assert reply.exchange.outcome == "siram_40/insi_102"
    by_card = insi.call(kit.message(kit.vitale("1990163220999", "1999-01-01"), kit.CARD_ACTION))
    assert by_card.error.code == "insi_101"


def test_facts_of_the_exchange(insi: Bench) -> None:
    body = kit.message(kit.traits("NESSI", "MICHELANGELO", "M", "2010-08-07", "63220"))
    facts = insi.call(body).exchange.facts
    assert facts["message_id"].startswith("uuid:")
    wanted = {
        "action": kit.TRAITS_ACTION,
        "auth": "tlsm",
        "birth_name": "NESSI",
        "given_name": "MICHELANGELO",
        "sex": "M",
        "birth_date": "2010-08-07",
        "birth_place": "63220",
        "code": "00",
        "ins": "110086322083060",
        "oid": "1.2.250.1.213.1.4.8",
        "idam": "CNDA-0001",
        "instance": kit.INSTANCE,
        "emetteur": kit.STRUCTURE,
        "patient": "nessi-michelangelo",
    }
    assert wanted.items() <= facts.items()


class TestCard:
    """WS_INS1."""

    def ask(self, insi: Bench, *args: str, cover: str = "<b:COUVERTURE/>", **kwargs: str):  # type: ignore[no-untyped-def]
        body = kit.vitale(*args, **kwargs)
        return insi.call(kit.message(body, kit.CARD_ACTION, header=kit.contexts(cover=cover)))

    def test_holder(self, insi: Bench) -> None:
        reply = self.ask(insi, "2850555039910", "1985-05-12", individual="2850555039910")
        assert (reply.exchange.operation, reply.result.code) == ("WS_INS1", "00")
        assert reply.exchange.facts["patient"] == "pinson-leonie"
        assert reply.exchange.facts["nir"] == "2850555039910"
        assert reply.rules == ["INSI-COV-01"]

    def test_twins_are_told_apart_by_rank(self, insi: Bench) -> None:
        ranks = {r: self.ask(insi, "1830955050911", "2016-05-09", rank=r) for r in ("1", "2")}
        assert {r: reply.exchange.facts.get("patient") for r, reply in ranks.items()} == {
            "1": "mesange-ada",
            "2": "mesange-eve",
        }
        without = self.ask(insi, "1830955050911", "2016-05-09", rank="")
        assert without.result.code == "02"

    def test_unknown_and_name_that_differs(self, insi: Bench) -> None:
        assert self.ask(insi, "1830955050911", "2001-01-01").result.code == "01"
        assert self.ask(insi, "2850555039910", "1985-05-12", name="AUTRE").result.code == "01"
        assert self.ask(insi, "2850555039910", "1985-05-12", name="PINSON").result.code == "00"

    def test_cover_agrees_or_not(self, insi: Bench) -> None:
        def cover(number: str) -> str:
            return (
                f"<b:COUVERTURE><b:ASSURE><b:Id><b:Num>{number}</b:Num></b:Id></b:ASSURE><b:BENEFICIAIRE>"
                "<b:DateNai>1985-05-12</b:DateNai><b:Rang>1</b:Rang></b:BENEFICIAIRE></b:COUVERTURE>"
            )

        good = self.ask(insi, "2850555039910", "1985-05-12", cover=cover("2850555039910"))
        assert (good.rules, good.result.code) == ([], "00")
        other = self.ask(insi, "2850555039910", "1985-05-12", cover=cover("1830955050911"))
        assert (other.rules, other.result.code) == (["INSI-COV-02"], "00")

    @pytest.mark.parametrize(
        ("nir", "rules"), [("", ["INSI-REQ-09"]), ("28505", ["INSI-REQ-10"]), ("2850555039910 ", [])]
    )
    def test_matricule(self, insi: Bench, nir: str, rules: list[str]) -> None:
        reply = self.ask(insi, nir, "1985-05-12")
        assert [r for r in reply.rules if r != "INSI-COV-01"] == rules
        assert reply.status == (500 if rules else 200)


class TestSwitches:
    """Ways of answering that a session can choose."""

    def test_prefixes_change_and_the_answer_does_not(self, insi: Bench) -> None:
        insi.switch(prefixes="shuffled")
        bodies = [insi.traits() for _ in range(5)]
        assert len({reply.body[:80] for reply in bodies}) == 5
        assert len({repr(reply.result) for reply in bodies}) == 1

    def test_prenom_wrong_key_and_dates_first(self, insi: Bench) -> None:
        insi.switch(prenom=True, wrong_key=True, dates_first=True)
        reply = insi.traits("ECETINSI", "PIERRE-ALAIN", "M", "2009-07-14")
        person = reply.result.person
        assert person is not None
        assert person.given_name == "PIERRE-ALAIN"
        assert person.active.key != "89"
        assert b"<INSHISTO><DateDeb>2019-03-01</DateDeb><DateFin>2019-02-28</DateFin><IdIndividu>" in reply.body

    def test_reply_addressing(self, insi: Bench) -> None:
        insi.switch(addressing=True)
        reply = insi.call(kit.message(kit.traits(), message_id="uuid:3f0c7c52-2f0a-4a27-9d1c-0d6a4b4f8a11"))
        assert b"RelatesTo" in reply.body
        assert b"3f0c7c52-2f0a-4a27-9d1c-0d6a4b4f8a11" in reply.body
        assert b"rechercherInsAvecTraitsIdentiteResponse" in reply.body

    @pytest.mark.parametrize(
        ("code", "soap", "subcode", "severity", "echoed", "prefix", "lang"),
        [
            ("insi_101", "Receiver", "siram_40", "fatale", False, "S", "fr"),
            ("insi_102", "Receiver", "siram_40", "fatale", False, "S", "fr"),
            ("insi_111", "Receiver", "siram_40", "fatale", False, "S", "fr"),
            ("desir_550", "Sender", "siram_100", "erreur", True, "S", "en"),
            ("desir_560", "Sender", "siram_100", "erreur", True, "S", "fr"),
            ("desir_1020", "Sender", "siram_40", "fatale", True, "soap", "fr"),
        ],
    )
    def test_faults(
        self, insi: Bench, code: str, soap: str, subcode: str, severity: str, echoed: bool, prefix: str, lang: str
    ) -> None:
        insi.session.switches.arm("insi.fault", code)
        reply = insi.traits()
        fault, error = reply.fault, reply.error
        assert (reply.status, fault.code, fault.subcode, fault.lang) == (500, soap, subcode, lang)
        assert fault.reason
        assert (error.code, error.severity, bool(error.message_id)) == (code, severity, echoed)
        assert error.text
        assert f"<{prefix}:Value>{prefix}:{subcode}</{prefix}:Value>".encode() in reply.body
        assert reply.exchange.outcome == f"{subcode}/{code}"
        assert reply.exchange.facts["birth_name"] == "ADRUN"  # what was asked is known though the answer is imposed
        assert insi.traits().result.code == "00"  # armed once

    def test_live_severity(self, insi: Bench) -> None:
        insi.switch(fault="insi_111", severity="fatal")
        assert insi.traits().error.severity == "fatal"

    def test_canned(self, insi: Bench) -> None:
        insi.session.switches.arm(
            "insi.canned",
            '<ns2:RESULTAT xmlns:ns2="http://www.cnamts.fr/INSiResultat"><ns2:CR><ns2:CodeCR>02</ns2:CodeCR>'
            "<ns2:LibelleCR>x</ns2:LibelleCR></ns2:CR></ns2:RESULTAT>",
        )
        reply = insi.traits()
        assert (reply.status, reply.result.code, reply.exchange.outcome) == (200, "02", "02")
        assert insi.traits().result.code == "00"

    def test_canned_fault_and_whole_envelope(self, insi: Bench) -> None:
        insi.session.switches.arm("insi.fault", "desir_1020")
        recorded = insi.traits().body.decode()
        insi.session.switches.arm("insi.canned", recorded)
        reply = insi.traits()
        assert (reply.status, reply.body.decode()) == (500, recorded)
        assert reply.exchange.outcome == "siram_40/desir_1020"
        insi.session.switches.arm("insi.canned", "<broken")
        assert insi.traits().exchange.outcome == "canned"

    def test_malformed_answers(self, insi: Bench) -> None:
        from norms.soap import BadEnvelope, read

        for kind in ("empty", "not_xml", "cut", "soap11"):
            insi.session.switches.arm("insi.malformed", kind)
            reply = insi.traits()
            assert reply.status == 200
            with pytest.raises(BadEnvelope):
                read(reply.body)
        insi.session.switches.arm("insi.malformed", "other_body")
        assert insi.traits().result.code == ""
        insi.session.switches.arm("insi.malformed", "unknown_code")
        assert insi.traits().result.code == "99"

    def test_authorised_software(self, insi: Bench) -> None:
        insi.switch(idams="CNDA-0002, CNDA-0003")
        reply = insi.traits()
        assert (reply.error.code, reply.fault.subcode) == ("desir_550", "siram_100")
        assert reply.error.message_id == reply.exchange.facts["message_id"]
        insi.switch(idams="CNDA-0002 CNDA-0001")
        assert insi.traits().result.code == "00"

    def test_codes_of_the_user(self, insi: Bench) -> None:
        insi.switch(codes="INSI-REQ-03=insi_20 INSI-CTX-07=desir_999")
        assert insi.traits("ADRUN", None).error.code == "insi_20"


def test_sessions_do_not_see_one_another(insi: Bench) -> None:
    """A software bound by its Instance has its own world and switches."""
    mine = insi.sessions.open("mine", {"instance": [kit.INSTANCE]})
    mine.world.patch("patients", "adrun-zoe", {"known": False})
    reply = insi.traits()
    assert (reply.exchange.session, reply.result.code) == (mine.id, "01")
    insi.sessions.close(mine.id)
    reply = insi.traits()
    assert (reply.exchange.session, reply.result.code) == ("default", "00")
