"""The public addresses of IGC-Santé, answered here: authorities, revocation lists, OCSP.

The paths are those of the real service (``/AC TEST/…``, ``/CRL/…``), so that a software that keeps the real host names
through the name proxy finds them too; OCSP is at ``/ocsp`` and, as on the real host, at the root.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from mocks.http import Answer, Call, Handler, Service
from mocks.hub import Hub
from mocks.igc import make, wire
from mocks.igc.forge import Issuer, Revoked, days, revocation_list
from mocks.igc.pki import Pki
from mocks.igc.profiles import authorities
from mocks.igc.state import moment, serial_hex
from norms.finding import find

CHAIN = "/Chaine_de_certification-IGC-Sante-TEST.p7b"
POLICY = "Certificats de test : aucune politique ne s'applique.\nTest certificates: no policy applies.\n"


class Routes(dict[tuple[str, str], Handler]):
    """Fixed paths, and the OCSP requests that a GET carries in its path."""

    def __init__(self, fixed: dict[tuple[str, str], Handler], in_path: Handler) -> None:
        super().__init__(fixed)
        self.in_path = in_path

    def get(self, key: tuple[str, str], default: Any = None) -> Any:
        """The handler of that method and path."""
        method, path = key
        base64_der = path.startswith(("/ocsp/", "/M"))  # a DER sequence in base64 begins with M
        return super().get(key) or (self.in_path if method == "GET" and base64_der else default)


def service(hub: Hub) -> Service:
    """The igc service of a bench."""
    authority = _Authority(hub)
    return Service("igc", hub, Routes(dict(authority.routes()), authority.ocsp_get))


class _Authority:
    """The handlers, over one PKI folder; the authorities' keys are read at the first OCSP request."""

    def __init__(self, hub: Hub) -> None:
        self.hub, self.pki = hub, Pki(hub.pki)
        self._signers: dict[str, Issuer] = {}

    def routes(self) -> Iterator[tuple[tuple[str, str], Handler]]:
        for plan in authorities().values():
            yield ("GET", f"/AC TEST/{plan.file}.cer"), self._file(f"authorities/{plan.file}.cer", "pkix-cert")
            yield ("GET", f"/CRL/{plan.file}.crl"), self._crl(plan.id)
        yield ("GET", "/ca.pem"), self._file("ca.pem", "x-pem-file")
        yield ("GET", "/truststore.p12"), self._file("truststore.p12", "x-pkcs12")
        yield ("GET", CHAIN), self._file("ca.p7b", "x-pkcs7-certificates")
        yield ("GET", "/PC TEST"), self._policy
        yield ("POST", "/ocsp"), self.ocsp_post
        yield ("POST", "/"), self.ocsp_post

    @property
    def signers(self) -> dict[str, Issuer]:
        if not self._signers:
            self._signers = make.signers(self.pki.folder)
        return self._signers

    def _file(self, name: str, kind: str) -> Handler:
        path = self.pki.folder / name

        async def handler(call: Call) -> Answer:
            call.exchange.operation = "CA"
            return Answer(200, path.read_bytes(), f"application/{kind}")

        return handler

    def _crl(self, id: str) -> Handler:
        plan = authorities()[id]
        path = self.pki.folder / "crl" / f"{plan.file}.crl"

        async def handler(call: Call) -> Answer:
            call.exchange.operation, call.exchange.facts["authority"] = "CRL", id
            mode = call.exchange.outcome = self._served(call)
            if mode == "missing":
                return Answer(404)
            body = path.read_bytes() if mode == "current" else self._stale(id)
            return Answer(200, body, "application/pkix-crl")

        return handler

    def _served(self, call: Call) -> str:
        """How the lists are served. Who asks for one gives no name: what a session makes of them, everyone sees."""
        sessions = self.hub.sessions
        if call.session is sessions.default:
            asked = (str(one.switches.peek("igc.crl")) for one in sessions if one is not sessions.default)
            if mode := next((mode for mode in asked if mode != "current"), ""):
                return mode
        return str(call.switch("crl"))

    def _stale(self, id: str) -> bytes:
        state, now = self.pki.state(), make.clock()
        rows = [
            Revoked(int(serial, 16), moment(row["at"]), row["reason"])
            for serial, row in state.revoked.items()
            if state.issued.get(serial) == id
        ]
        late = revocation_list(self.signers[id], rows, state.crl_number, now - days(30), now - days(1))
        return late.public_bytes(Encoding.DER)

    async def _policy(self, call: Call) -> Answer:
        call.exchange.operation = "policy"
        return Answer(200, POLICY.encode())

    async def ocsp_post(self, call: Call) -> Answer:
        """OCSP over POST: the request is the body."""
        return self._ocsp(call, call.body)

    async def ocsp_get(self, call: Call) -> Answer:
        """OCSP over GET: the request is the path, in base64."""
        try:
            return self._ocsp(call, wire.from_path(call.path.removeprefix("/ocsp")))
        except wire.BadRequest as error:
            return self._malformed(call, error)

    def _ocsp(self, call: Call, data: bytes) -> Answer:
        call.exchange.operation = "OCSP"
        try:
            question = wire.read_request(data, [issuer for issuer in self.signers.values() if issuer.plan.trusted])
        except wire.BadRequest as error:
            return self._malformed(call, error)
        serial = serial_hex(question.serial)
        call.exchange.facts |= {"serial": serial, "authority": question.issuer.plan.id if question.issuer else ""}
        mode = str(call.switch("ocsp"))
        if mode == "try-later":
            call.exchange.outcome = mode
            return _answered(wire.refusal(ocsp.OCSPResponseStatus.TRY_LATER))
        state = self.pki.state()
        if question.issuer is None:
            call.exchange.outcome = "unauthorized"
            call.note(find("TLS-OCSP-02", found=serial))
            return _answered(wire.refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED))
        if mode != "state":
            status = wire.Status(mode)
        elif serial in state.revoked:
            status = wire.Status.REVOKED
        else:
            held = state.issued.get(serial) == question.issuer.plan.id or serial in self._authority_serials()
            status = wire.Status.GOOD if held else wire.Status.UNKNOWN
        call.exchange.outcome = status.value
        row = state.revoked.get(serial, {})
        known = {"at": moment(row["at"]), "reason": row["reason"]} if row else {}
        now = datetime.fromtimestamp(call.session.clock.now(), UTC).replace(microsecond=0)
        return _answered(wire.answer(question, status, known, now, now + days(1)))

    def _authority_serials(self) -> set[str]:
        return {serial_hex(issuer.certificate.serial_number) for issuer in self.signers.values()}

    @staticmethod
    def _malformed(call: Call, error: Exception) -> Answer:
        call.exchange.operation, call.exchange.outcome = "OCSP", "malformed"
        call.note(find("TLS-OCSP-01", found=error))
        return _answered(wire.refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST))


def _answered(body: bytes) -> Answer:
    return Answer(200, body, wire.RESPONSE)
