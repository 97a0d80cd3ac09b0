"""The DMP client: one method per transaction, one call on the wire each, a new VIHF for each call, nothing retried."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from lxml import etree

from harness.drive.reference.config import NAME, Dmp, Professional
from harness.drive.reference.defects import Defects
from harness.drive.reference.dmp_vihf import Seal, vihf
from harness.drive.reference.messages import Element
from norms.hl7v3 import names as v3
from norms.soap import envelope, read
from norms.soap.envelope import BadEnvelope
from norms.soap.fault import is_fault, read_fault
from norms.soap.mtom import BadPackage, Part, is_related, join, split
from norms.soap.names import WSA, WSSE
from norms.vihf.names import AIR, INDIRECT
from norms.xds import names as xds
from norms.xds.answers import read_response
from norms.xds.model import DocumentEntry, Submission
from norms.xds.provide import write_provide
from norms.xds.query import FIND_DOCUMENTS, GET_ASSOCIATIONS, GET_DOCUMENTS, LEAF, REFERENCE, Query, write_query
from norms.xds.read import read_objects
from norms.xds.retrieve import Asked, read_retrieved, write_retrieve
from norms.xds.update import write_update

OID = "1.2.250.1.213.99.9.3"  # the reference software's own
_PLAIN = "application/soap+xml; charset=utf-8"


@dataclass(slots=True)
class Answer:
    """What the DMP answered. ``code`` is empty when it accepted; ``outage`` when nothing usable came back."""

    code: str = ""
    text: str = ""
    outage: bool = False
    body: Element | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)


class DmpClient:
    """Calls the DMP with the structure's certificates. Raises ValueError at start when one cannot be used."""

    def __init__(self, settings: Dmp, defects: Defects, token: Callable[[], str] = str) -> None:
        """``token``: the user's Pro Santé Connect token, empty when the session was opened otherwise."""
        self.settings, self.defects, self._token = settings, defects, token
        self.forget()
        self.seal = Seal(settings.sign_cert, settings.sign_key)
        context = ssl.create_default_context(cafile=str(settings.ca) if settings.ca else None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(settings.cert, settings.key)
        self._http = httpx.Client(verify=context, timeout=settings.timeout_s, trust_env=False)

    def forget(self) -> None:
        """As at start (defects keep what they should not)."""
        self._first_user: Professional | None = None
        self._first_token = ""

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def status(self, user: Professional, patient: str, ins: str, oid: str) -> Answer:
        """TD0.2."""
        stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
        body = (
            f'<PRPA_IN201307UV02 xmlns="{v3.V3}" ITSVersion="XML_1.0"><id root="{OID}.1.1" extension="{uuid.uuid4()}"/>'
            f'<creationTime value="{stamp}"/><interactionId root="{v3.INTERACTIONS}" extension="PRPA_IN201307UV02"/>'
            '<processingCode code="P"/><processingModeCode code="T"/><acceptAckCode code="AL"/>'
            '<receiver typeCode="RCV"><device classCode="DEV" determinerCode="INSTANCE">'
            f'<id root="{v3.DMP_DEVICE}"/><softwareName>DMP</softwareName></device></receiver>'
            f'<sender typeCode="SND"><device classCode="DEV" determinerCode="INSTANCE"><id root="{OID}"/>'
            f"<softwareName>{NAME}</softwareName></device></sender>"
            '<controlActProcess classCode="CACT" moodCode="EVN">'
            f'<reasonCode code="{v3.TEST_EXISTENCE}" codeSystem="{v3.REASONS}"/>'
            f'<queryByParameter><queryId root="{OID}.2" extension="{uuid.uuid4()}"/><statusCode code="new"/>'
            f'<parameterList><patientIdentifier><value root="{oid}" extension="{ins}"/>'
            "<semanticsText>Patient.id</semanticsText></patientIdentifier></parameterList></queryByParameter>"
            "</controlActProcess></PRPA_IN201307UV02>"
        )
        return self._call("patients", v3.ACTIONS[v3.GET][0], body, user, AIR, patient)

    def declare(self, user: Professional, patient: str) -> Answer:
        """TD0.3."""
        body = f'<setAuthorization xmlns="{v3.RIGHTS}"><action>AJOUT</action></setAuthorization>'
        answer = self._call("habilitations", v3.ACTIONS[v3.SET_RIGHT][0], body, user, AIR, patient)
        if answer.body is not None:
            said = next((e.text or "" for e in answer.body.iter(f"{{{v3.RIGHTS}}}status")), "")
            answer.code = answer.code or ("" if said == v3.OK else said)
        return answer

    def feed(
        self, user: Professional, patient: str, submission: Submission, documents: Mapping[str, bytes], *, secret: bool
    ) -> Answer:
        """TD2.1, in a package; ``secret``: by a secret connection (a minor's guardians must not know)."""
        parts = [Part(f"{id}@segur-reference", "text/xml", data) for id, data in documents.items()]
        body = write_provide(submission, dict(zip(documents, parts, strict=True)))
        mode = AIR if self.defects.on("feeds-by-air") else INDIRECT
        return self._registry("repository", "ITI-41", body, user, mode, patient, parts, secret=secret)

    def find_own(self, user: Professional, patient: str, unique_id: str) -> str:
        """TD3.1b: the entryUUID of one of our documents; empty when there is none."""
        query = Query(GET_DOCUMENTS, {"$XDSDocumentEntryUniqueId": ((unique_id,),)}, REFERENCE)
        answer = self._registry("registry", "ITI-18", write_query(query), user, INDIRECT, patient)
        found = answer.body.find(f".//{xds.rim('ObjectRef')}") if answer.body is not None else None
        return found.get("id", "") if found is not None else ""

    def search(
        self, user: Professional, patient: str, criteria: Mapping[str, Sequence[str]], unique_id: str = ""
    ) -> tuple[Answer, list[DocumentEntry]]:
        """TD3.1: the documents that answer ``criteria`` (name of a parameter → values), or the one of a uniqueId."""
        if unique_id:
            query = Query(GET_DOCUMENTS, {"$XDSDocumentEntryUniqueId": ((unique_id,),)}, LEAF)
        else:
            untyped = self.defects.on("patient-id-without-type")
            groups: dict[str, tuple[tuple[str, ...], ...]] = {
                "$XDSDocumentEntryPatientId": ((patient.removesuffix("^NH") if untyped else patient,),),
                "$XDSDocumentEntryStatus": ((xds.APPROVED,),),
            }
            groups |= {f"$XDSDocumentEntry{name}": (tuple(values),) for name, values in criteria.items() if values}
            query = Query(FIND_DOCUMENTS, groups, LEAF)
        answer = self._registry("registry", "ITI-18", write_query(query), user, AIR, patient)
        held = answer.body.find(xds.rim("RegistryObjectList")) if answer.body is not None else None
        return answer, read_objects(held)[1] if held is not None else []

    def replacing(self, user: Professional, patient: str, entry: str) -> tuple[Answer, list[str]]:
        """TD3.1 (GetAssociations): the entryUUIDs of what replaced an entry."""
        query = Query(GET_ASSOCIATIONS, {"$uuid": ((entry,),)}, LEAF)
        answer = self._registry("registry", "ITI-18", write_query(query), user, AIR, patient)
        held = answer.body.find(xds.rim("RegistryObjectList")) if answer.body is not None else None
        links = read_objects(held)[2] if held is not None else []
        return answer, [link.source for link in links if link.type == xds.RPLC and link.target == entry]

    def retrieve(
        self, user: Professional, patient: str, wanted: Iterable[tuple[str, str]]
    ) -> tuple[Answer, dict[str, bytes]]:
        """TD3.2 of (repository, uniqueId) pairs."""
        body = write_retrieve(Asked(repository, unique_id) for repository, unique_id in wanted)
        answer = self._registry("repository", "ITI-43", body, user, AIR, patient)
        held = read_retrieved(answer.body, answer.parts) if answer.body is not None and not answer.code else []
        return answer, {one.unique_id: bytes(one.part.data) for one in held}

    def update(self, user: Professional, patient: str, submission: Submission, mode: str) -> Answer:
        """TD3.3."""
        return self._registry("registry", "ITI-57", write_update(submission), user, mode, patient)

    def _registry(
        self,
        word: str,
        transaction: str,
        body: str,
        user: Professional,
        mode: str,
        patient: str,
        parts: list[Part] | None = None,
        *,
        secret: bool = False,
    ) -> Answer:
        answer = self._call(word, xds.ACTIONS[transaction][0], body, user, mode, patient, parts, secret=secret)
        if answer.body is not None and not answer.code:
            status, errors = read_response(answer.body)
            if status != xds.SUCCESS:
                answer.code = next((error.code for error in errors if not error.warning), "unreadable")
                answer.text = next((error.context for error in errors if not error.warning), "")
        return answer

    def _call(
        self,
        word: str,
        action: str,
        body: str,
        user: Professional,
        mode: str,
        patient: str,
        parts: list[Part] | None = None,
        *,
        secret: bool = False,
    ) -> Answer:
        self._first_user = self._first_user or user
        if self.defects.on("first-user-in-vihf"):
            user = self._first_user
        signed = vihf(self.seal, user, mode, patient, self.defects, secret=secret)
        held = etree.tostring(signed, encoding="unicode")
        header = (
            f'<a:Action xmlns:a="{WSA}">{action}</a:Action>'
            f'<a:MessageID xmlns:a="{WSA}">urn:uuid:{uuid.uuid4()}</a:MessageID>'
            f'<w:Security xmlns:w="{WSSE}">{held}</w:Security>'
        )
        content, kind = envelope(body, header), f'{_PLAIN}; action="{action}"'
        if parts is not None:
            kind, content = join(content, parts, action)
        base = self.settings.url.replace("/v2/", "/v1/") if self.defects.on("calls-v1") else self.settings.url
        headers = {"Content-Type": kind, **self._bearer()}
        try:
            response = self._http.post(f"{base}/{word}", content=content, headers=headers)
        except httpx.HTTPError as failure:
            return Answer("connection", str(failure), outage=True)
        return _read(response)

    def _bearer(self) -> dict[str, str]:
        """The user's token goes with the call (PSC.10)."""
        token = self._token()
        self._first_token = self._first_token or token
        if self.defects.on("first-token-to-dmp"):
            token = self._first_token
        return {"Authorization": f"Bearer {token}"} if token and not self.defects.on("no-token-to-dmp") else {}


def _read(response: httpx.Response) -> Answer:
    kind = response.headers.get("content-type", "")
    try:
        package = split(kind, response.content) if is_related(kind) else None
        inside = read(package.root.data if package else response.content).body
    except (BadEnvelope, BadPackage):
        return Answer(f"http_{response.status_code}", outage=True)
    if is_fault(inside):
        fault = read_fault(inside)
        return Answer(fault.subcode or fault.code, fault.reason)
    return Answer(body=inside, parts=package.parts if package else {})
