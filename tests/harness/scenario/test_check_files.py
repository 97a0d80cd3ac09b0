"""What ``segur scenarios check`` says of files: each mistake with its line and column, and what was meant."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mocks
from harness.scenario import form, sense
from harness.scenario.loader import library
from harness.scenario.operations import OPERATIONS
from harness.scenario.problems import BadScenario, Problem
from harness.scenario.yamlread import parse
from mocks.dmp.routes import SERVED
from mocks.mssante.imap.verbs import VERBS
from norms.annuaire import PARAMETERS
from tests.scenario_kit import HEAD, known

GOOD = (
    HEAD
    + """\
steps:
  - id: create
    type: instruction
    text: {fr: créer, en: create}
    do: {action: patient.create, with: {traits: "${patients.adrun-zoe.traits}"}}
    save: {patient: result.patient}
  - id: search
    type: transaction
    text: {fr: chercher, en: search}
    do: {action: ins.search, with: {patient: "${patient}"}}
    expect:
      - id: call
        text: {fr: un appel, en: one call}
        exchange: {service: insi, outcome: "00", as: call}
      - id: valid
        text: {fr: valide, en: valid}
        check: {name: insi.request-valid, exchanges: call}
    evidence:
      - {proof: INS/va1.52.01.01, keeps: [exchanges]}
"""
)


def problems(text: str) -> list[Problem]:
    """Everything that is wrong in the text."""
    try:
        document = parse(text.encode(), "s.yaml")
    except BadScenario as error:
        return list(error.problems)
    return form.problems(document) or sense.problems(document, known())


def test_the_operations_told_as_known_are_those_that_the_services_keep() -> None:
    written = re.compile(r"""operation ?= ?(?:call\.exchange\.outcome = )?"([^"]+)\"""")
    for service, names in OPERATIONS.items():
        for file in (Path(mocks.__path__[0]) / service).rglob("*.py"):
            assert set(written.findall(file.read_text(encoding="utf-8"))) <= {*names, *OPERATIONS["autoconfig"]}, file
    assert set(VERBS) <= set(OPERATIONS["mssante"])
    assert {f"search {kind}" for kind in PARAMETERS} <= set(OPERATIONS["annuaire"])
    assert {one.name for each in SERVED.values() for one in each} <= set(OPERATIONS["dmp"])


def test_a_good_file_has_no_problem() -> None:
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "column", "says"),
    [
        ("products:", "product:", "unknown_key", 4, 1, "Did you mean products?"),
        ("waves: [1]", "waves: [3]", "choice", 5, 9, "3 is not accepted"),
        ("waves: [1]", "waves: one", "type", 5, 8, "a list expected, text found"),
        ("id: T.INS.01", "id: T-1", "pattern", 1, 5, "T-1"),
        ("products: [LGC]", "products: []", "empty", 4, 11, "must not be empty"),
        ("title: {fr: essai, en: trial}", "title: {fr: essai}", "missing_key", 2, 8, "the key en is missing"),
        ("type: transaction", "type: transation", "choice", 13, 11, "Did you mean transaction?"),
        ("action: patient.create", "action: patient.creat", "choice", 10, 18, "Did you mean patient.create?"),
        ("adrun-zoe.traits", "adrun-zoé.traits", "item", 10, 49, "Did you mean adrun-zoe?"),
        ("adrun-zoe.traits", "adrun-zoe.trait", "item_field", 10, 49, "Did you mean traits?"),
        ('patient: "${patient}"', 'patient: "${pateint}"', "name", 15, 46, "Did you mean patient?"),
        ("name: insi.request-valid", "name: insi.request-vald", "choice", 22, 23, "Did you mean insi.request-valid?"),
        ("exchanges: call", "exchanges: cal", "earlier", 22, 54, "Did you mean call?"),
        ("as: call", "since: later", "earlier", 19, 57, "nothing earlier is called later"),
        ("service: insi", "servce: insi", "unknown_key", 19, 20, "Did you mean service?"),
        (
            "with: {patient: ",
            "with: {patients: ",
            "unknown_key",
            15,
            37,
            "patients in do.with (ins.search). Did you mean",
        ),
        ("service: insi", "service: insi, operation: WS_INS4", "choice", 19, 46, "Did you mean WS_INS"),
        ("service: insi", "operation: {in: [WS_INS2, TD2.0]}", "choice", 19, 46, "TD2.0 is not accepted here"),
        ("service: insi", "service: inssi", "choice", 19, 29, "Did you mean insi?"),
        ("patient: result.patient", "patient: resultt.patient", "answer_path", 11, 21, "Did you mean result?"),
        (
            "check: {name: insi.request-valid, exchanges: call}",
            "answer: {fields: {resullt.ok: 1}}",
            "answer_path",
            22,
            27,
            "an answer has no resullt",
        ),
        ("  - id: search", "\t- id: search", "syntax", 12, 1, "spaces, not tabs"),
        ("{fr: chercher, en: search}", "{fr: chercher: tout, en: search}", "syntax", 14, 24, "between double quotes"),
        ("{fr: chercher, en: search}", "{fr: chercher, en: search", "syntax", 15, 7, "brackets and quotes"),
        ('outcome: "00"', "outcome: {equal: a}", "unknown_key", 19, 45, "Did you mean equals?"),
        ('outcome: "00"', "outcome: {matches: '('}", "regex", 19, 54, "not a regular expression"),
        ("INS/va1.52.01.01", "INS/va1.53.01.01", "proof", 24, 17, "begins with none"),
        ("keeps: [exchanges]", "keeps: [exchange]", "choice", 24, 43, "Did you mean exchanges?"),
        ("  - id: search", "  - id: create", "twice_id", 12, 9, "used twice"),
        ("      - id: valid", "      - id: call", "twice_id", 20, 13, "used twice"),
        ("check: {name", "answer: {ok: true}\n        check: {name", "unknown_key", 22, 18, "unknown key ok"),
        ("        exchange: {", "        only: [v1]\n        exchange: {", "variant", 19, 16, "no variant v1"),
        ("steps:", "needs: [insi_p]\nsteps:", "need", 6, 9, "Did you mean insi_ps?"),
        ("steps:", "faults: {insi.fault: insi_999}\nsteps:", "switch_value", 6, 22, "insi_999"),
        ("steps:", "faults: {insi.falt: none}\nsteps:", "switch", 6, 10, "Did you mean insi.fault?"),
        ("steps:", "faults: {insi.outage: {next: drop, time: 2}}\nsteps:", "unknown_key", 6, 36, "Did you mean times?"),
        ("steps:", "world: {patients: {adrun: {sex: F}}}\nsteps:", "item", 6, 20, "Did you mean adrun-zoe?"),
        ("steps:", "world: {patients: {adrun-zoe: {sexe: F}}}\nsteps:", "world", 6, 32, "sexe"),
        ("steps:", "world: {patients: {adrun-zoe: {sex: X}}}\nsteps:", "world", 6, 32, "X"),
        ("steps:", "world: {patient: {adrun-zoe: {sex: F}}}\nsteps:", "unknown_key", 6, 9, "Did you mean patients?"),
        (", as: call}", ", as: call}\n        absence: {service: insi}", "kind", 17, 9, "exactly one of"),
        ("\n        check: {name: insi.request-valid, exchanges: call}", "", "kind", 20, 9, "found: —"),
        ("exchanges: call}", "exchanges: call, with: {x: 1}}", "check_param", 22, 67, "no parameter x"),
        ("insi.request-valid, exchanges: call}", "trace.calls}", "check_lacks", 22, 16, "needs the parameter traces"),
        (
            "        exchange: {service: insi, outcome",
            "        requirements: [INS/va1.5]\n        exchange: {service: insi, outcome",
            "requirement",
            19,
            24,
            "Did you mean INS/va1.52?",
        ),
        ("exchange: {service: insi,", "absence: {ins: x, service: insi,", "unknown_key", 19, 57, "unknown key as"),
    ],
)
def test_each_mistake_has_its_place(old: str, new: str, code: str, line: int, column: int, says: str) -> None:
    assert old in GOOD
    found = problems(GOOD.replace(old, new, 1))
    assert (code, line, column) in [(p.code, p.line, p.column) for p in found], [p.shown("en") for p in found]
    problem = next(p for p in found if p.code == code)
    assert says in problem.message.en
    assert problem.message.fr


def test_absence_of_an_ins_takes_no_filter() -> None:
    text = GOOD.replace('exchange: {service: insi, outcome: "00", as: call}', 'absence: {ins: "29", service: dmp}')
    text = text.replace(", exchanges: call}", "}")
    assert [p.code for p in problems(text)] == ["not_with_ins"]


def test_several_mistakes_are_told_together_in_order() -> None:
    found = problems(GOOD.replace("products", "prods").replace("type: instruction", "type: order"))
    assert [p.code for p in found] == ["missing_key", "unknown_key", "choice"]
    assert [p.line for p in found] == sorted(p.line for p in found)


# -- libraries ----------------------------------------------------------------------------------------------------


def test_ones_own_scenarios_stand_beside_ours(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "mine.yaml").write_text(GOOD, encoding="utf-8")
    found = library([tmp_path], known())
    assert found.problems == []
    assert {"T.INS.01", "H.INS.01"} <= set(found.scenarios)


def test_a_bad_file_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("id: [", encoding="utf-8")
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    found = library([tmp_path], known())
    assert "T.INS.01" in found.scenarios
    assert [(Path(p.file).name, p.code) for p in found.problems] == [("bad.yaml", "syntax")]


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("a.yaml", GOOD.replace("T.INS.01", "H.INS.01"), "id_taken"),
        ("a.yaml", GOOD.replace("T.INS.01", "H.INS.99"), "id_reserved"),
        ("b.yaml", GOOD, "id_taken"),
    ],
)
def test_ids_are_nobody_elses(tmp_path: Path, name: str, text: str, code: str) -> None:
    if name == "b.yaml":
        (tmp_path / "a.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert [(p.code, p.line) for p in library([tmp_path], known()).problems] == [(code, 1)]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert [p.code for p in library([tmp_path / "none"], known()).problems] == ["no_folder"]


def test_only_what_is_asked_for_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace("T.INS.01", "H.INS.02"), encoding="utf-8")
    found = library([tmp_path], known(), only=["H.INS.01"])
    assert list(found.scenarios) == ["H.INS.01"]
    assert [p.code for p in found.problems] == ["id_taken"]  # ours even when not read
    assert "H.INS.16" in found.ids


def test_picking_by_id_and_by_beginning() -> None:
    found = library(known=known())
    assert [s.id for s in found.pick(["h.ins.01"])[0]] == ["H.INS.01"]
    assert {"H.INS.01", "H.INS.16"} <= {s.id for s in found.pick(["H.INS"])[0]}
    assert found.pick(["H.INS.0"])[0] == []
    assert found.pick(["NONE", "H.INS.01"])[1] == ["NONE"]
