"""What each service calls the exchanges it keeps, so that a scenario that waits for a misspelt one is told."""

from __future__ import annotations

_KEPT = {  # names, space-separated; the resources, verbs and grants that vary are added below
    "annuaire": "extraction gateway metadata page",
    "autoconfig": "autoconfig srv",
    "dmp": """TD0.0 TD0.2 TD0.3 TD0.4 TD0.5 TD0.9 TD0.10 TD1.1 TD1.2 TD1.3a TD1.3b TD1.4 TD1.6 TD2.1 TD2.2
        TD3.1 TD3.1b TD3.2 TD3.3a TD3.3b TD3.3c TD3.3d ITI-18 ITI-41 ITI-43 ITI-57 page
        registry repository habilitations patientCertif patients patientsPDQ patientsSpecific""",
    "igc": "CA CRL OCSP policy",
    "insi": "WS_INS1 WS_INS2 WS_INS3 wsdl",
    "mssante": """submit noted refused incoming put bounce dsn patient-message patient-reply patient-receipt
        patient-forward patient-automatic append authenticate capability check close copy create delete examine expunge
        fetch getquota getquotaroot id idle list login logout lsub move namespace noop rename search select starttls
        status store subscribe unselect unsubscribe unknown""",
    "psc": """authorization backchannel-logout ciba discovery introspection jwks login login-page logout page phone
        proxy-connect proxy-disconnect proxy-send proxy-traces pushed-authorization revocation share share-discovery
        token token-exchange userinfo api-echo api-sign api-introspection""",
}
_RESOURCES = ("Practitioner", "PractitionerRole", "Organization", "HealthcareService", "Device")
_BY_UID = ("copy", "expunge", "fetch", "move", "search", "store")
_GRANTS = (
    "authorization_code",
    "refresh_token",
    "ciba",
    "password",
    "client_credentials",
    "implicit",
    "token-exchange",
)
_VARIED = {
    "annuaire": [f"{verb} {kind}" for verb in ("read", "search") for kind in _RESOURCES],
    "mssante": [f"uid {verb}" for verb in _BY_UID],
    "psc": [f"token:{grant}" for grant in _GRANTS],
}

OPERATIONS = {service: (*names.split(), *_VARIED.get(service, ())) for service, names in _KEPT.items()}


def known(service: str = "") -> tuple[str, ...]:
    """The operations of a service, of all when it is not named; that of a refused connection too."""
    services = [service] if service else list(OPERATIONS)
    return (*(name for each in services for name in OPERATIONS.get(each, ())), "handshake")
