"""The discovery document of the PSC realm, with the members that mislead clients kept as they are."""

from __future__ import annotations

from typing import Any

REALM = "/auth/realms/esante-wallet"
PROTOCOL = f"{REALM}/protocol/openid-connect"
DISCOVERY = f"{REALM}/.well-known/wallet-openid-configuration"
STANDARD = f"{REALM}/.well-known/openid-configuration"
CIBA_GRANT = "urn:openid:params:grant-type:ciba"
EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
LEGACY_HOSTS = {  # old sandbox names still met in configurations
    "auth.bas.psc.esante.gouv.fr": "auth.bas.esw.esante.gouv.fr",
    "wallet.bas.psc.esante.gouv.fr": "wallet.bas.esw.esante.gouv.fr",
}


def document(issuer_base: str, wallet_base: str) -> dict[str, Any]:
    """The document for these two base addresses (scheme, host, port)."""
    protocol = issuer_base + PROTOCOL
    endpoints = {
        "token_endpoint": f"{protocol}/token",
        "introspection_endpoint": f"{protocol}/token/introspect",
        "revocation_endpoint": f"{protocol}/revoke",
        "backchannel_authentication_endpoint": f"{protocol}/ext/ciba/auth",
    }
    return {
        "issuer": issuer_base + REALM,
        "authorization_endpoint": f"{wallet_base}/auth",
        **endpoints,
        "userinfo_endpoint": f"{protocol}/userinfo",
        "end_session_endpoint": f"{protocol}/logout",
        "jwks_uri": f"{protocol}/certs",
        "frontchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "grant_types_supported": ["authorization_code", "refresh_token", CIBA_GRANT],
        "acr_values_supported": ["0", "0"],  # as served: useless to validate against
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "userinfo_signing_alg_values_supported": ["RS256", "none"],
        "token_endpoint_auth_methods_supported": [
            "private_key_jwt",  # announced first, as by PSC, and refused, as by PSC
            "client_secret_basic",
            "client_secret_post",
            "tls_client_auth",
        ],
        "introspection_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "tls_client_auth",
        ],
        "scopes_supported": ["openid", "scope_all", "identity", "profile", "offline_access"],
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
        "code_challenge_methods_supported": ["S256"],
        "tls_client_certificate_bound_access_tokens": True,
        "backchannel_token_delivery_modes_supported": ["poll"],
        "authorization_response_iss_parameter_supported": True,
        "mtls_endpoint_aliases": endpoints,
    }
