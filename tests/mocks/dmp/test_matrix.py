"""The rights matrix: one test per cell that the published matrices give, then the conditions on documents."""

from __future__ import annotations

from typing import Any

import pytest

from mocks.dmp.access import authorise
from mocks.dmp.matrix import ACTORS, MATRIX
from mocks.dmp.refusal import Refused
from mocks.dmp.wire import read_message
from mocks.http import Call
from mocks.journal import Exchange
from norms.xds.model import Author, Code, DocumentEntry
from tests.dmp_bench import AIR, DIRECT, INDIRECT, Dmp, about, message, peer
from tests.vihf_kit import DOCTOR, SECRETARY, Said

# Written out again, cell by cell, in the words of the matrices: normal, regulation, break glass.
NRB, NR, N, R, NO = "NRB", "NR", "N", "R", ""
CELLS: dict[str, tuple[str, str, str, str, str, str]] = {
    #                PS direct  travail  CPE   INDIRECTE  AIR PS  AIR non-PS
    "TD0.2": (NRB, NRB, NRB, NR, NRB, NRB),
    "TD1.3a": (NRB, NRB, NRB, NR, NRB, NRB),
    "TD0.3-declare": (N, NO, NRB, NO, N, NRB),
    "TD0.3-remove": (N, NO, NO, NO, N, NO),
    "TD0.3-remove-mt": (N, NO, NO, NO, NO, NO),
    "TD0.4": (NRB, NRB, NRB, N, NRB, NRB),
    "TD0.5": (R, NO, NO, R, R, NO),
    "TD0.9": (NRB, NRB, NRB, NO, NRB, NRB),
    "TD1.6": (N, NRB, NO, NO, N, NO),
    "TD2.1": (NRB, NRB, NO, NR, NO, NO),
    "TD2.2": (NO, NO, NRB, NO, NO, NO),
    "TD3.1": (NRB, NRB, NO, NO, NRB, NO),
    "TD3.1b": (NRB, NRB, NRB, NR, NRB, NRB),
    "TD3.2": (NRB, NO, NO, NO, NRB, NO),
    "TD3.3a-mask": (N, NRB, NO, NO, N, NO),
    "TD3.3a-unmask": (NRB, NRB, NO, NO, NRB, NO),
    "TD3.3b": (N, NRB, NO, NO, N, NO),
    "TD3.3d": (NRB, NRB, NO, NO, NRB, NO),
    "TD3.3c": (NRB, NRB, NRB, NR, NRB, NRB),
}
PURPOSES = {"N": "normal", "R": "centre_15", "B": "bris_de_glace"}
OCCUPATIONAL = (DOCTOR[0], ("SM25", "1.2.250.1.71.4.2.5", "Médecine du travail (SM)"))
WHO: tuple[tuple[Said, str], ...] = (
    (DIRECT, "cps-auth"),
    (DIRECT.changed(roles=OCCUPATIONAL), "cps-auth"),
    (DIRECT.changed(user="3990000317/CPET00001", roles=SECRETARY), "cpe-auth"),
    (INDIRECT, "org-auth-cli"),
    (AIR, "org-auth-cli"),
    (AIR.changed(roles=SECRETARY), "org-auth-cli"),
)


def test_the_table_has_every_row_and_column() -> None:
    assert list(MATRIX) == list(CELLS)
    assert len(ACTORS) == len(WHO)


@pytest.fixture(scope="module")
def dmp(pki: Any) -> Dmp:
    made = Dmp(pki)
    made.switch(air_others=True)  # the matrix as published: EX_AIR-020 is tested on its own
    return made


def asked(dmp: Dmp, said: Said, client: str, transaction: str) -> Any:
    """The access to that transaction, or the Refused raised."""
    patient = dmp.session.world.patients["pinson-leonie"]
    said = about(said, patient.ins.full, dmp.session.world.dmp_oid(patient.ins))  # type: ignore[union-attr]
    if client == "cpe-auth":
        said = said.changed(
            attributes={
                **said.attributes,
                "Identifiant_Structure": "1990000317",
                "Secteur_Activite": "SA01^1.2.250.1.71.4.2.4",
            }
        )
        vihf = said.changed(issuer="CN=3990000317/CPET00001").element()
    else:
        vihf = dmp.signed(said)
    body = message("<x/>", vihf)
    exchange = Exchange(dmp.session.id, "dmp", 0.0, request_headers=[("content-type", "application/soap+xml")])
    call = Call(dmp.hub, exchange, dmp.session, {}, "POST", "/", "", body, peer(dmp.pki, client))
    try:
        return authorise(call, transaction, read_message(call, {}).envelope)
    except Refused as refused:
        return refused


@pytest.mark.parametrize("transaction", CELLS)
@pytest.mark.parametrize("column", range(6), ids=["ps", "travail", "cpe", "indirecte", "air-ps", "air-non-ps"])
def test_each_cell(dmp: Dmp, transaction: str, column: int) -> None:
    said, client = WHO[column]
    for letter, purpose in PURPOSES.items():
        found = asked(dmp, said.changed(purpose=purpose), client, transaction)
        if letter in CELLS[transaction][column]:
            assert not isinstance(found, Refused) or found.code != "DMPAccessDeniedByRightsService", found.reason
        else:
            assert isinstance(found, Refused)
            assert found.code == "DMPAccessDeniedByRightsService"


def test_ex_air_020_refuses_what_the_matrix_allows(pki: Any) -> None:
    strict = Dmp(pki)
    refused = asked(strict, *WHO[5], "TD0.2")
    assert isinstance(refused, Refused)
    assert refused.code == "DMPAccessDeniedByRightsService"
    strict.switch(air_others=True)
    assert not isinstance(asked(strict, *WHO[5], "TD0.2"), Refused)


# ── documents ──

OTHER, MINE = "899700900022^VERVEINE^LUC", "899700900014^ROMARIN^CLAIRE"
UNIT = "CABINET^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^399999001300016"


def entry(person: str, *hidden: str, unit: str = "", kind: str = "11") -> DocumentEntry:
    codes = tuple(Code(code, "1.2.250.1.213.1.1.4.13") for code in hidden)
    institutions = (unit,) if unit else ()
    return DocumentEntry(
        id="d", authors=(Author((person,), institutions),), confidentiality=codes, class_code=Code(kind, "x")
    )


def test_masked_documents_are_seen_by_author_treating_doctor_and_in_emergency(dmp: Dmp) -> None:
    own, masked = entry(MINE, "MASQUE_PS"), entry(OTHER, "MASQUE_PS")
    treating = asked(dmp, *WHO[0], "TD3.2")
    assert treating.treating
    assert treating.sees(masked)
    dmp.session.world.patch("patients", "pinson-leonie", {"dmp": {"rights": [{"who": "899700900014"}]}})
    try:
        plain = asked(dmp, *WHO[0], "TD3.2")
        assert (plain.sees(own), plain.sees(masked), plain.sees(entry(OTHER))) == (True, False, True)
        urgent = asked(dmp, DIRECT.changed(purpose="bris_de_glace"), "cps-auth", "TD3.2")
        assert urgent.sees(masked)
        archive = asked(dmp, *WHO[0], "TD3.3d")
        assert (archive.may(own), archive.may(masked)) == (True, False)
        assert asked(dmp, DIRECT.changed(purpose="centre_15"), "cps-auth", "TD3.3d").may(masked)
        unmask = asked(dmp, *WHO[0], "TD3.3a-unmask")
        assert (unmask.may(own), unmask.may(masked)) == (True, False)
    finally:
        dmp.session.world.reset()


def test_who_may_delete(dmp: Dmp) -> None:
    mine, theirs = entry(MINE), entry(OTHER, unit=UNIT)
    direct, indirect = asked(dmp, *WHO[0], "TD3.3c"), asked(dmp, *WHO[3], "TD3.3c")
    assert (direct.may(mine), direct.may(theirs)) == (True, False)
    assert (indirect.may(mine), indirect.may(theirs)) == (False, True)
    assert direct.may(entry(OTHER, kind="90"))  # a patient's document: the treating doctor
    assert not indirect.may(entry(OTHER, kind="90", unit=UNIT))


@pytest.mark.parametrize(
    ("patient", "transaction", "code"),
    [
        ("mesange-julien", "TD3.2", ""),
        ("adrun-zoe", "TD3.1", "DMPAuthorizationExpired"),
        ("colibri-josephine", "TD3.2", "DMPAuthorizationExpired"),
        ("toucan-marius", "TD3.1", "DMPAccessDeniedByRightsService"),
        ("faucon-pascal", "TD2.1", "DMPClosed"),
        ("corbeau-lucia", "TD2.1", "XDSUnknownPatientId"),
        ("adrun-zoe", "TD2.1", ""),
        ("toucan-marius", "TD2.1", ""),
    ],
)
def test_state_and_authorisation_decide(dmp: Dmp, patient: str, transaction: str, code: str) -> None:
    held = dmp.session.world.patients[patient]
    said = about(DIRECT, held.ins.full, dmp.session.world.dmp_oid(held.ins))  # type: ignore[union-attr]
    exchange = Exchange(dmp.session.id, "dmp", 0.0, request_headers=[("content-type", "application/soap+xml")])
    body = message("<x/>", dmp.signed(said))
    call = Call(dmp.hub, exchange, dmp.session, {}, "POST", "/", "", body, peer(dmp.pki, "cps-auth"))
    found: Any = None
    try:
        found = authorise(call, transaction, read_message(call, {}).envelope)
    except Refused as refused:
        found = refused
    assert (found.code if isinstance(found, Refused) else "") == code
    assert not isinstance(found, Refused) or found.registry


def test_the_patient_may_object_to_emergency_access(dmp: Dmp) -> None:
    ins, oid = dmp.ins("noddi-heimiti")
    for purpose in ("centre_15", "bris_de_glace"):
        said = about(DIRECT.changed(purpose=purpose), ins, oid)
        exchange = Exchange(dmp.session.id, "dmp", 0.0, request_headers=[("content-type", "application/soap+xml")])
        body = message("<x/>", dmp.signed(said))
        call = Call(dmp.hub, exchange, dmp.session, {}, "POST", "/", "", body, peer(dmp.pki, "cps-auth"))
        with pytest.raises(Refused) as caught:
            authorise(call, "TD3.1", read_message(call, {}).envelope)
        assert "VIHF-RIGHT-04" in [f.rule for f in exchange.findings]
        assert caught.value.code == "DMPAccessDeniedByRightsService"
