"""The page on the Annuaire Santé: its snippet works, its tables are whole."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.client import BenchClient
from mocks.annuaire.switches import SWITCHES
from norms import rules
from norms.annuaire import PARAMETERS

DOCS = Path(__file__).parents[3] / "docs"
PAGES = [DOCS / "annuaire.md", DOCS / "annuaire.fr.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_snippet_runs_as_it_is(page: Path, client: BenchClient, tmp_path: Path) -> None:
    code = re.search(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert code
    (tmp_path / "bench.json").write_text(json.dumps(client.status()), encoding="utf-8")
    (tmp_path / "search.py").write_text(code[1], encoding="utf-8")
    command = [sys.executable, "search.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=110, check=False)
    assert done.stdout.split() == ["ROMARIN", "claire.romarin@tilleuls.formation.mssante.fr"], done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_rule_switch_and_parameter_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = [rule.id for rule in rules.catalogue() if rule.id.startswith("ANN-")] + [s.name for s in SWITCHES]
    assert not [name for name in named if f"`{name}`" not in text]
    seldom = {"data-registration-authority", "type-smartcard", "pharmacy-licence"}
    parameters = {name for known in PARAMETERS.values() for name in known} - seldom
    assert not [name for name in sorted(parameters) if f"`{name}`" not in text]
