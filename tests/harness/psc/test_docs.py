"""The page on Pro Santé Connect: its commands work, its tables are whole."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.client import BenchClient
from mocks.psc.switches import SWITCHES
from norms import rules

DOCS = Path(__file__).parents[3] / "docs"
PAGES = [DOCS / "psc.md", DOCS / "psc.fr.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_snippet_runs_as_it_is(page: Path, client: BenchClient, tmp_path: Path) -> None:
    code = re.search(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert code
    (tmp_path / "bench.json").write_text(json.dumps(client.status()), encoding="utf-8")
    (tmp_path / "login.py").write_text(code[1], encoding="utf-8")
    try:
        command = [sys.executable, "-W", "ignore", "login.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=110, check=False)
    finally:
        client.reset_session("default")
    assert done.stdout.split() == ["899700900014", "http://localhost:8080/"], done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_rule_and_switch_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = [rule.id for rule in rules.catalogue() if rule.id.startswith("OIDC-")] + [s.name for s in SWITCHES]
    assert not [name for name in named if f"`{name}`" not in text]
