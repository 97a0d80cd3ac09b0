"""Software that we did not write logs in, unmodified: Authlib (Python) and openid-client (npm)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.harness.psc.conftest import Space

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from authlib.common.security import generate_token
    from authlib.integrations.requests_client import OAuth2Session
    from authlib.oidc.core import CodeIDToken

BACK, OUT = "http://localhost:8080/callback", "http://localhost:8080/"
NODE = Path(__file__).parents[2] / "node"
REFUSED_BY_OPENID_CLIENT = [
    "wrong_nonce",
    "missing_nonce",
    "wrong_aud",
    "missing_aud",
    "wrong_iss",
    "unknown_kid",
    "alg_none",
    "hs256",
    "other_key",
    "missing_sub",
    "missing_iat",
    "expired",
    "future",
]

needs_node = pytest.mark.skipif(
    not (shutil.which("node") and (NODE / "node_modules" / "openid-client").is_dir()),
    reason="node and openid-client are not installed: npm install --no-package-lock --prefix tests/node",
)


def browser(http: httpx.Client, url: str, professional: str) -> str:
    """What a professional does: choose an identity, follow the redirect."""
    page = http.get(url)
    request = re.search(r'name="request" value="([^"]+)"', page.text)
    assert request
    form = {"request": request[1], "client_id": "segur-demo", "professional": professional}
    return http.post(str(page.url.join("/auth/login")), data=form).headers["location"]


def test_authlib_logs_in_refreshes_and_logs_out(space: Space) -> None:
    http = space.http()
    metadata = http.get(space.discovery).json()
    session = OAuth2Session(
        "segur-demo", "segur-demo-secret", scope="openid scope_all", redirect_uri=BACK, code_challenge_method="S256"
    )
    session.verify, session.trust_env = space.ca, False
    verifier, nonce = generate_token(48), generate_token(24)
    url, state = session.create_authorization_url(
        metadata["authorization_endpoint"], acr_values="eidas1", nonce=nonce, code_verifier=verifier
    )
    back = browser(http, url, "double-serpolet")
    session.metadata["token_endpoint"] = metadata["token_endpoint"]
    token = session.fetch_token(
        metadata["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
    )
    keys = KeySet.import_key_set(http.get(metadata["jwks_uri"]).json())
    read = jwt.decode(token["id_token"], keys, algorithms=["RS256"])
    claims = CodeIDToken(
        read.claims,
        read.header,
        {"iss": {"value": metadata["issuer"]}, "aud": {"value": "segur-demo"}},
        {"nonce": nonce, "client_id": "segur-demo", "access_token": token["access_token"]},
    )
    claims.validate()
    user = session.get(metadata["userinfo_endpoint"]).json()
    assert user["sub"] == claims["sub"]
    assert [row["codeProfession"] for row in user["SubjectRefPro"]["exercices"]] == ["50", "60"]
    again = session.refresh_token(metadata["token_endpoint"])
    assert again["access_token"] != token["access_token"]
    told = session.introspect_token(metadata["introspection_endpoint"], token=again["access_token"])
    assert told.json()["SubjectNameID"] == "899700900154"
    query = {"id_token_hint": again["id_token"], "post_logout_redirect_uri": OUT, "state": "bye"}
    assert http.get(metadata["end_session_endpoint"], params=query).headers["location"] == f"{OUT}?state=bye"
    assert session.get(metadata["userinfo_endpoint"]).status_code == 401
    assert space.operations() == [
        ("discovery", ""),
        ("authorization", "login-page"),
        ("login", "code"),
        ("token:authorization_code", "tokens"),
        ("jwks", ""),
        ("userinfo", "claims"),
        ("token:refresh_token", "tokens"),
        ("introspection", "active"),
        ("logout", "logged-out"),
        ("userinfo", "invalid_token"),
    ]
    assert parse_qs(urlsplit(back).query)["iss"] == [metadata["issuer"]]
    assert metadata["issuer"].startswith(space.endpoints["psc"])


def openid_client(space: Space, times: int = 1) -> list[dict[str, Any]]:
    """The npm client, as its users run it: what each login gave."""
    command = ["node", str(NODE / "login.mjs"), space.discovery, "dr-verveine", str(times)]
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": space.ca}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@needs_node
def test_openid_client_logs_in_refreshes_and_logs_out(space: Space) -> None:
    assert openid_client(space) == [
        {
            "issuer": f"{space.endpoints['psc']}/auth/realms/esante-wallet",
            "acr": "eidas1",
            "SubjectNameID": "899700900022",
            "practices": 1,
            "refreshed": True,
            "active": True,
            "logout": f"{OUT}?state=bye",
            "after": False,
        }
    ]


@needs_node
def test_openid_client_refuses_what_is_forged(space: Space) -> None:
    forged = [("id_token", fault) for fault in REFUSED_BY_OPENID_CLIENT]
    for switch, fault in forged:
        space.client.arm(space.id, f"psc.{switch}", fault)
    answers = openid_client(space, len(forged))
    assert not [fault for (_, fault), answer in zip(forged, answers, strict=True) if "refused" not in answer]
    space.client.arm(space.id, "psc.authorization", "other_state")
    assert "state" in openid_client(space)[0]["refused"]
    space.client.arm(space.id, "psc.userinfo", "other_sub")
    assert "sub" in openid_client(space)[0]["refused"]


@needs_node
def test_openid_client_lives_with_the_quirks(space: Space) -> None:
    for acr in ("eidas2", "eidas3", "absent"):
        space.client.arm(space.id, "psc.acr", acr)
    space.client.arm(space.id, "psc.userinfo", "no_pro_data")
    told = openid_client(space, 3)
    assert [row.get("acr") for row in told] == ["eidas2", "eidas3", "absent"]
    assert [row.get("practices") for row in told] == [0, 1, 1]
    space.client.arm(space.id, "psc.auto_login", "dr-romarin")  # as the page's first client leaves it
    assert openid_client(space)[0]["SubjectNameID"] == "899700900014"
