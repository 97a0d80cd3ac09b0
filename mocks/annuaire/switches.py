"""What a session may change of the Annuaire Santé."""

from __future__ import annotations

from mocks.control import Switch
from mocks.http import common_switches

SWITCHES: tuple[Switch, ...] = (
    *common_switches("annuaire"),
    Switch(
        "annuaire.calls_per_second",
        "int",
        17,
        "Appels permis par seconde et par clé (0 : sans limite) ; au-delà, 429",
        "Calls allowed per second and per key (0: no limit); beyond, 429",
        provisional=True,
    ),
    Switch(
        "annuaire.any_key",
        "bool",
        False,
        "Accepter n'importe quelle clé d'API non vide",
        "Accept any API key that is not empty",
    ),
    Switch(
        "annuaire.gateway_errors",
        "choice",
        "fhir",
        "Forme des refus de la passerelle (401, 429) : OperationOutcome, ou le JSON de Gravitee",
        "Form of the gateway's refusals (401, 429): OperationOutcome, or Gravitee's JSON",
        ("fhir", "gravitee"),
        provisional=True,
    ),
    Switch(
        "annuaire.fault",
        "choice",
        "none",
        "Réponse d'erreur : délai de 30 s dépassé (sans l'attendre), erreur interne, ressource retirée, accès interdit",
        "Error answer: 30 s timeout (without waiting for it), internal error, resource gone, access forbidden",
        ("none", "timeout", "internal", "gone", "forbidden"),
    ),
    Switch(
        "annuaire.mailbox_mss_type",
        "bool",
        False,
        "Connaître le paramètre mailbox-mss-type du guide, que le serveur ignore",
        "Know the parameter mailbox-mss-type of the guide, which the server lacks",
    ),
    Switch(
        "annuaire.strict_modifiers",
        "bool",
        False,
        "Refuser un modificateur inconnu (le serveur l'ignore)",
        "Refuse an unknown modifier (the server ignores it)",
    ),
    Switch(
        "annuaire.total",
        "bool",
        True,
        "Donner le total (le serveur l'omet quand il serait long à calculer)",
        "Give the total (the server leaves it out when it would take long)",
    ),
    Switch(
        "annuaire.previous_link",
        "bool",
        False,
        "Donner aussi un lien vers la page précédente (le serveur n'en donne pas)",
        "Also give a link to the previous page (the server gives none)",
    ),
    Switch(
        "annuaire.page_life_s",
        "int",
        3600,
        "Durée de vie d'un lien de page, en secondes",
        "Life of a page link, in seconds",
        provisional=True,
    ),
    Switch(
        "annuaire.mailbox_extras",
        "bool",
        False,
        "Ajouter aux BAL digitization et phone, retirés du guide mais présents dans des exemples",
        "Add digitization and phone to mailboxes, removed from the guide but present in samples",
    ),
    Switch(
        "annuaire.mailbox_type_form",
        "choice",
        "coded",
        "Forme du type de BAL : code de TRE_R257, valueCode nu, code rangé sous TRE_R256",
        "Form of the mailbox type: code of TRE_R257, bare valueCode, code filed under TRE_R256",
        ("coded", "valueCode", "r256"),
    ),
    Switch(
        "annuaire.idnps_only",
        "bool",
        False,
        "Ne donner que l'identifiant national (8 suivi du RPPS), sans le RPPS nu",
        "Give only the national identifier (8 followed by the RPPS), not the bare RPPS",
    ),
    Switch(
        "annuaire.extraction",
        "choice",
        "zip",
        "Extraction des BAL : archive ZIP comme à la source, ou texte nu comme sur data.gouv.fr",
        "Extraction of mailboxes: ZIP archive as at the source, or bare text as on data.gouv.fr",
        ("zip", "text"),
    ),
)
