"""Imaging: request (IMG-DA-IMG) and report (IMG-CR-IMG)."""

from __future__ import annotations

from harness.samples import parts
from harness.samples.core import AMBULATORY, head, sample, written
from harness.samples.parts import S
from harness.samples.people import People, at
from norms.cda.build import Act, Code, Encounter, Ident, Order, P, Section, T, Table
from norms.cda.build.entries import clinical as c
from norms.cda.build.entries import imaging as i
from norms.cda.build.entries.base import boolean, loinc, snomed, ta
from norms.cda.build.entries.medication import Product
from norms.cda.build.ids import Ids

CT = i.dcm("CT", "Tomodensitométrie")
CT_ABDOMEN = loinc("41806-1", "CT abdomen")
ABDOMEN = snomed("302553009", "abdomen entier")
PREGNANT = snomed("364320009", "statut de grossesse")
_SOP = Code("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.2.6.1", "CT Image Storage")
_HISTORY = [
    (loinc("11348-0", "Antécédents médicaux"), "ant-med", "Hypothyroïdie, asthme."),
    (loinc("47519-4", "Antécédents chirurgicaux"), "ant-chir", "Appendicectomie (1999)."),
]


def _clinical(ids: Ids, why: str) -> Section:
    rows = [T(text, anchor) for _, anchor, text in _HISTORY]
    against = snomed("1260078007", "Allaitement")
    history = Section(
        S + "213",
        "Antécédents et contre-indications",
        [
            Table(
                ["Rubrique", "Contenu"],
                [
                    ["Antécédents médicaux", rows[0]],
                    ["Antécédents chirurgicaux", rows[1]],
                    ["Contre-indication", T("Allaitement", "contre-ind")],
                ],
            )
        ],
        [
            *(i.clinical(ids, code, None, anchor) for code, anchor, _ in _HISTORY),
            i.clinical(ids, loinc("64100-1", "Contre-indications"), against, "contre-ind"),
        ],
        code=loinc("11329-0", "Antécédents"),
    )
    reason = Section(S + "211", "Justification de la demande", [P(why)], code=loinc("55115-0", "Demande d'examen"))
    return Section(
        S + "205",
        "Informations cliniques",
        [P(why)],
        parts=[reason, history],
        code=loinc("55752-0", "Information clinique"),
    )


@sample(
    "IMG-DA-IMG_2024.01",
    "Demande d'acte d'imagerie : scanner abdominal et radiographie du genou gauche, justification, contre-indications.",
    "Imaging request: abdominal CT and left knee X-ray, justification, contraindications.",
)
def request(people: People) -> bytes:
    name = "IMG-DA-IMG_2024.01"
    ids, time = Ids(name), at(2026, 9, 23, 11, 10)
    doctor = people.pro("dr-romarin")
    kind = loinc("55115-0", "Demande d'actes d'imagerie")
    spec = head(
        people,
        name,
        volet="IMG-DA-IMG",
        version="2024.01",
        title="Demande d'acte d'imagerie",
        time=time,
        patient=people.patient("pinson-leonie"),
        author=doctor,
        recipients=(people.pro("dr-bourrache"),),
        acts=[Act(kind, time, performer=doctor)],
    )
    knee = i.site(snomed("361291001", "région entière du genou"), "lieu-2", snomed("7771000", "gauche"))
    asked = Section(
        S + "158.3",
        "Actes d'imagerie demandés",
        [
            Table(
                ["Modalité", "Localisation", "Précisions"],
                [
                    [T("Scanner/TDM", "acte-1"), T("Abdomen", "lieu-1"), T("Avec injection si nécessaire", "rq-1")],
                    [
                        T("Radiographie sans contraste", "acte-2"),
                        T("Genou gauche", "lieu-2"),
                        T("Face et profil en charge", "rq-2"),
                    ],
                ],
            )
        ],
        [
            i.demand(ids, i.dcm("CT", "Scanner/TDM"), i.site(ABDOMEN, "lieu-1"), "acte-1", "rq-1"),
            i.demand(ids, ta("MED-1126", "Radiographie sans contraste"), knee, "acte-2", "rq-2"),
        ],
    )
    told = Section(
        S + "107",
        "Information du patient",
        [
            P(T("Patiente informée des risques liés aux rayonnements.", "info-risque")),
            P(T("Un produit de contraste iodé ne demande pas d'interrompre l'allaitement.", "info-patient")),
        ],
        [
            c.observation(
                ids,
                ta("MED-1130", "Le patient a-t-il été informé des risques relatifs à l'examen ?"),
                boolean(True),
                "info-risque",
                "20260923",
            ),
            c.observation(ids, loinc("99622-3", "Informations pour le patient"), None, "info-patient", "20260923"),
        ],
        code=loinc("34895-3", "Éducation du patient"),
    )
    return written(
        spec,
        [
            _clinical(
                ids,
                "Douleurs de la fosse iliaque droite récidivantes depuis trois mois ; gonalgies mécaniques gauches.",
            ),
            told,
            asked,
            parts.free("150", "Résultats d'examens antérieurs", "Échographie abdominale du 12/06/2026 : normale."),
        ],
    )


@sample(
    "IMG-CR-IMG_2024.01",
    "Compte rendu de scanner : technique, produit de contraste, dose (PDL), catalogue d'objets DICOM, "
    "résultats, conclusion.",
    "CT report: technique, contrast medium, dose (DLP), DICOM object catalogue, findings, conclusion.",
)
def report(people: People) -> bytes:
    name = "IMG-CR-IMG_2024.01"
    ids, start, time = Ids(name), at(2026, 10, 1, 9, 15), at(2026, 10, 1, 11, 5)
    doctor = people.pro("dr-bourrache")
    spec = head(
        people,
        name,
        volet="IMG-CR-IMG",
        version="2024.01",
        title="Compte rendu de scanner abdominal",
        time=time,
        patient=people.patient("pinson-leonie"),
        author=doctor,
        parties=(people.doctor_in_charge(),),
        acts=[Act(i.requested(CT_ABDOMEN, CT), start, time, doctor)],
        orders=(
            Order(Ident("1.2.250.1.213.99.9.3", "DEM-20260923-01"), Ident("1.2.250.1.213.99.9.5", "ACC-20261001-07")),
        ),
        encounter=Encounter(AMBULATORY, start, people.facility("SA09")),
    )
    done = "20261001092000+0200"
    complications = Section(S + "214", "Complications", [P("Aucune.")], code=loinc("55109-3", "Complications"))
    doses = Section(
        S + "215",
        "Exposition aux rayonnements",
        [
            Table(
                ["Élément", "Valeur"],
                [
                    ["Responsable de l'irradiation", T("Dr Hugues BOURRACHE", "expo")],
                    ["Grossesse", T("absence de grossesse", "grossesse")],
                    ["Produit dose longueur total", T("412,5 mGy.cm (abdomen)", "pdl")],
                ],
            )
        ],
        [
            i.exposure(doctor, "expo"),
            i.clinical(ids, PREGNANT, snomed("60001007", "absence de grossesse"), "grossesse"),
            i.dose(
                ids,
                i.dcm("113813", "PDL Total : Produit Dose Longueur Total"),
                "412.5",
                "mGy.cm",
                i.site(ABDOMEN, "pdl"),
                "pdl",
                done,
            ),
        ],
        code=loinc("73569-6", "Exposition aux rayonnements"),
    )
    objects = Section(
        S + "217",
        "Catalogue d'objets DICOM",
        [P(["Série ", T("CT Image Storage", "sop")])],
        [i.catalogue(i.Study("1.2.250.1.213.99.9.6.20261001.7", CT, _SOP, start, "sop"))],
        code=i.dcm("121181", "Catalogue d'objets DICOM"),
    )
    product = Product("IOHEXOL 300 mg I/mL", "V08AB02", "Iohexol", "pdc", lot="L26071")
    technique = Section(
        S + "206",
        "Technique d'imagerie",
        [
            P(
                [
                    T("Scanner de l'abdomen", "acte"),
                    ", acquisition hélicoïdale au temps portal sur l'",
                    T("abdomen entier", "lieu"),
                    ".",
                ]
            ),
            P(T("Iohexol 300 mg I/mL, 90 mL par voie intraveineuse, lot L26071", "pdc")),
        ],
        [
            i.technique(ids, CT_ABDOMEN, CT, i.site(ABDOMEN, "lieu"), "acte", done),
            i.contrast(ids, product, "90"),
        ],
        [complications, doses, objects],
        code=loinc("55111-9", "Technique d'imagerie"),
    )
    return written(
        spec,
        [
            _clinical(ids, "Douleurs de la fosse iliaque droite récidivantes depuis trois mois."),
            technique,
            Section(S + "207", "Comparaison", [P("Échographie du 12/06/2026.")], code=loinc("18834-2", "Comparaison")),
            Section(
                S + "208",
                "Résultats",
                [
                    P("Foie, rate, pancréas et reins sans anomalie. Pas d'épanchement."),
                    P(
                        [
                            "Discret ",
                            T("épaississement de la dernière anse iléale", style="Bold"),
                            " sur 4 cm, sans sténose",
                            T("", note="Épaisseur maximale mesurée à 5 mm."),
                            ".",
                        ]
                    ),
                ],
                code=loinc("59776-5", "Résultats"),
            ),
            Section(
                S + "209",
                "Conclusion",
                [
                    P(
                        "Épaississement segmentaire de la dernière anse iléale, à confronter à "
                        "la clinique et à la calprotectine fécale."
                    ),
                ],
                code=loinc("19005-8", "Conclusion"),
            ),
        ],
    )
