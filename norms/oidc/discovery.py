"""The discovery document of the PSC realm, with the members that mislead clients kept as they are.

The lists are those that the sandbox announced at the end of 2024, wider than what it grants. Left out, so that no
client meets an endpoint that nobody serves here: the device flow, the session iframe, request objects, ping delivery.
"""

from __future__ import annotations

from typing import Any

REALM = "/auth/realms/esante-wallet"
PROTOCOL = f"{REALM}/protocol/openid-connect"
DISCOVERY = f"{REALM}/.well-known/wallet-openid-configuration"
STANDARD = f"{REALM}/.well-known/openid-configuration"
CIBA_GRANT = "urn:openid:params:grant-type:ciba"
EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"

TOKEN, USERINFO = f"{PROTOCOL}/token", f"{PROTOCOL}/userinfo"
INTROSPECTION, REVOCATION = f"{PROTOCOL}/token/introspect", f"{PROTOCOL}/revoke"
JWKS, LOGOUT = f"{PROTOCOL}/certs", f"{PROTOCOL}/logout"
CIBA, PUSHED = f"{PROTOCOL}/ext/ciba/auth", f"{PROTOCOL}/ext/par/request"

_ALGORITHMS = [f"{family}{size}" for family in ("PS", "RS", "ES", "HS") for size in (384, 256, 512)] + ["EdDSA"]
_CLIENT_AUTH = ["private_key_jwt", "client_secret_basic", "client_secret_post", "tls_client_auth", "client_secret_jwt"]
_HYBRIDS = ["id_token token", "code id_token", "code token", "code id_token token"]


def document(issuer_base: str, wallet_base: str) -> dict[str, Any]:
    """The document for these two base addresses (scheme, host, port)."""
    back_channel = {
        "token_endpoint": issuer_base + TOKEN,
        "introspection_endpoint": issuer_base + INTROSPECTION,
        "revocation_endpoint": issuer_base + REVOCATION,
        "userinfo_endpoint": issuer_base + USERINFO,
        "backchannel_authentication_endpoint": issuer_base + CIBA,
        "pushed_authorization_request_endpoint": issuer_base + PUSHED,
    }
    return {
        "issuer": issuer_base + REALM,
        "authorization_endpoint": f"{wallet_base}/auth",
        **back_channel,
        "end_session_endpoint": issuer_base + LOGOUT,
        "jwks_uri": issuer_base + JWKS,
        "frontchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "grant_types_supported": [
            "authorization_code",
            "implicit",
            "refresh_token",
            "password",
            "client_credentials",
            CIBA_GRANT,
        ],
        "acr_values_supported": ["0", "0"],  # as served: useless to validate against
        "response_types_supported": ["code", "none", "id_token", "token", *_HYBRIDS],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": _ALGORITHMS,
        "userinfo_signing_alg_values_supported": [*_ALGORITHMS, "none"],
        "token_endpoint_auth_methods_supported": _CLIENT_AUTH,
        "introspection_endpoint_auth_methods_supported": _CLIENT_AUTH,
        "revocation_endpoint_auth_methods_supported": _CLIENT_AUTH,
        "scopes_supported": [
            "openid",
            "microprofile-jwt",
            "rpps",
            "referentiel",
            "web-origins",
            "basic",
            "identity",
            "acr",
            "offline_access",
            "eidas1",
            "eidas2",
            "profile",
            "roles",
            "email",
            "phone",
            "address",
            "scope_all",
            "scope_1",
            "scope_2",
            "interop",
        ],
        "claims_supported": [
            "aud",
            "sub",
            "iss",
            "auth_time",
            "name",
            "given_name",
            "family_name",
            "preferred_username",
            "email",
            "acr",
        ],
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "require_request_uri_registration": True,
        "require_pushed_authorization_requests": False,
        "code_challenge_methods_supported": ["plain", "S256"],
        "tls_client_certificate_bound_access_tokens": True,
        "backchannel_token_delivery_modes_supported": ["poll"],
        "authorization_response_iss_parameter_supported": True,
        "mtls_endpoint_aliases": back_channel,  # the same addresses
    }
