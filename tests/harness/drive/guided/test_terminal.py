"""A scripted person at the terminal: whole scenarios, marks, notes, files, refusals, leaving and coming back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.bench import Bench
from harness.client import BenchClient
from harness.scenario.verdict import Verdict
from tests.guide_kit import CREATE, FIRST, LOGIN, act, sitting


def checks(result) -> dict[str, tuple[str, bool]]:  # type: ignore[no-untyped-def]
    return {check.id: (check.verdict.value, check.attested) for check in result.checks}


def test_a_search_by_traits_from_end_to_end(live_bench: Bench, client: BenchClient, tmp_path: Path) -> None:
    capture = tmp_path / "Écran d'identité.png"
    capture.write_bytes(b"\x89PNG made by a test")
    with sitting(live_bench, client, tmp_path, ("H.INS.01",)) as one:
        traces = tmp_path / "journal.json"

        def export(software, prompt) -> None:  # type: ignore[no-untyped-def]
            traces.write_text(json.dumps(dict(software.do("trace.export").result)), encoding="utf-8")

        finished = one.run(
            {**FIRST, "journal": export},
            {
                "search": ["m", "c", "c 2", "c -1", "n L'écran a clignoté", f"f 1 {capture}", "v", ""],
                "?before": ["o bandeau vu"],
                "journal": [f"d {traces}", ""],
                "export": ["x notre logiciel n'exporte pas l'identité"],
            },
        )
        (result,) = finished.results
        found = checks(result)
        assert result.verdict is Verdict.MANUAL
        assert not result.pending
        # The wire speaks for itself; what only eyes saw is the person's word.
        assert found["search/one-call"] == ("pass", False)
        assert found["search/traits-sent"] == ("pass", False)
        assert found["search/told"] == ("manual", True)
        assert found["before/provisional"] == ("manual", True)
        assert found["after/taken"] == ("manual", True)
        assert found["journal/traced"] == ("pass", False)  # read in the file that the software made
        assert found["export/possible"] == ("not_applicable", False)
        step = next(step for step in result.steps if step.id == "search")
        assert (len(step.person["marks"]), step.person["clicks"]) == (1, 2)
        assert step.person["notes"] == ["L'écran a clignoté"]
        (kept,) = step.person["files"]
        assert kept["path"] == "proofs/INS-va1.52.01.01/H.INS.01-search-Ecran-d-identite.png"
        assert (one.store.folder / kept["path"]).read_bytes() == capture.read_bytes()
        note = next(check.message.fr for check in result.checks if check.id == "before/provisional")
        assert "bandeau vu" in note
        shown = one.text
        assert "Objectif : Le logiciel appelle INSi" in shown
        assert "Date de naissance 12/05/1985" in shown
        assert "insi_ps https://" in shown
        assert "appel INSi reçu, recherche par traits : 00 (une identité trouvée)" in shown
        assert "Matricule INS 285055503991010 NIR" in shown  # what INSi returned, to compare with
        assert "✓ Un seul appel de recherche par traits" in shown


def test_a_person_sees_something_else(live_bench: Bench, client: BenchClient, tmp_path: Path) -> None:
    with sitting(live_bench, client, tmp_path, ("H.INS.01",)) as one:
        finished = one.run(
            FIRST,
            {"?after": ["n", "la liste des prénoms est tronquée", "s", "o"], "journal": ["x", "pas de journal"]},
        )
        (result,) = finished.results
        found = checks(result)
        assert result.verdict is Verdict.FAIL
        assert found["after/taken"] == ("fail", False)
        assert found["after/retrieved"] == ("manual", False)
        assert result.pending
        assert "la liste des prénoms est tronquée" in next(c.message.fr for c in result.checks if c.id == "after/taken")


def test_done_without_a_call_is_not_believed(live_bench: Bench, client: BenchClient, tmp_path: Path) -> None:
    gestures = {name: gesture for name, gesture in FIRST.items() if name != "search"}
    with sitting(live_bench, client, tmp_path, ("H.INS.01",)) as one:
        finished = one.run(gestures, {"search": ["", ""]})
        found = checks(finished.results[0])
        assert "Rien n'est arrivé au banc" in one.text
        assert found["search/one-call"] == ("inconclusive", False)
        assert finished.results[0].verdict is Verdict.INCONCLUSIVE


def test_the_software_refuses_what_it_must_refuse(live_bench: Bench, client: BenchClient, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "refusal.yaml").write_text(
        """\
id: T.INS.01
title: {fr: Création sans nom, en: Creation without a name}
requirements: [{id: INS/va1.01, source: test, confidence: ours}]
products: [LGC]
waves: [1]
steps:
  - id: create
    type: validation
    text: {fr: Créer un dossier sans nom., en: Create a record without a name.}
    do: {action: patient.create, ok: false, with: {traits: {birth_date: "1985-05-12"}}}
    expect:
      - {id: said, text: {fr: Un message le dit., en: A message says so.}, answer: {shown: {kind: message}}}
""",
        encoding="utf-8",
    )
    with sitting(live_bench, client, tmp_path, ("T.INS.01",), (str(own),)) as one:
        finished = one.run({}, {"create": ["r Nom de naissance obligatoire"]})
        found = checks(finished.results[0])
        assert found == {"create/answer": ("manual", True), "create/said": ("manual", True)}
        assert "Nom de naissance obligatoire" in finished.results[0].checks[0].message.fr
        assert "Ici, le logiciel doit refuser" in one.text
    with sitting(live_bench, client, tmp_path / "own", ("T.INS.01",), (str(own),)) as one:
        finished = one.run({}, {"create": [""]})
        assert checks(finished.results[0])["create/answer"] == ("fail", False)


def test_a_required_step_declared_not_applicable_ends_the_case(
    live_bench: Bench, client: BenchClient, tmp_path: Path
) -> None:
    with sitting(live_bench, client, tmp_path, ("H.INS.01",)) as one:
        finished = one.run({"login": LOGIN, "create": CREATE}, {"before": ["x", "", "x écran absent de cette version"]})
        (result,) = finished.results
        # What went well before proves nothing; the reason is kept.
        assert result.verdict is Verdict.NOT_APPLICABLE
        assert "écran absent de cette version" in result.checks[-1].message.fr
        assert "Dire pourquoi c'est sans objet" in one.text


@pytest.mark.parametrize("leaves_at", ["search", "?search"])
def test_left_and_resumed_at_the_same_step(
    live_bench: Bench, client: BenchClient, tmp_path: Path, leaves_at: str
) -> None:
    with sitting(live_bench, client, tmp_path, ("H.INS.01",)) as one:
        first = one.run(FIRST, {leaves_at: ["n avant la pause", "p"] if leaves_at == "search" else ["<end>"]})
        assert first.interrupted
        assert first.results == []
        session = one.store.asked()["left"]
        assert client.session(session)["endpoints"]["insi_ps"] == one.store.asked()["endpoints"]["insi_ps"]
        gestures = {**FIRST, "start": never, "login": never, "create": never, "before": never, "search": never}
        if leaves_at == "search":
            gestures["search"] = nothing  # the gesture was made before the pause: conclude
        again = one.run(gestures)
        (result,) = again.results
        found = checks(result)
        assert one.store.asked()["bench"] == session
        # The call made before the pause counts, once; nothing is asked twice.
        assert found["search/one-call"] == ("pass", False)
        assert [step.id for step in result.steps].count("search") == 1
        assert len({check.id for check in result.checks}) == len(result.checks)
        if leaves_at == "search":
            assert next(s for s in result.steps if s.id == "search").person["notes"] == ["avant la pause"]
        assert not list((one.store.folder / "progress").glob("*.json"))


def nothing(software, prompt) -> None:  # type: ignore[no-untyped-def]
    pass


def never(software, prompt) -> None:  # type: ignore[no-untyped-def]
    raise AssertionError(f"{prompt.place.step} is asked again")


def test_qualification_with_its_variants(live_bench: Bench, client: BenchClient, tmp_path: Path) -> None:
    """Four cases, one click counted in the first, all gone through without leaving."""
    traits = {
        "birth_name": "BUSE",
        "given_names": "ODILE",
        "first_given_name": "ODILE",
        "sex": "F",
        "birth_date": "1963-01-19",
        "birth_place": "55039",
    }

    def take_over(status: str):  # type: ignore[no-untyped-def]
        def gesture(software, prompt) -> None:  # type: ignore[no-untyped-def]
            shown = {row.label.fr: row.value.fr for row in prompt.sheet.values}
            identity = {"status": status, "ins": shown["Matricule INS"], "oid": shown["OID"]}
            software.do("patient.create", traits=traits, identity=identity)

        return gesture

    validate = act("identity.validate", patient="current", evidence="passport", trust="high")
    gestures = {
        "login": LOGIN,
        "create": act("patient.create", traits=traits),
        "take-over-qualified": take_over("qualifiee"),
        "take-over-retrieved": take_over("recuperee"),
        "validate": validate,
        "evidence": validate,
        "qualify": act("ins.search", patient="current", by="traits", accept=True),
    }
    with sitting(live_bench, client, tmp_path, ("H.INS.03",)) as one:
        finished = one.run(gestures, {"qualify": ["m", "c", ""]})
        (result,) = finished.results
        found = checks(result)
        assert result.verdict is Verdict.MANUAL
        assert not result.pending
        assert found["validated-then-insi/qualify/one-call"] == ("pass", False)
        assert found["validated-then-insi/qualify/one-click"] == ("manual", True)
        assert found["validated-then-insi/validate/silent"] == ("pass", False)
        assert {step.variant for step in result.steps} == {
            "validated-then-insi",
            "insi-then-evidence",
            "again",
            "retrieved-again",
        }
        assert "Clics comptés par vous 1" in one.text
