"""The two wrappings of a document: a style sheet that holds it (self-presentable), a signature that envelops it."""

from __future__ import annotations

from typing import Any

from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.xades.xades import XAdESSigner

from norms.cda.document import HL7, XSI, XSL, Element

_CONTENT = "urn:asip-sante:ci-sis"
# Inclusive canonicalisation: what a reference without transform means (XML Signature 4.4.3.2), as signxml writes some.
_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
# Our own style sheet, as small as readable: header line, sections, narrative. No script, nothing outside the file.
_SHEET = f"""<xsl:stylesheet version="1.0" xmlns:xsl="{XSL}" xmlns:xsi="{XSI}" xmlns:c="{HL7}" xmlns:data="{_CONTENT}"
 exclude-result-prefixes="xsi c data">
  <data:Contenu/>
  <xsl:output method="html" encoding="UTF-8"/>
  <xsl:template match="/"><xsl:apply-templates select="//c:ClinicalDocument"/></xsl:template>
  <xsl:template match="c:ClinicalDocument">
    <html lang="fr"><head><title><xsl:value-of select="c:title"/></title></head><body>
      <h1><xsl:value-of select="c:title"/></h1>
      <p><xsl:value-of select="c:recordTarget/c:patientRole/c:patient/c:name/c:family[@qualifier='BR']"/>
        <xsl:text> </xsl:text>
        <xsl:value-of select="c:recordTarget/c:patientRole/c:patient/c:name/c:given[not(@qualifier)]"/></p>
      <xsl:apply-templates select="c:component/c:structuredBody/c:component/c:section"/>
    </body></html>
  </xsl:template>
  <xsl:template match="c:section">
    <h2><xsl:value-of select="c:title"/></h2>
    <xsl:apply-templates select="c:text/node()"/>
    <xsl:apply-templates select="c:component/c:section"/>
  </xsl:template>
  <xsl:template match="c:paragraph"><p><xsl:apply-templates/></p></xsl:template>
  <xsl:template match="c:list"><ul><xsl:apply-templates/></ul></xsl:template>
  <xsl:template match="c:item"><li><xsl:apply-templates/></li></xsl:template>
  <xsl:template match="c:caption"><p><em><xsl:apply-templates/></em></p></xsl:template>
  <xsl:template match="c:table"><xsl:apply-templates select="c:caption"/><table border="1">
    <xsl:apply-templates select="c:thead|c:tbody"/></table></xsl:template>
  <xsl:template match="c:tr"><tr><xsl:apply-templates select="c:th|c:td"/></tr></xsl:template>
  <xsl:template match="c:th"><th><xsl:apply-templates/></th></xsl:template>
  <xsl:template match="c:td"><td><xsl:apply-templates/></td></xsl:template>
  <xsl:template match="c:content[@styleCode='Bold']"><b><xsl:apply-templates/></b></xsl:template>
</xsl:stylesheet>"""


def self_presentable(document: Element) -> bytes:
    """The document inside the style sheet that shows it: what a browser opens without anything else.

    It goes in as text: an XML tool would write its elements with the style sheet's prefix, and unprefixed ``xsi:type``
    values would lose their namespace.
    """
    inner: str = etree.tostring(document, encoding="unicode")
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<?xml-stylesheet type="text/xsl" href="#"?>\n'
    return (head + _SHEET.replace("<data:Contenu/>", f"<data:Contenu>{inner}</data:Contenu>") + "\n").encode("utf-8")


def signed(document: Element, key: Any, certificate: Any) -> bytes:
    """The document enveloped by its XAdES signature (RSA-SHA256).

    ``key`` and ``certificate`` are objects of ``cryptography``.
    """
    signer = XAdESSigner(
        method=SignatureConstructionMethod.enveloping,
        signature_algorithm=SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=_C14N,
    )
    signature = signer.sign(document, key=key, cert=[certificate])
    data: bytes = etree.tostring(signature, encoding="UTF-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + data + b"\n"
