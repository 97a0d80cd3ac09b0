"""A small CDA of our own that every rule accepts, and edits of it: what the rules are tried on."""

from __future__ import annotations

from datetime import UTC, datetime

from norms.cda import Report, validate
from norms.finding import Severity

TODAY = datetime(2026, 6, 1, tzinfo=UTC)
INS = "299999999900173"
RPPS = "899999999990"
FINESS = "1999999998"

_WHO = """<id root="1.2.250.1.71.4.2.1" extension="{rpps}"/>
      <assignedPerson><name><family>ESSAI</family><given>Paule</given><prefix>MME</prefix></name></assignedPerson>"""
_STRUCTURE = """<id root="1.2.250.1.71.4.2.2" extension="{finess}"/>
        <name>Cabinet d'essai</name>"""
_AMBULATORY = (
    '<standardIndustryClassCode code="AMBULATOIRE" codeSystem="1.2.250.1.213.1.1.4.9" displayName="Ambulatoire"/>'
)

_HEADER = """<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <realmCode code="FR"/>
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <templateId root="2.16.840.1.113883.2.8.2.1"/>
  <templateId root="1.2.250.1.213.1.1.1.1"/>
  <templateId root="{model}"/>
  <id root="1.2.250.1.999.1.1.7854"/>
  <code code="11488-4" codeSystem="2.16.840.1.113883.6.1" displayName="CR ou fiche de consultation ou de visite"/>
  <title>Consultation d'essai</title>
  <effectiveTime value="20260402101500+0200"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25" displayName="Normal"/>
  <languageCode code="fr-FR"/>
  <setId root="1.2.250.1.999.1.2.7854"/>
  <versionNumber value="1"/>
  <recordTarget>
    <patientRole>
      <id root="1.2.250.1.213.1.4.10" extension="{ins}"/>
      <addr><city>Lyon</city></addr>
      <telecom value="tel:+33102030405" use="H"/>
      <patient>
        <name>
          <family qualifier="BR">ESSAI</family>
          <given>ANNE MARIE</given>
          <given qualifier="BR">ANNE</given>
        </name>
        <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1" displayName="Féminin"/>
        <birthTime value="19990101"/>
        <birthplace><place><addr><county>69123</county></addr></place></birthplace>
      </patient>
    </patientRole>
  </recordTarget>
  <author>
    <time value="20260402101500+0200"/>
    <assignedAuthor>
      {who}
      <representedOrganization>
        {structure}
      </representedOrganization>
    </assignedAuthor>
  </author>
  <custodian>
    <assignedCustodian>
      <representedCustodianOrganization>
        {structure}
      </representedCustodianOrganization>
    </assignedCustodian>
  </custodian>
  <legalAuthenticator>
    <time value="20260402101500+0200"/>
    <signatureCode code="S"/>
    <assignedEntity>
      {who}
    </assignedEntity>
  </legalAuthenticator>
  <documentationOf>
    <serviceEvent>
      <effectiveTime><low value="20260402100000+0200"/><high value="20260402101500+0200"/></effectiveTime>
      <performer typeCode="PRF">
        <assignedEntity>
          {who}
          <representedOrganization>
            {structure}
            {sector}
          </representedOrganization>
        </assignedEntity>
      </performer>
    </serviceEvent>
  </documentationOf>
  <componentOf>
    <encompassingEncounter>
      <effectiveTime><low value="20260402100000+0200"/></effectiveTime>
      <location>
        <healthCareFacility>
          <code code="SA07" codeSystem="1.2.250.1.71.4.2.4" displayName="Cabinet individuel"/>
        </healthCareFacility>
      </location>
    </encompassingEncounter>
  </componentOf>
"""
_TEXT_BODY = """  <component>
    <nonXMLBody>
      <text mediaType="text/plain" representation="B64">Qm9uam91cg==</text>
    </nonXMLBody>
  </component>
</ClinicalDocument>
"""
_SECTIONS = """  <component>
    <structuredBody>
      <component>
        <section>
          <code code="34117-2" codeSystem="2.16.840.1.113883.6.1"/>
          <title>Observation</title>
          <text><paragraph>Poids <content ID="poids">62 kg</content></paragraph></text>
          <entry>
            <observation classCode="OBS" moodCode="EVN">
              <code code="29463-7" codeSystem="2.16.840.1.113883.6.1">
                <originalText><reference value="#poids"/></originalText>
              </code>
              <statusCode code="completed"/>
              <value xsi:type="PQ" value="62" unit="kg"/>
            </observation>
          </entry>
        </section>
      </component>
    </structuredBody>
  </component>
</ClinicalDocument>
"""


def _head(model: str) -> str:
    who, structure = _WHO.format(rpps=RPPS), _STRUCTURE.format(finess=FINESS)
    return _HEADER.format(model=model, ins=INS, who=who, structure=structure, sector=_AMBULATORY)


LEVEL_1 = _head("1.3.6.1.4.1.19376.1.2.20") + _TEXT_BODY
LEVEL_3 = _head("1.2.250.1.999.9.9") + _SECTIONS


def edited(*pairs: tuple[str, str], of: str = LEVEL_1) -> bytes:
    """The sample with each first text of a pair replaced, once, by the second."""
    for before, after in pairs:
        assert before in of, before
        of = of.replace(before, after, 1)
    return of.encode()


def judged(*pairs: tuple[str, str], of: str = LEVEL_1, strict: bool = False) -> Report:
    """The report on an edited sample."""
    return validate(edited(*pairs, of=of), today=TODAY, strict=strict)


def rules(report: Report, *, info: bool = False) -> list[str]:
    """The rules that fired, errors and warnings; what the sample's unknown model brings is left out."""
    return [
        f.rule
        for f in report.findings
        if (info or f.severity is not Severity.INFO) and not f.rule.startswith("CDA-VOLET")
    ]
