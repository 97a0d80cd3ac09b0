"""Summaries of specialities: rare diseases (SDM-MR), cardiac risk sheet (CARD)."""

from __future__ import annotations

from dataclasses import replace

from harness.samples import parts
from harness.samples.core import head, sample, written
from harness.samples.letters import BISOPROLOL
from harness.samples.parts import Done, S, Seen, Taken
from harness.samples.people import People, at
from norms.cda.build import Act, Address, Code, P, Section, T, Table
from norms.cda.build.entries import attached as files
from norms.cda.build.entries import clinical as c
from norms.cda.build.entries.base import ATC, CCAM, TA, boolean, cd, icd10, loinc, pq, related, snomed, string, ta
from norms.cda.build.ids import Ids, oid
from norms.cda.build.narrative import Cell
from norms.cda.build.xml import E

EMDN = "1.2.250.1.213.2.68"


@sample(
    "SDM-MR_2024.01",
    "Set de données minimum maladies rares : dossier, diagnostic (Orphanet) avec "
    "ses précisions, activité du centre, recherche.",
    "Rare diseases minimum data set: file, diagnosis (Orphanet) with its details, activity of the centre, research.",
)
def rare(people: People) -> bytes:
    name = "SDM-MR_2024.01"
    ids, time = Ids(name), at(2026, 9, 28, 16, 30)
    doctor = people.pro("dr-angelique")
    visit = snomed("11429006", "Consultation")
    spec = head(
        people,
        name,
        volet="SDM-MR",
        version="2024.01",
        title="Set de données minimum maladies rares",
        time=time,
        patient=people.patient("colibri-josephine"),
        author=doctor,
        acts=[Act(visit, time, performer=doctor)],
    )
    file = [
        Seen(ta("GEN-164", "Date de création"), E("value", value="20240611", xsi_type="TS"), "11/06/2024", "20240611"),
        Seen(
            ta("GEN-165", "Date de mise à jour"), E("value", value="20260928", xsi_type="TS"), "28/09/2026", "20260928"
        ),
        Seen(ta("PAT-061", "Patient perdu de vue"), boolean(False), "Non", "20260928"),
    ]
    life = snomed("767023003", "période de la vie entre la naissance et la mort")
    details = [
        (
            ta("MED-072", "Statut actuel du diagnostic"),
            cd(snomed("255545003", "diagnostic définitif")),
            "Confirmé",
            "statut",
        ),
        (
            ta("MED-071", "Appréciation du diagnostic à l'entrée du centre"),
            cd(snomed("2667000", "absent")),
            "Absent",
            "entree",
        ),
        (ta("PAT-013", "Âge aux premiers signes"), cd(life), "Après la naissance", "signes"),
        (ta("PAT-014", "Précision de l'âge aux premiers signes"), pq("6", "a"), "6 ans", "signes-age"),
        (ta("PAT-062", "Âge au diagnostic clinique"), cd(life), "Après la naissance", "clinique"),
        (ta("PAT-064", "Âge au diagnostic génétique"), cd(life), "Après la naissance", "genetique"),
        (ta("MED-073", "Cas sporadique ou familial"), cd(snomed("75741005", "Sporadique")), "Sporadique", "cas"),
    ]
    told: list[list[Cell]] = [[code.display, T(shown, anchor)] for code, _, shown, anchor in details]
    inner = [
        related("REFR", c.observation(ids, code, value, anchor, None), inverted=True)
        for code, value, _, anchor in details
    ]
    disease = Code("648", "1.2.250.1.213.2.49.1", "Syndrome de Noonan")
    diagnosis = Section(
        S + "129",
        "Diagnostic de maladie rare",
        [
            Table(
                ["Élément", "Valeur"],
                [
                    ["Maladie", T(disease.display, "maladie")],
                    *told,
                ],
            )
        ],
        [c.problem(ids, disease, "maladie", "20240611", more=inner)],
    )
    aim = c.observation(
        ids, ta("ORG-034", "Objectifs de l'activité MR"), cd(ta("MED-097", "Diagnostic")), "objectif", None
    )
    seen = c.encounter(
        ids,
        snomed("11429006", "Consultation"),
        "activite",
        E("effectiveTime", value="20260928"),
        who=replace(doctor, code=people.label("J01", "G15_10", "1.2.250.1.213.1.1.4.5")),
        more=related("REFR", aim),
    )
    activity = Section(
        S + "76",
        "Activités",
        [
            Table(
                ["Date", "Contexte", "Objectif"],
                [["28/09/2026", T("Consultation", "activite"), T("Diagnostic", "objectif")]],
            )
        ],
        [seen],
    )
    consent = Seen(ta("PAT-012", "Accord du patient pour contact protocole"), boolean(True), "Oui", "20260928")
    return written(
        spec,
        [
            parts.observed(ids, "66", "Dossier maladie rare", file, code=ta("GEN-168", "Dossier")),
            diagnosis,
            activity,
            parts.observed(ids, "250", "Recherche", [consent]),
        ],
    )


@sample(
    "CARD-F-PRC-TAP_2022.01",
    "Fiche patient à risque en cardiologie, traitement antiplaquettaire : "
    "stent coronaire, NYHA, double antiagrégation.",
    "Cardiac risk sheet, antiplatelet therapy: coronary stent, NYHA class, dual antiplatelet treatment.",
)
def cardiac(people: People) -> bytes:
    name = "CARD-F-PRC-TAP_2022.01"
    ids, time = Ids(name), at(2026, 9, 29, 9, 40)
    doctor = people.pro("dr-angelique")
    spec = head(
        people,
        name,
        volet="CARD-F-PRC-TAP",
        version="2022.01",
        title="Fiche patient à risque en cardiologie (TAP)",
        time=time,
        patient=people.patient("cigogne-karl", address=Address("9 RUE DES HERONS", "21000", "DIJON")),
        author=doctor,
        parties=(people.doctor_in_charge(),),
    )
    angina = icd10("I20.9", "Angine de poitrine, sans précision")
    stent = Code("P0704", EMDN, "ENDOPROTHÈSES VASCULAIRES ET CARDIAQUES")
    carries = c.observation(ids, stent, boolean(True), "stent-porte", "20260312")
    nyha = c.observation(
        ids,
        ta("L0009", "NYHA"),
        cd(snomed("421704003", "classe II de la New York Heart Association")),
        "nyha",
        "20260929",
    )
    problem = Section(
        S + "132",
        "Problèmes actifs",
        [
            Table(
                ["Problème", "Depuis", "Précisions"],
                [
                    [
                        T(angina.display, "pb-1"),
                        "03/2026",
                        [T("Endoprothèse", "stent-porte"), ", ", T("NYHA II", "nyha")],
                    ]
                ],
            )
        ],
        [
            c.problem(
                ids,
                angina,
                "pb-1",
                "202603",
                more=[related("COMP", carries, inverted=False), related("COMP", nyha, inverted=False)],
            )
        ],
    )
    model = Code("", "", original="#stent-modele")
    worn = Code(
        stent.code,
        stent.system,
        stent.display,
        translations=(
            Code("D0001-6", TA, "Endoprothèse coronaire", "#stent-type"),
            replace(model),
            Code("", "", original="#stent-nom"),
        ),
    )
    place = c.observation(
        ids, loinc("39111-0", "Localisation"), string("Interventriculaire antérieure moyenne"), "stent-lieu", None
    )
    devices = Section(
        S + "1",
        "Dispositifs médicaux",
        [
            Table(
                ["Dispositif", "Type", "Modèle", "Nom", "Localisation", "Pose"],
                [
                    [
                        T("Endoprothèse", "stent"),
                        T("Endoprothèse coronaire", "stent-type"),
                        T("Actif au sirolimus", "stent-modele"),
                        T("Modèle de démonstration 3,0 × 18", "stent-nom"),
                        T("Interventriculaire antérieure moyenne", "stent-lieu"),
                        "12/03/2026",
                    ]
                ],
            )
        ],
        [c.device(ids, worn, "stent", "20260312", serial="SN-0042", more=related("RSON", place))],
    )
    dilation = Code(
        "DDAF006",
        CCAM,
        "Dilatation intraluminale d'un vaisseau coronaire avec pose d'endoprothèse, par voie artérielle transcutanée",
    )
    clopidogrel = parts.Allergy(snomed("609328004", "allergie"), Code("B01AC04", ATC, "Clopidogrel"), "2026")
    aspirin = Taken(
        "ACIDE ACÉTYLSALICYLIQUE 75 mg, poudre en sachet",
        "B01AC06",
        "Acide acétylsalicylique",
        "1 sachet par jour",
        "20260312",
        ("1", "d"),
        ("1", "{sachet}"),
        reason=angina,
    )
    ticagrelor = Taken(
        "TICAGRELOR 90 mg, comprimé",
        "B01AC24",
        "Ticagrélor",
        "1 comprimé matin et soir",
        "20260312",
        ("12", "h"),
        ("1", "{tablet}"),
        reason=angina,
    )
    told = Section(
        S + "107",
        "Information du patient",
        [P(T("Carte de porteur d'endoprothèse remise le 13/03/2026", "carte"))],
        [files.external(ids, oid(f"{name}:carte"), None, "carte")],
        code=loinc("34895-3", "Éducation du patient"),
    )
    return written(
        spec,
        [
            problem,
            parts.acts(ids, [Done(dilation, "20260312", angina)], "Antécédents chirurgicaux"),
            devices,
            parts.allergies(ids, [clopidogrel]),
            parts.treatments(ids, "143", "Traitements", [aspirin, ticagrelor, BISOPROLOL]),
            told,
        ],
    )
