"""What a session may change of Pro Santé Connect."""

from __future__ import annotations

from mocks.control import Switch
from mocks.http import common_switches
from mocks.psc.issue import ID_TOKEN_FAULTS

SWITCHES: tuple[Switch, ...] = (
    *common_switches("psc"),
    Switch(
        "psc.discovery_standard",
        "bool",
        False,
        "Servir aussi la découverte à l'adresse normalisée",
        "Also serve discovery at the standard address",
    ),
    Switch(
        "psc.stale_hosts",
        "bool",
        False,
        "Annoncer les anciens noms d'hôtes du bac à sable",
        "Announce the old sandbox host names",
    ),
    Switch(
        "psc.strict",
        "bool",
        True,
        "Refuser les demandes non conformes (sinon : constat seul)",
        "Refuse requests that break a rule (else: a finding only)",
    ),
    Switch(
        "psc.auto_login",
        "text",
        "",
        "Professionnel connecté d'office, sans page de choix (identifiant du monde)",
        "Professional logged in at once, no picker (id in the world)",
    ),
    Switch(
        "psc.authorization",
        "choice",
        "normal",
        "Réponse de la demande d'autorisation",
        "Answer of the authorization request",
        ("normal", "access_denied", "server_error", "no_state", "other_state", "no_iss", "other_iss"),
    ),
    Switch(
        "psc.acr",
        "choice",
        "eidas1",
        "Niveau acr rendu dans les jetons",
        "acr level returned in the tokens",
        ("eidas1", "eidas2", "eidas3", "absent"),
    ),
    Switch(
        "psc.access_life_s", "int", 120, "Vie du jeton d'accès, en secondes", "Life of the access token, in seconds"
    ),
    Switch(
        "psc.refresh_life_s",
        "int",
        1800,
        "Vie du jeton de rafraîchissement, en secondes",
        "Life of the refresh token, in seconds",
    ),
    Switch(
        "psc.rotation",
        "bool",
        True,
        "Changer le jeton de rafraîchissement à chaque usage, refuser l'ancien",
        "Change the refresh token at each use, refuse the old one",
        provisional=True,
    ),
    Switch("psc.refresh_refused", "bool", False, "Refuser tout rafraîchissement", "Refuse every refresh"),
    Switch("psc.id_token", "choice", "none", "Défaut du jeton d'identité", "Fault of the id token", ID_TOKEN_FAULTS),
    Switch(
        "psc.key_rollover",
        "bool",
        False,
        "Signer avec la clé suivante (la découverte la publie)",
        "Sign with the next key (discovery publishes it)",
    ),
    Switch(
        "psc.clock_skew_s",
        "int",
        0,
        "Décalage de l'horloge de PSC dans les jetons, en secondes",
        "Skew of PSC's clock in the tokens, in seconds",
    ),
    Switch(
        "psc.token_error",
        "choice",
        "none",
        "Panne du point de jeton",
        "Failure of the token endpoint",
        ("none", "500", "slow", "html"),
    ),
    Switch(
        "psc.userinfo",
        "choice",
        "json",
        "Forme ou défaut de userinfo",
        "Form or fault of userinfo",
        ("json", "jwt", "other_sub", "missing_sub", "no_pro_data", "500", "401"),
    ),
    Switch(
        "psc.introspection_inactive",
        "bool",
        False,
        "L'introspection répond toujours active=false",
        "Introspection always answers active=false",
    ),
    Switch(
        "psc.ciba",
        "choice",
        "user",
        "Qui répond à une demande CIBA",
        "Who answers a CIBA request",
        ("user", "approve", "deny", "expire"),
        provisional=True,
    ),
    Switch(
        "psc.ciba_polls",
        "int",
        1,
        "Nombre d'interrogations en attente avant l'approbation automatique",
        "Pending polls before the automatic approval",
    ),
    Switch(
        "psc.ciba_slow_down",
        "bool",
        False,
        "Répondre slow_down à une interrogation pourtant à l'heure",
        "Answer slow_down to a poll that is on time",
    ),
    Switch(
        "psc.ciba_interval_s", "int", 5, "Intervalle CIBA annoncé, en secondes", "CIBA interval announced, in seconds"
    ),
    Switch(
        "psc.exchange",
        "choice",
        "normal",
        "Réponse de l'échange de jeton d'une API Pro Santé Connectée",
        "Answer of the token exchange of an API Pro Santé Connectée",
        ("normal", "invalid_scope", "500"),
    ),
    Switch(
        "psc.cnf_form",
        "choice",
        "ans",
        "Forme de x5t#S256 dans les jetons d'API",
        "Form of x5t#S256 in API tokens",
        ("ans", "rfc"),
    ),
)
