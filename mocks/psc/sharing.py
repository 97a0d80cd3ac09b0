"""Context sharing between two softwares of one professional (provisional: a proof of concept of 2022)."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import Any

from mocks.grants import Grants, Recent
from mocks.http import Answer, Call
from mocks.psc.wire import NO_STORE
from norms.finding import Finding, find
from norms.oidc import jws

SCHEMA_ID = "urn:jsonschema:fr:ans:psc:patient-info"
LIFE = 15 * 60  # seconds
SCHEMA: dict[str, Any] = {
    "$id": SCHEMA_ID,
    "type": "object",
    "required": ["ps", "patient"],
    "properties": {
        "ps": {"type": "object", "required": ["nationalId"], "properties": {"nationalId": {"type": "string"}}},
        "patient": {
            "type": "object",
            "required": ["patientINS"],
            "properties": {name: {"type": "string"} for name in ("patientINS", "patientFirstName", "patientLastName")},
        },
    },
}


@dataclass(frozen=True, slots=True)
class Shared:
    """What a professional shares, and until when."""

    value: dict[str, Any]
    until: float


def _kept(call: Call) -> Recent[Shared]:
    return call.session.state("psc.shared", lambda: Recent[Shared](1_000))


async def share(call: Call) -> Answer:
    """``PUT /share`` keeps ``{schemaId, bag}`` for the professional of the token; ``GET /share`` gives it back."""
    call.exchange.operation = "share"
    who, refusal = _professional(call)
    if not who:
        return refusal
    now = call.session.clock.now()
    if call.method == "GET":
        found = _kept(call).get(who)
        if found is None or found.until < now:
            return _said(call, 404, "nothing is shared")
        call.exchange.outcome = "given"
        return _json(found.value, 200)
    try:
        given = json.loads(call.body)
    except ValueError as error:
        given = str(error)
    if problem := _problem(given):
        return _said(call, 400, problem, find("OIDC-SHARE-01", expected=SCHEMA_ID, found=problem))
    _kept(call)[who] = Shared(given, now + LIFE)
    call.exchange.outcome = "shared"
    return _json(given, 200)


async def schemas(call: Call) -> Answer:
    """``GET /discovery``: the schemas; ``GET /discovery/<id>``: one of them."""
    call.exchange.operation = "share-discovery"
    wanted = call.path.removeprefix("/discovery").strip("/")
    if wanted in ("", SCHEMA_ID):
        return _json(SCHEMA if wanted else [SCHEMA], 200)
    return _said(call, 404, "no such schema")


def _problem(given: Any) -> str:
    """What is wrong with a context; empty when nothing is."""
    from jsonschema import Draft202012Validator

    if not isinstance(given, dict):
        return f"not a JSON object: {given}"
    if given.get("schemaId") != SCHEMA_ID:
        return f"schemaId {given.get('schemaId')!r}"
    error = next(Draft202012Validator(SCHEMA).iter_errors(given.get("bag")), None)
    return f"bag{error.json_path.removeprefix('$')}: {error.message}" if error else ""


def _professional(call: Call) -> tuple[str, Answer]:
    """The SubjectNameID behind the token: 403 without a token, 401 when PSC refuses it."""
    scheme, _, value = call.header("authorization").partition(" ")
    if scheme.lower() != "bearer" or not value.strip():
        return "", _said(call, 403, "no bearer token", find("OIDC-BEARER-01"))
    value = value.strip()
    with contextlib.suppress(jws.BadToken):
        call.rebind(client_id=str(jws.read(value).claims.get("azp", "")))
    token, reason = call.session.state("grants", Grants).bearer(value, call.session.clock.now())
    if token is None:
        return "", _said(call, 401, reason, find("OIDC-BEARER-02", found=reason))
    login = token.grant.login
    call.exchange.thread = token.grant.id
    call.exchange.facts |= {"national_id": login.national_id, "client_id": token.grant.client}
    return login.national_id, Answer()


def _said(call: Call, status: int, message: str, *findings: Finding) -> Answer:
    call.note(*findings)
    call.exchange.outcome = str(status)
    return _json({"message": message}, status)


def _json(value: object, status: int) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), "application/json", list(NO_STORE))
