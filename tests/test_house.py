"""The house's own rules: texts in both languages, ids that never move, no secret in the tree."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import pytest

from norms import rules
from norms.texts import table

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = sorted(
    ".".join(folder.parent.relative_to(ROOT).parts)
    for top in ("norms", "mocks", "harness")
    for folder in (ROOT / top).rglob("texts")
    if (folder / "fr.toml").exists() or (folder / "en.toml").exists()
)


def _leaves(node: Any, path: str = "") -> dict[str, str]:
    if isinstance(node, dict):
        return {k: v for key, value in node.items() for k, v in _leaves(value, f"{path}/{key}").items()}
    return {path: str(node)}


def _placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("package", PACKAGES)
def test_each_text_exists_in_both_languages(package: str) -> None:
    french, english = _leaves(table(package, "fr")), _leaves(table(package, "en"))
    assert french.keys() == english.keys()
    empty = [key for key in french if not french[key].strip() or not english[key].strip()]
    assert not empty
    if package.startswith("norms."):  # elsewhere one language may need fewer words filled in
        assert {k: _placeholders(v) for k, v in french.items()} == {k: _placeholders(v) for k, v in english.items()}


def test_rule_ids_are_locked() -> None:
    locked = (ROOT / "norms" / "rules.lock").read_text(encoding="utf-8").split()
    known = [rule.id for rule in rules.catalogue()]
    assert len(known) == len(set(known))
    assert sorted(set(known) - set(locked)) == [], "add these to norms/rules.lock"
    assert sorted(set(locked) - set(known)) == [], "a locked rule disappeared"


@pytest.mark.parametrize("rule", list(rules.catalogue()), ids=lambda rule: rule.id)
def test_each_rule_speaks_and_names_its_source(rule: rules.Rule) -> None:
    assert rule.source
    assert rule.severity in ("error", "warning", "info")
    assert rule.relation in ("official", "observed", "provisional", "ours")
    for lang in ("fr", "en"):
        words = rules.words(rule.id, lang)
        assert words["message"]
        assert words["fix"]
