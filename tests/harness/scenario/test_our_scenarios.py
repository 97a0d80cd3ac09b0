"""Our own scenarios: right, bilingual, tied to requirements, and covering the table of statuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from harness.drive import ACTIONS
from harness.drive.sut import PRODUCTS
from harness.scenario import checks, form
from harness.scenario.loader import Library, library
from harness.scenario.match import KEYS
from harness.scenario.model import KINDS, Scenario, concerns
from norms.ins.status import MOVES
from tests.scenario_kit import known


@pytest.fixture(scope="module")
def ours() -> Library:
    """All of them."""
    return library(known=known())


def scenarios() -> list[Scenario]:
    """The same, for parameters."""
    return list(library(known=known()).scenarios.values())


def test_none_has_a_problem(ours: Library) -> None:
    assert [p.shown("en") for p in ours.problems] == []
    assert len(ours.scenarios) >= 16


def test_the_schema_is_one_and_names_what_exists() -> None:
    schema = form.schema()
    Draft202012Validator.check_schema(schema)
    definitions = schema["$defs"]
    assert set(definitions["step"]["properties"]["do"]["properties"]["action"]["enum"]) == ACTIONS
    assert definitions["check"]["properties"]["name"]["enum"] == list(checks.catalogue())
    assert tuple(schema["properties"]["products"]["items"]["enum"]) == PRODUCTS
    assert tuple(definitions["match"]["properties"]) == KEYS
    assert set(KINDS) <= set(definitions["expect"]["properties"])


def test_a_beginning_picks_families_and_never_cuts_a_number(ours: Library) -> None:
    picked, unmatched = ours.pick(["H.DMP", "H.INS.01", "H.INS.0"])
    assert {one.id[:6] for one in picked} == {"H.DMPA", "H.DMPC", "H.INS."}
    assert [one.id for one in picked if one.id.startswith("H.INS")] == ["H.INS.01"]
    assert unmatched == ["H.INS.0"]


def test_ids_are_locked_in_order(ours: Library) -> None:
    assert all(scenario.file for scenario in ours.scenarios.values())
    path = next(iter(ours.scenarios.values())).file
    assert path
    locked = (path.parents[1] / "ids.lock").read_text(encoding="utf-8").split()
    assert locked == sorted(locked)
    assert set(locked) == set(ours.scenarios)


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.id)
class TestEach:
    """Every one of them."""

    def test_is_bilingual(self, scenario: Scenario) -> None:
        texts = [scenario.title, scenario.goal]
        texts += [variant.text for variant in scenario.variants if variant.id]
        for step in scenario.steps:
            texts += [step.text, *(expect.text for expect in step.expect), *(e.fix for e in step.expect if e.fix)]
        assert all(text.fr and text.en and text.fr != text.en for text in texts)

    def test_is_read_the_same_by_other_programs(self, scenario: Scenario) -> None:
        assert scenario.file
        text = scenario.file.read_text(encoding="utf-8")
        assert text.startswith("# yaml-language-server: $schema=../schema.json\n")
        raw: Any = json.loads(json.dumps(yaml.safe_load(text), default=str))
        assert raw["id"] == scenario.id == scenario.file.stem
        assert not list(Draft202012Validator(form.schema()).iter_errors(raw))

    def test_says_where_its_requirements_come_from(self, scenario: Scenario) -> None:
        assert all(r.source for r in scenario.requirements)
        used = {name for step in scenario.steps for expect in step.expect for name in expect.requirements}
        proofs = {proof.number for step in scenario.steps for proof in step.evidence}
        for requirement in scenario.requirements:
            assert requirement.id in used or any(number.startswith(requirement.id) for number in proofs)

    def test_every_fault_is_mended_by_someone(self, scenario: Scenario) -> None:
        assert any(step.expect for step in scenario.steps)
        assert all(variant.text or not variant.id for variant in scenario.variants)


def _tried(scenario: Scenario) -> set[tuple[str, str]]:
    """The (status before, event) that the scenario checks."""
    found = set()
    for variant in scenario.variants:
        values = {**scenario.values, **variant.values, "status_before": "provisoire"}
        for expect in (e for step in scenario.steps_of(variant) for e in step.expect if concerns(e.only, variant)):
            if expect.kind == "check" and expect.spec["name"] == "ins.status-transition":
                before = str(expect.spec["with"]["before"])
                found.add((values.get(before.strip("${}"), before), expect.spec["with"]["event"]))
    return found


def test_each_transition_of_the_norm_is_tried(ours: Library) -> None:
    tried = {pair for scenario in ours.scenarios.values() for pair in _tried(scenario)}
    left = {(status.value, event.value) for status, event in MOVES} - tried
    # A verification OK of an INS received concerns an identity without INS; H.INS.03 validates without this check.
    assert left == {("recuperee", "verified"), ("qualifiee", "verified"), ("provisoire", "evidence")}
