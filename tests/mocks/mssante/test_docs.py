"""The pages docs/mssante.md and docs/mssante.fr.md name every rule and switch of the operator, as the code has them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mocks.mssante.switches import SWITCHES
from mocks.mssante.tls import CHOICES
from norms import rules

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.mark.parametrize("page", ["mssante.md", "mssante.fr.md"])
def test_pages_follow_the_code(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    rows = {cells[0].strip(" `"): cells for line in text.splitlines() if (cells := line.strip("| ").split(" | "))}
    checked = [rule for rule in rules.catalogue() if rule.id.split("-")[0] in ("SMTP", "SASL", "IMAP")]
    assert {rule.id: rows.get(rule.id, [""])[1:3] for rule in checked} == {
        rule.id: [rule.severity, rule.relation] for rule in checked
    }
    named = {name for name in rows if re.fullmatch(r"(mssante|autoconfig)\.\w+", name)}
    assert named == {switch.name for switch in SWITCHES}
    assert all(f"`{choice}`" in text for choice in CHOICES)
