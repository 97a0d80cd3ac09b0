"""The pages docs/insi.md and docs/insi.fr.md say every rule, fault and switch, as the code has them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mocks.insi.switches import SWITCHES
from norms import rules
from norms.insi.faults import KNOWN

MULTIPART = ("SOAP-MIME", "SOAP-XOP", "SOAP-MTOM")
DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.mark.parametrize("page", ["insi.md", "insi.fr.md"])
def test_pages_follow_the_code(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    rows = {cells[0].strip(" `"): cells for line in text.splitlines() if (cells := line.strip("| ").split(" | "))}
    checked = [r for r in rules.catalogue() if r.id.split("-")[0] in ("INSI", "SAML", "SOAP")]
    checked = [r for r in checked if not r.id.startswith(MULTIPART)]  # no multipart at INSi
    said = {r.id: rows[r.id][1:3] for r in checked if r.id in rows}
    assert said == {r.id: [r.severity, r.relation] for r in checked}
    assert {name for name in rows if re.fullmatch(r"(insi|desir)_\w+", name)} - {"insi_ps", "insi_tlsm"} == KNOWN.keys()
    assert {name for name in rows if name.startswith("insi.")} == {switch.name for switch in SWITCHES}
