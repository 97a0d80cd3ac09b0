"""VIHF: what is accepted, and one finding for each thing that is wrong."""

from __future__ import annotations

import time
from typing import Any

import pytest
from lxml import etree

from norms.finding import Severity
from norms.saml import Trust, TrustStore
from norms.saml.trust import certificate
from norms.vihf import Caller, Expected, check_vihf, read_cx, read_vihf
from tests.vihf_kit import AIR, CLASSES, CONFIDENTIALITY, DIRECT, INDIRECT, NURSE, RESOURCE, SUBJECT, Said, held

UNIT = "399999001300016"
MACHINE = Caller("LOGICIEL DE TEST", UNIT, card=False)
CARD = Caller("899700900014", "", card=True)


@pytest.fixture
def judge(pki: Any) -> Any:
    """Check a VIHF signed by a credential of the PKI; gives the rules found, `least` and above."""
    store = TrustStore.from_pem(pki.ca.read_bytes())

    def judged(
        said: Said | etree._Element,
        signer: str = "org-sign",
        caller: Caller | None = MACHINE,
        least: str = "warning",
        **expected: Any,
    ) -> list[str]:
        made = said
        if isinstance(said, Said):
            made = said.signed(held(pki.folder, signer)) if signer else said.changed(issuer="CN=X").element()
        vihf, problems = read_vihf(etree.fromstring(etree.tostring(made)))
        trust = Trust(store, time.time(), revoked=pki.revoked)
        found = [*problems, *check_vihf(vihf, Expected(trust, caller, **expected))]
        grades = (Severity.ERROR, Severity.WARNING, Severity.INFO)
        kept = grades[: grades.index(Severity(least)) + 1]
        return [f.rule for f in found if f.severity in kept]

    return judged


def test_the_three_modes_are_accepted(judge: Any) -> None:
    assert judge(INDIRECT) == []
    assert judge(AIR) == []
    assert judge(DIRECT, "cps-sign", CARD) == []
    assert judge(DIRECT, "", CARD, least="info") == ["VIHF-SIG-02"]
    assert judge(INDIRECT, caller=None) == []


@pytest.mark.parametrize("version", ["3.0", "4.0"])
def test_both_versions_are_accepted(judge: Any, version: str) -> None:
    assert judge(INDIRECT.changed(attributes={"VIHF_Version": version})) == []


_WRONG: dict[str, tuple[Any, ...]] = {
    "VIHF-VER-01": ({"VIHF_Version": "2.0"},),
    "VIHF-MODE-01": ({"Authentification_mode": "DIRECT"},),
    "VIHF-URN-01": ({"Ressource_URN": "urn:ROR"},),
    "VIHF-SECT-01": ({"Secteur_Activite": "SA07"},),
    "VIHF-SECT-02": ({"Secteur_Activite": "SA66^1.2.250.1.71.4.2.4"},),
    "VIHF-STRUCT-01": ({"Identifiant_Structure": "CABINET"},),
    "VIHF-STRUCT-02": ({"Identifiant_Structure": "1990000119"},),
    "VIHF-NAME-01": ({SUBJECT: None},),
    "VIHF-ATT-04": ({"VIHF_Profil": "x"},),
    "VIHF-ATT-05": ({"Secteur_Activite": None, "secteur_activite": "SA07^1.2.250.1.71.4.2.4"},),
    "VIHF-ATT-06": ({"LPS_ID": ""},),
    "VIHF-INS-01": ({RESOURCE: None},),
    "VIHF-INS-02": ({RESOURCE: "('275126322074974^^^&1.2.250.1.213.1.4.10&ISO^NH')"},),
    "VIHF-INS-03": ({RESOURCE: "275126322074974^^^&1.2.250.1.213.1.4.2&ISO^NH"},),
    "VIHF-INS-04": ({RESOURCE: "275126322074974^^^&1.2.250.1.213.1.4.11&ISO^NH"},),
    "VIHF-INS-05": ({RESOURCE: "275126322074975^^^&1.2.250.1.213.1.4.10&ISO^NH"},),
    "VIHF-CONF-01": ({CONFIDENTIALITY: "INVISIBLE_REPRESENTANTS_LEGAUX"},),
    "VIHF-CONF-02": ({CONFIDENTIALITY: "MASQUE_PS^1.2.250.1.213.1.1.4.13"},),
}


@pytest.mark.parametrize("rule", _WRONG)
def test_each_wrong_attribute_has_its_rule(judge: Any, rule: str) -> None:
    assert rule in judge(INDIRECT.changed(attributes=_WRONG[rule][0]))


@pytest.mark.parametrize(
    "name", ["Identifiant_Structure", "VIHF_Version", "LPS_Nom", "LPS_Version", "LPS_ID_HOMOLOGATION_DMP"]
)
def test_a_missing_attribute_is_named(judge: Any, name: str) -> None:
    assert "VIHF-ATT-01" in judge(INDIRECT.changed(attributes={name: None}))


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("VIHF-PURP-02", {"purpose": "urgence"}),
        ("VIHF-PURP-02", {"purpose": "brisDeGlace"}),
        ("VIHF-CTX-02", {"class_ref": "Password"}),
        ("VIHF-AIR-04", {"declaration": "CONF_EXI_PGSSIS"}),
        ("VIHF-TIME-02", {"issued": -7200}),
        ("VIHF-TIME-03", {"issued": 3600}),
        ("VIHF-NID-01", {"user": ""}),
        ("VIHF-NID-02", {"user": "99700900014"}),
        ("VIHF-ROLE-02", {"role_ns": "urn:autre"}),
        ("VIHF-ROLE-03", {"roles": ()}),
        ("VIHF-ROLE-05", {"roles": INDIRECT.roles[:1]}),
        ("VIHF-ROLE-05", {"roles": (("21", "1.2.250.1.71.1.2.7", "Pharmacien"),)}),
        ("VIHF-ROLE-04", {"roles": INDIRECT.roles[::-1]}),
        ("VIHF-ROLE-07", {"roles": (("999", "1.2.250.1.71.1.2.7", "x"),)}),
        ("VIHF-ROLE-08", {"roles": (("SM54", "1.2.250.1.71.1.2.7", "x"),)}),
        ("VIHF-ROLE-06", {"roles": (NURSE[0], ("70", "1.2.250.1.71.1.2.7", "x"))}),
        ("VIHF-ISS-03", {"issuer": "le cabinet"}),
        ("VIHF-ISS-04", {"issuer": "CN=AUTRE,C=FR"}),
    ],
)
def test_each_wrong_statement_has_its_rule(judge: Any, rule: str, changes: dict[str, Any]) -> None:
    assert rule in judge(INDIRECT.changed(**changes))


def test_a_nurse_needs_no_second_role(judge: Any) -> None:
    assert judge(INDIRECT.changed(roles=NURSE)) == []


def test_what_only_the_tolerance_saves_is_told(judge: Any) -> None:
    for said, rule in ((AIR.changed(issued=-32), "VIHF-AIR-01"), (DIRECT.changed(issued=-3602), "VIHF-TIME-02")):
        signer, caller = ("cps-sign", CARD) if said.class_ref == DIRECT.class_ref else ("org-sign", MACHINE)
        assert judge(said, signer, caller) == [rule]
        assert judge(said, signer, caller, "error") == []
    assert judge(AIR.changed(issued=-36), least="error") == ["VIHF-AIR-01"]


def test_one_cause_is_told_once(judge: Any, pki: Any) -> None:
    twice = DIRECT.changed(attributes={**DIRECT.attributes, "Authentification_Mode": "INDIRECTE"})
    assert judge(twice, "cps-sign", CARD).count("VIHF-ATT-02") == 1
    assert "VIHF-CRT-04" not in judge(INDIRECT, caller=CARD)
    assert "VIHF-MODE-03" in judge(INDIRECT, caller=CARD)
    shown = certificate(held(pki.folder, "cps-sign").cert).subject_text
    assert shown.startswith("GN=CLAIRE+SN=ROMARIN+CN=")


def test_air_lives_thirty_seconds_and_says_its_authentication(judge: Any) -> None:
    assert judge(AIR.changed(issued=-40)) == ["VIHF-AIR-01"]
    assert judge(AIR.changed(declaration="")) == ["VIHF-AIR-02"]
    assert judge(AIR.changed(declaration="MOT_DE_PASSE")) == ["VIHF-AIR-03"]
    for value in ("APP_BROWSER_AUTH", f"{CLASSES}SmartcardPKI"):
        assert judge(AIR.changed(declaration=value)) == []
        assert judge(AIR.changed(declaration=value), air_values=("CONF_EXI_PGSSIS",)) == ["VIHF-AIR-03"]
    assert judge(AIR, air_enrolled=frozenset({"AUTRE"})) == ["VIHF-AIR-05"]


def test_the_mode_agrees_with_the_certificate_of_the_connection(judge: Any) -> None:
    assert "VIHF-MODE-02" in judge(DIRECT, "cps-sign", MACHINE)
    assert "VIHF-MODE-03" in judge(INDIRECT, "org-sign", CARD)
    assert "VIHF-NID-03" in judge(DIRECT, "", Caller("899700900022", "", card=True))


def test_the_signer_is_the_right_certificate(judge: Any) -> None:
    assert judge(INDIRECT, "") == ["VIHF-SIG-01"]
    assert judge(INDIRECT, "org-auth-cli") == ["VIHF-CRT-01"]
    assert judge(INDIRECT, "cps-sign") == ["VIHF-CRT-03"]
    assert judge(INDIRECT, caller=Caller("X", "1990000119", card=False)) == ["VIHF-STRUCT-02", "VIHF-CRT-04"][::-1]
    assert "VIHF-CRT-02" in judge(DIRECT.changed(user="899700900022"), "cps-sign", CARD)
    assert judge(DIRECT, "cps-sign-wrong-ca", CARD) == ["SAML-CRT-02"]
    assert judge(DIRECT, "cps-sign-expired", CARD) == ["SAML-CRT-03"]
    assert judge(DIRECT, "cps-sign-revoked", CARD) == ["SAML-CRT-05"]


def test_a_geographic_site_may_be_named_for_its_legal_entity(judge: Any) -> None:
    site = INDIRECT.changed(attributes={"Identifiant_Structure": "1990000317"})
    assert judge(site) == ["VIHF-STRUCT-02"]
    assert judge(site, units=frozenset({"1990000317"})) == []


def test_what_was_changed_after_signing_is_refused(judge: Any, pki: Any) -> None:
    made = INDIRECT.signed(held(pki.folder, "org-sign"))
    name = next(made.iter("{urn:oasis:names:tc:SAML:2.0:assertion}NameID"))
    name.text = "899700900022"
    assert judge(made) == ["SAML-SIG-06"]


def test_an_audience_restriction_must_be_absent(judge: Any) -> None:
    made = DIRECT.element()
    ns = "urn:oasis:names:tc:SAML:2.0:assertion"
    conditions = etree.Element(f"{{{ns}}}Conditions", NotBefore="2020-01-01T00:00:00Z", NotOnOrAfter="hier")
    etree.SubElement(conditions, f"{{{ns}}}AudienceRestriction")
    made.insert(2, conditions)
    assert {"VIHF-AUD-01", "VIHF-TIME-01"} <= set(judge(made, caller=CARD))


def test_sha1_is_warned_or_refused(judge: Any, pki: Any) -> None:
    signer = held(pki.folder, "org-sign")
    made = _sha1(INDIRECT.changed(issuer=signer.dn).element(), signer)
    assert judge(made) == ["VIHF-SIG-03"]
    assert judge(made, sha1=False) == ["VIHF-SIG-04"]


def _sha1(made: etree._Element, signer: Any) -> etree._Element:
    """Signed with SHA-1 by libxmlsec, as software of 2019 did."""
    xmlsec = pytest.importorskip("xmlsec")
    node = xmlsec.template.create(made, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.RSA_SHA1, ns="ds")
    made.insert(1, node)
    reference = xmlsec.template.add_reference(node, xmlsec.Transform.SHA1, uri=f"#{made.get('ID')}")
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
    xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(node))
    xmlsec.tree.add_ids(made, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(signer.key_pem, xmlsec.KeyFormat.PEM)
    context.key.load_cert_from_memory(signer.pem, xmlsec.KeyFormat.PEM)
    context.sign(node)
    return made


def test_the_form_of_a_cx() -> None:
    assert read_cx("275126322074974^^^&1.2.250.1.213.1.4.10&ISO^NH") == ("275126322074974", "1.2.250.1.213.1.4.10")
    assert read_cx("275126322074974^^^&1.2.250.1.213.1.4.8&ISO^NH^^20100907")[0] == "275126322074974"
    assert read_cx("275126322074974^^^&1.2.250.1.213.1.4.8&ISO^PI") == ("", "")
