"""Medical summaries: VSM."""

from __future__ import annotations

from harness.samples import parts
from harness.samples.core import head, sample, written
from harness.samples.parts import S
from harness.samples.people import People, at
from norms.cda.build import Act, Code, Section
from norms.cda.build.entries.base import ATC, CCAM, icd10, loinc, pq, snomed, string
from norms.cda.build.entries.medication import INHALED
from norms.cda.build.ids import Ids

ASTHMA = parts.Problem("J45.0", "Asthme à prédominance allergique", "201103")
THYROID = parts.Problem("E03.9", "Hypothyroïdie, sans précision", "201906")
PNEUMONIA = parts.Problem("J18.9", "Pneumopathie, sans précision", "20180112", "20180205")
APPENDIX = parts.Done(
    Code("HHFA016", CCAM, "Appendicectomie, par cœlioscopie ou par laparotomie avec préparation par cœlioscopie"),
    "19990822",
)
AMOXICILLIN = parts.Allergy(
    snomed("416098002", "allergie médicamenteuse"),
    Code("J01CA04", ATC, "Amoxicilline"),
    "2004",
    icd10("L50.0", "Urticaire allergique"),
)
TOBACCO = parts.Seen(
    loinc("74011-8", "Consommation tabagique"),
    string("Sevrée depuis 2015"),
    "Sevrée depuis 2015 (6 paquets-années)",
    "2026",
    "52",
)
DIABETIC_MOTHER = parts.Kin("MTH", "Mère", "F", "E11.9", "Diabète sucré de type 2, sans complication")
TSH = parts.Seen(
    loinc("3016-3", "Thyrotropine [Unités/Volume] Sérum/Plasma ; Numérique"),
    pq("2.1", "m[IU]/L"),
    "2,1 mUI/L",
    "20260902",
)
LEVOTHYROXINE = parts.Taken(
    "LÉVOTHYROXINE 75 µg, comprimé",
    "H03AA01",
    "Lévothyroxine sodique",
    "1 comprimé le matin à jeun",
    "201906",
    ("1", "d"),
    ("1", "{tablet}"),
    reason=icd10(THYROID.code, THYROID.label),
)
SALBUTAMOL = parts.Taken(
    "SALBUTAMOL 100 µg/dose, suspension pour inhalation",
    "R03AC02",
    "Salbutamol",
    "1 à 2 bouffées en cas de gêne",
    "201103",
    None,
    ("1", "2", "{dose}"),
    INHALED,
    icd10(ASTHMA.code, ASTHMA.label),
)


@sample(
    "VSM_2023.01",
    "Volet de synthèse médicale du médecin traitant : pathologies, antécédents, allergie, facteurs de "
    "risque, résultat, traitements.",
    "Medical summary by the patient's own doctor: problems, history, allergy, risk factors, result, treatments.",
)
def vsm(people: People) -> bytes:
    ids = Ids("VSM_2023.01")
    doctor = people.pro("dr-romarin")
    time = at(2026, 9, 14, 9, 30)
    act = Act(loinc("34117-2", "Historique et clinique"), time, performer=doctor)
    spec = head(
        people,
        "VSM_2023.01",
        volet="VSM",
        title="Volet de synthèse médicale",
        time=time,
        patient=people.patient("pinson-leonie"),
        author=doctor,
        acts=[act],
        parties=(people.doctor_in_charge(),),
    )
    past = [
        parts.problems(ids, "132", "Pathologies en cours", [ASTHMA, THYROID]),
        parts.problems(ids, "134", "Antécédents médicaux", [PNEUMONIA]),
        parts.acts(ids, [APPENDIX], "Antécédents chirurgicaux et actes"),
        parts.allergies(ids, [AMOXICILLIN]),
    ]
    risks = [
        parts.observed(ids, "141", "Habitus, mode de vie", [TOBACCO]),
        parts.free("74", "Facteurs de risque professionnels", "Exposition occasionnelle à des solvants."),
        parts.relatives(ids, [DIABETIC_MOTHER]),
    ]
    return written(
        spec,
        [
            Section(
                S + "29",
                "Pathologies, antécédents, allergies et facteurs de risque",
                parts=[
                    Section(S + "30", "Pathologies, antécédents, allergies", parts=past),
                    Section(S + "31", "Facteurs de risque", parts=risks),
                ],
            ),
            parts.observed(
                ids, "151", "Résultats d'examens", [TSH], before=[parts.evaluated(ids, "obs151-1", "20260902")]
            ),
            Section(
                S + "32",
                "Traitement au long cours",
                parts=[
                    parts.treatments(ids, "143", "Traitements", [LEVOTHYROXINE, SALBUTAMOL]),
                ],
            ),
            parts.free(
                "154", "Plan de soins", "Contrôle de la TSH dans six mois.", "Vaccination antigrippale à l'automne."
            ),
        ],
    )
