"""Named checks, holding and not."""

from __future__ import annotations

import base64
import io
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from harness.drive import Reply
from harness.drive.reference.defects import Defects
from harness.drive.reference.documents import label, sheet
from harness.drive.reference.model import Ins, Patient, Traits
from harness.drive.reference.screen import Screen
from harness.scenario import checks
from harness.scenario.context import Context, Window
from harness.scenario.model import Step, Variant
from harness.scenario.paper import Unreadable, read
from harness.scenario.traffic import Traffic
from harness.scenario.verdict import Failed, Follows, Inconclusive, NotPassed, Seen
from harness.words import Words
from norms.finding import Severity, find
from norms.ins import oids
from norms.ins.datamatrix import Content, write
from norms.ins.status import MOVES, Event, Status, move
from tests.scenario_kit import START, traffic

ANSWER = b"""<s:Envelope xmlns:s="x"><s:Body><RESULTAT xmlns="y"><CR><CodeCR>00</CodeCR></CR><INDIVIDU>
<INSACTIF><IdIndividu><NumIdentifiant>2850555039910</NumIdentifiant><Cle>10</Cle></IdIndividu><OID>1.2.250.1.213.1.4.8</OID></INSACTIF>
<INSHISTO><IdIndividu><NumIdentifiant>2850555039911</NumIdentifiant></IdIndividu><OID>1.2.250.1.213.1.4.8</OID></INSHISTO>
<TIQ><NomNaissance>PINSON</NomNaissance><ListePrenom>LEONIE MARGUERITE</ListePrenom><Sexe>F</Sexe>
<DateNaissance>1985-05-12</DateNaissance><LieuNaissance>55039</LieuNaissance></TIQ></INDIVIDU></RESULTAT></s:Body></s:Envelope>"""
TRAITS = {
    "birth_name": "PINSON",
    "given_names": "LEONIE MARGUERITE",
    "first_given_name": "LEONIE",
    "sex": "F",
    "birth_date": "1985-05-12",
    "birth_place": "55039",
}
RECORD: dict[str, Any] = {
    "traits": TRAITS,
    "ins": {"value": "2850555039910", "key": "10", "oid": oids.NIR, "history": [{"value": "2850555039911"}]},
    "status": "recuperee",
    "attributes": [],
    "history": [{"time": "2026-11-21T10:00:00Z", "user": "8997", "from": "provisoire", "to": "recuperee"}],
}


def run(name: str, *on: Traffic, seen: list[Traffic] | None = None, **params: Any) -> Seen:
    """What the check saw, the exchanges being those of one step; raises as it does."""
    window = Window(Step("s", "validation", Words()), START, traffic=list(on) if seen is None else seen)
    context = Context(Variant(), {"s": window}, {}, lambda name: name)
    return checks.named(name).run(context, list(on), **params)


def refused(error: type[NotPassed], name: str, *on: Traffic, **params: Any) -> str:
    """Why it does not hold, in English."""
    with pytest.raises(error) as caught:
        run(name, *on, **params)
    assert caught.value.message.fr
    return caught.value.message.en


def changed(**changes: Any) -> dict[str, Any]:
    """The record with dotted changes."""
    record: dict[str, Any] = {**RECORD, "traits": dict(TRAITS), "ins": dict(RECORD["ins"])}
    for path, value in changes.items():
        *holders, last = path.split("__")
        target = record
        for holder in holders:
            target = target[holder]
        target[last] = value
    return record


def test_each_check_says_what_it_does_in_both_languages() -> None:
    for check in checks.catalogue().values():
        assert check.about.fr
        assert check.about.en != check.about.fr


# -- Pro Santé Connect --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "reason", "told"),
    [
        ("La connexion a été REFUSÉE sur l'e-CPS.", "denied", True),
        ("Connexion non approuvée", "denied", True),
        ("access_denied", "denied", True),
        ("Délai dépassé, recommencez", "expired", True),
        ("Vous n’avez pas répondu", "expired", True),
        ("The request timed out", "expired", True),
        ("Délai dépassé", "denied", False),
        ("Connexion approuvée", "denied", False),
        ("Erreur", "expired", False),
        ("Refusez si ce nombre n'est pas 42", "denied", False),
        ("Échec de l'authentification", "failed", True),
        ("La connexion n’a pas abouti", "failed", True),
        ("Erreur de connexion à Pro Santé Connect", "failed", True),
        ("Pro Santé Connect est momentanément indisponible", "failed", True),
        ("Vous n'avez pas pu être identifié", "failed", True),
        ("Pro Santé Connect ne répond pas", "failed", True),
        ("server_error", "failed", True),
        ("You are not logged in", "failed", True),
        ("Unable to sign you in", "failed", True),
        ("Erreur", "failed", False),
        ("An error occurred", "failed", False),
        ("Connexion réussie", "failed", False),
        ("Vous êtes connecté par Pro Santé Connect", "failed", False),
        ("Votre session a expiré", "over", True),
        ("Vous avez été déconnecté", "over", True),
        ("Session fermée après 30 minutes", "over", True),
        ("Votre session n'est plus valide", "over", True),
        ("Veuillez vous identifier à nouveau", "over", True),
        ("Token refresh failed: invalid_grant", "over", True),
        ("Please sign in again", "over", True),
        ("Opération terminée", "over", False),
        ("Pro Santé Connect est injoignable, réessayer plus tard", "over", False),
        ("Erreur technique", "over", False),
        ("Vous n'avez pas les droits nécessaires", "closed", True),
        ("Accès non autorisé", "closed", True),
        ("Votre profil ne permet pas d'utiliser cette fonction", "closed", True),
        ("Cette fonction est indisponible pour votre profil", "closed", True),
        ("Access denied (invalid_scope)", "closed", True),
        ("You are not allowed to use this service", "closed", True),
        ("This feature isn't available to you", "closed", True),
        ("Session terminée, reconnectez-vous", "closed", False),
        ("Pro Santé Connect ne répond pas", "closed", False),
        ("Erreur", "closed", False),
    ],
)
def test_a_refusal_is_named_to_the_user(shown: str, reason: str, told: bool) -> None:
    reply = Reply(False, shown=({"kind": "message", "text": shown}, {"kind": "field", "text": "refusé, expiré"}))
    window = Window(Step("s", "validation", Words()), START, reply=reply)
    asked = traffic(service="psc", operation="ciba", facts={"binding_message": "42"})
    check = checks.named("psc.refusal-told")
    with nullcontext() if told else pytest.raises(Failed, match=r"Shown|Affiché"):
        check.run(Context(Variant(), {"s": window}, {}, lambda name: name), [asked], reason=reason)


# -- calls to INSi ------------------------------------------------------------------------------------------------


def test_a_call_with_an_error_of_its_own_domains_is_not_valid() -> None:
    warned = traffic(findings=[find("INSI-CTX-09", severity=Severity.WARNING).shown("fr")])
    assert run("insi.request-valid", warned).exchange == 1
    wrong = traffic(2, findings=[find("INSI-CTX-09", expected="A", found="B").shown("fr")])
    assert "call 2 breaks 1 rule" in refused(Failed, "insi.request-valid", warned, wrong).lower()
    assert refused(Inconclusive, "insi.request-valid", traffic(service="dmp"))


def test_identifiers_are_fresh() -> None:
    def call(number: int, message: str, context: str) -> Traffic:
        body = f"<E><MessageID>{message}</MessageID><ContexteBAM><Id>{context}</Id></ContexteBAM></E>".encode()
        return traffic(number, request_body=body)

    run("insi.ids-fresh", call(1, "uuid:a", "b"), call(2, "uuid:c", "d"))
    assert "MessageID of call 2 was already used by call 1" in refused(
        Failed, "insi.ids-fresh", call(1, "uuid:a", "b"), call(2, "uuid:a", "d")
    )
    assert "ContexteBAM/Id" in refused(Failed, "insi.ids-fresh", call(1, "uuid:a", "b"), call(2, "uuid:c", "b"))
    assert refused(Inconclusive, "insi.ids-fresh")


# -- identities ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "event"), list(MOVES), ids=lambda value: str(value))
def test_the_table_of_the_norm_is_what_is_asked(before: Status, event: Event) -> None:
    step = move(before, event)
    held = RECORD["ins"] if step.to in (Status.RECUPEREE, Status.QUALIFIEE) else None
    attributes = ["douteuse"] if event is Event.DOUBT else []
    history = [{"time": "x", "user": "u", "from": before.value, "to": step.to.value}]
    after = {"status": step.to.value, "ins": held, "attributes": attributes, "history": history}
    run("ins.status-transition", before=before.value, event=event.value, after=after)
    wrong = {**after, "status": next(s.value for s in Status if s != step.to)}
    assert "The software shows the status" in refused(
        Failed, "ins.status-transition", before=before.value, event=event.value, after=wrong
    )


@pytest.mark.parametrize(
    ("after", "event", "says"),
    [
        (changed(status="provisoire"), "verification_ko", "not invalidated"),
        (changed(ins=None), "recovered", "holds no INS"),
        (changed(history=[]), "recovered", "history does not keep"),
        (changed(history=[{"from": "provisoire", "to": "recuperee", "time": "x"}]), "recovered", "lacks: user"),
        (changed(attributes=["douteuse"]), "recovered", "contradicts itself"),
    ],
)
def test_a_transition_that_is_not_whole(after: dict[str, Any], event: str, says: str) -> None:
    before = "recuperee" if event == "verification_ko" else "provisoire"
    assert says in refused(Failed, "ins.status-transition", before=before, event=event, after=after)


def test_the_identity_taken_is_that_of_insi() -> None:
    call = traffic(response_body=ANSWER)
    assert "birth_name = PINSON" in run("ins.taken-from-insi", call, record=RECORD).seen.en
    assert refused(Follows, "ins.taken-from-insi", traffic(outcome="01"), record=RECORD)


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (changed(traits__given_names="LEONIE"), "traits.given_names must be what INSi returned"),
        (changed(ins__key="11"), "ins.key"),
        (changed(ins__oid=oids.NIA), "ins.oid"),
        (changed(ins=None), "ins.value"),
        (changed(ins__history=[]), "2850555039911 is missing"),
    ],
)
def test_an_identity_taken_otherwise(record: dict[str, Any], says: str) -> None:
    assert says in refused(Failed, "ins.taken-from-insi", traffic(response_body=ANSWER), record=record)


# -- traces -------------------------------------------------------------------------------------------------------


def trace(at: float = START, **changes: Any) -> dict[str, Any]:
    """A whole trace of the answer above."""
    row: dict[str, Any] = {
        "time": datetime.fromtimestamp(at, UTC).isoformat(),
        "user": "8997",
        "modality": "traits",
        "code": "00",
        "ins": "285055503991010",
        "oid": oids.NIR,
        "traits": TRAITS,
        "history": [{"value": "2850555039911"}],
    }
    return row | changes


CALL = traffic(response_body=ANSWER)


def test_a_complete_journal() -> None:
    run("trace.complete", CALL, traces=[trace()], user=["8997"])
    run("trace.calls", CALL, traces=[trace(ins="", traits=None, user="")])


@pytest.mark.parametrize(
    ("traces", "says"),
    [
        ([], "has no trace"),
        ([trace(modality="vitale")], "has no trace"),
        ([trace(at=START + 5)], "More than 2 s apart"),
        ([trace(time="yesterday")], "More than 2 s apart"),
        ([trace(code="01")], "code = 00; it says: 01"),
        ([trace(user="")], "user = 8997; it says: —"),
        ([trace(ins="")], "ins = 2850555039910"),
        ([trace(oid="")], "oid"),
        ([trace(traits={**TRAITS, "sex": "M"})], "traits.sex = F; it says: M"),
        ([trace(traits=None)], "traits.birth_name"),
        ([trace(history=[])], "history = 2850555039911"),
    ],
)
def test_a_journal_that_lacks_something(traces: list[dict[str, Any]], says: str) -> None:
    assert says in refused(Failed, "trace.complete", CALL, traces=traces, user=["8997"])


def test_each_call_has_a_trace_of_its_own() -> None:
    calls = [traffic(1, outcome="01", at=START), traffic(2, outcome="01", at=START + 0.1)]
    run("trace.calls", *calls, traces=[trace(code="01"), trace(code="01", at=START + 0.1)])
    assert "has no trace" in refused(Failed, "trace.calls", *calls, traces=[trace(code="01")])


def test_calls_in_the_same_second_find_the_trace_that_says_the_same() -> None:
    calls = [traffic(1, outcome="01", at=START), traffic(2, outcome="00", at=START + 0.1, response_body=ANSWER)]
    run("trace.calls", *calls, traces=[trace(code="00"), trace(code="01")])


@pytest.mark.parametrize("code", ["error", "insi_102", "timeout"])
def test_a_technical_error_may_be_traced_in_ones_own_words(code: str) -> None:
    run("trace.calls", traffic(outcome="siram_40/insi_102"), traces=[trace(code=code)])


def test_no_call_leaves_nothing_to_find() -> None:
    assert refused(Inconclusive, "trace.calls", traces=[])


def test_calls_of_the_whole_variant_are_looked_for_when_none_is_named() -> None:
    assert run("trace.calls", seen=[CALL], traces=[trace()]).exchange == 1


# -- paper --------------------------------------------------------------------------------------------------------


def printed(
    function: Any = sheet, defects: tuple[str, ...] = (), status: str = "qualifiee", **traits: str
) -> dict[str, Any]:
    """What the reference software prints of the record."""
    person = Patient("P1", Traits(**{**TRAITS, **traits}), status=status, ins=Ins("2850555039910", "10", oids.NIR))
    arguments = [person, Screen("fr", Defects(defects)), Defects(defects)]
    content = function(*arguments, "Fiche") if function is sheet else function(*arguments)
    return {"media_type": "application/pdf", "content_base64": base64.b64encode(content).decode()}


@pytest.mark.parametrize("function", [sheet, label])
def test_a_page_reads_back(function: Any) -> None:
    document = printed(function)
    assert "285055503991010" in run("ins.datamatrix", document=document, record=RECORD).seen.en
    run("paper.identity-in-clear", document=document, record=RECORD)


def test_a_page_without_datamatrix() -> None:
    document = printed(status="recuperee")
    assert "No datamatrix" in refused(Failed, "ins.datamatrix", document=document, record=RECORD)
    assert "matricule" in refused(Failed, "paper.identity-in-clear", document=document, record=RECORD)


def test_a_datamatrix_of_someone_else() -> None:
    document = printed(birth_name="MOINEAU")
    said = refused(Failed, "ins.datamatrix", document=document, record=RECORD)
    assert "birth_name = MOINEAU; the record has PINSON" in said
    assert "birth_name" in refused(Failed, "paper.identity-in-clear", document=document, record=RECORD)


def test_what_is_not_a_page() -> None:
    for raw in ("!!", base64.b64encode(b"%PDF-1.4 broken").decode(), base64.b64encode(b"GIF").decode()):
        assert refused(Inconclusive, "ins.datamatrix", document={"content_base64": raw}, record=RECORD)
    with pytest.raises(Unreadable):
        read(b"nothing")


def test_a_picture_is_read_too() -> None:
    payload = write(Content("285055503991010", oids.NIR, "LEONIE MARGUERITE", "PINSON", "F", "1985-05-12", "55039"))
    picture = io.BytesIO()
    code = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.DataMatrix)
    Image.fromarray(code.to_image(scale=5)).save(picture, "PNG")
    document = {"content_base64": base64.b64encode(picture.getvalue()).decode()}
    run("ins.datamatrix", document=document, record=RECORD)
    assert refused(Inconclusive, "paper.identity-in-clear", document=document, record=RECORD)
