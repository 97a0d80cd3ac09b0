"""What a session may change of the MSSanté operator."""

from __future__ import annotations

from mocks.control import Switch
from mocks.mssante.autoconfig import SWITCHES as AUTOCONFIG
from mocks.mssante.tls import CHOICES

_LOGIN: tuple[Switch, ...] = (
    Switch(
        "mssante.tls",
        "choice",
        "ref2",
        "Négociation TLS, sur les ports propres à la session : conforme (ref2 : TLS 1.2 et les six suites ; ref2+13 :"
        " TLS 1.3 aussi) ou à refuser par le logiciel",
        "TLS negotiation, on the session's own ports: sound (ref2: TLS 1.2 and the six suites; ref2+13: TLS 1.3 too) or"
        " one that the software must refuse",
        choices=CHOICES,
    ),
    Switch(
        "mssante.login",
        "choice",
        "normal",
        "Authentification : normale, refusée (armer une fois : refus passager), indisponible",
        "Authentication: normal, refused (armed once: a passing refusal), unavailable",
        choices=("normal", "refuse", "unavailable"),
    ),
    Switch(
        "mssante.refusal",
        "choice",
        "challenge",
        "Façon de refuser XOAUTH2 : message d'erreur puis refus, refus immédiat (535), message d'erreur puis coupure",
        "How XOAUTH2 is refused: error message then refusal, refusal at once (535), error message then close",
        choices=("challenge", "reply", "close"),
    ),
    Switch(
        "mssante.sasl_ir",
        "bool",
        True,
        "Accepter la réponse initiale dans la commande d'authentification",
        "Accept an initial response in the authentication command",
    ),
)
_SMTP: tuple[Switch, ...] = (
    Switch("mssante.size_mb", "int", 25, "Taille maximale d'un message, en Mo", "Largest message, in MB"),
    Switch(
        "mssante.sender",
        "choice",
        "strict",
        "Expéditeur autre que la boîte authentifiée : refusé, ou seulement constaté",
        "Sender other than the authenticated mailbox: refused, or only noted",
        choices=("strict", "note"),
        provisional=True,
    ),
    Switch(
        "mssante.unknown_domain",
        "choice",
        "refuse",
        "Destinataire hors de l'espace de confiance : refusé aussitôt, ou avis de non-remise",
        "Recipient outside the trust space: refused at once, or non-delivery notice",
        choices=("refuse", "bounce"),
        provisional=True,
    ),
    Switch(
        "mssante.unknown_box",
        "choice",
        "refuse",
        "Boîte inconnue ou fermée chez un opérateur : refusée aussitôt, ou avis de non-remise",
        "Mailbox unknown or closed at an operator: refused at once, or non-delivery notice",
        choices=("refuse", "bounce"),
        provisional=True,
    ),
    Switch(
        "mssante.patient_mb",
        "int",
        25,
        "Taille maximale reçue par la messagerie d'un patient, en Mo",
        "Largest message that a patient's messaging receives, in MB",
    ),
    Switch(
        "mssante.notice_delay_s",
        "int",
        0,
        "Délai des avis de remise et de non-remise, en secondes de l'horloge de la session",
        "Delay of delivery and non-delivery notices, in seconds of the session's clock",
    ),
    Switch(
        "mssante.auto_reply",
        "choice",
        "reply",
        "Ce que fait la boîte patient à réponse automatique",
        "What the automatic-answer patient mailbox does",
        choices=("reply", "closed", "not-activated", "unknown", "invalid"),
        provisional=True,
    ),
    Switch(
        "mssante.smtp",
        "choice",
        "normal",
        "Panne d'envoi : refus passager au MAIL ou au message (4xx), coupure après STARTTLS ou pendant le message, 250"
        " perdu après acceptation, service fermé (421)",
        "Sending fault: temporary refusal at MAIL or of the message (4xx), drop after STARTTLS or during the message,"
        " 250 lost after acceptance, service closed (421)",
        choices=("normal", "mail-451", "data-451", "drop-starttls", "drop-data", "lost-250", "closed"),
    ),
    Switch(
        "mssante.latency_ms",
        "int",
        0,
        "Retard ajouté à chaque réponse SMTP, en millisecondes",
        "Delay added to each SMTP answer, in milliseconds",
    ),
)
_IMAP: tuple[Switch, ...] = (
    Switch(
        "mssante.imap_without",
        "text",
        "",
        "Capacités IMAP que le serveur n'offre pas, séparées par des virgules (IDLE, MOVE, UIDPLUS, SPECIAL-USE…)",
        "IMAP capabilities that the server does not offer, separated by commas (IDLE, MOVE, UIDPLUS, SPECIAL-USE…)",
    ),
    Switch(
        "mssante.imap_move",
        "choice",
        "normal",
        "Commande MOVE : normale, ou « Internal error » comme l'a fait un opérateur réel",
        'MOVE command: normal, or "Internal error" as a real operator did',
        choices=("normal", "internal-error"),
    ),
    Switch(
        "mssante.imap_append_delay_ms",
        "int",
        0,
        "Retard de chaque APPEND, en millisecondes (8 s vues en formation)",
        "Delay of each APPEND, in milliseconds (8 s seen on a training server)",
    ),
    Switch(
        "mssante.imap_read_delay_ms",
        "int",
        0,
        "Retard de chaque FETCH, en millisecondes (jusqu'à 58 s vues en formation)",
        "Delay of each FETCH, in milliseconds (up to 58 s seen on a training server)",
    ),
    Switch(
        "mssante.imap_drop",
        "text",
        "",
        "Commandes IMAP (FETCH, APPEND, IDLE…) auxquelles la connexion est coupée sans réponse",
        "IMAP commands (FETCH, APPEND, IDLE…) at which the connection is dropped without an answer",
    ),
    Switch(
        "mssante.imap_bye",
        "text",
        "",
        "Commandes IMAP auxquelles le serveur répond BYE et ferme",
        "IMAP commands to which the server answers BYE and closes",
    ),
    Switch(
        "mssante.folders",
        "choice",
        "english",
        "Noms des dossiers spéciaux d'une boîte, à sa première ouverture dans la session (les attributs SPECIAL-USE"
        " restent)",
        "Names of the special folders of a mailbox, when it is first opened in the session (SPECIAL-USE attributes"
        " stay)",
        choices=("english", "french"),
        provisional=True,
    ),
)
SWITCHES: tuple[Switch, ...] = (*_LOGIN, *_SMTP, *_IMAP, *AUTOCONFIG)
