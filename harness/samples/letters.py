"""Letters around a hospital stay: on admission (LDL-EES) and at discharge (LDL-SES)."""

from __future__ import annotations

from harness.samples import parts
from harness.samples.core import INPATIENT, head, sample, written
from harness.samples.parts import Allergy, Done, Problem, Seen, Taken
from harness.samples.people import People, at
from norms.cda.build import Act, Code, Encounter, Party, Relative
from norms.cda.build.entries.base import ATC, CCAM, boolean, cd, icd10, snomed, string, ta
from norms.cda.build.ids import Ids

PENICILLIN = Allergy(
    snomed("416098002", "allergie médicamenteuse"),
    Code("J01CE", ATC, "Pénicillines sensibles à la bêtalactamase"),
    "1998",
    icd10("T78.3", "Œdème angioneurotique"),
)
_HEART_FAILURE = icd10("I50.1", "Insuffisance ventriculaire gauche")
_PRESSURE = icd10("I10", "Hypertension essentielle (primitive)")
BISOPROLOL = Taken(
    "BISOPROLOL 2,5 mg, comprimé",
    "C07AB07",
    "Bisoprolol",
    "1 comprimé le matin",
    "20190301",
    ("1", "d"),
    ("1", "{tablet}"),
    reason=_HEART_FAILURE,
)
_DAILY = (("1", "d"), ("1", "{tablet}"))
_INFARCTION = icd10("I21.9", "Infarctus aigu du myocarde, sans précision")
# After the infarction of 2018.
SECONDARY_PREVENTION = [
    Taken(
        "ACIDE ACÉTYLSALICYLIQUE 75 mg, comprimé",
        "B01AC06",
        "Acide acétylsalicylique",
        "1 comprimé le midi",
        "201803",
        *_DAILY,
        reason=_INFARCTION,
    ),
    Taken(
        "ATORVASTATINE 40 mg, comprimé",
        "C10AA05",
        "Atorvastatine",
        "1 comprimé le soir",
        "201803",
        *_DAILY,
        reason=_INFARCTION,
    ),
    Taken(
        "RAMIPRIL 5 mg, comprimé", "C09AA05", "Ramipril", "1 comprimé le matin", "201803", *_DAILY, reason=_INFARCTION
    ),
]
FUROSEMIDE = Taken(
    "FUROSÉMIDE 40 mg, comprimé",
    "C03CA01",
    "Furosémide",
    "1 comprimé le matin",
    "20260918",
    ("1", "d"),
    ("1", "{tablet}"),
    reason=_HEART_FAILURE,
)
AMLODIPINE = Taken(
    "AMLODIPINE 5 mg, gélule",
    "C08CA01",
    "Amlodipine",
    "1 gélule le soir",
    "201503",
    ("1", "d"),
    ("1", "{capsule}"),
    reason=_PRESSURE,
    until="20260918",
)


@sample(
    "LDL-EES_2022.01",
    "Lettre de liaison à l'entrée : le médecin traitant adresse son patient pour une décompensation cardiaque.",
    "Referral letter on admission: the patient's own doctor refers him for decompensated heart failure.",
)
def entry(people: People) -> bytes:
    name = "LDL-EES_2022.01"
    ids, time = Ids(name), at(2026, 9, 14, 11, 20)
    doctor, hospital = people.pro("dr-romarin"), people.pro("dr-angelique")
    wife = Relative("PINSON", "Leonie", people.label("J11", "WIFE", "2.16.840.1.113883.5.111"), "NOK", "0639980001")
    spec = head(
        people,
        name,
        volet="LDL-EES",
        version="2022.01",
        title="Lettre de liaison à l'entrée en établissement de santé",
        time=time,
        patient=people.patient("mesange-julien"),
        author=doctor,
        informants=(wife,),
        recipients=(hospital,),
        acts=[Act(INPATIENT, time, performer=doctor)],
        parties=(people.doctor_in_charge(), Party("REFB", doctor, since=time)),
    )
    return written(
        spec,
        [
            parts.free(
                "127",
                "Motif d'hospitalisation",
                "Dyspnée d'effort d'aggravation récente (stade III), prise de 4 kg en dix jours, œdèmes des membres "
                "inférieurs : décompensation cardiaque.",
            ),
            parts.treatments(
                ids,
                "144",
                "Traitements à l'admission",
                [BISOPROLOL, *SECONDARY_PREVENTION, AMLODIPINE._replace(until="")],
            ),
            parts.allergies(ids, [PENICILLIN], "Allergies et hypersensibilités connues"),
            parts.problems(
                ids,
                "134",
                "Antécédents médicaux",
                [
                    Problem("I10", "Hypertension essentielle (primitive)", "201503"),
                    Problem("I21.9", "Infarctus aigu du myocarde, sans précision", "20180226", "20180310"),
                ],
            ),
            parts.acts(
                ids,
                [
                    Done(
                        Code(
                            "DDAF006",
                            CCAM,
                            "Dilatation intraluminale d'un vaisseau coronaire avec pose "
                            "d'endoprothèse, par voie artérielle transcutanée",
                        ),
                        "20180226",
                        icd10("I21.9", "Infarctus aigu du myocarde, sans précision"),
                    )
                ],
                "Antécédents chirurgicaux",
            ),
            parts.free(
                "73", "Autres informations", "Vit avec son épouse et leurs deux filles. Poids habituel : 78 kg."
            ),
        ],
    )


@sample(
    "LDL-SES_2022.01",
    "Lettre de liaison à la sortie : statut validé, motif, synthèse du séjour codée, traitements "
    "arrêtés et de sortie, "
    "suites.",
    "Discharge letter: validated status, reason, coded summary of the stay, "
    "stopped and discharge treatments, follow-up.",
)
def discharge(people: People) -> bytes:
    name = "LDL-SES_2022.01"
    ids, start, time = Ids(name), at(2026, 9, 14, 15), at(2026, 9, 19, 11, 40)
    doctor, own = people.pro("dr-angelique"), people.pro("dr-romarin")
    spec = head(
        people,
        name,
        volet="LDL-SES",
        version="2022.01",
        title="Lettre de liaison à la sortie",
        time=time,
        patient=people.patient("mesange-julien"),
        author=doctor,
        recipients=(own,),
        acts=[Act(INPATIENT, start, time, doctor)],
        parties=(people.doctor_in_charge(),),
        encounter=Encounter(INPATIENT, start, people.facility("SA01"), time, place=people.place("ch-alisier-nord")),
    )
    status = Seen(
        ta("GEN-065", "Statut du document"), cd(snomed("385651009", "validé")), "Document validé", "20260919", "48.16.1"
    )
    stay = [
        Seen(
            ta("ORG-070", "Modalité d'entrée"),
            cd(snomed("183452005", "hospitalisation en urgence"), kind="CE"),
            "Hospitalisation en urgence",
            "20260914",
            "48.6",
        ),
        Seen(
            ta("ORG-074", "Modalité de sortie"),
            cd(snomed("160849004", "retour au domicile"), kind="CE"),
            "Retour au domicile",
            "20260919",
            "48.7",
        ),
        Seen(
            ta("MED-142", "Synthèse médicale"),
            string(
                "Décompensation cardiaque gauche sur écart de régime. Évolution "
                "favorable sous diurétiques intraveineux."
            ),
            "Décompensation cardiaque gauche sur écart de régime. Évolution favorable sous diurétiques intraveineux.",
            "20260919",
            "48.9",
        ),
        Seen(
            ta("MED-309", "Recherche de microorganismes multi-résistants ou émergents effectuée"),
            boolean(True),
            "Recherche effectuée",
            "20260915",
            "48.8",
        ),
        Seen(
            ta("MED-144", "Identification de micro-organismes multirésistants"),
            string("Aucun"),
            "Aucun",
            "20260917",
            "48.5",
        ),
        Seen(ta("MED-145", "Transfusion de produits sanguins"), boolean(False), "Non", "20260919", "48.10"),
        Seen(ta("MED-147", "Administration de dérivés du sang"), boolean(False), "Non", "20260919", "48.2"),
    ]
    return written(
        spec,
        [
            parts.observed(ids, "35.1", "Statut du document", [status]),
            parts.free("127", "Motif de l'hospitalisation", "Décompensation cardiaque gauche."),
            parts.observed(ids, "163.1", "Synthèse médicale du séjour", stay),
            parts.treatments(ids, "145", "Traitements arrêtés durant le séjour", [AMLODIPINE]),
            parts.treatments(ids, "146", "Traitements à la sortie", [BISOPROLOL, *SECONDARY_PREVENTION, FUROSEMIDE]),
            parts.acts(
                ids,
                [
                    Done(
                        Code(
                            "DZQM006",
                            CCAM,
                            "Échographie-doppler transthoracique du cœur et des vaisseaux intrathoraciques",
                        ),
                        "20261020",
                    )
                ],
                "Suites à donner",
                "158",
                mood="INT",
            ),
            parts.allergies(ids, [PENICILLIN], "Allergies connues"),
        ],
    )
