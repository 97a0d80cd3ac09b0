"""What the client writes: the contract of the teleservice, read back by the norm's own readers and by xmlsec."""

from __future__ import annotations

import time
import uuid

import pytest
import xmlsec
from lxml import etree

from norms.ins.status import Status
from norms.insi import names
from norms.insi.header import read_headers
from norms.insi.request import read_card, read_traits
from norms.insi.verification import read_claims
from norms.saml import read_assertion
from norms.soap.envelope import read as read_envelope

SECURITY = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}Security"
ASSERTION = "{urn:oasis:names:tc:SAML:2.0:assertion}Assertion"
CARD = {"nir": "1810163220751", "key": "40", "rank": 1, "serial": "0012345678", "individual_nir": "2751263220749"}


def _one(insi):
    request = insi.requests[-1]
    return request, read_envelope(request.content)


def test_search_by_traits_is_what_the_contract_asks(lps, insi):
    software = lps()
    software.do("ins.search", patient=software.new(birth_name="D’ÆION", first_given_name="Cœur"))
    request, envelope = _one(insi)
    assert request.headers["content-type"] == f'application/soap+xml; charset=utf-8; action="{names.ACTION_TRAITS}"'
    asked, findings = read_traits(envelope.body)
    assert findings == []
    assert (asked.birth_name, asked.given_name, asked.sex, asked.birth_date) == ("D'AEION", "COEUR", "F", "1975-12-31")
    assert asked.birth_place == ""  # not at the first call
    message_id = envelope.root.findtext(".//{http://www.w3.org/2005/08/addressing}MessageID")
    headers, findings = read_headers(envelope, message_id, time.time())
    assert findings == []
    assert headers.sender == "10B0152872"  # OU of the certificate, in both contexts
    assert headers.software == "urn:lps:segur-reference:1.0"
    assert headers.cover.insured == ""
    assert envelope.root.find(f".//{SECURITY}") is None


def test_search_by_card(lps, insi):
    software = lps(mode="ps")
    software.do("ins.search", patient=software.new(), by="vitale", card=CARD)
    _, envelope = _one(insi)
    asked, findings = read_card(envelope.body)
    assert findings == []
    assert (asked.holder, asked.individual, asked.rank) == ("1810163220751", "2751263220749", "1")
    headers, findings = read_headers(envelope, "uuid:" + str(uuid.uuid4()), time.time())
    assert (headers.cover.insured, headers.cover.beneficiary) == ("1810163220751", "2751263220749")
    qualifiers = [e.get("NameQualifier") for e in envelope.root.iter("{*}NameID")]
    assert qualifiers == ["CPX", "VITALE"]


def test_verification(lps, insi):
    software = lps()
    patient = software.known("qualifiee")
    insi.will("OK")
    assert software.do("ins.verify", patient=patient) == {"outcome": "OK", "status": "qualifiee"}
    _, envelope = _one(insi)
    assert insi.sent("Action") == [names.ACTION_VERIFY]
    (claim,), findings = read_claims(envelope.body, names.VERIFY_REQUEST)
    assert findings == []
    assert (claim.number + claim.key, claim.oid) == ("275126322074974", "1.2.250.1.213.1.4.8")
    assert claim.traits.given_names == "ZOE"


def test_every_call_has_fresh_ids_and_one_installation(lps, insi):
    software = lps()
    for _ in range(3):
        software.do("ins.search", patient=software.new())
    ids = [
        text for e in insi.envelopes for text in e.xpath("//*[local-name()='Id' or local-name()='MessageID']/text()")
    ]
    assert len(ids) == len(set(ids)) == 9
    insi.requests.clear()
    software.do("ins.search", patient=software.new())
    assert len(set(insi.sent("Instance"))) == 1


def test_card_assertion_is_signed_for_real(lps, insi, pem):
    software = lps(mode="ps")
    software.do("ins.search", patient=software.new())
    root = insi.envelopes[0]
    (assertion,) = root.iter(ASSERTION)
    xmlsec.tree.add_ids(assertion, ["ID"])
    signature = xmlsec.tree.find_node(assertion, xmlsec.constants.NodeSignature)
    manager = xmlsec.KeysManager()
    manager.load_cert(pem["ca"], xmlsec.constants.KeyDataFormatPem, xmlsec.constants.KeyDataTypeTrusted)
    context = xmlsec.SignatureContext(manager)
    context.verify(signature)
    assert [child.tag.rpartition("}")[2] for child in assertion] == [
        "Issuer",
        "Signature",
        "Subject",
        "AttributeStatement",
    ]
    said, findings = read_assertion(assertion)
    assert findings == []
    assert said.name_id == "899700000002"
    assert set(insi.sent("Emetteur")) == {"899700000002"}
    attributes = {a.get("Name"): "".join(a.itertext()) for a in assertion.iter("{*}Attribute")}
    assert attributes == {"codeSpecialite": "SM26", "secteurActivite": "SA07"}
    signature.find(".//{*}SignatureValue").text = "AAAA"
    with pytest.raises(xmlsec.Error):
        context.verify(signature)


def test_user_of_pro_sante_connect_replaces_the_card(lps, insi):
    software = lps(mode="ps")
    software.do("login", professional="ps1", mode="psc")
    software.do("ins.search", patient=software.new())
    (assertion,) = insi.envelopes[0].iter(ASSERTION)
    name_id = assertion.find(".//{*}NameID")
    assert (name_id.get("NameQualifier"), name_id.text) == ("PSC", "899700000001")
    assert assertion.find("{*}Signature") is None
    assert insi.sent("Emetteur") == ["899700000001"]


def test_body_children_keep_the_order_of_the_schema(lps, insi):
    software = lps()
    insi.will("02", "00")
    software.do("ins.search", patient=software.new())
    children = [etree.QName(child).localname for child in insi.envelopes[1].find(".//{*}RECSANSVITALE")]
    assert children == ["NomNaissance", "Prenom", "Sexe", "DateNaissance", "LieuNaissance"]


def test_status_words_are_those_of_the_norm():
    assert {status.value for status in Status} == {"provisoire", "recuperee", "validee", "qualifiee"}
