"""PSC over its real listeners: mutual TLS with the test PKI, the name proxy, the certificate's names."""

from __future__ import annotations

import ssl

import httpx
import pytest

from mocks.addresses import address
from norms.oidc import binding, discovery
from norms.oidc.discovery import EXCHANGE_GRANT
from tests.harness.psc.conftest import Space
from tests.harness.psc.test_third_party import BACK, browser


def login(space: Space, http: httpx.Client, **how: object) -> httpx.Response:
    """A login by the code flow, the client authenticated as told."""
    metadata = http.get(space.discovery).json()
    query = {
        "client_id": "segur-demo",
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "openid scope_all",
        "acr_values": "eidas1",
        "state": f"state-of-this-{id(how)}",
        "nonce": f"nonce-of-this-{id(how)}",
    }
    url = httpx.URL(metadata["authorization_endpoint"], params=query)
    code = httpx.URL(browser(space.http(), str(url), "dr-romarin")).params["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "client_id": "segur-demo"}
    return http.post(metadata["token_endpoint"], data=form, **how)  # type: ignore[arg-type]


def test_a_client_is_known_by_its_certificate(space: Space) -> None:
    with space.http("org-auth-cli") as http:
        tokens = login(space, http)
        assert tokens.status_code == 200
    with space.http("insi-auto") as http:
        refused = login(space, http)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client")
    with space.http() as http:
        assert login(space, http).json()["error"] == "invalid_client"


def test_an_api_token_is_bound_to_the_certificate_of_the_handshake(space: Space) -> None:
    with space.http("org-auth-cli") as http:
        access = login(space, http).json()["access_token"]
        sha256 = space.credentials["org-auth-cli"]["sha256"]
        form = {
            "grant_type": EXCHANGE_GRANT,
            "client_id": "segur-demo",
            "subject_token": access,
            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "scope": "echo",
            "cnf": binding.ans(sha256),
        }
        api = space.endpoints["psc_api"]
        token = http.post(f"{api}/realms/signsessiondata/protocol/openid-connect/token", data=form).json()
        headers = {"authorization": f"Bearer {token['access_token']}"}
        assert http.get(f"{api}/api/echo", headers=headers).json()["SubjectNameID"] == "899700900014"
    with space.http("insi-auto") as http:
        assert http.get(f"{api}/api/echo", headers=headers).status_code == 401


@pytest.mark.parametrize("host", [*address("psc").hosts, *address("psc_auth").hosts, *address("psc_api").hosts])
def test_the_real_names_lead_here(space: Space, host: str) -> None:
    proxy = space.endpoints["proxy"]
    context = ssl.create_default_context(cafile=space.ca)
    with httpx.Client(proxy=proxy, verify=context, trust_env=False) as http:
        assert http.get(f"https://{host}/nowhere").status_code == 404
        if host in address("psc").hosts:
            document = http.get(f"https://{host}{discovery.DISCOVERY}").json()
            assert document["issuer"] == f"https://{host}{discovery.REALM}"
            assert document["authorization_endpoint"] == f"https://{host.replace('auth.', 'wallet.', 1)}/auth"
