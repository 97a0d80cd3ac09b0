"""The page on messages: every rule is there, in both languages, with its weight; its program runs as printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from norms import rules

ROOT = Path(__file__).resolve().parents[3]
WEIGHTS = {
    "mail.md": {"error": "error", "warning": "warning", "info": "information"},
    "mail.fr.md": {"error": "erreur", "warning": "avertissement", "info": "information"},
}


@pytest.mark.parametrize("page", WEIGHTS)
def test_every_rule_is_on_the_page(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `((?:MAIL|XDM)-\w+-\d+)` \|.*\| (\w+), \w+ \|", text, re.M))
    known = {r.id: WEIGHTS[page][r.severity] for r in rules.catalogue() if r.id.startswith(("MAIL-", "XDM-"))}
    assert told == known


@pytest.mark.parametrize("page", WEIGHTS)
def test_the_program_of_the_page_runs(
    page: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.S)
    exec(compile(program, page, "exec"), {})  # our own page
    assert "error" not in capsys.readouterr().out
