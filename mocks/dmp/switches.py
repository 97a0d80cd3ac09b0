"""What a session can change in the behaviour of the DMP."""

from __future__ import annotations

from typing import Final

from mocks.control import Switch
from mocks.dmp.access_switches import ACCESS_SWITCHES
from mocks.http import common_switches

ERRORS: Final = (
    "none",
    "DMPClosed",
    "DMPAccessDeniedByRightsService",
    "XDSUnknownPatientId",
    "XDSPatientIdDoesNotMatch",
    "XDSRepositoryBusy",
    "XDSRegistryBusy",
    "XDSRegistryNotAvailable",
    "XDSRepositoryOutOfResources",
    "XDSRegistryError",
    "XDSRepositoryError",
    "XDSRegistryMetadataError",
    "XDSDuplicateUniqueIdInRegistry",
    "XDSTooManyResults",
    "XDSDocumentUniqueIdError",
)

SWITCHES: tuple[Switch, ...] = (
    *common_switches("dmp"),
    *ACCESS_SWITCHES,
    Switch(
        "dmp.error",
        "choice",
        "none",
        "Erreur de registre renvoyée à la place de la réponse, rien n'étant conservé",
        "Registry error sent instead of the answer, nothing being kept",
        choices=ERRORS,
    ),
    Switch(
        "dmp.error_code",
        "text",
        "",
        "Code d'erreur de votre choix, renvoyé à la place de la réponse",
        "Error code of your own, sent instead of the answer",
    ),
    Switch(
        "dmp.soap_fault",
        "text",
        "",
        "Faute SOAP renvoyée à la place de la réponse : son sous-code (DMPInvalidCertificate…)",
        "SOAP fault sent instead of the answer: its subcode (DMPInvalidCertificate…)",
    ),
    Switch(
        "dmp.lost_answer",
        "bool",
        False,
        "Perd la réponse après avoir accepté : la connexion est coupée, le dépôt est fait",
        "Loses the answer after accepting: the connection is dropped, the deposit is made",
    ),
    Switch(
        "dmp.malformed",
        "choice",
        "none",
        "Réponse mal formée : vide, pas du XML, coupée, paquet tronqué, partie manquante",
        "Malformed answer: empty, not XML, cut, truncated package, missing part",
        choices=("none", "empty", "not_xml", "cut", "truncated_package", "missing_part"),
    ),
    Switch(
        "dmp.stale_uuid",
        "bool",
        False,
        "TD3.1 renvoie des entryUUID périmés, comme si une mise à jour avait eu lieu juste après",
        "TD3.1 returns stale entryUUIDs, as if an update had happened just after",
    ),
    Switch(
        "dmp.new_version",
        "text",
        "",
        "uniqueId d'un document dont l'auteur dépose une nouvelle version juste avant la prochaine recherche",
        "uniqueId of a document whose author deposits a new version just before the next search",
    ),
    Switch(
        "dmp.packed_answers",
        "bool",
        True,
        "Toutes les réponses du dépôt sont en MTOM ; sinon celles de TD3.2 seulement",
        "All answers of the repository are MTOM; otherwise those of TD3.2 only",
        provisional=True,
    ),
    Switch(
        "dmp.rules",
        "choice",
        "strict",
        "Rigueur sur les métadonnées : strict refuse toute erreur, lenient ce qui empêche d'enregistrer",
        "Rigour on metadata: strict refuses each error, lenient what prevents registration",
        choices=("strict", "lenient"),
    ),
    Switch(
        "dmp.max_results",
        "int",
        10000,
        "Nombre de documents au-delà duquel TD3.1 répond XDSTooManyResults",
        "Number of documents beyond which TD3.1 answers XDSTooManyResults",
        provisional=True,
    ),
)
