"""What others made, on the exchanges of the DMP: its published annex of WSDL and schemas, and zeep as a client.

The annex (« Dossier Médical Personnel, schémas et WSDL », version 2.01.04 of 11/06/2024) is not ours to ship:
``SEGUR_DMP_ANNEX`` names a folder that holds its ``wsdl`` and ``schema``.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import requests
import zeep
from lxml import etree
from zeep.transports import Transport
from zeep.xsd import AnyObject

from mocks.igc.pki import Pki
from norms.soap import read
from norms.soap.mtom import is_related, split
from norms.xds.names import APPROVED, DELETED, rim
from norms.xds.provide import write_provide
from norms.xds.query import GET_DOCUMENTS, REFERENCE
from norms.xds.update import status_change, write_update
from norms.xml import parse
from tests.dmp_bench import AIR, INDIRECT, WSSE, about
from tests.dmp_documents import PATIENT, Documents
from tests.vihf_kit import Said

ANNEX = os.environ.get("SEGUR_DMP_ANNEX", "")
pytestmark = pytest.mark.skipif(
    not ANNEX, reason="no copy of the DMP's WSDL and schemas, published material (SEGUR_DMP_ANNEX)"
)
_XS = "http://www.w3.org/2001/XMLSchema"
_XOP = "{http://www.w3.org/2004/08/xop/include}Include"
_LOOSE = '<any maxOccurs="unbounded" minOccurs="0" namespace="##targetNamespace" processContents="lax"/>'
_NESTED = (rim("Classification"), rim("ExternalIdentifier"))
_SCHEMAS = {
    "urn:ihe:iti:xds-b:2007": "IHE/XDS.b_DocumentRepository.xsd",
    "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0": "ebRS/query.xsd",
    "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0": "ebRS/lcm.xsd",
    "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0": "ebRS/rs.xsd",
}


@pytest.fixture
def dmp(pki: Pki) -> Documents:
    return Documents(pki)


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    """The annex's own schemas of the four transactions, as they are."""
    folder = Path(ANNEX).resolve() / "schema"
    imports = "".join(
        f'<xs:import namespace="{space}" schemaLocation="{(folder / name).as_uri()}"/>'
        for space, name in _SCHEMAS.items()
    )
    return etree.XMLSchema(etree.fromstring(f'<xs:schema xmlns:xs="{_XS}">{imports}</xs:schema>'))


def content(data: bytes, kind: str) -> etree._Element:
    """The body of a message, its parts put back in their place (XOP)."""
    package = split(kind, data) if is_related(kind) else None
    held = read(bytes(package.root.data) if package else data).body
    for include in list(held.iter(_XOP)):
        place, part = include.getparent(), (package.parts if package else {})[unquote(include.get("href", "")[4:])]
        assert place is not None
        place.remove(include)
        place.text = base64.b64encode(bytes(part.data)).decode()
    return etree.fromstring(etree.tostring(held))


def test_each_message_is_valid_against_the_published_schemas(dmp: Documents, schema: etree.XMLSchema) -> None:
    lot = dmp.lot()
    unique_id = lot.submission.entries[0].unique_id
    answers = [dmp.deposit(lot), dmp.deposit(lot), dmp.query()]  # the second is refused: already there
    entry = next(one for one in answers[2].documents if one.unique_id == unique_id)
    answers += [
        dmp.query(GET_DOCUMENTS, REFERENCE, UniqueId=(unique_id,)),
        dmp.retrieve((entry.repository, unique_id)),
        dmp.retrieve((entry.repository, "1.2.3.4")),
        dmp.change_status(entry, DELETED),
        dmp.change_status(entry, DELETED),  # refused: already deleted
    ]
    assert [one.status for one in answers] == [
        "Success", "Failure", "Success", "Success", "Success", "Failure", "Success", "Failure"
    ]  # fmt: skip
    for one in answers:
        exchange = one.reply.exchange
        for side in ("request", "response"):
            headers = dict(getattr(exchange, f"{side}_headers"))
            said = content(getattr(exchange, f"{side}_body"), headers.get("content-type", ""))
            schema.validate(said)
            assert [(exchange.operation, side, e.message) for e in schema.error_log] == []


class Wire(Transport):
    """zeep's transport, ending in the DMP of the test."""

    def __init__(self, dmp: Documents, word: str) -> None:
        super().__init__()
        self.dmp, self.word, self.rules = dmp, word, list[str]()

    def post(self, address: str, message: bytes, headers: Any) -> requests.Response:
        """One call; the answer as the library `requests` gives it."""
        reply = self.dmp.call(
            self.word, message, client="org-auth-cli", headers={k.lower(): v for k, v in headers.items()}
        )
        self.rules += reply.rules
        made = requests.Response()
        made.status_code, made._content = reply.status, reply.body
        made.headers["content-type"] = reply.kind
        return made


class Zeep:
    """zeep as the client of one address: it writes each request and reads each answer by the annex's WSDL.

    It knows neither XML Schema's substitution groups nor a type that holds an extension of itself, on which the
    registry's objects rest: where the schema has these, the copy that zeep reads says ``any`` element of the namespace.
    """

    def __init__(self, dmp: Documents, folder: Path, word: str) -> None:
        if not folder.is_dir():
            shutil.copytree(ANNEX, folder)
            model = folder / "schema" / "ebRS" / "rim.xsd"
            said = model.read_text(encoding="utf-8")
            for names in (("Identifiable",), ("Classification", "ExternalIdentifier")):
                group = r"\s*".join(rf'<element maxOccurs="unbounded" minOccurs="0" ref="tns:{n}"/>' for n in names)
                said, times = re.subn(group, _LOOSE, said)
                assert times, names
            model.write_text(said, encoding="utf-8")
        self.dmp, self.wire = dmp, Wire(dmp, word)
        name = {"registry": "Registry", "repository": "Repository"}[word]
        self.client = zeep.Client(str(folder / "wsdl" / f"XDS.b_Document{name}.wsdl"), transport=self.wire)

    def call(self, operation: str, said: Said, **body: Any) -> Any:
        """The answer, read by zeep."""
        header = etree.Element(f"{{{WSSE}}}Security")
        header.append(self.dmp.signed(about(said, *self.dmp.ins(PATIENT))))
        prefix = "DocumentRegistry_" if self.wire.word == "registry" else "DocumentRepository_"
        return self.client.service[prefix + operation](**body, _soapheaders=[header])

    def objects(self, element: etree._Element) -> dict[str, Any]:
        """A RegistryObjectList read by zeep into its own objects, to be written again by it."""
        return {"_value_1": [self._object(one) for one in element]}

    def _object(self, element: etree._Element) -> AnyObject:
        kind = self.client.get_element(element.tag)
        value = kind.parse(element, self.client.wsdl.types)
        if inside := [self._object(one) for one in element if one.tag in _NESTED]:
            value._value_1 = inside
        return AnyObject(kind, value)


def test_zeep_deposits_searches_retrieves_and_deletes(dmp: Documents, tmp_path: Path) -> None:
    repository, registry = (Zeep(dmp, tmp_path / "annex", word) for word in ("repository", "registry"))
    lot = dmp.lot()
    unique_id, data = lot.submission.entries[0].unique_id, lot.documents["Document01"]
    provided = etree.fromstring(write_provide(lot.submission, {}))
    answer = repository.call(
        "ProvideAndRegisterDocumentSet-b",
        INDIRECT,
        SubmitObjectsRequest={"RegistryObjectList": repository.objects(next(provided.iter(rim("RegistryObjectList"))))},
        Document=[{"id": id, "_value_1": held} for id, held in lot.documents.items()],
    )
    assert answer.status.endswith(":Success"), answer
    # zeep writes documents in the message, not in a package; hash and size are left to the DMP
    assert set(repository.wire.rules) == {"DMP-REQ-01", "XDS-HASH-03"}

    query = {
        "id": "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d",
        "Slot": [
            {"name": name, "ValueList": {"_value_1": [{"Value": value}]}}
            for name, value in (
                ("$XDSDocumentEntryPatientId", f"'{lot.submission.set.patient_id}'"),
                ("$XDSDocumentEntryStatus", f"('{APPROVED}')"),
            )
        ],
    }
    option = {"returnType": "LeafClass", "returnComposedObjects": True}
    answer = registry.call("RegistryStoredQuery", AIR, ResponseOption=option, AdhocQuery=query)
    entries = list(answer.RegistryObjectList._value_1)
    mine = next(one for one in entries if unique_id in {getattr(held, "value", "") for held in one._value_1})
    assert len(entries) == len(dmp.query(said=AIR).documents)
    assert mine.status == APPROVED

    place = next(slot.ValueList._value_1[0]["Value"] for slot in mine.Slot if slot.name == "repositoryUniqueId")
    wanted = {"RepositoryUniqueId": place, "DocumentUniqueId": unique_id}
    answer = repository.call("RetrieveDocumentSet", AIR, DocumentRequest=[wanted])
    # requests-toolbelt, which zeep reads packages with, drops the white space that ends a part
    assert [one.Document.rstrip() for one in answer.DocumentResponse] == [data.rstrip()]

    asked = parse(write_update(status_change(dmp.managing_set(), mine.id, APPROVED, DELETED)).encode())
    listed = registry.objects(next(asked.iter(rim("RegistryObjectList"))))
    answer = registry.call("UpdateDocumentSet", INDIRECT, RegistryObjectList=listed)
    assert answer.status.endswith(":Success"), answer
    assert dmp.query(GET_DOCUMENTS, REFERENCE, UniqueId=(unique_id,)).ids == []
    assert registry.wire.rules == []
