"""What a session can change in how the DMP checks who calls."""

from __future__ import annotations

from mocks.control import Switch
from norms.vihf.names import AIR_VALUES

ACCESS_SWITCHES: tuple[Switch, ...] = (
    Switch(
        "dmp.mode",
        "choice",
        "strict",
        "Rigueur du contrôle du VIHF : strict refuse toute erreur, lenient la note et continue",
        "Rigour of the VIHF check: strict refuses each error, lenient notes it and goes on",
        choices=("strict", "lenient"),
    ),
    Switch(
        "dmp.sha1",
        "choice",
        "accept",
        "VIHF signé en SHA-1 : accepté avec un avertissement, ou refusé (la règle actuelle du DMP n'est pas publique)",
        "VIHF signed with SHA-1: accepted with a warning, or refused (the DMP's present rule is not public)",
        choices=("accept", "refuse"),
    ),
    Switch(
        "dmp.ins_oids",
        "choice",
        "both",
        "OID d'INS acceptés : ceux de test (.10), de production (.8), ou les deux",
        "INS OIDs accepted: those of test (.10), of production (.8), or both",
        choices=("both", "test", "production"),
    ),
    Switch(
        "dmp.vihf_life_s",
        "int",
        3600,
        "Durée de vie d'un VIHF hors AIR, en secondes (provisoire)",
        "Life of a VIHF outside AIR, in seconds (provisional)",
    ),
    Switch(
        "dmp.clock_tolerance_s",
        "int",
        300,
        "Écart d'horloge admis hors AIR, en secondes",
        "Clock difference accepted outside AIR, in seconds",
    ),
    Switch(
        "dmp.air_life_s",
        "int",
        30,
        "Durée de vie d'un VIHF AIR, en secondes (EX_AIR-040)",
        "Life of an AIR VIHF, in seconds (EX_AIR-040)",
    ),
    Switch(
        "dmp.air_tolerance_s",
        "int",
        5,
        "Écart d'horloge admis en AIR, en secondes",
        "Clock difference accepted in AIR, in seconds",
    ),
    Switch(
        "dmp.air_values",
        "text",
        " ".join(AIR_VALUES),
        "Méthodes d'authentification acceptées en AIR ; en AIR simplifié, la seule CONF_EXI_PGSSIS",
        "Authentication methods accepted in AIR; in AIR Simplifié, CONF_EXI_PGSSIS alone",
    ),
    Switch(
        "dmp.air_enrolled",
        "text",
        "",
        "CN des certificats de signature enrôlés pour AIR, séparés par des virgules ; vide : tous",
        "Common names of the signing certificates enrolled for AIR, commas between; empty: all",
    ),
    Switch(
        "dmp.air_others",
        "bool",
        False,
        "Ouvre AIR aux non-PS et aux PS hors annuaire, comme la matrice PDT-INF-606 et contre EX_AIR-020",
        "Opens AIR to others than professionals of the directory, as matrix PDT-INF-606 does and EX_AIR-020 does not",
    ),
    Switch(
        "dmp.finess",
        "bool",
        False,
        "Accepte un site géographique sous le certificat de son entité juridique",
        "Accepts a geographic site under the certificate of its legal entity",
    ),
    Switch(
        "dmp.structures",
        "choice",
        "known",
        "Structures acceptées dans le VIHF : celles du monde du banc (known), ou toutes (any)",
        "Structures accepted in the VIHF: those of the bench's world (known), or all (any)",
        choices=("known", "any"),
    ),
    Switch(
        "dmp.psc",
        "choice",
        "check",
        "Jeton Pro Santé Connect joint à l'appel : ignoré, contrôlé s'il est là, exigé hors mode DIRECTE (provisoire)",
        "Pro Santé Connect token of the call: ignored, checked when there, required outside DIRECTE (provisional)",
        choices=("ignore", "check", "require"),
    ),
    Switch(
        "dmp.right_months",
        "int",
        6,
        "Durée d'une autorisation d'accès, en mois",
        "Length of an access authorisation, in months",
    ),
    Switch(
        "dmp.codes",
        "text",
        "",
        "Codes de refus que vous connaissez mieux que le banc : RÈGLE=code, séparés par des blancs",
        "Refusal codes that you know better than the bench: RULE=code, blanks between",
    ),
)
