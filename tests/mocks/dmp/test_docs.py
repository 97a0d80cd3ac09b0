"""The pages docs/dmp.md and docs/dmp.fr.md name every group of rules, error code and switch, as the code has them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mocks.dmp.matrix import MATRIX
from mocks.dmp.switches import SWITCHES
from norms import rules
from norms.xds.answers import code_of

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.mark.parametrize("page", ["dmp.md", "dmp.fr.md"])
def test_pages_follow_the_code(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    ours = [rule.id for rule in rules.catalogue() if rule.id.startswith(("DMP-", "XDS-", "HL7-", "SOAP-"))]
    groups = {rule.rpartition("-")[0] for rule in ours}
    said = {f"XDS{word}" for word in re.findall(r"-[A-Z]+\b", text)} | set(re.findall(r"\b[A-Z0-9]+-[A-Z]+\b", text))
    assert groups - said == set()
    codes = {code for rule in ours if (code := code_of(rule))}
    assert {code for code in codes if code not in text} == set()
    transactions = {word.partition("-")[0] for word in MATRIX}
    assert {word for word in transactions if not re.search(rf"{word[:5]}", text)} == set()
    rows = {cells[0].strip("`"): cells[1:3] for line in text.splitlines() if (cells := line.strip("| ").split(" | "))}
    assert {name: row for name, row in rows.items() if name.startswith("dmp.")} == {
        switch.name: [_default(switch.default), ", ".join(f"`{word}`" for word in switch.choices) or switch.kind]
        for switch in SWITCHES
    }


def _default(value: object) -> str:
    return "—" if value == "" else f"`{str(value).lower() if isinstance(value, bool) else value}`"
